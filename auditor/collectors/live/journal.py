"""What a collection has read so far, on disk: so that it can go on after an interruption, and takes little memory.

Lines of JSON, `[WORD, UNIT, LABEL, VALUE]`. A unit is one thing that is read whole or not at all: a query, a list, a
resource. What it brought counts from its line "done" on; "void" takes back what came before. The first line is the
header, which says what is collected.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec

from auditor.errors import LiveError
from auditor.estate.arm import key
from auditor.findings import Gap

SCHEMA = "partial-snapshot/1"

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line: what it brings, and where its value stands in the file. at: comparing id, or location of a tag list."""

    word: str
    label: str
    at: str
    offset: int
    length: int


class Journal:
    """What was read. Not safe to use from several threads at once.

    header: what is collected, and from when. done: the units that need not be read again. skew: as in a
    Source.
    """

    def __init__(self, file: BinaryIO, header: Mapping[str, Any]) -> None:
        self._file = file
        self._end = 0
        self._documents: dict[str, _Entry] = {}
        self._tags: dict[str, _Entry] = {}
        self._gaps: list[_Entry] = []
        self._pending: dict[str, list[_Entry]] = {}
        self.header = dict(header)
        self.done: set[str] = set()
        self.skew: set[str] = set()
        self._scope: _Entry | None = None

    @classmethod
    def begin(cls, file: BinaryIO, header: Mapping[str, Any]) -> "Journal":
        """Start an empty journal in a file open for reading and writing."""
        journal = cls(file, {"schema": SCHEMA, **header})
        journal._append("header", "", "", journal.header)
        file.flush()
        return journal

    @classmethod
    def resume(cls, file: BinaryIO, name: str) -> "Journal":
        """Return what an earlier run read. name: of the file, for messages. Raises LiveError where it is no journal."""
        journal: Journal | None = None
        offset = 0
        for line in file:
            if not line.endswith(b"\n"):
                break  # the end of a run that was killed as it wrote
            try:
                word, unit, label, value = msgspec.json.decode(line, type=tuple[str, str, str, msgspec.Raw])
                entry = _entry(word, label, bytes(value), offset + len(line) - 2)
            except (msgspec.DecodeError, UnicodeDecodeError):
                break
            if journal is None:
                journal = cls(file, _header(word, value, name))
            else:
                journal._take(entry, unit)
            offset += len(line)
        if journal is None:
            raise LiveError(f"{name}: is no partial snapshot that can be continued; delete it and collect anew")
        file.truncate(offset)
        journal._end = offset
        for unit in sorted(journal._pending):
            journal.void(unit)
        return journal

    def __len__(self) -> int:
        """Return how many documents there are."""
        return len(self._documents)

    def __contains__(self, arm_id: object) -> bool:
        """Tell whether the document of an id is there."""
        return isinstance(arm_id, str) and key(arm_id) in self._documents

    def ids(self, kind: str | None = None) -> list[str]:
        """Return the comparing ids of all documents, or of those of an ARM type, in order."""
        wanted = kind.lower() if kind else None
        return sorted(at for at, entry in self._documents.items() if wanted is None or entry.label == wanted)

    def kind(self, arm_id: str) -> str:
        """Return the ARM type of a document that is there, in lower case."""
        return self._documents[key(arm_id)].label

    def document(self, arm_id: str) -> dict[str, Any]:
        """Return a document that is there."""
        found: dict[str, Any] = msgspec.json.decode(self.encoded(arm_id))
        return found

    def encoded(self, arm_id: str) -> bytes:
        """Return a document that is there, as JSON."""
        return self._value(self._documents[key(arm_id)])

    @property
    def scope(self) -> tuple[str, ...]:
        """What was asked for, as ARM ids."""
        return tuple(msgspec.json.decode(self._value(self._scope))) if self._scope else ()

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be read, sorted, each once."""
        return tuple(sorted({msgspec.json.decode(self._value(each), type=Gap) for each in self._gaps}))

    @property
    def tag_lists(self) -> dict[str, dict[str, Any]]:
        """The service tag lists, by location."""
        return {at: msgspec.json.decode(self._value(self._tags[at])) for at in sorted(self._tags)}

    def keep(self, unit: str, documents: Iterable[Document]) -> None:
        """Keep documents of a unit; of one id the latest counts."""
        for document in documents:
            self._append("document", unit, str(document["type"]).lower(), document, key(str(document["id"])))

    def keep_tags(self, unit: str, location: str, listed: Document) -> None:
        """Keep the service tag list of a location."""
        self._append("tags", unit, location, listed, location)

    def add_gap(self, unit: str, gap: Gap) -> None:
        """Keep what could not be read."""
        self._append("gap", unit, "", gap)

    def keep_scope(self, unit: str, ids: Iterable[str]) -> None:
        """Keep what was asked for, as ARM ids."""
        self._append("scope", unit, "", sorted(set(ids)))

    def add_skew(self, unit: str, arm_id: str) -> None:
        """Keep that Resource Graph told another state of a resource than Azure Resource Manager does."""
        self._append("skew", unit, "", key(arm_id), key(arm_id))

    def forget(self, unit: str, arm_id: str) -> None:
        """Let go of a document: the resource is not there any more."""
        self._append("gone", unit, "", key(arm_id), key(arm_id))

    def void(self, unit: str) -> None:
        """Let go of what a unit brought before it is done."""
        self._append("void", unit, "", None)

    def finish(self, unit: str) -> None:
        """Let what a unit brought count."""
        self._append("done", unit, "", None)
        self._file.flush()

    def _append(self, word: str, unit: str, label: str, value: object, at: str = "") -> None:
        encoded = msgspec.json.encode(value)
        line = msgspec.json.encode([word, unit, label, msgspec.Raw(encoded)]) + b"\n"
        self._file.seek(self._end)
        self._file.write(line)
        entry = _Entry(word, label, at, self._end + len(line) - 2 - len(encoded), len(encoded))
        self._end += len(line)
        self._take(entry, unit)

    def _take(self, entry: _Entry, unit: str) -> None:
        if entry.word == "header":
            return
        if entry.word == "done":
            for each in self._pending.pop(unit, ()):
                self._settle(each)
            self.done.add(unit)
        elif entry.word == "void":
            self._pending.pop(unit, None)
        else:
            self._pending.setdefault(unit, []).append(entry)

    def _settle(self, entry: _Entry) -> None:
        if entry.word == "document":
            self._documents[entry.at] = entry
        elif entry.word == "tags":
            self._tags[entry.at] = entry
        elif entry.word == "gap":
            self._gaps.append(entry)
        elif entry.word == "skew":
            self.skew.add(entry.at)
        elif entry.word == "scope":
            self._scope = entry
        elif entry.word == "gone":
            self._documents.pop(entry.at, None)

    def _value(self, entry: _Entry) -> bytes:
        self._file.seek(entry.offset)
        return self._file.read(entry.length)


def _header(word: str, value: msgspec.Raw, name: str) -> dict[str, Any]:
    header = msgspec.json.decode(value) if word == "header" else None
    if not isinstance(header, dict) or header.get("schema") != SCHEMA:
        raise LiveError(f"{name}: is no partial snapshot of this version; delete it and collect anew")
    return header


def _entry(word: str, label: str, value: bytes, end: int) -> _Entry:
    """Return the entry of a line that was read back. end: of its value in the file."""
    at = ""
    if word == "document":
        at = key(str(msgspec.json.decode(value, type=_HasId).id))
    elif word in {"skew", "gone"}:
        at = str(msgspec.json.decode(value))
    elif word == "tags":
        at = label
    return _Entry(word, label, at, end - len(value), len(value))


class _HasId(msgspec.Struct):
    id: str
