"""Whenever a program that tells of news is killed, and however many there are: no event is told twice, or forgotten."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from sqlalchemy import select

from auditor.history import open_store
from auditor.history.tables import deliveries, events
from tests.sending.servers import Taken, http_server

ROOT = Path(__file__).parent.parent.parent
KILLS = 100 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 3
ENDLESS = 100_000


def started(
    url: str,
    server: Taken,
    start: str,
    number: int,
    *,
    heard: Callable[[subprocess.Popen[str]], None] = lambda _: None,
) -> subprocess.Popen[str]:
    """Start a program that tells a server of new findings; returns when it begins.

    heard: what is done to it when the server has a message, before it answers.
    """
    channel = f"json://127.0.0.1:{server.port}/?wait=0.01"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.history.telling", url, channel, start, str(number)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    server.heard = lambda: heard(process)
    assert next(lines(process)) == "ready\n"
    return process


def lines(process: subprocess.Popen[str]) -> IO[str]:
    """Return what a program prints."""
    assert process.stdout is not None
    return process.stdout


def finish(process: subprocess.Popen[str]) -> str:
    """Wait for the end of a program, and return what it still said."""
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 0, said
    return said


def heard(server: Taken) -> Counter[str]:
    """Return how often the server was told of each finding."""
    return Counter(each for body in server.bodies for each in re.findall(r"id ([\w-]+)\)", body))


def states(url: str) -> Mapping[str, str | None]:
    """Return how far each finding was told; each of them happened once."""
    with open_store(url) as store, store.reading() as connection:
        query = select(events.c.finding, deliveries.c.state).outerjoin(deliveries)
        return {each.finding: each.state for each in connection.execute(query)}


def killed(process: subprocess.Popen[str]) -> None:
    """Kill a program as a crash or the system would."""
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_kills_at_random_moments_lead_to_no_second_message_and_to_none_that_is_forgotten(url: str) -> None:
    """What was not claimed is told by the next; what was claimed and not settled is told at most once."""
    chance = random.Random(6)  # noqa: S311 - for moments, not for secrets
    with http_server() as server:
        for number in range(KILLS):
            process = started(url, server, f"k{number}", ENDLESS)
            if number % 4:  # else while it is yet to tell of the first
                next(lines(process))
            time.sleep(chance.uniform(0, 0.3))
            killed(process)
        finish(started(url, server, "end", 1))
        told = heard(server)

    found = states(url)
    assert max(told.values()) == 1
    assert set(found.values()) <= {"sent", "sending"}
    assert {name for name, state in found.items() if state == "sent"} <= set(told) <= set(found)
    assert sum(state == "sending" for state in found.values()) <= KILLS
    assert "end-0" in told
    assert len(told) > KILLS * 3 // 4


def test_a_kill_between_the_message_and_its_record_is_told_of_and_leads_to_no_second_message(url: str) -> None:
    """The server has the message, the history does not know it."""
    with http_server() as server:
        process = started(url, server, "a", 1, heard=subprocess.Popen.kill)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        with open_store(url) as store, store.writing() as connection:
            connection.execute(deliveries.update().values(at="2026-02-03T04:05:06Z"))  # as if that were long ago
        said = finish(started(url, server, "b", 1))
        again = finish(started(url, server, "c", 1))
        told = heard(server)

    assert told == {"a-0": 1, "b-0": 1, "c-0": 1}
    assert states(url) == {"a-0": "unsure", "b-0": "sent", "c-0": "sent"}
    assert "may not have been told of 1 event" in said
    assert "may not" not in again


def test_programs_at_the_same_time_tell_each_event_once(url: str) -> None:
    """Each is given by the history what no other has."""
    with http_server() as server:
        finish(started(url, server, "first", 1))
        processes = [started(url, server, each, 5) for each in "ab"]
        for each in processes:
            finish(each)
        told = heard(server)

    assert len(told) == 11
    assert set(told.values()) == {1}
    assert set(states(url).values()) == {"sent"}


def test_what_a_channel_did_not_take_is_told_once_after_a_restart(url: str) -> None:
    """It comes with what is new by then."""
    with http_server(500, 500, 500, 200) as server:
        said = finish(started(url, server, "a", 1))
        finish(started(url, server, "b", 1))
        told = heard(server)

    assert "was not told: Failed to send JSON POST notification" in said
    assert "the next run of the job tries again" in said
    assert told == {"a-0": 1, "b-0": 1}
    assert (len(server.bodies), len(server.requests)) == (1, 4)


def test_who_is_told_to_end_before_anything_was_sent_leaves_it_to_the_next(url: str) -> None:
    """A channel that cannot be reached holds up the end; what is surely not told is owed."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        channel = f"jsons://127.0.0.1:{mute.getsockname()[1]}/?cto=50&rto=50"
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.history.telling", url, channel, "a", "1"], cwd=ROOT, stderr=subprocess.PIPE
        )
        with mute.accept()[0]:  # it is about to send
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=60)[1].decode()

    assert states(url) == {"a-0": "failed"}
    assert "was not told: it could not be told within" in said
