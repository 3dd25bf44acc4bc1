"""ARM documents in every shape Azure and its tools write them become the same typed values."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.estate.addresses import EVERYTHING, AddressSet, address_set, union
from auditor.estate.estate import Estate
from auditor.estate.firewall import ApplicationRule, NetworkRule
from auditor.estate.network import SecurityRule
from auditor.estate.ports import ALL_PORTS, port_set
from tests.builders import (
    Document,
    application_rule,
    classic,
    collection,
    environment,
    firewall,
    group,
    interface,
    ip_group,
    network_id,
    network_rule,
    peering,
    policy,
    route,
    route_table,
    security_group,
    security_rule,
    subnet,
    vnet,
)
from tests.estate.documents import estate_of, town


def _only(found: dict[str, Any] | Any) -> Any:  # noqa: ANN401 - the one value of any table
    (value,) = found.values()
    return value


def _flat(value: object) -> object:
    """Return a value with every nested resource flattened as `az` prints it."""
    if isinstance(value, list):
        return [_flat(each) for each in value]
    if not isinstance(value, dict):
        return value
    flat = {name: _flat(each) for name, each in value.items() if name != "properties"}
    inner = value.get("properties")
    if isinstance(inner, dict):
        flat |= {name: _flat(each) for name, each in inner.items()}
    return flat


def _flat_document(document: Document) -> Document:
    """Return a document with flattened children; collectors nest the top level again."""
    flat = {name: each for name, each in document.items() if name != "properties"}
    return {**flat, "properties": {name: _flat(each) for name, each in document["properties"].items()}}


def _parts(estate: Estate) -> tuple[object, ...]:
    return (
        *(estate.virtual_networks, estate.subnets, estate.route_tables, estate.security_groups, estate.firewalls),
        *(estate.policies, estate.groups, estate.ip_groups, estate.appliances, estate.environments, estate.apps),
        estate.gaps,
    )


def test_every_type_is_read() -> None:
    """Whole documents of every type leave no gap and nothing out."""
    estate = estate_of(*town())

    assert estate.gaps == ()
    assert [len(each) for each in _parts(estate)[:-1]] == [2, 3, 1, 1, 2, 2, 1, 1, 1, 1, 1]  # type: ignore[arg-type] # tables


def test_flattened_children_read_the_same() -> None:
    """Children flattened as `az` prints them give the same estate as nested ones."""
    nested, flat = town(), [_flat_document(each) for each in town()]

    assert nested != flat
    assert _parts(estate_of(*nested)) == _parts(estate_of(*flat))


@given(st.permutations(town()))
def test_order_of_documents_never_matters(documents: list[Document]) -> None:
    """The same documents in any order give the same estate."""
    assert _parts(estate_of(*documents)) == _parts(estate_of(*town()))


def _reverse(value: object) -> object:
    """Return a value with every list of objects turned round, but those whose order Azure gives a meaning."""
    if isinstance(value, dict):
        return {name: each if name == "rules" else _reverse(each) for name, each in value.items()}
    return [_reverse(each) for each in reversed(value)] if isinstance(value, list) else value


def test_order_in_lists_never_matters() -> None:
    """Lists in which Azure keeps no order may come in any; only the rules of a firewall collection have one."""
    turned = [{**each, "properties": _reverse(each["properties"])} for each in town()]
    estate, other = estate_of(*town()), estate_of(*turned)

    assert {key: {part.id for part in each.subnets} for key, each in estate.virtual_networks.items()} == {
        key: {part.id for part in each.subnets} for key, each in other.virtual_networks.items()
    }
    assert _parts(estate)[1:] == _parts(other)[1:]


def test_case_of_ids_never_matters() -> None:
    """References find their target whatever case Azure writes either in (J1)."""
    documents = town()
    for each in documents:
        each["id"] = each["id"].upper()

    assert estate_of(*documents).gaps == ()


# Security rules.


def _rule(**fields: object) -> SecurityRule:
    rule = security_rule("r", 100, "Allow")
    rule["properties"] |= fields
    estate = estate_of(security_group("nsg", [rule]))
    assert estate.gaps == ()
    return next(each for each in _only(estate.security_groups).inbound if each.name == "r")  # type: ignore[no-any-return] # of a table


def _refused(**fields: object) -> str:
    rule = security_rule("r", 100, "Allow")
    rule["properties"] |= fields
    estate = estate_of(security_group("nsg", [rule]))
    assert estate.security_groups == {}
    (gap,) = estate.gaps
    return gap.why


def test_empty_singular_beside_plural() -> None:
    """An empty singular field beside a filled plural one is not "any" (N9)."""
    rule = _rule(
        sourceAddressPrefix="",
        sourceAddressPrefixes=["10.2.0.0/16"],
        destinationPortRange="",
        destinationPortRanges=["443", "8000-8080"],
    )

    assert rule.sources.addresses == address_set("10.2.0.0/16")
    assert rule.ports == port_set("443") | port_set("8000-8080")


def test_singular_and_plural_together() -> None:
    """Singular and plural fields together mean their union (N9)."""
    rule = _rule(sourceAddressPrefix="10.1.0.0/16", sourceAddressPrefixes=["10.2.0.0/16", "Storage"])

    assert rule.sources.addresses == union(map(address_set, ("10.1.0.0/16", "10.2.0.0/16")))
    assert rule.sources.tags == ("Storage",)


def test_null_plural_beside_singular() -> None:
    """A plural field of null beside a filled singular one adds nothing."""
    rule = _rule(sourceAddressPrefixes=None, destinationPortRanges=None)

    assert (rule.sources.addresses, rule.ports) == (EVERYTHING, ALL_PORTS)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sourceAddressPrefix": ""}, "names no source addresses"),
        ({"destinationAddressPrefix": None}, "names no destination addresses"),
        ({"destinationPortRange": ""}, "names no destination ports"),
        ({"priority": None}, "whole-number priority"),
        ({"direction": "Sideways"}, "direction"),
        ({"sourceAddressPrefix": "10.0.0.0/33"}, "is not an address prefix"),
        ({"destinationPortRange": "80-65536"}, "is not a port"),
        ({"sourceApplicationSecurityGroups": "asg"}, "is not a list of objects"),
    ],
)
def test_faulty_security_rule(fields: dict[str, object], words: str) -> None:
    """A rule that Azure would never hold makes its NSG unreadable, and the gap names the rule."""
    why = _refused(**fields)

    assert "security rule r" in why
    assert words in why


def test_unknown_words_of_a_security_rule() -> None:
    """Words that Azure may add stay visible, and an unknown access is neither allow nor deny (J2)."""
    rule = _rule(access="Audit", protocol="Sctp")

    assert (rule.allow, rule.protocol) == (None, "sctp")


def test_application_security_groups() -> None:
    """A rule by application security group names no addresses, and says that it names groups (N10)."""
    rule = _rule(sourceAddressPrefix=None, sourceApplicationSecurityGroups=[{"id": "/asg"}])

    assert (rule.sources.addresses, bool(rule.sources.groups)) == (AddressSet(), True)


def test_default_rules() -> None:
    """An NSG without its default rules gets Azure's; one that carries them keeps its own (N7)."""
    plain = _only(estate_of(security_group("nsg", [])).security_groups)
    own = security_group("nsg", [])
    own["properties"]["defaultSecurityRules"] = [security_rule("OnlyOne", 65500, "Deny")]
    kept = _only(estate_of(own).security_groups)

    assert [each.priority for each in plain.inbound] == [65000, 65001, 65500]
    assert [each.priority for each in plain.outbound] == [65000, 65001, 65500]
    assert [each.name for each in (*kept.inbound, *kept.outbound)] == ["OnlyOne"]


def test_rules_in_order_of_priority() -> None:
    """Rules are put in the order in which Azure consults them, whatever order it lists them in (N4)."""
    rules = [
        security_rule("last", 300, "Allow"),
        security_rule("first", 100, "Deny"),
        security_rule("mid", 200, "Allow"),
    ]
    found = _only(estate_of(security_group("nsg", rules)).security_groups)

    assert [each.name for each in found.inbound][:3] == ["first", "mid", "last"]


# Missing is not empty.


def _without(document: Document, field: str) -> Document:
    short = deepcopy(document)
    del short["properties"][field]
    return short


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (route_table("rt", []), "routes"),
        (security_group("nsg", []), "securityRules"),
        (group("child", "rcg", 100, []), "ruleCollections"),
        (ip_group("offices", []), "ipAddresses"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("null", [False, True], ids=["absent", "null"])
def test_missing_list_is_not_empty(document: Document, field: str, *, null: bool) -> None:
    """A list that decides and is not there makes a resource unreadable; an empty one does not (J3)."""
    short = _without(document, field)
    if null:
        short["properties"][field] = None

    assert estate_of(document).gaps == ()
    assert [each.scope for each in estate_of(short).gaps] == [document["id"]]


@pytest.mark.parametrize("null", [False, True], ids=["absent", "null"])
def test_missing_children_of_a_network(*, null: bool) -> None:
    """A VNet that says nothing of its subnets or peerings is told from one that has none (J3)."""
    whole = vnet("spoke", "10.1.0.0/16")
    short = _without(_without(whole, "subnets"), "virtualNetworkPeerings")
    if null:
        short["properties"] |= {"subnets": None, "virtualNetworkPeerings": None}
    listed, unlisted = _only(estate_of(whole).virtual_networks), _only(estate_of(short).virtual_networks)

    assert (listed.subnets_listed, listed.peerings_listed) == (True, True)
    assert (unlisted.subnets_listed, unlisted.peerings_listed) == (False, False)


def test_missing_groups_of_a_policy() -> None:
    """A policy that does not list its rule collection groups is told from one that has none (J3, Q2)."""
    whole = policy("child", [])

    assert _only(estate_of(whole).policies).groups == ()
    assert _only(estate_of(_without(whole, "ruleCollectionGroups")).policies).groups is None


@pytest.mark.parametrize("missing", [["networkRuleCollections"], ["applicationRuleCollections"], None])
@pytest.mark.parametrize("null", [False, True], ids=["absent", "null"])
def test_missing_classic_collections(missing: list[str] | None, *, null: bool) -> None:
    """A firewall without a policy and without one of its lists of classic rules holds no readable rules (J3)."""
    wall = firewall("fw", "hub", "10.0.0.4")
    for each in missing or ["networkRuleCollections", "applicationRuleCollections"]:
        del wall["properties"][each]
        if null:
            wall["properties"][each] = None

    assert _only(estate_of(firewall("fw", "hub", "10.0.0.4")).firewalls).collections == ()
    assert _only(estate_of(wall).firewalls).collections is None


@pytest.mark.parametrize("field", ["sourceAddresses", "destinationAddresses", "destinationPorts", "ipProtocols"])
@pytest.mark.parametrize("null", [False, True], ids=["absent", "null"])
def test_firewall_rule_without_a_side(field: str, *, null: bool) -> None:
    """A network rule that lacks what every one has is unreadable, since a deny that matches nothing would pass (J3)."""
    rule = network_rule("r", ["*"], ["443"])
    del rule[field]
    if null:
        rule[field] = None
    estate = estate_of(policy("child", ["rcg"]), group("child", "rcg", 100, [collection("c", 100, "Deny", [rule])]))

    assert estate.groups == {}
    assert "rule r" in next(each.why for each in estate.gaps if each.scope.endswith("rcg"))


# Networks.


def test_subnet_prefix_forms() -> None:
    """A subnet has one prefix or several; the plural form wins where both are there."""
    one = subnet("spoke", "one", "10.1.1.0/24")
    many = subnet("spoke", "many", "")
    many["properties"]["addressPrefixes"] = ["10.1.2.0/24", "10.1.3.0/24"]
    estate = estate_of(vnet("spoke", "10.1.0.0/16", [one, many]))
    many_found, one_found = (estate.subnets[each] for each in sorted(estate.subnets))

    assert one_found.addresses == address_set("10.1.1.0/24")
    assert many_found.addresses == union(map(address_set, ("10.1.2.0/24", "10.1.3.0/24")))


def test_subnet_of_its_own() -> None:
    """A subnet read as a document of its own belongs to the VNet in its id."""
    alone = subnet("spoke", "ase", "10.1.1.0/24")
    estate = estate_of(vnet("spoke", "10.1.0.0/16"), alone)

    assert [each.name for each in estate.subnets_of(network_id("virtualNetworks", "spoke").lower())] == ["ase"]


def test_peering_out_of_sync() -> None:
    """The synced address space of a peering is used, and that it is not the current one is kept (R12)."""
    half = peering(
        "spoke",
        "hub",
        "10.0.0.0/16",
        peeringSyncLevel="LocalNotInSync",
        remoteVirtualNetworkAddressSpace={"addressPrefixes": ["10.0.0.0/16", "10.9.0.0/16"]},
    )
    (found,) = _only(estate_of(vnet("spoke", "10.1.0.0/16", [], [half])).virtual_networks).peerings

    assert (found.addresses, found.unsettled) == (address_set("10.0.0.0/16"), address_set("10.9.0.0/16"))


def test_peering_flags_default_as_in_azure() -> None:
    """Flags that a document leaves out read as Azure's defaults, and a state left out is not "connected"."""
    half = peering("spoke", "hub", "10.0.0.0/16")
    for each in ("allowVirtualNetworkAccess", "allowForwardedTraffic", "useRemoteGateways", "peeringState"):
        del half["properties"][each]
    (found,) = _only(estate_of(vnet("spoke", "10.1.0.0/16", [], [half])).virtual_networks).peerings

    assert (found.allow_access, found.allow_forwarded, found.use_remote_gateways, found.state) == (
        True,
        False,
        False,
        "",
    )


def test_routes() -> None:
    """A route names a prefix or a service tag, and a next hop in whatever spelling Azure uses."""
    routes = [
        route("tag", "Storage.WestUS", "Internet"),
        route("prefix", "10.0.0.0/8", "VNetLocal"),
        route("new", "10.1.0.0/16", "HyperNetGateway"),
    ]
    found = _only(estate_of(route_table("rt", routes, propagation=False)).route_tables)

    assert {each.name: (each.tag, each.next_hop) for each in found.routes} == {
        "tag": ("Storage.WestUS", "internet"),
        "prefix": ("", "vnetlocal"),
        "new": ("", "hypernetgateway"),
    }
    assert found.propagation is False


@pytest.mark.parametrize(
    "fields", [{"addressPrefix": None}, {"addressPrefix": "10.0.0.0/40"}, {"nextHopIpAddress": "10.0.0.999"}]
)
def test_faulty_route(fields: dict[str, object]) -> None:
    """A route that Azure would never hold makes its table unreadable, and the gap names the route."""
    faulty = route("bad", "10.0.0.0/8", "VirtualAppliance", "10.0.0.4")
    faulty["properties"] |= fields
    estate = estate_of(route_table("rt", [faulty]))

    assert estate.route_tables == {}
    assert "route bad" in estate.gaps[0].why


# Firewalls.


def test_classic_and_policy_rules_read_the_same() -> None:
    """The protocols of a network rule stand in another field in policies than in classic rules (6.1)."""
    modern = network_rule("r", ["*"], ["443"], protocols=["TCP"])
    old = {**modern, "protocols": modern["ipProtocols"]}
    del old["ipProtocols"], old["ruleType"]
    wall = firewall(
        "fw", "hub", "10.0.0.4", collections={"networkRuleCollections": [classic("c", 100, "Allow", [old])]}
    )
    rules = group("child", "rcg", 100, [collection("c", 100, "Allow", [modern])])
    estate = estate_of(wall, policy("child", ["rcg"]), rules)

    assert _only(estate.firewalls).collections[0].rules == _only(estate.groups).collections[0].rules


def test_unknown_action() -> None:
    """An action that is neither Allow nor Deny is kept as unknown (J2)."""
    estate = estate_of(policy("child", ["rcg"]), group("child", "rcg", 100, [collection("c", 100, "Observe", [])]))

    assert _only(estate.groups).collections[0].allow is None


def test_unknown_rule_type() -> None:
    """A rule of a type nobody knows makes its group unreadable: it may decide before the others (J2)."""
    rule = {**network_rule("r", ["*"], ["443"]), "ruleType": "QuantumRule"}
    estate = estate_of(policy("child", ["rcg"]), group("child", "rcg", 100, [collection("c", 100, "Deny", [rule])]))

    assert estate.groups == {}
    assert "quantumrule" in next(each.why for each in estate.gaps)


def test_group_without_priority() -> None:
    """A group without a priority has no place in the order and is unreadable."""
    estate = estate_of(_without(group("child", "rcg", 100, []), "priority"))

    assert estate.groups == {}


def test_several_tags_in_one_text() -> None:
    """Several FQDN tags in one text are kept apart from those Azure takes (F38)."""
    rule = application_rule("r", tags=["WindowsUpdate,HDInsight", "Windows Diagnostics"])
    estate = estate_of(policy("child", ["rcg"]), group("child", "rcg", 100, [collection("c", 100, "Allow", [rule])]))
    (found,) = _only(estate.groups).collections[0].rules

    assert isinstance(found, ApplicationRule)
    assert (found.fqdn_tags, found.malformed_tags) == (("windowsdiagnostics",), ("WindowsUpdate,HDInsight",))


def test_application_protocol_without_port() -> None:
    """A classic application rule may leave the port out; it is then that of its protocol (6.1)."""
    rule = application_rule("r", ["*"])
    rule["protocols"] = [{"protocolType": "Https"}, {"protocolType": "Http", "port": 8080}, {"protocolType": "Mssql"}]
    estate = estate_of(policy("child", ["rcg"]), group("child", "rcg", 100, [collection("c", 100, "Allow", [rule])]))
    (found,) = _only(estate.groups).collections[0].rules

    assert found.protocols == (("http", 8080), ("https", 443), ("mssql", 1433))


def test_address_forms_of_a_network_rule() -> None:
    """A network rule names addresses, prefixes, ranges and, as destinations, service tags (F17)."""
    rule = network_rule("r", ["Sql", "10.9.0.0/16"], ["1000-2000", "*"], sources=["10.1.0.4-10.1.0.9", "10.2.0.1"])
    estate = estate_of(policy("child", ["rcg"]), group("child", "rcg", 100, [collection("c", 100, "Allow", [rule])]))
    (found,) = _only(estate.groups).collections[0].rules

    assert isinstance(found, NetworkRule)
    assert found.sources.addresses == union(map(address_set, ("10.1.0.4-10.1.0.9", "10.2.0.1")))
    assert (found.destinations.tags, found.ports) == (("Sql",), ALL_PORTS)


def test_snat_and_dns_settings() -> None:
    """Private ranges and the DNS proxy are read from where classic firewalls and policies keep them (F45)."""
    extra = {"Network.SNAT.PrivateRanges": "IANAPrivateRanges, 20.0.0.0/8", "Network.DNS.EnableProxy": "true"}
    estate = estate_of(
        firewall("fw", "hub", "10.0.0.4", additionalProperties=extra),
        policy("child", [], snat={"privateRanges": ["0.0.0.0/0"]}, dnsSettings={"enableProxy": True}),
    )
    wall, rules = _only(estate.firewalls), _only(estate.policies)

    assert (wall.snat_ranges, wall.dns_proxy) == (("IANAPrivateRanges", "20.0.0.0/8"), True)
    assert (rules.snat_ranges, rules.dns.enabled) == (("0.0.0.0/0",), True)


def test_silent_policy_settings() -> None:
    """A policy that says nothing of DNS or SNAT is told from one that switches them off, since it may inherit."""
    rules = _only(estate_of(policy("child", [])).policies)

    assert (rules.snat_ranges, rules.dns.enabled) == (None, None)


def test_deallocated_firewall() -> None:
    """A firewall without ip configurations owns no address (F53)."""
    assert _only(estate_of(firewall("fw", "hub", None)).firewalls).addresses == ()


# What owns addresses, and workloads.


@pytest.mark.parametrize("field", ["privateIPAddress", "privateIpAddress"])
def test_spellings_of_private_addresses(field: str) -> None:
    """The private address of an interface is read in either of Azure's spellings."""
    card = interface("nva", "hub", "nva", "10.0.1.4", forwarding=True)
    inner = card["properties"]["ipConfigurations"][0]["properties"]
    inner[field] = inner.pop("privateIPAddress")

    assert [each[0] for each in _only(estate_of(card).appliances).addresses] == ["10.0.1.4"]


def test_environment_forms() -> None:
    """A v2 names VNet and subnet apart, a v3 the whole subnet; both lead to the same subnet (6.3)."""
    two = environment("shop", "spoke", "ASE")
    three = environment("shop", "spoke", "", kind="ASEV3")
    three["properties"]["virtualNetwork"] = {
        "id": f"{network_id('virtualNetworks', 'spoke')}/subnets/ase",
        "subnet": "",
    }

    assert _only(estate_of(two).environments).subnet == _only(estate_of(three).environments).subnet


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("None", False), ("Web, Publishing", True), ("Web", True), (None, None), (0, False), (3, True)],
)
def test_internal_or_external(mode: object, *, expected: bool | None) -> None:
    """An environment is internal, external, or does not say (6.3)."""
    made = environment("shop", "spoke", "ase")
    made["properties"]["internalLoadBalancingMode"] = mode

    assert _only(estate_of(made).environments).internal is expected
