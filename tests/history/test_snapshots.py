"""The snapshot of a run, written out again: the same audit comes of it, and nothing secret is in it."""

import json
import shutil
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from auditor.cli.audit import command as audit
from auditor.history import open_store
from auditor.history.store import Store
from tests.cli.running import document

EXAMPLES = Path(__file__).parent.parent.parent / "rules" / "examples"


def audited(source: Path, *options: str) -> dict[str, object]:
    """Return the JSON report on a source."""
    done = CliRunner().invoke(audit, [str(source), "--format", "json", *options], catch_exceptions=False)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def written(store: Store, number: int, file: Path) -> Path:
    """Write the snapshot of a run into a file."""
    file.write_bytes(b"".join(store.snapshot_pieces(number)))
    document(file.read_text(encoding="utf-8"), "snapshot")
    return file


@pytest.mark.parametrize("name", ["compliant", "violating"])
def test_auditing_it_gives_the_same_report(name: str, url: str, tmp_path: Path) -> None:
    """Findings, results, gaps and counts; and recording that is the same snapshot again."""
    config = EXAMPLES / name / "auditor.yaml"
    options = ("--config", str(config)) if config.exists() else ()
    recording = ("--record", "--history", url, "--job", "x")
    first = audited(EXAMPLES / name, *options, *recording)
    with open_store(url) as store:
        again = audited(written(store, 1, tmp_path / "estate.json"), *options, *recording)
        one, other = store.runs()
        difference = store.difference(1, 2)

    for part in ("findings", "results", "gaps", "workloads", "summary", "packs"):
        assert first[part] == again[part], part
    assert one.snapshot == other.snapshot
    assert (difference.gone, difference.come, difference.altered, difference.resources_changed) == ((), (), (), ())


def test_what_is_made_of_files_does_not_claim_to_be_all(url: str, tmp_path: Path) -> None:
    """A folder says nothing of what is not in it, and its snapshot neither; a collected one says it again."""
    record = ("--record", "--history", url)
    audited(EXAMPLES / "compliant", *record, "--job", "files")
    with open_store(url) as store:
        file = written(store, 1, tmp_path / "files.json")
        value = json.loads(file.read_bytes())
        assert value["complete"] is False
        del value["complete"]
        whole = tmp_path / "whole.json"
        whole.write_text(json.dumps(value), encoding="utf-8")
        kinds = [
            [each["kind"] for each in audited(at, *record, "--job", at.name)["sources"]]  # type: ignore[attr-defined]  # of JSON
            for at in (file, whole)
        ]
        assert "complete" not in json.loads(written(store, 3, tmp_path / "again.json").read_bytes())

    assert kinds == [["files"], ["snapshot"]]


def test_what_a_snapshot_was_asked_for_is_kept(url: str, tmp_path: Path) -> None:
    """One of a single environment shall not be taken for one of its whole subscription."""
    file, scope = tmp_path / "one.json", ["/subscriptions/S/resourceGroups/rg/providers/x/y/ASE"]
    file.write_text(json.dumps({"schema": "snapshot/1", "scope": scope, "resources": []}), encoding="utf-8")
    told = audited(file, "--record", "--history", url)
    with open_store(url) as store:
        again = json.loads(written(store, 1, tmp_path / "again.json").read_bytes())

    assert again["scope"] == [scope[0].lower()]
    assert "scope" not in json.dumps(told["sources"])


SECRETS = {
    "tags": {"cost": "hunter2"},
    "identity": {"principalId": "hunter2"},
}


def test_nothing_secret_is_kept(url: str, tmp_path: Path) -> None:
    """Files may hold what Azure gave to somebody who may see it: keys, tags, settings of applications."""
    folder = tmp_path / "estate"
    shutil.copytree(EXAMPLES / "compliant", folder)
    for file in folder.glob("*.json"):
        value = json.loads(file.read_bytes())
        for each in value if isinstance(value, list) else value.get("value", []):
            if isinstance(each, dict) and "id" in each:
                each.update(SECRETS)
                inside = each.get("properties") or each
                inside.update(appSettings=[{"value": "hunter2"}], sharedKey="hunter2")
                inside["siteConfig"] = {**(inside.get("siteConfig") or {}), "connectionStrings": "hunter2"}
        file.write_text(json.dumps(value), encoding="utf-8")
    plain = audited(EXAMPLES / "compliant")
    assert "hunter2" in "".join(file.read_text(encoding="utf-8") for file in folder.glob("*.json"))
    told = audited(folder, "--record", "--history", url)
    with open_store(url) as store:
        kept = b"".join(store.snapshot_pieces(1)) + msgspec.json.encode(store.chronicle(store.jobs()[0]))

    assert told["findings"] == plain["findings"]
    assert b"hunter2" not in kept
