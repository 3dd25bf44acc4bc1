"""The resource types the model needs, and the type an ARM id names."""

import re

_NETWORK = (
    "applicationGateways",
    "azureFirewalls",
    "connections",
    "effectiveSecurityAdminRules",
    "firewallPolicies",
    "firewallPolicies/ruleCollectionGroups",
    "firewallPolicies/ruleGroups",
    "ipGroups",
    "loadBalancers",
    "localNetworkGateways",
    "natGateways",
    "networkInterfaces",
    "networkManagers",
    "networkManagers/securityAdminConfigurations/ruleCollections/rules/snapshots",
    "networkSecurityGroups",
    "networkSecurityGroups/securityRules",
    "privateEndpoints",
    "publicIPAddresses",
    "publicIPPrefixes",
    "routeTables",
    "routeTables/routes",
    "serviceEndpointPolicies",
    "virtualHubs",
    "virtualHubs/bgpConnections",
    "virtualHubs/hubRouteTables",
    "virtualHubs/hubVirtualNetworkConnections",
    "virtualHubs/routeTables",
    "virtualHubs/routingIntent",
    "virtualNetworkGateways",
    "virtualNetworks",
    "virtualNetworks/subnets",
    "virtualNetworks/virtualNetworkPeerings",
)
_WEB = ("hostingEnvironments", "serverfarms", "sites")

NEEDED_TYPES = frozenset(f"Microsoft.Network/{name}" for name in _NETWORK) | {f"Microsoft.Web/{name}" for name in _WEB}
"""Every ARM type a decision can depend on, as Azure spells it. Documents of other types are not kept.

What Azure reports below an App Service Environment, such as its addresses and networking, is needed too.
"""

SERVICE_TAGS = "Microsoft.Network/serviceTags"
"""The type of a service tag list, which is kept beside the resources."""

_BELOW_ENVIRONMENT = "Microsoft.Web/hostingEnvironments/"
_SCALE_SET_NIC = "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces"
_SPELLING = {name.lower(): name for name in NEEDED_TYPES} | {
    _SCALE_SET_NIC.lower(): "Microsoft.Network/networkInterfaces"
}
_PROVIDERS = re.compile("(?:^|/)providers/", re.IGNORECASE)


def needed_spelling(kind: str) -> str | None:
    """Return the needed type that `kind` names in any mix of case, as Azure spells it; None if it is not needed."""
    lower = kind.lower()
    if lower.startswith(_BELOW_ENVIRONMENT.lower()):
        return _BELOW_ENVIRONMENT + kind[len(_BELOW_ENVIRONMENT) :]
    return _SPELLING.get(lower)


def type_of_id(arm_id: str) -> str:
    """Return the ARM type of the resource an id names, or "" where the id names no resource of a provider.

    `.../providers/Microsoft.Network/virtualNetworks/x/subnets/y` is a `Microsoft.Network/virtualNetworks/subnets`.
    Subscriptions and resource groups, whose ids name no provider, are of `Microsoft.Resources`.
    """
    before, *after = _PROVIDERS.split(arm_id.rstrip("/"))
    if not after:
        scopes = {3: "subscriptions", 5: "resourceGroups"}
        parts = before.split("/")
        is_scope = len(parts) in scopes and parts[1].lower() == "subscriptions"
        return f"Microsoft.Resources/{scopes[len(parts)]}" if is_scope else ""
    namespace, *path = after[-1].split("/")
    if not namespace or not path or len(path) % 2 or not all(path):
        return ""
    return "/".join([namespace, *path[::2]])
