"""Real inputs nobody on this project wrote: each is read, or refused in one line that says what it is."""

import pytest

from auditor.collectors.files import read_sources
from auditor.errors import SourceError
from tests.places import corpus

KINDS = (
    "is a recording of requests",
    "is an example of the REST API documentation",
    "is an ARM template",
    "is the parameter file of an ARM template",
    "is a Terraform",
)


@pytest.mark.parametrize(
    ("folder", "read", "refused"),
    [("arm-responses", 63, 43), ("rest-examples", 0, 61), ("templates", 0, 38), ("terraform", 0, 8)],
)
def test_every_file_is_read_or_named(folder: str, read: int, refused: int) -> None:
    """No file is half understood, none ends in a traceback, and no snapshot is refused."""
    refusals = []
    files = sorted(path for path in (corpus() / folder).rglob("*.json") if path.is_file())
    for path in files:
        try:
            snapshot = read_sources([str(path)], None)
        except SourceError as fault:
            line = str(fault)
            assert line.startswith(f"{path}: ")
            assert "\n" not in line
            assert any(kind in line for kind in KINDS), line
            refusals.append(path)
        else:
            assert snapshot.gaps == (), path
            assert all(each["id"] and each["name"] and each["type"] for each in snapshot.resources), path
            assert all(isinstance(each["properties"], dict) for each in snapshot.resources), path

    assert not [path for path in refusals if path.name.endswith(".snapshot.json")]
    assert (len(files) - len(refusals), len(refusals)) == (read, refused)


def test_the_whole_folder_is_read() -> None:
    """The folder as one source: recordings are gaps, copies of two dates contradict each other, nothing stops."""
    snapshot = read_sources([str(corpus() / "arm-responses")], None)

    assert len(snapshot.resources) == 160
    assert len(snapshot.service_tags) == 1
    assert sum("recording of requests" in gap.why for gap in snapshot.gaps) == 43
    assert sum("different content" in gap.why for gap in snapshot.gaps) == 8
    assert len(snapshot.gaps) == 51


def test_psrule_exports_give_their_children() -> None:
    """Plans of an App Service Environment and rule groups of a policy come out as documents of their own."""
    snapshot = read_sources([str(corpus() / "arm-responses" / "offline-exports")], None)
    kinds = [resource["type"] for resource in snapshot.resources]

    assert kinds.count("Microsoft.Web/hostingEnvironments") == 6
    assert kinds.count("Microsoft.Web/serverfarms") == 2
    assert kinds.count("Microsoft.Network/firewallPolicies/ruleCollectionGroups") == 5
