"""How long the findings of a job have been open."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from auditor.findings import Level
from auditor.histories import Life
from auditor.reporters.history_words import age_of, by_age
from auditor.reporters.trends import moment

_GROUPS = (
    (1, "less than a day"),
    (7, "1 to 6 days"),
    (30, "7 to 29 days"),
    (90, "30 to 89 days"),
    (365, "90 to 364 days"),
)
_OLDEST = "a year or more"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFinding:
    """A finding that is open. days: whole days since it was first seen or, if it was resolved in between, seen again.

    unseen_since: when it was last seen, where the newest run did not find it and could not tell that it is gone.
    """

    life: Life
    days: int
    unseen_since: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeGroup:
    """Open findings of about one age. bar: (level, start, width) in hundredths of the largest group."""

    name: str
    counts: Sequence[tuple[Level, int]]
    total: int
    bar: Sequence[tuple[str, float, float]]


def open_findings(lives: Iterable[Life], now: str, seen: AbstractSet[str]) -> list[OpenFinding]:
    """Return what is open, oldest first. now: when the page is made. seen: ids of what the newest run found."""
    today = moment(now)
    return [
        OpenFinding(
            life=each,
            days=age_of(each, today).days,
            unseen_since=None if each.finding.id in seen else each.last_seen,
        )
        for each in by_age(lives)
        if each.resolved_at is None
    ]


def age_groups(found: Sequence[OpenFinding]) -> list[AgeGroup]:
    """Return how many open findings are how old, youngest group first; groups without any are there too."""
    named: dict[str, list[OpenFinding]] = {name: [] for name in (*(name for _, name in _GROUPS), _OLDEST)}
    for each in found:
        named[next((name for days, name in _GROUPS if each.days < days), _OLDEST)].append(each)
    largest = max(map(len, named.values()), default=0) or 1
    return [_group(name, group, largest) for name, group in named.items()]


def _group(name: str, group: Sequence[OpenFinding], largest: int) -> AgeGroup:
    counts = [(level, sum(each.life.finding.level is level for each in group)) for level in Level]
    bar, start = [], 0.0
    for level, number in counts:
        if number:
            width = round(100 * number / largest, 2)
            bar.append((level.value, round(start, 2), width))
            start += width
    return AgeGroup(name=name, counts=counts, total=len(group), bar=bar)
