"""Groups of options that several commands share: each group is one parameter of a command."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
Option = Callable[[Any], Any]
"""A decorator as `click.option` makes it."""


def grouped(name: str, make: Callable[..., object], options: Sequence[Option]) -> Callable[[Command], Command]:
    """Return what gives a command some options, as one parameter: what `make` makes of their values by name."""
    names = _names(options)

    def give(command: Command) -> Command:
        def with_group(**given: Any) -> Any:  # noqa: ANN401 - of any command
            return command(**{name: make(**{each: given.pop(each) for each in names})}, **given)

        return carrying(with_group, command, options)  # type: ignore[return-value]  # click looks at its parameters only

    return give


def carrying(wrapper: Callable[..., Any], command: Callable[..., Any], options: Sequence[Option]) -> Callable[..., Any]:
    """Return what stands in for a command, with its help and its options, and before them these."""
    wrapper.__doc__ = command.__doc__
    wrapper.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]  # of click
    for option in reversed(options):
        wrapper = option(wrapper)
    return wrapper


def _names(options: Sequence[Option]) -> tuple[str, ...]:
    """Return what click calls the values of some options."""
    command = click.Command(name=None, callback=None)
    for option in options:
        option(command)
    return tuple(each.name for each in command.params if each.name is not None)
