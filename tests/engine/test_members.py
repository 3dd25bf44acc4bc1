"""Who is in an application security group, as far as it was read (N10), and what that does to rules that name one."""

from collections.abc import Iterable

import pytest

from auditor.engine.members import Members
from auditor.estate.addresses import EVERYTHING, NOTHING, AddressSet
from auditor.traces import Verdict
from tests.attached import configuration_id, machine, private_endpoint
from tests.builders import Document, environment, network_id, security_rule, subnet, vnet
from tests.engine.scenes import ASE, SPOKE, Scene, addresses, gap, scene, to
from tests.estate.documents import estate_of

ALLOW, BLOCK, PARTIAL, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN
GROUP = network_id("applicationSecurityGroups", "web").lower()
HOME = network_id("virtualNetworks", "spoke").lower()
UNREAD = {"ipConfigurations": [{"id": configuration_id("other")}]}


def rule(access: str, direction: str, side: str, priority: int = 100) -> Document:
    """Return a rule one side of which is the application security group `web`."""
    made = security_rule("web", priority, access, direction=direction)
    made["properties"][f"{side}AddressPrefix"] = ""
    made["properties"][f"{side}ApplicationSecurityGroups"] = [{"id": network_id("applicationSecurityGroups", "web")}]
    return made


def member(address: str = "10.1.1.4", place: str = "ase", name: str = "vm") -> Document:
    """Return an interface that is a member of `web`."""
    return machine(name, "spoke", place, address, groups=["web"])


def held(made: Scene) -> tuple[AddressSet, AddressSet]:
    """Return what `web` certainly and possibly holds."""
    return made.network.members.of_group(GROUP, HOME)


# Membership.


def test_members_that_are_known() -> None:
    """A group holds the addresses of its members in any subnet of their VNet, and nothing else."""
    two = subnet("spoke", "two", "10.1.2.0/24")
    made = scene(
        spoke_subnets=[two], more=[member(), member("10.1.2.5", "two", "b"), machine("c", "spoke", "ase", "10.1.1.9")]
    )

    assert held(made) == (addresses("10.1.1.4,10.1.2.5"), NOTHING)


def test_group_without_members() -> None:
    """A group nobody belongs to holds nothing where everything was read."""
    assert held(scene(more=[machine("c", "spoke", "ase", "10.1.1.9")])) == (NOTHING, NOTHING)


def test_interface_that_was_not_read_may_be_a_member() -> None:
    """Whoever was not read stands somewhere in the subnet that lists it."""
    assert held(scene(ase=UNREAD, more=[member()])) == (
        addresses("10.1.1.4"),
        addresses(ASE) - addresses("10.1.1.4"),
    )


def test_member_without_a_known_address() -> None:
    """It may be any address of its subnet."""
    assert held(scene(more=[member("")])) == (NOTHING, addresses(ASE))


def test_member_in_a_subnet_that_was_not_read() -> None:
    """Without address and subnet it may be anywhere."""
    assert held(scene(more=[member("", "gone")])) == (NOTHING, EVERYTHING)


def test_files_without_any_interface() -> None:
    """Files that hold no interface at all say nothing of who is a member."""
    estate = estate_of(vnet("spoke", SPOKE, [subnet("spoke", "ase", ASE)]))

    assert Members(estate).of_group(GROUP, HOME) == (NOTHING, addresses(SPOKE))


def test_vnet_that_was_not_read() -> None:
    """Of a VNet nobody read anything may be a member."""
    assert Members(estate_of()).of_group(GROUP, HOME) == (NOTHING, EVERYTHING)


def test_vnet_that_does_not_list_its_subnets() -> None:
    """The same of a VNet without its subnets."""
    bare = vnet("spoke", SPOKE)
    del bare["properties"]["subnets"]

    assert Members(estate_of(bare)).of_group(GROUP, HOME) == (NOTHING, EVERYTHING)


def test_members_in_another_vnet() -> None:
    """All members are in one VNet: what was not read elsewhere is none of them."""
    far = machine("far", "hub", "two", "10.0.2.4", groups=["web"])
    made = scene(ase=UNREAD, hub_subnets=[subnet("hub", "two", "10.0.2.0/24")], more=[far])

    assert held(made) == (addresses("10.0.2.4"), NOTHING)


def test_subnet_of_an_environment() -> None:
    """What Azure itself runs in a subnet is in no group of the user's."""
    assert held(scene(ase=UNREAD, more=[environment("shop", "spoke", "ase")])) == (NOTHING, NOTHING)
    alone = estate_of(vnet("spoke", SPOKE, [subnet("spoke", "ase", ASE)]), environment("shop", "spoke", "ase"))
    assert Members(alone).of_group(GROUP, HOME) == (NOTHING, addresses(SPOKE) - addresses(ASE))


def test_private_endpoint_in_a_group() -> None:
    """A private endpoint is a member by its own document, with or without its interface."""
    endpoint = private_endpoint("pe", "spoke", "ase", "10.1.1.9")
    endpoint["properties"]["applicationSecurityGroups"] = [{"id": GROUP}]

    assert held(scene(more=[endpoint])) == (addresses("10.1.1.9"), NOTHING)


def test_interface_in_a_group_in_any_spelling() -> None:
    """Ids compare without regard to case."""
    shouting = member()
    (configuration,) = shouting["properties"]["ipConfigurations"]
    configuration["properties"]["applicationSecurityGroups"] = [{"id": f"{GROUP.upper()}/"}]

    assert held(scene(more=[shouting])) == (addresses("10.1.1.4"), NOTHING)


def test_damaged_interface() -> None:
    """An interface that cannot be read is a doubt where Azure lists it, and its VNet's where nothing is listed."""
    damaged = member("10.1.1.0/24")

    assert held(scene(ase={"ipConfigurations": [{"id": configuration_id("vm")}]}, more=[damaged]))[1] == addresses(ASE)
    assert held(scene(more=[damaged])) == (NOTHING, addresses(ASE))


# Rules that name a group.


@pytest.mark.parametrize(
    ("members", "unread", "denies", "allows"),
    [
        ([], {}, ALLOW, BLOCK),
        ([member()], {}, PARTIAL, PARTIAL),
        ([member()], UNREAD, PARTIAL, UNKNOWN),
        ([], UNREAD, UNKNOWN, UNKNOWN),
    ],
    ids=["nobody", "one", "one-and-somebody", "somebody"],
)
def test_senders_in_a_group(members: Iterable[Document], unread: Document, denies: Verdict, allows: Verdict) -> None:
    """A rule for a group as sender decides for its members, and may for those who may be (N10)."""
    deny_rest = security_rule("rest", 200, "Deny", direction="Outbound")

    made = scene(table=False, nsg=[rule("Deny", "Outbound", "source")], ase=unread, more=members)
    assert made.filtered_out(to("8.8.8.8")).verdict is denies

    made = scene(table=False, nsg=[rule("Allow", "Outbound", "source"), deny_rest], ase=unread, more=members)
    assert made.filtered_out(to("8.8.8.8")).verdict is allows


@pytest.mark.parametrize(
    ("end", "denies", "allows"),
    [("10.1.1.4", BLOCK, ALLOW), ("10.1.1.5", UNKNOWN, UNKNOWN), ("10.1.2.5", ALLOW, BLOCK), ("8.8.8.8", ALLOW, BLOCK)],
)
def test_receivers_in_a_group(end: str, denies: Verdict, allows: Verdict) -> None:
    """A rule for a group as receiver: a member, somebody who may be one, and two who certainly are not."""
    deny_rest = security_rule("rest", 200, "Deny", direction="Outbound")
    two = subnet("spoke", "two", "10.1.2.0/24")

    def asked(*rules: Document) -> Verdict:
        made = scene(table=False, nsg=rules, ase=UNREAD, spoke_subnets=[two], more=[member()])
        return made.filtered_out(to(end)).verdict

    assert asked(rule("Deny", "Outbound", "destination")) is denies
    assert asked(rule("Allow", "Outbound", "destination"), deny_rest) is allows


@pytest.mark.parametrize(
    ("side", "sender", "verdict"),
    [("source", "10.1.1.4", BLOCK), ("source", "8.8.8.8", ALLOW), ("destination", "8.8.8.8", PARTIAL)],
)
def test_groups_on_the_way_in(side: str, sender: str, verdict: Verdict) -> None:
    """Inbound rules read groups the same way."""
    allow_rest = security_rule("rest", 200, "Allow")
    made = scene(table=False, nsg=[rule("Deny", "Inbound", side), allow_rest], more=[member()])

    assert made.filtered_in(to(sender), "443").verdict is verdict


def test_group_and_addresses_do_not_add_up() -> None:
    """The empty address field beside a group means nothing, not any address (N9)."""
    made = scene(table=False, nsg=[rule("Deny", "Outbound", "source")], more=[machine("c", "spoke", "ase", "10.1.1.9")])

    assert made.filtered_out(to("8.8.8.8")).verdict is ALLOW


def test_order_of_documents_does_not_matter() -> None:
    """The same members in any order make the same group."""
    more = [member(), member("10.1.1.7", name="b"), member("", name="c"), member("10.0.0.9", "gone", "d")]

    assert held(scene(more=more)) == held(scene(more=more[::-1]))


def test_gap_of_another_vnet_is_no_doubt_here() -> None:
    """A refused interface that another subnet lists is no possible member in this VNet's other subnets."""
    there = subnet("spoke", "two", "10.1.2.0/24", attached=[configuration_id("other")])
    hidden = gap("Microsoft.Network/networkInterfaces", network_id("networkInterfaces", "other"))
    made = scene(spoke_subnets=[there], gaps=[hidden], more=[member()])

    assert held(made) == (addresses("10.1.1.4"), addresses("10.1.2.0/24"))


def test_groups_are_counted_once() -> None:
    """A group is worked out once, however many rules name it."""
    made = scene(more=[member()])

    assert held(made) is held(made)
