"""Running the whole command as its users do: in the test's own process, or as a program where the system matters."""

import gc
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from auditor.cli.main import TRACEBACK, main
from tests.builders import Document
from tests.estates import Draft

CHECKOUT = Path(__file__).parent.parent.parent
PREFIX = "auditor: error: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a run ended: its exit code and all it wrote."""

    code: int
    out: str
    err: str


def call(
    *arguments: str, stdin: bytes = b"", encoding: str = "utf-8", environment: Mapping[str, str] | None = None
) -> Done:
    """Run `auditor` in this process, 100 cells wide. encoding: of stdout and stderr."""
    kept = io.BytesIO(), io.BytesIO()
    out, err = (io.TextIOWrapper(each, encoding=encoding, write_through=True) for each in kept)
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["auditor", *arguments])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        for name, value in {"COLUMNS": "100", TRACEBACK: "1", **(environment or {})}.items():
            patch.setenv(name, value)
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            gc.enable()  # the command switches it off for its own short life
    code = ended.value.code
    assert isinstance(code, int)

    return Done(code=code, out=_decoded(kept[0], encoding), err=_decoded(kept[1], encoding))


def _decoded(stream: io.BytesIO, encoding: str) -> str:
    """Return what was written. click writes UTF-8 to a stream that says ASCII, taking that for a missing locale."""
    return stream.getvalue().decode("utf-8" if encoding == "ascii" else encoding)


def refused(*arguments: str, stdin: bytes = b"") -> str:
    """Return the one line on stderr of a run that is refused: exit code 2, nothing on stdout."""
    done = call(*arguments, stdin=stdin)
    assert (done.code, done.out) == (2, ""), done
    assert done.err.startswith(PREFIX), done.err
    assert done.err.endswith("\n"), done.err
    assert done.err.count("\n") == 1, done.err

    return done.err.removeprefix(PREFIX).removesuffix("\n")


def start(*arguments: str, **environment: str) -> list[str]:
    """Return the command line that starts `auditor` as a program of its own; environment: what to set for it."""
    assignments = [f"{name}={value}" for name, value in environment.items()]
    return ["env", f"PYTHONPATH={CHECKOUT}", *assignments, sys.executable, "-m", "auditor", *arguments]


def shell(script: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Done:
    """Run a script of bash in which "$@" is `auditor` with the arguments."""
    done = subprocess.run(
        ["bash", "-c", script, "bash", *start(*arguments)],  # noqa: S607 - whichever bash there is
        capture_output=True,
        check=False,
        cwd=CHECKOUT,
        env={**os.environ, "COLUMNS": "100", **(environment or {})},
    )
    return Done(code=done.returncode, out=done.stdout.decode(), err=done.stderr.decode())


def as_ordinary_user(*arguments: str) -> Done:
    """Run `auditor` as a program that may not read and write everything, as root may; skips where that takes root."""
    if os.geteuid() != 0:
        return shell('"$@"', *arguments)
    if shutil.which("setpriv") is None:
        pytest.skip("only ordinary users can be refused a file, and setpriv is not installed")
    without = "-dac_override,-dac_read_search"
    return shell(f'setpriv --bounding-set {without} --inh-caps {without} "$@"', *arguments)


def save(folder: Path, draft: Draft | Iterable[Document], name: str = "estate.json") -> str:
    """Write an estate, or some documents, into one file of a folder and return its path."""
    documents = [*draft.documents, *draft.tags] if isinstance(draft, Draft) else list(draft)
    file = folder / name
    file.write_text(json.dumps(documents), encoding="utf-8")
    return str(file)
