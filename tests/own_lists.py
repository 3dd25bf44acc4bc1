"""Azure's own lists that say just what an edition documents, for tests to change."""

from collections.abc import Mapping, Sequence

from auditor.packs import Kind
from tests.audits import NEWEST, requirements_of
from tests.builders import Document, inbound_list, outbound_list

SHOP = "ase-shop"
"""The environment of the compliant estate."""


def documented_addresses(edition: str = NEWEST) -> list[str]:
    """Return the management addresses of an edition."""
    return sorted(each.target for each in requirements_of(edition) if each.kind is Kind.MANAGEMENT_SOURCE)


def documented_names(edition: str = NEWEST) -> dict[str, list[int]]:
    """Return the names and patterns of an edition that apply without Linux apps, with their ports."""
    found: dict[str, list[int]] = {}
    for each in requirements_of(edition):
        if each.kind in {Kind.FQDN, Kind.WILDCARD} and each.condition is None:
            found.setdefault(each.target, []).extend(each.ports)
    return found


def documented_numbers(edition: str = NEWEST) -> list[Document]:
    """Return endpoints for the addresses that an edition lists without names."""
    asked = [each for each in requirements_of(edition) if each.kind is Kind.IP and each.condition is None]
    return [numbered(each.target, each.ports[0]) for each in asked]


def numbered(address: str, port: int) -> Document:
    """Return an endpoint that goes by its address alone."""
    return {"domainName": None, "endpointDetails": [{"ipAddress": address, "port": port}]}


def inbound(
    *, without: Sequence[str] = (), more: Sequence[str] = (), environment: str = SHOP, edition: str = NEWEST
) -> Document:
    """Return an inbound list: the documented addresses, without some, and with some more."""
    kept = [each for each in documented_addresses(edition) if each not in without]
    return inbound_list(environment, [each if set("/:") & set(each) else f"{each}/32" for each in (*kept, *more)])


def outbound(
    *,
    without: Sequence[str] = (),
    more: Mapping[str, Sequence[int]] | None = None,
    numbers: Sequence[Document] = (),
    environment: str = SHOP,
) -> Document:
    """Return an outbound list: the documented names and addresses, without some names, and with some more."""
    kept = {name: ports for name, ports in documented_names().items() if name not in without}
    return outbound_list(environment, {**kept, **(more or {})}, *documented_numbers(), *numbers)
