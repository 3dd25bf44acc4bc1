"""Where a subnet sends what: the one place that decides routes (specification section 1).

Effective routes are the user-defined routes of the subnet's table, the system routes of its VNet and peerings, and
those of its service endpoints. Routes learned by BGP cannot be read from configuration: where a gateway may bring them
in, they are an alternative whose outcome is unknown (U1).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from auditor.engine.coverage import may_be_alias
from auditor.engine.dropped import DROPPED_BY_AZURE
from auditor.engine.flows import Endpoint
from auditor.engine.gateways import Doubt
from auditor.engine.partition import Partitions, cut, layered
from auditor.engine.route import Candidate, Choice, EffectiveRoute
from auditor.estate.addresses import NOTHING, PLATFORM, PUBLIC, AddressSet, prefix, union
from auditor.estate.tags import TagUse, holds_name, may_hold_name, possible

DEFAULT = prefix("0.0.0.0/0")
_DROP = ("none", "system")
_OPENS = frozenset({"internet", "service-endpoint"})
"""Next hops that let out what they take."""
SYSTEM = 9
"""The rank of the routes of Azure: behind all others."""

_WORDS = {"service-endpoint": "service endpoint"}
_ORIGINS = {"vnetlocal": "vnet", "internet": "system", "none": "system"}


def system_route(text: str, next_hop: str, length: int, spec: str, peer: str = "") -> EffectiveRoute:
    """Return a route of Azure's own; its origin follows from its next hop."""
    return EffectiveRoute(
        name=text if next_hop == "private-endpoint" else f"{_WORDS.get(next_hop, 'system route')} {text}",
        text=text,
        origin=_ORIGINS.get(next_hop, next_hop),
        resource="",
        length=length,
        host=next_hop == "private-endpoint",
        rank=SYSTEM,
        next_hop=next_hop,
        next_hop_address="",
        spec=spec,
        peer=peer,
    )


NO_ROUTE = system_route("no route", "none", 0, "R8")
"""Where no route fits, as for IPv6 in a VNet without it."""

PLATFORM_ROUTE = system_route("168.63.129.16", "platform", 32, "R45")
"""Towards the platform's own addresses, which user-defined routes do not move."""


def order_of(candidate: Candidate) -> tuple[int, int, str, str]:
    """Return what puts candidates in order: of equal prefixes the one that wins comes first."""
    return -candidate.prefix.length, candidate.route.rank, candidate.route.text, candidate.route.name


@dataclass(frozen=True, slots=True)
class Overlay:
    """A route whose prefixes are those of a service tag that the source may not list.

    wins: whether it does so over every other route. regional: whether it is for some regions of the tag only.
    """

    use: TagUse
    route: EffectiveRoute
    wins: bool
    regional: bool = False


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A route that may be there or not, and what that hangs on. over: the one route it may stand for; None for any."""

    addresses: AddressSet
    route: EffectiveRoute
    code: str
    why: str
    over: EffectiveRoute | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRoutes:
    """The routes of one table, whichever subnet it is assigned to.

    candidates: of equal prefixes the one that wins first. partitions: what wins where; None where no route fits.
    overlays: routes for service tags that the source does not list. default: the route of 0.0.0.0/0 itself. tied:
    routes for tags of the same prefix and rank, of which it is not documented which wins.
    """

    candidates: tuple[Candidate, ...]
    partitions: Partitions[EffectiveRoute | None] = field(repr=False)
    overlays: tuple[Overlay, ...]
    default: EffectiveRoute | None
    tied: tuple[Unsettled, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SystemRoutes:
    """The routes Azure gives to every subnet of a VNet, found when they are asked for; see `TableRoutes`."""

    find: Callable[[], Iterable[Candidate]] = field(repr=False)

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        """The routes, of equal prefixes the one that wins first."""
        return tuple(sorted(self.find(), key=order_of))

    @cached_property
    def partitions(self) -> Partitions[EffectiveRoute]:
        """What wins where."""
        pairs = [(each.prefix, each.route) for each in self.candidates]
        return Partitions(cut(4, pairs, NO_ROUTE), cut(6, pairs, NO_ROUTE))


@dataclass(frozen=True, kw_only=True)
class SubnetRoutes:
    """The effective routes of one subnet, ready to decide.

    table, system: compiled once for all subnets that share them. overlays: routes whose prefixes are those of a
    service tag. unsettled: routes of which it is not known whether they are there. bgp: stands for what a gateway or
    hub may add and was not read, for the reason `doubt`; None where nothing may. learned: what a hub teaches. taught:
    the default route among it, if any.
    """

    table: TableRoutes
    system: SystemRoutes
    overlays: tuple[Overlay, ...]
    unsettled: tuple[Unsettled, ...]
    bgp: EffectiveRoute | None
    doubt: Doubt | None = None
    learned: tuple[Candidate, ...] = ()
    taught: EffectiveRoute | None = None
    _hidden_ways: dict[int, tuple[AddressSet, tuple[EffectiveRoute, ...]]] = field(default_factory=dict, repr=False)

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        """All routes but those for tags that are not listed, of equal prefixes the one that wins first."""
        return tuple(sorted((*self.table.candidates, *self.system.candidates), key=order_of))

    @cached_property
    def default(self) -> EffectiveRoute | None:
        """The route that 0.0.0.0/0 itself takes."""
        azures = (each.route for each in self.system.candidates if each.prefix == DEFAULT)
        return self.table.default or next(azures, None)

    def decide(self, end: Endpoint) -> tuple[Choice, ...]:
        """Return where every part of `end` is sent (R1 to R13, R24 to R33)."""
        if end.addresses is None:
            return (self._hidden(end),)
        platform = end.addresses & PLATFORM
        parts = _alike(self._parts(end.addresses - platform if platform else end.addresses))
        choices = [choice for addresses, route in parts for choice in self._settled(end, addresses, route)]
        if self.bgp is not None:
            choices = [part for choice in choices for part in self._own_ranges_apart(choice)]
        return (*([Choice(platform, (PLATFORM_ROUTE,))] if platform else []), *choices)

    @cached_property
    def _inside(self) -> AddressSet:
        """The ranges of the VNet and of those peered with it."""
        own = (each for each in self.system.candidates if each.route.origin in {"vnet", "peering"})
        return union(each.prefix.addresses for each in own)

    def _own_ranges_apart(self, choice: Choice) -> Iterable[Choice]:
        """Set apart what no learned route takes: there Azure's own win over it (R4), and what wins over those."""
        within = (choice.addresses or NOTHING) & self._inside if choice.routes[-1] is self.bgp else NOTHING
        if within:
            yield replace(choice, addresses=within, routes=choice.routes[:-1])
        if not within or choice.addresses != within:
            yield replace(choice, addresses=choice.addresses - within) if choice.addresses and within else choice

    def _settled(self, end: Endpoint, addresses: AddressSet, route: EffectiveRoute) -> Iterable[Choice]:
        """Set apart what a route may take that may not be there (R12, R42)."""
        for each in self.unsettled:
            doubt = addresses & each.addresses
            if doubt and each.over in {None, route}:
                yield Choice(doubt, tuple(dict.fromkeys((each.route, route))), each.code, each.why)
                addresses = addresses - doubt
        if addresses and self.taught is not None and route.length and (route.next_hop, route.origin) == _DROP:
            why = f"whether Azure still drops {route.text} where a default route is learned is not documented"
            yield Choice(addresses, (self.taught, route), "none-route-unsettled", why)
        elif addresses:
            yield from self._overlaid(end, addresses, route)

    def _parts(self, addresses: AddressSet) -> list[tuple[AddressSet, EffectiveRoute]]:
        """Return the parts of `addresses` with the route of the longest prefix; at a tie the user's wins (R1, R2)."""
        return layered(self.table.partitions, self.system.partitions, addresses, _wins)

    def winner(self, addresses: AddressSet) -> tuple[EffectiveRoute, ...]:
        """Return the routes that configuration alone picks for `addresses`, the broadest first.

        BGP and service endpoints are left aside.
        """
        taken = {route for _, route in self._parts(addresses)}
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
        routes = [each for each in taken if not each.host]
        hosts = tuple(each for each in taken if each.host) if routes else ()
        routes = routes or [*taken]
        code, why = "route-depends-on-address", f"which addresses {end.label} has is not known from configuration"
        for overlay in self.overlays:
            name = overlay.use.name
            if _carries_all(end, overlay):
                return Choice(None, (overlay.route,))
            if end.tag == name and not overlay.regional:
                routes = [overlay.route]
            elif _possible(end, overlay.route, name):
                routes.append(overlay.route)
                if overlay.wins:
                    code, why = "service-endpoint-region", _region_doubt(end, overlay)
        doubt = (code, why) if len(routes) > 1 else ("", "")
        return self._with_bgp(Choice(None, tuple(routes), *doubt, hosts=hosts))

    def _overlaid(self, end: Endpoint, addresses: AddressSet, route: EffectiveRoute) -> Iterable[Choice]:
        for overlay in (each for each in self.overlays if each.wins):  # what one region holds, no other can
            if _beside(end, overlay.route, overlay.use.name) or not addresses.meets(overlay.use.sure):
                continue
            sure = addresses & overlay.use.sure
            yield self._with_bgp(Choice(sure, (overlay.route,)))
            addresses = addresses - sure
        for overlay in self.overlays:
            name = overlay.use.name
            if _beside(end, overlay.route, name):
                continue
            if not overlay.wins and route.host:
                continue  # nothing a tag holds can be longer, and at a tie the explicit route wins (R24)
            if route.length == 0 and not overlay.wins and addresses.meets(overlay.use.sure):
                sure = addresses & overlay.use.sure
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


def _wins(mine: EffectiveRoute, azures: EffectiveRoute) -> bool:
    return mine.length >= azures.length


def _alike(parts: list[tuple[AddressSet, EffectiveRoute]]) -> list[tuple[AddressSet, EffectiveRoute]]:
    """Join the parts whose routes lead the same way, as the host routes to the Internet of a whole list do."""
    if len(parts) == 1:
        return parts
    joined: dict[tuple[object, ...], tuple[list[AddressSet], EffectiveRoute]] = {}
    for addresses, route in parts:
        way = (route.next_hop, route.next_hop_address, route.origin, route.peer, route.host)
        joined.setdefault(way, ([], route))[0].append(addresses)
    return [(union(each), route) for each, route in joined.values()]


def _broadest_first(route: EffectiveRoute) -> tuple[int, int, str, str]:
    return route.length, route.rank, route.text, route.name


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
    return name in end.elsewhere_tags and end.tag != name and route.next_hop in _OPENS


def _possible(end: Endpoint, route: EffectiveRoute, tag: str = "") -> bool:
    """Tell whether a hidden end may lie behind a route for a service tag; behind any other route it may."""
    name = tag or route.tag
    if not name or not end.name:
        return not name or not _beside(end, route, tag)
    alias = route.next_hop not in _OPENS and may_be_alias(name, end)
    return not _beside(end, route, tag) and (alias or may_hold_name(name, end.name))


def _carries_all(end: Endpoint, overlay: Overlay) -> bool:
    """Tell whether a service endpoint of every region certainly carries a name, whatever its address (R5, R32)."""
    everywhere = overlay.wins and not overlay.regional and not _beside(end, overlay.route, overlay.use.name)
    return everywhere and bool(end.name) and holds_name(overlay.use.name, end.name)


def _region_doubt(end: Endpoint, overlay: Overlay) -> str:
    return (
        f"{overlay.route.text} is enabled as a service endpoint, and whether it carries {end.label} depends on the "
        "region of that account, which its name does not tell"
    )
