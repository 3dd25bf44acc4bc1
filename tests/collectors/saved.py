"""Small ARM documents, and ways to save and read them."""

import io
import json
from pathlib import Path
from typing import Any

from auditor.collectors.files import read_sources
from auditor.estate.snapshot import Snapshot

Json = dict[str, Any]

GROUP = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/net"
NETWORK = f"{GROUP}/providers/Microsoft.Network"


def route_table(name: str = "rt-ase", **properties: object) -> Json:
    """Return a route table as REST returns it."""
    return {
        "id": f"{NETWORK}/routeTables/{name}",
        "name": name,
        "type": "Microsoft.Network/routeTables",
        "etag": 'W/"1"',
        "location": "westeurope",
        "properties": {"provisioningState": "Succeeded", "routes": [], **properties},
    }


def flat(document: Json) -> Json:
    """Return a document as `az` prints it: properties at the top level, and the resource group."""
    return {**document, "resourceGroup": "net", **document["properties"]} | {"properties": None}


def read(value: object) -> Snapshot:
    """Return what a JSON value holds, read from standard input."""
    return read_bytes(json.dumps(value).encode())


def read_bytes(data: bytes) -> Snapshot:
    """Return what bytes hold, read from standard input."""
    return read_sources(["-"], io.BytesIO(data))


def save(folder: Path, files: dict[str, object]) -> str:
    """Save JSON values under a folder by their relative paths and return the folder as a SOURCE."""
    for name, value in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value), encoding="utf-8")
    return str(folder)


def names(snapshot: Snapshot) -> list[str]:
    """Return the names of the resources of a snapshot."""
    return [resource["name"] for resource in snapshot.resources]
