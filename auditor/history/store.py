"""A history that is open: audits are recorded in it, and read from it."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, text

from auditor.errors import HistoryError
from auditor.histories import Chronicle, Life, Pruned, Recorded, Recording, Run, RunDetail, RunDifference, Step
from auditor.history.contents import Contents
from auditor.history.lives import lives_of, one_life
from auditor.history.places import BEGIN, MIGRATING, Place, told
from auditor.history.pruning import prune
from auditor.history.reading import (
    detail,
    difference,
    job_names,
    job_row,
    one_row,
    resources_of,
    run_rows,
    runs_of,
)
from auditor.history.recording import Decide, record
from auditor.history.snapshots import pieces
from auditor.history.tables import HEAD, LISTS, VERSION_TABLE


class Store:
    """A history that is open; made by `open_store`. Every method raises HistoryError in one line.

    Each call sees the history as of one moment. A call that writes does all of it or nothing.
    """

    def __init__(self, engine: Engine, place: Place) -> None:
        self._engine = engine
        self._place = place

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()

    @property
    def shown(self) -> str:
        """Where it is, as messages call it: without passwords."""
        return self._place.shown

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def record(self, recording: Recording, decide: Decide) -> Recorded:
        """Record an audit, with what becomes of the findings of its job: all of it, or nothing.

        decide: what tells that, as `auditor.engine.lives.decide` does. Other runs of the job wait meanwhile.
        """
        with self.writing() as connection:
            return record(connection, recording, decide)

    def jobs(self) -> tuple[str, ...]:
        """Return the names of all jobs, sorted."""
        with self.reading() as connection:
            return job_names(connection)

    def runs(self, job: str | None = None, limit: int | None = None) -> tuple[Run, ...]:
        """Return the runs of a job, or of all, newest first. limit: no more of them than this."""
        with self.reading() as connection:
            return runs_of(connection, Contents(connection), run_rows(connection, job=job, limit=limit))

    def run(self, number: int) -> RunDetail:
        """Return a run with all that it said of findings."""
        with self.reading() as connection:
            return _detail(connection, number)

    def latest(self, job: str) -> Run | None:
        """Return the newest run of a job; None where there is no such job yet."""
        with self.reading() as connection:
            if job not in job_names(connection):
                return None
            rows = run_rows(connection, job=job, limit=1)
            return next(iter(runs_of(connection, Contents(connection), rows)), None)

    def difference(self, before: int, after: int) -> RunDifference:
        """Return what differs between two runs, of one job or of two."""
        with self.reading() as connection:
            return difference(connection, Contents(connection), before, after)

    def lives(
        self, job: str | None = None, *, open_only: bool = False, findings: Iterable[str] | None = None
    ) -> tuple[Life, ...]:
        """Return what became of the findings of a job, or of all: open ones first, oldest first.

        findings: ids of those that alone are wanted.
        """
        with self.reading() as connection:
            return lives_of(connection, Contents(connection), job=job, open_only=open_only, findings=findings)

    def life(self, prefix: str, job: str | None = None) -> Life:
        """Return what became of the one finding whose id begins with `prefix`."""
        with self.reading() as connection:
            return one_life(connection, Contents(connection), prefix, job=job)

    def chronicle(self, job: str) -> Chronicle:
        """Return the whole of a job."""
        with self.reading() as connection:
            job_row(connection, job)
            rows = run_rows(connection, job=job)[::-1]
            read = Contents(connection)
            read.manifests(
                {bytes(found) for row in rows for name in LISTS if (found := getattr(row, name)) is not None}
            )
            runs = runs_of(connection, read, rows)
            steps = (
                Step(detail=detail(read, run, row), resources=resources_of(read, row))
                for run, row in zip(runs, rows, strict=True)
            )
            return Chronicle(job=job, steps=tuple(steps), lives=lives_of(connection, read, job=job, open_only=False))

    def snapshot_pieces(self, number: int) -> Iterator[bytes]:
        """Return what a run audited as JSON, `snapshot/1`, piece by piece; texts are whole in each."""
        with self.reading() as connection:
            return pieces(Contents(connection), _detail(connection, number))

    def prune(
        self,
        *,
        keep_runs: int | None = None,
        before: str | None = None,
        snapshots_only: bool = False,
        job: str | None = None,
        dry_run: bool = False,
    ) -> Pruned:
        """Take runs out, of a job or of all, but never the newest of a job; what became of findings stays.

        keep_runs: how many of each job are kept, the newest. before: take only those of audits made before that, a day
        or a time in UTC as ISO 8601. Without either no run is taken. snapshots_only: take only what they audited.
        What no run needs any more goes as well, and a file becomes as small as it can be. dry_run: return what would be
        taken, and take nothing.
        """
        with self.writing() as connection:
            pruned = prune(
                connection,
                keep_runs=keep_runs,
                before=before,
                snapshots_only=snapshots_only,
                job=job,
                dry_run=dry_run,
            )
        if self._place.file is not None and pruned.contents and not dry_run:
            self._shrink()
        return pruned

    def _shrink(self) -> None:
        """Give the space back that nothing needs, unless somebody else is at it: the next time is as good."""
        with told(self._place), suppress(sqlite3.Error), closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("VACUUM")

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that writes; what is done in it is done wholly or not at all."""
        options = {BEGIN: "IMMEDIATE"} if self._place.file is not None else {"isolation_level": "READ COMMITTED"}
        with (
            told(self._place),
            self._engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            self._check_schema(connection)
            yield connection

    def _check_schema(self, connection: Connection) -> None:
        """Refuse to write where somebody has changed the schema since this was opened, and have nobody do it now."""
        if self._place.file is None:
            connection.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": MIGRATING})
        revision = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
        if revision != HEAD:
            changed = f"a newer auditor has changed its schema meanwhile (to {revision}, and this one knows {HEAD})"
            raise HistoryError(f"{self.shown}: {changed}; install that one, or name another history")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that sees the history as of one moment."""
        options = {} if self._place.file is not None else {"isolation_level": "REPEATABLE READ"}
        with told(self._place), self._engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection


def _detail(connection: Connection, number: int) -> RunDetail:
    row, read = one_row(connection, number), Contents(connection)
    (run,) = runs_of(connection, read, [row])
    return detail(read, run, row)
