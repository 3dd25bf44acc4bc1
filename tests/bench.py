"""How fast the auditor starts, decides and audits, and how much memory it takes, each as a ratio within one run.

`make bench`, or `python -m tests.bench [--runs N] [--mixed N] [--live N] [SIZE ...]`, prints tables with the limits of
the design beside them, and whether each is kept. Nothing here fails for being slow: machines vary, and whoever reads
the tables decides. It fails when an audit ends with an exit code that is no answer, since then nothing was measured.

Every command runs in a process of its own, and this process stays small: on Linux the peak of a child is never less
than that of the parent it was started from.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from tests.bench_live import served

ROOT = Path(__file__).parent.parent
COMPLIANT = ROOT / "rules" / "examples" / "compliant"
ANSWERS = (0, 1, 3)
MOST_TIME, TIME_GOAL = 30, 10
"""Of an audit, as a multiple of json.load of the same file (design section 7)."""
MOST_MEMORY = 100e6
"""Of an audit, in bytes above the peak of json.load of the same file."""

Row = tuple[str, ...]

BARE = (sys.executable, "-c", "pass")
LOAD = "import json, sys; json.load(open(sys.argv[1], encoding='utf-8'))"
LOAD_TIMED = """
import json, sys
from time import perf_counter
with open(sys.argv[1], encoding='utf-8') as file:
    start = perf_counter()
    json.load(file)
    print(perf_counter() - start)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One process: wall time in seconds, peak memory in bytes, exit code, and what it printed if it was asked for."""

    seconds: float
    peak: int
    code: int
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Several runs of one command: the median of their times, the highest of their peaks, the exit code."""

    seconds: float
    peak: int
    code: int


def auditor(*arguments: str) -> tuple[str, ...]:
    """Return the command as users start it; the module where the environment has no such command."""
    command = Path(sys.executable).parent / "auditor"
    return (str(command), *arguments) if command.exists() else (sys.executable, "-m", "auditor", *arguments)


def run(command: Sequence[str], *, keep_output: bool = False, also: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end. Its output goes nowhere, so that no terminal is measured, unless it is to be kept.

    also: environment variables to add.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= also or {}
    start = perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if keep_output else subprocess.DEVNULL,
        text=True,
    )
    output = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.stdout:
        process.stdout.close()
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds=seconds, peak=usage.ru_maxrss * unit, code=process.returncode, output=output)


def interleaved(commands: dict[str, Sequence[str]], runs: int) -> dict[str, Timing]:
    """Time several commands in turns, so that a busy moment hits all of them; the first turn warms up, uncounted."""
    done: dict[str, list[Run]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            one = run(command)
            if turn:
                done[name].append(one)
    return {
        name: Timing(
            seconds=median(one.seconds for one in samples),
            peak=max(one.peak for one in samples),
            code=samples[-1].code,
        )
        for name, samples in done.items()
    }


def loaded_inside(file: Path, runs: int) -> float:
    """Return the median seconds of json.load itself, each time in a fresh process."""
    return median(
        float(run((sys.executable, "-c", LOAD_TIMED, str(file)), keep_output=True).output) for _ in range(runs)
    )


def start_up(runs: int) -> tuple[list[Row], list[str]]:
    """Measure start-up and the audit of one small estate against bare Python. Return the rows and what went wrong."""
    cases = {
        "auditor --version": (auditor("--version"), "5 x"),
        "auditor --help": (auditor("--help"), "5 x"),
        "auditor audit rules/examples/compliant": (auditor("audit", str(COMPLIANT)), "25 x"),
    }
    timings = interleaved({"python -c pass": BARE, **{name: command for name, (command, _) in cases.items()}}, runs)
    bare = timings["python -c pass"]
    rows: list[Row] = [
        (
            name,
            f"{timing.seconds * 1000:.0f}",
            f"{timing.seconds / bare.seconds:.1f} x",
            cases[name][1] if name in cases else "",
            f"{timing.peak / 1e6:.0f}",
        )
        for name, timing in timings.items()
    ]
    return rows, [f"{name}: exit code {timing.code}" for name, timing in timings.items() if timing.code]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One estate audited: the row of the table, its ratio to json.load in time, and its peak above that in bytes."""

    row: Row
    time: float
    memory: float
    wrong: tuple[str, ...]


def estate_of(size: int, maker: str, folder: Path, runs: int) -> Measured:
    """Measure the audit of an estate against json.load of its file. maker: the module that writes it."""
    file = folder / f"{size}.json"
    documents = run((sys.executable, "-m", maker, str(size), str(file)), keep_output=True).output.strip()
    timings = interleaved(
        {"bare": BARE, "load": (sys.executable, "-c", LOAD, str(file)), "audit": auditor("audit", str(file))}, runs
    )
    bare, load, audit = timings["bare"], timings["load"], timings["audit"]
    inside = loaded_inside(file, runs)
    process = max(load.seconds - bare.seconds, 1e-6)
    row = (
        f"{size:,}",
        documents,
        f"{file.stat().st_size / 1e6:.1f}",
        f"{inside * 1000:.1f}",
        f"{process * 1000:.1f}",
        f"{audit.seconds * 1000:.0f}",
        f"{audit.seconds / inside:.1f} x",
        f"{audit.seconds / process:.1f} x",
        f"{load.peak / 1e6:.0f}",
        f"{audit.peak / 1e6:.0f}",
        f"{(audit.peak - load.peak) / 1e6:+.0f}",
        str(audit.code),
    )
    file.unlink()
    return Measured(
        row=row,
        time=audit.seconds / inside,
        memory=audit.peak - load.peak,
        wrong=() if audit.code in ANSWERS else (f"audit of {size:,} workloads: exit code {audit.code}",),
    )


def decisions() -> tuple[list[Row], list[str]]:
    """Measure decisions a second. Return the rows, each beside the first of its kind, and what failed."""
    done = run((sys.executable, "-m", "tests.bench_decisions"), keep_output=True)
    rows: list[Row] = []
    first: dict[str, tuple[int, float]] = {}
    for line in done.output.splitlines():
        what, number, prepare, new, again = line.split("\t")
        size, rate = first.setdefault(what, (int(number), float(new)))
        growth = f"{int(number) / size:,.0f} x {what}: {rate / float(new):.1f} x the time"
        rows.append((what, f"{int(number):,}", prepare, f"{int(new):,}", f"{int(again):,}", growth))
    return rows, [f"decisions: exit code {done.code}"] if done.code else []


def collection(subscriptions: int, folder: Path) -> tuple[Row, list[str]]:
    """Measure how a tenant is collected from the simulator of Azure, quotas and all. Return the row, what failed."""
    tenant, snapshot = folder / "tenant.json", folder / "collected.json"
    run((sys.executable, "-m", "tests.bench_live", "write", str(subscriptions), str(tenant)))
    server = served(tenant)
    assert server.stdin is not None
    assert server.stdout is not None
    environment = json.loads(server.stdout.readline())
    command = auditor("collect", "--management-group", "all", "-o", str(snapshot))
    done = run(command, also=environment)
    server.stdin.close()
    told = json.loads(server.stdout.readline())
    server.wait()
    server.stdout.close()
    over = 100 * (told["requests"] / told["demanded"] - 1)
    row = (
        f"{subscriptions:,}",
        f"{told['resources']:,}",
        f"{told['requests']:,}",
        f"{told['demanded']:,}",
        f"{over:+.1f} %",
        "+5 %",
        str(told["refused"]),
        f"{done.seconds:.0f}",
        f"{snapshot.stat().st_size / 1e6:.0f}" if snapshot.exists() else "-",
        f"{done.peak / 1e6:.0f}",
    )
    return row, [f"collecting {subscriptions:,} subscriptions: exit code {done.code}"] if done.code else []


def collection_table(row: Row) -> str:
    """Return the table of collecting as text."""
    from tabulate import tabulate  # noqa: PLC0415 - loaded last, so that no child inherits its memory

    headers = ("subscriptions", "resources", "requests", "demanded", "over", "at most", "429s", "s", "MB", "peak MB")
    return "Collecting a tenant from the simulator, at 15 queries in 5 seconds; demanded: by the sizes of pages\n\n" + (
        tabulate([row], headers=headers, colalign=("right",) * len(headers), disable_numparse=True)
    )


def kept(what: str, value: float, limit: float, unit: str) -> str:
    """Return a line that says whether a limit is kept."""
    stands = "within" if value <= limit else f"over the limit by {value - limit:.1f} {unit}"
    return f"{what}: {value:.1f} {unit}, at most {limit:.0f}: {stands}"


def verdicts(mixed: Measured) -> str:
    """Return how the audit of the mixed estate stands to the limits of the design."""
    size = mixed.row[0]
    return "\n".join(
        (
            kept(f"time of {size} mixed workloads", mixed.time, MOST_TIME, "x json.load"),
            kept(f"the same against the goal of {TIME_GOAL} x", mixed.time, TIME_GOAL, "x json.load"),
            kept(f"peak memory of {size} mixed workloads", mixed.memory / 1e6, MOST_MEMORY / 1e6, "MB above json.load"),
        )
    )


def decision_table(rows: list[Row]) -> str:
    """Return the table of decisions as text."""
    from tabulate import tabulate  # noqa: PLC0415 - loaded last, so that no child inherits its memory

    return "Decisions a second, each with its reply: 400 routes and more and more rules; 1,000 rules and routes\n\n" + (
        tabulate(
            rows,
            headers=("what grows", "number", "first, ms", "new flows", "flows again", "growth, new flows"),
            colalign=("left", "right", "right", "right", "right", "left"),
            disable_numparse=True,
        )
    )


def tables(start_rows: list[Row], estate_rows: list[Row]) -> str:
    """Return the tables of start-up and estates as text, with what their columns mean and the limits of the design."""
    from tabulate import tabulate  # noqa: PLC0415 - loaded last, so that no child inherits its memory

    starts = tabulate(
        start_rows,
        headers=("command", "ms", "of bare Python", "at most", "peak MB"),
        colalign=("left", "right", "right", "right", "right"),
        disable_numparse=True,
    )
    estates = tabulate(
        estate_rows,
        headers=(
            "workloads",
            "documents",
            "file MB",
            "json.load ms",
            "its process ms",
            "audit ms",
            "of json.load",
            "of its process",
            "json.load peak MB",
            "audit peak MB",
            "difference",
            "exit code",
        ),
        colalign=("right",) * 12,
        disable_numparse=True,
        maxheadercolwidths=10,
    )
    return f"""
Start-up: medians

{starts}

Estates: the audit command from start to end, console report, against json.load of the same file

{estates}

The last row is the mixed estate: no two workloads alike, 20 shared firewalls with 2,000 rules each, a tenth defective.
At most, for 10,000 workloads: 30 x json.load (the goal is 10 x); for any size: json.load's own peak + 100 MB.
"its process" is `python -c "json.load(...)"` less bare Python.
"""


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure start-up, time and memory.")
    parser.add_argument("sizes", nargs="*", type=int, default=[1, 100, 1000], metavar="SIZE", help="workloads")
    parser.add_argument("--mixed", type=int, default=10_000, help="workloads of the mixed estate (default: 10000)")
    parser.add_argument("--live", type=int, default=2_000, help="subscriptions to collect (default: 2000)")
    parser.add_argument("--runs", type=int, default=11, help="runs of each start-up command (default: 11)")
    return parser.parse_args()


def main() -> int:
    """Measure everything, print the tables, and return 1 if an audit gave no answer."""
    wanted = arguments()
    start_rows, wrong = start_up(wanted.runs)
    decision_rows, failed = decisions()
    with tempfile.TemporaryDirectory() as folder:
        estates = [
            estate_of(size, "tests.bench_estates", Path(folder), runs=5 if size < 1000 else 3 if size < 10_000 else 1)
            for size in wanted.sizes
        ]
        mixed = estate_of(wanted.mixed, "tests.bench_mixed", Path(folder), runs=1)
        live, unread = collection(wanted.live, Path(folder))
    wrong += [*failed, *unread, *(line for each in (*estates, mixed) for line in each.wrong)]
    sys.stdout.write(tables(start_rows, [each.row for each in (*estates, mixed)]))
    sys.stdout.write(f"\n{decision_table(decision_rows)}\n\n{verdicts(mixed)}\n")
    sys.stdout.write(f"\n{collection_table(live)}\n")
    sys.stderr.write("".join(f"not measured: {line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
