"""Whatever goes wrong while Azure is read: the same report, or one that says what is missing; never a pass more."""

import os
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import msgspec
import pytest

from auditor.errors import LiveError
from auditor.findings import Outcome, Report
from tests.azure_simulator import Fault, Kind
from tests.azure_simulator.schedules import random_schedule
from tests.collectors.live.collecting import audited, collected, outcomes, simulated, tenant, wanted

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
PARTS = 25
SCHEDULES = 10_000 if NIGHTLY else 500
ROWS = 5
"""Rows of a page: few, so that every list has several."""

GRAPH = r"/providers/microsoft\.resourcegraph/resources"
FATAL = frozenset({Kind.TRUNCATED, Kind.EXPIRED_TOKEN, Kind.REVOKED_TOKEN})
ENDING = FATAL | {Kind.FOREIGN_LINK}
"""What may end a run where it strikes the list of subscriptions, though it passes."""


@cache
def whole() -> tuple[dict[str, Any], Report]:
    """Return what is collected where nothing goes wrong, and its report."""
    with simulated(tenant(), page_size=ROWS) as azure:
        data = collected(azure, wanted())
    found: dict[str, Any] = msgspec.json.decode(data)
    return found, audited(data)


def suffered(*faults: Fault, confirmed: bool = False) -> tuple[dict[str, Any], Report]:
    """Return what is collected with some faults, and its report."""
    with simulated(tenant(), *faults, page_size=ROWS) as azure:
        data = collected(azure, wanted(confirmed=confirmed), timeout=0.5)
    found: dict[str, Any] = msgspec.json.decode(data)
    return found, audited(data)


def covers(gap: dict[str, str], arm_id: str, kind: str) -> bool:
    """Tell whether a gap says that a document is missing."""
    scope, at = gap["scope"].lower(), arm_id.lower()
    return gap["what"].lower() in {"*", kind.lower()} and (f"{at}/".startswith(f"{scope}/") or not scope)


def missing(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield id and type of each document that is there where nothing goes wrong, and was not collected."""
    there = {each["id"].lower() for each in found["resources"]}
    yield from ((each["id"], each["type"]) for each in whole()[0]["resources"] if each["id"].lower() not in there)


def check(found: dict[str, Any], report: Report) -> None:
    """Fail unless a collection is whole, or says exactly what it lacks, and passes nothing that is not known."""
    normal = whole()[1]
    before, after = outcomes(normal), outcomes(report)
    lost = list(missing(found))
    gaps = found["gaps"] + [msgspec.to_builtins(each) for each in report.gaps]
    passes = {each for each, outcome in after.items() if outcome is Outcome.PASS}

    assert all(any(covers(gap, *each) for gap in gaps) for each in lost), lost
    if lost or found["service_tags"] != whole()[0]["service_tags"]:
        assert gaps
        assert passes <= {each for each, outcome in before.items() if outcome is Outcome.PASS}
        wrong = [each for each in before.keys() & after.keys() if after[each] not in {before[each], Outcome.UNKNOWN}]
        assert wrong == []
        assert after.keys() == before.keys() or any(each is Outcome.UNKNOWN for each in after.values())
    elif not found["gaps"]:
        assert (after, report.findings, report.gaps) == (before, normal.findings, normal.gaps)


SURVIVED = (
    Fault(kind=Kind.EXPIRED_TOKEN, nth=4),
    Fault(kind=Kind.EXPIRED_TOKEN, path="/subscriptions"),
    Fault(kind=Kind.REVOKED_TOKEN, path=GRAPH, nth=3),
    Fault(kind=Kind.THROTTLED, path=GRAPH, seconds=17),
    Fault(kind=Kind.THROTTLED, path=GRAPH, times=3),
    Fault(kind=Kind.THROTTLED, path=".*/serviceTags", times=2),
    Fault(kind=Kind.LOCKED, path=".*DependenciesEndpoints", times=2),
    Fault(kind=Kind.CONFLICT, path=".*/azureFirewalls"),
    Fault(kind=Kind.BROKEN, path=GRAPH, nth=2, times=3),
    Fault(kind=Kind.UNAVAILABLE, path="/subscriptions", seconds=2, times=2),
    Fault(kind=Kind.RESET, path=GRAPH, nth=2, times=2),
    Fault(kind=Kind.RESET, path="/subscriptions/.*"),
    Fault(kind=Kind.STALLED, path=GRAPH, nth=3, seconds=0.02),
    Fault(kind=Kind.CUT_JSON, path=GRAPH, nth=2),
    Fault(kind=Kind.CUT_JSON, path=".*/serviceTags"),
    Fault(kind=Kind.CUT_BODY, path=GRAPH, nth=2),
    Fault(kind=Kind.REPEATED_PAGE, path=GRAPH, nth=2),
    Fault(kind=Kind.SHIFTED_PAGE, path=GRAPH, nth=2),
    Fault(kind=Kind.REPEATED_PAGE, path=".*/serviceTags"),
    Fault(kind=Kind.WRONG_TOTAL, path=GRAPH, nth=2),
    Fault(kind=Kind.ENDLESS, path=GRAPH, nth=2),
)


@pytest.mark.parametrize("fault", SURVIVED, ids=str)
def test_what_passes_changes_nothing(fault: Fault) -> None:
    """A fault that passes leaves the same snapshot, byte for byte."""
    found, _ = suffered(fault)

    assert found == whole()[0]


LASTING = (
    Fault(kind=Kind.FORBIDDEN, subscription=1, times=None),
    Fault(kind=Kind.FORBIDDEN, subscription=2, times=None),
    Fault(kind=Kind.BROKEN, path=GRAPH, query="resources .*virtualnetworks", times=None),
    Fault(kind=Kind.BROKEN, path=GRAPH, query="^networkresources", times=None),
    Fault(kind=Kind.SHIFTED_PAGE, path=GRAPH, times=None),
    Fault(kind=Kind.THROTTLED, path=GRAPH, query="^resources", times=None),
    Fault(kind=Kind.RESET, path=GRAPH, query="^resources", times=None),
    Fault(kind=Kind.FOREIGN_LINK, path=".*/azureFirewalls", times=None),
    Fault(kind=Kind.CUT_JSON, path=GRAPH, query="^resources", times=None),
)


@pytest.mark.parametrize("fault", LASTING, ids=str)
def test_what_lasts_is_a_gap(fault: Fault) -> None:
    """A fault that does not pass leaves gaps that name what is missing, and unknown where it decides."""
    found, report = suffered(fault)

    check(found, report)
    assert found["gaps"]


@pytest.mark.parametrize("kind", sorted(FATAL, key=str), ids=lambda kind: str(kind.value))
def test_what_ends_the_run(kind: Kind) -> None:
    """A cut answer, and a token that is never accepted, end the run: nothing tells what would be missing."""
    with pytest.raises(LiveError):
        suffered(Fault(kind=kind, times=None))


@pytest.mark.parametrize("part", range(PARTS))
def test_any_schedule_of_faults(part: int) -> None:
    """Of hundreds of random schedules none makes a requirement pass, and every missing document is named in a gap."""
    ended = 0
    for number in range(part, SCHEDULES, PARTS):
        schedule = random_schedule(Random(number))  # noqa: S311 - chooses faults, and is no secret
        try:
            found, report = suffered(*schedule)
        except LiveError:
            ended += 1
            assert any(each.kind in ENDING or each.times is None or each.times > 1 for each in schedule)
            continue
        try:
            check(found, report)
        except AssertionError as fault:
            told = "\n".join(map(str, schedule))
            raise AssertionError(f"schedule {number}:\n{told}\n{fault}") from fault

    assert ended < SCHEDULES / PARTS / 2
