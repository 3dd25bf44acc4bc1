"""SARIF: valid by the official schema, as approved, and holding all that the profile full promises."""

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.cli.formats import SARIF_READERS
from auditor.collectors.rules import read_checks
from auditor.findings import Finding, Level, Location
from auditor.reporters.sarif import PROFILES, render
from auditor.shipped import shipped
from auditor.waivers import WaiverState
from tests.conftest import Golden
from tests.reporters.cases import CASES as SHARED
from tests.reporters.samples import CLEAN, EMPTY, FINDINGS, GAPS, HOSTILE, NET, UNKNOWN, VIOLATING, finding, report
from tests.reporters.sarif_cases import (
    BASELINE,
    CASES,
    TRACED,
    checks_of,
    notices,
    results_of,
    run_of,
    validator,
    written,
)
from tests.reporters.test_text import ANY_TEXT


def test_the_schema_is_the_official_one() -> None:
    """Byte for byte sarif-2.1/schema/sarif-schema-2.1.0.json of oasis-tcs/sarif-spec, at commit e0583813964e."""
    data = (shipped("reports") / "sarif-schema-2.1.0.json").read_bytes()

    assert hashlib.sha256(data).hexdigest() == "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
    validator().check_schema(json.loads(data))


def test_the_command_line_names_the_profiles() -> None:
    """What --sarif-for takes, and what there is, do not part."""
    assert tuple(PROFILES) == SARIF_READERS


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", CASES)
def test_report_is_as_approved(name: str, profile: str, golden: Golden) -> None:
    """Every case for every reader, whole and valid; with the rules of its own findings, to stay readable."""
    text = render(CASES[name], checks_of(CASES[name]), PROFILES[profile])

    validator().validate(json.loads(text))
    golden(f"report-{name}-{profile}.sarif", text)


def test_rules_are_as_approved(golden: Golden) -> None:
    """Every check is a rule of a clean report, with help as text and as Markdown."""
    text = render(CLEAN, read_checks(), PROFILES["github"])

    golden("rules.sarif", text)
    assert [each["id"] for each in json.loads(text)["runs"][0]["tool"]["driver"]["rules"]] == list(read_checks())


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", CASES)
def test_same_report_same_bytes(name: str, profile: str) -> None:
    """Rendering has no memory."""
    assert written(CASES[name], profile) == written(CASES[name], profile)


def test_waivers_are_suppressions_with_their_reason() -> None:
    """Every result says whether it is suppressed: SARIF wants all or none to."""
    told = [each["suppressions"] for each in results_of(VIOLATING)]

    assert told.count([]) == 5
    assert [each for each in told if each] == [
        [
            {
                "kind": "external",
                "status": "accepted",
                "justification": "Accepted by the network team until 2026-06-30 (NET-1234)",
            }
        ]
    ]


def test_a_baseline_is_told() -> None:
    """New, unchanged and absent, as the baseline found them."""
    assert [each["baselineState"] for each in results_of(BASELINE)] == ["new", "unchanged", "absent"]


def test_traces_are_code_flows_each_way_once() -> None:
    """Two flows that take the same way are one; the hop that stops it is essential; the reply follows."""
    first, *others = results_of(TRACED)
    flows = first["codeFlows"]
    blocked, astray = (each["threadFlows"][0]["locations"] for each in flows)

    assert [each.get("codeFlows") for each in others] == [None] * 5
    assert [each["importance"] for each in blocked] == ["important", "important", "essential"]
    assert blocked[-1]["properties"] == {"verdict": "block", "code": "firewall-network-deny"}
    assert blocked[1]["location"]["physicalLocation"]["artifactLocation"]["uri"] == "estate/route%20tables.json"
    assert astray[-1]["location"]["message"]["text"].startswith("reply: firewall: The firewall never saw")


def test_gaps_are_notifications() -> None:
    """What could not be read, where, and what would close the gap."""
    told = run_of(UNKNOWN)["invocations"][0]["toolExecutionNotifications"]

    assert [each["descriptor"]["id"] for each in told] == ["undecided", "gap", "gap"]
    assert told[2]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == GAPS[1].scope
    assert all(gap.needs in text for gap, text in zip(GAPS, notices(run_of(UNKNOWN))[1:], strict=True))


@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_unknown_is_told_and_no_success_where_nothing_else_is_found(profile: str) -> None:
    """A file whose every finding is waived does not pass for clean while requirements are undecided."""
    waived = replace(UNKNOWN, findings=tuple(replace(each, waiver="accepted") for each in UNKNOWN.findings))
    failing = replace(UNKNOWN, findings=(*UNKNOWN.findings, *VIOLATING.findings[:1]))
    said = "46 requirements could not be decided; that nothing is found there is no all-clear."

    for whole, level, complete in ((waived, "error", False), (UNKNOWN, "error", False), (failing, "warning", True)):
        invocation = run_of(whole, profile)["invocations"][0]
        assert invocation["executionSuccessful"] is complete
        (told,) = [each for each in invocation["toolExecutionNotifications"] if each["descriptor"]["id"] == "undecided"]
        assert (told["level"], told["message"]["text"]) == (level, said)


@pytest.mark.parametrize("profile", PROFILES)
def test_idle_waivers_are_notifications(profile: str) -> None:
    """A waiver that matches nothing is told wherever a file is read."""
    idle = [each.waiver for each in SHARED["waived"].waivers if each.state is WaiverState.UNMATCHED]
    told = run_of(SHARED["waived"], profile)["invocations"][0]["toolExecutionNotifications"]
    texts = [each["message"]["text"] for each in told if each["descriptor"]["id"] == "idle-waiver"]

    assert [text.partition(" matches nothing")[0] for text in texts] == [
        f"The waiver of {each.covers}" for each in idle
    ]
    assert idle


@pytest.mark.parametrize("profile", PROFILES)
def test_a_clean_run_has_an_empty_list_of_results(profile: str) -> None:
    """So that a platform closes what was open before."""
    run = run_of(CLEAN, profile)

    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is True


def test_nothing_audited_is_no_success() -> None:
    """A file without results that audited nothing does not pass for clean."""
    run = run_of(EMPTY)

    assert run["invocations"][0]["executionSuccessful"] is False
    assert notices(run) == ["Nothing was audited: no requirement applied to anything."]


def test_a_finding_of_another_version_brings_its_rule() -> None:
    """A saved report may name a check that is not known any more."""
    old = finding("long-gone", Level.NOTE, "An old `title`", "Something old.", fix="Do <this>.", references=())
    run = run_of(report(findings=(old,)))

    assert run["tool"]["driver"]["rules"][run["results"][0]["ruleIndex"]]["id"] == "long-gone"
    assert run["tool"]["driver"]["rules"][-1]["help"]["markdown"] == (
        "**An old \\`title\\`**\n\nAn old \\`title\\`\n\n**How to fix it.** Do \\<this\\>."
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_a_finding_of_no_resource_has_a_place_too(profile: str) -> None:
    """An expired waiver is nobody's resource; platforms want a path all the same."""
    lapsed = finding("expired-waiver", Level.WARNING, "x", "A waiver is over.", workload="", resource="")
    (found,) = results_of(report(findings=(lapsed,)), profile)

    assert found["message"]["text"].startswith("A waiver is over.\nFix: ")
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "azure/audit"
    assert "logicalLocations" not in found["locations"][0]


def test_every_index_leads_to_its_rule() -> None:
    """Its number and its name agree."""
    run = run_of(TRACED)

    assert [run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] for each in run["results"]] == [
        each["ruleId"] for each in run["results"]
    ]


def test_a_hostile_name_is_kept_and_cannot_act() -> None:
    """A program reads the very id; a terminal, a log and a reader of the message see only printable text."""
    bad = replace(FINDINGS[0], resource=f"{NET}/routeTables/{HOSTILE}", message=f"{HOSTILE} [x](http://evil) {{0}}")
    text = written(report(findings=(bad,))).text
    (found,) = json.loads(text)["runs"][0]["results"]

    assert found["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == bad.resource
    assert all(line.isprintable() for line in text.split("\n"))
    assert "::error" not in text
    assert "##vso" not in text
    assert all(line.isprintable() for line in found["message"]["text"].split("\n"))
    assert "[x] (http://evil) {{0}}" in found["message"]["text"]


@given(ANY_TEXT, ANY_TEXT, st.sampled_from(sorted(PROFILES)))
def test_any_names_give_a_valid_file(name: str, file: str, profile: str) -> None:
    """Whatever resources, rules, reasons and files are called, the file is valid and the message is plain."""
    bad = Finding(
        id="1234567890abcdef",
        check="no-firewall",
        level=Level.ERROR,
        workload=name,
        resource=name,
        title=name,
        message=name,
        requirements=(name,),
        evidence=(name,),
        fix=name,
        references=(name,),
        waiver=name if profile == "full" else None,
    )
    place = Location(resource=name.lower().rstrip("/"), file=file, line=1, column=1)
    (found,) = results_of(replace(report(findings=(bad,)), locations=(place,)), profile)
    uri = found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]

    assert uri.isascii()
    assert uri.startswith("file:///") <= (profile == "full")
    assert not {"", ".", ".."} & set(uri.removeprefix("file:///").split("/")) or uri == "file:///"
    assert all(line.isprintable() for line in found["message"]["text"].split("\n"))
