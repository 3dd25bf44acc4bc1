"""Whole answers of Resource Graph: every page of them, counted, or none (Q4, Q5, Q8, Q9)."""

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from auditor.collectors.live.refusals import RefusedError
from auditor.errors import LiveError
from auditor.estate.arm import flag, key, text, whole_number

PAGE = 1000
"""Rows of a page: the most Resource Graph gives; it gives 100 if not asked."""
TOGETHER = 290
"""Subscriptions asked for at once: below 300, as Microsoft recommends."""
FEW_ROWS_TOGETHER = 1000
"""The same for tables that hold few rows of each subscription."""
IDS_TOGETHER = 100
"""Ids named in one query."""

ATTEMPTS = 3
"""How often an answer is asked for whose pages do not make a whole."""

_COLUMNS = "id, name, type, location, kind, sku, properties"
_LIMIT_HIT = "x-ms-tenant-subscription-limit-hit"
_OK = 200

Row = dict[str, Any]


class Asks(Protocol):
    """Something that answers one page of a query: the session."""

    def query(self, text: str, subscriptions: Sequence[str] | None, skip_token: str | None, top: int) -> Any:  # noqa: ANN401 - a page and its headers
        """Return one page and its headers."""


class Unrepeatable(Exception):  # noqa: N818 - a moment's state of Azure, not an error of ours
    """The pages of an answer do not make a whole; what came of them is void. It may be asked again."""


def of_types(table: str, kinds: Sequence[str]) -> str:
    """Return the query for whole documents of some types: nothing is expanded by Resource Graph, which cuts (Q6)."""
    listed = ", ".join(f'"{each.lower()}"' for each in kinds)
    return f"{table} | where type in~ ({listed}) | project {_COLUMNS} | order by id asc"


def of_ids(table: str, ids: Sequence[str]) -> str:
    """Return the query for the documents of some ids."""
    listed = ", ".join(f'"{_literal(each)}"' for each in ids)
    return f"{table} | where id in~ ({listed}) | project {_COLUMNS} | order by id asc"


SUBSCRIPTIONS = (
    'resourcecontainers | where type =~ "microsoft.resources/subscriptions" | project id, name | order by id asc'
)
"""The query for the subscriptions that Resource Graph answers for (Q7)."""


def is_literal(arm_id: str) -> bool:
    """Tell whether an id can be named in a query as it is."""
    return not set(arm_id) & set('"\\\n\r')


def _literal(arm_id: str) -> str:
    if not is_literal(arm_id):
        raise ValueError(f"not an id that can be named in a query: {arm_id!r}")
    return arm_id


def pages(asks: Asks, query: str, subscriptions: Sequence[str] | None) -> Iterator[list[Row]]:
    """Yield the rows of a query, page by page. What was yielded counts only once the iterator has ended.

    Raises Unrepeatable where the pages do not make a whole, and RefusedError. Raises LiveError where Azure cut the
    answer for good, since nothing tells what is missing.
    """
    seen: set[str] = set()
    totals: set[int | None] = set()
    token: str | None = None
    while True:
        body, headers = asks.query(query, subscriptions, token, PAGE)
        if flag(headers.get(_LIMIT_HIT), default=False):
            raise RefusedError(_OK, "", "it answered for the first 10,000 subscriptions only")
        rows = body.get("data")
        if not isinstance(rows, list) or not all(isinstance(each, dict) and text(each.get("id")) for each in rows):
            raise Unrepeatable("an answer of Resource Graph holds no rows with ids")
        token, before = text(body.get("$skipToken")) or None, len(seen)
        if flag(body.get("resultTruncated"), default=False) and token is None:
            raise LiveError(
                "Resource Graph cut its answer and does not say what it left out, so nothing can be audited;"
                " ask for fewer subscriptions at once, or run the collection again"
            )
        totals.add(whole_number(body.get("totalRecords")))
        seen.update(key(each["id"]) for each in rows)
        if len(seen) != before + len(rows):
            raise Unrepeatable("a row came twice")
        yield rows
        if token is None:
            break
        if not rows:
            raise Unrepeatable("a page without rows says that more follow")
    if totals != {len(seen)}:  # of every page: a row that goes between two of them takes another with it
        raise Unrepeatable(f"{len(seen)} rows came of {', '.join(sorted(map(str, totals)))}")


def refusal(fault: Unrepeatable) -> RefusedError:
    """Return what to tell of an answer that never became whole."""
    return RefusedError(_OK, "", f"its pages never made a whole ({fault})")


def batches(subscriptions: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """Return subscriptions in groups small enough for one query."""
    return [tuple(subscriptions[at : at + size]) for at in range(0, len(subscriptions), size)]
