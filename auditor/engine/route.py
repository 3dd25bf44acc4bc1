"""One route as it takes part in the choice, and what a choice between routes comes to."""

from dataclasses import dataclass

from auditor.estate.addresses import AddressSet, Prefix

KNOWN_NEXT_HOPS = frozenset({"internet", "virtualappliance", "vnetlocal", "virtualnetworkgateway", "none"})
"""Next hop types of user-defined routes (R14), in lower case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveRoute:
    """A route as it takes part in the choice.

    origin: "user", "vnet", "peering", "service-endpoint", "system", "hub" or "bgp". resource: ARM id of the route table
    or of what makes a hub teach it, "" for routes of Azure's own. length: of its prefix in bits; host: whether that is
    one address. rank: order between equal prefixes.
    next_hop: "internet", "virtualappliance", "vnetlocal", "peering", "service-endpoint", "virtualnetworkgateway",
    "none", one of `auditor.engine.virtual_wan`, or a word Azure may add. peer: comparing id of the peered VNet, or of
    what a virtual hub sends to. tag: service tag it is for, comparing form.
    """

    name: str
    text: str
    origin: str
    resource: str
    length: int
    host: bool
    rank: int
    next_hop: str
    next_hop_address: str
    spec: str
    peer: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a subnet does with a part of a destination.

    addresses: the part; None for all of a hidden destination. routes: the route taken, or, where it is not known which,
    every one that may be, the broadest first; then `why` says what it hangs on.
    hosts: routes for single addresses that a hidden destination may have among others: documents say of names that
        their addresses change, so that none stands behind one address alone. They can break a flow, not make it pass.
    """

    addresses: AddressSet | None
    routes: tuple[EffectiveRoute, ...]
    code: str = ""
    why: str = ""
    hosts: tuple[EffectiveRoute, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A route and the prefix it is for."""

    prefix: Prefix
    route: EffectiveRoute
