"""Holds the engine's verdict on a flow against what the simulator does with its packets."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

from auditor.engine.flows import Endpoint
from auditor.engine.network import Network
from auditor.engine.replies import Exchange, exchange, inbound_exchange
from auditor.estate.arm import key
from auditor.estate.tags import Tags
from auditor.findings import Gap
from auditor.traces import Verdict
from tests.builders import network_id
from tests.engine.scenes import estate_of, flow, named, tag_list, to
from tests.simulator.estates import Asked, Drawing
from tests.simulator.journey import receive, send
from tests.simulator.packets import Cell, Questions, questions
from tests.simulator.plain import Plain, any_holds
from tests.simulator.tags import normal
from tests.simulator.world import World

SEEDS = (None, -1, 11, 12)
FIREWALL_SUBNETS = ("10.0.0.0/26", "10.3.0.0/26")


@dataclass
class Count:
    """How much was compared. packets: packets in a world held against a verdict; verdicts: flows by verdict."""

    packets: int = 0
    verdicts: dict[Verdict, int] = field(default_factory=dict)


def network_of(drawing: Drawing, gaps: Iterable[Gap] = ()) -> Network:
    """Return the engine's view of a drawn estate. gaps: what could not be read."""
    listed = tag_list("1", **{name.replace(".", "__"): each for name, each in drawing.tags.items()})
    estate = estate_of(drawing.documents, [listed] if drawing.tags else [], gaps)
    return Network(estate, Tags(estate.tags.get("public"), {}))


def verdict_of(network: Network, asked: Asked) -> Exchange:
    """Return what the engine says of a flow."""
    subnet = network.estate.subnets[key(f"{network_id('virtualNetworks', asked.vnet)}/subnets/{asked.subnet}")]
    inside = Endpoint(label=f"subnet {subnet.name}", addresses=subnet.addresses)
    outside = named(asked.ends) if asked.is_name else to(asked.ends)
    if asked.inbound:
        return inbound_exchange(network, flow(outside, inside, asked.port, asked.protocol), subnet)
    return exchange(network, flow(inside, outside, asked.port, asked.protocol), subnet)


@dataclass(frozen=True)
class Sent:
    """What became of the packets of one cell.

    passed: how many passed of so many sent. asked: what was asked of the worlds. stops: where packets were stopped.
    told: one line for each packet.
    """

    cell: Cell
    passed: int
    of: int
    asked: frozenset[str]
    stops: frozenset[str]
    told: tuple[str, ...]


def _send(drawing: Drawing, possible: Questions, cell: Cell, worlds: Sequence[World]) -> Sent:
    listed = {normal(tag): prefixes for tag, prefixes in drawing.tags.items()}
    meetings = list(possible.meetings(cell, worlds))
    outcomes = []
    for world, packet in meetings:
        plain = Plain(drawing.documents, listed, world)
        outcomes.append((receive if possible.asked.inbound else send)(plain, packet, possible.place))
    told = [
        f"{packet.destination} {packet.host} seed {world.seed}: {outcome.where or 'passes'}"
        for (world, packet), outcome in zip(meetings, outcomes, strict=True)
    ]
    return Sent(
        cell=cell,
        passed=sum(each.passes for each in outcomes),
        of=len(meetings),
        asked=frozenset(each for world, _ in meetings for each in world.asked),
        stops=frozenset(each.where for each in outcomes if not each.passes),
        told=tuple(told),
    )


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
        said = verdict_of(network, asked)
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
            sent.thorough = True
            assert_split(asked, said, sent)


@dataclass
class _Sending:
    drawing: Drawing
    asked: Questions
    cells: list[Cell]
    random: Random
    count: Count
    thorough: bool = False

    def first(self, most: int) -> Iterator[Sent]:
        """Send the packets of the first cells; thorough: wherever a name may live."""
        for cell in self.cells[:most]:
            worlds = self.asked.worlds(cell, SEEDS, self.random)
            worlds += self.asked.everywhere(cell, SEEDS[-1], self.random) if self.thorough else []
            sent = _send(self.drawing, self.asked, cell, worlds)
            self.count.packets += sent.of
            yield sent


UNDECIDED = {
    # What a reply to the Internet does that a route of the user's keeps inside the VNet is not documented.
    "reply-by-user",
    # A route to a gateway where none was read: it needs one (R19), but that it drops everything is not documented.
    "beyond-gateway",
    # A firewall with a management address may send on to anything: that the next hop is a dead end is not followed.
    "firewall-egress-unknown",
    # Where parts of a firewall's own subnet are answered in different ways, which address was seen is not known.
    "reply-unknown",
    # That a prefix also belongs to the tag of another service does not keep a name from lying behind a route for it.
    "route-depends-on-address",
    # The platform's own addresses need no route; a table that was not read is a doubt all the same.
    "route-table-unreadable",
    # That a reply is lost whether a doubtful peering carries it or not is not followed.
    "next-hop-unreadable",
    # For a name, a rule for a literal prefix that overlaps a tag is followed both ways, where a world places it in one.
    "firewall-undecided",
    "nsg-undecided",
}
"""Reason codes of an unknown that nothing open in the estate explains."""


def assert_split(asked: Asked, said: Exchange, sending: "_Sending") -> None:
    """Fail unless some packets show why a verdict is neither allow nor block."""
    seen: list[Sent] = []
    for each in sending.first(len(sending.cells)):
        seen.append(each)
        if _shows(said.verdict, seen):
            return
    text = report(asked, said, seen[0])
    if said.verdict is Verdict.PARTIAL:
        assert any(each.passed == 0 for each in seen), f"partial, but nothing is sure to stop\n{text}"
        # Hops are judged one by one: two that each stop a part of the flow may stop all of it between them.
        places = {stop for each in seen for stop in each.stops}
        assert len(places) > 1 or any(each.asked for each in seen), f"partial, but everything stops\n{text}"
    else:
        code = said.trace.reason.code
        named = said.flow.destination.addresses is None
        open_ = any(each.asked for each in seen) or (code in UNDECIDED and (named or not code.endswith("-undecided")))
        assert open_, f"unknown, but nothing is open\n{text}"


def _shows(verdict: Verdict, seen: list[Sent]) -> bool:
    """Tell whether packets have shown that a verdict is right, so that no more need be sent."""
    if verdict is Verdict.UNKNOWN:
        return 0 < seen[-1].passed < seen[-1].of
    return any(each.passed == 0 for each in seen) and any(each.passed for each in seen)


def report(asked: Asked, said: Exchange, sent: Sent) -> str:
    """Return a disagreement as a text to read."""
    reason = said.trace.reason
    lines = [f"{asked}", f"engine: {said.verdict} {reason.code}: {reason.text}", f"{sent.cell}"]
    return "\n".join([*lines, *sent.told[:8], *(f"asked: {each}" for each in sorted(sent.asked))])
