"""Pages of a list, cut as asked or as a fault has it, and the tokens that lead to the next one."""

import base64
import binascii
import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tests.azure_simulator.answers import refused
from tests.azure_simulator.faults import Kind

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """One page. next: where the page after it starts, None after the last one."""

    items: Sequence[Item]
    next: int | None


def page(items: Sequence[Item], start: int, size: int, kinds: Collection[Kind] = ()) -> Page[Item]:
    """Return the page of a list that begins at `start`, spoilt by those of the faults that spoil pages."""
    count = max(0, min(size, len(items) - start))
    end = start + size
    following: int | None = end if end < len(items) else None
    first = start
    if Kind.SHIFTED_PAGE in kinds and start > 0:
        first = start - 1  # what came before has moved back by one: its last one is here again, our last one is missed
    elif Kind.SHIFTED_PAGE in kinds and following is not None:
        first = start + 1
    if Kind.REPEATED_PAGE in kinds:
        following = start
    if Kind.ENDLESS in kinds:
        following = end
    return Page(items=items[first : first + count], next=following)


def token(start: int, about: str) -> str:
    """Return the opaque token of the page that begins at `start`. about: the one question it may be used with."""
    return base64.urlsafe_b64encode(json.dumps({"at": start, "of": _digest(about)}).encode()).decode()


def start_of(text: str | None, about: str) -> int:
    """Return where the page of a token begins, 0 without one; a token that is not of this question is refused."""
    if text is None:
        return 0
    try:
        content = json.loads(base64.urlsafe_b64decode(text.encode()))
        if content["of"] == _digest(about) and isinstance(content["at"], int):
            return int(content["at"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        pass
    raise refused(400, "InvalidSkipToken", "The skip token is not one that was given for this request.")


def _digest(about: str) -> str:
    return hashlib.sha256(about.encode()).hexdigest()[:16]
