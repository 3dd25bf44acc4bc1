"""Routes: every one that holds the address, the longest prefix, ties by kind (R1 to R13, R24 to R32)."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from tests.simulator.peers import halves, has_route
from tests.simulator.plain import Document, Place, Plain, holds, is_address, space
from tests.simulator.tags import answers_under, in_service, normal

NONE_DEFAULTS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
MORE_NONE_DEFAULTS = (
    *("198.18.0.0/15", "25.4.0.0/14", "25.33.0.0/16", "25.41.0.0/20", "25.48.0.0/12", "157.59.0.0/16"),
    *("40.108.0.0/17", "40.109.0.0/16", "104.146.0.0/17", "104.147.0.0/16", "23.103.0.0/18", "20.35.252.0/22"),
)
TAG_OF_SERVICE = {"microsoft.storage": "Storage", "microsoft.storage.global": "Storage", "microsoft.sql": "Sql"}

ADDRESS, BGP, SYSTEM, SYSTEM_NONE = 0, 5, 6, 7
"""Ranks at equal length: a route that names an address, those of tags (1 to 4), BGP, Azure's own, its None routes."""


@dataclass(frozen=True)
class Way:
    """A route that holds the address. hop: "internet", "vnetlocal", "peering", "none", "virtualappliance", ...

    address: the next hop of an appliance. remote: the VNet behind a peering, None if it was not read.
    """

    length: int
    rank: int
    hop: str
    address: str = ""
    remote: Document | None = None


def way_to(plain: Plain, place: Place, destination: str, name: str = "") -> Way:
    """Return the route that a packet to an address takes out of a subnet. name: under which it was looked up."""
    if _by_endpoint(plain, place, destination, name):
        return Way(0, 0, "endpoint")
    own = _own_ways(plain, place, destination, name)
    system = _system_ways(plain, place, destination)
    ways = [*own, *system]
    if not any(each.hop in {"vnetlocal", "peering"} for each in system):
        ways += _bgp_ways(plain, place, destination)
    return min(ways, key=lambda each: (-each.length, each.rank))


def _length(prefix: str) -> int:
    return ip_network(prefix, strict=False).prefixlen


def _full(address: str) -> int:
    return ip_address(address).max_prefixlen


def _by_endpoint(plain: Plain, place: Place, address: str, name: str) -> bool:
    """Tell whether a service endpoint of the subnet carries an address, whatever the routes (R5, R30 to R32)."""
    for endpoint in place.subnet["properties"].get("serviceEndpoints") or ():
        tag = TAG_OF_SERVICE[endpoint["service"].lower()]
        if endpoint["provisioningState"].lower() != "succeeded" or (name and not answers_under(tag, name)):
            continue
        regions = ["*"] if endpoint["service"].lower().endswith(".global") else endpoint["locations"]
        for region in regions:
            wanted = tag if region == "*" else f"{tag}.{region}"
            if in_service(plain, wanted, address, name):
                return True
    return False


def _own_ways(plain: Plain, place: Place, address: str, name: str) -> list[Way]:
    table = plain.linked(place.subnet, "routeTable")
    if isinstance(table, str):
        return _unread_ways(plain, place, address)
    found = []
    for route in table["properties"]["routes"] if table else ():
        fields = route["properties"]
        length, rank = _reach(plain, fields["addressPrefix"], address, name)
        if length is not None:
            next_hop = fields.get("nextHopIpAddress") or ""
            found.append(Way(length, rank, fields["nextHopType"].lower(), next_hop))
    return found


def _unread_ways(plain: Plain, place: Place, address: str) -> list[Way]:
    """Return the route that a table which was not read may have: any, or none."""
    walls = [each["properties"]["ipConfigurations"] for each in plain.of_type("azureFirewalls")]
    hops = [("none", ""), ("internet", ""), ("vnetlocal", ""), ("", "")]
    hops += [("virtualappliance", one["properties"]["privateIPAddress"]) for each in walls for one in each]
    hop, at = plain.world.picks(f"U8: where the unread table of {place.name} sends {address}", hops)
    return [Way(_full(address), ADDRESS, hop, at)] if hop else []


def _reach(plain: Plain, prefix: str, address: str, name: str) -> tuple[int | None, int]:
    """Return the length of the prefix by which a route holds an address, None if it does not, and its rank."""
    if is_address(prefix):
        return (_length(prefix) if holds(prefix, address) else None), ADDRESS
    service, dot, _ = normal(prefix).partition(".")
    rank = (3 if dot else 4) if service == "azurecloud" else (1 if dot else 2)
    listed = plain.tags.get(normal(prefix))
    if listed is not None:
        return max((_length(each) for each in listed if holds(each, address)), default=None), rank
    if not in_service(plain, prefix, address, name):
        return None, rank
    return plain.world.picks(f"R24: length of {prefix} around {address}", (12, 16, 24, _full(address))), rank


def _system_ways(plain: Plain, place: Place, address: str) -> list[Way]:
    ranges = space(place.vnet)
    found = [Way(_length(each), SYSTEM, "vnetlocal") for each in ranges if holds(each, address)]
    for half in halves(plain, place.vnet):
        if has_route(plain, half, address):
            known = half.fields["remoteAddressSpace"]["addressPrefixes"]
            also = half.fields["remoteVirtualNetworkAddressSpace"]["addressPrefixes"]
            length = max(_length(each) for each in (*known, *also) if holds(each, address))
            found.append(Way(length, SYSTEM, "peering", remote=half.remote))
    found.append(Way(0, SYSTEM, "internet"))
    if not has_default_route(plain, place, address):
        found += _none_ways(ranges, address)
    return found


def has_default_route(plain: Plain, place: Place, address: str) -> bool:
    """Tell whether the table of a subnet has a route for everything, of the family of an address (R10)."""
    table = plain.linked(place.subnet, "routeTable")
    routes = table["properties"]["routes"] if isinstance(table, dict) else ()
    wanted = "::/0" if ":" in address else "0.0.0.0/0"
    return any(each["properties"]["addressPrefix"] == wanted for each in routes)


def _none_ways(ranges: list[str], address: str) -> list[Way]:
    """Return Azure's own routes to nowhere, without those that a range of the VNet replaces (R8 to R10, R8a)."""
    kept = [each for each in (*NONE_DEFAULTS, *MORE_NONE_DEFAULTS) if not any(_within(each, wide) for wide in ranges)]
    return [Way(_length(each), SYSTEM_NONE, "none") for each in kept if holds(each, address)]


def _within(prefix: str, larger: str) -> bool:
    return _length(larger) <= _length(prefix) and holds(larger, prefix.partition("/")[0])


def gateways_of(plain: Plain, vnet: Document) -> list[Document]:
    """Return the gateways whose routes a VNet gets: its own, and those it uses across a peering (H6)."""
    found = plain.gateways(vnet)
    for half in halves(plain, vnet):
        if half.fields["useRemoteGateways"] and half.remote is not None:
            found += plain.gateways(half.remote)
    return found


def _bgp_ways(plain: Plain, place: Place, address: str) -> list[Way]:
    table = plain.linked(place.subnet, "routeTable")
    if isinstance(table, dict) and table["properties"]["disableBgpRoutePropagation"]:
        return []
    if not gateways_of(plain, place.vnet) or not plain.world.says(f"U1: BGP at {place.name} knows {address}"):
        return []
    lengths = [0, 8, 16, 24, _full(address)]
    return [Way(plain.world.picks(f"U1: length of the BGP route to {address}", lengths), BGP, "bgp")]
