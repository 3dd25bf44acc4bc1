"""Requirement packs: the documented requirements of one service as of one document date, in one cloud."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What sort of thing a requirement asks for. One evaluator each in `auditor.engine`."""

    FIREWALL = "firewall"  # an Azure Firewall in the VNet of the workload or a peered hub
    FQDN_TAG = "fqdn-tag"  # an application rule allows this tag
    DEFAULT_ROUTE = "default-route"  # 0.0.0.0/0 leads to the firewall
    ROUTE_TABLE = "route-table"  # a route table is assigned to the subnet
    SERVICE_ENDPOINT = "service-endpoint"  # enabled on the subnet
    MANAGEMENT_SOURCE = "management-source"  # inbound from this address, and its reply returns
    IP = "ip"  # outbound to this address
    ANY = "any"  # outbound to any address on a port
    SERVICE_TAG = "service-tag"  # outbound to every address of a service tag
    FQDN = "fqdn"  # outbound to this name
    WILDCARD = "wildcard"  # outbound to every name of this pattern
    NSG_INBOUND = "nsg-inbound"  # the NSG of the subnet lets this source in


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One documented thing that must hold.

    id: full and stable, such as "ase-v2@2018-09-24/fqdn:graph.windows.net:443".
    target: the address, prefix, name, pattern, tag or service, as documented: "40.77.24.27", "gr-Prod-*.cloudapp.net",
        "Microsoft.Sql", "AppServiceEnvironment"; "*" for any. "" where the kind says all.
    ports: empty where ports have no meaning.
    protocol: "http", "https", "tcp", "udp", "any" or "" (the document does not say).
    condition: "linux-apps" or None (always).
    via: documented next hop: "Internet", "firewall", "service-endpoint", or "" where the document does not say.
    tags: FQDN tags that the document publishes as covering this name.
    raw: the row of the document's table.
    """

    id: str
    kind: Kind
    target: str
    ports: tuple[int, ...]
    protocol: str
    condition: str | None
    via: str
    tags: tuple[str, ...]
    section: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The documented requirements of one service as of one document date and revision, in one cloud.

    label: what `--edition` and ids use: the edition plus ".r2" where one date has several texts.
    documented_addresses: prefixes, and service tag names, that the document lists beside its names.
    """

    service: str
    edition: str
    revision: str | None
    cloud: str
    title: str
    url: str
    confidence: str
    notes: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    digest: str

    @property
    def label(self) -> str:
        """The name of this edition: "2018-09-24", or "2019-06-11.r2" where one date has several texts."""
        return self.edition if self.revision is None else f"{self.edition}.{self.revision}"
