"""What Azure allows: a window of queries for Resource Graph, a bucket of reads for each subscription (Q9, Q11)."""

import math
import threading
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """What tells the time and waits; the product's clock of the same shape may be handed over."""

    def now(self) -> float:
        """Return the time in seconds from any fixed moment."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait that long."""
        ...


@dataclass(frozen=True, slots=True)
class Allowance:
    """The answer to one request: whether it is granted, how many are left, and the seconds until there are more."""

    granted: bool
    remaining: int
    more_after: float

    @property
    def whole_seconds(self) -> int:
        """The seconds to wait as Azure's headers tell them: whole ones, never too few."""
        return max(1, math.ceil(self.more_after))


class Window:
    """So many requests within a window of time; the window opens with the first request after the last one closed."""

    def __init__(self, most: int, seconds: float, clock: Clock) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._opened = -math.inf
        self._spent = 0

    def spend(self) -> Allowance:
        """Ask for one request; one that is not granted costs nothing."""
        with self._lock:
            now = self._clock.now()
            if now >= self._opened + self._seconds:
                self._opened, self._spent = now, 0
            granted = self._spent < self._most
            self._spent += granted
            return Allowance(granted, self._most - self._spent, self._opened + self._seconds - now)


class Buckets:
    """Token buckets by name, each full at first; every request takes one token, and time fills them up again."""

    def __init__(self, size: int, refill: float, clock: Clock) -> None:
        self._size = size
        self._refill = refill
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: dict[str, tuple[float, float]] = {}

    def spend(self, name: str) -> Allowance:
        """Ask for one request on the bucket `name`; one that is not granted costs nothing."""
        with self._lock:
            now = self._clock.now()
            level, since = self._levels.get(name, (float(self._size), now))
            level = min(float(self._size), level + (now - since) * self._refill)
            granted = level >= 1
            level -= granted
            self._levels[name] = (level, now)
            return Allowance(granted, int(level), max(0.0, 1 - level) / self._refill)
