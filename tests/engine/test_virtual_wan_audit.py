"""Audits of an App Service Environment in a spoke of a virtual hub: what is found, under which check, and how grave."""

import pytest

from auditor.engine.audit import Audited, audit
from auditor.estate.estate import build_estate
from auditor.estate.snapshot import Snapshot
from auditor.findings import Level, Outcome, Source
from auditor.packs import Kind
from tests.audits import (
    PLAIN,
    audit_snapshot,
    checks_of,
    every_check,
    failing,
    finding,
    outcomes,
    packs_of,
    requirements_of,
    with_outcome,
)
from tests.builders import environment, network_id, route, route_table, site, subnet, vnet
from tests.engine.scenes import TO_FIREWALL
from tests.estates import EDITIONS, ENDPOINTS, Draft
from tests.hubs import (
    FILES,
    HUB_FIREWALL,
    SNAPSHOT,
    connection,
    hub,
    hub_firewall,
    hub_peering,
    hub_table,
    policy_routes,
    routing_intent,
    wan_documents,
)

NEWEST = EDITIONS[-1]


class HubDraft(Draft):
    """The compliant estate with a virtual hub in the place of the hub VNet, for a test to change.

    The firewall of the hub follows the same policy; the default route of the environment is the one the hub teaches.
    The subnet of the application gateway does not learn it.
    """

    def __init__(self) -> None:
        super().__init__()
        for name in ("vnet-hub", "fw-hub"):
            self.drop(name)
        self.drop_route("0.0.0.0/0")
        self.of("vnet-shop")["virtualNetworkPeerings"] = [hub_peering("vnet-shop")]
        self.subnet("vnet-shop", "gateway")["routeTable"] = {"id": network_id("routeTables", "rt-gateway")}
        self.add(route_table("rt-gateway", [], propagation=False))
        wall = hub_firewall(firewallPolicy={"id": network_id("firewallPolicies", "fwp-ase")})
        self.add(hub(), connection("vnet-shop"), routing_intent(), hub_table("hub1", policy_routes()), wall)

    def audit(self, edition: str = NEWEST, source: Source = SNAPSHOT) -> Audited:
        """Return the audit of the draft, as a whole snapshot or as files."""
        return audit_snapshot(self.snapshot(source), edition=edition)

    def snapshot(self, source: Source = SNAPSHOT) -> Snapshot:
        """Return the draft as a collector delivers it."""
        documents, tags = tuple(self.documents), tuple(self.tags)
        return Snapshot(resources=documents, service_tags=tags, gaps=(), sources=(source,))


def _default_route(edition: str = NEWEST) -> str:
    (found,) = [each.id for each in requirements_of(edition) if each.kind is Kind.DEFAULT_ROUTE]
    return found


@pytest.mark.parametrize("source", [SNAPSHOT, FILES])
@pytest.mark.parametrize("edition", EDITIONS)
def test_everything_holds_behind_a_virtual_hub(edition: str, source: Source) -> None:
    """Every flow passes by the hub's firewall; only that the default route is a learned one deviates."""
    audited = HubDraft().audit(edition, source)

    assert failing(audited) == with_outcome(audited, Outcome.DEVIATES) == {_default_route(edition)}
    assert checks_of(audited) == ["missing-default-route"]
    assert finding(audited, "missing-default-route").level is Level.WARNING
    assert "by a route that its hub teaches it" in finding(audited, "missing-default-route").message


def test_without_a_route_table_replies_to_management_are_lost() -> None:
    """The hub brings the default route, but nobody the routes for management addresses: one cause, one finding."""
    draft = HubDraft()
    draft.drop("rt-ase")
    del draft.ase["routeTable"]

    audited = draft.audit()

    assert checks_of(audited) == ["no-route-table", "missing-default-route"]
    assert "by the routes of the hub" in finding(audited, "no-route-table").message


@pytest.mark.parametrize("case", ["insecure", "no-propagation", "no-internet-policy"])
def test_where_the_default_route_is_not_learned_traffic_passes_by_the_firewall(case: str) -> None:
    """Each condition of H9 that does not hold leaves Azure's own default route: one finding, with what to change."""
    draft = HubDraft()
    if case == "insecure":
        draft.of("hub1-vnet-shop")["enableInternetSecurity"] = False
    elif case == "no-propagation":
        draft.of("rt-ase")["disableBgpRoutePropagation"] = True
    else:
        draft.of("hubRoutingIntent")["routingPolicies"].pop(0)
        draft.of("defaultRouteTable")["routes"].pop(0)

    audited = draft.audit()

    found = finding(audited, "missing-default-route")
    assert checks_of(audited) == ["missing-default-route"]
    assert (found.level, outcomes(audited)[_default_route()]) == (Level.ERROR, Outcome.FAIL)
    assert "enable Internet security" in found.fix


def test_a_route_to_the_firewall_of_a_hub_leads_nowhere() -> None:
    """The documented default route cannot be written: it would name an address in the hub (H13)."""
    draft = HubDraft()
    draft.routes.append(route("default", "0.0.0.0/0", TO_FIREWALL, HUB_FIREWALL))

    audited = draft.audit()

    assert checks_of(audited) == ["dangling-next-hop"]
    assert "[H13]" in finding(audited, "dangling-next-hop").evidence[0]
    assert "Remove the route" in finding(audited, "dangling-next-hop").fix


@pytest.mark.parametrize(
    ("missing", "source", "told"),
    [
        ("hub1-vnet-shop", SNAPSHOT, "and that hub was not read"),
        ("hub1", SNAPSHOT, "a virtual hub was not read"),
        ("hubRoutingIntent", FILES, "has a routing intent is not known"),
        ("defaultRouteTable", FILES, "what static routes virtual hub hub1 has is not known"),
        ("hfw", SNAPSHOT, "leads to a firewall: routing intent hubRoutingIntent refers to azureFirewalls hfw"),
        ("fwp-ase", SNAPSHOT, "firewall hfw refers to firewallPolicies fwp-ase"),
    ],
)
def test_what_was_not_read_of_a_hub_is_one_finding(missing: str, source: Source, told: str) -> None:
    """Nothing that hangs on it passes or fails: it is undetermined, with the reason and what settles it."""
    whole = HubDraft()
    draft = HubDraft()
    draft.drop(missing)

    audited = draft.audit(source=source)

    undetermined = finding(audited, "undetermined")
    assert set(checks_of(audited)) <= {"undetermined", "missing-default-route"}
    assert told in undetermined.message
    assert undetermined.fix
    assert with_outcome(audited, Outcome.FAIL) == set()
    assert with_outcome(audited, Outcome.PASS) < with_outcome(whole.audit(), Outcome.PASS)


def test_an_appliance_in_the_hub_is_not_known() -> None:
    """Whether it lets the documented traffic through cannot be told; that it is no Azure Firewall can."""
    audited = _with_appliance().audit()

    assert checks_of(audited) == ["no-firewall", "undetermined"]
    assert "what an appliance other than Azure Firewall does" in finding(audited, "undetermined").message


def _with_appliance() -> HubDraft:
    """Return the draft with an appliance of another vendor in the place of the firewall."""
    draft = HubDraft()
    draft.drop("hfw")
    for each in draft.of("hubRoutingIntent")["routingPolicies"]:
        each["nextHop"] = network_id("networkVirtualAppliances", "nva")
    draft.of("defaultRouteTable")["routes"].clear()
    return draft


def test_a_firewall_of_the_hub_that_was_not_read_is_not_absent() -> None:
    """Files do not show that a hub has no firewall, and a hub may name one that is not in the source."""
    named = _with_appliance()
    named.of("hub1")["azureFirewall"] = {"id": network_id("azureFirewalls", "hfw")}

    assert set(checks_of(named.audit())) == {"undetermined"}
    assert set(checks_of(_with_appliance().audit(source=FILES))) == {"undetermined"}


def test_a_neighbour_that_was_not_read_does_not_make_the_default_route_unknown() -> None:
    """Networks of other spokes are private ranges: what was not read of them leaves 0.0.0.0/0 decided."""
    draft = HubDraft()
    draft.of("hub1-vnet-shop")["enableInternetSecurity"] = False
    draft.of("hubRoutingIntent")["routingPolicies"].pop()
    draft.of("defaultRouteTable")["routes"].pop()

    audited = draft.audit(source=FILES)

    assert checks_of(audited) == ["missing-default-route"]
    assert outcomes(audited)[_default_route()] is Outcome.FAIL


def test_a_hub_without_a_firewall_is_no_firewall() -> None:
    """A snapshot that holds neither a firewall nor a routing intent shows that there is none."""
    draft = HubDraft()
    for name in ("hfw", "hubRoutingIntent"):
        draft.drop(name)
    draft.of("defaultRouteTable")["routes"].clear()
    routing = draft.of("hub1-vnet-shop")["routingConfiguration"]
    routing["propagatedRouteTables"] = {"labels": ["default"], "ids": [routing["associatedRouteTable"]]}

    assert checks_of(draft.audit()) == ["no-firewall"]
    assert checks_of(draft.audit(source=FILES)) == ["undetermined"]


def test_an_environment_with_a_public_address_needs_its_clients_routed_back() -> None:
    """Replies to clients leave through the hub's firewall, as they do through any (A3)."""
    draft = HubDraft()
    draft.of("ase-shop")["internalLoadBalancingMode"] = "None"

    assert checks_of(draft.audit()) == ["asymmetric-application-reply", "missing-default-route"]


def test_an_application_gateway_must_not_learn_the_default_route_of_the_hub() -> None:
    """It must reach the Internet straight: the table of its subnet keeps learned routes out (A10)."""
    draft = HubDraft()
    draft.drop("rt-gateway")
    del draft.subnet("vnet-shop", "gateway")["routeTable"]

    told = finding(draft.audit(), "undetermined").message

    assert (
        "for an application gateway of version 2, and routing intent of virtual hub hub1 leads to the firewall" in told
    )


def _spoke(draft: HubDraft, number: int, *, secured: bool = True) -> None:
    """Add another spoke with an environment like the first, on the same hub and with the same tables."""
    name, block = f"vnet-{number}", f"10.{number}.0.0/16"
    place = subnet(name, "ase", f"10.{number}.1.0/24", table="rt-ase", nsg=None, endpoints=ENDPOINTS)
    draft.add(
        vnet(name, block, [place], [hub_peering(name)]),
        connection(name, secured=secured),
        environment(f"ase-{number}", name, "ase"),
        site(f"app-{number}", f"ase-{number}"),
    )


def _open_to_all(draft: HubDraft) -> None:
    for each in ("rcg-application", "rcg-network"):
        for found in (rule for held in draft.of(each)["ruleCollections"] for rule in held["rules"]):
            found["sourceAddresses"] = ["10.0.0.0/8"]


def test_decisions_are_not_shared_between_spokes_that_a_hub_treats_differently() -> None:
    """Workloads that share decisions give the same findings as when each is decided by itself."""
    draft = HubDraft()
    _open_to_all(draft)
    for number, secured in ((21, True), (22, True), (23, False), (24, True)):
        _spoke(draft, number, secured=secured)

    alone = draft.audit()
    shared = _audit_shared(draft)

    assert shared.findings == alone.findings
    assert shared.workloads == alone.workloads
    assert {each.workload.rpartition("/")[2] for each in alone.findings if each.level is Level.ERROR} == {"ase-23"}


def _audit_shared(draft: HubDraft) -> Audited:
    estate = build_estate(draft.snapshot())
    return audit(estate, {"public": packs_of(NEWEST)}, PLAIN, every_check(), all_results=False)


def test_a_firewall_of_the_hub_that_has_no_address_breaks_no_audit() -> None:
    """A firewall that is deallocated, or being made, has none, and replies are followed all the same."""
    wall = hub_firewall()
    del wall["properties"]["hubIPAddresses"]
    documents = (*wan_documents(walls=[wall]), environment("ase", "spoke", "ase"))

    audited = audit_snapshot(Snapshot(resources=documents, service_tags=(), gaps=(), sources=(SNAPSHOT,)))

    assert with_outcome(audited, Outcome.FAIL)
