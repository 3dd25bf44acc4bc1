"""Rules of the firewall that let out what nobody asked for."""

from collections.abc import Sequence

import pytest

from auditor.engine.audit import Audited
from auditor.estate.addresses import EVERYTHING
from auditor.findings import Level, Outcome
from auditor.settings import Applications, Dependency, Settings
from tests.audits import audit_documents, checks_of, finding, outcomes
from tests.builders import Document, application_rule, collection, firewall, ip_group, network_id, network_rule
from tests.estates import FIREWALL, Draft

CHECK = "broad-firewall-rule"
ASE = "10.1.1.0/24"


def drafted(rules: Sequence[Document], *, action: str = "Allow", before: Sequence[Document] = ()) -> Draft:
    """Return the compliant estate with rules of one collection after all others, and collections before those."""
    draft = Draft()
    draft.add_group("fwp-ase", "rcg-extra", 900, *before, collection("extra", 500, action, rules))
    return draft


def audited(rules: Sequence[Document], settings: Settings | None = None, **more: object) -> Audited:
    """Audit such an estate."""
    draft = drafted(rules, **more)  # type: ignore[arg-type]
    return audit_documents(draft.documents, tags=draft.tags, settings=settings or Settings())


def declared(name: str = "", *, everywhere: bool = False, port: int = 443) -> Settings:
    """Return settings with one dependency: a name, or every address."""
    dependency = Dependency(
        text="declared", name=name, addresses=EVERYTHING if everywhere else None, port=port, protocol="tcp"
    )
    return Settings(applications=(Applications(workload="*", dependencies=(dependency,), client_ranges=()),))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (application_rule("wide", ["*"]), "any name that fits *"),
        (application_rule("wide", ["*.windows.net", "*.contoso.com"]), "any name that fits *.windows.net"),
        (application_rule("wide", ["*cloudapp.net"], sources=["10.1.1.128/25"]), "any name that fits *cloudapp.net"),
        (network_rule("wide", ["*"], ["*"]), "any address on any port"),
        (network_rule("wide", ["*"], ["443"], protocols=["TCP"]), "any address on ports 443"),
        (network_rule("wide", ["*"], ["53", "123"], protocols=["UDP"]), "any address on ports 53"),
        (network_rule("wide", ["20.0.0.0/8"], ["443"], sources=[ASE]), "any of 16,"),
        (network_rule("wide", ["AzureCloud"], ["443"]), "service tag AzureCloud on ports 443"),
        (network_rule("wide", ["AzureCloud.westeurope"], ["1433"]), "service tag AzureCloud.westeurope on ports 1433"),
    ],
)
def test_rule_that_lets_out_what_anyone_may_own(rule: Document, words: str) -> None:
    """It is one finding, a warning that says what gets out and names the rule collection group to change."""
    whole = audited([rule])
    found = finding(whole, CHECK)

    assert checks_of(whole) == [CHECK]
    assert "fwp-ase/rcg-extra/extra/wide lets " in found.message
    assert words in found.message
    assert "requirement" not in found.message
    assert found.level is Level.WARNING
    assert found.resource == f"{network_id('firewallPolicies', 'fwp-ase')}/ruleCollectionGroups/rcg-extra"
    assert found.requirements == ("lock-down/rule:fwp-ase/rcg-extra/extra/wide",)
    assert outcomes(whole)[found.requirements[0]] is Outcome.DEVIATES


@pytest.mark.parametrize(
    "rule",
    [
        application_rule("narrow", ["*.contoso.com", "shop.blob.core.windows.net"]),
        application_rule("narrow", ["*.update.microsoft.com", "*.dsms.core.windows.net"]),
        application_rule("narrow", tags=["AppServiceEnvironment"]),
        application_rule("others", ["*"], sources=["10.7.0.0/16"]),
        network_rule("asked-for", ["*"], ["123", "12000"]),
        network_rule("narrow", ["198.51.100.0/24", "20.1.0.0/16"], ["*"]),
        network_rule("narrow", ["AzureMonitor", "Storage.westeurope"], ["443"]),
        network_rule("private", ["10.0.0.0/8"], ["*"]),
        network_rule("others", ["*"], ["443"], sources=["10.7.0.0/16"]),
        network_rule("no-reply", ["*"], ["443"], protocols=["ICMP"]),
    ],
)
def test_rule_that_does_not(rule: Document) -> None:
    """Names and ranges of one owner, what a document asks for, and what is for other senders are no such thing."""
    assert checks_of(audited([rule])) == []


def test_what_is_declared_is_asked_for() -> None:
    """A pattern, or a port to anywhere, that the user declares is no finding; another port stays one."""
    names = application_rule("wide", ["*.servicebus.windows.net"])
    numbers = network_rule("wide", ["*"], ["8443"])

    assert checks_of(audited([names], declared("*.servicebus.windows.net"))) == []
    assert CHECK not in checks_of(audited([names], declared("*.windows.net")))
    assert CHECK in checks_of(audited([names], declared("orders.servicebus.windows.net")))
    assert CHECK not in checks_of(audited([numbers], declared(everywhere=True, port=8443)))
    assert CHECK in checks_of(audited([numbers], declared(everywhere=True, port=8444)))


def test_rule_that_another_makes_void() -> None:
    """A network deny decides before an application rule, and an earlier deny before a later allow."""
    names = [application_rule("wide", ["*.cloudapp.net"], protocols=["Mssql:1433"])]
    deny = collection("deny-sql", 100, "Deny", [network_rule("no-sql", ["*"], ["1433"])])
    earlier = collection("deny-odd", 100, "Deny", [network_rule("no-odd", ["*"], ["9999"])])

    assert CHECK in checks_of(audited(names))
    assert checks_of(audited(names, before=[deny])) == []
    assert checks_of(audited([network_rule("wide", ["*"], ["9999"])], before=[earlier])) == []
    assert checks_of(audited([network_rule("wide", ["*"], ["9998", "9999"])], before=[earlier])) == [CHECK]


def test_a_rule_that_denies_lets_nothing_out() -> None:
    """Only rules that allow are broad."""
    assert CHECK not in checks_of(audited([application_rule("wide", ["*.cloudapp.net"])], action="Deny"))


def test_empty_ip_group_switches_a_rule_off() -> None:
    """A rule whose sources are an IP group without addresses lets nothing out; with the subnet in it, it does."""
    rule = application_rule("wide", ["*"], sources=[], sourceIpGroups=[network_id("ipGroups", "ipg-wide")])
    for addresses, expected in (([], []), ([ASE], [CHECK])):
        draft = drafted([rule])
        draft.documents.append(ip_group("ipg-wide", addresses))
        assert checks_of(audit_documents(draft.documents, tags=draft.tags)) == expected


def test_ip_group_of_wide_ranges() -> None:
    """Ranges that an IP group holds count as those in the rule do."""
    rule = network_rule("wide", [], ["443"], destinationIpGroups=[network_id("ipGroups", "ipg-world")], sources=[ASE])
    draft = drafted([rule])
    draft.documents.append(ip_group("ipg-world", ["0.0.0.0/1", "128.0.0.0/1"]))

    assert CHECK in checks_of(audit_documents(draft.documents, tags=draft.tags))


def test_where_the_default_route_does_not_lead_to_the_firewall() -> None:
    """Then its rules hold nothing, and that is told instead."""
    draft = drafted([application_rule("wide", ["*"])])
    draft.route("0.0.0.0/0").update(nextHopType="Internet", nextHopIpAddress=None)

    assert CHECK not in checks_of(audit_documents(draft.documents, tags=draft.tags))


def test_same_finding_after_other_rules_come_and_go() -> None:
    """The cause is the rule: another one beside it does not change the id of the finding, and its name does."""
    wide, other = application_rule("wide", ["*"]), application_rule("other", ["a.contoso.com"])
    one, two = finding(audited([wide]), CHECK), finding(audited([other, wide]), CHECK)
    renamed = finding(audited([application_rule("wider", ["*"])]), CHECK)

    assert one.id == two.id != renamed.id


def test_classic_rules() -> None:
    """Rules of a firewall without a policy are read as those of one with a policy."""
    draft = Draft()
    (old,) = [each for each in draft.documents if each["type"] == "Microsoft.Network/azureFirewalls"]
    rules = [application_rule("wide", ["*"], sources=[ASE])]
    classic_ones = {
        "applicationRuleCollections": [
            {"name": "any", "properties": {"priority": 100, "action": {"type": "Allow"}, "rules": rules}}
        ]
    }
    draft.documents[draft.documents.index(old)] = firewall(old["name"], "vnet-hub", FIREWALL, collections=classic_ones)

    found = finding(audit_documents(draft.documents, tags=draft.tags), CHECK)
    assert found.resource == old["id"]
    assert f"{old['name']}/any/wide" in found.message
