"""Follow one flow that a person asks for, with what the documents know of its end, so that it agrees with the audit."""

from dataclasses import replace

from auditor.engine.backends import Backend, backends_of
from auditor.engine.context import listed_beside
from auditor.engine.destination_nat import published_exchange
from auditor.engine.flows import APPLICATION_PORTS, TCP, Endpoint, Flow
from auditor.engine.network import Network
from auditor.engine.on_premises import from_on_premises, gateway_subnets
from auditor.engine.peerings import peers_of_peers
from auditor.engine.replies import exchange, inbound_exchange, named_exchange
from auditor.engine.spelling import spelled_trace
from auditor.engine.virtual_wan import same_hub
from auditor.errors import FlowError
from auditor.estate.addresses import PUBLIC, AddressSet, address_set
from auditor.estate.arm import key
from auditor.estate.endpoints import PlaceText, parse_host, split_endpoint
from auditor.estate.estate import Estate
from auditor.estate.names import normal_fqdn_tag, normal_name
from auditor.estate.network import Subnet
from auditor.estate.ports import ALL_PORTS, PortSet, port_set
from auditor.estate.tags import SERVICES_OF_THEIR_OWN
from auditor.packs import Kind, Pack, Requirement
from auditor.settings import Settings
from auditor.traces import Trace

_DEFAULT_PORT = 443
_GLANCE = 5


def trace_flow(network: Network, packs: tuple[Pack, ...], settings: Settings, source: str, destination: str) -> Trace:
    """Return what becomes of a flow and its reply.

    source: a subnet (`vnet/subnet`, a bare unique name, an ARM id) or an address. destination: the same, or a name or
    documented wildcard; with `:PORT` and `/tcp|udp|icmp`, 443/tcp where it says nothing. At least one is a subnet, or
    the destination is a public address of the source, such as that of a firewall with DNAT rules.
    Raises FlowError, saying what would be right.
    """
    trace = spelled_trace(network.estate, _trace(network, packs, settings, source, destination))
    caveat = network.tags.caveat
    return replace(trace, caveats=(*trace.caveats, caveat)) if caveat else trace


def _trace(network: Network, packs: tuple[Pack, ...], settings: Settings, source: str, destination: str) -> Trace:
    try:
        place = split_endpoint(destination, default_port=_DEFAULT_PORT)
    except ValueError as fault:
        raise FlowError(f"--to {fault}") from None
    sender = find_subnet(network.estate, source)
    receiver = find_subnet(network.estate, place.host)
    ports = port_set(str(place.port)) if place.port is not None else ALL_PORTS
    application = APPLICATION_PORTS.get(place.port or 0, "") if place.protocol == TCP else ""
    if sender is not None:
        end = _subnet_end(receiver) if receiver is not None else _far_end(packs, settings, place)
        flow = Flow(
            source=_subnet_end(sender), destination=end, protocol=place.protocol, ports=ports, application=application
        )
        odd = end.name and place.protocol == TCP and not application
        return (named_exchange if odd else exchange)(network, flow, sender).trace
    client = _client(packs, source) if receiver is not None or _is_address(source) else None
    if receiver is None:
        published = _published(network, client, place, ports, application)
        if published is None:
            raise FlowError(_neither(network.estate, source, place.host))
        return published
    if client is None:  # the receiver is a subnet, so that the sender was looked at
        raise FlowError(_neither(network.estate, source, place.host))
    flow = Flow(source=client, destination=_subnet_end(receiver), protocol=place.protocol, ports=ports)
    neighbour = _subnet_holding(network.estate, client, receiver)
    if neighbour is not None:
        return exchange(network, flow, neighbour).trace
    gateways = gateway_subnets(network.estate, receiver.vnet) if not client.universe & PUBLIC else ()
    if gateways:
        asked = replace(flow, application=application)
        return from_on_premises(network, asked, receiver, gateways[0]).trace
    return inbound_exchange(network, flow, receiver).trace


def _is_address(text: str) -> bool:
    try:
        address_set(text.strip("[]"))
    except ValueError:
        return False
    return True


def _published(
    network: Network, client: Endpoint | None, place: PlaceText, ports: PortSet, application: str
) -> Trace | None:
    """Return the trace to a public address of the source: of a firewall, a load balancer or a machine; else None."""
    try:
        name, addresses = parse_host(place.host)
    except ValueError:
        return None
    known = [each for each in network.estate.public_addresses.values() if _has(each.address, addresses)]
    if client is None or name or not known:
        return None
    public = key(known[0].id)
    flow = Flow(
        source=client,
        destination=Endpoint(label=place.host, addresses=addresses),
        protocol=place.protocol,
        ports=ports,
        application=application,
    )
    firewalls = [each for each in network.estate.firewalls.values() if public in each.public_addresses]
    if firewalls:
        return published_exchange(network, flow, firewalls[0]).trace
    found = backends_of(network, flow)
    if not isinstance(found, Backend) or not found.subnets:
        return None
    return inbound_exchange(network, replace(flow, destination=found.end, ports=found.ports), found.subnets[0]).trace


def _has(address: str, addresses: AddressSet | None) -> bool:
    return bool(address) and address_set(address) == addresses


def find_subnet(estate: Estate, text: str) -> Subnet | None:
    """Return the subnet `text` names: an ARM id, `vnet/subnet` or a name of one subnet only; None if it names none.

    Raises FlowError where several subnets have the name.
    """
    wanted = text.lower().rstrip("/")
    if wanted in estate.subnets:
        return estate.subnets[wanted]
    found = [estate.subnets[each] for each in sorted(estate.subnets) if _answers_to(each, wanted)]
    if len(found) > 1:
        names = ", ".join(_label(each) for each in found[:_GLANCE])
        raise FlowError(f'"{text}" names {len(found)} subnets ({names}); write VNET/SUBNET or the ARM id')
    return found[0] if found else None


def _answers_to(subnet_id: str, wanted: str) -> bool:
    parts = ("/", "/", *subnet_id.split("/"))
    return wanted in {parts[-1], f"{parts[-3]}/{parts[-1]}"}


def _label(subnet: Subnet) -> str:
    parts = subnet.id.split("/")
    return f"{parts[-3]}/{parts[-1]}" if len(parts) > 2 else subnet.id  # noqa: PLR2004 - VNET/subnets/NAME


def _subnet_end(subnet: Subnet) -> Endpoint:
    return Endpoint(label=_label(subnet), addresses=subnet.addresses)


def _far_end(packs: tuple[Pack, ...], settings: Settings, place: PlaceText) -> Endpoint:
    """Return the far end of a flow; a documented one as its document describes it."""
    try:
        name, addresses = parse_host(place.host)
    except ValueError as fault:
        raise FlowError(f"--to {fault}; or name a subnet of the source, as VNET/SUBNET") from None
    ranges = tuple(each.addresses for declared in settings.applications for each in declared.client_ranges)
    beside = listed_beside(packs, ranges)
    documented = [each for pack in packs for each in pack.requirements if _documents(each, name, place)]
    if name:
        return Endpoint(
            label=place.host,
            name=name,
            elsewhere=beside.addresses,
            elsewhere_tags=beside.tags if documented else frozenset(),
            fqdn_tags=frozenset(normal_fqdn_tag(tag) for each in documented for tag in each.tags),
        )
    return Endpoint(
        label=place.host, addresses=addresses, elsewhere_tags=SERVICES_OF_THEIR_OWN if documented else frozenset()
    )


def _documents(requirement: Requirement, name: str, place: PlaceText) -> bool:
    if place.port not in requirement.ports:
        return False
    if name:
        return requirement.kind in {Kind.FQDN, Kind.WILDCARD} and normal_name(requirement.target) == name
    return requirement.kind is Kind.IP and requirement.target == place.host


def _client(packs: tuple[Pack, ...], source: str) -> Endpoint:
    try:
        addresses = address_set(source.removeprefix("[").removesuffix("]"))
    except ValueError:
        raise FlowError(f'--from "{source}" is neither a subnet of the source nor an address') from None
    sources = [each for pack in packs for each in pack.requirements if each.kind is Kind.MANAGEMENT_SOURCE]
    management = {each.target.removesuffix("/32") for each in sources}
    known = SERVICES_OF_THEIR_OWN if source.removesuffix("/32") in management else frozenset[str]()
    return Endpoint(label=source.strip("[]"), addresses=addresses, elsewhere_tags=known)


def _subnet_holding(estate: Estate, client: Endpoint, receiver: Subnet) -> Subnet | None:
    """Return the subnet, of a VNet near the receiver's, that all of a private sender lies in."""
    addresses = client.addresses
    if addresses is None or addresses & PUBLIC:
        return None
    vnet = estate.virtual_networks.get(receiver.vnet)
    peered = tuple(each.remote for each in (vnet.peerings if vnet else ()))
    near = (receiver.vnet, *peered, *same_hub(estate, receiver.vnet), *peers_of_peers(estate, receiver.vnet))
    return next((each for place in near for each in estate.subnets_of(place) if addresses <= each.addresses), None)


def _neither(estate: Estate, source: str, destination: str) -> str:
    known = sorted(_label(each) for each in estate.subnets.values())
    more = len(known) - _GLANCE
    listed = ", ".join(known[:_GLANCE]) + (f" and {more} more" if more > 0 else "")
    return (
        f'neither "{source}" nor "{destination}" is a subnet of the source; at least one end must be. '
        f"Subnets there are: {listed or 'none'}"
    )
