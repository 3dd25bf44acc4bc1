"""Finding and reading auditor.yaml."""

from dataclasses import replace
from pathlib import Path

from auditor.cli.reading import read_small
from auditor.collectors.rules import read_checks
from auditor.configfile import parse_config
from auditor.errors import ConfigError
from auditor.settings import Settings
from auditor.waiverfile import parse_waivers
from auditor.waivers import Waiver

CONFIG_NAME = "auditor.yaml"


def find_config(start: Path) -> Path | None:
    """Return the auditor.yaml in the folder `start`, or in the nearest folder above it that has one; None if none has.

    Raises ConfigError if a folder on the way cannot be looked into: a file there might change the outcome.
    """
    folder = start.absolute()
    for place in (folder, *folder.parents):
        try:
            if (place / CONFIG_NAME).is_file():
                return place / CONFIG_NAME
        except OSError as fault:
            raise ConfigError(
                f"{place}: cannot be searched for {CONFIG_NAME} ({fault.strerror}); name one with --config"
            ) from None
    return None


def read_settings(path: Path | None, waivers_file: str | None = None) -> Settings:
    """Return the settings of a configuration file, the defaults for None, with the waivers of their own file.

    waivers_file: in place of the one that the configuration names. Raises ConfigError, naming the file.
    """
    settings = Settings() if path is None else parse_config(read_small(path, ConfigError), str(path), read_checks())
    file = waivers_place(settings, path, waivers_file)
    return settings if file is None else replace(settings, waivers=(*settings.waivers, *read_waivers(file)))


def waivers_place(settings: Settings, path: Path | None, waivers_file: str | None) -> Path | None:
    """Return where waivers stand in a file of their own: the one named, or else that of the configuration in `path`."""
    if waivers_file:
        return Path(waivers_file)
    return path.parent / settings.waivers_file if path is not None and settings.waivers_file else None


def read_waivers(file: Path) -> tuple[Waiver, ...]:
    """Return the waivers of a file of their own. Raises ConfigError, naming the file."""
    return parse_waivers(read_small(file, ConfigError), str(file), read_checks())
