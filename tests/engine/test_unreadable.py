"""What a source holds without its content: it may be anything, and the audit says what was not read."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from auditor.findings import Gap, Outcome
from auditor.packs import Kind
from tests.audits import (
    audit_documents,
    audit_snapshot,
    checks_of,
    finding,
    of_kind,
    outcomes,
    requirements_of,
    with_outcome,
)
from tests.builders import (
    SUBSCRIPTION,
    Document,
    environment,
    network_id,
    network_rule,
    peering,
    route,
    security_rule,
    site,
)
from tests.collectors.saved import read
from tests.engine.defects import NEW, ROUTED, linux
from tests.engine.scenes import gateway
from tests.estates import FIREWALL, HUB, Draft

LINUX = {each.id for each in requirements_of(NEW) if linux(each)}


def _bare(document: Document, *more: str) -> Document:
    """Return what `az resource list` knows of a resource."""
    return {name: document[name] for name in ("id", "name", "type", "location", "kind", *more) if name in document}


def _second(**fields: Any) -> Document:  # noqa: ANN401 - ARM's own fields
    return {**_bare(environment("ase-two", "vnet-shop", "ase")), **fields}


# Environments.


@pytest.mark.parametrize("fields", [{}, {"properties": {}}, {"properties": None}], ids=str)
def test_second_environment_that_was_not_read(fields: dict[str, Any]) -> None:
    """An environment that is only named is not audited as one without requirements: it is undetermined."""
    draft = Draft()
    audited = audit_snapshot(read([*draft.documents, *draft.tags, _second(**fields)]))

    assert checks_of(audited) == ["undetermined"]
    assert "an App Service Environment may be there that was not read" in audited.findings[0].message
    assert with_outcome(audited, Outcome.UNKNOWN)


def test_list_of_environments_that_goes_on() -> None:
    """One page of the list of environments may leave some out."""
    draft = Draft()
    page = {"value": [draft.resource("ase-shop")], "nextLink": "opaque"}
    gaps = read(page).gaps
    audited = audit_documents(draft.documents, tags=draft.tags, gaps=gaps)

    assert [each.what for each in gaps] == ["Microsoft.Web/hostingEnvironments"]
    assert checks_of(audited) == ["undetermined"]


@pytest.mark.parametrize("what", ["Microsoft.Web/hostingEnvironments", "microsoft.web/HOSTINGENVIRONMENTS"])
def test_environments_that_could_not_be_listed(what: str) -> None:
    """A collector that may not list environments cannot say that there are no others."""
    draft = Draft()
    gap = Gap(what=what, scope=SUBSCRIPTION, why="environments: access denied", needs="Reader")
    audited = audit_documents(draft.documents, tags=draft.tags, gaps=[gap])

    assert checks_of(audited) == ["undetermined"]
    assert "environments: access denied" in audited.findings[0].message


# Gateways.


def _without_configurations(draft: Draft) -> None:
    draft.add(gateway("Vpn", "vnet-shop"))
    del draft.resource("gw-vnet-shop")["properties"]["ipConfigurations"]


def _without_any_configuration(draft: Draft) -> None:
    draft.add(gateway("Vpn", "vnet-shop"))
    draft.of("gw-vnet-shop")["ipConfigurations"] = []


def _only_named(draft: Draft) -> None:
    draft.add(_bare(gateway("Vpn", "vnet-shop")))


def _in_a_vnet_with_a_slash(draft: Draft) -> None:
    draft.add(gateway("Vpn", "vnet-shop"))
    draft.resource("vnet-shop")["id"] += "/"


@pytest.mark.parametrize(
    "put", [_without_configurations, _without_any_configuration, _only_named, _in_a_vnet_with_a_slash]
)
def test_gateway_that_may_stand_anywhere(put: Callable[[Draft], None]) -> None:
    """A gateway whose VNet is not readable may bring routes by BGP into any VNet."""
    draft = Draft()
    put(draft)
    audited = audit_snapshot(read([*draft.documents, *draft.tags]))

    assert checks_of(audited) == ["undetermined"]
    assert "BGP" in audited.findings[0].message


@pytest.mark.parametrize("what", ["Microsoft.Network/virtualNetworkGateways", "*"])
def test_gateways_that_could_not_be_listed(what: str) -> None:
    """Gateways that were refused may be there."""
    draft = Draft()
    gap = Gap(what=what, scope=SUBSCRIPTION, why="gateways: access denied", needs="Reader")
    audited = audit_documents(draft.documents, tags=draft.tags, gaps=[gap])

    assert set(checks_of(audited)) == {"undetermined"}
    assert any("BGP" in each.message for each in audited.findings)


# Child resources as documents of their own.


def _child(parent: str, kind: str, name: str, properties: Document) -> Callable[[Draft], Document]:
    def made(draft: Draft) -> Document:
        held = draft.resource(parent)
        return {
            "id": f"{held['id']}/{kind}/{name}",
            "name": name,
            "type": f"{held['type']}/{kind}",
            "properties": deepcopy(properties),
        }

    return made


CHILDREN = [
    _child(
        "nsg-ase",
        "securityRules",
        "deny",
        security_rule("deny", 90, "Deny", direction="Outbound")["properties"],
    ),
    _child("rt-ase", "routes", "hole", route("hole", "13.64.0.0/16", "None")["properties"]),
    _child(
        "vnet-shop",
        "virtualNetworkPeerings",
        "to-vnet-hub",
        peering("vnet-shop", "vnet-hub", HUB, peeringState="Disconnected")["properties"],
    ),
    _child("fwp-ase", "ruleGroups", "old", {"priority": 100, "rules": [{"action": {"type": "Deny"}}]}),
]


@pytest.mark.parametrize("child", CHILDREN, ids=["rule", "route", "peering", "rule group"])
def test_child_that_its_parent_does_not_hold(child: Callable[[Draft], Document]) -> None:
    """A child beside a parent that does not hold it so makes the parent unknown: one of the two is out of date."""
    draft = Draft()
    audited = audit_snapshot(read([*draft.documents, *draft.tags, child(draft)]))

    assert set(checks_of(audited)) == {"undetermined"}
    assert "stands in the source on its own" in audited.findings[0].message


@pytest.mark.parametrize(
    ("parent", "kind"),
    [("nsg-ase", "securityRules"), ("rt-ase", "routes"), ("vnet-shop", "virtualNetworkPeerings")],
)
def test_child_that_its_parent_holds(parent: str, kind: str) -> None:
    """A child that says what its parent says changes nothing."""
    draft = Draft()
    embedded = draft.of(parent)[kind][0]
    alone = _child(parent, kind, embedded["name"], embedded["properties"])(draft)

    assert audit_snapshot(read([*draft.documents, *draft.tags, alone])).findings == ()


# Apps.


def _apps(*documents: Document, keep: bool = False) -> Callable[[Draft], None]:
    def put(draft: Draft) -> None:
        if not keep:
            draft.drop("shop-web")
            draft.drop("shop-api")
        draft.add(*deepcopy(documents))

    return put


def _plan(name: str) -> Document:
    return {
        "id": f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Web/serverfarms/{name}",
        "name": name,
        "type": "Microsoft.Web/serverfarms",
        "kind": "app",
        "properties": {"reserved": False},
    }


def _elsewhere(document: Document) -> Document:
    return {
        **document,
        "id": document["id"].replace(SUBSCRIPTION, "/subscriptions/99999999-0000-0000-0000-000000000001"),
        "properties": {"state": "Running", "reserved": False},
    }


def _stray(document: Document) -> Document:
    return {**document, "properties": {"state": "Running", "reserved": True}}


def _silent(document: Document) -> Document:
    properties = {name: value for name, value in document["properties"].items() if name != "reserved"}
    return {name: value for name, value in document.items() if name != "kind"} | {"properties": properties}


def _linux_workers(draft: Draft) -> None:
    draft.of("ase-shop")["hasLinuxWorkers"] = True


@pytest.mark.parametrize(
    ("put", "because"),
    [
        (_apps(), "no apps or plans of ase-shop"),
        (_apps(_elsewhere(site("foreign", "ase-other"))), "no apps or plans of ase-shop"),
        (_apps(_plan("unrelated")), "no apps or plans of ase-shop"),
        (_apps(_stray(site("stray", "")), keep=True), "which environment the Linux app stray runs in"),
        (_apps(_silent(site("silent", "ase-shop")), keep=True), "whether silent runs on Linux"),
        (_linux_workers, "ase-shop has Linux workers"),
    ],
    ids=["none", "other subscription", "unrelated plan", "no profile", "no kind", "Linux workers"],
)
def test_apps_that_leave_linux_open(put: Callable[[Draft], None], because: str) -> None:
    """Without the apps of an environment, or with one that may be Linux, the Linux rows pass only if all do anyway."""
    draft = Draft()
    put(draft)
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert checks_of(audited) == ["undetermined"]
    assert because in audited.findings[0].message
    assert set(audited.findings[0].requirements) <= LINUX
    assert {outcomes(audited)[each] for each in LINUX} == {Outcome.PASS, Outcome.UNKNOWN}


def test_framework_makes_an_app_linux() -> None:
    """A Linux framework version says that an app runs on Linux where nothing else does (A22)."""
    draft = Draft()
    draft.of("shop-web")["siteConfig"] = {"linuxFxVersion": "PYTHON|3.12"}
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert Outcome.NOT_APPLICABLE not in {outcomes(audited)[each] for each in LINUX}
    assert checks_of(audited) == ["missing-linux-fqdn"]


# Firewalls and the way to them.


def _odd_port(draft: Draft) -> None:
    del draft.of("fw-hub")["firewallPolicy"]
    rule = {**network_rule("odd", ["*"], ["99999"]), "protocols": ["Any"]}
    draft.of("fw-hub")["networkRuleCollections"] = [
        {"name": "odd", "properties": {"priority": 100, "action": {"type": "Allow"}, "rules": [rule]}}
    ]


def _without_properties(draft: Draft) -> None:
    draft.resource("fw-hub")["properties"] = {}


@pytest.mark.parametrize(
    ("put", "fault"), [(_odd_port, '"99999" is not a port'), (_without_properties, "it has no properties")]
)
def test_firewall_that_cannot_be_read(put: Callable[[Draft], None], fault: str) -> None:
    """The next hop is not dangling where a firewall was not read: one cause, which names what is wrong with it."""
    draft = Draft()
    put(draft)
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert checks_of(audited) == ["undetermined"]
    assert f"fw-hub cannot be read: {fault}" in audited.findings[0].message.replace(
        "rule collection odd: rule odd: ", ""
    )
    assert {outcomes(audited)[each] for each in of_kind(NEW, Kind.FIREWALL)} == {Outcome.UNKNOWN}


def test_deallocated_firewall_is_one_true_finding() -> None:
    """A firewall without an address is no firewall on the way: one finding, which says what to do about it."""
    draft = Draft()
    draft.of("fw-hub")["ipConfigurations"] = []
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert checks_of(audited) == ["no-firewall"]
    assert "deallocated" in finding(audited, "no-firewall").fix


def test_next_hop_outside_the_ranges_of_the_peering() -> None:
    """A range that the peering was not synchronised with may not be reachable yet (H2)."""
    draft = Draft()
    space = {"addressPrefixes": ["10.9.0.0/16"]}
    draft.of("vnet-shop")["virtualNetworkPeerings"][0]["properties"] |= {
        "remoteAddressSpace": space,
        "remoteVirtualNetworkAddressSpace": space,
    }
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert checks_of(audited) == ["undetermined"]
    assert f"{FIREWALL} is Azure Firewall fw-hub" in audited.findings[0].message
    assert "was not synchronised with a range that holds it" in audited.findings[0].message


@pytest.mark.parametrize("vnet", ["vnet-hub", "vnet-shop"])
def test_peerings_that_are_not_in_the_source(vnet: str) -> None:
    """A VNet without a list of peerings is not one without peerings: the other half may be there."""
    draft = Draft()
    del draft.of(vnet)["virtualNetworkPeerings"]
    audited = audit_documents(draft.documents, tags=draft.tags)

    assert set(checks_of(audited)) == {"undetermined"}
    assert not with_outcome(audited, Outcome.FAIL)


# Tag lists of other clouds.


def test_tag_list_of_another_cloud() -> None:
    """A newer list for AzureGovernment says nothing of tags in the public cloud."""
    draft = Draft()
    default = draft.routes[0]
    draft.of("rt-ase")["routes"] = [default, route("management", "AppServiceManagement", "Internet")]
    foreign = deepcopy(draft.tags[0])
    foreign |= {"name": "AzureGovernment", "cloud": "AzureGovernment", "changeNumber": "999"}
    foreign["id"] = foreign["id"].replace("Public", "AzureGovernment")
    for each in foreign["values"]:
        each["properties"]["addressPrefixes"] = ["52.126.176.0/24"]

    alone = audit_documents(draft.documents, tags=draft.tags)
    beside = audit_documents(draft.documents, tags=[foreign, *draft.tags])

    assert outcomes(alone) == outcomes(beside)
    assert alone.findings == beside.findings


def test_route_table_only_named() -> None:
    """A table that is only named decides nothing."""
    draft = Draft()
    table = draft.resource("rt-ase")
    draft.drop("rt-ase")
    audited = audit_snapshot(read([*draft.documents, *draft.tags, _bare(table)]))

    assert checks_of(audited) == ["undetermined"]
    assert {each.id for each in requirements_of(NEW) if ROUTED(each)} <= with_outcome(audited, Outcome.UNKNOWN)


def test_a_tag_rule_with_an_ip_group_that_was_not_read() -> None:
    """The rule may be off, though its literal senders hold the whole subnet: neither tag nor name passes (F20)."""
    draft = Draft()
    draft.rule("rcg-application", "ase-tags")["sourceIpGroups"] = [network_id("ipGroups", "unread")]

    audited = audit_documents(draft.documents, edition=NEW, tags=draft.tags)

    assert checks_of(audited) == ["undetermined"]
    assert {each for each in outcomes(audited) if "/fqdn-tag:" in each} <= with_outcome(audited, Outcome.UNKNOWN)
