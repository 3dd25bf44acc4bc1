"""Who owns the address a route names as next hop, and whether Azure can reach it (R15 to R19, F53)."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.engine.peerings import peering_fault
from auditor.engine.route import EffectiveRoute
from auditor.engine.virtual_wan import hub_space
from auditor.estate.addresses import NOTHING, AddressSet, address_set
from auditor.estate.arm import key, parent_id
from auditor.estate.estate import Estate
from auditor.estate.firewall import Firewall
from auditor.estate.network import Appliance, Peering, Subnet, VirtualNetwork

_OWNER_KINDS = (
    "microsoft.network/azurefirewalls",
    "microsoft.network/networkinterfaces",
    "microsoft.network/loadbalancers",
)


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns a next hop.

    blocked: whether Azure drops the packet here; None where that cannot be told. code: "next-hop-firewall",
    "next-hop-appliance", "next-hop-no-forwarding", "next-hop-unowned", "next-hop-not-connected",
    "next-hop-peering-down", "next-hop-in-hub" or "next-hop-unreadable". why: one sentence.
    far: ARM id of what has the address, where that stands behind something that lets nothing through, or may not.
    """

    code: str
    why: str
    spec: str
    blocked: bool | None
    firewall: Firewall | None = None
    appliance: Appliance | None = None
    far: str = ""

    @property
    def resource(self) -> str:
        """ARM id of what has the address, whether or not it can be reached; "" where nothing known does."""
        stands = self.firewall or self.appliance
        return stands.id if stands else self.far


def find_owner(estate: Estate, owners: "Owners", subnet: Subnet, route: EffectiveRoute) -> Owner:
    """Return who owns the next hop of an appliance route of `subnet`."""
    vnet = estate.virtual_networks[subnet.vnet]
    try:
        wanted = address_set(route.next_hop_address)
    except ValueError:
        why = f'route {route.name} names "{route.next_hop_address}" as next hop, which is no address'
        return Owner("next-hop-unowned", why, "R14", blocked=True)
    far: Owner | None = None
    for place, owner in _owners(owners, route, wanted):
        if place == key(vnet.id):
            return owner
        peering = next((each for each in vnet.peerings if each.remote == place), None)
        if peering is not None:
            return _across(estate, vnet, peering, owner, wanted)
        far = far or owner
    if wanted <= hub_space(estate, vnet):
        why = f"{route.next_hop_address} lies in the virtual hub of VNet {vnet.name}, and not in a VNet peered with it"
        return Owner("next-hop-in-hub", why, "H13", blocked=True)
    nobody = _nobody(estate, vnet, wanted, route)
    if far is not None and nobody.blocked:
        why = f"{far.why}, but VNet {vnet.name} is not peered with the VNet it stands in"
        return Owner("next-hop-not-connected", why, "R15", blocked=True, far=far.resource)
    return nobody


def _owners(owners: "Owners", route: EffectiveRoute, wanted: AddressSet) -> Iterator[tuple[str, Owner]]:
    """Yield everything that has the address, firewalls first, with the comparing id of the VNet it stands in."""
    for vnet, firewall in owners.firewalls.get(wanted, ()):
        why = f"{route.next_hop_address} is Azure Firewall {firewall.name}"
        yield vnet, Owner("next-hop-firewall", why, "R16", blocked=False, firewall=firewall)
    for vnet, appliance in owners.appliances.get(wanted, ()):
        yield vnet, _appliance(route, appliance)


class Owners:
    """Who has which private address: (comparing id of the VNet, owner) by address, in order of the owners' ids."""

    def __init__(self, estate: Estate) -> None:
        self.firewalls: dict[AddressSet, list[tuple[str, Firewall]]] = {}
        self.appliances: dict[AddressSet, list[tuple[str, Appliance]]] = {}
        for name in sorted(estate.firewalls):
            firewall = estate.firewalls[name]
            for at in firewall.addresses if firewall.sku != "azfw_hub" and not firewall.hub else ():
                self.firewalls.setdefault(_address(at.address), []).append((parent_id(at.subnet), firewall))
        for name in sorted(estate.appliances):
            appliance = estate.appliances[name]
            for address, subnet in appliance.addresses:
                self.appliances.setdefault(_address(address), []).append((parent_id(subnet), appliance))


def _address(text: str) -> AddressSet:
    try:
        return address_set(text)
    except ValueError:  # a damaged address is nobody's next hop
        return NOTHING


def _appliance(route: EffectiveRoute, appliance: Appliance) -> Owner:
    if appliance.forwarding is False:
        why = f"{route.next_hop_address} is network interface {appliance.name}, which does not forward IP traffic"
        return Owner("next-hop-no-forwarding", why, "R16", blocked=True, appliance=appliance)
    why = f"{route.next_hop_address} is {appliance.name}; what an appliance other than Azure Firewall does is not known"
    return Owner("next-hop-appliance", why, "R16", blocked=None, appliance=appliance)


def _across(estate: Estate, vnet: VirtualNetwork, peering: Peering, owner: Owner, wanted: AddressSet) -> Owner:
    """Judge an owner that stands on the other side of a peering (H2, H5, R12)."""
    fault = peering_fault(estate, vnet, peering)
    if fault is None and (wanted & peering.unsettled or not wanted <= peering.addresses):
        why = f"{owner.why}, but peering {peering.name} was not synchronised with a range that holds it"
        return Owner("next-hop-unreadable", why, "R12", blocked=None, far=owner.resource)
    if fault is None:
        return owner
    code = "next-hop-peering-down" if fault.blocked else "next-hop-unreadable"
    why = f"{owner.why}, but {fault.why}"
    return Owner(code, why, fault.spec, blocked=True if fault.blocked else None, far=owner.resource)


def _nobody(estate: Estate, vnet: VirtualNetwork, wanted: AddressSet, route: EffectiveRoute) -> Owner:
    """Judge an address that nothing in the source owns: dangling if everything that could own it was read (R16, U8)."""
    address = route.next_hop_address
    spaces = [(key(vnet.id), vnet.addresses), *((each.remote, each.addresses) for each in vnet.peerings)]
    reachable = [(scope, space) for scope, space in spaces if wanted <= space]
    if not reachable and vnet.peerings_listed:
        unreadable = next(
            (each for each, space in spaces if space == NOTHING and each not in estate.virtual_networks), ""
        )
        if not unreadable:
            why = f"{address} lies neither in VNet {vnet.name} nor in one peered with it"
            return Owner("next-hop-not-connected", why, "R15", blocked=True)
        reachable = [(unreadable, wanted)]
    for scope, _ in reachable or [(key(vnet.id), wanted)]:
        doubt = _unread(estate, scope, wanted)
        if doubt or not reachable:
            why = (
                f"who owns {address} is not known: {doubt or f'the peerings of VNet {vnet.name} are not in the source'}"
            )
            return Owner("next-hop-unreadable", why, "U8", blocked=None)
    why = f"nothing owns {address}, the next hop of route {route.name}"
    return Owner("next-hop-unowned", why, "R16", blocked=True)


def _unread(estate: Estate, scope: str, wanted: AddressSet) -> str:
    """Return what in VNet `scope` was not read and may own the address; "" if nothing."""
    vnet = estate.virtual_networks.get(scope)
    if vnet is None:
        return estate.missing(scope)
    if not vnet.subnets_listed:
        return f"the source does not list the subnets of VNet {vnet.name}"
    gap = estate.may_hide(_OWNER_KINDS, scope)
    if gap is not None:
        return gap.why
    for subnet in vnet.subnets:
        if wanted <= subnet.addresses:
            return unread_member(estate, subnet)
    return ""


def unread_member(estate: Estate, subnet: Subnet) -> str:
    """Return what lives in a subnet, as Azure lists it there, and was not read; "" if all was."""
    for each in subnet.attached:
        above = _enclosing_ids(each)
        if not above & estate.known_ids:
            told = next((estate.reasons[at] for at in sorted(above & estate.reasons.keys())), "")
            owner = "/".join(each.split("/")[:9])
            return told or f"{owner} lives in subnet {subnet.name} and is not in the source"
    return ""


def _enclosing_ids(arm_id: str) -> set[str]:
    """Return the ids of the resources an id lies under."""
    parts = arm_id.split("/")
    return {"/".join(parts[:end]) for end in range(1, len(parts))}
