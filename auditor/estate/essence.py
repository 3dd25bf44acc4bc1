"""What two readings of one thing must have in common to be the same: typed values without Azure's noise.

Order, the spelling of ids, names and tags, prefixes written in different ways, singular and plural fields are gone with
the typed values. Here go the rest: ids and names, by which things are matched, Azure's default rules, and provisioning
states that come and go by themselves.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from auditor.estate.arm import key
from auditor.estate.firewall import Firewall, FirewallPolicy, NatRule, NetworkRule, RuleCollection, RuleCollectionGroup
from auditor.estate.hub import HubConnection, HubRouteTable, RoutingIntent, VirtualHub
from auditor.estate.network import Route, RouteTable, SecurityGroup, ServiceEndpoint, Subnet, VirtualNetwork
from auditor.estate.security_admin import AppliedConfigurations

_SETTLED = frozenset({"", "succeeded"})
_STATES: Mapping[type, frozenset[str]] = {
    **dict.fromkeys((Firewall, FirewallPolicy, RuleCollectionGroup), _SETTLED | {"updating"}),
    **dict.fromkeys((HubConnection, RoutingIntent, HubRouteTable, ServiceEndpoint, AppliedConfigurations), _SETTLED),
    VirtualHub: _SETTLED,
}
"""States that are as good as none, by what has them: a firewall that is being updated still decides, a hub does not."""
_ROUTED = frozenset({"", "provisioned"})
_WORDS = frozenset({"tag", "text", "location"})
_UNORDERED = frozenset({"tags", "locations", "categories", "snat_ranges"})
"""Fields of one word, and of several in any order, in which Azure takes "West Europe" and "westeurope" for the same."""
_HIGHEST_CUSTOM = 4096
"""The last priority a rule of the user's may have; Azure's default rules come after it."""


@dataclass(frozen=True, slots=True)
class Mention:
    """Azure's word that something is there, where it may not be in the source itself.

    id, place: comparing ids of it, and of the subnet it is said to be in.
    """

    id: str
    place: str = ""


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
    yield from _keyed(f"{at}/virtualnetworkpeerings", vnet.peerings)


def _of_subnet(at: str, subnet: Subnet) -> _Parts:
    yield at, replace(subnet, attached=(), private_endpoints=())
    yield from ((each, Mention(each, at)) for each in (*subnet.attached, *subnet.private_endpoints))


def _of_table(at: str, table: RouteTable) -> _Parts:
    yield at, replace(table, routes=())
    yield from _keyed(f"{at}/routes", table.routes)


def _of_security_group(at: str, group: SecurityGroup) -> _Parts:
    yield at, replace(group, inbound=(), outbound=())
    rules = (each for each in (*group.inbound, *group.outbound) if each.priority <= _HIGHEST_CUSTOM)
    yield from _keyed(f"{at}/securityrules", rules)


def _of_policy(at: str, policy: FirewallPolicy) -> _Parts:
    yield at, replace(policy, groups=None if policy.groups is None else ())
    yield from ((each, Mention(each)) for each in policy.groups or ())


def _of_group(at: str, group: RuleCollectionGroup) -> _Parts:
    yield at, replace(group, collections=())
    for below, each in _keyed(f"{at}/rulecollections", group.collections):
        yield from _of_collection(below, each)


def _of_firewall(at: str, firewall: Firewall) -> _Parts:
    yield at, replace(firewall, collections=None if firewall.collections is None else ())
    for each in firewall.collections or ():
        yield from _of_collection(f"{at}/{_classic_list(each)}/{each.name.lower()}", each)


def _of_collection(at: str, collection: RuleCollection) -> _Parts:
    yield at, replace(collection, rules=())
    yield from _keyed(f"{at}/rules", collection.rules)


def _keyed(above: str, parts: Iterable[Any]) -> _Parts:
    """Yield parts with their keys; those after the first of a name, or of none, with a number."""
    seen: Counter[str] = Counter()
    for each in parts:
        at = f"{above}/{each.name.lower()}"
        yield f"{at}#{seen[at]}" if seen[at] else at, each
        seen[at] += 1


def twins_of(at: str) -> str:
    """Return the key of a part without the number that tells it from others of its name."""
    return _NUMBER.sub("", at)


_NUMBER = re.compile(r"#\d+$")


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
        return value.lower()
    if isinstance(value, Mapping):
        return tuple(sorted((essence(name), essence(each)) for name, each in value.items()))
    if isinstance(value, frozenset | set):
        return tuple(sorted(map(essence, value), key=repr))
    return tuple(map(essence, value)) if isinstance(value, tuple | list) else value


def essential_fields(value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - a typed value
    """Yield the fields of a typed value that tell it from another of the same name, each in its essence."""
    for each in fields(value):
        found = getattr(value, each.name)
        if each.name in {"id", "name"} or _written_twice(value, each.name):
            continue
        yield each.name, "" if _as_good_as_none(value, each.name, found) else _essence_of(each.name, found)


def _essence_of(name: str, value: Any) -> Any:  # noqa: ANN401 - see essential_fields
    """Return the essence of a field: of words in which blanks count for nothing, and of what has no order."""
    if name in _WORDS and isinstance(value, str):
        return "".join(value.lower().split())
    if name in _UNORDERED and isinstance(value, tuple):
        return tuple(sorted({"".join(each.lower().split()) for each in value}))
    return essence(value)


def _as_good_as_none(owner: Any, name: str, value: Any) -> bool:  # noqa: ANN401 - see essential_fields
    """Tell whether a field holds a provisioning state that changes nothing."""
    if name == "state":
        return value in _STATES.get(type(owner), ())
    return name == "routing_state" and value in _ROUTED


def _written_twice(owner: Any, name: str) -> bool:  # noqa: ANN401 - see essential_fields
    """Tell whether a field holds as text what another one of the same owner holds as addresses."""
    if isinstance(owner, Route):
        return name == "text" and owner.prefix is not None
    return name == "prefixes" and isinstance(owner, Subnet)
