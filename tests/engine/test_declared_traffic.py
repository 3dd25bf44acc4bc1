"""What the user declares for the applications, decided like what documents ask for."""

import pytest

from auditor.estate.addresses import address_set
from auditor.findings import Outcome
from auditor.settings import Applications, ClientRange, Dependency, Settings
from tests.audits import audit_documents, checks_of, outcomes
from tests.builders import (
    application_rule,
    collection,
    route,
)
from tests.engine.subnet_defects import external, security
from tests.estates import ASE, Draft


def clients(*ranges: str) -> Settings:
    """Declare where the clients of the applications are."""
    found = tuple(ClientRange(text=each, addresses=address_set(each)) for each in ranges)
    return Settings(applications=(Applications(workload="ase-*", dependencies=(), client_ranges=found),))


def depends_on(text: str, *, name: str = "", address: str = "", port: int = 443) -> Settings:
    """Declare what the applications must reach."""
    addresses = address_set(address) if address else None
    dependency = Dependency(text=text, name=name, addresses=addresses, port=port, protocol="tcp")
    return Settings(applications=(Applications(workload="*", dependencies=(dependency,), client_ranges=()),))


ALLOW_CLIENTS = security(("allow-clients", 150, "Allow"), source="203.0.113.0/24", ports=("80", "443"))


def test_replies_to_declared_clients_must_not_leave_through_the_firewall() -> None:
    """Requests of Internet clients come straight in, and a default route takes their replies to the firewall (A3)."""
    draft = Draft()
    external(draft)
    ALLOW_CLIENTS(draft)

    audited = audit_documents(draft.documents, tags=draft.tags, settings=clients("203.0.113.0/24"))

    assert checks_of(audited) == ["asymmetric-application-reply"]
    assert "203.0.113.0/24" in audited.findings[0].message
    assert audited.findings[0].requirements == ("applications/client-range:203.0.113.0/24",)


def test_declared_clients_that_are_routed_back_are_no_finding() -> None:
    """A route to the Internet for the client range cures the external environment."""
    draft = Draft()
    external(draft)
    ALLOW_CLIENTS(draft)
    draft.routes.append(route("clients", "203.0.113.0/24", "Internet"))

    audited = audit_documents(draft.documents, tags=draft.tags, settings=clients("203.0.113.0/24"))

    assert audited.findings == ()


def test_a_declared_dependency_that_no_rule_allows_is_missing() -> None:
    """What the user declares for the applications is decided like what documents ask for."""
    draft = Draft()

    audited = audit_documents(
        draft.documents, tags=draft.tags, settings=depends_on("payments.contoso.com:443", name="payments.contoso.com")
    )

    assert checks_of(audited) == ["missing-application-dependency"]
    assert audited.findings[0].requirements == ("applications/dependency:payments.contoso.com:443",)


def test_a_declared_dependency_that_a_rule_allows_is_no_finding() -> None:
    """A rule for the name of the dependency lets it out."""
    draft = Draft()
    rule = application_rule("payments", ["*.contoso.com"], sources=[ASE])
    draft.add_group("fwp-ase", "rcg-apps", 400, collection("allow-apps", 100, "Allow", [rule]))

    audited = audit_documents(
        draft.documents, tags=draft.tags, settings=depends_on("payments.contoso.com:443", name="payments.contoso.com")
    )

    assert audited.findings == ()


@pytest.mark.parametrize(
    ("protocols", "outcome"),
    [(["Https:8443"], Outcome.PASS), (["Http:8443"], Outcome.UNKNOWN), (["Https:443"], Outcome.FAIL)],
    ids=lambda each: each[0] if isinstance(each, list) else "",
)
def test_a_name_on_a_port_of_no_protocol(protocols: list[str], outcome: Outcome) -> None:
    """Whether a dependency on another port speaks TLS or plain HTTP is not declared: TLS is enough (F26)."""
    draft = Draft()
    rule = application_rule("api", ["api.contoso.com"], protocols=protocols)
    draft.add_group("fwp-ase", "rcg-apps", 900, collection("apps", 100, "Allow", [rule]))
    declared = depends_on("api.contoso.com:8443", name="api.contoso.com", port=8443)

    told = outcomes(audit_documents(draft.documents, tags=draft.tags, settings=declared))

    assert told["applications/dependency:api.contoso.com:8443"] is outcome
