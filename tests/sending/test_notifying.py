"""Channels are told through the real Apprise, by real servers on loopback."""

import json
import math
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from auditor.errors import ConfigError
from auditor.histories import Delivery
from auditor.sending.notifying import Channel, Letter, Reply, Sending, channels_of, send
from tests.sending.servers import free_port, http_server, smtp_server, tls_proxy

HOSTILE = "NEW error a on *.windows.net: \uff20everyone \u2039!channel\u203a _x_ & [y] # z\n\nRESOLVED second"
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
TEAMS = "workflows://prod-00.westeurope.logic.azure.com:443/643e69f83c8944438d68119179a10a64/KODuebWbDGYFr0z0eu"
FAST = "wait=0.01"


def letter(channel: Channel, body: str = "a body") -> Letter:
    """Return a message."""
    return Letter(channel=channel, title="3 new: job nightly", body=body, kind="failure")


def told(url: str, body: str = "a body", seconds: float = 30) -> Reply:
    """Tell one channel."""
    (channel,) = channels_of([url])
    (reply,) = send([letter(channel, body)], seconds)
    return reply


def test_a_webhook_is_told_once_with_title_and_text() -> None:
    """A channel that takes it at once is sent one request."""
    with http_server() as server:
        reply = told(f"json://127.0.0.1:{server.port}/hook")

    assert reply == Reply(state=Delivery.SENT, attempts=1)
    (taken,) = map(json.loads, server.bodies)
    assert (taken["title"], taken["message"], taken["type"]) == ("3 new: job nightly", "a body", "failure")


def test_a_channel_that_fails_for_a_moment_is_told_again() -> None:
    """An answer of 500 is followed by another try, which is taken; nothing is sent after that."""
    with http_server(500, 503, 200) as server:
        reply = told(f"json://127.0.0.1:{server.port}?{FAST}")

    assert reply == Reply(state=Delivery.SENT, attempts=3)
    assert (len(server.bodies), len(server.requests)) == (1, 3)


def run_alone(url: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Tell a channel in a process of its own, which waits for half a second and prints what became of it."""
    program = (
        "import sys; from auditor.sending.notifying import *; c, = channels_of(sys.argv[1:]);"
        "print(send([Letter(channel=c, title='t', body='b', kind='info')], 0.5)[0].state)"
    )
    line = [sys.executable, "-c", program, url]
    return subprocess.run(line, capture_output=True, text=True, check=True, timeout=30, env=environment)


@pytest.mark.parametrize(
    ("answer", "said"), [(404, "error=404"), (500, "error=500"), ("die", "Connection error"), ("hang", "Connection")]
)
def test_a_channel_that_goes_on_failing_is_reported_after_some_tries(answer: int | str, said: str) -> None:
    """Three tries, and then the reason that Apprise gives."""
    with http_server(answer) as server:
        reply = told(f"json://127.0.0.1:{server.port}?{FAST}&rto=0.1")

    assert (reply.state, reply.attempts, len(server.requests)) == (Delivery.FAILED, 3, 3)
    assert said in reply.error


def test_a_channel_that_nobody_serves_fails() -> None:
    """A refused connection is a failure and no fault."""
    reply = told(f"json://127.0.0.1:{free_port()}?{FAST}")

    assert reply.state is Delivery.FAILED
    assert "Connection error" in reply.error


def test_a_channel_that_never_answers_holds_up_neither_the_others_nor_the_end() -> None:
    """What is not answered in time is unsure; the program ends though the thread is still at it."""
    with http_server("hang") as mute, http_server() as good:
        channels = channels_of([f"json://127.0.0.1:{mute.port}?rto=50", f"json://127.0.0.1:{good.port}"])
        replies = send([letter(each) for each in channels], 1)
        ended = run_alone(f"json://127.0.0.1:{mute.port}?rto=50", os.environ)

    assert [each.state for each in replies] == [Delivery.UNSURE, Delivery.SENT]
    assert replies[0].error == "it did not answer within 1 s"
    assert (ended.stdout, ended.stderr) == ("unsure\n", "")


def test_a_channel_that_refused_every_try_until_time_was_up_has_failed() -> None:
    """It surely was not told: so the next run may tell it. Nothing is sent after that was said."""
    with http_server(500) as server:
        (channel,) = channels_of([f"json://127.0.0.1:{server.port}?retry=10&wait=0.2"])
        one = Sending(letter(channel))
        one.start()
        one.wait(time.monotonic() + 0.5)
        reply, tries = one.reply(), len(server.requests)
        one.wait(math.inf)

    assert (reply.state, reply.attempts) == (Delivery.FAILED, tries)
    assert re.fullmatch(r"it could not be told within \d s", reply.error)
    assert len(server.requests) == tries
    assert one.reply() == reply


@pytest.mark.parametrize("url", ["jsons://127.0.0.1:{}?cto=50&rto=50", "mailtos://127.0.0.1:{}?from=a@b.de&to=c@d.de"])
def test_a_channel_that_is_never_reached_has_failed(url: str) -> None:
    """As behind a firewall that lets nothing through: the next run may tell it."""
    with socket.create_server(("127.0.0.1", 0)) as server:  # speaks to nobody
        ended = run_alone(url.format(server.getsockname()[1]), os.environ)

    assert (ended.stdout, ended.stderr) == ("failed\n", "")


def test_a_channel_of_another_protocol_may_have_been_told() -> None:
    """Of a log of the system nobody knows what went out when."""
    channels = channels_of([SLACK, "mailto://a:b@example.com", "rsyslog://127.0.0.1", "json://h"])

    assert [each.is_seen for each in channels] == [True, True, False, True]


def test_mail_is_sent_as_plain_text_with_the_title_as_its_subject() -> None:
    """A real SMTP conversation on loopback."""
    with smtp_server() as server:
        reply = told(f"mailto://127.0.0.1:{server.port}?from=audit@example.com&to=ops@example.com")

    assert reply == Reply(state=Delivery.SENT, attempts=1)
    (mail,) = server.bodies
    assert "Subject: 3 new: job nightly\r\n" in mail
    assert "To: ops@example.com\r\n" in mail
    assert mail.endswith("\r\n\r\na body\r\n")


def test_mail_that_a_server_refuses_fails_with_a_reason() -> None:
    """The recipient is part of the URL and is not shown."""
    with smtp_server(refused="ops@example.com") as server:
        reply = told(f"mailto://127.0.0.1:{server.port}?from=audit@example.com&to=ops@example.com&retry=0")

    assert (reply.state, server.bodies) == (Delivery.FAILED, [])
    assert "failed" in reply.error
    assert "example.com" not in reply.error


def test_slack_and_teams_show_the_text_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real plugins, by way of a proxy on loopback that plays the service: signs of markup are escaped."""
    with tls_proxy() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        replies = [told(f"{url}?verify=no&{FAST}", HOSTILE) for url in (SLACK, TEAMS)]

    assert [each.state for each in replies] == [Delivery.SENT, Delivery.SENT]
    slack, teams = map(json.loads, proxy.bodies)
    assert slack["attachments"][0]["text"] == HOSTILE.replace("&", "&amp;")
    heading, text = teams["attachments"][0]["content"]["body"]
    assert heading["text"] == "3 new: job nightly"
    assert text["text"] == re.sub(r"([*._!#\[\]])", r"\\\1", HOSTILE)
    assert "entities" not in teams["attachments"][0]["content"]["msteams"]


def test_html_is_escaped() -> None:
    """Where a channel asks for HTML it is the same text, a paragraph for each finding."""
    with http_server() as server:
        told(f"json://127.0.0.1:{server.port}?format=html", HOSTILE)

    (taken,) = map(json.loads, server.bodies)
    first, second = HOSTILE.replace("&", "&amp;").split("\n\n")
    assert taken["message"] == f"<p>{first}</p><p>{second}</p>"


@pytest.mark.parametrize("scheme", ["mmost", "gotify", "ntfy", "xml", "form"])
def test_other_services_that_one_hosts_take_it_too(scheme: str) -> None:
    """They are told in one request each."""
    paths = {"mmost": "3ccdd113474722377935511fc85d3dd4", "gotify": "A1b2C3"}
    with http_server() as server:
        reply = told(f"{scheme}://127.0.0.1:{server.port}/{paths.get(scheme, 'news')}?{FAST}")

    assert reply.state is Delivery.SENT
    assert len(server.bodies) == 1
    assert "a body" in server.bodies[0] or "a+body" in server.bodies[0]


def test_a_text_for_a_service_that_takes_little_is_cut_by_apprise() -> None:
    """Where escaping makes a text too long after all, it is cut and not refused."""
    (channel,) = channels_of(["mmost://127.0.0.1/3ccdd113474722377935511fc85d3dd4"])

    assert channel.room == 2800


@pytest.mark.parametrize(
    ("url", "begins"),
    [
        ("slakc://xoxb-secret", "number 1, which begins with slakc://,"),
        ("xoxb-secret", "number 1;"),
        ("", "number 1;"),
        ("json://", "number 1, which begins with json://,"),
        ("https://hooks.example/xoxb-secret", "number 1, which begins with https://,"),
    ],
)
def test_what_apprise_cannot_make_sense_of_is_refused_without_showing_it(url: str, begins: str) -> None:
    """The line says which URL it is, and nothing that may be a secret."""
    with pytest.raises(ConfigError) as refused:
        channels_of([url])

    assert begins in str(refused.value)
    assert "secret" not in str(refused.value)


SECRETIVE = {
    SLACK: ("T1JJ", "A1BR", "TIia"),
    TEAMS: ("643e69", "KODueb"),
    "json://user:hunter2@hooks.example:8080/pathtoken?+X-Api-Key=keytoken": ("hunter2", "pathtoken", "keytoken"),
    "ntfy://topictoken": ("topictoken",),
    "mailtos://ops:hunter2@example.com?to=somebody@example.org": ("hunter2", "somebody"),
    "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js": ("4174", "JHMH"),
    "tgram://123456789:abcdefg_hijklmnop/12315544/": ("123456", "abcdefg"),
}


@pytest.mark.parametrize("url", SECRETIVE)
def test_the_name_of_a_channel_shows_no_secret(url: str) -> None:
    """Nor does what a channel looks like in a traceback."""
    (channel,) = channels_of([url])

    shown = f"{channel} {channel.name} {letter(channel)}"
    assert [each for each in SECRETIVE[url] if each.lower() in shown.lower()] == []


@pytest.mark.parametrize("answer", [404, "die"])
def test_the_reason_of_a_failure_shows_no_secret(answer: int | str) -> None:
    """Whatever a plugin says, parts of the URL are taken out of it; the host may be shown."""
    with http_server(answer) as server:
        reply = told(f"json://user:hunter2@127.0.0.1:{server.port}/notification?{FAST}&retry=0")

    assert "hunter2" not in reply.error
    assert "notification" not in reply.error.lower()


def test_a_channel_is_the_same_whatever_its_password_and_its_tries() -> None:
    """A password that changes makes no new channel, and cannot be guessed from the digest; another path is another."""
    urls = ["json://u:one@h/p", "json://u:two@h/p?retry=5&wait=1", "json://u:one@h/q", "json://v:one@h/p"]
    digests = [channels_of([each])[0].digest for each in urls]

    assert digests[0] == digests[1]
    assert len(set(digests)) == 3
    assert len(channels_of(urls)) == 3


def test_apprise_says_nothing_by_itself_and_writes_no_file(tmp_path: Path) -> None:
    """Failures are on no stream, and its store stays in memory."""
    places = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TMPDIR"), str(tmp_path))
    ended = run_alone(f"json://127.0.0.1:{free_port()}/token?retry=0&verify=no", {**os.environ, **places})

    assert (ended.stdout, ended.stderr) == ("failed\n", "")
    assert list(tmp_path.iterdir()) == []
