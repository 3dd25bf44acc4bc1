"""What a decided flow tells of the way it took: the firewalls it crossed, and what tells its way from others."""

from collections.abc import Iterable

from auditor.engine.judgement import Judgement
from auditor.estate.arm import key
from auditor.traces import Hop, Path, Verdict

_FIREWALL = "/azurefirewalls/"


def firewalls_of(hops: Iterable[Hop]) -> tuple[str, ...]:
    """Return the comparing ids of the firewalls that hops led to, in order."""
    reached = (key(each.resource) for each in hops if each.at == "next-hop" and each.verdict is Verdict.ALLOW)
    return tuple(dict.fromkeys(each for each in reached if _FIREWALL in each))


def way_of(judgement: Judgement, own_vnet: str) -> tuple[Path | None, str]:
    """Return the way of a decided flow, with the comparing id of what tells it from other ways of its kind.

    That is the first firewall it crosses, else the subnet it comes from, else the network it ends in; "" where none of
    these does, as for flows to the Internet. own_vnet: comparing id of the VNet of the workload.
    """
    walk = judgement.exchange.walk if judgement.exchange else None
    if walk is None:
        return None, ""
    crossed = firewalls_of(walk.hops)
    ends = walk.arrives_in if walk.arrives_in != own_vnet else ""
    return walk.path, crossed[0] if crossed else judgement.sender or ends
