"""Keeps requests inside Azure's quotas: waits before the refusal comes, and as long as Azure says once it came.

Specification Q9 and Q11 to Q13. Resource Graph counts queries of a user in a window and tells in headers what
is left; Azure Resource Manager counts reads of a subscription. A request sent too early starts the wait anew, so all
requests against one quota wait together.
"""

import threading
from typing import Any

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import SansIOHTTPPolicy

from auditor.collectors.live.clock import Clock

_GRAPH = "/providers/microsoft.resourcegraph/"
_TOO_MANY = 429
_READS_LEFT = ("x-ms-ratelimit-remaining-subscription-reads", "x-ms-ratelimit-remaining-tenant-reads")
_RESERVE = 10
"""Reads of a subscription to leave in Azure's bucket, which many requests under way may still take from."""
_REFILL = 1.0
"""Seconds in which Azure puts 25 reads back into the bucket (Q11)."""


class Pacing(SansIOHTTPPolicy[Any, Any]):
    """Waits before a request as long as the answers before it say. Goes behind the policy that retries."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Wait until the quota of the request has room."""
        quota = _quota(request.http_request.url)
        while (left := self._until.get(quota, 0.0) - self._clock.now()) > 0:
            self._clock.sleep(left)

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Take note of what is left of the quota."""
        quota, headers = _quota(request.http_request.url), response.http_response.headers
        if response.http_response.status_code == _TOO_MANY:
            wait = _seconds(headers.get("Retry-After")) or _span(headers.get("x-ms-user-quota-resets-after"))
        elif headers.get("x-ms-user-quota-remaining") == "0":
            wait = _span(headers.get("x-ms-user-quota-resets-after"))
        elif any(_seconds(headers.get(each), _RESERVE) < _RESERVE for each in _READS_LEFT):
            wait = _REFILL
        else:
            return
        with self._lock:
            self._until[quota] = max(self._until.get(quota, 0.0), self._clock.now() + wait)


def _quota(url: str) -> str:
    """Return the quota a request counts against: that of Resource Graph, or that of a subscription."""
    path = url.lower().partition("://")[2].partition("/")[2]
    if _GRAPH in f"/{path}":
        return "graph"
    words = path.partition("?")[0].split("/")
    return words[1] if words[0] == "subscriptions" and len(words) > 1 else ""


def _seconds(text: str | None, default: float = 0.0) -> float:
    try:
        return float(text) if text else default
    except ValueError:
        return default


def _span(text: str | None) -> float:
    """Return the seconds of "hh:mm:ss"; of anything else, those of the window Azure documents."""
    try:
        hours, minutes, seconds = (float(each) for each in (text or "").split(":"))
    except ValueError:
        return 5.0
    return hours * 3600 + minutes * 60 + seconds
