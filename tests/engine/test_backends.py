"""Who answers behind the frontend of an internal load balancer (N18), and clients in the other spokes of a hub."""

from typing import Any

import pytest

from auditor.engine.tracing import trace_flow
from auditor.settings import Settings
from auditor.traces import Verdict
from tests.attached import load_balancer, machine
from tests.builders import Document, firewall, peering, route, route_table, security_group, security_rule, subnet, vnet
from tests.engine.scenes import FIREWALL, HUB, SPOKE, TO_FIREWALL, Scene, allow_network, scene, to

ALLOW, BLOCK, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.UNKNOWN
FRONTEND, FAR = "10.1.2.5", "10.2.0.0/16"


def _balanced(*rules: Document, members: tuple[str, ...] = ("vm",), port: int = 443, **more: Any) -> Scene:  # noqa: ANN401 - of a balancer
    """Return F0 with a frontend in subnet `front` and its member, on port 8443, in subnet `back` under an NSG."""
    places = [subnet("spoke", "front", "10.1.2.0/24"), subnet("spoke", "back", "10.1.3.0/24", nsg="nsg-back")]
    balancer = load_balancer(
        "lb", members, address=FRONTEND, vnet="spoke", subnet="front", port=port, backend_port=8443, **more
    )
    documents = [balancer, machine("vm", "spoke", "back", "10.1.3.10"), security_group("nsg-back", rules)]
    return scene(spoke_subnets=places, more=documents)


@pytest.mark.parametrize(("port", "verdict"), [("8443", ALLOW), ("443", BLOCK)])
def test_groups_see_the_port_of_the_member(port: str, verdict: Verdict) -> None:
    """Rules meet the member's address and port, not those of the frontend."""
    rules = [security_rule("admit", 100, "Allow", ports=port), security_rule("deny", 200, "Deny")]

    assert _balanced(*rules).out(to(FRONTEND)).verdict is verdict


def test_a_port_without_a_rule() -> None:
    """A load balancer drops what none of its rules is for."""
    found = _balanced(port=80).out(to(FRONTEND))

    assert (found.verdict, found.trace.reason.code) == (BLOCK, "load-balancer-no-rule")


def test_members_that_were_not_read() -> None:
    """Who answers decides, and is unknown where it was not read."""
    assert _balanced(members=("other",)).out(to(FRONTEND)).verdict is UNKNOWN


def test_a_machine_beside_the_frontend() -> None:
    """Other addresses of the frontend's subnet are reached as ever."""
    assert _balanced().out(to("10.1.2.9")).verdict is ALLOW


def _two_spokes(far_hub: str = FIREWALL) -> Scene:
    """Return F0 with a second spoke, both behind the firewall; far_hub: which firewall the second one replies by."""
    far = vnet("far", FAR, [subnet("far", "app", "10.2.1.0/24", table="rt-far")], [peering("far", "hub", HUB)])
    second = firewall("fw2", "hub", "10.0.5.4", collections={"networkRuleCollections": [allow_network()]})
    second["properties"]["ipConfigurations"][0]["properties"]["subnet"]["id"] = subnet("hub", "second", "-")["id"]
    return scene(
        hub_peerings=[peering("hub", "spoke", SPOKE), peering("hub", "far", FAR)],
        hub_subnets=[subnet("hub", "second", "10.0.5.0/26")],
        network_rules=[allow_network()],
        more=[far, second, route_table("rt-far", [route("default", "0.0.0.0/0", TO_FIREWALL, far_hub)])],
    )


@pytest.mark.parametrize(("reply", "verdict"), [(FIREWALL, ALLOW), ("10.0.5.4", BLOCK)])
def test_a_reply_by_another_firewall(reply: str, verdict: Verdict) -> None:
    """There through one firewall and back through another is no way: the second never saw the request (A1, A8)."""
    assert _two_spokes(reply).out(to("10.2.1.4")).verdict is verdict


def test_a_client_in_the_other_spoke_of_the_hub() -> None:
    """A client by its address is followed as from its subnet: through the firewall of both spokes."""
    made = _two_spokes()
    by_address, by_subnet = (
        trace_flow(made.network, (), Settings(), client, "spoke/ase:443") for client in ("10.2.1.4", "far/app")
    )

    assert (by_address.verdict, by_address.path) == (by_subnet.verdict, by_subnet.path)
    assert by_address.verdict is ALLOW
