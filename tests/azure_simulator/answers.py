"""Requests and answers as values, and the error bodies Azure sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

CLIENT = "5f0c2a3e-7d11-4c0e-9a51-2f6d3b8e4c10"
OBJECT = "c9b1d6a4-08e2-4f7b-8c3d-71e5a2f9d046"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request. path: decoded, without the query string; parameters: of the query string; body: JSON or None."""

    method: str
    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def query(self) -> str:
        """The text of a Resource Graph query; empty for every other request."""
        text = self.body.get("query") if isinstance(self.body, dict) else None
        return text if isinstance(text, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, its body not yet encoded."""

    status: int = 200
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - an answer that ends the work on a request, not a fault of the simulator
    """The request is answered with an error, whatever was still to be done."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status}: {answer.body}")
        self.answer = answer


def error(
    status: int,
    code: str,
    message: str,
    *,
    details: Sequence[tuple[str, str]] = (),
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Answer:
    """Return an error in Azure's form. details: (code, message) each."""
    body: dict[str, Any] = {"code": code, "message": message}
    if details:
        body["details"] = [{"code": each, "message": text} for each, text in details]
    return Answer(status=status, body={"error": body}, headers=headers)


def refused(status: int, code: str, message: str) -> Refusal:
    """Return an error in Azure's form, to be raised."""
    return Refusal(error(status, code, message))


def forbidden(action: str, scope: str) -> Answer:
    """Return the 403 of Azure for an action the identity may not do at a scope."""
    return error(
        403,
        "AuthorizationFailed",
        f"The client '{CLIENT}' with object id '{OBJECT}' does not have authorization to perform action '{action}' "
        f"over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your "
        "credentials.",
    )


def unauthorized(*, claims: bool = False) -> Answer:
    """Return the 401 for a token that does not hold; with `claims`, the challenge a client can answer by itself."""
    parts = ['authorization_uri="https://login.invalid/tenant"']
    if claims:
        # The claims are those Azure sends after a sign-in was revoked: {"access_token":{"nbf":{"essential":true}}}
        parts += [
            'error="insufficient_claims"',
            'claims="eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZX19fQ=="',
        ]
    else:
        parts += ['error="invalid_token"', 'error_description="The access token is invalid."']
    message = "The access token is invalid or has expired."
    challenge = {"WWW-Authenticate": f"Bearer {', '.join(parts)}"}
    return error(401, "InvalidAuthenticationToken", message, headers=challenge)
