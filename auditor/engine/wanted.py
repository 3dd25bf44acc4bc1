"""What is asked of a workload: what the packs ask of every one, or what Azure's own lists ask of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.engine.context import Beside, listed_beside
from auditor.engine.workloads import Workload
from auditor.estate.addresses import AddressSet
from auditor.findings import PackUse
from auditor.packs import Pack
from auditor.traces import Hop


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked of a workload.

    beside: what the documents, and Azure's own lists, name by address. unread: why a requirement cannot be told, by its
    id. lists: a number that workloads of which the same is asked share.
    """

    packs: tuple[Pack, ...]
    beside: Beside
    unread: Mapping[str, Hop] = field(default_factory=dict)
    lists: int = 0


class AsDocumented:
    """The packs ask the same of every workload."""

    def __init__(self, packs: tuple[Pack, ...], ranges: tuple[AddressSet, ...]) -> None:
        self._wanted = Wanted(packs=packs, beside=listed_beside(packs, ranges))

    def of(self, _workload: Workload) -> Wanted:
        """Return what is asked of a workload."""
        return self._wanted

    def use(self) -> PackUse | None:
        """Return Azure's own lists as a pack of the report: none were used."""
        return None
