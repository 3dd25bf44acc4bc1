"""Hubs of Virtual WAN, their connections, routing intents and route tables from ARM documents.

Every reader raises ValueError, with the place in its text, where what decides is missing. Fields: specification
section 6.1, and Microsoft.Network virtualHubs in Azure/azure-rest-api-specs, 2024-05-01.
"""

from collections.abc import Mapping
from typing import Any

from auditor.estate.addresses import address_set, prefix, union
from auditor.estate.arm import (
    children,
    flag,
    id_of,
    key,
    mapping,
    name_of,
    objects,
    parent_id,
    properties,
    reference,
    required_objects,
    text,
    texts,
)
from auditor.estate.faults import inside
from auditor.estate.hub import (
    HubConnection,
    HubParts,
    HubRoute,
    HubRouteTable,
    RoutingIntent,
    RoutingPolicy,
    VirtualHub,
    VirtualWan,
)
from auditor.estate.snapshot import Document
from auditor.findings import Gap

_BRANCHES = ("vpnGateway", "p2SVpnGateway", "p2sVpnGateway", "expressRouteGateway")
_OLD_TABLES = ("virtualHubRouteTableV2s", "virtualHubRouteTableV2S")
CONNECTIONS = "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections"
_LIST_CONNECTIONS = "add it, as `az network vhub connection list` prints it, or the permission to read it"


def read_hub(document: Document) -> VirtualHub:
    """Return the hub, or Route Server, of a `Microsoft.Network/virtualHubs` document."""
    fields = properties(document)
    hub_id = id_of(document)
    old = (
        *objects(mapping(fields.get("routeTable")), "routes"),
        *(each for field in _OLD_TABLES for each in objects(fields, field)),
    )
    embedded = objects(fields, "virtualNetworkConnections")
    return VirtualHub(
        id=hub_id,
        name=name_of(document),
        wan=key(reference(fields.get("virtualWan"))),
        addresses=union(map(address_set, texts(fields.get("addressPrefix")))),
        branches=tuple(sorted({key(reference(fields[each])) for each in _BRANCHES if fields.get(each)})),
        firewall=key(reference(fields.get("azureFirewall"))),
        basic=text(fields.get("sku")).lower() == "basic",
        bgp=bool(objects(fields, "bgpConnections")),
        old_routes=bool(old),
        connections=tuple(read_hub_connection(each, hub_id) for each in embedded if _described(each)),
        named=tuple(sorted(key(id_of(each)) for each in embedded if not _described(each))),
        state=text(fields.get("provisioningState")).lower(),
        routing_state=text(fields.get("routingState")).lower(),
    )


def _described(child: Mapping[str, Any]) -> bool:
    """Tell whether an embedded connection is more than its id."""
    return bool(properties(child).get("remoteVirtualNetwork"))


def read_hub_connection(child: Mapping[str, Any], hub_id: str = "") -> HubConnection:
    """Return the connection of a document of its own, or of one embedded in the hub `hub_id`."""
    fields = properties(child)
    arm_id = id_of(child) or f"{hub_id}/hubVirtualNetworkConnections/{name_of(child)}"
    with inside(f"connection {name_of(child)}"):
        vnet = reference(fields.get("remoteVirtualNetwork"))
        if not vnet:
            raise ValueError("it does not say which VNet it connects")
        routing = mapping(fields.get("routingConfiguration"))
        propagated = mapping(routing.get("propagatedRouteTables"))
        secured = fields.get("enableInternetSecurity")
        return HubConnection(
            id=arm_id,
            name=name_of(child),
            hub=key(parent_id(arm_id)),
            vnet=key(vnet),
            internet_security=None if secured is None else flag(secured, default=False),
            associated=key(reference(routing.get("associatedRouteTable"))) or None,
            propagated=tuple(sorted(key(reference(each)) for each in children(propagated.get("ids")))),
            labels=tuple(sorted(each.lower() for each in texts(propagated.get("labels")))),
            static_routes=bool(objects(mapping(routing.get("vnetRoutes")), "staticRoutes")),
            route_maps=any(mapping(routing.get(each)) for each in ("inboundRouteMap", "outboundRouteMap")),
            state=text(fields.get("provisioningState")).lower(),
        )


def read_routing_intent(document: Document) -> RoutingIntent:
    """Return the routing intent of a `Microsoft.Network/virtualHubs/routingIntent` document."""
    fields = properties(document)
    policies = []
    for each in required_objects(fields, "routingPolicies"):
        with inside(f"routing policy {name_of(each)}"):
            destinations = tuple(sorted(word.lower() for word in texts(each.get("destinations"))))
            next_hop = key(text(each.get("nextHop")))
            if not destinations or not next_hop:
                raise ValueError("it names no destinations or no next hop")
            policies.append(RoutingPolicy(name=name_of(each), destinations=destinations, next_hop=next_hop))
    return RoutingIntent(
        id=id_of(document),
        name=name_of(document),
        hub=key(parent_id(id_of(document))),
        policies=tuple(sorted(policies, key=lambda each: (each.destinations, each.name, each.next_hop))),
        state=text(fields.get("provisioningState")).lower(),
    )


def read_hub_route_table(document: Document) -> HubRouteTable:
    """Return the route table of a `Microsoft.Network/virtualHubs/hubRouteTables` document."""
    fields = properties(document)
    routes = map(_hub_route, required_objects(fields, "routes"))
    return HubRouteTable(
        id=id_of(document),
        name=name_of(document),
        hub=key(parent_id(id_of(document))),
        labels=tuple(sorted(each.lower() for each in texts(fields.get("labels")))),
        routes=tuple(sorted(routes, key=lambda each: (each.name, each.next_hop))),
        state=text(fields.get("provisioningState")).lower(),
    )


def read_hub_part(document: Document) -> str:
    """Return the name of a part of a hub that only matters by being there, such as a BGP connection."""
    return name_of(document)


def _hub_route(child: Mapping[str, Any]) -> HubRoute:
    with inside(f"route {name_of(child)}"):
        cidr = text(child.get("destinationType")).lower() in {"", "cidr"}
        destinations = texts(child.get("destinations"))
        if not destinations:
            raise ValueError("it has no destinations")
        return HubRoute(
            name=name_of(child),
            prefixes=tuple(map(prefix, destinations)) if cidr else None,
            next_hop=key(text(child.get("nextHop"))),
        )


def join_wan(tables: Mapping[str, Mapping[str, Any]], gaps: set[Gap]) -> VirtualWan:
    """Join hubs with what belongs to them. Connections that stand in the source twice and differ are a gap.

    tables: what was read, by ARM type in lower case, then by comparing id.
    """
    kind = "microsoft.network/virtualhubs"
    hubs: Mapping[str, VirtualHub] = tables[kind]
    connections: dict[str, HubConnection] = dict(tables[f"{kind}/hubvirtualnetworkconnections"])
    for each in (each for at in sorted(hubs) for each in hubs[at].connections):
        own = connections.setdefault(key(each.id), each)
        if _decisive(own) != _decisive(each):
            del connections[key(each.id)]
            why = f"connection {each.name} stands in the source twice, with different settings"
            gaps.add(Gap(what=CONNECTIONS, scope=each.id, why=why, needs="keep the newer of the two documents"))
    for at in sorted({at for hub in hubs.values() for at in hub.named} - connections.keys()):
        why = f"connection {at.rpartition('/')[2]} is named by its hub and is not in the source"
        gaps.add(Gap(what=CONNECTIONS, scope=at, why=why, needs=_LIST_CONNECTIONS))
    intents, own_tables = tables[f"{kind}/routingintent"], tables[f"{kind}/hubroutetables"]
    others = {**tables[f"{kind}/bgpconnections"], **tables[f"{kind}/routetables"]}
    found = {each.hub for each in (*connections.values(), *intents.values(), *own_tables.values())}
    parts = {
        hub: HubParts(
            connections=_under(hub, connections),
            intents=_under(hub, intents),
            tables=_under(hub, own_tables),
            others=_under(hub, others),
        )
        for hub in sorted(found | {key(parent_id(at)) for at in others})
    }
    by_vnet: dict[str, list[HubConnection]] = {}
    for at in sorted(connections):
        by_vnet.setdefault(connections[at].vnet, []).append(connections[at])
    return VirtualWan(hubs=hubs, parts=parts, of_vnet={vnet: tuple(each) for vnet, each in by_vnet.items()})


def _under(hub: str, found: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(found[at] for at in sorted(found) if key(parent_id(at)) == hub)


def _decisive(connection: HubConnection) -> tuple[object, ...]:
    return connection.vnet, connection.internet_security, connection.associated, connection.static_routes
