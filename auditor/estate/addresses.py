"""Sets of IP addresses. The two families never mix."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, summarize_address_range
from itertools import islice

from auditor.estate.intervals import EMPTY, IntervalSet, Span

_V4_BITS, _V6_BITS = 32, 128
_OCTETS, _OCTET_MAX = 4, 255


@dataclass(frozen=True, slots=True)
class AddressSet:
    """An immutable set of IPv4 and IPv6 addresses with exact algebra."""

    v4: IntervalSet = EMPTY
    v6: IntervalSet = EMPTY

    def __bool__(self) -> bool:
        """Tell whether any address is in the set."""
        return bool(self.v4.spans or self.v6.spans)

    def __or__(self, other: "AddressSet") -> "AddressSet":
        """Return the addresses in either set."""
        return AddressSet(self.v4 | other.v4, self.v6 | other.v6)

    def __and__(self, other: "AddressSet") -> "AddressSet":
        """Return the addresses in both sets."""
        return AddressSet(self.v4 & other.v4, self.v6 & other.v6)

    def meets(self, other: "AddressSet") -> bool:
        """Tell whether any address is in both sets."""
        return self.v4.meets(other.v4) or self.v6.meets(other.v6)

    def __sub__(self, other: "AddressSet") -> "AddressSet":
        """Return the addresses of this set that are not in `other`."""
        return AddressSet(self.v4 - other.v4, self.v6 - other.v6)

    def __le__(self, other: "AddressSet") -> bool:
        """Tell whether all of this set is in `other`."""
        return self.v4 <= other.v4 and self.v6 <= other.v6

    def __ge__(self, other: "AddressSet") -> bool:
        """Tell whether all of `other` is in this set."""
        return other <= self


NOTHING = AddressSet()
ALL_V4 = AddressSet(IntervalSet(((0, 2**_V4_BITS - 1),)))
EVERYTHING = AddressSet(ALL_V4.v4, IntervalSet(((0, 2**_V6_BITS - 1),)))


@dataclass(frozen=True, slots=True)
class Prefix:
    """One CIDR prefix: family 4 or 6, its first and last address as numbers, and its length in bits."""

    family: int
    first: int
    last: int
    length: int

    @property
    def addresses(self) -> AddressSet:
        """The addresses under the prefix."""
        span = IntervalSet(((self.first, self.last),))
        return AddressSet(v4=span) if self.family == _V4_BITS // 8 else AddressSet(v6=span)


def _v4_number(text: str) -> int:
    parts = text.split(".")
    if len(parts) != _OCTETS:
        raise ValueError(text)
    number = 0
    for part in parts:
        if not (part.isascii() and part.isdecimal()) or len(part) > len("255") or int(part) > _OCTET_MAX:
            raise ValueError(text)
        number = number * 256 + int(part)
    return number


def _v6_prefix(text: str) -> Prefix:
    host, slash, mask = text.partition("/")
    length = int(mask) if slash and mask.isascii() and mask.isdecimal() else _V6_BITS
    if length > _V6_BITS or (slash and not (mask.isascii() and mask.isdecimal())):
        raise ValueError(text)
    if "%" in host:  # a zone of one machine
        raise ValueError(text)
    number = int(IPv6Address(host))
    block = 1 << (_V6_BITS - length)
    first = number - number % block
    return Prefix(6, first, first + block - 1, length)


@lru_cache(maxsize=65536)
def prefix(text: str) -> Prefix:
    """Return the prefix written as "10.0.0.0/8", "10.0.0.4" (a single address) or the IPv6 forms.

    Bits right of the mask are ignored, as Azure does when it normalises a prefix.
    Raises ValueError, whose text says what would be right, for anything else.
    """
    text = text.strip()
    try:
        if ":" in text:
            return _v6_prefix(text)
        host, slash, mask = text.partition("/")
        number = _v4_number(host)
        if slash and not (mask.isascii() and mask.isdecimal() and int(mask) <= _V4_BITS):
            raise ValueError(text)  # noqa: TRY301 - one message for every way of being wrong
    except ValueError:
        raise ValueError(
            f'"{text}" is not an address prefix; write it as 10.0.0.0/24, with a length of at most 32 (IPv6: 128)'
        ) from None
    length = int(mask) if slash else _V4_BITS
    block = 1 << (_V4_BITS - length)
    first = number - number % block
    return Prefix(4, first, first + block - 1, length)


@lru_cache(maxsize=65536)
def address_set(text: str) -> AddressSet:
    """Return the addresses of one Azure address field: "*", a prefix, an address or a range "10.0.0.4-10.0.0.9".

    Service tags are not addresses. Raises ValueError, whose text says what would be right.
    """
    text = text.strip()
    if text == "*":
        return EVERYTHING
    first, dash, last = text.partition("-")
    if not dash:
        return prefix(text).addresses
    low, high = prefix(first), prefix(last)
    if low.family != high.family or low.first > high.last or low.length != high.length or low.first != low.last:
        raise ValueError(f'"{text}" is not an address range; write the lower address first, as in 10.0.0.4-10.0.0.9')
    span = IntervalSet(((low.first, high.last),))
    return AddressSet(v4=span) if low.family == _V4_BITS // 8 else AddressSet(v6=span)


def looks_like_address(text: str) -> bool:
    """Tell whether `text` is meant as an address field rather than a service tag, right or wrong."""
    text = text.strip()
    return text == "*" or ":" in text or (text[:1].isdigit() and "." in text)


def union(sets: Iterable[AddressSet]) -> AddressSet:
    """Return the union of many sets in one pass."""
    v4: list[Span] = []
    v6: list[Span] = []
    for each in sets:
        v4.extend(each.v4.spans)
        v6.extend(each.v6.spans)
    return AddressSet(IntervalSet.of(v4), IntervalSet.of(v6))


def address_texts(addresses: AddressSet, most: int = 8) -> str:
    """Return a set as people write it: prefixes, comma-separated, at most `most` of them, then "and more"."""
    if addresses == EVERYTHING:
        return "*"
    shown = [each.removesuffix("/32") for each in islice(prefix_texts(addresses), most + 1)]
    return ", ".join(shown[:most]) + (" and more" if len(shown) > most else "")


def prefix_texts(addresses: AddressSet) -> Iterator[str]:
    """Yield the fewest prefixes that make up a set, ascending, IPv4 first."""
    for low, high in addresses.v4.spans:
        yield from map(str, summarize_address_range(IPv4Address(low), IPv4Address(high)))
    for low, high in addresses.v6.spans:
        yield from map(str, summarize_address_range(IPv6Address(low), IPv6Address(high)))


_SPECIAL_V4 = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3", "168.63.129.16/32"),
)

PRIVATE = union(address_set(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
"""RFC 1918."""

PUBLIC = ALL_V4 - union(address_set(each) for each in _SPECIAL_V4)
"""IPv4 addresses that a public name can stand for.

Source: IANA IPv4 Special-Purpose Address Registry, https://www.iana.org/assignments/iana-ipv4-special-registry
"""

HOST = address_set("168.63.129.16")
"""The virtual public address of the Azure host: DNS, DHCP and load balancer probes."""

METADATA = address_set("169.254.169.254")
"""The instance metadata service."""

PLATFORM = HOST | METADATA
"""Addresses of the platform itself, which no route moves and which NSGs filter only by their own tags (N12, R45)."""

CARRIED = PUBLIC | address_set("2000::/3")
"""What the Internet carries: of IPv4 the public addresses, of IPv6 those given out for it (RFC 4291)."""
