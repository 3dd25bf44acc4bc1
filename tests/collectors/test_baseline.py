"""Reading an earlier report to compare with: all that is compared, or one line that says what is wrong."""

import gzip
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from auditor.collectors.baseline import read_baseline
from auditor.collectors.unreadable import quoted
from auditor.engine.comparing import outcomes_of
from auditor.errors import SourceError
from auditor.findings import Outcome, Source, edition_label
from auditor.reporters.json_report import render
from tests.reporters.accepted_samples import ACCEPTED
from tests.reporters.samples import REPORTS

CASES = REPORTS | ACCEPTED
ORIGIN = {"tool": {"name": "azure-egress-auditor", "version": "1"}, "generated_at": "2026-01-31T12:00:00Z"}


def saved(folder: Path, document: object) -> str:
    """Write a JSON document into a file and return its path."""
    file = folder / "report.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return str(file)


def whole() -> dict[str, Any]:
    """Return a report with findings, as JSON."""
    document: dict[str, Any] = json.loads(render(ACCEPTED["waived-baseline"]))
    return document


@pytest.mark.parametrize("name", CASES)
def test_what_was_written_is_read(name: str, tmp_path: Path) -> None:
    """The findings of every sample come back as they were, hostile names and all; so do those of a compressed one."""
    text = render(CASES[name])
    plain, packed = tmp_path / "report.json", tmp_path / "report.json.gz"
    plain.write_text(text, encoding="utf-8")
    packed.write_bytes(gzip.compress(text.encode()))

    for file in (plain, packed):
        found = read_baseline(str(file))
        assert found.findings == CASES[name].findings
        assert found.outcomes == outcomes_of(each for each in CASES[name].results if each.outcome is not Outcome.PASS)
        assert found.editions == {edition_label(each) for each in CASES[name].packs}


def test_a_baseline_says_where_it_comes_from(tmp_path: Path) -> None:
    """Place, content and time of it go into the new report."""
    file = tmp_path / "report.json"
    data = json.dumps(
        {
            "schema": "audit-report/1",
            **ORIGIN,
            **{each: [] for each in ("findings", "results", "packs")},
        }
    ).encode()
    file.write_bytes(data)

    assert read_baseline(str(file)).source == Source(
        kind="baseline",
        location=str(file),
        digest=f"sha256:{sha256(data).hexdigest()}",
        collected_at="2026-01-31T12:00:00Z",
    )


def test_what_is_no_report_is_one_line(tmp_path: Path) -> None:
    """A file of another kind is told by what it is."""
    wanted = "name a report that auditor audit --format json has written"
    for document, message in (
        ([], f"is not a report (audit-report/1); {wanted}"),
        ({"schema": "snapshot/1"}, f"is not a report (audit-report/1); {wanted}"),
        ({"schema": "audit-report/2"}, f"is not a report (audit-report/1); {wanted}"),
        ({"schema": "audit-report/1"}, f"tool: Expected `object`, got `null`; {wanted}"),
        (
            {"schema": "audit-report/1", **ORIGIN},
            f"findings cannot be read: Expected array, got null; {wanted}",
        ),
    ):
        file = saved(tmp_path, document)
        with pytest.raises(SourceError) as caught:
            read_baseline(file)

        assert str(caught.value) == f"{file}: {message}"


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("id", None, "Expected str, got null, at findings[1].id"),
        ("level", "fatal", "Invalid enum value 'fatal', at findings[1].level"),
        ("requirements", "all", "Expected array, got str, at findings[1].requirements"),
        ("requirements", [1], "Expected str, got int, at findings[1].requirements[0]"),
        ("waiver", 7, "Expected str | null, got int, at findings[1].waiver"),
        ("check", ..., "Object missing required field check, at findings[1]"),
    ],
)
def test_a_finding_that_is_not_whole_is_refused(field: str, value: object, why: str, tmp_path: Path) -> None:
    """Nothing is compared with a report of which part is not understood."""
    document = whole()
    del document["findings"][1][field]
    if value is not ...:
        document["findings"][1][field] = value
    file = saved(tmp_path, document)

    with pytest.raises(SourceError) as caught:
        read_baseline(file)

    assert str(caught.value).startswith(f"{file}: findings cannot be read: {why}; name a report")


@pytest.mark.parametrize("name", ["results", "packs"])
def test_results_and_packs_that_are_not_whole_are_refused(name: str, tmp_path: Path) -> None:
    """What is compared beside the findings is read as strictly."""
    for value, why in (
        (None, "Expected array, got null"),
        ([[]], f"Expected object, got array, at {name}[0]"),
        ([{}], f"Object missing required field {'workload' if name == 'results' else 'pack'}, at {name}[0]"),
    ):
        file = saved(tmp_path, whole() | {name: value})
        with pytest.raises(SourceError) as caught:
            read_baseline(file)

        assert str(caught.value).startswith(f"{file}: {name} cannot be read: {why}; name a report")


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("state", "gone", 'its state is "gone", not new, unchanged, absent or null'),
        ("id", "", "its id is blank"),
        ("check", "", 'its check is "", which no check is called'),
        ("check", "No Firewall", 'its check is "No Firewall", which no check is called'),
    ],
)
def test_a_finding_that_no_report_has_is_refused(field: str, value: str, why: str, tmp_path: Path) -> None:
    """What is absent goes from the baseline into the new report, which must stay one."""
    document = whole()
    document["findings"][2][field] = value
    file = saved(tmp_path, document)

    with pytest.raises(SourceError) as caught:
        read_baseline(file)

    assert (
        str(caught.value) == f"{file}: findings[2]: {why}; name a report that auditor audit --format json has written"
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"tool": {"name": "other", "version": "1"}}, 'it was written by "other", not by azure-egress-auditor'),
        ({"tool": {"name": "azure-egress-auditor"}}, 'tool has no field "version"'),
        ({"generated_at": "yesterday"}, "generated_at is no moment"),
        ({"generated_at": "2026-99-99T99:99:99Z"}, "generated_at is no moment"),
        ({"generated_at": None}, "generated_at is no moment"),
    ],
)
def test_who_wrote_it_and_when_is_checked(change: dict[str, object], why: str, tmp_path: Path) -> None:
    """As it is where a saved report is written again."""
    file = saved(tmp_path, whole() | change)

    with pytest.raises(SourceError) as caught:
        read_baseline(file)

    assert str(caught.value).startswith(f"{file}: {why}")


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    """A missing file, a folder, an impossible name, and what is no JSON."""
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    for path, message in (
        (tmp_path / "none.json", "no such file; check the path"),
        (tmp_path, "a folder, not a report; name the file in it"),
        (Path("a\0b"), "cannot be read (not a file name); check the file and its permissions"),
        (broken, "the JSON ends unfinished at line 1, column 2; save the JSON again, whole and unchanged"),
    ):
        with pytest.raises(SourceError) as caught:
            read_baseline(str(path))

        assert str(caught.value) == f"{quoted(path)}: {message}"
