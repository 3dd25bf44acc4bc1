"""What an Azure Firewall does with a flow: the one place that decides firewall rules (specification section 3)."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property

from auditor.engine.firewall_rules import (
    Placed,
    Unreadable,
    compile_application,
    compile_network,
    placed_collections,
    policy_chain,
)
from auditor.engine.flows import TCP, UDP, Endpoint, Flow, first_of
from auditor.engine.idle_rules import Idle, idle_rules
from auditor.engine.line_index import LineIndex
from auditor.engine.matching import Decision, Line, first_match, together
from auditor.engine.network_fqdns import FqdnUse
from auditor.engine.partition import Segments, segments
from auditor.engine.wide_rules import Wide, wide_rules
from auditor.estate.addresses import (
    NOTHING,
    PUBLIC,
    AddressSet,
    address_set,
    address_texts,
    looks_like_address,
    union,
)
from auditor.estate.estate import Estate
from auditor.estate.firewall import ApplicationRule, DnsProxy, Firewall, FirewallPolicy, NatRule
from auditor.estate.names import Relation, normal_fqdn_tag, normal_name, relation, supported_target
from auditor.estate.network import VirtualNetwork
from auditor.estate.ports import PortSet
from auditor.estate.tags import Tags
from auditor.traces import Hop, Verdict

_IN_SERVICE = frozenset({"", "succeeded", "updating"})
"""Provisioning states, lower case, in which a firewall runs the rules it was given (F15)."""
_IANA = "ianaprivateranges"
_PRIVATE = union(map(address_set, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""Ranges towards which the sender keeps its address unless the user says otherwise (F43)."""
_SHARED = address_set("100.64.0.0/10")
"""A range of which documents tell both."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What a firewall does with a flow.

    hop: what decided. decisions: on every part, in the order of the rules; empty where the rules are not readable, and
    where others share the passage.
    possible: what would stop the flow where the rule that an unknown hangs on does not meet it.
    notes: what a flow must bear that passes.
    snat: whether what passes leaves with the firewall's own address; None where parts differ.
    """

    verdict: Verdict
    hop: Hop
    decisions: tuple[Decision, ...] = ()
    possible: tuple[Hop, ...] = ()
    snat: bool | None = None
    notes: tuple[str, ...] = ()


class FirewallRules:
    """An Azure Firewall with its rules in order. Each protocol is compiled once."""

    def __init__(self, estate: Estate, firewall: Firewall, tags: Tags) -> None:
        self.firewall = firewall
        self._estate = estate
        self._tags = tags
        self.placed = placed_collections(estate, firewall)
        chain = policy_chain(estate, firewall)
        self._chain: tuple[FirewallPolicy, ...] = () if isinstance(chain, Unreadable) else chain
        self._network_lines: dict[tuple[str, FqdnUse], tuple[Line, ...]] = {}
        self._lines: dict[tuple[str, str, FqdnUse], tuple[Line, ...]] = {}
        self._on_ports: dict[tuple[str, str, FqdnUse, PortSet], LineIndex] = {}
        self._passages: dict[Hashable, Passage] = {}

    @cached_property
    def _senders(self) -> Segments:
        placed = () if isinstance(self.placed, Unreadable) else self.placed
        rules = [rule for each in placed for rule in each.collection.rules if not isinstance(rule, NatRule)]
        groups = {each for rule in rules for each in rule.sources.ip_groups}
        named = [each.addresses for at in groups if (each := self._estate.ip_groups.get(at))]
        return segments([*{rule.sources.addresses for rule in rules}, *named])

    def sender_class(self, addresses: AddressSet) -> int | None:
        """Return a number that is the same for senders which no rule can tell apart; None for one it may split."""
        return self._senders.class_of(addresses)

    @cached_property
    def tagged(self) -> dict[str, list[tuple[Placed, ApplicationRule]]]:
        """The application rules by the FQDN tags they name, in order, each with its place."""
        found: dict[str, list[tuple[Placed, ApplicationRule]]] = {}
        for placed in () if isinstance(self.placed, Unreadable) else self.placed:
            for rule in placed.collection.rules:
                if isinstance(rule, ApplicationRule):
                    for tag in set(rule.fqdn_tags):
                        found.setdefault(tag, []).append((placed, rule))
        return found

    @cached_property
    def wide(self) -> tuple[Wide, ...]:
        """The rules that allow what anyone may own, in order."""
        return () if isinstance(self.placed, Unreadable) else tuple(wide_rules(self.placed, self._estate))

    def caveats(self, flow: Flow, *, inbound: bool = False) -> tuple[str, ...]:
        """Return what may change a flow beside the rules and cannot be read (F15, F45, F49, F50, F54).

        inbound: whether it comes in by DNAT, so that its sender is the end that lists may name.
        """
        name = self.firewall.name
        modes = [each.threat_intel for each in self._chain] or [self.firewall.threat_intel]
        found = [
            f"{kind} {each} is being updated: for some minutes instances may still run the rules of before [F15]"
            for kind, each, state in self._states()
            if state == "updating"
        ]
        if "deny" in modes and not self._basic and not self._trusted(flow.source if inbound else flow.destination):
            found.append(f"firewall {name} drops what its threat intelligence lists, which is not readable [F49]")
        if "deny" in {each.intrusion_mode for each in self._chain}:
            found.append(
                f"intrusion detection of firewall {name} drops what its signatures match, after the rules [F50]"
            )
        if any(each.explicit_proxy for each in self._chain) and not inbound:
            found.append(f"firewall {name} is an explicit proxy too: clients that use it so pass routes by [F54]")
        if self._learns and not inbound:
            found.append(f"which private ranges firewall {name} has learned not to translate is not readable [F45]")
        return tuple(found)

    @property
    def _basic(self) -> bool:
        return "basic" in {self.firewall.tier, *(each.tier for each in self._chain[:1])}

    @property
    def _learns(self) -> bool:
        return any(each.learns_private_ranges for each in self._chain[:1])

    def _trusted(self, end: Endpoint) -> bool:
        """Tell whether threat intelligence lets all of an end pass."""
        lists = [each.threat_intel_allowed for each in self._chain] or [self.firewall.threat_intel_allowed]
        if end.name:
            return any(relation(each, end.name) is Relation.COVERS for _, names in lists for each in names)
        return end.addresses is not None and end.addresses <= union(addresses for addresses, _ in lists)

    def decide(self, flow: Flow, client: VirtualNetwork | None) -> Passage:
        """Return what becomes of `flow`, sent by a client in VNet `client`.

        Decided once for all senders that no rule tells apart.
        """
        if isinstance(self.placed, Unreadable):
            return self._stopped(Verdict.UNKNOWN, self.placed.code, self.placed.why, self.placed.spec)
        failed = self.state_hop()
        if failed is not None:
            return Passage(Verdict.UNKNOWN, failed)
        use = self._fqdn_use(client)
        senders = flow.source.addresses
        sender_class = self.sender_class(senders) if senders is not None else None
        if sender_class is None:
            return self._decide(flow, self._candidates(self.placed, flow, use, None))
        at = (sender_class, flow.protocol, flow.application, flow.ports, use, first_of(flow.destination))
        if at not in self._passages:
            passage = self._decide(flow, self._candidates(self.placed, flow, use, sender_class))
            self._passages[at] = replace(passage, decisions=())  # they name the sender
        return self._passages[at]

    def _decide(self, flow: Flow, lines: Iterable[Line]) -> Passage:
        decisions = first_match(flow, lines, Verdict.BLOCK)
        verdict = together(each.verdict for each in decisions)
        deciding = next((each for each in decisions if each.verdict is not Verdict.ALLOW), decisions[0])
        hop = self._hop(flow, verdict, deciding)
        if verdict is Verdict.ALLOW:
            return self._after_snat(
                flow, Passage(verdict, hop, decisions, snat=self._snat(flow, decisions), notes=_notes(decisions))
            )
        return Passage(verdict, hop, decisions, self._otherwise(flow, decisions))

    def state_hop(self) -> Hop | None:
        """Return the hop of a firewall of which some part is in no working state; None where all are (F15, J5)."""
        for kind, name, state in self._states():
            if state not in _IN_SERVICE:
                why = f"{kind} {name} is in provisioning state {state}: instances may run different rules"
                return self._make(Verdict.UNKNOWN, "firewall-failed", why, "F15", "", self.firewall.id)
        return None

    def _states(self) -> Iterator[tuple[str, str, str]]:
        """Yield kind, name and provisioning state of everything that the rules come from."""
        yield "firewall", self.firewall.name, self.firewall.state
        for policy in self._chain:
            yield "firewall policy", policy.name, policy.state
            for each in policy.groups or ():
                group = self._estate.groups.get(each)
                if group is not None:
                    yield "rule collection group", group.name, group.state

    def _otherwise(self, flow: Flow, decisions: tuple[Decision, ...]) -> tuple[Hop, ...]:
        """Return what stops the undecided parts of a flow if the rules they hang on do not meet them."""
        open_ = [each for each in decisions if each.verdict is Verdict.UNKNOWN and each.line is not None]
        ends = [replace(each, verdict=Verdict.BLOCK, line=each.otherwise) for each in open_]
        stopped = [each for each in ends if each.line is None or each.line.verdict is Verdict.BLOCK]
        return tuple(dict.fromkeys(self._hop(flow, Verdict.BLOCK, each) for each in stopped))

    def _candidates(
        self, placed: tuple[Placed, ...], flow: Flow, use: FqdnUse, sender_class: int | None
    ) -> Iterable[Line]:
        """Return the rules that may meet `flow`, in order."""
        at = (flow.protocol, flow.application, use)
        if at not in self._lines:
            named = flow.application if flow.protocol == TCP else ""  # QUIC is never seen by application rules (F28)
            application = compile_application(placed, named, self._estate) if named else ()
            if (flow.protocol, use) not in self._network_lines:
                network = compile_network(placed, flow.protocol, self._estate, self._tags, use)
                self._network_lines[flow.protocol, use] = network
            self._lines[at] = (*self._network_lines[flow.protocol, use], *application)  # by type before all else (F3)
        on_ports = (*at, flow.ports)
        if on_ports not in self._on_ports:
            lines = tuple(each for each in self._lines[at] if each.ports & flow.ports)
            self._on_ports[on_ports] = LineIndex(lines, flow.ports)
        return self._on_ports[on_ports].candidates(flow.destination, flow.source.addresses, sender_class)

    @property
    def _dns(self) -> DnsProxy | None:
        return next((each.dns for each in self._chain if each.dns.enabled is not None), None)

    @property
    def resolves(self) -> bool:
        """Whether the firewall answers questions for names: its DNS proxy is on (F14, F22, F48)."""
        of_its_own = self.firewall.dns_proxy if self.firewall.policy is None else False  # F1
        return not self._basic and bool(self._dns.enabled if self._dns else of_its_own)

    def _fqdn_use(self, client: VirtualNetwork | None) -> FqdnUse:
        """Tell whether names in network rules are in force for clients in VNet `client` (F22, F48)."""
        if not self.resolves:
            return FqdnUse(works=False)
        if self._dns and not self._dns.for_network_rules:
            return FqdnUse(works=None, why="the DNS settings do not require the proxy for network rules")
        own = {each.address for each in self.firewall.addresses}
        if client is not None and client.dns_servers and set(client.dns_servers) <= own:
            return FqdnUse(works=True)
        return FqdnUse(
            works=None,
            why="the clients do not resolve names through the firewall, so that both may see other addresses",
        )

    def _hop(self, flow: Flow, verdict: Verdict, deciding: Decision) -> Hop:
        line = deciding.line
        if line is None:
            code, why, spec = self._default_deny(flow, deciding)
            return self._make(verdict, code, why, spec, "", self.firewall.id)
        if deciding.verdict is Verdict.UNKNOWN:
            why = f"rule {line.name} may decide, and {deciding.why}"
            return self._make(verdict, "firewall-undecided", why, deciding.spec or "F25", line.name, line.resource)
        word = "allows" if deciding.verdict is Verdict.ALLOW else "denies"
        part = "" if verdict is deciding.verdict else " in part"
        why = f"rule {line.name} {word} {flow.destination.label}{part}"
        return self._make(verdict, line.code, why, line.spec, line.name, line.resource)

    def _default_deny(self, flow: Flow, deciding: Decision) -> tuple[str, str, str]:
        name = self.firewall.name
        sources = deciding.piece.sources
        if isinstance(sources, AddressSet) and flow.source.addresses is not None and sources != flow.source.addresses:
            part = address_texts(sources)
            why = f"no rule of firewall {name} allows {flow.destination.label} for {part}, a part of the subnet"
            return "firewall-default-deny", why, "F16"
        pattern = self._unsupported_pattern(flow.destination.name)
        if pattern:
            why = f'firewall {name} names "{pattern}", but Azure Firewall takes a star only at the far left of a name'
            return "firewall-unsupported-pattern", why, "F29"
        why = f"no rule of firewall {name} allows {flow.destination.label}"
        idle = next((each for each in self._idle if each.names(flow)), None)
        if idle is not None:
            return "firewall-default-deny", f"{why}: {idle.why}", idle.spec
        malformed = self._malformed_tags(flow.destination)
        if malformed:
            why = f'{why}; one holds "{malformed}", several tags in one text, of which Azure may apply none'
        return "firewall-default-deny", why, "F38" if malformed else "F2"

    def _malformed_tags(self, end: Endpoint) -> str:
        """Return the text of an application rule that holds several tags, one of which would cover an end."""
        texts = (each for each in self._joined_tags if end.fqdn_tags & set(map(normal_fqdn_tag, each.split(","))))
        return next(texts, "")

    @cached_property
    def _idle(self) -> tuple[Idle, ...]:
        placed = () if isinstance(self.placed, Unreadable) else self.placed
        return tuple(idle_rules(placed, self._estate, resolves=self.resolves, basic=self._basic))

    @cached_property
    def _joined_tags(self) -> tuple[str, ...]:
        """The texts of application rules that hold several FQDN tags, in order."""
        placed = () if isinstance(self.placed, Unreadable) else self.placed
        rules = (rule for each in placed for rule in each.collection.rules if isinstance(rule, ApplicationRule))
        return tuple(text for rule in rules for text in rule.malformed_tags)

    def _unsupported_pattern(self, name: str) -> str:
        fitting = (each for each in self._unsupported if fnmatchcase(name, normal_name(each))) if name else iter(())
        return next(fitting, "")

    @cached_property
    def _unsupported(self) -> tuple[str, ...]:
        """The targets of application rules that Azure does not take, in order."""
        placed = () if isinstance(self.placed, Unreadable) else self.placed
        rules = (rule for each in placed for rule in each.collection.rules if isinstance(rule, ApplicationRule))
        return tuple(target for rule in rules for target in rule.targets if not supported_target(target))

    def _snat(self, flow: Flow, decisions: tuple[Decision, ...]) -> bool | None:
        """Tell whether what passes is SNATed: application rules always do, network rules unless private (F36, F43)."""
        found: set[bool | None] = set()
        for each in decisions:
            if each.line is not None and "-application-" in each.line.code:
                found.add(True)
            else:
                found.add(self._translates(flow.destination.addresses))
        return found.pop() if len(found) == 1 else None

    def _translates(self, addresses: AddressSet | None) -> bool | None:
        """Tell whether a network rule's senders are translated towards addresses; None where parts differ, or may."""
        if addresses is None:
            return True
        kept = self._unchanged()
        if addresses <= kept:
            return False
        disputed = _SHARED if self._by_default else NOTHING
        if self._ranges() == () or (self._learns and not addresses <= PUBLIC):
            return None
        return None if addresses & (kept | disputed) else True

    @property
    def _by_default(self) -> bool:
        ranges = self._ranges()
        return ranges is None or any(each.lower() == _IANA for each in ranges)

    def _ranges(self) -> tuple[str, ...] | None:
        ranges = [each.snat_ranges for each in self._chain if each.snat_ranges is not None]
        return (ranges[0] if ranges else None) if self._chain else self.firewall.snat_ranges

    def _unchanged(self) -> AddressSet:
        """Return the destinations towards which the firewall keeps the sender's address."""
        kept = _PRIVATE if self._by_default else NOTHING
        for each in self._ranges() or ():
            if looks_like_address(each):
                kept |= address_set(each)
        return kept

    def _after_snat(self, flow: Flow, passage: Passage) -> Passage:
        """Stop what would reach the Internet with a private sender's address (F19, F44)."""
        name, label = self.firewall.name, flow.destination.label
        public = flow.destination.universe & PUBLIC
        if flow.protocol not in {TCP, UDP} and public:
            why = (
                f"firewall {name} does not translate the sender of {flow.protocol} traffic, so that no reply can return"
            )
            return self._stopped(Verdict.BLOCK, "firewall-no-snat", why, "F19")
        kept = public & self._unchanged()
        if not kept:
            return passage
        if all(each.line and "-application-" in each.line.code for each in passage.decisions):
            if not public <= kept:
                return passage
            why = f"firewall {name} translates no sender addresses; what that does to application rules is disputed"
            doubt = self._stopped(Verdict.UNKNOWN, "firewall-no-snat", why, "F44")
            return replace(doubt, possible=(replace(doubt.hop, verdict=Verdict.BLOCK),))
        why = f"firewall {name} keeps private sender addresses towards {label}: no reply can return"
        if public <= kept:
            return self._stopped(Verdict.BLOCK, "firewall-no-snat", why, "F44")
        verdict = Verdict.UNKNOWN if flow.destination.addresses is None else Verdict.PARTIAL
        return self._stopped(verdict, "firewall-no-snat", f"{why}, for a part of it", "F44")

    def _stopped(self, verdict: Verdict, code: str, why: str, spec: str) -> Passage:
        return Passage(verdict, self._make(verdict, code, why, spec, "", self.firewall.id))

    def _make(self, verdict: Verdict, code: str, why: str, spec: str, decided_by: str, resource: str) -> Hop:  # noqa: PLR0913, PLR0917 - the fields of a hop
        return Hop(
            at="firewall", resource=resource, decided_by=decided_by, verdict=verdict, code=code, why=why, spec=spec
        )


def _notes(decisions: tuple[Decision, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.line.note for each in decisions if each.line and each.line.note))
