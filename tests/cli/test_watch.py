"""`auditor watch`: real processes and real signals. The tests wait for what has to happen, however long it takes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.cli.health import Health, State, probe, render
from tests.cli.program import CHECKOUT, call, refused, save, start
from tests.cli.running import document
from tests.estates import Draft

COMPLIANT = str(CHECKOUT / "rules" / "examples" / "compliant")
VIOLATING = str(CHECKOUT / "rules" / "examples" / "violating")
STOPS = [signal.SIGTERM, signal.SIGINT]
NOW = 1_800_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A watch that runs. out: what its audits print. err: what is said on stderr. health: its file."""

    process: "subprocess.Popen[bytes]"
    out: Path
    err: Path
    health: Path

    def wait_for(self, what: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first health that is as asked for."""
        found: dict[str, Any] = {}

        def is_there() -> bool:
            assert self.process.poll() is None, self.said()
            if self.health.exists():
                found.update(document(self.health.read_text("utf-8"), "watch-health"))
            return bool(found) and what(found)

        until(is_there)
        return found

    def said(self) -> str:
        """Return what was said so far."""
        return self.err.read_text("utf-8")

    def child(self) -> int:
        """Return the number of the process of the audit."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        if not listed.exists():
            pytest.skip("this system does not tell which processes a process has started")
        (number,) = listed.read_text("ascii").split()
        return int(number)

    def ended(self) -> tuple[int, str]:
        """Return what the watch ends with, and the state its file tells."""
        code = self.process.wait()
        return code, document(self.health.read_text("utf-8"), "watch-health")["state"]


def until(what: Callable[[], bool]) -> None:
    """Wait for something; fail where it does not come to be for so long that it never will."""
    end = time.monotonic() + 120
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def watching(folder: Path, *arguments: str, program: list[str] | None = None) -> Iterator[Running]:
    """Start a watch, every second unless said otherwise; it is gone in the end."""
    out, err, health = folder / "out", folder / "err", folder / "health.json"
    every = () if "--every" in arguments else ("--every", "1s")
    options = ("watch", *every, "--health", str(health), *arguments)
    command = start(*options) if program is None else [*program, *options]
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(command, stdout=stdout, stderr=stderr, cwd=folder, preexec_fn=_heed)  # noqa: PLW1509 - before anything else of the program runs
    try:
        yield Running(process=process, out=out, err=err, health=health)
    finally:
        process.terminate()  # or else an audit under way would be left behind
        with suppress(subprocess.TimeoutExpired):
            process.wait(30)
        process.kill()
        process.wait()


def _heed() -> None:
    """Undo what a shell does to what it runs in the background, which does not hear Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """Return a source that an audit reads until somebody writes into it: a pipe."""
    pipe = tmp_path / "estate.json"
    os.mkfifo(pipe)
    return pipe


@contextmanager
def being_read(pipe: Path) -> Iterator[int]:
    """Wait until an audit reads a pipe, and keep it reading."""
    opened: list[int] = []

    def has_reader() -> bool:
        with suppress(OSError):
            opened.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        return bool(opened)

    until(has_reader)
    try:
        yield opened[0]
    finally:
        os.close(opened[0])


def place_of(process: int) -> Path:
    """Return the folder for temporary files of a process."""
    variables = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    (found,) = [each.removeprefix(b"TMPDIR=") for each in variables if each.startswith(b"TMPDIR=")]
    return Path(os.fsdecode(found))


def is_gone(process: int) -> bool:
    """Whether a process is there no more."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_audits_again_and_again(tmp_path: Path) -> None:
    """Each audit writes its report and metrics anew; what it ended with is one line; SIGTERM ends the watch well."""
    report = tmp_path / "report.json"
    arguments = (VIOLATING, "--format=json", f"-o{report}", "--metrics", str(tmp_path / "egress.prom"))
    with watching(tmp_path, *arguments) as watch:
        watch.wait_for(lambda health: health["last_finished"] is not None)
        document(report.read_text("utf-8"), "audit-report")
        report.unlink()
        begun = watch.wait_for(lambda _: True)["audits"]
        health = watch.wait_for(lambda health: health["audits"] >= begun + 2)
        alive = call("watch", "--probe", str(watch.health))
        watch.process.send_signal(signal.SIGTERM)

        assert watch.ended() == (0, "stopped")
        assert document(report.read_text("utf-8"), "audit-report")["findings"]
        assert (health["last_exit_code"], health["consecutive_failures"]) == (1, 0)
        assert health["last_success"] == health["last_finished"]
        assert (alive.code, alive.err) == (0, "")
        assert call("watch", "--probe", str(watch.health)).code == 1
        assert watch.said().count("ended with exit code 1 (findings) after ") >= 2
        assert watch.said().endswith("info told to stop (SIGTERM)\n" + watch.said().splitlines()[-1] + "\n")
        assert list(tmp_path.glob(".auditor-*")) == []


def test_the_report_of_each_audit_is_printed(tmp_path: Path) -> None:
    """Without -o the reports follow each other on stdout; --log-format decides on the lines beside them, too."""
    with watching(tmp_path, COMPLIANT, "--log-format", "json") as watch:
        watch.wait_for(lambda health: health["audits"] >= 3)

    lines = [json.loads(each) for each in watch.said().splitlines()]
    assert watch.out.read_text("utf-8").count("Azure egress audit\n") >= 2
    assert [
        each["message"] for each in lines if "audit 1 ended with exit code 0 (nothing at or above" in each["message"]
    ]


@pytest.mark.parametrize("sent", STOPS)
def test_told_to_stop_it_ends_the_audit_first(sent: signal.Signals, endless: Path, tmp_path: Path) -> None:
    """The audit under way is ended and waited for: nothing is left that still runs."""
    with watching(tmp_path, str(endless)) as watch, being_read(endless) as descriptor:
        child = watch.child()
        watch.process.send_signal(sent)

        assert watch.ended() == (0, "stopped")
        assert is_gone(child)
        with pytest.raises(BrokenPipeError):
            os.write(descriptor, b"[]")
    assert "auditor: error: interrupted" in watch.said()


def test_told_twice_it_does_not_wait(endless: Path, tmp_path: Path) -> None:
    """An audit that does not end by itself is killed as soon as somebody says so again."""
    with watching(tmp_path, str(endless)) as watch, being_read(endless):
        child = watch.child()
        os.kill(child, signal.SIGSTOP)  # now it hears nothing any more, but that it is killed
        watch.process.send_signal(signal.SIGTERM)
        until(lambda: "told to stop" in watch.said())
        watch.process.send_signal(signal.SIGINT)

        assert watch.ended() == (0, "stopped")
        assert is_gone(child)


def test_one_signal_that_comes_twice_at_once_is_one(endless: Path, tmp_path: Path) -> None:
    """As from timeout(1), which sends it to its child and to the group of that: the audit still ends by itself."""
    with watching(tmp_path, str(endless)) as watch, being_read(endless):
        for _ in range(2):
            watch.process.send_signal(signal.SIGTERM)
            time.sleep(0.05)

        assert watch.ended() == (0, "stopped")
    assert watch.said().count("told to stop") == 1
    assert "auditor: error: interrupted" in watch.said()


def test_a_failed_audit_is_not_the_end(endless: Path, tmp_path: Path) -> None:
    """An audit that is killed, which leaves nothing; one that finds no source, and then one that does."""
    with watching(tmp_path, str(endless)) as watch:
        with being_read(endless):
            child = watch.child()
            place = place_of(child)
            (place / "read of Azure").touch()
            os.kill(child, signal.SIGKILL)
            killed = watch.wait_for(lambda health: health["consecutive_failures"] == 1)
            endless.unlink()
        refused = watch.wait_for(lambda health: health["consecutive_failures"] >= 2)
        said = call("watch", "--probe", str(watch.health))
        save(tmp_path, Draft())
        mended = watch.wait_for(lambda health: health["last_success"] is not None)

    assert not place.exists()
    assert (killed["last_exit_code"], refused["last_exit_code"], mended["last_exit_code"]) == (137, 2, 0)
    assert (killed["last_success"], mended["consecutive_failures"]) == (None, 0)
    assert said.code == 0
    assert " audits failed\n" in said.out
    assert "warning audit 1 ended with exit code 137 (failed: it was killed)" in watch.said()
    assert "auditor: error: " in watch.said()


def test_too_many_failures_are_the_end(tmp_path: Path) -> None:
    """With --max-failures whoever started the watch hears of it: exit code 2."""
    with watching(tmp_path, str(tmp_path / "none.json"), "--max-failures", "2") as watch:
        assert watch.ended() == (2, "stopped")

    assert watch.said().count("no such file or folder") == 2
    assert "audit 2 ended with exit code 2" in watch.said().splitlines()[-1]


def test_an_audit_that_hangs_is_stopped(endless: Path, tmp_path: Path) -> None:
    """It counts as failed, and the next one begins at its moment."""
    with watching(tmp_path, str(endless), "--timeout", "1s") as watch:
        with being_read(endless):
            health = watch.wait_for(lambda health: health["consecutive_failures"] >= 1)
        watch.wait_for(lambda health: health["audits"] >= 2)

    assert health["last_exit_code"] == 124
    assert "the audit takes longer than 1 s, and is stopped" in watch.said()


def test_moments_that_pass_during_an_audit_are_skipped(endless: Path, tmp_path: Path) -> None:
    """They are not made up for: after a long audit the next one comes at the next moment."""
    with watching(tmp_path, str(endless)) as watch:
        with being_read(endless) as descriptor:
            time.sleep(2.1)
            os.write(descriptor, b"[]")
        health = watch.wait_for(lambda health: health["last_finished"] is not None)

    assert (health["audits"], health["skipped"] >= 1) == (1, True)
    assert f"longer than from one to the next: {health['skipped']} skipped" in watch.said()


def test_a_health_file_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    """The watch goes on; readers see that the file grows old."""
    folder = tmp_path / "state"
    folder.mkdir()
    with watching(tmp_path, COMPLIANT, "--health", str(folder / "health.json")) as watch:
        until((folder / "health.json").exists)
        folder.rename(tmp_path / "elsewhere")
        until(lambda: watch.process.poll() is not None or "audit 3 ended" in watch.said())

    assert watch.said().count("cannot be written (No such file or directory)") == 1


def test_it_works_as_the_first_process_of_a_container(endless: Path, tmp_path: Path) -> None:
    """There, a signal that nobody handles would not be heard; and what others leave behind is let go of."""
    unshare = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system does not let us make a namespace of processes")
    with watching(tmp_path, str(endless), program=[*unshare, *start()]) as watch, being_read(endless):
        assert watch.wait_for(lambda health: health["audits"] >= 1)["pid"] == 1
        os.kill(watch.child(), signal.SIGTERM)

        assert watch.ended() == (0, "stopped")


def test_audits_are_made_by_the_same_program(tmp_path: Path) -> None:
    """Something of the same name in the working folder is not taken for it."""
    program = tmp_path / "bin" / "auditor"
    program.parent.mkdir()
    program.write_text(
        f"import sys\nsys.path.insert(0, {str(CHECKOUT)!r})\nfrom auditor.cli.main import main\nmain()\n", "utf-8"
    )
    (tmp_path / "auditor.py").write_text("raise SystemExit(9)\n", encoding="utf-8")
    with watching(tmp_path, COMPLIANT, program=[sys.executable, str(program)]) as watch:
        health = watch.wait_for(lambda health: health["last_finished"] is not None)

    assert health["last_exit_code"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((COMPLIANT,), "name with --every how long it is from one audit to the next"),
        (("--every", "0s", COMPLIANT), "at least 1s"),
        (("--every", "15", COMPLIANT), '"15" is no length of time; write it as 90s, 15m, 6h or 1d'),
        (("--every", "1m", "--jitter", "60s", COMPLIANT), "--jitter must be shorter than --every"),
        (("--every", "1m", "--max-failures", "0", COMPLIANT), "--max-failures"),
        (("--every", "1m"), "name at least one SOURCE"),
        (("--every", "1m", "-"), "a watch cannot read standard input again and again"),
        (("--every", "1m", COMPLIANT, "--frobnicate"), "No such option '--frobnicate'"),
        (("--every", "1m", COMPLIANT, "--format", "pdf"), "'pdf' is not one of"),
        (("--every", "1m", COMPLIANT, "--report", "pdf=x"), '"pdf=x" is not FORMAT=FILE'),
        (("--every", "1m", COMPLIANT, "--subscription", "s"), "not both"),
        (("--every", "1m", COMPLIANT, "--health", "none/health.json"), "cannot be written"),
        (("--every", "1m", COMPLIANT, "--metrics", "none/egress.prom"), "cannot be written"),
        (("--every", "1m", COMPLIANT, "--health", "x.prom", "--metrics", "./x.prom"), "two reports are to go to"),
        (("--every", "1m", COMPLIANT, "--health", "-"), "- is no file"),
        (("--every", "1m", COMPLIANT, "--health", "x.json", "-o", "x.json"), "two reports are to go to"),
        (("--every", "1m", COMPLIANT, "--fail-on", "new"), "name with --baseline the report"),
        (("--every", "1m", COMPLIANT, "--config", "none.yaml"), "none.yaml: "),
        (("--every", "1m", COMPLIANT, "--as-of", "soon"), "--as-of: "),
        (("--every", "1m", COMPLIANT, "--job", "nightly"), "--job says how an audit is recorded; add --record"),
        (("--every", "1m", COMPLIANT, "--notify", "json://h"), "--notify needs --record"),
        (("--every", "1m", COMPLIANT, "--record", "--notify", "slakc://h"), "Apprise can make nothing of URL number 1"),
        (("--every", "1m", COMPLIANT, "--record", "--history", "mysql://h/d"), "mysql://...: is no kind of history"),
        (("--every", "1m", COMPLIANT, "--record", "--history", "x", "--health", "x"), "x: is the history"),
        (("--probe", "health.json", "--every", "1m"), "--probe stands alone"),
        (("--probe", "health.json", COMPLIANT), "--probe stands alone"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_once(
    arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for the first audit to hear that it cannot be made."""
    monkeypatch.chdir(tmp_path)

    assert message in refused("watch", *arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("estate.json", ()),
        ("auditor.yaml", ()),
        ("waivers.yaml", ("--waivers", "waivers.yaml")),
        ("baseline.json", ("--baseline", "baseline.json")),
        ("history.db", ("--record", "--history", "sqlite:///history.db")),
        ("link.json", ()),
    ],
)
def test_the_file_of_health_takes_the_place_of_nothing_that_is_read(
    name: str, arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written again and again, and would be all that is left."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path, Draft())
    (tmp_path / "link.json").symlink_to("estate.json")
    for each in ("auditor.yaml", "waivers.yaml", "baseline.json"):
        (tmp_path / each).write_text("waivers: []\n" if each != "baseline.json" else "{}", encoding="utf-8")
    call("audit", "estate.json", "--record", "--history", "history.db")
    before = Path(name).read_bytes()

    line = refused("watch", "--every", "1m", "estate.json", *arguments, "--health", f"./{name}")
    assert f"./{name}: is " in line
    assert "is not written over" in line
    assert Path(name).read_bytes() == before


def health_file(folder: Path, state: State, stale_after: float, failures: int = 0, written: float = NOW) -> str:
    """Write a file of health."""
    file = folder / "health.json"
    text = render(Health(pid=7, every=60, state=state, failures=failures), written, stale_after)
    document(text, "watch-health")
    file.write_text(text, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("state", "left", "failures", "said"),
    [
        (State.STARTING, 60, 0, "healthy: starting"),
        (State.AUDITING, 1, 0, "healthy: auditing"),
        (State.WAITING, 60, 4, "healthy: waiting; the last 4 audits failed"),
        (State.WAITING, -1, 0, "not healthy: nothing was heard of it since long; it was waiting"),
        (State.STOPPED, 60, 0, "not healthy: stopped"),
    ],
)
def test_what_a_probe_says(state: State, left: int, failures: int, said: str, tmp_path: Path) -> None:
    """A watch that writes no more is dead, and one that was stopped; failed audits do not make it so."""
    assert probe(health_file(tmp_path, state, NOW + left, failures), NOW) == (not said.startswith("not"), said)


def test_a_file_from_before_the_clock_was_put_back_is_no_sign_of_life(tmp_path: Path) -> None:
    """Or else a watch that died then would be taken for alive until the clock is there again."""
    file = health_file(tmp_path, State.WAITING, NOW + 60)

    assert probe(file, NOW - 30) == (True, "healthy: waiting")
    assert probe(file, NOW - 3600) == (
        False,
        "not healthy: it was waiting at a time that is yet to come; the clock was put back",
    )


def test_a_probe_without_a_file(tmp_path: Path) -> None:
    """Before the watch has begun it is not alive."""
    done = call("watch", "--probe", str(tmp_path / "health.json"))

    assert (done.code, done.err) == (1, "")
    assert done.out == "not healthy: the file cannot be read (No such file or directory)\n"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.just("watch-health/1"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("schema", "state", "stale_after", "written_at")), inner)
    ),
    max_leaves=5,
)


@given(st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode()))
def test_a_probe_takes_any_file(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """What is no health is not healthy, and nothing else."""
    file = tmp_path_factory.getbasetemp() / "odd.json"
    file.write_bytes(data)

    assert probe(str(file), NOW)[0] is False


def test_a_probe_loads_little(tmp_path: Path) -> None:
    """It may run every few seconds: neither engine nor collectors nor the audit are loaded for it."""
    code = (
        "import sys\nfrom auditor.cli.main import main\n"
        f"sys.argv = ['auditor', 'watch', '--probe', {health_file(tmp_path, State.WAITING, 4e9, written=0)!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*[each for each in sys.modules if each.startswith('auditor.')], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)

    assert done.stdout == "healthy: waiting\n"
    assert [each for each in done.stderr.split() if each.startswith(("auditor.engine", "auditor.collectors"))] == []
    assert "auditor.cli.audit" not in done.stderr.split()
