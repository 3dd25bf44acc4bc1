"""What filters a flow at a subnet, level by level: N1, N2, and NSGs on interfaces that cannot be placed."""

from typing import Any

import pytest

from auditor.engine.filters import filter_hops
from auditor.traces import Hop, Verdict
from tests.attached import configuration_id, machine, private_endpoint
from tests.builders import Document, environment, network_id, security_group, security_rule, subnet
from tests.engine.scenes import ASE, Scene, flow, gap, scene, to

ALLOW, BLOCK, PARTIAL, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN
OUT, IN = "Outbound", "Inbound"
INTERFACES = "Microsoft.Network/networkInterfaces"


def own_group(access: str, direction: str = OUT, **more: Any) -> Document:  # noqa: ANN401 - fields of a rule
    """Return NSG `nsg-vm`, which has one rule."""
    return security_group("nsg-vm", [security_rule("own", 100, access, direction=direction, **more)])


def rule(access: str, direction: str = OUT) -> list[Document]:
    """Return the rules of an NSG with one rule for everything."""
    return [security_rule("all", 100, access, direction=direction)]


def vm(address: str = "10.1.1.4", name: str = "vm", **more: Any) -> Document:  # noqa: ANN401 - fields of an interface
    """Return an interface in subnet `ase` with NSG `nsg-vm`."""
    return machine(name, "spoke", "ase", address, **{"nsg": "nsg-vm", **more})


def going_out(made: Scene, sender: str = ASE) -> tuple[Hop, ...]:
    """Return what filters a flow from addresses of `ase` to the Internet."""
    return filter_hops(made.network, flow(to(sender), to("8.8.8.8")), made.ase, inbound=False)


def coming_in(made: Scene, target: str = ASE) -> tuple[Hop, ...]:
    """Return what filters a flow from the Internet to addresses of `ase`."""
    return filter_hops(made.network, flow(to("203.0.113.7"), to(target)), made.ase, inbound=True)


def told(hops: tuple[Hop, ...]) -> list[tuple[str, Verdict]]:
    """Return place and verdict of hops."""
    return [(each.at, each.verdict) for each in hops]


# Order.


def test_interface_first_on_the_way_out_and_subnet_first_on_the_way_in() -> None:
    """Out of a machine its interface's NSG is asked first, into it that of the subnet (N1)."""
    group = security_group(
        "nsg-vm", [security_rule("o", 100, "Allow", direction=OUT), security_rule("i", 100, "Allow", direction=IN)]
    )
    made = scene(nsg=rule("Allow", IN), more=[group, vm()])

    assert [each.at for each in going_out(made, "10.1.1.4")] == ["nic-nsg", "subnet-nsg"]
    assert [each.at for each in coming_in(made, "10.1.1.4")] == ["subnet-nsg", "nic-nsg"]


@pytest.mark.parametrize(
    ("of_subnet", "of_interface", "verdicts"),
    [
        ("Allow", "Allow", {ALLOW}),
        ("Deny", "Allow", {ALLOW, BLOCK}),
        ("Allow", "Deny", {ALLOW, BLOCK}),
        ("Deny", "Deny", {BLOCK}),
    ],
)
@pytest.mark.parametrize("direction", [OUT, IN])
def test_both_levels_must_allow(of_subnet: str, of_interface: str, verdicts: set[Verdict], direction: str) -> None:
    """A deny at either level stops the flow, whatever the other says (N1)."""
    made = scene(table=False, nsg=rule(of_subnet, direction), more=[own_group(of_interface, direction), vm()])
    hops = going_out(made, "10.1.1.4") if direction == OUT else coming_in(made, "10.1.1.4")

    assert {each.verdict for each in hops} == verdicts


def test_no_group_at_a_level() -> None:
    """A level without an NSG permits everything and is no hop (N2)."""
    assert going_out(scene(more=[vm(nsg=None)])) == ()
    assert told(going_out(scene(more=[vm(), own_group("Deny")]), "10.1.1.4")) == [("nic-nsg", BLOCK)]
    assert told(going_out(scene(nsg=rule("Deny"), more=[vm(nsg=None)]))) == [("subnet-nsg", BLOCK)]


def test_flow_inside_a_subnet_is_filtered_at_both_ends() -> None:
    """NSGs are asked for traffic inside a subnet as well (N1)."""
    made = scene(table=False, more=[own_group("Deny", IN), vm("10.1.1.4")])
    found = filter_hops(made.network, flow(to("10.1.1.5"), to("10.1.1.4")), made.ase, inbound=True)

    assert told(found) == [("nic-nsg", BLOCK)]
    assert made.out(to("10.1.1.4")).verdict is BLOCK


# Parts of a subnet.


def test_group_of_one_machine_stops_a_part_of_the_subnet() -> None:
    """An NSG on one interface says nothing of the other machines: of the whole subnet a part is stopped."""
    made = scene(table=False, more=[own_group("Deny"), vm()])

    assert told(going_out(made)) == [("nic-nsg", PARTIAL)]
    assert made.out(to("8.8.8.8")).verdict is PARTIAL
    assert going_out(made, "10.1.1.5") == ()


def test_whole_destination_on_one_machine() -> None:
    """What goes to that machine alone is stopped altogether."""
    made = scene(more=[own_group("Deny", IN), vm()])

    assert told(coming_in(made)) == [("nic-nsg", PARTIAL)]
    assert told(coming_in(made, "10.1.1.4")) == [("nic-nsg", BLOCK)]


def test_group_shared_by_all_machines_asked_for() -> None:
    """One NSG on several interfaces is asked once, about all of them."""
    made = scene(more=[own_group("Deny"), vm(), vm("10.1.1.5", "vm-two")])

    assert told(going_out(made, "10.1.1.4,10.1.1.5")) == [("nic-nsg", BLOCK)]


def test_second_address_of_an_interface() -> None:
    """The NSG of an interface counts for every address it has."""
    both = vm()
    second = {"name": "two", "properties": {"privateIPAddress": "10.1.1.9", "subnet": {"id": made_id()}}}
    both["properties"]["ipConfigurations"].append(second)

    assert told(going_out(scene(more=[own_group("Deny"), both]), "10.1.1.9")) == [("nic-nsg", BLOCK)]


def made_id() -> str:
    """Return the id of subnet `ase`."""
    return f"{network_id('virtualNetworks', 'spoke')}/subnets/ase"


@pytest.mark.parametrize(("access", "verdict"), [("Deny", UNKNOWN), ("Allow", ALLOW)])
def test_interface_without_a_known_address(access: str, verdict: Verdict) -> None:
    """Where it stands is not known: it may be any address, and matters only where its NSG would stop the flow."""
    made = scene(table=False, more=[own_group(access), vm("")])

    assert told(going_out(made, "10.1.1.4")) == [("nic-nsg", verdict)]


# What was not read.


def test_group_of_an_interface_that_is_not_in_the_source() -> None:
    """An NSG that an interface names and nobody read leaves the verdict open, and is a gap."""
    made = scene(more=[vm()])
    (hop,) = going_out(made, "10.1.1.4")

    assert (hop.verdict, hop.code) == (UNKNOWN, "nsg-unreadable")
    assert "network interface vm refers to networkSecurityGroups nsg-vm" in hop.why
    assert [each.scope for each in made.network.estate.gaps] == [network_id("networkSecurityGroups", "nsg-vm").lower()]


def test_interface_that_is_not_in_the_source() -> None:
    """Azure lists an interface in the subnet that was not read: it may have an NSG of its own."""
    made = scene(ase={"ipConfigurations": [{"id": configuration_id("other")}]})
    (hop,) = going_out(made)

    assert (hop.verdict, hop.code) == (UNKNOWN, "interface-unreadable")
    assert "network interface other in subnet ase is not in the source" in hop.why


def test_interface_of_a_scale_set_that_is_not_in_the_source() -> None:
    """The same of an interface of a scale set, which has an id of its own kind."""
    group = network_id("x", "y").rpartition("/providers/")[0]
    member = f"{group}/providers/Microsoft.Compute/virtualMachineScaleSets/vmss/virtualMachines/0/networkInterfaces/nic"
    made = scene(ase={"ipConfigurations": [{"id": f"{member}/ipConfigurations/ip"}]})

    assert [each.code for each in going_out(made)] == ["interface-unreadable"]


def test_deny_at_the_subnet_needs_no_interface() -> None:
    """What the subnet's NSG stops is stopped, whatever was not read behind it."""
    made = scene(table=False, nsg=rule("Deny"), ase={"ipConfigurations": [{"id": configuration_id("other")}]})

    assert made.out(to("8.8.8.8")).verdict is BLOCK


def test_subnet_of_an_environment() -> None:
    """What Azure itself puts into the subnet of an environment brings no NSG of the user's."""
    listed = {"ipConfigurations": [{"id": configuration_id("other")}]}
    made = scene(ase=listed, more=[environment("shop", "spoke", "ase")])

    assert going_out(made) == ()


def test_interface_of_a_private_endpoint_that_is_not_in_the_source() -> None:
    """An interface of a private endpoint is Azure's own, and has no NSG."""
    endpoint = private_endpoint("pe", "spoke", "ase", "10.1.1.9")
    made = scene(ase={"ipConfigurations": [{"id": configuration_id("pe.nic")}]}, more=[endpoint])

    assert going_out(made) == ()


def test_interface_that_could_not_be_read_stands_where_azure_lists_it() -> None:
    """A refused interface is a doubt in the subnet that lists it, and in no other."""
    hidden = gap(INTERFACES, network_id("networkInterfaces", "other"))
    made = scene(
        ase={"ipConfigurations": [{"id": configuration_id("vm")}]},
        spoke_subnets=[subnet("spoke", "two", "10.1.2.0/24", attached=[configuration_id("other")])],
        more=[vm(nsg=None)],
        gaps=[hidden],
    )
    two = filter_hops(made.network, flow(to("10.1.2.4"), to("8.8.8.8")), made.subnet("two"), inbound=False)

    assert going_out(made) == ()
    assert [each.why.partition(",")[0] for each in two] == [hidden.why]


@pytest.mark.parametrize("what", [INTERFACES, "*"])
def test_interfaces_that_could_not_be_listed(what: str) -> None:
    """Where nothing tells what lives in a VNet, interfaces that were refused may live there."""
    made = scene(gaps=[gap(what, "/subscriptions/00000000-0000-0000-0000-000000000001")])

    assert "interface-unreadable" in {each.code for each in going_out(made)}


def test_interfaces_of_another_subscription() -> None:
    """An interface lives in a VNet of its own subscription."""
    made = scene(gaps=[gap(INTERFACES, "/subscriptions/00000000-0000-0000-0000-000000000002")])

    assert going_out(made) == ()


def test_interface_whose_subnet_is_not_in_the_source() -> None:
    """It concerns no subnet that is."""
    made = scene(more=[own_group("Deny"), machine("far", "elsewhere", "ase", "10.1.1.4", nsg="nsg-vm")])

    assert going_out(made) == ()


def test_order_of_documents_does_not_matter() -> None:
    """The same interfaces in any order give the same hops."""
    more = [own_group("Deny"), vm(), vm("10.1.1.5", "vm-two"), vm("", "vm-three"), vm("10.1.1.7", "b", nsg="nsg-b")]

    assert going_out(scene(more=more)) == going_out(scene(more=more[::-1]))


def test_every_interface_is_looked_at_once() -> None:
    """What stands in a subnet is found once, not anew for every flow."""
    made = scene(more=[own_group("Deny"), *(vm(f"10.1.1.{i}", f"vm-{i}") for i in range(4, 250))])

    assert made.network.members.own_groups(made.ase) is made.network.members.own_groups(made.ase)
    assert told(going_out(made)) == [("nic-nsg", PARTIAL)]
