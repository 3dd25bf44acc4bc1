"""`auditor history list`, `show`, `diff` and `finding`: what a history tells."""

import re
import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from auditor.cli.completing import files
from auditor.cli.destinations import check_apart
from auditor.cli.history_options import HELP, Asking, asking
from auditor.cli.output import STDOUT, deliver_pieces
from auditor.errors import HistoryError
from auditor.histories import Life, Run, RunDifference
from auditor.reporters.text import plain_json

if TYPE_CHECKING:
    from auditor.history.store import Store

LATEST = "latest"
_RUNS = 20
_SECRET = re.compile(r"://[^@]*:[^@]*@|[?&](ssl)?password=", re.IGNORECASE)
"""What tells that there is a password in a URL."""


@click.command(name="list", short_help="List the recorded runs.", context_settings=HELP)
@click.option(
    "-n",
    "--number",
    metavar="NUMBER",
    type=click.IntRange(min=1),
    default=_RUNS,
    help=f"How many runs, at most (default: {_RUNS}).",
)
@asking
def list_runs(asked: Asking, *, number: int) -> None:
    """List the recorded runs, newest first: what each found, and what happened to findings in it."""
    with asked.store() as store:
        found = store.runs(job=asked.job, limit=number + 1)
    runs, more = found[:number], len(found) > number
    if asked.is_json:
        from auditor.reporters import history_json

        asked.deliver(history_json.render_runs(runs, more=more))
        return
    from auditor.reporters import history_console

    asked.deliver(history_console.render_runs(runs, more=more, width=asked.width))


@click.command(name="show", short_help="Show what a run said, or write out what it audited.", context_settings=HELP)
@click.argument("run", metavar="[RUN]", required=False, default=LATEST)
@click.option(
    "--snapshot",
    metavar="FILE",
    shell_complete=files,
    help="Write what the run audited there (.gz: compressed), and what it said only where -o says.",
)
@asking
def show(asked: Asking, *, run: str, snapshot: str | None) -> None:
    """Show what a RUN said: a number that `auditor history list` shows, or latest (default).

    Findings that are waived are shown as such. How single requirements came out is not kept: --snapshot FILE writes
    what was audited, which audit, trace and drift can read.
    """
    written = [snapshot] if snapshot is not None else []
    if snapshot is not None and asked.output != STDOUT:
        check_apart([snapshot, asked.output])
    with asked.store(*written) as store:
        chosen = _chosen(store, run, asked.job)
        detail = store.run(chosen.id)
        if snapshot is not None:
            deliver_pieces(map(_plain, store.snapshot_pieces(chosen.id)), snapshot)
    if snapshot is not None and asked.output == STDOUT:
        return
    if asked.is_json:
        from auditor.reporters import history_json

        asked.deliver(history_json.render_run(detail))
        return
    from auditor.reporters import history_console

    asked.deliver(history_console.render_run(detail, width=asked.width, colour=asked.colour))


@click.command(name="diff", short_help="Show what differs between two runs.", context_settings=HELP)
@click.argument("before", metavar="[RUN]", required=False)
@click.argument("after", metavar="[RUN]", required=False)
@asking
def diff(asked: Asking, *, before: str | None, after: str | None) -> None:
    """Show what differs between two RUNs: findings, workloads and resources.

    Each is a number that `auditor history list` shows, or latest. One alone is compared with the newest of its job;
    without any, the two newest runs of a job are compared. The older one comes first however they are named.
    """
    with asked.store() as store:
        one, other = _pair(store, before, after, asked.job)
        difference = store.difference(one.id, other.id)
        open_ids = _not_resolved(store, difference)
    if asked.is_json:
        from auditor.reporters import history_json

        asked.deliver(history_json.render_difference(difference, open_ids))
        return
    from auditor.reporters import history_console

    commands = _commands(difference, asked.place)
    asked.deliver(
        history_console.render_difference(difference, open_ids, commands, width=asked.width, colour=asked.colour)
    )


@click.command(name="finding", short_help="Show the life of a finding, or all that are open.", context_settings=HELP)
@click.argument("finding_id", metavar="[ID]", required=False)
@click.option("--all", "everything", is_flag=True, help="Without ID, list those that are resolved, too.")
@asking
def finding(asked: Asking, *, finding_id: str | None, everything: bool) -> None:
    """Show the life of the finding whose ID begins so: when it was first and last seen, resolved and reopened.

    Without ID, list the findings that are open with their ages, those open longest first.
    """
    from auditor.reporters.history_words import by_age

    now = datetime.now(UTC)
    with asked.store() as store:
        if finding_id is not None:
            lives: tuple[Life, ...] = (store.life(finding_id, job=asked.job),)
        else:
            lives = tuple(by_age(store.lives(job=asked.job, open_only=not everything)))
    if asked.is_json:
        from auditor.reporters import history_json

        asked.deliver(history_json.render_lives(lives, now))
        return
    from auditor.reporters import history_lives

    if finding_id is None:
        asked.deliver(history_lives.render_lives(lives, now, everything=everything, width=asked.width))
    else:
        asked.deliver(history_lives.render_life(lives, now, width=asked.width, colour=asked.colour))


def _plain(piece: bytes) -> bytes:
    """Return part of a snapshot with what could act on a terminal as escapes: it may go to stdout."""
    return plain_json(piece.decode()).encode()


def _chosen(store: "Store", name: str, job: str | None) -> Run:
    """Return the run that a number or `latest` names. Raises HistoryError."""
    if name.lower() == LATEST:
        newest = store.runs(job=job, limit=1)
        if not newest:
            raise HistoryError("no run is recorded yet; record one with auditor audit --record")
        return newest[0]
    if not (name.isascii() and name.isdecimal()):
        raise HistoryError(f'"{name}" is no run; write a number that auditor history list shows, or {LATEST}')
    run = store.run(int(name)).run
    if job is not None and run.job != job:
        raise HistoryError(
            f'run {run.id} is of job "{run.job}", and not of "{job}"; leave --job away, or name another run'
        )
    return run


def _pair(store: "Store", before: str | None, after: str | None, job: str | None) -> tuple[Run, Run]:
    """Return the two runs that are meant, older first. Raises HistoryError."""
    one = _chosen(store, before if before is not None else LATEST, job)
    if after is not None:
        other = _chosen(store, after, job)
    else:
        newest = store.runs(job=one.job, limit=2)
        other = newest[0] if before is not None else newest[-1]
    if one.id == other.id:
        alone = f'job "{one.job}" has no other run to compare run {one.id} with yet; record another'
        raise HistoryError(alone if after is None and before is None else f"both are run {one.id}; name two runs")
    return (one, other) if one.id < other.id else (other, one)


def _not_resolved(store: "Store", difference: RunDifference) -> frozenset[str]:
    """Return the ids of findings that are gone and that no run up to the later one resolved; none between two jobs."""
    from auditor.reporters.history_words import is_resolved

    if not difference.gone or difference.before.job != difference.after.job:
        return frozenset()
    lives = store.lives(job=difference.after.job, findings=[each.id for each in difference.gone])
    return frozenset(each.finding.id for each in lives if not is_resolved(each, difference.after.id))


def _commands(difference: RunDifference, place: str | None) -> tuple[str, ...]:
    """Return the commands that tell the causes of a difference; none where a snapshot is not kept."""
    runs = {"before.json.gz": difference.before, "after.json.gz": difference.after}
    if None in {each.snapshot for each in runs.values()} or difference.before.snapshot == difference.after.snapshot:
        return ()
    typed = click.get_current_context().get_parameter_source("place") is click.core.ParameterSource.COMMANDLINE
    where = f" --history {_shown(place)}" if typed and place else ""
    shown = [f"auditor history show {run.id}{where} --snapshot {file}" for file, run in runs.items()]
    return (*shown, f"auditor drift {' '.join(runs)}")


def _shown(place: str) -> str:
    """Return a place as it can be typed; a password is not shown."""
    return "URL" if _SECRET.search(place) else shlex.quote(place)
