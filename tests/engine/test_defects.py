"""One defect in the compliant estate gives one finding, with that cause, and takes down what hangs on it: no more."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from auditor.collectors.files import read_sources
from auditor.estate.addresses import address_set
from auditor.estate.names import Relation, normal_name, relation
from auditor.estate.tags import may_hold_name, tag_of_service_endpoint
from auditor.findings import Gap, Level, Outcome
from auditor.packs import Kind, Requirement
from auditor.settings import Applications, ClientRange, Dependency, Settings
from tests.audits import (
    audit_documents,
    audit_snapshot,
    checks_of,
    finding,
    outcomes,
    requirements_of,
    with_outcome,
)
from tests.builders import (
    SUBSCRIPTION,
    application_rule,
    collection,
    interface,
    ip_group,
    network_id,
    network_rule,
    route,
    route_table,
    security_rule,
    site,
)
from tests.estates import ASE, EDITIONS, ENDPOINTS, FIREWALL, Draft

OLD, NEW = EDITIONS
Wanted = Callable[[Requirement], bool]

NAMES = (Kind.FQDN, Kind.WILDCARD)
_GATEWAY = network_id("virtualNetworks", "vnet-shop") + "/subnets/gateway"
PEER = f"applications/peer:{_GATEWAY}"
"""The judgement on the application gateway of the compliant estate."""


def kinds(*wanted: Kind) -> Wanted:
    """Want every requirement of these kinds that always applies."""
    return lambda each: each.kind in wanted and each.condition is None


def target(*wanted: str) -> Wanted:
    """Want the requirements on these addresses, names or services."""
    return lambda each: each.target.removesuffix("/32") in wanted


def on_port(port: int, *of: Kind) -> Wanted:
    """Want the requirements of some kinds on a port."""
    return lambda each: kinds(*of)(each) and port in each.ports


def both(one: Wanted, other: Wanted) -> Wanted:
    """Want what either wants."""
    return lambda each: one(each) or other(each)


def linux(each: Requirement) -> bool:
    """Want what only Linux apps need."""
    return each.condition == "linux-apps"


def linux_address(each: Requirement) -> bool:
    """Want the addresses that only Linux apps need: no application rule sees traffic to them (F39)."""
    return linux(each) and each.kind is Kind.IP


def covered_by(tag: str) -> Wanted:
    """Want an FQDN tag and the names the edition publishes it for, unless the other tag is published for them too."""
    return lambda each: (
        (each.kind is Kind.FQDN_TAG and each.target == tag) or (kinds(*NAMES)(each) and each.tags == (tag,))
    )


def met_by(*patterns: str) -> Wanted:
    """Want the names that a rule with these target FQDNs meets, wholly or in part."""
    return lambda each: (
        kinds(*NAMES)(each)
        and any(relation(rule, normal_name(each.target)) is not Relation.DISJOINT for rule in patterns)
    )


BY_NAME = kinds(*NAMES)
BY_RULE = kinds(*NAMES, Kind.ANY, Kind.SERVICE_TAG)
"""What passes the firewall: names, and what the document asks network rules for."""
THROUGH = both(BY_RULE, kinds(Kind.DEFAULT_ROUTE))
TAGS = kinds(Kind.FQDN_TAG)
NO_FIREWALL = both(THROUGH, kinds(Kind.FIREWALL, Kind.FQDN_TAG))
MANAGEMENT = kinds(Kind.MANAGEMENT_SOURCE)
ROUTED = both(THROUGH, kinds(Kind.IP, Kind.MANAGEMENT_SOURCE))
"""What the routes of the subnet decide."""
OUTBOUND = both(BY_RULE, kinds(Kind.IP))


def fails(_: Requirement) -> Outcome:
    """Say that it does not pass."""
    return Outcome.FAIL


def unknown(_: Requirement) -> Outcome:
    """Say that it cannot be decided."""
    return Outcome.UNKNOWN


def stopped(each: Requirement) -> Outcome:
    """Say that it does not get past the firewall; a name that a service endpoint may carry still may (R33, V13)."""
    services = map(tag_of_service_endpoint, ENDPOINTS)
    carried = each.kind in NAMES and any(may_hold_name(tag, normal_name(each.target)) for tag in services)
    return Outcome.UNKNOWN if carried else Outcome.FAIL


def not_allowed(each: Requirement) -> Outcome:
    """Say that no rule allows it.

    The rule for AzureMonitor may: where the edition does not list that tag beside its names, they may lie in it (F25).
    """
    old = each.id.startswith(f"ase-v2@{OLD}/") and each.kind in NAMES
    return Outcome.UNKNOWN if old and may_hold_name("azuremonitor", normal_name(each.target)) else stopped(each)


def works_otherwise(each: Requirement) -> Outcome:
    """Say that traffic still passes, past what the document asks for."""
    return Outcome.FAIL if each.kind in {Kind.DEFAULT_ROUTE, Kind.ROUTE_TABLE} else Outcome.DEVIATES


def past_doubt(each: Requirement) -> Outcome:
    """Say that the default route is wrong, and that what lies on the way it takes is not known."""
    return Outcome.FAIL if each.kind is Kind.DEFAULT_ROUTE else Outcome.UNKNOWN


@dataclass(frozen=True, kw_only=True)
class Defect:
    """A defect, and what an audit must say of it.

    put: puts it into the compliant estate. cause: text of the finding that names the cause, in message or evidence.
    takes: the requirements it takes down, and outcome: how. beside: ids beside those of the pack, which fail unless
    everything is unknown.
    """

    name: str
    put: Callable[[Draft], None]
    check: str
    cause: str
    takes: Wanted
    outcome: Callable[[Requirement], Outcome]
    beside: tuple[str, ...] = ()
    editions: tuple[str, ...] = EDITIONS


# ------------------------------------------------------------------------------------------------- routes


def without_management_route(draft: Draft) -> None:
    draft.drop_route("52.174.22.21/32")


def management_route_off_by_one(draft: Draft) -> None:
    draft.route("52.174.22.21/32")["addressPrefix"] = "52.174.22.22/32"


def management_route_to_the_firewall(draft: Draft) -> None:
    draft.route("52.174.22.21/32").update(nextHopType="VirtualAppliance", nextHopIpAddress=FIREWALL)


def management_range_to_the_firewall(draft: Draft) -> None:
    for each in ("177.147", "184.149", "190.65", "195.197"):
        draft.drop_route(f"52.178.{each}/32")
    draft.routes.append(route("partners", "52.178.0.0/16", "VirtualAppliance", FIREWALL))


def management_route_to_nowhere(draft: Draft) -> None:
    draft.route("52.174.22.21/32")["nextHopType"] = "None"


def without_dependency_route(draft: Draft) -> None:
    draft.drop_route("40.77.24.27/32")


def dependency_route_off_by_one(draft: Draft) -> None:
    draft.route("40.77.24.27/32")["addressPrefix"] = "40.77.24.26/32"


def dependency_route_to_nowhere(draft: Draft) -> None:
    draft.route("40.77.24.27/32")["nextHopType"] = "None"


def without_default_route(draft: Draft) -> None:
    draft.drop_route("0.0.0.0/0")


def default_route_to_the_internet(draft: Draft) -> None:
    del draft.route("0.0.0.0/0")["nextHopIpAddress"]
    draft.route("0.0.0.0/0")["nextHopType"] = "Internet"


def default_route_to_nowhere(draft: Draft) -> None:
    del draft.route("0.0.0.0/0")["nextHopIpAddress"]
    draft.route("0.0.0.0/0")["nextHopType"] = "None"


def default_route_to_the_gateway(draft: Draft) -> None:
    del draft.route("0.0.0.0/0")["nextHopIpAddress"]
    draft.route("0.0.0.0/0")["nextHopType"] = "VirtualNetworkGateway"


def default_route_off_by_one(draft: Draft) -> None:
    draft.route("0.0.0.0/0")["nextHopIpAddress"] = "10.0.0.5"


def default_route_out_of_reach(draft: Draft) -> None:
    draft.route("0.0.0.0/0")["nextHopIpAddress"] = "172.31.0.4"


def default_route_to_an_interface_that_does_not_forward(draft: Draft) -> None:
    draft.route("0.0.0.0/0")["nextHopIpAddress"] = "10.1.5.9"
    draft.add(interface("nic-proxy", "vnet-shop", "gateway", "10.1.5.9", forwarding=False))


def default_route_to_another_appliance(draft: Draft) -> None:
    draft.route("0.0.0.0/0")["nextHopIpAddress"] = "10.1.5.9"
    draft.add(interface("nic-proxy", "vnet-shop", "gateway", "10.1.5.9", forwarding=True))


def table_unassigned(draft: Draft) -> None:
    del draft.ase["routeTable"]


def table_not_in_source(draft: Draft) -> None:
    draft.drop("rt-ase")


def table_with_impossible_prefix(draft: Draft) -> None:
    draft.routes.append(route("broken", "10.0.0.0/33", "None"))


def management_route_of_unknown_type(draft: Draft) -> None:
    draft.route("52.174.22.21/32")["nextHopType"] = "Teleport"


def default_route_of_unknown_type(draft: Draft) -> None:
    draft.route("0.0.0.0/0")["nextHopType"] = "Teleport"


ROUTES = [
    Defect(
        name="management route removed",
        put=without_management_route,
        check="asymmetric-management-reply",
        cause="52.174.22.21",
        outcome=fails,
        takes=target("52.174.22.21"),
    ),
    Defect(
        name="management route off by one",
        put=management_route_off_by_one,
        check="asymmetric-management-reply",
        cause="52.174.22.21",
        outcome=fails,
        takes=target("52.174.22.21"),
    ),
    Defect(
        name="a more specific route sends a management address to the firewall",
        put=management_route_to_the_firewall,
        check="asymmetric-management-reply",
        cause="52.174.22.21",
        outcome=fails,
        takes=target("52.174.22.21"),
    ),
    Defect(
        name="a more specific route sends several management addresses to the firewall",
        put=management_range_to_the_firewall,
        check="asymmetric-management-reply",
        cause="partners",
        outcome=fails,
        takes=lambda each: MANAGEMENT(each) and each.target.startswith("52.178."),
    ),
    Defect(
        name="management route to nowhere",
        put=management_route_to_nowhere,
        check="asymmetric-management-reply",
        cause="drops the reply to 52.174.22.21",
        outcome=fails,
        takes=target("52.174.22.21"),
    ),
    Defect(
        name="management route of unknown type",
        put=management_route_of_unknown_type,
        check="undetermined",
        cause="52.174.22.21",
        takes=target("52.174.22.21"),
        outcome=unknown,
    ),
    Defect(
        name="dependency route removed",
        put=without_dependency_route,
        check="missing-dependency-route",
        cause="40.77.24.27",
        outcome=fails,
        takes=target("40.77.24.27"),
    ),
    Defect(
        name="dependency route off by one",
        put=dependency_route_off_by_one,
        check="missing-dependency-route",
        cause="40.77.24.27",
        outcome=fails,
        takes=target("40.77.24.27"),
    ),
    Defect(
        name="dependency route to nowhere",
        put=dependency_route_to_nowhere,
        check="missing-dependency-route",
        cause="40.77.24.27",
        outcome=fails,
        takes=target("40.77.24.27"),
    ),
    Defect(
        name="default route removed",
        put=without_default_route,
        check="missing-default-route",
        cause="0.0.0.0/0 has no route of yours",
        outcome=works_otherwise,
        takes=THROUGH,
    ),
    Defect(
        name="default route to the Internet",
        put=default_route_to_the_internet,
        check="missing-default-route",
        cause="0.0.0.0/0 leads to internet",
        outcome=works_otherwise,
        takes=THROUGH,
    ),
    Defect(
        name="default route to nowhere",
        put=default_route_to_nowhere,
        check="missing-default-route",
        cause="0.0.0.0/0 leads to none",
        outcome=stopped,
        takes=THROUGH,
    ),
    Defect(
        name="default route to the gateway",
        put=default_route_to_the_gateway,
        check="missing-default-route",
        cause="0.0.0.0/0 leads to virtualnetworkgateway",
        outcome=past_doubt,
        takes=THROUGH,
    ),
    Defect(
        name="default route to an appliance that is no Azure Firewall",
        put=default_route_to_another_appliance,
        check="missing-default-route",
        cause="10.1.5.9",
        outcome=past_doubt,
        takes=THROUGH,
    ),
    Defect(
        name="default route of unknown type",
        put=default_route_of_unknown_type,
        check="missing-default-route",
        cause="teleport",
        outcome=past_doubt,
        takes=THROUGH,
    ),
    Defect(
        name="default route to an address nothing owns",
        put=default_route_off_by_one,
        check="dangling-next-hop",
        cause="nothing owns 10.0.0.5",
        outcome=stopped,
        takes=THROUGH,
    ),
    Defect(
        name="default route to an address out of reach",
        put=default_route_out_of_reach,
        check="dangling-next-hop",
        cause="172.31.0.4",
        outcome=stopped,
        takes=THROUGH,
    ),
    Defect(
        name="default route to an interface that does not forward",
        put=default_route_to_an_interface_that_does_not_forward,
        check="dangling-next-hop",
        cause="nic-proxy, which does not forward",
        outcome=stopped,
        takes=THROUGH,
    ),
    Defect(
        name="route table unassigned",
        put=table_unassigned,
        check="no-route-table",
        cause="subnet ase has no route table",
        outcome=works_otherwise,
        takes=both(THROUGH, kinds(Kind.ROUTE_TABLE, Kind.MANAGEMENT_SOURCE, Kind.IP)),
        editions=(OLD,),
    ),
    Defect(
        name="route table unassigned, dependencies without documented routes",
        put=table_unassigned,
        check="no-route-table",
        cause="subnet ase has no route table",
        outcome=works_otherwise,
        takes=both(THROUGH, kinds(Kind.ROUTE_TABLE, Kind.MANAGEMENT_SOURCE)),
        editions=(NEW,),
    ),
    Defect(
        name="route table not in the source",
        put=table_not_in_source,
        check="undetermined",
        cause="rt-ase",
        takes=ROUTED,
        beside=(PEER,),
        outcome=unknown,
    ),
    Defect(
        name="route table with 10.0.0.0/33",
        put=table_with_impossible_prefix,
        check="undetermined",
        cause="10.0.0.0/33",
        takes=ROUTED,
        beside=(PEER,),
        outcome=unknown,
    ),
]


# --------------------------------------------------------------------------------------- firewall rules


def drop_tags(*tags: str) -> Callable[[Draft], None]:
    """Take FQDN tags out of the rule that allows them."""

    def put(draft: Draft) -> None:
        rule = draft.rule("rcg-application", "ase-tags")
        rule["fqdnTags"] = [each for each in rule["fqdnTags"] if each not in tags]
        if not rule["fqdnTags"]:
            draft.of("rcg-application")["ruleCollections"] = []

    return put


def tag_rule(**fields: Any) -> Callable[[Draft], None]:  # noqa: ANN401 - ARM's own fields
    """Change fields of the rule that allows the FQDN tags."""
    return lambda draft: draft.rule("rcg-application", "ase-tags").update(fields)


def tag_collection(**fields: Any) -> Callable[[Draft], None]:  # noqa: ANN401 - ARM's own fields
    """Change fields of the collection that allows the FQDN tags."""
    return lambda draft: draft.of("rcg-application")["ruleCollections"][0].update(fields)


def network_deny(*destinations: str, **more: Any) -> Callable[[Draft], None]:  # noqa: ANN401 - ARM's own fields
    """Deny destinations on 443 by a network rule in a group before all others."""
    rule = network_rule("no-web", destinations, ["443"], **more)
    return lambda draft: draft.add_group("fwp-ase", "rcg-first", 100, collection("deny-web", 100, "Deny", [rule]))


def network_action(action: str) -> Callable[[Draft], None]:
    """Put a network rule on all of 443 before all others, with an action Azure does not have yet."""
    rule = network_rule("no-web", ["*"], ["443"])
    return lambda draft: draft.add_group("fwp-ase", "rcg-first", 100, collection("deny-web", 100, action, [rule]))


def resolving(deny: Callable[[Draft], None], *servers: str) -> Callable[[Draft], None]:
    """Switch the firewall's DNS proxy on, and make the VNet resolve names by `servers`."""

    def put(draft: Draft) -> None:
        draft.of("fwp-ase")["dnsSettings"] = {"enableProxy": True, "servers": []}
        draft.of("vnet-shop")["dhcpOptions"] = {"dnsServers": list(servers)}
        deny(draft)

    return put


def parent_deny(*targets: str) -> Callable[[Draft], None]:
    """Deny names in the policy of the organisation."""
    return lambda draft: draft.rule("rcg-org", "games").update(targetFqdns=list(targets))


def by_ip_group(*addresses: str, present: bool = True) -> Callable[[Draft], None]:
    """Name the senders of the tag rule by an IP group."""

    def put(draft: Draft) -> None:
        tag_rule(sourceAddresses=[], sourceIpGroups=[network_id("ipGroups", "ipg-ase")])(draft)
        if present:
            draft.add(ip_group("ipg-ase", addresses))

    return put


def drop_network_rule(name: str) -> Callable[[Draft], None]:
    """Take away a network rule."""

    def put(draft: Draft) -> None:
        (only,) = draft.of("rcg-network")["ruleCollections"]
        only["rules"] = [each for each in only["rules"] if each["name"] != name]

    return put


def cyclic_base_policy(draft: Draft) -> None:
    draft.of("fwp-org")["basePolicy"] = {"id": network_id("firewallPolicies", "fwp-ase")}


def drop(*names: str) -> Callable[[Draft], None]:
    """Take resources away."""

    def put(draft: Draft) -> None:
        for each in names:
            draft.drop(each)

    return put


def impossible_port(draft: Draft) -> None:
    draft.rule("rcg-network", "ntp")["destinationPorts"] = ["99999"]


RULES_UNREADABLE = both(BY_RULE, TAGS)
RULES = [
    Defect(
        name="FQDN tag AppServiceEnvironment removed",
        put=drop_tags("AppServiceEnvironment"),
        check="missing-fqdn-tag",
        cause="allows FQDN tag AppServiceEnvironment in no rule",
        outcome=not_allowed,
        takes=covered_by("AppServiceEnvironment"),
    ),
    Defect(
        name="the only FQDN tag removed",
        put=drop_tags("AppServiceEnvironment", "WindowsUpdate"),
        check="missing-fqdn-tag",
        cause="allows FQDN tag AppServiceEnvironment in no rule",
        outcome=not_allowed,
        takes=both(TAGS, BY_NAME),
        editions=(OLD,),
    ),
    Defect(
        name="FQDN tag WindowsUpdate removed",
        put=drop_tags("WindowsUpdate"),
        check="missing-fqdn-tag",
        cause="allows FQDN tag WindowsUpdate in no rule",
        outcome=works_otherwise,
        takes=lambda each: (
            each.kind is Kind.FQDN_TAG
            and each.target == "WindowsUpdate"
            or kinds(*NAMES)(each)
            and each.tags == ("WindowsUpdate",)
        ),
        editions=(NEW,),
    ),
    Defect(
        name="tag rule for https only",
        put=tag_rule(protocols=[{"protocolType": "Https", "port": 443}]),
        check="undetermined",
        cause="fwp-ase/rcg-application/allow-ase-names/ase-tags",
        takes=on_port(80, *NAMES),
        outcome=unknown,
    ),
    Defect(
        name="tag rule for http only",
        put=tag_rule(protocols=[{"protocolType": "Http", "port": 80}]),
        check="missing-fqdn-tag",
        cause="ase-tags",
        outcome=not_allowed,
        takes=both(TAGS, on_port(443, *NAMES)),
        editions=(OLD,),
    ),
    Defect(
        name="FQDN tags joined by a comma",
        put=tag_rule(fqdnTags=["AppServiceEnvironment,WindowsUpdate"]),
        check="missing-fqdn-tag",
        cause='"AppServiceEnvironment,WindowsUpdate"',
        outcome=not_allowed,
        takes=both(TAGS, BY_NAME),
        editions=(OLD,),
    ),
    Defect(
        name="tag rule covers half of the subnet",
        put=tag_rule(sourceAddresses=["10.1.1.0/25"]),
        check="missing-fqdn-tag",
        cause="10.1.1.0/25",
        outcome=not_allowed,
        takes=both(TAGS, BY_NAME),
        editions=(OLD,),
    ),
    Defect(
        name="tag rule by an empty IP group",
        put=by_ip_group(),
        check="missing-fqdn-tag",
        cause="ase-tags",
        outcome=not_allowed,
        takes=both(TAGS, BY_NAME),
        editions=(OLD,),
    ),
    Defect(
        name="tag rule by an IP group that is not in the source",
        put=by_ip_group(present=False),
        check="undetermined",
        cause="ipg-ase",
        takes=both(TAGS, BY_NAME),
        outcome=unknown,
    ),
    Defect(
        name="tag collection with an unknown action",
        put=tag_collection(action={"type": "Maybe"}),
        check="undetermined",
        cause="ase-tags",
        takes=both(TAGS, BY_NAME),
        outcome=unknown,
    ),
    Defect(
        name="443 denied by a network rule",
        put=network_deny("*"),
        check="blocked-by-firewall-rule",
        cause="fwp-ase/rcg-first/deny-web/no-web",
        outcome=stopped,
        takes=on_port(443, *NAMES, Kind.SERVICE_TAG),
    ),
    Defect(
        name="one name denied by a network rule",
        put=resolving(network_deny(destinationFqdns=["login.live.com"]), FIREWALL),
        check="blocked-by-firewall-rule",
        cause="fwp-ase/rcg-first/deny-web/no-web",
        outcome=stopped,
        takes=target("login.live.com"),
    ),
    Defect(
        name="one name denied by a network rule, resolved elsewhere",
        put=resolving(network_deny(destinationFqdns=["login.live.com"]), "10.0.9.9"),
        check="undetermined",
        cause="fwp-ase/rcg-first/deny-web/no-web",
        takes=target("login.live.com"),
        outcome=unknown,
    ),
    Defect(
        name="some addresses denied by a network rule",
        put=network_deny("23.0.0.0/8"),
        check="undetermined",
        cause="fwp-ase/rcg-first/deny-web/no-web",
        takes=on_port(443, *NAMES),
        outcome=unknown,
    ),
    Defect(
        name="443 under a network rule with an unknown action",
        put=network_action("Maybe"),
        check="undetermined",
        cause="fwp-ase/rcg-first/deny-web/no-web",
        takes=on_port(443, *NAMES, Kind.SERVICE_TAG),
        outcome=unknown,
    ),
    Defect(
        name="parent policy denies one name",
        put=parent_deny("*.games.contoso.com", "login.live.com"),
        check="blocked-by-firewall-rule",
        cause="fwp-org/rcg-org/deny-games/games",
        outcome=not_allowed,
        takes=target("login.live.com"),
    ),
    Defect(
        name="parent policy denies a domain",
        put=parent_deny("*.microsoft.com"),
        check="blocked-by-firewall-rule",
        cause="fwp-org/rcg-org/deny-games/games",
        outcome=not_allowed,
        takes=met_by("*.microsoft.com"),
    ),
    Defect(
        name="parent policy denies every name",
        put=parent_deny("*"),
        check="blocked-by-firewall-rule",
        cause="fwp-org/rcg-org/deny-games/games",
        outcome=not_allowed,
        takes=BY_NAME,
    ),
    Defect(
        name="base policy not in the source",
        put=drop("fwp-org"),
        check="undetermined",
        cause="fwp-org",
        takes=RULES_UNREADABLE,
        outcome=unknown,
    ),
    Defect(
        name="base policy its own base",
        put=cyclic_base_policy,
        check="undetermined",
        cause="its own base",
        takes=RULES_UNREADABLE,
        outcome=unknown,
    ),
    Defect(
        name="rule collection group not in the source",
        put=drop("rcg-application"),
        check="undetermined",
        cause="rcg-application",
        takes=RULES_UNREADABLE,
        outcome=unknown,
    ),
    Defect(
        name="rule for port 99999",
        put=impossible_port,
        check="undetermined",
        cause="99999",
        takes=RULES_UNREADABLE,
        outcome=unknown,
    ),
    *(
        Defect(
            name=f"network rule {name} removed",
            put=drop_network_rule(name),
            check="missing-network-rule",
            cause=word,
            outcome=fails,
            takes=takes,
            editions=(NEW,),
        )
        for name, word, takes in (
            ("ntp", "port 123", lambda each: each.target == "*" and each.ports == (123,)),
            ("triage", "port 12000", lambda each: each.target == "*" and each.ports == (12000,)),
            ("monitor", "AzureMonitor", kinds(Kind.SERVICE_TAG)),
        )
    ),
]


# -------------------------------------------------------------------------------------- the firewall itself


def stop_firewall(draft: Draft) -> None:
    draft.of("fw-hub")["ipConfigurations"] = []
    draft.subnet("vnet-hub", "AzureFirewallSubnet").pop("ipConfigurations")


def firewall_gone(draft: Draft) -> None:
    draft.drop("fw-hub")
    draft.subnet("vnet-hub", "AzureFirewallSubnet").pop("ipConfigurations")


def firewall_failed(draft: Draft) -> None:
    draft.of("fw-hub")["provisioningState"] = "Failed"


def firewall_table(*routes: tuple[str, str, str], management: bool = False) -> Callable[[Draft], None]:
    """Assign a route table to the subnet of the firewall. management: give it a management address, too."""

    def put(draft: Draft) -> None:
        draft.add(route_table("rt-firewall", [route(*each) for each in routes]))
        draft.subnet("vnet-hub", "AzureFirewallSubnet")["routeTable"] = {"id": network_id("routeTables", "rt-firewall")}
        if management:
            draft.of("fw-hub")["managementIpConfiguration"] = {"name": "management", "properties": {}}

    return put


def peering_state(vnet_name: str, state: str) -> Callable[[Draft], None]:
    """Set the state of the only peering of a VNet."""

    def put(draft: Draft) -> None:
        (half,) = draft.of(vnet_name)["virtualNetworkPeerings"]
        half["properties"]["peeringState"] = state

    return put


def peering_gone(draft: Draft) -> None:
    draft.of("vnet-hub")["virtualNetworkPeerings"] = []


FIREWALLS = [
    Defect(
        name="firewall deallocated",
        put=stop_firewall,
        check="no-firewall",
        cause="no Azure Firewall stands on the way out",
        outcome=stopped,
        takes=NO_FIREWALL,
    ),
    Defect(
        name="firewall removed",
        put=firewall_gone,
        check="no-firewall",
        cause="no Azure Firewall stands on the way out",
        outcome=stopped,
        takes=NO_FIREWALL,
    ),
    Defect(
        name="firewall not in the source",
        put=drop("fw-hub"),
        check="undetermined",
        cause="fw-hub",
        takes=NO_FIREWALL,
        outcome=unknown,
    ),
    Defect(
        name="firewall in state Failed",
        put=firewall_failed,
        check="undetermined",
        cause="fw-hub is in provisioning state Failed",
        takes=BY_RULE,
        outcome=unknown,
    ),
    *(
        Defect(
            name=f"firewall subnet routed to {hop}",
            put=firewall_table(("forced", "0.0.0.0/0", hop)),
            check="firewall-egress-blocked",
            cause="forced keeps firewall fw-hub",
            outcome=stopped,
            takes=BY_RULE,
        )
        for hop in ("None", "VirtualNetworkGateway")
    ),
    Defect(
        name="firewall with a management address routed to the gateway",
        put=firewall_table(("forced", "0.0.0.0/0", "VirtualNetworkGateway"), management=True),
        check="undetermined",
        cause="forced",
        takes=BY_RULE,
        outcome=unknown,
    ),
    Defect(
        name="firewall subnet does not route replies to the spoke",
        put=firewall_table(("lost", "10.1.0.0/16", "None")),
        check="firewall-egress-blocked",
        cause="does not return from firewall fw-hub",
        outcome=stopped,
        takes=BY_RULE,
    ),
    *(
        Defect(
            name=f"peering of {vnet} disconnected",
            put=peering_state(vnet, "Disconnected"),
            check="dangling-next-hop",
            cause="disconnected",
            outcome=stopped,
            takes=THROUGH,
        )
        for vnet in ("vnet-shop", "vnet-hub")
    ),
    Defect(
        name="peering has one half only",
        put=peering_gone,
        check="dangling-next-hop",
        cause="has no other half",
        outcome=stopped,
        takes=THROUGH,
    ),
    Defect(
        name="hub not in the source",
        put=drop("vnet-hub"),
        check="undetermined",
        cause="vnet-hub",
        takes=BY_RULE,
        outcome=unknown,
    ),
]


# ----------------------------------------------------------------------- subnet, NSG, apps, application traffic


def drop_endpoint(service: str) -> Callable[[Draft], None]:
    """Switch a service endpoint off."""

    def put(draft: Draft) -> None:
        draft.ase["serviceEndpoints"] = [each for each in draft.ase["serviceEndpoints"] if each["service"] != service]

    return put


def failed_endpoint(draft: Draft) -> None:
    (found,) = [each for each in draft.ase["serviceEndpoints"] if each["service"] == "Microsoft.Sql"]
    found["provisioningState"] = "Failed"


def security(*rules: tuple[str, int, str], drop: tuple[str, ...] = (), **fields: Any) -> Callable[[Draft], None]:  # noqa: ANN401
    """Add security rules to the NSG of the subnet, and take others away."""

    def put(draft: Draft) -> None:
        group = draft.of("nsg-ase")
        group["securityRules"] = [each for each in group["securityRules"] if each["name"] not in drop]
        group["securityRules"] += [security_rule(*each, **fields) for each in rules]

    return put


def ase_to_firewall(draft: Draft) -> None:
    draft.routes.append(route("everything-inside", "10.1.0.0/16", "VirtualAppliance", FIREWALL))


def external(draft: Draft) -> None:
    draft.of("ase-shop")["internalLoadBalancingMode"] = "None"


def linux_app(draft: Draft) -> None:
    draft.add(site("shop-linux", "ase-shop", linux=True))


def no_apps(draft: Draft) -> None:
    draft.drop("shop-web")
    draft.drop("shop-api")


MANAGEMENT_PORTS = both(MANAGEMENT, on_port(454, Kind.NSG_INBOUND))
REST = [
    *(
        Defect(
            name=f"service endpoint {service} removed",
            put=drop_endpoint(service),
            check="missing-service-endpoint",
            cause=service,
            outcome=fails,
            takes=target(service),
            editions=editions,
        )
        for service, editions in (
            ("Microsoft.Sql", EDITIONS),
            ("Microsoft.Storage", EDITIONS),
            ("Microsoft.KeyVault", (OLD,)),
            ("Microsoft.EventHub", (NEW,)),
        )
    ),
    Defect(
        name="service endpoint in state Failed",
        put=failed_endpoint,
        check="missing-service-endpoint",
        cause="its state is failed",
        outcome=fails,
        takes=target("Microsoft.Sql"),
    ),
    Defect(
        name="NSG denies 454-455",
        put=security(("no-management", 90, "Deny"), ports="454-455"),
        check="blocked-by-nsg",
        cause="nsg-ase/no-management",
        outcome=fails,
        takes=MANAGEMENT_PORTS,
    ),
    Defect(
        name="NSG denies one management address",
        put=security(("no-management", 90, "Deny"), ports="454-455", source="52.174.22.21"),
        check="blocked-by-nsg",
        cause="nsg-ase/no-management",
        outcome=fails,
        takes=target("52.174.22.21"),
        editions=(OLD,),
    ),
    Defect(
        name="NSG denies one of the two ports",
        put=security(("no-455", 90, "Deny"), ports="455"),
        check="blocked-by-nsg",
        cause="nsg-ase/no-455",
        outcome=fails,
        takes=MANAGEMENT_PORTS,
    ),
    Defect(
        name="NSG rule with an unknown access",
        put=security(("perhaps", 90, "Perhaps"), ports="454-455"),
        check="undetermined",
        cause="nsg-ase/perhaps",
        takes=MANAGEMENT_PORTS,
        outcome=unknown,
    ),
    Defect(
        name="NSG does not allow management",
        put=security(drop=("allow-management-tag", "allow-management-addresses")),
        check="blocked-by-nsg",
        cause="nsg-ase/deny-rest",
        outcome=fails,
        takes=MANAGEMENT_PORTS,
    ),
    Defect(
        name="NSG does not allow probes",
        put=security(drop=("allow-probes",)),
        check="blocked-by-nsg",
        cause="nsg-ase/deny-rest",
        outcome=fails,
        takes=target("AzureLoadBalancer"),
        editions=(NEW,),
    ),
    Defect(
        name="NSG does not allow the application gateway",
        put=security(drop=("allow-gateway",)),
        check="blocked-by-nsg",
        cause="nsg-ase/deny-rest",
        outcome=fails,
        takes=lambda _: False,
        beside=(PEER,),
    ),
    Defect(
        name="NSG denies 443 to the Internet",
        put=security(("no-web", 200, "Deny"), direction="Outbound", destination="Internet", ports="443"),
        check="blocked-by-nsg",
        cause="nsg-ase/no-web",
        outcome=fails,
        takes=on_port(443, *NAMES, Kind.IP, Kind.SERVICE_TAG),
    ),
    Defect(
        name="NSG not in the source",
        put=drop("nsg-ase"),
        check="undetermined",
        cause="nsg-ase",
        takes=both(OUTBOUND, kinds(Kind.MANAGEMENT_SOURCE, Kind.NSG_INBOUND)),
        beside=(PEER,),
        outcome=unknown,
    ),
    Defect(
        name="a Linux app, which the tag does not cover",
        put=linux_app,
        check="missing-linux-fqdn",
        cause="registry-1.docker.io",
        outcome=not_allowed,
        takes=linux,
        editions=(OLD,),
    ),
    Defect(
        name="a Linux app, whose names the tag covers and whose addresses it does not",
        put=linux_app,
        check="missing-linux-fqdn",
        cause="13.74.252.37",
        outcome=fails,
        takes=linux_address,
        editions=(NEW,),
    ),
    Defect(
        name="no apps in the source",
        put=no_apps,
        check="undetermined",
        cause="apps",
        takes=linux,
        outcome=unknown,
        editions=(OLD,),
    ),
    Defect(
        name="replies to the application gateway leave through the firewall",
        put=ase_to_firewall,
        check="asymmetric-peer-reply",
        cause="through firewall fw-hub",
        outcome=fails,
        takes=lambda _: False,
        beside=(PEER,),
    ),
    Defect(
        name="external environment",
        put=external,
        check="asymmetric-application-reply",
        cause="has a public address",
        outcome=fails,
        takes=lambda _: False,
        beside=("applications/clients:any",),
    ),
]

_CASES = [
    pytest.param(each, edition, id=f"{each.name}-{edition}")
    for each in (*ROUTES, *RULES, *FIREWALLS, *REST)
    for edition in each.editions
]


@pytest.mark.parametrize(("defect", "edition"), _CASES)
def test_one_defect_is_one_finding(defect: Defect, edition: str) -> None:
    """A single defect gives exactly one finding, which names its cause and holds exactly what it takes down."""
    draft = Draft()
    defect.put(draft)

    audited = audit_documents(draft.documents, edition=edition, tags=draft.tags)

    assert checks_of(audited) == [defect.check]
    (found,) = audited.findings
    assert defect.cause.lower() in " | ".join((found.message, *found.evidence)).lower()
    expected = {each.id: defect.outcome(each) for each in requirements_of(edition) if defect.takes(each)}
    rest = Outcome.UNKNOWN if defect.check == "undetermined" else Outcome.FAIL
    expected |= dict.fromkeys(defect.beside, rest)
    assert expected
    assert set(found.requirements) == set(expected)
    came_out = outcomes(audited)
    assert {each: came_out[each] for each in expected} == expected


def both_tags_gone(draft: Draft) -> None:
    drop_tags("AppServiceEnvironment", "WindowsUpdate")(draft)


@pytest.mark.parametrize(
    "put",
    [
        pytest.param(both_tags_gone, id="removed"),
        pytest.param(tag_rule(fqdnTags=["AppServiceEnvironment,WindowsUpdate"]), id="joined by a comma"),
        pytest.param(tag_rule(sourceAddresses=["10.1.1.0/25"]), id="for half of the subnet"),
        pytest.param(by_ip_group(), id="for an empty IP group"),
    ],
)
def test_each_missing_tag_is_one_finding(put: Callable[[Draft], None]) -> None:
    """Where both documented tags are missing each is one finding, and together they hold both tags and every name."""
    draft = Draft()
    put(draft)

    audited = audit_documents(draft.documents, edition=NEW, tags=draft.tags)

    assert checks_of(audited) == ["missing-fqdn-tag", "missing-fqdn-tag"]
    assert {each for found in audited.findings for each in found.requirements} == {
        each.id for each in requirements_of(NEW) if both(TAGS, BY_NAME)(each)
    }
    by_tag = {f"ase-v2@{NEW}/fqdn-tag:{word}@azure-firewall" for word in ("appserviceenvironment", "windowsupdate")}
    assert [len(by_tag & set(each.requirements)) for each in audited.findings] == [1, 1]


# ------------------------------------------------------------------------------------------ no defect at all


def cured_gateway(draft: Draft) -> None:
    ase_to_firewall(draft)
    draft.add(route_table("rt-gateway", [route("to-ase", ASE, "VirtualAppliance", FIREWALL)]))
    draft.subnet("vnet-shop", "gateway")["routeTable"] = {"id": network_id("routeTables", "rt-gateway")}
    rule = network_rule("gateway", [ASE], ["443"], sources=["10.1.5.0/24"], protocols=["TCP"])
    draft.add_group("fwp-ase", "rcg-inside", 150, collection("allow-inside", 100, "Allow", [rule]))


def stub_list_of_tags(draft: Draft) -> None:
    draft.tags.clear()


def split_default_route(draft: Draft) -> None:
    """Route the two halves of the Internet to the firewall beside the whole of it."""
    for name, half in (("low", "0.0.0.0/1"), ("high", "128.0.0.0/1")):
        draft.routes.append(route(name, half, "VirtualAppliance", FIREWALL))


def harmless_linux_app(draft: Draft) -> None:
    draft.add(site("other-linux", "ase-elsewhere", linux=True))


def management_by_tag(draft: Draft) -> None:
    """Replace the routes of management addresses by one for their service tag."""
    draft.of("rt-ase")["routes"] = [each for each in draft.routes if not each["name"].startswith("management-")]
    draft.routes.append(route("management", "AppServiceManagement", "Internet"))


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(
    "put",
    [
        pytest.param(lambda _: None, id="as it is"),
        pytest.param(stub_list_of_tags, id="without a list of service tags"),
        pytest.param(by_ip_group("10.1.1.0/25", "10.1.1.128-10.1.1.255"), id="senders by an IP group"),
        pytest.param(cured_gateway, id="application gateway through the firewall both ways"),
        pytest.param(firewall_table(("direct", "0.0.0.0/0", "Internet")), id="firewall routed to the Internet"),
        pytest.param(network_deny(destinationFqdns=["login.live.com"]), id="name in a network rule without DNS proxy"),
        pytest.param(network_deny("10.0.0.0/8"), id="network rule denies private addresses"),
        pytest.param(network_deny("*", sources=["10.9.0.0/16"]), id="network rule denies other senders"),
        pytest.param(parent_deny("*.contoso.com", "microsoft.com"), id="parent policy denies other names"),
        pytest.param(tag_rule(fqdnTags=["App Service Environment", "windowsupdate"]), id="tags spelled otherwise"),
        pytest.param(split_default_route, id="halves of the default route beside it"),
        pytest.param(harmless_linux_app, id="Linux app in another environment"),
        pytest.param(management_by_tag, id="management by service tag"),
        pytest.param(security(("no-games", 90, "Deny"), ports="3074"), id="NSG denies another port"),
    ],
)
def test_what_does_no_harm_is_no_finding(put: Callable[[Draft], None], edition: str) -> None:
    """What Azure lets pass as documented gives no finding, however it is written."""
    draft = Draft()
    put(draft)

    audited = audit_documents(draft.documents, edition=edition, tags=draft.tags)

    assert [(each.check, each.message) for each in audited.findings] == []
    assert set(outcomes(audited).values()) <= {Outcome.PASS, Outcome.NOT_APPLICABLE}


# -------------------------------------------------------------------------------------- explicit rules by name


def explicit_rules(edition: str, *, but: str = "", instead: str = "") -> Callable[[Draft], None]:
    """Replace the tag rule by a rule for each documented name; for patterns by one with a star at the far left.

    but: a name to leave out; instead: a target FQDN to put in its place.
    """

    def put(draft: Draft) -> None:
        names = {normal_name(each.target) for each in requirements_of(edition) if BY_NAME(each)}
        targets = sorted(star_at_the_left(each) for each in names if each != but)
        rule = application_rule("names", [*targets, *([instead] if instead else [])], sources=[ASE])
        draft.of("rcg-application")["ruleCollections"] = [collection("allow-ase-names", 100, "Allow", [rule])]

    return put


def star_at_the_left(name: str) -> str:
    """Return the target FQDN that covers a documented name or pattern: Azure takes a star at the far left only."""
    return name if "*" not in name else f"*{name.rpartition('*')[2]}"


@pytest.mark.parametrize("edition", EDITIONS)
def test_explicit_rules_for_every_name_deviate_from_the_tag(edition: str) -> None:
    """Every name allowed by a rule of its own passes; that the tag is not used is a warning for each tag."""
    draft = Draft()
    explicit_rules(edition)(draft)

    audited = audit_documents(draft.documents, edition=edition, tags=draft.tags)

    assert set(checks_of(audited)) == {"missing-fqdn-tag"}
    assert {each.level for each in audited.findings} == {Level.WARNING}
    tags = {each.id for each in requirements_of(edition) if TAGS(each)}
    assert {each for found in audited.findings for each in found.requirements} == tags
    assert {outcomes(audited)[each] for each in tags} == {Outcome.DEVIATES}


@pytest.mark.parametrize(
    ("edition", "but", "instead", "lost"),
    [
        pytest.param(NEW, "login.live.com", "", "fqdn:login.live.com:443", id="a name left out"),
        pytest.param(NEW, "login.live.com", "*.login.live.com", "fqdn:login.live.com:443", id="the apex of a star"),
        pytest.param(
            OLD,
            "gr-prod-*.cloudapp.net",
            "gr-prod-*.cloudapp.net",
            "wildcard:gr-prod-*.cloudapp.net:443",
            id="star amid",
        ),
    ],
)
def test_names_without_a_rule_are_missing_beside_the_tag(edition: str, but: str, instead: str, lost: str) -> None:
    """Where some names have rules and some have none, those that have none are an error and the tag is a warning.

    A rule spelled like a documented pattern allows nothing: Azure Firewall takes a star at the far left only.
    """
    draft = Draft()
    explicit_rules(edition, but=but, instead=instead)(draft)

    audited = audit_documents(draft.documents, edition=edition, tags=draft.tags)

    assert set(checks_of(audited)) == {"missing-fqdn", "missing-fqdn-tag"}
    assert finding(audited, "missing-fqdn").requirements == (f"ase-v2@{edition}/{lost}",)
    assert {each.level for each in audited.findings if each.check == "missing-fqdn-tag"} == {Level.WARNING}


def test_a_covering_star_at_the_far_left_allows_a_documented_pattern() -> None:
    """`*.cloudapp.net` contains every name of `gr-Prod-*.cloudapp.net`."""
    draft = Draft()
    explicit_rules(OLD, but="gr-prod-*.cloudapp.net", instead="*.cloudapp.net")(draft)

    audited = audit_documents(draft.documents, edition=OLD, tags=draft.tags)

    assert outcomes(audited)[f"ase-v2@{OLD}/wildcard:gr-prod-*.cloudapp.net:443"] is Outcome.PASS


# -------------------------------------------------------------------------------- never a pass by what is unknown

PASSING = (Outcome.PASS,)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(
    ("sure", "odd"),
    [
        pytest.param(network_action("Deny"), network_action("Maybe"), id="rule action"),
        pytest.param(
            security(("no-management", 90, "Deny"), ports="454-455"),
            security(("no-management", 90, "Perhaps"), ports="454-455"),
            id="security rule access",
        ),
        pytest.param(
            security(drop=("allow-management-tag", "allow-management-addresses")),
            lambda draft: [
                draft.security_rule(each).update(access="Perhaps")
                for each in ("allow-management-tag", "allow-management-addresses")
            ],
            id="access of an allowing security rule",
        ),
        pytest.param(default_route_to_nowhere, default_route_of_unknown_type, id="next hop type"),
        pytest.param(both_tags_gone, tag_collection(action={"type": "Maybe"}), id="action of an allowing collection"),
        pytest.param(
            lambda draft: draft.of("rcg-network").update(ruleCollections=[]),
            lambda draft: [
                draft.rule("rcg-network", each).update(ipProtocols=["Quic"]) for each in ("ntp", "triage", "monitor")
            ],
            id="protocol of network rules",
        ),
        pytest.param(
            both_tags_gone,
            tag_rule(protocols=[{"protocolType": "Gopher", "port": 443}, {"protocolType": "Gopher", "port": 80}]),
            id="protocol of an application rule",
        ),
    ],
)
def test_a_word_the_auditor_does_not_know_never_passes_more(
    sure: Callable[[Draft], None], odd: Callable[[Draft], object], edition: str
) -> None:
    """With an enum value Azure may add one day nothing passes that does not pass with the worst of the known ones."""
    known, strange = Draft(), Draft()
    sure(known)
    odd(strange)

    with_known = audit_documents(known.documents, edition=edition, tags=known.tags)
    with_strange = audit_documents(strange.documents, edition=edition, tags=strange.tags)

    assert with_outcome(with_strange, *PASSING) <= with_outcome(with_known, *PASSING)
    assert bool(with_strange.findings) == bool(with_known.findings)


# ------------------------------------------------------------------------------------- what is audited at all


def test_an_environment_of_version_3_is_not_failed() -> None:
    """The packs of version 2 do not apply to version 3, whatever its network, and the audit says why."""
    draft = Draft()
    draft.resource("ase-shop")["kind"] = "ASEV3"
    table_unassigned(draft)

    audited = audit_documents(draft.documents, tags=draft.tags)

    assert audited.findings == ()
    assert outcomes(audited) == {f"ase-v2@{NEW}/*": Outcome.NOT_APPLICABLE}
    assert "v3" in audited.results[0].reason.text


@pytest.mark.parametrize("kind", [None, "ASEV9"])
def test_an_environment_of_unknown_version_is_undetermined(kind: str | None) -> None:
    """Without a version it is not known which requirements there are."""
    draft = Draft()
    del draft.resource("ase-shop")["kind"]
    if kind:
        draft.resource("ase-shop")["kind"] = kind

    audited = audit_documents(draft.documents, tags=draft.tags)

    assert checks_of(audited) == ["undetermined"]
    assert outcomes(audited) == {f"ase-v2@{NEW}/*": Outcome.UNKNOWN}


@pytest.mark.parametrize("edition", EDITIONS)
def test_apps_that_could_not_be_listed_leave_linux_open(edition: str) -> None:
    """Where apps may be hidden the Linux names are unknown, except those that pass with what is there anyway."""
    draft = Draft()
    gap = Gap(what="Microsoft.Web/sites", scope=SUBSCRIPTION, why="apps: access denied", needs="Reader")

    audited = audit_documents(draft.documents, edition=edition, tags=draft.tags, gaps=[gap])

    assert checks_of(audited) == ["undetermined"]
    assert "apps: access denied" in audited.findings[0].message
    wanted = linux if edition == OLD else linux_address
    assert set(audited.findings[0].requirements) == {each.id for each in requirements_of(edition) if wanted(each)}


def test_two_documents_of_one_id_that_differ_decide_nothing(tmp_path: Path) -> None:
    """Which of two different route tables of one id is true is not known: one finding, and no route is believed."""
    draft = Draft()
    table = draft.resource("rt-ase")
    other = deepcopy(table)
    other["properties"]["routes"] = other["properties"]["routes"][:1]
    draft.drop("rt-ase")
    (tmp_path / "estate.json").write_text(json.dumps(draft.documents))
    (tmp_path / "one.json").write_text(json.dumps(table))
    (tmp_path / "other.json").write_text(json.dumps(other))

    audited = audit_snapshot(read_sources([str(tmp_path)], None), edition=OLD)

    assert checks_of(audited) == ["undetermined"]
    assert set(audited.findings[0].requirements) == {each.id for each in requirements_of(OLD) if ROUTED(each)} | {PEER}


# --------------------------------------------------------------------------------------- application traffic


def clients(*ranges: str) -> Settings:
    """Declare where the clients of the applications are."""
    found = tuple(ClientRange(text=each, addresses=address_set(each)) for each in ranges)
    return Settings(applications=(Applications(workload="ase-*", dependencies=(), client_ranges=found),))


def depends_on(text: str, *, name: str = "", address: str = "", port: int = 443) -> Settings:
    """Declare what the applications must reach."""
    addresses = address_set(address) if address else None
    dependency = Dependency(text=text, name=name, addresses=addresses, port=port, protocol="tcp")
    return Settings(applications=(Applications(workload="*", dependencies=(dependency,), client_ranges=()),))


ALLOW_CLIENTS = security(("allow-clients", 150, "Allow"), source="203.0.113.0/24", ports=("80", "443"))


def test_replies_to_declared_clients_must_not_leave_through_the_firewall() -> None:
    """Requests of Internet clients come straight in, and a default route takes their replies to the firewall (A3)."""
    draft = Draft()
    external(draft)
    ALLOW_CLIENTS(draft)

    audited = audit_documents(draft.documents, tags=draft.tags, settings=clients("203.0.113.0/24"))

    assert checks_of(audited) == ["asymmetric-application-reply"]
    assert "203.0.113.0/24" in audited.findings[0].message
    assert audited.findings[0].requirements == ("applications/client-range:203.0.113.0/24",)


def test_declared_clients_that_are_routed_back_are_no_finding() -> None:
    """A route to the Internet for the client range cures the external environment."""
    draft = Draft()
    external(draft)
    ALLOW_CLIENTS(draft)
    draft.routes.append(route("clients", "203.0.113.0/24", "Internet"))

    audited = audit_documents(draft.documents, tags=draft.tags, settings=clients("203.0.113.0/24"))

    assert audited.findings == ()


def test_a_declared_dependency_that_no_rule_allows_is_missing() -> None:
    """What the user declares for the applications is decided like what documents ask for."""
    draft = Draft()

    audited = audit_documents(
        draft.documents, tags=draft.tags, settings=depends_on("payments.contoso.com:443", name="payments.contoso.com")
    )

    assert checks_of(audited) == ["missing-application-dependency"]
    assert audited.findings[0].requirements == ("applications/dependency:payments.contoso.com:443",)


def test_a_declared_dependency_that_a_rule_allows_is_no_finding() -> None:
    """A rule for the name of the dependency lets it out."""
    draft = Draft()
    rule = application_rule("payments", ["*.contoso.com"], sources=[ASE])
    draft.add_group("fwp-ase", "rcg-apps", 400, collection("allow-apps", 100, "Allow", [rule]))

    audited = audit_documents(
        draft.documents, tags=draft.tags, settings=depends_on("payments.contoso.com:443", name="payments.contoso.com")
    )

    assert audited.findings == ()
