"""What was recorded is told again: runs, findings with their lives, and what differs."""

from dataclasses import replace

import pytest

from auditor.engine.lives import decide
from auditor.errors import HistoryError
from auditor.findings import Finding, Level, Outcome, Report
from auditor.histories import CheckCount, Event, Recorded, Turn
from auditor.history.store import Store
from tests.history.audits import ASE, OTHER, PACK, SNAPSHOT, day, document, finding, recording, report


def add(store: Store, told: Report, **more: object) -> Recorded:
    """Record a report."""
    return store.record(recording(told, **more), decide)  # type: ignore[arg-type]  # by name


def turns(store: Store, name: str, job: str = "nightly") -> list[tuple[Event, int, str]]:
    """Return what happened to a finding of a job."""
    return [(each.event, each.run, each.at) for each in store.life(name, job).turns]


def test_a_run_is_told_as_it_was_recorded(store: Store) -> None:
    """All that the audit said of findings, and its counts by check."""
    findings = (finding("a"), finding("b", waiver="agreed (net, until 2026-02-01)"), finding("c", level=Level.WARNING))
    told = report(day(1), *findings, unknown=[(ASE, "d")])
    recorded = add(store, told, documents=[document("rt")], exit_code=3)
    found = store.run(recorded.run.id)

    assert found.run == recorded.run
    assert (found.findings, found.workloads, found.sources) == (findings, told.workloads, (SNAPSHOT,))
    assert (found.packs, found.gaps) == ((PACK,), ())
    run = found.run
    assert (run.job, run.at, run.seconds, run.exit_code) == ("nightly", day(1), 1.5, 3)
    assert (run.workloads, run.gaps, run.is_complete) == (1, 0, True)
    assert run.counts == (
        CheckCount(check="missing-fqdn", level=Level.ERROR, findings=1, waived=1),
        CheckCount(check="missing-fqdn", level=Level.WARNING, findings=1, waived=0),
    )
    assert run.outcomes == {**dict.fromkeys(Outcome, 0), Outcome.PASS: 10, Outcome.FAIL: 3, Outcome.UNKNOWN: 1}
    assert run.events == {**dict.fromkeys(Event, 0), Event.NEW: 3}
    assert run.snapshot is not None


def test_runs_are_listed_newest_first(store: Store) -> None:
    """Of all jobs or of one, as many as are asked for."""
    for number, job in enumerate(("a", "b", "a"), 1):
        add(store, report(day(number)), job=job)

    assert [(each.id, each.job) for each in store.runs()] == [(3, "a"), (2, "b"), (1, "a")]
    assert [each.id for each in store.runs("a")] == [3, 1]
    assert [each.id for each in store.runs(limit=1)] == [3]
    assert store.jobs() == ("a", "b")
    assert store.latest("b") == store.run(2).run
    assert store.latest("c") is None


def test_a_finding_has_one_life(store: Store) -> None:
    """It begins, ends and begins again; what stays is told of without a word."""
    for number, found in enumerate(([finding("a")], [finding("a")], [], [], [finding("a")]), 1):
        add(store, report(day(number), *found))
    life = store.life("a")

    assert turns(store, "a") == [(Event.NEW, 1, day(1)), (Event.RESOLVED, 3, day(3)), (Event.REOPENED, 5, day(5))]
    assert (life.first_seen, life.last_seen) == (day(1), day(5))
    assert (life.resolved_at, life.reopened_at) == (None, day(5))


def test_last_seen_is_of_the_last_audit_that_found_it(store: Store) -> None:
    """Whether it was resolved after that, or stands because nobody can tell."""
    add(store, report(day(1), finding("a"), finding("b")))
    add(store, report(day(2), finding("a"), finding("b")))
    add(store, report(day(3), unknown=[(ASE, "b")]))
    add(store, report(day(4), unknown=[(ASE, "b")]))
    a, b = store.life("a"), store.life("b")

    assert (a.last_seen, a.resolved_at) == (day(2), day(3))
    assert (b.last_seen, b.resolved_at) == (day(2), None)
    add(store, report(day(5), finding("b")))
    assert store.life("b").last_seen == day(5)


def test_a_finding_is_told_as_it_was_last_seen(store: Store) -> None:
    """Its words may change while it is open."""
    add(store, report(day(1), finding("a")))
    add(store, report(day(2), finding("a", message="a is not allowed out, and b neither")))
    add(store, report(day(3)))

    assert store.life("a").finding.message == "a is not allowed out, and b neither"


def test_only_what_is_not_waived_is_news(store: Store) -> None:
    """A waived finding has a life, and an event, but nobody is told."""
    waived = finding("a", waiver="agreed (net, until 2026-02-01)")
    first = add(store, report(day(1), waived, finding("b")))
    second = add(store, report(day(2)))

    assert [each.finding.id[0] for each in first.happenings] == ["b"]
    assert first.run.events[Event.NEW] == 2
    assert turns(store, "a")[0] == (Event.NEW, 1, day(1))
    assert [(each.event, each.finding.id[0]) for each in second.happenings] == [(Event.RESOLVED, "b")]
    assert len({each.id for each in (*first.happenings, *second.happenings)}) == 2


def test_time_never_goes_back_within_a_job(store: Store) -> None:
    """What counts is the order of recording; a clock that was set back makes no finding end before it began."""
    add(store, report(day(9), finding("a")))
    late = add(store, report(day(5)))
    add(store, report(day(7), finding("b")))

    assert late.run.at == day(5)
    assert turns(store, "a") == [(Event.NEW, 1, day(9)), (Event.RESOLVED, 2, day(9))]
    assert store.life("b").first_seen == day(9)


def test_jobs_do_not_share_lives(store: Store) -> None:
    """The same finding of two jobs is two lives; its id alone is not enough then."""
    add(store, report(day(1), finding("a")), job="one")
    add(store, report(day(2), finding("a")), job="two")
    add(store, report(day(3)), job="one")

    assert [each.event for each in store.life("a", "two").turns] == [Event.NEW]
    assert [(each.job, each.resolved_at) for each in store.lives()] == [("two", None), ("one", day(3))]
    assert [each.job for each in store.lives(open_only=True)] == ["two"]
    with pytest.raises(HistoryError, match=r'several jobs have finding a0+: "one", "two"; name one job'):
        store.life("a")


def test_an_id_may_be_cut_as_long_as_it_is_one(store: Store) -> None:
    """What fits none, or several, is one line."""
    add(store, report(day(1), finding("ab"), finding("ac")))

    assert store.life("ab").finding.id == "ab00000000000000"
    with pytest.raises(HistoryError, match=r'"a" begins several ids: ab0+, ac0+; write more of it'):
        store.life("a")
    for wrong in ("x", "", "%", "_", "ab'", "a\0"):
        with pytest.raises(HistoryError, match="no finding has an id that begins with"):
            store.life(wrong)


def test_what_is_not_there_is_one_line(store: Store) -> None:
    """Runs and jobs."""
    for number in (1, 0, -1, 10**30):
        with pytest.raises(HistoryError, match=rf"there is no run {number} in the history; call auditor history list"):
            store.run(number)
    for wrong in (lambda: store.runs("x"), lambda: store.chronicle("x"), lambda: store.lives("x")):
        with pytest.raises(HistoryError, match='there is no job "x" in the history'):
            wrong()


def many(count: int, changed: int = 0) -> list[Finding]:
    """Return findings, of which the first ones say something else."""
    return [finding(f"f{number}x", message="altered" if number < changed else "as ever") for number in range(count)]


def test_difference_is_of_findings_workloads_and_resources(store: Store) -> None:
    """What one run alone has, what both have and tell otherwise, and nothing of what they share."""
    documents = [document(f"rt-{number}", routes=[number]) for number in range(60)]
    add(store, report(day(1), *many(60), finding("gone"), workloads=[ASE, OTHER]), documents=documents)
    changed = [document("rt-new"), *documents[1:59], document("rt-59", routes=["else"])]
    add(store, report(day(2), finding("come"), *many(60, 2)), documents=changed)
    found = store.difference(1, 2)
    place = documents[0]["id"].rpartition("/")[0].lower()

    assert (found.before, found.after) == (store.run(1).run, store.run(2).run)
    assert [each.id[:4] for each in found.gone] == ["gone"]
    assert [each.id[:4] for each in found.come] == ["come"]
    assert [(one.message, other.message) for one, other in found.altered] == [("as ever", "altered")] * 2
    assert (found.workloads_added, found.workloads_removed) == ((), (OTHER,))
    assert found.resources_added == (f"{place}/rt-new",)
    assert found.resources_removed == (f"{place}/rt-0",)
    assert found.resources_changed == (f"{place}/rt-59",)
    back = store.difference(2, 1)
    assert (back.gone, back.come) == (found.come, found.gone)


def test_nothing_differs_between_equal_runs(store: Store) -> None:
    """They share all their contents."""
    for number in (1, 2):
        add(store, report(day(number), *many(20)), documents=[document("rt")])
    found = store.difference(1, 2)

    assert (found.gone, found.come, found.altered) == ((), (), ())
    assert (found.resources_added, found.resources_removed, found.resources_changed) == ((), (), ())


def test_a_chronicle_is_the_whole_job(store: Store) -> None:
    """Every run, oldest first, with a digest of each document, and every life."""
    add(store, report(day(1), finding("a")), documents=[document("rt", a=1), document("same")])
    add(store, report(day(1)), job="another")
    add(store, report(day(2), finding("b")), documents=[document("rt", a=2), document("same")])
    found = store.chronicle("nightly")
    first, second = (each.resources or {} for each in found.steps)
    place = document("same")["id"].lower()

    assert [each.detail for each in found.steps] == [store.run(1), store.run(3)]
    assert [each.finding.id[0] for each in found.lives] == ["b", "a"]
    assert first.keys() == second.keys()
    assert first[place] == second[place]
    assert [each for each in first if first[each] != second[each]] == [document("rt")["id"].lower()]


def test_what_tells_lives_is_in_the_words_of_the_history(store: Store) -> None:
    """A life holds all its turns, each with the run that told it."""
    add(store, report(day(1), finding("a")))

    assert store.life("a").turns == (Turn(event=Event.NEW, run=1, at=day(1)),)


def test_names_may_hold_anything(store: Store) -> None:
    """Half a character, which a file may hold, is kept as well as any other."""
    odd = finding("a", message="half of it: \ud800", evidence=("\x1b[31m", "東京"))
    told = report(day(1), odd)
    add(store, replace(told, results=()), job="東京 'quoted'", documents=[document("rt", note="\udfff")])

    assert store.run(1).findings == (odd,)
    assert store.lives()[0].finding == odd
    assert store.jobs() == ("東京 'quoted'",)
    assert b'"\\udfff"' in b"".join(store.snapshot_pieces(1))


def test_lives_of_more_findings_than_a_statement_takes_are_told(store: Store) -> None:
    """Asked for by their ids, as by a difference between two runs."""
    add(store, report(day(1), finding("a"), finding("b")))
    asked = [finding("a").id, *(f"{each:016}" for each in range(70_000))]

    assert [each.finding.id for each in store.lives("nightly", findings=asked)] == [finding("a").id]
