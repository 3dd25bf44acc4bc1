"""Whether anything of a message went out: what is known of a thread that sends it, and has not come back.

Only where nothing went out may a message be sent again without being told twice; a service that cannot be reached, as
behind a firewall, may keep a thread for longer than anybody waits. Python says when HTTP and SMTP are about to send
something to whom they are connected with.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_GO_OUT = frozenset({"http.client.send", "smtplib.send"})
_UNDER_WAY: dict[int, "Outgoing"] = {}
"""By thread."""


class Outgoing:
    """What one thread sends, in some tries. tries: how many were begun.

    is_seen: whether all goes out by HTTP or SMTP; of anything else nobody knows when, and each try may have sent.
    """

    def __init__(self, is_seen: bool) -> None:  # noqa: FBT001 - one fact
        self.tries = 0
        self._is_seen = is_seen
        self._may_be_out = False
        self._is_over = False
        self._lock = threading.Lock()

    def tried(self, send: Callable[..., Any]) -> Callable[..., Any]:
        """Return what sends once, as a try: where it fails, nothing counts as sent."""

        def once(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - of any function
            self._pass(out=not self._is_seen)
            self.tries += 1
            done = send(*args, **options)
            if not done:
                self._may_be_out = False
            return done

        return once

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch what goes out of this thread."""
        _listen()
        _UNDER_WAY[threading.get_ident()] = self
        try:
            yield
        finally:
            del _UNDER_WAY[threading.get_ident()]

    def give_up(self) -> bool:
        """Let nothing go out any more; return whether nothing may have."""
        with self._lock:
            self._is_over = True
            return not self._may_be_out

    def goes_out(self) -> None:
        """Say that something is about to go out. Raises ConnectionAbortedError where it was given up."""
        self._pass(out=True)

    def _pass(self, *, out: bool) -> None:
        with self._lock:
            if self._is_over and not self._may_be_out:
                raise ConnectionAbortedError("it was given up")
            self._may_be_out |= out


@cache
def _listen() -> None:
    sys.addaudithook(_hear)


def _hear(event: str, _: tuple[Any, ...]) -> None:
    if event in _GO_OUT and (found := _UNDER_WAY.get(threading.get_ident())) is not None:
        found.goes_out()
