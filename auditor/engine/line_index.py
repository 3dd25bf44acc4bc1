"""Which rules of a long list may meet a flow at all, found without asking each of them.

A rule that is left out would have met no part of the flow, so that the decision is the same without it.
"""

from collections.abc import Iterable, Iterator, Sequence

from auditor.engine.coverage import Certainty, hidden_certainty
from auditor.engine.flows import Endpoint
from auditor.engine.matching import Line
from auditor.engine.name_index import NameIndex
from auditor.estate.addresses import AddressSet
from auditor.estate.intervals import Span
from auditor.estate.ports import PortSet

_MANY = 64
"""Beyond so many buckets of one size it is quicker to take every line that has any."""


class LineIndex:
    """The lines of one list, by what they name.

    lines: in the order Azure consults them. ports: those of the flows they will be asked about.
    """

    def __init__(self, lines: Sequence[Line], ports: PortSet) -> None:
        self._lines = lines
        self._ports = ports
        self._always: list[int] = []
        self._runs: dict[int, int] = {}  # of lines for literal addresses alone: how many others stand before them
        spans: list[tuple[Span, int]] = []
        names: list[tuple[tuple[str, ...], int]] = []
        for at, line in enumerate(lines):
            side = line.destinations
            if line.names is not None:
                names.append((line.names, at))
            elif line.destination is not None or side.tags or side.blur or side.literal.v6:
                self._always.append(at)
            else:
                self._runs[at] = len(self._always) + len(names)
                spans += [(span, at) for span in side.literal.v4.spans]
        self._names = NameIndex(names)
        self._spans = _Spans(spans)
        self._public: dict[AddressSet, tuple[tuple[int, bool], ...]] = {}
        self._hidden: dict[tuple[int | None, AddressSet], tuple[int, ...]] = {}

    def candidates(self, end: Endpoint, senders: AddressSet | None, sender_class: int | None) -> Iterator[Line]:
        """Yield, in their order, the lines that may meet flows to `end`.

        senders: who sends. sender_class: a number that senders share whom no line tells apart; None where a line may.
        """
        found = {*self._always, *self._names.named(end.name)}
        if end.addresses is not None:
            found.update(self._spans.meeting(end.addresses.v4.spans))
        else:
            at = (sender_class, end.elsewhere)
            if at not in self._hidden:
                self._hidden[at] = self._to_hidden(end, senders if sender_class is not None else None)
            found.update(self._hidden[at])
        return (self._lines[at] for at in sorted(found))

    def _to_hidden(self, end: Endpoint, senders: AddressSet | None) -> tuple[int, ...]:
        """Return the lines for literal addresses that may meet an end whose addresses are not known.

        senders: None where a line may split them. Of lines that follow each other, may meet all of the flow and say the
        same, only the last one counts: it is the one nearest to the decision (see `matching`).
        """
        kept: dict[int, None] = {}
        last: dict[object, int] = {}
        run = -1
        for at, sure in self._meeting_public(end):
            line = self._lines[at]
            whole = senders is not None and senders <= line.sources.literal
            if senders is not None and not (whole or line.sources.blur or line.sources.tags):
                continue
            in_run = whole and not sure and not line.tie and self._ports <= line.ports
            if self._runs[at] != run or not in_run:
                last = {}
            run = self._runs[at]
            kept[at] = None
            if in_run:
                kept.pop(last.get(line.verdict, -1), None)
                last[line.verdict] = at
        return tuple(kept)

    def _meeting_public(self, end: Endpoint) -> tuple[tuple[int, bool], ...]:
        """Return the lines for literal addresses that meet an end of unknown address, and whether they surely do."""
        if end.elsewhere not in self._public:
            told = ((at, hidden_certainty(end, self._lines[at].destinations, allows=True)[0]) for at in self._runs)
            self._public[end.elsewhere] = tuple((at, how is Certainty.YES) for at, how in told if how != Certainty.NO)
        return self._public[end.elsewhere]


class _Spans:
    """Numbers filed under spans, by size: a span of up to 2**size numbers lies in at most two buckets of that size."""

    def __init__(self, spans: Iterable[tuple[Span, int]]) -> None:
        self._sizes: dict[int, dict[int, list[tuple[Span, int]]]] = {}
        for span, at in spans:
            low, high = span
            size = (high - low).bit_length()
            buckets = self._sizes.setdefault(size, {})
            for bucket in {low >> size, high >> size}:
                buckets.setdefault(bucket, []).append((span, at))

    def meeting(self, wanted: Iterable[Span]) -> set[int]:
        """Return the numbers filed under spans that share anything with one of `wanted`."""
        found: set[int] = set()
        for low, high in wanted:
            for size, buckets in self._sizes.items():
                first, last = low >> size, high >> size
                near = buckets.values() if last - first > _MANY else map(buckets.get, range(first, last + 1))
                for entries in near:
                    found.update(at for (start, end), at in entries or () if start <= high and low <= end)
        return found
