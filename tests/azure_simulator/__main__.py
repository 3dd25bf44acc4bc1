"""Starts the simulator by hand: `python -m tests.azure_simulator SNAPSHOT`."""

import argparse
import shlex
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from auditor.errors import AuditorError
from tests.azure_simulator.faults import Fault, Kind
from tests.azure_simulator.loading import load
from tests.azure_simulator.server import MOST_ROWS, AzureSimulator

_LASTING = "always"
_HELP = f"""\
KIND, then any of path=REGEX method=REGEX query=REGEX nth=N times=N|{_LASTING} seconds=N subscription=ID, as in
--fault "throttled path=.*/routeTables/.* nth=2 seconds=17"; may be given several times.
Kinds: {", ".join(each.value for each in Kind)}
"""


def fault_of(text: str) -> Fault:
    """Return the fault a person wrote; raises ValueError with a line that says what is wrong with it."""
    kind, *settings = shlex.split(text) or [""]
    if kind not in {each.value for each in Kind}:
        raise ValueError(f"{kind!r} is no kind of fault; those are: {', '.join(each.value for each in Kind)}")
    fields: dict[str, Any] = {}
    for name, equals, value in (each.partition("=") for each in settings):
        if name in {"method", "path", "query", "subscription"} and equals:
            fields[name] = value
        elif name in {"nth", "times"} and value.isdecimal():
            fields[name] = int(value)
        elif name == "times" and value == _LASTING:
            fields[name] = None
        elif name == "seconds" and value.replace(".", "", 1).isdecimal():
            fields[name] = float(value)
        else:
            raise ValueError(f"{name}{equals}{value} is no setting of a fault")
    return Fault(kind=Kind(kind), **fields)


def main(arguments: Sequence[str]) -> int:
    """Serve a snapshot until Ctrl-C; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.azure_simulator", description=__doc__)
    parser.add_argument("snapshot", metavar="SNAPSHOT", help="a snapshot, or anything else the auditor reads")
    parser.add_argument("--port", type=int, default=0, help="the port to listen on (any free one)")
    parser.add_argument("--page-size", type=int, default=MOST_ROWS, help="the most entries of a page (%(default)s)")
    parser.add_argument("--fault", action="append", default=[], help=_HELP)
    asked = parser.parse_args(arguments)
    try:
        faults = tuple(map(fault_of, asked.fault))
        azure = AzureSimulator(load(asked.snapshot), faults=faults, port=asked.port, page_size=asked.page_size)
        with azure, suppress(KeyboardInterrupt):
            _serve(azure)
    except (AuditorError, OSError, OverflowError, ValueError) as fault:
        sys.stderr.write(f"azure simulator: {fault}\n")
        return 2
    count = len(azure.requests)
    sys.stderr.write(f"\n{count} requests, {azure.refused_for_quota} of them refused for the quota\n")
    return 0


def _serve(azure: AzureSimulator) -> None:
    """Say how to reach the simulator and wait for Ctrl-C."""
    for name, value in azure.environment.items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    for fault in azure.faults:
        sys.stdout.write(f"# fault: {fault}\n")
    sys.stdout.write("# paste the lines above into another shell; Ctrl-C ends it\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
