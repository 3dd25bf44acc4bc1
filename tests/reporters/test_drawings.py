"""Drawings of what audits find tell the truth: where flows go, where they stop, and what is not known."""

from functools import cache

import pytest

from auditor.reporters.drawing import Drawing
from tests.reporters.drawn import COUNTED, Drawn, drawn, expected_counts, misplaced, overstated, told_counts
from tests.reporters.situations import DEFECTS, NAMES, drafted, situation

EVERYTHING = (*NAMES, *(each.name for each in DEFECTS))


@cache
def pictures(name: str) -> tuple[Drawn, ...]:
    """Return the drawings of a situation, an example or a defect, by name."""
    defects = {each.name: each for each in DEFECTS}
    return tuple(drawn(drafted(defects[name].put) if name in defects else situation(name)))


def picture(name: str) -> Drawn:
    """Return the one drawing of a situation or a defect."""
    (one,) = pictures(name)
    return one


def overlaps(drawing: Drawing) -> list[tuple[str, str]]:
    """Return the names of boxes that touch each other."""
    pairs = [(one, other) for one in drawing.boxes for other in drawing.boxes if one.at < other.at]
    return [
        (one.at, other.at)
        for one, other in pairs
        if one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    ]


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_flow_is_shown_where_its_trace_says(name: str) -> None:
    """Each hop is at the box of what it names, and no firewall is lit that the trace does not speak of."""
    wrong = [each for one in pictures(name) for result, trace in one.flows() for each in misplaced(one, result, trace)]

    assert list(dict.fromkeys(wrong)) == []


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_flow_is_counted_where_it_stops_or_gets_out(name: str) -> None:
    """The words count each flow once: where it is stopped, cannot be decided, passes, or passes another way."""
    for one in pictures(name):
        told, flows = told_counts(one), [each for each, _ in one.flows() if each.outcome in COUNTED]

        assert told == expected_counts(one)
        assert told.total() == len(flows)
        assert sum(int(each.text.split()[1].replace(",", "")) for each in one.drawing.badges) == len(flows)


@pytest.mark.parametrize("name", EVERYTHING)
def test_no_drawing_says_more_than_is_known(name: str) -> None:
    """What the sketch or a trace calls unknown is drawn and told as unknown; boxes stand apart."""
    for one in pictures(name):
        assert overstated(one) == []
        assert overlaps(one.drawing) == []
