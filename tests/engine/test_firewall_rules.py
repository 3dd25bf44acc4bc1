"""Which rules of a firewall take part, and whose address what passes carries: F12, F36, F37, F43."""

from typing import Any

import pytest

from auditor.engine.flows import Endpoint, Flow
from auditor.estate.ports import port_set
from auditor.traces import Verdict
from tests.builders import (
    Document,
    application_rule,
    collection,
    firewall,
    group,
    ip_group,
    network_id,
    network_rule,
    policy,
)
from tests.engine.scenes import (
    FIREWALL,
    Scene,
    allow_names,
    allow_network,
    deny_names,
    named,
    scene,
    to,
)

ALLOW, BLOCK, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.UNKNOWN
SITE = named("a.contoso.com")


def _one_group(name: str, *collections: Document) -> Scene:
    """Return F0 with a policy of one rule collection group."""
    documents = [policy("p", [name]), group("p", name, 100, collections)]
    return scene(wall=firewall("fw", "hub", FIREWALL, policy="p"), more=documents)


def _proxy(*rules: Document) -> Scene:
    """Return F0 with a policy whose firewall resolves names, and a VNet that resolves them elsewhere."""
    documents = [
        policy("p", ["g"], dnsSettings={"enableProxy": True}),
        group("p", "g", 100, [collection("c", 100, "Allow", rules)]),
    ]
    return scene(wall=firewall("fw", "hub", FIREWALL, policy="p"), more=documents)


_GROUP = [network_id("ipGroups", "unread")]
_TAG = Endpoint(label="a.contoso.com", name="a.contoso.com", fqdn_tags=frozenset({"windowsupdate"}))


@pytest.mark.parametrize(
    ("made", "end", "port", "rule"),
    [
        (scene(application_rules=[allow_names("*"), deny_names("*")]), SITE, "443", "F7"),
        (scene(network_rules=[allow_network(sources=[], sourceIpGroups=_GROUP)]), to("8.8.8.8"), "443", "F20"),
        (_proxy(network_rule("name", [], ["443"], destinationFqdns=["b.contoso.com"])), to("8.8.8.8"), "443", "F21"),
        (_proxy(network_rule("name", [], ["443"], destinationFqdns=["a.contoso.com"])), SITE, "443", "F22"),
        (scene(network_rules=[allow_network(["8.0.0.0/8"])]), SITE, "443", "F25"),
        (scene(application_rules=[allow_names("*")]), to("8.8.8.8"), "443", "F28"),
        (scene(application_rules=[allow_names(webCategories=["News"])]), SITE, "443", "F33"),
        (scene(application_rules=[allow_names("*", destinationAddresses=["8.0.0.0/8"])]), SITE, "443", "F34"),
        (scene(application_rules=[allow_names(tags=["WindowsUpdate"], protocols=["Https:443"])]), _TAG, "80", "F38"),
        (scene(network_rules=[allow_network(protocols=["SCTP"])]), to("8.8.8.8"), "443", "J2"),
        (_one_group("g", collection("c", 100, "Audit", [application_rule("one", ["*"])])), SITE, "443", "J2"),
    ],
    ids=["F7", "F20", "F21", "F22", "F25", "F28", "F33", "F34", "F38", "protocol", "action"],
)
def test_what_is_not_known_names_its_rule(made: Scene, end: Endpoint, port: str, rule: str) -> None:
    """A firewall that cannot decide names the rule of Azure that its doubt rests on."""
    found = made.out(end, port)
    hop = next(each for each in found.walk.hops if each.at == "firewall")

    assert (found.verdict, hop.code, hop.spec) == (UNKNOWN, "firewall-undecided", rule)


_NONE = [network_id("ipGroups", "none")]
_NAMED = network_rule("name", [], ["443"], destinationFqdns=["a.contoso.com"])


def _of_tier(tier: str, rule: Document, **own: Any) -> Scene:  # noqa: ANN401 - fields of ARM
    documents = [
        policy("p", ["g"], sku={"tier": tier}, **own),
        group("p", "g", 100, [collection("c", 100, "Allow", [rule])]),
    ]
    return scene(wall=firewall("fw", "hub", FIREWALL, policy="p", tier=tier), more=[*documents, ip_group("none", [])])


@pytest.mark.parametrize(
    ("made", "rule"),
    [
        (_of_tier("Standard", network_rule("n", ["*"], ["443"], sources=[], sourceIpGroups=_NONE)), "F20"),
        (_of_tier("Standard", application_rule("a", ["*"], sources=[], sourceIpGroups=_NONE)), "F20"),
        (_of_tier("Standard", network_rule("n", [], ["443"], destinationFqdns=["*.contoso.com"])), "F21"),
        (_of_tier("Standard", _NAMED), "F22"),
        (_of_tier("Premium", application_rule("u", targetUrls=["a.contoso.com/path"])), "F31"),
        (_of_tier("Basic", _NAMED, dnsSettings={"enableProxy": True}), "F48"),
        (_of_tier("Standard", application_rule("u", targetUrls=["a.contoso.com"])), "F48"),
        (_of_tier("Standard", network_rule("n", [], ["80"], destinationFqdns=["a.contoso.com"])), "F2"),
        (_of_tier("Standard", network_rule("n", [], ["443"], sources=["10.9.0.0/16"], destinationFqdns=["*"])), "F2"),
        (_of_tier("Standard", application_rule("u", targetUrls=["b.contoso.com"])), "F2"),
    ],
    ids=["group", "names-group", "wildcard", "proxy", "url", "basic", "standard", "port", "sender", "host"],
)
def test_a_refusal_names_the_rule_that_is_not_in_force(made: Scene, rule: str) -> None:
    """Where a rule would let a flow out if Azure applied it, the refusal says why it does not."""
    found = made.out(SITE)
    hop = next(each for each in found.walk.hops if each.at == "firewall")

    assert (found.verdict, hop.code, hop.spec) == (BLOCK, "firewall-default-deny", rule)


def test_a_path_of_a_url_over_plain_http_needs_no_inspection() -> None:
    """Over HTTP a URL with a path is in force: the rest of the host is refused for no other reason (F31)."""
    rule = application_rule("u", protocols=["Http:80"], targetUrls=["a.contoso.com/path"])
    found = _of_tier("Premium", rule).out(SITE, "80")

    assert (found.verdict, found.walk.hops[-2].spec) == (Verdict.PARTIAL, "F2")


@pytest.mark.parametrize("name", ["mixed", "DefaultNetworkRuleCollectionGroup"])
def test_group_of_mixed_types(name: str) -> None:
    """One group may hold network and application rules; what it is called says nothing (F12)."""
    made = _one_group(
        name,
        collection("names", 100, "Allow", [application_rule("one", ["a.contoso.com"])]),
        collection("time", 200, "Allow", [network_rule("ntp", ["*"], ["123"], protocols=["UDP"])]),
    )

    assert (made.out(SITE).verdict, made.out(to("8.8.8.8"), "123", "udp").verdict) == (ALLOW, ALLOW)


def test_collection_of_mixed_types() -> None:
    """In one collection too the network rules come first, wherever they are listed (F3, F12)."""
    made = _one_group(
        "mixed",
        collection(
            "both", 100, "Allow", [application_rule("one", ["a.contoso.com"]), network_rule("web", ["*"], ["443"])]
        ),
    )

    assert [hop.code for hop in made.out(SITE).walk.hops if hop.at == "firewall"] == ["firewall-network-allow"]


def test_collection_of_a_type_that_azure_may_add() -> None:
    """What a collection of another type does is not known: it neither allows nor denies (F12, J2)."""
    odd = collection("odd", 100, "Allow", [application_rule("one", ["a.contoso.com"])])
    odd["ruleCollectionType"] = "FirewallPolicyMirrorRuleCollection"

    assert _one_group("mixed", odd).out(SITE).verdict is UNKNOWN


@pytest.mark.parametrize(
    "name", ["mcr.microsoft.com", "md-1.blob.core.windows.net", "gcs.prod.monitoring.core.windows.net"]
)
@pytest.mark.parametrize("rules", [[], [deny_names("*")]], ids=["no rules", "everything denied"])
def test_rules_of_azures_own_count_for_nothing(name: str, rules: list[Document]) -> None:
    """Names that Azure's built-in collection may let out are let out by no rule of the user's (F37)."""
    assert scene(application_rules=rules).out(named(name)).verdict is BLOCK


def _translated(made: Scene, end: Endpoint) -> bool | None:
    """Return whether what passes to `end` carries the firewall's address; None where that is not known."""
    wall = next(iter(made.network.estate.firewalls.values()))
    flow = Flow(
        source=Endpoint(label="ase", addresses=made.ase.addresses),
        destination=end,
        protocol="tcp",
        ports=port_set("443"),
        application="https" if end.name else "",
    )
    passage = made.network.firewall(wall).decide(flow, None)

    assert passage.verdict is ALLOW
    return passage.snat


def test_application_rules_always_translate() -> None:
    """What an application rule lets through leaves with the firewall's address, whatever the private ranges (F36)."""
    rules = {"applicationRuleCollections": [allow_names("*")]}
    ranges = {"Network.SNAT.PrivateRanges": "IANAPrivateRanges,20.0.0.0/8"}
    narrow = scene(wall=firewall("fw", "hub", FIREWALL, collections=rules, additionalProperties=ranges))

    assert _translated(scene(application_rules=[allow_names("*")]), SITE) is True
    assert _translated(narrow, SITE) is True


@pytest.mark.parametrize(
    ("ranges", "address", "translated"),
    [
        (None, "8.8.8.8", True),
        (None, "10.9.0.1", False),
        (None, "172.20.0.1", False),
        (None, "192.168.0.1", False),
        ("IANAPrivateRanges", "10.9.0.1", False),
        ("10.1.0.0/16", "10.9.0.1", True),
        ("10.1.0.0/16", "10.1.0.1", False),
        ("10.1.0.0/16, IANAPrivateRanges", "10.9.0.1", False),
        ("255.255.255.255/32", "10.9.0.1", True),
    ],
)
def test_network_rules_translate_towards_other_than_private_ranges(
    ranges: str | None, address: str, *, translated: bool
) -> None:
    """Network rules keep the sender's address towards private ranges; a list of one's own replaces Azure's (F43)."""
    rules = {"networkRuleCollections": [allow_network()]}
    extra = {} if ranges is None else {"Network.SNAT.PrivateRanges": ranges}
    wall = firewall("fw", "hub", FIREWALL, collections=rules, additionalProperties=extra)

    assert _translated(scene(wall=wall), to(address)) is translated
