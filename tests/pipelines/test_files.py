"""The files for pipelines as files: valid by the schemas their platforms publish, and naming only what there is."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from azure.core.serialization import as_attribute_dict
from azure.mgmt.appcontainers.models import Job, TriggerType

from tests.cli.program import CHECKOUT, call
from tests.pipelines.steps import COMPLIANT, VIOLATING, read
from tests.pipelines.test_schedulers import ALERTS, CRON, CRONJOB, SERVICE, TIMER, WATCH

SCHEDULED = "pipelines/examples/github-scheduled.yml"
JOB = "pipelines/examples/container-apps-job.yml"


def validated(file: str, schema: str, *transform: str) -> tuple[int, str]:
    """Return the exit code of the check of a file by a published schema, and what is wrong with it."""
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *transform, file],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout if done.returncode else ""


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
    assert validated(file, schema, *transform) == (0, "")


def test_every_file_for_pipelines_is_tested() -> None:
    """A new file below pipelines/ is one that these tests know."""
    files = {each.relative_to(CHECKOUT).as_posix() for each in (CHECKOUT / "pipelines").rglob("*") if each.is_file()}

    schedulers = {each.relative_to(CHECKOUT).as_posix() for each in (CRON, SERVICE, TIMER, CRONJOB, WATCH, ALERTS)}
    assert files == {"pipelines/azure-pipelines.yml", "pipelines/gitlab-ci.yml", SCHEDULED, JOB} | schedulers


def test_the_scheduled_workflow_uses_the_action_as_it_is() -> None:
    """Every input it gives exists, it uploads the reports it asks for, and its token may no more than it must."""
    workflow = read(SCHEDULED)
    steps = workflow["jobs"]["audit"]["steps"]
    (ours,) = [each["with"] for each in steps if "azure-egress-auditor@" in each["uses"]]
    (egress,) = [each["id"] for each in steps if "azure-egress-auditor@" in each["uses"]]
    (sarif,) = [each for each in steps if "upload-sarif@" in each["uses"]]
    (kept,) = [each for each in steps if "upload-artifact@" in each["uses"]]

    assert ours.keys() <= read("action.yml")["inputs"].keys()
    assert sarif["with"]["sarif_file"] == ours["sarif"]
    assert kept["with"]["path"].split() == [each.partition("=")[2] for each in ours["reports"].split()]
    assert sarif["if"] == f"always() && steps.{egress}.outputs.complete == 'true'"
    assert kept["if"].startswith(f"always() && steps.{egress}.outputs.exit-code != ''")
    assert workflow["permissions"] == {
        "contents": "read",
        "actions": "read",
        "id-token": "write",
        "security-events": "write",
    }


def test_conditions_ask_for_outputs_there_are() -> None:
    """An output that the action does not have is empty, and an upload that hangs on it never runs, or always."""
    texts = [(CHECKOUT / each).read_text(encoding="utf-8") for each in (SCHEDULED, "docs/pipelines.md", "README.md")]
    asked = re.findall(r"steps\.egress\.outputs\.([\w-]+)", "".join(texts))

    assert "complete" in asked
    assert set(asked) <= read("action.yml")["outputs"].keys()
    assert [each for each in texts if "upload-sarif@" in each and "outputs.complete == 'true'" not in each] == []


@pytest.mark.parametrize("name", ["action.yml", SCHEDULED, "docs/pipelines.md", "README.md"])
def test_actions_of_others_are_pinned_by_commit(name: str) -> None:
    """A tag can be moved to other code, a commit cannot; the version stands beside it. Ours is the reader's choice."""
    lines = re.findall(r"uses: (.*)$", (CHECKOUT / name).read_text(encoding="utf-8"), re.MULTILINE)
    others = [each for each in lines if not each.startswith("ORGANISATION/")]

    assert others
    assert [each for each in others if not re.match(r"[\w-]+(/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


def test_nothing_is_installed_by_the_bare_name() -> None:
    """No file or page hands pip a name that it would look up on an index, where the auditor is not."""
    files = [
        "action.yml",
        "README.md",
        "Dockerfile",
        ".pre-commit-hooks.yaml",
        *map(str, (CHECKOUT / "docs").rglob("*.md")),
    ]
    files += [str(each) for each in (CHECKOUT / "pipelines").rglob("*.yml")]
    text = "".join((CHECKOUT / each).read_text(encoding="utf-8") for each in files)

    assert re.findall(r"(?:install|AUDITOR_PACKAGE:|package:)[^\n#]*[ \"']azure-egress-auditor.*", text) == []
    assert "git+https://" in text


def hooks() -> list[dict[str, Any]]:
    """Return the hooks that pre-commit offers."""
    found: list[dict[str, Any]] = read(".pre-commit-hooks.yaml")
    return found


def test_hooks_say_what_pre_commit_must_know() -> None:
    """Each has an id, a name, an entry and a language, and no field that pre-commit does not know, of another type."""
    known = {
        "id": str,
        "name": str,
        "description": str,
        "entry": str,
        "language": str,
        "files": str,
        "pass_filenames": bool,
        "always_run": bool,
    }

    assert [each["id"] for each in hooks()] == ["azure-egress-audit", "azure-egress-packs"]
    for each in hooks():
        assert {"id", "name", "entry", "language"} <= each.keys() <= known.keys()
        assert [name for name, value in each.items() if type(value) is not known[name]] == []
        assert each["language"] == "python"
        assert re.compile(each.get("files", ""))


def hook(number: int, *arguments: str) -> tuple[int, str]:
    """Run the entry of a hook with arguments, as pre-commit does; return the exit code and what it printed."""
    program, *before = shlex.split(hooks()[number]["entry"])
    done = call(*before, *arguments)

    assert program == "auditor"
    return done.code, done.out + done.err


def test_the_hook_that_audits_stops_a_commit() -> None:
    """What args name is audited whole, at every commit: also where a file is deleted, or one of waivers changed."""
    assert hooks()[0]["pass_filenames"] is False
    assert hooks()[0]["always_run"] is True
    assert "files" not in hooks()[0]
    assert hook(0, COMPLIANT)[0] == 0
    assert hook(0, VIOLATING)[0] == 1


def test_the_hook_that_audits_needs_arguments() -> None:
    """Without args it says what is missing; the page has them in its sample."""
    code, said = hook(0)

    assert (code, "name at least one SOURCE" in said) == (2, True)
    assert "args: [estate]" in (CHECKOUT / "docs" / "pipelines.md").read_text(encoding="utf-8")


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


def steps_of(block: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - whatever the block holds
    """Return the steps of a block of YAML: a list of them, those of a pipeline, or those of the jobs of a workflow."""
    if isinstance(block, list):
        return block
    jobs = [each for each in block.get("jobs", {}).values() if isinstance(each, dict)]
    return [step for place in (block, *jobs) for step in place.get("steps", [])]


def test_the_workflow_of_the_page_is_valid(tmp_path: Path) -> None:
    """Whoever copies the sample for pull requests has a whole workflow, that may upload what it asks to upload."""
    text = (CHECKOUT / "docs" / "pipelines.md").read_text(encoding="utf-8")
    (block,) = [
        each for each in re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL) if "runs-on" in each
    ]
    file = tmp_path / "egress.yml"
    file.write_text(block, encoding="utf-8")
    workflow = yaml.safe_load(block)

    assert validated(str(file), "github-workflows") == (0, "")
    assert workflow["permissions"] == {"contents": "read", "security-events": "write", "actions": "read"}
    (upload,) = [each for each in steps_of(workflow) if "upload-sarif@" in each["uses"]]
    assert "!github.event.pull_request.head.repo.fork" in upload["if"]


@pytest.mark.parametrize("name", ["README.md", "docs/pipelines.md"])
def test_pages_use_what_there_is(name: str) -> None:
    """Inputs, parameters, variables, hooks and files that a page names exist under that name."""
    shown = yaml.safe_dump_all(snippets(name))
    steps = [each for block in snippets(name) for each in steps_of(block)]
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
