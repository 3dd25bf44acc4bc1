"""Writing reports: into files, all of them whole or none at all, and then to pipes, devices and stdout.

A report of many files has a folder of its own, which appears whole or not at all as well.
"""

import os
import re
import shutil
import stat
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import click

from auditor.errors import OutputError

STDOUT = "-"


def deliver(text: str, destination: str) -> None:
    """Write `text` to the file `destination`, or to stdout for "-".

    A file appears whole or, if anything fails, what stood there before stays. Raises OutputError.
    """
    deliver_all([(text, destination)])


def deliver_all(texts: Sequence[tuple[str, str]]) -> None:
    """Write every text to its destination, as `deliver` does: all files or, if anything fails, none of them.

    Pipes and devices follow, stdout last: what goes wrong with them costs no file.
    """
    streams = [each for each in texts if is_stream(each[1])]
    files = [each for each in texts if not is_stream(each[1])]
    with ExitStack() as stack:
        ready = [(stack.enter_context(_begun(destination)), text, destination) for text, destination in files]
        for file, text, destination in ready:
            _fill(file, [text.encode()], destination)
        for file, _, destination in ready:
            _put(file, destination)
    for text, destination in sorted(streams, key=lambda each: each[1] == STDOUT):
        if destination == STDOUT:
            _print(text)
        else:
            _pour([text.encode()], destination)


def rewrite(text: str, file: str) -> None:
    """Write `text` into a file that people keep, as `deliver` does; one that is there keeps its permissions."""
    found = _status(file)
    _write([text.encode()], file, mode=stat.S_IMODE(found.st_mode) if found is not None else None)


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
    """Tell whether a destination is stdout, a pipe or a device, and no file. Raises OutputError where it is neither."""
    if destination == STDOUT:
        return True
    found = _status(destination)
    return found is not None and not stat.S_ISREG(found.st_mode)


def check_place(destination: str) -> None:
    """Raise OutputError where it is plain beforehand that a destination cannot be written, so that no work is lost."""
    if not is_stream(destination):
        with _begun(destination):
            return
    if destination != STDOUT and not os.access(destination, os.W_OK):
        raise OutputError(f"{destination}: cannot be written (Permission denied); check the place")


def deliver_folder(files: Iterable[tuple[str, str]], destination: str, *, marker: str, ours: re.Pattern[str]) -> None:
    """Write files, as (name, text), into the folder `destination`: it appears whole or, if anything fails, not at all.

    A folder that is there is replaced as a whole, and only if it is empty or one of ours: it holds the file `marker`,
    and beside it nothing but files with names that `ours` matches. Raises OutputError.
    """
    target, mode = _folder(destination, marker=marker, ours=ours)
    with _begun_folder(target, destination) as new, _told(destination):
        for name, text in (*files, (marker, "")):
            (new / name).write_bytes(text.encode())
            (new / name).chmod(0o666 & ~_umask())
        new.chmod(mode)
        _swap(new, target)


def check_folder(destination: str, *, marker: str, ours: re.Pattern[str]) -> None:
    """Raise OutputError where it is plain beforehand that `deliver_folder` cannot write there."""
    target, _ = _folder(destination, marker=marker, ours=ours)
    with _begun_folder(target, destination):
        pass


def _folder(destination: str, *, marker: str, ours: re.Pattern[str]) -> tuple[Path, int]:
    """Return the folder that a destination names, through links, and its permissions. Raises OutputError."""
    if not destination.strip() or destination == STDOUT:
        raise OutputError("these files need a folder of their own; write -o DIR")
    with _told(destination):
        try:
            target = _target(destination)
            names = sorted(each.name for each in target.iterdir())
        except FileNotFoundError:
            return target, 0o777 & ~_umask()
        except ValueError:  # a null character
            raise OutputError(f"{destination}: cannot be written (not a file name); check the name") from None
        foreign = [
            each for each in names if each != marker and not (ours.fullmatch(each) and (target / each).is_file())
        ]
        if foreign or (names and marker not in names):
            what = f"it holds {(foreign or names)[0]}, which was not written by this command"
            raise OutputError(f"{destination}: is not replaced, since {what}; name a new folder, or an empty one")
        return target, stat.S_IMODE(target.stat().st_mode)


@contextmanager
def _begun_folder(target: Path, destination: str) -> Iterator[Path]:
    """Yield a new folder beside another; it is gone in the end, unless it was put there."""
    with _told(destination):
        new = Path(tempfile.mkdtemp(dir=target.parent, prefix=".auditor-"))
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _swap(new: Path, target: Path) -> None:
    """Put a folder where another is, which is deleted, or none. If anything fails, the other is there again."""
    if not target.exists():
        new.rename(target)
        return
    old = new.with_name(f"{new.name}-old")
    target.rename(old)
    try:
        new.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _status(destination: str) -> os.stat_result | None:
    """Return what stands at a destination that is not stdout; None where nothing does. Raises OutputError."""
    if not destination.strip():
        raise OutputError("a report needs the name of a file; write -o report.json, or - for stdout")
    with _told(destination):
        try:
            found = os.stat(destination)  # noqa: PTH116 - a Path would lose the "/" that makes it a folder
        except FileNotFoundError:
            found = None
        except ValueError:  # a null character
            raise OutputError(f"{destination}: cannot be written (not a file name); check the name") from None
    is_folder = found is not None and stat.S_ISDIR(found.st_mode)
    if is_folder or os.path.basename(destination) in {"", ".", ".."}:  # noqa: PTH119 - see above
        raise OutputError(f"{destination}: cannot be written (Is a directory); name a file in it")
    return found


def _write(pieces: Iterable[bytes], destination: str, *, mode: int | None = None) -> None:
    if is_stream(destination):
        _pour(pieces, destination)
        return
    with _begun(destination) as file:
        _fill(file, pieces, destination, mode=mode)
        _put(file, destination)


@contextmanager
def _begun(destination: str) -> Iterator[Path]:
    """Yield a new file beside the one that a destination names; it is gone in the end, unless it was put there."""
    with _told(destination):
        if _status(destination) is not None:  # to take the place of a file is no way around its permissions
            os.close(os.open(destination, os.O_WRONLY))
        handle, name = tempfile.mkstemp(dir=_target(destination).parent, prefix=".auditor-")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        with suppress(OSError):
            Path(name).unlink()


def _fill(file: Path, pieces: Iterable[bytes], destination: str, *, mode: int | None = None) -> None:
    with _told(destination):
        with file.open("wb") as opened:
            opened.writelines(pieces)
        file.chmod(0o666 & ~_umask() if mode is None else mode)


def _put(file: Path, destination: str) -> None:
    with _told(destination):
        file.replace(_target(destination))


def _target(destination: str) -> Path:
    """Return the file that a destination names, through links."""
    return Path(os.path.realpath(destination))


def _pour(pieces: Iterable[bytes], destination: str) -> None:
    """Write into a pipe or a device, which stays what it is; a reader that has seen enough is no fault."""
    with _told(destination), suppress(BrokenPipeError), Path(destination).open("wb") as device:
        device.writelines(pieces)


@contextmanager
def _told(destination: str) -> Iterator[None]:
    """Turn what the system says against writing to a destination into an OutputError."""
    try:
        yield
    except OSError as fault:
        why = f"cannot be written ({fault.strerror}); check the place and its space"
        raise OutputError(f"{destination}: {why}") from None


def _print(text: str | bytes) -> None:
    if sys.stdout is None:
        raise OutputError("stdout: is closed; name a file with -o")
    click.echo(text, nl=False)


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
