"""Which resources outside what was asked for decide its flows: found by following references, step by step.

A VNet that was asked for is followed to all that lives in it and to its peers. A peer is followed to what makes it a
hub: its firewall, gateway and route tables, to its private endpoints, whose routes its peers have too, and to whatever
has an address that a route names as its next hop, in it or in a peer of its own. Other neighbours of a hub decide
nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.collectors.needed import needed_spelling, type_of_id
from auditor.estate.addresses import NOTHING, AddressSet, address_set
from auditor.estate.arm import key, kind_of
from auditor.estate.hub import HubConnection, leads_to_hub
from auditor.estate.network import RouteTable, Subnet, VirtualNetwork
from auditor.estate.read_attached import read_private_endpoint
from auditor.estate.read_firewall import read_firewall, read_group, read_policy
from auditor.estate.read_hub import read_hub, read_hub_connection, read_routing_intent
from auditor.estate.read_network import read_route_table, read_virtual_network
from auditor.estate.read_web import read_environment
from auditor.estate.references import references_of
from auditor.estate.web import HostingEnvironment

_NETWORK = "microsoft.network/"
_READERS: Mapping[str, Callable[[Any], Any]] = {
    _NETWORK + "azurefirewalls": read_firewall,
    _NETWORK + "firewallpolicies": read_policy,
    _NETWORK + "firewallpolicies/rulecollectiongroups": read_group,
    _NETWORK + "privateendpoints": read_private_endpoint,
    _NETWORK + "routetables": read_route_table,
    _NETWORK + "virtualhubs": read_hub,
    _NETWORK + "virtualhubs/hubvirtualnetworkconnections": read_hub_connection,
    _NETWORK + "virtualhubs/routingintent": read_routing_intent,
    _NETWORK + "virtualnetworks": read_virtual_network,
    "microsoft.web/hostingenvironments": read_environment,
}
FOLLOWED = frozenset(_READERS)
"""Types whose documents lead to others, in lower case."""

_SERVICE_SUBNETS = frozenset(
    {"azurefirewallsubnet", "azurefirewallmanagementsubnet", "gatewaysubnet", "routeserversubnet"}
)
_SCALE_SET = "/providers/microsoft.compute/virtualmachinescalesets/"
_WHOLE_RESOURCE = 9
"""Parts of the id of a resource that lies in a resource group and under no other, the empty first one included."""


@dataclass(frozen=True, slots=True)
class Step:
    """A resource to read next. target: comparing id. why: who leads there, for people."""

    target: str
    why: str


@dataclass(frozen=True, slots=True)
class _Perhaps:
    """What is read only under a condition.

    addresses: one of them must be the next hop of a route; None where it does not matter. peer: the VNet that must
    turn out to be a peer; "" where it does not matter.
    """

    steps: tuple[Step, ...]
    addresses: AddressSet | None = None
    peer: str = ""


@dataclass(slots=True)
class Following:
    """What was seen so far, and what it leads to.

    hubs_wanted: VNets that a peering shows to be connected to a virtual hub; connected: those whose connection was
    read. scale_sets: those whose interfaces live in a network of an environment. near: VNets, by comparing id, that
    were asked for or that an environment lives in.
    """

    near: set[str] = field(default_factory=set)
    hubs_wanted: set[str] = field(default_factory=set)
    connected: set[str] = field(default_factory=set)
    scale_sets: set[str] = field(default_factory=set)
    _environments: set[str] = field(default_factory=set)
    _peers: set[str] = field(default_factory=set)
    _hops: AddressSet = NOTHING
    _perhaps: list[_Perhaps] = field(default_factory=list)

    def see(self, document: Mapping[str, Any]) -> Iterator[Step]:
        """Yield what a document leads to. One that cannot be read leads nowhere; the estate tells of it."""
        try:
            thing = _READERS[kind_of(document)](document)
        except ValueError:
            return
        if isinstance(thing, VirtualNetwork):
            yield from self._vnet(thing)
        elif isinstance(thing, RouteTable):
            self._hops |= _next_hops(thing)
        elif isinstance(thing, HostingEnvironment):
            yield from self._environment(thing)
        else:
            if isinstance(thing, HubConnection):
                self.connected.add(thing.vnet)
            for each in references_of(thing):
                yield Step(each.target, each.referrer)
            yield from _owned(thing, document)

    def turned_out(self) -> Iterator[Step]:
        """Yield what turned out to be in a peer, or to have an address that a route names as its next hop."""
        waiting = []
        for each in self._perhaps:
            is_hop = each.addresses is None or each.addresses & self._hops
            if is_hop and (not each.peer or each.peer in self._peers):
                yield from each.steps
            else:
                waiting.append(each)
        self._perhaps = waiting

    @property
    def unconnected(self) -> list[str]:
        """VNets that a peering shows to be connected to a virtual hub, where no connection was read."""
        return sorted(self.hubs_wanted - self.connected)

    def _environment(self, environment: HostingEnvironment) -> Iterator[Step]:
        for each in references_of(environment):
            vnet = each.target.rpartition("/subnets/")[0]
            if vnet:
                self.near.add(vnet)
                self._environments.add(vnet)
                yield Step(vnet, each.referrer)

    def _vnet(self, vnet: VirtualNetwork) -> Iterator[Step]:
        at = key(vnet.id)
        near = at in self.near
        if near:
            self.hubs_wanted.update(at for peering in vnet.peerings if leads_to_hub(peering))
        for subnet in vnet.subnets:
            yield from (Step(each.target, each.referrer) for each in references_of(subnet))
            yield from self._lives_in(subnet, at)
            if at in self._environments:
                self.scale_sets.update(_scale_sets(subnet))
        for peering in vnet.peerings:
            if leads_to_hub(peering):
                continue
            step = Step(peering.remote, f"peering {peering.name} of VNet {vnet.name}")
            if near:
                self._peers.add(peering.remote)
                yield step
            else:
                self._perhaps.append(_Perhaps((step,), peering.addresses, at))

    def _lives_in(self, subnet: Subnet, vnet: str) -> Iterator[Step]:
        attached = tuple(_attached(subnet))
        endpoints = tuple(Step(each, _told(subnet)) for each in subnet.private_endpoints)
        if vnet in self.near:
            yield from (*attached, *endpoints)
            return
        if subnet.name.lower() in _SERVICE_SUBNETS:
            yield from attached
        else:
            self._perhaps.append(_Perhaps(attached, subnet.addresses))
        self._perhaps.append(_Perhaps(endpoints, peer=vnet))


def _scale_sets(subnet: Subnet) -> Iterator[str]:
    for each in subnet.attached:
        if _SCALE_SET in each:
            yield "/".join(each.split("/")[:_WHOLE_RESOURCE])


def _attached(subnet: Subnet) -> Iterator[Step]:
    """Yield the resources of needed types that live in a subnet, as Azure lists them there."""
    for each in subnet.attached:
        owner = "/".join(each.split("/")[:_WHOLE_RESOURCE])
        if needed_spelling(type_of_id(owner)):
            yield Step(owner, _told(subnet))


def _told(subnet: Subnet) -> str:
    """Return a subnet as people call it."""
    return f"subnet {subnet.name} of VNet {subnet.vnet.rpartition('/')[2]}"


def _owned(thing: Any, document: Mapping[str, Any]) -> Iterator[Step]:  # noqa: ANN401 - whatever was read
    """Yield what stands nearer to a resource than a reference that decides: addresses and interfaces of its own."""
    for found in _ids_under(document.get("properties"), ("publicIPAddress", "networkInterfaces")):
        yield Step(key(found), f"{kind_of(document).rpartition('/')[2]} {thing.name}")


def _ids_under(value: object, names: tuple[str, ...]) -> Iterator[str]:
    """Yield the ids in objects, or lists of objects, that stand under one of some names, however deep."""
    if isinstance(value, list):
        for each in value:
            yield from _ids_under(each, names)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            if name in names:
                held = each if isinstance(each, list) else [each]
                yield from (str(one["id"]) for one in held if isinstance(one, Mapping) and one.get("id"))
            else:
                yield from _ids_under(each, names)


def _next_hops(table: RouteTable) -> AddressSet:
    found = NOTHING
    for route in table.routes:
        try:
            found |= address_set(route.next_hop_address) if route.next_hop_address else NOTHING
        except ValueError:
            continue  # a damaged address leads nowhere
    return found
