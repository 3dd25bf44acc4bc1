"""Which findings a waiver covers, up to which day, and what is said of waivers that cover none."""

from dataclasses import replace
from datetime import date, timedelta
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.engine.waiving import CHECK, fits, waive
from auditor.findings import Finding, Level
from auditor.waivers import Waiver, WaiverState, WaiverUse
from tests.audits import every_check
from tests.waived import FINDINGS, TODAY, WAIVERS

CHECKS = every_check()
ORG = "/subscriptions/1/resourceGroups/rt-group/providers/Microsoft.Network"
FINDING = Finding(
    id="00000000000000aa",
    check="missing-fqdn",
    level=Level.ERROR,
    workload="/subscriptions/1/resourceGroups/rg-apps/providers/Microsoft.Web/hostingEnvironments/ASE-Shop",
    resource=f"{ORG}/virtualNetworks/vnet-hub/subnets/ase",
    title="title",
    message="message",
    requirements=("ase-v2@2018-09-24/fqdn:a.azure.com:443", "ase-v2@2018-09-24/linux/fqdn:b.azure.com:80"),
    evidence=(),
    fix="fix",
    references=(),
)


def waiver(**fields: object) -> Waiver:
    """Write a waiver; what it covers is up to the test."""
    return Waiver(**{"reason": "agreed", "owner": "net", "until": TODAY, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "pattern", "expected"),
    [
        ("finding", "00000000000000aa", True),
        ("finding", "00000000000000ab", False),
        ("checks", ("missing-fqdn",), True),
        ("checks", ("MISSING-*",), True),
        ("checks", ("missing",), False),
        ("checks", ("no-firewall", "missing-????"), True),
        ("workloads", ("ase-shop",), True),
        ("workloads", ("ase-*",), True),
        ("workloads", ("rg-apps",), False),
        ("workloads", ("rg-*",), False),
        ("workloads", ("*/rg-apps/*",), True),
        ("workloads", (FINDING.workload.upper(),), True),
        ("resources", ("ase",), True),
        ("resources", ("vnet-hub/ase",), True),
        ("resources", ("vnet-*/ase",), True),
        ("resources", ("vnet-hub",), False),
        ("resources", ("vnet-*",), False),
        ("resources", ("rt-*",), False),
        ("resources", ("*/subnets/a[rs]e",), True),
        ("resources", (FINDING.resource,), True),
        ("requirements", ("fqdn:a.azure.com:443",), False),
        ("requirements", ("fqdn:a.azure.com:443", "linux/*"), True),
        ("requirements", ("*fqdn:*",), True),
        ("requirements", ("ase-v2@2018-09-24/*",), True),
        ("requirements", ("ase-v2@*:443",), False),
        ("requirements", ("fqdn:*",), False),
    ],
)
def test_what_a_pattern_fits(field: str, pattern: object, *, expected: bool) -> None:
    """Without a slash, a pattern is of a name; requirements must fit every one, with or without their edition."""
    assert fits(waiver(**{field: pattern}), FINDING) is expected


def test_a_finding_without_requirements_is_covered_by_none_of_them() -> None:
    """A pattern of requirements never covers what takes none down; that of a resource may cover what names none."""
    bare = replace(FINDING, requirements=(), resource="")

    assert not fits(waiver(requirements=("*",)), bare)
    assert fits(waiver(resources=("*",)), bare)
    assert not fits(waiver(resources=("a*",)), bare)


def test_every_field_must_fit() -> None:
    """Fields narrow each other."""
    fields = {"checks": ("missing-fqdn",), "workloads": ("ase-shop",), "resources": ("ase",), "requirements": ("*",)}

    assert fits(waiver(**fields), FINDING)
    for name in fields:
        assert not fits(waiver(**{**fields, name: ("other",)}), FINDING)


@pytest.mark.parametrize(("days", "state"), [(-1, "expired"), (0, "in-use"), (1, "in-use")])
def test_the_last_day_counts(days: int, state: str) -> None:
    """Until is inclusive; the day after, the finding counts again and the waiver is a finding of its own."""
    one = waiver(until=TODAY + timedelta(days=days), checks=("missing-*",))

    findings, uses = waive((FINDING,), (one,), TODAY, CHECKS, {})

    assert uses == (WaiverUse(waiver=one, state=WaiverState(state), findings=(FINDING.id,)),)
    if state == "in-use":
        assert findings == (replace(FINDING, waiver=f"agreed (net, until {one.until})"),)
    else:
        assert findings[0] == FINDING
        assert [each.check for each in findings] == ["missing-fqdn", CHECK]


def test_what_an_expired_waiver_says() -> None:
    """The finding names what it covered, who accepted it, why, and what counts again."""
    one = waiver(until=date(2026, 1, 30), checks=("missing-*",), workloads=("ase-*",))

    (_, told), _ = waive((FINDING,), (one,), TODAY, CHECKS, {})

    check = CHECKS[CHECK]
    assert told == Finding(
        id=told.id,
        check="expired-waiver",
        level=Level.WARNING,
        workload="",
        resource="",
        title=check.title,
        message=(
            "the waiver of check missing-*, workload ase-* was good until 2026-01-30: "
            "1 finding that it covered counts again"
        ),
        requirements=(),
        evidence=("accepted by net: agreed", "missing-fqdn on ASE-Shop, id 00000000000000aa"),
        fix=check.fix,
        references=check.sources,
    )


def test_an_expired_waiver_has_the_level_the_user_gave_it() -> None:
    """`levels` holds for this check, too."""
    one = waiver(until=date(2020, 1, 1), finding="0" * 16)

    (told,), _ = waive((), (one,), TODAY, CHECKS, {CHECK: Level.ERROR})

    assert told.level is Level.ERROR
    assert told.message == "the waiver of finding 0000000000000000 was good until 2020-01-01: nothing counts again"


def test_a_lapse_keeps_its_id() -> None:
    """The same lapse is the same finding next day and in other words; another last day is another lapse."""
    one = waiver(until=date(2026, 1, 1), checks=("missing-*",))
    same = (one, replace(one, reason="in other words"), replace(one, owner="ops"), replace(one, checks=("Missing-*",)))

    ids = {waive((), (each,), TODAY + timedelta(days=at), CHECKS, {})[0][0].id for at, each in enumerate(same)}
    (other,), _ = waive((), (replace(one, until=date(2026, 1, 2)),), TODAY, CHECKS, {})

    assert len(ids) == 1
    assert other.id not in ids
    assert len(waive((), same, TODAY, CHECKS, {})[0]) == 1


def test_a_renewed_waiver_covers_what_the_old_one_did() -> None:
    """Of several that fit, one in force covers, the one that lasts longest; nothing counts again then."""
    old, new, short = (
        waiver(until=day, checks=("*",)) for day in (date(2020, 1, 1), date(2030, 1, 1), date(2027, 1, 1))
    )

    (covered, told), uses = waive((FINDING,), (short, old, new), TODAY, CHECKS, {})

    assert covered.waiver == "agreed (net, until 2030-01-01)"
    assert told.message.endswith(": nothing counts again")
    assert [each.state for each in uses] == [WaiverState.EXPIRED, WaiverState.IN_USE, WaiverState.IN_USE]


def test_a_waiver_that_fits_nothing_is_told_of() -> None:
    """It is no finding, and it is not left out either."""
    one = waiver(finding="0" * 16)

    assert waive((FINDING,), (one,), TODAY, CHECKS, {}) == (
        (FINDING,),
        (WaiverUse(waiver=one, state=WaiverState.UNMATCHED, findings=()),),
    )


def covers(one: Waiver, finding: Finding) -> bool:
    """Tell whether a waiver fits a finding, by the words of docs/waivers.md and nothing cleverer."""

    def named(patterns: tuple[str, ...], arm_id: str) -> bool:
        parents = "/".join(arm_id.partition("/providers/")[2].split("/")[2::2]) if "/providers/" in arm_id else arm_id
        texts = {False: [arm_id.rsplit("/", maxsplit=1)[-1]], True: [arm_id, parents]}
        return not patterns or any(same(text, each) for each in patterns for text in texts["/" in each])

    def same(text: str, pattern: str) -> bool:
        return fnmatchcase(text.lower(), pattern.lower())

    if one.finding:
        return one.finding == finding.id
    required = [
        any(same(t, p) for p in one.requirements for t in (r, r.split("/", 1)[1])) for r in finding.requirements
    ]
    return (
        (not one.checks or any(same(finding.check, each) for each in one.checks))
        and named(one.workloads, finding.workload)
        and named(one.resources, finding.resource)
        and (not one.requirements or (bool(required) and all(required)))
    )


@given(WAIVERS)
def test_a_waiver_never_changes_any_other_finding(waivers: list[Waiver]) -> None:
    """Exactly what a waiver in force fits is marked, and but for the mark all is there and as it was."""
    findings, uses = waive(FINDINGS, waivers, TODAY, CHECKS, {})

    own = [each for each in findings if each.check != CHECK]
    assert [replace(each, waiver=None) for each in own] == list(FINDINGS)
    standing = [each for each in waivers if not each.expired(TODAY)]
    assert [each.waiver is not None for each in own] == [any(covers(one, each) for one in standing) for each in own]
    assert {each.waiver for each in own} <= {None, *(each.text for each in standing)}
    assert [each.waiver for each in uses] == sorted(set(waivers))
    for use in uses:
        assert use.findings == tuple(each.id for each in FINDINGS if covers(use.waiver, each))
        assert (use.state is WaiverState.EXPIRED) == (use.waiver.until < TODAY)
        assert (use.state is WaiverState.UNMATCHED) == (use.waiver.until >= TODAY and not use.findings)


@given(st.data())
def test_order_never_matters(data: st.DataObject) -> None:
    """However waivers and findings are sorted, and however often a waiver is written, the outcome is the same."""
    waivers = data.draw(WAIVERS)
    again = data.draw(st.permutations([*waivers, *waivers[:1]]))

    assert waive(data.draw(st.permutations(FINDINGS)), again, TODAY, CHECKS, {}) == waive(
        FINDINGS, waivers, TODAY, CHECKS, {}
    )


@given(WAIVERS, WAIVERS)
def test_one_more_waiver_only_marks_more(some: list[Waiver], more: list[Waiver]) -> None:
    """A waiver cannot make a finding count that another accepts."""
    few, _ = waive(FINDINGS, some, TODAY, CHECKS, {})
    many, _ = waive(FINDINGS, [*some, *more], TODAY, CHECKS, {})

    assert {each.id for each in few if each.waiver} <= {each.id for each in many if each.waiver}
    assert {each.id for each in few} <= {each.id for each in many}


@given(WAIVERS)
def test_every_lapse_is_told_once_and_counts(waivers: list[Waiver]) -> None:
    """There is one finding for all that ended on one day with one scope, and none of them is ever waived."""
    findings, _ = waive(FINDINGS, waivers, TODAY, CHECKS, {})
    told = [each for each in findings if each.check == CHECK]

    lapses = {(each.covers.lower(), each.until) for each in waivers if each.expired(TODAY)}
    assert len(told) == len(lapses) == len({each.id for each in told})
    assert all(each.waiver is None for each in told)


def test_many_patterns_over_many_findings_take_no_time() -> None:
    """A pattern of many stars is no trap: what would never end in a naive match ends."""
    trap = waiver(resources=("*a" * 200 + "b",))

    assert not fits(trap, replace(FINDING, resource="a" * 5_000))
