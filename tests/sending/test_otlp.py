"""OpenTelemetry over HTTP, against a real server on loopback."""

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from auditor.measures import SECONDS, Course, Family, Phase, Sample
from auditor.sending.otlp import send
from tests.otlp_collector import Collector, attributes
from tests.sending.servers import free_port

COURSE = Course(
    at=1_800_000_000.25,
    ended=1_800_000_004.25,
    phases=(
        Phase(name="read", at=1_800_000_000.5, seconds=2.0),
        Phase(name="decide", at=1_800_000_002.5, seconds=1.5),
    ),
    exit_code=1,
)
FAMILIES = (
    Family(
        name="auditor.findings",
        unit="{finding}",
        help="Findings that stand.",
        samples=(
            Sample(labels={"check": "no-firewall", "level": "error"}, value=2),
            Sample(labels={"check": "no-firewall", "level": "note"}, value=0),
        ),
    ),
    Family(name="auditor.last_run.timestamp", unit=SECONDS, help="When.", samples=(Sample(labels={}, value=1.5e9),)),
)


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin with an environment that says nothing of OpenTelemetry, and of no proxy."""
    for name in list(os.environ):
        if name.startswith("OTEL_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Return a collector that takes all."""
    with Collector() as found:
        yield found


def sent(endpoint: str | None = None, course: Course = COURSE, patience: float = 10.0) -> str:
    """Send the measures above; return what went wrong."""
    return send(FAMILIES, course, {"auditor.exit_code": 1}, "0.1.0", endpoint=endpoint, patience=patience)


def test_what_arrives(collector: Collector) -> None:
    """Measures with unit and meaning; a span for the audit and one below it for each phase; all from one service."""
    assert sent(collector.url) == ""
    root, read, decide = (collector.span(name) for name in ("audit", "read", "decide"))
    findings, moment = collector.metrics

    assert sorted(path for path, _ in collector.requests) == ["/v1/metrics", "/v1/traces"]
    assert (findings.name, findings.unit, findings.description) == (
        "auditor.findings",
        "{finding}",
        "Findings that stand.",
    )
    assert collector.values("auditor.findings") == {("no-firewall", "error"): 2, ("no-firewall", "note"): 0}
    assert (moment.unit, collector.values(moment.name)) == ("s", {(): 1.5e9})
    assert (root.start_time_unix_nano, root.end_time_unix_nano) == (
        1_800_000_000_250_000_000,
        1_800_000_004_250_000_000,
    )
    assert read.end_time_unix_nano == decide.start_time_unix_nano == 1_800_000_002_500_000_000
    assert {read.parent_span_id, decide.parent_span_id} == {root.span_id}
    assert {read.trace_id, decide.trace_id} == {root.trace_id}
    assert attributes(root.attributes) == {"auditor.exit_code": 1}
    assert root.status.code == 0
    assert [each["service.name"] for each in collector.resources] == ["azure-egress-auditor"] * 2
    assert [each["service.version"] for each in collector.resources] == ["0.1.0"] * 2


def test_an_audit_that_failed(collector: Collector) -> None:
    """Its trace has the error, and there are no measures of it."""
    course = Course(at=1.0, ended=2.0, phases=(), exit_code=2, fault="estate.json: no such file")

    assert send((), course, {}, "0.1.0", endpoint=f"{collector.url}/") == ""
    root = collector.span("audit")
    assert (root.status.code, root.status.message) == (2, "estate.json: no such file")
    assert attributes(root.events[0].attributes)["exception.message"] == "estate.json: no such file"
    assert [path for path, _ in collector.requests] == ["/v1/traces"]


def test_the_variables_of_opentelemetry_decide(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """Endpoint, headers, compression, name and attributes, as for every program that speaks OpenTelemetry."""
    for name, value in {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"{collector.url}/tenant",
        "OTEL_EXPORTER_OTLP_HEADERS": "api-key=secret%20key,x-scope=egress",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
        "OTEL_SERVICE_NAME": "egress-of-shop",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=prod",
    }.items():
        monkeypatch.setenv(name, value)

    assert sent() == ""
    assert sorted(path for path, _ in collector.requests) == ["/tenant/v1/metrics", "/tenant/v1/traces"]
    assert {headers["api-key"] for _, headers in collector.requests} == {"secret key"}
    assert {headers["content-encoding"] for _, headers in collector.requests} == {"gzip"}
    assert {each["service.name"] for each in collector.resources} == {"egress-of-shop"}
    assert {each["deployment.environment"] for each in collector.resources} == {"prod"}
    assert len(collector.spans) == 3


@pytest.mark.parametrize(
    ("name", "value", "paths"),
    [
        ("OTEL_SDK_DISABLED", "true", []),
        ("OTEL_TRACES_EXPORTER", "none", ["/v1/metrics"]),
        ("OTEL_METRICS_EXPORTER", "none", ["/v1/traces"]),
        ("OTEL_TRACES_SAMPLER", "always_off", ["/v1/metrics"]),
    ],
)
def test_what_is_switched_off_is_not_sent(
    name: str, value: str, paths: list[str], collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that is no fault."""
    monkeypatch.setenv(name, value)

    assert sent(collector.url) == ""
    assert [path for path, _ in collector.requests] == paths


@pytest.fixture
def authority() -> trustme.CA:
    """Return an authority that nobody trusts but who is told to."""
    return trustme.CA()


def test_tls(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate is checked, by the authority that the environment names; without it nothing is sent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "other.pem"))
    with Collector(context=context) as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")
        refused = sent(collector.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", str(file))

        assert "certificate verify failed" in refused
        assert collector.requests == []
        assert sent(collector.url) == ""
        assert len(collector.spans) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 500])
def test_a_collector_that_refuses(status: int) -> None:
    """The line says what it answered and where, without what the URL may hold of a password; it is not asked again."""
    with Collector(status=status) as collector:
        url = collector.url.replace("://", "://user:secret@")
        why = sent(f"{url}/base")

        assert f"traces: localhost:{url.rpartition(':')[2]}/base/v1/traces: HTTP {status} " in why
        assert "; metrics: localhost:" in why
        assert "secret" not in why
        assert len(collector.requests) == 2


def test_a_redirection_is_not_followed(collector: Collector) -> None:
    """Elsewhere nobody would get the body, and somebody else might get the headers."""
    with Collector(status=302, headers={"Location": f"{collector.url}/v1/traces"}) as elsewhere:
        assert ": HTTP 302" in sent(elsewhere.url)
    assert collector.requests == []


def test_a_collector_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line says so, within the time that the environment allows."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.1")
        why = sent(f"http://127.0.0.1:{taken.getsockname()[1]}")

    assert why.count("Connection refused") == 2


def test_a_collector_that_never_answers() -> None:
    """Whatever the other side does, sending is given up in time, and leaves nothing that keeps the process alive."""
    answered = threading.Event()
    with Collector(wait=answered.wait) as collector:
        began = time.monotonic()
        why = sent(collector.url, patience=0.3)
        taken = time.monotonic() - began
        left = [each for each in threading.enumerate() if each.name in {"traces", "metrics"}]
        answered.set()

    assert why == "traces: no answer in time; metrics: no answer in time"
    assert taken < 5  # of the ten that the SDK would take
    assert all(each.daemon for each in left)
    for each in left:
        each.join()


@pytest.mark.parametrize("endpoint", ["", "no url", "ftp://localhost", "http://", "http://[", "http://localhost:none"])
def test_an_endpoint_that_is_none(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, and nothing else."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.1")
    why = sent(endpoint)

    assert why.startswith("traces: ")
    assert "\n" not in why


def test_nothing_is_logged(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What the SDK would say of retries and of odd variables reaches nobody."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "odd")
    with Collector(status=400) as collector:
        sent(collector.url)

    assert tuple(capfd.readouterr()) == ("", "")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter2%0Atoken"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter2%E2%82%AC"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://user:hunter2@collector"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "user:hunter2@collector"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "hunter2@collector"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://user:hunter2@collector:port"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://user:hunter2@[collector"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://user:hunter2/3@collector"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_of_and_not_shown(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headers and URLs may be secrets, and what libraries say of them shows them."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv(variable, value)

    why = sent()

    assert why.startswith("traces: the endpoint, a header or another of the variables OTEL_... is not as it has to be")
    assert "hunter2" not in why
