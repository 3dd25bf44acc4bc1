"""Resource Graph, as the real client sees it."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from tests.azure_simulator import AzureSimulator, FakeClock
from tests.azure_simulator.loading import load
from tests.azure_simulator.sdk import (
    OTHER,
    SUBSCRIPTION,
    TABLES,
    document,
    network_id,
    route_table,
    route_tables,
    rows,
    signed_in,
    snapshot,
)

EXAMPLES = Path(__file__).parent.parent.parent / "rules" / "examples"
EVERYTHING = "project id, name, type, subscriptionId | order by id asc"
CONTAINERS = 'resourcecontainers | where type =~ "microsoft.resources/subscriptions"'
POLICY = network_id("firewallPolicies", "fwp")
HUB = network_id("virtualHubs", "hub")
ESTATE = snapshot(
    *route_tables(2_500),
    document(POLICY),
    document(f"{POLICY}/ruleCollectionGroups/rcg"),
    document(HUB),
    document(f"{HUB}/hubVirtualNetworkConnections/spoke"),
    document(network_id("hostingEnvironments", "ase").replace(".Network", ".Web")),
    route_table("rt-other", OTHER),
)


def test_all_pages_hold_every_row_once() -> None:
    """2,500 rows come in three pages of up to 1,000, sorted, and the counts add up to the total (Q4, Q5)."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        pages = sdk.pages(TABLES, subscriptions=[SUBSCRIPTION], top=1_000)

    assert [page.count for page in pages] == [1_000, 1_000, 500]
    assert {page.total_records for page in pages} == {2_500}
    assert [row["name"] for page in pages for row in rows(page)] == [f"rt-{number:04}" for number in range(2_500)]
    assert [(page.result_truncated, bool(page.skip_token)) for page in pages][1:] == [("false", True), ("false", False)]


def test_page_is_100_rows_unless_asked_otherwise() -> None:
    """Azure's default of 100 rows is there to be forgotten (Q4)."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        assert sdk.query(TABLES).count == 100


def test_rows_without_their_id_are_cut_off() -> None:
    """A query that does not project `id` gets no token: rows are lost, and the answer says so (V130)."""
    text = 'resources | where type =~ "Microsoft.Network/routeTables" | project name'
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        page = sdk.query(text, subscriptions=[SUBSCRIPTION], top=1_000)

    assert (page.count, page.total_records, page.result_truncated, page.skip_token) == (1_000, 2_500, "true", None)


def test_rows_that_are_not_sorted_come_in_another_order_on_every_page() -> None:
    """Without an order, pages repeat some rows and lack others, though their counts add up (Q4)."""
    text = 'resources | where type =~ "Microsoft.Network/routeTables" | project id, name'
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        names = sdk.names(text, top=1_000)

    assert len(names) == 2_501
    assert max(Counter(names).values()) > 1


def test_mv_expand_is_refused() -> None:
    """A query that would silently keep 128 of many subnets is refused by design (V131)."""
    text = "resources | mv-expand properties.subnets | project id"
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk, pytest.raises(HttpResponseError) as found:
        sdk.query(text)

    assert found.value.status_code == 400
    assert "InvalidQuery" in str(found.value)


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("resources", {"ase", "fwp", "hub"}),
        ("networkresources", {"rcg"}),
        ("resourcecontainers", {f"subscription {SUBSCRIPTION}", f"subscription {OTHER}"}),
    ],
)
def test_each_type_is_in_its_table(table: str, names: set[str]) -> None:
    """Rule collection groups have a table of their own, children of hubs have none (Q1 - Q3)."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        found = set(sdk.names(f"{table} | {EVERYTHING}", top=1_000))

    assert {each for each in found if not each.startswith("rt-")} == names


def test_rows_are_limited_to_ids_and_types_without_case() -> None:
    """Both limits may stand together, and compare without case; types are shown in lower case."""
    ids = f'"{network_id("routeTables", "RT-0007")}", "{POLICY.upper()}"'
    types = '"MICROSOFT.NETWORK/ROUTETABLES", "microsoft.network/natgateways"'
    text = f"resources | where id in~ ({ids}) | where type in~ ({types}) | {EVERYTHING}"
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        found = rows(sdk.query(text))

    assert [(row["name"], row["type"]) for row in found] == [("rt-0007", "microsoft.network/routetables")]


def test_subscriptions_that_cannot_be_read_are_left_out_silently() -> None:
    """Rows of a subscription without rights are missing without any sign, its own row too (Q7, V132)."""
    estate = snapshot(route_table("rt-a"), route_table("rt-b", OTHER), closed=[OTHER])
    with AzureSimulator(estate) as azure, signed_in(azure) as sdk:
        assert sdk.names(subscriptions=[SUBSCRIPTION, OTHER]) == ["rt-a"]
        assert sdk.names() == ["rt-a"]
        found = rows(sdk.query(f"{CONTAINERS} | {EVERYTHING}", subscriptions=[SUBSCRIPTION, OTHER]))

    assert [row["subscriptionId"] for row in found] == [SUBSCRIPTION]


def test_no_subscription_that_can_be_read_is_an_error() -> None:
    """Where the identity may read none of the subscriptions asked, the answer is 403 (Q7)."""
    estate = snapshot(route_table("rt-a"), closed=[OTHER])
    with AzureSimulator(estate) as azure, signed_in(azure) as sdk, pytest.raises(HttpResponseError) as found:
        sdk.query(TABLES, subscriptions=[OTHER])

    assert found.value.status_code == 403
    assert "does not have authorization" in str(found.value)


def test_quota_is_told_and_then_enforced() -> None:
    """Every answer tells what is left; the query too many gets 429 with Retry-After, and is counted (Q9)."""
    clock = FakeClock()
    estate = snapshot(route_table("rt-a"))
    with AzureSimulator(estate, clock=clock, graph_quota=(2, 5.0)) as azure, signed_in(azure) as sdk:
        sdk.query(TABLES)
        clock.sleep(1.5)
        sdk.query(TABLES)
        with pytest.raises(HttpResponseError) as found:
            sdk.query(TABLES)
        clock.sleep(4)
        sdk.query(TABLES)

        assert azure.refused_for_quota == 1
        assert [each.time for each in azure.requests] == [1_000.0, 1_001.5, 1_001.5, 1_005.5]
    assert found.value.status_code == 429
    assert [each["x-ms-user-quota-remaining"] for each in sdk.headers] == ["1", "0", "0", "1"]
    assert [each["x-ms-user-quota-resets-after"][-2:] for each in sdk.headers] == ["05", "04", "04", "05"]
    assert [each.get("Retry-After") for each in sdk.headers] == [None, None, "4", None]


def test_more_subscriptions_than_10_000_are_cut_off() -> None:
    """Past 10,000 subscriptions rows are left out, and only a header says so (Q8)."""
    scope = [f"/subscriptions/{number:05}" for number in range(10_001)]
    with AzureSimulator(snapshot(route_table("rt-z"), scope=scope)) as azure, signed_in(azure) as sdk:
        assert rows(sdk.query(TABLES)) == []
        assert len(rows(sdk.query(TABLES, subscriptions=[SUBSCRIPTION]))) == 1

    assert [each.get("x-ms-tenant-subscription-limit-hit") for each in sdk.headers] == ["true", None]


@pytest.mark.parametrize(
    "options", [{"top": 1_001}, {"top": 0}, {"skip": 5}, {"result_format": "table"}, {"skip_token": "bm9uc2Vuc2U="}]
)
def test_options_the_product_has_no_use_for_are_refused(options: dict[str, Any]) -> None:
    """A page over 1,000 rows, skipping by number, tables and made-up tokens are refused."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk, pytest.raises(HttpResponseError) as found:
        sdk.query(TABLES, **options)

    assert found.value.status_code == 400


def test_token_belongs_to_its_query() -> None:
    """A token is refused with any other query, and with other subscriptions."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        token = sdk.query(TABLES, [SUBSCRIPTION]).skip_token
        for text, subscriptions in ((TABLES, [SUBSCRIPTION, OTHER]), (f"{TABLES} ", [SUBSCRIPTION])):
            with pytest.raises(HttpResponseError):
                sdk.query(text, subscriptions, skip_token=token)


@pytest.mark.parametrize("example", ["compliant", "violating"])
def test_whole_estate_can_be_read_back(example: str) -> None:
    """Every document of an example is a row of a table and can be read by its id, unchanged but for an etag.

    The lists of dependencies that environments report are in no table.
    """
    estate = load(str(EXAMPLES / example))
    tabled = [each for each in estate["resources"] if not each["type"].endswith("DependenciesEndpoints")]
    with AzureSimulator(estate, page_size=3, graph_quota=(1_000, 5.0)) as azure, signed_in(azure) as sdk:
        found = {
            row["id"]: row["properties"]
            for table in ("resources", "networkresources")
            for page in sdk.pages(f"{table} | project id, properties | order by id asc", most=100)
            for row in rows(page)
        }
        read = {each["id"]: sdk.body(each["id"]) for each in tabled}

    assert found == {each["id"]: each["properties"] for each in tabled}
    assert [{**read[each["id"]], "etag": None} for each in tabled] == [{**each, "etag": None} for each in tabled]


def test_resource_graph_may_lag_behind() -> None:
    """With an older snapshot for it, Resource Graph shows what ARM has long changed, deleted or not yet shown (Q10)."""
    older = snapshot(route_table("rt-a"), route_table("rt-gone"))
    newer = snapshot({**route_table("rt-a"), "properties": {"routes": []}}, route_table("rt-new"))
    text = TABLES.replace("id, name", "id, etag, name")
    with AzureSimulator(newer, graph_snapshot=older) as azure, signed_in(azure) as sdk:
        shown = {row["name"]: row for row in rows(sdk.query(text))}
        read = sdk.body(network_id("routeTables", "rt-a"))
        gone = sdk.get(network_id("routeTables", "rt-gone")).status_code

    assert shown.keys() == {"rt-a", "rt-gone"}
    assert len(shown["rt-a"]["properties"]["routes"]) == 1
    assert read["properties"]["routes"] == []
    assert read["etag"] != shown["rt-a"]["etag"]
    assert gone == 404
