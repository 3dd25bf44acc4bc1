"""`auditor audit --metrics` and `--otlp`: what they write and send, and that they change nothing else."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import CHECKOUT, Done, call, refused, shell
from tests.otlp_collector import Collector, attributes
from tests.pipelines.steps import leaky
from tests.reporters.test_open_metrics import Values, values

EXAMPLES = CHECKOUT / "rules" / "examples"
COMPLIANT, VIOLATING = str(EXAMPLES / "compliant"), str(EXAMPLES / "violating")
PARTIAL = str(EXAMPLES / "compliant" / "app-service-environments.json")
SUCCESS, RUN = "auditor_last_success_timestamp_seconds", "auditor_last_run_timestamp_seconds"


def audited(file: Path, source: str, *arguments: str) -> tuple[int, dict[str, Values]]:
    """Audit with metrics; return the exit code and what is in them."""
    done = call("audit", source, "--metrics", str(file), *arguments)
    return done.code, values(file.read_text("utf-8"))


def test_metrics_say_what_the_audit_said(tmp_path: Path) -> None:
    """Findings, exit code, and how long each part took; a success of the same moment as the audit."""
    code, found = audited(tmp_path / "egress.prom", COMPLIANT)

    assert (code, found["auditor_exit_code"]) == (0, {(): 0})
    assert found[SUCCESS] == found[RUN]
    assert set(found["auditor_audit_duration_seconds"]) == {("read",), ("decide",), ("write",)}
    assert all(0 < each < 600 for each in found["auditor_audit_duration_seconds"].values())
    assert found["auditor_workloads"] == {(): 1}


def test_an_incomplete_audit_keeps_the_last_success(tmp_path: Path) -> None:
    """It is carried over from the file that stands there; where none does, or another one, there is none."""
    file = tmp_path / "egress.prom"
    code, first = audited(file, PARTIAL)
    _, whole = audited(file, COMPLIANT)
    _, later = audited(file, PARTIAL)
    file.write_text("something else", encoding="utf-8")
    _, last = audited(file, VIOLATING)

    assert (code, SUCCESS in first, SUCCESS in last) == (3, False, False)
    assert later[SUCCESS] == whole[SUCCESS]
    assert later[RUN][()] > whole[RUN][()]
    assert (whole["auditor_complete"], later["auditor_complete"]) == ({(): 1}, {(): 0})


def test_findings_are_a_success(tmp_path: Path) -> None:
    """What is decided is decided, for good or ill."""
    code, found = audited(tmp_path / "egress.prom", leaky(tmp_path))

    assert (code, SUCCESS in found) == (1, True)


def test_a_success_yet_to_come_is_not_believed(tmp_path: Path) -> None:
    """A clock that was wrong once, or a file that somebody wrote, does not keep alerts quiet for ever."""
    file = tmp_path / "egress.prom"
    for odd in ("4e9", "-1", "NaN", "+Inf"):
        file.write_text(f"# TYPE {SUCCESS} gauge\n{SUCCESS} {odd}\n# EOF\n", encoding="utf-8")

        assert SUCCESS not in audited(file, PARTIAL)[1]


def test_an_audit_that_fails_leaves_the_file(tmp_path: Path) -> None:
    """So its age tells, and the last success in it."""
    file = tmp_path / "egress.prom"
    audited(file, COMPLIANT)
    before = file.read_bytes()

    assert "no such file or folder" in refused("audit", str(tmp_path / "none.json"), "--metrics", str(file))
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("metrics", "more", "message"),
    [
        ("none/egress.prom", (), "none/egress.prom: cannot be written"),
        ("report.json", ("-o", "report.json"), 'two reports are to go to "report.json"'),
        ("auditor.yaml", (), "auditor.yaml: is the configuration, and is not written over"),
        ("", (), "a report needs the name of a file"),
    ],
)
def test_a_place_that_cannot_be_is_told_before_the_audit(
    metrics: str, more: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written then."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "auditor.yaml").write_text("fail-on: note\n", encoding="utf-8")

    assert message in refused("audit", COMPLIANT, "--metrics", metrics, *more)
    assert [each.name for each in tmp_path.iterdir()] == ["auditor.yaml"]


def test_metrics_may_go_to_stdout(tmp_path: Path) -> None:
    """Where the report goes elsewhere."""
    done = call("audit", COMPLIANT, "-o", str(tmp_path / "report.txt"), "--metrics", "-")

    assert values(done.out)["auditor_exit_code"] == {(): 0}


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no proxy asked, and little time taken."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "5")


@pytest.mark.usefixtures("plain")
def test_otlp_sends_what_the_file_says(tmp_path: Path) -> None:
    """The same measures by the names of OpenTelemetry, and a trace with its counts; the report is as ever."""
    file = tmp_path / "egress.prom"
    with Collector() as collector:
        done = call("audit", VIOLATING, "--metrics", str(file), "--otlp-endpoint", collector.url)
        written = values(file.read_text("utf-8"))
        root = collector.span("audit")
        names = {each.name.replace(".", "_") + ("_seconds" if each.unit == "s" else "") for each in collector.metrics}

        assert (done.code, done.err) == (1, "")
        assert names == written.keys()
        assert collector.values("auditor.findings") == written["auditor_findings"]
        assert attributes(root.attributes)["auditor.exit_code"] == 1
        assert attributes(root.attributes)["auditor.verdict"] == "findings"
        assert {each.name for each in collector.spans} == {"audit", "read", "decide", "write"}
        assert all(root.start_time_unix_nano <= each.start_time_unix_nano for each in collector.spans)
        assert all(each.end_time_unix_nano <= root.end_time_unix_nano for each in collector.spans)


@pytest.mark.usefixtures("plain")
def test_otlp_tells_of_an_audit_that_fails(tmp_path: Path) -> None:
    """The trace has the line that stands on stderr, and the exit code."""
    with Collector() as collector:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
        done = call("audit", str(tmp_path / "none.json"), "--otlp", environment=environment)
        root = collector.span("audit")

        assert done.code == 2
        assert done.err == f"auditor: error: {root.status.message}\n"
        assert attributes(root.attributes) == {"auditor.exit_code": 2}
        assert collector.metrics == []


def without_times(done: Done) -> str:
    """Return a report without the moment it was made."""
    return "".join(line for line in done.out.splitlines(keepends=True) if "audited" not in line)


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize(("source", "code"), [(COMPLIANT, 0), (VIOLATING, 1), (PARTIAL, 3)])
def test_a_collector_that_fails_changes_nothing(source: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Report and exit code are those without it, and one line says so."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        done = call("audit", source, "--otlp-endpoint", f"http://127.0.0.1:{taken.getsockname()[1]}")

    assert (done.code, without_times(done)) == (code, without_times(call("audit", source)))
    assert done.err.startswith("auditor: not sent by OTLP: traces: 127.0.0.1:")
    assert done.err.endswith(": Connection refused; the audit is not affected\n")
    assert done.err.count("\n") == 1


@pytest.mark.usefixtures("plain")
def test_otlp_over_a_whole_process() -> None:
    """A collector that refuses makes one line, and the SDK and its threads add none at the end."""
    with Collector(status=400) as collector:
        done = shell('"$@" > /dev/null', "audit", COMPLIANT, "--otlp-endpoint", collector.url)

    assert done.code == 0
    assert done.err.count("\n") == 1
    assert "HTTP 400 Bad Request" in done.err


def test_without_opentelemetry_the_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is read."""
    monkeypatch.delitem(sys.modules, "auditor.sending.otlp", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.metrics", None)

    assert refused("audit", COMPLIANT, "--otlp") == (
        "--otlp needs OpenTelemetry, which is not installed here (opentelemetry.sdk.metrics): "
        'pip install "azure-egress-auditor[otlp]"'
    )


def test_nothing_is_loaded_unless_it_is_used() -> None:
    """An audit that is neither measured nor recorded does not pay for that."""
    beside = ("prometheus", "opentel", "requests", "sqlalchemy", "apprise", "auditor.histories", "auditor.measures")
    code = (
        "import sys\nfrom auditor.cli.main import main\n"
        f"sys.argv = ['auditor', 'audit', {COMPLIANT!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"loaded = [each for each in sys.modules if each.startswith({beside!r})]\n"
        "print(loaded, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=True)

    assert done.stderr == "[]\n"
