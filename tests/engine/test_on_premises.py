"""What comes in from on-premises through a gateway, and how it is answered (A7)."""

from typing import Any

import pytest

from auditor.engine.on_premises import from_on_premises, gateway_subnets
from auditor.engine.replies import Exchange
from auditor.traces import Verdict
from tests.builders import Document, firewall, network_id, peering, route, route_table, subnet
from tests.engine.scenes import FIREWALL, HUB, SPOKE, TO_FIREWALL, allow_network, flow, gateway, scene, to

ALLOW, BLOCK, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.UNKNOWN
OFFICE = "192.168.7.0/24"
TO_SPOKE = route("spoke", SPOKE, TO_FIREWALL, FIREWALL)


def _asked(*gateway_routes: Document, **more: Any) -> Exchange:  # noqa: ANN401 - changes of a scene
    """Return a request from on-premises by the gateway in the hub. gateway_routes: of the table of its subnet."""
    place = subnet("hub", "GatewaySubnet", "10.0.9.0/27", table="rt-gw", attached=[f"{network_id('x', 'gw')}/ip"])
    made = scene(
        hub_subnets=[place],
        spoke_peerings=[peering("spoke", "hub", HUB, useRemoteGateways=True)],
        network_rules=more.pop("network_rules", [allow_network()]),
        more=[route_table("rt-gw", gateway_routes), gateway("Vpn", "hub")],
        **more,
    )
    (found,) = gateway_subnets(made.network.estate, made.ase.vnet)
    asked = flow(to(OFFICE), to("10.1.1.4"))
    return from_on_premises(made.network, asked, made.ase, found)


def test_both_ways_through_the_firewall() -> None:
    """Routes on both sides lead through the firewall, and nothing learned goes round it."""
    found = _asked(TO_SPOKE, propagation=False)

    assert (found.verdict, found.reply.hops[0].code) == (ALLOW, "reply-symmetric")


def test_no_route_on_the_gateway_subnet() -> None:
    """The request comes straight, the reply by the firewall, which never saw it (V120)."""
    found = _asked(propagation=False)

    assert (found.verdict, found.trace.reason.code, found.reply.hops[0].spec) == (BLOCK, "reply-asymmetric", "A7")


def test_learned_routes_on_the_receiver() -> None:
    """With learned routes the reply takes the office's own prefix past a default route to the firewall."""
    assert _asked(TO_SPOKE).trace.reason.code == "reply-asymmetric"
    assert _asked().verdict is ALLOW


@pytest.mark.parametrize(("length", "verdict"), [("192.168.0.0/16", UNKNOWN)])
def test_a_route_of_the_users_and_learned_ones(length: str, verdict: Verdict) -> None:
    """Whether a learned prefix is longer than a route of the user's is not known (U1)."""
    assert _asked(TO_SPOKE, routes=[route("office", length, TO_FIREWALL, FIREWALL)]).verdict is verdict


def test_rules_of_the_firewall_count() -> None:
    """What comes in through the firewall passes its rules."""
    found = _asked(TO_SPOKE, propagation=False, network_rules=[])

    assert (found.verdict, found.trace.reason.code) == (BLOCK, "firewall-default-deny")


def test_a_translating_firewall() -> None:
    """Replies return to a firewall that translates the sender, whatever else was learned (F36)."""
    always = firewall(
        "fw",
        "hub",
        FIREWALL,
        collections={"networkRuleCollections": [allow_network()]},
        additionalProperties={"Network.SNAT.PrivateRanges": "255.255.255.255/32"},
    )

    assert _asked(TO_SPOKE, wall=always).verdict is ALLOW


@pytest.mark.parametrize(
    ("routes", "propagation", "caveats"),
    [([TO_SPOKE], True, 0), ([TO_SPOKE, route("all", "0.0.0.0/0", "Internet")], True, 1)],
)
def test_what_breaks_a_gateway(routes: list[Document], propagation: bool, caveats: int) -> None:  # noqa: FBT001 - of a table
    """A default route on the subnet of a gateway can break it (R22)."""
    found = _asked(*routes, propagation=propagation)

    assert len([each for each in found.walk.caveats if "[R22]" in each]) == caveats
