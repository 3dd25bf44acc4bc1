"""The command `auditor`: finds the subcommand, and turns errors into one line and exit code 2."""

import gc
import importlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any, NoReturn

import click

from auditor import __version__
from auditor.cli.streams import set_up_streams
from auditor.errors import AuditorError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_COMMANDS = {
    "audit": "Decide every documented requirement of every workload; findings on stdout.",
    "watch": "Audit again and again, where no scheduler does.",
    "report": "Write a saved report again, in another format.",
    "collect": "Read Azure into a snapshot, to audit now or later.",
    "trace": "Follow one flow, hop by hop, there and back.",
    "drift": "Say what changed between two sources, and which requirements it flipped.",
    "history": "Tell what was recorded: runs, their differences, and the life of each finding.",
    "packs": "List, show, compare and validate the requirement packs.",
    "waive": "Accept one finding, with a reason, an owner and a last day.",
    "explain": "Say what a check means, why it matters and how to fix it.",
}
"""Subcommands with their help, so that listing them imports none. Each is `command` in a module of that name."""

EXIT_INPUT = 2
EXIT_DEFECT = 70
"""EX_SOFTWARE of sysexits.h: far from what an audit says, so that no pipeline takes a defect of ours for findings."""
TRACEBACK = "AUDITOR_TRACEBACK"
"""The environment variable that shows the traceback of a defect."""


class _Lazy(click.Group):
    """A group that imports a subcommand only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the interface of click
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - see above
        if cmd_name not in _COMMANDS:
            return None
        command = importlib.import_module(f"auditor.cli.{cmd_name}").command
        return command if isinstance(command, click.Command) else None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Offer subcommands by name and help, without importing them."""
        from click.shell_completion import CompletionItem

        options = click.Command.shell_complete(self, ctx, incomplete)
        names = [CompletionItem(each, help=text) for each, text in _COMMANDS.items() if each.startswith(incomplete)]
        return names + options

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - see above
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="auditor")
def cli() -> None:
    """Audit the egress of Azure services against what Microsoft documents.

    Exit codes: 0 nothing to act on, 1 findings at or above --fail-on, 2 bad arguments, configuration or input,
    3 incomplete: something could not be decided, or nothing was audited, 70 a defect of the auditor.
    """


def main() -> None:
    """Run the command line."""
    set_up_streams()
    if "_AUDITOR_COMPLETE" in os.environ:  # set by what the shell runs when Tab is pressed
        from auditor.cli.completing import register

        register()
    _heed_termination()
    gc.disable()  # one short run over data that lives to its end: collecting would cost more than it frees
    _leave(_run())


def _heed_termination() -> None:
    """Take being told to terminate for Ctrl-C: the first process of a container would not even hear it otherwise."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def _run() -> int:
    """Run the command asked for and return the exit code; what is wrong is one line on stderr."""
    try:
        code: Any = cli(standalone_mode=False)
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "auditor"
        return _refuse(f"{error.format_message().rstrip('.')}; see {where} --help")
    except click.ClickException as error:
        return _refuse(error.format_message())
    except click.Abort:
        return _refuse("interrupted")
    except AuditorError as error:
        return _refuse(str(error))
    except MemoryError:
        gc.collect()  # and said once all that filled it is let go
    except Exception as fault:  # noqa: BLE001 - the one place where a defect of ours ends: told in full, never as exit code 1
        return _own_up(fault)
    else:
        return code if isinstance(code, int) else 0
    return _refuse("the memory does not suffice; allow more of it, or audit fewer sources at once")


def _refuse(line: str) -> int:
    """Say in one line what is wrong; it may hold names of other people's."""
    from auditor.cli.telling import say

    say(f"auditor: error: {' '.join(line.split())}")
    return EXIT_INPUT


def _own_up(fault: Exception) -> int:
    """Say in one line what was not foreseen, and with the traceback before it where that is asked for."""
    from auditor.cli.telling import say

    if os.environ.get(TRACEBACK):
        import traceback

        for line in "".join(traceback.format_exception(fault)).splitlines():
            say(line)
    what = " ".join(f"{type(fault).__name__}: {fault}".split())
    say(f"auditor: error: a defect of the auditor ({what}); please report it, with what {TRACEBACK}=1 shows")
    return EXIT_DEFECT


def _leave(code: int) -> NoReturn:
    """End with `code`; with one line and exit code 2 if what was printed could not be written."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except AuditorError as error:
        code = _refuse(str(error))
    sys.exit(code)
