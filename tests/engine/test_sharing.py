"""Decisions are shared between workloads only where nothing can tell them apart."""

import json
from collections.abc import Callable

import pytest

from auditor.engine.audit import audit
from auditor.estate.estate import build_estate
from auditor.findings import Outcome
from tests.attached import admin_rule, applied, private_endpoint
from tests.audits import NEWEST, PLAIN, every_check, packs_of, snapshot_of
from tests.builders import environment, network_id, peering, security_rule, site
from tests.engine.scenes import SPOKE
from tests.estates import Draft

NAME = "crl.microsoft.com"


def twins() -> Draft:
    """Return the compliant estate with a second environment like the first, in a VNet of its own."""
    draft = Draft()
    twin = json.loads(json.dumps(draft.resource("vnet-shop")).replace("vnet-shop", "vnet-twin"))
    draft.of("vnet-hub")["virtualNetworkPeerings"].append(peering("vnet-hub", "vnet-twin", SPOKE))
    draft.add(twin, environment("ase-twin", "vnet-twin", "ase"), site("twin-web", "ase-twin"))
    return draft


def outcomes_of(draft: Draft, *, all_results: bool) -> dict[str, set[str]]:
    """Return, by environment, what does not pass; decided for each alone where all results are wanted."""
    estate = build_estate(snapshot_of(draft.documents, tags=draft.tags))
    found = audit(estate, {"public": packs_of(NEWEST)}, PLAIN, every_check(), all_results=all_results)
    by_name: dict[str, set[str]] = {}
    for each in found.results:
        if each.outcome not in {Outcome.PASS, Outcome.NOT_APPLICABLE}:
            by_name.setdefault(each.workload.rpartition("/")[2], set()).add(each.requirement)
    return by_name


def _group_in_an_nsg(draft: Draft) -> None:
    """Let the NSG both have name a group; the subnets of the twin's VNet stand apart, so that others may be in it."""
    denied = security_rule("group", 100, "Deny", direction="Outbound")
    denied["properties"]["destinationAddressPrefix"] = ""
    group = network_id("applicationSecurityGroups", "web")
    denied["properties"]["destinationApplicationSecurityGroups"] = [{"id": group}]
    draft.of("nsg-ase")["securityRules"].append(denied)
    draft.add(*draft.of("vnet-twin").pop("subnets"))


def _admin_rules(draft: Draft) -> None:
    draft.add(applied("vnet-twin"), applied("vnet-shop"))
    draft.documents[-1]["properties"]["EffectiveSecurityAdminConfigurations"] = []
    draft.add(admin_rule("no-web", 10, "Deny", ports=["443"]))


def _private_endpoint(draft: Draft) -> None:
    draft.add(private_endpoint("pe", "vnet-twin", "gateway", "10.1.5.9", fqdn=NAME, state="Pending"))


@pytest.mark.parametrize("put", [_group_in_an_nsg, _admin_rules, _private_endpoint])
def test_what_only_one_vnet_has(put: Callable[[Draft], None]) -> None:
    """Members of a group, admin rules and private endpoints are of one VNet: they do not change its twin."""
    draft = twins()
    put(draft)
    shared, alone = (outcomes_of(draft, all_results=each) for each in (False, True))

    assert shared == alone
    assert shared.keys() == {"ase-twin"}


def test_twins_that_nothing_tells_apart() -> None:
    """Without any of that both pass."""
    assert outcomes_of(twins(), all_results=False) == {}
