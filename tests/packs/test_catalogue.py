"""Every shipped pack says what the catalogue of documented facts says, requirement by requirement."""

import json
from typing import Any

import pytest

from auditor.collectors.rules import pack_names, read_pack
from auditor.packs import Kind, PackName, Requirement
from tests.packs.reference import CATALOGUE, needs_catalogue

pytestmark = needs_catalogue

OWN = {"firewall@azure-firewall", "route-table@subnet"}
"""Steps 1 and 7, which the catalogue has no requirement for."""

ELSEWHERE = ("route:management-addresses->", "route:ip-dependencies->", "network-rule:any:", "subnet-name:")
"""Rows the pack says in another way: as the next hop of other requirements, or as the target of the firewall's."""

ALWAYS = {None, "forced-tunnel-or-firewall", "azure-firewall"}
"""Conditions that hold for every environment these packs are for: one locked down by Azure Firewall."""

NAMES = pack_names()
IDS = [f"{name.service}-{name.label}-{name.cloud}" for name in NAMES]


def catalogue(name: PackName) -> dict[str, Any]:
    """Return the catalogue's file for a pack."""
    file = CATALOGUE / name.service / f"{name.label}.{name.cloud}.json"
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document


def wanted(name: PackName) -> dict[str, dict[str, Any]]:
    """Return the catalogue's rows that are requirements of their own, by id, in its order."""
    rows = {row["id"]: row for row in catalogue(name)["requirements"] if not row["id"].startswith(ELSEWHERE)}
    if name.service == "ase-management-addresses":
        rows.pop("service-tag:appservicemanagement:454-455", None)
    return rows


def held(name: PackName) -> dict[str, Requirement]:
    """Return the pack's requirements by the catalogue's ids, without those it has none for."""
    prefix = f"{name.service}@{name.label}/"
    found = {one.id.removeprefix(prefix): one for one in read_pack(name).requirements}
    return {ident: one for ident, one in found.items() if ident not in OWN}


@pytest.mark.parametrize("name", NAMES, ids=IDS)
def test_pack_has_exactly_the_documented_requirements(name: PackName) -> None:
    """No row is lost, none is added, and tables keep the document's order."""
    tables = [row["id"] for row in wanted(name).values() if row.get("section") != "steps"]

    assert set(held(name)) == set(wanted(name))
    assert [ident for ident, one in held(name).items() if one.section != "steps"] == tables


@pytest.mark.parametrize("name", NAMES, ids=IDS)
def test_requirements_say_what_the_catalogue_says(name: PackName) -> None:
    """Kind, target, ports, protocol, condition, table and documented row agree."""
    for ident, row in wanted(name).items():
        one = held(name)[ident]
        source = row["kind"] in {"management-source", "nsg-inbound"}
        target = str(row["source"] if source else row["destination"]).removesuffix("/32")
        protocol = (row["protocol"] or "").replace("unspecified", "")
        kind = Kind.DEFAULT_ROUTE if row["kind"] == "route" else Kind(row["kind"])
        assert (one.kind, one.target, one.protocol) == (kind, target, protocol), ident
        assert one.ports == tuple(map(int, row["ports"])), ident
        assert one.condition == (None if row["condition"] in ALWAYS else row["condition"]), ident
        assert one.section == row.get("section", "management-addresses"), ident
        assert one.raw == row["raw"] if "raw" in row else True, ident


@pytest.mark.parametrize("name", NAMES, ids=IDS)
def test_facts_of_the_whole_document_agree(name: PackName) -> None:
    """Title, confidence, dates, umbrella rows and management tag are the catalogue's."""
    facts, pack = catalogue(name), read_pack(name)
    ids = {row["id"] for row in facts["requirements"]}
    in_steps = tuple(row["destination"] for row in facts["requirements"] if "steps" in row.get("stated_in", ()))
    hops = {one.via for one in pack.requirements if one.kind is Kind.IP and one.condition is None}
    tagged = any(row["kind"] == "service-tag" and row["direction"] == "inbound" for row in facts["requirements"])

    assert (pack.title, pack.confidence) == (facts["source"]["title"], facts["confidence"])
    assert (pack.service, pack.edition, pack.revision) == (facts["service"], facts["edition"], facts["revision"])
    assert bool(pack.management_routes) == ("route:management-addresses->Internet" in ids)
    assert hops <= ({"Internet"} if "route:ip-dependencies->Internet" in ids else {""})
    assert pack.step_endpoints == in_steps
    assert pack.management_tag == ("AppServiceManagement" if tagged else None)


def test_network_rules_are_the_documented_way_out_to_any_destination() -> None:
    """Where the steps ask for a network rule, the row of the table says the firewall is its way."""
    for name in NAMES:
        rules = [row["id"] for row in catalogue(name)["requirements"] if row["id"].startswith("network-rule:")]
        by_rule = [one for one in held(name).values() if one.kind is Kind.ANY and one.via == "firewall"]
        assert [f"network-rule:any:{one.ports[0]}" for one in by_rule] == rules


def test_firewall_has_the_documented_subnet_name() -> None:
    """The name the document asks the firewall's subnet to have is the target of the firewall's requirement."""
    for name in NAMES:
        rows = catalogue(name)["requirements"]
        asked = [row["destination"] for row in rows if row["kind"] == "subnet-name"] or [""]
        assert all(one.target == asked[0] for one in read_pack(name).requirements if one.kind is Kind.FIREWALL)


def test_every_public_edition_and_every_management_edition_is_shipped() -> None:
    """All ASE v2 editions of the public cloud, all management addresses of every cloud, and nothing unknown."""
    there = {
        *(CATALOGUE / "ase-v2").glob("*.public.json"),
        *(CATALOGUE / "ase-management-addresses").glob("*.json"),
    }

    assert {f"{name.service}/{name.label}.{name.cloud}.json" for name in NAMES} == {
        file.relative_to(CATALOGUE).as_posix() for file in there
    }
