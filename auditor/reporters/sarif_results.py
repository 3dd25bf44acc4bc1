"""Findings as SARIF results, and the traces behind them as code flows."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from auditor.findings import Finding, Report, Result
from auditor.reporters.sarif_places import Places, logical
from auditor.reporters.sarif_rules import clipped, message_text
from auditor.reporters.text import resource_name
from auditor.traces import Hop, Trace, Verdict

Traces = Mapping[tuple[str, str], Trace]
"""Traces by workload, in lower case, and requirement."""

_LONGEST_LINE, _LONGEST_SENTENCE = 300, 1_000
_MOST_LINES, _MOST_NAMES = 8, 5
_MOST_FLOWS, _MOST_STEPS = 5, 1_000


def result_of(finding: Finding, index: int, places: Places) -> dict[str, Any]:
    """Return a finding as every platform takes it. index: of its rule."""
    return {
        "ruleId": finding.check,
        "ruleIndex": index,
        "level": str(finding.level),
        "message": {"text": _message(finding)},
        "locations": [places.of(_resource(finding))],
        # The one name that GitHub looks at; with the id of the finding as its value, two findings never become one.
        "partialFingerprints": {"primaryLocationLineHash": finding.id, "findingId/v1": finding.id},
    }


def full_result_of(finding: Finding, index: int, places: Places, traces: Traces) -> dict[str, Any]:
    """Return a finding with all that SARIF has a place for."""
    result = result_of(finding, index, places)
    if finding.state:
        result["baselineState"] = finding.state
    waived = finding.waiver is not None
    accepted = {"kind": "external", "status": "accepted", "justification": finding.waiver}
    result["suppressions"] = [accepted] if waived else []
    flows = _code_flows(finding, places, traces)
    if flows:
        result["codeFlows"] = flows
    return result | {
        "properties": {
            "workload": finding.workload,
            "requirements": finding.requirements,
            "evidence": finding.evidence,
            "fix": finding.fix,
            "references": finding.references,
        }
    }


def traces_of(report: Report) -> Traces:
    """Return the traces of the results that do not pass."""
    return {_key(each): each.trace for each in report.results if each.trace and each.trace.verdict != Verdict.ALLOW}


def _key(result: Result) -> tuple[str, str]:
    return result.workload.lower(), result.requirement


def _resource(finding: Finding) -> str:
    return finding.resource or finding.workload


def _message(finding: Finding) -> str:
    """Return what a person reads: the first sentence, which is the title of an alert, names resource and cause."""
    cause = clipped(finding.message, _LONGEST_SENTENCE).rstrip(".")
    name, workload = (clipped(resource_name(each), _LONGEST_LINE) for each in (_resource(finding), finding.workload))
    lines = [f"{name}: {cause}." if name else f"{cause}."]
    lines += [f"Workload: {workload}."] if workload else []
    shown = [clipped(each, _LONGEST_LINE) for each in finding.evidence[:_MOST_LINES]]
    lines += _listed("Evidence", shown, len(finding.evidence), "; ")
    names = [clipped(each.partition("/")[2] or each, _LONGEST_LINE) for each in finding.requirements[:_MOST_NAMES]]
    lines += _listed("Requirements", names, len(finding.requirements), ", ")
    lines.append(f"Fix: {clipped(finding.fix, _LONGEST_SENTENCE)}")
    return "\n".join(map(message_text, lines))


def _listed(label: str, shown: Sequence[str], total: int, sign: str) -> list[str]:
    """Return a line that lists, and says how many it does not."""
    more = f"{sign}and {total - len(shown):,} more" if total > len(shown) else ""
    return [f"{label}: {sign.join(shown)}{more}."] if shown else []


def _code_flows(finding: Finding, places: Places, traces: Traces) -> list[dict[str, Any]]:
    """Return the ways the flows of a finding take, each once: what differs only in its destination is the same way."""
    workload = finding.workload.lower()
    ways: dict[tuple[tuple[str, str, str], ...], Trace] = {}
    for requirement in finding.requirements:
        trace = traces.get((workload, requirement))
        if trace is not None:
            ways.setdefault(tuple((each.resource, each.decided_by, each.code) for each in _hops(trace)), trace)
        if len(ways) == _MOST_FLOWS:
            break
    return [_code_flow(each, places) for each in ways.values()]


def _hops(trace: Trace) -> Iterable[Hop]:
    return chain(trace.hops, trace.reply.hops if trace.reply else ())


def _code_flow(trace: Trace, places: Places) -> dict[str, Any]:
    flow = trace.flow
    name = f"{flow.source} to {flow.destination} on {flow.port}"
    steps = [_step(each, "", places) for each in trace.hops]
    steps += [_step(each, "reply: ", places) for each in (trace.reply.hops if trace.reply else ())]
    if not steps:
        steps = [{"location": {"message": {"text": message_text(trace.reason.text)}}}]
    return {
        "message": {"text": message_text(f"{name}: {trace.verdict}. {trace.reason.text}")},
        "threadFlows": [{"locations": steps[:_MOST_STEPS]}],
    }


def _step(hop: Hop, before: str, places: Places) -> dict[str, Any]:
    """Return a hop as one place of a code flow."""
    by = f" ({hop.decided_by})" if hop.decided_by else ""
    location: dict[str, Any] = {"message": {"text": message_text(f"{before}{hop.at}{by}: {hop.why} [{hop.spec}]")}}
    if hop.resource:
        location |= places.of(hop.resource)
    else:
        location["logicalLocations"] = [{"name": hop.at, "kind": "resource"}]
    return {
        "location": location,
        "importance": "important" if hop.verdict is Verdict.ALLOW else "essential",
        "properties": {"verdict": str(hop.verdict), "code": hop.code},
    }


def gap_place(scope: str) -> dict[str, Any]:
    """Return the place of a gap, where it is known."""
    return {"locations": [{"logicalLocations": [logical(scope)]}]} if scope else {}
