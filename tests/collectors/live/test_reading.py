"""Reads run side by side, a few at a time, each once, and what they bring does not hang on their order."""

import io
import threading
import time
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import pytest

from auditor.collectors.live.clock import RealClock, StoppedError
from auditor.collectors.live.journal import Journal
from auditor.collectors.live.reading import AT_ONCE, Reading
from auditor.collectors.live.refusals import RefusedError
from auditor.findings import Gap
from tests.collectors.live.collecting import Unseen

IDS = [
    f"/subscriptions/s/resourcegroups/g/providers/microsoft.network/routetables/rt-{number:02}" for number in range(40)
]


class Slow:
    """Answers each read after a moment of its own, and keeps how many were under way at once."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - chooses moments, and is no secret
        self._lock = threading.Lock()
        self._under_way = 0
        self.most = 0
        self.asked: list[str] = []

    def read(self, path: str, _api_version: str) -> dict[str, Any]:
        """Return a route table; refuse every seventh."""
        with self._lock:
            self._under_way += 1
            self.most = max(self.most, self._under_way)
            self.asked.append(path)
            moment = self._random.random() / 200
        time.sleep(moment)
        with self._lock:
            self._under_way -= 1
        if IDS.index(path) % 7 == 0:
            raise RefusedError(403, "AuthorizationFailed", "no")
        return {"id": path, "name": path.rpartition("/")[2], "type": "Microsoft.Network/routeTables", "properties": {}}

    def listing(self, _path: str, _api_version: str) -> list[dict[str, Any]]:
        """Return nothing."""
        return []

    def pages(self, _path: str, _api_version: str) -> Iterator[dict[str, Any]]:
        """Return nothing."""
        return iter(())

    def query(self, _text: str, _subscriptions: Sequence[str] | None, _skip_token: str | None, _top: int) -> Any:  # noqa: ANN401 - as the session has it
        """Return no rows."""
        return {"data": [], "totalRecords": 0}, {}


def read_all(seed: int) -> tuple[Slow, Journal]:
    """Read all ids from something slow."""
    session, journal = Slow(seed), Journal.begin(io.BytesIO(), {})
    reading = Reading(session, journal, Unseen())
    reading.read(IDS, lambda at, fault: fault.gap("Microsoft.Network/routeTables", at, "table"))
    return session, journal


def test_reads_run_side_by_side_but_few() -> None:
    """Several reads are under way at once, never more than the limit, and each id is read once."""
    session, _ = read_all(1)

    assert 1 < session.most <= AT_ONCE
    assert sorted(session.asked) == IDS


def test_their_order_does_not_matter() -> None:
    """Whichever read ends first, the same documents and gaps are kept."""
    (_, one), (_, other) = read_all(1), read_all(2)

    assert one.ids() == other.ids() == [each for at, each in enumerate(IDS) if at % 7]
    assert one.gaps == other.gaps
    assert len(one.gaps) == 6


def test_nothing_is_read_twice() -> None:
    """What a journal has read, or was refused, is not asked for again."""
    session, journal = read_all(1)
    again = Slow(1)
    Reading(again, journal, Unseen()).read(IDS, lambda at, fault: Gap(what=at, scope="", why=fault.why, needs=""))

    assert again.asked == []
    assert len(session.asked) == len(IDS)


def test_a_stopped_clock_ends_every_wait() -> None:
    """Whoever waits when the collection is told to stop, or later, does not wait on."""
    clock = RealClock()
    clock.sleep(0.001)
    before = clock.now()
    threading.Timer(0.05, clock.stop).start()

    with pytest.raises(StoppedError):
        clock.sleep(60)
    with pytest.raises(StoppedError):
        clock.sleep(60)
    assert clock.now() - before < 30
