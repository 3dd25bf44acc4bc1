"""Lists of documents, kept by content: cut into chunks, each of which is kept once however many lists share it.

Where a list is cut depends on the keys of its documents alone, so that a document which changes, comes or goes makes
one chunk anew. What is kept of a list is the list of its chunks' digests: the manifest, kept by content itself.
"""

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from auditor.errors import HistoryError
from auditor.estate import arm
from auditor.estate.snapshot import Document, Snapshot
from auditor.histories import PackedSnapshot

Item = tuple[str, Any]
"""A document of a list, after its key, which no other of the list has."""

_DOCUMENTS_OF_A_CHUNK = 16
"""On average. More of them compress better; fewer have to be written anew for one that changes."""
RESOURCE, TAG_LIST, TAG, GAP = "r:", "l:", "t:", "g:"
"""What the key of an item of a snapshot begins with, by what it is."""
_PREFIX = "sha256:"
_LEVEL = 6


def pack_snapshot(snapshot: Snapshot, cut: Callable[[Document], Document | None] = lambda each: each) -> PackedSnapshot:
    """Return a snapshot ready to be kept. Raises HistoryError where it cannot be.

    cut: what returns of a document what may be kept, without secrets; None for one of which nothing may.
    """
    subscriptions: set[str] = set()

    def items() -> Iterator[Item]:
        yield from _by_key((GAP + digest_of(encode(each)).hex(), each) for each in snapshot.gaps)
        yield from _tag_items(snapshot)
        for document in sorted(snapshot.resources, key=lambda each: arm.key(arm.id_of(each))):
            at = arm.key(arm.id_of(document))
            if at.startswith("/subscriptions/"):
                subscriptions.add(at.split("/")[2])
            kept = cut(document)
            if kept is not None:
                yield RESOURCE + at, kept

    chunks = dict(chunks_of(items()))
    manifest = b"".join(chunks)
    return PackedSnapshot(
        digest=shown(digest_of(manifest)),
        chunks={shown(at): data for at, data in chunks.items()},
        subscriptions=frozenset(subscriptions),
    )


def _tag_items(snapshot: Snapshot) -> Iterator[Item]:
    """Yield service tag lists tag by tag: a new list differs from the one before in few of them."""
    seen: Counter[str] = Counter()
    for at, listed in enumerate(snapshot.service_tags):
        yield f"{TAG_LIST}{at}", {name: value for name, value in listed.items() if name != "values"}
        values = listed.get("values")
        for value in values if isinstance(values, list) else ():
            name = f"{TAG}{at}:{arm.text(value.get('name')) if isinstance(value, Mapping) else ''}"
            seen[name] += 1
            yield f"{name}:{seen[name]}", value


def _by_key(items: Iterable[Item]) -> list[Item]:
    return sorted(items, key=lambda each: each[0])


def chunks_of(items: Iterable[Item]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks of a list in order: digest and compressed content. Raises HistoryError."""
    chunk: list[Item] = []
    for item in items:
        if chunk and digest_of(item[0].encode("utf-8", "surrogatepass"))[0] % _DOCUMENTS_OF_A_CHUNK == 0:
            yield packed(chunk)
            chunk = []
        chunk.append(item)
    if chunk:
        yield packed(chunk)


def packed(value: object) -> tuple[bytes, bytes]:
    """Return the digest of a value and its compressed content. Raises HistoryError where it cannot be kept."""
    data = encode(value)
    return digest_of(data), compressed(data)


def encode(value: object, *, as_is: bool = False) -> bytes:
    """Return a value as JSON, the same for the same. Raises HistoryError where it is nested too deeply for that.

    as_is: whether names keep their order.
    """
    try:
        return msgspec.json.encode(value, order=None if as_is else "sorted")
    except UnicodeEncodeError:  # half a character, which files may hold and UTF-8 may not
        return json.dumps(msgspec.to_builtins(value), sort_keys=not as_is, separators=(",", ":")).encode()
    except RecursionError:
        raise HistoryError("a document is nested too deeply to be kept; leave --record away") from None


def decode(data: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of JSON that `encode` made."""
    try:
        return msgspec.json.decode(data)
    except msgspec.DecodeError:
        return json.loads(data)


def digest_of(data: bytes) -> bytes:
    """Return the SHA-256 digest of data."""
    return hashlib.sha256(data).digest()


def compressed(data: bytes) -> bytes:
    """Return data as it is kept."""
    return zlib.compress(data, _LEVEL)


def expanded(data: bytes) -> bytes:
    """Return what was compressed. Raises HistoryError where it is damaged."""
    try:
        return zlib.decompress(data)
    except zlib.error:
        raise HistoryError("the history is damaged: something in it cannot be read; restore it from a copy") from None


def shown(digest: bytes) -> str:
    """Return a digest as people see it: "sha256:..."."""
    return _PREFIX + digest.hex()


def taken(text: str) -> bytes:
    """Return the digest that `shown` made a text of."""
    return bytes.fromhex(text.removeprefix(_PREFIX))
