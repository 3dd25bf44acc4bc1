"""What every report for people says of other editions: what they would add to it, and take away."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from auditor.findings import Comparison, Finding, Level, Outcome, PackUse, Report
from auditor.packs import LIVE_EDITION
from auditor.reporters.text import count


def remark(report: Report) -> tuple[str, ...]:
    """Return a sentence on the findings that other editions would add and take away, where any were asked for."""
    found = report.comparison
    if found is None:
        return ()
    whose = f"the editions in force on {found.as_of}" if found.as_of else "the other editions"
    parts = [f"{count(len(found.gained), 'finding')} gained, {len(found.lost):,} lost"]
    parts += [f"{len(found.altered):,} not alike"] if found.altered else []
    return (f"By {whose}: {', '.join(parts)}.",)


def by_level(findings: Iterable[Finding]) -> str:
    """Count findings by level: "3 errors, 1 note", those that are waived apart."""
    found = list(findings)
    levels = Counter(each.level for each in found if each.waiver is None)
    waived = sum(each.waiver is not None for each in found)
    parts = [count(levels[level], level.value) for level in Level if levels[level]]
    return ", ".join([*parts, *([f"{waived:,} waived"] if waived else [])])


def turns(comparison: Comparison) -> dict[tuple[Outcome, Outcome], int]:
    """Count the requirements of workloads that both have and that come out otherwise, by how: most often first."""
    found = Counter(
        (each.before.outcome, each.after.outcome) for each in comparison.turned if each.before and each.after
    )
    return dict(found.most_common())


def diff_commands(before: Sequence[PackUse], after: Sequence[PackUse]) -> Iterator[str]:
    """Yield the commands that tell what changed between the editions of each pack."""
    later = {(each.pack, each.cloud): each for each in after}
    for each in before:
        other = later.get((each.pack, each.cloud))
        if other is not None and LIVE_EDITION not in {each.edition, other.edition} and _name(each) != _name(other):
            yield f"auditor packs diff {_name(each)} {_name(other)}"


def _name(pack: PackUse) -> str:
    """Name an edition as `auditor packs diff` takes it."""
    label = pack.edition if pack.revision is None else f"{pack.edition}.{pack.revision}"
    return f"{pack.pack}@{label}" if pack.cloud == "public" else f"{pack.pack}@{label}.{pack.cloud}"
