"""What happens to one flow: the words of `flow-trace/1`.

A trace is a list of hops, each a place that decides, with the Azure rule that decided and the number of the
specification rule it rests on. Verdicts are three-valued throughout, plus `partial` where a set of flows is split.
"""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a hop, or the whole exchange, does with a flow."""

    ALLOW = "allow"
    BLOCK = "block"
    PARTIAL = "partial"
    UNKNOWN = "unknown"


class Path(StrEnum):
    """The way a flow leaves its subnet."""

    DIRECT = "direct"
    FIREWALL = "firewall"
    SERVICE_ENDPOINT = "service-endpoint"
    PRIVATE_ENDPOINT = "private-endpoint"
    VNET = "vnet"
    PEERING = "peering"
    GATEWAY = "gateway"
    APPLIANCE = "appliance"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a verdict is what it is: a stable code for programs, a sentence for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One place that decides.

    at: kind of place: "subnet-nsg", "route-table", "next-hop", "firewall", "firewall-egress", "internet", ...
    resource: ARM id of the resource that decides, as Azure spells it; "" where Azure itself decides (system routes).
    decided_by: name of the Azure rule or route that decided, such as "fw-policy/rcg/allow-web/update"; "" if none did.
    code: stable explanation code, such as "firewall-network-deny".
    why: one sentence for people.
    spec: number of the rule in the network semantics the decision rests on, such as "F24".
    """

    at: str
    resource: str
    decided_by: str
    verdict: Verdict
    code: str
    why: str
    spec: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The way back of a two-way flow."""

    verdict: Verdict
    path: Path
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowText:
    """A flow as people write it: `source` -> `destination`, "443/tcp"."""

    source: str
    destination: str
    port: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One flow, hop by hop, and what became of it.

    verdict, reason: of the whole exchange; a flow whose reply is lost is blocked.
    path: the forward one.
    hops: up to and including the first that stops the flow.
    """

    flow: FlowText
    verdict: Verdict
    path: Path
    reason: Reason
    hops: tuple[Hop, ...]
    reply: Reply | None = None
    caveats: tuple[str, ...] = ()
