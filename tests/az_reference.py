"""The commands of the Azure CLI that our pages use: what each requires and what else of it we use.

From the reference at https://learn.microsoft.com/cli/azure/ and the sources of azure-cli and of its extension
azure-firewall (https://github.com/Azure/azure-cli-extensions), read in November 2026.
"""

_GROUP = frozenset({"--resource-group"})
_ROUTE = _GROUP | {"--route-table-name", "--name"}
_SUBNET = _GROUP | {"--vnet-name", "--name"}
_HOP = frozenset({"--next-hop-ip-address"})
_TO = frozenset({"--address-prefix", "--next-hop-type"})
_COLLECTION = _GROUP | {"--policy-name", "--rule-collection-group-name"}
_COLLECTIONS = "network firewall policy rule-collection-group collection"
_ADDRESSES = frozenset({"--source-addresses", "--destination-addresses"})
_MATCH = _ADDRESSES | {"--protocols", "--fqdn-tags", "--target-fqdns", "--ip-protocols", "--destination-ports"}
_NSG = frozenset({"--source-address-prefixes", "--destination-address-prefixes", "--destination-port-ranges"})
_NOTHING: frozenset[str] = frozenset()

AZ: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "network vnet subnet create": (_SUBNET, frozenset({"--address-prefixes"})),
    "network vnet subnet update": (_SUBNET, frozenset({"--service-endpoints", "--route-table"})),
    "network public-ip create": (_GROUP | {"--name"}, frozenset({"--sku"})),
    "network route-table update": (_GROUP | {"--name"}, frozenset({"--disable-bgp-route-propagation"})),
    "network route-table route create": (_ROUTE | _TO, _HOP),
    "network route-table route update": (_ROUTE, _TO | _HOP),
    "network route-table route delete": (_ROUTE, _NOTHING),
    "network firewall create": (_GROUP | {"--name"}, frozenset({"--firewall-policy"})),
    "network firewall ip-config create": (
        _GROUP | {"--firewall-name", "--name"},
        frozenset({"--vnet-name", "--public-ip-address"}),
    ),
    "network firewall ip-config list": (_GROUP | {"--firewall-name"}, _NOTHING),
    "network firewall policy update": (_GROUP | {"--name"}, frozenset({"--private-ranges"})),
    f"{_COLLECTIONS} add-filter-collection": (
        _COLLECTION | {"--name", "--collection-priority"},
        _MATCH | {"--action", "--rule-name", "--rule-type"},
    ),
    f"{_COLLECTIONS} rule update": (_COLLECTION | {"--collection-name", "--name"}, _MATCH),
    f"{_COLLECTIONS} rule remove": (_COLLECTION | {"--collection-name", "--name"}, _NOTHING),
    "network nsg rule create": (
        _GROUP | {"--nsg-name", "--name", "--priority"},
        _NSG | {"--direction", "--access", "--protocol"},
    ),
    "network list-service-tags": (frozenset({"--location"}), frozenset({"--query"})),
    "network watcher show-next-hop": (
        frozenset({"--vm", "--source-ip", "--dest-ip"}),
        _GROUP,
    ),
    "rest": (frozenset({"--url"}), frozenset({"--method"})),
    "role assignment create": (
        frozenset({"--role", "--scope"}),
        frozenset({"--assignee-object-id", "--assignee-principal-type"}),
    ),
}
