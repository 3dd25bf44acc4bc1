"""Whether a history is whole: nothing in it refers to what is not there, and nothing contradicts itself."""

from collections import defaultdict

from sqlalchemy import select

from auditor.histories import Event
from auditor.history.store import Store
from auditor.history.tables import events, jobs, lives, runs


def check_whole(store: Store, since: int = 0) -> None:
    """Fail unless every digest leads to its content and lives agree with events. since: run from which on to look."""
    for run in store.runs():
        if run.id > since:
            detail = store.run(run.id)
            assert sum(each.findings + each.waived for each in run.counts) == len(detail.findings)
            assert run.workloads == len(detail.workloads)
            if run.snapshot is not None:
                assert b"".join(store.snapshot_pieces(run.id)).endswith(b"}\n")
    with store.reading() as connection:
        happened = defaultdict(list)
        for each in connection.execute(select(events).order_by(events.c.id)):
            happened[each.job, each.finding].append(each)
        for life in connection.execute(select(lives)):
            own = happened.pop((life.job, life.finding))
            assert own[0].event == Event.NEW
            assert own[0].at == life.first_seen
            assert [each.at for each in own] == sorted(each.at for each in own)
            assert (own[-1].event == Event.RESOLVED) == (life.resolved_at is not None)
            ended = [each.event == Event.RESOLVED for each in own if each.event != Event.GROWN]
            assert ended == [bool(number % 2) for number in range(len(ended))]
        assert not happened
        for job in connection.execute(select(jobs)):
            newest = connection.execute(select(runs.c.id).where(runs.c.job == job.id).order_by(runs.c.id.desc()))
            assert newest.scalars().first() == job.last_run
    if store.jobs():
        _check_open(store)


def _check_open(store: Store) -> None:
    """What the newest run of a job found is what is open, and not less."""
    for job in store.jobs():
        newest = store.latest(job)
        assert newest is not None
        found = {each.id for each in store.run(newest.id).findings}
        assert found <= {each.finding.id for each in store.lives(job, open_only=True)}
