"""In which file of the sources, and on which line, the resources stand that somebody asks for."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from auditor.collectors.decode import plain_text
from auditor.collectors.files import is_folder, json_files, read_bytes
from auditor.collectors.positions import Place, places_of
from auditor.errors import SourceError
from auditor.estate import arm

_STDIN = "-"


@dataclass(frozen=True, slots=True)
class Located:
    """A file, as a SOURCE names it or below the folder it names, and a place in it."""

    file: Path
    place: Place


def locate(paths: Sequence[str], arm_ids: Iterable[str]) -> dict[str, Located]:
    """Return where resources stand, by id in comparing form.

    paths: the SOURCEs, as they were read; standard input has no place. A resource that is not described anywhere in
    them stands where the nearest one above it does: a subnet where its virtual network is. Of several places, that of
    the latest SOURCE counts, and in a folder that of the first file; a copy that stands in another resource counts only
    where there is nothing else.
    """
    asked = {arm.key(each) for each in arm_ids if each}
    wanted = asked.union(*map(_above, asked))
    found: dict[str, Located] = {}
    copies: dict[str, Located] = {}
    for path in reversed([each for each in paths if each != _STDIN]):
        for file in _files(Path(path)):
            if not wanted - found.keys():
                break
            with suppress(SourceError):  # gone or changed since it was read: then it has no place
                data = plain_text(read_bytes(file), path)
                for arm_id, place in places_of(data, wanted - found.keys()).items():
                    (copies if place.copied else found).setdefault(arm_id, Located(file, place))
    nearest = {
        each: next((found[at] for at in (each, *_above(each)) if at in found), copies.get(each)) for each in asked
    }
    return {each: place for each, place in sorted(nearest.items()) if place is not None}


def _files(path: Path) -> Iterator[Path]:
    with suppress(SourceError):
        yield from json_files(path) if is_folder(path) else [path]


def _above(arm_id: str) -> list[str]:
    """Return the ids of the resources a resource is a part of, nearest first."""
    before, provider, rest = arm_id.rpartition("/providers/")
    parts = rest.split("/")
    return [f"{before}{provider}{'/'.join(parts[:end])}" for end in range(len(parts) - 2, 2, -2)]
