"""The folders: shipped packs, packs of the user's own, and the checks."""

from pathlib import Path

import pytest

from auditor.checks import parse_checks
from auditor.collectors.rules import pack_names, read_pack
from auditor.errors import PackError
from auditor.packs import PackName

PACK = """\
schema: requirement-pack/1
service: {service}
edition: "2018-09-24"
cloud: public
title: Our own
source: {{url: "https://example.com/ours", confidence: verbatim, read: "2026-11-23"}}
fqdn: [intranet.example.com:443]
"""
CHECK = """\
schema: checks/1
checks:
  a-check: {title: T, level: error, means: M., why: W., fix: F., sources: ["https://example.com"]}
"""


def write(folder: Path, service: str, file: str = "2018-09-24.public.yaml") -> Path:
    """Write a pack into a folder of packs and return its path."""
    path = folder / service / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PACK.format(service=service), encoding="utf-8")
    return path


def test_names_are_sorted_by_service_cloud_and_age() -> None:
    """The order never depends on the file system."""
    names = pack_names()

    assert list(names) == sorted(names, key=lambda name: (name.service, name.cloud, name.age))
    assert names[0].path == "rules/packs/ase-management-addresses/2021-03-22.china.yaml"


def test_listing_parses_no_pack(tmp_path: Path) -> None:
    """A pack that is not asked for may be as broken as it likes."""
    broken = write(tmp_path, "ours")
    broken.write_bytes(b"\xff")

    name = next(name for name in pack_names(tmp_path) if name.service == "ours")
    with pytest.raises(PackError) as caught:
        read_pack(name)

    assert str(caught.value) == f"{broken}: byte 1 is not UTF-8; save the file as UTF-8"


def test_own_packs_join_the_shipped_ones(tmp_path: Path) -> None:
    """A folder of the user's own adds services; other files and loose ones are left alone."""
    write(tmp_path, "ours")
    (tmp_path / "README.md").write_text("ours", encoding="utf-8")
    (tmp_path / "ours" / "notes.txt").write_text("ours", encoding="utf-8")

    names = pack_names(tmp_path)
    own = [name for name in names if not name.shipped]

    assert len(names) == len(pack_names()) + 1
    assert [read_pack(name).title for name in own] == ["Our own"]


def test_own_pack_replaces_the_shipped_one_of_the_same_name(tmp_path: Path) -> None:
    """The user's text of an edition wins over ours."""
    write(tmp_path, "ase-v2")

    names = [name for name in pack_names(tmp_path) if (name.service, name.label) == ("ase-v2", "2018-09-24")]

    assert [read_pack(name).title for name in names] == ["Our own"]
    assert len(pack_names(tmp_path)) == len(pack_names())


@pytest.mark.parametrize("file", ["2018-09-24.public.yml", "newest.yaml"])
def test_own_file_with_another_name_is_refused(tmp_path: Path, file: str) -> None:
    """A pack that would be left out because of its name is a fault, not silence."""
    path = write(tmp_path, "ours", file)

    with pytest.raises(PackError) as caught:
        pack_names(tmp_path)

    assert str(caught.value).startswith(f"{path}: not the name of a pack; name it SERVICE/")


def test_missing_folder_is_named(tmp_path: Path) -> None:
    """A folder that is not there is a fault of the command line."""
    with pytest.raises(PackError) as caught:
        pack_names(tmp_path / "nowhere")

    assert str(caught.value) == (
        f"{tmp_path / 'nowhere'}: no such folder; a pack folder holds SERVICE/EDITION.CLOUD.yaml files"
    )


def test_pack_that_vanished_is_named(tmp_path: Path) -> None:
    """A file that is gone when it is read is one clear line."""
    path = tmp_path / "ours" / "2018-09-24.public.yaml"
    name = PackName(service="ours", edition="2018-09-24", revision=None, cloud="public", path=str(path), shipped=False)

    with pytest.raises(PackError) as caught:
        read_pack(name)

    assert str(caught.value) == (
        f"{path}: cannot be read (No such file or directory); check the file and its permissions"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CHECK.replace("checks/1", "checks/2"), 'schema: "checks/2" is not known; write one of checks/1'),
        (CHECK.replace("fix: F., ", ""), "checks: a-check: the field fix is missing; add it"),
        (
            CHECK.replace("error", "fatal"),
            'checks: a-check: level: "fatal" is not known; write one of error, warning, note',
        ),
        (
            CHECK.replace("why:", "because:"),
            'checks: a-check: unknown field "because"; known here: title, means, why, fix, level, sources',
        ),
        (CHECK + "more: 1", 'unknown field "more"; known here: schema, checks'),
        ("schema: checks/1\nchecks: []", "checks: expected fields (name: value), not a list"),
    ],
)
def test_fault_in_the_checks_names_the_check(text: str, message: str) -> None:
    """A check that lacks a text, or has a level nobody knows, is refused."""
    with pytest.raises(PackError) as caught:
        parse_checks(text, "rules/checks.yaml")

    assert str(caught.value) == f"rules/checks.yaml: {message}"


def test_a_check_is_read_whole() -> None:
    """Every field of a check arrives."""
    check = parse_checks(CHECK.encode(), "rules/checks.yaml")["a-check"]

    assert (check.id, check.title, check.level, check.means, check.why, check.fix, check.sources) == (
        "a-check",
        "T",
        "error",
        "M.",
        "W.",
        "F.",
        ("https://example.com",),
    )
