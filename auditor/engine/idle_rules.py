"""Rules that name what was asked for and are not in force: why nothing lets it out (F20, F21, F22, F31, F48)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from auditor.engine.firewall_rules import Placed, source_coverage
from auditor.engine.flows import Flow
from auditor.estate.estate import Estate
from auditor.estate.firewall import ApplicationRule, NetworkRule
from auditor.estate.names import Relation, is_pattern, relation


@dataclass(frozen=True, slots=True)
class Idle:
    """A rule that allows on paper. hosts: the names it is about. why, spec: what keeps it from being in force.

    off: whether all of it is out of force, and not only what it says of those names.
    """

    rule: NetworkRule | ApplicationRule
    hosts: tuple[str, ...]
    why: str
    spec: str
    off: bool = False

    def names(self, flow: Flow) -> bool:
        """Tell whether the rule would see a flow if it were in force."""
        senders = self.rule.sources
        if not senders.ip_groups and not flow.source.universe.meets(senders.addresses):
            return False
        if self.spec == "F31" and flow.application != "https":
            return False
        if isinstance(self.rule, NetworkRule):
            if not self.rule.protocols & {flow.protocol, "any"} or not self.rule.ports & flow.ports:
                return False
            if self.off and flow.destination.universe.meets(self.rule.destinations.addresses):
                return True
        elif not any(word == flow.application and port in flow.ports for word, port in self.rule.protocols):
            return False
        asked = flow.destination.name
        return bool(asked) and any(relation(each, asked) is Relation.COVERS for each in self.hosts)


def idle_rules(placed: Iterable[Placed], estate: Estate, *, resolves: bool, basic: bool) -> Iterator[Idle]:
    """Yield the rules of a firewall that allow and are not in force, in order.

    resolves: whether its DNS proxy is on. basic: whether it is of the tier Basic.
    """
    for each in placed:
        for rule in each.collection.rules if each.collection.allow else ():
            name = f"{each.path}/{rule.name}"
            if isinstance(rule, NetworkRule):
                yield from _network(name, rule, estate, resolves=resolves, basic=basic)
            elif isinstance(rule, ApplicationRule):
                yield from _application(name, rule, each, estate)


def _network(name: str, rule: NetworkRule, estate: Estate, *, resolves: bool, basic: bool) -> Iterator[Idle]:
    if source_coverage(rule.sources, estate) is None or source_coverage(rule.destinations, estate) is None:
        why = f"rule {name} uses an IP group without addresses, which switches it off"
        yield Idle(rule, rule.fqdns, why, "F20", off=True)
        return
    patterns = tuple(each for each in rule.fqdns if is_pattern(each))
    exact = tuple(each for each in rule.fqdns if not is_pattern(each))
    if patterns:
        yield Idle(rule, patterns, f"network rule {name} names a wildcard, which Azure Firewall does not take", "F21")
    if exact and basic:
        yield Idle(rule, exact, f"the tier Basic has no names in network rules such as {name}", "F48")
    elif exact and not resolves:
        yield Idle(rule, exact, f"network rule {name} names it, which needs the DNS proxy of the firewall", "F22")


def _application(name: str, rule: ApplicationRule, placed: Placed, estate: Estate) -> Iterator[Idle]:
    hosts = tuple(each.partition("/")[0] for each in rule.urls)
    if source_coverage(rule.sources, estate) is None:
        why = f"rule {name} uses an IP group without addresses, which switches it off"
        yield Idle(rule, (*rule.targets, *hosts), why, "F20", off=True)
    elif hosts and not placed.powers.urls:
        yield Idle(rule, hosts, f"rule {name} names a URL, which needs the tier Premium", "F48")
    elif hosts and not (rule.terminate_tls and placed.powers.tls):
        yield Idle(rule, hosts, f"rule {name} names a URL, which needs TLS inspection for HTTPS", "F31")
