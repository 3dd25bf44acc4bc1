"""A route that takes traffic elsewhere is named as the cause itself."""

import pytest

from auditor.estate.addresses import address_set
from auditor.findings import Outcome
from auditor.settings import Applications, ClientRange, Settings
from tests.audits import audit_documents, checks_of, outcomes
from tests.builders import network_id, route, route_table
from tests.estates import FIREWALL, Draft


@pytest.mark.parametrize(
    ("prefix", "check", "words"),
    [
        ("AzureMonitor", "missing-default-route", "takes documented traffic past the firewall"),
        ("0.0.0.0/1", "egress-bypass", "in route table rt-ase leads to the Internet, past the firewall"),
        ("20.0.0.0/8", "egress-bypass", "in route table rt-ase leads to the Internet, past the firewall"),
    ],
)
def test_route_past_the_firewall_is_named(prefix: str, check: str, words: str) -> None:
    """A longer route to the Internet is the cause, never the default route, which does lead to the firewall."""
    draft = Draft()
    draft.routes.append(route("shortcut", prefix, "Internet"))
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert checks_of(audited) == [check]
    assert f"route shortcut ({prefix}) {words}" in audited.findings[0].message
    assert "shortcut" in audited.findings[0].fix
    assert FIREWALL not in audited.findings[0].message
    told = {each: outcomes(audited)[each] for each in audited.findings[0].requirements}
    assert {outcome for each, outcome in told.items() if not each.startswith("lock-down/")} == {Outcome.DEVIATES}


@pytest.mark.parametrize(("prefix", "outcome"), [("0.0.0.0/1", Outcome.FAIL), ("20.0.0.0/8", Outcome.DEVIATES)])
def test_how_wide_a_hole_is(prefix: str, outcome: Outcome) -> None:
    """A route for half of the Internet undoes the lock-down; one for a part of it is a warning."""
    draft = Draft()
    draft.routes.append(route("shortcut", prefix, "Internet"))

    assert outcomes(audit_documents(draft.documents, tags=draft.tags))[f"lock-down/route:{prefix}"] is outcome


def test_declared_clients_are_no_hole() -> None:
    """A route that takes the replies to declared clients back is asked for."""
    draft = Draft()
    draft.routes.append(route("clients", "203.0.114.0/24", "Internet"))
    clients = ClientRange(text="203.0.114.0/24", addresses=address_set("203.0.114.0/24"))
    declared = Settings(applications=(Applications(workload="*", dependencies=(), client_ranges=(clients,)),))

    assert "egress-bypass" in checks_of(audit_documents(draft.documents, tags=draft.tags))
    assert "egress-bypass" not in checks_of(audit_documents(draft.documents, tags=draft.tags, settings=declared))


@pytest.mark.parametrize("prefix", ["AzureMonitor", "0.0.0.0/1", "8.0.0.0/8", "203.0.114.9/32"])
def test_route_that_drops_is_named(prefix: str) -> None:
    """What a route drops, or may drop, is filed under that route, not under rules of the firewall behind it."""
    draft = Draft()
    draft.routes.append(route("hole", prefix, "None"))
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert checks_of(audited) == ["missing-default-route"]
    assert "route hole drops documented traffic" in audited.findings[0].message


def test_default_route_into_the_vnet() -> None:
    """0.0.0.0/0 to VnetLocal is one finding, on the default route."""
    draft = Draft()
    draft.route("0.0.0.0/0").update(nextHopType="VnetLocal")
    del draft.route("0.0.0.0/0")["nextHopIpAddress"]
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert checks_of(audited) == ["missing-default-route"]
    assert "0.0.0.0/0 leads to" in audited.findings[0].message


@pytest.mark.parametrize("next_hop", ["VnetLocal", "Internet", "None"])
def test_leftover_address_is_not_told_as_next_hop(next_hop: str) -> None:
    """An address that the type of a default route does not use is not where the route leads."""
    draft = Draft()
    draft.route("0.0.0.0/0").update(nextHopType=next_hop)
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert f"0.0.0.0/0 leads to {next_hop.lower()}" in audited.findings[0].message


def test_default_route_for_an_unknown_tag_is_no_way_to_the_firewall() -> None:
    """What such a route holds is not known: traffic may pass the firewall by, which is not as documented."""
    draft = Draft()
    draft.route("0.0.0.0/0").update(addressPrefix="FooBar")
    audited = audit_documents(draft.documents, tags=draft.tags)

    came_out = outcomes(audited)
    assert "fail" in {each.value for each in came_out.values()}
    assert came_out["ase-v2@2023-11-20/fqdn:login.live.com:443"] is Outcome.DEVIATES


def test_host_route_of_the_firewall_may_stop_a_name() -> None:
    """A single address that the firewall's own subnet drops may be one of a name's: the name is not known to pass."""
    draft = Draft()
    draft.of("vnet-hub")["subnets"][0]["properties"]["routeTable"] = {"id": network_id("routeTables", "rt-hub")}
    draft.add(route_table("rt-hub", [route("hole", "20.0.0.1/32", "None")]))
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert outcomes(audited)["ase-v2@2023-11-20/fqdn:login.live.com:443"] is Outcome.UNKNOWN
