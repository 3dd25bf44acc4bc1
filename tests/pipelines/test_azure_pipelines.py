"""pipelines/azure-pipelines.yml: its scripts, run in bash as an agent of Azure Pipelines runs them."""

from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml

from tests.cli.program import CHECKOUT
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
)

BASH = ("bash", "--noprofile", "--norc", "-c")
TEMPLATE = read("pipelines/azure-pipelines.yml")
PARAMETERS = {each["name"]: str(each["default"]) for each in TEMPLATE["parameters"]}
_, INSTALL, WITHOUT, WITH, PUBLISH = TEMPLATE["steps"]
(PLAIN,) = WITHOUT.values()
(SIGNED_IN,) = WITH.values()


class Agent:
    """An agent of Azure Pipelines: a working folder and one for temporary files."""

    def __init__(self, folder: Path) -> None:
        """folder: where all of it is to be."""
        self.sources, self.temporary = folder / "s", folder / "temp"
        for each in (self.sources, self.temporary):
            each.mkdir()
        self.folder = folder
        self.auditor = self.temporary / "azure-egress-auditor" / "bin" / "auditor"
        self.results = self.temporary / "azure-egress.xml"

    def run(self, step: dict[str, Any], **parameters: str) -> Ended:
        """Run a step of the template with some parameters, the others as they are by default."""
        given = {f"parameters.{each}": value for each, value in {**PARAMETERS, **parameters}.items()}
        environment = {"AGENT_TEMPDIRECTORY": str(self.temporary), **filled(step["env"], given)}
        script = step["bash"] if "bash" in step else step["inputs"]["inlineScript"]
        return run(script, self.sources, environment, shell=BASH)


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    """Return a fresh agent on which the auditor is installed."""
    fresh = Agent(tmp_path)
    stand_in(fresh.auditor)
    return fresh


@pytest.mark.parametrize(
    ("source", "parameters", "code"),
    [
        (COMPLIANT, {}, 0),
        (VIOLATING, {}, 1),
        (PARTIAL, {}, 3),
        ("nowhere", {}, 2),
        (VIOLATING, {"failOn": "never"}, 2),
        (f"{COMPLIANT}\n{COMPLIANT}\n", {"allowUnknown": "True"}, 0),
    ],
)
def test_the_step_ends_as_the_auditor_does(agent: Agent, source: str, parameters: dict[str, str], code: int) -> None:
    """The exit code fails the step or not."""
    done = agent.run(PLAIN[0], sources=source, **parameters)

    assert done.code == code, done.log


def test_findings_are_errors_of_the_run_and_tests_on_the_tab(agent: Agent) -> None:
    """The log has commands of Azure Pipelines, and the file that the last step publishes has failures."""
    done = agent.run(PLAIN[0], sources=VIOLATING, sarif="egress.sarif", reports="html=egress.html")
    published = PUBLISH["inputs"]["testResultsFiles"].replace("$(Agent.TempDirectory)", str(agent.temporary))

    assert commands_in(done.log, "##vso[task.logissue type=error")
    assert Path(published) == agent.results
    assert JUnitXml.fromfile(published).failures > 0
    assert {each.name for each in agent.sources.iterdir()} == {"egress.sarif", "egress.html"}


def test_results_of_an_earlier_run_are_not_published_again(agent: Agent) -> None:
    """An audit that does not come to a report leaves none, even on an agent that is used again."""
    agent.run(PLAIN[0], sources=COMPLIANT)
    agent.run(PLAIN[0], sources="nowhere")

    assert not agent.results.exists()


OPTIONS = {
    "subscription": "--subscription=",
    "managementGroup": "--management-group=",
    "config": "--config=",
    "baseline": "--baseline=",
    "failOn": "--fail-on=",
    "sarif": "--report=sarif=",
    "reports": "--report=",
}
"""The parameters that become options, each with what its lines stand behind."""


def test_every_parameter_reaches_the_auditor_or_a_step() -> None:
    """The next test leaves none out."""
    others = {"sources", "allowUnknown", "serviceConnection", "package", "pythonVersion"}

    assert PARAMETERS.keys() == {*OPTIONS, *others}


@pytest.mark.parametrize("name", [*OPTIONS, "sources", "allowUnknown"])
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_parameters_stay_values(agent: Agent, name: str, value: str) -> None:
    """Every line of a parameter is one argument behind its option, or a source; no shell looks into it."""
    recorder(agent.auditor)
    done = agent.run(PLAIN[0], **{"sources": "estate", name: value})
    given = recorded(agent.auditor)
    end = given.index("--")

    assert (done.code, done.log) == (0, "")
    assert left_alone(agent.sources)
    assert given[end + 1 :] == (lines_of(value) if name == "sources" else ["estate"])
    if name in OPTIONS:
        assert [f"{OPTIONS[name]}{line}" for line in lines_of(value)] == [
            each for each in given[:end] if each.removeprefix(OPTIONS[name]) in lines_of(value)
        ]


def test_it_installs_what_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A requirement, a wheel or a folder; what lies in the repository under the name of a module is not imported."""
    agent = Agent(tmp_path)
    python_of_the_platform(agent.folder)
    for name in ("pip", "venv", "auditor"):
        (agent.sources / f"{name}.py").write_text("raise SystemExit('not mine')\n", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(agent.folder), prepend=":")
        installed = agent.run(INSTALL, package=str(CHECKOUT))

    assert installed.code == 0, installed.log
    assert agent.run(PLAIN[0], sources=COMPLIANT).code == 0


@pytest.mark.parametrize("value", [each for each in HOSTILE if each != "*"])
def test_a_hostile_package_is_not_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """What pip cannot take for a requirement is refused; nothing of it runs and no option of pip is set."""
    agent = Agent(tmp_path)
    python_of_the_platform(agent.folder)
    monkeypatch.setenv("PATH", str(agent.folder), prepend=":")
    done = agent.run(INSTALL, package=value)

    assert done.code != 0
    assert left_alone(agent.sources)


def test_both_ways_to_audit_are_the_same() -> None:
    """With a service connection the same script runs, signed in by the Azure CLI task, and reads as the CLI."""
    (plain,), (signed_in,) = PLAIN, SIGNED_IN

    assert signed_in["inputs"]["inlineScript"] == plain["bash"]
    assert signed_in["env"] == {**plain["env"], "AUDITOR_AUTH": "cli"}
    assert signed_in["inputs"]["azureSubscription"] == "${{ parameters.serviceConnection }}"
    assert [*WITHOUT, *WITH] == ["${{ if eq(parameters.serviceConnection, '') }}", "${{ else }}"]
    assert known_formats(plain["bash"])


def test_no_script_holds_an_expression_or_a_macro() -> None:
    """Parameters and variables go through the environment: Azure Pipelines has nothing to fill in in a script."""
    for script in (INSTALL["bash"], PLAIN[0]["bash"]):
        assert "${{" not in script
        assert "$(" not in script
        assert "$[" not in script


def test_results_are_published_even_of_a_failed_audit() -> None:
    """The exit code of the audit decides; the step that publishes runs after it all the same."""
    assert PUBLISH["task"] == "PublishTestResults@2"
    assert PUBLISH["condition"] == "succeededOrFailed()"
    assert PUBLISH["inputs"]["failTaskOnFailedTests"] is False
