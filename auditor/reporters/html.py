"""The report as one HTML file that needs nothing else: no network, no server, no other file.

Its template, style and script lie in `reports/html`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.findings import Finding, Level, Outcome, Report, WorkloadSummary
from auditor.reporters.accepted import became, remarks
from auditor.reporters.drawing import WIDTH, Drawing, draw
from auditor.reporters.flow_table import FlowTable
from auditor.reporters.pages import Pages, lines, pack_name
from auditor.reporters.places import Places, with_badges
from auditor.reporters.summary import Standing, Summary, stands, summarise
from auditor.reporters.text import count, resource_label, resource_name

_FILES = ("html/page.html.j2", "html/drawing.html.j2", "html/page.css", "html/page.js")
_MOST_DRAWINGS = 500
"""Networks drawn; those of the workloads with the worst findings come first, and the rest are counted."""
_SHORT = 12
"""Requirements of a finding that are always written; a longer list is written once, however many findings share it."""
_LEVELS = tuple(Level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A finding as the page shows it.

    workload: its number, -1 for none of the audited ones. told: whether the script lists every requirement as a flow.
    requirements: anchor of their list; "" where nothing refers to it. same: the first card with the same list, if any.
    data: what the script needs to know: workload, list of flows, and the box of what is to be changed.
    """

    anchor: str
    finding: Finding
    workload: int
    name: str
    resource: str
    standing: str
    told: bool
    requirements: str
    same: "Card | None"
    data: tuple[int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A check and what it found, for the overview."""

    check: str
    title: str
    level: Level
    findings: int
    workloads: int
    requirements: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A workload as the page shows it. findings: those that stand, by level. bar: the widths of its outcomes."""

    workload: WorkloadSummary
    name: str
    subnet: str
    outcomes: Mapping[Outcome, int]
    findings: Mapping[Level, int]
    bar: Sequence[tuple[str, float, float]]
    drawing: Drawing | None
    not_applicable: Sequence[tuple[str, int]]
    told: int


def render(report: Report) -> str:
    """Return the report as a whole HTML document."""
    pages = Pages(*_FILES, style="page.css", script="page.js")
    pages.add_filters(lines=lines, became=became)
    places = _places(report)
    drawn = {
        each.workload.id: Places(each.drawing, each.workload.network)
        for each in places
        if each.drawing and each.workload.network
    }
    table = FlowTable(report, drawn)
    cards = _cards(report, {each.workload.id: (number, each.name) for number, each in enumerate(places)}, table, drawn)
    summary = summarise(report)
    return pages.page(
        "page.html.j2",
        tool_version=report.tool_version,
        data=table.text([each.data for each in cards]),
        report=report,
        summary=summary,
        verdict=_verdict(summary),
        remarks=remarks(report),
        waived=sum(each.waiver is not None for each in report.findings),
        outcomes=list(Outcome),
        levels=list(Level),
        bar=_bar(summary.outcomes),
        packs=[pack_name(each) for each in report.packs],
        rows=_rows(report.findings),
        places=places,
        cards=cards,
        standings=sorted({each.standing for each in cards if each.standing}),
        undrawn=sum(each.drawing is None and each.workload.network is not None for each in places),
        width=WIDTH,
    )


def _verdict(summary: Summary) -> tuple[str, str, str]:
    """Return the kind of the verdict, its headline and a sentence."""
    unknown = summary.outcomes[Outcome.UNKNOWN]
    undecided = f"{count(unknown, 'requirement')} could not be decided" if unknown else "something could not be decided"
    match summary.verdict:
        case Standing.FINDINGS:
            total = sum(summary.findings.values())
            more = f" The audit is also incomplete: {undecided}." if unknown else ""
            kind = "bad" if summary.findings[Level.ERROR] else "doubtful"
            return kind, "Not locked down as documented", f"{count(total, 'finding')} to act on.{more}"
        case Standing.INCOMPLETE:
            return "doubtful", "Incomplete", f"Nothing wrong was found, but {undecided}; this is not an all-clear."
        case Standing.NOTHING_AUDITED:
            return "doubtful", "Nothing was audited", "No requirement applied to anything in the source."
        case Standing.CLEAN:
            met = f"{summary.outcomes[Outcome.PASS]:,} of {count(summary.applicable, 'applicable requirement')}"
            return "good", "Locked down as documented", f"{met} met."


def _bar(outcomes: Mapping[Outcome, int]) -> list[tuple[str, float, float]]:
    """Return what a bar of outcomes shows: (outcome, start, width) in hundredths; what does not apply is left out."""
    told = {each: number for each, number in outcomes.items() if each is not Outcome.NOT_APPLICABLE and number}
    total, start, parts = sum(told.values()), 0.0, []
    for outcome, number in told.items():
        width = round(100 * number / total, 2)
        parts.append((outcome.value, round(start, 2), width))
        start += width
    return parts


def _rows(findings: Sequence[Finding]) -> list[Row]:
    """Return the overview by check, in the order of the findings; only of those that stand."""
    grouped: dict[tuple[Level, str], list[Finding]] = {}
    for each in findings:
        if stands(each):
            grouped.setdefault((each.level, each.check), []).append(each)
    return [
        Row(
            check=check,
            title=group[0].title,
            level=level,
            findings=len(group),
            workloads=len({each.workload for each in group}),
            requirements=sum(len(each.requirements) for each in group),
        )
        for (level, check), group in grouped.items()
    ]


def _cards(
    report: Report, places: Mapping[str, tuple[int, str]], table: FlowTable, drawn: Mapping[str, Places]
) -> list[Card]:
    """Return the findings, each with an anchor of its own; a long list of requirements is written for the first."""
    cards: list[Card] = []
    seen: set[str] = set()
    lists: dict[tuple[str, ...], Card] = {}
    for number, each in enumerate(report.findings):
        anchor = f"finding-{each.id}" if each.id.isalnum() and each.id.isascii() else f"finding-no-{number}"
        anchor = anchor if anchor not in seen else f"finding-no-{number}"
        seen.add(anchor)
        workload, name = places.get(each.workload, (-1, resource_name(each.workload) or "none"))
        flows, boxes, long = table.flows(each), drawn.get(each.workload), len(each.requirements) > _SHORT
        card = Card(
            anchor=anchor,
            finding=each,
            workload=workload,
            name=name,
            resource=resource_label(each.resource) if each.resource else "",
            standing="waived" if each.waiver is not None else each.state or "",
            told=len(flows) == len(each.requirements),
            requirements=f"requirements-{number}" if long else "",
            same=lists.get(each.requirements),
            data=(workload, table.list_of(flows), boxes.resource(each.resource) if boxes and each.resource else ""),
        )
        if long:
            lists.setdefault(each.requirements, card)
        cards.append(card)
    return cards


def _places(report: Report) -> list[Place]:
    """Return the workloads as the page shows them; the worst are drawn, as far as drawings go."""
    findings: dict[str, dict[Level, int]] = {}
    for each in report.findings:
        if stands(each):
            levels = findings.setdefault(each.workload, dict.fromkeys(Level, 0))
            levels[each.level] += 1
    results: dict[str, list[Any]] = {}
    for result in report.results:
        results.setdefault(result.workload, []).append(result)
    none = dict.fromkeys(Level, 0)
    worst = sorted(report.workloads, key=lambda each: [-findings.get(each.id, none)[level] for level in _LEVELS])
    chosen = {each.id for each in worst[:_MOST_DRAWINGS]}
    seen: dict[str, int] = {}
    for workload in report.workloads:
        seen[workload.name] = seen.get(workload.name, 0) + 1
    return [
        _place(
            workload,
            workload.name if seen[workload.name] == 1 else workload.id,
            findings.get(workload.id, none),
            results.get(workload.id, []),
            drawn=workload.id in chosen,
        )
        for workload in report.workloads
    ]


def _place(
    workload: WorkloadSummary, name: str, findings: Mapping[Level, int], results: Sequence[Any], *, drawn: bool
) -> Place:
    outcomes = dict(workload.summary)
    reasons: dict[str, int] = {}
    for each in results:
        if each.outcome is Outcome.NOT_APPLICABLE:
            reasons[each.reason.text] = reasons.get(each.reason.text, 0) + 1
    sketch = workload.network
    drawing = with_badges(draw(workload, sketch), sketch, results) if sketch and drawn else None
    return Place(
        workload=workload,
        name=name,
        subnet=resource_name(workload.subnet) if workload.subnet else "not known",
        outcomes=outcomes,
        findings=findings,
        bar=_bar(outcomes),
        drawing=drawing,
        not_applicable=list(reasons.items()),
        told=sum(each.outcome is not Outcome.NOT_APPLICABLE for each in results),
    )
