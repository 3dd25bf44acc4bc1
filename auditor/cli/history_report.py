"""`auditor history report`: what a history tells as a folder of pages."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from auditor import __version__
from auditor.cli.completing import files, folders
from auditor.cli.history_options import ENVIRONMENT, HELP, Asking
from auditor.cli.output import STDOUT, check_folder, deliver_folder

if TYPE_CHECKING:
    from auditor.histories import Chronicle
    from auditor.history.store import Store


@click.command(
    name="report", short_help="Write pages of the trend, of ages and of what changed.", context_settings=HELP
)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="DIR",
    shell_complete=folders,
    help="Write there: a new folder, an empty one, or one that this command wrote.",
)
@click.option("--job", metavar="NAME", help="Only this job.")
@click.option(
    "--history",
    "place",
    metavar="URL",
    envvar=ENVIRONMENT,
    shell_complete=files,
    help=f"The history: a file, or a URL of PostgreSQL (default: {ENVIRONMENT}, else a file of yours).",
)
def report(*, output: str, job: str | None, place: str | None) -> None:
    """Write a page for each job into the folder DIR.

    It shows how findings went from run to run, by workload and by check, how long what is open has been open, and what
    differs between any two runs.

    The pages need no server and no network; open DIR/index.html. The folder is written whole or not at all.
    """
    from auditor.reporters.history_page import FILES, MARKER, site

    check_folder(output, marker=MARKER, ours=FILES)
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    with Asking(place=place, job=job, form="console", output=STDOUT).store() as store:
        jobs = store.jobs() if job is None else (job,)
        pages = site(_chronicles(store, jobs), number=len(jobs), generated_at=now, tool_version=__version__)
        deliver_folder(pages, output, marker=MARKER, ours=FILES)


def _chronicles(store: "Store", jobs: tuple[str, ...]) -> "Iterator[Chronicle]":
    """Yield the whole of each job; no two are held at once."""
    for each in jobs:
        yield store.chronicle(each)
