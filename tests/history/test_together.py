"""Several at once: nothing is lost, and no run comes between the parts of another."""

import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context

from auditor.engine.lives import decide
from auditor.histories import Decision, Event, Past, Recording
from auditor.history import open_store
from auditor.history.store import Store
from tests.history.audits import day, document, finding, recording, report
from tests.history.recorder import findings_of, record_on
from tests.history.whole import check_whole


def record_at_once(url: str, jobs: tuple[str, ...], times: int) -> int:
    """Let a process for each job record so many runs; return how many runs were said to be there."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.history.recorder", "auditor.history.opening", "psycopg"])
    pipes = [context.Pipe(duplex=False) for _ in jobs]
    started = [
        context.Process(target=record_on, args=(url, job, times, theirs))
        for job, (_, theirs) in zip(jobs, pipes, strict=True)
    ]
    for each in started:
        each.start()
    for _, theirs in pipes:
        theirs.close()
    runs = {ours.recv()[0] for ours, _ in pipes for _ in range(times)}
    for each in started:
        each.join()
    return len(runs)


def test_processes_with_jobs_of_their_own_lose_nothing(url: str) -> None:
    """From the first moment on, when neither the history nor the jobs are there."""
    assert record_at_once(url, ("one", "two", "three"), 8) == 24
    with open_store(url) as store:
        check_whole(store)
        for job in ("one", "two", "three"):
            assert len(store.runs(job)) == 8
            found = {each.id for each in findings_of(7)}
            assert {each.finding.id for each in store.lives(job, open_only=True)} == found


def test_processes_with_one_job_lose_nothing(url: str) -> None:
    """Each run is compared with the one that was recorded before it, whoever recorded that."""
    assert record_at_once(url, ("one", "one"), 10) == 20
    with open_store(url) as store:
        check_whole(store)
        assert len(store.runs("one")) == 20


def test_a_run_is_compared_with_the_one_before_it(store: Store) -> None:
    """The second of two that come at once waits until the first is there, and so finds nothing new."""
    inside, wait = threading.Event(), threading.Event()

    def slowly(past: Past, given: Recording) -> Decision:
        inside.set()
        assert wait.wait(30)
        return decide(past, given)

    one, other = (recording(report(day(number), finding("a"))) for number in (1, 2))
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(store.record, one, slowly)
        assert inside.wait(30)
        second = threads.submit(store.record, other, decide)
        assert not second.done()
        wait.set()

    assert [each.event for each in first.result().happenings] == [Event.NEW]
    assert second.result().happenings == ()
    assert second.result().run.id > first.result().run.id


def test_pruning_while_others_record_takes_nothing_they_need(url: str) -> None:
    """What a run is about to share with one that is pruned stays, or is written again."""
    with open_store(url) as store:
        for number in range(3):
            store.record(recording(report(day(1 + number)), documents=[document("rt", n=number % 2)]), decide)

    def record(job: int) -> None:
        with open_store(url) as store:
            for number in range(8):
                told = report(day(1 + number), finding("a"))
                store.record(recording(told, job=f"{job}", documents=[document("rt", n=number % 2)]), decide)

    def prune() -> None:
        with open_store(url) as store:
            for _ in range(8):
                store.prune(keep_runs=1)

    with ThreadPoolExecutor(3) as threads:
        for each in [threads.submit(record, 1), threads.submit(record, 2), threads.submit(prune)]:
            each.result()
    with open_store(url) as store:
        check_whole(store)
        assert store.jobs() == ("1", "2", "nightly")
