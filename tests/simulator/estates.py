"""Random estates, small and nasty: everything is drawn from small pools, so that rules, routes and packets meet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.builders import (
    Document,
    application_rule,
    classic,
    collection,
    firewall,
    group,
    interface,
    ip_group,
    network_id,
    network_rule,
    peering,
    policy,
    route,
    route_table,
    security_group,
    security_rule,
    subnet,
    vnet,
)

Drawn = TypeVar("Drawn")
Draw = Callable[[st.SearchStrategy[Any]], Any]

SPACES = {
    "hub": "10.0.0.0/16",
    "spoke": "10.1.0.0/16",
    "far": "10.2.0.0/16",
    "hub2": "10.3.0.0/16",
}
SUBNETS = {
    ("spoke", "ase"): "10.1.1.0/24",
    ("spoke", "gateway"): "10.1.5.0/24",
    ("far", "vm"): "10.2.1.0/24",
    ("hub", "services"): "10.0.5.0/24",
    ("hub", "AzureFirewallSubnet"): "10.0.0.0/26",
    ("hub2", "AzureFirewallSubnet"): "10.3.0.0/26",
}
WALLS = {"fw": ("hub", "10.0.0.4"), "fw2": ("hub2", "10.3.0.4")}
PAIRS = (("spoke", "hub"), ("far", "hub"), ("spoke", "far"), ("hub", "hub2"), ("far", "hub2"), ("spoke", "hub2"))

LISTED = {
    "Storage": ["20.60.0.0/16", "20.61.0.0/24"],
    "Storage.WestEurope": ["20.60.0.0/17", "20.61.0.0/24"],
    "Sql": ["20.70.0.0/16"],
    "AzureCloud": ["20.60.0.0/16", "20.70.0.0/16", "20.80.0.0/16"],
}
ROUTE_PREFIXES = (
    *("0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "10.0.0.0/14"),
    *("10.0.0.0/16", "10.0.0.0/26", "10.0.5.0/24", "10.1.0.0/16", "10.1.1.0/24", "10.1.1.0/25", "10.1.5.0/24"),
    *("10.2.0.0/16", "10.2.1.0/24", "10.2.1.128/25", "10.2.1.9/32", "10.3.0.0/16", "172.16.0.0/12"),
    *("8.0.0.0/8", "8.8.8.0/24", "8.8.8.8/32", "20.60.0.0/16", "20.60.128.0/17", "25.0.0.0/8", "203.0.113.0/24"),
)
NSG_ENDS = (
    *("*", "*", "Internet", "VirtualNetwork", "Storage", "Storage.WestEurope", "0.0.0.0/0", "10.0.0.0/8", "8.8.8.0/24"),
    *("10.1.0.0/16", "10.1.1.0/24", "10.1.1.0/25", "10.1.5.0/24", "10.2.1.0/24", "10.2.1.9", "10.0.0.0/26"),
    *("10.0.5.0/24", "20.60.0.0/16", "203.0.113.0/24", "203.0.113.7"),
)
WALL_ENDS = (
    *("*", "*", "10.1.0.0/16", "10.2.1.0/24", "10.2.1.0-10.2.1.99", "10.2.1.9", "10.0.5.0/24", "8.8.8.0/24"),
    *("8.8.8.8-8.8.9.1", "20.60.0.0/16", "Storage", "Sql", "0.0.0.0/0"),
)
WALL_SOURCES = (
    "*",
    "*",
    "10.1.0.0/16",
    "10.1.1.0/24",
    "10.1.1.0/25",
    "10.1.1.7-10.1.1.140",
    "10.1.5.0/24",
    "10.2.0.0/16",
)
PORTS = ("*", "*", "443", "80", "22", "1433", "400-500", "440-443", "123")
NAMES = ("a.contoso.com", "b.a.contoso.com", "contoso.com", "x.blob.core.windows.net", "notcontoso.com")
TARGETS = ("*", "a.contoso.com", "*.contoso.com", "*contoso.com", "*.a.contoso.com", "www.contoso.*", "*.windows.net")
ASKED = (
    *("10.2.1.0/24", "10.2.1.9", "10.1.1.0/24", "10.1.5.0/24", "10.0.5.0/24", "10.2.0.0/16", "10.50.0.5", "172.16.0.9"),
    *("8.8.8.8", "8.8.8.0/24", "8.0.0.0/8", "20.60.0.0/16", "20.61.0.0/24,8.8.8.8", "0.0.0.0/0", "10.2.1.9,8.8.8.8"),
    *("100.64.0.9", "25.4.0.0/14", "192.168.7.0/24", "1.0.0.0/8,20.0.0.0/8", "168.63.129.16", "10.2.1.64/26,10.1.5.4"),
)
PARTS = ("10.2.1.9", "10.2.1.64/26", "10.1.5.4", "10.1.1.0/25", "10.0.5.0/24", "8.8.8.8", "20.60.0.0/24", "10.50.0.5")
CLIENTS = ("203.0.113.0/24", "203.0.113.7", "8.8.8.0/24", "203.0.113.7,20.60.0.9", "20.60.0.0/16", "8.0.0.0/8")


@dataclass(frozen=True)
class Asked:
    """A flow: out of a subnet, or into it from the Internet. ends: addresses, comma-separated, or a name."""

    vnet: str
    subnet: str
    ends: str
    port: str
    protocol: str
    inbound: bool = False

    @property
    def is_name(self) -> bool:
        """Whether the other end is a name."""
        return self.ends[-1].isalpha()


@dataclass(frozen=True)
class Drawing:
    """A drawn estate: its documents, its list of service tags, and the flows to ask of it."""

    documents: tuple[Document, ...]
    tags: Mapping[str, Sequence[str]]
    asked: tuple[Asked, ...]


class Hand:
    """Draws. open_things: whether things may be drawn that configuration does not settle."""

    def __init__(self, draw: Draw, *, open_things: bool) -> None:
        self.draw = draw
        self.open_things = open_things

    def one(self, pool: Sequence[Drawn]) -> Drawn:
        """Return one of a pool."""
        drawn: Drawn = self.draw(st.sampled_from(pool))
        return drawn

    def some(self, pool: Sequence[Drawn], least: int, most: int) -> list[Drawn]:
        """Return different members of a pool."""
        drawn: list[Drawn] = self.draw(st.lists(st.sampled_from(pool), min_size=least, max_size=most, unique=True))
        return drawn

    def in_ten(self, times: int) -> bool:
        """Return whether something holds that does so in so many of ten."""
        found: int = self.draw(st.integers(1, 10))
        return found > 10 - times

    def odd(self) -> bool:
        """Return whether to leave something open here: now and then, where anything may be."""
        return self.open_things and self.in_ten(1)


def _routes(hand: Hand, *, wall: bool) -> list[Document]:
    hops: list[tuple[str, str | None]] = [("Internet", None), ("Internet", None), ("Internet", None)]
    hops += [("None", None), ("VnetLocal", None)]
    hops += [("VirtualAppliance", "10.0.0.4")] * (1 if wall else 6) + [("VirtualAppliance", "10.3.0.4")] * 2
    hops += [("VirtualAppliance", each) for each in ("10.0.0.9", "192.168.99.4", "10.1.5.9")]
    hops += [("VirtualNetworkGateway", None)]
    prefixes = list(ROUTE_PREFIXES)
    prefixes += [*LISTED, "AzureMonitor"] if hand.open_things else list(LISTED)
    made = []
    usual = not wall and hand.in_ten(4)
    if usual:
        made.append(route("default", "0.0.0.0/0", "VirtualAppliance", "10.0.0.4"))
    for at, prefix in enumerate(hand.some(prefixes, 0, 3 if usual or wall else 5)):
        hop, address = hand.one(hops)
        if not (usual and prefix == "0.0.0.0/0"):
            made.append(route(f"r{at}", prefix, hop, address))
    return made


def _security_rules(hand: Hand) -> list[Document]:
    made = []
    ends = [*NSG_ENDS, "AzureMonitor"] if hand.open_things else list(NSG_ENDS)
    for priority in range(100, 100 + 10 * hand.draw(st.integers(0, 4)), 10):
        sides: list[str | list[str]] = []
        for _ in range(2):
            several = hand.some([each for each in ends if each[0].isdigit()], 1, 3)
            sides.append(several if hand.in_ten(2) else hand.one(ends))
        ports = hand.some(PORTS, 1, 2) if hand.in_ten(2) else hand.one(PORTS)
        made.append(
            security_rule(
                f"s{priority}",
                priority,
                hand.one(("Allow", "Deny")),
                direction=hand.one(("Inbound", "Outbound")),
                source=sides[0],
                destination=sides[1],
                ports=ports,
                protocol=hand.one(("*", "*", "Tcp", "Udp", "Icmp")),
            )
        )
    return made


def _ip_groups(hand: Hand, field: str) -> dict[str, Any]:
    names = ["full", "empty", "gone"] if hand.open_things else ["full", "empty"]
    return {field: [network_id("ipGroups", hand.one(names))]}


def _network_rule(hand: Hand, name: str) -> Document:
    more: dict[str, Any] = {}
    sources: Sequence[str] = hand.some(WALL_SOURCES, 1, 2)
    ends: Sequence[str] = hand.some([*WALL_ENDS, "AzureMonitor"] if hand.open_things else WALL_ENDS, 1, 2)
    if hand.in_ten(2):
        sources, more = (), _ip_groups(hand, "sourceIpGroups")
    if hand.in_ten(2):
        ends, more = (), more | _ip_groups(hand, "destinationIpGroups")
    elif hand.open_things and hand.in_ten(2):
        ends, more = (), more | {"destinationFqdns": [hand.one(NAMES)]}
    words = hand.some(("TCP", "UDP", "Any", "ICMP"), 1, 2)
    ports = ["*"] if "ICMP" in words else hand.some(PORTS, 1, 2)
    rule = network_rule(name, ends, ports, sources=sources, protocols=words, **more)
    return rule | {"protocols": rule["ipProtocols"]}


def _application_rule(hand: Hand, name: str) -> Document:
    more: dict[str, Any] = {}
    sources: Sequence[str] = hand.some(WALL_SOURCES, 1, 2)
    if hand.in_ten(2):
        sources, more = (), _ip_groups(hand, "sourceIpGroups")
    if hand.odd():
        more |= hand.one(({"webCategories": ["news"]}, {"destinationAddresses": ["10.0.0.0/8"]}))
    protocols = hand.some(("Http:80", "Https:443", "Https:8443", "Mssql:1433", "Http:443"), 1, 3)
    return application_rule(name, hand.some(TARGETS, 1, 2), protocols=protocols, sources=sources, **more)


def _collections(hand: Hand, make: Callable[..., Document], rule: str, most: int, stem: str) -> list[Document]:
    """Return collections of network or application rules, of different priorities where nothing may be open."""
    pool = (200, 300) if hand.odd() else (100, 200, 300, 400)
    count = hand.draw(st.integers(0, most))
    priorities = [hand.one(pool) for _ in range(count)] if pool == (200, 300) else hand.some(pool, 0, most)
    made = []
    for at, priority in enumerate(priorities):
        name = f"{stem}{rule}{at}"
        build = _network_rule if rule == "n" else _application_rule
        rules = [build(hand, f"{name}-{number}") for number in range(hand.draw(st.integers(1, 2)))]
        made.append(make(name, priority, hand.one(("Allow", "Allow", "Deny")), rules))
    return made


def _policy(hand: Hand, name: str, base: str | None) -> list[Document]:
    names = [f"{name}-{at}" for at in range(hand.draw(st.integers(0, 2)))]
    priorities = [hand.one((100, 200))] * 2 if hand.odd() else hand.draw(st.permutations((100, 200)))
    made = []
    for each, priority in zip(names, priorities, strict=False):
        holds = [*_collections(hand, collection, "n", 2, each), *_collections(hand, collection, "a", 2, each)]
        for at, one in enumerate(holds):
            one["priority"] = one["priority"] if hand.open_things else 100 * at + 100
        made.append(group(name, each, priority, holds))
    more: dict[str, Any] = {"snat": {"privateRanges": _private_ranges(hand)}} if hand.in_ten(2) else {}
    if hand.in_ten(3):
        more["dnsSettings"] = {"enableProxy": hand.in_ten(8)}
    return [policy(name, names, base=base, **more), *made]


def _private_ranges(hand: Hand) -> list[str]:
    pool = (
        *(["IANAPrivateRanges"], ["0.0.0.0/0"], ["255.255.255.255/32"], ["255.255.255.255/32"], ["10.0.0.0/8"]),
        ["10.2.0.0/16", "8.0.0.0/8"],
    )
    return list(hand.one(pool))


def _wall(hand: Hand, name: str) -> list[Document]:
    vnet_name, address = WALLS[name]
    more: dict[str, Any] = {"managementIpConfiguration": {"name": "m"}} if hand.in_ten(2) else {}
    if hand.in_ten(4):
        base = f"{name}-base" if hand.in_ten(5) else None
        made = [*_policy(hand, f"{name}-policy", base), *(_policy(hand, base, None) if base else [])]
        return [firewall(name, vnet_name, address, policy=f"{name}-policy", **more), *made]
    if hand.in_ten(4):
        more["additionalProperties"] = {"Network.SNAT.PrivateRanges": ",".join(_private_ranges(hand))}
    if hand.open_things and hand.in_ten(3):
        more.setdefault("additionalProperties", {})["Network.DNS.EnableProxy"] = hand.one(("true", "false"))
    last = (
        [classic("last", 500, "Allow", [network_rule("all", ["*"], ["*"]) | {"protocols": ["Any"]}])]
        if hand.in_ten(4)
        else []
    )
    rules = {
        "networkRuleCollections": [*_collections(hand, classic, "n", 3, name), *last],
        "applicationRuleCollections": _collections(hand, classic, "a", 3, name),
    }
    state = "Failed" if hand.odd() else "Succeeded"
    tier = hand.one(("Standard", "Standard", "Basic")) if hand.open_things else "Standard"
    return [firewall(name, vnet_name, address, collections=rules, state=state, tier=tier, **more)]


def _flags(hand: Hand) -> dict[str, Any]:
    if hand.in_ten(1):
        return {"peeringState": "Disconnected"}
    if hand.odd():
        return {"allowForwardedTraffic": False}
    if hand.odd():
        return {"allowVirtualNetworkAccess": False}
    if hand.odd():
        return {"peeringState": None}
    return {}


def _peerings(hand: Hand) -> dict[str, list[Document]]:
    made: dict[str, list[Document]] = {each: [] for each in SPACES}
    chances = (9, 8, 3, 5, 2, 2)
    for (one, other), chance in zip(PAIRS, chances, strict=True):
        if not hand.in_ten(chance):
            continue
        both = not (hand.open_things and hand.in_ten(1))
        made[one].append(peering(one, other, SPACES[other], **_flags(hand)))
        if both:
            made[other].append(peering(other, one, SPACES[one], **_flags(hand)))
    return made


def _vnets(hand: Hand) -> list[Document]:
    peerings = _peerings(hand)
    made: list[Document] = []
    tables: list[Document] = []
    for name, space in SPACES.items():
        subnets = []
        for (vnet_name, each), prefix in SUBNETS.items():
            if vnet_name == name:
                subnets.append(_subnet(hand, name, each, prefix, tables))
        made.append(vnet(name, space, subnets, peerings[name]))
    _widen(hand, made)
    return [*made, *tables]


def _subnet(hand: Hand, vnet_name: str, name: str, prefix: str, more: list[Document]) -> Document:
    wall = name == "AzureFirewallSubnet"
    table = f"rt-{vnet_name}-{name}" if hand.in_ten(3 if wall else 7) else None
    nsg = f"nsg-{vnet_name}-{name}" if not wall and hand.in_ten(4) else None
    if table and not hand.odd():
        more.append(route_table(table, _routes(hand, wall=wall), propagation=hand.in_ten(5)))
    if nsg and not hand.odd():
        more.append(security_group(nsg, _security_rules(hand)))
    endpoints = hand.some(("Microsoft.Storage", "Microsoft.Sql"), 1, 2) if hand.in_ten(2) else []
    made = subnet(vnet_name, name, prefix, table=table, nsg=nsg, endpoints=endpoints)
    if hand.odd():
        made["properties"]["defaultOutboundAccess"] = False
    for each in made["properties"]["serviceEndpoints"]:
        each["locations"] = hand.one((["*"], ["westeurope"])) if each["service"].endswith("Storage") else ["*"]
    return made


def _widen(hand: Hand, vnets: list[Document]) -> None:
    """Give the spoke more ranges now and then, and names to resolve by."""
    spoke = next(each for each in vnets if each["name"] == "spoke")
    if hand.in_ten(2):
        more = hand.one(("192.168.0.0/16", "192.168.0.0/20", "172.16.0.0/11"))
        spoke["properties"]["addressSpace"]["addressPrefixes"].append(more)
    if hand.in_ten(2):
        spoke["properties"]["dhcpOptions"] = {"dnsServers": [hand.one(("10.0.0.4", "10.9.9.9"))]}


def _flows(hand: Hand) -> tuple[Asked, ...]:
    senders = (("spoke", "ase"), ("spoke", "ase"), ("spoke", "gateway"), ("far", "vm"), ("hub", "services"))
    made = []
    for _ in range(4):
        place = hand.one(senders)
        if hand.in_ten(2):
            made.append(Asked(*place, hand.one(CLIENTS), hand.one(("443", "22", "454-455")), "tcp", inbound=True))
            continue
        port, protocol = hand.one((("443", "tcp"), ("443", "tcp"), ("80", "tcp"), ("22", "tcp"), ("1433", "tcp")))
        if hand.in_ten(3):
            port, protocol = hand.one((("123", "udp"), ("443", "udp"), ("0-65535", "icmp"), ("22-443", "tcp")))
        names = (*NAMES, "*.contoso.com", "*.contoso.com")
        ends = ",".join(hand.some(PARTS, 2, 3)) if hand.in_ten(4) else hand.one(ASKED)
        made.append(Asked(*place, hand.one(names) if hand.in_ten(3) else ends, port, protocol))
    return tuple(made)


def _extras(hand: Hand) -> list[Document]:
    made = [ip_group("full", ["10.1.1.0/25", "10.2.1.9", "8.8.8.8-8.8.8.20"]), ip_group("empty", [])]
    if hand.odd():
        made.append(interface("nva", "hub", "services", "10.0.0.9", forwarding=hand.in_ten(5)))
    if hand.odd():
        made.append(_gateway(hand.one(("Vpn", "ExpressRoute")), hand.one(("spoke", "hub"))))
    return made


def _gateway(kind: str, vnet_name: str) -> Document:
    place = f"{network_id('virtualNetworks', vnet_name)}/subnets/GatewaySubnet"
    return {
        "id": network_id("virtualNetworkGateways", f"gw-{vnet_name}"),
        "name": f"gw-{vnet_name}",
        "type": "Microsoft.Network/virtualNetworkGateways",
        "properties": {
            "gatewayType": kind,
            "ipConfigurations": [{"name": "default", "properties": {"subnet": {"id": place}}}],
        },
    }


@st.composite
def drawings(draw: Draw, *, open_things: bool) -> Drawing:
    """Draw an estate and flows to ask of it."""
    hand = Hand(draw, open_things=open_things)
    documents = [*_vnets(hand), *_wall(hand, "fw"), *_wall(hand, "fw2"), *_extras(hand)]
    return Drawing(tuple(documents), LISTED, _flows(hand))
