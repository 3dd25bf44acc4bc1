"""Incidents that the audit of an App Service Environment shows, by number, as `test_incidents` lists them."""

from auditor.packs import Kind
from tests.builders import (
    Document,
    application_rule,
    collection,
    network_rule,
    route,
    security_rule,
)
from tests.engine.defects import OLD, Put
from tests.engine.incidents import (
    Incident,
    Named,
    clients_in,
    depending_on,
    listed,
    nothing,
    pack_of,
    resolving_at,
    several,
)
from tests.engine.rule_defects import drop_network_rule
from tests.engine.subnet_defects import ase_to_firewall, drop_endpoint, external, security
from tests.estates import ASE, FIREWALL, Draft

CLIENTS = "203.0.113.0/24"
LET_CLIENTS_IN = security(("allow-clients", 150, "Allow"), source=CLIENTS, ports=("80", "443"))
MONITORING = ("13.82.184.151", "13.90.249.229", "40.77.24.27", "104.45.230.69")
RESOLVER = "203.0.113.53"


def return_clients(draft: Draft) -> None:
    """Route the clients' range back to the Internet."""
    draft.routes.append(route("clients", CLIENTS, "Internet"))


def inside_to_firewall(prefix: str) -> Put:
    """Route a private range to the firewall."""
    return lambda draft: draft.routes.append(route("inside", prefix, "VirtualAppliance", FIREWALL))


def outbound_rules(*ports: str) -> Put:
    """Let some ports out of the subnet, with those of DNS, time and triage, and nothing else."""

    def put(draft: Draft) -> None:
        rules: list[Document] = draft.of("nsg-ase")["securityRules"]
        for place, each in enumerate((*ports, "53", "123", "1433", "12000")):
            rules.append(security_rule(f"out-{each}", 200 + place, "Allow", direction="Outbound", ports=each))
        rules.append(security_rule("deny-rest-out", 4000, "Deny", direction="Outbound"))

    return put


def monitoring_left_out(draft: Draft) -> None:
    """Neither route nor allow the addresses of monitoring."""
    for each in MONITORING:
        draft.drop_route(f"{each}/32")
    drop_network_rule("monitor")(draft)


def allow_names(*targets: str) -> Put:
    """Allow the applications some names at the firewall."""
    rule = application_rule("names", targets, protocols=["Https:443"], sources=[ASE])
    return lambda draft: draft.add_group("fwp-ase", "rcg-apps", 400, collection("apps", 100, "Allow", [rule]))


def allow_tag(tag: str) -> Put:
    """Allow a service tag on 443 by a network rule."""
    rule = network_rule("first-party", [tag], ["443"], sources=[ASE], protocols=["TCP"])
    return lambda draft: draft.add_group("fwp-ase", "rcg-aks", 210, collection("aks", 100, "Allow", [rule]))


def allow_resolver(*protocols: str) -> Put:
    """Allow the resolver on port 53 by a network rule."""
    rule = network_rule("dns", [RESOLVER], ["53"], sources=[ASE], protocols=protocols)
    return lambda draft: draft.add_group("fwp-ase", "rcg-dns", 210, collection("dns", 100, "Allow", [rule]))


def deny_internet(draft: Draft) -> None:
    """Deny everything outside the network by the NSG."""
    security(("deny-internet", 200, "Deny"), direction="Outbound", destination="Internet")(draft)


def associations_gone(draft: Draft) -> None:
    """Write the subnet again without its route table and NSG."""
    del draft.ase["routeTable"]
    del draft.ase["networkSecurityGroup"]


FRONT_DOOR = listed(AzureFrontDoor__FirstParty="13.107.213.0/24")
SERVICES = listed(
    AzureKeyVault__WestEurope="20.61.0.0/16",
    EventHub__WestEurope="20.62.0.0/16",
    Sql__WestEurope="20.63.0.0/16",
    Storage__WestEurope="20.60.0.0/16",
)
"""What the service endpoints of the compliant estate carry."""


def missing_dependency(*names: str) -> Named:
    """Return the finding that declared names are not allowed out."""
    words = tuple(f"no rule of firewall fw-hub allows {each}:443" for each in names)
    return Named(check="missing-application-dependency", resource="fwp-ase", words=words)


FAR_REPLY = Named(
    check="asymmetric-application-reply",
    resource="rt-ase",
    words=("has a public address", "routes for management addresses do not help", "10.0.0.4 is Azure Firewall fw-hub"),
)

AUDITED = (
    Incident(
        number="I-01",
        broken=external,
        fixed=several(external, LET_CLIENTS_IN, return_clients),
        causes=(FAR_REPLY,),
        declared=clients_in(CLIENTS),
    ),
    Incident(number="I-01-internal", broken=external, fixed=nothing, causes=(FAR_REPLY,)),
    Incident(
        number="I-01-declared",
        broken=several(external, LET_CLIENTS_IN),
        fixed=several(external, LET_CLIENTS_IN, return_clients),
        causes=(
            Named(
                check="asymmetric-application-reply",
                resource="rt-ase",
                words=(f"default sends the reply to {CLIENTS} to firewall fw-hub",),
            ),
        ),
        settings=clients_in(CLIENTS),
    ),
    Incident(
        number="I-02",
        broken=several(
            external, drop_endpoint("Microsoft.EventHub"), drop_network_rule("ntp"), drop_network_rule("triage")
        ),
        fixed=several(external, LET_CLIENTS_IN, return_clients),
        declared=clients_in(CLIENTS),
        causes=(
            FAR_REPLY,
            Named(
                check="missing-service-endpoint",
                resource="ase",
                words=("Microsoft.EventHub is not enabled", "Microsoft.KeyVault, Microsoft.Sql, Microsoft.Storage"),
            ),
            Named(check="missing-network-rule", resource="fwp-ase", words=("* on port 123", "firewall fw-hub")),
            Named(check="missing-network-rule", resource="fwp-ase", words=("* on port 12000", "firewall fw-hub")),
        ),
    ),
    Incident(
        number="I-04",
        broken=ase_to_firewall,
        fixed=inside_to_firewall("10.0.0.0/8"),
        causes=(
            Named(
                check="asymmetric-peer-reply",
                resource="rt-ase",
                words=("subnet gateway", "its reply leaves through firewall fw-hub"),
            ),
        ),
    ),
    Incident(
        number="I-06",
        broken=outbound_rules("443"),
        fixed=outbound_rules("443", "80"),
        causes=(
            Named(
                check="blocked-by-nsg",
                resource="nsg-ase",
                words=("nsg-ase/deny-rest-out stops", "crl.microsoft.com", "ocsp.digicert.com"),
            ),
        ),
        edition=OLD,
    ),
    Incident(
        number="I-08",
        broken=monitoring_left_out,
        fixed=nothing,
        causes=(
            Named(
                check="missing-dependency-route",
                resource="rt-ase",
                words=tuple(f"{each}: default (0.0.0.0/0) takes it to virtualappliance" for each in MONITORING),
            ),
            Named(check="missing-network-rule", resource="fwp-ase", words=("AzureMonitor on ports 80, 443",)),
        ),
    ),
    Incident(
        number="I-09",
        broken=FRONT_DOOR,
        fixed=several(FRONT_DOOR, allow_tag("AzureFrontDoor.FirstParty")),
        causes=(
            Named(
                check="missing-network-rule",
                resource="fwp-ase",
                words=("no network rule for the whole subnet to AzureFrontDoor.FirstParty on port 443",),
            ),
        ),
        pack=pack_of(Kind.SERVICE_TAG, "AzureFrontDoor.FirstParty", 443),
    ),
    Incident(
        number="I-13-first",
        broken=several(drop_endpoint("Microsoft.EventHub"), allow_names("mcr.microsoft.com")),
        fixed=several(
            drop_endpoint("Microsoft.EventHub"),
            allow_names("mcr.microsoft.com", "*.servicebus.windows.net", "*.identity.azure.net"),
        ),
        causes=(missing_dependency("*.servicebus.windows.net", "*.identity.azure.net"),),
        edition=OLD,
        settings=depending_on("*.servicebus.windows.net", "*.identity.azure.net"),
    ),
    Incident(
        number="I-13-second",
        broken=several(
            drop_endpoint("Microsoft.EventHub"), allow_names("mcr.microsoft.com", "*.servicebus.windows.net")
        ),
        fixed=several(
            drop_endpoint("Microsoft.EventHub"),
            allow_names("mcr.microsoft.com", "*.servicebus.windows.net", "*.identity.azure.net"),
        ),
        causes=(missing_dependency("*.identity.azure.net"),),
        edition=OLD,
        settings=depending_on("*.servicebus.windows.net", "*.identity.azure.net"),
    ),
    Incident(
        number="I-16",
        broken=nothing,
        fixed=allow_names("mcr.microsoft.com"),
        causes=(missing_dependency("mcr.microsoft.com"),),
        settings=depending_on("mcr.microsoft.com"),
    ),
    Incident(
        number="I-18",
        broken=deny_internet,
        fixed=nothing,
        causes=(
            Named(
                check="blocked-by-nsg",
                resource="nsg-ase",
                words=("nsg-ase/deny-internet stops", "login.microsoftonline.com", "ocsp.msocsp.com"),
            ),
        ),
    ),
    Incident(
        number="I-21",
        broken=several(SERVICES, allow_resolver("TCP")),
        fixed=several(SERVICES, allow_resolver("TCP", "UDP")),
        causes=(
            Named(
                check="missing-application-dependency",
                resource="fwp-ase",
                words=(f"no rule of firewall fw-hub allows {RESOLVER}:53/udp",),
            ),
        ),
        settings=resolving_at(RESOLVER),
    ),
    Incident(
        number="I-22",
        broken=associations_gone,
        fixed=nothing,
        causes=(
            Named(
                check="no-route-table",
                resource="ase",
                words=("subnet ase has no route table", "0.0.0.0/0 leads to the Internet, past the firewall"),
            ),
        ),
    ),
)
