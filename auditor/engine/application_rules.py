"""Application rules: which names they see (F26 to F34, F38)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from auditor.engine.coverage import Certainty, Hidden, Part, Region
from auditor.engine.flows import SQL_REDIRECTED, Flow
from auditor.engine.matching import Line
from auditor.estate.firewall import ApplicationRule
from auditor.estate.intervals import IntervalSet
from auditor.estate.names import Relation, relation, supported_target
from auditor.estate.ports import ALL_PORTS, PortSet, port_set
from auditor.traces import Verdict

_KNOWN_PROTOCOLS = frozenset({"http", "https", "mssql"})
_TAG_PORTS = {"http": port_set("80"), "https": port_set("443")}


@dataclass(frozen=True, slots=True)
class Powers:
    """What a policy lets application rules do: see URLs, open TLS, know categories, follow SQL (F31, F35, F48)."""

    urls: bool
    tls: bool
    categories: bool
    redirects: bool


def application_lines(base: Line, rule: ApplicationRule, application: str, powers: Powers) -> Iterator[Line]:
    """Yield the lines an application rule stands for, one for each way in which it names its targets.

    base: the rule with everything but its targets and ports.
    """
    ports = _ports(rule, application)
    if ports and application == "mssql" and powers.redirects:
        ports |= SQL_REDIRECTED
    odd = sorted({word for word, _ in rule.protocols} - _KNOWN_PROTOCOLS)
    if odd or not (rule.protocols or rule.fqdn_tags):
        yield from _doubtful_lines(base, rule, odd, ports)
    if rule.narrowed and not base.unsure:
        why = "what destination addresses in an application rule do is not documented"
        base = replace(base, unsure=why, unsure_spec="F34")
    if rule.terminate_tls and application == "https":
        base = replace(
            base, note=f"rule {base.name} inspects TLS: senders that pin certificates or present their own fail"
        )
    if rule.targets and ports:
        yield from _target_lines(replace(base, ports=ports), rule.targets)
    if rule.urls and ports:
        yield from _url_lines(replace(base, ports=ports), rule, application, powers)
    if rule.categories and ports and (powers.categories or base.verdict is not Verdict.ALLOW):
        yield replace(base, ports=ports, destination=_in_a_category)
    if rule.fqdn_tags:
        yield from _tag_lines(base, rule, application, ports)
    if rule.malformed_tags and base.verdict is not Verdict.ALLOW and (ports or not rule.protocols):
        why = f'of "{rule.malformed_tags[0]}", several tags in one text, Azure may apply the first'
        yield replace(base, ports=ports or ALL_PORTS, destination=_everything, unsure=why, unsure_spec="F38")


def _target_lines(base: Line, targets: tuple[str, ...]) -> Iterator[Line]:
    """Yield the lines of target FQDNs: a star without a dot behind it admits look-alikes, which a note says (F29)."""
    broad = tuple(each for each in targets if supported_target(each) and each[:1] == "*" and each[1:2] not in {"", "."})
    plain = tuple(each for each in targets if each not in broad)
    if plain:
        yield replace(base, destination=_by_name(plain), names=plain)
    for each in broad:
        why = f'rule {base.name} names "{each}", which holds any name that ends so, as of look-alikes [F29]'
        note = "; ".join(filter(None, (base.note, why)))
        yield replace(base, destination=_by_name((each,)), names=(each,), note=note)


def _doubtful_lines(base: Line, rule: ApplicationRule, odd: list[str], ports: PortSet) -> Iterator[Line]:
    """Yield what a rule may do on ports of a protocol that Azure may have added, or that it does not list (J2)."""
    why = f"the auditor does not know protocol {odd[0]!r} of the rule" if odd else "the rule lists no protocols"
    others = ALL_PORTS if not odd else IntervalSet.of((port, port) for word, port in rule.protocols if word in odd)
    open_ = others - ports
    if open_ and (rule.targets or rule.urls or rule.categories):
        hosts = (*rule.targets, *(each.partition("/")[0] for each in rule.urls), *("*" for _ in rule.categories))
        yield replace(
            base, ports=open_, destination=_by_name(hosts), names=hosts, unsure=why, unsure_spec="J2" if odd else "J3"
        )


def _ports(rule: ApplicationRule, application: str) -> PortSet:
    return IntervalSet.of((port, port) for word, port in rule.protocols if word == application)


def _tag_lines(base: Line, rule: ApplicationRule, application: str, ports: PortSet) -> Iterator[Line]:
    """Yield the lines of an FQDN tag: sure on listed ports, doubtful on http where only https is listed (F38)."""
    line = replace(base, destination=_by_tag(rule.fqdn_tags, base.verdict), spec="F38", code=base.code + "-tag")
    https_by_default = application == "https" and not rule.protocols
    if ports or https_by_default:
        yield replace(line, ports=ports or _TAG_PORTS["https"])
    elif application == "http":
        why = "whether an FQDN tag rule for https lets http through is documented both ways"
        yield replace(line, ports=_TAG_PORTS["http"], unsure=why, unsure_spec="F38")


def _by_name(targets: tuple[str, ...]) -> Callable[[Region, Flow], Iterator[Part]]:
    def destination(region: Region, flow: Flow) -> Iterator[Part]:
        end = flow.destination
        if not end.name:
            yield _unnamed(region, "*" in targets)
            return
        if not isinstance(region, Hidden):
            covers = any(relation(each, end.name) is Relation.COVERS for each in targets)
            yield Part(region, Certainty.YES if covers else Certainty.NO)
            return
        relations = {each: relation(each, end.name) for each in targets}
        if Relation.COVERS in relations.values():
            yield Part(region, Certainty.YES)
            return
        hits = tuple(
            each for each, how in relations.items() if how is Relation.OVERLAPS and not _covered(each, region.taken)
        )
        if hits:
            yield Part(Hidden((*region.taken, *hits)), Certainty.YES)
        yield Part(Hidden((*region.taken, *hits)), Certainty.NO)

    return destination


def _covered(target: str, taken: tuple[str, ...]) -> bool:
    return any(relation(each, target) is Relation.COVERS for each in taken)


def _unnamed(region: Region, any_name: bool) -> Part:  # noqa: FBT001 - tells one fact
    """Judge traffic addressed by number: it carries no name, unless its sender puts one in (F28)."""
    if any_name:
        return Part(
            region,
            Certainty.MAYBE,
            "an application rule sees only traffic that names its host, by SNI or Host header",
            "F28",
        )
    return Part(region, Certainty.NO)


def _by_tag(tags: tuple[str, ...], verdict: Verdict) -> Callable[[Region, Flow], Iterator[Part]]:
    def destination(region: Region, flow: Flow) -> Iterator[Part]:
        if set(tags) & flow.destination.fqdn_tags:
            yield Part(region, Certainty.YES)
        elif verdict is Verdict.ALLOW and not set(tags) & flow.destination.perhaps_tags:
            yield Part(region, Certainty.NO)
        else:
            yield Part(region, Certainty.MAYBE, f"which names FQDN tag {tags[0]} holds is not readable", "F38")

    return destination


def _everything(region: Region, _flow: Flow) -> Iterator[Part]:
    yield Part(region, Certainty.YES)


def _in_a_category(region: Region, _flow: Flow) -> Iterator[Part]:
    yield Part(region, Certainty.MAYBE, "which names belong to a web category is not readable", "F33")


def _url_lines(base: Line, rule: ApplicationRule, application: str, powers: Powers) -> Iterator[Line]:
    """Yield the lines of target URLs: they see HTTPS only where TLS is inspected; a path is part of a host (F31).

    Where the tier has none, a rule that allows lets nothing through, and one that denies may deny all the same.
    """
    if application == "https" and not (rule.terminate_tls and powers.tls):
        return
    if not powers.urls:
        if base.verdict is Verdict.ALLOW:
            return
        base = replace(base, unsure="the tier of the firewall policy has no URLs in rules", unsure_spec="F48")
    hosts = tuple(each.partition("/")[0] for each in rule.urls if each.partition("/")[2] in {"", "*"})
    if hosts:
        yield replace(base, destination=_by_name(hosts), names=hosts, spec="F31")
    paths = [each for each in rule.urls if each.partition("/")[2] not in {"", "*"}]
    if paths:
        yield replace(base, destination=_by_path(tuple(each.partition("/")[0] for each in paths)), spec="F31")


def _by_path(hosts: tuple[str, ...]) -> Callable[[Region, Flow], Iterator[Part]]:
    def destination(region: Region, flow: Flow) -> Iterator[Part]:
        name = flow.destination.name
        if isinstance(region, Hidden) and name and any(relation(each, name) is not Relation.DISJOINT for each in hosts):
            yield Part(region, Certainty.YES)
        yield Part(region, Certainty.NO)

    return destination
