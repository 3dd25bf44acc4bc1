"""Reads the findings of an earlier report, `audit-report/1`, to compare with or to waive one of."""

from dataclasses import dataclass
from hashlib import sha256

import msgspec

from auditor.collectors.decode import decode
from auditor.collectors.report_file import SCHEMA, saved_bytes
from auditor.errors import SourceError
from auditor.findings import Finding, Source, State

_WRITE_ONE = "name a report that auditor audit --format json has written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """An earlier report: where it came from, and what it found. source.collected_at: when it was made."""

    source: Source
    findings: tuple[Finding, ...]


def read_baseline(path: str) -> Baseline:
    """Return the findings of the JSON report in a file, plain or gzip. Raises SourceError, saying what to name."""
    data = saved_bytes(path)
    value = decode(data, path)
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise SourceError(f"{path}: is not a report ({SCHEMA}); {_WRITE_ONE}")
    made = value.get("generated_at")
    if not isinstance(made, str):
        raise SourceError(f"{path}: does not say when it was made (generated_at); {_WRITE_ONE}")
    try:
        findings = msgspec.convert(value.get("findings"), tuple[Finding, ...])
    except msgspec.ValidationError as fault:
        raise SourceError(f"{path}: findings cannot be read: {_explained(fault)}; {_WRITE_ONE}") from None
    for number, each in enumerate(findings):
        if each.state is not None and each.state not in tuple(State):
            raise SourceError(f"{path}: findings[{number}].state is none of {', '.join(State)}; {_WRITE_ONE}")
    digest = sha256(data).hexdigest()
    source = Source(kind="baseline", location=path, digest=f"sha256:{digest}", collected_at=made)
    return Baseline(source=source, findings=findings)


def _explained(fault: msgspec.ValidationError) -> str:
    """Return what is wrong and where, counted from the list of findings."""
    return str(fault).replace("`", "").replace(" - at $", ", at findings")
