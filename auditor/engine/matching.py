"""First match over sets: an ordered list of rules decides every part of a flow.

A rule that certainly meets a part decides it. One that may meet it opens a branch: where everything that may decide
agrees, that is the answer; where it does not, the answer is unknown, and says on what it hangs (specification,
section 0).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from auditor.engine.coverage import Certainty, Coverage, Part, Region, split, whole
from auditor.engine.flows import Flow
from auditor.estate.ports import PortSet
from auditor.traces import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One rule of an ordered list, ready to decide.

    verdict: ALLOW, BLOCK, or UNKNOWN where Azure's word for the action is not known.
    code, spec: of the explanation when it decides.
    unsure: why the whole rule may not be in force as it stands, and the rule of Azure behind it; "" where it certainly
    is.
    tie: the same text for rules next to each other whose order is not documented; "" for all others.
    note: what a flow must bear that the rule lets through; "" for nothing.
    destination: splits the destination; None means by `destinations`.
    names: the targets that `destination` goes by, where it goes by nothing else.
    """

    name: str
    resource: str
    verdict: Verdict
    code: str
    spec: str
    sources: Coverage
    destinations: Coverage
    ports: PortSet
    unsure: str = ""
    unsure_spec: str = ""
    tie: str = ""
    note: str = ""
    destination: Callable[[Region, Flow], Iterable[Part]] | None = None
    names: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Maybe:
    """A rule that may have decided already, what that hangs on, and the rule of Azure behind it."""

    line: Line
    why: str
    spec: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a flow that is still open.

    maybes: rules that may have decided it, the last of each verdict. tied: rules that meet it and whose order is not
    documented.
    """

    sources: Region
    destinations: Region
    ports: PortSet
    maybes: tuple[Maybe, ...] = ()
    tied: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of a part of a flow.

    line: the rule that decided, None for the fallback. Of an unknown: the rule it hangs on, why, the rule of Azure
    behind that ("" where it is the plain one), and in `otherwise` what decides if that rule does not; then None means
    the fallback.
    """

    piece: Piece
    verdict: Verdict
    line: Line | None
    why: str = ""
    otherwise: Line | None = None
    spec: str = ""


def first_match(flow: Flow, lines: Iterable[Line], fallback: Verdict) -> tuple[Decision, ...]:
    """Return the decision on every part of `flow`; the parts together are the flow.

    lines: in the order Azure consults them. fallback: the verdict where none of them meets.
    """
    open_pieces = [Piece(whole(flow.source), whole(flow.destination), flow.ports)]
    decisions: list[Decision] = []
    tie = ""
    for line in lines:
        if line.tie != tie:
            decisions += _settle(open_pieces)
            open_pieces = [each for each in open_pieces if not each.tied]
            tie = line.tie
        if not open_pieces:
            break
        open_pieces = [part for piece in open_pieces for part in _apply(flow, piece, line, decisions)]
    decisions += _settle(open_pieces)
    decisions += [_decide(piece, None, fallback) for piece in open_pieces if not piece.tied]
    return tuple(decisions)


def _apply(flow: Flow, piece: Piece, line: Line, decisions: list[Decision]) -> Iterator[Piece]:
    """Yield the parts of a piece that one rule leaves open; put those it decides into `decisions`."""
    ports = piece.ports & line.ports
    if not ports:
        yield piece
        return
    for part, certainty, why, spec in _meet(flow, piece if ports == piece.ports else replace(piece, ports=ports), line):
        if certainty is Certainty.MAYBE:
            # Of those that say the same only the one nearest to the decision counts.
            others = (each for each in part.maybes if each.line.verdict is not line.verdict)
            yield replace(part, maybes=(*others, Maybe(line, why, spec)))
        elif certainty is Certainty.NO:
            yield part
        elif line.tie:
            yield replace(part, tied=(*part.tied, line))
        else:
            decisions.append(_decide(part, line, line.verdict))
    rest = piece.ports - line.ports
    if rest:
        yield replace(piece, ports=rest)


def _settle(pieces: Iterable[Piece]) -> Iterator[Decision]:
    """Decide the pieces met by rules whose order is not documented: as they agree, or not at all (F7)."""
    for piece in pieces:
        if piece.tied and len({each.verdict for each in piece.tied}) == 1:
            yield _decide(piece, piece.tied[0], piece.tied[0].verdict)
        elif piece.tied:
            why = "another rule collection of the same priority has another action"
            yield Decision(piece, Verdict.UNKNOWN, piece.tied[0], why, piece.tied[-1], "F7")


def _meet(flow: Flow, piece: Piece, line: Line) -> Iterator[tuple[Piece, Certainty, str, str]]:
    """Split a piece by what one rule meets of it; with what a MAYBE hangs on, and the rule of Azure behind that."""
    allows = line.verdict is Verdict.ALLOW
    for source in split(piece.sources, flow.source, line.sources, allows=allows):
        if source.certainty is Certainty.NO:
            rest = piece if source.region == piece.sources else replace(piece, sources=source.region)
            yield rest, Certainty.NO, "", ""
            continue
        if line.destination is None:
            parts: Iterable[Part] = split(piece.destinations, flow.destination, line.destinations, allows=allows)
        else:
            parts = line.destination(piece.destinations, flow)
        for destination in parts:
            whole = source.region == piece.sources and destination.region == piece.destinations
            sub = piece if whole else replace(piece, sources=source.region, destinations=destination.region)
            if destination.certainty is Certainty.NO:
                yield sub, Certainty.NO, "", ""
            elif Certainty.MAYBE in {source.certainty, destination.certainty} or line.unsure:
                doubts = (
                    (line.unsure, line.unsure_spec),
                    (destination.why, destination.spec),
                    (source.why, source.spec),
                )
                yield sub, Certainty.MAYBE, *next((each for each in doubts if each[0]), ("", ""))
            else:
                yield sub, Certainty.YES, "", ""


def _decide(piece: Piece, line: Line | None, verdict: Verdict) -> Decision:
    for maybe in reversed(piece.maybes):  # the last doubt is the one nearest to the decision
        if maybe.line.verdict is not verdict or verdict is Verdict.UNKNOWN:
            return Decision(piece, Verdict.UNKNOWN, maybe.line, maybe.why, line, maybe.spec)
    if verdict is Verdict.UNKNOWN:
        return Decision(piece, verdict, line, "the auditor does not know the action of this rule", spec="J2")
    return Decision(piece, verdict, line)


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict on a flow from those on its parts.

    A part that is certainly stopped makes the whole `partial` or `block`, whatever is unknown of the rest.
    """
    seen = set(verdicts)
    if len(seen) == 1:
        return seen.pop()
    if Verdict.BLOCK in seen or Verdict.PARTIAL in seen:
        return Verdict.PARTIAL
    return Verdict.UNKNOWN


def either(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict where one of several ways is taken and which is not known: unknown unless all agree."""
    seen = set(verdicts)
    return seen.pop() if len(seen) == 1 else Verdict.UNKNOWN
