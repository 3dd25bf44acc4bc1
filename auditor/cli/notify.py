"""Telling channels what became of the findings of a job. Nothing of it fails an audit: what goes wrong is said."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import click
from click.core import ParameterSource

from auditor.errors import ConfigError, HistoryError

if TYPE_CHECKING:
    from auditor.history.deliveries import Claim
    from auditor.history.store import Store
    from auditor.reporters.notification import Message
    from auditor.sending.notifying import Channel, Reply, Sending

Command = TypeVar("Command", bound=Callable[..., object])

ENVIRONMENT = "AUDITOR_NOTIFY"
"""The environment variable with URLs of channels, separated by spaces: what it holds is in no list of processes."""


def notify_option(command: Command) -> Command:
    """Give a command the option that names the channels to be told, as the parameter `notify`."""
    return click.option(
        "--notify",
        "notify",
        multiple=True,
        metavar="APPRISE_URL",
        envvar=ENVIRONMENT,
        help=f"Tell this channel what is new; may be repeated (default: {ENVIRONMENT}).",
    )(command)


def channels_named(urls: Sequence[str], *, recorded: bool) -> "tuple[Channel, ...]":
    """Return the channels that are to be told. Raises ConfigError for a URL that names none, and shows none of it.

    recorded: whether the audit is to be recorded; where it is not, channels that only the environment names are let be.
    """
    if not recorded:
        if urls and click.get_current_context().get_parameter_source("notify") is ParameterSource.COMMANDLINE:
            raise click.UsageError("--notify needs --record: only the history knows what is new")
        return ()
    if not urls:
        return ()
    try:
        from auditor.sending.notifying import channels_of
    except ModuleNotFoundError:
        install = 'pip install "azure-egress-auditor[notify]"'
        raise ConfigError(f"--notify needs Apprise, which is not installed; {install}") from None
    return channels_of(urls)


def expect(store: "Store", channels: "Sequence[Channel]", job: str) -> None:
    """Have channels be told of what is recorded from now on. To be called before a run is recorded."""
    if channels:
        from auditor.history.deliveries import know

        know(store, [each.digest for each in channels], job)


def tell(store: "Store", channels: "Sequence[Channel]", job: str) -> None:
    """Tell channels what they have not been told of a job, and say on stderr what could not be told."""
    if not channels:
        return
    from auditor.sending.notifying import MOST_SECONDS

    until = time.monotonic() + MOST_SECONDS
    under_way: list[tuple[Sending, Claim]] = []
    try:
        for channel in channels:
            owed = _owed(store, channel, job)
            if owed is not None and owed.news:
                under_way.append((_sending(channel, job, owed), owed))
        for each, _ in under_way:
            each.start()
        for each, _ in under_way:
            each.wait(until)
    finally:  # also of an audit that is told to end meanwhile: what was not sent, the next run tells
        for each, owed in under_way:
            reply = each.reply()
            _settle(store, each.channel, owed, reply)
            _say_failure(each.channel, reply)


def _sending(channel: "Channel", job: str, owed: "Claim") -> "Sending":
    from auditor.reporters.notification import compose
    from auditor.sending.notifying import Letter, Sending

    message = compose(job, owed.news, channel.room)
    return Sending(Letter(channel=channel, title=message.title, body=message.body, kind=_kind(message)))


def _owed(store: "Store", channel: "Channel", job: str) -> "Claim | None":
    """Claim what a channel is to be told; None where the history does not let one. Each channel is for itself."""
    from auditor.history.deliveries import claim
    from auditor.reporters.text import count

    try:
        owed = claim(store, channel.digest, job, datetime.now(UTC))
    except HistoryError as fault:
        _warn(f"{channel.name} was not told: {fault}")
        return None
    if owed.unsure:
        many = count(owed.unsure, "event")
        _warn(f"{channel.name} may not have been told of {many}: a run ended before it knew; they are not sent again")
    return owed


def _settle(store: "Store", channel: "Channel", owed: "Claim", reply: "Reply") -> None:
    from auditor.history.deliveries import settle

    now = datetime.now(UTC)
    try:
        settle(store, channel.digest, owed, reply.state, attempts=reply.attempts, error=reply.error, now=now)
    except HistoryError as fault:
        _warn(f"what became of the message to {channel.name} could not be kept: {fault}")


def _say_failure(channel: "Channel", reply: "Reply") -> None:
    from auditor.histories import Delivery

    if reply.state is Delivery.FAILED:
        _warn(f"{channel.name} was not told: {reply.error}; the next run of the job tries again")
    elif reply.state is Delivery.UNSURE:
        _warn(f"{channel.name} may not have been told: {reply.error}; it is not sent again")


def _kind(message: "Message") -> str:
    if message.is_good:
        return "success"
    return "failure" if message.is_grave else "warning"


def _warn(line: str) -> None:
    from auditor.cli.telling import say

    say(f"auditor: warning: {' '.join(line.split())}")
