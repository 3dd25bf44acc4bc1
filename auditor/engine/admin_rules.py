"""What the security admin rules of Azure Virtual Network Manager do with a flow, before any NSG (N15)."""

from collections.abc import Iterator
from dataclasses import replace

from auditor.engine.coverage import Coverage
from auditor.engine.flows import Flow
from auditor.engine.hops import make_hop
from auditor.engine.matching import Decision, Line, first_match, together
from auditor.engine.nsg import side_coverage, virtual_network_tag
from auditor.estate.addresses import EVERYTHING, NOTHING, PLATFORM, AddressSet
from auditor.estate.estate import Estate
from auditor.estate.network import Side, Subnet
from auditor.estate.ports import ALL_PORTS
from auditor.estate.security_admin import AdminRule
from auditor.estate.tags import Tags
from auditor.traces import Hop, Verdict

_VERDICTS = {"deny": Verdict.BLOCK, "allow": Verdict.ALLOW, "alwaysallow": Verdict.ALLOW}
_KINDS = (
    "microsoft.network/effectivesecurityadminrules",
    "microsoft.network/networkmanagers",
    "microsoft.network/networkmanagers/securityadminconfigurations/rulecollections/rules/snapshots",
)
_MANAGER = "/providers/microsoft.network/networkmanagers/"
_FINAL = "admin-always-allow"


def has_manager(estate: Estate) -> bool:
    """Tell whether an estate holds a network manager: asked once, since it takes a look at every id."""
    return any(_MANAGER in each for each in estate.known_ids)


class AdminRules:
    """The security admin rules in force on the VNet of a subnet; none for most.

    managed: whether the source holds a network manager (see `has_manager`).
    """

    def __init__(self, estate: Estate, subnet: Subnet, tags: Tags, *, managed: bool) -> None:
        self._estate = estate
        self._subnet = subnet
        self._tags = tags
        self._managed = managed
        self.doubt = self._unread()
        applied = estate.applied_admin.get(subnet.vnet)
        wanted = applied.configurations if applied else ()
        found = [each for each in estate.admin_rules.values() if each.configuration in wanted]
        self.rules = tuple(sorted(found, key=lambda each: (each.priority, each.id.lower())))
        silent = [each for each in wanted if not any(rule.configuration == each for rule in found)]
        if silent:
            name = silent[0].rpartition("/securityadminconfigurations/")[2].partition("/")[0]
            self.doubt = self.doubt or f"the rules of security admin configuration {name} are not in the source"
        self._disputed = len(set(wanted)) > 1

    def _unread(self) -> str:
        """Return why rules may be in force that were not read; "" where there are certainly none."""
        if self._subnet.vnet in self._estate.applied_admin:
            return ""
        gap = self._estate.may_hide(_KINDS[:1], self._subnet.vnet) or self._estate.may_hide(_KINDS[1:], "")
        if gap is not None and gap.what != "*":
            return gap.why
        if self._estate.complete or not self._managed:
            return ""
        name = self._subnet.vnet.rpartition("/")[2]
        return f"which security admin rules of a network manager are in force on VNet {name} is not in the source"

    def hops(self, flow: Flow, *, inbound: bool) -> tuple[tuple[Hop, ...], tuple[Flow, ...]]:
        """Return the hop of the rules, none where there are none, and what of the flow NSGs are still asked about."""
        if self.doubt:
            hop = make_hop("admin-rules", self._subnet.vnet, "", Verdict.UNKNOWN, "admin-unreadable", self.doubt, "N15")
            return (hop,), (flow,)
        if not self.rules:
            return (), (flow,)
        decisions = first_match(flow, self._lines(flow, inbound=inbound), Verdict.ALLOW)
        final = {each.line is not None and each.line.code == _FINAL for each in decisions}
        hop = self._hop(flow, decisions)
        if True not in final:
            return (hop,), (flow,)
        left = [each for each in decisions if each.line is None or each.line.code != _FINAL]
        return (hop,), tuple(_part(flow, each) for each in left if each.verdict is not Verdict.BLOCK)

    def _lines(self, flow: Flow, *, inbound: bool) -> Iterator[Line]:
        platform = flow.destination.addresses is not None and flow.destination.addresses <= PLATFORM
        for rule in self.rules:
            if rule.inbound == inbound and rule.protocol in {"*", flow.protocol} and rule.ports & flow.ports:
                yield self._line(rule, platform=platform)

    def _line(self, rule: AdminRule, *, platform: bool) -> Line:
        unsure = "which networks are in a network group is not known" if rule.unsure else ""
        if rule.source_ports != ALL_PORTS:
            unsure = unsure or f"security admin rule {rule.name} looks at source ports, which a flow is free to choose"
        if platform:
            unsure = unsure or "whether security admin rules reach the platform's own addresses is not documented"
        anything = Coverage(EVERYTHING)
        return Line(
            name=rule.name,
            resource=rule.id,
            verdict=_VERDICTS.get(rule.access, Verdict.UNKNOWN),
            code={"alwaysallow": _FINAL, "deny": "admin-deny"}.get(rule.access, "admin-allow"),
            spec="N15",
            sources=anything if rule.unsure else self._coverage(rule.sources),
            destinations=anything if rule.unsure else self._coverage(rule.destinations),
            ports=rule.ports,
            unsure=unsure,
            tie="several security admin configurations" if self._disputed else "",
        )

    def _coverage(self, side: Side) -> Coverage:
        return side_coverage(side, virtual_network_tag(self._estate, self._subnet), self._tags, _no_members)

    def _hop(self, flow: Flow, decisions: tuple[Decision, ...]) -> Hop:
        verdict = together(each.verdict for each in decisions)
        deciding = next((each for each in decisions if each.verdict is not Verdict.ALLOW), decisions[0])
        line = deciding.line
        if line is None:
            why = f"no security admin rule stops {flow.destination.label}"
            return make_hop("admin-rules", self._subnet.vnet, "", verdict, "admin-silent", why, "N15")
        if deciding.verdict is Verdict.UNKNOWN:
            why = f"security admin rule {line.name} may decide, and {deciding.why}"
            return make_hop("admin-rules", line.resource, line.name, verdict, "admin-undecided", why, "N15")
        word = "allows" if deciding.verdict is Verdict.ALLOW else "denies"
        why = f"security admin rule {line.name} {word} {flow.destination.label}, before any network security group"
        return make_hop("admin-rules", line.resource, line.name, verdict, line.code, why, "N15")


def _part(flow: Flow, decision: Decision) -> Flow:
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
