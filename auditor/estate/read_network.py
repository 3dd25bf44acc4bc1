"""VNets, subnets, route tables and NSGs from ARM documents.

Every reader raises ValueError, with the place in its text, where a value could not have come from Azure or an array
that decides is missing; the estate then treats the whole resource as unreadable. Fields: specification section 6.1, J3.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from auditor.estate.addresses import NOTHING, AddressSet, Prefix, address_set, looks_like_address, prefix, union
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
    whole_number,
)
from auditor.estate.default_rules import DEFAULT_SECURITY_RULES
from auditor.estate.faults import inside
from auditor.estate.intervals import IntervalSet
from auditor.estate.network import (
    EndpointPolicy,
    Peering,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityRule,
    ServiceEndpoint,
    Side,
    Subnet,
    VirtualNetwork,
)
from auditor.estate.ports import ALL_PORTS, PortSet, port_set
from auditor.estate.snapshot import Document


def read_virtual_network(document: Document) -> VirtualNetwork:
    """Return the VNet of a `Microsoft.Network/virtualNetworks` document with its embedded subnets and peerings."""
    fields = properties(document)
    vnet_id = id_of(document)
    with inside("addressSpace"):
        prefixes = _prefixes(_address_space(fields.get("addressSpace")))
        if not prefixes:
            raise ValueError("it is empty or missing; read the whole resource, with its properties")
    return VirtualNetwork(
        id=vnet_id,
        name=name_of(document),
        location=text(document.get("location")),
        prefixes=prefixes,
        addresses=union(each.addresses for each in prefixes),
        dns_servers=texts(mapping(fields.get("dhcpOptions")).get("dnsServers")),
        subnets=tuple(read_subnet(each, vnet_id) for each in objects(fields, "subnets")),
        subnets_listed=fields.get("subnets") is not None,
        peerings_listed=fields.get("virtualNetworkPeerings") is not None,
        peerings=tuple(read_peering(each) for each in objects(fields, "virtualNetworkPeerings")),
    )


def read_subnet(child: Mapping[str, Any], vnet_id: str = "") -> Subnet:
    """Return the subnet of a document of its own, or of one embedded in the VNet `vnet_id`."""
    fields = properties(child)
    name = name_of(child)
    subnet_id = id_of(child) or f"{vnet_id}/subnets/{name}"
    ranges = texts(fields.get("addressPrefixes")) or texts(fields.get("addressPrefix"))
    with inside(f"subnet {name}"):
        if not ranges:
            raise ValueError("it has no address prefix; read the whole resource, with its properties")
        addresses = union(each.addresses for each in _prefixes(ranges))
    attached = tuple(
        sorted(key(reference(each)) for each in children(fields.get("ipConfigurations")) if reference(each))
    )
    gateways = [*children(fields.get("applicationGatewayIPConfigurations"))]
    gateways += children(fields.get("applicationGatewayIpConfigurations"))
    return Subnet(
        id=subnet_id,
        name=name,
        vnet=key(parent_id(subnet_id)),
        addresses=addresses,
        prefixes=tuple(sorted(ranges)),
        route_table=_link(fields.get("routeTable")),
        nsg=_link(fields.get("networkSecurityGroup")),
        nat_gateway=_link(fields.get("natGateway")),
        service_endpoints=_service_endpoints(fields),
        endpoint_policies=tuple(
            sorted(key(reference(each)) for each in children(fields.get("serviceEndpointPolicies")))
        ),
        private_endpoint_policies=text(fields.get("privateEndpointNetworkPolicies")).lower(),
        private_endpoints=tuple(sorted(key(reference(each)) for each in children(fields.get("privateEndpoints")))),
        attached=attached,
        application_gateways=bool(gateways) or any("/applicationgateways/" in each for each in attached),
        default_outbound=flag(fields.get("defaultOutboundAccess"), default=True),
        injected=any([*children(fields.get(each))] for each in _GIVEN_AWAY),
    )


_GIVEN_AWAY = ("delegations", "serviceAssociationLinks", "resourceNavigationLinks")


def read_endpoint_policy(document: Document) -> EndpointPolicy:
    """Return the service endpoint policy of a `Microsoft.Network/serviceEndpointPolicies` document."""
    definitions = map(properties, required_objects(properties(document), "serviceEndpointPolicyDefinitions"))
    return EndpointPolicy(
        id=id_of(document),
        name=name_of(document),
        resources=tuple(sorted({key(each) for one in definitions for each in texts(one.get("serviceResources"))})),
    )


def read_peering(child: Mapping[str, Any]) -> Peering:
    """Return one half of a peering. Absent flags read as Azure's defaults; an absent state as ""."""
    fields = properties(child)
    name = name_of(child)
    with inside(f"peering {name}"):
        if not reference(fields.get("remoteVirtualNetwork")):
            raise ValueError("it does not say which VNet it leads to")
        synced = _address_space(fields.get("remoteAddressSpace"))
        current = _address_space(fields.get("remoteVirtualNetworkAddressSpace"))
        prefixes = _prefixes(synced or current)
        level = text(fields.get("peeringSyncLevel")).lower()
        return Peering(
            name=name,
            remote=key(reference(fields.get("remoteVirtualNetwork"))),
            state=text(fields.get("peeringState")).lower(),
            prefixes=prefixes,
            addresses=union(each.addresses for each in prefixes),
            unsettled=_unsettled(synced, current, in_sync=level in {"", "fullyinsync"}),
            allow_access=flag(fields.get("allowVirtualNetworkAccess"), default=True),
            allow_forwarded=flag(fields.get("allowForwardedTraffic"), default=False),
            use_remote_gateways=flag(fields.get("useRemoteGateways"), default=False),
            lends_gateway=flag(fields.get("allowGatewayTransit"), default=True),
        )


def _unsettled(synced: tuple[str, ...], current: tuple[str, ...], *, in_sync: bool) -> AddressSet:
    """Return what only one of two address lists of a peering holds; all of it where one is missing and may differ."""
    one, other = (union(each.addresses for each in _prefixes(ranges)) for ranges in (synced, current))
    if not synced or not current:
        return NOTHING if in_sync else one | other
    return (one - other) | (other - one)


def read_route_table(document: Document) -> RouteTable:
    """Return the route table of a `Microsoft.Network/routeTables` document."""
    fields = properties(document)
    routes = tuple(sorted(map(_route, required_objects(fields, "routes")), key=lambda each: (each.text, each.name)))
    twice = [one for one, other in pairwise(routes) if (one.prefix, one.tag) == (other.prefix, other.tag)]
    if twice:
        raise ValueError(f"two of its routes are for {twice[0].text}, of which Azure takes one only")
    return RouteTable(
        id=id_of(document),
        name=name_of(document),
        routes=routes,
        propagation=not flag(fields.get("disableBgpRoutePropagation"), default=False),
    )


def read_security_group(document: Document) -> SecurityGroup:
    """Return the NSG of a `Microsoft.Network/networkSecurityGroups` document.

    Azure's default rules are added where the document does not carry them: no NSG is without them (N7).
    """
    fields = properties(document)
    custom = [_security_rule(each) for each in required_objects(fields, "securityRules")]
    defaults = [_security_rule(each) for each in objects(fields, "defaultSecurityRules")]
    _apart(custom)
    rules = sorted((*custom, *(defaults or map(_security_rule, DEFAULT_SECURITY_RULES))), key=_rule_order)
    return SecurityGroup(
        id=id_of(document),
        name=name_of(document),
        inbound=tuple(each for each in rules if each.inbound),
        outbound=tuple(each for each in rules if not each.inbound),
    )


def _apart(rules: list[SecurityRule]) -> None:
    """Raise ValueError where two rules of one direction have one priority: which comes first is then not known."""
    places = [(each.inbound, each.priority) for each in rules]
    for place in places:
        if places.count(place) > 1:
            raise ValueError(f"two of its rules of one direction have priority {place[1]}")


def _rule_order(rule: SecurityRule) -> tuple[int, str]:
    return rule.priority, rule.name


def _route(child: Mapping[str, Any]) -> Route:
    fields = properties(child)
    name = name_of(child)
    destination = text(fields.get("addressPrefix")).strip()
    with inside(f"route {name}"):
        if not destination:
            raise ValueError("it has no addressPrefix")
        literal = looks_like_address(destination) or "/" in destination
        next_hop_address = text(fields.get("nextHopIpAddress")).strip()
        if next_hop_address:
            prefix(next_hop_address)
        return Route(
            name=name,
            text=destination,
            prefix=prefix(destination) if literal else None,
            tag="" if literal else destination,
            next_hop=text(fields.get("nextHopType")).lower(),
            next_hop_address=next_hop_address,
        )


def _security_rule(child: Mapping[str, Any]) -> SecurityRule:
    fields = properties(child)
    name = name_of(child)
    with inside(f"security rule {name}"):
        priority = whole_number(fields.get("priority"))
        direction = text(fields.get("direction")).lower()
        if priority is None or direction not in {"inbound", "outbound"}:
            raise ValueError("it needs a whole-number priority and a direction, Inbound or Outbound")
        return SecurityRule(
            name=name,
            priority=priority,
            inbound=direction == "inbound",
            allow={"allow": True, "deny": False}.get(text(fields.get("access")).lower()),
            protocol=text(fields.get("protocol")).lower(),
            sources=_side(fields, "source"),
            source_ports=_ports(fields, "source"),
            destinations=_side(fields, "destination"),
            ports=_ports(fields, "destination"),
        )


def _side(fields: Mapping[str, Any], side: str) -> Side:
    entries = (*texts(fields.get(f"{side}AddressPrefix")), *texts(fields.get(f"{side}AddressPrefixes")))
    groups = objects(fields, f"{side}ApplicationSecurityGroups")
    if not entries and not groups:
        raise ValueError(f"it names no {side} addresses")
    odd = [each for each in entries if not looks_like_address(each) and not each[:1].isalpha()]
    if odd:
        raise ValueError(f'"{odd[0]}" is neither an address prefix nor a service tag')
    return Side(
        addresses=union(address_set(each) for each in entries if looks_like_address(each)),
        tags=tuple(sorted(each for each in entries if not looks_like_address(each))),
        groups=tuple(sorted({key(reference(each)) for each in groups})),
    )


def _ports(fields: Mapping[str, Any], side: str) -> PortSet:
    entries = (*texts(fields.get(f"{side}PortRange")), *texts(fields.get(f"{side}PortRanges")))
    if not entries and side == "source":
        return ALL_PORTS
    if not entries:
        raise ValueError("it names no destination ports")
    return IntervalSet.of(span for each in entries for span in port_set(each).spans)


def _service_endpoints(fields: Mapping[str, Any]) -> tuple[ServiceEndpoint, ...]:
    endpoints = (
        ServiceEndpoint(
            service=text(each.get("service")),
            locations=tuple(sorted(texts(each.get("locations")))),
            state=text(each.get("provisioningState")).lower(),
        )
        for each in map(properties, children(fields.get("serviceEndpoints")))
    )
    return tuple(sorted(endpoints, key=lambda each: (each.service.lower(), each.locations)))


def _address_space(value: object) -> tuple[str, ...]:
    return texts(mapping(value).get("addressPrefixes"))


def _prefixes(ranges: tuple[str, ...]) -> tuple[Prefix, ...]:
    return tuple(sorted(map(prefix, ranges), key=lambda each: (each.family, each.first, each.length)))


def _link(value: object) -> str | None:
    return key(reference(value)) or None
