"""Rules of the firewall that admit far more than the documents and the user ask for."""

from collections.abc import Iterator

from auditor.engine.context import IN_HUB, Context
from auditor.engine.firewall import FirewallRules
from auditor.engine.firewall_rules import Unreadable, source_coverage
from auditor.engine.flows import TCP, UDP, Endpoint, Flow
from auditor.engine.judgement import Cause, Judgement, cause_key
from auditor.engine.structure import failed
from auditor.engine.wide_rules import Wide
from auditor.estate.addresses import PUBLIC
from auditor.estate.names import contains
from auditor.estate.ports import ALL_PORTS, PortSet, port_set, port_text
from auditor.estate.tags import normal_service_tag
from auditor.findings import Outcome
from auditor.packs import Kind, Requirement
from auditor.traces import Verdict

_SOONER_OR_LATER = (123, 12000)
"""Ports, for time and for triage, that every edition after the first asks to open to any address: none is too much."""
_GETS_OUT = frozenset({Verdict.ALLOW, Verdict.PARTIAL})


def judge_breadth(context: Context) -> Iterator[Judgement]:
    """Yield a judgement on every rule by which the firewall lets the subnet out to what nobody asked for.

    A rule that another makes void does no harm and is left aside. Told only where the default route leads to the
    firewall, so that it is its rules that hold the lock-down.
    """
    owner = context.default_owner
    if owner is None or owner.firewall is None or owner.code not in {"next-hop-firewall", IN_HUB}:
        return
    rules = context.network.firewall(owner.firewall)
    if isinstance(rules.placed, Unreadable):
        return
    for wide in rules.wide:
        sources = source_coverage(wide.rule.sources, context.network.estate)
        if sources is not None and sources.literal.meets(context.source.universe):
            admitted = _names(context, rules, wide) if wide.targets else _numbers(context, rules, wide)
            if admitted:
                yield _broad(wide, admitted)


def _names(context: Context, rules: FirewallRules, wide: Wide) -> str:
    """Return the patterns by which names that nobody asks for get out; "" where none do."""
    asked = {each.target for pack in context.packs for each in pack.requirements if each.kind is Kind.WILDCARD}
    asked |= {each.name for each in context.settings.dependencies_of(context.workload.name) if each.name}
    found = [
        target
        for target in wide.targets
        if not any(contains(each, target) for each in asked)
        and any(_named(context, rules, target, word, port) for word, port in wide.protocols)
    ]
    return f"any name that fits {', '.join(found)}" if found else ""


def _named(context: Context, rules: FirewallRules, target: str, word: str, port: int) -> bool:
    """Tell whether a name that fits a pattern, and that nobody has, gets out."""
    end = context.beside.named(f"undocumented.{target.lstrip('*.') or 'example'}", ())
    return _gets_out(context, rules, end, TCP, port_set(str(port)), application=word)


def _numbers(context: Context, rules: FirewallRules, wide: Wide) -> str:
    """Return the addresses and ports by which traffic that nobody asks for gets out; "" where none does."""
    ports = wide.ports - _open_anywhere(context)
    found = [
        end.label
        for end in _ends(context, wide)
        if ports and any(_gets_out(context, rules, end, each, ports) for each in (TCP, UDP) if wide.sees(each))
    ]
    on = "any port" if wide.ports == ALL_PORTS else f"ports {port_text(ports)}"
    return f"{' and '.join(found)} on {on}" if found else ""


def _ends(context: Context, wide: Wide) -> Iterator[Endpoint]:
    """Yield the far ends that a network rule lets out to, without those that a document names by address."""
    elsewhere = context.beside.addresses
    if wide.addresses:
        number = len(wide.addresses.v4)
        label = "any address" if PUBLIC.v4 <= wide.addresses.v4 else f"any of {number:,} addresses"
        yield Endpoint(label=label, addresses=wide.addresses - elsewhere)
    for each in wide.tags:
        tag = normal_service_tag(each)
        yield Endpoint(label=f"service tag {each}", tag=tag, elsewhere=elsewhere)


def _open_anywhere(context: Context) -> PortSet:
    """Return the ports on which a document, or the user, asks for any address."""
    asked = [
        each for pack in context.packs for each in pack.requirements if each.kind is Kind.ANY and each.target == "*"
    ]
    declared = context.settings.dependencies_of(context.workload.name)
    numbers = [*_SOONER_OR_LATER, *(port for each in asked for port in each.ports)]
    numbers += [each.port for each in declared if each.addresses is not None and each.addresses.v4 >= PUBLIC.v4]
    return PortSet.of((each, each) for each in numbers)


def _gets_out(  # noqa: PLR0913, PLR0917 - the parts of a flow
    context: Context, rules: FirewallRules, end: Endpoint, protocol: str, ports: PortSet, application: str = ""
) -> bool:
    flow = Flow(source=context.source, destination=end, protocol=protocol, ports=ports, application=application)
    client = context.network.estate.virtual_networks.get(context.subnet.vnet)
    return rules.decide(flow, client).verdict in _GETS_OUT


def _broad(wide: Wide, admitted: str) -> Judgement:
    requirement = Requirement(
        id=f"lock-down/rule:{wide.name}", kind=Kind.FIREWALL, target=wide.name, section="lock-down", raw=wide.name
    )
    kind, spec = ("application", "F26") if wide.targets else ("network", "F16")
    cause = Cause(
        check="broad-firewall-rule",
        key=cause_key("broad", wide.owner, wide.name),
        resource=wide.owner,
        message=f"{kind} rule {wide.name} lets {admitted} out, far more than is documented or declared",
        evidence=(f"rule {wide.name} allows {admitted} [{spec}]",),
    )
    return failed(requirement, cause, Outcome.DEVIATES)
