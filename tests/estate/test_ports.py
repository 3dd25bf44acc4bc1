"""Port sets and their texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.estate.intervals import IntervalSet
from auditor.estate.ports import ALL_PORTS, HIGHEST, port_set, port_text

PORT = st.integers(0, HIGHEST)


@given(PORT, PORT)
def test_range(first: int, last: int) -> None:
    """A range holds both ends; one written from high to low is refused."""
    if first <= last:
        assert port_set(f"{first}-{last}") == IntervalSet(((first, last),))
    else:
        with pytest.raises(ValueError, match="is not a port"):
            port_set(f"{first}-{last}")


@given(PORT)
def test_single(port: int) -> None:
    """A number is one port, with or without blanks around it."""
    assert port_set(str(port)) == port_set(f" {port} ") == IntervalSet(((port, port),))


@given(st.lists(st.tuples(PORT, PORT), min_size=1, max_size=4))
def test_texts_read_back(pairs: list[tuple[int, int]]) -> None:
    """What is shown of a set, read again, is the set."""
    ports = IntervalSet.of(pairs)

    assert (
        IntervalSet.of(span for each in port_text(ports).split(",") if each for span in port_set(each).spans) == ports
    )


def test_star() -> None:
    """A star is every port, and is shown as one."""
    assert (port_set("*"), port_text(ALL_PORTS)) == (ALL_PORTS, "*")


@pytest.mark.parametrize(
    "text", ["", " ", "-", "80-", "-80", "65536", "80-65536", "http", "8 0", "80,443", "1-2-3", "²"]
)
def test_no_port(text: str) -> None:
    """What is no port is refused with words that quote it."""
    with pytest.raises(ValueError, match="is not a port"):
        port_set(text)


@given(st.text(max_size=12))
def test_any_text(text: str) -> None:
    """Whatever a document holds is read, or refused as a ValueError whose words are the auditor's own."""
    try:
        assert port_set(text)
    except ValueError as fault:
        assert "is not a port" in str(fault)  # noqa: PT017 - either outcome is right
