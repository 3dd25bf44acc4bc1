"""The test vectors of section 8.5, as far as saved files show them: what a collection leaves out is never a pass.

V133, a service that asks to wait, is about reading Azure itself, which this version does not do.
"""

import json
from copy import deepcopy
from pathlib import Path

from auditor.collectors.files import read_sources
from auditor.findings import Gap, Outcome
from tests.audits import audit_snapshot, outcomes, snapshot_of
from tests.collectors.saved import read
from tests.estates import Draft


def test_v130_a_truncated_answer_of_resource_graph() -> None:
    """V130: 1,000 of 2,500 rows, cut off for good: nothing passes by what is there (Q4, Q5)."""
    draft = Draft()
    rows = draft.documents
    answer = {"count": len(rows), "totalRecords": 2500, "resultTruncated": "true", "data": rows}

    audited = audit_snapshot(read(answer))

    flows = {each: outcome for each, outcome in outcomes(audited).items() if "/fqdn:" in each or "/wildcard:" in each}
    assert set(flows.values()) == {Outcome.UNKNOWN}
    assert "undetermined" in {each.check for each in audited.findings}


def test_v131_subnets_expanded_by_the_query() -> None:
    """V131: a VNet whose subnets a query expanded into rows of their own is not read as a VNet with one subnet (Q6)."""
    draft = Draft()
    network = draft.resource("vnet-shop")
    rows = []
    for each in network["properties"]["subnets"]:
        row = deepcopy(network)
        row["properties"]["subnets"] = each
        rows.append(row)
    others = [each for each in draft.documents if each is not network]

    audited = audit_snapshot(read([*others, *rows, *draft.tags]))

    assert Outcome.PASS not in set(outcomes(audited).values())
    assert audited.findings[0].check == "undetermined"


def test_v132_a_subscription_that_did_not_answer() -> None:
    """V132: what a subscription that did not answer may hold is unknown, and the report names it (Q7)."""
    draft = Draft()
    hub = draft.resource("vnet-hub")["id"].partition("/resourceGroups/")[0]
    silent = Gap(what="*", scope=hub, why=f"{hub} did not answer", needs="Reader on it")
    kept = [each for each in draft.documents if each["name"] not in {"vnet-hub", "fw-hub"}]

    audited = audit_snapshot(snapshot_of(kept, tags=draft.tags, gaps=[silent]))

    assert Outcome.PASS not in {outcome for each, outcome in outcomes(audited).items() if "/fqdn:" in each}
    assert any(hub in line for each in audited.findings for line in (each.message, *each.evidence))


def test_v134_the_later_source_wins(tmp_path: Path) -> None:
    """V134: where Resource Graph lags behind, the resource as read from ARM counts: name it last (Q10)."""
    draft = Draft()
    draft.route("0.0.0.0/0")["nextHopIpAddress"] = "10.0.0.99"
    graph = tmp_path / "graph.json"
    graph.write_text(json.dumps({"data": [*draft.documents]}), encoding="utf-8")
    arm = tmp_path / "arm.json"
    arm.write_text(json.dumps(Draft().resource("rt-ase")), encoding="utf-8")

    stale = audit_snapshot(read_sources([str(graph)], None))
    confirmed = audit_snapshot(read_sources([str(graph), str(arm)], None))

    assert "dangling-next-hop" in {each.check for each in stale.findings}
    assert "dangling-next-hop" not in {each.check for each in confirmed.findings}
