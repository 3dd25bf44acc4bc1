"""The estate with everything that decides compiled once: routes by subnet, NSGs by subnet kind, firewalls."""

from collections.abc import Hashable
from dataclasses import replace
from functools import cached_property

from auditor.engine.admin_rules import AdminRules, has_manager
from auditor.engine.firewall import FirewallRules
from auditor.engine.flows import Endpoint
from auditor.engine.members import Members
from auditor.engine.nexthop import Owner, Owners, find_owner
from auditor.engine.nsg import NsgRules, segments_of
from auditor.engine.partition import Segments
from auditor.engine.route import EffectiveRoute
from auditor.engine.route_sources import RouteSources
from auditor.engine.routes import SubnetRoutes
from auditor.engine.virtual_wan import Hubs
from auditor.engine.ways import Walk
from auditor.estate.arm import key, parent_id
from auditor.estate.estate import Estate
from auditor.estate.firewall import Firewall
from auditor.estate.network import Subnet
from auditor.estate.tags import Tags


class Network:
    """An estate ready to decide flows. Holds nothing but what follows from the estate, so that order never matters.

    onward: ways out of a firewall, by its comparing id and their destination, where they are the same for all senders.
    """

    def __init__(self, estate: Estate, tags: Tags) -> None:
        self.estate = estate
        self.tags = tags
        self.hubs = Hubs(estate)
        self._routes: dict[str, SubnetRoutes | None] = {}
        self._groups: dict[tuple[str, str, str | None], NsgRules | None] = {}
        self._admin: dict[tuple[str, str | None], AdminRules] = {}
        self._senders: dict[str, Segments] = {}
        self._firewalls: dict[str, FirewallRules] = {}
        self._firewalls_in: dict[str, tuple[Firewall, ...]] = {}
        self.onward: dict[tuple[str, Endpoint], Walk] = {}
        self.platform_subnets = frozenset(each.subnet for each in estate.environments.values())
        self._owners = Owners(estate)
        self._classes: dict[str, int] = {}
        self._contents: dict[Hashable, int] = {}
        self._next_hops: dict[tuple[str, str], Owner] = {}

    def routes(self, subnet: Subnet) -> SubnetRoutes | None:
        """Return the effective routes of a subnet; None where they cannot be read."""
        at = key(subnet.id)
        if at not in self._routes:
            self._routes[at] = self._sources.of(subnet)
        return self._routes[at]

    @cached_property
    def _managed(self) -> bool:
        return has_manager(self.estate)

    @cached_property
    def _sources(self) -> RouteSources:
        return RouteSources(self.estate, self.tags, self.members, self.hubs)

    @cached_property
    def members(self) -> Members:
        """What lives in which subnet."""
        return Members(self.estate)

    def group(self, subnet: Subnet, nsg: str | None = None) -> NsgRules | None:
        """Return the rules of the NSG of a subnet, or of `nsg` on an interface in it; None where it cannot be read."""
        at = (nsg or subnet.nsg or "", subnet.vnet, subnet.route_table)
        if at not in self._groups:
            found = self.estate.security_groups.get(at[0])
            if found is None:
                self._groups[at] = None
            else:
                senders = self._senders.setdefault(at[0], self._senders.get(at[0]) or segments_of(found))
                self._groups[at] = NsgRules(found, self.estate, subnet, self.tags, self.members, senders)
        return self._groups[at]

    def gateway_versions(self, subnet: Subnet) -> frozenset[int]:
        """Return the versions of the application gateways in a subnet; 0 for one that was not read, none without."""
        found = self._gateway_versions.get(key(subnet.id), frozenset())
        return found or frozenset({0} if subnet.application_gateways else ())

    @cached_property
    def _gateway_versions(self) -> dict[str, frozenset[int]]:
        found: dict[str, frozenset[int]] = {}
        for gateway in self.estate.application_gateways.values():
            for place in gateway.subnets:
                found[place] = found.get(place, frozenset()) | {gateway.version}
        return found

    def admin_rules(self, subnet: Subnet) -> AdminRules:
        """Return the security admin rules in force on the VNet of a subnet."""
        at = (subnet.vnet, subnet.route_table)
        if at not in self._admin:
            self._admin[at] = AdminRules(self.estate, subnet, self.tags, managed=self._managed)
        return self._admin[at]

    def firewall(self, firewall: Firewall) -> FirewallRules:
        """Return the rules of a firewall."""
        at = key(firewall.id)
        if at not in self._firewalls:
            self._firewalls[at] = FirewallRules(self.estate, firewall, self.tags)
        return self._firewalls[at]

    def firewalls_in(self, vnet: str) -> tuple[Firewall, ...]:
        """Return the firewalls with an address in a VNet, or in a virtual hub, by its comparing id."""
        if not self._firewalls_in:
            for each in self.estate.firewalls.values():
                for place in {parent_id(at.subnet) for at in each.addresses if at.subnet}:
                    self._firewalls_in[place] = (*self._firewalls_in.get(place, ()), each)
                if each.hub:
                    self._firewalls_in[each.hub] = (*self._firewalls_in.get(each.hub, ()), each)
        return self._firewalls_in.get(vnet, ())

    def owner(self, subnet: Subnet, route: EffectiveRoute) -> Owner:
        """Return who owns the next hop of an appliance route of a subnet."""
        at = (key(subnet.id), route.next_hop_address)
        if at not in self._next_hops:
            self._next_hops[at] = find_owner(self.estate, self._owners, subnet, route)
        return self._next_hops[at]

    def table_class(self, table_id: str | None) -> int:
        """Return a number that is the same for route tables that decide alike, whatever their names."""
        if f"table {table_id}" in self._classes:
            return self._classes[f"table {table_id}"]
        table = self.estate.route_tables.get(table_id or "")
        routes = table.routes if table else ()
        content = tuple((each.text.lower(), each.next_hop, each.next_hop_address) for each in routes)
        return self._class_of(f"table {table_id}", (content, table.propagation if table else None))

    def group_class(self, group_id: str) -> int:
        """Return a number that is the same for NSGs that decide alike, whatever their names."""
        if f"group {group_id}" in self._classes:
            return self._classes[f"group {group_id}"]
        group = self.estate.security_groups.get(group_id)
        rules = (*group.inbound, *group.outbound) if group else ()
        return self._class_of(f"group {group_id}", tuple(replace(each, name="") for each in rules))

    def _class_of(self, name: str, content: Hashable) -> int:
        self._classes[name] = self._contents.setdefault(content, len(self._contents))
        return self._classes[name]
