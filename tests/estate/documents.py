"""Estates of a few documents."""

from collections.abc import Iterable

from auditor.estate.estate import Estate, build_estate
from auditor.estate.snapshot import Snapshot
from auditor.findings import Gap, Source
from tests.builders import (
    Document,
    application_rule,
    classic,
    collection,
    environment,
    firewall,
    group,
    interface,
    ip_group,
    network_rule,
    peering,
    policy,
    route,
    route_table,
    security_group,
    security_rule,
    site,
    subnet,
    vnet,
)

FOLDER = Source(kind="files", location="estate", digest="sha256:0")


def estate_of(*documents: Document, tags: Iterable[Document] = (), gaps: Iterable[Gap] = ()) -> Estate:
    """Return the estate of documents read from files."""
    return build_estate(Snapshot(resources=documents, service_tags=tuple(tags), gaps=tuple(gaps), sources=(FOLDER,)))


def town() -> list[Document]:
    """Return one document of every type the estate reads, all references of which lead somewhere."""
    spoke = vnet(
        "spoke",
        "10.1.0.0/16",
        [subnet("spoke", "ase", "10.1.1.0/24", table="rt", nsg="nsg", endpoints=["Microsoft.Sql"])],
        [peering("spoke", "hub", "10.0.0.0/16")],
    )
    hub = vnet(
        "hub",
        "10.0.0.0/16",
        [subnet("hub", "AzureFirewallSubnet", "10.0.0.0/26"), subnet("hub", "nva", "10.0.1.0/24")],
        [peering("hub", "spoke", "10.1.0.0/16")],
    )
    groups = [ip_group("offices", ["10.7.0.0/16"])["id"]]
    old = {
        "networkRuleCollections": [classic("net", 200, "Allow", [network_rule("ntp", ["*"], ["123"])])],
        "applicationRuleCollections": [classic("app", 200, "Deny", [application_rule("web", ["*.contoso.com"])])],
    }
    rules = [
        network_rule("offices", ["Storage"], ["443"], sources=[], sourceIpGroups=groups),
        application_rule("tag", tags=["WindowsUpdate"]),
    ]
    return [
        spoke,
        hub,
        route_table("rt", [route("default", "0.0.0.0/0", "VirtualAppliance", "10.0.0.4")]),
        security_group("nsg", [security_rule("in", 100, "Allow", source=["10.7.0.0/16"], ports=["80", "443"])]),
        firewall("fw", "hub", "10.0.0.4", policy="child"),
        firewall("fw-old", "hub", "10.0.0.5", collections=old),
        policy("parent", []),
        policy("child", ["rcg"], base="parent"),
        group("child", "rcg", 100, [collection("all", 100, "Allow", rules)]),
        ip_group("offices", ["10.7.0.0/16"]),
        interface("nva", "hub", "nva", "10.0.1.4", forwarding=True),
        environment("shop", "spoke", "ase"),
        site("web", "shop"),
    ]
