"""Time as the collector sees it, so that waiting can be tried without waiting, and ended at once."""

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Tells time and waits."""

    def now(self) -> float:
        """Return seconds since some moment; never runs backwards."""

    def sleep(self, seconds: float) -> None:
        """Wait that long."""


class StoppedError(Exception):
    """The collection was told to stop while it waited."""


class RealClock:
    """The clock of the machine. `stop` ends every wait, now and later."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def now(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait that long. Raises StoppedError after `stop`."""
        if self._stopped.wait(seconds):
            raise StoppedError

    def stop(self) -> None:
        """End every wait."""
        self._stopped.set()
