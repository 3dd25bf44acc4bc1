"""What is decided goes by comparing ids, in lower case; what is told of it names resources as Azure spells them."""

from collections.abc import Iterable
from dataclasses import replace

from auditor.estate.estate import Estate
from auditor.findings import Finding, Result
from auditor.traces import Hop, Trace


def spelled_findings(estate: Estate, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings whose resources are spelled as in the source, where they are in it; ids stay as they are."""
    return tuple(
        each if (resource := estate.spelled(each.resource)) == each.resource else replace(each, resource=resource)
        for each in findings
    )


def spelled_results(estate: Estate, results: Iterable[Result]) -> tuple[Result, ...]:
    """Return results whose traces spell resources as the source does."""
    return tuple(
        each if each.trace is None else replace(each, trace=spelled_trace(estate, each.trace)) for each in results
    )


def spelled_trace(estate: Estate, trace: Trace) -> Trace:
    """Return a trace whose hops spell resources as the source does."""
    reply = trace.reply and replace(trace.reply, hops=_spelled_hops(estate, trace.reply.hops))
    return replace(trace, hops=_spelled_hops(estate, trace.hops), reply=reply)


def _spelled_hops(estate: Estate, hops: tuple[Hop, ...]) -> tuple[Hop, ...]:
    return tuple(
        each if (resource := estate.spelled(each.resource)) == each.resource else replace(each, resource=resource)
        for each in hops
    )
