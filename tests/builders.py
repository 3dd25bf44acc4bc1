"""Builds ARM documents as Azure returns them: small, whole and readable where a test uses them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Document = dict[str, Any]

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-network"
LOCATION = "westeurope"


def network_id(kind: str, name: str, group: str = GROUP) -> str:
    """Return the id of a Microsoft.Network resource."""
    return f"{group}/providers/Microsoft.Network/{kind}/{name}"


def _resource(kind: str, name: str, properties: Mapping[str, Any], **more: Any) -> Document:  # noqa: ANN401
    return {
        "id": network_id(kind, name),
        "name": name,
        "type": f"Microsoft.Network/{kind}",
        "location": LOCATION,
        **more,
        "properties": {"provisioningState": "Succeeded", **properties},
    }


def subnet(  # noqa: PLR0913 - the fields of a subnet
    vnet: str,
    name: str,
    prefix: str,
    *,
    table: str | None = None,
    nsg: str | None = None,
    endpoints: Sequence[str] = (),
    attached: Sequence[str] = (),
    gateways: Sequence[str] = (),
) -> Document:
    """Return a subnet as a VNet embeds it. table, nsg: names; attached: ids of ip configurations living in it."""
    properties: Document = {"provisioningState": "Succeeded", "addressPrefix": prefix, "delegations": []}
    if table is not None:
        properties["routeTable"] = {"id": network_id("routeTables", table)}
    if nsg is not None:
        properties["networkSecurityGroup"] = {"id": network_id("networkSecurityGroups", nsg)}
    if attached:
        properties["ipConfigurations"] = [{"id": each} for each in attached]
    if gateways:
        properties["applicationGatewayIPConfigurations"] = [{"id": each} for each in gateways]
    properties["serviceEndpoints"] = [
        {"provisioningState": "Succeeded", "service": each, "locations": [LOCATION]} for each in endpoints
    ]
    return {
        "id": f"{network_id('virtualNetworks', vnet)}/subnets/{name}",
        "name": name,
        "type": "Microsoft.Network/virtualNetworks/subnets",
        "properties": properties,
    }


def peering(vnet: str, remote: str, remote_prefix: str, **flags: Any) -> Document:  # noqa: ANN401 - ARM's own fields
    """Return one half of a peering, from `vnet` to `remote`."""
    space = {"addressPrefixes": [remote_prefix]}
    return {
        "id": f"{network_id('virtualNetworks', vnet)}/virtualNetworkPeerings/to-{remote}",
        "name": f"to-{remote}",
        "type": "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
        "properties": {
            "provisioningState": "Succeeded",
            "peeringState": "Connected",
            "peeringSyncLevel": "FullyInSync",
            "remoteVirtualNetwork": {"id": network_id("virtualNetworks", remote)},
            "allowVirtualNetworkAccess": True,
            "allowForwardedTraffic": True,
            "allowGatewayTransit": False,
            "useRemoteGateways": False,
            "remoteAddressSpace": space,
            "remoteVirtualNetworkAddressSpace": space,
            **flags,
        },
    }


def vnet(name: str, prefix: str, subnets: Iterable[Document] = (), peerings: Iterable[Document] = ()) -> Document:
    """Return a VNet with its subnets and peerings."""
    return _resource(
        "virtualNetworks",
        name,
        {
            "addressSpace": {"addressPrefixes": [prefix]},
            "subnets": list(subnets),
            "virtualNetworkPeerings": list(peerings),
        },
    )


def route(name: str, prefix: str, next_hop: str, address: str | None = None) -> Document:
    """Return a route. next_hop: Internet, VirtualAppliance, VnetLocal, VirtualNetworkGateway or None."""
    properties: Document = {"addressPrefix": prefix, "nextHopType": next_hop}
    if address is not None:
        properties["nextHopIpAddress"] = address
    return {"name": name, "properties": properties}


def route_table(name: str, routes: Iterable[Document], *, propagation: bool = True) -> Document:
    """Return a route table."""
    return _resource("routeTables", name, {"disableBgpRoutePropagation": not propagation, "routes": list(routes)})


def security_rule(  # noqa: PLR0913 - the fields of a rule
    name: str,
    priority: int,
    access: str,
    *,
    direction: str = "Inbound",
    source: str | Sequence[str] = "*",
    destination: str | Sequence[str] = "*",
    ports: str | Sequence[str] = "*",
    protocol: str = "*",
) -> Document:
    """Return a security rule; a text fills the singular field, a list the plural one."""
    properties: Document = {
        "priority": priority,
        "direction": direction,
        "access": access,
        "protocol": protocol,
        "sourcePortRange": "*",
    }
    for field, value in (("sourceAddressPrefix", source), ("destinationAddressPrefix", destination)):
        properties |= {field: value} if isinstance(value, str) else {f"{field}es": list(value)}
    properties |= {"destinationPortRange": ports} if isinstance(ports, str) else {"destinationPortRanges": list(ports)}
    return {"name": name, "properties": properties}


def security_group(name: str, rules: Iterable[Document]) -> Document:
    """Return an NSG; Azure's default rules are left out."""
    return _resource("networkSecurityGroups", name, {"securityRules": list(rules)})


def firewall(  # noqa: PLR0913 - the fields of a firewall
    name: str,
    vnet_name: str,
    address: str | None,
    *,
    policy: str | None = None,
    collections: Mapping[str, Sequence[Document]] | None = None,
    tier: str = "Standard",
    state: str = "Succeeded",
    **more: Any,  # noqa: ANN401 - ARM's own fields
) -> Document:
    """Return a firewall in the AzureFirewallSubnet of a VNet. collections: classic ones, by ARM field."""
    configurations = [
        {
            "name": "ipconfig",
            "id": f"{network_id('azureFirewalls', name)}/azureFirewallIpConfigurations/ipconfig",
            "properties": {
                "provisioningState": "Succeeded",
                "privateIPAddress": address,
                "subnet": {"id": f"{network_id('virtualNetworks', vnet_name)}/subnets/AzureFirewallSubnet"},
                "publicIPAddress": {"id": network_id("publicIPAddresses", f"pip-{name}")},
            },
        }
    ]
    properties: Document = {
        "sku": {"name": "AZFW_VNet", "tier": tier},
        "threatIntelMode": "Alert",
        "ipConfigurations": configurations if address else [],
        "networkRuleCollections": [],
        "applicationRuleCollections": [],
        "natRuleCollections": [],
        **(collections or {}),
        **more,
    }
    if policy is not None:
        properties["firewallPolicy"] = {"id": network_id("firewallPolicies", policy)}
    return _resource("azureFirewalls", name, {**properties, "provisioningState": state})


def policy(name: str, groups: Sequence[str], *, base: str | None = None, **more: Any) -> Document:  # noqa: ANN401
    """Return a firewall policy. groups: names of its rule collection groups; base: name of its base policy."""
    policy_id = network_id("firewallPolicies", name)
    properties: Document = {
        "sku": {"tier": "Standard"},
        "threatIntelMode": "Alert",
        "ruleCollectionGroups": [{"id": f"{policy_id}/ruleCollectionGroups/{each}"} for each in groups],
        **more,
    }
    if base is not None:
        properties["basePolicy"] = {"id": network_id("firewallPolicies", base)}
    return _resource("firewallPolicies", name, properties)


def group(policy_name: str, name: str, priority: int, collections: Iterable[Document]) -> Document:
    """Return a rule collection group of a policy."""
    return {
        "id": f"{network_id('firewallPolicies', policy_name)}/ruleCollectionGroups/{name}",
        "name": name,
        "type": "Microsoft.Network/firewallPolicies/ruleCollectionGroups",
        "properties": {
            "provisioningState": "Succeeded",
            "priority": priority,
            "ruleCollections": list(collections),
        },
    }


def collection(name: str, priority: int, action: str, rules: Iterable[Document]) -> Document:
    """Return a rule collection of a policy."""
    return {
        "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
        "name": name,
        "priority": priority,
        "action": {"type": action},
        "rules": list(rules),
    }


def classic(name: str, priority: int, action: str, rules: Iterable[Document]) -> Document:
    """Return a classic rule collection of a firewall."""
    return {"name": name, "properties": {"priority": priority, "action": {"type": action}, "rules": list(rules)}}


def network_rule(
    name: str,
    destinations: Sequence[str],
    ports: Sequence[str],
    *,
    sources: Sequence[str] = ("*",),
    protocols: Sequence[str] = ("Any",),
    **more: Any,  # noqa: ANN401 - ARM's own fields
) -> Document:
    """Return a network rule, fit for policies and, by its second protocol field, for classic collections."""
    return {
        "ruleType": "NetworkRule",
        "name": name,
        "ipProtocols": list(protocols),
        "sourceAddresses": list(sources),
        "destinationAddresses": list(destinations),
        "destinationPorts": list(ports),
        **more,
    }


def application_rule(
    name: str,
    targets: Sequence[str] = (),
    *,
    tags: Sequence[str] = (),
    protocols: Sequence[str] = ("Http:80", "Https:443"),
    sources: Sequence[str] = ("*",),
    **more: Any,  # noqa: ANN401 - ARM's own fields
) -> Document:
    """Return an application rule. protocols: as in "Https:443"."""
    pairs = (each.partition(":") for each in protocols)
    return {
        "ruleType": "ApplicationRule",
        "name": name,
        "sourceAddresses": list(sources),
        "protocols": [{"protocolType": word, "port": int(port)} for word, _, port in pairs],
        "targetFqdns": list(targets),
        "fqdnTags": list(tags),
        **more,
    }


def environment(name: str, vnet_name: str, subnet_name: str, *, kind: str = "ASEV2", internal: bool = True) -> Document:
    """Return an App Service Environment as its v2 documents look: VNet id and subnet name apart."""
    return {
        "id": f"{SUBSCRIPTION}/resourceGroups/rg-apps/providers/Microsoft.Web/hostingEnvironments/{name}",
        "name": name,
        "type": "Microsoft.Web/hostingEnvironments",
        "kind": kind,
        "location": "West Europe",
        "properties": {
            "provisioningState": "Succeeded",
            "status": "Ready",
            "virtualNetwork": {"id": network_id("virtualNetworks", vnet_name), "subnet": subnet_name},
            "internalLoadBalancingMode": "Web, Publishing" if internal else "None",
        },
    }


def inbound_list(environment_name: str, management: Iterable[str], *more: Document) -> Document:
    """Return Azure's own list of what reaches an environment: those who manage it, its own address and its subnet.

    more: entries beside these.
    """
    entries = [
        {"description": "Management of the platform", "endpoints": list(management), "ports": ["454", "455"]},
        {"description": "Own VIP", "endpoints": ["203.0.113.10/32"], "ports": ["454", "455", "16001"]},
        {"description": "Own subnet", "endpoints": ["10.1.1.0/24"], "ports": ["All"]},
        *more,
    ]
    return _own_list(environment_name, "inboundNetworkDependenciesEndpoints", entries)


def outbound_list(environment_name: str, names: Mapping[str, Sequence[int]], *more: Document) -> Document:
    """Return Azure's own list of what an environment reaches. names: with their ports. more: endpoints beside these."""
    endpoints = [
        {"domainName": name, "endpointDetails": [{"ipAddress": "203.0.114.5", "port": port} for port in ports]}
        for name, ports in names.items()
    ]
    entries = [{"category": "Platform", "endpoints": [*endpoints, *more]}]
    return _own_list(environment_name, "outboundNetworkDependenciesEndpoints", entries)


def _own_list(environment_name: str, kind: str, entries: list[Document]) -> Document:
    web = f"{SUBSCRIPTION}/resourceGroups/rg-apps/providers/Microsoft.Web"
    return {
        "id": f"{web}/hostingEnvironments/{environment_name}/{kind}",
        "name": kind,
        "type": f"Microsoft.Web/hostingEnvironments/{kind}",
        "properties": {"value": entries},
    }


def site(name: str, environment_name: str, *, linux: bool = False) -> Document:
    """Return an app in an App Service Environment."""
    web = f"{SUBSCRIPTION}/resourceGroups/rg-apps/providers/Microsoft.Web"
    return {
        "id": f"{web}/sites/{name}",
        "name": name,
        "type": "Microsoft.Web/sites",
        "kind": "app,linux" if linux else "app",
        "location": "West Europe",
        "properties": {
            "state": "Running",
            "reserved": linux,
            "hostingEnvironmentProfile": {"id": f"{web}/hostingEnvironments/{environment_name}"},
        },
    }


def interface(name: str, vnet_name: str, subnet_name: str, address: str, *, forwarding: bool) -> Document:
    """Return a network interface, such as that of an appliance."""
    configuration = {
        "name": "ipconfig",
        "id": f"{network_id('networkInterfaces', name)}/ipConfigurations/ipconfig",
        "properties": {
            "provisioningState": "Succeeded",
            "privateIPAddress": address,
            "subnet": {"id": f"{network_id('virtualNetworks', vnet_name)}/subnets/{subnet_name}"},
        },
    }
    return _resource("networkInterfaces", name, {"enableIPForwarding": forwarding, "ipConfigurations": [configuration]})


def ip_group(name: str, addresses: Iterable[str]) -> Document:
    """Return an IP group."""
    return _resource("ipGroups", name, {"ipAddresses": list(addresses)})


def service_tags(change_number: int, tags: Mapping[str, Sequence[str]]) -> Document:
    """Return a service tag list, as `az network list-service-tags` prints it."""
    return {
        "name": "Public",
        "id": f"{SUBSCRIPTION}/providers/Microsoft.Network/serviceTags/Public",
        "type": "Microsoft.Network/serviceTags",
        "cloud": "Public",
        "changeNumber": str(change_number),
        "values": [
            {
                "name": name,
                "id": name,
                "properties": {
                    "changeNumber": str(change_number),
                    "region": "",
                    "systemService": name,
                    "addressPrefixes": list(prefixes),
                },
            }
            for name, prefixes in tags.items()
        ],
    }
