"""Reads the findings of an earlier report, `audit-report/1`, to compare with or to waive one of."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from auditor.collectors.decode import decode
from auditor.errors import SourceError
from auditor.findings import Finding, Source, State

SCHEMA = "audit-report/1"
_WRITE_ONE = "name a report that auditor audit --format json has written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """An earlier report: where it came from, and what it found. source.collected_at: when it was made."""

    source: Source
    findings: tuple[Finding, ...]


def read_baseline(path: str) -> Baseline:
    """Return the findings of the JSON report in a file, plain or gzip. Raises SourceError, saying what to name."""
    data = _bytes(path)
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


def _bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file; {_WRITE_ONE}") from None
    except IsADirectoryError:
        raise SourceError(f"{path}: a folder, not a file; {_WRITE_ONE}") from None
    except (OSError, ValueError) as fault:  # a ValueError is a name with a null character
        why = getattr(fault, "strerror", None) or "not a file name"
        raise SourceError(f"{path}: cannot be read ({why}); check the file and its permissions") from None


def _explained(fault: msgspec.ValidationError) -> str:
    """Return what is wrong and where, counted from the list of findings."""
    return str(fault).replace("`", "").replace(" - at $", ", at findings")
