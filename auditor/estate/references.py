"""References from one resource to another, and those that lead nowhere."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from auditor.estate.arm import parent_id
from auditor.estate.attached import Interface
from auditor.estate.firewall import Firewall, FirewallPolicy, RuleCollectionGroup
from auditor.estate.hub import HubConnection, RoutingIntent, VirtualHub, VirtualWan, leads_to_hub
from auditor.estate.network import Subnet, VirtualNetwork
from auditor.estate.read_hub import CONNECTIONS
from auditor.estate.web import HostingEnvironment
from auditor.findings import Gap

_NETWORK = "Microsoft.Network/"


@dataclass(frozen=True, slots=True)
class Reference:
    """One resource names another that decides with it.

    what: ARM type of the other without its provider. target: its comparing id. referrer: who names it, for people.
    """

    what: str
    target: str
    referrer: str


def dangling(found: Mapping[str, Mapping[str, Any]], wan: VirtualWan) -> Iterator[Gap]:
    """Yield a gap for each deciding resource that another one refers to and that is not in the source.

    One gap for each, however many refer to it; the first of them by name is told.
    found: the tables of an `Estate`, by field name.
    """
    yield from _unknown_hubs(found, wan)
    found = {**found, "hubs": wan.hubs}
    told: dict[str, tuple[str, str]] = {}
    references = (each for thing in _things(found, wan) for each in references_of(thing))
    listed = sorted(((each.what, _TABLES[each.what], each.target, each.referrer) for each in references), reverse=True)
    for what, table, target, referrer in listed:
        if target not in found[table]:
            told[target] = (what, referrer)
    for target, (what, referrer) in told.items():
        yield Gap(
            what=_NETWORK + what,
            scope=target,
            why=f"{referrer} refers to {what} {target.rpartition('/')[2]}, which is not in the source",
            needs=f"add it, as `az resource show --ids {target}` prints it, or the permission to read it",
        )


_TABLES = {
    "routeTables": "route_tables",
    "networkSecurityGroups": "security_groups",
    "virtualNetworks": "virtual_networks",
    "virtualNetworks/subnets": "subnets",
    "azureFirewalls": "firewalls",
    "firewallPolicies": "policies",
    "firewallPolicies/ruleCollectionGroups": "groups",
    "ipGroups": "ip_groups",
    "virtualHubs": "hubs",
    "serviceEndpointPolicies": "endpoint_policies",
}
"""Tables of an `Estate` in which a referenced type should be."""


def _things(found: Mapping[str, Mapping[str, Any]], wan: VirtualWan) -> Iterator[Any]:
    """Yield everything that refers to what should be in the source.

    Of VNets those that environments live in, where there are any: other neighbours of a hub decide nothing for them.
    """
    for table in ("subnets", "interfaces", "firewalls", "policies", "groups", "environments"):
        yield from found[table].values()
    homes = {parent_id(each.subnet) for each in found["environments"].values()}
    yield from (each for at, each in found["virtual_networks"].items() if at in homes or not homes)
    yield from (each for at in wan.of_vnet.values() for each in at)
    yield from wan.hubs.values()
    yield from (each for parts in wan.parts.values() for each in parts.intents)


def references_of(thing: object) -> Iterator[Reference]:
    """Yield what a resource refers to and cannot be judged without; nothing for a type that refers to nothing.

    Of a VNet those are its peers; its subnets are things of their own.
    """
    named = _NAMED_BY.get(type(thing))
    for what, target, referrer in named(thing) if named else ():
        if target:
            yield Reference(what, target, referrer)


_Named = Iterator[tuple[str, str | None, str]]
"""ARM type without provider, comparing id, who refers to it."""


def _by_subnet(subnet: Subnet) -> _Named:
    yield "routeTables", subnet.route_table, f"subnet {subnet.name}"
    yield "networkSecurityGroups", subnet.nsg, f"subnet {subnet.name}"
    for policy in subnet.endpoint_policies:
        yield "serviceEndpointPolicies", policy, f"subnet {subnet.name}"


def _by_interface(interface: Interface) -> _Named:
    yield "networkSecurityGroups", interface.nsg, f"network interface {interface.name}"


def _by_vnet(vnet: VirtualNetwork) -> _Named:
    for peering in (each for each in vnet.peerings if not leads_to_hub(each)):
        yield "virtualNetworks", peering.remote, f"peering {peering.name} of VNet {vnet.name}"


def _by_firewall(firewall: Firewall) -> _Named:
    yield "firewallPolicies", firewall.policy, f"firewall {firewall.name}"
    for collection in firewall.collections or ():
        yield from _ip_groups(collection, f"firewall {firewall.name}")


def _by_policy(policy: FirewallPolicy) -> _Named:
    yield "firewallPolicies", policy.base, f"firewall policy {policy.name}"
    for group in policy.groups or ():
        yield "firewallPolicies/ruleCollectionGroups", group, f"firewall policy {policy.name}"


def _by_group(group: RuleCollectionGroup) -> _Named:
    for collection in group.collections:
        yield from _ip_groups(collection, f"rule collection group {group.name}")


def _by_environment(environment: HostingEnvironment) -> _Named:
    yield "virtualNetworks/subnets", environment.subnet, f"App Service Environment {environment.name}"


def _by_connection(connection: HubConnection) -> _Named:
    yield "virtualHubs", connection.hub, f"connection {connection.name}"


def _by_hub(hub: VirtualHub) -> _Named:
    yield "azureFirewalls", hub.firewall, f"virtual hub {hub.name}"


def _by_intent(intent: RoutingIntent) -> _Named:
    for policy in (each for each in intent.policies if "/azurefirewalls/" in each.next_hop):
        yield "azureFirewalls", policy.next_hop, f"routing intent {intent.name}"


_NAMED_BY: Mapping[type, Callable[[Any], _Named]] = {
    Subnet: _by_subnet,
    Interface: _by_interface,
    VirtualNetwork: _by_vnet,
    Firewall: _by_firewall,
    FirewallPolicy: _by_policy,
    RuleCollectionGroup: _by_group,
    HostingEnvironment: _by_environment,
    HubConnection: _by_connection,
    VirtualHub: _by_hub,
    RoutingIntent: _by_intent,
}


def _unknown_hubs(found: Mapping[str, Mapping[str, Any]], wan: VirtualWan) -> Iterator[Gap]:
    """Yield a gap for each VNet that a peering shows to be connected to a hub, where no connection was read."""
    for at, vnet in found["virtual_networks"].items():
        peering = next((each for each in vnet.peerings if leads_to_hub(each)), None)
        if peering is not None and at not in wan.of_vnet:
            yield Gap(
                what=CONNECTIONS,
                scope=peering.remote,
                why=f"VNet {vnet.name} is connected to a virtual hub by {peering.name}, and that hub was not read",
                needs="add the hub, its connections, routing intent and route tables, or the permission to read them",
            )


def _ip_groups(collection: Any, referrer: str) -> _Named:  # noqa: ANN401 - any collection
    for rule in collection.rules:
        for side in ("sources", "destinations"):
            field = getattr(rule, side, None)
            for group in field.ip_groups if field else ():
                yield "ipGroups", group, referrer
