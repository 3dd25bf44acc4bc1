"""A resource is there once, and a contradiction is a gap whatever the order of reading."""

import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.collectors.files import read_sources
from auditor.findings import Gap
from tests.collectors.saved import NETWORK, Json, flat, names, read, route_table, save

TABLE = route_table(routes=[{"name": "r1"}, {"name": "r2"}])
CHANGED = route_table(routes=[{"name": "r1"}])


@pytest.mark.parametrize(
    "copy",
    [
        {**TABLE, "etag": 'W/"2"'},
        {**TABLE, "id": TABLE["id"].upper()},
        flat(TABLE),
        {**TABLE, "tenantId": "t", "subscriptionId": "s", "tags": None},
        route_table(routes=[{"name": "r1", "etag": "x"}, {"properties": {"name": "r2"}}]),
    ],
    ids=["etag", "case-of-id", "az", "resource-graph", "nested"],
)
def test_copies_that_say_the_same_are_one(copy: Json) -> None:
    """What differs only by when and how it was read is the same resource, and the same one in either order."""
    first, second = read([TABLE, copy]), read([copy, TABLE])

    assert (len(first.resources), first.gaps) == (1, ())
    assert first.resources == second.resources


@pytest.mark.parametrize(
    "copy",
    [
        CHANGED,
        route_table(routes=[{"name": "r2"}, {"name": "r1"}]),
        {**TABLE, "properties": {}},
        {**TABLE, "location": "northeurope"},
    ],
    ids=["route", "order", "empty", "location"],
)
def test_copies_that_differ_are_a_gap(copy: Json) -> None:
    """Neither copy wins by luck: the resource is not known."""
    gap = Gap(
        what="Microsoft.Network/routeTables",
        scope=f"{NETWORK}/routeTables/rt-ase",
        why="rt-ase is there 2 times with different content, in stdin",
        needs="keep the newest copy only",
    )

    for value in ([TABLE, copy], [copy, TABLE]):
        snapshot = read(value)
        assert (snapshot.resources, snapshot.gaps) == ((), (gap,))


def test_gap_names_the_files(tmp_path: Path) -> None:
    """The files to look at are named by their place in the folder, the same on any machine."""
    folder = save(tmp_path, {"b/new.json": TABLE, "a.json": [CHANGED], "c.json": route_table("other")})

    snapshot = read_sources([folder], None)

    assert names(snapshot) == ["other"]
    assert [gap.why for gap in snapshot.gaps] == [
        "rt-ase is there 2 times with different content, in a.json, b/new.json"
    ]


def test_later_source_wins(tmp_path: Path) -> None:
    """A newer export of one resource is laid over an older one of all."""
    old = save(tmp_path / "old", {"all.json": [TABLE, route_table("kept")]})
    new = save(tmp_path / "new", {"one.json": {**CHANGED, "id": CHANGED["id"].lower()}})

    snapshot = read_sources([old, new], None)

    assert names(snapshot) == ["kept", "rt-ase"]
    assert snapshot.resources[1]["properties"]["routes"] == [{"name": "r1"}]
    assert snapshot.gaps == ()
    assert read_sources([new, old], None).resources[1] == TABLE


def test_later_source_settles_or_reopens_a_contradiction(tmp_path: Path) -> None:
    """The last word counts, even where it is that nothing is known."""
    clear = save(tmp_path / "clear", {"x.json": TABLE})
    torn = save(tmp_path / "torn", {"x.json": [TABLE, CHANGED]})

    assert read_sources([torn, clear], None).gaps == ()
    assert names(read_sources([torn, clear], None)) == ["rt-ase"]
    assert len(read_sources([clear, torn], None).gaps) == 1
    assert names(read_sources([clear, torn], None)) == []


DOCUMENTS = st.lists(
    st.builds(
        lambda name, routes, etag: {**route_table(name, routes=routes), "etag": etag},
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from([[], [{"name": "r"}]]),
        st.sampled_from(["x", "y"]),
    ),
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents=DOCUMENTS, seed=st.integers(), cuts=st.lists(st.integers(0, 8), max_size=3))
def test_order_and_split_do_not_matter(
    documents: list[Json], seed: int, cuts: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One list, or shuffled over the files of a folder: the same documents, and gaps for the same resources."""
    listed = read(documents)
    mixed = list(documents)
    random.Random(seed).shuffle(mixed)  # noqa: S311 - a shuffle, not a secret
    edges = [0, *sorted(cuts), len(mixed)]
    parts = [mixed[start:end] for start, end in pairwise(edges)]
    folder = save(tmp_path_factory.mktemp("split"), {f"{number}/x.json": part for number, part in enumerate(parts)})

    split = read_sources([folder], None)

    assert split.resources == listed.resources
    assert [(gap.what, gap.scope) for gap in split.gaps] == [(gap.what, gap.scope) for gap in listed.gaps]
