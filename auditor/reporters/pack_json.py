"""Requirement packs as JSON: `pack-list/1` and `pack/1`, described by the schemas of those names in `reports/`."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from auditor.packs import Pack
from auditor.reporters.json_report import encode

LIST_SCHEMA = "pack-list/1"
SCHEMA = "pack/1"


def render_list(packs: Sequence[tuple[Pack, str]]) -> str:
    """Return packs, each with the file it lies in, as indented JSON; their requirements are only counted."""
    rows = [{**head(pack, file), "requirements": len(pack.requirements)} for pack, file in packs]
    return encode({"schema": LIST_SCHEMA, "packs": rows})


def render(pack: Pack, *, file: str) -> str:
    """Return one pack whole as indented JSON. file: where it lies."""
    rest = {each.name: getattr(pack, each.name) for each in fields(pack)}
    first = head(pack, file)
    known = {"service", *first}
    return encode({"schema": SCHEMA, **first, **{name: value for name, value in rest.items() if name not in known}})


def head(pack: Pack, file: str) -> dict[str, Any]:
    """Return what tells one pack from another, and where it comes from. file: where it lies."""
    return {
        "pack": pack.service,
        "edition": pack.edition,
        "revision": pack.revision,
        "cloud": pack.cloud,
        "title": pack.title,
        "url": pack.url,
        "confidence": pack.confidence,
        "read": pack.read,
        "file": file,
        "digest": pack.digest,
    }
