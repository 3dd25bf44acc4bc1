"""What is measured of an audit, in words that both metrics in a file and OpenTelemetry are made of.

A *family* is one thing that is measured, a *sample* one value of it. Names and units are those of OpenTelemetry, with
dots; Prometheus makes its own of them in one fixed way (`auditor.audit.duration` in `s` is
`auditor_audit_duration_seconds`), so that both ways lead to the same series.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SECONDS = "s"
"""The unit of durations, and of moments as seconds since 1970-01-01 in UTC."""

LAST_SUCCESS = "auditor.last_success.timestamp"
"""The family that tells when an audit was last complete; it outlives audits that are not."""

PHASES = ("read", "decide", "write")
"""The parts of every audit: reading the source, deciding every requirement, writing the reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value. labels: what tells it from the others of its family, by name."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One thing that is measured: a value that may go up and down. help: what it means, in one sentence.

    unit: SECONDS, or what is counted, in braces ("{finding}"); "" where neither fits.
    """

    name: str
    unit: str
    help: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A part of an audit. at: when it began, in seconds since 1970-01-01 in UTC. seconds: how long it took."""

    name: str
    at: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How an audit went. phases: in order. at, ended: when it began and ended, in seconds since 1970-01-01 in UTC.

    exit_code: what the command ends with. fault: the line that it ends in; "" where it came to a report.
    last_success: when an audit before this one was last complete; None where that is not known.
    """

    at: float
    ended: float
    phases: tuple[Phase, ...]
    exit_code: int
    fault: str = ""
    last_success: float | None = None
