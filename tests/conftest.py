"""What every test may use: golden files and the Hypothesis profiles."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None, derandomize=True)
settings.register_profile("nightly", deadline=None, max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

Golden = Callable[[str, str], None]
"""A function of a file name and a text: fails unless the file in `golden/` beside the test holds exactly the text."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-golden`."""
    parser.addoption("--update-golden", action="store_true", help="write the golden files instead of comparing")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compare a text whole with a file in `golden/` beside the test, or write it with `--update-golden`."""
    folder = Path(request.path).parent / "golden"
    update = request.config.getoption("--update-golden")

    def check(name: str, text: str) -> None:
        file = folder / name
        if update:
            folder.mkdir(exist_ok=True)
            file.write_bytes(text.encode())
        assert file.is_file(), f"golden file {name} is missing; write it with pytest --update-golden"
        assert text == file.read_bytes().decode(), f"{name} has changed; look at it, then pytest --update-golden"

    return check
