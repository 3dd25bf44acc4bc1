"""What is served: the documents of a snapshot, by id and by type, and which subscriptions can be read."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

Document = Mapping[str, Any]

_SUBSCRIPTION = re.compile("^/subscriptions/([^/]+)/?$", re.IGNORECASE)
_IN_SUBSCRIPTION = re.compile("^/subscriptions/([^/]+)(?:/|$)", re.IGNORECASE)
_MANAGEMENT_GROUP = re.compile("^/providers/Microsoft.Management/managementGroups/([^/]+)/?$", re.IGNORECASE)
_NETWORK_RESOURCES = frozenset(
    f"microsoft.network/{name}"
    for name in (
        "firewallpolicies/rulecollectiongroups",
        "effectivesecurityadminrules",
        "networkmanagers/securityadminconfigurations/rulecollections/rules/snapshots",
    )
)
_PROVIDERS = ("microsoft.network", "microsoft.web")
_PROVIDER_AND_TYPE = 2

ROOT_GROUP = "root"
"""The management group that is there when the snapshot's scope names none."""


class Row(NamedTuple):
    """A document with its id and, in lower case, its subscription."""

    id: str
    subscription: str
    document: Document


class Documents:
    """The documents of one snapshot.

    All in lower case. by_id: by id; by_type: by type; by_place: by type and subscription; each list in order of id.
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        self.by_id: dict[str, Document] = {}
        self.by_type: dict[str, list[Row]] = {}
        self.by_place: dict[tuple[str, str], list[Row]] = {}
        for document in documents:
            key = document["id"].lower().rstrip("/")
            self.by_id[key] = document
            row = Row(document["id"], subscription_of(key) or "", document)
            self.by_type.setdefault(document["type"].lower(), []).append(row)
        for kind, rows in self.by_type.items():
            rows.sort(key=attrgetter("id"))
            for row in rows:
                self.by_place.setdefault((kind, row.subscription), []).append(row)

    def rows(self, table: str, types: frozenset[str] | None) -> Iterable[Row]:
        """Yield the rows of a table of Resource Graph, of the given types in lower case or of all."""
        for kind in self.by_type if types is None else sorted(types & self.by_type.keys()):
            if table_of(kind) == table:
                yield from self.by_type[kind]

    def child(self, key: str) -> Document | None:
        """Return a child that stands inside the document of its parent, such as a subnet; None if there is none."""
        parent = self.by_id.get("/".join(key.split("/")[:-2]))
        collection = key.split("/")[-2] if parent else ""
        properties = parent.get("properties") if parent else None
        for name, children in (properties or {}).items():
            if name.lower() == collection and isinstance(children, list):
                for each in children:
                    if isinstance(each, Mapping) and str(each.get("id", "")).lower().rstrip("/") == key:
                        kind = f"{parent['type']}/{name}" if parent else ""
                        return {"name": each["id"].rstrip("/").rpartition("/")[2], "type": kind, **each}
        return None


class Served:
    """One tenant.

    snapshot: what ARM answers from, as `snapshot/1`; graph_snapshot: what Resource Graph answers from, if another one.
    management_groups: the subscriptions below each; where absent, every group the scope names holds all of them.
    """

    def __init__(
        self,
        snapshot: Mapping[str, Any],
        graph_snapshot: Mapping[str, Any] | None = None,
        management_groups: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.arm = Documents(snapshot["resources"])
        self.graph = self.arm if graph_snapshot is None else Documents(graph_snapshot["resources"])
        self.service_tags = {location_key(name): tags for name, tags in snapshot["service_tags"].items()}
        closed = [found for gap in snapshot["gaps"] if (found := _SUBSCRIPTION.match(gap["scope"]))]
        self.closed = frozenset(found.group(1).lower() for found in closed)
        spelled = [found.group(1) for found in map(_SUBSCRIPTION.match, snapshot["scope"]) if found]
        spelled += [found.group(1) for found in closed]
        rows = (row for documents in (self.arm, self.graph) for rows in documents.by_type.values() for row in rows)
        by_key = {row.subscription: row.id for row in rows if row.subscription}
        spelled += [each.split("/")[2] for each in by_key.values()]
        self.subscriptions = {each.lower(): each for each in sorted(spelled)}
        self.readable = tuple(each for each in self.subscriptions if each not in self.closed)
        groups = [found.group(1) for found in map(_MANAGEMENT_GROUP.match, snapshot["scope"]) if found]
        everything = {group: tuple(self.subscriptions.values()) for group in groups or [ROOT_GROUP]}
        named = everything if management_groups is None else management_groups
        self.management_groups = {group.lower(): (group, tuple(below)) for group, below in named.items()}


def table_of(kind: str) -> str | None:
    """Return the table of Resource Graph that has the rows of a type, in lower case; None where none has (Q1 - Q3)."""
    if kind in _NETWORK_RESOURCES:
        return "networkresources"
    parts = kind.split("/")
    return "resources" if len(parts) == _PROVIDER_AND_TYPE and parts[0] in _PROVIDERS else None


def subscription_of(arm_id: str) -> str | None:
    """Return, in lower case, the subscription an id or a path lies in; None for what lies in none."""
    found = _IN_SUBSCRIPTION.match(arm_id)
    return found.group(1).lower() if found else None


def location_key(location: str) -> str:
    """Return a location in the form used to compare: `West Europe` is `westeurope`."""
    return location.replace(" ", "").lower()


def with_etag(document: Document) -> Document:
    """Return a document of a network resource with an etag, made from its content where the snapshot has none."""
    if document.get("etag") or not str(document.get("type", "")).lower().startswith("microsoft.network/"):
        return document
    digest = hashlib.sha256(msgspec.json.encode(document)).hexdigest()
    return {**document, "etag": f'W/"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"'}


def aged(document: Document) -> Document:
    """Return a document as it was before its last change: without the last entry of its first list, another etag."""
    properties = dict(document.get("properties") or {})
    for name in sorted(properties):
        if isinstance(properties[name], list) and properties[name]:
            properties[name] = properties[name][:-1]
            break
    return with_etag({**document, "etag": None, "properties": properties})
