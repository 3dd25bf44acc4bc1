"""Reads plain ARM documents: one look-up after the other, nothing kept."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from tests.simulator.world import World

Document = dict[str, Any]

PLATFORM = ("168.63.129.16", "169.254.169.254")
FIREWALL_SUBNET = "azurefirewallsubnet"
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
NOT_PUBLIC = (
    *PRIVATE,
    *("0.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "198.18.0.0/15"),
    *("224.0.0.0/3", "168.63.129.16/32"),
)


def is_address(text: str) -> bool:
    """Tell an address, prefix, range or `*` from a service tag."""
    return text == "*" or ":" in text or text[:1].isdigit()


def holds(text: str, address: str) -> bool:
    """Tell whether an address field such as `*`, 10.0.0.0/8, 10.0.0.4 or 10.0.0.4-10.0.0.9 holds an address."""
    if text == "*":
        return True
    one = ip_address(address)
    first, dash, last = text.partition("-")
    if dash:
        low, high = ip_address(first), ip_address(last)
        return one.version == low.version and int(low) <= int(one) <= int(high)
    return one in ip_network(text, strict=False)


def any_holds(texts: Iterable[str], address: str) -> bool:
    """Tell whether one of several address fields holds an address."""
    return any(holds(each, address) for each in texts)


def is_public(address: str) -> bool:
    """Tell whether the Internet carries packets to an address."""
    if ":" in address:
        return holds("2000::/3", address)
    return not any_holds(NOT_PUBLIC, address)


def port_in(texts: Iterable[str], port: int) -> bool:
    """Tell whether a list of ports such as `*`, 443 or 400-500 holds a port."""
    for text in texts:
        low, dash, high = text.partition("-")
        if text == "*" or (int(low) <= port <= int(high) if dash else int(low) == port):
            return True
    return False


def properties(document: Document) -> Document:
    """Return the properties of a resource, or the resource itself where it has none, as in rules of policies."""
    found: Document = document.get("properties", document)
    return found


def both_forms(holder: Document, singular: str, plural: str) -> list[str]:
    """Return the entries of a field that comes in the singular and in the plural (N9)."""
    one = holder.get(singular)
    return [*([one] if one else []), *(holder.get(plural) or [])]


@dataclass(frozen=True)
class Place:
    """A subnet and the VNet it lies in."""

    vnet: Document
    subnet: Document

    @property
    def name(self) -> str:
        """The name of the subnet."""
        return f"{self.vnet['name']}/{self.subnet['name']}"

    @property
    def is_of_firewall(self) -> bool:
        """Whether this is an AzureFirewallSubnet."""
        return str(self.subnet["name"]).lower() == FIREWALL_SUBNET

    @property
    def prefixes(self) -> list[str]:
        """The prefixes of the subnet."""
        return both_forms(self.subnet["properties"], "addressPrefix", "addressPrefixes")


@dataclass(frozen=True)
class Plain:
    """The documents of an estate, the prefixes of the service tags that a list names, and the world they are in."""

    documents: Sequence[Document]
    tags: Mapping[str, Sequence[str]]
    world: World

    def find(self, resource_id: str | None) -> Document | None:
        """Return the resource of an id."""
        wanted = (resource_id or "").lower()
        return next((each for each in self.documents if each["id"].lower() == wanted), None)

    def of_type(self, kind: str) -> Iterator[Document]:
        """Yield the resources of a type of Microsoft.Network."""
        return (each for each in self.documents if each["type"].lower() == f"microsoft.network/{kind}".lower())

    def linked(self, holder: Document, field: str) -> Document | str | None:
        """Return the resource a field refers to, its id as a text where it was not read, None without a reference."""
        reference = holder["properties"].get(field)
        if not reference:
            return None
        return self.find(reference["id"]) or str(reference["id"])

    def place(self, subnet_id: str) -> Place | None:
        """Return the subnet of an id."""
        for vnet in self.of_type("virtualNetworks"):
            for subnet in vnet["properties"]["subnets"]:
                if subnet["id"].lower() == subnet_id.lower():
                    return Place(vnet, subnet)
        return None

    def place_of(self, vnet: Document, address: str) -> Place | None:
        """Return the subnet of a VNet that an address lies in."""
        places = (Place(vnet, each) for each in vnet["properties"]["subnets"])
        return next((each for each in places if any_holds(each.prefixes, address)), None)

    def gateways(self, vnet: Document) -> list[Document]:
        """Return the virtual network gateways of a VNet."""
        within = f"{vnet['id']}/subnets/".lower()
        return [
            gateway
            for gateway in self.of_type("virtualNetworkGateways")
            for each in gateway["properties"]["ipConfigurations"]
            if each["properties"]["subnet"]["id"].lower().startswith(within)
        ]


def space(vnet: Document) -> list[str]:
    """Return the address ranges of a VNet."""
    found: list[str] = vnet["properties"]["addressSpace"]["addressPrefixes"]
    return found
