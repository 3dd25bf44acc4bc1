"""What could not be read, or is referred to and not there, is a gap and never a silence."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.findings import Gap
from tests.builders import (
    Document,
    group,
    ip_group,
    network_id,
    network_rule,
    peering,
    policy,
    route_table,
    subnet,
    vnet,
)
from tests.estate.documents import estate_of, town


@pytest.mark.parametrize(
    ("left_out", "kind"),
    [
        ("rt", "routeTables"),
        ("nsg", "networkSecurityGroups"),
        ("hub", "virtualNetworks"),
        ("child", "firewallPolicies"),
        ("parent", "firewallPolicies"),
        ("rcg", "firewallPolicies/ruleCollectionGroups"),
        ("offices", "ipGroups"),
    ],
)
def test_dangling_reference(left_out: str, kind: str) -> None:
    """A deciding resource that is referred to and not in the source is one gap, with its id and who refers to it."""
    documents = town()
    lost = next(each["id"] for each in documents if each["name"] == left_out)
    estate = estate_of(*(each for each in documents if each["name"] != left_out))
    (gap,) = [each for each in estate.gaps if each.scope == lost.lower()]

    assert gap.what == f"Microsoft.Network/{kind}"
    assert left_out in gap.why
    assert gap.why == estate.missing(lost.lower())


def test_subnet_of_an_environment() -> None:
    """An environment whose subnet is not in the source is a gap."""
    estate = estate_of(*(each for each in town() if each["name"] != "spoke"))

    assert any(each.what == "Microsoft.Network/virtualNetworks/subnets" for each in estate.gaps)


def test_gap_of_the_collector_wins() -> None:
    """Where the collector says why a resource is missing, that is the reason given, and the only one."""
    refused = Gap(what="Microsoft.Network/routeTables", scope=network_id("routeTables", "RT"), why="refused", needs="x")
    estate = estate_of(*(each for each in town() if each["name"] != "rt"), gaps=[refused])

    assert [each for each in estate.gaps if each.scope.lower().endswith("/rt")] == [refused]
    assert estate.missing(network_id("routeTables", "rt").lower()) == "refused"


@pytest.mark.parametrize("fault", [{}, None, "text", []], ids=repr)
def test_document_without_properties(fault: object) -> None:
    """A document without properties, as a list of names gives, is a gap and not an empty resource."""
    table = {**route_table("rt", []), "properties": fault}
    estate = estate_of(table)

    assert estate.route_tables == {}
    assert [(each.scope, "no properties" in each.why) for each in estate.gaps] == [(table["id"], True)]


def test_faulty_document_leaves_others_alone() -> None:
    """One unreadable resource takes no other with it."""
    faulty = route_table("bad", [{"name": "r", "properties": {"addressPrefix": "x/y"}}])
    estate = estate_of(faulty, *town())

    assert [each.scope for each in estate.gaps] == [faulty["id"]]
    assert len(estate.route_tables) == 1


def test_unread_types_are_known() -> None:
    """A resource of a type the estate does not read counts as present."""
    other = {"id": "/subscriptions/s/x/Odd", "name": "odd", "type": "Microsoft.Odd/things", "properties": {"a": 1}}
    estate = estate_of(other)

    assert estate.known_ids == {"/subscriptions/s/x/odd"}
    assert estate.gaps == ()


# Subnets that stand in the source twice.


def _twice(**own: object) -> tuple[Document, Document]:
    embedded = subnet("spoke", "ase", "10.1.1.0/24")
    alone = deepcopy(embedded)
    alone["properties"] |= own
    return vnet("spoke", "10.1.0.0/16", [embedded]), alone


def test_equal_subnets_merge() -> None:
    """A subnet read on its own and inside its VNet is one subnet."""
    estate = estate_of(*_twice())

    assert len(estate.subnets) == 1
    assert estate.gaps == ()


@pytest.mark.parametrize(
    "own",
    [
        {"addressPrefix": "10.1.2.0/24"},
        {"routeTable": {"id": network_id("routeTables", "rt")}},
        {"networkSecurityGroup": {"id": network_id("networkSecurityGroups", "nsg")}},
        {"natGateway": {"id": network_id("natGateways", "nat")}},
        {"serviceEndpoints": [{"service": "Microsoft.Sql"}]},
        {"serviceEndpointPolicies": [{"id": network_id("serviceEndpointPolicies", "p")}]},
    ],
    ids=lambda value: next(iter(value)),
)
def test_subnets_that_differ(own: dict[str, object]) -> None:
    """Two readings of a subnet that differ in what decides are a gap: neither is taken for the truth."""
    estate = estate_of(*_twice(**own))

    assert estate.subnets == {}
    assert any("twice" in each.why for each in estate.gaps)


# What a gap may hide.


@pytest.mark.parametrize(
    ("what", "scope", "hidden"),
    [
        ("Microsoft.Network/azureFirewalls", "", True),
        ("*", "", True),
        ("Microsoft.Network/azureFirewalls", "/subscriptions/S1", True),
        ("*", "/subscriptions/s1/resourceGroups/g", True),
        ("Microsoft.Network/azureFirewalls", "/subscriptions/s1/resourceGroups/g/deeper/still", True),
        ("Microsoft.Network/azureFirewalls", "/subscriptions/s2", False),
        ("Microsoft.Network/azureFirewalls", "/subscriptions/s11", False),
        ("Microsoft.Network/routeTables", "", False),
    ],
)
def test_may_hide(what: str, scope: str, *, hidden: bool) -> None:
    """A gap hides what is of its kind under, or over, its scope; one without a scope hides anything of its kind."""
    found = estate_of(gaps=[Gap(what=what, scope=scope, why="refused", needs="x")])
    gap = found.may_hide(["microsoft.network/azurefirewalls"], "/subscriptions/s1/resourcegroups/g")

    assert (gap is not None) is hidden


# Nothing a document holds is a crash.

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


def _places(value: object, so_far: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [so_far] if so_far else []
    if isinstance(value, dict):
        for name, each in value.items():
            found += _places(each, (*so_far, name))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            found += _places(each, (*so_far, at))
    return found


def _put(document: Document, place: tuple[str | int, ...], value: object) -> None:
    at: object = document
    for step in place[:-1]:
        at = at[step]  # type: ignore[index] # the place exists
    at[place[-1]] = value  # type: ignore[index] # the place exists


ALL = [(each, place) for each in town() for place in _places(each["properties"])]


@given(st.sampled_from(ALL), JSON)
def test_odd_values(where: tuple[Document, tuple[str | int, ...]], value: object) -> None:
    """Whatever JSON stands anywhere in a document, the estate is built: read, or with a gap."""
    document = deepcopy(where[0])
    _put(document["properties"], where[1], value)
    others = [each for each in town() if each["id"] != document["id"]]
    estate = estate_of(document, *others)

    at = document["id"].lower()
    assert at in estate.known_ids or at in estate.reasons


def test_ip_groups_of_rules() -> None:
    """An IP group that a firewall rule names on either side and that is not in the source is a gap."""
    rules = [
        network_rule("r", [], ["443"], sources=[], sourceIpGroups=["/g/one"], destinationIpGroups=["/g/two"]),
    ]
    made = group("child", "rcg", 100, [{"name": "c", "priority": 100, "action": {"type": "Allow"}, "rules": rules}])
    estate = estate_of(policy("child", ["rcg"]), made, ip_group("other", []))

    assert [each.scope for each in estate.gaps] == ["/g/one", "/g/two"]


def test_peered_network_elsewhere() -> None:
    """A VNet that is peered and not in the source is a gap."""
    estate = estate_of(vnet("spoke", "10.1.0.0/16", [], [peering("spoke", "hub", "10.0.0.0/16")]))

    assert [each.what for each in estate.gaps] == ["Microsoft.Network/virtualNetworks"]
