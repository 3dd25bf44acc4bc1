"""A flow's way, hop by hop: the one place that joins NSGs, routes, next hops and firewalls (specification section 0.1).

A walk does not stop at the first hop that blocks: what stands behind it is decided as if the flow had come so far,
because two causes that would each break a flow are two things to mend.
"""

from dataclasses import replace

from auditor.engine.application_gateways import gateway_hops
from auditor.engine.arrival import delivered, to_private_endpoint
from auditor.engine.filters import filter_hops
from auditor.engine.flows import TCP, UDP, Flow, part_of
from auditor.engine.gateways import kinds_of_gateways
from auditor.engine.hops import ROUTE_WORDS, make_hop, route_hop, unreadable_routes
from auditor.engine.hub_passing import through_hub
from auditor.engine.matching import either
from auditor.engine.network import Network
from auditor.engine.outside import endpoint_policy_hops, internet_hops
from auditor.engine.passing import through_firewall
from auditor.engine.public_entry import exit_hop
from auditor.engine.route import KNOWN_NEXT_HOPS, Choice, EffectiveRoute
from auditor.engine.ways import Walk, in_series, join_ways
from auditor.estate.arm import key
from auditor.estate.network import Subnet
from auditor.traces import Hop, Path, Verdict


def outbound(network: Network, flow: Flow, subnet: Subnet) -> Walk:
    """Return the way of a flow out of `subnet`, to its destination or to where it ends."""
    filtered = (*gateway_hops(network, subnet), *filter_hops(network, flow, subnet, inbound=False))
    routes = network.routes(subnet)
    if routes is None:
        hop = unreadable_routes(network.estate, subnet, "route-table")
        return Walk(verdict=Verdict.UNKNOWN, path=Path.DIRECT, hops=(*filtered, hop), firewalls=(None,), snat=None)
    ways = [_choice(network, flow, subnet, choice) for choice in routes.decide(flow.destination)]
    return join_ways(filtered, ways)


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
            next((each for each in ways if each.arrives_in), ways[0]),
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
        hops = (taken, *endpoint_policy_hops(network.estate, flow, subnet, route))
        note = (
            f"{route.name} leads past the firewall, to every account of the service that its policies do not leave out"
        )
        return Walk(
            verdict=in_series(each.verdict for each in hops),
            path=Path.SERVICE_ENDPOINT,
            hops=hops,
            routes=(route,),
            caveats=(note,),
        )
    if route.next_hop == "none":
        hop = replace(
            taken, verdict=Verdict.BLOCK, code="route-none", why=f"{route.name} drops {flow.destination.label}"
        )
        note = "that Azure drops this range was observed in 2023 and is not documented [R8a]"
        caveats = (note,) if route.spec == "R8a" else ()
        return Walk(verdict=Verdict.BLOCK, path=Path.DROPPED, hops=(hop,), routes=(route,), caveats=caveats)
    if route.next_hop in {"vnetlocal", "peering"}:
        return delivered(network, flow, subnet, route, taken)
    if route.next_hop == "private-endpoint":
        return to_private_endpoint(network, flow, subnet, route, taken)
    if route.origin == "hub":
        return through_hub(network, flow, subnet, route, taken)
    if route.next_hop == "virtualappliance":
        return _appliance(network, flow, subnet, route, taken)
    return _gateway(network, subnet, route, taken)


def _to_the_internet(network: Network, flow: Flow, subnet: Subnet, route: EffectiveRoute, taken: Hop) -> Walk:
    """Return the way straight to the Internet, for which a sender needs a public address (R44).

    Environments bring their own, and so may other senders of a subnet that gives none.
    """
    lost = internet_hops(flow, route)
    if lost:
        return Walk(
            verdict=in_series(each.verdict for each in lost), path=Path.DIRECT, hops=(taken, *lost), routes=(route,)
        )
    if flow.protocol not in {TCP, UDP} and subnet.nat_gateway:
        why = f"the NAT gateway of subnet {subnet.name} carries TCP and UDP only"
        stop = make_hop("internet", subnet.id, "", Verdict.BLOCK, "nat-gateway-protocol", why, "R43")
        return Walk(verdict=Verdict.BLOCK, path=Path.DROPPED, hops=(taken, stop), routes=(route,))
    if subnet.default_outbound or subnet.nat_gateway or key(subnet.id) in network.platform_subnets:
        return Walk(verdict=Verdict.ALLOW, path=Path.DIRECT, hops=(taken,), routes=(route,))
    shut = exit_hop(network, flow, subnet)
    hops = (taken,) if shut is None else (taken, shut)
    return Walk(verdict=in_series(each.verdict for each in hops), path=Path.DIRECT, hops=hops, routes=(route,))


def _gateway(network: Network, subnet: Subnet, route: EffectiveRoute, taken: Hop) -> Walk:
    """Return the way into a gateway: for a user's route invalid unless it is a VPN gateway (R19), else unknown."""
    kinds = kinds_of_gateways(network.estate, subnet.vnet)
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
    return through_firewall(network, flow, subnet, route, (taken, reached), owner.firewall)
