"""The rules of collection Q1 to Q14, each against the simulator, with the vectors of the specification by number."""

import re
from typing import Any

import msgspec
import pytest

from auditor.collectors.live.scope import Asked
from auditor.findings import Outcome
from tests.azure_simulator import AzureSimulator, Fault, Kind, Request
from tests.collectors.live.collecting import (
    HOME,
    HUB,
    POLICIES,
    SUBSCRIPTIONS,
    audited,
    changed,
    collected,
    outcomes,
    simulated,
    tenant,
    wanted,
)

GRAPH = r"/providers/microsoft\.resourcegraph/resources"
HOME_ALONE = wanted(Asked(subscriptions=(HOME,)))


def asked_of(azure: AzureSimulator, pattern: str) -> list[Request]:
    """Return the requests for paths, or queries, that match a pattern."""
    return [each for each in azure.requests if re.search(pattern, f"{each.path} {each.query}", re.IGNORECASE)]


def read(data: bytes) -> dict[str, Any]:
    """Return a snapshot."""
    found: dict[str, Any] = msgspec.json.decode(data)
    return found


def names(data: bytes) -> list[str]:
    """Return the names of the resources in a snapshot."""
    return [each["name"] for each in read(data)["resources"]]


def test_q1_resources_are_found_by_resource_graph() -> None:
    """Q1: one query finds the top-level resources of all subscriptions; subnets and rules are parts of theirs."""
    with simulated(tenant()) as azure:
        data = collected(azure, wanted())

        assert sorted(names(data)) == sorted(each["name"] for each in tenant()["resources"])
        assert len(asked_of(azure, r"resources \| where type")) == 2


def test_q2_rule_collection_groups_have_a_table_of_their_own() -> None:
    """Q2: groups come from `networkresources`; one that it does not hold is read by the id its policy names."""
    behind = tenant()
    behind["resources"] = [each for each in behind["resources"] if each["name"] != "rcg-untagged"]
    with simulated(tenant(), graph_snapshot=behind) as azure:
        data = collected(azure, wanted())

        assert "rcg-untagged" in names(data)
        assert [each.status for each in asked_of(azure, "rulecollectiongroups/rcg-untagged ")] == [200]
    assert outcomes(audited(data)) == outcomes(audited(msgspec.json.encode(tenant())))


def test_q2_v95_a_group_that_cannot_be_read_is_a_gap() -> None:
    """V95: a group that a policy names and that is in no table and refused is a gap, and its firewall unknown."""
    behind = tenant()
    behind["resources"] = [each for each in behind["resources"] if "rcg-application" not in each["id"]]
    fault = Fault(kind=Kind.BROKEN, path=".*/rcg-application", times=None)
    with simulated(tenant(), fault, graph_snapshot=behind) as azure:
        data = collected(azure, wanted())

    (gap,) = read(data)["gaps"]
    assert gap["what"] == "Microsoft.Network/firewallPolicies/ruleCollectionGroups"
    assert gap["scope"].endswith("/rulecollectiongroups/rcg-application")
    assert "fqdn-tag" not in {each.requirement for each in audited(data).results if each.outcome is Outcome.PASS}


def hub_of_wan() -> dict[str, Any]:
    """Return the tenant with a hub of Virtual WAN, its children, and a network connected to it."""
    found = tenant()
    base = f"/subscriptions/{HUB}/resourceGroups/rg-network/providers/Microsoft.Network"
    hub = f"{base}/virtualHubs/hub-wan"
    kinds = {
        hub: ("virtualHubs", {"addressPrefix": "10.100.0.0/23", "virtualWan": {"id": f"{base}/virtualWans/wan"}}),
        f"{hub}/hubVirtualNetworkConnections/to-hub": (
            "virtualHubs/hubVirtualNetworkConnections",
            {"remoteVirtualNetwork": {"id": f"{base}/virtualNetworks/vnet-hub"}, "enableInternetSecurity": True},
        ),
        f"{hub}/hubRouteTables/defaultRouteTable": (
            "virtualHubs/hubRouteTables",
            {"routes": [], "labels": ["default"]},
        ),
        f"{hub}/routingIntent/intent": ("virtualHubs/routingIntent", {"routingPolicies": []}),
    }
    found["resources"] += [
        {"id": at, "name": at.rpartition("/")[2], "type": f"Microsoft.Network/{kind}", "properties": fields}
        for at, (kind, fields) in kinds.items()
    ]
    return found


def test_q3_what_resource_graph_does_not_hold_is_read_where_it_is() -> None:
    """Q3: connections, route tables and routing intent of hubs, and service tags, come from Azure Resource Manager."""
    with simulated(hub_of_wan()) as azure:
        data = collected(azure, wanted())

        assert {"hub-wan", "to-hub", "defaultRouteTable", "intent"} <= set(names(data))
        assert {each.path.rpartition("/")[2] for each in asked_of(azure, "/virtualhubs/hub-wan/")} == {
            *("hubVirtualNetworkConnections", "hubRouteTables", "routingIntent", "bgpConnections"),
        }
        assert list(read(data)["service_tags"]) == ["westeurope"]


def test_q3_children_that_cannot_be_read_are_gaps() -> None:
    """Q3: a list below a hub that is refused is a gap at the hub, of the type it lists."""
    fault = Fault(kind=Kind.BROKEN, path=".*/routingIntent", times=None)
    with simulated(hub_of_wan(), fault) as azure:
        (gap,) = read(collected(azure, wanted()))["gaps"]

    assert (gap["what"], gap["scope"].rpartition("/")[2]) == ("Microsoft.Network/virtualHubs/routingIntent", "hub-wan")


def test_q4_pages_are_followed_by_their_marks() -> None:
    """Q4: every query asks for 1,000 rows, projects the id, is sorted by it, and every page is fetched."""
    with simulated(tenant(), page_size=3) as azure:
        data = collected(azure, wanted())
        queries = {each.query for each in azure.requests if each.query}

    assert len(names(data)) == len(tenant()["resources"])
    assert all("project id" in each and each.endswith("| order by id asc") for each in queries)


def test_q5_a_total_that_does_not_add_up_is_asked_again_and_then_a_gap() -> None:
    """Q5: rows that do not add up to the total are void: asked for anew, and a gap where they never do."""
    fault = Fault(kind=Kind.WRONG_TOTAL, path=GRAPH, query="^resources", times=None)
    with simulated(tenant(), fault) as azure:
        found = read(collected(azure, wanted()))

        assert len(asked_of(azure, r"resources \| where type in~")) >= 3
    assert {each["scope"] for each in found["gaps"]} == {f"/subscriptions/{each}" for each in SUBSCRIPTIONS}
    assert not any(each is Outcome.PASS for each in outcomes(audited(msgspec.json.encode(found))).values())


def test_v131_q6_lists_are_expanded_here() -> None:
    """V131: a network with 200 subnets is read with all of them."""
    found = tenant()
    network = next(each for each in found["resources"] if each["name"] == "vnet-denied")
    like = network["properties"]["subnets"][0]
    more = [
        {
            **like,
            "id": f"{network['id']}/subnets/s{number}",
            "name": f"s{number}",
            "properties": {"addressPrefix": "10.9.0.0/28"},
        }
        for number in range(200)
    ]
    network["properties"]["subnets"] += more
    with simulated(found) as azure:
        read_back = read(collected(azure, wanted()))

    (got,) = [each for each in read_back["resources"] if each["name"] == "vnet-denied"]
    assert len(got["properties"]["subnets"]) == len(network["properties"]["subnets"])


def test_v132_a_subscription_that_cannot_be_seen_is_named() -> None:
    """V132, Q7: of three subscriptions asked for, the one that is not seen is a gap, and what hangs on it unknown."""
    closed = tenant()
    closed["gaps"] = [{"what": "*", "scope": f"/subscriptions/{HUB}", "why": "refused", "needs": "Reader"}]
    with simulated(closed) as azure:
        data = collected(azure, wanted())

    assert any(each["scope"] == f"/subscriptions/{HUB}" for each in read(data)["gaps"])
    passes = {each for each, outcome in outcomes(audited(data)).items() if outcome is Outcome.PASS}
    assert passes < {
        each for each, one in outcomes(audited(msgspec.json.encode(tenant()))).items() if one is Outcome.PASS
    }


def test_q7_rows_that_are_left_out_without_a_word_are_noticed() -> None:
    """Q7: a subscription that is listed, and for which Resource Graph has no rows, is a gap."""
    fault = Fault(kind=Kind.FORBIDDEN, subscription=POLICIES, times=None)
    with simulated(tenant(), fault) as azure:
        found = read(collected(azure, wanted()))

    (gap,) = [each for each in found["gaps"] if each["scope"] == f"/subscriptions/{POLICIES}"]
    assert "does not answer" in gap["why"]
    assert "Reader" in gap["needs"]


def test_q7_a_subscription_that_is_lost_on_the_way_is_noticed() -> None:
    """Q7: subscriptions are compared once more at the end, so that one lost in mid-run is a gap, not an empty one."""
    fault = Fault(kind=Kind.FORBIDDEN, subscription=POLICIES, nth=3, times=None)
    with simulated(tenant(), fault) as azure:
        data = collected(azure, wanted())

    assert not [each for each in read(data)["resources"] if POLICIES in each["id"]]
    (gap,) = [each for each in read(data)["gaps"] if each["scope"] == f"/subscriptions/{POLICIES}"]
    assert "does not answer" in gap["why"]


@pytest.mark.parametrize("kind", ["Microsoft.Network/azureFirewalls", "Microsoft.Web/hostingEnvironments"])
def test_q7_an_identity_that_may_read_parts_is_noticed(kind: str) -> None:
    """Q7: where a list of a whole subscription is refused, there may be environments that nobody saw: a gap."""
    fault = Fault(kind=Kind.FORBIDDEN, path=f"/subscriptions/[^/]+/providers/{kind}", subscription=HOME, times=None)
    with simulated(tenant(), fault) as azure:
        data = collected(azure, wanted())

    (gap,) = read(data)["gaps"]
    assert (gap["what"], gap["scope"]) == ("*", f"/subscriptions/{HOME}")
    assert Outcome.UNKNOWN in outcomes(audited(data)).values()


def test_q7_where_no_environment_is_seen_that_is_no_lack_of_rights() -> None:
    """Q7: a subscription that was named and has none that is seen is asked for them once more."""
    kind = "Microsoft.Web/hostingEnvironments"
    asked = Fault(kind=Kind.FORBIDDEN, path=f"/subscriptions/[^/]+/providers/{kind}", subscription=POLICIES, times=None)
    with simulated(tenant(), asked) as azure:
        data = collected(azure, wanted())

    (gap,) = read(data)["gaps"]
    assert (gap["what"], gap["scope"]) == (kind, f"/subscriptions/{POLICIES}")
    with simulated(tenant()) as azure:
        plain = outcomes(audited(collected(azure, wanted())))
    more = outcomes(audited(data)).items() - plain.items()
    assert [(workload, outcome) for (workload, _), outcome in more] == [(f"/subscriptions/{POLICIES}", Outcome.UNKNOWN)]


def test_q8_management_groups_are_their_subscriptions() -> None:
    """Q8: a management group stands for the subscriptions below it, also those this identity does not see."""
    groups = {"corp": [HOME, HUB, POLICIES, "99999999-0000-0000-0000-000000000000"]}
    with simulated(tenant(), management_groups=groups) as azure:
        found = read(collected(azure, wanted(Asked(management_groups=("corp",)))))

    assert found["scope"] == ["/providers/Microsoft.Management/managementGroups/corp"]
    assert len(found["resources"]) == len(tenant()["resources"])
    assert [each["scope"] for each in found["gaps"]] == ["/subscriptions/99999999-0000-0000-0000-000000000000"]


def test_q9_the_quota_is_kept_before_it_is_hit() -> None:
    """Q9: with three queries in five seconds, every answer is waited for, and not one 429 comes."""
    with simulated(tenant(), page_size=2, graph_quota=(3, 5.0)) as azure:
        data = collected(azure, wanted())

        assert len(asked_of(azure, GRAPH)) > 12
        assert azure.refused_for_quota == 0
    assert len(names(data)) == len(tenant()["resources"])


def test_q10_v134_azure_resource_manager_wins() -> None:
    """V134, Q10: with --confirm the newer state counts, and the snapshot says where Resource Graph lagged."""
    old = changed(tenant(), "rt-locked-down", {"routes": []})
    with simulated(tenant(), graph_snapshot=old) as azure:
        lagging, confirmed = collected(azure, wanted()), collected(azure, wanted(confirmed=True))
    now = outcomes(audited(msgspec.json.encode(tenant())))

    assert outcomes(audited(lagging)) != now
    assert outcomes(audited(confirmed)) == now
    assert [each.rpartition("/")[2] for each in read(confirmed)["skew"]] == ["rt-locked-down"]
    assert "skew" not in read(lagging)
    (source,) = audited(confirmed).sources
    assert source.skew == tuple(read(confirmed)["skew"])


def test_q10_what_is_gone_is_gone() -> None:
    """Q10: with --confirm a resource that Azure Resource Manager no longer has is no part of the snapshot."""
    new = tenant()
    new["resources"] = [each for each in new["resources"] if each["name"] != "rcg-untagged"]
    new = changed(new, "fwp-hub", {"ruleCollectionGroups": _groups_without(new, "rcg-untagged")})
    with simulated(new, graph_snapshot=tenant()) as azure:
        data = collected(azure, wanted(confirmed=True))

    assert "rcg-untagged" not in names(data)
    assert outcomes(audited(data)) == outcomes(audited(msgspec.json.encode(new)))


def _groups_without(found: dict[str, Any], name: str) -> list[dict[str, str]]:
    policy = next(each for each in found["resources"] if each["name"] == "fwp-hub")
    return [each for each in policy["properties"]["ruleCollectionGroups"] if not each["id"].endswith(name)]


def test_q10_what_cannot_be_confirmed_is_a_gap() -> None:
    """Q10: with --confirm a resource that Azure Resource Manager refuses counts as unread, whatever was found."""
    fault = Fault(kind=Kind.BROKEN, path=".*/routeTables/[^/]+", times=None)
    with simulated(tenant(), fault) as azure:
        data = collected(azure, wanted(confirmed=True))

    assert {each["what"] for each in read(data)["gaps"]} == {"Microsoft.Network/routeTables"}
    assert not any("could not be confirmed" not in each["why"] for each in read(data)["gaps"])


def test_q11_reads_stay_inside_the_bucket() -> None:
    """Q11: with a bucket of twelve reads that fills slowly, no read is refused."""
    with simulated(tenant(), arm_reads=(12, 2.0)) as azure:
        collected(azure, wanted(confirmed=True))

        assert azure.refused_for_quota == 0


@pytest.mark.parametrize("path", [GRAPH, ".*/serviceTags", ".*/azureFirewalls"])
def test_v133_q12_nothing_is_asked_before_retry_after(path: str) -> None:
    """V133, Q12: after 429 with Retry-After 17 the same quota is left alone for 17 seconds."""
    with simulated(tenant(), Fault(kind=Kind.THROTTLED, path=path, seconds=17)) as azure:
        collected(azure, wanted())
        times = [each.time for each in azure.requests if re.fullmatch(path, each.path, re.IGNORECASE)]

    assert times[1] - times[0] >= 17


@pytest.mark.parametrize("kind", [Kind.LOCKED, Kind.CONFLICT])
def test_q12_a_lock_is_told_from_throttling(kind: Kind) -> None:
    """Q12: a refusal because another operation holds the resource says so."""
    fault = Fault(kind=kind, path=".*/inboundNetworkDependenciesEndpoints", times=None)
    with simulated(tenant(), fault) as azure:
        found = read(collected(azure, wanted()))

    assert {"another operation had it locked" in each["why"] for each in found["gaps"]} == {True}


def test_q13_headers_of_either_model_are_understood() -> None:
    """Q13: the old header counts thousands an hour, the new one a bucket; either makes the collector wait near zero."""
    with simulated(tenant(), arm_reads=(11, 1.0)) as azure:
        collected(azure, wanted())

        assert azure.refused_for_quota == 0


def test_q14_next_pages_stay_on_the_host() -> None:
    """Q14: a next page on another host is not asked for: no token goes there, and the list is a gap."""
    fault = Fault(kind=Kind.FOREIGN_LINK, path=".*/azureFirewalls", times=None)
    with simulated(tenant(), fault) as azure:
        (gap,) = read(collected(azure, wanted()))["gaps"]

    assert "elsewhere.invalid, where no token is sent" in gap["why"]


def test_references_are_followed_out_of_the_scope() -> None:
    """What decides the flows of one subscription is read wherever it lies; the rest of those subscriptions is not."""
    more = tenant()
    table = next(each for each in more["resources"] if each["name"] == "rt-locked-down")
    other = {**table, "id": table["id"].replace(HOME, HUB).replace("rt-locked-down", "rt-other"), "name": "rt-other"}
    more["resources"].append(other)
    with simulated(more) as azure:
        data = collected(azure, HOME_ALONE)

    assert {"vnet-hub", "fw-hub", "fwp-hub", "fwp-org", "rcg-org"} <= set(names(data))
    assert "rt-other" not in names(data)


def test_references_that_are_refused_are_gaps() -> None:
    """What decides and may not be read is a gap that names it, who refers to it, and the permission that is missing."""
    fault = Fault(kind=Kind.FORBIDDEN, subscription=POLICIES, times=None)
    with simulated(tenant(), fault) as azure:
        data = collected(azure, HOME_ALONE)

    (gap,) = [each for each in read(data)["gaps"] if each["scope"].endswith("/firewallpolicies/fwp-org")]
    assert gap["what"] == "Microsoft.Network/firewallPolicies"
    assert (
        gap["why"]
        == "firewall policy fwp-hub refers to firewallPolicies fwp-org: Azure refused access (AuthorizationFailed)"
    )
    assert gap["needs"] == "the permission Microsoft.Network/firewallPolicies/read, which the role Reader holds"


def test_lists_of_dependencies_are_documents() -> None:
    """What an environment says of its dependencies is kept as a document of the address it was read from."""
    found = tenant()
    home = next(each["id"] for each in found["resources"] if each["name"] == "ase-denied")
    at = f"{home}/inboundNetworkDependenciesEndpoints"
    items = [{"description": "App Service management", "endpoints": ["13.64.115.203"], "ports": ["454", "455"]}]
    kind = "Microsoft.Web/hostingEnvironments/inboundNetworkDependenciesEndpoints"
    found["resources"].append({"id": at, "name": at.rpartition("/")[2], "type": kind, "properties": {"value": items}})
    with simulated(found, page_size=1) as azure:
        data = collected(azure, wanted())

    (listed,) = [each for each in read(data)["resources"] if each["id"] == at]
    assert (listed["type"], listed["properties"]) == (kind, {"value": items})
