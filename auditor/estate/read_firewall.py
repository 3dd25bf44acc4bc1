"""Azure Firewalls, policies, rule collection groups and IP groups from ARM documents.

Every reader raises ValueError, with the place in its text, where a value could not have come from Azure. Fields:
specification section 6.1; classic collections nest their fields in `properties`, policy collections do not.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from auditor.estate.addresses import NOTHING, AddressSet, address_set, looks_like_address, prefix, union
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
from auditor.estate.faults import inside
from auditor.estate.firewall import (
    AddressField,
    ApplicationRule,
    DnsProxy,
    Firewall,
    FirewallAddress,
    FirewallPolicy,
    IpGroup,
    NatRule,
    NetworkRule,
    Rule,
    RuleCollection,
    RuleCollectionGroup,
)
from auditor.estate.intervals import IntervalSet
from auditor.estate.names import normal_fqdn_tag, normal_name
from auditor.estate.ports import HIGHEST, port_set
from auditor.estate.snapshot import Document

_DEFAULT_PORTS = {"http": 80, "https": 443, "mssql": 1433}
_COLLECTION_TYPES = frozenset({"", "firewallpolicyfilterrulecollection", "firewallpolicynatrulecollection"})
_SENDERS = ("sourceAddresses", "sourceIpGroups")
_NAMES = ("targetFqdns", "fqdnTags", "targetUrls", "webCategories")
_TARGETS = ("destinationAddresses", "destinationIpGroups", "destinationFqdns")
_CLASSIC = (("networkRuleCollections", "network"), ("applicationRuleCollections", "application"))
_CLASSIC_NAT = ("natRuleCollections", "nat")


def read_firewall(document: Document) -> Firewall:
    """Return the firewall of a `Microsoft.Network/azureFirewalls` document."""
    fields = properties(document)
    sku = mapping(fields.get("sku")) or mapping(document.get("sku"))
    extra = {name.lower(): value for name, value in mapping(fields.get("additionalProperties")).items()}
    ranges = extra.get("network.snat.privateranges")
    if ranges is not None and not isinstance(ranges, str):
        raise ValueError("Network.SNAT.PrivateRanges is not a text")
    classic = (*_CLASSIC, _CLASSIC_NAT)
    collections = [_collection(each, kind) for field, kind in classic for each in objects(fields, field)]
    in_hub_addresses = mapping(fields.get("hubIPAddresses")) or mapping(fields.get("hubIpAddresses"))
    hub = text(in_hub_addresses.get("privateIPAddress")) or text(in_hub_addresses.get("privateIpAddress"))
    in_hub = bool(hub or reference(fields.get("virtualHub")))
    configurations = objects(fields, "ipConfigurations") if in_hub else required_objects(fields, "ipConfigurations")
    addresses = [_firewall_address(each) for each in configurations]
    return Firewall(
        id=id_of(document),
        name=name_of(document),
        sku=text(sku.get("name")).lower() or ("azfw_hub" if reference(fields.get("virtualHub")) else "azfw_vnet"),
        tier=text(sku.get("tier")).lower(),
        addresses=(
            *sorted((each for each in addresses if each.address and each.subnet), key=lambda each: each.address),
            *([FirewallAddress(address=hub, subnet="")] if hub else []),
        ),
        policy=key(reference(fields.get("firewallPolicy"))) or None,
        collections=tuple(sorted(collections, key=_collection_order))
        if all(fields.get(f) is not None for f, _ in _CLASSIC)
        else None,
        threat_intel=text(fields.get("threatIntelMode")).lower(),
        state=text(fields.get("provisioningState")).lower(),
        management=bool(mapping(fields.get("managementIpConfiguration"))),
        dns_proxy=flag(extra.get("network.dns.enableproxy"), default=False),
        snat_ranges=_private_ranges(ranges.split(",")) if ranges else None,
        public_addresses=_public_addresses(configurations),
        management_subnet=key(reference(properties(mapping(fields.get("managementIpConfiguration"))).get("subnet"))),
        threat_intel_allowed=_allowed(
            {
                "ipAddresses": text(extra.get("threatintel.whitelist.ipaddresses")).split(","),
                "fqdns": text(extra.get("threatintel.whitelist.fqdns")).split(","),
            }
        ),
        nat_listed=fields.get(_CLASSIC_NAT[0]) is not None,
        hub=key(reference(fields.get("virtualHub"))),
    )


def _public_addresses(configurations: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    fields = map(properties, configurations)
    found = (reference(each.get("publicIPAddress") or each.get("publicIpAddress")) for each in fields)
    return tuple(sorted(key(each) for each in found if each))


def read_policy(document: Document) -> FirewallPolicy:
    """Return the policy of a `Microsoft.Network/firewallPolicies` document; its rules are documents of their own."""
    fields = properties(document)
    groups = fields.get("ruleCollectionGroups")
    dns = mapping(fields.get("dnsSettings"))
    if not isinstance(fields.get("snat"), Mapping | None):
        raise ValueError("snat is not an object")  # noqa: TRY004 - a faulty value
    ranges = mapping(fields.get("snat")).get("privateRanges")
    return FirewallPolicy(
        id=id_of(document),
        name=name_of(document),
        base=key(reference(fields.get("basePolicy"))) or None,
        groups=tuple(sorted(key(reference(each)) for each in children(groups))) if isinstance(groups, list) else None,
        threat_intel=text(fields.get("threatIntelMode")).lower(),
        dns=DnsProxy(
            enabled=flag(dns.get("enableProxy"), default=False) if dns else None,
            servers=texts(dns.get("servers")),
            for_network_rules=flag(dns.get("requireProxyForNetworkRules"), default=True),
        ),
        snat_ranges=None if ranges is None else _private_ranges(texts(ranges)),
        certificate_authority=bool(mapping(mapping(fields.get("transportSecurity")).get("certificateAuthority"))),
        tier=text((mapping(fields.get("sku")) or mapping(document.get("sku"))).get("tier")).lower(),
        state=text(fields.get("provisioningState")).lower(),
        learns_private_ranges=text(mapping(fields.get("snat")).get("autoLearnPrivateRanges")).lower() == "enabled",
        intrusion_mode=text(mapping(fields.get("intrusionDetection")).get("mode")).lower(),
        explicit_proxy=flag(mapping(fields.get("explicitProxy")).get("enableExplicitProxy"), default=False),
        threat_intel_allowed=_allowed(mapping(fields.get("threatIntelWhitelist"))),
        sql_redirect=flag(mapping(fields.get("sql")).get("allowSqlRedirect"), default=False),
    )


def _allowed(listed: Mapping[str, Any]) -> tuple[AddressSet, tuple[str, ...]]:
    """Return what threat intelligence lets pass. An odd entry is left out: the caveat on it then stays."""
    addresses = [each for each in texts(listed.get("ipAddresses")) if looks_like_address(each)]
    return union(map(address_set, addresses)), tuple(sorted(map(normal_name, texts(listed.get("fqdns")))))


def read_group(document: Document) -> RuleCollectionGroup:
    """Return a rule collection group. Raises ValueError without a priority: its place in the order is then unknown."""
    fields = properties(document)
    group_id = id_of(document)
    priority = whole_number(fields.get("priority"))
    if priority is None:
        raise ValueError("it has no priority")
    collections = [_collection(each, "policy") for each in required_objects(fields, "ruleCollections")]
    return RuleCollectionGroup(
        id=group_id,
        name=name_of(document),
        policy=key(parent_id(group_id)),
        priority=priority,
        collections=tuple(sorted(collections, key=_collection_order)),
        state=text(fields.get("provisioningState")).lower(),
    )


def read_ip_group(document: Document) -> IpGroup:
    """Return an IP group."""
    fields = properties(document)
    return IpGroup(
        id=id_of(document),
        name=name_of(document),
        addresses=union(map(address_set, _listed(fields, "ipAddresses"))),
    )


def _private_ranges(ranges: Iterable[str]) -> tuple[str, ...]:
    """Return ranges that are not translated. Raises ValueError for one that is neither a prefix nor Azure's word."""
    found = tuple(each.strip() for each in ranges if each.strip())
    for each in found:
        if each.lower() != "ianaprivateranges":
            with inside("private ranges"):
                address_set(each)
    return found


def _listed(fields: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """Return a list of texts that Azure always returns.

    Raises ValueError where it is absent: absent is not empty (J3).
    """
    if not isinstance(fields.get(field), list | tuple):
        raise ValueError(f"it has no {field}; read the whole resource, with its properties")  # noqa: TRY004 - a faulty value
    return texts(fields[field])


def _collection_order(collection: RuleCollection) -> tuple[int, str]:
    return collection.priority, collection.name


def _firewall_address(child: Mapping[str, Any]) -> FirewallAddress:
    fields = properties(child)
    address = text(fields.get("privateIPAddress")) or text(fields.get("privateIpAddress"))
    if address:
        prefix(address)
    return FirewallAddress(address=address, subnet=key(reference(fields.get("subnet"))))


def _collection(child: Mapping[str, Any], kind: str) -> RuleCollection:
    fields = properties(child)
    name = name_of(child)
    with inside(f"rule collection {name}"):
        priority = whole_number(fields.get("priority"))
        if priority is None:
            raise ValueError("it has no priority")
        action = text(mapping(fields.get("action")).get("type")).lower()
        known = text(fields.get("ruleCollectionType")).lower() in _COLLECTION_TYPES
        rules = tuple(_rule(each, kind) for each in required_objects(fields, "rules"))
        nat = all(isinstance(each, NatRule) for each in rules)
        return RuleCollection(
            name=name,
            priority=priority,
            allow={"allow": True, "deny": False, "dnat": True if nat else None}.get(action) if known else None,
            rules=rules,
        )


def _rule(child: Mapping[str, Any], kind: str) -> Rule:
    name = text(child.get("name"))
    if kind == "policy":
        word = text(child.get("ruleType")).lower()
        kind = {"networkrule": "network", "applicationrule": "application", "natrule": "nat"}.get(word, word)
    with inside(f"rule {name}"):
        if kind == "network":
            return _network_rule(child, name)
        if kind == "application":
            return _application_rule(child, name)
        if kind == "nat":
            return _nat_rule(child, name)
        raise ValueError(f'"{kind}" is no rule type the auditor knows; it knows network, application and NAT rules')


def _nat_rule(child: Mapping[str, Any], name: str) -> NatRule:
    """Return a DNAT rule. One that cannot be read does not matter to what leaves, and says so for what comes in."""
    try:
        protocols = (*texts(child.get("ipProtocols")), *texts(child.get("protocols")))
        _needs(
            child, _SENDERS, ("destinationAddresses",), ("destinationPorts",), ("translatedAddress", "translatedFqdn")
        )
        ports = [port_set(each) for each in texts(child.get("destinationPorts"))]
        return NatRule(
            name=name,
            sources=_addresses(child, "source"),
            destinations=_addresses(child, "destination"),
            ports=IntervalSet.of(span for each in ports for span in each.spans),
            protocols=frozenset(each.lower() for each in protocols),
            to_address=text(child.get("translatedAddress")),
            to_name=normal_name(text(child.get("translatedFqdn"))),
            to_port=whole_number(child.get("translatedPort")) or 0,
        )
    except ValueError as fault:
        nobody = AddressField(addresses=NOTHING, ip_groups=())
        return NatRule(
            name=name, sources=nobody, destinations=nobody, ports=IntervalSet(), protocols=frozenset(), fault=str(fault)
        )


def _network_rule(child: Mapping[str, Any], name: str) -> NetworkRule:
    protocols = (*texts(child.get("ipProtocols")), *texts(child.get("protocols")))
    _needs(child, _SENDERS, _TARGETS)
    if not protocols or not texts(child.get("destinationPorts")):
        raise ValueError("it lists no protocols or no destination ports")
    return NetworkRule(
        name=name,
        sources=_addresses(child, "source"),
        destinations=_addresses(child, "destination"),
        fqdns=tuple(sorted(map(normal_name, texts(child.get("destinationFqdns"))))),
        ports=IntervalSet.of(span for each in texts(child.get("destinationPorts")) for span in port_set(each).spans),
        protocols=frozenset(each.lower() for each in protocols),
    )


def _application_rule(child: Mapping[str, Any], name: str) -> ApplicationRule:
    tags = texts(child.get("fqdnTags"))
    _needs(child, _SENDERS, _NAMES)
    return ApplicationRule(
        name=name,
        sources=_addresses(child, "source"),
        targets=tuple(sorted(map(normal_name, texts(child.get("targetFqdns"))))),
        fqdn_tags=tuple(sorted(normal_fqdn_tag(each) for each in tags if "," not in each)),
        malformed_tags=tuple(sorted(each for each in tags if "," in each)),
        urls=tuple(sorted(each.lower() for each in texts(child.get("targetUrls")))),
        categories=tuple(sorted(texts(child.get("webCategories")))),
        protocols=tuple(sorted(_protocol(each) for each in children(child.get("protocols")))),
        terminate_tls=flag(child.get("terminateTLS", child.get("terminateTls")), default=False),
        narrowed=bool(texts(child.get("destinationAddresses"))),
    )


def _needs(child: Mapping[str, Any], *sides: tuple[str, ...]) -> None:
    """Raise ValueError where all the fields of a side are absent or empty, which Azure takes in no rule (J3)."""
    for fields in sides:
        if not any(texts(child.get(each)) for each in fields):
            raise ValueError(f"it has no {' or '.join(fields)}; read the whole resource, with its properties")


def _protocol(child: Mapping[str, Any]) -> tuple[str, int]:
    word = text(child.get("protocolType")).lower()
    port = whole_number(child.get("port"))
    if port is None:
        port = _DEFAULT_PORTS.get(word, 0)
    if port > HIGHEST:
        raise ValueError(f'"{port}" is not a port; ports go from 0 to {HIGHEST}')
    return word, port


def _addresses(child: Mapping[str, Any], side: str) -> AddressField:
    entries = texts(child.get(f"{side}Addresses"))
    odd = [each for each in entries if side == "source" and not looks_like_address(each)]
    if odd:
        raise ValueError(f'"{odd[0]}" is no source; a firewall rule takes addresses, prefixes, ranges and "*" there')
    return AddressField(
        addresses=union(address_set(each) for each in entries if looks_like_address(each)),
        ip_groups=tuple(sorted(map(key, texts(child.get(f"{side}IpGroups"))))),
        tags=tuple(sorted(each for each in entries if not looks_like_address(each))),
    )
