"""Azure Resource Manager: documents, lists, and what no table of Resource Graph has (Q3, Q11, Q14)."""

import re
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import quote

from tests.azure_simulator import paging
from tests.azure_simulator.answers import Answer, Asked, Refusal, error, forbidden, refused
from tests.azure_simulator.faults import ELSEWHERE, Kind
from tests.azure_simulator.quota import Allowance, Buckets
from tests.azure_simulator.served import Document, Served, location_key, subscription_of, with_etag

TENANT = "7b2e4f60-51aa-4d0c-b6c9-3c0d9be8a111"

_GROUP = re.compile("/providers/microsoft.management/managementgroups/([^/]+)/descendants", re.IGNORECASE)
_TAGS = re.compile("/subscriptions/([^/]+)/providers/microsoft.network/locations/([^/]+)/servicetags", re.IGNORECASE)
_ENDPOINTS = re.compile("(.+/hostingenvironments/[^/]+)/((?:in|out)boundnetworkdependenciesendpoints)", re.IGNORECASE)
_OF_PROVIDER = re.compile("(.*)/providers/([^/]+)/(.+)", re.IGNORECASE)
_MANAGEMENT = "Microsoft.Management/managementGroups"


class Arm:
    """Answers GETs. page_size: the most entries of one page of a list; endpoint: where nextLinks lead."""

    def __init__(self, served: Served, page_size: int, buckets: Buckets) -> None:
        self.endpoint = ""
        self._served = served
        self._page_size = page_size
        self._buckets = buckets

    def answer(self, asked: Asked, kinds: Collection[Kind], closed: Collection[str]) -> tuple[Answer, bool]:
        """Return the answer to a request, and whether it was refused for the quota.

        kinds: faults that spoil it; closed: subscriptions, in lower case, that cannot be read just now.
        """
        subscription = subscription_of(asked.path)
        allowance = self._buckets.spend(subscription or "")
        counted = "subscription" if subscription else "tenant"
        headers = {f"x-ms-ratelimit-remaining-{counted}-reads": str(allowance.remaining)}
        try:
            answer = self._granted(asked, kinds, closed) if allowance.granted else _throttled(allowance)
        except Refusal as refusal:
            answer = refusal.answer
        whole = Answer(status=answer.status, body=answer.body, headers={**headers, **answer.headers})
        return whole, not allowance.granted

    def _granted(self, asked: Asked, kinds: Collection[Kind], closed: Collection[str]) -> Answer:
        """Return the answer to a request within the quota."""
        if asked.method != "GET":
            raise refused(405, "MethodNotAllowed", "Only GET is served: the product never changes anything.")
        if "api-version" not in asked.parameters:
            raise refused(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
        path = asked.path.rstrip("/")
        if path.lower() == "/subscriptions":
            return self._list(asked, self._subscriptions(), kinds)
        if found := _GROUP.fullmatch(path):
            return self._list(asked, self._descendants(found.group(1)), kinds)
        subscription = subscription_of(path)
        if subscription is None:
            raise _not_found(path)
        if subscription in self._served.closed or subscription in closed:
            raise Refusal(forbidden(f"{_type_of(path)}/read", path))
        return self._in_subscription(asked, path, kinds)

    def _in_subscription(self, asked: Asked, path: str, kinds: Collection[Kind]) -> Answer:
        """Return what lies in a subscription that can be read."""
        if found := _TAGS.fullmatch(path):
            return self._service_tags(asked, found.group(1), found.group(2), kinds)
        if found := _ENDPOINTS.fullmatch(path):
            return self._list(asked, self._dependencies(found.group(1), path), kinds, always_link=True)
        key = path.lower()
        document = self._served.arm.by_id.get(key) or self._served.arm.child(key)
        if document is not None:
            return Answer(body=with_etag(document))
        found = _OF_PROVIDER.fullmatch(path)
        if found and found.group(3).count("/") % 2 == 0:
            return self._list(asked, self._collection(found.group(1), path), kinds)
        raise _not_found(path)

    def _subscriptions(self) -> list[Document]:
        """Return the subscriptions the identity sees."""
        spelled = [self._served.subscriptions[each] for each in self._served.readable]
        return [
            {
                "id": f"/subscriptions/{each}",
                "subscriptionId": each,
                "displayName": f"subscription {each}",
                "state": "Enabled",
                "tenantId": TENANT,
            }
            for each in spelled
        ]

    def _descendants(self, name: str) -> list[Document]:
        """Return what lies below a management group: one group, and in it the subscriptions, readable or not."""
        spelled, below = self._served.management_groups.get(name.lower(), ("", ()))
        if not spelled:
            scope = f"/providers/{_MANAGEMENT}/{name}"
            raise Refusal(forbidden(f"{_MANAGEMENT}/descendants/read", scope))
        inner = f"{spelled}-landing-zones"
        group_id = f"/providers/{_MANAGEMENT}/{inner}"
        return [
            _descendant(group_id, _MANAGEMENT, inner, f"/providers/{_MANAGEMENT}/{spelled}"),
            *(_descendant(f"/subscriptions/{each}", f"{_MANAGEMENT}/subscriptions", each, group_id) for each in below),
        ]

    def _dependencies(self, environment: str, path: str) -> Sequence[Document]:
        """Return the dependencies that an App Service Environment reports about itself."""
        if environment.lower() not in self._served.arm.by_id:
            raise _not_found(environment)
        document = self._served.arm.by_id.get(path.lower(), {})
        values: Sequence[Document] = document.get("properties", {}).get("value", ())
        return values

    def _collection(self, above: str, path: str) -> list[Document]:
        """Return the documents of one type below a subscription, a resource group or a parent resource."""
        subscription = subscription_of(path) or ""
        if subscription not in self._served.subscriptions:
            raise refused(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")
        parent = path.lower().rpartition("/")[0]
        kind = _type_of(path).lower()
        is_child = kind.count("/") > 1
        if is_child and parent not in self._served.arm.by_id:
            raise _not_found(parent)
        prefix = f"{parent if is_child else above.lower()}/"
        rows = self._served.arm.by_place.get((kind, subscription), ())
        return [each.document for each in rows if each.id.lower().startswith(prefix)]

    def _service_tags(self, asked: Asked, subscription: str, location: str, kinds: Collection[Kind]) -> Answer:
        """Return a page of the service tags of a region."""
        tags = self._served.service_tags.get(location_key(location))
        if tags is None or subscription.lower() not in self._served.subscriptions:
            raise _not_found(asked.path)
        cloud = str(tags.get("cloud", "Public"))
        page = self._page(asked, tags["values"], kinds)
        page["values"] = page.pop("value")
        own_id = f"/subscriptions/{subscription}/providers/Microsoft.Network/serviceTags/{cloud}"
        fixed = {"name": cloud, "id": own_id, "type": "Microsoft.Network/serviceTags"}
        return Answer(body={**fixed, "changeNumber": "1", "cloud": cloud, **tags, **page})

    def _list(
        self, asked: Asked, items: Sequence[Document], kinds: Collection[Kind], *, always_link: bool = False
    ) -> Answer:
        """Return a page of a list. always_link: whether the last page says `"nextLink": null`."""
        page = self._page(asked, items, kinds)
        return Answer(body={"nextLink": None, **page} if always_link else page)

    def _page(self, asked: Asked, items: Sequence[Any], kinds: Collection[Kind]) -> dict[str, Any]:
        """Return a page as a value and, where there is another one, a nextLink; network resources have their etag."""
        about = asked.path.lower()
        start = paging.start_of(asked.parameters.get("$skipToken"), about)
        page = paging.page(items, start, self._page_size, kinds)
        following = start if page.next is None and Kind.FOREIGN_LINK in kinds else page.next
        shown = [with_etag(each) for each in page.items]
        if following is None:
            return {"value": shown}
        host = ELSEWHERE if Kind.FOREIGN_LINK in kinds else self.endpoint
        version = quote(asked.parameters["api-version"])
        link = f"{host}{quote(asked.path)}?api-version={version}&$skipToken={quote(paging.token(following, about))}"
        return {"value": shown, "nextLink": link}


def _descendant(arm_id: str, kind: str, name: str, parent: str) -> Document:
    properties = {"displayName": name, "parent": {"id": parent}}
    return {"id": arm_id, "type": kind, "name": name, "properties": properties}


def _type_of(path: str) -> str:
    """Return the type that the path of a resource or of a list names."""
    found = _OF_PROVIDER.fullmatch(path)
    if found is None:
        return "Microsoft.Resources/subscriptions"
    return "/".join((found.group(2), *found.group(3).split("/")[::2]))


def _not_found(path: str) -> Refusal:
    return refused(404, "ResourceNotFound", f"The Resource '{path}' was not found.")


def _throttled(allowance: Allowance) -> Answer:
    """Return the 429 of a bucket that is empty."""
    seconds = str(allowance.whole_seconds)
    why = f"Number of read requests exceeded the limit. Please try again after '{seconds}' seconds."
    return error(429, "SubscriptionRequestsThrottled", why, headers={"Retry-After": seconds})
