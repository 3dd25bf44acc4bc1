"""Flows: who sends what to whom. A flow is a set: a whole subnet, a prefix, every name of a pattern."""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from auditor.estate.addresses import NOTHING, PUBLIC, AddressSet, address_texts
from auditor.estate.intervals import EMPTY
from auditor.estate.ports import PortSet, port_set, port_text
from auditor.traces import FlowText

TCP, UDP, ICMP = "tcp", "udp", "icmp"
APPLICATION_PORTS = {80: "http", 443: "https", 1433: "mssql"}
SQL_REDIRECTED = port_set("11000-11999")
"""Ports that Azure SQL redirects connections to (F35)."""


@lru_cache(maxsize=1024)
def _public_without(elsewhere: AddressSet) -> AddressSet:
    return PUBLIC - elsewhere


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One end of a flow.

    addresses: its addresses; None where configuration cannot tell them, as for a name: then they are some public
        addresses, and which is unknown.
    name: the name or documented pattern, normalised, "" where the end is not a name.
    tag: the service tag in comparing form, where the end is all of a tag.
    elsewhere, elsewhere_tags: addresses and tags that the end is certainly not among, because the document that asks
        for it lists them beside it.
    fqdn_tags: FQDN tags, in comparing form, that a document publishes as covering the name.
    perhaps_tags: FQDN tags that may hold the name, though no document says so.
    """

    label: str
    addresses: AddressSet | None = None
    name: str = ""
    tag: str = ""
    elsewhere: AddressSet = NOTHING
    elsewhere_tags: frozenset[str] = frozenset()
    fqdn_tags: frozenset[str] = frozenset()
    perhaps_tags: frozenset[str] = frozenset()

    def __hash__(self) -> int:
        """Return the hash, worked out once: sets of addresses are long."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.label, self.addresses, self.name, self.tag, self.elsewhere, self.elsewhere_tags))

    @cached_property
    def universe(self) -> AddressSet:
        """The addresses the end may have."""
        return _public_without(self.elsewhere) if self.addresses is None else self.addresses


@lru_cache(maxsize=1024)
def first_of(end: Endpoint) -> Endpoint:
    """Return the first of equal ends, so that what is kept by its end keeps long sets of addresses once."""
    return end


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A set of flows that are decided together.

    protocol: "tcp", "udp" or "icmp". application: "http", "https" or "mssql" where the sender names its host so that an
    application rule can see the name; "" otherwise.
    """

    source: Endpoint
    destination: Endpoint
    protocol: str
    ports: PortSet
    application: str = ""

    @property
    def text(self) -> FlowText:
        """The flow as people write it."""
        port = self.protocol if self.protocol == ICMP else f"{port_text(self.ports)}/{self.protocol}"
        return FlowText(source=self.source.label, destination=self.destination.label, port=port)


def same_family(flow: Flow) -> Flow:
    """Return the flow between those addresses of both ends that can talk to each other: of one family."""
    if not (flow.source.universe.v6 or flow.destination.universe.v6):
        return flow
    source, destination = _families(flow.source), _families(flow.destination)
    if source == destination or not source & destination:
        return flow
    shared = source & destination
    return replace(flow, source=_only(flow.source, shared), destination=_only(flow.destination, shared))


def share_a_family(flow: Flow) -> bool:
    """Tell whether both ends have, or may have, addresses of one family: those of the two never talk (J4)."""
    return bool(_families(flow.source) & _families(flow.destination))


def _families(end: Endpoint) -> frozenset[int]:
    spaces = ((4, end.universe.v4), (6, end.universe.v6))
    return frozenset(family for family, addresses in spaces if addresses)


def _only(end: Endpoint, families: frozenset[int]) -> Endpoint:
    if end.addresses is None:
        return end
    v4 = end.addresses.v4 if 4 in families else EMPTY  # noqa: PLR2004 - the family
    v6 = end.addresses.v6 if 6 in families else EMPTY  # noqa: PLR2004 - the family
    return replace(end, addresses=AddressSet(v4, v6))


def part_of(flow: Flow, addresses: AddressSet | None) -> Flow:
    """Return the part of a flow that goes to some of its destination's addresses; None for all of a hidden one."""
    if addresses is None or addresses == flow.destination.addresses:
        return flow
    return replace(flow, destination=replace(flow.destination, addresses=addresses, label=address_texts(addresses)))
