"""Counts over time as drawings: a chart with axes for the whole of a job, and a small line for each part of it.

Everything is geometry, in the units of a view box; templates write it down. A count holds from its run to the next one,
so lines go in steps. Runs that were not complete are marked in every drawing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from auditor.reporters.trends import Tally, evened, grow

WIDTH, LEFT, RIGHT = 960, 62, 838
SPARK_WIDTH, SPARK_HEIGHT = 160, 30
_TAIL = 14
"""How far the newest count is drawn beyond its run, so that it can be seen."""
_PANELS = ((18, 170), (222, 300))
"""Top and bottom of the two panels: findings, and what could not be decided."""
HEIGHT = 330
_MOST_DOTS, _MOST_TARGETS = 60, 500
_LABEL = 15
"""Least distance of two labels at the end of lines."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUTES = (1, 5, 15, 30, 60, 180, 360, 720, 1440, 2 * 1440, 7 * 1440, 14 * 1440)
_MONTHLY = (1, 3, 6, 12, 24, 60, 120)
_MOST_TICKS, _MOST_CLOCKS, _MOST_NAMED = 10, 8, 6
"""Labels of days, of hours, and of single runs that fit beside each other."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a panel. kind: what it counts, also its class. path: of an SVG. label: at its end, at a height of y."""

    kind: str
    path: str
    label: str
    y: float
    dots: Sequence[tuple[float, float, bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One of the drawings above each other. ticks: (value, height)."""

    title: str
    top: float
    bottom: float
    ticks: Sequence[tuple[int, float]]
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The trend of a whole job. bands: (start, width) of runs that were not complete. dates: (label, place).

    targets: (start, width, number of the run) of what a pointer may rest on; none where there are too many runs.
    """

    panels: Sequence[Panel]
    bands: Sequence[tuple[float, float]]
    dates: Sequence[tuple[str, float]]
    targets: Sequence[tuple[float, float, int]]


def chart(times: Sequence[datetime], complete: Sequence[bool], tallies: Sequence[Tally], gaps: Sequence[int]) -> Chart:
    """Return the chart of at least one run, oldest first."""
    places = _places(times, LEFT, RIGHT)
    findings = {
        "error": [each.errors for each in tallies],
        "warning": [each.warnings for each in tallies],
        "note": [each.notes for each in tallies],
    }
    undecided = {"unknown": [each.unknown for each in tallies], "gap": list(gaps)}
    edges = [*places, RIGHT + _TAIL]
    targets = [(one, _round(other - one), at) for at, (one, other) in enumerate(pairwise(edges))]
    return Chart(
        panels=(
            _panel("Findings", _PANELS[0], findings, places, complete),
            _panel("Not decided, not read", _PANELS[1], undecided, places, complete),
        ),
        bands=_bands(edges, complete),
        dates=_dates(times) if grow(times) else _named(times, places),
        targets=targets if len(targets) <= _MOST_TARGETS else (),
    )


def spark_bands(times: Sequence[datetime], complete: Sequence[bool]) -> Sequence[tuple[float, float]]:
    """Return where small lines are marked for runs that were not complete, as (start, width)."""
    return _bands([*_spark_places(times), SPARK_WIDTH], complete)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """A small line without axes. area: all findings. line: errors. end: its newest point, None without one."""

    area: str
    line: str
    end: tuple[float, float] | None


def spark(times: Sequence[datetime], tallies: Sequence[Tally | None]) -> Spark:
    """Return the small lines of one thing. Where a run did not have it, nothing is drawn."""
    places = _spark_places(times)
    most = max((each.findings for each in tallies if each), default=0) or 1
    floor = SPARK_HEIGHT - 2

    def height(count: int) -> float:
        return _round(floor - count / most * (SPARK_HEIGHT - 6))

    area, line = [], []
    for start, end in _stretches(tallies):
        edges = [*places[start:end], places[end] if end < len(places) else SPARK_WIDTH]
        known = [each for each in tallies[start:end] if each]
        area.append(f"{_steps(edges, [height(each.findings) for each in known])}V{floor}H{edges[0]}Z")
        line.append(_steps(edges, [height(each.errors) for each in known]))
    last = tallies[-1]
    return Spark(
        area="".join(area),
        line="".join(line),
        end=(SPARK_WIDTH - 3, height(last.errors)) if last else None,
    )


def _stretches(tallies: Sequence[Tally | None]) -> Iterable[tuple[int, int]]:
    """Yield the first of each unbroken row of tallies, and the one behind its last."""
    start = None
    for at, each in enumerate([*tallies, None]):
        if each is not None and start is None:
            start = at
        elif each is None and start is not None:
            yield start, at
            start = None


def _spark_places(times: Sequence[datetime]) -> list[float]:
    return _places(times, 2, SPARK_WIDTH - 8)


def _places(times: Sequence[datetime], left: float, right: float) -> list[float]:
    """Return where runs stand between two edges, by their time."""
    if len(times) == 1:
        return [left]
    even = evened(times)
    whole = (even[-1] - even[0]).total_seconds()
    return [_round(left + (each - even[0]).total_seconds() / whole * (right - left)) for each in even]


def _bands(edges: Sequence[float], complete: Sequence[bool]) -> list[tuple[float, float]]:
    bands: list[tuple[float, float]] = []
    for (start, end), is_complete in zip(pairwise(edges), complete, strict=True):
        if is_complete:
            continue
        if bands and bands[-1][1] == start:
            start = bands.pop()[0]  # noqa: PLW2901 - the band before goes on
        bands.append((start, end))
    return [(start, _round(end - start)) for start, end in bands]


def _panel(
    title: str,
    between: tuple[float, float],
    counted: dict[str, list[int]],
    places: Sequence[float],
    complete: Sequence[bool],
) -> Panel:
    top, bottom = between
    values = _ticks(max(max(each) for each in counted.values()))

    def height(count: int) -> float:
        return _round(bottom - count / values[-1] * (bottom - top))

    edges = [*places, RIGHT + _TAIL]
    shown = [kind for kind, row in counted.items() if any(row)] or list(counted)[:1]
    labels = _apart({kind: height(counted[kind][-1]) for kind in shown}, bottom)
    dotted = len(places) <= _MOST_DOTS
    lines = [
        Line(
            kind=kind,
            path=_steps(edges, [height(each) for each in counted[kind]]),
            label=_counted(counted[kind][-1], kind),
            y=labels[kind],
            dots=[(x, height(count), whole) for x, count, whole in zip(places, counted[kind], complete, strict=True)]
            if dotted
            else (),
        )
        for kind in shown
    ]
    return Panel(title=title, top=top, bottom=bottom, ticks=[(each, height(each)) for each in values], lines=lines)


def _counted(number: int, kind: str) -> str:
    if kind == "unknown":
        return f"{number:,} unknown"
    return f"{number:,} {kind}{'' if number == 1 else 's'}"


def _apart(heights: dict[str, float], bottom: float) -> dict[str, float]:
    """Return heights of labels so that none covers another and none lies below the panel."""
    placed: dict[str, float] = {}
    floor = bottom + _LABEL / 3
    for kind in sorted(heights, key=lambda each: -heights[each]):
        placed[kind] = _round(min(heights[kind] + 4, floor))
        floor = placed[kind] - _LABEL
    return placed


def _steps(edges: Sequence[float], heights: Sequence[float]) -> str:
    """Return a path that keeps each height from one edge to the next; edges are one more than heights."""
    path = [f"M{edges[0]} {heights[0]}"]
    for at, (one, other) in enumerate(pairwise(heights), 1):
        if one != other:
            path.append(f"H{edges[at]}V{other}")
    return f"{''.join(path)}H{edges[-1]}"


def _ticks(most: int) -> list[int]:
    """Return round numbers from 0 to at least `most`, three to five of them; 0 and 1 where there is nothing."""
    if most <= 1:
        return [0, 1]
    step = next(base * 10**power for power in range(12) for base in (1, 2, 5) if base * 10**power * 4 >= most)
    return [step * at for at in range(-(-most // step) + 1)]


def _dates(times: Sequence[datetime]) -> list[tuple[str, float]]:
    """Return the labels of the axis of time and where they stand: round times, as many as can be read."""
    first, last = times[0], times[-1]
    whole = (last - first).total_seconds()
    found = _round_times(first, last)
    if len(found) < 2:  # noqa: PLR2004 - an axis has two ends
        found = [first, last]
    daily = all((each - each.replace(hour=0, minute=0, second=0, microsecond=0)) == timedelta() for each in found)
    labels, before = [], None
    for each in found:
        new_day = before is None or before.date() != each.date()
        label = _dated(each, with_year=before is None or before.year != each.year)
        if not daily:
            clock = f"{each:%H:%M}"
            label = f"{label} {clock}" if new_day else clock
        labels.append((label, _round(LEFT + (each - first).total_seconds() / whole * (RIGHT - LEFT))))
        before = each
    return labels


def _named(times: Sequence[datetime], places: Sequence[float]) -> list[tuple[str, float]]:
    """Return the times of some runs, for those that stand in order and not by their time."""
    every = -(-len(times) // _MOST_NAMED)
    return [
        (f"{_dated(each, with_year=False)} {each:%H:%M}", place)
        for each, place in list(zip(times, places, strict=True))[::every]
    ]


def _dated(each: datetime, *, with_year: bool) -> str:
    return f"{each.day} {_MONTHS[each.month - 1]}{f' {each.year}' if with_year else ''}"


def _round_times(first: datetime, last: datetime) -> list[datetime]:
    """Return round times between two, at most as many as can be read beside each other."""
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    for minutes in _MINUTES:
        step = timedelta(minutes=minutes)
        if (last - first) / step <= (_MOST_TICKS if step >= _DAY else _MOST_CLOCKS) - 1:
            start = midnight + -((midnight - first) // step) * step
            return [start + at * step for at in range(_MOST_TICKS) if start + at * step <= last]
    for months in _MONTHLY:
        if (last - first) / (_DAY * 30 * months) <= _MOST_TICKS - 1:
            return _firsts(first, last, months)
    return [first, last]


def _firsts(first: datetime, last: datetime, months: int) -> list[datetime]:
    """Return the first days of every so many months between two times."""
    found: list[datetime] = []
    number = first.year * 12 + first.month - 1
    number -= number % months
    while True:
        each = first.replace(year=number // 12, month=number % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
        if each > last:
            return found
        if each >= first:
            found.append(each)
        number += months


def _round(number: float) -> float:
    """Return a number to a tenth, without a fraction of nothing: 4 and not 4.0."""
    rounded = round(number, 1)
    return int(rounded) if rounded == int(rounded) else rounded
