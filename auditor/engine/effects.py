"""What changes do: which requirements come out otherwise, and the fewest changes that make it so.

Changes are replayed on the earlier source, one, half or all of them, and what came out otherwise is audited each time:
what a change does is what the engine says it does, and not what it looks like.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from auditor.drifts import Attribution, Effect, Standing
from auditor.engine.changes import SOURCES, TAGS, Side, Swap
from auditor.estate.parts import chosen, put_together
from auditor.estate.snapshot import Snapshot
from auditor.findings import Result

At = tuple[str, str]
"""A workload in lower case, and a requirement."""
Standings = Mapping[At, Standing]
Workloads = frozenset[str]
"""Ids of workloads in lower case."""
Audit = Callable[[Snapshot, Workloads | None], Standings]
"""How the requirements of some workloads, or of all, come out in a source."""

NOT_THERE = Standing(outcome=None)
_BY = frozenset({"next-hop", "firewall", "route-table", "peering", "private-endpoint", "service-endpoint"})


def standings_of(results: Iterable[Result]) -> Standings:
    """Return how requirements come out, and by what their flows pass, where the results tell."""
    return {(each.workload.lower(), each.requirement): _standing(each) for each in results}


def _standing(result: Result) -> Standing:
    hops = result.trace.hops if result.trace else ()
    by = tuple(dict.fromkeys(each.resource.lower() for each in hops if each.at in _BY and each.resource))
    return Standing(outcome=result.outcome, path=result.path, by=by)


@dataclass
class Replay:
    """Two sources, and what the earlier one becomes with some of the changes.

    only: the workloads that replaying is about, once it is known which come out otherwise; None for all.
    """

    before: Side
    after: Side
    swaps: Sequence[Swap]
    audit: Audit
    only: Workloads | None = None
    _seen: dict[frozenset[int], Standings] = field(default_factory=dict)

    def standings(self, changes: Iterable[int]) -> Standings:
        """Return how requirements come out with these changes, by their places; each set is audited once."""
        wanted = frozenset(changes)
        if wanted not in self._seen:
            self._seen[wanted] = self.audit(self.snapshot(wanted), self.only)
        return self._seen[wanted]

    def snapshot(self, changes: Iterable[int]) -> Snapshot:
        """Return the earlier source with these changes."""
        swaps = [self.swaps[each] for each in changes]
        parts = chosen(self.before.parts, self.after.parts, {at for each in swaps for at in each.parts})
        gaps = dict(self.before.gaps)
        for at in {at for each in swaps for at in each.gaps}:
            gaps.pop(at, None)
            if at in self.after.gaps:
                gaps[at] = self.after.gaps[at]
        whole = {each.whole for each in swaps}
        return Snapshot(
            resources=put_together(parts),
            service_tags=(self.after if TAGS in whole else self.before).snapshot.service_tags,
            gaps=tuple(sorted(gaps.values())),
            sources=(self.after if SOURCES in whole else self.before).snapshot.sources,
        )


def effects_of(replay: Replay) -> tuple[Effect, ...]:
    """Return what all the changes do, each effect with what brings it about; sorted by workload and requirement."""
    every = range(len(replay.swaps))
    before, after = replay.standings(()), replay.audit(replay.after.snapshot, None)
    moved = sorted(at for at in before.keys() | after.keys() if before.get(at, NOT_THERE) != after.get(at, NOT_THERE))
    replay.only = frozenset(workload for workload, _ in moved)
    causes = _Causes(replay, before, after, moved)
    causes.search(tuple(every))
    return tuple(_effect(at, before, after, *causes.of(at)) for at in moved)


def _effect(at: At, before: Standings, after: Standings, attribution: Attribution, causes: tuple[int, ...]) -> Effect:
    return Effect(
        workload=at[0],
        requirement=at[1],
        before=before.get(at, NOT_THERE),
        after=after.get(at, NOT_THERE),
        attribution=attribution,
        causes=causes,
    )


class _Causes:
    """Looks for what brings effects about: single changes first, by halves, and then the fewest that do it together."""

    def __init__(self, replay: Replay, before: Standings, after: Standings, moved: Sequence[At]) -> None:
        self._replay = replay
        self._before, self._after, self._moved = before, after, moved
        self._alone: dict[At, list[int]] = {}
        self._together: list[frozenset[int]] = []

    def search(self, changes: tuple[int, ...]) -> None:
        """Find every change that brings an effect about by itself. Half of them that do nothing are left aside."""
        if not self._moved or not changes:
            return
        standings = self._replay.standings(changes)
        if not any(standings.get(at) != self._before.get(at) for at in self._moved):
            return
        if len(changes) > 1:
            half = len(changes) // 2
            self.search(changes[:half])
            self.search(changes[half:])
            return
        for at in self._moved:
            if self._as_after(at, standings):
                self._alone.setdefault(at, []).append(changes[0])

    def of(self, at: At) -> tuple[Attribution, tuple[int, ...]]:
        """Return the attribution of an effect and its causes."""
        if at in self._alone:
            return Attribution.ALONE, tuple(self._alone[at])
        found = next((each for each in self._together if self._is_minimal(at, each)), None) or self._fewest(at)
        if found is None:
            return Attribution.OPEN, ()
        return (Attribution.TOGETHER if len(found) > 1 else Attribution.ALONE), tuple(sorted(found))

    def _brings_about(self, at: At, changes: Iterable[int]) -> bool:
        return self._as_after(at, self._replay.standings(changes))

    def _as_after(self, at: At, standings: Standings) -> bool:
        """Tell whether a requirement comes out as in the later source: by outcome, or by its way where that is all."""
        before, after, now = (each.get(at, NOT_THERE) for each in (self._before, self._after, standings))
        return now.outcome == after.outcome if before.outcome != after.outcome else now == after

    def _is_minimal(self, at: At, changes: frozenset[int]) -> bool:
        return self._brings_about(at, changes) and not any(self._brings_about(at, changes - {each}) for each in changes)

    def _fewest(self, at: At) -> frozenset[int] | None:
        """Return changes that bring an effect about, of which none can be left out; None where not even all do."""
        needed = list(range(len(self._replay.swaps)))
        if not self._brings_about(at, needed):
            return None
        pieces = 2
        while len(needed) > 1:
            size = -(-len(needed) // pieces)
            parts = [needed[start : start + size] for start in range(0, len(needed), size)]
            smaller = next(_smaller(parts, lambda some: self._brings_about(at, some)), None)
            if smaller is not None:
                pieces = max(2, min(pieces - 1, len(smaller)))
                needed = smaller
            elif pieces >= len(needed):
                break
            else:
                pieces = min(len(needed), pieces * 2)
        found = frozenset(needed)
        self._together.append(found)
        return found


def _smaller(parts: Sequence[list[int]], enough: Callable[[list[int]], bool]) -> Iterator[list[int]]:
    """Yield the parts that are enough by themselves, and then what is enough without one of them."""
    yield from (each for each in parts if len(parts) > 1 and enough(each))
    for at in range(len(parts) if len(parts) > 2 else 0):  # noqa: PLR2004 - of two, that is the other one
        rest = [each for place, part in enumerate(parts) if place != at for each in part]
        if enough(rest):
            yield rest


def idle(effects: Iterable[Effect], number: int) -> tuple[int, ...]:
    """Return the places of changes that bring nothing about."""
    used = {each for effect in effects for each in effect.causes}
    return tuple(each for each in range(number) if each not in used)
