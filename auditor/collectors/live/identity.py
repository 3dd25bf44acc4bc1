"""Who asks: the credentials of azure-identity, by the name a user pins them with."""

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from azure.core.credentials import AccessToken, TokenCredential
from azure.identity import (
    AzureCliCredential,
    DefaultAzureCredential,
    DeviceCodeCredential,
    EnvironmentCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from auditor.collectors.live.clouds import Cloud
from auditor.errors import LiveError

Tell = Callable[[str], None]
"""Says one line to the user."""

_CLIENT = "AZURE_CLIENT_ID"


def credential_for(auth: str | None, cloud: Cloud, environment: Mapping[str, str], tell: Tell) -> TokenCredential:
    """Return the credential of `--auth`, or for None whatever azure-identity finds first.

    environment: variables of the process. tell: shows the user where to sign in, for "device-code". Raises LiveError
    where the environment lacks what the credential needs.
    """
    if auth is None:
        return DefaultAzureCredential(authority=cloud.authority)
    if auth == "cli":
        return AzureCliCredential()
    if auth == "managed-identity":
        return ManagedIdentityCredential(client_id=environment.get(_CLIENT) or None)
    if auth == "device-code":
        return DeviceCodeCredential(
            authority=cloud.authority, prompt_callback=lambda uri, code, _expires: tell(f"sign in at {uri} with {code}")
        )
    _demand(auth, environment)
    if auth == "workload-identity":
        return WorkloadIdentityCredential(authority=cloud.authority)
    return EnvironmentCredential(authority=cloud.authority)


_NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "workload-identity": ((_CLIENT, "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"),),
    "service-principal": (
        (_CLIENT, "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"),
        (_CLIENT, "AZURE_TENANT_ID", "AZURE_CLIENT_CERTIFICATE_PATH"),
    ),
}
"""Environment variables of a credential: one of several sets of them."""


def _demand(auth: str, environment: Mapping[str, str]) -> None:
    """Raise LiveError, naming what is missing, unless one set of variables is there."""
    sets = _NEEDED[auth]
    if any(all(environment.get(name) for name in each) for each in sets):
        return
    fewest = min(([name for name in each if not environment.get(name)] for each in sets), key=len)
    raise LiveError(f"--auth {auth}: {', '.join(fewest)} is not set; set it, or choose another --auth")


class Renewable:
    """A credential that can be made anew: one that is kept goes on with the token it has, though Azure refuses it.

    Safe to use from several threads: one that was made is closed in the end only, since others may be using it.
    """

    def __init__(self, make: Callable[[], TokenCredential]) -> None:
        self._make = make
        self._made: list[TokenCredential] = []
        self._is_current = False
        self._lock = Lock()

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # noqa: ANN401 - of the SDK
        """Return a token, as `TokenCredential` has it."""
        with self._lock:
            if not self._is_current:
                self._made.append(self._make())
                self._is_current = True
            current = self._made[-1]
        return current.get_token(*scopes, **options)

    @property
    def number(self) -> int:
        """The number of the credential that is asked for tokens now, from 1."""
        return max(len(self._made), 1)

    def renew(self, refused: int) -> None:
        """Ask for a token anew the next time, unless another thread saw to it. refused: number of whose token was."""
        with self._lock:
            self._is_current = self._is_current and refused != self.number

    def close(self) -> None:
        """Close what the credentials hold open."""
        with self._lock:
            self._is_current = False
            while self._made:
                close = getattr(self._made.pop(), "close", None)
                if close is not None:
                    close()
