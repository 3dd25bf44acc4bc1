"""Lists that are one page of more: what they leave out is a gap, never an absence."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.collectors.needed import needed_spelling, type_of_id
from auditor.estate import arm
from auditor.findings import Gap

_LINKS = ("nextLink", "nextlink", "next_link", "@odata.nextLink", "odata.nextLink")
_TOKENS = ("$skipToken", "skipToken", "skip_token", "$skiptoken")
_TOTALS = ("totalRecords", "total_records", "count")
_TRUNCATED = ("resultTruncated", "result_truncated")
_LONGEST_COUNT = 20
_LISTED_AT = re.compile(r"(?:https://[^/?#]+)?((?:/[^/?#]+)*?)/providers/([^?#]+?)/?(?:[?#]|$)", re.IGNORECASE)

_ANYTHING = re.compile(r"/resources/?(?:[?#]|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A list that says it is not all.

    what, scope: as in a Gap; what is "*" for Resource Graph, whose next rows can be of any type.
    total: how many rows there are, if it says so. more: whether it points to a next page.
    truncated: whether it says that rows were left out for good. rows: ids in comparing form.
    """

    what: str
    scope: str
    total: int | None
    more: bool
    truncated: bool
    rows: frozenset[str]


def page_of(listing: dict[str, Any], rows: Sequence[Any]) -> Page | None:
    """Return the page `listing` is; None where it is a whole list, or its next pages hold nothing the model needs."""
    link = next((listing[key] for key in _LINKS if listing.get(key)), None)
    more = link is not None or any(listing.get(key) for key in _TOKENS)
    truncated = any(arm.flag(listing.get(key), default=False) for key in _TRUNCATED)
    totals = [found for key in _TOTALS if (found := _count(listing.get(key))) is not None]
    total = max(totals, default=None)
    if not (more or truncated or (total is not None and total > len(rows))):
        return None
    scope, listed = _listed_at(link)
    if listed and needed_spelling(listed) is None:
        return None
    typed = link is not None and not _ANYTHING.search(arm.text(link))
    what = listed or (_one_type(rows) if typed else "*")
    ids = frozenset(arm.key(arm.text(row.get("id"))) for row in rows if isinstance(row, dict))
    return Page(what=needed_spelling(what) or "*", scope=scope, total=total, more=more, truncated=truncated, rows=ids)


def gaps_of(pages: Iterable[tuple[str, Page]]) -> list[Gap]:
    """Return a gap for every page, except where all pages of one numbered list are there.

    pages: of one SOURCE, each with the name of its file.
    """
    lists: dict[tuple[str, int | None], list[tuple[str, Page]]] = {}
    for name, page in pages:
        lists.setdefault((page.what, page.total), []).append((name, page))
    return [_gap(name, page) for some in lists.values() if not _complete(some) for name, page in some]


def _complete(pages: list[tuple[str, Page]]) -> bool:
    """Tell whether pages are all there: exactly one is the last, and their rows add up to the total they give."""
    total = pages[0][1].total
    rows = frozenset[str]().union(*(page.rows for _, page in pages))
    return (
        sum(not page.more for _, page in pages) == 1
        and not any(page.truncated for _, page in pages)
        and sum(len(page.rows) for _, page in pages) == len(rows) == total
        and "" not in rows
    )


def _gap(name: str, page: Page) -> Gap:
    """Return what is missing because only this page is there."""
    counted = f" ({len(page.rows)} of {page.total})" if page.total is not None else ""
    return Gap(
        what=page.what,
        scope=page.scope,
        why=f"{name} holds one page of a longer list{counted}",
        needs="all pages: `az ... list -o json` joins them; for Resource Graph put every page into one folder",
    )


def _count(value: object) -> int | None:
    """Return a number of rows, written as a number or as text; None for anything else."""
    return arm.whole_number(value) if isinstance(value, int) or len(arm.text(value)) < _LONGEST_COUNT else None


def _listed_at(link: object) -> tuple[str, str]:
    """Return the scope and the type that the address of a next page lists; both "" where it does not say."""
    address = _LISTED_AT.match(link) if isinstance(link, str) else None
    if address is None:
        return "", ""
    scope, path = address.groups()
    kind = type_of_id(f"/providers/{path}/x")
    if not kind or not scope.lower().startswith("/subscriptions/"):
        return "", ""
    parent = path.split("/")[:-1]
    return ("/".join([scope, "providers", *parent]) if len(parent) > 1 else scope), kind


def _one_type(rows: Sequence[Any]) -> str:
    """Return the type that all rows have; "*" where they differ or do not say. An ARM list is of one type."""
    texts = {
        (arm.text(row.get("type")) or type_of_id(arm.text(row.get("id")))).lower() for row in arm.any_objects(rows)
    }
    return texts.pop() if len(texts) == 1 else "*"
