"""Application traffic: what the user declared that applications must reach, and where their clients are."""

from collections.abc import Iterator
from dataclasses import replace

from auditor.engine.context import IN_HUB, Context
from auditor.engine.dropped import DROPPED_BY_AZURE
from auditor.engine.flows import APPLICATION_PORTS, TCP, Endpoint, Flow
from auditor.engine.hops import make_hop
from auditor.engine.judgement import Cause, Judgement, passed, undetermined
from auditor.engine.names import missing_name_cause
from auditor.engine.numbers import routed_to_internet
from auditor.engine.on_premises import from_on_premises, gateway_subnets
from auditor.engine.peerings import peers_of_peers
from auditor.engine.replies import Exchange, inbound_exchange, named_exchange
from auditor.engine.replies import exchange as exchange_of
from auditor.engine.stops import cause_of, causes_of
from auditor.engine.structure import failed
from auditor.engine.virtual_wan import same_hub
from auditor.estate.addresses import NOTHING, PUBLIC, address_texts
from auditor.estate.arm import key
from auditor.estate.intervals import IntervalSet
from auditor.estate.network import Subnet
from auditor.estate.tags import SERVICES_OF_THEIR_OWN
from auditor.findings import Outcome
from auditor.packs import Kind, Requirement
from auditor.settings import ClientRange, Dependency
from auditor.traces import Hop, Reason, Verdict

_WEB = IntervalSet(((80, 80), (443, 443)))
_TLS = IntervalSet(((443, 443),))
_SECTION = "application-traffic"


def judge_applications(context: Context) -> Iterator[Judgement]:
    """Yield a judgement on everything declared for the applications of a workload, and on clients in its network."""
    for dependency in context.settings.dependencies_of(context.workload.name):
        yield _judge_dependency(context, dependency)
    ranges = context.settings.client_ranges_of(context.workload.name)
    for each in ranges:
        yield from _judge_range(context, each)
    yield from _judge_gateways(context, ranges)
    if not ranges:
        yield from _judge_external(context)


def _requirement(kind: Kind, text: str, word: str) -> Requirement:
    return Requirement(id=f"applications/{word}:{text}", kind=kind, target=text, section=_SECTION, raw=text)


def _judge_dependency(context: Context, dependency: Dependency) -> Judgement:
    requirement = _requirement(Kind.FQDN if dependency.name else Kind.IP, dependency.text, "dependency")
    application = APPLICATION_PORTS.get(dependency.port, "") if dependency.protocol == TCP else ""
    end = Endpoint(
        label=dependency.text,
        name=dependency.name,
        addresses=dependency.addresses,
        elsewhere=context.beside.addresses if dependency.name else NOTHING,
        elsewhere_tags=context.beside.tags if dependency.name else frozenset(),
    )
    ports = IntervalSet(((dependency.port, dependency.port),))
    if dependency.name and dependency.protocol == TCP and not application:
        flow = Flow(source=context.source, destination=end, protocol=TCP, ports=ports)
        exchange = named_exchange(context.network, flow, context.subnet)
    else:
        exchange = context.exchange(end, ports, protocol=dependency.protocol, application=application)
    reason = exchange.reason
    if exchange.verdict is Verdict.ALLOW:
        return passed(requirement, reason.code, reason.text, exchange)
    base = missing_name_cause(context, requirement)
    fallback = replace(
        base,
        check="missing-application-dependency",
        key=f"application-dependency|{base.resource.lower()}",
        message="a dependency declared for the applications is not allowed out",
    )
    outcome = Outcome.UNKNOWN if exchange.verdict is Verdict.UNKNOWN else Outcome.FAIL
    causes = causes_of(context, exchange.stops, fallback)
    return Judgement(requirement=requirement, outcome=outcome, reason=reason, causes=causes, exchange=exchange)


def _judge_range(context: Context, clients: ClientRange) -> Iterator[Judgement]:
    """Decide the replies to a declared client range: inside the network by both ways, else by the way back."""
    inside = [each for each in _neighbours(context, hub=True, far=True) if each.addresses & clients.addresses]
    for subnet in inside:
        yield _judge_peer(context, subnet, f"{clients.text}")
    rest = clients.addresses
    for subnet in inside:
        rest = rest - subnet.addresses
    if not rest:
        return
    requirement = _requirement(Kind.MANAGEMENT_SOURCE, clients.text, "client-range")
    end = Endpoint(label=clients.text, addresses=rest, elsewhere_tags=SERVICES_OF_THEIR_OWN)
    flow = Flow(source=end, destination=context.source, protocol=TCP, ports=_WEB)
    gateways = gateway_subnets(context.network.estate, context.subnet.vnet) if not rest & PUBLIC else ()
    sender = ""
    if gateways:
        asked = replace(flow, ports=_TLS, application="https")
        exchange = from_on_premises(context.network, asked, context.subnet, gateways[0])
        sender = key(gateways[0].id)
    else:
        exchange = inbound_exchange(context.network, flow, context.subnet)
    reason = exchange.reason
    if exchange.verdict is Verdict.ALLOW:
        yield passed(requirement, reason.code, reason.text, exchange, sender)
        return
    route = exchange.reply.hops[0]
    table = context.table
    lost = Cause(
        check="asymmetric-application-reply",
        key=f"application-reply|{table}|{clients.text}",
        resource=table or context.subnet.id,
        message=f"replies to clients in {clients.text} do not return the way their requests come",
        evidence=tuple(f"{each.why} [{each.spec}]" for each in exchange.reply.hops),
        fix=f"Add a route for {clients.text} with next hop Internet to route table {table.rpartition('/')[2]}.",
    )
    stops = [*exchange.walk.stops]
    causes = [cause_of(context, each, lost) for each in stops]
    if exchange.reply.verdict is Verdict.UNKNOWN:
        causes += [cause_of(context, each, lost) for each in exchange.reply.hops if each.verdict is Verdict.UNKNOWN]
    elif exchange.reply.verdict is not Verdict.ALLOW:
        causes.append(lost)
    certain = [each for each in causes if each.check != "undetermined"]
    outcome = Outcome.UNKNOWN if exchange.verdict is Verdict.UNKNOWN else Outcome.FAIL
    reason = reason if outcome is Outcome.UNKNOWN else Reason(code=route.code, text=(certain or causes)[0].message)
    yield Judgement(
        requirement=requirement,
        outcome=outcome,
        reason=reason,
        causes=tuple(dict.fromkeys(certain or causes)),
        exchange=exchange,
        sender=sender,
    )


def _neighbours(context: Context, *, hub: bool = False, far: bool = False) -> list[Subnet]:
    """Return the other subnets of the workload's VNet and of those peered with it, or connected to the same hub.

    far: also those of VNets peered with a VNet peered with it, as the spokes of one hub are.
    """
    estate = context.network.estate
    vnet = estate.virtual_networks.get(context.subnet.vnet)
    peered = tuple(each.remote for each in (vnet.peerings if vnet else ()))
    found = (context.subnet.vnet, *peered, *(same_hub(estate, context.subnet.vnet) if hub else ()))
    near = dict.fromkeys((*found, *(peers_of_peers(estate, context.subnet.vnet) if far else ())))
    return [each for place in near for each in estate.subnets_of(place) if each.id != context.subnet.id]


def _judge_gateways(context: Context, ranges: tuple[ClientRange, ...]) -> Iterator[Judgement]:
    """Decide every application gateway nearby: it asks the workload on behalf of its clients (A5)."""
    declared = [each.addresses for each in ranges]
    for subnet in _neighbours(context):
        if context.network.gateway_versions(subnet) and not any(subnet.addresses & each for each in declared):
            yield _judge_peer(context, subnet, subnet.id)


def _judge_peer(context: Context, client: Subnet, text: str) -> Judgement:
    """Decide whether requests of another subnet and their replies cross the same stateful hops (A5, A6)."""
    requirement = _requirement(
        Kind.MANAGEMENT_SOURCE, f"{text}" if text == client.id else f"{text}@{client.name}", "peer"
    )
    flow = Flow(
        source=Endpoint(label=f"subnet {client.name}", addresses=client.addresses),
        destination=Endpoint(label=context.source.label, addresses=context.subnet.addresses),
        protocol=TCP,
        ports=_TLS,
        application="https",
    )
    exchange, sender = exchange_of(context.network, flow, client), key(client.id)
    reason = exchange.reason
    if exchange.verdict is Verdict.ALLOW:
        return passed(requirement, reason.code, reason.text, exchange, sender)
    table = context.table
    lost = Cause(
        check="asymmetric-peer-reply",
        key=f"peer-reply|{table}|{client.id.lower()}",
        resource=table or context.subnet.id,
        message=f"subnet {client.name} reaches subnet {context.subnet.name} by another way than the replies return",
        evidence=tuple(f"{each.why} [{each.spec}]" for each in exchange.stops),
        fix=(
            f"Route {address_texts(client.addresses)} the same way in both route tables: "
            "by the firewall on both sides, or on neither."
        ),
    )
    causes = causes_of(context, exchange.stops, lost)
    outcome = Outcome.UNKNOWN if exchange.verdict is Verdict.UNKNOWN else Outcome.FAIL
    return Judgement(
        requirement=requirement, outcome=outcome, reason=reason, causes=causes, exchange=exchange, sender=sender
    )


def _judge_external(context: Context) -> Iterator[Judgement]:
    """Decide an environment with a public address, behind a default route to a firewall, without declared clients."""
    owner = context.default_owner
    if context.workload.internal or owner is None or owner.code not in {"next-hop-firewall", IN_HUB}:
        return
    requirement = _requirement(Kind.MANAGEMENT_SOURCE, "any", "clients")
    if context.workload.internal is None:
        why = f"whether {context.workload.name} has a public address is not in the source"
        hop: Hop = make_hop("workload", context.workload.id, "", Verdict.UNKNOWN, "exposure-unreadable", why, "A3")
        yield undetermined(requirement, hop)
        return
    if _routes_clients_back(context):
        yield passed(
            requirement,
            "clients-routed-back",
            "routes to the Internet beside the documented ones take replies to clients back",
        )
        return
    table = context.table
    yield failed(
        requirement,
        Cause(
            check="asymmetric-application-reply",
            key=f"application-reply|{table}|external",
            resource=table or context.subnet.id,
            message=(
                f"{context.workload.name} has a public address, and the replies to its clients leave through the "
                "firewall, which did not see their requests; routes for management addresses do not help them"
            ),
            evidence=(f"{owner.why}, and no route takes client addresses to the Internet [A3]",),
        ),
        exchange=_from_anywhere(context),
    )


def _from_anywhere(context: Context) -> Exchange | None:
    """Return what becomes of clients anywhere on the Internet; None where that does not show what is wrong."""
    addresses = PUBLIC - context.beside.addresses - DROPPED_BY_AZURE
    clients = Endpoint(label="any client", addresses=addresses, elsewhere_tags=SERVICES_OF_THEIR_OWN)
    flow = Flow(source=clients, destination=context.source, protocol=TCP, ports=_WEB)
    exchange = inbound_exchange(context.network, flow, context.subnet)
    return exchange if exchange.verdict in {Verdict.BLOCK, Verdict.PARTIAL} else None


def _routes_clients_back(context: Context) -> bool:
    """Tell whether a route to the Internet exists for a range that no document lists.

    Routes for single addresses are those of some edition's management addresses; a single client must be declared.
    """
    candidates = context.routes.table.candidates if context.routes else ()
    for each in candidates:
        route = each.route
        extra = (each.prefix.addresses & PUBLIC) - context.beside.addresses
        if route.origin == "user" and route.next_hop == "internet" and not route.host and extra:
            end = Endpoint(label=route.text, addresses=extra, elsewhere_tags=SERVICES_OF_THEIR_OWN)
            if routed_to_internet(context, end):
                return True
    return False
