"""`auditor history`: audits recorded by the command itself, and what is then told of them."""

import gzip
import json
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import CHECKOUT, Done, as_ordinary_user, call, refused, save
from tests.cli.running import document
from tests.estates import Draft
from tests.postgres import Cluster, cluster
from tests.reporters.log_parser import azure_commands, github_commands
from tests.reporters.samples import HOSTILE

COMPLIANT = str(CHECKOUT / "rules" / "examples" / "compliant")
ROUTE = "40.77.24.27/32"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A history to record in, and to ask. url: where it is."""

    url: str

    def record(self, source: str, job: str, *arguments: str) -> None:
        """Record an audit."""
        done = call("audit", source, "--record", "--history", self.url, "--job", job, *arguments, "-o", "/dev/null")
        assert done.code < 2, done
        assert done.err.startswith("recorded as run "), done

    def ask(self, *arguments: str, environment: dict[str, str] | None = None) -> str:
        """Return what a command of `auditor history` prints; it must end well."""
        done = call("history", *arguments, "--history", self.url, environment=environment)
        assert (done.code, done.err) == (0, ""), done
        return done.out

    def told(self, *arguments: str) -> dict[str, Any]:
        """Return the JSON that a command prints, which must be what the schema describes."""
        return document(self.ask(*arguments, "--format", "json"), "history")

    def refuses(self, *arguments: str) -> str:
        """Return the one line of the error that a command ends in."""
        return refused("history", *arguments, "--history", self.url)

    @property
    def runs(self) -> list[int]:
        """The ids of its runs, newest first."""
        return [each["id"] for each in self.told("list")["runs"]]


def broken() -> Draft:
    """Return the compliant estate without one documented route."""
    draft = Draft()
    draft.drop_route(ROUTE)
    return draft


def days(history: History, folder: Path) -> History:
    """Record five audits: of prod one that is clean, broken, mended and broken again; of test one."""
    bad = save(folder, broken())
    for source in (COMPLIANT, bad, COMPLIANT, bad):
        history.record(source, "prod")
    history.record(COMPLIANT, "test")
    return history


@pytest.fixture(scope="session")
def server() -> Iterator[Cluster]:
    """Start the one PostgreSQL of this process."""
    with cluster() as found:
        yield found


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> History:
    """Return a history that nobody changes, in a file."""
    folder = tmp_path_factory.mktemp("history")
    return days(History(url=str(folder / "history.db")), folder)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> History:
    """Return a history that nobody changes, of each kind."""
    if request.param == "sqlite":
        found: History = request.getfixturevalue("filed")
        return found
    running: Cluster = request.getfixturevalue("server")
    return days(History(url=running.new_database()), tmp_path_factory.mktemp("history"))


@pytest.fixture
def copied(filed: History, tmp_path: Path) -> History:
    """Return a copy of the history in a file, to change."""
    file = tmp_path / "history.db"
    file.write_bytes(Path(filed.url).read_bytes())
    return History(url=str(file))


@pytest.fixture
def changeable(recorded: History, request: pytest.FixtureRequest) -> History:
    """Return a copy of the history, to change, of each kind."""
    if "://" not in recorded.url:
        found: History = request.getfixturevalue("copied")
        return found
    running: Cluster = request.getfixturevalue("server")
    name = recorded.url.partition("@/")[2].partition("?")[0]
    return History(url=running.new_database(name))


def finding_of(history: History) -> str:
    """Return the id of the one finding that is open."""
    (life,) = history.told("finding")["findings"]
    found: str = life["finding"]["id"]
    return found


def revision(history: History) -> str:
    """Return the revision of the schema of a history in a file."""
    with closing(sqlite3.connect(history.url)) as connection:
        found: str = connection.execute("SELECT version_num FROM history_version").fetchone()[0]
    return found


def change(history: History, *statements: str) -> bytes:
    """Run statements in a history in a file; return all of it."""
    with closing(sqlite3.connect(history.url)) as connection, connection:
        for each in statements:
            connection.execute(each)
    return Path(history.url).read_bytes()


def test_runs_are_listed_newest_first(recorded: History) -> None:
    """Of all jobs, with what each found and what happened in it."""
    lines = recorded.ask("list").splitlines()
    told = recorded.told("list")

    assert [line.split()[0] for line in lines[3:]] == ["5", "4", "3", "2", "1"]
    assert [" ".join(line.split()[3:]) for line in lines[3:]] == [
        "test 1 0 0 0 0 yes -",
        "prod 1 1 0 0 0 yes 1 reopened",
        "prod 1 0 0 0 0 yes 1 resolved",
        "prod 1 1 0 0 0 yes 1 new",
        "prod 1 0 0 0 0 yes -",
    ]
    assert [each["exit_code"] for each in told["runs"]] == [0, 1, 0, 1, 0]
    assert not told["more"]


def test_a_list_can_be_short_and_of_one_job(recorded: History) -> None:
    """What is left out is told of."""
    assert recorded.ask("list", "-n", "2").endswith("\nThere are older runs; -n shows more of them.\n")
    assert "older runs" not in recorded.ask("list", "-n", "5")
    assert [each["id"] for each in recorded.told("list", "-n", "2", "--job", "prod")["runs"]] == [4, 3]


def test_a_run_says_what_the_audit_said(recorded: History, tmp_path: Path) -> None:
    """Its findings, workloads, packs and gaps are those of the report on the same source."""
    report = json.loads(call("audit", save(tmp_path, broken()), "--format", "json").out)
    told = recorded.told("show", "4")
    text = recorded.ask("show", "4")

    for workload in report["workloads"]:
        del workload["network"]  # what a report draws is not kept

    for each in ("findings", "workloads", "packs", "gaps"):
        assert told[each] == report[each]
    assert told["run"]["events"] == {"new": 0, "reopened": 1, "grown": 0, "resolved": 0}
    assert text.startswith("Run 4 of job prod\n=================\n")
    assert f"  id         {report['findings'][0]['id']}\n" in text
    assert "FINDINGS: not locked down as documented; start with the 1 error." in text


def test_waived_findings_are_shown_as_such(tmp_path: Path, changeable: History) -> None:
    """They are in the run, do not count, and stand as waived in the list of what is open."""
    config = tmp_path / "auditor.yaml"
    config.write_text(
        json.dumps(
            {
                "waivers": [
                    {"finding": finding_of(changeable), "reason": "NET-1", "owner": "network", "until": "2999-12-31"}
                ]
            }
        ),
        encoding="utf-8",
    )
    changeable.record(save(tmp_path, broken()), "prod", "--config", str(config))
    text = changeable.ask("show", "latest", "--job", "prod")
    (life,) = changeable.told("finding")["findings"]

    assert re.search(r"^  waived     NET-1", text, re.MULTILINE)
    assert changeable.told("list")["runs"][0]["counts"][0]["waived"] == 1
    assert life["standing"] == "waived"


def test_latest_is_of_all_jobs_or_of_one(recorded: History) -> None:
    """And is what is shown where no run is named."""
    assert [recorded.told("show", *each)["run"]["id"] for each in ((), ("latest",), ("latest", "--job", "prod"))] == [
        5,
        5,
        4,
    ]


def test_what_was_audited_comes_out_as_it_went_in(recorded: History, tmp_path: Path) -> None:
    """A snapshot of a run gives the findings of the run, and drift between two of them names the change."""
    before, after = tmp_path / "before.json.gz", tmp_path / "after.json"

    assert recorded.ask("show", "3", "--snapshot", str(before)) == ""
    assert recorded.ask("show", "4", "--snapshot", str(after)) == ""
    document(gzip.decompress(before.read_bytes()).decode(), "snapshot")
    audited = json.loads(call("audit", str(after), "--format", "json").out)
    drift = call("drift", str(before), str(after))

    assert audited["findings"] == recorded.told("show", "4")["findings"]
    assert drift.code == 1
    assert f"removed: {ROUTE} Internet" in drift.out
    assert drift.out.endswith("1 change. Requirements: 2 worse.\n")


def test_a_snapshot_and_what_was_said_go_to_two_places(recorded: History, tmp_path: Path) -> None:
    """One of them may be stdout, and never both."""
    file = tmp_path / "run.txt"
    printed = recorded.ask("show", "1", "--snapshot", "-", "-o", str(file))

    assert document(printed, "snapshot")["schema"] == "snapshot/1"
    assert file.read_text(encoding="utf-8").startswith("Run 1 of job prod\n")
    assert "two reports are to go to" in recorded.refuses("show", "1", "--snapshot", str(file), "-o", str(file))


def test_a_snapshot_that_is_not_kept_is_not_written(changeable: History, tmp_path: Path) -> None:
    """One line says so, and no file appears; resources are then not known, and nothing can be asked for the cause."""
    changeable.ask("prune", "--keep", "1", "--snapshots-only")
    file = tmp_path / "snapshot.json"
    text = changeable.ask("diff", "3", "4")

    assert "snapshot of run 3 is not kept" in changeable.refuses("show", "3", "--snapshot", str(file))
    assert not file.exists()
    assert "Not known: the snapshot of run 3 is not kept." in text
    assert "auditor drift" not in text
    assert changeable.told("diff", "3", "4")["resources"] is None


def test_two_runs_differ(recorded: History) -> None:
    """What came, what changed in the estate, and how to ask for the cause."""
    told = recorded.told("diff", "3", "4")
    text = recorded.ask("diff", "3", "4")

    assert [len(told["findings"][each]) for each in ("come", "gone", "altered")] == [1, 0, 0]
    assert [len(told["resources"][each]) for each in ("added", "removed", "changed")] == [0, 0, 1]
    assert told["resources"]["changed"][0].endswith("/routetables/rt-ase")
    assert f"[{told['findings']['come'][0]['id']}]" in text.replace("\n", "")
    assert "Findings: 1 came, 0 gone, 0 told otherwise. 1 resource added, removed or changed." in text


def test_what_is_gone_is_not_said_to_be_resolved(tmp_path: Path) -> None:
    """Of files in which its environment is not: the finding stays open, and says so, until an audit looks at it."""
    estate = save(tmp_path, broken())
    other = tmp_path / "other.json"
    other.write_text(Path(estate).read_text(encoding="utf-8").replace("ase-shop", "ase-other"), encoding="utf-8")
    history = History(url=str(tmp_path / "history.db"))
    for source in (estate, str(other), COMPLIANT):
        history.record(source, "prod")
    (gone,) = history.told("diff", "1", "2")["findings"]["gone"]

    assert history.told("diff", "1", "2")["findings"]["not_resolved"] == [gone["id"]]
    assert "Those marked ? stay open: run 2 did not look at them" in history.ask("diff", "1", "2")
    assert "1 gone (1 not resolved)" in history.ask("diff", "1", "2")
    assert history.told("diff", "1", "3")["findings"]["not_resolved"] == []
    assert "?" not in history.ask("diff", "1", "3")


def test_the_commands_that_tell_the_cause_work(
    recorded: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copied as they are printed, they name the change."""
    monkeypatch.chdir(tmp_path)
    _, _, lines = recorded.ask("diff", "3", "4").partition("What caused it, change by change:\n")
    *shown, drift = (shlex.split(line)[1:] for line in lines.splitlines())

    assert [call(*each).code for each in shown] == [0, 0]
    assert f"removed: {ROUTE} Internet" in call(*drift).out


@pytest.mark.parametrize(
    ("arguments", "pair"),
    [
        ((), None),
        (("--job", "prod"), (3, 4)),
        (("1",), (1, 4)),
        (("latest", "1", "--job", "prod"), (1, 4)),
        (("4", "2"), (2, 4)),
        (("4", "5"), (4, 5)),
    ],
)
def test_which_runs_are_compared(arguments: tuple[str, ...], pair: tuple[int, int] | None, recorded: History) -> None:
    """The two newest of a job, one with the newest of its job, or the two that are named, older first."""
    if pair is None:
        assert 'job "test" has no other run' in recorded.refuses("diff", *arguments)
    else:
        told = recorded.told("diff", *arguments)
        assert (told["before"]["id"], told["after"]["id"]) == pair


def test_findings_that_are_open_are_listed_with_their_age(recorded: History, changeable: History) -> None:
    """Those resolved only with --all."""
    changeable.record(COMPLIANT, "prod")
    (line,) = [each for each in recorded.ask("finding").splitlines() if finding_of(recorded) in each]

    assert " reopened " in line
    assert " 0 minutes " in line or " 1 minute " in line
    assert changeable.ask("finding") == "No finding is open.\n"
    assert " resolved " in changeable.ask("finding", "--all")


def test_a_finding_has_a_life(recorded: History) -> None:
    """When it came, was resolved and came back, by which runs, and what it says; the beginning of its id is enough."""
    known = finding_of(recorded)
    text = recorded.ask("finding", known[:6])
    (life,) = recorded.told("finding", known.upper())["findings"]

    assert re.findall(r"^\S+Z  (\w+) +in run (\d)$", text, re.MULTILINE) == [
        ("new", "2"),
        ("resolved", "3"),
        ("reopened", "4"),
    ]
    assert text.startswith(f"Finding {known} of job prod\n")
    assert "open again for" in text
    assert [each["event"] for each in life["turns"]] == ["new", "resolved", "reopened"]


def test_pruning_takes_old_runs_and_leaves_the_newest(changeable: History) -> None:
    """A dry run says the same and takes nothing; the life of the finding stays."""
    known = finding_of(changeable)
    changeable.record(COMPLIANT, "prod")
    dry = changeable.told("prune", "--keep", "1", "--dry-run")
    before = changeable.runs
    done = changeable.told("prune", "--keep", "1")

    assert before == [6, 5, 4, 3, 2, 1]
    assert changeable.runs == [6, 5]
    assert dry == {**done, "dry_run": True}
    assert (done["runs"], done["contents"] > 0, done["bytes"] > 0) == (4, True, True)
    assert len(changeable.told("finding", known)["findings"][0]["turns"]) == 4
    assert changeable.ask("prune", "--keep", "1") == "Nothing is old enough to go.\n"


def test_pruning_can_be_of_one_job_of_snapshots_or_by_day(changeable: History) -> None:
    """What was said stays where only what was audited goes."""
    assert changeable.ask("prune", "--before", "2020-01-01") == "Nothing is old enough to go.\n"
    assert changeable.told("prune", "--before", "2999-01-01", "--job", "test")["runs"] == 0
    assert changeable.ask("prune", "--before", "2999-01-01", "--snapshots-only").startswith("Removed 3 snapshots; ")
    assert changeable.told("show", "2")["run"]["snapshot"] is None
    assert changeable.told("show", "2")["findings"]
    assert "is not kept" in changeable.refuses("show", "2", "--snapshot", "-")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("show", "9"), "there is no run 9"),
        (("show", "9" * 30), "there is no run 9"),
        (("show", "newest"), '"newest" is no run; write a number'),
        (("show", "5", "--job", "prod"), 'run 5 is of job "test", and not of "prod"'),
        (("list", "--job", "prd"), 'no job "prd" in the history; did you mean "prod"?; there are: prod, test'),
        (("diff", "4", "4"), "both are run 4"),
        (("diff", "4"), "both are run 4"),
        (("finding", "zzzz"), '"zzzz"'),
        (("finding", ""), '""'),
        (("prune",), "--keep NUMBER"),
        (("prune", "--before", "yesterday"), '"yesterday" is not a date'),
        (("list", "-o", "/nowhere/list.txt"), "/nowhere/list.txt: cannot be written"),
        (("show", "1", "--snapshot", "/nowhere/a.json"), "/nowhere/a.json: cannot be written"),
    ],
)
def test_mistakes_are_one_line(arguments: tuple[str, ...], why: str, recorded: History) -> None:
    """With what to do instead."""
    assert why in recorded.refuses(*arguments)


COMMANDS = (("list",), ("show",), ("diff",), ("finding",), ("finding", "3e0f"), ("prune", "--keep", "1"))


@pytest.mark.parametrize("command", COMMANDS)
def test_reading_makes_no_history(command: tuple[str, ...], tmp_path: Path) -> None:
    """Where there is none yet, one line says how to record one, and nothing appears."""
    at = {"XDG_DATA_HOME": str(tmp_path), "HOME": str(tmp_path)}
    for arguments in ((), ("--history", str(tmp_path / "none.db"))):
        done = call("history", *command, *arguments, environment={**at, "AUDITOR_HISTORY": ""})

        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
        assert "there is no history; record one with auditor audit --record" in done.err
    assert list(tmp_path.iterdir()) == []


def test_the_environment_names_the_history(recorded: History, tmp_path: Path) -> None:
    """And the option wins over it."""
    there = {"AUDITOR_HISTORY": recorded.url}
    nowhere = {"AUDITOR_HISTORY": str(tmp_path / "none.db")}

    assert call("history", "list", environment=there).out == recorded.ask("list")
    assert recorded.ask("list", environment=nowhere) == recorded.ask("list")


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """It is neither read as a history nor made one."""
    text, other = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("not a database, but long enough to be one", encoding="utf-8")
    kept = change(History(url=str(other)), "CREATE TABLE notes (text)")

    assert "is no history" in refused("history", "list", "--history", str(text))
    assert "is a database of another program" in refused("history", "list", "--history", str(other))
    assert "is a folder" in refused("history", "list", "--history", str(tmp_path))
    assert other.read_bytes() == kept


def test_no_password_is_told(server: Cluster, tmp_path: Path) -> None:
    """Neither of a server that is not there, nor in a command to copy."""
    with_secret = server.new_database().replace("postgres@", "postgres:of/s3cret@")
    history = History(url=with_secret)
    history.record(COMPLIANT, "prod")
    history.record(save(tmp_path, broken()), "prod")
    away = "postgresql://auditor:s3cret@127.0.0.1:9/history"

    text = history.ask("diff")
    said = refused("history", "list", "--history", away)

    assert "auditor history show 1 --history URL --snapshot before.json.gz" in text
    assert said.startswith("postgresql://127.0.0.1:9/history: cannot be used (")
    assert "s3cret" not in said + text


@pytest.mark.parametrize("command", [("list", "-o"), ("show", "1", "--snapshot"), ("prune", "--keep", "1", "-o")])
def test_nothing_is_written_over_the_history(command: tuple[str, ...], copied: History) -> None:
    """Nor over it by another name."""
    file = Path(copied.url)
    link = file.with_name("link.db")
    link.symlink_to(file)
    kept = file.read_bytes()

    for name in (file, link):
        assert "is the history, and is not written over" in copied.refuses(*command, str(name))
    assert file.read_bytes() == kept


def test_a_damaged_history_is_one_line(copied: History) -> None:
    """Whatever is asked of it."""
    file = Path(copied.url)
    data = file.read_bytes()
    file.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))

    for command in COMMANDS:
        assert copied.url in copied.refuses(*command)


OLDER = (
    "DROP TABLE history_deliveries",
    "DROP TABLE history_channels",
    "UPDATE history_version SET version_num = '0001'",
)


def test_an_older_history_is_migrated_by_reading_it(copied: History) -> None:
    """It then has the schema of this version, and all that it had."""
    before, newest = copied.ask("list"), revision(copied)
    change(copied, *OLDER)

    assert copied.ask("list") == before
    assert revision(copied) == newest


def test_a_newer_history_is_refused(copied: History) -> None:
    """And not touched."""
    kept = change(copied, "UPDATE history_version SET version_num = '9999'")

    assert "was written by a newer auditor" in copied.refuses("list")
    assert Path(copied.url).read_bytes() == kept


def test_an_older_history_that_may_only_be_read_is_refused(copied: History) -> None:
    """It cannot be migrated: one line says so."""
    kept = change(copied, *OLDER)
    done = reading_alone(copied, "list")

    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "cannot be used (attempt to write a readonly database); check the place and its permissions" in done.err
    assert Path(copied.url).read_bytes() == kept


def reading_alone(history: History, *arguments: str) -> Done:
    """Run a command on a history as somebody who may read it, and neither write it nor beside it."""
    file = Path(history.url)
    file.chmod(0o444)
    file.parent.chmod(0o555)
    try:
        return as_ordinary_user("history", *arguments, "--history", history.url)
    finally:
        file.parent.chmod(0o755)


def test_a_history_that_may_only_be_read_can_be_read(copied: History) -> None:
    """By whoever may not write to it; what would change it is one line."""
    told, done = reading_alone(copied, "list"), reading_alone(copied, "prune", "--keep", "1")

    assert (told.code, told.err) == (0, "")
    assert told.out == copied.ask("list")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "cannot be used (attempt to write a readonly database)" in done.err


def test_hostile_names_cannot_act(tmp_path: Path) -> None:
    """Of a job, and of a workload: no command prints anything but printable signs, and no log command."""
    estate = tmp_path / "estate.json"
    name, job = HOSTILE, "prod ::error::pwned ##vso[task.complete]"
    draft = broken()
    estate.write_text(
        json.dumps([*draft.documents, *draft.tags]).replace("ase-shop", json.dumps(name)[1:-1]), encoding="utf-8"
    )
    history = History(url=str(tmp_path / "history.db"))
    for source in (COMPLIANT, str(estate)):
        history.record(source, job)
    texts = [history.ask(*each) for each in (("list",), ("show",), ("diff",), ("finding",), ("finding", "--all"))]
    texts += [history.ask(*each, "--format", "json") for each in (("list",), ("show",), ("diff",), ("finding",))]
    texts.append(history.ask("show", "--snapshot", "-"))

    for text in (*texts, history.refuses("list", "--job", "other")):
        assert all(line.isprintable() for line in text.split("\n"))
        assert github_commands(text) == azure_commands(text) == []
    assert history.told("list")["runs"][0]["job"] == job
    assert history.told("show")["workloads"][0]["name"] == name


def test_nothing_heavy_is_loaded_without_a_history() -> None:
    """The library of the database is loaded when a history is opened, and not for help."""
    code = (
        "import sys\nfrom auditor.cli import history\n"
        "print([each for each in ('sqlalchemy', 'alembic', 'platformdirs', 'auditor.engine') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CHECKOUT)

    assert done.stdout == "[]\n"
