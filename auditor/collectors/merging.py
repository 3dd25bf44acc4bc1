"""Documents of many files and sources made one: a resource once, and a contradiction never decided by luck."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from auditor.collectors.documents import Named
from auditor.estate import arm
from auditor.findings import Gap

Copy = tuple[str, dict[str, Any]]
"""A document with the name of the file it came from."""

_SAYS_NOTHING = frozenset({"etag", "resourceGroup", "subscriptionId", "systemData", "tags", "tenantId"})
_WRITTEN_FREELY = frozenset({"kind", "location", "type"})


class OneSource:
    """The documents of one SOURCE: what agrees is one document, what does not is a gap."""

    def __init__(self) -> None:
        self._first: dict[str, Copy] = {}
        self._more: dict[str, list[Copy]] = {}
        self.named: dict[str, tuple[str, Named]] = {}

    def add(self, name: str, documents: Iterable[dict[str, Any]], named: Iterable[Named]) -> None:
        """Add what the file `name` holds."""
        first = self._first
        for document in documents:
            copy = (name, document)
            key = arm.key(document["id"])
            if first.setdefault(key, copy) is not copy:
                self._more.setdefault(key, []).append(copy)
        for each in named:
            key = arm.key(each.id)
            self.named[key] = min(self.named.get(key, (name, each)), (name, each), key=lambda pair: pair[0])

    def settled(self) -> Iterator[tuple[str, dict[str, Any] | Gap]]:
        """Yield, by id in comparing form, each document or the gap its copies leave."""
        for key, (_, document) in self._first.items():
            yield key, (_agreed([self._first[key], *self._more[key]]) if key in self._more else document)


class AllSources:
    """What several SOURCEs hold together: on the same id a later one wins."""

    def __init__(self) -> None:
        self._settled: dict[str, dict[str, Any] | Gap] = {}
        self._named: dict[str, tuple[str, Named]] = {}

    def add(self, source: OneSource) -> None:
        """Add a source that wins over those before it."""
        self._settled.update(source.settled())
        self._named.update(source.named)

    def resources(self) -> tuple[dict[str, Any], ...]:
        """Return the documents, in order of id."""
        return tuple(each for _, each in sorted(self._settled.items()) if not isinstance(each, Gap))

    def gaps(self) -> list[Gap]:
        """Return what contradicts itself, and what is named without being described anywhere."""
        gaps = [each for each in self._settled.values() if isinstance(each, Gap)]
        for key, (name, named) in self._named.items():
            if key not in self._settled:
                gaps.append(_only_named(name, named))
        return gaps


def _agreed(copies: list[Copy]) -> dict[str, Any] | Gap:
    """Return the document all copies agree on, or the gap they leave; whatever order they come in."""
    documents = [document for _, document in copies]
    try:
        written = {msgspec.json.encode(each, order="sorted"): each for each in documents}
        if len({msgspec.json.encode(essence(each), order="sorted") for each in written.values()}) == 1:
            return written[min(written)]
    except RecursionError:
        pass  # nested so deeply that they cannot be compared: then they are not known to agree
    types = {document["type"] for document in documents}
    names = ", ".join(sorted({name for name, _ in copies}))
    name = min(document["name"] for document in documents)
    return Gap(
        what=types.pop() if len(types) == 1 else "*",
        scope=min(document["id"] for document in documents),
        why=f"{name} is there {len(copies)} times with different content, in {names}",
        needs="keep the newest copy only",
    )


def _only_named(name: str, named: Named) -> Gap:
    """Return the gap a resource leaves that is listed without its properties."""
    return Gap(
        what=named.type,
        scope=named.id,
        why=f"{name} names it without its properties, as `az resource list` does",
        needs="the resource itself: `az resource show --ids ... -o json`, or properties in the Resource Graph query",
    )


def essence(value: object) -> object:
    """Return what a document says, whichever way it was read: flat or nested, null or absent, any spelling of ids."""
    if isinstance(value, list):
        return [essence(each) for each in value]
    if isinstance(value, str):
        return value.lower() if value[:15].lower() == "/subscriptions/" else value
    if not isinstance(value, dict):
        return value
    nested = value.get("properties")
    flat = {**nested, **value} if isinstance(nested, dict) else value
    kept = {}
    for key, each in flat.items():
        if key in _SAYS_NOTHING or each is None or each == "" or (key == "properties" and each is nested):
            continue
        freely = key in _WRITTEN_FREELY and isinstance(each, str)
        kept[key] = each.lower().replace(" ", "") if freely else essence(each)
    return kept
