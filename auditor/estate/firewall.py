"""Azure Firewalls, their policies and rules as typed values."""

from dataclasses import dataclass

from auditor.estate.addresses import NOTHING, AddressSet
from auditor.estate.ports import PortSet


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressField:
    """The addresses a firewall rule names on one side: literal addresses, IP groups by id, service tags."""

    addresses: AddressSet
    ip_groups: tuple[str, ...]
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkRule:
    """A network rule. protocols: lower case, out of "tcp", "udp", "icmp", "any" and words Azure may add."""

    name: str
    sources: AddressField
    destinations: AddressField
    fqdns: tuple[str, ...]
    ports: PortSet
    protocols: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationRule:
    """An application rule.

    protocols: (type in lower case, port) pairs. fqdn_tags: normalised (see `auditor.estate.names.normal_fqdn_tag`).
    malformed_tags: tag texts that hold several tags in one string. urls, categories: only in policies.
    narrowed: whether the rule also lists destination addresses.
    """

    name: str
    sources: AddressField
    targets: tuple[str, ...]
    fqdn_tags: tuple[str, ...]
    malformed_tags: tuple[str, ...]
    urls: tuple[str, ...]
    categories: tuple[str, ...]
    protocols: tuple[tuple[str, int], ...]
    terminate_tls: bool
    narrowed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NatRule:
    """A DNAT rule.

    destinations: public addresses of the firewall. to_address, to_name, to_port: what it translates them to; a rule has
    an address or a name. fault: why the rule could not be read, "" where it was; it then decides nothing for certain.
    """

    name: str
    sources: AddressField
    destinations: AddressField
    ports: PortSet
    protocols: frozenset[str]
    to_address: str = ""
    to_name: str = ""
    to_port: int = 0
    fault: str = ""


Rule = NetworkRule | ApplicationRule | NatRule


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCollection:
    """Rules with one priority and one action. allow: None where that is not Allow, Deny or, of NAT rules, DNAT."""

    name: str
    priority: int
    allow: bool | None
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCollectionGroup:
    """A rule collection group of a policy. policy: comparing id of it. state: provisioning state in lower case."""

    id: str
    name: str
    policy: str
    priority: int
    collections: tuple[RuleCollection, ...]
    state: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsProxy:
    """DNS settings of a policy. enabled: None where the policy is silent and may inherit.

    for_network_rules: False where the policy says that its network rules do not require the proxy.
    """

    enabled: bool | None
    servers: tuple[str, ...]
    for_network_rules: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallPolicy:
    """A firewall policy.

    groups: comparing ids of its rule collection groups; None where the document does not list them.
    snat_ranges: private ranges that are not SNATed; None where the policy sets none. learns_private_ranges: whether the
    firewall adds ranges of its own finding to those (F45). state: provisioning state in lower case.
    intrusion_mode: of the intrusion detection: "off", "alert", "deny" or "". explicit_proxy: whether clients may speak
    to the firewall as a proxy. threat_intel_allowed: addresses and names that threat intelligence lets pass.
    sql_redirect: whether rules for SQL take redirected connections too (F35).
    """

    id: str
    name: str
    base: str | None
    groups: tuple[str, ...] | None
    threat_intel: str
    dns: DnsProxy
    snat_ranges: tuple[str, ...] | None
    certificate_authority: bool
    tier: str
    state: str = ""
    learns_private_ranges: bool = False
    intrusion_mode: str = ""
    explicit_proxy: bool = False
    sql_redirect: bool = False
    threat_intel_allowed: tuple[AddressSet, tuple[str, ...]] = (NOTHING, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallAddress:
    """A private address of a firewall and the comparing id of the subnet it lies in ("" in a virtual hub)."""

    address: str
    subnet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Firewall:
    """An Azure Firewall.

    sku: "azfw_vnet" or "azfw_hub", lower case. tier: "basic", "standard", "premium" or "".
    policy: comparing id; then the classic collections do not count (F1).
    collections: classic rules; None where the document says nothing of them.
    state: provisioning state in lower case. management: whether it has a management IP configuration.
    snat_ranges: classic `Network.SNAT.PrivateRanges`; None where not set. public_addresses: comparing ids.
    management_subnet: comparing id, "" without one. nat_listed: whether the document lists its classic DNAT rules.
    hub: comparing id of the virtual hub it stands in, "" for one in a VNet.
    """

    id: str
    name: str
    sku: str
    tier: str
    addresses: tuple[FirewallAddress, ...]
    policy: str | None
    collections: tuple[RuleCollection, ...] | None
    threat_intel: str
    state: str
    management: bool
    dns_proxy: bool
    snat_ranges: tuple[str, ...] | None
    public_addresses: tuple[str, ...] = ()
    management_subnet: str = ""
    threat_intel_allowed: tuple[AddressSet, tuple[str, ...]] = (NOTHING, ())
    nat_listed: bool = True
    hub: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IpGroup:
    """A named set of addresses. An empty one switches off the rules that use it (F20)."""

    id: str
    name: str
    addresses: AddressSet
