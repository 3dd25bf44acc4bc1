"""One ARM document in any of its spellings, made into the one the estate reads.

Azure nests what a resource is set to under `properties`; `az` flattens it to the top level; PSRule's export spells the
top level in capitals and puts child resources under `resources`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from auditor.collectors.needed import needed_spelling, type_of_id
from auditor.collectors.unreadable import Unreadable, quoted
from auditor.estate import arm

_TOP_LEVEL = frozenset(
    {
        "apiVersion",
        "etag",
        "extendedLocation",
        "id",
        "identity",
        "kind",
        "location",
        "managedBy",
        "name",
        "plan",
        "properties",
        "resourceGroup",
        "sku",
        "systemData",
        "tags",
        "type",
        "zones",
    }
)
_SAYS_NOTHING = frozenset({"changedTime", "createdTime", "provisioningState", "subscriptionId", "tenantId"})
_NAMES_IT = _TOP_LEVEL | {"resourceId", "resourceName", "resourceType", "subnet", "subscriptionId"}
_EXPORT_AGAIN = "export it again with `az ... show -o json` or `az ... list -o json`"


@dataclass(frozen=True, slots=True)
class Named:
    """A resource of a needed type that is named but not described: an entry of `az resource list`, say."""

    id: str
    type: str


def describes(keys: Iterable[str]) -> bool:
    """Tell whether an object with these keys, none of them null, says what a resource is set to, not only names it."""
    return any(key in {"properties", "Properties"} or not _only_names(key) for key in keys)


def _only_names(key: str) -> bool:
    return key in _TOP_LEVEL or key[:1].lower() + key[1:] in _NAMES_IT or key in _SAYS_NOTHING


def looks_like_resource(raw: dict[str, Any]) -> bool:
    """Tell whether an object means to be an ARM resource."""
    return "id" in raw or "Id" in raw or "ResourceId" in raw or ("name" in raw and "/" in arm.text(raw.get("type")))


def read_documents(raw: dict[str, Any]) -> Iterator[dict[str, Any] | Named]:
    """Yield the document in `raw`, and the child resources an export put into it; nothing for types not needed.

    Raises Unreadable where it cannot be told which resource it is.
    """
    kind, properties = raw.get("type"), raw.get("properties")
    if type(kind) is str and type(properties) is dict and type(raw.get("name")) is str:
        # The way Azure itself answers, and nearly every document of a large source.
        spelling = needed_spelling(kind)
        arm_id = raw.get("id")
        if spelling is not None and type(arm_id) is str and arm_id:
            raw["type"] = spelling
            yield raw
            return
    if "id" not in raw and ("Id" in raw or "ResourceId" in raw):
        yield from _exported(raw)
        return
    document = _document(raw)
    if document is not None:
        yield document


def _document(raw: dict[str, Any]) -> dict[str, Any] | Named | None:
    """Return the document in `raw` with id, name, type and properties in place; None if its type is not needed."""
    stated = arm.text(raw.get("type"))
    if "/" in stated and needed_spelling(stated) is None:
        return None
    arm_id, kind, name = _identity(raw)
    spelling = needed_spelling(kind)
    if spelling is None:
        return None
    properties = raw.get("properties")
    if properties is not None and not isinstance(properties, dict):
        raise Unreadable(f'the properties of "{quoted(arm_id)}" are no object', _EXPORT_AGAIN, what=spelling)
    if properties is None:
        properties = {key: value for key, value in raw.items() if key not in _TOP_LEVEL}
        if all(value is None or key in _SAYS_NOTHING for key, value in properties.items()):
            return Named(id=arm_id, type=spelling)
    document = {key: value for key, value in raw.items() if key in _TOP_LEVEL}
    return document | {"id": arm_id, "name": name, "type": spelling, "properties": properties}


def _identity(raw: dict[str, Any]) -> tuple[str, str, str]:
    """Return id, type and name, completing type and name from the id."""
    arm_id, kind, name = raw.get("id"), raw.get("type"), raw.get("name")
    label = quoted(arm.text(name) or arm.text(kind))
    if arm_id is None or arm_id == "":
        what = needed_spelling(kind) if isinstance(kind, str) else None
        raise Unreadable(f'resource "{label}" has no id', _EXPORT_AGAIN, what=what or "*")
    if not isinstance(arm_id, str):
        raise Unreadable(f'the id of resource "{label}" is not text', _EXPORT_AGAIN)
    if not isinstance(kind, str) or "/" not in kind:
        kind = type_of_id(arm_id)
    if not kind:
        reason = f'"{quoted(arm_id)}" has no type, and its id is not that of an Azure resource'
        raise Unreadable(reason, _EXPORT_AGAIN, hides=None)
    return arm_id, kind, name if isinstance(name, str) and name else arm_id.rstrip("/").rpartition("/")[2]


def _exported(raw: dict[str, Any]) -> Iterator[dict[str, Any] | Named]:
    """Yield the document of a PSRule export and, after it, those of its children."""
    folded = _folded(raw)
    children = folded.pop("resources", None)
    document = _document(folded)
    if document is not None:
        yield document
    for child in children if isinstance(children, list) else ():
        if not isinstance(child, dict):
            raise Unreadable(f'"{quoted(folded["id"])}" has a child that is no object', _EXPORT_AGAIN)
        of_child = _document(_folded(child, parent=folded))
        if of_child is not None:
            yield of_child


def _folded(raw: dict[str, Any], parent: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a document of an export with Azure's spelling of the top level; a child's id completed by its parent's."""
    if "Properties" not in raw and "properties" not in raw:
        label = quoted(arm.text(raw.get("Id")) or arm.text(raw.get("Name")))
        raise Unreadable(f'"{label}" is output of Azure PowerShell, which is not read', _EXPORT_AGAIN)
    folded: dict[str, Any] = {}
    for key, value in raw.items():
        spelled = key[:1].lower() + key[1:]
        if key == spelled or folded.get(spelled) is None:
            folded[spelled] = value if value is not None else folded.get(spelled)
    for key, long in (("id", "resourceId"), ("name", "resourceName"), ("type", "resourceType")):
        folded[key] = folded.get(key) or folded.get(long)
    if isinstance(folded.get("sku"), dict):
        folded["sku"] = {key[:1].lower() + key[1:]: value for key, value in folded["sku"].items()}
    if not folded["id"] and parent is not None:
        folded["id"] = _id_under(parent, folded["type"], folded["name"])
    return folded


def _id_under(parent: dict[str, Any], kind: object, name: object) -> str | None:
    """Return the id of a child of `parent`, or None where type or name do not say that it is one."""
    if not isinstance(kind, str) or not isinstance(name, str) or not isinstance(parent["id"], str):
        return None
    above, _, last = kind.rpartition("/")
    if above.lower() != arm.kind_of(parent):
        return None
    return f"{parent['id']}/{last}/{name.rpartition('/')[2]}"
