"""Every kind of fault, as the real client sees it."""

import socket
import ssl
import time
from itertools import pairwise

import pytest
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError, ServiceResponseError

from tests.azure_simulator import AzureSimulator, FakeClock, Fault, Kind
from tests.azure_simulator.answers import Asked
from tests.azure_simulator.faults import ELSEWHERE
from tests.azure_simulator.sdk import (
    OTHER,
    ROUTE_TABLES,
    SUBSCRIPTION,
    TABLES,
    network_id,
    route_table,
    route_tables,
    rows,
    signed_in,
    snapshot,
    token_of,
)

ESTATE = snapshot(*route_tables(5))
TABLE = network_id("routeTables", "rt-0001")
ALL = [f"rt-{number:04}" for number in range(5)]


@pytest.mark.parametrize(
    ("kind", "seconds", "status", "code", "retry_after"),
    [
        (Kind.GONE, None, 404, "ResourceNotFound", None),
        (Kind.CONFLICT, None, 409, "Conflict", None),
        (Kind.THROTTLED, None, 429, "TooManyRequests", None),
        (Kind.THROTTLED, 17.0, 429, "TooManyRequests", "17"),
        (Kind.LOCKED, None, 429, "RetryableError", None),
        (Kind.BROKEN, None, 500, "InternalServerError", None),
        (Kind.UNAVAILABLE, None, 503, "ServiceUnavailable", None),
        (Kind.UNAVAILABLE, 3.0, 503, "ServiceUnavailable", "3"),
        (Kind.EXPIRED_TOKEN, None, 401, "InvalidAuthenticationToken", None),
    ],
)
def test_error_instead_of_an_answer(
    kind: Kind, seconds: float | None, status: int, code: str, retry_after: str | None
) -> None:
    """The second read is answered with the error, in Azure's form; the others are answered as ever."""
    faults = [Fault(kind=kind, path=".*/routeTables/.*", nth=2, seconds=seconds)]
    with AzureSimulator(ESTATE, faults=faults, token_lifetime=60) as azure, signed_in(azure) as sdk:
        answers = [sdk.get(TABLE) for _ in range(3)]

        assert [each.status_code for each in answers] == [200, status, 200]
        assert answers[1].json()["error"]["code"] == code
        assert answers[1].headers.get("Retry-After") == retry_after
        assert [bool(each.faults) for each in azure.requests] == [False, True, False]
        assert azure.refused_for_quota == 0


def test_locked_says_that_another_operation_is_the_reason() -> None:
    """A 429 that is not about quota carries the code that tells it apart (Q12)."""
    with AzureSimulator(ESTATE, faults=[Fault(kind=Kind.LOCKED)]) as azure, signed_in(azure) as sdk:
        details = sdk.get(TABLE).json()["error"]["details"]

    assert [each["code"] for each in details] == ["RetryableErrorDueToAnotherOperation"]


def test_429_comes_in_forms_without_an_error_object() -> None:
    """Resource Graph's 429 may be empty text, and Microsoft.Web has a form of its own for a lock."""
    environment = network_id("hostingEnvironments", "ase").replace("Microsoft.Network", "Microsoft.Web")
    faults = [Fault(kind=Kind.THROTTLED, method="POST"), Fault(kind=Kind.LOCKED, method="GET")]
    with AzureSimulator(ESTATE, faults=faults) as azure, signed_in(azure) as sdk:
        with pytest.raises(HttpResponseError) as found:
            sdk.query(TABLES)
        locked = sdk.get(environment)

    assert found.value.status_code == 429
    assert found.value.response is not None
    assert found.value.response.text() == '""'
    assert (locked.status_code, locked.json()["Code"]) == (429, "429")


def test_error_costs_nothing_of_the_quota() -> None:
    """A query that fails before it is answered leaves the window as it was."""
    faults = [Fault(kind=Kind.BROKEN, times=3)]
    with AzureSimulator(ESTATE, faults=faults, graph_quota=(1, 5.0)) as azure, signed_in(azure) as sdk:
        for _ in range(3):
            with pytest.raises(HttpResponseError):
                sdk.query(TABLES)
        assert sdk.names() == ALL


def test_forbidden_subscription_is_refused_by_arm_and_left_out_by_resource_graph() -> None:
    """One subscription is closed on both sides: with 403 here, without any sign there (Q7)."""
    estate = snapshot(route_table("rt-a"), route_table("rt-b", OTHER))
    faults = [Fault(kind=Kind.FORBIDDEN, subscription=OTHER, times=None)]
    containers = "resourcecontainers | project id, name, subscriptionId | order by id asc"
    with AzureSimulator(estate, faults=faults) as azure, signed_in(azure) as sdk:
        assert sdk.get(network_id("routeTables", "rt-b", OTHER)).status_code == 403
        assert sdk.get(network_id("routeTables", "rt-a")).status_code == 200
        assert sdk.names(subscriptions=[SUBSCRIPTION, OTHER]) == ["rt-a"]
        assert [row["subscriptionId"] for row in rows(sdk.query(containers))] == [SUBSCRIPTION]
        assert len(sdk.listed("/subscriptions")) == 2
        with pytest.raises(HttpResponseError) as found:
            sdk.query(TABLES, subscriptions=[OTHER])
    assert found.value.status_code == 403


def test_forbidden_subscription_may_be_given_by_its_number() -> None:
    """A number counts round the subscriptions served, and the fault then tells which one it is."""
    estate = snapshot(route_table("rt-a"), route_table("rt-b", OTHER))
    azure = AzureSimulator(estate, faults=[Fault(kind=Kind.FORBIDDEN, subscription=5)])

    assert [each.subscription for each in azure.faults] == [OTHER]


def test_connection_ends_instead_of_an_answer() -> None:
    """The client has no answer, and a new connection for its next request."""
    with AzureSimulator(ESTATE, faults=[Fault(kind=Kind.RESET)]) as azure, signed_in(azure) as sdk:
        with pytest.raises((ServiceRequestError, ServiceResponseError)):
            sdk.get(TABLE)
        assert sdk.get(TABLE).status_code == 200
        assert [each.status for each in azure.requests] == [0, 200]


def test_connection_is_reset_and_not_just_closed() -> None:
    """Below TLS, which hides it from Python's clients, the connection ends with a reset."""
    with AzureSimulator(ESTATE, faults=[Fault(kind=Kind.RESET)]) as azure:
        context = ssl.create_default_context(cafile=azure.environment["REQUESTS_CA_BUNDLE"])
        address = ("127.0.0.1", int(azure.endpoint.rpartition(":")[2]))
        head = f"GET {TABLE}?api-version=1 HTTP/1.1\r\nAuthorization: Bearer {token_of(azure.environment)}\r\n\r\n"
        with (
            socket.create_connection(address, timeout=5) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            secure.sendall(head.encode())
            with pytest.raises(ConnectionResetError):  # noqa: PT012 - it may come after what was sent before it
                while socket.socket.recv(secure, 65_536):
                    pass


@pytest.mark.parametrize("kind", [Kind.STALLED, Kind.CUT_BODY])
def test_body_ends_too_early(kind: Kind) -> None:
    """Half a body with the length of the whole, then the end: the client notices, and may ask again."""
    with AzureSimulator(ESTATE, faults=[Fault(kind=kind, seconds=0.05)]) as azure, signed_in(azure) as sdk:
        with pytest.raises(AzureError):
            sdk.get(TABLE)
        assert sdk.get(TABLE).json()["name"] == "rt-0001"


def test_stalled_answer_runs_into_the_timeout_of_the_client() -> None:
    """An answer that stops in the middle stops for as long as it was told; a client with a timeout gives up before."""
    faults = [Fault(kind=Kind.STALLED, seconds=30.0)]
    with AzureSimulator(ESTATE, faults=faults) as azure, signed_in(azure) as sdk:
        begun = time.monotonic()
        with pytest.raises(AzureError):
            list(sdk.network.route_tables.list_all(read_timeout=0.1))

    assert time.monotonic() - begun < 10


def test_json_is_cut() -> None:
    """Half of the JSON comes with a length that is right for it: only who reads it notices."""
    faults = [Fault(kind=Kind.CUT_JSON, times=2)]
    with AzureSimulator(ESTATE, faults=faults) as azure, signed_in(azure) as sdk:
        with pytest.raises(AzureError):
            sdk.get(TABLE)
        with pytest.raises(AzureError):
            sdk.query(TABLES)
        assert sdk.names() == ALL


def test_page_is_repeated() -> None:
    """A page comes twice: more rows than the total says, in Resource Graph and in a list of ARM."""
    faults = [Fault(kind=Kind.REPEATED_PAGE, nth=2), Fault(kind=Kind.REPEATED_PAGE, path=ROUTE_TABLES, nth=2)]
    with AzureSimulator(ESTATE, faults=faults, page_size=2) as azure, signed_in(azure) as sdk:
        assert sdk.names() == [*ALL[:2], *ALL[2:4], *ALL[2:4], ALL[4]]
        assert [each["name"] for each in sdk.listed(ROUTE_TABLES)] == [*ALL[:2], *ALL[2:4], *ALL[2:4], ALL[4]]


@pytest.mark.parametrize(("nth", "names"), [(1, [1, 2, 2, 3, 4]), (2, [0, 1, 1, 2, 4]), (3, [0, 1, 2, 3, 3])])
def test_pages_shift(nth: int, names: list[int]) -> None:
    """Between two pages one row is missed and another comes again, so that the counts still add up."""
    faults = [Fault(kind=Kind.SHIFTED_PAGE, nth=nth), Fault(kind=Kind.SHIFTED_PAGE, path=ROUTE_TABLES, nth=nth)]
    with AzureSimulator(ESTATE, faults=faults, page_size=2) as azure, signed_in(azure) as sdk:
        assert sdk.names() == [ALL[number] for number in names]
        assert [each["name"] for each in sdk.listed(ROUTE_TABLES)] == [ALL[number] for number in names]


def test_total_does_not_add_up() -> None:
    """One answer tells a total that is not the number of rows."""
    faults = [Fault(kind=Kind.WRONG_TOTAL, nth=2)]
    with AzureSimulator(ESTATE, faults=faults, page_size=2) as azure, signed_in(azure) as sdk:
        assert [page.total_records for page in sdk.pages(TABLES)] == [5, 6, 5]


def test_result_is_truncated() -> None:
    """A truncated answer has no token: the rest of the rows is lost (Q5)."""
    with AzureSimulator(ESTATE, faults=[Fault(kind=Kind.TRUNCATED)], page_size=2) as azure, signed_in(azure) as sdk:
        page = sdk.query(TABLES)

    assert (page.count, page.total_records, page.result_truncated, page.skip_token) == (2, 5, "true", None)


@pytest.mark.parametrize("page_size", [2, 1_000])
def test_link_leads_to_another_host(page_size: int) -> None:
    """A list's nextLink names a host that is not Azure's, even where the list is whole (Q14)."""
    faults = [Fault(kind=Kind.FOREIGN_LINK)]
    with AzureSimulator(ESTATE, faults=faults, page_size=page_size) as azure, signed_in(azure) as sdk:
        assert sdk.body(ROUTE_TABLES)["nextLink"].startswith(f"{ELSEWHERE}/")


def test_token_never_ends() -> None:
    """After the last page there is always another one, empty, in Resource Graph and in a list of ARM."""
    faults = [Fault(kind=Kind.ENDLESS, times=None)]
    with AzureSimulator(ESTATE, faults=faults, page_size=4) as azure, signed_in(azure) as sdk:
        pages = sdk.pages(TABLES, most=6)
        link = sdk.body(ROUTE_TABLES)["nextLink"]
        for _ in range(3):
            link = sdk.body(link)["nextLink"]

    assert [page.count for page in pages] == [4, 1, 0, 0, 0, 0]
    assert all(one.skip_token != two.skip_token for one, two in pairwise(pages))


def test_resource_graph_lags() -> None:
    """For one query documents are as they were before their last change: one entry less, and another etag (Q10)."""
    text = TABLES.replace("id, name", "id, name, etag")
    with AzureSimulator(ESTATE, faults=[Fault(kind=Kind.LAGGING)]) as azure, signed_in(azure) as sdk:
        old, new = rows(sdk.query(text))[1], rows(sdk.query(text))[1]

        assert (len(old["properties"]["routes"]), len(new["properties"]["routes"])) == (0, 1)
        assert old["etag"] != new["etag"] == sdk.body(TABLE)["etag"]


def test_faults_are_counted_by_method_path_and_query() -> None:
    """A fault hits the requests it names, from its first one on, as often as it says, and nobody else."""
    fault = Fault(kind=Kind.BROKEN, method="post", path="/providers/.*", query="routeTables", nth=2, times=2)
    hit = [
        fault.counts(Asked(method="POST", path="/PROVIDERS/x", body={"query": "where RouteTables"})),
        fault.counts(Asked(method="GET", path="/providers/x", body={"query": "routeTables"})),
        fault.counts(Asked(method="POST", path="/other/providers/x", body={"query": "routeTables"})),
        fault.counts(Asked(method="POST", path="/providers/x", body={"query": "else"})),
        fault.counts(Asked(method="POST", path="/providers/x")),
    ]

    assert hit == [True, False, False, False, False]
    assert [fault.hits(number) for number in range(1, 6)] == [False, True, True, False, False]


def test_several_faults_work_together() -> None:
    """A page that is shifted may also come with a wrong total, and an error wins over both."""
    faults = [
        Fault(kind=Kind.SHIFTED_PAGE),
        Fault(kind=Kind.WRONG_TOTAL),
        Fault(kind=Kind.UNAVAILABLE, nth=2),
        Fault(kind=Kind.TRUNCATED, nth=2),
        Fault(kind=Kind.GONE, nth=9),
    ]
    with AzureSimulator(ESTATE, faults=faults, page_size=2, clock=FakeClock()) as azure, signed_in(azure) as sdk:
        page = sdk.query(TABLES)
        with pytest.raises(HttpResponseError):
            sdk.query(TABLES)

        assert (page.total_records, rows(page)[0]["name"]) == (6, "rt-0001")
        assert azure.came_true == tuple(faults[:4])
        assert azure.requests[0].faults == (str(faults[0]), str(faults[1]))


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault(kind=Kind.GONE), "gone, number 1 of: any method any path"),
        (
            Fault(kind=Kind.THROTTLED, seconds=17.0, method="GET", path=".*/x", nth=2, times=2),
            "throttled 17 s, numbers 2 to 3 of: GET .*/x",
        ),
        (
            Fault(kind=Kind.BROKEN, query="type", times=None),
            "broken, every one of: any method any path with query /type/",
        ),
        (
            Fault(kind=Kind.FORBIDDEN, subscription=OTHER, nth=3, times=None),
            f"forbidden subscription {OTHER}, every one from number 3 on of: any method any path",
        ),
    ],
)
def test_fault_explains_itself(fault: Fault, text: str) -> None:
    """A fault is told in words a person understands."""
    assert str(fault) == text
