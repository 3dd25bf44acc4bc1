"""The build of Azure Pipelines that writes a SARIF file, in the words in which Azure DevOps asks for it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

_PREFIX = "azuredevops/pipeline/build/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A run of a pipeline. definition: id of the pipeline, a number. phase: GUID of the job. run: number of the run."""

    organization: str
    project: str
    definition: str
    definition_name: str
    phase: str
    phase_name: str
    branch: str
    run: str


def automation_details(build: Build) -> dict[str, Any]:
    """Return the `automationDetails` of a run; Azure DevOps takes the id apart at its slashes, and numbers as text."""
    parts = (build.organization, build.project, build.definition, build.phase, build.branch, build.run)
    return {
        "id": _PREFIX + "/".join(quote(each, safe="", errors="replace") for each in parts),
        "properties": {
            f"{_PREFIX}buildDefinitionId": build.definition,
            f"{_PREFIX}buildDefinitionName": build.definition_name,
            f"{_PREFIX}phaseId": build.phase,
            f"{_PREFIX}phaseName": build.phase_name,
        },
    }
