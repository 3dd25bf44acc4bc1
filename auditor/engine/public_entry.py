"""Whether a flow from the Internet gets into a subnet at all: by a public address that is open (N3)."""

from collections.abc import Iterator

from auditor.engine.flows import Flow
from auditor.engine.hops import make_hop
from auditor.engine.matching import together
from auditor.engine.network import Network
from auditor.estate.addresses import address_set
from auditor.estate.arm import key
from auditor.estate.attached import Interface, InterfaceAddress
from auditor.estate.network import Subnet
from auditor.traces import Hop, Verdict

_INTERFACES = "/networkinterfaces/"


def entry_hops(network: Network, flow: Flow, subnet: Subnet) -> tuple[Hop, ...]:
    """Return what stands between the Internet and the machines of a subnet before any NSG is asked.

    None for what Azure itself runs in the subnet, which brings its own public address, and for a subnet of which
    nothing tells that machines live there.
    """
    machines = [each for each in network.members.in_subnet(subnet) if not each[0].private_endpoint]
    others = any(_INTERFACES not in each for each in subnet.attached)
    if key(subnet.id) in network.platform_subnets or others or not machines:
        return ()
    asked = [each for each in machines if _asked(flow, each[1])]
    found = [hop for each in asked for hop in _entries(network, subnet, *each)]
    if not found:
        unread = network.members.unread(subnet)
        verdict, code = (Verdict.UNKNOWN, "interface-unreadable") if unread else (Verdict.BLOCK, "no-public-address")
        why = unread or f"nothing in subnet {subnet.name} that was asked for has a public address"
        return (make_hop("public-address", subnet.id, "", verdict, code, why, "N3"),)
    verdict = together(each.verdict for each in found)
    return tuple(hop for hop in found if hop.verdict is not Verdict.ALLOW)[:1] if verdict is not Verdict.ALLOW else ()


def _asked(flow: Flow, configuration: InterfaceAddress) -> bool:
    wanted = flow.destination.addresses
    return not configuration.address or wanted is None or bool(address_set(configuration.address) & wanted)


def _entries(network: Network, subnet: Subnet, interface: Interface, own: InterfaceAddress) -> Iterator[Hop]:
    """Yield a hop for each public address that leads to an interface: its own, and those of load balancers."""
    guarded = bool(subnet.nsg or interface.nsg)
    for public in (own.public_address, *_balanced(network, own)):
        if not public:
            continue
        address = network.estate.public_addresses.get(public)
        name = address.name if address else public.rpartition("/")[2]
        if guarded or (address is not None and address.sku in {"", "basic"}):
            why = f"public address {name} leads to {interface.name}"
            yield make_hop("public-address", public, name, Verdict.ALLOW, "public-address-open", why, "N3")
        elif address is None:
            why = f"whether public address {name} is open without a security group is not known: it was not read"
            yield make_hop("public-address", public, name, Verdict.UNKNOWN, "public-address-unreadable", why, "N3")
        else:
            why = f"public address {name} is Standard, and closed where no security group opens it"
            yield make_hop("public-address", public, name, Verdict.BLOCK, "public-address-closed", why, "N3")


def _balanced(network: Network, own: InterfaceAddress) -> Iterator[str]:
    for at in sorted(network.estate.load_balancers):
        balancer = network.estate.load_balancers[at]
        pools = {pool for pool, members in balancer.members if members and own.id in members}
        frontends = {each.frontend for each in balancer.rules if each.pool in pools}
        yield from (each.public_address for each in balancer.frontends if each.id in frontends and each.public_address)
