"""Defects of the firewall itself and of the way to and from it."""

from tests.builders import (
    network_id,
    route,
    route_table,
)
from tests.engine.defects import (
    BY_RULE,
    NO_FIREWALL,
    THROUGH,
    Defect,
    Put,
    drop,
    stopped,
    unknown,
)
from tests.estates import Draft


def stop_firewall(draft: Draft) -> None:
    """Deallocate the firewall."""
    draft.of("fw-hub")["ipConfigurations"] = []
    draft.subnet("vnet-hub", "AzureFirewallSubnet").pop("ipConfigurations")


def firewall_gone(draft: Draft) -> None:
    """Delete the firewall."""
    draft.drop("fw-hub")
    draft.subnet("vnet-hub", "AzureFirewallSubnet").pop("ipConfigurations")


def firewall_failed(draft: Draft) -> None:
    """Leave the firewall in a state in which its instances may differ."""
    draft.of("fw-hub")["provisioningState"] = "Failed"


def firewall_table(*routes: tuple[str, str, str], management: bool = False) -> Put:
    """Assign a route table to the subnet of the firewall. management: give it a management address, too."""

    def put(draft: Draft) -> None:
        draft.add(route_table("rt-firewall", [route(*each) for each in routes]))
        draft.subnet("vnet-hub", "AzureFirewallSubnet")["routeTable"] = {"id": network_id("routeTables", "rt-firewall")}
        if management:
            draft.of("fw-hub")["managementIpConfiguration"] = {"name": "management", "properties": {}}

    return put


def peering_state(vnet_name: str, state: str) -> Put:
    """Set the state of the only peering of a VNet."""

    def put(draft: Draft) -> None:
        (half,) = draft.of(vnet_name)["virtualNetworkPeerings"]
        half["properties"]["peeringState"] = state

    return put


def peering_gone(draft: Draft) -> None:
    """Delete the hub's half of the peering."""
    draft.of("vnet-hub")["virtualNetworkPeerings"] = []


FIREWALLS = [
    Defect(
        name="firewall deallocated",
        put=stop_firewall,
        check="no-firewall",
        cause="no Azure Firewall stands on the way out",
        outcome=stopped,
        takes=NO_FIREWALL,
    ),
    Defect(
        name="firewall removed",
        put=firewall_gone,
        check="no-firewall",
        cause="no Azure Firewall stands on the way out",
        outcome=stopped,
        takes=NO_FIREWALL,
    ),
    Defect(
        name="firewall not in the source",
        put=drop("fw-hub"),
        check="undetermined",
        cause="fw-hub",
        takes=NO_FIREWALL,
        outcome=unknown,
    ),
    Defect(
        name="firewall in state Failed",
        put=firewall_failed,
        check="undetermined",
        cause="fw-hub is in provisioning state Failed",
        takes=BY_RULE,
        outcome=unknown,
    ),
    *(
        Defect(
            name=f"firewall subnet routed to {hop}",
            put=firewall_table(("forced", "0.0.0.0/0", hop)),
            check="firewall-egress-blocked",
            cause="forced keeps firewall fw-hub",
            outcome=stopped,
            takes=BY_RULE,
        )
        for hop in ("None", "VirtualNetworkGateway")
    ),
    Defect(
        name="firewall with a management address routed to the gateway",
        put=firewall_table(("forced", "0.0.0.0/0", "VirtualNetworkGateway"), management=True),
        check="undetermined",
        cause="forced",
        takes=BY_RULE,
        outcome=unknown,
    ),
    Defect(
        name="firewall subnet does not route replies to the spoke",
        put=firewall_table(("lost", "10.1.0.0/16", "None")),
        check="firewall-egress-blocked",
        cause="does not return from firewall fw-hub",
        outcome=stopped,
        takes=BY_RULE,
    ),
    *(
        Defect(
            name=f"peering of {vnet} disconnected",
            put=peering_state(vnet, "Disconnected"),
            check="dangling-next-hop",
            cause="disconnected",
            outcome=stopped,
            takes=THROUGH,
        )
        for vnet in ("vnet-shop", "vnet-hub")
    ),
    Defect(
        name="peering has one half only",
        put=peering_gone,
        check="dangling-next-hop",
        cause="has no other half",
        outcome=stopped,
        takes=THROUGH,
    ),
    Defect(
        name="hub not in the source",
        put=drop("vnet-hub"),
        check="undetermined",
        cause="vnet-hub",
        takes=BY_RULE,
        outcome=unknown,
    ),
]
