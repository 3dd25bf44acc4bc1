"""What a channel has been told of, and what it is owed: claimed before it is sent, so that nobody sends it twice.

A channel is owed what happened since it was first named, and what is not told yet. It is claimed in one transaction and
told after that; what became of it is written in another. Whoever ends in between leaves a claim that nobody settles: it
is not known whether the channel was told, and it is not told again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from auditor.findings import Finding, Level
from auditor.histories import Delivery, Event, News
from auditor.history.contents import Contents, insert_new
from auditor.history.store import Store
from auditor.history.tables import channels, deliveries, events, jobs, lives

OWED_DAYS = 7
"""What is older than that is no news any more."""
GIVEN_UP = timedelta(minutes=5)
"""A claim that old is nobody's any more: telling takes far less."""
_AT_ONCE = 500
_LEVELS = tuple(Level)
_CAME = frozenset({Event.NEW, Event.REOPENED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a channel is to be told now. news: worst first, what is resolved last. events: all that it stands for.

    unsure: of how many events nobody will know whether the channel was told, and which nobody has said yet.
    """

    news: tuple[News, ...]
    events: tuple[int, ...]
    unsure: int


def know(store: Store, names: Sequence[str], job: str) -> None:
    """Have channels, named by their digests, be told of what happens to a job from now on.

    A channel that is known goes on where it was. To be called before a run is recorded.
    """
    with store.writing() as connection:
        since = connection.execute(select(func.coalesce(func.max(events.c.id), 0))).scalar_one()
        rows = [{"channel": each, "job": job, "since": since} for each in sorted(names)]
        connection.execute(insert_new(connection, channels), rows)


def claim(store: Store, channel: str, job: str, now: datetime) -> Claim:
    """Claim what a channel is owed of a job: nobody else is given it until it is settled. now: in UTC."""
    at = _text(now)
    with store.writing() as connection:
        one = (channels.c.channel == channel) & (channels.c.job == job)
        since = connection.execute(select(channels.c.since).where(one).with_for_update()).scalar_one()
        unsure = _give_up(connection, channel, job, now)
        rows = _owed(connection, channel, job, since, now)
        told = _told(connection, rows)
        news: list[News] = []
        claimed: list[Row[Any]] = []
        moot: list[Row[Any]] = []
        for _, group in groupby(rows, key=lambda each: str(each.finding)):
            steps = list(group)
            found = _news(steps, told[steps[0].finding])
            (moot if found is None else claimed).extend(steps)
            news += [found] if found is not None else []
        _write(connection, channel, claimed, Delivery.SENDING, at)
        _write(connection, channel, moot, Delivery.MOOT, at)
    return Claim(news=tuple(sorted(news, key=_worst_first)), events=tuple(each.id for each in claimed), unsure=unsure)


def settle(  # noqa: PLR0913 - all that is kept of it
    store: Store, channel: str, claimed: Claim, state: Delivery, *, attempts: int, error: str, now: datetime
) -> None:
    """Write what became of a claim. attempts: how often it was tried this time. error: why it was not told."""
    with store.writing() as connection:
        for at in range(0, len(claimed.events), _AT_ONCE):
            part = deliveries.c.event.in_(claimed.events[at : at + _AT_ONCE])
            connection.execute(
                update(deliveries)
                .where(deliveries.c.channel == channel, part)
                .values(
                    state=state.value,
                    attempts=deliveries.c.attempts + attempts,
                    error=error or None,
                    at=_text(now),
                )
            )


def _give_up(connection: Connection, channel: str, job: str, now: datetime) -> int:
    """Mark what was claimed by somebody who is no more; return how much that is."""
    of_job = select(events.c.id).join(jobs, jobs.c.id == events.c.job).where(jobs.c.name == job)
    gone = and_(
        deliveries.c.channel == channel,
        deliveries.c.state == Delivery.SENDING.value,
        deliveries.c.at < _text(now - GIVEN_UP),
        deliveries.c.event.in_(of_job),
    )
    return connection.execute(update(deliveries).where(gone).values(state=Delivery.UNSURE.value)).rowcount


def _owed(connection: Connection, channel: str, job: str, since: int, now: datetime) -> Sequence[Row[Any]]:
    """Return what happened and is not told, by finding, oldest first."""
    here = and_(deliveries.c.event == events.c.id, deliveries.c.channel == channel)
    life = and_(lives.c.job == events.c.job, lives.c.finding == events.c.finding)
    query = (
        select(events, deliveries.c.id.label("delivery"), lives.c.first_seen, lives.c.told)
        .join(jobs, jobs.c.id == events.c.job)
        .join(lives, life)
        .outerjoin(deliveries, here)
        .where(jobs.c.name == job, events.c.id > since, events.c.at >= _text(now - timedelta(days=OWED_DAYS)))
        .where(or_(deliveries.c.id.is_(None), deliveries.c.state == Delivery.FAILED.value))
        .order_by(events.c.finding, events.c.id)
    )
    return connection.execute(query).all()


def _told(connection: Connection, rows: Sequence[Row[Any]]) -> Mapping[str, Finding]:
    """Return findings of a job as they were last seen, by id."""
    places = {str(each.finding): bytes(each.told) for each in rows}
    found = Contents(connection).picked(((chunk, at) for at, chunk in places.items()), Finding)
    return dict(zip(places, found, strict=True))


def _news(steps: Sequence[Row[Any]], finding: Finding) -> News | None:
    """Return what a channel is told of a finding; None where what it was told last still holds, or it is waived."""
    happened = [Event(each.event) for each in steps]
    event = what_is_told(happened)
    if event is None or finding.waiver is not None:
        return None
    at = steps[0].at if event in _CAME and event is happened[0] else steps[-1].at
    return News(event=event, finding=finding, at=at, first_seen=steps[0].first_seen)


def what_is_told(happened: Sequence[Event]) -> Event | None:
    """Return the one event to tell of all that a channel has not heard of a finding, oldest first; None for nothing.

    What came and went meanwhile is no news. What came and grew has come.
    """
    first, last = happened[0], happened[-1]
    if first in _CAME:
        return None if last is Event.RESOLVED else first
    return last


def _write(connection: Connection, channel: str, rows: Sequence[Row[Any]], state: Delivery, at: str) -> None:
    fresh = [
        {"channel": channel, "event": each.id, "state": state.value, "attempts": 0, "at": at}
        for each in rows
        if each.delivery is None
    ]
    again = [each.delivery for each in rows if each.delivery is not None]
    if fresh:
        connection.execute(insert(deliveries), fresh)
    for start in range(0, len(again), _AT_ONCE):
        part = deliveries.c.id.in_(again[start : start + _AT_ONCE])
        connection.execute(update(deliveries).where(part).values(state=state.value, at=at))


def _worst_first(news: News) -> tuple[bool, int, str, str, str]:
    finding = news.finding
    is_resolved = news.event is Event.RESOLVED
    return is_resolved, _LEVELS.index(finding.level), finding.check, finding.workload, finding.id


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
