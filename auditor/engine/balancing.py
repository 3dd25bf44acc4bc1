"""What load balancers send to which machines, as far as they were read; found once for an estate."""

from dataclasses import dataclass

from auditor.engine.flows import Flow
from auditor.estate.arm import key
from auditor.estate.attached import BalancingRule, InterfaceAddress
from auditor.estate.estate import Estate
from auditor.estate.intervals import IntervalSet


@dataclass(frozen=True, slots=True)
class BalancedWay:
    """A rule by which a load balancer sends what reaches a frontend on to a machine. public: id of that address."""

    rule: BalancingRule
    public: str

    def carries(self, flow: Flow) -> bool:
        """Tell whether a flow may arrive by this way, on the port it arrives at."""
        if self.rule.protocol not in {flow.protocol, "all", ""}:
            return False
        port = self.rule.backend_port
        return not port or flow.ports <= IntervalSet(((port, port),))


class Balancing:
    """The ways by which load balancers lead from public addresses to IP configurations."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._ways: dict[str, list[BalancedWay]] = {}
        self._vague = ""
        for at in sorted(estate.load_balancers):
            balancer = estate.load_balancers[at]
            public = {each.id: each.public_address for each in balancer.frontends if each.public_address}
            members = dict(balancer.members)
            for rule in balancer.rules:
                if rule.frontend not in public:
                    continue
                behind = members.get(rule.pool) if rule.pool else (rule.member,)
                if behind is None:
                    self._vague = self._vague or f"load balancer {balancer.name} lists what stands behind it by address"
                for each in behind or ():
                    self._ways.setdefault(each, []).append(BalancedWay(rule, public[rule.frontend]))

    def ways_to(self, configuration: InterfaceAddress) -> list[BalancedWay]:
        """Return the ways to an IP configuration, in order of load balancers."""
        return self._ways.get(configuration.id, [])

    def doubt(self, configuration: InterfaceAddress) -> str:
        """Return why there may be more ways than those; "" if there are not."""
        for each in sorted(configuration.balancers):
            if each not in self._estate.load_balancers:
                name = each.rpartition("/")[2]
                return self._estate.reasons.get(key(each), f"load balancer {name} is not in the source")
        return self._vague
