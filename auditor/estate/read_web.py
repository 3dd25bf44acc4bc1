"""App Service Environments, sites and plans from ARM documents. Fields: specification section 6.3."""

from auditor.estate.arm import flag, id_of, key, mapping, name_of, properties, reference, text
from auditor.estate.snapshot import Document
from auditor.estate.web import App, HostingEnvironment

_INTERNAL = {
    "none": False,
    "0": False,
    "web": True,
    "1": True,
    "publishing": True,
    "2": True,
    "web,publishing": True,
    "3": True,
}
"""Whether an environment is internal, by `internalLoadBalancingMode`; another word is not known (J2)."""


def read_environment(document: Document) -> HostingEnvironment:
    """Return an App Service Environment.

    v2 documents name the VNet and, apart, the subnet; v3 documents hold the whole subnet id. Both are read.
    """
    fields = properties(document)
    network = mapping(fields.get("virtualNetwork"))
    network_id, subnet = key(text(network.get("id"))), text(network.get("subnet"))
    if network_id and "/subnets/" not in network_id:
        network_id = f"{network_id}/subnets/{subnet.lower()}" if subnet else ""
    mode = fields.get("internalLoadBalancingMode")
    workers = fields.get("hasLinuxWorkers")
    return HostingEnvironment(
        id=id_of(document),
        name=name_of(document),
        kind=text(document.get("kind")).upper(),
        location=text(document.get("location")),
        subnet=network_id,
        internal=_INTERNAL.get(text(mode).replace(" ", "").lower()),
        linux_workers=flag(workers, default=False) if workers is not None else None,
    )


def read_app(document: Document) -> App:
    """Return a site or plan. Linux: `reserved`, or "linux" in its kind, or a Linux framework version (A22)."""
    fields = properties(document)
    framework = text(mapping(fields.get("siteConfig")).get("linuxFxVersion"))
    return App(
        id=id_of(document),
        name=name_of(document),
        environment=key(reference(fields.get("hostingEnvironmentProfile"))),
        plan=key(text(fields.get("serverFarmId")) or text(fields.get("appServicePlanId"))),
        linux=_linux(fields.get("reserved"), text(document.get("kind")).lower(), framework),
    )


def _linux(reserved: object, kind: str, framework: str) -> bool | None:
    if reserved is None and not kind and not framework:
        return None
    return flag(reserved, default=False) or "linux" in kind or bool(framework)
