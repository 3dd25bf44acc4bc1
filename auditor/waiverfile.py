"""The waivers of auditor.yaml, and of a file of their own, into values. rules/waivers.schema.json describes both.

Pure and quick: the JSON Schema is for editors and tests, which hold it equal to what is refused here.
"""

import re
from collections.abc import Collection
from datetime import date
from typing import TypeVar

from auditor.configtext import fields_of, parse_day
from auditor.errors import ConfigError
from auditor.nearest import nearest
from auditor.waivers import Waiver
from auditor.yamltext import Fields, kind, load_yaml, shown

EXPIRED = "expired-waiver"
"""The check under which waivers that have passed their date are filed; it cannot be waived."""

_PATTERNS = ("check", "workload", "resource", "requirement")
_BOUNDS = ("level", "up-to")
_FIELDS = ("finding", *_BOUNDS, *_PATTERNS, "reason", "owner", "until")
FINDING = re.compile(r"[0-9a-f]{16}")
"""The id of a finding, as a report shows it."""
_LEVELS = ("error", "warning", "note")
_SIGNS = frozenset("*?[")
_LONGEST = 1000
_MOST = 1_000_000
_Value = TypeVar("_Value", str, int)


def parse_waivers(text: bytes | str, place: str, checks: Collection[str] | None = None) -> tuple[Waiver, ...]:
    """Return the waivers written in `text`, a file of their own; an empty one holds none.

    place: what to call the file in messages. checks: the ids there are; None to take any. Raises ConfigError.
    """
    document = load_yaml(text, place, ConfigError)
    return waivers_in(fields_of({} if document is None else document, place, ("waivers",)), checks)


def waivers_in(top: Fields, checks: Collection[str] | None = None) -> tuple[Waiver, ...]:
    """Return the waivers in the field `waivers` of a document, none where it is absent. Raises ConfigError."""
    values = top.values.get("waivers")
    if values is None:  # as where the last entry was deleted
        return ()
    if not isinstance(values, list):
        raise top.fault("waivers", f"expected a list, not {kind(values)}; write one entry per waiver, each after '- '")
    places = (f"{top.place}: waivers[{number}]" for number in range(1, len(values) + 1))
    return tuple(_waiver(fields_of(value, place, _FIELDS), checks) for value, place in zip(values, places, strict=True))


def _waiver(fields: Fields, checks: Collection[str] | None) -> Waiver:
    finding = _finding(fields)
    patterns = {key: _patterns(fields, key) for key in _PATTERNS}
    if not finding and not any(patterns.values()):
        raise fields.error(
            f"{fields.place}: says nothing of what it waives; add finding, or one of {', '.join(_PATTERNS)}"
        )
    for check in patterns["check"]:
        _check(fields, check, checks)
    return Waiver(
        finding=finding,
        level=_level(fields),
        up_to=_up_to(fields),
        checks=patterns["check"],
        workloads=patterns["workload"],
        resources=patterns["resource"],
        requirements=patterns["requirement"],
        reason=_sentence(fields, "reason"),
        owner=_sentence(fields, "owner"),
        until=_until(fields),
    )


def _finding(fields: Fields) -> str:
    if "finding" not in fields:
        return ""
    if beside := [key for key in _PATTERNS if key in fields]:
        raise fields.fault("finding", f"names one finding by itself; leave out {', '.join(beside)}")
    finding = fields.text("finding")
    if not FINDING.fullmatch(finding):
        raise fields.fault(
            "finding", f'"{shown(finding)}" is not the id of a finding; a report shows it, 16 signs long'
        )
    return finding


def _level(fields: Fields) -> str:
    if "level" not in fields:
        return ""
    return _bound(fields, "level", fields.text("level", one_of=_LEVELS))


def _up_to(fields: Fields) -> int:
    if "up-to" not in fields:
        return 0
    number = fields.values["up-to"]
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= _MOST:
        raise fields.fault("up-to", f"expected a number of requirements, from 1 to {_MOST}")
    return _bound(fields, "up-to", number)


def _bound(fields: Fields, key: str, value: _Value) -> _Value:
    """Return what a waiver says of how bad its finding may be. Raises ConfigError where it names no one finding."""
    if "finding" not in fields:
        raise fields.fault(key, "bounds one finding, named by its id; add finding or leave it out")
    return value


def _patterns(fields: Fields, key: str) -> tuple[str, ...]:
    """Return one pattern or a list of them, each once and in order; none where the field is absent."""
    if key not in fields:
        return ()
    if isinstance(fields.values[key], list):
        patterns = fields.texts(key)
        if not patterns:
            raise fields.fault(key, "expected text or a list of texts, not an empty list; leave it out")
    else:
        patterns = (fields.text(key),)
    for pattern in patterns:
        if len(pattern) > _LONGEST:
            raise fields.fault(key, f'"{shown(pattern)}" is longer than {_LONGEST} characters; write a shorter pattern')
    return tuple(sorted(set(patterns)))


def _check(fields: Fields, check: str, checks: Collection[str] | None) -> None:
    if check == EXPIRED:
        raise fields.fault("check", f"{EXPIRED} cannot be waived; renew or delete the waiver that has expired")
    if checks is not None and check not in checks and not _SIGNS & set(check):
        hint = nearest(check, checks) or "; `auditor explain` lists them"
        raise fields.fault("check", f'there is no check "{shown(check)}"{hint}')


def _sentence(fields: Fields, key: str) -> str:
    """Return a text in one line."""
    text = fields.text(key)
    if len(text) > _LONGEST:
        raise fields.fault(key, f'"{shown(text)}" is longer than {_LONGEST} characters; point to a ticket instead')
    return " ".join(text.split())


def _until(fields: Fields) -> date:
    try:
        return parse_day(fields.text("until"))
    except ValueError as fault:
        raise fields.fault("until", str(fault)) from None
