"""What two packs say differently, for people: by section of the document, what came, what went and what changed."""

from collections.abc import Iterable, Iterator, Sequence

from auditor.packdiff import Changed, Difference, PackDiff, Tally, Value
from auditor.packs import Kind, Pack, Requirement
from auditor.reporters.listing import grid
from auditor.reporters.pack_console import asked_by, title_of
from auditor.reporters.terminal import Sheet
from auditor.reporters.text import count

_FIELDS = {
    "title": "title",
    "companion": "management addresses stand in",
    "management_routes": "management routes, each for",
    "management_tag": "service tag of the management addresses",
    "step_endpoints": "service endpoints that the steps ask for",
    "asked_beside_later": "service tags that later editions ask rules for",
    "notes": "notes",
    "locations": "Azure regions",
    "via": "next hop",
    "tags": "covered by the FQDN tags",
    "raw": "written as",
}
"""What to call fields that do not say it themselves."""


def render(diff: PackDiff, *, width: int) -> str:
    """Return a difference as text of at most `width` cells per line; nothing is left out but what is the same."""
    sheet = Sheet(width, colour=False)
    sheet.heading(f"What changed in {diff.after.title}", "=")
    sheet.field("from", _name(diff.before))
    sheet.field("to", _name(diff.after))
    sheet.field("changes", _counts(len(diff.added), len(diff.removed), len(diff.changed), diff.same))
    if diff.is_empty:
        sheet.field("", "nothing: both say the same")
    _document(sheet, diff.document)
    for section in dict.fromkeys(each.section for each in diff.tallies):
        _section(sheet, diff, section)
    return sheet.text()


def _name(pack: Pack) -> str:
    label = f"{pack.service}@{pack.label}, cloud {pack.cloud}"
    return f"{label}: {count(len(pack.requirements), 'requirement')}, {pack.confidence.replace('-', ' ')}"


def _counts(added: int, removed: int, changed: int, same: int) -> str:
    return f"{added:,} added, {removed:,} removed, {changed:,} changed, {same:,} the same"


def _document(sheet: Sheet, differences: Sequence[Difference]) -> None:
    """Say what the documents themselves say differently; of lists, what came and what went."""
    if differences:
        sheet.heading("The document itself")
    for each in differences:
        for first, text in _told(each):
            sheet.say(text, first=first)


def _told(difference: Difference) -> Iterator[tuple[str, str]]:
    word = _FIELDS.get(difference.field, difference.field)
    before, after = difference.before, difference.after
    if isinstance(before, tuple) and isinstance(after, tuple) and set(before) != set(after):
        yield "~ ", f"{word}:"
        yield from (("  + ", str(each)) for each in after if each not in before)
        yield from (("  - ", str(each)) for each in before if each not in after)
    else:
        yield "~ ", f"{word}: {_change(difference)}"


def _change(difference: Difference) -> str:
    return f"{_said(difference.before)} -> {_said(difference.after)}"


def _said(value: Value) -> str:
    """Return a value in words; what is empty is not said in the document."""
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else value
    return text or "not said"


def _section(sheet: Sheet, diff: PackDiff, section: str) -> None:
    """List what came, went and changed in one section, by kind; nothing of a section that is the same."""
    tallies = [each for each in diff.tallies if each.section == section]
    if not any(each.added or each.removed or each.changed for each in tallies):
        return
    total = [sum(getattr(tally, name) for tally in tallies) for name in ("added", "removed", "changed", "same")]
    sheet.heading(f"{title_of(section)} ({_counts(*total)})")
    for tally in tallies:
        _rows(sheet, "+", tally, diff.added)
        _rows(sheet, "-", tally, diff.removed)
        _changes(sheet, [each for each in diff.changed if _is_of(tally, each.after)])


def _is_of(tally: Tally, requirement: Requirement) -> bool:
    return (requirement.section, requirement.kind) == (tally.section, tally.kind)


def _rows(sheet: Sheet, sign: str, tally: Tally, requirements: Iterable[Requirement]) -> None:
    """List requirements of one kind in one section under a line that counts them."""
    texts = [_row(each) for each in requirements if _is_of(tally, each)]
    if not texts:
        return
    sheet.say(f"{tally.kind} ({len(texts):,})", first=f"{sign} ")
    if tally.section == "steps":
        for text in texts:
            sheet.say(text, first="  ")
    else:
        grid(sheet, texts)


def _row(requirement: Requirement) -> str:
    """Return a requirement in a line; a management address with the regions it serves, where not all."""
    if requirement.kind is not Kind.MANAGEMENT_SOURCE:
        return asked_by(requirement)
    where = (requirement.condition or "").partition("region:")[2]
    return f"{requirement.target} ({where})" if where else requirement.target


def _changes(sheet: Sheet, changed: Sequence[Changed]) -> None:
    """List what both have otherwise; those that changed alike share a line."""
    alike: dict[str, list[Changed]] = {}
    for each in changed:
        told = "; ".join(f"{_FIELDS.get(one.field, one.field)} {_change(one)}" for one in each.differences)
        alike.setdefault(told, []).append(each)
    for told, group in alike.items():
        sheet.say(f"{group[0].after.kind} ({len(group):,}): {told}", first="~ ")
        grid(sheet, [each.id for each in group])
