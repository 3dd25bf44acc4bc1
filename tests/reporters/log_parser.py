"""What GitHub's runner and Azure's agent take for commands in a log, written down from how they read one.

GitHub (actions/runner, src/Runner.Common/ActionCommand.cs, read 2026-11-27): a line that starts, after blanks, with ::
up to the next ::, properties parted by commas; or, anywhere in a line, ##[ up to the next ]. Azure
(microsoft/azure-pipelines-agent, Command.cs, read 2026-11-27): anywhere in a line, ##vso[ up to the next ], properties
parted by semicolons. Stricter than both in one way: any name counts, known to them or not.
"""

import re
from dataclasses import dataclass

_GITHUB = re.compile(r"^\s*::(?P<name>[A-Za-z-]*[G-Zg-z-][A-Za-z-]*)(?: (?P<properties>.*?))?::(?P<data>.*)$")
_BRACKET = re.compile(r"##\[(?P<name>[^\] ]*)(?: (?P<properties>[^\]]*))?\](?P<data>.*)$")
_AZURE = re.compile(r"##vso\[(?P<name>[^\] ]*)(?: (?P<properties>[^\]]*))?\](?P<data>.*)$")


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a log: its name, properties and data, escapes undone."""

    name: str
    properties: dict[str, str]
    data: str


def github_commands(text: str) -> list[Command]:
    """Return every command of GitHub in a log."""
    undone = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
    found = [_command(line, _GITHUB, ",", undone) or _command(line, _BRACKET, ";", undone) for line in _lines(text)]
    return [each for each in found if each]


def azure_commands(text: str) -> list[Command]:
    """Return every command of Azure Pipelines in a log."""
    undone = {"%3B": ";", "%0D": "\r", "%0A": "\n", "%5D": "]", "%AZP25": "%"}
    found = [_command(line, _AZURE, ";", undone) for line in _lines(text)]
    return [each for each in found if each]


def _lines(text: str) -> list[str]:
    """Return the lines of a log: whatever any reader may take for the end of one ends one."""
    return text.splitlines()


def _command(line: str, shape: re.Pattern[str], sign: str, undone: dict[str, str]) -> Command | None:
    found = shape.search(line)
    if not found:
        return None
    pairs = [each.partition("=") for each in (found["properties"] or "").split(sign) if each]
    return Command(
        found["name"], {name.strip(): _undo(value, undone) for name, _, value in pairs}, _undo(found["data"], undone)
    )


def _undo(text: str, undone: dict[str, str]) -> str:
    for escape, meaning in undone.items():
        text = text.replace(escape, meaning)
    return text
