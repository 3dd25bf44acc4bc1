"""Writing reports: to a file, whole or not at all, or to stdout."""

import os
import stat
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import click

from auditor.errors import OutputError

STDOUT = "-"


def deliver(text: str, destination: str) -> None:
    """Write `text` to the file `destination`, or to stdout for "-".

    A file appears whole or, if anything fails, what stood there before stays. Raises OutputError.
    """
    if destination == STDOUT:
        _print(text)
    else:
        _write([text.encode()], destination)


def rewrite(text: str, file: str) -> None:
    """Write `text` into a file that people keep, as `deliver` does; one that is there keeps its permissions."""
    target = Path(os.path.realpath(file))
    _write([text.encode()], file, mode=stat.S_IMODE(target.stat().st_mode) if target.is_file() else None)


def deliver_pieces(pieces: Iterable[bytes], destination: str) -> None:
    """Write bytes that come in pieces, as `deliver` does; compressed where the name of the file ends in .gz."""
    if destination == STDOUT:
        for each in pieces:
            _print(each)
    else:
        _write(_compressed(pieces) if destination.lower().endswith(".gz") else pieces, destination)


def _compressed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield pieces as gzip, the same for the same: without the time that gzip would put in."""
    packer = zlib.compressobj(level=6, wbits=zlib.MAX_WBITS | 16)
    for each in pieces:
        yield packer.compress(each)
    yield packer.flush()


def is_stream(destination: str) -> bool:
    """Tell whether a destination is a pipe or a device, and no file. Raises OutputError where it cannot be written."""
    if not destination.strip():
        raise OutputError("a report needs the name of a file; write -o report.json, or - for stdout")
    place = Path(destination)
    if place.is_dir():
        raise OutputError(f"{destination}: cannot be written (Is a directory); check the place")
    return place.exists() and not place.is_file()


def _write(pieces: Iterable[bytes], destination: str, *, mode: int | None = None) -> None:
    takes_bytes = is_stream(destination)
    target = Path(os.path.realpath(destination))  # through a link, to what it names
    try:
        if takes_bytes:
            with Path(destination).open("wb") as device:  # a pipe or a device takes the bytes and stays what it is
                device.writelines(pieces)
            return
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as fault:
        raise OutputError(f"{destination}: cannot be written ({fault.strerror}); check the place") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
        Path(name).chmod(0o666 & ~_umask() if mode is None else mode)
        Path(name).replace(target)
    except BaseException as fault:
        with suppress(OSError):
            Path(name).unlink()
        if not isinstance(fault, OSError):
            raise
        why = f"cannot be written ({fault.strerror}); check the place and its space"
        raise OutputError(f"{destination}: {why}") from None


def _print(text: str | bytes) -> None:
    if sys.stdout is None:
        raise OutputError("stdout: is closed; name a file with -o")
    try:
        click.echo(text, nl=False)
    except BrokenPipeError:  # the reader has seen enough: no fault of ours
        raise
    except OSError as fault:
        raise OutputError(f"stdout: cannot be written ({fault.strerror}); check the place and its space") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def wants_colour(destination: str) -> bool:
    """Tell whether text for `destination` may be coloured: only on a terminal, and not if NO_COLOR is set."""
    if destination != STDOUT or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout is not None and sys.stdout.isatty()


def can_draw() -> bool:
    """Tell whether stdout takes characters beyond ASCII."""
    return sys.stdout is not None and "utf" in (sys.stdout.encoding or "").lower()
