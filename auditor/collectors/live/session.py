"""One conversation with Azure: reads that are retried, kept inside the quotas, logged, and never leave the host."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

from azure.core.credentials import TokenCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
)
from azure.core.pipeline import policies
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest
from azure.mgmt.core.policies import ARMChallengeAuthenticationPolicy
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions

from auditor import __version__
from auditor.collectors.live.clock import Clock
from auditor.collectors.live.clouds import Cloud
from auditor.collectors.live.identity import Renewable
from auditor.collectors.live.pacing import Pacing
from auditor.collectors.live.refusals import RefusedError
from auditor.collectors.live.requestlog import RequestLog
from auditor.errors import LiveError

_ATTEMPTS = 3
"""How often an answer is asked for that arrives damaged; what Azure refuses is retried by the SDK."""
_OK, _UNAUTHORIZED, _CONFLICT = 200, 401, 409
_EMPTY_PAGES = 20
"""How many pages without anything on them may follow each other: Azure filters after it has cut a list into pages."""
_ANY_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
_BOTH = frozenset({"GET", "POST"})
"""Methods that may be sent again: a query of Resource Graph is a POST, and changes nothing."""
_PATIENCE = {"retry_total": 10, "retry_status": 8, "retry_connect": 4, "retry_read": 4, "retry_backoff_max": 60}

Json = dict[str, Any]
Answer = TypeVar("Answer")


class _Transport(RequestsTransport):  # type: ignore[misc]  # loaded late by its package, so that it has no type
    """The transport of the SDK, waiting by a clock."""

    def __init__(self, clock: Clock, timeout: float) -> None:
        super().__init__(connection_timeout=min(timeout, 30.0), read_timeout=timeout)
        self._clock = clock

    def sleep(self, duration: float) -> None:
        self._clock.sleep(duration)


class Session:
    """Reads Azure as one identity. Safe to use from several threads.

    credential: makes the credential; once more where Azure does not take its token any longer, since credentials keep
    theirs. timeout: seconds to wait for an answer that has stalled. requests: how many were sent.
    """

    def __init__(
        self, cloud: Cloud, credential: Callable[[], TokenCredential], clock: Clock, *, timeout: float = 60.0
    ) -> None:
        self._cloud = cloud
        self._lock = threading.Lock()
        self._one_query = threading.Lock()
        self.requests = 0
        self._pacing = Pacing(clock)
        self._log = RequestLog(self._count, clock)
        self._credential = Renewable(credential)
        common: dict[str, Any] = {"base_url": cloud.endpoint, "cloud_setting": cloud.setting}
        arm, graph = self._pipeline(clock, timeout), self._pipeline(clock, timeout)
        self._arm = NetworkManagementClient(self._credential, _ANY_SUBSCRIPTION, **common, **arm)
        self._graph = ResourceGraphClient(self._credential, **common, **graph)

    def _pipeline(self, clock: Clock, timeout: float) -> dict[str, Any]:
        """Return the steps of every request: those of the SDK but for two that have no place in a tool that only reads.

        One registers resource providers, which is a write; the other follows redirections to other hosts.
        """
        steps = [
            policies.RequestIdPolicy(),
            policies.UserAgentPolicy(f"azure-egress-auditor/{__version__}"),
            policies.ProxyPolicy(),
            policies.ContentDecodePolicy(),
            policies.RetryPolicy(retry_on_status_codes=[_CONFLICT], **_PATIENCE),
            self._pacing,
            ARMChallengeAuthenticationPolicy(self._credential, *self._cloud.scopes),
            self._log,
        ]
        return {"policies": steps, "transport": _Transport(clock, timeout)}

    def close(self) -> None:
        """Close every connection."""
        self._arm.close()
        self._graph.close()
        self._credential.close()

    def read(self, path: str, api_version: str) -> Json:
        """Return the object at a path of Azure Resource Manager. Raises RefusedError, LiveError."""
        if not path.startswith("/") or path.startswith("//"):
            raise RefusedError(_OK, "", "its id is no path, and may lead elsewhere")
        separator = "&" if "?" in path else "?"
        return self._get(f"{path}{separator}api-version={api_version}")

    def listing(self, path: str, api_version: str) -> list[Json]:
        """Return every item of a list, from all its pages. Raises RefusedError, LiveError."""
        return [each for page in self.pages(path, api_version) for each in _objects(page)]

    def pages(self, path: str, api_version: str) -> list[Json]:
        """Return the pages of a list; each names the next, which must be on the same host (Q14).

        A page that comes twice stands in the place of another: then all of them are asked for anew.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return list(self._paged(path, api_version))
            except RefusedError as refused:
                if not refused.is_damage or attempt == _ATTEMPTS:
                    raise
        raise AssertionError  # the last attempt returns or raises

    def _paged(self, path: str, api_version: str) -> Iterator[Json]:
        page = self.read(path, api_version)
        seen: set[str] = set()
        before: list[object] = []
        empty = 0
        while True:
            items = page.get("value") or page.get("values")
            if items and items in before:
                raise RefusedError(_OK, "", "a page of its list came twice", is_damage=True)
            before.append(items)
            yield page
            empty = 0 if page.get("value") or page.get("values") else empty + 1
            if empty > _EMPTY_PAGES:
                raise RefusedError(_OK, "", "its list goes on without end, page after empty page")
            link = page.get("nextLink")
            if not link:
                return
            if not isinstance(link, str) or link in seen:
                raise RefusedError(_OK, "", "its list names no next page that can be asked for")
            seen.add(link)
            self._stay(link)
            page = self._get(link)

    def query(
        self, text: str, subscriptions: Sequence[str] | None, skip_token: str | None, top: int
    ) -> tuple[Json, Json]:
        """Return one page of a query of Resource Graph, and the headers it came with, in lower case.

        subscriptions: None for all that the identity sees. Queries of all threads wait for each other: their quota
        is that of the user (Q9), and an answer says what is left of it.
        """
        options = QueryRequestOptions(top=top, skip_token=skip_token, result_format="objectArray")
        asked = None if subscriptions is None else list(subscriptions)
        request = QueryRequest(query=text, subscriptions=asked, options=options)

        def ask() -> tuple[Json, Json]:
            answer: Any = self._graph.resources(request, cls=_as_answered, retry_on_methods=_BOTH)
            body, headers = answer
            return _object(body), headers

        with self._one_query:
            return self._patiently(ask)

    def _get(self, url: str) -> Json:
        def ask() -> Json:
            response = self._arm.send_request(HttpRequest("GET", url))
            if response.status_code != _OK:
                raise _refusal(response)
            return _object(response.json())

        return self._patiently(ask)

    def _patiently(self, ask: Callable[[], Answer]) -> Answer:
        """Ask, and again where what came was damaged, or the token had run out. The SDK retries everything else."""
        for attempt in range(1, _ATTEMPTS + 1):
            credential = self._credential.number
            try:
                return _told(ask)
            except RefusedError as refused:
                if refused.status == _UNAUTHORIZED:
                    self._credential.renew(credential)
                elif not refused.is_damage:
                    raise
                if attempt < _ATTEMPTS:
                    continue
                if refused.status == _UNAUTHORIZED:
                    advice = "sign in again, or choose another --auth"
                    raise LiveError(f"Azure does not accept the token of this identity; {advice}") from None
                raise
        raise AssertionError  # the last attempt returns or raises

    def _stay(self, link: str) -> None:
        parts = urlsplit(link)
        if parts.scheme != "https" or parts.netloc.lower() != self._cloud.host:
            raise RefusedError(_OK, "", f"its next page is said to be at {parts.netloc}, where no token is sent")

    def _count(self) -> None:
        with self._lock:
            self.requests += 1


def _told(ask: Callable[[], Answer]) -> Answer:
    """Ask, with whatever goes wrong as one of two things: what Azure said instead, or that nobody may ask."""
    try:
        return ask()
    except (DecodeError, ValueError, RecursionError) as fault:
        raise RefusedError(0, "", _first_line(fault), is_damage=True) from None
    except ClientAuthenticationError as fault:
        if fault.response is None:
            raise LiveError(_no_identity(fault)) from None
        raise RefusedError(_UNAUTHORIZED, "", _first_line(fault)) from None
    except HttpResponseError as fault:
        raise (_unanswered(fault) if fault.response is None else _refusal(fault.response)) from None
    except AzureError as fault:
        raise _unanswered(fault) from None


def _as_answered(response: Any, _model: Any, _headers: Any) -> tuple[Json, Json]:  # noqa: ANN401 - of the SDK
    """Return what Resource Graph answered, as it did."""
    body = response.context[policies.ContentDecodePolicy.CONTEXT_NAME]
    return body, {name.lower(): value for name, value in response.http_response.headers.items()}


def _refusal(response: Any) -> RefusedError:  # noqa: ANN401 - of the SDK, in one of two kinds
    """Return what Azure said instead of an answer."""
    try:
        body = response.json()
    except (ValueError, AzureError):
        body = {}
    error = body.get("error") if isinstance(body, Mapping) else None
    said: Mapping[str, Any] = error if isinstance(error, Mapping) else body if isinstance(body, Mapping) else {}
    code, message = said.get("code") or said.get("Code"), said.get("message") or said.get("Message")
    return RefusedError(response.status_code, str(code or ""), " ".join(str(message or "").split()))


def _unanswered(fault: Exception) -> RefusedError:
    return RefusedError(0, "", _first_line(fault))


def _first_line(fault: Exception) -> str:
    return next((line.strip() for line in str(fault).splitlines() if line.strip()), type(fault).__name__)


def _no_identity(fault: Exception) -> str:
    logging.getLogger("auditor.azure").info("%s", fault)
    advice = "sign in with `az login`, or choose an identity with --auth"
    return f"no identity to read Azure with: {_first_line(fault).rstrip('.')}; {advice}"


def _object(value: object) -> Json:
    if not isinstance(value, dict):
        raise RefusedError(0, "", "it is no object", is_damage=True)
    return value


def _objects(page: Json) -> list[Json]:
    """Return the items on a page: none is said by an empty list, not by the lack of one (J3)."""
    items = page.get("value")
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise RefusedError(_OK, "", "it holds no list of items")
    return items
