"""Azure Virtual WAN as typed values: hubs, what is connected to them, and how they route.

Ids keep Azure's spelling in `id`; every reference to another resource is in comparing form (`auditor.estate.arm.key`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from auditor.estate.addresses import AddressSet, Prefix
from auditor.estate.network import Peering

DEFAULT_TABLE, NONE_TABLE = "defaultroutetable", "noneroutetable"
"""The route tables every hub of a Virtual WAN has, lower case."""

_PEERING_OF_HUB = "remotevnettohubpeering"
_VNET_OF_HUB = re.compile(r"hv_.*_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HubConnection:
    """A VNet connected to a hub.

    hub, vnet: comparing ids. internet_security: whether the VNet takes the hub's default route; None where not told.
    associated: comparing id of the hub route table it is associated with; None where the document does not say.
    propagated, labels: hub route tables by comparing id, and labels in lower case, that learn its prefixes.
    static_routes, route_maps: whether it has any. state: provisioning state in lower case.
    """

    id: str
    name: str
    hub: str
    vnet: str
    internet_security: bool | None
    associated: str | None
    propagated: tuple[str, ...]
    labels: tuple[str, ...]
    static_routes: bool
    route_maps: bool
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualHub:
    """A hub of a Virtual WAN, or a Route Server, which Azure keeps under the same type.

    wan: comparing id of the Virtual WAN; "" for a Route Server. addresses: of the hub itself.
    branches: comparing ids of the gateways by which branches are attached: VPN, point-to-site, ExpressRoute.
    firewall: comparing id of its Azure Firewall, "" where the document names none. basic: whether it is of the kind
    that connects no VNets with each other. bgp, old_routes: whether it names BGP connections, or routes and route
    tables of the kind that hub route tables replaced.
    connections: those its document embeds. named: comparing ids of those it only names. state, routing_state: lower
    case.
    """

    id: str
    name: str
    wan: str
    addresses: AddressSet
    branches: tuple[str, ...]
    firewall: str
    basic: bool
    bgp: bool
    old_routes: bool
    connections: tuple[HubConnection, ...]
    named: tuple[str, ...]
    state: str
    routing_state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingPolicy:
    """A policy of a routing intent. destinations: "internet", "privatetraffic" or words Azure may add, lower case."""

    name: str
    destinations: tuple[str, ...]
    next_hop: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingIntent:
    """The routing intent of a hub. hub: comparing id. state: provisioning state in lower case."""

    id: str
    name: str
    hub: str
    policies: tuple[RoutingPolicy, ...]
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRoute:
    """A static route of a hub route table.

    prefixes: None where it is not for address prefixes. next_hop: comparing id, or an address.
    """

    name: str
    prefixes: tuple[Prefix, ...] | None
    next_hop: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRouteTable:
    """A route table of a hub. hub: comparing id. labels: lower case. state: provisioning state in lower case."""

    id: str
    name: str
    hub: str
    labels: tuple[str, ...]
    routes: tuple[HubRoute, ...]
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HubParts:
    """What belongs to one hub, each by id. others: names of BGP connections and of route tables of the old kind."""

    connections: tuple[HubConnection, ...] = ()
    intents: tuple[RoutingIntent, ...] = ()
    tables: tuple[HubRouteTable, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualWan:
    """Everything of Virtual WAN in an estate: hubs and their parts by comparing id of the hub, connections by VNet."""

    hubs: Mapping[str, VirtualHub]
    parts: Mapping[str, HubParts]
    of_vnet: Mapping[str, tuple[HubConnection, ...]]

    def parts_of(self, hub: str) -> HubParts:
        """Return what belongs to the hub with a comparing id."""
        return self.parts.get(hub, HubParts())


def leads_to_hub(peering: Peering) -> bool:
    """Tell whether a peering is the one Azure makes when a VNet is connected to a hub.

    Its far end is a network of Microsoft's own subscription, which nobody else may read.
    """
    remote = peering.remote.rpartition("/")[2]
    named = peering.name.lower().startswith(_PEERING_OF_HUB)
    return named or "/virtualhubs/" in peering.remote or _VNET_OF_HUB.fullmatch(remote) is not None
