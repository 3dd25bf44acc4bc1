"""One workload with all that its requirements share: its subnet, its firewalls, where its default route leads."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from auditor.engine.flows import TCP, Endpoint, Flow
from auditor.engine.judgement import Cause
from auditor.engine.network import Network
from auditor.engine.nexthop import Owner, unread_member
from auditor.engine.replies import Exchange, exchange
from auditor.engine.routes import EffectiveRoute, SubnetRoutes
from auditor.engine.ways import Walk
from auditor.engine.workloads import Workload
from auditor.estate.addresses import AddressSet, address_set, looks_like_address, union
from auditor.estate.arm import key
from auditor.estate.firewall import Firewall
from auditor.estate.names import normal_fqdn_tag, normal_name
from auditor.estate.network import Subnet
from auditor.estate.ports import PortSet
from auditor.estate.tags import SERVICES_OF_THEIR_OWN, normal_service_tag
from auditor.packs import Pack, Requirement
from auditor.settings import Settings

_FIREWALL_KINDS = ("microsoft.network/azurefirewalls",)
_FIREWALL_SUBNET = "azurefirewallsubnet"


@dataclass(frozen=True, slots=True)
class Beside:
    """What a document lists beside its names (see `Endpoint.elsewhere`).

    addresses: of IP dependencies and management, and the user's client ranges. tags: service tags it asks rules or
    routes for. others: far ends that follow from these alone, each made once.
    """

    addresses: AddressSet
    tags: frozenset[str]
    _names: dict[tuple[str, tuple[str, ...]], Endpoint] = field(default_factory=dict, repr=False, compare=False)
    others: dict[Hashable, Endpoint] = field(default_factory=dict, repr=False, compare=False)

    def named(self, target: str, fqdn_tags: tuple[str, ...]) -> Endpoint:
        """Return the far end of a name or wildcard that a document lists; the same one for every workload."""
        at = (target, fqdn_tags)
        if at not in self._names:
            self._names[at] = Endpoint(
                label=target,
                name=normal_name(target),
                elsewhere=self.addresses,
                elsewhere_tags=self.tags,
                fqdn_tags=frozenset(map(normal_fqdn_tag, fqdn_tags)),
            )
        return self._names[at]


def listed_beside(packs: tuple[Pack, ...], settings_ranges: tuple[AddressSet, ...] = ()) -> Beside:
    """Return what the documents, and the user's client ranges, name by address: no documented name stands behind it."""
    openings = [each for pack in packs for each in (*pack.documented_openings, *pack.asked_beside_later)]
    return Beside(
        addresses=union([*(address_set(each) for each in openings if looks_like_address(each)), *settings_ranges]),
        tags=frozenset(normal_service_tag(each) for each in openings if not looks_like_address(each)),
    )


@dataclass(frozen=True, kw_only=True)
class Context:
    """A workload whose subnet is known, ready to be judged."""

    network: Network
    workload: Workload
    subnet: Subnet
    packs: tuple[Pack, ...]
    settings: Settings
    beside: Beside
    _exchanges: dict[Flow, Exchange] = field(default_factory=dict, repr=False)

    @cached_property
    def source(self) -> Endpoint:
        """The whole subnet as the sender of a flow: its IPv4 addresses, which are those an environment uses."""
        return Endpoint(label=f"subnet {self.subnet.name}", addresses=AddressSet(v4=self.subnet.addresses.v4))

    @cached_property
    def routes(self) -> SubnetRoutes | None:
        """The effective routes of the subnet; None where they cannot be read."""
        return self.network.routes(self.subnet)

    @cached_property
    def default_route(self) -> EffectiveRoute | None:
        """The route that 0.0.0.0/0 itself takes; None where routes cannot be read."""
        return self.routes.default if self.routes is not None else None

    @cached_property
    def default_owner(self) -> Owner | None:
        """Who owns the next hop of the default route, where that is an appliance."""
        route = self.default_route
        return self.network.owner(self.subnet, route) if route and route.next_hop == "virtualappliance" else None

    @cached_property
    def firewalls(self) -> tuple[Firewall, ...]:
        """The firewalls with an address in the VNet of the workload or one peered with it, by id."""
        estate = self.network.estate
        vnet = estate.virtual_networks.get(self.subnet.vnet)
        near = {self.subnet.vnet, *(each.remote for each in (vnet.peerings if vnet else ()))}
        found = {key(each.id): each for place in near for each in self.network.firewalls_in(place)}
        return tuple(found[at] for at in sorted(found))

    @cached_property
    def firewall_doubt(self) -> str:
        """Why there may be a firewall nearby that is not in the source; "" if there certainly is none."""
        estate = self.network.estate
        vnet = estate.virtual_networks.get(self.subnet.vnet)
        if vnet is None:
            return estate.missing(self.subnet.vnet)
        for near in (self.subnet.vnet, *(each.remote for each in vnet.peerings)):
            if near not in estate.virtual_networks:
                return estate.missing(near)
            gap = estate.may_hide(_FIREWALL_KINDS, near)
            if gap is not None:
                return gap.why
            for subnet in estate.subnets_of(near):
                unread = unread_member(estate, subnet) if subnet.name.lower() == _FIREWALL_SUBNET else ""
                if unread:
                    return unread
        return "" if vnet.peerings_listed else f"the source does not list the peerings of VNet {vnet.name}"

    def exchange(
        self, destination: Endpoint, ports: PortSet, *, protocol: str = TCP, application: str = ""
    ) -> Exchange:
        """Return what becomes of a flow out of the whole subnet, decided once."""
        flow = Flow(
            source=self.source, destination=destination, protocol=protocol, ports=ports, application=application
        )
        if flow not in self._exchanges:
            self._exchanges[flow] = exchange(self.network, flow, self.subnet)
        return self._exchanges[flow]

    def named(self, requirement: Requirement) -> Endpoint:
        """Return the far end of a name or wildcard requirement."""
        return self.beside.named(requirement.target, requirement.tags)

    def numbered(self, text: str) -> Endpoint:
        """Return the far end of a documented address."""
        return _numbered(text)

    def off_path(self, walk: Walk) -> Cause | None:
        """Return why a flow that passes does so beside the firewall; None where it goes through it."""
        loose = walk.exclusive and any(each.next_hop == "internet" for each in walk.routes)
        if any(walk.firewalls) and not loose:
            return None
        return self.missing_step or self._passing_by(walk) or default_route_cause(self)

    def _passing_by(self, walk: Walk) -> Cause | None:
        """Return the route that takes a flow past the firewall although the default route leads to it."""
        if self.default_owner is None or self.default_owner.code != "next-hop-firewall":
            return None
        route = next((each for each in walk.routes if each.next_hop != "virtualappliance"), walk.routes[0])
        return Cause(
            check="missing-default-route",
            key=f"past-the-firewall|{route.resource.lower()}|{route.name}",
            resource=route.resource or self.subnet.id,
            message=f"route {route.name} ({route.text}) takes documented traffic past the firewall",
            evidence=(f"{route.name}: {route.text} to {route.next_hop} [{route.spec}]",),
            fix=f"Narrow or remove the route {route.name}, so that the default route takes it to the firewall.",
        )

    @cached_property
    def missing_step(self) -> Cause | None:
        """The step without which the others cannot take effect: no firewall at all, or no route table."""
        if not self.firewalls and not self.firewall_doubt:
            return no_firewall_cause(self)
        return no_route_table_cause(self) if self.subnet.route_table is None else None


@lru_cache(maxsize=4096)
def _numbered(text: str) -> Endpoint:
    return Endpoint(label=text.removesuffix("/32"), addresses=address_set(text), elsewhere_tags=SERVICES_OF_THEIR_OWN)


def no_firewall_cause(context: Context) -> Cause:
    """Return the cause that there is no firewall."""
    evidence = ["no Azure Firewall has an address in the VNet of the subnet or in a VNet peered with it"]
    if context.default_owner is not None:
        evidence.append(context.default_owner.why)
    return Cause(
        check="no-firewall",
        key="no-firewall",
        resource=context.subnet.vnet,
        message=f"no Azure Firewall stands on the way out of subnet {context.subnet.name}, in its VNet or a peered one",
        evidence=tuple(evidence),
    )


def no_route_table_cause(context: Context) -> Cause:
    """Return the cause that the subnet has no route table."""
    return Cause(
        check="no-route-table",
        key="no-route-table",
        resource=context.subnet.id,
        message=f"subnet {context.subnet.name} has no route table, so that everything leaves by Azure's own routes",
        evidence=("without a route table 0.0.0.0/0 leads to the Internet, past the firewall [R8]",),
        fix=f"Assign the route table with the documented routes to subnet {context.subnet.name}.",
    )


def default_route_cause(context: Context) -> Cause:
    """Return the cause that the default route does not lead to the firewall."""
    route = context.default_route
    owner = context.default_owner
    wanted = context.firewalls[0].addresses[0].address if context.firewalls else "the private address of the firewall"
    table = context.subnet.route_table or ""
    name = table.rpartition("/")[2]
    if route is None or route.origin != "user":
        led = f"no route in route table {name} leads 0.0.0.0/0 to the firewall"
    else:
        hop = route.next_hop_address if route.next_hop == "virtualappliance" else route.next_hop
        led = f"0.0.0.0/0 leads to {hop} in route table {name}, not to the firewall"
    return Cause(
        check="missing-default-route",
        key=f"default-route|{table}",
        resource=table,
        message=led,
        evidence=tuple(
            [f"{route.name}: {route.text} to {route.next_hop} {route.next_hop_address}".strip()] if route else []
        )
        + ((owner.why,) if owner else ()),
        fix=f"Add the route 0.0.0.0/0 with next hop VirtualAppliance {wanted} to route table {name}.",
    )
