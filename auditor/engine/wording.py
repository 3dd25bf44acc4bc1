"""A typed value in the words of somebody who configures a network: "mgmt-7 13.64.115.203/32 to Internet"."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from auditor.estate.addresses import AddressSet, Prefix, address_texts
from auditor.estate.firewall import AddressField, ApplicationRule, FirewallAddress, NatRule, NetworkRule, RuleCollection
from auditor.estate.intervals import IntervalSet
from auditor.estate.network import Peering, Route, SecurityRule, ServiceEndpoint, Side, Subnet
from auditor.estate.ports import port_text

KINDS: Mapping[str, str] = {
    "Route": "route",
    "SecurityRule": "security rule",
    "Subnet": "subnet",
    "Peering": "peering",
    "VirtualNetwork": "virtual network",
    "RouteTable": "route table",
    "SecurityGroup": "network security group",
    "RuleCollection": "rule collection",
    "RuleCollectionGroup": "rule collection group",
    "NetworkRule": "network rule",
    "ApplicationRule": "application rule",
    "NatRule": "DNAT rule",
    "Firewall": "firewall",
    "FirewallPolicy": "firewall policy",
    "IpGroup": "IP group",
    "HostingEnvironment": "App Service Environment",
    "App": "app",
    "Mention": "attachment",
}
"""What a part is called, by the name of its type; other types by that name, in words."""

_HOPS = {
    "virtualappliance": "VirtualAppliance",
    "internet": "Internet",
    "none": "None",
    "vnetlocal": "VnetLocal",
    "virtualnetworkgateway": "VirtualNetworkGateway",
}
_MOST = 4


def kind_word(value: object) -> str:
    """Return what a typed value is called."""
    name = type(value).__name__
    return KINDS.get(name) or "".join(f" {sign.lower()}" if sign.isupper() else sign for sign in name).strip()


def phrase(value: object) -> str:
    """Return what a part says, beside its name; "" where its name says all."""
    match value:
        case Route():
            return f"{value.text} {_HOPS.get(value.next_hop, value.next_hop)} {value.next_hop_address}".strip()
        case SecurityRule():
            way = "inbound" if value.inbound else "outbound"
            does = {True: "allow", False: "deny", None: "unknown action"}[value.allow]
            ends = f"{worded(value.sources)} to {worded(value.destinations)}"
            return f"{value.priority} {way} {does} {ends}:{port_text(value.ports)}"
        case NetworkRule():
            named = ", ".join(filter(None, (worded(value.destinations), ", ".join(value.fqdns))))
            return f"{worded(value.sources)} to {named}:{port_text(value.ports)}/{','.join(sorted(value.protocols))}"
        case ApplicationRule():
            far = (*value.targets, *(f"tag {each}" for each in value.fqdn_tags), *value.urls, *value.categories)
            on = ", ".join(f"{word}:{port}" for word, port in value.protocols)
            return f"{worded(value.sources)} to {_listed(far)} on {on}"
        case NatRule():
            to = f"{value.to_address or value.to_name}:{value.to_port}"
            return f"{worded(value.destinations)}:{port_text(value.ports)} to {to}"
        case RuleCollection():
            does = {True: "allow", False: "deny", None: "unknown action"}[value.allow]
            return f"priority {value.priority}, {does}"
        case Subnet():
            return worded(value.addresses)
        case Peering():
            return f"to {_last(value.remote)}, {value.state or 'state not given'}"
    return ""


def worded(value: Any) -> str:  # noqa: ANN401 - any field of a typed value
    """Return the value of a field in words; "none" for nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return _last(value) or "none"
    if isinstance(value, tuple | frozenset):
        several = sorted(value, key=repr) if isinstance(value, frozenset) else value
        return _listed([*map(worded, several)]) or "none"
    if isinstance(value, AddressSet | IntervalSet | Prefix):
        return _set(value)
    if is_dataclass(value):
        return _of_class(value)
    return "none" if value is None else str(value)


def _set(value: AddressSet | IntervalSet | Prefix) -> str:
    if isinstance(value, IntervalSet):
        return port_text(value) or "none"
    addresses = value.addresses if isinstance(value, Prefix) else value
    return address_texts(addresses, _MOST) if addresses else "none"


def _of_class(value: Any) -> str:  # noqa: ANN401 - any typed value
    match value:
        case AddressField() | Side():
            groups = value.ip_groups if isinstance(value, AddressField) else value.groups
            some = _set(value.addresses) if value.addresses else ""
            return ", ".join(filter(None, (some, _listed(value.tags), _listed([*map(_last, groups)])))) or "none"
        case ServiceEndpoint():
            return f"{value.service} ({value.state})" if value.state not in {"", "succeeded"} else value.service
        case FirewallAddress():
            return value.address or "none"
    return ", ".join(f"{each.name.replace('_', ' ')} {worded(getattr(value, each.name))}" for each in fields(value))


def _listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _MOST} more" if len(texts) > _MOST else ""
    return f"{', '.join(texts[:_MOST])}{more}" if texts else ""


def _last(arm_id: str) -> str:
    return arm_id.rpartition("/")[2] if arm_id.startswith("/") else arm_id
