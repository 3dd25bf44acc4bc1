"""A process that records run after run, for tests that kill it and for tests that run several at once."""

import random
from multiprocessing.connection import Connection

from auditor.engine.lives import decide
from auditor.findings import Finding
from auditor.histories import Recording
from auditor.history import open_store
from tests.history.audits import document, finding, recording, report


def findings_of(number: int) -> list[Finding]:
    """Return what audit `number` of a job finds: some of what the one before it did, and something else."""
    chance = random.Random(number)  # noqa: S311 - the same for the same
    return [finding(f"f{each}x", message=f"says {chance.randrange(3)}") for each in range(12) if chance.random() < 0.6]


def audit_of(job: str, number: int) -> Recording:
    """Return audit `number` of a job."""
    documents = [document(f"rt-{each}", noise=[number if each % 7 == number % 7 else 0] * 20) for each in range(120)]
    told = report(f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z", *findings_of(number))
    return recording(told, job=job, documents=documents)


def record_on(url: str, job: str, times: int, pipe: Connection) -> None:
    """Record the next audits of a job, and say of each run through a pipe that it is there."""
    with open_store(url) as store:
        number = len(store.runs(job)) if job in store.jobs() else 0
        for each in range(number, number + times):
            run = store.record(audit_of(job, each), decide).run
            pipe.send((run.id, each))
