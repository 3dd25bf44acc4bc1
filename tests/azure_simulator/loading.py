"""Anything the auditor reads as files, made into a snapshot that can be served."""

from pathlib import Path
from typing import Any, cast

from auditor.collectors.decode import decode
from auditor.collectors.files import read_sources
from auditor.estate.snapshot import Snapshot
from tests.azure_simulator.served import location_key

_SOMEWHERE = "westeurope"


def load(path: str) -> dict[str, Any]:
    """Return the snapshot in a file or folder: a `snapshot/1` as it is, everything else as the auditor reads it."""
    read = read_sources([path], None)
    if read.sources[0].kind == "snapshot":
        return cast(dict[str, Any], decode(Path(path).read_bytes(), path))
    return as_snapshot(read)


def as_snapshot(read: Snapshot) -> dict[str, Any]:
    """Return what was read as `snapshot/1`; its first service tag list is that of every region a resource is in."""
    regions = {location_key(each.get("location") or _SOMEWHERE) for each in read.resources}
    gaps = [{"what": each.what, "scope": each.scope, "why": each.why, "needs": each.needs} for each in read.gaps]
    return {
        "schema": "snapshot/1",
        "collected_at": "2024-01-01T00:00:00Z",
        "collector": "files",
        "cloud": "public",
        "scope": [],
        "resources": list(read.resources),
        "service_tags": {region: tags for tags in read.service_tags[:1] for region in sorted(regions)},
        "gaps": gaps,
    }
