"""Fixture F0 of the network semantics, section 8, as ARM documents, with the few changes each test makes to it.

A spoke VNet 10.1.0.0/16 with subnet `ase` 10.1.1.0/24 behind 0.0.0.0/0 to firewall `fw` (10.0.0.4, classic rules, no
policy) in a peered hub VNet 10.0.0.0/16. No NSG, no gateway, AzureFirewallSubnet without a route table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.engine.destination_nat import published_exchange
from auditor.engine.filters import security_group_hop
from auditor.engine.flows import APPLICATION_PORTS, TCP, Endpoint, Flow
from auditor.engine.network import Network
from auditor.engine.replies import Exchange, exchange, inbound_exchange
from auditor.engine.routes import SubnetRoutes
from auditor.estate.addresses import AddressSet, address_set, union
from auditor.estate.arm import key
from auditor.estate.estate import Estate, build_estate
from auditor.estate.names import normal_fqdn_tag, normal_name
from auditor.estate.network import Subnet
from auditor.estate.ports import port_set
from auditor.estate.snapshot import Snapshot
from auditor.estate.tags import Tags
from auditor.findings import Gap, Source
from auditor.traces import Hop
from tests.builders import (
    Document,
    application_rule,
    classic,
    firewall,
    network_id,
    network_rule,
    peering,
    route,
    route_table,
    security_group,
    subnet,
    vnet,
)

ASE, SPOKE, HUB, FIREWALL_SUBNET = "10.1.1.0/24", "10.1.0.0/16", "10.0.0.0/16", "10.0.0.0/26"
FIREWALL = "10.0.0.4"
DEFAULT = route("default", "0.0.0.0/0", "VirtualAppliance", FIREWALL)
TO_FIREWALL = "VirtualAppliance"

SOURCE = Source(kind="snapshot", location="scene.json", digest="sha256:0")


def to(text: str) -> Endpoint:
    """Return the end that is the addresses of `text`: addresses and prefixes, comma-separated."""
    return Endpoint(label=text, addresses=addresses(text))


def addresses(text: str) -> AddressSet:
    """Return the addresses of a comma-separated list."""
    return union(address_set(each) for each in text.split(",") if each)


def named(name: str, *tags: str) -> Endpoint:
    """Return the end that is a name or documented wildcard. tags: FQDN tags documented as covering it."""
    return Endpoint(label=name, name=normal_name(name), fqdn_tags=frozenset(map(normal_fqdn_tag, tags)))


def tagged(tag: str) -> Endpoint:
    """Return the end that is a service tag of unknown content."""
    return Endpoint(label=tag, tag=tag.lower())


def flow(source: Endpoint, destination: Endpoint, port: str = "443", protocol: str = TCP) -> Flow:
    """Return a flow whose sender names its host wherever the port is one of HTTP, HTTPS or MSSQL."""
    application = APPLICATION_PORTS.get(int(port), "") if port.isdecimal() and protocol == TCP else ""
    return Flow(
        source=source, destination=destination, protocol=protocol, ports=port_set(port), application=application
    )


def tag_list(number: str = "1", /, **prefixes: Sequence[str]) -> Document:
    """Return a service tag list. Write the dot of a regional tag as two underscores."""
    values = [
        {"name": name.replace("__", "."), "properties": {"addressPrefixes": list(each)}}
        for name, each in prefixes.items()
    ]
    return {"changeNumber": number, "cloud": "Public", "values": values}


def estate_of(documents: Iterable[Document], tags: Iterable[Document] = (), gaps: Iterable[Gap] = ()) -> Estate:
    """Return the estate of a snapshot of `documents`."""
    return build_estate(
        Snapshot(resources=tuple(documents), service_tags=tuple(tags), gaps=tuple(gaps), sources=(SOURCE,))
    )


def gap(what: str, scope: str) -> Gap:
    """Return the gap that a resource was refused."""
    return Gap(what=what, scope=scope, why=f"{scope} was refused", needs="the right to read it")


def allow_names(*targets: str, name: str = "allow-names", priority: int = 300, **more: Any) -> Document:  # noqa: ANN401 - fields of a rule
    """Return a classic application collection with one rule that allows `targets`."""
    return classic(name, priority, "Allow", [application_rule("names", targets, **more)])


def deny_names(*targets: str, name: str = "deny-names", priority: int = 300, **more: Any) -> Document:  # noqa: ANN401 - fields of a rule
    """Return a classic application collection with one rule that denies `targets`."""
    return classic(name, priority, "Deny", [application_rule("names", targets, **more)])


def allow_network(
    destinations: Sequence[str] = ("*",),
    ports: Sequence[str] = ("*",),
    *,
    priority: int = 200,
    **more: Any,  # noqa: ANN401 - fields of a rule
) -> Document:
    """Return a classic network collection with one rule that allows."""
    return classic("allow-network", priority, "Allow", [network_rule("network", destinations, ports, **more)])


def deny_network(
    destinations: Sequence[str] = ("*",),
    ports: Sequence[str] = ("*",),
    *,
    priority: int = 200,
    **more: Any,  # noqa: ANN401 - fields of a rule
) -> Document:
    """Return a classic network collection with one rule that denies."""
    return classic("deny-network", priority, "Deny", [network_rule("network", destinations, ports, **more)])


def gateway(kind: str, vnet_name: str) -> Document:
    """Return a virtual network gateway ("Vpn" or "ExpressRoute") in the GatewaySubnet of a VNet."""
    place = f"{network_id('virtualNetworks', vnet_name)}/subnets/GatewaySubnet"
    return {
        "id": network_id("virtualNetworkGateways", f"gw-{vnet_name}"),
        "name": f"gw-{vnet_name}",
        "type": "Microsoft.Network/virtualNetworkGateways",
        "properties": {
            "gatewayType": kind,
            "ipConfigurations": [{"name": "default", "properties": {"subnet": {"id": place}}}],
        },
    }


@dataclass(frozen=True, slots=True)
class Scene:
    """Documents ready to decide flows."""

    network: Network

    @property
    def ase(self) -> Subnet:
        """The subnet `ase` of the spoke."""
        return self.subnet("ase")

    def subnet(self, name: str, vnet_name: str = "spoke") -> Subnet:
        """Return a subnet by name."""
        return self.network.estate.subnets[key(f"{network_id('virtualNetworks', vnet_name)}/subnets/{name}")]

    def routes(self, name: str = "ase", vnet_name: str = "spoke") -> SubnetRoutes:
        """Return the effective routes of a subnet that can be read."""
        routes = self.network.routes(self.subnet(name, vnet_name))
        assert routes is not None
        return routes

    def out(
        self, destination: Endpoint, port: str = "443", protocol: str = TCP, *, sender: Subnet | None = None
    ) -> Exchange:
        """Return what becomes of a flow out of `sender`, or `ase`, and of its reply."""
        subnet_ = sender or self.ase
        source = Endpoint(label=f"subnet {subnet_.name}", addresses=subnet_.addresses)
        return exchange(self.network, flow(source, destination, port, protocol), subnet_)

    def inward(self, source: Endpoint, port: str) -> Exchange:
        """Return what becomes of a flow that reaches `ase` from outside, and of its reply."""
        destination = Endpoint(label="subnet ase", addresses=self.ase.addresses)
        return inbound_exchange(self.network, flow(source, destination, port), self.ase)

    def published(self, address: str, port: str = "443", *, client: str = "203.0.113.7", wall: str = "fw") -> Exchange:
        """Return what becomes of a flow from a client to a public address of a firewall, and of its reply."""
        firewall_ = self.network.estate.firewalls[key(network_id("azureFirewalls", wall))]
        return published_exchange(self.network, flow(to(client), to(address), port), firewall_)

    def filtered_out(self, destination: Endpoint, port: str = "443", protocol: str = TCP) -> Hop:
        """Return the hop of the NSG of `ase` for a flow out of it: the filter step alone."""
        source = Endpoint(label="subnet ase", addresses=self.ase.addresses)
        (hop,) = security_group_hop(self.network, flow(source, destination, port, protocol), self.ase, inbound=False)
        return hop

    def filtered_in(self, source: Endpoint, port: str, protocol: str = TCP) -> Hop:
        """Return the hop of the NSG of `ase` for a flow into it: the filter step alone."""
        destination = Endpoint(label="subnet ase", addresses=self.ase.addresses)
        (hop,) = security_group_hop(self.network, flow(source, destination, port, protocol), self.ase, inbound=True)
        return hop

    def next_hops(self, destination: str) -> tuple[str, ...]:
        """Return next hop types and addresses of the routes that `ase` may take to an address."""
        taken = [route for choice in self.routes().decide(to(destination)) for route in choice.routes]
        return tuple(f"{each.next_hop} {each.next_hop_address}".strip() for each in taken)


def scene(  # noqa: PLR0913 - each names one thing that a test may change of F0
    *,
    routes: Iterable[Document] = (),
    default: Document | None = DEFAULT,
    table: bool = True,
    propagation: bool = True,
    ase: Document | None = None,
    nsg: Iterable[Document] | None = None,
    endpoints: Sequence[str] = (),
    regions: Sequence[str] = ("eastus2", "centralus"),
    spoke_subnets: Iterable[Document] = (),
    spoke_dns: Sequence[str] = (),
    spoke_peerings: Iterable[Document] | None = None,
    hub_subnets: Iterable[Document] = (),
    hub_peerings: Iterable[Document] | None = None,
    hub_routes: Iterable[Document] | None = None,
    wall_subnet_fields: Document | None = None,
    wall_endpoints: Sequence[str] = (),
    network_rules: Sequence[Document] = (),
    application_rules: Sequence[Document] = (),
    wall: Document | None = None,
    more: Iterable[Document] = (),
    without: Sequence[str] = (),
    tags: Iterable[Document] = (),
    documented: dict[str, str] | None = None,
    gaps: Iterable[Gap] = (),
) -> Scene:
    """Return F0 with changes.

    routes: of the table of `ase`, beside `default`. table: whether `ase` has one at all. ase: fields of the subnet, put
    over its own. nsg: rules of an NSG on `ase`. endpoints, regions: its service endpoints. hub_routes: of a table on
    AzureFirewallSubnet; wall_subnet_fields, wall_endpoints: more of that subnet.
    network_rules, application_rules: classic collections of `fw`. wall: a firewall in its place.
    more: further documents. without: names of documents that are left out. tags: service tag lists. documented:
    addresses by tag that a requirement document publishes.
    """
    ase_subnet = subnet(
        "spoke", "ase", ASE, table="rt" if table else None, nsg="nsg" if nsg is not None else None, endpoints=endpoints
    )
    for each in ase_subnet["properties"]["serviceEndpoints"]:
        each["locations"] = list(regions)
    ase_subnet["properties"] |= ase or {}
    configuration = f"{network_id('azureFirewalls', 'fw')}/azureFirewallIpConfigurations/ipconfig"
    wall_subnet = subnet(
        "hub",
        "AzureFirewallSubnet",
        FIREWALL_SUBNET,
        table=None if hub_routes is None else "rt-hub",
        attached=[configuration],
        endpoints=wall_endpoints,
    )
    for each in wall_subnet["properties"]["serviceEndpoints"]:
        del each["locations"]
    wall_subnet["properties"] |= wall_subnet_fields or {}
    spoke = vnet(
        "spoke",
        SPOKE,
        [ase_subnet, *spoke_subnets],
        [peering("spoke", "hub", HUB)] if spoke_peerings is None else spoke_peerings,
    )
    spoke["properties"]["dhcpOptions"] = {"dnsServers": list(spoke_dns)}
    hub = vnet(
        "hub",
        HUB,
        [wall_subnet, *hub_subnets],
        [peering("hub", "spoke", SPOKE)] if hub_peerings is None else hub_peerings,
    )
    collections = {"networkRuleCollections": network_rules, "applicationRuleCollections": application_rules}
    documents = [spoke, hub, wall or firewall("fw", "hub", FIREWALL, collections=collections), *more]
    if table:
        listed = [*([default] if default else []), *routes]
        documents.append(route_table("rt", listed, propagation=propagation))
    if nsg is not None:
        documents.append(security_group("nsg", nsg))
    if hub_routes is not None:
        documents.append(route_table("rt-hub", hub_routes))
    kept = [each for each in documents if each["name"] not in without]
    estate = estate_of(kept, tags, gaps)
    known = {tag.lower(): addresses(text) for tag, text in (documented or {}).items()}
    return Scene(Network(estate, Tags(estate.tags.get("public"), known)))
