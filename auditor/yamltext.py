"""YAML text into plain values, and fields out of them, with faults that name the place and what to write instead.

Only `true`, `false`, `null` and whole numbers mean anything but text: no dates, no `on` or `off`, no 1.10 that becomes
1.1. A key given twice is a fault, since one of the two would be lost in silence; so are anchors and tags, which no
document of ours needs. Built from the parser's events rather than its nodes: those crash on deep nesting.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from auditor.errors import AuditorError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the fast one needs libyaml
_DEEPEST = 20
_LONGEST_SHOWN = 60
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_PROPER = "put text that starts with * & ! % @ or holds ': ' in quotes"


def load_yaml(text: bytes | str, place: str, error: type[AuditorError]) -> object:
    """Return the value of a YAML document: dicts, lists, text, whole numbers, booleans, None.

    place: what to call the document in messages, such as its file name. Raises `error` if it is not valid YAML.
    """
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8-sig")
        events = yaml.parse(decoded, Loader=_LOADER)
        next(events)  # the start of the stream
        if isinstance(next(events), yaml.StreamEndEvent):
            return None
        value = _value(next(events), events, 0)
        next(events)  # the end of the document
        if not isinstance(more := next(events), yaml.StreamEndEvent):
            raise _fault("a second document begins; keep one per file", more)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark
        where = "" if mark is None else f" line {mark.line + 1}, column {mark.column + 1}:"
        hint = "" if isinstance(fault, _Unwanted) else f"; {_PROPER}"
        raise error(f"{place}:{where} {fault.problem or 'not valid YAML'}{hint}") from None
    except UnicodeDecodeError as fault:
        raise error(f"{place}: byte {fault.start + 1} is not UTF-8; save the file as UTF-8") from None
    except (yaml.YAMLError, UnicodeEncodeError):
        raise error(f"{place}: not readable as YAML; remove control characters and save the file as UTF-8") from None
    return value


class _Unwanted(yaml.MarkedYAMLError):
    """Valid YAML that we do not want; its problem says what to do."""


def _fault(problem: str, event: Any) -> _Unwanted:  # noqa: ANN401 - see _value
    return _Unwanted(None, None, problem, event.start_mark)


def _value(event: Any, events: Iterator[Any], depth: int) -> object:  # noqa: ANN401 - PyYAML's stubs lack fields
    """Return the value that `event` begins."""
    if depth > _DEEPEST:
        raise _fault(f"nested too deeply; {_DEEPEST} levels are enough", event)
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise _fault(f"anchors (&) and aliases (*) are not supported; write the value out, or {_PROPER}", event)
    if event.tag is not None:
        raise _fault(f"tags (!) are not supported; {_PROPER}", event)
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event)
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(events, depth)
    items: list[object] = []
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        items.append(_value(event, events, depth + 1))
    return items


def _scalar(event: Any) -> object:  # noqa: ANN401 - see _value
    text: str = event.value
    is_plain, _ = event.implicit
    if not is_plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _NUMBER.fullmatch(text) else text


def _mapping(events: Iterator[Any], depth: int) -> dict[object, object]:
    values: dict[object, object] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _value(event, events, depth + 1)
        if isinstance(key, list | dict):
            raise _fault("a list or mapping cannot be a name; write name: value", event)
        if key in values:
            raise _fault(f'"{shown(str(key))}" is given twice; keep one of them', event)
        values[key] = _value(next(events), events, depth + 1)
    return values


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one mapping of a YAML document.

    place: what to call the mapping in messages: "auditor.yaml" or "auditor.yaml: waivers[2]".
    error: what every fault is raised as.
    """

    place: str
    values: Mapping[str, object]
    error: type[AuditorError]

    @classmethod
    def of(cls, value: object, place: str, error: type[AuditorError], known: Iterable[str] | None = None) -> "Fields":
        """Return the fields of `value`, which must be a mapping from text and hold none but the `known` keys."""
        if not isinstance(value, dict):
            raise error(f"{place}: expected fields (name: value), not {kind(value)}")
        for key in value:
            if not isinstance(key, str):
                raise error(f"{place}: a name must be text, not {kind(key)}; put it in quotes")
            if known is not None and key not in known:
                raise error(f'{place}: unknown field "{shown(key)}"; known here: {", ".join(known)}')
        return cls(place, value, error)

    def __contains__(self, key: str) -> bool:
        """Whether the field is there."""
        return key in self.values

    def fault(self, key: str, message: str) -> AuditorError:
        """Return the error to raise about field `key`."""
        return self.error(f"{self.place}: {key}: {message}")

    def text(self, key: str, default: str | None = None, *, one_of: Iterable[str] | None = None) -> str:
        """Return a text, `default` if the field is absent; required where there is no default."""
        if key not in self.values and default is not None:
            return default
        value = self._required(key)
        if not isinstance(value, str) or not value.strip():
            raise self.fault(key, f"expected text, not {kind(value)}; write it in quotes")
        if one_of is not None and value not in one_of:
            raise self.fault(key, f'"{shown(value)}" is not known; write one of {", ".join(one_of)}')
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, empty if the field is absent."""
        if key not in self.values:
            return ()
        values = self.values[key]
        if not isinstance(values, list):
            raise self.fault(key, f"expected a list, not {kind(values)}; write one row per line, each after '- '")
        for number, value in enumerate(values, 1):
            if not isinstance(value, str) or not value.strip():
                raise self.fault(f"row {number} of {key}", f"expected text, not {kind(value)}; write it in quotes")
        return tuple(values)

    def numbers(self, key: str) -> tuple[int, ...]:
        """Return a list of whole numbers."""
        values = self._required(key)
        if not isinstance(values, list) or any(type(value) is not int for value in values) or not values:
            raise self.fault(key, "expected a list of whole numbers, as in [454, 455]")
        return tuple(values)

    def yes(self, key: str) -> bool:
        """Return true or false; false if the field is absent."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self.fault(key, f"expected true or false, not {kind(value)}")
        return value

    def section(self, key: str, known: Iterable[str] | None = None) -> "Fields":
        """Return the fields of a nested mapping; none if it is absent."""
        return Fields.of(self.values.get(key, {}), f"{self.place}: {key}", self.error, known)

    def sections(self, key: str, known: Iterable[str]) -> tuple["Fields", ...]:
        """Return a list of mappings, empty if the field is absent."""
        values = self.values.get(key, [])
        if not isinstance(values, list):
            raise self.fault(key, f"expected a list, not {kind(values)}")
        places = (f"{self.place}: {key}[{number}]" for number in range(1, len(values) + 1))
        return tuple(Fields.of(value, place, self.error, known) for value, place in zip(values, places, strict=True))

    def _required(self, key: str) -> object:
        if key not in self.values:
            raise self.error(f"{self.place}: the field {key} is missing; add it")
        return self.values[key]


def kind(value: object) -> str:
    """Say in words what a value is, without repeating what may be long or hostile."""
    match value:
        case None | "":
            return "nothing"
        case bool():
            return "true or false"
        case int():
            return f"the number {value}"
        case str():
            return f'"{shown(value)}"'
        case list():
            return "a list"
        case _:
            return "fields"


def shown(text: str) -> str:
    """Return a text fit for a one-line message: printable, and cut where it is long."""
    clean = "".join(char if char.isprintable() else "?" for char in text)
    return clean if len(clean) <= _LONGEST_SHOWN else f"{clean[:_LONGEST_SHOWN]}..."
