"""The examples of rules/check-guides.yaml, audited: the failing one has the finding of its page, the passing one not.

`tests/laid_over.py` says how an example is laid over the compliant estate. Beside it stands, for documentation-drift
alone, Azure's own list of what the environment reaches, just as it is documented. All are audited on one day.
"""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
import yaml

from auditor.collectors.files import read_sources
from auditor.collectors.rules import read_guides
from auditor.configfile import parse_config
from auditor.engine.audit import Audited
from auditor.engine.waiving import waive
from auditor.findings import Finding, Outcome
from auditor.guides import Guide
from tests.audits import audit_snapshot, every_check, with_outcome
from tests.builders import Document
from tests.laid_over import CONFIGURATION, Laid, lay
from tests.own_lists import outbound

TODAY = date(2027, 2, 1)
GUIDES = read_guides()
OWN_LISTS: Mapping[str, list[Document]] = {"documentation-drift": [outbound()]}
WITH_IT = {
    "missing-management-route": {"missing-default-route"},
    "missing-fqdn": {"missing-fqdn-tag"},
    "expired-waiver": {"missing-service-endpoint"},
}
"""Checks whose failing example cannot be without other findings, and which these are."""
STILL_THERE = {"missing-management-route": {"missing-default-route"}}
"""Those of them that the passing example has, too."""

every_guide = pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)


def audited(laid: Laid, folder: Path) -> tuple[Audited, tuple[Finding, ...]]:
    """Audit an estate from a file; return what was decided, and the findings that no waiver covers."""
    file = folder / "estate.json"
    file.write_text(json.dumps(laid.documents), encoding="utf-8")
    settings = parse_config(laid.configuration, CONFIGURATION, every_check())
    decided = audit_snapshot(read_sources([str(file)], None), settings=settings)
    findings, _ = waive(decided.findings, settings.waivers, TODAY, every_check(), settings.levels)
    return decided, tuple(each for each in findings if not each.waiver)


def audit_example(guide: Guide, example: str, folder: Path) -> tuple[Audited, set[str]]:
    """Audit an example of a guide; return what was decided, and the checks found."""
    decided, findings = audited(lay(example, beside=OWN_LISTS.get(guide.check, ())), folder)
    return decided, {each.check for each in findings}


def test_the_estate_passes_before_an_example_is_laid_over_it(tmp_path: Path) -> None:
    """What an audit finds comes from the example: without it there is nothing, with Azure's own list or without."""
    for beside in ([], *OWN_LISTS.values()):
        assert audited(lay("{}", beside=beside), tmp_path)[1] == ()


@every_guide
def test_the_failing_example_has_the_finding(guide: Guide, tmp_path: Path) -> None:
    """The check is found, and nothing beside it that the example does not name."""
    _, found = audit_example(guide, guide.fails, tmp_path)

    assert found == {guide.check} | WITH_IT.get(guide.check, set())
    assert all(each in guide.fails for each in WITH_IT.get(guide.check, ()))


@every_guide
def test_the_passing_example_has_no_finding(guide: Guide, tmp_path: Path) -> None:
    """Nothing is found, nothing is left undecided, and what passes is an estate that is decided, not an empty one."""
    decided, found = audit_example(guide, guide.passes, tmp_path)

    assert found == STILL_THERE.get(guide.check, set())
    assert all(each in guide.passes for each in found)
    assert with_outcome(decided, Outcome.UNKNOWN) == set()
    assert len(with_outcome(decided, Outcome.PASS, Outcome.DEVIATES)) >= 190


@every_guide
def test_the_passing_example_shows_what_the_failing_one_changes(guide: Guide) -> None:
    """No example passes by leaving out what made the other one fail: each resource comes back."""
    fails, passes = yaml.safe_load(guide.fails), yaml.safe_load(guide.passes)

    assert fails.keys() <= passes.keys()
    assert all(passes[name] is not None for name in fails)


def test_examples_with_a_date_say_when_they_are_audited() -> None:
    """Whether a waiver has expired depends on the day, so both examples name the day of these tests."""
    guide = GUIDES["expired-waiver"]

    assert all(f"# Audited on {TODAY}." in each for each in (guide.fails, guide.passes))


def test_taking_away_what_is_not_there_is_refused() -> None:
    """An example whose estate has changed below it does not pass by doing nothing."""
    for example in ("{fw-gone: null}", "{rt-ase: {routes: {gone: null}}}", "{rt-ase: {gone: null}}"):
        with pytest.raises(KeyError):
            lay(example)


def test_examples_are_laid_as_the_pages_say() -> None:
    """A list replaces, a mapping in the place of a list changes by name and adds, null takes away, ids are whole."""
    example = """
        rt-ase: {routes: {default: {nextHopIpAddress: 10.0.0.5}, new: {nextHopType: None}, management-001: null}}
        nsg-ase: {securityRules: []}
        vnet-shop: {subnets: {gateway: {routeTable: {id: rt-new}}}}
        rt-new: {type: Microsoft.Network/routeTables, routes: []}
        fw-hub: null
    """

    laid = {each["name"]: each for each in lay(example).documents}

    routes = {each["name"]: each for each in laid["rt-ase"]["routes"]}
    assert routes["default"]["nextHopIpAddress"] == "10.0.0.5"
    assert routes["default"]["addressPrefix"] == "0.0.0.0/0"
    assert routes["new"] == {"name": "new", "nextHopType": "None"}
    assert "management-001" not in routes
    assert "management-002" in routes
    assert laid["nsg-ase"]["securityRules"] == []
    (gateway,) = [each for each in laid["vnet-shop"]["subnets"] if each["name"] == "gateway"]
    assert gateway["routeTable"]["id"] == laid["rt-new"]["id"]
    assert laid["rt-new"]["id"].endswith("/providers/Microsoft.Network/routeTables/rt-new")
    assert "fw-hub" not in laid
