"""Azure's own lists of what one App Service Environment depends on, as typed values.

Azure tells them for one environment at a time; no collection of documents holds them by itself.
"""

from dataclasses import dataclass

from auditor.estate.ports import PortSet


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundEntry:
    """Who reaches an environment. addresses: addresses and prefixes; description: in Azure's words."""

    description: str
    addresses: tuple[str, ...]
    ports: PortSet


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundList:
    """What Azure lists as reaching an environment. id: of the list; environment: comparing id."""

    id: str
    environment: str
    entries: tuple[InboundEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundEntry:
    """One thing an environment reaches.

    name: a name or pattern, normalised; "" where Azure tells an address alone. address: what the name led to at the
    time, or the address itself; "" where Azure does not tell. port: None where Azure does not tell.
    """

    category: str
    name: str
    address: str
    port: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundList:
    """What Azure lists as reached by an environment. id: of the list; environment: comparing id."""

    id: str
    environment: str
    entries: tuple[OutboundEntry, ...]
