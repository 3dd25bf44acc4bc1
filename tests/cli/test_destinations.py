"""Where reports may go: each to a place of its own, and none over what is read."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.cli.program import CHECKOUT, PREFIX, call, refused, save, shell, start
from tests.estates import Draft

COMPLIANT = CHECKOUT / "rules" / "examples" / "compliant"


@pytest.fixture
def estate(tmp_path: Path) -> str:
    """Return the compliant estate in one file."""
    return save(tmp_path, Draft())


@pytest.mark.parametrize("other", ["same", "./same", "sub/../same", "link", "{}/same", "sub/up/same"])
@pytest.mark.parametrize("there", [False, True])
def test_two_reports_to_one_file_are_refused_however_it_is_spelled(
    other: str,
    there: bool,  # noqa: FBT001 - a case of the table
    estate: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second would take the place of the first in silence; nothing is written, and both names are said."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "up").symlink_to("..")
    (tmp_path / "link").symlink_to("same")
    if there:
        (tmp_path / "same").write_bytes(b"")
    name = other.format(tmp_path)

    line = refused("audit", estate, "--report", "json=same", "--report", f"sarif={name}")

    also = "" if name == "same" else ', which is "same"'
    assert line == f'two reports are to go to "{name}"{also}; give each a file of its own'
    assert not there or not (tmp_path / "same").read_bytes()
    assert (tmp_path / "same").exists() is there


def test_a_second_name_of_one_file_is_the_same_file(estate: str, tmp_path: Path) -> None:
    """A hard link is told by its inode."""
    (tmp_path / "a").write_bytes(b"")
    os.link(tmp_path / "a", tmp_path / "b")

    assert "two reports" in refused("audit", estate, "-o", str(tmp_path / "a"), "--report", f"csv={tmp_path / 'b'}")


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ('"$@" | cat; exit "${PIPESTATUS[0]}"', "-"),
        ('"$@" | cat; exit "${PIPESTATUS[0]}"', "/dev/stdout"),
        ('"$@" > "$PLACE/out"', "{}/out"),
    ],
)
def test_two_reports_to_stdout_are_refused(script: str, name: str, tmp_path: Path) -> None:
    """One would follow the other; a file that stdout leads to would lose what is printed."""
    file = name.format(tmp_path)
    done = shell(script, "audit", str(COMPLIANT), "--report", f"json={file}", environment={"PLACE": str(tmp_path)})

    assert done.code == 2
    assert done.err.startswith(f'{PREFIX}two reports are to go to "{file}"')


def test_what_is_thrown_away_may_be_thrown_away_twice() -> None:
    """Stdout to /dev/null beside a report to /dev/null loses nothing that was to be kept."""
    done = shell('"$@" > /dev/null', "audit", str(COMPLIANT), "--report", f"json={os.devnull}")

    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("form", ["console", "json"])
def test_an_input_is_not_written_over(form: str, estate: str, tmp_path: Path) -> None:
    """Sources, baseline, configuration and waivers stay what they are, whichever option names them for writing."""
    config, waivers, baseline = (tmp_path / each for each in ("own.yaml", "waivers.yaml", "before.json"))
    config.write_text("waivers-file: waivers.yaml\n", encoding="utf-8")
    waivers.write_text("waivers: []\n", encoding="utf-8")
    assert call("audit", estate, "--format", "json", "-o", str(baseline)).code == 0
    (tmp_path / "link").symlink_to("estate.json")
    arguments = ("audit", estate, "--config", str(config), "--baseline", str(baseline), "--format", form)
    before = {each: each.read_bytes() for each in tmp_path.iterdir()}

    for name, what in (
        ("estate.json", "a SOURCE"),
        ("link", "a SOURCE"),
        ("own.yaml", "the configuration"),
        ("waivers.yaml", "the file of waivers"),
        ("before.json", "the baseline"),
    ):
        for option in (("-o", str(tmp_path / name)), ("--report", f"csv={tmp_path / name}")):
            line = refused(*arguments, *option)
            assert line == f"{tmp_path / name}: is {what}, and is not written over; name another file"
    assert {each: each.read_bytes() for each in tmp_path.iterdir()} == before


def test_waivers_and_configuration_that_are_found_or_named_are_inputs_too(
    estate: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An auditor.yaml that nobody named, and a file of --waivers."""
    monkeypatch.chdir(tmp_path)
    for name in ("auditor.yaml", "more.yaml"):
        (tmp_path / name).write_text("waivers: []\n", encoding="utf-8")

    assert "is the configuration" in refused("audit", estate, "-o", "auditor.yaml")
    assert "is the file of waivers" in refused("audit", estate, "--waivers", "more.yaml", "-o", "more.yaml")


def test_a_report_is_not_written_over_by_itself(estate: str, tmp_path: Path) -> None:
    """`auditor report` keeps what it reads, also from standard input."""
    kept = tmp_path / "kept.json"
    call("audit", estate, "--format", "json", "-o", str(kept))
    before = kept.read_bytes()

    line = refused("report", str(kept), "--format", "csv", "-o", str(kept))
    piped = shell(f'"$@" < "{kept}"', "report", "-", "--format", "csv", "-o", str(kept))

    assert line == f"{kept}: is the report that is read, and is not written over; name another file"
    assert (piped.code, piped.err) == (2, f"{PREFIX}{line}\n")
    assert kept.read_bytes() == before


def test_a_trace_is_not_written_over_its_source(estate: str) -> None:
    """The same holds for the other command with sources."""
    line = refused("trace", estate, "--from", "ase", "--to", "graph.microsoft.com", "-o", estate)

    assert "is a SOURCE" in line


def test_in_a_folder_of_sources_only_what_is_read_is_kept(tmp_path: Path) -> None:
    """A report may lie beside the saved configuration and be renewed; it takes the place of none of that."""
    folder = tmp_path / "estate"
    shutil.copytree(COMPLIANT, folder)
    source = next(each for each in sorted(folder.iterdir()) if each.suffix == ".json")

    for _ in range(2):
        assert call("audit", str(folder), "--format", "json", "-o", str(folder / "report.json")).code == 0
    line = refused("audit", str(folder), "-o", str(source))

    assert line == f"{source}: is part of a SOURCE, and is not written over; name another file"


def test_what_is_no_file_may_be_read_and_written_at_once() -> None:
    """A terminal, or a socket as here, is stdin and stdout of one run; nothing is taken away by writing there."""
    data = json.dumps([*Draft().documents, *Draft().tags]).encode()
    ours, theirs = socket.socketpair()

    with subprocess.Popen(start("audit", "-"), stdin=theirs.fileno(), stdout=theirs.fileno()) as process:
        theirs.close()
        ours.sendall(data)
        ours.shutdown(socket.SHUT_WR)
        with ours, ours.makefile("rb") as stream:
            out = stream.read()

    assert process.returncode == 0
    assert out.startswith(b"Azure egress audit\n")
