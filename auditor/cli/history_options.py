"""What the commands on a history share: which one, of which job, and where the answer goes."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import click

from auditor.cli.completing import files
from auditor.cli.destinations import check_spared
from auditor.cli.output import STDOUT, check_place, deliver, wants_colour
from auditor.cli.terminal import terminal_width
from auditor.errors import HistoryError
from auditor.nearest import nearest

if TYPE_CHECKING:
    from auditor.history.store import Store

HELP = {"help_option_names": ["-h", "--help"]}
ENVIRONMENT = "AUDITOR_HISTORY"
"""The environment variable that names the history where --history does not."""
_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What is asked of a history.

    place: URL or file, None for the default. job: None for all. form: "console" or "json". output: file, or "-".
    """

    place: str | None
    job: str | None
    form: str
    output: str

    @property
    def is_json(self) -> bool:
        """Whether a program is to read the answer."""
        return self.form == "json"

    @property
    def width(self) -> int:
        """Cells per line."""
        return terminal_width()

    @property
    def colour(self) -> bool:
        """Whether the answer may be coloured."""
        return wants_colour(self.output)

    def deliver(self, text: str) -> None:
        """Write the answer to where it is to go."""
        deliver(text, self.output)

    @contextmanager
    def store(self, *written: str) -> Iterator["Store"]:
        """Open the history, which must be there; a job that was named must be in it. Raises HistoryError.

        written: destinations beside the answer's own; none may be the history itself, and all must be fit to write to.
        """
        from auditor.history import default_url, open_store

        url = self.place if self.place is not None else default_url()
        check_history_spared((self.output, *written), url)
        for each in (self.output, *written):
            check_place(each)
        with open_store(url, create=False) as store:
            if self.job is not None:
                _check_job(self.job, store.jobs())
            yield store


def check_history_spared(destinations: Iterable[str], url: str) -> None:
    """Raise OutputError where something is to be written over the history at a path or URL, also one yet to be made."""
    from auditor.history import file_of

    file = file_of(url)
    if file is not None:
        check_spared(destinations, {file: "the history"})


def asking(command: Callable[Concatenate[Asking, _P], _R]) -> Callable[_P, _R]:
    """Add the options that every command on a history takes; they come as one `Asking`, the first argument."""

    @click.option(
        "--history",
        "place",
        metavar="URL",
        envvar=ENVIRONMENT,
        shell_complete=files,
        help=f"The history: a file, or a URL of PostgreSQL (default: {ENVIRONMENT}, else a file of yours).",
    )
    @click.option("--job", metavar="NAME", help="Only this job.")
    @click.option("--format", "form", type=click.Choice(("console", "json")), default="console", help="What to print.")
    @click.option(
        "-o", "--output", metavar="FILE", default=STDOUT, shell_complete=files, help="Write there instead of to stdout."
    )
    @wraps(command)
    def asked(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        place, job, form, output = (kwargs.pop(each) for each in ("place", "job", "form", "output"))
        question = Asking(place=_text(place), job=_text(job), form=str(form), output=str(output))
        return command(question, *args, **kwargs)

    return asked


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _check_job(job: str, jobs: tuple[str, ...]) -> None:
    if job not in jobs:
        known = f"there are: {', '.join(jobs)}" if jobs else "there is none yet"
        raise HistoryError(f'no job "{job}" in the history{nearest(job, jobs)}; {known}')
