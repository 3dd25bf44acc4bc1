"""`auditor audit --format sarif`: lines of files in a repository, fingerprints that last, what is said on stderr."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from auditor.cli import audit as audit_command
from auditor.reporters.sarif import PROFILES
from tests.azure_simulator import AzureSimulator
from tests.azure_simulator.loading import load
from tests.builders import Document, application_rule, collection, security_rule
from tests.cli.program import CHECKOUT, Done, call, refused, save
from tests.estates import Draft
from tests.reporters.sarif_cases import BUILD, validator

FINDINGS = 1
VIOLATING = "rules/examples/violating"
SARIF = ("--format", "sarif")


def run_of(done: Done) -> dict[str, Any]:
    """Return the run in what a command printed, which must be valid."""
    log = json.loads(done.out)
    validator().validate(log)
    (run,) = log["runs"]
    found: dict[str, Any] = run
    return found


def places(run: dict[str, Any]) -> list[tuple[str, int]]:
    """Return path and line of every result."""
    found = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    return [(each["artifactLocation"]["uri"], each["region"]["startLine"]) for each in found]


def fingerprints(run: dict[str, Any]) -> set[str]:
    """Return the fingerprints of the results, which are all different."""
    found = [each["partialFingerprints"]["primaryLocationLineHash"] for each in run["results"]]
    assert len(set(found)) == len(found)
    return set(found)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_finding_is_there_on_the_line_of_its_resource(profile: str) -> None:
    """The annotation lands where the object of the resource begins; one that is in no file has a path of its own."""
    done = call("audit", VIOLATING, *SARIF, "--sarif-for", profile)
    saved = json.loads(call("audit", VIOLATING, "--format", "json").out)
    run = run_of(done)

    assert (done.code, done.err) == (FINDINGS, "")
    assert fingerprints(run) == {each["id"] for each in saved["findings"]}
    for result, (path, line) in zip(run["results"], places(run), strict=True):
        resource = result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]
        if result["ruleId"] == "undetermined":  # its route table is not in the source
            assert path == "azure/" + resource.strip("/").lower()
            continue
        column = result["locations"][0]["physicalLocation"]["region"]["startColumn"]
        lines = (CHECKOUT / path).read_text(encoding="utf-8").split("\n")
        text = "\n".join([lines[line - 1][column - 1 :], *lines[line:]])
        assert json.JSONDecoder().raw_decode(text)[0]["id"].lower() == resource.lower()


def test_the_json_report_keeps_the_places() -> None:
    """So that other formats can be made of it later."""
    saved = json.loads(call("audit", VIOLATING, "--format", "json").out)
    told = {each["resource"]: (each["file"], each["line"]) for each in saved["locations"]}

    run = run_of(call("audit", VIOLATING, *SARIF))

    ids = [each["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].lower() for each in run["results"]]
    assert [(told[each], place) for each, place in zip(ids, places(run), strict=True) if each in told] == [
        (place, place) for each, place in zip(ids, places(run), strict=True) if each in told
    ]
    assert len(told) > 10


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with an estate in infra/, to work in infra/deep."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "infra" / "deep").mkdir(parents=True)
    save(tmp_path / "infra", broken())
    monkeypatch.chdir(tmp_path / "infra" / "deep")
    return tmp_path


def broken() -> Draft:
    """Return the compliant estate with a deny of the firewall, one of the NSG, and an endpoint too few."""
    draft = Draft()
    draft.add_group(
        "fwp-ase",
        "rcg-deny",
        150,
        collection("deny-web", 100, "Deny", [application_rule("no-crl", ["crl.microsoft.com"])]),
    )
    draft.of("nsg-ase")["securityRules"].append(security_rule("no-management", 90, "Deny", ports="454", protocol="Tcp"))
    draft.ase["serviceEndpoints"] = draft.ase["serviceEndpoints"][1:]
    return draft


def test_paths_are_those_of_the_repository(repository: Path) -> None:
    """Wherever in it one works, and however the source is named, the path starts at its root."""
    named = ("../estate.json", "..", str(repository / "infra"), str(repository / "infra" / "estate.json"))

    assert {path for each in named for path, _ in places(run_of(call("audit", each, *SARIF)))} == {"infra/estate.json"}


def test_a_link_is_named_by_what_it_leads_to(repository: Path) -> None:
    """What git keeps of a link is one line, so that no annotation could stand on the line of the resource."""
    (repository / "link.json").symlink_to(repository / "infra" / "estate.json")
    (repository / "folder").symlink_to(repository / "infra")

    for source in ("link.json", "folder", "folder/estate.json"):
        named = {path for path, _ in places(run_of(call("audit", str(repository / source), *SARIF)))}
        assert named == {"infra/estate.json"}


def test_a_source_outside_the_repository(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A platform gets the path of the resource, since it refuses absolute ones; others get the file."""
    file = save(tmp_path_factory.mktemp("elsewhere"), broken())
    assert repository

    github = places(run_of(call("audit", file, *SARIF, "--sarif-for", "github")))
    full = places(run_of(call("audit", file, *SARIF)))

    assert all(path.startswith("azure/subscriptions/") for path, _ in github)
    assert {path for path, _ in full} == {Path(file).as_uri()}


def test_a_working_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source named by its whole path is still found."""
    file, config = save(tmp_path, broken()), tmp_path / "auditor.yaml"
    config.write_text("{}", encoding="utf-8")
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    found = places(run_of(call("audit", file, "--config", str(config), *SARIF)))

    assert {path for path, _ in found} == {Path(file).as_uri()}


def test_standard_input_has_no_lines(repository: Path) -> None:
    """Every finding has the path of its resource."""
    data = (repository / "infra" / "estate.json").read_bytes()

    found = places(run_of(call("audit", "-", *SARIF, stdin=data)))

    assert {line for _, line in found} == {1}
    assert all(path.startswith("azure/subscriptions/") for path, _ in found)


def test_azure_itself_gives_the_same_fingerprints() -> None:
    """Live findings have stable paths, no machine's, and are the same alerts as those of a file, but for the path."""
    with AzureSimulator(load(VIOLATING)) as azure:
        live = call(
            *("audit", *SARIF, "--sarif-for", "github", "--subscription", "00000000-0000-0000-0000-000000000001"),
            environment=azure.environment,
        )
    saved = run_of(call("audit", VIOLATING, *SARIF, "--sarif-for", "github"))

    assert fingerprints(run_of(live)) == fingerprints(saved)
    assert all(path.startswith("azure/subscriptions/") for path, _ in places(run_of(live)))


_RUN = (
    "azuredevops/pipeline/build/contoso/Shop%20network/12/3a3a2a60-14c7-570b-14a4-fa42ad92f52a/refs%2Fheads%2Fmain/4711"
)


@pytest.mark.parametrize(
    ("profile", "changed", "run_id"),
    [
        ("azure-devops", {}, _RUN),
        ("azure-devops", {"SYSTEM_COLLECTIONURI": "https://contoso.visualstudio.com/"}, _RUN),
        *(("azure-devops", {name: ""}, None) for name in BUILD),
        ("azure-devops", {"SYSTEM_DEFINITIONID": "x"}, None),
        ("azure-devops", {"SYSTEM_PHASEID": "x"}, None),
        ("azure-devops", {"SYSTEM_COLLECTIONURI": "https://[/"}, None),
        ("github", {}, None),
    ],
)
def test_the_build_is_named_where_all_of_it_is_known(
    profile: str, changed: dict[str, str], run_id: str | None, tmp_path: Path
) -> None:
    """Azure DevOps drops a run that names its build by half; elsewhere it is the upload that says so."""
    (tmp_path / "empty.json").write_text("[]", encoding="utf-8")
    source = str(tmp_path / "empty.json")

    run = run_of(call("audit", source, *SARIF, "--sarif-for", profile, environment={**BUILD, **changed}))

    assert run.get("automationDetails", {}).get("id") == run_id


def test_what_is_left_out_is_said_on_stderr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line; the report itself goes where it should."""
    monkeypatch.setattr(
        "auditor.reporters.sarif.PROFILES", {"github": PROFILES["github"].__class__(name="X", results=1)}
    )
    target = tmp_path / "out.sarif"
    number = len(json.loads(call("audit", VIOLATING, "--format", "json").out)["findings"])

    done = call("audit", VIOLATING, "--report", f"sarif={target}", "--sarif-for", "github")

    assert done.err == (
        f"sarif: {number - 1} findings left out: X takes no more; "
        "the worst are here, and the profile full has them all\n"
    )
    assert len(json.loads(target.read_text(encoding="utf-8"))["runs"][0]["results"]) == 1


def test_a_reader_that_there_is_not() -> None:
    """One line names those there are."""
    assert "'github', 'azure-devops', 'full'" in refused("audit", VIOLATING, *SARIF, "--sarif-for", "gitlab")


def shuffled(value: Any, rng: random.Random, *, ordered: bool = False) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value with the keys of its objects, and lists of objects, in another order."""
    if isinstance(value, dict):
        keys = rng.sample(sorted(value), len(value))
        return {key: shuffled(value[key], rng) for key in keys}
    if isinstance(value, list) and value and isinstance(value[0], dict) and not ordered:
        return [shuffled(each, rng) for each in rng.sample(value, len(value))]
    return value


def renamed(draft: Draft, name: str) -> None:
    """Rename a rule that decides nothing."""
    draft.rule("rcg-org", "games")["name"] = name


def another(draft: Draft) -> None:
    """Add a defect beside the others."""
    draft.ase["serviceEndpoints"] = draft.ase["serviceEndpoints"][:-1]


def with_more(draft: Draft) -> None:
    """Add a resource that has no part in anything."""
    unrelated: Document = json.loads(json.dumps(draft.resource("rt-ase")).replace("rt-ase", "rt-unrelated"))
    draft.add(unrelated)


def audited(documents: list[Document], rng: random.Random, day: datetime) -> set[str]:
    """Return the fingerprints of an estate saved in some files of some folder, audited on some day."""
    folders = ("a", "b/c", "estate", ".")
    with TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit_command, "datetime", type("Clock", (), {"now": staticmethod(lambda _: day)}))
        for at, each in enumerate(documents):
            folder = Path(place) / rng.choice(folders)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{rng.randrange(10**6)}-{at}.json").write_text(json.dumps(each), encoding="utf-8")
        run = run_of(call("audit", place, *SARIF, "--sarif-for", rng.choice(sorted(PROFILES))))
    assert run["invocations"][0]["endTimeUtc"] == day.strftime("%Y-%m-%dT%H:%M:%SZ")
    return fingerprints(run)


@cache
def base() -> set[str]:
    """Return the fingerprints of the broken estate."""
    data = json.dumps([*broken().documents, *broken().tags]).encode()
    return fingerprints(run_of(call("audit", "-", *SARIF, stdin=data)))


CHANGES: dict[str, Callable[[Draft], None]] = {
    "nothing": lambda _: None,
    "rule renamed": lambda draft: renamed(draft, "other"),
    "another finding": another,
    "more resources": with_more,
}


@settings(max_examples=20, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.integers(0, 2**32), st.sampled_from(sorted(CHANGES)), st.timedeltas(timedelta(0), timedelta(9_999)))
def test_a_finding_keeps_its_fingerprint(seed: int, change: str, later: timedelta) -> None:
    """Reordered, moved to other files, on another day, beside another finding, with an unrelated rule renamed."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    draft = broken()
    CHANGES[change](draft)
    documents = [shuffled(each, rng) for each in rng.sample(draft.documents, len(draft.documents))]

    found = audited([*documents, *draft.tags], rng, datetime(2026, 1, 31, tzinfo=UTC) + later)

    assert len(base()) == 3
    assert found > base() if change == "another finding" else found == base()


def renamed_deny(draft: Draft) -> None:
    """Let another rule deny."""
    draft.rule("rcg-deny", "no-crl")["name"] = "no-directory"


def another_deny(draft: Draft) -> None:
    """Let another rule of the NSG deny."""
    draft.security_rule("no-management")["access"] = "Allow"
    draft.of("nsg-ase")["securityRules"].append(security_rule("closed", 80, "Deny", ports="454", protocol="Tcp"))


def other_endpoint(draft: Draft) -> None:
    """Leave another endpoint out."""
    missing = {each["service"] for each in Draft().ase["serviceEndpoints"]} - {
        each["service"] for each in draft.ase["serviceEndpoints"]
    }
    draft.ase["serviceEndpoints"] = [{"service": each, "provisioningState": "Succeeded"} for each in missing]


@pytest.mark.parametrize("change", [renamed_deny, another_deny, other_endpoint])
def test_another_cause_is_another_fingerprint(change: Callable[[Draft], None], tmp_path: Path) -> None:
    """The finding of the old cause is gone, one of the new is there, and the others are as they were."""
    draft = broken()
    change(draft)

    found = fingerprints(run_of(call("audit", save(tmp_path, draft), *SARIF)))

    assert found - base()
    assert base() - found
    assert found & base()
