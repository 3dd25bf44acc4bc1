"""Clocks: one that waits in earnest, and one that only pretends, so that no test ever does."""

import threading
import time


class SystemClock:
    """The clock of the machine; counts seconds from an arbitrary moment."""

    def now(self) -> float:
        """Return the time in seconds."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(max(0.0, seconds))


class FakeClock:
    """A clock that stands still unless somebody sleeps; whoever sleeps moves it at once. Threads may share it."""

    def __init__(self, start: float = 1_000.0) -> None:
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return the time in seconds."""
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        """Move the time forward and return at once."""
        with self._lock:
            self._now += max(0.0, seconds)
