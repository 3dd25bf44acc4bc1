"""Reading ARM documents: nesting, flattening, spelling. Nothing past `auditor.estate` sees a raw document.

A value of the wrong type reads as absent where it decides nothing; where it may decide, it raises ValueError.
"""

from collections.abc import Mapping
from typing import Any

from auditor.estate.faults import inside
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
    """Return the texts of a list, or of a single text, without empty ones; none where it is absent or null.

    Raises ValueError where it holds anything else: dropping an entry could drop what decides.
    """
    entries = value if isinstance(value, list | tuple) else () if value is None else (value,)
    if not all(isinstance(each, str | int) and not isinstance(each, bool) for each in entries):
        raise ValueError("it is not a list of texts")
    return tuple(each for each in map(text, entries) if each)


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


def children(value: object) -> tuple[Mapping[str, Any], ...]:
    """Return the objects of a list, none where it is absent or null.

    Raises ValueError where it is no list of objects: dropping an entry could drop what decides.
    """
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(each, Mapping) for each in value):
        raise ValueError("it is not a list of objects")
    return tuple(value)


def any_objects(value: object) -> tuple[Mapping[str, Any], ...]:
    """Return whatever objects a list holds: to tell what a document is, never for what decides."""
    return tuple(each for each in value if isinstance(each, Mapping)) if isinstance(value, list | tuple) else ()


def objects(fields: Mapping[str, Any], field: str) -> tuple[Mapping[str, Any], ...]:
    """Return the objects of the list `field`, as `children` does, with the field in the text of a fault."""
    with inside(field):
        return children(fields.get(field))


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
    """Return the ARM id a `{"id": ...}` stub points to, as Azure spells it; "" where there is no stub.

    Raises ValueError where there is one that holds no id: it refers to something, and to what is not known.
    """
    if value is None:
        return ""
    found = value.get("id") if isinstance(value, Mapping) else None
    if not isinstance(found, str) or not found.strip("/"):
        raise ValueError('a reference is not of the form {"id": ...}')
    return found


def key(arm_id: str) -> str:
    """Return an ARM id in the form used to compare ids: lower case, no trailing slash."""
    return arm_id.lower().rstrip("/")


def kind_of(document: Document) -> str:
    """Return the ARM type in lower case."""
    return text(document.get("type")).lower()


def id_of(document: Mapping[str, Any]) -> str:
    """Return the ARM id of a document or child, as Azure spells it, without a trailing slash; "" where it has none."""
    return text(document.get("id")).rstrip("/")


def name_of(document: Mapping[str, Any]) -> str:
    """Return the name of a document or child; the last part of its id where it has none."""
    return text(document.get("name")) or id_of(document).rpartition("/")[2]


def parent_id(arm_id: str) -> str:
    """Return the ARM id of the parent resource: the id without its last type and name."""
    return "/".join(arm_id.rstrip("/").split("/")[:-2])
