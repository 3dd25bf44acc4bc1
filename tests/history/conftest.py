"""Histories for the tests: each on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auditor.history import open_store
from auditor.history.store import Store
from tests.postgres import Cluster, cluster

KINDS = ("sqlite", "postgres")
Place = Callable[[], str]
"""Returns the URL of a place where there is no history yet, another one each time."""


@pytest.fixture(scope="session")
def server() -> Iterator[Cluster]:
    """Start the one PostgreSQL of this process."""
    with cluster() as found:
        yield found


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return what makes places of both kinds."""
    if request.param == "postgres":
        found: Cluster = request.getfixturevalue("server")
        return found.new_database
    names = iter(range(1_000))
    return lambda: str(tmp_path / f"history-{next(names)}.db")


@pytest.fixture
def url(place: Place) -> str:
    """Return a place where there is no history yet."""
    return place()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """Open a new history."""
    with open_store(url) as found:
        yield found
