"""A flow's way, hop by hop: the one place that joins NSGs, routes, next hops and firewalls (specification section 0.1).

A walk does not stop at the first hop that blocks: what stands behind it is decided as if the flow had come so far,
because two causes that would each break a flow are two things to mend.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from auditor.engine.firewall import Passage
from auditor.engine.flows import Flow, part_of, private_part
from auditor.engine.hops import (
    ROUTE_WORDS,
    make_hop,
    nowhere_hop,
    peering_hop,
    route_hop,
    security_group_hop,
    unreadable_routes,
)
from auditor.engine.matching import either, together
from auditor.engine.network import Network
from auditor.engine.peerings import refuses_forwarded
from auditor.engine.routes import KNOWN_NEXT_HOPS, Choice, EffectiveRoute
from auditor.estate.addresses import NOTHING, PUBLIC, address_texts
from auditor.estate.arm import key, parent_id
from auditor.estate.firewall import Firewall
from auditor.estate.network import Subnet
from auditor.traces import Hop, Path, Reason, Verdict

STATELESS = ""
"""Stands for "no stateful device on the way" where the id of one is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One way of a flow.

    hops: every hop, also those behind one that stops it.
    firewalls: comparing ids of the stateful firewalls that parts of the flow cross, STATELESS for a part that crosses
    none, None where it is not known. exclusive: whether all of the flow crosses one of them, and which is not known.
    snat: whether the far end sees the firewall's address. routes: the routes that take the flow out of its subnet.
    arrives_in: comparing id of the VNet it ends in, where it ends in one.
    possible: stops on ways that may not be taken.
    """

    verdict: Verdict
    path: Path
    hops: tuple[Hop, ...]
    firewalls: tuple[str | None, ...] = (STATELESS,)
    exclusive: bool = False
    snat: bool | None = False
    routes: tuple[EffectiveRoute, ...] = ()
    arrives_in: str = ""
    possible: tuple[Hop, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def stops(self) -> tuple[Hop, ...]:
        """The hops that do not let the whole flow through."""
        return tuple(each for each in self.hops if each.verdict is not Verdict.ALLOW)

    @property
    def reason(self) -> Reason:
        """Why the verdict is what it is: the first stop, or the last hop of a way that is free."""
        deciding = next((each for each in self.hops if each.verdict in _GRAVE.get(self.verdict, ())), None)
        deciding = deciding or (self.stops[0] if self.stops else self.hops[-1])
        return Reason(code=deciding.code, text=deciding.why)


_GRAVE = {
    Verdict.BLOCK: (Verdict.BLOCK,),
    Verdict.PARTIAL: (Verdict.BLOCK, Verdict.PARTIAL),
    Verdict.UNKNOWN: (Verdict.UNKNOWN,),
}


def in_series(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of hops one behind the other: one that blocks blocks all."""
    seen = set(verdicts)
    for verdict in (Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN):
        if verdict in seen:
            return verdict
    return Verdict.ALLOW


def outbound(network: Network, flow: Flow, subnet: Subnet) -> Walk:
    """Return the way of a flow out of `subnet`, to its destination or to where it ends."""
    filtered = security_group_hop(network, flow, subnet, inbound=False)
    routes = network.routes(subnet)
    if routes is None:
        hop = unreadable_routes(network, subnet, "route-table")
        return Walk(verdict=Verdict.UNKNOWN, path=Path.DIRECT, hops=(*filtered, hop), firewalls=(None,), snat=None)
    ways = [_choice(network, flow, subnet, choice) for choice in routes.decide(flow.destination)]
    return _join(filtered, ways)


def _join(filtered: tuple[Hop, ...], ways: list[Walk]) -> Walk:
    """Join the ways of the parts of a flow behind what they share; the worst part is shown."""
    ways.sort(key=lambda each: _WORST.index(each.verdict))
    shown = ways[0]
    verdict = in_series((*(each.verdict for each in filtered), together(each.verdict for each in ways)))
    return replace(
        shown,
        verdict=verdict,
        hops=(*filtered, *shown.hops),
        firewalls=tuple(dict.fromkeys(each for way in ways for each in way.firewalls)),
        snat=shown.snat if len({each.snat for each in ways}) == 1 else None,
        routes=tuple(dict.fromkeys(route for each in ways for route in each.routes)),
        possible=tuple(dict.fromkeys(hop for each in ways for hop in each.possible)),
        caveats=tuple(dict.fromkeys(text for each in ways for text in each.caveats)),
    )


_WORST = (Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN, Verdict.ALLOW)


def _choice(network: Network, flow: Flow, subnet: Subnet, choice: Choice) -> Walk:
    """Return the way of a part of a flow, on whichever of several routes it may take."""
    flow = part_of(flow, choice.addresses)
    ways = [_along(network, flow, subnet, route) for route in choice.routes]
    verdict = either(each.verdict for each in ways)
    if verdict is Verdict.ALLOW:
        broken = _broken_host(network, flow, subnet, choice)
        if broken is not None:
            return broken
    if len(ways) == 1:
        return ways[0]
    if verdict is not Verdict.UNKNOWN:
        caveat = " or ".join(
            dict.fromkeys(f"{each.path} by {route.name}" for each, route in zip(ways, choice.routes, strict=True))
        )
        firewalls = tuple(dict.fromkeys(each for way in ways for each in way.firewalls))
        return replace(
            ways[0],
            routes=choice.routes,
            firewalls=firewalls,
            exclusive=len(firewalls) > 1,
            caveats=(*ways[0].caveats, f"the way is {caveat}: {choice.why}"),
        )
    known = zip(ways, choice.routes, strict=True)
    unknown = next((way for way, route in known if way.verdict is Verdict.UNKNOWN and route.origin != "bgp"), None)
    if unknown is not None:  # what that way hangs on decides, whichever way is taken
        firewalls = tuple(dict.fromkeys(each for way in ways for each in way.firewalls))
        return replace(unknown, routes=choice.routes, firewalls=firewalls, exclusive=len(firewalls) > 1)
    doubt = make_hop(
        "route-table", choice.routes[0].resource, "", Verdict.UNKNOWN, choice.code, choice.why, choice.routes[-1].spec
    )
    return Walk(
        verdict=Verdict.UNKNOWN,
        path=ways[0].path,
        hops=(doubt,),
        firewalls=(None,),
        snat=None,
        routes=choice.routes,
        possible=tuple(hop for each in ways for hop in (*each.stops, *each.possible)),
    )


def _broken_host(network: Network, flow: Flow, subnet: Subnet, choice: Choice) -> Walk | None:
    """Return the doubt that a route for a single address stops a name that is free otherwise; None if none does."""
    for route in (each for each in choice.hosts if each.next_hop != "internet"):
        way = _along(network, flow, subnet, route)
        if way.verdict is not Verdict.ALLOW:
            why = f"{flow.destination.label} may have the address {route.text}, which {route.name} does not let through"
            hop = make_hop(
                "route-table", route.resource, route.name, Verdict.UNKNOWN, "route-depends-on-address", why, "R1"
            )
            return replace(way, verdict=Verdict.UNKNOWN, hops=(hop,), firewalls=(None,), snat=None, possible=way.stops)
    return None


def _along(network: Network, flow: Flow, subnet: Subnet, route: EffectiveRoute) -> Walk:
    """Return the way of a flow along one route."""
    taken = route_hop(route)
    if route.next_hop == "internet":
        return _to_the_internet(network, flow, subnet, route, taken)
    if route.next_hop == "platform":
        return Walk(verdict=Verdict.ALLOW, path=Path.DIRECT, hops=(taken,), routes=(route,))
    if route.next_hop == "service-endpoint":
        if subnet.endpoint_policies:
            why = f"service endpoint policies of subnet {subnet.name} may leave out the account of this name"
            doubt = make_hop("service-endpoint", subnet.id, "", Verdict.UNKNOWN, "endpoint-policy", why, "R38")
            return Walk(verdict=Verdict.UNKNOWN, path=Path.SERVICE_ENDPOINT, hops=(taken, doubt), routes=(route,))
        return Walk(verdict=Verdict.ALLOW, path=Path.SERVICE_ENDPOINT, hops=(taken,), routes=(route,))
    if route.next_hop == "none":
        hop = replace(
            taken, verdict=Verdict.BLOCK, code="route-none", why=f"{route.name} drops {flow.destination.label}"
        )
        return Walk(verdict=Verdict.BLOCK, path=Path.DROPPED, hops=(hop,), routes=(route,))
    if route.next_hop in {"vnetlocal", "peering"}:
        return _delivered(network, flow, subnet, route, taken)
    if route.next_hop == "virtualappliance":
        return _appliance(network, flow, subnet, route, taken)
    return _gateway(network, subnet, route, taken)


def _to_the_internet(network: Network, flow: Flow, subnet: Subnet, route: EffectiveRoute, taken: Hop) -> Walk:
    """Return the way straight to the Internet, for which a sender needs a public address (R44).

    Environments bring their own. Other senders of a subnet that gives none may have one that was not looked for.
    """
    private = private_part(flow)
    if private:
        why = f"{route.name} leads to the Internet, which does not carry {address_texts(private)}"
        lost = make_hop("internet", route.resource, route.name, Verdict.BLOCK, "not-public", why, "R14")
        verdict = Verdict.BLOCK if private == flow.destination.addresses else Verdict.PARTIAL
        return Walk(verdict=verdict, path=Path.DROPPED, hops=(taken, replace(lost, verdict=verdict)), routes=(route,))
    if subnet.default_outbound or subnet.nat_gateway or key(subnet.id) in network.platform_subnets:
        return Walk(verdict=Verdict.ALLOW, path=Path.DIRECT, hops=(taken,), routes=(route,))
    why = f"subnet {subnet.name} gives no outbound access by default, and who in it has a public address is not known"
    doubt = make_hop("internet", subnet.id, "", Verdict.UNKNOWN, "no-default-outbound", why, "R44")
    return Walk(verdict=Verdict.UNKNOWN, path=Path.DIRECT, hops=(taken, doubt), routes=(route,))


def _gateway(network: Network, subnet: Subnet, route: EffectiveRoute, taken: Hop) -> Walk:
    """Return the way into a gateway: for a user's route invalid unless it is a VPN gateway (R19), else unknown."""
    kinds = {each.kind for each in network.estate.gateways.values() if each.vnet == subnet.vnet}
    if route.next_hop == "virtualnetworkgateway" and "expressroute" in kinds:
        why = f"{route.name} leads to a gateway, which must be a VPN gateway and not stand beside an ExpressRoute one"
        hop = make_hop("next-hop", route.resource, route.name, Verdict.BLOCK, "next-hop-gateway-invalid", why, "R19")
        return Walk(verdict=Verdict.BLOCK, path=Path.DROPPED, hops=(taken, hop), routes=(route,))
    if route.origin == "user" and route.next_hop not in KNOWN_NEXT_HOPS:
        why = f"the auditor does not know next hop type {route.next_hop!r} of route {route.name}"
        hop = make_hop("next-hop", route.resource, route.name, Verdict.UNKNOWN, "next-hop-type-unknown", why, "J2")
        return Walk(
            verdict=Verdict.UNKNOWN, path=Path.GATEWAY, hops=(taken, hop), firewalls=(None,), snat=None, routes=(route,)
        )
    why = (
        f"{route.name} leads to {ROUTE_WORDS.get(route.next_hop, route.next_hop)}, and what lies behind it is not known"
    )
    hop = make_hop("next-hop", route.resource, route.name, Verdict.UNKNOWN, "beyond-gateway", why, "U2")
    return Walk(
        verdict=Verdict.UNKNOWN, path=Path.GATEWAY, hops=(taken, hop), firewalls=(None,), snat=None, routes=(route,)
    )


def _appliance(network: Network, flow: Flow, subnet: Subnet, route: EffectiveRoute, taken: Hop) -> Walk:
    owner = network.owner(subnet, route)
    if owner.firewall is None:
        verdict = Verdict.BLOCK if owner.blocked else Verdict.UNKNOWN
        path = Path.DROPPED if owner.blocked else Path.APPLIANCE
        hop = make_hop("next-hop", route.resource, route.name, verdict, owner.code, owner.why, owner.spec)
        return Walk(verdict=verdict, path=path, hops=(taken, hop), firewalls=(None,), snat=None, routes=(route,))
    if owner.code != "next-hop-firewall":
        verdict = Verdict.BLOCK if owner.blocked else Verdict.UNKNOWN
        hop = make_hop("next-hop", route.resource, route.name, verdict, owner.code, owner.why, owner.spec)
        return Walk(
            verdict=verdict, path=Path.DROPPED, hops=(taken, hop), firewalls=(None,), snat=None, routes=(route,)
        )
    reached = make_hop("next-hop", owner.firewall.id, route.name, Verdict.ALLOW, owner.code, owner.why, owner.spec)
    return _through_firewall(network, flow, subnet, route, (taken, reached), owner.firewall)


def _through_firewall(  # noqa: PLR0913, PLR0917 - a way so far and what stands next on it
    network: Network, flow: Flow, subnet: Subnet, route: EffectiveRoute, so_far: tuple[Hop, ...], firewall: Firewall
) -> Walk:
    rules = network.firewall(firewall)
    passage = rules.decide(flow, network.estate.virtual_networks.get(subnet.vnet))
    onward = _seen_onward(network, flow, firewall, passage)
    home = parent_id(firewall.addresses[0].subnet)
    forwarded = _forwarded_hop(network, flow, home, onward, passage.snat)
    refused = refuses_forwarded(network.estate, subnet.vnet, home) if subnet.vnet != home else None
    note = (
        ()
        if refused is None
        else (f"peering {refused.name} does not take forwarded traffic; replies are forwarded [H4]",)
    )
    return Walk(
        verdict=in_series((passage.verdict, onward.verdict, *(each.verdict for each in forwarded))),
        path=Path.FIREWALL,
        hops=(*so_far, passage.hop, *onward.hops, *forwarded),
        firewalls=(key(firewall.id),),
        snat=passage.snat,
        routes=(route,),
        arrives_in=onward.arrives_in,
        possible=(*passage.possible, *onward.possible),
        caveats=(*rules.caveats, *passage.notes, *onward.caveats, *note),
    )


def _seen_onward(network: Network, flow: Flow, firewall: Firewall, passage: Passage) -> Walk:
    """Return the way on from a firewall, where receivers see its own address if it translates the sender's (F46)."""
    place = network.estate.subnets.get(firewall.addresses[0].subnet)
    kept = _onward(network, flow, firewall)
    same = passage.snat is False or passage.verdict is Verdict.BLOCK or flow.destination.addresses is None
    if same or place is None or not kept.arrives_in:
        return kept
    source = replace(flow.source, label=f"firewall {firewall.name}", addresses=place.addresses)
    own = _onward(network, replace(flow, source=source), firewall)
    if passage.snat or own.verdict is kept.verdict:
        return own if passage.snat else kept
    why = f"whether it bears the address of firewall {firewall.name} there is not known, and that decides"
    doubt = make_hop("firewall", firewall.id, "", Verdict.UNKNOWN, "firewall-snat-unknown", why, "F43")
    return replace(kept, verdict=Verdict.UNKNOWN, hops=(doubt,), possible=(*kept.stops, *own.stops))


def _forwarded_hop(network: Network, flow: Flow, home: str, onward: Walk, snat: bool | None) -> tuple[Hop, ...]:  # noqa: FBT001 - a fact of the way
    """Return the doubt of a VNet that does not take forwarded traffic of a sender outside the firewall VNet (H3)."""
    hub = network.estate.virtual_networks.get(home)
    if not onward.arrives_in or onward.arrives_in == home or snat is True:
        return ()
    peering = refuses_forwarded(network.estate, onward.arrives_in, home)
    if peering is None or (hub is not None and flow.source.universe <= hub.addresses):
        return ()
    why = f"peering {peering.name} does not take forwarded traffic, whose effect on traffic between spokes is disputed"
    return (make_hop("peering", onward.arrives_in, peering.name, Verdict.UNKNOWN, "forwarded-traffic", why, "H3"),)


def _onward(network: Network, flow: Flow, firewall: Firewall) -> Walk:
    """Return the way from a firewall's own subnet on (F40); NSGs do not apply there (N19)."""
    place = firewall.addresses[0].subnet
    subnet = network.estate.subnets.get(place)
    routes = network.routes(subnet) if subnet is not None else None
    if subnet is None or routes is None:
        unread = subnet.route_table if subnet is not None and subnet.vnet in network.estate.virtual_networks else place
        why = f"how firewall {firewall.name} sends traffic on is not known: {network.estate.missing(unread or place)}"
        hop = make_hop("firewall-egress", firewall.id, "", Verdict.UNKNOWN, "firewall-egress-unreadable", why, "F40")
        return Walk(verdict=Verdict.UNKNOWN, path=Path.FIREWALL, hops=(hop,))
    ways = [_sent_on(network, flow, subnet, firewall, choice) for choice in routes.decide(flow.destination)]
    return _join((), ways)


def _sent_on(network: Network, flow: Flow, subnet: Subnet, firewall: Firewall, choice: Choice) -> Walk:
    """Return the way of a part of a flow out of the firewall's subnet, on whichever of several routes it may take."""
    flow = part_of(flow, choice.addresses)
    first = choice.routes[0]
    settled = first.origin == "user" and first.next_hop == "internet"
    routes = [each for each in choice.routes if each.next_hop != "bgp" or not settled]
    ways = [_egress(network, flow, subnet, firewall, each) for each in routes]
    verdict = either(each.verdict for each in ways)
    shown = next((each for each in ways if each.verdict is verdict), ways[0])
    if verdict is Verdict.ALLOW:
        shut = (each for each in choice.hosts if each.next_hop != "internet")
        broken = [each for each in shut if _egress(network, flow, subnet, firewall, each).verdict is not verdict]
        if broken:
            why = f"{flow.destination.label} may have the address {broken[0].text}, which {broken[0].name} stops"
            hop = make_hop(
                "firewall-egress",
                broken[0].resource,
                broken[0].name,
                Verdict.UNKNOWN,
                "route-depends-on-address",
                why,
                "R1",
            )
            return replace(shown, verdict=Verdict.UNKNOWN, hops=(*shown.hops, hop))
    if shown.verdict is verdict:
        return shown
    doubt = make_hop("firewall-egress", first.resource, first.name, Verdict.UNKNOWN, choice.code, choice.why, "F40")
    return Walk(verdict=Verdict.UNKNOWN, path=Path.FIREWALL, hops=(doubt,))


def _egress(network: Network, flow: Flow, subnet: Subnet, firewall: Firewall, route: EffectiveRoute) -> Walk:
    if route.next_hop in {"internet", "service-endpoint"}:
        why = f"firewall {firewall.name} sends it on by {route.name} to {ROUTE_WORDS[route.next_hop]}"
        hop = make_hop("firewall-egress", route.resource, route.name, Verdict.ALLOW, "firewall-egress", why, "F40")
        return Walk(verdict=Verdict.ALLOW, path=Path.FIREWALL, hops=(hop,))
    if route.next_hop in {"vnetlocal", "peering"}:
        return _along(network, flow, subnet, route)
    name = route.name
    if route.next_hop == "bgp" or firewall.management or _leads_to_another(network, flow, subnet, route):
        why = f"firewall {firewall.name} sends it on by {name}, and what lies behind that is not known"
        hop = make_hop("firewall-egress", route.resource, name, Verdict.UNKNOWN, "firewall-egress-unknown", why, "F40")
        return Walk(verdict=Verdict.UNKNOWN, path=Path.FIREWALL, hops=(hop,))
    why = f"{name} keeps firewall {firewall.name}, which has no management address, from reaching the Internet directly"
    hop = make_hop("firewall-egress", route.resource, name, Verdict.BLOCK, "firewall-egress-blocked", why, "F40")
    return Walk(verdict=Verdict.BLOCK, path=Path.FIREWALL, hops=(hop,))


def _leads_to_another(network: Network, flow: Flow, subnet: Subnet, route: EffectiveRoute) -> bool:
    """Tell whether a route hands what stays private to the next appliance, which a firewall may do (A8)."""
    if route.next_hop != "virtualappliance" or not route.length or flow.destination.universe & PUBLIC:
        return False
    return not network.owner(subnet, route).blocked


def _delivered(network: Network, flow: Flow, subnet: Subnet, route: EffectiveRoute, taken: Hop) -> Walk:
    """Return the way inside the virtual network or into a peered one, up to the NSGs of the subnets it arrives in."""
    path = Path.PEERING if route.next_hop == "peering" else Path.VNET
    place = route.peer or subnet.vnet
    crossed = (taken, *peering_hop(network, subnet, place))
    ends: list[tuple[Hop, ...]] = []  # one for each part of the destination
    rest = flow.destination.addresses or NOTHING
    for each in network.estate.subnets_of(place):
        part = rest & each.addresses
        if part:
            rest = rest - part
            arriving = replace(flow, destination=replace(flow.destination, addresses=part, label=each.name))
            ends.append(security_group_hop(network, arriving, each, inbound=True))
    if rest or flow.destination.addresses is None:
        ends.append((nowhere_hop(network, place, rest, route),))
    arrived = together(in_series(hop.verdict for hop in each) for each in ends)
    verdict = in_series((*(each.verdict for each in crossed), arrived))
    hops = (*crossed, *(hop for each in ends for hop in each))
    return Walk(verdict=verdict, path=path, hops=hops, routes=(route,), arrives_in=place)
