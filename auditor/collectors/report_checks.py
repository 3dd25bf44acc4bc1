"""What holds of every saved report beyond the kinds of its values; whoever reads one asks here.

Every function raises ValidationError, saying where it does not hold.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from msgspec import ValidationError, convert

from auditor.findings import Comparison, Finding, Location, State, WorkloadSummary
from auditor.sketches import Parts, Sketch

TOOL = "azure-egress-auditor"
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_CHECK = re.compile(r"[a-z]+(-[a-z]+)*")
_STATES = (None, *State)
_MOST = 2**53
"""The largest count: what every reader of JSON still tells from its neighbours."""


def check_origin(document: Mapping[str, Any]) -> str:
    """Return the version of the auditor that wrote a report, once it says that it did, and when."""
    try:
        tool = convert(document.get("tool"), dict[str, str])
    except ValidationError as fault:
        raise ValidationError(f"tool: {fault}") from None
    same_keys(tool, ("name", "version"), "tool")
    if tool["name"] != TOOL:
        raise ValidationError(f'it was written by "{tool["name"]}", not by {TOOL}')
    made = document.get("generated_at")
    if not isinstance(made, str) or not _is_moment(made):
        raise ValidationError("generated_at is no moment, such as 2026-01-31T09:00:00Z")
    return tool["version"]


def _is_moment(text: str) -> bool:
    """Tell whether a text is a moment that the calendar has."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return _MOMENT.fullmatch(text) is not None


def same_keys(found: Mapping[Any, object], wanted: tuple[str, ...], where: str) -> None:
    """Check that an object has the fields `wanted` and no other. where: what messages call it."""
    for key in sorted(set(wanted) ^ set(found)):
        what = "has no" if key in wanted else "has an unknown"
        raise ValidationError(f'{where} {what} field "{key}"')


def check_findings(findings: Iterable[Finding], where: str = "findings") -> None:
    """Check that findings can be told apart, filed under a check, shown and compared.

    where: what messages call them.
    """
    for number, each in enumerate(findings):
        for name, text in (("id", each.id), ("title", each.title), ("message", each.message)):
            if not text.strip():
                raise ValidationError(f"{where}[{number}]: its {name} is blank")
        if not _CHECK.fullmatch(each.check):
            raise ValidationError(f'{where}[{number}]: its check is "{each.check}", which no check is called')
        if each.state not in _STATES:
            raise ValidationError(f'{where}[{number}]: its state is "{each.state}", not {", ".join(State)} or null')


def check_comparison(comparison: Comparison) -> None:
    """Check the findings of a comparison like any, and that they have no state: those are for a baseline."""
    parts = {
        "gained": comparison.gained,
        "lost": comparison.lost,
        "altered.before": [each.before for each in comparison.altered],
        "altered.after": [each.after for each in comparison.altered],
    }
    for name, findings in parts.items():
        check_findings(findings, f"comparison.{name}")
        for number, each in enumerate(findings):
            if each.state is not None:
                raise ValidationError(f'comparison.{name}[{number}]: its state is "{each.state}", not null')


def check_locations(locations: Iterable[Location]) -> None:
    """Check that places in files can be shown by platforms that count lines and columns from 1."""
    for number, each in enumerate(locations):
        if each.line < 1 or each.column < 1 or not each.file.strip():
            raise ValidationError(f"locations[{number}]: is no file with a line and a column, both from 1")


def check_workloads(workloads: Iterable[WorkloadSummary]) -> None:
    """Check that the counts of workloads are counts, and that of what is counted of a network some is named."""
    for number, each in enumerate(workloads):
        if any(not 0 <= count < _MOST for _, count in each.summary):
            raise ValidationError(f"workloads[{number}].summary: has a count below 0 or beyond reason")
        if each.network is not None:
            _check_sketch(each.network, f"workloads[{number}].network")


def _check_sketch(sketch: Sketch, where: str) -> None:
    for field in fields(sketch):
        if isinstance(parts := getattr(sketch, field.name), Parts):
            _check_shown(len(parts.shown), parts.count, f"{where}.{field.name}")
    for number, way in enumerate(sketch.ways):
        _check_shown(len(way.routes), way.count, f"{where}.ways[{number}]")
    counts = [*(each.count for each in sketch.ways), *(each.count for each in sketch.passing)]
    if not all(0 < each < _MOST for each in counts):
        raise ValidationError(f"{where}: has a way without routes or flows on it, or a count beyond reason")


def _check_shown(shown: int, count: int, where: str) -> None:
    """Check that the first of the things that are counted are shown, and no more than there are."""
    if not shown <= count < _MOST or (count and not shown):
        raise ValidationError(f"{where}: counts {count} and names {shown}")
