"""Workloads that no rule can tell apart: what holds for the flows of one holds for those of all.

Only what every route, NSG and firewall rule treats alike is shared, and only that everything passes: what does not is
decided, and told, for each workload by itself.
"""

from collections.abc import Hashable

from auditor.engine.context import Context
from auditor.engine.flows import TCP, Flow
from auditor.engine.gateways import may_learn_routes
from auditor.engine.replies import reply_from_firewall
from auditor.estate.addresses import PUBLIC
from auditor.estate.arm import key
from auditor.estate.intervals import IntervalSet
from auditor.estate.network import Peering, VirtualNetwork

_NO_PORTS = IntervalSet()


def class_of(context: Context) -> Hashable | None:
    """Return what decides the documented flows of a workload, equal for workloads that share all decisions.

    None for a workload that is a class of its own.
    """
    vnet = context.network.estate.virtual_networks.get(context.subnet.vnet)
    if vnet is None or context.routes is None or context.missing_step is not None or context.unread:
        return None
    if vnet.addresses.meets(PUBLIC) or any(_reaches_public(each) for each in vnet.peerings):
        return None
    if not vnet.peerings_listed or context.network.gateway_versions(context.subnet):
        return None
    if _has_rules_of_its_own(context, vnet):
        return None
    owners = _owners(context)
    members = _members(context)
    taught = _taught(context)
    if owners is None or members is None or taught is None:
        return None
    located = any(each.locations for pack in context.packs for each in pack.requirements)
    return (
        context.workload.cloud,
        context.workload.linux,
        context.lists,
        context.workload.location if located else "",
        context.network.table_class(context.subnet.route_table),
        context.subnet.service_endpoints,
        context.subnet.endpoint_policies,
        may_learn_routes(context.network.estate, vnet),
        context.routes.bgp is None,
        vnet.dns_servers,
        owners,
        members,
        taught,
    )


def _has_rules_of_its_own(context: Context, vnet: VirtualNetwork) -> bool:
    """Tell whether a subnet is under security admin rules, or private endpoints change what it reaches."""
    near = (context.subnet.vnet, *(each.remote for each in vnet.peerings))
    placed = [each for place in near for each in context.network.members.endpoints_of(place)]
    public = any(each.addresses.meets(PUBLIC) for each in placed)
    return not context.network.admin_rules(context.subnet).none or public or any(each.names for each in placed)


def _reaches_public(peering: Peering) -> bool:
    return peering.addresses.meets(PUBLIC) or peering.unsettled.meets(PUBLIC)


def _owners(context: Context) -> tuple[Hashable, ...] | None:
    """Return what the appliances that routes lead to make of the subnet; None where that may be its own."""
    found: list[Hashable] = []
    hops = (
        {each.route.next_hop_address: each.route for each in context.routes.table.candidates} if context.routes else {}
    )
    for address in sorted(hops):
        route = hops[address]
        if route.next_hop == "virtualappliance":
            owner = context.network.owner(context.subnet, route)
            if owner.code != "next-hop-firewall" or owner.firewall is None:
                return None
            senders = context.network.firewall(owner.firewall).sender_class(context.subnet.addresses)
            if senders is None:
                return None
            flow = Flow(source=context.source, destination=context.source, protocol=TCP, ports=_NO_PORTS)
            reply = reply_from_firewall(context.network, flow, key(owner.firewall.id))
            found.append((address, key(owner.firewall.id), senders, reply.verdict))
    return tuple(found)


def _taught(context: Context) -> tuple[Hashable, ...] | None:
    """Return what a virtual hub teaches the subnet and its firewall makes of it; None where that may be its own."""
    found: list[Hashable] = []
    for each in context.routes.learned if context.routes else ():
        firewall = context.network.estate.firewalls.get(each.route.peer)
        senders = context.network.firewall(firewall).sender_class(context.subnet.addresses) if firewall else 0
        if senders is None:
            return None
        found.append((each.prefix, each.route.next_hop, each.route.peer, senders))
    doubt = context.routes.doubt if context.routes else None
    return (*found, doubt.public if doubt else None)


def _members(context: Context) -> Hashable | None:
    """Return what the NSG makes of the subnet; None where that may be its own."""
    if context.subnet.nsg is None:
        return "no NSG"
    rules = context.network.group(context.subnet)
    if rules is None or any(side.groups for each in rules.rules for side in (each.sources, each.destinations)):
        return None  # whose members are of one VNet
    place, public = rules.member_class(context.subnet.addresses)
    return None if place is None or public else (context.network.group_class(context.subnet.nsg), place)
