"""How every report on a history says things: times, ages, counts and what became of a finding."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from auditor.findings import Level, Outcome, Report
from auditor.histories import Event, Life, Run, RunDetail
from auditor.reporters.text import count, plain, shorten, wrap

_JOB = 16


class Standing(StrEnum):
    """How a finding stands today.

    open: found and not resolved since. reopened: the same, after it had been resolved. waived: it is there, and
    accepted. resolved: an audit that could tell did not find it.
    """

    OPEN = "open"
    REOPENED = "reopened"
    WAIVED = "waived"
    RESOLVED = "resolved"


def standing_of(life: Life) -> Standing:
    """Return how a finding stands today."""
    if life.resolved_at is not None:
        return Standing.RESOLVED
    if life.finding.waiver is not None:
        return Standing.WAIVED
    return Standing.REOPENED if life.reopened_at is not None else Standing.OPEN


def open_since(life: Life) -> str:
    """Return when a finding was first seen or, where it was resolved in between, seen again; ISO 8601."""
    return life.reopened_at or life.first_seen


def age_of(life: Life, now: datetime) -> timedelta:
    """Return how long a finding has been open, or, where it is resolved, was; never less than nothing."""
    end = datetime.fromisoformat(life.resolved_at) if life.resolved_at is not None else now
    return max(end - datetime.fromisoformat(open_since(life)), timedelta())


def by_age(lives: Iterable[Life]) -> list[Life]:
    """Return findings that are there before those that are resolved, and of each those open longest first."""
    levels = list(Level)
    return sorted(
        lives,
        key=lambda each: (
            each.resolved_at is not None,
            open_since(each),
            levels.index(each.finding.level),
            each.job,
            each.finding.id,
        ),
    )


def duration(length: timedelta) -> str:
    """Return a length of time in its largest unit of which there are two: "31 days", "47 hours", "5 minutes"."""
    minutes = int(length.total_seconds()) // 60
    for noun, size in (("day", 24 * 60), ("hour", 60)):
        if minutes >= 2 * size:
            return count(minutes // size, noun)
    return count(minutes, "minute")


def minute(at: str) -> str:
    """Return a time of ISO 8601 in UTC as tables show it: "2026-01-31 12:00"."""
    return at[:16].replace("T", " ")


def levels_of(run: Run) -> dict[Level, int]:
    """Return how many findings of a run stand, by level."""
    levels = dict.fromkeys(Level, 0)
    for each in run.counts:
        levels[each.level] += each.findings
    return levels


def waived_in(run: Run) -> int:
    """Return how many findings of a run are waived."""
    return sum(each.waived for each in run.counts)


def unknown_in(run: Run) -> int:
    """Return how many requirements of a run could not be decided."""
    return run.outcomes.get(Outcome.UNKNOWN, 0)


def events_line(events: Mapping[Event, int]) -> str:
    """Say what happened to findings: "2 new, 1 resolved"; "" where nothing did."""
    return ", ".join(f"{events[each]:,} {each}" for each in Event if events.get(each))


def unseen_line(run: Run) -> str:
    """Say how many findings stand though a run did not find them; "" where none do."""
    if not run.unseen:
        return ""
    stands = "stands" if run.unseen == 1 else "stand"
    return f"{count(run.unseen, 'earlier finding')} still {stands}, not looked at or not decided this time"


def counts_line(run: Run) -> str:
    """Say what a run found: "3 workloads: 1 error, 0 warnings, 2 notes, 1 waived, 5 unknown, 1 gap"."""
    counts = [count(number, level) for level, number in levels_of(run).items()]
    counts += [f"{waived:,} waived"] if (waived := waived_in(run)) else []
    counts += [f"{unknown_in(run):,} unknown", count(run.gaps, "gap")]
    return f"{count(run.workloads, 'workload')}: {', '.join(counts)}"


def below(table: str, remarks: Iterable[str], width: int) -> str:
    """Return a table with remarks below it, wrapped to the width."""
    lines = [line for each in remarks for line in wrap(plain(each), width)]
    return "\n".join([table, *lines, ""] if lines else [table.removesuffix("\n"), ""])


def job_label(job: str, room: int) -> str:
    """Return the name of a job in so many cells, and no fewer than 16, without its middle where it is longer."""
    return shorten(plain(job), max(room, _JOB))


def jobs_told(jobs: Iterable[str], room: int) -> list[str]:
    """Return sentences that tell the whole name of each job whose label is shortened."""
    labels = {each: job_label(each, room) for each in dict.fromkeys(jobs)}
    return [f"{label} is {job}" for job, label in labels.items() if label != plain(job)]


def is_resolved(life: Life, run: int) -> bool:
    """Tell whether a finding was resolved as of a run."""
    events = [each.event for each in life.turns if each.run <= run]
    return bool(events) and events[-1] is Event.RESOLVED


def report_of(detail: RunDetail) -> Report:
    """Return what a run said as a report, as far as it is kept: results are not."""
    return Report(
        tool_version=detail.run.tool_version,
        generated_at=detail.run.at,
        sources=detail.sources,
        packs=detail.packs,
        workloads=detail.workloads,
        results=(),
        findings=detail.findings,
        gaps=detail.gaps,
    )
