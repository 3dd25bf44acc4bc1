"""`auditor collect`: read Azure into a snapshot, to audit now or later, here or elsewhere."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from auditor.cli.completing import files
from auditor.cli.live import Live, keeping, live_options, reading, temporary_place
from auditor.cli.output import STDOUT, check_place, deliver_pieces, is_stream
from auditor.errors import LiveError, OutputError
from auditor.reporters.text import plain_json

_NOTHING = 3
_PARTIAL = ".partial"


@click.command(name="collect", context_settings={"help_option_names": ["-h", "--help"]})
@live_options
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    shell_complete=files,
    default=STDOUT,
    help="Write there (.gz: compressed), not to stdout.",
)
@click.option("--resume", is_flag=True, help="Go on with what an interrupted run left beside FILE.")
@click.option("--redact", is_flag=True, help="Replace names and subscription ids by stable pseudonyms.")
def command(*, live: Live, output: str, resume: bool, redact: bool) -> int:
    """Read Azure into a snapshot: all that decides the flows of a scope, and what of it could not be read.

    The role Reader is enough, and nothing is changed. The snapshot holds no tags, keys or settings of applications.

    \b
    auditor collect --subscription 11111111-2222-3333-4444-555555555555 -o estate.json.gz
    auditor audit estate.json.gz

    Exit codes: 0 read, perhaps with gaps, of which the audit will tell; 2 bad arguments, or nothing can be read;
    3 there is nothing to audit in it.
    """  # noqa: D301 - \b is for click
    live.check(())
    if not live.is_wanted:
        raise click.UsageError("name what to read: --subscription, --management-group or --workload")
    check_place(output)
    with _journal_file(output, resume=resume) as file, reading(live, file, resume=file.name if resume else "") as read:
        from auditor.collectors.live.collect import redacted, snapshot

        deliver_pieces(map(_plain, redacted(read) if redact else snapshot(read)), output)
        return 0 if len(read) else _NOTHING


def _plain(piece: bytes) -> bytes:
    """Return a piece of JSON, whole texts in it, so that no name acts on a terminal or in a log."""
    return plain_json(piece.decode()).encode()


@contextmanager
def _journal_file(output: str, *, resume: bool) -> Iterator[BinaryIO]:
    """Yield the file that keeps what was read so far: beside the file to be written; nowhere for stdout or a device."""
    target = Path(os.path.realpath(output))
    if output == STDOUT or is_stream(output):
        if resume:
            raise click.UsageError("--resume goes on with what lies beside a file; name the file with -o")
        place = temporary_place()
        with keeping(place), tempfile.TemporaryFile(dir=place) as file:
            yield file
        return
    path = target.with_name(target.name + _PARTIAL)
    with keeping(str(path)), _opened(path, resume=resume) as file:
        try:
            yield file
        except KeyboardInterrupt:
            raise LiveError(
                f"interrupted; what was read is kept in {path}: go on with --resume, or delete it"
            ) from None
        except LiveError:
            if not resume:
                path.unlink()
            raise
    path.unlink()


def _opened(path: Path, *, resume: bool) -> BinaryIO:
    """Open it for this user alone: it holds all names, also where the snapshot is to hold none."""
    try:
        file = open(path, "r+b" if resume else "x+b", opener=_for_one_user)  # noqa: SIM115 - handed on
    except FileExistsError:
        left = "is left of an interrupted run"
        raise LiveError(f"{path}: {left}; go on with --resume, or delete it to begin anew") from None
    except OSError as fault:
        if resume and isinstance(fault, FileNotFoundError):
            raise LiveError(f"{path}: nothing is there to go on with; leave --resume away") from None
        raise OutputError(f"{path}: cannot be written ({fault.strerror}); check the place") from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise LiveError(f"{path}: another run is writing it; wait for its end, or write to another file") from None
    return file


def _for_one_user(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
