"""The audit: every requirement of every workload decided, and what follows from it filed."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from auditor.checks import Check
from auditor.engine.applications import judge_applications
from auditor.engine.breadth import judge_breadth
from auditor.engine.context import Context, listed_beside
from auditor.engine.drift import Drift
from auditor.engine.filing import findings_of, notes_of, results_of, worst_first
from auditor.engine.hops import make_hop
from auditor.engine.judgement import Cause, Judgement, not_applicable, undetermined
from auditor.engine.lockdown import judge_lockdown
from auditor.engine.names import LINUX, NAMES, file_doubts, judge_name, judge_tag, refile_names
from auditor.engine.network import Network
from auditor.engine.numbers import judge_address, judge_any, judge_management_source, judge_nsg_inbound
from auditor.engine.retelling import Lent, borrow, lent_by
from auditor.engine.sharing import class_of
from auditor.engine.spelling import spelled_findings, spelled_results
from auditor.engine.structure import judge_default_route, judge_firewall, judge_route_table, judge_service_endpoint
from auditor.engine.walked import way_of
from auditor.engine.wanted import AsDocumented, Wanted
from auditor.engine.workloads import Workload, find_workloads
from auditor.estate.addresses import AddressSet, address_set, union
from auditor.estate.estate import Estate
from auditor.estate.network import TagList
from auditor.estate.tags import Tags, normal_service_tag
from auditor.findings import Finding, Outcome, PackUse, Result, WorkloadSummary
from auditor.packs import Kind, Pack, Requirement
from auditor.settings import Basis, Settings
from auditor.sketches import Sketch
from auditor.traces import Path, Verdict

if TYPE_CHECKING:
    from auditor.engine.live import AsListed
    from auditor.engine.sketch import Sketcher

_NO_LISTS: Mapping[str, TagList] = MappingProxyType({})
_APPLIES_TO = ("ASEV1", "ASEV2")
_STRUCTURE = frozenset({Kind.FIREWALL, Kind.ROUTE_TABLE, Kind.DEFAULT_ROUTE, Kind.SERVICE_ENDPOINT, Kind.FQDN_TAG})
"""Requirements on configuration alone; all others are flows."""

_EVALUATORS = {
    Kind.FIREWALL: judge_firewall,
    Kind.ROUTE_TABLE: judge_route_table,
    Kind.DEFAULT_ROUTE: judge_default_route,
    Kind.SERVICE_ENDPOINT: judge_service_endpoint,
    Kind.MANAGEMENT_SOURCE: judge_management_source,
    Kind.IP: judge_address,
    Kind.ANY: judge_any,
    Kind.SERVICE_TAG: judge_any,
    Kind.FQDN: judge_name,
    Kind.WILDCARD: judge_name,
    Kind.NSG_INBOUND: judge_nsg_inbound,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What an audit says of the workloads of an estate, by id.

    results: those that pass only where all were asked for. tag_lists: those that were looked into beside the source.
    live: Azure's own lists that took the place of what packs list, by cloud.
    """

    workloads: tuple[WorkloadSummary, ...]
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    tag_lists: tuple[TagList, ...] = ()
    live: tuple[PackUse, ...] = ()


def audit(  # noqa: PLR0913 - all that steers an audit
    estate: Estate,
    packs: Mapping[str, tuple[Pack, ...]],
    settings: Settings,
    checks: Mapping[str, Check],
    *,
    all_results: bool = True,
    traces: bool = True,
    tag_lists: Mapping[str, TagList] = _NO_LISTS,
    only: Collection[str] | None = None,
) -> Audited:
    """Decide every requirement of every workload of `estate`.

    packs: those that apply, by cloud; a cloud without an entry has no pack, and its workloads cannot be decided.
    all_results: whether to return requirements that pass; without them, workloads that no rule can tell apart are
    decided once. traces: whether results are to say hop by hop how they came about, and workloads what network stands
    around them. tag_lists: service tag lists by cloud, for clouds of which the estate has none. only: ids in comparing
    form of the workloads that are asked for; None for all. What is said of one does not depend on the others.
    """
    make = partial(_CloudAuditor, estate, settings=settings, tag_lists=tag_lists, share=not all_results, traces=traces)
    auditors = {cloud: make(chosen) for cloud, chosen in packs.items()}
    summaries: list[WorkloadSummary] = []
    results: list[Result] = []
    findings: list[Finding] = []
    for workload in find_workloads(estate):
        if only is not None and workload.id.lower() not in only:
            continue
        auditor = auditors.get(workload.cloud) or make(())
        judged = auditor.judge(workload)
        told = [each for each in judged.judgements if all_results or each.outcome is not Outcome.PASS]
        results += spelled_results(estate, results_of(workload, told, traces=traces))
        findings += findings_of(workload, judged.judgements, checks, settings.levels)
        findings += notes_of(workload, auditor.drift(workload), checks, settings.levels)
        network = auditor.sketch(workload, judged) if traces else None
        summaries.append(_summary(workload, judged, network))
    used = [auditors[cloud].tags for cloud in sorted(auditors)]
    return Audited(
        workloads=tuple(summaries),
        results=tuple(results),
        findings=spelled_findings(estate, worst_first(findings, checks)),
        tag_lists=tuple(each.listed for each in used if each.listed and each.listed.shipped and each.consulted),
        live=tuple(each for cloud in sorted(auditors) if (each := auditors[cloud].wanted.use())),
    )


def known_tags(estate: Estate, packs: tuple[Pack, ...], tag_lists: Mapping[str, TagList] = _NO_LISTS) -> Tags:
    """Return what the source, the lists at hand and the documents say of service tags.

    tag_lists: by cloud, for clouds of which the source has none.
    """
    documented: dict[str, AddressSet] = {}
    for pack in packs:
        if pack.management_tag:
            addresses = union(
                address_set(each.target) for each in pack.requirements if each.kind is Kind.MANAGEMENT_SOURCE
            )
            documented[normal_service_tag(pack.management_tag)] = addresses
    cloud = packs[0].cloud if packs else "public"
    return Tags(estate.tags.get(cloud) or tag_lists.get(cloud), documented)


_Ways = Counter[tuple[Path | None, str]]
"""How many requirements pass, by their way (see `auditor.engine.walked.way_of`)."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """The judgements on a workload.

    passing: how many more requirements pass by which way, as those of a workload do that no rule tells from it.
    """

    judgements: tuple[Judgement, ...]
    passing: _Ways = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Shared:
    """What was found of the flows of one workload, for those that no rule tells from it.

    passing: how many pass by which way; they do so for all. requirements: the others, judged again for each workload,
    so that what is said of them speaks of it. lent: flows that need not be decided again for that. names: the
    judgements on names that pass, where a missing FQDN tag makes them count.
    """

    passing: _Ways
    requirements: tuple[Requirement, ...]
    lent: tuple[Lent, ...]
    names: tuple[Judgement, ...]


def _ways_of(judgements: Iterable[Judgement], context: Context) -> _Ways:
    passing = (each for each in judgements if each.outcome is Outcome.PASS)
    return Counter(way_of(each, context.subnet.vnet) for each in passing)


def _shared_of(
    context: Context, flows: Sequence[Judgement], filed: Sequence[Judgement], lent: tuple[Lent, ...]
) -> _Shared:
    passing = [each for each in flows if each.outcome is Outcome.PASS]
    tags_missed = any(each.requirement.kind is Kind.FQDN_TAG and each.outcome is not Outcome.PASS for each in filed)
    return _Shared(
        passing=_ways_of(passing, context),
        requirements=tuple(each.requirement for each in flows if each.outcome is not Outcome.PASS),
        lent=lent,
        names=tuple(each for each in passing if tags_missed and each.requirement.kind in NAMES),
    )


class _CloudAuditor:
    """Everything that the workloads of one cloud share."""

    def __init__(  # noqa: PLR0913 - private
        self,
        estate: Estate,
        packs: tuple[Pack, ...],
        settings: Settings,
        tag_lists: Mapping[str, TagList],
        *,
        share: bool,
        traces: bool,
    ) -> None:
        self._estate = estate
        self._packs = packs
        self._settings = settings
        self.tags = known_tags(estate, packs, tag_lists)
        self._network = Network(estate, self.tags)
        ranges = tuple(each.addresses for declared in settings.applications for each in declared.client_ranges)
        live = bool(packs) and settings.requirements is Basis.LIVE
        self.wanted = _as_listed(estate, packs, ranges) if live else AsDocumented(packs, ranges)
        self._drift = Drift(estate, packs)
        self._share = share
        self._traces = traces
        self._shared: dict[Hashable, _Shared] = {}
        self._sketcher: Sketcher | None = None

    def judge(self, workload: Workload) -> _Judged:
        blanket = _blanket(workload, self._packs)
        if blanket is not None:
            return _Judged((blanket,))
        wanted = self.wanted.of(workload)
        if workload.subnet is None:
            return _Judged(tuple(self._without_subnet(workload, wanted)))
        context = Context(
            network=self._network,
            workload=workload,
            subnet=workload.subnet,
            packs=wanted.packs,
            settings=self._settings,
            beside=wanted.beside,
            unread=wanted.unread,
            lists=wanted.lists,
        )
        return self._judge(context)

    def drift(self, workload: Workload) -> Iterator[Cause]:
        """Yield where the documents and Azure's own lists part, of a workload that the documents speak of."""
        if _blanket(workload, self._packs) is None:
            yield from self._drift.of(workload)

    def sketch(self, workload: Workload, judged: _Judged) -> Sketch | None:
        """Return the network around a workload; None for one that only may be there."""
        from auditor.engine.sketch import Sketcher, unread_sketch  # noqa: PLC0415 - only reports that show traces need it

        if workload.unread:
            return None
        if workload.subnet is None:
            return unread_sketch(workload.subnet_id, self._without(workload))
        self._sketcher = self._sketcher or Sketcher(self._network)
        context = Context(
            network=self._network,
            workload=workload,
            subnet=workload.subnet,
            packs=(),
            settings=self._settings,
            beside=listed_beside(()),
        )
        passing = _ways_of(judged.judgements, context) + judged.passing
        return self._sketcher.of(context, judged.judgements, passing)

    def _judge(self, context: Context) -> _Judged:
        shared = class_of(context) if self._share else None
        if shared is None:
            return _Judged(judge_workload(context))
        if shared not in self._shared:
            flows = judge_flows(context)
            filed = _filed(context, flows)
            self._shared[shared] = _shared_of(context, flows, filed, () if self._traces else lent_by(context))
            return _Judged((*filed, *judge_beside(context)))
        found = self._shared[shared]
        borrow(context, found.lent)
        flows = tuple(_conditionally(context, each) for each in found.requirements)
        filed = _filed(context, (*found.names, *flows))
        told = [each for each in filed if each.outcome is not Outcome.PASS or each.requirement.kind in _STRUCTURE]
        passing = found.passing + _ways_of(flows, context)
        return _Judged((*told, *judge_beside(context)), passing=passing)

    def _without_subnet(self, workload: Workload, wanted: Wanted) -> Iterator[Judgement]:
        why = self._without(workload)
        resource = workload.subnet_id or workload.id
        hop = make_hop("workload", resource, "", Verdict.UNKNOWN, "subnet-unreadable", why, "U8")
        for pack in wanted.packs:
            for requirement in pack.requirements:
                yield undetermined(requirement, hop)

    def _without(self, workload: Workload) -> str:
        missing = self._estate.missing(workload.subnet_id) if workload.subnet_id else "the environment names none"
        return f"the subnet of {workload.name} cannot be read: {missing}"


def _as_listed(estate: Estate, packs: tuple[Pack, ...], ranges: tuple[AddressSet, ...]) -> "AsListed":
    from auditor.engine.live import AsListed  # noqa: PLC0415 - only audits against Azure's own lists need it

    return AsListed(estate, packs, ranges)


def _blanket(workload: Workload, packs: tuple[Pack, ...]) -> Judgement | None:
    """Return the one judgement on a workload to which the packs do not apply, or may not; None where they do."""
    label = f"{packs[0].service}@{packs[0].label}" if packs else "ase-v2"
    everything = Requirement(id=f"{label}/all", kind=Kind.FIREWALL, target="", section="")
    if workload.unread:
        why = f"an App Service Environment may be there that was not read: {workload.unread}"
        return undetermined(
            everything, make_hop("workload", workload.id, "", Verdict.UNKNOWN, "environment-unreadable", why, "Q7")
        )
    if workload.kind == "ASEV3":
        text = (
            f"{workload.name} is an App Service Environment v3, which needs no management routes and has no documented "
            "outbound dependencies of its own; the v2 requirements do not apply to it"
        )
        return not_applicable(everything, "ase-v3", text)
    if workload.kind not in _APPLIES_TO:
        why = f"which version {workload.name} is cannot be told: its kind is {workload.kind or 'not given'}"
        return undetermined(
            everything, make_hop("workload", workload.id, "", Verdict.UNKNOWN, "version-unknown", why, "A13")
        )
    if not packs:
        why = f"there is no requirement pack for the cloud of {workload.name}, {workload.cloud}"
        return undetermined(
            everything, make_hop("workload", workload.id, "", Verdict.UNKNOWN, "no-pack-for-cloud", why, "A13")
        )
    return None


def judge_workload(context: Context) -> tuple[Judgement, ...]:
    """Decide every requirement of a workload whose subnet is known, and everything declared for its applications."""
    return (*_filed(context, judge_flows(context)), *judge_beside(context))


def judge_beside(context: Context) -> Iterator[Judgement]:
    """Decide what the documents do not list: the traffic of applications, and what the lock-down leaves open."""
    yield from judge_applications(context)
    yield from judge_lockdown(context)
    yield from judge_breadth(context)


def judge_flows(context: Context) -> tuple[Judgement, ...]:
    """Decide every documented flow of a workload."""
    flows = [each for pack in context.packs for each in pack.requirements if each.kind not in _STRUCTURE]
    return tuple(_conditionally(context, each) for each in flows)


def _filed(context: Context, flows: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """Return the judgements on flows and on configuration, each under its cause."""
    names = [each for each in flows if each.requirement.kind in NAMES]
    others = [each for each in flows if each.requirement.kind not in NAMES]
    structure = _structure(context, names)
    tags = [each for each in structure if each.requirement.kind is Kind.FQDN_TAG]
    return (*structure, *others, *file_doubts(context, refile_names(names, tags), others))


def _structure(context: Context, names: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """Decide what the configuration alone tells. names: the judgements on documented names; none if all pass."""
    requirements = [each for pack in context.packs for each in pack.requirements if each.kind in _STRUCTURE]
    return tuple(
        judge_tag(context, each, names) if each.kind is Kind.FQDN_TAG else _EVALUATORS[each.kind](context, each)
        for each in requirements
    )


def condition_of(context: Context, requirement: Requirement) -> Judgement | None:
    """Return the judgement on a requirement whose condition certainly does not hold; None on any other."""
    workload = context.workload
    if requirement.condition == LINUX and workload.linux is False:
        return not_applicable(requirement, "no-linux-apps", workload.linux_why)
    if requirement.locations and workload.place not in requirement.locations:
        where = ", ".join(requirement.locations)
        return not_applicable(requirement, "other-region", f"the document lists it for {where} only")
    return None


def _conditionally(context: Context, requirement: Requirement) -> Judgement:
    """Decide a requirement if its condition holds; where that is not known, only what holds either way is a pass."""
    inapplicable = condition_of(context, requirement)
    if inapplicable is not None:
        return inapplicable
    if requirement.id in context.unread:
        return undetermined(requirement, context.unread[requirement.id])
    judgement = _EVALUATORS[requirement.kind](context, requirement)
    workload = context.workload
    if requirement.condition == LINUX and workload.linux is None and judgement.outcome is not Outcome.PASS:
        hop = make_hop("workload", workload.id, "", Verdict.UNKNOWN, "apps-unreadable", workload.linux_why, "A22")
        return undetermined(requirement, hop, judgement.exchange)
    return judgement


def _summary(workload: Workload, judged: _Judged, network: Sketch | None) -> WorkloadSummary:
    counts = Counter(each.outcome for each in judged.judgements)
    counts[Outcome.PASS] += judged.passing.total()
    return WorkloadSummary(
        id=workload.id,
        name=workload.name,
        kind=workload.kind,
        location=workload.location,
        subnet=workload.subnet.id if workload.subnet else workload.subnet_id,
        summary=tuple((outcome, counts[outcome]) for outcome in Outcome),
        network=network,
    )
