"""What two sources tell differently, part by part, whatever the order, the spelling and Azure's own noise."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from auditor.drifts import Change, Difference, Happened
from auditor.engine.wording import kind_word, phrase, worded
from auditor.estate.arm import id_of, key, text
from auditor.estate.essence import Mention, essence, essential_fields, twins_of, typed_parts
from auditor.estate.estate import build_estate, parsed
from auditor.estate.firewall import RuleCollectionGroup
from auditor.estate.parts import Parts, Place, is_listed, take_apart
from auditor.estate.snapshot import LIVE, SNAPSHOT, Document, Snapshot
from auditor.estate.web import HostingEnvironment
from auditor.findings import Gap

TAGS, SOURCES = "service tags", "sources"
"""Keys of what is of a source as a whole."""
_SHOWN = 4


@dataclass(frozen=True, eq=False)
class Broken:
    """A document that cannot be read: it is the same only where all that it says is the same."""

    document: Document
    gap: Gap


@dataclass(frozen=True, eq=False)
class Side:
    """One of two sources that are compared."""

    snapshot: Snapshot

    @cached_property
    def parts(self) -> Parts:
        """Its documents, taken apart."""
        return take_apart(self.snapshot.resources)

    @cached_property
    def typed(self) -> Mapping[str, Any]:
        """Everything in it that decides, by the key of its part."""
        found: dict[str, Any] = {}
        for document in self.snapshot.resources:
            for at, thing in _typed(document):
                if not isinstance(thing, Mention) or at not in found:
                    found[at] = thing
        return found

    @cached_property
    def gaps(self) -> Mapping[str, Gap]:
        """What it could not read, by key."""
        return {f"gap {each.what.lower()} {key(each.scope)}": each for each in self.snapshot.gaps}

    @cached_property
    def tags(self) -> Mapping[str, frozenset[str]]:
        """The prefixes of its service tags, by cloud and tag."""
        return {
            f"{text(listed.get('cloud')).lower()} {text(value.get('name'))}": frozenset(_prefixes(value))
            for listed in self.snapshot.service_tags
            for value in listed.get("values") or ()
        }

    @property
    def complete(self) -> bool:
        """Whether what is not in it is not there."""
        sources = self.snapshot.sources
        return bool(sources) and all(each.kind in {LIVE, SNAPSHOT} for each in sources)

    @cached_property
    def missing(self) -> frozenset[str]:
        """Comparing ids of what it could not read, and of what it refers to and does not hold."""
        return frozenset(key(each.scope) for each in build_estate(self.snapshot).gaps)

    @cached_property
    def _held_above(self) -> frozenset[str]:
        return frozenset(above for at in self.typed for above in _ancestors(at))

    def hides(self, at: str) -> bool:
        """Tell whether a part that is not in it may be there all the same.

        A gap lies over it, it is referred to, or something is there that lies in it.
        """
        if at in self._held_above:
            return True
        return bool({at, "", *_ancestors(at)} & self.missing)


def _typed(document: Document) -> Iterator[tuple[str, Any]]:
    at = key(id_of(document))
    thing = parsed(document)
    if isinstance(thing, Gap):
        yield at, Broken(document, thing)
    elif thing is not None:
        yield from typed_parts(at, thing)


def _prefixes(value: Mapping[str, Any]) -> Iterator[str]:
    yield from (value.get("properties") or {}).get("addressPrefixes") or ()


@dataclass(frozen=True, kw_only=True)
class Swap:
    """A change with what has to be taken from the later source to make it: keys of parts and of gaps."""

    change: Change
    parts: frozenset[str] = frozenset()
    gaps: frozenset[str] = frozenset()
    whole: str = ""


def swaps_between(before: Side, after: Side) -> tuple[Swap, ...]:
    """Return every change, sorted by the key of its part; a resource that comes or goes is one with all it holds."""
    changes = _changes(before, after)
    unread = {at for at, each in changes.items() if each.happened is Happened.UNREAD}
    keys = before.parts.held.keys() | after.parts.held.keys()
    gone = before.gaps.keys() ^ after.gaps.keys()
    told_by = {gap: at for gap in gone for at in unread if key(_gap(gap, before, after).scope) == at}
    swaps = [
        Swap(
            change=change,
            parts=_swapped(at, change, keys),
            gaps=frozenset(gap for gap, told in told_by.items() if told == at),
        )
        for at, change in sorted(changes.items())
    ]
    swaps += [_of_gap(gap, before, after) for gap in sorted(gone - told_by.keys())]
    return (*swaps, *_of_the_whole(before, after))


def _swapped(at: str, change: Change, keys: Iterator[str] | Any) -> frozenset[str]:  # noqa: ANN401 - a set of keys
    """Return the keys of what a change takes along: of a name that is there twice, which is which is not known."""
    named = twins_of(at)
    several = {each for each in keys if each.startswith(named) and twins_of(each) == named}
    if change.happened is Happened.CHANGED and len(several) == 1:
        return frozenset({at})
    return frozenset(each for each in keys if each in several or each.startswith(tuple(f"{one}/" for one in several)))


def _changes(before: Side, after: Side) -> dict[str, Change]:
    """Return the changes of parts, by key."""
    found: dict[str, Change] = {}
    for at in sorted(before.typed.keys() | after.typed.keys()):
        if not any(each in found and found[each].happened is not Happened.CHANGED for each in _ancestors(at)):
            change = _change(at, before, after)
            if change is not None:
                found[at] = change
    return found


def _ancestors(at: str) -> Iterator[str]:
    """Yield the keys of what a part may lie in."""
    while at := at.rpartition("/")[0]:
        yield at


def _change(at: str, before: Side, after: Side) -> Change | None:
    one, other = before.typed.get(at), after.typed.get(at)
    if isinstance(one, Broken) or isinstance(other, Broken):
        return _of_broken(at, one, other)
    if isinstance(one, Mention) != isinstance(other, Mention) and one is not None and other is not None:
        return _told(at, one, Happened.UNREAD) if isinstance(other, Mention) else _told(at, other, Happened.ADDED)
    if one is not None and other is not None:
        differences = tuple(_differences(one, other)) if essence(one) != essence(other) else ()
        if isinstance(other, RuleCollectionGroup):
            differences = (*differences, *_listing(at, before.parts, after.parts))
        return _told(at, other, Happened.CHANGED, differences) if differences else None
    if other is not None:
        return _told(at, other, Happened.ADDED)
    own = Place() in before.parts.held.get(at, {})
    unseen = isinstance(one, HostingEnvironment) and not after.complete  # nothing refers to it, so that none misses it
    return _told(at, one, Happened.UNREAD if own and (unseen or after.hides(at)) else Happened.REMOVED)


def _of_broken(at: str, one: Any, other: Any) -> Change | None:  # noqa: ANN401 - typed values
    """Return the change of a part that one of the sources at least has and does not tell right."""
    if isinstance(other, Broken):
        same = isinstance(one, Broken) and one.document == other.document
        return None if same else _told(at, other.gap, Happened.CHANGED if isinstance(one, Broken) else Happened.UNREAD)
    return _told(at, one.gap, Happened.REMOVED) if other is None else _told(at, other, Happened.ADDED)


def _differences(one: Any, other: Any) -> Iterator[Difference]:  # noqa: ANN401 - typed values
    if type(one) is not type(other):
        yield Difference(field="kind", before=kind_word(one), after=kind_word(other))
        return
    was, now = dict(essential_fields(one)), dict(essential_fields(other))
    for each in fields(one):
        if was.get(each.name) != now.get(each.name):
            before, after = (worded(getattr(thing, each.name)) for thing in (one, other))
            yield Difference(field=each.name.replace("_", " "), before=before, after=after)


def _listing(at: str, before: Parts, after: Parts) -> Iterator[Difference]:
    """Yield whether its policy names a rule collection group, where that is not what it was."""
    was, now = is_listed(before, at), is_listed(after, at)
    if was != now:
        yield Difference(field="named by its policy", before=worded(was), after=worded(now))


def _told(at: str, value: Any, happened: Happened, differences: tuple[Difference, ...] = ()) -> Change:  # noqa: ANN401
    said = value.why if isinstance(value, Gap) else phrase(value)
    named = kind_word(value) if not isinstance(value, Gap) else value.what.rpartition("/")[2] or "resource"
    return Change(id=at, kind=named, name=_name(at, value), happened=happened, what=said, differences=differences)


def _name(at: str, value: object) -> str:
    """Return the name of a part with those of what it lies in: its own as the source spells it."""
    names = at.partition("/providers/")[2].split("/")[2::2] or [at]
    return "/".join([*names[:-1], getattr(value, "name", "") or names[-1]])


def _gap(at: str, before: Side, after: Side) -> Gap:
    return after.gaps.get(at) or before.gaps[at]


def _of_gap(at: str, before: Side, after: Side) -> Swap:
    gap = _gap(at, before, after)
    happened = Happened.ADDED if at in after.gaps else Happened.REMOVED
    name = f"{gap.what} {gap.scope}".strip()
    return Swap(
        change=Change(id=key(gap.scope), kind="gap", name=name, happened=happened, what=gap.why), gaps=frozenset({at})
    )


def _of_the_whole(before: Side, after: Side) -> Iterator[Swap]:
    """Yield what is of the sources as a whole: their service tags, and whether they hold all there is."""
    tags = sorted(
        each for each in before.tags.keys() | after.tags.keys() if before.tags.get(each) != after.tags.get(each)
    )
    if tags:
        more = f" and {len(tags) - _SHOWN} more" if len(tags) > _SHOWN else ""
        named = f"{', '.join(each.partition(' ')[2] for each in tags[:_SHOWN])}{more}"
        yield Swap(
            change=Change(id="", kind=TAGS, name=named, happened=Happened.CHANGED, what="they hold other prefixes"),
            whole=TAGS,
        )
    if before.complete != after.complete:
        what = "it holds all there is" if after.complete else "it says nothing of what is not in it"
        yield Swap(
            change=Change(id="", kind=SOURCES, name="the source", happened=Happened.CHANGED, what=what), whole=SOURCES
        )
