"""What an NSG does with a flow: the one place that decides security rules (specification section 2)."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from functools import cached_property, partial

from auditor.engine.coverage import Coverage
from auditor.engine.flows import ICMP, Flow
from auditor.engine.gateways import may_learn_routes
from auditor.engine.matching import Decision, Line, first_match
from auditor.engine.members import Members
from auditor.engine.partition import Segments, segments
from auditor.estate.addresses import CARRIED, EVERYTHING, HOST, METADATA, NOTHING, PLATFORM, PUBLIC, AddressSet, union
from auditor.estate.estate import Estate
from auditor.estate.network import Route, SecurityGroup, SecurityRule, Side, Subnet
from auditor.estate.ports import ALL_PORTS, PortSet
from auditor.estate.tags import Tags, normal_service_tag, possible
from auditor.traces import Verdict

_PROTOCOLS = frozenset({"tcp", "udp", "icmp", "esp", "ah", "*"})
_PLATFORM_TAGS = {"azureplatformdns": HOST, "azureplatformimds": METADATA}
"""What the tags by which rules reach the platform stand for; that of the licence service is another address."""
_VERDICTS = {True: Verdict.ALLOW, False: Verdict.BLOCK, None: Verdict.UNKNOWN}


_PORTS_OF_ICMP = "whether a rule for ports of any protocol meets ICMP, which has none, is not documented"


class NsgRules:
    """An NSG as one subnet sees it: what its tags VirtualNetwork and Internet stand for depends on the VNet.

    Compiled once for each direction, protocol and set of ports.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - all that its tags and groups hang on
        self, group: SecurityGroup, estate: Estate, subnet: Subnet, tags: Tags, members: Members, senders: Segments
    ) -> None:
        self.group = group
        self._tags = tags
        self._estate = estate
        self._subnet = subnet
        self._senders = senders
        self._members = partial(members.of_group, vnet=subnet.vnet)
        self._to_names: dict[Hashable, tuple[Decision, ...]] = {}
        self._all_lines: dict[tuple[bool, str], tuple[Line, ...]] = {}
        self._lines: dict[tuple[bool, str, PortSet], tuple[Line, ...]] = {}

    def decide(self, flow: Flow, *, inbound: bool) -> tuple[Decision, ...]:
        """Return what the rules do with every part of `flow` (N4, N7). Ports of the sender are taken as any."""
        if not inbound and flow.destination.addresses is not None and flow.destination.addresses <= PLATFORM:
            return first_match(flow, self._platform_lines(flow.protocol), Verdict.ALLOW)
        lines = self._compiled(flow.protocol, flow.ports, inbound=inbound)
        if inbound or flow.destination.addresses is not None or any(each.destinations.tags for each in lines):
            return first_match(flow, lines, Verdict.BLOCK)
        # No rule goes by a name here, so that what is sure of one name is so of all.
        at = (flow.protocol, flow.ports, flow.source.addresses, flow.destination.elsewhere)
        if at not in self._to_names:
            decisions = first_match(flow, lines, Verdict.BLOCK)
            if any(each.verdict is Verdict.UNKNOWN for each in decisions):
                return decisions
            self._to_names[at] = decisions
        return self._to_names[at]

    @property
    def rules(self) -> tuple[SecurityRule, ...]:
        """All its rules, of both directions."""
        return (*self.group.inbound, *self.group.outbound)

    @cached_property
    def _sure(self) -> AddressSet:
        """The addresses the tag VirtualNetwork certainly holds."""
        return _virtual_network(self._estate, self._subnet)

    @cached_property
    def _network(self) -> tuple[AddressSet, AddressSet]:
        """The addresses it certainly holds, and those it may hold."""
        return virtual_network_tag(self._estate, self._subnet, self._tags)

    def member_class(self, addresses: AddressSet) -> tuple[int | None, bool]:
        """Return what tells a subnet from others with this NSG and route table as far as public far ends go.

        The number is None where a rule may split the subnet.
        """
        return self._senders.class_of(addresses), self._sure.meets(PUBLIC) or not addresses <= self._sure

    def _compiled(self, protocol: str, ports: PortSet, *, inbound: bool) -> tuple[Line, ...]:
        at = (inbound, protocol, ports)
        if at not in self._lines:
            if (inbound, protocol) not in self._all_lines:
                rules = self.group.inbound if inbound else self.group.outbound
                self._all_lines[inbound, protocol] = tuple(self._compile(rules, protocol))
            self._lines[at] = tuple(each for each in self._all_lines[inbound, protocol] if each.ports & ports)
        return self._lines[at]

    def _platform_lines(self, protocol: str) -> tuple[Line, ...]:
        """Return the rules that reach the platform's own addresses: only those that name them by their tags (N12)."""
        named = [(each, self._platform(each)) for each in self.group.outbound]
        return tuple(
            replace(line, destinations=Coverage(addresses))
            for rule, addresses in named
            if addresses
            for line in self._compile((rule,), protocol)
        )

    @staticmethod
    def _platform(rule: SecurityRule) -> AddressSet:
        return union(_PLATFORM_TAGS.get(normal_service_tag(tag), NOTHING) for tag in rule.destinations.tags)

    def _compile(self, rules: tuple[SecurityRule, ...], protocol: str) -> Iterator[Line]:
        for rule in rules:
            known = rule.protocol in _PROTOCOLS
            if known and rule.protocol not in {"*", protocol}:
                continue
            unsure = (
                "" if known else f"the auditor does not know protocol {rule.protocol!r} of security rule {rule.name}"
            )
            ports = rule.ports
            if protocol == ICMP and ports != ALL_PORTS:  # it has none, so that a rule meets it or does not
                ports = ALL_PORTS
                unsure = unsure or ("" if rule.protocol == ICMP else _PORTS_OF_ICMP)
            if rule.source_ports != ALL_PORTS and not (protocol == ICMP and rule.protocol == ICMP):
                unsure = unsure or f"security rule {rule.name} looks at source ports, which a flow is free to choose"
            yield Line(
                name=f"{self.group.name}/{rule.name}",
                resource=self.group.id,
                verdict=_VERDICTS[rule.allow],
                code="nsg-allow" if rule.allow else "nsg-deny",
                spec="N4",
                sources=self._coverage(rule.sources),
                destinations=self._coverage(rule.destinations),
                ports=ports,
                unsure=unsure,
            )

    def _coverage(self, side: Side) -> Coverage:
        return side_coverage(side, self._network, self._tags, self._members)


def side_coverage(
    side: Side,
    network: tuple[AddressSet, AddressSet],
    tags: Tags,
    members: Callable[[str], tuple[AddressSet, AddressSet]],
) -> Coverage:
    """Return what one side of a rule covers.

    network: of the tag VirtualNetwork, what it certainly and what it possibly holds. members: the same of an
    application security group.
    """
    literal, blur, why = side.addresses, NOTHING, ""
    uses = []
    for group in side.groups:
        sure, possibly = members(group)
        literal |= sure
        blur |= possibly
        why = why or "which addresses belong to an application security group is not known"
    for tag in side.tags:
        word = normal_service_tag(tag)
        if word == "virtualnetwork":
            sure, possibly = network
            literal |= sure
            blur |= possibly
            why = (
                why or "whether service tag VirtualNetwork holds the prefixes of user-defined routes is not documented"
            )
        elif word == "internet":
            literal |= CARRIED - network[0]
        elif word == "azureloadbalancer":
            literal |= HOST
        else:
            uses.append(tags.use(tag))
    return Coverage(literal, tuple(uses), blur, why)


def segments_of(group: SecurityGroup) -> Segments:
    """Return which addresses the rules of an NSG tell apart."""
    rules = (*group.inbound, *group.outbound)
    return segments({side.addresses for rule in rules for side in (rule.sources, rule.destinations)})


def _virtual_network(estate: Estate, subnet: Subnet) -> AddressSet:
    """Return the addresses that the VirtualNetwork tag certainly holds (N11)."""
    vnet = estate.virtual_networks.get(subnet.vnet)
    if vnet is None:
        return union(each.addresses for each in estate.subnets_of(subnet.vnet))
    joined = (each.addresses for each in vnet.peerings if _joined(each.state, each.allow_access))
    return union([vnet.addresses, HOST, *joined])


def virtual_network_tag(estate: Estate, subnet: Subnet, tags: Tags) -> tuple[AddressSet, AddressSet]:
    """Return the addresses of the VirtualNetwork tag: those it certainly holds, and those it may hold (N11)."""
    vnet = estate.virtual_networks.get(subnet.vnet)
    sure = _virtual_network(estate, subnet)
    if vnet is None:
        return sure, EVERYTHING
    table = estate.route_tables.get(subnet.route_table) if subnet.route_table else None
    unread = EVERYTHING if subnet.route_table and table is None else NOTHING
    routed = union(_routed(each, tags) for each in table.routes) if table else unread
    doubtful = union(each.addresses for each in vnet.peerings if each.state in {"connected", ""})
    onward = EVERYTHING if may_learn_routes(estate, vnet) else NOTHING
    return sure, (routed | doubtful | onward) - sure


def _routed(route: Route, tags: Tags) -> AddressSet:
    """Return the addresses that a user-defined route is for, or may be for."""
    return route.prefix.addresses if route.prefix is not None else possible(tags.use(route.tag))


def _joined(state: str, allow_access: bool) -> bool:  # noqa: FBT001 - two facts of one peering
    return state == "connected" and allow_access
