"""`auditor audit --record`: the audit is kept in a history, and nothing else about it changes."""

import json
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from auditor.cli.choosing import Asked
from auditor.cli.drift import _READ_NOTHING as FILES
from auditor.cli.live import Live
from auditor.cli.recording import job_of
from auditor.history import open_store
from auditor.settings import Basis
from tests.cli.program import CHECKOUT, Done, call, refused, save
from tests.cli.test_audit import broken
from tests.estates import Draft

ASKED = Asked(config=None, as_of=None, editions=(), pack_dir=None)


@pytest.fixture
def history(tmp_path: Path) -> str:
    """Return where a history may be made."""
    return str(tmp_path / "history.db")


def timeless(done: Done) -> tuple[int, list[str]]:
    """Return how an audit ended and what it printed, without the time when it was made."""
    return done.code, [each for each in done.out.splitlines() if not each.startswith("  audited ")]


def record(history: str, source: str, *more: str, **environment: str) -> Done:
    """Audit a source and record that."""
    return call("audit", source, "--record", "--history", history, *more, environment=environment)


def test_a_line_says_what_was_recorded(history: str, tmp_path: Path) -> None:
    """On stderr: which run, of which job, and what happened since the last one."""
    source = save(tmp_path, broken())
    first = record(history, source, "--job", "nightly")
    again = record(history, source, "--job", "nightly")
    better = record(history, save(tmp_path, Draft()), "--job", "nightly")

    assert first.err == 'recorded as run 1 of job "nightly": 1 new\n'
    assert again.err == 'recorded as run 2 of job "nightly": nothing new\n'
    assert better.err == 'recorded as run 3 of job "nightly": 1 resolved\n'


def test_the_report_and_the_exit_code_are_what_they_are_without(history: str, tmp_path: Path) -> None:
    """In every format that is asked for, whether on stdout or in a file; and the run knows how the audit ended."""
    source = save(tmp_path, broken())
    plain, kept = (timeless(each) for each in (call("audit", source), record(history, source)))

    assert kept == plain
    assert plain[0] == 1
    with open_store(history) as store:
        (run,) = store.runs()
        assert (run.exit_code, run.is_complete, run.workloads) == (1, True, 1)
        assert run.seconds > 0
        assert len(store.run(1).findings) == 1


def test_how_an_audit_ended_is_recorded(history: str, tmp_path: Path) -> None:
    """With its --fail-on, and where nothing was audited."""
    source = save(tmp_path, broken())
    record(history, source, "--fail-on", "new", "--baseline", baseline(tmp_path, source))
    (tmp_path / "nothing.json").write_text("[]", encoding="utf-8")
    record(history, str(tmp_path / "nothing.json"))
    with open_store(history) as store:
        assert [each.exit_code for each in store.runs()] == [3, 0]


def baseline(folder: Path, source: str) -> str:
    """Write a report on a source as a baseline."""
    file = folder / "baseline.json"
    call("audit", source, "--format", "json", "-o", str(file))
    return str(file)


def test_without_it_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the environment variable nor the default makes an audit write anything."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    source = save(tmp_path, broken())
    before = set(tmp_path.rglob("*"))
    call("audit", source, environment={"AUDITOR_HISTORY": str(tmp_path / "history.db")})

    assert set(tmp_path.rglob("*")) == before


def test_the_environment_names_the_history(history: str, tmp_path: Path) -> None:
    """Where the option does not; so that a password stands on no command line."""
    source, other = save(tmp_path, broken()), str(tmp_path / "other.db")
    call("audit", source, "--record", environment={"AUDITOR_HISTORY": history})
    record(other, source, AUDITOR_HISTORY=history)
    for each in (history, other):
        with open_store(each, create=False) as store:
            assert len(store.runs()) == 1


def test_the_default_is_a_file_of_the_user(tmp_path: Path) -> None:
    """In the folder where the system keeps such things."""
    data = tmp_path / "data"
    call("audit", save(tmp_path, broken()), "--record", environment={"XDG_DATA_HOME": str(data), "HOME": str(tmp_path)})

    assert [each.name for each in tmp_path.rglob("history.db")] == ["history.db"]


@pytest.mark.parametrize("option", [("--history", "h.db"), ("--job", "x")])
def test_how_to_record_says_nothing_without_recording(option: tuple[str, str], tmp_path: Path) -> None:
    """Who forgets --record hears of it before anything is done."""
    line = refused("audit", save(tmp_path, broken()), *option)

    assert line.startswith(f"{option[0]} says how an audit is recorded; add --record; see ")


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\x1b[31m"])
def test_a_job_has_a_name_that_can_be_shown(name: str, history: str, tmp_path: Path) -> None:
    """It stands in logs and on pages."""
    line = refused("audit", save(tmp_path, broken()), "--record", "--history", history, "--job", name)

    assert line == "--job: a name of printable characters is needed; write it as --job estate-nightly"


def test_a_wrong_history_costs_no_work(tmp_path: Path) -> None:
    """It is refused before anything is read: that there is no such source is not even noticed."""
    line = refused("audit", "no-such-source.json", "--record", "--history", str(tmp_path))

    assert line == f"{tmp_path}: is a folder; name a file in it"


def test_a_command_that_names_nothing_makes_no_history(history: str) -> None:
    """It is refused for that alone."""
    assert refused("audit", "--record", "--history", history).startswith("name at least one SOURCE")
    assert not Path(history).exists()


def test_no_report_takes_the_place_of_the_history(history: str, tmp_path: Path) -> None:
    """However it is spelled."""
    source = save(tmp_path, broken())
    record(history, source)
    line = refused("audit", source, "--record", "--history", history, "-o", f"{tmp_path}/../{tmp_path.name}/history.db")

    assert "is the history, and is not written over" in line


def test_where_recording_fails_the_reports_are_there(history: str, tmp_path: Path) -> None:
    """The audit was made; that it could not be kept is one line and exit code 2."""
    source = save(tmp_path, broken())
    record(history, source)
    with sqlite3.connect(history) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON history_runs BEGIN SELECT RAISE(ABORT, 'no space'); END"
        )
    connection.close()
    out = tmp_path / "report.json"
    done = record(history, source, "--report", f"json={out}")

    assert done.code == 2
    assert timeless(done)[1] == timeless(call("audit", source))[1]
    assert json.loads(out.read_bytes())["findings"]
    assert done.err.startswith(f"auditor: error: {history}: cannot be used (no space)")
    assert done.err.count("\n") == 1


def test_a_history_is_no_report(history: str, tmp_path: Path) -> None:
    """Its file has the permissions that the user gives to new ones."""
    record(history, save(tmp_path, broken()))

    assert stat.S_ISREG(Path(history).stat().st_mode)


def live(**asked: object) -> Live:
    """Return what options ask of Azure."""
    return replace(FILES, **asked)  # type: ignore[arg-type]  # by name


def test_a_job_is_named_after_what_is_audited_and_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that audits that are done otherwise are not compared with each other."""
    monkeypatch.chdir(tmp_path)
    names = {
        job_of(("estate", "-"), ASKED, FILES),
        job_of(("estate",), ASKED, FILES),
        job_of(("estate",), replace(ASKED, packs=("ase-v2",)), FILES),
        job_of(("estate",), replace(ASKED, requirements=Basis.LIVE), FILES),
        job_of(("estate",), replace(ASKED, editions=("ase-v2=2018-09-24",)), FILES),
        job_of(("estate",), replace(ASKED, as_of="2024-01-01"), FILES),
        job_of((), ASKED, live(subscriptions=("b", "a"))),
        job_of((), ASKED, live(subscriptions=("a",), cloud="china")),
        job_of((), ASKED, live(workload="/subscriptions/a")),
    }

    assert names == {
        f"stdin, {tmp_path}/estate" if f"{tmp_path}" > "stdin" else f"{tmp_path}/estate, stdin",
        f"{tmp_path}/estate",
        f"{tmp_path}/estate (pack ase-v2)",
        f"{tmp_path}/estate (live requirements)",
        f"{tmp_path}/estate (edition ase-v2=2018-09-24)",
        f"{tmp_path}/estate (as of 2024-01-01)",
        "Azure (public): a, b",
        "Azure (china): a",
        "Azure (public): /subscriptions/a",
    }


def test_names_of_files_do_no_harm_in_the_name_of_a_job() -> None:
    """They may hold what acts on a terminal, and bytes that are no text."""
    name = job_of(("a\x1b[31m\udcff\n",), ASKED, FILES)

    assert name.isprintable()
    assert name.endswith("a\\x1b[31m\\udcff\\n")


def test_an_audit_of_less_is_no_all_clear(history: str, tmp_path: Path) -> None:
    """What the job had open and this audit did not look at stands: the run is incomplete, and everybody is told so."""
    recorded = ("--record", "--history", history, "--job", "estate", "-o", str(tmp_path / "report"))
    call("audit", str(CHECKOUT / "rules/examples/violating"), *recorded)

    done = call("audit", str(CHECKOUT / "rules/examples/compliant"), *recorded)

    with open_store(history) as store:
        run = store.latest("estate")
        open_now = store.lives("estate", open_only=True)
    assert done.code == 0
    assert run is not None
    assert run.unseen == len(open_now) > 0
    assert not run.is_complete
    assert f"nothing new; {run.unseen} earlier findings still stand" in done.err
    assert f"{run.unseen} not seen" in call("history", "list", "--history", history).out
    assert "earlier findings still stand" in call("history", "show", "--history", history).out
    call("history", "report", "--history", history, "-o", str(tmp_path / "pages"))
    page = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    assert "this is not an all-clear" in page
    assert "Locked down as documented" not in page
