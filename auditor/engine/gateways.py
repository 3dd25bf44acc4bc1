"""Whether a VNet may hold routes that gateways learned and that configuration does not show (R13, U1)."""

from auditor.estate.arm import key
from auditor.estate.estate import Estate
from auditor.estate.network import VirtualNetwork

_KINDS = ("*", "microsoft.network/virtualnetworkgateways")
_SUBNETS = frozenset({"gatewaysubnet", "routeserversubnet"})


def may_learn_routes(estate: Estate, vnet: VirtualNetwork) -> bool:
    """Tell whether a gateway or Route Server may bring routes into a VNet: one that was read, or one that was not."""
    attached = any(each.name.lower() in _SUBNETS and each.attached for each in vnet.subnets)
    standing = any(each.vnet in {key(vnet.id), ""} for each in estate.gateways.values())
    remote = any(each.use_remote_gateways for each in vnet.peerings)
    return attached or standing or remote or any(kind in estate.gaps_by_kind for kind in _KINDS)
