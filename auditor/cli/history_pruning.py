"""`auditor history prune`: takes old runs, or their snapshots alone, out of a history."""

import click

from auditor.cli.history_options import HELP, Asking, asking
from auditor.configtext import parse_day
from auditor.errors import HistoryError


@click.command(name="prune", short_help="Remove old runs, or their snapshots alone.", context_settings=HELP)
@click.option(
    "--keep", type=click.IntRange(min=1), metavar="NUMBER", help="Keep so many of the newest runs of each job."
)
@click.option("--before", metavar="DATE", help="Remove what was audited before that day (UTC).")
@click.option("--snapshots-only", is_flag=True, help="Remove what was audited, and keep what was said of it.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@asking
def prune(asked: Asking, *, keep: int | None, before: str | None, snapshots_only: bool, dry_run: bool) -> None:
    """Remove old runs from the history: those beyond --keep, those --before a day, or those that are both.

    The newest run of a job stays whatever is asked, and so does the life of every finding. Nothing is asked back.
    """
    if keep is None and before is None:
        raise click.UsageError("say what is old: --keep NUMBER, --before DATE, or both")
    day = _day(before) if before is not None else None
    with asked.store() as store:
        pruned = store.prune(keep_runs=keep, before=day, snapshots_only=snapshots_only, job=asked.job, dry_run=dry_run)
    if asked.is_json:
        from auditor.reporters import history_json

        asked.deliver(history_json.render_pruned(pruned, snapshots_only=snapshots_only, dry_run=dry_run))
        return
    from auditor.reporters import history_console

    asked.deliver(
        history_console.render_pruned(pruned, snapshots_only=snapshots_only, dry_run=dry_run, width=asked.width)
    )


def _day(text: str) -> str:
    try:
        return parse_day(text).isoformat()
    except ValueError as fault:
        raise HistoryError(f"--before: {fault}") from None
