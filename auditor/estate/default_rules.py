"""The six rules every NSG has, for documents that leave them out.

Source: Network security groups overview, 2025-07-15,
https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview, specification N7.
"""

from typing import Any


def _rule(name: str, priority: int, access: str, source: str, destination: str) -> dict[str, Any]:
    return {
        "name": name,
        "priority": priority,
        "direction": "Inbound" if name.endswith("InBound") else "Outbound",
        "access": access,
        "protocol": "*",
        "sourceAddressPrefix": source,
        "sourcePortRange": "*",
        "destinationAddressPrefix": destination,
        "destinationPortRange": "*",
    }


DEFAULT_SECURITY_RULES = (
    _rule("AllowVnetInBound", 65000, "Allow", "VirtualNetwork", "VirtualNetwork"),
    _rule("AllowAzureLoadBalancerInBound", 65001, "Allow", "AzureLoadBalancer", "*"),
    _rule("DenyAllInBound", 65500, "Deny", "*", "*"),
    _rule("AllowVnetOutBound", 65000, "Allow", "VirtualNetwork", "VirtualNetwork"),
    _rule("AllowInternetOutBound", 65001, "Allow", "*", "Internet"),
    _rule("DenyAllOutBound", 65500, "Deny", "*", "*"),
)
