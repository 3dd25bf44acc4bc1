"""The report as JSON: `audit-report/1`, described by `reports/audit-report.schema.json`."""

from collections.abc import Iterable
from typing import Any

import msgspec

from auditor.findings import Outcome, Report, Result, Source, WorkloadSummary
from auditor.reporters.summary import summarise
from auditor.reporters.text import plain_json

SCHEMA = "audit-report/1"
TOOL = "azure-egress-auditor"


def render(report: Report, *, all_results: bool = False) -> str:
    """Return the report as indented JSON. Passing results are in it only with `all_results`; all others always are."""
    results = report.results
    if not all_results:
        results = tuple(result for result in results if result.outcome is not Outcome.PASS)
    return encode(
        {
            "schema": SCHEMA,
            "tool": {"name": TOOL, "version": report.tool_version},
            "generated_at": report.generated_at,
            "sources": [source_object(source) for source in report.sources],
            **_compared(report),
            "packs": report.packs,
            "workloads": [_workload(workload) for workload in report.workloads],
            "results": results,
            "findings": report.findings,
            **_waived(report),
            "gaps": report.gaps,
            **_locations(report, results),
            **_comparison(report),
            "summary": summarise(report),
        }
    )


def _compared(report: Report) -> dict[str, Any]:
    """Return the baseline, where the findings were compared with one."""
    return {} if report.baseline is None else {"baseline": source_object(report.baseline)}


def _waived(report: Report) -> dict[str, Any]:
    """Return the waivers and what became of them, where there are any."""
    waivers = [
        {
            "finding": use.waiver.finding or None,
            "level": use.waiver.level or None,
            "up_to": use.waiver.up_to or None,
            "check": use.waiver.checks,
            "workload": use.waiver.workloads,
            "resource": use.waiver.resources,
            "requirement": use.waiver.requirements,
            "reason": use.waiver.reason,
            "owner": use.waiver.owner,
            "until": use.waiver.until.isoformat(),
            "state": use.state,
            "findings": use.findings,
        }
        for use in report.waivers
    ]
    return {"waivers": waivers} if waivers else {}


def _locations(report: Report, results: Iterable[Result]) -> dict[str, Any]:
    """Return the locations of what the document names, whatever other formats have asked for."""
    named = {finding.resource or finding.workload for finding in report.findings}
    for trace in (result.trace for result in results if result.trace):
        named.update(hop.resource for hop in (*trace.hops, *(trace.reply.hops if trace.reply else ())))
    keys = {each.lower().rstrip("/") for each in named}
    locations = [each for each in report.locations if each.resource in keys]
    return {"locations": locations} if locations else {}


def _comparison(report: Report) -> dict[str, Any]:
    """Return what other editions would change, where any were asked for."""
    if report.comparison is None:
        return {}
    fields: dict[str, Any] = msgspec.to_builtins(report.comparison)
    return {"comparison": {**fields, "sources": [source_object(each) for each in report.comparison.sources]}}


def _workload(workload: WorkloadSummary) -> dict[str, Any]:
    return {
        "id": workload.id,
        "name": workload.name,
        "kind": workload.kind,
        "location": workload.location,
        "subnet": workload.subnet,
        "summary": dict(workload.summary),
        **({"network": workload.network} if workload.network else {}),
    }


def source_object(source: Source) -> dict[str, Any]:
    """Return a source as documents show it."""
    fields: dict[str, Any] = msgspec.to_builtins(source)
    return {name: value for name, value in fields.items() if name != "scope" and (name != "skew" or value)}


def encode(document: dict[str, Any]) -> str:
    """Return a document as indented JSON that is harmless on a terminal, ending in a line break.

    Keys keep their order. A lone surrogate, which a file name may hold and UTF-8 may not, becomes its escape as text.
    """
    try:
        encoded = msgspec.json.encode(document)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_without_surrogates(msgspec.to_builtins(document)))
    return plain_json(msgspec.json.format(encoded, indent=2).decode()) + "\n"


def _without_surrogates(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a copy of a JSON value with lone surrogates written out."""
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
        case list() | tuple():
            return [_without_surrogates(item) for item in value]
        case _:
            return value
