"""What two readings of one thing must have in common to be the same: typed values without Azure's noise.

Order, the spelling of ids, names and tags, prefixes written in different ways, singular and plural fields are gone with
the typed values. Here go the rest: ids and names, by which things are matched, Azure's default rules, and provisioning
states that come and go by themselves.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from auditor.estate.arm import key
from auditor.estate.firewall import Firewall, FirewallPolicy, NatRule, NetworkRule, RuleCollection, RuleCollectionGroup
from auditor.estate.network import Route, RouteTable, SecurityGroup, Subnet, VirtualNetwork

_SETTLED = frozenset({"", "succeeded", "updating"})
_STATES = frozenset({"state", "routing_state"})
_HIGHEST_CUSTOM = 4096
"""The last priority a rule of the user's may have; Azure's default rules come after it."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Azure's word that something is there, where it may not be in the source itself. id: comparing id of it."""

    id: str


def typed_parts(at: str, thing: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any typed resource
    """Yield a typed resource without its parts, and each part, with the key of `auditor.estate.parts`. at: its own."""
    apart = _APART.get(type(thing))
    if apart is None:
        yield at, thing
    else:
        yield from apart(at, thing)


_Parts = Iterator[tuple[str, Any]]


def _of_vnet(at: str, vnet: VirtualNetwork) -> _Parts:
    yield at, replace(vnet, subnets=(), peerings=())
    for each in vnet.subnets:
        yield from _of_subnet(key(each.id), each)
    yield from ((f"{at}/virtualnetworkpeerings/{each.name.lower()}", each) for each in vnet.peerings)


def _of_subnet(at: str, subnet: Subnet) -> _Parts:
    yield at, replace(subnet, attached=(), private_endpoints=())
    yield from ((each, Mention(each)) for each in (*subnet.attached, *subnet.private_endpoints))


def _of_table(at: str, table: RouteTable) -> _Parts:
    yield at, replace(table, routes=())
    yield from ((f"{at}/routes/{each.name.lower()}", each) for each in table.routes)


def _of_security_group(at: str, group: SecurityGroup) -> _Parts:
    yield at, replace(group, inbound=(), outbound=())
    rules = (each for each in (*group.inbound, *group.outbound) if each.priority <= _HIGHEST_CUSTOM)
    yield from ((f"{at}/securityrules/{each.name.lower()}", each) for each in rules)


def _of_policy(at: str, policy: FirewallPolicy) -> _Parts:
    yield at, replace(policy, groups=None if policy.groups is None else ())
    yield from ((each, Mention(each)) for each in policy.groups or ())


def _of_group(at: str, group: RuleCollectionGroup) -> _Parts:
    yield at, replace(group, collections=())
    for each in group.collections:
        yield from _of_collection(f"{at}/rulecollections", each)


def _of_firewall(at: str, firewall: Firewall) -> _Parts:
    yield at, replace(firewall, collections=None if firewall.collections is None else ())
    for each in firewall.collections or ():
        yield from _of_collection(f"{at}/{_classic_list(each)}", each)


def _of_collection(above: str, collection: RuleCollection) -> _Parts:
    at = f"{above}/{collection.name.lower()}"
    yield at, replace(collection, rules=())
    yield from ((f"{at}/rules/{each.name.lower()}", each) for each in collection.rules)


_APART: Mapping[type, Callable[[str, Any], _Parts]] = {
    VirtualNetwork: _of_vnet,
    Subnet: _of_subnet,
    RouteTable: _of_table,
    SecurityGroup: _of_security_group,
    FirewallPolicy: _of_policy,
    RuleCollectionGroup: _of_group,
    Firewall: _of_firewall,
}
"""How to take apart what holds parts, by its type."""


def _classic_list(collection: RuleCollection) -> str:
    kinds = {NetworkRule: "networkrulecollections", NatRule: "natrulecollections"}
    return next((kinds.get(type(each), "") for each in collection.rules), "") or "applicationrulecollections"


def essence(value: Any) -> Any:  # noqa: ANN401 - any typed value
    """Return what must be equal for two values to say the same."""
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value).__name__, *((name, found) for name, found in essential_fields(value)))
    if isinstance(value, str):
        return "".join(value.lower().split())
    if isinstance(value, Mapping):
        return tuple(sorted((essence(name), essence(each)) for name, each in value.items()))
    if isinstance(value, frozenset | set):
        return tuple(sorted(map(essence, value), key=repr))
    return tuple(map(essence, value)) if isinstance(value, tuple | list) else value


def essential_fields(value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - a typed value
    """Yield the fields of a typed value that tell it from another of the same name, each in its essence."""
    for each in fields(value):
        found = getattr(value, each.name)
        if each.name in {"id", "name"} or _written_twice(value, each.name, found):
            continue
        if each.name in _STATES and isinstance(found, str) and found in _SETTLED:
            found = ""
        yield each.name, essence(found)


def _written_twice(owner: Any, name: str, value: Any) -> bool:  # noqa: ANN401 - see essential_fields
    """Tell whether a field holds as text what another one of the same owner holds as addresses."""
    if isinstance(owner, Route):
        return name == "text" and owner.prefix is not None
    return name == "prefixes" and hasattr(owner, "addresses") and isinstance(value, tuple)
