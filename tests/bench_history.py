"""How large a history grows, and how fast it answers: a hundred recorded days of 200 workloads.

`python -m tests.bench_history [--days N] [--workloads N]` prints tables with the limits beside them, and whether each
is kept. Like `tests.bench` it fails for a wrong answer, and for nothing that is slow or large.

Every day some documents change; every few days a change makes findings come or go. Each state that findings can have
is audited once; what changes otherwise changes no finding.
"""

import argparse
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import Any

from auditor.cli.main import cli
from auditor.engine.audit import Audited, audit
from auditor.engine.lives import decide
from auditor.estate.estate import build_estate
from auditor.estate.snapshot import Snapshot
from auditor.findings import PackUse, Report, Source
from auditor.histories import Recording
from auditor.history import open_store, pack_snapshot
from auditor.history.packing import digest_of, encode
from auditor.settings import Settings
from tests.audits import every_check, packs_of
from tests.bench import ANSWERS, BARE, Row, Timing, auditor, interleaved, kept
from tests.bench_estates import estate

Documents = list[dict[str, Any]]

STATES = 5
"""How many states the findings take, in turns of four days."""
TURN = 4
MOST_SECONDS = 1.0
MOST_SNAPSHOTS = 10
"""Of the size of a store: as many compressed snapshots as that, and what changed."""
JOB = "nightly"


def states(size: int) -> Iterator[tuple[Documents, Audited]]:
    """Yield the estate in each of its states, with its audit: another few subnets lack a service endpoint."""
    for number in range(STATES):
        documents: Documents = list(deepcopy(list(estate(size))))
        networks = [each for each in documents if "/vnet-app-" in str(each["id"])]
        for network in networks[number * 3 : number * 3 + 3]:
            network["properties"]["subnets"][0]["properties"]["serviceEndpoints"] = []
        built = build_estate(snapshot_of(documents, 0))
        yield (
            documents,
            audit(built, {"public": packs_of()}, Settings(), every_check(), all_results=False, traces=False),
        )


def of_day(documents: Documents, day: int) -> Documents:
    """Return the documents of a day: a route table, a network security group and two networks have something new."""
    changed = list(documents)
    teams = [at for at, each in enumerate(documents) if each["type"].endswith(("routeTables", "networkSecurityGroups"))]
    networks = [at for at, each in enumerate(documents) if "/vnet-app-" in str(each["id"])]
    chosen = (
        *(teams[(day * 7 + each) % len(teams)] for each in range(2)),
        *(networks[(day * 11 + each * 17) % len(networks)] for each in range(2)),
    )
    for at in chosen:
        each = changed[at] = dict(documents[at])
        each["properties"] = {**each["properties"], "resourceGuid": f"00000000-0000-0000-0000-{day:012}"}
    return changed


def snapshot_of(documents: Documents, day: int) -> Snapshot:
    """Return documents as they are collected on a day."""
    source = Source(kind="live", location="Azure (public): all", digest=f"sha256:{day:064x}", collected_at=at(day))
    return Snapshot(resources=tuple(documents), service_tags=(), gaps=(), sources=(source,))


def at(day: int) -> str:
    """Return when the audit of a day was made."""
    return (datetime(2026, 1, 1, 3, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")


def recording_of(snapshot: Snapshot, audited: Audited, day: int) -> Recording:
    """Return the audit of a day, to be recorded."""
    packs = tuple(
        PackUse(pack=each.service, edition=each.edition, revision=each.revision, cloud=each.cloud, digest=each.digest)
        for each in packs_of()
    )
    report = Report(
        tool_version="0.1.0",
        generated_at=at(day),
        sources=snapshot.sources,
        packs=packs,
        workloads=audited.workloads,
        results=audited.results,
        findings=audited.findings,
        gaps=(),
    )
    seconds = 1 + day / 1000
    return Recording(
        job=JOB, report=report, seconds=seconds, exit_code=1, is_complete=True, snapshot=pack_snapshot(snapshot)
    )


@dataclass(slots=True)
class Changes:
    """What is recorded for the first time, counted in bytes, as compressed as it is by itself."""

    size: int = 0
    _seen: set[bytes] = field(default_factory=set)

    def count(self, values: Iterable[object]) -> None:
        """Count what of one day was never seen before: all of that together, compressed."""
        encoded = {digest_of(data): data for data in map(encode, values)}
        fresh = [data for digest, data in encoded.items() if digest not in self._seen]
        self._seen.update(encoded)
        self.size += len(zlib.compress(b",".join(fresh))) if fresh else 0


def fill(url: str, days: int, size: int) -> tuple[int, int, list[float]]:
    """Record every day. Return the size of one compressed snapshot, of what changed, and the seconds of each run."""
    known, changes, spent, snapshot = list(states(size)), Changes(), list[float](), 0
    with open_store(url) as store:
        for day in range(days):
            documents, audited = known[day // TURN % STATES]
            taken = snapshot_of(of_day(documents, day), day)
            recording = recording_of(taken, audited, day)
            start = perf_counter()
            store.record(recording, decide)
            spent.append(perf_counter() - start)
            changes.count(chain(taken.resources, taken.sources, audited.findings))
            if not day:
                snapshot = len(zlib.compress(b"".join(store.snapshot_pieces(1))))
                changes.size = 0  # the first day is the snapshot itself
    return snapshot, changes.size, spent


CALLS = {
    "runs": "store.runs()",
    "a run": "store.run(50)",
    "difference of two runs": "store.difference(1, {last})",
    "lives": "store.lives()",
    "chronicle": "store.chronicle('nightly')",
}


def commands(url: str, days: int, finding: str) -> dict[str, Sequence[str]]:
    """Return what is measured: each call of a store in a Python of its own, and the commands that read a history."""
    code = "import sys; from auditor.history import open_store\nwith open_store(sys.argv[1]) as store: "
    found: dict[str, Sequence[str]] = {
        f"store: {name}": (sys.executable, "-c", code + call.format(last=days), url) for name, call in CALLS.items()
    }
    if "history" in cli.list_commands(None):  # type: ignore[arg-type]  # it does not look at it
        words = {"list": (), "show": (str(days),), "diff": ("1", str(days)), "finding": (finding,)}
        for name, more in words.items():
            found[f"auditor history {name}"] = auditor("history", name, *more, "--history", url)
    return found


def answers(url: str, days: int, runs: int) -> tuple[list[Row], list[str], float]:
    """Measure how long each answer takes. Return the rows, what failed, and the longest of all but the chronicle."""
    with open_store(url) as store:
        finding = store.lives()[0].finding.id
    timings: dict[str, Timing] = interleaved({"python -c pass": BARE, **commands(url, days, finding)}, runs)
    bare = timings.pop("python -c pass")
    rows: list[Row] = [
        (name, f"{each.seconds * 1000:.0f}", f"{each.seconds / bare.seconds:.1f} x", f"{each.peak / 1e6:.0f}")
        for name, each in timings.items()
    ]
    slowest = max(each.seconds for name, each in timings.items() if "chronicle" not in name)
    return (
        rows,
        [f"{name}: exit code {each.code}" for name, each in timings.items() if each.code not in ANSWERS],
        slowest,
    )


def main() -> int:
    """Record the days, measure, print, and return 1 if an answer was none."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_history", description="Measure a history.")
    parser.add_argument("--days", type=int, default=100, help="recorded days (default: 100)")
    parser.add_argument("--workloads", type=int, default=200, help="of the estate (default: 200)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each command (default: 5)")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "history.db"
        snapshot, changed, spent = fill(str(file), wanted.days, wanted.workloads)
        rows, wrong, slowest = answers(str(file), wanted.days, wanted.runs)
        size = file.stat().st_size
    from tabulate import tabulate  # noqa: PLC0415 - loaded last, so that no child inherits its memory

    table = tabulate(
        rows,
        headers=("answer", "ms", "of bare Python", "peak MB"),
        colalign=("left", "right", "right", "right"),
        disable_numparse=True,
    )
    most = (MOST_SNAPSHOTS * snapshot + changed) / 1e3
    sys.stdout.write(f"""
A history of {wanted.days} days of {wanted.workloads} workloads: medians of whole processes

{table}

{kept("slowest answer but the chronicle", slowest, MOST_SECONDS, "s")}
{kept("size of the store", size / 1e3, most, "kB")}
At most: {MOST_SNAPSHOTS} x one compressed snapshot ({snapshot / 1e3:.0f} kB: zlib of the snapshot of the first day) and
what changed ({changed / 1e3:.0f} kB: zlib, day by day, of documents, sources and findings that no day before had).
Recording took {sorted(spent)[len(spent) // 2] * 1000:.0f} ms a run, and {max(spent) * 1000:.0f} ms at most.
""")
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
