"""Two estates compared as the command does, without its files."""

from collections.abc import Iterable
from functools import cache

from auditor.engine.audit import audit
from auditor.engine.changes import Side, swaps_between
from auditor.engine.effects import Replay, Standings, Workloads, standings_of
from auditor.estate.estate import Estate, build_estate
from auditor.estate.snapshot import Snapshot
from auditor.packs import Pack
from tests.audits import PLAIN, every_check, packs_of, snapshot_of
from tests.engine.defects import NEW, Defect
from tests.engine.firewall_defects import FIREWALLS
from tests.engine.route_defects import ROUTES
from tests.engine.rule_defects import RULES
from tests.engine.subnet_defects import REST
from tests.estates import Draft

EDITS = [each for each in (*ROUTES, *RULES, *FIREWALLS, *REST) if NEW in each.editions]
"""Edits of the compliant estate, each of which breaks something."""


@cache
def _packs() -> tuple[Pack, ...]:
    return packs_of(NEW)


def standings(snapshot: Snapshot, only: Workloads | None = None) -> Standings:
    """Audit a snapshot, and return how every requirement comes out."""
    return _audited(build_estate(snapshot), only)


def _audited(estate: Estate, only: Workloads | None) -> Standings:
    audited = audit(estate, {"public": _packs()}, PLAIN, every_check(), only=only)
    return standings_of(audited.results)


def snapshot(edits: Iterable[Defect] = ()) -> Snapshot:
    """Return the compliant estate with some edits. Raises KeyError or ValueError where one undoes another."""
    draft = Draft()
    for each in edits:
        each.put(draft)
    return snapshot_of(draft.documents, tags=draft.tags)


def replay(before: Snapshot, after: Snapshot) -> Replay:
    """Return two sources with what changed between them, ready to be replayed."""
    one, other = Side(before), Side(after)
    return Replay(one, other, swaps_between(one, other), _audited)
