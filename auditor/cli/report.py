"""`auditor report`: write a saved JSON report again, in any format."""

import sys

import click

from auditor.cli.completing import files
from auditor.cli.destinations import check_spared
from auditor.cli.formats import FORMATS, SARIF_READERS, targets, write
from auditor.cli.output import STDOUT
from auditor.collectors.report_file import read_report


@click.command(name="report", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("report", metavar="REPORT.json", shell_complete=files)
@click.option("--format", "form", type=click.Choice(tuple(FORMATS)), default="console", help="What to print.")
@click.option("-o", "--output", metavar="FILE", default=STDOUT, help="Write there instead of to stdout.")
@click.option("--report", "reports", multiple=True, metavar="FORMAT=FILE", help="Also write a report; may be repeated.")
@click.option(
    "--sarif-for", type=click.Choice(SARIF_READERS), default="full", help="Who reads the format sarif (default: full)."
)
@click.option("--all-results", is_flag=True, help="Include requirements that pass, where the saved report has them.")
@click.option("--strict", is_flag=True, help="In JUnit, what could not be decided is an error, not skipped.")
def command(  # noqa: PLR0913 - one parameter for each option
    *,
    report: str,
    form: str,
    output: str,
    reports: tuple[str, ...],
    sarif_for: str,
    all_results: bool,
    strict: bool,
) -> None:
    r"""Write a saved report again, as `auditor audit --format json` wrote it; - reads it from standard input.

    \b
    auditor audit estate/ --format json --all-results -o report.json
    auditor report report.json --format markdown

    Each format says what the audit itself would have said. Requirements that pass are in the saved report only with
    --all-results; JUnit lists them one group at a time where they are, and counts them where they are not.

    Exit codes: 0 whatever the report says, 2 bad arguments or no report.
    """
    wanted = targets(form, output, reports)
    check_spared((each.destination for each in wanted), {report: "the report that is read"})
    saved = read_report(report, sys.stdin.buffer if sys.stdin is not None else None)
    write(saved, wanted, all_results=all_results, strict=strict, sarif_for=sarif_for)
