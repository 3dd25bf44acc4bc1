"""A history as JSON: `history/1`, described by `reports/history.schema.json`; `kind` says what a document tells."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

import msgspec

from auditor.findings import Outcome
from auditor.histories import Event, Life, Pruned, Run, RunDetail, RunDifference
from auditor.reporters.history_words import age_of, standing_of
from auditor.reporters.json_report import encode, source_object
from auditor.reporters.summary import by_urgency

SCHEMA = "history/1"


def render_runs(runs: Sequence[Run], *, more: bool) -> str:
    """Return runs in their order. more: whether there are older ones that are not among them."""
    return _encode("runs", {"runs": [_run(each) for each in runs], "more": more})


def render_run(detail: RunDetail) -> str:
    """Return all that a run said."""
    return _encode(
        "run",
        {
            "run": _run(detail.run),
            "sources": [source_object(each) for each in detail.sources],
            "packs": detail.packs,
            "workloads": [
                {
                    "id": each.id,
                    "name": each.name,
                    "kind": each.kind,
                    "location": each.location,
                    "subnet": each.subnet,
                    "summary": dict(each.summary),
                }
                for each in detail.workloads
            ],
            "findings": detail.findings,
            "gaps": detail.gaps,
        },
    )


def render_difference(difference: RunDifference, open_ids: AbstractSet[str]) -> str:
    """Return what differs between two runs. open_ids: of findings that are gone and were not resolved."""
    return _encode(
        "difference",
        {
            "before": _run(difference.before),
            "after": _run(difference.after),
            "findings": {
                "come": by_urgency(difference.come),
                "gone": by_urgency(difference.gone),
                "not_resolved": sorted(open_ids),
                "altered": [{"before": before, "after": after} for before, after in difference.altered],
            },
            "workloads": {"added": difference.workloads_added, "removed": difference.workloads_removed},
            "resources": None
            if difference.resources_added is None
            else {
                "added": difference.resources_added,
                "removed": difference.resources_removed,
                "changed": difference.resources_changed,
            },
        },
    )


def render_lives(lives: Sequence[Life], now: datetime) -> str:
    """Return what became of findings, in their order."""
    return _encode(
        "findings",
        {"as_of": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "findings": [_life(each, now) for each in lives]},
    )


def render_pruned(pruned: Pruned, *, snapshots_only: bool, dry_run: bool) -> str:
    """Return what pruning took away or, in a dry run, would take away."""
    return _encode(
        "pruned",
        {
            "dry_run": dry_run,
            "snapshots_only": snapshots_only,
            "runs": pruned.runs,
            "contents": pruned.contents,
            "bytes": pruned.bytes,
        },
    )


def _life(life: Life, now: datetime) -> dict[str, Any]:
    return {
        "job": life.job,
        "standing": standing_of(life),
        "first_seen": life.first_seen,
        "last_seen": life.last_seen,
        "resolved_at": life.resolved_at,
        "reopened_at": life.reopened_at,
        "age_seconds": int(age_of(life, now).total_seconds()),
        "turns": life.turns,
        "finding": life.finding,
    }


def _run(run: Run) -> dict[str, Any]:
    """Return a run, with a count for every outcome and every event."""
    fields: dict[str, Any] = msgspec.to_builtins(run)
    return {
        **fields,
        "outcomes": {each: run.outcomes.get(each, 0) for each in Outcome},
        "events": {each: run.events.get(each, 0) for each in Event},
    }


def _encode(kind: str, fields: dict[str, Any]) -> str:
    return encode({"schema": SCHEMA, "kind": kind, **fields})
