"""Azure's own lists of what an App Service Environment depends on, from ARM documents (specification A20).

A list decides which requirements there are, so nothing in it is passed over: one entry that cannot be read leaves the
whole list unread.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.estate.addresses import prefix, prefix_texts
from auditor.estate.arm import children, id_of, key, properties, text, whole_number
from auditor.estate.intervals import IntervalSet
from auditor.estate.own_lists import InboundEntry, InboundList, OutboundEntry, OutboundList
from auditor.estate.ports import ALL_PORTS, HIGHEST, PortSet, port_set
from auditor.estate.snapshot import Document

INBOUND = "Microsoft.Web/hostingEnvironments/inboundNetworkDependenciesEndpoints"
OUTBOUND = "Microsoft.Web/hostingEnvironments/outboundNetworkDependenciesEndpoints"

_NAME = re.compile(r"[a-z0-9_*-]{1,63}(?:\.[a-z0-9_*-]{1,63})+")
_LONGEST_NAME = 253
_NUMBERS = re.compile(r"[0-9.]+")
_SHOWN = 80


def list_id(environment: str, kind: str) -> str:
    """Return the comparing id of one of the lists of an environment. environment: its id. kind: of the list."""
    return f"{key(environment)}/{kind.rpartition('/')[2].lower()}"


def read_inbound_list(document: Document) -> InboundList:
    """Return what Azure lists as reaching an environment. Raises ValueError where any of it cannot be read."""
    entries = tuple(_inbound(each) for each in _rows(document))
    return InboundList(id=id_of(document), environment=_environment(document, INBOUND), entries=entries)


def read_outbound_list(document: Document) -> OutboundList:
    """Return what Azure lists as reached by an environment. Raises ValueError where any of it cannot be read."""
    entries = dict.fromkeys(entry for each in _rows(document) for entry in _outbound(each))
    return OutboundList(id=id_of(document), environment=_environment(document, OUTBOUND), entries=tuple(entries))


def _environment(document: Document, kind: str) -> str:
    own = key(id_of(document))
    environment = own.rpartition("/")[0]
    above = environment.rpartition("/")[0]
    if own != list_id(environment, kind) or not above.endswith("/providers/microsoft.web/hostingenvironments"):
        raise ValueError("its id is not that of an App Service Environment with the name of the list behind it")
    return environment


def _rows(document: Document) -> tuple[Mapping[str, Any], ...]:
    fields = properties(document)
    if fields.get("nextLink"):
        raise ValueError("it is one page of more")
    return _objects(fields, "value")


def _objects(fields: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    """Return the objects of a list that must be there: one that is missing says nothing, an empty one says none."""
    if not isinstance(fields.get(name), list | tuple):
        raise ValueError(f'its "{name}" is not a list')  # noqa: TRY004 - what every reader raises
    return children(fields[name])


def _texts(fields: Mapping[str, Any], name: str) -> list[str]:
    values = fields.get(name)
    if not isinstance(values, list | tuple):
        raise ValueError(f'its "{name}" is not a list')  # noqa: TRY004 - what every reader raises
    found = [text(each).strip() for each in values]
    if not all(found):
        raise ValueError(f'its "{name}" is not a list of texts')
    return found


def _inbound(row: Mapping[str, Any]) -> InboundEntry:
    spans = [span for each in _texts(row, "ports") for span in _ports(each).spans]
    addresses = dict.fromkeys(map(_address, _texts(row, "endpoints")))
    return InboundEntry(
        description=text(row.get("description")), addresses=tuple(addresses), ports=IntervalSet.of(spans)
    )


def _ports(word: str) -> PortSet:
    return ALL_PORTS if word.lower() == "all" else port_set(_short(word))


def _outbound(row: Mapping[str, Any]) -> Iterator[OutboundEntry]:
    category = text(row.get("category"))
    for endpoint in _objects(row, "endpoints"):
        name, address = _named(endpoint.get("domainName"))
        details = _objects(endpoint, "endpointDetails")
        if not (name or address or details):
            raise ValueError("an endpoint in it has neither a name nor an address")
        for detail in details or ({},):
            at = _told_address(detail.get("ipAddress")) or address
            if not (name or at):
                raise ValueError("an endpoint in it has neither a name nor an address")
            yield OutboundEntry(category=category, name=name, address=at, port=_port(detail.get("port")))


def _named(value: object) -> tuple[str, str]:
    """Return the name an endpoint goes by, normalised, and the address where that is what stands for a name."""
    if value is None or value == "":
        return "", ""
    name = text(value).strip().lower().rstrip(".")
    if _NUMBERS.fullmatch(name):
        return "", _address(name)
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise ValueError(f'"{_short(text(value))}" is not a name; write it as management.azure.com')
    return name, ""


def _told_address(value: object) -> str:
    return "" if value is None or value == "" else _address(text(value))


def _address(word: str) -> str:
    """Return an address or prefix as people write it: a single address without its length."""
    found = prefix(_short(word))
    (whole,) = prefix_texts(found.addresses)
    return whole.removesuffix("/32" if found.family == 4 else "/128")  # noqa: PLR2004 - the family


def _port(value: object) -> int | None:
    if value is None:
        return None
    port = whole_number(value)
    if port is None or not 0 < port <= HIGHEST:
        raise ValueError(f'"{_short(text(value))}" is not a port; ports go from 1 to {HIGHEST}')
    return port


def _short(word: str) -> str:
    """Return a word as a message may repeat it: nothing that can be read is as long as that."""
    return word if len(word) <= _SHOWN else f"{word[:_SHOWN]}..."
