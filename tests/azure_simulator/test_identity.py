"""Signing in: the real credentials of azure-identity at the simulator's managed identity."""

import http.client
import json
import ssl

import pytest
from azure.core.exceptions import ClientAuthenticationError

from tests.azure_simulator import AzureSimulator, Fault, Kind
from tests.azure_simulator.sdk import TABLES, route_table, signed_in, snapshot

ESTATE = snapshot(route_table("rt-a"))


@pytest.mark.parametrize("default", [False, True])
def test_real_credentials_sign_in(default: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """ManagedIdentityCredential and DefaultAzureCredential get one token, and it opens both services."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure, default=default) as sdk:
        assert sdk.names() == ["rt-a"]
        assert sdk.network.route_tables.get("net", "rt-a").name == "rt-a"
        assert azure.tokens_issued == 1


def test_token_that_has_ended_is_refused() -> None:
    """ARM answers 401, in Azure's form, to a token that no longer holds."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        assert sdk.get("/subscriptions").status_code == 200
        azure.expire_tokens()
        answer = sdk.get("/subscriptions")

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"


def test_request_without_a_token_is_refused() -> None:
    """Nobody is answered without a token, and such a request is in the log."""
    with AzureSimulator(ESTATE) as azure:
        context = ssl.create_default_context(cafile=azure.environment["REQUESTS_CA_BUNDLE"])
        host = azure.endpoint.removeprefix("https://")
        connection = http.client.HTTPSConnection(host, context=context, timeout=5)
        connection.request("GET", "/subscriptions?api-version=2022-12-01")
        answer = connection.getresponse()
        answer.read()
        connection.close()

        assert answer.status == 401
        assert [each.status for each in azure.requests] == [401]


def test_short_lived_tokens_are_asked_for_anew() -> None:
    """A token that lives less than five minutes is used once by the real SDK: it has a new one for every request."""
    with AzureSimulator(ESTATE, token_lifetime=60) as azure, signed_in(azure) as sdk:
        assert sdk.names() == ["rt-a"]
        azure.expire_tokens()
        assert sdk.names() == ["rt-a"]
        assert azure.tokens_issued == 2


def test_fault_ends_the_token_of_one_request() -> None:
    """A 401 on demand ends the very token it was asked with: only a new one works."""
    faults = [Fault(kind=Kind.EXPIRED_TOKEN, nth=2)]
    with AzureSimulator(ESTATE, faults=faults, token_lifetime=60) as azure, signed_in(azure) as sdk:
        assert sdk.names() == ["rt-a"]
        with pytest.raises(ClientAuthenticationError):
            sdk.names()
        assert sdk.names() == ["rt-a"]
        assert [each.status for each in azure.requests] == [200, 401, 200]


def test_long_lived_token_that_ended_is_kept_by_the_real_credential() -> None:
    """The real credential keeps a long token that ARM no longer takes: a client must make itself a new credential."""
    faults = [Fault(kind=Kind.EXPIRED_TOKEN)]
    with AzureSimulator(ESTATE, faults=faults) as azure:
        with signed_in(azure) as sdk:
            for _ in range(2):
                with pytest.raises(ClientAuthenticationError):
                    sdk.names()
        with signed_in(azure) as sdk:
            assert sdk.names() == ["rt-a"]


def test_claims_challenge_is_answered_by_the_sdk() -> None:
    """A 401 with a claims challenge makes the SDK fetch a new token and ask again, without the caller's help."""
    with AzureSimulator(ESTATE, faults=[Fault(kind=Kind.REVOKED_TOKEN)]) as azure, signed_in(azure) as sdk:
        assert sdk.names() == ["rt-a"]
        assert azure.tokens_issued == 2
        assert [each.status for each in azure.requests] == [401, 200]


@pytest.mark.parametrize(
    ("path", "header", "status"),
    [
        ("/msi/token?api-version=2019-08-01&resource=https://management.azure.com/", True, 200),
        ("/msi/token?api-version=2019-08-01&resource=https://management.azure.com/", False, 401),
        ("/msi/token?api-version=2019-08-01&resource=https://vault.azure.net", True, 400),
        ("/msi/token?resource=https://management.azure.com", True, 404),
        ("/", True, 404),
    ],
)
def test_endpoint_issues_tokens_for_azure_only(path: str, header: bool, status: int) -> None:  # noqa: FBT001 - ditto
    """A token needs the secret of the environment and is for Azure's management endpoint only."""
    with AzureSimulator(ESTATE) as azure:
        host = azure.environment["IDENTITY_ENDPOINT"].split("/")[2]
        connection = http.client.HTTPConnection(host, timeout=5)
        secret = azure.environment["IDENTITY_HEADER"] if header else "wrong"
        connection.request("GET", path, headers={"X-IDENTITY-HEADER": secret})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()

    assert answer.status == status
    assert ("access_token" in body) == (status == 200)


def test_environment_holds_nothing_a_real_credential_could_use() -> None:
    """The environment names loopback only, and pins the default credential to the managed identity."""
    with AzureSimulator(ESTATE) as azure:
        assert azure.environment.keys() == {
            *("AUDITOR_ARM_ENDPOINT", "REQUESTS_CA_BUNDLE", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"),
            *("AZURE_TOKEN_CREDENTIALS", "NO_PROXY", "no_proxy"),
        }
        assert azure.environment["AUDITOR_ARM_ENDPOINT"].startswith("https://localhost:")
        assert azure.environment["IDENTITY_ENDPOINT"].startswith("http://127.0.0.1:")


def test_token_is_in_no_log() -> None:
    """What the simulator keeps of the requests holds no token."""
    with AzureSimulator(ESTATE) as azure, signed_in(azure) as sdk:
        sdk.query(TABLES)

        assert "simulated." not in repr(azure.requests)
