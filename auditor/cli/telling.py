"""What a command says on stderr while it works: progress on a terminal, a log where one is asked for."""

import json
import logging
import sys
import time
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

_LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)
_LOG = logging.getLogger("auditor")


def say(line: str) -> None:
    """Write a line to stderr, whatever names it holds, if anybody reads it: what is said there decides nothing."""
    from auditor.reporters.text import plain

    if sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.write(f"{plain(line)}\n")
            sys.stderr.flush()


def set_up_log(verbose: int, form: str) -> None:
    """Log to stderr: nothing but warnings, what is done (1), or every request with the ids Azure gave it (2)."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if form == "json" else _Text())
    sdk = logging.getLogger("azure")
    for logger in (_LOG, sdk):
        logger.handlers[:] = [handler]
        logger.propagate = False
    _LOG.setLevel(_LEVELS[min(verbose, 2)])
    sdk.setLevel(logging.WARNING if verbose else logging.CRITICAL)  # what it warns of is retried, or becomes a gap
    logging.getLogger("azure.identity").setLevel(logging.INFO if verbose > 1 else logging.NOTSET)


class _Text(logging.Formatter):
    """A line for a person."""

    def format(self, record: logging.LogRecord) -> str:
        from auditor.reporters.text import plain

        ids = " ".join(f"{name}={value}" for name, value in _azure(record).items())
        message = " ".join(record.getMessage().split())
        return plain(f"{self.formatTime(record, '%H:%M:%S')} {record.levelname.lower()} {message} {ids}".rstrip())


class _Json(logging.Formatter):
    """A line of JSON for a machine."""

    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        said = {"time": at, "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        return json.dumps(said | _azure(record))


def _azure(record: logging.LogRecord) -> dict[str, str]:
    found: dict[str, str] = getattr(record, "azure", {})
    return found


class Telling:
    """Progress of a collection: a bar on a terminal, nothing where stderr is piped. quiet: no bar, for a log runs."""

    def __init__(self, *, quiet: bool) -> None:
        self._on_terminal = sys.stderr is not None and sys.stderr.isatty()
        self._shown = self._on_terminal and not quiet
        self._bar: Any = None
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        """Take the bar away."""
        self._close()

    def stage(self, what: str, total: int | None = None) -> None:
        """Show that something new is read. total: how many steps it takes, where that is known."""
        _LOG.info("reading %s", what)
        self._close()
        if self._shown:
            from tqdm import tqdm

            self._bar = tqdm(total=total, desc=f"reading {what}", unit="", leave=False, file=sys.stderr)

    def advance(self, steps: int = 1) -> None:
        """Show that it goes on."""
        if self._bar is not None:
            self._bar.update(steps)

    def conclude(self, resources: int, gaps: int, requests: int) -> None:
        """Say what came of it: on a terminal, and in a log."""
        taken = time.monotonic() - self._started
        line = f"read {resources:,} resources with {requests:,} requests in {taken:.0f} s; {gaps:,} gaps"
        _LOG.info("%s", line)
        if self._shown:
            say(line)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
