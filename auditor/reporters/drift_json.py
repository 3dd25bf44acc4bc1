"""Drift as JSON: `drift-report/1`, described by `reports/drift-report.schema.json`."""

from collections import Counter
from typing import Any

from auditor.drifts import DriftReport, Effect, Standing, Turn, turn_of
from auditor.reporters.json_report import TOOL, encode, source_object

SCHEMA = "drift-report/1"


def render(report: DriftReport) -> str:
    """Return the report as indented JSON."""
    turns = Counter(map(turn_of, report.effects))
    return encode(
        {
            "schema": SCHEMA,
            "tool": {"name": TOOL, "version": report.tool_version},
            "generated_at": report.generated_at,
            "before": [source_object(each) for each in report.before],
            "after": [source_object(each) for each in report.after],
            "packs": report.packs,
            "changes": report.changes,
            "effects": [_effect(each) for each in report.effects],
            "without_effect": report.idle,
            "summary": {
                "changes": len(report.changes),
                "without_effect": len(report.idle),
                **{turn.value: turns[turn] for turn in Turn},
            },
        }
    )


def _effect(effect: Effect) -> dict[str, Any]:
    return {
        "workload": effect.workload,
        "requirement": effect.requirement,
        "turn": turn_of(effect),
        "before": _standing(effect.before),
        "after": _standing(effect.after),
        "attribution": effect.attribution,
        "causes": effect.causes,
    }


def _standing(standing: Standing) -> dict[str, Any] | None:
    if standing.outcome is None:
        return None
    return {"outcome": standing.outcome, "path": standing.path, "by": standing.by}
