"""The Big List of Naughty Strings as names of everything that others may name; where it is from stands in the file."""

import base64
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

from auditor.findings import Report
from tests.reporters.cases import named
from tests.reporters.networks import hostile_sketch
from tests.reporters.samples import report, workload

_FILE = Path(__file__).parent.parent / "data" / "naughty-strings.json"


@cache
def strings() -> tuple[str, ...]:
    """Return the strings, each once, in the order of the list."""
    listed = json.loads(_FILE.read_text(encoding="utf-8"))["strings"]
    return tuple(base64.b64decode(each).decode("utf-8", "surrogatepass") for each in listed)


def naughty(*names: str) -> Report:
    """Return a report with a workload and its network, a finding and a traced result for each name, which all bear."""
    both = [named(name, number) for number, name in enumerate(names)]
    return report(
        *(replace(workload(name, 1, 0, 1, 0, 0), network=hostile_sketch(name)) for name in names),
        findings=tuple(found for found, _ in both),
        results=tuple(result for _, result in both),
    )


def all_naughty() -> Report:
    """Return the report on every string of the list at once."""
    return naughty(*strings())
