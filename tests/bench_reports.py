"""How long a report of many findings takes in each format, and how much memory: `python -m tests.bench_reports [N]`.

The last line is the page of time of a hundred runs of two hundred workloads, to the same limits.

Each format is made in a process of its own, beside the limits: 5 s of the processor's time and 500 MB for 5,000
findings. The report is as heavy as that of a real estate of that size: see `tests.reporters.large`.
"""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import process_time

from auditor import __version__
from auditor.cli.formats import FORMATS, SARIF_READERS, Rendering
from auditor.findings import Location, Report
from auditor.reporters.history_page import site
from tests.reporters.chronicles import NOW
from tests.reporters.chronicles import large as history
from tests.reporters.large import large

FINDINGS_MEASURED = 5_000
MOST_SECONDS, MOST_MEMORY = 5.0, 500
HISTORY = "history report"


def report_of(number: int) -> Report:
    """Return a report of as many findings, with the place in a file of every resource that they name."""
    report = large(number)
    named = sorted({each.resource.lower() for each in report.findings})
    places = (
        Location(resource=each, file="estate/tables.json", line=at + 1, column=3) for at, each in enumerate(named)
    )
    return replace(report, locations=tuple(places))


def measure(form: str, reader: str, number: int) -> str:
    """Return one line on one format, or on the page of time, measured in this process."""
    if form == HISTORY:
        whole = history()
        start = process_time()
        text = "".join(each for _, each in site([whole], number=1, generated_at=NOW, tool_version=__version__))
    else:
        report = report_of(number)
        start = process_time()
        text = FORMATS[form].render(report, Rendering(destination="-", all_results=False, sarif_for=reader))
    seconds, peak = process_time() - start, getrusage(RUSAGE_SELF).ru_maxrss / 1024
    kept = seconds <= MOST_SECONDS and peak <= MOST_MEMORY
    name = f"{form} for {reader}" if form == "sarif" else form
    return f"{name:<24}{seconds:6.1f} s{peak:8.0f} MB{len(text) / 1e6:8.1f} MB  {'kept' if kept else 'MISSED'}"


def main() -> None:
    """Print a line for each format, or for the one named."""
    if len(sys.argv) == 4:
        print(measure(sys.argv[1], sys.argv[2], int(sys.argv[3])))  # noqa: T201 - what it is for
        return
    number = sys.argv[1] if sys.argv[1:] else str(FINDINGS_MEASURED)
    print(f"{number} findings           time   peak memory  text   at most {MOST_SECONDS} s, {MOST_MEMORY} MB")  # noqa: T201 - see above
    for form in FORMATS:
        for reader in SARIF_READERS if form == "sarif" else ("full",):
            command = (sys.executable, "-m", "tests.bench_reports", form, reader, number)
            subprocess.run(command, check=True, cwd=Path(__file__).parent.parent)
    command = (sys.executable, "-m", "tests.bench_reports", HISTORY, "", "0")
    subprocess.run(command, check=True, cwd=Path(__file__).parent.parent)


if __name__ == "__main__":
    main()
