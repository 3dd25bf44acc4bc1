"""Through an Azure Firewall: its rules, and the way on from its own subnet (specification sections 0.1, 3.5)."""

from collections.abc import Iterator
from dataclasses import replace

from auditor.engine.arrival import delivered
from auditor.engine.flows import Endpoint, Flow, first_of, part_of
from auditor.engine.hops import ROUTE_WORDS, make_hop, route_hop
from auditor.engine.matching import either
from auditor.engine.network import Network
from auditor.engine.nexthop import Owner
from auditor.engine.outside import endpoint_policy_hops, internet_hops
from auditor.engine.peerings import refuses_forwarded
from auditor.engine.route import Choice, EffectiveRoute
from auditor.engine.symmetry import stateful_way
from auditor.engine.ways import Walk, in_series, join_ways
from auditor.estate.arm import key, parent_id
from auditor.estate.firewall import Firewall
from auditor.estate.network import Subnet
from auditor.traces import Hop, Path, Verdict


def through_firewall(  # noqa: PLR0913, PLR0917 - a way so far and what stands next on it
    network: Network, flow: Flow, subnet: Subnet, route: EffectiveRoute, so_far: tuple[Hop, ...], firewall: Firewall
) -> Walk:
    """Return the way through `firewall`, which `route` of `subnet` led to after the hops `so_far`, and on from it."""
    rules = network.firewall(firewall)
    passage = rules.decide(flow, network.estate.virtual_networks.get(subnet.vnet))
    onward = _sent_onward(network, flow, firewall, passage.snat)
    home = parent_id(firewall.addresses[0].subnet)
    forwarded = _forwarded_hop(network, flow, home, onward, passage.snat)
    refused = refuses_forwarded(network.estate, subnet.vnet, home) if subnet.vnet != home else None
    if refused is not None and onward.arrives_in and passage.snat is not True:  # the reply comes from elsewhere too
        why = f"peering {refused.name} does not take forwarded traffic, as the reply is; what that does is disputed"
        doubt = make_hop("peering", subnet.vnet, refused.name, Verdict.UNKNOWN, "forwarded-traffic", why, "H3")
        forwarded = (*forwarded, doubt)
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
        last=onward.last,
        last_snat=onward.last_snat,
        possible=(*passage.possible, *onward.possible),
        caveats=(*rules.caveats(flow), *_caveats_of_subnets(network, firewall), *passage.notes, *onward.caveats, *note),
    )


def _caveats_of_subnets(network: Network, firewall: Firewall) -> tuple[str, ...]:
    """Return what the subnets of a firewall do beside passing traffic on (F41, F56)."""
    found = []
    home = network.estate.subnets.get(firewall.addresses[0].subnet)
    if home is not None and home.nat_gateway:
        name = home.nat_gateway.rpartition("/")[2]
        found.append(
            f"the far end sees the addresses of NAT gateway {name}, not those of firewall {firewall.name} [F56]"
        )
    table = network.estate.route_tables.get(_table_of(network, firewall.management_subnet))
    default = next((each for each in (table.routes if table else ()) if each.text == "0.0.0.0/0"), None)
    if default is not None and default.next_hop != "internet":
        found.append(
            f"route {default.name} keeps firewall {firewall.name} from being managed, which needs the Internet [F41]"
        )
    return tuple(found)


def _table_of(network: Network, subnet_id: str) -> str:
    subnet = network.estate.subnets.get(subnet_id)
    return subnet.route_table or "" if subnet is not None else ""


def _sent_onward(network: Network, flow: Flow, firewall: Firewall, snat: bool | None) -> Walk:  # noqa: FBT001 - a fact of the way
    """Return the way on from a firewall, where what filters next sees its address or the sender's (F36, F43)."""
    home = network.estate.subnets.get(firewall.addresses[0].subnet)
    if snat is False or home is None:
        return _onward(network, flow, firewall)
    translated = replace(flow, source=Endpoint(label=f"firewall {firewall.name}", addresses=home.addresses))
    onward = _onward(network, translated, firewall)
    if snat or not onward.arrives_in:
        return onward
    as_sent = _onward(network, flow, firewall)
    if as_sent.verdict is onward.verdict:
        return onward
    why = (
        f"whether firewall {firewall.name} translates the sender differs between parts, and what follows depends on it"
    )
    doubt = make_hop("firewall-egress", firewall.id, "", Verdict.UNKNOWN, "firewall-snat-differs", why, "F43")
    return replace(onward, verdict=Verdict.UNKNOWN, hops=(*onward.hops, doubt))


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
    at = (key(firewall.id), first_of(flow.destination))
    if at not in network.onward:
        choices = routes.decide(flow.destination)
        walk = join_ways((), [_sent_on(network, flow, subnet, firewall, choice) for choice in choices])
        taken = (route for choice in choices for route in (*choice.routes, *choice.hosts))
        if any(route.next_hop in {"vnetlocal", "peering", "private-endpoint"} for route in taken):
            return walk  # where it arrives, an NSG looks at the sender
        if walk.last != "":  # another firewall does so too
            return walk
        network.onward[at] = walk
    return network.onward[at]


def _sent_on(network: Network, flow: Flow, subnet: Subnet, firewall: Firewall, choice: Choice) -> Walk:
    """Return the way of a part of a flow out of the firewall's subnet, on whichever of several routes it may take."""
    flow = part_of(flow, choice.addresses)
    first = choice.routes[0]
    ways = [_egress(network, flow, subnet, firewall, each) for each in settled(choice)]
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
    stops = tuple(hop for each in ways for hop in each.stops)
    return Walk(verdict=Verdict.UNKNOWN, path=Path.FIREWALL, hops=(doubt,), possible=stops)


def settled(choice: Choice) -> list[EffectiveRoute]:
    """Return the routes a firewall may send on by: learned ones yield to one of the user's to the Internet (F40)."""
    first = choice.routes[0]
    own = first.origin == "user" and first.next_hop == "internet"
    return [each for each in choice.routes if each.next_hop != "bgp" or not own]


def _egress(network: Network, flow: Flow, subnet: Subnet, firewall: Firewall, route: EffectiveRoute) -> Walk:
    if route.next_hop in {"internet", "service-endpoint"}:
        why = f"firewall {firewall.name} sends it on by {route.name} to {ROUTE_WORDS[route.next_hop]}"
        hop = make_hop("firewall-egress", route.resource, route.name, Verdict.ALLOW, "firewall-egress", why, "F40")
        beyond = (
            internet_hops(flow, route)
            if route.next_hop == "internet"
            else endpoint_policy_hops(network.estate, flow, subnet, route)
        )
        verdict = in_series(each.verdict for each in beyond)
        return Walk(verdict=verdict, path=Path.FIREWALL, hops=(hop, *beyond))
    if route.next_hop in {"vnetlocal", "peering", "private-endpoint"}:
        return delivered(network, flow, subnet, route, route_hop(route))
    name = route.name
    may_send_on = route.length > 0 or firewall.management
    if route.next_hop == "virtualappliance" and route.length:
        owner = network.owner(subnet, route)
        if not owner.blocked:
            return _to_the_next(network, flow, subnet, firewall, route, owner)
        hop = make_hop("next-hop", route.resource, name, Verdict.BLOCK, owner.code, owner.why, owner.spec)
        return Walk(verdict=Verdict.BLOCK, path=Path.FIREWALL, hops=(hop,))
    if route.next_hop == "none" and may_send_on:
        why = f"{name} drops what firewall {firewall.name} sends on to {route.text}"
        hop = make_hop("firewall-egress", route.resource, name, Verdict.BLOCK, "firewall-egress-blocked", why, "F40")
        return Walk(verdict=Verdict.BLOCK, path=Path.FIREWALL, hops=(hop,))
    if route.next_hop == "bgp" or may_send_on:
        why = f"firewall {firewall.name} sends it on by {name}, and what lies behind that is not known"
        hop = make_hop("firewall-egress", route.resource, name, Verdict.UNKNOWN, "firewall-egress-unknown", why, "F40")
        return Walk(verdict=Verdict.UNKNOWN, path=Path.FIREWALL, hops=(hop,))
    why = f"{name} keeps firewall {firewall.name}, which has no management address, from reaching the Internet directly"
    hop = make_hop("firewall-egress", route.resource, name, Verdict.BLOCK, "firewall-egress-blocked", why, "F40")
    return Walk(verdict=Verdict.BLOCK, path=Path.FIREWALL, hops=(hop,))


def _to_the_next(  # noqa: PLR0913, PLR0917 - a way so far and what stands next on it
    network: Network, flow: Flow, subnet: Subnet, firewall: Firewall, route: EffectiveRoute, owner: Owner
) -> Walk:
    """Return the way from one firewall to the next, which must bring the replies back to the first (A8).

    Followed where the first leaves the sender's address alone and the second is the last; else it is not known.
    """
    second = owner.firewall if owner.code == "next-hop-firewall" else None
    home = network.estate.subnets.get(second.addresses[0].subnet) if second else None
    routes = network.routes(home) if home is not None else None
    first_home = network.estate.subnets.get(firewall.addresses[0].subnet)
    own = first_home is None or flow.source.addresses == first_home.addresses
    if second is None or home is None or routes is None or own or _leads_further(routes.decide(flow.destination)):
        why = f"{route.name} sends it on to another device, and whether both see the whole connection is not decided"
        hop = make_hop("firewall-egress", route.resource, route.name, Verdict.UNKNOWN, "firewall-chained", why, "A8")
        return Walk(verdict=Verdict.UNKNOWN, path=Path.FIREWALL, hops=(hop,))
    passage = network.firewall(second).decide(flow, network.estate.virtual_networks.get(subnet.vnet))
    onward = _sent_onward(network, flow, second, passage.snat)
    hops = (
        make_hop("next-hop", second.id, route.name, Verdict.ALLOW, owner.code, owner.why, "A8"),
        passage.hop,
        _back_to_the_first(network, flow, home, firewall, second),
        *_not_taken(network, flow, subnet.vnet, home.vnet),
        *onward.hops,
        *_forwarded_hop(network, flow, home.vnet, onward, passage.snat),
    )
    return Walk(
        verdict=in_series((onward.verdict, *(each.verdict for each in hops))),
        path=Path.FIREWALL,
        hops=hops,
        arrives_in=onward.arrives_in,
        last=key(second.id),
        last_snat=passage.snat,
        possible=(*passage.possible, *onward.possible),
        caveats=(*network.firewall(second).caveats(flow), *passage.notes, *onward.caveats),
    )


def _leads_further(choices: tuple[Choice, ...]) -> bool:
    return any(route.next_hop == "virtualappliance" for choice in choices for route in choice.routes)


def _not_taken(network: Network, flow: Flow, first: str, second: str) -> Iterator[Hop]:
    """Yield the doubt of each of two VNets of firewalls that does not take what the other forwards (H3)."""
    for receiver, sender in ((second, first), (first, second)):
        peering = refuses_forwarded(network.estate, receiver, sender) if first != second else None
        vnet = network.estate.virtual_networks.get(sender)
        if peering is not None and not (vnet is not None and flow.source.universe <= vnet.addresses):
            why = f"peering {peering.name} does not take forwarded traffic, whose effect between firewalls is disputed"
            yield make_hop("peering", receiver, peering.name, Verdict.UNKNOWN, "forwarded-traffic", why, "H3")


def _back_to_the_first(network: Network, flow: Flow, home: Subnet, first: Firewall, second: Firewall) -> Hop:
    """Return whether the second of two firewalls sends replies back through the first (A8)."""
    way = stateful_way(network, home, flow.source)
    verdict = Verdict.ALLOW if way == key(first.id) else Verdict.UNKNOWN if way is None else Verdict.BLOCK
    code = {Verdict.ALLOW: "reply-symmetric", Verdict.UNKNOWN: "reply-unknown"}.get(verdict, "reply-asymmetric")
    turn = {Verdict.ALLOW: "sends", Verdict.UNKNOWN: "may not send"}.get(verdict, "does not send")
    why = f"firewall {second.name} {turn} the reply to {flow.source.label} back through firewall {first.name}"
    return make_hop("reply", home.route_table or home.id, "", verdict, code, why, "A8")
