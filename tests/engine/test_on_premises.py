"""What comes in from on-premises through a gateway, and how it is answered (A7)."""

from typing import Any

import pytest

from auditor.engine.on_premises import from_on_premises, gateway_subnets
from auditor.engine.replies import Exchange
from auditor.traces import Verdict
from tests.builders import Document, firewall, network_id, peering, route, route_table, subnet
from tests.engine.scenes import FIREWALL, HUB, SPOKE, TO_FIREWALL, allow_network, flow, gateway, scene, to

ALLOW, BLOCK, PARTIAL, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN
OFFICE = "192.168.7.0/24"
TO_SPOKE = route("spoke", SPOKE, TO_FIREWALL, FIREWALL)


def _asked(*gateway_routes: Document, **more: Any) -> Exchange:  # noqa: ANN401 - changes of a scene
    """Return a request from on-premises by the gateway in the hub.

    gateway_routes: of the table of its subnet; wanted: whom it asks for; documents: that are there too; lent: whether
    the hub lets the spoke use its gateway.
    """
    wanted = more.pop("wanted", "10.1.1.4")
    place = subnet("hub", "GatewaySubnet", "10.0.9.0/27", table="rt-gw", attached=[f"{network_id('x', 'gw')}/ip"])
    made = scene(
        hub_subnets=[place],
        spoke_peerings=[peering("spoke", "hub", HUB, useRemoteGateways=True)],
        hub_peerings=[peering("hub", "spoke", SPOKE, allowGatewayTransit=more.pop("lent", True))],
        network_rules=more.pop("network_rules", [allow_network()]),
        more=[route_table("rt-gw", gateway_routes), gateway("Vpn", "hub"), *more.pop("documents", ())],
        **more,
    )
    (found,) = gateway_subnets(made.network.estate, made.ase.vnet)
    asked = flow(to(OFFICE), to(wanted))
    return from_on_premises(made.network, asked, made.ase, found)


def test_both_ways_through_the_firewall() -> None:
    """Routes on both sides lead through the firewall, and nothing learned goes round it."""
    found = _asked(TO_SPOKE, propagation=False)

    assert (found.verdict, found.reply.hops[0].code) == (ALLOW, "reply-symmetric")


def test_a_gateway_that_is_not_lent() -> None:
    """What a gateway brings reaches a peered VNet only where its own VNet allows the transit (H6)."""
    assert _asked().verdict is ALLOW
    found = _asked(lent=False)

    assert (found.verdict, found.trace.reason.code, found.trace.hops[0].spec) == (BLOCK, "gateway-not-lent", "H6")


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


def test_a_translated_reply_must_find_the_firewall() -> None:
    """Where the receiver has no way to the firewall whose address it saw, its reply is lost (A7, F46)."""
    always = firewall(
        "fw",
        "hub",
        FIREWALL,
        collections={"networkRuleCollections": [allow_network()]},
        additionalProperties={"Network.SNAT.PrivateRanges": "255.255.255.255/32"},
    )
    lost = _asked(TO_SPOKE, wall=always, routes=[route("lost", "10.0.0.0/26", "None")])

    assert (lost.verdict, lost.trace.reason.code) == (BLOCK, "reply-dropped")


def test_a_firewall_that_does_not_return_the_reply() -> None:
    """A firewall whose own subnet learns no routes loses the whole reply, not a part of it (A7)."""
    keeps_out = route_table("rt-hub", [route("default", "0.0.0.0/0", "Internet")], propagation=False)
    found = _asked(
        TO_SPOKE,
        propagation=False,
        wall_subnet_fields={"routeTable": {"id": keeps_out["id"]}},
        documents=[keeps_out],
    )

    assert (found.verdict, found.trace.reason.code) == (BLOCK, "reply-misrouted")


def test_two_firewalls_behind_a_gateway() -> None:
    """Replies that enter the way back at the second of two firewalls are not called astray (A7, A8)."""
    second = firewall("fw2", "spoke", "10.1.0.4", collections={"networkRuleCollections": [allow_network()]})
    found = _asked(
        TO_SPOKE,
        propagation=False,
        default=route("default", "0.0.0.0/0", TO_FIREWALL, "10.1.0.4"),
        hub_routes=[route("next", "10.1.1.0/24", TO_FIREWALL, "10.1.0.4")],
        spoke_subnets=[subnet("spoke", "AzureFirewallSubnet", "10.1.0.0/26")],
        documents=[second],
    )

    assert found.verdict is UNKNOWN


def test_parts_that_go_their_own_ways() -> None:
    """Of senders, or of addresses asked for, that are routed in different ways each part has its own answer (A7)."""
    half_of_office = route("office", "192.168.7.0/25", TO_FIREWALL, FIREWALL)
    by_sender = _asked(TO_SPOKE, default=route("default", "0.0.0.0/0", "Internet"), routes=[half_of_office])
    by_address = _asked(route("one", "10.1.1.5/32", TO_FIREWALL, FIREWALL), propagation=False, wanted="10.1.1.4/31")

    assert (by_sender.verdict, by_address.verdict) == (PARTIAL, PARTIAL)


@pytest.mark.parametrize(
    ("routes", "propagation", "caveats"),
    [([TO_SPOKE], True, 0), ([TO_SPOKE, route("all", "0.0.0.0/0", "Internet")], True, 1)],
)
def test_what_breaks_a_gateway(routes: list[Document], propagation: bool, caveats: int) -> None:  # noqa: FBT001 - of a table
    """A default route on the subnet of a gateway can break it (R22)."""
    found = _asked(*routes, propagation=propagation)

    assert len([each for each in found.walk.caveats if "[R22]" in each]) == caveats
