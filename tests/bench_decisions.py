"""How many flows a second the engine decides, by the number of rules of the policy and of routes of the table.

`python -m tests.bench_decisions` prints one line for each case: what grows, how much of it, milliseconds until the
first decision, and decisions a second: of flows not asked for before, and of such as were.
"""

import sys
from collections.abc import Iterator
from time import perf_counter

from auditor.engine.flows import TCP, Endpoint, Flow
from auditor.engine.network import Network
from auditor.engine.replies import exchange
from auditor.estate.addresses import AddressSet, address_set
from auditor.estate.estate import build_estate
from auditor.estate.intervals import IntervalSet
from auditor.estate.network import Subnet
from auditor.estate.snapshot import Snapshot
from auditor.estate.tags import Tags
from tests.bench_estates import Document, network_id, part
from tests.bench_mixed import Shape, mixed_estate, name_of

RULES = (10, 1_000, 10_000)
ROUTES = (4, 40, 400)
FLOWS = 1_000
_HTTPS = IntervalSet(((443, 443),))


def scene(rules: int, routes: int) -> tuple[Network, Subnet]:
    """Return a network with one firewall and one workload, and the subnet of the workload."""
    documents = list(mixed_estate(Shape(workloads=1, firewalls=1, rules=rules)))
    for each in documents:
        if str(each["type"]).endswith("routeTables"):
            _fill(each, routes)
    snapshot = Snapshot(resources=tuple(documents), service_tags=(), gaps=(), sources=())
    estate = build_estate(snapshot)
    vnet = network_id(f"rg-{name_of(0)}", "virtualNetworks", f"vnet-{name_of(0)}")
    subnet = estate.subnets[f"{vnet}/subnets/snet-{name_of(0)}".lower()]
    return Network(estate, Tags(None, {})), subnet


def _fill(table: Document, routes: int) -> None:
    """Leave a route table its default route, and put routes of many lengths beside it."""
    properties = table["properties"]
    assert isinstance(properties, dict)
    hop = {"nextHopType": "Internet"}
    prefixes = (f"{40 + n % 100}.{n // 100}.0.0/{16 + n % 9}" for n in range(routes - 1))
    more = [
        part(str(table["id"]), "routes", f"r{n}", {"addressPrefix": each, **hop}) for n, each in enumerate(prefixes)
    ]
    properties["routes"] = [properties["routes"][0], *more]


def names(count: int) -> Iterator[Endpoint]:
    """Yield names of which rules name every other one."""
    for n in range(count):
        name = f"api-{n}.example.com" if n % 2 else f"x{n}.unknown.example.org"
        yield Endpoint(label=name, name=name)


def addresses(count: int) -> Iterator[Endpoint]:
    """Yield public addresses, of which rules and routes name some."""
    for n in range(count):
        text = f"203.0.{n // 256 % 40}.{n % 256}" if n % 2 else f"{40 + n % 120}.{n % 7}.{n % 251}.9"
        yield Endpoint(label=text, addresses=address_set(text))


def timed(network: Network, subnet: Subnet, ends: list[Endpoint]) -> float:
    """Return the decisions a second on flows out of a subnet, with their replies."""
    source = Endpoint(label="subnet", addresses=AddressSet(v4=subnet.addresses.v4))
    start = perf_counter()
    for each in ends:
        exchange(
            network,
            Flow(source=source, destination=each, protocol=TCP, ports=_HTTPS, application="https"),
            subnet,
        )
    return len(ends) / (perf_counter() - start)


def measured(what: str, rules: int, routes: int) -> str:
    """Return the line of one case."""
    network, subnet = scene(rules, routes)
    ends = [end for pair in zip(names(FLOWS // 2), addresses(FLOWS // 2), strict=True) for end in pair]
    start = perf_counter()
    timed(network, subnet, [Endpoint(label="first.example.com", name="first.example.com")])
    first = perf_counter() - start
    new, again = timed(network, subnet, ends), timed(network, subnet, ends)
    return f"{what}\t{rules if what == 'rules' else routes}\t{first * 1000:.1f}\t{new:.0f}\t{again:.0f}"


def main() -> None:
    """Print the line of every case."""
    cases = [("rules", rules, 400) for rules in RULES] + [("routes", 1_000, routes) for routes in ROUTES]
    for what, rules, routes in cases:
        sys.stdout.write(measured(what, rules, routes) + "\n")


if __name__ == "__main__":
    main()
