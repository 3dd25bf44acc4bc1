"""Estates of any size for the benchmark, always the same for the same size.

Landing zones as large companies build them: a hub with an Azure Firewall and its policy serves up to 400 workloads;
each workload is an App Service Environment v2 with a subnet in a virtual network of its own, peered to the hub; route
tables and network security groups are shared by teams of 20. Every tenth workload lacks a service endpoint.

`python -m tests.bench_estates SIZE FILE` writes one as `{"value": [...]}`.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

Document = dict[str, object]

WORKLOADS_OF_A_HUB = 400
WORKLOADS_OF_A_TEAM = 20
RULES_OF_A_HUB = 200
DEFECT_EVERY = 10

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001"
LOCATION = "westeurope"
SERVICE_ENDPOINTS = ("Microsoft.EventHub", "Microsoft.KeyVault", "Microsoft.Sql", "Microsoft.Storage")
# Facts of Microsoft's lists: the public management addresses of 2022-10-24, the IP dependencies of 2023-11-20.
MANAGEMENT = tuple(
    """
    13.66.140.0 13.67.8.128 13.69.64.128 13.69.227.128 13.70.73.128 13.71.170.64 13.71.194.129 13.75.34.192
    13.75.127.117 13.77.50.128 13.78.109.0 13.89.171.0 13.94.141.115 13.94.143.126 13.94.149.179 20.36.106.128
    20.36.114.64 20.37.74.128 23.96.195.3 23.102.188.65 40.69.106.128 40.70.146.128 40.71.13.64 40.74.100.64
    40.78.194.128 40.79.130.64 40.79.178.128 40.83.120.64 40.83.121.56 40.83.125.161 40.112.242.192 51.107.58.192
    51.107.154.192 51.116.58.192 51.116.155.0 51.120.99.0 51.120.219.0 51.140.146.64 51.140.210.128 52.151.25.45
    52.162.106.192 52.165.152.214 52.165.153.122 52.165.154.193 52.165.158.140 52.174.22.21 52.178.177.147
    52.178.184.149 52.178.190.65 52.178.195.197 52.187.56.50 52.187.59.251 52.187.63.19 52.187.63.37 52.224.105.172
    52.225.177.153 52.231.18.64 52.231.146.128 65.52.172.237 65.52.250.128 70.37.57.58 104.44.129.141 104.44.129.243
    104.44.129.255 104.44.134.255 104.208.54.11 104.211.81.64 104.211.146.128 157.55.208.185 191.233.50.128
    191.233.203.64 191.236.154.88
    """.split()  # noqa: SIM905 - a table of 72 addresses reads better without 72 pairs of quotes
)
DEPENDENCIES = ("13.82.184.151", "13.90.249.229", "40.77.24.27", "104.45.230.69")
EVERYBODY = "10.0.0.0/8"


def network_id(group: str, kind: str, name: str) -> str:
    """Return the ARM id of a Microsoft.Network resource."""
    return f"{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Network/{kind}/{name}"


def web_id(group: str, kind: str, name: str) -> str:
    """Return the ARM id of a Microsoft.Web resource."""
    return f"{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Web/{kind}/{name}"


def document(resource: str, properties: Document, **more: object) -> Document:
    """Return an ARM document; its type and name follow from its id."""
    provider, *pairs = resource.split("/providers/")[1].split("/")
    return {
        "id": resource,
        "name": pairs[-1],
        "type": "/".join((provider, *pairs[::2])),
        "location": LOCATION,
        **more,
        "properties": {"provisioningState": "Succeeded", **properties},
    }


def part(parent: str, kind: str, name: str, properties: Document) -> Document:
    """Return a part of an ARM document: a subnet, a route, a rule."""
    return {
        "id": f"{parent}/{kind}/{name}",
        "name": name,
        "properties": {"provisioningState": "Succeeded", **properties},
    }


def hub_of(number: int) -> int:
    """Return the number of the hub that serves a workload."""
    return number // WORKLOADS_OF_A_HUB


def hub_network(hub: int) -> str:
    """Return the ARM id of a hub's virtual network."""
    return network_id(f"rg-hub-{hub}", "virtualNetworks", f"vnet-hub-{hub}")


def hub_prefix(hub: int, last: str) -> str:
    """Return an address or prefix in a hub's /24 of 172.16.0.0/12."""
    return f"172.{16 + hub // 256}.{hub % 256}.{last}"


def spoke_network(number: int) -> str:
    """Return the ARM id of a workload's virtual network."""
    return network_id(f"rg-app-{number}", "virtualNetworks", f"vnet-app-{number}")


def spoke_prefix(number: int) -> str:
    """Return a workload's /24 of 10.0.0.0/8."""
    return f"10.{number // 256}.{number % 256}.0/24"


def peering(network: str, name: str, remote: str, remote_prefix: str) -> Document:
    """Return one side of a peering that stands."""
    return part(
        network,
        "virtualNetworkPeerings",
        name,
        {
            "peeringState": "Connected",
            "peeringSyncLevel": "FullyInSync",
            "allowVirtualNetworkAccess": True,
            "allowForwardedTraffic": True,
            "allowGatewayTransit": False,
            "useRemoteGateways": False,
            "remoteVirtualNetwork": {"id": remote},
            "remoteAddressSpace": {"addressPrefixes": [remote_prefix]},
        },
    )


def allow(name: str, **matches: object) -> Document:
    """Return a rule of a firewall policy; application rules are those with protocols."""
    kind = "ApplicationRule" if "protocols" in matches else "NetworkRule"
    return {"ruleType": kind, "name": name, "sourceAddresses": [EVERYBODY], **matches}


def collection(name: str, priority: int, rules: list[Document]) -> Document:
    """Return a filter rule collection that allows."""
    return {
        "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
        "name": name,
        "priority": priority,
        "action": {"type": "Allow"},
        "rules": rules,
    }


def network_rules(hub: int) -> list[Document]:
    """Return what the documents ask for by address and port, and rules of other teams."""
    documented = [
        allow("ntp", ipProtocols=["Any"], destinationAddresses=["*"], destinationPorts=["123"]),
        allow("monitoring", ipProtocols=["Any"], destinationAddresses=["*"], destinationPorts=["12000"]),
        allow("ase", ipProtocols=["TCP"], destinationAddresses=[*DEPENDENCIES], destinationPorts=["80", "443"]),
        allow(
            "azure-monitor", ipProtocols=["TCP"], destinationAddresses=["AzureMonitor"], destinationPorts=["80", "443"]
        ),
    ]
    others = [
        allow(
            f"team-{n}",
            ipProtocols=["TCP"],
            destinationAddresses=[f"192.168.{n}.{hub % 256}"],
            destinationPorts=["1433"],
        )
        for n in range(RULES_OF_A_HUB // 2)
    ]
    return documented + others


def application_rules(count: int = RULES_OF_A_HUB // 2) -> list[Document]:
    """Return the documented FQDN tags, and `count` rules of other teams."""
    https = [{"protocolType": "Https", "port": 443}]
    web = [{"protocolType": "Http", "port": 80}, *https]
    tags = ["AppServiceEnvironment", "WindowsUpdate"]
    others = [
        allow(f"partner-{n}", protocols=https, targetFqdns=[f"api-{n}.example.com", f"*.partner-{n}.example.net"])
        for n in range(count)
    ]
    return [allow("ase", protocols=web, fqdnTags=tags, targetFqdns=[]), *others]


def firewall_documents(hub: int, network: str, private: str, collections: list[Document]) -> Iterator[Document]:
    """Yield a hub's firewall in the virtual network `network`, its public address, its policy and the policy's rules.

    private: its private address. collections: the rules, in collections.
    """
    group = f"rg-hub-{hub}"
    itself = network_id(group, "azureFirewalls", f"fw-{hub}")
    policy = network_id(group, "firewallPolicies", f"fwp-{hub}")
    rules = f"{policy}/ruleCollectionGroups/allowed"
    address = network_id(group, "publicIPAddresses", f"pip-fw-{hub}")
    yield document(
        address,
        {"ipAddress": f"20.50.{hub // 256}.{hub % 256}", "publicIPAllocationMethod": "Static"},
        sku={"name": "Standard", "tier": "Regional"},
    )
    configuration: Document = {
        "privateIPAddress": private,
        "privateIPAllocationMethod": "Dynamic",
        "publicIPAddress": {"id": address},
        "subnet": {"id": f"{network}/subnets/AzureFirewallSubnet"},
    }
    yield document(
        itself,
        {
            "sku": {"name": "AZFW_VNet", "tier": "Standard"},
            "threatIntelMode": "Alert",
            "firewallPolicy": {"id": policy},
            "ipConfigurations": [part(itself, "azureFirewallIpConfigurations", "main", configuration)],
            "networkRuleCollections": [],
            "applicationRuleCollections": [],
            "natRuleCollections": [],
        },
    )
    yield document(
        policy,
        {
            "sku": {"tier": "Standard"},
            "threatIntelMode": "Alert",
            "firewalls": [{"id": itself}],
            "ruleCollectionGroups": [{"id": rules}],
            "childPolicies": [],
        },
    )
    yield document(rules, {"priority": 100, "ruleCollections": collections})


def hub_documents(hub: int, workloads: range) -> Iterator[Document]:
    """Yield a hub: its virtual network, peered to the networks of its workloads, and its firewall."""
    network = hub_network(hub)
    prefix = hub_prefix(hub, "0/24")
    subnet = part(network, "subnets", "AzureFirewallSubnet", {"addressPrefix": hub_prefix(hub, "0/26")})
    peerings = [peering(network, f"to-app-{n}", spoke_network(n), spoke_prefix(n)) for n in workloads]
    yield document(
        network,
        {
            "addressSpace": {"addressPrefixes": [prefix]},
            "subnets": [subnet],
            "virtualNetworkPeerings": peerings,
        },
    )
    collections = [collection("network", 200, network_rules(hub)), collection("application", 300, application_rules())]
    yield from firewall_documents(hub, network, hub_prefix(hub, "4"), collections)


def routes(table: str, hub: int) -> list[Document]:
    """Return the documented routes: management and dependencies to the Internet, the rest to the firewall."""
    direct = [("tag-management", "AppServiceManagement")]
    direct += [(f"address-{address}", f"{address}/32") for address in MANAGEMENT + DEPENDENCIES]
    appliance = {"nextHopType": "VirtualAppliance", "nextHopIpAddress": hub_prefix(hub, "4")}
    return [
        part(table, "routes", "default", {"addressPrefix": "0.0.0.0/0", **appliance}),
        *(part(table, "routes", name, {"addressPrefix": prefix, "nextHopType": "Internet"}) for name, prefix in direct),
    ]


def security_rules(group: str, kind: str, direction: str, rows: tuple[tuple[str | int, ...], ...]) -> list[Document]:
    """Return rules of a network security group, for every protocol: name, priority, access, source, target, ports."""
    return [
        part(
            group,
            kind,
            str(name),
            {
                "priority": priority,
                "direction": direction,
                "access": access,
                "protocol": "*",
                **(
                    {"sourceAddressPrefixes": str(source).split()}
                    if " " in str(source)
                    else {"sourceAddressPrefix": source, "sourceAddressPrefixes": []}
                ),
                "sourcePortRange": "*",
                "sourcePortRanges": [],
                "destinationAddressPrefix": target,
                "destinationAddressPrefixes": [],
                "destinationPortRange": ports,
                "destinationPortRanges": [],
            },
        )
        for name, priority, access, source, target, ports in rows
    ]


INBOUND = (
    ("tag", 100, "Allow", "AppServiceManagement", "*", "454-455"),
    ("management", 110, "Allow", " ".join(MANAGEMENT), "*", "454-455"),
    ("balancer", 120, "Allow", "AzureLoadBalancer", "*", "16001"),
    ("within", 130, "Allow", "VirtualNetwork", "*", "*"),
)
DEFAULT_INBOUND = (
    ("AllowVnetInBound", 65000, "Allow", "VirtualNetwork", "VirtualNetwork", "*"),
    ("AllowAzureLoadBalancerInBound", 65001, "Allow", "AzureLoadBalancer", "*", "*"),
    ("DenyAllInBound", 65500, "Deny", "*", "*", "*"),
)
DEFAULT_OUTBOUND = (
    ("AllowVnetOutBound", 65000, "Allow", "VirtualNetwork", "VirtualNetwork", "*"),
    ("AllowInternetOutBound", 65001, "Allow", "*", "Internet", "*"),
    ("DenyAllOutBound", 65500, "Deny", "*", "*", "*"),
)


def team_documents(team: int) -> Iterator[Document]:
    """Yield what the workloads of a team share: a route table and a network security group."""
    hub = hub_of(team * WORKLOADS_OF_A_TEAM)
    table = network_id(f"rg-team-{team}", "routeTables", f"rt-team-{team}")
    group = network_id(f"rg-team-{team}", "networkSecurityGroups", f"nsg-team-{team}")
    yield document(table, {"disableBgpRoutePropagation": False, "routes": routes(table, hub)})
    yield document(
        group,
        {
            "securityRules": security_rules(group, "securityRules", "Inbound", INBOUND),
            "defaultSecurityRules": [
                *security_rules(group, "defaultSecurityRules", "Inbound", DEFAULT_INBOUND),
                *security_rules(group, "defaultSecurityRules", "Outbound", DEFAULT_OUTBOUND),
            ],
        },
    )


def workload(number: int) -> Iterator[Document]:
    """Yield one workload: its virtual network with subnet and peering, its environment, a plan and an app."""
    group, team, hub = f"rg-app-{number}", number // WORKLOADS_OF_A_TEAM, hub_of(number)
    network, prefix = spoke_network(number), spoke_prefix(number)
    enabled = SERVICE_ENDPOINTS[:-1] if number % DEFECT_EVERY == DEFECT_EVERY - 1 else SERVICE_ENDPOINTS
    subnet = part(
        network,
        "subnets",
        "ase",
        {
            "addressPrefix": prefix,
            "networkSecurityGroup": {"id": network_id(f"rg-team-{team}", "networkSecurityGroups", f"nsg-team-{team}")},
            "routeTable": {"id": network_id(f"rg-team-{team}", "routeTables", f"rt-team-{team}")},
            "serviceEndpoints": [
                {"provisioningState": "Succeeded", "service": service, "locations": ["*"]} for service in enabled
            ],
        },
    )
    environment = web_id(group, "hostingEnvironments", f"ase-{number}")
    profile = {"id": environment, "name": f"ase-{number}", "type": "Microsoft.Web/hostingEnvironments"}
    plan = web_id(group, "serverfarms", f"plan-{number}")
    yield document(
        network,
        {
            "addressSpace": {"addressPrefixes": [prefix]},
            "subnets": [subnet],
            "virtualNetworkPeerings": [peering(network, "to-hub", hub_network(hub), hub_prefix(hub, "0/24"))],
        },
    )
    yield document(
        environment,
        {
            "status": "Ready",
            "suspended": False,
            "internalLoadBalancingMode": "Web, Publishing",
            "virtualNetwork": {
                "id": f"{network}/subnets/ase",
                "subnet": "ase",
                "type": "Microsoft.Network/virtualNetworks/subnets",
            },
        },
        kind="ASEV2",
    )
    yield document(plan, {"reserved": False, "hostingEnvironmentProfile": profile}, kind="app")
    app: Document = {"state": "Running", "serverFarmId": plan, "hostingEnvironmentProfile": profile}
    yield document(web_id(group, "sites", f"app-{number}"), {"reserved": False, **app}, kind="app")


def estate(size: int) -> Iterator[Document]:
    """Yield every document of an estate of `size` workloads."""
    for first in range(0, size, WORKLOADS_OF_A_HUB):
        yield from hub_documents(hub_of(first), range(first, min(first + WORKLOADS_OF_A_HUB, size)))
    for team in range(-(-size // WORKLOADS_OF_A_TEAM)):
        yield from team_documents(team)
    for number in range(size):
        yield from workload(number)


def main(size: str, target: str) -> None:
    """Write the estate of `size` workloads to the file `target`, and print how many documents it has."""
    documents = list(estate(int(size)))
    Path(target).write_text(json.dumps({"value": documents}), encoding="utf-8")
    sys.stdout.write(f"{len(documents)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
