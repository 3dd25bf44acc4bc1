"""Taking runs, or their snapshots, out of a history, and then whatever nothing refers to any more."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, text, update

from auditor.histories import Pruned
from auditor.history.contents import Contents
from auditor.history.reading import job_row
from auditor.history.recording import CONTENTS_LOCK
from auditor.history.tables import FACTS, LISTS, contents, jobs, lives, runs

_AT_ONCE = 500


def prune(  # noqa: PLR0913 - what can be asked of it
    connection: Connection,
    *,
    keep_runs: int | None,
    before: str | None,
    snapshots_only: bool,
    job: str | None,
    dry_run: bool,
) -> Pruned:
    """Prune within the transaction of a connection; see `Store.prune`."""
    with connection.begin_nested() as step:
        pruned = _prune(connection, keep_runs=keep_runs, before=before, snapshots_only=snapshots_only, job=job)
        if dry_run:
            step.rollback()
    return pruned


def _prune(
    connection: Connection, *, keep_runs: int | None, before: str | None, snapshots_only: bool, job: str | None
) -> Pruned:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CONTENTS_LOCK})
    chosen = [] if keep_runs is None and before is None else _chosen(connection, keep_runs, before, job)
    if snapshots_only:
        chosen = [each for each in chosen if each.snapshot is not None]
    for part in _parts([each.id for each in chosen]):
        one = runs.c.id.in_(part)
        connection.execute(update(runs).where(one).values(snapshot=None) if snapshots_only else delete(runs).where(one))
    there = _all(connection)
    unused = sorted(there.keys() - _used(connection), key=lambda each: (not there[each], each))
    size = 0
    for part in _parts(unused):
        size += connection.execute(
            select(func.coalesce(func.sum(func.length(contents.c.data)), 0)).where(contents.c.digest.in_(part))
        ).scalar_one()
        connection.execute(delete(contents).where(contents.c.digest.in_(part)))
    return Pruned(runs=len(chosen), contents=len(unused), bytes=int(size))


def _chosen(connection: Connection, keep_runs: int | None, before: str | None, job: str | None) -> list[Row[Any]]:
    """Return rows of the runs to be pruned: never the newest of a job."""
    query = select(runs).order_by(runs.c.id.desc())
    if job is not None:
        query = query.where(runs.c.job == job_row(connection, job).id)
    newest = set(connection.execute(select(jobs.c.last_run)).scalars())
    seen: dict[int, int] = {}
    chosen = []
    for row in connection.execute(query):
        seen[row.job] = seen.get(row.job, 0) + 1
        surplus = keep_runs is None or seen[row.job] > keep_runs
        if surplus and (before is None or row.at < before) and row.id not in newest:
            chosen.append(row)
    return chosen


def _all(connection: Connection) -> dict[bytes, bool]:
    """Return the digests of all contents, and of each whether it refers to another one: those go first."""
    rows = connection.execute(select(contents.c.digest, contents.c.base.is_not(None)))
    return {bytes(at): bool(refers) for at, refers in rows}


def _used(connection: Connection) -> set[bytes]:
    """Return the digests of all contents that something refers to."""
    used = {bytes(each) for each in connection.execute(select(lives.c.told)).scalars()}
    manifests: set[bytes] = set()
    for row in connection.execute(select(runs)):
        used.update(bytes(getattr(row, name)) for name in FACTS)
        manifests.update(bytes(found) for name in LISTS if (found := getattr(row, name)) is not None)
    read = Contents(connection)
    read.manifests(manifests)
    for each in manifests:
        used.update(read.manifest(each))
    used |= manifests
    bases = connection.execute(select(contents.c.digest, contents.c.base).where(contents.c.base.is_not(None)))
    return used | {bytes(base) for at, base in bases if bytes(at) in used}


def _parts(values: list[Any]) -> Iterable[list[Any]]:
    return (values[at : at + _AT_ONCE] for at in range(0, len(values), _AT_ONCE))
