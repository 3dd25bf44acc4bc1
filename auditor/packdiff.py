"""What two packs say differently: requirements that one alone has, that both have otherwise, and the packs themselves.

A requirement is the same one where its id is the same but for the edition: "fqdn:graph.windows.net:443".
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields

from auditor.findings import without_edition
from auditor.packs import Kind, Pack, Requirement

Value = str | tuple[str, ...] | tuple[int, ...] | None
"""What a field of a pack or of a requirement may hold."""

OF_PACK = (
    *("title", "companion", "management_routes", "management_tag", "step_endpoints", "asked_beside_later"),
    "notes",
)
"""Fields of a pack that are compared: those that tell what the document says, not where and when it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field that is not the same on both sides. field: as `Pack` or `Requirement` has it."""

    field: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A requirement that both packs have, and not alike. differences: at least one, in the order of its fields."""

    before: Requirement
    after: Requirement
    differences: tuple[Difference, ...]

    @property
    def id(self) -> str:
        """The id as both packs have it, without an edition."""
        return without_edition(self.after.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many requirements of a kind in a section came and went. What changed its section counts where it is now."""

    section: str
    kind: Kind
    added: int
    removed: int
    changed: int
    same: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PackDiff:
    """What `after` says otherwise than `before`.

    document: what the packs themselves say differently. added, changed: in the order of `after`; removed: of `before`.
    same: how many requirements are the same in both. tallies: by section and kind, in the order in which `after` begins
    them, then what `before` alone has.
    """

    before: Pack
    after: Pack
    document: tuple[Difference, ...]
    added: tuple[Requirement, ...]
    removed: tuple[Requirement, ...]
    changed: tuple[Changed, ...]
    same: int
    tallies: tuple[Tally, ...]

    @property
    def is_empty(self) -> bool:
        """Whether both say the same."""
        return not (self.document or self.added or self.removed or self.changed)


def diff_packs(before: Pack, after: Pack) -> PackDiff:
    """Return what `after` says otherwise than `before`. They may be of different clouds, or of different services."""
    earlier, later = _by_id(before), _by_id(after)
    shared = [ident for ident in later if ident in earlier]
    told = {ident: tuple(_differences(earlier[ident], later[ident])) for ident in shared}
    added = tuple(one for ident, one in later.items() if ident not in earlier)
    removed = tuple(one for ident, one in earlier.items() if ident not in later)
    changed = tuple(
        Changed(before=earlier[ident], after=later[ident], differences=found) for ident, found in told.items() if found
    )
    same = tuple(later[ident] for ident, found in told.items() if not found)
    return PackDiff(
        before=before,
        after=after,
        document=tuple(_between(before, after, OF_PACK)),
        added=added,
        removed=removed,
        changed=changed,
        same=len(same),
        tallies=_tallies(before, after, (added, removed, tuple(each.after for each in changed), same)),
    )


def _by_id(pack: Pack) -> dict[str, Requirement]:
    """Return the requirements of a pack by their ids without the edition, in the document's order."""
    return {without_edition(each.id): each for each in pack.requirements}


def _differences(before: Requirement, after: Requirement) -> Iterator[Difference]:
    return _between(before, after, tuple(each.name for each in fields(Requirement) if each.name != "id"))


def _between(before: object, after: object, names: tuple[str, ...]) -> Iterator[Difference]:
    """Yield the fields of those names in which two things differ."""
    for name in names:
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            yield Difference(field=name, before=was, after=now)


def _tallies(before: Pack, after: Pack, groups: tuple[tuple[Requirement, ...], ...]) -> tuple[Tally, ...]:
    """Count the added, removed, changed and unchanged by section and kind."""
    added, removed, changed, same = (Counter((each.section, each.kind) for each in group) for group in groups)
    order = dict.fromkeys((each.section, each.kind) for pack in (after, before) for each in pack.requirements)
    return tuple(
        Tally(section=at[0], kind=at[1], added=added[at], removed=removed[at], changed=changed[at], same=same[at])
        for at in order
        if added[at] or removed[at] or changed[at] or same[at]
    )
