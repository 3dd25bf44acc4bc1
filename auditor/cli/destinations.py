"""Where reports may go: each to a place of its own, and none over what the command reads."""

import os
import stat
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TextIO

from auditor.cli.output import STDOUT
from auditor.collectors.files import is_configuration
from auditor.errors import ConfigError, OutputError

_Mark = str | tuple[int, int]
"""What two spellings of one place share: the path behind all links, or the device and inode of what stands there."""


def check_apart(destinations: Iterable[str]) -> None:
    """Raise ConfigError where two reports are to go to one place, however it is spelled.

    The second would take the place of the first, or follow it on stdout.
    """
    taken: dict[_Mark, str] = {}
    for each in destinations:
        marks = _marks(each)
        for other in (taken[mark] for mark in marks if mark in taken):
            also = f', which is "{other}"' if other != each else ""
            raise ConfigError(f'two reports are to go to "{each}"{also}; give each a file of its own')
        taken |= dict.fromkeys(marks, each)


def check_spared(destinations: Iterable[str], inputs: Mapping[str, str]) -> None:
    """Raise OutputError where a report would take the place of something that is read.

    inputs: files and folders, or "-" for standard input, with what they are to the command.
    """
    read: dict[_Mark, str] = {}
    for path, what in inputs.items():
        found = _found(path, sys.stdin)
        if found is None and path != STDOUT:  # it is yet to be made there
            read[os.path.realpath(path)] = what
        elif found is not None and stat.S_ISREG(found.st_mode):  # a pipe or a terminal may be read and written at once
            read[found.st_dev, found.st_ino] = what
    folders = [Path(os.path.realpath(each)) for each in inputs if os.path.isdir(each)]  # noqa: PTH112 - no fault for what may not be read
    for each in destinations:
        taken = next((read[mark] for mark in _marks(each) if mark in read), None)
        if taken is None and any(_is_in(each, folder) for folder in folders):
            taken = "part of a SOURCE"
        if taken is not None:
            raise OutputError(f"{each}: is {taken}, and is not written over; name another file")


def _is_in(destination: str, folder: Path) -> bool:
    """Tell whether a destination is a file of a folder that is read as configuration: an older report is none."""
    target = Path(os.path.realpath(destination))
    return destination != STDOUT and target.is_relative_to(folder) and is_configuration(target)


def _marks(destination: str) -> set[_Mark]:
    found = _found(destination, sys.stdout)
    name = destination if destination == STDOUT else os.path.realpath(destination)
    return {name} if found is None or _is_null(found) else {name, (found.st_dev, found.st_ino)}


def _found(path: str, stream: TextIO | None) -> os.stat_result | None:
    """Return what stands at a place; None where nothing does, or it cannot be told. stream: what is meant by "-"."""
    try:
        if path == STDOUT:
            return None if stream is None else os.fstat(stream.fileno())
        return Path(path).stat()
    except (OSError, ValueError):  # what is wrong with it is said where it is read or written
        return None


def _is_null(found: os.stat_result) -> bool:
    """Tell whether it is the device in which everything ends: nothing is lost there that was to be kept."""
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == Path(os.devnull).stat().st_rdev
