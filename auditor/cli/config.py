"""Finding and reading auditor.yaml."""

from pathlib import Path

from auditor.cli.reading import read_small
from auditor.collectors.rules import read_checks
from auditor.configfile import parse_config
from auditor.errors import ConfigError
from auditor.settings import Settings

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


def read_settings(path: Path | None) -> Settings:
    """Return the settings of a configuration file; the defaults for None. Raises ConfigError, naming the file."""
    if path is None:
        return Settings()
    return parse_config(read_small(path, ConfigError), str(path), read_checks())
