"""Contents of a history: what is kept by its digest, written and read within one transaction."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from auditor.errors import HistoryError
from auditor.history.packing import (
    Item,
    compressed,
    cut,
    decode,
    digest_of,
    encode,
    expanded,
)
from auditor.history.tables import contents

T = TypeVar("T")

DIGEST = 32
"""Bytes of a digest."""
_WORTH_IT = 2
"""How many times smaller a content must be by way of what it is like, to be kept that way."""
_AT_ONCE = 500
"""Digests asked for in one statement."""


def insert_new(connection: Connection, table: Table) -> Any:  # noqa: ANN401 - of either dialect
    """Return an insert that leaves alone what is there already."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()


class Written:
    """What a transaction is to keep. Put in all of it, then `flush`: in order, so that no two wait for each other.

    What is like something that the run before had is kept as how it differs from that.
    """

    def __init__(self, read: "Contents") -> None:
        self._read = read
        self._data: dict[bytes, bytes] = {}
        self._like: dict[bytes, bytes] = {}

    def value(self, value: object) -> bytes:
        """Keep a value; return its digest."""
        data = encode(value)
        digest = digest_of(data)
        self._data[digest] = compressed(data)
        return digest

    def items(self, items: Iterable[Item], before: bytes | None) -> tuple[bytes, dict[str, bytes]]:
        """Keep a list; return the digest of its manifest, and by key in which chunk each item is.

        before: manifest of the same list of the run before.
        """
        chunks: list[tuple[bytes, bytes]] = []
        places: dict[str, bytes] = {}
        for keys, data in cut(items):
            digest = digest_of(data)
            chunks.append((digest, compressed(data)))
            places.update(dict.fromkeys(keys, digest))
        return self.chunks(chunks, before), places

    def chunks(self, chunks: Iterable[tuple[bytes, bytes]], before: bytes | None) -> bytes:
        """Keep the chunks of a list; return the digest of its manifest."""
        kept = dict(chunks)
        self._data |= kept
        manifest = b"".join(kept)
        digest = digest_of(manifest)
        self._data[digest] = compressed(manifest)
        if before is not None and before != digest:
            self._like[digest] = before
            self._like |= _alike(list(kept), self._read.manifest(before))
        return digest

    def flush(self, connection: Connection) -> None:
        """Write what is not there yet."""
        there = {at for part in _parts(sorted(self._data)) for at in _found(connection, part)}
        missing = sorted(self._data.keys() - there)
        likes = self._read.raw({self._like[each] for each in missing if each in self._like})
        bases = self._read.raw({kept.base or at for at, kept in likes.items()})
        rows = []
        for each in missing:
            row = {"digest": each, "base": None, "data": self._data[each]}
            if each in self._like:
                base = likes[self._like[each]].base or self._like[each]
                data = compressed(expanded(self._data[each]), bases[base].expanded())
                if len(data) * _WORTH_IT < len(self._data[each]):
                    row |= {"base": base, "data": data}
            rows.append(row)
        if rows:
            connection.execute(insert_new(connection, contents), rows)
        self._data.clear()


def _alike(chunks: Sequence[bytes], before: Sequence[bytes]) -> dict[bytes, bytes]:
    """Return which chunk of an earlier list each new one takes the place of: as far behind one that both have."""
    places = {each: at for at, each in enumerate(before)}
    here = set(chunks)
    found: dict[bytes, bytes] = {}
    at = 0
    for each in chunks:
        at = places.get(each, at)
        if each not in places and at < len(before) and before[at] not in here:
            found[each] = before[at]
        at += 1
    return found


@dataclass(frozen=True, slots=True)
class Kept:
    """A content as it is kept. base: digest of what it is like. like: that, as it is kept."""

    data: bytes
    base: bytes | None = None
    like: bytes = b""

    def expanded(self) -> bytes:
        """Return the content itself. Raises HistoryError where it is damaged."""
        return expanded(self.data, expanded(self.like)) if self.base is not None else expanded(self.data)


def _found(connection: Connection, digests: Sequence[bytes]) -> Iterable[bytes]:
    return connection.execute(select(contents.c.digest).where(contents.c.digest.in_(digests))).scalars()


def _parts(digests: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (digests[at : at + _AT_ONCE] for at in range(0, len(digests), _AT_ONCE))


class Contents:
    """Contents as one transaction sees them. What was decoded once is not read again."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._decoded: dict[tuple[bytes, Any], Any] = {}

    def raw(self, digests: Iterable[bytes]) -> dict[bytes, Kept]:
        """Return what is kept by digests, as it is kept. Raises HistoryError where something is missing."""
        rows = self._rows(set(digests))
        likes = self._rows({base for base, _ in rows.values() if base is not None})
        return {
            at: Kept(data) if base is None else Kept(data, base, likes[base][1]) for at, (base, data) in rows.items()
        }

    def _rows(self, wanted: set[bytes]) -> dict[bytes, tuple[bytes | None, bytes]]:
        found: dict[bytes, tuple[bytes | None, bytes]] = {}
        for part in _parts(sorted(wanted)):
            for at, base, data in self._connection.execute(select(contents).where(contents.c.digest.in_(part))):
                found[bytes(at)] = (None if base is None else bytes(base), bytes(data))
        if len(found) != len(wanted):
            raise HistoryError("the history is damaged: something in it is missing; restore it from a copy")
        return found

    def values(self, digests: Iterable[bytes], kind: type[T]) -> dict[bytes, T]:
        """Return values by digest, each decoded as a kind."""
        wanted = set(digests)
        missing = [each for each in wanted if (each, kind) not in self._decoded]
        for at, kept in self.raw(missing).items():
            self._decoded[at, kind] = decoded(kept, at, kind)
        return {each: self._decoded[each, kind] for each in wanted}

    def value(self, digest: bytes, kind: type[T]) -> T:
        """Return one value, decoded as a kind."""
        return self.values([digest], kind)[digest]

    def manifests(self, digests: Iterable[bytes]) -> None:
        """Read the manifests of many lists at once, for `manifest`."""
        missing = [each for each in digests if (each, bytes) not in self._decoded]
        for digest, kept in self.raw(missing).items():
            data = _checked(kept, digest)  # before anything that it does not name is pruned
            self._decoded[digest, bytes] = tuple(data[at : at + DIGEST] for at in range(0, len(data), DIGEST))

    def manifest(self, digest: bytes) -> tuple[bytes, ...]:
        """Return the digests of the chunks of a list, in order."""
        self.manifests([digest])
        found: tuple[bytes, ...] = self._decoded[digest, bytes]
        return found

    def derived(self, chunks: Sequence[bytes], make: Callable[[list[Item]], T]) -> list[T]:
        """Return what a function makes of the items of each chunk, made once for each; the items are not kept."""
        missing = [each for each in chunks if (each, make) not in self._decoded]
        for at, kept in self.raw(missing).items():
            self._decoded[at, make] = make(decoded(kept, at, list[tuple[str, Any]]))
        return [self._decoded[each, make] for each in chunks]

    def items(self, chunks: Sequence[bytes], kind: type[T]) -> Iterator[tuple[str, T]]:
        """Yield the items of chunks in order, each decoded as a kind."""
        lists = self.values(chunks, list[tuple[str, kind]])  # type: ignore[valid-type]  # made for the decoder
        for each in chunks:
            yield from lists[each]

    def picked(self, places: Iterable[tuple[bytes, str]], kind: type[T]) -> list[T]:
        """Return single items, each by its chunk and its key in it."""
        wanted = list(places)
        chunks = sorted({chunk for chunk, _ in wanted})
        self.values(chunks, list[tuple[str, kind]])  # type: ignore[valid-type]  # all at once
        found = {(chunk, at): value for chunk in chunks for at, value in self.items([chunk], kind)}
        return [found[each] for each in wanted]

    def list_of(self, digest: bytes, kind: type[T]) -> list[tuple[str, T]]:
        """Return the items of a whole list."""
        return list(self.items(self.manifest(digest), kind))


def _checked(kept: Kept, digest: bytes) -> bytes:
    """Return a content. Raises HistoryError where it is not what its digest says."""
    plain = kept.expanded()
    if digest_of(plain) != digest:
        raise HistoryError("the history is damaged: something in it is not what was written; restore it from a copy")
    return plain


def decoded(kept: Kept, digest: bytes, kind: Any) -> Any:  # noqa: ANN401 - any kind, of that kind
    """Return the value of a content. Raises HistoryError where it is not what its digest says."""
    plain = _checked(kept, digest)
    try:
        return msgspec.json.decode(plain, type=kind)
    except msgspec.ValidationError:
        raise HistoryError("the history is damaged, or was written by another auditor; restore it") from None
    except msgspec.DecodeError:
        return msgspec.convert(decode(plain), kind)
