"""Clouds and identities: endpoint, authority and scope go together, and a user can pin who asks."""

from collections.abc import Mapping

import pytest
from azure.core.credentials import AccessToken
from azure.identity import (
    AzureCliCredential,
    DefaultAzureCredential,
    DeviceCodeCredential,
    EnvironmentCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from auditor.cli.live import CLOUDS, IDENTITIES
from auditor.collectors.live.clouds import cloud_named
from auditor.collectors.live.identity import Renewable, credential_for
from auditor.errors import LiveError

TOLD: list[str] = []
PRINCIPAL = {"AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t", "AZURE_CLIENT_SECRET": "s"}
FEDERATED = {"AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t", "AZURE_FEDERATED_TOKEN_FILE": "/token"}


@pytest.mark.parametrize(
    ("name", "endpoint", "authority", "scope"),
    [
        ("public", "management.azure.com", "login.microsoftonline.com", "https://management.azure.com/.default"),
        (
            "usgovernment",
            "management.usgovcloudapi.net",
            "login.microsoftonline.us",
            "https://management.core.usgovcloudapi.net/.default",
        ),
        (
            "china",
            "management.chinacloudapi.cn",
            "login.chinacloudapi.cn",
            "https://management.chinacloudapi.cn/.default",
        ),
    ],
)
def test_clouds(name: str, endpoint: str, authority: str, scope: str) -> None:
    """Each cloud is asked at its own endpoint with tokens of its own authority, for its own scope."""
    cloud = cloud_named(name, {})

    assert (cloud.host, cloud.authority, cloud.scopes) == (endpoint, authority, (scope,))
    assert name in CLOUDS


def test_another_endpoint() -> None:
    """An environment variable names another endpoint; the authority and the scope stay those of the cloud."""
    cloud = cloud_named("public", {"AUDITOR_ARM_ENDPOINT": "https://LOCALHOST:8443/"})

    assert (cloud.host, cloud.scopes) == ("localhost:8443", cloud_named("public", {}).scopes)


@pytest.mark.parametrize("endpoint", ["http://localhost", "localhost:8443", "https://localhost/x", "https://"])
def test_no_endpoint(endpoint: str) -> None:
    """No token is sent anywhere but to a host by https."""
    with pytest.raises(LiveError, match="AUDITOR_ARM_ENDPOINT"):
        cloud_named("public", {"AUDITOR_ARM_ENDPOINT": endpoint})


@pytest.mark.parametrize(
    ("auth", "environment", "kind"),
    [
        (None, {}, DefaultAzureCredential),
        ("cli", {}, AzureCliCredential),
        ("managed-identity", {}, ManagedIdentityCredential),
        ("managed-identity", {"AZURE_CLIENT_ID": "c"}, ManagedIdentityCredential),
        ("workload-identity", FEDERATED, WorkloadIdentityCredential),
        ("service-principal", PRINCIPAL, EnvironmentCredential),
        ("device-code", {}, DeviceCodeCredential),
    ],
)
def test_identities(
    auth: str | None, environment: Mapping[str, str], kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each word pins one kind of credential; without one, the SDK looks for itself."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    credential = credential_for(auth, cloud_named("public", {}), environment, TOLD.append)

    assert type(credential) is kind
    assert auth is None or auth in IDENTITIES
    credential.close()  # type: ignore[attr-defined]  # every one of them can be


@pytest.mark.parametrize(
    ("auth", "environment", "missing"),
    [
        ("workload-identity", {}, "AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE"),
        ("workload-identity", {"AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t"}, "AZURE_FEDERATED_TOKEN_FILE"),
        ("service-principal", {"AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t"}, "AZURE_CLIENT_SECRET"),
        ("service-principal", {**PRINCIPAL, "AZURE_TENANT_ID": ""}, "AZURE_TENANT_ID"),
    ],
)
def test_what_an_identity_lacks(auth: str, environment: Mapping[str, str], missing: str) -> None:
    """Who lacks what an identity needs is told which variables to set."""
    with pytest.raises(LiveError, match=f"--auth {auth}: {missing} is not set"):
        credential_for(auth, cloud_named("public", {}), environment, TOLD.append)


class Once:
    """A credential that hands out one token for good, as those of the SDK do while it lasts."""

    made = 0

    def __init__(self) -> None:
        type(self).made += 1
        self.token = AccessToken(f"token {self.made}", 0)

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        """Return the token."""
        return self.token


def test_a_credential_is_made_anew_only_when_asked() -> None:
    """A credential keeps its token until Azure refuses it; then another credential is made."""
    credential = Renewable(Once)
    tokens = [credential.get_token("s").token for _ in range(2)]
    credential.renew(1)

    assert [*tokens, credential.get_token("s").token] == ["token 1", "token 1", "token 2"]


def test_threads_that_are_refused_together_ask_anew_once() -> None:
    """What one thread made anew stays for the others, and what they still use is closed in the end only."""
    closed: list[int] = []

    class Closing(Once):
        def close(self) -> None:
            closed.append(self.made)

    credential = Renewable(Closing)
    credential.get_token("s")
    made = Closing.made
    for refused in (1, 1, 1):
        credential.renew(refused)
        credential.get_token("s")

    assert (Closing.made, closed, credential.number) == (made + 1, [], 2)
    credential.close()
    assert len(closed) == 2
