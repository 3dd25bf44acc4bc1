"""Two rules of equal rank: where they disagree nobody knows which one decides."""

import pytest

from auditor.findings import Outcome
from tests.audits import audit_documents, checks_of, requirements_of, with_outcome
from tests.builders import application_rule, collection, network_rule, route, security_rule
from tests.engine.defects import NEW, TAGS
from tests.estates import Draft


@pytest.mark.parametrize("priority", [100, 500])
def test_application_groups_of_one_priority(priority: int) -> None:
    """Of two groups of one priority, of which one allows and one denies, neither is known to come first."""
    draft = Draft()
    denying = collection("deny-all", priority, "Deny", [application_rule("all", ["*"])])
    draft.add_group("fwp-ase", "rcg-tied", draft.of("rcg-application")["priority"], denying)
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert checks_of(audited) == ["undetermined"]
    assert {each.id for each in requirements_of(NEW) if TAGS(each)} <= with_outcome(audited, Outcome.UNKNOWN)


@pytest.mark.parametrize("priority", [50, 500])
def test_network_groups_of_one_priority(priority: int) -> None:
    """The same of network rules: what they allow is unknown, and what only the denying group meets is denied."""
    draft = Draft()
    denying = collection("deny-all", priority, "Deny", [network_rule("all", ["*"], ["123"])])
    draft.add_group("fwp-ase", "rcg-tied", draft.of("rcg-network")["priority"], denying)
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert checks_of(audited) == ["undetermined"]
    (found,) = with_outcome(audited, Outcome.UNKNOWN)
    assert ":123" in found


def test_groups_of_one_priority_that_agree() -> None:
    """Where both allow it does not matter which one comes first."""
    draft = Draft()
    allowing = collection("allow-more", 100, "Allow", [application_rule("more", ["*.microsoft.com"])])
    draft.add_group("fwp-ase", "rcg-tied", draft.of("rcg-application")["priority"], allowing)

    assert audit_documents(draft.documents, tags=draft.tags).findings == ()


@pytest.mark.parametrize("name", ["a-first", "z-last"])
@pytest.mark.parametrize("prefix", ["0.0.0.0/0", "13.64.115.203/32"])
def test_two_routes_for_one_prefix(prefix: str, name: str) -> None:
    """Azure takes one route for a prefix only: of two, none is believed, whatever their names and order."""
    draft = Draft()
    draft.routes.append(route(name, prefix, "None"))
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert checks_of(audited) == ["undetermined"]
    assert f"rt-ase cannot be read: two of its routes are for {prefix}" in audited.findings[0].message


@pytest.mark.parametrize("name", ["a-first", "z-last"])
def test_two_security_rules_of_one_priority(name: str) -> None:
    """Azure takes one rule for a priority and direction only: of two, none is believed."""
    draft = Draft()
    draft.of("nsg-ase")["securityRules"].append(security_rule(name, 100, "Deny"))
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert checks_of(audited) == ["undetermined"]
    assert "nsg-ase cannot be read: two of its" in audited.findings[0].message


def test_one_priority_in_two_directions() -> None:
    """Inbound and outbound rules are numbered apart."""
    draft = Draft()
    draft.of("nsg-ase")["securityRules"].append(security_rule("out", 100, "Allow", direction="Outbound"))

    assert audit_documents(draft.documents, tags=draft.tags).findings == ()
