"""What filters a flow at a subnet: security admin rules, then the NSGs of interfaces and of the subnet (N1, N15)."""

from dataclasses import replace

from auditor.engine.flows import Flow
from auditor.engine.hops import make_hop
from auditor.engine.matching import Decision, together
from auditor.engine.network import Network
from auditor.engine.nsg import NsgRules
from auditor.estate.addresses import AddressSet, address_set, union
from auditor.estate.arm import key
from auditor.estate.network import Subnet
from auditor.traces import Hop, Verdict


def filter_hops(network: Network, flow: Flow, subnet: Subnet, *, inbound: bool) -> tuple[Hop, ...]:
    """Return what filters `flow` at `subnet`, in the order in which Azure asks.

    Admin rules come first (N15); inbound the subnet's NSG before those of interfaces, outbound the other way (N1). A
    level without an NSG permits everything and is no hop (N2).
    """
    admin, left = network.admin_rules(subnet).hops(flow, inbound=inbound)
    hops = list(admin)
    for part in left:
        of_subnet = security_group_hop(network, part, subnet, inbound=inbound)
        of_interfaces = _interface_hops(network, part, subnet, inbound=inbound)
        ordered = (*of_subnet, *of_interfaces) if inbound else (*of_interfaces, *of_subnet)
        hops += ordered if part is flow else map(in_part, ordered)
    return tuple(dict.fromkeys(hops))


def in_part(hop: Hop) -> Hop:
    """Return a hop that decides on a part of a flow as one on all of it."""
    return replace(hop, verdict=Verdict.PARTIAL) if hop.verdict is Verdict.BLOCK else hop


def security_group_hop(network: Network, flow: Flow, subnet: Subnet, *, inbound: bool) -> tuple[Hop, ...]:
    """Return the hop of the NSG of a subnet; none where it has no NSG, which permits everything (N2)."""
    return _group_hop(network, flow, subnet, subnet.nsg, "subnet-nsg", inbound=inbound)


def _interface_hops(network: Network, flow: Flow, subnet: Subnet, *, inbound: bool) -> tuple[Hop, ...]:
    """Return the hops of the NSGs on interfaces. What Azure itself puts into a subnet brings none of the user's."""
    if key(subnet.id) in network.platform_subnets:
        return ()
    own = flow.destination if inbound else flow.source
    addresses = own.addresses if own.addresses is not None else own.universe
    groups: dict[str, list[AddressSet]] = {}
    for interface, configuration in network.members.in_subnet(subnet):
        if interface.nsg and configuration.address:
            groups.setdefault(interface.nsg, []).append(address_set(configuration.address))
    hops: list[Hop] = []
    for nsg in sorted(groups):
        part = union(groups[nsg]) & addresses
        if not part:
            continue
        end = replace(own, addresses=part)
        narrowed = replace(flow, destination=end) if inbound else replace(flow, source=end)
        found = _group_hop(network, narrowed, subnet, nsg, "nic-nsg", inbound=inbound)
        hops += found if part == addresses else map(in_part, found)
    unread = network.members.unread(subnet)
    if unread:
        why = f"{unread}, and it may have a security group of its own"
        hops.append(make_hop("nic-nsg", subnet.id, "", Verdict.UNKNOWN, "interface-unreadable", why, "U8"))
    return tuple(hops)


def _group_hop(  # noqa: PLR0913 - which NSG, at which of two levels
    network: Network, flow: Flow, subnet: Subnet, nsg: str | None, at: str, *, inbound: bool
) -> tuple[Hop, ...]:
    if nsg is None:
        return ()
    rules = network.group(subnet, nsg)
    if rules is None:
        why = network.estate.missing(nsg)
        return (make_hop(at, nsg, "", Verdict.UNKNOWN, "nsg-unreadable", why, "U8"),)
    return (_security_hop(rules, flow, rules.decide(flow, inbound=inbound), at, inbound=inbound),)


def _security_hop(rules: NsgRules, flow: Flow, decisions: tuple[Decision, ...], at: str, *, inbound: bool) -> Hop:
    verdict = together(each.verdict for each in decisions)
    deciding = next((each for each in decisions if each.verdict is not Verdict.ALLOW), decisions[0])
    end = flow.source.label if inbound else flow.destination.label
    line = deciding.line
    if line is None:
        allowed = deciding.verdict is Verdict.ALLOW
        why = "no rule names the platform's own addresses" if allowed else f"no rule of {rules.group.name} allows {end}"
        code, spec = ("nsg-allow", "N12") if allowed else ("nsg-deny", "N4")
        return make_hop(at, rules.group.id, "", verdict, code, why, spec)
    if deciding.verdict is Verdict.UNKNOWN:
        why = f"rule {line.name} may decide on {end}, and {deciding.why}"
        return make_hop(at, line.resource, line.name, verdict, "nsg-undecided", why, "N11")
    word = "allows" if deciding.verdict is Verdict.ALLOW else "denies"
    why = f"rule {line.name} {word} {end} {'in' if inbound else 'out'}"
    return make_hop(at, line.resource, line.name, verdict, line.code, why, line.spec)
