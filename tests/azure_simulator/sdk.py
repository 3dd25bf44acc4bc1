"""The real Azure SDK, signed in at the simulator, for its tests; and small estates to serve."""

import http.client
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast
from unittest import mock

from azure.core.credentials import TokenCredential
from azure.core.pipeline import PipelineResponse
from azure.core.pipeline.transport import HttpResponse as PipelineHttpResponse
from azure.core.rest import HttpRequest, HttpResponse
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.mgmt.network import NetworkManagementClient
from azure.mgmt.resourcegraph import ResourceGraphClient
from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions, QueryResponse

from tests.azure_simulator import AzureSimulator

Json = dict[str, Any]

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
OTHER = "22222222-2222-2222-2222-222222222222"
TABLES = 'resources | where type =~ "Microsoft.Network/routeTables" | project id, name, properties | order by id asc'
ROUTE_TABLES = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/routeTables"

_SCOPES = ["https://management.azure.com/.default"]
_VERSION = "2024-01-01"
_REAL = ("AZURE_", "MSI_", "IDENTITY_", "IMDS_")


def network_id(kind: str, name: str, subscription: str = SUBSCRIPTION) -> str:
    """Return the id of a resource of Microsoft.Network."""
    return f"/subscriptions/{subscription}/resourceGroups/net/providers/Microsoft.Network/{kind}/{name}"


def document(arm_id: str, **properties: object) -> Json:
    """Return a document; its name and type follow from its id."""
    provider, *parts = arm_id.rpartition("/providers/")[2].split("/")
    return {
        "id": arm_id,
        "name": parts[-1],
        "type": "/".join((provider, *parts[::2])),
        "location": "westeurope",
        "properties": properties,
    }


def route_table(name: str, subscription: str = SUBSCRIPTION) -> Json:
    """Return a route table with one route."""
    arm_id = network_id("routeTables", name, subscription)
    route = {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.0.0.4"}
    return document(arm_id, routes=[{"id": f"{arm_id}/routes/default", "name": "default", "properties": route}])


def route_tables(count: int) -> list[Json]:
    """Return so many route tables, in order of id."""
    return [route_table(f"rt-{number:04}") for number in range(count)]


def snapshot(
    *resources: Json, tags: Mapping[str, Json] | None = None, closed: Sequence[str] = (), scope: Sequence[str] = ()
) -> Json:
    """Return a snapshot. closed: subscriptions it has gaps for."""
    gaps = [{"what": "*", "scope": f"/subscriptions/{each}", "why": "refused", "needs": "Reader"} for each in closed]
    return {
        "schema": "snapshot/1",
        "collected_at": "2024-01-01T00:00:00Z",
        "collector": "test 1",
        "cloud": "public",
        "scope": list(scope),
        "resources": list(resources),
        "service_tags": dict(tags or {}),
        "gaps": gaps,
    }


def rows(page: QueryResponse) -> list[Json]:
    """Return the rows of a page."""
    return cast(list[Json], page.data)


class Sdk:
    """The clients of the Azure SDK, without retries of their own. headers: of every answer of Resource Graph."""

    def __init__(self, azure: AzureSimulator, credential: TokenCredential) -> None:
        self.azure = azure
        self.headers: list[Mapping[str, str]] = []
        given: dict[str, Any] = {"credential_scopes": _SCOPES, "retry_total": 0}
        self.graph = ResourceGraphClient(credential, azure.endpoint, **given)
        self.network = NetworkManagementClient(credential, SUBSCRIPTION, azure.endpoint, **given)

    def query(self, text: str, subscriptions: Sequence[str] | None = None, **options: Any) -> QueryResponse:  # noqa: ANN401 - what the SDK takes
        """Return one page of the answer to a query."""
        chosen = QueryRequestOptions(**options)
        asked = QueryRequest(query=text, subscriptions=list(subscriptions) if subscriptions else None, options=chosen)
        answer = self.graph.resources(asked, raw_response_hook=self._remember)
        assert isinstance(answer, QueryResponse)
        return answer

    def pages(self, text: str, most: int = 10, **options: Any) -> list[QueryResponse]:  # noqa: ANN401 - ditto
        """Return the pages of the answer to a query, `most` at most."""
        found = [self.query(text, **options)]
        while found[-1].skip_token and len(found) < most:
            found.append(self.query(text, skip_token=found[-1].skip_token, **options))
        return found

    def names(self, text: str = TABLES, **options: Any) -> list[str]:  # noqa: ANN401 - ditto
        """Return the names in the answer to a query, page after page."""
        return [row["name"] for page in self.pages(text, **options) for row in rows(page)]

    def get(self, path: str) -> HttpResponse:
        """Return the answer of ARM to a GET, of a path or of a nextLink."""
        url = path if path.startswith("https:") else f"{self.azure.endpoint}{path}?api-version={_VERSION}"
        return self.network.send_request(HttpRequest("GET", url))

    def body(self, path: str) -> Json:
        """Return the body of ARM's answer to a GET that succeeds."""
        answer = self.get(path)
        answer.raise_for_status()
        found: Json = answer.json()
        return found

    def listed(self, path: str, field: str = "value") -> list[Json]:
        """Return the entries of a list of ARM, page after page."""
        page = self.body(path)
        found = list(page[field])
        while link := page.get("nextLink"):
            page = self.body(link)
            found += page[field]
        return found

    def _remember(self, response: PipelineResponse[object, PipelineHttpResponse]) -> None:
        """Keep the headers of an answer."""
        self.headers.append(response.http_response.headers)

    def close(self) -> None:
        """Close the connections."""
        self.graph.close()
        self.network.close()


def token_of(environment: Mapping[str, str]) -> str:
    """Return a token of the managed identity, asked for without the SDK."""
    host, _, path = environment["IDENTITY_ENDPOINT"].removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=10)
    query = "?api-version=2019-08-01&resource=https://management.azure.com"
    connection.request("GET", f"/{path}{query}", headers={"X-IDENTITY-HEADER": environment["IDENTITY_HEADER"]})
    found = str(json.loads(connection.getresponse().read())["access_token"])
    connection.close()
    return found


@contextmanager
def signed_in(azure: AzureSimulator, *, default: bool = False) -> Iterator[Sdk]:
    """Give the SDK signed in by managed identity. default: as DefaultAzureCredential finds it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_REAL)}
    with mock.patch.dict(os.environ, {**clean, **azure.environment}, clear=True):
        credential = DefaultAzureCredential() if default else ManagedIdentityCredential()
        with credential:
            sdk = Sdk(azure, credential)
            try:
                yield sdk
            finally:
                sdk.close()
