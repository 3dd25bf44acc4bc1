"""Drift for people: each change with what it did, then what several did together, then the verdict."""

from auditor.drifts import Attribution, Change, DriftReport, Happened, Turn, turn_of
from auditor.findings import Source, without_edition
from auditor.reporters.drift_groups import Group, groups_of
from auditor.reporters.naming import pack_label
from auditor.reporters.terminal import Sheet
from auditor.reporters.text import count, resource_name

_MOST = 3
_STYLES = {Turn.WORSE: "bad", Turn.UNKNOWN: "doubtful", Turn.BETTER: "good", Turn.REROUTED: "mild", Turn.OTHER: ""}
_MARKS = {Happened.ADDED: "+", Happened.REMOVED: "-", Happened.CHANGED: "~", Happened.UNREAD: "?"}
NONE = "no effect on any documented requirement"


def render(report: DriftReport, *, width: int, colour: bool) -> str:
    """Return the report as text of at most `width` cells per line."""
    sheet = Sheet(width, colour=colour)
    sheet.heading("Azure egress drift", "=")
    sheet.fields("before", [_source(each) for each in report.before])
    sheet.fields("after", [_source(each) for each in report.after])
    sheet.fields("packs", [pack_label(each) for each in report.packs])
    sheet.field("compared", f"{report.generated_at} by auditor {report.tool_version}")
    groups = groups_of(report)
    if report.changes:
        sheet.heading(f"Changes ({len(report.changes):,})")
        for place, change in enumerate(report.changes):
            _change(sheet, place, change, [each for each in groups if place in each.causes])
    _together(sheet, groups)
    sheet.heading("Verdict")
    for line in verdict(report):
        sheet.say(line)
    return sheet.text()


def _source(source: Source) -> str:
    return f"{source.location} ({source.kind}, {source.digest[:19]})"


def _change(sheet: Sheet, place: int, change: Change, groups: list[Group]) -> None:
    sheet.gap()
    said = f": {change.what}" if change.what else ""
    sheet.say(
        f"{change.kind} {change.name} {change.happened}{said}",
        first=f"{place + 1}. {_MARKS[change.happened]} ",
        rest="   ",
    )
    for field in change.differences:
        sheet.say(f"{field.field}: {field.before} -> {field.after}", first="     ")
    alone = [each for each in groups if each.attribution is Attribution.ALONE]
    for each in alone:
        others = [other + 1 for other in each.causes if other != place]
        also = f" (so does {_numbers(others)})" if others else ""
        _effect(sheet, each, also)
    if len(alone) < len(groups):
        partners = sorted(
            {other + 1 for each in groups if each not in alone for other in each.causes if other != place}
        )
        sheet.say(f"together with {_numbers(partners)}: see below", first="     ")
    if not groups:
        sheet.say(NONE, first="     ")


def _numbers(places: list[int]) -> str:
    return f"{', '.join(map(str, places[:-1]))} and {places[-1]}" if len(places) > 1 else str(places[0])


def _effect(sheet: Sheet, group: Group, also: str = "") -> None:
    shown = ", ".join(map(without_edition, group.requirements[:_MOST]))
    more = f", and {len(group.requirements) - _MOST:,} more" if len(group.requirements) > _MOST else ""
    sheet.say(
        f"on {resource_name(group.workload)}, {count(len(group.requirements), 'requirement')}{also}: {shown}{more}",
        lead=group.said,
        style=_STYLES[group.turn],
        first="     ",
    )


def _together(sheet: Sheet, groups: tuple[Group, ...]) -> None:
    several = [each for each in groups if each.attribution is Attribution.TOGETHER]
    if several:
        sheet.heading("Only together")
    for causes in dict.fromkeys(each.causes for each in several):
        sheet.gap()
        sheet.say(f"{_numbers([each + 1 for each in causes])}, and no fewer of them:")
        for each in several:
            if each.causes == causes:
                _effect(sheet, each)
    open_ones = [each for each in groups if each.attribution is Attribution.OPEN]
    if open_ones:
        sheet.heading("Of which no change that is told is the cause")
        for each in open_ones:
            _effect(sheet, each)


def verdict(report: DriftReport) -> tuple[str, ...]:
    """Return the last words: how much changed, and what of it matters."""
    if not report.changes and not report.effects:
        return ("No drift.",)
    turns = [turn_of(each) for each in report.effects]
    said = [
        f"{turns.count(turn):,} {words}"
        for turn, words in (
            (Turn.WORSE, "worse"),
            (Turn.UNKNOWN, "not known any more"),
            (Turn.BETTER, "better"),
            (Turn.REROUTED, "by another way"),
            (Turn.OTHER, "otherwise"),
        )
        if turn in turns
    ]
    idle = (
        f", {len(report.idle):,} of them without effect"
        if report.idle and len(report.idle) < len(report.changes)
        else ""
    )
    head = f"{count(len(report.changes), 'change')}{idle}"
    return (f"{head}: {NONE}.",) if not said else (f"{head}. Requirements: {', '.join(said)}.",)
