"""A line for each request sent to Azure, with the ids its support asks for, and nothing secret."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import SansIOHTTPPolicy

from auditor.collectors.live.clock import Clock

_LOG = logging.getLogger("auditor.azure")
_IDS = ("x-ms-client-request-id", "x-ms-request-id", "x-ms-correlation-request-id")
_STARTED = "auditor_started"


class RequestLog(SansIOHTTPPolicy[Any, Any]):
    """Logs requests, by path and without headers, tokens or page marks. sent: called for each."""

    def __init__(self, sent: Callable[[], None], clock: Clock) -> None:
        self._sent = sent
        self._clock = clock

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Take note of when it was sent."""
        self._sent()
        request.context[_STARTED] = self._clock.now()

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Log what became of it."""
        asked, answer = request.http_request, response.http_response
        taken = self._clock.now() - request.context.get(_STARTED, self._clock.now())
        ids = {each: answer.headers.get(each) or asked.headers.get(each) or "" for each in _IDS}
        _LOG.log(
            logging.DEBUG,
            "%s %s %s in %.0f ms",
            asked.method,
            urlsplit(asked.url).path,
            answer.status_code,
            taken * 1000,
            extra={"azure": {key: value for key, value in ids.items() if value}},
        )
