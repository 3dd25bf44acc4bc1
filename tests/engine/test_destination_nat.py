"""What comes in through a firewall by DNAT (F2, F10, F11, F42, F46, F47, A4, A12)."""

from collections.abc import Callable
from typing import Any

import pytest

from auditor.engine.replies import Exchange
from auditor.engine.tracing import trace_flow
from auditor.settings import Settings
from auditor.traces import Verdict
from tests.attached import (
    classic_nat,
    load_balancer,
    machine,
    nat_collection,
    nat_rule,
    public_address,
)
from tests.builders import (
    Document,
    firewall,
    group,
    network_id,
    policy,
    route,
    security_rule,
)
from tests.engine.scenes import FIREWALL, Scene, deny_network, scene, to

ALLOW, BLOCK, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.UNKNOWN
PUBLIC = "20.9.9.9"
MACHINE = machine("vm", "spoke", "ase", "10.1.1.4")
TUNNEL = route("tunnel", "0.0.0.0/0", "VirtualNetworkGateway")


def _made(*rules: Document, **more: Any) -> Scene:  # noqa: ANN401 - changes of a scene
    """Return F0 with classic DNAT rules; `firewall`: more fields of the firewall."""
    nat = [classic_nat("in", 100, rules)] if rules else []
    wall = firewall(
        "fw",
        "hub",
        FIREWALL,
        collections={"natRuleCollections": nat, "networkRuleCollections": more.pop("denies", [])},
        **more.pop("fields", {}),
    )
    return scene(wall=wall, more=[MACHINE, public_address("pip-fw", PUBLIC), *more.pop("others", [])], **more)


def _asked(*rules: Document, port: str = "443", client: str = "203.0.113.7", **more: Any) -> Exchange:  # noqa: ANN401 - changes of a scene
    return _made(*rules, **more).published(PUBLIC, port, client=client)


WEB = nat_rule("web", "10.1.1.4")


def test_a_rule_lets_in_what_it_translates() -> None:
    """A DNAT rule leads inside, and the reply returns to the firewall, whose address the target sees (F46)."""
    found = _asked(WEB)

    assert (found.verdict, found.walk.hops[0].spec, found.reply.hops[0].code) == (ALLOW, "F10", "reply-symmetric")


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (_asked, "firewall-no-dnat"),
        (lambda: _asked(WEB, port="80"), "firewall-no-dnat"),
        (lambda: _asked(nat_rule("web", "10.1.1.4", sources=["198.51.100.0/24"])), "firewall-no-dnat"),
        (lambda: _asked(nat_rule("web", "10.1.1.4", protocol="UDP")), "firewall-no-dnat"),
        (lambda: _asked(nat_rule("web", "10.1.1.4", at="20.9.9.8")), "firewall-no-dnat"),
        (lambda: _asked(nat_rule("web", "10.1.1.4", port="64000"), port="64000"), "dnat-port"),
        (lambda: _asked(WEB, hub_routes=[TUNNEL]), "dnat-tunnelled"),
        (lambda: _asked(nat_rule("web", "10.44.1.4")), "dnat-misrouted"),
        (lambda: _asked(nat_rule("web", "10.1.99.4")), "no-such-subnet"),
    ],
    ids=["none", "port", "source", "protocol", "address", "high-port", "tunnelled", "elsewhere", "nowhere"],
)
def test_what_is_not_let_in(ask: Callable[[], Exchange], code: str) -> None:
    """What no rule takes inside, or what a rule takes where nothing is, is dropped."""
    found = ask()

    assert (found.verdict, found.trace.reason.code) == (BLOCK, code)


def _by_parent() -> Exchange:
    rules = nat_collection("in", 100, [WEB])
    documents = [
        policy("base", ["g"]),
        group("base", "g", 100, [rules]),
        policy("own", [], base="base"),
    ]
    return _asked(fields={"policy": "own"}, others=documents)


def _to_a_name() -> Exchange:
    rule = {**WEB, "translatedFqdn": "web.contoso.com"}
    del rule["translatedAddress"]
    return _asked(rule)


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda: _asked(WEB, denies=[deny_network(["10.1.1.0/24"])]), "dnat-denied"),
        (_by_parent, "dnat-inherited"),
        (_to_a_name, "dnat-name"),
        (lambda: _asked({**WEB, "destinationPorts": []}), "firewall-undecided"),
        (lambda: _asked(WEB, fields={"state": "Failed"}), "firewall-failed"),
        (lambda: _asked(nat_rule("web", "20.8.8.8")), "destination-unreadable"),
    ],
    ids=["denied-by-network-rule", "inherited", "name", "damaged", "failed", "unknown-target"],
)
def test_what_is_not_known(ask: Callable[[], Exchange], code: str) -> None:
    """What documents dispute, or the source does not tell, is unknown with its reason."""
    found = ask()

    assert (found.verdict, found.trace.reason.code) == (UNKNOWN, code)


def test_a_network_deny_of_something_else() -> None:
    """A network rule that denies other traffic changes nothing."""
    assert _asked(WEB, denies=[deny_network(["10.1.1.5"])]).verdict is ALLOW


def test_rules_of_a_policy() -> None:
    """DNAT rules of the firewall's own policy count, in the order of its groups."""
    documents = [
        policy("own", ["late", "early"]),
        group("own", "late", 300, [nat_collection("in", 100, [nat_rule("nowhere", "10.1.99.4")])]),
        group("own", "early", 200, [nat_collection("in", 100, [WEB])]),
    ]

    assert _asked(fields={"policy": "own"}, others=documents).walk.hops[0].decided_by == "own/early/in/web"


def test_rules_that_are_not_listed() -> None:
    """A firewall document without its DNAT rules leaves open what comes in, and nothing of what leaves (J3)."""
    made = scene(more=[MACHINE, public_address("pip-fw", PUBLIC)], wall=_without_nat())

    assert made.published(PUBLIC).trace.reason.code == "firewall-rules-unreadable"


def _without_nat() -> Document:
    wall = firewall("fw", "hub", FIREWALL)
    del wall["properties"]["natRuleCollections"]
    return wall


@pytest.mark.parametrize(("admitted", "verdict"), [("10.0.0.0/26", ALLOW), ("203.0.113.0/24", BLOCK)])
def test_the_target_sees_the_firewall(admitted: str, verdict: Verdict) -> None:
    """Rules for clients are dead behind DNAT; the firewall's subnet must be let in (F46)."""
    nsg = [security_rule("admit", 100, "Allow", source=admitted), security_rule("deny", 200, "Deny")]

    assert _asked(WEB, nsg=nsg).verdict is verdict


def test_behind_a_load_balancer() -> None:
    """An internal load balancer hands on to its members, on their port (N18)."""
    inside = load_balancer("lb", ["vm"], address="10.1.1.10", vnet="spoke", subnet="ase", backend_port=8443)
    nsg = [security_rule("admit", 100, "Allow", ports="8443"), security_rule("deny", 200, "Deny")]

    assert _asked(nat_rule("web", "10.1.1.10"), nsg=nsg, others=[inside]).verdict is ALLOW
    assert _asked(nat_rule("web", "10.1.1.10", to_port="80"), nsg=nsg, others=[inside]).trace.reason.code == (
        "load-balancer-no-rule"
    )


def test_a_load_balancer_whose_members_were_not_read() -> None:
    """Who is behind a load balancer decides, and is unknown where it was not read."""
    inside = load_balancer("lb", ["other"], address="10.1.1.10", vnet="spoke", subnet="ase")

    assert _asked(nat_rule("web", "10.1.1.10"), others=[inside]).verdict is UNKNOWN


def test_a_trace_to_the_public_address_of_a_firewall() -> None:
    """Whoever traces from a client to the firewall's public address is led through its DNAT rules."""
    made = _made(WEB)

    trace = trace_flow(made.network, (), Settings(), "203.0.113.7", f"{PUBLIC}:443")

    assert (trace.verdict, trace.hops[0].decided_by) == (ALLOW, "fw/in/web")


def test_other_public_addresses_of_the_firewall() -> None:
    """Which of its public addresses a firewall uses is its own choice: all of them count (A4)."""
    outside = [load_balancer("lb", ["vm"], public="pip-lb"), public_address("pip-lb", "20.8.8.8")]
    extra = {
        "name": "second",
        "properties": {"publicIPAddress": {"id": network_id("publicIPAddresses", "pip-2")}},
    }
    wall = firewall(
        "fw",
        "hub",
        FIREWALL,
        collections={"natRuleCollections": [classic_nat("in", 100, [nat_rule("web", "20.8.8.8")])]},
    )
    wall["properties"]["ipConfigurations"].append(extra)
    pips = [public_address("pip-fw", PUBLIC), public_address("pip-2", "20.9.9.10")]
    back = [route("one", f"{PUBLIC}/32", "Internet")]
    nsg = [security_rule("web", 100, "Allow")]

    made = scene(wall=wall, routes=back, nsg=nsg, more=[MACHINE, *outside, *pips])

    assert made.published(PUBLIC).verdict is not ALLOW


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"threatIntelMode": "Deny"}, ["[F49]"]),
        ({"threatIntelMode": "Deny", "additionalProperties": {"ThreatIntel.Whitelist.IpAddresses": "203.0.113.7"}}, []),
        ({"state": "Updating"}, ["[F15]"]),
        ({}, []),
    ],
    ids=["threat-intelligence", "trusted", "updating", "nothing"],
)
def test_what_comes_in_bears_the_caveats_of_the_firewall(fields: dict[str, Any], rules: list[str]) -> None:
    """Threat intelligence comes before DNAT rules too, and lets a trusted sender pass (F2, F15, F49)."""
    found = _asked(WEB, fields=fields)

    assert found.verdict is ALLOW
    assert [each.rpartition(" ")[2] for each in found.trace.caveats] == rules


SPLIT = (
    route("low", "0.0.0.0/1", "VirtualNetworkGateway"),
    route("high", "128.0.0.0/1", "VirtualNetworkGateway"),
)


@pytest.mark.parametrize(
    ("routes", "verdict", "code"),
    [
        (SPLIT, BLOCK, "dnat-tunnelled"),
        ((route("clients", "203.0.113.0/24", "VirtualNetworkGateway"),), BLOCK, "dnat-tunnelled"),
        ((route("others", "198.51.100.0/24", "VirtualNetworkGateway"),), ALLOW, "route-peering"),
        ((TUNNEL, route("clients", "203.0.113.0/24", "Internet")), BLOCK, "dnat-tunnelled"),
    ],
    ids=["in-two-halves", "clients", "others", "all-but-clients"],
)
def test_the_way_back_to_the_client_decides(routes: tuple[Document, ...], verdict: Verdict, code: str) -> None:
    """A reply that a route of the firewall's subnet takes elsewhere than to the Internet is lost (F42, A12)."""
    found = _asked(WEB, hub_routes=routes, fields={"managementIpConfiguration": {"name": "management"}})

    assert (found.verdict, found.trace.reason.code) == (verdict, code)


def test_a_word_the_auditor_does_not_know() -> None:
    """A NAT collection of another action than DNAT, or a rule of another protocol, may do anything (J2)."""
    other = classic_nat("in", 100, [WEB])
    other["properties"]["action"]["type"] = "Snat"
    wall = firewall("fw", "hub", FIREWALL, collections={"natRuleCollections": [other]})
    by_action = scene(wall=wall, more=[MACHINE, public_address("pip-fw", PUBLIC)]).published(PUBLIC)
    by_protocol = _asked(nat_rule("web", "10.1.1.4", protocol="SCTP"))

    assert [(each.verdict, each.walk.hops[0].spec) for each in (by_action, by_protocol)] == [(UNKNOWN, "J2")] * 2


@pytest.mark.parametrize(
    ("port", "proxy", "verdict"), [("443", "true", UNKNOWN), ("53", "false", UNKNOWN), ("53", "true", ALLOW)]
)
def test_what_is_sent_to_the_firewall_itself(port: str, proxy: str, verdict: Verdict) -> None:
    """A firewall answers questions for names by its proxy; what else it takes at its private address is open (F47)."""
    fields = {"additionalProperties": {"Network.DNS.EnableProxy": proxy}}

    assert _made(fields=fields).out(to(FIREWALL), port, "udp").verdict is verdict


@pytest.mark.parametrize(
    ("priority", "other", "verdict"),
    [(100, "10.1.1.5", UNKNOWN), (100, "10.1.1.4", ALLOW), (90, "10.1.1.5", ALLOW), (90, "10.1.99.4", BLOCK)],
    ids=["apart", "alike", "before", "before-to-nowhere"],
)
def test_dnat_rules_of_one_priority(priority: int, other: str, verdict: Verdict) -> None:
    """Which of two collections of one priority counts is not documented: they must lead to the same place (F7)."""
    nat = [classic_nat("a", 100, [WEB, nat_rule("later", "10.1.1.9")])]
    nat.append(classic_nat("b", priority, [nat_rule("web", other)]))
    wall = firewall("fw", "hub", FIREWALL, collections={"natRuleCollections": nat})

    assert scene(wall=wall, more=[MACHINE, public_address("pip-fw", PUBLIC)]).published(PUBLIC).verdict is verdict
