"""JSON that is near the subject but no resource: recognised, so that the refusal says what it is.

Nothing here reads anything; each recognised kind becomes an Unreadable.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from auditor.collectors.needed import needed_spelling, type_of_id
from auditor.collectors.unreadable import Unreadable, quoted
from auditor.estate import arm

_LATER = "this comes with a later version: give it the deployed resources, as `az ... -o json` or REST returns them"
_GIVE_RESOURCES = "give it resources as `az ... -o json`, REST or Resource Graph returns them"
_READ_AGAIN = "read it again with the right to, or leave the file out"
_DENIED = re.compile(r"perform action '([^']+)' over scope '([^']+)'")
_NOT_FOUND = re.compile(r"The Resource '([^']+)' under resource group '[^']+' was not found")


def explain_object(raw: dict[str, Any]) -> Unreadable:
    """Return why an object that is none of the shapes cannot be read."""
    for recognise in _RECOGNISED:
        found = recognise(raw)
        if found is not None:
            return found
    if not raw:
        return Unreadable("is an empty JSON object", _GIVE_RESOURCES, hides=False)
    keys = ", ".join(quoted(key) for key in sorted(raw)[:5])
    near = bool({"id", "Id", "properties", "value", "data", "error"} & raw.keys()) or "/" in arm.text(raw.get("type"))
    is_schema = "json-schema.org" in arm.text(raw.get("$schema"))
    hides = True if near and not is_schema else None
    return Unreadable(f"is JSON of no known shape (its keys: {keys})", _GIVE_RESOURCES, hides=hides)


def explain_item(position: int, item: object) -> Unreadable:
    """Return why an entry of a list, counted from 1, cannot be read as a resource."""
    if not isinstance(item, dict):
        reason = f"is a list of {json_kind(item)}, not of resources"
        return Unreadable(reason, _GIVE_RESOURCES, hides=None)
    found = explain_object(item)
    found.reason = f"entry {position} of its list {found.reason}"
    return found


def may_hide(found: Unreadable, value: object) -> bool:
    """Tell whether a value that cannot be read may hold resources: in doubt, whether it names one anywhere."""
    if found.hides is not None:
        return found.hides
    try:
        return b"/providers/microsoft." in msgspec.json.encode(value).lower()
    except RecursionError:
        return True


def names_resource(item: object) -> bool:
    """Tell whether an entry of a list names, by its type or id, a resource of Azure."""
    entry = arm.mapping(item)
    kind, arm_id = (arm.text(entry.get(key) or entry.get(key.title())) for key in ("type", "id"))
    return "/" in kind or "/providers/" in arm_id.lower()


def json_kind(value: object) -> str:
    """Return what JSON calls the kind of a value, in the plural."""
    if value is None:
        return "nulls"
    if isinstance(value, bool):
        return "booleans"
    names: dict[type, str] = {str: "texts", int: "numbers", float: "numbers", list: "lists", dict: "objects"}
    return names.get(type(value), "values")


def _error(raw: dict[str, Any]) -> Unreadable | None:
    """Recognise the answer to a request Azure refused, and from its words what is missing because of it."""
    error = raw.get("error")
    inner = error if isinstance(error, dict) else {key.lower(): value for key, value in raw.items()}
    code, message = arm.text(inner.get("code")), arm.text(inner.get("message"))
    if not isinstance(error, dict) and not (code and message):
        return None
    what, scope, needs = "*", "", _READ_AGAIN
    if denied := _DENIED.search(message):
        action, scope = denied.groups()
        what, needs = needed_spelling(action.rpartition("/")[0]) or "*", action
    elif absent := _NOT_FOUND.search(message):
        what = needed_spelling(type_of_id(f"/providers/{absent[1]}")) or "*"
    reason = f"is an error Azure answered, not a resource: {quoted(code)}: {quoted(message)}"
    return Unreadable(reason, needs, what=what, scope=quoted(scope))


def _infrastructure_code(raw: dict[str, Any]) -> Unreadable | None:
    """Recognise templates, their parameters, Terraform and what-if."""
    schema = arm.text(raw.get("$schema")).lower()
    if "deploymenttemplate" in schema:
        return Unreadable("is an ARM template, which is not read yet", _LATER)
    if "deploymentparameters" in schema:
        return Unreadable("is the parameter file of an ARM template, which is not read yet", _LATER, hides=False)
    if "terraform_version" in raw or "pytest-terraform" in raw or {"planned_values", "resource_changes"} & raw.keys():
        is_plan = {"planned_values", "resource_changes"} & raw.keys()
        return Unreadable(f"is a Terraform {'plan' if is_plan else 'state'}, which is not read yet", _LATER)
    changes = list(arm.any_objects(raw.get("changes") or arm.mapping(raw.get("properties")).get("changes")))
    if changes and all("changeType" in change for change in changes):
        return Unreadable("is the result of a what-if, which is not read yet", _LATER)
    return None


def _recording(raw: dict[str, Any]) -> Unreadable | None:
    """Recognise recorded requests and the examples of the REST API."""
    if {"url", "status"} <= raw.keys() and {"method", "body"} & raw.keys():
        return Unreadable("is a recording of requests, not their result", _GIVE_RESOURCES)
    for key in ("answers", "interactions"):
        entries = list(arm.any_objects(raw.get(key)))
        if entries and ("request" in entries[0] or "url" in entries[0]):
            return Unreadable("is a recording of requests, not their result", _GIVE_RESOURCES)
    if {"parameters", "responses"} <= raw.keys():
        return Unreadable("is an example of the REST API documentation, not a resource", _GIVE_RESOURCES)
    return None


def _our_own(raw: dict[str, Any]) -> Unreadable | None:
    """Recognise reports, which the auditor writes and does not read back."""
    schema = arm.text(raw.get("schema"))
    advice = "give it the source that was audited"
    if schema.startswith(("audit-report/", "flow-trace/")):
        return Unreadable(f"is a result of this auditor ({quoted(schema)}), not a source", advice, hides=False)
    if "sarif" in arm.text(raw.get("$schema")).lower():
        return Unreadable("is a SARIF log, not a source", advice, hides=False)
    return None


def _measured(raw: dict[str, Any]) -> Unreadable | None:
    """Recognise effective views and metrics: Azure's, but no resource is missing where they are not read."""
    kinds = (
        ("effective routes", {"nextHopType", "addressPrefix"}),
        ("effective routes", {"nextHopType", "state"}),
        ("effective NSG rules", {"effectiveSecurityRules"}),
        ("metrics", {"timeseries"}),
        ("accounts", {"tenantId", "isDefault"}),
        ("totals of a Resource Graph query", {"count_"}),
    )
    for name, keys in kinds:
        if keys <= raw.keys():
            return Unreadable(f"is a record of {name}, not of resources", _GIVE_RESOURCES, hides=False)
    return None


_RECOGNISED: tuple[Callable[[dict[str, Any]], Unreadable | None], ...] = (
    _our_own,
    _infrastructure_code,
    _recording,
    _error,
    _measured,
)
