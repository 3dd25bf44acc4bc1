"""Estates whose drawings could easily say too much or too little: two firewalls, broken peerings, what was not read."""

from collections.abc import Callable

from auditor.engine.audit import Audited
from tests.attached import admin_rule, applied
from tests.audits import audit_documents
from tests.builders import Document, firewall, interface, network_id, peering, route, subnet, vnet
from tests.engine.defects import Defect
from tests.engine.firewall_defects import FIREWALLS
from tests.engine.route_defects import ROUTES
from tests.engine.rule_defects import RULES
from tests.engine.subnet_defects import REST
from tests.engine.test_virtual_wan_audit import HubDraft
from tests.estates import Draft, compliant
from tests.violating import violating

Put = Callable[[Draft], None]
DEFECTS: tuple[Defect, ...] = (*ROUTES, *FIREWALLS, *RULES, *REST)


def _default(draft: Draft) -> Document:
    return draft.route("0.0.0.0/0")


def _second_firewall(draft: Draft) -> None:
    configuration = network_id("azureFirewalls", "fw-two") + "/azureFirewallIpConfigurations/ipconfig"
    home = subnet("vnet-two", "AzureFirewallSubnet", "10.50.0.0/26", attached=[configuration])
    draft.add(
        firewall("fw-two", "vnet-two", "10.50.0.4", policy="fwp-ase"),
        vnet("vnet-two", "10.50.0.0/16", [home], [peering("vnet-two", "vnet-shop", "10.1.0.0/16")]),
    )
    draft.of("vnet-shop")["virtualNetworkPeerings"].append(peering("vnet-shop", "vnet-two", "10.50.0.0/16"))


def _all_by_the_second(draft: Draft) -> None:
    _second_firewall(draft)
    for name, prefix in (("low", "0.0.0.0/1"), ("high", "128.0.0.0/1")):
        draft.routes.append(route(name, prefix, "VirtualAppliance", "10.50.0.4"))


def _half_by_the_second(draft: Draft) -> None:
    _second_firewall(draft)
    draft.routes.append(route("half", "128.0.0.0/1", "VirtualAppliance", "10.50.0.4"))


def _admin_rules(draft: Draft) -> None:
    draft.ase.pop("networkSecurityGroup")
    draft.add(admin_rule("no-web", 10, "Deny", ports=("443",)), applied("vnet-shop"))


def _disconnected(draft: Draft) -> None:
    draft.of("vnet-shop")["virtualNetworkPeerings"][0]["properties"]["peeringState"] = "Disconnected"


def _appliance(*, forwarding: bool) -> Put:
    def put(draft: Draft) -> None:
        _default(draft)["nextHopIpAddress"] = "10.0.1.9"
        draft.of("vnet-hub")["subnets"].append(subnet("vnet-hub", "nva", "10.0.1.0/26"))
        draft.add(interface("nva-nic", "vnet-hub", "nva", "10.0.1.9", forwarding=forwarding))

    return put


def _without(*names: str) -> Put:
    def put(draft: Draft) -> None:
        draft.documents = [each for each in draft.documents if each["name"] not in names]

    return put


def _default_to(next_hop: str) -> Put:
    def put(draft: Draft) -> None:
        draft.routes[0]["properties"] = {"addressPrefix": "0.0.0.0/0", "nextHopType": next_hop}

    return put


def _many_ways(draft: Draft) -> None:
    for number in range(25):
        draft.routes.append(route(f"r{number}", f"172.16.{number}.0/24", "VirtualAppliance", f"10.0.5.{number}"))
    for number in range(20):
        spoke = peering("vnet-shop", f"vnet-p{number}", f"10.{60 + number}.0.0/16")
        draft.of("vnet-shop")["virtualNetworkPeerings"].append(spoke)


def _only_default(draft: Draft) -> None:
    draft.of("rt-ase")["routes"] = draft.routes[:1]


def _no_table(draft: Draft) -> None:
    draft.ase.pop("routeTable")


def _by_the_hub(draft: Draft) -> None:
    draft.routes.append(route("hubfw", "10.0.0.0/16", "VirtualAppliance", "10.0.0.4"))


def _peer_by_the_firewall(draft: Draft) -> None:
    draft.routes.append(route("detour", "10.1.5.0/24", "VirtualAppliance", "10.0.0.4"))


SITUATIONS: dict[str, Put] = {
    "as documented": lambda _: None,
    "all by the second firewall": _all_by_the_second,
    "half by the second firewall": _half_by_the_second,
    "admin rules and no NSG": _admin_rules,
    "a disconnected peering": _disconnected,
    "an appliance": _appliance(forwarding=True),
    "an appliance that forwards nothing": _appliance(forwarding=False),
    "a policy that was not read": _without("fwp-ase", "fwp-org"),
    "a firewall that was not read": _without("fw-hub"),
    "a hub that was not read": _without("vnet-hub"),
    "a network that was not read": _without("vnet-shop"),
    "a table that was not read": _without("rt-ase"),
    "an NSG that was not read": _without("nsg-ase"),
    "a default route to nowhere": _default_to("None"),
    "a default route to a gateway": _default_to("VirtualNetworkGateway"),
    "many next hops and peerings": _many_ways,
    "a default route alone": _only_default,
    "no route table": _no_table,
    "a route to the hub by the firewall": _by_the_hub,
    "replies to a neighbour by the firewall": _peer_by_the_firewall,
}
"""What is changed in the compliant estate, by name."""


EXAMPLES = {"compliant": compliant, "violating": violating}


def drafted(put: Put) -> Audited:
    """Return the audit of the compliant estate with a change."""
    draft = Draft()
    put(draft)
    return audit_documents(draft.documents, tags=draft.tags)


def situation(name: str) -> Audited:
    """Return the audit of a situation, of an example or of a virtual hub, by name."""
    if name in SITUATIONS:
        return drafted(SITUATIONS[name])
    if name == "a virtual hub":
        return HubDraft().audit()
    files = EXAMPLES[name]()
    tags = files.pop("service-tags.json")
    return audit_documents((each for file in files.values() for each in file), tags=tags)


NAMES = (*SITUATIONS, "a virtual hub", *EXAMPLES)
