"""Security admin rules of Azure Virtual Network Manager, as they are in force on VNets (specification N15).

Resource Graph tells them in two kinds of documents: one below each VNet, which names the snapshots of configurations
in force there, and one for each rule of a snapshot. Source: Azure Resource Graph with Virtual Network Manager,
https://learn.microsoft.com/azure/virtual-network-manager/query-azure-resource-graph.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auditor.estate.addresses import address_set, union
from auditor.estate.arm import key, objects, parent_id, properties, text, texts, whole_number
from auditor.estate.faults import inside
from auditor.estate.intervals import IntervalSet
from auditor.estate.network import Side
from auditor.estate.ports import ALL_PORTS, PortSet, port_set
from auditor.estate.snapshot import Document

_RULE_SNAPSHOT = re.compile(
    r"(.*/securityadminconfigurations/[^/]+)/rulecollections/[^/]+/rules/([^/]+)/snapshots/([^/]+)"
)
_CONFIGURATION = re.compile(r"(.*/securityadminconfigurations/[^/]+)/snapshots/([^/]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminRule:
    """A security admin rule.

    configuration: comparing id of the snapshot of its configuration. access: "allow", "alwaysallow", "deny" or a word
    Azure may add. unsure: whether a side names a network group, whose members are not known.
    """

    id: str
    name: str
    configuration: str
    priority: int
    inbound: bool
    access: str
    protocol: str
    sources: Side
    destinations: Side
    source_ports: PortSet
    ports: PortSet
    unsure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedConfigurations:
    """The configurations in force on a VNet. vnet, configurations: comparing ids."""

    id: str
    vnet: str
    configurations: tuple[str, ...]


def read_applied(document: Document) -> AppliedConfigurations:
    """Return what is in force on the VNet that an `effectiveSecurityAdminRules` document stands below."""
    at = key(text(document.get("id")))
    fields = {name.lower(): value for name, value in properties(document).items()}
    listed = objects(fields, "effectivesecurityadminconfigurations")
    found = [key(text(each.get("id") or each.get("Id"))) for each in listed]
    if not all(_CONFIGURATION.fullmatch(each) for each in found):
        raise ValueError("it names a configuration without its snapshot")
    return AppliedConfigurations(
        id=at, vnet=parent_id(at).rpartition("/providers")[0], configurations=tuple(sorted(found))
    )


def read_admin_rule(document: Document) -> AdminRule:
    """Return the rule of a snapshot document."""
    fields = properties(document)
    at = key(text(document.get("id")))
    place = _RULE_SNAPSHOT.fullmatch(at)
    if place is None:
        raise ValueError("its id is not one of a rule snapshot")
    priority = whole_number(fields.get("priority"))
    direction = text(fields.get("direction")).lower()
    if priority is None or direction not in {"inbound", "outbound"}:
        raise ValueError("it needs a whole-number priority and a direction, Inbound or Outbound")
    with inside("sources"):
        sources, blurred = _side(objects(fields, "sources"))
    with inside("destinations"):
        destinations, blurred_too = _side(objects(fields, "destinations"))
    return AdminRule(
        id=text(document.get("id")),
        name=text(fields.get("displayName")) or place[2],
        configuration=f"{place[1]}/snapshots/{place[3]}",
        priority=priority,
        inbound=direction == "inbound",
        access=text(fields.get("access")).lower(),
        protocol={"any": "*"}.get(text(fields.get("protocol")).lower(), text(fields.get("protocol")).lower()),
        sources=sources,
        destinations=destinations,
        source_ports=_ports(fields, "sourcePortRanges"),
        ports=_ports(fields, "destinationPortRanges"),
        unsure=blurred or blurred_too,
    )


def _side(entries: tuple[Mapping[str, Any], ...]) -> tuple[Side, bool]:
    """Return one side of a rule, and whether it names network groups. An empty one is any address, as Azure has it."""
    kinds = [text(each.get("addressPrefixType")).lower() for each in entries]
    values = [text(each.get("addressPrefix")) for each in entries]
    tags = tuple(sorted(value for value, kind in zip(values, kinds, strict=True) if kind == "servicetag"))
    plain = [value for value, kind in zip(values, kinds, strict=True) if kind in {"ipprefix", ""}]
    literal = union(address_set(each) for each in plain) if entries else address_set("*")
    return Side(addresses=literal, tags=tags), any(kind not in {"ipprefix", "servicetag", ""} for kind in kinds)


def _ports(fields: Mapping[str, Any], field: str) -> PortSet:
    with inside(field):
        entries = texts(fields.get(field))
        return IntervalSet.of(span for each in entries for span in port_set(each).spans) if entries else ALL_PORTS
