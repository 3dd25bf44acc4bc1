"""Groups of options that several commands share: each group is one parameter of a command."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import click

Value = TypeVar("Value")
Command = TypeVar("Command", bound=Callable[..., Any])
Option = Callable[[Any], Any]
"""A decorator as `click.option` makes it."""


class Group(Generic[Value]):
    """Options that make one parameter of a command; a decorator of commands.

    name: of the parameter. make: makes it of the values of the options, by name.
    """

    def __init__(self, name: str, make: Callable[..., Value], options: Sequence[Option]) -> None:
        self._name, self._make, self._options = name, make, options
        self._names = _names(options)

    def __call__(self, command: Command) -> Command:
        """Give a command the options, before its own."""

        def with_group(**given: Any) -> Any:  # noqa: ANN401 - of any command
            rest = {name: each for name, each in given.items() if name not in self._names}
            return command(**{self._name: self.of(given)}, **rest)

        found = carrying(with_group, command)
        for option in reversed(self._options):
            found = option(found)
        return found

    def of(self, options: Mapping[str, Any]) -> Value:
        """Return what the options of a command, by parameter as click has them, say of this group."""
        return self._make(**{name: options[name] for name in self._names})


def carrying(wrapper: Callable[..., Any], command: Command) -> Command:
    """Return what stands in for a command, with its help and its options."""
    wrapper.__doc__ = command.__doc__
    wrapper.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]  # of click
    return wrapper  # type: ignore[return-value]  # click looks at its parameters only


def _names(options: Sequence[Option]) -> tuple[str, ...]:
    """Return what click calls the values of some options."""
    command = click.Command(name=None, callback=None)
    for option in options:
        option(command)
    return tuple(each.name for each in command.params if each.name is not None)
