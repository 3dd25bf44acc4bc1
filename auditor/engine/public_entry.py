"""Whether a flow gets into a subnet from the Internet, or out to it: by a public address (N3, R44)."""

from collections.abc import Iterator

from auditor.engine.filters import in_part
from auditor.engine.flows import Flow
from auditor.engine.hops import make_hop
from auditor.engine.matching import together
from auditor.engine.network import Network
from auditor.estate.addresses import PUBLIC, address_set
from auditor.estate.arm import key
from auditor.estate.attached import Interface, InterfaceAddress
from auditor.estate.network import Subnet
from auditor.traces import Hop, Verdict

_BRING_NO_PUBLIC_ADDRESS = ("/networkinterfaces/", "/loadbalancers/")
"""What else lives in a subnet may be reached by a public address of its own; of load balancers that is elsewhere."""
_CLOSED = frozenset({"standard", "standardv2"})


def entry_hops(network: Network, flow: Flow, subnet: Subnet) -> tuple[Hop, ...]:
    """Return what stands between the Internet and the machines of a subnet before any NSG is asked.

    None for what Azure itself runs in the subnet, which brings its own public address, and for a subnet of which
    nothing tells that machines live there; none for senders that do not come from the Internet.
    """
    senders = flow.source.universe
    machines = network.members.machines_in(subnet)
    others = any(not any(word in each for word in _BRING_NO_PUBLIC_ADDRESS) for each in subnet.attached)
    if key(subnet.id) in network.platform_subnets or others or not machines or not senders & PUBLIC:
        return ()
    asked = [each for each in machines if _asked(flow, each[1])]
    found = [hop for each in asked for hop in _entries(network, flow, subnet, *each)]
    if not found:
        found = [_no_entry(network, subnet)]
    verdict = together(each.verdict for each in found)
    stops = tuple(each for each in found if each.verdict is not Verdict.ALLOW)[:1]
    partly = verdict is not Verdict.ALLOW and (verdict is Verdict.PARTIAL or not senders <= PUBLIC)
    return tuple(map(in_part, stops)) if partly else stops


def exit_hop(network: Network, flow: Flow, subnet: Subnet) -> Hop | None:
    """Return what keeps senders of a subnet that gives no outbound access from the Internet (R44); None where nothing.

    Who has a public address of its own leaves by that; who stands behind a load balancer may leave by its address.
    """
    senders = flow.source.universe
    machines = [each for _, each in network.members.machines_in(subnet)]
    asked = [each for each in machines if not each.address or address_set(each.address) & senders]
    told = network.members.all_told(subnet) and not network.gateway_versions(subnet)
    if told and asked and all(each.public_address for each in asked):
        return None
    if told and not any(each.public_address or _may_be_balanced(network, each) for each in asked):
        why = f"nothing in subnet {subnet.name}, which gives no outbound access by default, has a public address"
        return make_hop("internet", subnet.id, "", Verdict.BLOCK, "no-outbound", why, "R44")
    why = f"subnet {subnet.name} gives no outbound access by default, and who in it has a public address is not known"
    return make_hop("internet", subnet.id, "", Verdict.UNKNOWN, "no-default-outbound", why, "R44")


def _may_be_balanced(network: Network, machine: InterfaceAddress) -> bool:
    members = (each for balancer in network.estate.load_balancers.values() for _, each in balancer.members)
    known = any(each and machine.id in each for each in members)
    return known or bool(machine.balancers) or bool(network.balancing.doubt(machine))


def _no_entry(network: Network, subnet: Subnet) -> Hop:
    unread = network.members.unread(subnet)
    if unread:
        return make_hop("public-address", subnet.id, "", Verdict.UNKNOWN, "interface-unreadable", unread, "N3")
    why = f"nothing in subnet {subnet.name} that was asked for has a public address"
    return make_hop("public-address", subnet.id, "", Verdict.BLOCK, "no-public-address", why, "N3")


def _asked(flow: Flow, configuration: InterfaceAddress) -> bool:
    wanted = flow.destination.addresses
    return not configuration.address or wanted is None or bool(address_set(configuration.address) & wanted)


def _entries(
    network: Network, flow: Flow, subnet: Subnet, interface: Interface, own: InterfaceAddress
) -> Iterator[Hop]:
    """Yield a hop for each public address that leads to an interface: its own, and those of load balancers."""
    guarded = bool(subnet.nsg or interface.nsg)
    balanced = [each.public for each in network.balancing.ways_to(own) if each.carries(flow)]
    for public in dict.fromkeys((own.public_address, *balanced)):
        if public:
            yield _entry(network, interface, public, guarded=guarded)
    doubt = network.balancing.doubt(own)
    if doubt and not own.public_address and not balanced:
        why = f"which public addresses lead to {interface.name} is not known: {doubt}"
        yield make_hop("public-address", interface.id, "", Verdict.UNKNOWN, "public-address-unreadable", why, "N3")


def _entry(network: Network, interface: Interface, public: str, *, guarded: bool) -> Hop:
    address = network.estate.public_addresses.get(public)
    name = address.name if address else public.rpartition("/")[2]
    sku = address.sku if address else ""
    if guarded or sku == "basic":
        why = f"public address {name} leads to {interface.name}"
        return make_hop("public-address", public, name, Verdict.ALLOW, "public-address-open", why, "N3")
    if sku in _CLOSED:
        why = f"public address {name} is Standard, and closed where no security group opens it"
        return make_hop("public-address", public, name, Verdict.BLOCK, "public-address-closed", why, "N3")
    told = (
        network.estate.missing(public) if address is None else f"its SKU is {sku!r}" if sku else "its SKU is not told"
    )
    why = f"whether public address {name} is open without a security group is not known: {told}"
    return make_hop("public-address", public, name, Verdict.UNKNOWN, "public-address-unreadable", why, "N3")
