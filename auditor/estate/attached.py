"""What is attached to subnets: network interfaces, public addresses, load balancers, private endpoints, gateways.

References to other resources are in comparing form (`auditor.estate.arm.key`).
"""

from dataclasses import dataclass

from auditor.estate.addresses import AddressSet


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceAddress:
    """An IP configuration of a network interface.

    id: comparing id. address: as text, "" where it is not known. groups: application security groups it is a member of.
    """

    id: str
    address: str
    subnet: str
    public_address: str
    groups: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """A network interface.

    forwarding: whether IP forwarding is on. nsg: its own NSG, None without one. private_endpoint: the one it belongs
    to, or "".
    """

    id: str
    name: str
    forwarding: bool
    nsg: str | None
    private_endpoint: str
    configurations: tuple[InterfaceAddress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAddress:
    """A public IP address. address: as text, "" while none is assigned. sku: "basic" or "standard", "" if not told."""

    id: str
    name: str
    address: str
    sku: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontend:
    """A frontend of a load balancer: a private address in a subnet, or a public IP address by its id."""

    id: str
    address: str
    subnet: str
    public_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancingRule:
    """What a load balancer does with a port of a frontend. protocol: "tcp", "udp", "all". ports: 0 for every port."""

    frontend: str
    pool: str
    protocol: str
    port: int
    backend_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    """A load balancer.

    members: comparing ids of IP configurations by pool; None for a pool that lists members in another way.
    """

    id: str
    name: str
    frontends: tuple[Frontend, ...]
    rules: tuple[BalancingRule, ...]
    members: tuple[tuple[str, tuple[str, ...] | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateEndpoint:
    """A private endpoint.

    addresses: private addresses it says it has; more may stand on its network interfaces. names: (name, address) pairs
    under which clients are to find it. interfaces: comparing ids of its network interfaces.
    """

    id: str
    name: str
    subnet: str
    addresses: AddressSet
    names: tuple[tuple[str, str], ...]
    interfaces: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationGateway:
    """An application gateway. version: 1 or 2, 0 where its SKU is not known. subnets: where it lives."""

    id: str
    name: str
    version: int
    subnets: tuple[str, ...]
