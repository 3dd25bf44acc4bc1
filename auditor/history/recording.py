"""Recording an audit: all of it in one transaction, with its job locked."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, text, update

from auditor.estate import arm
from auditor.findings import Finding, Level, Outcome, PackUse, edition_label
from auditor.histories import CheckCount, Decision, Event, Happening, Past, Recorded, Recording
from auditor.history.contents import Contents, Written, insert_new
from auditor.history.packing import taken
from auditor.history.reading import Summary, one_row, run_rows, runs_of
from auditor.history.tables import LISTS, events, jobs, lives, runs

Decide = Callable[[Past, Recording], Decision]
"""What tells what an audit makes of the past of its job; pure."""

CONTENTS_LOCK = 0x61756463
"""Key of the lock in PostgreSQL that who records shares, and who takes contents away has alone."""
_LEVELS = tuple(Level)


def record(connection: Connection, recording: Recording, decide: Decide) -> Recorded:
    """Record an audit within the transaction of a connection."""
    job = _locked(connection, recording)
    read = Contents(connection)
    written = Written(read)
    standing = connection.execute(select(lives).where(lives.c.job == job.id)).all()
    last = next(iter(run_rows(connection, ids=[job.last_run])), None) if job.last_run is not None else None
    past = _past(read, last, standing)
    decision = decide(past, recording)
    row, places = _row(recording, decision, written, last)
    told = {each.id: places[each.id] for each in decision.findings}
    opened = {each.id: each for each in past.opened}
    same = {each.id for each in decision.findings if opened.get(each.id) == each}
    told |= {each.finding: bytes(each.told) for each in standing if each.finding in same}
    written.flush(connection)
    run = connection.execute(insert(runs).values(job=job.id, **row).returning(runs.c.id)).scalar_one()
    clock = max(job.clock, recording.report.generated_at)
    _live_on(connection, job, standing, decision, told, clock)
    happenings = _happenings(connection, job.id, run, clock, decision)
    connection.execute(update(jobs).where(jobs.c.id == job.id).values(last_run=run, clock=clock))
    (done,) = runs_of(connection, Contents(connection), [one_row(connection, run)])
    return Recorded(run=done, happenings=happenings)


def _locked(connection: Connection, recording: Recording) -> Row[Any]:
    """Return the row of the job, made where there is none, that nobody else writes until the end."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": CONTENTS_LOCK})
    connection.execute(insert_new(connection, jobs).values(name=recording.job, clock=""))
    return connection.execute(select(jobs).where(jobs.c.name == recording.job).with_for_update()).one()


def _past(read: Contents, last: Row[Any] | None, standing: Iterable[Row[Any]]) -> Past:
    opened = [each for each in standing if each.resolved_at is None]
    outcomes: dict[tuple[str, str], Outcome] = {}
    packs: tuple[PackUse, ...] = ()
    if last is not None:
        packs = read.value(bytes(last.packs), tuple[PackUse, ...])
        for workload, decided in read.list_of(bytes(last.outcomes), dict[str, Outcome]):
            outcomes.update(((workload, name), outcome) for name, outcome in decided.items())
    return Past(
        opened=tuple(read.picked(((bytes(each.told), each.finding) for each in opened), Finding)),
        resolved=frozenset(each.finding for each in standing if each.resolved_at is not None),
        outcomes=outcomes,
        editions=frozenset(map(edition_label, packs)),
    )


def _row(
    recording: Recording, decision: Decision, written: Written, last: Row[Any] | None
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the columns of a run, with what they refer to put into what is written; and the chunk of each finding."""
    report, snapshot = recording.report, recording.snapshot
    before = {each: bytes(at) for each in LISTS if last is not None and (at := getattr(last, each)) is not None}
    workloads = sorted(
        ((arm.key(each.id), replace(each, network=None)) for each in report.workloads), key=lambda each: each[0]
    )
    findings, places = written.items(((each.id, each) for each in decision.findings), before.get("findings"))
    outcomes = sorted(_by_workload(decision.outcomes).items())
    kept = None
    if snapshot is not None:
        kept = written.chunks(((taken(at), data) for at, data in snapshot.chunks.items()), before.get("snapshot"))
    row = {
        "at": report.generated_at,
        "seconds": recording.seconds,
        "tool_version": report.tool_version,
        "exit_code": recording.exit_code,
        "is_complete": recording.is_complete and not decision.unseen,
        "summary": written.value(_summary(recording, decision)),
        "sources": written.value(report.sources),
        "packs": written.value(report.packs),
        "gaps": written.value(report.gaps),
        "workloads": written.items(workloads, before.get("workloads"))[0],
        "findings": findings,
        "outcomes": written.items(outcomes, before.get("outcomes"))[0],
        "snapshot": kept,
    }
    return row, places


def _by_workload(outcomes: Mapping[tuple[str, str], Outcome]) -> dict[str, dict[str, Outcome]]:
    found: dict[str, dict[str, Outcome]] = {}
    for (workload, name), outcome in outcomes.items():
        found.setdefault(workload, {})[name] = outcome
    return found


def _summary(recording: Recording, decision: Decision) -> Summary:
    report, findings = recording.report, decision.findings
    outcomes = dict.fromkeys(Outcome, 0)
    for workload in report.workloads:
        for outcome, number in workload.summary:
            outcomes[outcome] += number
    standing: Counter[tuple[str, Level]] = Counter()
    waived: Counter[tuple[str, Level]] = Counter()
    kinds = dict.fromkeys((each.check, each.level) for each in findings)
    for each in findings:
        (standing if each.waiver is None else waived)[each.check, each.level] += 1
    counts = (CheckCount(check=at[0], level=at[1], findings=standing[at], waived=waived[at]) for at in kinds)
    return Summary(
        workloads=len(report.workloads),
        gaps=len(report.gaps),
        counts=tuple(sorted(counts, key=lambda each: _LEVELS.index(each.level))),
        outcomes=outcomes,
        unseen=decision.unseen,
    )


def _live_on(  # noqa: PLR0913, PLR0917 - all that a run does to lives
    connection: Connection,
    job: Row[Any],
    standing: Iterable[Row[Any]],
    decision: Decision,
    told: Mapping[str, bytes],
    clock: str,
) -> None:
    """Write what has changed in the lives of a job: of what stays as it was, nothing."""
    happened = {finding.id: event for event, finding in decision.events}
    begun = [
        {"job": job.id, "finding": each.id, "first_seen": clock, "told": told[each.id]}
        for each in decision.findings
        if happened.get(each.id) is Event.NEW
    ]
    if begun:
        connection.execute(insert(lives), begun)
    changed = [_changed(row, happened.get(row.finding), told, job.clock, clock) for row in standing]
    rows = [each for each in changed if each is not None]
    if rows:
        one = (lives.c.job == bindparam("of_job")) & (lives.c.finding == bindparam("of_finding"))
        connection.execute(update(lives).where(one), rows)


def _changed(
    row: Row[Any], event: Event | None, told: Mapping[str, bytes], before: str, clock: str
) -> dict[str, Any] | None:
    """Return what is to be written of one life; None where nothing is. before: when the job's last run was made."""
    old = {name: getattr(row, name) for name in ("last_seen", "resolved_at", "reopened_at")}
    old["told"] = bytes(row.told)
    new = dict(old)
    if row.finding in told:
        new |= {"last_seen": None, "told": told[row.finding]}
    elif row.last_seen is None:
        new["last_seen"] = before
    if event is Event.REOPENED:
        new |= {"resolved_at": None, "reopened_at": clock}
    if event is Event.RESOLVED:
        new["resolved_at"] = clock
    return {"of_job": row.job, "of_finding": row.finding, **new} if new != old else None


def _happenings(connection: Connection, job: int, run: int, clock: str, decision: Decision) -> tuple[Happening, ...]:
    """Write the events of a run, and return those that are to be told."""
    rows = [
        {"job": job, "finding": finding.id, "run": run, "event": event.value, "at": clock}
        for event, finding in decision.events
    ]
    if not rows:
        return ()
    written = insert(events).returning(events.c.id, sort_by_parameter_order=True)
    ids = connection.execute(written, rows).scalars().all()
    return tuple(
        Happening(id=number, event=event, finding=finding)
        for number, (event, finding) in zip(ids, decision.events, strict=True)
        if finding.waiver is None
    )
