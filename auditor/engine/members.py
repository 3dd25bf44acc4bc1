"""What lives in subnets, as far as it was read: interfaces, members of security groups, private endpoints."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from auditor.estate.addresses import EVERYTHING, NOTHING, AddressSet, address_set, union
from auditor.estate.arm import key, parent_id
from auditor.estate.attached import Interface, InterfaceAddress, PrivateEndpoint
from auditor.estate.estate import Estate
from auditor.estate.network import Subnet

_INTERFACES = "/networkinterfaces/"
_KIND = "microsoft.network/networkinterfaces"


@dataclass(frozen=True, slots=True)
class PlacedEndpoint:
    """A private endpoint with the addresses it is known to have; none where the source tells none."""

    endpoint: PrivateEndpoint
    addresses: AddressSet


class Members:
    """Who lives where, by comparing ids; found once for an estate."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._in_subnet: dict[str, list[tuple[Interface, InterfaceAddress]]] = {}
        groups: dict[str, list[AddressSet]] = {}
        for at in sorted(estate.interfaces):
            interface = estate.interfaces[at]
            for each in interface.configurations:
                self._in_subnet.setdefault(each.subnet, []).append((interface, each))
                for group in each.groups:
                    groups.setdefault(group, []).append(_addresses(each.address))
        self._groups = {group: union(found) for group, found in groups.items()}
        self._endpoints = _endpoints_by_vnet(estate)

    def in_subnet(self, subnet: Subnet) -> list[tuple[Interface, InterfaceAddress]]:
        """Return the interfaces in a subnet that were read, by id, each with its configuration there."""
        return self._in_subnet.get(key(subnet.id), [])

    def unread(self, subnet: Subnet) -> str:
        """Return, as a sentence, which interface in a subnet was not read; "" where all were."""
        for each in subnet.attached:
            interface = parent_id(each)
            if _INTERFACES in each and interface not in self._estate.interfaces:
                return f"network interface {interface.rpartition('/')[2]} in subnet {subnet.name} is not in the source"
        gap = self._estate.gaps_by_kind.get(_KIND)
        return gap[0].why if gap else ""

    def of_group(self, group: str, vnet: str) -> tuple[AddressSet, AddressSet]:
        """Return the addresses in an application security group: those that certainly are, and those that may be.

        All members of a group are in one VNet, `vnet`; what was not read of it may be a member (N10).
        """
        sure = self._groups.get(group, NOTHING)
        network = self._estate.virtual_networks.get(vnet)
        if network is None or not network.subnets_listed:
            return sure, EVERYTHING
        if not self._estate.complete and not self._estate.interfaces:
            return sure, network.addresses
        doubtful = (each.addresses for each in self._estate.subnets_of(vnet) if self.unread(each))
        return sure, union(doubtful) - sure

    def endpoints_of(self, vnet: str) -> list[PlacedEndpoint]:
        """Return the private endpoints in a VNet, by id."""
        return self._endpoints.get(vnet, [])


def _endpoints_by_vnet(estate: Estate) -> Mapping[str, list[PlacedEndpoint]]:
    found: dict[str, list[PlacedEndpoint]] = {}
    owned: dict[str, list[AddressSet]] = {}
    for interface in estate.interfaces.values():
        own = [_addresses(each.address) for each in interface.configurations]
        owned.setdefault(interface.private_endpoint, []).extend(own)
        owned.setdefault(key(interface.id), []).extend(own)
    for at in sorted(estate.private_endpoints):
        endpoint = estate.private_endpoints[at]
        of_interfaces = (each for name in (at, *endpoint.interfaces) for each in owned.get(name, ()))
        placed = PlacedEndpoint(endpoint, union([endpoint.addresses, *of_interfaces]))
        found.setdefault(parent_id(endpoint.subnet), []).append(placed)
    return found


def endpoint_addresses(endpoints: Iterable[PlacedEndpoint]) -> AddressSet:
    """Return the addresses of private endpoints, as far as they are known."""
    return union(each.addresses for each in endpoints)


def _addresses(text: str) -> AddressSet:
    return address_set(text) if text else NOTHING
