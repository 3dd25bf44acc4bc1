"""Who owns private addresses, which gateways there are, and service tag lists, from ARM documents."""

from auditor.estate.arm import children, flag, key, mapping, name_of, parent_id, properties, reference, text, texts
from auditor.estate.network import Appliance, Gateway, TagList
from auditor.estate.snapshot import Document
from auditor.estate.tags import normal_service_tag


def read_interface(document: Document) -> Appliance:
    """Return the appliance a `Microsoft.Network/networkInterfaces` document stands for."""
    fields = properties(document)
    return Appliance(
        id=text(document.get("id")),
        name=name_of(document),
        forwarding=flag(fields.get("enableIPForwarding", fields.get("enableIpForwarding")), default=False),
        addresses=_private_addresses(document, "ipConfigurations"),
    )


def read_load_balancer(document: Document) -> Appliance:
    """Return the appliance the internal frontends of a `Microsoft.Network/loadBalancers` document stand for."""
    frontends = (
        "frontendIPConfigurations" if "frontendIPConfigurations" in properties(document) else "frontendIpConfigurations"
    )
    return Appliance(
        id=text(document.get("id")),
        name=name_of(document),
        forwarding=None,
        addresses=_private_addresses(document, frontends),
    )


def read_gateway(document: Document) -> Gateway:
    """Return a virtual network gateway."""
    fields = properties(document)
    subnets = [reference(properties(each).get("subnet")) for each in children(fields.get("ipConfigurations"))]
    return Gateway(
        id=text(document.get("id")),
        name=name_of(document),
        kind=text(fields.get("gatewayType")).lower(),
        vnet=key(parent_id(subnets[0])) if subnets and subnets[0] else "",
    )


_CLOUDS = {"azuregovernment": "usgovernment", "azurechinacloud": "china"}
"""Our word for a cloud, by the word of a service tag list; every other is the public cloud's."""


def read_tag_list(document: Document, *, shipped: bool = False) -> TagList:
    """Return a service tag list, of the live API or of the downloaded file. shipped: whether the auditor brings it."""
    prefixes = {
        normal_service_tag(name_of(each)): texts(properties(each).get("addressPrefixes"))
        for each in children(document.get("values"))
        if isinstance(properties(each).get("addressPrefixes"), list)
    }
    return TagList(
        cloud=_CLOUDS.get(text(document.get("cloud")).lower(), "public"),
        change_number=text(document.get("changeNumber")),
        prefixes=prefixes,
        date=text(document.get("date")),
        shipped=shipped,
    )


def _private_addresses(document: Document, field: str) -> tuple[tuple[str, str], ...]:
    found = []
    for each in children(properties(document).get(field)):
        fields = properties(each)
        address = text(fields.get("privateIPAddress", fields.get("privateIpAddress")))
        if address:
            found.append((address, key(reference(mapping(fields.get("subnet"))))))
    return tuple(sorted(found))
