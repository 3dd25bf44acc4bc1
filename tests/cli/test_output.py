"""Where reports go: to stdout, or into files that are whole or not there at all."""

import os
import stat
import threading
from pathlib import Path

import pytest

from auditor.cli.output import deliver, wants_colour
from auditor.errors import OutputError
from tests.cli.program import call, refused, save
from tests.estates import Draft


@pytest.fixture
def estate(tmp_path: Path) -> str:
    """Return the compliant estate in one file."""
    return save(tmp_path, Draft())


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return an empty folder."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def names(folder: Path) -> list[str]:
    """Return what lies in a folder, hidden files included."""
    return sorted(each.name for each in folder.iterdir())


def test_a_file_holds_the_text_as_utf8(out: Path) -> None:
    """Line ends and characters are the same on every system, and nothing else lies beside the file."""
    deliver("ase-店\nase\n", str(out / "report.txt"))

    assert (out / "report.txt").read_bytes() == "ase-店\nase\n".encode()
    assert names(out) == ["report.txt"]


def test_a_file_takes_the_place_of_an_older_one(out: Path) -> None:
    """The newest report wins, however short."""
    (out / "report.txt").write_text("old and long\n" * 100, encoding="utf-8")

    deliver("new\n", str(out / "report.txt"))

    assert (out / "report.txt").read_text(encoding="utf-8") == "new\n"


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_permissions_follow_the_umask(mask: int, out: Path) -> None:
    """A report is as readable as any other new file, not for its owner alone."""
    before = os.umask(mask)
    try:
        deliver("x\n", str(out / "report.txt"))
    finally:
        os.umask(before)

    assert stat.S_IMODE((out / "report.txt").stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("step", ["pathlib.Path.replace", "pathlib.Path.chmod"])
def test_what_stood_there_stays_if_writing_fails(step: str, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk costs neither the older report nor leaves half of a new one."""

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (out / "report.txt").write_text("old\n", encoding="utf-8")
    monkeypatch.setattr(step, refuse)

    with pytest.raises(OutputError) as caught:
        deliver("new\n", str(out / "report.txt"))

    assert str(caught.value) == (
        f"{out / 'report.txt'}: cannot be written (No space left on device); check the place and its space"
    )
    assert names(out) == ["report.txt"]
    assert (out / "report.txt").read_text(encoding="utf-8") == "old\n"


def test_a_place_that_cannot_be_written_to(estate: str, out: Path) -> None:
    """No such folder, a file in the place of a folder, a folder in the place of a file: one line, and nothing new."""
    (out / "file").write_text("", encoding="utf-8")
    (out / "folder").mkdir()

    for name, why in (("none/r.txt", "No such file or directory"), ("file/r.txt", "Not a dir"), ("folder", "Is a dir")):
        line = refused("audit", estate, "-o", str(out / name))

        assert line.startswith(f"{out / name}: cannot be written ({why}")
    assert names(out) == ["file", "folder"]


def test_an_output_without_a_name_is_said(estate: str) -> None:
    """An empty variable in a script is named for what it is."""
    line = refused("audit", estate, "-o", "")

    assert not line.startswith(":")


def test_an_older_report_stays_when_the_input_is_refused(out: Path) -> None:
    """Nothing is written before everything is known."""
    (out / "report.txt").write_text("old\n", encoding="utf-8")

    refused("audit", str(out / "none.json"), "-o", str(out / "report.txt"), "--report", f"json={out / 'report.json'}")

    assert names(out) == ["report.txt"]
    assert (out / "report.txt").read_text(encoding="utf-8") == "old\n"


def test_a_link_stays_a_link(out: Path) -> None:
    """A report written through a link changes the file the link names."""
    (out / "real.txt").write_text("old\n", encoding="utf-8")
    (out / "link.txt").symlink_to("real.txt")

    deliver("new\n", str(out / "link.txt"))

    assert (out / "link.txt").is_symlink()
    assert (out / "real.txt").read_text(encoding="utf-8") == "new\n"


def test_a_pipe_is_written_to_not_replaced(out: Path) -> None:
    """What is no file, such as a named pipe or /dev/stdout, takes the text and stays what it is."""
    pipe = out / "pipe"
    os.mkfifo(pipe)
    descriptor = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)  # a reader that never waits
    try:
        writer = threading.Thread(target=deliver, args=("new\n", str(pipe)), daemon=True)
        writer.start()
        writer.join(timeout=10)

        assert pipe.is_fifo()
        assert os.read(descriptor, 100) == b"new\n"
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    ("destination", "terminal", "environment", "coloured"),
    [
        ("-", True, {}, True),
        ("-", True, {"NO_COLOR": "1"}, False),
        ("-", True, {"NO_COLOR": ""}, True),
        ("-", True, {"TERM": "dumb"}, False),
        ("-", False, {}, False),
        ("report.txt", True, {}, False),
    ],
)
def test_colour(
    destination: str,
    terminal: bool,  # noqa: FBT001 - a case of the table
    environment: dict[str, str],
    coloured: bool,  # noqa: FBT001 - a case of the table
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only a terminal gets colour, and only if it does not say no."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)

    assert wants_colour(destination) is coloured


def test_trace_writes_files_too(estate: str, out: Path) -> None:
    """`trace -o` writes what it would have printed."""
    flow = ("--from", "ase", "--to", "graph.microsoft.com")

    done = call("trace", estate, *flow, "-o", str(out / "trace.txt"))

    assert (done.code, done.out, done.err) == (0, "", "")
    assert (out / "trace.txt").read_text(encoding="utf-8") == call("trace", estate, *flow).out
