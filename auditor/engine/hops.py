"""Hops as people read them: a place that decides, what decided there, and why."""

from functools import lru_cache

from auditor.engine.route import EffectiveRoute
from auditor.estate.estate import Estate
from auditor.estate.network import Subnet
from auditor.traces import Hop, Verdict


def make_hop(at: str, resource: str, decided_by: str, verdict: Verdict, code: str, why: str, spec: str) -> Hop:  # noqa: PLR0913, PLR0917 - the fields of a hop
    """Return a hop; shorter to write than its keywords."""
    return Hop(at=at, resource=resource, decided_by=decided_by, verdict=verdict, code=code, why=why, spec=spec)


@lru_cache(maxsize=4096)
def route_hop(route: EffectiveRoute) -> Hop:
    """Return the hop of the route a flow takes."""
    to = f" {route.next_hop_address}" if route.next_hop_address else ""
    word = ROUTE_WORDS.get(route.next_hop, route.next_hop)
    why = f"{route.name} ({route.text}) is the most specific and leads to {word}{to}"
    return make_hop(
        "route-table",
        route.resource,
        route.name,
        Verdict.ALLOW,
        f"route-{_CODES.get(route.next_hop, 'other')}",
        why,
        route.spec,
    )


ROUTE_WORDS = {
    "internet": "the Internet",
    "virtualappliance": "the appliance",
    "vnetlocal": "the virtual network",
    "peering": "the peered virtual network",
    "virtualnetworkgateway": "the gateway",
    "service-endpoint": "the service itself",
    "private-endpoint": "the private endpoint",
    "none": "nowhere",
    "bgp": "the gateway",
    "platform": "the platform",
    "hub-firewall": "the firewall of the hub",
    "hub-vnet": "the network behind the hub",
    "hub-appliance": "the appliance in the hub",
    "hub-open": "the hub",
}
_CODES = {
    "internet": "internet",
    "virtualappliance": "appliance",
    "vnetlocal": "vnet",
    "peering": "peering",
    "virtualnetworkgateway": "gateway",
    "service-endpoint": "service-endpoint",
    "private-endpoint": "private-endpoint",
    "none": "none",
    "bgp": "bgp",
    "platform": "platform",
    "hub-firewall": "hub-firewall",
    "hub-vnet": "hub-vnet",
    "hub-appliance": "hub-appliance",
    "hub-open": "hub",
}


def unreadable_routes(estate: Estate, subnet: Subnet, at: str) -> Hop:
    """Return the hop of a subnet whose VNet or route table cannot be read; the same wherever it is asked for."""
    unread = subnet.route_table or "" if subnet.vnet in estate.virtual_networks else subnet.vnet
    return make_hop(at, unread, "", Verdict.UNKNOWN, "route-table-unreadable", estate.missing(unread), "U8")
