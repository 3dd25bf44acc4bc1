"""The estate with everything that decides compiled once: routes by subnet, NSGs by subnet kind, firewalls."""

from collections.abc import Hashable
from dataclasses import replace

from auditor.engine.firewall import FirewallRules
from auditor.engine.flows import Endpoint
from auditor.engine.nexthop import Owner, Owners, find_owner
from auditor.engine.nsg import NsgRules, members_of
from auditor.engine.partition import Segments
from auditor.engine.route_sources import RouteSources
from auditor.engine.routes import EffectiveRoute, SubnetRoutes
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
        self._sources = RouteSources(estate, tags)
        self._routes: dict[str, SubnetRoutes | None] = {}
        self._groups: dict[tuple[str, str, str | None], NsgRules | None] = {}
        self._members: dict[str, Segments] = {}
        self._firewalls: dict[str, FirewallRules] = {}
        self.onward: dict[tuple[str, Endpoint], Walk] = {}
        self._firewalls_in: dict[str, tuple[Firewall, ...]] = {}
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

    def group(self, subnet: Subnet) -> NsgRules | None:
        """Return the rules of the NSG of a subnet; None where it has one that cannot be read."""
        at = (subnet.nsg or "", subnet.vnet, subnet.route_table)
        if at not in self._groups:
            found = self.estate.security_groups.get(at[0])
            if found is None:
                self._groups[at] = None
            else:
                members = self._members.get(at[0]) or members_of(found)
                self._members[at[0]] = members
                self._groups[at] = NsgRules(found, self.estate, subnet, self.tags, members)
        return self._groups[at]

    def firewall(self, firewall: Firewall) -> FirewallRules:
        """Return the rules of a firewall."""
        at = key(firewall.id)
        if at not in self._firewalls:
            self._firewalls[at] = FirewallRules(self.estate, firewall, self.tags)
        return self._firewalls[at]

    def firewalls_in(self, vnet: str) -> tuple[Firewall, ...]:
        """Return the firewalls with an address in a VNet, by its comparing id."""
        if not self._firewalls_in:
            for each in self.estate.firewalls.values():
                for place in {parent_id(at.subnet) for at in each.addresses}:
                    self._firewalls_in[place] = (*self._firewalls_in.get(place, ()), each)
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
