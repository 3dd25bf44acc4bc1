"""Where a subnet sends what: R1 to R13, R23 to R38, R44."""

from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.engine.flows import Endpoint
from auditor.estate.addresses import ALL_V4, address_set
from auditor.traces import Path, Verdict
from tests.attached import application_gateway, configuration_id, load_balancer, machine
from tests.builders import Document, environment, network_id, peering, route, subnet, vnet
from tests.engine.scenes import (
    ASE,
    DEFAULT,
    FIREWALL,
    HUB,
    SPOKE,
    TO_FIREWALL,
    Scene,
    allow_names,
    allow_network,
    gateway,
    named,
    scene,
    tag_list,
    tagged,
    to,
)

ALLOW, BLOCK, PARTIAL, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN
DIRECT = route("default", "0.0.0.0/0", "Internet")
MANAGEMENT = route("management", "AppServiceManagement", "Internet")
KNOWN = {"AppServiceManagement": "13.64.115.203"}


# Longest prefix, against the same question asked one address at a time.

_SYSTEM = ((SPOKE, "vnetlocal"), (HUB, "peering"), ("0.0.0.0/0", "internet"))
_NONE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
_HOPS = {"Internet": "internet", "VnetLocal": "vnetlocal", "None": "none"}
_SAMPLES = (
    *("10.1.1.1", "10.1.2.3", "10.0.5.5", "10.9.0.1", "10.1.255.255", "10.0.0.0", "172.16.0.1", "192.168.1.1"),
    *("100.64.0.1", "8.8.8.8", "52.1.1.1", "52.1.1.2", "52.1.0.255", "1.0.0.0", "223.255.255.255", "127.255.255.255"),
)
prefixes = st.sampled_from(
    [
        *("0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "10.0.0.0/15", "10.1.0.0/16", "10.1.1.0/24"),
        *("10.1.1.1/32", "10.0.0.0/16", "10.0.5.5/32", "52.0.0.0/8", "52.1.0.0/16", "52.1.1.0/31", "52.1.1.1/32"),
        *("172.16.0.0/12", "192.168.0.0/24", "100.64.0.0/10", "52.1.1.0/24"),
    ]
)
tables = st.dictionaries(prefixes, st.sampled_from(list(_HOPS)), max_size=8)


def _slowly(table: dict[str, str], address: str) -> str:
    """Return the next hop of one address by looking at every route: the longest prefix, user-defined before system."""
    routes = [(IPv4Network(each), 0, _HOPS[hop]) for each, hop in table.items()]
    routes += [(IPv4Network(each), 1, hop) for each, hop in _SYSTEM]
    if "0.0.0.0/0" not in table:
        routes += [(IPv4Network(each), 1, "none") for each in _NONE]
    return min(
        (each for each in routes if IPv4Address(address) in each[0]), key=lambda each: (-each[0].prefixlen, each[1])
    )[2]


def _with_table(table: dict[str, str]) -> Scene:
    return scene(default=None, routes=[route(each, each, hop) for each, hop in table.items()])


@given(tables)
def test_longest_prefix(table: dict[str, str]) -> None:
    """Every address goes by the longest prefix, at a tie by the user's route, and a 0/0 removes Azure's None routes."""
    made = _with_table(table)

    assert {each: made.next_hops(each) for each in _SAMPLES} == {each: (_slowly(table, each),) for each in _SAMPLES}


@given(tables)
def test_parts_make_the_whole(table: dict[str, str]) -> None:
    """Asked for every address at once, each is in exactly one part, and goes where it goes when asked alone."""
    choices = _with_table(table).routes().decide(Endpoint(label="all", addresses=ALL_V4))
    parts = [each.addresses for each in choices if each.addresses is not None]
    whole = sum(len(each.v4) for each in parts)
    found = {
        address: choice.routes[0].next_hop
        for choice in choices
        for address in _SAMPLES
        if choice.addresses is not None and address_set(address) <= choice.addresses
    }

    assert whole == 2**32
    assert found == {each: _slowly(table, each) for each in _SAMPLES}


@given(st.permutations(["0.0.0.0/0", "10.1.0.0/16", "52.0.0.0/8", "52.1.1.1/32"]))
def test_order_of_routes_never_matters(order: list[str]) -> None:
    """Azure lists routes in any order."""
    table = dict.fromkeys(order, "Internet") | {"52.0.0.0/8": "None"}

    assert _with_table(table).routes().decide(to("0.0.0.0/0")) == _with_table(
        dict(sorted(table.items()))
    ).routes().decide(to("0.0.0.0/0"))


# System routes.


def _alone(prefix: str) -> Scene:
    """Return F0 with another address space of the spoke and no table."""
    spoke = vnet("alone", prefix, [subnet("alone", "vm", prefix)])
    return scene(more=[spoke])


def _hop(made: Scene, name: str, vnet_name: str, address: str) -> str:
    (choice,) = made.routes(name, vnet_name).decide(to(address))
    return choice.routes[0].next_hop


@pytest.mark.parametrize(
    ("space", "address", "expected"),
    [
        ("10.0.0.0/16", "10.0.0.9", "vnetlocal"),
        ("10.0.0.0/16", "10.9.0.9", "none"),
        ("10.0.0.0/8", "10.9.0.9", "vnetlocal"),
        ("172.16.0.0/11", "172.17.0.9", "vnetlocal"),
        ("172.16.0.0/12", "172.17.0.9", "vnetlocal"),
        ("10.0.0.0/16", "172.31.0.100", "none"),
        ("10.0.0.0/16", "192.168.0.1", "none"),
        ("10.0.0.0/16", "100.127.0.1", "none"),
        ("10.0.0.0/16", "13.107.21.200", "internet"),
    ],
)
def test_system_defaults(space: str, address: str, expected: str) -> None:
    """Without a table, VNet ranges are local, private and shared ranges are dropped, the rest is Internet (R8, R9)."""
    assert _hop(_alone(space), "vm", "alone", address) == expected


@pytest.mark.parametrize("address", ["40.108.1.1", "25.4.0.1", "104.146.0.1", "20.35.252.1"])
def test_platform_ranges_are_dropped(address: str) -> None:
    """Without a user-defined 0/0, ranges that Azure was seen to drop are not let out silently (R8a)."""
    assert scene(table=False).out(to(address)).verdict is not ALLOW


def test_intra_subnet_by_appliance() -> None:
    """A user's route for the VNet range takes traffic inside the subnet too (R7)."""
    assert scene(routes=[route("vnet", SPOKE, TO_FIREWALL, FIREWALL)]).next_hops("10.1.1.9") == (
        "virtualappliance 10.0.0.4",
    )


def test_user_route_over_peering() -> None:
    """A user's route as long as a peering range, or longer, takes it; a shorter one does not (R2, R6)."""
    longer = scene(routes=[route("part", "10.0.5.0/24", "None")])

    assert longer.next_hops("10.0.5.5") == ("none",)
    assert longer.next_hops("10.0.6.5") == ("peering",)


# Peerings.


def _peered(**flags: object) -> Scene:
    return scene(
        spoke_peerings=[peering("spoke", "hub", HUB, **flags)],
        hub_subnets=[subnet("hub", "services", "10.0.5.0/24"), subnet("hub", "later", "10.9.5.0/24")],
        network_rules=[allow_network()],
    )


@pytest.mark.parametrize("address", ["10.9.5.5", "10.0.5.5"])
def test_peering_out_of_sync(address: str) -> None:
    """What only one side of a peering knows of is not decided; what both know of still is (R12)."""
    current = {"addressPrefixes": [HUB, "10.9.0.0/16"]}
    made = _peered(peeringSyncLevel="LocalNotInSync", remoteVirtualNetworkAddressSpace=current)

    assert made.out(to(address)).verdict is (ALLOW if address == "10.0.5.5" else UNKNOWN)


@pytest.mark.parametrize("state", ["Disconnected", "Initiated"])
def test_peering_that_is_down(state: str) -> None:
    """A peering that is not connected adds no route (H2)."""
    assert _peered(peeringState=state).next_hops("10.0.5.5") == ("virtualappliance 10.0.0.4",)


def test_peering_of_unknown_state() -> None:
    """Whether a peering of unknown state carries traffic is not known."""
    assert _peered(peeringState=None).out(to("10.0.5.5")).verdict is UNKNOWN


def test_half_a_peering() -> None:
    """A peering whose other half is gone carries nothing (H2)."""
    made = scene(hub_peerings=[], hub_subnets=[subnet("hub", "services", "10.0.5.0/24")])

    assert made.out(to("10.0.5.5")).verdict in {BLOCK, UNKNOWN}


# BGP.


@pytest.mark.parametrize("where", ["spoke", "hub"])
def test_bgp_reaches_the_subnet(where: str) -> None:
    """A gateway in the VNet, or one used across a peering, may have learned a longer route (R3, U1)."""
    made = scene(
        default=DIRECT,
        more=[gateway("Vpn", where)],
        spoke_peerings=[peering("spoke", "hub", HUB, useRemoteGateways=where == "hub")],
    )

    assert made.next_hops("52.1.1.1") == ("internet", "bgp")


def test_gateway_that_is_not_used() -> None:
    """A gateway in a peered VNet brings no routes unless the peering uses it (H6)."""
    assert scene(default=DIRECT, more=[gateway("Vpn", "hub")]).next_hops("52.1.1.1") == ("internet",)


def test_gateway_subnet_alone() -> None:
    """Something that lives in GatewaySubnet is a gateway, whether or not it is in the source."""
    place = subnet("spoke", "GatewaySubnet", "10.1.9.0/27", attached=[network_id("virtualNetworkGateways", "g/ip/1")])

    assert scene(default=DIRECT, spoke_subnets=[place]).next_hops("52.1.1.1") == ("internet", "bgp")


def test_bgp_and_names() -> None:
    """A name behind an Internet route is not decided where BGP may have a longer one (R3, U1)."""
    made = scene(default=DIRECT, more=[gateway("ExpressRoute", "spoke")])

    assert made.out(named("a.contoso.com")).verdict is UNKNOWN


def test_bgp_and_peering() -> None:
    """Peering and VNet routes win even over longer BGP routes (R4)."""
    made = scene(more=[gateway("ExpressRoute", "spoke")])

    assert (made.next_hops("10.0.5.5"), made.next_hops("10.1.7.7")) == (("peering",), ("vnetlocal",))


@pytest.mark.parametrize(
    "tags", [[], [tag_list(AppServiceManagement=["13.64.115.0/24"])]], ids=["documented", "listed"]
)
def test_bgp_and_service_tag_route(tags: list[Document]) -> None:
    """A management address behind a tag route is not decided where BGP may have a longer route (R3, A21)."""
    made = scene(routes=[MANAGEMENT], more=[gateway("ExpressRoute", "spoke")], documented=KNOWN, tags=tags)

    assert made.inward(to("13.64.115.203"), "454").verdict is UNKNOWN


# Service tags in routes.


def test_unlisted_tag_holds_what_documents_say() -> None:
    """A tag that no list of the source has holds at least the addresses a document publishes (A20)."""
    made = scene(routes=[MANAGEMENT], documented=KNOWN)

    assert made.inward(to("13.64.115.203"), "454").verdict is ALLOW


def test_unlisted_tag_may_hold_more() -> None:
    """Whether a tag that no list has holds another public address is not known; a private one it does not hold."""
    made = scene(routes=[route("storage", "Storage", "None")], network_rules=[allow_network()])

    assert made.out(to("52.1.1.1")).verdict is UNKNOWN
    assert made.next_hops("10.50.0.5") == ("virtualappliance 10.0.0.4",)


def test_unlisted_tag_yields_to_host_route() -> None:
    """Nothing in a tag is longer than a /32, and at a tie the explicit route wins (R24)."""
    made = scene(routes=[route("storage", "Storage", "None"), route("host", "52.1.1.1/32", "Internet")])

    assert made.next_hops("52.1.1.1") == ("internet",)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (("Storage.EastUS2", "Storage"), "Storage.EastUS2"),
        (("Storage", "AzureCloud.eastus2"), "Storage"),
        (("AzureCloud.eastus2", "AzureCloud"), "AzureCloud.eastus2"),
        (("AzureCloud", "Storage"), "Storage"),
    ],
)
def test_ties_between_tags(tags: tuple[str, str], expected: str) -> None:
    """At an equal prefix: regional tag, top-level tag, AzureCloud of a region, AzureCloud (R25)."""
    listed = tag_list("1", **{each.replace(".", "__"): ["20.60.0.0/16"] for each in tags})
    made = scene(routes=[route(each, each, "Internet") for each in tags], tags=[listed])
    (choice,) = made.routes().decide(to("20.60.1.1"))

    assert [each.name for each in choice.routes] == [expected]


def test_longer_prefix_of_a_broader_tag() -> None:
    """Rank decides only between equal prefixes; a longer prefix of a lesser tag wins (R27)."""
    listed = tag_list(Storage=["20.60.0.0/24"], Storage__EastUS2=["20.60.0.0/16"])
    made = scene(routes=[route(each, each, "Internet") for each in ("Storage", "Storage.EastUS2")], tags=[listed])
    (choice,) = made.routes().decide(to("20.60.0.1"))

    assert [each.name for each in choice.routes] == ["Storage"]


# Service endpoints.


def test_service_endpoint_over_user_route() -> None:
    """A service endpoint wins over any user-defined route, a longer one too (R5)."""
    listed = tag_list(Storage=["20.60.0.0/16"], Storage__EastUS2=["20.60.0.0/16"])
    made = scene(
        endpoints=["Microsoft.Storage"],
        regions=["eastus2"],
        routes=[route("longer", "20.60.1.0/24", TO_FIREWALL, FIREWALL)],
        tags=[listed],
    )

    assert made.out(to("20.60.1.1")).walk.path is Path.SERVICE_ENDPOINT


def test_service_endpoint_that_failed() -> None:
    """A service endpoint that is not provisioned adds no route."""
    endpoint = {"service": "Microsoft.Storage", "locations": ["*"], "provisioningState": "Failed"}
    made = scene(ase={"serviceEndpoints": [endpoint]})

    assert made.next_hops("20.60.1.1") == ("virtualappliance 10.0.0.4",)


def test_global_service_endpoint() -> None:
    """A service endpoint of all regions takes the whole tag (R32)."""
    listed = tag_list(Storage=["20.60.0.0/16", "52.239.0.0/16"])
    made = scene(endpoints=["Microsoft.Storage.Global"], regions=["*"], tags=[listed])

    assert {made.next_hops(each) for each in ("20.60.1.1", "52.239.1.1")} == {("service-endpoint",)}


@pytest.mark.parametrize(
    ("service", "name", "verdict"),
    [
        ("Microsoft.Storage.Global", "x.blob.core.windows.net", ALLOW),
        ("Microsoft.KeyVault", "x.vault.azure.net", ALLOW),
        ("Microsoft.EventHub", "x.servicebus.windows.net", UNKNOWN),
        ("Microsoft.Storage.Global", "login.microsoftonline.com", BLOCK),
    ],
)
def test_service_endpoint_of_all_regions_carries_every_name(service: str, name: str, verdict: Verdict) -> None:
    """A service endpoint of all regions leaves no other way to a name that only its service has (R32, R33)."""
    found = scene(endpoints=[service], regions=["*"]).out(named(name))

    assert found.verdict is verdict
    assert (found.trace.path is Path.SERVICE_ENDPOINT) == (verdict is ALLOW)


def test_a_region_that_the_list_leaves_out_takes_nothing_from_another() -> None:
    """What the tag of one region holds goes by the service endpoint, though the list lacks another region (R31)."""
    listed = tag_list(Storage=["20.60.0.0/16"], Storage__EastUS2=["20.60.0.0/17"])
    made = scene(endpoints=["Microsoft.Storage"], tags=[listed])

    assert made.next_hops("20.60.1.1") == ("service-endpoint",)
    assert made.out(to("20.60.200.1")).verdict is UNKNOWN


def test_regional_service_endpoint_and_whole_tag() -> None:
    """A service endpoint of some regions does not carry a requirement on the whole service tag (R32)."""
    made = scene(endpoints=["Microsoft.Storage"], regions=["eastus2"])

    assert made.out(tagged("Storage")).verdict is not ALLOW


def test_service_endpoint_and_other_names() -> None:
    """A service endpoint leaves names of other services to the routes (R31)."""
    made = scene(endpoints=["Microsoft.Storage"], application_rules=[allow_names("login.microsoftonline.com")])

    assert made.out(named("login.microsoftonline.com")).walk.path is Path.FIREWALL


def test_service_endpoint_on_the_firewall_subnet() -> None:
    """A spoke without a service endpoint goes through the firewall, which may use its own (R37)."""
    wall_place = {"service": "Microsoft.Storage", "locations": ["*"], "provisioningState": "Succeeded"}
    made = scene(application_rules=[allow_names("*.blob.core.windows.net")])
    hub = vnet("hub", HUB, [subnet("hub", "AzureFirewallSubnet", "10.0.0.0/26")], [peering("hub", "spoke", SPOKE)])
    hub["properties"]["subnets"][0]["properties"]["serviceEndpoints"] = [wall_place]
    with_endpoint = scene(
        application_rules=[allow_names("*.blob.core.windows.net")], without=["hub"], more=[{**hub, "name": "hub-se"}]
    )
    for each in (made, with_endpoint):
        found = each.out(named("x.blob.core.windows.net"))

        assert (found.verdict, found.walk.path) == (ALLOW, Path.FIREWALL)


@pytest.mark.parametrize("end", [named("x.blob.core.windows.net"), to("20.60.1.1")], ids=["name", "address"])
def test_service_endpoint_policy(end: Endpoint) -> None:
    """Behind a service endpoint policy, whether a storage account is one of those listed is not known (R38)."""
    made = scene(
        endpoints=["Microsoft.Storage"],
        regions=["*"],
        ase={"serviceEndpointPolicies": [{"id": network_id("serviceEndpointPolicies", "few")}]},
        network_rules=[allow_network()],
        tags=[tag_list(Storage=["20.60.0.0/16"])],
    )

    assert made.out(end).verdict is UNKNOWN


# Ends whose addresses are not known.


def test_name_may_lie_behind_a_narrower_route() -> None:
    """A name that may have an address which another route drops is not decided (R1)."""
    made = scene(routes=[route("drop", "52.0.0.0/8", "None")], network_rules=[allow_network()])

    assert made.out(named("a.contoso.com")).verdict is UNKNOWN


def test_host_route_cannot_make_a_name_pass() -> None:
    """A route for one address out to the Internet lets no name past a firewall that stops it."""
    made = scene(routes=[route("host", "52.1.1.1/32", "Internet")])

    assert made.out(named("a.contoso.com")).verdict is BLOCK


def test_host_route_that_breaks_a_name() -> None:
    """A route that drops one address leaves open whether a name that is free otherwise passes."""
    made = scene(routes=[route("host", "52.1.1.1/32", "None")], network_rules=[allow_network()])

    assert made.out(named("a.contoso.com")).verdict is UNKNOWN


# What cannot be read.


@pytest.mark.parametrize("left_out", ["rt", "spoke"])
def test_unreadable_routes(left_out: str) -> None:
    """Without the route table, or the VNet, of the subnet its routes are not known (U8)."""
    alone = subnet("spoke", "ase", ASE, table="rt")
    made = scene(without=[left_out], more=[alone])

    assert made.out(named("a.contoso.com")).trace.reason.code == "route-table-unreadable"


def test_unknown_next_hop_type() -> None:
    """A next hop type that Azure may add is not decided (J2)."""
    made = scene(default=route("default", "0.0.0.0/0", "HyperNetGateway"))

    assert made.out(to("8.8.8.8")).verdict is UNKNOWN


def test_gateway_as_next_hop() -> None:
    """A route to a VPN gateway leads where configuration ends (U2); one beside ExpressRoute is invalid (R19)."""
    to_gateway = route("default", "0.0.0.0/0", "VirtualNetworkGateway")
    vpn = scene(default=to_gateway, propagation=False, more=[gateway("Vpn", "spoke")])
    express = scene(default=to_gateway, propagation=False, more=[gateway("ExpressRoute", "spoke")])

    assert (vpn.out(to("8.8.8.8")).verdict, express.out(to("8.8.8.8")).verdict) == (UNKNOWN, BLOCK)


@pytest.mark.parametrize(("borrowed", "verdict"), [(True, BLOCK), (False, UNKNOWN)])
def test_gateway_of_a_peer_as_next_hop(borrowed: bool, verdict: Verdict) -> None:  # noqa: FBT001 - a parameter of the test
    """An ExpressRoute gateway borrowed from a peered VNet makes a route to the gateway invalid too (R19, H6)."""
    made = scene(
        default=route("default", "0.0.0.0/0", "VirtualNetworkGateway"),
        propagation=False,
        spoke_peerings=[peering("spoke", "hub", HUB, useRemoteGateways=borrowed)],
        hub_peerings=[peering("hub", "spoke", SPOKE, allowGatewayTransit=True)],
        more=[gateway("ExpressRoute", "hub")],
    )

    assert made.out(to("8.8.8.8")).verdict is verdict


CLOSED: Document = {"defaultOutboundAccess": False}
OTHER = machine("vm2", "spoke", "ase", "10.1.1.5")
BALANCED = load_balancer("lb", ["vm"], public="pip-lb")


@pytest.mark.parametrize(
    ("fields", "more", "verdict"),
    [
        ({}, [], BLOCK),
        ({}, [machine("vm", "spoke", "ase", "10.1.1.4")], BLOCK),
        ({}, [machine("vm", "spoke", "ase", "10.1.1.4", public="pip")], ALLOW),
        ({}, [machine("vm", "spoke", "ase", "10.1.1.4", public="pip"), OTHER], UNKNOWN),
        ({}, [machine("vm", "spoke", "ase", "10.1.1.4"), BALANCED], UNKNOWN),
        ({}, [environment("ase", "spoke", "ase")], ALLOW),
        ({"natGateway": {"id": network_id("natGateways", "nat")}}, [], ALLOW),
        ({}, [application_gateway("agw", "spoke", "ase", "WAF_v2")], UNKNOWN),
        ({"delegations": [{"name": "d", "properties": {"serviceName": "Microsoft.App/environments"}}]}, [], UNKNOWN),
        ({"ipConfigurations": [{"id": configuration_id("unread")}]}, [], UNKNOWN),
        ({"ipConfigurations": [{"id": network_id("bastionHosts", "b") + "/ip/b"}]}, [], UNKNOWN),
    ],
)
def test_subnet_without_outbound_access(fields: Document, more: list[Document], verdict: Verdict) -> None:
    """The Internet as next hop needs an egress identity, which a subnet may be told not to have by default (R44)."""
    made = scene(default=DIRECT, ase=CLOSED | fields, more=more)

    assert made.out(to("8.8.8.8")).verdict is verdict


def test_azure_dns_takes_no_user_route() -> None:
    """Traffic to the platform's own address is not sent to a firewall by 0/0 (R45)."""
    assert scene().out(to("168.63.129.16"), "53", "udp").walk.path is not Path.FIREWALL


def test_platform_dns_with_default_route() -> None:
    """A default route to nowhere does not cut a subnet from the platform's DNS (R45)."""
    made = scene(default=route("default", "0.0.0.0/0", "None"))

    assert made.out(to("168.63.129.16"), "53", "udp").verdict is ALLOW


def test_table_of_f0() -> None:
    """The fixture routes what it says."""
    made = scene()

    assert DEFAULT["properties"]["addressPrefix"] == "0.0.0.0/0"
    assert {each: made.next_hops(each) for each in ("8.8.8.8", "10.1.7.7", "10.0.7.7")} == {
        "8.8.8.8": ("virtualappliance 10.0.0.4",),
        "10.1.7.7": ("vnetlocal",),
        "10.0.7.7": ("peering",),
    }
    assert made.out(to("10.9.9.9,8.8.8.8")).verdict is not PARTIAL


@pytest.mark.parametrize(("second", "verdict"), [(FIREWALL, ALLOW), ("10.0.0.9", UNKNOWN)])
def test_two_regional_tags_at_one_prefix(second: str, verdict: Verdict) -> None:
    """Which of two regional tags wins at the same prefix is not documented; it matters only where they differ (R25)."""
    tags = [tag_list(Storage__EastUS2=["20.60.0.0/16"], Sql__EastUS2=["20.60.0.0/16"])]
    routes = [
        route("storage", "Storage.EastUS2", TO_FIREWALL, FIREWALL),
        route("sql", "Sql.EastUS2", TO_FIREWALL, second),
    ]
    made = scene(routes=routes, tags=tags, network_rules=[allow_network()])

    assert made.out(to("20.60.1.1")).verdict is verdict
