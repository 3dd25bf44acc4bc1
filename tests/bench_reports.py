"""How long a report of many findings takes in each format, and how much memory: `python -m tests.bench_reports [N]`.

Each format is made in a process of its own, beside the limits: 5 s and 500 MB for 5,000 findings, each with its
requirements, its evidence and three traces.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import perf_counter

from auditor.cli.formats import FORMATS, SARIF_READERS, Rendering
from auditor.findings import Finding, Location, Outcome, Report, Result
from auditor.traces import Reason
from tests.reporters.samples import FINDINGS, NET, PACK, TRACE_BLOCKED, VIOLATING, WEB, workload

FINDINGS_MEASURED = 5_000
MOST_SECONDS, MOST_MEMORY = 5.0, 500
REQUIREMENTS = tuple(f"{PACK}/fqdn:host-{at:03}.azure.com:443" for at in range(40))
EVIDENCE = tuple(f"rule fwp-org/rcg/deny-web/no-http denies host-{at:03}.azure.com [F16]" for at in range(20))


def findings(number: int) -> Iterator[Finding]:
    """Yield as many findings, each on a workload and a resource of its own."""
    for at in range(number):
        yield replace(
            FINDINGS[at % len(FINDINGS)],
            id=f"{at:016x}",
            workload=f"{WEB}/hostingEnvironments/ase-{at}",
            resource=f"{NET}/routeTables/rt-{at}",
            requirements=REQUIREMENTS,
            evidence=EVIDENCE,
        )


def results(number: int) -> Iterator[Result]:
    """Yield three results with a trace for each finding, each blocked by another rule."""
    *before, last = TRACE_BLOCKED.hops
    for at in range(number):
        for place in range(3):
            yield Result(
                workload=f"{WEB}/hostingEnvironments/ase-{at}",
                requirement=REQUIREMENTS[place],
                check=FINDINGS[at % len(FINDINGS)].check,
                outcome=Outcome.FAIL,
                verdict=TRACE_BLOCKED.verdict,
                path=TRACE_BLOCKED.path,
                reason=Reason(code="firewall-network-deny", text="a rule denies it"),
                trace=replace(TRACE_BLOCKED, hops=(*before, replace(last, decided_by=f"rule-{place}"))),
            )


def report_of(number: int) -> Report:
    """Return a report of as many findings."""
    return replace(
        VIOLATING,
        workloads=tuple(workload(f"ase-{at}", 90, 1, 3, 0, 9) for at in range(number)),
        findings=tuple(findings(number)),
        results=tuple(results(number)),
        locations=tuple(
            Location(resource=f"{NET}/routeTables/rt-{at}".lower(), file="estate/tables.json", line=at + 1, column=3)
            for at in range(number)
        ),
    )


def measure(form: str, reader: str, number: int) -> str:
    """Return one line on one format, measured in this process."""
    report = report_of(number)
    start = perf_counter()
    text = FORMATS[form].render(report, Rendering(destination="-", all_results=False, sarif_for=reader))
    seconds, peak = perf_counter() - start, getrusage(RUSAGE_SELF).ru_maxrss / 1024
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


if __name__ == "__main__":
    main()
