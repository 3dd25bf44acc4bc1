"""Where each resource type is read, with which version of its API, and which of its properties are kept."""

from collections.abc import Mapping

from auditor.collectors.needed import NEEDED_TYPES, needed_spelling

_NETWORK, _WEB = "Microsoft.Network/", "Microsoft.Web/"

NETWORK_API, WEB_API, COMPUTE_API = "2024-05-01", "2023-12-01", "2018-10-01"

NETWORK_RESOURCES = (
    _NETWORK + "effectiveSecurityAdminRules",
    _NETWORK + "firewallPolicies/ruleCollectionGroups",
    _NETWORK + "networkManagers/securityAdminConfigurations/ruleCollections/rules/snapshots",
)
"""Types that Resource Graph lists in its table `networkresources` (Q2)."""

RESOURCES = tuple(sorted(each for each in NEEDED_TYPES if each.count("/") == 1 and each not in NETWORK_RESOURCES))
"""Types that it lists in its table `resources`; what lives below them is part of their documents (Q1)."""

APPS = (_WEB + "serverfarms", _WEB + "sites")
ENVIRONMENTS = _WEB + "hostingEnvironments"
ADMIN_IN_FORCE, RULE_COLLECTION_GROUPS, ADMIN_RULES = NETWORK_RESOURCES

HUB_CHILDREN = ("hubVirtualNetworkConnections", "hubRouteTables", "routingIntent", "bgpConnections")
"""Lists below a virtual hub, which no table holds (Q3)."""
ROUTE_SERVER_CHILDREN = ("bgpConnections",)
"""The same of a Route Server, which is a virtual hub of no WAN."""
DEPENDENCY_LISTS = ("inboundNetworkDependenciesEndpoints", "outboundNetworkDependenciesEndpoints")
"""What an App Service Environment itself tells of its dependencies (A20)."""

_KEPT: Mapping[str, frozenset[str]] = {
    key.lower(): frozenset(names.split())
    for key, names in {
        _NETWORK + "applicationGateways": "sku gatewayIPConfigurations frontendIPConfigurations",
        _NETWORK + "connections": "connectionType virtualNetworkGateway1 virtualNetworkGateway2 localNetworkGateway2",
        _NETWORK
        + "virtualNetworkGateways": "gatewayType vpnType ipConfigurations enableBgp activeActive bgpSettings sku",
        ENVIRONMENTS: (
            "internalLoadBalancingMode virtualNetwork hasLinuxWorkers status suspended userWhitelistedIpRanges"
            " networkingConfiguration"
        ),
        _WEB + "serverfarms": "hostingEnvironmentProfile hostingEnvironmentId reserved",
        _WEB + "sites": "hostingEnvironmentProfile serverFarmId appServicePlanId reserved siteConfig",
    }.items()
}
"""Properties kept of types whose documents hold more than the network: certificates, keys, settings of applications."""

_ALWAYS = frozenset({"provisioningState"})
_SITE_CONFIG = frozenset({"linuxFxVersion"})
_SECRET = frozenset(
    {
        *("authorizationkey", "sharedkey", "radiusserversecret", "radiusservers", "peeringauthorizationkey"),
        *("connectionstrings", "appsettings", "password", "data", "publiccertdata", "customdomainverificationid"),
        *("pacfile", "headervalue", "tags"),
    }
)
"""Names of properties, in lower case, that hold keys, certificates or notes wherever they stand.

A PAC file is named with a token that opens its storage account; values of inserted headers may be tokens.
"""
_TOP = ("id", "name", "type", "location", "kind", "sku")


def api_version_of(kind: str) -> str:
    """Return the version of the API that reads a resource type."""
    lower = kind.lower()
    if lower.startswith("microsoft.compute/"):
        return COMPUTE_API
    return WEB_API if lower.startswith(_WEB.lower()) else NETWORK_API


def kept(row: Mapping[str, object]) -> dict[str, object] | None:
    """Return of a resource what the auditor needs, without tags and secrets; None where its type is not needed."""
    kind = needed_spelling(str(row.get("type") or ""))
    if kind is None:
        return None
    document = {name: row[name] for name in _TOP if row.get(name) is not None and row[name] != ""} | {"type": kind}
    if "sku" in document:
        document["sku"] = _without_secrets(document["sku"])
    properties = row.get("properties")
    if isinstance(properties, Mapping):
        document["properties"] = _without_secrets(_chosen(kind, properties))
    return document


def _chosen(kind: str, properties: Mapping[str, object]) -> dict[str, object]:
    names = _KEPT.get(kind.lower())
    chosen = {name: value for name, value in properties.items() if names is None or name in names or name in _ALWAYS}
    config = chosen.get("siteConfig")
    if isinstance(config, Mapping):
        chosen["siteConfig"] = {name: _framework(value) for name, value in config.items() if name in _SITE_CONFIG}
    return chosen


def _framework(value: object) -> object:
    """Return the kind of a framework, without what follows: of COMPOSE that is a whole file, with its passwords."""
    return value.partition("|")[0] if isinstance(value, str) else value


def _without_secrets(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _without_secrets(each) for name, each in value.items() if name.lower() not in _SECRET}
    if isinstance(value, list):
        return [_without_secrets(each) for each in value]
    return value
