"""The simulator answers the vectors of the semantics: it is held against them before the engine is against it."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.builders import (
    Document,
    application_rule,
    classic,
    firewall,
    ip_group,
    network_id,
    network_rule,
    peering,
    route,
    route_table,
    security_group,
    security_rule,
    subnet,
    vnet,
)
from tests.simulator.journey import receive, send
from tests.simulator.plain import Plain
from tests.simulator.world import Packet, World

WALL = "10.0.0.4"
APPLIANCE = "VirtualAppliance"
DEFAULT = route("default", "0.0.0.0/0", APPLIANCE, WALL)
ALL = classic("all", 200, "Allow", [network_rule("all", ["*"], ["*"])])
STORAGE = {"storage": ["20.60.0.0/16"], "storage.eastus2": ["20.60.0.0/16"]}


def names(*targets: str, action: str = "Allow", priority: int = 300, **more: Any) -> Document:  # noqa: ANN401 - fields of a rule
    """Return a collection with one application rule."""
    return classic(f"{action}-{priority}", priority, action, [application_rule("names", targets, **more)])


def f0(  # noqa: PLR0913 - each names one thing that a vector changes of F0
    routes: Sequence[Document] | None = (DEFAULT,),
    *,
    nets: Sequence[Document] = (),
    apps: Sequence[Document] = (),
    nsg: Sequence[Document] | None = None,
    hub_routes: Sequence[Document] | None = None,
    far_routes: Sequence[Document] | None = None,
    far_peered: bool = False,
    more: Sequence[Document] = (),
    **wall: Any,  # noqa: ANN401 - fields of ARM
) -> list[Document]:
    """Return fixture F0 with changes. far_routes: of a second spoke 10.2.0.0/16; far_peered: with the first."""
    ase = subnet(
        "spoke", "ase", "10.1.1.0/24", table=None if routes is None else "rt", nsg=None if nsg is None else "g"
    )
    gateway = subnet("spoke", "gateway", "10.1.5.0/24")
    place = subnet("hub", "AzureFirewallSubnet", "10.0.0.0/26", table=None if hub_routes is None else "rt-hub")
    vm = subnet("far", "vm", "10.2.1.0/24", table=None if far_routes is None else "rt-far")
    beside = [peering("spoke", "far", "10.2.0.0/16")], [peering("far", "spoke", "10.1.0.0/16")]
    rules = {"networkRuleCollections": nets, "applicationRuleCollections": apps}
    return [
        vnet("spoke", "10.1.0.0/16", [ase, gateway], [peering("spoke", "hub", "10.0.0.0/16"), *beside[0][:far_peered]]),
        vnet(
            "hub",
            "10.0.0.0/16",
            [place],
            [peering("hub", "spoke", "10.1.0.0/16"), peering("hub", "far", "10.2.0.0/16")],
        ),
        vnet("far", "10.2.0.0/16", [vm], [peering("far", "hub", "10.0.0.0/16"), *beside[1][:far_peered]]),
        firewall("fw", "hub", WALL, collections=rules, **wall),
        *([] if routes is None else [route_table("rt", routes)]),
        *([] if nsg is None else [security_group("g", nsg)]),
        *([] if hub_routes is None else [route_table("rt-hub", hub_routes)]),
        *([] if far_routes is None else [route_table("rt-far", far_routes)]),
        *more,
    ]


def ask(documents: list[Document], end: str, port: int = 443, *, source: str = "10.1.1.4", sender: str = "ase") -> str:
    """Return "passes", or the number of the rule that stops a packet, with a host name or to an address."""
    named = end[0].isalpha()
    kind = {80: "http", 443: "https"}.get(port, "") if named else ""
    packet = Packet(source, "93.184.216.34" if named else end, "tcp", port, end if named else "", kind, named=named)
    plain = Plain(documents, STORAGE, World(None))
    place = plain.place(f"{network_id('virtualNetworks', 'spoke')}/subnets/{sender}")
    assert place is not None
    outcome = send(plain, packet, place)
    return "passes" if outcome.passes else outcome.where.partition(":")[0]


SPLIT = [route("low", "0.0.0.0/1", APPLIANCE, WALL), route("high", "128.0.0.0/1", APPLIANCE, WALL)]
TAGS = [route("all", "Storage", "Internet"), route("one", "Storage.EastUS2", APPLIANCE, WALL), DEFAULT]
TO_FAR = route("far", "10.2.0.0/16", APPLIANCE, WALL)
TO_SPOKE = route("spoke", "10.1.0.0/16", APPLIANCE, WALL)
EMPTY = network_rule("r", ["*"], ["*"], sources=[], sourceIpGroups=[network_id("ipGroups", "empty")])
NEVER = {"Network.SNAT.PrivateRanges": "0.0.0.0/0"}
DENY_OUT = security_rule("deny", 4096, "Deny", direction="Outbound")
DENY_NET = classic("deny", 60000, "Deny", [network_rule("deny", ["*"], ["443"])])


@pytest.mark.parametrize(
    ("documents", "end", "expected"),
    [
        pytest.param(f0(None), "10.50.0.5", "R14", id="V1"),
        pytest.param(f0(), "10.50.0.5", "F2", id="V2"),
        pytest.param(f0(SPLIT), "10.50.0.5", "R14", id="V3-private"),
        pytest.param(f0(SPLIT, nets=[ALL]), "8.8.8.8", "passes", id="V3-public"),
        pytest.param(f0([DEFAULT, TO_SPOKE, route("own", "10.1.1.0/24", "VnetLocal")]), "10.1.1.9", "passes", id="V6"),
        pytest.param(f0(TAGS), "20.60.1.1", "F2", id="V17"),
        pytest.param(f0([*TAGS, route("explicit", "20.60.0.0/16", "None")]), "20.60.1.1", "R14", id="V18"),
        pytest.param(f0([route("d", "0.0.0.0/0", APPLIANCE, "10.0.0.5")]), "8.8.8.8", "R16", id="V20"),
        pytest.param(f0(None, nsg=[DENY_OUT]), "168.63.129.16", "passes", id="V39"),
        pytest.param(f0(None, nsg=[DENY_OUT]), "8.8.8.8", "N4", id="V40"),
        pytest.param(f0(apps=[names("*.contoso.com")]), "a.contoso.com", "passes", id="V50"),
        pytest.param(f0(apps=[names("*.contoso.com")]), "contoso.com", "F2", id="V51"),
        pytest.param(f0(apps=[names("*contoso.com")]), "contoso.com", "passes", id="V52"),
        pytest.param(f0(apps=[names("*", protocols=["Http:80"])]), "a.contoso.com", "F2", id="V54"),
        pytest.param(f0(apps=[names("www.contoso.*")]), "www.contoso.com", "F2", id="V56"),
        pytest.param(f0(apps=[names("*")], nets=[DENY_NET]), "login.live.com", "F5", id="V61"),
        pytest.param(f0(apps=[names("*", action="Deny")], nets=[ALL]), "google.com", "passes", id="V62"),
        pytest.param(
            f0(nets=[classic("c", 100, "Allow", [EMPTY])], more=[ip_group("empty", [])]), "8.8.8.8", "F2", id="V74"
        ),
        pytest.param(f0(nets=[ALL], additionalProperties=NEVER), "8.8.8.8", "F44", id="V86"),
        pytest.param(
            f0(nets=[ALL], hub_routes=[route("d", "0.0.0.0/0", "VirtualNetworkGateway")]), "8.8.8.8", "F40", id="V88"
        ),
        pytest.param(f0([DEFAULT, TO_FAR], nets=[ALL], far_peered=True), "10.2.1.4", "A6", id="V115"),
        pytest.param(f0(nets=[ALL]), "10.2.1.4", "A1", id="V118"),
        pytest.param(f0(nets=[ALL], far_routes=[DEFAULT]), "10.2.1.4", "passes", id="V119-allowed"),
    ],
)
def test_out(documents: list[Document], end: str, expected: str) -> None:
    """A packet out of the subnet stops where the vector says."""
    assert ask(documents, end) == expected


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        pytest.param([DEFAULT], "passes", id="V111"),
        pytest.param([DEFAULT, TO_SPOKE], "A1", id="V112"),
    ],
)
def test_from_a_neighbour(routes: list[Document], expected: str) -> None:
    """A client in the same VNet is answered where the target's routes leave its replies alone."""
    assert ask(f0(routes, nets=[ALL]), "10.1.1.4", source="10.1.5.4", sender="gateway") == expected


@pytest.mark.parametrize(
    ("routes", "passes"),
    [
        pytest.param([DEFAULT], False, id="V106"),
        pytest.param([DEFAULT, route("client", "203.0.113.0/24", "Internet")], True, id="routed-back"),
    ],
)
def test_from_the_internet(routes: list[Document], *, passes: bool) -> None:
    """A client on the Internet is answered where the reply goes straight back."""
    plain = Plain(f0(routes), STORAGE, World(None))
    place = plain.place(f"{network_id('virtualNetworks', 'spoke')}/subnets/ase")
    assert place is not None

    assert receive(plain, Packet("203.0.113.7", "10.1.1.4", "tcp", 443), place).passes is passes
