"""Domain names and patterns of them, and how the patterns of Azure Firewall relate to documented ones.

In a target FQDN of Azure Firewall a star stands only at the far left and matches anything to its left, over several
labels; `*.contoso.com` is any depth below the apex and not the apex; `*contoso.com` is anything that ends so.

Source: Azure Firewall FAQ, https://learn.microsoft.com/azure/firewall/firewall-faq, specification F29, F30.
"""

from enum import Enum
from functools import lru_cache
from re import escape, fullmatch


class Relation(Enum):
    """How what a rule names stands to what is asked for."""

    COVERS = "covers"
    OVERLAPS = "overlaps"
    DISJOINT = "disjoint"


def normal_name(text: str) -> str:
    """Return a name or pattern in lower case without blanks and without the trailing dot."""
    return "".join(text.split()).lower().rstrip(".")


def normal_fqdn_tag(tag: str) -> str:
    """Return an FQDN tag in comparing form: no blanks, lower case, without a leading "Azure" (F38)."""
    return "".join(tag.split()).lower().removeprefix("azure")


def is_pattern(name: str) -> bool:
    """Tell whether `name` holds a star."""
    return "*" in name


def supported_target(target: str) -> bool:
    """Tell whether Azure Firewall takes `target` as a target FQDN: a name, "*", or one star at the far left."""
    return bool(target) and "*" not in target[1:]


def contains(pattern: str, asked: str) -> bool:
    """Tell whether a documented pattern, with stars anywhere, holds every name of `asked`; both normalised."""
    first, *between = pattern.split("*")
    if not between:
        return pattern == asked
    last = between.pop()
    if not (asked.startswith(first) and asked.endswith(last) and len(first) + len(last) <= len(asked)):
        return False
    place, end = len(first), len(asked) - len(last)
    for part in between:
        found = asked.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


@lru_cache(maxsize=65536)
def relation(target: str, asked: str) -> Relation:
    """Tell how the target FQDN of a rule stands to the name or pattern `asked`, both normalised (F29, F30).

    `asked` may hold stars anywhere, as documents write them. A target that Azure does not take matches nothing.
    """
    if not supported_target(target):
        return Relation.DISJOINT
    if target == "*":
        return Relation.COVERS
    if not target.startswith("*"):
        return _exact_relation(target, asked)
    suffix = target[1:]
    if not is_pattern(asked):
        return Relation.COVERS if asked.endswith(suffix) else Relation.DISJOINT
    asked_suffix = asked.rpartition("*")[2]
    if asked_suffix.endswith(suffix):
        return Relation.COVERS
    return Relation.OVERLAPS if suffix.endswith(asked_suffix) else Relation.DISJOINT


def _exact_relation(target: str, asked: str) -> Relation:
    if target == asked:
        return Relation.COVERS
    if is_pattern(asked) and fullmatch(".*".join(escape(part) for part in asked.split("*")), target):
        return Relation.OVERLAPS
    return Relation.DISJOINT
