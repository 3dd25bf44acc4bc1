"""What lies outside the virtual network: the Internet, and services behind service endpoints."""

import pytest

from auditor.traces import Verdict
from tests.builders import (
    SUBSCRIPTION,
    Document,
    collection,
    group,
    network_id,
    network_rule,
    peering,
    policy,
    route,
    route_table,
    security_group,
    security_rule,
    subnet,
    vnet,
)
from tests.builders import firewall as firewall_document
from tests.engine.scenes import (
    FIREWALL,
    HUB,
    SPOKE,
    TO_FIREWALL,
    allow_names,
    allow_network,
    named,
    scene,
    tag_list,
    to,
)

ALLOW, BLOCK, PARTIAL, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN
DIRECT = route("default", "0.0.0.0/0", "Internet")
POLICY = {"serviceEndpointPolicies": [{"id": network_id("serviceEndpointPolicies", "sep")}]}


@pytest.mark.parametrize(
    ("where", "verdict"), [("10.50.0.5", BLOCK), ("10.50.0.5,8.8.8.8", PARTIAL), ("8.8.8.8", ALLOW)]
)
def test_the_internet_carries_no_private_addresses(where: str, verdict: Verdict) -> None:
    """A default route to the Internet lifts Azure's drop of private ranges (R10), and leads nowhere for them."""
    assert scene(default=DIRECT).out(to(where)).verdict is verdict


@pytest.mark.parametrize("where", ["10.50.0.5", "100.64.0.1"])
def test_nor_behind_the_firewall(where: str) -> None:
    """What the firewall sends to the Internet is lost there all the same."""
    made = scene(hub_routes=[DIRECT], network_rules=[allow_network()])

    assert made.out(to(where)).verdict is BLOCK


def test_icmp_and_a_nat_gateway() -> None:
    """A NAT gateway carries no ICMP (R43)."""
    made = scene(default=DIRECT, ase={"natGateway": {"id": network_id("natGateways", "nat")}})

    assert (made.out(to("8.8.8.8"), "*", "icmp").verdict, made.out(to("8.8.8.8")).verdict) == (BLOCK, ALLOW)


def test_endpoint_policy_on_the_firewall_subnet() -> None:
    """A service endpoint policy where traffic leaves, at the firewall, may leave out the account (R37, R38)."""
    tags = [tag_list(Storage=["20.60.0.0/16"])]
    verdicts = []
    for fields in ({}, POLICY):
        made = scene(
            network_rules=[allow_network()], tags=tags, wall_subnet_fields=fields, wall_endpoints=["Microsoft.Storage"]
        )
        verdicts.append(made.out(to("20.60.1.1")).verdict)

    assert verdicts == [ALLOW, UNKNOWN]


@pytest.mark.parametrize(("service", "verdict"), [("Microsoft.Storage", UNKNOWN), ("Microsoft.Sql", ALLOW)])
def test_endpoint_policies_are_about_storage(service: str, verdict: Verdict) -> None:
    """Service endpoint policies say nothing of other services (R38)."""
    tags = [tag_list(Storage=["20.60.0.0/16"], Sql=["20.60.0.0/16"])]
    made = scene(endpoints=[service], regions=["*"], ase=POLICY, tags=tags)

    assert made.out(to("20.60.1.1")).verdict is verdict


@pytest.mark.parametrize(
    ("listed", "verdict"),
    [
        ([f"{SUBSCRIPTION}/resourceGroups/Data/providers/Microsoft.Storage/storageAccounts/Mine"], ALLOW),
        ([f"{SUBSCRIPTION}/resourceGroups/data/providers/Microsoft.Storage/storageAccounts/other"], BLOCK),
        ([SUBSCRIPTION], UNKNOWN),
        (["/services/Azure/DataFactory"], UNKNOWN),
        ([], UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_what_an_endpoint_policy_lists(listed: list[str] | None, verdict: Verdict) -> None:
    """A policy that lists accounts lets pass those and no other; one that lists more, or was not read, leaves it open.

    Names of storage accounts belong to one account of all (R38).
    """
    definition = {"name": "d", "properties": {"service": "Microsoft.Storage", "serviceResources": listed}}
    at = network_id("serviceEndpointPolicies", "sep")
    kind = "Microsoft.Network/serviceEndpointPolicies"
    read = {"id": at, "name": "sep", "type": kind, "properties": {"serviceEndpointPolicyDefinitions": [definition]}}
    made = scene(
        endpoints=["Microsoft.Storage.Global"], regions=["*"], ase=POLICY, more=[] if listed is None else [read]
    )

    assert made.out(named("mine.blob.core.windows.net")).verdict is verdict
    assert made.out(named("*.blob.core.windows.net")).verdict is UNKNOWN


def test_ipv6_to_the_internet() -> None:
    """Where a network has IPv6, whether a sender has a public address of it is not known (R44)."""
    both = vnet("spoke", SPOKE, [subnet("spoke", "plain", "10.1.7.0/24")], [peering("spoke", "hub", HUB)])
    both["properties"]["addressSpace"]["addressPrefixes"].append("fd00:1::/48")
    both["properties"]["subnets"][0]["properties"]["addressPrefixes"] = ["10.1.7.0/24", "fd00:1::/64"]
    del both["properties"]["subnets"][0]["properties"]["addressPrefix"]
    made = scene(without=["spoke"], more=[{**both, "name": "spoke6"}])

    found = made.out(to("2001:db9::1"), sender=made.subnet("plain"))

    assert (found.verdict, found.trace.reason.code) == (UNKNOWN, "no-default-outbound")


def test_endpoint_that_is_being_set_up() -> None:
    """An endpoint in state Updating may be in force or not: both ways count."""
    tags = [tag_list(Storage=["20.60.0.0/16"])]
    updating = {"serviceEndpoints": [{"service": "Microsoft.Storage", "provisioningState": "Updating"}]}

    assert scene(ase=updating, tags=tags).out(to("20.60.1.1")).verdict is UNKNOWN
    assert scene(ase=updating, tags=tags, network_rules=[allow_network()]).out(to("20.60.1.1")).verdict is ALLOW


def test_policy_without_dns_settings() -> None:
    """Under a policy the firewall's own DNS settings do not count (F1)."""
    wall = firewall_document(
        "fw", "hub", FIREWALL, additionalProperties={"Network.DNS.EnableProxy": "true"}, policy="fwp"
    )
    rule = network_rule("ntp", [], ["123"], protocols=["UDP"], destinationFqdns=["ntp.contoso.com"])
    made = scene(wall=wall, spoke_dns=[FIREWALL], more=_policy_with(rule))

    assert made.out(named("ntp.contoso.com"), "123", "udp").verdict is BLOCK


def _policy_with(rule: Document) -> list[Document]:
    return [policy("fwp", ["g"]), group("fwp", "g", 100, [collection("c", 100, "Allow", [rule])])]


@pytest.mark.parametrize(("admitted", "verdict"), [("10.0.0.0/26", ALLOW), ("10.1.1.0/24", BLOCK)])
def test_group_behind_a_translating_firewall(admitted: str, verdict: Verdict) -> None:
    """An NSG behind a firewall that translates senders sees the firewall's address (F36, F43)."""
    rules = [
        security_rule("admit", 100, "Allow", source=admitted),
        security_rule("deny", 200, "Deny"),
    ]
    far = vnet("far", "10.3.0.0/16", [subnet("far", "app", "10.3.1.0/24", nsg="guard")], [peering("far", "hub", HUB)])
    wall = firewall_document(
        "fw",
        "hub",
        FIREWALL,
        collections={"networkRuleCollections": [allow_network()]},
        additionalProperties={"Network.SNAT.PrivateRanges": "255.255.255.255/32"},
    )
    made = scene(
        wall=wall,
        hub_peerings=[peering("hub", "spoke", SPOKE), peering("hub", "far", "10.3.0.0/16")],
        more=[far, security_group("guard", rules)],
    )

    assert made.out(to("10.3.1.4")).verdict is verdict


NEXT, FAR = "10.100.0.0/16", "10.101.0.0/16"
TO_NEXT = route("far", FAR, TO_FIREWALL, "10.100.0.4")
TO_FIRST = route("spoke", SPOKE, TO_FIREWALL, FIREWALL)


@pytest.mark.parametrize(
    ("there", "back", "allowed", "verdict", "code"),
    [
        ([TO_NEXT, DIRECT], [TO_FIRST, DIRECT], True, ALLOW, "route-peering"),
        ([TO_NEXT, DIRECT], [TO_FIRST, DIRECT], False, BLOCK, "firewall-default-deny"),
        ([TO_NEXT, DIRECT], [DIRECT], True, BLOCK, "reply-asymmetric"),
        ([DIRECT], [TO_FIRST, DIRECT], True, BLOCK, "not-on-the-internet"),
        ([TO_NEXT, DIRECT], [TO_FIRST, route("far", FAR, TO_FIREWALL, FIREWALL)], True, UNKNOWN, "firewall-chained"),
    ],
)
def test_two_firewalls_in_a_row(
    there: list[Document],
    back: list[Document],
    allowed: bool,  # noqa: FBT001 - whether the second firewall lets it through
    verdict: Verdict,
    code: str,
) -> None:
    """Both firewalls must allow, and each must send on to the other what belongs to the far network (A8)."""
    rules = {"networkRuleCollections": [allow_network()] if allowed else []}
    inner = subnet("next", "AzureFirewallSubnet", "10.100.0.0/26", table="rt-next")
    machines = subnet("far", "vm", "10.101.1.0/24", table="rt-far")
    made = scene(
        hub_routes=there,
        network_rules=[allow_network()],
        hub_peerings=[peering("hub", "spoke", SPOKE), peering("hub", "next", NEXT)],
        more=[
            vnet("next", NEXT, [inner], [peering("next", "hub", HUB), peering("next", "far", FAR)]),
            vnet("far", FAR, [machines], [peering("far", "next", NEXT)]),
            firewall_document("fw2", "next", "10.100.0.4", collections=rules),
            route_table("rt-next", back),
            route_table("rt-far", [route("default", "0.0.0.0/0", TO_FIREWALL, "10.100.0.4")]),
        ],
    )

    found = made.out(to("10.101.1.4"))

    assert (found.verdict, found.walk.reason.code) == (verdict, code)


@pytest.mark.parametrize(("answers", "verdict"), [(True, ALLOW), (False, PARTIAL)])
def test_two_networks_behind_two_firewalls(answers: bool, verdict: Verdict) -> None:  # noqa: FBT001 - of one of them
    """Of two networks behind the second firewall each is asked for its own reply (A8)."""
    inner = subnet("next", "AzureFirewallSubnet", "10.100.0.0/26", table="rt-next")
    near = [peering("next", "hub", HUB), peering("next", "f1", "10.102.0.0/16"), peering("next", "f2", "10.103.0.0/16")]
    back = [peering(each, "next", NEXT) for each in ("f1", "f2")]
    made = scene(
        hub_routes=[route("far", "10.102.0.0/15", TO_FIREWALL, "10.100.0.4"), DIRECT],
        network_rules=[allow_network()],
        hub_peerings=[peering("hub", "spoke", SPOKE), peering("hub", "next", NEXT)],
        more=[
            vnet("next", NEXT, [inner], near),
            vnet("f1", "10.102.0.0/16", [subnet("f1", "a", "10.102.0.0/16", table="rt-far")], back[:1]),
            vnet(
                "f2",
                "10.103.0.0/16",
                [subnet("f2", "b", "10.103.0.0/16", table="rt-far" if answers else None)],
                back[1:],
            ),
            firewall_document("fw2", "next", "10.100.0.4", collections={"networkRuleCollections": [allow_network()]}),
            route_table("rt-next", [TO_FIRST, DIRECT]),
            route_table("rt-far", [route("default", "0.0.0.0/0", TO_FIREWALL, "10.100.0.4")]),
        ],
    )

    assert made.out(to("10.102.0.0/15")).verdict is verdict


@pytest.mark.parametrize(
    ("trusted", "caveats"), [([], 1), (["*.contoso.com"], 0), (["a.contoso.com"], 0), (["b.com"], 1)]
)
def test_names_that_threat_intelligence_trusts(trusted: list[str], caveats: int) -> None:
    """A name on the allow list of threat intelligence is not subject to it (F49)."""
    wall = firewall_document(
        "fw",
        "hub",
        FIREWALL,
        collections={"applicationRuleCollections": [allow_names("*.contoso.com")]},
        threatIntelMode="Deny",
        additionalProperties={"ThreatIntel.Whitelist.FQDNs": ",".join(trusted)},
    )

    found = scene(wall=wall).out(named("a.contoso.com"))

    assert (found.verdict, len(found.trace.caveats)) == (ALLOW, caveats)
