"""What has changed since a baseline: which findings are new, which were there before, and which are no more."""

from collections.abc import Iterable
from dataclasses import replace

from auditor.engine.filing import worst_first
from auditor.findings import Finding, State


def compare(findings: Iterable[Finding], earlier: Iterable[Finding], checks: Iterable[str]) -> tuple[Finding, ...]:
    """Return the findings, each new or unchanged, and after them the absent ones, as the earlier report has them.

    An absent one has no waiver: there is nothing to accept. What was absent already is not told again.
    checks: their ids in order.
    """
    order = tuple(checks)
    before = {each.id: each for each in earlier if each.state != State.ABSENT}
    today = worst_first(findings, order)
    ids = {each.id for each in today}
    states = [replace(each, state=State.UNCHANGED if each.id in before else State.NEW) for each in today]
    gone = [replace(each, state=State.ABSENT, waiver=None) for each in before.values() if each.id not in ids]
    return (*states, *worst_first(gone, order))
