"""Which routes there are: the user's tables, Azure's own, and those of service endpoints (specification section 1)."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address, IPv6Address

from auditor.engine.gateways import may_learn_routes
from auditor.engine.partition import Partitions, cut
from auditor.engine.routes import (
    DEFAULT,
    PLATFORM_NONE,
    Candidate,
    EffectiveRoute,
    Overlay,
    SubnetRoutes,
    SystemRoutes,
    TableRoutes,
    order_of,
    system_route,
)
from auditor.estate.addresses import NOTHING, Prefix, prefix
from auditor.estate.estate import Estate
from auditor.estate.network import Peering, Route, RouteTable, ServiceEndpoint, Subnet, VirtualNetwork
from auditor.estate.tags import Tags, TagUse, normal_service_tag, tag_of_service_endpoint

_NONE_DEFAULTS = tuple(map(prefix, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))

_USER, _TAG = 0, 1
_CONNECTED = "connected"
_NOT_CONNECTED = frozenset({"disconnected", "initiated"})
_HOST_BITS = {4: 32, 6: 128}


class RouteSources:
    """The routes of an estate: each table and the routes of each VNet compiled once, and put together for subnets."""

    def __init__(self, estate: Estate, tags: Tags) -> None:
        self._estate = estate
        self._tags = tags
        self._tables: dict[str | None, TableRoutes] = {}
        self._drops: dict[str | None, bool] = {}
        self._systems: dict[tuple[str, bool], SystemRoutes] = {}
        self._overlays: dict[tuple[ServiceEndpoint, ...], tuple[Overlay, ...]] = {}

    def of(self, subnet: Subnet) -> SubnetRoutes | None:
        """Return the effective routes of a subnet; None where its route table or VNet cannot be read."""
        vnet = self._estate.virtual_networks.get(subnet.vnet)
        table = self._estate.route_tables.get(subnet.route_table) if subnet.route_table else None
        if vnet is None or (subnet.route_table and table is None):
            return None
        mine = self._table(subnet.route_table, table)
        return SubnetRoutes(
            table=mine,
            system=self._system(subnet.vnet, vnet, drops=self._drops[subnet.route_table]),
            overlays=(*self._service_endpoints(subnet), *mine.overlays),
            unsettled=tuple(
                (each.unsettled if each.state == _CONNECTED else each.addresses, _peering_route(each))
                for each in vnet.peerings
                if each.state not in _NOT_CONNECTED and (each.unsettled or each.state != _CONNECTED)
            ),
            bgp=_bgp(self._estate, vnet, table),
        )

    def _table(self, table_id: str | None, table: RouteTable | None) -> TableRoutes:
        if table_id not in self._tables:
            # A user-defined default route takes Azure's None routes away (R10).
            self._drops[table_id] = not (table and any(each.prefix == DEFAULT for each in table.routes))
            candidates = sorted(_user_candidates(table, self._tags), key=order_of)
            pairs: list[tuple[Prefix, EffectiveRoute | None]] = [(each.prefix, each.route) for each in candidates]
            self._tables[table_id] = TableRoutes(
                candidates=tuple(candidates),
                partitions=Partitions(cut(4, pairs, None), cut(6, pairs, None)),
                overlays=tuple(_tag_overlays(table, self._tags)),
                default=next((each.route for each in candidates if each.prefix == DEFAULT), None),
            )
        return self._tables[table_id]

    def _system(self, vnet_id: str, vnet: VirtualNetwork, *, drops: bool) -> SystemRoutes:
        at = (vnet_id, drops)
        if at not in self._systems:
            self._systems[at] = SystemRoutes(find=partial(_system_candidates, vnet, drops=drops))
        return self._systems[at]

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
            for each in tags.use(route.tag).prefixes:
                yield Candidate(each, _user_route(table, route, each, _tag_rank(route.tag)))


def _tag_overlays(table: RouteTable | None, tags: Tags) -> Iterable[Overlay]:
    for route in table.routes if table else ():
        if table and route.prefix is None:
            use = tags.use(route.tag)
            if not use.complete:
                yield Overlay(use, _user_route(table, route, None, _tag_rank(route.tag)), wins=False)


def _service_endpoints(subnet: Subnet, tags: Tags) -> Iterable[Overlay]:
    for endpoint in subnet.service_endpoints:
        tag = tag_of_service_endpoint(endpoint.service)
        if tag and endpoint.state in {"", "succeeded"}:
            whole = tags.use(tag)
            route = system_route(endpoint.service, "service-endpoint", 0, "R5")
            regions = [tags.use(f"{tag}.{each}") for each in endpoint.locations if each != "*"]
            if regions and all(each.complete for each in regions):
                for each in regions:
                    yield Overlay(replace(each, name=tag), route, wins=True, regional=True)
            elif not endpoint.locations or "*" in endpoint.locations:
                yield Overlay(whole, route, wins=True)
            else:
                yield Overlay(TagUse(tag, NOTHING, complete=False), route, wins=True, regional=True)


def _peering_route(peering: Peering) -> EffectiveRoute:
    return system_route(f"peering {peering.name}", "peering", 0, "R12", peering.remote)


def _text(each: Prefix) -> str:
    address = IPv4Address(each.first) if each.family == DEFAULT.family else IPv6Address(each.first)
    return f"{address}/{each.length}"


_NONE = (
    *(Candidate(each, system_route(_text(each), "none", each.length, "R8")) for each in _NONE_DEFAULTS),
    *(Candidate(each, system_route(_text(each), "none", each.length, "R8a")) for each in PLATFORM_NONE),
)
_INTERNET = Candidate(DEFAULT, system_route("0.0.0.0/0", "internet", 0, "R8"))


def _system_candidates(vnet: VirtualNetwork, *, drops: bool) -> Iterable[Candidate]:
    """Yield the routes of Azure's own. drops: whether it drops what nothing but its own default route is for."""
    own = {(each.first, each.length) for each in vnet.prefixes if each.family == DEFAULT.family}
    for each in vnet.prefixes:
        yield Candidate(each, system_route(_text(each), "vnetlocal", each.length, "R8"))
    for peering in vnet.peerings:
        if peering.state == _CONNECTED:
            for each in peering.prefixes:
                yield Candidate(each, system_route(_text(each), "peering", each.length, "R12", peering.remote))
    yield _INTERNET
    for none in _NONE if drops else ():
        place = none.prefix
        if (place.first, place.length) not in own and not any(_encloses(wide, place) for wide in vnet.prefixes):
            yield none


def _encloses(wide: Prefix, narrow: Prefix) -> bool:
    """Tell whether `wide` is a strict superset of `narrow` (R9)."""
    return wide.family == narrow.family and wide.length < narrow.length and wide.first <= narrow.first <= wide.last


def _bgp(estate: Estate, vnet: VirtualNetwork, table: RouteTable | None) -> EffectiveRoute | None:
    if table is not None and not table.propagation:
        return None  # R23
    if not may_learn_routes(estate, vnet):
        return None
    return replace(system_route("BGP", "bgp", 0, "U1"), name="a route learned by BGP")
