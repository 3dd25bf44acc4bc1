"""What examples and fixes set: routes, rules, subnets and the rest, whatever language they are written in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.builders import Document
from tests.examples import flattened

Key = tuple[str, str, str]
"""Kind, owner and name of a setting. The owner is what it is part of: a route table, or a rule collection."""
State = dict[Key, Mapping[str, Any]]

ROUTE, RULE, SECURITY_RULE = "route", "rule", "security rule"
SUBNET, POLICY, FIREWALL = "subnet", "policy", "firewall"

_FIELDS: Mapping[str, tuple[str, ...]] = {
    ROUTE: ("addressPrefix", "nextHopType", "nextHopIpAddress"),
    RULE: (
        *("ruleType", "sourceAddresses", "targetFqdns", "fqdnTags", "protocols"),
        *("ipProtocols", "destinationAddresses", "destinationPorts"),
    ),
    SECURITY_RULE: (
        *("priority", "direction", "access", "protocol"),
        *("sourceAddressPrefix", "destinationAddressPrefix", "destinationPortRange"),
    ),
    SUBNET: ("addressPrefix", "routeTable", "serviceEndpoints"),
    POLICY: ("snat",),
    FIREWALL: ("firewallPolicy",),
}
"""The fields of each kind that are compared, by their ARM names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that a fix does. fields: as ARM spells them; None to delete it. keeps: it leaves other fields alone."""

    key: Key
    fields: Mapping[str, Any] | None
    keeps: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """Whatever an owner had beside what the next steps set is gone, since the fix declares it whole."""

    kind: str
    owner: str


Steps = list[Step | Only]


def plain(kind: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the fields that are compared, lists without order, references by name, what is empty left out."""
    found = {field: _plain(fields[field]) for field in _FIELDS[kind] if field in fields}
    return {field: value for field, value in found.items() if value not in (None, "", frozenset())}


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of a field
    if isinstance(value, list):
        return frozenset(_plain(each) for each in value)
    if not isinstance(value, Mapping):
        return value
    if "id" in value:
        return value["id"].rpartition("/")[2]
    if "protocolType" in value:
        return f"{value['protocolType']}={value['port']}"
    return _plain(value["service"] if "service" in value else value["privateRanges"])


def after(before: State, steps: Steps) -> State:
    """Return what stands once a fix is done.

    A rule that a fix writes into another collection takes the place of the one of its name.
    """
    state = dict(before)
    for step in steps:
        if isinstance(step, Only):
            state = {key: fields for key, fields in state.items() if key[:2] != (step.kind, step.owner)}
        elif step.fields is None:
            del state[step.key]
        else:
            kind, _, name = step.key
            old = state.get(step.key, {}) if step.keeps else {}
            state = {key: fields for key, fields in state.items() if (kind, key[0], key[2]) != (RULE, RULE, name)}
            state[step.key] = {**old, **plain(kind, step.fields)}
    return state


def without_collections(state: State) -> State:
    """Return settings as they are compared: rules by name, since a fix may put one into a collection of its own."""
    return {(kind, "" if kind == RULE else owner, name): fields for (kind, owner, name), fields in state.items()}


def settings_of(documents: Iterable[Document]) -> State:
    """Return the settings of an estate."""
    state: State = {}
    for each in documents:
        for step in steps_of(each["id"].split("/")[-2], each["name"], flattened(each)):
            assert isinstance(step, Step)
            state[step.key] = plain(step.key[0], step.fields or {})
    return state


_PARTS = {
    "virtualNetworks": ("subnets", SUBNET),
    "routeTables": ("routes", ROUTE),
    "networkSecurityGroups": ("securityRules", SECURITY_RULE),
}
_RESOURCES = {"firewallPolicies": POLICY, "azureFirewalls": FIREWALL}
_KEPT = {SUBNET, POLICY}
"""Kinds of which the pages say to keep all else that they have."""


def steps_of(kind: str, name: str, fields: Mapping[str, Any]) -> list[Step]:
    """Return the settings of a resource, flat as `az` prints it. kind: the last part of its type."""
    if kind in _PARTS:
        field, part = _PARTS[kind]
        return [
            Step(key=(part, name, each["name"]), fields=each, keeps=part in _KEPT) for each in fields.get(field, ())
        ]
    if kind == "ruleCollectionGroups":
        rules = [(each["name"], rule) for each in fields["ruleCollections"] for rule in each["rules"]]
        return [Step(key=(RULE, owner, rule["name"]), fields=rule) for owner, rule in rules]
    if kind not in _RESOURCES:
        return []
    own = _RESOURCES[kind]
    return [Step(key=(own, "", name), fields=fields, keeps=own in _KEPT)]


def declared(kind: str, name: str, fields: Mapping[str, Any]) -> Steps:
    """Return what declaring a resource does: its table of routes, or its rule collections, are then just these."""
    owners = [each["name"] for each in fields.get("ruleCollections", ())]
    whole: Steps = [Only(kind=RULE, owner=owner) for owner in owners]
    if kind == "routeTables":
        whole = [Only(kind=ROUTE, owner=name)]
    return [*whole, *steps_of(kind, name, fields)]


def declared_part(kind: str, owner: str, fields: Mapping[str, Any]) -> Steps:
    """Return what declaring a part of a resource by itself does. kind: of the resource."""
    field, _ = _PARTS[kind]
    return [*steps_of(kind, owner, {field: [fields]})]
