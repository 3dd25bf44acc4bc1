"""Which subscriptions a collection covers: what was asked for, and which of it this identity may not see (Q7, Q8)."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from auditor.collectors.live.refusals import RefusedError
from auditor.errors import LiveError
from auditor.estate.arm import key, mapping, text
from auditor.findings import Gap

SUBSCRIPTIONS_API, GROUPS_API = "2022-12-01", "2020-05-01"
_ANYTHING = "*"
_ENVIRONMENT = re.compile(
    r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/microsoft\.web/hostingenvironments/[^/]+/?", re.IGNORECASE
)
_ID_COMMAND = "`az appservice ase list --query [].id` shows them"
_GROUPS = "/providers/Microsoft.Management/managementGroups/"
_READER = "the role Reader on the subscription, or on a management group above it"


class Lists(Protocol):
    """Something that reads whole lists: the session."""

    def listing(self, path: str, api_version: str) -> list[dict[str, Any]]:
        """Return every item of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What to collect, as the user wrote it. subscriptions: ids or names. workload: an ARM id, or ""."""

    subscriptions: tuple[str, ...] = ()
    management_groups: tuple[str, ...] = ()
    workload: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that is asked for, as written, sorted; a group is told from a subscription of the same name."""
        groups = (_GROUPS + each for each in self.management_groups)
        return tuple(sorted({*self.subscriptions, *groups, *([self.workload] if self.workload else [])}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The subscriptions that were asked for and can be seen, and all that can be seen, by id. gaps: the others.

    ids: what was asked for, as ARM ids.
    """

    ids: tuple[str, ...]
    asked: tuple[str, ...]
    visible: frozenset[str]
    gaps: tuple[Gap, ...]


def find_scope(session: Lists, asked: Asked) -> Scope:
    """Return the subscriptions that are meant. Raises LiveError where a name is unknown or nothing can be seen."""
    if not asked.names:
        raise LiveError("nothing is asked for; name a subscription, a management group or a workload")
    listed = _visible(session)
    visible = {text(each.get("subscriptionId")).lower(): text(each.get("displayName")) for each in listed}
    visible.pop("", None)
    if not visible:
        raise LiveError("this identity sees no subscription; give it the role Reader, or choose another with --auth")
    wanted = {_subscription(each, visible): "it was asked for" for each in asked.subscriptions}
    ids = [f"/subscriptions/{each}" for each in wanted]
    ids += [_GROUPS + each for each in asked.management_groups]
    gaps = []
    for group in asked.management_groups:
        try:
            wanted |= dict.fromkeys(_of_group(session, group), f"it belongs to management group {group}")
        except RefusedError as fault:
            gaps.append(_unread_group(group, fault))
    if asked.workload:
        if _ENVIRONMENT.fullmatch(asked.workload) is None:
            raise LiveError(
                f'--workload: "{asked.workload}" is not the id of an App Service Environment; {_ID_COMMAND}'
            )
        ids.append(asked.workload)
        wanted[_subscription_of(asked.workload)] = "the workload is in it"
    gaps += [_invisible(each, wanted[each]) for each in sorted(wanted.keys() - visible.keys())]
    return Scope(
        ids=tuple(ids),
        asked=tuple(sorted(wanted.keys() & visible.keys())),
        visible=frozenset(visible),
        gaps=tuple(sorted(gaps)),
    )


def silent(scope: Scope, answered: Iterable[str]) -> Iterator[Gap]:
    """Yield a gap for each subscription that was asked for and that Resource Graph does not answer for (Q7)."""
    for each in sorted(set(scope.asked) - {name.lower() for name in answered}):
        yield _gap(each, f"Resource Graph does not answer for subscription {each}, which this identity may list only")


def _visible(session: Lists) -> list[dict[str, Any]]:
    try:
        return session.listing("/subscriptions", SUBSCRIPTIONS_API)
    except RefusedError as fault:
        raise LiveError(f"the subscriptions of this identity cannot be listed: {fault.why}") from None


def _subscription(name: str, visible: dict[str, str]) -> str:
    """Return the id of a subscription that was named by id or by name."""
    wanted = name.lower().removeprefix("/subscriptions/").rstrip("/")
    if wanted in visible or _looks_like_id(wanted):
        return wanted
    found = sorted(each for each, shown in visible.items() if shown.lower() == wanted)
    if len(found) > 1:
        raise LiveError(f'--subscription: {len(found)} subscriptions are called "{name}"; name one by its id')
    if not found:
        raise LiveError(f'--subscription: this identity sees none called "{name}"; check the name, or give the id')
    return found[0]


def _looks_like_id(word: str) -> bool:
    parts = word.split("-")
    return [len(each) for each in parts] == [8, 4, 4, 4, 12] and all(
        set(each) <= set("0123456789abcdef") for each in parts
    )


def _of_group(session: Lists, group: str) -> list[str]:
    path = f"{_GROUPS}{quote(group, safe='')}/descendants"
    listed: Sequence[dict[str, Any]] = session.listing(path, GROUPS_API)
    kinds = ("/subscriptions", "microsoft.management/managementgroups/subscriptions")
    return [text(each.get("name")).lower() for each in listed if text(each.get("type")).lower() in kinds]


def _subscription_of(arm_id: str) -> str:
    return key(arm_id).split("/")[2]


def _unread_group(group: str, fault: RefusedError) -> Gap:
    return Gap(
        what=_ANYTHING,
        scope=_GROUPS + group,
        why=f"the subscriptions of management group {group} could not be listed: {fault.why}",
        needs="the role Reader on the management group, or name its subscriptions with --subscription",
    )


def _invisible(subscription: str, why: str) -> Gap:
    return _gap(subscription, f"subscription {subscription} is not there for this identity, and {why}")


def _gap(subscription: str, why: str) -> Gap:
    return Gap(what=_ANYTHING, scope=f"/subscriptions/{subscription}", why=why, needs=_READER)


def subscription_path(arm_id: str) -> str:
    """Return the subscription an ARM id lies in, as the start of its comparing id; "" where it lies in none."""
    parts = key(arm_id).split("/")
    return "/".join(parts[:3]) if len(parts) > 2 and parts[1] == "subscriptions" else ""  # noqa: PLR2004 - of an id


def named_in(value: object) -> str:
    """Return the ARM id that a reference such as `{"id": "..."}` names; "" where it names none."""
    return text(mapping(value).get("id"))
