"""What the security admin rules of Azure Virtual Network Manager do with a flow, before any NSG (N15)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from auditor.engine.coverage import Coverage
from auditor.engine.flows import Flow
from auditor.engine.hops import make_hop
from auditor.engine.matching import Decision, Line, first_match, together
from auditor.engine.nsg import side_coverage, virtual_network_tag
from auditor.estate.addresses import EVERYTHING, NOTHING, PLATFORM, AddressSet
from auditor.estate.estate import Estate
from auditor.estate.network import Side, Subnet
from auditor.estate.ports import ALL_PORTS
from auditor.estate.security_admin import AdminRule, configuration_of
from auditor.estate.tags import Tags
from auditor.traces import Hop, Verdict

_IN_FORCE = ("microsoft.network/effectivesecurityadminrules",)
_RULES = "microsoft.network/networkmanagers/securityadminconfigurations/rulecollections/rules/snapshots"
_MANAGERS = ("microsoft.network/networkmanagers", _RULES)
_MANAGER = "/providers/microsoft.network/networkmanagers/"
_PROTOCOLS = frozenset({"tcp", "udp", "icmp", "esp", "ah", "*"})
_VERDICTS = {"deny": Verdict.BLOCK, "allow": Verdict.ALLOW, "alwaysallow": Verdict.ALLOW}
_DENY, _FINAL, _ASK_ON, _SILENT = "admin-deny", "admin-always-allow", "admin-allow", "admin-silent"
_CODES = {"deny": _DENY, "allow": _ASK_ON, "alwaysallow": _FINAL}
_WORST = (Verdict.BLOCK, Verdict.UNKNOWN, Verdict.ALLOW)
_EXEMPT = frozenset(
    {
        *("azurefirewallsubnet", "azurefirewallmanagementsubnet", "azurebastionsubnet"),
        *("gatewaysubnet", "routeserversubnet"),
    }
)
"""Subnets of services to which security admin rules do not apply.

Source: Security admin rules in Azure Virtual Network Manager, section on nonapplication,
https://learn.microsoft.com/azure/virtual-network-manager/concept-security-admins.
"""


class AdminEstate:
    """What a source tells of security admin rules; found once for it."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._rules: dict[str, list[AdminRule]] = {}
        for at in sorted(estate.admin_rules):
            self._rules.setdefault(estate.admin_rules[at].configuration, []).append(estate.admin_rules[at])
        self._placed: dict[tuple[str, str], tuple[Placed, ...]] = {}
        self._told = frozenset(_subscription(each) for each in estate.applied_admin)
        self._managed = bool(self._rules) or any(_MANAGER in each for each in estate.known_ids)
        self._gaps = {configuration_of(each.scope): each.why for each in estate.gaps_by_kind.get(_RULES, ())}

    def doubt(self, vnet: str) -> str:
        """Return why rules may be in force on a VNet that were not read; "" if none can be."""
        applied = self._estate.applied_admin.get(vnet)
        if applied is None:
            return self._unread(vnet)
        if applied.state not in {"", "succeeded"}:
            name = vnet.rpartition("/")[2]
            return f"whether the security admin rules of VNet {name} are in force is not known: {applied.state}"
        for each, _ in applied.configurations:
            fault = self._gaps.get(each) or self._gaps.get("")
            if fault:
                return fault
            if each not in self._rules:
                return f"the rules of security admin configuration {_name(each)} are not in the source"
        return ""

    def _unread(self, vnet: str) -> str:
        """Return why rules may be in force on a VNet of which nothing is told.

        A snapshot holds what is in force wherever something is; so does a file with the answer for a subscription.
        """
        told = self._estate.complete or _subscription(vnet) in self._told
        gap = self._estate.may_hide(_IN_FORCE, vnet, unnamed=told)
        if gap is None and not told:
            gap = self._estate.may_hide(_MANAGERS, "", unnamed=False)
        if gap is not None:
            return gap.why
        if told or not self._managed:
            return ""
        name = vnet.rpartition("/")[2]
        return f"which security admin rules of a network manager are in force on VNet {name} is not in the source"

    def in_force(self, vnet: str) -> tuple[tuple["Placed", ...], ...]:
        """Return the rules of each configuration in force on a VNet, as Azure asks them."""
        applied = self._estate.applied_admin.get(vnet)
        return tuple(self._of(*each) for each in applied.configurations) if applied else ()

    def _of(self, configuration: str, snapshot: str) -> tuple["Placed", ...]:
        """Return the rules of a configuration, by priority.

        Those of its snapshot, and those of which there is none of that number, so that another may be in force.
        """
        at = (configuration, snapshot)
        if at not in self._placed:
            rules = sorted(self._rules.get(configuration, ()), key=lambda rule: (rule.priority, rule.id.lower()))
            sure = {each.rule for each in rules if each.snapshot == snapshot}
            self._placed[at] = tuple(
                Placed(each, certain=each.snapshot == snapshot)
                for each in rules
                if each.snapshot == snapshot or each.rule not in sure
            )
        return self._placed[at]


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule in its place. certain: whether it is certainly in force."""

    rule: AdminRule
    certain: bool


def _subscription(arm_id: str) -> str:
    return "/".join(arm_id.split("/")[:3])


def _name(configuration: str) -> str:
    return configuration.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Left:
    """What of a flow NSGs are still asked about. sure: whether they certainly are."""

    flow: Flow
    sure: bool


def exemption(subnet: Subnet) -> tuple[bool, bool]:
    """Tell whether a subnet certainly is beyond security admin rules, and whether it may be.

    Application gateways are, unless they are isolated, which their subnet does not tell.
    """
    return subnet.name.lower() in _EXEMPT, subnet.application_gateways


class AdminRules:
    """The security admin rules in force in a subnet; none in most."""

    def __init__(self, rules: AdminEstate, estate: Estate, subnet: Subnet, tags: Tags) -> None:
        self._vnet = subnet.vnet
        self._estate = estate
        self._subnet = subnet
        self._tags = tags
        exempt, self._perhaps = exemption(subnet)
        self.doubt = "" if exempt else rules.doubt(subnet.vnet)
        self._placed = () if exempt or self.doubt else rules.in_force(subnet.vnet)
        self._compiled: dict[tuple[bool, str], tuple[tuple[Line, ...], ...]] = {}

    @cached_property
    def _network(self) -> tuple[AddressSet, AddressSet]:
        return virtual_network_tag(self._estate, self._subnet, self._tags)

    @property
    def in_force(self) -> tuple[tuple[Placed, ...], ...]:
        """The rules of each configuration in force; none where they are not known either."""
        return self._placed

    @property
    def none(self) -> bool:
        """Whether there certainly are no rules."""
        return not self.doubt and not any(self._placed)

    def hops(self, flow: Flow, *, inbound: bool) -> tuple[tuple[Hop, ...], tuple[Left, ...]]:
        """Return the hop of the rules, none where there are none, and what of the flow NSGs are still asked about."""
        if self.doubt:
            hop = make_hop("admin-rules", self._vnet, "", Verdict.UNKNOWN, "admin-unreadable", self.doubt, "N15")
            return (hop,), (Left(flow, sure=True),)
        if self.none:
            return (), (Left(flow, sure=True),)
        parts = [_Part(flow, ())]
        for lines in self._lines(flow, inbound=inbound):
            parts = [
                _Part(_narrowed(part.flow, each), (*part.decisions, each))
                for part in parts
                for each in first_match(part.flow, lines, Verdict.ALLOW)
            ]
        outcomes = [_settled(part, perhaps=self._perhaps) for part in parts]
        hop = self._hop(flow, outcomes, inbound=inbound)
        if not any(_FINAL in each.words for each in outcomes):
            return (hop,), (Left(flow, sure=True),)
        left = [each for each in outcomes if each.words & {_ASK_ON, _SILENT}]
        return (hop,), tuple(Left(each.part.flow, sure=_FINAL not in each.words) for each in left)

    def _lines(self, flow: Flow, *, inbound: bool) -> Iterator[list[Line]]:
        """Yield, for each configuration, the rules that may meet a flow, in order."""
        at = (inbound, flow.protocol)
        if at not in self._compiled:
            self._compiled[at] = tuple(tuple(self._compile(each, *at)) for each in self._placed)
        near = flow.source if inbound else flow.destination
        platform = near.addresses is not None and near.addresses <= PLATFORM
        unsure = "whether security admin rules reach the platform's own addresses is not documented"
        for lines in self._compiled[at]:
            meeting = [each for each in lines if each.ports & flow.ports]
            yield [replace(each, unsure=each.unsure or unsure) for each in meeting] if platform else meeting

    def _compile(self, placed: Iterable[Placed], inbound: bool, protocol: str) -> Iterator[Line]:  # noqa: FBT001 - half of a key
        known = [each for each in placed if each.rule.inbound == inbound and _carries(each.rule, protocol)]
        priorities = Counter(each.rule.priority for each in known)
        for each in known:
            tie = f"priority {each.rule.priority}" if priorities[each.rule.priority] > 1 else ""
            yield self._line(each, tie)

    def _line(self, placed: Placed, tie: str) -> Line:
        rule = placed.rule
        unsure = "" if placed.certain else f"whether security admin rule {rule.name} is in force is not known"
        if rule.source_ports != ALL_PORTS:
            unsure = unsure or f"security admin rule {rule.name} looks at source ports, which a flow is free to choose"
        if rule.protocol not in _PROTOCOLS:
            unsure = (
                unsure or f"the auditor does not know protocol {rule.protocol!r} of security admin rule {rule.name}"
            )
        return Line(
            name=rule.name,
            resource=rule.id,
            verdict=_VERDICTS.get(rule.access, Verdict.UNKNOWN),
            code=_CODES.get(rule.access, "admin-undecided"),
            spec="N15",
            sources=self._coverage(rule.sources, anything=rule.any_source),
            destinations=self._coverage(rule.destinations, anything=rule.any_destination),
            ports=rule.ports,
            unsure=unsure,
            tie=tie,
        )

    def _coverage(self, side: Side, *, anything: bool) -> Coverage:
        found = side_coverage(side, self._network, self._tags, _no_members)
        why = "which networks are in a network group is not known"
        return replace(found, blur=EVERYTHING, why=why) if anything else found

    def _hop(self, flow: Flow, outcomes: list["_Outcome"], *, inbound: bool) -> Hop:
        verdict = together(each.verdict for each in outcomes)
        shown = min(outcomes, key=lambda each: _WORST.index(each.verdict))
        end = flow.source.label if inbound else flow.destination.label
        line = shown.line
        if line is None:
            why = f"no security admin rule stops {end}"
            return make_hop("admin-rules", self._vnet, "", verdict, _SILENT, why, "N15")
        if shown.verdict is Verdict.UNKNOWN:
            why = f"security admin rule {line.name} may decide, and {shown.why}"
            return make_hop("admin-rules", line.resource, line.name, verdict, "admin-undecided", why, "N15")
        word = "allows" if shown.verdict is Verdict.ALLOW else "denies"
        why = f"security admin rule {line.name} {word} {end} {'in' if inbound else 'out'}, before any NSG"
        return make_hop("admin-rules", line.resource, line.name, verdict, line.code, why, "N15")


def _carries(rule: AdminRule, protocol: str) -> bool:
    """Tell whether a rule may be for a protocol; one whose protocol nobody knows may be (J2)."""
    return rule.protocol in {"*", protocol} or rule.protocol not in _PROTOCOLS


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a flow, with what each configuration makes of it."""

    flow: Flow
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What becomes of a part of a flow. words: all that may become of it. line: the rule to name."""

    part: _Part
    words: frozenset[str]
    verdict: Verdict
    line: Line | None
    why: str


def _settled(part: _Part, *, perhaps: bool) -> _Outcome:
    """Settle what several configurations make of a part: of two that speak of it, which comes first is not known."""
    found = [_words(each) for each in part.decisions]
    words = frozenset().union(*found)
    if any(_SILENT not in each for each in found) and not perhaps:
        words -= {_SILENT}
    elif perhaps:
        words |= {_SILENT}
    verdict = Verdict.ALLOW if _DENY not in words else Verdict.BLOCK if words == {_DENY} else Verdict.UNKNOWN
    decision = next((each for each in part.decisions if _DENY in _words(each)), None)
    decision = decision or next((each for each in part.decisions if each.line is not None), part.decisions[0])
    why = decision.why if decision.verdict is Verdict.UNKNOWN else "another configuration, or none, may come before it"
    return _Outcome(part, words, verdict, decision.line, why)


def _words(decision: Decision) -> frozenset[str]:
    """Return all that a decision may come to: by the rules that may have decided, and those that then do."""
    maybes = tuple(each.line for each in decision.piece.maybes)
    settled: tuple[Line | None, ...] = decision.piece.tied
    if not settled:
        settled = (decision.otherwise if decision.verdict is Verdict.UNKNOWN and maybes else decision.line,)
    return frozenset(word for line in (*maybes, *settled) for word in _words_of(line))


def _words_of(line: Line | None) -> tuple[str, ...]:
    if line is None:
        return (_SILENT,)
    return (line.code,) if line.code in _CODES.values() else (_DENY, _FINAL, _ASK_ON)


def _narrowed(flow: Flow, decision: Decision) -> Flow:
    """Return the part of a flow that a decision is on."""
    piece = decision.piece
    source, destination = flow.source, flow.destination
    if isinstance(piece.sources, AddressSet):
        source = replace(source, addresses=piece.sources)
    if isinstance(piece.destinations, AddressSet):
        destination = replace(destination, addresses=piece.destinations)
    return replace(flow, source=source, destination=destination, ports=piece.ports)


def _no_members(_group: str) -> tuple[AddressSet, AddressSet]:
    """Return what an application security group holds in a rule that cannot name one."""
    return NOTHING, NOTHING
