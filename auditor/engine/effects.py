"""What changes do: which requirements come out otherwise, and the fewest changes that make it so.

Changes are replayed on the earlier source, one, half or all of them, and what came out otherwise is audited each time:
what a change does is what the engine says it does, and not what it looks like.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from auditor.drifts import Attribution, Effect, Happened, Standing
from auditor.engine.changes import SOURCES, TAGS, Side, Swap
from auditor.estate.estate import Estate, build_estate
from auditor.estate.parts import chosen, put_together
from auditor.estate.snapshot import Snapshot
from auditor.findings import Outcome, Result

At = tuple[str, str]
"""A workload in lower case, and a requirement."""
Standings = Mapping[At, Standing]
Workloads = frozenset[str]
"""Ids of workloads in lower case."""
Audit = Callable[[Estate, Workloads | None], Standings]
"""How the requirements of some workloads, or of all, come out in an estate."""

NOT_THERE = Standing(outcome=None)
_NOT_KNOWN = Standing(outcome=Outcome.UNKNOWN)
"""How a requirement of a workload comes out that was not read."""
_KEPT = 6
"""Estates that are kept, as the same changes are asked about for one workload after the other."""
_TRIED = 8
"""Sets of changes found for other effects that are tried before looking for new ones."""
_EACH = 64
"""Workloads audited to look at every change by itself; where it takes more, changes are looked at by halves."""
_BY = frozenset({"next-hop", "firewall", "route-table", "peering", "private-endpoint", "service-endpoint"})


def standings_of(results: Iterable[Result]) -> Standings:
    """Return how requirements come out, and by what their flows pass, where the results tell."""
    return {(each.workload.lower(), each.requirement): _standing(each) for each in results}


def _standing(result: Result) -> Standing:
    hops = result.trace.hops if result.trace else ()
    by = tuple(dict.fromkeys(each.resource.lower() for each in hops if each.at in _BY and each.resource))
    return Standing(outcome=result.outcome, path=result.path, by=by)


@dataclass
class _Seen:
    """What was audited with one set of changes. workloads: of which; None for all."""

    workloads: Workloads | None = frozenset()
    standings: dict[At, Standing] = field(default_factory=dict)


@dataclass
class Replay:
    """Two sources, and what the earlier one becomes with some of the changes."""

    before: Side
    after: Side
    swaps: Sequence[Swap]
    audit: Audit
    _seen: dict[frozenset[int], _Seen] = field(default_factory=dict)
    _estates: dict[frozenset[int], Estate] = field(default_factory=dict)

    def standings(self, changes: Iterable[int], workloads: Workloads | None = None) -> Standings:
        """Return how requirements come out with these changes, by their places.

        workloads: of which they are wanted, None for all; others may be there too. None is audited twice.
        """
        wanted = frozenset(changes)
        seen = self._seen.setdefault(wanted, _Seen())
        if seen.workloads is None:
            return seen.standings
        missing = None if workloads is None else workloads - seen.workloads
        if missing is None or missing:
            seen.standings.update(self.audit(self._estate(wanted), missing))
            seen.workloads = None if missing is None else seen.workloads | missing
        return seen.standings

    def _estate(self, changes: frozenset[int]) -> Estate:
        """Return the estate of the earlier source with these changes; the last few are kept."""
        found = self._estates.pop(changes, None) or build_estate(self.snapshot(changes))
        self._estates[changes] = found
        if len(self._estates) > _KEPT:
            del self._estates[next(iter(self._estates))]
        return found

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
    before, after = replay.standings(()), replay.audit(build_estate(replay.after.snapshot), None)
    moved = sorted(at for at in before.keys() | after.keys() if before.get(at, NOT_THERE) != after.get(at, NOT_THERE))
    causes = _Causes(replay, before, after)
    causes.search(moved)
    unread = {each.change.id for each in replay.swaps if each.change.happened is Happened.UNREAD}
    found = [_effect(at, before, after, *causes.of(at)) for at in moved]
    return tuple(
        replace(each, after=_NOT_KNOWN) if each.workload in unread and each.after == NOT_THERE else each
        for each in found
        if each.workload not in unread or each.before.outcome is not Outcome.UNKNOWN
    )


def _workloads(moved: Iterable[At]) -> Workloads:
    return frozenset(workload for workload, _ in moved)


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
    """Looks for what brings effects about: single changes first, and then the fewest that do it together."""

    def __init__(self, replay: Replay, before: Standings, after: Standings) -> None:
        self._replay = replay
        self._before, self._after = before, after
        self._alone: dict[At, list[int]] = {}
        self._together: list[frozenset[int]] = []

    def search(self, moved: Sequence[At]) -> None:
        """Find every change that brings some effects about by itself, looking at each, or at halves if that is much."""
        changes = tuple(range(len(self._replay.swaps)))
        if len(changes) * len(_workloads(moved)) > _EACH:
            self._search(changes, moved)
            return
        for each in changes:
            self._search((each,), moved)

    def _search(self, changes: tuple[int, ...], moved: Sequence[At]) -> None:
        """Find them among some changes. Of what half of them do nothing to, they are left aside."""
        if not moved or not changes:
            return
        standings = self._replay.standings(changes, _workloads(moved))
        touched = _workloads(at for at in moved if standings.get(at) != self._before.get(at))
        if len(changes) > 1:
            rest = [at for at in moved if at[0] in touched]
            half = len(changes) // 2
            self._search(changes[:half], rest)
            self._search(changes[half:], rest)
            return
        for at in moved:
            if self._as_after(at, standings):
                self._alone.setdefault(at, []).append(changes[0])

    def of(self, at: At) -> tuple[Attribution, tuple[int, ...]]:
        """Return the attribution of an effect and its causes."""
        if at in self._alone:
            return Attribution.ALONE, tuple(self._alone[at])
        last = islice(reversed(self._together), _TRIED)
        found = next((each for each in last if self._is_minimal(at, each)), None) or self._fewest(at)
        if found is None:
            return Attribution.OPEN, ()
        return (Attribution.TOGETHER if len(found) > 1 else Attribution.ALONE), tuple(sorted(found))

    def _brings_about(self, at: At, changes: Iterable[int]) -> bool:
        return self._as_after(at, self._replay.standings(changes, _workloads([at])))

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
