"""Every decided requirement as a table that the script of the HTML report reads; what repeats is written once."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import msgspec

from auditor.findings import Finding, Outcome, Report, Result
from auditor.reporters.places import Places, Trail
from auditor.reporters.text import plain, resource_name
from auditor.traces import Hop, Trace

_TOLD = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.DEVIATES, Outcome.PASS)
_NOT_DRAWN = Trail(start="", there=(), end="", back=())
_HARMFUL = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


class _Once:
    """Values in a list, each once."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self._places: dict[Hashable, int] = {}

    def add(self, key: Hashable, value: Any) -> int:  # noqa: ANN401 - any JSON value
        """Return the place of a value, which is added if it is new."""
        if key not in self._places:
            self._places[key] = len(self.rows)
            self.rows.append(value)
        return self._places[key]


class FlowTable:
    """The table: flows, the trails of hops they take, and the hops.

    A flow is [workload, requirement, outcome, source, destination, port, reason, trail], its trail -1 without a trace.
    A trail is [start, [hop, box]..., end, [hop, box] of the reply..., caveats]; boxes are those of the drawing.
    """

    def __init__(self, report: Report, places: Mapping[str, Places]) -> None:
        self._hops, self._trails, self._words = _Once(), _Once(), _Once()
        self._numbers = {each.id: number for number, each in enumerate(report.workloads)}
        self._places = places
        self._rows: list[list[Any]] = []
        self._at: dict[tuple[str, str], int] = {}
        for result in sorted((each for each in report.results if each.outcome in _TOLD), key=_worst_first):
            self._at[result.workload, result.requirement] = len(self._rows)
            self._rows.append(self._flow(result))

    def of(self, finding: Finding) -> list[int]:
        """Return the numbers of the flows a finding speaks of."""
        found = (self._at.get((finding.workload, each)) for each in finding.requirements)
        return [each for each in found if each is not None]

    def text(self, cards: Sequence[Mapping[str, Any]]) -> str:
        """Return the table, with what is said of each finding, as JSON that may stand in a script element."""
        table = {
            "words": self._words.rows,
            "hops": self._hops.rows,
            "trails": self._trails.rows,
            "flows": self._rows,
            "cards": cards,
        }
        return msgspec.json.encode(table).decode().translate(_HARMFUL)

    def _word(self, text: str) -> int:
        return self._words.add(text, shown(text))

    def _flow(self, result: Result) -> list[Any]:
        trace = result.trace
        flow = (trace.flow.source, trace.flow.destination, trace.flow.port) if trace else ("", "", "")
        return [
            self._numbers.get(result.workload, -1),
            self._word(result.requirement),
            result.outcome.value,
            *(self._word(each) for each in flow),
            self._word(result.reason.text),
            self._trail(result, trace) if trace else -1,
        ]

    def _trail(self, result: Result, trace: Trace) -> int:
        places = self._places.get(result.workload)
        trail = places.trail(result.requirement, trace) if places else _NOT_DRAWN
        start, end = trail.start, trail.end
        there = self._placed(trace.hops, trail.there)
        back = self._placed(trace.reply.hops if trace.reply else (), trail.back)
        caveats = [self._word(each) for each in trace.caveats]
        key = (start, end, tuple(map(tuple, there)), tuple(map(tuple, back)), tuple(caveats), trace.verdict, trace.path)
        return self._trails.add(key, [start, there, end, back, caveats, trace.verdict.value, trace.path.value])

    def _placed(self, hops: Sequence[Hop], boxes: Sequence[str]) -> list[list[Any]]:
        return [[self._hop(each), boxes[number] if boxes else ""] for number, each in enumerate(hops)]

    def _hop(self, hop: Hop) -> int:
        name = resource_name(hop.resource) if hop.resource else ""
        row = [hop.at, shown(name), shown(hop.decided_by), hop.verdict.value, shown(hop.why), shown(hop.spec)]
        return self._hops.add(hop, row)


def _worst_first(result: Result) -> tuple[str, int, str]:
    return result.workload.lower(), _TOLD.index(result.outcome), result.requirement


def shown(text: str) -> str:
    """Return a text as it may be shown, and encoded."""
    return plain(text)
