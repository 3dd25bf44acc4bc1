"""What became of findings, for people: one finding with its life, or many with their ages."""

from collections.abc import Sequence
from datetime import datetime

from auditor.histories import Event, Life
from auditor.reporters.console import say_finding
from auditor.reporters.history_words import (
    Standing,
    age_of,
    below,
    duration,
    job_label,
    jobs_told,
    minute,
    open_since,
    standing_of,
)
from auditor.reporters.listing import table
from auditor.reporters.terminal import Sheet
from auditor.reporters.text import count, resource_name

_BESIDE = 110
"""Cells of a table of findings beside the names of jobs."""
_STYLES = {Event.NEW: "bad", Event.REOPENED: "bad", Event.GROWN: "doubtful", Event.RESOLVED: "good"}


def render_lives(lives: Sequence[Life], now: datetime, *, everything: bool, width: int) -> str:
    """Return a table of findings, in their order. everything: whether those that are resolved were asked for too."""
    if not lives:
        return "No finding is recorded.\n" if everything else "No finding is open.\n"
    jobs = len({each.job for each in lives}) > 1
    headers = ["id", "stands", "since (UTC)", "age", "level", *(["job"] if jobs else []), "finding"]
    room = width - _BESIDE
    rows = [_row(each, now, room if jobs else None) for each in lives]
    standings = [standing_of(each) for each in lives]
    numbers = [f"{standings.count(each):,} {each}" for each in Standing if each in standings]
    told = jobs_told((each.job for each in lives), room) if jobs else []
    return below(table(headers, rows, width), [*told, f"{count(len(lives), 'finding')}: {', '.join(numbers)}."], width)


def _row(life: Life, now: datetime, room: int | None) -> tuple[str, ...]:
    finding = life.finding
    where = resource_name(finding.workload) or "none"
    return (
        finding.id,
        standing_of(life),
        minute(open_since(life)),
        duration(age_of(life, now)),
        finding.level,
        *((job_label(life.job, room),) if room is not None else ()),
        f"{finding.check} on {where}",
    )


def render_life(lives: Sequence[Life], now: datetime, *, width: int, colour: bool) -> str:
    """Return the life of a finding in each job that has it, and the finding as it was last seen."""
    sheet = Sheet(width, colour=colour)
    for life in lives:
        sheet.heading(f"Finding {life.finding.id} of job {life.job}", "=")
        sheet.field("stands", _standing(life, now))
        sheet.field("first seen", life.first_seen)
        sheet.field("last seen", life.last_seen)
        if life.reopened_at is not None:
            sheet.field("reopened", life.reopened_at)
        if life.resolved_at is not None:
            sheet.field("resolved", life.resolved_at)
        sheet.heading("What happened")
        if not life.turns:
            sheet.say("Nothing that is kept.")
        for turn in life.turns:
            sheet.say(f"in run {turn.run}", first=f"{turn.at}  ", lead=f"{turn.event:<8}", style=_STYLES[turn.event])
        sheet.heading("As it was last seen")
        say_finding(sheet, life.finding, {})
    return sheet.text()


def _standing(life: Life, now: datetime) -> str:
    age = duration(age_of(life, now))
    match standing_of(life):
        case Standing.RESOLVED:
            return f"resolved, after {age}"
        case Standing.WAIVED:
            return f"waived; it has been there for {age}"
        case Standing.REOPENED:
            return f"open again for {age}"
        case Standing.OPEN:
            return f"open for {age}"
