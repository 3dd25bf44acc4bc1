"""Two audits of the same estate side by side: what other editions of the documents add and take away, and no more."""

from collections import Counter
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.engine.audit import Audited
from auditor.engine.editions import Side, compare_editions
from auditor.findings import Comparison, Finding, Outcome, Result, Turned, without_edition
from auditor.traces import Reason
from tests.audits import audit_documents, every_check, packs_of
from tests.engine.test_packs_hold import EDITIONS
from tests.estates import compliant
from tests.held import estate, everything
from tests.violating import violating
from tests.waived import FINDINGS

CHECKS = tuple(every_check())
QUIET = {Outcome.PASS, Outcome.NOT_APPLICABLE}
NAMES = ("a", "b", "c", "d")
PAIRS = [(a, b) for a in EDITIONS for b in EDITIONS]
ESTATES = {
    "compliant": [each for file in compliant().values() for each in file],
    "violating": [each for file in violating().values() for each in file],
    "nothing": [],
}


@cache
def audited(example: str, edition: str) -> Audited:
    """Return an audit of an example against an edition."""
    return audit_documents(ESTATES[example], edition=edition)


def side(found: Audited) -> Side:
    """Return an audit as a side of a comparison."""
    return Side(packs=(), results=found.results, findings=found.findings)


def compared(example: str, before: str, after: str) -> Comparison:
    """Return what an edition changes of an example audited against another."""
    return compare_editions(side(audited(example, before)), side(audited(example, after)), CHECKS)


def ids(findings: tuple[Finding, ...]) -> set[str]:
    """Return the ids of findings."""
    return {each.id for each in findings}


def holds(before: Side, after: Side, found: Comparison) -> None:
    """Fail unless what is gained, lost and altered leads from the one side to the other, and so do the results."""
    was, now = ({each.id: each for each in one.findings} for one in (before, after))
    assert (was.keys() - ids(found.lost)) | ids(found.gained) == now.keys()
    assert ids(found.lost) <= was.keys()
    assert not ids(found.gained) & was.keys()
    assert {each.after.id for each in found.altered} == {
        ident for ident in was.keys() & now.keys() if weight(was[ident]) != weight(now[ident])
    }
    outcomes, later = (
        {(each.workload.lower(), without_edition(each.requirement)): each.outcome for each in one.results}
        for one in (before, after)
    )
    told = {(each.workload.lower(), each.requirement): each for each in found.turned}
    for key in outcomes.keys() | later.keys():
        pair = (outcomes.get(key), later.get(key))
        quiet = None in pair and set(pair) <= {None, *QUIET}
        assert (key in told) is (pair[0] != pair[1] and not quiet), key
        if key in told:
            assert pair == tuple(one.outcome if one else None for one in (told[key].before, told[key].after))
    for one_sided, here, there in ((found.added, later, outcomes), (found.removed, outcomes, later)):
        counted: Counter[Outcome] = Counter()
        for each in one_sided:
            counted.update(each.outcomes)
            assert all(each.outcomes.values())
        assert counted == Counter(outcome for key, outcome in here.items() if key not in there and of_a_pack(key[1]))


def of_a_pack(requirement: str) -> bool:
    """Tell whether a requirement comes from a pack, not from the lock-down or the configuration."""
    return not requirement.startswith(("route:1", "rule:", "dependency:", "clients:", "external"))


def weight(finding: Finding) -> tuple[object, ...]:
    """Return what makes a finding matter more or less."""
    return finding.level, {without_edition(each) for each in finding.requirements}, finding.waiver


@pytest.mark.parametrize("example", ESTATES)
@pytest.mark.parametrize("edition", EDITIONS)
def test_an_edition_changes_nothing_of_itself(example: str, edition: str) -> None:
    """The same audit twice: nothing is added, taken away or decided otherwise."""
    found = compared(example, edition, edition)

    assert (found.added, found.removed, found.turned) == ((), (), ())
    assert (found.gained, found.lost, found.altered) == ((), (), ())


@pytest.mark.parametrize(("before", "after"), [(a, b) for a, b in PAIRS if a < b])
def test_every_pair_of_editions(before: str, after: str) -> None:
    """On the example with every defect: what is told leads from one audit to the other, and the way back mirrors it."""
    there, back = compared("violating", before, after), compared("violating", after, before)
    holds(side(audited("violating", before)), side(audited("violating", after)), there)

    assert (there.added, there.removed) == (back.removed, back.added)
    assert (there.gained, there.lost) == (back.lost, back.gained)
    assert {each.before.id: (each.before, each.after) for each in there.altered} == {
        each.before.id: (each.after, each.before) for each in back.altered
    }
    assert [(each.workload, each.requirement, each.before, each.after) for each in there.turned] == [
        (each.workload, each.requirement, each.after, each.before) for each in back.turned
    ]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_the_compliant_example_over_all_editions(before: str, after: str) -> None:
    """It is made for the newest: whatever is asked for in between, moving there gains nothing but what it lacks."""
    found = compared("compliant", before, after)
    holds(side(audited("compliant", before)), side(audited("compliant", after)), found)
    packs = {
        edition: {without_edition(each.id) for pack in packs_of(edition) for each in pack.requirements}
        for edition in (before, after)
    }

    assert {without_edition(each.requirement) for each in found.added} == packs[after] - packs[before]
    assert {without_edition(each.requirement) for each in found.removed} == packs[before] - packs[after]
    if after == EDITIONS[-1]:
        assert found.gained == ()
        assert {each.after.outcome for each in found.turned if each.after} <= QUIET


@pytest.mark.parametrize("edition", EDITIONS[:-1])
def test_an_estate_that_holds_what_one_edition_asks_for_and_no_more(edition: str) -> None:
    """It gains what the newest asks beside, by name, and loses nothing: it had nothing to lose."""
    documents, tags = estate(everything(packs_of(edition)))
    before, after = (audit_documents(documents, edition=each, tags=tags) for each in (edition, EDITIONS[-1]))
    found = compare_editions(side(before), side(after), CHECKS)
    gained, lost = (wanted_of(each) for each in (found.gained, found.lost))
    not_passing = {
        each.requirement for each in found.turned if each.after and "@" in each.after.requirement and failed(each)
    }

    holds(side(before), side(after), found)
    assert wanted_of(before.findings) == set()
    assert lost == set()
    assert gained == not_passing
    if edition == "2018-09-24":
        assert {"any:*:123", "service-endpoint:microsoft.eventhub", "fqdn-tag:windowsupdate@azure-firewall"} <= gained


def wanted_of(findings: tuple[Finding, ...]) -> set[str]:
    """Return the requirements of findings, but for those of rules that are wider than a document asks."""
    found = (each for each in findings if each.check != "broad-firewall-rule")
    return {without_edition(name) for each in found for name in each.requirements}


def failed(turned: Turned) -> bool:
    """Tell whether a requirement does not hold by the other edition."""
    return turned.after is not None and turned.after.outcome not in QUIET


STATES = st.dictionaries(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), st.sampled_from(list(Outcome)))


def side_of(edition: str, outcomes: dict[tuple[str, str], Outcome], findings: list[Finding]) -> Side:
    """Return a side whose workloads and requirements have names of one letter."""
    results = [
        Result(
            workload=f"/ase/{workload}",
            requirement=f"ase-v2@{edition}/fqdn:{name}",
            check=None,
            outcome=outcome,
            verdict=None,
            path=None,
            reason=Reason(code="", text=""),
        )
        for (workload, name), outcome in sorted(outcomes.items())
    ]
    return Side(packs=(), results=results, findings=findings)


SETS = st.lists(st.sampled_from(FINDINGS), unique_by=lambda each: each.id)


@given(STATES, STATES, SETS, SETS)
def test_any_two_audits(
    before: dict[tuple[str, str], Outcome],
    after: dict[tuple[str, str], Outcome],
    was: list[Finding],
    now: list[Finding],
) -> None:
    """The same laws hold of audits that nobody has made."""
    one, other = side_of("2018-09-24", before, was), side_of("2023-11-20", after, now)

    holds(one, other, compare_editions(one, other, CHECKS))
    assert compare_editions(one, one, CHECKS).turned == ()


def test_what_is_doubtful_never_looks_like_a_pass() -> None:
    """Unknown on either side is told by name and counted as unknown, never left out."""
    one = side_of(
        "2018-09-24", {("a", "x"): Outcome.UNKNOWN, ("a", "y"): Outcome.PASS, ("a", "z"): Outcome.UNKNOWN}, []
    )
    other = side_of("2023-11-20", {("a", "y"): Outcome.UNKNOWN, ("a", "n"): Outcome.UNKNOWN}, [])
    found = compare_editions(one, other, CHECKS)

    assert [each.requirement for each in found.turned] == ["fqdn:n", "fqdn:x", "fqdn:y", "fqdn:z"]
    assert [dict(each.outcomes) for each in found.added] == [{Outcome.UNKNOWN: 1}]
    assert [dict(each.outcomes) for each in found.removed] == [{Outcome.UNKNOWN: 1}, {Outcome.UNKNOWN: 1}]
