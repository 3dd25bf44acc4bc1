"""What is not known never passes, and what is audited at all."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest

from auditor.collectors.files import read_sources
from auditor.findings import Gap, Outcome
from tests.audits import audit_documents, audit_snapshot, checks_of, outcomes, requirements_of, with_outcome
from tests.builders import SUBSCRIPTION, network_id, route, route_table
from tests.engine.defects import (
    NEW,
    OLD,
    PEER,
    ROUTED,
    Put,
    linux,
    linux_address,
)
from tests.engine.route_defects import route_to, table_unassigned
from tests.engine.rule_defects import both_tags_gone, network_action, tag_collection, tag_rule
from tests.engine.subnet_defects import security
from tests.estates import EDITIONS, FIREWALL, Draft

PASSING = (Outcome.PASS,)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(
    ("sure", "odd"),
    [
        pytest.param(network_action("Deny"), network_action("Maybe"), id="rule action"),
        pytest.param(
            security(("no-management", 90, "Deny"), ports="454-455"),
            security(("no-management", 90, "Perhaps"), ports="454-455"),
            id="security rule access",
        ),
        pytest.param(
            security(drop=("allow-management-tag", "allow-management-addresses")),
            lambda draft: [
                draft.security_rule(each).update(access="Perhaps")
                for each in ("allow-management-tag", "allow-management-addresses")
            ],
            id="access of an allowing security rule",
        ),
        pytest.param(route_to("0.0.0.0/0", "None"), route_to("0.0.0.0/0", "Teleport", FIREWALL), id="next hop type"),
        pytest.param(both_tags_gone, tag_collection(action={"type": "Maybe"}), id="action of an allowing collection"),
        pytest.param(
            lambda draft: draft.of("rcg-network").update(ruleCollections=[]),
            lambda draft: [
                draft.rule("rcg-network", each).update(ipProtocols=["Quic"]) for each in ("ntp", "triage", "monitor")
            ],
            id="protocol of network rules",
        ),
        pytest.param(
            both_tags_gone,
            tag_rule(protocols=[{"protocolType": "Gopher", "port": 443}, {"protocolType": "Gopher", "port": 80}]),
            id="protocol of an application rule",
        ),
    ],
)
def test_a_word_the_auditor_does_not_know_never_passes_more(
    sure: Put, odd: Callable[[Draft], object], edition: str
) -> None:
    """With an enum value Azure may add one day nothing passes that does not pass with the worst of the known ones."""
    known, strange = Draft(), Draft()
    sure(known)
    odd(strange)

    with_known = audit_documents(known.documents, edition=edition, tags=known.tags)
    with_strange = audit_documents(strange.documents, edition=edition, tags=strange.tags)

    assert with_outcome(with_strange, *PASSING) <= with_outcome(with_known, *PASSING)
    assert bool(with_strange.findings) == bool(with_known.findings)


def test_an_environment_of_version_3_is_not_failed() -> None:
    """The packs of version 2 do not apply to version 3, whatever its network, and the audit says why."""
    draft = Draft()
    draft.resource("ase-shop")["kind"] = "ASEV3"
    table_unassigned(draft)

    audited = audit_documents(draft.documents, tags=draft.tags)

    assert audited.findings == ()
    assert outcomes(audited) == {f"ase-v2@{NEW}/all": Outcome.NOT_APPLICABLE}
    assert "v3" in audited.results[0].reason.text


@pytest.mark.parametrize("kind", [None, "ASEV9"])
def test_an_environment_of_unknown_version_is_undetermined(kind: str | None) -> None:
    """Without a version it is not known which requirements there are."""
    draft = Draft()
    del draft.resource("ase-shop")["kind"]
    if kind:
        draft.resource("ase-shop")["kind"] = kind

    audited = audit_documents(draft.documents, tags=draft.tags)

    assert checks_of(audited) == ["undetermined"]
    assert outcomes(audited) == {f"ase-v2@{NEW}/all": Outcome.UNKNOWN}


@pytest.mark.parametrize("edition", EDITIONS)
def test_apps_that_could_not_be_listed_leave_linux_open(edition: str) -> None:
    """Where apps may be hidden the Linux names are unknown, except those that pass with what is there anyway."""
    draft = Draft()
    gap = Gap(what="Microsoft.Web/sites", scope=SUBSCRIPTION, why="apps: access denied", needs="Reader")

    audited = audit_documents(draft.documents, edition=edition, tags=draft.tags, gaps=[gap])

    assert checks_of(audited) == ["undetermined"]
    assert "apps: access denied" in audited.findings[0].message
    wanted = linux if edition == OLD else linux_address
    assert set(audited.findings[0].requirements) == {each.id for each in requirements_of(edition) if wanted(each)}


def test_two_documents_of_one_id_that_differ_decide_nothing(tmp_path: Path) -> None:
    """Which of two different route tables of one id is true is not known: one finding, and no route is believed."""
    draft = Draft()
    table = draft.resource("rt-ase")
    other = deepcopy(table)
    other["properties"]["routes"] = other["properties"]["routes"][:1]
    draft.drop("rt-ase")
    (tmp_path / "estate.json").write_text(json.dumps(draft.documents))
    (tmp_path / "one.json").write_text(json.dumps(table))
    (tmp_path / "other.json").write_text(json.dumps(other))

    audited = audit_snapshot(read_sources([str(tmp_path)], None), edition=OLD)

    assert checks_of(audited) == ["undetermined"]
    assert set(audited.findings[0].requirements) == {each.id for each in requirements_of(OLD) if ROUTED(each)} | {PEER}


def test_a_route_of_the_firewall_that_drops_some_addresses_is_one_finding() -> None:
    """Names that may live there hang on the same route as the addresses that certainly do (F40)."""
    draft = Draft()
    draft.subnet("vnet-hub", "AzureFirewallSubnet")["routeTable"] = {"id": network_id("routeTables", "rt-fw")}
    draft.add(route_table("rt-fw", [route("some", "13.0.0.0/8", "None")]))

    audited = audit_documents(draft.documents, edition=NEW, tags=draft.tags)

    assert checks_of(audited) == ["firewall-egress-blocked"]
    assert "sends on to 13.0.0.0/8" in audited.findings[0].message
    assert set(audited.findings[0].requirements) == with_outcome(audited, Outcome.FAIL, Outcome.UNKNOWN)


def test_a_firewall_that_never_translates_is_one_finding() -> None:
    """What network rules lose for certain, and application rules perhaps, hangs on one setting (F44)."""
    draft = Draft()
    draft.of("fwp-ase")["snat"] = {"privateRanges": ["0.0.0.0/0"]}

    audited = audit_documents(draft.documents, edition=NEW, tags=draft.tags)

    assert checks_of(audited) == ["firewall-egress-blocked"]
    assert set(audited.findings[0].requirements) == with_outcome(audited, Outcome.FAIL, Outcome.UNKNOWN)
