"""Network interfaces, public addresses, load balancers, private endpoints and application gateways from ARM documents.

Every reader raises ValueError, with the place in its text, where a value could not have come from Azure.
"""

from collections.abc import Mapping
from typing import Any

from auditor.estate.addresses import address_set, prefix, union
from auditor.estate.arm import (
    children,
    flag,
    key,
    mapping,
    name_of,
    objects,
    properties,
    reference,
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

_VERSIONS = {"standard_v2": 2, "waf_v2": 2, "standard": 1, "waf": 1}


def read_interface(document: Document) -> Interface:
    """Return the network interface of a `Microsoft.Network/networkInterfaces` document."""
    fields = properties(document)
    interface_id = text(document.get("id"))
    return Interface(
        id=interface_id,
        name=name_of(document),
        forwarding=flag(_first(fields, "enableIPForwarding", "enableIpForwarding"), default=False),
        nsg=_link(fields.get("networkSecurityGroup")) or None,
        private_endpoint=_link(fields.get("privateEndpoint")),
        configurations=tuple(_interface_address(each, interface_id) for each in objects(fields, "ipConfigurations")),
    )


def _interface_address(child: Mapping[str, Any], interface_id: str) -> InterfaceAddress:
    fields = properties(child)
    return InterfaceAddress(
        id=key(text(child.get("id")) or f"{interface_id}/ipConfigurations/{name_of(child)}"),
        address=_address(fields),
        subnet=_link(fields.get("subnet")),
        public_address=_link(_first(fields, "publicIPAddress", "publicIpAddress")),
        groups=frozenset(key(reference(each)) for each in objects(fields, "applicationSecurityGroups")),
    )


def read_public_address(document: Document) -> PublicAddress:
    """Return the address of a `Microsoft.Network/publicIPAddresses` document. Without a SKU it is of the oldest."""
    fields = properties(document)
    sku = mapping(document.get("sku")) or mapping(fields.get("sku"))
    address = text(fields.get("ipAddress"))
    if address:
        prefix(address)
    return PublicAddress(
        id=text(document.get("id")), name=name_of(document), address=address, sku=text(sku.get("name")).lower()
    )


def read_load_balancer(document: Document) -> LoadBalancer:
    """Return the load balancer of a `Microsoft.Network/loadBalancers` document."""
    fields = properties(document)
    frontends = _first(fields, "frontendIPConfigurations", "frontendIpConfigurations")
    at = text(document.get("id"))
    with inside("backendAddressPools"):
        pools = [
            (key(text(each.get("id"))), _members(properties(each)))
            for each in children(fields.get("backendAddressPools"))
        ]
    return LoadBalancer(
        id=at,
        name=name_of(document),
        frontends=tuple(_frontend(each, at) for each in children(frontends)),
        rules=tuple(_balancing_rule(each) for each in objects(fields, "loadBalancingRules")),
        members=tuple(sorted(pools, key=lambda each: each[0])),
    )


def _frontend(child: Mapping[str, Any], balancer: str) -> Frontend:
    fields = properties(child)
    return Frontend(
        id=key(text(child.get("id")) or f"{balancer}/frontendIPConfigurations/{name_of(child)}"),
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
            (normal_name(text(each.get("fqdn"))), address)
            for each in children(fields.get("customDnsConfigs"))
            for address in texts(each.get("ipAddresses"))
        ]
    own = [_address(properties(each)) for each in objects(fields, "ipConfigurations")]
    return PrivateEndpoint(
        id=text(document.get("id")),
        name=name_of(document),
        subnet=_link(fields.get("subnet")),
        addresses=union(address_set(each) for each in (*own, *(address for _, address in names)) if each),
        names=tuple(sorted(each for each in names if each[0])),
        interfaces=tuple(sorted(key(reference(each)) for each in objects(fields, "networkInterfaces"))),
    )


def read_application_gateway(document: Document) -> ApplicationGateway:
    """Return the gateway of a `Microsoft.Network/applicationGateways` document."""
    fields = properties(document)
    sku = mapping(fields.get("sku")) or mapping(document.get("sku"))
    word = (text(sku.get("tier")) or text(sku.get("name"))).lower()
    places = children(_first(fields, "gatewayIPConfigurations", "gatewayIpConfigurations"))
    return ApplicationGateway(
        id=text(document.get("id")),
        name=name_of(document),
        version=_VERSIONS.get(word, 0),
        subnets=tuple(sorted({_link(properties(each).get("subnet")) for each in places} - {""})),
    )


def _first(fields: Mapping[str, Any], *names: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value under the first of several spellings that is there."""
    return next((fields[each] for each in names if fields.get(each) is not None), None)


def _address(fields: Mapping[str, Any]) -> str:
    address = text(_first(fields, "privateIPAddress", "privateIpAddress"))
    if address:
        prefix(address)
    return address


def _link(value: object) -> str:
    return key(reference(value))
