"""One way of a flow as it is found: its hops in order, and what they come to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from auditor.engine.matching import together
from auditor.engine.route import EffectiveRoute
from auditor.traces import Hop, Path, Reason, Verdict

STATELESS = ""
"""Stands for "no stateful device on the way" where the id of one is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One way of a flow.

    hops: every hop, also those behind one that stops it.
    firewalls: comparing ids of the stateful firewalls that parts of the flow cross, STATELESS for a part that crosses
    none, None where it is not known. exclusive: whether all of the flow crosses one of them, and which is not known.
    snat: whether the far end sees the firewall's address. last, last_snat: comparing id of the firewall that comes
    last, where that is another, None where it is not known which, and whether it translates.
    routes: the routes that take the flow out of its subnet.
    arrives_in: comparing id of the VNet it ends in, where it ends in one.
    possible: stops on ways that may not be taken.
    """

    verdict: Verdict
    path: Path
    hops: tuple[Hop, ...]
    firewalls: tuple[str | None, ...] = (STATELESS,)
    exclusive: bool = False
    snat: bool | None = False
    last: str | None = ""
    last_snat: bool | None = False
    routes: tuple[EffectiveRoute, ...] = ()
    arrives_in: str = ""
    possible: tuple[Hop, ...] = ()
    caveats: tuple[str, ...] = ()

    @property
    def stops(self) -> tuple[Hop, ...]:
        """The hops that do not let the whole flow through."""
        return tuple(each for each in self.hops if each.verdict is not Verdict.ALLOW)

    @property
    def reason(self) -> Reason:
        """Why the verdict is what it is: the first stop, or the last hop of a way that is free."""
        deciding = next((each for each in self.hops if each.verdict in _GRAVE.get(self.verdict, ())), None)
        deciding = deciding or (self.stops[0] if self.stops else self.hops[-1])
        return Reason(code=deciding.code, text=deciding.why)


_GRAVE = {
    Verdict.BLOCK: (Verdict.BLOCK,),
    Verdict.PARTIAL: (Verdict.BLOCK, Verdict.PARTIAL),
    Verdict.UNKNOWN: (Verdict.UNKNOWN,),
}


def in_series(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict of hops one behind the other: one that blocks blocks all."""
    seen = set(verdicts)
    for verdict in (Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN):
        if verdict in seen:
            return verdict
    return Verdict.ALLOW


def join_ways(filtered: tuple[Hop, ...], ways: list[Walk]) -> Walk:
    """Join the ways of the parts of a flow behind what they share; the worst part is shown."""
    ways.sort(key=lambda each: _WORST.index(each.verdict))
    shown = ways[0]
    verdict = in_series((*(each.verdict for each in filtered), together(each.verdict for each in ways)))
    return replace(
        shown,
        verdict=verdict,
        hops=(*filtered, *shown.hops),
        firewalls=tuple(dict.fromkeys(each for way in ways for each in way.firewalls)),
        snat=shown.snat if len({each.snat for each in ways}) == 1 else None,
        last=shown.last if len({(each.last, each.last_snat) for each in ways}) == 1 else None,
        routes=tuple(dict.fromkeys(route for each in ways for route in each.routes)),
        possible=tuple(dict.fromkeys(hop for each in ways for hop in each.possible)),
        caveats=tuple(dict.fromkeys(text for each in ways for text in each.caveats)),
    )


_WORST = (Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN, Verdict.ALLOW)
