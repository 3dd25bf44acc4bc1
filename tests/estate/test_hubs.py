"""Hubs of Virtual WAN as the estate reads them: embedded or on their own, in Azure's spelling or that of `az`."""

from typing import Any

import pytest

from auditor.collectors.documents import read_documents
from auditor.collectors.needed import needed_spelling, type_of_id
from auditor.estate.arm import key
from auditor.estate.estate import Estate
from auditor.estate.hub import leads_to_hub
from auditor.findings import Gap
from tests.builders import Document, network_id, peering, vnet
from tests.engine.scenes import HUB
from tests.hubs import (
    HUB_FIREWALL,
    HUB_SPACE,
    bgp_connection,
    connection,
    hub,
    hub_firewall,
    hub_peering,
    hub_route,
    hub_table,
    routing_intent,
    table_id,
    wan_documents,
    wan_estate,
)

HUB_1 = key(network_id("virtualHubs", "hub1"))


def _without_id(document: Document) -> Document:
    return {name: value for name, value in document.items() if name not in {"id", "type"}}


def _kinds(estate: Estate) -> list[str]:
    return [each.what for each in estate.gaps]


def _gap(estate: Estate) -> Gap:
    (found,) = estate.gaps
    return found


def test_a_hub_is_read_with_its_parts() -> None:
    """Connections, the routing intent, route tables and BGP connections are found by the hub they belong to."""
    estate = wan_estate(wan_documents(more=[bgp_connection()]))

    parts = estate.wan.parts_of(HUB_1)

    assert estate.gaps == ()
    assert [each.name for each in parts.connections] == ["hub1-shop", "hub1-spoke"]
    assert [each.destinations for each in parts.intents[0].policies] == [("internet",), ("privatetraffic",)]
    assert [each.name for each in parts.tables[0].routes] == ["_policy_PrivateTraffic", "_policy_PublicTraffic"]
    assert parts.others == ("speaker",)
    assert estate.wan.parts_of("another").connections == ()


def test_a_connection_says_how_it_is_routed() -> None:
    """Its VNet, its table and labels, and whether it takes the default route are told."""
    (found,) = wan_estate([vnet("spoke", HUB), hub(), connection("spoke")]).wan.of_vnet[
        key(network_id("virtualNetworks", "spoke"))
    ]

    assert (found.hub, found.internet_security, found.static_routes, found.route_maps) == (HUB_1, True, False, False)
    assert found.associated == key(table_id("hub1", "defaultRouteTable"))
    assert (found.propagated, found.labels) == ((key(table_id("hub1", "noneRouteTable")),), ("none",))


def test_what_a_connection_does_not_say_is_not_false() -> None:
    """Without enableInternetSecurity and routingConfiguration both are unknown, not off."""
    plain = connection("spoke", secured=None, routingConfiguration=None)

    (found,) = wan_estate([hub(), plain]).wan.of_vnet[key(network_id("virtualNetworks", "spoke"))]

    assert (found.internet_security, found.associated, found.propagated) == (None, None, ())


def test_embedded_connections_count_like_documents() -> None:
    """A connection that Azure embeds in its hub is the same as one of its own, and both together are one."""
    alone = wan_estate([hub(), connection("spoke")])
    embedded = wan_estate([hub(virtualNetworkConnections=[_without_id(connection("spoke"))])])
    both = wan_estate([hub(virtualNetworkConnections=[connection("spoke")]), connection("spoke")])

    assert [each.gaps for each in (alone, embedded, both)] == [(), (), ()]
    assert alone.wan.of_vnet == embedded.wan.of_vnet == both.wan.of_vnet


def test_a_connection_that_contradicts_itself_is_a_gap() -> None:
    """Embedded one way and standing on its own another way, it is not believed either way."""
    estate = wan_estate([hub(virtualNetworkConnections=[connection("spoke", secured=False)]), connection("spoke")])

    assert estate.wan.of_vnet == {}
    assert "twice" in _gap(estate).why


def test_a_connection_that_is_only_named_is_a_gap() -> None:
    """An id without content says that there is a connection, and not to what."""
    estate = wan_estate([hub(virtualNetworkConnections=[{"id": connection("spoke")["id"]}])])

    assert estate.wan.of_vnet == {}
    assert (_gap(estate).what, "named by its hub" in _gap(estate).why) == (
        "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections",
        True,
    )


@pytest.mark.parametrize(
    ("document", "field", "value"),
    [
        (connection("spoke"), "remoteVirtualNetwork", None),
        (connection("spoke"), "remoteVirtualNetwork", {"id": 7}),
        (routing_intent(), "routingPolicies", None),
        (routing_intent(), "routingPolicies", [{"name": "p", "destinations": ["Internet"]}]),
        (routing_intent(), "routingPolicies", [{"name": "p", "nextHop": "x"}]),
        (hub_table(), "routes", None),
        (hub_table(), "routes", [hub_route("r", ["10.0.0.0/99"])]),
        (hub_table(), "routes", [hub_route("r", [])]),
        (hub(), "virtualWan", {"id": 1}),
        (hub(), "addressPrefix", "everything"),
    ],
)
def test_what_lacks_what_decides_is_a_gap(document: Document, field: str, value: Any) -> None:  # noqa: ANN401 - JSON
    """A part of a hub without what it is for is unreadable: absent is not empty."""
    damaged = {**document, "properties": {**document["properties"], field: value}}

    assert [key(each.scope) for each in wan_estate([damaged]).gaps if each.what == document["type"]] == [
        key(document["id"])
    ]


def test_a_route_server_is_no_hub_of_a_virtual_wan() -> None:
    """Azure keeps Route Servers under the type of hubs; they name no Virtual WAN."""
    estate = wan_estate([hub("rs", wan=None), hub()])

    assert {each.name: bool(each.wan) for each in estate.wan.hubs.values()} == {"rs": False, "hub1": True}


def test_branches_are_told() -> None:
    """The gateways of a hub attach branches; a hub whose document holds none of them has none."""
    gateways: dict[str, Any] = {
        "vpnGateway": {"id": network_id("vpnGateways", "vpn")},
        "expressRouteGateway": {"id": network_id("expressRouteGateways", "er")},
        "p2SVpnGateway": None,
    }
    one, other = wan_estate([hub("a", **gateways), hub("b")]).wan.hubs.values()

    assert ([each.rpartition("/")[2] for each in one.branches], other.branches) == (["er", "vpn"], ())


def test_old_kinds_of_routing_are_told() -> None:
    """Routes in the hub itself, and BGP connections it names, are not overlooked."""
    routes = {"routes": [{"addressPrefixes": ["10.9.0.0/16"], "nextHopIpAddress": "10.2.1.4"}]}
    a, b, c = wan_estate(
        [
            hub("a", routeTable=routes),
            hub("b", virtualHubRouteTableV2s=[{"id": "x"}], sku="Basic"),
            hub("c", bgpConnections=[{"id": "x"}], routeTable={"routes": []}),
        ]
    ).wan.hubs.values()

    assert [(each.old_routes, each.bgp, each.basic) for each in (a, b, c)] == [
        (True, False, False),
        (True, False, True),
        (False, True, False),
    ]


@pytest.mark.parametrize("spelling", ["hubIPAddresses", "hubIpAddresses"])
def test_a_firewall_in_a_hub_is_read_in_both_spellings(spelling: str) -> None:
    """Azure and older `az` spell its addresses differently; it has no subnet in either."""
    document = hub_firewall()
    addresses = document["properties"].pop("hubIPAddresses")
    last = "privateIPAddress" if spelling == "hubIPAddresses" else "privateIpAddress"
    document["properties"][spelling] = {**addresses, "privateIPAddress": None, last: HUB_FIREWALL}

    (found,) = wan_estate([document]).firewalls.values()

    assert (found.sku, found.hub, [(each.address, each.subnet) for each in found.addresses]) == (
        "azfw_hub",
        HUB_1,
        [(HUB_FIREWALL, "")],
    )


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (hub_peering("spoke"), True),
        ({**hub_peering("spoke"), "name": "renamed"}, True),
        (peering("spoke", "hub", HUB), False),
        (peering("spoke", "HV_hub", HUB), False),
        (peering("spoke", "hub", HUB, remoteVirtualNetwork={"id": network_id("virtualHubs", "hub1")}), True),
    ],
)
def test_the_peering_to_a_hub_is_known_by_its_names(document: Document, expected: bool) -> None:  # noqa: FBT001 - expected
    """Azure names the peering, or the network of the hub that it leads to; a VNet of a similar name is a VNet."""
    (found,) = wan_estate([vnet("spoke", "10.1.0.0/16", [], [document])]).virtual_networks.values()

    assert leads_to_hub(found.peerings[0]) is expected


def test_the_network_of_a_hub_is_no_gap_where_the_connection_was_read() -> None:
    """Nobody can read that network, and nobody needs to: what decides is the connection."""
    assert wan_estate(wan_documents()).gaps == ()


def test_a_hub_that_only_a_peering_shows_is_one_gap() -> None:
    """Without a connection the peering tells that a hub teaches routes, and not which."""
    estate = wan_estate([vnet("spoke", "10.1.0.0/16", [], [hub_peering("spoke")])])

    assert "connected to a virtual hub by RemoteVnetToHubPeering" in _gap(estate).why


def test_what_hubs_refer_to_and_is_not_there_is_a_gap() -> None:
    """A connection names its hub, a routing intent its firewall."""
    assert _kinds(wan_estate([connection("spoke")])) == ["Microsoft.Network/virtualHubs"]
    assert _kinds(wan_estate([hub(), routing_intent()])) == ["Microsoft.Network/azureFirewalls"]
    assert _kinds(wan_estate([hub(), routing_intent(kind="networkVirtualAppliances")])) == []


@pytest.mark.parametrize(
    "document",
    [hub(), connection("spoke"), routing_intent(), hub_table(), bgp_connection()],
    ids=lambda each: each["type"],
)
def test_collectors_keep_hubs_and_their_parts(document: Document) -> None:
    """Their types are needed, and an id alone tells them."""
    assert needed_spelling(document["type"].upper()) == document["type"]
    assert type_of_id(document["id"]) == document["type"]


def test_output_of_az_is_read() -> None:
    """`az network vhub ... list` flattens properties and leaves out the type."""
    nested = [hub(), connection("spoke"), routing_intent(), hub_table()]
    flat = [
        {"id": each["id"], "name": each["name"], "resourceGroup": "rg-network", **each["properties"]} for each in nested
    ]

    read: list[Any] = [document for each in flat for document in read_documents(each)]

    assert wan_estate(read).wan == wan_estate(nested).wan
    assert wan_estate(read).wan.hubs[HUB_1].addresses == wan_estate([hub(address=HUB_SPACE)]).wan.hubs[HUB_1].addresses
