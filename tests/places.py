"""Where material lies that is not part of the project. It is read in place; tests are skipped where it is absent."""

import os
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).parent.parent


def shared() -> Path:
    """Return the folder of shared material: AUDITOR_SHARED, or ../shared beside the checkout."""
    return _present("AUDITOR_SHARED", _CHECKOUT.parent / "shared")


def corpus() -> Path:
    """Return the folder of real inputs: AUDITOR_CORPUS, or ../shared/corpus beside the checkout."""
    return _present("AUDITOR_CORPUS", _CHECKOUT.parent / "shared" / "corpus")


def _present(variable: str, usual: Path) -> Path:
    """Return the folder a variable of the environment names, else the usual one; skip the test where it is absent."""
    folder = Path(os.environ.get(variable) or usual)
    if not folder.is_dir():
        pytest.skip(f"{folder.name}/ is not beside this checkout; set {variable} to where it is")
    return folder
