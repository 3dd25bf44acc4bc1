"""The id of a finding is that of its cause: another cause of the same check on the same workload is another finding."""

from itertools import combinations

from auditor.findings import Finding
from tests.audits import audit_documents
from tests.engine.defects import NEW
from tests.engine.firewall_defects import FIREWALLS
from tests.engine.route_defects import ROUTES
from tests.engine.rule_defects import RULES
from tests.engine.subnet_defects import REST
from tests.estates import Draft

UNREAD = "undetermined"
"""What cannot be read is one thing to look after, whatever was wrong with it."""

ONE_CAUSE = (
    {"peering of vnet-shop disconnected", "peering of vnet-hub disconnected", "peering has one half only"},
    {"service endpoint Microsoft.Sql removed", "service endpoint in state Failed"},
)
"""Defects told in different words that are one and the same thing to mend."""


def found() -> list[tuple[str, Finding]]:
    """Return every finding on the compliant estate with each single defect, with the name of the defect."""
    told: list[tuple[str, Finding]] = []
    for each in (*ROUTES, *RULES, *FIREWALLS, *REST):
        if NEW in each.editions:
            draft = Draft()
            each.put(draft)
            told += [
                (each.name, one) for one in audit_documents(draft.documents, edition=NEW, tags=draft.tags).findings
            ]
    return told


def cause(finding: Finding) -> str:
    """Return the sentence of a finding without what it does to how many requirements."""
    return finding.message.rpartition(": ")[0] or finding.message


def test_another_cause_has_another_id() -> None:
    """Over all pairs of single defects: findings with the same id tell the same cause, and no others do."""
    pairs = [(one, other) for one, other in combinations(found(), 2) if one[0] != other[0]]

    mixed = [
        (a, b)
        for (a, one), (b, other) in pairs
        if one.id == other.id
        and cause(one) != cause(other)
        and one.check != UNREAD
        and not any({a, b} <= each for each in ONE_CAUSE)
    ]
    torn = [
        (a, b)
        for (a, one), (b, other) in pairs
        if (one.check, one.resource, cause(one), one.requirements)
        == (other.check, other.resource, cause(other), other.requirements)
        and one.id != other.id
        and UNREAD not in {one.check, other.check}
    ]

    assert len(pairs) > 1000
    assert mixed == []
    assert torn == []
