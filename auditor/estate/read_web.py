"""App Service Environments, sites and plans from ARM documents. Fields: specification section 6.3."""

from auditor.estate.arm import flag, key, mapping, name_of, properties, reference, text
from auditor.estate.snapshot import Document
from auditor.estate.web import App, HostingEnvironment


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
        id=text(document.get("id")),
        name=name_of(document),
        kind=text(document.get("kind")).upper(),
        location=text(document.get("location")),
        subnet=network_id,
        internal=None if mode is None else text(mode).lower() not in {"none", "0"},
        linux_workers=flag(workers, default=False) if workers is not None else None,
    )


def read_app(document: Document) -> App:
    """Return a site or plan. Linux: `reserved`, or "linux" in its kind, or a Linux framework version (A22)."""
    fields = properties(document)
    framework = text(mapping(fields.get("siteConfig")).get("linuxFxVersion"))
    return App(
        id=text(document.get("id")),
        name=name_of(document),
        environment=key(reference(fields.get("hostingEnvironmentProfile"))),
        plan=key(text(fields.get("serverFarmId")) or text(fields.get("appServicePlanId"))),
        linux=flag(fields.get("reserved"), default=False)
        or "linux" in text(document.get("kind")).lower()
        or bool(framework),
    )
