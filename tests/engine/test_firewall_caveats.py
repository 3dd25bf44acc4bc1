"""What may change a flow beside the rules of a firewall: caveats, and states in which nothing is certain."""

from typing import Any

import pytest

from auditor.traces import Verdict
from tests.builders import (
    Document,
    application_rule,
    collection,
    firewall,
    group,
    network_id,
    network_rule,
    policy,
    route,
    route_table,
    subnet,
)
from tests.engine.scenes import FIREWALL, Scene, allow_names, named, scene, to

ALLOW, UNKNOWN = Verdict.ALLOW, Verdict.UNKNOWN
NAME = "a.contoso.com"


def _under(own: Document, *, network: bool = False, rule: Document | None = None, **more: Any) -> Scene:  # noqa: ANN401 - changes of a scene
    """Return F0 with a policy of these fields that allows names, or everything by a network rule."""
    allow = network_rule("all", ["*"], ["*"]) if network else rule or application_rule("names", [NAME])
    documents = [
        policy("fwp", ["g"], **own),
        group("fwp", "g", 100, [collection("c", 100, "Allow", [allow])]),
    ]
    return scene(wall=firewall("fw", "hub", FIREWALL, policy="fwp"), more=documents, **more)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"threatIntelMode": "Deny"}, "F49"),
        ({"intrusionDetection": {"mode": "Deny"}}, "F50"),
        ({"explicitProxy": {"enableExplicitProxy": True, "httpPort": 8085}}, "F54"),
        ({"snat": {"autoLearnPrivateRanges": "Enabled"}}, "F45"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_a_policy_may_change(fields: Document, rule: str) -> None:
    """What cannot be read of a policy's features is a caveat on what its rules let through."""
    found = _under(fields).out(named(NAME))

    assert (found.verdict, [rule in each for each in found.trace.caveats]) == (ALLOW, [True])
    assert _under({}).out(named(NAME)).trace.caveats == ()


@pytest.mark.parametrize(("tier", "caveats"), [("Basic", 0), ("Standard", 1)])
def test_threat_intelligence_of_the_tier_basic_only_alerts(tier: str, caveats: int) -> None:
    """The tier Basic drops nothing for threat intelligence, whatever mode is set (F48)."""
    found = _under({"threatIntelMode": "Deny", "sku": {"tier": tier}}).out(named(NAME))

    assert (found.verdict, len(found.trace.caveats)) == (ALLOW, caveats)


def test_intrusion_detection_that_only_alerts() -> None:
    """Intrusion detection that drops nothing is no caveat (F50)."""
    assert _under({"intrusionDetection": {"mode": "Alert"}}).out(named(NAME)).trace.caveats == ()


def test_learned_private_ranges_decide_between_networks() -> None:
    """Whether a firewall translates towards ranges it may have learned is not known (F45)."""
    learned = {"snat": {"privateRanges": ["192.168.0.0/16"], "autoLearnPrivateRanges": "Enabled"}}
    fixed = {"snat": {"privateRanges": ["192.168.0.0/16"]}}
    verdicts = []
    for own in (learned, fixed):
        made = _under(own, network=True, hub_subnets=[subnet("hub", "app", "10.0.3.0/24")])
        verdicts.append(made.out(to("10.0.3.4"), sender=made.ase).walk.snat)

    assert verdicts == [False, False]  # straight by the peering
    through = [route("hub", "10.0.3.0/24", "VirtualAppliance", FIREWALL)]
    for own, snat in ((learned, None), (fixed, True)):
        made = _under(own, network=True, routes=through, hub_subnets=[subnet("hub", "app", "10.0.3.0/24")])
        assert made.out(to("10.0.3.4")).walk.snat is snat


def test_a_rule_that_inspects_tls() -> None:
    """A rule that ends TLS lets a flow through that bears another certificate (F32)."""
    rule = application_rule("names", [NAME], terminateTLS=True)
    authority = {"transportSecurity": {"certificateAuthority": {"name": "ca", "keyVaultSecretId": "https://kv/ca"}}}

    found = _under(authority | {"sku": {"tier": "Premium"}}, rule=rule).out(named(NAME))

    assert (found.verdict, "inspects TLS" in found.trace.caveats[0]) == (ALLOW, True)


@pytest.mark.parametrize(
    ("target", "caveats"), [("*contoso.com", 1), ("*.contoso.com", 0), ("a.contoso.com", 0), ("*", 0)]
)
def test_a_star_without_a_dot_admits_look_alikes(target: str, caveats: int) -> None:
    """A flow that only such a target lets out bears the caveat; one that a narrower target lets out does not (F29)."""
    alone = scene(application_rules=[allow_names(target)]).out(named(NAME))
    beside = scene(application_rules=[allow_names(target, NAME)]).out(named(NAME))

    assert [len([each for each in made.trace.caveats if "F29" in each]) for made in (alone, beside)] == [caveats, 0]
    assert alone.verdict is ALLOW


def test_a_nat_gateway_on_the_firewall_subnet() -> None:
    """The far end sees the addresses of the NAT gateway (F56)."""
    nat = {"natGateway": {"id": network_id("natGateways", "nat")}}
    found = scene(application_rules=[allow_names(NAME)], wall_subnet_fields=nat).out(named(NAME))

    assert (found.verdict, ["F56" in each for each in found.trace.caveats]) == (ALLOW, [True])


@pytest.mark.parametrize(("hop", "caveats"), [("Internet", 0), ("VirtualNetworkGateway", 1)])
def test_the_management_of_a_firewall_needs_the_internet(hop: str, caveats: int) -> None:
    """A default route elsewhere on the management subnet puts the firewall itself at risk (F41)."""
    place = subnet("hub", "AzureFirewallManagementSubnet", "10.0.1.0/26", table="rt-management")
    configuration = {"name": "m", "properties": {"subnet": {"id": place["id"]}}}
    wall = firewall(
        "fw",
        "hub",
        FIREWALL,
        collections={"applicationRuleCollections": [allow_names(NAME)]},
        managementIpConfiguration=configuration,
    )
    made = scene(
        wall=wall, hub_subnets=[place], more=[route_table("rt-management", [route("default", "0.0.0.0/0", hop)])]
    )

    found = made.out(named(NAME))

    assert (found.verdict, len([each for each in found.trace.caveats if "F41" in each])) == (ALLOW, caveats)


@pytest.mark.parametrize("kind", ["firewallPolicies", "ruleCollectionGroups", "azureFirewalls"])
@pytest.mark.parametrize(("state", "verdict"), [("Failed", UNKNOWN), ("Updating", ALLOW), ("Succeeded", ALLOW)])
def test_states_of_what_holds_rules(kind: str, state: str, verdict: Verdict) -> None:
    """Rules of something that failed may differ between instances; those being updated take minutes (F15, J5)."""
    documents = [
        policy("fwp", ["g"]),
        group("fwp", "g", 100, [collection("c", 100, "Allow", [application_rule("names", [NAME])])]),
    ]
    wall = firewall("fw", "hub", FIREWALL, policy="fwp")
    for each in (wall, *documents):
        if each["type"].endswith(kind):
            each["properties"]["provisioningState"] = state

    found = scene(wall=wall, more=documents).out(named(NAME))

    assert found.verdict is verdict
    assert [each.rpartition(" ")[2] for each in found.trace.caveats] == ["[F15]"] * (state == "Updating")
