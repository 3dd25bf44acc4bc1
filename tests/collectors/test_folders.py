"""A folder of any mix, read whole and the same way everywhere."""

import gc
import gzip
import hashlib
import json
import os
from pathlib import Path

import pytest

from auditor.collectors.files import read_sources
from auditor.errors import SourceError
from auditor.findings import Gap, Source
from tests.collectors.saved import GROUP, names, route_table, save


def test_a_mix_of_everything(tmp_path: Path) -> None:
    """Every file below is read whatever it is called, plain or compressed; what is not JSON by name is left alone."""
    folder = save(
        tmp_path,
        {
            "one.json": route_table("a"),
            "deep/er/list.JSON": {"value": [route_table("b")]},
            "x.json/inside.json": [route_table("c")],
            ".git/hidden.json": route_table("hidden"),
            ".hidden.json": route_table("hidden"),
            "notes.txt": route_table("text"),
        },
    )
    (tmp_path / "packed.json.gz").write_bytes(gzip.compress(json.dumps(route_table("d")).encode()))
    os.mkfifo(tmp_path / "pipe.json")

    assert names(read_sources([folder], None)) == ["a", "b", "c", "d"]


def test_folder_without_json(tmp_path: Path) -> None:
    """A folder with nothing to read is a mistake, not an empty network."""
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")

    with pytest.raises(SourceError) as fault:
        read_sources([str(tmp_path)], None)

    assert str(fault.value) == (
        f"{tmp_path}: no .json or .json.gz file in it or below; point at the folder that holds the saved JSON"
    )


def test_what_may_hide_a_resource_is_a_gap(tmp_path: Path) -> None:
    """JSON of Azure that cannot be read leaves a gap; the rest of the folder is still read."""
    folder = save(
        tmp_path,
        {
            "good.json": route_table("a"),
            "recorded.json": [{"method": "GET", "url": "https://x", "status": 200, "body": None}],
            "unknown.json": {"value": {"id": "x"}},
            "home-made.json": {"tables": {"rt": route_table("b")}},
            "half.json": [route_table("c"), {"addressPrefix": [], "nextHopType": "None"}],
            "words.json": ["a", route_table("d")],
        },
    )

    snapshot = read_sources([folder], None)

    assert names(snapshot) == ["a"]
    assert [(gap.what, gap.scope) for gap in snapshot.gaps] == [("*", "")] * 5
    assert [gap.why for gap in snapshot.gaps] == [
        "half.json: entry 2 of its list is a record of effective routes, not of resources",
        "home-made.json: is JSON of no known shape (its keys: tables)",
        "recorded.json: entry 1 of its list is a recording of requests, not their result",
        "unknown.json: is JSON of no known shape (its keys: value)",
        "words.json: is a list of texts, not of resources",
    ]


def test_what_holds_no_resource_is_passed_over(tmp_path: Path) -> None:
    """Files of other tools, and results of this one, beside the saved configuration hide nothing."""
    folder = save(
        tmp_path,
        {
            "good.json": route_table("a"),
            "package.json": {"name": "web", "version": "1.0.0", "type": "module"},
            "schema.json": {"$schema": "https://json-schema.org/draft/2020-12/schema", "properties": {}},
            "account.json": {"id": "5f0d7b1e-0000-0000-0000-000000000000", "name": "x", "tenantId": "t"},
            "group.json": {"id": GROUP, "name": "net", "location": "westeurope"},
            "report.json": {"schema": "audit-report/1", "findings": []},
            "effective.json": {"value": [{"addressPrefix": [], "nextHopType": "None", "state": "Active"}]},
            "words.json": ["a", "b"],
            "accounts.json": [{"id": "5f0d7b1e-0000-0000-0000-000000000000", "tenantId": "t", "isDefault": True}],
            "report.sarif.json": {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "runs": [GROUP]},
            "nsgs.json": {"value": [{"networkSecurityGroup": {"id": GROUP}, "effectiveSecurityRules": []}]},
        },
    )

    snapshot = read_sources([folder], None)

    assert (names(snapshot), snapshot.gaps) == (["a"], ())


def test_saved_refusal_names_what_is_missing(tmp_path: Path) -> None:
    """A refusal of Azure saved to disk says itself what was not read and which right is missing."""
    message = (
        "The client 'x' with object id 'y' does not have authorization to perform action "
        f"'Microsoft.Network/firewallPolicies/read' over scope '{GROUP}' or the scope is invalid."
    )
    folder = save(tmp_path, {"policies.json": {"error": {"code": "AuthorizationFailed", "message": message}}})

    (gap,) = read_sources([folder], None).gaps

    assert (gap.what, gap.scope) == ("Microsoft.Network/firewallPolicies", GROUP)
    assert gap.needs == "Microsoft.Network/firewallPolicies/read"
    assert gap.why.startswith("policies.json: is an error Azure answered, not a resource: AuthorizationFailed: The ")


def test_saved_not_found_names_the_type(tmp_path: Path) -> None:
    """A resource that was not found is missing from the source by its type."""
    message = "The Resource 'Microsoft.Network/routeTables/rt' under resource group 'net' was not found. See https://x"
    folder = save(tmp_path, {"rt.json": {"error": {"code": "ResourceNotFound", "message": message}}})

    assert read_sources([folder], None).gaps == (
        Gap(
            what="Microsoft.Network/routeTables",
            scope="",
            why=f"rt.json: is an error Azure answered, not a resource: ResourceNotFound: {message}",
            needs="read it again with the right to, or leave the file out",
        ),
    )


def test_links_are_followed_once(tmp_path: Path) -> None:
    """A link back up the tree ends; one to elsewhere is read."""
    save(tmp_path / "elsewhere", {"b.json": route_table("b")})
    folder = save(tmp_path / "here", {"a.json": route_table("a")})
    (tmp_path / "here" / "loop").symlink_to(tmp_path / "here", target_is_directory=True)
    (tmp_path / "here" / "there").symlink_to(tmp_path / "elsewhere", target_is_directory=True)

    assert names(read_sources([folder], None)) == ["a", "b"]


def test_sources_are_named_and_digested(tmp_path: Path) -> None:
    """A file's digest is that of its bytes; a folder's depends on names and contents, not on where it lies."""
    files: dict[str, object] = {"a.json": route_table("a"), "b/c.json": {"schema": "snapshot/1", "resources": []}}
    here, there = save(tmp_path / "here", files), save(tmp_path / "there", files)
    single = f"{here}/a.json"
    digest = hashlib.sha256(Path(single).read_bytes()).hexdigest()

    assert read_sources([single], None).sources == (
        Source(kind="files", location=single, digest=f"sha256:{digest}", collected_at=None),
    )
    first, second = read_sources([here, there], None).sources
    assert (first.kind, first.location) == ("files", here)
    assert first.digest == second.digest
    (tmp_path / "there" / "a.json").rename(tmp_path / "there" / "z.json")
    assert read_sources([there], None).sources[0].digest != first.digest


def test_snapshot_times_of_a_folder(tmp_path: Path) -> None:
    """Facts are as old as the oldest of them."""
    files: dict[str, object] = {
        f"{day}.json": {"schema": "snapshot/1", "collected_at": f"2026-01-0{day}T00:00:00Z", "resources": []}
        for day in (1, 2)
    }

    assert read_sources([save(tmp_path, files)], None).sources[0].collected_at == "2026-01-01T00:00:00Z"


def test_no_source_is_nothing() -> None:
    """Nothing named, nothing read."""
    snapshot = read_sources([], None)

    assert (snapshot.resources, snapshot.sources) == ((), ())


def test_garbage_collector_is_left_as_it_was(tmp_path: Path) -> None:
    """Pausing it while reading does not outlast the reading, whether it succeeds or not."""
    folder = save(tmp_path, {"a.json": route_table()})

    read_sources([folder], None)
    with pytest.raises(SourceError):
        read_sources([f"{folder}/none.json"], None)

    assert gc.isenabled()
