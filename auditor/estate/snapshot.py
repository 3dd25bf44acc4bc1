"""The ARM documents of one moment, as a collector delivers them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auditor.findings import Gap, Source

LIVE, SNAPSHOT = "live", "snapshot"
"""Kinds of sources that hold all there is: Azure itself, and what was collected from it."""

Document = Mapping[str, Any]
"""An ARM resource as Azure returns it: id, name, type, location, kind, sku, properties.

Collectors deliver `id`, `name` and `type` always filled and `properties` always nested, whatever shape the input had.
`id` keeps Azure's spelling; compare ids in lower case only.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The ARM documents of one moment plus what could not be read; the common output of every collector.

    resources: one document per ARM id, in no meaningful order.
    service_tags: documents of service tag lists (`{changeNumber, cloud, values: [...]}`).
    """

    resources: tuple[Document, ...]
    service_tags: tuple[Document, ...]
    gaps: tuple[Gap, ...]
    sources: tuple[Source, ...]
