"""Service tags: which addresses they stand for, as far as the source or a document says, and which names they may hold.

Tag names are compared without blanks and case (N17). A tag whose content is not known is never empty: it may hold any
public address.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from auditor.estate.addresses import (
    ALL_V4,
    EVERYTHING,
    NOTHING,
    PUBLIC,
    AddressSet,
    Prefix,
    prefix,
    prefix_texts,
    union,
)
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
    most: what it can hold besides, where it is not.
    """

    name: str
    sure: AddressSet
    complete: bool
    prefixes: tuple[Prefix, ...] = ()
    most: AddressSet = _MAY_HOLD


@dataclass(frozen=True, slots=True)
class Tags:
    """Everything known of service tags.

    listed: the newest tag list of the source, or the one that comes with the auditor. documented: addresses a
    requirement document publishes as part of a tag; a lower bound where the source has no list.
    consulted: the tags looked up in the list so far, as the list spells them: what a caveat must name (U5).
    """

    listed: TagList | None
    documented: Mapping[str, AddressSet]
    consulted: set[str] = field(default_factory=set, compare=False, repr=False)

    def use(self, tag: str) -> TagUse:
        """Return what is known of the addresses of `tag`."""
        name = normal_service_tag(tag)
        documented = self.documented.get(name, NOTHING)
        if self.listed is None:
            return TagUse(name, documented, complete=False)
        published = self.listed.prefixes.get(name)
        if published is None:
            return TagUse(name, documented, complete=False, most=self._most(name))
        self.consulted.add(name)
        try:
            prefixes, addresses = _parsed(published)
        except ValueError:  # a damaged entry: what the tag holds is then not known
            return TagUse(name, NOTHING, complete=False)
        if self.listed.shipped and documented:  # what the document says of its own day counts beside a list of another
            prefixes, addresses = (*prefixes, *_hosts(documented - addresses)), addresses | documented
        return TagUse(name, addresses, complete=True, prefixes=prefixes)

    def _most(self, name: str) -> AddressSet:
        """Return what a tag can hold that the list leaves out: of a region, no more than the whole service has."""
        service, dot, _ = name.partition(".")
        if not dot or service == "azurecloud":  # the whole of Azure holds less than its parts (specification T4)
            return _MAY_HOLD
        whole = self.use(service)
        return whole.sure if whole.complete else _MAY_HOLD

    @property
    def caveat(self) -> str:
        """What an answer hangs on that looked up tags in the list; "" where none did (U5)."""
        if self.listed is None or not self.consulted:
            return ""
        return (
            f"service tags as of {described(self.listed)}: {', '.join(sorted(self.consulted))}; "
            "Azure changes their addresses from week to week"
        )


def described(tags: TagList) -> str:
    """Return which list of service tags that is, in words."""
    day = f" of {tags.date}" if tags.date else ""
    origin = "that comes with the auditor" if tags.shipped else "in the source"
    return f"list {tags.change_number or 'without a number'}{day} {origin}"


def _hosts(addresses: AddressSet) -> tuple[Prefix, ...]:
    return tuple(map(prefix, prefix_texts(addresses)))


@lru_cache(maxsize=4096)
def _parsed(published: tuple[str, ...]) -> tuple[tuple[Prefix, ...], AddressSet]:
    prefixes = tuple(map(prefix, published))
    return prefixes, union(each.addresses for each in prefixes)


def normal_service_tag(tag: str) -> str:
    """Return a service tag in comparing form."""
    return "".join(tag.split()).lower()


def possible(use: TagUse) -> AddressSet:
    """Return the addresses a tag may hold."""
    return use.sure if use.complete else use.most | use.sure


def may_hold_name(tag: str, name: str) -> bool:
    """Tell whether `name`, or a name of that pattern, may resolve into `tag`."""
    endings = _NAMES_OF.get(tag.partition(".")[0])
    if endings is None:
        return True
    last = name.rpartition("*")[2]
    return any(last.endswith(each) or (last != name and each.endswith(last)) for each in endings)


def answers_under(tag: str, name: str) -> bool:
    """Tell whether a name, or a name of that pattern, is one that the service of a tag gives out."""
    return any(f".{name}".endswith(each) for each in _NAMES_OF.get(tag, ()))


_WHOLE_SERVICES = frozenset({"storage", "sql", "azurekeyvault"})
"""Services that answer under their names from nowhere but the addresses of their own tag, all regions together."""


TAKES_NAMES_OF_OTHERS = frozenset({"storage", "appservice"})
"""Services, by tag, that answer under domains of their users as well as under names of their own."""


def holds_name(tag: str, name: str) -> bool:
    """Tell whether every public address of `name`, or of names of that pattern, certainly lies in `tag`."""
    last = name.rpartition("*")[2]
    return tag in _WHOLE_SERVICES and any(last.endswith(each) for each in _NAMES_OF[tag])


def storage_account_of(name: str) -> str:
    """Return the storage account that answers under a name, as names of Storage tell it; "" for any other name."""
    account, dot, _ = name.partition(".")
    own = dot and "*" not in name and any(name.endswith(each) for each in _STORAGE)
    return account.removesuffix("-secondary") if own else ""


def tag_of_service_endpoint(service: str) -> str:
    """Return the service tag whose prefixes the routes of a service endpoint have (R31); "" if that is not known."""
    return _TAG_OF_SERVICE.get(service.lower(), "")
