"""What is opened as a history, what is made, what is migrated and what is refused."""

import os
import sqlite3
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, select, text

import auditor.history
from auditor.engine.lives import decide
from auditor.errors import HistoryError
from auditor.history import default_url, open_store
from auditor.history.opening import REVISIONS, migrate
from auditor.history.places import BEGIN, MIGRATING, engine_of, place_of
from auditor.history.recording import record
from auditor.history.store import Store
from auditor.history.tables import HEAD, VERSION_TABLE, deliveries, events, metadata
from tests.history.audits import day, document, finding, recording, report
from tests.history.conftest import Place
from tests.history.whole import check_whole
from tests.postgres import Cluster

MIGRATIONS = Path(auditor.history.__file__).parent / "migrations"
PASSWORD = "correct horse"  # noqa: S105 - of nobody


def refusal(url: str, *, create: bool = True) -> str:
    """Return the one line with which a place is refused."""
    with pytest.raises(HistoryError) as caught:
        open_store(url, create=create)
    return str(caught.value)


def at_revision(url: str, revision: str) -> None:
    """Make a history of an older schema."""
    engine = engine_of(place_of(url))
    with engine.connect().execution_options(**{BEGIN: "IMMEDIATE"}) as connection, connection.begin():
        migrate(connection, revision)
    engine.dispose()


def test_the_newest_revision_is_the_one_the_code_knows() -> None:
    """Opening compares with a constant, which is the head of the scripts; all of them are in the package."""
    scripts = ScriptDirectory(str(MIGRATIONS))

    assert scripts.get_heads() == [HEAD]
    assert tuple(each.revision for each in scripts.walk_revisions())[::-1] == REVISIONS


def test_the_migrations_make_the_tables_that_the_code_knows(store: Store) -> None:
    """Whether from scratch or step by step, on both databases."""
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})

        assert compare_metadata(context, metadata) == []


def test_what_refers_to_contents_has_an_index(store: Store) -> None:
    """For each content that is pruned a database looks for what refers to it: without one, through whole tables."""
    with store.reading() as connection:
        look = inspect(connection)
        for table in look.get_table_names():
            leading = {each["column_names"][0] for each in look.get_indexes(table)}
            for key in look.get_foreign_keys(table):
                if key["referred_table"] == "history_contents":
                    assert set(key["constrained_columns"]) <= leading, table


def test_an_older_schema_is_migrated_with_what_is_in_it(url: str) -> None:
    """What was recorded before is there, and what the newer schema adds works."""
    at_revision(url, "0001")
    engine = engine_of(place_of(url))
    with engine.begin() as connection:
        recorded = record(connection, recording(report(day(1), finding("a")), documents=[document("rt")]), decide)
    engine.dispose()
    with open_store(url) as store:
        assert store.run(1).run == recorded.run
        assert store.life("a").first_seen == day(1)
        check_whole(store)
        with store.writing() as connection:
            number = connection.execute(select(events.c.id)).scalar_one()
            row = {"channel": "c", "event": number, "state": "sent", "attempts": 1, "at": day(1)}
            connection.execute(insert(deliveries).values(**row))
        assert store.record(recording(report(day(2))), decide).run.id == 2


def test_a_newer_schema_is_refused(url: str) -> None:
    """It may hold what this one would break."""
    with open_store(url) as store, store.writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0099'"))  # noqa: S608 - a constant
    line = refusal(url)

    assert f"was written by a newer auditor (schema 0099, and this one knows {HEAD}); install that one" in line


def test_nobody_records_in_a_schema_that_a_newer_one_made_meanwhile(url: str) -> None:
    """An audit takes minutes, and a watch months: what was right when it was opened need not be so any more."""
    with open_store(url) as store:
        with store.writing() as connection:
            connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0099'"))  # noqa: S608 - a constant
        with pytest.raises(HistoryError, match="a newer auditor has changed its schema meanwhile"):
            store.record(recording(report(day(1))), decide)

        assert store.runs() == ()


def test_nobody_migrates_while_another_writes(server: Cluster) -> None:
    """In PostgreSQL they share a lock that who migrates must have alone; a file has one writer anyhow."""
    asked = text("SELECT pg_try_advisory_xact_lock(:key)")
    with open_store(server.new_database()) as store, store.reading() as other:
        with store.writing():
            assert other.execute(asked, {"key": MIGRATING}).scalar() is False

        assert other.execute(asked, {"key": MIGRATING}).scalar() is True


def test_several_may_open_a_new_history_at_once(place: Place) -> None:
    """One of them makes it, and the others wait."""
    for _ in range(3):
        url = place()
        with ThreadPoolExecutor(6) as threads:
            stores = list(threads.map(open_store, [url] * 6))
        assert [each.jobs() for each in stores] == [()] * 6
        for each in stores:
            each.close()


def test_a_history_that_is_only_read_must_be_there(place: Place) -> None:
    """A reading command makes none: who mistypes a name shall hear of it."""
    url = place()
    line = refusal(url, create=False)

    assert "there is no history; record one with auditor audit --record" in line
    assert not Path(url).exists()
    open_store(url).close()
    open_store(url, create=False).close()


def test_the_folder_is_made(tmp_path: Path) -> None:
    """The default lies in a folder that a new user does not have."""
    open_store(str(tmp_path / "a" / "b" / "history.db")).close()

    assert (tmp_path / "a" / "b" / "history.db").is_file()


def test_an_empty_file_becomes_a_history(tmp_path: Path) -> None:
    """As `mktemp` makes one."""
    file = tmp_path / "history"
    file.touch()
    open_store(f"sqlite:///{file}").close()

    assert file.read_bytes().startswith(b"SQLite format 3")


def other_program(file: Path) -> None:
    """Make a database of another program."""
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE bookmarks (url)")
    connection.close()


def cut_off(file: Path) -> None:
    """Make a history of which the end is missing, and what is left makes no sense."""
    open_store(str(file)).close()
    data = file.read_bytes()
    file.write_bytes(data[:100] + b"\xff" * (len(data) // 2))


WRONG = {
    "of another program": (other_program, "is a database of another program; name another file"),
    "no database": (lambda file: file.write_text("hello"), "is no history, but another kind of file"),
    "a folder": (lambda file: file.mkdir(), "is a folder; name a file in it"),
    "damaged": (cut_off, "is no history, or is damaged; name another file, or restore it"),
    "below a file": (lambda file: (file.parent / "x").write_text(""), "cannot be used (File exists)"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_history_is_refused_and_left_alone(name: str, tmp_path: Path) -> None:
    """In one line that says which file and what to do."""
    make, why = WRONG[name]
    file = tmp_path / "x" / "y" if name == "below a file" else tmp_path / "h.db"
    make(tmp_path / "h.db")
    before = file.read_bytes() if file.is_file() else b""
    line = refusal(str(file))

    assert line.startswith(f"{file}: {why}")
    assert (file.read_bytes() if file.is_file() else b"") == before


def test_a_file_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    """By who may not; root may everything, and is somebody else for a moment."""
    file = tmp_path / "history.db"
    open_store(str(file)).close()
    file.chmod(0o444)
    for each in (tmp_path, *tmp_path.parents[:2]):
        each.chmod(0o755)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        line = refusal(str(file))
    finally:
        if root:
            os.seteuid(0)

    assert line == f"{file}: cannot be used (Permission denied); check the place"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "the history has no name"),
        (":memory:", "the history needs the name of a file"),
        ("sqlite://", "the history needs the name of a file"),
        (
            "mysql://u:{}@host/x",
            "mysql://...: is no kind of history; name a file, such as history.db, or postgresql://",
        ),
        ("postgresql://u:{}@host:port/x", "postgresql://...: cannot be understood as a URL"),
        ("postgresql://u:{}@127.0.0.1:1/x", "postgresql://127.0.0.1:1/x: cannot be used"),
        ("postgres://u@127.0.0.1:1/x?password={}", "postgresql://127.0.0.1:1/x: cannot be used"),
        ("postgresql://u:{}@127.0.0.1:1/x?nonsense=1", "postgresql://127.0.0.1:1/x: cannot be used"),
        ("postgresql:///x?host=/nowhere", "postgresql:///x: cannot be used"),
        ("postgresql://u:p@{}@127.0.0.1:1/x", "postgresql://...: has more than one @; write those of user"),
        ("postgresql://u:p@{}/w@127.0.0.1:1/x", "postgresql://...: has more than one @; write those of user"),
        ("postgresql://127.0.0.1:1/x?plugin=none", "postgresql://127.0.0.1:1/x: cannot be used"),
        ("postgresql://127.0.0.1:1/x?host=a&host=b&port=1", "postgresql://127.0.0.1:1/x: cannot be used"),
        ("postgresql://u:p@x?{}@127.0.0.1:1/x", "postgresql://...: has more than one @; write those of user"),
        ("host=127.0.0.1 password={} dbname=x", "the history is given as settings, not as a place; name a file"),
    ],
)
def test_a_wrong_url_is_one_line_without_its_password(url: str, why: str) -> None:
    """Logs are read by many."""
    line = refusal(url.format(PASSWORD.replace(" ", "%20")))

    assert line.startswith(why)
    assert "\n" not in line
    assert "horse" not in line


def test_opening_what_is_up_to_date_needs_no_alembic(url: str) -> None:
    """It would take longer than most commands do."""
    open_store(url).close()
    code = (
        "import sys; from auditor.history import open_store\n"
        "with open_store(sys.argv[1]) as store: store.runs()\n"
        "print([each for each in ('alembic', 'mako', 'apprise') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, url], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path) -> None:
    """An audit without --record does not need it."""
    code = (
        "import sys; sys.modules[sys.argv[1]] = None\n"
        "from auditor.history import default_url, open_store\n"
        "try: default_url(); open_store(sys.argv[2])\n"
        "except Exception as fault: print(fault)"
    )
    said = {}
    for name, url in (
        ("sqlalchemy", "h.db"),
        ("platformdirs", "h.db"),
        ("alembic", "h.db"),
        ("psycopg", "postgresql:///x"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", code, name, url],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(Path(auditor.history.__file__).parents[2])},
        )
        said[name] = done.stdout.strip()
    install = 'which is not installed; pip install "azure-egress-auditor[{}]"'

    assert said == {
        "sqlalchemy": f"a history needs sqlalchemy, {install.format('history')}",
        "platformdirs": f"a history needs platformdirs, {install.format('history')}",
        "alembic": f"a history needs alembic, {install.format('history')}",
        "psycopg": f"postgresql:///x: PostgreSQL needs psycopg, {install.format('postgres')}",
    }


def test_the_default_is_a_file_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system keeps such things."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    assert Path(default_url()).name == "history.db"
    assert Path(default_url()).is_relative_to(tmp_path)


def break_off(store: Store) -> None:
    """Begin to write, and fail halfway."""
    with store.writing() as connection:
        connection.execute(text("DELETE FROM history_events"))
        connection.execute(text("INSERT INTO history_runs (id) VALUES (NULL)"))


def test_a_full_disk_loses_nothing(url: str) -> None:
    """Where writing fails halfway, what was there before is there, and nothing else."""
    with open_store(url) as store:
        store.record(recording(report(day(1), finding("a"))), decide)
        before = store.runs()
        with pytest.raises(HistoryError):
            break_off(store)

        assert store.runs() == before
        check_whole(store)


def test_a_fault_in_the_midst_of_many_rows_is_told_once(server: Cluster) -> None:
    """The driver of PostgreSQL has a word on it as well, which would stand on stderr beside the one line."""
    code = (
        "import sys\n"
        "from auditor.engine.lives import decide\n"
        "from auditor.history import open_store\n"
        "from tests.history.audits import day, finding, recording, report\n"
        "with open_store(sys.argv[1]) as store:\n"
        "    same = [finding(f'{each:x}') for each in range(300)]  # 1, 10 and 100 are one id\n"
        "    try: store.record(recording(report(day(1), *same)), decide)\n"
        "    except Exception as fault: print(fault)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, server.new_database()], capture_output=True, text=True, check=True
    )

    assert "cannot be used (duplicate key" in done.stdout
    assert done.stderr == ""


def test_a_damaged_list_takes_nothing_else_along(tmp_path: Path) -> None:
    """What a list does not name any more is not pruned for that."""
    file = tmp_path / "history.db"
    with open_store(str(file)) as store:
        store.record(recording(report(day(1), finding("a")), documents=[document("rt")]), decide)
    shorter = zlib.compress(b"")
    with sqlite3.connect(file) as connection:
        (before,) = connection.execute("SELECT count(*) FROM history_contents").fetchone()
        connection.execute(
            "UPDATE history_contents SET data = ? WHERE digest = (SELECT snapshot FROM history_runs)", [shorter]
        )
    with open_store(str(file)) as store, pytest.raises(HistoryError, match="the history is damaged"):
        store.prune(keep_runs=1)

    assert connection.execute("SELECT count(*) FROM history_contents").fetchone() == (before,)
    connection.close()


def test_damage_is_told(tmp_path: Path) -> None:
    """Contents that are not what their digest says are not taken for what was recorded."""
    file = tmp_path / "history.db"
    with open_store(str(file)) as store:
        store.record(recording(report(day(1), finding("a"))), decide)
    for change in ("UPDATE history_contents SET data = x'00'", "DELETE FROM history_contents"):
        with sqlite3.connect(file) as connection:
            connection.execute(change)
        connection.close()
        with open_store(str(file)) as store, pytest.raises(HistoryError, match="the history is damaged"):
            store.run(1)
