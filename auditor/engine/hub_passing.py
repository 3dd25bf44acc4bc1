"""Through a hub of Azure Virtual WAN: its firewall, and the way on from there (specification H8 to H13, A8).

A firewall in a hub has no subnet of its own that could be read: it leaves for the Internet by the public addresses of
its own, and the hub takes it to every connected VNet.
"""

from dataclasses import replace

from auditor.engine.arrival import delivered
from auditor.engine.flows import Endpoint, Flow
from auditor.engine.gateways import Doubt
from auditor.engine.hops import make_hop
from auditor.engine.network import Network
from auditor.engine.route import EffectiveRoute
from auditor.engine.virtual_wan import OPEN, TO_FIREWALL, TO_VNET, HubRouting
from auditor.engine.ways import Walk, in_series, join_ways
from auditor.estate.addresses import PUBLIC, AddressSet, address_texts, union
from auditor.estate.arm import key
from auditor.estate.estate import Estate
from auditor.estate.firewall import Firewall
from auditor.estate.hub import HubConnection
from auditor.estate.network import Subnet
from auditor.traces import Hop, Path, Reply, Verdict


def through_hub(network: Network, flow: Flow, subnet: Subnet, route: EffectiveRoute, taken: Hop) -> Walk:
    """Return the way of a flow along `route` of `subnet`, which a hub taught it."""
    if route.next_hop == TO_VNET:
        return replace(delivered(network, flow, subnet, route, taken), path=Path.PEERING)
    if route.next_hop == TO_FIREWALL:
        return _through_firewall(network, flow, subnet, route, taken)
    code, why, spec = open_way(network.estate, route)
    hop = make_hop("next-hop", route.resource, route.name, Verdict.UNKNOWN, code, why, spec)
    return Walk(
        verdict=Verdict.UNKNOWN, path=Path.APPLIANCE, hops=(taken, hop), firewalls=(None,), snat=None, routes=(route,)
    )


def open_way(estate: Estate, route: EffectiveRoute) -> tuple[str, str, str]:
    """Return code, reason and rule of a way through a hub that is not known."""
    name = route.peer.rpartition("/")[2]
    if route.next_hop == OPEN:
        why = f"how virtual hubs take {route.text} of VNet {name} on is not known: {_OPEN}"
        return "hub-prefix-undecided", why, "H10"
    if route.peer in estate.firewalls:
        why = f"{route.name} leads to firewall {estate.firewalls[route.peer].name}, which does not stand in that hub"
        return "hub-firewall-elsewhere", why, "H8"
    if "/azurefirewalls/" in route.peer:
        return "hub-firewall-unreadable", f"{route.name} leads to a firewall: {estate.missing(route.peer)}", "U8"
    why = f"{route.name} leads to {name}; what an appliance other than Azure Firewall does is not known"
    return "hub-next-hop-appliance", why, "H8"


_OPEN = "it lies outside the private ranges of the routing intent, or in another hub without one for both"


def _through_firewall(network: Network, flow: Flow, subnet: Subnet, route: EffectiveRoute, taken: Hop) -> Walk:
    firewall = network.estate.firewalls[route.peer]
    rules = network.firewall(firewall)
    passage = rules.decide(flow, network.estate.virtual_networks.get(subnet.vnet))
    reached = f"{route.name} leads to Azure Firewall {firewall.name} of the hub"
    onward = _onward(network, flow, subnet, replace(route, next_hop=TO_VNET), firewall, passage.snat)
    return Walk(
        verdict=in_series((passage.verdict, onward.verdict)),
        path=Path.FIREWALL,
        hops=(
            taken,
            make_hop("next-hop", firewall.id, route.name, Verdict.ALLOW, "next-hop-hub-firewall", reached, route.spec),
            passage.hop,
            *onward.hops,
        ),
        firewalls=(key(firewall.id),),
        snat=passage.snat,
        routes=(route,),
        arrives_in=onward.arrives_in,
        possible=(*passage.possible, *onward.possible),
        caveats=(*rules.caveats(flow), *passage.notes, *onward.caveats),
    )


def _onward(  # noqa: PLR0913, PLR0917 - a way so far and what stands next on it
    network: Network,
    flow: Flow,
    subnet: Subnet,
    route: EffectiveRoute,
    firewall: Firewall,
    snat: bool | None,  # noqa: FBT001 - a fact of the way
) -> Walk:
    """Return the way from the firewall of a hub on: to VNets, to the Internet, or to what was not read."""
    routing = network.hubs.routing(firewall.hub)
    if isinstance(routing, Doubt):
        hop = make_hop("firewall-egress", firewall.id, "", Verdict.UNKNOWN, routing.code, routing.why, routing.spec)
        return Walk(verdict=Verdict.UNKNOWN, path=Path.FIREWALL, hops=(hop,))
    if flow.destination.addresses is None:
        return _to_the_internet(network, routing, firewall)
    rest, ways = flow.destination.addresses, []
    for connection, vnet in network.hubs.neighbours(routing):
        part = rest & vnet.addresses if vnet else None
        if vnet and part:
            rest = rest - part
            part_flow = replace(flow, destination=replace(flow.destination, addresses=part))
            there = replace(route, peer=key(vnet.id))
            seen = replace(
                part_flow, source=Endpoint(label=f"firewall {firewall.name}", addresses=routing.hub.addresses)
            )
            asked = {False: [part_flow], True: [seen], None: [part_flow, seen]}[snat]
            ways.append(_agreed([_to_vnet(network, each, subnet, there, connection, snat) for each in asked], firewall))
    outside = (rest & PUBLIC) - union(each.addresses for each in routing.extras)
    if outside:
        ways.append(_to_the_internet(network, routing, firewall))
    if rest - outside:
        ways.append(_elsewhere(network, routing, rest - outside))
    return join_ways((), ways)


def networks_behind(network: Network, firewall: Firewall) -> list[AddressSet]:
    """Return the address spaces of the VNets to which the firewall of a hub sends on; none for any other firewall."""
    routing = network.hubs.routing(firewall.hub) if firewall.hub else None
    near = network.hubs.neighbours(routing) if isinstance(routing, HubRouting) else ()
    return [vnet.addresses for _, vnet in near if vnet]


def _agreed(ways: list[Walk], firewall: Firewall) -> Walk:
    """Return the way on whether or not a firewall translates the sender, where that is not known."""
    if len({each.verdict for each in ways}) == 1:
        return ways[-1]
    why = f"whether firewall {firewall.name} translates the sender differs between parts, and what follows hangs on it"
    doubt = make_hop("firewall-egress", firewall.id, "", Verdict.UNKNOWN, "firewall-snat-differs", why, "F43")
    return replace(ways[-1], verdict=Verdict.UNKNOWN, hops=(*ways[-1].hops, doubt))


def _to_the_internet(network: Network, routing: HubRouting, firewall: Firewall) -> Walk:
    """Return the way to the Internet by the public addresses of a firewall that the Internet policy names."""
    why = f"firewall {firewall.name} sends it on to the Internet by the public addresses it has in the hub"
    hop = make_hop("firewall-egress", firewall.id, "", Verdict.ALLOW, "firewall-egress", why, "H9")
    branch = network.hubs.branch(routing)
    note = (f"{branch} may announce public prefixes, which the firewall would follow [U1]",) if branch else ()
    return Walk(verdict=Verdict.ALLOW, path=Path.FIREWALL, hops=(hop,), caveats=note)


def _to_vnet(  # noqa: PLR0913, PLR0917 - a way so far and what stands next on it
    network: Network,
    flow: Flow,
    subnet: Subnet,
    route: EffectiveRoute,
    connection: HubConnection,
    snat: bool | None,  # noqa: FBT001 - a fact of the way
) -> Walk:
    """Return the way from a firewall to a VNet of its hub, or of another one through the firewall there (H10, A8)."""
    why = f"virtual hub takes it to VNet {route.peer.rpartition('/')[2]} by connection {connection.name}"
    hop = make_hop("virtual-hub", connection.id, connection.name, Verdict.ALLOW, "hub-vnet", why, "H10")
    home = network.hubs.connection(network.estate.virtual_networks[subnet.vnet])
    if isinstance(home, HubConnection) and home.hub == connection.hub:
        return delivered(network, flow, subnet, route, hop)
    there = network.hubs.routing(connection.hub)
    second = network.estate.firewalls.get(there.private) if isinstance(there, HubRouting) else None
    if second is None or second.hub != connection.hub or snat is not False:
        why = "whether both hubs on the way inspect private traffic, and whom the second sees as sender, is not known"
        doubt = make_hop("virtual-hub", connection.id, connection.name, Verdict.UNKNOWN, "hub-inter-hub", why, "H10")
        return Walk(verdict=Verdict.UNKNOWN, path=Path.FIREWALL, hops=(doubt,), arrives_in=route.peer)
    passage = network.firewall(second).decide(flow, network.estate.virtual_networks.get(subnet.vnet))
    way = delivered(network, flow, subnet, route, hop)
    return replace(
        way,
        verdict=in_series((passage.verdict, way.verdict)),
        hops=(passage.hop, *way.hops),
        possible=(*passage.possible, *way.possible),
    )


def _elsewhere(network: Network, routing: HubRouting, rest: AddressSet) -> Walk:
    """Return the end of addresses that lie in no VNet that was read."""
    label, name = address_texts(rest), routing.hub.name
    branch = network.hubs.branch(routing)
    unread = network.hubs.unread_neighbours(routing)
    if rest & routing.hub.addresses or branch or unread:
        why = unread or (f"{branch} may lead there" if branch else "it lies in the hub itself")
        why = f"where virtual hub {name} takes {label} is not known: {why}"
        hop = make_hop("virtual-hub", routing.hub.id, "", Verdict.UNKNOWN, "hub-destination-unknown", why, "H10")
        return Walk(verdict=Verdict.UNKNOWN, path=Path.FIREWALL, hops=(hop,))
    why = f"{label} lies in no VNet connected to a hub of the same Virtual WAN, and no branch is attached to one"
    hop = make_hop("virtual-hub", routing.hub.id, "", Verdict.BLOCK, "hub-no-destination", why, "H10")
    return Walk(verdict=Verdict.BLOCK, path=Path.FIREWALL, hops=(hop,))


def reply_from_hub(network: Network, flow: Flow, firewall: Firewall) -> Reply:
    """Return the last leg of a reply: from the firewall of a hub to the sender in a connected VNet."""
    near = [network.estate.virtual_networks.get(each.vnet) for each in _connected(network, firewall)]
    sender = flow.source.addresses
    home = next((each for each in near if each and sender is not None and sender <= each.addresses), None)
    verdict = Verdict.ALLOW if home else Verdict.UNKNOWN
    turn = f"returns to VNet {home.name}" if home else "returns to a network that was not read"
    why = f"the reply to {flow.source.label} {turn} from firewall {firewall.name} of the hub"
    code = "reply-firewall" if home else "reply-unknown"
    hop = make_hop("reply", firewall.id, "", verdict, code, why, "A1")
    return Reply(verdict=verdict, path=Path.FIREWALL, hops=(hop,))


def _connected(network: Network, firewall: Firewall) -> tuple[HubConnection, ...]:
    return network.estate.wan.parts_of(firewall.hub).connections


def both_inspect(network: Network, one: str, other: str) -> bool:
    """Tell whether two firewalls stand in hubs that both send private traffic through them: there and back (A8)."""
    hubs = []
    for at in (one, other):
        firewall = network.estate.firewalls.get(at)
        routing = network.hubs.routing(firewall.hub) if firewall and firewall.hub else None
        if not isinstance(routing, HubRouting) or routing.private != at:
            return False
        hubs.append(routing.hub)
    return hubs[0].wan == hubs[1].wan
