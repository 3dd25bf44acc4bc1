"""Service tags and what they hold, in a list or in a world (N11 to N17, R24)."""

from tests.simulator.peers import gateways_of, halves, has_route
from tests.simulator.plain import PLATFORM, Place, Plain, any_holds, holds, is_address, is_public, space

NAMES_OF = {"storage": "core.windows.net", "sql": "database.windows.net"}
"""Endings of the names that some services answer under; no other name lies in their tags."""

PLATFORM_TAGS = {
    "azureplatformdns": PLATFORM[:1],
    "azureplatformimds": PLATFORM[1:],
    "azureloadbalancer": PLATFORM[:1],
}


def normal(tag: str) -> str:
    """Return a tag in comparing form (N17)."""
    return tag.replace(" ", "").lower()


def answers_under(tag: str, name: str) -> bool:
    """Tell whether the service of a tag may answer under a name."""
    ending = NAMES_OF.get(normal(tag).partition(".")[0])
    return ending is None or name.endswith(ending)


def in_service(plain: Plain, tag: str, address: str, name: str = "") -> bool:
    """Tell whether the tag of a service holds an address. name: under which the sender found it."""
    listed = plain.tags.get(normal(tag))
    if listed is not None:
        return any_holds(listed, address)
    if not is_public(address) or (name and not answers_under(tag, name)):
        return False
    if name and normal(tag) in NAMES_OF:
        return True
    return plain.world.says(f"N17: {normal(tag)} holds {address}")


def in_internet(plain: Plain, place: Place, address: str) -> bool:
    """Tell whether the tag Internet holds an address, for a subnet (N14)."""
    near = [*space(place.vnet)]
    for half in halves(plain, place.vnet):
        near += half.fields["remoteAddressSpace"]["addressPrefixes"]
    return is_public(address) and not any_holds(near, address)


def in_virtual_network(plain: Plain, place: Place, address: str) -> bool:
    """Tell whether the tag VirtualNetwork holds an address, for a subnet (N11)."""
    if any_holds(space(place.vnet), address) or address == PLATFORM[0]:
        return True
    for half in halves(plain, place.vnet):
        if has_route(plain, half, address):
            if half.fields.get("allowVirtualNetworkAccess") is not False:
                return True
            if plain.world.says(f"H5: VirtualNetwork of {place.name} holds the peer {half.label}"):
                return True
    return _by_route(plain, place, address) or _on_premises(plain, place, address)


def _by_route(plain: Plain, place: Place, address: str) -> bool:
    table = plain.linked(place.subnet, "routeTable")
    if isinstance(table, str):
        return plain.world.says(f"N11a: VirtualNetwork of {place.name} holds {address} by an unread table")
    for route in table["properties"]["routes"] if table else ():
        prefix = route["properties"]["addressPrefix"]
        meets = holds(prefix, address) if is_address(prefix) else in_service(plain, prefix, address)
        if meets and plain.world.says(f"N11a: VirtualNetwork of {place.name} holds {prefix}"):
            return True
    return False


def _on_premises(plain: Plain, place: Place, address: str) -> bool:
    if not gateways_of(plain, place.vnet):
        return False
    return plain.world.says(f"N11b: VirtualNetwork of {place.name} holds {address} on premises")


def in_tag(plain: Plain, place: Place, tag: str, address: str, name: str = "") -> bool:
    """Tell whether any service tag of a security rule holds an address."""
    word = normal(tag)
    if word == "internet":
        return in_internet(plain, place, address)
    if word == "virtualnetwork":
        return in_virtual_network(plain, place, address)
    if word in PLATFORM_TAGS:
        return address in PLATFORM_TAGS[word]
    return in_service(plain, tag, address, name)
