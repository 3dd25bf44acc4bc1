"""What a hub of Azure Virtual WAN teaches the VNets connected to it (specification H8 to H13, R15, R23, U1, U8).

With a routing intent a hub teaches its VNets little, and all of it can be read: 0.0.0.0/0 by its Internet policy, the
private ranges by its policy for private traffic. Without a policy for private traffic it teaches the prefixes of the
VNets and branches that propagate to the default route table. Whatever goes beyond that, or was not read, is a doubt.

Source: https://learn.microsoft.com/azure/virtual-wan/how-to-routing-policies (2025-08-01).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from auditor.engine.gateways import Doubt
from auditor.estate.addresses import AddressSet, Prefix, prefix, union
from auditor.estate.arm import key
from auditor.estate.estate import Estate
from auditor.estate.hub import (
    DEFAULT_TABLE,
    NONE_TABLE,
    HubConnection,
    HubParts,
    HubRouteTable,
    RoutingIntent,
    VirtualHub,
    leads_to_hub,
)
from auditor.estate.network import RouteTable, VirtualNetwork

DEFAULT_ROUTE = prefix("0.0.0.0/0")
PRIVATE_RANGES = tuple(map(prefix, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""What the policy for private traffic covers by itself (H10)."""

TO_FIREWALL, TO_VNET, TO_OTHER, OPEN = "hub-firewall", "hub-vnet", "hub-appliance", "hub-open"
"""Where a hub sends on: its Azure Firewall, a VNet directly, something else, or it is not known where."""

_KIND = "microsoft.network/virtualhubs"
_INTENTS, _TABLES = (f"{_KIND}/routingintent",), (f"{_KIND}/hubroutetables",)
_NEIGHBOURS = (_KIND, f"{_KIND}/hubvirtualnetworkconnections")
_SETTLED = frozenset({"", "succeeded"})
_ROUTED = frozenset({"", "provisioned"})
_INTERNET, _PRIVATE = "internet", "privatetraffic"
_DEFAULT_LABELS, _MANAGED_LABELS = frozenset({"default"}), frozenset({"default", "none"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """A route that a hub teaches a VNet.

    resource: ARM id of what makes it: a routing intent, hub route table or connection. target: comparing id of the
    firewall, VNet or appliance it leads to.
    """

    prefix: Prefix
    name: str
    resource: str
    next_hop: str
    target: str
    spec: str


@dataclass(frozen=True, slots=True)
class HubRoutes:
    """What a VNet learns from a hub. doubt: what it may learn beside that, and was not read."""

    learned: tuple[Learned, ...] = ()
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRouting:
    """How a hub routes, where that is known.

    intent: None without a routing intent. internet, private: comparing ids of the next hops of its policies, "" without
    the policy. extras: prefixes that the default route table adds to the private ranges.
    """

    hub: VirtualHub
    intent: RoutingIntent | None
    internet: str
    private: str
    extras: tuple[Prefix, ...]

    @property
    def private_space(self) -> tuple[Prefix, ...]:
        """The prefixes that the policy for private traffic, or a route beside it, takes to the next hop."""
        return (*(PRIVATE_RANGES if self.private else ()), *self.extras)


class Hubs:
    """The hubs of an estate. How each routes is found once."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._routing: dict[str, HubRouting | Doubt] = {}
        self._taught: dict[str, tuple[tuple[Learned, ...], Doubt | None]] = {}

    def connection(self, vnet: VirtualNetwork) -> HubConnection | Doubt | None:
        """Return the connection of a VNet to a hub that was read; or why there is one that was not; or None."""
        found = self._estate.wan.of_vnet.get(key(vnet.id), ())
        peerings = [each for each in vnet.peerings if leads_to_hub(each)]
        if not found:
            return _unread(self._estate, vnet, peerings[0].name, peerings[0].remote) if peerings else None
        connection = found[0]
        if len(found) > 1:
            names = " and ".join(each.name for each in found[:2])
            return _doubt("hub-in-transition", f"VNet {vnet.name} has two connections to hubs, {names}", "H8")
        if connection.state not in _SETTLED:
            return _doubt("hub-in-transition", f"connection {connection.name} is {connection.state}", "H11")
        down = next((each for each in peerings if each.state not in {"", "connected"}), None)
        if down is not None:
            return _doubt("hub-in-transition", f"peering {down.name} to the hub is {down.state}", "H2")
        return connection

    def hub_of(self, vnet: VirtualNetwork) -> VirtualHub | None:
        """Return the hub that a VNet is certainly connected to; None without one."""
        found = self.connection(vnet)
        return self._estate.wan.hubs.get(found.hub) if isinstance(found, HubConnection) else None

    def doubt(self, vnet: VirtualNetwork) -> Doubt | None:
        """Return why it is not known which hub a VNet is connected to, or how that hub routes."""
        found = self.connection(vnet)
        if isinstance(found, HubConnection):
            routing = self.routing(found.hub)
            return routing if isinstance(routing, Doubt) else None
        return found

    def routing(self, hub_id: str) -> HubRouting | Doubt:
        """Return how a hub routes, by its comparing id; or why that is not known."""
        if hub_id not in self._routing:
            self._routing[hub_id] = _routing_of(self._estate, hub_id)
        return self._routing[hub_id]

    def routes(self, vnet: VirtualNetwork, table: RouteTable | None) -> HubRoutes:
        """Return what the subnets of a VNet with a route table learn from its hub (H9, H10, H12, R23)."""
        connection = self.connection(vnet)
        if connection is None or (table is not None and not table.propagation):
            return HubRoutes()
        if isinstance(connection, Doubt):
            return HubRoutes(doubt=connection)
        routing = self.routing(connection.hub)
        if isinstance(routing, Doubt):
            return HubRoutes(doubt=routing)
        learned, doubt = self._teaches(routing)
        if routing.internet and connection.internet_security:
            learned = (*learned, _by_policy(self._estate, routing, DEFAULT_ROUTE, routing.internet, "H9"))
        return HubRoutes(learned, doubt or self._default_doubt(routing, connection))

    def _default_doubt(self, routing: HubRouting, connection: HubConnection) -> Doubt | None:
        """Return why it is not known whether a connection takes a default route from its hub; None where it is (H9)."""
        if routing.internet and connection.internet_security is None:
            why = f"connection {connection.name} does not tell whether it takes the hub's default route"
            return _doubt("hub-internet-security-unknown", why, "H9")
        branch = "" if routing.internet or connection.internet_security is False else self.branch(routing)
        if branch:
            why = f"{branch} may bring in a default route, and routes learned by BGP are not part of the configuration"
            return _doubt("bgp-possible", why, "U1")
        return None

    def neighbours(self, routing: HubRouting) -> Iterator[tuple[HubConnection, VirtualNetwork | None]]:
        """Yield the connections of every hub of the same Virtual WAN with the VNet, None for one that was not read."""
        for at in sorted(self._estate.wan.hubs):
            if self._estate.wan.hubs[at].wan == routing.hub.wan:
                for each in self._estate.wan.parts_of(at).connections:
                    yield each, self._estate.virtual_networks.get(each.vnet)

    def unread_neighbours(self, routing: HubRouting) -> str:
        """Return why there may be VNets or hubs of the same Virtual WAN that were not read; "" where all were."""
        unread = next((each.vnet for each, vnet in self.neighbours(routing) if vnet is None), "")
        if unread:
            return self._estate.missing(unread)
        gap = self._estate.may_hide(_NEIGHBOURS, "")
        if gap is not None:
            return gap.why
        return "" if self._estate.complete else "files do not show that they hold every hub and connection"

    def branch(self, routing: HubRouting) -> str:
        """Return what attaches a branch, or a speaker of BGP, to a hub of the same Virtual WAN; "" if nothing does."""
        wan = self._estate.wan
        for at in sorted(wan.hubs):
            hub = wan.hubs[at]
            if hub.wan == routing.hub.wan and (hub.branches or hub.bgp or wan.parts_of(at).others):
                gateway = hub.branches[0].rpartition("/")[2] if hub.branches else "its BGP connections"
                return f"{gateway} of virtual hub {hub.name}"
        return ""

    def _teaches(self, routing: HubRouting) -> tuple[tuple[Learned, ...], Doubt | None]:
        """Return what a hub teaches all its VNets beside the default route, found once for each hub."""
        at = key(routing.hub.id)
        if at not in self._taught:
            taught = self._by_private_policy(routing) if routing.private else self._by_propagation(routing)
            self._taught[at] = (tuple(taught), None if routing.private else self._beyond(routing))
        return self._taught[at]

    def _by_private_policy(self, routing: HubRouting) -> Iterator[Learned]:
        for each in routing.private_space:
            yield _by_policy(self._estate, routing, each, routing.private, "H10")
        covered = union(each.addresses for each in routing.private_space)
        for connection, vnet in self.neighbours(routing):
            for each in vnet.prefixes if vnet else ():
                if not each.addresses <= covered:
                    yield _towards(routing, each, connection, OPEN)

    def _by_propagation(self, routing: HubRouting) -> Iterator[Learned]:
        for each in routing.extras:
            yield _by_policy(self._estate, routing, each, routing.internet, "H10")
        for connection, vnet in self.neighbours(routing):
            same = connection.hub == key(routing.hub.id)
            for each in vnet.prefixes if vnet else ():
                yield _towards(routing, each, connection, TO_VNET if same else OPEN)

    def _beyond(self, routing: HubRouting) -> Doubt | None:
        """Return what a hub without a policy for private traffic may teach beside the prefixes of VNets."""
        branch = self.branch(routing)
        if branch:
            why = f"{branch} may bring in routes learned by BGP, and those are not part of the configuration"
            return _doubt("bgp-possible", why, "U1")
        unread = self.unread_neighbours(routing)
        if unread:
            why = f"virtual hub {routing.hub.name} may teach private prefixes that were not read: {unread}"
            return Doubt("hub-neighbours-unreadable", why, "U8", public=False, name=_A_ROUTE)
        return None


_A_ROUTE = "a route learned from a virtual hub"


def _doubt(code: str, why: str, spec: str) -> Doubt:
    return Doubt(code, why, spec, name=_A_ROUTE)


def _unread(estate: Estate, vnet: VirtualNetwork, peering: str, remote: str) -> Doubt:
    why = f"VNet {vnet.name} is connected to a virtual hub by {peering}, and what it learns there was not read"
    told = estate.reasons.get(remote, "")
    return _doubt("hub-connection-unreadable", told or why, "U8")


def _by_policy(estate: Estate, routing: HubRouting, each: Prefix, next_hop: str, spec: str) -> Learned:
    firewall = estate.firewalls.get(next_hop)
    here = firewall is not None and firewall.hub == key(routing.hub.id)
    return Learned(
        prefix=each,
        name=f"routing intent of virtual hub {routing.hub.name}",
        resource=routing.intent.id if routing.intent else routing.hub.id,
        next_hop=TO_FIREWALL if here else TO_OTHER,
        target=next_hop,
        spec=spec,
    )


def _towards(routing: HubRouting, each: Prefix, connection: HubConnection, next_hop: str) -> Learned:
    return Learned(
        prefix=each,
        name=f"connection {connection.name} of virtual hub {routing.hub.name}",
        resource=connection.id,
        next_hop=next_hop,
        target=connection.vnet,
        spec="H12" if next_hop == TO_VNET else "H10",
    )


def _routing_of(estate: Estate, hub_id: str) -> HubRouting | Doubt:
    """Return how a hub routes, as far as it can be read; or the first reason why it cannot."""
    hub, parts = estate.wan.hubs.get(hub_id), estate.wan.parts_of(hub_id)
    if hub is None:
        return _doubt("hub-unreadable", f"a virtual hub was not read: {estate.missing(hub_id)}", "U8")
    if not hub.wan:
        why = f"{hub.name} has connections, but its document names no Virtual WAN that it is a hub of"
        return _doubt("hub-unreadable", why, "H8")
    unread = _unread_parts(estate, hub, parts)
    if unread is not None:
        return unread
    intent = parts.intents[0] if parts.intents else None
    default = next((each for each in parts.tables if each.name.lower() == DEFAULT_TABLE), None)
    moving = _in_transition(hub, parts)
    odd = moving or _beside_intent(hub, parts, intent, default)
    if odd:
        return _doubt(
            "hub-in-transition" if intent or moving else "hub-custom-routing", odd, "H11" if intent else "H12"
        )
    hops = {word: policy.next_hop for policy in (intent.policies if intent else ()) for word in policy.destinations}
    extras = [each for route in (default.routes if default else ()) for each in route.prefixes or ()]
    return HubRouting(
        hub=hub,
        intent=intent,
        internet=hops.get(_INTERNET, ""),
        private=hops.get(_PRIVATE, ""),
        extras=tuple(each for each in extras if each not in {DEFAULT_ROUTE, *PRIVATE_RANGES}),
    )


def _unread_parts(estate: Estate, hub: VirtualHub, parts: HubParts) -> Doubt | None:
    """Return why the routing intent or the default route table of a hub may be there and was not read."""
    scope = key(hub.id)
    gap = estate.may_hide(_INTENTS, scope)
    if gap is not None or (not parts.intents and not estate.complete):
        why = gap.why if gap else "the source holds none, and files do not show that there is none"
        return _doubt(
            "routing-intent-unreadable",
            f"whether virtual hub {hub.name} has a routing intent is not known: {why}",
            "U8",
        )
    gap = estate.may_hide(_TABLES, scope)
    if gap is not None or (
        not estate.complete and not any(each.name.lower() == DEFAULT_TABLE for each in parts.tables)
    ):
        why = gap.why if gap else "the source does not hold its default route table"
        return _doubt(
            "hub-route-table-unreadable", f"what static routes virtual hub {hub.name} has is not known: {why}", "U8"
        )
    return None


def _in_transition(hub: VirtualHub, parts: HubParts) -> str:
    """Return what of a hub is not settled; "" where everything is."""
    if hub.state not in _SETTLED or hub.routing_state not in _ROUTED:
        return f"virtual hub {hub.name} is {hub.state or 'there'}, its routing {hub.routing_state or 'not told'}"
    if len(parts.intents) > 1:
        return f"virtual hub {hub.name} has two routing intents, of which Azure takes one only"
    states = [(each.name, each.state) for each in parts.intents] + [(each.name, each.state) for each in parts.tables]
    told = (f"{name} of virtual hub {hub.name} is {state}" for name, state in states if state not in _SETTLED)
    return next(told, "")


def _beside_intent(
    hub: VirtualHub, parts: HubParts, intent: RoutingIntent | None, default: HubRouteTable | None
) -> str:
    """Return what of a hub does not go with its routing intent, or routes where it has none; "" if nothing does."""
    custom = next((each for each in parts.tables if each.name.lower() not in {DEFAULT_TABLE, NONE_TABLE}), None)
    if custom is not None or hub.old_routes:
        what = f"route table {custom.name}" if custom else "routes of the old kind"
        return f"virtual hub {hub.name} has {what}" + (" beside its routing intent" if intent else "")
    if hub.basic:
        return f"virtual hub {hub.name} is of the kind Basic, which connects no VNets with each other"
    words = [word for policy in (intent.policies if intent else ()) for word in policy.destinations]
    if set(words) - {_INTERNET, _PRIVATE} or len(set(words)) < len(words):
        return f"routing intent {intent.name if intent else ''} holds policies the auditor does not know: {words}"
    odd = next((each for each in parts.connections if not _plain(each, default_only=intent is None)), None)
    if odd is not None:
        return f"connection {odd.name} of virtual hub {hub.name} has routing of its own"
    hops = {word: policy.next_hop for policy in (intent.policies if intent else ()) for word in policy.destinations}
    return _odd_route(hub, hops, default)


def _plain(connection: HubConnection, *, default_only: bool) -> bool:
    """Tell whether a connection routes as all do: by the default table, without static routes or route maps (H12)."""
    if connection.static_routes or connection.route_maps:
        return False
    tables = {each.rpartition("/")[2] for each in (connection.associated or "", *connection.propagated) if each}
    if not default_only:
        return tables <= {DEFAULT_TABLE, NONE_TABLE} and set(connection.labels) <= _MANAGED_LABELS
    told = connection.associated is not None and bool(connection.propagated or connection.labels)
    return told and tables <= {DEFAULT_TABLE} and set(connection.labels) <= _DEFAULT_LABELS


def _odd_route(hub: VirtualHub, hops: dict[str, str], default: HubRouteTable | None) -> str:
    """Return which static route of the default route table does not follow from the policies; "" if all do."""
    if default is not None and set(default.labels) - _DEFAULT_LABELS:
        return f"the default route table of virtual hub {hub.name} has labels of its own"
    for route in default.routes if default else ():
        for each in route.prefixes or (None,):
            wanted = hops.get(_INTERNET) if each == DEFAULT_ROUTE else hops.get(_PRIVATE)
            if each is not None and each not in {DEFAULT_ROUTE, *PRIVATE_RANGES}:
                wanted = wanted or hops.get(_INTERNET)
            if each is None or not wanted or route.next_hop != wanted:
                return f"route {route.name} of virtual hub {hub.name} does not follow from a routing intent"
    return ""


def same_hub(estate: Estate, vnet: str) -> tuple[str, ...]:
    """Return the VNets, by comparing id, that are connected to a hub that VNet `vnet` is connected to."""
    hubs = [each.hub for each in estate.wan.of_vnet.get(vnet, ())]
    found = {each.vnet for at in hubs for each in estate.wan.parts_of(at).connections}
    return tuple(sorted(found - {vnet}))


def hub_space(estate: Estate, vnet: VirtualNetwork) -> AddressSet:
    """Return the addresses of the hubs that a VNet is connected to: no route of a VNet may name them (R15, H13)."""
    peered = [each.addresses for each in vnet.peerings if leads_to_hub(each)]
    hubs: Iterable[str] = (each.hub for each in estate.wan.of_vnet.get(key(vnet.id), ()))
    return union([*peered, *(estate.wan.hubs[at].addresses for at in hubs if at in estate.wan.hubs)])
