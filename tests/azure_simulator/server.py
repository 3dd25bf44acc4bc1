"""The simulator: a tenant of Azure on loopback, for the real Azure SDK to talk to."""

import ssl
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import trustme

from tests.azure_simulator import graph, identity
from tests.azure_simulator.answers import Answer, Asked, unauthorized
from tests.azure_simulator.arm import Arm
from tests.azure_simulator.clock import SystemClock
from tests.azure_simulator.faults import Fault, Kind, Plan, instead
from tests.azure_simulator.graph import Graph
from tests.azure_simulator.identity import Identity
from tests.azure_simulator.quota import Buckets, Clock, Window
from tests.azure_simulator.served import Served
from tests.azure_simulator.serving import LOOPBACK, Delivery, Listener, Way

MOST_ROWS = 1_000
GRAPH_QUOTA = (15, 5.0)
ARM_READS = (250, 25.0)
TOKEN_LIFETIME = 86_400.0

_WAYS = {
    Kind.RESET: Way.RESET,
    Kind.STALLED: Way.STALLED,
    Kind.CUT_JSON: Way.CUT_JSON,
    Kind.CUT_BODY: Way.CUT_BODY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked of ARM or Resource Graph, and how it ended.

    path: without the query string; query: the text of a Resource Graph query; status: 0 where no answer was sent;
    time: by the clock, when it was asked; faults: those that hit it, in words.
    """

    method: str
    path: str
    query: str
    status: int
    time: float
    faults: tuple[str, ...] = ()


class AzureSimulator:
    """A tenant of Azure on loopback, from entering the context to leaving it.

    snapshot: what is served, as `snapshot/1`; gaps whose scope is a subscription make it unreadable.
    graph_snapshot: what Resource Graph shows where it lags behind ARM.
    faults: what goes wrong. clock: what the quotas are told by. page_size: the most entries of any page, up to 1,000.
    graph_quota: queries, and the seconds of the window they are counted in.
    arm_reads: the size of the bucket of each subscription, and how many reads come back in a second.
    management_groups: the subscriptions below each; see Served. token_lifetime: see Identity. port: 0 for any.
    """

    def __init__(  # noqa: PLR0913 - everything has its default
        self,
        snapshot: Mapping[str, Any],
        *,
        graph_snapshot: Mapping[str, Any] | None = None,
        faults: Iterable[Fault] = (),
        clock: Clock | None = None,
        page_size: int = MOST_ROWS,
        graph_quota: tuple[int, float] = GRAPH_QUOTA,
        arm_reads: tuple[int, float] = ARM_READS,
        management_groups: Mapping[str, Sequence[str]] | None = None,
        token_lifetime: float = TOKEN_LIFETIME,
        port: int = 0,
    ) -> None:
        if not 1 <= page_size <= MOST_ROWS:
            raise ValueError(f"page_size is {page_size}; Azure's pages hold 1 to {MOST_ROWS} entries")
        self.requests: list[Request] = []
        self.refused_for_quota = 0
        self.endpoint = ""
        self.environment: dict[str, str] = {}
        self._served = Served(snapshot, graph_snapshot, management_groups)
        self.faults = tuple(self._settled(each) for each in faults)
        self._plan = Plan(self.faults)
        self.clock = clock or SystemClock()
        self._identity = Identity(token_lifetime)
        self._graph = Graph(self._served, page_size, Window(*graph_quota, self.clock))
        self._arm = Arm(self._served, page_size, Buckets(*arm_reads, self.clock))
        self._port = port
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Start to listen."""
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="azure-simulator-")))
            certificate = folder / "authority.pem"
            authority, context = _trust()
            authority.cert_pem.write_to_path(certificate)
            for respond, port, secure in ((self._respond, self._port, context), (self._issue, 0, None)):
                listener = Listener(respond, port, secure)
                stack.callback(listener.close)
                self._listeners.append(listener)
            azure, tokens = self._listeners
            self.endpoint = self._arm.endpoint = f"https://localhost:{azure.port}"
            self.environment = {
                "AUDITOR_ARM_ENDPOINT": self.endpoint,
                "REQUESTS_CA_BUNDLE": str(certificate),
                "IDENTITY_ENDPOINT": f"http://{LOOPBACK}:{tokens.port}{identity.PATH}",
                "IDENTITY_HEADER": self._identity.header,
                "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
                "NO_PROXY": f"localhost,{LOOPBACK}",
                "no_proxy": f"localhost,{LOOPBACK}",
            }
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop to listen; raises what went wrong in the simulator itself, if anything did."""
        self._stack.close()
        failures = [each for listener in self._listeners for each in listener.failures]
        if failures and fault is None:
            raise RuntimeError(f"the simulator itself failed: {failures[0]!r}") from failures[0]

    @property
    def tokens_issued(self) -> int:
        """How many tokens the managed identity was given."""
        return self._identity.issued

    @property
    def came_true(self) -> tuple[Fault, ...]:
        """The faults that have hit at least one request."""
        return self._plan.came_true()

    def expire_tokens(self) -> None:
        """Make every token issued so far one that no longer holds; new ones do."""
        self._identity.revoke_all()

    def _settled(self, fault: Fault) -> Fault:
        """Return a fault with the subscription it closes by name."""
        readable = self._served.readable
        if fault.kind is not Kind.FORBIDDEN or isinstance(fault.subscription, str) or not readable:
            return fault
        return replace(fault, subscription=readable[fault.subscription % len(readable)])

    def _issue(self, asked: Asked) -> Delivery:
        """Answer a request to the managed-identity endpoint."""
        return Delivery(answer=self._identity.answer(asked))

    def _respond(self, asked: Asked) -> Delivery:
        """Answer a request to ARM or Resource Graph, and keep it in the log."""
        time = self.clock.now()
        authorization = asked.headers.get("authorization")
        faults: tuple[Fault, ...] = ()
        if self._identity.holds(authorization):
            faults = self._plan.struck(asked)
            delivery = self._delivery(asked, faults)
        else:
            delivery = Delivery(answer=unauthorized())
        if any(each.kind in {Kind.EXPIRED_TOKEN, Kind.REVOKED_TOKEN} for each in faults):
            self._identity.revoke(authorization)
        entry = Request(
            method=asked.method,
            path=asked.path,
            query=asked.query,
            status=0 if delivery.way is Way.RESET else delivery.answer.status,
            time=time,
            faults=tuple(map(str, faults)),
        )
        with self._lock:
            self.requests.append(entry)
        return delivery

    def _delivery(self, asked: Asked, faults: tuple[Fault, ...]) -> Delivery:
        """Return the answer to a request as the faults that hit it have it; the first that replaces it wins."""
        way, seconds = Way.WHOLE, 0.0
        for fault in faults:
            if (answer := instead(fault, asked)) is not None:
                return Delivery(answer=answer)
            if fault.kind is Kind.RESET:
                return Delivery(answer=Answer(body=None), way=Way.RESET)
            if fault.kind in _WAYS:
                way, seconds = _WAYS[fault.kind], fault.seconds or 0.0
        kinds = frozenset(each.kind for each in faults)
        closed = {str(each.subscription).lower() for each in faults if each.kind is Kind.FORBIDDEN}
        service = self._graph if asked.path.lower().rstrip("/") == graph.PATH else self._arm
        answer, over = service.answer(asked, kinds, closed)
        with self._lock:
            self.refused_for_quota += over
        spoilt = way if answer.status == HTTPStatus.OK else Way.WHOLE
        return Delivery(answer=answer, way=spoilt, seconds=seconds)


@lru_cache
def _trust() -> tuple[trustme.CA, ssl.SSLContext]:
    """Return the authority of this process and a context with its certificate for localhost."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", LOOPBACK).configure_cert(context)
    return authority, context
