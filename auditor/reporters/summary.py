"""What a report comes to: the counts and the verdict every reporter states alike."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from auditor.findings import Finding, Level, Outcome, Report, State

UNDETERMINED = "undetermined"
"""The check under which undecidable requirements are filed."""

EXPIRED = "expired-waiver"
"""The check under which waivers that have passed their date are filed; it says nothing against the network."""

DRIFT = "documentation-drift"
"""The check that tells of the documents themselves; as a note it says nothing against the network."""


class Standing(StrEnum):
    """The verdict on a whole report.

    clean: every requirement that applies is met as documented.
    findings: there is something to act on; a note that the documents differ from Azure's own lists alone is nothing.
    incomplete: nothing to act on was found, but something could not be decided.
    nothing-audited: no requirement applied to anything; never an all-clear.
    """

    CLEAN = "clean"
    FINDINGS = "findings"
    INCOMPLETE = "incomplete"
    NOTHING_AUDITED = "nothing-audited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts over all workloads. findings: by level, only those that stand (neither waived nor absent).

    waived: findings that are there and accepted. states: findings by state; None where nothing was compared.
    """

    outcomes: dict[Outcome, int]
    findings: dict[Level, int]
    workloads: int
    verdict: Standing
    waived: int
    states: dict[State, int] | None

    @property
    def applicable(self) -> int:
        """How many requirements applied to something."""
        return sum(self.outcomes.values()) - self.outcomes[Outcome.NOT_APPLICABLE]


def summarise(report: Report) -> Summary:
    """Count a report and give its verdict."""
    outcomes = dict.fromkeys(Outcome, 0)
    for workload in report.workloads:
        for outcome, number in workload.summary:
            outcomes[outcome] += number
    standing = [finding for finding in report.findings if stands(finding)]
    findings = dict.fromkeys(Level, 0)
    for finding in standing:
        findings[finding.level] += 1
    return Summary(
        outcomes=outcomes,
        findings=findings,
        workloads=len(report.workloads),
        verdict=_verdict(outcomes, {finding.check for finding in standing if not tells_of_documents(finding)}),
        waived=sum(finding.waiver is not None and finding.state != State.ABSENT for finding in report.findings),
        states=None if report.baseline is None else _states(report),
    )


def is_complete(report: Report) -> bool:
    """Whether all was read and every requirement decided, so that what is not found any more is gone."""
    summary = summarise(report)
    return bool(summary.applicable) and not (summary.outcomes[Outcome.UNKNOWN] or report.gaps)


def _states(report: Report) -> dict[State, int]:
    states = dict.fromkeys(State, 0)
    for finding in report.findings:
        if finding.state is not None:
            states[State(finding.state)] += 1
    return states


def stands(finding: Finding) -> bool:
    """Whether a finding is there today and nobody accepted it."""
    return finding.waiver is None and finding.state != State.ABSENT


def by_urgency(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by level, and within a level those first that a baseline does not have, which may fail a gate.

    Those that are absent come last in their level; all others keep their order.
    """
    levels = {level: at for at, level in enumerate(Level)}
    states: dict[str | None, int] = {State.UNCHANGED: 1, State.ABSENT: 2}
    return sorted(findings, key=lambda each: (levels[each.level], states.get(each.state, 0)))


def tells_of_documents(finding: Finding) -> bool:
    """Whether a finding is a note on the documents, which says nothing against the network."""
    return finding.check == DRIFT and finding.level is Level.NOTE


def _verdict(outcomes: dict[Outcome, int], checks: AbstractSet[str]) -> Standing:
    """Return the verdict, given the checks of the findings that stand."""
    undetermined = UNDETERMINED in checks
    if checks - {UNDETERMINED, EXPIRED}:
        return Standing.FINDINGS
    if not any(number for outcome, number in outcomes.items() if outcome is not Outcome.NOT_APPLICABLE):
        return Standing.NOTHING_AUDITED
    if undetermined or outcomes[Outcome.UNKNOWN]:
        return Standing.INCOMPLETE
    return Standing.FINDINGS if EXPIRED in checks else Standing.CLEAN
