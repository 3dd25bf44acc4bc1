"""The violating example: several environments, each with one story of how a lock-down goes wrong, around one hub."""

from collections.abc import Sequence

from auditor.packs import Kind
from tests.audits import requirements_of
from tests.builders import (
    Document,
    application_rule,
    classic,
    collection,
    environment,
    firewall,
    group,
    inbound_list,
    ip_group,
    network_id,
    network_rule,
    peering,
    policy,
    route,
    route_table,
    security_group,
    security_rule,
    site,
    subnet,
    vnet,
)
from tests.estates import FIREWALL, HUB, documented, tag_list

EDITION = "2023-11-20"
ENDPOINTS = ("Microsoft.EventHub", "Microsoft.Sql", "Microsoft.Storage")
TUNNEL_FIREWALL = "10.20.0.4"

LOCKED_DOWN = "rt-locked-down"
SPOKES = {
    "no-table": (1, None),
    "stale-hop": (2, "rt-stale-hop"),
    "by-luck": (3, "rt-by-luck"),
    "half-routed": (4, "rt-half-routed"),
    "no-tag": (5, LOCKED_DOWN),
    "hand-made": (6, LOCKED_DOWN),
    "no-endpoint": (7, LOCKED_DOWN),
    "public": (8, LOCKED_DOWN),
    "detour": (9, "rt-detour"),
    "denied": (10, LOCKED_DOWN),
    "closed": (11, LOCKED_DOWN),
    "hidden": (12, "rt-hidden"),
    "leaky": (13, "rt-leaky"),
    "drifted": (14, LOCKED_DOWN),
    "loose": (15, LOCKED_DOWN),
}
"""Spokes of the hub, by their story: the second number of their addresses, and the route table of the environment."""
UNTAGGED = {"no-tag", "hand-made"}


def ase(story: str) -> str:
    """Return the prefix of the environment's subnet in a spoke."""
    return f"10.{SPOKES[story][0]}.1.0/24"


def spoke(story: str) -> Document:
    """Return the VNet of a story, peered with the hub."""
    number, table = SPOKES[story]
    name = f"vnet-{story}"
    subnets = [
        subnet(
            name,
            "ase",
            ase(story),
            table=table,
            nsg="nsg-closed" if story == "closed" else None,
            endpoints=ENDPOINTS[1:] if story == "no-endpoint" else ENDPOINTS,
        )
    ]
    if story == "detour":
        gateway = f"{network_id('applicationGateways', 'agw-detour')}/gatewayIPConfigurations/ipconfig"
        subnets.append(subnet(name, "gateway", f"10.{number}.5.0/24", gateways=[gateway]))
    return vnet(name, f"10.{number}.0.0/16", subnets, [peering(name, "vnet-hub", HUB)])


def own_firewall(name: str) -> str:
    """Return the id of the address a firewall has in its subnet."""
    return f"{network_id('azureFirewalls', name)}/azureFirewallIpConfigurations/ipconfig"


def networks() -> list[Document]:
    """Return every VNet: the hub and its spokes, one with a firewall of its own, and one alone."""
    hub = vnet(
        "vnet-hub",
        HUB,
        [subnet("vnet-hub", "AzureFirewallSubnet", "10.0.0.0/26", attached=[own_firewall("fw-hub")])],
        [peering("vnet-hub", f"vnet-{story}", f"10.{number}.0.0/16") for story, (number, _) in SPOKES.items()],
    )
    tunnel = vnet(
        "vnet-tunnel",
        "10.20.0.0/16",
        [
            subnet(
                "vnet-tunnel",
                "AzureFirewallSubnet",
                "10.20.0.0/26",
                table="rt-forced-tunnel",
                attached=[own_firewall("fw-tunnel")],
            ),
            subnet("vnet-tunnel", "ase", "10.20.1.0/24", table="rt-tunnel", endpoints=ENDPOINTS),
        ],
    )
    island = vnet(
        "vnet-island",
        "10.30.0.0/16",
        [
            subnet("vnet-island", "ase", "10.30.1.0/24", table="rt-island", endpoints=ENDPOINTS),
            subnet("vnet-island", "ase-v3", "10.30.2.0/24"),
        ],
    )
    return [hub, *map(spoke, SPOKES), tunnel, island]


def to_internet(*, management: bool = True, dependencies: bool = True) -> list[Document]:
    """Return the routes the documents ask for beside the default route; management by its service tag."""
    routes = [route("management", "AppServiceManagement", "Internet")] if management else []
    if dependencies:
        addresses = [each for each in documented(Kind.IP) if each != "168.62.226.198"]
        routes += [route(f"dependency-{i}", f"{each}/32", "Internet") for i, each in enumerate(addresses, 1)]
    return routes


def default(address: str = FIREWALL) -> Document:
    """Return a default route to a firewall."""
    return route("default", "0.0.0.0/0", "VirtualAppliance", address)


def route_tables() -> list[Document]:
    """Return every route table but rt-hidden, which could not be read."""
    return [
        route_table(LOCKED_DOWN, [default(), *to_internet()]),
        route_table("rt-stale-hop", [default("10.0.0.5"), *to_internet()]),
        route_table("rt-by-luck", [route("hub", HUB, "VirtualAppliance", FIREWALL), *to_internet(management=False)]),
        route_table("rt-half-routed", [default(), *to_internet(management=False, dependencies=False)]),
        route_table(
            "rt-detour", [default(), route("own-network", "10.9.0.0/16", "VirtualAppliance", FIREWALL), *to_internet()]
        ),
        route_table("rt-leaky", [default(), route("half-the-world", "128.0.0.0/1", "Internet"), *to_internet()]),
        route_table("rt-tunnel", [default(TUNNEL_FIREWALL), *to_internet()]),
        route_table("rt-forced-tunnel", [route("on-premises", "0.0.0.0/0", "VirtualNetworkGateway")]),
        route_table("rt-island", [route("default", "0.0.0.0/0", "Internet"), *to_internet()]),
    ]


def closed_group() -> Document:
    """Return an NSG that shuts Azure's management out."""
    return security_group(
        "nsg-closed",
        [
            security_rule("deny-management-ports", 100, "Deny", source="Internet", ports="454-455", protocol="Tcp"),
            security_rule("allow-probes", 110, "Allow", source="AzureLoadBalancer", ports="16001", protocol="Tcp"),
            security_rule("allow-management", 120, "Allow", source="AppServiceManagement", ports="454-455"),
        ],
    )


def asked_for(sources: Sequence[str] = (), **more: Sequence[str]) -> list[Document]:
    """Return the network rules the document asks for."""
    return [
        network_rule("ntp", ["*"], ["123"], sources=sources, **more),
        network_rule("triage", ["*"], ["12000"], sources=sources, **more),
        network_rule("monitor", ["AzureMonitor"], ["80", "443"], sources=sources, **more),
    ]


def rule_groups() -> list[Document]:
    """Return the rules of the hub's firewall."""
    tagged = {"sourceIpGroups": [network_id("ipGroups", "ipg-locked-down")]}
    hand_made = [ase("hand-made")]
    by_hand = sorted({each.target for each in requirements_of("2018-09-24") if each.kind is Kind.FQDN})
    return [
        group(
            "fwp-org",
            "rcg-org",
            100,
            [
                collection(
                    "deny-plain-web", 100, "Deny", [network_rule("no-http", ["*"], ["80"], sources=[ase("denied")])]
                )
            ],
        ),
        group("fwp-hub", "rcg-network", 200, [collection("allow-ase-network", 100, "Allow", asked_for(**tagged))]),
        group(
            "fwp-hub",
            "rcg-application",
            300,
            [
                collection(
                    "allow-ase-names",
                    100,
                    "Allow",
                    [
                        application_rule(
                            "ase-tags", tags=["AppServiceEnvironment", "WindowsUpdate"], sources=[], **tagged
                        )
                    ],
                ),
                collection(
                    "allow-names-of-2018",
                    200,
                    "Allow",
                    [application_rule("names-of-2018", by_hand, sources=hand_made)],
                ),
                collection(
                    "allow-whatever-it-was",
                    300,
                    "Allow",
                    [application_rule("any-storage", ["*.core.windows.net"], sources=[ase("loose")])],
                ),
            ],
        ),
        group(
            "fwp-hub",
            "rcg-untagged",
            400,
            [collection("allow-network", 100, "Allow", asked_for([ase("no-tag")]))],
        ),
    ]


def tunnel_firewall() -> Document:
    """Return a firewall with classic rules, in a VNet whose way out is tunnelled."""
    rules = {
        "networkRuleCollections": [classic("allow-network", 100, "Allow", asked_for(["10.20.1.0/24"]))],
        "applicationRuleCollections": [
            classic(
                "allow-names",
                100,
                "Allow",
                [
                    application_rule(
                        "ase-tags", tags=["AppServiceEnvironment", "WindowsUpdate"], sources=["10.20.1.0/24"]
                    )
                ],
            )
        ],
    }
    return firewall("fw-tunnel", "vnet-tunnel", TUNNEL_FIREWALL, collections=rules)


def environments() -> list[Document]:
    """Return every environment."""
    return [
        *(environment(f"ase-{each}", f"vnet-{each}", "ase", internal=each != "public") for each in SPOKES),
        environment("ase-tunnel", "vnet-tunnel", "ase"),
        environment("ase-no-firewall", "vnet-island", "ase"),
        environment("ase-v3", "vnet-island", "ase-v3", kind="ASEV3"),
    ]


def drifted_list() -> Document:
    """Return Azure's own list for an environment: one address less than the document in force has, and an older one."""
    now = sorted({each.target for each in requirements_of(EDITION) if each.kind is Kind.MANAGEMENT_SOURCE})
    older = next(each for each in documented(Kind.MANAGEMENT_SOURCE) if each not in now)
    return inbound_list("ase-drifted", [f"{each}/32" for each in (*now[1:], older)])


def violating() -> dict[str, list[Document]]:
    """Return the estate by file name."""
    tagged = [ase(each) for each in SPOKES if each not in UNTAGGED]
    windows = [each["name"] for each in environments() if each["name"] not in {"ase-hand-made", "ase-v3"}]
    apps = [site(f"web-{each.removeprefix('ase-')}", each) for each in windows]
    apps.append(site("jobs-hand-made", "ase-hand-made", linux=True))
    return {
        "virtual-networks.json": networks(),
        "route-tables.json": route_tables(),
        "network-security-groups.json": [closed_group()],
        "ip-groups.json": [ip_group("ipg-locked-down", tagged)],
        "firewalls.json": [firewall("fw-hub", "vnet-hub", FIREWALL, policy="fwp-hub"), tunnel_firewall()],
        "firewall-policies.json": [
            policy("fwp-org", ["rcg-org"]),
            policy("fwp-hub", ["rcg-application", "rcg-network", "rcg-untagged"], base="fwp-org"),
        ],
        "rule-collection-groups.json": rule_groups(),
        "app-service-environments.json": environments(),
        "apps.json": apps,
        "own-lists.json": [drifted_list()],
        "service-tags.json": [tag_list()],
    }


CONFIGURATION = """\
# What no document can know of your applications. Read with: auditor audit --config auditor.yaml .
applications:
- workload: ase-public
  dependencies: ["payments.contoso.com:443"]
  client-ranges: ["203.0.113.0/24"]
"""
