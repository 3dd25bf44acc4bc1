"""From judgements to results and findings: one finding for one cause, with everything that follows from it under it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256

from auditor.checks import Check
from auditor.engine.judgement import Cause, Judgement
from auditor.engine.workloads import Workload
from auditor.estate import arm
from auditor.findings import Finding, Level, Outcome, Result
from auditor.packs import Requirement

_LEVELS = tuple(Level)
_LOCKDOWN = frozenset({"egress-bypass", "broad-firewall-rule"})
"""Checks on what gets out that no requirement asks for, so that none is counted."""


def results_of(workload: Workload, judgements: Iterable[Judgement], *, traces: bool) -> tuple[Result, ...]:
    """Return the results of a workload, by requirement. traces: whether they are to say how they came about."""
    results = (_result(workload, each, traces=traces) for each in judgements)
    return tuple(sorted(results, key=lambda each: each.requirement))


def _result(workload: Workload, judgement: Judgement, *, traces: bool) -> Result:
    return Result(
        workload=workload.id,
        requirement=judgement.requirement.id,
        check=judgement.causes[0].check if judgement.causes else None,
        outcome=judgement.outcome,
        verdict=judgement.verdict,
        path=judgement.path,
        reason=judgement.reason,
        trace=judgement.exchange.trace if traces and judgement.exchange else None,
    )


def findings_of(
    workload: Workload, judgements: Iterable[Judgement], checks: Mapping[str, Check], levels: Mapping[str, Level]
) -> tuple[Finding, ...]:
    """Return the findings of a workload, worst first.

    levels: what the user set, over the level of the check.
    """
    filed: dict[tuple[str, str], list[tuple[Judgement, Cause]]] = {}
    for judgement in judgements:
        for cause in judgement.causes:
            filed.setdefault((cause.check, _same(cause.key)), []).append((judgement, cause))
    order = {check: place for place, check in enumerate(checks)}
    findings = [_finding(workload, checks[check], key, group, levels) for (check, key), group in filed.items()]
    return tuple(
        sorted(findings, key=lambda each: (_LEVELS.index(each.level), order[each.check], each.message, each.id))
    )


def worst_first(findings: Iterable[Finding], checks: Iterable[str]) -> list[Finding]:
    """Return findings in the order of a report: by level, check, workload and message, whatever order they come in.

    checks: their ids in order; a finding of another one, which an earlier report may hold, comes after them.
    """
    levels = {level: place for place, level in enumerate(Level)}
    order = {check: place for place, check in enumerate(checks)}
    last = len(order)
    return sorted(
        findings,
        key=lambda each: (
            *(levels[each.level], order.get(each.check, last), each.workload.lower()),
            *(each.message, each.id),
        ),
    )


def notes_of(
    workload: Workload, causes: Iterable[Cause], checks: Mapping[str, Check], levels: Mapping[str, Level]
) -> tuple[Finding, ...]:
    """Return the findings of causes that take no requirement down: they tell something, and change no outcome."""
    return tuple(
        Finding(
            id=fingerprint(each.check, workload.id, each.key),
            check=each.check,
            level=levels.get(each.check) or checks[each.check].level,
            workload=workload.id,
            resource=each.resource,
            title=checks[each.check].title,
            message=each.message,
            requirements=(),
            evidence=each.evidence,
            fix=each.fix or checks[each.check].fix,
            references=checks[each.check].sources,
        )
        for each in causes
    )


def _finding(
    workload: Workload, check: Check, key: str, group: list[tuple[Judgement, Cause]], levels: Mapping[str, Level]
) -> Finding:
    cause = min((cause for _, cause in group), key=lambda each: (each.message, each.fix))
    told = {judgement.requirement.id: judgement.outcome for judgement, _ in group}
    outcomes = set(told.values())
    return Finding(
        id=fingerprint(check.id, workload.id, key),
        check=check.id,
        level=levels.get(check.id) or _level(check, outcomes),
        workload=workload.id,
        resource=cause.resource,
        title=check.title,
        message=_message(cause, Counter(told.values()), _adjective(judgement.requirement for judgement, _ in group)),
        requirements=tuple(sorted(told)),
        evidence=_evidence_of(group),
        fix=cause.fix or check.fix,
        references=check.sources,
    )


def fingerprint(check: str, workload: str, key: str) -> str:
    """Return the id of a finding: the same defect has the same one whatever the order, time, path or machine."""
    return sha256(f"{check}\n{arm.key(workload)}\n{_same(key)}".encode()).hexdigest()[:16]


def _same(key: str) -> str:
    """Return the key of a cause in the form in which two are told apart: Azure tells no case of names."""
    return key.lower()


def _level(check: Check, outcomes: set[Outcome]) -> Level:
    """Return the level of the check; what merely works another way than documented, or is not known, is a warning."""
    if outcomes <= {Outcome.DEVIATES, Outcome.UNKNOWN} and check.level is Level.ERROR:
        return Level.WARNING
    return check.level


def _evidence_of(group: list[tuple[Judgement, Cause]]) -> tuple[str, ...]:
    """Return what decided, each line once: first of what certainly fails, then of what hangs on the same cause."""
    lines: dict[str, bool] = {}
    for judgement, cause in group:
        for line in cause.evidence or _evidence(judgement):
            lines[line] = lines.get(line, True) and judgement.outcome is Outcome.UNKNOWN
    return tuple(sorted(lines, key=lambda line: (lines[line], line)))


def _evidence(judgement: Judgement) -> tuple[str, ...]:
    """Return what decided, hop by hop, where the cause itself names nothing."""
    stops = judgement.exchange.stops if judgement.exchange else ()
    return tuple(f"{each.why} [{each.spec}]" for each in stops) or (judgement.reason.text,)


_EFFECTS = (
    (Outcome.FAIL, ("fails", "fail")),
    (Outcome.DEVIATES, ("works, but not the documented way", "work, but not the documented way")),
    (Outcome.UNKNOWN, ("cannot be decided", "cannot be decided")),
)


def _adjective(requirements: Iterable[Requirement]) -> str:
    """Return the word for requirements by where they stand: in a document, in Azure's own list, or some in each."""
    live = {each.live for each in requirements}
    return "documented or listed" if len(live) > 1 else "listed" if live == {True} else "documented"


def _message(cause: Cause, outcomes: Counter[Outcome], adjective: str) -> str:
    """Return the sentence of a finding: its cause, and how many requirements come out how."""
    if cause.check in _LOCKDOWN:
        return cause.message
    effects: list[str] = []
    for outcome, (one, many) in _EFFECTS:
        count = outcomes[outcome]
        if count:
            what = f"{count} {adjective} requirement{'' if count == 1 else 's'}" if not effects else str(count)
            effects.append(f"{what} {one if count == 1 else many}")
    return f"{cause.message}: {'; '.join(effects)}"
