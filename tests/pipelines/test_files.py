"""The files for pipelines as files: valid by the schemas their platforms publish, and naming only what there is."""

import re
import shlex
import subprocess
import sys
from typing import Any

import pytest
import yaml
from azure.core.serialization import as_attribute_dict
from azure.mgmt.appcontainers.models import Job, TriggerType

from tests.cli.program import CHECKOUT, call
from tests.pipelines.steps import COMPLIANT, VIOLATING, read

SCHEDULED = "pipelines/examples/github-scheduled.yml"
JOB = "pipelines/examples/container-apps-job.yml"


@pytest.mark.parametrize(
    ("file", "schema", "transform"),
    [
        ("action.yml", "github-actions", ()),
        (SCHEDULED, "github-workflows", ()),
        ("pipelines/gitlab-ci.yml", "gitlab-ci", ("--data-transform", "gitlab-ci")),
        ("pipelines/azure-pipelines.yml", "azure-pipelines", ("--data-transform", "azure-pipelines")),
    ],
)
def test_files_are_valid_by_the_schema_of_their_platform(file: str, schema: str, transform: tuple[str, ...]) -> None:
    """check-jsonschema brings the published schemas along, so nothing is fetched."""
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *transform, file],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_every_file_for_pipelines_is_tested() -> None:
    """A new file below pipelines/ is one that these tests know."""
    files = {each.relative_to(CHECKOUT).as_posix() for each in (CHECKOUT / "pipelines").rglob("*") if each.is_file()}

    assert files == {"pipelines/azure-pipelines.yml", "pipelines/gitlab-ci.yml", SCHEDULED, JOB}


def test_the_scheduled_workflow_uses_the_action_as_it_is() -> None:
    """Every input it gives exists, it uploads the reports it asks for, and its token may no more than it must."""
    workflow = read(SCHEDULED)
    steps = workflow["jobs"]["audit"]["steps"]
    (ours,) = [each["with"] for each in steps if "azure-egress-auditor@" in each["uses"]]
    (sarif,) = [each for each in steps if "upload-sarif@" in each["uses"]]
    (kept,) = [each for each in steps if "upload-artifact@" in each["uses"]]

    assert ours.keys() <= read("action.yml")["inputs"].keys()
    assert sarif["with"]["sarif_file"] == ours["sarif"]
    assert kept["with"]["path"].split() == [each.partition("=")[2] for each in ours["reports"].split()]
    assert [each["if"] for each in (sarif, kept)] == ["success() || failure()"] * 2
    assert workflow["permissions"] == {"contents": "read", "id-token": "write", "security-events": "write"}


def hooks() -> list[dict[str, Any]]:
    """Return the hooks that pre-commit offers."""
    found: list[dict[str, Any]] = read(".pre-commit-hooks.yaml")
    return found


def test_hooks_say_what_pre_commit_must_know() -> None:
    """Each has an id, a name, an entry and a language, no field that pre-commit does not know, and a valid pattern."""
    known = {"id", "name", "description", "entry", "language", "files", "pass_filenames"}

    assert [each["id"] for each in hooks()] == ["azure-egress-audit", "azure-egress-packs"]
    for each in hooks():
        assert {"id", "name", "entry", "language", "files"} <= each.keys() <= known
        assert each["language"] == "python"
        assert re.compile(each["files"])


def hook(number: int, *arguments: str) -> tuple[int, str]:
    """Run the entry of a hook with arguments, as pre-commit does; return the exit code and what it printed."""
    program, *before = shlex.split(hooks()[number]["entry"])
    done = call(*before, *arguments)

    assert program == "auditor"
    return done.code, done.out + done.err


def test_the_hook_that_audits_stops_a_commit() -> None:
    """What args name is audited whole, whichever of its files are committed."""
    assert hooks()[0]["pass_filenames"] is False
    assert hook(0, COMPLIANT)[0] == 0
    assert hook(0, VIOLATING)[0] == 1


@pytest.mark.parametrize("name", ["estate/vnets.json", "estate/snapshot.json.gz", "auditor.yaml", "infra/auditor.yaml"])
def test_the_hook_that_audits_runs_for_what_it_reads(name: str) -> None:
    """Saved configuration and our own configuration start it."""
    assert re.search(hooks()[0]["files"], name)
    assert not re.search(hooks()[0]["files"], "README.md")


def test_the_hook_for_packs_gets_their_names() -> None:
    """A pack that is right passes, a file that is none does not."""
    pack = next((CHECKOUT / "rules" / "packs").rglob("*.yaml"))

    assert "pass_filenames" not in hooks()[1]
    assert hook(1, str(pack))[0] == 0
    assert hook(1, str(CHECKOUT / "action.yml"))[0] == 2


def test_the_job_is_one_that_azure_knows() -> None:
    """Microsoft's own model of a job takes every field: one that it did not know would keep its spelling of JSON."""
    job = as_attribute_dict(Job(read(JOB)))
    names = re.findall(r"'(\w+)':", str(job))
    configuration = job["configuration"]

    assert [each for each in names if each != each.lower() and not each.startswith("AZURE")] == []
    assert configuration["trigger_type"] == TriggerType.SCHEDULE
    assert configuration["schedule_trigger_config"]["cron_expression"] == "17 5 * * *"
    assert configuration["replica_retry_limit"] == 0


def test_the_job_runs_a_command_there_is() -> None:
    """Its arguments are options of the auditor, and it has a place that can be written to."""
    (container,) = read(JOB)["properties"]["template"]["containers"]
    command, *arguments = container["args"]
    known = call(command, "--help").out

    assert [each for each in arguments if each.startswith("-") and each not in known] == []
    assert [each["mountPath"] for each in container["volumeMounts"]] == ["/tmp"]  # noqa: S108 - of a container
    assert yaml.safe_dump(read(JOB)).count("secret") == 0


def snippets(name: str) -> list[Any]:
    """Return what every block of YAML on a page holds."""
    text = (CHECKOUT / name).read_text(encoding="utf-8")
    return [yaml.safe_load(each) for each in re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


@pytest.mark.parametrize("name", ["README.md", "docs/pipelines.md"])
def test_pages_use_what_there_is(name: str) -> None:
    """Inputs, parameters, variables, hooks and files that a page names exist under that name."""
    shown = yaml.safe_dump_all(snippets(name))
    steps = [
        each for block in snippets(name) for each in (block if isinstance(block, list) else block.get("steps", []))
    ]
    inputs = [each["with"] for each in steps if "azure-egress-auditor@" in each.get("uses", "")]
    parameters = [each["parameters"] for each in steps if "template" in each]
    known = {each["name"] for each in read("pipelines/azure-pipelines.yml")["parameters"]}
    hook_ids = {each["id"] for each in hooks()}

    assert inputs
    assert [each for given in inputs for each in given if each not in read("action.yml")["inputs"]] == []
    assert [each for given in parameters for each in given if each not in known] == []
    assert set(re.findall(r"AUDITOR_\w+", shown)) <= read("pipelines/gitlab-ci.yml")["egress-audit"]["variables"].keys()
    assert set(re.findall(r"\bid: (azure-\S+)", shown)) <= hook_ids
    assert all((CHECKOUT / each).is_file() for each in re.findall(r"pipelines/[\w./-]+\.yml", shown))


def test_the_page_names_every_input_of_the_action() -> None:
    """The table of inputs is whole."""
    text = (CHECKOUT / "docs" / "pipelines.md").read_text(encoding="utf-8")

    assert [each for each in read("action.yml")["inputs"] if f"`{each}`" not in text] == []
