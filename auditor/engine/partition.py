"""Longest prefix match compiled: the address space cut into spans, each with the prefix that wins there (R1)."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from auditor.estate.addresses import AddressSet, Prefix
from auditor.estate.intervals import IntervalSet, Span

T = TypeVar("T")
_LAST = {4: 2**32 - 1, 6: 2**128 - 1}


@dataclass(frozen=True, slots=True)
class Partition(Generic[T]):
    """What wins where, of one family. starts: first address of each span, ascending from 0; winners: one a span."""

    starts: tuple[int, ...]
    winners: tuple[T, ...]
    last: int

    def winner(self, number: int) -> T:
        """Return what wins at one address."""
        return self.winners[bisect_right(self.starts, number) - 1]

    def end(self, at: int) -> int:
        """Return the last address of the span at a place."""
        return self.starts[at + 1] - 1 if at + 1 < len(self.starts) else self.last


def cut(family: int, prefixes: Iterable[tuple[Prefix, T]], otherwise: T) -> Partition[T]:
    """Cut the address space of a family by prefixes.

    prefixes: with what they stand for; of equal ones the first wins. otherwise: where none fits.
    """
    nested = sorted(((each, value) for each, value in prefixes if each.family == family), key=_outer_first)
    starts, winners = [0], [otherwise]
    open_: list[tuple[int, T]] = [(_LAST[family], otherwise)]

    def begin(at: int, value: T) -> None:
        if at > _LAST[family]:
            return
        if starts[-1] == at:
            winners[-1] = value
        elif winners[-1] is not value:
            starts.append(at)
            winners.append(value)

    seen: Prefix | None = None
    for each, value in nested:
        if each == seen:
            continue
        seen = each
        while each.first > open_[-1][0]:
            end, _ = open_.pop()
            begin(end + 1, open_[-1][1])
        begin(each.first, value)
        open_.append((each.last, value))
    while len(open_) > 1:
        end, _ = open_.pop()
        begin(end + 1, open_[-1][1])
    return Partition(tuple(starts), tuple(winners), _LAST[family])


def _outer_first(item: tuple[Prefix, T]) -> tuple[int, int]:
    return item[0].first, item[0].length


@dataclass(frozen=True, slots=True)
class Partitions(Generic[T]):
    """Both families together."""

    v4: Partition[T]
    v6: Partition[T]


def layered(
    upper: Partitions[T | None], lower: Partitions[T], addresses: AddressSet, wins: Callable[[T, T], bool]
) -> list[tuple[AddressSet, T]]:
    """Return the parts of `addresses` with what wins there of two partitions, in the order of their first addresses.

    upper: with None where it has nothing. wins: whether what stands in `upper` wins over what stands in `lower`.
    """
    four = _layered(upper.v4, lower.v4, addresses.v4, wins)
    six = _layered(upper.v6, lower.v6, addresses.v6, wins)
    return [
        *((AddressSet(v4=IntervalSet.of(spans)), value) for value, spans in four.items()),
        *((AddressSet(v6=IntervalSet.of(spans)), value) for value, spans in six.items()),
    ]


def _layered(
    upper: Partition[T | None], lower: Partition[T], addresses: IntervalSet, wins: Callable[[T, T], bool]
) -> dict[T, list[Span]]:
    found: dict[T, list[Span]] = {}
    above = below = at = 0
    spans = addresses.spans
    start = spans[0][0] if spans else 0
    while at < len(spans):
        above = bisect_right(upper.starts, start, above) - 1
        below = bisect_right(lower.starts, start, below) - 1
        end = min(upper.end(above), lower.end(below))
        first, second = upper.winners[above], lower.winners[below]
        won = found.setdefault(first if first is not None and wins(first, second) else second, [])
        stop = bisect_right(spans, (end, _LAST[6]), at)  # the spans up to there begin where the same wins
        high = spans[stop - 1][1]
        if stop - at == 1:
            won.append((start, min(end, high)))
        else:
            won.append((start, spans[at][1]))
            won += spans[at + 1 : stop - 1]
            won.append((spans[stop - 1][0], min(end, high)))
        at = stop - 1 if high > end else stop
        start = end + 1 if high > end else spans[stop][0] if stop < len(spans) else 0
    return found


@dataclass(frozen=True, slots=True)
class Segments:
    """The IPv4 addresses by which of some sets they are in. starts: of each segment, ascending from 0; classes: of it.

    Segments of one class are, for every set, all inside or all outside.
    """

    starts: tuple[int, ...]
    classes: tuple[int, ...]

    def class_of(self, addresses: AddressSet) -> int | None:
        """Return the class of the segment that all of `addresses` lies in.

        None where it lies in several, or is not one span of IPv4.
        """
        if addresses.v6 or len(addresses.v4.spans) != 1:
            return None
        low, high = addresses.v4.spans[0]
        at = bisect_right(self.starts, low) - 1
        return self.classes[at] if at == bisect_right(self.starts, high) - 1 else None


def segments(sets: Iterable[AddressSet]) -> Segments:
    """Return the segments into which the boundaries of sets cut the IPv4 addresses."""
    turns: dict[int, int] = {0: 0}
    for place, each in enumerate(dict.fromkeys(sets)):
        for low, high in each.v4.spans:
            for at in (low, high + 1):
                turns[at] = turns.get(at, 0) ^ 1 << place
    starts, classes, numbers = list[int](), list[int](), dict[int, int]()
    inside = 0  # a bit for each set
    for at in sorted(turns):
        inside ^= turns[at]
        number = numbers.setdefault(inside, len(numbers))
        if not classes or classes[-1] != number:
            starts.append(at)
            classes.append(number)
    return Segments(tuple(starts), tuple(classes))
