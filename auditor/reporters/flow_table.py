"""Every decided requirement as a table that the script of the HTML report reads; what repeats is written once.

Large estates repeat themselves: the same flows are stopped at the same hops of one workload after another. So words,
hops, trails, flows and lists of flows are told by their number in lists that hold each of them once.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from auditor.findings import Finding, Outcome, Report, Result
from auditor.reporters.pages import Once, script_data
from auditor.reporters.places import Places, Trail
from auditor.reporters.text import plain, resource_name
from auditor.traces import Hop, Trace

_TOLD = {Outcome.FAIL.value: 0, Outcome.UNKNOWN.value: 1, Outcome.DEVIATES.value: 2, Outcome.PASS.value: 3}
"""What is told of a workload, and in which order; a value is found quicker than a member."""
_NOT_DRAWN = Trail(start="", there=(), end="", back=())


class _Hops:
    """The hops of a report, by their numbers. What is one object in a report is looked at once."""

    def __init__(self) -> None:
        self.once = Once()
        self._seen: dict[int, int] = {}

    def of(self, hops: Sequence[Hop], boxes: Sequence[str]) -> tuple[tuple[int, str], ...]:
        """Return the steps of a way, as (hop, box). Every hop of the report lives as long as the table is made."""
        numbers = [self._seen.get(id(each)) for each in hops]
        steps = [self._new(each) if number is None else number for each, number in zip(hops, numbers, strict=True)]
        return tuple(zip(steps, boxes or [""] * len(steps), strict=True))

    def _new(self, hop: Hop) -> int:
        name = resource_name(hop.resource) if hop.resource else ""
        row = (hop.at, plain(name), plain(hop.decided_by), hop.verdict.value, plain(hop.why), plain(hop.spec))
        number = self._seen[id(hop)] = self.once.add(row)
        return number


class FlowTable:
    """The table: words, hops, the trails of hops that flows take, flows, and lists of flows.

    A flow is [requirement, outcome, source, destination, port, reason, trail], its trail -1 without a trace.
    A trail is [start, [hop, box]..., end, [hop, box] of the reply..., caveats, verdict, path]; boxes are those of the
    drawing. A workload is the number of the list of its flows, -1 for none, the worst of them first.
    """

    def __init__(self, report: Report, places: Mapping[str, Places]) -> None:
        self._words, self._trails, self._flows, self._lists = (Once() for _ in range(4))
        self._hops = _Hops()
        self._numbers: dict[str, int] = {}
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
            "hops": self._hops.once.rows,
            "trails": self._trails.rows,
            "flows": self._flows.rows,
            "lists": self._lists.rows,
            "workloads": self._rows,
            "cards": cards,
        }
        return script_data(table)

    def _word(self, text: str) -> int:
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = self._words.add(plain(text))
        return number

    def _workload(self, workload: str, results: Sequence[Result]) -> int:
        places = self._places.get(workload)
        told = [(_TOLD[each.outcome._value_], each.requirement, each) for each in results]
        told.sort(key=itemgetter(0, 1))
        at = self._at[workload] = {name: self._flow(each, places) for _, name, each in told}
        return self.list_of(tuple(at.values()))

    def _flow(self, result: Result, places: Places | None) -> int:
        trace = result.trace
        flow = (trace.flow.source, trace.flow.destination, trace.flow.port) if trace else ("", "", "")
        source, destination, port = map(self._word, flow)
        trail = self._trail(result.requirement, trace, places) if trace else -1
        requirement, reason = self._word(result.requirement), self._word(result.reason.text)
        return self._flows.add((requirement, result.outcome._value_, source, destination, port, reason, trail))

    def _trail(self, requirement: str, trace: Trace, places: Places | None) -> int:
        trail = places.trail(requirement, trace) if places else _NOT_DRAWN
        there = self._hops.of(trace.hops, trail.there)
        back = self._hops.of(trace.reply.hops, trail.back) if trace.reply else ()
        caveats = tuple(map(self._word, trace.caveats))
        return self._trails.add(
            (trail.start, there, trail.end, back, caveats, trace.verdict._value_, trace.path._value_)
        )
