"""The loop of `auditor watch`: one audit at a time, each in a process of its own, at moments that do not drift."""

import logging
import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from math import floor
from queue import Empty, SimpleQueue
from threading import Thread

from auditor.cli.health import Health, State, render, stamp
from auditor.cli.output import deliver
from auditor.errors import OutputError

_LOG = logging.getLogger("auditor")
_Child = subprocess.Popen[bytes]

_BEAT = 15.0
"""Seconds from one writing of the health file to the next, at most."""
_STALE = 60.0
"""Seconds after which a health file that was not written anew tells of a watch that is dead."""
_GRACE = 8.0
"""Seconds that an audit has to end by itself; less than a container is given before it is killed."""

_ONCE = 0.5
"""Seconds within which the same signal says nothing new: timeout(1) sends it to the process, and to its group."""

_SUCCESS, _INCOMPLETE = frozenset({0, 1}), 3
_TOO_LONG, _NOT_STARTED = 124, 126
"""As timeout(1) and shells say it."""
_STOPPED, _GIVEN_UP = 0, 2
_MEANINGS = {
    0: "nothing at or above the threshold",
    1: "findings",
    2: "failed: bad arguments, configuration or input",
    _INCOMPLETE: "incomplete",
    70: "failed: a defect of the auditor",
    _TOO_LONG: "failed: it took too long",
    _NOT_STARTED: "failed: it could not be started",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked of a watch. command: what runs one audit. Times are in seconds.

    every: from one audit to the next. jitter: how much later each may begin, by chance. timeout: how long one may take.
    max_failures: how many in a row end the watch; None for however many. health: the file of it; None for none.
    """

    command: Sequence[str]
    every: float
    jitter: float
    timeout: float
    max_failures: int | None
    health: str | None


class _Stopped(Exception):  # noqa: N818 - no error: the watch was told to stop
    """The watch was told to stop."""


class Watch:
    """Audits again and again until it is told to stop."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._health = Health(pid=os.getpid(), every=plan.every)
        # Names of signals, and the numbers of processes that have ended. A handler may put something in while the main
        # thread takes something out, as no other queue allows.
        self._inbox: SimpleQueue[str | int] = SimpleQueue()
        self._beat_at = 0.0
        self._is_ill = False

    def run(self) -> int:
        """Watch, and return the exit code: 0 where it was told to stop, 2 where too many audits failed in a row."""
        heeded = _heed(self._inbox.put)
        try:
            return self._run()
        except _Stopped:
            _LOG.info("stopped")
            return _STOPPED
        finally:
            self._health.next_at = None
            self._tell(State.STOPPED)
            for each in heeded:  # the program ends now: whoever says so again may not change its exit code
                signal.signal(each, signal.SIG_IGN)

    def _run(self) -> int:
        started, number, due = time.monotonic(), 0, self._due(time.monotonic())
        _LOG.info("the first audit is at %s", stamp(_wall(due)))
        self._health.next_at = _wall(due)
        self._tell(State.STARTING)
        while True:
            self._take(due)
            self._note(self._audit())
            if self._health.failures == self._plan.max_failures:
                self._say("too many failed in a row, this is the end")
                return _GIVEN_UP
            following = max(number + 1, floor((time.monotonic() - started) / self._plan.every) + 1)
            if missed := following - number - 1:
                self._health.skipped += missed
                _LOG.warning("the audit took longer than from one to the next: %d skipped", missed)
            number, due = following, self._due(started + following * self._plan.every)
            self._health.next_at = _wall(due)
            self._say(f"the next is at {stamp(_wall(due))}")
            self._tell(State.WAITING)

    def _due(self, moment: float) -> float:
        return moment + random.uniform(0, self._plan.jitter)  # noqa: S311 - no secret

    def _say(self, then: str) -> None:
        """Say how the last audit ended, and what comes then."""
        health, code = self._health, self._health.last_exit_code or 0
        _LOG.log(
            logging.WARNING if health.failures else logging.INFO,
            "audit %d ended with exit code %d (%s) after %.0f s; %s",
            health.audits,
            code,
            _MEANINGS.get(code, "failed: it was killed"),
            (health.last_finished or 0) - (health.last_started or 0),
            then,
        )

    def _note(self, code: int) -> None:
        """Keep what an audit ended with."""
        self._health.last_finished, self._health.last_exit_code = time.time(), code
        if code in _SUCCESS:
            self._health.last_success = self._health.last_finished
        self._health.failures = 0 if code in _SUCCESS or code == _INCOMPLETE else self._health.failures + 1

    def _audit(self) -> int:
        """Make an audit and return what it ended with. Raises _Stopped once it has ended, where that was asked for."""
        self._health.audits += 1
        self._health.last_started, self._health.next_at = time.time(), None
        self._tell(State.AUDITING)
        with _own_place() as environment:
            return self._audit_in(environment)

    def _audit_in(self, environment: Mapping[str, str]) -> int:
        try:
            child = subprocess.Popen(self._plan.command, stdin=subprocess.DEVNULL, process_group=0, env=environment)  # noqa: S603 - ourselves
        except OSError as fault:
            _LOG.error("the audit could not be started (%s)", fault.strerror)
            return _NOT_STARTED
        Thread(target=self._mourn, args=(child,), daemon=True).start()
        try:
            if not self._take(time.monotonic() + self._plan.timeout, child):
                _LOG.warning("the audit takes longer than %d s, and is stopped", self._plan.timeout)
                self._end(child)
                return _TOO_LONG
        except _Stopped:
            self._end(child)
            raise
        finally:
            code = child.wait()
            _reap()
        return code if code >= 0 else 128 - code

    def _mourn(self, child: _Child) -> None:
        child.wait()
        self._inbox.put(child.pid)

    def _end(self, child: _Child) -> None:
        """Have an audit end, by force where it does not by itself. Raises _Stopped where it is asked for."""
        child.terminate()
        try:
            if not self._take(time.monotonic() + _GRACE, child):
                _kill(child)
        except _Stopped:  # whoever says so again does not want to wait
            _kill(child)
            raise

    def _take(self, until: float, child: _Child | None = None) -> bool:
        """Wait for the end of an audit, or for a moment; return whether the audit ended. Raises _Stopped.

        The file of health is written anew meanwhile.
        """
        while True:
            left = until - time.monotonic()
            try:
                told = self._inbox.get(timeout=max(min(left, self._beat_at - time.monotonic()), 0))
            except Empty:
                if left <= 0:
                    return False
                self._tell()
                continue
            if isinstance(told, str):
                _LOG.info("told to stop (%s)", told)
                raise _Stopped
            if child is not None and told == child.pid:
                return True  # any other number is of an audit before, which had to be killed

    def _tell(self, state: State | None = None) -> None:
        """Write the file of health; where that fails the watch goes on, and readers see that the file grows old."""
        self._health.state = state or self._health.state
        self._beat_at = time.monotonic() + _BEAT
        if self._plan.health is None:
            return
        now = time.time()
        try:
            deliver(render(self._health, now, now + _STALE), self._plan.health)
        except OutputError as fault:
            if not self._is_ill:
                _LOG.warning("%s", fault)
            self._is_ill = True
        else:
            self._is_ill = False


def _heed(tell: Callable[[str], None]) -> Sequence[signal.Signals]:
    """Have what asks us to stop told, unless somebody has us ignore it; return what is heeded."""
    heard: dict[int, float] = {}

    def hear(number: int, _: object) -> None:
        last, heard[number] = heard.get(number, -_ONCE), time.monotonic()
        if heard[number] - last >= _ONCE:
            tell(signal.Signals(number).name)

    asking = {signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}
    heeded = [each for each in asking if signal.getsignal(each) is not signal.SIG_IGN]
    for each in heeded:
        signal.signal(each, hear)
    return heeded


@contextmanager
def _own_place() -> Iterator[Mapping[str, str]]:
    """Yield the environment of an audit with a place of its own for what it keeps meanwhile.

    One that is killed cannot put away what it has read of Azure; a watch that lives long would fill the disk with it.
    """
    with ExitStack() as stack:
        environment = dict(os.environ)
        with suppress(OSError):  # there is no such place: an audit of files needs none, and another one says so
            folder = tempfile.TemporaryDirectory(prefix="auditor-watch-", ignore_cleanup_errors=True)
            environment["TMPDIR"] = stack.enter_context(folder)
        yield environment


def _kill(child: _Child) -> None:
    """Kill an audit that does not end, with all that it has started."""
    if child.poll() is None:
        with suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL) if hasattr(os, "killpg") else child.kill()


def _reap() -> None:
    """As the first process of a container, let go of what others left behind; nothing of ours runs just now."""
    with suppress(OSError):
        while os.getpid() == 1 and os.waitpid(-1, os.WNOHANG)[0]:
            continue


def _wall(moment: float) -> float:
    """Return a moment of the steady clock in seconds since 1970."""
    return time.time() + moment - time.monotonic()
