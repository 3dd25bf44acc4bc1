"""Routes to private endpoints: one for each address, in their VNet and in VNets peered with it (R40 to R42)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter

from auditor.engine.members import Members, PlacedEndpoint
from auditor.engine.partition import cut
from auditor.estate.addresses import NOTHING, AddressSet, Prefix
from auditor.estate.arm import key
from auditor.estate.estate import Estate
from auditor.estate.names import Relation, relation
from auditor.estate.network import VirtualNetwork

_NOT_COVERED = -1
_HOST_BITS = {4: 32, 6: 128}


def routes_count(policies: str) -> bool | None:
    """Tell whether routes of the user's count for private endpoints under network policies of a subnet (R41).

    None for a word Azure may add.
    """
    return _counts(policies, "routetableenabled", "networksecuritygroupenabled")


def groups_count(policies: str) -> bool | None:
    """Tell whether NSGs count for private endpoints under network policies of a subnet (N21); None as above."""
    return _counts(policies, "networksecuritygroupenabled", "routetableenabled")


def _counts(policies: str, this: str, other: str) -> bool | None:
    return {"": False, "disabled": False, "enabled": True, this: True, other: False}.get(policies)


@dataclass(frozen=True, slots=True)
class EndpointRoute:
    """The route to one address of a private endpoint, as a VNet has it.

    peer: comparing id of the peered VNet the endpoint is in, "" in its own. overruled: whether a route of the user's
    takes it out of force; None where the documents contradict each other, or do not tell.
    """

    name: str
    prefix: Prefix
    peer: str
    overruled: bool | None


def near(vnet: VirtualNetwork) -> list[tuple[str, str]]:
    """Return the VNets whose private endpoints `vnet` reaches: comparing id, and the same as a peer, "" for itself."""
    connected = (each.remote for each in vnet.peerings if each.state == "connected")
    return [(key(vnet.id), ""), *((each, each) for each in connected)]


def endpoint_routes(
    estate: Estate, members: Members, vnet: VirtualNetwork, user_prefixes: Iterable[Prefix]
) -> Iterator[EndpointRoute]:
    """Yield the routes to the private endpoints that a VNet reaches. user_prefixes: of the route table in question."""
    found = [(placed, place, peer) for place, peer in near(vnet) for placed in members.endpoints_of(place)]
    if not found:
        return
    pairs = [(each, each.length) for each in user_prefixes]
    longest = {family: cut(family, pairs, _NOT_COVERED) for family in _HOST_BITS}
    for placed, place, peer in found:
        for host in _hosts(placed.addresses):
            length = longest[host.family].winner(host.first)
            yield EndpointRoute(placed.endpoint.name, host, peer, _overruled(estate, placed, place, host, length))


def _hosts(addresses: AddressSet) -> Iterator[Prefix]:
    """Yield the single addresses of a set."""
    for family, found in ((4, addresses.v4), (6, addresses.v6)):
        for low, high in found.spans:
            for number in range(low, high + 1):
                yield Prefix(family, number, number, _HOST_BITS[family])


def _overruled(estate: Estate, placed: PlacedEndpoint, place: str, host: Prefix, longest: int) -> bool | None:
    """Tell whether the longest prefix of the user's that covers an address takes its route out of force."""
    if longest <= 0:
        return False  # none does, or a default route, which never takes it (R40)
    vnet = estate.virtual_networks.get(place)
    ranges = [
        each.length
        for each in (vnet.prefixes if vnet else ())
        if each.family == host.family and each.first <= host.first <= each.last
    ]
    if ranges and longest < min(ranges):
        return False
    subnet = estate.subnets.get(placed.endpoint.subnet)
    count = routes_count(subnet.private_endpoint_policies) if subnet is not None else None
    if count is False:
        return None if longest == host.length else False
    return True if count and (ranges or longest == host.length) else None


@dataclass(frozen=True, slots=True)
class HiddenEndpoint:
    """A private endpoint whose addresses the source does not tell, and those it may have. peer: as of a route."""

    name: str
    addresses: AddressSet
    peer: str


def unplaced(estate: Estate, members: Members, vnet: VirtualNetwork) -> Iterator[HiddenEndpoint]:
    """Yield the private endpoints near a VNet whose addresses the source does not tell."""
    for place, peer in near(vnet):
        for placed in members.endpoints_of(place):
            if not placed.addresses:
                yield HiddenEndpoint(placed.endpoint.name, _home(estate, vnet, placed, place), peer)
        hidden = members.hidden_endpoints_of(place)
        if hidden:
            yield HiddenEndpoint("that was not read", hidden, peer)


def _home(estate: Estate, vnet: VirtualNetwork, placed: PlacedEndpoint, place: str) -> AddressSet:
    """Return the addresses of the subnet of a private endpoint; of its VNet where that was not read."""
    subnet = estate.subnets.get(placed.endpoint.subnet)
    if subnet is not None:
        return subnet.addresses
    home = estate.virtual_networks.get(place)
    peered = next((each.addresses for each in vnet.peerings if each.remote == place), NOTHING)
    return home.addresses if home is not None else peered


def private_ways_of(members: Members, vnet: VirtualNetwork, name: str) -> list[AddressSet]:
    """Return the addresses under which each private endpoint near `vnet` answers for `name`; none where not told.

    name: a name, or a pattern, of which an endpoint may answer for some names.
    """
    found = (placed for place, _ in near(vnet) for placed in members.endpoints_of(place))
    return [
        addresses
        for placed in found
        for own, addresses in sorted(placed.names.items(), key=itemgetter(0))
        if relation(own, name) is not Relation.DISJOINT
    ]
