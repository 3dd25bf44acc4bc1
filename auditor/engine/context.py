"""One workload with all that its requirements share: its subnet, its firewalls, where its default route leads."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

from auditor.engine.flows import TCP, Endpoint, Flow
from auditor.engine.judgement import Cause
from auditor.engine.network import Network
from auditor.engine.nexthop import Owner, unread_member
from auditor.engine.replies import Exchange, exchange
from auditor.engine.route import EffectiveRoute
from auditor.engine.routes import SubnetRoutes
from auditor.engine.virtual_wan import TO_FIREWALL
from auditor.engine.ways import Walk
from auditor.engine.workloads import Workload
from auditor.estate.addresses import AddressSet, address_set, looks_like_address, union
from auditor.estate.arm import key
from auditor.estate.firewall import Firewall
from auditor.estate.hub import leads_to_hub
from auditor.estate.names import normal_fqdn_tag, normal_name
from auditor.estate.network import Subnet, VirtualNetwork
from auditor.estate.ports import PortSet
from auditor.estate.tags import SERVICES_OF_THEIR_OWN, normal_service_tag
from auditor.packs import Pack, Requirement
from auditor.settings import Settings
from auditor.traces import Hop

_FIREWALL_KINDS = ("microsoft.network/azurefirewalls",)
_FIREWALL_SUBNET = "azurefirewallsubnet"
IN_HUB = "next-hop-hub-firewall"
"""Code of a default route that a virtual hub takes to its own firewall."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What a document lists beside its names (see `Endpoint.elsewhere`).

    addresses: of IP dependencies and management, and the user's client ranges. tags: service tags it asks rules or
    routes for. others: far ends that follow from these alone, each made once.
    unlisted: names that no document lists, of which `perhaps_tags` may hold some (see `Endpoint.perhaps_tags`).
    """

    addresses: AddressSet
    tags: frozenset[str]
    unlisted: frozenset[str] = frozenset()
    perhaps_tags: frozenset[str] = frozenset()
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
                perhaps_tags=self.perhaps_tags if target in self.unlisted else frozenset(),
            )
        return self._names[at]


def listed_beside(packs: tuple[Pack, ...], settings_ranges: tuple[AddressSet, ...] = ()) -> Beside:
    """Return what the documents, and the user's client ranges, name by address: no documented name stands behind it."""
    openings = [each for pack in packs for each in (*pack.documented_openings, *pack.asked_beside_later)]
    return Beside(
        addresses=union([*(address_set(each) for each in openings if looks_like_address(each)), *settings_ranges]),
        tags=frozenset(normal_service_tag(each) for each in openings if not looks_like_address(each)),
    )


class Asked(NamedTuple):
    """A flow out of the whole subnet of a workload."""

    destination: Endpoint
    ports: PortSet
    protocol: str
    application: str


@dataclass(frozen=True, kw_only=True)
class Context:
    """A workload whose subnet is known, ready to be judged.

    unread: why a requirement cannot be told, by its id, where Azure's own list would ask for it and was not read.
    lists: a number that workloads share of which the same is asked.
    """

    network: Network
    workload: Workload
    subnet: Subnet
    packs: tuple[Pack, ...]
    settings: Settings
    beside: Beside
    unread: Mapping[str, Hop] = field(default_factory=dict)
    lists: int = 0
    exchanges: dict["Asked", Exchange] = field(default_factory=dict, repr=False)

    @cached_property
    def source(self) -> Endpoint:
        """The whole subnet as the sender of a flow: its IPv4 addresses, which are those an environment uses."""
        return Endpoint(label=f"subnet {self.subnet.name}", addresses=AddressSet(v4=self.subnet.addresses.v4))

    @cached_property
    def table(self) -> str:
        """The ARM id of the route table of the subnet, as Azure spells it; "" without one."""
        return self.network.estate.spelled(self.subnet.route_table or "")

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
        """Who owns the next hop of the default route, where that is an appliance or the firewall of a hub."""
        route = self.default_route
        if route and route.next_hop == TO_FIREWALL:
            firewall = self.network.estate.firewalls[route.peer]
            why = f"{route.name} leads it to Azure Firewall {firewall.name} of the hub"
            return Owner(IN_HUB, why, route.spec, blocked=False, firewall=firewall)
        return self.network.owner(self.subnet, route) if route and route.next_hop == "virtualappliance" else None

    @cached_property
    def firewalls(self) -> tuple[Firewall, ...]:
        """The firewalls in the VNet of the workload, in one peered with it or in the hub it is connected to, by id."""
        estate = self.network.estate
        vnet = estate.virtual_networks.get(self.subnet.vnet)
        near = {self.subnet.vnet, *(each.remote for each in (vnet.peerings if vnet else ()))}
        hub = self.network.hubs.hub_of(vnet) if vnet else None
        places = (*near, *([key(hub.id)] if hub else []))
        found = {key(each.id): each for place in places for each in self.network.firewalls_in(place)}
        return tuple(found[at] for at in sorted(found))

    @cached_property
    def firewall_doubt(self) -> str:
        """Why there may be a firewall nearby that is not in the source; "" if there certainly is none."""
        estate = self.network.estate
        vnet = estate.virtual_networks.get(self.subnet.vnet)
        if vnet is None:
            return estate.missing(self.subnet.vnet)
        hub_doubt = self._hub_doubt(vnet)
        if hub_doubt:
            return hub_doubt
        for near in (self.subnet.vnet, *(each.remote for each in vnet.peerings if not leads_to_hub(each))):
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

    def _hub_doubt(self, vnet: VirtualNetwork) -> str:
        """Return why a firewall may stand in a hub of the VNet that is not in the source; "" if none does."""
        doubt = self.network.hubs.doubt(vnet)
        hub = self.network.hubs.hub_of(vnet)
        estate = self.network.estate
        if doubt is not None or hub is None:
            return doubt.why if doubt else ""
        if hub.firewall and hub.firewall not in estate.firewalls:
            return estate.missing(hub.firewall)
        gap = estate.may_hide(_FIREWALL_KINDS, "")
        if gap is not None:
            return gap.why
        return "" if estate.complete else f"files do not show that virtual hub {hub.name} has no firewall"

    def exchange(
        self, destination: Endpoint, ports: PortSet, *, protocol: str = TCP, application: str = ""
    ) -> Exchange:
        """Return what becomes of a flow out of the whole subnet, decided once."""
        asked = Asked(destination, ports, protocol, application)
        if asked not in self.exchanges:
            flow = Flow(
                source=self.source, destination=destination, protocol=protocol, ports=ports, application=application
            )
            self.exchanges[asked] = exchange(self.network, flow, self.subnet)
        return self.exchanges[asked]

    def named(self, requirement: Requirement) -> Endpoint:
        """Return the far end of a name or wildcard requirement."""
        return self.beside.named(requirement.target, requirement.tags)

    def numbered(self, text: str) -> Endpoint:
        """Return the far end of a documented address."""
        return _numbered(text)

    def off_path(self, walk: Walk) -> Cause | None:
        """Return why a flow that passes does so beside the firewall; None where it goes through it.

        A service endpoint is a documented way past it (A17).
        """
        if walk.routes and all(each.next_hop == "service-endpoint" for each in walk.routes):
            return None
        loose = walk.exclusive and any(each.next_hop == "internet" for each in walk.routes)
        if any(walk.firewalls) and not loose:
            return None
        return self.missing_step or self._passing_by(walk) or default_route_cause(self)

    def _passing_by(self, walk: Walk) -> Cause | None:
        """Return the route that takes a flow past the firewall although the default route leads to it."""
        if self.default_owner is None or self.default_owner.code not in {"next-hop-firewall", IN_HUB}:
            return None
        to_firewall = {"virtualappliance", TO_FIREWALL}
        past = [each for each in walk.routes if each.next_hop not in to_firewall]
        route = next((each for each in past if each.origin == "user"), (past or walk.routes)[0])
        if leads_past(self, route):
            return bypass_cause(route, f"{route.name}: {route.text} to {route.next_hop} [{route.spec}]")
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
        return no_route_table_cause(self) if self.subnet.route_table is None and not self.behind_hub else None

    @property
    def behind_hub(self) -> bool:
        """Whether a virtual hub takes the default route of the subnet to its firewall."""
        return self.default_owner is not None and self.default_owner.code == IN_HUB


def leads_past(context: Context, route: EffectiveRoute) -> bool:
    """Tell whether a route of the user's leads to the Internet for more than single or documented addresses.

    Single addresses are those of one edition of a document or another; tags, those that a document asks for.
    """
    if route.origin != "user" or route.next_hop != "internet" or route.host:
        return False
    asked = {normal_service_tag(each.management_tag) for each in context.packs if each.management_tag}
    return route.tag not in asked | context.beside.tags if route.tag else True


def bypass_cause(route: EffectiveRoute, evidence: str) -> Cause:
    """Return the cause that a route leads past the firewall."""
    table = route.resource.rpartition("/")[2]
    return Cause(
        check="egress-bypass",
        key=f"route|{route.resource.lower()}|{route.name}",
        resource=route.resource,
        message=f"route {route.name} ({route.text}) in route table {table} leads to the Internet, past the firewall",
        evidence=(evidence,),
        fix=(
            f"Narrow or remove the route {route.name}. If it takes replies to clients back, declare their range in "
            "auditor.yaml under client-ranges."
        ),
    )


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
    message = f"subnet {context.subnet.name} has no route table, so that everything leaves by Azure's own routes"
    evidence = "without a route table 0.0.0.0/0 leads to the Internet, past the firewall [R8]"
    if context.behind_hub and context.default_owner is not None:
        message = f"subnet {context.subnet.name} has no route table, so that everything leaves by the routes of the hub"
        evidence = f"{context.default_owner.why}, with the replies to management addresses [H9]"
    return Cause(
        check="no-route-table",
        key="no-route-table",
        resource=context.subnet.id,
        message=message,
        evidence=(evidence,),
        fix=f"Assign the route table with the documented routes to subnet {context.subnet.name}.",
    )


def default_route_cause(context: Context) -> Cause:
    """Return the cause that the default route does not lead to the firewall."""
    route = context.default_route
    owner = context.default_owner
    near = next((at.address for each in context.firewalls if not each.hub for at in each.addresses), "")
    wanted = near or "the private address of the firewall"
    table = context.table
    name = table.rpartition("/")[2]
    if route is None or route.origin != "user":
        hop = "nowhere"
        led = f"no route in route table {name} leads 0.0.0.0/0 to the firewall"
    else:
        hop = route.next_hop_address if route.next_hop == "virtualappliance" else route.next_hop
        led = f"0.0.0.0/0 leads to {hop} in route table {name}, not to the firewall"
    return Cause(
        check="missing-default-route",
        key=f"default-route|{table}|{hop}",
        resource=table,
        message=led,
        evidence=tuple(
            [f"{route.name}: {route.text} to {route.next_hop} {route.next_hop_address}".strip()] if route else []
        )
        + ((owner.why,) if owner else ()),
        fix=_in_hub(context)
        or f"Add the route 0.0.0.0/0 with next hop VirtualAppliance {wanted} to route table {name}.",
    )


def _in_hub(context: Context) -> str:
    """Return what to change where the firewall stands in a virtual hub: no route may name it (H13); "" elsewhere."""
    firewall = context.firewalls[0] if context.firewalls else None
    if firewall is None or not firewall.hub:
        return ""
    return (
        f"Let the routing intent of the hub send Internet traffic to firewall {firewall.name}, enable Internet "
        f"security on the connection of the VNet, propagate gateway routes to subnet {context.subnet.name}, and write "
        "no route of your own for 0.0.0.0/0: none may name the address of a firewall in a hub."
    )


def learned_default_cause(context: Context) -> Cause:
    """Return the cause that the default route leads to a firewall by what a hub teaches, and not as documented."""
    route, owner = context.default_route, context.default_owner
    return Cause(
        check="missing-default-route",
        key=f"learned-default-route|{route.resource.lower() if route else ''}",
        resource=context.table or context.subnet.id,
        message=f"0.0.0.0/0 of subnet {context.subnet.name} leads to the firewall by a route that its hub teaches it",
        evidence=(f"{owner.why} [{owner.spec}]",) if owner else (),
        fix=(
            "Nothing, if it is meant so: the traffic passes the firewall. A route of your own cannot take its place, "
            "since none may name the address of a firewall in a hub; keep gateway routes enabled on the route table."
        ),
    )
