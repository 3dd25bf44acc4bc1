"""Azure Firewall: network rules, then application rules, the first that matches (F1 to F37, F43 to F45)."""

from collections.abc import Iterator

from tests.simulator.plain import PRIVATE, Document, Place, Plain, any_holds, holds, is_address, port_in
from tests.simulator.tags import in_service
from tests.simulator.world import LostError, Packet

NETWORK, APPLICATION = "network", "application"
SHARED = "100.64.0.0/10"


def judge(plain: Plain, wall: Document, sender: Place, packet: Packet) -> str:
    """Return the type of the rule that lets a packet through a firewall, or raise LostError.

    sender: the subnet the connection comes from.
    """
    name = wall["name"]
    state = wall["properties"]["provisioningState"].lower()
    if state == "failed" and plain.world.says(f"F15: {name} runs other rules for {packet}"):
        return _anything(plain, f"F15: {name} of other rules for {packet}")
    chain = _policies(plain, wall)
    if chain is None:
        return _anything(plain, f"F13: unread rules of {name} for {packet}")
    for kind in (NETWORK, APPLICATION):
        for action, rule in _rules(plain, wall, chain, kind):
            if kind == NETWORK:
                met = _network(plain, wall, sender, rule, packet)
            else:
                met = _application(plain, wall, rule, packet)
            if met:
                if action == "allow":
                    return kind
                raise LostError(f"F5: {kind} rule {rule['name']} of {name}")
    raise LostError(f"F2: no rule of {name}")


def _anything(plain: Plain, question: str) -> str:
    found = plain.world.picks(question, (NETWORK, APPLICATION, ""))
    if not found:
        raise LostError(question)
    return found


def _policies(plain: Plain, wall: Document) -> list[Document] | None:
    """Return the policies of a firewall, the oldest ancestor first; None where one of them was not read (F13)."""
    found: list[Document] = []
    policy = plain.linked(wall, "firewallPolicy")
    while policy is not None:
        if isinstance(policy, str) or policy in found:
            return None
        if any(plain.find(each["id"]) is None for each in policy["properties"]["ruleCollectionGroups"]):
            return None
        found.insert(0, policy)
        policy = plain.linked(policy, "basePolicy")
    return found


def _rules(plain: Plain, wall: Document, chain: list[Document], kind: str) -> Iterator[tuple[str, Document]]:
    """Yield the rules of a type in the order they are asked, each with its action (F3, F4, F6)."""
    if not chain:
        for each in _by_priority(plain, wall["properties"][f"{kind}RuleCollections"]):
            yield from _of(each, kind)
    for policy in chain:
        groups = [plain.find(each["id"]) for each in policy["properties"]["ruleCollectionGroups"]]
        for group in _by_priority(plain, [each for each in groups if each]):
            for each in _by_priority(plain, group["properties"]["ruleCollections"]):
                yield from _of(each, kind)


def _by_priority(plain: Plain, entries: list[Document]) -> list[Document]:
    """Sort by priority; which of two that are equal comes first nobody says (F7)."""

    def place(entry: Document) -> tuple[int, bool, str]:
        priority = entry.get("properties", entry)["priority"]
        equal = [each for each in entries if each.get("properties", each)["priority"] == priority]
        tied = len(equal) > 1
        late = tied and plain.world.says(f"F7: {entry['name']} of {len(equal)} at {priority} comes late")
        turned = tied and plain.world.says("F7: ties are broken backwards")
        name = "".join(chr(0x10FFFF - ord(each)) for each in entry["name"]) if turned else entry["name"]
        return priority, late, name

    return sorted(entries, key=place)


def _of(entry: Document, kind: str) -> Iterator[tuple[str, Document]]:
    fields = entry.get("properties", entry)
    for rule in fields["rules"]:
        if rule["ruleType"] == f"{kind.capitalize()}Rule":
            yield fields["action"]["type"].lower(), rule


def _in_groups(plain: Plain, ids: list[str], address: str) -> bool:
    for each in ids:
        group = plain.find(each)
        if group is None:
            if plain.world.says(f"F20: unread group {each} holds {address}"):
                return True
        elif any_holds(group["properties"]["ipAddresses"], address):
            return True
    return False


def _from(plain: Plain, rule: Document, packet: Packet) -> bool:
    sources = [each for each in rule.get("sourceAddresses") or () if is_address(each)]
    return any_holds(sources, packet.source) or _in_groups(plain, rule.get("sourceIpGroups") or [], packet.source)


def _network(plain: Plain, wall: Document, sender: Place, rule: Document, packet: Packet) -> bool:
    words = [each.lower() for each in rule.get("ipProtocols") or rule.get("protocols") or ()]
    some_ports = "*" not in rule["destinationPorts"]
    meets = packet.protocol in words or ("any" in words and not (some_ports and packet.protocol == "icmp"))
    at_port = packet.protocol == "icmp" or port_in(rule["destinationPorts"], packet.port)
    if not meets or not at_port or not _from(plain, rule, packet):
        return False
    name = packet.host if packet.named else ""
    for each in rule.get("destinationAddresses") or ():
        if is_address(each):
            if holds(each, packet.destination):
                return True
        elif in_service(plain, each, packet.destination, name):
            return True
    if _in_groups(plain, rule.get("destinationIpGroups") or [], packet.destination):
        return True
    names = rule.get("destinationFqdns") or ()
    return any(_lives_at(plain, wall, sender, each, packet) for each in names)


def _lives_at(plain: Plain, wall: Document, sender: Place, name: str, packet: Packet) -> bool:
    """Tell whether the firewall takes the destination of a packet for the host of a name (F21, F22, F48)."""
    if "*" in name or not _is_proxy(plain, wall) or plain.world.address_of(name) != packet.destination:
        return False
    walls = [each["properties"]["privateIPAddress"] for each in wall["properties"]["ipConfigurations"]]
    servers = sender.vnet["properties"].get("dhcpOptions", {}).get("dnsServers") or []
    same = bool(servers) and all(each in walls for each in servers)
    return same or plain.world.says(f"F22: {sender.vnet['name']} resolves {name} as {wall['name']} does")


def _is_proxy(plain: Plain, wall: Document) -> bool:
    if wall["properties"]["sku"]["tier"].lower() == "basic":
        return False
    chain = _policies(plain, wall) or []
    for policy in reversed(chain):
        enabled = policy["properties"].get("dnsSettings", {}).get("enableProxy")
        if enabled is not None:
            return bool(enabled)
    extra = wall["properties"].get("additionalProperties", {}).get("Network.DNS.EnableProxy", "")
    return not chain and extra.lower() == "true"


def _application(plain: Plain, wall: Document, rule: Document, packet: Packet) -> bool:
    if packet.protocol != "tcp" or not packet.application or not packet.host:
        return False
    wanted = [(each["protocolType"].lower(), each["port"]) for each in rule["protocols"]]
    if (packet.application, packet.port) not in wanted or not _from(plain, rule, packet):
        return False
    label = f"{wall['name']} {rule['name']}"
    named = any(covers(each, packet.host) for each in rule.get("targetFqdns") or ())
    listed = rule.get("webCategories") and plain.world.says(f"F33: {packet.host} is in a category of {label}")
    if not (named or listed):
        return False
    ends = rule.get("destinationAddresses")
    return not ends or plain.world.says(f"F34: {label} holds {packet.destination}")


def covers(pattern: str, name: str) -> bool:
    """Tell whether the pattern of an application rule holds a name: a star counts leftmost only (F29)."""
    text = pattern.lower().rstrip(".")
    if "*" in text[1:]:
        return False
    if text.startswith("*"):
        return name.endswith(text[1:])
    return name == text


def private_ranges(plain: Plain, wall: Document) -> list[str] | None:
    """Return the ranges whose senders a firewall is told not to translate, None where it is told nothing (F45)."""
    chain = _policies(plain, wall) or []
    for policy in reversed(chain):
        ranges = policy["properties"].get("snat", {}).get("privateRanges")
        if ranges:
            return list(ranges)
    text = wall["properties"].get("additionalProperties", {}).get("Network.SNAT.PrivateRanges", "")
    return [each.strip() for each in text.split(",")] if text and not chain else None


def translates(plain: Plain, wall: Document, kind: str, destination: str) -> bool:
    """Tell whether a firewall puts its own address for the sender's (F36, F43, F44)."""
    ranges = private_ranges(plain, wall)
    if kind == APPLICATION:
        return True
    if ranges is None:
        ranges = ["IANAPrivateRanges"]
    if "255.255.255.255/32" in ranges:
        return True
    for each in ranges:
        if each != "IANAPrivateRanges":
            if holds(each, destination):
                return False
        elif any_holds(PRIVATE, destination) or (
            holds(SHARED, destination) and plain.world.says(f"F43: {wall['name']} takes {SHARED} for private")
        ):
            return False
    return True
