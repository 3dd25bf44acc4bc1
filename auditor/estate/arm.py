"""Reading ARM documents: nesting, flattening, spelling. Nothing past `auditor.estate` sees a raw document.

Every function takes whatever JSON holds and never raises on a wrong shape: a value of the wrong type reads as absent.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.estate.snapshot import Document

_TOO_LONG = 20
"""Digits of a number that no field of Azure needs."""


def properties(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the properties of a document or nested child, nested as ARM does or flattened as `az` does."""
    nested = document.get("properties")
    return nested if isinstance(nested, Mapping) else document


def text(value: object) -> str:
    """Return `value` if it is text, a number as its digits, else ""."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list, or of a single text, without empty ones."""
    if isinstance(value, list | tuple):
        return tuple(each for each in map(text, value) if each)
    single = text(value)
    return (single,) if single else ()


def flag(value: object, *, default: bool) -> bool:
    """Return a JSON boolean, or its usual spellings as text; `default` where absent."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(text(value).lower(), default)


def whole_number(value: object) -> int | None:
    """Return a whole number written as one, or as text; None otherwise."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    digits = text(value)
    return int(digits) if digits.isdecimal() and len(digits) < _TOO_LONG else None


def children(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list; nothing where it is no list."""
    if isinstance(value, list | tuple):
        yield from (each for each in value if isinstance(each, Mapping))


def objects(fields: Mapping[str, Any], field: str) -> tuple[Mapping[str, Any], ...]:
    """Return the objects of a list that decides, empty where it is absent or null.

    Raises ValueError where it is no list of objects: dropping an entry could drop the rule that decides.
    """
    value = fields.get(field)
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(each, Mapping) for each in value):
        raise ValueError(f"{field} is not a list of objects")
    return tuple(value)


def required_objects(fields: Mapping[str, Any], field: str) -> tuple[Mapping[str, Any], ...]:
    """Return the objects of a list that Azure always returns.

    Raises ValueError where it is absent: absent is not empty (J3).
    """
    if fields.get(field) is None:
        raise ValueError(f"it has no {field}; read the whole resource, with its properties")
    return objects(fields, field)


def mapping(value: object) -> Mapping[str, Any]:
    """Return an object, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def reference(value: object) -> str:
    """Return the ARM id a `{"id": ...}` stub points to, as Azure spells it; "" where there is none."""
    return text(mapping(value).get("id"))


def key(arm_id: str) -> str:
    """Return an ARM id in the form used to compare ids: lower case, no trailing slash."""
    return arm_id.lower().rstrip("/")


def kind_of(document: Document) -> str:
    """Return the ARM type in lower case."""
    return text(document.get("type")).lower()


def name_of(document: Mapping[str, Any]) -> str:
    """Return the name of a document or child; the last part of its id where it has none."""
    return text(document.get("name")) or text(document.get("id")).rpartition("/")[2]


def parent_id(arm_id: str) -> str:
    """Return the ARM id of the parent resource: the id without its last type and name."""
    return "/".join(arm_id.rstrip("/").split("/")[:-2])
