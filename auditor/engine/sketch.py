"""What an estate tells of the network around a workload, for a drawing of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from auditor.engine.context import Context
from auditor.engine.gateways import gateway_doubt
from auditor.engine.hops import ROUTE_WORDS
from auditor.engine.judgement import Judgement
from auditor.engine.network import Network
from auditor.engine.peerings import peering_fault
from auditor.engine.private_endpoints import near, unplaced
from auditor.engine.route import EffectiveRoute
from auditor.engine.routes import SubnetRoutes
from auditor.engine.virtual_wan import TO_FIREWALL
from auditor.engine.walked import firewalls_of
from auditor.estate.addresses import address_texts
from auditor.estate.arm import key, parent_id
from auditor.estate.firewall import Firewall
from auditor.estate.network import Peering, RouteTable, SecurityGroup, Subnet, VirtualNetwork
from auditor.sketches import Part, Parts, Passing, Presence, Sender, Sketch, Way
from auditor.traces import Path, Verdict

_SHOWN = 6
"""Things of one kind that a sketch names; the rest are counted."""
_ROUTES = 4
"""Routes to one next hop that a sketch names; the rest are counted."""
_OWN_PRIORITIES = 65_000
"""Rules from here on are those Azure puts into every NSG."""
_VERDICTS = {"internet": Verdict.ALLOW, "vnetlocal": Verdict.ALLOW, TO_FIREWALL: Verdict.ALLOW, "none": Verdict.BLOCK}
_VNET, _SUBNET = "/virtualnetworks/", "/subnets/"
_GATEWAY_SUBNET = "gatewaysubnet"
_DRAWN_OTHERWISE = frozenset({_GATEWAY_SUBNET, "azurefirewallsubnet", "azurefirewallmanagementsubnet"})
"""Subnets that belong to a gateway or a firewall, which stand in a sketch by themselves."""


def unread_sketch(subnet_id: str, why: str) -> Sketch:
    """Return the sketch of a workload whose subnet could not be read: nothing around it is known."""
    unknown = Part(presence=Presence.UNKNOWN, facts=(why,))
    subnet = Part(presence=Presence.UNKNOWN, id=subnet_id, name=subnet_id.rpartition("/")[2], facts=(why,))
    others = Parts(doubt=why)
    return Sketch(
        vnet=unknown,
        subnet=subnet,
        admin_rules=unknown,
        security_group=unknown,
        route_table=unknown,
        ways=(),
        ways_doubt=why,
        firewalls=others,
        service_endpoints=others,
        private_endpoints=others,
        peerings=others,
        gateways=others,
        beside=others,
        beyond=Parts(),
        passing=(),
        senders=(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """A VNet and what stands around it, which all workloads in it share."""

    vnet: Part
    peerings: Parts
    endpoints: Parts
    gateways: Parts
    beside: Parts


class Sketcher:
    """Sketches networks; what workloads of one VNet share is told once."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._estate = network.estate
        self._around: dict[str, _Around] = {}

    def of(
        self, context: Context, judgements: Sequence[Judgement], passing: Mapping[tuple[Path | None, str], int]
    ) -> Sketch:
        """Return the sketch of a workload.

        judgements: on its flows. passing: how many pass, by their way and the resource that tells it from others.
        """
        subnet = context.subnet
        around = self._vnet(subnet.vnet)
        ways, doubt = self._ways(context)
        senders = {each.requirement.id: each.sender for each in judgements if each.sender}
        crossed = {each for one in judgements if one.exchange for each in firewalls_of(one.exchange.walk.hops)}
        crossed |= {resource for _, resource in passing}
        ends = {one.exchange.walk.arrives_in for one in judgements if one.exchange}
        ends |= {resource for _, resource in passing if _VNET in resource and _SUBNET not in resource}
        return Sketch(
            vnet=around.vnet,
            subnet=Part(presence=Presence.PRESENT, id=subnet.id, name=subnet.name, facts=_facts_of_subnet(context)),
            admin_rules=self._admin_rules(subnet),
            security_group=self._own(subnet.nsg, self._estate.security_groups),
            route_table=self._own(subnet.route_table, self._estate.route_tables),
            ways=ways,
            ways_doubt=doubt,
            firewalls=self._firewalls(context, [*(way.resource for way in ways), *sorted(crossed)]),
            service_endpoints=_parts(
                Part(presence=Presence.PRESENT, name=each.service, facts=tuple(each.locations[:_ROUTES]))
                for each in subnet.service_endpoints
            ),
            private_endpoints=around.endpoints,
            peerings=around.peerings,
            gateways=around.gateways,
            beside=_without(around.beside, subnet),
            beyond=self._beyond(subnet, [*map(parent_id, senders.values()), *ends]),
            passing=tuple(
                Passing(path=path, count=passing[path, resource], resource=resource)
                for path, resource in sorted(passing, key=lambda each: (each[0] or "", each[1]))
                if path and passing[path, resource]
            ),
            senders=tuple(Sender(requirement=each, subnet=senders[each]) for each in sorted(senders)),
        )

    def _admin_rules(self, subnet: Subnet) -> Part:
        """Return the security admin rules in force in a subnet."""
        rules = self._network.admin_rules(subnet)
        if rules.doubt:
            return Part(presence=Presence.UNKNOWN, facts=(rules.doubt,))
        if rules.none:
            return Part(presence=Presence.ABSENT)
        ids = [each[0].rule.configuration for each in rules.in_force if each]
        names = ", ".join(each.rpartition("/")[2] for each in ids)
        counted = sum(map(len, rules.in_force))
        facts = (f"{counted} rule{'' if counted == 1 else 's'}",)
        return Part(presence=Presence.PRESENT, id=ids[0], name=names, facts=facts, holds=tuple(ids))

    def _own(self, arm_id: str | None, known: Mapping[str, SecurityGroup] | Mapping[str, RouteTable]) -> Part:
        """Return what a subnet refers to; absent where it names none, unknown where that was not read."""
        if not arm_id:
            return Part(presence=Presence.ABSENT)
        found = known.get(arm_id)
        if found is None:
            why = (self._estate.missing(arm_id),)
            return Part(presence=Presence.UNKNOWN, id=arm_id, name=arm_id.rpartition("/")[2], facts=why)
        return Part(presence=Presence.PRESENT, id=found.id, name=found.name, facts=_facts_of(found))

    def _vnet(self, vnet_id: str) -> _Around:
        """Return a VNet with its peerings and subnets, and the private endpoints and gateways it reaches."""
        if vnet_id not in self._around:
            vnet = self._estate.virtual_networks.get(vnet_id)
            self._around[vnet_id] = self._unread_vnet(vnet_id) if vnet is None else self._around_of(vnet)
        return self._around[vnet_id]

    def _unread_vnet(self, vnet_id: str) -> _Around:
        why = self._estate.missing(vnet_id)
        part = Part(presence=Presence.UNKNOWN, id=vnet_id, name=vnet_id.rpartition("/")[2], facts=(why,))
        others = Parts(doubt=why)
        return _Around(vnet=part, peerings=others, endpoints=others, gateways=others, beside=others)

    def _around_of(self, vnet: VirtualNetwork) -> _Around:
        spaces = address_texts(vnet.addresses)
        unlisted = "" if vnet.peerings_listed else f"the source does not list the peerings of VNet {vnet.name}"
        unknown = "" if vnet.subnets_listed else f"the source does not list the subnets of VNet {vnet.name}"
        others = (each for each in vnet.subnets if each.name.lower() not in _DRAWN_OTHERWISE)
        return _Around(
            vnet=Part(presence=Presence.PRESENT, id=vnet.id, name=vnet.name, facts=(spaces,) if spaces else ()),
            peerings=_parts((self._peering(vnet, each) for each in vnet.peerings), unlisted),
            endpoints=self._endpoints(vnet),
            gateways=self._gateways(vnet),
            beside=Parts(shown=tuple(map(_neighbour, others)), doubt=unknown),
        )

    def _peering(self, vnet: VirtualNetwork, peering: Peering) -> Part:
        remote = self._estate.virtual_networks.get(peering.remote)
        fault = peering_fault(self._estate, vnet, peering)
        return Part(
            presence=Presence.PRESENT,
            id=remote.id if remote else peering.remote,
            name=remote.name if remote else peering.remote.rpartition("/")[2],
            facts=(fault.why if fault else "connected",),
            verdict=Verdict.ALLOW if fault is None else Verdict.BLOCK if fault.blocked else Verdict.UNKNOWN,
            holds=_refers_to(self._estate.subnets_of(peering.remote)),
        )

    def _endpoints(self, vnet: VirtualNetwork) -> Parts:
        members = self._network.members
        found = [placed for place, _ in near(vnet) for placed in members.endpoints_of(place)]
        shown = (
            Part(
                presence=Presence.PRESENT,
                id=each.endpoint.id,
                name=each.endpoint.name,
                facts=(address_texts(each.addresses) or "its address is not in the source",),
            )
            for each in found
        )
        hidden = [each.name for each in unplaced(self._estate, members, vnet) if each.name == "that was not read"]
        gap = self._estate.may_hide(("microsoft.network/privateendpoints",), "/".join(key(vnet.id).split("/")[:3]))
        doubt = gap.why if gap else "there is a private endpoint that was not read" if hidden else ""
        return _parts(shown, doubt or ("" if self._estate.complete or found else _SILENT))

    def _gateways(self, vnet: VirtualNetwork) -> Parts:
        near = {key(vnet.id), *(each.remote for each in vnet.peerings if each.use_remote_gateways)}
        found = (each for _, each in sorted(self._estate.gateways.items()) if each.vnet in near)
        parts = _parts(
            Part(presence=Presence.PRESENT, id=each.id, name=each.name, facts=(each.kind,)) for each in found
        )
        homes = (each for place in sorted(near) for each in self._estate.subnets_of(place))
        hidden = (*parts.hidden, *(key(each.id) for each in homes if each.name.lower() == _GATEWAY_SUBNET))
        doubt = None if parts.count else gateway_doubt(self._estate, vnet)
        return replace(parts, doubt=doubt.why if doubt else parts.doubt, hidden=hidden)

    def _beyond(self, subnet: Subnet, ends: Iterable[str]) -> Parts:
        """Return the networks at the ends of flows that are neither the VNet of a subnet nor peered with it."""
        vnet = self._estate.virtual_networks.get(subnet.vnet)
        near = {subnet.vnet, *(each.remote for each in (vnet.peerings if vnet else ()))}
        far = sorted({each for each in ends if each} - near)
        names = {each: self._estate.virtual_networks[each] for each in far if each in self._estate.virtual_networks}
        return _parts(
            Part(
                presence=Presence.PRESENT,
                id=names[each].id if each in names else each,
                name=names[each].name if each in names else each.rpartition("/")[2],
                facts=("not peered with this network",),
                holds=_refers_to(self._estate.subnets_of(each)),
            )
            for each in far
        )

    def _firewalls(self, context: Context, first: Iterable[str]) -> Parts:
        """Return the firewalls nearby and those that flows cross. first: ids of what is to be shown in any case."""
        near = {key(each.id): each for each in context.firewalls}
        wanted = dict.fromkeys(key(each) for each in first if each)
        crossed = {each: self._estate.firewalls[each] for each in wanted if each in self._estate.firewalls}
        found = {**{at: each for at, each in crossed.items() if at in near or at in wanted}, **near}
        return _parts(map(self._firewall, found.values()), context.firewall_doubt, shown=max(_SHOWN, len(crossed)))

    def _firewall(self, firewall: Firewall) -> Part:
        facts = [each.address for each in firewall.addresses]
        if firewall.policy and firewall.policy not in self._estate.policies:
            facts.append(f"policy not read: {self._estate.missing(firewall.policy)}")
        elif firewall.policy:
            facts.append(f"policy {self._estate.policies[firewall.policy].name}")
        facts += [f"tier {firewall.tier}"] if firewall.tier else []
        facts += ["in a virtual hub"] if firewall.hub else []
        homes = {each.subnet for each in firewall.addresses if each.subnet}
        tables = {self._estate.subnets[each].route_table for each in homes if each in self._estate.subnets}
        holds = tuple(sorted({*homes, *filter(None, tables), *([firewall.hub] if firewall.hub else [])}))
        return Part(
            presence=Presence.PRESENT,
            id=firewall.id,
            name=firewall.name,
            facts=tuple(facts),
            verdict=self._lets_out(firewall),
            holds=holds,
        )

    def _lets_out(self, firewall: Firewall) -> Verdict:
        """Return whether the routes of a firewall's own subnet let it out to the Internet (F40)."""
        home = self._estate.subnets.get(firewall.addresses[0].subnet) if firewall.addresses else None
        if firewall.hub:
            return Verdict.ALLOW
        routes = self._network.routes(home) if home else None
        if routes is None or routes.default is None:
            return Verdict.UNKNOWN
        if routes.default.next_hop == "internet":
            return Verdict.ALLOW
        return Verdict.UNKNOWN if firewall.management or routes.default.next_hop == "bgp" else Verdict.BLOCK

    def _ways(self, context: Context) -> tuple[tuple[Way, ...], str]:
        """Return where the routes of a subnet lead, the default route first, and why there may be other ways."""
        routes = context.routes
        if routes is None:
            table = context.subnet.route_table or ""
            unread = table if context.subnet.vnet in self._estate.virtual_networks else context.subnet.vnet
            return (), self._estate.missing(unread)
        grouped: dict[tuple[str, str, str], list[EffectiveRoute]] = {}
        for route in _telling(routes, context.default_route):
            grouped.setdefault((route.next_hop, route.next_hop_address, route.peer), []).append(route)
        ways = tuple(self._way(context, each) for each in grouped.values())
        return ways, routes.doubt.why if routes.doubt else ""

    def _way(self, context: Context, routes: Sequence[EffectiveRoute]) -> Way:
        first = routes[0]
        verdict, resource, why = self._leads(context, first)
        return Way(
            next_hop=first.next_hop,
            address=first.next_hop_address,
            verdict=verdict,
            resource=resource,
            why=why,
            routes=tuple(
                each.name if each.text in each.name else f"{each.name}: {each.text}" for each in routes[:_ROUTES]
            ),
            count=len(routes),
            names=() if first.next_hop == "internet" else tuple(dict.fromkeys(each.name for each in routes)),
        )

    def _leads(self, context: Context, route: EffectiveRoute) -> tuple[Verdict, str, str]:
        """Return what the next hop of a route does, its ARM id and why."""
        if route.next_hop == "virtualappliance":
            owner = self._network.owner(context.subnet, route)
            taken = Verdict.ALLOW if owner.blocked is False else Verdict.BLOCK if owner.blocked else Verdict.UNKNOWN
            return taken, owner.resource, owner.why
        if route.next_hop == TO_FIREWALL:
            firewall = self._estate.firewalls.get(route.peer)
            return Verdict.ALLOW, firewall.id if firewall else route.peer, f"{route.name} leads to it"
        word = ROUTE_WORDS.get(route.next_hop, route.next_hop)
        return _VERDICTS.get(route.next_hop, Verdict.UNKNOWN), "", f"{route.name} leads to {word}"


_SILENT = "files do not show whether there are private endpoints"


def _parts(parts: Iterable[Part], doubt: str = "", shown: int = _SHOWN) -> Parts:
    """Return things of one kind, the first of them shown."""
    found = iter(parts)
    first = tuple(islice(found, shown))
    rest = list(found)
    hidden = tuple(at for each in rest for at in (key(each.id), *each.holds))
    return Parts(shown=first, count=len(first) + len(rest), doubt=doubt, hidden=hidden)


def _without(beside: Parts, subnet: Subnet) -> Parts:
    """Return the subnets of a VNet but for one."""
    return _parts((each for each in beside.shown if key(each.id) != key(subnet.id)), beside.doubt)


def _neighbour(subnet: Subnet) -> Part:
    facts = (", ".join(subnet.prefixes),) if subnet.prefixes else ()
    holds = _refers_to([subnet])
    return Part(presence=Presence.PRESENT, id=subnet.id, name=subnet.name, facts=facts, holds=holds)


def _refers_to(subnets: Iterable[Subnet]) -> tuple[str, ...]:
    """Return the comparing ids of the route tables and NSGs of some subnets that stand in no sketch by themselves."""
    found = (each for each in subnets if each.name.lower() not in _DRAWN_OTHERWISE)
    return tuple(sorted({at for each in found for at in (each.route_table, each.nsg) if at}))


def _telling(routes: SubnetRoutes, default: EffectiveRoute | None) -> list[EffectiveRoute]:
    """Return the routes that a drawing tells of, each once, the default route first and then the broadest."""
    found = [each.route for each in (*routes.table.candidates, *routes.learned) if each.route.origin != "system"]
    found += [each.route for each in routes.overlays if each.route.origin == "user"]
    found.sort(key=lambda each: (each.length, each.rank, each.text, each.name))
    return list(dict.fromkeys([*([default] if default else []), *found]))


def _facts_of_subnet(context: Context) -> tuple[str, ...]:
    subnet = context.subnet
    facts = [", ".join(subnet.prefixes)] if subnet.prefixes else []
    if subnet.nat_gateway:
        facts.append(f"NAT gateway {subnet.nat_gateway.rpartition('/')[2]}")
    return tuple(facts)


def _facts_of(thing: SecurityGroup | RouteTable) -> tuple[str, ...]:
    if isinstance(thing, SecurityGroup):
        inbound, outbound = (
            sum(each.priority < _OWN_PRIORITIES for each in it) for it in (thing.inbound, thing.outbound)
        )
        return (f"{inbound} rules in, {outbound} out",)
    count = len(thing.routes)
    return (f"{count} route{'' if count == 1 else 's'}", *(() if thing.propagation else ("keeps gateway routes out",)))
