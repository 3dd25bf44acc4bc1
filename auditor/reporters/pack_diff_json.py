"""What two packs say differently, as JSON: `pack-diff/1`, described by the schema of that name in `reports/`."""

from typing import Any

from auditor.packdiff import Changed, PackDiff
from auditor.packs import Pack
from auditor.reporters.json_report import encode
from auditor.reporters.pack_json import head

SCHEMA = "pack-diff/1"


def render(diff: PackDiff, *, files: tuple[str, str]) -> str:
    """Return a difference as indented JSON. files: where the two packs lie."""
    before, after = files
    return encode(
        {
            "schema": SCHEMA,
            "before": _side(diff.before, before),
            "after": _side(diff.after, after),
            "document": diff.document,
            "tallies": diff.tallies,
            "added": diff.added,
            "removed": diff.removed,
            "changed": [_changed(each) for each in diff.changed],
            "same": diff.same,
        }
    )


def _side(pack: Pack, file: str) -> dict[str, Any]:
    return {**head(pack, file), "requirements": len(pack.requirements)}


def _changed(changed: Changed) -> dict[str, Any]:
    return {
        "requirement": changed.id,
        "kind": changed.after.kind,
        "section": changed.after.section,
        "before": changed.before.id,
        "after": changed.after.id,
        "differences": changed.differences,
    }
