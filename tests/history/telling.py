"""Runs of a job in which just that happened which a test wants, and a program that tells a channel of them.

As a program, with the history, the URL of a channel, the start of ids and a number: records as many runs, each with one
new finding, and tells the channel of each.
"""

import sys
from datetime import UTC, datetime

import click

from auditor.cli.notify import channels_named, expect, tell
from auditor.findings import Finding, Level, Report
from auditor.histories import Decision, Event, Recording
from auditor.history import open_store
from auditor.history.store import Store

JOB = "nightly"
NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def finding(name: str, *, level: Level = Level.ERROR, waiver: str | None = None) -> Finding:
    """Return a finding with an id."""
    return Finding(
        id=name,
        check="blocked-by-nsg",
        level=level,
        workload="/w",
        resource="",
        title="",
        message=f"about {name}",
        requirements=(),
        evidence=(),
        fix="",
        references=(),
        waiver=waiver,
    )


def record(store: Store, *happened: tuple[Event, Finding], job: str = JOB, at: datetime = NOW) -> tuple[int, ...]:
    """Record a run in which that happened; return the ids of what is to be told of it."""
    report = Report(
        tool_version="1",
        generated_at=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        sources=(),
        packs=(),
        workloads=(),
        results=(),
        findings=(),
        gaps=(),
    )
    recording = Recording(job=job, report=report, seconds=1, exit_code=1, is_complete=True, snapshot=None)
    found = tuple(each for event, each in happened if event is not Event.RESOLVED)
    decision = Decision(findings=found, events=happened, outcomes={}, unseen=0)
    return tuple(each.id for each in store.record(recording, lambda _past, _recording: decision).happenings)


def main(history: str, channel: str, start: str, number: str) -> None:
    """Record runs and tell of them; says when it begins, and each time that one was told."""
    channels = channels_named([channel], recorded=True)
    with open_store(history) as store:
        click.echo("ready")
        for each in range(int(number)):
            expect(store, channels, JOB)
            record(store, (Event.NEW, finding(f"{start}-{each}")), at=datetime.now(UTC))
            tell(store, channels, JOB)
            click.echo(each)


if __name__ == "__main__":
    main(*sys.argv[1:])
