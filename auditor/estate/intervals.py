"""Sets of whole numbers, kept as sorted spans: the ground under address sets and port sets."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

Span = tuple[int, int]
"""First and last number, both included."""


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
        mine, theirs = self.spans, other.spans
        found: list[Span] = []
        i = j = 0
        while i < len(mine) and j < len(theirs):
            low, high = max(mine[i][0], theirs[j][0]), min(mine[i][1], theirs[j][1])
            if low <= high:
                found.append((low, high))
            if mine[i][1] < theirs[j][1]:
                i += 1
            else:
                j += 1
        return IntervalSet(tuple(found))

    def __sub__(self, other: "IntervalSet") -> "IntervalSet":
        """Return what is in this set and not in `other`."""
        left: list[Span] = []
        cuts = other.spans
        j = 0
        for low, high in self.spans:
            while j < len(cuts) and cuts[j][1] < low:
                j += 1
            start, k = low, j
            while k < len(cuts) and cuts[k][0] <= high:
                if cuts[k][0] > start:
                    left.append((start, cuts[k][0] - 1))
                start = cuts[k][1] + 1
                k += 1
            if start <= high:
                left.append((start, high))
        return IntervalSet(tuple(left))

    def __le__(self, other: "IntervalSet") -> bool:
        """Tell whether all of this set is in `other`."""
        return not (self - other)


EMPTY = IntervalSet()
