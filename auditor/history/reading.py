"""What a history tells of its runs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from auditor.errors import HistoryError
from auditor.findings import Finding, Gap, Outcome, PackUse, Source, WorkloadSummary
from auditor.histories import CheckCount, Event, Run, RunDetail, RunDifference
from auditor.history.contents import Contents
from auditor.history.packing import RESOURCE, digest_of, encode, shown
from auditor.history.tables import events, jobs, runs

_CALLS = "call auditor history list to see what there is"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run comes to: most of it is the same run after run, and kept once."""

    workloads: int
    gaps: int
    counts: tuple[CheckCount, ...]
    outcomes: dict[Outcome, int]
    unseen: int = 0


def job_names(connection: Connection) -> tuple[str, ...]:
    """Return the names of all jobs, sorted."""
    return tuple(sorted(connection.execute(select(jobs.c.name)).scalars()))


def job_row(connection: Connection, name: str) -> Row[Any]:
    """Return the row of a job. Raises HistoryError where there is none of that name."""
    row = connection.execute(select(jobs).where(jobs.c.name == name)).one_or_none()
    if row is None:
        raise HistoryError(f'there is no job "{name}" in the history; {_CALLS}')
    return row


def run_rows(
    connection: Connection, *, job: str | None = None, ids: Iterable[int] | None = None, limit: int | None = None
) -> Sequence[Row[Any]]:
    """Return rows of runs with the name of their job, newest first."""
    query = select(runs, jobs.c.name).join(jobs, jobs.c.id == runs.c.job).order_by(runs.c.id.desc()).limit(limit)
    if job is not None:
        query = query.where(runs.c.job == job_row(connection, job).id)
    if ids is not None:
        query = query.where(runs.c.id.in_(list(ids)))
    return connection.execute(query).all()


def one_row(connection: Connection, run: int) -> Row[Any]:
    """Return the row of a run. Raises HistoryError where there is none."""
    found = run_rows(connection, ids=[run]) if 0 < run < 1 << 31 else ()
    if not found:
        raise HistoryError(f"there is no run {run} in the history; {_CALLS}")
    return found[0]


def runs_of(connection: Connection, read: Contents, rows: Sequence[Row[Any]]) -> tuple[Run, ...]:
    """Return the runs of rows, in their order."""
    summaries = read.values((bytes(each.summary) for each in rows), Summary)
    happened = _happened(connection, [each.id for each in rows])
    return tuple(_run(each, summaries[bytes(each.summary)], happened[each.id]) for each in rows)


def _happened(connection: Connection, ids: Sequence[int]) -> Mapping[int, dict[Event, int]]:
    found: defaultdict[int, dict[Event, int]] = defaultdict(lambda: dict.fromkeys(Event, 0))
    if ids:
        between = events.c.run.between(min(ids), max(ids))
        counted = select(events.c.run, events.c.event, func.count()).where(between)
        for run, name, number in connection.execute(counted.group_by(events.c.run, events.c.event)):
            found[run][Event(name)] = number
    return found


def _run(row: Row[Any], summary: Summary, happened: Mapping[Event, int]) -> Run:
    return Run(
        id=row.id,
        job=row.name,
        at=row.at,
        seconds=row.seconds,
        tool_version=row.tool_version,
        exit_code=row.exit_code,
        is_complete=row.is_complete,
        workloads=summary.workloads,
        counts=summary.counts,
        outcomes=summary.outcomes,
        gaps=summary.gaps,
        events=happened,
        unseen=summary.unseen,
        snapshot=shown(bytes(row.snapshot)) if row.snapshot is not None else None,
    )


def detail(read: Contents, run: Run, row: Row[Any]) -> RunDetail:
    """Return a run with all that it said of findings."""
    return RunDetail(
        run=run,
        sources=read.value(bytes(row.sources), tuple[Source, ...]),
        packs=read.value(bytes(row.packs), tuple[PackUse, ...]),
        workloads=tuple(each for _, each in read.list_of(bytes(row.workloads), WorkloadSummary)),
        findings=tuple(each for _, each in read.list_of(bytes(row.findings), Finding)),
        gaps=read.value(bytes(row.gaps), tuple[Gap, ...]),
    )


def resources_of(read: Contents, row: Row[Any]) -> dict[str, str] | None:
    """Return a digest of each document that a run audited, by id; None where they are not kept."""
    if row.snapshot is None:
        return None
    found: dict[str, str] = {}
    for each in read.derived(read.manifest(bytes(row.snapshot)), _digests):
        found.update(each)
    return found


def _digests(items: list[tuple[str, Any]]) -> dict[str, str]:
    return {
        at.removeprefix(RESOURCE): shown(digest_of(encode(value))) for at, value in items if at.startswith(RESOURCE)
    }


def difference(connection: Connection, read: Contents, before: int, after: int) -> RunDifference:
    """Return what differs between two runs; of what they share no content is read."""
    rows = (one_row(connection, before), one_row(connection, after))
    one, other = (runs_of(connection, read, [each])[0] for each in rows)
    was, now = _differing(read, rows, "findings", Finding)
    had, has = _differing(read, rows, "workloads", WorkloadSummary)
    added, removed, changed = _resources(read, rows)
    return RunDifference(
        before=one,
        after=other,
        gone=tuple(each for at, each in was.items() if at not in now),
        come=tuple(each for at, each in now.items() if at not in was),
        altered=tuple((was[at], each) for at, each in now.items() if at in was and was[at] != each),
        workloads_added=tuple(each.id for at, each in sorted(has.items()) if at not in had),
        workloads_removed=tuple(each.id for at, each in sorted(had.items()) if at not in has),
        resources_added=added,
        resources_removed=removed,
        resources_changed=changed,
    )


def _differing(
    read: Contents, rows: tuple[Row[Any], Row[Any]], column: str, kind: type[Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return, of both runs, the items in chunks that the other does not have."""
    one, other = (read.manifest(bytes(getattr(each, column))) for each in rows)
    return (
        dict(read.items([each for each in one if each not in set(other)], kind)),
        dict(read.items([each for each in other if each not in set(one)], kind)),
    )


_Ids = tuple[str, ...] | None


def _resources(read: Contents, rows: tuple[Row[Any], Row[Any]]) -> tuple[_Ids, _Ids, _Ids]:
    if any(each.snapshot is None for each in rows):
        return None, None, None
    was, now = (
        {at.removeprefix(RESOURCE): value for at, value in side.items() if at.startswith(RESOURCE)}
        for side in _differing(read, rows, "snapshot", Any)
    )
    return (
        tuple(sorted(now.keys() - was.keys())),
        tuple(sorted(was.keys() - now.keys())),
        tuple(sorted(at for at in now.keys() & was.keys() if now[at] != was[at])),
    )
