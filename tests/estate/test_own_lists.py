"""Azure's own lists of an environment are read whole or not at all."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.estate.estate import Estate
from auditor.estate.own_lists import InboundEntry, OutboundEntry
from auditor.estate.ports import ALL_PORTS, port_set
from tests.builders import Document, environment, inbound_list, outbound_list
from tests.estate.documents import estate_of, town

SHOP = environment("shop", "spoke", "ase")["id"].lower()


def lists_read(estate: Estate) -> int:
    """Return how many lists an estate holds."""
    return len(estate.inbound_lists) + len(estate.outbound_lists)


def test_inbound_list() -> None:
    """Every entry arrives with its words, its addresses as people write them, and its ports."""
    document = inbound_list("shop", ["20.0.0.7/32", "20.0.1.0/24", "20.0.0.7"])
    (found,) = estate_of(document).inbound_lists.values()

    assert (found.id, found.environment) == (document["id"], SHOP)
    assert found.entries == (
        InboundEntry(
            description="Management of the platform", addresses=("20.0.0.7", "20.0.1.0/24"), ports=port_set("454-455")
        ),
        InboundEntry(
            description="Own VIP",
            addresses=("203.0.113.10",),
            ports=port_set("454-455") | port_set("16001"),
        ),
        InboundEntry(description="Own subnet", addresses=("10.1.1.0/24",), ports=ALL_PORTS),
    )


def test_outbound_list() -> None:
    """Names arrive normalised and once for each address and port; an address may stand where a name does."""
    endpoints: list[Document] = [
        {"domainName": "20.0.0.9", "endpointDetails": [{"port": 12000}]},
        {"domainName": "", "endpointDetails": [{"ipAddress": "20.0.0.8", "port": 1433, "latency": 1.5}]},
        {"domainName": "unresolved.contoso.com", "endpointDetails": []},
    ]
    document = outbound_list("shop", {"Login.Contoso.COM.": [443, 443], "*.pool.contoso.com": [80]}, *endpoints)
    (found,) = estate_of(document).outbound_lists.values()

    assert [(each.name, each.address, each.port) for each in found.entries] == [
        ("login.contoso.com", "203.0.114.5", 443),
        ("*.pool.contoso.com", "203.0.114.5", 80),
        ("", "20.0.0.9", 12000),
        ("", "20.0.0.8", 1433),
        ("unresolved.contoso.com", "", None),
    ]
    assert {each.category for each in found.entries} == {"Platform"}
    assert isinstance(found.entries[0], OutboundEntry)


def test_a_list_is_of_its_environment() -> None:
    """The list is found by the environment before its id, in whatever spelling; a trailing slash does not count."""
    document = inbound_list("shop", ["20.0.0.7"])
    document["id"] = document["id"].upper() + "/"
    estate = estate_of(*town(), document)

    assert estate.inbound_lists.keys() == {SHOP} == estate.environments.keys()


def test_missing_is_not_empty() -> None:
    """A source without a list has none and no gap; an empty list is there, with no entry."""
    without, empty = estate_of(*town()), estate_of(*town(), outbound_list("shop", {}))
    empty_one = inbound_list("shop", [])
    empty_one["properties"]["value"] = []

    assert (without.inbound_lists, without.outbound_lists, without.gaps) == ({}, {}, ())
    assert [each.entries for each in empty.outbound_lists.values()] == [()]
    assert [each.entries for each in estate_of(empty_one).inbound_lists.values()] == [()]


INBOUND_FAULTS: list[dict[str, Any]] = [
    {"value": None},
    {"value": {}},
    {"value": "20.0.0.7"},
    {"other": []},
    {"value": [None]},
    {"value": ["20.0.0.7"]},
    {"value": [{"description": "x", "ports": ["454"]}]},
    {"value": [{"description": "x", "endpoints": None, "ports": ["454"]}]},
    {"value": [{"description": "x", "endpoints": ["20.0.0.7"]}]},
    {"value": [{"description": "x", "endpoints": "20.0.0.7", "ports": ["454"]}]},
    {"value": [{"description": "x", "endpoints": ["20.0.0.7", ""], "ports": ["454"]}]},
    {"value": [{"description": "x", "endpoints": ["20.0.0.7", 7], "ports": ["454"]}]},
    {"value": [{"description": "x", "endpoints": ["AppServiceManagement"], "ports": ["454"]}]},
    {"value": [{"description": "x", "endpoints": ["20.0.0.7/33"], "ports": ["454"]}]},
    {"value": [{"description": "x", "endpoints": ["9" * 5000], "ports": ["454"]}]},
    {"value": [{"description": "x", "endpoints": ["20.0.0.7"], "ports": ["65536"]}]},
    {"value": [{"description": "x", "endpoints": ["20.0.0.7"], "ports": ["ssh"]}]},
    {"value": [{"description": "x", "endpoints": ["20.0.0.7"], "ports": [None]}]},
    {"value": [{"description": "x", "endpoints": ["20.0.0.7"], "ports": ["454"]}], "nextLink": "https://x"},
]

GOOD = {"domainName": "a.contoso.com", "endpointDetails": [{"port": 443}]}
OUTBOUND_FAULTS: list[Any] = [
    None,
    {},
    [None],
    [{}],
    [{"domainName": "a.contoso.com"}],
    [{"domainName": "a.contoso.com", "endpointDetails": None}],
    [{"domainName": "a.contoso.com", "endpointDetails": [443]}],
    [{"domainName": "a.contoso.com", "endpointDetails": [{"port": "https"}]}],
    [{"domainName": "a.contoso.com", "endpointDetails": [{"port": 0}]}],
    [{"domainName": "a.contoso.com", "endpointDetails": [{"port": True}]}],
    [{"domainName": "a.contoso.com", "endpointDetails": [{"port": 443, "ipAddress": "20.0.0"}]}],
    [GOOD, {"domainName": "https://a.contoso.com/", "endpointDetails": [{"port": 443}]}],
    [GOOD, {"domainName": "a b.contoso.com", "endpointDetails": [{"port": 443}]}],
    [GOOD, {"domainName": "localhost", "endpointDetails": [{"port": 443}]}],
    [GOOD, {"domainName": "*", "endpointDetails": [{"port": 443}]}],
    [GOOD, {"domainName": "a." * 200 + "com", "endpointDetails": [{"port": 443}]}],
    [GOOD, {"domainName": "\x1b[2J.contoso.com", "endpointDetails": [{"port": 443}]}],
    [GOOD, {"domainName": 7, "endpointDetails": [{"port": 443}]}],
    [GOOD, {"domainName": {"name": "x"}, "endpointDetails": [{"port": 443}]}],
    [GOOD, {"domainName": "20.0.0.300", "endpointDetails": [{"port": 443}]}],
    [GOOD, {"domainName": None, "endpointDetails": [{"port": 443}]}],
    [GOOD, {"domainName": None, "endpointDetails": []}],
]


def assert_gap(document: Document) -> None:
    """Assert that a list is one gap that names it, and that nothing else is lost."""
    estate = estate_of(*town(), document)

    assert lists_read(estate) == 0
    assert [(each.what, each.scope) for each in estate.gaps] == [(document["type"], document["id"])]
    assert "cannot be read" in estate.gaps[0].why
    assert len(estate.gaps[0].why) < 400
    assert estate.environments.keys() == {SHOP}


@pytest.mark.parametrize("properties", INBOUND_FAULTS, ids=lambda each: str(each)[:70])
def test_inbound_list_that_cannot_be_read(properties: dict[str, Any]) -> None:
    """One entry that cannot be read leaves the whole list unread: a gap, never a shorter list."""
    assert_gap({**inbound_list("shop", []), "properties": properties})


@pytest.mark.parametrize("endpoints", OUTBOUND_FAULTS, ids=lambda each: ascii(each)[:90])
def test_outbound_list_that_cannot_be_read(endpoints: object) -> None:
    """The same holds of the outbound list."""
    assert_gap({**outbound_list("shop", {}), "properties": {"value": [{"category": "x", "endpoints": endpoints}]}})


@pytest.mark.parametrize(
    "ending",
    [
        "/inboundNetworkDependenciesEndpoints/default",
        "",
        "/outboundNetworkDependenciesEndpoints",
        "/subnets/inboundNetworkDependenciesEndpoints",
    ],
)
def test_a_list_that_does_not_say_whose_it_is(ending: str) -> None:
    """A list whose id is not that of an environment with the name of the list behind it belongs to nobody."""
    document = inbound_list("shop", ["20.0.0.7"])
    document["id"] = document["id"].removesuffix("/inboundNetworkDependenciesEndpoints") + ending

    assert estate_of(document).inbound_lists == {}
    assert [each.scope for each in estate_of(document).gaps] == [document["id"]]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["20.0.0.7", "454", "a.b.com"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["value", "endpoints", "ports", "description", "domainName", "endpointDetails", "port", "ipAddress"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(value=JSON, inbound=st.booleans())
def test_whatever_stands_in_a_list(value: object, *, inbound: bool) -> None:
    """Any JSON at all is a list that was read, or one gap; it never stops the reading of the rest."""
    made = inbound_list("shop", []) if inbound else outbound_list("shop", {})
    made["properties"] = {"value": value}
    estate = estate_of(*town(), made)

    assert lists_read(estate) + len(estate.gaps) == 1
    assert estate.environments.keys() == {SHOP}
