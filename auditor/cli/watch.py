"""`auditor watch`: audit again and again, where no scheduler does."""

import gc
import re
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.completing import files
from auditor.cli.output import STDOUT, check_place, is_stream
from auditor.errors import ConfigError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,6})([smhd])")
_LONGEST_JITTER = 60
_SHORTEST_TIMEOUT = 3600
_ALIVE, _DEAD = 0, 1


class _Duration(click.ParamType):  # type: ignore[type-arg]  # generic only in newer versions of click
    """A length of time such as 90s, 15m, 6h or 1d, in seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401 - the interface of click
        """Return how many seconds a text means."""
        found = _DURATION.fullmatch(str(value))
        if found is None:
            self.fail(f'"{value}" is no length of time; write it as 90s, 15m, 6h or 1d', param, ctx)
        return int(found[1]) * _UNITS[found[2]]


class _Passing(click.Command):
    """A command that passes on every option that is not its own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take our own options out."""
        # click may know no short option: it would find it in what stands behind one of the audit, as in -oreport.html.
        return super().parse_args(ctx, ["--help" if each == "-h" else each for each in args])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Offer the options of an audit beside our own."""
        from auditor.cli import audit

        names = super().shell_complete(ctx, incomplete)
        known = {each.value for each in names}
        passed = audit.command.shell_complete(click.Context(audit.command), incomplete)
        return names + [each for each in passed if incomplete.startswith("-") and each.value not in known]


@click.command(
    name="watch",
    cls=_Passing,
    context_settings={"help_option_names": ["--help"], "ignore_unknown_options": True},
    options_metavar="--every DURATION [OPTIONS]",
)
@click.argument("arguments", nargs=-1, metavar="[ARGUMENT OF AUDIT]...", type=click.UNPROCESSED, shell_complete=files)
@click.option("--every", type=_Duration(), metavar="DURATION", help="From one audit to the next: 90s, 15m, 6h, 1d.")
@click.option(
    "--jitter",
    type=_Duration(),
    metavar="DURATION",
    help="Begin up to so much later, by chance (default: a tenth of --every, at most 60s).",
)
@click.option(
    "--timeout",
    type=_Duration(),
    metavar="DURATION",
    help="Stop an audit that takes longer (default: ten times --every, at least 1h).",
)
@click.option(
    "--max-failures", type=click.IntRange(min=1), help="End with exit code 2 after so many failures in a row."
)
@click.option("--health", metavar="FILE", shell_complete=files, help="Keep a file there that says how the watch is.")
@click.option(
    "--probe", metavar="FILE", shell_complete=files, help="Say by such a file whether a watch is alive, and end."
)
def command(  # noqa: PLR0913 - one parameter for each option
    *,
    arguments: tuple[str, ...],
    every: int | None,
    jitter: int | None,
    timeout: int | None,
    max_failures: int | None,
    health: str | None,
    probe: str | None,
) -> int:
    """Audit again and again: at once, and then from --every to --every.

    All other options and SOURCEs are those of the command audit. Each audit is a process of its own, one at a
    time: a moment that comes while the last one still runs is skipped. What each ended with is said on stderr. A failed
    audit ends the watch only with --max-failures.

    Exit codes: 0 it was told to stop (SIGTERM, Ctrl-C); 2 bad arguments, or --max-failures was reached. With --probe: 0
    the watch is alive; 1 it is not.
    """
    if probe is not None:
        if arguments or every is not None:
            raise click.UsageError("--probe stands alone: auditor watch --probe FILE")
        return _probe(probe)
    if not every:
        raise click.UsageError("name with --every how long it is from one audit to the next, at least 1s: --every 15m")
    jitter = min(every // 10, _LONGEST_JITTER) if jitter is None else jitter
    if jitter >= every:
        raise click.UsageError("--jitter must be shorter than --every")
    timeout = max(10 * every, _SHORTEST_TIMEOUT) if timeout is None else timeout
    log_format = _check(arguments, health)
    return _watch(
        arguments, log_format, every=every, jitter=jitter, timeout=timeout, max_failures=max_failures, health=health
    )


def _probe(file: str) -> int:
    from auditor.cli.health import probe

    is_alive, line = probe(file, time.time())
    click.echo(line)
    return _ALIVE if is_alive else _DEAD


def _check(arguments: Sequence[str], health: str | None) -> str:
    """Refuse what no audit can be made with; return the format of its log."""
    from auditor.cli import audit

    with audit.command.make_context("auditor audit", list(arguments)) as context:
        asked = context.params
        if STDOUT in asked["sources"]:
            raise click.UsageError("a watch cannot read standard input again and again; name a file or a folder")
        if health is not None:
            check_place(health)
            if is_stream(health):
                raise ConfigError(f"--health: {health} is no file; name one")
        audit.check(asked, [] if health is None else [health])
    return str(asked["log_format"])


def _watch(arguments: Sequence[str], log_format: str, **plan: Any) -> int:  # noqa: ANN401 - the fields of a plan
    from auditor.cli.telling import set_up_log
    from auditor.cli.watching import Plan, Watch

    gc.enable()  # other than an audit, it lives long
    set_up_log(1, log_format)
    return Watch(Plan(command=(*_ourselves(), "audit", *arguments), **plan)).run()


def _ourselves() -> list[str]:
    """Return what starts the auditor in the way it was started itself, so that no other one is found in its place."""
    given = len(sys.argv) - 1
    if sys.orig_argv[-given:] != sys.argv[1:]:
        return [sys.executable, "-m", "auditor"]
    return [sys.executable, *sys.orig_argv[1:-given]]
