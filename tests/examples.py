"""Writes the two example estates that ship with the product: `python -m tests.examples`.

Each file has one of the shapes in which Azure and its tools print resources, so that the examples show them all.
"""

import json
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.builders import Document
from tests.estates import compliant
from tests.violating import CONFIGURATION, violating

FOLDER = Path(__file__).parent.parent / "rules" / "examples"

_WIDTH = 120
_ONE_PER_LINE = frozenset({"routes", "securityRules", "rules"})
_WIDEST = 300
"""Limit of a line that holds a whole route or rule."""


def flattened(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return documents as `az` prints them, with properties at the top level of every resource and child."""
    if isinstance(value, list):
        return [flattened(each) for each in value]
    if not isinstance(value, dict):
        return value
    plain = {key: flattened(each) for key, each in value.items() if key != "properties"}
    if "properties" not in value:
        return plain
    body = flattened(value["properties"])
    return plain | (body if isinstance(body, dict) else {"properties": body})


def _wrapped(documents: list[Document]) -> object:
    """Return a page of a REST list."""
    return {"value": documents}


def _graph(documents: list[Document]) -> object:
    """Return what `az graph query` prints."""
    return {"count": len(documents), "data": documents, "skip_token": None, "total_records": len(documents)}


def _single(documents: list[Document]) -> object:
    """Return the only document, as a GET of one resource does."""
    (document,) = documents
    return document


def _plain(documents: list[Document]) -> object:
    """Return a plain list."""
    return documents


_SHAPES: Mapping[str, Callable[[list[Document]], object]] = {
    "virtual-networks.json": _wrapped,
    "route-tables.json": flattened,
    "network-security-groups.json": _single,
    "ip-groups.json": _single,
    "firewall-policies.json": _graph,
    "app-service-environments.json": _wrapped,
    "service-tags.json": _single,
}


def layout(value: Any, indent: int = 0, lead: int = 0, width: int = _WIDTH, key: str = "") -> str:  # noqa: ANN401
    """Return a JSON value as people write it: on one line where it fits, else an entry per line; plain lists filled.

    lead: columns that a key takes of the first line. width: limit of that line. key: under which the value stands;
    each route and each rule stands on one line, however long, and so does a reference by id.
    """
    line = json.dumps(value, ensure_ascii=False)
    whole = key in _ONE_PER_LINE and isinstance(value, list)
    stub = isinstance(value, dict) and [*value] == ["id"]
    if not value or not isinstance(value, dict | list) or stub or (indent + lead + len(line) <= width and not whole):
        return line
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        entries = [f'"{name}": {layout(each, indent + 2, len(name) + 4, key=name)}' for name, each in value.items()]
        return _block("{", entries, "}", indent)
    if any(isinstance(each, dict | list) for each in value):
        limit = _WIDEST if whole else _WIDTH
        return _block("[", [layout(each, indent + 2, width=limit) for each in value], "]", indent)
    text = ", ".join(json.dumps(each, ensure_ascii=False) for each in value)
    lines = textwrap.wrap(text, _WIDTH - indent - 2, break_long_words=False, break_on_hyphens=False)
    return "[\n" + "\n".join(inner + each for each in lines) + "\n" + " " * indent + "]"


def _block(opening: str, entries: list[str], closing: str, indent: int) -> str:
    """Return entries one below the other in brackets."""
    inner = " " * (indent + 2)
    return f"{opening}\n" + ",\n".join(inner + each for each in entries) + "\n" + " " * indent + closing


def examples() -> dict[str, str]:
    """Return the text of every file of the examples, by its path under rules/examples."""
    files = {"violating/auditor.yaml": CONFIGURATION}
    for folder, estate in (("compliant", compliant()), ("violating", violating())):
        for name, documents in estate.items():
            files[f"{folder}/{name}"] = layout(_SHAPES.get(name, _plain)(documents)) + "\n"
    return files


def main() -> None:
    """Write every file, and take away those that are no longer made."""
    wanted = examples()
    for old in FOLDER.rglob("*"):
        if old.is_file() and old.relative_to(FOLDER).as_posix() not in wanted:
            old.unlink()
    for name, text in wanted.items():
        file = FOLDER / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
