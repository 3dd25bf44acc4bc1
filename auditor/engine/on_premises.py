"""What comes in from on-premises through a gateway, and how it is answered (A7, R13, R22).

Which prefixes a gateway learns is not part of the configuration. That a sender is there means that its prefix is
learned, by a route longer than a default route.
"""

from dataclasses import replace

from auditor.engine.filters import in_part
from auditor.engine.flows import Endpoint, Flow, part_of
from auditor.engine.hops import make_hop
from auditor.engine.matching import together
from auditor.engine.network import Network
from auditor.engine.replies import Exchange
from auditor.engine.route import EffectiveRoute
from auditor.engine.symmetry import LOST, returned_hop, route_back, senders_apart
from auditor.engine.walk import outbound
from auditor.engine.ways import STATELESS, Walk, in_series
from auditor.estate.arm import key
from auditor.estate.estate import Estate
from auditor.estate.network import Subnet
from auditor.traces import Hop, Reply, Verdict

_GATEWAY_SUBNET = "gatewaysubnet"


def gateway_subnets(estate: Estate, vnet_id: str) -> tuple[Subnet, ...]:
    """Return the subnets of the gateways by which on-premises networks reach a VNet: its own, or those it borrows."""
    vnet = estate.virtual_networks.get(vnet_id)
    lenders = tuple(each.remote for each in (vnet.peerings if vnet else ()) if each.use_remote_gateways)
    found = (each for place in (vnet_id, *lenders) for each in estate.subnets_of(place))
    return tuple(each for each in found if each.name.lower() == _GATEWAY_SUBNET)


def from_on_premises(network: Network, flow: Flow, receiver: Subnet, gateway: Subnet) -> Exchange:
    """Return what becomes of a flow that a gateway in subnet `gateway` brings to `receiver`, and of its reply."""
    walk = outbound(network, flow, gateway)
    walk = replace(walk, caveats=(*walk.caveats, *_caveats(network, gateway)))
    routes = network.routes(gateway)
    choices = routes.decide(flow.destination) if routes is not None else ()
    parts = [part_of(flow, each.addresses) for each in choices] or [flow]
    ways = [outbound(network, each, gateway) for each in parts] if len(parts) > 1 else [walk]
    unlent = _unlent(network.estate, receiver, gateway)
    if unlent is not None and STATELESS in walk.firewalls:  # what goes by a firewall of the hub needs no transit
        unlent = unlent if walk.firewalls == (STATELESS,) else in_part(unlent)
        walk = replace(walk, verdict=in_series((unlent.verdict, walk.verdict)), hops=(unlent, *walk.hops))
        parts, ways = [flow], [walk]
    found = [_replies(network, part, receiver, way) for part, way in zip(parts, ways, strict=True)]
    verdict = together(in_series((way.verdict, back)) for way, (back, _) in zip(ways, found, strict=True))
    hops = tuple(dict.fromkeys(hop for _, each in found for hop in each))
    reply = Reply(verdict=together(back for back, _ in found), path=walk.path, hops=hops)
    return Exchange(flow=flow, walk=walk, reply=reply, verdict=verdict)


def _unlent(estate: Estate, receiver: Subnet, gateway: Subnet) -> Hop | None:
    """Return the hop of a peering that does not let the receiver's VNet use the gateway (H6); None where none does."""
    lender = estate.virtual_networks.get(gateway.vnet)
    halves = (each for each in (lender.peerings if lender else ()) if each.remote == receiver.vnet)
    half = next((each for each in halves if not each.lends_gateway), None)
    if half is None:
        return None
    why = f"peering {half.name} does not allow gateway transit, which subnet {receiver.name} needs to use the gateway"
    return make_hop("peering", gateway.vnet, half.name, Verdict.BLOCK, "gateway-not-lent", why, "H6")


def _replies(network: Network, flow: Flow, receiver: Subnet, walk: Walk) -> tuple[Verdict, tuple[Hop, ...]]:
    """Return the verdict on the replies to all senders, and their hops."""
    parts = [_reply(network, each, receiver, walk) for each in senders_apart(network, flow, receiver)]
    verdict = together(in_series(hop.verdict for hop in hops) for hops in parts)
    return verdict, tuple(hop for hops in parts for hop in hops)


def _reply(network: Network, flow: Flow, receiver: Subnet, walk: Walk) -> tuple[Hop, ...]:
    """Return the reply, which must cross the firewall that the request crossed and no other (A7)."""
    there = walk.firewalls[0] if len(walk.firewalls) == 1 and walk.last == "" else None
    if there and walk.snat:
        return (returned_hop(network, receiver, there), *_from_firewall(network, flow, there))
    back = way_back(network, receiver, flow.source)
    place = receiver.route_table or receiver.id
    label = flow.source.label
    if there is None or back is None:
        why = f"which way subnet {receiver.name} replies to {label} is not known"
        return (make_hop("reply", place, "", Verdict.UNKNOWN, "reply-unknown", why, "U1"),)
    if back == LOST:
        why = f"subnet {receiver.name} has no way back to {label}"
        return (make_hop("reply", place, "", Verdict.BLOCK, "reply-dropped", why, "A7"),)
    if back != there:
        ways = [
            f"through firewall {network.estate.firewalls[each].name}" if each else "directly" for each in (there, back)
        ]
        why = f"the request of {label} reaches subnet {receiver.name} {ways[0]}, but its reply leaves {ways[1]}"
        by = route_back(network, receiver, flow.source)
        return (make_hop("reply", place, by, Verdict.BLOCK, "reply-asymmetric", why, "A7"),)
    why = f"the reply of subnet {receiver.name} to {label} returns the way the request came"
    same = make_hop("reply", receiver.id, "", Verdict.ALLOW, "reply-symmetric", why, "A7")
    return (same, *_from_firewall(network, flow, there)) if there else (same,)


def _from_firewall(network: Network, flow: Flow, firewall_id: str) -> tuple[Hop, ...]:
    """Return the last leg of the reply: from the firewall to the gateway."""
    firewall = network.estate.firewalls[firewall_id]
    home = network.estate.subnets.get(firewall.addresses[0].subnet) if firewall.addresses else None
    way = way_back(network, home, flow.source) if home is not None else None
    resource = home.id if home is not None else firewall.id
    if way == STATELESS:
        why = f"firewall {firewall.name} sends the reply to {flow.source.label} on to the gateway"
        return (make_hop("reply", resource, "", Verdict.ALLOW, "reply-firewall", why, "A7"),)
    verdict = Verdict.UNKNOWN if way is None else Verdict.BLOCK
    why = f"firewall {firewall.name} does not, or may not, send the reply to {flow.source.label} on to the gateway"
    return (make_hop("reply", resource, "", verdict, "reply-misrouted", why, "A7"),)


def way_back(network: Network, subnet: Subnet, to: Endpoint) -> str | None:
    """Return the comparing id of the firewall by which a subnet replies to a sender beyond a gateway.

    STATELESS where it replies to the gateway straight, LOST where it has no way, None where that cannot be told.
    """
    routes = network.routes(subnet)
    if routes is None:
        return None
    found = {_way(network, subnet, choice.routes) for choice in routes.decide(to)}
    return found.pop() if len(found) == 1 else None


def _way(network: Network, subnet: Subnet, routes: tuple[EffectiveRoute, ...]) -> str | None:
    learned = any(each.next_hop == "bgp" for each in routes)
    base = next((each for each in routes if each.next_hop != "bgp"), None)
    if base is None or len(routes) > 1 + learned:
        return None
    if base.next_hop == "virtualnetworkgateway":
        return STATELESS
    if learned:  # the prefix of a sender that is there is longer than a default route
        return STATELESS if base.length == 0 or base.origin != "user" else None
    if base.next_hop == "virtualappliance":
        owner = network.owner(subnet, base)
        if owner.blocked:
            return LOST
        return key(owner.firewall.id) if owner.code == "next-hop-firewall" and owner.firewall else None
    return LOST


def _caveats(network: Network, gateway: Subnet) -> tuple[str, ...]:
    """Return what the route table of a gateway's subnet must not do (R22)."""
    table = network.estate.route_tables.get(gateway.route_table or "")
    if table is None:
        return ()
    found = []
    if not table.propagation:
        found.append(
            f"route table {table.name} keeps learned routes from the gateway's own subnet, which breaks it [R22]"
        )
    if any(each.text == "0.0.0.0/0" for each in table.routes):
        found.append(f"route table {table.name} has a default route on the gateway's subnet, which can break it [R22]")
    return tuple(found)
