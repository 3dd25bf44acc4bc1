"""The two example estates that ship with the product, as ARM documents.

`python -m tests.examples` writes them to rules/examples; a test holds the files and this module equal.
"""

from auditor.collectors.rules import pack_names, read_pack
from auditor.packs import Kind, edition_in_force
from tests.builders import (
    Document,
    application_rule,
    collection,
    environment,
    firewall,
    group,
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

EDITIONS = ("2018-09-24", "2023-11-20")
"""Editions of the ASE pack that the compliant estate satisfies, both at once."""

ENDPOINTS = ("Microsoft.EventHub", "Microsoft.KeyVault", "Microsoft.Sql", "Microsoft.Storage")
ASE, HUB, SPOKE = "10.1.1.0/24", "10.0.0.0/16", "10.1.0.0/16"
FIREWALL = "10.0.0.4"


def documented(kind: Kind) -> list[str]:
    """Return the addresses of one kind that either edition documents, in order."""
    names = pack_names()
    found = set()
    for edition in EDITIONS:
        main = edition_in_force(names, "ase-v2", "public", edition=edition)
        companion = edition_in_force(names, "ase-management-addresses", "public", main.day)
        for pack in (read_pack(main), read_pack(companion)):
            found |= {each.target for each in pack.requirements if each.kind is kind and each.condition is None}
    return sorted(found, key=lambda each: tuple(map(int, each.partition("/")[0].split("."))))


def internet_routes() -> list[Document]:
    """Return a route to the Internet for every documented address."""
    management = [(f"management-{i:03}", each) for i, each in enumerate(documented(Kind.MANAGEMENT_SOURCE), 1)]
    dependencies = [(f"dependency-{i}", each) for i, each in enumerate(documented(Kind.IP), 1)]
    return [route(name, f"{address.removesuffix('/32')}/32", "Internet") for name, address in management + dependencies]


def management_rules() -> list[Document]:
    """Return the inbound rules a documented NSG has, before the rule that denies the rest."""
    addresses = [each.removesuffix("/32") for each in documented(Kind.MANAGEMENT_SOURCE)]
    return [
        security_rule("allow-management-tag", 100, "Allow", source="AppServiceManagement", ports="454-455", protocol="Tcp"),
        security_rule("allow-management-addresses", 110, "Allow", source=addresses, ports="454-455", protocol="Tcp"),
        security_rule("allow-probes", 120, "Allow", source="AzureLoadBalancer", ports="16001", protocol="Tcp"),
        security_rule("allow-own-subnet", 130, "Allow", source=ASE, destination=ASE),
        security_rule("allow-gateway", 140, "Allow", source="10.1.5.0/24", ports=("80", "443"), protocol="Tcp"),
        security_rule("deny-rest", 4096, "Deny"),
    ]


def network_rules() -> Document:
    """Return the group of network rules the document asks for."""
    rules = [
        network_rule("ntp", ["*"], ["123"], sources=[ASE]),
        network_rule("triage", ["*"], ["12000"], sources=[ASE]),
        network_rule("monitor", ["AzureMonitor"], ["80", "443"], sources=[ASE]),
    ]
    return group("fwp-ase", "rcg-network", 200, [collection("allow-ase-network", 100, "Allow", rules)])


def application_rules() -> Document:
    """Return the group of application rules the document asks for."""
    rules = [application_rule("ase-tags", tags=["AppServiceEnvironment", "WindowsUpdate"], sources=[ASE])]
    return group("fwp-ase", "rcg-application", 300, [collection("allow-ase-names", 100, "Allow", rules)])


def organisation_rules() -> Document:
    """Return the group of rules every firewall of the organisation inherits."""
    rules = [application_rule("games", ["*.games.contoso.com"])]
    return group("fwp-org", "rcg-org", 100, [collection("deny-games", 100, "Deny", rules)])


def compliant() -> dict[str, list[Document]]:
    """Return an internal ASE behind a firewall in a peered hub, as documented in both editions; by file name."""
    gateway = f"{network_id('applicationGateways', 'agw-shop')}/gatewayIPConfigurations/ipconfig"
    configuration = f"{network_id('azureFirewalls', 'fw-hub')}/azureFirewallIpConfigurations/ipconfig"
    spoke = vnet(
        "vnet-shop",
        SPOKE,
        [
            subnet("vnet-shop", "ase", ASE, table="rt-ase", nsg="nsg-ase", endpoints=ENDPOINTS),
            subnet("vnet-shop", "gateway", "10.1.5.0/24", gateways=[gateway]),
        ],
        [peering("vnet-shop", "vnet-hub", HUB)],
    )
    hub = vnet(
        "vnet-hub",
        HUB,
        [subnet("vnet-hub", "AzureFirewallSubnet", "10.0.0.0/26", attached=[configuration])],
        [peering("vnet-hub", "vnet-shop", SPOKE)],
    )
    return {
        "virtual-networks.json": [spoke, hub],
        "route-tables.json": [route_table("rt-ase", [route("default", "0.0.0.0/0", "VirtualAppliance", FIREWALL), *internet_routes()])],
        "network-security-groups.json": [security_group("nsg-ase", management_rules())],
        "firewalls.json": [firewall("fw-hub", "vnet-hub", FIREWALL, policy="fwp-ase")],
        "firewall-policies.json": [
            policy("fwp-org", ["rcg-org"]),
            policy("fwp-ase", ["rcg-application", "rcg-network"], base="fwp-org"),
        ],
        "rule-collection-groups.json": [organisation_rules(), network_rules(), application_rules()],
        "app-service-environments.json": [environment("ase-shop", "vnet-shop", "ase")],
        "apps.json": [site("shop-web", "ase-shop"), site("shop-api", "ase-shop")],
    }
