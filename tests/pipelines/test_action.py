"""action.yml: its two scripts, run in bash as a runner of GitHub runs them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.program import CHECKOUT, call
from tests.pipelines.steps import (
    COMPLIANT,
    HOSTILE,
    PARTIAL,
    VIOLATING,
    Ended,
    commands_in,
    filled,
    known_formats,
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
            "github.action_path": str(CHECKOUT),
            "steps.python.outputs.python-path": str(self.python),
            "steps.install.outputs.auditor": str(self.auditor),
        }
        environment = {
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            **filled(step(name)["env"], values),
        }
        self.output.write_text("", encoding="utf-8")
        self.summary.write_text("# Before\n", encoding="utf-8")
        return run(step(name)["run"], self.workspace, environment, shell=BASH)

    def outputs(self) -> list[str]:
        """Return what the last step gave to later ones."""
        return self.output.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Return a fresh runner."""
    return Runner(tmp_path)


@pytest.mark.parametrize(
    ("source", "inputs", "code"),
    [
        (COMPLIANT, {}, 0),
        (VIOLATING, {}, 1),
        (PARTIAL, {}, 3),
        ("nowhere", {}, 2),
        ("", {}, 2),
        (VIOLATING, {"fail_on": "never"}, 2),
        (f"{COMPLIANT}\r\n\r\n", {}, 0),
    ],
)
def test_the_step_ends_as_the_auditor_does(runner: Runner, source: str, inputs: dict[str, str], code: int) -> None:
    """The exit code fails the step or not, and later steps can read it."""
    done = runner.run("audit", sources=source, **inputs)

    assert done.code == code, done.log
    assert runner.outputs() == [f"exit-code={code}"]


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
INSTALLING = ("version", "python-version")


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
    assert runner.outputs() == ["exit-code=0"]
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
        assert runner.outputs() == [f"exit-code={done.code}"], value
        assert not [each for each in commands_in(done.log, "::") if "pwned" in each], value
        assert "Traceback" not in done.log


@pytest.mark.parametrize("value", [*HOSTILE, "0.1.0 --index-url https://example.com", "0.1.0\n-r x", "https://x"])
def test_a_hostile_version_installs_nothing(runner: Runner, value: str) -> None:
    """What is no version is refused, in words that do not repeat it."""
    done = runner.run("install", version=value)

    assert done.code == 2
    assert left_alone(runner.workspace)
    assert (done.log, runner.outputs()) == ("::error::the input version is not a version, such as 0.1.0\n", [])


def test_it_installs_itself(runner: Runner) -> None:
    """Without a version the action's own checkout is installed, with the locked dependencies, and runs."""
    for name in ("pip", "yaml", "auditor"):  # a repository may hold such files; they are not ours to import
        (runner.workspace / f"{name}.py").write_text("raise SystemExit('not mine')\n", encoding="utf-8")
    installed = runner.run("install")
    assert installed.code == 0, installed.log
    (line,) = runner.outputs()
    runner.auditor = Path(line.removeprefix("auditor="))

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
