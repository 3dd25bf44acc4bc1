"""The few query forms the product uses, read and answered; every other query is refused, as Azure refuses a bad one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.azure_simulator.answers import Refusal, error

TABLES = ("resources", "networkresources", "resourcecontainers")
COLUMNS = frozenset(
    {
        *("id", "name", "type", "location", "kind", "sku", "properties"),
        *("subscriptionId", "resourceGroup", "etag", "tags"),
    }
)
_TOKEN = re.compile(r'\s*(?:(in~|=~|[|,()])|([A-Za-z_][\w-]*)|("[^"\\\n]*")|\Z)')
_EMPTY_TEXT = frozenset({"location", "kind"})
_RESOURCE_GROUP = re.compile("^/subscriptions/[^/]+/resourceGroups/([^/]+)/", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query understood. types, ids: in lower case, None where the query does not limit them."""

    table: str
    types: frozenset[str] | None
    ids: frozenset[str] | None
    columns: tuple[str, ...]
    ordered: bool


def parse(text: str) -> Query:
    """Return a query understood; raises Refusal for any form but those of the contract."""
    return _Reader(text).query()


def row(document: Mapping[str, Any], subscription: str, columns: tuple[str, ...]) -> dict[str, Any]:
    """Return the asked columns of a document, as Resource Graph shows them: what is absent is null or empty text."""
    return {column: _value(document, subscription, column) for column in columns}


def _value(document: Mapping[str, Any], subscription: str, column: str) -> object:
    match column:
        case "type":
            return str(document.get("type", "")).lower()
        case "subscriptionId":
            return subscription
        case "resourceGroup":
            found = _RESOURCE_GROUP.match(document["id"])
            return found.group(1).lower() if found else ""
        case _:
            value = document.get(column)
            return "" if value is None and column in _EMPTY_TEXT else value


class _Reader:
    """Reads one query, token by token."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._limits: dict[str, frozenset[str]] = {}

    def query(self) -> Query:
        """Read all of it."""
        table = self._one_of(TABLES)
        while self._next_is("|", "where"):
            self._where()
        columns = self._project()
        ordered = self._next_is("|", "order")
        if ordered:
            self._expect("order", "by", "id", "asc")
        if self._at < len(self._tokens):
            raise _invalid(self._tokens[self._at])
        limits = self._limits
        return Query(table=table, types=limits.get("type"), ids=limits.get("id"), columns=columns, ordered=ordered)

    def _where(self) -> None:
        """Read a limit of types or ids."""
        self._expect("where")
        column = self._one_of(tuple(each for each in ("type", "id") if each not in self._limits))
        if column == "type" and self._peek() == "=~":
            self._expect("=~")
            self._limits[column] = frozenset({self._text()})
            return
        self._expect("in~", "(")
        found = {self._text()}
        while self._peek() == ",":
            self._expect(",")
            found.add(self._text())
        self._expect(")")
        self._limits[column] = frozenset(found)

    def _project(self) -> tuple[str, ...]:
        """Read the columns."""
        self._expect("|", "project")
        columns = [self._one_of(COLUMNS)]
        while self._peek() == ",":
            self._expect(",")
            columns.append(self._one_of(COLUMNS - set(columns)))
        return tuple(columns)

    def _peek(self, ahead: int = 0) -> str:
        """Return a token that is still to be read, "" behind the last one."""
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else ""

    def _next_is(self, bar: str, word: str) -> bool:
        """Tell whether a bar and a word follow, and read the bar if they do."""
        found = (self._peek(), self._peek(1)) == (bar, word)
        self._at += found
        return found

    def _one_of(self, words: tuple[str, ...] | frozenset[str]) -> str:
        """Read one of some words."""
        found = self._peek()
        if not found or found not in words:
            raise _invalid(found)
        self._at += 1
        return found

    def _expect(self, *words: str) -> None:
        """Read just these tokens."""
        for word in words:
            self._one_of((word,))

    def _text(self) -> str:
        """Read a text and return it in lower case, without its quotes."""
        found = self._peek()
        if not found.startswith('"') or not found.strip('"'):
            raise _invalid(found)
        self._at += 1
        return found.strip('"').lower()


def _tokens(text: str) -> list[str]:
    """Return the tokens of a query; raises Refusal where there is none."""
    found: list[str] = []
    at = 0
    while match := _TOKEN.match(text, at):
        if match.end() == len(text) and not match.group().strip():
            return found
        found.append(match.group().strip())
        at = match.end()
    raise _invalid(text[at : at + 20].strip())


def _invalid(token: str) -> Refusal:
    """Return Azure's answer to a query it cannot read, with the token it stumbled over."""
    where = f"The query is invalid at '{token or '<EOF>'}': the simulator answers only the query forms of the product."
    details = [("InvalidQuery", "Query is invalid."), ("ParserFailure", where)]
    return Refusal(error(400, "BadRequest", "The query could not be read.", details=details))
