"""What channels are owed is claimed once, told once, and told again only where it surely was not."""

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from auditor.findings import Level
from auditor.histories import Delivery, Event
from auditor.history.deliveries import GIVEN_UP, OWED_DAYS, Claim, claim, know, settle, what_is_told
from auditor.history.store import Store
from auditor.history.tables import deliveries, events
from tests.history.telling import JOB, NOW, finding, record

CHANNEL = "0123456789abcdef"
NEW, GROWN, REOPENED, RESOLVED = Event.NEW, Event.GROWN, Event.REOPENED, Event.RESOLVED
A, B, C = finding("a"), finding("b"), finding("c")


def told(claimed: Claim) -> list[tuple[str, str]]:
    """Return what a claim tells."""
    return [(each.event.value, each.finding.id) for each in claimed.news]


def done(store: Store, claimed: Claim, state: Delivery, *, channel: str = CHANNEL, now: datetime = NOW) -> None:
    """Settle a claim."""
    settle(store, channel, claimed, state, attempts=1, error="" if state is Delivery.SENT else "why", now=now)


def states(store: Store) -> list[str]:
    """Return the states of all deliveries, in the order of events."""
    with store.reading() as connection:
        return list(connection.execute(select(deliveries.c.state).order_by(deliveries.c.event)).scalars())


@pytest.fixture
def known(store: Store) -> Store:
    """Return a history in which the channel is known."""
    know(store, [CHANNEL], JOB)
    return store


def test_what_a_run_finds_is_claimed_once(known: Store) -> None:
    """The one who claims it gets it, whoever comes next gets nothing, before it is told and after."""
    ids = record(known, (NEW, A), (NEW, B))

    first, second = claim(known, CHANNEL, JOB, NOW), claim(known, CHANNEL, JOB, NOW)
    done(known, first, Delivery.SENT)
    third = claim(known, CHANNEL, JOB, NOW)

    assert told(first) == [("new", "a"), ("new", "b")]
    assert sorted(first.events) == sorted(ids)
    assert second == third == Claim(news=(), events=(), unsure=0)
    assert states(known) == ["sent", "sent"]


def test_worst_is_told_first_and_what_is_resolved_last(known: Store) -> None:
    """By level, then by name."""
    mild, fine = finding("n", level=Level.NOTE), finding("w", level=Level.WARNING)
    record(known, (NEW, mild), (NEW, C))
    done(known, claim(known, CHANNEL, JOB, NOW), Delivery.SENT)

    record(known, (GROWN, mild), (NEW, fine), (NEW, B), (NEW, A), (RESOLVED, C))

    assert told(claim(known, CHANNEL, JOB, NOW)) == [
        ("new", "a"),
        ("new", "b"),
        ("new", "w"),
        ("grown", "n"),
        ("resolved", "c"),
    ]


def test_a_channel_is_told_nothing_from_before_it_was_named(store: Store) -> None:
    """Nor of other jobs; and each channel is owed the same for itself."""
    record(store, (NEW, A))
    know(store, [CHANNEL, "other"], JOB)
    record(store, (NEW, B))
    record(store, (NEW, C), job="weekly")

    assert told(claim(store, CHANNEL, JOB, NOW)) == [("new", "b")]
    assert told(claim(store, "other", JOB, NOW)) == [("new", "b")]


def test_a_channel_that_is_named_again_goes_on_where_it_was(known: Store) -> None:
    """A run that ended between recording and claiming leaves nothing untold."""
    record(known, (NEW, A))
    know(known, [CHANNEL], JOB)
    record(known, (NEW, B))

    assert told(claim(known, CHANNEL, JOB, NOW)) == [("new", "a"), ("new", "b")]


def test_what_failed_is_told_with_what_is_new(known: Store) -> None:
    """It is one claim, and the tries are counted."""
    record(known, (NEW, A))
    done(known, claim(known, CHANNEL, JOB, NOW), Delivery.FAILED)
    record(known, (NEW, B))

    again = claim(known, CHANNEL, JOB, NOW)
    assert told(again) == [("new", "a"), ("new", "b")]
    assert states(known) == ["sending", "sending"]
    done(known, again, Delivery.SENT)

    with known.reading() as connection:
        rows = connection.execute(select(deliveries).order_by(deliveries.c.event)).all()
    assert [(each.state, each.attempts, each.error) for each in rows] == [("sent", 2, None), ("sent", 1, None)]


def test_what_a_run_left_behind_is_unsure_and_never_sent_again(known: Store) -> None:
    """While it may still be at it nothing is said; then it is said once."""
    record(known, (NEW, A))
    claim(known, CHANNEL, JOB, NOW)

    soon = claim(known, CHANNEL, JOB, NOW + GIVEN_UP - timedelta(seconds=1))
    later = claim(known, CHANNEL, JOB, NOW + GIVEN_UP + timedelta(seconds=1))
    after = claim(known, CHANNEL, JOB, NOW + GIVEN_UP + timedelta(seconds=2))

    assert [(each.news, each.unsure) for each in (soon, later, after)] == [((), 0), ((), 1), ((), 0)]
    assert states(known) == ["unsure"]


def test_what_came_and_went_before_it_could_be_told_is_no_news(known: Store) -> None:
    """And it is settled: it does not come up again when more happens."""
    record(known, (NEW, A), (NEW, B))
    done(known, claim(known, CHANNEL, JOB, NOW), Delivery.FAILED)
    record(known, (RESOLVED, A), (GROWN, B))

    claimed = claim(known, CHANNEL, JOB, NOW)
    assert told(claimed) == [("new", "b")]
    done(known, claimed, Delivery.SENT)
    assert states(known) == ["moot", "sent", "moot", "sent"]

    record(known, (REOPENED, A))
    assert told(claim(known, CHANNEL, JOB, NOW)) == [("reopened", "a")]


def test_what_is_resolved_after_it_may_have_been_told_is_told(known: Store) -> None:
    """A channel that may have heard of a finding hears of its end."""
    record(known, (NEW, A))
    claim(known, CHANNEL, JOB, NOW)
    record(known, (RESOLVED, A))

    assert told(claim(known, CHANNEL, JOB, NOW)) == [("resolved", "a")]


def test_waived_findings_are_never_told(known: Store) -> None:
    """Neither at once nor where the waiver came before it could be told; but where the waiver is gone."""
    waived = replace(A, waiver="because")
    record(known, (NEW, waived), (NEW, B))
    done(known, claim(known, CHANNEL, JOB, NOW), Delivery.FAILED)
    record(known, (GROWN, replace(B, waiver="because")))
    assert told(claim(known, CHANNEL, JOB, NOW)) == []

    record(known, (GROWN, A))
    assert told(claim(known, CHANNEL, JOB, NOW)) == [("grown", "a")]


def test_what_is_a_week_old_is_no_news(known: Store) -> None:
    """A channel that was away for long is not told of all that it missed."""
    record(known, (NEW, A))
    later = NOW + timedelta(days=OWED_DAYS, seconds=1)
    record(known, (NEW, B), at=later)

    assert told(claim(known, CHANNEL, JOB, later)) == [("new", "b")]


def test_times_are_of_the_audit_that_found_it(known: Store) -> None:
    """What is new is so since it came, though it grew before it could be told."""
    later = NOW + timedelta(hours=1)
    record(known, (NEW, A), (NEW, B))
    done(known, claim(known, CHANNEL, JOB, NOW), Delivery.FAILED)
    record(known, (GROWN, A), (RESOLVED, C), at=later)

    (a, b) = claim(known, CHANNEL, JOB, later).news
    assert (a.at, a.first_seen, b.at) == ("2026-02-03T04:05:06Z",) * 3


def test_a_thousand_events_are_claimed_and_settled(known: Store) -> None:
    """The first run of a job may have many."""
    record(known, *((NEW, finding(f"{number:04}")) for number in range(1_200)))

    claimed = claim(known, CHANNEL, JOB, NOW)
    done(known, claimed, Delivery.FAILED)
    again = claim(known, CHANNEL, JOB, NOW)
    done(known, again, Delivery.SENT)

    assert len(claimed.news) == len(again.news) == 1_200
    assert set(states(known)) == {"sent"}


def test_two_that_claim_at_once_never_get_the_same(known: Store) -> None:
    """Whatever the order, each event is given to one of them."""
    for number in range(10):
        record(known, (NEW, finding(f"{number}-a")), (NEW, finding(f"{number}-b")))
        together, claims = threading.Barrier(3), list[Claim]()

        def one(together: threading.Barrier = together, claims: list[Claim] = claims) -> None:
            together.wait()
            claims.append(claim(known, CHANNEL, JOB, NOW))

        threads = [threading.Thread(target=one) for _ in range(3)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        given = [each for claimed in claims for each in claimed.events]
        assert len(claims) == 3
        assert len(given) == len(set(given)) == 2


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.booleans())
def test_what_a_channel_believes_is_true_whatever_it_missed(grows: list[bool], is_open: bool) -> None:  # noqa: FBT001 - drawn
    """A channel that heard all up to a moment, and then one piece of news for all the rest, knows how it stands."""
    believes, is_first, happened = is_open, not is_open, list[Event]()
    for each in grows:
        if not is_open:
            happened.append(NEW if is_first else REOPENED)
            is_first, is_open = False, True
        elif each:
            happened.append(GROWN)
        else:
            happened.append(RESOLVED)
            is_open = False

    news = what_is_told(happened)

    if news is not None:
        believes = news is not RESOLVED
    assert believes == is_open


def test_deliveries_are_of_events_that_are_there(known: Store) -> None:
    """A delivery names its event, and no channel has two of one event."""
    record(known, (NEW, A))
    claim(known, CHANNEL, JOB, NOW)

    with known.reading() as connection:
        pairs = connection.execute(select(deliveries.c.event, events.c.finding).join(events)).all()
    assert [each.finding for each in pairs] == ["a"]
