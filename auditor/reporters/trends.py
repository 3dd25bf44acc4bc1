"""How the counts of a job went from run to run: of the whole, of each workload and of each check."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from auditor.estate import arm
from auditor.findings import Level, Outcome
from auditor.histories import Run, RunDetail
from auditor.reporters.history_words import levels_of, unknown_in
from auditor.reporters.summary import stands
from auditor.reporters.text import resource_name

_EVEN = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one run counted of one thing. errors, warnings, notes: findings that stand; unknown: requirements."""

    errors: int = 0
    warnings: int = 0
    notes: int = 0
    unknown: int = 0

    @property
    def findings(self) -> int:
        """Findings of all levels."""
        return self.errors + self.warnings + self.notes

    def of(self, level: Level) -> int:
        """Return the findings of one level."""
        return {Level.ERROR: self.errors, Level.WARNING: self.warnings, Level.NOTE: self.notes}[level]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The tallies of one thing, one for each run of the job; None where the run did not have the thing.

    id: ARM id of a workload, or a check. name: for people.
    """

    id: str
    name: str
    tallies: Sequence[Tally | None]

    @property
    def last(self) -> Tally:
        """What the newest run counted; nothing where it did not have the thing."""
        return self.tallies[-1] or Tally()

    @property
    def is_there(self) -> bool:
        """Whether the newest run had the thing."""
        return self.tallies[-1] is not None

    @property
    def most(self) -> int:
        """The most findings it ever had."""
        return max((each.findings for each in self.tallies if each), default=0)

    @property
    def words(self) -> str:
        """Return the trend as a sentence, for those who do not see it drawn."""
        told = [each for each in self.tallies if each]
        if not told:
            return "in no run"
        first, last = told[0], told[-1]
        gone = "" if self.is_there else ", and not in the last run"
        return f"from {first.findings:,} to {last.findings:,} findings, at most {self.most:,}{gone}"


def moment(at: str) -> datetime:
    """Return a time as the words of history tell it, ISO 8601; one without an offset is UTC."""
    found = datetime.fromisoformat(at)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def tally_of(run: Run) -> Tally:
    """Return what a whole run counted."""
    return _tally(levels_of(run), unknown_in(run))


def workload_trends(details: Sequence[RunDetail]) -> list[Trend]:
    """Return a trend for each workload that any of the runs had, worst first; findings that are waived do not count."""
    names: dict[str, tuple[str, str]] = {}
    tallies: dict[str, list[Tally | None]] = {}
    for at, detail in enumerate(details):
        levels: dict[str, dict[Level, int]] = {arm.key(each.id): dict.fromkeys(Level, 0) for each in detail.workloads}
        unknown = {arm.key(each.id): dict(each.summary).get(Outcome.UNKNOWN, 0) for each in detail.workloads}
        names |= {arm.key(each.id): (each.id, each.name) for each in detail.workloads}
        for finding in detail.findings:
            if stands(finding):
                key = arm.key(finding.workload)
                names.setdefault(key, (finding.workload, resource_name(finding.workload) or "no workload"))
                levels.setdefault(key, dict.fromkeys(Level, 0))[finding.level] += 1
        for key, each in levels.items():
            row = tallies.setdefault(key, [None] * len(details))
            row[at] = _tally(each, unknown.get(key, 0))
    several = _several(name for _, name in names.values())
    return _worst_first(
        Trend(id=names[key][0], name=names[key][0] if names[key][1] in several else names[key][1], tallies=row)
        for key, row in tallies.items()
    )


def check_trends(details: Sequence[RunDetail]) -> list[Trend]:
    """Return a trend for each check that found anything in any of the runs, worst first; its name is its title."""
    runs = [each.run for each in details]
    titles = {finding.check: finding.title for each in details for finding in each.findings}
    tallies: dict[str, list[Tally | None]] = {}
    for at, run in enumerate(runs):
        for check in {each.check for each in run.counts}:
            levels = {
                level: sum(each.findings for each in run.counts if (each.check, each.level) == (check, level))
                for level in Level
            }
            tallies.setdefault(check, [Tally()] * len(runs))[at] = _tally(levels, 0)
    return _worst_first(Trend(id=check, name=titles.get(check, check), tallies=row) for check, row in tallies.items())


def evened(times: Sequence[datetime]) -> list[datetime]:
    """Return times to draw runs at: as they are or, where they do not grow, as if a day lay between each two."""
    return list(times) if grow(times) else [times[0] + at * _EVEN for at in range(len(times))]


def grow(times: Sequence[datetime]) -> bool:
    """Tell whether runs, at least two, were recorded in the order of their times, no two of them at once."""
    return len(times) > 1 and all(one < other for one, other in pairwise(times))


def _tally(levels: Mapping[Level, int], unknown: int) -> Tally:
    return Tally(errors=levels[Level.ERROR], warnings=levels[Level.WARNING], notes=levels[Level.NOTE], unknown=unknown)


def _several(names: Iterable[str]) -> set[str]:
    """Return the names that are there more than once."""
    seen: set[str] = set()
    return {each for each in names if each in seen or seen.add(each)}  # type: ignore[func-returns-value] # it adds


def _worst_first(trends: Iterable[Trend]) -> list[Trend]:
    def key(one: Trend) -> tuple[int, int, int, int, int, str, str]:
        last = one.last
        return -last.errors, -last.warnings, -last.notes, -last.unknown, -one.most, one.name, one.id

    return sorted(trends, key=key)
