"""The test vectors on what is attached to subnets: private endpoints, public addresses, admin rules, DNAT.

Each test carries the number of its vector. F0 is `scene()`; a vector states only how it differs from it.
"""

from auditor.traces import Path, Verdict
from tests.attached import admin_rule, applied, machine, private_endpoint, public_address
from tests.builders import route, security_rule, subnet
from tests.engine.scenes import FIREWALL, SPOKE, TO_FIREWALL, scene, to

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
