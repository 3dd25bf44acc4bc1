"""What was read is kept whole or not at all, and a journal can be gone on with wherever it ended."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.collectors.live.journal import Journal
from auditor.errors import LiveError
from auditor.findings import Gap

HEADER = {"collected_at": "2026-01-31T09:00:00Z", "cloud": "public"}
GAP = Gap(what="Microsoft.Network/ipGroups", scope="/subscriptions/s", why="refused", needs="Reader")


def table(name: str, **fields: object) -> dict[str, object]:
    """Return a document to keep."""
    at = f"/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/routeTables/{name}"
    return {"id": at, "name": name, "type": "Microsoft.Network/routeTables", "properties": fields}


def filled() -> tuple[io.BytesIO, Journal]:
    """Return a journal with something of every kind, and its file."""
    file = io.BytesIO()
    journal = Journal.begin(file, HEADER)
    journal.keep("one", [table("a", tag=1), table("b")])
    journal.add_gap("one", GAP)
    journal.keep_scope("one", ["/subscriptions/s"])
    journal.finish("one")
    journal.keep_tags("two", "westeurope", {"values": []})
    journal.add_skew("two", str(table("a")["id"]))
    journal.finish("two")
    return file, journal


def told(journal: Journal) -> tuple[object, ...]:
    """Return everything a journal holds."""
    documents = {at: journal.document(at) for at in journal.ids()}
    return documents, journal.gaps, journal.tag_lists, journal.skew, journal.scope, journal.done, journal.header


def test_what_a_unit_brought_counts_once_it_is_done() -> None:
    """Documents of a unit that is not done, or that was taken back, are not there."""
    journal = Journal.begin(io.BytesIO(), HEADER)
    journal.keep("query", [table("a")])

    assert len(journal) == 0
    journal.void("query")
    journal.keep("query", [table("b")])
    journal.finish("query")

    assert [journal.document(at)["name"] for at in journal.ids()] == ["b"]
    assert str(table("B")["id"]).upper() in journal


def test_a_resource_that_is_gone_is_forgotten() -> None:
    """A document that Azure Resource Manager no longer has is taken out, once the unit that says so is done."""
    _, journal = filled()
    journal.forget("later", str(table("A")["id"]))
    before = len(journal)
    journal.finish("later")

    assert (before, [journal.document(at)["name"] for at in journal.ids()]) == (2, ["b"])


def test_types_are_told_apart() -> None:
    """Documents are found by their type, in any mix of case."""
    _, journal = filled()

    assert len(journal.ids("microsoft.network/ROUTETABLES")) == 2
    assert journal.ids("Microsoft.Network/virtualNetworks") == []


def test_a_journal_read_back_is_the_same() -> None:
    """A later run finds everything that an earlier one kept."""
    file, journal = filled()
    file.seek(0)

    assert told(Journal.resume(file, "x.partial")) == told(journal)


@given(cut=st.integers(0, 2_000))
def test_a_journal_cut_anywhere_holds_whole_units_only(cut: int) -> None:
    """Wherever a run was killed, what is read back is some of its units, each whole, and it can be gone on with."""
    file, _ = filled()
    data = file.getvalue()[: max(cut, file.getvalue().index(b"\n") + 1)]
    again = io.BytesIO(data)
    journal = Journal.resume(again, "x.partial")

    assert (len(journal), len(journal.gaps)) == ((2, 1) if "one" in journal.done else (0, 0))
    assert bool(journal.skew) == bool(journal.tag_lists) == ("two" in journal.done)
    journal.keep("more", [table("c")])
    journal.finish("more")
    again.seek(0)

    assert told(Journal.resume(again, "x.partial")) == told(journal)


def test_what_an_unfinished_unit_left_never_counts_later() -> None:
    """A unit that is read anew after an interruption brings only what it brings then."""
    file = io.BytesIO()
    first = Journal.begin(file, HEADER)
    first.keep("query", [table("old")])
    first.add_gap("query", GAP)
    file.seek(0)
    second = Journal.resume(file, "x.partial")
    second.keep("query", [table("new")])
    second.finish("query")
    file.seek(0)
    third = Journal.resume(file, "x.partial")

    assert [third.document(at)["name"] for at in third.ids()] == ["new"]
    assert third.gaps == ()


def test_a_damaged_line_ends_what_counts() -> None:
    """A line that is JSON and no entry ends a journal like one that is cut: nothing ends in a traceback."""
    file, journal = filled()
    file.seek(0, io.SEEK_END)
    file.write(b'["document","three","t",{"no":"id"}]\n["done","three","",null]\n')
    file.seek(0)

    assert told(Journal.resume(file, "x.partial")) == told(journal)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}\n", b'["header","","",{"schema":"partial-snapshot/99"}]\n', b'["done","u","",null]\n', b"\xff\xfe\n"],
)
def test_another_file_is_no_journal(content: bytes, tmp_path: Path) -> None:
    """A file that is no partial snapshot of this version is refused in one line, and left as it is."""
    place = tmp_path / "estate.json.partial"
    place.write_bytes(content)

    with place.open("r+b") as file, pytest.raises(LiveError, match=r"x\.partial: is no partial snapshot"):
        Journal.resume(file, "x.partial")
    assert place.read_bytes() == content
