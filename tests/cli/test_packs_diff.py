"""`auditor packs diff`: what changed between two editions, for people and for programs."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.packs import command
from auditor.collectors.rules import pack_names, read_pack
from auditor.packdiff import diff_packs
from auditor.packs import edition_in_force
from auditor.reporters.text import cells
from tests.cli.program import call
from tests.cli.running import document, fault, run
from tests.cli.test_packs import PACK
from tests.conftest import Golden

REPORTS = Path(__file__).parent.parent.parent / "reports"
SEED, NEWEST = "ase-v2@2018-09-24", "ase-v2@2023-11-20"
PAIRS = [
    (SEED, NEWEST),
    (NEWEST, SEED),
    ("ase-v2@2019-06-11.r1", "ase-v2@2019-06-11.r2"),
    ("ase-management-addresses@2017-07-11", "ase-management-addresses@2018-05-29"),
    ("ase-management-addresses@2022-10-24", "ase-management-addresses@2022-10-24.usgovernment"),
    (NEWEST, NEWEST),
]
IDS = ["forth", "back", "revisions", "addresses", "clouds", "same"]


@pytest.mark.parametrize(("before", "after"), PAIRS, ids=IDS)
def test_it_looks_as_approved(before: str, after: str, golden: Golden, request: pytest.FixtureRequest) -> None:
    """From the first edition to the newest and back, between revisions, by region, by cloud, and of one with itself."""
    golden(f"packs-diff-{request.node.callspec.id}.txt", run(command, "diff", before, after))


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
@pytest.mark.parametrize(("before", "after"), PAIRS, ids=IDS)
def test_it_keeps_to_the_width(before: str, after: str, width: int) -> None:
    """No line is wider than the terminal."""
    assert max(map(cells, run(command, "diff", before, after, width=width).splitlines())) <= width


@pytest.mark.parametrize(("before", "after"), PAIRS, ids=IDS)
def test_as_json_it_is_whole(before: str, after: str) -> None:
    """Every requirement is there field by field, with both packs named; and people are told of each."""
    names = [edition_in_force(pack_names(), *asked_of(each)) for each in (before, after)]
    packs = [read_pack(each) for each in names]
    diff = diff_packs(*packs)
    found = document(run(command, "diff", before, after, "--json"), "pack-diff")
    text = run(command, "diff", before, after, width=400)

    assert [found[side]["file"] for side in ("before", "after")] == [each.path for each in names]
    assert [found[side]["requirements"] for side in ("before", "after")] == [len(each.requirements) for each in packs]
    assert found["added"] == [plain(each) for each in diff.added]
    assert found["removed"] == [plain(each) for each in diff.removed]
    assert [each["differences"] for each in found["changed"]] == [
        [plain(one) for one in each.differences] for each in diff.changed
    ]
    assert [each["before"] for each in found["changed"]] == [each.before.id for each in diff.changed]
    assert found["document"] == [plain(each) for each in diff.document]
    assert found["same"] == diff.same
    for each in (*diff.added, *diff.removed):
        assert each.target in text
    assert [each.id for each in diff.changed if each.id not in text] == []


def asked_of(text: str) -> tuple[str, str, None, str]:
    """Return what names a pack in the words of `edition_in_force`."""
    service, _, edition = text.partition("@")
    there = edition.endswith(".usgovernment")
    return service, "usgovernment" if there else "public", None, edition.removesuffix(".usgovernment")


def plain(value: Any) -> Any:  # noqa: ANN401 - a dataclass
    """Return a dataclass as JSON has it."""
    return json.loads(json.dumps(asdict(value)))


def test_the_newest_edition_needs_no_name() -> None:
    """Without an edition it is the newest; --cloud is that of an edition that names none."""
    assert run(command, "diff", SEED, "ase-v2") == run(command, "diff", SEED, NEWEST)

    arguments = ("diff", "ase-management-addresses", "ase-management-addresses@2021-03-22.china")
    gov = document(run(command, *arguments, "--cloud", "usgovernment", "--json"), "pack-diff")

    assert [gov[side]["cloud"] for side in ("before", "after")] == ["usgovernment", "china"]


def test_show_takes_a_cloud_behind_the_edition_too() -> None:
    """A pack is named alike in all commands."""
    assert run(command, "show", "ase-management-addresses@2022-10-24.china") == run(
        command, "show", "ase-management-addresses@2022-10-24", "--cloud", "china"
    )


def test_own_packs_are_compared(tmp_path: Path) -> None:
    """A pack of the user's own is compared like one that ships, and nothing it says acts on a terminal."""
    for day, row in (("2026-01-31", "intranet.example.com:443"), ("2026-02-01", "other.example.com:443")):
        file = tmp_path / "ours" / f"{day}.public.yaml"
        file.parent.mkdir(exist_ok=True)
        text = PACK.replace("2026-01-31", day).replace("intranet.example.com:443", row)
        file.write_text(text.replace("Our own", rf'"\x1b[2J\u202e {day} ##vso[x]"'), encoding="utf-8")
    arguments = ("diff", "ours@2026-01-31", "ours", "--pack-dir", str(tmp_path))

    for text in (run(command, *arguments), run(command, *arguments, "--json")):
        assert "intranet.example.com" in text
        assert "other.example.com" in text
        assert all(line.isprintable() for line in text.split("\n"))
        assert "##vso" not in text


@pytest.mark.parametrize("arguments", [(SEED, NEWEST), (SEED, SEED)])
def test_a_difference_is_no_failure(arguments: tuple[str, str]) -> None:
    """The exit code is 0 whether they differ or not, and the help says so."""
    done = call("packs", "diff", *arguments)

    assert (done.code, done.err) == (0, "")
    assert "Exit codes: 0 whether they differ or not, 2 bad arguments." in call("packs", "diff", "--help").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ase-v3@2018-09-24", SEED), 'there is no pack "ase-v3"; there are ase-management-addresses, ase-v2; did'),
        ((SEED, "ase-v2@2018"), 'ase-v2 (public) has no edition "2018"; it has 2018-09-24, '),
        ((SEED, "ase-v2@"), '"ase-v2@" names no edition after the @; write it as ase-v2@2018-09-24, or leave the @'),
        ((SEED, f"{NEWEST}.china"), 'ase-v2 has no pack for the cloud "china"; it has public'),
        ((SEED, NEWEST, "--cloud", "china"), 'ase-v2 has no pack for the cloud "china"; it has public'),
        ((SEED, NEWEST, "--pack-dir", "no-such"), "no-such: no such folder; a pack folder holds SERVICE/EDITION.CLOUD"),
    ],
)
def test_what_there_is_not(arguments: tuple[str, ...], message: str) -> None:
    """One line, with what there is instead, and exit code 2."""
    assert message in fault(command, "diff", *arguments)
    assert call("packs", "diff", *arguments).code == 2


def test_one_edition_is_too_few() -> None:
    """Both sides are asked for."""
    done = call("packs", "diff", SEED)

    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1


def test_the_schema_says_the_same_of_packs_as_the_others() -> None:
    """What a pack and a requirement are is told alike wherever they stand."""
    diff, pack, listed = (
        json.loads((REPORTS / f"{name}.schema.json").read_bytes()) for name in ("pack-diff", "pack", "pack-list")
    )

    assert diff["$defs"]["requirement"] == pack["$defs"]["requirement"]
    assert diff["$defs"]["pack"]["properties"] == listed["$defs"]["pack"]["properties"]
