"""Everything in rules/ is valid, reads as its schema says, and can be edited with the schema's help."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from auditor.collectors.rules import pack_names, read_checks, read_pack
from auditor.errors import PackError
from auditor.findings import Level
from auditor.packs import Kind, PackName
from auditor.yamltext import load_yaml
from tests.packs.reference import ROOT

RULES = ROOT / "rules"
NAMES = pack_names()
FILES = [*sorted(RULES.glob("check*.yaml")), *sorted((RULES / "packs").rglob("*.yaml"))]
EDITOR_LINE = re.compile(r"# yaml-language-server: \$schema=(\S+)")

CHECKS = [
    "no-firewall",
    "missing-fqdn-tag",
    "missing-management-route",
    "asymmetric-management-reply",
    "missing-dependency-route",
    "missing-default-route",
    "dangling-next-hop",
    "missing-service-endpoint",
    "no-route-table",
    "missing-fqdn",
    "missing-linux-fqdn",
    "missing-network-rule",
    "missing-application-dependency",
    "asymmetric-application-reply",
    "asymmetric-peer-reply",
    "blocked-by-firewall-rule",
    "blocked-by-nsg",
    "firewall-egress-blocked",
    "egress-bypass",
    "broad-firewall-rule",
    "documentation-drift",
    "undetermined",
    "expired-waiver",
]
WARNINGS = {"missing-management-route", "undetermined", "expired-waiver", "broad-firewall-rule"}
NOTES = {"documentation-drift"}


def schema(name: str) -> dict[str, Any]:
    """Return one of the schemas in rules/."""
    document: dict[str, Any] = json.loads((RULES / name).read_text(encoding="utf-8"))
    return document


def value(file: Path) -> Any:  # noqa: ANN401 - a document of any shape, to be changed by tests
    """Return what a YAML file holds."""
    return load_yaml(file.read_bytes(), file.name, PackError)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_file_is_valid_and_names_its_schema(file: Path) -> None:
    """The first line leads editors to the schema, and the file keeps it."""
    first = file.read_text(encoding="utf-8").splitlines()[0]
    found = EDITOR_LINE.fullmatch(first)

    assert found is not None
    Draft202012Validator(json.loads((file.parent / found[1]).read_text(encoding="utf-8"))).validate(value(file))


@pytest.mark.parametrize("name", ["pack.schema.json", "checks.schema.json", "check-guides.schema.json"])
def test_schema_is_a_schema(name: str) -> None:
    """The schemas themselves are valid, and every object in them is closed."""
    document = schema(name)

    Draft202012Validator.check_schema(document)
    assert '"additionalProperties": true' not in json.dumps(document)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: f"{name.service}-{name.label}-{name.cloud}")
def test_pack_reads(name: PackName) -> None:
    """Every pack reads; its ids are unique, begin with its label, and it knows where it comes from."""
    pack = read_pack(name)
    ids = [one.id for one in pack.requirements]

    assert (pack.service, pack.label, pack.cloud) == (name.service, name.label, name.cloud)
    assert len(set(ids)) == len(ids) > 0
    assert all(ident.startswith(f"{name.service}@{name.label}/") for ident in ids)
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", pack.digest)
    assert pack.url.startswith("https://learn.microsoft.com/azure/app-service/environment/")


def test_later_editions_let_tags_cover_linux_names_but_no_address() -> None:
    """From 2018-12-20 the tag stands for everything named below the IP table; an address is never covered."""
    for name in NAMES:
        for one in read_pack(name).requirements:
            named = one.kind in {Kind.FQDN, Kind.WILDCARD}
            linux_before = name.label == "2018-09-24" and one.condition == "linux-apps"
            assert ("AppServiceEnvironment" in one.tags) == (named and not linux_before), one.id


def test_windows_update_tag_covers_update_names_only() -> None:
    """The second tag stands for the names of Windows Update and Microsoft Update, beside the first."""
    name = next(name for name in NAMES if (name.service, name.label) == ("ase-v2", "2023-11-20"))
    covered = {one.target for one in read_pack(name).requirements if "WindowsUpdate" in one.tags}

    assert covered == {
        "ctldl.windowsupdate.com",
        "*.ctldl.windowsupdate.com",
        "*.update.microsoft.com",
        "*.windowsupdate.microsoft.com",
    }


def test_openings_are_what_the_document_lists_beside_names() -> None:
    """Addresses as prefixes, Linux ones included, and service tags; each once, in the document's order."""
    by_label = {(name.service, name.label, name.cloud): name for name in NAMES}
    newest = read_pack(by_label["ase-v2", "2023-11-20", "public"])
    china = read_pack(by_label["ase-management-addresses", "2022-10-24", "china"])

    assert newest.documented_openings[:2] == ("40.77.24.27/32", "13.90.249.229/32")
    assert len(newest.documented_openings) == 4 + 7 + 1
    assert newest.documented_openings[-1] == "AzureMonitor"
    assert china.documented_openings == ("42.159.4.236/32", "42.159.80.125/32", "AppServiceManagement")


def test_regional_addresses_name_azure_locations() -> None:
    """The oldest list needs the addresses of the own region's pair; each row says which locations that is."""
    name = next(name for name in NAMES if (name.service, name.label) == ("ase-management-addresses", "2017-07-11"))
    regional = [one for one in read_pack(name).requirements if one.condition is not None]

    assert len(regional) == 28
    assert all(one.locations and one.condition and one.condition.startswith("region:") for one in regional)
    assert {one.locations for one in regional if one.target == "104.211.225.66"} == {
        ("centralindia", "southindia"),
        ("westindia", "southindia"),
    }


def test_every_check_is_there_with_its_level() -> None:
    """All checks of the design, in its order, errors but for four warnings and one note."""
    checks = read_checks()

    assert list(checks) == CHECKS
    assert {ident for ident, check in checks.items() if check.level is Level.WARNING} == WARNINGS
    assert {ident for ident, check in checks.items() if check.level is Level.NOTE} == NOTES
    assert {check.level for check in checks.values()} == set(Level)


def test_checks_are_written_to_be_read() -> None:
    """Sentences end, titles do not, and every text is one paragraph."""
    for check in read_checks().values():
        assert all(text.endswith(".") and "\n" not in text for text in (check.means, check.why, check.fix)), check.id
        assert not check.title.endswith("."), check.id
        assert len(set(check.sources)) == len(check.sources) > 0, check.id


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("schema", "requirement-pack/2"),
        ("edition", "24.09.2018"),
        ("revision", "2"),
        ("cloud", "azurecloud"),
        ("ip", ["graph.windows.net:443"]),
        ("ip", ["40.77.24.27"]),
        ("fqdn", ["40.77.24.27:443"]),
        ("fqdn", ["graph.windows.net"]),
        ("fqdn", [{"name": "graph.windows.net", "port": 443}]),
        ("wildcard", ["graph.windows.net:443"]),
        ("nsg-inbound", ["AppServiceManagement:454"]),
        ("fqdns", ["graph.windows.net:443"]),
        ("steps", {"default-route": "Internet"}),
        ("management", {"addresses": ["70.37.57.58"]}),
    ],
)
def test_schema_refuses_what_is_no_pack(field: str, wrong: object) -> None:
    """The schema is strict: unknown fields, rows in the wrong table and missing ports are faults."""
    document = value(RULES / "packs" / "ase-v2" / "2018-09-24.public.yaml")
    document[field] = wrong

    with pytest.raises(ValidationError):
        Draft202012Validator(schema("pack.schema.json")).validate(document)
