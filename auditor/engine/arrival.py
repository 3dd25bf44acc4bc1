"""Where a flow ends inside a virtual network: the peering it crosses and the NSGs of the subnets it arrives in."""

from collections.abc import Iterator
from dataclasses import replace

from auditor.engine.backends import Backend, behind_frontend
from auditor.engine.filters import filter_hops, in_doubt, in_part
from auditor.engine.flows import Flow
from auditor.engine.hops import make_hop
from auditor.engine.matching import together
from auditor.engine.members import PlacedEndpoint, endpoint_addresses
from auditor.engine.network import Network
from auditor.engine.peerings import peering_fault
from auditor.engine.private_endpoints import groups_count
from auditor.engine.route import EffectiveRoute
from auditor.engine.ways import Walk, in_series
from auditor.estate.addresses import NOTHING, AddressSet, address_set, address_texts, union
from auditor.estate.network import Subnet
from auditor.estate.ports import port_set
from auditor.traces import Hop, Path, Verdict


def delivered(network: Network, flow: Flow, subnet: Subnet, route: EffectiveRoute, taken: Hop) -> Walk:
    """Return the way inside the virtual network or into a peered one, up to the NSGs of the subnets it arrives in."""
    path = Path.PEERING if route.next_hop == "peering" else Path.VNET
    place = route.peer or subnet.vnet
    crossed = (taken, *_peering_hop(network, subnet, place))
    rest = flow.destination.addresses or NOTHING
    parts: list[tuple[Hop, ...]] = []
    for each in network.estate.subnets_of(place):
        part = rest & each.addresses
        if part:
            rest = rest - part
            arriving = replace(flow, destination=replace(flow.destination, addresses=part, label=each.name))
            parts.append(_filtered(network, arriving, each))
    if rest or flow.destination.addresses is None:
        parts.append((_nowhere(network, place, rest, route),))
    inside = together(in_series(hop.verdict for hop in part) for part in parts)
    return Walk(
        verdict=in_series((*(each.verdict for each in crossed), inside)),
        path=path,
        hops=(*crossed, *(hop for part in parts for hop in part)),
        routes=(route,),
        arrives_in=place,
    )


def _filtered(network: Network, flow: Flow, subnet: Subnet) -> tuple[Hop, ...]:
    """Return what filters a flow that arrives in a subnet, where private endpoints may stand beside machines."""
    if subnet.name.lower() == _FIREWALL_SUBNET:
        return _at_firewall(network, flow)  # NSGs do not count there (N19)
    balanced = behind_frontend(network, flow)
    if isinstance(balanced, Backend):
        inner = replace(flow, destination=balanced.end, ports=balanced.ports)
        return tuple(hop for each in balanced.subnets for hop in _at_backend(network, inner, each))
    if balanced is not None:
        return (balanced,)
    placed = network.members.endpoints_in(subnet)
    addresses = flow.destination.addresses or NOTHING
    private = endpoint_addresses(placed) & addresses
    if not private:
        return _at_machines(network, flow, subnet, placed)
    if private == addresses:
        return _at_endpoints(network, flow, subnet, placed)
    if groups_count(subnet.private_endpoint_policies) and network.admin_rules(subnet).none:
        return (*filter_hops(network, flow, subnet, inbound=True), *_states(placed, addresses))
    machines = _at_machines(network, _to(flow, addresses - private), subnet, placed)
    endpoints = _at_endpoints(network, _to(flow, private), subnet, placed)
    return tuple(dict.fromkeys(map(in_part, (*machines, *endpoints))))


def _at_firewall(network: Network, flow: Flow) -> tuple[Hop, ...]:
    """Return the doubt of what is sent to a firewall itself, but for questions to its DNS proxy (F22, F47)."""
    wanted = flow.destination.addresses or NOTHING
    for each in network.estate.firewalls.values():
        if not wanted or not wanted <= union(address_set(at.address) for at in each.addresses):
            continue
        if flow.ports == _DNS and network.firewall(each).resolves:
            return ()
        why = f"what firewall {each.name} does with traffic to its own address is documented both ways"
        return (make_hop("firewall", each.id, "", Verdict.UNKNOWN, "firewall-itself", why, "F47"),)
    return ()


def _at_backend(network: Network, flow: Flow, subnet: Subnet) -> tuple[Hop, ...]:
    """Return what filters a flow at the members of a load balancer that live in one subnet (N18)."""
    addresses = flow.destination.addresses or NOTHING
    part = _to(flow, addresses & subnet.addresses)
    hops = filter_hops(network, part, subnet, inbound=True)
    return hops if part.destination.addresses == addresses else tuple(map(in_part, hops))


def _to(flow: Flow, addresses: AddressSet) -> Flow:
    return replace(flow, destination=replace(flow.destination, addresses=addresses))


def _at_machines(network: Network, flow: Flow, subnet: Subnet, placed: list[PlacedEndpoint]) -> tuple[Hop, ...]:
    """Return what filters a flow to anything but the known addresses of private endpoints."""
    hops = filter_hops(network, flow, subnet, inbound=True)
    hidden = not all(each.addresses for each in placed)
    if hidden and not groups_count(subnet.private_endpoint_policies):
        return tuple(map(in_doubt, hops))  # the address of a private endpoint may be among them
    return hops


def _at_endpoints(network: Network, flow: Flow, subnet: Subnet, placed: list[PlacedEndpoint]) -> tuple[Hop, ...]:
    """Return what filters a flow to private endpoints: NSGs only where they are set to (N21), admin rules never."""
    count = groups_count(subnet.private_endpoint_policies)
    groups = () if count is False else filter_hops(network, flow, subnet, inbound=True, admin=False)
    return (*(groups if count else map(in_doubt, groups)), *_states(placed, flow.destination.addresses or NOTHING))


def _states(placed: list[PlacedEndpoint], wanted: AddressSet) -> Iterator[Hop]:
    """Yield a hop for each private endpoint that lets nothing pass, or may not."""
    for each in placed:
        part = each.addresses & wanted
        if part and each.endpoint.state != "approved":
            hop = _not_approved(each)
            yield hop if part == wanted else in_part(hop)


def _not_approved(placed: PlacedEndpoint) -> Hop:
    """Return the hop of a private endpoint whose connection was not approved, or is not known to be."""
    endpoint = placed.endpoint
    if endpoint.state in _SHUT:
        why = f"the connection of private endpoint {endpoint.name} is {endpoint.state}, so that nothing passes"
        return make_hop("private-endpoint", endpoint.id, "", Verdict.BLOCK, "private-endpoint-not-approved", why, "R40")
    told = f"is {endpoint.state}" if endpoint.state else "is not in the source"
    why = f"whether private endpoint {endpoint.name} lets traffic pass is not known: the state of its connection {told}"
    return make_hop("private-endpoint", endpoint.id, "", Verdict.UNKNOWN, "private-endpoint-state", why, "R40")


_FIREWALL_SUBNET = "azurefirewallsubnet"
_DNS = port_set("53")
_SHUT = frozenset({"pending", "rejected", "disconnected"})
"""States of the connection of a private endpoint, lower case, in which it carries nothing."""


def to_private_endpoint(network: Network, flow: Flow, subnet: Subnet, route: EffectiveRoute, taken: Hop) -> Walk:
    """Return the way to a private endpoint, straight past any default route (R40)."""
    walk = delivered(network, flow, subnet, route, taken)
    return replace(walk, path=Path.PRIVATE_ENDPOINT, arrives_in="")


def _peering_hop(network: Network, subnet: Subnet, place: str) -> tuple[Hop, ...]:
    """Return the doubt or the fault of the peering towards VNet `place`; none where there is none."""
    vnet = network.estate.virtual_networks.get(subnet.vnet)
    peering = next((each for each in (vnet.peerings if vnet else ()) if each.remote == place), None)
    fault = peering_fault(network.estate, vnet, peering) if vnet and peering else None
    if vnet is None or fault is None:
        return ()
    verdict = Verdict.BLOCK if fault.blocked else Verdict.UNKNOWN
    code = "peering-down" if fault.blocked else "peering-undecided"
    return (make_hop("peering", vnet.id, peering.name if peering else "", verdict, code, fault.why, fault.spec),)


def _nowhere(network: Network, place: str, rest: AddressSet, route: EffectiveRoute) -> Hop:
    """Return the hop of addresses that lie in no subnet that was read."""
    vnet = network.estate.virtual_networks.get(place)
    gap = network.estate.may_hide(["microsoft.network/virtualnetworks/subnets"], place)
    if vnet is None or not vnet.subnets_listed or gap is not None:
        why = (
            network.estate.missing(place)
            if vnet is None
            else gap.why
            if gap
            else f"the subnets of {vnet.name} were not read"
        )
        return make_hop("destination", place, "", Verdict.UNKNOWN, "destination-unreadable", why, "U8")
    why = f"{address_texts(rest) or 'a public name'} lies in no subnet of VNet {vnet.name}, where {route.name} leads"
    return make_hop("destination", route.resource, route.name, Verdict.BLOCK, "no-such-subnet", why, "R7")
