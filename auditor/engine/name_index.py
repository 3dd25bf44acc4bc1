"""Names and patterns of rules, filed so that those which have to do with a name are found without asking each."""

from bisect import bisect_left
from collections.abc import Iterable

from auditor.estate.names import Relation, is_pattern, relation


class NameIndex:
    """Numbers filed under target FQDNs (see `auditor.estate.names.relation`).

    every_name: the numbers filed under the lone star, which fits traffic that carries no name at all, too.
    """

    def __init__(self, entries: Iterable[tuple[tuple[str, ...], int]]) -> None:
        self._exact: dict[str, list[int]] = {}
        self._endings: dict[str, list[int]] = {}
        for targets, at in entries:
            for target in targets:
                starred = target.startswith("*")
                filed = self._endings if starred else self._exact
                filed.setdefault(target[starred:], []).append(at)
        self.every_name = frozenset(self._endings.get("", ()))
        texts = [(text, at) for text, at in self._exact.items()]
        texts += [("*" + text, at) for text, at in self._endings.items()]
        self._backwards = sorted((text[::-1], at) for text, at in texts)

    def named(self, asked: str) -> set[int]:
        """Return the numbers filed under a target that covers or overlaps `asked`, a normalised name or pattern.

        Traffic that carries no name, asked for as "", meets only the lone star.
        """
        if not asked:
            return set(self.every_name)
        tail = asked.rpartition("*")[2]
        found = {at for cut in range(len(tail) + 1) for at in self._endings.get(tail[cut:], ())}
        if not is_pattern(asked):
            return found.union(self._exact.get(asked, ()))
        ending = tail[::-1]
        for place in range(bisect_left(self._backwards, (ending,)), len(self._backwards)):
            text, numbers = self._backwards[place]
            if not text.startswith(ending):
                break
            if relation(text[::-1], asked) is not Relation.DISJOINT:
                found.update(numbers)
        return found
