"""Where in a JSON text the objects stand that describe resources.

The decoder tells no positions. So the text is searched for the ids that are asked for, and only the lists and objects
that hold one are opened, level by level; all the rest is skipped as it is.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import msgspec

from auditor.collectors.documents import describes
from auditor.estate import arm

_ID = re.compile(rb'"(?:/|\\/|\\u002[fF]|(?i:subscriptions|resourcegroups)/)[^"\\]*(?:\\.[^"\\]*)*"')
_OBJECT = ord("{")
_CONTAINERS = (b"[", b"{")
_KEYS = ("id", "Id", "ResourceId")
_NULL = b"null"
_Starts = dict[str, tuple[bool, int]]
"""Where resources start, by id: whether that is a copy, and the offset."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text: line and column in characters, both from 1.

    copied: whether it is a copy that stands in another resource than the one it is a part of.
    """

    line: int
    column: int
    copied: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """A list or object in the text. inside: id of the resource it stands in. column: of the id, in rows of a table."""

    start: int
    raw: msgspec.Raw
    inside: str = ""
    column: int | None = None


def places_of(text: bytes, wanted: AbstractSet[str]) -> dict[str, Place]:
    """Return where in a JSON text, in UTF-8, the objects stand that describe the resources `wanted`.

    wanted: ARM ids in comparing form. A reference to a resource is no description; of several, the first counts, and a
    copy within another resource, as `$expand` puts there, only where there is nothing else.
    """
    marks = list(_marks(text, wanted))
    starts: _Starts = {}
    if marks:
        try:
            _search(text, marks, wanted, starts)
        except (msgspec.DecodeError, RecursionError):
            return {}  # of a text like that no resource was read either
    return _counted(text, starts)


def _marks(text: bytes, wanted: AbstractSet[str]) -> Iterator[int]:
    """Yield where in the text the ids `wanted` are written, in any spelling."""
    usual = {f'"{each}{end}"'.encode("utf-8", "surrogatepass") for each in wanted for end in ("", "/")}
    for found in _ID.finditer(text):
        literal = found[0]
        if literal.lower() in usual or ((b"\\" in literal or not literal.isascii()) and _text_of(literal) in wanted):
            yield found.start()


def _search(text: bytes, marks: list[int], wanted: AbstractSet[str], starts: _Starts) -> None:
    """Find where the objects that describe `wanted` start."""
    waiting = [_Part(len(text) - len(text.lstrip()), msgspec.Raw(text.strip()))]
    while waiting:
        part = waiting.pop()
        if text[part.start] == _OBJECT:
            fields = msgspec.json.decode(part.raw, type=dict[str, msgspec.Raw])
            arm_id = _id_of(fields)
            if arm_id in wanted and _describes(fields):
                _note(arm_id, part, part.start, starts)
            part = replace(part, inside=arm_id or part.inside)
            column = _id_column(fields)
            inner = [(each, column if name == "rows" else None) for name, each in fields.items()]
        else:
            items = msgspec.json.decode(part.raw, type=list[msgspec.Raw])
            if part.column is not None:
                _note_rows(text, part, items, wanted, starts)
                continue
            inner = [(each, None) for each in items]
        found = _within(text, part.start, inner, marks)
        waiting += reversed([_Part(at, raw, part.inside, column) for at, raw, column in found])


def _within(
    text: bytes, start: int, inner: list[tuple[msgspec.Raw, int | None]], marks: list[int]
) -> Iterator[tuple[int, msgspec.Raw, int | None]]:
    """Yield the lists and objects among `inner` that hold a mark, each with where it starts.

    They follow each other from `start` on. What stands between two of them cannot hold the text of one that has an id
    in it: a key or a text would have its quotes escaped.
    """
    at = start + 1
    for raw, column in inner:
        body = memoryview(raw).tobytes()
        if body[:1] not in _CONTAINERS or (found := text.find(body, at)) < 0:
            continue
        at = found + len(body)
        first = bisect_left(marks, found)
        if first < len(marks) and marks[first] < at:
            yield found, raw, column


def _describes(fields: dict[str, msgspec.Raw]) -> bool:
    return describes(name for name, raw in fields.items() if memoryview(raw).tobytes() != _NULL)


def _note(arm_id: str, part: _Part, start: int, starts: _Starts) -> None:
    """Note where a resource stands; of several places the best, and of those the first."""
    place = (bool(part.inside) and not arm_id.startswith(f"{part.inside}/"), start)
    starts[arm_id] = min(place, starts.get(arm_id, place))


def _note_rows(text: bytes, part: _Part, rows: list[msgspec.Raw], wanted: AbstractSet[str], starts: _Starts) -> None:
    """Note where resources stand that are rows of a table, as Resource Graph can answer."""
    at = part.start + 1
    for row in rows:
        body = memoryview(row).tobytes()
        at = text.index(body, at)
        cells = msgspec.json.decode(body, type=list[msgspec.Raw])
        arm_id = _text_of(memoryview(cells[part.column or 0]).tobytes()) if len(cells) > (part.column or 0) else ""
        if arm_id in wanted:
            _note(arm_id, part, at, starts)
        at += len(body)


def _id_of(fields: dict[str, msgspec.Raw]) -> str:
    raw = next((fields[key] for key in _KEYS if key in fields), None)
    return _text_of(memoryview(raw).tobytes()) if raw is not None else ""


def _id_column(fields: dict[str, msgspec.Raw]) -> int | None:
    """Return which cell of the rows of a table holds the id; None where the object is no table."""
    if "columns" not in fields or "rows" not in fields:
        return None
    names = [arm.text(each.get("name")) for each in arm.any_objects(msgspec.json.decode(fields["columns"]))]
    return names.index("id") if "id" in names else None


def _text_of(literal: bytes) -> str:
    """Return the ARM id a JSON text is, in comparing form; "" where the literal is none."""
    if literal[:1] != b'"':
        return ""
    if b"\\" not in literal:
        return arm.key(literal[1:-1].decode("utf-8", "replace"))
    try:
        return arm.key(msgspec.json.decode(literal, type=str))
    except msgspec.DecodeError:
        return ""


def _counted(text: bytes, starts: _Starts) -> dict[str, Place]:
    """Return offsets as lines and columns; every part of the text is counted once."""
    places = {}
    at, line, column = 0, 1, 1
    for arm_id, (copied, start) in sorted(starts.items(), key=lambda pair: pair[1][1]):
        line += text.count(b"\n", at, start)
        newline = text.rfind(b"\n", at, start)
        if newline >= 0:
            at, column = newline + 1, 1
        column += len(text[at:start].decode("utf-8", "replace"))
        at = start
        places[arm_id] = Place(line, column, copied)
    return places
