"""What an audit makes of the past of its job: which findings are new, back again, worse, or no more.

The past is the baseline that the audit is compared with. That a finding is no more is said only where the audit shows
it: what it could not decide, or did not look at, stands as it was.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from auditor.engine.comparing import EVERYTHING, UNDETERMINED, Outcomes, as_found, compare, outcomes_of, undecided_since
from auditor.engine.filing import worst_first
from auditor.engine.own_lists import DESTINATIONS
from auditor.estate.snapshot import LIVE, SNAPSHOT
from auditor.findings import Baseline, Finding, Gap, Outcome, Report, Source, State, edition_label, without_edition
from auditor.histories import Decision, Event, Past, Recording
from auditor.packs import LIVE_PACK, Kind

_BESIDE = frozenset({"service tags", "baseline"})
"""Kinds of sources that hold no resources."""
_TAGS, _ENVIRONMENTS = "microsoft.network/servicetags", "microsoft.web/hostingenvironments"
_LISTED = {Kind.MANAGEMENT_SOURCE.value, *(each.value for each in DESTINATIONS)}
"""Kinds of requirements that Azure's own lists take the place of, as ids begin."""
_GROUPS = "/providers/microsoft.management/managementgroups/"
_SLASHES = 2
"""In the id of a subscription; that of one environment has more."""
_BAD = {Outcome.FAIL: 2, Outcome.DEVIATES: 1, Outcome.UNKNOWN: 1}


def decide(past: Past, recording: Recording) -> Decision:
    """Return what happened to the findings of a job between its past and an audit. Both are against any editions."""
    report = recording.report
    found = as_found(report.findings)
    outcomes = outcomes_of(report.results)
    before = Baseline(
        source=Source(kind="baseline", location="", digest=""),
        findings=tuple(replace(each, state=None) for each in past.opened),
        outcomes=past.outcomes,
        editions=past.editions,
    )
    names = [each.id for each in report.workloads]
    undecided = {each.id for each in undecided_since(before, found, outcomes, names, report.gaps)}
    editions = frozenset(map(edition_label, report.packs))
    compared = compare(found, before, (), outcomes, editions)
    worse = {each.id for each in compared if each.state == State.NEW}
    open_before = {each.id for each in past.opened}
    ids = {each.id for each in found}
    sight = _Sight(report, outcomes)
    gone = [each for each in past.opened if each.id not in ids and each.id not in undecided and sight.shows_gone(each)]
    known = ids | {each.id for each in gone}
    standing = [each for each in past.opened if each.id not in known]
    happened = [(_event(each, past, open_before, worse), each) for each in found]
    return Decision(
        findings=found,
        events=(
            *((event, each) for event, each in happened if event is not None),
            *((Event.RESOLVED, each) for each in worst_first(gone, ())),
        ),
        outcomes=_to_compare_with(past, outcomes, sight, standing),
        unseen=sum(each.waiver is None for each in standing),
    )


def _event(finding: Finding, past: Past, open_before: set[str], worse: set[str]) -> Event | None:
    if finding.id in open_before:
        return Event.GROWN if finding.id in worse else None
    return Event.REOPENED if finding.id in past.resolved else Event.NEW


class _Sight:
    """What an audit looked at, so that what it does not find there is not there."""

    def __init__(self, report: Report, outcomes: Outcomes) -> None:
        self.audited = {each.id.lower() for each in report.workloads}
        self._gaps = report.gaps
        self._unknown = {at for at, outcome in outcomes.items() if outcome is Outcome.UNKNOWN}
        self._unsure = {workload for workload, _ in self._unknown}
        self._packs = {each.pack for each in report.packs}
        self._sees_all = _sees_all(report)
        self._scope = {at for source in report.sources for at in source.scope}
        self._subscriptions = {_subscription(each) for each in self.audited}

    def shows_gone(self, finding: Finding) -> bool:
        """Tell whether a finding that is not found, and of which nothing is undecided, is certainly no more."""
        workload = finding.workload.lower()
        if any(map(self.leaves_out, finding.requirements)) or self._leaves_open(finding):
            return False
        if not workload:
            return True  # of a waiver, and so of the configuration
        if workload in self.audited:
            return bool(finding.requirements) or not any(map(self._hides_note, self._gaps))
        return (
            self._sees_all
            and self._covers(_subscription(workload))
            and not any(_over(each, workload) for each in self._gaps)
        )

    def _leaves_open(self, finding: Finding) -> bool:
        """Tell whether what a finding is about is not decided, though nothing need say so of its own requirements.

        Those of the configuration are told only where they do not hold, which needs all that decides them. What could
        not be decided for one cause, and cannot now for another, is as it was.
        """
        workload = finding.workload.lower()
        if finding.check == UNDETERMINED:
            asked = (EVERYTHING, *map(without_edition, finding.requirements))
            return any((workload, each) in self._unknown for each in asked)
        own = (each for each in finding.requirements if "@" not in each.partition("/")[0])
        return workload in self._unsure and any(own)

    def leaves_out(self, requirement: str) -> bool:
        """Tell whether a requirement is of a pack that was not applied, or in whose place Azure's own lists were."""
        label, _, asked = requirement.partition("/")
        pack, at, _ = label.partition("@")
        if not at:
            return False  # of the configuration, which was read
        replaced = pack != LIVE_PACK in self._packs and asked.partition(":")[0] in _LISTED
        return pack not in self._packs or replaced

    def _covers(self, subscription: str) -> bool:
        """Tell whether every environment of a subscription would have been audited.

        It was asked for; or it is below a management group, or nobody knows what was asked for, and it has another one.
        """
        if f"/subscriptions/{subscription}" in self._scope:
            return True
        whole = all(each.startswith(_GROUPS) or each.count("/") == _SLASHES for each in self._scope)
        return whole and subscription in self._subscriptions

    def _hides_note(self, gap: Gap) -> bool:
        """Tell whether a gap may be why something of the documents, or of Azure's own lists, is not told any more."""
        what = gap.what.lower()
        return what in {"*", _TAGS} or what.startswith(f"{_ENVIRONMENTS}/")


def _sees_all(report: Report) -> bool:
    """Tell whether a report is of all there is, so that a workload that it does not have is no more."""
    kinds = {each.kind for each in report.sources} - _BESIDE
    return bool(report.workloads) and bool(kinds) and kinds <= {LIVE, SNAPSHOT}


def _subscription(workload: str) -> str:
    parts = workload.split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "subscriptions" else ""  # noqa: PLR2004 - "", name and id


def _over(gap: Gap, workload: str) -> bool:
    """Tell whether a gap may hide a workload: it lies over it, or anywhere."""
    scope, what = gap.scope.lower().rstrip("/"), gap.what.lower()
    if not scope:
        return what == "*" or what.startswith(_ENVIRONMENTS)
    return workload == scope or workload.startswith(f"{scope}/")


def _to_compare_with(
    past: Past, outcomes: Outcomes, sight: _Sight, standing: Iterable[Finding]
) -> Mapping[tuple[str, str], Outcome]:
    """Return of what does not pass how it came out when it was last decided.

    What could not be decided is as bad as it was: to be told again of what stood all along helps nobody.
    """
    kept = {at: outcome for at, outcome in outcomes.items() if outcome in _BAD}
    for at, outcome in kept.items():
        earlier = past.outcomes.get(at)
        if outcome is Outcome.UNKNOWN and earlier is not None:
            kept[at] = earlier
    for finding in standing:
        workload = finding.workload.lower()
        unseen = workload not in sight.audited or outcomes.get((workload, EVERYTHING)) is Outcome.UNKNOWN
        for each in finding.requirements:
            at = (workload, without_edition(each))
            if at in past.outcomes and (unseen or sight.leaves_out(each)):
                kept.setdefault(at, past.outcomes[at])
    return kept
