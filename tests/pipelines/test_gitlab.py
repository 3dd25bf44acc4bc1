"""pipelines/gitlab-ci.yml: its scripts, run in bash and in a plain sh as a runner of GitLab runs them."""

import json
import shutil
from pathlib import Path

import pytest
from junitparser import JUnitXml

from tests.cli.program import CHECKOUT
from tests.pipelines.steps import (
    BARE_NAMES,
    COMPLIANT,
    HOSTILE,
    PARTIAL,
    VIOLATING,
    Ended,
    known_formats,
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

JOB = read("pipelines/gitlab-ci.yml")["egress-audit"]
(INSTALL,), (AUDIT,) = JOB["before_script"], JOB["script"]
SHELLS = [("bash", "-eo", "pipefail", "-c"), ("sh", "-e", "-c")]
if shutil.which("dash"):
    SHELLS.append(("dash", "-e", "-c"))


class Runner:
    """A runner of GitLab: a checkout and a folder for temporary files."""

    def __init__(self, folder: Path) -> None:
        """folder: where all of it is to be."""
        self.project, self.temporary = folder / "project", folder / "temp"
        for each in (self.project, self.temporary):
            each.mkdir()
        self.folder = folder
        self.auditor = self.temporary / "azure-egress-auditor" / "bin" / "auditor"

    def run(self, script: str, shell: tuple[str, ...] = SHELLS[0], **variables: str) -> Ended:
        """Run a script of the job with some of its variables; their names come without AUDITOR_."""
        given = {f"AUDITOR_{name.upper()}": value for name, value in variables.items()}
        return run(script, self.project, {"TMPDIR": str(self.temporary), **JOB["variables"], **given}, shell=shell)


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """Return a fresh runner on which the auditor is installed."""
    fresh = Runner(tmp_path)
    stand_in(fresh.auditor)
    return fresh


@pytest.mark.parametrize("shell", SHELLS, ids=lambda each: str(each[0]))
@pytest.mark.parametrize(
    ("source", "variables", "code"),
    [
        (COMPLIANT, {}, 0),
        (VIOLATING, {}, 1),
        (PARTIAL, {}, 3),
        ("nowhere", {}, 2),
        (VIOLATING, {"fail_on": "never"}, 2),
        (f"{COMPLIANT}\r\n\r\n{COMPLIANT}\r\n", {"allow_unknown": "true", "fail_on": "error\r\n"}, 0),
    ],
)
def test_the_job_ends_as_the_auditor_does(
    runner: Runner, shell: tuple[str, ...], source: str, variables: dict[str, str], code: int
) -> None:
    """The exit code fails the job or not."""
    done = runner.run(AUDIT, shell, sources=source, **variables)

    assert done.code == code, done.log


def test_artifacts_are_what_the_script_writes(runner: Runner) -> None:
    """Every file that the job keeps is there, after a failed audit too, and the test tab gets failures."""
    runner.run(AUDIT, sources=VIOLATING)
    artifacts = JOB["artifacts"]
    written = {each.name for each in runner.project.iterdir()}

    assert artifacts["when"] == "always"
    assert written == {*artifacts["paths"], artifacts["reports"]["junit"]}
    assert JUnitXml.fromfile(str(runner.project / artifacts["reports"]["junit"])).failures > 0
    assert json.loads((runner.project / "azure-egress.json").read_text(encoding="utf-8"))["findings"]


def test_reports_that_lie_there_are_not_published(runner: Runner) -> None:
    """What an earlier job or a commit left is no report of an audit that came to none."""
    artifacts = JOB["artifacts"]
    for name in (*artifacts["paths"], artifacts["reports"]["junit"]):
        (runner.project / name).write_text("old", encoding="utf-8")

    assert runner.run(AUDIT, sources="nowhere").code == 2
    assert not list(runner.project.iterdir())


OPTIONS = {
    "subscription": "--subscription=",
    "management_group": "--management-group=",
    "workload": "--workload=",
    "auth": "--auth=",
    "config": "--config=",
    "baseline": "--baseline=",
    "fail_on": "--fail-on=",
}
"""The variables that become options, each with what its lines stand behind."""


def test_every_variable_reaches_the_auditor_or_the_installation() -> None:
    """The next test leaves none out."""
    ours = {each.removeprefix("AUDITOR_").lower() for each in JOB["variables"] if each.startswith("AUDITOR_")}

    assert ours == {*OPTIONS, "sources", "allow_unknown", "package"}


@pytest.mark.parametrize("shell", SHELLS, ids=lambda each: str(each[0]))
@pytest.mark.parametrize("name", [*OPTIONS, "sources", "allow_unknown"])
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_variables_stay_values(runner: Runner, shell: tuple[str, ...], name: str, value: str) -> None:
    """Every line of a variable is one argument behind its option, or a source; no shell looks into it."""
    recorder(runner.auditor)
    done = runner.run(AUDIT, shell, **{"sources": "estate", name: value})
    given = recorded(runner.auditor)
    end = given.index("--")

    assert (done.code, done.log) == (0, "")
    assert left_alone(runner.project)
    assert given[end + 1 :] == (lines_of(value) if name == "sources" else ["estate"])
    if name in OPTIONS:
        assert [f"{OPTIONS[name]}{line}" for line in lines_of(value)] == [
            each for each in given[:end] if each.removeprefix(OPTIONS[name]) in lines_of(value)
        ]


@pytest.mark.parametrize("shell", SHELLS, ids=lambda each: str(each[0]))
@pytest.mark.parametrize("from_git", [False, True])
def test_it_installs_what_it_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shell: tuple[str, ...],
    from_git: bool,  # noqa: FBT001 - a case of the table
) -> None:
    """A checkout, or a commit of a repository; what lies in the project under the name of a module is not run."""
    runner = Runner(tmp_path)
    python_of_the_platform(runner.folder)
    (runner.project / "pip.py").write_text("raise SystemExit('not mine')\n", encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(runner.folder), prepend=":")
        installed = runner.run(INSTALL, shell, package=repository(tmp_path) if from_git else str(CHECKOUT))

    assert installed.code == 0, installed.log
    assert runner.run(AUDIT, sources=COMPLIANT).code == 0


@pytest.mark.parametrize("shell", SHELLS, ids=lambda each: str(each[0]))
@pytest.mark.parametrize("value", BARE_NAMES)
def test_nothing_is_installed_by_its_bare_name(runner: Runner, shell: tuple[str, ...], value: str) -> None:
    """The auditor is on no index; whoever registers its name there runs nothing in a job that reads Azure."""
    done = runner.run(INSTALL, shell, package=value)

    assert done.code == 2
    assert done.log.startswith("AUDITOR_PACKAGE is no URL, wheel or folder")
    assert JOB["variables"]["AUDITOR_PACKAGE"] == ""


def test_formats_exist() -> None:
    """The script asks for formats there are."""
    assert known_formats(AUDIT)
