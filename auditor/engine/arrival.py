"""Where a flow ends inside a virtual network: the peering it crosses and the NSGs of the subnets it arrives in."""

from dataclasses import replace

from auditor.engine.filters import filter_hops, in_part
from auditor.engine.flows import Flow
from auditor.engine.hops import make_hop
from auditor.engine.matching import together
from auditor.engine.members import endpoint_addresses
from auditor.engine.network import Network
from auditor.engine.peerings import peering_fault
from auditor.engine.route import EffectiveRoute
from auditor.engine.ways import Walk, in_series
from auditor.estate.addresses import NOTHING, AddressSet, address_texts
from auditor.estate.arm import key
from auditor.estate.network import Subnet
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
    """Return what filters a flow that arrives in a subnet; private endpoints only where they are set to be (N21)."""
    if subnet.name.lower() == _FIREWALL_SUBNET:
        return ()  # NSGs do not count there (N19)
    placed = [each for each in network.members.endpoints_of(subnet.vnet) if each.endpoint.subnet == key(subnet.id)]
    private = endpoint_addresses(placed) & (flow.destination.addresses or NOTHING)
    if not private or subnet.private_endpoint_policies in _FILTERED:
        return filter_hops(network, flow, subnet, inbound=True)
    others = (flow.destination.addresses or NOTHING) - private
    if not others:
        return ()
    rest = replace(flow, destination=replace(flow.destination, addresses=others))
    return tuple(map(in_part, filter_hops(network, rest, subnet, inbound=True)))


_FIREWALL_SUBNET = "azurefirewallsubnet"
_FILTERED = frozenset({"enabled", "networksecuritygroupenabled"})
"""Network policies of a subnet, lower case, under which NSGs count for private endpoints."""


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
