"""Options of a command that records what it audits, and the way from them to a run in a history."""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from auditor.cli.choosing import Asked
from auditor.cli.completing import files
from auditor.cli.history_options import ENVIRONMENT, check_history_spared
from auditor.cli.live import Live
from auditor.cli.notify import channels_named, expect, notify_option, tell
from auditor.cli.options import Group
from auditor.cli.telling import say
from auditor.errors import ConfigError
from auditor.estate.snapshot import Snapshot
from auditor.findings import Report
from auditor.reporters.summary import is_complete

if TYPE_CHECKING:
    from auditor.histories import PackedSnapshot, Recorded
    from auditor.history.store import Store
    from auditor.sending.notifying import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the options say of recording an audit, as written."""

    is_wanted: bool
    history: str | None
    job: str | None
    notify: tuple[str, ...]

    def check(self) -> None:
        """Refuse options that do not go together."""
        for value, option in ((self.history, "--history"), (self.job, "--job")):
            if value is not None and not self.is_wanted:
                raise click.UsageError(f"{option} says how an audit is recorded; add --record")
        if self.job is not None and not (self.job.strip() and self.job.isprintable()):
            raise ConfigError("--job: a name of printable characters is needed; write it as --job estate-nightly")

    def channels(self) -> "tuple[Channel, ...]":
        """Return the channels that are to be told. Raises ConfigError; refuses options that do not go together."""
        self.check()
        return channels_named(self.notify, recorded=self.is_wanted)

    def place(self, written: Sequence[str]) -> str:
        """Return the path or URL of the history. Raises OutputError where something else is to be written there."""
        from auditor.history import default_url

        url = self.history or os.environ.get(ENVIRONMENT) or default_url()
        check_history_spared(written, url)
        return url


record_options = Group(
    "record",
    Record,
    (
        click.option(
            "--record",
            "is_wanted",
            is_flag=True,
            help="Keep this audit in the history, and say what is new since the last.",
        ),
        click.option(
            "--history",
            metavar="URL",
            shell_complete=files,
            help=f"The history: a file, or a URL of PostgreSQL (default: {ENVIRONMENT}, else a file of yours).",
        ),
        click.option(
            "--job",
            metavar="NAME",
            help="The series of audits it is compared with (default: by what is audited, and how).",
        ),
        notify_option,
    ),
)
"""Gives a command the options of recording what it audits, as one parameter `record`."""


@dataclass(slots=True, kw_only=True)
class Recorder:
    """Records one audit, or does nothing where that was not asked for. store: open and of the right schema, or None.

    channels: are told what is new.
    """

    store: "Store | None"
    job: str
    channels: "tuple[Channel, ...]" = ()
    started: float = field(default_factory=time.monotonic)
    recorded: "Recorded | None" = None
    _snapshot: "PackedSnapshot | None" = None

    def look(self, snapshot: Snapshot) -> None:
        """Keep what is to be audited, without anything secret, before its documents are used up."""
        if self.store is None:
            return
        from auditor.collectors.live.kinds import kept
        from auditor.history.packing import pack_snapshot

        self._snapshot = pack_snapshot(snapshot, kept)

    def record(self, report: Report, code: int) -> None:
        """Record an audit that ends with an exit code, and say so on stderr and to channels. Raises HistoryError."""
        if self.store is None:
            return
        from auditor.engine.lives import decide
        from auditor.histories import Recording

        recording = Recording(
            job=self.job,
            report=report,
            seconds=round(time.monotonic() - self.started, 3),
            exit_code=code,
            is_complete=is_complete(report),
            snapshot=self._snapshot,
        )
        expect(self.store, self.channels, self.job)
        self.recorded = self.store.record(recording, decide)
        say(told(self.recorded))
        tell(self.store, self.channels, self.job)


def told(recorded: "Recorded") -> str:
    """Return in one line what recording an audit came to."""
    from auditor.reporters.history_words import events_line, unseen_line

    run = recorded.run
    counts = events_line(run.events)
    told = f'recorded as run {run.id} of job "{run.job}": {counts or "nothing new"}'
    return f"{told}; {unseen_line(run)}" if run.unseen else told


@contextmanager
def recording(record: Record, sources: Sequence[str], asked: Asked, live: Live) -> Iterator[Recorder]:
    """Yield what records an audit, with its history open, so that a wrong one costs no work. Raises HistoryError."""
    channels = record.channels()
    if not record.is_wanted or not (sources or live.is_wanted):  # nothing to audit is told elsewhere
        yield Recorder(store=None, job="")
        return
    from auditor.history import open_store

    with open_store(record.place(asked.writes)) as store:
        yield Recorder(store=store, job=record.job or job_of(sources, asked, live), channels=channels)


def job_of(sources: Sequence[str], asked: Asked, live: Live) -> str:
    """Return the name of a job after what is audited and how: audits done differently are not compared."""
    if live.is_wanted:
        scopes = (*live.subscriptions, *live.management_groups, *([live.workload] if live.workload else ()))
        what = f"Azure ({live.cloud}): {_listed(scopes)}"
    else:
        what = _listed("stdin" if each == "-" else os.path.abspath(each) for each in sources)  # noqa: PTH100 - a Path would follow links
    choices = (
        *(f"pack {each}" for each in sorted(set(asked.packs))),
        *(f"edition {each}" for each in sorted(set(asked.editions))),
        *((f"as of {asked.as_of}",) if asked.as_of else ()),
        *((f"packs of {os.path.abspath(asked.pack_dir)}",) if asked.pack_dir else ()),  # noqa: PTH100 - see above
        *((f"{asked.requirements} requirements",) if asked.requirements else ()),
    )
    name = f"{what} ({', '.join(choices)})" if choices else what
    text = name.encode("utf-8", "backslashreplace").decode()
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))
