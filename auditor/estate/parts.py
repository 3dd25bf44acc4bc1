"""ARM documents taken apart into what changes by itself: a route, a rule, a subnet; and put together again.

A part is known by its ARM id in comparing form, whether the source holds it as a document of its own or inside another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from auditor.estate.arm import id_of, key, kind_of, name_of
from auditor.estate.snapshot import Document

_HELD: Mapping[str, tuple[str, ...]] = {
    "microsoft.network/virtualnetworks": ("subnets", "virtualNetworkPeerings"),
    "microsoft.network/routetables": ("routes",),
    "microsoft.network/networksecuritygroups": ("securityRules",),
    "microsoft.network/firewallpolicies/rulecollectiongroups": ("ruleCollections",),
    "microsoft.network/azurefirewalls": ("networkRuleCollections", "applicationRuleCollections", "natRuleCollections"),
    "microsoft.network/firewallpolicies": ("ruleCollectionGroups",),
    "microsoft.network/virtualnetworks/subnets": ("ipConfigurations", "privateEndpoints"),
}
"""The lists in which a resource holds parts of its own, by its type."""
_HELD_BELOW: Mapping[str, tuple[str, ...]] = {
    "subnets": _HELD["microsoft.network/virtualnetworks/subnets"],
    **dict.fromkeys(
        ("ruleCollections", "networkRuleCollections", "applicationRuleCollections", "natRuleCollections"), ("rules",)
    ),
}
"""The same for the parts themselves, by the list they stand in."""
_REFERRED = frozenset({"ipConfigurations", "privateEndpoints", "ruleCollectionGroups"})
"""Lists of what Azure says lives there: they follow what it names, and are known by its id."""
_UNTOLD_IS_EMPTY = frozenset({"ipConfigurations", "privateEndpoints"})
"""Lists that Azure leaves out where they are empty. Without another one, a resource says nothing of what it holds."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part stands: in the list `field` of the part `above`; a document of its own has neither."""

    above: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything in some documents, taken apart.

    held: by part and place, what stands there, its own parts taken out.
    """

    held: Mapping[str, Mapping[Place, Document]]


def take_apart(documents: Iterable[Document]) -> Parts:
    """Return the parts of documents."""
    held: dict[str, dict[Place, Document]] = {}
    for document in documents:
        _take(document, key(id_of(document)), Place(), _HELD.get(kind_of(document), ()), held)
    return Parts(held)


def _take(thing: Document, at: str, place: Place, lists: Sequence[str], held: dict[str, dict[Place, Document]]) -> None:
    """File one thing, and then what it holds."""
    body = thing["properties"] if isinstance(thing.get("properties"), Mapping) else thing
    inside = {name: body[name] for name in lists if isinstance(body.get(name), list)}
    bare = {name: [] if name in inside else value for name, value in body.items()}
    held.setdefault(at, {})[place] = {**thing, "properties": bare} if body is not thing else bare
    for name, children in inside.items():
        seen: set[str] = set()
        for number, child in enumerate(children):
            below = _referred(child) if name in _REFERRED else ""
            below = below or f"{at}/{name.lower()}/{_called(child, number)}"
            below = f"{below}#{number}" if below in seen else below  # a name given twice loses nothing
            seen.add(below)
            deeper = _HELD_BELOW.get(name, ()) if isinstance(child, Mapping) else ()
            _take(child if isinstance(child, Mapping) else {"": child}, below, Place(at, name), deeper, held)


def is_listed(parts: Parts, at: str) -> bool:
    """Tell whether what should hold a part by reference names it."""
    return any(each.field in _REFERRED for each in parts.held.get(at, ()))


def _referred(child: object) -> str:
    found = child.get("id") if isinstance(child, Mapping) else None
    return key(found) if isinstance(found, str) else ""


def _called(child: object, number: int) -> str:
    name = name_of(child).lower() if isinstance(child, Mapping) else ""
    return name or f"#{number}"


def put_together(parts: Parts) -> tuple[Document, ...]:
    """Return the documents of parts: each part where it stands, as long as what should hold it is there."""
    below: dict[tuple[str, str], list[tuple[str, Document]]] = {}
    for at, places in parts.held.items():
        for place, thing in places.items():
            if place.above:
                below.setdefault((place.above, place.field), []).append((at, thing))
    lists: dict[str, list[str]] = {}
    for above, name in below:
        lists.setdefault(above, []).append(name)
    return tuple(_whole(at, places[Place()], below, lists) for at, places in parts.held.items() if Place() in places)


def _whole(
    at: str,
    thing: Document,
    below: Mapping[tuple[str, str], list[tuple[str, Document]]],
    lists: Mapping[str, list[str]],
) -> Document:
    """Return a thing with everything that it holds."""
    body = thing["properties"] if isinstance(thing.get("properties"), Mapping) else thing
    names = [name for name in lists.get(at, ()) if name in _UNTOLD_IS_EMPTY or body.get(name) is not None]
    if not names:
        return thing
    found = {
        name: [each[""] if set(each) == {""} else _whole(under, each, below, lists) for under, each in below[at, name]]
        for name in names
    }
    if isinstance(thing.get("properties"), Mapping):
        return {**thing, "properties": {**thing["properties"], **found}}
    return {**thing, **found}


def chosen(before: Parts, after: Parts, changed: Iterable[str]) -> Parts:
    """Return the parts of `before` with some of `after` in their place, there or not."""
    swapped = frozenset(changed)
    held = {at: places for at, places in before.held.items() if at not in swapped}
    held |= {at: after.held[at] for at in after.held if at in swapped}
    return Parts(dict(sorted(held.items())))
