"""Network security groups: one packet, rules by priority, the first that matches (N1 to N19)."""

from tests.simulator.plain import PLATFORM, Document, Place, Plain, both_forms, holds, is_address, port_in
from tests.simulator.tags import PLATFORM_TAGS, in_tag, normal
from tests.simulator.world import LostError, Packet


def _default(priority: int, direction: str, access: str, source: str, destination: str) -> Document:
    fields = {"sourceAddressPrefix": source, "destinationAddressPrefix": destination, "destinationPortRange": "*"}
    more = {"priority": priority, "direction": direction, "access": access, "protocol": "*"}
    return {"properties": fields | more}


DEFAULTS = (
    _default(65000, "Inbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    _default(65001, "Inbound", "Allow", "AzureLoadBalancer", "*"),
    _default(65500, "Inbound", "Deny", "*", "*"),
    _default(65000, "Outbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    _default(65001, "Outbound", "Allow", "*", "Internet"),
    _default(65500, "Outbound", "Deny", "*", "*"),
)


def pass_group(plain: Plain, place: Place, packet: Packet, direction: str) -> None:
    """Take a packet through the NSG of a subnet, or stop it. direction: "Inbound" or "Outbound"."""
    group = plain.linked(place.subnet, "networkSecurityGroup")
    if group is None or place.is_of_firewall:
        return
    at = f"{place.name} {direction} for {packet}"
    if isinstance(group, str):
        if plain.world.says(f"U8: the unread NSG of {at} denies"):
            raise LostError(f"U8: NSG of {place.name}")
        return
    rules = [each["properties"] for each in (*group["properties"]["securityRules"], *DEFAULTS)]
    mine = [each for each in rules if each["direction"].lower() == direction.lower()]
    platform = packet.destination in PLATFORM and direction == "Outbound"
    if platform:
        mine = [each for each in mine if _names_platform(each, packet.destination)]
    for rule in sorted(mine, key=lambda each: int(each["priority"])):
        if _matches(plain, place, rule, packet):
            if rule["access"].lower() == "allow":
                return
            raise LostError(f"N4: rule {rule['priority']} of the NSG of {place.name}, {direction}")
    if not platform:
        raise LostError(f"N4: no rule of the NSG of {place.name}")


def _names_platform(rule: Document, address: str) -> bool:
    tags = both_forms(rule, "destinationAddressPrefix", "destinationAddressPrefixes")
    return any(address in PLATFORM_TAGS.get(normal(each), ()) for each in tags)


def _matches(plain: Plain, place: Place, rule: Document, packet: Packet) -> bool:
    if rule["protocol"].lower() not in {"*", packet.protocol}:
        return False
    ports = both_forms(rule, "destinationPortRange", "destinationPortRanges")
    if packet.protocol != "icmp" and not port_in(ports, packet.port):
        return False
    if not _side(plain, place, both_forms(rule, "sourceAddressPrefix", "sourceAddressPrefixes"), packet.source):
        return False
    name = packet.host if packet.named else ""
    ends = both_forms(rule, "destinationAddressPrefix", "destinationAddressPrefixes")
    if not _side(plain, place, ends, packet.destination, name):
        return False
    if packet.protocol == "icmp" and rule["protocol"] == "*" and "*" not in ports:
        return plain.world.says(f"N8: rule {rule['priority']} of {place.name} for ports meets what has none")
    return True


def _side(plain: Plain, place: Place, texts: list[str], address: str, name: str = "") -> bool:
    for text in texts:
        if is_address(text):
            if holds(text, address):
                return True
        elif in_tag(plain, place, text, address, name):
            return True
    return False
