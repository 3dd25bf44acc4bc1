"""The report as CSV, for spreadsheets: a row for each finding, gap and waiver, and on request for each requirement.

RFC 4180: every cell quoted, lines end in CR LF. A cell that a spreadsheet would take for a formula starts with an
apostrophe, which makes it text. A byte order mark stands first where there is more than ASCII, as Excel needs it.
"""

import csv
import io
import re
from collections.abc import Iterator

from auditor.findings import Report
from auditor.reporters.accepted import became
from auditor.reporters.naming import workload_names, workload_of
from auditor.reporters.text import plain

_MARK = "\ufeff"
_COLUMNS = (
    *("row", "id", "level", "check", "state", "waiver", "workload", "workload id", "resource", "title", "message"),
    *("requirements", "requirement ids", "evidence", "fix", "references"),
)
_LONGEST = 32_000
"""Excel takes 32,767 characters in a cell."""

_FORMULA = re.compile(r"(?P<start>^|;)(?=[\s'\"]*[=+\-@|%\uff1d\uff0b\uff0d\uff20])")
"""What starts a formula: at the start of a cell, or behind a semicolon, where a cell starts in half of Europe."""


def render(report: Report, *, all_results: bool = False) -> str:
    """Return the report as CSV. all_results: whether to add a row for each requirement."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for row in _rows(report, all_results=all_results):
        writer.writerow([_cell(row.get(column, "")) for column in _COLUMNS])
    text = sheet.getvalue()
    return text if text.isascii() else _MARK + text


def _rows(report: Report, *, all_results: bool) -> Iterator[dict[str, str]]:
    names = workload_names(report.workloads)
    for finding in report.findings:
        yield {
            "row": "finding",
            "id": finding.id,
            "level": finding.level.value,
            "check": finding.check,
            "state": finding.state or "",
            "waiver": finding.waiver or "",
            "workload": workload_of(finding, names),
            "workload id": finding.workload,
            "resource": finding.resource,
            "title": finding.title,
            "message": finding.message,
            "requirements": str(len(finding.requirements)),
            "requirement ids": "; ".join(finding.requirements),
            "evidence": "; ".join(finding.evidence),
            "fix": finding.fix,
            "references": " ".join(finding.references),
        }
    for gap in report.gaps:
        yield {"row": "gap", "resource": gap.scope, "title": gap.what, "message": gap.why, "fix": gap.needs}
    for use in report.waivers:
        yield {
            "row": "waiver",
            "state": use.state.value,
            "waiver": use.waiver.text,
            "title": use.waiver.covers,
            "message": became(use),
        }
    for result in report.results if all_results else ():
        yield {
            "row": "requirement",
            "level": result.outcome.value,
            "check": result.check or "",
            "workload": names.get(result.workload, result.workload),
            "workload id": result.workload,
            "message": result.reason.text,
            "requirement ids": result.requirement,
        }


def _cell(text: str) -> str:
    """Return a text as a cell that is text to every spreadsheet."""
    safe = _FORMULA.sub(r"\g<start>'", plain(text))
    return safe if len(safe) <= _LONGEST else f"{safe[:_LONGEST]}..."
