"""What comes in through an Azure Firewall by a DNAT rule, and how it is answered (F10, F11, F46, F47, A4, A12)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from auditor.engine.arrival import delivered
from auditor.engine.backends import Backend, backends_of
from auditor.engine.firewall_rules import NatLine, Unreadable, compile_nat, compile_network
from auditor.engine.flows import Endpoint, Flow
from auditor.engine.hops import make_hop, route_hop
from auditor.engine.matching import Decision, first_match, together
from auditor.engine.network import Network
from auditor.engine.network_fqdns import FqdnUse
from auditor.engine.passing import settled
from auditor.engine.replies import Exchange, inbound_exchange
from auditor.engine.symmetry import returned_hop
from auditor.engine.ways import Walk, in_series
from auditor.estate.addresses import PUBLIC, AddressSet, address_set, address_texts, looks_like_address, union
from auditor.estate.arm import key
from auditor.estate.firewall import Firewall
from auditor.estate.intervals import IntervalSet
from auditor.estate.network import Subnet
from auditor.traces import Hop, Path, Reply, Verdict

_HIGHEST = 63999
_WORST = (Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN, Verdict.ALLOW)


@dataclass(frozen=True, slots=True)
class _Entrance:
    """A firewall, as what comes in finds it. home: the subnet its instances stand in, None where it was not read."""

    network: Network
    firewall: Firewall
    home: Subnet | None

    def hop(self, verdict: Verdict, code: str, why: str, spec: str, *, by: str = "", resource: str = "") -> Hop:  # noqa: PLR0913 - the fields of a hop
        return make_hop("firewall", resource or self.firewall.id, by, verdict, code, why, spec)


def published_exchange(network: Network, flow: Flow, firewall: Firewall) -> Exchange:
    """Return what becomes of a flow to a public address of `firewall`, and of its reply."""
    place = firewall.addresses[0].subnet if firewall.addresses else ""
    entrance = _Entrance(network, firewall, network.estate.subnets.get(place))
    placed = network.firewall(firewall).placed
    if isinstance(placed, Unreadable):
        return _ended(flow, entrance.hop(Verdict.UNKNOWN, placed.code, placed.why, placed.spec))
    if firewall.policy is None and not firewall.nat_listed:
        why = f"the source does not list the DNAT rules of firewall {firewall.name}"
        return _ended(flow, entrance.hop(Verdict.UNKNOWN, "firewall-rules-unreadable", why, "J3"))
    state = network.firewall(firewall).state_hop()
    if state is not None:
        return _ended(flow, state)
    lines = compile_nat(placed, flow.protocol, network.estate, firewall)
    by_line = {id(each.line): each for each in lines}
    decisions = first_match(flow, (each.line for each in lines), Verdict.BLOCK)
    found = [_rivals(entrance, flow, each, by_line) or _part(entrance, flow, each, by_line) for each in decisions]
    shown = min(found, key=lambda each: _WORST.index(each.verdict))
    notes = (*shown.walk.caveats, *network.firewall(firewall).caveats(flow, inbound=True))
    walk = replace(shown.walk, caveats=tuple(dict.fromkeys(notes)))
    return replace(shown, flow=flow, walk=walk, verdict=together(each.verdict for each in found))


def _ended(flow: Flow, hop: Hop) -> Exchange:
    path = Path.DROPPED if hop.verdict is Verdict.BLOCK else Path.FIREWALL
    walk = Walk(verdict=hop.verdict, path=path, hops=(hop,), firewalls=(None,), snat=None)
    return Exchange(flow=flow, walk=walk, reply=Reply(verdict=hop.verdict, path=path, hops=()), verdict=hop.verdict)


def _rivals(entrance: _Entrance, flow: Flow, decision: Decision, by_line: Mapping[int, NatLine]) -> Exchange | None:
    """Return the doubt of DNAT rules of one priority that lead elsewhere; None where they agree (F7)."""
    first: dict[str, NatLine] = {}
    for line in decision.piece.tied:
        first.setdefault(by_line[id(line)].path, by_line[id(line)])
    if len({each.target for each in first.values()}) <= 1:
        return None
    names = " and ".join(sorted(each.line.name for each in first.values()))
    why = f"DNAT rules {names} have the same priority and lead to different places"
    return _ended(flow, entrance.hop(Verdict.UNKNOWN, "firewall-undecided", why, "F7", by=names))


def _part(entrance: _Entrance, flow: Flow, decision: Decision, by_line: Mapping[int, NatLine]) -> Exchange:
    """Return what becomes of the part of a flow that one DNAT rule, or none, decides."""
    name = entrance.firewall.name
    nat = by_line.get(id(decision.line))
    if decision.line is None or nat is None:
        why = f"no DNAT rule of firewall {name} takes {flow.text.port} to {flow.destination.label} inside"
        return _ended(flow, entrance.hop(Verdict.BLOCK, "firewall-no-dnat", why, "F2"))
    line, rule = decision.line, nat.rule
    if decision.verdict is Verdict.UNKNOWN:
        why = f"DNAT rule {line.name} may decide, and {decision.why}"
        return _ended(
            flow, entrance.hop(Verdict.UNKNOWN, "firewall-undecided", why, decision.spec or "F10", by=line.name)
        )
    doubt = _doubt(entrance, flow, nat)
    if doubt is not None:
        return _ended(flow, doubt)
    to = address_set(rule.to_address)
    why = f"DNAT rule {line.name} takes it to {rule.to_address}:{rule.to_port}"
    taken = entrance.hop(Verdict.ALLOW, line.code, why, "F10", by=line.name, resource=line.resource)
    end = Endpoint(label=rule.to_address, addresses=to)
    inner = replace(flow, destination=end, ports=IntervalSet(((rule.to_port, rule.to_port),)))
    denied = _denied(entrance, inner)
    if denied is not None:
        return _ended(flow, denied)
    return _answered_from_outside(entrance, inner, taken) if to & PUBLIC else _inside(entrance, inner, taken)


def _doubt(entrance: _Entrance, flow: Flow, nat: NatLine) -> Hop | None:
    """Return why a DNAT rule that meets a flow may not do what it says; None where it does."""
    line, rule = nat.line, nat.rule
    if nat.inherited:
        why = f"whether DNAT rule {line.name} of the parent policy is in force is documented both ways"
        return entrance.hop(Verdict.UNKNOWN, "dnat-inherited", why, "F11", by=line.name)
    if flow.destination.addresses is not None and not flow.destination.addresses <= PUBLIC:
        why = f"whether DNAT rule {line.name} works for a private address of the firewall is documented both ways"
        return entrance.hop(Verdict.UNKNOWN, "dnat-private", why, "F47", by=line.name)
    if flow.ports and flow.ports.spans[-1][1] > _HIGHEST:
        why = f"DNAT works for ports up to {_HIGHEST} only"
        return entrance.hop(Verdict.BLOCK, "dnat-port", why, "F47", by=line.name)
    if not looks_like_address(rule.to_address) or not rule.to_port:
        why = (
            f"DNAT rule {line.name} leads to {rule.to_name or rule.to_address or 'nowhere'}, whose address is not known"
        )
        return entrance.hop(Verdict.UNKNOWN, "dnat-name", why, "F47", by=line.name)
    return _tunnelled(entrance, flow.source)


def _tunnelled(entrance: _Entrance, client: Endpoint) -> Hop | None:
    """Return the hop of a firewall whose own way out, or to the client, is not the Internet (F42, A12)."""
    name = entrance.firewall.name
    routes = entrance.network.routes(entrance.home) if entrance.home is not None else None
    if routes is None:
        why = f"how firewall {name} sends replies on is not known: its subnet or route table is not in the source"
        return entrance.hop(Verdict.UNKNOWN, "firewall-egress-unreadable", why, "F40")
    out = Endpoint(label="the Internet", addresses=PUBLIC)
    taken = [route for choice in routes.decide(out) for route in choice.routes if route.length == 0]
    if client.addresses is not None and client.addresses <= PUBLIC:
        taken += [each for choice in routes.decide(client) for each in settled(choice)]
    astray = [each for each in taken if each.next_hop not in {"internet", "service-endpoint"}]
    if not astray:
        return None
    verdict = Verdict.UNKNOWN if any(each.next_hop == "bgp" for each in astray) else Verdict.BLOCK
    why = f"{astray[0].name} takes what firewall {name} sends out elsewhere than to the Internet: DNAT does not work so"
    return entrance.hop(verdict, "dnat-tunnelled", why, "F42", by=astray[0].name, resource=astray[0].resource)


def _denied(entrance: _Entrance, inner: Flow) -> Hop | None:
    """Return the doubt of a network rule that denies what a DNAT rule lets in: which of them counts is disputed."""
    placed = entrance.network.firewall(entrance.firewall).placed
    if isinstance(placed, Unreadable):
        return None
    network = entrance.network
    lines = compile_network(placed, inner.protocol, network.estate, network.tags, FqdnUse(works=False))
    for each in first_match(inner, lines, Verdict.ALLOW):
        if each.line is not None and each.verdict is not Verdict.ALLOW:
            why = f"network rule {each.line.name} may deny what DNAT lets in; which counts is documented both ways"
            return entrance.hop(Verdict.UNKNOWN, "dnat-denied", why, "F10", by=each.line.name)
    return None


def _inside(entrance: _Entrance, inner: Flow, taken: Hop) -> Exchange:
    """Follow what DNAT sends to a private address: it comes from the firewall's own subnet (F46)."""
    home = entrance.home
    routes = entrance.network.routes(home) if home is not None else None
    if home is None or routes is None:  # told before
        return _ended(inner, taken)
    source = Endpoint(label=f"firewall {entrance.firewall.name}", addresses=home.addresses)
    backends = backends_of(entrance.network, inner)
    if not isinstance(backends, Backend):
        return _ended(inner, backends)
    flow = replace(inner, source=source, destination=backends.end, ports=backends.ports)
    hops, verdicts, replies = [taken], [], []
    for choice in routes.decide(flow.destination):
        part = replace(flow.destination, addresses=choice.addresses)
        for route in choice.routes:
            if route.next_hop not in {"vnetlocal", "peering", "private-endpoint"}:
                why = f"{route.name} takes what DNAT lets in away from {flow.destination.label}"
                stop = make_hop(
                    "firewall-egress", route.resource, route.name, Verdict.BLOCK, "dnat-misrouted", why, "F46"
                )
                hops.append(stop)
                verdicts.append(Verdict.BLOCK)
                continue
            walk = delivered(entrance.network, replace(flow, destination=part), home, route, route_hop(route))
            hops += walk.hops
            verdicts.append(walk.verdict)
            replies += _replies(entrance, replace(flow, destination=part), walk.arrives_in)
    verdict = together(verdicts)
    walk = Walk(
        verdict=verdict,
        path=Path.FIREWALL,
        hops=tuple(dict.fromkeys(hops)),
        firewalls=(key(entrance.firewall.id),),
        snat=True,
    )
    reply = Reply(
        verdict=together(each.verdict for each in replies) if replies else verdict,
        path=Path.FIREWALL,
        hops=tuple(replies),
    )
    return Exchange(flow=inner, walk=walk, reply=reply, verdict=in_series((verdict, reply.verdict)))


def _replies(entrance: _Entrance, flow: Flow, vnet: str) -> list[Hop]:
    """Return the replies of the subnets that DNAT leads to: back to the firewall, whose address they see."""
    hops = []
    wanted = flow.destination.addresses or AddressSet()
    for each in entrance.network.estate.subnets_of(vnet):
        if not each.addresses & wanted:
            continue
        hops.append(returned_hop(entrance.network, each, key(entrance.firewall.id)))
    return hops


def _answered_from_outside(entrance: _Entrance, inner: Flow, taken: Hop) -> Exchange:
    """Follow what DNAT sends to a public address: the far end answers to a public address of the firewall (A4)."""
    backends = backends_of(entrance.network, inner)
    if not isinstance(backends, Backend):
        return _ended(inner, backends)
    found = [entrance.network.estate.public_addresses.get(each) for each in entrance.firewall.public_addresses]
    known = [each.address for each in found if each is not None and each.address]
    if not known or len(known) < len(found):
        why = f"which public addresses firewall {entrance.firewall.name} has is not in the source"
        return _ended(inner, entrance.hop(Verdict.UNKNOWN, "public-address-unreadable", why, "A4"))
    addresses = union(map(address_set, known))
    source = Endpoint(label=f"firewall {entrance.firewall.name} at {address_texts(addresses)}", addresses=addresses)
    flow = replace(inner, source=source, destination=backends.end, ports=backends.ports)
    found_ = [inbound_exchange(entrance.network, flow, each) for each in backends.subnets]
    worst = min(found_, key=lambda each: _WORST.index(each.verdict))
    hops = tuple(replace(each, spec="A4") if each.code == "reply-asymmetric" else each for each in worst.reply.hops)
    return replace(
        worst,
        flow=inner,
        walk=replace(worst.walk, hops=(taken, *worst.walk.hops), path=Path.FIREWALL),
        reply=replace(worst.reply, hops=hops),
        verdict=together(each.verdict for each in found_),
    )
