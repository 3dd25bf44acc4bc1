"""Stdout that nobody reads to its end, that is full, closed or impatient: the exit code and the files stay right."""

import fcntl
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.program import CHECKOUT, call, save, shell, start
from tests.cli.test_audit import partly_read

COMPLIANT, VIOLATING = (str(CHECKOUT / "rules" / "examples" / name) for name in ("compliant", "violating"))
NOBODY_READS = '"$@" | true; exit "${PIPESTATUS[0]}"'
NOBODY_READS_EITHER = '"$@" 2>&1 | true; exit "${PIPESTATUS[0]}"'


@pytest.fixture
def estates(tmp_path: Path) -> dict[int, str]:
    """Return an estate for each exit code that an audit may have."""
    return {0: COMPLIANT, 1: VIOLATING, 3: save(tmp_path, partly_read())}


@pytest.mark.parametrize("script", [NOBODY_READS, NOBODY_READS_EITHER])
@pytest.mark.parametrize("code", [0, 1, 3])
def test_without_a_reader_the_exit_code_and_the_files_are_the_same(
    code: int, script: str, estates: dict[int, str], tmp_path: Path
) -> None:
    """A reader that goes away at once costs neither what the audit says nor a report in a file."""
    file = tmp_path / "report.sarif"

    done = shell(script, "audit", estates[code], "--report", f"sarif={file}", "--sarif-for", "github")

    assert (done.code, done.out, done.err) == (code, "", "")
    assert file.read_bytes().startswith(b"{")


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_reader_that_leaves_early_is_no_fault(form: str) -> None:
    """`auditor audit ... | head -1` ends in silence, however much is left unread."""
    script = '"$@" | head -1; exit "${PIPESTATUS[0]}"'

    done = shell(script, "audit", "--all-results", "--format", form, VIOLATING)

    assert (done.code, done.err) == (1, "")
    assert done.out in {"Azure egress audit\n", "{\n"}


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("--version",), ("packs", "list"), ("explain",), ("audit", COMPLIANT, "-o", "/dev/stdout")],
)
def test_what_else_is_printed_needs_no_reader(arguments: tuple[str, ...]) -> None:
    """Every command ends as it would have ended, also where stdout is named as a device."""
    done = shell(NOBODY_READS, *arguments)

    assert (done.code, done.err) == (0, "")


def test_a_saved_report_needs_no_reader(tmp_path: Path) -> None:
    """Writing a report again ends with 0, whatever it says."""
    kept = tmp_path / "kept.json"
    call("audit", VIOLATING, "--format", "json", "-o", str(kept))

    done = shell(NOBODY_READS, "report", str(kept))

    assert (done.code, done.err) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize("arguments", [("audit", COMPLIANT), ("packs", "list"), ("explain",), ("--help",)])
def test_a_full_disk_is_one_line(arguments: tuple[str, ...]) -> None:
    """A report that could not be written is an error of exit code 2, not the 1 of findings; and no traceback."""
    done = shell('"$@" >/dev/full', *arguments)

    assert done.code == 2
    assert done.err == (
        "auditor: error: stdout: cannot be written (No space left on device); check the place and its space\n"
    )


@pytest.mark.parametrize("stdout", [">&-", ">/dev/full"])
def test_files_are_written_whatever_becomes_of_stdout(stdout: str, tmp_path: Path) -> None:
    """A stdout that is closed or full is an error of its own and takes no other report along."""
    file = tmp_path / "report.csv"

    done = shell(f'"$@" {stdout}', "audit", COMPLIANT, "--report", f"csv={file}")

    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.startswith("auditor: error: stdout: ")
    assert file.read_bytes()


@pytest.mark.skipif(not hasattr(fcntl, "F_SETPIPE_SZ"), reason="only Linux sets the size of a pipe")
def test_a_pipe_that_never_waits_gets_the_whole_report() -> None:
    """Who starts us may share a pipe that refuses what it cannot take at once: nothing is lost, and it is no fault."""
    arguments = ("audit", VIOLATING, "--format", "json")
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writing, False)

    with subprocess.Popen(start(*arguments), stdout=writing, stderr=subprocess.PIPE, cwd=CHECKOUT) as process:
        os.close(writing)
        with os.fdopen(reading, "rb") as stream:
            out = stream.read()
        assert process.stderr is not None
        err = process.stderr.read()

    assert (process.returncode, err) == (1, b"")
    assert len(out) == len(call(*arguments).out.encode())
