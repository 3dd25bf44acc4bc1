"""Hops as people read them: a place that decides, what decided there, and why."""

from functools import lru_cache

from auditor.engine.flows import Flow
from auditor.engine.matching import Decision, together
from auditor.engine.network import Network
from auditor.engine.nsg import NsgRules
from auditor.engine.routes import EffectiveRoute
from auditor.estate.network import Subnet
from auditor.traces import Hop, Verdict


def make_hop(at: str, resource: str, decided_by: str, verdict: Verdict, code: str, why: str, spec: str) -> Hop:  # noqa: PLR0913, PLR0917 - the fields of a hop
    """Return a hop; shorter to write than its keywords."""
    return Hop(at=at, resource=resource, decided_by=decided_by, verdict=verdict, code=code, why=why, spec=spec)


@lru_cache(maxsize=4096)
def route_hop(route: EffectiveRoute) -> Hop:
    """Return the hop of the route a flow takes."""
    to = f" {route.next_hop_address}" if route.next_hop_address else ""
    word = ROUTE_WORDS.get(route.next_hop, route.next_hop)
    why = f"{route.name} ({route.text}) is the most specific and leads to {word}{to}"
    return make_hop(
        "route-table",
        route.resource,
        route.name,
        Verdict.ALLOW,
        f"route-{_CODES.get(route.next_hop, 'other')}",
        why,
        route.spec,
    )


ROUTE_WORDS = {
    "internet": "the Internet",
    "virtualappliance": "the appliance",
    "vnetlocal": "the virtual network",
    "peering": "the peered virtual network",
    "virtualnetworkgateway": "the gateway",
    "service-endpoint": "the service itself",
    "none": "nowhere",
    "bgp": "the gateway",
    "platform": "the platform",
}
_CODES = {
    "internet": "internet",
    "virtualappliance": "appliance",
    "vnetlocal": "vnet",
    "peering": "peering",
    "virtualnetworkgateway": "gateway",
    "service-endpoint": "service-endpoint",
    "none": "none",
    "bgp": "bgp",
    "platform": "platform",
}


def security_group_hop(network: Network, flow: Flow, subnet: Subnet, *, inbound: bool) -> tuple[Hop, ...]:
    """Return the hop of the NSG of a subnet; none where it has no NSG, which permits everything (N2)."""
    if subnet.nsg is None:
        return ()
    rules = network.group(subnet)
    if rules is None:
        why = network.estate.missing(subnet.nsg)
        return (make_hop("subnet-nsg", subnet.nsg, "", Verdict.UNKNOWN, "nsg-unreadable", why, "U8"),)
    decisions = rules.decide(flow, inbound=inbound)
    return (_security_hop(rules, flow, decisions, inbound=inbound),)


def _security_hop(rules: NsgRules, flow: Flow, decisions: tuple[Decision, ...], *, inbound: bool) -> Hop:
    verdict = together(each.verdict for each in decisions)
    deciding = next((each for each in decisions if each.verdict is not Verdict.ALLOW), decisions[0])
    end = flow.source.label if inbound else flow.destination.label
    line = deciding.line
    if line is None:
        allowed = deciding.verdict is Verdict.ALLOW
        why = "no rule names the platform's own addresses" if allowed else f"no rule of {rules.group.name} allows {end}"
        return make_hop(
            "subnet-nsg",
            rules.group.id,
            "",
            verdict,
            "nsg-allow" if allowed else "nsg-deny",
            why,
            "N12" if allowed else "N4",
        )
    if deciding.verdict is Verdict.UNKNOWN:
        why = f"rule {line.name} may decide on {end}, and {deciding.why}"
        return make_hop("subnet-nsg", line.resource, line.name, verdict, "nsg-undecided", why, "N11")
    word = "allows" if deciding.verdict is Verdict.ALLOW else "denies"
    why = f"rule {line.name} {word} {end} {'in' if inbound else 'out'}"
    return make_hop("subnet-nsg", line.resource, line.name, verdict, line.code, why, line.spec)


def unreadable_routes(network: Network, subnet: Subnet, at: str) -> Hop:
    """Return the hop of a subnet whose VNet or route table cannot be read; the same wherever it is asked for."""
    unread = subnet.route_table or "" if subnet.vnet in network.estate.virtual_networks else subnet.vnet
    return make_hop(at, unread, "", Verdict.UNKNOWN, "route-table-unreadable", network.estate.missing(unread), "U8")
