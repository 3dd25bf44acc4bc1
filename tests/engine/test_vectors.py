"""The test vectors of the network semantics, sections 8.1 to 8.4, as far as their resource types are modelled.

Each test carries the number of its vector. F0 is `scene()`; a vector states only how it differs from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from auditor.engine.audit import audit, judge_workload
from auditor.engine.context import Context, listed_beside
from auditor.engine.replies import Exchange
from auditor.engine.structure import judge_service_endpoint
from auditor.engine.workloads import find_workloads
from auditor.findings import Outcome
from auditor.packs import Kind, Pack, Requirement
from auditor.settings import Settings
from auditor.traces import Hop, Path, Verdict
from tests.builders import (
    Document,
    application_rule,
    classic,
    collection,
    environment,
    firewall,
    group,
    ip_group,
    network_id,
    network_rule,
    peering,
    policy,
    route,
    route_table,
    security_rule,
    site,
    subnet,
    vnet,
)
from tests.engine.scenes import (
    ASE,
    DEFAULT,
    FIREWALL,
    HUB,
    SPOKE,
    TO_FIREWALL,
    Scene,
    allow_names,
    allow_network,
    deny_names,
    deny_network,
    gap,
    gateway,
    named,
    scene,
    tag_list,
    tagged,
    to,
)

ALLOW, BLOCK, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.UNKNOWN

BOTH_STORAGE = tag_list(Storage=["20.60.0.0/16"], Storage__EastUS2=["20.60.0.0/16"])
REGIONS = tag_list(
    Storage=["20.60.0.0/16", "20.61.0.0/16", "52.239.0.0/16"],
    Storage__EastUS2=["20.60.0.0/16"],
    Storage__CentralUS=["20.61.0.0/16"],
    Storage__WestEurope=["52.239.0.0/16"],
)
MANAGEMENT = ("13.64.115.203", "52.174.22.21")
MANAGEMENT_TAG = tag_list(AppServiceManagement=[f"{each}/32" for each in MANAGEMENT])
MANAGEMENT_ROUTE = route("management", "AppServiceManagement", "Internet")
LET_MANAGEMENT_IN = security_rule(
    "management", 100, "Allow", source="AppServiceManagement", ports="454-455", protocol="Tcp"
)
DENY_ALL_IN = security_rule("deny-all", 4096, "Deny")
DENY_INTERNET = security_rule("deny-internet", 200, "Deny", direction="Outbound", destination="Internet")
DENY_ALL_OUT = security_rule("deny-all", 4096, "Deny", direction="Outbound")
SPLIT = (
    route("low", "0.0.0.0/1", TO_FIREWALL, FIREWALL),
    route("high", "128.0.0.0/1", TO_FIREWALL, FIREWALL),
)
ELSEWHERE = route("default", "0.0.0.0/0", TO_FIREWALL, "10.0.0.5")
DIRECT = route("default", "0.0.0.0/0", "Internet")


@dataclass(frozen=True)
class Expected:
    """What a vector demands. path, code, hop: where it says so; code of the reason; hop: a code on the way there."""

    verdict: Verdict
    path: Path | None = None
    code: str = ""
    hop: str = ""
    caveat: str = ""


@dataclass(frozen=True)
class Vector:
    """A vector: its number, what is asked and what Azure answers."""

    number: str
    ask: Callable[[], Exchange]
    expected: Expected


def _wall(*, policy_name: str | None = None, **more: Any) -> Document:  # noqa: ANN401 - fields of ARM
    """Return the firewall of F0 with other fields."""
    return firewall("fw", "hub", FIREWALL, policy=policy_name, **more)


def _extra(name: str, value: str) -> dict[str, Any]:
    return {"additionalProperties": {name: value}}


def _with_names(rules: Document, **more: Any) -> Document:  # noqa: ANN401 - fields of ARM
    return _wall(collections={"applicationRuleCollections": [rules]}, **more)


def _with_network(rules: Document, **more: Any) -> Document:  # noqa: ANN401 - fields of ARM
    return _wall(collections={"networkRuleCollections": [rules]}, **more)


def _behind_policy(*documents: Document) -> Scene:
    """Return F0 with a firewall that follows policy "child"."""
    return scene(wall=_wall(policy_name="child"), more=documents)


def _storage_endpoint(**more: Any) -> Scene:  # noqa: ANN401 - changes of a scene
    return scene(endpoints=["Microsoft.Storage"], tags=[REGIONS], **more)


def _expressroute(default: Document, routes: tuple[Document, ...] = (), *, propagation: bool = True) -> Scene:
    return scene(default=default, routes=routes, propagation=propagation, more=[gateway("ExpressRoute", "spoke")])


NTP_BY_NAME = classic(
    "ntp", 200, "Allow", [network_rule("ntp", [], ["123"], protocols=["UDP"], destinationFqdns=["ntp.contoso.com"])]
)
NTP_BY_WILDCARD = classic(
    "ntp", 200, "Allow", [network_rule("ntp", [], ["123"], protocols=["UDP"], destinationFqdns=["*.contoso.com"])]
)


def _ntp(rules: Document, *, proxy: str = "", dns: str = "", tier: str = "Standard") -> Exchange:
    wall = _with_network(rules, tier=tier, **_extra("Network.DNS.EnableProxy", proxy))
    return scene(wall=wall, spoke_dns=[dns] if dns else []).out(named("ntp.contoso.com"), "123", "udp")


def _ase_tag(end: str, port: str = "443", routes: tuple[Document, ...] = ()) -> Exchange:
    """Ask for an end behind a rule that lists only the FQDN tag of ASE, over HTTPS."""
    rules = classic(
        "tags", 300, "Allow", [application_rule("ase", tags=["AppServiceEnvironment"], protocols=["Https:443"])]
    )
    asked = to(end) if end[0].isdigit() else named(end, "AppServiceEnvironment")
    return scene(wall=_with_names(rules), routes=routes).out(asked, port)


def _far_firewall() -> Scene:
    """Return a scene whose firewall stands behind the hub, in a VNet that the spoke is not peered with."""
    far = vnet(
        "far",
        "10.8.0.0/16",
        [subnet("far", "AzureFirewallSubnet", "10.8.0.0/26")],
        [peering("far", "hub", HUB)],
    )
    return scene(
        default=route("default", "0.0.0.0/0", TO_FIREWALL, "10.8.0.4"),
        wall=firewall("fw", "far", "10.8.0.4"),
        hub_peerings=[peering("hub", "spoke", SPOKE), peering("hub", "far", "10.8.0.0/16")],
        more=[far],
    )


def _parent_denies() -> Exchange:
    parent = group("parent", "late", 65000, [collection("deny", 65000, "Deny", [application_rule("all", ["*"])])])
    child = group(
        "child", "early", 100, [collection("allow", 100, "Allow", [application_rule("one", ["login.live.com"])])]
    )
    documents = (policy("parent", ["late"]), policy("child", ["early"], base="parent"), parent, child)
    return _behind_policy(*documents).out(named("login.live.com"))


def _refused_base() -> Exchange:
    child = group(
        "child", "early", 100, [collection("allow", 100, "Allow", [application_rule("one", ["login.live.com"])])]
    )
    wall = _wall(policy_name="child")
    refused = gap("Microsoft.Network/firewallPolicies", network_id("firewallPolicies", "parent"))
    more = [policy("child", ["early"], base="parent"), child]
    return scene(wall=wall, more=more, gaps=[refused]).out(named("login.live.com"))


def _url_without_tls() -> Exchange:
    rule = application_rule("urls", protocols=["Https:443"], targetUrls=["www.contoso.com/path"])
    rules = group("child", "urls", 100, [collection("allow", 100, "Allow", [rule])])
    return _behind_policy(policy("child", ["urls"], sku={"tier": "Premium"}), rules).out(named("www.contoso.com"))


def _basic_policy() -> Exchange:
    rule = network_rule("ntp", [], ["123"], protocols=["UDP"], destinationFqdns=["ntp.contoso.com"])
    rules = group("child", "ntp", 100, [collection("allow", 100, "Allow", [rule])])
    basic = policy("child", ["ntp"], sku={"tier": "Basic"}, dnsSettings={"enableProxy": True})
    made = scene(wall=_wall(policy_name="child", tier="Basic"), more=[basic, rules], spoke_dns=[FIREWALL])
    return made.out(named("ntp.contoso.com"), "123", "udp")


def _through_hub(b_routes: tuple[Document, ...] | None, *, peered: bool, forwarded: bool = True) -> Exchange:
    """Ask from spoke A, which sends B's range to the firewall, for spoke B. b_routes: of B's table; None without."""
    b = vnet(
        "b",
        "10.2.0.0/16",
        [subnet("b", "vm", "10.2.1.0/24", table=None if b_routes is None else "rt-b")],
        [
            peering("b", "hub", HUB, allowForwardedTraffic=forwarded),
            *([peering("b", "spoke", SPOKE)] if peered else []),
        ],
    )
    made = scene(
        routes=[route("b", "10.2.0.0/16", TO_FIREWALL, FIREWALL)],
        network_rules=[allow_network()],
        spoke_peerings=[peering("spoke", "hub", HUB), *([peering("spoke", "b", "10.2.0.0/16")] if peered else [])],
        hub_peerings=[peering("hub", "spoke", SPOKE), peering("hub", "b", "10.2.0.0/16")],
        more=[b, *([] if b_routes is None else [route_table("rt-b", b_routes)])],
    )
    return made.out(to("10.2.1.4"), "22")


def _gateway_client(ase_routes: tuple[Document, ...], gateway_routes: tuple[Document, ...] | None) -> Exchange:
    """Ask from an application gateway in the spoke for the ASE. gateway_routes: of its table; None without."""
    table = None if gateway_routes is None else "rt-gateway"
    client = subnet("spoke", "gateway", "10.1.5.0/24", table=table, gateways=["/subscriptions/s/agw/ip"])
    made = scene(
        routes=ase_routes,
        spoke_subnets=[client],
        network_rules=[allow_network()],
        more=[] if gateway_routes is None else [route_table("rt-gateway", gateway_routes)],
    )
    return made.out(to(ASE), sender=made.subnet("gateway"))


def _peer_without_access() -> Exchange:
    allow_hub = security_rule("allow-hub", 100, "Allow", direction="Outbound", destination=HUB)
    made = scene(
        nsg=[allow_hub],
        spoke_peerings=[peering("spoke", "hub", HUB, allowVirtualNetworkAccess=False)],
        hub_subnets=[subnet("hub", "services", "10.0.5.0/24")],
    )
    return made.out(to("10.0.5.5"))


def _on_premises() -> Exchange:
    back = route("on-premises", "192.168.0.0/16", TO_FIREWALL, FIREWALL)
    return scene(routes=[back], propagation=False, more=[gateway("ExpressRoute", "hub")]).inward(
        to("192.168.7.0/24"), "443"
    )


ROUTING = (
    Vector("V1", lambda: scene(table=False).out(to("10.50.0.5")), Expected(BLOCK, Path.DROPPED, "route-none")),
    Vector(
        "V3-private",
        lambda: scene(default=None, routes=SPLIT).out(to("10.50.0.5")),
        Expected(BLOCK, Path.DROPPED, "route-none"),
    ),
    Vector(
        "V3-public",
        lambda: scene(default=None, routes=SPLIT, network_rules=[allow_network()]).out(to("8.8.8.8")),
        Expected(ALLOW, Path.FIREWALL),
    ),
    Vector(
        "V6",
        lambda: scene(
            routes=[route("vnet", SPOKE, TO_FIREWALL, FIREWALL), route("own", ASE, "VnetLocal")],
        ).out(to("10.1.1.9")),
        Expected(ALLOW, Path.VNET),
    ),
    Vector(
        "V7",
        lambda: scene(
            spoke_subnets=[subnet("spoke", "other", "10.1.2.0/24")], more=[gateway("ExpressRoute", "spoke")]
        ).out(to("10.1.2.9")),
        Expected(ALLOW, Path.VNET),
    ),
    Vector("V8", lambda: _expressroute(DIRECT).out(to("52.1.1.1")), Expected(UNKNOWN)),
    Vector("V9", lambda: _expressroute(DIRECT, propagation=False).out(to("52.1.1.1")), Expected(ALLOW, Path.DIRECT)),
    Vector(
        "V10",
        lambda: _expressroute(DIRECT, (route("host", "52.1.1.1/32", "Internet"),)).out(to("52.1.1.1")),
        Expected(ALLOW, Path.DIRECT),
    ),
    Vector(
        "V12",
        lambda: _storage_endpoint(network_rules=[allow_network()]).out(to("52.239.1.1")),
        Expected(ALLOW, Path.FIREWALL),
    ),
    Vector(
        "V13",
        lambda: _storage_endpoint().out(named("x.blob.core.windows.net")),
        Expected(UNKNOWN, code="service-endpoint-region"),
    ),
    Vector(
        "V14",
        lambda: _storage_endpoint(
            application_rules=[allow_names("*.blob.core.windows.net", protocols=["Https:443"])]
        ).out(named("x.blob.core.windows.net")),
        Expected(ALLOW, caveat="service-endpoint"),
    ),
    Vector(
        "V17",
        lambda: scene(
            routes=[
                route("all-storage", "Storage", "Internet"),
                route("one-region", "Storage.EastUS2", TO_FIREWALL, FIREWALL),
            ],
            tags=[BOTH_STORAGE],
            network_rules=[allow_network()],
        ).out(to("20.60.1.1")),
        Expected(ALLOW, Path.FIREWALL),
    ),
    Vector(
        "V18",
        lambda: scene(
            routes=[
                route("all-storage", "Storage", "Internet"),
                route("one-region", "Storage.EastUS2", TO_FIREWALL, FIREWALL),
                route("explicit", "20.60.0.0/16", "None"),
            ],
            tags=[BOTH_STORAGE],
        ).out(to("20.60.1.1")),
        Expected(BLOCK, Path.DROPPED, "route-none"),
    ),
    Vector(
        "V20",
        lambda: scene(default=ELSEWHERE).out(named("a.contoso.com")),
        Expected(BLOCK, Path.DROPPED, "next-hop-unowned"),
    ),
    Vector(
        "V21",
        lambda: scene(
            default=ELSEWHERE,
            without=["hub", "fw"],
            gaps=[gap("Microsoft.Network/virtualNetworks", network_id("virtualNetworks", "hub"))],
        ).out(named("a.contoso.com")),
        Expected(UNKNOWN, code="next-hop-unreadable"),
    ),
    Vector(
        "V23",
        lambda: _far_firewall().out(named("a.contoso.com")),
        Expected(BLOCK, Path.DROPPED, "next-hop-not-connected"),
    ),
    Vector(
        "V27",
        lambda: scene(
            ase={"natGateway": {"id": network_id("natGateways", "nat")}}, network_rules=[allow_network()]
        ).out(to("8.8.8.8")),
        Expected(ALLOW, Path.FIREWALL),
    ),
    Vector(
        "V28",
        lambda: _expressroute(route("default", "0.0.0.0/0", "VirtualNetworkGateway"), propagation=False).out(
            to("8.8.8.8")
        ),
        Expected(BLOCK, Path.DROPPED, "next-hop-gateway-invalid"),
    ),
)

FIREWALLS = (
    Vector(
        "V50",
        lambda: scene(application_rules=[allow_names("*.contoso.com", protocols=["Https:443"])]).out(
            named("a.contoso.com")
        ),
        Expected(ALLOW, Path.FIREWALL, hop="firewall-application-allow"),
    ),
    Vector(
        "V51",
        lambda: scene(application_rules=[allow_names("*.contoso.com", protocols=["Https:443"])]).out(
            named("contoso.com")
        ),
        Expected(BLOCK, Path.FIREWALL, "firewall-default-deny"),
    ),
    Vector(
        "V52",
        lambda: scene(application_rules=[allow_names("*contoso.com")]).out(named("contoso.com")),
        Expected(ALLOW, Path.FIREWALL, hop="firewall-application-allow", caveat="look-alikes"),
    ),
    Vector(
        "V54",
        lambda: scene(application_rules=[allow_names("*.contoso.com", protocols=["Https:443"])]).out(
            named("a.contoso.com"), "80"
        ),
        Expected(BLOCK, Path.FIREWALL, "firewall-default-deny"),
    ),
    Vector(
        "V56",
        lambda: scene(application_rules=[allow_names("www.contoso.*")]).out(named("www.contoso.com")),
        Expected(BLOCK, Path.FIREWALL, "firewall-unsupported-pattern"),
    ),
    Vector(
        "V57",
        lambda: scene(application_rules=[allow_names("gr-prod-*.cloudapp.net")]).out(named("gr-Prod-*.cloudapp.net")),
        Expected(BLOCK, Path.FIREWALL, "firewall-unsupported-pattern"),
    ),
    Vector(
        "V60",
        lambda: scene(application_rules=[allow_names("*.microsoft.com")]).out(named("*.update.microsoft.com")),
        Expected(ALLOW, Path.FIREWALL, hop="firewall-application-allow"),
    ),
    Vector(
        "V61",
        lambda: scene(
            application_rules=[allow_names("login.live.com", priority=100)],
            network_rules=[deny_network(ports=["443"], priority=60000)],
        ).out(named("login.live.com")),
        Expected(BLOCK, Path.FIREWALL, "firewall-network-deny"),
    ),
    Vector(
        "V62",
        lambda: scene(
            application_rules=[deny_names("google.com")],
            network_rules=[allow_network(ports=["443"], protocols=["TCP"])],
        ).out(named("google.com")),
        Expected(ALLOW, Path.FIREWALL, hop="firewall-network-allow"),
    ),
    Vector("V63", _parent_denies, Expected(BLOCK, Path.FIREWALL, "firewall-application-deny")),
    Vector("V65", _refused_base, Expected(UNKNOWN, Path.FIREWALL, "base-policy-unreadable")),
    Vector("V68", lambda: _ntp(NTP_BY_NAME), Expected(BLOCK, Path.FIREWALL, "firewall-default-deny")),
    Vector("V69", lambda: _ntp(NTP_BY_NAME, proxy="true", dns="10.0.9.9"), Expected(UNKNOWN, Path.FIREWALL)),
    Vector(
        "V70",
        lambda: _ntp(NTP_BY_NAME, proxy="true", dns=FIREWALL),
        Expected(ALLOW, Path.FIREWALL, hop="firewall-network-allow"),
    ),
    Vector(
        "V71",
        lambda: _ntp(NTP_BY_WILDCARD, proxy="true", dns=FIREWALL),
        Expected(BLOCK, Path.FIREWALL, "firewall-default-deny"),
    ),
    Vector(
        "V72-udp",
        lambda: scene(network_rules=[allow_network(ports=["123"])]).out(to("8.8.8.8"), "123", "udp"),
        Expected(ALLOW, Path.FIREWALL),
    ),
    Vector(
        "V72-tcp",
        lambda: scene(network_rules=[allow_network(ports=["123"])]).out(to("8.8.8.8"), "123", "tcp"),
        Expected(ALLOW, Path.FIREWALL),
    ),
    Vector(
        "V74",
        lambda: scene(
            network_rules=[allow_network(sources=[], sourceIpGroups=[network_id("ipGroups", "g")])],
            more=[ip_group("g", [])],
        ).out(to("8.8.8.8")),
        Expected(BLOCK, Path.FIREWALL, "firewall-default-deny"),
    ),
    Vector(
        "V76",
        lambda: _ase_tag("www.microsoft.com"),
        Expected(ALLOW, Path.FIREWALL, hop="firewall-application-allow-tag"),
    ),
    Vector("V77", lambda: _ase_tag("www.microsoft.com", "80"), Expected(UNKNOWN, Path.FIREWALL)),
    Vector("V78", lambda: _ase_tag("40.77.24.27"), Expected(BLOCK, Path.FIREWALL, "firewall-default-deny")),
    Vector(
        "V79",
        lambda: _ase_tag("40.77.24.27", routes=(route("bypass", "40.77.24.27/32", "Internet"),)),
        Expected(ALLOW, Path.DIRECT),
    ),
    Vector("V80", lambda: _ase_tag("13.74.252.37", "11371"), Expected(BLOCK, Path.FIREWALL, "firewall-default-deny")),
    Vector(
        "V83",
        lambda: scene(
            application_rules=[
                classic("tags", 300, "Allow", [application_rule("two", tags=["WindowsUpdate,HDInsight"])])
            ]
        ).out(named("x.update.microsoft.com", "WindowsUpdate", "HDInsight")),
        Expected(BLOCK, Path.FIREWALL, "firewall-default-deny"),
    ),
    Vector("V84", _url_without_tls, Expected(BLOCK, Path.FIREWALL, "firewall-default-deny")),
    Vector(
        "V86",
        lambda: scene(
            wall=_with_network(allow_network(ports=["443"]), **_extra("Network.SNAT.PrivateRanges", "0.0.0.0/0"))
        ).out(to("8.8.8.8")),
        Expected(BLOCK, Path.FIREWALL, "firewall-no-snat"),
    ),
    Vector(
        "V88",
        lambda: scene(
            network_rules=[allow_network()], hub_routes=[route("default", "0.0.0.0/0", "VirtualNetworkGateway")]
        ).out(to("8.8.8.8")),
        Expected(BLOCK, Path.FIREWALL, "firewall-egress-blocked"),
    ),
    Vector(
        "V89",
        lambda: scene(
            wall=_with_network(allow_network(), managementIpConfiguration={"name": "management"}),
            hub_routes=[route("default", "0.0.0.0/0", "VirtualNetworkGateway")],
        ).out(to("8.8.8.8")),
        Expected(UNKNOWN, Path.FIREWALL, "firewall-egress-unknown"),
    ),
    Vector("V90", _basic_policy, Expected(BLOCK, Path.FIREWALL, "firewall-default-deny")),
    Vector(
        "V92",
        lambda: scene(application_rules=[allow_names("a.contoso.com")]).out(named("a.contoso.com"), "443", "udp"),
        Expected(BLOCK, Path.FIREWALL, "firewall-default-deny"),
    ),
    Vector(
        "V93",
        lambda: scene(wall=_with_names(allow_names("a.contoso.com"), threatIntelMode="Deny")).out(
            named("a.contoso.com")
        ),
        Expected(ALLOW, Path.FIREWALL, caveat="threat intelligence"),
    ),
    Vector(
        "V94",
        lambda: scene(wall=_with_names(allow_names("a.contoso.com"), state="Failed")).out(named("a.contoso.com")),
        Expected(UNKNOWN, Path.FIREWALL, "firewall-failed"),
    ),
    Vector(
        "V95",
        lambda: _behind_policy(policy("child", ["one", "two", "three"])).out(named("a.contoso.com")),
        Expected(UNKNOWN, Path.FIREWALL, "rule-collection-groups-unreadable"),
    ),
)

SYMMETRY = (
    Vector(
        "V100",
        lambda: scene(nsg=[LET_MANAGEMENT_IN, DENY_ALL_IN], tags=[MANAGEMENT_TAG]).inward(
            to(",".join(MANAGEMENT)), "454"
        ),
        Expected(BLOCK, code="reply-asymmetric"),
    ),
    *(
        Vector(
            f"V101-{each}",
            lambda each=each: scene(  # type: ignore[misc] # binds the address of this round
                nsg=[LET_MANAGEMENT_IN, DENY_ALL_IN], routes=[MANAGEMENT_ROUTE], tags=[MANAGEMENT_TAG]
            ).inward(to(each), "454"),
            Expected(ALLOW),
        )
        for each in MANAGEMENT
    ),
    Vector(
        "V104",
        lambda: scene(
            nsg=[LET_MANAGEMENT_IN, DENY_ALL_IN], routes=[MANAGEMENT_ROUTE], tags=[MANAGEMENT_TAG], propagation=False
        ).inward(to(",".join(MANAGEMENT)), "455"),
        Expected(ALLOW),
    ),
    Vector("V106", lambda: scene().inward(to("203.0.113.7"), "443"), Expected(BLOCK, code="reply-asymmetric")),
    Vector("V111", lambda: _gateway_client((), None), Expected(ALLOW, Path.VNET)),
    Vector(
        "V112",
        lambda: _gateway_client((route("vnet", SPOKE, TO_FIREWALL, FIREWALL),), None),
        Expected(BLOCK, Path.VNET, "reply-asymmetric-peer"),
    ),
    Vector(
        "V113",
        lambda: _gateway_client(
            (route("vnet", SPOKE, TO_FIREWALL, FIREWALL),), (route("ase", ASE, TO_FIREWALL, FIREWALL),)
        ),
        Expected(ALLOW, Path.FIREWALL),
    ),
    Vector("V115", lambda: _through_hub(None, peered=True), Expected(BLOCK, Path.FIREWALL)),
    Vector("V118", lambda: _through_hub(None, peered=False), Expected(BLOCK, Path.FIREWALL)),
    Vector(
        "V119",
        lambda: _through_hub((DEFAULT,), peered=False, forwarded=False),
        Expected(UNKNOWN, Path.FIREWALL),
    ),
    Vector("V120", _on_premises, Expected(BLOCK, code="reply-asymmetric")),
    Vector("V125", _peer_without_access, Expected(UNKNOWN)),
)

VECTORS = (*ROUTING, *FIREWALLS, *SYMMETRY)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.number)
def test_flow(vector: Vector) -> None:
    """A flow of the specification's vectors gets the verdict, and goes the way, that the specification gives."""
    exchange, expected = vector.ask(), vector.expected
    codes = {hop.code for hop in exchange.walk.hops}
    shown = exchange.trace

    assert shown.verdict is expected.verdict, shown
    assert expected.path in {None, shown.path}, shown
    assert not expected.code or shown.reason.code == expected.code, shown
    assert not expected.hop or expected.hop in codes, shown
    assert expected.caveat in " ".join(shown.caveats), shown


@dataclass(frozen=True)
class Filter:
    """A vector on an NSG alone: the verdict of the filter step, and the rule that gives it; "" for none."""

    number: str
    ask: Callable[[], Hop]
    verdict: Verdict
    rule: str


FILTERS = (
    Filter(
        "V30-tag",
        lambda: scene(
            nsg=[
                security_rule(
                    "vip", 100, "Allow", source="AppServiceManagement", destination="20.1.2.3", ports="454-455"
                ),
                DENY_ALL_IN,
            ]
        ).filtered_in(tagged("AppServiceManagement"), "454"),
        BLOCK,
        "nsg/deny-all",
    ),
    Filter(
        "V30-addresses",
        lambda: scene(
            nsg=[
                security_rule(
                    "vip", 100, "Allow", source="AppServiceManagement", destination="20.1.2.3", ports="454-455"
                ),
                DENY_ALL_IN,
            ],
            tags=[MANAGEMENT_TAG],
        ).filtered_in(to(MANAGEMENT[0]), "454"),
        BLOCK,
        "nsg/deny-all",
    ),
    Filter(
        "V32",
        lambda: scene(nsg=[LET_MANAGEMENT_IN, security_rule("deny-all", 4000, "Deny")]).filtered_in(
            to("168.63.129.16"), "16001"
        ),
        BLOCK,
        "nsg/deny-all",
    ),
    Filter(
        "V33",
        lambda: scene(nsg=[LET_MANAGEMENT_IN, security_rule("deny-all", 4000, "Deny")]).filtered_in(
            to("168.63.129.16"), "80"
        ),
        BLOCK,
        "nsg/deny-all",
    ),
    Filter(
        "V34",
        lambda: scene(
            nsg=[
                security_rule("storage", 100, "Allow", direction="Outbound", destination="Storage"),
                DENY_INTERNET,
            ]
        ).filtered_out(named("login.microsoftonline.com")),
        BLOCK,
        "nsg/deny-internet",
    ),
    Filter(
        "V35",
        lambda: scene(endpoints=["Microsoft.Storage"], nsg=[DENY_INTERNET]).filtered_out(
            named("x.blob.core.windows.net")
        ),
        BLOCK,
        "nsg/deny-internet",
    ),
    Filter(
        "V38",
        lambda: scene(nsg=[_empty_singular(), DENY_ALL_IN]).filtered_in(to("10.9.9.9"), "443"),
        BLOCK,
        "nsg/deny-all",
    ),
    Filter(
        "V38-match",
        lambda: scene(nsg=[_empty_singular(), DENY_ALL_IN]).filtered_in(to("10.2.9.9"), "443"),
        ALLOW,
        "nsg/plural",
    ),
    Filter("V39", lambda: scene(nsg=[DENY_ALL_OUT]).filtered_out(to("168.63.129.16"), "53", "udp"), ALLOW, ""),
)


def _empty_singular() -> Document:
    """Return a rule as Azure prints it: an empty singular field beside a filled plural one."""
    rule = security_rule("plural", 100, "Allow", source=["10.2.0.0/16"])
    rule["properties"]["sourceAddressPrefix"] = ""
    return rule


@pytest.mark.parametrize("vector", FILTERS, ids=lambda vector: vector.number)
def test_filter(vector: Filter) -> None:
    """The filter step of the NSG vectors gets the verdict, by the rule, that the specification gives."""
    hop = vector.ask()

    assert (hop.verdict, hop.decided_by) == (vector.verdict, vector.rule), hop


@pytest.mark.parametrize(
    ("made", "destination", "expected"),
    [
        pytest.param(scene, "10.50.0.5", ("virtualappliance 10.0.0.4",), id="V2"),
        pytest.param(
            lambda: scene(routes=[route("peer", HUB, TO_FIREWALL, FIREWALL)]),
            "10.0.5.5",
            ("virtualappliance 10.0.0.4",),
            id="V4",
        ),
    ],
)
def test_route(made: Callable[[], Scene], destination: str, expected: tuple[str, ...]) -> None:
    """A route vector that leaves the verdict to other rules leads where the specification says."""
    assert made().next_hops(destination) == expected


def _requirement(kind: Kind, target: str, port: int = 0, condition: str | None = None) -> Requirement:
    return Requirement(
        id=f"test@2024-01-01/{kind}:{target}",
        kind=kind,
        target=target,
        ports=(port,) if port else (),
        protocol="tcp" if port else "",
        condition=condition,
        section="test",
    )


def _pack(*requirements: Requirement) -> Pack:
    return Pack(
        service="ase-v2",
        edition="2024-01-01",
        revision=None,
        cloud="public",
        title="test",
        url="",
        text_url="",
        confidence="verbatim",
        read="2024-01-01",
        notes=(),
        requirements=requirements,
        digest="sha256:0",
    )


def _context(made: Scene, *requirements: Requirement) -> Context:
    (workload,) = find_workloads(made.network.estate)
    pack = _pack(*requirements)
    return Context(
        network=made.network,
        workload=workload,
        subnet=made.ase,
        packs=(pack,),
        settings=Settings(),
        beside=listed_beside((pack,)),
    )


def test_v15_service_endpoint_on_another_subnet() -> None:
    """V15: a service endpoint serves only the subnet it is enabled on (R30)."""
    other = subnet("spoke", "other", "10.1.2.0/24", endpoints=["Microsoft.Storage"])
    made = scene(spoke_subnets=[other], more=[environment("shop", "spoke", "ase")])
    wanted = _requirement(Kind.SERVICE_ENDPOINT, "Microsoft.Storage")

    judgement = judge_service_endpoint(_context(made, wanted), wanted)

    assert (judgement.outcome, judgement.reason.code) == (Outcome.FAIL, "missing-service-endpoint")


def test_v81_no_linux_app() -> None:
    """V81: a Linux dependency does not apply where every app can be read and none runs on Linux (A22)."""
    made = scene(more=[environment("shop", "spoke", "ase"), site("web", "shop")])
    wanted = _requirement(Kind.IP, "13.74.252.37", 11371, "linux-apps")

    (judgement,) = judge_workload(_context(made, wanted))

    assert (judgement.outcome, judgement.reason.code) == (Outcome.NOT_APPLICABLE, "no-linux-apps")


def test_v105_ase_v3() -> None:
    """V105: what a v2 needs does not apply to a v3 (A13, A14)."""
    made = scene(routes=[MANAGEMENT_ROUTE], more=[environment("shop", "spoke", "ase", kind="ASEV3")])
    pack = _pack(_requirement(Kind.MANAGEMENT_SOURCE, MANAGEMENT[0], 454))

    audited = audit(made.network.estate, {"public": (pack,)}, Settings(), {})

    assert [each.outcome for each in audited.results] == [Outcome.NOT_APPLICABLE]
    assert audited.findings == ()
