"""What charts of a history are drawn by: places of runs, round dates and numbers, steps, and what is marked."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.reporters.trend_chart import LEFT, RIGHT, SPARK_HEIGHT, SPARK_WIDTH, chart, spark
from auditor.reporters.trends import Tally

START = datetime(2026, 1, 30, 22, 17, 5, tzinfo=UTC)
_LABEL = 6.8
"""Width of a character of a label, at most."""


def after(*lengths: timedelta) -> list[datetime]:
    """Return the times so long after the first."""
    return [START, *(START + each for each in lengths)]


def dates(*lengths: timedelta) -> list[str]:
    """Return the labels of the axis of runs so long after the first."""
    times = after(*lengths)
    drawn = chart(times, [True] * len(times), [Tally()] * len(times), [0] * len(times))
    return [label for label, _ in drawn.dates]


@pytest.mark.parametrize(
    ("length", "labels"),
    [
        (timedelta(seconds=40), ["30 Jan 2026 22:17", "22:17"]),
        (timedelta(minutes=4), ["30 Jan 2026 22:18", "22:19", "22:20", "22:21"]),
        (timedelta(hours=8), ["31 Jan 2026 00:00", "03:00", "06:00"]),
        (timedelta(days=6), ["31 Jan 2026", "1 Feb", "2 Feb", "3 Feb", "4 Feb", "5 Feb"]),
        (timedelta(days=40), ["6 Feb 2026", "13 Feb", "20 Feb", "27 Feb", "6 Mar"]),
        (timedelta(days=400), ["1 Apr 2026", "1 Jul", "1 Oct", "1 Jan 2027"]),
        (timedelta(days=4000), ["1 Jan 2028", "1 Jan 2030", "1 Jan 2032", "1 Jan 2034", "1 Jan 2036"]),
    ],
    ids=lambda each: str(each) if isinstance(each, timedelta) else "",
)
def test_dates_are_round(length: timedelta, labels: list[str]) -> None:
    """From seconds to years, in steps that people count in; the year is told once."""
    assert dates(length) == labels


@given(
    st.lists(st.integers(1, 400_000_000), min_size=1, max_size=12, unique=True).map(sorted),
    st.integers(0, 3_000_000_000),
)
def test_labels_of_time_can_be_read(lengths: list[int], shift: int) -> None:
    """Whenever the runs were: there are two labels or more, in order, inside the chart, and none covers another."""
    times = [each + timedelta(seconds=shift) for each in after(*(timedelta(seconds=each) for each in lengths))]
    found = chart(times, [True] * len(times), [Tally()] * len(times), [0] * len(times)).dates

    assert len(found) > 1
    for label, place in found:
        assert LEFT <= place <= RIGHT
        assert place - len(label) * _LABEL / 2 >= -5
    for (one, left), (other, right) in pairwise(found):
        assert left + len(one) * _LABEL / 2 < right - len(other) * _LABEL / 2


@given(st.lists(st.integers(0, 1_000_000), min_size=2, max_size=30))
def test_numbers_of_an_axis_hold_every_count(counts: list[int]) -> None:
    """Two to five round numbers from 0 on, the highest at least as high as anything drawn."""
    times = after(*(timedelta(days=each + 1) for each in range(len(counts) - 1)))
    tallies = [Tally(errors=each) for each in counts]
    panel = chart(times, [True] * len(times), tallies, [0] * len(times)).panels[0]
    values = [value for value, _ in panel.ticks]

    assert values[0] == 0
    assert 2 <= len(values) <= 6
    assert values[-1] >= max(counts)
    for line in panel.lines:
        for number in map(float, re.findall(r"V(-?[\d.]+)", line.path)):
            assert panel.top <= number <= panel.bottom


def test_a_count_holds_until_the_next_run() -> None:
    """A line goes in steps, at the places of its runs by their time, and a little beyond the newest."""
    times = after(timedelta(days=1), timedelta(days=4))
    drawn = chart(times, [True, True, True], [Tally(errors=2), Tally(errors=4), Tally(errors=4)], [0, 0, 0])
    (line,) = drawn.panels[0].lines

    assert line.path == "M62 94H256V18H852"
    assert line.label == "4 errors"
    assert [x for x, _, _ in line.dots] == [62, 256, 838]


def test_runs_that_are_not_complete_are_marked() -> None:
    """From each to the next; two in a row are marked as one, and the points of both are open."""
    times = after(*(timedelta(days=each) for each in range(1, 5)))
    complete = [True, False, False, True, False]
    drawn = chart(times, complete, [Tally(errors=1)] * 5, [0] * 5)
    (line,) = drawn.panels[0].lines

    assert drawn.bands == [(256, 388), (838, 14)]
    assert [whole for _, _, whole in line.dots] == complete


def test_labels_at_the_ends_of_lines_stand_apart() -> None:
    """However close the lines end."""
    last = Tally(errors=3, warnings=3, notes=3)
    drawn = chart(after(timedelta(days=1)), [True, True], [Tally(errors=9), last], [0, 0])
    heights = sorted(line.y for line in drawn.panels[0].lines)

    assert all(other - one >= 14 for one, other in pairwise(heights))


def test_runs_of_one_moment_are_drawn_beside_each_other() -> None:
    """Where clocks tell no order, runs stand in that of their recording, with the times they say."""
    times = [START, START, START - timedelta(hours=1)]
    drawn = chart(times, [True] * 3, [Tally()] * 3, [0] * 3)

    assert drawn.dates == [("30 Jan 22:17", 62), ("30 Jan 22:17", 450), ("30 Jan 21:17", 838)]


def test_a_small_line_is_broken_where_there_is_nothing() -> None:
    """A workload that two runs did not have has two pieces of line, and no point where it is not there now."""
    times = after(*(timedelta(days=each) for each in range(1, 6)))
    tallies = [Tally(errors=1), None, None, Tally(errors=2, notes=1), Tally(), None]
    line = spark(times, tallies)

    assert line.line.count("M") == line.area.count("M") == line.area.count("Z") == 2
    assert line.end is None
    for x, y in re.findall(r"M(-?[\d.]+) (-?[\d.]+)", line.line + line.area):
        assert (0 <= float(x) <= SPARK_WIDTH, 0 <= float(y) <= SPARK_HEIGHT) == (True, True)


def test_a_thousand_runs_are_drawn_without_points() -> None:
    """Points and what a pointer may rest on are left out where they would be too many to tell apart."""
    times = after(*(timedelta(hours=each) for each in range(1, 1000)))
    drawn = chart(times, [True] * 1000, [Tally(errors=1)] * 1000, [0] * 1000)

    assert [line.dots for panel in drawn.panels for line in panel.lines] == [(), ()]
    assert drawn.targets == ()
