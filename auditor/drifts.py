"""What drift says: the words of `drift-report/1`.

A *change* is one part of the network, a route, a rule, a subnet, that two sources tell differently. An *effect* is one
requirement that comes out otherwise, or takes another way, and the changes that make it so.
"""

from dataclasses import dataclass
from enum import StrEnum

from auditor.findings import Outcome, PackUse, Source
from auditor.traces import Path


class Happened(StrEnum):
    """What became of a part. unread: it may still be there, and could not be read."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field of a part that changed, in words. before, after: "" where it was not there."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One part that two sources tell differently.

    id: ARM id of the part in comparing form; "" for what is of the source as a whole. kind: "route", "security rule",
    "subnet" and so on. name: of the part, with those above it. what: it in words, as it is now, or was.
    differences: of a part that is in both.
    """

    id: str
    kind: str
    name: str
    happened: Happened
    what: str
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a requirement comes out in one source. path: of its flow. by: what the flow passes, by ARM id, in order."""

    outcome: Outcome | None
    path: Path | None = None
    by: tuple[str, ...] = ()


class Attribution(StrEnum):
    """How changes bring an effect about.

    alone: each of them by itself. together: all of them, and no fewer. open: no set of changes that was tried does it.
    """

    ALONE = "alone"
    TOGETHER = "together"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A requirement that comes out otherwise, or whose flow takes another way.

    before, after: None as outcome where the workload was not, or is no more. causes: places in the list of changes.
    """

    workload: str
    requirement: str
    before: Standing
    after: Standing
    attribution: Attribution
    causes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """Everything that differs between two sources.

    effects: by workload and requirement. idle: places of changes without any effect.
    """

    tool_version: str
    generated_at: str
    before: tuple[Source, ...]
    after: tuple[Source, ...]
    packs: tuple[PackUse, ...]
    changes: tuple[Change, ...]
    effects: tuple[Effect, ...]
    idle: tuple[int, ...]


class Turn(StrEnum):
    """Which way an effect goes: worse and better by outcome, unknown where it is not known any more, or another way."""

    WORSE = "worse"
    UNKNOWN = "unknown"
    BETTER = "better"
    REROUTED = "rerouted"
    OTHER = "other"


_BADNESS = {Outcome.PASS: 0, Outcome.NOT_APPLICABLE: 0, Outcome.DEVIATES: 1, Outcome.FAIL: 2}


def turn_of(effect: Effect) -> Turn:
    """Return which way an effect goes. What was not there before, or is not any more, counts as nothing wrong."""
    before, after = effect.before.outcome, effect.after.outcome
    if before == after:
        return Turn.REROUTED
    if after is Outcome.UNKNOWN:
        return Turn.UNKNOWN
    was = _BADNESS.get(before, 1) if before is not None else 0
    now = _BADNESS[after] if after is not None else 0
    return Turn.WORSE if now > was else Turn.BETTER if now < was else Turn.OTHER
