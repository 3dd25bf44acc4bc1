"""What is kept of a resource: all that decides, and nothing secret."""

import json

import pytest

from auditor.collectors.live.kinds import NETWORK_RESOURCES, RESOURCES, api_version_of, kept
from auditor.collectors.needed import NEEDED_TYPES

ID = "/subscriptions/s/resourceGroups/g/providers/{}/x"

SECRETS = {
    "Microsoft.Network/connections": {"sharedKey": "SECRET", "authorizationKey": "SECRET", "connectionType": "IPsec"},
    "Microsoft.Network/virtualNetworkGateways": {
        "gatewayType": "Vpn",
        "vpnClientConfiguration": {"radiusServerSecret": "SECRET", "vpnClientRootCertificates": [{"data": "SECRET"}]},
    },
    "Microsoft.Network/applicationGateways": {
        "sku": {"tier": "WAF_v2"},
        "sslCertificates": [{"properties": {"data": "SECRET", "password": "SECRET"}}],
    },
    "Microsoft.Network/firewallPolicies": {"explicitProxy": {"pacFile": "https://x.blob/p?sig=SECRET", "httpPort": 1}},
    "Microsoft.Network/firewallPolicies/ruleCollectionGroups": {
        "ruleCollections": [{"rules": [{"httpHeadersToInsert": [{"headerName": "X", "headerValue": "SECRET"}]}]}]
    },
    "Microsoft.Web/sites": {
        "reserved": True,
        "customDomainVerificationId": "SECRET",
        "siteConfig": {"linuxFxVersion": "COMPOSE|SECRET", "appSettings": [{"name": "A", "value": "SECRET"}]},
        "hostNames": ["SECRET"],
    },
}


@pytest.mark.parametrize("kind", sorted(SECRETS))
def test_nothing_secret_is_kept(kind: str) -> None:
    """Keys, certificates, passwords, tokens, tags and settings of applications never get into a snapshot."""
    row = {"id": ID.format(kind), "name": "x", "type": kind, "tags": {"t": "SECRET"}, "properties": SECRETS[kind]}

    document = kept(row)

    assert document is not None
    assert "SECRET" not in json.dumps(document)
    assert document["properties"]


def test_what_decides_is_kept() -> None:
    """Documents of the network are kept as Azure has them, whatever properties they may get one day."""
    fields = {"routes": [{"name": "r", "properties": {"nextHopType": "Internet"}}], "somethingNew": {"a": [1]}}
    row = {
        "id": ID.format("a"),
        "name": "x",
        "type": "microsoft.network/routetables",
        "etag": "1",
        "properties": fields,
    }

    assert kept(row) == {
        "id": row["id"],
        "name": "x",
        "type": "Microsoft.Network/routeTables",
        "properties": fields,
    }


def test_what_says_nothing_is_left_away() -> None:
    """Columns that Resource Graph fills with nothing are no part of a document."""
    row = {"id": "/a", "name": "x", "type": "Microsoft.Network/ipGroups", "kind": "", "sku": None, "location": "westus"}

    assert kept(row) == {"id": "/a", "name": "x", "type": "Microsoft.Network/ipGroups", "location": "westus"}


def test_what_is_kept_is_kept_again_unchanged() -> None:
    """Trimming a document once more changes nothing, so that a snapshot served anew is the same snapshot."""
    for kind, fields in SECRETS.items():
        once = kept({"id": ID.format(kind), "name": "x", "type": kind, "properties": fields})
        assert once is not None
        assert kept(once) == once


def test_other_types_are_not_kept() -> None:
    """A document of a type that decides nothing is not kept at all."""
    assert kept({"id": "/a", "name": "x", "type": "Microsoft.KeyVault/vaults", "properties": {}}) is None


def test_every_needed_type_is_asked_for() -> None:
    """Each type a decision may need is read from a table, or lies below one that is (Q1, Q2, Q3)."""
    asked = {*RESOURCES, *NETWORK_RESOURCES}

    assert {each for each in NEEDED_TYPES - asked if each.count("/") == 1} == set()
    assert all(
        each.rpartition("/")[0] in {*asked, "Microsoft.Network/firewallPolicies"} for each in NEEDED_TYPES - asked
    )


def test_versions_of_apis() -> None:
    """Each provider is asked with a version of its own API."""
    kinds = (
        "Microsoft.Network/x",
        "microsoft.web/sites",
        "Microsoft.Compute/virtualMachineScaleSets/networkInterfaces",
    )

    assert [api_version_of(each) for each in kinds] == ["2024-05-01", "2023-12-01", "2018-10-01"]
