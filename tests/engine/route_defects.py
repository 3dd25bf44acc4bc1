"""Defects in the routes of the subnet."""

from auditor.packs import Kind
from tests.builders import (
    interface,
    route,
)
from tests.engine.defects import (
    MANAGEMENT,
    NEW,
    OLD,
    PEER,
    ROUTED,
    THROUGH,
    Defect,
    Put,
    both,
    drop,
    fails,
    kinds,
    past_doubt,
    stopped,
    target,
    unknown,
    works_otherwise,
)
from tests.estates import FIREWALL, Draft


def drop_route(prefix: str) -> Put:
    """Take a route away."""
    return lambda draft: draft.drop_route(prefix)


def move_route(prefix: str, to: str) -> Put:
    """Write another prefix into a route."""
    return lambda draft: draft.route(prefix).update(addressPrefix=to)


def route_to(prefix: str, hop: str, address: str | None = None) -> Put:
    """Write another next hop into a route."""

    def put(draft: Draft) -> None:
        draft.route(prefix).pop("nextHopIpAddress", None)
        draft.route(prefix).update({"nextHopType": hop} | ({"nextHopIpAddress": address} if address else {}))

    return put


def management_range_to_the_firewall(draft: Draft) -> None:
    """Replace the routes of four management addresses by one for the range they lie in, to the firewall."""
    for each in ("177.147", "184.149", "190.65", "195.197"):
        draft.drop_route(f"52.178.{each}/32")
    draft.routes.append(route("partners", "52.178.0.0/16", "VirtualAppliance", FIREWALL))


def default_route_to_interface(*, forwarding: bool) -> Put:
    """Lead the default route to a network interface."""

    def put(draft: Draft) -> None:
        route_to("0.0.0.0/0", "VirtualAppliance", "10.1.5.9")(draft)
        draft.add(interface("nic-proxy", "vnet-shop", "gateway", "10.1.5.9", forwarding=forwarding))

    return put


def table_unassigned(draft: Draft) -> None:
    """Assign no route table."""
    del draft.ase["routeTable"]


def table_with_impossible_prefix(draft: Draft) -> None:
    """Write a prefix that there is not into the route table."""
    draft.routes.append(route("broken", "10.0.0.0/33", "None"))


ROUTES = [
    Defect(
        name="management route removed",
        put=drop_route("52.174.22.21/32"),
        check="asymmetric-management-reply",
        cause="52.174.22.21",
        outcome=fails,
        takes=target("52.174.22.21"),
    ),
    Defect(
        name="management route off by one",
        put=move_route("52.174.22.21/32", "52.174.22.22/32"),
        check="asymmetric-management-reply",
        cause="52.174.22.21",
        outcome=fails,
        takes=target("52.174.22.21"),
    ),
    Defect(
        name="a more specific route sends a management address to the firewall",
        put=route_to("52.174.22.21/32", "VirtualAppliance", FIREWALL),
        check="asymmetric-management-reply",
        cause="52.174.22.21",
        outcome=fails,
        takes=target("52.174.22.21"),
    ),
    Defect(
        name="a more specific route sends several management addresses to the firewall",
        put=management_range_to_the_firewall,
        check="asymmetric-management-reply",
        cause="partners",
        outcome=fails,
        takes=lambda each: MANAGEMENT(each) and each.target.startswith("52.178."),
    ),
    Defect(
        name="management route to nowhere",
        put=route_to("52.174.22.21/32", "None"),
        check="asymmetric-management-reply",
        cause="drops the reply to 52.174.22.21",
        outcome=fails,
        takes=target("52.174.22.21"),
    ),
    Defect(
        name="management route of unknown type",
        put=route_to("52.174.22.21/32", "Teleport"),
        check="undetermined",
        cause="52.174.22.21",
        takes=target("52.174.22.21"),
        outcome=unknown,
    ),
    Defect(
        name="dependency route removed",
        put=drop_route("40.77.24.27/32"),
        check="missing-dependency-route",
        cause="40.77.24.27",
        outcome=fails,
        takes=target("40.77.24.27"),
    ),
    Defect(
        name="dependency route off by one",
        put=move_route("40.77.24.27/32", "40.77.24.26/32"),
        check="missing-dependency-route",
        cause="40.77.24.27",
        outcome=fails,
        takes=target("40.77.24.27"),
    ),
    Defect(
        name="dependency route to nowhere",
        put=route_to("40.77.24.27/32", "None"),
        check="missing-dependency-route",
        cause="40.77.24.27",
        outcome=fails,
        takes=target("40.77.24.27"),
    ),
    Defect(
        name="default route removed",
        put=drop_route("0.0.0.0/0"),
        check="missing-default-route",
        cause="leads 0.0.0.0/0 to the firewall",
        outcome=works_otherwise,
        takes=THROUGH,
    ),
    Defect(
        name="default route to the Internet",
        put=route_to("0.0.0.0/0", "Internet"),
        check="missing-default-route",
        cause="0.0.0.0/0 leads to internet",
        outcome=works_otherwise,
        takes=THROUGH,
    ),
    Defect(
        name="default route to nowhere",
        put=route_to("0.0.0.0/0", "None"),
        check="missing-default-route",
        cause="0.0.0.0/0 leads to none",
        outcome=stopped,
        takes=THROUGH,
    ),
    Defect(
        name="default route to the gateway",
        put=route_to("0.0.0.0/0", "VirtualNetworkGateway"),
        check="missing-default-route",
        cause="0.0.0.0/0 leads to virtualnetworkgateway",
        outcome=past_doubt,
        takes=THROUGH,
    ),
    Defect(
        name="default route to an appliance that is no Azure Firewall",
        put=default_route_to_interface(forwarding=True),
        check="missing-default-route",
        cause="10.1.5.9",
        outcome=past_doubt,
        takes=THROUGH,
    ),
    Defect(
        name="default route of unknown type",
        put=route_to("0.0.0.0/0", "Teleport", FIREWALL),
        check="undetermined",
        cause="teleport",
        outcome=unknown,
        takes=THROUGH,
    ),
    Defect(
        name="default route to an address nothing owns",
        put=route_to("0.0.0.0/0", "VirtualAppliance", "10.0.0.5"),
        check="dangling-next-hop",
        cause="nothing owns 10.0.0.5",
        outcome=stopped,
        takes=THROUGH,
    ),
    Defect(
        name="default route to an address out of reach",
        put=route_to("0.0.0.0/0", "VirtualAppliance", "172.31.0.4"),
        check="dangling-next-hop",
        cause="172.31.0.4",
        outcome=stopped,
        takes=THROUGH,
    ),
    Defect(
        name="default route to an interface that does not forward",
        put=default_route_to_interface(forwarding=False),
        check="dangling-next-hop",
        cause="nic-proxy, which does not forward",
        outcome=stopped,
        takes=THROUGH,
    ),
    Defect(
        name="route table unassigned",
        put=table_unassigned,
        check="no-route-table",
        cause="subnet ase has no route table",
        outcome=works_otherwise,
        takes=both(THROUGH, kinds(Kind.ROUTE_TABLE, Kind.MANAGEMENT_SOURCE, Kind.IP)),
        editions=(OLD,),
    ),
    Defect(
        name="route table unassigned, dependencies without documented routes",
        put=table_unassigned,
        check="no-route-table",
        cause="subnet ase has no route table",
        outcome=works_otherwise,
        takes=both(THROUGH, kinds(Kind.ROUTE_TABLE, Kind.MANAGEMENT_SOURCE)),
        editions=(NEW,),
    ),
    Defect(
        name="route table not in the source",
        put=drop("rt-ase"),
        check="undetermined",
        cause="rt-ase",
        takes=ROUTED,
        beside=(PEER,),
        outcome=unknown,
    ),
    Defect(
        name="route table with 10.0.0.0/33",
        put=table_with_impossible_prefix,
        check="undetermined",
        cause="10.0.0.0/33",
        takes=ROUTED,
        beside=(PEER,),
        outcome=unknown,
    ),
]
