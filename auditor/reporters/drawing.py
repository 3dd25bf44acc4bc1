"""The drawing of a network, as boxes and lines with their places; a template turns it into SVG.

From left to right: the workload in its subnet, the security group with the security admin rules above it, the routes,
one lane for each place the routes lead to, and what lies beyond. Every box has a short name (`Box.at`), by which the
hops of a flow are shown on it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from auditor.findings import WorkloadSummary
from auditor.reporters.lanes import Lane, lanes_of, words_of
from auditor.reporters.text import plain, shorten
from auditor.sketches import Part, Presence, Sketch

WIDTH = 1172
"""Of a drawing, in its own units."""
_BOX, _LANE, _TOP = 58, 88, 56
_ABOVE, _BELOW = 104, 84
"""Room around the middle of the boxes inside the subnet, for the frames and the lines that pass by."""
_ADMIN = 98
"""Further up: the middle of the box of security admin rules."""
_LEFT = ((46, 152), (234, 152), (422, 160))
"""Left edge and width of the boxes inside the subnet: workload, security group, routes."""
_NEAR, _FAR = (786, 166), (1006, 154)
"""Left edge and width of the boxes of next hops, and of what lies beyond them."""
_BUS = 620
_LABEL = 634
_ROUND = 9
_FRAMES = ((14, 0, 590), (30, 30, 558))
"""Left edge, distance from the outer frame and width of the frames of the virtual network and the subnet."""
_PRESENCE = {Presence.PRESENT: "there", Presence.ABSENT: "none", Presence.UNKNOWN: "doubt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A box. state: "there", "none" (known not to be there), "doubt" (not known), "stop" (drops what comes).

    icon: name of a symbol of the page. name: kind and title, whole. lines: at most two, under the title. tip: the whole
    of what is shortened.
    """

    at: str
    icon: str
    kind: str
    name: str
    title: str
    lines: tuple[str, ...]
    state: str
    x: int
    y: int
    width: int
    height: int
    tip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line between boxes. path: of SVG. tip: where it points, as (x, y). labels: text above and below it."""

    path: str
    tip: tuple[int, int]
    state: str
    labels: tuple[str, ...] = ()
    x: int = _LABEL
    y: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """How many flows pass or stop at a place. kind: "pass", "past" (pass another way), "stop" or "doubt"."""

    kind: str
    text: str
    x: int
    y: int
    width: int
    tip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A frame around boxes, with its title."""

    x: int
    y: int
    width: int
    height: int
    title: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A drawing. words: the same in sentences. height: in its own units, as `WIDTH`.

    resources: names of the boxes something belongs to, by ARM id in lower case. routes: names of boxes by the name of a
    route that leads there.
    """

    height: int
    frames: tuple[Frame, ...]
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    badges: tuple[Badge, ...]
    words: tuple[str, ...]
    resources: Mapping[str, tuple[str, ...]] = field(repr=False)
    routes: Mapping[str, str] = field(repr=False)

    def box(self, at: str) -> Box | None:
        """Return the box of that name, if it is drawn."""
        return next((each for each in self.boxes if each.at == at), None)


def draw(workload: WorkloadSummary, sketch: Sketch) -> Drawing:
    """Return the drawing of a workload's network, without badges."""
    lanes = lanes_of(sketch)
    rows = {lane.at: _TOP + _LANE * number for number, lane in enumerate(lanes)}
    above = _ABOVE + (0 if sketch.admin_rules.presence is Presence.ABSENT else _ADMIN)
    middle = max((min(rows.values()) + max(rows.values())) // 2, above + 8)
    height = max(max(rows.values()) + _BOX // 2 + 22, middle + _BELOW + 8)
    left = _left(workload, sketch, middle)
    right, lines = _right(lanes, rows, middle)
    if sketch.subnet.presence is not Presence.UNKNOWN and all(each.at != "internet" for each in right):
        right.append(_internet([next(rows[each.at] for each in lanes if not each.far)]))
    return Drawing(
        height=height,
        frames=_frames(sketch, middle, above),
        boxes=(*left, *right),
        lines=(*_inside(left), *lines),
        badges=(),
        words=(*words_of(workload, sketch), *(line for each in lanes for line in each.words)),
        resources=_resources(workload, sketch, lanes),
        routes={route: each.at for each in reversed(lanes) for route in each.routes},
    )


def _resources(workload: WorkloadSummary, sketch: Sketch, lanes: Sequence[Lane]) -> dict[str, tuple[str, ...]]:
    """Return the boxes of everything that hops may name, the workload's own first."""
    group, table = sketch.security_group.id, sketch.route_table.id
    own = (("subnet", (workload.id, sketch.subnet.id)), ("nsg", (group,)), ("routes", (table,)))
    found: dict[str, tuple[str, ...]] = {}
    for at, ids in (*own, ("admin", sketch.admin_rules.holds), *((each.at, each.resources) for each in lanes)):
        for each in filter(None, map(str.lower, ids)):
            found[each] = tuple(dict.fromkeys((*found.get(each, ()), at)))
    return found


def _frames(sketch: Sketch, middle: int, above: int) -> tuple[Frame, ...]:
    parts = (("Virtual network", sketch.vnet), ("Subnet", sketch.subnet))
    return tuple(
        Frame(
            x=x,
            y=middle - above + inside,
            width=width,
            height=above + _BELOW - inside - inside // 2,
            title=shorten(plain(f"{kind} {_named(part)}"), 78),
            state=_PRESENCE[part.presence],
        )
        for (kind, part), (x, inside, width) in zip(parts, _FRAMES, strict=True)
    )


def _named(part: Part) -> str:
    if part.presence is Presence.UNKNOWN:
        return f"{part.name} (not read)" if part.name else "(not read)"
    return "  ".join([part.name, *part.facts[:2]])


def _left(workload: WorkloadSummary, sketch: Sketch, middle: int) -> tuple[Box, ...]:
    group, table = sketch.security_group, sketch.route_table
    texts = (
        ("subnet", "workload", "Workload", workload.name, (workload.kind,), "there", workload.name),
        ("nsg", "nsg", "Security group", *_of_part(group, "None", "filters nothing")),
        ("routes", "routes", "Route table", *_of_part(table, "None", "Azure's own routes")),
    )
    boxes = [
        _box(at, icon, kind, title, lines, state, tip, x=x, width=width, middle=middle)
        for (at, icon, kind, title, lines, state, tip), (x, width) in zip(texts, _LEFT, strict=True)
    ]
    if sketch.admin_rules.presence is not Presence.ABSENT:
        shown = ("admin", "nsg", "Admin rules", *_of_part(sketch.admin_rules, "None", ""))
        boxes.append(_box(*shown, x=_LEFT[1][0], width=_LEFT[1][1], middle=middle - _ADMIN))
    return tuple(boxes)


def _inside(left: Sequence[Box]) -> list[Line]:
    """Return the lines between the boxes inside the subnet; security admin rules stand over the security group."""
    lines = [_straight(one, other) for one, other in pairwise(left[:3])]
    for each in left[3:]:
        x, y = each.x + each.width // 2, left[1].y
        lines.append(Line(path=f"M{x} {each.y + each.height}V{y}", tip=(x, y), state="joint"))
    return lines


def _of_part(part: Part, none: str, effect: str) -> tuple[str, tuple[str, ...], str, str]:
    """Return title, lines, state and tip of the box of a part."""
    if part.presence is Presence.ABSENT:
        return none, (effect,), "none", effect
    told = part.facts if part.presence is Presence.PRESENT else ("not read",)
    return part.name or "Not known", told[:1], _PRESENCE[part.presence], "; ".join([part.name, *part.facts])


def _box(  # noqa: PLR0913, PLR0917 - what a box shows, in its order
    at: str,
    icon: str,
    kind: str,
    title: str,
    lines: Sequence[str],
    state: str,
    tip: str,
    *,
    x: int,
    width: int,
    middle: int,
    height: int = _BOX,
) -> Box:
    room = (width - 44) // 8
    return Box(
        at=at,
        icon=icon,
        kind=kind,
        name=title if kind in {title, "Beyond"} else f"{kind} {title}",
        title=shorten(plain(title), room),
        lines=tuple(shorten(plain(each), room + 5) for each in lines[:1]),
        state=state,
        x=x,
        y=middle - height // 2,
        width=width,
        height=height,
        tip=tip,
    )


def _right(lanes: Sequence[Lane], rows: Mapping[str, int], middle: int) -> tuple[list[Box], list[Line]]:
    """Return the boxes and lines to the right of the route table."""
    out = [rows[each.at] for each in lanes if each.onward or each.at == "internet"]
    boxes, lines = [_internet(out)] if out else [], []
    for lane in lanes:
        row = rows[lane.at]
        x, width = _FAR if lane.far else _NEAR
        if lane.at != "internet":
            shown = (lane.at, lane.icon, lane.kind, lane.title, lane.lines, lane.state, lane.tip)
            boxes.append(_box(*shown, x=x, width=width, middle=row))
        if lane.joined:
            state = {"there": "open", "none": "none"}.get(lane.state, lane.state)
            lines.append(_elbow(x if lane.at != "internet" else _FAR[0], row, middle, state, lane.labels))
        if lane.onward:
            end = _NEAR[0] + _NEAR[1]
            lines.append(Line(path=f"M{end} {row}H{_FAR[0] - 3}", tip=(_FAR[0], row), state=lane.onward))
    return boxes, lines


def _internet(rows: Sequence[int]) -> Box:
    """Return the box of the Internet, which stands beside all the lanes that lead there."""
    tip = "The Internet, and the public addresses of Azure"
    return _box(
        "internet", "internet", "Beyond", "Internet", ("public addresses",), "there", tip,
        x=_FAR[0], width=_FAR[1], middle=(max(rows) + min(rows)) // 2, height=max(rows) - min(rows) + _BOX,
    )  # fmt: skip


def _straight(one: Box, other: Box) -> Line:
    y = one.y + one.height // 2
    return Line(path=f"M{one.x + one.width} {y}H{other.x - 3}", tip=(other.x, y), state="open")


def _elbow(x: int, y: int, middle: int, state: str, labels: tuple[str, ...]) -> Line:
    """Return a line from the route table along the bus and into a lane."""
    start = _LEFT[2][0] + _LEFT[2][1]
    turn = min(_ROUND, abs(y - middle) // 2)
    down = turn if y > middle else -turn
    bent = f"H{_BUS - turn}Q{_BUS} {middle} {_BUS} {middle + down}V{y - down}Q{_BUS} {y} {_BUS + turn} {y}"
    path = f"M{start} {middle}{'' if y == middle else bent}H{x - 3}"
    return Line(path=path, tip=(x, y), state=state, labels=tuple(shorten(plain(each), 24) for each in labels), y=y)
