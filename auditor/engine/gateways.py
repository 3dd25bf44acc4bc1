"""Whether a VNet may hold routes that gateways learned and that configuration does not show (R13, U1)."""

from dataclasses import dataclass

from auditor.estate.arm import key
from auditor.estate.estate import Estate
from auditor.estate.hub import leads_to_hub
from auditor.estate.network import VirtualNetwork

_KINDS = ("*", "microsoft.network/virtualnetworkgateways")
_SUBNETS = frozenset({"gatewaysubnet", "routeserversubnet"})


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a VNet may hold routes that were not read.

    public: whether they may be for public addresses too. name: of such a route, as people read it.
    """

    code: str
    why: str
    spec: str
    public: bool = True
    name: str = "a route learned by BGP"


_BY_BGP = Doubt(
    "bgp-possible",
    "a gateway may have learned a longer route by BGP, and such routes are not part of the configuration",
    "U1",
)


def unlisted_peerings(vnet: VirtualNetwork) -> Doubt | None:
    """Return the doubt that a VNet whose document says nothing of peerings has some; None where it lists them (J3)."""
    if vnet.peerings_listed:
        return None
    why = f"the source does not list the peerings of VNet {vnet.name}, and each brings routes"
    return Doubt("peerings-unreadable", why, "J3", name="a route of a peering that was not read")


def may_learn_routes(estate: Estate, vnet: VirtualNetwork) -> bool:
    """Tell whether a gateway, Route Server or virtual hub may bring routes into a VNet: one that was read, or not."""
    in_hub = key(vnet.id) in estate.wan.of_vnet or any(map(leads_to_hub, vnet.peerings))
    return in_hub or not vnet.peerings_listed or gateway_doubt(estate, vnet) is not None


def kinds_of_gateways(estate: Estate, vnet_id: str) -> frozenset[str]:
    """Return the kinds of the gateways read that serve a VNet: its own, and those it borrows by a peering (H6)."""
    vnet = estate.virtual_networks.get(vnet_id)
    lenders = {each.remote for each in (vnet.peerings if vnet else ()) if each.use_remote_gateways}
    return frozenset(each.kind for each in estate.gateways.values() if each.vnet in {vnet_id, *lenders})


def gateway_doubt(estate: Estate, vnet: VirtualNetwork) -> Doubt | None:
    """Return the doubt that a gateway or Route Server brings routes into a VNet; None where none can.

    What a virtual hub brings is not part of it: see `auditor.engine.virtual_wan`.
    """
    attached = any(each.name.lower() in _SUBNETS and each.attached for each in vnet.subnets)
    standing = any(each.vnet in {key(vnet.id), ""} for each in estate.gateways.values())
    remote = any(each.use_remote_gateways and not leads_to_hub(each) for each in vnet.peerings)
    hidden = any(kind in estate.gaps_by_kind for kind in _KINDS)
    return _BY_BGP if attached or standing or remote or hidden else None
