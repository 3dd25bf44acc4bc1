"""The audit: every requirement of every workload decided, and what follows from it filed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.checks import Check
from auditor.engine.applications import judge_applications
from auditor.engine.context import Beside, Context, listed_beside
from auditor.engine.filing import findings_of, results_of
from auditor.engine.hops import make_hop
from auditor.engine.judgement import Judgement, not_applicable, undetermined
from auditor.engine.names import LINUX, NAMES, judge_name, judge_tag, refile_names
from auditor.engine.network import Network
from auditor.engine.numbers import judge_address, judge_any, judge_management_source, judge_nsg_inbound
from auditor.engine.structure import judge_default_route, judge_firewall, judge_route_table, judge_service_endpoint
from auditor.engine.workloads import Workload, find_workloads
from auditor.estate.addresses import AddressSet, address_set, union
from auditor.estate.estate import Estate
from auditor.estate.tags import Tags, normal_service_tag
from auditor.findings import Finding, Level, Outcome, Result, WorkloadSummary
from auditor.packs import Kind, Pack, Requirement
from auditor.settings import Settings
from auditor.traces import Verdict

_APPLIES_TO = ("ASEV1", "ASEV2")
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
    """What an audit says of the workloads of an estate, by id."""

    workloads: tuple[WorkloadSummary, ...]
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]


def audit(
    estate: Estate, packs: Mapping[str, tuple[Pack, ...]], settings: Settings, checks: Mapping[str, Check]
) -> Audited:
    """Decide every requirement of every workload of `estate`.

    packs: those that apply, by cloud; a cloud without an entry has no pack, and its workloads cannot be decided.
    """
    networks = {cloud: Network(estate, known_tags(estate, chosen)) for cloud, chosen in packs.items()}
    besides = {cloud: _beside(chosen, settings) for cloud, chosen in packs.items()}
    order = {level: place for place, level in enumerate(Level)}
    check_order = {check: place for place, check in enumerate(checks)}
    summaries: list[WorkloadSummary] = []
    results: list[Result] = []
    findings: list[Finding] = []
    for workload in find_workloads(estate):
        chosen = packs.get(workload.cloud, ())
        judgements = tuple(_judge(estate, networks, besides, workload, chosen, settings))
        mine = results_of(workload, judgements)
        results += mine
        findings += findings_of(workload, judgements, checks, settings.levels)
        summaries.append(_summary(workload, mine))
    findings.sort(
        key=lambda each: (order[each.level], check_order[each.check], each.workload.lower(), each.message, each.id)
    )
    return Audited(workloads=tuple(summaries), results=tuple(results), findings=tuple(findings))


def known_tags(estate: Estate, packs: tuple[Pack, ...]) -> Tags:
    """Return what the source and the documents say of service tags."""
    documented: dict[str, AddressSet] = {}
    for pack in packs:
        if pack.management_tag:
            addresses = union(
                address_set(each.target) for each in pack.requirements if each.kind is Kind.MANAGEMENT_SOURCE
            )
            documented[normal_service_tag(pack.management_tag)] = addresses
    return Tags(estate.tags, documented)


def _beside(packs: tuple[Pack, ...], settings: Settings) -> Beside:
    ranges = tuple(each.addresses for declared in settings.applications for each in declared.client_ranges)
    return listed_beside(packs, ranges)


def _judge(  # noqa: PLR0913, PLR0917 - one workload and all that is known of it
    estate: Estate,
    networks: Mapping[str, Network],
    besides: Mapping[str, Beside],
    workload: Workload,
    packs: tuple[Pack, ...],
    settings: Settings,
) -> Iterator[Judgement]:
    blanket = _blanket(workload, packs)
    if blanket is not None:
        yield blanket
    elif workload.subnet is None:
        missing = estate.missing(workload.subnet_id) if workload.subnet_id else "the environment names none"
        why = f"the subnet of {workload.name} cannot be read: {missing}"
        hop = make_hop(
            "workload", workload.subnet_id or workload.id, "", Verdict.UNKNOWN, "subnet-unreadable", why, "U8"
        )
        for pack in packs:
            for requirement in pack.requirements:
                yield undetermined(requirement, hop)
    else:
        context = Context(
            network=networks[workload.cloud],
            workload=workload,
            subnet=workload.subnet,
            packs=packs,
            settings=settings,
            beside=besides[workload.cloud],
        )
        yield from judge_workload(context)


def _blanket(workload: Workload, packs: tuple[Pack, ...]) -> Judgement | None:
    """Return the one judgement on a workload to which the packs do not apply, or may not; None where they do."""
    label = f"{packs[0].service}@{packs[0].label}" if packs else "ase-v2"
    everything = Requirement(id=f"{label}/*", kind=Kind.FIREWALL, target="", section="")
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
    requirements = [each for pack in context.packs for each in pack.requirements]
    names = [_conditionally(context, each) for each in requirements if each.kind in NAMES]
    tags = [judge_tag(context, each, names) for each in requirements if each.kind is Kind.FQDN_TAG]
    others = [
        _conditionally(context, each)
        for each in requirements
        if each.kind not in NAMES and each.kind is not Kind.FQDN_TAG
    ]
    return (*others, *tags, *refile_names(names, tags), *judge_applications(context))


def _conditionally(context: Context, requirement: Requirement) -> Judgement:
    """Decide a requirement if its condition holds; where that is not known, only what holds either way is a pass."""
    workload = context.workload
    if requirement.condition == LINUX and workload.linux is False:
        return not_applicable(requirement, "no-linux-apps", workload.linux_why)
    judgement = _EVALUATORS[requirement.kind](context, requirement)
    if requirement.condition == LINUX and workload.linux is None and judgement.outcome is not Outcome.PASS:
        hop = make_hop("workload", workload.id, "", Verdict.UNKNOWN, "apps-unreadable", workload.linux_why, "A22")
        return undetermined(requirement, hop, judgement.exchange)
    return judgement


def _summary(workload: Workload, results: tuple[Result, ...]) -> WorkloadSummary:
    counts = [(outcome, sum(each.outcome is outcome for each in results)) for outcome in Outcome]
    return WorkloadSummary(
        id=workload.id,
        name=workload.name,
        kind=workload.kind,
        location=workload.location,
        subnet=workload.subnet.id if workload.subnet else workload.subnet_id,
        summary=tuple(counts),
    )
