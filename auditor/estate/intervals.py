"""Sets of whole numbers, kept as sorted spans: the ground under address sets and port sets."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

Span = tuple[int, int]
"""First and last number, both included."""


def _first_reaching(spans: tuple[Span, ...], number: int) -> int:
    """Return the place of the first span that ends at or after `number`."""
    return bisect_left(spans, number, key=_end)


_end = itemgetter(1)
_FEW = 8
"""So many times longer than another a set must be for that one's spans to be looked up in it, not the other way."""


@dataclass(frozen=True, slots=True)
class IntervalSet:
    """An immutable set of whole numbers with exact algebra.

    spans: disjoint, not adjacent, ascending. Build with `of`; the constructor trusts its argument.
    """

    spans: tuple[Span, ...] = ()

    @classmethod
    def of(cls, spans: Iterable[Span]) -> "IntervalSet":
        """Return the union of `spans`, in any order, overlapping or not; a span from high to low is empty."""
        merged: list[Span] = []
        for low, high in sorted(spans):
            if low > high:
                continue
            if merged and low <= merged[-1][1] + 1:
                if high > merged[-1][1]:
                    merged[-1] = (merged[-1][0], high)
            else:
                merged.append((low, high))
        return cls(tuple(merged))

    def __bool__(self) -> bool:
        """Tell whether anything is in the set."""
        return bool(self.spans)

    def __contains__(self, number: int) -> bool:
        """Tell whether `number` is in the set."""
        at = bisect_right(self.spans, (number, float("inf"))) - 1
        return at >= 0 and self.spans[at][0] <= number <= self.spans[at][1]

    def __len__(self) -> int:
        """Count the numbers in the set."""
        return sum(high - low + 1 for low, high in self.spans)

    def __or__(self, other: "IntervalSet") -> "IntervalSet":
        """Return what is in either set."""
        if not other.spans:
            return self
        if not self.spans:
            return other
        return IntervalSet.of((*self.spans, *other.spans))

    def __and__(self, other: "IntervalSet") -> "IntervalSet":
        """Return what is in both sets."""
        few, many = (self.spans, other.spans) if len(self.spans) <= len(other.spans) else (other.spans, self.spans)
        found: list[Span] = []
        for low, high in few:
            for at in range(_first_reaching(many, low), len(many)):
                first, last = many[at]
                if first > high:
                    break
                found.append((max(first, low), min(last, high)))
        return IntervalSet(tuple(found))

    def meets(self, other: "IntervalSet") -> bool:
        """Tell whether anything is in both sets."""
        few, many = (self.spans, other.spans) if len(self.spans) <= len(other.spans) else (other.spans, self.spans)
        for low, high in few:
            at = _first_reaching(many, low)
            if at < len(many) and many[at][0] <= high:
                return True
        return False

    def __sub__(self, other: "IntervalSet") -> "IntervalSet":
        """Return what is in this set and not in `other`."""
        left: list[Span] = []
        cuts = other.spans
        if len(cuts) * _FEW < len(self.spans):
            return self._without_few(cuts)
        for low, high in self.spans:
            start = low
            for at in range(_first_reaching(cuts, low), len(cuts)):
                first, last = cuts[at]
                if first > high:
                    break
                if first > start:
                    left.append((start, first - 1))
                start = last + 1
            if start <= high:
                left.append((start, high))
        return IntervalSet(tuple(left))

    def _without_few(self, cuts: tuple[Span, ...]) -> "IntervalSet":
        """Return what is left without a few spans: what none of them touches is taken over as it stands."""
        left: list[Span] = []
        at = 0  # of the first span that was not looked at yet
        rest: Span | None = None  # of a span that was cut
        for first, last in cuts:
            if rest is not None:
                low, high = rest
                left.append((low, min(high, first - 1)))  # never empty: what is cut next comes later
                rest = (last + 1, high) if high > last else None
                if rest is not None and first <= high:
                    continue
                if first > high:
                    rest = None
            begin = bisect_left(self.spans, first, at, key=_end)
            stop = bisect_right(self.spans, (last, float("inf")), begin)
            left += self.spans[at:begin]
            at = stop
            if begin < stop:
                low, high = self.spans[begin][0], self.spans[stop - 1][1]
                if low < first:
                    left.append((low, first - 1))
                rest = (last + 1, high) if high > last else None
        return IntervalSet((*left, *([rest] if rest else []), *self.spans[at:]))

    def __le__(self, other: "IntervalSet") -> bool:
        """Tell whether all of this set is in `other`."""
        spans = other.spans
        if len(spans) * _FEW < len(self.spans):
            return not self._without_few(spans)
        for low, high in self.spans:
            at = _first_reaching(spans, low)
            if at == len(spans) or spans[at][0] > low or spans[at][1] < high:
                return False
        return True


EMPTY = IntervalSet()
