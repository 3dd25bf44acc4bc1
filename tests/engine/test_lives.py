"""What an audit makes of the past of its job; above all, that what may still be there is never told to be resolved."""

from dataclasses import replace

import pytest

from auditor.engine.comparing import as_found, compare, outcomes_of, undecided_since
from auditor.engine.lives import decide
from auditor.findings import Baseline, Finding, Gap, Level, Outcome, Report, Source, State
from auditor.histories import Decision, Event, Past
from tests.history.audits import ASE, FILES, OTHER, PACK, SNAPSHOT, SUBSCRIPTION, day, finding, recording, report

NOTHING = Past(opened=(), resolved=frozenset(), outcomes={}, editions=frozenset())
ELSEWHERE = ASE.replace("11111111", "99999999")
OTHER_PACK = replace(PACK, pack="own-pack")


def told(past: Past, audit: Report) -> Decision:
    """Decide on an audit."""
    return decide(past, recording(audit))


def after(audit: Report, past: Past = NOTHING) -> Past:
    """Return the past that an audit leaves, as a history keeps it."""
    decision = told(past, audit)
    gone = {each.id for event, each in decision.events if event is Event.RESOLVED}
    found = {each.id: each for each in decision.findings}
    opened = {each.id: each for each in past.opened if each.id not in gone} | found
    return Past(
        opened=tuple(opened.values()),
        resolved=(past.resolved | gone) - found.keys(),
        outcomes=decision.outcomes,
        editions=frozenset(f"{each.pack}@{each.edition}.r{each.revision} ({each.cloud})" for each in audit.packs),
    )


def events(past: Past, audit: Report) -> list[tuple[Event, str]]:
    """Return what an audit makes of the past, by id of the finding."""
    return [(event, each.id.rstrip("0")) for event, each in told(past, audit).events]


def test_what_the_job_never_had_is_new() -> None:
    """The first audit of a job finds everything for the first time."""
    assert events(NOTHING, report(day(1), finding("a"), finding("b"))) == [(Event.NEW, "a"), (Event.NEW, "b")]


def test_what_stays_is_no_event() -> None:
    """The same audit again tells nothing."""
    audit = report(day(1), finding("a"))

    assert events(after(audit), audit) == []


def test_what_is_not_found_any_more_is_resolved_and_may_come_again() -> None:
    """On a workload that was audited, with nothing undecided, absence is proof."""
    past = after(report(day(2)), after(report(day(1), finding("a"))))

    assert events(after(report(day(1), finding("a"))), report(day(2))) == [(Event.RESOLVED, "a")]
    assert events(past, report(day(3), finding("a"))) == [(Event.REOPENED, "a")]


def test_what_takes_down_more_has_grown() -> None:
    """Where one more requirement fails for a cause that is known, and did not fail before."""
    past = after(report(day(1), finding("a")))

    assert events(past, report(day(2), finding("a", also=["b"]))) == [(Event.GROWN, "a")]


def test_other_editions_make_nothing_grow() -> None:
    """That a newer document asks for more is no change of the network."""
    past = after(report(day(1), finding("a")))
    newer = (replace(PACK, edition="2025-01-01"),)

    assert events(past, report(day(2), finding("a", also=["b"]), packs=newer)) == []


def test_a_waiver_that_is_gone_is_told_and_one_that_comes_is_not() -> None:
    """A finding counts again when its waiver has ended; that it was accepted resolves nothing."""
    waived, plain = finding("a", waiver="agreed (net, until 2026-02-01)"), finding("a")

    assert events(after(report(day(1), plain)), report(day(2), waived)) == []
    assert events(after(report(day(1), waived)), report(day(2), plain)) == [(Event.GROWN, "a")]


def test_what_cannot_be_decided_stands() -> None:
    """That a requirement of a finding is unknown now mends nothing, and coming back is nothing new either."""
    past = after(report(day(1), finding("a")))
    blind = report(day(2), unknown=[(ASE, "a")])

    assert events(past, blind) == []
    assert events(after(blind, past), report(day(3), finding("a"))) == []
    assert events(after(blind, past), report(day(3))) == [(Event.RESOLVED, "a")]


def test_what_grew_while_nobody_could_see_is_told_once() -> None:
    """An outcome that was worse before it could not be decided is what the next one is compared with."""
    works = {"a": Outcome.DEVIATES}
    past = after(report(day(1), finding("a"), outcomes=works))
    blind = after(report(day(2), unknown=[(ASE, "a")]), past)

    assert events(blind, report(day(3), finding("a"), outcomes=works)) == []
    assert events(blind, report(day(3), finding("a"))) == [(Event.GROWN, "a")]


GAPS = [
    Gap(what="*", scope=SUBSCRIPTION, why="access denied", needs="Reader"),
    Gap(what="Microsoft.Web/hostingEnvironments", scope="", why="access denied", needs="Reader"),
    Gap(what="*", scope="", why="a file is cut off", needs="the whole file"),
    Gap(what="Microsoft.Web/hostingEnvironments", scope=ASE, why="access denied", needs="Reader"),
]


@pytest.mark.parametrize("gap", GAPS, ids=lambda each: f"{each.what} under {each.scope[-12:] or 'anything'}")
def test_a_workload_under_a_gap_stands(gap: Gap) -> None:
    """What may hide the workload may hide its findings."""
    past = after(report(day(1), finding("a"), workloads=[ASE, OTHER]))

    assert events(past, report(day(2), workloads=[OTHER], gaps=[gap])) == []


def test_a_workload_that_is_no_more_takes_its_findings_along() -> None:
    """Where the source holds all there is, and shows that its subscription was read."""
    past = after(report(day(1), finding("a"), workloads=[ASE, OTHER]))

    assert events(past, report(day(2), workloads=[OTHER])) == [(Event.RESOLVED, "a")]


def test_files_do_not_show_that_a_workload_is_no_more() -> None:
    """A handful of files says nothing of what was not put into them."""
    past = after(report(day(1), finding("a"), workloads=[ASE, OTHER], source=FILES))

    assert events(past, report(day(2), workloads=[OTHER], source=FILES)) == []


def test_an_audit_of_nothing_resolves_nothing() -> None:
    """An empty answer is no proof that all is gone."""
    past = after(report(day(1), finding("a")))

    assert events(past, report(day(2), workloads=[])) == []


THERE = ELSEWHERE.lower().partition("/resourcegroups")[0]
CORP = "/providers/microsoft.management/managementgroups/corp"
SEES = {
    "nobody knows what": ((), False),
    "its subscription": ((SUBSCRIPTION, THERE), True),
    "another subscription": ((SUBSCRIPTION,), False),
    "a management group": ((CORP,), False),
    "a management group and its subscription": ((CORP, THERE), True),
    "the other environment alone": ((ASE.lower(),), False),
}


@pytest.mark.parametrize("asked", SEES)
def test_only_a_subscription_that_was_asked_for_shows_that_its_last_environment_is_no_more(asked: str) -> None:
    """That something of it was read does not: what decides the flows of others is followed anywhere."""
    scope, shows = SEES[asked]
    gone = finding("a", workload=ELSEWHERE)
    past = after(report(day(1), gone, workloads=[ASE, ELSEWHERE]))
    audit = report(day(2), workloads=[ASE], source=replace(SNAPSHOT, scope=scope))

    assert told(past, audit).events == (((Event.RESOLVED, gone),) if shows else ())


@pytest.mark.parametrize(("scope", "shows"), [((), True), ((CORP,), True), ((ASE.lower(),), False)])
def test_an_audit_of_one_environment_says_nothing_of_its_neighbours(scope: tuple[str, ...], *, shows: bool) -> None:
    """Unlike one that reads all there is of its subscription."""
    past = after(report(day(1), finding("a", workload=OTHER), workloads=[ASE, OTHER]))
    audit = report(day(2), workloads=[ASE], source=replace(SNAPSHOT, scope=scope))

    assert events(past, audit) == ([(Event.RESOLVED, "a")] if shows else [])


def test_a_pack_that_is_not_applied_resolves_nothing() -> None:
    """What was not asked for was not decided."""
    own = finding("a", requirements=("own-pack@1/fqdn:a:443",))
    past = after(report(day(1), own, packs=(PACK, OTHER_PACK)))

    for number in (2, 3):  # however often it is left away
        assert events(past, report(day(number), packs=(PACK,))) == []
        past = after(report(day(number), packs=(PACK,)), past)
    assert events(past, report(day(2), packs=(PACK, OTHER_PACK))) == [(Event.RESOLVED, "a")]


def test_what_azures_own_lists_were_asked_in_place_of_stands() -> None:
    """Nobody looked at what the documents list; nor, the next time, at what Azure does. The rest is decided."""
    of_azure = replace(PACK, pack="azure", edition="live")
    route = finding("b", requirements=("ase-v2@2023-11-20/default-route:0.0.0.0/0",))
    past = after(report(day(1), finding("a"), route))
    listed = finding("c", requirements=("azure@live/fqdn:c:443",))
    by_lists = report(day(2), listed, packs=(PACK, of_azure))

    assert events(past, by_lists) == [(Event.NEW, "c"), (Event.RESOLVED, "b")]
    assert events(after(by_lists, past), report(day(3))) == [(Event.RESOLVED, "a")]


@pytest.mark.parametrize("name", ["applications/peer:/subscriptions/s", "lock-down/rule:fwp/allow"])
def test_what_the_configuration_asks_for_stands_while_anything_of_its_workload_is_unknown(name: str) -> None:
    """It is told only where it does not hold: that a firewall could not be read would look as if it did."""
    past = after(report(day(1), finding("a", requirements=(name,))))

    assert events(past, report(day(2), unknown=[(ASE, "b")])) == []
    assert events(past, report(day(2), unknown=[(OTHER, "b")])) == [(Event.RESOLVED, "a")]


def test_what_cannot_be_decided_for_another_cause_is_not_decided() -> None:
    """A route table that was not read is no better for its network not being read either."""
    past = after(report(day(1), finding("a", check="undetermined"), outcomes={"a": Outcome.UNKNOWN}))
    other = report(day(2), finding("a0", id="b" * 16, check="undetermined"), unknown=[(ASE, "a")])

    assert events(past, other) == [(Event.NEW, "b" * 16)]
    assert events(past, report(day(2), unknown=[(ASE, "b")])) == [(Event.RESOLVED, "a")]


def test_what_the_configuration_asks_for_is_of_no_pack() -> None:
    """It is decided by every audit."""
    own = finding("a", requirements=("applications/peer:x@y/z", "lock-down/rule:x@y"))

    assert events(after(report(day(1), own)), report(day(2))) == [(Event.RESOLVED, "a")]


def test_a_note_stands_while_what_it_tells_of_cannot_be_read() -> None:
    """A note on the documents names no requirement that could be undecided."""
    note = finding("a", requirements=(), check="documentation-drift", level=Level.NOTE)
    past = after(report(day(1), note))
    gap = Gap(what="Microsoft.Network/serviceTags", scope="", why="access denied", needs="Reader")

    assert events(past, report(day(2), gaps=[gap])) == []
    assert events(past, report(day(2))) == [(Event.RESOLVED, "a")]


def test_a_waiver_that_is_renewed_resolves_the_word_on_its_end() -> None:
    """What speaks of no workload speaks of the configuration, which was read."""
    lapsed = finding("a", workload="", requirements=(), check="expired-waiver")

    assert events(after(report(day(1), lapsed, source=FILES)), report(day(2), source=FILES)) == [(Event.RESOLVED, "a")]


def test_a_baseline_changes_nothing_of_what_is_recorded() -> None:
    """What --baseline adds to a report, marks and findings that stand, is no finding of the audit itself."""
    plain = report(day(2), finding("a", also=["c"]), unknown=[(ASE, "b")])
    earlier = (finding("a", waiver="agreed (net, until 2026-01-01)"), finding("b"), finding("gone"))
    baseline = Baseline(
        source=Source(kind="baseline", location="old.json", digest="sha256:0"),
        findings=earlier,
        outcomes=outcomes_of(report(day(1), *earlier).results),
        editions=frozenset(),
    )
    outcomes = outcomes_of(plain.results)
    stands = undecided_since(baseline, plain.findings, outcomes, [ASE], ())
    compared = compare((*plain.findings, *stands), baseline, (), outcomes, frozenset())

    assert {each.state for each in compared} == {State.NEW, State.UNCHANGED, State.ABSENT}
    assert as_found(compared) == plain.findings
    assert told(NOTHING, replace(plain, findings=compared)) == told(NOTHING, plain)


def test_events_come_worst_first() -> None:
    """First what was found, in the order of the report; then what is gone, by level."""
    mild: Finding = finding("b", level=Level.WARNING)
    past = after(report(day(1), mild, finding("c")))

    assert events(past, report(day(2), finding("d"), finding("e", level=Level.NOTE))) == [
        (Event.NEW, "d"),
        (Event.NEW, "e"),
        (Event.RESOLVED, "c"),
        (Event.RESOLVED, "b"),
    ]


def test_what_stands_unseen_is_counted_unless_it_was_accepted() -> None:
    """An audit of another workload looks at nothing of this one, whose findings stand; a waived one worries nobody."""
    past = after(report(day(1), finding("a"), finding("b"), finding("c", waiver="accepted")))
    elsewhere = told(past, report(day(2), workloads=(OTHER,), source=FILES))

    assert (elsewhere.events, elsewhere.unseen) == ((), 2)
    assert told(past, report(day(2), finding("a"))).unseen == 0
