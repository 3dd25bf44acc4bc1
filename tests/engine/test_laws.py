"""Laws that hold of every estate: of order, of denying more, of knowing less, and of asking in two ways."""

import os
from copy import deepcopy
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.engine.audit import known_tags
from auditor.engine.network import Network
from auditor.engine.tracing import trace_flow
from auditor.estate.estate import build_estate
from auditor.packs import Kind
from auditor.traces import Verdict
from tests.audits import NEWEST, PLAIN, audit_snapshot, packs_of, requirements_of, snapshot_of
from tests.builders import Document, classic, collection, environment, group, network_rule, security_rule
from tests.engine.scenes import gap
from tests.simulator.agreement import network_of, verdict_of
from tests.simulator.estates import Drawing, drawings

ALLOW, BLOCK, PARTIAL, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN
HEIGHT = {ALLOW: 2, PARTIAL: 1, UNKNOWN: 1, BLOCK: 0}
LESS_KNOWN = {
    ALLOW: {ALLOW, UNKNOWN},
    BLOCK: {BLOCK, PARTIAL, UNKNOWN},
    PARTIAL: {PARTIAL, UNKNOWN},
    UNKNOWN: {UNKNOWN},
}
"""What a verdict may turn into where less is known: a part that is sure to stop may become one that may."""

estates = st.booleans().flatmap(lambda open_: drawings(open_things=open_))
seeds = st.integers(0, 2**32)
ESTATES = 300 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 20
law = settings(max_examples=ESTATES, suppress_health_check=list(HealthCheck))


def _verdicts(drawing: Drawing, **more: Any) -> list[Verdict]:  # noqa: ANN401 - what network_of takes
    network = network_of(drawing, **more)
    return [verdict_of(network, each).verdict for each in drawing.asked]


# Order.


def _shuffled(value: Any, random: Random, name: str = "") -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value with its arrays in another order, but for the rules of a firewall's rule collection."""
    if isinstance(value, dict):
        return {field: _shuffled(each, random, field) for field, each in value.items()}
    if not isinstance(value, list | tuple):
        return value
    entries = [_shuffled(each, random) for each in value]
    if name != "rules":
        random.shuffle(entries)
    return entries


@law
@given(estates, seeds)
def test_order_of_input_never_matters(drawing: Drawing, seed: int) -> None:
    """The same estate listed in another order gives every flow the same trace."""
    random = Random(seed)  # noqa: S311 - shuffles, and is no secret
    turned = replace(drawing, documents=tuple(_shuffled(drawing.documents, random)))
    networks = network_of(drawing), network_of(turned)

    for asked in drawing.asked:
        one, other = (verdict_of(each, asked) for each in networks)
        assert (one.verdict, one.trace) == (other.verdict, other.trace)


# Denying more.


def _deny_in_groups(documents: list[Document], rule: Document) -> None:
    for each in documents:
        if each["type"].endswith("networkSecurityGroups"):
            each["properties"]["securityRules"].append(deepcopy(rule))


def _deny_in_walls(documents: list[Document], rule: Document) -> None:
    """Put a network rule that denies before all others: into classic firewalls, and the oldest policy of others."""
    rule = rule | {"protocols": rule["ipProtocols"]}
    for each in [*documents]:
        fields = each["properties"]
        if each["type"].endswith("azureFirewalls") and "firewallPolicy" not in fields:
            fields["networkRuleCollections"].append(classic("denied-first", 50, "Deny", [rule]))
        if each["type"].endswith("firewallPolicies") and "basePolicy" not in fields:
            first = group(each["name"], "denied-first", 50, [collection("denied-first", 50, "Deny", [rule])])
            fields["ruleCollectionGroups"].append({"id": first["id"]})
            documents.append(first)


ENDS = ("*", "10.1.1.0/24", "10.1.1.0/25", "10.2.1.9", "8.8.8.0/24", "10.0.0.0/26", "0.0.0.0/0")
WAYS = ("Inbound", "Outbound")
DENIED_PORTS = ("*", "443", "22", "400-500")


@law
@given(estates, st.sampled_from(ENDS), st.sampled_from(ENDS), st.sampled_from(DENIED_PORTS), st.sampled_from(WAYS))
def test_deny_put_first_in_groups_never_allows_more(
    drawing: Drawing, source: str, destination: str, ports: str, direction: str
) -> None:
    """A rule that denies, before all others of every NSG, makes no flow pass better than without it."""
    documents = list(deepcopy(drawing.documents))
    rule = security_rule(
        "denied-first", 99, "Deny", direction=direction, source=source, destination=destination, ports=ports
    )
    _deny_in_groups(documents, rule)
    before, after = _verdicts(drawing), _verdicts(replace(drawing, documents=tuple(documents)))

    assert all(HEIGHT[now] <= HEIGHT[then] for then, now in zip(before, after, strict=True))


@law
@given(estates, st.sampled_from(ENDS), st.sampled_from(ENDS), st.sampled_from(DENIED_PORTS))
def test_deny_put_first_in_firewalls_never_allows_more(
    drawing: Drawing, source: str, destination: str, ports: str
) -> None:
    """A network rule that denies, before all others of every firewall, makes no flow pass better than without it."""
    documents = list(deepcopy(drawing.documents))
    _deny_in_walls(documents, network_rule("denied-first", [destination], [ports], sources=[source]))
    before, after = _verdicts(drawing), _verdicts(replace(drawing, documents=tuple(documents)))

    assert all(HEIGHT[now] <= HEIGHT[then] for then, now in zip(before, after, strict=True))


# Knowing less.

REFUSED = (
    *("networkSecurityGroups", "routeTables", "azureFirewalls", "firewallPolicies", "ruleCollectionGroups"),
    *("ipGroups", "virtualNetworks"),
)


@pytest.mark.parametrize("kind", REFUSED)
@law
@given(drawing=estates, data=st.data())
def test_refused_resource_never_decides_more(kind: str, drawing: Drawing, data: st.DataObject) -> None:
    """A resource that was refused leaves every flow as it was or less decided, and lets none pass."""
    asked_of = {each.vnet for each in drawing.asked} if kind == "virtualNetworks" else set()
    found = [each for each in drawing.documents if each["type"].endswith(f"/{kind}") and each["name"] not in asked_of]
    if not found:
        return
    lost = data.draw(st.sampled_from(found))
    rest = replace(drawing, documents=tuple(each for each in drawing.documents if each is not lost))
    before, after = _verdicts(drawing), _verdicts(rest, gaps=[gap(lost["type"], lost["id"])])

    for asked, then, now in zip(drawing.asked, before, after, strict=True):
        assert now in LESS_KNOWN[then], f"{asked}: {then} became {now} without {lost['id']}"


@law
@given(estates)
def test_missing_tag_list_never_decides_more(drawing: Drawing) -> None:
    """Without a list of service tags every flow is as it was or less decided."""
    before, after = _verdicts(drawing), _verdicts(replace(drawing, tags={}))

    for asked, then, now in zip(drawing.asked, before, after, strict=True):
        assert now in LESS_KNOWN[then], f"{asked}: {then} became {now}"


# Asking in two ways.

FLOWS = [
    each for each in requirements_of(NEWEST) if each.kind in {Kind.FQDN, Kind.WILDCARD, Kind.IP, Kind.MANAGEMENT_SOURCE}
]


@law
@given(estates, seeds)
def test_trace_agrees_with_the_audit(drawing: Drawing, seed: int) -> None:
    """A documented flow that a person asks for has the verdict and path that the audit gives it."""
    random = Random(seed)  # noqa: S311 - chooses flows, and is no secret
    snapshot = snapshot_of([*drawing.documents, environment("ase-drawn", "spoke", "ase")])
    results = {each.requirement: each for each in audit_snapshot(snapshot).results}
    estate = build_estate(snapshot)
    network = Network(estate, known_tags(estate, packs_of(NEWEST)))

    for each in random.sample(FLOWS, 12):
        host, port = each.target.removesuffix("/32"), each.ports[0]
        ends = (host, f"spoke/ase:{port}") if each.kind is Kind.MANAGEMENT_SOURCE else ("spoke/ase", f"{host}:{port}")
        told = trace_flow(network, packs_of(NEWEST), PLAIN, *ends)
        result = results[each.id]
        if result.verdict is not None:
            assert (told.verdict, told.path) == (result.verdict, result.path), each.id
