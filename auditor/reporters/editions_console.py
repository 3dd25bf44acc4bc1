"""The part of the console report on other editions: what they would change of the same estate."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from auditor.findings import Altered, Comparison, Finding, OneSided, Outcome, Report, Turned, without_edition
from auditor.reporters.editions import by_level, diff_commands, turns
from auditor.reporters.naming import pack_label, requirements_line, shortened, workload_of
from auditor.reporters.terminal import LEVEL_STYLES, Sheet
from auditor.reporters.text import count

_NAMES = 3
"""Requirements named for each finding and each way of coming out; the rest are counted."""
_PLACES = 6
"""Workloads named for findings that say the same; the rest are counted."""
_SHOWN = 20
"""Findings, and ways of coming out, of a kind; the rest are counted."""


def say_comparison(sheet: Sheet, report: Report, names: Mapping[str, str]) -> None:
    """Write what other editions would change, where any were asked for. names: of workloads, by id."""
    found = report.comparison
    if found is None:
        return
    sheet.heading("What other editions would change")
    sheet.fields("from", [pack_label(each) for each in report.packs] or ["none"])
    sheet.fields("to", [pack_label(each) for each in found.packs] or ["none"])
    if found.as_of:
        sheet.field("in force", f"on {found.as_of}")
    sheet.fields("lists", [each.location for each in found.sources])
    sheet.field("added", _one_sided(found.added))
    sheet.field("removed", _one_sided(found.removed))
    sheet.field("otherwise", _turns(found))
    sheet.field("findings", _findings(found))
    sheet.fields("see", list(diff_commands(report.packs, found.packs)))
    _listed(sheet, "gained", _alike(found.gained), names)
    _listed(sheet, "lost", _alike(found.lost), names)
    _altered(sheet, found.altered, names)
    _turned(sheet, found.turned, names)


def _one_sided(requirements: Sequence[OneSided]) -> str:
    """Count requirements that one side alone has, and how they come out over all workloads."""
    if not requirements:
        return "no requirement"
    totals: Counter[Outcome] = Counter()
    for each in requirements:
        totals.update(each.outcomes)
    came = ", ".join(f"{totals[outcome]:,} {outcome}" for outcome in Outcome if totals[outcome])
    return f"{count(len(requirements), 'requirement')}; over all workloads {came}"


def _turns(found: Comparison) -> str:
    told = turns(found)
    if not told:
        return "no requirement of both comes out otherwise"
    ways = ", ".join(f"{number:,} {was} -> {now}" for (was, now), number in told.items())
    return f"{count(sum(told.values()), 'requirement')} of both, over all workloads: {ways}"


def _findings(found: Comparison) -> str:
    parts = []
    for word, findings in (("gained", found.gained), ("lost", found.lost)):
        levels = f" ({by_level(findings)})" if findings else ""
        parts.append(f"{len(findings):,} {word}{levels}")
    return ", ".join([*parts, *([f"{len(found.altered):,} not alike"] if found.altered else [])])


def _alike(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Return findings in blocks of those that say the same of several workloads."""
    blocks: dict[tuple[object, ...], list[Finding]] = {}
    for each in findings:
        alike = (each.level, each.check, each.message, each.requirements, each.fix, each.waiver)
        blocks.setdefault(alike, []).append(each)
    return list(blocks.values())


def _listed(sheet: Sheet, word: str, blocks: Sequence[Sequence[Finding]], names: Mapping[str, str]) -> None:
    """List findings that are there on one side alone, the first blocks of them; the rest are counted."""
    if blocks:
        sheet.heading(f"Findings {word} ({sum(map(len, blocks)):,})")
    for block in blocks[:_SHOWN]:
        first = block[0]
        _head(sheet, first)
        sheet.fields("on", shortened([f"{workload_of(each, names)}, id {each.id}" for each in block], _PLACES))
        if first.waiver is not None:
            sheet.field("waived", first.waiver)
        if first.requirements:
            sheet.field("affects", requirements_line(first.requirements, _NAMES))
        if word == "gained":
            sheet.field("fix", first.fix)
    _rest(sheet, sum(map(len, blocks[_SHOWN:])))


def _head(sheet: Sheet, finding: Finding) -> None:
    style = LEVEL_STYLES[finding.level] if finding.waiver is None else ""
    sheet.say(f"{finding.check}: {finding.message}", lead=finding.level.upper(), style=style, rest="  ")


def _rest(sheet: Sheet, number: int) -> None:
    """Count findings that are left out."""
    if number:
        sheet.say(f"And {count(number, 'more finding')}; the JSON report has all.")


def _altered(sheet: Sheet, altered: Sequence[Altered], names: Mapping[str, str]) -> None:
    """List findings that are there either way but not alike, and in what they differ."""
    if altered:
        sheet.heading(f"Findings that are not alike ({len(altered):,})")
    for each in altered[:_SHOWN]:
        _head(sheet, each.after)
        sheet.field("on", f"{workload_of(each.after, names)}, id {each.after.id}")
        sheet.field("change", _change(each.before, each.after))
    _rest(sheet, len(altered[_SHOWN:]))


def _change(before: Finding, after: Finding) -> str:
    was, now = (frozenset(map(without_edition, each.requirements)) for each in (before, after))
    told = [f"{before.level}, then {after.level}"] if before.level is not after.level else []
    told += [f"{count(len(now - was), 'requirement')} more"] if now - was else []
    told += [f"{count(len(was - now), 'requirement')} less"] if was - now else []
    if before.waiver != after.waiver:
        told.append(f"waived: {after.waiver}" if after.waiver is not None else f"not waived: {before.waiver}")
    return "; ".join(told)


def _turned(sheet: Sheet, turned: Iterable[Turned], names: Mapping[str, str]) -> None:
    """List what comes out otherwise by the way it does, and of what is added or removed what does not pass.

    Workloads of which the same is true share a line.
    """
    ways: dict[tuple[str, str], list[str]] = {}
    for each in turned:
        ways.setdefault((names.get(each.workload, each.workload), _way(each)), []).append(each.requirement)
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (name, way), found in ways.items():
        alike.setdefault((way, tuple(found)), []).append(name)
    if alike:
        sheet.heading("Requirements that come out otherwise, or came or went and do not pass")
    lines = [
        f"{way} on {', '.join(shortened(where, _PLACES))}: {count(len(found), 'requirement')},"
        f" {', '.join(shortened(found, _NAMES))}"
        for (way, found), where in alike.items()
    ]
    for line in shortened(lines, _SHOWN):
        sheet.say(line, first="- ")


def _way(turned: Turned) -> str:
    if turned.before is None:
        return f"added, {turned.after.outcome}" if turned.after else "added"
    if turned.after is None:
        return f"removed, was {turned.before.outcome}"
    return f"{turned.before.outcome} -> {turned.after.outcome}"
