"""Flows to private endpoints: R40 to R42, N21, U3."""

from collections.abc import Iterable
from typing import Any

import pytest

from auditor.engine.private_endpoints import groups_count, routes_count
from auditor.estate.addresses import prefix
from auditor.traces import Path, Verdict
from tests.attached import admin_rule, applied, configuration_id, machine, private_endpoint
from tests.builders import (
    Document,
    firewall,
    network_id,
    peering,
    route,
    route_table,
    security_group,
    security_rule,
    subnet,
    vnet,
)
from tests.engine.scenes import (
    FIREWALL,
    HUB,
    SPOKE,
    TO_FIREWALL,
    Scene,
    allow_names,
    allow_network,
    gap,
    gateway,
    named,
    scene,
    tag_list,
    to,
)

ALLOW, BLOCK, PARTIAL, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN
PLACE, ADDRESS = "10.1.2.0/24", "10.1.2.4"
NAME = "acct.blob.core.windows.net"
ENDPOINT = private_endpoint("pe", "spoke", "shared", ADDRESS)
DIRECT = ("private-endpoint",)
BY_FIREWALL = (f"virtualappliance {FIREWALL}",)
ENDPOINTS = "Microsoft.Network/privateEndpoints"


def shared(policies: str | None = None, **more: Any) -> Document:  # noqa: ANN401 - fields of a subnet
    """Return the subnet of the private endpoint, under network policies."""
    made = subnet("spoke", "shared", PLACE, **more)
    if policies is not None:
        made["properties"]["privateEndpointNetworkPolicies"] = policies
    return made


def place(policies: str | None = None, more: Iterable[Document] = (ENDPOINT,), **changes: Any) -> Scene:  # noqa: ANN401 - changes of a scene
    """Return F0 with a private endpoint beside `ase`."""
    return scene(spoke_subnets=[shared(policies)], more=more, **changes)


def user(prefix_text: str) -> Document:
    """Return a route of the user's to the firewall."""
    return route("own", prefix_text, TO_FIREWALL, FIREWALL)


# The route.


@pytest.mark.parametrize("policies", [None, "Disabled", "Enabled", "RouteTableEnabled", "NetworkSecurityGroupEnabled"])
@pytest.mark.parametrize("prefix_text", ["", "0.0.0.0/1", "10.0.0.0/8", "10.0.0.0/15"])
def test_default_route_and_shorter_ones_never_take_it(policies: str | None, prefix_text: str) -> None:
    """A route wider than the range of the endpoint's VNet leaves it alone, whatever the policies (R40, R41)."""
    made = place(policies, routes=[user(prefix_text)] if prefix_text else [])

    assert made.next_hops(ADDRESS) == DIRECT
    assert made.out(to(ADDRESS)).trace.path is Path.PRIVATE_ENDPOINT


@pytest.mark.parametrize("prefix_text", ["10.1.0.0/16", "10.1.2.0/24", "10.1.2.4/31", "10.1.2.4/32"])
@pytest.mark.parametrize("policies", ["Enabled", "RouteTableEnabled", "ROUTETABLEENABLED"])
def test_routes_as_narrow_as_the_range_take_it(prefix_text: str, policies: str) -> None:
    """A route as narrow as the range of the endpoint's VNet takes it, where the policies say so (R41)."""
    assert place(policies, routes=[user(prefix_text)]).next_hops(ADDRESS) == BY_FIREWALL


@pytest.mark.parametrize("prefix_text", ["10.1.0.0/16", "10.1.2.0/24", "10.1.2.4/31"])
@pytest.mark.parametrize("policies", [None, "Disabled", "NetworkSecurityGroupEnabled"])
def test_narrow_routes_do_not_take_it_without_the_policies(prefix_text: str, policies: str | None) -> None:
    """Without the policies only a route for the address itself is in dispute (R41, R42)."""
    assert place(policies, routes=[user(prefix_text)]).next_hops(ADDRESS) == DIRECT


@pytest.mark.parametrize("policies", [None, "Disabled", "NetworkSecurityGroupEnabled"])
def test_route_for_the_very_address_is_in_dispute(policies: str | None) -> None:
    """The documents contradict each other on a route for the address itself without the policies (R42)."""
    made = place(policies, routes=[user(f"{ADDRESS}/32")])
    found = made.out(to(ADDRESS))

    assert made.next_hops(ADDRESS) == (*DIRECT, *BY_FIREWALL)
    assert (found.verdict, found.trace.reason.code) == (UNKNOWN, "private-endpoint-disputed")


def test_dispute_that_does_not_matter() -> None:
    """Where both ways agree, the dispute decides nothing (R42)."""
    passes = place(routes=[route("own", f"{ADDRESS}/32", "VnetLocal")])
    stops = place(
        routes=[user(f"{ADDRESS}/32")], more=[private_endpoint("pe", "spoke", "shared", ADDRESS, state="Rejected")]
    )

    assert passes.out(to(ADDRESS)).verdict is ALLOW
    assert stops.out(to(ADDRESS)).verdict is BLOCK


def test_policies_azure_may_add() -> None:
    """Under a word nobody knows a narrow route may take it and an NSG may count; a wide route still does not (J2)."""
    word = "Everything"

    assert place(word, routes=[user(PLACE)]).next_hops(ADDRESS) == (*DIRECT, *BY_FIREWALL)
    assert place(word, routes=[user("10.0.0.0/8")]).next_hops(ADDRESS) == DIRECT
    assert [routes_count("everything"), groups_count("everything")] == [None, None]


def test_route_for_a_service_tag() -> None:
    """A route for a service tag counts by its prefixes, like any other (R24, R41)."""
    tags = [tag_list(Storage=["10.1.2.0/24", "20.60.0.0/16"])]
    tagged = route("own", "Storage", TO_FIREWALL, FIREWALL)

    assert place("Enabled", routes=[tagged], tags=tags).next_hops(ADDRESS) == BY_FIREWALL
    assert place("Disabled", routes=[tagged], tags=tags).next_hops(ADDRESS) == DIRECT


def test_route_for_a_service_tag_without_a_list() -> None:
    """What a tag holds that nobody listed is not inside a private endpoint's address."""
    made = place("Enabled", routes=[route("own", "Storage", "None")])

    assert made.next_hops(ADDRESS) == DIRECT


def test_gateway_does_not_matter() -> None:
    """No route learned by BGP takes the place of one to a private endpoint (R4)."""
    made = place(default=None, more=[ENDPOINT, gateway("Vpn", "spoke")])

    assert made.next_hops(ADDRESS) == DIRECT
    assert made.out(to(ADDRESS)).verdict is ALLOW


def test_address_beside_a_private_endpoint() -> None:
    """Its neighbours take the route of the VNet."""
    assert place().next_hops("10.1.2.5") == ("vnetlocal",)


@pytest.mark.parametrize("wide", ["10.1.0.0/16", "0.0.0.0/0"])
def test_subnet_of_the_endpoint_that_was_not_read(wide: str) -> None:
    """Without its subnet nobody knows the policies: a narrow route may take it, the default route does not (U8)."""
    endpoint = private_endpoint("pe", "spoke", "gone", ADDRESS)
    made = scene(more=[endpoint], routes=[user(wide)] if wide != "0.0.0.0/0" else [])

    assert made.next_hops(ADDRESS) == (DIRECT if wide == "0.0.0.0/0" else (*DIRECT, *BY_FIREWALL))


# Peered VNets.


def peered(state: str = "Connected", *, back: bool = True, **changes: Any) -> Scene:  # noqa: ANN401 - changes of a scene
    """Return F0 with a private endpoint in the hub. state: of both halves of the peering; back: whether both are."""
    return scene(
        hub_subnets=[subnet("hub", "shared", "10.0.2.0/24")],
        more=[private_endpoint("pe", "hub", "shared", "10.0.2.4")],
        spoke_peerings=[peering("spoke", "hub", HUB, peeringState=state)],
        hub_peerings=[peering("hub", "spoke", SPOKE, peeringState=state)] if back else [],
        **changes,
    )


def test_private_endpoint_in_a_peered_vnet() -> None:
    """A private endpoint is reached from peered VNets as well (R40)."""
    found = peered(routes=[user("10.0.0.0/15")]).out(to("10.0.2.4"))

    assert (found.verdict, found.trace.path) == (ALLOW, Path.PRIVATE_ENDPOINT)


def test_one_half_of_a_peering() -> None:
    """Where the other half is missing nothing passes (H2)."""
    found = peered(back=False).out(to("10.0.2.4"))

    assert (found.verdict, found.trace.reason.code) == (BLOCK, "peering-down")


@pytest.mark.parametrize("state", ["Disconnected", "Initiated"])
def test_peering_that_is_not_connected(state: str) -> None:
    """A peering that is down brings no route to the private endpoint."""
    assert peered(state).next_hops("10.0.2.4") == BY_FIREWALL


def test_peering_in_an_unknown_state() -> None:
    """A peering of unknown state may lead there or not."""
    assert peered("").next_hops("10.0.2.4") == ("peering", *BY_FIREWALL)


def test_private_endpoint_two_peerings_away() -> None:
    """Peering is not transitive: the endpoint of another spoke is not reached by a route of its own (H1)."""
    far = vnet("far", "10.2.0.0/16", [subnet("far", "shared", "10.2.2.0/24")], [peering("far", "hub", HUB)])
    endpoint = private_endpoint("pe", "far", "shared", "10.2.2.4")
    hub_peerings = [peering("hub", "spoke", SPOKE), peering("hub", "far", "10.2.0.0/16")]
    made = scene(more=[far, endpoint], hub_peerings=hub_peerings)

    assert made.next_hops("10.2.2.4") == BY_FIREWALL


# Filters.


@pytest.mark.parametrize(
    ("policies", "verdict"),
    [
        (None, ALLOW),
        ("Disabled", ALLOW),
        ("RouteTableEnabled", ALLOW),
        ("Enabled", BLOCK),
        ("NetworkSecurityGroupEnabled", BLOCK),
        ("networksecuritygroupenabled", BLOCK),
        ("Everything", UNKNOWN),
    ],
)
def test_groups_count_where_the_policies_say_so(policies: str | None, verdict: Verdict) -> None:
    """An NSG that denies stops what goes to a private endpoint only where its subnet is set so (N21)."""
    closed = security_group("closed", [security_rule("deny", 100, "Deny")])
    beside = shared(policies, nsg="closed")
    made = scene(spoke_subnets=[beside], more=[ENDPOINT, closed])

    assert made.out(to(ADDRESS)).verdict is verdict
    assert made.out(to("10.1.2.5")).verdict is BLOCK


@pytest.mark.parametrize(("policies", "verdict"), [("Disabled", PARTIAL), ("Enabled", BLOCK)])
def test_subnet_with_endpoints_and_machines(policies: str, verdict: Verdict) -> None:
    """Of a whole subnet the NSG stops the machines, and the private endpoints where the policies say so (N21)."""
    closed = security_group("closed", [security_rule("deny", 100, "Deny")])
    made = scene(spoke_subnets=[shared(policies, nsg="closed")], more=[ENDPOINT, closed])

    assert made.out(to(PLACE)).verdict is verdict


def test_group_at_the_sender_counts() -> None:
    """The NSG of the sender is asked about private endpoints as about anything else."""
    made = place(nsg=[security_rule("deny", 100, "Deny", direction="Outbound")])

    assert made.out(to(ADDRESS)).verdict is BLOCK


@pytest.mark.parametrize("policies", ["Disabled", "Enabled"])
def test_admin_rules_do_not_reach_private_endpoints(policies: str) -> None:
    """A security admin rule that lets nobody in stops the machines beside them only (N15)."""
    deny = admin_rule("closed", 10, "Deny", direction="Inbound")
    made = place(policies, more=[ENDPOINT, applied("spoke"), deny])

    assert made.out(to(ADDRESS)).verdict is ALLOW
    assert made.out(to("10.1.2.5")).verdict is BLOCK
    assert made.out(to(PLACE)).verdict is PARTIAL


# Connections.


@pytest.mark.parametrize(
    ("state", "verdict", "code"),
    [
        ("Approved", ALLOW, "route-private-endpoint"),
        ("approved", ALLOW, "route-private-endpoint"),
        ("Pending", BLOCK, "private-endpoint-not-approved"),
        ("Rejected", BLOCK, "private-endpoint-not-approved"),
        ("Disconnected", BLOCK, "private-endpoint-not-approved"),
        ("Removed", UNKNOWN, "private-endpoint-state"),
        (None, UNKNOWN, "private-endpoint-state"),
    ],
)
def test_connection_must_be_approved(state: str | None, verdict: Verdict, code: str) -> None:
    """Through a private endpoint passes something only where its connection was approved."""
    found = place(more=[private_endpoint("pe", "spoke", "shared", ADDRESS, state=state)]).out(to(ADDRESS))

    assert (found.verdict, found.trace.reason.code) == (verdict, code)


def test_one_of_two_endpoints_is_not_approved() -> None:
    """Of a flow to both a part is stopped."""
    pending = private_endpoint("pe-two", "spoke", "shared", "10.1.2.5", state="Pending")
    made = place(more=[ENDPOINT, pending])

    assert made.out(to("10.1.2.4,10.1.2.5")).verdict is PARTIAL
    assert made.out(to(PLACE)).verdict is PARTIAL


# Where the address comes from.


def nic(address: str, **more: Any) -> Document:  # noqa: ANN401 - fields of the private link connection
    """Return the interface of private endpoint `pe`."""
    made = machine("pe.nic", "spoke", "shared", address, endpoint="pe")
    (configuration,) = made["properties"]["ipConfigurations"]
    configuration["properties"] |= more
    return made


def test_address_that_only_the_interface_tells() -> None:
    """The address of a private endpoint may stand on its interface alone."""
    silent = private_endpoint("pe", "spoke", "shared")

    assert place(more=[silent, nic(ADDRESS)]).next_hops(ADDRESS) == DIRECT


def test_address_by_the_list_of_interfaces() -> None:
    """The interface need not name its endpoint where that names the interface."""
    silent = private_endpoint("pe", "spoke", "shared")
    own = machine("pe.nic", "spoke", "shared", ADDRESS)

    assert place(more=[silent, own]).next_hops(ADDRESS) == DIRECT


def test_endpoint_of_which_only_the_interface_was_read() -> None:
    """The interface tells that there is one; whether its connection was approved it does not."""
    made = place(more=[nic(ADDRESS)])
    found = made.out(to(ADDRESS))

    assert made.next_hops(ADDRESS) == DIRECT
    assert (found.verdict, found.trace.reason.code) == (UNKNOWN, "private-endpoint-state")


def test_endpoint_without_any_known_address_is_a_doubt_where_it_matters() -> None:
    """It may be any address of its subnet, which a narrow route takes elsewhere, and nothing beyond."""
    silent = private_endpoint("pe", "spoke", "shared")
    made = place(more=[silent], routes=[user(PLACE), user("10.1.0.0/16")])
    found = made.out(to(ADDRESS))

    assert (found.verdict, found.trace.reason.code) == (UNKNOWN, "private-endpoint-unreadable")
    assert made.next_hops("10.1.3.4") == BY_FIREWALL


def test_endpoint_without_any_known_address_where_it_does_not_matter() -> None:
    """Where the way is the same with and without it, the doubt decides nothing."""
    made = place(more=[private_endpoint("pe", "spoke", "shared")])

    assert made.out(to(ADDRESS)).verdict is ALLOW


def test_endpoint_without_any_known_address_beside_an_nsg() -> None:
    """An NSG that denies may not be asked about the address that is the endpoint's."""
    closed = security_group("closed", [security_rule("deny", 100, "Deny")])
    silent = private_endpoint("pe", "spoke", "shared")
    made = scene(spoke_subnets=[shared(nsg="closed")], more=[silent, closed])

    assert made.out(to(ADDRESS)).verdict is UNKNOWN


def test_endpoint_without_address_and_subnet() -> None:
    """Without its subnet it may be any address of its VNet."""
    made = scene(more=[private_endpoint("pe", "spoke", "gone")], routes=[user("10.1.2.0/24")])

    assert made.next_hops(ADDRESS) == (*DIRECT, *BY_FIREWALL)


def test_endpoint_that_could_not_be_read() -> None:
    """It may be what stands behind an interface that Azure lists in a subnet and nobody read."""
    listed = shared(attached=[configuration_id("pe.nic")])
    hidden = gap(ENDPOINTS, network_id("privateEndpoints", "pe"))
    made = scene(spoke_subnets=[listed], gaps=[hidden], routes=[user(PLACE)])

    assert made.next_hops(ADDRESS) == (*DIRECT, *BY_FIREWALL)
    assert scene(spoke_subnets=[listed], routes=[user(PLACE)]).next_hops(ADDRESS) == BY_FIREWALL
    assert scene(spoke_subnets=[shared()], gaps=[hidden], routes=[user(PLACE)]).next_hops(ADDRESS) == BY_FIREWALL


# Names.

BY_NAME = private_endpoint("pe", "spoke", "shared", ADDRESS, fqdn=NAME)


@pytest.mark.parametrize(
    ("rules", "state", "verdict"),
    [
        ([allow_names(NAME)], "Approved", ALLOW),
        ([], "Approved", UNKNOWN),
        ([allow_names(NAME)], "Rejected", UNKNOWN),
        ([], "Rejected", BLOCK),
    ],
)
def test_name_of_a_private_endpoint(rules: list[Document], state: str, verdict: Verdict) -> None:
    """Which address a name has is for DNS to tell: both ways must agree (U3)."""
    endpoint = private_endpoint("pe", "spoke", "shared", ADDRESS, fqdn=NAME, state=state)
    found = place(more=[endpoint], application_rules=rules).out(named(NAME))

    assert found.verdict is verdict
    assert (found.trace.reason.code == "name-may-be-private") is (verdict is UNKNOWN)


def test_name_in_any_spelling() -> None:
    """Names compare without regard to case or a dot at the end."""
    endpoint = private_endpoint("pe", "spoke", "shared", ADDRESS, fqdn=f"{NAME.upper()}.")

    assert place(more=[endpoint]).out(named(NAME)).verdict is UNKNOWN


def test_name_of_another() -> None:
    """A name nobody answers for takes the public way alone."""
    assert place(more=[BY_NAME]).out(named("other.blob.core.windows.net")).verdict is BLOCK


def test_common_answer_says_so() -> None:
    """Where both ways agree, a note tells that there are two."""
    found = place(more=[BY_NAME], application_rules=[allow_names(NAME)]).out(named(NAME))

    assert any("may lead to a private endpoint" in each for each in found.trace.caveats)


def test_name_that_only_the_interface_tells() -> None:
    """With private DNS zones the endpoint lists no names; its interface does."""
    connection = {"groupId": "blob", "requiredMemberName": "blob", "fqdns": [NAME]}
    own = nic(ADDRESS, privateLinkConnectionProperties=connection)

    assert place(more=[private_endpoint("pe", "spoke", "shared"), own]).out(named(NAME)).verdict is UNKNOWN


def test_name_without_an_address() -> None:
    """A name whose private address nobody tells may lead anywhere."""
    endpoint = private_endpoint("pe", "spoke", "shared")
    endpoint["properties"]["customDnsConfigs"] = [{"fqdn": NAME, "ipAddresses": []}]

    assert place(more=[endpoint], application_rules=[allow_names(NAME)]).out(named(NAME)).verdict is UNKNOWN


def test_each_name_has_its_own_address() -> None:
    """Of an endpoint with several names each leads to its own address, as those of databases do."""
    endpoint = private_endpoint("pe", "spoke", "shared", ADDRESS, "10.1.2.5")
    endpoint["properties"]["customDnsConfigs"] = [
        {"fqdn": NAME, "ipAddresses": [ADDRESS]},
        {"fqdn": "east.contoso.com", "ipAddresses": ["10.1.2.5"]},
    ]
    deny = security_rule("deny", 100, "Deny", direction="Outbound", destination="10.1.2.5")
    made = place(more=[endpoint], nsg=[deny], application_rules=[allow_names(NAME, "east.contoso.com")])

    assert made.out(named(NAME)).verdict is ALLOW
    assert made.out(named("east.contoso.com")).verdict is UNKNOWN


def test_name_of_two_private_endpoints() -> None:
    """Where two answer for a name, each way counts, and so does the public one."""
    far = private_endpoint("pe-hub", "hub", "shared", "10.0.2.4", fqdn=NAME, state="Pending")
    hub_subnets = [subnet("hub", "shared", "10.0.2.0/24")]
    rules = [allow_names(NAME)]
    both = place(more=[BY_NAME, far], hub_subnets=hub_subnets, application_rules=rules)

    assert place(more=[BY_NAME], hub_subnets=hub_subnets, application_rules=rules).out(named(NAME)).verdict is ALLOW
    assert both.out(named(NAME)).verdict is UNKNOWN


def test_name_on_a_private_way_through_a_firewall() -> None:
    """Where routes take a private endpoint to the firewall, its application rules see the name, and translate (F36)."""
    made = place("Enabled", routes=[user(SPOKE)], more=[BY_NAME], application_rules=[allow_names(NAME)])

    assert made.out(named(NAME)).verdict is ALLOW
    assert place("Enabled", routes=[user(SPOKE)], more=[BY_NAME]).out(named(NAME)).verdict is BLOCK


# A firewall in front.


def behind(*rules: Document, **changes: Any) -> Scene:  # noqa: ANN401 - changes of a scene
    """Return F0 with a route that takes a private endpoint to the firewall."""
    return place("RouteTableEnabled", routes=[user(SPOKE)], network_rules=rules, **changes)


def test_firewall_in_front_that_does_not_translate() -> None:
    """A network rule keeps the sender's address, and which way the endpoint then replies is not documented (F43)."""
    found = behind(allow_network()).out(to(ADDRESS))

    assert (found.verdict, found.trace.reason.code) == (UNKNOWN, "private-endpoint-reply")
    assert found.walk.verdict is ALLOW


def test_firewall_in_front_that_translates() -> None:
    """Where the firewall always translates, the reply returns to it."""
    ranges = {"Network.SNAT.PrivateRanges": "255.255.255.255/32"}
    collections = {"networkRuleCollections": [allow_network()]}
    wall = firewall("fw", "hub", FIREWALL, collections=collections, additionalProperties=ranges)

    assert behind(wall=wall).out(to(ADDRESS)).verdict is ALLOW


def test_firewall_in_front_that_denies() -> None:
    """What the firewall stops is stopped."""
    assert behind().out(to(ADDRESS)).verdict is BLOCK


def test_firewall_in_front_of_an_endpoint_that_is_not_approved() -> None:
    """Behind the firewall the connection counts as well."""
    pending = private_endpoint("pe", "spoke", "shared", ADDRESS, state="Pending")
    found = behind(allow_network(), more=[pending]).out(to(ADDRESS))

    assert (found.verdict, found.trace.reason.code) == (BLOCK, "private-endpoint-not-approved")


def test_route_table_at_the_endpoint_does_not_turn_its_reply() -> None:
    """A private endpoint replies to its neighbours directly, whatever routes its subnet has (R40)."""
    table = route_table("back", [route("own", SPOKE, TO_FIREWALL, FIREWALL)])
    made = scene(spoke_subnets=[shared(table="back")], more=[ENDPOINT, table])

    assert made.out(to(ADDRESS)).verdict is ALLOW


# As many as there are.


def test_order_of_documents_does_not_matter() -> None:
    """The same private endpoints in any order give the same routes and traces."""
    more = [BY_NAME, private_endpoint("b", "spoke", "shared", "10.1.2.5"), private_endpoint("c", "spoke", "shared")]
    one, other = place(more=more), place(more=more[::-1])

    assert one.routes().candidates == other.routes().candidates
    assert one.routes().unsettled == other.routes().unsettled
    assert one.out(to(PLACE)).trace == other.out(to(PLACE)).trace


def test_routes_are_one_for_each_address() -> None:
    """Addresses side by side do not melt into a wider prefix."""
    made = place(more=[private_endpoint("pe", "spoke", "shared", "10.1.2.4", "10.1.2.5")])
    found = [each.prefix for each in made.routes().candidates if each.route.next_hop == "private-endpoint"]

    assert found == [prefix("10.1.2.4"), prefix("10.1.2.5")]
