"""The mixed estate of the benchmark: workloads of which no two are alike, behind 20 shared firewalls.

Names and addresses differ from workload to workload, the firewalls have thousands of rules, and every tenth workload
has a defect: each kind in turn. Teams of 20 share route tables and network security groups; a workload whose defect
lies in one of these has one of its own.

`python -m tests.bench_mixed SIZE FILE` writes one as `{"value": [...]}`.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench_estates import (
    DEFAULT_INBOUND,
    DEFAULT_OUTBOUND,
    DEPENDENCIES,
    EVERYBODY,
    INBOUND,
    MANAGEMENT,
    SERVICE_ENDPOINTS,
    Document,
    allow,
    application_rules,
    collection,
    document,
    firewall_documents,
    network_id,
    part,
    peering,
    security_rules,
    web_id,
)

WORKLOADS_OF_A_TEAM = 20
DEFECT_EVERY = 10

DEFECTS = {
    "missing-route": "asymmetric-management-reply",
    "nsg-deny": "blocked-by-nsg",
    "missing-endpoint": "missing-service-endpoint",
    "no-table": "no-route-table",
    "dangling-next-hop": "dangling-next-hop",
    "default-to-internet": "missing-default-route",
    "nsg-closed-to-management": "blocked-by-nsg",
    "table-not-read": "undetermined",
}
"""Every kind of defect, with the check that finds it first."""

_KINDS = tuple(DEFECTS)
_WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "inlet", "jetty", "knoll", "lagoon")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How large a mixed estate is: its workloads, shared firewalls, and the rules of each firewall's policy."""

    workloads: int
    firewalls: int = 20
    rules: int = 2000

    def hub_of(self, number: int) -> int:
        """Return the number of the hub that serves a workload; those of a team have one."""
        return number // WORKLOADS_OF_A_TEAM % self.firewalls


def defect_of(number: int) -> str:
    """Return the kind of defect of a workload, "" for one without."""
    if number % DEFECT_EVERY != DEFECT_EVERY - 1:
        return ""
    return _KINDS[number // DEFECT_EVERY % len(_KINDS)]


def name_of(number: int) -> str:
    """Return the name that everything of a workload has a part in."""
    return f"{_WORDS[number % len(_WORDS)]}{number}"


def _hub_network(hub: int) -> str:
    return network_id(f"rg-hub-{hub}", "virtualNetworks", f"vnet-hub-{hub}")


def _hub_prefix(hub: int, last: str) -> str:
    return f"172.16.{hub}.{last}"


def _network(number: int) -> str:
    return network_id(f"rg-{name_of(number)}", "virtualNetworks", f"vnet-{name_of(number)}")


def _prefix(number: int, length: int = 24) -> str:
    return f"10.{number // 256}.{number % 256}.0/{length}"


def _network_rules(hub: int, count: int) -> list[Document]:
    documented = [
        allow("ntp", ipProtocols=["Any"], destinationAddresses=["*"], destinationPorts=["123"]),
        allow("monitoring", ipProtocols=["Any"], destinationAddresses=["*"], destinationPorts=["12000"]),
        allow("ase", ipProtocols=["TCP"], destinationAddresses=[*DEPENDENCIES], destinationPorts=["80", "443"]),
        allow(
            "azure-monitor", ipProtocols=["Any"], destinationAddresses=["AzureMonitor"], destinationPorts=["80", "443"]
        ),
    ]
    others = [
        allow(
            f"{_WORDS[n % len(_WORDS)]}-{n}-of-{hub}",
            ipProtocols=["TCP"],
            destinationAddresses=[f"192.168.{n % 256}.{hub}", f"203.0.{n // 256}.{n % 256}"],
            destinationPorts=["443" if n % 2 else "1433"],
        )
        | {"sourceAddresses": [EVERYBODY if n % 3 else _prefix(n * WORKLOADS_OF_A_TEAM % 65536)]}
        for n in range(count)
    ]
    return documented + others


def _hub_documents(shape: Shape, hub: int) -> Iterator[Document]:
    network, prefix = _hub_network(hub), _hub_prefix(hub, "0/24")
    subnet = part(network, "subnets", "AzureFirewallSubnet", {"addressPrefix": _hub_prefix(hub, "0/26")})
    served = [n for n in range(shape.workloads) if shape.hub_of(n) == hub]
    peerings = [peering(network, f"to-{name_of(n)}", _network(n), _prefix(n)) for n in served]
    yield document(
        network,
        {
            "addressSpace": {"addressPrefixes": [prefix]},
            "subnets": [subnet],
            "virtualNetworkPeerings": peerings,
        },
    )
    others = shape.rules // 2
    yield from firewall_documents(
        hub,
        network,
        _hub_prefix(hub, "4"),
        [
            collection("network", 200, _network_rules(hub, others)),
            collection("application", 300, application_rules(others)),
        ],
    )


def _table(owner: str, hub: int, defect: str = "") -> Document:
    table = network_id(f"rg-{owner}", "routeTables", f"rt-{owner}")
    direct = [("tag-management", "AppServiceManagement")]
    direct += [(f"to-{address}", f"{address}/32") for address in MANAGEMENT + DEPENDENCIES]
    if defect == "missing-route":
        direct = direct[4:]
    target = _hub_prefix(hub, "60" if defect == "dangling-next-hop" else "4")
    default = {"nextHopType": "VirtualAppliance", "nextHopIpAddress": target}
    if defect == "default-to-internet":
        default = {"nextHopType": "Internet"}
    routes = [part(table, "routes", f"{owner}-default", {"addressPrefix": "0.0.0.0/0", **default})]
    routes += [
        part(table, "routes", f"{owner}-{name}", {"addressPrefix": prefix, "nextHopType": "Internet"})
        for name, prefix in direct
    ]
    return document(table, {"disableBgpRoutePropagation": True, "routes": routes})


def _group(owner: str, defect: str = "") -> Document:
    group = network_id(f"rg-{owner}", "networkSecurityGroups", f"nsg-{owner}")
    closed = (("closed", 90, "Deny", "Internet", "*", "454-455"),) if defect == "nsg-closed-to-management" else ()
    inbound = (*closed, *INBOUND)
    rules = security_rules(group, "securityRules", "Inbound", tuple((f"{owner}-{row[0]}", *row[1:]) for row in inbound))
    if defect == "nsg-deny":
        denied = ((f"{owner}-monitoring", 100, "Deny", "*", "Internet", "12000"),)
        rules += security_rules(group, "securityRules", "Outbound", denied)
    defaults = security_rules(group, "defaultSecurityRules", "Inbound", DEFAULT_INBOUND)
    defaults += security_rules(group, "defaultSecurityRules", "Outbound", DEFAULT_OUTBOUND)
    return document(group, {"securityRules": rules, "defaultSecurityRules": defaults})


def _subnet(shape: Shape, number: int) -> tuple[Document, list[Document]]:
    """Return the subnet of a workload, and what it has of its own beside."""
    name, defect, hub = name_of(number), defect_of(number), shape.hub_of(number)
    team, own = f"team-{number // WORKLOADS_OF_A_TEAM}", list[Document]()
    table = network_id(f"rg-{team}", "routeTables", f"rt-{team}")
    group = network_id(f"rg-{team}", "networkSecurityGroups", f"nsg-{team}")
    if defect in {"missing-route", "dangling-next-hop", "default-to-internet"}:
        own.append(_table(name, hub, defect))
        table = str(own[-1]["id"])
    if defect == "table-not-read":
        table = network_id(f"rg-{name}", "routeTables", f"rt-{name}")
    if defect in {"nsg-deny", "nsg-closed-to-management"}:
        own.append(_group(name, defect))
        group = str(own[-1]["id"])
    enabled = SERVICE_ENDPOINTS[:-1] if defect == "missing-endpoint" else SERVICE_ENDPOINTS
    settings: Document = {
        "addressPrefix": _prefix(number, 24 + number % 4),
        "networkSecurityGroup": {"id": group},
        "serviceEndpoints": [
            {"provisioningState": "Succeeded", "service": service, "locations": ["*"]} for service in enabled
        ],
    }
    if defect != "no-table":
        settings["routeTable"] = {"id": table}
    return part(_network(number), "subnets", f"snet-{name}", settings), own


def _workload(shape: Shape, number: int) -> Iterator[Document]:
    """Yield one workload: its virtual network with subnet and peering, its environment, a plan and an app."""
    name, hub, network = name_of(number), shape.hub_of(number), _network(number)
    group = f"rg-{name}"
    subnet, own = _subnet(shape, number)
    yield from own
    yield document(
        network,
        {
            "addressSpace": {"addressPrefixes": [_prefix(number)]},
            "subnets": [subnet],
            "virtualNetworkPeerings": [peering(network, f"{name}-to-hub", _hub_network(hub), _hub_prefix(hub, "0/24"))],
        },
    )
    environment, plan = web_id(group, "hostingEnvironments", f"ase-{name}"), web_id(group, "serverfarms", f"asp-{name}")
    profile = {"id": environment, "name": f"ase-{name}", "type": "Microsoft.Web/hostingEnvironments"}
    yield document(
        environment,
        {
            "status": "Ready",
            "suspended": False,
            "internalLoadBalancingMode": "Web, Publishing",
            "virtualNetwork": {
                "id": f"{network}/subnets/snet-{name}",
                "subnet": f"snet-{name}",
                "type": "Microsoft.Network/virtualNetworks/subnets",
            },
        },
        kind="ASEV2",
    )
    yield document(plan, {"reserved": False, "hostingEnvironmentProfile": profile}, kind="app")
    app: Document = {"state": "Running", "serverFarmId": plan, "hostingEnvironmentProfile": profile}
    yield document(web_id(group, "sites", f"app-{name}"), {"reserved": False, **app}, kind="app")


def mixed_estate(shape: Shape) -> Iterator[Document]:
    """Yield every document of a mixed estate."""
    for hub in range(shape.firewalls):
        yield from _hub_documents(shape, hub)
    for team in range(-(-shape.workloads // WORKLOADS_OF_A_TEAM)):
        yield _table(f"team-{team}", shape.hub_of(team * WORKLOADS_OF_A_TEAM))
        yield _group(f"team-{team}")
    for number in range(shape.workloads):
        yield from _workload(shape, number)


def main(size: str, target: str) -> None:
    """Write the mixed estate of `size` workloads to the file `target`, and print how many documents it has."""
    documents = list(mixed_estate(Shape(workloads=int(size))))
    Path(target).write_text(json.dumps({"value": documents}), encoding="utf-8")
    sys.stdout.write(f"{len(documents)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
