"""Routes to private endpoints: one for each address, in their VNet and in VNets peered with it (R40 to R42)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from auditor.engine.members import Members, PlacedEndpoint
from auditor.estate.addresses import AddressSet, Prefix, prefix, prefix_texts
from auditor.estate.arm import key
from auditor.estate.estate import Estate
from auditor.estate.network import VirtualNetwork

_ROUTED = frozenset({"enabled", "routetableenabled"})
"""Network policies of a subnet, lower case, under which routes of the user's count for private endpoints."""
_HOST_BITS = {4: 32, 6: 128}


@dataclass(frozen=True, slots=True)
class EndpointRoute:
    """The route to one address of a private endpoint, as a VNet has it.

    peer: comparing id of the peered VNet the endpoint is in, "" in its own. overruled: whether a route of the user's
    takes it out of force; None where the documents contradict each other.
    """

    name: str
    prefix: Prefix
    peer: str
    overruled: bool | None


def endpoint_routes(
    estate: Estate, members: Members, vnet: VirtualNetwork, user_prefixes: Iterable[Prefix]
) -> Iterator[EndpointRoute]:
    """Yield the routes to the private endpoints that a VNet reaches. user_prefixes: of the route table in question."""
    own = tuple(user_prefixes)
    near = ((key(vnet.id), ""), *((each.remote, each.remote) for each in vnet.peerings if each.state == "connected"))
    for place, peer in near:
        for placed in members.endpoints_of(place):
            for text in prefix_texts(placed.addresses):
                for each in _hosts(prefix(text)):
                    yield EndpointRoute(placed.endpoint.name, each, peer, _overruled(estate, placed, place, each, own))


def _hosts(wide: Prefix) -> Iterator[Prefix]:
    """Yield the single addresses of a prefix."""
    bits = _HOST_BITS[wide.family]
    for number in range(wide.first, wide.last + 1):
        yield Prefix(wide.family, number, number, bits)


def _overruled(
    estate: Estate, placed: PlacedEndpoint, place: str, host: Prefix, own: tuple[Prefix, ...]
) -> bool | None:
    covering = [each for each in own if each.family == host.family and each.first <= host.first <= each.last]
    subnet = estate.subnets.get(placed.endpoint.subnet)
    vnet = estate.virtual_networks.get(place)
    ranges = [each for each in (vnet.prefixes if vnet else ()) if each.first <= host.first <= each.last]
    if not covering:
        return False
    longest = max(each.length for each in covering)
    if subnet is None or not ranges:
        return None
    if subnet.private_endpoint_policies in _ROUTED:
        return longest >= min(each.length for each in ranges)
    return None if longest == host.length else False


def unplaced(members: Members, vnet: VirtualNetwork) -> Iterator[tuple[str, str, str]]:
    """Yield name, subnet and peer of the private endpoints whose addresses the source does not tell."""
    near = ((key(vnet.id), ""), *((each.remote, each.remote) for each in vnet.peerings if each.state == "connected"))
    for place, peer in near:
        for placed in members.endpoints_of(place):
            if not placed.addresses:
                yield placed.endpoint.name, placed.endpoint.subnet, peer


def private_ways_of(members: Members, vnet: VirtualNetwork, name: str) -> AddressSet | None:
    """Return the addresses under which a private endpoint near `vnet` answers for `name`; None where none does."""
    near = (key(vnet.id), *(each.remote for each in vnet.peerings if each.state == "connected"))
    for place in near:
        for placed in members.endpoints_of(place):
            if any(each == name for each, _ in placed.endpoint.names):
                return placed.addresses
    return None
