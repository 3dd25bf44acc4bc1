"""A process that records is killed at random moments: what it said to be there is there, and nothing is half there.

`KILLS=200` in the environment, or the nightly profile, kills as often as that on each database; else it is a few dozen.
"""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext

import pytest

from auditor.history import open_store
from auditor.history.store import Store
from tests.history.recorder import audit_of, findings_of, record_on
from tests.history.whole import check_whole

KILLS = int(os.environ.get("KILLS") or (200 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 12))
JOB = "nightly"
LONGEST = 0.4
"""Seconds after which a process is killed at the latest, counted from its first word or its start."""


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Return what starts processes quickly: they are forked from one that has loaded all there is to load."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.history.recorder", "auditor.history.opening", "psycopg"])
    return context


def said(pipe: Connection) -> list[tuple[int, int]]:
    """Return what a process that is gone has said: runs, and the numbers of their audits."""
    found = []
    with suppress(EOFError, OSError):
        while True:
            found.append(pipe.recv())
    return found


def killed(context: ForkServerContext, url: str, chance: random.Random) -> list[tuple[int, int]]:
    """Let a process record, kill it at a random moment, and return what it said until then."""
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=record_on, args=(url, JOB, 1_000, theirs))
    process.start()
    theirs.close()
    if chance.random() < 0.8:  # else while it starts: opening is to be safe as well
        ours.poll(30)
    time.sleep(chance.random() * LONGEST)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()

    assert process.exitcode == -signal.SIGKILL
    return said(ours)


def check(store: Store, told: dict[int, int], since: int) -> int:
    """Fail unless all that was said is there, and nothing is half there; return how many runs there are."""
    runs = store.runs()[::-1]
    assert [each.at for each in runs] == [audit_of(JOB, number).report.generated_at for number in range(len(runs))]
    at = {each.id: number for number, each in enumerate(runs)}
    assert told.items() <= at.items()
    for each in runs[since:]:
        assert list(store.run(each.id).findings) == findings_of(at[each.id])
    check_whole(store, since=runs[since - 1].id if since else 0)
    if runs:
        found = {each.id for each in findings_of(len(runs) - 1)}
        assert {each.finding.id for each in store.lives(JOB, open_only=True)} == found
    return len(runs)


def test_a_kill_loses_nothing_and_leaves_nothing_half_done(
    url: str, processes: ForkServerContext, record_property: Callable[[str, object], None]
) -> None:
    """After every kill the history is whole, has all that was acknowledged, and takes the next run."""
    chance, told, looked, beyond = random.Random(KILLS), dict[int, int](), 0, 0  # noqa: S311 - the same for the same
    for _ in range(KILLS):
        told |= dict(killed(processes, url, chance))
        with open_store(url) as store:
            there = check(store, told, looked)
            beyond += there > len(told)
            told |= {each.id: number for number, each in enumerate(store.runs()[::-1])}
            looked = there
    record_property("kills", KILLS)
    record_property("runs", looked)
    record_property("runs that were there before they were told", beyond)
    print(f"{KILLS} kills, {looked} runs, of which {beyond} were there and not told yet")  # noqa: T201 - for who asks with -s

    assert looked > KILLS / 2
