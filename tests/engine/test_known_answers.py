"""Answers that Azure gave, or that its documentation works out, compared with the engine's.

They lie beside the checkout and are read in place. What they ask that this version does not model is counted, so that
a comparison that quietly stops taking place is noticed.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from auditor.engine.filters import security_group_hop
from auditor.engine.flows import Endpoint
from auditor.engine.replies import Exchange
from auditor.estate.addresses import address_set
from auditor.traces import Hop, Verdict
from tests.builders import (
    Document,
    application_rule,
    classic,
    firewall,
    peering,
    route,
    route_table,
    subnet,
    vnet,
)
from tests.engine.scenes import (
    FIREWALL,
    Scene,
    flow,
    gateway,
    named,
    scene,
    tag_list,
    to,
)
from tests.places import corpus

ALLOW, BLOCK = Verdict.ALLOW, Verdict.BLOCK


def _answers(name: str) -> Any:  # noqa: ANN401 - JSON of each file's own shape
    return json.loads(_file("known-answers", name).read_text(encoding="utf-8"))


def _file(*parts: str) -> Path:
    file = corpus().joinpath(*parts)
    if not file.is_file():
        pytest.skip(f"{'/'.join(parts)} is not in the corpus")
    return file


# Network Watcher, recorded: one VNet 10.0.0.0/16, no route table, an NSG with default rules only.


def _default_network(nsg: Document | None = None) -> Scene:
    plain = subnet("plain", "vm", "10.0.0.0/24", nsg="nsg1" if nsg else None)
    return scene(without=["spoke", "hub", "fw"], more=[vnet("plain", "10.0.0.0/16", [plain]), *([nsg] if nsg else [])])


_EFFECTIVE = {
    "internet": "Internet",
    "vnetlocal": "VirtualNetwork",
    "peering": "VNetPeering",
    "none": "None",
    "service-endpoint": "VirtualNetworkServiceEndpoint",
    "virtualappliance": "VirtualAppliance",
}


def _next_hop(made: Scene, name: str, vnet_name: str, destination: str) -> str:
    (choice,) = made.routes(name, vnet_name).decide(to(destination))
    taken = choice.routes[0]
    return " ".join(filter(None, (_EFFECTIVE[taken.next_hop], taken.next_hop_address)))


def _recorded_hop(made: Scene, source: str, destination: str, port: str, *, inbound: bool) -> Hop:
    place = made.subnet("vm", "plain")
    (hop,) = security_group_hop(made.network, flow(to(source), to(destination), port), place, inbound=inbound)
    return hop


def test_network_watcher() -> None:
    """Next hops and NSG verdicts are those that live Azure gave, by the same rules."""
    group = {
        "id": "/subscriptions/0/resourceGroups/rg-network/providers/Microsoft.Network/networkSecurityGroups/nsg1",
        "name": "nsg1",
        "type": "Microsoft.Network/networkSecurityGroups",
        "properties": {"securityRules": []},
    }
    made = _default_network(
        {**group, "id": subnet("plain", "vm", "10.0.0.0/24", nsg="nsg1")["properties"]["networkSecurityGroup"]["id"]}
    )
    compared: Counter[str] = Counter()
    for each in _answers("network-watcher-recorded.json")["verdicts"]:
        asked, answer, kind = each["request"], each["answer"], each["api"]
        if kind == "nextHop":
            found = _next_hop(made, "vm", "plain", asked["destinationIPAddress"])
            assert found == answer["nextHopType"]
        elif kind == "ipFlowVerify":
            inbound = asked["direction"] == "Inbound"
            ends = (asked["remoteIPAddress"], asked["localIPAddress"])
            source, destination = ends if inbound else ends[::-1]
            hop = _recorded_hop(
                made, source, destination, asked["localPort" if inbound else "remotePort"], inbound=inbound
            )
            rule = answer["ruleName"].rpartition("/")[2]
            assert (hop.verdict, hop.decided_by) == (ALLOW if answer["access"] == "Allow" else BLOCK, f"nsg1/{rule}")
        elif kind == "networkConfigurationDiagnostic":
            (result,) = answer["results"]
            profile, verdict = result["profile"], result["networkSecurityGroupResult"]
            (evaluated,) = verdict["evaluatedNetworkSecurityGroups"]
            hop = _recorded_hop(
                made, profile["source"], profile["destination"], profile["destinationPort"], inbound=True
            )
            rule = evaluated["matchedRule"]["ruleName"].removeprefix("DefaultRule_")
            assert verdict["securityRuleAccessResult"] == "Deny"
            assert (hop.verdict, hop.decided_by) == (BLOCK, f"nsg1/{rule}")
        elif kind == "connectivityCheck":
            place = made.subnet("vm", "plain")
            host = asked["destination"]
            assert answer["connectionStatus"] == "Reachable"
            assert made.out(named(host["address"]), str(host["port"]), sender=place).verdict is ALLOW
        compared[kind] += 1

    assert compared == {"nextHop": 1, "ipFlowVerify": 2, "networkConfigurationDiagnostic": 1, "connectivityCheck": 1}


def test_documented_next_hops() -> None:
    """A VNet without a table sends traffic where Microsoft's tutorial says."""
    made = _default_network()
    verdicts = _answers("azure-docs-next-hop-defaults.json")["verdicts"]

    assert [_next_hop(made, "vm", "plain", each["destination"]) for each in verdicts] == [
        each["nextHopType"] for each in verdicts
    ]
    assert len(verdicts) == 2


def _routing_example(example: Any) -> Scene:  # noqa: ANN401 - JSON of the example
    """Return the documentation's worked example, its user-defined routes taken from its list of effective ones."""
    names = {"VirtualNetwork": "VnetLocal"}
    routes = [
        route(
            each["userRouteName"],
            each["addressPrefix"],
            names.get(each["nextHopType"], each["nextHopType"]),
            each["nextHopIp"],
        )
        for each in example["subnet1_effective_routes"]
        if each["source"] == "User"
    ]
    first, second = example["setup"]["virtualNetwork1"], example["setup"]["virtualNetwork2"]
    space = {"addressPrefixes": second["addressSpace"]}
    over = {"remoteAddressSpace": space, "remoteVirtualNetworkAddressSpace": space}
    one = vnet(
        "one",
        first["addressSpace"][0],
        [
            subnet("one", "Subnet1", "10.0.0.0/24", table="rt1", endpoints=["Microsoft.Storage"]),
            subnet("one", "Subnet2", "10.0.1.0/24"),
        ],
        [peering("one", "two", second["addressSpace"][0], **over)],
    )
    one["properties"]["subnets"][0]["properties"]["serviceEndpoints"][0]["locations"] = ["*"]
    two = vnet("two", second["addressSpace"][0], [], [peering("two", "one", first["addressSpace"][0])])
    two["properties"]["addressSpace"] = space
    return scene(
        without=["spoke", "hub", "fw"],
        more=[one, two, route_table("rt1", routes)],
        tags=[tag_list(Storage=["20.60.0.0/16"])],
    )


def test_documented_routing_example() -> None:
    """Every verdict of the documentation's worked example, and every effective route it lists, is the engine's."""
    example = _answers("azure-docs-routing-example.json")
    made = _routing_example(example)
    words = {"None (dropped)": "None"}
    compared = 0
    for each in example["verdicts"]:
        destination = "20.60.1.1" if each["to"].startswith("a public") else each["to"]
        expected = words.get(each["nextHop"], each["nextHop"])
        assert _next_hop(made, each["from"], "one", destination) == expected, each
        compared += 1
    for name, field in (("Subnet1", "subnet1_effective_routes"), ("Subnet2", "subnet2_effective_routes")):
        listed = {each["addressPrefix"]: each for each in example[field] if each["state"] == "Active"}
        for prefix, each in listed.items():
            if prefix.startswith("[") or each["nextHopType"] == "VirtualNetworkGateway":
                continue  # what a gateway adds, and what the page gives no number for
            winner = made.routes(name, "one").winner(address_set(prefix))
            (taken,) = [found for found in winner if found.text == prefix]
            assert _EFFECTIVE[taken.next_hop] == each["nextHopType"], each
            compared += 1

    assert compared == 21


def test_documented_routing_example_with_its_gateway() -> None:
    """The VPN gateway of the example changes no verdict that longer prefixes or VNet routes settle."""
    example = _answers("azure-docs-routing-example.json")
    made = _routing_example(example)
    with_gateway = scene(
        without=["spoke", "hub", "fw"],
        more=[
            vnet("one", "10.0.0.0/16", [subnet("one", "Subnet2", "10.0.1.0/24")]),
            gateway("Vpn", "one"),
        ],
    )

    assert _next_hop(with_gateway, "Subnet2", "one", "10.0.0.5") == _next_hop(made, "Subnet2", "one", "10.0.0.5")
    assert with_gateway.out(to("10.10.4.4"), sender=with_gateway.subnet("Subnet2", "one")).verdict is Verdict.UNKNOWN


# Firewall rules.


def _documented_rules(example: Any) -> Scene:  # noqa: ANN401 - JSON of the example
    networks = [
        classic(
            each.get("name", f"network-{at}"),
            each["priority"],
            each["action"],
            [
                {
                    "name": rule["name"],
                    "protocols": rule["protocols"],
                    "sourceAddresses": rule["source"],
                    "destinationAddresses": rule["destination"],
                    "destinationPorts": rule["ports"],
                }
                for rule in each["rules"]
            ],
        )
        for at, each in enumerate(example.get("network_collections", ()))
    ]
    applications = [
        classic(
            f"application-{at}",
            each.get("priority", 200),
            each["action"],
            [
                application_rule(rule["name"], rule["targetFqdns"], protocols=rule["protocols"], sources=rule["source"])
                for rule in each["rules"]
            ],
        )
        for at, each in enumerate(example.get("application_collections", ()))
    ]
    return scene(network_rules=networks, application_rules=applications)


def _decided(found: Exchange) -> tuple[Verdict, str]:
    hop = next(each for each in found.walk.hops if each.at == "firewall")
    return hop.verdict, hop.decided_by.rpartition("/")[2]


def test_documented_rule_processing() -> None:
    """The documentation's examples of rule processing come out as it says, by the rule it says."""
    examples = _answers("azure-docs-firewall-rule-processing.json")["examples"]
    for each in examples:
        asked = each["flow"]
        end = named(asked["fqdn"]) if "fqdn" in asked else to("8.8.8.8")
        found = _documented_rules(each).out(end, str(asked["port"]), asked["protocol"].lower())
        assert _decided(found) == (ALLOW if each["verdict"] == "Allow" else BLOCK, each["by"]), each

    assert len(examples) == 2


def test_measured_application_rules() -> None:
    """Every name that was measured to pass application rules passes them here.

    The lab is a spoke-to-spoke and an Internet flow through application rules alone. A name that the firewall could not
    resolve is a matter of DNS, not of rules: the measurements of it are left out.
    """
    lab = _answers("application-rule-lab.json")
    collections = [
        classic(
            f"{each['collection']}-{at}",
            each["priority"],
            each["action"],
            [
                application_rule(
                    "names",
                    each["fqdns"],
                    protocols=each.get("protocols", ["Http:80", "Https:443"]),
                    terminateTLS=each["tls"],
                )
            ],
        )
        for at, each in enumerate(lab["rules"])
    ]
    made = scene(
        wall=firewall("fw", "hub", FIREWALL, tier="Premium", collections={"applicationRuleCollections": collections})
    )
    compared = 0
    for each in lab["measured"]:
        scheme, _, host = each["url"].partition("://")
        if "resolve" in each["result"] or "handshake" in each["result"]:
            continue
        assert _decided(made.out(named(host), "443" if scheme == "https" else "80"))[0] is ALLOW, each
        compared += 1

    assert compared == 5
    assert _decided(made.out(named("not.listed.com")))[0] is BLOCK


# NSGs of other projects' tests, with the verdict that Azure's own rules give.


def _group(*parts: str) -> Document:
    found = json.loads(_file("arm-responses", *parts).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_batfish_groups() -> None:
    """On Batfish's two NSGs every flow gets the verdict worked out from Azure's rules, which is not always Batfish's.

    Its interface NSG stands on a subnet of its own here: the interfaces of a subnet are not modelled.
    """
    known = _answers("nsg-batfish.json")
    addresses = {name: text.partition(",")[0] for name, text in known["addresses"].items()}
    groups = {name: _group("batfish", "test-nsg", f"nsg-{name}.json") for name in ("subnet2", "vm2")}
    compared = 0
    for each in known["flows"]:
        inside, outside = addresses.get(each["from"], each["from"]), addresses.get(each["to"], each["to"])
        port = "0-65535" if each["dstPort"] is None else str(each["dstPort"])
        verdicts = []
        for group_name, direction in _groups_on_the_way(each):
            made = _with_group(groups[group_name])
            asked = flow(to(inside), to(outside), port, each["protocol"].lower())
            (hop,) = security_group_hop(made.network, asked, made.subnet("vm", "plain"), inbound=direction == "in")
            verdicts.append(hop.verdict)
        passes = all(each is ALLOW for each in verdicts)
        assert passes == (each["by_azure_rules"] == "accepted"), each
        compared += 1

    assert compared == 7


def _groups_on_the_way(asked: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - JSON of a flow
    """Return the NSGs a flow meets, by N1: those of the sender going out, those of the receiver coming in."""
    held = {"vm2": ["vm2", "subnet2"], "vm3": ["subnet2"]}
    out = [(group, "out") for group in held.get(asked["from"], ())]
    return out + [(group, "in") for group in reversed(held.get(asked["to"], ()))]


def _with_group(group: Document) -> Scene:
    """Return the VNet of the Batfish test with an NSG on its subnet."""
    place = subnet("plain", "vm", "10.0.1.0/24", nsg="nsg1")
    own = {**group, "id": place["properties"]["networkSecurityGroup"]["id"], "name": "nsg1"}
    return scene(without=["spoke", "hub", "fw"], more=[vnet("plain", "10.0.0.0/16", [place]), own])


def test_custodian_groups() -> None:
    """Rules that Cloud Custodian's tests hold to decide decide here too, wherever Azure's default rules do not."""
    known = _answers("nsg-cloud-custodian.json")["nsg_list_egress.interactions.json / c7n-nsg"]
    listing = json.loads(
        _file("arm-responses", "cloud-custodian", "nsg_list_egress.interactions.json").read_text(encoding="utf-8")
    )
    groups = [each for call in listing for each in call["body"].get("value", ()) if each["name"] == "c7n-nsg"]
    made = _with_group(groups[0])
    place = made.subnet("vm", "plain")
    compared = 0
    for each in known:
        if not each["holds"] or each.get("any"):
            continue  # answered by default rules, or a question about some port
        inbound = each["direction"] == "Inbound"
        outside, inside = Endpoint(label="any", addresses=address_set("8.8.8.8")), to("10.0.1.4")
        for port in each["ports"].split(","):
            asked = flow(outside if inbound else inside, inside if inbound else outside, port)
            (hop,) = security_group_hop(made.network, asked, place, inbound=inbound)
            assert hop.verdict is (ALLOW if each["access"] == "Allow" else BLOCK), each
            assert hop.decided_by.removeprefix("nsg1/") in each["rules"], each
            compared += 1

    assert compared == 6
