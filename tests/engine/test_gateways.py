"""Routes that gateways and Route Servers may bring, which configuration does not show: R3, R4, R11, R13, A11, H14."""

import pytest

from auditor.traces import Path, Verdict
from tests.builders import Document, network_id, peering, route, subnet
from tests.engine.scenes import FIREWALL, HUB, TO_FIREWALL, Scene, allow_network, gateway, named, scene, to

ALLOW, BLOCK, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.UNKNOWN
DIRECT = route("default", "0.0.0.0/0", "Internet")
SPLIT = (
    route("low", "0.0.0.0/1", TO_FIREWALL, FIREWALL),
    route("high", "128.0.0.0/1", TO_FIREWALL, FIREWALL),
)


def _route_server(*, propagation: bool = True) -> Scene:
    """Return F0 whose default route leads to the Internet, with a Route Server in the spoke."""
    attached = f"{network_id('virtualHubs', 'routes')}/ipConfigurations/ipconfig"
    place = subnet("spoke", "RouteServerSubnet", "10.1.9.0/27", attached=[attached])
    return scene(default=DIRECT, spoke_subnets=[place, subnet("spoke", "vm", "10.1.2.0/24")], propagation=propagation)


def _local_network_gateway(prefix: str) -> Document:
    """Return what a site-to-site connection knows of the other end."""
    return {
        "id": network_id("localNetworkGateways", "office"),
        "name": "office",
        "type": "Microsoft.Network/localNetworkGateways",
        "properties": {
            "localNetworkAddressSpace": {"addressPrefixes": [prefix]},
            "gatewayIpAddress": "203.0.113.1",
        },
    }


def test_route_server_may_bring_any_route() -> None:
    """Which appliance a Route Server's routes pick is not in the configuration, so it may not be a way out (A11)."""
    assert _route_server().out(to("8.8.8.8")).verdict is UNKNOWN
    assert _route_server().out(named("a.contoso.com")).verdict is UNKNOWN


def test_route_server_and_propagation() -> None:
    """A route table that keeps learned routes out keeps those of a Route Server out too (H14, R23)."""
    assert _route_server(propagation=False).out(to("8.8.8.8")).verdict is ALLOW


def test_routes_of_a_route_server_do_not_beat_the_network() -> None:
    """Routes of a Route Server are learned routes: those of the network and its peerings win (H14, R4)."""
    made = _route_server()

    assert made.next_hops("10.1.2.9") == ("vnetlocal",)
    assert made.next_hops("10.0.5.5") == ("peering",)
    assert made.out(to("10.1.2.9")).walk.path is Path.VNET


@pytest.mark.parametrize("routes", [(), SPLIT], ids=["no default route", "split default route"])
def test_a_learned_default_route_may_lift_the_drop(routes: tuple[Document, ...]) -> None:
    """Whether a default route learned by BGP takes Azure's drop of private ranges away is not documented (R11)."""
    made = scene(default=None, routes=routes, more=[gateway("ExpressRoute", "spoke")])

    assert made.out(to("10.50.0.5")).verdict is UNKNOWN


def test_other_end_of_a_site_to_site_connection() -> None:
    """Prefixes of a local network gateway are routes of the subnet; where they lead is not known (R13, U2)."""
    documents = [gateway("Vpn", "spoke"), _local_network_gateway("192.168.0.0/16")]
    learning, keeping_out = (scene(propagation=each, table=True, more=documents) for each in (True, False))

    assert learning.out(to("192.168.7.4")).verdict is UNKNOWN
    assert keeping_out.next_hops("192.168.7.4") == ("virtualappliance 10.0.0.4",)


def test_gateway_of_a_peered_network() -> None:
    """The routes of a peer's gateway arrive only over a peering that uses it (H6)."""
    using, not_using = (
        scene(
            default=DIRECT,
            spoke_peerings=[peering("spoke", "hub", HUB, useRemoteGateways=each)],
            network_rules=[allow_network()],
            more=[gateway("ExpressRoute", "hub")],
        )
        for each in (True, False)
    )

    assert (using.out(to("8.8.8.8")).verdict, not_using.out(to("8.8.8.8")).verdict) == (UNKNOWN, ALLOW)
