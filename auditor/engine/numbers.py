"""Requirements given by address: IP dependencies, any destination on a port, service tags, management, NSGs."""

from dataclasses import replace

from auditor.engine.context import Context, no_route_table_cause
from auditor.engine.dropped import DROPPED_BY_AZURE
from auditor.engine.filters import filter_hops
from auditor.engine.flows import APPLICATION_PORTS, TCP, UDP, Endpoint, Flow
from auditor.engine.judgement import Cause, Judgement, passed, undetermined
from auditor.engine.names import LINUX, missing_name_cause
from auditor.engine.replies import Exchange, inbound_exchange, let_in
from auditor.engine.stops import cause_of, causes_of
from auditor.estate.addresses import HOST, PUBLIC
from auditor.estate.intervals import IntervalSet
from auditor.estate.network import Subnet
from auditor.estate.ports import PortSet
from auditor.estate.tags import SERVICES_OF_THEIR_OWN, normal_service_tag, tag_of_service_endpoint
from auditor.findings import Outcome
from auditor.packs import Requirement
from auditor.traces import Hop, Reason, Reply, Verdict

_BOTH = (TCP, UDP)
_ORDER = (Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN, Verdict.ALLOW)
_FILTERS = frozenset({"admin-rules", "subnet-nsg", "nic-nsg"})
_CARRIED_BY = {123: UDP}
"""The protocol a documented port is really used with, where it is not TCP: NTP is UDP (RFC 5905)."""


def _ports(requirement: Requirement) -> PortSet:
    return IntervalSet.of((each, each) for each in requirement.ports)


def _protocols(requirement: Requirement) -> tuple[str, ...]:
    if requirement.protocol == "any":
        return _BOTH
    return (requirement.protocol,) if requirement.protocol in _BOTH else (TCP,)


def _worst(exchanges: list[Exchange]) -> Exchange:
    return min(exchanges, key=lambda each: _ORDER.index(each.verdict))


def judge_address(context: Context, requirement: Requirement) -> Judgement:
    """Step 4: an IP dependency is reached, and routed to the Internet where the document asks for that."""
    end, port = context.numbered(requirement.target), requirement.ports[0]
    application = APPLICATION_PORTS.get(port, "")
    exchange = _worst(
        [
            context.exchange(end, _ports(requirement), protocol=each, application=application if each == TCP else "")
            for each in _protocols(requirement)
        ]
    )
    documented = not requirement.via or routed_to_internet(context, end)
    reason = exchange.reason
    if exchange.verdict is Verdict.ALLOW and documented:
        return passed(requirement, reason.code, reason.text, exchange)
    missing = context.missing_step or _missing_route(context, requirement)
    if requirement.condition == LINUX:
        missing = context.missing_step or missing_name_cause(context, requirement)
    if exchange.verdict is Verdict.ALLOW:
        text = f"{end.label} is reached by way of {exchange.walk.path.value}, not by a route of its own to the Internet"
        return Judgement(
            requirement=requirement,
            outcome=Outcome.DEVIATES,
            reason=Reason(code="not-routed-to-internet", text=text),
            causes=(missing,),
            exchange=exchange,
        )
    if not documented and exchange.verdict is not Verdict.UNKNOWN and not _stopped_by_nsg(exchange):
        causes: tuple[Cause, ...] = (missing,)
    else:
        causes = causes_of(context, exchange.stops, missing)
    outcome = Outcome.UNKNOWN if exchange.verdict is Verdict.UNKNOWN else Outcome.FAIL
    return Judgement(requirement=requirement, outcome=outcome, reason=reason, causes=causes, exchange=exchange)


def _stopped_by_nsg(exchange: Exchange) -> bool:
    return any(each.at in _FILTERS for each in exchange.walk.stops)


def routed_to_internet(context: Context, end: Endpoint) -> bool:
    """Tell whether every part of `end` is taken by a user-defined route to the Internet."""
    if context.routes is None:
        return False
    routes = [route for choice in context.routes.decide(end) for route in choice.routes if route.origin != "bgp"]
    return bool(routes) and all(each.origin == "user" and each.next_hop == "internet" for each in routes)


def _missing_route(context: Context, requirement: Requirement) -> Cause:
    if context.subnet.route_table is None:
        return no_route_table_cause(context)
    table = context.table
    name = table.rpartition("/")[2]
    end = context.numbered(requirement.target)
    listed = "IP dependencies of Azure's own list" if requirement.live else "documented IP dependencies"
    taken = [route for choice in (context.routes.decide(end) if context.routes else ()) for route in choice.routes]
    how = "; ".join(dict.fromkeys(f"{each.name} ({each.text}) takes it to {each.next_hop}" for each in taken))
    return Cause(
        check="missing-dependency-route",
        key=f"dependency-route|{table}|{','.join(each.name for each in taken)}",
        resource=table,
        message=f"route table {name} does not send {listed} to the Internet",
        evidence=(f"{end.label}: {how} [R1]",),
        fix=f"Add a route for each address, as {requirement.target}/32, with next hop Internet to route table {name}.",
    )


def judge_any(context: Context, requirement: Requirement) -> Judgement:
    """Decide a network rule the document asks for: any destination, or a service tag, on a port."""
    end = _far_end(context, requirement)
    exchanges = {each: context.exchange(end, _ports(requirement), protocol=each) for each in _protocols(requirement)}
    exchange = _worst([*exchanges.values()])
    reason = exchange.reason
    carried = exchanges.get(_CARRIED_BY.get(requirement.ports[0], TCP), exchange)
    if exchange.verdict is not Verdict.ALLOW and carried.verdict is Verdict.ALLOW:
        return _one_protocol_short(context, requirement, exchange)
    if exchange.verdict is Verdict.ALLOW:
        beside = context.off_path(exchange.walk)
        if beside is None:
            return passed(requirement, reason.code, reason.text, exchange)
        reason = Reason(code="past-the-firewall", text=f"{end.label} is reached past the firewall: {beside.message}")
        return Judgement(
            requirement=requirement, outcome=Outcome.DEVIATES, reason=reason, causes=(beside,), exchange=exchange
        )
    outcome = Outcome.UNKNOWN if exchange.verdict is Verdict.UNKNOWN else Outcome.FAIL
    causes = causes_of(context, exchange.stops, context.missing_step or _missing_network_rule(context, requirement))
    return Judgement(requirement=requirement, outcome=outcome, reason=reason, causes=causes, exchange=exchange)


def _one_protocol_short(context: Context, requirement: Requirement, exchange: Exchange) -> Judgement:
    """Return a deviation: the protocol the service uses gets out, the other one the document asks for does not."""
    cause = _missing_network_rule(context, requirement)
    flow = exchange.flow
    text = f"{flow.protocol} to {flow.destination.label} is not allowed; the document asks for any protocol"
    return Judgement(
        requirement=requirement,
        outcome=Outcome.DEVIATES,
        reason=Reason(code="one-protocol-only", text=text),
        causes=(cause,),
        exchange=exchange,
    )


def _far_end(context: Context, requirement: Requirement) -> Endpoint:
    services = frozenset(tag_of_service_endpoint(each.service) for each in context.subnet.service_endpoints)
    at = (requirement.target, services)
    if at not in context.beside.others:
        context.beside.others[at] = _make_far_end(context, requirement, services)
    return context.beside.others[at]


def _make_far_end(context: Context, requirement: Requirement, services: frozenset[str]) -> Endpoint:
    tags = context.beside.tags | SERVICES_OF_THEIR_OWN | services
    if requirement.target == "*":
        others = PUBLIC - context.beside.addresses - DROPPED_BY_AZURE
        return Endpoint(label="any address", addresses=others, elsewhere_tags=tags)
    tag = normal_service_tag(requirement.target)
    use = context.network.tags.use(tag)
    label = f"service tag {requirement.target}"
    if use.complete:
        return Endpoint(label=label, tag=tag, addresses=use.sure & PUBLIC, elsewhere_tags=tags - {tag})
    return Endpoint(label=label, tag=tag, elsewhere=context.beside.addresses, elsewhere_tags=tags - {tag})


def _missing_network_rule(context: Context, requirement: Requirement) -> Cause:
    base = missing_name_cause(context, requirement)
    ports = ", ".join(map(str, requirement.ports))
    word = "ports" if len(requirement.ports) > 1 else "port"
    prefix = ", ".join(context.subnet.prefixes)
    return replace(
        base,
        check="missing-network-rule",
        key=f"network-rule|{base.resource.lower()}|{requirement.target.lower()}:{ports}",
        message=f"the firewall has no network rule for the whole subnet to {requirement.target} on {word} {ports}",
        fix=f"Add a network rule from {prefix} to {requirement.target}, ports {ports}, protocol Any.",
    )


def judge_management_source(context: Context, requirement: Requirement) -> Judgement:
    """Step 3: a management address gets in, and its reply returns to the Internet and not to the firewall (A2)."""
    end = context.numbered(requirement.target)
    flow = Flow(
        source=end,
        destination=replace(context.source, label=context.source.label),
        protocol=TCP,
        ports=_ports(requirement),
    )
    exchange = inbound_exchange(context.network, flow, context.subnet)
    reason = exchange.reason
    routed = routed_to_internet(context, end)
    if exchange.verdict is Verdict.ALLOW:
        if routed:
            return passed(
                requirement, reason.code, f"{end.label} gets in, and its reply is routed to the Internet", exchange
            )
        cause = no_route_table_cause(context) if context.subnet.route_table is None else _unrouted(context)
        text = f"replies to {end.label} return by Azure's own route, not by a route of yours"
        reason = Reason(code="not-routed-to-internet", text=text)
        return Judgement(
            requirement=requirement, outcome=Outcome.DEVIATES, reason=reason, causes=(cause,), exchange=exchange
        )
    causes = dict.fromkeys(cause_of(context, each, _astray(context, exchange)) for each in exchange.walk.stops)
    if any(each.verdict is Verdict.UNKNOWN for each in exchange.reply.hops):
        causes.update(
            dict.fromkeys(
                cause_of(context, each, _astray(context, exchange))
                for each in exchange.reply.hops
                if each.verdict is Verdict.UNKNOWN
            )
        )
    elif exchange.reply.verdict is not Verdict.ALLOW:
        causes[_astray(context, exchange)] = None
    certain = [each for each in causes if each.check != "undetermined"]
    outcome = Outcome.UNKNOWN if exchange.verdict is Verdict.UNKNOWN else Outcome.FAIL
    return Judgement(
        requirement=requirement, outcome=outcome, reason=reason, causes=tuple(certain or causes), exchange=exchange
    )


def _unrouted(context: Context) -> Cause:
    table = context.table
    name = table.rpartition("/")[2]
    return Cause(
        check="missing-management-route",
        key=f"management-route|{table}",
        resource=table,
        message=f"route table {name} has no routes for management addresses, though replies still get back today",
        evidence=("Azure's own 0.0.0.0/0 still returns the replies; a default route to the firewall would not [A2]",),
        fix=f"Add a route for each address, as an address/32 with next hop Internet, to route table {name}.",
    )


def _astray(context: Context, exchange: Exchange) -> Cause:
    """Return the cause that the reply to a management address leaves by another hop than the request came (A2)."""
    if context.subnet.route_table is None and context.behind_hub:
        return no_route_table_cause(context)
    table = context.table
    name = table.rpartition("/")[2]
    route = exchange.reply.hops[0]
    return Cause(
        check="asymmetric-management-reply",
        key=f"management-reply|{table}|{route.decided_by}",
        resource=table,
        message=f"route {route.decided_by} in route table {name} takes replies to management addresses astray",
        evidence=tuple(f"{each.why} [{each.spec}]" for each in exchange.reply.hops),
        fix=f"Add a route for each address, as an address/32 with next hop Internet, to route table {name}.",
    )


def judge_nsg_inbound(context: Context, requirement: Requirement) -> Judgement:
    """Decide an inbound rule the document asks of the NSG of the subnet."""
    tag = normal_service_tag(requirement.target)
    use = context.network.tags.use(tag)
    label = f"service tag {requirement.target}"
    if tag == "azureloadbalancer":
        end = Endpoint(label=label, addresses=HOST)
    elif use.complete:
        end = Endpoint(label=label, addresses=use.sure)
    else:
        end = Endpoint(label=label, tag=tag)
    flow = Flow(source=end, destination=context.source, protocol=TCP, ports=_ports(requirement))
    hops = filter_hops(context.network, flow, context.subnet, inbound=True)
    exchange = _filtered_exchange(flow, hops, context.subnet)
    if not hops:
        why = f"subnet {context.subnet.name} has no NSG, so that nothing is filtered"
        return passed(requirement, "no-nsg", why, exchange)
    hop = min(hops, key=lambda each: _ORDER.index(each.verdict))
    if hop.verdict is Verdict.ALLOW:
        return passed(requirement, hop.code, hop.why, exchange)
    if hop.verdict is Verdict.UNKNOWN:
        return undetermined(requirement, hop, exchange)
    cause = cause_of(context, hop, _unrouted(context))
    reason = Reason(code=hop.code, text=hop.why)
    return Judgement(requirement=requirement, outcome=Outcome.FAIL, reason=reason, causes=(cause,), exchange=exchange)


def _filtered_exchange(flow: Flow, filtered: tuple[Hop, ...], subnet: Subnet) -> Exchange:
    """Return what becomes of a flow into `subnet` by what filters it there alone; of its reply nothing is asked."""
    walk = let_in(filtered, subnet)
    reply = Reply(verdict=Verdict.ALLOW, path=walk.path, hops=())
    return Exchange(flow=flow, walk=walk, reply=reply, verdict=walk.verdict, asked_back=False)
