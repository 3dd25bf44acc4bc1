"""Options of a command that compares the editions it applies with other ones."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from auditor.cli.choosing import Compare

Command = TypeVar("Command", bound=Callable[..., Any])


def compare_options(command: Command) -> Command:
    """Give a command the options that name other editions, as one parameter `compare`."""

    def with_compare(**options: Any) -> Any:  # noqa: ANN401 - of any command
        compare = Compare(as_of=options.pop("compare_as_of"), editions=options.pop("compare_editions"))
        return command(compare=compare, **options)

    with_compare.__doc__ = command.__doc__
    with_compare.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]  # of click
    for option in reversed(_OPTIONS):
        with_compare = option(with_compare)
    return with_compare  # type: ignore[return-value]  # click looks at its parameters only


_OPTIONS = (
    click.option(
        "--compare-as-of", metavar="DATE", help="Also say what the editions in force on that day would change."
    ),
    click.option(
        "--compare-edition",
        "compare_editions",
        multiple=True,
        metavar="PACK=EDITION",
        help="Also say what that edition of a pack would change.",
    ),
)
