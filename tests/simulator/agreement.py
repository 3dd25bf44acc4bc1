"""Holds the engine's verdict on a flow against what the simulator does with its packets."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from auditor.engine.flows import Endpoint
from auditor.engine.network import Network
from auditor.engine.replies import Exchange, exchange, inbound_exchange
from auditor.estate.arm import key
from auditor.estate.tags import Tags
from auditor.traces import Verdict
from tests.engine.scenes import estate_of, flow, named, tag_list, to
from tests.simulator.estates import Asked, Drawing
from tests.simulator.journey import receive, send
from tests.simulator.packets import Cell, Questions, questions
from tests.simulator.plain import Plain, any_holds

SEEDS = (None, -1, 11, 12)
FIREWALL_SUBNETS = ("10.0.0.0/26", "10.3.0.0/26")


@dataclass
class Count:
    """How much was compared. packets: packets in a world held against a verdict; verdicts: flows by verdict."""

    packets: int = 0
    verdicts: dict[Verdict, int] = field(default_factory=dict)


def network_of(drawing: Drawing) -> Network:
    """Return the engine's view of a drawn estate."""
    listed = tag_list("1", **{name.replace(".", "__"): each for name, each in drawing.tags.items()})
    estate = estate_of(drawing.documents, [listed])
    return Network(estate, Tags(estate.tags.get("public"), {}))


def verdict_of(network: Network, asked: Asked, place_id: str) -> Exchange:
    """Return what the engine says of a flow."""
    subnet = network.estate.subnets[key(place_id)]
    inside = Endpoint(label=f"subnet {subnet.name}", addresses=subnet.addresses)
    outside = named(asked.ends) if asked.is_name else to(asked.ends)
    if asked.inbound:
        return inbound_exchange(network, flow(outside, inside, asked.port, asked.protocol), subnet)
    return exchange(network, flow(inside, outside, asked.port, asked.protocol), subnet)


@dataclass(frozen=True)
class Sent:
    """What became of the packets of one cell. passed: in how many worlds; of: how many there were; open_: questions."""

    cell: Cell
    passed: int
    of: int
    questions: frozenset[str]
    stops: tuple[str, ...]


def _send(drawing: Drawing, asked: Questions, cell: Cell, random: Random) -> Sent:
    passed, open_things, stops = 0, set[str](), []
    meetings = list(asked.meetings(cell, SEEDS, random))
    for world, packet in meetings:
        plain = Plain(drawing.documents, drawing.tags, world)
        outcome = (receive if asked.asked.inbound else send)(plain, packet, asked.place)
        passed += outcome.passes
        open_things |= world.asked
        stops.append(f"{packet.destination} {packet.host} seed {world.seed}: {outcome.where or 'passes'}")
    return Sent(cell, passed, len(meetings), frozenset(open_things), tuple(stops))


def _cells(asked: Questions, random: Random) -> list[Cell]:
    """Return the cells in a random order, without those that end at a firewall itself."""
    cells = [each for each in asked.cells if each.end[0].isalpha() or not any_holds(FIREWALL_SUBNETS, each.end)]
    random.shuffle(cells)
    return cells


def assert_agreement(drawing: Drawing, random: Random, count: Count, most: int) -> None:
    """Fail where simulator and engine disagree. most: how many cells of a flow to try where all must be alike."""
    network = network_of(drawing)
    for asked in drawing.asked:
        possible = questions(asked, drawing, random)
        said = verdict_of(network, asked, possible.place.subnet["id"])
        cells = _cells(possible, random)
        if not cells:
            continue
        count.verdicts[said.verdict] = count.verdicts.get(said.verdict, 0) + 1
        sent = _Sending(drawing, possible, cells, random, count)
        if said.verdict is Verdict.ALLOW:
            for each in sent.first(most):
                assert each.passed == each.of, report(asked, said, each)
        elif said.verdict is Verdict.BLOCK:
            for each in sent.first(most):
                assert each.passed == 0, report(asked, said, each)
        elif len(cells) == len(possible.cells):
            assert_split(asked, said, sent)


@dataclass
class _Sending:
    drawing: Drawing
    asked: Questions
    cells: list[Cell]
    random: Random
    count: Count

    def first(self, most: int) -> Iterator[Sent]:
        for cell in self.cells[:most]:
            sent = _send(self.drawing, self.asked, cell, self.random)
            self.count.packets += sent.of
            yield sent


def assert_split(asked: Asked, said: Exchange, sending: _Sending) -> None:
    """Fail unless some packet shows why a verdict is neither allow nor block."""
    stopped = passed = differs = False
    open_things: set[str] = set()
    tried = 0
    for each in sending.first(len(sending.cells)):
        tried += 1
        stopped |= each.passed == 0
        passed |= each.passed == each.of
        differs |= 0 < each.passed < each.of
        open_things |= each.questions
        if (said.verdict is Verdict.PARTIAL and stopped and (passed or differs)) or (
            said.verdict is Verdict.UNKNOWN and differs
        ):
            return
    text = f"{asked}\n{said.verdict} {said.trace.reason}\nstopped {stopped}, passed {passed}, differs {differs}, {tried}"
    if said.verdict is Verdict.PARTIAL:
        assert stopped, text
        assert open_things, text
    else:
        assert open_things, text


def report(asked: Asked, said: Exchange, sent: Sent) -> str:
    """Return a disagreement as a text to read."""
    lines = [f"{asked}", f"engine: {said.verdict} {said.trace.reason.code} {said.trace.reason.text}", f"{sent.cell}"]
    return "\n".join([*lines, *sent.stops, *(f"asked: {each}" for each in sorted(sent.questions))])
