"""The network around a workload, as a drawing of it needs it: what stands there, where routes lead, what passes.

A sketch tells what configuration holds, not what it does to a flow: that is what traces are for. What could not be read
is `unknown` here and carries its reason; only what certainly is not there is `absent`.
"""

from dataclasses import dataclass
from enum import StrEnum

from auditor.traces import Path, Verdict


class Presence(StrEnum):
    """Whether something is there."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing of the network.

    id: ARM id; "" where it has none or is not known. name: as people call it.
    facts: short lines for people; of an unknown part, why it is unknown.
    verdict: `block` where it certainly lets nothing through, as a peering that is down; `unknown` where that is not
    known. holds: comparing ids of what belongs to it.
    """

    presence: Presence
    id: str = ""
    name: str = ""
    facts: tuple[str, ...] = ()
    verdict: Verdict = Verdict.ALLOW
    holds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Things of one kind. shown: the first of them. count: how many are known.

    doubt: why there may be more, or others; "" where these are certainly all. hidden: comparing ids of those that are
    not shown, and of what belongs to them.
    """

    shown: tuple[Part, ...] = ()
    count: int = 0
    doubt: str = ""
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One place to which routes of the subnet lead.

    next_hop: as in routes, lower case: "internet", "virtualappliance", "none", ... address: of the next hop, or "".
    verdict: `allow` where it takes traffic on, `block` where it drops it, `unknown` where that cannot be told.
    resource: ARM id of what stands there, also where nothing gets that far; "" where nothing does or that is not known.
    why: what the verdict rests on.
    routes: the broadest of the routes that lead there, as "name: prefix". count: how many do. names: of all of them,
    but for those to the Internet.
    """

    next_hop: str
    address: str
    verdict: Verdict
    resource: str
    why: str
    routes: tuple[str, ...]
    count: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """How many documented flows pass on one way.

    resource: comparing id of the firewall they pass, of the subnet they come from or of the network they end in, where
    one of these tells the way from others; "" elsewhere.
    """

    path: Path
    count: int
    resource: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """A requirement whose flow starts from another subnet than the workload's. subnet: its comparing id."""

    requirement: str
    subnet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """The network of one workload.

    ways: where its routes lead, of the user's, learned and default routes; `ways_doubt` says why there may be others,
    or why none could be told. firewalls: in its VNet, peered with it, or in its hub, and those that flows cross; the
    ones that routes lead to come first. admin_rules: security admin rules in force in the subnet. beside: the other
    subnets of the VNet. beyond: networks at the ends of flows that are not peered with it. passing: by way, only
    what passes.
    """

    vnet: Part
    subnet: Part
    admin_rules: Part
    security_group: Part
    route_table: Part
    ways: tuple[Way, ...]
    ways_doubt: str
    firewalls: Parts
    service_endpoints: Parts
    private_endpoints: Parts
    peerings: Parts
    gateways: Parts
    beside: Parts
    beyond: Parts
    passing: tuple[Passing, ...]
    senders: tuple[Sender, ...]
