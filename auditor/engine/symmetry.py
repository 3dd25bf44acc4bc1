"""Whether a reply crosses the stateful devices that its request crossed, and no other (specification section 4, A1)."""

from dataclasses import replace

from auditor.engine.flows import Endpoint, Flow
from auditor.engine.hops import make_hop, unreadable_routes
from auditor.engine.hub_passing import both_inspect
from auditor.engine.network import Network
from auditor.engine.route import EffectiveRoute
from auditor.engine.virtual_wan import TO_FIREWALL, TO_VNET
from auditor.engine.ways import STATELESS, Walk
from auditor.estate.addresses import PUBLIC, AddressSet, address_texts
from auditor.estate.arm import key
from auditor.estate.network import Subnet
from auditor.traces import Hop, Verdict

_IN_HUB = "azfw_hub"
LOST = "lost"
"""Stands for "no way at all" where the id of a stateful device is expected."""


def senders_apart(network: Network, flow: Flow, responder: Subnet) -> list[Flow]:
    """Return the parts of a flow to whose senders `responder` replies by different routes."""
    routes = network.routes(responder)
    choices = routes.decide(flow.source) if routes is not None else ()
    parts = [each.addresses for each in choices if each.addresses is not None]
    if len(parts) < 2:  # noqa: PLR2004 - one way for all
        return [flow]
    return [replace(flow, source=replace(flow.source, addresses=each, label=address_texts(each))) for each in parts]


def symmetry_hops(network: Network, flow: Flow, responder: Subnet, walk: Walk) -> tuple[Hop, ...]:
    """Return whether the replies of `responder` cross the firewall that the request crossed, and no other (A1).

    One hop where the same is true of all senders, else one for each part of them.
    """
    parts = senders_apart(network, flow, responder)
    hops = tuple(symmetry_hop(network, each, responder, walk) for each in parts)
    if len({each.verdict for each in hops}) > 1:
        return hops
    shown = replace(parts[0], source=replace(parts[0].source, label=flow.source.label))
    return (symmetry_hop(network, shown, responder, walk),)


def symmetry_hop(network: Network, flow: Flow, responder: Subnet, walk: Walk) -> Hop:
    """Return whether the reply of `responder` crosses the firewall that the request crossed, and no other (A1)."""
    back = stateful_way(network, responder, flow.source)
    there = walk.firewalls[0] if len(walk.firewalls) == 1 else None
    if walk.last != "":
        walk = replace(walk, snat=walk.last_snat)
        there = walk.last if there is not None else None
    if network.routes(responder) is None:
        return unreadable_routes(network.estate, responder, "reply")
    if there and walk.snat and network.estate.firewalls[there].sku != _IN_HUB:
        return returned_hop(network, responder, there)
    if back == LOST and there is not None and walk.snat is False:
        why = f"subnet {responder.name} has no way back to {flow.source.label}"
        resource, by = responder.route_table or responder.id, route_back(network, responder, flow.source)
        return make_hop("reply", resource, by, Verdict.BLOCK, "reply-dropped", why, "H1")
    if back is None or there is None or (there not in {STATELESS, back} and walk.snat is None):
        why = f"which firewall the reply of {responder.name} to {flow.source.label} crosses is not known"
        return make_hop("reply", responder.route_table or "", "", Verdict.UNKNOWN, "reply-unknown", why, "A1")
    if back == there or (there and walk.snat) or both_inspect(network, there, back):
        why = f"the reply of {responder.name} to {flow.source.label} returns the way the request came"
        return make_hop("reply", responder.id, "", Verdict.ALLOW, "reply-symmetric", why, "A1")
    way_there = _via(network, there)
    way_back = _via(network, back)
    why = f"the request of {flow.source.label} reaches {responder.name} {way_there}, but its reply leaves {way_back}"
    resource, by = responder.route_table or responder.id, route_back(network, responder, flow.source)
    return make_hop("reply", resource, by, Verdict.BLOCK, "reply-asymmetric-peer", why, "A5")


def route_back(network: Network, responder: Subnet, to: Endpoint) -> str:
    """Return the name of the route by which a subnet replies to `to`; "" where its routes are not known."""
    routes = network.routes(responder)
    found = routes.decide(to)[0].routes if routes is not None else ()
    return next((each.name for each in found if each.next_hop != "bgp"), "")


def returned_hop(network: Network, responder: Subnet, firewall_id: str) -> Hop:
    """Return whether the reply of `responder` reaches the firewall whose address it saw as the sender's (A1, F46)."""
    firewall = network.estate.firewalls[firewall_id]
    place = network.estate.subnets.get(firewall.addresses[0].subnet)
    way = stateful_way(network, responder, Endpoint(label=firewall.name, addresses=place.addresses)) if place else None
    table = responder.route_table or responder.id
    if way is None:
        why = f"how subnet {responder.name} sends its reply to firewall {firewall.name} is not known"
        return make_hop("reply", table, "", Verdict.UNKNOWN, "reply-unknown", why, "A1")
    if way in {STATELESS, firewall_id}:
        why = f"the reply of {responder.name} returns to firewall {firewall.name}, whose address it saw"
        return make_hop("reply", responder.id, "", Verdict.ALLOW, "reply-symmetric", why, "A1")
    why = f"subnet {responder.name} does not send its reply to firewall {firewall.name}, whose address it saw"
    return make_hop("reply", table, "", Verdict.BLOCK, "reply-dropped", why, "A1")


def stateful_way(network: Network, subnet: Subnet, to: Endpoint) -> str | None:
    """Return the comparing id of the firewall that `subnet` sends traffic to `to` through.

    STATELESS without one, LOST where it is dropped, None where that cannot be told or differs between parts of `to`.
    """
    routes = network.routes(subnet)
    if routes is None:
        return None
    choices = routes.decide(to)
    if any(len(each.routes) > 1 for each in choices):
        return None
    found = {_device(network, subnet, choice.routes[0], choice.addresses) for choice in choices}
    return found.pop() if len(found) == 1 else None


def _device(network: Network, subnet: Subnet, route: EffectiveRoute, addresses: AddressSet | None) -> str | None:
    if route.next_hop in {"vnetlocal", "peering", "private-endpoint", TO_VNET}:
        return STATELESS if stays_inside(network, subnet, route, addresses) else LOST
    if route.next_hop == TO_FIREWALL:
        return route.peer
    if route.next_hop == "internet":
        return STATELESS if addresses is None or addresses <= PUBLIC else LOST
    if route.next_hop == "none":
        return LOST
    if route.next_hop != "virtualappliance":
        return None
    owner = network.owner(subnet, route)
    if owner.blocked:
        return LOST
    return key(owner.firewall.id) if owner.code == "next-hop-firewall" and owner.firewall else None


def stays_inside(network: Network, subnet: Subnet, route: EffectiveRoute, addresses: AddressSet | None) -> bool:
    """Tell whether what a route keeps inside finds its end there: a user's to the VNet itself may not (R14)."""
    if route.next_hop != "vnetlocal" or route.origin != "user":
        return True
    vnet = network.estate.virtual_networks.get(subnet.vnet)
    return vnet is not None and addresses is not None and addresses <= vnet.addresses


def _via(network: Network, firewall: str) -> str:
    return "directly" if firewall == STATELESS else f"through firewall {network.estate.firewalls[firewall].name}"
