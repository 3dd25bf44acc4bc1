"""What lives in subnets, as far as it was read: interfaces, members of security groups, private endpoints."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from auditor.estate.addresses import EVERYTHING, NOTHING, AddressSet, address_set, union
from auditor.estate.arm import key, parent_id
from auditor.estate.attached import Interface, InterfaceAddress, PrivateEndpoint
from auditor.estate.estate import Estate
from auditor.estate.network import Subnet

_INTERFACES = "/networkinterfaces/"
_BALANCERS = "/loadbalancers/"
_KIND = "microsoft.network/networkinterfaces"
_ENDPOINTS = "microsoft.network/privateendpoints"


@dataclass(frozen=True, slots=True)
class PlacedEndpoint:
    """A private endpoint with all that is known of it.

    addresses: none where the source tells none. names: the addresses under which it answers for each name, none where
    they are not told.
    """

    endpoint: PrivateEndpoint
    addresses: AddressSet
    names: Mapping[str, AddressSet]


@dataclass(frozen=True, slots=True)
class OwnGroup:
    """An NSG on interfaces of a subnet. addresses: of those; unplaced: whether the address of one is not known."""

    nsg: str
    addresses: AddressSet
    unplaced: bool


class Members:
    """Who lives where, by comparing ids; found once for an estate."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._platform = frozenset(each.subnet for each in estate.environments.values())
        self._in_subnet: dict[str, list[tuple[Interface, InterfaceAddress]]] = {}
        self._of_group: dict[str, list[tuple[str, AddressSet]]] = {}
        for at in sorted(estate.interfaces):
            for each in estate.interfaces[at].configurations:
                self._in_subnet.setdefault(each.subnet, []).append((estate.interfaces[at], each))
                for group in each.groups:
                    self._of_group.setdefault(group, []).append((each.subnet, _addresses(each.address)))
        self._endpoints = _placed(estate)
        self._by_vnet: dict[str, list[PlacedEndpoint]] = {}
        self._by_subnet: dict[str, list[PlacedEndpoint]] = {}
        for placed in self._endpoints:
            self._by_vnet.setdefault(parent_id(placed.endpoint.subnet), []).append(placed)
            self._by_subnet.setdefault(placed.endpoint.subnet, []).append(placed)
            for group in placed.endpoint.groups:
                self._of_group.setdefault(group, []).append((placed.endpoint.subnet, placed.addresses))
        self._unread: dict[str, str] = {}
        self._groups: dict[tuple[str, str], tuple[AddressSet, AddressSet]] = {}
        self._own_groups: dict[str, list[OwnGroup]] = {}
        self._hidden: dict[str, AddressSet] = {}
        self._listed: dict[str, bool] = {}

    @cached_property
    def _private(self) -> frozenset[str]:
        """The interfaces that belong to private endpoints: Azure's, without an NSG of their own."""
        told = {key(each.id) for each in self._estate.interfaces.values() if each.private_endpoint}
        return frozenset(told.union(*(each.endpoint.interfaces for each in self._endpoints)))

    def in_subnet(self, subnet: Subnet) -> list[tuple[Interface, InterfaceAddress]]:
        """Return the interfaces in a subnet that were read, by id, each with its configuration there."""
        return self._in_subnet.get(key(subnet.id), [])

    def machines_in(self, subnet: Subnet) -> list[tuple[Interface, InterfaceAddress]]:
        """Return those interfaces in a subnet that do not belong to private endpoints."""
        return [each for each in self.in_subnet(subnet) if key(each[0].id) not in self._private]

    def own_groups(self, subnet: Subnet) -> list[OwnGroup]:
        """Return the NSGs on interfaces of a subnet, by id."""
        at = key(subnet.id)
        if at not in self._own_groups:
            found: dict[str, list[AddressSet]] = {}
            for interface, each in self.in_subnet(subnet):
                if interface.nsg:
                    found.setdefault(interface.nsg, []).append(_addresses(each.address))
            self._own_groups[at] = [OwnGroup(nsg, union(found[nsg]), NOTHING in found[nsg]) for nsg in sorted(found)]
        return self._own_groups[at]

    def unread(self, subnet: Subnet) -> str:
        """Return, as a sentence, which interface in a subnet was not read; "" where all were."""
        at = key(subnet.id)
        if at not in self._unread:
            self._unread[at] = self._find_unread(subnet)
        return self._unread[at]

    def all_told(self, subnet: Subnet) -> bool:
        """Tell whether the source has every machine that lives in a subnet, so that there are no others."""
        told = self._estate.complete or self._lists_members(subnet.vnet)
        others = any(_INTERFACES not in each and _BALANCERS not in each for each in subnet.attached)
        return told and not others and not subnet.injected and not self.unread(subnet)

    def _find_unread(self, subnet: Subnet) -> str:
        for each in subnet.attached:
            interface = parent_id(each)
            if _INTERFACES in each and interface not in self._estate.interfaces and interface not in self._private:
                name = interface.rpartition("/")[2]
                missing = f"network interface {name} in subnet {subnet.name} is not in the source"
                return self._estate.reasons.get(interface, missing)
        if self._lists_members(subnet.vnet):
            return ""  # Azure lists everything that lives in a subnet, so that nothing else can
        gap = self._estate.may_hide([_KIND], "/".join(subnet.vnet.split("/")[:3]))  # both are in one subscription
        return gap.why if gap else ""

    def _lists_members(self, vnet: str) -> bool:
        """Tell whether the source has what Azure lists as living in the subnets of a VNet."""
        if vnet not in self._listed:
            self._listed[vnet] = any(each.attached for each in self._estate.subnets_of(vnet))
        return self._listed[vnet]

    def of_group(self, group: str, vnet: str) -> tuple[AddressSet, AddressSet]:
        """Return the addresses in an application security group: those that certainly are, and those that may be.

        All members of a group are in one VNet: that of those which are known, `vnet` where none is; what was not read
        of it may be a member (N10). What Azure itself runs in a subnet is in no group of the user's.
        """
        if (group, vnet) not in self._groups:
            known = self._of_group.get(group, [])
            sure = union(addresses for _, addresses in known)
            homes = {parent_id(subnet) for subnet, _ in known if subnet} or {vnet}
            hidden = [self._any_of(subnet) for subnet, addresses in known if not addresses]
            possible = union([*hidden, *map(self._doubtful, sorted(homes))])
            self._groups[group, vnet] = sure, possible - sure
        return self._groups[group, vnet]

    def _any_of(self, subnet: str) -> AddressSet:
        """Return the addresses one of which something has that says it lives in a subnet."""
        found = self._estate.subnets.get(subnet)
        return found.addresses if found else EVERYTHING

    def _doubtful(self, vnet: str) -> AddressSet:
        """Return the addresses in a VNet behind which an interface may stand that was not read."""
        network = self._estate.virtual_networks.get(vnet)
        if network is None or not network.subnets_listed:
            return EVERYTHING
        subnets = self._estate.subnets_of(vnet)
        platform = union(each.addresses for each in subnets if key(each.id) in self._platform)
        if not self._estate.complete and not self._estate.interfaces:
            return network.addresses - platform
        return union(each.addresses for each in subnets if self.unread(each)) - platform

    def endpoints_of(self, vnet: str) -> list[PlacedEndpoint]:
        """Return the private endpoints in a VNet, by id."""
        return self._by_vnet.get(vnet, [])

    def hidden_endpoints_of(self, vnet: str) -> AddressSet:
        """Return the addresses in a VNet that a private endpoint may have that was not read."""
        gaps = self._estate.gaps_by_kind.get(_ENDPOINTS)
        if not gaps:
            return NOTHING
        if vnet not in self._hidden:
            self._hidden[vnet] = union(each.addresses for each in self._estate.subnets_of(vnet) if self.unread(each))
        return self._hidden[vnet]

    def endpoints_in(self, subnet: Subnet) -> list[PlacedEndpoint]:
        """Return the private endpoints in a subnet, by id."""
        return self._by_subnet.get(key(subnet.id), [])


def _placed(estate: Estate) -> list[PlacedEndpoint]:
    """Return every private endpoint, by id, with what its interfaces tell of it."""
    owned: dict[str, list[InterfaceAddress]] = {}
    for at in sorted(estate.interfaces):
        interface = estate.interfaces[at]
        owned.setdefault(at, []).extend(interface.configurations)
        owned.setdefault(interface.private_endpoint, []).extend(interface.configurations)
    found = dict(estate.private_endpoints)
    for interface in estate.interfaces.values():
        if interface.private_endpoint and interface.private_endpoint not in found and interface.configurations:
            found[interface.private_endpoint] = _only_its_interface(interface)
    return [_joined(found[at], [owned.get(each, []) for each in (at, *found[at].interfaces)]) for at in sorted(found)]


def _only_its_interface(interface: Interface) -> PrivateEndpoint:
    """Return the private endpoint that an interface says it belongs to, and that is not in the source."""
    return PrivateEndpoint(
        id=interface.private_endpoint,
        name=interface.private_endpoint.rpartition("/")[2],
        subnet=interface.configurations[0].subnet,
        addresses=NOTHING,
        names=(),
        interfaces=(key(interface.id),),
        groups=frozenset(),
        state="",
    )


def _joined(endpoint: PrivateEndpoint, owned: Iterable[list[InterfaceAddress]]) -> PlacedEndpoint:
    own = [each for some in owned for each in some]
    pairs = [*endpoint.names, *((name, each.address) for each in own for name in each.names)]
    names: dict[str, AddressSet] = {}
    for name, address in pairs:
        names[name] = names.get(name, NOTHING) | _addresses(address)
    return PlacedEndpoint(endpoint, union([endpoint.addresses, *(_addresses(each.address) for each in own)]), names)


def endpoint_addresses(endpoints: Iterable[PlacedEndpoint]) -> AddressSet:
    """Return the addresses of private endpoints, as far as they are known."""
    return union(each.addresses for each in endpoints)


def _addresses(text: str) -> AddressSet:
    return address_set(text) if text else NOTHING
