"""Words for defects: which requirements one takes down, and how each of them comes out."""

from collections.abc import Callable
from dataclasses import dataclass

from auditor.estate.names import Relation, normal_name, relation
from auditor.estate.tags import may_hold_name, tag_of_service_endpoint
from auditor.findings import Outcome
from auditor.packs import Kind, Requirement
from tests.builders import network_id
from tests.estates import EDITIONS, ENDPOINTS, Draft

OLD, NEW = EDITIONS
Wanted = Callable[[Requirement], bool]
Put = Callable[[Draft], None]
"""Changes the compliant estate."""

NAMES = (Kind.FQDN, Kind.WILDCARD)
_GATEWAY = network_id("virtualNetworks", "vnet-shop") + "/subnets/gateway"
PEER = f"applications/peer:{_GATEWAY}"
"""The judgement on the application gateway of the compliant estate."""


def kinds(*wanted: Kind) -> Wanted:
    """Want every requirement of these kinds that always applies."""
    return lambda each: each.kind in wanted and each.condition is None


def target(*wanted: str) -> Wanted:
    """Want the requirements on these addresses, names or services."""
    return lambda each: each.target.removesuffix("/32") in wanted


def on_port(port: int, *of: Kind) -> Wanted:
    """Want the requirements of some kinds on a port."""
    return lambda each: kinds(*of)(each) and port in each.ports


def both(one: Wanted, other: Wanted) -> Wanted:
    """Want what either wants."""
    return lambda each: one(each) or other(each)


def linux(each: Requirement) -> bool:
    """Want what only Linux apps need."""
    return each.condition == "linux-apps"


def linux_address(each: Requirement) -> bool:
    """Want the addresses that only Linux apps need: no application rule sees traffic to them (F39)."""
    return linux(each) and each.kind is Kind.IP


def covered_by(tag: str) -> Wanted:
    """Want an FQDN tag and the names the edition publishes it for, unless the other tag is published for them too."""
    return lambda each: (
        (each.kind is Kind.FQDN_TAG and each.target == tag) or (kinds(*NAMES)(each) and each.tags == (tag,))
    )


def met_by(*patterns: str) -> Wanted:
    """Want the names that a rule with these target FQDNs meets, wholly or in part."""
    return lambda each: (
        kinds(*NAMES)(each)
        and any(relation(rule, normal_name(each.target)) is not Relation.DISJOINT for rule in patterns)
    )


BY_NAME = kinds(*NAMES)
BY_RULE = kinds(*NAMES, Kind.ANY, Kind.SERVICE_TAG)
"""What passes the firewall: names, and what the document asks network rules for."""
THROUGH = both(BY_RULE, kinds(Kind.DEFAULT_ROUTE))
TAGS = kinds(Kind.FQDN_TAG)
NO_FIREWALL = both(THROUGH, kinds(Kind.FIREWALL, Kind.FQDN_TAG))
MANAGEMENT = kinds(Kind.MANAGEMENT_SOURCE)
ROUTED = both(THROUGH, kinds(Kind.IP, Kind.MANAGEMENT_SOURCE))
"""What the routes of the subnet decide."""
OUTBOUND = both(BY_RULE, kinds(Kind.IP))


def fails(_: Requirement) -> Outcome:
    """Say that it does not pass."""
    return Outcome.FAIL


def unknown(_: Requirement) -> Outcome:
    """Say that it cannot be decided."""
    return Outcome.UNKNOWN


def stopped(each: Requirement) -> Outcome:
    """Say that it does not get past the firewall; a name that a service endpoint may carry still may (R33, V13)."""
    services = map(tag_of_service_endpoint, ENDPOINTS)
    carried = each.kind in NAMES and any(may_hold_name(tag, normal_name(each.target)) for tag in services)
    return Outcome.UNKNOWN if carried else Outcome.FAIL


def works_otherwise(each: Requirement) -> Outcome:
    """Say that traffic still passes, past what the document asks for."""
    return Outcome.FAIL if each.kind in {Kind.DEFAULT_ROUTE, Kind.ROUTE_TABLE} else Outcome.DEVIATES


def past_doubt(each: Requirement) -> Outcome:
    """Say that the default route is wrong, and that what lies on the way it takes is not known."""
    return Outcome.FAIL if each.kind is Kind.DEFAULT_ROUTE else Outcome.UNKNOWN


@dataclass(frozen=True, kw_only=True)
class Defect:
    """A defect, and what an audit must say of it.

    put: puts it into the compliant estate. cause: text of the finding that names the cause, in message or evidence.
    takes: the requirements it takes down, and outcome: how. beside: ids beside those of the pack, which fail unless
    everything is unknown.
    """

    name: str
    put: Put
    check: str
    cause: str
    takes: Wanted
    outcome: Callable[[Requirement], Outcome]
    beside: tuple[str, ...] = ()
    editions: tuple[str, ...] = EDITIONS


def drop(*names: str) -> Put:
    """Take resources away."""

    def put(draft: Draft) -> None:
        for each in names:
            draft.drop(each)

    return put
