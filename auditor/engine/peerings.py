"""Whether traffic crosses a peering, as far as its two halves tell (H2, H3, H5)."""

from dataclasses import dataclass

from auditor.estate.arm import key
from auditor.estate.estate import Estate
from auditor.estate.network import Peering, VirtualNetwork

_CONNECTED = "connected"
_NOT_CONNECTED = frozenset({"disconnected", "initiated"})


@dataclass(frozen=True, slots=True)
class PeeringFault:
    """Why traffic does not cross a peering, or may not. blocked: whether it certainly does not."""

    why: str
    spec: str
    blocked: bool


def halves_of(estate: Estate, vnet: VirtualNetwork, peering: Peering) -> tuple[Peering, ...]:
    """Return the half of a peering that `vnet` holds and, where the other VNet was read, the other half."""
    remote = estate.virtual_networks.get(peering.remote)
    return (peering, *(each for each in (remote.peerings if remote else ()) if each.remote == key(vnet.id)))


def peering_fault(estate: Estate, vnet: VirtualNetwork, peering: Peering) -> PeeringFault | None:
    """Return what is wrong with a peering of `vnet`; None where traffic certainly crosses it."""
    remote = estate.virtual_networks.get(peering.remote)
    halves = halves_of(estate, vnet, peering)
    down = next((each for each in halves if each.state in _NOT_CONNECTED), None)
    if down is not None:
        return PeeringFault(f"the peering {down.name} on the way to it is {down.state}", "H2", blocked=True)
    if remote is not None and remote.peerings_listed and len(halves) == 1:
        return PeeringFault(f"the peering {peering.name} on the way to it has no other half", "H2", blocked=True)
    if any(each.state != _CONNECTED for each in halves):
        why = f"the source does not tell the state of the peering {peering.name} on the way to it"
        return PeeringFault(why, "H2", blocked=False)
    if any(not each.allow_access for each in halves):
        why = f"peering {peering.name} denies virtual network access, whose effect is disputed"
        return PeeringFault(why, "H5", blocked=False)
    return None


def peers_of_peers(estate: Estate, vnet_id: str) -> tuple[str, ...]:
    """Return the VNets peered with a VNet that is peered with this one, as the other spokes of its hub are."""
    vnet = estate.virtual_networks.get(vnet_id)
    hubs = [estate.virtual_networks.get(each.remote) for each in (vnet.peerings if vnet else ())]
    found = (each.remote for hub in hubs if hub is not None for each in hub.peerings)
    return tuple(each for each in dict.fromkeys(found) if each != vnet_id)


def refuses_forwarded(estate: Estate, receiver: str, sender: str) -> Peering | None:
    """Return the peering by which VNet `receiver` does not take what VNet `sender` forwards for others (H3).

    None where it takes it, or where the two are not peered. Both by comparing id.
    """
    vnet = estate.virtual_networks.get(receiver)
    found = [each for each in (vnet.peerings if vnet else ()) if each.remote == sender]
    return next((each for each in found if not each.allow_forwarded), None)
