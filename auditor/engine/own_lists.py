"""What Azure's own lists and the documents say of the same things, ready to be compared (A20, F38)."""

from collections.abc import Iterable
from typing import NamedTuple

from auditor.engine.workloads import Workload
from auditor.estate.addresses import NOTHING, PUBLIC, address_set
from auditor.estate.names import contains, is_pattern, normal_name
from auditor.estate.own_lists import InboundEntry, InboundList, OutboundList
from auditor.estate.ports import ALL_PORTS, PortSet, port_set
from auditor.estate.tags import answers_under, tag_of_service_endpoint
from auditor.packs import Kind, Requirement

NAMED = frozenset({Kind.FQDN, Kind.WILDCARD})
DESTINATIONS = NAMED | {Kind.IP}
"""What the outbound list stands for; the inbound list stands for management addresses."""

_MANAGEMENT = port_set("454-455")
_PROBES = port_set("16001")


def management_addresses(found: InboundList, workload: Workload) -> dict[str, PortSet]:
    """Return the addresses that Azure manages an environment from, each with those of 454 and 455 it uses.

    Beside them the list names the environment itself: its public address, to which the probes go too, and its subnet.
    """
    own = workload.subnet.addresses if workload.subnet else NOTHING
    management: dict[str, PortSet] = {}
    for entry in found.entries:
        ports = entry.ports & _MANAGEMENT
        if not ports or _is_itself(entry):
            continue
        for address in entry.addresses:
            if is_abroad(address) and not address_set(address) <= own:
                management[address] = management.get(address, ports) | ports
    return management


def _is_itself(entry: InboundEntry) -> bool:
    """Tell whether an entry is of the environment's own address: by the port of the probes, or by its words."""
    probed = entry.ports >= _PROBES and entry.ports != ALL_PORTS
    return probed or "vip" in entry.description.lower().split()


def is_abroad(address: str) -> bool:
    """Tell whether an address or prefix may lie outside of private networks and of the platform's own addresses."""
    addresses = address_set(address)
    return bool(addresses.v6) or addresses.meets(PUBLIC)


class Destination(NamedTuple):
    """A name, pattern or address and the port it is reached on; None where Azure does not tell the port."""

    target: str
    port: int | None

    @property
    def text(self) -> str:
        """The destination as people write it."""
        return self.target if self.port is None else f"{self.target}:{self.port}"


def names_of(found: OutboundList) -> tuple[Destination, ...]:
    """Return the names and patterns an outbound list holds, in order."""
    listed = {(each.name, each.port or 0) for each in found.entries if each.name}
    return tuple(Destination(name, port or None) for name, port in sorted(listed))


def addresses_of(found: OutboundList, *, named: bool) -> tuple[Destination, ...]:
    """Return the addresses outside of private networks that an outbound list holds.

    named: whether to return those that a name led to at the time, too.
    """
    listed = {(each.address, each.port or 0) for each in found.entries if each.address and (named or not each.name)}
    return tuple(Destination(address, port or None) for address, port in sorted(listed) if is_abroad(address))


class Documented:
    """The destinations that documents list, by name. requirements: of any kind."""

    def __init__(self, requirements: Iterable[Requirement]) -> None:
        self._exact: dict[str, list[Requirement]] = {}
        self._patterns: list[tuple[str, Requirement]] = []
        self._services: set[str] = set()
        self.any_port: set[int] = set()
        """Ports on which the documents ask for any destination."""
        for each in requirements:
            if each.kind in NAMED:
                name = normal_name(each.target)
                self._exact.setdefault(name, []).append(each)
                if is_pattern(name):
                    self._patterns.append((name, each))
            elif each.kind is Kind.SERVICE_ENDPOINT:
                self._services.add(tag_of_service_endpoint(each.target))
            elif each.kind is Kind.ANY:
                self.any_port.update(each.ports)

    def holding(self, name: str) -> list[Requirement]:
        """Return the documented names and patterns that hold every name of `name`."""
        return [*self._exact.get(name, ()), *(each for at, each in self._patterns if at != name and contains(at, name))]

    def by_service(self, name: str) -> bool:
        """Tell whether a name is one of a service that the documents ask a service endpoint for."""
        return any(answers_under(each, name) for each in self._services)
