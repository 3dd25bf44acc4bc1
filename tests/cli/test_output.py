"""Where reports go: to stdout, or into files that are whole or not there at all."""

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from auditor.cli.output import deliver, deliver_all, wants_colour
from auditor.errors import OutputError
from tests.cli.program import PREFIX, as_ordinary_user, call, refused, save
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


@pytest.mark.parametrize("name", ["new/", "new/.", "new/..", "new/sub/"])
def test_a_name_that_means_a_folder_is_no_file(name: str, estate: str, out: Path) -> None:
    """Nobody who writes a "/" at the end wants a file of that name."""
    line = refused("audit", estate, "-o", f"{out}/{name}")

    assert line == f"{out}/{name}: cannot be written (Is a directory); name a file in it"
    assert names(out) == []


def test_a_link_that_leads_to_itself_is_refused(estate: str, out: Path) -> None:
    """It stays a link."""
    (out / "loop").symlink_to("loop")

    assert "cannot be written (Too many levels of symbolic links)" in refused("audit", estate, "-o", str(out / "loop"))
    assert (out / "loop").is_symlink()


@pytest.mark.parametrize("option", [("-o", "{}"), ("--report", "sarif={}")])
@pytest.mark.parametrize("command", ["audit", "report"])
def test_a_name_that_is_too_long_is_one_line(command: str, option: tuple[str, str], estate: str, out: Path) -> None:
    """The system knows no such name: exit code 2, not the 1 of findings."""
    name = str(out / ("a" * 300))

    line = refused(command, estate, option[0], option[1].format(name))

    assert line.startswith(f"{name}: cannot be written (File name too long)")


def test_the_longest_name_there_may_be_is_written(out: Path) -> None:
    """What is put beside it for a moment is never longer."""
    deliver("new\n", str(out / ("a" * 255)))

    assert names(out) == ["a" * 255]


@pytest.mark.parametrize("place", ["locked/x", "locked/in/x", "kept"])
@pytest.mark.parametrize(
    "arguments", [("-o", "{}"), ("--report", "sarif={}"), ("--report", "csv={0}.csv", "--report", "sarif={0}")]
)
def test_a_place_that_may_not_be_written_is_one_line(
    place: str, arguments: tuple[str, ...], estate: str, out: Path
) -> None:
    """A folder that may not be entered and a file that may not be written: exit code 2, and nothing is replaced."""
    (out / "kept").write_text("old\n", encoding="utf-8")
    (out / "kept").chmod(0o444)
    (out / "locked").mkdir(mode=0)
    try:
        done = as_ordinary_user("audit", estate, *(each.format(out / place) for each in arguments))
    finally:
        (out / "locked").chmod(0o700)

    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "cannot be written (Permission denied); check the place" in done.err
    assert names(out) == ["kept", "locked"]
    assert names(out / "locked") == []
    assert (out / "kept").read_text(encoding="utf-8") == "old\n"


def test_a_configuration_that_may_not_be_written_stays(out: Path) -> None:
    """`waive` writes into no file that is to stay as it is."""
    broken, config = Draft(), out / "auditor.yaml"
    broken.drop_route("0.0.0.0/0")
    report = call("audit", save(out, broken), "--format", "json").out
    (out / "report.json").write_text(report, encoding="utf-8")
    config.write_text("allow-unknown: true\n", encoding="utf-8")
    config.chmod(0o444)
    finding = json.loads(report)["findings"][0]["id"]
    said = ("--reason", "known", "--owner", "net", "--until", "2999-01-31")

    done = as_ordinary_user("waive", finding, "--report", str(out / "report.json"), *said, "--config", str(config))

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"{PREFIX}{config}: cannot be written (Permission denied)")
    assert config.read_text(encoding="utf-8") == "allow-unknown: true\n"


def test_of_several_reports_all_are_written_or_none(estate: str, out: Path) -> None:
    """One place that cannot be written is said before anything is printed or written."""
    line = refused(
        "audit", estate, "--report", f"json={out / 'first.json'}", "--report", f"sarif={out / 'none' / 'second.sarif'}"
    )

    assert line.startswith(f"{out / 'none' / 'second.sarif'}: cannot be written (No such file or directory)")
    assert names(out) == []


def test_a_disk_that_fills_up_leaves_none_of_several_files(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stood there stays, also where the fault comes with the last of them."""
    (out / "a").write_text("old\n", encoding="utf-8")
    written: list[Path] = []
    chmod = Path.chmod

    def fill(path: Path, mode: int) -> None:
        written.append(path)
        if len(written) > 1:
            raise OSError(28, "No space left on device")
        chmod(path, mode)

    monkeypatch.setattr(Path, "chmod", fill)

    with pytest.raises(OutputError, match="No space left on device"):
        deliver_all([("new\n", str(out / "a")), ("new\n", str(out / "b"))])

    assert len(written) == 2
    assert names(out) == ["a"]
    assert (out / "a").read_text(encoding="utf-8") == "old\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_device_that_takes_nothing_costs_no_file(out: Path) -> None:
    """Files come first, in whatever order they are named."""
    with pytest.raises(OutputError, match=r"^/dev/full: cannot be written"):
        deliver_all([("new\n", "/dev/full"), ("new\n", str(out / "a"))])

    assert names(out) == ["a"]


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
