"""How long each format takes for a large report, and how much memory.

`python -m tests.bench_reports` prints the formats; with FORMAT FINDINGS it writes a report of as many findings in a
format to nowhere, and prints seconds of writing and bytes. Each is a process of its own, so that its memory is not
counted with another's.
"""

import sys
from dataclasses import replace
from time import perf_counter

FINDINGS = 5_000
MOST_SECONDS, MOST_MEMORY = 5, 500e6
"""Of every format, for 5,000 findings."""
_REQUIREMENTS, _EVIDENCE = 40, 10


def written(form: str, number: int) -> tuple[float, int]:
    """Return how many seconds a format takes for findings with much under them, and how many bytes it comes to."""
    from tests.reporters.cases import many, render  # noqa: PLC0415 - what measures stays small

    whole = many(number)
    findings = tuple(
        replace(each, requirements=each.requirements * _REQUIREMENTS, evidence=each.evidence * _EVIDENCE)
        for each in whole.findings
    )
    start = perf_counter()
    text = render(form, replace(whole, findings=findings))
    return perf_counter() - start, len(text.encode())


def row(form: str, output: str, peak: int) -> tuple[str, ...]:
    """Return a row of the table, with whether both limits are kept."""
    seconds, size = output.split("\t")
    within = float(seconds) <= MOST_SECONDS and peak <= MOST_MEMORY
    return form, f"{float(seconds):.2f}", f"{int(size) / 1e6:.1f}", f"{peak / 1e6:.0f}", "within" if within else "over"


def table(rows: list[tuple[str, ...]]) -> str:
    """Return the table of formats as text."""
    from tabulate import tabulate  # noqa: PLC0415 - loaded last, so that no child inherits its memory

    title = f"Formats: {FINDINGS:,} findings; at most {MOST_SECONDS} s and {MOST_MEMORY / 1e6:.0f} MB"
    headers = ("format", "s", "MB", "peak MB", "limits")
    align = ("left", "right", "right", "right", "left")
    return f"{title}\n\n{tabulate(rows, headers=headers, colalign=align, disable_numparse=True)}"


def main() -> int:
    """Print the formats, or write one report."""
    if len(sys.argv) == 1:
        from auditor.cli.formats import FORMATS  # noqa: PLC0415 - see above

        sys.stdout.write("\n".join(FORMATS) + "\n")
        return 0
    form, number = sys.argv[1:]
    seconds, size = written(form, int(number))
    sys.stdout.write(f"{seconds:.3f}\t{size}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
