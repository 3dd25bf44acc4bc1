"""JUnit XML: valid by its schema, read alike by parsers nobody here wrote, and what its consumers need."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from junit2htmlreport.parser import Case, Junit  # type: ignore[import-untyped] # ships no types
from lxml import etree

from auditor.findings import Level, Location, Outcome, Report
from auditor.reporters.junit import render, write
from auditor.reporters.summary import UNDETERMINED, stands
from auditor.reporters.text import plain
from auditor.shipped import shipped
from auditor.waivers import WaiverState
from tests.reporters.cases import CASES, many, named
from tests.reporters.samples import CLEAN, FINDINGS, GAPS, UNKNOWN, VIOLATING, report, workload
from tests.reporters.test_text import ANY_TEXT

_LEVELS = tuple(Level)
SCHEMA = etree.XMLSchema(etree.fromstring((shipped("reports") / "junit.xsd").read_bytes()))


def tree(text: str) -> etree._Element:
    """Return the document, which must be valid by the schema."""
    document = etree.fromstring(text.encode())
    SCHEMA.assertValid(document)
    return document


def cases(text: str) -> dict[str, list[Case]]:
    """Return the cases of every suite, as junit2html reads them, by the name of the suite."""
    return {suite.name: suite.all() for suite in Junit(xmlstring=text.encode()).suites}


def by_outcome(text: str) -> Counter[str]:
    """Count the cases by how junit2html says they came out."""
    return Counter(each.outcome() for found in cases(text).values() for each in found)


@pytest.mark.parametrize("strict", [False, True])
def test_every_case_is_valid_and_counts_itself(case: Report, *, strict: bool) -> None:
    """The schema of the Jenkins plugin takes it, and the counts of each suite are those of its cases."""
    document = tree(render(case, strict=strict))

    for suite in document.iter("testsuite"):
        found = Counter(part.tag for each in suite.iter("testcase") for part in each if part.tag != "system-out")
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
        assert [int(suite.get(name, "")) for name in ("failures", "errors", "skipped")] == [
            found["failure"],
            found["error"],
            found["skipped"],
        ]
    for name in ("tests", "failures", "errors"):
        assert int(document.get(name, "")) == sum(int(each.get(name, "")) for each in document)


def test_a_parser_of_others_counts_the_same_findings(case: Report) -> None:
    """junit2html sees a failure for each finding that stands, but for what is undetermined or tells of documents."""
    told = {UNDETERMINED, "documentation-drift"}
    standing = [each for each in case.findings if stands(each) and each.check not in told]
    text = render(case)
    named = [each.name for found in cases(text).values() for each in found]

    assert by_outcome(text)["failed"] == len(standing)
    assert [each.id for each in case.findings if not any(name.endswith(f"[{each.id}]") for name in named)] == []


def test_a_suite_for_each_workload(case: Report) -> None:
    """Every workload has its suite, and the audit itself the first."""
    document = tree(render(case))

    assert document[0].get("name") == "audit"
    assert len(document) == 1 + len(case.workloads)


def test_names_are_unique_and_short(case: Report) -> None:
    """GitLab counts the first alone of two cases of one name, and Azure Pipelines takes 512 characters."""
    names = [(each.get("classname", ""), each.get("name", "")) for each in tree(render(case)).iter("testcase")]

    assert len(set(names)) == len(names)
    assert max(len(f"{group}.{name}") for group, name in names) <= 512


def test_names_hold_nothing_that_changes_with_the_rest() -> None:
    """A finding and a group keep their names when numbers, messages and other findings change."""
    changed = replace(FINDINGS[0], message="another 12 fail", evidence=(), requirements=())
    before = {each.name for each in cases(render(report(workload("a", 1, 0, 1, 0, 0), findings=FINDINGS)))["audit"]}
    after = {each.name for each in cases(render(report(workload("a", 9, 0, 3, 0, 0), findings=(changed,))))["audit"]}

    assert after < before


def test_a_failure_says_cause_and_fix() -> None:
    """Whoever opens a failed case sees why, by which rule, what it takes down and what to change."""
    first = FINDINGS[0]
    found = next(each for each in cases(render(VIOLATING))["ase-prod"] if each.outcome() == "failed")

    assert found.failure_msg == first.message
    for text in (first.message, *first.evidence, first.fix, *first.references, "Affects 46 requirements", "explain"):
        assert text in found.failure


def test_a_failure_names_the_file_of_its_resource() -> None:
    """Where the resource stands in a source, the body says which line; the schema has no attribute for it."""
    place = Location(resource=FINDINGS[0].resource.lower(), file="estate.json", line=12, column=3)
    found = cases(render(replace(VIOLATING, locations=(place,))))["ase-prod"]

    assert [("File: estate.json:12:3" in (each.failure or "")) for each in found if each.outcome() == "failed"] == [
        True,
        False,
    ]


def test_unknown_is_skipped_or_with_strict_an_error() -> None:
    """What could not be decided or read never passes: skipped by default, an error where that must stop a pipeline."""
    lenient, strict = render(UNKNOWN), render(UNKNOWN, strict=True)

    groups = 1
    assert len(tree(lenient).findall(".//skipped[@type='unknown']")) == 1 + groups + len(GAPS)
    assert tree(lenient).findall(".//error") == []
    assert len(tree(strict).findall(".//error[@type='unknown']")) == 1 + groups + len(GAPS)


def test_strict_says_what_is_unknown_where_every_finding_is_waived() -> None:
    """A waiver accepts a finding and decides no requirement: its group is an error, whatever else fails in it."""
    failing = replace(UNKNOWN.results[0], requirement=f"{UNKNOWN.results[0].requirement}0", outcome=Outcome.FAIL)
    accepted = tuple(replace(each, waiver="accepted") for each in UNKNOWN.findings)
    whole = replace(UNKNOWN, results=(failing, *UNKNOWN.results), findings=accepted, gaps=())

    (error,) = tree(render(whole, strict=True)).findall(".//error")

    assert error.get("message", "").startswith("1 fail, 1 unknown")


@pytest.mark.parametrize("strict", [False, True])
def test_auditing_nothing_never_passes(*, strict: bool) -> None:
    """An empty source has one case, and it is not a pass."""
    assert by_outcome(render(report(), strict=strict))["passed"] == 0


def test_waived_is_skipped_with_its_reason_and_absent_passes() -> None:
    """Jenkins shows the reason of a skip from its message alone."""
    waived, baseline = tree(render(CASES["waived"])), tree(render(CASES["baseline"]))

    skipped = [each.get("message", "") for each in waived.findall(".//skipped")]
    said = sorted(each for each in skipped if each.startswith("waived: "))
    assert said == sorted(f"waived: {each.waiver}" for each in CASES["waived"].findings if each.waiver)
    assert len(waived.findall(".//failure")) == sum(stands(each) for each in CASES["waived"].findings)
    assert [each.text for each in baseline.findall(".//system-out") if (each.text or "").startswith("absent: ")] != []


def test_what_passes_is_a_case_for_each_group() -> None:
    """An auditor sees that all was looked at: groups of requirements pass, and what does not apply says why."""
    found = {each.name: each for each in cases(render(CLEAN))["ase-prod"]}

    assert [found[name].outcome() for name in ("ase-v2 fqdn", "ase-v2 service-endpoint", "ase-v2 linux/fqdn")] == [
        "passed",
        "passed",
        "skipped",
    ]
    assert found["ase-v2 fqdn"].stdout == "1 pass"


def test_passes_that_are_not_listed_are_counted() -> None:
    """A report saved without its passing results still says how many there were."""
    few = replace(CLEAN, results=tuple(each for each in CLEAN.results if each.outcome is not Outcome.PASS))
    found = {each.name: each for each in cases(render(few))["ase-prod"]}

    assert found["requirements not listed one by one"].stdout == "2 requirements met as documented"


def test_editions_are_properties() -> None:
    """Every suite says which edition it was held to."""
    for suite in tree(render(VIOLATING)).iter("testsuite"):
        held = {each.get("name"): each.get("value") for each in suite.iter("property")}
        assert held["edition of ase-v2"] == "ase-v2 2018-09-24 (public)"


@given(ANY_TEXT)
def test_any_name_is_read_back(name: str) -> None:
    """Whatever a name is made of, the document is valid, and message and body hold its plain form."""
    found, result = named(name)
    text = render(report(workload(name, 1, 0, 1, 0, 0), findings=(found,), results=(result,)))
    (failed,) = [each for suite in cases(text).values() for each in suite if each.outcome() == "failed"]

    assert tree(text)[1].get("name") == plain(name)
    assert failed.failure_msg == plain(found.message)
    assert plain(found.fix) in failed.failure


def test_the_text_does_not_hang_on_lxml() -> None:
    """The library writes with lxml where it is there; a user without it gets the same bytes."""
    code = (
        "import sys; sys.modules['lxml'] = None\n"
        "from tests.reporters.cases import CASES, render\n"
        "sys.stdout.buffer.write(render('junit', CASES['hostile']).encode())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert done.stdout.decode() == render(CASES["hostile"])


def test_names_do_not_hang_on_the_spelling_of_ids() -> None:
    """Azure answers one id in several spellings: no test of yesterday is gone, and none is new."""

    def names(whole: Report) -> list[tuple[str | None, str | None]]:
        return [(each.get("classname"), each.get("name")) for each in tree(render(whole)).iter("testcase")]

    shouted = replace(
        VIOLATING,
        workloads=tuple(replace(each, id=each.id.upper(), name=each.name.upper()) for each in VIOLATING.workloads),
        results=tuple(replace(each, workload=each.workload.upper()) for each in VIOLATING.results),
        findings=tuple(
            replace(each, workload=each.workload.upper(), resource=each.resource.upper()) for each in VIOLATING.findings
        ),
        gaps=tuple(replace(each, what=each.what.upper(), scope=each.scope.upper()) for each in VIOLATING.gaps),
    )

    assert names(shouted) == names(VIOLATING)


@pytest.mark.parametrize("character", ["\u0301", "\u4e2d", "\U0001f512"])
def test_marks_and_wide_characters_count(character: str) -> None:
    """The limit of Azure Pipelines is one of characters, as .NET counts them, whatever they take on a terminal."""
    found, result = named("a" + character * 9_000)
    whole = report(workload("w" + character * 9_000, 1, 0, 1, 0, 0), findings=(found,), results=(result,), gaps=GAPS)

    for each in tree(render(whole)).iter("testcase"):
        whole_name = f"{each.get('classname')}.{each.get('name')}"
        assert len(whole_name.encode("utf-16-le")) <= 2 * 512


def test_idle_waivers_are_told() -> None:
    """A waiver that matches nothing is a case of the audit that no reader takes for a pass."""
    idle = [each.waiver for each in CASES["waived"].waivers if each.state is WaiverState.UNMATCHED]
    found = tree(render(CASES["waived"])).findall(".//skipped[@type='idle-waiver']")

    assert [each.get("message") for each in found] == [
        f"matches nothing and can be deleted: {each.text}" for each in idle
    ]
    named = [each.get("name") for each in tree(render(CASES["waived"])).iter("testcase")]
    assert {f"waiver of {each.covers}".lower() for each in idle} <= set(named)
    assert idle


def test_a_large_report_stays_below_what_gitlab_takes() -> None:
    """5,000 findings keep below 30 MB, whole."""
    written = write(many(5_000))

    assert len(written.text.encode()) < 30_000_000
    assert written.left_out == ()


@pytest.mark.parametrize("largest", [90_000, 60_000, 40_000])
def test_what_does_not_fit_is_left_out_and_said(largest: int) -> None:
    """Texts first, then groups of requirements, then the mildest findings; the file says so, as does the command."""
    wordy = tuple(replace(each, evidence=(each.message * 9,) * 9) for each in many(40).findings)
    written = write(replace(many(40), findings=wordy), largest=largest)
    found = [each for each in cases(written.text)["audit"] if each.name.startswith("all is in this file")]
    kept = [each.name[-17:-1] for suite in cases(written.text).values() for each in suite if each.outcome() == "failed"]
    levels = {each.id: each.level for each in wordy}
    gone = [each for each in wordy if each.id not in kept]

    assert len(written.text.encode()) <= largest
    assert [each.failure_msg or each.skipped_msg for each in found] == list(written.left_out)
    assert written.left_out[0].startswith("texts of findings shortened")
    assert not gone or max(map(_LEVELS.index, (levels[each] for each in kept))) <= min(
        _LEVELS.index(each.level) for each in gone
    )
    if gone:
        assert written.left_out[-1].startswith(f"{len(gone)} findings left out")


def test_nothing_is_left_out_of_the_usual_report(case: Report) -> None:
    """What fits is there."""
    assert write(case).left_out == ()
