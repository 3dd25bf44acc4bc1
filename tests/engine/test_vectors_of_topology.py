"""The test vectors on what is attached to subnets: private endpoints, public addresses, admin rules, DNAT.

Each test carries the number of its vector. F0 is `scene()`; a vector states only how it differs from it.
"""

from typing import Any

from auditor.traces import Path, Verdict
from tests.attached import (
    admin_rule,
    application_gateway,
    applied,
    classic_nat,
    load_balancer,
    machine,
    nat_rule,
    private_endpoint,
    public_address,
)
from tests.builders import Document, firewall, route, security_rule, subnet
from tests.engine.scenes import FIREWALL, SPOKE, TO_FIREWALL, Scene, scene, to

ALLOW, BLOCK, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.UNKNOWN
DENY_ALL_OUT = security_rule("deny-all", 4096, "Deny", direction="Outbound")
ENDPOINT = private_endpoint("pe", "spoke", "shared", "10.1.2.4")


def test_v24_private_endpoint() -> None:
    """V24: a default route never takes what goes to a private endpoint (R40)."""
    made = scene(spoke_subnets=[subnet("spoke", "shared", "10.1.2.0/24")], more=[ENDPOINT])

    found = made.out(to("10.1.2.4"))

    assert (found.verdict, found.trace.path) == (ALLOW, Path.PRIVATE_ENDPOINT)
    assert found.trace.hops[0].spec == "R40"


def test_v25_private_endpoint_under_routes() -> None:
    """V25: where the endpoint's subnet says so, a route as narrow as the VNet's range takes it (R41)."""
    shared = subnet("spoke", "shared", "10.1.2.0/24")
    shared["properties"]["privateEndpointNetworkPolicies"] = "RouteTableEnabled"
    made = scene(spoke_subnets=[shared], routes=[route("own", SPOKE, TO_FIREWALL, FIREWALL)], more=[ENDPOINT])

    assert made.next_hops("10.1.2.4") == (f"virtualappliance {FIREWALL}",)


def test_v40_dns_of_the_users_own() -> None:
    """V40: only the platform's own address is beyond NSGs, not a DNS server that the VNet names (N12)."""
    made = scene(nsg=[DENY_ALL_OUT], spoke_dns=["10.0.9.9"])

    hop = made.filtered_out(to("10.0.9.9"), "53", "udp")

    assert (hop.verdict, hop.decided_by) == (BLOCK, "nsg/deny-all")


def test_v42_standard_public_address() -> None:
    """V42: without an NSG a Standard public address lets nothing in (N3)."""
    machine_ = machine("vm", "spoke", "ase", "10.1.1.4", public="pip")
    made = scene(table=False, more=[machine_, public_address("pip", "20.7.7.7")])

    found = made.inward(to("203.0.113.7"), "443")

    assert (found.verdict, found.trace.reason.code) == (BLOCK, "public-address-closed")


def test_v43_security_admin_rule() -> None:
    """V43: a security admin rule denies before any NSG is asked (N15)."""
    allow = security_rule("allow", 100, "Allow", direction="Outbound")
    made = scene(table=False, nsg=[allow], more=[applied("spoke"), admin_rule("no-web", 10, "Deny", ports=["443"])])

    found = made.out(to("8.8.8.8"))

    assert (found.verdict, found.trace.reason.code, found.trace.hops[0].spec) == (BLOCK, "admin-deny", "N15")
    assert made.out(to("8.8.8.8"), "80").verdict is ALLOW


def _publishing(to_address: str, *routes: Document, nsg: list[Document] | None = None, **more: Any) -> Scene:  # noqa: ANN401 - fields of ARM
    """Return F0 with a DNAT rule on 20.9.9.9:443 and a machine at 10.1.1.4 in `ase`."""
    collections = {"natRuleCollections": [classic_nat("in", 100, [nat_rule("web", to_address)])]}
    balancer = load_balancer("lb", ["vm"], **more)
    public = [public_address("pip-fw", "20.9.9.9"), public_address("pip-lb", "20.8.8.8")]
    wall = firewall("fw", "hub", FIREWALL, collections=collections)
    return scene(routes=routes, nsg=nsg, wall=wall, more=[balancer, machine("vm", "spoke", "ase", "10.1.1.4"), *public])


def test_v108_dnat_changes_the_sender() -> None:
    """V108: behind DNAT the target sees an address of the firewall, not the client (F46)."""
    only_clients = [
        security_rule("clients", 100, "Allow", source="203.0.113.0/24", ports="443", protocol="Tcp"),
        security_rule("deny-all", 4096, "Deny"),
    ]
    inside: dict[str, Any] = {"address": "10.1.1.10", "vnet": "spoke", "subnet": "ase"}

    found = _publishing("10.1.1.10", nsg=only_clients, **inside).published("20.9.9.9")

    assert (found.verdict, found.trace.reason.code) == (BLOCK, "nsg-deny")
    assert _publishing("10.1.1.10", **inside).published("20.9.9.9").verdict is ALLOW


def test_v110_dnat_to_a_public_load_balancer() -> None:
    """V110: the reply of a public load balancer's members goes astray without a route back to the firewall (A4)."""
    lost = _publishing("20.8.8.8", nsg=[security_rule("web", 100, "Allow")], public="pip-lb").published("20.9.9.9")
    back = route("firewall", "20.9.9.9/32", "Internet")
    found = _publishing("20.8.8.8", back, nsg=[security_rule("web", 100, "Allow")], public="pip-lb")

    assert (lost.verdict, lost.trace.reason.code, lost.reply.hops[-1].spec) == (BLOCK, "reply-asymmetric", "A4")
    assert found.published("20.9.9.9").verdict is ALLOW


def test_v114_application_gateway_behind_a_firewall() -> None:
    """V114: an application gateway of version 2 does not work behind a default route to a firewall (A10)."""
    gateway = subnet("spoke", "gateway", "10.1.5.0/24", table="rt")
    for version, verdict in (("Standard_v2", BLOCK), ("WAF", ALLOW)):
        made = scene(spoke_subnets=[gateway], more=[application_gateway("agw", "spoke", "gateway", version)])

        found = made.out(to("10.1.1.4"), sender=made.subnet("gateway"))

        assert (found.verdict, found.trace.hops[0].spec == "A10") == (verdict, verdict is BLOCK)


def test_v114_backends_through_the_firewall() -> None:
    """V114: with the Internet as default, single backends may lie behind the firewall."""
    gateway = subnet("spoke", "gateway", "10.1.5.0/24", table="rt")
    back = [route("hub", "10.0.0.0/16", TO_FIREWALL, FIREWALL)]
    made = scene(
        default=route("default", "0.0.0.0/0", "Internet"),
        routes=back,
        spoke_subnets=[gateway],
        more=[application_gateway("agw", "spoke", "gateway")],
    )

    assert made.out(to("10.1.1.4"), sender=made.subnet("gateway")).verdict is ALLOW
