"""Reads saved Azure configuration: files, folders and standard input, in any shape `auditor.collectors.shapes` knows.

The kind of a file is found by its content. Nothing read is dropped in silence: what may hide a resource becomes an
error, or a gap where the rest is still worth auditing.
"""

import gc
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from auditor.collectors.decode import decode
from auditor.collectors.foreign import may_hide
from auditor.collectors.merging import AllSources, OneSource
from auditor.collectors.paging import Page, gaps_of
from auditor.collectors.shapes import Content, read_value
from auditor.collectors.unreadable import Unreadable, quoted
from auditor.errors import SourceError
from auditor.estate.snapshot import Snapshot
from auditor.findings import Gap, Source

_ENDINGS = (".json", ".json.gz")
_FOLDER_NEEDS = "point at the folder that holds the saved JSON"


def read_sources(paths: Sequence[str], stdin: BinaryIO | None) -> Snapshot:
    """Return what the files, folders and, for "-", standard input hold together; on the same id a later one wins.

    A folder is read with everything below it: `.json` and `.json.gz`, except what is hidden. Raises SourceError.
    """
    if list(paths).count("-") > 1:
        raise SourceError("stdin: can be read only once; name - once")
    together = AllSources()
    gaps: set[Gap] = set()
    tags: list[dict[str, object]] = []
    sources: list[Source] = []
    with _collector_paused():
        for path in paths:
            reader = _Reader()
            sources.append(reader.read(path, stdin))
            together.add(reader.documents)
            gaps.update(reader.gaps, gaps_of(reader.pages))
            tags.extend(each for each in reader.service_tags if each not in tags)
        gaps.update(together.gaps())
        resources = together.resources()
    return Snapshot(resources=resources, service_tags=tuple(tags), gaps=tuple(sorted(gaps)), sources=tuple(sources))


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector: JSON has no cycles, and looking for them takes longer than reading it."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Reader:
    """Reads one SOURCE and keeps what it holds."""

    def __init__(self) -> None:
        self.documents = OneSource()
        self.service_tags: list[dict[str, object]] = []
        self.gaps: list[Gap] = []
        self.pages: list[tuple[str, Page]] = []

    def read(self, path: str, stdin: BinaryIO | None) -> Source:
        """Read the SOURCE `path`: a file, a folder or "-"."""
        if not path:
            raise SourceError("a SOURCE is empty text; name a file, a folder or - for standard input")
        if path == "-":
            return self._stream(stdin)
        return self._folder(Path(path)) if is_folder(Path(path)) else self._file(Path(path))

    def _stream(self, stdin: BinaryIO | None) -> Source:
        """Read standard input."""
        if stdin is None:
            raise SourceError("stdin: nothing is connected to it; pipe JSON into the auditor or name a file")
        try:
            data = stdin.read()
        except OSError as fault:
            raise SourceError(_unreadable("stdin", fault)) from None
        return self._single(data, "stdin", "stdin")

    def _file(self, path: Path) -> Source:
        """Read one file."""
        return self._single(read_bytes(path), _shown(path), _shown(Path(path.name)))

    def _folder(self, folder: Path) -> Source:
        """Read everything JSON in and below a folder."""
        whole = hashlib.sha256()
        read_any = False
        times, skew = set(), set[str]()
        for path in json_files(folder):
            relative = path.relative_to(folder)
            data = read_bytes(path)
            whole.update(os.fsencode(relative.as_posix()) + b"\0" + hashlib.sha256(data).digest())
            value = decode(data, _shown(path))
            read_any = True
            try:
                content = read_value(value)
            except Unreadable as found:
                if may_hide(found, value):
                    why = f"{_shown(relative)}: {found.reason}"
                    self.gaps.append(Gap(what=found.what, scope=found.scope, why=why, needs=found.advice))
                continue
            times.add(content.collected_at)
            skew.update(content.skew)
            self._keep(content, _shown(relative))
        if not read_any:
            raise SourceError(f"{_shown(folder)}: no .json or .json.gz file in it or below; {_FOLDER_NEEDS}")
        collected_at = min((each for each in times if each), default=None)
        return Source(
            kind="files",
            location=_shown(folder),
            digest=f"sha256:{whole.hexdigest()}",
            collected_at=collected_at,
            skew=tuple(sorted(skew)),
        )

    def _single(self, data: bytes, where: str, name: str) -> Source:
        """Read the bytes that are the whole of this source. name: what gaps call it, the same on any machine."""
        digest = hashlib.sha256(data).hexdigest()
        value = decode(data, where)
        try:
            content = read_value(value)
        except Unreadable as found:
            raise SourceError(f"{where}: {found.reason}; {found.advice}") from None
        self._keep(content, name)
        kind = "snapshot" if content.is_snapshot else "files"
        return Source(
            kind=kind,
            location=where,
            digest=f"sha256:{digest}",
            collected_at=content.collected_at,
            skew=content.skew,
            scope=content.scope if content.is_snapshot else (),
        )

    def _keep(self, content: Content, name: str) -> None:
        """Keep what the file `name` holds."""
        self.documents.add(name, content.resources, content.named)
        self.service_tags.extend(content.service_tags)
        self.gaps.extend(content.gaps)
        self.pages.extend((name, page) for page in content.pages)


def is_folder(path: Path) -> bool:
    """Tell whether a path is a folder."""
    try:
        return path.is_dir()
    except OSError as fault:
        raise SourceError(_unreadable(_shown(path), fault)) from None


def json_files(folder: Path) -> list[Path]:
    """Return the JSON files in and below a folder in order of their relative paths; links are followed once."""
    found: list[Path] = []
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            status = here.stat()
            if (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                waiting.extend(_listed(here, found))
        except OSError as fault:
            raise SourceError(_unreadable(_shown(here), fault)) from None
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def is_configuration(path: Path) -> bool:
    """Tell whether there is a file that is read with the folder it lies in, and holds something of Azure."""
    try:
        if not path.name.lower().endswith(_ENDINGS) or not path.is_file():
            return False
        read_value(decode(path.read_bytes(), _shown(path)))
    except (OSError, SourceError, Unreadable):
        return False
    return True


def _listed(folder: Path, found: list[Path]) -> list[Path]:
    """Add the JSON files of one folder to `found` and return its folders; what is hidden is neither."""
    folders = []
    for entry in folder.iterdir():
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            folders.append(entry)
        elif entry.name.lower().endswith(_ENDINGS) and not _is_special(entry):
            found.append(entry)
    return folders


def _is_special(path: Path) -> bool:
    """Tell whether a path is a pipe, socket or device, which may never end."""
    return path.is_fifo() or path.is_socket() or path.is_char_device() or path.is_block_device()


def read_bytes(path: Path) -> bytes:
    """Return the content of a file."""
    try:
        return path.read_bytes()
    except OSError as fault:
        raise SourceError(_unreadable(_shown(path), fault)) from None


def _unreadable(where: str, fault: OSError) -> str:
    """Return the line for a file or folder the system does not let us read."""
    if isinstance(fault, FileNotFoundError):
        return f"{where}: no such file or folder; check the path"
    if isinstance(fault, PermissionError):
        return f"{where}: not readable by you; change its permissions or run as its owner"
    return f"{where}: cannot be read ({quoted(fault.strerror)}); check the path"


def _shown(path: Path) -> str:
    """Return a path fit for messages, whatever bytes it is made of."""
    return quoted(str(path).encode("utf-8", "backslashreplace").decode())
