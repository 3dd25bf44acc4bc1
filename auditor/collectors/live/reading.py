"""Reads into a journal: queries, lists and single resources, each whole or as a gap, each once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Protocol

from auditor.collectors.live import graph
from auditor.collectors.live.journal import Journal
from auditor.collectors.live.kinds import NETWORK_RESOURCES, api_version_of, kept
from auditor.collectors.live.refusals import RefusedError
from auditor.collectors.live.scope import subscription_path
from auditor.collectors.needed import needed_spelling, type_of_id
from auditor.estate.arm import key, text
from auditor.findings import Gap

AT_ONCE = 8
"""Reads of Azure Resource Manager under way at once."""
_OK = 200
_NETWORK_TABLE = frozenset(each.lower() for each in NETWORK_RESOURCES)

Row = dict[str, Any]
Pick = Callable[[list[Row]], list[Row]]
"""Picks the rows of a page that are kept."""


class Session(Protocol):
    """Reads Azure: `auditor.collectors.live.session.Session`."""

    def read(self, path: str, api_version: str) -> Row:
        """Return the object at a path."""

    def listing(self, path: str, api_version: str) -> list[Row]:
        """Return every item of a list."""

    def pages(self, path: str, api_version: str) -> Iterable[Row]:
        """Return the pages of a list."""

    def query(self, text: str, subscriptions: Sequence[str] | None, skip_token: str | None, top: int) -> Any:  # noqa: ANN401 - a page and its headers
        """Return one page of a query of Resource Graph, and its headers."""


class Progress(Protocol):
    """Is told what is being read."""

    def stage(self, what: str, total: int | None = None) -> None:
        """Start something new. total: how many steps it takes, where that is known."""

    def advance(self, steps: int = 1) -> None:
        """Go on."""


class Reading:
    """Reads from a session into a journal. All of it runs in the calling thread but for single reads."""

    def __init__(self, session: Session, journal: Journal, progress: Progress) -> None:
        self.session = session
        self.journal = journal
        self.progress = progress

    def query(
        self,
        query: str,
        subscriptions: Sequence[str] | None,
        gaps: Callable[[RefusedError], Iterable[Gap]],
        keep: Pick = list,
    ) -> None:
        """Read the rows of a query of Resource Graph that are to be kept, or leave the gaps that its refusal makes."""
        journal = self.journal
        unit = unit_of(query, subscriptions)
        if unit in journal.done:
            return
        refused: RefusedError | None = None
        for _ in range(graph.ATTEMPTS):
            try:
                for rows in graph.pages(self.session, query, subscriptions):
                    journal.keep(unit, _kept(keep(rows)))
                    self.progress.advance(len(rows))
                refused = None
                break
            except graph.Unrepeatable as fault:
                refused = graph.refusal(fault)
            except RefusedError as fault:
                refused = fault
                break
            finally:
                if refused is not None:
                    journal.void(unit)
        for gap in gaps(refused) if refused is not None else ():
            journal.add_gap(unit, gap)
        journal.finish(unit)

    def resources(self, wanted: Mapping[str, str]) -> None:
        """Read resources by comparing id: from Resource Graph, and what it does not have from where it is kept.

        wanted: who refers to each, for people. What cannot be read is a gap.
        """
        missing = {
            at: why for at, why in wanted.items() if at not in self.journal and f"read {at}" not in self.journal.done
        }
        self._by_graph([at for at in sorted(missing) if graph.is_literal(at)])
        left = [at for at in sorted(missing) if at not in self.journal]

        def gap(at: str, fault: RefusedError) -> Gap | None:
            if fault.is_absent:
                return None  # the estate tells what refers to nothing
            return fault.gap(_what(at), at, f"{missing[at]} refers to {_name(at)}")

        self.read(left, gap)

    def _by_graph(self, ids: Sequence[str]) -> None:
        """Read what Resource Graph has of some ids. Its refusal is no gap: they are read one by one then."""
        tables: dict[str, list[str]] = {"resources": [], "networkresources": []}
        for at in ids:
            kind = type_of_id(at).lower()
            if kind in _NETWORK_TABLE:
                tables["networkresources"].append(at)
            elif kind.count("/") == 1 and needed_spelling(kind):
                tables["resources"].append(at)
        for table, listed in tables.items():
            for start in range(0, len(listed), graph.IDS_TOGETHER):
                some = listed[start : start + graph.IDS_TOGETHER]
                subscriptions = sorted({subscription_path(at).rpartition("/")[2] for at in some} - {""})
                self.query(graph.of_ids(table, some), subscriptions, lambda _: ())

    def read(self, ids: Iterable[str], gap: Callable[[str, RefusedError], Gap | None]) -> None:
        """Read resources where they are kept, by comparing id. gap: of an id and its refusal, what to tell."""
        reads = [(f"read {at}", at) for at in ids]
        self.each(reads, self.ask, lambda _, document: [document], gap)

    def ask(self, at: str) -> Row:
        """Return a resource as Azure Resource Manager has it. Raises RefusedError where what comes is no such thing."""
        document = self.session.read(at, api_version_of(type_of_id(at)))
        is_it = key(text(document.get("id"))) == at and kept(document) is not None
        if not is_it or not isinstance(document.get("properties"), dict):
            raise RefusedError(_OK, "", "it does not describe the resource that was asked for")
        return document

    def lists(
        self, paths: Iterable[str], gap: Callable[[str, RefusedError], Gap], keep: Callable[[str, Any], Iterable[Row]]
    ) -> None:
        """Read lists of Azure Resource Manager, by path. keep: of a path and its items, the documents they are."""
        reads = [(f"list {path}", path) for path in paths]
        self.each(reads, lambda path: self.session.listing(path, api_version_of(_list_type(path))), keep, gap)

    def each(
        self,
        reads: Sequence[tuple[str, str]],
        ask: Callable[[str], Any],
        keep: Callable[[str, Any], Iterable[Row]],
        gap: Callable[[str, RefusedError], Gap | None],
    ) -> None:
        """Ask for several things at once, each a unit of the journal. gap: None where a refusal leaves none."""
        waiting = [(unit, at) for unit, at in reads if unit not in self.journal.done]
        for unit, at, answer in _answers(waiting, ask):
            try:
                if isinstance(answer, RefusedError):
                    raise answer
                self.journal.keep(unit, [*_kept(keep(at, answer))])
            except RefusedError as fault:
                left = gap(at, fault)
                if left is not None:
                    self.journal.add_gap(unit, left)
            self.journal.finish(unit)
            self.progress.advance()


def unit_of(what: str, subscriptions: Sequence[str] | None) -> str:
    """Return a short name for what is asked of some subscriptions, of all for None.

    Every line of the journal that it brings bears the name.
    """
    asked = "*" if subscriptions is None else " ".join(subscriptions)
    return f"{what.partition(' ')[0]} {sha256(f'{what} {asked}'.encode()).hexdigest()[:16]}"


def _answers(reads: Sequence[tuple[str, str]], ask: Callable[[str], Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield the answer, or refusal, to each read, as they come. Whoever stops meanwhile waits for no answer."""
    waiting: SimpleQueue[tuple[str, str]] = SimpleQueue()
    told: SimpleQueue[tuple[str, str, Any]] = SimpleQueue()
    for each in reads:
        waiting.put(each)
    for _ in range(min(AT_ONCE, len(reads))):
        Thread(target=_work, args=(waiting, told, ask), name="read", daemon=True).start()
    try:
        for _ in reads:
            unit, at, answer = told.get()
            if isinstance(answer, BaseException) and not isinstance(answer, RefusedError):
                raise answer
            yield unit, at, answer
    finally:
        with suppress(Empty):
            while True:
                waiting.get_nowait()


def _work(
    waiting: "SimpleQueue[tuple[str, str]]", told: "SimpleQueue[tuple[str, str, Any]]", ask: Callable[[str], Any]
) -> None:
    """Ask for one thing after the other, and tell what came of it."""
    with suppress(Empty):
        while True:
            unit, at = waiting.get_nowait()
            try:
                answer = ask(at)
            except BaseException as fault:  # noqa: BLE001 - raised where it is told
                answer = fault
            told.put((unit, at, answer))


def _kept(rows: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    for row in rows:
        document = kept(row)
        if document is not None:
            if not text(document.get("id")):
                raise RefusedError(_OK, "", "something in it has no id")
            yield document


def _what(arm_id: str) -> str:
    return needed_spelling(type_of_id(arm_id)) or type_of_id(arm_id) or "*"


def _name(arm_id: str) -> str:
    """Return a resource as people call it: what it is, and its name."""
    return f"{_what(arm_id).rpartition('/')[2]} {arm_id.rpartition('/')[2]}"


def _list_type(path: str) -> str:
    return type_of_id(f"{path}/x") or type_of_id(f"{path}/x/y")
