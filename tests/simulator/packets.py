"""Which packets of a flow to send, in which worlds: both sides of every boundary in the estate, and a few more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from random import Random
from typing import Any

from tests.simulator.estates import Asked, Drawing
from tests.simulator.plain import Place, Plain, any_holds, is_public
from tests.simulator.routes import MORE_NONE_DEFAULTS, NONE_DEFAULTS
from tests.simulator.tags import NAMES_OF, answers_under
from tests.simulator.world import Packet, World

APPLICATIONS = {80: "http", 443: "https", 1433: "mssql"}
NOWHERE = "93.184.216.34"
"""An address that no rule or route names."""

Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Cell:
    """What a flow asks of one sender: a packet whose destination is not yet fixed where it is a name."""

    source: str
    end: str
    port: int


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def _spans(text: str) -> list[tuple[Address, Address]]:
    """Return the first and last address of a prefix or range; nothing for other texts."""
    low, dash, high = text.partition("-")
    try:
        if dash:
            return [(ip_address(low), ip_address(high))]
        network = ip_network(text, strict=False)
    except ValueError:
        return []
    return [(network[0], network[-1])]


def boundaries(drawing: Drawing) -> list[str]:
    """Return every address at which something may change: both sides of both ends of every prefix in an estate."""
    texts = {*_texts(drawing.documents), *_texts(drawing.tags), *NONE_DEFAULTS, *MORE_NONE_DEFAULTS}
    found: set[Address] = {ip_address(NOWHERE)}
    for low, high in (span for text in texts for span in _spans(text)):
        found |= {low, high}
        found |= {low - 1} if int(low) else set()
        found |= {high + 1} if int(high) + 1 < 2**high.max_prefixlen else set()
    return [str(each) for each in sorted(found, key=lambda each: (each.version, int(each)))]


def within(ends: Sequence[str], marks: Sequence[str]) -> list[str]:
    """Return the boundaries that lie in a set of addresses, and the set's own."""
    own = [str(each) for end in ends for span in _spans(end) for each in span]
    return list(dict.fromkeys([*own, *(each for each in marks if any_holds(ends, each))]))


def random_within(ends: Sequence[str], random: Random) -> str:
    """Return any address of a set."""
    (low, high), *_ = _spans(random.choice(ends))
    kind = type(low)
    return str(kind(random.randint(int(low), int(high))))


def ports(asked: Asked, drawing: Drawing) -> list[int]:
    """Return the ports of a flow at which something may change."""
    low, dash, high = asked.port.partition("-")
    if not dash:
        return [int(low)]
    numbers = {int(each) for text in _texts(drawing.documents) for each in text.split("-") if _is_port(each)}
    near = {each + step for each in numbers for step in (-1, 0, 1)}
    return sorted({int(low), int(high), *(each for each in near if int(low) <= each <= int(high))})


def _is_port(text: str) -> bool:
    return text.isdecimal() and len(text) <= len("65535")


def hosts(asked: Asked) -> list[str]:
    """Return names that a name or wildcard stands for."""
    if not asked.ends.startswith("*"):
        return [asked.ends]
    tail = asked.ends[1:]
    return [f"a{tail}", f"b.a{tail}", f"q7{tail}", f"deep.q7{tail}"]


def name_addresses(name: str, drawing: Drawing, marks: Sequence[str]) -> list[str]:
    """Return addresses that a name may have: public ones, as the auditor takes names.

    None that has a route to the Internet of its own, because such a route is there for another reason; none in a
    service that does not answer under the name; and none in the ranges that Azure drops by itself (R8a), where no name
    lives. A name that a service has alone lives in the tag of that service.
    """
    foreign = [
        prefix
        for tag, prefixes in drawing.tags.items()
        if tag.lower().partition(".")[0] in NAMES_OF and not answers_under(tag, name)
        for prefix in prefixes
    ]
    apart = [
        fields["addressPrefix"]
        for table in drawing.documents
        if table["type"].endswith("routeTables")
        for fields in (each["properties"] for each in table["properties"]["routes"])
        if fields["nextHopType"] == "Internet" and fields["addressPrefix"].endswith("/32")
    ]
    homes = [
        prefix
        for tag, prefixes in drawing.tags.items()
        if tag.lower() in NAMES_OF and answers_under(tag, name)
        for prefix in prefixes
    ]
    out = (*foreign, *apart, *MORE_NONE_DEFAULTS)
    free = [each for each in marks if ":" not in each and is_public(each) and not any_holds(out, each)]
    return [each for each in free if any_holds(homes, each)] if homes else free


def application(asked: Asked, port: int) -> str:
    """Return the application protocol of a flow, where its sender names a host."""
    return APPLICATIONS.get(port, "") if asked.port.isdecimal() and asked.protocol == "tcp" else ""


@dataclass(frozen=True)
class Questions:
    """All packets of a flow. cells: one for each; lives: addresses by name."""

    asked: Asked
    drawing: Drawing
    place: Place
    cells: tuple[Cell, ...]
    lives: dict[str, list[str]]

    def meetings(self, cell: Cell, worlds: Sequence[World]) -> Iterator[tuple[World, Packet]]:
        """Yield the packets of a cell as they are in each of several worlds."""
        kind = application(self.asked, cell.port)
        for world in worlds:
            if self.asked.is_name:
                yield world, self._packet(cell, world.names[cell.end], cell.end, kind)
                continue
            for host in ("", "host.invalid") if kind else ("",):
                yield world, self._packet(cell, cell.end, host, kind)

    def worlds(self, cell: Cell, seeds: Sequence[int | None], random: Random) -> list[World]:
        """Return a world for each seed; names live anywhere in it."""
        return [self._world(cell, seed, {each: random.choice(at) for each, at in self.lives.items()}) for seed in seeds]

    def everywhere(self, cell: Cell, seed: int, random: Random) -> list[World]:
        """Return worlds in which the name of a cell lives at each address it may have."""
        homes = {each: random.choice(at) for each, at in self.lives.items()}
        return [self._world(cell, seed, {**homes, cell.end: each}) for each in self.lives.get(cell.end, [])]

    def _world(self, cell: Cell, seed: int | None, names: dict[str, str]) -> World:
        others = [each for each in (cell.end, NOWHERE, "10.2.1.9") if each[0].isdigit() and each not in names.values()]
        return World(seed, names, others)

    def _packet(self, cell: Cell, destination: str, host: str, kind: str) -> Packet:
        ends = (cell.source, destination)
        return Packet(*ends, self.asked.protocol, cell.port, host, kind, named=self.asked.is_name)


def questions(asked: Asked, drawing: Drawing, random: Random) -> Questions:
    """Return the packets of a flow: from every boundary in the subnet to every boundary in the other end."""
    marks = boundaries(drawing)
    plain = Plain(drawing.documents, drawing.tags, World(None))
    place = next(
        Place(each, one)
        for each in plain.of_type("virtualNetworks")
        for one in each["properties"]["subnets"]
        if (each["name"], one["name"]) == (asked.vnet, asked.subnet)
    )
    inside = [*within(place.prefixes, marks), random_within(place.prefixes, random)]
    lives: dict[str, list[str]] = {}
    if asked.is_name:
        outside = hosts(asked)
        lives = {each: name_addresses(each, drawing, marks) for each in outside}
    else:
        ends = asked.ends.split(",")
        outside = [*within(ends, marks), random_within(ends, random)]
    if asked.inbound:
        outside = [each for each in outside if is_public(each)]
    pairs = [(here, there) for here in inside for there in outside if _same_family(here, there)]
    if asked.inbound:
        pairs = [(there, here) for here, there in pairs]
    cells = [Cell(here, there, port) for here, there in pairs for port in ports(asked, drawing)]
    return Questions(asked, drawing, place, tuple(cells), lives)


def _same_family(here: str, there: str) -> bool:
    """Tell whether two ends are of one family; names stand for IPv4 addresses."""
    return (":" in here) == (":" in there)
