"""What the Terraform of a fix sets, read by a parser of HCL that is not ours."""

from collections.abc import Callable, Mapping
from typing import Any

import hcl2

from tests.fixes.settings import Steps, declared, declared_part

_NAMES = {
    "azurerm_route_table.ase": "rt-ase",
    "azurerm_route_table.firewall": "rt-firewall",
    "azurerm_firewall_policy.ase": "fwp-ase",
    "azurerm_network_security_group.ase": "nsg-ase",
    "azurerm_virtual_network.hub": "vnet-hub",
    "azurerm_virtual_network.shop": "vnet-shop",
    "azurerm_subnet.ase": "ase",
}
"""What the fixes name and do not declare, as it is called in the compliant estate."""

_RULE = {
    "name": "name",
    "source_addresses": "sourceAddresses",
    "destination_fqdns": "targetFqdns",
    "destination_fqdn_tags": "fqdnTags",
    "destination_addresses": "destinationAddresses",
    "destination_ports": "destinationPorts",
}
_ROUTE = {
    "name": "name",
    "address_prefix": "addressPrefix",
    "next_hop_type": "nextHopType",
    "next_hop_in_ip_address": "nextHopIpAddress",
}
_SECURITY_RULE = {
    "name": "name",
    "priority": "priority",
    "direction": "direction",
    "access": "access",
    "protocol": "protocol",
    "source_address_prefix": "sourceAddressPrefix",
    "destination_address_prefix": "destinationAddressPrefix",
    "destination_port_range": "destinationPortRange",
}


def terraform_steps(text: str, address: str) -> Steps:
    """Return what applying the text does. address: of the firewall, for which expressions may stand."""
    steps: Steps = []
    for each in hcl2.loads(text)["resource"]:
        for kind, named in each.items():
            for body in named.values():
                steps += _KINDS[kind.strip('"')](_resolved(body, address))
    return steps


def _resolved(value: Any, address: str) -> Any:  # noqa: ANN401 - any value of HCL
    """Return a value with names, and the address of the firewall, for its expressions."""
    if isinstance(value, dict):
        return {key: _resolved(each, address) for key, each in value.items()}
    if isinstance(value, list):
        return [_resolved(each, address) for each in value]
    if not isinstance(value, str):
        return value
    if value.endswith(".private_ip_address}"):
        return address
    named = ".".join(value.removeprefix("${").split(".")[:2])
    return _NAMES.get(named, value.strip('"'))


def _renamed(body: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names[field]: value for field, value in body.items() if field in names}


def _rule(rule: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return a rule as ARM has it. Terraform calls the protocols of both kinds of rules the same."""
    fields = {**_renamed(rule, _RULE), "ruleType": kind}
    if kind == "NetworkRule":
        return {**fields, "ipProtocols": rule["protocols"]}
    return {**fields, "protocols": [{"protocolType": each["type"], "port": each["port"]} for each in rule["protocols"]]}


def _group(body: Mapping[str, Any]) -> Steps:
    kinds = {"application_rule_collection": "ApplicationRule", "network_rule_collection": "NetworkRule"}
    collections = [
        {"name": each["name"], "rules": [_rule(rule, kind) for rule in each["rule"]]}
        for block, kind in kinds.items()
        for each in body.get(block, ())
    ]
    return declared("ruleCollectionGroups", body["name"], {"ruleCollections": collections})


def _route(body: Mapping[str, Any]) -> Steps:
    return declared_part("routeTables", body["route_table_name"], _renamed(body, _ROUTE))


def _route_table(body: Mapping[str, Any]) -> Steps:
    return declared("routeTables", body["name"], {"routes": [_renamed(each, _ROUTE) for each in body["route"]]})


def _security_rule(body: Mapping[str, Any]) -> Steps:
    owner = body["network_security_group_name"]
    return declared_part("networkSecurityGroups", owner, _renamed(body, _SECURITY_RULE))


def _subnet(body: Mapping[str, Any]) -> Steps:
    (prefix,) = body["address_prefixes"]
    fields = {"name": body["name"], "addressPrefix": prefix, "serviceEndpoints": body.get("service_endpoints", [])}
    return declared_part("virtualNetworks", body["virtual_network_name"], fields)


def _association(body: Mapping[str, Any]) -> Steps:
    fields = {"name": body["subnet_id"], "routeTable": body["route_table_id"]}
    return declared_part("virtualNetworks", "vnet-shop", fields)


def _firewall(body: Mapping[str, Any]) -> Steps:
    return declared("azureFirewalls", body["name"], {"firewallPolicy": body["firewall_policy_id"]})


def _policy(body: Mapping[str, Any]) -> Steps:
    return declared("firewallPolicies", body["name"], {"snat": body["private_ip_ranges"]})


def _nothing(_: Mapping[str, Any]) -> Steps:
    """Do nothing: what it declares is not compared."""
    return []


_KINDS: Mapping[str, Callable[[Mapping[str, Any]], Steps]] = {
    "azurerm_firewall": _firewall,
    "azurerm_firewall_policy": _policy,
    "azurerm_firewall_policy_rule_collection_group": _group,
    "azurerm_network_security_rule": _security_rule,
    "azurerm_public_ip": _nothing,
    "azurerm_role_assignment": _nothing,
    "azurerm_route": _route,
    "azurerm_route_table": _route_table,
    "azurerm_subnet": _subnet,
    "azurerm_subnet_route_table_association": _association,
}
