"""The two example estates that ship with the product, as ARM documents.

`python -m tests.examples` writes them to rules/examples; a test holds the files and this module equal.
"""

from copy import deepcopy
from functools import cache

from auditor.packs import Kind
from tests.audits import packs_of
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
    service_tags,
    site,
    subnet,
    vnet,
)

EDITIONS = ("2018-09-24", "2023-11-20")
"""Editions of the ASE pack that the compliant estate satisfies, both at once."""

ENDPOINTS = ("Microsoft.EventHub", "Microsoft.KeyVault", "Microsoft.Sql", "Microsoft.Storage")
ASE, HUB, SPOKE = "10.1.1.0/24", "10.0.0.0/16", "10.1.0.0/16"
FIREWALL = "10.0.0.4"


@cache
def documented(kind: Kind) -> tuple[str, ...]:
    """Return the addresses of one kind that either edition documents, in order."""
    packs = [pack for edition in EDITIONS for pack in packs_of(edition)]
    found = {each.target for pack in packs for each in pack.requirements if each.kind is kind and not each.condition}
    return tuple(sorted(found, key=lambda each: tuple(map(int, each.partition("/")[0].split(".")))))


def internet_routes() -> list[Document]:
    """Return a route to the Internet for every documented address."""
    management = [(f"management-{i:03}", each) for i, each in enumerate(documented(Kind.MANAGEMENT_SOURCE), 1)]
    dependencies = [(f"dependency-{i}", each) for i, each in enumerate(documented(Kind.IP), 1)]
    return [route(name, f"{address.removesuffix('/32')}/32", "Internet") for name, address in management + dependencies]


def management_rules() -> list[Document]:
    """Return the inbound rules a documented NSG has, before the rule that denies the rest."""
    addresses = [each.removesuffix("/32") for each in documented(Kind.MANAGEMENT_SOURCE)]
    return [
        security_rule(
            "allow-management-tag", 100, "Allow", source="AppServiceManagement", ports="454-455", protocol="Tcp"
        ),
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


def tag_list() -> Document:
    """Return an excerpt of Azure's list of service tags: those that the rules of the examples name."""
    management = [f"{each.removesuffix('/32')}/32" for each in documented(Kind.MANAGEMENT_SOURCE)]
    monitor = ["13.69.109.0/26", "20.40.200.0/24", "40.74.24.68/32", "51.104.8.240/29", "104.208.33.155/32"]
    return service_tags(196, {"AppServiceManagement": management, "AzureMonitor": monitor})


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
        "route-tables.json": [
            route_table("rt-ase", [route("default", "0.0.0.0/0", "VirtualAppliance", FIREWALL), *internet_routes()])
        ],
        "network-security-groups.json": [security_group("nsg-ase", management_rules())],
        "firewalls.json": [firewall("fw-hub", "vnet-hub", FIREWALL, policy="fwp-ase")],
        "firewall-policies.json": [
            policy("fwp-org", ["rcg-org"]),
            policy("fwp-ase", ["rcg-application", "rcg-network"], base="fwp-org"),
        ],
        "rule-collection-groups.json": [organisation_rules(), network_rules(), application_rules()],
        "app-service-environments.json": [environment("ase-shop", "vnet-shop", "ase")],
        "apps.json": [site("shop-web", "ase-shop"), site("shop-api", "ase-shop")],
        "service-tags.json": [tag_list()],
    }


class Draft:
    """The compliant estate, for a test to change."""

    def __init__(self) -> None:
        files = deepcopy(_compliant())
        self.tags: list[Document] = files.pop("service-tags.json")
        self.documents: list[Document] = [each for file in files.values() for each in file]

    def resource(self, name: str) -> Document:
        """Return the resource of that name."""
        (found,) = [each for each in self.documents if each["name"] == name]
        return found

    def of(self, name: str) -> Document:
        """Return the properties of the resource of that name."""
        properties: Document = self.resource(name)["properties"]
        return properties

    def subnet(self, vnet_name: str, name: str) -> Document:
        """Return the properties of a subnet."""
        (found,) = [each["properties"] for each in self.of(vnet_name)["subnets"] if each["name"] == name]
        properties: Document = found
        return properties

    @property
    def ase(self) -> Document:
        """The properties of the subnet of the environment."""
        return self.subnet("vnet-shop", "ase")

    def route(self, prefix: str) -> Document:
        """Return the properties of the route for a prefix."""
        (found,) = [each["properties"] for each in self.routes if each["properties"]["addressPrefix"] == prefix]
        properties: Document = found
        return properties

    @property
    def routes(self) -> list[Document]:
        """The routes of the environment's subnet."""
        routes: list[Document] = self.of("rt-ase")["routes"]
        return routes

    def drop_route(self, prefix: str) -> None:
        """Take away the route for a prefix."""
        self.of("rt-ase")["routes"] = [each for each in self.routes if each["properties"]["addressPrefix"] != prefix]

    def security_rule(self, name: str) -> Document:
        """Return the properties of a security rule."""
        (found,) = [each["properties"] for each in self.of("nsg-ase")["securityRules"] if each["name"] == name]
        properties: Document = found
        return properties

    def rule(self, group_name: str, name: str) -> Document:
        """Return a firewall rule by the name of its rule collection group and its own."""
        collections = self.of(group_name)["ruleCollections"]
        (found,) = [rule for each in collections for rule in each["rules"] if rule["name"] == name]
        firewall_rule: Document = found
        return firewall_rule

    def add(self, *documents: Document) -> None:
        """Add resources."""
        self.documents += documents

    def add_group(self, policy_name: str, name: str, priority: int, *collections: Document) -> None:
        """Add a rule collection group to a policy."""
        added = group(policy_name, name, priority, collections)
        self.of(policy_name)["ruleCollectionGroups"].append({"id": added["id"]})
        self.add(added)

    def drop(self, name: str) -> None:
        """Take away the resource of that name."""
        self.documents.remove(self.resource(name))


_compliant = cache(compliant)
