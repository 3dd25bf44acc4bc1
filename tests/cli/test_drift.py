"""`auditor drift`: two sources in, what changed and what it did out."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.collectors.files import read_sources
from auditor.errors import SourceError
from tests.azure_simulator import AzureSimulator, Fault, Kind
from tests.cli.program import CHECKOUT, call, refused, save
from tests.cli.running import document
from tests.collectors.live.collecting import HOME, SUBSCRIPTIONS, tenant
from tests.estates import Draft
from tests.examples import flattened
from tests.places import corpus

CLEAN, WORSE, INCOMPLETE = 0, 1, 3
COMPLIANT = str(CHECKOUT / "rules" / "examples" / "compliant")


def drifted(*routes: str, hidden: bool = False, renamed: bool = False) -> Draft:
    """Return the compliant estate without some routes; hidden: without a base policy; renamed: with a rule renamed."""
    draft = Draft()
    for each in routes:
        draft.drop_route(each)
    if hidden:
        draft.drop("fwp-org")
    if renamed:
        draft.rule("rcg-network", "ntp")["name"] = "time"
    return draft


@pytest.mark.parametrize(
    ("after", "arguments", "code"),
    [
        (drifted(), (), CLEAN),
        (drifted(), ("--fail-on", "change"), CLEAN),
        (drifted("40.77.24.27/32"), (), WORSE),
        (drifted(renamed=True), (), CLEAN),
        (drifted(renamed=True), ("--fail-on", "change"), WORSE),
        (drifted(hidden=True), (), INCOMPLETE),
        (drifted(hidden=True), ("--allow-unknown",), CLEAN),
        (drifted("52.174.22.21/32", hidden=True), (), WORSE),
    ],
)
def test_exit_codes(after: Draft, arguments: tuple[str, ...], code: int, tmp_path: Path) -> None:
    """0 where nothing came out worse, 1 where something did, 3 where something is not known any more."""
    done = call("drift", COMPLIANT, save(tmp_path, after), *arguments)

    assert (done.code, done.err) == (code, "")


def test_what_it_says(tmp_path: Path) -> None:
    """The route, where it was, and the requirements it took with it; the JSON says the same."""
    file = save(tmp_path, drifted("40.77.24.27/32", renamed=True))
    text = call("drift", COMPLIANT, file).out
    found = document(call("drift", COMPLIANT, file, "--format", "json").out, "drift-report")

    assert "- route rt-ase/dependency-5 removed: 40.77.24.27/32 Internet" in text
    assert "pass -> fail on ase-shop, 2 requirements: ip:40.77.24.27:443, ip:40.77.24.27:80" in text
    assert "no effect on any documented requirement" in text
    assert text.endswith("3 changes, 2 of them without effect. Requirements: 2 worse.\n")
    assert found["summary"]["worse"] == 2
    assert [found["changes"][at]["name"] for at in found["effects"][0]["causes"]] == ["rt-ase/dependency-5"]


def test_no_drift(tmp_path: Path) -> None:
    """A source against itself, from standard input, in another order."""
    draft = drifted()
    draft.documents.reverse()
    data = json.dumps([*draft.documents, *draft.tags]).encode()

    done = call("drift", COMPLIANT, "-", stdin=data)

    assert done.code == CLEAN
    assert done.out.endswith("Verdict\n-------\nNo drift.\n")
    assert call("drift", "-", save(tmp_path, draft), stdin=data).out.endswith("No drift.\n")


def test_another_edition_tells_of_its_own_requirements(tmp_path: Path) -> None:
    """`--edition` and `--as-of` hold as in an audit."""
    file = save(tmp_path, drifted("168.62.226.198/32"))

    assert call("drift", COMPLIANT, file).code == CLEAN
    assert call("drift", COMPLIANT, file, "--edition", "ase-v2=2018-09-24").code == WORSE
    assert call("drift", COMPLIANT, file, "--as-of", "2018-10-01").code == WORSE


def test_what_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    """One line, exit code 2, nothing written."""
    target = tmp_path / "out.json"
    for arguments, message in (
        ((COMPLIANT,), "name AFTER, or what to read of Azure with --subscription, --management-group or --workload"),
        (("-", "-"), "one of BEFORE and AFTER only can be standard input"),
        ((COMPLIANT, COMPLIANT, "--subscription", "s"), "name SOURCEs, or what to read of Azure, not both"),
        ((COMPLIANT, str(tmp_path / "none.json")), f"{tmp_path}/none.json: no such file or folder"),
        ((COMPLIANT, COMPLIANT, "--edition", "ase-v2=1999-01-01"), 'ase-v2 (public) has no edition "1999-01-01"'),
    ):
        assert message in refused("drift", *arguments, "-o", str(target))
        assert not target.exists()


def _shapes(documents: list[dict[str, Any]]) -> list[object]:
    return [{"value": documents}, flattened(documents), {"data": documents, "count": len(documents)}]


@pytest.mark.parametrize("folder", ["arm-responses"])
def test_every_real_source_against_itself_in_another_shape(folder: str, tmp_path: Path) -> None:
    """REST, az and Resource Graph tell the same: no drift, exit code 0, for every file of real answers."""
    compared = 0
    for path in sorted((corpus() / folder).rglob("*.json")):
        try:
            snapshot = read_sources([str(path)], None)
        except SourceError:
            continue
        documents = [dict(each) for each in snapshot.resources]
        for number, shape in enumerate(_shapes(documents) if documents else ()):
            file = tmp_path / f"{number}.json"
            file.write_text(json.dumps(shape), encoding="utf-8")
            done = call("drift", str(path), str(file), "--fail-on", "change")
            assert (done.code, done.err) == (CLEAN, ""), f"{path} in shape {number}: {done.out}"
            compared += 1

    assert compared > 100


def test_an_environment_that_is_not_in_the_files_any_more_is_no_all_clear(tmp_path: Path) -> None:
    """Files say nothing of what was not put into them: what was audited before is not known now, and that is not 0."""
    draft = drifted()
    draft.drop("ase-shop")
    done = call("drift", COMPLIANT, save(tmp_path, draft))

    assert done.code == INCOMPLETE
    assert "? App Service Environment ase-shop unread" in done.out
    assert call("drift", COMPLIANT, save(tmp_path, draft), "--allow-unknown").code == CLEAN


def test_a_snapshot_against_azure_itself(tmp_path: Path) -> None:
    """Nothing drifts by being read again; what Azure does not let be read any more is unread, and not 0."""
    kept = str(tmp_path / "estate.json")
    scope = tuple(word for each in SUBSCRIPTIONS for word in ("--subscription", each))
    with AzureSimulator(tenant()) as azure:
        assert call("collect", *scope, "-o", kept, environment=azure.environment).code == CLEAN
        again = call("drift", kept, *scope, "--fail-on", "change", environment=azure.environment)
    closed = Fault(kind=Kind.FORBIDDEN, times=None, subscription=HOME)
    with AzureSimulator(tenant(), faults=[closed]) as azure:
        done = call("drift", kept, *scope, "--format", "json", environment=azure.environment)
        found = document(done.out, "drift-report")

    assert (again.code, again.out.rpartition("Verdict")[2].split()[-2:]) == (CLEAN, ["No", "drift."])
    assert done.code == INCOMPLETE
    assert {each["turn"] for each in found["effects"]} == {"unknown"}
