"""Every edition of the ASE pack can be satisfied, and each of its requirements can fail, alone or with what it carries.

An estate is built from the requirements themselves, so that an edition added to rules/ is proved without a new test.

What stops passing beside the requirement that is taken away, or otherwise than by failing, is stated in `CARRIES` and
`outcome`, with the reason.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from auditor.collectors.rules import pack_names
from auditor.estate.names import normal_name
from auditor.estate.tags import may_hold_name, tag_of_service_endpoint
from auditor.findings import Outcome
from auditor.packs import Kind, Requirement
from tests.audits import audit_documents, packs_of
from tests.held import NAMES, Held, estate, everything, prefix, rule_of, satisfied, serves

EDITIONS = [each.label for each in pack_names() if (each.service, each.cloud) == ("ase-v2", "public")]

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"

NEVER = {"microsoft.eventgrid"}
"""Services in a document's table for which Azure offers no service endpoint: never applicable."""

BY_FIREWALL = {Kind.FIREWALL, Kind.FQDN_TAG, Kind.DEFAULT_ROUTE, Kind.ANY, Kind.SERVICE_TAG, *NAMES}
BY_DEFAULT_ROUTE = {Kind.DEFAULT_ROUTE, Kind.ANY, Kind.SERVICE_TAG, *NAMES}

CARRIES = {
    Kind.FIREWALL: (BY_FIREWALL, Outcome.FAIL, "nothing passes a firewall that is not there (F53)"),
    Kind.DEFAULT_ROUTE: (BY_DEFAULT_ROUTE, Outcome.DEVIATES, "names leave past the firewall (design 1)"),
    Kind.ROUTE_TABLE: (
        {Kind.ROUTE_TABLE, Kind.MANAGEMENT_SOURCE, *BY_DEFAULT_ROUTE},
        Outcome.DEVIATES,
        "a table holds all routes; without one everything leaves by Azure's own (R8)",
    ),
}
"""The three steps that others stand on: what stops passing without each, and how; the step itself fails.

Addresses that a document asks to route to the Internet deviate without a table, too (design 1).
"""


@cache
def requirements(edition: str) -> tuple[Requirement, ...]:
    """Return every requirement of an edition and its companion that can apply."""
    found = [each for pack in packs_of(edition) for each in pack.requirements]
    return tuple(each for each in found if each.target.lower() not in NEVER)


def tried(edition: str, kind: Kind) -> tuple[Requirement, ...]:
    """Return the requirements of a kind that are taken away: names and addresses that no earlier edition has alike.

    Of the newest edition, which is what most are audited against, it is always all of them; nightly of every edition.
    """
    found = [each for each in requirements(edition) if each.kind is kind]
    if NIGHTLY or edition == EDITIONS[-1] or kind not in {*NAMES, Kind.MANAGEMENT_SOURCE, Kind.IP}:
        return tuple(found)
    earlier = EDITIONS[: EDITIONS.index(edition)]
    known = {written(each) for other in earlier for each in requirements(other)}
    return tuple(each for each in found if written(each) not in known)


def written(requirement: Requirement) -> Requirement:
    """Return a requirement without what differs from edition to edition though the document says the same."""
    return replace(requirement, id=requirement.id.partition("/")[2], section="", raw="")


@cache
def outcomes(edition: str, held: Held) -> dict[str, Outcome]:
    """Return how every requirement of an edition comes out in an estate that holds no more than `held`.

    What rules for documented patterns let out beyond them, as all of a shared domain, is no requirement.
    """
    documents, tags = estate(held)
    results = audit_documents(documents, edition=edition, tags=tags).results
    return {each.requirement: each.outcome for each in results if not each.requirement.startswith("lock-down/")}


def not_passing(edition: str, held: Held) -> dict[str, Outcome]:
    """Return the requirements that can apply and do not pass, with their outcomes."""
    found = outcomes(edition, held)
    return {each.id: found[each.id] for each in requirements(edition) if found[each.id] is not Outcome.PASS}


def without_name(held: Held, gone: Requirement) -> Held:
    """Take away every rule that lets any of a name through; the tags, too, which would cover it (F38)."""
    targets = frozenset(each for each in held.targets if not serves(each, gone))
    return replace(held, targets=targets, tags=frozenset())


def without_address(held: Held, gone: Requirement) -> Held:
    """Take away the route of an address, and the network rule for it."""
    return replace(
        held,
        routes=held.routes - {prefix(gone.target)},
        network=held.network - {rule_of(gone)},
    )


TAKE_AWAY: dict[Kind, Callable[[Held, Requirement], Held]] = {
    Kind.FIREWALL: lambda held, _: replace(held, firewall=False),
    Kind.ROUTE_TABLE: lambda held, _: replace(held, table=False),
    Kind.DEFAULT_ROUTE: lambda held, _: replace(held, default_route=False),
    Kind.FQDN_TAG: lambda held, gone: replace(held, tags=held.tags - {gone.target}),
    Kind.FQDN: without_name,
    Kind.WILDCARD: without_name,
    Kind.SERVICE_ENDPOINT: lambda held, gone: replace(held, endpoints=held.endpoints - {gone.target}),
    Kind.MANAGEMENT_SOURCE: without_address,
    Kind.IP: without_address,
    Kind.ANY: lambda held, gone: replace(held, network=held.network - {rule_of(gone)}),
    Kind.SERVICE_TAG: lambda held, gone: replace(held, network=held.network - {rule_of(gone)}),
    Kind.NSG_INBOUND: lambda held, gone: replace(held, inbound=held.inbound - {rule_of(gone)}),
}


def stopped(held: Held, each: Requirement) -> Outcome:
    """Say how a requirement comes out that does not get past the firewall.

    A name that a service endpoint of the subnet may carry is unknown, since its region is not in the name (R33, V13).
    """
    tags = map(tag_of_service_endpoint, held.endpoints)
    carried = each.kind in NAMES and any(tag and may_hold_name(tag, normal_name(each.target)) for tag in tags)
    return Outcome.UNKNOWN if carried else Outcome.FAIL


def expected(edition: str, held: Held, gone: Requirement) -> dict[str, Outcome]:
    """Return what stops passing, and how, when `gone` is taken away and leaves `held`."""
    every = requirements(edition)
    if gone.kind in CARRIES:
        kinds, outcome, _ = CARRIES[gone.kind]
        found = {each.id: outcome for each in every if each.kind in kinds}
        if gone.kind is Kind.FIREWALL:
            found |= {each.id: stopped(held, each) for each in every if each.kind in kinds}
            found |= {each.id: Outcome.FAIL for each in every if rule_of_linux_address(held, each)}
        if gone.kind is Kind.ROUTE_TABLE:
            found |= {each.id: Outcome.DEVIATES for each in every if each.kind is Kind.IP and each.via}
        steps = {Kind.FIREWALL, Kind.ROUTE_TABLE, Kind.DEFAULT_ROUTE} & kinds
        return found | {each.id: Outcome.FAIL for each in every if each.kind in steps}
    if gone.kind is Kind.FQDN_TAG:
        return {gone.id: Outcome.DEVIATES}  # every name has a rule of its own: works, but not as documented (design 1)
    if gone.kind in NAMES:
        lost = [each for each in every if each.kind in NAMES and not satisfied(held, each)]
        tags = [each for each in every if each.kind is Kind.FQDN_TAG]
        return {each.id: stopped(held, each) for each in lost} | {each.id: Outcome.DEVIATES for each in tags}
    if gone.kind in {Kind.IP, Kind.MANAGEMENT_SOURCE}:
        same = [each for each in every if each.kind in {Kind.IP, Kind.MANAGEMENT_SOURCE}]
        same = [each for each in same if prefix(each.target) == prefix(gone.target)]
        routed = prefix(gone.target) in everything(packs_of(edition)).routes
        return {each.id: Outcome.FAIL for each in same if routed or each.ports == gone.ports}
    same_rule = [each for each in every if each.kind is gone.kind and rule_of(each) == rule_of(gone)]
    return {each.id: Outcome.FAIL for each in same_rule}


def rule_of_linux_address(held: Held, each: Requirement) -> bool:
    """Tell whether a requirement is an address that a network rule of the firewall lets through, not a route."""
    return each.kind is Kind.IP and prefix(each.target) not in held.routes


@pytest.mark.parametrize("edition", EDITIONS)
def test_an_edition_can_be_satisfied(edition: str) -> None:
    """An estate built from the requirements of an edition passes every one that can apply."""
    found = outcomes(edition, everything(packs_of(edition)))

    assert not_passing(edition, everything(packs_of(edition))) == {}
    never = [each for pack in packs_of(edition) for each in pack.requirements if each.target.lower() in NEVER]
    assert {found[each.id] for each in never} <= {Outcome.NOT_APPLICABLE}
    assert len(found) == len(requirements(edition)) + len(never)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("edition", EDITIONS)
def test_each_requirement_can_fail(edition: str, kind: Kind) -> None:
    """With one requirement taken away that one stops passing, and nothing else but what stands on the same rule."""
    whole = everything(packs_of(edition))
    wrong = {}
    for gone in tried(edition, kind):
        left = TAKE_AWAY[kind](whole, gone)
        wanted, got = expected(edition, left, gone), not_passing(edition, left)
        assert gone.id in wanted
        if got != wanted:
            wrong[gone.id] = {each: (wanted.get(each), got.get(each)) for each in difference(wanted, got)}

    assert wrong == {}


def difference(wanted: dict[str, Outcome], got: dict[str, Outcome]) -> set[str]:
    """Return the keys under which two mappings differ."""
    return {each for each in wanted.keys() | got.keys() if wanted.get(each) is not got.get(each)}
