"""Builds ARM documents of what is attached to subnets, and of the rules of Azure Virtual Network Manager."""

from collections.abc import Iterable, Sequence
from typing import Any

from tests.builders import LOCATION, Document, network_id

MANAGER = network_id("networkManagers", "nm")
CONFIGURATION = f"{MANAGER}/securityAdminConfigurations/base"


def _subnet_id(vnet: str, subnet: str) -> str:
    return f"{network_id('virtualNetworks', vnet)}/subnets/{subnet}"


def _resource(kind: str, name: str, properties: Document, **more: Any) -> Document:  # noqa: ANN401 - any ARM field
    return {
        "id": network_id(kind, name),
        "name": name,
        "type": f"Microsoft.Network/{kind}",
        "location": LOCATION,
        **more,
        "properties": {"provisioningState": "Succeeded", **properties},
    }


def machine(  # noqa: PLR0913 - the fields of an interface
    name: str,
    vnet: str,
    subnet: str,
    address: str,
    *,
    nsg: str | None = None,
    public: str | None = None,
    groups: Sequence[str] = (),
    endpoint: str | None = None,
) -> Document:
    """Return a network interface. nsg, public, groups, endpoint: names of what it refers to."""
    inner: Document = {
        "privateIPAddress": address,
        "subnet": {"id": _subnet_id(vnet, subnet)},
        "applicationSecurityGroups": [{"id": network_id("applicationSecurityGroups", each)} for each in groups],
    }
    if public is not None:
        inner["publicIPAddress"] = {"id": network_id("publicIPAddresses", public)}
    fields: Document = {
        "enableIPForwarding": False,
        "ipConfigurations": [{"id": configuration_id(name), "name": "ip", "properties": inner}],
    }
    if nsg is not None:
        fields["networkSecurityGroup"] = {"id": network_id("networkSecurityGroups", nsg)}
    if endpoint is not None:
        fields["privateEndpoint"] = {"id": network_id("privateEndpoints", endpoint)}
    return _resource("networkInterfaces", name, fields)


def configuration_id(machine_name: str) -> str:
    """Return the id of the ip configuration of a machine."""
    return f"{network_id('networkInterfaces', machine_name)}/ipConfigurations/ip"


def public_address(name: str, address: str, sku: str = "Standard") -> Document:
    """Return a public IP address."""
    return _resource("publicIPAddresses", name, {"ipAddress": address}, sku={"name": sku})


def load_balancer(  # noqa: PLR0913 - the fields of a load balancer
    name: str,
    members: Iterable[str],
    *,
    address: str = "",
    vnet: str = "",
    subnet: str = "",
    public: str = "",
    port: int = 443,
    backend_port: int = 443,
) -> Document:
    """Return a load balancer with one frontend, rule and pool. members: names of machines."""
    at = network_id("loadBalancers", name)
    front: Document = {"privateIPAddress": address, "subnet": {"id": _subnet_id(vnet, subnet)}} if address else {}
    if public:
        front["publicIPAddress"] = {"id": network_id("publicIPAddresses", public)}
    return _resource(
        "loadBalancers",
        name,
        {
            "frontendIPConfigurations": [
                {"id": f"{at}/frontendIPConfigurations/front", "name": "front", "properties": front}
            ],
            "backendAddressPools": [
                {
                    "id": f"{at}/backendAddressPools/pool",
                    "name": "pool",
                    "properties": {"backendIPConfigurations": [{"id": configuration_id(each)} for each in members]},
                }
            ],
            "loadBalancingRules": [
                {
                    "name": "rule",
                    "properties": {
                        "frontendIPConfiguration": {"id": f"{at}/frontendIPConfigurations/front"},
                        "backendAddressPool": {"id": f"{at}/backendAddressPools/pool"},
                        "protocol": "Tcp",
                        "frontendPort": port,
                        "backendPort": backend_port,
                    },
                }
            ],
        },
        sku={"name": "Standard"},
    )


def private_endpoint(name: str, vnet: str, subnet: str, *addresses: str, fqdn: str = "") -> Document:
    """Return a private endpoint that says its addresses. fqdn: under which clients find the first of them."""
    return _resource(
        "privateEndpoints",
        name,
        {
            "subnet": {"id": _subnet_id(vnet, subnet)},
            "networkInterfaces": [{"id": network_id("networkInterfaces", f"{name}.nic")}],
            "customDnsConfigs": [{"fqdn": fqdn, "ipAddresses": list(addresses[:1])}] if fqdn else [],
            "ipConfigurations": [{"name": each, "properties": {"privateIPAddress": each}} for each in addresses],
        },
    )


def application_gateway(name: str, vnet: str, subnet: str, tier: str = "Standard_v2") -> Document:
    """Return an application gateway."""
    return _resource(
        "applicationGateways",
        name,
        {
            "sku": {"name": tier, "tier": tier},
            "gatewayIPConfigurations": [{"name": "ip", "properties": {"subnet": {"id": _subnet_id(vnet, subnet)}}}],
        },
    )


def admin_rule(  # noqa: PLR0913 - the fields of a rule
    name: str,
    priority: int,
    access: str,
    *,
    direction: str = "Outbound",
    protocol: str = "Any",
    sources: Sequence[str] = ("*",),
    destinations: Sequence[str] = ("*",),
    ports: Sequence[str] = ("0-65535",),
    configuration: str = CONFIGURATION,
) -> Document:
    """Return the snapshot of a security admin rule as Resource Graph tells it. Words are service tags."""
    return {
        "id": f"{configuration}/ruleCollections/all/rules/{name}/snapshots/1",
        "name": "1",
        "type": "microsoft.network/networkmanagers/securityadminconfigurations/rulecollections/rules/snapshots",
        "properties": {
            "displayName": name,
            "priority": priority,
            "access": access,
            "direction": direction,
            "protocol": protocol,
            "sources": [_prefix(each) for each in sources],
            "destinations": [_prefix(each) for each in destinations],
            "sourcePortRanges": ["0-65535"],
            "destinationPortRanges": list(ports),
        },
    }


def _prefix(text: str) -> Document:
    kind = "IPPrefix" if text == "*" or text[:1].isdigit() else "ServiceTag"
    return {"addressPrefix": text, "addressPrefixType": kind}


def applied(vnet: str, *configurations: str) -> Document:
    """Return the document that says which security admin configurations are in force on a VNet."""
    listed = configurations or (CONFIGURATION,)
    return {
        "id": f"{network_id('virtualNetworks', vnet)}/providers/Microsoft.Network/effectiveSecurityAdminRules/default",
        "name": "default",
        "type": "microsoft.network/effectivesecurityadminrules",
        "properties": {"EffectiveSecurityAdminConfigurations": [{"Id": f"{each}/snapshots/1"} for each in listed]},
    }


def nat_rule(  # noqa: PLR0913 - the fields of a rule
    name: str,
    to: str,
    *,
    at: str = "20.9.9.9",
    port: str = "443",
    to_port: str = "443",
    sources: Sequence[str] = ("*",),
    protocol: str = "TCP",
) -> Document:
    """Return a DNAT rule of a policy. to: address it leads to; at: public address of the firewall."""
    return {
        "ruleType": "NatRule",
        "name": name,
        "sourceAddresses": list(sources),
        "destinationAddresses": [at],
        "destinationPorts": [port],
        "ipProtocols": [protocol],
        "translatedAddress": to,
        "translatedPort": to_port,
    }


def nat_collection(name: str, priority: int, rules: Iterable[Document]) -> Document:
    """Return a DNAT collection of a policy."""
    return {
        "ruleCollectionType": "FirewallPolicyNatRuleCollection",
        "name": name,
        "priority": priority,
        "action": {"type": "DNAT"},
        "rules": list(rules),
    }


def classic_nat(name: str, priority: int, rules: Iterable[Document]) -> Document:
    """Return a classic DNAT collection of a firewall."""
    listed = [
        {**{k: v for k, v in each.items() if k not in {"ruleType", "ipProtocols"}}, "protocols": each["ipProtocols"]}
        for each in rules
    ]
    return {"name": name, "properties": {"priority": priority, "action": {"type": "Dnat"}, "rules": listed}}
