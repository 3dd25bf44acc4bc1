"""Reads again, where they are kept, the resources that decide the flows of environments (Q10).

Resource Graph tells of a moment ago. What Azure Resource Manager says wins, and the snapshot says where they differ.
"""

from typing import Any

from auditor.collectors.live.following import FOLLOWED, Following
from auditor.collectors.live.kinds import ENVIRONMENTS, kept
from auditor.collectors.live.reading import Reading
from auditor.collectors.live.refusals import RefusedError
from auditor.collectors.merging import essence
from auditor.estate.arm import text
from auditor.findings import Gap


def deciding(reading: Reading) -> list[str]:
    """Return the comparing ids of every document that decides a flow of an environment, environments included."""
    journal, following = reading.journal, Following()
    found: dict[str, None] = {}
    fresh = journal.ids(ENVIRONMENTS)
    while fresh:
        found |= dict.fromkeys(fresh)
        steps = [step for at in fresh if journal.kind(at) in FOLLOWED for step in following.see(journal.document(at))]
        steps += following.turned_out()
        fresh = sorted({each.target for each in steps if each.target in journal} - found.keys())
    return sorted(found)


def confirm(reading: Reading) -> bool:
    """Read every deciding resource again. Returns whether one differed, so that it may lead elsewhere now."""
    journal = reading.journal
    before = {at: journal.document(at) for at in deciding(reading) if f"confirm {at}" not in journal.done}
    reading.progress.stage("confirming", len(before))
    changed = False

    def keep(at: str, document: dict[str, Any]) -> list[dict[str, Any]]:
        nonlocal changed
        if essence(kept(document)) == essence(before[at]):
            return []
        changed = True
        journal.add_skew(f"confirm {at}", at)
        return [document]

    def gap(at: str, fault: RefusedError) -> Gap | None:
        nonlocal changed
        if fault.is_absent:
            changed = True
            journal.add_skew(f"confirm {at}", at)
            journal.forget(f"confirm {at}", at)
            return None
        told = f"what Resource Graph tells of {text(before[at].get('name'))} could not be confirmed"
        return fault.gap(text(before[at].get("type")), at, told)

    reading.each([(f"confirm {at}", at) for at in before], reading.ask, keep, gap)
    return changed
