"""How lists are kept: once, in chunks that a change leaves alone."""

from hypothesis import given
from hypothesis import strategies as st

from auditor.estate.snapshot import Snapshot
from auditor.findings import Gap
from auditor.history.packing import chunks_of, decode, expanded, pack_snapshot, shown
from tests.history.audits import SNAPSHOT, document, packed

DOCUMENTS = [document(f"rt-{number}", routes=[number] * 5) for number in range(2_000)]


def test_a_change_makes_one_chunk_anew() -> None:
    """Of a change, an addition or a removal, wherever it is."""
    before = packed(DOCUMENTS).chunks.keys()
    changed = [*DOCUMENTS[:700], document("rt-700", routes=[]), *DOCUMENTS[701:]]

    assert len(packed(changed).chunks.keys() - before) == 1
    assert len(packed([*DOCUMENTS, document("rt-55x")]).chunks.keys() - before) <= 2
    assert len(packed(DOCUMENTS[:900] + DOCUMENTS[901:]).chunks.keys() - before) <= 1


def test_order_of_documents_and_of_their_fields_does_not_matter() -> None:
    """The same estate read in another order is the same snapshot."""
    turned = [dict(reversed(list(each.items()))) for each in reversed(DOCUMENTS)]

    assert packed(turned).digest == packed(DOCUMENTS).digest


def test_chunks_are_neither_tiny_nor_huge() -> None:
    """Tiny ones compress badly; huge ones are written anew for one document."""
    sizes = [len(decode(expanded(data))) for data in packed(DOCUMENTS).chunks.values()]

    assert 10 < sum(sizes) / len(sizes) < 25
    assert max(sizes) < 200


@given(st.lists(st.tuples(st.text(max_size=3), st.integers() | st.text() | st.none()), unique_by=lambda each: each[0]))
def test_a_list_is_the_same_after_unpacking(items: list[tuple[str, object]]) -> None:
    """Whatever is in it."""
    unpacked = [tuple(each) for _, data in chunks_of(items) for each in decode(expanded(data))]

    assert unpacked == items


def test_a_service_tag_list_is_kept_tag_by_tag() -> None:
    """A new list of a week later differs in a few tags."""

    def listed(changed: int) -> Snapshot:
        values = [{"name": f"Tag{n}", "properties": {"n": n if n != 7 else changed}} for n in range(500)]
        document = {"cloud": "Public", "changeNumber": "1", "values": values}
        return Snapshot(resources=(), service_tags=(document,), gaps=(), sources=(SNAPSHOT,))

    one, other = pack_snapshot(listed(1)), pack_snapshot(listed(2))

    assert len(other.chunks.keys() - one.chunks.keys()) == 1


def test_what_may_not_be_kept_is_cut_first() -> None:
    """Nothing of it is in any chunk, and a document of which nothing may be kept is not there."""
    documents = [document("rt", secret="hunter2", routes=[]), document("other", secret="hunter2")]  # noqa: S106 - to be cut

    def cut(each: object) -> dict[str, object] | None:
        assert isinstance(each, dict)
        properties = {name: value for name, value in each["properties"].items() if name != "secret"}
        return {**each, "properties": properties} if properties else None

    snapshot = Snapshot(resources=tuple(documents), service_tags=(), gaps=(), sources=(SNAPSHOT,))
    kept = b"".join(expanded(each) for each in pack_snapshot(snapshot, cut).chunks.values())

    assert b"hunter2" not in kept
    assert b"rt" in kept
    assert b"other" not in kept


def test_an_empty_snapshot_is_one_too() -> None:
    """It has no chunks, and a digest; a gap makes it another."""
    empty = packed(())

    assert empty.chunks == {}
    assert empty.digest.startswith(shown(b"")[:7])
    assert packed((), [Gap(what="*", scope="", why="denied", needs="Reader")]).digest != empty.digest
