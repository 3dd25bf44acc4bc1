"""Builds Azure Virtual WAN as ARM documents, and one scene of it: two spokes on a hub with a firewall.

Spoke `spoke` 10.1.0.0/16 with subnet `ase`, spoke `shop` 10.2.0.0/16 with subnet `web`, both connected to `hub1`
(10.200.0.0/23) with firewall `hfw` 10.200.0.132, which follows policy `pol`. The routing intent of the hub has both
policies, both connections take the default route, `ase` has a route table without a default route. Peerings to the
network of the hub look as Azure makes them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from auditor.engine.network import Network
from auditor.estate.estate import Estate, build_estate
from auditor.estate.snapshot import Snapshot
from auditor.estate.tags import Tags
from auditor.findings import Gap, Source
from tests.builders import (
    Document,
    application_rule,
    collection,
    firewall,
    group,
    network_id,
    network_rule,
    peering,
    policy,
    route_table,
    subnet,
    vnet,
)
from tests.engine.scenes import ASE, SPOKE, Scene

SHOP, WEB, HUB_SPACE, HUB_FIREWALL = "10.2.0.0/16", "10.2.1.0/24", "10.200.0.0/23", "10.200.0.132"
_GUID = "7e0a7a3c-5d52-4f8e-9a53-0d8a4b6f2c11"
_MICROSOFT = "/subscriptions/4cd6662f-87e7-4798-97b8-bab6a011b145/resourceGroups/RG_hub"
PRIVATE_RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")

SNAPSHOT = Source(kind="snapshot", location="scene.json", digest="sha256:0")
FILES = Source(kind="files", location="folder", digest="sha256:0")


def _hub_part(hub_name: str, kind: str, name: str, properties: Document) -> Document:
    return {
        "id": f"{network_id('virtualHubs', hub_name)}/{kind}/{name}",
        "name": name,
        "type": f"Microsoft.Network/virtualHubs/{kind}",
        "properties": {"provisioningState": "Succeeded", **properties},
    }


def hub(name: str = "hub1", address: str = HUB_SPACE, *, wan: str | None = "wan", **more: Any) -> Document:  # noqa: ANN401 - ARM's own fields
    """Return a hub of a Virtual WAN; with `wan` None, a Route Server."""
    properties: Document = {"provisioningState": "Succeeded", "routingState": "Provisioned", "sku": "Standard"}
    if wan is not None:
        properties |= {"addressPrefix": address, "virtualWan": {"id": network_id("virtualWans", wan)}}
    return {
        "id": network_id("virtualHubs", name),
        "name": name,
        "type": "Microsoft.Network/virtualHubs",
        "location": "westeurope",
        "properties": properties | more,
    }


def table_id(hub_name: str, name: str) -> str:
    """Return the id of a route table of a hub."""
    return f"{network_id('virtualHubs', hub_name)}/hubRouteTables/{name}"


def connection(
    vnet_name: str,
    hub_name: str = "hub1",
    *,
    secured: bool | None = True,
    propagated: str = "noneRouteTable",
    labels: Sequence[str] = ("none",),
    **more: Any,  # noqa: ANN401 - ARM's own fields
) -> Document:
    """Return the connection of a VNet to a hub, routed as Azure does under a routing intent."""
    routing = {
        "associatedRouteTable": {"id": table_id(hub_name, "defaultRouteTable")},
        "propagatedRouteTables": {"labels": list(labels), "ids": [{"id": table_id(hub_name, propagated)}]},
        "vnetRoutes": {"staticRoutes": [], "staticRoutesConfig": {"vnetLocalRouteOverrideCriteria": "Contains"}},
    }
    properties = {
        "remoteVirtualNetwork": {"id": network_id("virtualNetworks", vnet_name)},
        "enableInternetSecurity": secured,
        "routingConfiguration": routing,
        "connectivityStatus": "Connected",
        **more,
    }
    return _hub_part(hub_name, "hubVirtualNetworkConnections", f"{hub_name}-{vnet_name}", properties)


def plain_connection(vnet_name: str, hub_name: str = "hub1", **more: Any) -> Document:  # noqa: ANN401 - ARM's own fields
    """Return a connection that is associated with, and propagates to, the default route table."""
    return connection(vnet_name, hub_name, propagated="defaultRouteTable", labels=("default",), **more)


def routing_intent(
    hub_name: str = "hub1",
    *,
    internet: str | None = "hfw",
    private: str | None = "hfw",
    kind: str = "azureFirewalls",
    **more: Any,  # noqa: ANN401 - ARM's own fields
) -> Document:
    """Return the routing intent of a hub. internet, private: names of the next hops; None leaves the policy out."""
    hops = {"Internet": internet, "PrivateTraffic": private}
    policies = [
        {"name": f"_policy_{word}", "destinations": [word], "nextHop": network_id(kind, name)}
        for word, name in hops.items()
        if name is not None
    ]
    return _hub_part(hub_name, "routingIntent", "hubRoutingIntent", {"routingPolicies": policies, **more})


def hub_route(name: str, prefixes: Sequence[str], next_hop: str | None = None) -> Document:
    """Return a static route of a hub route table. next_hop: ARM id; the firewall of `hub1` where not given."""
    return {
        "name": name,
        "destinationType": "CIDR",
        "destinations": list(prefixes),
        "nextHopType": "ResourceId",
        "nextHop": next_hop or network_id("azureFirewalls", "hfw"),
    }


def hub_table(
    hub_name: str = "hub1",
    routes: Iterable[Document] = (),
    *,
    name: str = "defaultRouteTable",
    labels: Sequence[str] = ("default",),
) -> Document:
    """Return a route table of a hub."""
    return _hub_part(hub_name, "hubRouteTables", name, {"labels": list(labels), "routes": list(routes)})


def bgp_connection(hub_name: str = "hub1") -> Document:
    """Return a BGP connection of a hub."""
    return _hub_part(hub_name, "bgpConnections", "speaker", {"peerAsn": 65001, "peerIp": "10.2.1.4"})


def policy_routes() -> tuple[Document, Document]:
    """Return the routes that a routing intent with both policies puts into the default route table."""
    return (
        hub_route("_policy_PublicTraffic", ["0.0.0.0/0"]),
        hub_route("_policy_PrivateTraffic", PRIVATE_RANGES),
    )


def hub_firewall(name: str = "hfw", hub_name: str = "hub1", address: str = HUB_FIREWALL, **more: Any) -> Document:  # noqa: ANN401 - ARM's own fields
    """Return the firewall of a hub, which follows policy "pol", in the fields Azure returns for it."""
    document = firewall(name, "", None)
    public = [{"address": "52.250.38.190"}]
    document["properties"] = {
        "provisioningState": "Succeeded",
        "sku": {"name": "AZFW_Hub", "tier": "Standard"},
        "additionalProperties": {},
        "virtualHub": {"id": network_id("virtualHubs", hub_name)},
        "hubIPAddresses": {"privateIPAddress": address, "publicIPs": {"addresses": public, "count": 1}},
        "firewallPolicy": {"id": network_id("firewallPolicies", "pol")},
        **more,
    }
    return document


def hub_peering(vnet_name: str, hub_name: str = "hub1", space: str = HUB_SPACE, **flags: Any) -> Document:  # noqa: ANN401 - ARM's own fields
    """Return the peering Azure makes in a VNet that is connected to a hub."""
    remote = f"{_MICROSOFT}/providers/Microsoft.Network/virtualNetworks/HV_{hub_name}_{_GUID}"
    flags = {"allowForwardedTraffic": False, "useRemoteGateways": True, **flags}
    document = peering(vnet_name, hub_name, space, remoteVirtualNetwork={"id": remote}, **flags)
    document["name"] = f"RemoteVnetToHubPeering_{_GUID}"
    return document


RULES = (
    collection("allow-network", 200, "Allow", [network_rule("inside", ["10.0.0.0/8", "40.0.0.0/16"], ["443"])]),
    collection("allow-names", 300, "Allow", [application_rule("names", ["*.contoso.com"])]),
)
"""The rules of policy `pol`: everything inside on 443, and the names of contoso.com."""


def hub_policy(rules: Iterable[Document] = RULES) -> tuple[Document, Document]:
    """Return policy `pol` with its rules."""
    return policy("pol", ["rules"]), group("pol", "rules", 300, rules)


def wan_documents(  # noqa: PLR0913 - each names one thing that a test may change
    *,
    routes: Iterable[Document] = (),
    propagation: bool = True,
    table: bool = True,
    spoke: Document | None = None,
    shop: Document | None = None,
    hubs: Iterable[Document] | None = None,
    intents: Iterable[Document] | None = None,
    tables: Iterable[Document] | None = None,
    walls: Iterable[Document] | None = None,
    rules: Iterable[Document] = RULES,
    peered: bool = True,
    more: Iterable[Document] = (),
) -> list[Document]:
    """Return the documents of the scene with changes.

    routes, propagation, table: of the route table of `ase`. spoke, shop: the connections. walls: the firewalls.
    peered: whether the VNets show their peerings to the hub. more: further documents.
    """
    ase = subnet("spoke", "ase", ASE, table="rt" if table else None)
    web = subnet("shop", "web", WEB, table="rt-shop")
    documents = [
        vnet("spoke", SPOKE, [ase], [hub_peering("spoke")] if peered else []),
        vnet("shop", SHOP, [web], [hub_peering("shop")] if peered else []),
        route_table("rt-shop", []),
        spoke or connection("spoke"),
        shop or connection("shop"),
        *([hub()] if hubs is None else hubs),
        *([routing_intent()] if intents is None else intents),
        *([hub_table("hub1", policy_routes())] if tables is None else tables),
        *([hub_firewall()] if walls is None else walls),
        *hub_policy(rules),
        *more,
    ]
    return [*documents, *([route_table("rt", routes, propagation=propagation)] if table else [])]


def wan_estate(documents: Iterable[Document], *, source: Source = SNAPSHOT, gaps: Iterable[Gap] = ()) -> Estate:
    """Return the estate of documents: of a whole snapshot, or of files that need not hold everything."""
    snapshot = Snapshot(resources=tuple(documents), service_tags=(), gaps=tuple(gaps), sources=(source,))
    return build_estate(snapshot)


def wan_scene(
    *,
    source: Source = SNAPSHOT,
    gaps: Iterable[Gap] = (),
    without: Sequence[str] = (),
    **changes: Any,  # noqa: ANN401 - changes of the documents
) -> Scene:
    """Return the scene with changes. without: names of documents that are left out."""
    documents = [each for each in wan_documents(**changes) if each["name"] not in without]
    estate = wan_estate(documents, source=source, gaps=gaps)
    return Scene(Network(estate, Tags(estate.tags.get("public"), {})))
