"""Security admin rules of Azure Virtual Network Manager come before every NSG (N15)."""

from collections.abc import Iterable
from typing import Any

import pytest

from auditor.engine.filters import filter_hops
from auditor.engine.flows import Endpoint
from auditor.engine.network import Network
from auditor.estate.estate import build_estate
from auditor.estate.snapshot import Snapshot
from auditor.estate.tags import Tags
from auditor.findings import Gap, Outcome, Source
from auditor.packs import Kind
from auditor.traces import Hop, Verdict
from tests.attached import CONFIGURATION, MANAGER, admin_rule, applied, machine
from tests.audits import NEWEST, audit_documents, of_kind, outcomes, with_outcome
from tests.builders import Document, network_id, security_group, security_rule, subnet, vnet
from tests.collectors.saved import read
from tests.engine.scenes import ASE, SPOKE, Scene, flow, gap, named, scene, tag_list, to
from tests.estates import Draft

ALLOW, BLOCK, PARTIAL, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN
OUT, IN = "Outbound", "Inbound"
APPLIED = applied("spoke")
RULES = "Microsoft.Network/networkManagers/securityAdminConfigurations/ruleCollections/rules/snapshots"
SECOND = f"{MANAGER}-two/securityAdminConfigurations/base"
ELSEWHERE = f"{CONFIGURATION}/ruleCollections/other/rules/rule/snapshots/1"


def nsg(access: str, direction: str = OUT, **more: Any) -> list[Document]:  # noqa: ANN401 - fields of a rule
    """Return the rules of an NSG with one rule of its own."""
    return [security_rule("own", 100, access, direction=direction, **more)]


def place(*rules: Document, **changes: Any) -> Scene:  # noqa: ANN401 - changes of a scene
    """Return F0 without a route table, under security admin rules."""
    return scene(table=False, more=[APPLIED, *rules], **changes)


def out(made: Scene, end: Endpoint | None = None, port: str = "443", sender: str = ASE) -> tuple[Hop, ...]:
    """Return what filters a flow out of `ase`."""
    return filter_hops(made.network, flow(to(sender), end or to("8.8.8.8"), port), made.ase, inbound=False)


def into(made: Scene, client: str = "203.0.113.7", target: str = ASE, port: str = "443") -> tuple[Hop, ...]:
    """Return what filters a flow into `ase`."""
    return filter_hops(made.network, flow(to(client), to(target), port), made.ase, inbound=True)


def told(hops: Iterable[Hop]) -> list[tuple[str, Verdict]]:
    """Return place and verdict of hops."""
    return [(each.at, each.verdict) for each in hops]


def check_admin(hops: tuple[Hop, ...], verdict: Verdict, code: str) -> None:
    """Fail unless the first hop is that of the admin rules, with this verdict and code."""
    assert (hops[0].at, hops[0].verdict, hops[0].code) == ("admin-rules", verdict, code)


# Actions.


@pytest.mark.parametrize(
    ("access", "of_group", "verdicts"),
    [
        ("Deny", "Allow", [("admin-rules", BLOCK), ("subnet-nsg", ALLOW)]),
        ("Allow", "Allow", [("admin-rules", ALLOW), ("subnet-nsg", ALLOW)]),
        ("Allow", "Deny", [("admin-rules", ALLOW), ("subnet-nsg", BLOCK)]),
        ("AlwaysAllow", "Deny", [("admin-rules", ALLOW)]),
        ("alwaysallow", "Deny", [("admin-rules", ALLOW)]),
        ("Monitor", "Allow", [("admin-rules", UNKNOWN), ("subnet-nsg", ALLOW)]),
    ],
)
@pytest.mark.parametrize("direction", [OUT, IN])
def test_actions(access: str, of_group: str, verdicts: list[tuple[str, Verdict]], direction: str) -> None:
    """Deny ends it, Allow goes on to the NSGs, AlwaysAllow passes them by; another word may be any of them (N15)."""
    made = place(admin_rule("rule", 10, access, direction=direction), nsg=nsg(of_group, direction))

    assert told(out(made) if direction == OUT else into(made)) == verdicts


def test_no_rule_meets() -> None:
    """What no rule meets goes on to the NSGs."""
    made = place(admin_rule("rule", 10, "Deny", ports=["22"]), nsg=nsg("Deny"))

    assert told(out(made)) == [("admin-rules", ALLOW), ("subnet-nsg", BLOCK)]


def test_rules_of_the_other_direction() -> None:
    """A rule for what comes in says nothing of what goes out."""
    assert told(out(place(admin_rule("rule", 10, "Deny", direction=IN)))) == [("admin-rules", ALLOW)]


def test_subnet_without_any_nsg() -> None:
    """Admin rules need no NSG."""
    assert told(out(place(admin_rule("rule", 10, "Deny")))) == [("admin-rules", BLOCK)]


def test_vnet_without_rules() -> None:
    """Rules in force elsewhere say nothing here."""
    made = scene(table=False, more=[applied("hub"), admin_rule("rule", 10, "Deny")])

    assert out(made) == ()


# Parts of a flow.


@pytest.mark.parametrize(
    ("first", "second"), [({"destinations": ["8.8.8.8"]}, "8.8.8.8,9.9.9.9"), ({"sources": ["10.1.1.0/25"]}, "8.8.8.8")]
)
def test_always_allow_for_a_part(first: dict[str, Any], second: str) -> None:
    """NSGs are still asked about the rest, of which they stop a part of the whole."""
    made = place(admin_rule("rule", 10, "AlwaysAllow", **first), nsg=nsg("Deny"))

    assert told(out(made, to(second))) == [("admin-rules", ALLOW), ("subnet-nsg", PARTIAL)]
    assert made.out(to(second)).verdict is PARTIAL


def test_always_allow_for_the_machine_that_is_denied() -> None:
    """An NSG on an interface is passed by for that interface."""
    group = security_group("nsg-vm", nsg("Deny"))
    vm = machine("vm", "spoke", "ase", "10.1.1.4", nsg="nsg-vm")
    made = place(admin_rule("rule", 10, "AlwaysAllow", sources=["10.1.1.4"]), group, vm)

    assert told(out(made)) == [("admin-rules", ALLOW)]


def test_deny_for_a_part() -> None:
    """A rule for some addresses stops a part."""
    made = place(admin_rule("rule", 10, "Deny", destinations=["8.8.8.0/24"]), nsg=nsg("Allow"))

    assert told(out(made, to("8.8.8.8,9.9.9.9")))[0] == ("admin-rules", PARTIAL)
    assert told(out(made, to("9.9.9.9")))[0] == ("admin-rules", ALLOW)


# Order.


@pytest.mark.parametrize(("deny", "verdict"), [(10, BLOCK), (30, ALLOW)])
def test_lower_number_first(deny: int, verdict: Verdict) -> None:
    """The lower priority number decides."""
    made = place(admin_rule("deny", deny, "Deny"), admin_rule("allow", 20, "Allow"))

    assert told(out(made)) == [("admin-rules", verdict)]


@pytest.mark.parametrize(("deny", "verdict"), [(10, BLOCK), (30, ALLOW)])
def test_always_allow_has_its_place_too(deny: int, verdict: Verdict) -> None:
    """AlwaysAllow passes NSGs by, not rules that come before it."""
    made = place(admin_rule("deny", deny, "Deny"), admin_rule("always", 20, "AlwaysAllow"), nsg=nsg("Deny"))

    assert told(out(made))[0] == ("admin-rules", verdict)


def _beside(name: str, priority: int, access: str) -> Document:
    """Return a rule of another collection of the same configuration."""
    made = admin_rule(name, priority, access)
    made["id"] = made["id"].replace("/ruleCollections/all/", "/ruleCollections/two/")
    return made


@pytest.mark.parametrize(
    ("one", "other", "of_group", "verdicts"),
    [
        ("Deny", "Deny", "Allow", [BLOCK, ALLOW]),
        ("Deny", "Allow", "Allow", [UNKNOWN, ALLOW]),
        ("Allow", "AlwaysAllow", "Allow", [ALLOW, ALLOW]),
        ("Allow", "AlwaysAllow", "Deny", [ALLOW, UNKNOWN]),
    ],
)
def test_same_priority_in_two_collections(one: str, other: str, of_group: str, verdicts: list[Verdict]) -> None:
    """A priority is unique in its collection only: of two, which comes first is not documented."""
    made = place(admin_rule("one", 10, one), _beside("other", 10, other), nsg=nsg(of_group))

    assert [each.verdict for each in out(made)] == verdicts


# What a rule meets.


@pytest.mark.parametrize(
    ("word", "asked", "verdict"),
    [
        ("Any", "tcp", BLOCK),
        ("Tcp", "tcp", BLOCK),
        ("TCP", "tcp", BLOCK),
        ("Udp", "tcp", ALLOW),
        ("Icmp", "icmp", BLOCK),
        ("Esp", "tcp", ALLOW),
        ("Sctp", "tcp", UNKNOWN),
        ("", "tcp", UNKNOWN),
    ],
)
def test_protocols(word: str, asked: str, verdict: Verdict) -> None:
    """A rule meets its protocol in any spelling; one that Azure may add may meet anything (J2)."""
    made = place(admin_rule("rule", 10, "Deny", protocol=word))
    (hop,) = filter_hops(made.network, flow(to(ASE), to("8.8.8.8"), "0-65535", asked), made.ase, inbound=False)

    assert hop.verdict is verdict


@pytest.mark.parametrize(("ports", "verdict"), [(["443"], BLOCK), (["80", "400-500"], BLOCK), (["80"], ALLOW)])
def test_ports(ports: list[str], verdict: Verdict) -> None:
    """A rule meets its ports and ranges."""
    assert told(out(place(admin_rule("rule", 10, "Deny", ports=ports)))) == [("admin-rules", verdict)]


def test_source_ports() -> None:
    """A rule for some source ports may meet a flow, whose sender is free to choose its own."""
    rule = admin_rule("rule", 10, "Deny")
    rule["properties"]["sourcePortRanges"] = ["1024-2048"]

    assert told(out(place(rule))) == [("admin-rules", UNKNOWN)]


@pytest.mark.parametrize(
    ("tag", "end", "verdict"),
    [
        ("Internet", to("8.8.8.8"), BLOCK),
        ("Internet", to("10.1.7.7"), ALLOW),
        ("VirtualNetwork", to("10.1.7.7"), BLOCK),
        ("Storage", to("20.60.1.1"), BLOCK),
        ("Storage", to("8.8.8.8"), ALLOW),
        ("Sql", to("8.8.8.8"), UNKNOWN),
        ("Internet", named("a.contoso.com"), BLOCK),
        ("Storage", named("x.blob.core.windows.net"), BLOCK),
    ],
)
def test_service_tags(tag: str, end: Endpoint, verdict: Verdict) -> None:
    """A side may be a service tag, read from the list; one that the list leaves out may hold any public address."""
    made = place(admin_rule("rule", 10, "Deny", destinations=[tag]), tags=[tag_list(Storage=["20.60.0.0/16"])])

    assert told(out(made, end)) == [("admin-rules", verdict)]


@pytest.mark.parametrize("side", ["sources", "destinations"])
@pytest.mark.parametrize(
    ("access", "of_group", "verdicts"),
    [
        ("Deny", "Allow", [UNKNOWN, ALLOW]),
        ("Deny", "Deny", [UNKNOWN, BLOCK]),
        ("Allow", "Allow", [ALLOW, ALLOW]),
        ("AlwaysAllow", "Deny", [ALLOW, UNKNOWN]),
        ("AlwaysAllow", "Allow", [ALLOW, ALLOW]),
    ],
)
def test_network_groups(side: str, access: str, of_group: str, verdicts: list[Verdict]) -> None:
    """Who is in a network group is not known: what hangs on it is unknown, on that side only."""
    rule = admin_rule("rule", 10, access)
    rule["properties"][side] = [{"addressPrefix": f"{MANAGER}/networkGroups/all", "addressPrefixType": "NetworkGroup"}]
    other = "destinations" if side == "sources" else "sources"
    sides: dict[str, Any] = {other: ["10.99.0.0/16"]}
    narrow = admin_rule("rule", 10, access, **sides)
    narrow["properties"][side] = rule["properties"][side]

    assert [each.verdict for each in out(place(rule, nsg=nsg(of_group)))] == verdicts
    assert told(out(place(narrow, nsg=nsg(of_group))))[0] == ("admin-rules", ALLOW)


def test_maybe_allow_before_always_allow() -> None:
    """A rule that may send the flow on to the NSGs, before one that passes them by, leaves it open (N15)."""
    first = admin_rule("first", 10, "Allow")
    first["properties"]["sourcePortRanges"] = ["1024-2048"]
    made = place(first, admin_rule("always", 20, "AlwaysAllow"), nsg=nsg("Deny"))

    assert told(out(made)) == [("admin-rules", ALLOW), ("subnet-nsg", UNKNOWN)]


@pytest.mark.parametrize("address", ["168.63.129.16", "169.254.169.254"])
def test_platform_addresses(address: str) -> None:
    """Whether a rule for everything reaches the platform's own addresses is not documented."""
    made = place(admin_rule("rule", 10, "Deny"), admin_rule("in", 10, "Deny", direction=IN))

    assert told(out(made, to(address), "53")) == [("admin-rules", UNKNOWN)]
    assert told(into(made, address)) == [("admin-rules", UNKNOWN)]


def test_platform_addresses_no_rule_is_about() -> None:
    """A rule for other addresses leaves them alone."""
    made = place(admin_rule("rule", 10, "Deny", destinations=["10.0.0.0/8"]))

    assert told(out(made, to("168.63.129.16"), "53")) == [("admin-rules", ALLOW)]


# Several configurations.


def two(one: Document, *others: Document, **changes: Any) -> Scene:  # noqa: ANN401 - changes of a scene
    """Return F0 with the configurations of two network managers in force."""
    both = applied("spoke", CONFIGURATION, SECOND)
    return scene(table=False, more=[both, one, *others], **changes)


@pytest.mark.parametrize(
    ("one", "other", "of_group", "verdicts"),
    [
        ("Deny", "Deny", "Allow", [BLOCK, ALLOW]),
        ("Deny", "Allow", "Allow", [UNKNOWN, ALLOW]),
        ("Allow", "Deny", "Allow", [UNKNOWN, ALLOW]),
        ("Deny", "AlwaysAllow", "Deny", [UNKNOWN]),
        ("AlwaysAllow", "AlwaysAllow", "Deny", [ALLOW]),
        ("AlwaysAllow", "Allow", "Deny", [ALLOW, UNKNOWN]),
        ("AlwaysAllow", "Allow", "Allow", [ALLOW, ALLOW]),
    ],
)
def test_two_configurations(one: str, other: str, of_group: str, verdicts: list[Verdict]) -> None:
    """Of two network managers that of the wider scope wins, which the source does not tell: they must agree."""
    made = two(admin_rule("one", 10, one), admin_rule("other", 20, other, configuration=SECOND), nsg=nsg(of_group))

    assert [each.verdict for each in out(made)] == verdicts


def test_two_configurations_of_which_one_is_silent() -> None:
    """One that says nothing of a flow leaves it to the other, whose rules keep their own order."""
    made = two(
        admin_rule("deny", 10, "Deny", ports=["443"]),
        admin_rule("allow", 20, "Allow"),
        admin_rule("other", 5, "Deny", ports=["22"], configuration=SECOND),
    )

    assert told(out(made)) == [("admin-rules", BLOCK)]
    assert told(out(made, port="80")) == [("admin-rules", ALLOW)]


# What was not read.


def test_configuration_whose_rules_are_not_there() -> None:
    """A configuration in force without any of its rules may deny anything."""
    check_admin(out(scene(table=False, more=[APPLIED])), UNKNOWN, "admin-unreadable")


@pytest.mark.parametrize(
    "damage", [{"priority": "first"}, {"direction": "Sideways"}, {"sources": "x"}, {"destinationPortRanges": ["a"]}]
)
def test_one_rule_that_cannot_be_read(damage: Document) -> None:
    """One damaged rule beside a sound one may deny anything: it is a gap, and the others do not hide it."""
    damaged = admin_rule("damaged", 5, "Deny")
    damaged["properties"] |= damage

    made = place(admin_rule("sound", 10, "Allow"), damaged)

    check_admin(out(made), UNKNOWN, "admin-unreadable")
    assert [each.what for each in made.network.estate.gaps] == [RULES.lower()]


@pytest.mark.parametrize("scope", [ELSEWHERE, "", "/subscriptions/00000000-0000-0000-0000-000000000001"])
def test_rules_that_could_not_be_listed(scope: str) -> None:
    """A gap of that type may hide a rule of any configuration in force."""
    made = place(admin_rule("sound", 10, "Allow"), gaps=[gap(RULES, scope)])

    check_admin(out(made), UNKNOWN, "admin-unreadable")


def test_gap_in_a_configuration_that_is_not_in_force() -> None:
    """A rule of another configuration that could not be read decides nothing here."""
    made = place(admin_rule("sound", 10, "Deny"), gaps=[gap(RULES, f"{SECOND}/ruleCollections/a/rules/b/snapshots/1")])

    check_admin(out(made), BLOCK, "admin-deny")


def test_what_is_in_force_that_cannot_be_read() -> None:
    """A damaged document below a VNet leaves that VNet open, and no other."""
    damaged = applied("spoke")
    damaged["properties"]["EffectiveSecurityAdminConfigurations"] = [{"Id": CONFIGURATION}]
    made = scene(table=False, more=[damaged, admin_rule("rule", 10, "Allow")])

    check_admin(out(made), UNKNOWN, "admin-unreadable")
    assert made.network.admin_rules(made.subnet("AzureFirewallSubnet", "hub")).none


@pytest.mark.parametrize("state", ["Failed", "Updating", "Deleting"])
def test_rules_whose_deployment_did_not_succeed(state: str) -> None:
    """Rules that are being brought into force, or failed to be, may be in force or not (J5)."""
    halfway = applied("spoke")
    halfway["properties"]["ProvisioningState"] = state
    made = scene(table=False, more=[halfway, admin_rule("rule", 10, "Allow")])

    check_admin(out(made), UNKNOWN, "admin-unreadable")


def test_rule_of_another_snapshot() -> None:
    """A rule of which there is no snapshot of that number may be in force; an old one of a rule that has one is not."""
    old = admin_rule("rule", 10, "Deny")
    old["id"] = f"{old['id'][:-1]}0"
    stray = admin_rule("stray", 20, "Deny")
    stray["id"] = f"{stray['id'][:-1]}0"
    now = admin_rule("rule", 10, "Allow", ports=["443"])

    assert told(out(place(old, now))) == [("admin-rules", ALLOW)]
    assert told(out(place(stray, now))) == [("admin-rules", ALLOW)]
    assert told(out(place(stray, now), port="80")) == [("admin-rules", UNKNOWN)]


FILES = Source(kind="files", location="estate", digest="sha256:0")


def in_files(*more: Document, gaps: Iterable[Gap] = ()) -> tuple[Hop, ...]:
    """Return what filters a flow out of a subnet, where the source is a folder of files."""
    documents = (vnet("spoke", SPOKE, [subnet("spoke", "ase", ASE)]), *more)
    estate = build_estate(Snapshot(resources=documents, service_tags=(), gaps=tuple(gaps), sources=(FILES,)))
    (place_,) = estate.subnets_of(network_id("virtualNetworks", "spoke").lower())
    network = Network(estate, Tags(None, {}))
    return filter_hops(network, flow(to(ASE), to("8.8.8.8")), place_, inbound=False)


def manager() -> Document:
    """Return a network manager."""
    properties = {"networkManagerScopeAccesses": ["SecurityAdmin"]}
    return {"id": MANAGER, "name": "nm", "type": "Microsoft.Network/networkManagers", "properties": properties}


def test_files_without_a_network_manager() -> None:
    """A folder that tells of no network manager is taken to have none."""
    assert in_files() == ()


@pytest.mark.parametrize("known", [manager(), admin_rule("rule", 10, "Deny")], ids=["manager", "rule"])
def test_network_manager_in_files(known: Document) -> None:
    """One that tells of a network manager, or of its rules, must tell where they are in force."""
    check_admin(in_files(known), UNKNOWN, "admin-unreadable")


def test_network_manager_in_files_that_tell_of_another_vnet() -> None:
    """Where the answer for the subscription is there, a VNet it leaves out is under no rules."""
    assert in_files(manager(), applied("hub"), admin_rule("rule", 10, "Deny")) == ()


def test_network_manager_in_files_that_tell_of_another_subscription() -> None:
    """The answer for another subscription says nothing of this one."""
    other = applied("hub")
    other["id"] = other["id"].replace("000000000001/", "000000000002/", 1)

    check_admin(in_files(manager(), other, admin_rule("rule", 10, "Deny")), UNKNOWN, "admin-unreadable")


@pytest.mark.parametrize("what", ["Microsoft.Network/networkManagers", "microsoft.network/effectivesecurityadminrules"])
def test_network_managers_that_were_refused(what: str) -> None:
    """A network manager that could not be read may have rules in force."""
    check_admin(in_files(gaps=[gap(what, "")]), UNKNOWN, "admin-unreadable")


def test_gap_of_anything() -> None:
    """A gap that may be of any type hides rules where the source is to hold them; another of theirs is not hidden."""
    anything = gap("*", "")
    managers = gap("Microsoft.Network/networkManagers", "/subscriptions/x")

    assert "admin-rules" not in {each.at for each in in_files(gaps=[anything])}
    check_admin(in_files(gaps=[anything, managers]), UNKNOWN, "admin-unreadable")
    check_admin(in_files(applied("hub"), admin_rule("a", 1, "Deny"), gaps=[anything]), UNKNOWN, "admin-unreadable")
    check_admin(out(scene(gaps=[anything])), UNKNOWN, "admin-unreadable")


def test_complete_snapshot() -> None:
    """A snapshot holds what is in force wherever something is: a VNet without it is under no rules."""
    assert out(scene(table=False, more=[manager(), admin_rule("rule", 10, "Deny")])) == ()
    damaged = admin_rule("damaged", 10, "Deny")
    damaged["properties"]["priority"] = None
    assert out(scene(table=False, more=[manager(), damaged])) == ()


# Where rules do not reach.


@pytest.mark.parametrize(
    "name", ["AzureFirewallSubnet", "AzureBastionSubnet", "GatewaySubnet", "RouteServerSubnet", "gatewaysubnet"]
)
def test_subnets_of_services_that_are_exempt(name: str) -> None:
    """Firewalls, gateways, Bastion and Route Servers are beyond security admin rules."""
    made = place(admin_rule("rule", 10, "Deny"), spoke_subnets=[subnet("spoke", name, "10.1.9.0/24")])

    assert made.network.admin_rules(made.subnet(name)).none


def test_application_gateways_may_be_exempt() -> None:
    """Those are as well unless they are isolated, which is not told: what a rule denies there is unknown."""
    there = subnet("spoke", "agw", "10.1.9.0/24", gateways=[f"{network_id('applicationGateways', 'agw')}/x/ip"])
    made = place(admin_rule("rule", 10, "Deny", ports=["443"]), spoke_subnets=[there])

    def asked(port: str) -> list[tuple[str, Verdict]]:
        flow_ = flow(to("10.1.9.0/24"), to("8.8.8.8"), port)
        return told(filter_hops(made.network, flow_, made.subnet("agw"), inbound=False))

    assert (asked("443"), asked("80")) == ([("admin-rules", UNKNOWN)], [("admin-rules", ALLOW)])


# Spelling and order.


def _spelled(value: Any, how: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {how(name): _spelled(each, how) for name, each in value.items()}
    return [_spelled(each, how) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("how", [str.lower, str.upper, lambda text: text[:1].upper() + text[1:]])
def test_case_of_property_names(how: Any) -> None:  # noqa: ANN401 - a function on names
    """Resource Graph spells the same property with and without a capital: nothing of a rule gets lost."""
    rule = admin_rule("rule", 10, "Deny", ports=["443"], destinations=["8.8.8.0/24"], sources=["10.1.1.0/25"])
    in_force = applied("spoke")
    for each in (rule, in_force):
        each["properties"] = _spelled(each["properties"], how)
    made = scene(table=False, more=[in_force, rule])

    assert told(out(made, sender="10.1.1.4")) == [("admin-rules", BLOCK)]
    assert told(out(made, port="80")) == [("admin-rules", ALLOW)]
    assert told(out(made, to("9.9.9.9"))) == [("admin-rules", ALLOW)]
    assert told(out(made)) == [("admin-rules", PARTIAL)]


def test_case_of_ids() -> None:
    """Ids compare without regard to case."""
    rule, in_force = admin_rule("rule", 10, "Deny"), applied("spoke")
    rule["id"] = rule["id"].upper()
    in_force["id"] = in_force["id"].upper()

    assert told(out(scene(table=False, more=[in_force, rule]))) == [("admin-rules", BLOCK)]


def test_order_of_documents_does_not_matter() -> None:
    """The same documents in any order give the same hops."""
    more = [
        applied("spoke", CONFIGURATION, SECOND),
        *(admin_rule(f"r{i}", 10 + i % 3, word) for i, word in enumerate(["Deny", "Allow", "AlwaysAllow", "Allow"])),
        admin_rule("other", 10, "Deny", configuration=SECOND, ports=["80"]),
    ]
    found = [out(scene(table=False, more=each), port=port) for each in (more, more[::-1]) for port in ("443", "80")]

    assert found[:2] == found[2:]


def test_hop_names_the_other_end() -> None:
    """A hop tells whom a rule stops: the receiver of what goes out, the sender of what comes in."""
    made = place(admin_rule("rule", 10, "Deny"), admin_rule("in", 10, "Deny", direction=IN))

    assert "denies 8.8.8.8 out" in out(made)[0].why
    assert "denies 203.0.113.7 in" in into(made)[0].why


def test_rules_of_other_configurations_cost_nothing() -> None:
    """Rules are found by their configuration, once for all subnets of a VNet."""
    many = [admin_rule(f"r{i}", 10, "Deny", configuration=f"{SECOND}-{i}") for i in range(200)]
    two_ = subnet("spoke", "two", "10.1.2.0/24")
    made = place(admin_rule("rule", 10, "Deny"), *many, spoke_subnets=[two_])

    assert made.network.admin_rules(made.ase) is made.network.admin_rules(made.subnet("two"))
    assert told(out(made)) == [("admin-rules", BLOCK)]


# In an audit.


def test_admin_rules_in_an_audit() -> None:
    """A rule that denies names is a finding of its own; one that allows hides no deny of an NSG behind it."""
    draft = Draft()
    draft.add(applied("vnet-shop"), admin_rule("no-web", 10, "Deny", ports=["443"]))
    audited = audit_documents(draft.documents, tags=draft.tags)
    (found,) = [each for each in audited.findings if each.check == "blocked-by-nsg"]

    assert "security admin rule no-web stops documented traffic" in found.message
    assert any(each.outcome is Outcome.FAIL for each in audited.results)


@pytest.mark.parametrize("access", ["Allow", "Deny"])
def test_nsg_behind_admin_rules_in_an_audit(access: str) -> None:
    """An inbound rule that the NSG lacks is missing, though an admin rule before it lets the traffic on."""
    draft = Draft()
    draft.security_rule("allow-probes")["access"] = access
    draft.add(applied("vnet-shop"), admin_rule("on", 10, "Allow", direction=IN, sources=["10.0.0.0/8"]))
    audited = audit_documents(draft.documents, tags=draft.tags)
    probes = [outcomes(audited)[each] for each in of_kind(NEWEST, Kind.NSG_INBOUND) if "16001" in each]

    assert set(probes) == {Outcome.PASS if access == "Allow" else Outcome.FAIL}


@pytest.mark.parametrize("more", [{}, {"$skipToken": "opaque", "totalRecords": 1200}], ids=["all", "page"])
def test_answer_of_resource_graph(more: Document) -> None:
    """What Resource Graph answers is read as it is; one page of more may leave out any rule."""
    draft = Draft()
    rows = [applied("vnet-shop"), admin_rule("on", 10, "Allow")]
    answer = {"count": 2, "data": rows, "facets": [], "resultTruncated": "false", "totalRecords": 2, **more}
    gaps = read(answer).gaps
    audited = audit_documents([*draft.documents, *map(dict, read(answer).resources)], tags=draft.tags, gaps=gaps)

    assert with_outcome(audited, Outcome.FAIL) == set()
    assert bool(with_outcome(audited, Outcome.UNKNOWN)) is bool(more)
