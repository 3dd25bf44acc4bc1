"""The rules of an Azure Firewall, compiled in the order in which it consults them (F1 to F6).

Network rules before application rules, whatever their priorities; within a type the parent policy first, then groups,
then collections by priority, then rules as listed. What could not be read makes the whole list undecidable: parent
rules run first (F13).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from auditor.engine.application_rules import Powers, application_lines
from auditor.engine.coverage import Coverage
from auditor.engine.flows import ICMP, TCP, UDP
from auditor.engine.matching import Line
from auditor.engine.network_fqdns import FqdnUse, fqdn_destinations
from auditor.estate.addresses import EVERYTHING, NOTHING
from auditor.estate.arm import key
from auditor.estate.estate import Estate
from auditor.estate.firewall import (
    AddressField,
    ApplicationRule,
    Firewall,
    FirewallPolicy,
    NatRule,
    NetworkRule,
    RuleCollection,
)
from auditor.estate.ports import ALL_PORTS
from auditor.estate.tags import Tags
from auditor.traces import Verdict

_PROTOCOLS = frozenset({"tcp", "udp", "icmp", "any"})
_CLASSIC = Powers(urls=False, tls=False, categories=True, redirects=False)
"""What classic rules can do."""
_VERDICTS = {True: Verdict.ALLOW, False: Verdict.BLOCK, None: Verdict.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule collection at its place in the order.

    place: sorts as Azure does: how far from the root policy, priority of the group, of the collection. owner: ARM id of
    what to change, the rule collection group or, for classic collections, the firewall. path: names from the policy
    down to the collection. group: comparing id of the rule collection group, "" for classic collections. tie: the same
    text for collections whose order is not documented, as those of one priority with different actions, or of two
    groups of one priority (F7); "" for all others.
    """

    place: tuple[int, int, int]
    owner: str
    path: str
    collection: RuleCollection
    powers: Powers
    group: str = ""
    tie: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why the rules of a firewall cannot be decided."""

    code: str
    why: str
    spec: str


def placed_collections(estate: Estate, firewall: Firewall) -> tuple[Placed, ...] | Unreadable:
    """Return every rule collection in force on a firewall, in order; or why that cannot be told."""
    if firewall.policy is None:
        if firewall.collections is None:
            why = f"the source holds no rules of firewall {firewall.name}: neither a policy nor classic collections"
            return Unreadable("firewall-rules-unreadable", why, "F1")
        found = [
            Placed((0, 0, each.priority), firewall.id, f"{firewall.name}/{each.name}", each, _CLASSIC)
            for each in firewall.collections
        ]
        return _ordered(found)
    chain = policy_chain(estate, firewall)
    if isinstance(chain, Unreadable):
        return chain
    placed: list[Placed] = []
    for depth, policy in enumerate(reversed(chain)):
        fault = _missing_group(estate, policy)
        if fault is not None:
            return fault
        powers = Powers(
            urls=policy.tier not in {"basic", "standard"},
            tls=any(each.certificate_authority for each in chain),
            categories="basic" not in {firewall.tier, policy.tier},
            redirects=chain[0].sql_redirect,
        )
        placed += _policy_collections(estate, policy, depth, powers)
    return _ordered(placed)


def policy_chain(estate: Estate, firewall: Firewall) -> tuple[FirewallPolicy, ...] | Unreadable:
    """Return the policies of a firewall, its own first and the root last; or why the chain breaks (F13)."""
    chain: list[FirewallPolicy] = []
    wanted, seen = firewall.policy, set[str]()
    while wanted:
        policy = estate.policies.get(wanted)
        if policy is None:
            code = "base-policy-unreadable" if chain else "firewall-policy-unreadable"
            return Unreadable(code, estate.missing(wanted), "F13")
        if wanted in seen:
            return Unreadable(
                "base-policy-cycle", f"firewall policy {policy.name} is, through its base policies, its own base", "F13"
            )
        seen.add(wanted)
        chain.append(policy)
        wanted = policy.base
    return tuple(chain)


def _missing_group(estate: Estate, policy: FirewallPolicy) -> Unreadable | None:
    present = {each for each, group in estate.groups.items() if group.policy == key(policy.id)}
    if policy.groups is None:
        why = f"firewall policy {policy.name} does not list its rule collection groups, so that some may be missing"
        return Unreadable("rule-collection-groups-unreadable", why, "Q2")
    for group in policy.groups:
        if group not in present:
            return Unreadable("rule-collection-groups-unreadable", estate.missing(group), "Q2")
    extra = sorted(present - set(policy.groups))
    if extra:
        group = extra[0].rpartition("/")[2]
        why = f"rule collection group {group} is in the source, but firewall policy {policy.name} does not list it"
        return Unreadable("rule-collection-groups-unreadable", why, "Q2")
    gap = estate.may_hide(["microsoft.network/firewallpolicies/rulecollectiongroups"], key(policy.id))
    return Unreadable("rule-collection-groups-unreadable", gap.why, "Q2") if gap else None


def _policy_collections(estate: Estate, policy: FirewallPolicy, depth: int, powers: Powers) -> Iterator[Placed]:
    for each in policy.groups or ():
        group = estate.groups[each]
        for collection in group.collections:
            yield Placed(
                (depth, group.priority, collection.priority),
                group.id,
                f"{policy.name}/{group.name}/{collection.name}",
                collection,
                powers,
                group=each,
            )


def _ordered(placed: list[Placed]) -> tuple[Placed, ...]:
    """Put collections in order and mark those whose order against one of the same type and place is not documented."""
    placed.sort(key=lambda each: (each.place, each.path))
    groups: dict[tuple[int, int], set[str]] = {}
    for each in placed:
        groups.setdefault(each.place[:2], set()).add(each.group)
    spots = [(*each.place[:2], 0 if len(groups[each.place[:2]]) > 1 else each.place[2]) for each in placed]
    actions: dict[tuple[object, type], set[bool | str | None]] = {}
    for each, spot in zip(placed, spots, strict=True):
        for kind in _kinds(each):
            # DNAT rules differ in where they lead to, whatever the action
            actions.setdefault((spot, kind), set()).add(each.path if kind is NatRule else each.collection.allow)
    return tuple(
        replace(each, tie=str(spot) if any(len(actions[spot, kind]) > 1 for kind in _kinds(each)) else "")
        for each, spot in zip(placed, spots, strict=True)
    )


def _kinds(placed: Placed) -> set[type]:
    return {type(rule) for rule in placed.collection.rules}


def compile_network(
    placed: tuple[Placed, ...], protocol: str, estate: Estate, tags: Tags, fqdn_use: FqdnUse
) -> tuple[Line, ...]:
    """Return the network rules that see `protocol`, in order."""
    lines: list[Line] = []
    for each in placed:
        for rule in each.collection.rules:
            if isinstance(rule, NetworkRule):
                line = _network_line(each, rule, protocol, estate, tags)
                if line is not None:
                    lines.append(fqdn_destinations(line, rule, fqdn_use))
    return tuple(lines)


def compile_application(placed: tuple[Placed, ...], application: str, estate: Estate) -> tuple[Line, ...]:
    """Return the application rules that see `application` ("http", "https" or "mssql"), in order."""
    lines: list[Line] = []
    for each in placed:
        for rule in each.collection.rules:
            if isinstance(rule, ApplicationRule):
                sources = source_coverage(rule.sources, estate)
                if sources is not None:
                    base = _line(each, rule.name, sources, "application", "F26")
                    lines += application_lines(base, rule, application, each.powers)
    return tuple(lines)


def _line(placed: Placed, rule: str, sources: Coverage, kind: str, spec: str) -> Line:
    allow = placed.collection.allow
    return Line(
        name=f"{placed.path}/{rule}",
        resource=placed.owner,
        verdict=_VERDICTS[allow],
        code=f"firewall-{kind}-{'allow' if allow else 'deny'}",
        spec=spec,
        sources=sources,
        destinations=Coverage(NOTHING),
        ports=ALL_PORTS,
        tie=f"{kind} {placed.tie}" if placed.tie else "",
        unsure=sources.why,
        unsure_spec=sources.spec,
    )


def _network_line(placed: Placed, rule: NetworkRule, protocol: str, estate: Estate, tags: Tags) -> Line | None:
    sources = source_coverage(rule.sources, estate)
    destinations = _destination_coverage(rule.destinations, estate, tags)
    if sources is None or destinations is None:
        return None
    unknown = sorted(rule.protocols - _PROTOCOLS)
    unsure = f"the auditor does not know protocol {unknown[0]!r} of network rule {rule.name}" if unknown else ""
    any_protocol = "any" in rule.protocols and (protocol in {TCP, UDP} or rule.ports == ALL_PORTS)
    if protocol not in rule.protocols and not any_protocol and not unsure:
        return None
    line = _line(placed, rule.name, sources, "network", "F16")
    ports = ALL_PORTS if protocol == ICMP else rule.ports  # it has none, so that a rule meets it or does not
    line = replace(line, destinations=destinations, ports=ports)
    if unsure:
        return replace(line, unsure=unsure, unsure_spec="J2")
    return _with_unread_group(line, destinations)


def _with_unread_group(line: Line, side: Coverage) -> Line:
    """Return a rule that is in doubt as a whole where a side names an IP group nobody read: an empty one ends it."""
    return replace(line, unsure=side.why, unsure_spec=side.spec) if side.why and not line.unsure else line


@dataclass(frozen=True, slots=True)
class NatLine:
    """A DNAT rule in its place. path: of its collection. inherited: whether it comes from a parent policy."""

    line: Line
    rule: NatRule
    path: str
    inherited: bool

    @property
    def target(self) -> tuple[str, str, int]:
        """Where the rule leads to."""
        return self.rule.to_address, self.rule.to_name, self.rule.to_port


def compile_nat(placed: tuple[Placed, ...], protocol: str, estate: Estate, firewall: Firewall) -> tuple[NatLine, ...]:
    """Return the DNAT rules that see `protocol`, in order; one that could not be read may meet anything."""
    chain = policy_chain(estate, firewall)
    own = 0 if isinstance(chain, Unreadable) else max(len(chain) - 1, 0)
    found: list[NatLine] = []
    for each in placed:
        for rule in each.collection.rules:
            if isinstance(rule, NatRule):
                line = _nat_line(each, rule, protocol, estate)
                if line is not None:
                    found.append(NatLine(line, rule, each.path, inherited=each.place[0] < own))
    return tuple(found)


def _nat_line(placed: Placed, rule: NatRule, protocol: str, estate: Estate) -> Line | None:
    base = replace(
        _line(placed, rule.name, Coverage(EVERYTHING), "nat", "F10"), verdict=Verdict.ALLOW, code="firewall-dnat"
    )
    if rule.fault:
        return replace(base, destinations=Coverage(EVERYTHING), unsure=f"DNAT rule {rule.name} cannot be read")
    odd = sorted(rule.protocols - _PROTOCOLS)
    if rule.protocols and not rule.protocols & {protocol, "any"} and not odd:
        return None
    if odd or placed.collection.allow is not True:
        why = f"protocol {odd[0]!r}" if odd else "the action"
        base = replace(base, unsure=f"the auditor does not know {why} of DNAT rule {rule.name}", unsure_spec="J2")
    sources, destinations = source_coverage(rule.sources, estate), source_coverage(rule.destinations, estate)
    if sources is None or destinations is None:
        return None
    line = replace(base, sources=sources, destinations=destinations, ports=rule.ports)
    return _with_unread_group(_with_unread_group(line, sources), destinations)


def source_coverage(field: AddressField, estate: Estate) -> Coverage | None:
    """Return the sources of a rule; None where an empty IP group switches the whole rule off (F20).

    With `why` where one was not read: it may hold anything, or nothing.
    """
    return _addresses(field, estate)


def _destination_coverage(field: AddressField, estate: Estate, tags: Tags) -> Coverage | None:
    base = _addresses(field, estate)
    return replace(base, tags=tuple(map(tags.use, field.tags))) if base else None


def _addresses(field: AddressField, estate: Estate) -> Coverage | None:
    literal, blur, why = field.addresses, NOTHING, ""
    for group_id in field.ip_groups:
        group = estate.ip_groups.get(group_id)
        if group is None:
            blur, why = EVERYTHING, estate.missing(group_id)
        elif not group.addresses:
            return None
        else:
            literal |= group.addresses
    return Coverage(literal, (), blur, why, "F20" if why else "")
