"""Order never depends on the order of input: the same estate, listed in any order, gives the same bytes."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.collectors.files import read_sources
from auditor.configfile import parse_config
from auditor.engine.audit import Audited
from auditor.estate.estate import build_estate
from auditor.estate.snapshot import Snapshot
from auditor.findings import PackUse, Report
from auditor.reporters.json_report import render
from auditor.settings import Settings
from tests.audits import PLAIN, audit_snapshot, packs_of, snapshot_of
from tests.builders import Document
from tests.estates import compliant
from tests.violating import CONFIGURATION, violating

ESTATES: dict[str, tuple[Callable[[], dict[str, list[Document]]], Settings]] = {
    "compliant": (compliant, PLAIN),
    "violating": (violating, parse_config(CONFIGURATION, "auditor.yaml")),
}
"""The example estates, with the configuration each is read with."""


@cache
def documents(name: str) -> tuple[Document, ...]:
    """Return every document of an example estate, its list of service tags among them."""
    return tuple(each for file in ESTATES[name][0]().values() for each in file)


def shuffled(value: Any, random: Random) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON value with every array in it in another order, at every depth.

    One array bears an order: the rules of a firewall's rule collection, of which the first that meets decides. They
    share one action, so that only which of them is named could change, and none of one collection in the examples meets
    what another meets: they are shuffled with the rest.
    """
    if isinstance(value, dict):
        return {key: shuffled(each, random) for key, each in value.items()}
    if not isinstance(value, list | tuple):
        return value
    entries = [shuffled(each, random) for each in value]
    random.shuffle(entries)
    return entries


def report(snapshot: Snapshot, audited: Audited) -> str:
    """Return the whole report on a snapshot, passing results included.

    Its sources are left out: their digests are those of the bytes that were read, which do differ.
    """
    packs = packs_of()
    uses = [
        PackUse(pack=each.service, edition=each.edition, revision=each.revision, cloud=each.cloud, digest=each.digest)
        for each in packs
    ]
    whole = Report(
        tool_version="0",
        generated_at="2026-01-31T12:00:00Z",
        sources=(),
        packs=tuple(uses),
        workloads=audited.workloads,
        results=audited.results,
        findings=audited.findings,
        gaps=build_estate(snapshot).gaps,
    )
    return render(whole, all_results=True)


def direct(name: str, random: Random | None) -> str:
    """Return the report on an example estate, handed over as a collector would."""
    found = list(documents(name)) if random is None else shuffled(documents(name), random)
    tags = [each for each in found if "values" in each]
    snapshot = snapshot_of([each for each in found if "values" not in each], tags=tags)
    return report(snapshot, audit_snapshot(snapshot, settings=ESTATES[name][1]))


def by_file(name: str, random: Random | None, folder: Path) -> str:
    """Return the report on an example estate read from one file."""
    found = list(documents(name)) if random is None else shuffled(documents(name), random)
    (folder / "estate.json").write_text(json.dumps({"value": found}), encoding="utf-8")
    snapshot = read_sources([str(folder)], None)
    return report(snapshot, audit_snapshot(snapshot, settings=ESTATES[name][1]))


_as_listed = cache(lambda name: direct(name, None))


def _random(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - shuffles, and is no secret


@pytest.mark.parametrize("name", sorted(ESTATES))
@settings(max_examples=8)
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_shuffling_every_array_changes_no_byte(name: str, seed: int) -> None:
    """Every array of the input, at every depth, may be listed in any order."""
    assert direct(name, _random(seed)) == _as_listed(name)


@pytest.mark.parametrize("name", sorted(ESTATES))
@settings(max_examples=8)
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_shuffling_what_files_hold_changes_no_byte(
    tmp_path_factory: pytest.TempPathFactory, name: str, seed: int
) -> None:
    """The same holds of what is read from a file, and it says what the documents themselves say."""
    assert by_file(name, _random(seed), tmp_path_factory.mktemp("order")) == _as_listed(name)


@pytest.mark.parametrize("name", sorted(ESTATES))
def test_the_order_of_sources_changes_no_byte(tmp_path: Path, name: str) -> None:
    """Several sources that do not overlap may be named in any order."""
    halves = []
    for place, part in enumerate((documents(name)[::2], documents(name)[1::2])):
        file = tmp_path / f"part-{place}.json"
        file.write_text(json.dumps(part), encoding="utf-8")
        halves.append(str(file))

    one, other = (read_sources(paths, None) for paths in (halves, halves[::-1]))

    ask = ESTATES[name][1]
    assert report(one, audit_snapshot(one, settings=ask)) == report(other, audit_snapshot(other, settings=ask))
