"""What an estate tells of the network around a workload, for a drawing of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from auditor.engine.context import Context
from auditor.engine.gateways import gateway_doubt
from auditor.engine.hops import ROUTE_WORDS
from auditor.engine.network import Network
from auditor.engine.peerings import peering_fault
from auditor.engine.private_endpoints import near, unplaced
from auditor.engine.route import EffectiveRoute
from auditor.engine.routes import SubnetRoutes
from auditor.engine.virtual_wan import TO_FIREWALL
from auditor.estate.addresses import address_texts
from auditor.estate.arm import key
from auditor.estate.firewall import Firewall
from auditor.estate.network import Peering, RouteTable, SecurityGroup, VirtualNetwork
from auditor.sketches import Part, Parts, Passing, Presence, Sketch, Way
from auditor.traces import Path, Verdict

_SHOWN = 6
"""Things of one kind that a sketch names; the rest are counted."""
_ROUTES = 4
"""Routes to one next hop that a sketch names; the rest are counted."""
_OWN_PRIORITIES = 65_000
"""Rules from here on are those Azure puts into every NSG."""
_VERDICTS = {"internet": Verdict.ALLOW, "vnetlocal": Verdict.ALLOW, TO_FIREWALL: Verdict.ALLOW, "none": Verdict.BLOCK}


def unread_sketch(subnet_id: str, why: str) -> Sketch:
    """Return the sketch of a workload whose subnet could not be read: nothing around it is known."""
    unknown = Part(presence=Presence.UNKNOWN, facts=(why,))
    subnet = Part(presence=Presence.UNKNOWN, id=subnet_id, name=subnet_id.rpartition("/")[2], facts=(why,))
    others = Parts(doubt=why)
    return Sketch(
        vnet=unknown,
        subnet=subnet,
        security_group=unknown,
        route_table=unknown,
        ways=(),
        ways_doubt=why,
        firewalls=others,
        service_endpoints=others,
        private_endpoints=others,
        peerings=others,
        gateways=others,
        passing=(),
    )


class Sketcher:
    """Sketches networks; what workloads of one VNet share is told once."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._estate = network.estate
        self._around: dict[str, tuple[Part, Parts, Parts, Parts]] = {}

    def of(self, context: Context, passing: Mapping[Path | None, int]) -> Sketch:
        """Return the sketch of a workload. passing: how many of its flows pass, by their way."""
        subnet = context.subnet
        vnet, peerings, endpoints, gateways = self._vnet(subnet.vnet)
        ways, doubt = self._ways(context)
        return Sketch(
            vnet=vnet,
            subnet=Part(presence=Presence.PRESENT, id=subnet.id, name=subnet.name, facts=_facts_of_subnet(context)),
            security_group=self._own(subnet.nsg, self._estate.security_groups),
            route_table=self._own(subnet.route_table, self._estate.route_tables),
            ways=ways,
            ways_doubt=doubt,
            firewalls=_parts((self._firewall(each) for each in context.firewalls), context.firewall_doubt),
            service_endpoints=_parts(
                Part(presence=Presence.PRESENT, name=each.service, facts=tuple(each.locations[:_ROUTES]))
                for each in subnet.service_endpoints
            ),
            private_endpoints=endpoints,
            peerings=peerings,
            gateways=gateways,
            passing=tuple(Passing(path=path, count=passing[path]) for path in Path if passing.get(path)),
        )

    def _own(self, arm_id: str | None, known: Mapping[str, SecurityGroup] | Mapping[str, RouteTable]) -> Part:
        """Return what a subnet refers to; absent where it names none, unknown where that was not read."""
        if not arm_id:
            return Part(presence=Presence.ABSENT)
        found = known.get(arm_id)
        if found is None:
            why = (self._estate.missing(arm_id),)
            return Part(presence=Presence.UNKNOWN, id=arm_id, name=arm_id.rpartition("/")[2], facts=why)
        return Part(presence=Presence.PRESENT, id=found.id, name=found.name, facts=_facts_of(found))

    def _vnet(self, vnet_id: str) -> tuple[Part, Parts, Parts, Parts]:
        """Return a VNet with its peerings, and the private endpoints and gateways it reaches."""
        if vnet_id not in self._around:
            vnet = self._estate.virtual_networks.get(vnet_id)
            self._around[vnet_id] = self._unread_vnet(vnet_id) if vnet is None else self._around_of(vnet)
        return self._around[vnet_id]

    def _unread_vnet(self, vnet_id: str) -> tuple[Part, Parts, Parts, Parts]:
        why = self._estate.missing(vnet_id)
        part = Part(presence=Presence.UNKNOWN, id=vnet_id, name=vnet_id.rpartition("/")[2], facts=(why,))
        return part, Parts(doubt=why), Parts(doubt=why), Parts(doubt=why)

    def _around_of(self, vnet: VirtualNetwork) -> tuple[Part, Parts, Parts, Parts]:
        spaces = address_texts(vnet.addresses)
        part = Part(presence=Presence.PRESENT, id=vnet.id, name=vnet.name, facts=(spaces,) if spaces else ())
        unlisted = "" if vnet.peerings_listed else f"the source does not list the peerings of VNet {vnet.name}"
        peerings = _parts((self._peering(vnet, each) for each in vnet.peerings), unlisted)
        return part, peerings, self._endpoints(vnet), self._gateways(vnet)

    def _peering(self, vnet: VirtualNetwork, peering: Peering) -> Part:
        remote = self._estate.virtual_networks.get(peering.remote)
        fault = peering_fault(self._estate, vnet, peering)
        return Part(
            presence=Presence.PRESENT,
            id=remote.id if remote else peering.remote,
            name=remote.name if remote else peering.remote.rpartition("/")[2],
            facts=(fault.why if fault else "connected",),
        )

    def _endpoints(self, vnet: VirtualNetwork) -> Parts:
        members = self._network.members
        found = [placed for place, _ in near(vnet) for placed in members.endpoints_of(place)]
        shown = (
            Part(
                presence=Presence.PRESENT,
                id=each.endpoint.id,
                name=each.endpoint.name,
                facts=(address_texts(each.addresses) or "its address is not in the source",),
            )
            for each in found
        )
        hidden = [each.name for each in unplaced(self._estate, members, vnet) if each.name == "that was not read"]
        gap = self._estate.may_hide(("microsoft.network/privateendpoints",), "/".join(key(vnet.id).split("/")[:3]))
        doubt = gap.why if gap else "there is a private endpoint that was not read" if hidden else ""
        return _parts(shown, doubt or ("" if self._estate.complete or found else _SILENT))

    def _gateways(self, vnet: VirtualNetwork) -> Parts:
        lenders = {each.remote for each in vnet.peerings if each.use_remote_gateways}
        found = (each for _, each in sorted(self._estate.gateways.items()) if each.vnet in {key(vnet.id), *lenders})
        parts = _parts(
            Part(presence=Presence.PRESENT, id=each.id, name=each.name, facts=(each.kind,)) for each in found
        )
        doubt = None if parts.count else gateway_doubt(self._estate, vnet)
        return replace(parts, doubt=doubt.why) if doubt else parts

    def _firewall(self, firewall: Firewall) -> Part:
        facts = [each.address for each in firewall.addresses]
        if firewall.policy and firewall.policy not in self._estate.policies:
            facts.append(f"policy not read: {self._estate.missing(firewall.policy)}")
        elif firewall.policy:
            facts.append(f"policy {self._estate.policies[firewall.policy].name}")
        facts += [f"tier {firewall.tier}"] if firewall.tier else []
        facts += ["in a virtual hub"] if firewall.hub else []
        return Part(presence=Presence.PRESENT, id=firewall.id, name=firewall.name, facts=tuple(facts))

    def _ways(self, context: Context) -> tuple[tuple[Way, ...], str]:
        """Return where the routes of a subnet lead, the default route first, and why there may be other ways."""
        routes = context.routes
        if routes is None:
            table = context.subnet.route_table or ""
            unread = table if context.subnet.vnet in self._estate.virtual_networks else context.subnet.vnet
            return (), self._estate.missing(unread)
        grouped: dict[tuple[str, str, str], list[EffectiveRoute]] = {}
        for route in _telling(routes, context.default_route):
            grouped.setdefault((route.next_hop, route.next_hop_address, route.peer), []).append(route)
        ways = tuple(self._way(context, each) for each in grouped.values())
        return ways, routes.doubt.why if routes.doubt else ""

    def _way(self, context: Context, routes: Sequence[EffectiveRoute]) -> Way:
        first = routes[0]
        verdict, resource, why = self._leads(context, first)
        return Way(
            next_hop=first.next_hop,
            address=first.next_hop_address,
            verdict=verdict,
            resource=resource,
            why=why,
            routes=tuple(
                each.name if each.text in each.name else f"{each.name}: {each.text}" for each in routes[:_ROUTES]
            ),
            count=len(routes),
        )

    def _leads(self, context: Context, route: EffectiveRoute) -> tuple[Verdict, str, str]:
        """Return what the next hop of a route does, its ARM id and why."""
        if route.next_hop == "virtualappliance":
            owner = self._network.owner(context.subnet, route)
            stands = owner.firewall or owner.appliance
            taken = Verdict.ALLOW if owner.blocked is False else Verdict.BLOCK if owner.blocked else Verdict.UNKNOWN
            return taken, stands.id if stands else "", owner.why
        if route.next_hop == TO_FIREWALL:
            firewall = self._estate.firewalls.get(route.peer)
            return Verdict.ALLOW, firewall.id if firewall else route.peer, f"{route.name} leads to it"
        word = ROUTE_WORDS.get(route.next_hop, route.next_hop)
        return _VERDICTS.get(route.next_hop, Verdict.UNKNOWN), "", f"{route.name} leads to {word}"


_SILENT = "files do not show whether there are private endpoints"


def _parts(parts: Iterable[Part], doubt: str = "") -> Parts:
    found = iter(parts)
    shown = tuple(islice(found, _SHOWN))
    return Parts(shown=shown, count=len(shown) + sum(1 for _ in found), doubt=doubt)


def _telling(routes: SubnetRoutes, default: EffectiveRoute | None) -> list[EffectiveRoute]:
    """Return the routes that a drawing tells of, each once, the default route first and then the broadest."""
    found = [each.route for each in (*routes.table.candidates, *routes.learned) if each.route.origin != "system"]
    found += [each.route for each in routes.overlays if each.route.origin == "user"]
    found.sort(key=lambda each: (each.length, each.rank, each.text, each.name))
    return list(dict.fromkeys([*([default] if default else []), *found]))


def _facts_of_subnet(context: Context) -> tuple[str, ...]:
    subnet = context.subnet
    facts = [", ".join(subnet.prefixes)] if subnet.prefixes else []
    if subnet.nat_gateway:
        facts.append(f"NAT gateway {subnet.nat_gateway.rpartition('/')[2]}")
    return tuple(facts)


def _facts_of(thing: SecurityGroup | RouteTable) -> tuple[str, ...]:
    if isinstance(thing, SecurityGroup):
        inbound, outbound = (
            sum(each.priority < _OWN_PRIORITIES for each in it) for it in (thing.inbound, thing.outbound)
        )
        return (f"{inbound} rules in, {outbound} out",)
    count = len(thing.routes)
    return (f"{count} route{'' if count == 1 else 's'}", *(() if thing.propagation else ("keeps gateway routes out",)))
