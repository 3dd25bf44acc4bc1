"""The health of a watch as a file, `watch-health/1`, and what a probe makes of it. Loads little: probes are many."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from auditor import __version__

SCHEMA = "watch-health/1"
_LARGEST = 64 * 1024
_AHEAD = 60.0
"""Seconds that the clock of who writes may be ahead; a watch that is alive writes anew long before they are over."""


class State(StrEnum):
    """What a watch does."""

    STARTING = "starting"
    AUDITING = "auditing"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass(slots=True, kw_only=True)
class Health:
    """How a watch is. All moments are in seconds since 1970-01-01 in UTC; None for what was not yet, or is not known.

    every: seconds from audit to audit. audits: how many were begun. skipped: how many moments passed during an audit
    that took too long. last_exit_code: as a shell tells it, 128 and the signal of one that was killed.
    last_success: when an audit last ended with a verdict (0 or 1). failures: how many in a row came to no report.
    """

    pid: int
    every: float
    state: State = State.STARTING
    audits: int = 0
    skipped: int = 0
    last_started: float | None = None
    last_finished: float | None = None
    last_exit_code: int | None = None
    last_success: float | None = None
    failures: int = 0
    next_at: float | None = None


def render(health: Health, now: float, stale_after: float) -> str:
    """Return the document. stale_after: from when a reader must take the watch for dead, if it is not written anew."""
    document = {
        "schema": SCHEMA,
        "tool": {"name": "azure-egress-auditor", "version": __version__},
        "pid": health.pid,
        "state": health.state,
        "every_seconds": health.every,
        "audits": health.audits,
        "skipped": health.skipped,
        "last_started": _stamp(health.last_started),
        "last_finished": _stamp(health.last_finished),
        "last_exit_code": health.last_exit_code,
        "last_success": _stamp(health.last_success),
        "consecutive_failures": health.failures,
        "next_at": _stamp(health.next_at),
        "written_at": stamp(now),
        "stale_after": stamp(stale_after),
    }
    return json.dumps(document, indent=2) + "\n"


def stamp(moment: float) -> str:
    """Return a moment as ISO 8601 in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _stamp(moment: float | None) -> str | None:
    return None if moment is None else stamp(moment)


def probe(file: str, now: float) -> tuple[bool, str]:
    """Return whether the watch that writes a file of health is alive, and one line that says so.

    Audits that fail do not make it dead: to start it anew would mend nothing.
    """
    try:
        with Path(file).open("rb") as opened:
            document = json.loads(opened.read(_LARGEST))
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            return False, f"not healthy: the file is no {SCHEMA}"
        state = State(document["state"])
        written, stale_after = (_moment(document[each]) for each in ("written_at", "stale_after"))
    except OSError as fault:
        return False, f"not healthy: the file cannot be read ({fault.strerror})"
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        return False, f"not healthy: the file is no {SCHEMA}"
    if state is State.STOPPED:
        return False, "not healthy: stopped"
    if stale_after < now:
        return False, f"not healthy: nothing was heard of it since long; it was {state}"
    if written > now + _AHEAD:
        return False, f"not healthy: it was {state} at a time that is yet to come; the clock was put back"
    return True, f"healthy: {state}{_failures(document)}"


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _failures(document: Mapping[str, object]) -> str:
    failures = document.get("consecutive_failures")
    return f"; the last {failures} audits failed" if isinstance(failures, int) and failures > 0 else ""
