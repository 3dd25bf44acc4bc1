"""Puts one waiver into the text of a configuration file and leaves every other byte as it is.

The text is not written anew from what it means, which would lose comments and layout: the parser only tells where the
entry belongs, and what comes of it is for the caller to parse again and compare.
"""

import json
import re
from typing import Any

import yaml

from auditor.waivers import Waiver

_FIELD = "waivers"


def add_waiver(text: str, waiver: Waiver, remark: str) -> str:
    """Return the YAML `text`, which must be a valid configuration, with one waiver of a finding added at its end.

    remark: what the finding is, in one printable line, as a comment where the layout has room for one.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    body = text.removeprefix(mark)
    newline = "\r\n" if "\r\n" in body else "\n"
    place, entry = _addition(body, yaml.compose(body, Loader=yaml.SafeLoader), waiver, remark)
    return mark + body[:place] + entry.replace("\n", newline) + body[place:]


def _addition(body: str, root: Any, waiver: Waiver, remark: str) -> tuple[int, str]:  # noqa: ANN401 - nodes of PyYAML
    """Return where to add and what."""
    if root is None or isinstance(root, yaml.ScalarNode):  # nothing but comments, or an empty document
        place = len(body)
        return place, _on_a_new_line(body, place, f"{_FIELD}:\n{_block(waiver, remark, 0)}")
    known = next((value for key, value in root.value if key.value == _FIELD), None)
    if isinstance(known, yaml.ScalarNode):  # nothing is left of the list but its name
        place = _end_of_line(body, known.start_mark.index)
        return place, _on_a_new_line(body, place, _block(waiver, remark, root.start_mark.column))
    if known is not None:
        if known.flow_style:
            return _in_brackets(body, known, _flow(waiver))
        place = _behind_comments(body, _end_of_line(body, _last(known).end_mark.index), known.start_mark.column)
        return place, _on_a_new_line(body, place, _block(waiver, remark, known.start_mark.column))
    if root.flow_style:
        return _in_brackets(body, root, f"{_FIELD}: [{_flow(waiver)}]")
    place, column = root.end_mark.index, root.start_mark.column
    return place, _on_a_new_line(body, place, f"{' ' * column}{_FIELD}:\n{_block(waiver, remark, column)}")


def _in_brackets(body: str, node: Any, entry: str) -> tuple[int, str]:  # noqa: ANN401 - as above
    """Return where and how to add an entry before the closing bracket of a node."""
    place = node.end_mark.index - 1
    if not node.value:
        return place, entry
    return place, entry if body[:place].rstrip().endswith(",") else f", {entry}"


def _last(node: Any) -> Any:  # noqa: ANN401 - as above
    """Return the last node inside a block: a scalar, or something in brackets."""
    while not isinstance(node, yaml.ScalarNode) and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(node, yaml.MappingNode) else last
    return node


def _end_of_line(body: str, index: int) -> int:
    """Return where the next line begins after the last sign before `index`, behind a comment that follows it."""
    written = len(body[:index].rstrip())
    ends = body.find("\n", written)
    return len(body) if ends < 0 else ends + 1


def _behind_comments(body: str, place: int, column: int) -> int:
    """Return where comments end that begin at `place` and, indented by more than the list, belong to its entry."""
    while found := re.compile(rf" {{{column + 1},}}#.*(\n|\Z)").match(body, place):
        place = found.end()
    return place


def _on_a_new_line(body: str, place: int, entry: str) -> str:
    return entry if place == 0 or body[place - 1] == "\n" else f"\n{entry}"


def _block(waiver: Waiver, remark: str, column: int) -> str:
    """Return the entry as lines of a list that is indented by some columns."""
    fields = _fields(waiver)
    first, *rest = [f"{name}: {value}" for name, value in fields]
    lines = [f"- {first}{f' # {remark}' if remark else ''}", *(f"  {each}" for each in rest)]
    return "".join(f"{' ' * column}{line}\n" for line in lines)


def _flow(waiver: Waiver) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in _fields(waiver)) + "}"


def _fields(waiver: Waiver) -> list[tuple[str, str]]:
    values = {
        "finding": waiver.finding,
        "level": waiver.level,
        "up-to": waiver.up_to,
        "reason": waiver.reason,
        "owner": waiver.owner,
        "until": waiver.until.isoformat(),
    }
    return [(name, json.dumps(value, ensure_ascii=False)) for name, value in values.items() if value]
