"""The way back: A1 to A8, A21, F36, F43, H1 to H4."""

from typing import Any

import pytest

from auditor.engine.replies import Exchange
from auditor.traces import Path, Verdict
from tests.builders import (
    Document,
    application_rule,
    classic,
    firewall,
    interface,
    peering,
    route,
    route_table,
    security_rule,
    subnet,
    vnet,
)
from tests.engine.scenes import (
    ASE,
    DEFAULT,
    FIREWALL,
    HUB,
    SPOKE,
    TO_FIREWALL,
    Scene,
    allow_names,
    allow_network,
    gateway,
    named,
    scene,
    tag_list,
    to,
)

ALLOW, BLOCK, PARTIAL, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN
B = "10.2.0.0/16"
TO_B = route("b", B, TO_FIREWALL, FIREWALL)


# Clients and management from outside (A2, A3, A21).


@pytest.mark.parametrize(
    ("back", "verdict", "code"),
    [
        ([], BLOCK, "reply-asymmetric"),
        ([route("client", "203.0.113.0/24", "Internet")], ALLOW, "delivered"),
        ([route("client", "203.0.113.0/25", "Internet")], PARTIAL, "reply-asymmetric"),
        ([route("client", "203.0.113.0/24", "None")], BLOCK, "reply-dropped"),
        ([route("client", "203.0.113.0/24", TO_FIREWALL, "10.0.0.9")], BLOCK, "next-hop-unowned"),
        ([route("client", "203.0.113.0/24", "VirtualNetworkGateway")], BLOCK, "reply-asymmetric"),
        ([route("client", "203.0.113.0/24", "HyperNetGateway")], UNKNOWN, "reply-by-user"),
    ],
)
def test_reply_to_clients(back: list[Document], verdict: Verdict, code: str) -> None:
    """A request that came from the Internet is answered only if the reply goes back there (A2, A3)."""
    exchange = scene(routes=back).inward(to("203.0.113.0/24"), "443")

    assert (exchange.verdict, exchange.trace.reason.code) == (verdict, code)


@pytest.mark.parametrize(
    ("default", "verdict"),
    [
        (DEFAULT, BLOCK),
        (route("default", "0.0.0.0/0", "VirtualNetworkGateway"), BLOCK),
        (route("default", "0.0.0.0/0", "Internet"), UNKNOWN),
    ],
)
def test_reply_by_a_learned_route(default: Document, verdict: Verdict) -> None:
    """A learned route takes a reply to a gateway, so that only one to the Internet may bring it back (A2)."""
    made = scene(default=default, more=[gateway("Vpn", "spoke")])

    assert made.inward(to("203.0.113.7"), "443").verdict is verdict


def test_reply_without_table() -> None:
    """Without a route table replies leave by Azure's own 0.0.0.0/0."""
    assert scene(table=False).inward(to("203.0.113.7"), "443").verdict is ALLOW


@pytest.mark.parametrize(("port", "verdict"), [("16001", ALLOW), ("80", BLOCK)])
def test_probes_are_answered(port: str, verdict: Verdict) -> None:
    """A probe of Azure's load balancer passes where the NSG lets it in: its reply follows no route (N13, R45)."""
    rules = [
        security_rule("probes", 100, "Allow", source="AzureLoadBalancer", ports="16001"),
        security_rule("deny-all", 4000, "Deny"),
    ]

    assert scene(nsg=rules).inward(to("168.63.129.16"), port).verdict is verdict


def test_reply_by_appliance() -> None:
    """What an appliance other than Azure Firewall does with a reply is not known (U2)."""
    card = interface("nva", "hub", "nva", "10.0.7.4", forwarding=True)
    made = scene(
        default=route("default", "0.0.0.0/0", TO_FIREWALL, "10.0.7.4"),
        hub_subnets=[subnet("hub", "nva", "10.0.7.0/24")],
        more=[card],
    )

    assert made.inward(to("203.0.113.7"), "443").verdict is UNKNOWN


def test_management_source_behind_a_service_endpoint() -> None:
    """A management source inside the prefixes of a service endpoint is not covered by the Internet route (A21)."""
    made = scene(
        endpoints=["Microsoft.Storage"],
        regions=["*"],
        routes=[route("management", "20.60.1.1/32", "Internet")],
        tags=[tag_list(Storage=["20.60.0.0/16"])],
    )

    assert made.inward(to("20.60.1.1"), "454").verdict is UNKNOWN


def test_one_lost_management_source_is_partial() -> None:
    """Of several sources one whose reply goes astray makes the whole partial, not an allow (A2, A19)."""
    made = scene(routes=[route("one", "13.64.115.203/32", "Internet")])

    assert made.inward(to("13.64.115.203,52.174.22.21"), "454").verdict is PARTIAL


@pytest.mark.parametrize("longer", [True, False])
def test_reply_and_bgp(*, longer: bool) -> None:
    """Where BGP may have a longer route than the Internet one, the reply is not decided; past a /32 it is (U1)."""
    prefix = "203.0.113.0/24" if longer else "203.0.113.7/32"
    made = scene(routes=[route("client", prefix, "Internet")], more=[gateway("ExpressRoute", "spoke")])

    assert made.inward(to("203.0.113.7"), "443").verdict is (UNKNOWN if longer else ALLOW)


def test_inbound_filter_counts() -> None:
    """A request that the NSG stops is stopped, however good its reply."""
    made = scene(table=False, nsg=[security_rule("deny", 100, "Deny")])

    assert made.inward(to("203.0.113.7"), "443").verdict is BLOCK


# Neighbours in the same VNet (A5).


def _gateway_asks(
    target: tuple[Document, ...], own: tuple[Document, ...] | None, rules: dict[str, list[Document]] | None = None
) -> Exchange:
    client = subnet("spoke", "gateway", "10.1.5.0/24", table=None if own is None else "rt-gateway")
    made = scene(
        routes=target,
        spoke_subnets=[client],
        wall=firewall("fw", "hub", FIREWALL, collections=rules or {"networkRuleCollections": [allow_network()]}),
        more=[] if own is None else [route_table("rt-gateway", own)],
    )
    return made.out(to(ASE), sender=made.subnet("gateway"))


def test_default_route_alone_is_harmless() -> None:
    """0.0.0.0/0 to the firewall on the target leaves replies inside the VNet alone: its route is longer (A5)."""
    assert _gateway_asks((), None).verdict is ALLOW


@pytest.mark.parametrize("prefix", [SPOKE, "10.1.5.0/24", "10.1.5.0/25"])
def test_target_replies_through_the_firewall(prefix: str) -> None:
    """A request that came directly and is answered through the firewall is lost there (A5)."""
    exchange = _gateway_asks((route("back", prefix, TO_FIREWALL, FIREWALL),), None)

    assert exchange.verdict in {BLOCK, PARTIAL, UNKNOWN}
    assert prefix.endswith("/25") or exchange.verdict is BLOCK


def test_both_through_the_firewall() -> None:
    """Requests and replies that both cross the firewall pass (A5)."""
    exchange = _gateway_asks(
        (route("back", SPOKE, TO_FIREWALL, FIREWALL),), (route("there", ASE, TO_FIREWALL, FIREWALL),)
    )

    assert (exchange.verdict, exchange.walk.path) == (ALLOW, Path.FIREWALL)


def test_target_replies_past_the_firewall() -> None:
    """A request through the firewall, its sender unchanged, that is answered directly is lost (A1, A5)."""
    assert _gateway_asks((), (route("there", ASE, TO_FIREWALL, FIREWALL),)).verdict is BLOCK


def test_always_snat_brings_replies_back() -> None:
    """A firewall that translates every sender's address gets every reply, whatever routes the target has (F44)."""
    made = {
        "networkRuleCollections": [allow_network()],
    }
    client = subnet("spoke", "gateway", "10.1.5.0/24", table="rt-gateway")
    always = {"Network.SNAT.PrivateRanges": "255.255.255.255/32"}
    place = scene(
        spoke_subnets=[client],
        wall=firewall("fw", "hub", FIREWALL, collections=made, additionalProperties=always),
        more=[route_table("rt-gateway", [route("there", ASE, TO_FIREWALL, FIREWALL)])],
    )

    assert place.out(to(ASE), sender=place.subnet("gateway")).verdict is ALLOW


# Spokes (A6, H1, H3).


def _spokes(  # noqa: PLR0913 - each names one thing that differs
    *,
    a: tuple[Document, ...] = (TO_B,),
    b: tuple[Document, ...] | None = None,
    peered: bool = False,
    forwarded: bool = True,
    rules: dict[str, list[Document]] | None = None,
    nsg: list[Document] | None = None,
    **wall: Any,  # noqa: ANN401 - fields of ARM
) -> Scene:
    far = vnet(
        "b",
        B,
        [subnet("b", "vm", "10.2.1.0/24", table=None if b is None else "rt-b")],
        [
            peering("b", "hub", HUB, allowForwardedTraffic=forwarded),
            *([peering("b", "spoke", SPOKE)] if peered else []),
        ],
    )
    return scene(
        routes=a,
        nsg=nsg,
        wall=firewall(
            "fw", "hub", FIREWALL, collections=rules or {"networkRuleCollections": [allow_network()]}, **wall
        ),
        spoke_peerings=[peering("spoke", "hub", HUB), *([peering("spoke", "b", B)] if peered else [])],
        hub_peerings=[peering("hub", "spoke", SPOKE), peering("hub", "b", B)],
        more=[far, *([] if b is None else [route_table("rt-b", b)])],
    )


def test_spoke_replies_through_the_firewall() -> None:
    """Two spokes that both send each other's traffic to the firewall reach each other (H1, A6)."""
    assert _spokes(b=(DEFAULT,)).out(to("10.2.1.4"), "22").verdict is ALLOW


def test_spoke_replies_over_its_own_peering() -> None:
    """A network rule keeps the sender's address: a reply over the spokes' own peering misses the firewall (A6)."""
    assert _spokes(peered=True).out(to("10.2.1.4"), "22").verdict is BLOCK


def test_spoke_without_a_way_back() -> None:
    """A spoke that knows no way back to the sender drops its reply (H1, R8)."""
    assert _spokes().out(to("10.2.1.4"), "22").verdict is BLOCK


@pytest.mark.parametrize(
    ("half", "peered", "verdict"),
    [
        (route("half", "10.1.1.0/25", TO_FIREWALL, FIREWALL), True, PARTIAL),
        (route("half", "10.1.1.0/25", TO_FIREWALL, FIREWALL), False, PARTIAL),
        (route("half", "10.1.1.0/25", "None"), True, BLOCK),
    ],
)
def test_replies_to_parts_of_the_senders(half: Document, peered: bool, verdict: Verdict) -> None:  # noqa: FBT001 - of spokes
    """Of senders that are answered by different ways each part has its own answer (A6)."""
    assert _spokes(b=(half,), peered=peered).out(to("10.2.1.4"), "22").verdict is verdict


def test_application_rule_brings_the_reply_back() -> None:
    """An application rule always translates the sender's address, so the reply returns to the firewall (A6, F36)."""
    everything = [classic("web", 300, "Allow", [application_rule("any", ["*"])])]
    made = _spokes(peered=True, rules={"applicationRuleCollections": everything})
    exchange = made.out(to("10.2.1.4"), "443")

    assert exchange.verdict in {ALLOW, UNKNOWN}
    assert not any(hop.code.startswith("reply-asymmetric") for hop in exchange.reply.hops)


def test_forced_snat_brings_the_reply_back() -> None:
    """A firewall that translates every sender's address gets the reply (A6, F44)."""
    made = _spokes(peered=True, additionalProperties={"Network.SNAT.PrivateRanges": "255.255.255.255/32"})

    assert made.out(to("10.2.1.4"), "22").verdict is ALLOW


@pytest.mark.parametrize(("ranges", "verdict"), [("255.255.255.255/32", ALLOW), ("IANAPrivateRanges", BLOCK)])
def test_spoke_that_drops_replies_to_the_sender(ranges: str, verdict: Verdict) -> None:
    """A spoke needs a way back to the sender only where it sees the sender's own address (A6, F44, H1)."""
    made = _spokes(
        b=(route("drop", SPOKE, "None"),), peered=True, additionalProperties={"Network.SNAT.PrivateRanges": ranges}
    )

    assert made.out(to("10.2.1.4"), "22").verdict is verdict


def test_forwarded_traffic_is_not_welcome() -> None:
    """Whether a spoke that does not allow forwarded traffic takes what the firewall forwards is disputed (H3)."""
    assert _spokes(b=(DEFAULT,), forwarded=False).out(to("10.2.1.4"), "22").verdict is UNKNOWN


def test_forwarded_traffic_from_the_internet() -> None:
    """Replies from the Internet through the hub pass, with a caveat where forwarded traffic is not allowed (H4)."""
    made = scene(
        spoke_peerings=[peering("spoke", "hub", HUB, allowForwardedTraffic=False)],
        application_rules=[allow_names("a.contoso.com")],
    )
    exchange = made.out(named("a.contoso.com"))

    assert exchange.verdict is ALLOW
    assert any("forward" in each for each in exchange.trace.caveats)


@pytest.mark.parametrize("half", ["spoke", "hub"])
def test_peer_without_access(half: str) -> None:
    """What a peering does that denies virtual network access is disputed, also for direct traffic (H5)."""
    flag = {"allowVirtualNetworkAccess": False}
    made = scene(
        spoke_peerings=[peering("spoke", "hub", HUB, **(flag if half == "spoke" else {}))],
        hub_peerings=[peering("hub", "spoke", SPOKE, **(flag if half == "hub" else {}))],
        hub_subnets=[subnet("hub", "services", "10.0.5.0/24")],
    )

    assert made.out(to("10.0.5.5")).verdict is UNKNOWN


# From the firewall back to the sender.


@pytest.mark.parametrize("hop", ["None", "Internet", "VirtualNetworkGateway"])
def test_firewall_does_not_find_back(hop: str) -> None:
    """A table on AzureFirewallSubnet that takes the sender's range elsewhere loses the reply (A1)."""
    made = scene(
        network_rules=[allow_network()],
        hub_routes=[route("default", "0.0.0.0/0", "Internet"), route("astray", SPOKE, hop)],
    )

    assert made.out(named("a.contoso.com")).verdict is not ALLOW


def test_reply_from_the_firewall() -> None:
    """Without a table on AzureFirewallSubnet replies return over the peering."""
    exchange = scene(network_rules=[allow_network()]).out(named("a.contoso.com"))

    assert (exchange.verdict, [hop.code for hop in exchange.reply.hops]) == (ALLOW, ["reply-firewall"])


# Parts.


def test_parts_that_take_different_ways() -> None:
    """A destination of which one part goes direct and one through the firewall is allowed only if both are."""
    half = route("half", "8.0.0.0/8", "Internet")
    free = scene(routes=[half], network_rules=[allow_network()]).out(to("8.8.8.8,9.9.9.9"))
    held = scene(routes=[half]).out(to("8.8.8.8,9.9.9.9"))

    assert (free.verdict, held.verdict) == (ALLOW, PARTIAL)


def test_part_whose_reply_is_lost() -> None:
    """A destination of which one part is answered past the firewall is not allowed whole (A6)."""
    made = _spokes(a=(TO_B,), peered=True)

    assert made.out(to("10.2.1.4,8.8.8.8"), "22").verdict in {BLOCK, PARTIAL, UNKNOWN}


def test_a_route_inside_for_what_lies_outside() -> None:
    """A receiver's route to its own VNet for a prefix of a peered one loses the reply (R14, A1)."""
    astray = route("inside", ASE, "VnetLocal")
    far = vnet(
        "far", "10.2.0.0/16", [subnet("far", "app", "10.2.1.0/24", table="rt-far")], [peering("far", "spoke", SPOKE)]
    )
    made = scene(
        spoke_peerings=[peering("spoke", "hub", HUB), peering("spoke", "far", "10.2.0.0/16")],
        more=[far, route_table("rt-far", [astray])],
    )

    assert made.out(to("10.2.1.4")).verdict is Verdict.BLOCK
