"""How fast the auditor starts and audits, and how much memory it takes, each as a ratio within one run.

`make bench`, or `python -m tests.bench [--runs N] [SIZE ...]`, prints two tables with the limits of the design beside
them. Nothing here fails for being slow: machines vary, and whoever reads the tables decides. It fails when an audit
ends with an exit code that is no answer, since then nothing was measured.

Every command runs in a process of its own, and this process stays small: on Linux the peak of a child is never less
than that of the parent it was started from.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

ROOT = Path(__file__).parent.parent
COMPLIANT = ROOT / "rules" / "examples" / "compliant"
ANSWERS = (0, 1, 3)

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


def run(command: Sequence[str], *, keep_output: bool = False) -> Run:
    """Run a command to its end. Its output goes nowhere, so that no terminal is measured, unless it is to be kept."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
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


def estate_of(size: int, folder: Path, runs: int) -> tuple[Row, list[str]]:
    """Measure the audit of an estate against json.load of its file. Return the row and what went wrong."""
    file = folder / f"{size}.json"
    documents = run(
        (sys.executable, "-m", "tests.bench_estates", str(size), str(file)), keep_output=True
    ).output.strip()
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
    wrong = [] if audit.code in ANSWERS else [f"audit of {size:,} workloads: exit code {audit.code}"]
    file.unlink()
    return row, wrong


def tables(start_rows: list[Row], estate_rows: list[Row]) -> str:
    """Return both tables as text, with what their columns mean and the limits of the design."""
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

At most, for 10,000 workloads: 30 x json.load (the goal is 10 x); for any size: json.load's own peak + 100 MB.
"its process" is `python -c "json.load(...)"` less bare Python.
"""


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure start-up, time and memory.")
    parser.add_argument("sizes", nargs="*", type=int, default=[1, 100, 1000], metavar="SIZE", help="workloads")
    parser.add_argument("--runs", type=int, default=11, help="runs of each start-up command (default: 11)")
    return parser.parse_args()


def main() -> int:
    """Measure everything, print the tables, and return 1 if an audit gave no answer."""
    wanted = arguments()
    start_rows, wrong = start_up(wanted.runs)
    estate_rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size in wanted.sizes:
            row, more = estate_of(size, Path(folder), runs=3 if size >= 1000 else 5)
            estate_rows.append(row)
            wrong += more
    sys.stdout.write(tables(start_rows, estate_rows))
    sys.stderr.write("".join(f"not measured: {line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
