"""Destinations of several parts, each of which goes its own way and sends its own reply (A1, F40, R14)."""

import pytest

from auditor.traces import Verdict
from tests.builders import Document, application_rule, classic, firewall, peering, route, route_table, subnet, vnet
from tests.engine.scenes import (
    DEFAULT,
    FIREWALL,
    HUB,
    SPOKE,
    TO_FIREWALL,
    Scene,
    allow_network,
    scene,
    to,
)

ALLOW, BLOCK, PARTIAL, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN
FAR, THIRD = "10.2.0.0/16", "10.3.0.0/16"


def _two_peers(far_routes: list[Document]) -> Scene:
    """Return F0 with two more VNets peered with the spoke; the first has a route table."""
    far = vnet(
        "far",
        FAR,
        [subnet("far", "vm", "10.2.1.0/24", table="rt-far")],
        [peering("far", "hub", HUB), peering("far", "spoke", SPOKE)],
    )
    third = vnet("third", THIRD, [subnet("third", "vm", "10.3.1.0/24")], [peering("third", "spoke", SPOKE)])
    return scene(
        spoke_peerings=[peering("spoke", "hub", HUB), peering("spoke", "far", FAR), peering("spoke", "third", THIRD)],
        hub_peerings=[peering("hub", "spoke", SPOKE), peering("hub", "far", FAR)],
        more=[far, third, route_table("rt-far", far_routes)],
        network_rules=[allow_network()],
    )


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        ("10.2.1.4", BLOCK),
        ("10.3.1.4", ALLOW),
        ("10.2.1.4,10.3.1.4", PARTIAL),
        ("10.2.1.4,8.8.8.8", PARTIAL),
        ("10.3.1.4,10.2.1.4,8.8.8.8", PARTIAL),
        ("10.3.1.4,8.8.8.8", ALLOW),
    ],
)
def test_every_part_sends_its_own_reply(ends: str, verdict: Verdict) -> None:
    """A part whose reply goes astray is not made good by another whose reply returns (A1)."""
    made = _two_peers([route("back", SPOKE, TO_FIREWALL, FIREWALL)])

    assert made.out(to(ends), "22").verdict is verdict


@pytest.mark.parametrize(
    ("far_routes", "ends", "verdict"),
    [
        ([DEFAULT], "10.2.1.4", ALLOW),
        ([DEFAULT], "10.2.1.4,8.8.8.8", ALLOW),
        ([], "10.2.1.4", BLOCK),
        ([], "10.2.1.4,8.8.8.8", PARTIAL),
    ],
)
def test_parts_behind_one_firewall(far_routes: list[Document], ends: str, verdict: Verdict) -> None:
    """What one route takes to a firewall may part behind it, to another spoke and to the Internet (F40, H1)."""
    far = vnet("far", FAR, [subnet("far", "vm", "10.2.1.0/24", table="rt-far")], [peering("far", "hub", HUB)])
    made = scene(
        hub_peerings=[peering("hub", "spoke", SPOKE), peering("hub", "far", FAR)],
        more=[far, route_table("rt-far", far_routes)],
        network_rules=[allow_network()],
    )

    assert made.out(to(ends), "22").verdict is verdict


def test_one_part_has_no_subnet() -> None:
    """A range of which a part lies in no subnet passes in part."""
    made = _two_peers([])

    assert (made.out(to("10.2.1.0/24")).verdict, made.out(to("10.2.0.0/16")).verdict) == (ALLOW, PARTIAL)


@pytest.mark.parametrize(
    ("prefix", "ends", "verdict"),
    [("10.0.0.0/8", "10.9.9.9", BLOCK), ("0.0.0.0/0", "10.9.9.9,8.8.8.8", PARTIAL), ("0.0.0.0/0", "8.8.8.8", ALLOW)],
)
def test_internet_carries_no_private_address(prefix: str, ends: str, verdict: Verdict) -> None:
    """A route to the Internet leads a private address nowhere (R14)."""
    assert scene(default=route("out", prefix, "Internet")).out(to(ends)).verdict is verdict


def test_reply_to_a_sender_that_may_be_translated() -> None:
    """Where it is not known whether the firewall's own address is seen, a lost way to the sender decides nothing (A6).

    Only an application rule can let this through, and what it lets through bears the firewall's address.
    """
    far = vnet("far", FAR, [subnet("far", "vm", "10.2.1.0/24", table="rt-far")], [peering("far", "hub", HUB)])
    names = classic("names", 300, "Allow", [application_rule("all", ["*"])])
    made = scene(
        wall=firewall("fw", "hub", FIREWALL, collections={"applicationRuleCollections": [names]}),
        hub_peerings=[peering("hub", "spoke", SPOKE), peering("hub", "far", FAR)],
        more=[far, route_table("rt-far", [route("astray", SPOKE, "None")])],
    )

    assert made.out(to("10.2.1.4")).verdict is UNKNOWN
