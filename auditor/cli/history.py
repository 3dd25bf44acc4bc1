"""`auditor history`: what was recorded, run by run and finding by finding."""

import click

from auditor.cli.history_options import HELP
from auditor.cli.history_pruning import prune
from auditor.cli.history_reading import diff, finding, list_runs, show
from auditor.cli.history_report import report


@click.group(name="history", context_settings=HELP)
def command() -> None:
    """Tell what was recorded: runs, what differs between them, and the life of each finding.

    `auditor audit --record` records a run. Runs of the same job are compared with each other.
    """


for _each in (list_runs, show, diff, finding, report, prune):
    command.add_command(_each)
