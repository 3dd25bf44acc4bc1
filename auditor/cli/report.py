"""`auditor report`: write a saved JSON report again, in any format."""

import sys

import click

from auditor.cli.completing import files, reports
from auditor.cli.destinations import check_spared
from auditor.cli.formats import FORMATS, SARIF_READERS, targets, write
from auditor.cli.output import STDOUT
from auditor.cli.telling import say
from auditor.collectors.report_file import read_report
from auditor.reporters.summary import is_complete

_INCOMPLETE = 3


@click.command(name="report", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("report", metavar="REPORT.json", shell_complete=files)
@click.option("--format", "form", type=click.Choice(tuple(FORMATS)), default="console", help="What to print.")
@click.option(
    "-o", "--output", metavar="FILE", shell_complete=files, default=STDOUT, help="Write there instead of to stdout."
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FORMAT=FILE",
    shell_complete=reports,
    help="Also write a report; may be repeated.",
)
@click.option(
    "--sarif-for", type=click.Choice(SARIF_READERS), default="full", help="Who reads the format sarif (default: full)."
)
@click.option("--all-results", is_flag=True, help="Include requirements that pass, where the saved report has them.")
@click.option("--strict", is_flag=True, help="In JUnit, what could not be decided is an error, not skipped.")
@click.option("--if-complete", is_flag=True, help="Write only where all was read and decided; exit 3 where it was not.")
def command(  # noqa: PLR0913 - one parameter for each option
    *,
    report: str,
    form: str,
    output: str,
    reports: tuple[str, ...],
    sarif_for: str,
    all_results: bool,
    strict: bool,
    if_complete: bool,
) -> int:
    """Write a saved report again, as `auditor audit --format json` wrote it; - reads it from standard input.

    \b
    auditor audit estate/ --format json --all-results -o report.json
    auditor report report.json --format markdown

    Each format says what the audit itself would have said. Requirements that pass are in the saved report only with
    --all-results; JUnit lists them one group at a time where they are, and counts them where they are not.

    Exit codes: 0 whatever the report says; 2 bad arguments or no report; 3 only with --if-complete: something was not
    read or not decided, or nothing was audited, and nothing is written.
    """  # noqa: D301 - \b is for click
    wanted = targets(form, output, reports)
    check_spared((each.destination for each in wanted), {report: "the report that is read"})
    saved = read_report(report, sys.stdin.buffer if sys.stdin is not None else None)
    if if_complete and not is_complete(saved):
        say(f"{report}: incomplete: something was not read or not decided, or nothing was audited; nothing is written")
        return _INCOMPLETE
    write(saved, wanted, all_results=all_results, strict=strict, sarif_for=sarif_for)
    return 0
