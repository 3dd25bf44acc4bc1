"""Who owns the next hop of a route: R15 to R18, F53, H2, H5, U8."""

from collections.abc import Callable

import pytest

from auditor.engine.nexthop import Owner
from auditor.findings import Gap
from auditor.traces import Verdict
from tests.builders import (
    Document,
    firewall,
    interface,
    network_id,
    peering,
    route,
    subnet,
    vnet,
)
from tests.engine.scenes import (
    DEFAULT,
    FIREWALL,
    FIREWALL_SUBNET,
    HUB,
    SPOKE,
    TO_FIREWALL,
    Scene,
    allow_network,
    gap,
    named,
    scene,
)

HUB_ID = network_id("virtualNetworks", "hub")


def _to(address: str) -> Document:
    return route("default", "0.0.0.0/0", TO_FIREWALL, address)


def _owner(made: Scene) -> Owner:
    """Return the owner of the next hop of the default route of `ase`."""
    (choice,) = made.routes().decide(named("a.contoso.com"))
    return made.network.owner(made.ase, choice.routes[0])


def _judged(made: Scene) -> tuple[str, bool | None]:
    owner = _owner(made)
    return owner.code, owner.blocked


def test_firewall_in_a_peered_network() -> None:
    """The private address of a firewall in a peered VNet leads to that firewall (R15, R16)."""
    owner = _owner(scene())

    assert (owner.code, owner.blocked, owner.firewall and owner.firewall.name) == ("next-hop-firewall", False, "fw")


def test_firewall_in_the_own_network() -> None:
    """The private address of a firewall in the same VNet leads to it without any peering."""
    place = subnet("spoke", "AzureFirewallSubnet", "10.1.0.0/26")
    made = scene(
        default=_to("10.1.0.4"),
        spoke_subnets=[place],
        wall=firewall("fw", "spoke", "10.1.0.4"),
        spoke_peerings=[],
        hub_peerings=[],
    )

    assert _judged(made) == ("next-hop-firewall", False)


def test_nobody_owns_it() -> None:
    """An address of a VNet that was read whole and that nothing owns is a dead end (R16, R17)."""
    assert _judged(scene(default=_to("10.0.0.5"))) == ("next-hop-unowned", True)


def test_deallocated_firewall() -> None:
    """A firewall without ip configurations owns nothing (F53)."""
    assert _judged(scene(wall=firewall("fw", "hub", None))) == ("next-hop-unowned", True)


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(
            lambda: scene(
                default=_to("10.0.0.5"), without=["hub", "fw"], gaps=[gap("Microsoft.Network/virtualNetworks", HUB_ID)]
            ),
            id="network refused",
        ),
        pytest.param(lambda: scene(without=["hub", "fw"]), id="network absent"),
        pytest.param(lambda: scene(without=["fw"]), id="firewall absent"),
        pytest.param(
            lambda: scene(
                default=_to("10.0.0.5"),
                gaps=[Gap(what="Microsoft.Network/networkInterfaces", scope="", why="refused", needs="x")],
            ),
            id="interfaces refused",
        ),
        pytest.param(
            lambda: scene(default=_to("10.0.0.5"), gaps=[Gap(what="*", scope=HUB_ID, why="refused", needs="x")]),
            id="anything may hide",
        ),
        pytest.param(
            lambda: scene(
                default=_to("10.0.7.7"),
                hub_subnets=[subnet("hub", "nva", "10.0.7.0/24", attached=["/subscriptions/s/nic/ipConfigurations/a"])],
            ),
            id="an unread interface lives there",
        ),
    ],
)
def test_owner_may_be_hidden(made: Callable[[], Scene]) -> None:
    """Where something that may own the address was not read, the owner is not known (U8)."""
    assert _judged(made()) == ("next-hop-unreadable", None)


def test_same_address_elsewhere() -> None:
    """A firewall of the same address in a VNet far off says nothing where the peered VNet was not read (U8)."""
    far = vnet("far", HUB, [subnet("far", "AzureFirewallSubnet", FIREWALL_SUBNET)])
    made = scene(without=["hub", "fw"], more=[far, firewall("fw-far", "far", FIREWALL)])

    assert _judged(made) == ("next-hop-unreadable", None)


def test_same_address_in_two_networks() -> None:
    """Of several owners of an address the one that can be reached counts."""
    far = vnet("far", HUB, [subnet("far", "AzureFirewallSubnet", FIREWALL_SUBNET)])
    owner = _owner(scene(more=[far, firewall("a-far", "far", FIREWALL)]))

    assert (owner.code, owner.firewall and owner.firewall.name) == ("next-hop-firewall", "fw")


def test_not_connected() -> None:
    """An owner in a VNet that is not peered cannot be reached (R15)."""
    far = vnet("far", "10.8.0.0/16", [subnet("far", "AzureFirewallSubnet", "10.8.0.0/26")])
    made = scene(default=_to("10.8.0.4"), more=[far, firewall("fw-far", "far", "10.8.0.4")])

    assert _judged(made) == ("next-hop-not-connected", True)


def test_address_of_no_network() -> None:
    """An address outside every VNet within reach cannot be reached (R15)."""
    assert _judged(scene(default=_to("192.168.99.4"))) == ("next-hop-not-connected", True)


def test_peerings_not_listed() -> None:
    """Where a VNet does not say whom it is peered with, who can be reached is not known."""
    spoke = vnet("spoke", SPOKE, [subnet("spoke", "ase", "10.1.1.0/24", table="rt")])
    del spoke["properties"]["virtualNetworkPeerings"]
    made = scene(default=_to("192.168.99.4"), without=["spoke"], more=[{**spoke, "name": "SPOKE"}])

    assert _judged(made) == ("next-hop-unreadable", None)


@pytest.mark.parametrize("state", ["Disconnected", "Initiated"])
@pytest.mark.parametrize("half", ["spoke", "hub"])
def test_peering_down(state: str, half: str) -> None:
    """Both halves of the peering must be connected (H2)."""
    down = {"peeringState": state}
    made = scene(
        spoke_peerings=[peering("spoke", "hub", HUB, **(down if half == "spoke" else {}))],
        hub_peerings=[peering("hub", "spoke", SPOKE, **(down if half == "hub" else {}))],
        network_rules=[allow_network()],
    )

    assert _judged(made) == ("next-hop-peering-down", True)
    assert made.out(named("a.contoso.com")).verdict is Verdict.BLOCK


def test_peering_with_one_half() -> None:
    """A peering whose other half was deleted carries nothing (H2)."""
    assert _judged(scene(hub_peerings=[])) == ("next-hop-peering-down", True)


def test_peering_of_unknown_state() -> None:
    """A peering whose state is not in the source leaves open whether it carries anything."""
    made = scene(spoke_peerings=[peering("spoke", "hub", HUB, peeringState=None)])

    assert _judged(made) == ("next-hop-unreadable", None)


@pytest.mark.parametrize("half", ["spoke", "hub"])
def test_peering_without_access(half: str) -> None:
    """What a peering does that denies virtual network access is disputed (H5)."""
    flag = {"allowVirtualNetworkAccess": False}
    made = scene(
        spoke_peerings=[peering("spoke", "hub", HUB, **(flag if half == "spoke" else {}))],
        hub_peerings=[peering("hub", "spoke", SPOKE, **(flag if half == "hub" else {}))],
    )

    assert _judged(made) == ("next-hop-unreadable", None)


@pytest.mark.parametrize(
    ("forwarding", "expected"), [(True, ("next-hop-appliance", None)), (False, ("next-hop-no-forwarding", True))]
)
def test_other_appliances(*, forwarding: bool, expected: tuple[str, bool | None]) -> None:
    """An interface that does not forward drops; what one that does decides is not known (R16, U2)."""
    card = interface("nva", "hub", "nva", "10.0.7.4", forwarding=forwarding)
    made = scene(default=_to("10.0.7.4"), hub_subnets=[subnet("hub", "nva", "10.0.7.0/24")], more=[card])

    assert _judged(made) == expected


def test_load_balancer() -> None:
    """What stands behind an internal load balancer is not known (R16)."""
    place = {"id": f"{HUB_ID}/subnets/nva"}
    balancer = {
        "id": network_id("loadBalancers", "ilb"),
        "name": "ilb",
        "type": "Microsoft.Network/loadBalancers",
        "properties": {
            "frontendIPConfigurations": [{"properties": {"privateIPAddress": "10.0.7.4", "subnet": place}}],
        },
    }
    made = scene(default=_to("10.0.7.4"), hub_subnets=[subnet("hub", "nva", "10.0.7.0/24")], more=[balancer])

    assert _judged(made) == ("next-hop-appliance", None)


def test_firewall_of_a_virtual_hub() -> None:
    """The address of a firewall in a virtual hub is no valid next hop of a route (H13)."""
    made = scene(
        default=_to("192.168.99.4"),
        wall=firewall(
            "fw",
            "hub",
            None,
            sku={"name": "AZFW_Hub", "tier": "Standard"},
            hubIPAddresses={"privateIPAddress": "192.168.99.4"},
        ),
    )

    assert _judged(made) == ("next-hop-not-connected", True)


def test_no_address() -> None:
    """A route to an appliance without an address leads nowhere (R14)."""
    assert _judged(scene(default=route("default", "0.0.0.0/0", TO_FIREWALL)))[1] is True


def test_order_of_firewalls_never_matters() -> None:
    """The owner is the same whatever order the source lists things in."""
    more = [firewall("z", "hub", "10.0.0.6"), firewall("a", "hub", "10.0.0.7")]

    assert _owner(scene(more=more)) == _owner(scene(more=more[::-1]))
    assert DEFAULT["properties"]["nextHopIpAddress"] == FIREWALL
