"""The report as a person reads it on a terminal or pastes it into a ticket."""

import re
from collections.abc import Mapping, Sequence

from tabulate import tabulate

from auditor.findings import Finding, Gap, Level, Outcome, Report, Result, Source, State, WorkloadSummary
from auditor.reporters.accepted import became
from auditor.reporters.closing import close
from auditor.reporters.editions_console import say_comparison
from auditor.reporters.naming import pack_label, requirements_line, workload_names, workload_of
from auditor.reporters.summary import Standing, stands
from auditor.reporters.terminal import LEVEL_STYLES, Sheet
from auditor.reporters.text import cells, count, plain, resource_label, resource_name, shorten
from auditor.waivers import WaiverState, WaiverUse

_NAMES = 3
"""Requirements named per finding; the rest are counted."""
_EVIDENCE = 6
"""Evidence lines shown per finding; the rest are counted."""
_SOURCES = 10
"""Sources named in the header; the rest are counted."""
_OVERVIEW = 12
"""From this many findings on, a table by check stands before them."""

_OUTCOMES = {
    Outcome.PASS: "good",
    Outcome.DEVIATES: "doubtful",
    Outcome.FAIL: "bad",
    Outcome.UNKNOWN: "doubtful",
    Outcome.NOT_APPLICABLE: "",
}

_VERDICTS = {
    Standing.CLEAN: "good",
    Standing.FINDINGS: "",  # that of the worst
    Standing.INCOMPLETE: "doubtful",
    Standing.NOTHING_AUDITED: "doubtful",
}

_Cell = tuple[str, str]
"""The text of a table cell and its style."""


def render(report: Report, *, width: int, colour: bool, all_results: bool = False) -> str:
    """Return the report as text of at most `width` cells per line (at least 40), ASCII but for the names in it.

    Lists are shortened, never silently: what is left out is counted, and the JSON report has it.
    With `all_results`, every requirement is listed with its outcome, after the findings.
    """
    sheet = Sheet(max(width, 40), colour=colour)
    sheet.heading("Azure egress audit", "=")
    say_origin(sheet, report)
    sheet.field("audited", f"{report.generated_at} by auditor {report.tool_version}")
    say_body(sheet, report, all_results=all_results)
    return sheet.text()


def say_body(sheet: Sheet, report: Report, *, all_results: bool = False) -> None:
    """Write all of a report but its head: workloads, findings, what they hang on, and the verdict."""
    names = workload_names(report.workloads)
    _workloads(sheet, report.workloads, names)
    _findings(sheet, report, names)
    _waivers(sheet, report.waivers)
    _not_applicable(sheet, report.results, names)
    if all_results:
        _results(sheet, report, names)
    _gaps(sheet, report.gaps)
    say_comparison(sheet, report, names)
    _closing(sheet, report)


def say_origin(sheet: Sheet, report: Report) -> None:
    """Say by what packs, from what sources and against what baseline a report was made."""
    sheet.fields("packs", [pack_label(pack) for pack in report.packs] or ["none"])
    sources = [_source(source) for source in report.sources[:_SOURCES]]
    lagged = sorted({name for source in report.sources for name in source.skew})
    if len(report.sources) > _SOURCES:
        sources.append(f"and {count(len(report.sources) - _SOURCES, 'more source')}")
    sheet.fields("sources", sources or ["none"])
    if lagged:
        shown = ", ".join(resource_name(each) for each in lagged[:_NAMES])
        more = f", and {len(lagged) - _NAMES} more" if len(lagged) > _NAMES else ""
        sheet.field("skew", f"Resource Graph lagged behind on {shown}{more}; Azure Resource Manager was believed")
    if report.baseline is not None:
        sheet.field("baseline", _source(report.baseline))


def _source(source: Source) -> str:
    """Name a source by place, kind, date and the start of its digest."""
    taken = f" of {source.collected_at}" if source.collected_at else ""
    algorithm, _, value = source.digest.partition(":")
    return f"{source.location} ({source.kind}{taken}, {algorithm}:{value[:12]})"


def _workloads(sheet: Sheet, workloads: Sequence[WorkloadSummary], names: dict[str, str]) -> None:
    """Draw the table of workloads, one column per outcome; a list where the sheet is too narrow for it."""
    sheet.heading("Workloads")
    if not workloads:
        sheet.say("None.")
        return
    headers = ["name", "kind", "location", "pass", "deviates", "fail", "unknown", "n/a"]
    rows = [_row(workload, names[workload.id]) for workload in workloads]
    taken = sum(max(cells(row[at][0]) for row in [[(h, "") for h in headers], *rows]) + 2 for at in range(1, 8))
    room = sheet.width - taken
    widest = max(len(headers[0]), *(cells(row[0][0]) for row in rows))
    if widest <= room or room >= 20:  # noqa: PLR2004 - a name cut to less says nothing
        _table(sheet, headers, [[(shorten(row[0][0], room), ""), *row[1:]] for row in rows], left=3)
        return
    for row in rows:
        (name, _), (kind, _), (location, _), *numbers = row
        sheet.say(f"({kind}, {location})", lead=name, style="strong")
        shown = zip(numbers, headers[3:], strict=True)
        sheet.say(", ".join(f"{number} {header}" for (number, _), header in shown), first="  ")


def _row(workload: WorkloadSummary, name: str) -> list[_Cell]:
    """Return the row of one workload; only what is not zero has a colour."""
    numbers = dict(workload.summary)
    counts = [
        (f"{numbers.get(outcome, 0):,}", _OUTCOMES[outcome] if numbers.get(outcome) else "") for outcome in Outcome
    ]
    return [(plain(text), "") for text in (name, workload.kind, workload.location)] + counts


def _table(sheet: Sheet, headers: list[str], rows: list[list[_Cell]], *, left: int) -> None:
    """Draw a table whose first `left` columns are aligned left and the others right.

    tabulate lays out stand-ins of the right width, which are then exchanged for the cells in order: so wide characters
    and colours do not disturb the columns, and nothing in a cell can pass for a number or a border.
    """
    align = ["left"] * left + ["right"] * (len(headers) - left)
    top: list[_Cell] = [(header, "strong") for header in headers]
    rule: list[_Cell] = [("-" * max(cells(row[at][0]) for row in [top, *rows]), "") for at in range(len(headers))]
    lines = [top, rule, *rows]
    shape = tabulate(
        [["x" * max(cells(text), bool(text)) for text, _ in row] for row in lines],
        tablefmt="plain",
        colalign=align,
        disable_numparse=True,
    )
    content = iter(cell for row in lines for cell in row if cell[0])
    for line in re.sub("x+", lambda _: sheet.painted(*next(content)), shape).splitlines():
        sheet.raw(line)


def _findings(sheet: Sheet, report: Report, names: dict[str, str]) -> None:
    """List the findings, worst first as the report has them; those that differ only in workload share a block."""
    if not report.workloads and not report.findings:
        return
    sheet.heading(f"Findings ({len(report.findings):,})" if report.findings else "Findings")
    if not report.findings:
        sheet.say("No findings.")
        return
    if len(report.findings) >= _OVERVIEW:
        _overview(sheet, report.findings)
    blocks: dict[tuple[object, ...], list[Finding]] = {}
    for finding in report.findings:
        alike = (finding.check, finding.level, finding.title, finding.message, finding.evidence, finding.fix)
        blocks.setdefault((*alike, finding.references, finding.state, finding.waiver), []).append(finding)
    for number, block in enumerate(blocks.values()):
        if number:
            sheet.gap()
        say_finding(sheet, block[0], names)
        _alike(sheet, block, names)
    shortened = any(len(f.requirements) > _NAMES or len(f.evidence) > _EVIDENCE for f in report.findings)
    if shortened:
        sheet.gap()
        sheet.say('Lists that end in "more" are shortened here; the JSON report has them whole.')


def _overview(sheet: Sheet, findings: Sequence[Finding]) -> None:
    """Draw a table of how many findings each check has, in the order of the findings."""
    tally: dict[tuple[Level, str], list[str]] = {}
    for finding in findings:
        tally.setdefault((finding.level, finding.check), []).append(finding.workload)
    rows = [
        [
            (level.value, LEVEL_STYLES[level]),
            (plain(check), ""),
            (f"{len(where):,}", ""),
            (f"{len(set(filter(None, where))):,}", ""),
        ]
        for (level, check), where in tally.items()
    ]
    if max(cells(row[1][0]) for row in rows) + 9 + 10 + 11 > sheet.width:
        for level, check, number, _ in rows:
            sheet.say(f"{check[0]}: {number[0]}", lead=level[0], style=level[1])
    else:
        _table(sheet, ["level", "check", "findings", "workloads"], rows, left=2)
    sheet.gap()


def say_finding(sheet: Sheet, finding: Finding, names: Mapping[str, str]) -> None:
    """Write one finding: what, where, why, by which rule, and what to change."""
    standing = f" [{finding.state}]" if finding.state else ""
    style = LEVEL_STYLES[finding.level] if stands(finding) else ""
    sheet.say(f"{finding.check}: {finding.title}{standing}", lead=finding.level.upper(), style=style, rest="  ")
    sheet.field("workload", workload_of(finding, names))
    sheet.field("cause", finding.message)
    if finding.waiver is not None:
        sheet.field("waived", finding.waiver)
    if finding.state != State.ABSENT:
        _details(sheet, finding)
    sheet.field("id", finding.id)


def _details(sheet: Sheet, finding: Finding) -> None:
    """Write by which rule, for which requirements and what to change: what nobody needs of a finding that is gone."""
    evidence = list(finding.evidence[:_EVIDENCE])
    if len(finding.evidence) > _EVIDENCE:
        evidence.append(f"and {len(finding.evidence) - _EVIDENCE:,} more")
    sheet.fields("evidence", evidence, bullet="- ")
    if finding.requirements:
        sheet.field("affects", requirements_line(finding.requirements, _NAMES))
    if finding.resource:
        sheet.field("resource", resource_label(finding.resource))
    sheet.field("fix", finding.fix)
    sheet.fields("see", list(finding.references))


def _alike(sheet: Sheet, block: Sequence[Finding], names: dict[str, str]) -> None:
    """List the findings of a block but the first: by workload and id, and by what else is not as in the first."""
    first, *others = block
    texts = []
    for other in others:
        own = [f"id {other.id}"]
        if other.resource != first.resource:
            own.append(f"resource {resource_label(other.resource)}")
        if other.requirements != first.requirements:
            own.append(f"affects {requirements_line(other.requirements, _NAMES)}")
        texts.append(f"{workload_of(other, names)}: {'; '.join(own)}")
    sheet.fields("also on", texts, bullet="- ")


def _waivers(sheet: Sheet, uses: Sequence[WaiverUse]) -> None:
    """List every waiver and what became of it."""
    if uses:
        sheet.heading(f"Waivers ({len(uses):,})")
    for use in uses:
        style = "" if use.state is WaiverState.IN_USE else "doubtful"
        sheet.say(f"{use.waiver.covers}: {use.waiver.text}", first="- ", lead=f"{became(use)}:", style=style)


def _not_applicable(sheet: Sheet, results: Sequence[Result], names: dict[str, str]) -> None:
    """Say why requirements did not apply: one entry per workload and reason."""
    tally: dict[tuple[str, str], int] = {}
    for result in results:
        if result.outcome is Outcome.NOT_APPLICABLE:
            key = (names.get(result.workload, result.workload), result.reason.text)
            tally[key] = tally.get(key, 0) + 1
    if tally:
        sheet.heading("Not applicable (n/a)")
    for (workload, reason), number in tally.items():
        sheet.say(f"{workload}, {count(number, 'requirement')}: {reason}", first="- ")


def _results(sheet: Sheet, report: Report, names: dict[str, str]) -> None:
    """List every requirement of every workload with its outcome and the reason for it."""
    workload = None
    for result in report.results:
        if result.workload != workload:
            workload = result.workload
            sheet.heading(f"Requirements of {names.get(workload, workload)}")
        way = f" by path {result.path}" if result.path else ""
        said = f": {result.reason.text}" if result.reason.text else ""
        outcome = f"  {result.outcome:<15}"
        sheet.say(f"{result.requirement}{way}{said}", first=outcome, first_style=_OUTCOMES[result.outcome])


def _gaps(sheet: Sheet, gaps: Sequence[Gap]) -> None:
    """List what could not be read, why, and what would close each gap."""
    if not gaps:
        return
    sheet.heading(f"Could not be read ({len(gaps):,})")
    for gap in gaps:
        scope = resource_label(gap.scope) if gap.scope else ""
        what = "anything" if gap.what == "*" else gap.what
        known = what.lower() in scope.lower()
        sheet.say(scope if known else f"{what} in {scope}" if scope else what, first="- ")
        sheet.field("why", gap.why)
        sheet.field("needs", gap.needs)


def _closing(sheet: Sheet, report: Report) -> None:
    """Close with the counts and the verdict."""
    closing = close(report)
    sheet.heading("Verdict")
    sheet.say(closing.counts)
    for remark in closing.remarks:
        sheet.say(remark)
    sheet.say(closing.text, lead=closing.lead, style=_VERDICTS[closing.standing] or LEVEL_STYLES[closing.worst])
