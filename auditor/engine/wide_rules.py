"""Rules of a firewall that allow, on paper, what anyone may own: any name or address, or shared domains and tags."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.engine.firewall_rules import Placed, source_coverage
from auditor.estate.addresses import NOTHING, PUBLIC, AddressSet
from auditor.estate.estate import Estate
from auditor.estate.firewall import ApplicationRule, NetworkRule
from auditor.estate.ports import ALL_PORTS, PortSet
from auditor.estate.shared_domains import holds_anyones_names
from auditor.estate.tags import normal_service_tag

_FAR_MORE = 1 << 24
"""As many public addresses as a /8 has: no documented range is as large."""
_ANYONES = frozenset({"azurecloud", "internet"})
"""Service tags, whatever the region, that hold what anyone may own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wide:
    """A rule that allows much.

    owner: ARM id of the rule collection group or firewall it stands in. name: with those of all above it.
    targets, protocols: of an application rule, the patterns that hold anyone's names. addresses, tags, ports: of a
    network rule, what it lets out to, where that is much; tags as the rule writes them.
    """

    rule: ApplicationRule | NetworkRule
    owner: str
    name: str
    targets: tuple[str, ...] = ()
    protocols: tuple[tuple[str, int], ...] = ()
    addresses: AddressSet = NOTHING
    tags: tuple[str, ...] = ()
    ports: PortSet = ALL_PORTS

    def sees(self, protocol: str) -> bool:
        """Tell whether a network rule is about that protocol."""
        return isinstance(self.rule, NetworkRule) and bool(self.rule.protocols & {protocol, "any"})


def wide_rules(placed: tuple[Placed, ...], estate: Estate) -> Iterator[Wide]:
    """Yield the rules that allow what anyone may own, in order."""
    for each in placed:
        for rule in each.collection.rules if each.collection.allow else ():
            name = f"{each.path}/{rule.name}"
            if isinstance(rule, ApplicationRule):
                targets = tuple(target for target in rule.targets if holds_anyones_names(target))
                if targets and not rule.narrowed:
                    yield Wide(rule=rule, owner=each.owner, name=name, targets=targets, protocols=rule.protocols)
            elif isinstance(rule, NetworkRule):
                addresses = _far_more(rule, estate)
                tags = tuple(
                    tag for tag in rule.destinations.tags if normal_service_tag(tag).partition(".")[0] in _ANYONES
                )
                if addresses or tags:
                    yield Wide(rule=rule, owner=each.owner, name=name, addresses=addresses, tags=tags, ports=rule.ports)


def _far_more(rule: NetworkRule, estate: Estate) -> AddressSet:
    """Return the public IPv4 addresses a rule names, where they are many; only these do workloads use."""
    found = source_coverage(rule.destinations, estate)
    public = (found.literal & PUBLIC).v4 if found else NOTHING.v4
    return AddressSet(v4=public) if sum(high - low + 1 for low, high in public.spans) >= _FAR_MORE else NOTHING
