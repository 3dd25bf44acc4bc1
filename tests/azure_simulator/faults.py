"""Faults on demand: what goes wrong, at which requests, and how often."""

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from tests.azure_simulator.answers import Answer, Asked, error, unauthorized


class Kind(Enum):
    """What goes wrong. The value says it to a person and names it on the command line."""

    EXPIRED_TOKEN = "expired-token"  # noqa: S105 - 401 invalid_token; the token asked with never works again
    REVOKED_TOKEN = "revoked-token"  # noqa: S105 - the same with a claims challenge, which the SDK answers by itself
    FORBIDDEN = "forbidden"  # a subscription cannot be read: ARM refuses, Resource Graph leaves its rows out
    GONE = "gone"  # 404
    CONFLICT = "conflict"  # 409
    THROTTLED = "throttled"  # 429; with seconds, says Retry-After
    LOCKED = "locked"  # 429 that means "locked by another operation"
    BROKEN = "broken"  # 500
    UNAVAILABLE = "unavailable"  # 503; with seconds, says Retry-After
    RESET = "reset"  # the connection is reset instead of an answer
    STALLED = "stalled"  # headers and half a body, then nothing for `seconds` of real time, then the end
    CUT_JSON = "cut-json"  # half of the JSON, with a Content-Length that is right for it
    CUT_BODY = "cut-body"  # half of the body, with the Content-Length of the whole
    REPEATED_PAGE = "repeated-page"  # the next page is this page once more
    SHIFTED_PAGE = "shifted-page"  # between two pages a row is missed and another one repeated
    WRONG_TOTAL = "wrong-total"  # totalRecords tells one row too many
    TRUNCATED = "truncated"  # resultTruncated, and no token
    FOREIGN_LINK = "foreign-link"  # nextLink leads to another host
    ENDLESS = "endless"  # after the last page there is always one more, empty
    LAGGING = "lagging"  # Resource Graph shows documents as they were before their last change


SECONDS = frozenset({Kind.THROTTLED, Kind.UNAVAILABLE, Kind.STALLED})
"""Kinds for which `seconds` means something."""

ELSEWHERE = "https://elsewhere.invalid"
"""The host a FOREIGN_LINK leads to; nothing answers there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    method, path, query: regular expressions, without case, that a request has to match to be counted: method and query
        string-less path whole, the text of a Resource Graph query anywhere. Empty matches everything.
    nth: the first of the counted requests that is hit, from 1. times: how many are hit in a row; None for all of them.
    seconds: see SECONDS. subscription: the one FORBIDDEN closes, or its number among those served, counted round.
    """

    kind: Kind
    method: str = ""
    path: str = ""
    query: str = ""
    nth: int = 1
    times: int | None = 1
    seconds: float | None = None
    subscription: str | int = 0

    def __str__(self) -> str:
        """Return the fault in words, so that a failing test explains itself."""
        what = self.kind.value
        if self.kind is Kind.FORBIDDEN:
            what += f" subscription {self.subscription}"
        if self.kind in SECONDS and self.seconds is not None:
            what += f" {self.seconds:g} s"
        which = " ".join(each for each in (self.method or "any method", self.path or "any path") if each)
        if self.query:
            which += f" with query /{self.query}/"
        return f"{what}, {self._often()} of: {which}"

    def _often(self) -> str:
        """Return which of the counted requests are hit, in words."""
        if self.times is None:
            return "every one" if self.nth == 1 else f"every one from number {self.nth} on"
        last = self.nth + self.times - 1
        return f"number {self.nth}" if last == self.nth else f"numbers {self.nth} to {last}"

    def counts(self, asked: Asked) -> bool:
        """Tell whether a request is one of those this fault counts."""
        return (
            _fits(self.method, asked.method)
            and _fits(self.path, asked.path)
            and (not self.query or re.search(self.query, asked.query, re.IGNORECASE) is not None)
        )

    def hits(self, number: int) -> bool:
        """Tell whether the counted request of that number, from 1, is hit."""
        return number >= self.nth and (self.times is None or number < self.nth + self.times)


def _fits(pattern: str, text: str) -> bool:
    return not pattern or re.fullmatch(pattern, text, re.IGNORECASE) is not None


class Plan:
    """The faults of one simulator, with what each of them has counted."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._counts = {number: (fault, 0) for number, fault in enumerate(faults)}
        self._lock = threading.Lock()

    def struck(self, asked: Asked) -> tuple[Fault, ...]:
        """Count a request and return the faults that hit it, in the order they were given."""
        with self._lock:
            hit = []
            for number, (fault, count) in self._counts.items():
                if fault.counts(asked):
                    self._counts[number] = (fault, count + 1)
                    if fault.hits(count + 1):
                        hit.append(fault)
            return tuple(hit)

    def came_true(self) -> tuple[Fault, ...]:
        """Return the faults that have hit at least one request."""
        with self._lock:
            return tuple(fault for fault, count in self._counts.values() if count >= fault.nth)


def instead(fault: Fault, asked: Asked) -> Answer | None:
    """Return the answer a fault gives instead of the real one; None for a fault that spoils or ends the real one."""
    retry = {} if fault.seconds is None else {"Retry-After": f"{fault.seconds:g}"}
    match fault.kind:
        case Kind.EXPIRED_TOKEN | Kind.REVOKED_TOKEN:
            return unauthorized(claims=fault.kind is Kind.REVOKED_TOKEN)
        case Kind.GONE:
            return error(404, "ResourceNotFound", "The Resource was not found; it was deleted a moment ago.")
        case Kind.CONFLICT:
            return error(409, "Conflict", "Another operation is in progress on this resource.")
        case Kind.THROTTLED if asked.query and not retry:
            return Answer(status=429, body="")  # Resource Graph has been seen to say no more than this
        case Kind.THROTTLED:
            return error(429, "TooManyRequests", "The request is being throttled.", headers=retry)
        case Kind.LOCKED:
            return _locked(asked)
        case Kind.BROKEN:
            return error(500, "InternalServerError", "Encountered internal server error.")
        case Kind.UNAVAILABLE:
            return error(503, "ServiceUnavailable", "The service is temporarily unavailable.", headers=retry)
        case _:
            return None


def _locked(asked: Asked) -> Answer:
    """Return the 429 for a resource that another operation holds; Microsoft.Web says it in a form of its own."""
    if "/providers/microsoft.web/" in asked.path.lower():
        why = "Cannot acquire exclusive lock to update this resource. Retry the request later."
        return Answer(status=429, body={"Code": "429", "Message": why, "Details": [{"Message": why}]})
    why = "Another operation is updating the resource. The call can be retried in 12 seconds."
    details = [("RetryableErrorDueToAnotherOperation", why)]
    return error(429, "RetryableError", "A retryable error occurred.", details=details)
