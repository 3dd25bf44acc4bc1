"""What has changed since a baseline: which findings are new, which were there before, and which are no more.

What the baseline found and this audit could not decide stands as it was: that something may no longer be read mends
nothing. A finding that takes down more than it did is new, though its cause is not: what fails now did not fail then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from auditor.engine.filing import worst_first
from auditor.findings import Baseline, Finding, Gap, Outcome, Result, State, without_edition

UNDETERMINED, EVERYTHING = "undetermined", "all"
_RANK = {Outcome.UNKNOWN: 1, Outcome.DEVIATES: 1, Outcome.FAIL: 2}
"""How bad an outcome is; what passes, or does not apply, is 0."""
_WAIVED, _TAKES_DOWN = "the baseline has it as waived: ", "since the baseline it also takes down "
_STANDS = "not decided in this audit, so that it stands as the baseline has it"
_SHOWN = 4

Outcomes = Mapping[tuple[str, str], Outcome]
"""What does not pass, by workload in lower case and requirement without its edition."""


def as_found(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings of a report that its audit itself found, without what comparing them has added."""
    return tuple(
        replace(each, state=None, evidence=tuple(line for line in each.evidence if not _is_added(line)))
        for each in findings
        if each.state != State.ABSENT and _STANDS not in each.evidence
    )


def _is_added(line: str) -> bool:
    return line.startswith((_WAIVED, _TAKES_DOWN))


def outcomes_of(results: Iterable[Result]) -> Outcomes:
    """Return the outcomes of results."""
    return {(each.workload.lower(), without_edition(each.requirement)): each.outcome for each in results}


def undecided_since(
    baseline: Baseline,
    found: Iterable[Finding],
    outcomes: Outcomes,
    workloads: Iterable[str],
    gaps: Iterable[Gap],
) -> tuple[Finding, ...]:
    """Return the findings of a baseline that are not found again, and cannot be told to be gone.

    outcomes: of this audit. workloads: ids of what it audited. gaps: what it could not read.
    """
    ids = {each.id for each in found}
    audited, scopes = {each.lower() for each in workloads}, [each.scope.lower() for each in gaps]
    return tuple(
        replace(
            each, waiver=None, state=None, evidence=(*each.evidence, *(() if _STANDS in each.evidence else (_STANDS,)))
        )
        for each in baseline.findings
        if each.id not in ids
        and each.state != State.ABSENT
        and each.check != UNDETERMINED
        and _undecided(each, outcomes, audited, scopes)
    )


def _undecided(finding: Finding, outcomes: Outcomes, audited: set[str], unread: Iterable[str]) -> bool:
    workload = finding.workload.lower()
    if not workload:
        return False
    if workload not in audited:
        return any(workload == each or workload.startswith(f"{each.rstrip('/')}/") for each in unread)
    asked = (EVERYTHING, *map(without_edition, finding.requirements))
    return any(outcomes.get((workload, each)) is Outcome.UNKNOWN for each in asked)


def compare(
    findings: Iterable[Finding], baseline: Baseline, checks: Iterable[str], outcomes: Outcomes, editions: frozenset[str]
) -> tuple[Finding, ...]:
    """Return the findings, each new or unchanged, and after them the absent ones, as the earlier report has them.

    An absent one has no waiver: there is nothing to accept. What was absent already is not told again.
    checks: their ids in order. outcomes, editions: of this audit; where editions differ, that a finding takes down more
    may come from the documents, and only a worse outcome makes it new.
    """
    order = tuple(checks)
    before = {each.id: each for each in baseline.findings if each.state != State.ABSENT}
    today = worst_first(findings, order)
    ids = {each.id for each in today}
    same = editions == baseline.editions
    states = [_stated(each, before.get(each.id), outcomes, baseline.outcomes, same=same) for each in today]
    gone = [replace(each, state=State.ABSENT, waiver=None) for each in before.values() if each.id not in ids]
    return (*states, *worst_first(gone, order))


def _stated(finding: Finding, earlier: Finding | None, outcomes: Outcomes, before: Outcomes, *, same: bool) -> Finding:
    """Return a finding with its state. earlier: in the baseline. same: whether both are against the same editions."""
    if earlier is None:
        return replace(finding, state=State.NEW)
    if earlier.waiver is not None and finding.waiver is None:
        line = f"{_WAIVED}{earlier.waiver}"
        return replace(finding, state=State.NEW, evidence=(*finding.evidence, line))
    grown = _grown(finding, outcomes, before) if same else []
    if grown:
        more = f" and {len(grown) - _SHOWN:,} more" if len(grown) > _SHOWN else ""
        line = f"{_TAKES_DOWN}{', '.join(grown[:_SHOWN])}{more}"
        return replace(finding, state=State.NEW, evidence=(*finding.evidence, line))
    worse = _worst(finding, outcomes) > _worst(earlier, before)
    return replace(finding, state=State.NEW if worse else State.UNCHANGED)


def _grown(finding: Finding, outcomes: Outcomes, before: Outcomes) -> list[str]:
    """Return the requirements of a finding that came out better in the baseline, whatever the cause was there."""
    asked = [(finding.workload.lower(), without_edition(each)) for each in finding.requirements]
    return [at[1] for at in asked if _rank(outcomes, at) > _rank(before, at)]


def _worst(finding: Finding, outcomes: Outcomes) -> int:
    workload = finding.workload.lower()
    return max((_rank(outcomes, (workload, without_edition(each))) for each in finding.requirements), default=0)


def _rank(outcomes: Outcomes, at: tuple[str, str]) -> int:
    outcome = outcomes.get(at)
    return _RANK.get(outcome, 0) if outcome is not None else 0
