"""Effects of drift that belong together: the same changes do the same to several requirements of one workload."""

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.drifts import Attribution, DriftReport, Effect, Standing, Turn, turn_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Requirements of one workload to which the same happens for the same reason."""

    workload: str
    causes: tuple[int, ...]
    attribution: Attribution
    turn: Turn
    said: str
    requirements: tuple[str, ...]


def groups_of(report: DriftReport) -> tuple[Group, ...]:
    """Return the effects of a report in groups, by their causes; the worst of each first."""
    found: dict[tuple[object, ...], list[Effect]] = {}
    for each in report.effects:
        at = (each.causes, each.attribution, each.workload, turn_of(each), _said(each.before, each.after))
        found.setdefault(at, []).append(each)
    turns = list(Turn)
    groups = (_group(each) for each in found.values())
    return tuple(
        sorted(groups, key=lambda one: (len(one.causes), one.causes, turns.index(one.turn), one.workload, one.said))
    )


def _group(effects: Sequence[Effect]) -> Group:
    first = effects[0]
    return Group(
        workload=first.workload,
        causes=first.causes,
        attribution=first.attribution,
        turn=turn_of(first),
        said=_said(first.before, first.after),
        requirements=tuple(each.requirement for each in effects),
    )


def _said(before: Standing, after: Standing) -> str:
    """Say what happens: "pass -> fail", or "pass, now by firewall and not direct"."""
    if before.outcome != after.outcome:
        return f"{_outcome(before)} -> {_outcome(after)}"
    if before.path != after.path:
        return f"still {_outcome(after)}, by {after.path or 'no flow'} in place of {before.path or 'no flow'}"
    return f"still {_outcome(after)}, by another way"


def _outcome(standing: Standing) -> str:
    return "not there" if standing.outcome is None else standing.outcome.value
