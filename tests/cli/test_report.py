"""`auditor report`: what the audit itself would have said, from a saved report."""

import gzip
import subprocess
import sys
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import pytest

from auditor.cli import audit
from auditor.cli.formats import FORMATS
from tests.cli.program import CHECKOUT, call, refused, save
from tests.cli.running import document
from tests.cli.test_audit import broken
from tests.estates import Draft

VIOLATING = str(CHECKOUT / "rules" / "examples" / "violating")


class _Stopped(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "_Stopped":
        """Return the same moment always."""
        return cls(2026, 1, 31, 9, 0, 0, tzinfo=tz or UTC)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two audits of one source differ in nothing but the clock: stop it."""
    monkeypatch.setattr(audit, "datetime", _Stopped)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a saved report on the violating example, with all results."""
    file = tmp_path_factory.mktemp("kept") / "report.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit, "datetime", _Stopped)
        assert call("audit", VIOLATING, "--format", "json", "--all-results", "-o", str(file)).code == 1
    return str(file)


def in_every_format(folder: Path, *arguments: str) -> dict[str, str]:
    """Return what one run writes in each format."""
    folder.mkdir()
    files = {form: folder / form for form in FORMATS}
    reports = (part for form, file in files.items() for part in ("--report", f"{form}={file}"))
    done = call(*arguments, *reports, "-o", str(folder / "stdout"))
    assert done.code == (1 if arguments[0] == "audit" else 0)
    assert [line for line in done.err.splitlines() if not line.startswith("sarif: ")] == []
    return {form: file.read_bytes().decode() for form, file in files.items()}


@pytest.mark.parametrize("more", [(), ("--all-results", "--strict")])
def test_it_says_byte_for_byte_what_the_audit_says(more: tuple[str, ...], kept: str, tmp_path: Path) -> None:
    """In every format, without and with the options that steer one."""
    audited = in_every_format(tmp_path / "audited", "audit", VIOLATING, *more)
    again = in_every_format(tmp_path / "again", "report", kept, *more)

    assert [form for form in FORMATS if again[form] != audited[form]] == []


@pytest.mark.parametrize("form", FORMATS)
def test_it_prints_what_the_audit_prints(form: str, kept: str) -> None:
    """The same holds for one format alone, on stdout."""
    assert call("report", kept, "--format", form).out == call("audit", VIOLATING, "--format", form).out


def test_a_report_saved_without_what_passes_does_for_most_formats(kept: str, tmp_path: Path) -> None:
    """Only formats that always list what passes need it saved."""
    file = tmp_path / "report.json"
    call("audit", VIOLATING, "--format", "json", "-o", str(file))

    for form, each in FORMATS.items():
        same = call("report", str(file), "--format", form).out == call("report", kept, "--format", form).out
        assert same is not each.passing, form


def test_several_formats_and_a_file_at_once(kept: str, tmp_path: Path) -> None:
    """-o and --report write what --format prints; standard input and gzip are read too."""
    out, junit = tmp_path / "out.md", tmp_path / "out.xml"
    packed = tmp_path / "packed.json.gz"
    packed.write_bytes(gzip.compress(Path(kept).read_bytes()))

    done = call("report", str(packed), "--format", "markdown", "-o", str(out), "--report", f"junit={junit}")
    piped = call("report", "-", "--format", "junit", stdin=Path(kept).read_bytes())

    assert (done.code, done.out, done.err) == (0, "", "")
    assert out.read_text(encoding="utf-8") == call("report", kept, "--format", "markdown").out
    assert junit.read_text(encoding="utf-8") == piped.out


def test_json_is_written_again_as_its_schema_says(kept: str) -> None:
    """A report of a report is a report."""
    assert document(call("report", kept, "--format", "json").out, "audit-report")["findings"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "snapshot/1"}', '{"schema": "audit-report/1"}'])
def test_what_is_no_report_is_refused(text: str, tmp_path: Path) -> None:
    """One line on stderr, exit code 2, nothing on stdout."""
    file = tmp_path / "x.json"
    file.write_text(text, encoding="utf-8")

    assert str(file) in refused("report", str(file), "--format", "markdown")


def test_junit_tells_of_what_passes_without_being_asked(tmp_path: Path) -> None:
    """The audit decides it for JUnit; the console beside it stays as it is."""
    file, junit = save(tmp_path, broken()), tmp_path / "out.xml"

    done = call("audit", file, "--report", f"junit={junit}")
    text = junit.read_text(encoding="utf-8")

    assert done.out == call("audit", file).out
    assert "not listed one by one" not in text
    assert 'name="ase-v2 fqdn"' in text


def test_only_junit_loads_the_library_of_junit(kept: str) -> None:
    """Start-up and the other formats do not pay for it."""
    code = "import sys; sys.argv = ['auditor', *{arguments}]; from auditor.cli.main import _run; _run(); print({asked})"
    for form, loaded in (("console", False), ("markdown", False), ("junit", True)):
        script = code.format(arguments=["report", kept, "--format", form], asked="'junitparser' in sys.modules")
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True, cwd=CHECKOUT)
        assert done.stdout.endswith(f"{loaded}\n"), form


@pytest.mark.parametrize(
    ("source", "complete"),
    [("compliant", True), ("violating", False), ("compliant/app-service-environments.json", False), (None, False)],
)
def test_an_incomplete_report_is_not_written_where_that_is_asked(
    source: str | None,
    complete: bool,  # noqa: FBT001 - a case of the table
    tmp_path: Path,
) -> None:
    """What takes absence for an all-clear gets a report only where all was read and decided; else exit code 3."""
    saved, sarif = str(tmp_path / "report.json"), tmp_path / "egress.sarif"
    estate = str(CHECKOUT / "rules" / "examples" / source) if source else save(tmp_path, [])
    call("audit", estate, "--format", "json", "-o", saved, "--allow-unknown")
    done = call("report", saved, "--if-complete", "--format", "sarif", "-o", str(sarif))

    assert (done.code, sarif.exists()) == ((0, True) if complete else (3, False))
    assert ("incomplete" in done.err) is not complete


def test_findings_do_not_make_a_report_incomplete(tmp_path: Path) -> None:
    """What was found was decided."""
    draft = Draft()
    draft.routes[:] = [each for each in draft.routes if each["properties"]["nextHopType"] == "Internet"]
    saved = str(tmp_path / "report.json")

    assert call("audit", save(tmp_path, draft), "--format", "json", "-o", saved).code == 1
    assert call("report", saved, "--if-complete").code == 0
