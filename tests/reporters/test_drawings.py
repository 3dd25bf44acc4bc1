"""Drawings of what audits find: every hop of every flow has its box, and the boxes stand apart."""

import pytest

from auditor.engine.audit import Audited
from auditor.reporters.drawing import Drawing, draw
from auditor.reporters.places import Places, with_badges
from tests.audits import audit_documents
from tests.engine.defects import Defect
from tests.engine.firewall_defects import FIREWALLS
from tests.engine.route_defects import ROUTES
from tests.engine.rule_defects import RULES
from tests.engine.subnet_defects import REST
from tests.engine.test_virtual_wan_audit import HubDraft
from tests.estates import Draft

DEFECTS = [*ROUTES, *FIREWALLS, *RULES, *REST][::4]


def drawing_of(audited: Audited) -> Drawing:
    """Return the drawing of the one workload of an audit."""
    (workload,) = audited.workloads
    assert workload.network is not None
    return with_badges(draw(workload, workload.network), workload.network, audited.results)


def lost(audited: Audited, places: Places) -> list[tuple[str, str]]:
    """Return the hops, by place and code, for which no box is drawn."""
    traces = [each.trace for each in audited.results if each.trace]
    hops = [(hop, each.path) for each in traces for hop in each.hops]
    hops += [(hop, each.reply.path) for each in traces if each.reply for hop in each.reply.hops]
    return [(hop.at, hop.code) for hop, path in dict.fromkeys(hops) if not places.of(hop, path)]


def overlaps(drawing: Drawing) -> list[tuple[str, str]]:
    """Return the names of boxes that touch each other."""
    pairs = [(one, other) for one in drawing.boxes for other in drawing.boxes if one.at < other.at]
    return [
        (one.at, other.at)
        for one, other in pairs
        if one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    ]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda each: each.name)
def test_every_hop_of_a_defect_has_its_box(defect: Defect) -> None:
    """Whatever is wrong, the flow that shows it can be followed on the drawing to where it stops."""
    draft = Draft()
    defect.put(draft)
    audited = audit_documents(draft.documents, tags=draft.tags)
    drawing = drawing_of(audited)

    assert lost(audited, Places(drawing)) == []
    assert overlaps(drawing) == []


def test_a_virtual_hub_is_drawn() -> None:
    """The firewall of a hub is on the way the hub teaches, and every hop finds it."""
    audited = HubDraft().audit()
    drawing = drawing_of(audited)

    assert [each.title for each in drawing.boxes if each.icon == "firewall"] == ["hfw"]
    assert lost(audited, Places(drawing)) == []


def test_badges_count_every_flow_once() -> None:
    """What passes and what stops on the drawing adds up to the flows of the workload, all but those that deviate."""
    draft = Draft()
    draft.drop("fw-hub")
    audited = audit_documents(draft.documents, tags=draft.tags)
    told = sum(int(each.text.split()[1].replace(",", "")) for each in drawing_of(audited).badges)
    flows = [each for each in audited.results if each.trace and each.outcome in {"pass", "fail", "unknown"}]

    assert told == len(flows)
