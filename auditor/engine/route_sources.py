"""Which routes there are: the user's tables, Azure's own, and those of service endpoints (specification section 1)."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache, partial
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise

from auditor.engine.dropped import dropped_ranges
from auditor.engine.gateways import Doubt, gateway_doubt, unlisted_peerings
from auditor.engine.members import Members
from auditor.engine.partition import Partitions, cut
from auditor.engine.private_endpoints import endpoint_routes, unplaced
from auditor.engine.route import Candidate, EffectiveRoute
from auditor.engine.routes import (
    DEFAULT,
    Overlay,
    SubnetRoutes,
    SystemRoutes,
    TableRoutes,
    Unsettled,
    order_of,
    system_route,
)
from auditor.engine.virtual_wan import HubRoutes, Hubs
from auditor.estate.addresses import NOTHING, Prefix, prefix
from auditor.estate.estate import Estate
from auditor.estate.network import Peering, Route, RouteTable, ServiceEndpoint, Subnet, VirtualNetwork
from auditor.estate.tags import Tags, TagUse, normal_service_tag, possible, tag_of_service_endpoint

_DEFAULT_V6 = prefix("::/0")
_USER, _TAG, _LEARNED = 0, 1, 8
_CONNECTED = "connected"
_NOT_CONNECTED = frozenset({"disconnected", "initiated"})
_HOST_BITS = {4: 32, 6: 128}


class RouteSources:
    """The routes of an estate: each table compiled once, and put together with those of Azure for subnets."""

    def __init__(self, estate: Estate, tags: Tags, members: Members, hubs: Hubs) -> None:
        self._estate = estate
        self._tags = tags
        self._members = members
        self._hubs = hubs
        self._tables: dict[str | None, TableRoutes] = {}
        self._drops: dict[str | None, bool] = {}
        self._overlays: dict[tuple[ServiceEndpoint, ...], tuple[Overlay, ...]] = {}

    def of(self, subnet: Subnet) -> SubnetRoutes | None:
        """Return the effective routes of a subnet; None where its route table or VNet cannot be read."""
        vnet = self._estate.virtual_networks.get(subnet.vnet)
        table = self._estate.route_tables.get(subnet.route_table) if subnet.route_table else None
        if vnet is None or (subnet.route_table and table is None):
            return None
        mine = self._table(subnet.route_table, table)
        private, disputed = _private_endpoints(self._estate, self._members, vnet, mine.candidates)
        taught = self._hubs.routes(vnet, table)
        find = partial(_azures, vnet, private, taught, drops=self._drops[subnet.route_table])
        doubt = _doubt(self._estate, vnet, table, taught)
        learned = [each for each in find() if each.route.origin == "hub"] if taught.learned else []
        learned.sort(key=order_of)
        return SubnetRoutes(
            table=mine,
            system=SystemRoutes(find=find),
            overlays=(*self._service_endpoints(subnet), *mine.overlays),
            unsettled=(*_unsettled_peerings(vnet), *disputed, *mine.tied),
            bgp=replace(system_route("BGP", "bgp", 0, doubt.spec), name=doubt.name) if doubt else None,
            doubt=doubt,
            learned=tuple(learned),
            taught=next((each.route for each in learned if each.prefix == DEFAULT), None),
        )

    def _table(self, table_id: str | None, table: RouteTable | None) -> TableRoutes:
        if table_id not in self._tables:
            # A user-defined default route takes Azure's None routes away (R10); one in two halves does not (R11).
            self._drops[table_id] = not (table and any(each.prefix == DEFAULT for each in table.routes))
            candidates = sorted(_user_candidates(table, self._tags), key=order_of)
            pairs: list[tuple[Prefix, EffectiveRoute | None]] = [(each.prefix, each.route) for each in candidates]
            self._tables[table_id] = TableRoutes(
                candidates=tuple(candidates),
                partitions=Partitions(cut(4, pairs, None), cut(6, pairs, None)),
                overlays=tuple(_tag_overlays(table, self._tags)),
                default=next((each.route for each in candidates if each.prefix == DEFAULT), None),
                tied=tuple(_tied(candidates)),
            )
        return self._tables[table_id]

    def _service_endpoints(self, subnet: Subnet) -> tuple[Overlay, ...]:
        at = subnet.service_endpoints
        if at not in self._overlays:
            self._overlays[at] = tuple(_service_endpoints(subnet, self._tags))
        return self._overlays[at]


def _user_route(table: RouteTable, route: Route, each: Prefix | None, rank: int) -> EffectiveRoute:
    return EffectiveRoute(
        name=route.name,
        text=route.text,
        origin="user",
        resource=table.id,
        length=each.length if each else 1,
        host=each is not None and each.length == _HOST_BITS[each.family],
        rank=rank,
        next_hop=route.next_hop,
        next_hop_address=route.next_hop_address,
        spec="R1" if route.prefix is not None else "R24",
        tag=normal_service_tag(route.tag),
    )


def _tag_rank(tag: str) -> int:
    """Order of tags at an exact tie: regional, top-level, AzureCloud.<region>, AzureCloud (R25)."""
    regional = "." in tag
    if tag.lower().startswith("azurecloud"):
        return _TAG + (2 if regional else 3)
    return _TAG + (0 if regional else 1)


def _user_candidates(table: RouteTable | None, tags: Tags) -> Iterable[Candidate]:
    for route in table.routes if table else ():
        if table and route.prefix is not None:
            yield Candidate(route.prefix, _user_route(table, route, route.prefix, _USER))
        elif table:
            alike: dict[tuple[int, int], EffectiveRoute] = {}  # a tag has many prefixes, of few lengths
            for each in tags.use(route.tag).prefixes:
                at = (each.family, each.length)
                alike[at] = alike.get(at) or _user_route(table, route, each, _tag_rank(route.tag))
                yield Candidate(each, alike[at])


def _tied(candidates: list[Candidate]) -> Iterable[Unsettled]:
    """Yield the routes for tags that stand beside another of their prefix and rank that leads elsewhere (R25)."""
    for one, other in pairwise(candidates):
        mine, its = one.route, other.route
        same = one.prefix == other.prefix and mine.rank == its.rank >= _TAG
        if same and (mine.next_hop, mine.next_hop_address) != (its.next_hop, its.next_hop_address):
            why = f"which of the service tags {mine.text} and {its.text} wins at the same prefix is not documented"
            yield Unsettled(one.prefix.addresses, its, "tag-tie", why, over=mine)


def _tag_overlays(table: RouteTable | None, tags: Tags) -> Iterable[Overlay]:
    for route in table.routes if table else ():
        if table and route.prefix is None:
            use = tags.use(route.tag)
            if not use.complete:
                yield Overlay(use, _user_route(table, route, None, _tag_rank(route.tag)), wins=False)


def _service_endpoints(subnet: Subnet, tags: Tags) -> Iterable[Overlay]:
    """Yield the routes of service endpoints: for the prefixes of the service's tag (R31), in its regions (R32)."""
    for endpoint in subnet.service_endpoints:
        tag = tag_of_service_endpoint(endpoint.service)
        if not tag or endpoint.state == "failed":
            continue
        whole = tags.use(tag)
        route = system_route(endpoint.service, "service-endpoint", 0, "R5")
        if endpoint.state not in {"", "succeeded"}:
            yield Overlay(_maybe(tag, whole), route, wins=True, regional=True)
        elif "*" in endpoint.locations or endpoint.service.lower().endswith(".global"):
            yield Overlay(whole, route, wins=True)
        elif not endpoint.locations:  # some region's, and which is not told (R32)
            yield Overlay(_maybe(tag, whole), route, wins=True, regional=True)
        else:
            for each in (tags.use(f"{tag}.{place}") for place in endpoint.locations):
                use = replace(each, name=tag) if each.complete else _maybe(tag, each)
                yield Overlay(use, route, wins=True, regional=True)


def _maybe(tag: str, use: TagUse) -> TagUse:
    """Return a tag that may hold what `use` may hold, and certainly nothing."""
    return TagUse(tag, NOTHING, complete=False, most=possible(use))


def _peering_route(peering: Peering) -> EffectiveRoute:
    return system_route(f"peering {peering.name}", "peering", 0, "R12", peering.remote)


def _text(each: Prefix) -> str:
    address = IPv4Address(each.first) if each.family == DEFAULT.family else IPv6Address(each.first)
    return f"{address}/{each.length}"


_INTERNET = Candidate(DEFAULT, system_route("0.0.0.0/0", "internet", 0, "R8"))
_INTERNET_V6 = Candidate(_DEFAULT_V6, system_route("::/0", "internet", 0, "R8"))


@cache
def _dropped(each: Prefix, spec: str) -> Candidate:
    return Candidate(each, system_route(_text(each), "none", each.length, spec))


def _azures(vnet: VirtualNetwork, private: list[Candidate], taught: HubRoutes, *, drops: bool) -> list[Candidate]:
    """Return the routes that a subnet has without the user's."""
    system = [*_system_candidates(vnet, drops=drops)]
    return [*system, *private, *_hub_candidates(taught, system)]


def _system_candidates(vnet: VirtualNetwork, *, drops: bool) -> Iterable[Candidate]:
    """Yield the routes of Azure's own. drops: whether it drops what nothing but its own default route is for."""
    for each in vnet.prefixes:
        yield Candidate(each, system_route(_text(each), "vnetlocal", each.length, "R8"))
    for peering in vnet.peerings:
        if peering.state == _CONNECTED:
            for each in peering.prefixes:
                yield Candidate(each, system_route(_text(each), "peering", each.length, "R12", peering.remote))
    yield _INTERNET
    if any(each.family != DEFAULT.family for each in vnet.prefixes):
        yield _INTERNET_V6
    for each, spec in dropped_ranges(vnet) if drops else ():
        yield _dropped(each, spec)


def _hub_candidates(taught: HubRoutes, system: Iterable[Candidate]) -> Iterable[Candidate]:
    """Yield what a hub teaches; of that, routes of the VNet and its peerings win over any inside them (R4)."""
    if not taught.learned:
        return
    nearer = [each.prefix.addresses for each in system if each.route.origin in {"vnet", "peering"}]
    for each in taught.learned:
        addresses = each.prefix.addresses
        if not any(addresses <= near for near in nearer):
            route = system_route(_text(each.prefix), each.next_hop, each.prefix.length, each.spec, each.target)
            route = replace(route, name=each.name, origin="hub", resource=each.resource, rank=_LEARNED)
            yield Candidate(each.prefix, route)


def _doubt(estate: Estate, vnet: VirtualNetwork, table: RouteTable | None, taught: HubRoutes) -> Doubt | None:
    unlisted = unlisted_peerings(vnet)
    if unlisted is not None:
        return unlisted
    if table is not None and not table.propagation:
        return None  # R23
    return gateway_doubt(estate, vnet) or taught.doubt


def _unsettled_peerings(vnet: VirtualNetwork) -> Iterable[Unsettled]:
    for each in vnet.peerings:
        if each.state not in _NOT_CONNECTED and (each.unsettled or each.state != _CONNECTED):
            addresses = each.unsettled if each.state == _CONNECTED else each.addresses
            why = f"peering {each.name} is not in sync, or its state is not known"
            yield Unsettled(addresses, _peering_route(each), "peering-not-in-sync", why)


def _private_endpoints(
    estate: Estate, members: Members, vnet: VirtualNetwork, user: Iterable[Candidate]
) -> tuple[list[Candidate], list[Unsettled]]:
    """Return the routes to private endpoints that are in force, and those that may be (R40 to R42)."""
    found: list[Candidate] = []
    disputed: list[Unsettled] = []
    for each in endpoint_routes(estate, members, vnet, (other.prefix for other in user)):
        route = system_route(f"private endpoint {each.name}", "private-endpoint", each.prefix.length, "R40", each.peer)
        if each.overruled is False:
            found.append(Candidate(each.prefix, route))
        elif each.overruled is None:
            why = f"whether a route of the user's takes traffic to private endpoint {each.name} is documented both ways"
            disputed.append(Unsettled(each.prefix.addresses, route, "private-endpoint-disputed", why))
    for hidden in unplaced(estate, members, vnet):
        route = system_route(f"private endpoint {hidden.name}", "private-endpoint", 0, "R40", hidden.peer)
        why = f"which addresses private endpoint {hidden.name} has is not in the source"
        disputed.append(Unsettled(hidden.addresses, route, "private-endpoint-unreadable", why))
    return found, disputed
