"""The whole way of one packet and of the reply to it (sections 0.1 and 4 of the semantics)."""

from dataclasses import dataclass, field, replace
from ipaddress import ip_address

from tests.simulator.groups import pass_group
from tests.simulator.owners import owner_of, wall_place
from tests.simulator.peers import cross, gateways_of
from tests.simulator.plain import PLATFORM, Document, Place, Plain, is_public
from tests.simulator.routes import Way, way_to
from tests.simulator.walls import APPLICATION, judge, private_ranges, translates
from tests.simulator.world import LostError, Outcome, Packet


@dataclass
class Crossing:
    """A firewall on the way. own: the address it put for the sender's, "" where it kept that."""

    wall: Document
    place: Place
    own: str


@dataclass
class Journey:
    """A packet under way.

    asked: the packet as it was sent; packet: as it is now. place: the subnet it is in. crossed: firewalls behind it.
    """

    plain: Plain
    sender: Place
    asked: Packet
    packet: Packet
    place: Place
    crossed: list[Crossing] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name under which the sender found the destination."""
        return self.packet.host if self.packet.named else ""


def send(plain: Plain, packet: Packet, sender: Place) -> Outcome:
    """Send a packet out of a subnet and say whether it arrives and is answered."""
    journey = Journey(plain, sender, packet, packet, sender)
    try:
        pass_group(plain, sender, packet, "Outbound")
        if packet.destination in PLATFORM:
            return Outcome(passes=True)
        arrived = _forward(journey)
        _reply(journey, arrived)
    except LostError as lost:
        return Outcome(passes=False, where=str(lost))
    return Outcome(passes=True)


def receive(plain: Plain, packet: Packet, target: Place) -> Outcome:
    """Send a packet from the Internet to a subnet, by a public address of its own, and say whether it is answered."""
    try:
        _enter(plain, target)
        pass_group(plain, target, packet, "Inbound")
        _answer_outside(plain, packet.source, target)
    except LostError as lost:
        return Outcome(passes=False, where=str(lost))
    return Outcome(passes=True)


def _enter(plain: Plain, target: Place) -> None:
    """Stop a packet from the Internet where the machines of a subnet are known, and none has a public address (N3)."""
    cards = plain.of_type("networkInterfaces")
    own = [each for each in cards if any(plain.place(one) == target for one in _subnets_of(each))]
    if own and not any("publicIPAddress" in each["properties"] for card in own for each in _configurations(card)):
        raise LostError(f"N3: nothing in {target.name} has a public address")


def _configurations(card: Document) -> list[Document]:
    return list(card["properties"]["ipConfigurations"])


def _subnets_of(card: Document) -> list[str]:
    return [each["properties"]["subnet"]["id"] for each in _configurations(card)]


def _answer_outside(plain: Plain, client: str, target: Place) -> None:
    """Bring the reply to a client on the Internet straight back there, or stop it (A2, A3, A21)."""
    way = way_to(plain, target, client)
    if way.hop == "internet":
        return
    if way.hop == "endpoint" and plain.world.says(f"A21: a reply to {client} passes the service endpoint"):
        return
    if way.hop == "virtualappliance" and owner_of(plain, target, way.address) is None:
        return
    if way.hop == "bgp" and plain.world.says(f"U2: on premises sends the reply to {client} on"):
        return
    raise LostError(f"A3: the reply goes by {way.hop}")


# Out.


@dataclass(frozen=True)
class Arrival:
    """Where a packet ended. place: its subnet, None outside. answered: nothing more is to be asked of its reply."""

    place: Place | None
    answered: bool = False


def _forward(journey: Journey) -> Arrival:
    plain = journey.plain
    while True:
        way = way_to(plain, journey.place, journey.packet.destination, journey.name)
        _must_lead_out(journey, way)
        if way.hop == "virtualappliance":
            wall = owner_of(plain, journey.place, way.address)
            if wall is None:
                return Arrival(None, answered=True)
            _cross_wall(journey, wall)
        else:
            return _arrive(journey, way)


def _must_lead_out(journey: Journey, way: Way) -> None:
    """Stop what a firewall may not send elsewhere: its default route leads to the Internet (F40)."""
    if not journey.crossed or way.length > 0 or way.hop in {"internet", "endpoint"}:
        return
    wall = journey.crossed[-1].wall
    if not wall["properties"].get("managementIpConfiguration"):
        if way.hop == "bgp" and journey.plain.world.says(f"F40: {wall['name']} works with a learned default route"):
            return
        raise LostError(f"F40: {wall['name']} must send to the Internet")


def _cross_wall(journey: Journey, wall: Document) -> None:
    """Take the packet through a firewall, or stop it."""
    plain, packet = journey.plain, journey.packet
    place = wall_place(plain, wall)
    if place is None or any(each.wall == wall for each in journey.crossed):
        raise LostError(f"R18: {wall['name']} sends in a circle")
    cross(plain, journey.place.vnet, place.vnet, packet.source)
    kind = judge(plain, wall, journey.sender, packet)
    own = ""
    if translates(plain, wall, kind, packet.destination):
        first = ip_address(place.prefixes[0].partition("/")[0])
        at = [each["properties"]["privateIPAddress"] for each in wall["properties"]["ipConfigurations"]]
        own = plain.world.picks(f"F46: address that {wall['name']} puts", [at[0], str(first + 9), str(first + 62)])
        journey.packet = replace(packet, source=own)
    _may_leave(journey, wall, place, kind, own)
    journey.crossed.append(Crossing(wall, place, own))
    journey.place = place


def _may_leave(journey: Journey, wall: Document, place: Place, kind: str, own: str) -> None:
    """Stop what a firewall cannot bring to the Internet (F19, F44)."""
    packet = journey.packet
    if not is_public(packet.destination):
        return
    way = way_to(journey.plain, place, packet.destination, journey.name)
    if way.hop != "internet":
        return
    if packet.protocol == "icmp":
        raise LostError(f"F19: {wall['name']} does not translate {packet.protocol}")
    if not own:
        raise LostError(f"F44: {wall['name']} does not translate the sender")
    never = "0.0.0.0/0" in (private_ranges(journey.plain, wall) or [])
    if kind == APPLICATION and never and journey.plain.world.says(f"F44: {wall['name']} never reaches the Internet"):
        raise LostError(f"F44: {wall['name']} is told never to translate")


def _arrive(journey: Journey, way: Way) -> Arrival:
    """Take the packet over its last hop."""
    plain, packet, here = journey.plain, journey.packet, journey.place
    if way.hop == "endpoint":
        listed = here.subnet["properties"].get("serviceEndpointPolicies")
        if listed and plain.world.says(f"R38: the policy of {here.name} keeps {packet.destination} out"):
            raise LostError(f"R38: service endpoint policy of {here.name}")
        return Arrival(None)
    if way.hop == "internet":
        return _to_internet(journey)
    if way.hop == "vnetlocal":
        return _deliver(journey, here.vnet)
    if way.hop == "peering":
        if way.remote is None:
            if plain.world.says(f"U8: an unread VNet takes {packet}"):
                return Arrival(None, answered=True)
            raise LostError("U8: an unread VNet")
        cross(plain, here.vnet, way.remote, packet.source)
        return _deliver(journey, way.remote)
    if _by_gateway(journey, here, way, f"takes {packet}"):
        return Arrival(None, answered=True)
    raise LostError(f"R14: next hop {way.hop} of {here.name}")


def _by_gateway(journey: Journey, here: Place, way: Way, question: str) -> bool:
    """Tell whether what goes by a gateway passes: one of type VPN is needed, and beyond it nobody knows (R19, U2)."""
    kinds = {each["properties"]["gatewayType"].lower() for each in gateways_of(journey.plain, here.vnet)}
    if way.hop == "bgp" or (way.hop == "virtualnetworkgateway" and kinds == {"vpn"}):
        return journey.plain.world.says(f"U2: on premises {question}")
    return False


def _to_internet(journey: Journey) -> Arrival:
    packet, here = journey.packet, journey.place
    if not is_public(packet.destination):
        raise LostError(f"R14: the Internet does not carry {packet.destination}")
    fields = here.subnet["properties"]
    closed = fields.get("defaultOutboundAccess") is False and not fields.get("natGateway")
    if closed and not here.is_of_firewall:  # and no network interface that is drawn has a public address
        raise LostError(f"R44: {here.name} has no public address")
    return Arrival(None)


def _deliver(journey: Journey, vnet: Document) -> Arrival:
    place = journey.plain.place_of(vnet, journey.packet.destination)
    if place is None:
        raise LostError(f"R7: no subnet of {vnet['name']} holds {journey.packet.destination}")
    pass_group(journey.plain, place, journey.packet, "Inbound")
    return Arrival(place)


# And back.


def _reply(journey: Journey, arrived: Arrival) -> None:
    """Bring the reply back over the same firewalls, the last first, or stop it (A1)."""
    if arrived.answered:
        return
    at, behind = arrived.place, list(journey.crossed)
    if at is None and behind:
        at = behind.pop().place
    while at is not None and behind:
        last = behind.pop()
        if not _returns_to(journey, at, last, behind):
            return
        at = last.place
    if at is not None:
        _returns_to_sender(journey, at)


def _returns_to(journey: Journey, at: Place, last: Crossing, behind: list[Crossing]) -> bool:
    """Bring the reply to the firewall that saw the request, or stop it. Returns whether there is more to follow."""
    plain, answer = journey.plain, journey.packet.destination
    seen = next((each.own for each in (last, *reversed(behind)) if each.own), journey.asked.source)
    way = way_to(plain, at, seen)
    if way.hop == "virtualappliance":
        owner = owner_of(plain, at, way.address)
        if owner is None:
            return False
        if owner != last.wall:
            raise LostError(f"A1: the reply goes to {owner['name']}")
    elif way.hop in {"vnetlocal", "peering"}:
        there = at.vnet if way.hop == "vnetlocal" else way.remote
        if not last.own or there != last.place.vnet:
            raise LostError(f"A6: the reply misses {last.wall['name']}")
    elif _by_gateway(journey, at, way, f"returns the reply to {seen}"):
        return False
    else:
        raise LostError(f"A1: the reply to {seen} goes by {way.hop}")
    cross(plain, at.vnet, last.place.vnet, answer)
    return True


def _returns_to_sender(journey: Journey, at: Place) -> None:
    """Bring the reply from its last firewall, or from the responder, to the sender, or stop it."""
    plain, sender = journey.plain, journey.asked.source
    way = way_to(plain, at, sender)
    if way.hop == "virtualappliance":
        owner = owner_of(plain, at, way.address)
        if owner is not None:
            raise LostError(f"A1: {owner['name']} did not see the request")
        return
    if way.hop in {"vnetlocal", "peering"}:
        there = at.vnet if way.hop == "vnetlocal" else way.remote
        if there != journey.sender.vnet:
            raise LostError("A1: the reply goes to another VNet")
        cross(plain, at.vnet, journey.sender.vnet, journey.packet.destination)
        return
    if not _by_gateway(journey, at, way, f"returns the reply to {sender}"):
        raise LostError(f"A1: the reply to {sender} goes by {way.hop}")
