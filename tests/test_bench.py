"""The estates of the benchmark are what it says of them: sizes, names, addresses, and defects that the audit finds."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from auditor.engine.audit import Audited, audit
from auditor.estate.estate import build_estate
from auditor.findings import Outcome
from auditor.history import open_store
from tests.audits import PLAIN, every_check, packs_of, snapshot_of
from tests.bench import Measured, kept, verdicts
from tests.bench_decisions import measured
from tests.bench_estates import Document, estate
from tests.bench_history import Changes, fill
from tests.bench_mixed import DEFECT_EVERY, DEFECTS, Shape, defect_of, mixed_estate, name_of

SHAPE = Shape(workloads=160, firewalls=4, rules=24)


def audited(documents: list[Document], *, all_results: bool) -> Audited:
    """Audit documents as the command does."""
    packs = {"public": packs_of()}
    return audit(build_estate(snapshot_of(documents)), packs, PLAIN, every_check(), all_results=all_results)


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    """Return the documents of a small mixed estate."""
    return list(mixed_estate(SHAPE))


@pytest.fixture(scope="module")
def found(documents: list[Document]) -> Audited:
    """Return what the audit of a small mixed estate finds."""
    return audited(documents, all_results=False)


def test_a_mixed_estate_has_what_it_is_asked_for(documents: list[Document]) -> None:
    """Each workload has its environment, network, plan and app; each hub its firewall and the rules asked for."""
    kinds = Counter(str(each["type"]).rpartition("/")[2] for each in documents)
    assert kinds["hostingEnvironments"] == kinds["serverfarms"] == kinds["sites"] == SHAPE.workloads
    assert kinds["virtualNetworks"] == SHAPE.workloads + SHAPE.firewalls
    assert kinds["azureFirewalls"] == kinds["firewallPolicies"] == SHAPE.firewalls
    groups = [each["properties"] for each in documents if str(each["type"]).endswith("ruleCollectionGroups")]
    for group in groups:
        assert isinstance(group, dict)
        assert sum(len(each["rules"]) for each in group["ruleCollections"]) >= SHAPE.rules


def test_no_two_workloads_of_a_mixed_estate_are_alike(documents: list[Document], found: Audited) -> None:
    """Ids, names, subnets and address spaces differ."""
    assert len({each["id"] for each in documents}) == len(documents)
    assert len({each.name for each in found.workloads}) == SHAPE.workloads
    assert len({each.subnet.rpartition("/")[2] for each in found.workloads}) == SHAPE.workloads
    spaces = {str(p["addressSpace"]) for each in documents if "addressSpace" in (p := _properties(each))}
    assert len(spaces) == SHAPE.workloads + SHAPE.firewalls


def _properties(document: Document) -> Document:
    properties = document["properties"]
    assert isinstance(properties, dict)
    return properties


def test_a_tenth_of_a_mixed_estate_has_a_defect_of_each_kind_in_turn(found: Audited) -> None:
    """Every defect leads to its own finding, and nothing else is found."""
    checks: dict[str, set[str]] = {}
    for each in found.findings:
        checks.setdefault(each.workload.rpartition("/")[2], set()).add(each.check)
    planted = {f"ase-{name_of(n)}": {DEFECTS[defect_of(n)]} for n in range(SHAPE.workloads) if defect_of(n)}
    assert len(planted) == SHAPE.workloads // DEFECT_EVERY
    assert {check for each in planted.values() for check in each} == set(DEFECTS.values())
    assert checks == planted


def test_sharing_decisions_changes_nothing_that_is_said(found: Audited, documents: list[Document]) -> None:
    """Findings, counts and results that are no pass are those of workloads judged each by itself."""
    alone = audited(documents, all_results=True)
    assert found.findings == alone.findings
    assert found.workloads == alone.workloads
    assert found.results == tuple(each for each in alone.results if each.outcome is not Outcome.PASS)


def test_sharing_decisions_changes_nothing_where_every_workload_deviates() -> None:
    """The same holds for the estate whose firewalls ask for less than the documents do."""
    documents = list(estate(30))
    shared, alone = (audited(documents, all_results=each) for each in (False, True))
    assert shared.findings == alone.findings
    assert shared.results == tuple(each for each in alone.results if each.outcome is not Outcome.PASS)
    assert sum(each.check == "missing-service-endpoint" for each in shared.findings) == 3


def test_limits_are_told_as_kept_or_by_how_much_they_are_missed() -> None:
    """Numbers are printed either way."""
    assert kept("time", 12, 30, "x").endswith("at most 30: within")
    assert kept("time", 32.5, 30, "x").endswith("at most 30: over the limit by 2.5 x")
    lines = verdicts(Measured(row=("10",), time=12, memory=150e6, wrong=())).splitlines()
    assert [line.rpartition(": ")[2] for line in lines] == [
        "within",
        "over the limit by 2.0 x json.load",
        "over the limit by 50.0 MB above json.load",
    ]


def test_decisions_are_measured_in_a_network_of_the_size_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case prints what grows, how much of it, and three numbers."""
    monkeypatch.setattr("tests.bench_decisions.FLOWS", 4)
    what, number, *numbers = measured("rules", 10, 4).split("\t")
    assert (what, number, len(numbers)) == ("rules", "10", 3)
    assert all(float(each) > 0 for each in numbers)


def test_a_history_of_the_benchmark_has_what_it_says(tmp_path: Path) -> None:
    """Every day something changes, and with every turn findings come and go."""
    file = tmp_path / "history.db"
    snapshot, changed, spent = fill(str(file), 8, 40)
    with open_store(str(file)) as store:
        runs = store.runs()[::-1]
        differences = [store.difference(one.id, other.id) for one, other in pairwise(runs)]

    assert len(spent) == len(runs) == 8
    assert all(each.resources_changed for each in differences)
    assert [bool(each.come and each.gone) for each in differences] == [number == 3 for number in range(7)]
    assert min(snapshot, changed) > 0


def test_what_was_there_before_is_no_change() -> None:
    """Of a day, only what no day before had is counted."""
    changes = Changes()
    changes.count(["a", "b"])
    once = changes.size
    changes.count(["b", "a"])
    assert changes.size == once
    changes.count(["a", "c"])

    assert changes.size > once
