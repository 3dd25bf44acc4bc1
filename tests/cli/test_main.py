"""The command as a whole: help, version, what it makes of mistakes, and of the terminal it writes to."""

import os
import re
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import click
import pytest

from auditor import __version__
from auditor.cli.main import TRACEBACK, cli
from auditor.reporters.text import cells
from tests.cli.program import CHECKOUT, PREFIX, call, refused, save, shell, start
from tests.estates import Draft

COMMANDS = ("audit", "watch", "report", "collect", "waive", "trace", "drift", "history", "packs", "explain")
HISTORY = ("history list", "history show", "history diff", "history finding", "history report", "history prune")
EVERY = (*COMMANDS, *HISTORY, "packs list", "packs show", "packs diff", "packs validate")


@pytest.fixture
def estate(tmp_path: Path) -> str:
    """Return the compliant estate in one file."""
    return save(tmp_path, Draft())


def test_version() -> None:
    """One line with the name people type and the version."""
    done = call("--version")

    assert (done.code, done.out, done.err) == (0, f"auditor, version {__version__}\n", "")


@pytest.mark.parametrize("arguments", [("--help",), ("-h",)])
def test_help_names_every_command_and_the_exit_codes(arguments: tuple[str, ...]) -> None:
    """Who knows nothing finds every command and what the exit codes mean."""
    done = call(*arguments)
    text = " ".join(done.out.split())

    assert done.code == 0
    assert [each for each in COMMANDS if f" {each} " not in text] == []
    assert "Exit codes: 0 nothing to act on, 1 findings" in text


@pytest.mark.parametrize("command", EVERY)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_every_command_has_help(command: str, flag: str) -> None:
    """-h is --help everywhere, goes to stdout and exits 0."""
    done = call(*command.split(), flag)

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: auditor {command} ")


@pytest.mark.parametrize("command", EVERY)
@pytest.mark.parametrize("columns", ["60", "80", "100"])
def test_help_reads_well(command: str, columns: str) -> None:
    """No mark-up is left in it, no sentence is cut off, and each example has a line of its own."""
    text = call(*command.split(), "--help", environment={"COLUMNS": columns}).out
    examples = [line for line in text.splitlines() if line.lstrip().startswith("auditor ")]

    assert all(line.isprintable() for line in text.splitlines())
    assert "\\b" not in text
    assert not re.search(r"\w\.\.\.$", text, re.MULTILINE)
    assert [each for each in examples if each.count("auditor ") > 1] == []
    assert len(examples) == (2 if command in {"collect", "report", "trace", "packs diff"} else 0)


def test_every_command_is_read() -> None:
    """The tests on help leave no command out."""
    context = click.Context(cli)
    found = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    groups = {name: each for name, each in found.items() if isinstance(each, click.Group)}

    assert {*found, *(f"{name} {each}" for name, group in groups.items() for each in group.commands)} == set(EVERY)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("frobnicate",), "frobnicate"),
        (("--frobnicate",), "--frobnicate"),
        (("audit", "--frobnicate", "estate"), "--frobnicate"),
        (("audit",), "SOURCE"),
        (("audit", "--format", "pdf", "estate"), "pdf"),
        (("audit", "--fail-on", "never", "estate"), "never"),
        (("trace", "estate"), "--from"),
        (("trace", "estate", "--from", "ase"), "--to"),
        (("packs", "frobnicate"), "frobnicate"),
        (("explain", "no-firewall", "no-route-table"), "no-route-table"),
    ],
)
def test_a_mistake_in_the_arguments(arguments: tuple[str, ...], named: str) -> None:
    """Exit code 2, nothing on stdout, the mistake by name and where to find help; never a traceback."""
    done = call(*arguments)

    assert (done.code, done.out) == (2, "")
    assert named in done.err.splitlines()[-1]
    assert "--help" in done.err


def test_without_arguments_the_help_is_shown() -> None:
    """Somebody who types the bare name is told what there is, but a script does not take it for success."""
    done = call()

    assert done.code == 2
    assert "Commands:" in done.out + done.err


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- 2>&-"])
def test_closed_streams_are_no_fault(closed: str, estate: str) -> None:
    """A service manager may start the command without one of the streams; nobody sees a traceback."""
    done = shell(f'"$@" {closed}', "audit", estate)

    assert "Traceback" not in done.err
    assert done.code == (2 if closed == ">&-" else 0)


def _heed_signals() -> None:
    """Undo what a shell does to what it runs in the background, which does not hear Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_being_told_to_end_is_heard(sent: signal.Signals) -> None:
    """Ctrl-C and a request to terminate end any command in one line; in a container nothing else would stop it."""
    with subprocess.Popen(
        start("audit", "-"),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=_heed_signals,  # noqa: PLW1509 - before anything else of the program runs
    ) as program:
        assert program.stdin
        assert program.stderr
        program.stdin.write(b"[" + b" " * 1_000_000)  # more than a pipe holds: so much of it is being read by now
        program.stdin.flush()
        for _ in range(10):  # Python loses one that comes just before it waits
            program.send_signal(sent)
            with suppress(subprocess.TimeoutExpired):
                program.wait(timeout=3)
                break
        program.kill()  # where nothing was heard, it would wait for more to read for ever
        said = program.stderr.read().decode()

    assert (program.returncode, said.strip()) == (2, "auditor: error: interrupted")


def test_stdin_that_is_closed_cannot_be_a_source() -> None:
    """One line, with what to do."""
    done = shell('"$@" <&-', "audit", "-")

    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.startswith("auditor: error: stdin: ")


def test_a_defect_of_ours_is_neither_findings_nor_a_traceback(estate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says what it is, in plain text, and the exit code is one that nothing else has."""

    def stumble(*_: object, **__: object) -> None:
        raise LookupError("odd \x1b[2J\n::error::name")

    monkeypatch.setattr("auditor.cli.audit.make_report", stumble)
    done = call("audit", estate, environment={TRACEBACK: ""})
    traced = call("audit", estate, environment={TRACEBACK: "1"})

    assert (done.code, done.out) == (70, "")
    assert done.err == (
        rf"{PREFIX}a defect of the auditor (LookupError: odd \x1b[2J \x3a:error\x3a:name); please report it, "
        "with what AUDITOR_TRACEBACK=1 shows\n"
    )
    assert (traced.code, traced.out) == (70, "")
    assert traced.err.startswith("Traceback (most recent call last):\n")
    assert traced.err.endswith(done.err)
    assert "in stumble\n" in traced.err
    assert "\x1b" not in traced.err


def test_too_little_memory_is_one_line(estate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is what the machine gives, no defect, and no findings."""

    def fill(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("auditor.cli.audit.make_report", fill)

    assert "memory does not suffice" in refused("audit", estate)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_reports_keep_to_the_width(width: int, estate: str) -> None:
    """COLUMNS decides; nothing but what cannot be broken is wider."""
    for arguments in (("audit", estate), ("trace", estate, "--from", "ase", "--to", "graph.microsoft.com")):
        done = call(*arguments, environment={"COLUMNS": str(width)})

        assert max(map(cells, done.out.splitlines())) <= width


@pytest.mark.parametrize("columns", ["", "wide", "-5", "0"])
def test_columns_that_say_nothing_are_ignored(columns: str, estate: str) -> None:
    """An odd COLUMNS is no reason to fail."""
    assert call("audit", estate, environment={"COLUMNS": columns}).code == 0


def test_a_pipe_gets_no_colour(estate: str) -> None:
    """What is not a terminal gets plain text, and so does a file."""
    assert "\x1b" not in call("audit", estate, environment={"TERM": "xterm"}).out


@pytest.mark.parametrize(
    ("assignment", "coloured"), [("TERM=xterm", True), ("NO_COLOR=1", False), ("TERM=dumb", False), ("NO_COLOR=", True)]
)
def test_a_terminal_gets_colour_unless_it_says_no(assignment: str, coloured: bool, estate: str) -> None:  # noqa: FBT001 - a case of the table
    """On a terminal, NO_COLOR (if not empty) and TERM=dumb switch colour off."""
    pty = pytest.importorskip("pty")
    name, _, value = assignment.partition("=")
    pieces: list[bytes] = []
    command = start("audit", estate, **{"TERM": "xterm", "NO_COLOR": "", name: value})

    def keep(descriptor: int) -> bytes:
        data = os.read(descriptor, 4096)
        pieces.append(data)
        return data

    status = pty.spawn(command, keep)

    assert status == 0
    assert (b"\x1b[" in b"".join(pieces)) is coloured


def renamed(name: str) -> Draft:
    """Return the compliant estate with another name of its environment."""
    draft = Draft()
    environment = draft.resource("ase-shop")
    environment |= {"name": name, "id": environment["id"].replace("ase-shop", name)}
    return draft


@pytest.mark.parametrize(("encoding", "shown"), [("cp1252", r"ase-\u043c\u0430"), ("utf-8", "ase-магазин-店")])
def test_names_a_terminal_cannot_show_are_escaped(encoding: str, shown: str, tmp_path: Path) -> None:
    """A name Azure allows never stops a report on a terminal that cannot show it; what is drawn becomes ASCII."""
    draft = renamed("ase-магазин-店")
    draft.routes[:] = [each for each in draft.routes if each["properties"]["nextHopType"] == "Internet"]
    file = save(tmp_path, draft)

    audited = call("audit", file, encoding=encoding)
    traced = call("trace", file, "--from", "ase", "--to", "graph.microsoft.com", encoding=encoding)

    assert audited.code == 1
    assert shown in audited.out
    assert traced.out.isascii() is (encoding != "utf-8")


def test_without_a_locale_names_are_still_shown(tmp_path: Path) -> None:
    """Where Python is told that stdout is ASCII, as in a bare container, the report comes whole."""
    file = save(tmp_path, renamed("ase-店"))

    for arguments in (("audit", file), ("trace", file, "--from", "ase", "--to", "graph.microsoft.com")):
        done = shell('PYTHONIOENCODING=ascii PYTHONUTF8=0 LC_ALL=C "$@"', *arguments)

        assert (done.code in {0, 3}, done.err) == (True, "")
    assert "ase-店" in call("audit", file, encoding="ascii").out


@pytest.mark.parametrize("text", ["a\nb", "a\x1b[2Jb", "::error::x", "\u202ea"])
def test_arguments_cannot_act_on_the_terminal(text: str) -> None:
    """Whatever is typed or passed on by a script comes back in one line of plain text."""
    done = call("audit", text)

    assert done.code == 2
    assert done.err.count("\n") == 1
    assert done.err.removesuffix("\n").isprintable()
    assert "\n::" not in done.err


def test_it_runs_as_a_module() -> None:
    """`python -m auditor` is the command."""
    done = shell('"$@"', "--version")

    assert (done.code, done.out) == (0, f"auditor, version {__version__}\n")
    assert (CHECKOUT / "auditor" / "__main__.py").is_file()
