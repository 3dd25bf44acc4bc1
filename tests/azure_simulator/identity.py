"""The managed identity: an endpoint of App Service's kind that issues tokens, and the check of the tokens."""

import secrets
import threading
import time
from http import HTTPStatus

from tests.azure_simulator.answers import Answer, Asked

PATH = "/msi/token"

_RESOURCES = frozenset(
    {
        *("https://management.azure.com", "https://management.core.windows.net"),
        *("https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net"),
        "https://management.chinacloudapi.cn",
    }
)


class Identity:
    """Issues tokens and knows which still hold.

    lifetime: seconds, of real time, that a token says it lives. The real credentials keep one that lives longer than
        five minutes, and ask again each time where it lives shorter.
    """

    def __init__(self, lifetime: float) -> None:
        self.header = secrets.token_hex(16)
        self.issued = 0
        self._lifetime = lifetime
        self._lock = threading.Lock()
        self._valid: set[str] = set()

    def answer(self, asked: Asked) -> Answer:
        """Answer a request to the managed-identity endpoint."""
        if asked.path != PATH or asked.method != "GET" or "api-version" not in asked.parameters:
            return _failed(HTTPStatus.NOT_FOUND, "no such address")
        if asked.headers.get("x-identity-header") != self.header:
            return _failed(HTTPStatus.UNAUTHORIZED, "the X-IDENTITY-HEADER is not the one of the environment")
        resource = asked.parameters.get("resource", "")
        if resource.rstrip("/") not in _RESOURCES:
            return _failed(HTTPStatus.BAD_REQUEST, f"no identity has access to {resource}")
        token = f"simulated.{secrets.token_urlsafe(24)}"
        with self._lock:
            self.issued += 1
            self._valid.add(token)
        expires = str(int(time.time() + self._lifetime))
        return Answer(body={"access_token": token, "expires_on": expires, "resource": resource, "token_type": "Bearer"})

    def holds(self, authorization: str | None) -> bool:
        """Tell whether an Authorization header carries a token that holds."""
        scheme, _, token = (authorization or "").partition(" ")
        with self._lock:
            return scheme.lower() == "bearer" and token in self._valid

    def revoke(self, authorization: str | None) -> None:
        """Make the token of an Authorization header one that no longer holds."""
        with self._lock:
            self._valid.discard((authorization or "").partition(" ")[2])

    def revoke_all(self) -> None:
        """Make every token issued so far one that no longer holds."""
        with self._lock:
            self._valid.clear()


def _failed(status: HTTPStatus, message: str) -> Answer:
    """Return an error in the form of the managed-identity endpoint."""
    return Answer(status=status, body={"statusCode": int(status), "message": message})
