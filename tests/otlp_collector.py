"""A collector of OpenTelemetry on loopback, that decodes what it is sent with OpenTelemetry's own definitions."""

import gzip
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

Attributes = dict[str, str | int]


@dataclass(slots=True)
class Collector:
    """Takes what it is sent. status: what it answers with. headers: of the answers. wait: called before each answer.

    requests: path and headers of each request, as they came. resources: attributes of where signals come from.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: Callable[[], object] = bool
    context: ssl.SSLContext | None = None
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)
    resources: list[Attributes] = field(default_factory=list)
    _server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        """Listen."""
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    data = gzip.decompress(data)
                collector.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                collector.wait()
                if collector.status == 200:
                    collector.take(self.path, data)
                self.send_response(collector.status)
                for name, value in collector.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if self.context is not None:
            self._server.socket = self.context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        """Listen no more."""
        assert self._server
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server
        scheme = "http" if self.context is None else "https"
        return f"{scheme}://localhost:{self._server.server_address[1]}"

    def take(self, path: str, data: bytes) -> None:
        """Decode what came."""
        if path.endswith("/v1/traces"):
            for traces in ExportTraceServiceRequest.FromString(data).resource_spans:
                self.resources.append(attributes(traces.resource.attributes))
                self.spans += [span for scope in traces.scope_spans for span in scope.spans]
        else:
            for measures in ExportMetricsServiceRequest.FromString(data).resource_metrics:
                self.resources.append(attributes(measures.resource.attributes))
                self.metrics += [metric for scope in measures.scope_metrics for metric in scope.metrics]

    def values(self, name: str) -> dict[tuple[str, ...], float]:
        """Return the values of a metric by its labels."""
        (metric,) = [each for each in self.metrics if each.name == name]
        return {
            tuple(str(each) for each in attributes(point.attributes).values()): point.as_double or point.as_int
            for point in metric.gauge.data_points
        }

    def span(self, name: str) -> Span:
        """Return the one span of a name."""
        (span,) = [each for each in self.spans if each.name == name]
        return span


def attributes(pairs: Iterable[KeyValue]) -> Attributes:
    """Return attributes by name."""
    return {each.key: _value(each) for each in pairs}


def _value(pair: KeyValue) -> str | int:
    found: str | int = getattr(pair.value, pair.value.WhichOneof("value") or "string_value")
    return found
