"""The runs of a job as a table from which the script of a page tells what differs between any two of them.

Little changes from run to run. So each finding, as it was told, stands once with the spans of runs that told it so;
each resource with the spans of runs in which its document was the same; each workload with those that had it.
A span is two numbers of runs, first and last; spans stand in one flat list, oldest first.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from auditor.estate import arm
from auditor.findings import Finding, State
from auditor.histories import Chronicle, Event, Life
from auditor.reporters.history_words import minute
from auditor.reporters.pages import Once, pack_name
from auditor.reporters.text import plain, resource_label, resource_name

Spans = list[int]


class _Words:
    """Texts, each once; told by their number. Texts that look alike when made harmless stay apart."""

    def __init__(self) -> None:
        self._once = Once()

    def add(self, text: str | None) -> int:
        """Return the number of a text; -1 for None."""
        return -1 if text is None else self._once.add(text)

    def rows(self) -> list[str]:
        """Return all texts, fit to be shown."""
        return [plain(str(each)).encode("utf-8", "backslashreplace").decode() for each in self._once.rows]


def run_table(chronicle: Chronicle, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the table of a job. names: of workloads, by id in comparing form.

    words: texts, which all the rest names by number. runs: [id, time, complete, number among the runs whose snapshot is
    kept or -1, sources and editions]. workloads: [name, id, spans]. resources: [id, spans of each of its documents...],
    their spans by the numbers of kept runs. findings: [id, version...]; a version is [spans, level, check, title,
    message, workload, resource, waiver or -1] and, where a finding has several, also [fix, evidence, requirements,
    references], the last three as lists. unresolved: [id, spans of runs that did not find it and resolved nothing].
    """
    words, kept = _Words(), 0
    runs: list[list[int]] = []
    for step in chronicle.steps:
        run = step.detail.run
        editions = "; ".join(sorted(map(pack_name, step.detail.packs)))
        is_kept = step.resources is not None
        runs.append(
            [run.id, words.add(minute(run.at)), int(run.is_complete), kept if is_kept else -1, words.add(editions)]
        )
        kept += is_kept
    table = {
        "runs": runs,
        "workloads": _workloads(chronicle, words),
        "findings": _findings(chronicle, words, names),
        "unresolved": _unresolved(chronicle, words),
        "resources": _resources([each.resources for each in chronicle.steps if each.resources is not None], words),
    }
    return {"words": words.rows(), **table}


def extend(spans: Spans, run: int) -> None:
    """Add the number of a run, higher than all before, to spans."""
    if spans and spans[-1] == run - 1:
        spans[-1] = run
    else:
        spans += (run, run)


def _workloads(chronicle: Chronicle, words: _Words) -> list[list[Any]]:
    found: dict[str, list[Any]] = {}
    for at, step in enumerate(chronicle.steps):
        for each in step.detail.workloads:
            row = found.setdefault(arm.key(each.id), [words.add(each.name), words.add(each.id), []])
            extend(row[2], at)
    return list(found.values())


def _resources(documents: Iterable[Mapping[str, str]], words: _Words) -> list[list[Any]]:
    found: dict[str, dict[str, Spans]] = {}
    for at, each in enumerate(documents):
        for resource, digest in each.items():
            extend(found.setdefault(resource, {}).setdefault(digest, []), at)
    return [[words.add(resource), *versions.values()] for resource, versions in sorted(found.items())]


def as_told(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Return the findings of a run by id, as two runs compare them: what only a baseline had is not there."""
    told = (each for each in findings if each.state != State.ABSENT)
    return {each.id: each if each.state is None else replace(each, state=None) for each in told}


def _findings(chronicle: Chronicle, words: _Words, names: Mapping[str, str]) -> list[list[Any]]:
    found: dict[str, dict[Finding, Spans]] = {}
    for at, step in enumerate(chronicle.steps):
        for key, told in as_told(step.detail.findings).items():
            extend(found.setdefault(key, {}).setdefault(told, []), at)
    return [
        [
            words.add(key),
            *(_version(told, spans, words, names, whole=len(versions) > 1) for told, spans in versions.items()),
        ]
        for key, versions in found.items()
    ]


def _unresolved(chronicle: Chronicle, words: _Words) -> list[list[Any]]:
    """Return, by the ids of findings, the runs that did not find them although nothing had resolved them."""
    ids = [each.detail.run.id for each in chronicle.steps]
    told: dict[str, Spans] = {}
    for at, step in enumerate(chronicle.steps):
        for key in as_told(step.detail.findings):
            extend(told.setdefault(key, []), at)
    rows = (
        (each.finding.id, _standing(each, told[each.finding.id], ids))
        for each in chronicle.lives
        if each.finding.id in told
    )
    return [[words.add(key), spans] for key, spans in rows if spans]


def _standing(life: Life, told: Spans, ids: Sequence[int]) -> Spans:
    """Return the runs after those that found it, each up to the next that did, in which it was not resolved yet."""
    found: Spans = []
    for last, following in zip(told[1::2], [*told[2::2], len(ids)], strict=True):
        is_open, start = True, last + 1
        for turn in life.turns:
            at = bisect_left(ids, turn.run)
            if turn.run > ids[last] and at < following:
                found += (start, at - 1) if is_open and start < at else ()
                is_open, start = turn.event is not Event.RESOLVED, at
        found += (start, following - 1) if is_open and start < following else ()
    return found


def _version(told: Finding, spans: Spans, words: _Words, names: Mapping[str, str], *, whole: bool) -> list[Any]:
    texts = (
        told.level.value,
        told.check,
        told.title,
        told.message,
        names.get(arm.key(told.workload)) or resource_name(told.workload),
        resource_label(told.resource) if told.resource else "",
        told.waiver,
    )
    row: list[Any] = [spans, *map(words.add, texts)]
    if whole:
        row.append([words.add(told.fix), *(list(map(words.add, each)) for each in _lists(told))])
    return row


def _lists(told: Finding) -> Sequence[Sequence[str]]:
    return told.evidence, told.requirements, told.references
