"""Requirements on configuration alone: a firewall, a route table, a default route, service endpoints."""

from auditor.engine.context import (
    Context,
    default_route_cause,
    learned_default_cause,
    no_firewall_cause,
    no_route_table_cause,
)
from auditor.engine.gateways import Doubt
from auditor.engine.hops import make_hop, unreadable_routes
from auditor.engine.hub_passing import open_way
from auditor.engine.judgement import Cause, Judgement, not_applicable, passed, undetermined
from auditor.engine.replies import Exchange
from auditor.engine.route import KNOWN_NEXT_HOPS, EffectiveRoute
from auditor.estate.addresses import PUBLIC
from auditor.estate.tags import tag_of_service_endpoint
from auditor.findings import Outcome
from auditor.packs import Requirement
from auditor.traces import Hop, Reason, Verdict


def failed(
    requirement: Requirement, cause: Cause, outcome: Outcome = Outcome.FAIL, exchange: Exchange | None = None
) -> Judgement:
    """Return a judgement that the requirement does not hold because of `cause`."""
    reason = Reason(code=cause.check, text=cause.message)
    return Judgement(requirement=requirement, outcome=outcome, reason=reason, causes=(cause,), exchange=exchange)


def judge_firewall(context: Context, requirement: Requirement) -> Judgement:
    """Step 1: an Azure Firewall stands in the VNet of the workload or in one peered with it."""
    if context.firewalls:
        return passed(requirement, "firewall-present", f"firewall {context.firewalls[0].name} stands on the way out")
    if context.firewall_doubt:
        return undetermined(requirement, unreadable_firewall(context))
    return failed(requirement, no_firewall_cause(context))


def unreadable_firewall(context: Context) -> Hop:
    """Return the hop that may be a firewall; where the default route leads to what was not read, that very hop."""
    route, owner = context.default_route, context.default_owner
    if route is not None and owner is not None and owner.blocked is None:
        return make_hop("next-hop", route.resource, route.name, Verdict.UNKNOWN, owner.code, owner.why, owner.spec)
    vnet = context.network.estate.virtual_networks.get(context.subnet.vnet)
    doubt = context.network.hubs.doubt(vnet) if vnet is not None else None
    if route is not None and (route.origin == "hub" or doubt is not None):
        learned = _learned(context, route, doubt)
        if learned is not None:
            return learned
    why = f"whether a firewall stands on the way out is not known: {context.firewall_doubt}"
    return make_hop("firewall", context.subnet.vnet, "", Verdict.UNKNOWN, "firewall-unreadable", why, "U8")


def judge_route_table(context: Context, requirement: Requirement) -> Judgement:
    """Step 7: a route table is assigned to the subnet."""
    if context.subnet.route_table is None:
        return failed(requirement, no_route_table_cause(context))
    name = context.table.rpartition("/")[2]
    return passed(
        requirement, "route-table-assigned", f"route table {name} is assigned to subnet {context.subnet.name}"
    )


def judge_default_route(context: Context, requirement: Requirement) -> Judgement:
    """Step 5: 0.0.0.0/0 is routed to the private address of the firewall."""
    route, owner = context.default_route, context.default_owner
    if context.missing_step is not None:
        return failed(requirement, context.missing_step)
    if context.routes is None or route is None:
        return undetermined(requirement, unreadable_routes(context.network.estate, context.subnet, "route-table"))
    if owner is not None and owner.code == "next-hop-firewall":
        return passed(requirement, "route-to-firewall", f"{route.name} leads to {route.next_hop_address}: {owner.why}")
    if context.behind_hub:
        return failed(requirement, learned_default_cause(context), Outcome.DEVIATES)
    if owner is not None and owner.blocked:
        return failed(requirement, dangling_cause(route.name, route.resource, owner.code, owner.why, owner.spec))
    if owner is not None and owner.code == "next-hop-unreadable":
        return undetermined(
            requirement,
            make_hop("next-hop", route.resource, route.name, Verdict.UNKNOWN, owner.code, owner.why, owner.spec),
        )
    learned = _learned(context, route, context.routes.doubt)
    if learned is not None:
        return undetermined(requirement, learned)
    if route.origin == "user" and route.next_hop not in KNOWN_NEXT_HOPS:
        why = f"the auditor does not know next hop type {route.next_hop!r} of route {route.name}"
        return undetermined(
            requirement,
            make_hop("next-hop", route.resource, route.name, Verdict.UNKNOWN, "next-hop-type-unknown", why, "J2"),
        )
    cause = default_route_cause(context)
    return failed(requirement, cause, Outcome.DEVIATES if _split_default(context) else Outcome.FAIL)


def _learned(context: Context, route: EffectiveRoute, doubt: Doubt | None) -> Hop | None:
    """Return why it is not known whether the default route is a learned one, or where it leads; None where it is."""
    if route.origin == "hub":
        code, why, spec = open_way(context.network.estate, route)
        return make_hop("next-hop", route.resource, route.name, Verdict.UNKNOWN, code, why, spec)
    if route.origin == "user" or doubt is None or not doubt.public:
        return None
    why = doubt.why
    if doubt.code == "bgp-possible":
        why = "the default route may be learned by BGP, and such routes are not part of the configuration"
    return make_hop("route-table", route.resource, "", Verdict.UNKNOWN, doubt.code, why, doubt.spec)


def _split_default(context: Context) -> bool:
    """Tell whether every public address reaches a firewall although 0.0.0.0/0 itself does not."""
    routes = context.routes.winner(PUBLIC - context.beside.addresses) if context.routes else ()
    routes = tuple(each for each in routes if not each.host)
    hops = [each for each in routes if each.next_hop == "virtualappliance"]
    owners = {context.network.owner(context.subnet, each).code for each in hops}
    return bool(hops) and len(hops) == len(routes) and owners == {"next-hop-firewall"}


def dangling_cause(route: str, table: str, code: str, why: str, spec: str) -> Cause:
    """Return the cause that a route names an address nothing owns or can be reached at. code: why, of its owner."""
    return Cause(
        check="dangling-next-hop",
        key=f"dangling|{table.lower()}|{route}|{code}|{spec}",
        resource=table,
        message=f"route {route} leads nowhere: {why}",
        evidence=(f"{why} [{spec}]",),
        fix=_LEAVE_IT_TO_THE_HUB if spec == "H13" else "",
    )


_LEAVE_IT_TO_THE_HUB = (
    "Remove the route: no route may name an address in a virtual hub. Let the routing intent of the hub send Internet "
    "traffic to its firewall, enable Internet security on the connection of the VNet, and propagate gateway routes."
)


def judge_service_endpoint(context: Context, requirement: Requirement) -> Judgement:
    """Step 6: the service endpoint is enabled on the subnet itself (R30, A17)."""
    service = requirement.target
    if not tag_of_service_endpoint(service):
        return not_applicable(
            requirement,
            "no-such-service-endpoint",
            f"Azure offers no service endpoint {service}; the document lists it in error",
        )
    names = {service.lower(), f"{service.lower()}.global"}  # Storage in every region does as well (R32)
    found = [each for each in context.subnet.service_endpoints if each.service.lower() in names]
    if any(each.state in {"", "succeeded"} for each in found):
        return passed(requirement, "service-endpoint-enabled", f"{service} is enabled on subnet {context.subnet.name}")
    enabled = ", ".join(each.service for each in context.subnet.service_endpoints) or "none"
    if found and not any(each.state in {"failed", "deleting"} for each in found):
        why = f"service endpoint {service} of subnet {context.subnet.name} is in state {found[0].state!r}"
        return undetermined(
            requirement,
            make_hop("subnet", context.subnet.id, service, Verdict.UNKNOWN, "endpoint-state-unknown", why, "J2"),
        )
    state = f"; its state is {found[0].state}" if found else ""
    return failed(
        requirement,
        Cause(
            check="missing-service-endpoint",
            key=f"service-endpoint|{context.subnet.id.lower()}|{service.lower()}",
            resource=context.subnet.id,
            message=f"service endpoint {service} is not enabled on subnet {context.subnet.name}{state}",
            evidence=(f"enabled on the subnet: {enabled} [R30]",),
            fix=f"Enable the service endpoint {service} on subnet {context.subnet.name}.",
        ),
    )
