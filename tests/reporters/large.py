"""Reports as large as those of real estates, in which nothing is lighter than in life.

One is the violating example over and over, each time in another subscription: so many findings have as many flows,
hops and drawings as an audit of them gives. The other is one finding on each of so many environments.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from auditor.engine.audit import Audited
from auditor.findings import Finding, Level, Outcome, Report, Result, WorkloadSummary
from auditor.sketches import Part, Parts, Sketch
from auditor.traces import FlowText, Hop, Trace
from tests.audits import audit_documents
from tests.builders import SUBSCRIPTION
from tests.reporters.networks import SKETCH
from tests.reporters.samples import (
    FIREWALL_BLOCKS,
    NSG_ALLOWS,
    PACK,
    REPLY,
    ROUTE_TO_FIREWALL,
    TRACE_BLOCKED,
    WEB,
    finding,
    report,
    result,
    workload,
)
from tests.violating import violating

_LEVELS = tuple(Level)


@cache
def _example() -> Audited:
    return audit_documents(document for file in violating().values() for document in file)


class _Copy:
    """The example in another subscription. What is one thing in the example is one thing in its copy, too."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._other = f"/subscriptions/00000000-0000-0000-0000-{number + 1:012}"
        self._hops: dict[int, Hop] = {}

    def _there(self, text: str) -> str:
        return text.replace(SUBSCRIPTION, self._other)

    def workload(self, one: WorkloadSummary) -> WorkloadSummary:
        network = self._network(one.network) if one.network else None
        return replace(one, id=self._there(one.id), subnet=self._there(one.subnet), network=network)

    def _network(self, one: Sketch) -> Sketch:
        parts = {name: self._part(getattr(one, name)) for name in ("vnet", "subnet", "security_group", "route_table")}
        kinds = ("firewalls", "service_endpoints", "private_endpoints", "peerings", "gateways")
        groups = {name: self._parts(getattr(one, name)) for name in kinds}
        ways = tuple(replace(each, resource=self._there(each.resource)) for each in one.ways)
        return replace(one, ways=ways, **parts, **groups)  # type: ignore[arg-type] # by name

    def _parts(self, several: Parts) -> Parts:
        return replace(several, shown=tuple(map(self._part, several.shown)))

    def _part(self, one: Part) -> Part:
        return replace(one, id=self._there(one.id))

    def result(self, one: Result) -> Result:
        trace = self._trace(one.trace) if one.trace else None
        return replace(one, workload=self._there(one.workload), trace=trace)

    def _trace(self, one: Trace) -> Trace:
        reply = replace(one.reply, hops=tuple(map(self._hop, one.reply.hops))) if one.reply else None
        return replace(one, hops=tuple(map(self._hop, one.hops)), reply=reply)

    def _hop(self, one: Hop) -> Hop:
        if id(one) not in self._hops:
            self._hops[id(one)] = replace(one, resource=self._there(one.resource))
        return self._hops[id(one)]

    def finding(self, one: Finding, at: int) -> Finding:
        return replace(
            one,
            id=f"{self._number:08x}{at:08x}",
            workload=self._there(one.workload),
            resource=self._there(one.resource),
            evidence=tuple(map(self._there, one.evidence)),
        )


def large(findings: int = 5_000) -> Report:
    """Write a report of so many findings on copies of the example; as in an audit, what passes is only counted."""
    each = _example()
    copies = [_Copy(at) for at in range(-(-findings // len(each.findings)))]
    told = [one for one in each.results if one.outcome is not Outcome.PASS]
    found = [copy.finding(one, at) for copy in copies for at, one in enumerate(each.findings)][:findings]
    return report(
        *(copy.workload(one) for copy in copies for one in each.workloads),
        results=tuple(copy.result(one) for copy in copies for one in told),
        findings=tuple(sorted(found, key=lambda one: _LEVELS.index(one.level))),
    )


FLOWS = 52
"""Flows of a finding, as many as those of the example have on average."""
_CHECKS = ("blocked-by-firewall-rule", "missing-fqdn", "missing-dependency-route", "egress-bypass")


def spread(workloads: int = 5_000) -> Report:
    """Write a report of so many workloads, each with a network and a finding of its own."""
    names = tuple(f"host-{at:02}.example.com" for at in range(FLOWS))
    requirements = tuple(f"{PACK}/fqdn:{each}:443" for each in names)
    flows = [FlowText(source="subnet ase", destination=each, port="443/tcp") for each in names]
    whole = [_alone(number, requirements, flows) for number in range(workloads)]
    return report(
        *(one for one, _, _ in whole),
        results=tuple(each for _, results, _ in whole for each in results),
        findings=tuple(sorted((found for _, _, found in whole), key=lambda one: _LEVELS.index(one.level))),
    )


def _alone(
    number: int, requirements: tuple[str, ...], flows: Iterable[FlowText]
) -> tuple[WorkloadSummary, list[Result], Finding]:
    """Return a workload with its results and its finding: a rule of its own that stops every flow."""
    name, check = f"ase-{number:04}", _CHECKS[number % len(_CHECKS)]
    own, rule = f"{WEB}/hostingEnvironments/{name}", f"deny-{number}"
    stop = replace(FIREWALL_BLOCKS, why=f"rule {rule} denies it", decided_by=f"fw-policy/rcg/deny/{rule}")
    trace = replace(TRACE_BLOCKED, hops=(NSG_ALLOWS, ROUTE_TO_FIREWALL, stop), reply=REPLY)
    stopped = result("", Outcome.FAIL, "firewall-network-deny", stop.why, check=check, trace=trace)
    results = [
        replace(stopped, workload=own, requirement=requirement, trace=replace(trace, flow=flow))
        for requirement, flow in zip(requirements, flows, strict=True)
    ]
    found = finding(
        check,
        _LEVELS[number % 3],
        f"Title of {check}",
        f"Rule {rule} stops documented traffic of {name}: {len(requirements)} documented requirements fail.",
        id=f"{number:016x}",
        workload=own,
        requirements=requirements,
        evidence=tuple(f"rule {rule} denies {requirement} [F24]" for requirement in requirements),
    )
    return replace(workload(name, 44, 1, len(requirements), 0, 9), network=SKETCH), results, found
