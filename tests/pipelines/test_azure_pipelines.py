"""pipelines/azure-pipelines.yml: its scripts, run in bash as an agent of Azure Pipelines runs them."""

import re
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml

from tests.cli.program import CHECKOUT
from tests.pipelines.steps import (
    BARE_NAMES,
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
    repository,
    run,
    stand_in,
)

BASH = ("bash", "--noprofile", "--norc", "-c")
TEMPLATE = read("pipelines/azure-pipelines.yml")
PARAMETERS = {each["name"]: str(each.get("default", "")) for each in TEMPLATE["parameters"]}
_, INSTALL, WITHOUT, WITH, PUBLISH, KEEP_SARIF, KEEP_REPORTS = TEMPLATE["steps"]
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
    done = agent.run(PLAIN[0], sources=VIOLATING)
    published = PUBLISH["inputs"]["testResultsFiles"].replace("$(Agent.TempDirectory)", str(agent.temporary))

    assert commands_in(done.log, "##vso[task.logissue type=error")
    assert Path(published) == agent.results
    assert JUnitXml.fromfile(published).failures > 0
    assert not list(agent.sources.iterdir())


def told(log: str) -> dict[str, str]:
    """Return the variables that a step has set for later ones."""
    return dict(re.findall(r"^##vso\[task\.setvariable variable=(\w+)\](.*)$", log, re.MULTILINE))


def kept(agent: Agent, step: dict[str, Any], path: str) -> set[str]:
    """Return the names of the files that a step publishes, of the folder that an input of it names."""
    folder = Path(step["inputs"][path].replace("$(Agent.TempDirectory)", str(agent.temporary)))
    return {each.name for each in folder.iterdir()} if folder.exists() else set()


def test_what_is_written_is_published(agent: Agent) -> None:
    """SARIF goes where its viewer looks, reports into an artifact, after a failed audit too, by names of their own."""
    (agent.sources / "out").mkdir()
    reports = "html=egress.html\r\njson=out/egress.html"
    done = agent.run(PLAIN[0], sources=VIOLATING, sarif="egress.sarif", reports=reports)

    assert done.code == 1
    assert kept(agent, KEEP_SARIF, "PathtoPublish") == {"egress.sarif"}
    assert kept(agent, KEEP_REPORTS, "targetPath") == {"egress.html", "out_egress.html"}
    assert told(done.log) == {
        "azureEgressComplete": "false",
        "azureEgressSarif": "true",
        "azureEgressReports": "true",
    }
    assert KEEP_SARIF["inputs"]["ArtifactName"] == "CodeAnalysisLogs"
    for step, variable in ((KEEP_SARIF, "azureEgressSarif"), (KEEP_REPORTS, "azureEgressReports")):
        assert step["condition"] == f"and(succeededOrFailed(), eq(variables['{variable}'], 'true'))"


@pytest.mark.parametrize("committed", [False, True])
def test_results_of_an_earlier_run_are_not_published_again(agent: Agent, committed: bool) -> None:  # noqa: FBT001 - a case of the table
    """An audit that does not come to a report leaves none, on an agent used again or where one is in the repository."""
    given = {"sarif": "egress.sarif", "reports": "html=egress.html"}
    agent.run(PLAIN[0], sources=COMPLIANT, **given)
    if committed:
        for name in ("egress.sarif", "egress.html"):
            (agent.sources / name).write_text("old", encoding="utf-8")
    done = agent.run(PLAIN[0], sources="nowhere", **given)

    assert not agent.results.exists()
    assert kept(agent, KEEP_SARIF, "PathtoPublish") == kept(agent, KEEP_REPORTS, "targetPath") == set()
    assert set(told(done.log).values()) == {"false"}


def test_later_steps_know_whether_the_audit_was_complete(agent: Agent, tmp_path: Path) -> None:
    """Findings do not make it incomplete; what was not decided, or nothing to decide, does."""
    complete = {
        source: told(agent.run(PLAIN[0], sources=source).log)["azureEgressComplete"]
        for source in (COMPLIANT, leaky(tmp_path), PARTIAL, NOTHING, "nowhere")
    }

    assert list(complete.values()) == ["true", "true", "false", "false", "false"]


def test_bad_input_is_an_error_of_the_run(agent: Agent) -> None:
    """Exit code 2 alone would leave nothing on the page of the run but a red step."""
    assert commands_in(agent.run(PLAIN[0], sources="nowhere").log, "##vso[task.logissue type=error]Bad arguments")


OPTIONS = {
    "subscription": "--subscription=",
    "managementGroup": "--management-group=",
    "workload": "--workload=",
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

    assert (done.code, set(told(done.log).values())) == (0, {"false"})
    assert len(done.log.splitlines()) == 3
    assert left_alone(agent.sources)
    assert given[end + 1 :] == (lines_of(value) if name == "sources" else ["estate"])
    if name in OPTIONS:
        assert [f"{OPTIONS[name]}{line}" for line in lines_of(value)] == [
            each for each in given[:end] if each.removeprefix(OPTIONS[name]) in lines_of(value)
        ]


@pytest.mark.parametrize("from_git", [False, True])
def test_it_installs_what_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, from_git: bool) -> None:  # noqa: FBT001 - a case of the table
    """A checkout, or a commit of a repository; what lies in the sources under the name of a module is not run."""
    agent = Agent(tmp_path)
    python_of_the_platform(agent.folder)
    for name in ("pip", "venv", "auditor"):
        (agent.sources / f"{name}.py").write_text("raise SystemExit('not mine')\n", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(agent.folder), prepend=":")
        installed = agent.run(INSTALL, package=repository(tmp_path) if from_git else str(CHECKOUT))

    assert installed.code == 0, installed.log
    assert agent.run(PLAIN[0], sources=COMPLIANT).code == 0


@pytest.mark.parametrize("value", BARE_NAMES)
def test_nothing_is_installed_by_its_bare_name(agent: Agent, value: str) -> None:
    """The auditor is on no index; whoever registers its name there runs nothing in a job that reads Azure."""
    done = agent.run(INSTALL, package=value)

    assert done.code == 2
    assert done.log.startswith("##vso[task.logissue type=error]The parameter package is no folder")
    assert "default" not in next(each for each in TEMPLATE["parameters"] if each["name"] == "package")


@pytest.mark.parametrize("value", [*HOSTILE, *(f"./{each}" for each in HOSTILE)])
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
