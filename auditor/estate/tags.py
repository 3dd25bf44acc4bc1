"""Service tags: which addresses they stand for, as far as the source or a document says, and which names they may hold.

Tag names are compared without blanks and case (N17). A tag whose content is not known is never empty: it may hold any
public address.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from auditor.estate.addresses import ALL_V4, EVERYTHING, NOTHING, PUBLIC, AddressSet, Prefix, prefix, union
from auditor.estate.network import TagList

_CLOUDS = ("core.windows.net", "core.usgovcloudapi.net", "core.chinacloudapi.cn")
_STORAGE = tuple(f".{kind}.{cloud}" for kind in ("blob", "dfs", "file", "queue", "table", "web") for cloud in _CLOUDS)
_MESSAGING = (".servicebus.windows.net", ".servicebus.usgovcloudapi.net", ".servicebus.chinacloudapi.cn")

_NAMES_OF: Mapping[str, tuple[str, ...]] = {
    "appservice": (".azurewebsites.net", ".azurewebsites.us", ".chinacloudsites.cn"),
    "appservicemanagement": (),
    "azurecontainerregistry": (".azurecr.io", ".azurecr.us", ".azurecr.cn"),
    "azurecosmosdb": tuple(f".{kind}.azure.{end}" for kind in ("documents", "cosmos") for end in ("com", "us", "cn")),
    "azuredatalake": (".azuredatalakestore.net",),
    "azurekeyvault": (".vault.azure.net", ".managedhsm.azure.net", ".vault.usgovcloudapi.net", ".vault.azure.cn"),
    "cognitiveservicesmanagement": (".cognitiveservices.azure.com", ".api.cognitive.microsoft.com"),
    "eventhub": _MESSAGING,
    "gatewaymanager": (),
    "servicebus": _MESSAGING,
    "sql": (".database.windows.net", ".database.usgovcloudapi.net", ".database.chinacloudapi.cn"),
    "storage": _STORAGE,
}
"""Endings of the names a service answers under, by tag; a tag that is not listed may hold any name.

Source: Service tags overview, https://learn.microsoft.com/azure/virtual-network/service-tags-overview, 2021-04-23, and
Virtual network service endpoints, 2019-11-08.
"""

_TAG_OF_SERVICE: Mapping[str, str] = {
    "microsoft.azureactivedirectory": "azuredatalake",
    "microsoft.azurecosmosdb": "azurecosmosdb",
    "microsoft.cognitiveservices": "cognitiveservicesmanagement",
    "microsoft.containerregistry": "azurecontainerregistry",
    "microsoft.eventhub": "eventhub",
    "microsoft.keyvault": "azurekeyvault",
    "microsoft.servicebus": "servicebus",
    "microsoft.sql": "sql",
    "microsoft.storage": "storage",
    "microsoft.storage.global": "storage",
    "microsoft.web": "appservice",
}
"""Service tag by service of a service endpoint, both in lower case (R31)."""


SERVICES_OF_THEIR_OWN = frozenset(_TAG_OF_SERVICE.values()) - {"appservice"}
"""Tags of services other than App Service: no address of the App Service platform lies in them."""


_MAY_HOLD = PUBLIC | (EVERYTHING - ALL_V4)
"""What a tag may hold that is not listed: any public IPv4 address, and any IPv6 one."""


@dataclass(frozen=True, slots=True)
class TagUse:
    """A service tag named by a rule or route.

    sure: addresses it certainly holds. complete: whether those are all. prefixes: as published, where it is complete.
    """

    name: str
    sure: AddressSet
    complete: bool
    prefixes: tuple[Prefix, ...] = ()


@dataclass(frozen=True, slots=True)
class Tags:
    """Everything known of service tags.

    listed: the newest tag list of the source. documented: addresses a requirement document publishes as part of a tag;
    a lower bound where no list says more.
    """

    listed: TagList | None
    documented: Mapping[str, AddressSet]

    def use(self, tag: str) -> TagUse:
        """Return what is known of the addresses of `tag`."""
        name = normal_service_tag(tag)
        published = self.listed.prefixes.get(name) if self.listed is not None else None
        if published is not None:
            try:
                prefixes, addresses = _parsed(published)
            except ValueError:  # a damaged entry: what the tag holds is then not known
                return TagUse(name, NOTHING, complete=False)
            return TagUse(name, addresses, complete=True, prefixes=prefixes)
        return TagUse(name, self.documented.get(name, NOTHING), complete=False)


@lru_cache(maxsize=4096)
def _parsed(published: tuple[str, ...]) -> tuple[tuple[Prefix, ...], AddressSet]:
    prefixes = tuple(map(prefix, published))
    return prefixes, union(each.addresses for each in prefixes)


def normal_service_tag(tag: str) -> str:
    """Return a service tag in comparing form."""
    return "".join(tag.split()).lower()


def possible(use: TagUse) -> AddressSet:
    """Return the addresses a tag may hold."""
    return use.sure if use.complete else _MAY_HOLD | use.sure


def may_hold_name(tag: str, name: str) -> bool:
    """Tell whether `name`, or a name of that pattern, may resolve into `tag`."""
    endings = _NAMES_OF.get(tag.partition(".")[0])
    if endings is None:
        return True
    last = name.rpartition("*")[2]
    return any(last.endswith(each) or (last != name and each.endswith(last)) for each in endings)


def tag_of_service_endpoint(service: str) -> str:
    """Return the service tag whose prefixes the routes of a service endpoint have (R31); "" if that is not known."""
    return _TAG_OF_SERVICE.get(service.lower(), "")
