"""Interval sets against sets of numbers, on a universe small enough to hold whole."""

from hypothesis import given
from hypothesis import strategies as st

from auditor.estate.intervals import EMPTY, IntervalSet

UNIVERSE = range(24)
spans = st.lists(st.tuples(st.sampled_from(UNIVERSE), st.sampled_from(UNIVERSE)), max_size=6)


def _numbers(pairs: list[tuple[int, int]]) -> frozenset[int]:
    return frozenset(number for low, high in pairs for number in range(low, high + 1))


def _held(found: IntervalSet) -> frozenset[int]:
    return frozenset(number for number in UNIVERSE if number in found)


@given(spans)
def test_of_holds_what_the_spans_hold(pairs: list[tuple[int, int]]) -> None:
    """A set holds exactly the numbers of its spans, overlapping or not, and counts each once."""
    found = IntervalSet.of(pairs)

    assert (_held(found), len(found), bool(found)) == (_numbers(pairs), len(_numbers(pairs)), bool(_numbers(pairs)))


@given(spans)
def test_spans_are_in_normal_form(pairs: list[tuple[int, int]]) -> None:
    """Equal sets are equal values: spans ascend, and neither touch nor overlap."""
    found = IntervalSet.of(pairs)

    assert all(low <= high for low, high in found.spans)
    assert all(left[1] + 1 < right[0] for left, right in zip(found.spans, found.spans[1:], strict=False))


@given(spans, spans)
def test_algebra_agrees_with_sets(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    """Union, intersection, difference and inclusion agree with sets of numbers, and keep the normal form."""
    a, b = IntervalSet.of(left), IntervalSet.of(right)
    mine, theirs = _numbers(left), _numbers(right)

    assert (_held(a | b), _held(a & b), _held(a - b)) == (mine | theirs, mine & theirs, mine - theirs)
    assert (a <= b, a == b) == (mine <= theirs, mine == theirs)
    assert all(found == IntervalSet.of(found.spans) for found in (a | b, a & b, a - b))


@given(spans)
def test_empty_is_neutral(pairs: list[tuple[int, int]]) -> None:
    """The empty set adds nothing, takes nothing away and is in every set."""
    found = IntervalSet.of(pairs)

    assert (found | EMPTY, found - EMPTY, found & EMPTY) == (found, found, EMPTY)
    assert found >= EMPTY
