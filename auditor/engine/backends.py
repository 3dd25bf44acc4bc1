"""Who answers behind an address: a machine itself, or the members of a load balancer's pool (N18)."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.engine.flows import Endpoint, Flow
from auditor.engine.hops import make_hop
from auditor.engine.network import Network
from auditor.estate.addresses import PUBLIC, AddressSet, address_set, union
from auditor.estate.attached import BalancingRule, InterfaceAddress, LoadBalancer
from auditor.estate.intervals import IntervalSet
from auditor.estate.network import Subnet
from auditor.estate.ports import PortSet
from auditor.traces import Hop, Verdict


@dataclass(frozen=True, slots=True)
class Backend:
    """Who answers: as the end of a flow, on which ports, in which subnets."""

    end: Endpoint
    ports: PortSet
    subnets: tuple[Subnet, ...]


def backends_of(network: Network, flow: Flow) -> Backend | Hop:
    """Return who answers a flow to one address; the hop that stops it where nobody does or that is not known."""
    wanted = flow.destination.addresses or AddressSet()
    for frontend, balancer in _frontends(network):
        if frontend[1] and address_set(frontend[1]) == wanted:
            return _balanced(network, flow, balancer, frontend[0])
    members = [each for each in _machines(network) if _public(network, each) == wanted or _private(each) == wanted]
    if members:
        return _backend(network, flow, members, flow.ports)
    if wanted & PUBLIC:
        why = f"whose address {flow.destination.label} is, is not in the source"
        return make_hop("destination", "", "", Verdict.UNKNOWN, "destination-unreadable", why, "U8")
    subnets = tuple(each for each in network.estate.subnets.values() if each.addresses & wanted)
    return Backend(flow.destination, flow.ports, subnets)


def behind_frontend(network: Network, flow: Flow) -> Backend | Hop | None:
    """Return who answers a flow to the private frontend of a load balancer; None for a flow to anything else."""
    wanted = flow.destination.addresses or AddressSet()
    if not network.estate.load_balancers or wanted & PUBLIC:
        return None
    found = (each for each, _ in _frontends(network) if each[1] and address_set(each[1]) == wanted)
    return backends_of(network, flow) if next(found, None) is not None else None


def _frontends(network: Network) -> Iterator[tuple[tuple[str, str], LoadBalancer]]:
    """Yield the id and address of each frontend with its load balancer, in order of their ids."""
    for at in sorted(network.estate.load_balancers):
        balancer = network.estate.load_balancers[at]
        for each in balancer.frontends:
            public = network.estate.public_addresses.get(each.public_address)
            yield (each.id, each.address or (public.address if public else "")), balancer


def _balanced(network: Network, flow: Flow, balancer: LoadBalancer, frontend: str) -> Backend | Hop:
    rules = [each for each in balancer.rules if each.frontend == frontend and _takes(each, flow)]
    if not rules:
        why = f"load balancer {balancer.name} has no rule for {flow.text.port} at {flow.destination.label}"
        return make_hop("load-balancer", balancer.id, "", Verdict.BLOCK, "load-balancer-no-rule", why, "N18")
    members = dict(balancer.members).get(rules[0].pool)
    known = {each.id: each for each in _machines(network)}
    if not members or any(each not in known or not known[each].address for each in members):
        why = f"who is behind load balancer {balancer.name} is not in the source"
        return make_hop("load-balancer", balancer.id, "", Verdict.UNKNOWN, "load-balancer-unreadable", why, "N18")
    port = rules[0].backend_port
    ports = IntervalSet(((port, port),)) if port else flow.ports
    return _backend(network, flow, [known[each] for each in members], ports)


def _takes(rule: BalancingRule, flow: Flow) -> bool:
    return rule.protocol in {"all", flow.protocol} and (not rule.port or flow.ports == IntervalSet(((rule.port,) * 2,)))


def _backend(network: Network, flow: Flow, members: list[InterfaceAddress], ports: PortSet) -> Backend:
    addresses = union(_private(each) for each in members)
    places = sorted({each.subnet for each in members})
    subnets = tuple(network.estate.subnets[each] for each in places if each in network.estate.subnets)
    return Backend(Endpoint(label=flow.destination.label, addresses=addresses), ports, subnets)


def _machines(network: Network) -> Iterator[InterfaceAddress]:
    for at in sorted(network.estate.interfaces):
        yield from network.estate.interfaces[at].configurations


def _private(member: InterfaceAddress) -> AddressSet:
    return address_set(member.address) if member.address else AddressSet()


def _public(network: Network, member: InterfaceAddress) -> AddressSet:
    public = network.estate.public_addresses.get(member.public_address)
    return address_set(public.address) if public and public.address else AddressSet()
