"""The build of Azure Pipelines the auditor runs in, as its agent tells of it in the environment."""

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.reporters.sarif_build import Build

_NAMES = (
    *("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "SYSTEM_DEFINITIONID", "BUILD_DEFINITIONNAME"),
    *("SYSTEM_PHASEID", "SYSTEM_PHASENAME", "BUILD_SOURCEBRANCH", "BUILD_BUILDID"),
)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def this_build() -> "Build | None":
    """Return the build; None elsewhere, and where the agent does not tell all of it."""
    from auditor.reporters.sarif_build import Build

    collection, project, definition, name, phase, phase_name, branch, run = (
        os.environ.get(each, "").strip() for each in _NAMES
    )
    organization = _organization(collection)
    told = all((organization, project, name, phase_name, branch, run)) and _is_number(definition) and _is_guid(phase)
    if os.environ.get("TF_BUILD", "").lower() != "true" or not told:
        return None
    return Build(
        organization=organization,
        project=project,
        definition=definition,
        definition_name=name,
        phase=phase,
        phase_name=phase_name,
        branch=branch,
        run=run,
    )


def _organization(collection: str) -> str:
    """Return the name in https://dev.azure.com/NAME/, or in https://NAME.visualstudio.com/ as it was before."""
    from urllib.parse import urlsplit

    try:
        address = urlsplit(collection)
    except ValueError:
        return ""
    return address.path.strip("/").rpartition("/")[2] or (address.hostname or "").partition(".")[0]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text[:9]) > 0


def _is_guid(text: str) -> bool:
    return _GUID.fullmatch(text) is not None and any(each not in "0-" for each in text)
