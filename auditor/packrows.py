"""Rows of a pack's tables: `target:ports` with `/protocol` where the document says it, and what each target is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from auditor.packs import Kind
from auditor.yamltext import Fields, shown

PROTOCOLS = ("http", "https", "tcp", "udp", "any")
_LAST_PORT = 65535
_ROW = re.compile(r"(?P<target>[^\s:/]+):(?P<ports>[0-9]{1,9}(?:,[0-9]{1,9})*)(?:/(?P<protocol>[a-z]+))?")
_ADDRESS = re.compile(r"[0-9]+(?:\.[0-9]+){3}")
_NAME = re.compile(r"[A-Za-z0-9_*-]+(?:\.[A-Za-z0-9_*-]+)+")
_TAG = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: "graph.windows.net:443", "*:123", "AzureMonitor:80,443/any"."""

    raw: str
    target: str
    ports: tuple[int, ...]
    protocol: str

    @property
    def name(self) -> str:
        """The row as it stands in ids."""
        return f"{self.target.lower()}:{','.join(map(str, self.ports))}"


def rows(fields: Fields, field: str) -> Iterator[Row]:
    """Yield the rows of a table: `target:ports`, with `/protocol` where the document says it."""
    for raw in fields.texts(field):
        found = _ROW.fullmatch(raw)
        if found is None:
            raise fields.fault(field, f'"{shown(raw)}" is no row; write target:port, as in graph.windows.net:443')
        ports = tuple(int(port) for port in found["ports"].split(","))
        for port in ports:
            if not 0 < port <= _LAST_PORT:
                raise fields.fault(field, f'"{shown(raw)}": {port} is not a port; write 1 to {_LAST_PORT}')
        protocol = found["protocol"] or ""
        if protocol and protocol not in PROTOCOLS:
            raise fields.fault(field, f'"{shown(raw)}": unknown protocol; write one of {", ".join(PROTOCOLS)}')
        yield Row(raw.partition("/")[0], found["target"], ports, protocol)


def tag_rows(fields: Fields, field: str) -> Iterator[Row]:
    """Yield rows whose target is a service tag or "*"."""
    for row in rows(fields, field):
        if row.target != "*" and not _TAG.fullmatch(row.target):
            raise fields.fault(field, f'"{shown(row.raw)}" names no service tag; write AzureMonitor:80,443/any')
        yield row


def destination_kind(fields: Fields, field: str, row: Row, kinds: tuple[Kind, ...]) -> Kind:
    """Return what sort of destination a row names, by how it is written; it must be one of `kinds`."""
    if row.target == "*":
        kind = Kind.ANY
    elif _ADDRESS.fullmatch(row.target):
        prefix(fields, field, row.target)
        kind = Kind.IP
    elif _NAME.fullmatch(row.target):
        kind = Kind.WILDCARD if "*" in row.target else Kind.FQDN
    else:
        raise fields.fault(field, f'"{shown(row.raw)}" is neither an address nor a name; write name:port')
    if kind not in kinds:
        raise fields.fault(field, f'"{shown(row.raw)}" is of kind {kind}; move it to the table it belongs to')
    return kind


def prefix(fields: Fields, field: str, text: str) -> str:
    """Return an IPv4 address or prefix as a prefix."""
    try:
        return str(IPv4Network(text))
    except ValueError:
        message = f'"{shown(text)}" is not an IPv4 address or prefix; write it as 40.77.24.27 or 40.77.24.0/24'
        raise fields.fault(field, message) from None
