"""Behind a firewall that translates, receivers see and answer the firewall; two firewalls in a row (F43, F46, A8)."""

import pytest

from auditor.engine.replies import Exchange
from auditor.traces import Verdict
from tests.builders import Document, firewall, peering, route, route_table, security_group, security_rule, subnet, vnet
from tests.engine.scenes import (
    ASE,
    DEFAULT,
    FIREWALL,
    FIREWALL_SUBNET,
    HUB,
    SPOKE,
    TO_FIREWALL,
    allow_network,
    named,
    scene,
    to,
)

ALLOW, BLOCK, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.UNKNOWN
FAR, SECOND = "10.2.0.0/16", "10.3.0.0/16"
DENY = security_rule("deny", 200, "Deny")


def _to_far(routes: list[Document], rules: list[Document], *, ranges: str = "255.255.255.255/32") -> Exchange:
    """Ask through the firewall for a subnet of another spoke. ranges: towards which the firewall does not translate."""
    far = vnet(
        "far", FAR, [subnet("far", "vm", "10.2.1.0/24", table="rt-far", nsg="nsg-far")], [peering("far", "hub", HUB)]
    )
    wall = firewall(
        "fw",
        "hub",
        FIREWALL,
        collections={"networkRuleCollections": [allow_network()]},
        additionalProperties={"Network.SNAT.PrivateRanges": ranges},
    )
    made = scene(
        wall=wall,
        hub_peerings=[peering("hub", "spoke", SPOKE), peering("hub", "far", FAR)],
        more=[far, route_table("rt-far", routes), security_group("nsg-far", rules)],
    )
    return made.out(to("10.2.1.4"), "22")


@pytest.mark.parametrize(
    ("rules", "translated", "kept"),
    [
        ([security_rule("allow", 100, "Allow"), DENY], ALLOW, ALLOW),
        ([security_rule("firewall", 100, "Allow", source=FIREWALL_SUBNET), DENY], ALLOW, BLOCK),
        ([security_rule("sender", 100, "Allow", source=ASE), DENY], BLOCK, ALLOW),
        ([security_rule("not-firewall", 100, "Deny", source=FIREWALL_SUBNET)], BLOCK, UNKNOWN),
    ],
    ids=["all", "firewall only", "sender only", "all but firewall"],
)
def test_group_of_the_receiver_sees_the_firewall(rules: list[Document], translated: Verdict, kept: Verdict) -> None:
    """The NSG of the destination sees the sender that the firewall left in the packet (F43, F46).

    The last rules leave a sender in a spoke that is not peered to the default rules, for which the tag VirtualNetwork
    may hold it or not, since the subnet has a default route (N11a).
    """
    assert _to_far([DEFAULT], rules).verdict is translated
    assert _to_far([DEFAULT], rules, ranges="IANAPrivateRanges").verdict is kept


@pytest.mark.parametrize(
    ("routes", "verdict"),
    [
        ([], ALLOW),
        ([route("back", FIREWALL_SUBNET, TO_FIREWALL, FIREWALL)], ALLOW),
        ([route("drop", FIREWALL_SUBNET, "None")], BLOCK),
        ([route("drop", SPOKE, "None")], ALLOW),
        ([route("astray", FIREWALL_SUBNET, TO_FIREWALL, "10.0.0.9")], BLOCK),
    ],
)
def test_reply_to_the_address_of_the_firewall(routes: list[Document], verdict: Verdict) -> None:
    """Behind a firewall that translates, the receiver needs a way to the firewall, and none to the sender (A1)."""
    assert _to_far(routes, [security_rule("allow", 100, "Allow")]).verdict is verdict


@pytest.mark.parametrize(
    ("prefix", "address", "spec"),
    [(FAR, "10.3.0.4", "F2"), (FAR, "10.3.0.9", "R16"), ("0.0.0.0/0", "10.3.0.4", "F40")],
)
def test_firewall_behind_a_firewall(prefix: str, address: str, spec: str) -> None:
    """A firewall may hand what stays private to the next one, which here has no rule that allows it (A8).

    Only its default route must lead to the Internet (F40), and what nothing owns passes nothing on (R16).
    """
    second = vnet("hub2", SECOND, [subnet("hub2", "AzureFirewallSubnet", "10.3.0.0/26")], [peering("hub2", "hub", HUB)])
    made = scene(
        hub_peerings=[peering("hub", "spoke", SPOKE), peering("hub", "hub2", SECOND)],
        hub_routes=[route("on", prefix, TO_FIREWALL, address)],
        network_rules=[allow_network()],
        more=[second, firewall("fw2", "hub2", "10.3.0.4")],
    )

    found = made.out(to("10.2.1.4"), "22")
    first = next(each for each in found.walk.hops if each.verdict is BLOCK)

    assert (found.verdict, first.spec) == (BLOCK, spec)


def test_reply_of_one_of_several_ways() -> None:
    """Where a name may go straight or through a firewall that finds no way back, neither is certain (R24, A1)."""
    made = scene(
        default=route("out", "0.0.0.0/0", "Internet"),
        routes=[route("monitor", "AzureMonitor", TO_FIREWALL, FIREWALL)],
        hub_routes=[route("astray", SPOKE, "None")],
        network_rules=[allow_network(["20.0.0.0/8"])],
    )

    assert made.out(named("a.contoso.com"), "22").verdict is UNKNOWN
