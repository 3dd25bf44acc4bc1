"""The console report, compared whole, and against hostile names, narrow terminals and large estates."""

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.findings import Level, Report
from auditor.reporters.console import render
from auditor.reporters.text import cells
from auditor.waivers import Waiver, WaiverState, WaiverUse
from tests.conftest import Golden
from tests.reporters.accepted_samples import ACCEPTED
from tests.reporters.samples import (
    CLEAN,
    EMPTY,
    FINDINGS,
    GAPS,
    HOSTILE,
    LONG,
    SOURCES,
    UNKNOWN,
    VIOLATING,
    WEB,
    finding,
    report,
    workload,
)
from tests.reporters.samples import (
    REPORTS as SAMPLES,
)
from tests.reporters.test_text import ANY_TEXT

REPORTS = SAMPLES | ACCEPTED
WIDTHS = (40, 60, 80, 100, 160)


@pytest.mark.parametrize("name", REPORTS)
def test_report_looks_as_approved(name: str, golden: Golden) -> None:
    """Every sample at the width of a ticket."""
    golden(f"report-{name}.txt", render(REPORTS[name], width=100, colour=False))


@pytest.mark.parametrize("width", [40, 60])
def test_narrow_report_looks_as_approved(width: int, golden: Golden) -> None:
    """A narrow terminal gets labels above their text and a list instead of a table."""
    golden(f"report-violating-{width}.txt", render(VIOLATING, width=width, colour=False))


def test_all_results_look_as_approved(golden: Golden) -> None:
    """On request, every requirement is listed with its outcome and why."""
    golden("report-clean-all-results.txt", render(CLEAN, width=100, colour=False, all_results=True))


def test_coloured_report_looks_as_approved(golden: Golden) -> None:
    """Only headings, levels, counts that are not zero and the verdict have a colour."""
    golden("report-violating-colour.txt", render(VIOLATING, width=100, colour=True))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", REPORTS)
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    """Names of any length and script keep to the width."""
    lines = render(REPORTS[name], width=width, colour=False, all_results=True).splitlines()

    assert max(cells(line) for line in lines) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_hostile_names_cannot_act(width: int) -> None:
    """No escape, line break, bidirectional override or log command of a name reaches the terminal or the log."""
    text = render(VIOLATING, width=width, colour=False, all_results=True)

    assert all(line.isprintable() for line in text.split("\n"))
    assert "::error" not in text
    assert "##vso" not in text


def test_every_field_is_made_plain() -> None:
    """A hostile text is harmless wherever it stands in the report."""
    bad = finding(
        HOSTILE,
        Level.ERROR,
        HOSTILE,
        HOSTILE,
        id=HOSTILE,
        resource=HOSTILE,
        workload=HOSTILE,
        requirements=(HOSTILE,),
        evidence=(HOSTILE,),
        fix=HOSTILE,
        references=(HOSTILE,),
        waiver=HOSTILE,
        state=HOSTILE,
    )
    gap = replace(GAPS[0], what=HOSTILE, scope=HOSTILE, why=HOSTILE, needs=HOSTILE)
    source = replace(SOURCES[0], kind=HOSTILE, location=HOSTILE, collected_at=HOSTILE)
    whole = replace(
        report(workload(HOSTILE, 1, 1, 1, 1, 1, kind=HOSTILE), findings=(bad,) * 20, gaps=(gap,)), sources=(source,)
    )

    text = render(whole, width=80, colour=False)

    assert all(line.isprintable() for line in text.split("\n"))
    assert "::error" not in text


def test_every_field_of_waivers_and_baselines_is_made_plain() -> None:
    """Whoever writes a waiver, or names a file, acts on nobody's terminal."""
    bad = (HOSTILE,)
    waiver = Waiver(
        checks=bad,
        workloads=bad,
        resources=bad,
        requirements=bad,
        reason=HOSTILE,
        owner=HOSTILE,
        until=date(2027, 1, 31),
    )
    uses = tuple(WaiverUse(waiver=waiver, state=state, findings=(HOSTILE,)) for state in WaiverState)
    source = replace(SOURCES[0], kind="baseline", location=HOSTILE, collected_at=HOSTILE)

    text = render(replace(CLEAN, waivers=uses, baseline=source), width=80, colour=False)

    assert all(line.isprintable() for line in text.split("\n"))
    assert "::error" not in text
    assert text.count("check ase") == len(uses)


@given(st.lists(ANY_TEXT, unique=True, max_size=4), st.integers(40, 120))
def test_any_names_make_a_fitting_table(names: list[str], width: int) -> None:
    """Whatever workloads are called, the table is whole: no line too wide, no cell lost."""
    text = render(report(*(workload(name, 7777, 0, 0, 0, 0) for name in names)), width=width, colour=False)

    assert max(cells(line) for line in text.split("\n")) <= width
    assert all(line.isprintable() for line in text.split("\n"))
    assert text.split("\nVerdict\n---")[0].count("7,777") >= len(names)


def test_colour_off_writes_no_escape_and_colour_on_changes_only_that() -> None:
    """Without colour there is no ESC; with it, the text below is the same."""
    plain, coloured = (render(VIOLATING, width=100, colour=colour) for colour in (False, True))

    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


@pytest.mark.parametrize("name", REPORTS)
def test_same_report_same_bytes(name: str) -> None:
    """Rendering has no memory."""
    assert render(REPORTS[name], width=80, colour=True) == render(REPORTS[name], width=80, colour=True)


def test_auditing_nothing_is_said() -> None:
    """An empty source is no all-clear; a gap is mentioned as a possible cause."""
    assert render(EMPTY, width=80, colour=False).endswith(
        "Nothing was audited: no App Service Environment in the source.\n"
    )
    assert "as far as it could be read." in render(report(gaps=GAPS), width=100, colour=False)


def test_no_findings_is_said() -> None:
    """A clean report says so in words."""
    text = render(CLEAN, width=80, colour=False)

    assert "\nNo findings.\n" in text
    assert text.endswith("CLEAN: 2 of 2 applicable requirements met as documented.\n")


def test_unknown_is_no_all_clear() -> None:
    """A report with undecided requirements never ends in CLEAN."""
    assert "this is not an all-clear." in render(UNKNOWN, width=120, colour=False)


def test_workloads_that_share_a_name_are_told_apart() -> None:
    """Two environments of one name go by their ids."""
    one, two = workload("ase", 1, 0, 0, 0, 0), workload("ase", 1, 0, 0, 0, 0)
    two = replace(two, id=two.id.replace("rg-ase", "rg-other"))

    text = render(report(one, two), width=240, colour=False)

    assert one.id in text
    assert two.id in text


def many(number: int) -> Report:
    """Return a report of as many alike findings, each on its own workload."""
    alike = tuple(
        replace(FINDINGS[2], id=f"{at:016x}", workload=f"{WEB}/hostingEnvironments/ase-{at:04}") for at in range(number)
    )
    return report(*(workload(f"ase-{at:04}", 90, 1, 0, 0, 9) for at in range(number)), findings=alike)


def test_a_thousand_alike_findings_stay_readable() -> None:
    """All are listed with their ids, the common text once, and a table says how many there are."""
    text = render(many(1_000), width=100, colour=False)

    assert text.count("Enable the service endpoint Microsoft.Sql") == 1
    assert all(f"{at:016x}" in text for at in range(1_000))
    assert "warning  missing-service-endpoint     1,000      1,000" in text


def test_many_findings_look_as_approved(golden: Golden) -> None:
    """From a dozen on, the findings are first counted by check."""
    golden("report-many.txt", render(many(14), width=100, colour=False))


def test_what_is_shortened_is_said() -> None:
    """Lists of evidence, requirements and sources end in a count of what they leave out."""
    text = render(replace(VIOLATING, sources=SOURCES * 12), width=200, colour=False)

    assert "and 43 more" in text
    assert "- and 3 more" in text
    assert "and 2 more sources" in text
    assert "the JSON report has them whole" in text
    assert LONG in text, "names are whole somewhere"
