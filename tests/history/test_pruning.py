"""What pruning takes away, and what it leaves."""

import sqlite3
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import func, select

from auditor.engine.lives import decide
from auditor.errors import HistoryError
from auditor.histories import Pruned
from auditor.history import open_store
from auditor.history.store import Store
from auditor.history.tables import contents
from tests.history.audits import day, document, finding, recording, report
from tests.history.whole import check_whole


@pytest.fixture
def filled(store: Store) -> Store:
    """Record five days of one job and one of another; every day has its own route table."""
    for number in range(1, 6):
        found = [finding("a")] if number < 3 else [finding("b")]
        store.record(recording(report(day(number), *found), documents=[document("rt", day=number)]), decide)
    store.record(recording(report(day(1)), job="other", documents=[document("rt", day="other")]), decide)
    return store


def ids(store: Store) -> list[int]:
    """Return the numbers of all runs."""
    return [each.id for each in store.runs()]


def kept(store: Store) -> int:
    """Return how many contents there are."""
    with store.reading() as connection:
        return connection.execute(select(func.count()).select_from(contents)).scalar_one()


def test_the_newest_runs_are_kept(filled: Store) -> None:
    """As many of each job as were asked for."""
    pruned = filled.prune(keep_runs=2)

    assert (pruned.runs, ids(filled)) == (3, [6, 5, 4])
    assert pruned.contents > 0
    assert pruned.bytes > 0
    check_whole(filled)


def test_runs_before_a_day_go(filled: Store) -> None:
    """That day itself stays; and with a number as well, only what is old and beyond it goes."""
    assert filled.prune(before="2026-01-03", keep_runs=4).runs == 1
    assert filled.prune(before="2026-01-03").runs == 1
    assert ids(filled) == [6, 5, 4, 3]


@pytest.mark.parametrize("snapshots_only", [False, True])
def test_a_dry_run_takes_nothing(filled: Store, *, snapshots_only: bool) -> None:
    """It returns just what pruning then takes."""
    before = (filled.runs(), kept(filled))
    dry = filled.prune(keep_runs=2, snapshots_only=snapshots_only, dry_run=True)

    assert (filled.runs(), kept(filled)) == before
    assert filled.prune(keep_runs=2, snapshots_only=snapshots_only) == dry
    assert (dry.runs, dry.contents > 0) == (3, True)
    check_whole(filled)


def test_the_newest_run_of_a_job_never_goes(filled: Store) -> None:
    """The next one is compared with it."""
    assert filled.prune(keep_runs=0, before="9999").runs == 4
    assert ids(filled) == [6, 5]


def test_lives_stay_true(filled: Store) -> None:
    """Since when a finding is there is known although the run that told it is gone."""
    before = filled.lives()
    filled.prune(keep_runs=1)

    assert filled.lives() == before
    assert filled.life("b").first_seen == day(3)


def test_snapshots_alone_may_go(filled: Store) -> None:
    """Runs stay, without what they audited; the newest keeps it."""
    pruned = filled.prune(keep_runs=1, snapshots_only=True)

    assert (pruned.runs, ids(filled)) == (4, [6, 5, 4, 3, 2, 1])
    assert [each.snapshot is None for each in filled.runs("nightly")] == [False, True, True, True, True]
    assert filled.difference(1, 5).resources_changed is None
    assert filled.chronicle("nightly").steps[0].resources is None
    with pytest.raises(HistoryError, match="the snapshot of run 1 is not kept; name another run"):
        filled.snapshot_pieces(1)
    assert filled.prune(keep_runs=1, snapshots_only=True) == Pruned(runs=0, contents=0, bytes=0)


def test_one_job_may_be_pruned(filled: Store) -> None:
    """And no other."""
    filled.prune(keep_runs=0, job="other")
    assert ids(filled) == [6, 5, 4, 3, 2, 1]
    filled.prune(keep_runs=1, job="nightly")
    assert ids(filled) == [6, 5]


def test_nothing_goes_unasked(filled: Store) -> None:
    """Without a number or a day no run is taken, and nothing is left over that none needs."""
    assert filled.prune() == Pruned(runs=0, contents=0, bytes=0)


def test_what_runs_share_stays(filled: Store) -> None:
    """Contents go with the last run that needs them."""
    shared = {each.id: each for each in filled.runs()}
    filled.prune(keep_runs=1)

    assert filled.run(5).run == shared[5]
    assert b'"day":5' in b"".join(filled.snapshot_pieces(5))
    assert kept(filled) < 30


def test_recording_goes_on_after_pruning(filled: Store) -> None:
    """With numbers that were never given before."""
    filled.prune(keep_runs=1)
    again = filled.record(recording(report(day(9), finding("b"))), decide)

    assert again.run.id == 7
    assert again.happenings == ()


def test_what_resembles_another_content_goes_before_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few go at once; and what stays keeps what it resembles."""
    for number in range(1, 7):
        documents = [document(f"rt-{each}", routes=[each if each != 5 else number] * 50) for each in range(60)]
        store.record(recording(report(day(number), finding("a", message=f"{number}")), documents=documents), decide)
    with store.reading() as connection:
        assert connection.execute(select(func.count(contents.c.base))).scalar_one() >= 5
    monkeypatch.setattr("auditor.history.pruning._AT_ONCE", 1)

    assert store.prune(keep_runs=2).contents > 5
    check_whole(store)
    assert store.prune(keep_runs=1).runs == 1
    check_whole(store)


def test_a_file_becomes_smaller(tmp_path: Path) -> None:
    """The space of what is gone is given back to the system."""
    file = tmp_path / "history.db"
    with open_store(str(file)) as store:
        for number in range(1, 4):
            noise = [
                document(f"rt-{each}", noise=sha256(b"%d %d" % (each, number)).hexdigest()) for each in range(2_000)
            ]
            store.record(recording(report(day(number)), documents=noise), decide)
        before = file.stat().st_size
        store.prune(keep_runs=1)

    assert file.stat().st_size < before / 2
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
