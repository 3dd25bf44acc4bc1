"""What a channel is told: short, worst first, and harmless wherever it is shown."""

import re

from hypothesis import given
from hypothesis import strategies as st

from auditor.findings import Finding, Level
from auditor.histories import Event, News
from auditor.reporters.notification import MOST_CHARACTERS, MOST_FINDINGS, compose
from tests.reporters.naughty import strings

ASE = "/subscriptions/0/resourceGroups/rg-apps/providers/Microsoft.Web/hostingEnvironments/ase-shop"


def news(
    event: Event = Event.NEW, *, level: Level = Level.ERROR, number: int = 1, message: str = "a rule stops it"
) -> News:
    """Return one piece of news."""
    finding = Finding(
        id=f"{number:016x}",
        check="blocked-by-nsg",
        level=level,
        workload=ASE,
        resource="",
        title="",
        message=message,
        requirements=(),
        evidence=(),
        fix="",
        references=(),
    )
    return News(event=event, finding=finding, at="2026-02-03T04:05:06Z", first_seen="2026-01-31T09:00:00Z")


def test_title_counts_what_happened_and_names_the_job() -> None:
    """Each event is counted; what did not happen is left out."""
    told = compose("nightly", [news(), news(number=2), news(Event.GROWN), news(Event.RESOLVED)])

    assert told.title == "2 new, 1 grown, 1 resolved: job nightly"


def test_every_finding_has_a_paragraph_with_check_workload_sentence_time_and_id() -> None:
    """All that a person needs to look further stands there, in the order given."""
    told = compose(
        "nightly",
        [news(), news(Event.GROWN, number=2), news(Event.REOPENED, number=3), news(Event.RESOLVED, number=4)],
    )

    assert told.body.split("\n\n") == [
        "NEW error blocked-by-nsg on ase-shop: a rule stops it (since 2026-02-03 04:05Z, id 0000000000000001)",
        (
            "GROWN error blocked-by-nsg on ase-shop: a rule stops it "
            "(since 2026-02-03 04:05Z, first seen 2026-01-31 09:00Z, id 0000000000000002)"
        ),
        (
            "REOPENED error blocked-by-nsg on ase-shop: a rule stops it "
            "(since 2026-02-03 04:05Z, first seen 2026-01-31 09:00Z, id 0000000000000003)"
        ),
        (
            "RESOLVED error blocked-by-nsg on ase-shop: a rule stops it "
            "(gone since 2026-02-03 04:05Z, first seen 2026-01-31 09:00Z, id 0000000000000004)"
        ),
    ]


def test_a_thousand_findings_are_one_bounded_message_that_counts_the_rest() -> None:
    """As many are told as there is room for, whole; all others are counted."""
    told = compose("nightly", [news(number=number) for number in range(1000)])

    *paragraphs, last = told.body.split("\n\n")
    assert len(told.body) <= MOST_CHARACTERS
    assert len(paragraphs) == MOST_FINDINGS
    assert all(each.endswith(")") for each in paragraphs)
    assert last == "and 980 more"
    assert told.title == "1,000 new: job nightly"


def test_a_service_with_little_room_is_told_of_the_worst_alone() -> None:
    """A text message has 160 characters; the first finding is cut to fit rather than left out."""
    told = compose("nightly", [news(number=number) for number in range(3)], room=100)

    assert len(told.body) <= 100
    assert told.body.startswith("NEW error blocked-by-nsg")
    assert told.body.endswith("\n\nand 2 more")


def test_news_is_good_bad_or_grave() -> None:
    """What is there decides, not what is gone."""
    grave, bad, good = (
        compose("nightly", each)
        for each in ([news()], [news(level=Level.WARNING), news(Event.RESOLVED)], [news(Event.RESOLVED)])
    )

    assert [(each.is_grave, each.is_good) for each in (grave, bad, good)] == [
        (True, False),
        (False, False),
        (False, True),
    ]


def test_names_call_nobody_and_link_nowhere() -> None:
    """Mentions of Slack, Teams and Discord, elements, images and addresses are shown and do nothing."""
    hostile = "<!channel> @everyone <at>all</at> <@U1> [win](https://evil.example) ![x](http://e/x.png) `a`\n\nRESOLVED"

    told = compose(hostile, [news(message=hostile)])

    assert not re.search(r"[<>@`]|\]\(|://", told.title + told.body)
    assert told.body.count("\n") == 0


@given(st.lists(st.one_of(st.text(), st.sampled_from(strings())), min_size=1, max_size=6), st.integers(60, 4000))
def test_whatever_names_hold_the_message_is_bounded_and_harmless(names: list[str], room: int) -> None:
    """No name makes the message longer than its room, breaks a line or calls anybody."""
    told = compose(names[0], [news(message=each, number=number) for number, each in enumerate(names)], room)

    assert told.body
    assert len(told.body) <= room
    assert len(told.title) <= 150
    assert not re.search(r"[<>@`]|\]\(|://", told.title + told.body)
    assert all(each.isprintable() for each in (told.title, *told.body.split("\n\n")))
