"""`auditor packs list`, `show` and `validate`."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest
from click.testing import CliRunner

from auditor.cli.packs import command
from auditor.collectors.rules import pack_names, read_pack
from auditor.packs import PackName
from auditor.reporters.text import cells, plain
from tests.cli.program import as_ordinary_user
from tests.cli.running import document, fault, run
from tests.conftest import Golden
from tests.reporters.log_parser import azure_commands, github_commands

PACK = """\
schema: requirement-pack/1
service: ours
edition: "2026-01-31"
cloud: public
title: Our own
source: {url: "https://example.com/ours", confidence: verbatim, read: "2026-02-01"}
fqdn: [intranet.example.com:443]
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return a pack in a folder of packs."""
    file = tmp_path / "ours" / "2026-01-31.public.yaml"
    file.parent.mkdir()
    file.write_text(PACK, encoding="utf-8")
    return file


def test_list_looks_as_approved(golden: Golden) -> None:
    """A table of the editions of one service."""
    golden("packs-list-ase-v2.txt", run(command, "list", "--service", "ase-v2"))


def test_narrow_list_looks_as_approved(golden: Golden) -> None:
    """Where a table does not fit, each pack has a block."""
    golden("packs-list-60.txt", run(command, "list", "--cloud", "usgovernment", width=60))


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
@pytest.mark.parametrize("arguments", [("list",), ("show", "ase-v2"), ("show", "ase-management-addresses@2017-07-11")])
def test_output_keeps_to_the_width(arguments: tuple[str, ...], width: int) -> None:
    """No line is wider than the terminal."""
    assert max(map(cells, run(command, *arguments, width=width).splitlines())) <= width


def test_list_holds_every_pack() -> None:
    """Without a filter every pack has one row under the two lines of headers and a rule."""
    assert len(run(command, "list", width=160).splitlines()) == len(pack_names()) + 3


def test_list_as_json() -> None:
    """As JSON it is a pack-list/1; filters narrow it."""
    every = document(run(command, "list", "--json"), "pack-list")["packs"]
    few = document(run(command, "list", "--json", "--service", "ase-v2", "--cloud", "public"), "pack-list")["packs"]

    assert [each["file"] for each in every] == [name.path for name in pack_names()]
    assert few == [each for each in every if each["pack"] == "ase-v2"]
    assert (few[0]["edition"], few[0]["revision"], few[0]["requirements"]) == ("2018-09-24", None, 84)


def test_list_with_own_packs(own: Path) -> None:
    """A folder of the user's own joins what ships; only what is listed is read."""
    (own.parent / "2026-02-01.china.yaml").write_text("broken", encoding="utf-8")

    text = run(command, "list", "--service", "ours", "--cloud", "public", "--pack-dir", str(own.parent.parent))

    assert text.splitlines()[-1].split() == ["ours", "2026-01-31", "public", "1", "verbatim"]
    assert "expected fields" in fault(command, "list", "--pack-dir", str(own.parent.parent))


@pytest.mark.parametrize("pack", ["ase-v2@2018-09-24", "ase-v2@2023-11-20", "ase-management-addresses@2017-07-11"])
def test_pack_looks_as_approved(pack: str, golden: Golden) -> None:
    """The seed edition, the newest one, and the list by region."""
    golden(f"packs-show-{pack.replace('@', '-')}.txt", run(command, "show", pack))


@pytest.mark.parametrize("name", pack_names(), ids=lambda name: f"{name.service}-{name.label}-{name.cloud}")
def test_every_requirement_is_shown(name: PackName) -> None:
    """Nothing a pack asks for is missing for people; as JSON it is there field by field."""
    arguments = ("show", f"{name.service}@{name.label}", "--cloud", name.cloud)
    text = run(command, *arguments, width=160)
    found = document(run(command, *arguments, "--json"), "pack")
    pack = read_pack(name)

    assert [each.target for each in pack.requirements if each.target not in text] == []
    assert [tuple(each.values()) for each in found["requirements"]] == [
        tuple(list(value) if isinstance(value, tuple) else value for value in asdict(each).values())
        for each in pack.requirements
    ]
    assert (found["file"], found["digest"], found["notes"]) == (name.path, pack.digest, list(pack.notes))


@pytest.mark.parametrize(
    ("arguments", "label"),
    [
        (("ase-v2",), "2023-11-20"),
        (("ase-v2", "--as-of", "2019-06-30"), "2019-06-11.r2"),
        (("ase-v2@2019-06-11",), "2019-06-11.r2"),
        (("ase-v2@2019-06-11.r1",), "2019-06-11.r1"),
        (("ase-management-addresses", "--cloud", "china", "--as-of", "2022-01-01"), "2021-03-22"),
    ],
)
def test_show_picks_the_edition(arguments: tuple[str, ...], label: str) -> None:
    """The newest, the one in force on a day, or the one named."""
    assert f"@{label}, cloud " in run(command, "show", *arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "ase-v3"), 'there is no pack "ase-v3"; there are ase-management-addresses, ase-v2; did you mean'),
        (("show", "ase-v2@2018"), 'ase-v2 (public) has no edition "2018"; it has 2018-09-24, '),
        (("show", "ase-v2@"), '"ase-v2@" names no edition after the @; write it as ase-v2@2018-09-24, or leave the @'),
        (("show", "ase-v2", "--cloud", "china"), 'ase-v2 has no pack for the cloud "china"; it has public'),
        (("show", "ase-v2", "--as-of", "2018-09-23"), "ase-v2 (public) has no edition in force on 2018-09-23; the"),
        (("show", "ase-v2", "--as-of", "24.9.2018"), '--as-of: "24.9.2018" is not a date; write it as 2018-09-24'),
        (("list", "--service", "ase"), 'there is no pack "ase"; there are ase-management-addresses, ase-v2'),
        (
            ("list", "--cloud", "govt"),
            'there is no cloud "govt"; there are china, public, usgovernment',
        ),
        (
            ("list", "--service", "ase-v2", "--cloud", "china"),
            'there is no cloud "china" in ase-v2; there are public',
        ),
        (("list", "--pack-dir", "no-such"), "no-such: no such folder; a pack folder holds SERVICE/EDITION.CLOUD.yaml"),
        (("validate", "--pack-dir", "no-such"), "no-such: no such folder; a pack folder holds SERVICE/EDITION.CLOUD"),
    ],
)
def test_what_there_is_not(arguments: tuple[str, ...], message: str) -> None:
    """One line, with what there is instead."""
    assert message in fault(command, *arguments)


def test_an_edition_and_a_day_contradict() -> None:
    """Asked for both, we do not choose in silence."""
    done = CliRunner().invoke(command, ["show", "ase-v2@2018-09-24", "--as-of", "2019-06-30"])

    assert done.exit_code == 2
    assert "not both" in done.output


def test_everything_that_ships_is_valid() -> None:
    """Without a FILE: one line for every pack and for the checks."""
    lines = run(command, "validate").splitlines()

    assert len(lines) == len(pack_names()) + 1
    assert lines[0] == "rules/packs/ase-management-addresses/2021-03-22.china.yaml: ok, 2 requirements"
    assert lines[-1].startswith("rules/checks.yaml: ok, ")


def test_own_file_is_validated(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A FILE alone, also by its bare name from its own folder; with --pack-dir, what ships too."""
    assert run(command, "validate", str(own)) == f"{own}: ok, 1 requirement\n"
    assert f"{own}: ok" in run(command, "validate", "--pack-dir", str(own.parent.parent))

    monkeypatch.chdir(own.parent)

    assert run(command, "validate", own.name) == "ours/2026-01-31.public.yaml: ok, 1 requirement\n"


def test_every_fault_of_every_file_is_listed(own: Path) -> None:
    """The parser's first, with what to write; then all the schema finds; a good file in between stays good."""
    bad = own.parent / "2026-02-01.public.yaml"
    bad.write_text(
        PACK.replace("2026-01-31", "2026-02-01").replace("verbatim", "guessed").replace(":443", "") + "fqdns: []\n",
        encoding="utf-8",
    )
    checks = own.parent / "checks.yaml"
    checks.write_text("schema: checks/1\nchecks: {Bad Name: {}}\n", encoding="utf-8")

    done = CliRunner().invoke(command, ["validate", str(bad), str(own), str(checks), str(own.parent), "none.yaml"])
    lines = done.output.replace(str(own.parent), "ours").splitlines()

    assert lines[0].startswith('ours/2026-02-01.public.yaml: unknown field "fqdns"; known here: schema, service')
    assert lines[1] == (
        "ours/2026-02-01.public.yaml: document: Additional properties are not allowed ('fqdns' was unexpected)"
    )
    assert lines[2].startswith("ours/2026-02-01.public.yaml: fqdn[1]: 'intranet.example.com' does not match ")
    assert lines[3].startswith("ours/2026-02-01.public.yaml: source.confidence: 'guessed' is not one of ['verbatim', ")
    assert "ours/2026-01-31.public.yaml: ok, 1 requirement" in lines
    assert any(line.startswith("ours/checks.yaml: checks: ") for line in lines)
    assert lines[-2:] == [
        "ours: a folder, not a file; name the file in it",
        "none.yaml: no such file; check the name",
    ]
    assert str(done.exception) == "4 of 5 files not valid; mend what is listed for each"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "expected fields (name: value), not nothing"),
        (b"\xff", "byte 1 is not UTF-8"),
        (b"- 1", "expected fields (name: value), not a list"),
        (b"schema: requirement-pack/2", 'schema: "requirement-pack/2" is not known; write one of requirement-pack/1'),
        (b"schema: [1]", "schema: expected text, not a list"),
    ],
)
def test_a_file_that_is_no_pack(own: Path, text: bytes, message: str) -> None:
    """What cannot be read at all has one line."""
    own.write_bytes(text)

    output = CliRunner().invoke(command, ["validate", str(own)]).output

    assert output.startswith(f"{own}: ")
    assert message in output
    assert output.count("\n") == 1


def test_hostile_packs_cannot_act_on_the_terminal(own: Path) -> None:
    """Whatever a pack says is shown, and nothing of it acts; so too in faults."""
    folder = str(own.parent.parent)
    own.write_text(PACK.replace("Our own", r'"\x1b[2J\u202eOurs"'), encoding="utf-8")

    assert r"\x1b[2J\u202eOurs" in run(command, "show", "ours", "--pack-dir", folder)

    own.write_text(PACK.replace("verbatim", r'"\x1b[2J"') + r'"\x1b": 1' + "\n", encoding="utf-8")
    output = CliRunner().invoke(command, ["validate", str(own)]).output

    assert all(line.isprintable() for line in output.split("\n"))


@pytest.mark.parametrize(
    "name",
    [
        "a\x1b[31mb.yaml",
        "x\x1b]8;;http://example.com\x1b\\link",
        "\u202e::error::x",
        "##vso[task.setvariable variable=a]b",
    ],
)
def test_hostile_files_of_packs_cannot_act(name: str, tmp_path: Path) -> None:
    """The name of a file neither acts on a terminal nor is a command in a log, whether the file is there or not."""
    file = tmp_path / name.replace("/", "_")
    file.write_text(PACK, encoding="utf-8")
    for path in (str(file), f"{file}.none"):
        output = CliRunner().invoke(command, ["validate", path]).output

        assert plain(path) in output
        assert output.removesuffix("\n").isprintable()
        assert (github_commands(output), azure_commands(output)) == ([], [])


@pytest.mark.parametrize("sign", ["##vso[task.setvariable variable=key]v", "::error::x", "\x9b31m\u202e\u200b"])
def test_hostile_fields_of_packs_cannot_act(sign: str, own: Path) -> None:
    """What a pack holds is shown in the faults of the parser and of the schema, and does nothing there."""
    quoted = json.dumps(sign)
    for text in (f"{PACK}{quoted}: 1\n", PACK.replace("ours", quoted, 1), PACK.replace("verbatim", quoted)):
        own.write_text(text, encoding="utf-8")
        output = CliRunner().invoke(command, ["validate", str(own)]).output

        assert plain(sign).strip(":#") in output
        assert all(line.isprintable() for line in output.split("\n"))
        assert (github_commands(output), azure_commands(output)) == ([], [])


@pytest.mark.parametrize("arguments", ["packs.command(['list'])", "explain.command(['no-firewall'])"])
def test_jsonschema_is_not_loaded_for_listing(arguments: str) -> None:
    """The slow library is for `validate` alone."""
    program = (
        "import sys\nfrom auditor.cli import explain, packs, config\n"
        f"try: {arguments}\nexcept SystemExit: pass\nprint('jsonschema' in sys.modules, 'difflib' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "False False"


@pytest.mark.parametrize("place", ["locked", "locked/in", "packs"])
@pytest.mark.parametrize("verb", ["list", "validate"])
def test_a_pack_folder_that_may_not_be_read_is_refused(verb: str, place: str, tmp_path: Path) -> None:
    """What could not be looked at is never valid."""
    locked = [tmp_path / "locked", tmp_path / "packs" / "ase-v2"]
    (tmp_path / "packs").mkdir()
    for each in locked:
        each.mkdir(mode=0)
    try:
        done = as_ordinary_user("packs", verb, "--pack-dir", str(tmp_path / place))
    finally:
        for each in locked:
            each.chmod(0o700)

    assert (done.code, done.out) == (2, "")
    assert done.err.endswith(f"{tmp_path / place}: cannot be read (Permission denied); check its permissions\n")
