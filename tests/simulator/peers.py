"""Peerings: which VNets are reached directly, and what stops packets between them (R12, H1 to H5)."""

from dataclasses import dataclass

from tests.simulator.plain import Document, Plain, any_holds, is_public, space
from tests.simulator.world import LostError


@dataclass(frozen=True)
class Half:
    """One half of a peering. remote: the VNet at the other end, None where it was not read."""

    vnet: Document
    fields: Document
    remote: Document | None

    @property
    def label(self) -> str:
        """What to call the peering in a question."""
        return f"{self.vnet['name']} to {self.fields['remoteVirtualNetwork']['id'].rpartition('/')[2]}"


def halves(plain: Plain, vnet: Document) -> list[Half]:
    """Return the peerings of a VNet."""
    listed = [each["properties"] for each in vnet["properties"]["virtualNetworkPeerings"]]
    return [Half(vnet, each, plain.find(each["remoteVirtualNetwork"]["id"])) for each in listed]


def _connected(plain: Plain, half: Half) -> bool:
    state = half.fields.get("peeringState")
    if not state:
        return plain.world.says(f"H2: peering {half.label} is connected")
    return bool(state.lower() == "connected")


def back(plain: Plain, half: Half) -> Half | None:
    """Return the other half of a peering, as far as it was read."""
    if half.remote is None:
        return None
    return next((each for each in halves(plain, half.remote) if each.remote == half.vnet), None)


def has_route(plain: Plain, half: Half, address: str) -> bool:
    """Tell whether a peering adds a route for an address: it is up on this side, and the range is synchronised."""
    synced = half.fields["remoteAddressSpace"]["addressPrefixes"]
    current = half.fields["remoteVirtualNetworkAddressSpace"]["addressPrefixes"]
    known = any_holds(synced, address), any_holds(current, address)
    if not any(known) or not _connected(plain, half):
        return False
    if half.fields["peeringSyncLevel"].lower() != "fullyinsync" and not all(known):
        return plain.world.says(f"R12: peering {half.label} knows where {address} lies")
    return known[0]


def cross(plain: Plain, here: Document, there: Document, source: str) -> None:
    """Take a packet from one VNet into another that is peered with it, or stop it.

    source: the sender's address as the packet bears it now.
    """
    if here["id"] == there["id"]:
        return
    half = next((each for each in halves(plain, here) if each.remote == there), None)
    other = back(plain, half) if half else None
    if half is None or other is None or not (_connected(plain, half) and _connected(plain, other)):
        raise LostError(f"H2: {here['name']} and {there['name']} are not connected")
    for each in (half, other):
        if each.fields.get("allowVirtualNetworkAccess") is False and plain.world.says(
            f"H5: {each.label} stops traffic"
        ):
            raise LostError(f"H5: peering {each.label} allows no access")
    welcome = other.fields.get("allowForwardedTraffic") is not False
    if welcome or any_holds(space(here), source) or is_public(source):
        return
    if plain.world.says(f"H3: {other.label} drops forwarded traffic"):
        raise LostError(f"H3: peering {other.label} takes no forwarded traffic")


def neighbours(plain: Plain, vnet: Document) -> list[Half]:
    """Return the peerings of a VNet that are up on both sides, as far as the other side was read."""
    found = []
    for half in halves(plain, vnet):
        other = back(plain, half)
        if _connected(plain, half) and (half.remote is None or (other is not None and _connected(plain, other))):
            found.append(half)
    return found
