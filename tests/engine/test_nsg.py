"""What an NSG does with a flow: N1 to N21."""

from typing import Any

import pytest

from auditor.engine.flows import Endpoint
from auditor.traces import Path, Verdict
from tests.builders import Document, network_id, peering, route, security_group, security_rule, subnet, vnet
from tests.engine.scenes import (
    ASE,
    HUB,
    SPOKE,
    Scene,
    allow_names,
    gateway,
    named,
    scene,
    tag_list,
    tagged,
    to,
)

ALLOW, BLOCK, PARTIAL, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN
PROBES = "168.63.129.16"


def _out(name: str, priority: int, access: str, **more: Any) -> Document:  # noqa: ANN401 - fields of a rule
    return security_rule(name, priority, access, direction="Outbound", **more)


def _plain(*rules: Document, **more: Any) -> Scene:  # noqa: ANN401 - changes of a scene
    """Return F0 without a route table, so that nothing clouds the tag VirtualNetwork."""
    return scene(table=False, nsg=rules, **more)


DENY_OUT = _out("deny", 4096, "Deny")


def test_first_match_decides() -> None:
    """The lower priority number decides, whatever order the rules are listed in (N4)."""
    made = _plain(_out("late-allow", 200, "Allow"), _out("early-deny", 100, "Deny", ports="443"))
    found = {port: made.filtered_out(to("8.8.8.8"), port).verdict for port in ("443", "80")}

    assert found == {"443": BLOCK, "80": ALLOW}


def test_rules_of_the_other_direction() -> None:
    """Inbound rules do not touch what goes out (N5)."""
    assert _plain(security_rule("deny", 100, "Deny")).filtered_out(to("8.8.8.8")).verdict is ALLOW


def test_no_group() -> None:
    """A subnet without an NSG lets everything through (N2)."""
    made = scene(table=False)

    assert [hop.at for hop in made.out(to("8.8.8.8")).walk.hops] == ["route-table"]


def test_unreadable_group() -> None:
    """An NSG that is not in the source leaves every verdict open (U8)."""
    made = scene(table=False, nsg=[], without=["nsg"])

    assert made.out(to("8.8.8.8")).trace.reason.code == "nsg-unreadable"


@pytest.mark.parametrize(
    ("end", "verdict"),
    [
        (to("10.1.7.7"), ALLOW),
        (to("10.0.7.7"), ALLOW),
        (to("8.8.8.8"), ALLOW),
        (named("a.com"), ALLOW),
        (to("10.9.9.9"), BLOCK),
    ],
)
def test_defaults_outbound(end: Endpoint, verdict: Verdict) -> None:
    """Without rules of its own an NSG lets out to the VNet, its peers and the Internet, and nowhere else (N7)."""
    assert _plain().filtered_out(end).verdict is verdict


@pytest.mark.parametrize(
    ("end", "verdict"), [(to("10.1.7.7"), ALLOW), (to("10.0.7.7"), ALLOW), (to(PROBES), ALLOW), (to("8.8.8.8"), BLOCK)]
)
def test_defaults_inbound(end: Endpoint, verdict: Verdict) -> None:
    """Without rules of its own an NSG lets in the VNet, its peers and probes, and nobody else (N7)."""
    assert _plain().filtered_in(end, "443").verdict is verdict


@pytest.mark.parametrize(
    ("protocol", "asked", "verdict"),
    [
        ("Tcp", "tcp", BLOCK),
        ("TCP", "tcp", BLOCK),
        ("Udp", "tcp", ALLOW),
        ("*", "icmp", BLOCK),
        ("Icmp", "icmp", BLOCK),
        ("Esp", "tcp", ALLOW),
        ("Sctp", "tcp", UNKNOWN),
    ],
)
def test_protocols(protocol: str, asked: str, verdict: Verdict) -> None:
    """A rule meets its protocol in any spelling; one that Azure may add may meet anything (N8, J2)."""
    assert (
        _plain(_out("r", 100, "Deny", protocol=protocol)).filtered_out(to("8.8.8.8"), "0-65535", asked).verdict
        is verdict
    )


def test_unknown_access() -> None:
    """A rule whose access nobody knows decides nothing for sure (J2)."""
    assert _plain(_out("r", 100, "Audit")).filtered_out(to("8.8.8.8")).verdict is UNKNOWN


def test_source_ports() -> None:
    """A rule for some source ports may meet a flow, whose sender is free to choose its own."""
    rule = _out("r", 100, "Deny")
    rule["properties"]["sourcePortRange"] = "1024-2048"

    assert _plain(rule).filtered_out(to("8.8.8.8")).verdict is UNKNOWN


def test_part_of_the_subnet() -> None:
    """A rule for a part of the subnet makes the flow of the whole partial."""
    assert _plain(_out("r", 100, "Deny", source="10.1.1.0/25")).filtered_out(to("8.8.8.8")).verdict is PARTIAL


@pytest.mark.parametrize(
    ("attached", "verdict"), [([], ALLOW), (["vm/ipConfigurations/ip"], UNKNOWN)], ids=["nobody", "somebody"]
)
def test_application_security_group(attached: list[str], verdict: Verdict) -> None:
    """Who lives in the subnet and was not read may belong to an application security group (N10)."""
    rule = _out("r", 100, "Deny")
    del rule["properties"]["sourceAddressPrefix"]
    rule["properties"]["sourceApplicationSecurityGroups"] = [{"id": "/asg"}]
    members = {"ipConfigurations": [{"id": network_id("networkInterfaces", each)} for each in attached]}

    assert scene(nsg=[rule], ase=members).filtered_out(to("8.8.8.8")).verdict is verdict


# Service tags.


def test_internet_holds_azure() -> None:
    """The tag Internet holds Azure's own public space: denying it stops Azure services (N14)."""
    made = _plain(_out("r", 100, "Deny", destination="Internet"))

    assert (made.filtered_out(tagged("Storage")).verdict, made.filtered_out(to("10.1.7.7")).verdict) == (BLOCK, ALLOW)


@pytest.mark.parametrize("tags", [[], [tag_list(Storage=["20.60.0.0/16"])]], ids=["unlisted", "listed"])
def test_allowed_service_before_denied_internet(tags: list[Document]) -> None:
    """An allow for a service's tag lets that service out of a denied Internet (N14, N16)."""
    rules = (
        _out("storage", 100, "Allow", destination="Storage"),
        _out("internet", 200, "Deny", destination="Internet"),
    )
    made = _plain(*rules, tags=tags)

    assert made.filtered_out(tagged("Storage")).verdict is ALLOW
    assert made.filtered_out(to("8.8.8.8")).verdict is (BLOCK if tags else UNKNOWN)


def test_unknown_tag_is_no_empty_tag() -> None:
    """A deny for a tag that nobody lists may meet any public address (N17)."""
    made = _plain(_out("r", 100, "Deny", destination="Brandnew"))

    assert (made.filtered_out(to("8.8.8.8")).verdict, made.filtered_out(named("a.com")).verdict) == (UNKNOWN, UNKNOWN)


def test_unknown_tag_and_ipv6() -> None:
    """Tags hold addresses of both families, so a deny for one that nobody lists may meet an IPv6 address (N17, J4)."""
    made = _plain(_out("deny", 100, "Deny", destination="Storage"), _out("allow", 200, "Allow"))

    assert made.filtered_out(to("2603:1000::1")).verdict is UNKNOWN


def test_probes() -> None:
    """AzureLoadBalancer means the probe address only, not clients (N13)."""
    made = _plain(security_rule("lb", 100, "Allow", source="AzureLoadBalancer"), security_rule("deny", 200, "Deny"))

    assert (made.filtered_in(to(PROBES), "16001").verdict, made.filtered_in(to("8.8.8.8"), "16001").verdict) == (
        ALLOW,
        BLOCK,
    )


def test_virtual_network_holds_default_routes_perhaps() -> None:
    """With a user-defined 0/0, VirtualNetwork may hold every address: an inbound deny by default is open (N11a)."""
    made = scene(nsg=[])

    assert made.filtered_in(to("8.8.8.8"), "443").verdict is UNKNOWN
    assert made.filtered_out(to("8.8.8.8")).verdict is ALLOW


def test_denied_virtual_network_with_default_route() -> None:
    """With a user-defined 0/0, a deny for VirtualNetwork may stop everything (N11a)."""
    made = scene(nsg=[_out("r", 100, "Deny", destination="VirtualNetwork")])

    assert made.filtered_out(to("8.8.8.8")).verdict is UNKNOWN


def test_virtual_network_and_on_premises() -> None:
    """With a gateway, what on-premises prefixes VirtualNetwork holds is not known (N11b)."""
    assert _plain(more=[gateway("Vpn", "spoke")]).filtered_out(to("10.9.9.9")).verdict is UNKNOWN


@pytest.mark.parametrize("flag", [{"allowVirtualNetworkAccess": False}, {"peeringState": None}])
def test_virtual_network_and_doubtful_peers(flag: dict[str, object]) -> None:
    """Whether a peer without access, or of unknown state, is part of VirtualNetwork is not known (H5, N11)."""
    made = _plain(spoke_peerings=[peering("spoke", "hub", HUB, **flag)])

    assert made.filtered_out(to("10.0.7.7")).verdict is UNKNOWN


def test_routes_in_virtual_network() -> None:
    """Prefixes of user-defined routes may be part of VirtualNetwork (N11)."""
    made = scene(default=None, routes=[route("r", "10.9.0.0/16", "Internet")], nsg=[])

    assert made.filtered_out(to("10.9.9.9")).verdict is UNKNOWN


# The platform (N12).


@pytest.mark.parametrize("address", ["168.63.129.16", "169.254.169.254"])
def test_platform_passes_a_deny_of_everything(address: str) -> None:
    """DNS and instance metadata of the platform pass an NSG that does not name them (N12)."""
    assert _plain(DENY_OUT).filtered_out(to(address), "53", "udp").verdict is ALLOW


def test_platform_dns_can_be_denied_by_name() -> None:
    """A rule that names the platform's DNS by its tag stops it (N12)."""
    made = _plain(_out("dns", 100, "Deny", destination="AzurePlatformDNS"))

    assert made.filtered_out(to("168.63.129.16"), "53", "udp").verdict is BLOCK


def test_other_platform_tags_leave_dns_alone() -> None:
    """A rule that names the platform's metadata or licensing does not stop its DNS (N12)."""
    made = _plain(_out("imds", 100, "Deny", destination="AzurePlatformIMDS"))

    assert made.filtered_out(to("168.63.129.16"), "53", "udp").verdict is ALLOW


# Where NSGs stand (N1, N19).


def test_nsg_inside_the_subnet() -> None:
    """Traffic inside a subnet meets its NSG on both ways (N1)."""
    made = scene(nsg=[security_rule("deny", 100, "Deny", source=ASE)])

    assert made.out(to("10.1.1.9")).verdict is BLOCK


def test_nsg_of_the_destination() -> None:
    """Traffic to another subnet meets that subnet's NSG, in part where it has several (N1)."""
    other = subnet("spoke", "other", "10.1.2.0/24", nsg="nsg")
    made = scene(spoke_subnets=[other], nsg=[security_rule("deny", 100, "Deny", ports="22")])

    assert made.out(to("10.1.2.9"), "22").verdict is BLOCK
    assert made.out(to("10.1.2.9"), "443").verdict is ALLOW
    assert SPOKE == "10.1.0.0/16"


def test_nsg_on_the_firewall_subnet() -> None:
    """An NSG on AzureFirewallSubnet decides nothing, not even one that denies everything (N19)."""
    wall_place = subnet("hub", "AzureFirewallSubnet", "10.0.0.0/26", nsg="nsg-wall")
    hub = vnet("hub", HUB, [wall_place], [peering("hub", "spoke", SPOKE)])
    rules = [security_rule("in", 100, "Deny"), _out("out", 100, "Deny")]
    made = scene(
        application_rules=[allow_names("a.com")],
        without=["hub"],
        more=[{**hub, "name": "hub-with-nsg"}, security_group("nsg-wall", rules)],
    )
    found = made.out(named("a.com"))

    assert (found.verdict, found.walk.path) == (ALLOW, Path.FIREWALL)


# Replies, spellings, names of one's own.


def test_replies_are_not_filtered() -> None:
    """A group remembers who asked: what it lets in may be answered, whatever it denies on the way out (N5)."""
    made = _plain(security_rule("in", 100, "Allow", ports="443"), DENY_OUT)

    assert made.inward(to("203.0.113.7"), "443").verdict is ALLOW
    assert made.out(to("203.0.113.7")).verdict is BLOCK


def test_answers_are_not_filtered() -> None:
    """What a group lets out may be answered, whatever it denies on the way in (N5)."""
    assert _plain(security_rule("in", 100, "Deny")).out(to("203.0.113.7")).verdict is ALLOW


@pytest.mark.parametrize("written", ["Storage.WestUS", "storage.westus", "Storage.West US"])
def test_regional_tags_in_any_spelling(written: str) -> None:
    """Tags compare without case and blanks (N17)."""
    made = _plain(_out("r", 100, "Deny", destination=written), tags=[tag_list(Storage__WestUS=["20.60.0.0/16"])])

    assert (made.filtered_out(to("20.60.1.1")).verdict, made.filtered_out(to("8.8.8.8")).verdict) == (BLOCK, ALLOW)


def test_resolvers_of_ones_own_are_filtered() -> None:
    """V40: only the platform's own DNS passes a deny of everything; a resolver at another address does not (N12)."""
    made = scene(spoke_dns=["10.0.9.9"], nsg=[DENY_OUT])

    assert made.filtered_out(to("10.0.9.9"), "53", "udp").decided_by == "nsg/deny"
    assert made.filtered_out(to("10.0.9.9"), "53", "udp").verdict is BLOCK
