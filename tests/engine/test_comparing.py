"""A report against an earlier one: new, unchanged, absent, and nothing else changed."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from auditor.engine.audit import Audited
from auditor.engine.comparing import compare as compare_all
from auditor.engine.comparing import outcomes_of, undecided_since
from auditor.findings import Baseline, Finding, Gap, Outcome, Source, State, without_edition
from tests.audits import audit_documents, checks_of, every_check
from tests.engine.defects import NEW, Defect
from tests.engine.firewall_defects import FIREWALLS
from tests.engine.route_defects import ROUTES
from tests.engine.rule_defects import RULES
from tests.engine.subnet_defects import REST
from tests.estates import Draft
from tests.waived import FINDINGS

CHECKS = tuple(every_check())
SETS = st.lists(st.sampled_from(FINDINGS), unique_by=lambda each: each.id)


EDITIONS = frozenset({"ase-v2@2023-11-20"})


def baseline_of(
    findings: Iterable[Finding],
    outcomes: Mapping[tuple[str, str], Outcome] | None = None,
    *,
    editions: frozenset[str] = EDITIONS,
) -> Baseline:
    """Return an earlier report with these findings, all of whose requirements fail unless told otherwise."""
    found = tuple(findings)
    return Baseline(
        source=Source(kind="baseline", location="earlier.json", digest="sha256:0"),
        findings=found,
        outcomes=failing(found) if outcomes is None else outcomes,
        editions=editions,
    )


def failing(findings: Iterable[Finding]) -> dict[tuple[str, str], Outcome]:
    """Return the outcomes of findings all of whose requirements fail."""
    return {
        (each.workload.lower(), without_edition(name)): Outcome.FAIL for each in findings for name in each.requirements
    }


def compare(findings: Iterable[Finding], earlier: Iterable[Finding], checks: tuple[str, ...]) -> tuple[Finding, ...]:
    """Compare findings alone, where every requirement they name fails in both reports."""
    today, before = tuple(findings), tuple(earlier)
    outcomes = failing((*today, *before))
    return compare_all(today, baseline_of(before, outcomes), checks, outcomes, EDITIONS)


def states(findings: tuple[Finding, ...], state: State) -> list[str]:
    """Return the ids of the findings in a state."""
    return [each.id for each in findings if each.state == state]


@given(SETS)
def test_a_report_against_itself_is_all_unchanged(findings: list[Finding]) -> None:
    """Nothing is new and nothing gone where nothing has changed."""
    compared = compare(findings, findings, CHECKS)

    assert {each.state for each in compared} <= {State.UNCHANGED}
    assert {each.id for each in compared} == {each.id for each in findings}


@given(SETS, SETS)
def test_every_finding_has_the_one_state_it_must_have(today: list[Finding], before: list[Finding]) -> None:
    """New is only in this report, absent only in the baseline, unchanged in both; all else is as it was."""
    compared = compare(today, before, CHECKS)
    ids, earlier = {each.id for each in today}, {each.id for each in before}

    assert set(states(compared, State.NEW)) == ids - earlier
    assert set(states(compared, State.UNCHANGED)) == ids & earlier
    assert set(states(compared, State.ABSENT)) == earlier - ids
    assert len(compared) == len(ids | earlier)
    known = {each.id: each for each in (*before, *today)}
    assert all(replace(each, state=None, waiver=known[each.id].waiver) == known[each.id] for each in compared)


@given(st.data())
def test_order_never_matters(data: st.DataObject) -> None:
    """However both reports are sorted, the outcome is the same, with what is absent at its end."""
    today, before = data.draw(SETS), data.draw(SETS)
    compared = compare(today, before, CHECKS)

    assert compare(data.draw(st.permutations(today)), data.draw(st.permutations(before)), CHECKS) == compared
    kept = [each.state == State.ABSENT for each in compared]
    assert kept == sorted(kept)


def test_what_is_absent_is_accepted_by_nobody() -> None:
    """A waiver of the baseline goes with its finding; one of today stays."""
    waived = replace(FINDINGS[0], waiver="agreed")

    assert compare((), (waived,), CHECKS) == (replace(waived, state=State.ABSENT, waiver=None),)
    assert compare((waived,), FINDINGS[:1], CHECKS) == (replace(waived, state=State.UNCHANGED),)
    assert compare((waived,), (waived,), CHECKS) == (replace(waived, state=State.UNCHANGED),)


def test_what_nobody_accepts_any_more_is_new() -> None:
    """A finding that was waived in the baseline, and is not now, is no old acquaintance."""
    waived = replace(FINDINGS[0], waiver="agreed")

    assert compare(FINDINGS[:1], (waived,), CHECKS) == (
        replace(
            FINDINGS[0],
            state=State.NEW,
            evidence=(*FINDINGS[0].evidence, "the baseline has it as waived: agreed"),
        ),
    )


def test_what_was_absent_already_is_not_told_again() -> None:
    """A chain of baselines does not collect what is long gone; if it comes back, it is new."""
    gone = replace(FINDINGS[0], state=State.ABSENT)

    assert compare((), (gone,), CHECKS) == ()
    assert compare(FINDINGS[:1], (gone,), CHECKS) == (replace(FINDINGS[0], state=State.NEW),)


def test_a_check_of_another_version_is_carried() -> None:
    """A baseline may tell of a check that this version does not know; it comes last of its level."""
    other = replace(FINDINGS[0], id="0" * 16, check="of-another-version")

    assert [each.check for each in compare((), (other, FINDINGS[0]), CHECKS)] == [FINDINGS[0].check, other.check]


DEFECTS = [each for each in (*ROUTES, *RULES, *FIREWALLS, *REST) if NEW in each.editions]
STANDING = next(each for each in DEFECTS if each.check == "missing-service-endpoint")
"""A defect that no other hides."""


def audited(*puts: Defect) -> Audited:
    """Audit the compliant estate with some defects in it."""
    draft = Draft()
    for each in puts:
        each.put(draft)
    return audit_documents(draft.documents, edition=NEW, tags=draft.tags)


def since(today: Audited, before: Audited, gaps: Iterable[Gap] = ()) -> tuple[Finding, ...]:
    """Compare two audits as the command does."""
    baseline = baseline_of(before.findings, outcomes_of(before.results))
    outcomes = outcomes_of(today.results)
    kept = undecided_since(baseline, today.findings, outcomes, [each.id for each in today.workloads], gaps)
    return compare_all((*today.findings, *kept), baseline, CHECKS, outcomes, EDITIONS)


def defect(name: str) -> Defect:
    """Return the defect of that name."""
    return next(each for each in DEFECTS if each.name == name)


@pytest.mark.parametrize(
    "added", [each for each in DEFECTS if each.check != STANDING.check], ids=lambda each: str(each.name)
)
def test_a_defect_makes_exactly_its_finding_new(added: Defect) -> None:
    """Beside a defect that stands, one more gives one new finding, its own; taking it away gives one absent."""
    before, after = audited(STANDING), audited(STANDING, added)

    compared = since(after, before)

    assert [each.check for each in compared if each.state == State.NEW] == [added.check]
    assert states(compared, State.UNCHANGED) == [each.id for each in before.findings]
    assert states(compared, State.ABSENT) == []
    assert [each.check for each in since(before, after) if each.state == State.ABSENT] == [added.check]


def test_a_finding_that_takes_down_more_is_new() -> None:
    """One deny that takes down probes, and then management as well: what fails now did not fail in the baseline."""
    probes = defect("NSG does not allow probes")
    before, after = audited(probes), audited(probes, defect("NSG does not allow management"))
    assert [each.id for each in before.findings] == [each.id for each in after.findings], "one cause, one finding"

    (grown,) = since(after, before)
    (shrunk,) = since(before, after)

    assert grown.state == State.NEW
    assert grown.evidence[-1].startswith("since the baseline it also takes down management-source:")
    assert shrunk.state == State.UNCHANGED
    assert shrunk.evidence == before.findings[0].evidence


@given(st.sampled_from(DEFECTS), st.sampled_from(DEFECTS))
@settings(deadline=None, max_examples=30)
def test_whatever_fails_anew_is_told_by_a_finding_that_is_new(stands: Defect, comes: Defect) -> None:
    """No requirement that passed in the baseline fails under findings that are all unchanged."""
    try:
        before, after = audited(stands), audited(stands, comes)
    except (KeyError, ValueError, StopIteration):
        reject()  # one takes away what the other changes
    was, now = outcomes_of(before.results), outcomes_of(after.results)

    compared = since(after, before)

    new = {without_edition(name) for each in compared if each.state == State.NEW for name in each.requirements}
    assert {name for (_, name), outcome in now.items() if outcome is Outcome.FAIL and (_, name) not in was} <= new


def test_a_worse_outcome_is_new_even_under_other_editions() -> None:
    """Editions that differ may add requirements, which is no news of the estate; that what worked fails is."""
    few = replace(FINDINGS[0], requirements=FINDINGS[0].requirements[:1])
    many = replace(few, requirements=("x/a", "x/b", *few.requirements))
    at = few.workload.lower()
    worked = dict.fromkeys(failing([few]), Outcome.DEVIATES)

    def state(before: Mapping[tuple[str, str], Outcome]) -> str | None:
        (told,) = compare_all(
            [many], baseline_of([few], before, editions=frozenset()), CHECKS, failing([many]), EDITIONS
        )
        return told.state

    assert (at, "a") in failing([many])
    assert state(failing([few])) == State.UNCHANGED
    assert state(worked) == State.NEW


def test_what_can_no_longer_be_decided_is_not_gone() -> None:
    """A defect stands as the baseline has it where what decides it may not be read now; mended, it is gone."""
    tag, hidden = defect("FQDN tag AppServiceEnvironment removed"), defect("base policy not in the source")
    before, after = audited(tag), audited(tag, hidden)
    assert checks_of(after) == ["undetermined"]

    compared = since(after, before)

    assert [(each.check, each.state) for each in compared] == [
        ("missing-fqdn-tag", State.UNCHANGED),
        ("undetermined", State.NEW),
    ]
    assert compared[0].evidence[-1] == "not decided in this audit, so that it stands as the baseline has it"
    assert compared[0].requirements == before.findings[0].requirements
    assert [each.state for each in since(audited(), before)] == [State.ABSENT]


def test_it_stands_on_and_on() -> None:
    """A baseline made of such a report says the same again, once."""
    tag, hidden = defect("FQDN tag AppServiceEnvironment removed"), defect("base policy not in the source")
    after = audited(tag, hidden)
    first = since(after, audited(tag))
    again = undecided_since(
        baseline_of(first), after.findings, outcomes_of(after.results), [each.id for each in after.workloads], ()
    )

    assert [each.check for each in again] == ["missing-fqdn-tag"]
    assert again[0].evidence == first[0].evidence


def test_an_environment_that_may_not_be_read_keeps_its_findings() -> None:
    """One that is not in the audit keeps its findings where a gap lies over it, and loses them where none does."""
    before = audited(STANDING)
    nothing = replace(before, workloads=(), results=(), findings=())
    (found,) = before.findings
    subscription = "/".join(found.workload.split("/")[:3])

    def state(scope: str | None) -> list[str | None]:
        gaps = [] if scope is None else [Gap(what="*", scope=scope, why="it was refused", needs="Reader")]
        return [each.state for each in since(nothing, before, gaps)]

    assert state(subscription) == state("") == state(f"{subscription.upper()}/") == [State.UNCHANGED]
    assert state("/subscriptions/another") == state(subscription[:-1]) == state(None) == [State.ABSENT]


def test_what_was_unknown_and_is_unknown_for_another_reason_is_told_once() -> None:
    """That something could not be decided is not carried along: what is unknown now says so itself."""
    before, after = audited(defect("base policy not in the source")), audited(defect("NSG not in the source"))

    compared = since(after, before)

    assert [(each.check, each.state) for each in compared] == [
        ("undetermined", State.NEW),
        ("undetermined", State.ABSENT),
    ]
