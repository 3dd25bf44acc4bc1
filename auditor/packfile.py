"""The text of a pack file into a `Pack`. The format is described, field by field, in rules/pack.schema.json.

Pure and quick: the JSON Schema is for editors and tests; what is checked here is what an audit relies on.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

from auditor.errors import PackError
from auditor.packrows import PROTOCOLS, Row, destination_kind, prefix, rows, tag_rows
from auditor.packs import Kind, Pack, Requirement, pack_name
from auditor.yamltext import Fields, load_yaml, shown

SCHEMA = "requirement-pack/1"
_HOPS = ("Internet",)
_CONFIDENCE = ("verbatim", "verbatim-from-translation", "normalised-from-translation")
_OF_PORT = {80: "http", 443: "https"}

_TOP = (
    "schema", "service", "edition", "revision", "cloud", "title", "source", "notes", "steps", "service-endpoints",
    "ip", "fqdn", "wildcard", "linux", "nsg-inbound", "management", "asked-beside-later",
)  # fmt: skip
_STEPS = (
    "firewall", "firewall-subnet", "fqdn-tags", "network-rules", "management-routes", "ip-routes", "default-route",
    "service-endpoints", "route-table",
)  # fmt: skip
_MANAGEMENT = ("protocol", "ports", "next-hop", "service-tag", "addresses", "regions")


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of names and addresses: its field, its heading, when it counts, and what may stand in it."""

    field: str
    section: str
    kinds: tuple[Kind, ...]
    condition: str | None = None


_TABLES = (
    _Table("ip", "ip-address-dependencies", (Kind.ANY, Kind.IP)),
    _Table("fqdn", "fqdn-http-https", (Kind.FQDN, Kind.WILDCARD)),
    _Table("wildcard", "wildcard-http-https", (Kind.WILDCARD,)),
    _Table("linux", "linux-dependencies", (Kind.FQDN, Kind.WILDCARD, Kind.IP), "linux-apps"),
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the steps say about the rows of the tables.

    coverage: what each FQDN tag is published to cover: tables by field name, names as "*.example.com".
    rules: the network rules to add to the firewall, by `Row.name`. ip_via: next hop of the IP table, or "".
    """

    coverage: dict[str, tuple[str, ...]]
    rules: dict[str, Row]
    ip_via: str


def parse_pack(text: bytes | str, name: str) -> Pack:
    """Return the pack written in `text`.

    name: the file's path, for messages; its last two parts say service, edition, revision and cloud, and the text must
    say the same. Raises PackError naming the file, the row and what to write instead.
    """
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    place = pack_name(name)
    top = Fields.of(load_yaml(data, name, PackError), name, PackError, _TOP)
    top.text("schema", one_of=(SCHEMA,))
    for field, said in (("service", place.service), ("edition", place.edition), ("cloud", place.cloud)):
        if top.text(field) != said:
            raise top.fault(field, f'"{shown(top.text(field))}" contradicts the file\'s place; write "{said}"')
    if top.text("revision", "none") != (place.revision or "none"):
        raise top.fault("revision", f"the file's name says {place.revision or 'none'}; write the same, or rename it")
    source = top.section("source", ("url", "text", "confidence", "read"))
    steps = top.section("steps", _STEPS)
    management = top.section("management", _MANAGEMENT)
    companion = steps.section("management-routes", ("service", "of", "next-hop"))
    requirements = _numbered(_requirements(top, steps, management), f"{place.service}@{place.label}/")
    if not requirements:
        raise PackError(f"{name}: it holds no requirement; add steps, a table or management addresses")
    return Pack(
        service=place.service,
        edition=place.edition,
        revision=place.revision,
        cloud=place.cloud,
        title=top.text("title"),
        url=source.text("url"),
        text_url=source.text("text", ""),
        confidence=source.text("confidence", one_of=_CONFIDENCE),
        read=source.text("read"),
        notes=top.texts("notes"),
        requirements=requirements,
        digest=f"sha256:{sha256(data).hexdigest()}",
        companion=companion.text("service") if companion.values else None,
        management_routes=companion.text("of", one_of=("addresses", "service-tag")) if companion.values else "",
        management_tag=management.text("service-tag", "") or None,
        step_endpoints=steps.texts("service-endpoints"),
        asked_beside_later=top.texts("asked-beside-later"),
    )


def _numbered(requirements: Iterator[Requirement], edition: str) -> tuple[Requirement, ...]:
    """Put the edition before every id, and "#2" after the id of a row that the document repeats."""
    seen: Counter[str] = Counter()
    finished: list[Requirement] = []
    for requirement in requirements:
        seen[requirement.id] += 1
        times = seen[requirement.id]
        finished.append(replace(requirement, id=f"{edition}{requirement.id}{f'#{times}' if times > 1 else ''}"))
    return tuple(finished)


def _requirements(top: Fields, steps: Fields, management: Fields) -> Iterator[Requirement]:
    """Yield the requirements in the document's order: steps, then tables. Ids still lack the edition."""
    yield from _asked_by(steps)
    yield from _endpoints(top)
    rules = {row.name: row for row in tag_rows(steps, "network-rules")}
    ip_via = steps.text("ip-routes", one_of=_HOPS) if "ip-routes" in steps else ""
    asked = _Asked(_coverage(steps.section("fqdn-tags")), rules, ip_via)
    for table in _TABLES:
        for row in rows(top, table.field):
            yield _destination(destination_kind(top, table.field, row, table.kinds), table, row, asked)
    yield from _network_rules(steps, rules, {row.name for row in rows(top, "ip")})
    for row in tag_rows(top, "nsg-inbound"):
        yield _of_tag(Kind.NSG_INBOUND, row, "inbound-management")
    yield from _sources(management)


def _asked_by(steps: Fields) -> Iterator[Requirement]:
    """Yield what the document's steps ask for beside its tables."""
    if steps.yes("firewall"):
        subnet = steps.text("firewall-subnet", "")
        yield Requirement(id="firewall@azure-firewall", kind=Kind.FIREWALL, target=subnet, section="steps")
    for tag in steps.section("fqdn-tags").values:
        ident = f"fqdn-tag:{tag.lower()}@azure-firewall"
        yield Requirement(id=ident, kind=Kind.FQDN_TAG, target=tag, via="firewall", section="steps")
    if "default-route" in steps:
        via = steps.text("default-route", one_of=("firewall",))
        ident = "route:0.0.0.0/0->VirtualAppliance"
        yield Requirement(id=ident, kind=Kind.DEFAULT_ROUTE, target="0.0.0.0/0", via=via, section="steps")
    if steps.yes("route-table"):
        yield Requirement(id="route-table@subnet", kind=Kind.ROUTE_TABLE, target="", section="steps")


def _endpoints(top: Fields) -> Iterator[Requirement]:
    """Yield the services of the table of service endpoints: `documented name: provider`."""
    table = top.section("service-endpoints")
    for row in table.values:
        target = table.text(row)
        yield Requirement(
            id=f"service-endpoint:{target.lower()}",
            kind=Kind.SERVICE_ENDPOINT,
            target=target,
            via="service-endpoint",
            section="service-endpoint-capable",
            raw=row,
        )


def _of_tag(kind: Kind, row: Row, section: str) -> Requirement:
    """Return a requirement about a service tag on ports."""
    return Requirement(
        id=f"{kind}:{row.name}",
        kind=kind,
        target=row.target,
        ports=row.ports,
        protocol=row.protocol,
        section=section,
        raw=row.raw,
    )


def _destination(kind: Kind, table: _Table, row: Row, asked: _Asked) -> Requirement:
    """Return the requirement that `row` gets out."""
    named = kind in {Kind.FQDN, Kind.WILDCARD}
    rule = asked.rules.get(row.name) if kind is Kind.ANY else None
    ip_via = asked.ip_via if kind is Kind.IP and table.condition is None else ""
    covered = (tag for tag, what in asked.coverage.items() if named and _covers(what, table.field, row.target))
    return Requirement(
        id=f"{kind}:{row.name}" if table.condition is None else f"{kind}:{row.name}@{table.condition}",
        kind=kind,
        target=row.target,
        ports=row.ports,
        protocol=rule.protocol if rule else row.protocol or (_OF_PORT.get(row.ports[0], "") if named else ""),
        condition=table.condition,
        via="firewall" if named or rule else ip_via,
        tags=tuple(covered),
        section=table.section,
        raw=row.raw,
    )


def _network_rules(steps: Fields, rules: dict[str, Row], listed: set[str]) -> Iterator[Requirement]:
    """Yield the service tags to allow; rules for any destination are the documented way of a row of the IP table."""
    for name, row in rules.items():
        if row.target != "*":
            ident = f"service-tag:{name}@azure-firewall"
            yield replace(_of_tag(Kind.SERVICE_TAG, row, "steps"), id=ident, via="firewall")
        elif name not in listed:
            raise steps.fault("network-rules", f'"{row.raw}" stands in no table; add it to ip')


def _covers(what: tuple[str, ...], field: str, target: str) -> bool:
    """Whether a tag published to cover `what` covers `target`, a row of the table `field`."""
    return any(part == field or (part.startswith("*.") and target.lower().endswith(part[1:])) for part in what)


def _coverage(tags: Fields) -> dict[str, tuple[str, ...]]:
    """Return what each FQDN tag is published to cover."""
    tables = ("fqdn", "wildcard", "linux")
    coverage = {tag: tags.texts(tag) for tag in tags.values}
    for tag, what in coverage.items():
        for part in what:
            if part not in tables and not part.startswith("*."):
                raise tags.fault(tag, f'"{shown(part)}" is no coverage; write {", ".join(tables)} or *.example.com')
    return coverage


def _sources(management: Fields) -> Iterator[Requirement]:
    """Yield the addresses that Azure manages the service from."""
    if not management.values:
        return
    for address in management.texts("addresses"):
        yield _source(management, "addresses", address)
    for region in management.sections("regions", ("name", "locations", "addresses")):
        name, locations = region.text("name"), region.texts("locations")
        ident = "-".join(re.findall(r"[a-z0-9]+", name.lower()))
        for address in region.texts("addresses"):
            plain = _source(management, "regions", address)
            yield replace(plain, id=f"{plain.id}@region:{ident}", condition=f"region:{name}", locations=locations)


def _source(management: Fields, field: str, address: str) -> Requirement:
    ports = management.numbers("ports")
    return Requirement(
        id=f"management-source:{prefix(management, field, address)}:{','.join(map(str, ports))}",
        kind=Kind.MANAGEMENT_SOURCE,
        target=address,
        ports=ports,
        protocol=management.text("protocol", one_of=PROTOCOLS),
        via=management.text("next-hop", one_of=_HOPS),
        section="management-addresses",
        raw=address,
    )
