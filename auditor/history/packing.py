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

_DOCUMENTS_OF_A_CHUNK = 32
"""On average, where they are small: more of them compress better, and make shorter manifests."""
RESOURCE, TAG_LIST, TAG, GAP = "r:", "l:", "t:", "g:"
"""What the key of an item of a snapshot begins with, by what it is."""
_FULL, _LARGE = 20_000, 12_000
"""Bytes after which a chunk is cut, and of a document that has one of its own.

What a chunk resembles saves no space further back than 32,768 bytes in it.
"""
_PREFIX = "sha256:"
_LEVEL = 9
_RAW = -zlib.MAX_WBITS
"""Has zlib leave out what it would put around each content."""
_DAMAGED = "the history is damaged: something in it cannot be read; restore it from a copy"


def pack_snapshot(snapshot: Snapshot, cut: Callable[[Document], Document | None] = lambda each: each) -> PackedSnapshot:
    """Return a snapshot ready to be kept. Raises HistoryError where it cannot be.

    cut: what returns of a document what may be kept, without secrets; None for one of which nothing may.
    """

    def items() -> Iterator[Item]:
        yield from _by_key((GAP + digest_of(encode(each)).hex(), each) for each in snapshot.gaps)
        yield from _tag_items(snapshot)
        for document in sorted(snapshot.resources, key=lambda each: arm.key(arm.id_of(each))):
            kept = cut(document)
            if kept is not None:
                yield RESOURCE + arm.key(arm.id_of(document)), kept

    chunks = dict(chunks_of(items()))
    manifest = b"".join(chunks)
    return PackedSnapshot(digest=shown(digest_of(manifest)), chunks={shown(at): data for at, data in chunks.items()})


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


def cut(items: Iterable[Item]) -> Iterator[tuple[list[str], bytes]]:
    """Yield the chunks of a list in order: the keys in each, and its content as JSON. Raises HistoryError.

    A document that is large has a chunk of its own: what stands beside it is not to be written anew for it.
    """
    keys: list[str] = []
    texts: list[bytes] = []
    alone = False
    for key, value in items:
        data = encode((key, value))
        was_alone, alone = alone, len(data) > _LARGE
        full = was_alone or alone or sum(map(len, texts)) > _FULL
        if keys and (full or digest_of(key.encode("utf-8", "surrogatepass"))[0] % _DOCUMENTS_OF_A_CHUNK == 0):
            yield keys, b"[" + b",".join(texts) + b"]"
            keys, texts = [], []
        keys.append(key)
        texts.append(data)
    if keys:
        yield keys, b"[" + b",".join(texts) + b"]"


def chunks_of(items: Iterable[Item]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the chunks of a list in order: digest and compressed content. Raises HistoryError."""
    return ((digest_of(data), compressed(data)) for _, data in cut(items))


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


def compressed(data: bytes, like: bytes = b"") -> bytes:
    """Return data as it is kept: deflated, without a checksum, since its digest is one.

    like: other data that much of it is equal to, and that is there to expand it again.
    """
    packer = zlib.compressobj(_LEVEL, wbits=_RAW, zdict=like) if like else zlib.compressobj(_LEVEL, wbits=_RAW)
    return packer.compress(data) + packer.flush()


def expanded(data: bytes, like: bytes = b"") -> bytes:
    """Return what was compressed. Raises HistoryError where it is damaged."""
    opener = zlib.decompressobj(_RAW, zdict=like) if like else zlib.decompressobj(_RAW)
    try:
        found = opener.decompress(data) + opener.flush()
    except zlib.error:
        raise HistoryError(_DAMAGED) from None
    if not opener.eof:
        raise HistoryError(_DAMAGED)
    return found


def shown(digest: bytes) -> str:
    """Return a digest as people see it: "sha256:..."."""
    return _PREFIX + digest.hex()


def taken(text: str) -> bytes:
    """Return the digest that `shown` made a text of."""
    return bytes.fromhex(text.removeprefix(_PREFIX))
