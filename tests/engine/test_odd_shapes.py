"""Fields in a form Azure does not document: what they may decide is unknown, and nothing ends in a traceback."""

from typing import Any

import pytest

from auditor.findings import Outcome
from auditor.packs import Kind
from tests.audits import audit_documents, checks_of, of_kind, outcomes, with_outcome
from tests.builders import application_rule, classic, collection, network_rule, security_rule
from tests.engine.defects import NEW, Put
from tests.estates import Draft

PASSES = {Outcome.PASS, Outcome.NOT_APPLICABLE}


def assert_undetermined(draft: Draft, *because: str) -> None:
    """Fail unless an audit finds nothing but what it cannot decide, and says because of what."""
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert checks_of(audited) == ["undetermined"]
    said = " | ".join((audited.findings[0].message, *audited.findings[0].evidence))
    assert [each for each in because if each not in said] == []
    assert with_outcome(audited, Outcome.UNKNOWN)


def _classic(draft: Draft, **fields: Any) -> None:  # noqa: ANN401 - ARM's own fields
    """Give the firewall classic rules that do what its policy does, so that only `fields` are wrong with it."""
    firewall = draft.of("fw-hub")
    del firewall["firewallPolicy"]
    for name, kind in (("rcg-network", "networkRuleCollections"), ("rcg-application", "applicationRuleCollections")):
        firewall[kind] = [
            classic(each["name"], each["priority"], each["action"]["type"], each["rules"])
            for each in draft.of(name)["ruleCollections"]
        ]
    for rule in (each for found in firewall["networkRuleCollections"] for each in found["properties"]["rules"]):
        rule["protocols"] = rule.pop("ipProtocols")
    firewall.update(fields)


def test_classic_rules_alone_are_no_doubt() -> None:
    """The classic firewall of these tests is well where nothing odd is put into it."""
    draft = Draft()
    _classic(draft)

    assert set(outcomes(audit_documents(draft.documents, tags=draft.tags)).values()) == PASSES


# Ranges without SNAT.


@pytest.mark.parametrize("written", ["10.0.0.0/33", "bogus"])
def test_private_ranges_of_a_policy_that_are_none(written: str) -> None:
    """A range that is none may hold any address: whether senders are translated is unknown."""
    draft = Draft()
    draft.of("fwp-ase")["snat"] = {"privateRanges": [written]}

    assert_undetermined(draft, "fwp-ase", written)


@pytest.mark.parametrize("written", ["10.0.0.0/33", "bogus"])
def test_private_ranges_of_a_firewall_that_are_none(written: str) -> None:
    """The same of a firewall with classic rules."""
    draft = Draft()
    _classic(draft, additionalProperties={"Network.SNAT.PrivateRanges": written})

    assert_undetermined(draft, "fw-hub", written)


# Rules.


@pytest.mark.parametrize(
    "odd",
    [
        {"sourceAddresses": ...},
        {"sourceAddresses": None},
        {"sourceAddresses": {"a": 1}},
        {"sourceAddresses": ["Any"]},
        {"sourceAddresses": [], "sourceIpGroups": [{"id": "/x"}]},
        {"targetFqdns": ..., "fqdnTags": ...},
        {"targetFqdns": None, "fqdnTags": ...},
        {"targetFqdns": []},
        {"sourceAddresses": []},
        {"targetFqdns": [{"name": "*"}]},
        {"protocols": "Https:443"},
        {"protocols": ["Https:443"]},
        {"protocols": {"Https": 443}},
    ],
    ids=str,
)
def test_application_rule_that_denies_something(odd: dict[str, Any]) -> None:
    """A rule that denies, but not readably what, may deny any name; `...` stands for a field that is not there."""
    draft = Draft()
    fields = {**application_rule("odd", ["*.microsoft.com"]), **odd}
    rule = {name: value for name, value in fields.items() if value is not ...}
    draft.of("rcg-org")["ruleCollections"][0]["rules"].append(rule)

    assert_undetermined(draft, "rcg-org", "rule odd")


@pytest.mark.parametrize("rules", [..., None, "x", ["x"]], ids=str)
def test_collection_without_readable_rules(rules: object) -> None:
    """A collection that denies, but not readably what, may deny anything."""
    draft = Draft()
    denying = draft.of("rcg-org")["ruleCollections"][0]
    del denying["rules"]
    denying |= {} if rules is ... else {"rules": rules}

    assert_undetermined(draft, "rcg-org")


@pytest.mark.parametrize("of_policy", [True, False])
@pytest.mark.parametrize(
    "odd",
    [
        {"destinationAddresses": [], "destinationIpGroups": [{"id": "/x"}]},
        {"destinationAddresses": [None]},
        {"destinationPorts": [{"x": 1}]},
        {"destinationPorts": []},
        {"destinationAddresses": []},
        {"sourceAddresses": []},
        {"protocols": [], "ipProtocols": []},
    ],
    ids=str,
)
def test_network_rule_that_denies_something(odd: dict[str, Any], *, of_policy: bool) -> None:
    """An entry of another type, or no entry at all, in a list that decides is never read as "nothing"."""
    draft = Draft()
    rule = {**network_rule("odd", ["*"], ["*"]), "protocols": ["Any"], **odd}
    if of_policy:
        draft.add_group("fwp-ase", "rcg-odd", 150, collection("odd", 100, "Deny", [rule]))
    else:
        _classic(draft)
        draft.of("fw-hub")["networkRuleCollections"].append(classic("odd", 100, "Deny", [rule]))

    assert_undetermined(draft, "rule odd")


@pytest.mark.parametrize(
    "odd",
    [
        {"destinationPortRange": "", "destinationPortRanges": [{"from": 1}, "22"]},
        {"destinationAddressPrefix": "", "destinationAddressPrefixes": [None, "10.0.0.0/8"]},
        {"direction": "outbound "},
        {"priority": 90.5},
        {"sourceAddressPrefix": "", "sourceAddressPrefixes": [7]},
    ],
    ids=str,
)
def test_security_rule_that_denies_something(odd: dict[str, Any]) -> None:
    """The same of the rules of an NSG."""
    draft = Draft()
    rule = security_rule("odd", 90, "Deny", direction="Outbound")
    rule["properties"] |= odd
    draft.of("nsg-ase")["securityRules"].append(rule)

    assert_undetermined(draft, "nsg-ase", "security rule odd")


@pytest.mark.parametrize(
    "odd",
    [
        {"serviceEndpointPolicies": ["x"]},
        {"addressPrefixes": ["10.1.1.0/24", {"a": 1}]},
        {"serviceEndpoints": "x"},
        {"networkSecurityGroup": "nsg-ase"},
        {"networkSecurityGroup": {"id": None}},
        {"networkSecurityGroup": {}},
        {"routeTable": "rt-ase"},
        {"routeTable": {"id": None}},
    ],
    ids=str,
)
def test_subnet_with_an_odd_field(odd: dict[str, Any]) -> None:
    """A subnet whose settings are not readable has neither no NSG nor no table: it is not known."""
    draft = Draft()
    draft.ase.update(odd)

    assert_undetermined(draft, "the subnet of ase-shop cannot be read")


# References.


@pytest.mark.parametrize("form", ["text", "null", "ID"])
def test_base_policy_in_an_odd_form(form: str) -> None:
    """A base policy that is named unreadably is not no base policy: it may deny what the policy allows."""
    draft = Draft()
    base = draft.of("fwp-ase")["basePolicy"]["id"]
    forms: dict[str, object] = {"text": base, "null": {"id": None}, "ID": {"ID": base}}
    draft.of("fwp-ase")["basePolicy"] = forms[form]
    draft.of("rcg-org")["ruleCollections"][0]["rules"].append(application_rule("all", ["*"]))

    assert_undetermined(draft, "fwp-ase")


@pytest.mark.parametrize("policy", ["fwp-org", "fwp-ase"])
@pytest.mark.parametrize("form", ["text", "ID", "null"])
def test_groups_of_a_policy_in_an_odd_form(policy: str, form: str) -> None:
    """Rule collection groups that are named unreadably are not none."""
    draft = Draft()
    groups = [each["id"] for each in draft.of(policy)["ruleCollectionGroups"]]
    draft.of(policy)["ruleCollectionGroups"] = (
        None if form == "null" else groups if form == "text" else [{"ID": each} for each in groups]
    )
    for each in groups:
        draft.drop(each.rpartition("/")[2])

    assert_undetermined(draft, policy)


def test_policy_of_a_firewall_as_a_text() -> None:
    """A firewall whose policy is named unreadably is not one without a policy."""
    draft = Draft()
    draft.of("fw-hub")["firewallPolicy"] = draft.of("fw-hub")["firewallPolicy"]["id"]

    assert_undetermined(draft, "fw-hub")


# The environment, and what its rules ask for.


@pytest.mark.parametrize("mode", ["", "Frobnicate", None, {}, "Web, Frobnicate"], ids=str)
def test_load_balancing_mode_that_says_nothing(mode: object) -> None:
    """An environment whose mode is no word of Azure may have a public address, whose replies may go astray."""
    draft = Draft()
    draft.of("ase-shop")["internalLoadBalancingMode"] = mode

    assert_undetermined(draft, "whether ase-shop has a public address")


@pytest.mark.parametrize(
    "protocols",
    [
        [{"protocolType": "Https", "port": 8443}],
        [{"protocolType": "Https", "port": 8443}, {"protocolType": "Http", "port": 8080}],
        [{"protocolType": "Http", "port": 80}],
    ],
    ids=str,
)
def test_tags_on_other_ports_are_not_the_documented_ones(protocols: list[dict[str, Any]]) -> None:
    """A rule for an FQDN tag meets what the document asks for only with https on 443."""
    draft = Draft()
    draft.rule("rcg-application", "ase-tags")["protocols"] = protocols
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert {outcomes(audited)[each] for each in of_kind(NEW, Kind.FQDN_TAG)} == {Outcome.FAIL}


# Forms that mean the same.


def _global_storage(draft: Draft) -> None:
    for each in draft.ase["serviceEndpoints"]:
        each["service"] = each["service"].replace("Microsoft.Storage", "Microsoft.Storage.Global")


def _slashes(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a document with a slash behind every id."""
    if isinstance(value, list):
        return [_slashes(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: f"{each}/" if name == "id" and each else _slashes(each) for name, each in value.items()}


def _slash_behind_ids(draft: Draft) -> None:
    draft.documents = _slashes(draft.documents)


@pytest.mark.parametrize("put", [_global_storage, _slash_behind_ids])
def test_another_form_of_the_same(put: Put) -> None:
    """Slashes behind ids change nothing, and Microsoft.Storage.Global is Microsoft.Storage for all regions."""
    draft = Draft()
    put(draft)
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert audited.findings == ()
    assert set(outcomes(audited).values()) == PASSES
