"""Sends the measures of an audit, and a trace of it, by OpenTelemetry's protocol over HTTP.

The SDK is configured as OpenTelemetry says, by variables named `OTEL_...`: endpoint, headers, certificate, compression,
timeout, resource attributes, sampler. What it would log goes nowhere; one line tells what went wrong.
"""

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import requests
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult, MetricsData
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode

from auditor.measures import Course, Family

SERVICE = "azure-egress-auditor"
"""What the auditor is called where `OTEL_SERVICE_NAME` does not say otherwise."""

_PATIENCE = 10.0
_ODD = "the endpoint, a header or another of the variables OTEL_... is not as it has to be"
"""What is said of a value that no library can use: what these say of it themselves may show a secret."""

Attributes = Mapping[str, str | int]


def send(  # noqa: PLR0913 - what is sent, to whom, and how long it may take
    families: Sequence[Family],
    course: Course,
    attributes: Attributes,
    version: str,
    *,
    endpoint: str | None = None,
    patience: float = _PATIENCE,
) -> str:
    """Send the measures and a trace of an audit, side by side. Returns one line that says what went wrong, or "".

    families: none where the audit came to no report. attributes: of the root span. version: of the auditor.
    endpoint: base URL; None for what the environment says, or http://localhost:4318. patience: how many seconds it may
    take in all, whatever the other side does; what is not done by then is given up.
    """
    logging.getLogger("opentelemetry").propagate = False
    logging.getLogger("opentelemetry").handlers[:] = [logging.NullHandler()]
    resource = _resource(version)
    jobs = [
        _Job("traces", lambda session: _send_spans(_spans(course, attributes, resource), endpoint, session)),
        _Job("metrics", lambda session: _send_metrics(_data(families, resource), endpoint, session)),
    ]
    until = time.monotonic() + patience
    for each in jobs:
        each.start()
    for each in jobs:
        each.join(max(until - time.monotonic(), 0))
    return "; ".join(f"{each.name}: {each.fault}" for each in jobs if each.fault)


class _Job(Thread):
    """Sends one kind of signal. A daemon: one that the other side keeps waiting does not keep the process from ending.

    fault: what went wrong, or "".
    """

    def __init__(self, name: str, work: Callable[["_Session"], bool]) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self.fault = "no answer in time"

    def run(self) -> None:
        """Send, and keep what went wrong."""
        session = _Session()
        try:
            done = self._work(session)
        except Exception as fault:  # noqa: BLE001 - variables may be odd in any way, and nothing hangs on what is sent
            self.fault = session.fault or f"{_ODD} ({type(fault).__name__})"
        else:
            self.fault = "" if done else session.fault or "not sent"


class _Session(requests.Session):
    """A session that keeps why a request failed, and follows nobody elsewhere: the way there would lose the body."""

    fault = ""

    def request(self, *args: Any, **options: Any) -> requests.Response:  # noqa: ANN401 - the interface of requests
        """Send a request, once."""
        self.fault = _ODD
        parts = urlsplit(str(options.get("url") or args[1]))
        where = f"{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"  # without a password in it
        if isinstance(self.verify, str):  # or else REQUESTS_CA_BUNDLE would win over the certificate named for this
            options["verify"] = self.verify
        try:
            response = super().request(*args, **options)
        except requests.RequestException as fault:
            if not isinstance(fault, ValueError):  # or else it says a header, or a URL, that may be a secret
                self.fault = f"{where}: {_root(fault)}"
            raise
        self.fault = ""
        if not response.ok or response.is_redirect:
            self.fault = f"{where}: HTTP {response.status_code} {response.reason or ''}".rstrip()
        if response.is_redirect:
            raise requests.TooManyRedirects(self.fault)
        return response


def _root(fault: BaseException) -> str:
    """Return what lies behind a fault of a library, in one line."""
    while (deeper := fault.__cause__ or fault.__context__) is not None:
        fault = deeper
    return " ".join(str(getattr(fault, "strerror", None) or fault or type(fault).__name__).split())


def _is_off(signal: str) -> bool:
    """Whether the environment says that a kind of signal is not to be sent."""
    return os.environ.get(f"OTEL_{signal}_EXPORTER", "").strip().lower() == "none"


def _target(endpoint: str | None, path: str) -> str | None:
    return None if endpoint is None else f"{endpoint.rstrip('/')}/v1/{path}"


def _send_spans(spans: Sequence[ReadableSpan], endpoint: str | None, session: _Session) -> bool:
    """Return whether spans were taken; also where there are none to send."""
    if not spans or _is_off("TRACES"):
        return True
    exporter = OTLPSpanExporter(endpoint=_target(endpoint, "traces"), session=session)
    return exporter.export(spans) is SpanExportResult.SUCCESS


def _send_metrics(data: MetricsData | None, endpoint: str | None, session: _Session) -> bool:
    """Return whether measures were taken; also where there are none to send."""
    if data is None or not data.resource_metrics or _is_off("METRICS"):
        return True
    exporter = OTLPMetricExporter(endpoint=_target(endpoint, "metrics"), session=session)
    return exporter.export(data) is MetricExportResult.SUCCESS


def _resource(version: str) -> Resource:
    """Return what tells where the signals come from; the environment has the last word."""
    own = Resource({SERVICE_NAME: SERVICE, SERVICE_VERSION: version})
    return Resource.create().merge(own).merge(OTELResourceDetector().detect())


def _spans(course: Course, attributes: Attributes, resource: Resource) -> Sequence[ReadableSpan]:
    """Return the trace of an audit: one span for all of it, and one below it for each phase."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer(SERVICE)
    root = tracer.start_span("audit", start_time=_nano(course.at), attributes=attributes)
    inside = trace.set_span_in_context(root)
    for each in course.phases:
        span = tracer.start_span(each.name, context=inside, start_time=_nano(each.at))
        span.end(_nano(each.at + each.seconds))
    if course.fault:
        root.set_status(Status(StatusCode.ERROR, course.fault))
        root.add_event("exception", {"exception.message": course.fault}, timestamp=_nano(course.ended))
    root.end(_nano(course.ended))
    return kept.get_finished_spans()


def _data(families: Sequence[Family], resource: Resource) -> MetricsData | None:
    """Return measures as OpenTelemetry has them; None where there are none."""
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader], resource=resource, shutdown_on_exit=False).get_meter(SERVICE)
    for family in families:
        gauge = meter.create_gauge(family.name, unit=family.unit, description=family.help)
        for sample in family.samples:
            gauge.set(sample.value, dict(sample.labels))
    return reader.get_metrics_data()


def _nano(seconds: float) -> int:
    return round(seconds * 1_000_000) * 1000  # more digits than these a float does not have
