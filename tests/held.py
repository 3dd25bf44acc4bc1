"""Builds, from the requirements of packs alone, an estate that holds exactly what it is asked to hold."""

from dataclasses import dataclass

from auditor.estate.names import Relation, normal_name, relation
from auditor.packs import Kind, Pack, Requirement
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

ASE, HUB, SPOKE, FIREWALL = "10.1.1.0/24", "10.0.0.0/16", "10.1.0.0/16", "10.0.0.4"
NAMES = (Kind.FQDN, Kind.WILDCARD)
NetworkRule = tuple[str, tuple[int, ...]]
"""Target and ports of a network rule."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """What an estate holds.

    targets: target FQDNs with their port. tags: FQDN tags. network: what network rules allow. routes: addresses routed
    to the Internet. endpoints: services with a service endpoint. inbound: service tags and ports the NSG lets in.
    """

    firewall: bool
    table: bool
    default_route: bool
    targets: frozenset[tuple[str, int]]
    tags: frozenset[str]
    network: frozenset[NetworkRule]
    routes: frozenset[str]
    endpoints: frozenset[str]
    inbound: frozenset[NetworkRule]
    sources: frozenset[str]


def star_at_the_left(name: str) -> str:
    """Return the target FQDN that covers a documented name or pattern: Azure takes a star at the far left only."""
    plain = normal_name(name)
    return plain if "*" not in plain else f"*{plain.rpartition('*')[2]}"


def prefix(address: str) -> str:
    """Return a documented address as a prefix."""
    return address if "/" in address else f"{address}/32"


def target_of(each: Requirement) -> tuple[str, int]:
    """Return the target FQDN that satisfies a name, with its port."""
    return star_at_the_left(each.target), each.ports[0]


def rule_of(each: Requirement) -> NetworkRule:
    """Return the network or security rule that satisfies a requirement on a service tag, an address or any."""
    return (prefix(each.target) if each.kind is Kind.IP else each.target), each.ports


def routed(packs: tuple[Pack, ...]) -> frozenset[str]:
    """Return the addresses that need a route: those of management, and of dependencies that are no Linux app's."""
    return frozenset(
        prefix(each.target)
        for pack in packs
        for each in pack.requirements
        if each.kind is Kind.MANAGEMENT_SOURCE or (each.kind is Kind.IP and each.condition is None)
    )


def everything(packs: tuple[Pack, ...]) -> Held:
    """Return all that the requirements of packs ask for."""
    wanted = [each for pack in packs for each in pack.requirements]
    routes = routed(packs)
    allowed = [each for each in wanted if each.kind in {Kind.ANY, Kind.SERVICE_TAG}]
    allowed += [each for each in wanted if each.kind is Kind.IP and prefix(each.target) not in routes]
    return Held(
        firewall=True,
        table=True,
        default_route=True,
        targets=frozenset(target_of(each) for each in wanted if each.kind in NAMES),
        tags=frozenset(each.target for each in wanted if each.kind is Kind.FQDN_TAG),
        network=frozenset(map(rule_of, allowed)),
        routes=routes,
        endpoints=frozenset(each.target for each in wanted if each.kind is Kind.SERVICE_ENDPOINT),
        inbound=frozenset(rule_of(each) for each in wanted if each.kind is Kind.NSG_INBOUND),
        sources=frozenset(prefix(each.target) for each in wanted if each.kind is Kind.MANAGEMENT_SOURCE),
    )


def serves(target: tuple[str, int], each: Requirement) -> bool:
    """Tell whether a target FQDN lets any of a required name or pattern through."""
    return target[1] in each.ports and relation(target[0], normal_name(each.target)) is not Relation.DISJOINT


def satisfied(held: Held, each: Requirement) -> bool:
    """Tell whether a target FQDN lets all of a required name or pattern through."""
    return any(
        port in each.ports and relation(target, normal_name(each.target)) is Relation.COVERS
        for target, port in held.targets
    )


def estate(held: Held) -> tuple[list[Document], list[Document]]:
    """Return the documents of an estate that holds what it is asked to hold, and its service tag lists."""
    stub = f"{network_id('azureFirewalls', 'fw')}/azureFirewallIpConfigurations/ipconfig"
    own = [stub] if held.firewall else []
    documents = [
        vnet(
            "vnet-ase",
            SPOKE,
            [
                subnet(
                    "vnet-ase",
                    "ase",
                    ASE,
                    table="rt-ase" if held.table else None,
                    nsg="nsg-ase",
                    endpoints=sorted(held.endpoints),
                )
            ],
            [peering("vnet-ase", "vnet-hub", HUB)],
        ),
        vnet(
            "vnet-hub",
            HUB,
            [subnet("vnet-hub", "AzureFirewallSubnet", "10.0.0.0/26", attached=own)],
            [peering("vnet-hub", "vnet-ase", SPOKE)],
        ),
        _routes(held),
        _inbound(held),
        environment("ase", "vnet-ase", "ase"),
        site("linux", "ase", linux=True),
    ]
    if held.firewall:
        documents += [firewall("fw", "vnet-hub", FIREWALL, policy="fwp"), policy("fwp", ["rules"]), _rules(held)]
    return documents, [_tag_list(held)]


def _routes(held: Held) -> Document:
    default = [route("default", "0.0.0.0/0", "VirtualAppliance", FIREWALL)] if held.default_route else []
    return route_table("rt-ase", [*default, *(route(f"to-{each}", each, "Internet") for each in sorted(held.routes))])


def _inbound(held: Held) -> Document:
    rules = [security_rule("management", 100, "Allow", source=sorted(held.sources), ports="454-455")]
    rules += [
        security_rule(f"tag-{priority}", priority, "Allow", source=tag, ports=[str(each) for each in ports])
        for priority, (tag, ports) in enumerate(sorted(held.inbound), 110)
    ]
    return security_group("nsg-ase", [*rules, security_rule("rest", 4096, "Deny")])


def _rules(held: Held) -> Document:
    words = {80: "Http", 443: "Https", 1433: "Mssql"}
    network = [
        network_rule(f"network-{place}", [target], [str(each) for each in ports], sources=[ASE])
        for place, (target, ports) in enumerate(sorted(held.network))
    ]
    names = [
        application_rule(
            f"names-{port}",
            sorted(target for target, its_port in held.targets if its_port == port),
            protocols=[f"{words[port]}:{port}"],
            sources=[ASE],
        )
        for port in sorted({port for _, port in held.targets})
    ]
    tags = [application_rule("tags", tags=sorted(held.tags), sources=[ASE])] if held.tags else []
    return group(
        "fwp",
        "rules",
        100,
        [collection("network", 100, "Allow", network), collection("names", 200, "Allow", [*names, *tags])],
    )


def _tag_list(held: Held) -> Document:
    """Return a tag list. Azure manages from one address more than documents say, so that the tag's own rule is needed.

    AzureMonitor holds none of the addresses that documents list.
    """
    management = [*sorted(held.sources), "20.62.128.1/32"]
    return service_tags(1, {"AppServiceManagement": management, "AzureMonitor": ["13.69.109.0/26"]})
