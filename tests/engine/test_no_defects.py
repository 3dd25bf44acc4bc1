"""What does no harm gives no finding, and what stands in for the documented way is told from it."""

import pytest

from auditor.estate.names import normal_name
from auditor.findings import Level, Outcome
from tests.audits import audit_documents, checks_of, finding, outcomes, requirements_of
from tests.builders import (
    application_rule,
    collection,
    network_id,
    network_rule,
    route,
    route_table,
    site,
)
from tests.engine.defects import (
    BY_NAME,
    NEW,
    OLD,
    TAGS,
    Put,
)
from tests.engine.firewall_defects import firewall_table
from tests.engine.rule_defects import by_ip_group, network_deny, parent_deny, tag_rule
from tests.engine.subnet_defects import ase_to_firewall, security
from tests.estates import ASE, EDITIONS, FIREWALL, Draft
from tests.held import star_at_the_left


def cured_gateway(draft: Draft) -> None:
    """Route the application gateway and the environment to each other through the firewall."""
    ase_to_firewall(draft)
    draft.add(route_table("rt-gateway", [route("to-ase", ASE, "VirtualAppliance", FIREWALL)]))
    draft.subnet("vnet-shop", "gateway")["routeTable"] = {"id": network_id("routeTables", "rt-gateway")}
    rule = network_rule("gateway", [ASE], ["443"], sources=["10.1.5.0/24"], protocols=["TCP"])
    draft.add_group("fwp-ase", "rcg-inside", 150, collection("allow-inside", 100, "Allow", [rule]))


def stub_list_of_tags(draft: Draft) -> None:
    """Take the list of service tags away."""
    draft.tags.clear()


def split_default_route(draft: Draft) -> None:
    """Route the two halves of the Internet to the firewall beside the whole of it."""
    for name, half in (("low", "0.0.0.0/1"), ("high", "128.0.0.0/1")):
        draft.routes.append(route(name, half, "VirtualAppliance", FIREWALL))


def harmless_linux_app(draft: Draft) -> None:
    """Add a Linux app to an environment that is not in the source."""
    draft.add(site("other-linux", "ase-elsewhere", linux=True))


def management_by_tag(draft: Draft) -> None:
    """Replace the routes of management addresses by one for their service tag."""
    draft.of("rt-ase")["routes"] = [each for each in draft.routes if not each["name"].startswith("management-")]
    draft.routes.append(route("management", "AppServiceManagement", "Internet"))


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(
    "put",
    [
        pytest.param(lambda _: None, id="as it is"),
        pytest.param(stub_list_of_tags, id="without a list of service tags"),
        pytest.param(by_ip_group("10.1.1.0/25", "10.1.1.128-10.1.1.255"), id="senders by an IP group"),
        pytest.param(cured_gateway, id="application gateway through the firewall both ways"),
        pytest.param(firewall_table(("direct", "0.0.0.0/0", "Internet")), id="firewall routed to the Internet"),
        pytest.param(network_deny(destinationFqdns=["login.live.com"]), id="name in a network rule without DNS proxy"),
        pytest.param(network_deny("10.0.0.0/8"), id="network rule denies private addresses"),
        pytest.param(network_deny("*", sources=["10.9.0.0/16"]), id="network rule denies other senders"),
        pytest.param(parent_deny("*.contoso.com", "microsoft.com"), id="parent policy denies other names"),
        pytest.param(tag_rule(fqdnTags=["App Service Environment", "windowsupdate"]), id="tags spelled otherwise"),
        pytest.param(split_default_route, id="halves of the default route beside it"),
        pytest.param(harmless_linux_app, id="Linux app in another environment"),
        pytest.param(management_by_tag, id="management by service tag"),
        pytest.param(security(("no-games", 90, "Deny"), ports="3074"), id="NSG denies another port"),
    ],
)
def test_what_does_no_harm_is_no_finding(put: Put, edition: str) -> None:
    """What Azure lets pass as documented gives no finding, however it is written."""
    draft = Draft()
    put(draft)

    audited = audit_documents(draft.documents, edition=edition, tags=draft.tags)

    assert [(each.check, each.message) for each in audited.findings] == []
    assert set(outcomes(audited).values()) <= {Outcome.PASS, Outcome.NOT_APPLICABLE}


def explicit_rules(edition: str, *, but: str = "", instead: str = "") -> Put:
    """Replace the tag rule by a rule for each documented name; for patterns by one with a star at the far left.

    but: a name to leave out; instead: a target FQDN to put in its place.
    """

    def put(draft: Draft) -> None:
        names = {normal_name(each.target) for each in requirements_of(edition) if BY_NAME(each)}
        targets = sorted(star_at_the_left(each) for each in names if each != but)
        rule = application_rule("names", [*targets, *([instead] if instead else [])], sources=[ASE])
        draft.of("rcg-application")["ruleCollections"] = [collection("allow-ase-names", 100, "Allow", [rule])]

    return put


@pytest.mark.parametrize("edition", EDITIONS)
def test_explicit_rules_for_every_name_deviate_from_the_tag(edition: str) -> None:
    """Every name allowed by a rule of its own passes; that the tag is not used is a warning for each tag.

    A documented star amid a name takes a rule for all of a shared domain, which is far more: another warning.
    """
    draft = Draft()
    explicit_rules(edition)(draft)

    audited = audit_documents(draft.documents, edition=edition, tags=draft.tags)

    assert set(checks_of(audited)) == {"missing-fqdn-tag", "broad-firewall-rule"}
    assert {each.level for each in audited.findings} == {Level.WARNING}
    tags = {each.id for each in requirements_of(edition) if TAGS(each)}
    told = [each for each in audited.findings if each.check == "missing-fqdn-tag"]
    assert {each for found in told for each in found.requirements} == tags
    assert "*.cloudapp.net" in finding(audited, "broad-firewall-rule").message
    assert {outcomes(audited)[each] for each in tags} == {Outcome.DEVIATES}


@pytest.mark.parametrize(
    ("edition", "but", "instead", "lost"),
    [
        pytest.param(NEW, "login.live.com", "", "fqdn:login.live.com:443", id="a name left out"),
        pytest.param(NEW, "login.live.com", "*.login.live.com", "fqdn:login.live.com:443", id="the apex of a star"),
        pytest.param(
            OLD,
            "gr-prod-*.cloudapp.net",
            "gr-prod-*.cloudapp.net",
            "wildcard:gr-prod-*.cloudapp.net:443",
            id="star amid",
        ),
    ],
)
def test_names_without_a_rule_are_missing_beside_the_tag(edition: str, but: str, instead: str, lost: str) -> None:
    """Where some names have rules and some have none, those that have none are an error and the tag is a warning.

    A rule spelled like a documented pattern allows nothing: Azure Firewall takes a star at the far left only.
    """
    draft = Draft()
    explicit_rules(edition, but=but, instead=instead)(draft)

    audited = audit_documents(draft.documents, edition=edition, tags=draft.tags)

    assert set(checks_of(audited)) - {"broad-firewall-rule"} == {"missing-fqdn", "missing-fqdn-tag"}
    assert finding(audited, "missing-fqdn").requirements == (f"ase-v2@{edition}/{lost}",)
    assert {each.level for each in audited.findings if each.check == "missing-fqdn-tag"} == {Level.WARNING}


def test_a_covering_star_at_the_far_left_allows_a_documented_pattern() -> None:
    """`*.cloudapp.net` contains every name of `gr-Prod-*.cloudapp.net`."""
    draft = Draft()
    explicit_rules(OLD, but="gr-prod-*.cloudapp.net", instead="*.cloudapp.net")(draft)

    audited = audit_documents(draft.documents, edition=OLD, tags=draft.tags)

    assert outcomes(audited)[f"ase-v2@{OLD}/wildcard:gr-prod-*.cloudapp.net:443"] is Outcome.PASS
