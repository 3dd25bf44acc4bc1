"""The command `auditor`: finds the subcommand, and turns errors into one line and exit code 2."""

import gc
import importlib
import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

import click

from auditor import __version__
from auditor.errors import AuditorError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_COMMANDS = {
    "audit": "Decide every documented requirement of every workload; findings on stdout.",
    "report": "Write a saved report again, in another format.",
    "collect": "Read Azure into a snapshot, to audit now or later.",
    "trace": "Follow one flow, hop by hop, there and back.",
    "packs": "List, show, compare and validate the requirement packs.",
    "waive": "Accept one finding, with a reason, an owner and a last day.",
    "explain": "Say what a check means, why it matters and how to fix it.",
}
"""Subcommands with their help, so that listing them imports none. Each is `command` in a module of that name."""

EXIT_INPUT = 2


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
    3 incomplete: something could not be decided, or nothing was audited.
    """


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name Azure allows must not stop a terminal that cannot show it
            stream.reconfigure(errors="backslashreplace")
    if os.environ.get("_AUDITOR_COMPLETE") == "bash_complete":
        from auditor.cli import bash_words

        bash_words.register()
    gc.disable()  # one short run over data that lives to its end: collecting would cost more than it frees
    _leave(_run())


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
    except BrokenPipeError:
        return 0
    except OSError as fault:
        if fault.filename is not None:  # not of a stream: a fault of the program, whose traceback is wanted
            raise
        _silence()
        return _refuse(f"stdout: cannot be written ({fault.strerror}); check the place and its space")
    return code if isinstance(code, int) else 0


def _refuse(line: str) -> int:
    """Say in one line what is wrong; it may hold names of other people's."""
    from auditor.reporters.text import plain

    if sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.write(f"auditor: error: {plain(' '.join(line.split()))}\n")
    return EXIT_INPUT


def _leave(code: int) -> NoReturn:
    """End with `code`; with one line and exit code 2 if what was printed could not be written."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough
        _silence()
    except OSError as fault:
        _silence()
        code = _refuse(f"stdout: cannot be written ({fault.strerror}); check the place and its space")
    sys.exit(code)


def _silence() -> None:
    """Let what is left in stdout go nowhere: Python writes it once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
