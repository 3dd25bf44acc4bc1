"""Reads a saved report, `audit-report/1`, back into the values it was written from.

Strictly: what is read and written out again is what was read, so that nothing unknown is dropped in silence and nothing
missing is made up.
"""

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, BinaryIO, get_type_hints

import msgspec

from auditor.collectors.decode import decode
from auditor.collectors.report_checks import (
    check_comparison,
    check_findings,
    check_locations,
    check_origin,
    check_workloads,
    same_keys,
)
from auditor.collectors.unreadable import quoted
from auditor.errors import SourceError
from auditor.findings import Outcome, Report

SCHEMA = "audit-report/1"
_WRITE = "write one with: auditor audit SOURCE --format json -o report.json"
_ABOVE = ("schema", "tool", "summary")
"""Fields of the document that are none of the report: the summary follows from the rest."""
_MAYBE_ABSENT: dict[str, Any] = {"skew": [], "scope": [], "network": None}
"""Fields that are written only where they hold something, or never, as what a source was asked for."""


def read_report(path: str, stdin: BinaryIO | None) -> Report:
    """Return the report saved in a file, or on standard input for "-". Raises SourceError, in one line."""
    where = "stdin" if path == "-" else quoted(path)
    document = decode(_all_of(stdin) if path == "-" else saved_bytes(path), where)
    if not isinstance(document, dict) or "schema" not in document:
        raise SourceError(f"{where}: is no report of the auditor; {_WRITE}")
    if document["schema"] != SCHEMA:
        raise SourceError(f"{where}: is {quoted(str(document['schema']))}, not {SCHEMA}; {_WRITE}")
    try:
        return _report(document)
    except msgspec.ValidationError as fault:
        raise SourceError(f"{where}: is no whole {SCHEMA}: {quoted(str(fault))}; {_WRITE}") from None


def _all_of(stdin: BinaryIO | None) -> bytes:
    if stdin is None:
        raise SourceError("stdin: nothing is connected to it; pipe a report into the auditor or name a file")
    try:
        return stdin.read()
    except OSError as fault:
        raise SourceError(f"stdin: cannot be read ({fault.strerror}); pipe a report into the auditor") from None


def saved_bytes(path: str) -> bytes:
    """Return the content of a file that should be a saved report. Raises SourceError, in one line."""
    where = quoted(path)
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise SourceError(f"{where}: no such file; check the path") from None
    except IsADirectoryError:
        raise SourceError(f"{where}: a folder, not a report; name the file in it") from None
    except (OSError, ValueError) as fault:  # a ValueError is a name with a null character
        why = getattr(fault, "strerror", None) or "not a file name"
        raise SourceError(f"{where}: cannot be read ({why}); check the file and its permissions") from None


def _report(document: dict[str, Any]) -> Report:
    """Return the report in a document. Raises ValidationError, saying where it is not as it should be."""
    kept = [each for each in fields(Report) if each.name != "tool_version"]
    names = [each.name for each in kept if each.default is MISSING or each.name in document]
    same_keys(document, (*_ABOVE, *names), "the report")
    version = check_origin(document)
    msgspec.convert(document["summary"], dict[str, Any])
    waivers = [_waiver_use(each) for each in msgspec.convert(document.get("waivers", []), list[dict[str, Any]])]
    lists = {**document, "workloads": _with_pairs(document["workloads"]), "waivers": waivers}
    types = get_type_hints(Report)
    report = Report(tool_version=version, **{name: _value(lists[name], types[name], name) for name in names})
    if any(each.scope for each in report.sources):
        raise msgspec.ValidationError(f"sources: what was asked for is no part of {SCHEMA}")
    check_workloads(report.workloads)
    check_findings(report.findings)
    check_locations(report.locations)
    if report.comparison is not None:
        check_comparison(report.comparison)
    return report


def _waiver_use(written: dict[str, Any]) -> dict[str, Any]:
    """Return a waiver and what became of it as the report has them, one in the other."""
    named = {
        "finding": "finding",
        "level": "level",
        "up_to": "up_to",
        **{f"{each}s": each for each in ("check", "workload", "resource", "requirement")},
    }
    named |= {each: each for each in ("reason", "owner", "until")}
    same_keys(written, (*named.values(), "state", "findings"), "a waiver")
    waiver = {name: written[said] for name, said in named.items()}
    return {
        "waiver": {
            **waiver,
            "finding": waiver["finding"] or "",
            "level": waiver["level"] or "",
            "up_to": waiver["up_to"] or 0,
        },
        "state": written["state"],
        "findings": written["findings"],
    }


def _with_pairs(workloads: object) -> list[dict[str, Any]]:
    """Return workloads with their counts as pairs, as the report has them, in the order of outcomes."""
    found = []
    for each in msgspec.convert(workloads, list[dict[str, Any]]):
        counts = msgspec.convert(each.get("summary"), dict[str, Any])
        same_keys(counts, tuple(Outcome), "summary of a workload")
        found.append({**each, "summary": [[outcome.value, counts[outcome]] for outcome in Outcome]})
    return found


def _value(written: object, kind: Any, name: str) -> Any:  # noqa: ANN401 - whatever the report has there
    """Return a part of the document as values of the report, which hold all that is written there and nothing else."""
    try:
        found = msgspec.convert(written, kind)
    except msgspec.ValidationError as fault:
        raise msgspec.ValidationError(f"{name}: {fault}") from None
    again = msgspec.json.decode(msgspec.json.encode(found))
    for number, (before, after) in enumerate(zip(written, again, strict=True) if isinstance(written, list) else ()):
        if after != before and _as_written(after, before) != before:
            raise msgspec.ValidationError(f"{name}[{number}]: has more fields, or fewer, than {SCHEMA} has")
    if isinstance(written, dict) and _as_written(again, written) != written:
        raise msgspec.ValidationError(f"{name}: has more fields, or fewer, than {SCHEMA} has")
    return found


def _as_written(after: object, before: object) -> object:
    """Return a value without the fields that are written only where they hold something, unless they were written."""
    if isinstance(after, list) and isinstance(before, list):
        return [_as_written(*pair) for pair in zip(after, before, strict=True)]
    if not isinstance(after, dict) or not isinstance(before, dict):
        return after
    return {
        name: _as_written(value, before.get(name))
        for name, value in after.items()
        if name in before or name not in _MAYBE_ABSENT or value != _MAYBE_ABSENT[name]
    }
