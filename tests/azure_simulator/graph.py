"""Resource Graph: queries answered page by page, within a quota (Q4 - Q10)."""

import random
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from operator import attrgetter
from typing import Any

from tests.azure_simulator import paging
from tests.azure_simulator.answers import Answer, Asked, Refusal, error, forbidden, refused
from tests.azure_simulator.faults import Kind
from tests.azure_simulator.query import Query, parse, row
from tests.azure_simulator.quota import Allowance, Window
from tests.azure_simulator.served import Row, Served, aged, with_etag

PATH = "/providers/microsoft.resourcegraph/resources"

_DEFAULT_TOP, _MOST_TOP = 100, 1_000
_MOST_SUBSCRIPTIONS = 10_000
_KEPT = 4
_OPTIONS = {"$top", "$skipToken", "$skip", "resultFormat", "allowPartialScopes"}
_CONTAINER = "microsoft.resources/subscriptions"


class Graph:
    """Answers queries. page_size: the most rows of one answer, whatever is asked."""

    def __init__(self, served: Served, page_size: int, window: Window) -> None:
        self._served = served
        self._page_size = page_size
        self._window = window
        self._lock = threading.Lock()
        self._selected: OrderedDict[object, Sequence[Row]] = OrderedDict()

    def answer(self, asked: Asked, kinds: Collection[Kind], closed: Collection[str]) -> tuple[Answer, bool]:
        """Return the answer to a request, and whether it was refused for the quota.

        kinds: faults that spoil it; closed: subscriptions, in lower case, that cannot be read just now.
        """
        allowance = self._window.spend()
        headers = _quota_headers(allowance)
        if not allowance.granted:
            answer, limited = _throttled(allowance), False
        else:
            try:
                answer, limited = self._granted(asked, kinds, closed)
            except Refusal as refusal:
                answer, limited = refusal.answer, False
        if limited:
            headers["x-ms-tenant-subscription-limit-hit"] = "true"
        whole = Answer(status=answer.status, body=answer.body, headers={**headers, **answer.headers})
        return whole, not allowance.granted

    def _granted(self, asked: Asked, kinds: Collection[Kind], closed: Collection[str]) -> tuple[Answer, bool]:
        """Return the answer to a request within the quota, and whether subscriptions past the limit were left out."""
        if asked.method != "POST":
            raise refused(405, "MethodNotAllowed", "Resource Graph is asked by POST.")
        if "api-version" not in asked.parameters:
            raise refused(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
        top, skip_token = _options(asked.body)
        subscriptions = self._asked_subscriptions(asked.body)
        limited = len(subscriptions) > _MOST_SUBSCRIPTIONS
        readable = frozenset(self._served.readable) - frozenset(closed)
        allowed = frozenset(subscriptions[:_MOST_SUBSCRIPTIONS]) & readable
        query = parse(asked.query)
        if not allowed:
            scope = f"/subscriptions/{subscriptions[0]}" if subscriptions else "/"
            raise Refusal(forbidden("Microsoft.ResourceGraph/resources/read", scope))
        about = f"{asked.query}\n{','.join(subscriptions)}"
        start = paging.start_of(skip_token, about)
        rows = self._rows(query, allowed)
        if not query.ordered:
            rows = random.Random(start).sample(rows, len(rows))  # noqa: S311 - a new order on every page
        found = paging.page(rows, start, min(top, self._page_size), kinds)
        data = [self._shown(each, query, kinds) for each in found.items]
        return _page(data, len(rows), found.next, query, about, kinds), limited

    def _asked_subscriptions(self, body: dict[str, Any]) -> list[str]:
        """Return the subscriptions of a request in lower case: those it names, or all that can be read."""
        named = body.get("subscriptions")
        if named is None:
            return sorted(self._served.readable)
        if not isinstance(named, list) or not named or not all(isinstance(each, str) for each in named):
            raise refused(400, "BadRequest", "subscriptions is not a list of subscription ids.")
        return [each.lower() for each in named]

    def _rows(self, query: Query, allowed: frozenset[str]) -> Sequence[Row]:
        """Return every row that answers a query; the last few selections are kept, for the pages after the first."""
        key = (query.table, query.types, query.ids, query.ordered, allowed)
        with self._lock:
            if key in self._selected:
                self._selected.move_to_end(key)
                return self._selected[key]
            rows = self._select(query, allowed)
            self._selected[key] = rows
            if len(self._selected) > _KEPT:
                self._selected.popitem(last=False)
            return rows

    def _select(self, query: Query, allowed: frozenset[str]) -> Sequence[Row]:
        """Find every row that answers a query."""
        if query.table == "resourcecontainers":
            rows = [self._container(each) for each in sorted(allowed)]
            rows = rows if query.types is None or _CONTAINER in query.types else []
        else:
            found = self._served.graph.rows(query.table, query.types)
            rows = [each for each in found if each.subscription in allowed]
        if query.ids is not None:
            rows = [each for each in rows if each.id.lower() in query.ids]
        if query.ordered:
            rows.sort(key=attrgetter("id"))
        return rows

    def _container(self, subscription: str) -> Row:
        """Return the row of a subscription."""
        spelled = self._served.subscriptions[subscription]
        name = f"subscription {spelled}"
        arm_id = f"/subscriptions/{spelled}"
        return Row(arm_id, subscription, {"id": arm_id, "name": name, "type": _CONTAINER, "properties": {}})

    def _shown(self, each: Row, query: Query, kinds: Collection[Kind]) -> dict[str, Any]:
        """Return the asked columns of a row."""
        document = aged(each.document) if Kind.LAGGING in kinds else each.document
        if "etag" in query.columns:
            document = with_etag(document)
        return row(document, self._served.subscriptions[each.subscription], query.columns)


def _page(  # noqa: PLR0913, PLR0917 - everything a page is made from
    data: list[dict[str, Any]], total: int, following: int | None, query: Query, about: str, kinds: Collection[Kind]
) -> Answer:
    """Return an answer of Resource Graph. Without `id` there is no token, and rows are lost (Q4, Q5)."""
    lost = "id" not in query.columns and following is not None
    truncated = lost or Kind.TRUNCATED in kinds
    body: dict[str, Any] = {
        "totalRecords": total + (Kind.WRONG_TOTAL in kinds),
        "count": len(data),
        "data": data,
        "facets": [],
        "resultTruncated": "true" if truncated else "false",
    }
    if following is not None and not truncated:
        body["$skipToken"] = paging.token(following, about)
    return Answer(body=body)


def _options(body: object) -> tuple[int, str | None]:
    """Return how many rows are asked and the skip token; refuses what the product has no use for."""
    if not isinstance(body, dict) or body.keys() - {"query", "subscriptions", "options"}:
        raise refused(400, "BadRequest", "The body holds something other than query, subscriptions and options.")
    options = body.get("options") or {}
    if not isinstance(options, dict) or options.keys() - _OPTIONS or options.get("$skip") or "facets" in body:
        raise refused(400, "BadRequest", "The options hold something the simulator does not know.")
    if options.get("resultFormat", "objectArray") != "objectArray" or options.get("allowPartialScopes"):
        raise refused(400, "BadRequest", "The simulator answers as objectArray only, and never for partial scopes.")
    top = options.get("$top", _DEFAULT_TOP)
    if not isinstance(top, int) or not 1 <= top <= _MOST_TOP:
        raise refused(400, "BadRequest", f"$top is not a number from 1 to {_MOST_TOP}.")
    return top, options.get("$skipToken")


def _throttled(allowance: Allowance) -> Answer:
    """Return the 429 of a quota that is spent."""
    why = "Client application has been throttled and should not attempt to repeat the request until then."
    details = [("RateLimiting", why)]
    return error(
        429, "RateLimiting", "Too many queries.", details=details, headers={"Retry-After": str(allowance.whole_seconds)}
    )


def _quota_headers(allowance: Allowance) -> dict[str, str]:
    """Return the headers that tell a client how much is left."""
    minutes, seconds = divmod(allowance.whole_seconds, 60)
    return {
        "x-ms-user-quota-remaining": str(allowance.remaining),
        "x-ms-user-quota-resets-after": f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}",
        "x-ms-ratelimit-remaining-tenant-resource-requests": str(allowance.remaining),
    }
