"""Values in a document that Azure would never hold, and where they stand."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def inside(place: str) -> Iterator[None]:
    """Name the place a faulty value stands in: a ValueError leaving the block gets `place` put before its text."""
    try:
        yield
    except ValueError as fault:
        raise ValueError(f"{place}: {fault}") from None
