"""Who owns the next hop of a route to an appliance (R15, R16, F53)."""

from tests.simulator.peers import Half, neighbours
from tests.simulator.plain import Document, Place, Plain, any_holds, space
from tests.simulator.world import LostError


def wall_place(plain: Plain, wall: Document) -> Place | None:
    """Return the AzureFirewallSubnet of a firewall, None where its VNet was not read."""
    for each in wall["properties"]["ipConfigurations"]:
        return plain.place(each["properties"]["subnet"]["id"])
    return None


def owner_of(plain: Plain, here: Place, address: str) -> Document | None:
    """Return the firewall that owns an address, None where something passes the packet on that is not known.

    Raises LostError where nothing does.
    """
    around: list[Half] = neighbours(plain, here.vnet)
    near = [here.vnet, *(each.remote for each in around if each.remote is not None)]
    vnet = next((each for each in near if any_holds(space(each), address)), None)
    if vnet is None:
        _perhaps_unread(plain, around, address)
        return None
    for wall in plain.of_type("azureFirewalls"):
        place = wall_place(plain, wall)
        at = [each["properties"]["privateIPAddress"] for each in wall["properties"]["ipConfigurations"]]
        if place is not None and place.vnet == vnet and address in at:
            return wall
    _other_owner(plain, vnet, address)
    return None


def _perhaps_unread(plain: Plain, around: list[Half], address: str) -> None:
    for half in around:
        prefixes = half.fields["remoteAddressSpace"]["addressPrefixes"]
        if (
            half.remote is None
            and any_holds(prefixes, address)
            and plain.world.says(f"U8: {address} passes packets on")
        ):
            return
    raise LostError(f"R15: next hop {address} is not in reach")


def _other_owner(plain: Plain, vnet: Document, address: str) -> None:
    """Return where something other than a firewall may pass packets on; raise LostError where nothing does."""
    for card in plain.of_type("networkInterfaces"):
        for each in card["properties"]["ipConfigurations"]:
            fields = each["properties"]
            lies_in = fields["subnet"]["id"].lower().startswith(f"{vnet['id']}/".lower())
            if fields["privateIPAddress"] == address and lies_in:
                if card["properties"]["enableIPForwarding"] and plain.world.says(
                    f"U2: appliance {address} passes it on"
                ):
                    return
                raise LostError(f"R16: {address} does not pass it on")
    place = plain.place_of(vnet, address)
    attached = place.subnet["properties"].get("ipConfigurations") or () if place else ()
    for each in attached:
        owner = each["id"].lower().rsplit("/", 2)[0]
        if plain.find(owner) is None and plain.world.says(f"U8: {address} belongs to something unread"):
            return
    raise LostError(f"R16: nothing owns {address}")
