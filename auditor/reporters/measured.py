"""The measures of one audit: what `--metrics` and `--otlp` tell of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from auditor.checks import Check
from auditor.findings import Finding, Level, Outcome, PackUse, Report, State
from auditor.measures import LAST_SUCCESS, SECONDS, Course, Family, Sample
from auditor.reporters.summary import Summary, is_complete, stands, summarise
from auditor.reporters.text import plain


def measures_of(report: Report, checks: Mapping[str, Check], course: Course) -> tuple[Family, ...]:
    """Return all that is measured of an audit, in a fixed order.

    What is counted by check, level or outcome has a sample for each of them, zero included, so that no series ends
    because a defect is gone. No sample names a resource.
    """
    summary = summarise(report)
    families = (
        _one(
            "auditor.build_info", "", "The auditor that made the audit, by its version.", 1, version=report.tool_version
        ),
        Family(
            name="auditor.pack_info",
            unit="",
            help="The requirement packs that were applied, by edition.",
            samples=tuple(map(_pack, report.packs)),
        ),
        *_counts(report, checks, summary),
        *_times(report, course),
    )
    return tuple(each for each in families if each.samples)


def _pack(use: PackUse) -> Sample:
    texts = {"pack": use.pack, "edition": use.edition, "revision": use.revision or "", "cloud": use.cloud}
    return Sample(labels={name: plain(text) for name, text in texts.items()}, value=1)


def _counts(report: Report, checks: Mapping[str, Check], summary: Summary) -> Iterable[Family]:
    standing = [each for each in report.findings if stands(each)]
    waived = [each for each in report.findings if each.waiver is not None and each.state != State.ABSENT]
    yield _by_check("auditor.findings", "Findings that stand: there today, and not waived.", standing, checks)
    yield _by_check("auditor.findings_waived", "Findings that are there and accepted by a waiver.", waived, checks)
    if summary.states is not None:
        help_ = "Findings against the baseline: new, unchanged or absent, waived ones included."
        yield _by("auditor.findings_compared", "{finding}", help_, "state", summary.states)
    help_ = "Documented requirements of all workloads, by how they came out."
    yield _by("auditor.requirements", "{requirement}", help_, "outcome", summary.outcomes)
    yield _one("auditor.workloads", "{workload}", "Workloads that were audited.", summary.workloads)
    yield _one("auditor.gaps", "{gap}", "Things that should have been read and could not be.", len(report.gaps))


def _times(report: Report, course: Course) -> Iterable[Family]:
    complete = is_complete(report)
    success = course.ended if complete else course.last_success
    durations = {each.name: each.seconds for each in course.phases}
    yield _by("auditor.audit.duration", SECONDS, "How long each part of the audit took.", "phase", durations)
    yield _one("auditor.exit_code", "", "What the audit ended with: 0, 1 findings, 3 incomplete.", course.exit_code)
    help_ = "Whether all was read and every requirement decided."
    yield _one("auditor.complete", "", help_, int(complete))
    yield _one("auditor.last_run.timestamp", SECONDS, "When an audit last came to a report.", course.ended)
    if success is not None:
        help_ = "When an audit last was complete: all was read and every requirement decided."
        yield _one(LAST_SUCCESS, SECONDS, help_, success)


def _by_check(name: str, help_: str, findings: Sequence[Finding], checks: Mapping[str, Check]) -> Family:
    counts = Counter((each.check, each.level) for each in findings)
    names = [*checks, *sorted({each.check for each in findings} - checks.keys())]
    samples = [
        Sample(labels={"check": check, "level": level}, value=counts[check, level])
        for check in names
        for level in Level
    ]
    return Family(name=name, unit="{finding}", help=help_, samples=tuple(samples))


def _by(name: str, unit: str, help_: str, label: str, counts: Mapping[Any, float]) -> Family:
    samples = tuple(Sample(labels={label: str(each)}, value=value) for each, value in counts.items())
    return Family(name=name, unit=unit, help=help_, samples=samples)


def _one(name: str, unit: str, help_: str, value: float, **labels: str) -> Family:
    return Family(name=name, unit=unit, help=help_, samples=(Sample(labels=labels, value=value),))


def attributes_of(report: Report | None, course: Course) -> dict[str, str | int]:
    """Return what the trace of an audit says of it: counts, no names. report: None where it did not come to one."""
    found: dict[str, str | int] = {"auditor.exit_code": course.exit_code}
    if report is None:
        return found
    summary = summarise(report)
    counts = {f"auditor.findings.{level}": number for level, number in summary.findings.items()}
    return {
        **found,
        **counts,
        "auditor.findings.waived": summary.waived,
        "auditor.requirements.unknown": summary.outcomes[Outcome.UNKNOWN],
        "auditor.workloads": summary.workloads,
        "auditor.gaps": len(report.gaps),
        "auditor.verdict": str(summary.verdict),
    }
