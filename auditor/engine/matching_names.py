"""Resources of one source under the ids that the same ones have in another: matched by type and name."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from auditor.estate.arm import id_of, key
from auditor.estate.snapshot import Snapshot

_PLACE = 5
"""Segments of an ARM id before its provider: "", subscriptions, ID, resourceGroups, NAME."""


def matched_by_name(before: Snapshot, after: Snapshot) -> Snapshot:
    """Return the later source with the ids of the earlier one, where type and name tell which resource is meant.

    A name that one of the two sources has twice tells nothing. Where all that can be told of a resource group is
    matched with one other group, the rest of it is, too.
    """
    was, now = _by_name(before), _by_name(after)
    ids = {now[name]: was[name] for name in now.keys() & was.keys()}
    ids |= _groups_apart(_groups(ids), ids, {key(id_of(each)) for each in after.resources})
    if all(one == other for one, other in ids.items()):
        return after
    return replace(
        after,
        resources=tuple(_renamed(each, ids) for each in after.resources),
        gaps=tuple(replace(each, scope=scope) for each in after.gaps for scope in _scopes(each.scope, ids)),
    )


def _scopes(scope: str, ids: Mapping[str, str]) -> tuple[str, ...]:
    """Return the scopes of a gap: its own in the words of the earlier source, and wherever what lies under it went."""
    own = _renamed(scope, ids)
    if key(own) != key(scope) or not scope:
        return (own,)
    depth = scope.rstrip("/").count("/") + 1
    went = {"/".join(was.split("/")[:depth]) for now, was in ids.items() if now.startswith(f"{key(scope)}/")}
    return (scope, *sorted(went - {key(scope)}))


def _groups_apart(groups: dict[str, str], ids: Mapping[str, str], known: set[str]) -> dict[str, str]:
    """Return the groups without those by which two resources of the later source would become one."""
    while True:
        found: dict[str, list[str]] = {}
        for each in known:
            found.setdefault(key(_renamed_id(each, {**groups, **ids})), []).append(each)
        torn = {_group(each) for several in found.values() if len(several) > 1 for each in several} & groups.keys()
        if not torn:
            return groups
        groups = {now: was for now, was in groups.items() if now not in torn}


def _by_name(snapshot: Snapshot) -> dict[str, str]:
    """Return the comparing ids of resources by type and name, of those that no other one shares."""
    found: dict[str, set[str]] = {}
    for document in snapshot.resources:
        at = key(id_of(document))
        found.setdefault("/".join(at.split("/")[_PLACE:]), set()).add(at)
    return {name: next(iter(ids)) for name, ids in found.items() if len(ids) == 1}


def _groups(ids: Mapping[str, str]) -> dict[str, str]:
    """Return the resource groups of the later source that stand for one of the earlier source."""
    found: dict[str, set[str]] = {}
    for now, was in ids.items():
        found.setdefault(_group(now), set()).add(_group(was))
    return {now: next(iter(was)) for now, was in found.items() if len(was) == 1}


def _group(arm_id: str) -> str:
    return "/".join(arm_id.split("/")[:_PLACE])


def _renamed(value: Any, ids: Mapping[str, str]) -> Any:  # noqa: ANN401 - any part of a document
    if isinstance(value, str):
        return _renamed_id(value, ids) if value.startswith("/") else value
    if isinstance(value, Mapping):
        return {name: _renamed(each, ids) for name, each in value.items()}
    return [_renamed(each, ids) for each in value] if isinstance(value, list | tuple) else value


def _renamed_id(arm_id: str, ids: Mapping[str, str]) -> str:
    """Return an id, or one that lies under it, as the other source has it."""
    above, rest = arm_id.rstrip("/"), ""
    while above:
        if key(above) in ids:
            return ids[key(above)] + rest
        above, slash, last = above.rpartition("/")
        rest = f"{slash}{last}{rest}"
    return arm_id
