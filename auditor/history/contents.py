"""Contents of a history: what is kept by its digest, written and read within one transaction."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from auditor.errors import HistoryError
from auditor.history.packing import (
    Item,
    chunks_of,
    compressed,
    decode,
    digest_of,
    expanded,
    packed,
)
from auditor.history.tables import contents

T = TypeVar("T")

DIGEST = 32
"""Bytes of a digest."""
_AT_ONCE = 500
"""Digests asked for in one statement."""


def insert_new(connection: Connection, table: Table) -> Any:  # noqa: ANN401 - of either dialect
    """Return an insert that leaves alone what is there already."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()


class Written:
    """What a transaction is to keep. Put in all of it, then `flush`: in order, so that no two wait for each other."""

    def __init__(self) -> None:
        self._data: dict[bytes, bytes] = {}

    def value(self, value: object) -> bytes:
        """Keep a value; return its digest."""
        digest, data = packed(value)
        self._data[digest] = data
        return digest

    def items(self, items: Iterable[Item]) -> bytes:
        """Keep a list; return the digest of its manifest."""
        return self.chunks(chunks_of(items))

    def chunks(self, chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
        """Keep the chunks of a list; return the digest of its manifest."""
        order = []
        for digest, data in chunks:
            order.append(digest)
            self._data[digest] = data
        manifest = b"".join(order)
        digest = digest_of(manifest)
        self._data[digest] = compressed(manifest)
        return digest

    def flush(self, connection: Connection) -> None:
        """Write what is not there yet."""
        there = {at for part in _parts(sorted(self._data)) for at in _found(connection, part)}
        rows = [{"digest": at, "data": self._data[at]} for at in sorted(self._data.keys() - there)]
        if rows:
            connection.execute(insert_new(connection, contents), rows)
        self._data.clear()


def _found(connection: Connection, digests: Sequence[bytes]) -> Iterable[bytes]:
    return connection.execute(select(contents.c.digest).where(contents.c.digest.in_(digests))).scalars()


def _parts(digests: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (digests[at : at + _AT_ONCE] for at in range(0, len(digests), _AT_ONCE))


class Contents:
    """Contents as one transaction sees them. What was decoded once is not read again."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._decoded: dict[tuple[bytes, Any], Any] = {}

    def raw(self, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return what is kept by digests, compressed as it is. Raises HistoryError where something is missing."""
        wanted = sorted(set(digests))
        found: dict[bytes, bytes] = {}
        for part in _parts(wanted):
            rows = self._connection.execute(
                select(contents.c.digest, contents.c.data).where(contents.c.digest.in_(part))
            )
            found.update((bytes(at), bytes(data)) for at, data in rows)
        if len(found) != len(wanted):
            raise HistoryError("the history is damaged: something in it is missing; restore it from a copy")
        return found

    def values(self, digests: Iterable[bytes], kind: type[T]) -> dict[bytes, T]:
        """Return values by digest, each decoded as a kind."""
        wanted = set(digests)
        missing = [each for each in wanted if (each, kind) not in self._decoded]
        for at, data in self.raw(missing).items():
            self._decoded[at, kind] = decoded(data, at, kind)
        return {each: self._decoded[each, kind] for each in wanted}

    def value(self, digest: bytes, kind: type[T]) -> T:
        """Return one value, decoded as a kind."""
        return self.values([digest], kind)[digest]

    def manifests(self, digests: Iterable[bytes]) -> None:
        """Read the manifests of many lists at once, for `manifest`."""
        missing = [each for each in digests if (each, bytes) not in self._decoded]
        for digest, kept in self.raw(missing).items():
            data = expanded(kept)
            self._decoded[digest, bytes] = tuple(data[at : at + DIGEST] for at in range(0, len(data), DIGEST))

    def manifest(self, digest: bytes) -> tuple[bytes, ...]:
        """Return the digests of the chunks of a list, in order."""
        self.manifests([digest])
        found: tuple[bytes, ...] = self._decoded[digest, bytes]
        return found

    def derived(self, chunks: Sequence[bytes], make: Callable[[list[Item]], T]) -> list[T]:
        """Return what a function makes of the items of each chunk, made once for each; the items are not kept."""
        missing = [each for each in chunks if (each, make) not in self._decoded]
        for at, data in self.raw(missing).items():
            self._decoded[at, make] = make(decoded(data, at, list[tuple[str, Any]]))
        return [self._decoded[each, make] for each in chunks]

    def items(self, chunks: Sequence[bytes], kind: type[T]) -> Iterator[tuple[str, T]]:
        """Yield the items of chunks in order, each decoded as a kind."""
        lists = self.values(chunks, list[tuple[str, kind]])  # type: ignore[valid-type]  # made for the decoder
        for each in chunks:
            yield from lists[each]

    def list_of(self, digest: bytes, kind: type[T]) -> list[tuple[str, T]]:
        """Return the items of a whole list."""
        return list(self.items(self.manifest(digest), kind))


def decoded(data: bytes, digest: bytes, kind: Any) -> Any:  # noqa: ANN401 - any kind, of that kind
    """Return the value in compressed data. Raises HistoryError where it is not what its digest says."""
    plain = expanded(data)
    if digest_of(plain) != digest:
        raise HistoryError("the history is damaged: something in it is not what was written; restore it from a copy")
    try:
        return msgspec.json.decode(plain, type=kind)
    except msgspec.ValidationError:
        raise HistoryError("the history is damaged, or was written by another auditor; restore it") from None
    except msgspec.DecodeError:
        return msgspec.convert(decode(plain), kind)
