"""Network interfaces, public addresses, load balancers, private endpoints and application gateways from ARM documents.

Every reader raises ValueError, with the place in its text, where a value could not have come from Azure.
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
    whole_number,
)
from auditor.estate.attached import (
    ApplicationGateway,
    BalancingRule,
    Frontend,
    Interface,
    InterfaceAddress,
    LoadBalancer,
    PrivateEndpoint,
    PublicAddress,
)
from auditor.estate.faults import inside
from auditor.estate.names import normal_name
from auditor.estate.snapshot import Document

_APPROVED = "approved"
_HOST_BITS = {4: 32, 6: 128}
_VERSIONS = {"standard_v2": 2, "waf_v2": 2, "standard": 1, "waf": 1}


def read_interface(document: Document) -> Interface:
    """Return the network interface of a `Microsoft.Network/networkInterfaces` document."""
    fields = properties(document)
    interface_id = id_of(document)
    return Interface(
        id=interface_id,
        name=name_of(document),
        forwarding=flag(_first(fields, "enableIPForwarding", "enableIpForwarding"), default=False),
        nsg=_link(fields.get("networkSecurityGroup")) or None,
        private_endpoint=_link(fields.get("privateEndpoint")),
        configurations=tuple(
            _interface_address(each, interface_id) for each in required_objects(fields, "ipConfigurations")
        ),
    )


def _interface_address(child: Mapping[str, Any], interface_id: str) -> InterfaceAddress:
    fields = properties(child)
    pools = (*objects(fields, "loadBalancerBackendAddressPools"), *objects(fields, "loadBalancerInboundNatRules"))
    with inside("privateLinkConnectionProperties"):
        names = {normal_name(each) for each in texts(_object(fields, "privateLinkConnectionProperties").get("fqdns"))}
    return InterfaceAddress(
        id=key(id_of(child) or f"{interface_id}/ipConfigurations/{name_of(child)}"),
        address=_address(fields),
        subnet=_link(fields.get("subnet")),
        public_address=_link(_first(fields, "publicIPAddress", "publicIpAddress")),
        groups=_groups(fields),
        balancers=frozenset(key(parent_id(reference(each))) for each in pools),
        names=tuple(sorted(names - {""})),
    )


def _groups(fields: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(key(reference(each)) for each in objects(fields, "applicationSecurityGroups"))


def read_public_address(document: Document) -> PublicAddress:
    """Return the address of a `Microsoft.Network/publicIPAddresses` document."""
    fields = properties(document)
    sku = mapping(document.get("sku")) or mapping(fields.get("sku"))
    return PublicAddress(
        id=id_of(document),
        name=name_of(document),
        address=_single(text(fields.get("ipAddress"))),
        sku=text(sku.get("name")).lower(),
    )


def read_load_balancer(document: Document) -> LoadBalancer:
    """Return the load balancer of a `Microsoft.Network/loadBalancers` document."""
    fields = properties(document)
    frontends = _first(fields, "frontendIPConfigurations", "frontendIpConfigurations")
    at = id_of(document)
    if frontends is None:
        raise ValueError("it has no frontendIPConfigurations; read the whole resource, with its properties")
    with inside("backendAddressPools"):
        pools = [(key(id_of(each)), _members(properties(each))) for each in children(fields.get("backendAddressPools"))]
    return LoadBalancer(
        id=at,
        name=name_of(document),
        frontends=tuple(_frontend(each, at) for each in children(frontends)),
        rules=tuple(
            _balancing_rule(each)
            for field in ("loadBalancingRules", "inboundNatRules")
            for each in objects(fields, field)
        ),
        members=tuple(sorted(pools, key=lambda each: each[0])),
    )


def _frontend(child: Mapping[str, Any], balancer: str) -> Frontend:
    fields = properties(child)
    return Frontend(
        id=key(id_of(child) or f"{balancer}/frontendIPConfigurations/{name_of(child)}"),
        address=_address(fields),
        subnet=_link(fields.get("subnet")),
        public_address=_link(_first(fields, "publicIPAddress", "publicIpAddress")),
    )


def _balancing_rule(child: Mapping[str, Any]) -> BalancingRule:
    fields = properties(child)
    frontend = _first(fields, "frontendIPConfiguration", "frontendIpConfiguration")
    return BalancingRule(
        frontend=_link(frontend),
        pool=_link(fields.get("backendAddressPool")),
        member=_link(_first(fields, "backendIPConfiguration", "backendIpConfiguration")),
        protocol=text(fields.get("protocol")).lower(),
        port=whole_number(fields.get("frontendPort")) or 0,
        backend_port=whole_number(fields.get("backendPort")) or 0,
    )


def _members(pool: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return the IP configurations in a pool; None where it also lists bare addresses."""
    listed = children(_first(pool, "backendIPConfigurations", "backendIpConfigurations"))
    bare = [
        each for each in children(pool.get("loadBalancerBackendAddresses")) if text(properties(each).get("ipAddress"))
    ]
    found = tuple(sorted(key(reference(each)) for each in listed))
    return None if bare and not found else found


def read_private_endpoint(document: Document) -> PrivateEndpoint:
    """Return the endpoint of a `Microsoft.Network/privateEndpoints` document."""
    fields = properties(document)
    with inside("customDnsConfigs"):
        names = [
            (normal_name(text(each.get("fqdn"))), _single(address))
            for each in children(fields.get("customDnsConfigs"))
            for address in texts(each.get("ipAddresses")) or ("",)
        ]
    own = [_address(properties(each)) for each in objects(fields, "ipConfigurations")]
    subnet = _link(fields.get("subnet"))
    if not subnet:
        raise ValueError("it does not say which subnet it is in")
    return PrivateEndpoint(
        id=id_of(document),
        name=name_of(document),
        subnet=subnet,
        addresses=union(address_set(each) for each in (*own, *(address for _, address in names)) if each),
        names=tuple(sorted({each for each in names if each[0]})),
        interfaces=tuple(sorted(key(reference(each)) for each in objects(fields, "networkInterfaces"))),
        groups=_groups(fields),
        state=_connection_state(fields),
    )


def _connection_state(fields: Mapping[str, Any]) -> str:
    """Return the state of the connections of a private endpoint: of several, one that is not approved."""
    states = {
        text(mapping(properties(each).get("privateLinkServiceConnectionState")).get("status")).lower()
        for field in ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections")
        for each in objects(fields, field)
    }
    return min(states - {_APPROVED}, default=_APPROVED if states else "")


def read_application_gateway(document: Document) -> ApplicationGateway:
    """Return the gateway of a `Microsoft.Network/applicationGateways` document."""
    fields = properties(document)
    sku = mapping(fields.get("sku")) or mapping(document.get("sku"))
    word = (text(sku.get("tier")) or text(sku.get("name"))).lower()
    places = children(_first(fields, "gatewayIPConfigurations", "gatewayIpConfigurations"))
    return ApplicationGateway(
        id=id_of(document),
        name=name_of(document),
        version=_VERSIONS.get(word, 0),
        subnets=tuple(sorted({_link(properties(each).get("subnet")) for each in places} - {""})),
    )


def _first(fields: Mapping[str, Any], *names: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value under the first of several spellings that is there."""
    return next((fields[each] for each in names if fields.get(each) is not None), None)


def _object(fields: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    """Return an object, an empty one where it is absent or null; raise ValueError for anything else."""
    found = fields.get(field)
    if found is not None and not isinstance(found, Mapping):
        raise ValueError("it is not an object")
    return found or {}


def _address(fields: Mapping[str, Any]) -> str:
    return _single(text(_first(fields, "privateIPAddress", "privateIpAddress")))


def _single(address: str) -> str:
    """Return the text of one address, or ""; raise ValueError for a range, which nothing has as its address."""
    if address:
        found = prefix(address)
        if found.length != _HOST_BITS[found.family]:
            raise ValueError(f'"{address}" is not a single address')
    return address


def _link(value: object) -> str:
    return key(reference(value))
