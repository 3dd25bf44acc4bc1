"""Findings and waivers at random, for the properties of waivers and baselines."""

from datetime import date, timedelta
from functools import cache

from hypothesis import strategies as st

from auditor.findings import Finding
from auditor.waivers import Waiver
from tests.audits import audit_documents
from tests.violating import violating

TODAY = date(2026, 1, 31)


@cache
def findings() -> tuple[Finding, ...]:
    """Return the findings on the example estate that shows every defect."""
    return audit_documents([each for file in violating().values() for each in file]).findings


FINDINGS = findings()
_REQUIREMENTS = sorted({text for each in FINDINGS for text in each.requirements})


def patterns(*texts: str) -> st.SearchStrategy[tuple[str, ...]]:
    """Return patterns that fit some of the texts: whole, cut, in capitals, or none of them."""
    known = st.sampled_from(sorted(set(texts)))
    cut = st.builds(lambda text, at: f"{text[:at]}*", known, st.integers(0, 20))
    several = st.lists(st.one_of(known, cut, known.map(str.upper), st.just("none")), max_size=2)
    return several.map(lambda each: tuple(sorted(set(each))))


def _named(arm_id: str) -> str:
    return arm_id.rpartition("/")[2]


DAYS = st.integers(-2, 2).map(lambda days: TODAY + timedelta(days=days))
_SAID = {"reason": st.sampled_from(["agreed", "NET-1"]), "owner": st.sampled_from(["net", "ops"]), "until": DAYS}
BY_ID = st.builds(Waiver, finding=st.sampled_from([*(each.id for each in FINDINGS), "0" * 16]), **_SAID)
BY_PATTERN = st.builds(
    Waiver,
    checks=patterns(*(each.check for each in FINDINGS)),
    workloads=patterns(*(each.workload for each in FINDINGS), *(_named(each.workload) for each in FINDINGS)),
    resources=patterns(*(each.resource for each in FINDINGS), *(_named(each.resource) for each in FINDINGS)),
    requirements=patterns(*_REQUIREMENTS),
    **_SAID,
)
WAIVERS = st.lists(st.one_of(BY_ID, BY_PATTERN), max_size=5)
