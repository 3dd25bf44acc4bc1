"""Every decided requirement as a table that the script of the HTML report reads; what repeats is written once.

Large estates repeat themselves: the same flows are stopped at the same hops of one workload after another. So words,
hops, trails, flows and lists of flows are told by their number in lists that hold each of them once.
"""

from collections.abc import Hashable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import msgspec

from auditor.findings import Finding, Outcome, Report, Result
from auditor.reporters.places import Places
from auditor.reporters.text import plain, resource_name
from auditor.traces import Hop, Path, Trace

_TOLD = {Outcome.FAIL.value: 0, Outcome.UNKNOWN.value: 1, Outcome.DEVIATES.value: 2, Outcome.PASS.value: 3}
"""What is told of a workload, and in which order; a value is found quicker than a member."""
_HARMFUL = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class _Once:
    """Values in a list, each once."""

    def __init__(self) -> None:
        self.rows: list[Hashable] = []
        self._places: dict[Hashable, int] = {}

    def add(self, value: Hashable) -> int:
        """Return the place of a value, which is added if it is new."""
        place = self._places.get(value)
        if place is None:
            place = self._places[value] = len(self.rows)
            self.rows.append(value)
        return place


class _Steps:
    """The hops of one workload: each as [hop, box]. What is one object in a report is looked at once."""

    def __init__(self, hops: _Once, places: Places | None) -> None:
        self._hops, self._places = hops, places
        self._seen: dict[tuple[int, str], tuple[int, str]] = {}
        self._known: dict[tuple[str, ...], tuple[int, str]] = {}

    def of(self, hops: Sequence[Hop], path: Path) -> tuple[tuple[int, str], ...]:
        """Return the steps of a way. The report, and so every hop, lives as long as the table is made."""
        way = path._value_
        return tuple([self._seen.get((id(each), way)) or self._new(each, path) for each in hops])

    def _new(self, hop: Hop, path: Path) -> tuple[int, str]:
        key = (hop.at, hop.resource, hop.decided_by, hop.verdict._value_, hop.why, hop.spec, path._value_)
        step = self._known.get(key)
        if step is None:
            name = resource_name(hop.resource) if hop.resource else ""
            row = (hop.at, plain(name), plain(hop.decided_by), hop.verdict.value, plain(hop.why), plain(hop.spec))
            box = self._places.of(hop, path) if self._places else ""
            step = self._known[key] = (self._hops.add(row), box)
        self._seen[id(hop), path._value_] = step
        return step


class FlowTable:
    """The table: words, hops, the trails of hops that flows take, flows, and lists of flows.

    A flow is [requirement, outcome, source, destination, port, reason, trail], its trail -1 without a trace.
    A trail is [start, [hop, box]..., end, [hop, box] of the reply..., caveats, verdict, path]; boxes are those of the
    drawing. A workload is the number of the list of its flows, -1 for none, the worst of them first.
    """

    def __init__(self, report: Report, places: Mapping[str, Places]) -> None:
        self._words, self._hops, self._trails, self._flows, self._lists = (_Once() for _ in range(5))
        self._numbers: dict[str, int] = {}
        self._subnets = {each.id: each.subnet.rpartition("/")[2] for each in report.workloads}
        self._places = places
        self._at: dict[str, dict[str, int]] = {}
        by_workload: dict[str, list[Result]] = {each.id: [] for each in report.workloads}
        for result in report.results:
            if result.outcome._value_ in _TOLD:
                by_workload.setdefault(result.workload, []).append(result)
        self._rows = [self._workload(each, results) for each, results in by_workload.items()]

    def flows(self, finding: Finding) -> Sequence[int]:
        """Return the numbers of the flows a finding speaks of."""
        known = self._at.get(finding.workload, {})
        return [known[each] for each in finding.requirements if each in known]

    def list_of(self, flows: Sequence[int]) -> int:
        """Return the number of a list of flows; -1 of one without any."""
        return self._lists.add(tuple(flows)) if flows else -1

    def text(self, cards: Sequence[Sequence[Any]]) -> str:
        """Return the table, with what is said of each finding, as JSON that may stand in a script element."""
        table = {
            "words": self._words.rows,
            "hops": self._hops.rows,
            "trails": self._trails.rows,
            "flows": self._flows.rows,
            "lists": self._lists.rows,
            "workloads": self._rows,
            "cards": cards,
        }
        text = msgspec.json.encode(table).decode()
        for harmful, harmless in _HARMFUL.items():
            text = text.replace(harmful, harmless)
        return text

    def _word(self, text: str) -> int:
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = self._words.add(plain(text))
        return number

    def _workload(self, workload: str, results: Sequence[Result]) -> int:
        places = self._places.get(workload)
        steps = _Steps(self._hops, places)
        subnet = self._subnets.get(workload, "")
        told = [(_TOLD[each.outcome._value_], each.requirement, each) for each in results]
        told.sort(key=itemgetter(0, 1))
        at = self._at[workload] = {name: self._flow(each, steps, places, subnet) for _, name, each in told}
        return self.list_of(tuple(at.values()))

    def _flow(self, result: Result, steps: _Steps, places: Places | None, subnet: str) -> int:
        trace = result.trace
        flow = (trace.flow.source, trace.flow.destination, trace.flow.port) if trace else ("", "", "")
        source, destination, port = map(self._word, flow)
        trail = self._trail(trace, steps, places, subnet) if trace else -1
        requirement, reason = self._word(result.requirement), self._word(result.reason.text)
        return self._flows.add((requirement, result.outcome._value_, source, destination, port, reason, trail))

    def _trail(self, trace: Trace, steps: _Steps, places: Places | None, subnet: str) -> int:
        start, end = places.ends(trace, subnet) if places else ("", "")
        there = steps.of(trace.hops, trace.path)
        back = steps.of(trace.reply.hops, trace.reply.path) if trace.reply else ()
        caveats = tuple(map(self._word, trace.caveats))
        return self._trails.add((start, there, end, back, caveats, trace.verdict._value_, trace.path._value_))
