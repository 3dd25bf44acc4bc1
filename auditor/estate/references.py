"""References from one resource to another that lead nowhere."""

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.estate.hub import VirtualWan, leads_to_hub
from auditor.estate.read_hub import CONNECTIONS
from auditor.findings import Gap

_NETWORK = "Microsoft.Network/"


def dangling(found: Mapping[str, Mapping[str, Any]], wan: VirtualWan) -> Iterator[Gap]:
    """Yield a gap for each deciding resource that another one refers to and that is not in the source.

    One gap for each, however many refer to it; the first of them by name is told.
    found: the tables of an `Estate`, by field name.
    """
    yield from _unknown_hubs(found, wan)
    found = {**found, "hubs": wan.hubs}
    told: dict[str, tuple[str, str]] = {}
    for what, table, target, referrer in sorted((*_references(found), *_hub_references(wan)), reverse=True):
        if target and target not in found[table]:
            told[target] = (what, referrer)
    for target, (what, referrer) in told.items():
        yield Gap(
            what=_NETWORK + what,
            scope=target,
            why=f"{referrer} refers to {what} {target.rpartition('/')[2]}, which is not in the source",
            needs=f"add it, as `az resource show --ids {target}` prints it, or the permission to read it",
        )


def _references(found: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, str, str]]:
    """Yield (ARM type without provider, table it should be in, comparing id, who refers to it)."""
    for subnet in found["subnets"].values():
        yield "routeTables", "route_tables", subnet.route_table or "", f"subnet {subnet.name}"
        yield "networkSecurityGroups", "security_groups", subnet.nsg or "", f"subnet {subnet.name}"
    for vnet in found["virtual_networks"].values():
        for peering in (each for each in vnet.peerings if not leads_to_hub(each)):
            yield "virtualNetworks", "virtual_networks", peering.remote, f"peering {peering.name} of VNet {vnet.name}"
    for firewall in found["firewalls"].values():
        yield "firewallPolicies", "policies", firewall.policy or "", f"firewall {firewall.name}"
        for collection in firewall.collections or ():
            yield from _ip_groups(collection, f"firewall {firewall.name}")
    yield from _policy_references(found)
    for environment in found["environments"].values():
        yield "virtualNetworks/subnets", "subnets", environment.subnet, f"App Service Environment {environment.name}"


def _hub_references(wan: VirtualWan) -> Iterator[tuple[str, str, str, str]]:
    for connection in (each for at in wan.of_vnet.values() for each in at):
        yield "virtualHubs", "hubs", connection.hub, f"connection {connection.name}"
    for hub in wan.hubs.values():
        yield "azureFirewalls", "firewalls", hub.firewall, f"virtual hub {hub.name}"
    for intent in (each for parts in wan.parts.values() for each in parts.intents):
        for policy in intent.policies:
            if "/azurefirewalls/" in policy.next_hop:
                yield "azureFirewalls", "firewalls", policy.next_hop, f"routing intent {intent.name}"


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


def _policy_references(found: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, str, str]]:
    for policy in found["policies"].values():
        yield "firewallPolicies", "policies", policy.base or "", f"firewall policy {policy.name}"
        for group in policy.groups or ():
            yield "firewallPolicies/ruleCollectionGroups", "groups", group, f"firewall policy {policy.name}"
    for group in found["groups"].values():
        for collection in group.collections:
            yield from _ip_groups(collection, f"rule collection group {group.name}")


def _ip_groups(collection: Any, referrer: str) -> Iterator[tuple[str, str, str, str]]:  # noqa: ANN401 - any collection
    for rule in collection.rules:
        for side in ("sources", "destinations"):
            field = getattr(rule, side, None)
            for group in field.ip_groups if field else ():
                yield "ipGroups", "ip_groups", group, referrer
