"""Who owns private addresses, which gateways there are, and service tag lists, from ARM documents."""

from auditor.estate.arm import children, id_of, key, name_of, parent_id, properties, reference, text, texts
from auditor.estate.attached import Interface, LoadBalancer
from auditor.estate.network import Appliance, Gateway, TagList
from auditor.estate.snapshot import Document
from auditor.estate.tags import normal_service_tag


def appliance_of_interface(interface: Interface) -> Appliance:
    """Return the appliance that a network interface may be."""
    return Appliance(
        id=interface.id,
        name=interface.name,
        forwarding=interface.forwarding,
        addresses=tuple(sorted((each.address, each.subnet) for each in interface.configurations if each.address)),
    )


def appliance_of_balancer(balancer: LoadBalancer) -> Appliance:
    """Return the appliance that the internal frontends of a load balancer may lead to."""
    return Appliance(
        id=balancer.id,
        name=balancer.name,
        forwarding=None,
        addresses=tuple(sorted((each.address, each.subnet) for each in balancer.frontends if each.address)),
    )


def read_gateway(document: Document) -> Gateway:
    """Return a virtual network gateway."""
    fields = properties(document)
    subnets = [reference(properties(each).get("subnet")) for each in children(fields.get("ipConfigurations"))]
    return Gateway(
        id=id_of(document),
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
