"""Virtual WAN: what a hub teaches its VNets, and where its firewall takes a flow (H8 to H13, R15, R23, U1, U8).

The scene is `wan_scene()`: two spokes on a hub with a firewall and a routing intent for everything. A test states only
how it differs from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from auditor.engine.hub_passing import both_inspect
from auditor.engine.network import Network
from auditor.engine.replies import Exchange
from auditor.engine.tracing import trace_flow
from auditor.estate.tags import Tags
from auditor.settings import Settings
from auditor.traces import Path, Verdict
from tests.builders import (
    Document,
    application_rule,
    collection,
    group,
    network_id,
    network_rule,
    peering,
    policy,
    route,
    route_table,
    subnet,
    vnet,
)
from tests.engine.scenes import ASE, SPOKE, TO_FIREWALL, Scene, gap, named, to
from tests.hubs import (
    FILES,
    HUB_FIREWALL,
    PRIVATE_RANGES,
    RULES,
    SHOP,
    SNAPSHOT,
    WEB,
    bgp_connection,
    connection,
    hub,
    hub_firewall,
    hub_peering,
    hub_route,
    hub_table,
    plain_connection,
    policy_routes,
    routing_intent,
    table_id,
    wan_documents,
    wan_estate,
    wan_scene,
)

ALLOW, BLOCK, PARTIAL, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN
NAME = named("a.contoso.com")
IN_SHOP, NOWHERE = to("10.2.1.4"), to("10.9.1.4")
VPN: dict[str, Any] = {"vpnGateway": {"id": network_id("vpnGateways", "vpn")}}
BY_NAME_ONLY = (collection("allow-names", 300, "Allow", [application_rule("names", ["*.contoso.com"])]),)
INTERNET_ONLY: dict[str, Any] = {
    "intents": [routing_intent(private=None)],
    "tables": [hub_table("hub1", policy_routes()[:1])],
}
"""A hub without a policy for private traffic."""
NO_INTENT: dict[str, Any] = {
    "intents": [],
    "tables": [hub_table()],
    "spoke": plain_connection("spoke"),
    "shop": plain_connection("shop"),
}
"""A hub without a routing intent, whose default route table is all there is."""
OTHER_SPOKE = (
    vnet("far", "10.3.0.0/16", [subnet("far", "web", "10.3.1.0/24", table="rt-far")], [hub_peering("far", "hub2")]),
    route_table("rt-far", []),
)


def _two_hubs(second: Document | None, *, far: Document | None = None, **changes: Any) -> Scene:  # noqa: ANN401 - changes
    """Return the scene with a second hub of the same Virtual WAN, its firewall `fw2`, and spoke `far` on it."""
    own, other = changes.pop("first", [hub_firewall()]), changes.pop("refusing", None)
    walls = [*own, other or hub_firewall("fw2", "hub2", "10.201.0.132")]
    tables = changes.pop("tables", [hub_table("hub1", policy_routes())])
    more = [far or connection("far", "hub2"), *([second] if second else []), hub_table("hub2"), *OTHER_SPOKE]
    more.append(policy("no", []))
    hubs = [hub(), hub("hub2", "10.201.0.0/23", wan=changes.pop("wan", "wan"))]
    return wan_scene(hubs=hubs, walls=walls, tables=tables, more=more, **changes)


@dataclass(frozen=True)
class Case:
    """What is asked, and what Azure answers: verdict, path, code of the reason and rule of the hop that has it."""

    name: str
    ask: Callable[[], Exchange]
    verdict: Verdict
    path: Path | None = None
    code: str = ""
    spec: str = ""


def _unsecured_hub(destination: object = NAME) -> Exchange:
    """Return a flow of a spoke on a hub without routing intent; another hub of the Virtual WAN has one."""
    del destination
    second = routing_intent("hub2", internet="fw2", private=None)
    return _two_hubs(second, far=plain_connection("far", "hub2"), **NO_INTENT).out(NAME)


VECTORS = [
    Case(
        "V121",
        lambda: wan_scene(spoke=connection("spoke", secured=False)).out(NAME),
        ALLOW,
        Path.DIRECT,
        "route-internet",
        "R8",
    ),
    Case("V123", _unsecured_hub, ALLOW, Path.DIRECT, "route-internet", "R8"),
]


def _allow(*destinations: str) -> Document:
    """Return a rule collection with one network rule for port 443."""
    return collection("allow", 200, "Allow", [network_rule("inside", destinations, ["443"])])


def _out(destination: Any, **changes: Any) -> Callable[[], Exchange]:  # noqa: ANN401 - an end, changes of the scene
    return lambda: wan_scene(**changes).out(destination)


def _default(next_hop: str, address: str | None = None) -> Document:
    return route("default", "0.0.0.0/0", next_hop, address)


INTERNET = [
    Case("all-four-conditions", _out(NAME), ALLOW, Path.FIREWALL, "firewall-egress", "H9"),
    Case("without-a-route-table", _out(NAME, table=False), ALLOW, Path.FIREWALL, "firewall-egress", "H9"),
    Case("peerings-not-shown", _out(NAME, peered=False), ALLOW, Path.FIREWALL, "firewall-egress", "H9"),
    Case("by-internet-policy-alone", _out(NAME, **INTERNET_ONLY), ALLOW, Path.FIREWALL, "firewall-egress", "H9"),
    Case("from-files", _out(NAME, source=FILES), ALLOW, Path.FIREWALL, "firewall-egress", "H9"),
    Case(
        "rules-refuse",
        _out(named("a.fabrikam.com"), rules=BY_NAME_ONLY),
        BLOCK,
        Path.FIREWALL,
        "firewall-default-deny",
        "F2",
    ),
    Case(
        "a-no-internet-policy",
        _out(NAME, intents=[routing_intent(internet=None)], tables=[hub_table("hub1", policy_routes()[1:])]),
        ALLOW,
        Path.DIRECT,
        "route-internet",
        "R8",
    ),
    Case(
        "b-not-told",
        _out(NAME, spoke=connection("spoke", secured=None)),
        UNKNOWN,
        None,
        "hub-internet-security-unknown",
        "H9",
    ),
    Case("c-no-propagation", _out(NAME, propagation=False), ALLOW, Path.DIRECT, "route-internet", "R8"),
    Case("d-own-default-route", _out(NAME, routes=[_default("Internet")]), ALLOW, Path.DIRECT, "route-internet", "R1"),
    Case("d-own-drop", _out(NAME, routes=[_default("None")]), BLOCK, Path.DROPPED, "route-none", "R1"),
    Case(
        "own-route-names-the-firewall",
        _out(NAME, routes=[_default(TO_FIREWALL, HUB_FIREWALL)]),
        BLOCK,
        Path.DROPPED,
        "next-hop-in-hub",
        "H13",
    ),
    Case(
        "own-route-names-the-hub",
        _out(NAME, peered=False, routes=[_default(TO_FIREWALL, "10.200.1.9")]),
        BLOCK,
        Path.DROPPED,
        "next-hop-in-hub",
        "H13",
    ),
    Case(
        "own-route-names-another-hub",
        _out(NAME, routes=[_default(TO_FIREWALL, "10.222.0.4")]),
        BLOCK,
        Path.DROPPED,
        "next-hop-not-connected",
        "R15",
    ),
    Case(
        "appliance",
        _out(NAME, intents=[routing_intent(internet="nva", kind="networkVirtualAppliances")], tables=[hub_table()]),
        UNKNOWN,
        Path.APPLIANCE,
        "hub-next-hop-appliance",
        "H8",
    ),
    Case("firewall-not-read", _out(NAME, walls=[]), UNKNOWN, Path.APPLIANCE, "hub-firewall-unreadable", "U8"),
    Case(
        "firewall-of-another-hub",
        _out(NAME, walls=[hub_firewall(hub_name="hub9")]),
        UNKNOWN,
        Path.APPLIANCE,
        "hub-firewall-elsewhere",
        "H8",
    ),
    Case("policy-not-read", _out(NAME, without=["pol"]), UNKNOWN, Path.FIREWALL, "firewall-policy-unreadable", "F13"),
    Case(
        "firewall-failed",
        _out(NAME, walls=[hub_firewall(provisioningState="Failed")]),
        UNKNOWN,
        Path.FIREWALL,
        "firewall-failed",
        "F15",
    ),
    Case("hub-not-read", _out(NAME, without=["hub1"]), UNKNOWN, None, "hub-unreadable", "U8"),
    Case("connection-not-read", _out(NAME, without=["hub1-spoke"]), UNKNOWN, None, "hub-connection-unreadable", "U8"),
    Case("intent-not-in-files", _out(NAME, source=FILES, intents=[]), UNKNOWN, None, "routing-intent-unreadable", "U8"),
    Case(
        "intent-refused",
        _out(
            NAME,
            intents=[],
            gaps=[gap("Microsoft.Network/virtualHubs/routingIntent", network_id("virtualHubs", "hub1"))],
        ),
        UNKNOWN,
        None,
        "routing-intent-unreadable",
        "U8",
    ),
    Case("tables-not-in-files", _out(NAME, source=FILES, tables=[]), UNKNOWN, None, "hub-route-table-unreadable", "U8"),
    Case(
        "tables-refused",
        _out(NAME, gaps=[gap("Microsoft.Network/virtualHubs/hubRouteTables", network_id("virtualHubs", "hub1"))]),
        UNKNOWN,
        None,
        "hub-route-table-unreadable",
        "U8",
    ),
    Case("no-intent", _out(NAME, **NO_INTENT), ALLOW, Path.DIRECT, "route-internet", "R8"),
    Case("no-intent-and-branch", _out(NAME, hubs=[hub(**VPN)], **NO_INTENT), UNKNOWN, None, "bgp-possible", "U1"),
    Case("no-intent-and-bgp", _out(NAME, more=[bgp_connection()], **NO_INTENT), UNKNOWN, None, "bgp-possible", "U1"),
    Case(
        "no-intent-branch-no-propagation",
        _out(NAME, hubs=[hub(**VPN)], propagation=False, **NO_INTENT),
        ALLOW,
        Path.DIRECT,
        "route-internet",
        "R8",
    ),
    Case("branch-by-both-policies", _out(NAME, hubs=[hub(**VPN)]), ALLOW, Path.FIREWALL, "firewall-egress", "H9"),
    Case(
        "branch-by-internet-policy", _out(NAME, hubs=[hub(**VPN)], **INTERNET_ONLY), UNKNOWN, None, "bgp-possible", "U1"
    ),
    Case(
        "branch-by-private-policy",
        _out(
            NAME,
            hubs=[hub(**VPN)],
            intents=[routing_intent(internet=None)],
            tables=[hub_table("hub1", policy_routes()[1:])],
        ),
        UNKNOWN,
        None,
        "bgp-possible",
        "U1",
    ),
    Case("unread-vnet-beside", _out(NAME, without=["shop"], **NO_INTENT), ALLOW, Path.DIRECT, "route-internet", "R8"),
    Case(
        "route-server-is-no-hub",
        _out(NAME, hubs=[hub(), hub("rs", wan=None)]),
        ALLOW,
        Path.FIREWALL,
        "firewall-egress",
        "H9",
    ),
    Case("connection-to-a-route-server", _out(NAME, hubs=[hub(wan=None)]), UNKNOWN, None, "hub-unreadable", "H8"),
]

PRIVATE = [
    Case("spoke-to-spoke", _out(IN_SHOP), ALLOW, Path.FIREWALL, "hub-vnet", "H10"),
    Case("spoke-to-spoke-from-files", _out(IN_SHOP, source=FILES), ALLOW, Path.FIREWALL, "hub-vnet", "H10"),
    Case("spoke-to-spoke-refused", _out(IN_SHOP, rules=BY_NAME_ONLY), BLOCK, Path.FIREWALL, "firewall-default-deny"),
    Case("without-default-route", _out(IN_SHOP, spoke=connection("spoke", secured=False)), ALLOW, Path.FIREWALL),
    Case("nowhere", _out(NOWHERE), BLOCK, Path.FIREWALL, "hub-no-destination", "H10"),
    Case("nowhere-from-files", _out(NOWHERE, source=FILES), UNKNOWN, Path.FIREWALL, "hub-destination-unknown", "H10"),
    Case("nowhere-or-a-branch", _out(NOWHERE, hubs=[hub(**VPN)]), UNKNOWN, Path.FIREWALL, "hub-destination-unknown"),
    Case("nowhere-or-an-unread-vnet", _out(NOWHERE, without=["shop"]), UNKNOWN, None, "hub-destination-unknown"),
    Case("no-propagation", _out(IN_SHOP, propagation=False), BLOCK, Path.DROPPED, "route-none", "R8"),
    Case(
        "replies-not-read",
        _out(IN_SHOP, without=["rt-shop"]),
        UNKNOWN,
        Path.FIREWALL,
        "route-table-unreadable",
    ),
    Case(
        "replies-past-the-firewall",
        _out(
            IN_SHOP, without=["rt-shop"], more=[{**route_table("rt-shop", [], propagation=False), "name": "rt-shop-2"}]
        ),
        BLOCK,
        Path.FIREWALL,
        "reply-dropped",
        "H1",
    ),
    Case("own-route-beats-it", _out(IN_SHOP, routes=[route("shop", SHOP, "None")]), BLOCK, Path.DROPPED, "route-none"),
    Case("internet-policy-alone", _out(IN_SHOP, **INTERNET_ONLY), ALLOW, Path.PEERING, "route-hub-vnet", "H12"),
    Case("no-intent", _out(IN_SHOP, **NO_INTENT), ALLOW, Path.PEERING, "route-hub-vnet", "H12"),
    Case("no-intent-nowhere", _out(NOWHERE, **NO_INTENT), BLOCK, Path.DROPPED, "route-none", "R8"),
    Case("no-intent-from-files", _out(IN_SHOP, source=FILES, **NO_INTENT), UNKNOWN, None, "routing-intent-unreadable"),
    Case(
        "internet-alone-from-files",
        _out(IN_SHOP, source=FILES, **INTERNET_ONLY),
        UNKNOWN,
        None,
        "hub-neighbours-unreadable",
        "U8",
    ),
    Case("within-the-vnet", _out(to("10.1.1.9")), ALLOW, Path.VNET),
    Case("shared-address-space", _out(to("100.64.0.1")), BLOCK),
    Case(
        "dropped-by-azure-or-not",
        _out(to("25.4.0.1"), rules=[_allow("25.4.0.0/14")]),
        UNKNOWN,
        None,
        "none-route-unsettled",
    ),
]


@pytest.mark.parametrize("case", [*VECTORS, *INTERNET], ids=lambda each: each.name)
def test_internet_traffic_of_a_spoke(case: Case) -> None:
    """It takes the firewall of the hub under the four conditions of H9, and is unknown where one was not read."""
    check_holds(case)


@pytest.mark.parametrize("case", PRIVATE, ids=lambda each: each.name)
def test_private_traffic_of_a_spoke(case: Case) -> None:
    """It takes the firewall by the policy for private traffic, goes straight without one, and is else unknown."""
    check_holds(case)


def check_holds(case: Case) -> None:
    """Assert that what is asked comes out as the case says."""
    exchange = case.ask()
    reason = exchange.trace.reason
    deciding = next(each for each in (*exchange.walk.hops, *exchange.reply.hops) if each.code == reason.code)

    assert exchange.verdict is case.verdict, reason
    assert case.path in {None, exchange.trace.path}
    assert case.code in {"", reason.code}
    assert case.spec in {"", deciding.spec}


CUSTOM: dict[str, dict[str, Any]] = {
    "custom-table": {"more": [hub_table("hub1", [], name="red", labels=["red"])]},
    "static-route-to-a-vnet": {
        "tables": [hub_table("hub1", [hub_route("to-shop", ["10.9.0.0/16"], connection("shop")["id"])])]
    },
    "static-route-to-a-service": {
        "tables": [
            hub_table("hub1", [{**hub_route("service", ["Storage"]), "destinationType": "Service"}]),
        ]
    },
    "labels-of-the-default-table": {"tables": [hub_table("hub1", [], labels=["default", "blue"])]},
    "old-routes": {
        "hubs": [hub(routeTable={"routes": [{"addressPrefixes": ["0.0.0.0/0"], "nextHopIpAddress": "10.2.1.4"}]})]
    },
    "connection-static-route": {
        "shop": plain_connection(
            "shop",
            routingConfiguration={
                **plain_connection("shop")["properties"]["routingConfiguration"],
                "vnetRoutes": {"staticRoutes": [{"name": "r", "addressPrefixes": ["0.0.0.0/0"]}]},
            },
        )
    },
    "route-map": {
        "shop": plain_connection(
            "shop",
            routingConfiguration={
                **plain_connection("shop")["properties"]["routingConfiguration"],
                "outboundRouteMap": {"id": f"{network_id('virtualHubs', 'hub1')}/routeMaps/map"},
            },
        )
    },
    "associated-elsewhere": {
        "spoke": plain_connection(
            "spoke",
            routingConfiguration={
                **plain_connection("spoke")["properties"]["routingConfiguration"],
                "associatedRouteTable": {"id": table_id("hub1", "red")},
            },
        )
    },
}
"""Routing of a hub that its default route table alone does not tell."""


@pytest.mark.parametrize("name", CUSTOM)
@pytest.mark.parametrize(
    ("base", "code", "spec"), [({}, "hub-in-transition", "H11"), (NO_INTENT, "hub-custom-routing", "H12")]
)
def test_custom_routing_leaves_everything_open(name: str, base: dict[str, Any], code: str, spec: str) -> None:
    """Beside a routing intent it is a state of transition (H11); without one it is not followed (H12)."""
    custom = wan_scene(**(base | CUSTOM[name]))

    for end in (NAME, IN_SHOP):
        exchange = custom.out(end)
        assert (exchange.verdict, exchange.trace.reason.code, exchange.walk.hops[0].spec) == (UNKNOWN, code, spec)


@pytest.mark.parametrize(
    "changes",
    [
        {"hubs": [hub(provisioningState="Updating")]},
        {"hubs": [hub(routingState="Provisioning")]},
        {"intents": [routing_intent(provisioningState="Failed")]},
        {"intents": [routing_intent(), {**routing_intent(), "id": routing_intent()["id"] + "2"}]},
        {"spoke": connection("spoke", provisioningState="Failed")},
        {"intents": [routing_intent(routingPolicies=[{"name": "p", "destinations": ["Teams"], "nextHop": "x"}])]},
        {"tables": [hub_table("hub1", [hub_route("all", ["0.0.0.0/0"])])], "intents": [routing_intent(internet=None)]},
        {"more": [connection("spoke", "hub2"), hub("hub2", "10.201.0.0/23")]},
    ],
)
def test_what_is_not_settled_is_unknown(changes: dict[str, Any]) -> None:
    """A hub, intent or connection on its way to another state, or at odds with itself, decides nothing."""
    exchange = wan_scene(**changes).out(NAME)

    assert (exchange.verdict, exchange.trace.reason.code) == (UNKNOWN, "hub-in-transition")


def test_a_peering_to_the_hub_that_is_down_is_unknown() -> None:
    """What such a network still learns is not documented."""
    documents = [each for each in wan_documents() if each["name"] != "spoke"]
    ase = subnet("spoke", "ase", ASE, table="rt")
    documents.append(vnet("spoke", SPOKE, [ase], [hub_peering("spoke", peeringState="Disconnected")]))

    exchange = Scene(Network(wan_estate(documents), Tags(None, {}))).out(NAME)

    assert (exchange.verdict, exchange.walk.hops[0].spec) == (UNKNOWN, "H2")


def test_no_intent_and_silent_connections_are_not_followed() -> None:
    """A connection that does not say how it is routed may be associated with any table."""
    silent = wan_scene(**(NO_INTENT | {"shop": connection("shop", routingConfiguration=None)}))
    basic = wan_scene(**(NO_INTENT | {"hubs": [hub(sku="Basic")]}))

    assert [each.out(IN_SHOP).trace.reason.code for each in (silent, basic)] == ["hub-custom-routing"] * 2


def test_prefixes_added_to_the_private_ranges_go_to_the_firewall() -> None:
    """Whatever the route is called; where they lead behind the firewall is not the Internet."""
    extra = wan_scene(tables=[hub_table("hub1", [*policy_routes(), hub_route("private_traffic", ["40.0.0.0/16"])])])

    inside, outside = extra.out(to("40.0.1.4")), extra.out(to("41.0.1.4"))

    assert [hop.code for hop in inside.walk.hops][:2] == ["route-hub-firewall", "next-hop-hub-firewall"]
    assert (inside.verdict, inside.trace.reason.code) == (BLOCK, "hub-no-destination")
    assert outside.walk.hops[-1].code == "firewall-egress"


def test_a_public_range_of_a_spoke_that_the_policy_does_not_name_is_undecided() -> None:
    """Documents say both that private traffic covers every VNet, and that such a range must be added."""
    documents = wan_documents()
    (shop,) = [each for each in documents if each["name"] == "shop"]
    shop["properties"]["addressSpace"]["addressPrefixes"].append("40.0.0.0/16")

    network = Network(wan_estate(documents), Tags(None, {}))

    assert Scene(network).out(to("40.0.1.4")).trace.reason.code == "hub-prefix-undecided"


def test_a_route_of_the_own_network_wins_over_longer_ones_of_the_hub() -> None:
    """VNet and peering routes are not overridden by what is learned, however specific (R4)."""
    own = wan_scene(tables=[hub_table("hub1", [*policy_routes(), hub_route("private_traffic", ["10.1.1.0/25"])])])

    assert own.next_hops("10.1.1.9") == ("vnetlocal",)


def test_a_peered_network_is_reached_without_the_hub() -> None:
    """Two spokes that are peered with each other do not go through the hub (R4), and their replies neither."""
    documents = [each for each in wan_documents() if each["name"] not in {"spoke", "shop"}]
    ase, web = subnet("spoke", "ase", ASE, table="rt"), subnet("shop", "web", WEB, table="rt-shop")
    documents += [
        vnet("spoke", SPOKE, [ase], [hub_peering("spoke"), peering("spoke", "shop", SHOP)]),
        vnet("shop", SHOP, [web], [hub_peering("shop"), peering("shop", "spoke", SPOKE)]),
    ]

    exchange = Scene(Network(wan_estate(documents), Tags(None, {}))).out(IN_SHOP)

    assert (exchange.verdict, exchange.walk.hops[0].code) == (ALLOW, "route-peering")


FAR = to("10.3.1.4")


@pytest.mark.parametrize(("lost", "verdict"), [(False, ALLOW), (True, PARTIAL)])
def test_each_network_behind_a_hub_gives_its_own_reply(lost: bool, verdict: Verdict) -> None:  # noqa: FBT001 - of one
    """Of two spokes asked together each sends its own reply, and one that has no way back loses it (H10, A1)."""
    shop = vnet("shop", SHOP, [subnet("shop", "web", SHOP)], [hub_peering("shop")])
    third = vnet(
        "third", "10.3.0.0/16", [subnet("third", "vm", "10.3.0.0/16", table="rt-third")], [hub_peering("third")]
    )
    table = route_table("rt-third", [route("back", SPOKE, "None")] if lost else [])
    more = [{**shop, "name": "shop-whole"}, third, connection("third"), table]
    made = wan_scene(without=["shop"], more=more)

    assert made.out(to("10.2.0.0/15")).verdict is verdict


def test_between_hubs_both_firewalls_decide() -> None:
    """With a policy for private traffic on both hubs a flow crosses both firewalls, there and back (A8, H10)."""
    exchange = _two_hubs(routing_intent("hub2", internet="fw2", private="fw2")).out(FAR)

    assert exchange.verdict is ALLOW, exchange.trace.reason
    assert [each.code for each in exchange.walk.hops].count("firewall-network-allow") == 2
    assert [each.code for each in exchange.reply.hops] == ["reply-symmetric", "reply-firewall"]


def test_between_hubs_the_second_firewall_may_refuse() -> None:
    """The rules of the other hub's firewall are asked as well."""
    refusing = hub_firewall("fw2", "hub2", "10.201.0.132", firewallPolicy={"id": network_id("firewallPolicies", "no")})
    second = routing_intent("hub2", internet="fw2", private="fw2")
    exchange = _two_hubs(second, refusing=refusing).out(FAR)

    assert (exchange.verdict, exchange.trace.reason.code) == (BLOCK, "firewall-default-deny")


def test_between_hubs_the_second_firewall_may_see_another_sender() -> None:
    """Where the first translates the sender, whom the rules of the second are asked for is not known."""
    always: dict[str, Any] = {"firewallPolicy": {"id": network_id("firewallPolicies", "always")}}
    rules = policy("always", ["rules"], snat={"privateRanges": ["255.255.255.255/32"]})
    second = routing_intent("hub2", internet="fw2", private="fw2")
    scene = _two_hubs(second, first=[hub_firewall(**always), rules, group("always", "rules", 300, RULES)])

    assert scene.out(FAR).trace.reason.code == "hub-inter-hub"
    assert scene.out(IN_SHOP).verdict is ALLOW


def test_two_firewalls_inspect_a_flow_only_by_the_policies_of_both_hubs() -> None:
    """A reply through another firewall than the request is symmetric only between hubs that both inspect (A8)."""
    first, second = (network_id("azureFirewalls", each).lower() for each in ("hfw", "fw2"))
    both = _two_hubs(routing_intent("hub2", internet="fw2", private="fw2"))
    one = _two_hubs(routing_intent("hub2", internet="fw2", private=None))
    apart = _two_hubs(routing_intent("hub2", internet="fw2", private="fw2"), wan="another")

    assert [both_inspect(each.network, first, second) for each in (both, one, apart)] == [True, False, False]
    assert not both_inspect(both.network, first, "")


@pytest.mark.parametrize(
    "second",
    [
        None,
        routing_intent("hub2", internet="fw2", private=None),
        routing_intent("hub2", internet="fw2", private="nva", kind="networkVirtualAppliances"),
        routing_intent("hub2", internet="fw2", private="hfw"),
    ],
)
def test_between_hubs_of_which_one_does_not_inspect_it_is_unknown(second: Document | None) -> None:
    """Inspection between hubs needs the policy on every hub on the way (H10)."""
    exchange = _two_hubs(second).out(FAR)

    assert (exchange.verdict, exchange.trace.reason.code) == (UNKNOWN, "hub-inter-hub")


def test_the_network_of_another_hub_is_open_without_a_policy_for_private_traffic() -> None:
    """How two hubs exchange their networks is then a matter of propagation, which is not followed between hubs."""
    exchange = _two_hubs(None, far=plain_connection("far", "hub2"), **NO_INTENT).out(FAR)

    assert (exchange.verdict, exchange.trace.reason.code) == (UNKNOWN, "hub-prefix-undecided")


def test_a_network_of_another_virtual_wan_is_not_reached() -> None:
    """Hubs of another Virtual WAN are no neighbours."""
    more = [hub("hub2", "10.201.0.0/23", wan="other"), connection("far", "hub2"), *OTHER_SPOKE]

    assert wan_scene(more=more).out(FAR).trace.reason.code == "hub-no-destination"


def test_a_branch_is_told_where_it_might_take_public_traffic() -> None:
    """The Internet policy sends everything public out directly; what a branch announces beside it cannot be read."""
    exchange = wan_scene(hubs=[hub(**VPN)]).out(NAME)

    assert any("vpn of virtual hub hub1 may announce public prefixes" in each for each in exchange.trace.caveats)


def test_requests_from_the_internet_lose_their_replies_to_the_firewall() -> None:
    """A request that came straight in is answered through the hub, whose firewall did not see it (A2)."""
    assert wan_scene().inward(to("13.64.115.203"), "454").trace.reason.code == "reply-asymmetric"
    assert wan_scene(spoke=connection("spoke", secured=False)).inward(to("13.64.115.203"), "454").verdict is ALLOW


def test_requests_from_a_branch_are_not_decided() -> None:
    """They come through the hub as well, by rules that are asked for traffic of the branch."""
    exchange = wan_scene(hubs=[hub(**VPN)]).inward(to("10.50.0.9"), "443")

    assert (exchange.verdict, exchange.trace.reason.code) == (UNKNOWN, "reply-by-hub")


def test_a_trace_between_spokes_is_followed_from_the_sender() -> None:
    """An address in a VNet of the same hub is a sender in its subnet, not one from outside."""
    scene = wan_scene()

    trace = trace_flow(scene.network, (), Settings(), "10.2.1.9", "spoke/ase:443")

    assert (trace.verdict, trace.path) == (ALLOW, Path.FIREWALL)


def test_a_route_server_may_teach_what_was_not_read() -> None:
    """Its routes are BGP: a network that holds one may have longer routes (U1)."""
    attached = [f"{network_id('virtualHubs', 'rs')}/ipConfigurations/ip"]
    place = subnet("spoke", "RouteServerSubnet", "10.1.9.0/27", attached=attached)
    ase = subnet("spoke", "ase", ASE, table="rt")
    documents = [vnet("spoke", SPOKE, [ase, place]), route_table("rt", []), hub("rs", wan=None)]

    exchange = Scene(Network(wan_estate(documents), Tags(None, {}))).out(NAME)

    assert (exchange.verdict, exchange.trace.reason.code) == (UNKNOWN, "bgp-possible")


def test_an_unconnected_network_learns_nothing() -> None:
    """Hubs in the source change nothing for a network without a connection or peering to one."""
    alone = [vnet("spoke", SPOKE, [subnet("spoke", "ase", ASE, table="rt")]), route_table("rt", [])]
    others = [each for each in wan_documents() if each["name"] not in {"spoke", "rt", "hub1-spoke"}]

    exchange = Scene(Network(wan_estate([*alone, *others]), Tags(None, {}))).out(NAME)

    assert (exchange.verdict, exchange.trace.path) == (ALLOW, Path.DIRECT)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_documents_does_not_matter(seed: int) -> None:
    """The same hubs, connections and policies in any order give the same traces."""
    second = routing_intent("hub2", internet="fw2", private="fw2")
    more = [hub("hub2", "10.201.0.0/23"), hub_firewall("fw2", "hub2", "10.201.0.132"), second, hub_table("hub2")]
    documents = wan_documents(more=[*more, connection("far", "hub2"), *OTHER_SPOKE])
    mixed = list(documents)
    Random(seed).shuffle(mixed)  # noqa: S311 - an order, not a secret

    def traces(listed: list[Document]) -> list[object]:
        scene = Scene(Network(wan_estate(listed, source=SNAPSHOT), Tags(None, {})))
        return [scene.out(each).trace for each in (NAME, IN_SHOP, FAR, NOWHERE)]

    assert traces(mixed) == traces(documents)


def test_private_ranges_are_those_of_the_policy() -> None:
    """The three ranges of RFC 1918 go to the firewall; the shared address space of providers does not."""
    scene = wan_scene(spoke=connection("spoke", secured=False))

    taken = {each: scene.next_hops(each.partition("/")[0]) for each in (*PRIVATE_RANGES, "100.64.0.0/10")}

    assert taken == dict.fromkeys(PRIVATE_RANGES, ("hub-firewall",)) | {"100.64.0.0/10": ("none",)}
