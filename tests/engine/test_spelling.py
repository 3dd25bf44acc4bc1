"""Azure spells one id in several ways: findings stay the same, and name resources as the resources themselves do."""

import json
from collections.abc import Callable
from functools import cache

import pytest

from auditor.engine.audit import Audited
from auditor.findings import Finding
from auditor.reporters.text import resource_name
from tests.audits import audit_documents, checks_of
from tests.builders import Document, application_rule, collection
from tests.estates import Draft
from tests.violating import violating


def documents() -> list[Document]:
    """Return the violating example."""
    found: list[Document] = json.loads(json.dumps([each for file in violating().values() for each in file]))
    return [each for each in found if "properties" in each and "id" in each and "type" in each]


def spelled(spell: Callable[[str], str]) -> list[Document]:
    """Return the violating example with the id of every resource, not those that refer to it, spelled anew."""
    found = documents()
    for each in found:
        each["id"] = spell(each["id"])
        for child in each["properties"].get("subnets", []):
            child["id"] = spell(child["id"])
    return found


@cache
def plain() -> Audited:
    """Return the audit of the example as it is."""
    return audit_documents(documents())


def told(audited: Audited) -> set[str]:
    """Return the ids that findings and traces name."""
    traces = [each.trace for each in audited.results if each.trace]
    hops = [hop for each in traces for hop in (*each.hops, *(each.reply.hops if each.reply else ()))]
    return {each.resource for each in audited.findings} | {each.resource for each in hops}


def ids_in(source: list[Document]) -> set[str]:
    """Return the ids of documents, and of the subnets in them, as they are spelled there."""
    return {one["id"] for each in source for one in (each, *each["properties"].get("subnets", []))}


def in_capitals(arm_id: str) -> str:
    """Return an id with its last name in capitals."""
    above, _, name = arm_id.rpartition("/")
    return f"{above}/{name.upper()}"


@pytest.mark.parametrize("spell", [str, str.upper, in_capitals])
def test_resources_are_named_as_they_spell_themselves(spell: Callable[[str], str]) -> None:
    """Wherever the resource is in the source, however others refer to it."""
    source = spelled(spell)
    spellings = {each.lower(): each for each in ids_in(source)}

    named = told(audit_documents(source))

    assert {each: spellings.get(each.lower(), each) for each in named} == {each: each for each in named}
    assert len(named & set(spellings.values())) > 20


@pytest.mark.parametrize("spell", [str.upper, in_capitals, lambda arm_id: f"{arm_id}/"])
def test_findings_keep_their_ids(spell: Callable[[str], str]) -> None:
    """Capitals and a slash at the end make no other finding."""
    found = audit_documents(spelled(spell)).findings

    assert {each.id for each in found} == {each.id for each in plain().findings}
    assert not [each.resource for each in found if each.resource.endswith("/")]


def test_name_of_a_resource_with_a_slash_at_the_end() -> None:
    """It is the name all the same."""
    group = "/subscriptions/s/resourceGroups/g"

    assert resource_name(f"{group}/providers/Microsoft.Network/routeTables/rt/") == "rt"


def test_messages_name_a_route_table_as_it_is_spelled() -> None:
    """A table in capitals is not told of in small letters."""
    draft = Draft()
    table = draft.of("rt-ase")
    table["routes"] = [each for each in table["routes"] if each["name"] != "default"]
    draft.resource("rt-ase")["id"] = in_capitals(draft.resource("rt-ase")["id"])

    (found,) = [each for each in audit_documents(draft.documents, tags=draft.tags).findings if each.level == "error"]

    assert "route table RT-ASE" in found.message


def blocked(*rules: str) -> tuple[Finding, ...]:
    """Return the findings of an estate in which rules of one collection each deny a documented name."""
    names = ("crl.microsoft.com", "login.live.com")
    denied = [application_rule(rule, [name]) for rule, name in zip(rules, names, strict=True)]
    draft = Draft()
    draft.add_group("fwp-ase", "rcg-deny", 150, collection("deny-web", 100, "Deny", denied))
    audited = audit_documents(draft.documents, tags=draft.tags)
    assert set(checks_of(audited)) == {"blocked-by-firewall-rule"}
    return audited.findings


def test_rules_that_differ_in_case_alone_are_one_finding() -> None:
    """Two findings never share an id; one that stands for both names both."""
    (found,) = blocked("Block", "block")

    assert [len({each.id for each in blocked("Block", "other")}), len(found.requirements)] == [2, 3]
    assert all(f"deny-web/{each} " in " ".join(found.evidence) for each in ("Block", "block"))
