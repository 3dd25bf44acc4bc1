"""Address sets and the texts Azure writes addresses as, against Python's own `ipaddress`."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.estate.addresses import (
    ALL_V4,
    EVERYTHING,
    NOTHING,
    PLATFORM,
    PRIVATE,
    PUBLIC,
    AddressSet,
    address_set,
    address_texts,
    looks_like_address,
    prefix,
    union,
)
from auditor.estate.intervals import IntervalSet

V4 = st.integers(0, 2**32 - 1)
V6 = st.integers(0, 2**128 - 1)
small_v4 = st.builds(lambda host, length: f"10.0.0.{host}/{length}", st.integers(0, 31), st.integers(27, 32))
small_v6 = st.builds(lambda host, length: f"fd00::{host:x}/{length}", st.integers(0, 31), st.integers(123, 128))
texts = st.lists(st.one_of(small_v4, small_v6), max_size=5)


def _held(written: list[str]) -> set[IPv4Address | IPv6Address]:
    return {address for each in written for address in ip_network(each, strict=False)}


def _listed(found: AddressSet) -> set[IPv4Address | IPv6Address]:
    four = {IPv4Address(number) for low, high in found.v4.spans for number in range(low, high + 1)}
    return four | {IPv6Address(number) for low, high in found.v6.spans for number in range(low, high + 1)}


@given(V4, st.integers(0, 32))
def test_v4_prefix(number: int, length: int) -> None:
    """An IPv4 prefix means what `ipaddress` says, bits right of its mask left aside."""
    text = f"{IPv4Address(number)}/{length}"
    network = IPv4Network(text, strict=False)
    found = prefix(text)

    assert (found.family, found.first, found.last, found.length) == (
        4,
        int(network.network_address),
        int(network.broadcast_address),
        length,
    )


@given(V6, st.integers(0, 128))
def test_v6_prefix(number: int, length: int) -> None:
    """An IPv6 prefix means what `ipaddress` says, and shares no address with any IPv4 prefix."""
    text = f"{IPv6Address(number)}/{length}"
    network = IPv6Network(text, strict=False)
    found = prefix(text)

    assert (found.family, found.first, found.last, found.length) == (
        6,
        int(network.network_address),
        int(network.broadcast_address),
        length,
    )
    assert found.addresses & ALL_V4 == NOTHING


@given(st.one_of(V4.map(IPv4Address), V6.map(IPv6Address)))
def test_single_address(address: IPv4Address | IPv6Address) -> None:
    """An address without a mask is one address."""
    assert address_set(str(address)) == address_set(f"{address}/{address.max_prefixlen}")


@given(V4, V4)
def test_range(first: int, last: int) -> None:
    """A range holds both ends and all between; one written from high to low is refused."""
    text = f"{IPv4Address(first)}-{IPv4Address(last)}"
    if first <= last:
        assert address_set(text) == AddressSet(IntervalSet(((first, last),)))
    else:
        with pytest.raises(ValueError, match="is not an address range"):
            address_set(text)


@given(texts, texts)
def test_algebra_agrees_with_sets(left: list[str], right: list[str]) -> None:
    """Union, intersection, difference and inclusion agree with sets of addresses of both families."""
    a, b = union(map(address_set, left)), union(map(address_set, right))
    mine, theirs = _held(left), _held(right)

    assert (_listed(a | b), _listed(a & b), _listed(a - b)) == (mine | theirs, mine & theirs, mine - theirs)
    assert (a <= b, bool(a)) == (mine <= theirs, bool(mine))


@given(texts)
def test_texts_read_back(written: list[str]) -> None:
    """What is shown of a set, read again, is the set."""
    found = union(map(address_set, written))
    shown = address_texts(found, most=1000)

    assert union(address_set(each) for each in shown.split(", ") if each) == found


def test_texts_are_cut() -> None:
    """A long set is shown by its first prefixes, and says that there are more."""
    assert address_texts(union(map(address_set, ("10.0.0.1", "10.0.0.3", "10.0.0.5"))), most=2) == (
        "10.0.0.1, 10.0.0.3 and more"
    )
    assert address_texts(EVERYTHING) == "*"


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "10.0.0", "10.0.0.0.0", "10.0.0.256", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8"),
        *(
            "10.0.0.1e",
            "0x0a.0.0.1",
            "1\u0966.0.0.1",
            "fd00::/129",
            "fd00::g",
            "Storage",
            "*/0",
            "10.0.0.0/8-10.1.0.0/16",
        ),
        *("10.0.0.1-", "-10.0.0.1", "10.0.0.1-fd00::1", "10.0.0.1-10.0.0.2-10.0.0.3"),
    ],
)
def test_no_address(text: str) -> None:
    """What is no address is refused with words that quote it, never read as some set."""
    with pytest.raises(ValueError, match="is not an address"):
        address_set(text)


@given(st.text(max_size=20))
def test_any_text(text: str) -> None:
    """Whatever a document holds is read, or refused as a ValueError."""
    try:
        found = address_set(text)
    except ValueError:
        return

    assert found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((each, True) for each in ("*", "10.0.0.4", "10.0.0.0/8", "fd00::/8", "10.0.0.4-10.0.0.9", "10.0.0.999")),
        *((each, False) for each in ("Storage", "Storage.WestUS", "VirtualNetwork", "AzureCloud.eastus2")),
    ],
)
def test_address_or_tag(text: str, *, expected: bool) -> None:
    """What starts like an address is meant as one, right or wrong; a service tag is not."""
    assert looks_like_address(text) is expected


def test_whole_space() -> None:
    """A star is every address of both families; 0.0.0.0/0 is IPv4 only."""
    assert address_set("*") == EVERYTHING
    assert address_set("0.0.0.0/0") == ALL_V4
    assert address_set("0.0.0.0/0") | address_set("::/0") == EVERYTHING


@given(V4)
def test_public_and_private(number: int) -> None:
    """No private or shared address counts as public, and no address that the Internet routes counts as private."""
    address = IPv4Address(number)
    one = address_set(str(address))

    assert (one <= PUBLIC) == ((address.is_global or _documentation(address)) and one != PLATFORM)
    assert not (one <= PUBLIC and one <= PRIVATE)


def _documentation(address: IPv4Address) -> bool:
    """Tell whether an address is kept for examples, which use it as if it were public, or for old relays."""
    kept = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "192.88.99.0/24")
    return any(address in IPv4Network(each) for each in kept)
