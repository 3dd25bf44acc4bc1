"""Stdout and stderr as every command finds them: fit for any name, for a reader that goes away and for a full disk."""

import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from auditor.errors import OutputError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


def set_up_streams() -> None:
    """Prepare the streams of this process."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name Azure allows must not stop a terminal that cannot show it
            stream.reconfigure(errors="backslashreplace")
    with suppress(OSError):  # of a stream without a descriptor, as a program that calls us may put there
        if isinstance(sys.stdout, io.TextIOWrapper) and not _is_windows_console(sys.stdout):
            sys.stdout = _patient(sys.stdout)


def _is_windows_console(stream: io.TextIOWrapper) -> bool:
    """Tell whether it is one that takes more than bytes, and so has to stay what it is."""
    return os.name == "nt" and stream.isatty()


def _patient(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(_Stdout(stream.fileno(), "wb", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


class _Stdout(io.FileIO):
    """Stdout of which a command need not know whether anybody still reads it.

    From when its reader has gone (`| head`), what is written goes nowhere and is no fault: the exit code stays that of
    the command. Any other fault is an OutputError, once; what is written after it goes nowhere, too.
    """

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write some of it and return how much."""
        try:
            while (written := super().write(data)) is None:
                self._wait()
        except BrokenPipeError:
            self._give_up()
            return memoryview(data).nbytes
        except OSError as fault:
            self._give_up()
            why = f"cannot be written ({fault.strerror}); check the place and its space"
            raise OutputError(f"stdout: {why}") from None
        return written

    def _wait(self) -> None:
        """Wait until it takes more: whoever started us may share a pipe that never waits by itself."""
        import select

        select.select([], [self], [])

    def _give_up(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
