"""The estate: the typed, indexed, immutable model of a snapshot; what the engine sees.

Every resource is parsed once. One that cannot be parsed, and one that is referred to and not there, is a gap, and
looking it up gives None: the engine answers `unknown` for what depends on it, with `Estate.missing` as the reason.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from auditor.estate.arm import id_of, key, kind_of, name_of, parent_id, properties, text
from auditor.estate.attached import ApplicationGateway, Interface, LoadBalancer, PrivateEndpoint, PublicAddress
from auditor.estate.firewall import Firewall, FirewallPolicy, IpGroup, RuleCollectionGroup
from auditor.estate.hub import VirtualWan
from auditor.estate.network import (
    Appliance,
    EndpointPolicy,
    Gateway,
    RouteTable,
    SecurityGroup,
    Subnet,
    TagList,
    VirtualNetwork,
)
from auditor.estate.own_lists import InboundList, OutboundList
from auditor.estate.read_attached import (
    read_application_gateway,
    read_interface,
    read_load_balancer,
    read_private_endpoint,
    read_public_address,
)
from auditor.estate.read_firewall import read_firewall, read_group, read_ip_group, read_policy
from auditor.estate.read_hub import (
    join_wan,
    read_hub,
    read_hub_connection,
    read_hub_part,
    read_hub_route_table,
    read_routing_intent,
)
from auditor.estate.read_network import (
    read_endpoint_policy,
    read_route_table,
    read_security_group,
    read_subnet,
    read_virtual_network,
)
from auditor.estate.read_own_lists import INBOUND, OUTBOUND, read_inbound_list, read_outbound_list
from auditor.estate.read_owners import appliance_of_balancer, appliance_of_interface, read_gateway, read_tag_list
from auditor.estate.read_web import read_app, read_environment
from auditor.estate.references import dangling
from auditor.estate.security_admin import (
    AdminRule,
    AppliedConfigurations,
    join_applied,
    read_admin_rule,
    read_applied,
)
from auditor.estate.snapshot import LIVE, SNAPSHOT, Document, Snapshot
from auditor.estate.web import App, HostingEnvironment
from auditor.findings import Gap

T = TypeVar("T")

_ADMIN_RULES = "microsoft.network/networkmanagers/securityadminconfigurations/rulecollections/rules/snapshots"
_READERS: Mapping[str, Callable[[Document], Any]] = {
    "microsoft.network/virtualnetworks": read_virtual_network,
    "microsoft.network/virtualnetworks/subnets": read_subnet,
    "microsoft.network/routetables": read_route_table,
    "microsoft.network/networksecuritygroups": read_security_group,
    "microsoft.network/serviceendpointpolicies": read_endpoint_policy,
    "microsoft.network/azurefirewalls": read_firewall,
    "microsoft.network/firewallpolicies": read_policy,
    "microsoft.network/firewallpolicies/rulecollectiongroups": read_group,
    "microsoft.network/ipgroups": read_ip_group,
    "microsoft.network/networkinterfaces": read_interface,
    "microsoft.network/loadbalancers": read_load_balancer,
    "microsoft.network/virtualnetworkgateways": read_gateway,
    "microsoft.network/virtualhubs": read_hub,
    "microsoft.network/virtualhubs/hubvirtualnetworkconnections": read_hub_connection,
    "microsoft.network/virtualhubs/routingintent": read_routing_intent,
    "microsoft.network/virtualhubs/hubroutetables": read_hub_route_table,
    "microsoft.network/virtualhubs/bgpconnections": read_hub_part,
    "microsoft.network/virtualhubs/routetables": read_hub_part,
    "microsoft.network/publicipaddresses": read_public_address,
    "microsoft.network/privateendpoints": read_private_endpoint,
    "microsoft.network/applicationgateways": read_application_gateway,
    "microsoft.network/effectivesecurityadminrules": read_applied,
    _ADMIN_RULES: read_admin_rule,
    "microsoft.web/hostingenvironments": read_environment,
    INBOUND.lower(): read_inbound_list,
    OUTBOUND.lower(): read_outbound_list,
    "microsoft.web/sites": read_app,
    "microsoft.web/serverfarms": read_app,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """Every resource that decides flows, by comparing id.

    gaps: those of the snapshot, of documents that could not be parsed, and of references that lead nowhere.
    wan: hubs of Virtual WAN and what belongs to them. tags: the newest service tag list, by cloud.
    inbound_lists, outbound_lists: Azure's own lists, by comparing id of the environment they speak of.
    complete: whether a type with no document in it means that there is none, as in a collected snapshot; a handful of
        files says nothing of what was not put into them.
    by_vnet: subnets by VNet, comparing id. gaps_by_kind: gaps by what is missing, in lower case.
    reasons: why a resource cannot be looked up, by comparing id.
    known_ids: comparing ids of everything in the source that could be read.
    """

    virtual_networks: Mapping[str, VirtualNetwork]
    subnets: Mapping[str, Subnet]
    route_tables: Mapping[str, RouteTable]
    security_groups: Mapping[str, SecurityGroup]
    endpoint_policies: Mapping[str, EndpointPolicy]
    firewalls: Mapping[str, Firewall]
    policies: Mapping[str, FirewallPolicy]
    groups: Mapping[str, RuleCollectionGroup]
    ip_groups: Mapping[str, IpGroup]
    appliances: Mapping[str, Appliance]
    gateways: Mapping[str, Gateway]
    wan: VirtualWan
    interfaces: Mapping[str, Interface]
    public_addresses: Mapping[str, PublicAddress]
    load_balancers: Mapping[str, LoadBalancer]
    private_endpoints: Mapping[str, PrivateEndpoint]
    application_gateways: Mapping[str, ApplicationGateway]
    applied_admin: Mapping[str, AppliedConfigurations]
    admin_rules: Mapping[str, AdminRule]
    environments: Mapping[str, HostingEnvironment]
    apps: Mapping[str, App]
    inbound_lists: Mapping[str, InboundList]
    outbound_lists: Mapping[str, OutboundList]
    tags: Mapping[str, TagList]
    gaps: tuple[Gap, ...]
    complete: bool
    by_vnet: Mapping[str, tuple[Subnet, ...]] = field(repr=False)
    gaps_by_kind: Mapping[str, tuple[Gap, ...]] = field(repr=False)
    reasons: Mapping[str, str] = field(repr=False)
    known_ids: frozenset[str] = field(repr=False)

    def subnets_of(self, vnet: str) -> tuple[Subnet, ...]:
        """Return the subnets of a VNet, by its comparing id, in order of their ids."""
        return self.by_vnet.get(vnet, ())

    def missing(self, arm_id: str) -> str:
        """Return, as a sentence, why the resource `arm_id` cannot be looked up."""
        return self.reasons.get(arm_id, f"{arm_id} is not in the source")

    def spelled(self, arm_id: str) -> str:
        """Return an ARM id as the resource it names spells its own; as it is where there is no such resource."""
        at = key(arm_id)
        tables: tuple[Mapping[str, Any], ...] = (
            *(self.subnets, self.virtual_networks, self.route_tables, self.security_groups, self.firewalls),
            *(self.policies, self.groups, self.environments, self.interfaces, self.public_addresses),
            *(self.load_balancers, self.private_endpoints, self.application_gateways),
        )
        found = next((table[at] for table in tables if at in table), None)
        return arm_id if found is None else str(found.id)

    def may_hide(self, kinds: Iterable[str], scope: str, *, unnamed: bool = True) -> Gap | None:
        """Return the first gap that may hide a resource of one of `kinds` under the ARM scope `scope`.

        kinds: ARM types in lower case. A gap hides what lies under its scope, and one without a scope hides anything.
        unnamed: whether to count gaps that may be of any type.
        """
        for kind in (*(("*",) if unnamed else ()), *kinds):
            for gap in self.gaps_by_kind.get(kind, ()):
                gap_scope = key(gap.scope)
                under = (scope + "/").startswith(gap_scope + "/") or (gap_scope + "/").startswith(scope + "/")
                if not gap_scope or under:
                    return gap
        return None


def build_estate(snapshot: Snapshot, *, use_up: bool = False) -> Estate:
    """Return the estate of a snapshot, whatever the order of its documents.

    use_up: take the properties, which need much room, out of each document once parsed, for a caller done with them.
    """
    use_up = use_up and not any(kind_of(each) in _CHILDREN for each in snapshot.resources)
    tables: dict[str, dict[str, Any]] = {kind: {} for kind in _READERS}
    gaps = set(snapshot.gaps)
    for document in snapshot.resources:
        kind = kind_of(document)
        if kind in _READERS:
            typed = _parse(document, _READERS[kind])
            if isinstance(typed, Gap):
                gaps.add(typed)
            else:
                tables[kind][key(id_of(document))] = typed
        if use_up and isinstance(document, dict):
            document.pop("properties", None)
    subnets = _merge_subnets(tables, gaps)
    tags = _newest_tags(snapshot.service_tags, gaps)
    network = "microsoft.network/"
    found = {
        "virtual_networks": tables[network + "virtualnetworks"],
        "subnets": subnets,
        "route_tables": tables[network + "routetables"],
        "security_groups": tables[network + "networksecuritygroups"],
        "endpoint_policies": tables[network + "serviceendpointpolicies"],
        "firewalls": tables[network + "azurefirewalls"],
        "policies": tables[network + "firewallpolicies"],
        "groups": tables[network + "firewallpolicies/rulecollectiongroups"],
        "ip_groups": tables[network + "ipgroups"],
        "appliances": _appliances(tables),
        "gateways": tables[network + "virtualnetworkgateways"],
        "interfaces": tables[network + "networkinterfaces"],
        "public_addresses": tables[network + "publicipaddresses"],
        "load_balancers": tables[network + "loadbalancers"],
        "private_endpoints": tables[network + "privateendpoints"],
        "application_gateways": tables[network + "applicationgateways"],
        "applied_admin": join_applied(tables[network + "effectivesecurityadminrules"].values()),
        "admin_rules": tables[_ADMIN_RULES],
        **_web(tables),
    }
    _settle_children(snapshot.resources, tables, gaps)
    wan = join_wan(tables, gaps)
    gapped = {key(gap.scope) for gap in gaps}
    known = (frozenset(key(id_of(document)) for document in snapshot.resources) | subnets.keys()) - gapped
    gaps.update(gap for gap in dangling(found, wan) if key(gap.scope) not in gapped)
    in_order = tuple(sorted(gaps))
    return Estate(
        **found,
        wan=wan,
        tags=tags,
        gaps=in_order,
        gaps_by_kind=_by_kind(in_order),
        reasons={key(gap.scope): gap.why for gap in reversed(in_order) if gap.scope},
        complete=bool(snapshot.sources) and all(each.kind in {LIVE, SNAPSHOT} for each in snapshot.sources),
        by_vnet=_by_vnet(subnets),
        known_ids=known,
    )


def _web(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return environments, their apps, and Azure's own lists by the environment they speak of."""
    own = {"inbound_lists": tables[INBOUND.lower()], "outbound_lists": tables[OUTBOUND.lower()]}
    return {
        "environments": tables["microsoft.web/hostingenvironments"],
        "apps": {**tables["microsoft.web/sites"], **tables["microsoft.web/serverfarms"]},
        **{name: {each.environment: each for each in lists.values()} for name, lists in own.items()},
    }


def _appliances(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what may own the next hop of a route beside firewalls."""
    interfaces = tables["microsoft.network/networkinterfaces"]
    balancers = tables["microsoft.network/loadbalancers"]
    return {
        **{at: appliance_of_interface(each) for at, each in interfaces.items()},
        **{at: appliance_of_balancer(each) for at, each in balancers.items()},
    }


def parsed(document: Document) -> Any:  # noqa: ANN401 - whatever the document describes
    """Return the typed value of one document, a gap where it cannot be read, None for a type that decides nothing."""
    reader = _READERS.get(kind_of(document))
    return _parse(document, reader) if reader is not None else None


def _parse(document: Document, reader: Callable[[Document], T]) -> T | Gap:
    arm_id = id_of(document)
    if not isinstance(document.get("properties"), Mapping) or not document["properties"]:
        fault = "it has no properties"
    else:
        try:
            return reader(document)
        except ValueError as error:
            fault = str(error)
    return Gap(
        what=text(document.get("type")),
        scope=arm_id,
        why=f"{name_of(document)} cannot be read: {fault}",
        needs="read the whole resource again, as `az resource show --ids` prints it",
    )


_CHILDREN = {
    "microsoft.network/virtualnetworks/virtualnetworkpeerings": "virtualNetworkPeerings",
    "microsoft.network/routetables/routes": "routes",
    "microsoft.network/networksecuritygroups/securityrules": "securityRules",
    "microsoft.network/firewallpolicies/rulegroups": "ruleGroups",
}
"""Where a parent embeds its children, by the type of a child that is a document of its own."""


def _settle_children(documents: Iterable[Document], tables: dict[str, dict[str, Any]], gaps: set[Gap]) -> None:
    """Take out every resource that a child of its own contradicts, or that does not hold the child: it is not whole."""
    parents = {key(id_of(each)): each for each in documents}
    for child in documents:
        field = _CHILDREN.get(kind_of(child))
        parent_id_ = parent_id(id_of(child))
        if field is None or _embeds(parents.get(key(parent_id_)), field, child):
            continue
        kind = kind_of(child).rpartition("/")[0]
        tables.get(kind, {}).pop(key(parent_id_), None)
        why = (
            f"{name_of(child)} stands in the source on its own, and {parent_id_.rpartition('/')[2]} does not hold it so"
        )
        gaps.add(Gap(what=kind, scope=parent_id_, why=why, needs="read the whole resource again, with its children"))


def _embeds(parent: Document | None, field: str, child: Document) -> bool:
    held = properties(parent).get(field) if parent is not None else None
    wanted = _essence(child)
    return any(
        isinstance(each, Mapping) and name_of(each) == name_of(child) and _essence(each) == wanted
        for each in (held if isinstance(held, list) else ())
    )


def _essence(child: Mapping[str, Any]) -> dict[str, Any]:
    aside = {"provisioningState", "etag", "id", "name", "type"}
    return {
        name: value for name, value in properties(child).items() if name not in aside and value not in (None, [], "")
    }


def _merge_subnets(tables: dict[str, dict[str, Any]], gaps: set[Gap]) -> dict[str, Subnet]:
    """Join subnets read as documents of their own with those embedded in VNets; two that differ are a gap."""
    own: dict[str, Subnet] = tables["microsoft.network/virtualnetworks/subnets"]
    vnets: dict[str, VirtualNetwork] = tables["microsoft.network/virtualnetworks"]
    merged = dict(own)
    for vnet in vnets.values():
        for subnet in vnet.subnets:
            subnet_key = key(subnet.id)
            if subnet_key in own and _decisive(own[subnet_key]) != _decisive(subnet):
                merged.pop(subnet_key, None)
                gaps.add(
                    Gap(
                        what="Microsoft.Network/virtualNetworks/subnets",
                        scope=subnet.id,
                        why=f"subnet {subnet.name} stands in the source twice, with different settings",
                        needs="keep the newer of the two documents",
                    )
                )
            elif subnet_key not in own:
                merged[subnet_key] = subnet
    return merged


def _by_kind(gaps: tuple[Gap, ...]) -> dict[str, tuple[Gap, ...]]:
    found: dict[str, list[Gap]] = {}
    for gap in gaps:
        found.setdefault(gap.what.lower(), []).append(gap)
    return {kind: tuple(each) for kind, each in found.items()}


def _by_vnet(subnets: Mapping[str, Subnet]) -> dict[str, tuple[Subnet, ...]]:
    found: dict[str, list[Subnet]] = {}
    for at in sorted(subnets):
        found.setdefault(subnets[at].vnet, []).append(subnets[at])
    return {vnet: tuple(each) for vnet, each in found.items()}


def _decisive(subnet: Subnet) -> tuple[object, ...]:
    return (
        *(subnet.addresses, subnet.route_table, subnet.nsg, subnet.nat_gateway, subnet.service_endpoints),
        *(subnet.endpoint_policies, subnet.default_outbound, subnet.application_gateways),
        subnet.private_endpoint_policies,
    )


def _newest_tags(documents: Iterable[Document], gaps: set[Gap]) -> dict[str, TagList]:
    newest: dict[str, TagList] = {}
    for document in documents:
        try:
            found = read_tag_list(document)
        except ValueError as fault:
            gaps.add(Gap(what="service tags", scope="", why=f"a service tag list: {fault}", needs="download it again"))
            continue
        if found.cloud not in newest or _age(found) > _age(newest[found.cloud]):
            newest[found.cloud] = found
    return newest


def _age(tags: TagList) -> tuple[str, list[tuple[str, tuple[str, ...]]]]:
    return tags.change_number.zfill(9), sorted(tags.prefixes.items())
