"""Where a subnet sends what: the one place that decides routes (specification section 1).

Effective routes are the user-defined routes of the subnet's table, the system routes of its VNet and peerings, and
those of its service endpoints. Routes learned by BGP cannot be read from configuration: where a gateway may bring them
in, they are an alternative whose outcome is unknown (U1).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from auditor.engine.dropped import DROPPED_BY_AZURE, dropped_ranges
from auditor.engine.flows import Endpoint
from auditor.engine.gateways import Doubt, gateway_doubt
from auditor.engine.members import Members
from auditor.engine.partition import Partitions, cut
from auditor.engine.private_endpoints import endpoint_routes, unplaced
from auditor.engine.route import Candidate, Choice, EffectiveRoute
from auditor.engine.virtual_wan import HubRoutes, Hubs
from auditor.estate.addresses import NOTHING, PLATFORM, PUBLIC, AddressSet, Prefix, address_texts, prefix, union
from auditor.estate.estate import Estate
from auditor.estate.network import Peering, Route, RouteTable, Subnet, VirtualNetwork
from auditor.estate.tags import Tags, TagUse, may_hold_name, normal_service_tag, possible, tag_of_service_endpoint

_DEFAULT = prefix("0.0.0.0/0")
_DEFAULT_V6 = prefix("::/0")
_HOST_BITS = {4: 32, 6: 128}
_USER, _TAG, _LEARNED, _SYSTEM = 0, 1, 8, 9
_DROP = ("none", "system")
_CONNECTED = "connected"
_NOT_CONNECTED = frozenset({"disconnected", "initiated"})


@dataclass(frozen=True, slots=True)
class _Overlay:
    """A route whose prefixes are those of a service tag that the source may not list.

    wins: whether it does so over every other route. regional: whether it is for some regions of the tag only.
    """

    use: TagUse
    route: EffectiveRoute
    wins: bool
    regional: bool = False


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A route that may be there or not, and what that hangs on."""

    addresses: AddressSet
    route: EffectiveRoute
    code: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetRoutes:
    """The effective routes of one subnet, ready to decide.

    candidates: of equal prefixes the one that wins first. overlays: routes whose prefixes are those of a service tag.
    unsettled: routes of which it is not known whether they are there. bgp: stands for what a gateway or hub may add and
    was not read, for the reason `doubt`; None where nothing may. taught: the default route that a hub teaches, if any.
    inside: the ranges of the VNet and of those peered with it.
    """

    candidates: tuple[Candidate, ...]
    partitions: Partitions[EffectiveRoute] = field(repr=False)
    overlays: tuple[_Overlay, ...]
    unsettled: tuple[Unsettled, ...]
    bgp: EffectiveRoute | None
    doubt: Doubt | None = None
    taught: EffectiveRoute | None = None
    inside: AddressSet = NOTHING
    _hidden_ways: dict[int, tuple[AddressSet, tuple[EffectiveRoute, ...]]] = field(default_factory=dict, repr=False)

    def decide(self, end: Endpoint) -> tuple[Choice, ...]:
        """Return where every part of `end` is sent (R1 to R13, R24 to R33)."""
        if end.addresses is None:
            return (self._hidden(end),)
        platform = end.addresses & PLATFORM
        parts = _alike(self.partitions.parts(end.addresses - platform))
        found = (choice for addresses, route in parts for choice in self._settled(end, addresses, route))
        choices = [part for choice in found for part in self._own_ranges_apart(choice)]
        return (*([Choice(platform, (_PLATFORM_ROUTE,))] if platform else []), *choices)

    def _own_ranges_apart(self, choice: Choice) -> Iterable[Choice]:
        """Set apart what no learned route takes: there Azure's own win over it (R4), and what wins over those."""
        within = (choice.addresses or NOTHING) & self.inside if choice.routes[-1] is self.bgp else NOTHING
        if within:
            yield replace(choice, addresses=within, routes=choice.routes[:-1])
        if not within or choice.addresses != within:
            yield replace(choice, addresses=choice.addresses - within) if choice.addresses and within else choice

    def _settled(self, end: Endpoint, addresses: AddressSet, route: EffectiveRoute) -> Iterable[Choice]:
        """Set apart what a route may take that may not be there (R12, R42)."""
        for each in self.unsettled:
            doubt = addresses & each.addresses
            if doubt:
                yield Choice(doubt, tuple(dict.fromkeys((each.route, route))), each.code, each.why)
                addresses = addresses - doubt
        if addresses and self.taught is not None and route.length and (route.next_hop, route.origin) == _DROP:
            why = f"whether Azure still drops {route.text} where a default route is learned is not documented"
            yield Choice(addresses, (self.taught, route), "none-route-unsettled", why)
        elif addresses:
            yield from self._overlaid(end, addresses, route)

    def winner(self, addresses: AddressSet) -> tuple[EffectiveRoute, ...]:
        """Return the routes that configuration alone picks for `addresses`, the broadest first.

        BGP and service endpoints are left aside.
        """
        taken = {route for _, route in self.partitions.parts(addresses)}
        return tuple(sorted(taken, key=_broadest_first))

    def _ways_of_names(self, elsewhere: AddressSet) -> tuple[EffectiveRoute, ...]:
        """Return the routes that public addresses take which are not `elsewhere`; found once for each such set.

        The sets are large and few: one is told from another by which object it is, which is kept so that it stays one.
        """
        at = id(elsewhere)
        if at not in self._hidden_ways:
            self._hidden_ways[at] = (elsewhere, self.winner(PUBLIC - elsewhere - DROPPED_BY_AZURE))
        return self._hidden_ways[at][1]

    def _hidden(self, end: Endpoint) -> Choice:
        ways = self._ways_of_names(end.elsewhere)
        taken = [each for each in ways if _possible(end, each) and each.next_hop != "private-endpoint"]
        routes = [each for each in taken if not each.host] or [*taken]
        hosts = tuple(each for each in taken if each not in routes)
        code, why = "route-depends-on-address", f"which addresses {end.label} has is not known from configuration"
        for overlay in self.overlays:
            name = overlay.use.name
            if end.tag == name and not overlay.regional:
                routes = [overlay.route]
            elif _possible(end, overlay.route, name):
                routes.append(overlay.route)
                if overlay.wins:
                    code, why = "service-endpoint-region", _region_doubt(end, overlay)
        doubt = (code, why) if len(routes) > 1 else ("", "")
        return self._with_bgp(Choice(None, tuple(routes), *doubt, hosts=hosts))

    def _overlaid(self, end: Endpoint, addresses: AddressSet, route: EffectiveRoute) -> Iterable[Choice]:
        for overlay in self.overlays:
            name = overlay.use.name
            if _beside(end, overlay.route, name):
                continue
            if not overlay.wins and route.host:
                continue  # nothing a tag holds can be longer, and at a tie the explicit route wins (R24)
            sure = addresses & overlay.use.sure
            if sure and (overlay.wins or route.length == 0):
                yield self._with_bgp(Choice(sure, (overlay.route,)))
                addresses = addresses - sure
            doubt = addresses & possible(overlay.use)
            if doubt:
                why = f"the source does not list the addresses of service tag {name}"
                yield self._with_bgp(Choice(doubt, (overlay.route, route), "tag-content-unknown", why))
                addresses = addresses - doubt
        if addresses:
            yield self._with_bgp(Choice(addresses, (route,)))

    def _with_bgp(self, choice: Choice) -> Choice:
        if self.bgp is None or self.doubt is None or all(map(_beats_bgp, choice.routes)):
            return choice
        if not self.doubt.public and (choice.addresses is None or choice.addresses <= PUBLIC):
            return choice
        return replace(choice, routes=(*choice.routes, self.bgp), code=self.doubt.code, why=self.doubt.why)


def _alike(parts: list[tuple[AddressSet, EffectiveRoute]]) -> list[tuple[AddressSet, EffectiveRoute]]:
    """Join the parts whose routes lead the same way, as the host routes to the Internet of a whole list do."""
    joined: dict[tuple[object, ...], tuple[list[AddressSet], EffectiveRoute]] = {}
    for addresses, route in parts:
        way = (route.next_hop, route.next_hop_address, route.origin, route.peer, route.host)
        joined.setdefault(way, ([], route))[0].append(addresses)
    return [(union(each), route) for each, route in joined.values()]


def subnet_routes(estate: Estate, subnet: Subnet, tags: Tags, members: Members, hubs: Hubs) -> SubnetRoutes | None:
    """Return the effective routes of a subnet; None where its route table or VNet cannot be read."""
    vnet = estate.virtual_networks.get(subnet.vnet)
    table = estate.route_tables.get(subnet.route_table) if subnet.route_table else None
    if vnet is None or (subnet.route_table and table is None):
        return None
    user, system = [*_user_candidates(table, tags)], [*_system_candidates(vnet, table)]
    private, disputed = _private_endpoints(estate, members, vnet, user)
    taught = hubs.routes(vnet, table)
    learned = [*_hub_candidates(taught, system)]
    candidates = sorted([*user, *system, *private, *learned], key=_order)
    doubt = _doubt(estate, vnet, table, taught)
    pairs = [(each.prefix, each.route) for each in candidates]
    return SubnetRoutes(
        candidates=tuple(candidates),
        partitions=Partitions(cut(4, pairs, _NO_ROUTE), cut(6, pairs, _NO_ROUTE)),
        overlays=(*_service_endpoints(subnet, tags), *_tag_overlays(table, tags)),
        unsettled=(*_unsettled_peerings(vnet), *disputed),
        bgp=replace(_system_route("BGP", "bgp", 0, doubt.spec), name=doubt.name) if doubt else None,
        doubt=doubt,
        taught=next((each.route for each in learned if each.prefix == _DEFAULT), None),
        inside=union(each.prefix.addresses for each in system if each.route.origin in {"vnet", "peering"}),
    )


def _unsettled_peerings(vnet: VirtualNetwork) -> Iterable[Unsettled]:
    for each in vnet.peerings:
        if each.state not in _NOT_CONNECTED and (each.unsettled or each.state != _CONNECTED):
            addresses = each.unsettled if each.state == _CONNECTED else each.addresses
            why = f"peering {each.name} is not in sync, or its state is not known"
            yield Unsettled(addresses, _peering_route(each), "peering-not-in-sync", why)


def _private_endpoints(
    estate: Estate, members: Members, vnet: VirtualNetwork, user: list[Candidate]
) -> tuple[list[Candidate], list[Unsettled]]:
    """Return the routes to private endpoints that are in force, and those that may be (R40 to R42)."""
    found: list[Candidate] = []
    disputed: list[Unsettled] = []
    for each in endpoint_routes(estate, members, vnet, (other.prefix for other in user)):
        route = _system_route(f"private endpoint {each.name}", "private-endpoint", each.prefix.length, "R40", each.peer)
        if each.overruled is False:
            found.append(Candidate(each.prefix, route))
        elif each.overruled is None:
            why = f"whether a route of the user's takes traffic to private endpoint {each.name} is documented both ways"
            disputed.append(Unsettled(each.prefix.addresses, route, "private-endpoint-disputed", why))
    for hidden in unplaced(estate, members, vnet):
        route = _system_route(f"private endpoint {hidden.name}", "private-endpoint", 0, "R40", hidden.peer)
        why = f"which addresses private endpoint {hidden.name} has is not in the source"
        disputed.append(Unsettled(hidden.addresses, route, "private-endpoint-unreadable", why))
    return found, disputed


def _broadest_first(route: EffectiveRoute) -> tuple[int, int, str, str]:
    return route.length, route.rank, route.text, route.name


def _order(candidate: Candidate) -> tuple[int, int, str, str]:
    return -candidate.prefix.length, candidate.route.rank, candidate.route.text, candidate.route.name


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


def _tag_overlays(table: RouteTable | None, tags: Tags) -> Iterable[_Overlay]:
    for route in table.routes if table else ():
        if table and route.prefix is None:
            use = tags.use(route.tag)
            if not use.complete:
                yield _Overlay(use, _user_route(table, route, None, _tag_rank(route.tag)), wins=False)


def _service_endpoints(subnet: Subnet, tags: Tags) -> Iterable[_Overlay]:
    for endpoint in subnet.service_endpoints:
        tag = tag_of_service_endpoint(endpoint.service)
        if not tag or endpoint.state == "failed":
            continue
        whole = tags.use(tag)
        route = _system_route(endpoint.service, "service-endpoint", 0, "R5")
        if endpoint.state not in {"", "succeeded"}:
            yield _Overlay(_maybe(tag, whole), route, wins=True, regional=True)
        elif not endpoint.locations or "*" in endpoint.locations:
            yield _Overlay(whole, route, wins=True)
        else:
            for each in (tags.use(f"{tag}.{place}") for place in endpoint.locations):
                use = replace(each, name=tag) if each.complete else _maybe(tag, each)
                yield _Overlay(use, route, wins=True, regional=True)


def _maybe(tag: str, use: TagUse) -> TagUse:
    """Return a tag that may hold what `use` may hold, and certainly nothing."""
    return TagUse(tag, NOTHING, complete=False, most=possible(use))


_WORDS = {"service-endpoint": "service endpoint"}
_ORIGINS = {"vnetlocal": "vnet", "internet": "system", "none": "system"}


def _system_route(text: str, next_hop: str, length: int, spec: str, peer: str = "") -> EffectiveRoute:
    """Return a route of Azure's own; its origin follows from its next hop."""
    return EffectiveRoute(
        name=text if next_hop == "private-endpoint" else f"{_WORDS.get(next_hop, 'system route')} {text}",
        text=text,
        origin=_ORIGINS.get(next_hop, next_hop),
        resource="",
        length=length,
        host=next_hop == "private-endpoint",
        rank=_SYSTEM,
        next_hop=next_hop,
        next_hop_address="",
        spec=spec,
        peer=peer,
    )


_NO_ROUTE = _system_route("no route", "none", 0, "R8")
"""Where no route fits, as for IPv6 in a VNet without it."""

_PLATFORM_ROUTE = _system_route("168.63.129.16", "platform", 32, "R45")
"""Towards the platform's own addresses, which user-defined routes do not move."""


def _peering_route(peering: Peering) -> EffectiveRoute:
    return _system_route(f"peering {peering.name}", "peering", 0, "R12", peering.remote)


def _system_candidates(vnet: VirtualNetwork, table: RouteTable | None) -> Iterable[Candidate]:
    for each in vnet.prefixes:
        yield Candidate(each, _system_route(_text(each), "vnetlocal", each.length, "R8"))
    for peering in vnet.peerings:
        if peering.state == _CONNECTED:
            for each in peering.prefixes:
                yield Candidate(each, _system_route(_text(each), "peering", each.length, "R12", peering.remote))
    yield Candidate(_DEFAULT, _system_route("0.0.0.0/0", "internet", 0, "R8"))
    if any(each.family != _DEFAULT.family for each in vnet.prefixes):
        yield Candidate(_DEFAULT_V6, _system_route("::/0", "internet", 0, "R8"))
    if table and any(each.prefix == _DEFAULT for each in table.routes):
        return  # a user-defined default route takes Azure's None routes away (R10)
    for each, spec in dropped_ranges(vnet):
        yield Candidate(each, _system_route(_text(each), "none", each.length, spec))


def _hub_candidates(taught: HubRoutes, system: Iterable[Candidate]) -> Iterable[Candidate]:
    """Yield what a hub teaches; of that, routes of the VNet and its peerings win over any inside them (R4)."""
    if not taught.learned:
        return
    nearer = [each.prefix.addresses for each in system if each.route.origin in {"vnet", "peering"}]
    for each in taught.learned:
        addresses = each.prefix.addresses
        if not any(addresses <= near for near in nearer):
            route = _system_route(_text(each.prefix), each.next_hop, each.prefix.length, each.spec, each.target)
            route = replace(route, name=each.name, origin="hub", resource=each.resource, rank=_LEARNED)
            yield Candidate(each.prefix, route)


def _doubt(estate: Estate, vnet: VirtualNetwork, table: RouteTable | None, taught: HubRoutes) -> Doubt | None:
    if table is not None and not table.propagation:
        return None  # R23
    return gateway_doubt(estate, vnet) or taught.doubt


def _beats_bgp(route: EffectiveRoute) -> bool:
    """Tell whether no BGP route can take the place of `route` (R4, U1)."""
    if route.origin in {"vnet", "peering", "service-endpoint", "private-endpoint"}:
        return True
    return route.origin == "user" and route.host


def _beside(end: Endpoint, route: EffectiveRoute, tag: str = "") -> bool:
    """Tell whether a route is for a tag the document lists beside `end`, and only opens a way.

    One that leads anywhere else than out stays: it may stop what lies in the tag all the same.
    """
    name = tag or route.tag
    return name in end.elsewhere_tags and end.tag != name and route.next_hop in {"internet", "service-endpoint"}


def _possible(end: Endpoint, route: EffectiveRoute, tag: str = "") -> bool:
    """Tell whether a hidden end may lie behind a route for a service tag; behind any other route it may."""
    name = tag or route.tag
    return not name or (not _beside(end, route, tag) and (not end.name or may_hold_name(name, end.name)))


def _region_doubt(end: Endpoint, overlay: _Overlay) -> str:
    return (
        f"{overlay.route.text} is enabled as a service endpoint, and whether it carries {end.label} depends on the "
        "region of that account, which its name does not tell"
    )


def _text(each: Prefix) -> str:
    shown = address_texts(each.addresses)
    return shown if "/" in shown else f"{shown}/{each.length}"
