"""Reads an earlier report, `audit-report/1`, as far as one compares with it, or to waive a finding of it."""

from hashlib import sha256
from typing import Any, TypeVar

import msgspec

from auditor.collectors.decode import decode
from auditor.collectors.report_checks import check_findings, check_origin
from auditor.collectors.report_file import SCHEMA, saved_bytes
from auditor.collectors.unreadable import quoted
from auditor.errors import SourceError
from auditor.findings import Baseline, Finding, Outcome, PackUse, Source, edition_label, without_edition

_WRITE_ONE = "name a report that auditor audit --format json has written"


_Kind = TypeVar("_Kind")


class _Decided(msgspec.Struct, frozen=True):
    """What a comparison needs of a result."""

    workload: str
    requirement: str
    outcome: Outcome


def read_baseline(path: str) -> Baseline:
    """Return the findings of the JSON report in a file, plain or gzip. Raises SourceError, saying what to name."""
    data = saved_bytes(path)
    value = decode(data, path)
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise SourceError(f"{path}: is not a report ({SCHEMA}); {_WRITE_ONE}")
    try:
        check_origin(value)
        findings = _list_of(value, "findings", Finding)
        check_findings(findings)
        results = _list_of(value, "results", _Decided)
        packs = _list_of(value, "packs", PackUse)
    except msgspec.ValidationError as fault:
        raise SourceError(f"{path}: {quoted(str(fault))}; {_WRITE_ONE}") from None
    digest = sha256(data).hexdigest()
    return Baseline(
        source=Source(kind="baseline", location=path, digest=f"sha256:{digest}", collected_at=value["generated_at"]),
        findings=findings,
        outcomes={(each.workload.lower(), without_edition(each.requirement)): each.outcome for each in results},
        editions=frozenset(map(edition_label, packs)),
    )


def _list_of(document: dict[str, Any], name: str, kind: type[_Kind]) -> tuple[_Kind, ...]:
    """Return one of the lists of a report. Raises ValidationError where it is none."""
    try:
        return tuple(msgspec.convert(document.get(name), list[kind]))  # type: ignore[valid-type]
    except msgspec.ValidationError as fault:
        told = str(fault).replace("`", "").replace(" - at $", f", at {name}")
        raise msgspec.ValidationError(f"{name} cannot be read: {told}") from None
