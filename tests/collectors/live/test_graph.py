"""An answer of Resource Graph counts as a whole or not at all (Q4, Q5, Q6, Q8)."""

from collections.abc import Sequence
from typing import Any

import pytest

from auditor.collectors.live import graph
from auditor.collectors.live.refusals import RefusedError
from auditor.errors import LiveError


class Answers:
    """Answers pages from a list, and keeps what was asked."""

    def __init__(self, *pages: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self.pages = list(pages)
        self.headers = headers or {}
        self.asked: list[tuple[str, str | None, int]] = []

    def query(self, text: str, _subscriptions: Sequence[str] | None, skip_token: str | None, top: int) -> Any:  # noqa: ANN401 - as the session has it
        """Return the next page."""
        self.asked.append((text, skip_token, top))
        return self.pages.pop(0), self.headers


def page(*ids: str, total: int, mark: str = "", truncated: object = "false") -> dict[str, Any]:
    """Return a page of an answer."""
    rows = [{"id": each} for each in ids]
    answer: dict[str, Any] = {"totalRecords": total, "count": len(rows), "data": rows, "resultTruncated": truncated}
    return answer | ({"$skipToken": mark} if mark else {})


def test_pages_make_a_whole() -> None:
    """Every page is asked for by the mark of the one before, 1,000 rows at a time."""
    asks = Answers(page("/a", "/b", total=3, mark="t1"), page("/c", total=3))

    rows = [each["id"] for some in graph.pages(asks, "q", ["s"]) for each in some]

    assert rows == ["/a", "/b", "/c"]
    assert asks.asked == [("q", None, 1000), ("q", "t1", 1000)]


@pytest.mark.parametrize(
    "pages",
    [
        [page("/a", total=2)],
        [page("/a", "/b", total=1)],
        [page("/a", total=2, mark="t"), page("/A", total=2)],
        [page("/a", total=2, mark="t"), page(total=2, mark="t")],
        [page("/a", "/a", total=2)],
        [page("/a", "/b", total=4, mark="t"), page("/d", total=3)],
        [{"totalRecords": 1, "data": [{"name": "no id"}]}],
        [{"totalRecords": 1, "data": ["row"]}],
        [{"totalRecords": 0}],
        [{"data": [{"id": "/a"}]}],
    ],
    ids=[
        "too few",
        "too many",
        "a row twice",
        "never ends",
        "twice in one",
        "one went, and took another along",
        "no id",
        "no object",
        "no rows",
        "no total",
    ],
)
def test_pages_that_make_no_whole(pages: list[dict[str, Any]]) -> None:
    """Rows that are missing, repeated or nameless, and totals that do not add up, are never taken for the answer."""
    with pytest.raises(graph.Unrepeatable):
        list(graph.pages(Answers(*pages), "q", ["s"]))


@pytest.mark.parametrize("truncated", ["true", True, "True"])
def test_v130_a_truncated_answer_is_fatal(truncated: object) -> None:
    """V130: an answer that was cut without a mark to go on from ends the run, with no verdict on anything."""
    with pytest.raises(LiveError, match="cut its answer"):
        list(graph.pages(Answers(page("/a", total=2_500, truncated=truncated)), "q", ["s"]))


def test_the_first_ten_thousand_subscriptions_are_not_all() -> None:
    """An answer for the first 10,000 subscriptions only, as its header says, is a refusal (Q8)."""
    asks = Answers(page("/a", total=1), headers={"x-ms-tenant-subscription-limit-hit": "true"})

    with pytest.raises(RefusedError, match="first 10,000"):
        list(graph.pages(asks, "q", None))


def test_queries_return_whole_documents() -> None:
    """V131: no query expands lists, which Resource Graph cuts at 128 rows; all project the id and sort by it."""
    queries = (
        graph.of_types("resources", ["Microsoft.Network/a"]),
        graph.of_ids("resources", ["/a"]),
        graph.SUBSCRIPTIONS,
    )

    assert not any("mv-expand" in each for each in queries)
    assert all("| project id, " in each and each.endswith("| order by id asc") for each in queries)


@pytest.mark.parametrize("name", ['/a"b', "/a\\b", "/a\nb"])
def test_an_id_never_breaks_out_of_a_query(name: str) -> None:
    """An id that could end the text it stands in is never put into a query."""
    assert not graph.is_literal(name)
    with pytest.raises(ValueError, match="not an id"):
        graph.of_ids("resources", [name])


def test_subscriptions_are_asked_for_in_batches() -> None:
    """2,000 and 12,000 subscriptions are asked for in groups below 300, each once (Q8)."""
    for count in (1, 290, 2_000, 12_000):
        names = [str(each) for each in range(count)]
        batches = graph.batches(names, graph.TOGETHER)
        assert [each for batch in batches for each in batch] == names
        assert max(map(len, batches)) < 300
