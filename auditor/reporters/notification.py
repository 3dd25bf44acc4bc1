"""What a channel is told of a run: one title and one short text, whatever it is that shows them.

The text is plain. Where a service takes Markdown or HTML, Apprise escapes it; what calls people or makes a link there
is taken apart here, since a text that is escaped for one service may yet act in another.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.findings import Level
from auditor.histories import Event, News
from auditor.reporters.text import fit, plain, resource_name

MOST_FINDINGS = 20
"""As many are told one by one; the rest is counted."""
MOST_CHARACTERS = 3_000
"""Of a text: what a block of Slack takes, and far less than Teams does."""

_LONGEST_TITLE = 150
_LONGEST_JOB = 60
_LONGEST_NAME = 80
_LONGEST_SENTENCE = 300
_SHORTEST = 20
"""Characters that are worth showing of a finding that is cut."""
_REST = 24
"""Characters kept free for counting the rest."""

_COUNTED = ((Event.NEW, "new"), (Event.GROWN, "grown"), (Event.REOPENED, "reopened"), (Event.RESOLVED, "resolved"))
_TOLD = {
    Event.NEW: "NEW",
    Event.GROWN: "GROWN",
    Event.REOPENED: "REOPENED",
    Event.RESOLVED: "RESOLVED",
}
_HARMLESS = str.maketrans({"<": "\u2039", ">": "\u203a", "@": "\uff20", "`": "'"})
"""Signs that look alike and act nowhere: of mentions (@everyone, <!channel>, <at>), of elements and of code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is told. is_grave: whether it tells of an error that is there. is_good: whether it tells of nothing bad."""

    title: str
    body: str
    is_grave: bool
    is_good: bool


def compose(job: str, news: Sequence[News], room: int = MOST_CHARACTERS) -> Message:
    """Return what to tell of a job, in the order of `news`. room: characters the text may have."""
    there = [each for each in news if each.event is not Event.RESOLVED]
    return Message(
        title=fit(f"{_counts(news)}: job {fit(_harmless(job), _LONGEST_JOB)}", _LONGEST_TITLE),
        body="\n\n".join(_paragraphs(news, min(room, MOST_CHARACTERS))),
        is_grave=any(each.finding.level is Level.ERROR for each in there),
        is_good=not there,
    )


def _counts(news: Sequence[News]) -> str:
    """Count what happened: "3 new, 2 resolved"."""
    numbers = {event: sum(each.event is event for each in news) for event, _ in _COUNTED}
    return ", ".join(f"{numbers[event]:,} {word}" for event, word in _COUNTED if numbers[event])


def _paragraphs(news: Sequence[News], room: int) -> Iterator[str]:
    """Yield a paragraph for each finding, as many as there is room for, and one that counts the rest."""
    for number, each in enumerate(news):
        rest = len(news) - number
        text = _paragraph(each)
        free = room - (_REST if rest > 1 else 0)
        if number == 0 and len(text) > free >= _SHORTEST:
            text = fit(text, free)  # better than nothing at all, where a service takes no more
        if number == MOST_FINDINGS or len(text) > free:
            yield f"and {rest:,} more"
            return
        yield text
        room -= len(text) + 2


def _paragraph(news: News) -> str:
    """Tell of a finding in one paragraph without line breaks: some services would lose them."""
    finding = news.finding
    where = fit(_harmless(resource_name(finding.workload)), _LONGEST_NAME)
    on = f" on {where}" if where else ""
    sentence = fit(_harmless(finding.message), _LONGEST_SENTENCE)
    what = f"{_TOLD[news.event]} {finding.level.value} {_harmless(finding.check)}{on}: {sentence}"
    return f"{what} ({_since(news)}, id {_harmless(finding.id)})"


def _since(news: News) -> str:
    """Say since when, to the minute."""
    at, first = _minute(news.at), _minute(news.first_seen)
    if news.event is Event.NEW:
        return f"since {at}"
    if news.event is Event.RESOLVED:
        return f"gone since {at}, first seen {first}"
    return f"since {at}, first seen {first}"


def _minute(at: str) -> str:
    """Return a time as people read it: "2026-01-31 09:00Z"."""
    return f"{at[:10]} {at[11:16]}Z"


def _harmless(text: str) -> str:
    """Return a text of other people as one that calls nobody and links to nothing by an address in it."""
    return " ".join(plain(text).translate(_HARMLESS).replace("](", "] (").replace("://", "[:]//").split())
