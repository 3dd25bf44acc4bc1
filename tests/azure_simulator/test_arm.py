"""Azure Resource Manager, as the real client sees it."""

import pytest
from azure.core.rest import HttpRequest

from tests.azure_simulator import AzureSimulator, FakeClock
from tests.azure_simulator.sdk import (
    OTHER,
    ROUTE_TABLES,
    SUBSCRIPTION,
    document,
    network_id,
    route_table,
    route_tables,
    signed_in,
    snapshot,
)

VNET = network_id("virtualNetworks", "vnet")
HUB = network_id("virtualHubs", "hub")
POLICY = network_id("firewallPolicies", "fwp")
ASE = network_id("hostingEnvironments", "ase").replace("Microsoft.Network", "Microsoft.Web")
INBOUND = f"{ASE}/inboundNetworkDependenciesEndpoints"
TAGS = {
    "West Europe": {
        "changeNumber": "7",
        "cloud": "Public",
        "values": [{"name": f"Tag{number}", "properties": {"addressPrefixes": []}} for number in range(5)],
    }
}
ESTATE = snapshot(
    *route_tables(7),
    document(
        VNET, subnets=[{"id": f"{VNET}/subnets/ase", "name": "ase", "properties": {"addressPrefix": "10.0.0.0/24"}}]
    ),
    document(HUB),
    *(document(f"{HUB}/hubVirtualNetworkConnections/spoke-{number}") for number in range(3)),
    document(f"{HUB}/routingIntent/intent"),
    document(POLICY),
    *(document(f"{POLICY}/ruleCollectionGroups/rcg-{number}") for number in range(5)),
    document(ASE),
    {**document(INBOUND, value=[{"description": str(number)} for number in range(5)]), "type": INBOUND[85:]},
    route_table("rt-other", OTHER),
    tags=TAGS,
    closed=[OTHER],
    scope=["/providers/Microsoft.Management/managementGroups/Corp"],
)


def test_documents_are_read_by_id_in_any_case() -> None:
    """A GET of an id returns the document, with an etag that stays the same."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        read = sdk.body(network_id("routeTables", "RT-0003").upper())

        assert read["name"] == "rt-0003"
        assert read["etag"].startswith('W/"')
        assert sdk.network.route_tables.get("net", "rt-0003").etag == read["etag"]


def test_subnets_are_read_at_their_own_id() -> None:
    """What stands inside its parent's document can be read by itself, with its type."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        read = sdk.body(f"{VNET}/subnets/ASE")
        missing = sdk.get(f"{VNET}/subnets/other")

    assert (read["name"], read["type"]) == ("ase", "Microsoft.Network/virtualNetworks/subnets")
    assert missing.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        network_id("routeTables", "rt-none"),
        network_id("routeTables", "rt-none", "33333333-3333-3333-3333-333333333333"),
        network_id("virtualHubs", "none/hubRouteTables"),
        ASE.replace("ase", "none") + "/inboundNetworkDependenciesEndpoints",
        f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/locations/mars/serviceTags",
        f"/subscriptions/{SUBSCRIPTION}",
        "/",
        "/providers/Microsoft.Nothing/x",
    ],
)
def test_what_is_not_there_is_not_found(path: str) -> None:
    """A document, or the parent of a list, that the snapshot lacks is answered with 404."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        answer = sdk.get(path)

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")


@pytest.mark.parametrize(
    ("path", "action"),
    [
        (network_id("routeTables", "rt-other", OTHER), "Microsoft.Network/routeTables/read"),
        (ROUTE_TABLES.replace(SUBSCRIPTION, OTHER), "Microsoft.Network/routeTables/read"),
    ],
)
def test_subscription_without_rights_is_refused(path: str, action: str) -> None:
    """ARM refuses what lies in a subscription that cannot be read, and names the action that is not allowed."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        answer = sdk.get(path)

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "AuthorizationFailed"
    assert f"does not have authorization to perform action '{action}' over scope '{path}'" in answer.text()


@pytest.mark.parametrize(
    ("path", "names"),
    [
        (ROUTE_TABLES, [f"rt-{number:04}" for number in range(7)]),
        (f"{network_id('', '').rstrip('/')}/routeTables", [f"rt-{number:04}" for number in range(7)]),
        (f"{HUB}/hubVirtualNetworkConnections", ["spoke-0", "spoke-1", "spoke-2"]),
        (f"{HUB}/routingIntent", ["intent"]),
        (f"{HUB}/bgpConnections", []),
        (f"{HUB}/hubRouteTables", []),
        (f"{POLICY}/ruleCollectionGroups", [f"rcg-{number}" for number in range(5)]),
    ],
)
def test_lists_come_in_pages(path: str, names: list[str]) -> None:
    """Lists are followed by nextLink, which leads to the same host, until they are whole (Q3, Q14)."""
    with AzureSimulator(ESTATE, page_size=2) as azure, signed_in(azure) as sdk:
        first = sdk.body(path)
        found = [each["name"] for each in sdk.listed(path)]

        assert found == names
        assert first.get("nextLink", azure.endpoint).startswith(azure.endpoint)
        assert len(azure.requests) == 1 + max(1, -(-len(names) // 2))


def test_pager_of_the_sdk_follows_the_links() -> None:
    """The SDK's own pager reads a list to its end."""
    with AzureSimulator(ESTATE, page_size=3) as azure, signed_in(azure) as sdk:
        assert len(list(sdk.network.route_tables.list_all())) == 7
        assert len(azure.requests) == 3


def test_service_tags_come_in_pages_of_values() -> None:
    """The list of service tags of a region is one object on every page, with a part of the values."""
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/locations/westeurope/serviceTags"
    with AzureSimulator(ESTATE, page_size=2) as azure, signed_in(azure) as sdk:
        first = sdk.body(path)
        values = sdk.listed(path, "values")

    assert (first["name"], first["changeNumber"], first["cloud"]) == ("Public", "7", "Public")
    assert "value" not in first
    assert [each["name"] for each in values] == [f"Tag{number}" for number in range(5)]


def test_dependencies_of_an_environment_come_in_pages() -> None:
    """An environment's own lists are served from its document in the snapshot, and are empty where there is none."""
    with AzureSimulator(ESTATE, page_size=2) as azure, signed_in(azure) as sdk:
        found = [each["description"] for each in sdk.listed(INBOUND)]
        empty = sdk.body(INBOUND.replace("inbound", "outbound"))

    assert found == ["0", "1", "2", "3", "4"]
    assert empty == {"nextLink": None, "value": []}


def test_subscriptions_are_those_the_identity_sees() -> None:
    """A subscription it cannot read is not in the list of subscriptions."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        found = sdk.listed("/subscriptions")

    assert [(each["id"], each["subscriptionId"]) for each in found] == [
        (f"/subscriptions/{SUBSCRIPTION}", SUBSCRIPTION)
    ]


def test_management_group_holds_every_subscription() -> None:
    """Below a management group there are other groups and every subscription, also those that cannot be read."""
    path = "/providers/Microsoft.Management/managementGroups/{}/descendants"
    with AzureSimulator(ESTATE, page_size=2) as azure, signed_in(azure) as sdk:
        found = sdk.listed(path.format("CORP"))
        unknown = sdk.get(path.format("none"))

    kinds = [each["type"].rpartition("/")[2] for each in found]
    assert kinds == ["managementGroups", "subscriptions", "subscriptions"]
    assert [each["name"] for each in found[1:]] == [SUBSCRIPTION, OTHER]
    assert unknown.status_code == 403


def test_management_groups_can_be_given() -> None:
    """A test may say which subscriptions are below which group."""
    groups = {"left": [SUBSCRIPTION], "right": [OTHER]}
    with AzureSimulator(ESTATE, management_groups=groups) as azure, signed_in(azure) as sdk:
        found = sdk.listed("/providers/Microsoft.Management/managementGroups/left/descendants")

    assert [each["name"] for each in found] == ["left-landing-zones", SUBSCRIPTION]


def test_reads_are_counted_for_each_subscription() -> None:
    """A bucket runs dry, says so with 429 and Retry-After, and fills up again; another one is not touched (Q11)."""
    clock = FakeClock()
    path = network_id("routeTables", "rt-0001")
    with AzureSimulator(ESTATE, clock=clock, arm_reads=(2, 0.5)) as azure, signed_in(azure) as sdk:
        answers = [sdk.get(path) for _ in range(3)]
        tenant = sdk.get("/subscriptions")
        clock.sleep(2)

        assert [each.status_code for each in answers] == [200, 200, 429]
        left = "x-ms-ratelimit-remaining-subscription-reads"
        assert [each.headers[left] for each in answers] == ["1", "0", "0"]
        assert answers[-1].headers["Retry-After"] == "2"
        assert tenant.headers["x-ms-ratelimit-remaining-tenant-reads"] == "1"
        assert sdk.get(path).status_code == 200
        assert azure.refused_for_quota == 1


def test_nothing_can_be_changed() -> None:
    """Every method but GET is refused and logged, so that a test can tell that a client only reads."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        for method in ("PUT", "PATCH", "DELETE", "POST"):
            url = f"{azure.endpoint}{VNET}?api-version=2024-01-01"
            assert sdk.network.send_request(HttpRequest(method, url, json={})).status_code == 405

        assert [each.method for each in azure.requests] == ["PUT", "PATCH", "DELETE", "POST"]


def test_api_version_and_tokens_are_checked() -> None:
    """A request without api-version, or with a made-up token, is refused with 400."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        for end in ("", "?api-version=2024-01-01&$skipToken=bm9uc2Vuc2U%3D", "?api-version=2024-01-01&$skipToken=!"):
            assert sdk.get(f"{azure.endpoint}{ROUTE_TABLES}{end}").status_code == 400


def test_request_ids_are_answered() -> None:
    """Every answer has ids of its own, and the id the client sent."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        answer = sdk.get("/subscriptions")

    assert answer.headers["x-ms-request-id"]
    assert answer.headers["x-ms-correlation-request-id"]
    assert answer.headers["x-ms-client-request-id"] == answer.request.headers["x-ms-client-request-id"]
