"""Security admin rules of Azure Virtual Network Manager, as they are in force on VNets (specification N15).

Resource Graph tells them in two kinds of documents: one below each VNet, which names the snapshots of configurations
in force there, and one for each rule of a snapshot. Source: Azure Resource Graph with Virtual Network Manager,
https://learn.microsoft.com/azure/virtual-network-manager/query-azure-resource-graph.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from auditor.estate.addresses import address_set, union
from auditor.estate.arm import children, id_of, key, properties, required_objects, text, texts, whole_number
from auditor.estate.faults import inside
from auditor.estate.intervals import IntervalSet
from auditor.estate.network import Side
from auditor.estate.ports import ALL_PORTS, PortSet, port_set
from auditor.estate.snapshot import Document

_RULE_SNAPSHOT = re.compile(
    r"((.*/securityadminconfigurations/[^/]+)/rulecollections/[^/]+/rules/([^/]+))/snapshots/([^/]+)"
)
_CONFIGURATION = re.compile(r"(.*/securityadminconfigurations/[^/]+)/snapshots/([^/]+)")
_BELOW_CONFIGURATION = re.compile(r"(.*/securityadminconfigurations/[^/]+)/")
_VNET = re.compile(r"(.*/virtualnetworks/[^/]+)/providers/microsoft\.network/effectivesecurityadminrules/")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminRule:
    """A security admin rule, as of one snapshot.

    configuration: comparing id of its configuration. snapshot: which one it is of. rule: comparing id without that.
    access: "allow", "alwaysallow", "deny" or a word Azure may add.
    any_source, any_destination: whether that side names network groups, whose members are not known.
    """

    id: str
    name: str
    configuration: str
    snapshot: str
    rule: str
    priority: int
    inbound: bool
    access: str
    protocol: str
    sources: Side
    destinations: Side
    source_ports: PortSet
    ports: PortSet
    any_source: bool
    any_destination: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedConfigurations:
    """The configurations in force on a VNet.

    vnet: comparing id. configurations: comparing id of each, with the number of its snapshot. state: provisioning state
    in lower case, or "".
    """

    id: str
    vnet: str
    configurations: tuple[tuple[str, str], ...]
    state: str


def read_applied(document: Document) -> AppliedConfigurations:
    """Return what is in force on the VNet that an `effectiveSecurityAdminRules` document stands below."""
    at = key(id_of(document))
    fields = _lower(properties(document))
    vnet = _VNET.match(at)
    if vnet is None:
        raise ValueError("its id is not one below a VNet")
    listed = map(_lower, required_objects(fields, "effectivesecurityadminconfigurations"))
    found = [_CONFIGURATION.fullmatch(key(id_of(each))) for each in listed]
    whole = [each for each in found if each is not None]
    if len(whole) < len(found):
        raise ValueError("it names a configuration without its snapshot")
    return AppliedConfigurations(
        id=at,
        vnet=vnet[1],
        configurations=tuple(sorted({(each[1], each[2]) for each in whole})),
        state=text(fields.get("provisioningstate")).lower(),
    )


def join_applied(found: Iterable[AppliedConfigurations]) -> dict[str, AppliedConfigurations]:
    """Return what is in force by VNet: of several documents on one, all they name, in the worst of their states."""
    joined: dict[str, AppliedConfigurations] = {}
    for each in sorted(found, key=lambda document: document.id):
        other = joined.get(each.vnet, each)
        joined[each.vnet] = replace(
            each,
            configurations=tuple(sorted({*other.configurations, *each.configurations})),
            state=other.state if other.state not in _IN_FORCE else each.state,
        )
    return joined


_IN_FORCE = frozenset({"", "succeeded"})


def configuration_of(arm_id: str) -> str:
    """Return the comparing id of the configuration a rule's id stands below; "" for an id of anything else."""
    place = _BELOW_CONFIGURATION.match(key(arm_id))
    return place[1] if place else ""


def read_admin_rule(document: Document) -> AdminRule:
    """Return the rule of a snapshot document."""
    fields = _lower(properties(document))
    at = key(id_of(document))
    place = _RULE_SNAPSHOT.fullmatch(at)
    if place is None:
        raise ValueError("its id is not one of a rule snapshot")
    priority = whole_number(fields.get("priority"))
    direction = text(fields.get("direction")).lower()
    if priority is None or direction not in {"inbound", "outbound"}:
        raise ValueError("it needs a whole-number priority and a direction, Inbound or Outbound")
    with inside("sources"):
        sources, any_source = _side(children(fields.get("sources")))
    with inside("destinations"):
        destinations, any_destination = _side(children(fields.get("destinations")))
    return AdminRule(
        id=id_of(document),
        name=text(fields.get("displayname")) or place[3],
        configuration=place[2],
        snapshot=place[4],
        rule=place[1],
        priority=priority,
        inbound=direction == "inbound",
        access=text(fields.get("access")).lower(),
        protocol={"any": "*"}.get(text(fields.get("protocol")).lower(), text(fields.get("protocol")).lower()),
        sources=sources,
        destinations=destinations,
        source_ports=_ports(fields, "sourcePortRanges"),
        ports=_ports(fields, "destinationPortRanges"),
        any_source=any_source,
        any_destination=any_destination,
    )


def _lower(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with its names in lower case: Resource Graph spells them with and without capitals."""
    return {name.lower(): value for name, value in fields.items()}


def _side(entries: tuple[Mapping[str, Any], ...]) -> tuple[Side, bool]:
    """Return one side of a rule, and whether it names network groups. An empty one is any address, as Azure has it."""
    pairs = []
    for each in map(_lower, entries):
        kind, value = text(each.get("addressprefixtype")).lower(), text(each.get("addressprefix"))
        pairs += [(kind, part.strip()) for part in value.split(",")]
    if any(not value for _, value in pairs):
        raise ValueError("it names an address without saying which")
    tags = tuple(sorted(value for kind, value in pairs if kind == "servicetag"))
    literal = union(address_set(value) for kind, value in pairs if kind in {"ipprefix", ""})
    if not entries:
        return Side(addresses=address_set("*")), False
    return Side(addresses=literal, tags=tags), any(kind not in {"ipprefix", "servicetag", ""} for kind, _ in pairs)


def _ports(fields: Mapping[str, Any], field: str) -> PortSet:
    with inside(field):
        entries = texts(fields.get(field.lower()))
        return IntervalSet.of(span for each in entries for span in port_set(each).spans) if entries else ALL_PORTS
