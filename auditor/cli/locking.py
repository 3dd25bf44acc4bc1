"""One at a time: who reads a file to write it again keeps others from doing so meanwhile."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from auditor.errors import ConfigError


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other run of the auditor writes into the folder, and let none begin before this one is done.

    The folder itself is locked, since a file that is replaced takes its lock with it. Where the system has no such
    locks, as on Windows, nothing is locked. Raises ConfigError where the folder cannot be opened.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as fault:
        raise ConfigError(f"{folder}: cannot be opened ({fault.strerror}); check the folder") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
