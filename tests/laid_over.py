"""Lays an example of rules/check-guides.yaml over the compliant estate, as the pages of docs/checks say it is laid.

An example is a mapping. Its keys are names of resources of rules/examples/compliant, and `auditor.yaml`. What stands
under a resource changes it, property by property, flat as `az` prints it:

- A value or a list stands in the place of what was there.
- A mapping in the place of a list changes the entries of the list by their names, and adds those that are not there.
- `null` takes away the resource, the entry or the property; it is an error where there is none.
- A name that the estate does not have is a new resource, whose `type` the example says.
- `{id: rt-ase}` refers to the resource of that name, and `{id: vnet-hub/AzureFirewallSubnet}` to a subnet.

What stands under `auditor.yaml` is the configuration of the audit.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import yaml

from tests.builders import LOCATION, Document, network_id
from tests.estates import compliant
from tests.examples import flattened

CONFIGURATION = "auditor.yaml"

_NAMES = ("name", "domainName", "category")
"""Fields by which the entries of a list go; all but the first are those of Azure's own lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """An estate that an example was laid over. configuration: the text of its auditor.yaml, which may be empty."""

    documents: tuple[Document, ...]
    configuration: str


def lay(example: str, *, beside: Iterable[Document] = ()) -> Laid:
    """Return the compliant estate, and documents beside it, with an example laid over them."""
    changes: dict[str, Any] = yaml.safe_load(example)
    configuration = changes.pop(CONFIGURATION, None)
    files = compliant()
    tags = files.pop("service-tags.json")
    base = [*(each for file in files.values() for each in file), *beside]
    resources: dict[str, Document] = {each["name"]: flattened(deepcopy(each)) for each in base}
    added = {name: change for name, change in changes.items() if name not in resources and change is not None}
    resources |= {name: _new(name, change["type"]) for name, change in added.items()}
    ids = {name: each["id"] for name, each in resources.items()}
    laid = _changed(resources, _with_ids(changes, ids))
    return Laid(
        documents=(*laid.values(), *tags),
        configuration="" if configuration is None else yaml.safe_dump(configuration, sort_keys=False),
    )


def _new(name: str, kind: str) -> Document:
    """Return the beginning of a resource that the estate does not have."""
    return {"id": network_id(kind.partition("/")[2], name), "name": name, "location": LOCATION}


def _changed(old: Any, change: Any) -> Any:  # noqa: ANN401 - any part of a document
    """Return part of a document with a change laid over it."""
    if not isinstance(change, Mapping):
        return change
    if isinstance(old, list):
        return _entries(old, change)
    changed = dict(old) if isinstance(old, Mapping) else {}
    for key, value in change.items():
        if value is None:
            del changed[key]
        else:
            changed[key] = _changed(changed.get(key), value)
    return changed


def _entries(old: Iterable[Document], changes: Mapping[str, Any]) -> list[Any]:
    """Return a list with changes laid over its entries, by their names."""
    field = next((field for field in _NAMES if any(each.get(field) for each in old)), _NAMES[0])
    kept = [each for each in old if each.get(field) not in changes]
    entries = {each[field]: each for each in old if each.get(field) in changes}
    entries |= {name: {field: name} for name, change in changes.items() if name not in entries and change is not None}
    return [*kept, *_changed(entries, changes).values()]


def _with_ids(value: Any, ids: Mapping[str, str]) -> Any:  # noqa: ANN401 - any part of a document
    """Return part of a document with whole ids where it refers to resources by name."""
    if isinstance(value, list):
        return [_with_ids(each, ids) for each in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: _id(each, ids)
        if key == "id" and isinstance(each, str) and not each.startswith("/")
        else _with_ids(each, ids)
        for key, each in value.items()
    }


def _id(name: str, ids: Mapping[str, str]) -> str:
    resource, _, subnet = name.partition("/")
    return f"{ids[resource]}/subnets/{subnet}" if subnet else ids[resource]
