"""The way back: a stateful device passes a reply only if it saw the request (specification section 4)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from auditor.engine.backends import Backend, behind_frontend
from auditor.engine.filters import filter_hops
from auditor.engine.flows import SQL_REDIRECTED, Endpoint, Flow, part_of, same_family, share_a_family
from auditor.engine.hops import make_hop, route_hop, unreadable_routes
from auditor.engine.hub_passing import networks_behind, reply_from_hub
from auditor.engine.matching import together
from auditor.engine.members import endpoint_addresses
from auditor.engine.network import Network
from auditor.engine.outside import internet_hops
from auditor.engine.private_endpoints import private_ways_of
from auditor.engine.public_entry import entry_hops
from auditor.engine.route import Choice, EffectiveRoute
from auditor.engine.symmetry import stays_inside, symmetry_hops
from auditor.engine.virtual_wan import TO_FIREWALL
from auditor.engine.walk import outbound
from auditor.engine.ways import STATELESS, Walk, in_series
from auditor.estate.addresses import NOTHING, PUBLIC, AddressSet, address_texts
from auditor.estate.network import Subnet
from auditor.traces import Hop, Path, Reason, Reply, Trace, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A flow and its reply. verdict: of both together. asked_back: whether the reply was asked for at all."""

    flow: Flow
    walk: Walk
    reply: Reply
    verdict: Verdict
    asked_back: bool = True

    @property
    def trace(self) -> Trace:
        """The exchange as people see it."""
        told = self.asked_back and self.walk.verdict is not Verdict.BLOCK
        trace = _as_trace(self.flow, self.walk, self.reply if told else None)
        return replace(trace, verdict=self.verdict, reason=self.reason)

    @property
    def reason(self) -> Reason:
        """Why the verdict is what it is."""
        forward = self.walk.reason
        return forward if self.walk.verdict is not Verdict.ALLOW else self._reply_reason(forward)

    @property
    def stops(self) -> tuple[Hop, ...]:
        """Every hop, there and back, that does not let the whole exchange through."""
        return (*self.walk.stops, *(each for each in self.reply.hops if each.verdict is not Verdict.ALLOW))

    def _reply_reason(self, forward: Reason) -> Reason:
        stop = next((each for each in self.reply.hops if each.verdict is not Verdict.ALLOW), None)
        return forward if stop is None else Reason(code=stop.code, text=stop.why)


def _as_trace(flow: Flow, walk: Walk, reply: Reply | None) -> Trace:
    """Return a walk as people see it: up to the first hop that stops the flow."""
    hops: list[Hop] = []
    for hop in walk.hops:
        hops.append(hop)
        if hop.verdict in {Verdict.BLOCK, Verdict.PARTIAL}:
            break
    stopped_at_once = bool(hops) and len(hops) == 1 and hops[0].verdict is Verdict.BLOCK
    return Trace(
        flow=flow.text,
        verdict=walk.verdict,
        path=Path.DROPPED if stopped_at_once else walk.path,
        reason=walk.reason,
        hops=tuple(hops),
        reply=reply,
        caveats=walk.caveats,
    )


def exchange(network: Network, flow: Flow, subnet: Subnet) -> Exchange:
    """Return what becomes of a flow out of `subnet` and of its reply."""
    flow = same_family(flow)
    if not share_a_family(flow):
        return _without_a_family(flow, subnet)
    walk = outbound(network, flow, subnet)
    found = _answered(network, flow, subnet, walk)
    private = _private_ways(network, flow, subnet)
    return _either_way(found, private) if private else found


def _without_a_family(flow: Flow, subnet: Subnet) -> Exchange:
    """Return the end of a flow between addresses that cannot talk to each other."""
    why = f"subnet {subnet.name} has no address of the family of {flow.destination.label}"
    hop = make_hop("subnet", subnet.id, "", Verdict.BLOCK, "no-common-family", why, "J4")
    walk = Walk(verdict=Verdict.BLOCK, path=Path.DROPPED, hops=(hop,))
    reply = Reply(verdict=Verdict.BLOCK, path=Path.DROPPED, hops=())
    return Exchange(flow=flow, walk=walk, reply=reply, verdict=Verdict.BLOCK)


def named_exchange(network: Network, flow: Flow, subnet: Subnet) -> Exchange:
    """Return what becomes of a flow to a name on a port that tells no protocol, as 8443: TLS, or else plain HTTP (F26).

    On the ports that SQL redirects to it is SQL (F35).

    Where an application rule lets only plain HTTP through, it hangs on what the sender speaks, which is not known.
    """
    as_tls = exchange(network, replace(flow, application="https"), subnet)
    if as_tls.verdict is Verdict.ALLOW:
        return as_tls
    if flow.ports <= SQL_REDIRECTED:
        as_sql = exchange(network, replace(flow, application="mssql"), subnet)
        if as_sql.verdict is Verdict.ALLOW:
            return as_sql
    as_http = exchange(network, replace(flow, application="http"), subnet)
    if as_http.verdict is not Verdict.ALLOW:
        return as_tls
    why = f"{flow.destination.label} is let through as plain HTTP and not as TLS, and which it speaks is not known"
    doubt = make_hop("firewall", as_tls.walk.hops[-1].resource, "", Verdict.UNKNOWN, "protocol-unknown", why, "F26")
    walk = replace(as_http.walk, verdict=Verdict.UNKNOWN, hops=(*as_http.walk.hops, doubt), possible=as_tls.walk.stops)
    return replace(as_http, walk=walk, verdict=Verdict.UNKNOWN)


def _answered(network: Network, flow: Flow, subnet: Subnet, walk: Walk) -> Exchange:
    """Return a flow with its reply, or with those of its parts, which go their own ways."""
    parts = _parts(network, flow, subnet, walk)
    if len(parts) == 1:
        reply = _reply_outbound(network, flow, subnet, walk)
        return Exchange(flow=flow, walk=walk, reply=reply, verdict=in_series((walk.verdict, reply.verdict)))
    walks = [outbound(network, each, subnet) for each in parts]
    replies = [_reply_outbound(network, part, subnet, way) for part, way in zip(parts, walks, strict=True)]
    verdict = together(in_series((there.verdict, back.verdict)) for there, back in zip(walks, replies, strict=True))
    worst = min(replies, key=lambda each: _ORDER.index(each.verdict))
    reply = replace(worst, verdict=together(each.verdict for each in replies))
    return Exchange(flow=flow, walk=walk, reply=reply, verdict=verdict)


def _parts(network: Network, flow: Flow, subnet: Subnet, walk: Walk) -> list[Flow]:
    """Return the parts of a flow that its subnet, and the firewalls behind it, send their own ways.

    Each ends in one place, which sends its own reply.
    """
    if not flow.destination.addresses:
        return [flow]
    parts = _apart(network, [flow], [subnet, *_homes(network, walk.firewalls)])
    for each in filter(None, walk.firewalls if walk.arrives_in else ()):
        spaces = networks_behind(network, network.estate.firewalls[each])
        parts = [part_of(part, piece) for part in parts for piece in _cut(part.destination.addresses, spaces)]
    if walk.last == "":
        return parts
    lasts = dict.fromkeys(outbound(network, each, subnet).last for each in parts)
    return _apart(network, parts, _homes(network, lasts))


def _cut(addresses: AddressSet | None, spaces: list[AddressSet]) -> Iterator[AddressSet]:
    """Yield the parts of some addresses that lie in each of several spaces, and then the rest."""
    rest = addresses or NOTHING
    for space in spaces:
        if rest & space:
            yield rest & space
            rest = rest - space
    if rest:
        yield rest


def _homes(network: Network, firewalls: Iterable[str | None]) -> list[Subnet]:
    """Return the subnets of firewalls, as far as they were read."""
    found = [network.estate.firewalls[each] for each in firewalls if each]
    homes = (network.estate.subnets.get(each.addresses[0].subnet) for each in found if each.addresses)
    return [each for each in homes if each is not None]


def _apart(network: Network, parts: list[Flow], places: Iterable[Subnet]) -> list[Flow]:
    """Return the parts of flows that the routes of some subnets send their own ways."""
    for table in filter(None, map(network.routes, places)):
        parts = [part_of(part, each.addresses) for part in parts for each in table.decide(part.destination)]
    return parts


def _private_ways(network: Network, flow: Flow, subnet: Subnet) -> list[Exchange | None]:
    """Return what becomes of a flow to each private endpoint that answers for its name; None where it has no address.

    The name stays: application rules see it on the private way as well.
    """
    vnet = network.estate.virtual_networks.get(subnet.vnet)
    end = flow.destination
    if vnet is None or not end.name or end.addresses is not None:
        return []
    return [
        exchange(network, replace(flow, destination=_at(end, addresses)), subnet) if addresses else None
        for addresses in private_ways_of(network.members, vnet, end.name)
    ]


def _at(end: Endpoint, addresses: AddressSet) -> Endpoint:
    return Endpoint(
        label=f"{end.label} at {address_texts(addresses)}",
        name=end.name,
        addresses=addresses,
        fqdn_tags=end.fqdn_tags,
        perhaps_tags=end.perhaps_tags,
    )


def _either_way(public: Exchange, private: list[Exchange | None]) -> Exchange:
    """Return what becomes of a flow to a name that may lead to a private endpoint: which, only DNS tells (U3)."""
    label = public.flow.destination.label
    verdicts = [each.verdict if each else Verdict.UNKNOWN for each in private]
    known = [each for each in private if each]
    if {public.verdict, *verdicts} == {public.verdict}:
        note = f"{label} may lead to a private endpoint or to a public address; both come out the same"
        return replace(public, walk=replace(public.walk, caveats=(*public.walk.caveats, note)))
    there = next(str(each) for each in verdicts if each is not public.verdict)
    why = (
        f"whether {label} leads to its private endpoint ({there}) or to a public address ({public.verdict}) "
        "is for DNS to tell, which is not in the source"
    )
    doubt = make_hop("dns", "", "", Verdict.UNKNOWN, "name-may-be-private", why, "U3")
    hops = tuple(stop for each in (public, *known) for stop in each.stops)
    walk = replace(public.walk, verdict=Verdict.UNKNOWN, hops=(doubt,), firewalls=(None,), snat=None, possible=hops)
    reply = Reply(verdict=Verdict.UNKNOWN, path=walk.path, hops=())
    return replace(public, walk=walk, reply=reply, verdict=Verdict.UNKNOWN)


def inbound_exchange(network: Network, flow: Flow, subnet: Subnet) -> Exchange:
    """Return what becomes of a flow that reaches `subnet` directly, as through a public address, and of its reply.

    The NSG sees the private destination (N6). The reply leaves by the subnet's routes to the address the sender has;
    one that reaches a firewall is lost, since the firewall did not see the request (A2, A3).
    """
    flow = same_family(flow)
    filtered = filter_hops(network, flow, subnet, inbound=True)
    walk = let_in((*entry_hops(network, flow, subnet), *filtered), subnet)
    reply = _reply_to_internet(network, flow, subnet)
    return Exchange(flow=flow, walk=walk, reply=reply, verdict=in_series((walk.verdict, reply.verdict)))


def let_in(hops: tuple[Hop, ...], subnet: Subnet) -> Walk:
    """Return the way of a flow from outside past some hops into a subnet."""
    why = f"it arrives in subnet {subnet.name}"
    arrived = make_hop("subnet", subnet.id, "", Verdict.ALLOW, "delivered", why, "R21")
    return Walk(verdict=in_series(each.verdict for each in hops), path=Path.DIRECT, hops=(*hops, arrived))


def _reply_to_internet(network: Network, flow: Flow, subnet: Subnet) -> Reply:
    routes = network.routes(subnet)
    if routes is None:
        hop = unreadable_routes(network.estate, subnet, "reply")
        return Reply(verdict=Verdict.UNKNOWN, path=Path.DIRECT, hops=(hop,))
    parts = [_reply_part(network, flow, subnet, choice) for choice in routes.decide(flow.source)]
    worst = min(parts, key=lambda each: _ORDER.index(each.verdict))
    return replace(worst, verdict=together(each.verdict for each in parts))


_ORDER = (Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN, Verdict.ALLOW)


def _reply_part(network: Network, flow: Flow, subnet: Subnet, choice: Choice) -> Reply:
    ways = [_reply_along(network, flow, subnet, route) for route in choice.routes]
    if len({each.verdict for each in ways}) == 1:
        return ways[0]
    doubt = make_hop(
        "reply", choice.routes[0].resource, "", Verdict.UNKNOWN, choice.code, choice.why, choice.routes[-1].spec
    )
    return Reply(verdict=Verdict.UNKNOWN, path=ways[0].path, hops=(doubt,))


def _reply_along(network: Network, flow: Flow, subnet: Subnet, route: EffectiveRoute) -> Reply:
    taken = route_hop(route)
    client = flow.source.label
    if route.next_hop == "internet":
        lost = internet_hops(replace(flow, source=flow.destination, destination=flow.source), route)
        verdict = in_series(each.verdict for each in lost)
        return Reply(verdict=verdict, path=Path.DIRECT, hops=(taken, *lost))
    if route.next_hop == "none":
        hop = replace(
            taken, verdict=Verdict.BLOCK, code="reply-dropped", why=f"{route.name} drops the reply to {client}"
        )
        return Reply(verdict=Verdict.BLOCK, path=Path.DROPPED, hops=(hop,))
    if route.next_hop == "platform":
        return Reply(verdict=Verdict.ALLOW, path=Path.DIRECT, hops=(taken,))
    if route.next_hop == TO_FIREWALL:
        return _reply_to_hub(network, flow, route, taken)
    if route.next_hop == "virtualappliance":
        return _reply_to_appliance(network, flow, subnet, route, taken)
    learned = (route.next_hop, route.spec) == ("bgp", "U1") and flow.source.universe <= PUBLIC
    if learned or route.next_hop == "virtualnetworkgateway":
        why = f"{route.name} sends the reply to {client} to a gateway, while the request came from the Internet"
        hop = make_hop("reply", route.resource, route.name, Verdict.BLOCK, "reply-asymmetric", why, "A2")
        return Reply(verdict=Verdict.BLOCK, path=Path.GATEWAY, hops=(taken, hop))
    why = f"where {route.name} takes the reply to {client} is not known"
    hop = make_hop("reply", route.resource, route.name, Verdict.UNKNOWN, f"reply-by-{route.origin}", why, "A21")
    return Reply(verdict=Verdict.UNKNOWN, path=Path.GATEWAY if route.origin == "bgp" else Path.VNET, hops=(taken, hop))


def _reply_to_hub(network: Network, flow: Flow, route: EffectiveRoute, taken: Hop) -> Reply:
    """Return the reply that a hub takes to its firewall, which saw the request only if that came through the hub."""
    client, firewall = flow.source.label, network.estate.firewalls[route.peer].name
    if flow.source.universe & PUBLIC:
        why = f"{route.name} sends the reply to {client} to firewall {firewall}, which did not see the request"
        hop = make_hop("reply", route.resource, route.name, Verdict.BLOCK, "reply-asymmetric", why, "A2")
        return Reply(verdict=Verdict.BLOCK, path=Path.FIREWALL, hops=(taken, hop))
    why = f"requests of {client} come through the hub as well, and what its firewall does with them is not known"
    hop = make_hop("reply", route.resource, route.name, Verdict.UNKNOWN, "reply-by-hub", why, "H10")
    return Reply(verdict=Verdict.UNKNOWN, path=Path.FIREWALL, hops=(taken, hop))


def _reply_to_appliance(network: Network, flow: Flow, subnet: Subnet, route: EffectiveRoute, taken: Hop) -> Reply:
    owner = network.owner(subnet, route)
    client = flow.source.label
    if owner.firewall is not None and owner.code == "next-hop-firewall":
        firewall = owner.firewall.name
        why = f"{route.name} sends the reply to {client} to firewall {firewall}, which did not see the request"
        hop = make_hop("reply", route.resource, route.name, Verdict.BLOCK, "reply-asymmetric", why, "A2")
        return Reply(verdict=Verdict.BLOCK, path=Path.FIREWALL, hops=(taken, hop))
    if owner.blocked:
        hop = make_hop("reply", route.resource, route.name, Verdict.BLOCK, owner.code, owner.why, owner.spec)
        return Reply(verdict=Verdict.BLOCK, path=Path.DROPPED, hops=(taken, hop))
    hop = make_hop("reply", route.resource, route.name, Verdict.UNKNOWN, owner.code, owner.why, owner.spec)
    return Reply(verdict=Verdict.UNKNOWN, path=Path.APPLIANCE, hops=(taken, hop))


def _reply_outbound(network: Network, flow: Flow, subnet: Subnet, walk: Walk) -> Reply:
    crossed = [each for each in walk.firewalls if each]
    if walk.arrives_in:
        responders = _reply_from_neighbour(network, flow, walk)
        if not crossed or None in walk.firewalls:
            return responders
        last = _reply_by_firewalls(network, flow, walk, crossed)
        return Reply(
            verdict=in_series((responders.verdict, last.verdict)),
            path=walk.path,
            hops=(*responders.hops, *last.hops),
        )
    if crossed and None not in walk.firewalls:
        return _reply_by_firewalls(network, flow, walk, crossed)
    if walk.path in {Path.DIRECT, Path.SERVICE_ENDPOINT, Path.PRIVATE_ENDPOINT}:
        why = f"the reply returns to subnet {subnet.name} the way the request went"
        hop = make_hop("reply", "", "", Verdict.ALLOW, "reply-direct", why, "N5")
        return Reply(verdict=Verdict.ALLOW, path=walk.path, hops=(hop,))
    return Reply(verdict=Verdict.UNKNOWN, path=walk.path, hops=())


def _reply_by_firewalls(network: Network, flow: Flow, walk: Walk, crossed: list[str]) -> Reply:
    replies = [reply_from_firewall(network, flow, each) for each in crossed]
    worst = min(replies, key=lambda each: _ORDER.index(each.verdict))
    if walk.exclusive and worst.verdict is not Verdict.ALLOW:
        hops = tuple(replace(each, verdict=Verdict.UNKNOWN) for each in worst.hops)
        return replace(worst, verdict=Verdict.UNKNOWN, hops=hops)
    return replace(worst, verdict=together(each.verdict for each in replies))


def reply_from_firewall(network: Network, flow: Flow, firewall_id: str) -> Reply:
    """Return the last leg of a reply: from the firewall, to which SNAT or routes brought it, to the sender."""
    firewall = network.estate.firewalls[firewall_id]
    if firewall.hub:
        return reply_from_hub(network, flow, firewall)
    place = network.estate.subnets.get(firewall.addresses[0].subnet)
    routes = network.routes(place) if place is not None else None
    if place is None or routes is None or flow.source.addresses is None:
        unread = network.estate.missing(firewall.addresses[0].subnet)
        why = f"how firewall {firewall.name} sends replies back is not known: {unread}"
        hop = make_hop("reply", firewall.id, "", Verdict.UNKNOWN, "firewall-egress-unreadable", why, "F40")
        return Reply(verdict=Verdict.UNKNOWN, path=Path.FIREWALL, hops=(hop,))
    hops = []
    ways = ((route, choice.addresses) for choice in routes.decide(flow.source) for route in choice.routes)
    for route, addresses in dict.fromkeys(ways):
        inside = route.next_hop in {"vnetlocal", "peering", "private-endpoint"}
        good = inside and stays_inside(network, place, route, addresses)
        code = "reply-firewall" if good else "reply-misrouted"
        turn = "returns" if good else "does not return"
        why = f"the reply {turn} from firewall {firewall.name} to {flow.source.label} by {route.name}"
        open_ = route.next_hop == "bgp" or not network.estate.virtual_networks[place.vnet].peerings_listed
        verdict = Verdict.ALLOW if good else Verdict.UNKNOWN if open_ else Verdict.BLOCK
        hops.append(make_hop("reply", route.resource or firewall.id, route.name, verdict, code, why, "A1"))
    return Reply(verdict=together(each.verdict for each in hops), path=Path.FIREWALL, hops=tuple(hops))


def _reply_from_neighbour(network: Network, flow: Flow, walk: Walk) -> Reply:
    """Return the reply of another subnet, which must cross the same stateful devices (A5, A6)."""
    balanced = behind_frontend(network, flow)
    addresses = (balanced.end.addresses if isinstance(balanced, Backend) else flow.destination.addresses) or NOTHING
    private = endpoint_addresses(network.members.endpoints_of(walk.arrives_in)) & addresses
    others = addresses - private
    responders = [each for each in network.estate.subnets_of(walk.arrives_in) if others & each.addresses]
    hops = [hop for each in responders for hop in symmetry_hops(network, flow, each, walk)]
    if private:
        hops.append(_endpoint_reply_hop(walk))
    verdict = together(each.verdict for each in hops) if hops else Verdict.UNKNOWN
    return Reply(verdict=verdict, path=walk.path, hops=tuple(hops))


def _endpoint_reply_hop(walk: Walk) -> Hop:
    """Return whether the reply of a private endpoint, which has no routes of the user's, finds the way back."""
    if walk.snat or walk.firewalls == (STATELESS,):
        why = "the reply of the private endpoint returns the way the request came"
        return make_hop("reply", walk.arrives_in, "", Verdict.ALLOW, "reply-symmetric", why, "A1")
    why = "which way a private endpoint replies to what came through a firewall untranslated is not documented"
    return make_hop("reply", walk.arrives_in, "", Verdict.UNKNOWN, "private-endpoint-reply", why, "R41")
