"""Reads a saved report, `audit-report/1`, back into the values it was written from.

Strictly: what is read and written out again is what was read, so that nothing unknown is dropped in silence and nothing
missing is made up.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec

from auditor.collectors.decode import decode
from auditor.collectors.unreadable import quoted
from auditor.errors import SourceError
from auditor.findings import Finding, Gap, Outcome, PackUse, Report, Result, Source, WorkloadSummary

SCHEMA = "audit-report/1"
TOOL = "azure-egress-auditor"
_TOP = (
    *("schema", "tool", "generated_at", "sources", "packs", "workloads", "results", "findings", "gaps"),
    "summary",
)
_WRITE = "write one with: auditor audit SOURCE --format json -o report.json"
_MAYBE_ABSENT: dict[str, Any] = {"skew": []}
"""Fields that are written only where they hold something."""

_Item = TypeVar("_Item")


def read_report(path: str, stdin: BinaryIO | None) -> Report:
    """Return the report saved in a file, or on standard input for "-". Raises SourceError, in one line."""
    where = "stdin" if path == "-" else quoted(path)
    document = decode(_bytes(path, where, stdin), where)
    if not isinstance(document, dict) or "schema" not in document:
        raise SourceError(f"{where}: is no report of the auditor; {_WRITE}")
    if document["schema"] != SCHEMA:
        raise SourceError(f"{where}: is {quoted(str(document['schema']))}, not {SCHEMA}; {_WRITE}")
    try:
        return _report(document)
    except msgspec.ValidationError as fault:
        raise SourceError(f"{where}: is no whole {SCHEMA}: {quoted(str(fault))}; {_WRITE}") from None


def _bytes(path: str, where: str, stdin: BinaryIO | None) -> bytes:
    try:
        if path != "-":
            return Path(path).read_bytes()
        if stdin is None:
            raise SourceError("stdin: nothing is connected to it; pipe a report into the auditor or name a file")
        return stdin.read()
    except FileNotFoundError:
        raise SourceError(f"{where}: no such file; check the path") from None
    except IsADirectoryError:
        raise SourceError(f"{where}: a folder, not a report; name the file in it") from None
    except (OSError, ValueError) as fault:  # a ValueError is a name with a null character
        why = getattr(fault, "strerror", None) or "not a file name"
        raise SourceError(f"{where}: cannot be read ({why}); check the file and its permissions") from None


def _report(document: dict[str, Any]) -> Report:
    """Return the report in a document. Raises ValidationError, saying where it is not as it should be."""
    _same_keys(document, _TOP, "the report")
    tool = msgspec.convert(document["tool"], dict[str, str])
    _same_keys(tool, ("name", "version"), "tool")
    if tool["name"] != TOOL:
        raise msgspec.ValidationError(f'it was written by "{tool["name"]}", not by {TOOL}')
    msgspec.convert(document["summary"], dict[str, Any])
    return Report(
        tool_version=tool["version"],
        generated_at=msgspec.convert(document["generated_at"], str),
        sources=_items(document, "sources", Source),
        packs=_items(document, "packs", PackUse),
        workloads=tuple(map(_workload, _items(document, "workloads", _Workload))),
        results=_items(document, "results", Result),
        findings=_items(document, "findings", Finding),
        gaps=_items(document, "gaps", Gap),
    )


class _Workload(msgspec.Struct, forbid_unknown_fields=True):
    """A workload as it is written, with its counts by outcome."""

    id: str
    name: str
    kind: str
    location: str
    subnet: str
    summary: dict[Outcome, int]


def _workload(read: _Workload) -> WorkloadSummary:
    _same_keys(dict(read.summary), tuple(Outcome), "summary of a workload")
    return WorkloadSummary(
        id=read.id,
        name=read.name,
        kind=read.kind,
        location=read.location,
        subnet=read.subnet,
        summary=tuple((outcome, read.summary[outcome]) for outcome in Outcome),
    )


def _items(document: Mapping[str, Any], name: str, kind: type[_Item]) -> tuple[_Item, ...]:
    """Return a list of the document as values, which hold all that is written there and nothing else."""
    values = msgspec.convert(document, dict[str, Any])[name]
    try:
        found = msgspec.convert(values, tuple[kind, ...])  # type: ignore[valid-type] # a type known when it runs
    except msgspec.ValidationError as fault:
        raise msgspec.ValidationError(f"{name}: {fault}") from None
    again = msgspec.json.decode(msgspec.json.encode(found))
    for number, (value, written) in enumerate(zip(values, again, strict=True)):
        if written not in (value, _MAYBE_ABSENT | value):
            raise msgspec.ValidationError(f"{name}[{number}]: has more fields, or fewer, than {SCHEMA} has")
    return found


def _same_keys(found: Mapping[Any, object], wanted: tuple[str, ...], where: str) -> None:
    """Raise ValidationError where keys are missing or unknown."""
    for key in sorted(set(wanted) ^ set(found)):
        what = "has no" if key in wanted else "has an unknown"
        raise msgspec.ValidationError(f'{where} {what} field "{key}"')
