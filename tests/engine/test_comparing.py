"""A report against an earlier one: new, unchanged, absent, and nothing else changed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.engine.comparing import compare
from auditor.findings import Finding, State
from tests.audits import audit_documents, every_check
from tests.engine.defects import NEW, Defect
from tests.engine.firewall_defects import FIREWALLS
from tests.engine.route_defects import ROUTES
from tests.engine.rule_defects import RULES
from tests.engine.subnet_defects import REST
from tests.estates import Draft
from tests.waived import FINDINGS

CHECKS = tuple(every_check())
SETS = st.lists(st.sampled_from(FINDINGS), unique_by=lambda each: each.id)


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
    assert compare(FINDINGS[:1], (waived,), CHECKS) == (replace(FINDINGS[0], state=State.UNCHANGED),)


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


def audited(*puts: Defect) -> tuple[Finding, ...]:
    """Return the findings on the compliant estate with some defects in it."""
    draft = Draft()
    for each in puts:
        each.put(draft)
    return audit_documents(draft.documents, edition=NEW, tags=draft.tags).findings


@pytest.mark.parametrize(
    "defect", [each for each in DEFECTS if each.check != STANDING.check], ids=lambda each: str(each.name)
)
def test_a_defect_makes_exactly_its_finding_new(defect: Defect) -> None:
    """Beside a defect that stands, one more gives one new finding, its own; taking it away gives one absent."""
    before, after = audited(STANDING), audited(STANDING, defect)

    compared = compare(after, before, CHECKS)

    assert [each.check for each in compared if each.state == State.NEW] == [defect.check]
    assert states(compared, State.UNCHANGED) == [each.id for each in before]
    assert states(compared, State.ABSENT) == []
    assert [each.check for each in compare(before, after, CHECKS) if each.state == State.ABSENT] == [defect.check]
