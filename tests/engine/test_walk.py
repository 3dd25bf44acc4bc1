"""A flow's way, hop by hop: how hops join, and what a trace shows."""

import pytest

from auditor.findings import Gap
from auditor.traces import Path, Verdict
from tests.builders import Document, network_id, peering, route, security_rule, subnet, vnet
from tests.engine.scenes import (
    FIREWALL,
    HUB,
    TO_FIREWALL,
    allow_names,
    allow_network,
    named,
    scene,
    to,
)

ALLOW, BLOCK, PARTIAL, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN
SITE = named("a.contoso.com")
DENY_OUT = security_rule("deny", 100, "Deny", direction="Outbound")


def test_way_through_the_firewall() -> None:
    """A way that is free names every place that decided, in order."""
    walk = scene(application_rules=[allow_names("a.contoso.com")]).out(SITE).walk

    assert [(hop.at, hop.code) for hop in walk.hops] == [
        ("route-table", "route-appliance"),
        ("next-hop", "next-hop-firewall"),
        ("firewall", "firewall-application-allow"),
        ("firewall-egress", "firewall-egress"),
    ]
    assert (walk.verdict, walk.path, walk.snat) == (ALLOW, Path.FIREWALL, True)


def test_two_things_to_mend() -> None:
    """A walk goes on behind a hop that blocks, so that two causes are two stops; the trace ends at the first."""
    found = scene(nsg=[DENY_OUT]).out(SITE)

    assert [hop.code for hop in found.walk.stops] == ["nsg-deny", "firewall-default-deny"]
    assert [hop.code for hop in found.trace.hops] == ["nsg-deny"]
    assert found.trace.reason.code == "nsg-deny"


def test_certain_stop_behind_a_doubt() -> None:
    """A hop that certainly blocks decides, though one before it is not known."""
    unknown_tag = security_rule("tag", 100, "Deny", direction="Outbound", destination="Brandnew")
    found = scene(nsg=[unknown_tag]).out(SITE)

    assert (found.verdict, found.trace.reason.code) == (BLOCK, "firewall-default-deny")


def test_spec_and_code_on_every_hop() -> None:
    """Every hop says by which rule of the specification it was decided, and why."""
    scenes = (scene(), scene(nsg=[DENY_OUT]), scene(table=False), scene(network_rules=[allow_network()]))
    hops = [hop for each in scenes for end in (SITE, to("10.0.7.7"), to("8.8.8.8")) for hop in each.out(end).walk.hops]

    assert hops
    assert all(hop.spec and hop.code and hop.why and hop.at for hop in hops)


@pytest.mark.parametrize("address", ["10.0.77.7", "10.1.77.7"])
def test_address_in_no_subnet(address: str) -> None:
    """An address of a VNet that no subnet of it has is reached by nobody."""
    assert scene().out(to(address)).trace.reason.code == "no-such-subnet"


def _far(**fields: object) -> Document:
    far = vnet("far", "10.2.0.0/16", [subnet("far", "vm", "10.2.1.0/24")], [peering("far", "spoke", "10.1.0.0/16")])
    far["properties"] |= fields
    return {**far, "properties": {name: each for name, each in far["properties"].items() if each != "absent"}}


TO_FAR = [peering("spoke", "hub", HUB), peering("spoke", "far", "10.2.0.0/16")]


def test_subnets_not_listed() -> None:
    """Where a VNet does not say which subnets it has, whether an address lies in one is not known (J3)."""
    made = scene(spoke_peerings=TO_FAR, more=[_far(subnets="absent")])

    assert made.out(to("10.2.1.1")).verdict is UNKNOWN


def test_subnet_that_cannot_be_read() -> None:
    """Where a subnet could not be read, whether an address lies in it is not known (U8)."""
    twice = subnet("far", "vm", "10.2.1.0/24", nsg="other")
    made = scene(spoke_peerings=TO_FAR, more=[_far(), twice])

    assert made.out(to("10.2.1.1")).verdict is UNKNOWN


def test_peer_that_cannot_be_read() -> None:
    """What happens behind the peering to a VNet that was refused is not known (U8)."""
    refused = Gap(
        what="Microsoft.Network/virtualNetworks", scope=network_id("virtualNetworks", "far"), why="no", needs="x"
    )

    assert scene(spoke_peerings=TO_FAR, gaps=[refused]).out(to("10.2.1.1")).verdict is UNKNOWN


def test_subnet_without_prefix() -> None:
    """A subnet whose document holds no prefix can send nothing that is decided as an allow, and is no crash."""
    made = scene(ase={"addressPrefix": None}, network_rules=[allow_network()], nsg=[])

    assert not any(
        each.name == "ase" and made.out(SITE).verdict is ALLOW for each in made.network.estate.subnets.values()
    )


def test_several_ways_that_agree() -> None:
    """Where it is not known which of two ways is taken and both are free, the flow is, with a caveat."""
    made = scene(routes=[route("half", "52.0.0.0/8", "Internet")], network_rules=[allow_network()])
    found = made.out(SITE)

    assert (found.walk.verdict, found.walk.caveats != ()) == (ALLOW, True)


def test_several_ways_that_disagree() -> None:
    """Where it is not known which of two ways is taken and one is blocked, the flow is not decided."""
    made = scene(routes=[route("half", "52.0.0.0/8", "Internet")])

    assert (made.out(SITE).verdict, made.out(SITE).trace.reason.code) == (UNKNOWN, "route-depends-on-address")


def test_appliance_inside_a_peer() -> None:
    """A flow to the firewall's own address ends there."""
    made = scene(routes=[route("hub", HUB, TO_FIREWALL, FIREWALL)], network_rules=[allow_network()])

    assert made.out(to("8.8.8.8")).walk.path is Path.FIREWALL
    assert made.out(to("10.0.77.7")).verdict is BLOCK
    assert made.out(to("8.8.8.8,10.0.77.7")).verdict is PARTIAL
