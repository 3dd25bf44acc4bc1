"""The snapshot of a run, written out again as `snapshot/1`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from auditor.errors import HistoryError
from auditor.estate.snapshot import LIVE, SNAPSHOT
from auditor.histories import RunDetail
from auditor.history.contents import Contents, Kept, decoded
from auditor.history.packing import GAP, RESOURCE, TAG, TAG_LIST, encode, taken

SCHEMA = "snapshot/1"
_FILES = "files"
_SUBSCRIPTION = 3
"""Parts of an id up to the end of its subscription, with the empty one before its first slash."""


def pieces(read: Contents, said: RunDetail) -> Iterator[bytes]:
    """Return the snapshot of a run as JSON, piece by piece. Raises HistoryError where it is not kept."""
    if said.run.snapshot is None:
        raise HistoryError(f"the snapshot of run {said.run.id} is not kept; name another run")
    chunks = read.manifest(taken(said.run.snapshot))
    kept = read.raw(chunks)
    scope = {at for source in said.sources for at in source.scope}
    if any(each.kind == _FILES for each in said.sources):  # nothing was asked for: what is there is all that is known
        scope |= {each for found in read.derived(chunks, _subscriptions) for each in found}
    return _pieces(said, sorted(scope), ((each, kept[each]) for each in chunks))


def _subscriptions(items: list[tuple[str, Any]]) -> set[str]:
    ids = (at.removeprefix(RESOURCE).split("/") for at, _ in items if at.startswith(RESOURCE + "/subscriptions/"))
    return {"/".join(each[:_SUBSCRIPTION]) for each in ids}


def _pieces(said: RunDetail, scope: list[str], chunks: Iterable[tuple[bytes, Kept]]) -> Iterator[bytes]:
    sources = [each for each in said.sources if each.kind in {LIVE, SNAPSHOT, _FILES}]
    times = sorted(each.collected_at for each in sources if each.collected_at)
    top: dict[str, Any] = {
        "schema": SCHEMA,
        "collected_at": times[0] if times else said.run.at,
        "collector": f"azure-egress-auditor {said.run.tool_version}",
        "cloud": said.packs[0].cloud if said.packs else "public",
        "scope": scope,
    }
    if not all(each.kind in {LIVE, SNAPSHOT} for each in sources):
        top["complete"] = False  # files say nothing of what is not in them, and neither does what is made of them
    yield encode(top, as_is=True)[:-1] + b',\n"resources":['
    others: list[tuple[str, Any]] = []
    separator = b"\n"
    for digest, kept in chunks:
        for at, value in decoded(kept, digest, list[tuple[str, Any]]):
            if at.startswith(RESOURCE):
                yield separator + encode(value, as_is=True)
                separator = b",\n"
            else:
                others.append((at, value))
    yield b"\n],\n"
    skew = sorted({each for source in sources for each in source.skew})
    rest = {"service_tags": _tag_lists(others), "gaps": [value for at, value in others if at.startswith(GAP)]}
    yield encode(rest | ({"skew": skew} if skew else {}), as_is=True)[1:] + b"\n"


def _tag_lists(items: Iterable[tuple[str, Any]]) -> Mapping[str, Any]:
    """Return service tag lists by number, put together again."""
    found: dict[str, dict[str, Any]] = {}
    for at, value in items:
        if at.startswith(TAG_LIST):
            found[at.removeprefix(TAG_LIST)] = {**value, "values": []}
        elif at.startswith(TAG):
            found[at.removeprefix(TAG).partition(":")[0]]["values"].append(value)
    return found
