"""The two example estates that ship with the product say what they are there to say."""

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner

from auditor.cli.main import cli
from auditor.collectors.files import read_sources
from auditor.configfile import parse_config
from auditor.findings import Outcome
from tests.audits import audit_snapshot, checks_of, snapshot_of, with_outcome
from tests.builders import Document
from tests.estates import EDITIONS, compliant
from tests.examples import FOLDER, examples
from tests.violating import CONFIGURATION, violating

SHOWN = {
    "asymmetric-application-reply": "ase-public",
    "asymmetric-management-reply": "ase-half-routed",
    "asymmetric-peer-reply": "ase-detour",
    "blocked-by-firewall-rule": "ase-denied",
    "blocked-by-nsg": "ase-closed",
    "broad-firewall-rule": "ase-loose",
    "dangling-next-hop": "ase-stale-hop",
    "documentation-drift": "ase-drifted",
    "egress-bypass": "ase-leaky",
    "firewall-egress-blocked": "ase-tunnel",
    "missing-application-dependency": "ase-public",
    "missing-default-route": "ase-by-luck",
    "missing-dependency-route": "ase-half-routed",
    "missing-fqdn": "ase-hand-made",
    "missing-fqdn-tag": "ase-no-tag",
    "missing-linux-fqdn": "ase-hand-made",
    "missing-management-route": "ase-by-luck",
    "missing-network-rule": "ase-hand-made",
    "missing-service-endpoint": "ase-no-endpoint",
    "no-firewall": "ase-no-firewall",
    "no-route-table": "ase-no-table",
    "undetermined": "ase-hidden",
}
"""Where the violating estate shows each check."""

ONE_STORY = {
    "ase-closed",
    "ase-denied",
    "ase-detour",
    "ase-drifted",
    "ase-hidden",
    "ase-leaky",
    "ase-loose",
    "ase-no-endpoint",
    "ase-no-firewall",
    "ase-no-table",
    "ase-stale-hop",
    "ase-tunnel",
}
"""Environments of the violating estate with exactly one finding."""


def run(*arguments: str) -> tuple[int, str]:
    """Run `auditor audit`; return its exit code and what it prints."""
    done = CliRunner().invoke(cli, ["audit", *arguments], standalone_mode=False, catch_exceptions=False)
    code: int = done.return_value
    return code, done.stdout


def test_the_files_are_what_the_tests_make() -> None:
    """The shipped files are those that `python -m tests.examples` writes: no more, no less, no other byte."""
    shipped = {
        file.relative_to(FOLDER).as_posix(): file.read_text(encoding="utf-8")
        for file in FOLDER.rglob("*")
        if file.is_file()
    }

    assert shipped == examples()


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_compliant_estate_has_no_finding(edition: str) -> None:
    """Read from its files, in all their shapes, the compliant estate passes everything that applies."""
    audited = audit_snapshot(read_sources([str(FOLDER / "compliant")], None), edition=edition)

    assert audited.findings == ()
    assert with_outcome(audited, Outcome.FAIL, Outcome.DEVIATES, Outcome.UNKNOWN) == set()
    assert len(with_outcome(audited, Outcome.PASS)) > 100


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_compliant_estate_gives_exit_code_0(edition: str) -> None:
    """The command says so too."""
    code, _ = run(str(FOLDER / "compliant"), "--edition", f"ase-v2={edition}")

    assert code == 0


def test_the_violating_estate_shows_every_check() -> None:
    """One run over the violating estate with its configuration shows every check there is, where its name says."""
    settings = parse_config(CONFIGURATION, "auditor.yaml")

    audited = audit_snapshot(read_sources([str(FOLDER / "violating")], None), settings=settings)

    assert set(checks_of(audited)) == set(SHOWN)
    found = {(each.check, each.workload.rpartition("/")[2]) for each in audited.findings}
    assert set(SHOWN.items()) <= found


def test_the_stories_of_the_violating_estate_are_told_once() -> None:
    """An environment with one defect has one finding."""
    settings = parse_config(CONFIGURATION, "auditor.yaml")

    audited = audit_snapshot(read_sources([str(FOLDER / "violating")], None), settings=settings)

    workloads = [each.workload.rpartition("/")[2] for each in audited.findings]
    assert {each: workloads.count(each) for each in sorted(ONE_STORY)} == dict.fromkeys(sorted(ONE_STORY), 1)


def test_version_3_in_the_violating_estate_is_not_applicable() -> None:
    """The packs of version 2 do not apply to the environment of version 3, and the result says so."""
    audited = audit_snapshot(read_sources([str(FOLDER / "violating")], None))

    (result,) = [each for each in audited.results if each.workload.endswith("/ase-v3")]
    assert result.outcome is Outcome.NOT_APPLICABLE
    assert "v3" in result.reason.text


def test_the_violating_estate_gives_exit_code_1() -> None:
    """The command fails, and takes the configuration that lies beside the estate."""
    config = str(FOLDER / "violating" / "auditor.yaml")

    code, printed = run(str(FOLDER / "violating"), "--config", config, "--format", "json")

    assert code == 1
    assert {each["check"] for each in json.loads(printed)["findings"]} == set(SHOWN)


@pytest.mark.parametrize(("name", "estate"), [("compliant", compliant), ("violating", violating)])
def test_the_shapes_of_the_files_change_nothing(name: str, estate: Callable[[], dict[str, list[Document]]]) -> None:
    """Flattened by `az`, wrapped by REST or in a Resource Graph answer, the files say what the documents say."""
    files = estate()
    tags = files.pop("service-tags.json")
    documents = [each for file in files.values() for each in file]

    from_files = audit_snapshot(read_sources([str(FOLDER / name)], None))
    direct = audit_snapshot(snapshot_of(documents, tags=tags))

    assert from_files == direct
