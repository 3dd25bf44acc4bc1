"""The network as typed values: VNets, subnets, peerings, route tables, NSGs, and who owns private addresses.

Ids keep Azure's spelling in `id`; every reference to another resource is in comparing form (`auditor.estate.arm.key`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.estate.addresses import NOTHING, AddressSet, Prefix
from auditor.estate.ports import PortSet


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEndpoint:
    """A service endpoint of a subnet. service: as Azure spells it; state: provisioning state in lower case, or ""."""

    service: str
    locations: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet.

    attached: ids of the ip configurations Azure lists as living here, comparing form; empty where it lists none.
    application_gateways: whether an application gateway lives here.
    endpoint_policies: comparing ids of the service endpoint policies on it.
    private_endpoints: comparing ids of those that Azure lists as living here, in whichever subscription they are.
    injected: whether it is given to a service of Azure, which puts in machines that no list shows.
    private_endpoint_policies: which network policies private endpoints here are under: "enabled", "disabled",
    "networksecuritygroupenabled" or "routetableenabled"; "" reads as disabled.
    """

    id: str
    name: str
    vnet: str
    addresses: AddressSet
    prefixes: tuple[str, ...]
    route_table: str | None
    nsg: str | None
    nat_gateway: str | None
    service_endpoints: tuple[ServiceEndpoint, ...]
    endpoint_policies: tuple[str, ...]
    private_endpoint_policies: str
    private_endpoints: tuple[str, ...]
    attached: tuple[str, ...]
    application_gateways: bool
    default_outbound: bool
    injected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointPolicy:
    """A service endpoint policy. resources: what it admits, by comparing id: accounts, or scopes that hold some."""

    id: str
    name: str
    resources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peering:
    """One half of a VNet peering.

    remote: id of the peered VNet. state: in lower case ("connected"), "" where not given.
    prefixes, addresses: the synced remote address space. unsettled: what only one of the two address
    lists holds, or all of it where Azure says that they are not in sync. lends_gateway: whether the other VNet may use
    the gateway of this one.
    """

    name: str
    remote: str
    state: str
    prefixes: tuple[Prefix, ...]
    addresses: AddressSet
    unsettled: AddressSet
    allow_access: bool
    allow_forwarded: bool
    use_remote_gateways: bool
    lends_gateway: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualNetwork:
    """A VNet.

    addresses: its address space. dns_servers: empty means Azure's own.
    subnets_listed, peerings_listed: False where the document says nothing of them; there may then be some.
    """

    id: str
    name: str
    location: str
    prefixes: tuple[Prefix, ...]
    addresses: AddressSet
    dns_servers: tuple[str, ...]
    subnets: tuple[Subnet, ...]
    subnets_listed: bool
    peerings_listed: bool
    peerings: tuple[Peering, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A user-defined route.

    prefix: None where the destination is a service tag, then in `tag`.
    next_hop: type in lower case: "internet", "virtualappliance", "vnetlocal", "virtualnetworkgateway", "none" or other.
    """

    name: str
    text: str
    prefix: Prefix | None
    tag: str
    next_hop: str
    next_hop_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """A route table. propagation: False where gateway routes are kept out of its subnets."""

    id: str
    name: str
    routes: tuple[Route, ...]
    propagation: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a security rule: the union of addresses, service tags and application security groups by id."""

    addresses: AddressSet = NOTHING
    tags: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRule:
    """A rule of an NSG. allow: None where Azure's word for it is not known. protocol: "tcp", "udp", "icmp", "*", ..."""

    name: str
    priority: int
    inbound: bool
    allow: bool | None
    protocol: str
    sources: Side
    source_ports: PortSet
    destinations: Side
    ports: PortSet


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup:
    """An NSG with its rules and Azure's default rules, inbound and outbound apart, in order of priority."""

    id: str
    name: str
    inbound: tuple[SecurityRule, ...]
    outbound: tuple[SecurityRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appliance:
    """Something other than Azure Firewall that owns private addresses: a network interface or internal load balancer.

    forwarding: of an interface, whether IP forwarding is on; None for a load balancer.
    addresses: private addresses as text, each with the comparing id of the subnet it lies in.
    """

    id: str
    name: str
    forwarding: bool | None
    addresses: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A virtual network gateway. kind: "vpn" or "expressroute" in lower case. vnet: comparing id of its VNet."""

    id: str
    name: str
    kind: str
    vnet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TagList:
    """A service tag list.

    cloud: "public", "usgovernment" or "china". prefixes: address prefixes as text, by tag name in lower case; parsed
    only when used. date: ISO day of the list, where it says so. shipped: whether it comes with the auditor.
    """

    cloud: str
    change_number: str
    prefixes: Mapping[str, tuple[str, ...]] = field(hash=False)
    date: str = ""
    shipped: bool = False
