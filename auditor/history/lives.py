"""What a history tells of findings: when they came, went and came again."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from auditor.errors import HistoryError
from auditor.findings import Finding
from auditor.histories import Event, Life, Turn
from auditor.history.contents import Contents
from auditor.history.reading import job_row
from auditor.history.tables import events, jobs, lives

_MOST_SHOWN = 5
_MOST_ASKED = 500
_ID = re.compile("[0-9a-zA-Z-]+")


def lives_of(
    connection: Connection, read: Contents, *, job: str | None, open_only: bool, findings: Iterable[str] | None = None
) -> tuple[Life, ...]:
    """Return lives, open ones first, oldest first. findings: ids of those alone."""
    query = select(lives, jobs.c.name, jobs.c.clock).join(jobs, jobs.c.id == lives.c.job)
    told = select(events).order_by(events.c.id)
    if job is not None:
        number = job_row(connection, job).id
        query, told = query.where(lives.c.job == number), told.where(events.c.job == number)
    asked = None if findings is None else set(findings)
    if asked is not None and len(asked) <= _MOST_ASKED:  # a statement takes no more than so many
        query, told = query.where(lives.c.finding.in_(asked)), told.where(events.c.finding.in_(asked))
    if open_only:
        query = query.where(lives.c.resolved_at.is_(None))
    rows = [each for each in connection.execute(query) if asked is None or each.finding in asked]
    turns = _turns(connection.execute(told).all() if rows else ())
    told_last = read.picked(((bytes(each.told), each.finding) for each in rows), Finding)
    found = (_life(row, finding, turns) for row, finding in zip(rows, told_last, strict=True))
    return tuple(
        sorted(found, key=lambda each: (each.resolved_at is not None, each.first_seen, each.job, each.finding.id))
    )


def _turns(rows: Sequence[Row[Any]]) -> Mapping[tuple[int, str], list[Turn]]:
    found: defaultdict[tuple[int, str], list[Turn]] = defaultdict(list)
    for each in rows:
        found[each.job, each.finding].append(Turn(event=Event(each.event), run=each.run, at=each.at))
    return found


def _life(row: Row[Any], finding: Finding, turns: Mapping[tuple[int, str], list[Turn]]) -> Life:
    return Life(
        job=row.name,
        finding=finding,
        first_seen=row.first_seen,
        last_seen=row.clock if row.last_seen is None else row.last_seen,
        resolved_at=row.resolved_at,
        reopened_at=row.reopened_at,
        turns=tuple(turns.get((row.job, row.finding), ())),
    )


def one_life(connection: Connection, read: Contents, prefix: str, *, job: str | None) -> Life:
    """Return the life of the finding whose id begins with a prefix. Raises HistoryError where that is not one."""
    query = select(lives.c.finding, jobs.c.name).join(jobs, jobs.c.id == lives.c.job)
    query = query.where(lives.c.finding.startswith(prefix.lower(), autoescape=True)).order_by(lives.c.finding)
    if job is not None:
        query = query.where(lives.c.job == job_row(connection, job).id)
    found = connection.execute(query).all() if _ID.fullmatch(prefix) else ()
    if not found:
        where = f' of job "{job}"' if job is not None else ""
        raise HistoryError(f'no finding{where} has an id that begins with "{prefix}"; take one of a report')
    ids = sorted({each.finding for each in found})
    if len(ids) > 1:
        more = f" and {len(ids) - _MOST_SHOWN:,} more" if len(ids) > _MOST_SHOWN else ""
        raise HistoryError(f'"{prefix}" begins several ids: {", ".join(ids[:_MOST_SHOWN])}{more}; write more of it')
    if len(found) > 1:
        names = sorted(f'"{each.name}"' for each in found)
        more = f" and {len(names) - _MOST_SHOWN:,} more" if len(names) > _MOST_SHOWN else ""
        raise HistoryError(f"several jobs have finding {ids[0]}: {', '.join(names[:_MOST_SHOWN])}{more}; name one job")
    (only,) = found
    (life,) = lives_of(connection, read, job=only.name, open_only=False, findings=ids)
    return life
