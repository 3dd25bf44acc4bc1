"""What other editions of the documents make of the same estate: two audits of it, side by side.

The estate is the same on both sides, so that whatever differs comes from the documents alone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.engine.filing import worst_first
from auditor.findings import (
    Altered,
    Comparison,
    Decided,
    Finding,
    OneSided,
    Outcome,
    PackUse,
    Result,
    Source,
    Turned,
    without_edition,
)

_QUIET = frozenset({None, Outcome.PASS, Outcome.NOT_APPLICABLE})
"""Outcomes of a requirement that one side alone has of which nobody need be told by workload."""

_Key = tuple[str, str]
"""A workload in lower case and a requirement without its edition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two audits of an estate, with everything that passes, and what it was against."""

    packs: tuple[PackUse, ...]
    results: Sequence[Result]
    findings: Sequence[Finding]


def compare_editions(
    before: Side, after: Side, checks: Iterable[str], *, as_of: str | None = None, sources: tuple[Source, ...] = ()
) -> Comparison:
    """Return what the editions of `after` would add to the audit against those of `before`, and take away.

    checks: their ids in order. as_of, sources: to be told with it.
    """
    earlier, later = _by_key(before.results), _by_key(after.results)
    was, now = ({each.id: each for each in side.findings} for side in (before, after))
    order = tuple(checks)
    return Comparison(
        as_of=as_of,
        packs=after.packs,
        sources=sources,
        added=tuple(_one_sided(later, earlier)),
        removed=tuple(_one_sided(earlier, later)),
        turned=tuple(_turned(earlier, later)),
        gained=tuple(worst_first((each for ident, each in now.items() if ident not in was), order)),
        lost=tuple(worst_first((each for ident, each in was.items() if ident not in now), order)),
        altered=tuple(
            Altered(before=was[each.id], after=each)
            for each in worst_first((each for ident, each in now.items() if ident in was), order)
            if _weight(each) != _weight(was[each.id])
        ),
    )


def _by_key(results: Iterable[Result]) -> dict[_Key, Result]:
    return {(each.workload.lower(), without_edition(each.requirement)): each for each in results}


def _one_sided(there: Mapping[_Key, Result], elsewhere: Mapping[_Key, Result]) -> Iterator[OneSided]:
    """Yield what packs ask of workloads on one side alone, in order of ids, with how it comes out on how many.

    What no pack asks for, such as the traffic of applications, comes and goes with its findings.
    """
    tallies: dict[str, Counter[Outcome]] = {}
    for key, result in there.items():
        if key not in elsewhere and "@" in result.requirement.partition("/")[0]:
            tallies.setdefault(result.requirement, Counter())[result.outcome] += 1
    for requirement in sorted(tallies):
        tally = tallies[requirement]
        yield OneSided(requirement=requirement, outcomes={each: tally[each] for each in Outcome if tally[each]})


def _turned(before: Mapping[_Key, Result], after: Mapping[_Key, Result]) -> Iterator[Turned]:
    """Yield what is decided otherwise, by workload and requirement."""
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        outcomes = {was.outcome if was else None, now.outcome if now else None}
        if len(outcomes) == 1 or (None in outcomes and outcomes <= _QUIET):
            continue
        told = {each.workload for each in (was, now) if each}
        yield Turned(workload=min(told), requirement=key[1], before=_decided(was), after=_decided(now))


def _decided(result: Result | None) -> Decided | None:
    if result is None:
        return None
    return Decided(requirement=result.requirement, outcome=result.outcome, check=result.check, reason=result.reason)


def _weight(finding: Finding) -> tuple[object, ...]:
    """Return what makes a finding matter more or less: level, requirements, and whether it is accepted."""
    return finding.level, frozenset(map(without_edition, finding.requirements)), finding.waiver
