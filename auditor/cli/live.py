"""Options of every command that reads Azure itself, and the way from them to a snapshot on disk."""

import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from auditor.cli.options import Group
from auditor.cli.telling import Telling, say, set_up_log
from auditor.errors import LiveError, OutputError

if TYPE_CHECKING:
    from auditor.collectors.live.journal import Journal

CLOUDS = ("public", "usgovernment", "china")
IDENTITIES = ("cli", "managed-identity", "workload-identity", "service-principal", "device-code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What the options say of reading Azure itself, as written."""

    subscriptions: tuple[str, ...]
    management_groups: tuple[str, ...]
    workload: str | None
    cloud: str
    auth: str | None
    confirm: bool
    verbose: int
    log_format: str

    @property
    def is_wanted(self) -> bool:
        """Whether something of Azure was asked for."""
        return bool(self.subscriptions or self.management_groups or self.workload)

    def check(self, sources: tuple[str, ...]) -> None:
        """Refuse options that do not go together."""
        if self.is_wanted and sources:
            raise click.UsageError("name SOURCEs, or what to read of Azure, not both; collect a snapshot to mix them")
        if self.workload and (self.subscriptions or self.management_groups):
            raise click.UsageError("--workload names all there is to read; leave the other scopes away")


_OPTIONS = (
    click.option(
        "--subscription", "subscriptions", multiple=True, metavar="ID", help="Read this subscription; may be repeated."
    ),
    click.option(
        "--management-group",
        "management_groups",
        multiple=True,
        metavar="NAME",
        help="Read all subscriptions below it; may be repeated.",
    ),
    click.option("--workload", metavar="RESOURCE_ID", help="Read one environment and all that decides its flows."),
    click.option("--cloud", type=click.Choice(CLOUDS), default="public", help="The cloud to read from."),
    click.option("--auth", type=click.Choice(IDENTITIES), help="Who to read as (default: what is found first)."),
    click.option("--confirm", is_flag=True, help="Read what decides once more where it is kept, past Resource Graph."),
    click.option("-v", "--verbose", count=True, help="Say on stderr what is done; twice, every request."),
    click.option("--log-format", type=click.Choice(("text", "json")), default="text", help="How to say it."),
)

live_options = Group("live", Live, _OPTIONS)
"""Gives a command the options of reading Azure itself, as one parameter `live`."""


@contextmanager
def collected(live: Live) -> Iterator[Path]:
    """Read Azure into a snapshot that is there as long as the context; yields where."""
    with tempfile.TemporaryDirectory(prefix="auditor-", dir=temporary_place()) as folder, keeping(folder):
        place = Path(folder) / "snapshot.json"
        with (Path(folder) / "journal").open("x+b") as file, reading(live, file, resume="") as journal:
            from auditor.collectors.live.collect import snapshot

            with place.open("wb") as target:
                target.writelines(snapshot(journal))
        yield place


def temporary_place() -> str:
    """Return the folder for temporary files. Raises OutputError where none can be written to."""
    try:
        return tempfile.gettempdir()
    except FileNotFoundError:
        what = "what is read has to be kept for a while, and no folder for temporary files can be written to"
        raise OutputError(f"{what}; set TMPDIR to one that can") from None


@contextmanager
def keeping(place: str) -> Iterator[None]:
    """Say in one line that what is read cannot be kept in a place, where that is so."""
    try:
        yield
    except BrokenPipeError:  # of stdout, not of the place
        raise
    except OSError as fault:
        if fault.filename is not None:
            raise
        why = f"what is read cannot be kept ({fault.strerror}); check the space"
        raise OutputError(f"{place}: {why}") from None


@contextmanager
def reading(live: Live, file: BinaryIO, *, resume: str) -> Iterator["Journal"]:
    """Read Azure into a journal in `file`, and yield it once all is there.

    resume: what messages call the file where it holds a journal to go on with, else "". Raises LiveError.
    """
    from auditor.collectors.live.clock import RealClock
    from auditor.collectors.live.clouds import cloud_named
    from auditor.collectors.live.collect import Wanted, collect
    from auditor.collectors.live.identity import credential_for
    from auditor.collectors.live.session import Session

    set_up_log(live.verbose, live.log_format)
    wanted = Wanted(asked=_asked(live), cloud=live.cloud, confirmed=live.confirm)
    cloud = cloud_named(live.cloud, os.environ)
    clock = RealClock()
    journal = _journal(file, wanted.header(datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")), resume)
    session = Session(cloud, lambda: credential_for(live.auth, cloud, os.environ, say), clock)
    try:
        with _stopping(clock.stop), Telling(quiet=bool(live.verbose)) as telling:
            collect(session, wanted, journal, telling)
    finally:
        session.close()
    telling.conclude(len(journal), len(journal.gaps), session.requests)
    yield journal


def _asked(live: Live) -> Any:  # noqa: ANN401 - its class is imported only here
    from auditor.collectors.live.scope import Asked

    return Asked(
        subscriptions=live.subscriptions, management_groups=live.management_groups, workload=live.workload or ""
    )


def _journal(file: BinaryIO, header: dict[str, Any], resume: str) -> "Journal":
    from auditor.collectors.live.journal import Journal

    if not resume:
        return Journal.begin(file, header)
    journal = Journal.resume(file, resume)
    for name in ("cloud", "asked", "collector", "confirmed"):
        if journal.header.get(name) != header[name]:
            raise LiveError(f"{resume}: was begun otherwise ({name}); ask for the same again, or delete it")
    return journal


@contextmanager
def _stopping(stop: Callable[[], None]) -> Iterator[None]:
    """End every wait on Ctrl-C, before it is raised; being told to terminate is the same, so that nothing is left."""

    def handle(*_: object) -> None:
        stop()
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():  # only that one may
        yield
        return
    before = {each: signal.signal(each, handle) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
