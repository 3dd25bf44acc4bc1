"""action.yml: its two scripts, run in bash as a runner of GitHub runs them."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.program import CHECKOUT, call
from tests.pipelines.steps import (
    COMPLIANT,
    HOSTILE,
    NOTHING,
    PARTIAL,
    VIOLATING,
    Ended,
    commands_in,
    filled,
    known_formats,
    leaky,
    left_alone,
    lines_of,
    python_of_the_platform,
    read,
    recorded,
    recorder,
    run,
    stand_in,
    timeless,
)

BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
ACTION = read("action.yml")
INPUTS = {name: each["default"] for name, each in ACTION["inputs"].items()}


def step(name: str) -> dict[str, Any]:
    """Return a step of the action by its id."""
    (found,) = [each for each in ACTION["runs"]["steps"] if each["id"] == name]
    return dict(found)


class Runner:
    """A runner of GitHub: a workspace, a folder for temporary files, and the files that steps write into."""

    def __init__(self, folder: Path) -> None:
        """folder: where all of it is to be."""
        self.workspace, self.temporary = folder / "workspace", folder / "temp"
        for each in (self.workspace, self.temporary):
            each.mkdir()
        self.output, self.summary = folder / "output", folder / "summary"
        self.auditor = stand_in(folder / "bin" / "auditor")
        self.python = python_of_the_platform(folder)

    def run(self, name: str, **inputs: str) -> Ended:
        """Run a step with some inputs, the others as they are by default; dashes are written as underscores."""
        given = {**INPUTS, **{each.replace("_", "-"): value for each, value in inputs.items()}}
        values = {f"inputs.{each}": value for each, value in given.items()} | {
            "steps.python.outputs.python-path": str(self.python),
            "steps.install.outputs.auditor": str(self.auditor),
        }
        environment = {
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_ACTION_PATH": str(CHECKOUT),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            **filled(step(name)["env"], values),
        }
        self.output.write_text("", encoding="utf-8")
        self.summary.write_text("# Before\n", encoding="utf-8")
        return run(step(name)["run"], self.workspace, environment, shell=BASH)

    def outputs(self) -> dict[str, str]:
        """Return what the last step gave to later ones."""
        lines = self.output.read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Return a fresh runner."""
    return Runner(tmp_path)


@pytest.mark.parametrize(
    ("source", "inputs", "code", "complete"),
    [
        (COMPLIANT, {}, 0, True),
        (VIOLATING, {}, 1, False),
        (PARTIAL, {}, 3, False),
        (PARTIAL, {"allow_unknown": "true"}, 0, False),
        (NOTHING, {}, 3, False),
        ("nowhere", {}, 2, False),
        ("", {}, 2, False),
        (VIOLATING, {"fail_on": "never"}, 2, False),
        (COMPLIANT, {"reports": "html=no/such/folder.html"}, 2, False),
        (f"{COMPLIANT}\r\n\r\n", {}, 0, True),
    ],
)
def test_the_step_ends_as_the_auditor_does(
    runner: Runner,
    source: str,
    inputs: dict[str, str],
    code: int,
    complete: bool,  # noqa: FBT001 - a case of the table
) -> None:
    """The exit code fails the step or not; later steps can read it, and whether the audit was complete."""
    done = runner.run("audit", sources=source, **inputs)

    assert done.code == code, done.log
    assert runner.outputs() == {"exit-code": str(code), "complete": str(complete).lower()}


def test_findings_of_a_complete_audit_may_be_uploaded(runner: Runner, tmp_path: Path) -> None:
    """What fails the step does not stop the upload: all was read and decided, so what is absent is gone."""
    done = runner.run("audit", sources=leaky(tmp_path), sarif="egress.sarif")

    assert (done.code, runner.outputs()) == (1, {"exit-code": "1", "complete": "true"})


def test_an_earlier_audit_does_not_make_a_later_one_complete(runner: Runner) -> None:
    """What a complete audit left on the runner says nothing of the next, which came to no report."""
    assert runner.run("audit", sources=COMPLIANT, sarif="egress.sarif").code == 0
    assert runner.run("audit", sources="nowhere", sarif="egress.sarif").code == 2

    assert runner.outputs()["complete"] == "false"


@pytest.mark.parametrize(
    ("source", "said"),
    [("nowhere", "::error title=Azure egress audit::Bad arguments"), (NOTHING, "::error title=Nothing was audited::")],
)
def test_an_audit_of_nothing_is_annotated(runner: Runner, source: str, said: str) -> None:
    """Whoever sees the red step finds an annotation that says why, not just an exit code."""
    done = runner.run("audit", sources=source)

    assert [line for line in commands_in(done.log, "::error") if line.startswith(said)], done.log


def test_why_nothing_is_uploaded_is_annotated(runner: Runner) -> None:
    """Where SARIF was asked for and the audit is incomplete, a warning says that it is not to be uploaded."""
    incomplete = runner.run("audit", sources=PARTIAL, sarif="egress.sarif")
    complete = runner.run("audit", sources=COMPLIANT, sarif="egress.sarif")

    assert commands_in(incomplete.log, "::warning title=Azure egress audit::The audit is incomplete")
    assert not commands_in(complete.log, "::")


def test_a_report_that_cannot_be_written_is_an_error_of_the_run(runner: Runner) -> None:
    """A wrong path in `reports` fails the step before anything is audited, and the log says which it is."""
    done = runner.run("audit", sources=VIOLATING, sarif="no/such/folder.sarif", reports="html=no/such/folder.html")

    assert done.code == 2
    assert commands_in(done.log, "::error")
    assert "no/such/folder" in done.log
    assert runner.summary.read_text(encoding="utf-8") == "# Before\n"


def test_findings_are_annotations_and_the_summary_of_the_job(runner: Runner) -> None:
    """Errors stand in the log as commands of GitHub, and the report behind what is on the summary page already."""
    done = runner.run("audit", sources=VIOLATING)
    summary = runner.summary.read_text(encoding="utf-8")

    assert commands_in(done.log, "::error")
    assert summary.startswith("# Before\n")
    assert timeless(summary.removeprefix("# Before\n")) == timeless(
        call("audit", VIOLATING, "--format", "markdown").out
    )
    assert not list(runner.workspace.iterdir())


def test_the_summary_can_be_left_away(runner: Runner) -> None:
    """`summary: false` writes none, not even one that an earlier step left."""
    runner.run("audit", sources=VIOLATING)
    runner.run("audit", sources=VIOLATING, summary="false")

    assert runner.summary.read_text(encoding="utf-8") == "# Before\n"


def test_reports_are_written_where_the_workflow_wants_them(runner: Runner) -> None:
    """SARIF has its findings in files of the workspace; others are beside it, blanks in names too."""
    shutil.copytree(VIOLATING, runner.workspace / "estate")
    runner.run("audit", sources="estate", sarif="egress.sarif", reports="json=a report.json\nhtml=egress.html\n")
    (run_of_it,) = json.loads((runner.workspace / "egress.sarif").read_text(encoding="utf-8"))["runs"]
    report = json.loads((runner.workspace / "a report.json").read_text(encoding="utf-8"))
    (places,) = zip(*(each["locations"][:1] for each in run_of_it["results"]), strict=True)

    assert len(run_of_it["results"]) == len(report["findings"])
    assert "estate/firewall-policies.json" in {each["physicalLocation"]["artifactLocation"]["uri"] for each in places}
    assert (runner.workspace / "egress.html").read_text(encoding="utf-8").startswith("<!")


def test_several_sources_the_baseline_and_what_may_be_unknown(runner: Runner) -> None:
    """One a line; what is not new passes, and what is unknown only where the workflow says so."""
    runner.run("audit", sources=VIOLATING, reports="json=earlier.json")
    new = {"sources": f"{VIOLATING}\n{COMPLIANT}", "baseline": "earlier.json", "fail_on": "new"}

    assert runner.run("audit", sources=VIOLATING, baseline="earlier.json", fail_on="new").code == 3
    assert runner.run("audit", **new, allow_unknown="true").code in {0, 1}
    assert runner.run("audit", sources=VIOLATING, config=f"{VIOLATING}/auditor.yaml").code == 1
    assert runner.run("audit", sources=VIOLATING, fail_on="new").code == 2


OPTIONS = {
    "subscription": "--subscription=",
    "management-group": "--management-group=",
    "workload": "--workload=",
    "auth": "--auth=",
    "config": "--config=",
    "baseline": "--baseline=",
    "fail-on": "--fail-on=",
    "sarif": "--report=sarif=",
    "reports": "--report=",
}
"""The inputs that become options, each with what its lines stand behind."""
SWITCHES = ("allow-unknown", "summary")
INSTALLING = ("python-version",)


def test_every_input_reaches_the_auditor_or_the_installation() -> None:
    """The next two tests leave no input out."""
    assert INPUTS.keys() == {*OPTIONS, *SWITCHES, *INSTALLING, "sources"}


@pytest.mark.parametrize("name", [*OPTIONS, *SWITCHES, "sources"])
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_inputs_stay_values(runner: Runner, name: str, value: str) -> None:
    """Every line of an input is one argument behind its option, or a source; no shell looks into it."""
    recorder(runner.auditor)
    done = runner.run("audit", **{"sources": "estate", name: value})
    given = recorded(runner.auditor)
    end = given.index("--")

    assert (done.code, done.log) == (0, "")
    assert left_alone(runner.workspace)
    assert runner.outputs() == {"exit-code": "0", "complete": "false"}
    assert given[end + 1 :] == (lines_of(value) if name == "sources" else ["estate"])
    if name in OPTIONS:
        assert [f"{OPTIONS[name]}{line}" for line in lines_of(value)] == [
            each for each in given[:end] if each.removeprefix(OPTIONS[name]) in lines_of(value)
        ]


@pytest.mark.parametrize("name", ["sources", "reports", "config"])
def test_hostile_inputs_do_nothing_in_the_log(runner: Runner, name: str) -> None:
    """The auditor itself makes nothing of them, and repeats none of them as a command of GitHub."""
    for value in HOSTILE:
        done = runner.run("audit", **{"sources": COMPLIANT, name: value})

        assert left_alone(runner.workspace), value
        assert runner.outputs().keys() == {"exit-code", "complete"}, value
        assert runner.outputs()["exit-code"] == str(done.code), value
        assert not [each for each in commands_in(done.log, "::") if "pwned" in each], value
        assert "Traceback" not in done.log


def test_nothing_is_installed_but_itself_and_what_has_a_hash() -> None:
    """The auditor is asked of no index, and what builds it or it needs only by hash; no path of the host is used."""
    script = step("install")["run"]
    (pip,) = re.findall(r"pip install (.*) \"\$@\"", script)
    installs = re.findall(r"^install (.+)$", script, re.MULTILINE)

    assert "--no-deps" in pip
    assert len(installs) == 3
    assert [each for each in installs if ("--require-hashes" in each) is ("--no-index" in each)] == []
    assert "--no-build-isolation" in installs[-1]
    assert "azure-egress-auditor" not in " ".join(installs)
    assert "github.action_path" not in str(step("install")["env"])


def test_it_installs_itself(runner: Runner) -> None:
    """The action's own checkout is installed, with the locked dependencies, and runs."""
    for name in ("pip", "yaml", "auditor"):  # a repository may hold such files; they are not ours to import
        (runner.workspace / f"{name}.py").write_text("raise SystemExit('not mine')\n", encoding="utf-8")
    installed = runner.run("install")
    assert installed.code == 0, installed.log
    runner.auditor = Path(runner.outputs()["auditor"])

    assert runner.auditor.is_relative_to(runner.temporary)
    assert runner.run("audit", sources=COMPLIANT).code == 0
    assert runner.run("audit", sources=VIOLATING).code == 1


def test_no_script_holds_an_expression() -> None:
    """Inputs go through the environment: no script holds any text that GitHub would fill in."""
    scripts = [each["run"] for each in ACTION["runs"]["steps"] if "run" in each]

    assert len(scripts) == 2
    assert [text for text in scripts if "${{" in text] == []
    assert all(map(known_formats, scripts))


def test_every_input_is_used_and_told() -> None:
    """An input that is declared does something, and nothing undeclared is asked for."""
    text = yaml.safe_dump(ACTION["runs"])

    assert [name for name in INPUTS if f"${{{{ inputs.{name} }}}}" not in text] == []
    assert text.count("inputs.") == len(INPUTS)
    assert all(each["description"] for each in ACTION["inputs"].values())
