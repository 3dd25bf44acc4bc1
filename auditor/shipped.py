"""Where the data that ships with the product lies."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def shipped(name: str) -> Traversable:
    """Return the shipped data folder `name`: "rules" or "reports".

    A wheel carries it inside the package; a checkout has it beside the package.
    Raises FileNotFoundError if the installation has lost it.
    """
    for place in (files("auditor"), Path(__file__).parent.parent):
        folder = place / name
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the installed auditor has no {name}/ folder; reinstall it")
