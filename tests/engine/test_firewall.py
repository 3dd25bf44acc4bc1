"""What an Azure Firewall does with a flow: F1 to F49."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.engine.flows import Endpoint, Flow
from auditor.engine.replies import Exchange, exchange, named_exchange
from auditor.estate.ports import port_set
from auditor.findings import Gap
from auditor.traces import Hop, Verdict
from tests.builders import (
    Document,
    application_rule,
    classic,
    collection,
    firewall,
    group,
    interface,
    ip_group,
    network_id,
    network_rule,
    policy,
    route,
    subnet,
)
from tests.engine.scenes import (
    ASE,
    FIREWALL,
    HUB,
    TO_FIREWALL,
    Scene,
    allow_names,
    allow_network,
    deny_names,
    deny_network,
    flow,
    gap,
    gateway,
    named,
    scene,
    tag_list,
    tagged,
    to,
)

ALLOW, BLOCK, PARTIAL, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN
SITE = named("a.contoso.com")


def _wall(found: Exchange) -> Hop:
    """Return the hop of the firewall itself."""
    return next(hop for hop in found.walk.hops if hop.at == "firewall")


def _names(*rules: Document) -> Scene:
    return scene(application_rules=rules)


def _nets(*rules: Document) -> Scene:
    return scene(network_rules=rules)


def _policies(*documents: Document, dns: tuple[str, ...] = (), gaps: tuple[Gap, ...] = (), **wall: Any) -> Scene:  # noqa: ANN401 - fields of ARM
    """Return F0 with a firewall that follows policy "child"."""
    return scene(wall=firewall("fw", "hub", FIREWALL, policy="child", **wall), more=documents, spoke_dns=dns, gaps=gaps)


def _allow(name: str, priority: int, *rules: Document) -> Document:
    return collection(name, priority, "Allow", rules)


def _deny(name: str, priority: int, *rules: Document) -> Document:
    return collection(name, priority, "Deny", rules)


ONE = application_rule("one", ["a.contoso.com"])
ALL = application_rule("all", ["*"])
ANYWHERE = network_rule("anywhere", ["*"], ["*"])


# Order (F2 to F7).


def test_groups_by_priority() -> None:
    """Groups are consulted by priority, then collections by priority, whatever their names and listing (F4)."""
    made = _policies(
        policy("child", ["a-late", "z-early"]),
        group("child", "a-late", 200, [_deny("first", 100, ALL)]),
        group("child", "z-early", 100, [_allow("last", 65000, ONE)]),
    )

    assert _wall(made.out(SITE)).decided_by == "child/z-early/last/one"


def test_rules_in_listed_order() -> None:
    """Rules of a collection carry no priority; they come as listed (F4, F5)."""
    hop = _wall(_names(classic("c", 100, "Allow", [ALL, ONE])).out(SITE))

    assert hop.decided_by == "fw/c/all"


def test_parent_first() -> None:
    """Within a type the rules of the parent come before those of the child, whatever the numbers (F4)."""
    made = _policies(
        policy("parent", ["p"]),
        policy("child", ["c"], base="parent"),
        group("parent", "p", 60000, [_allow("x", 60000, ONE)]),
        group("child", "c", 100, [_deny("y", 100, ALL)]),
    )

    assert (made.out(SITE).verdict, _wall(made.out(SITE)).decided_by) == (ALLOW, "parent/p/x/one")


def test_type_before_parent() -> None:
    """A network rule of the child comes before an application rule of the parent (F3)."""
    made = _policies(
        policy("parent", ["p"]),
        policy("child", ["c"], base="parent"),
        group("parent", "p", 100, [_allow("x", 100, ONE)]),
        group("child", "c", 60000, [_deny("y", 60000, ANYWHERE)]),
    )

    assert _wall(made.out(SITE)).code == "firewall-network-deny"


def test_grandparent() -> None:
    """A chain of base policies is followed to its root (F13)."""
    made = _policies(
        policy("root", ["r"]),
        policy("parent", [], base="root"),
        policy("child", ["c"], base="parent"),
        group("root", "r", 100, [_deny("x", 100, ALL)]),
        group("child", "c", 100, [_allow("y", 100, ONE)]),
    )

    assert _wall(made.out(SITE)).decided_by == "root/r/x/all"


def test_policy_over_classic() -> None:
    """A firewall with a policy does not consult its classic collections (F1)."""
    made = scene(
        wall=firewall(
            "fw", "hub", FIREWALL, policy="child", collections={"applicationRuleCollections": [allow_names("*")]}
        ),
        more=[policy("child", [])],
    )

    assert _wall(made.out(SITE)).code == "firewall-default-deny"


def test_application_rules_see_only_their_protocols() -> None:
    """What is neither HTTP, HTTPS nor MSSQL meets no application rule (F8)."""
    assert _names(allow_names("*")).out(SITE, "22").verdict is BLOCK


def test_equal_priorities_that_disagree() -> None:
    """Which of two collections of one priority comes first is not documented (F7)."""
    assert _names(allow_names("a.contoso.com"), deny_names("*")).out(SITE).verdict is UNKNOWN


def test_equal_priorities_that_agree() -> None:
    """Two collections of one priority and one action allow whatever their order (F7)."""
    assert _names(allow_names("a.contoso.com"), allow_names("*", name="more")).out(SITE).verdict is ALLOW


def test_equal_priorities_of_which_one_matches() -> None:
    """Where only one of two collections of a priority meets the flow, their order does not matter (F7)."""
    assert _names(allow_names("a.contoso.com"), deny_names("b.other.com")).out(SITE).verdict is ALLOW


def test_equal_priorities_of_different_types() -> None:
    """Collections of different types never compete for a place (F3, F7)."""
    made = scene(application_rules=[allow_names("*", priority=200)], network_rules=[deny_network(["10.9.9.9"], ["22"])])

    assert made.out(SITE).verdict is ALLOW


@given(st.permutations([allow_names("a.contoso.com", priority=100), deny_names("*", priority=200)]))
def test_order_of_collections_never_matters(collections: list[Document]) -> None:
    """Collections come in the order of their priorities, however they are listed."""
    assert _names(*collections).out(SITE).verdict is ALLOW


# What cannot be read (F13, F15, Q2).


@pytest.mark.parametrize(
    ("documents", "code"),
    [
        ([], "firewall-policy-unreadable"),
        ([policy("child", [], base="parent")], "base-policy-unreadable"),
        ([policy("child", ["c"])], "rule-collection-groups-unreadable"),
        ([policy("child", []), group("child", "stray", 100, [])], "rule-collection-groups-unreadable"),
        ([policy("child", [], base="parent"), policy("parent", [], base="child")], "base-policy-cycle"),
        ([policy("child", [], base="child")], "base-policy-cycle"),
        ([policy("child", [], base="parent"), policy("parent", ["p"])], "rule-collection-groups-unreadable"),
        ([policy("child", [], ruleCollectionGroups=None)], "rule-collection-groups-unreadable"),
    ],
)
def test_unreadable_rules(documents: list[Document], code: str) -> None:
    """A policy, base policy or group that cannot be read leaves every verdict open (F13, Q2)."""
    found = _policies(*documents).out(SITE)

    assert (found.verdict, _wall(found).code) == (UNKNOWN, code)


def test_refused_groups() -> None:
    """A refusal that may hide groups leaves every verdict open, though the policy lists none (Q2)."""
    refused = gap("Microsoft.Network/firewallPolicies/ruleCollectionGroups", network_id("firewallPolicies", "child"))

    assert _policies(policy("child", []), gaps=(refused,)).out(SITE).verdict is UNKNOWN


@pytest.mark.parametrize("missing", ["networkRuleCollections", "applicationRuleCollections"])
def test_missing_classic_rules(missing: str) -> None:
    """A firewall whose document lacks one list of classic rules is not decided by the other (J3)."""
    wall = firewall("fw", "hub", FIREWALL, collections={"applicationRuleCollections": [allow_names("a.contoso.com")]})
    del wall["properties"][missing]

    assert scene(wall=wall).out(SITE).verdict is UNKNOWN


def test_failed_firewall() -> None:
    """The instances of a firewall in state Failed may run different rules (F15)."""
    made = scene(wall=firewall("fw", "hub", FIREWALL, state="Failed", collections={"applicationRuleCollections": []}))

    assert (made.out(SITE).verdict, _wall(made.out(SITE)).spec) == (UNKNOWN, "F15")


def test_unknown_action() -> None:
    """A collection whose action nobody knows decides nothing for sure (J2)."""
    assert _names(classic("c", 100, "Observe", [ONE])).out(SITE).verdict is UNKNOWN


def test_unknown_protocols() -> None:
    """A protocol that Azure may add may meet anything: neither its allow nor its deny is sure (J2, F35)."""
    allowed = _nets(allow_network(protocols=["Quic"]))
    denied = scene(network_rules=[deny_network(protocols=["Quic"])], application_rules=[allow_names("*")])

    assert (allowed.out(SITE).verdict, denied.out(SITE).verdict) == (UNKNOWN, UNKNOWN)


def test_unknown_application_protocols() -> None:
    """An application rule for a protocol that Azure may add may stop a name (J2)."""
    odd = application_rule("odd", ["*"], protocols=["Http3:443"])
    made = _names(classic("d", 100, "Deny", [odd]), allow_names("a.contoso.com"))

    assert made.out(SITE).verdict is not ALLOW


# Network rules (F16 to F25).


@pytest.mark.parametrize(
    ("rule", "end", "port", "protocol", "verdict"),
    [
        (network_rule("r", ["8.8.8.8"], ["443"]), "8.8.8.8", "443", "tcp", ALLOW),
        (network_rule("r", ["8.8.8.8"], ["443"]), "8.8.4.4", "443", "tcp", BLOCK),
        (network_rule("r", ["8.8.8.0/24"], ["440-450"]), "8.8.8.8", "443", "tcp", ALLOW),
        (network_rule("r", ["8.8.8.1-8.8.8.9"], ["443"]), "8.8.8.9", "443", "tcp", ALLOW),
        (network_rule("r", ["8.8.8.1-8.8.8.9"], ["443"]), "8.8.8.10", "443", "tcp", BLOCK),
        (network_rule("r", ["8.8.8.8"], ["443"]), "8.8.8.8,8.8.4.4", "443", "tcp", PARTIAL),
        (network_rule("r", ["*"], ["443"], protocols=["UDP"]), "8.8.8.8", "443", "tcp", BLOCK),
        (network_rule("r", ["*"], ["443"], protocols=["UDP", "TCP"]), "8.8.8.8", "443", "tcp", ALLOW),
        (network_rule("r", ["*"], ["123"]), "8.8.8.8", "123", "udp", ALLOW),
        (network_rule("r", ["*"], ["443"], sources=[ASE]), "8.8.8.8", "443", "tcp", ALLOW),
        (network_rule("r", ["*"], ["443"], sources=["10.1.1.0/25"]), "8.8.8.8", "443", "tcp", PARTIAL),
        (network_rule("r", ["*"], ["443"], sources=["10.9.0.0/16"]), "8.8.8.8", "443", "tcp", BLOCK),
        (network_rule("r", ["Storage"], ["443"]), "8.8.8.8", "443", "tcp", UNKNOWN),
    ],
)
def test_network_rules(rule: Document, end: str, port: str, protocol: str, verdict: Verdict) -> None:
    """A network rule meets what its sources, destinations, ports and protocols all meet (F16 to F18)."""
    assert _nets(classic("c", 100, "Allow", [rule])).out(to(end), port, protocol).verdict is verdict


@pytest.mark.parametrize(("ports", "verdict"), [(["*"], ALLOW), (["0-65535"], ALLOW), (["1-1000"], BLOCK)])
def test_icmp_between_spokes(ports: list[str], verdict: Verdict) -> None:
    """Protocol Any means every protocol with all ports, and only TCP and UDP with some (F18)."""
    made = scene(
        network_rules=[allow_network(ports=ports)],
        routes=[route("hub", HUB, TO_FIREWALL, FIREWALL)],
        hub_subnets=[subnet("hub", "services", "10.0.5.0/24")],
    )

    assert _wall(made.out(to("10.0.5.5"), "0-65535", "icmp")).verdict is verdict


def test_icmp_to_the_internet() -> None:
    """What is neither TCP nor UDP does not reach the Internet through a firewall, despite a rule (F19)."""
    assert _nets(allow_network()).out(to("8.8.8.8"), "0-65535", "icmp").verdict is BLOCK


OFFICES: dict[str, Any] = {"sources": [], "sourceIpGroups": [network_id("ipGroups", "offices")]}


def test_ip_group() -> None:
    """An IP group stands for its addresses, beside literal ones (F16)."""
    made = scene(network_rules=[allow_network(**OFFICES)], more=[ip_group("offices", [ASE])])

    assert made.out(SITE).verdict is ALLOW


@pytest.mark.parametrize("action", [allow_network, deny_network])
def test_unreadable_ip_group(action: Any) -> None:  # noqa: ANN401 - builds a collection
    """A rule whose IP group is not in the source may meet anything (F20)."""
    made = scene(network_rules=[action(**OFFICES)], application_rules=[allow_names("a.contoso.com")])
    held = scene(network_rules=[action(**OFFICES)])

    assert {made.out(SITE).verdict, held.out(SITE).verdict} == (
        {ALLOW, UNKNOWN} if action is allow_network else {UNKNOWN, BLOCK}
    )


@pytest.mark.parametrize("side", ["source", "destination"])
@pytest.mark.parametrize(
    ("groups", "verdict"),
    [
        ([ip_group("offices", [ASE]), ip_group("rest", ["8.0.0.0/8"])], ALLOW),
        ([ip_group("offices", [ASE]), ip_group("rest", [])], BLOCK),
        ([ip_group("offices", [ASE])], UNKNOWN),
    ],
    ids=["both", "empty", "unread"],
)
def test_an_unread_ip_group_may_be_an_empty_one(groups: list[Document], verdict: Verdict, side: str) -> None:
    """A group that was not read may switch the rule off, so that taking an empty one away never allows (F20)."""
    ids = [network_id("ipGroups", each) for each in ("offices", "rest")]
    rule: dict[str, Any] = {"sources": [], "sourceIpGroups": ids} if side == "source" else {"destinationIpGroups": ids}

    assert scene(network_rules=[allow_network(**rule)], more=groups).out(to("8.8.8.8")).verdict is verdict


def test_ip_group_without_addresses() -> None:
    """An IP group whose document does not say what it holds is not an empty one (J3, F20)."""
    silent = ip_group("offices", [])
    del silent["properties"]["ipAddresses"]
    made = scene(network_rules=[deny_network(**OFFICES, priority=100), allow_network(priority=200)], more=[silent])

    assert made.out(SITE).verdict is UNKNOWN


def test_narrow_network_rule_and_a_name() -> None:
    """A network deny for some addresses may meet a name whose addresses are not known (F25)."""
    made = scene(network_rules=[deny_network(["52.0.0.0/8"])], application_rules=[allow_names("a.contoso.com")])

    assert made.out(SITE).verdict is UNKNOWN


@pytest.mark.parametrize(("tag", "verdict"), [("Sql", ALLOW), ("Storage", UNKNOWN), ("AppService", UNKNOWN)])
def test_tag_of_another_service_and_a_name(tag: str, verdict: Verdict) -> None:
    """A network deny for the tag of a service meets a name of others only where that service takes such names."""
    made = scene(network_rules=[deny_network([tag])], application_rules=[allow_names("www.contoso.com")])

    assert made.out(named("www.contoso.com")).verdict is verdict


@pytest.mark.parametrize(("rule_tag", "verdict"), [("AzureMonitor", ALLOW), ("Storage", UNKNOWN), ("*", ALLOW)])
def test_tag_as_destination(rule_tag: str, verdict: Verdict) -> None:
    """A requirement on a service tag is met by a rule for that tag, whatever the tag holds."""
    assert _nets(allow_network([rule_tag])).out(tagged("AzureMonitor")).verdict is verdict


def test_listed_tag() -> None:
    """A tag that the source lists stands for its addresses."""
    made = scene(network_rules=[allow_network(["Storage"])], tags=[tag_list(Storage=["20.60.0.0/16"])])

    assert (made.out(to("20.60.1.1")).verdict, made.out(to("8.8.8.8")).verdict) == (ALLOW, BLOCK)


# Names in network rules (F21, F22).


def _ntp(*, enabled: object = None, dns: tuple[str, ...] = (), base: object = None, tier: str = "Standard") -> Scene:
    """Return a scene with a network rule by name. enabled, base: DNS proxy of the policy and of its base policy."""
    rule = network_rule("ntp", [], ["123"], protocols=["UDP"], destinationFqdns=["ntp.contoso.com"])

    def settings(value: object) -> dict[str, Any]:
        return {} if value is None else {"dnsSettings": {"enableProxy": value}}

    return _policies(
        policy("base", [], **settings(base)),
        policy("child", ["c"], base="base", sku={"tier": tier}, **settings(enabled)),
        group("child", "c", 100, [_allow("x", 100, rule)]),
        dns=dns,
        tier=tier,
    )


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        (_ntp(), BLOCK),
        (_ntp(enabled=False, dns=(FIREWALL,)), BLOCK),
        (_ntp(enabled=True, dns=(FIREWALL,)), ALLOW),
        (_ntp(enabled=True), UNKNOWN),
        (_ntp(enabled=True, dns=(FIREWALL, "10.0.9.9")), UNKNOWN),
        (_ntp(base=True, dns=(FIREWALL,)), ALLOW),
        (_ntp(base=True, enabled=False, dns=(FIREWALL,)), BLOCK),
        (_ntp(enabled=True, dns=(FIREWALL,), tier="Basic"), BLOCK),
    ],
)
def test_names_in_network_rules(made: Scene, verdict: Verdict) -> None:
    """Names in network rules need the DNS proxy, inherited or set, and clients that use it (F14, F22, F48)."""
    assert made.out(named("ntp.contoso.com"), "123", "udp").verdict is verdict


@pytest.mark.parametrize(("required", "verdict"), [(True, ALLOW), (None, ALLOW), (False, UNKNOWN)])
def test_proxy_that_network_rules_do_not_require(required: object, verdict: Verdict) -> None:
    """Whether names work in network rules that are said not to require the proxy is not documented (F22)."""
    rule = network_rule("ntp", [], ["123"], protocols=["UDP"], destinationFqdns=["ntp.contoso.com"])
    own = policy("child", ["c"], dnsSettings={"enableProxy": True, "requireProxyForNetworkRules": required})
    made = _policies(own, group("child", "c", 100, [_allow("x", 100, rule)]), dns=(FIREWALL,))

    assert made.out(named("ntp.contoso.com"), "123", "udp").verdict is verdict


def test_other_name_in_a_network_rule() -> None:
    """A name in a network rule does not let another one out (F21)."""
    assert _ntp(enabled=True, dns=(FIREWALL,)).out(named("other.contoso.com"), "123", "udp").verdict is BLOCK


def test_name_in_a_network_rule_and_a_wildcard() -> None:
    """An exact name covers a wildcard in part only (F30)."""
    assert _ntp(enabled=True, dns=(FIREWALL,)).out(named("*.contoso.com"), "123", "udp").verdict is PARTIAL


def test_name_in_a_network_rule_and_an_address() -> None:
    """Whether an address is one of a named host is not known (F21)."""
    assert _ntp(enabled=True, dns=(FIREWALL,)).out(to("8.8.8.8"), "123", "udp").verdict is UNKNOWN


def test_denied_name_and_a_private_address() -> None:
    """A denied name may stand for a private address too (F21)."""
    rule = network_rule("db", [], ["1433"], destinationFqdns=["db.contoso.com"])
    wall = firewall(
        "fw",
        "hub",
        FIREWALL,
        collections={"networkRuleCollections": [classic("d", 100, "Deny", [rule]), allow_network()]},
        additionalProperties={"Network.DNS.EnableProxy": "true"},
    )
    made = scene(
        wall=wall,
        spoke_dns=[FIREWALL],
        routes=[route("hub", HUB, TO_FIREWALL, FIREWALL)],
        hub_subnets=[subnet("hub", "services", "10.0.5.0/24")],
    )

    assert _wall(made.out(to("10.0.5.5"), "1433")).verdict is UNKNOWN


# Application rules (F26 to F35).


@pytest.mark.parametrize(
    ("targets", "protocols", "asked", "port", "verdict"),
    [
        (["a.contoso.com"], ["Https:443"], "a.contoso.com", "443", ALLOW),
        (["A.Contoso.COM."], ["Https:443"], "a.contoso.com", "443", ALLOW),
        (["a.contoso.com"], ["Http:80"], "a.contoso.com", "443", BLOCK),
        (["a.contoso.com"], ["Http:443"], "a.contoso.com", "443", BLOCK),
        (["a.contoso.com"], ["Https:8443"], "a.contoso.com", "443", BLOCK),
        (["a.contoso.com", "*.other.com"], ["Https:443"], "b.a.other.com", "443", ALLOW),
        (["*"], ["Https:443"], "*.contoso.com", "443", ALLOW),
        (["a.contoso.com"], ["Https:443"], "*.contoso.com", "443", PARTIAL),
        (["*.a.contoso.com"], ["Https:443"], "*.contoso.com", "443", PARTIAL),
        (["*.database.windows.net"], ["mssql:1433"], "x.database.windows.net", "1433", ALLOW),
        (["*.database.windows.net"], ["Https:443"], "x.database.windows.net", "1433", BLOCK),
    ],
)
def test_application_rules(targets: list[str], protocols: list[str], asked: str, port: str, verdict: Verdict) -> None:
    """An application rule meets a name that its targets contain whole, on a port of its protocol (F26 to F30)."""
    made = _names(allow_names(*targets, protocols=protocols))

    assert made.out(named(asked), port).verdict is verdict


def test_wildcard_with_a_hole() -> None:
    """A deny for one name of a wildcard, before an allow for all, makes the wildcard partial (F30)."""
    made = _names(deny_names("a.contoso.com", priority=100), allow_names("*.contoso.com", priority=200))

    assert made.out(named("*.contoso.com")).verdict is PARTIAL


def test_hole_behind_the_allow() -> None:
    """A deny behind an allow of the same names never decides (F5)."""
    made = _names(allow_names("*.contoso.com", priority=100), deny_names("a.contoso.com", priority=200))

    assert made.out(named("*.contoso.com")).verdict is ALLOW


def test_sources_of_an_application_rule() -> None:
    """An application rule for a part of the subnet lets only that part out, and the trace says which it does not."""
    hop = _wall(_names(allow_names("*", sources=["10.1.1.0/25"])).out(SITE))

    assert hop.verdict is PARTIAL
    assert "10.1.1.128/25" in hop.why


def test_subnet_of_both_families() -> None:
    """A subnet that has IPv6 addresses too reaches an IPv4 destination by rules for its IPv4 addresses (J4)."""
    both = {"addressPrefix": None, "addressPrefixes": [ASE, "fd00:1::/64"]}

    assert scene(ase=both, application_rules=[allow_names("*", sources=[ASE])]).out(SITE).verdict is ALLOW


def test_quic() -> None:
    """UDP on 443 never meets an application rule, though its sender names a host (F28)."""
    made = _names(allow_names("*"))
    quic = Flow(
        source=Endpoint(label="ase", addresses=made.ase.addresses),
        destination=SITE,
        protocol="udp",
        ports=port_set("443"),
        application="https",
    )

    assert exchange(made.network, quic, made.ase).verdict is BLOCK


def test_traffic_without_a_name() -> None:
    """Traffic to an address may carry no name: a rule for every name may let it out, one for some does not (F28)."""
    assert _names(allow_names("*")).out(to("8.8.8.8")).verdict is UNKNOWN
    assert _names(allow_names("*.contoso.com")).out(to("8.8.8.8")).verdict is BLOCK


def _url(url: str, *, port: str = "443", tls: bool = True, authority: bool = True, action: str = "Allow") -> Exchange:
    rule = application_rule("u", targetUrls=[url], terminateTLS=tls)
    secure: dict[str, Any] = (
        {"transportSecurity": {"certificateAuthority": {"name": "ca", "keyVaultSecretId": "x"}}} if authority else {}
    )
    rules = [collection("x", 100, action, [rule])]
    if action == "Deny":
        rules.append(_allow("y", 200, ALL))
    made = _policies(
        policy("child", ["c"], sku={"tier": "Premium"}, **secure), group("child", "c", 100, rules), tier="Premium"
    )
    return made.out(SITE, port)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (_url("a.contoso.com"), ALLOW),
        (_url("a.contoso.com/*"), ALLOW),
        (_url("*.contoso.com/*"), ALLOW),
        (_url("a.contoso.com/path"), PARTIAL),
        (_url("b.contoso.com"), BLOCK),
        (_url("a.contoso.com", tls=False), BLOCK),
        (_url("a.contoso.com", authority=False), BLOCK),
        (_url("a.contoso.com/path", port="80", tls=False), PARTIAL),
        (_url("a.contoso.com/path", action="Deny"), PARTIAL),
        (_url("a.contoso.com", action="Deny"), BLOCK),
        (_url("a.contoso.com", action="Deny", tls=False), ALLOW),
    ],
)
def test_urls(found: Exchange, verdict: Verdict) -> None:
    """A URL is seen in HTTP, and in HTTPS that is inspected; one with a path is only a part of its host (F31)."""
    assert found.verdict is verdict


@pytest.mark.parametrize("port", ["80", "443"])
@pytest.mark.parametrize(
    ("tier", "action", "verdict"),
    [("Standard", _allow, BLOCK), ("Basic", _allow, BLOCK), ("Premium", _allow, ALLOW), ("Standard", _deny, UNKNOWN)],
)
def test_urls_are_a_matter_of_the_tier_premium(tier: str, action: Any, verdict: Verdict, port: str) -> None:  # noqa: ANN401 - builds a collection
    """A URL in a policy of another tier lets nothing through, and may deny all the same (F31, F48)."""
    rule = application_rule("u", targetUrls=["a.contoso.com"], terminateTLS=True)
    rules = [action("x", 100, rule), *([_allow("y", 200, ALL)] if action is _deny else [])]
    authority = {"certificateAuthority": {"name": "ca", "keyVaultSecretId": "x"}}
    own = policy("child", ["c"], sku={"tier": tier}, transportSecurity=authority)

    assert _policies(own, group("child", "c", 100, rules), tier=tier).out(SITE, port).verdict is verdict


@pytest.mark.parametrize(
    ("tier", "action", "verdict"),
    [("Basic", _allow, BLOCK), ("Standard", _allow, UNKNOWN), ("Basic", _deny, UNKNOWN)],
)
def test_the_tier_basic_has_no_web_categories(tier: str, action: Any, verdict: Verdict) -> None:  # noqa: ANN401 - builds a collection
    """A web category in a policy of the tier Basic lets nothing through (F48)."""
    rule = application_rule("c", webCategories=["News"])
    rules = [action("x", 100, rule), *([_allow("y", 200, ALL)] if action is _deny else [])]
    own = policy("child", ["c"], sku={"tier": tier})

    assert _policies(own, group("child", "c", 100, rules), tier=tier).out(SITE).verdict is verdict


@pytest.mark.parametrize(
    ("own", "port", "word", "verdict"),
    [
        ({}, 11000, "Mssql:1433", BLOCK),
        ({"sql": {"allowSqlRedirect": True}}, 11000, "Mssql:1433", ALLOW),
        ({"sql": {"allowSqlRedirect": True}}, 12000, "Mssql:1433", BLOCK),
        ({"sql": {"allowSqlRedirect": True}}, 11000, "Https:443", BLOCK),
    ],
    ids=["not-allowed", "allowed", "other-port", "other-rule"],
)
def test_redirected_sql(own: Document, port: int, word: str, verdict: Verdict) -> None:
    """Connections that SQL redirects meet a rule for SQL only where the policy says so (F35)."""
    rule = application_rule("sql", ["shop.database.windows.net"], protocols=[word])
    made = _policies(policy("child", ["c"], **own), group("child", "c", 100, [_allow("x", 100, rule)]))
    sender = Endpoint(label="ase", addresses=made.ase.addresses)
    asked = flow(sender, named("shop.database.windows.net"), str(port))

    assert named_exchange(made.network, asked, made.ase).verdict is verdict


def test_several_tags_in_one_text() -> None:
    """Of tags joined in one text none lets anything out, which the trace says, and one may deny (F38)."""
    joined = application_rule("t", tags=["WindowsUpdate,HDInsight"])
    update = named("x.update.microsoft.com", "WindowsUpdate")
    allowed = _names(classic("t", 100, "Allow", [joined])).out(update)
    denied = _names(classic("t", 100, "Deny", [joined]), allow_names("*")).out(update)

    assert (allowed.verdict, _wall(allowed).code, _wall(allowed).spec) == (BLOCK, "firewall-default-deny", "F38")
    assert '"WindowsUpdate,HDInsight"' in _wall(allowed).why
    assert (denied.verdict, _wall(denied).spec) == (UNKNOWN, "F38")


def test_inspected_traffic() -> None:
    """A rule that inspects TLS lets through, with a caveat: the sender sees the firewall's certificate (F32)."""
    rule = application_rule("tls", ["a.contoso.com"], terminateTLS=True)
    made = _policies(
        policy("child", ["c"], sku={"tier": "Premium"}, transportSecurity={"certificateAuthority": {"name": "ca"}}),
        group("child", "c", 100, [_allow("x", 100, rule)]),
        tier="Premium",
    )
    found = made.out(SITE)

    assert found.verdict is ALLOW
    assert any("TLS" in each for each in found.trace.caveats)


@pytest.mark.parametrize(
    "made",
    [
        _names(classic("c", 100, "Allow", [application_rule("c", webCategories=["news"])])),
        _names(classic("c", 100, "Deny", [application_rule("c", webCategories=["news"])]), allow_names("*")),
        _names(classic("c", 100, "Allow", [application_rule("c", ["*"], destinationAddresses=["10.0.0.0/8"])])),
        _names(classic("c", 100, "Deny", [application_rule("c", tags=["WindowsUpdate"])]), allow_names("*")),
    ],
    ids=["category allow", "category deny", "destination addresses", "tag deny"],
)
def test_rules_whose_extent_is_not_readable(made: Scene) -> None:
    """What a web category, a denied FQDN tag or destination addresses take in is not known (F33, F34, F38)."""
    assert made.out(SITE).verdict is UNKNOWN


# FQDN tags (F38).


@pytest.mark.parametrize(
    ("tags", "protocols", "documented", "port", "verdict"),
    [
        (["AppServiceEnvironment"], ["Https:443"], ("AppServiceEnvironment",), "443", ALLOW),
        (["App Service Environment"], ["Https:443"], ("AzureAppServiceEnvironment",), "443", ALLOW),
        (["AppServiceEnvironment"], ["Https:443"], ("AppServiceEnvironment",), "80", UNKNOWN),
        (["AppServiceEnvironment"], ["Http:80"], ("AppServiceEnvironment",), "80", ALLOW),
        (["AppServiceEnvironment"], ["Http:80"], ("AppServiceEnvironment",), "443", BLOCK),
        (["AppServiceEnvironment"], [], ("AppServiceEnvironment",), "443", ALLOW),
        (["AppServiceEnvironment"], [], ("AppServiceEnvironment",), "80", UNKNOWN),
        (["AppServiceEnvironment"], ["Https:443"], ("WindowsUpdate",), "443", BLOCK),
        (["AppServiceEnvironment"], ["Https:443"], (), "443", BLOCK),
        (["WindowsUpdate,AppServiceEnvironment"], ["Https:443"], ("AppServiceEnvironment",), "443", BLOCK),
    ],
)
def test_fqdn_tags(
    tags: list[str], protocols: list[str], documented: tuple[str, ...], port: str, verdict: Verdict
) -> None:
    """A tag lets out the names that a document publishes for it; http beside https is not documented (F38)."""
    rule = application_rule("t", tags=tags, protocols=protocols)
    found = _names(classic("c", 100, "Allow", [rule])).out(named("www.microsoft.com", *documented), port)

    assert found.verdict is verdict


def test_tag_is_told_from_an_explicit_rule() -> None:
    """That a name passes by a documented tag is told from its passing by a rule of its own (F38)."""
    tag = application_rule("t", tags=["WindowsUpdate"])
    by_tag = _names(classic("c", 100, "Allow", [tag])).out(named("x.com", "WindowsUpdate"))
    by_rule = _names(allow_names("x.com")).out(named("x.com", "WindowsUpdate"))

    assert (_wall(by_tag).code, _wall(by_rule).code) == ("firewall-application-allow-tag", "firewall-application-allow")


# Egress, SNAT, tiers (F40 to F49).


def _snat(*ranges: str, rules: str = "network") -> Scene:
    made = {"networkRuleCollections": [allow_network()]}
    if rules == "application":
        made = {"applicationRuleCollections": [allow_names("*")]}
    extra = {"Network.SNAT.PrivateRanges": ",".join(ranges)}
    return scene(wall=firewall("fw", "hub", FIREWALL, collections=made, additionalProperties=extra))


@pytest.mark.parametrize(
    ("made", "end", "verdict"),
    [
        (_snat("0.0.0.0/0"), to("8.8.8.8"), BLOCK),
        (_snat("0.0.0.0/0"), SITE, BLOCK),
        (_snat("0.0.0.0/0", rules="application"), SITE, UNKNOWN),
        (_snat("255.255.255.255/32"), to("8.8.8.8"), ALLOW),
        (_snat("IANAPrivateRanges"), to("8.8.8.8"), ALLOW),
        (_snat("10.0.0.0/8"), SITE, ALLOW),
        (_snat("IANAPrivateRanges", "20.1.0.0/16"), to("8.8.8.8"), ALLOW),
        (_snat("IANAPrivateRanges", "20.1.0.0/16"), to("20.1.0.1"), BLOCK),
        (_snat("IANAPrivateRanges", "20.1.0.0/16"), to("20.1.0.1,8.8.8.8"), PARTIAL),
        (_snat("IANAPrivateRanges", "20.1.0.0/16"), SITE, UNKNOWN),
        (_snat("IANAPrivateRanges", "20.1.0.0/16", rules="application"), SITE, ALLOW),
    ],
)
def test_snat(made: Scene, end: Endpoint, verdict: Verdict) -> None:
    """A network rule towards a range that is not translated cannot reach the Internet; a name may lie there (F44)."""
    assert made.out(end).verdict is verdict


def test_snat_of_a_policy() -> None:
    """The private ranges of the policy count, its own before its base's (F1, F45)."""
    child = policy("child", ["c"], base="base", snat={"privateRanges": ["IANAPrivateRanges"]})
    made = _policies(
        policy("base", [], snat={"privateRanges": ["0.0.0.0/0"]}),
        child,
        group("child", "c", 100, [_allow("x", 100, ANYWHERE)]),
    )

    assert made.out(to("8.8.8.8")).verdict is ALLOW


@pytest.mark.parametrize(
    ("routes", "management", "more", "verdict"),
    [
        (None, False, [], ALLOW),
        ([route("d", "0.0.0.0/0", "Internet")], False, [], ALLOW),
        ([route("d", "0.0.0.0/0", "None")], False, [], BLOCK),
        ([route("d", "0.0.0.0/0", TO_FIREWALL, "10.0.0.9")], False, [], BLOCK),
        ([route("d", "0.0.0.0/0", TO_FIREWALL, "10.0.0.9")], True, [], UNKNOWN),
        ([route("d", "0.0.0.0/0", "VirtualNetworkGateway")], True, [], UNKNOWN),
        ([route("d", "0.0.0.0/0", "None")], True, [], BLOCK),
        (None, False, [gateway("Vpn", "hub")], UNKNOWN),
        ([route("d", "0.0.0.0/0", "Internet")], False, [gateway("Vpn", "hub")], ALLOW),
    ],
)
def test_egress(routes: list[Document] | None, more: list[Document], verdict: Verdict, *, management: bool) -> None:
    """Behind its rules a firewall must reach the Internet by the routes of its own subnet (F40)."""
    extra: dict[str, Any] = {"managementIpConfiguration": {"name": "m"}} if management else {}
    wall = firewall("fw", "hub", FIREWALL, collections={"networkRuleCollections": [allow_network()]}, **extra)

    assert scene(wall=wall, hub_routes=routes, more=more).out(to("8.8.8.8")).verdict is verdict


@pytest.mark.parametrize(
    ("hop", "code", "verdict"),
    [
        (("VirtualAppliance", "10.0.7.7"), "firewall-chained", UNKNOWN),
        (("VirtualAppliance", "10.0.7.8"), "next-hop-unowned", BLOCK),
        (("VirtualNetworkGateway",), "firewall-egress-unknown", UNKNOWN),
        (("None",), "firewall-egress-blocked", BLOCK),
    ],
    ids=["appliance", "nothing-there", "gateway", "none"],
)
def test_a_route_for_some_addresses_on_the_firewall_subnet(hop: tuple[str, ...], code: str, verdict: Verdict) -> None:
    """A firewall may send some addresses on to another device, as long as 0.0.0.0/0 leads to the Internet (F40)."""
    made = scene(
        network_rules=[allow_network()],
        hub_routes=[route("some", "8.8.8.0/24", *hop)],
        hub_subnets=[subnet("hub", "nva", "10.0.7.0/24")],
        more=[interface("nva", "hub", "nva", "10.0.7.7", forwarding=True)],
    )
    found = made.out(to("8.8.8.8"))

    assert (found.verdict, found.trace.reason.code) == (verdict, code)
    assert made.out(to("9.9.9.9")).verdict is ALLOW


def test_egress_table_is_not_readable() -> None:
    """A table on AzureFirewallSubnet that is not in the source leaves open where traffic goes (F40, U8)."""
    made = scene(network_rules=[allow_network()], hub_routes=[], without=["rt-hub"])

    assert made.out(to("8.8.8.8")).trace.reason.code == "firewall-egress-unreadable"


@pytest.mark.parametrize(
    ("own", "base", "expected"), [("Alert", "Alert", False), ("Alert", "Deny", True), ("Deny", "Off", True)]
)
def test_threat_intelligence(own: str, base: str, *, expected: bool) -> None:
    """Threat intelligence in Deny, own or inherited, is a caveat and not a doubt (F14, F49)."""
    found = _policies(
        policy("base", [], threatIntelMode=base),
        policy("child", ["c"], base="base", threatIntelMode=own),
        group("child", "c", 100, [_allow("x", 100, ONE)]),
    ).out(SITE)

    assert (found.verdict, any("threat" in each for each in found.trace.caveats)) == (ALLOW, expected)


def test_basic_policy_on_a_firewall_of_unknown_tier() -> None:
    """The tier of the policy tells that features are absent where the firewall does not tell its own (F48)."""
    rule = network_rule("ntp", [], ["123"], protocols=["UDP"], destinationFqdns=["ntp.contoso.com"])
    made = _policies(
        policy("child", ["c"], sku={"tier": "Basic"}, dnsSettings={"enableProxy": True}),
        group("child", "c", 100, [_allow("x", 100, rule)]),
        dns=(FIREWALL,),
        tier="",
    )

    assert made.out(named("ntp.contoso.com"), "123", "udp").verdict is BLOCK
