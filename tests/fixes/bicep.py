"""What the Bicep of a fix sets, read by the small part of the language that the fixes are written in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.examples import flattened
from tests.fixes.settings import Steps, declared, declared_part

_RESOURCE = re.compile(r"^resource (\w+) 'Microsoft\.\w+/([\w/]+)@[\d-]+' (existing )?= ", re.MULTILINE)
_TOKEN = re.compile(r"\s*(?://[^\n]*\s*)*(?:'(?P<text>[^'\n]*)'|(?P<sign>[{}\[\]])|(?P<key>\w+):|(?P<other>[^\n]+))")


@dataclass(frozen=True, slots=True)
class _Resource:
    """A resource that is declared, or exists. kind: its type without the provider."""

    kind: str
    exists: bool
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Reference:
    """An expression, such as policy.id."""

    text: str


def bicep_steps(text: str, address: str) -> Steps:
    """Return what deploying the text does. address: of the firewall, for which expressions may stand."""
    resources = {
        found[1]: _Resource(found[2], bool(found[3]), _value(text, found.end())[0])
        for found in _RESOURCE.finditer(text)
    }
    names = {symbol: each.body["name"] for symbol, each in resources.items()}
    steps: Steps = []
    for each in resources.values():
        if not each.exists:
            body = flattened(_resolved(each.body, names, address))
            steps += _steps(each.kind, body)
    return steps


def _steps(kind: str, body: Mapping[str, Any]) -> Steps:
    outer, _, inner = kind.partition("/")
    if inner and inner != "ruleCollectionGroups":
        return declared_part(outer, body["parent"], body)
    return declared(inner or outer, body["name"], body)


def _resolved(value: Any, names: Mapping[str, str], address: str) -> Any:  # noqa: ANN401 - any value of Bicep
    """Return a value with names, and the address of the firewall, for its expressions."""
    if isinstance(value, dict):
        return {key: _resolved(each, names, address) for key, each in value.items()}
    if isinstance(value, list):
        return [_resolved(each, names, address) for each in value]
    if not isinstance(value, _Reference):
        return value
    if value.text.endswith(".privateIPAddress"):
        return address
    return names.get(value.text.removesuffix(".id"), value.text)


def _value(text: str, start: int) -> tuple[Any, int]:
    """Return the value that begins at a place, and where it ends."""
    token = _token(text, start)
    if token["sign"] == "{":
        return _object(text, token.end())
    if token["sign"] == "[":
        return _array(text, token.end())
    if token["text"] is not None:
        return token["text"], token.end()
    return _word((token["key"] or token["other"]).partition("//")[0].strip()), token.end()


def _word(text: str) -> int | bool | _Reference:
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if text.isdecimal() else _Reference(text)


def _object(text: str, start: int) -> tuple[dict[str, Any], int]:
    fields: dict[str, Any] = {}
    while (token := _token(text, start))["sign"] != "}":
        fields[token["key"]], start = _value(text, token.end())
    return fields, token.end()


def _array(text: str, start: int) -> tuple[list[Any], int]:
    values: list[Any] = []
    while (token := _token(text, start))["sign"] != "]":
        value, start = _value(text, start)
        values.append(value)
    return values, token.end()


def _token(text: str, start: int) -> re.Match[str]:
    found = _TOKEN.match(text, start)
    assert found, text[start : start + 40]
    return found
