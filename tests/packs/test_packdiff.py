"""What two packs say differently: nothing of itself, the mirror of the other way round, and all that it takes."""

from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.collectors.rules import pack_names, read_pack
from auditor.findings import without_edition
from auditor.packdiff import OF_PACK, Difference, PackDiff, diff_packs
from auditor.packs import Kind, Pack, PackName, Requirement
from tests.packs.reference import needs_catalogue
from tests.packs.test_catalogue import wanted

NAMES = pack_names()
PACKS = {name: read_pack(name) for name in NAMES}
OF_ONE = [(a, b) for a in NAMES for b in NAMES if (a.service, a.cloud) == (b.service, b.cloud)]
"""Every pair of editions of one service in one cloud, both ways round and each with itself."""
SEED, NEWEST = (
    read_pack(name) for name in NAMES if name.path.endswith(("2018-09-24.public.yaml", "3-11-20.public.yaml"))
)

ELSEWHERE = {"pack": "service", "edition": "edition", "revision": "revision", "cloud": "cloud"}
TOLD_BY_HEAD = {*ELSEWHERE.values(), "url", "text_url", "confidence", "read", "digest"}
"""Fields of a pack that say which text it is and where it was read; they are no part of what a document says."""

LINES = st.builds(
    lambda kind, name, port: f"{kind}:{name}:{port}",
    st.sampled_from(["fqdn", "wildcard"]),
    st.sampled_from(["a.example.com", "b.example.com", "*.example.com"]),
    st.sampled_from([80, 443]),
)
REQUIREMENTS = st.builds(
    Requirement,
    id=LINES,
    kind=st.sampled_from([Kind.FQDN, Kind.WILDCARD]),
    target=st.sampled_from(["a.example.com", "A.example.com"]),
    ports=st.sampled_from([(80,), (443,)]),
    protocol=st.sampled_from(["", "http"]),
    condition=st.sampled_from([None, "linux-apps"]),
    via=st.sampled_from(["", "firewall"]),
    tags=st.sampled_from([(), ("AppServiceEnvironment",)]),
    section=st.sampled_from(["fqdn-http-https", "wildcard-http-https"]),
)


def made(edition: str, requirements: list[Requirement], *, routes: str, endpoints: tuple[str, ...]) -> Pack:
    """Return a pack of an edition that asks for these requirements, whose ids still lack it."""
    numbered = tuple(replace(each, id=f"ase-v2@{edition}/{each.id}") for each in requirements)
    return replace(
        SEED, edition=edition, requirements=numbered, management_routes=routes, step_endpoints=endpoints, notes=()
    )


def packs_of(edition: str) -> st.SearchStrategy[Pack]:
    """Return a strategy of packs of one edition."""
    return st.builds(
        lambda requirements, routes, endpoints: made(edition, requirements, routes=routes, endpoints=endpoints),
        st.lists(REQUIREMENTS, unique_by=lambda each: each.id),
        st.sampled_from(["", "addresses", "service-tag"]),
        st.sampled_from([(), ("Microsoft.Sql",), ("Microsoft.Sql", "Microsoft.Storage")]),
    )


def ids(requirements: tuple[Requirement, ...]) -> set[str]:
    """Return the ids of requirements without their edition."""
    return {without_edition(each.id) for each in requirements}


def mirrored(found: PackDiff) -> PackDiff:
    """Return a difference seen from the other side, but for the order of what both have."""
    return replace(
        found,
        before=found.after,
        after=found.before,
        document=tuple(_turned(each) for each in found.document),
        added=found.removed,
        removed=found.added,
        changed=tuple(
            replace(
                each,
                before=each.after,
                after=each.before,
                differences=tuple(_turned(one) for one in each.differences),
            )
            for each in found.changed
        ),
        tallies=(),
    )


def _turned(difference: Difference) -> Difference:
    return replace(difference, before=difference.after, after=difference.before)


def ordered(found: PackDiff) -> PackDiff:
    """Return a difference with what changed in order of ids, and without tallies."""
    return replace(found, changed=tuple(sorted(found.changed, key=lambda each: each.id)), tallies=())


def holds(found: PackDiff) -> None:
    """Fail unless a difference leads from the one pack to the other, and counts what it tells."""
    before, after = ids(found.before.requirements), ids(found.after.requirements)
    changed = {each.id for each in found.changed}

    assert (before - ids(found.removed)) | ids(found.added) == after
    assert ids(found.removed) <= before
    assert not ids(found.added) & before
    assert changed <= before & after
    assert found.same == len(before & after) - len(changed)
    for each in found.changed:
        told: dict[str, Any] = {one.field: one.after for one in each.differences}
        assert told
        assert replace(each.before, id=each.after.id, **told) == each.after
    differing = {name for name in OF_PACK if getattr(found.before, name) != getattr(found.after, name)}
    assert {each.field for each in found.document} == differing
    for one in found.document:
        assert (one.before, one.after) == (getattr(found.before, one.field), getattr(found.after, one.field))
    for name, many in (("added", found.added), ("removed", found.removed), ("changed", found.changed)):
        assert sum(getattr(each, name) for each in found.tallies) == len(many)
    assert sum(each.same for each in found.tallies) == found.same
    assert len({(each.section, each.kind) for each in found.tallies}) == len(found.tallies)


@pytest.mark.parametrize(("a", "b"), OF_ONE, ids=lambda name: f"{name.service}-{name.label}-{name.cloud}")
def test_every_pair_of_editions(a: PackName, b: PackName) -> None:
    """It leads from one to the other, is nothing for one and itself, and the other way round it is its mirror."""
    found = diff_packs(PACKS[a], PACKS[b])

    holds(found)
    assert found.is_empty or a != b
    assert ordered(mirrored(found)) == ordered(diff_packs(PACKS[b], PACKS[a]))


@pytest.mark.parametrize("service", ["ase-v2", "ase-management-addresses"])
def test_packs_of_other_clouds_and_services_are_compared_too(service: str) -> None:
    """What has nothing in common is all added and all removed, but never refused."""
    for a in (name for name in NAMES if name.service == service):
        for b in (name for name in NAMES if (name.service, name.cloud) != (a.service, a.cloud)):
            found = diff_packs(PACKS[a], PACKS[b])
            holds(found)
            assert not found.is_empty


@given(packs_of("2018-09-24"), packs_of("2023-11-20"))
def test_any_two_packs(a: Pack, b: Pack) -> None:
    """The same laws hold of packs that nobody has written."""
    holds(diff_packs(a, b))
    assert ordered(mirrored(diff_packs(a, b))) == ordered(diff_packs(b, a))


@given(packs_of("2018-09-24"))
def test_an_edition_alone_is_no_difference(pack: Pack) -> None:
    """What says the same under another date differs in nothing."""
    later = replace(
        pack,
        edition="2018-09-25",
        requirements=tuple(
            replace(each, id=f"ase-v2@2018-09-25/{without_edition(each.id)}") for each in pack.requirements
        ),
    )

    assert diff_packs(pack, later).is_empty


@given(packs_of("2018-09-24"), st.data())
def test_each_field_of_a_requirement_counts(pack: Pack, data: st.DataObject) -> None:
    """Whatever single field of one requirement is another, exactly that is told, before and after."""
    if not pack.requirements:
        return
    at = data.draw(st.integers(0, len(pack.requirements) - 1))
    name = data.draw(st.sampled_from([each.name for each in fields(Requirement) if each.name not in {"id", "kind"}]))
    old = pack.requirements[at]
    value: Any = "another" if isinstance(getattr(old, name), str | None) else ("another",)
    new = replace(old, **{name: value})
    found = diff_packs(pack, replace(pack, requirements=(*pack.requirements[:at], new, *pack.requirements[at + 1 :])))

    assert [(each.before, each.after) for each in found.changed] == [(old, new)]
    assert found.changed[0].differences == (Difference(field=name, before=getattr(old, name), after=value),)
    assert (found.added, found.removed, found.document) == ((), (), ())


def test_no_field_of_a_pack_is_forgotten() -> None:
    """Every field is compared, or says which text a pack is, or is compared one by one."""
    assert {each.name for each in fields(Pack)} == {*OF_PACK, *TOLD_BY_HEAD, "requirements"}


def test_the_seed_edition_and_the_newest() -> None:
    """What we know of them: Key Vault out, Event Hubs in, no routes to addresses, the tag in place of addresses."""
    found = diff_packs(SEED, NEWEST)
    changed = {each.id: each.differences for each in found.changed}

    assert (len(found.added), len(found.removed), len(found.changed), found.same) == (75, 11, 17, 56)
    assert "service-endpoint:microsoft.keyvault" in ids(found.removed)
    assert {"service-endpoint:microsoft.eventhub", "fqdn-tag:windowsupdate@azure-firewall"} <= ids(found.added)
    assert changed["ip:40.77.24.27:443"] == (Difference(field="via", before="Internet", after=""),)
    assert changed["firewall@azure-firewall"] == (Difference(field="target", before="", after="AzureFirewallSubnet"),)
    assert Difference(field="management_routes", before="addresses", after="service-tag") in found.document


@needs_catalogue
def test_what_came_and_went_is_what_the_catalogue_says() -> None:
    """From each edition to the next of its cloud, the rows that came and went are those of the documented facts."""
    pairs = [(a, b) for a, b in pairwise(NAMES) if (a.service, a.cloud) == (b.service, b.cloud)]
    assert len(pairs) == 27
    for a, b in pairs:
        found = diff_packs(PACKS[a], PACKS[b])
        before, after = set(wanted(a)), set(wanted(b))
        assert (ids(found.added), ids(found.removed)) == (after - before, before - after), (a.path, b.path)
