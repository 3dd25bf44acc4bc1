"""Waivers: accepted exceptions. What one says, and what became of it in an audit."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Waiver:
    """An accepted exception: which findings, why, who answers for it, and up to which day.

    finding: id of the one finding; "" where patterns say which. level, up_to: the worst level it may have and how many
    requirements it may take down; "" and 0 where that was not said. checks, workloads, resources, requirements:
    patterns, of which one in each that holds any must fit. until: the last day on which it counts, in UTC.
    """

    finding: str = ""
    level: str = ""
    up_to: int = 0
    checks: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    reason: str
    owner: str
    until: date

    @property
    def text(self) -> str:
        """The whole in one line, as a finding that it covers shows it."""
        return f"{self.reason} ({self.owner}, until {self.until})"

    @property
    def covers(self) -> str:
        """What it covers, in words: "check missing-fqdn, workload ase-*"."""
        named = (
            ("finding", (f"{self.finding}{self._bounds}",) if self.finding else ()),
            ("check", self.checks),
            ("workload", self.workloads),
            ("resource", self.resources),
            ("requirement", self.requirements),
        )
        return ", ".join(f"{word} {' or '.join(patterns)}" for word, patterns in named if patterns)

    @property
    def _bounds(self) -> str:
        number = f"{self.up_to:,} requirement{'' if self.up_to == 1 else 's'}" if self.up_to else ""
        said = ", ".join(filter(None, (self.level, number)))
        return f" (up to {said})" if said else ""

    def expired(self, today: date) -> bool:
        """Tell whether its last day is over."""
        return today > self.until


class WaiverState(StrEnum):
    """What became of a waiver.

    in-use: it covers a finding. outgrown: its finding is worse than what was accepted. unmatched: there is no such
    finding. expired: it covers nothing any more.
    """

    IN_USE = "in-use"
    OUTGROWN = "outgrown"
    UNMATCHED = "unmatched"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverUse:
    """A waiver and what became of it. findings: ids of those that it fits, in their order; waived if it is in use."""

    waiver: Waiver
    state: WaiverState
    findings: tuple[str, ...]
