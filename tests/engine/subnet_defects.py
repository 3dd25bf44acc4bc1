"""Defects of the subnet, its NSG, the apps in it and their traffic."""

from typing import Any

from auditor.packs import Kind
from tests.builders import (
    route,
    security_rule,
    site,
)
from tests.engine.defects import (
    MANAGEMENT,
    NAMES,
    NEW,
    OLD,
    OUTBOUND,
    PEER,
    Defect,
    Put,
    both,
    drop,
    fails,
    kinds,
    linux,
    linux_address,
    on_port,
    stopped,
    target,
    unknown,
)
from tests.estates import EDITIONS, FIREWALL, Draft


def drop_endpoint(service: str) -> Put:
    """Switch a service endpoint off."""

    def put(draft: Draft) -> None:
        draft.ase["serviceEndpoints"] = [each for each in draft.ase["serviceEndpoints"] if each["service"] != service]

    return put


def failed_endpoint(draft: Draft) -> None:
    """Leave a service endpoint in a state in which it may not work."""
    (found,) = [each for each in draft.ase["serviceEndpoints"] if each["service"] == "Microsoft.Sql"]
    found["provisioningState"] = "Failed"


def security(*rules: tuple[str, int, str], drop: tuple[str, ...] = (), **fields: Any) -> Put:  # noqa: ANN401
    """Add security rules to the NSG of the subnet, and take others away."""

    def put(draft: Draft) -> None:
        group = draft.of("nsg-ase")
        group["securityRules"] = [each for each in group["securityRules"] if each["name"] not in drop]
        group["securityRules"] += [security_rule(*each, **fields) for each in rules]

    return put


def ase_to_firewall(draft: Draft) -> None:
    """Route the own VNet, and with it the application gateway, to the firewall."""
    draft.routes.append(route("everything-inside", "10.1.0.0/16", "VirtualAppliance", FIREWALL))


def external(draft: Draft) -> None:
    """Give the environment a public address."""
    draft.of("ase-shop")["internalLoadBalancingMode"] = "None"


def linux_app(draft: Draft) -> None:
    """Add a Linux app."""
    draft.add(site("shop-linux", "ase-shop", linux=True))


def no_apps(draft: Draft) -> None:
    """Take every app away."""
    draft.drop("shop-web")
    draft.drop("shop-api")


MANAGEMENT_PORTS = both(MANAGEMENT, on_port(454, Kind.NSG_INBOUND))
REST = [
    *(
        Defect(
            name=f"service endpoint {service} removed",
            put=drop_endpoint(service),
            check="missing-service-endpoint",
            cause=service,
            outcome=fails,
            takes=target(service),
            editions=editions,
        )
        for service, editions in (
            ("Microsoft.Sql", EDITIONS),
            ("Microsoft.Storage", EDITIONS),
            ("Microsoft.KeyVault", (OLD,)),
            ("Microsoft.EventHub", (NEW,)),
        )
    ),
    Defect(
        name="service endpoint in state Failed",
        put=failed_endpoint,
        check="missing-service-endpoint",
        cause="its state is failed",
        outcome=fails,
        takes=target("Microsoft.Sql"),
    ),
    Defect(
        name="NSG denies 454-455",
        put=security(("no-management", 90, "Deny"), ports="454-455"),
        check="blocked-by-nsg",
        cause="nsg-ase/no-management",
        outcome=fails,
        takes=MANAGEMENT_PORTS,
    ),
    Defect(
        name="NSG denies one management address",
        put=security(("no-management", 90, "Deny"), ports="454-455", source="52.174.22.21"),
        check="blocked-by-nsg",
        cause="nsg-ase/no-management",
        outcome=fails,
        takes=target("52.174.22.21"),
        editions=(OLD,),
    ),
    Defect(
        name="NSG denies one of the two ports",
        put=security(("no-455", 90, "Deny"), ports="455"),
        check="blocked-by-nsg",
        cause="nsg-ase/no-455",
        outcome=fails,
        takes=MANAGEMENT_PORTS,
    ),
    Defect(
        name="NSG rule with an unknown access",
        put=security(("perhaps", 90, "Perhaps"), ports="454-455"),
        check="undetermined",
        cause="nsg-ase/perhaps",
        takes=MANAGEMENT_PORTS,
        outcome=unknown,
    ),
    Defect(
        name="NSG does not allow management",
        put=security(drop=("allow-management-tag", "allow-management-addresses")),
        check="blocked-by-nsg",
        cause="nsg-ase/deny-rest",
        outcome=fails,
        takes=MANAGEMENT_PORTS,
    ),
    Defect(
        name="NSG does not allow probes",
        put=security(drop=("allow-probes",)),
        check="blocked-by-nsg",
        cause="nsg-ase/deny-rest",
        outcome=fails,
        takes=target("AzureLoadBalancer"),
        editions=(NEW,),
    ),
    Defect(
        name="NSG does not allow the application gateway",
        put=security(drop=("allow-gateway",)),
        check="blocked-by-nsg",
        cause="nsg-ase/deny-rest",
        outcome=fails,
        takes=lambda _: False,
        beside=(PEER,),
    ),
    Defect(
        name="NSG denies 443 to the Internet",
        put=security(("no-web", 200, "Deny"), direction="Outbound", destination="Internet", ports="443"),
        check="blocked-by-nsg",
        cause="nsg-ase/no-web",
        outcome=fails,
        takes=on_port(443, *NAMES, Kind.IP, Kind.SERVICE_TAG),
    ),
    Defect(
        name="NSG not in the source",
        put=drop("nsg-ase"),
        check="undetermined",
        cause="nsg-ase",
        takes=both(OUTBOUND, kinds(Kind.MANAGEMENT_SOURCE, Kind.NSG_INBOUND)),
        beside=(PEER,),
        outcome=unknown,
    ),
    Defect(
        name="a Linux app, which the tag does not cover",
        put=linux_app,
        check="missing-linux-fqdn",
        cause="registry-1.docker.io",
        outcome=stopped,
        takes=linux,
        editions=(OLD,),
    ),
    Defect(
        name="a Linux app, whose names the tag covers and whose addresses it does not",
        put=linux_app,
        check="missing-linux-fqdn",
        cause="13.74.252.37",
        outcome=fails,
        takes=linux_address,
        editions=(NEW,),
    ),
    Defect(
        name="no apps in the source",
        put=no_apps,
        check="undetermined",
        cause="apps",
        takes=linux,
        outcome=unknown,
        editions=(OLD,),
    ),
    Defect(
        name="replies to the application gateway leave through the firewall",
        put=ase_to_firewall,
        check="asymmetric-peer-reply",
        cause="through firewall fw-hub",
        outcome=fails,
        takes=lambda _: False,
        beside=(PEER,),
    ),
    Defect(
        name="external environment",
        put=external,
        check="asymmetric-application-reply",
        cause="has a public address",
        outcome=fails,
        takes=lambda _: False,
        beside=("applications/clients:any",),
    ),
]
