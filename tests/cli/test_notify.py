"""`auditor audit --record --notify`: what channels are told, and that nothing of it touches the audit."""

import json
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from auditor.sending.notifying import channels_of
from tests.cli.program import CHECKOUT, Done, call, refused
from tests.sending.servers import Taken, free_port, http_server

EXAMPLES = CHECKOUT / "rules" / "examples"
GOOD, BAD = str(EXAMPLES / "compliant"), str(EXAMPLES / "violating")
SECRET = "hunter2-token"  # noqa: S105 - of nobody


@pytest.fixture
def history(tmp_path: Path) -> str:
    """Return where a history is to be."""
    return str(tmp_path / "history.db")


def hook(server: Taken) -> str:
    """Return the URL of a channel that tells a server."""
    return f"json://user:{SECRET}@127.0.0.1:{server.port}/{SECRET}?wait=0.01"


def audit(source: str, history: str, *channels: str, environment: dict[str, str] | None = None) -> Done:
    """Audit a source, record it in one job, and tell channels."""
    notify = [word for each in channels for word in ("--notify", each)]
    recorded = ("--record", "--history", history, "--job", "nightly")
    return call("audit", source, "--format", "csv", *recorded, *notify, environment=environment)


def titles(server: Taken) -> list[str]:
    """Return the titles of the messages that a server took."""
    return [json.loads(each)["title"] for each in server.bodies]


def test_a_channel_is_told_once_what_is_new_and_nothing_where_nothing_is(history: str) -> None:
    """Twenty-six findings at once are one message; the same findings a day later are none."""
    with http_server() as server:
        done = [audit(source, history, hook(server)) for source in (GOOD, BAD, BAD)]

    assert [each.code for each in done] == [0, 1, 1]
    assert titles(server) == ["26 new: job nightly"]
    message = json.loads(server.bodies[0])
    assert message["type"] == "failure"
    assert message["message"].startswith("NEW error ")
    assert re.search(r"\n\nand \d+ more$", message["message"])
    assert len(message["message"]) <= 3_000


def test_channels_of_the_environment_are_told_as_well(history: str) -> None:
    """Several are separated by spaces or line breaks; without --record they are let be."""
    with http_server() as one, http_server() as other:
        both = {"AUDITOR_NOTIFY": f"{hook(one)}\n {hook(other)}"}
        audit(BAD, history, environment=both)
        unrecorded = call("audit", GOOD, environment={"AUDITOR_NOTIFY": "slakc://nonsense"})

    assert titles(one) == titles(other) == ["26 new: job nightly"]
    assert (unrecorded.code, unrecorded.err) == (0, "")


def test_a_channel_that_fails_changes_neither_report_nor_exit_code_and_is_told_the_next_time(history: str) -> None:
    """One line on stderr names it; what it missed is in its next message, once, and no other channel is told again."""
    with http_server(500, 500, 500, 200) as failing, http_server() as fine:
        first = audit(BAD, history, hook(failing), hook(fine))
        plain = call("audit", BAD, "--format", "csv")
        second = audit(BAD, history, hook(failing), hook(fine))

    assert (first.code, first.out) == (plain.code, plain.out)
    recorded, warning = first.err.splitlines()
    assert recorded == 'recorded as run 1 of job "nightly": 26 new'
    assert re.fullmatch(
        r"auditor: warning: json://127\.0\.0\.1 \([0-9a-f]{6}\) was not told: Failed to send JSON POST notification: "
        r"Internal server error\., error=500; the next run of the job tries again",
        warning,
    )
    assert second.err == 'recorded as run 2 of job "nightly": nothing new\n'
    assert titles(failing) == titles(fine) == ["26 new: job nightly"]


def test_secrets_of_a_channel_are_nowhere(history: str) -> None:
    """Neither in what is printed nor in the history."""
    url = f"json://user:{SECRET}@127.0.0.1:{free_port()}/{SECRET}?wait=0.01&+X-Key={SECRET}"
    done = audit(BAD, history, url)

    assert "was not told" in done.err
    assert SECRET not in done.out + done.err
    assert SECRET.encode() not in Path(history).read_bytes()


@pytest.mark.parametrize("url", [f"slakc://{SECRET}", f"https://example.com/{SECRET}", SECRET, " "])
def test_a_url_that_names_no_channel_is_refused_before_any_work(history: str, url: str) -> None:
    """The line does not show it, no source is read, and no history is made."""
    line = refused("audit", "no-such-file", "--record", "--history", history, "--notify", "json://h", "--notify", url)

    assert line.startswith("--notify: Apprise can make nothing of URL number 2")
    assert SECRET not in line
    assert not Path(history).exists()


def test_notify_needs_record() -> None:
    """The line says why."""
    line = refused("audit", GOOD, "--notify", f"json://h/{SECRET}")

    assert line.startswith("--notify needs --record: only the history knows what is new; see ")
    assert SECRET not in line


def test_where_apprise_is_missing_one_line_says_what_to_install(history: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.delitem(sys.modules, "auditor.sending.notifying", raising=False)

    line = refused("audit", GOOD, "--record", "--history", history, "--notify", "json://h")

    assert line.endswith('pip install "azure-egress-auditor[notify]"')


_REFUSING = """CREATE TRIGGER refuse BEFORE {what} ON history_deliveries WHEN NEW.channel = '{channel}'
BEGIN SELECT RAISE(ABORT, 'refused'); END"""


@pytest.mark.parametrize(("what", "said"), [("INSERT", "was not told: "), ("UPDATE", "could not be kept: ")])
def test_a_history_that_refuses_one_channel_fails_neither_the_audit_nor_the_others(
    history: str, what: str, said: str
) -> None:
    """What is wrong is one line, and the exit code that of the audit; what is told is not told twice."""
    with http_server() as one, http_server() as other:
        audit(GOOD, history, hook(one), hook(other))
        with closing(sqlite3.connect(history)) as connection:
            connection.execute(_REFUSING.format(what=what, channel=channels_of([hook(one)])[0].digest))
        done = [audit(BAD, history, hook(one), hook(other)) for _ in range(2)]

    assert [each.code for each in done] == [1, 1]
    assert [said in line for line in done[0].err.splitlines()] == [False, True]
    assert titles(other) == ["26 new: job nightly"]
    assert titles(one) == ([] if what == "INSERT" else ["26 new: job nightly"])


def test_two_urls_of_one_channel_are_one(history: str) -> None:
    """It is told once."""
    with http_server() as server:
        audit(BAD, history, hook(server), f"{hook(server)}&retry=1")

    assert titles(server) == ["26 new: job nightly"]
