"""The page of time: what a history says, as a folder of HTML files that need nothing else.

One page for each job, and one that lists the jobs; of a single job, its page is the first one. They have the look of
the HTML report; their own templates, style and script lie in `reports/history`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from auditor.estate import arm
from auditor.findings import Level, Outcome
from auditor.histories import Chronicle, Event, Run
from auditor.reporters.ages import age_groups, open_findings
from auditor.reporters.history_words import counts_line, events_line, minute, unseen_line, waived_in
from auditor.reporters.pages import Pages, script_data
from auditor.reporters.run_table import run_table
from auditor.reporters.summary import DRIFT
from auditor.reporters.text import count, resource_name
from auditor.reporters.trend_chart import (
    HEIGHT,
    LEFT,
    RIGHT,
    SPARK_HEIGHT,
    SPARK_WIDTH,
    WIDTH,
    Spark,
    chart,
    spark,
    spark_bands,
)
from auditor.reporters.trends import Tally, Trend, check_trends, moment, tally_of, workload_trends

FIRST_PAGE, MARKER = "index.html", ".auditor-history-report"
"""The page to open, and the file that tells a folder of these pages from all others."""
FILES = re.compile(r"index\.html|job-[a-z0-9_.-]+\.html")
"""Names of files of the site."""
_FILES = ("job.html.j2", "jobs.html.j2", "charts.html.j2", "history.css", "history.js")
_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MOST_RUNS = 500
"""Runs in the table of runs; older ones are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run as the pages show it. number: its place among the runs, from 0. words: what it found, in one line."""

    number: int
    run: Run
    tally: Tally
    waived: int
    minute: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """A job as the first page lists it. last: its newest run; None where nothing is recorded. runs: how many."""

    name: str
    file: str
    last: RunRow | None
    runs: int
    line: Spark | None
    bands: Sequence[tuple[float, float]]
    words: str


def file_of(job: str) -> str:
    """Return the name of the file of a job: safe on every file system, and no two jobs share one."""
    if _PLAIN.fullmatch(job):
        return f"job-{job}.html"
    simple = re.sub(r"[^a-z0-9]+", "-", job.lower()).strip("-")[:32]
    digest = sha256(job.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"job-{simple}.{digest}.html"


def site(
    chronicles: Iterable[Chronicle], *, number: int, generated_at: str, tool_version: str
) -> Iterator[tuple[str, str]]:
    """Yield the files of the site, as (name, text). number: of the chronicles, each of which is held only for its page.

    generated_at: ISO 8601 in UTC; ages are told as of then.
    """
    pages = Pages(*(f"history/{each}" for each in _FILES), style="history.css", script="history.js")
    pages.add_filters(minute=minute, name=resource_name, key=arm.key)
    made = {"generated_at": generated_at, "tool_version": tool_version}
    rows = []
    for chronicle in chronicles:
        name = FIRST_PAGE if number == 1 else file_of(chronicle.job)
        yield name, _job_page(pages, chronicle, alone=number == 1, **made)
        rows.append(_job_row(chronicle, name))
    if number != 1:
        yield FIRST_PAGE, _jobs_page(pages, rows, **made)


def _jobs_page(pages: Pages, rows: Sequence[JobRow], *, generated_at: str, tool_version: str) -> str:
    return pages.page(
        "jobs.html.j2",
        tool_version=tool_version,
        data=script_data({}),
        generated_at=generated_at,
        rows=sorted(rows, key=_urgency),
        width=SPARK_WIDTH,
        height=SPARK_HEIGHT,
    )


def _urgency(row: JobRow) -> tuple[int, int, int, int, str]:
    last = row.last.tally if row.last else Tally()
    return -last.errors, -last.warnings, -last.notes, -last.unknown, row.name


def _job_page(pages: Pages, chronicle: Chronicle, *, alone: bool, generated_at: str, tool_version: str) -> str:
    details = [each.detail for each in chronicle.steps]
    rows = _run_rows([each.run for each in details])
    times, complete = _times(rows), [each.run.is_complete for each in rows]
    workloads, last = workload_trends(details), rows[-1] if rows else None
    seen = {each.id for each in details[-1].findings} if details else set()
    opened = open_findings(chronicle.lives, generated_at, seen)
    counted = [each for each in opened if each.life.finding.waiver is None]
    names = {arm.key(each.id): each.name for each in workloads}
    return pages.page(
        "job.html.j2",
        tool_version=tool_version,
        data=script_data(run_table(chronicle, names)),
        generated_at=generated_at,
        job=chronicle.job,
        alone=alone,
        runs=rows,
        told=rows[-_MOST_RUNS:][::-1],
        last=last,
        last_complete=next((each for each in reversed(rows) if each.run.is_complete), None),
        verdict=_verdict(last),
        happened=_happened(last.run.events) if last else "",
        chart=chart(times, complete, [each.tally for each in rows], [each.run.gaps for each in rows])
        if len(rows) > 1
        else None,
        bands=spark_bands(times, complete) if rows else (),
        workloads=_lined(times, workloads),
        checks=_lined(times, check_trends(details)) if rows else [],
        names=names,
        counted=counted,
        waived=[each for each in opened if each.life.finding.waiver is not None],
        groups=age_groups(counted),
        levels=list(Level),
        size={"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT},
        width=SPARK_WIDTH,
        height=SPARK_HEIGHT,
    )


def _run_rows(runs: Iterable[Run]) -> list[RunRow]:
    return [
        RunRow(
            number=at,
            run=run,
            tally=tally_of(run),
            waived=waived_in(run),
            minute=minute(run.at),
            words=counts_line(run) if run.is_complete else f"{counts_line(run)}, incomplete",
        )
        for at, run in enumerate(runs)
    ]


def _times(rows: Iterable[RunRow]) -> list[datetime]:
    return [moment(each.run.at) for each in rows]


def _lined(times: Sequence[datetime], trends: Iterable[Trend]) -> list[tuple[Trend, Spark]]:
    return [(each, spark(times, each.tallies)) for each in trends]


def _job_row(chronicle: Chronicle, name: str) -> JobRow:
    rows = _run_rows(each.detail.run for each in chronicle.steps)
    times, tallies = _times(rows), [each.tally for each in rows]
    whole = Trend(id=chronicle.job, name=chronicle.job, tallies=tallies)
    return JobRow(
        name=chronicle.job,
        file=name,
        last=rows[-1] if rows else None,
        runs=len(rows),
        line=spark(times, tallies) if rows else None,
        bands=spark_bands(times, [each.run.is_complete for each in rows]) if rows else (),
        words=whole.words,
    )


def _verdict(last: RunRow | None) -> tuple[str, str, str]:
    """Return the kind of the state after the newest run, its headline and a sentence."""
    if last is None:
        return "none", "Nothing is recorded", "Record audits with --record, and make this page again."
    found = [each for each in last.run.counts if each.findings and (each.check, each.level) != (DRIFT, Level.NOTE)]
    total = sum(each.findings for each in last.run.counts)
    more = "" if last.run.is_complete else " It is also incomplete: what it does not tell of may still be there."
    unseen = unseen_line(last.run)
    more += f" {unseen[0].upper()}{unseen[1:]}." if unseen else ""
    if found:
        kind = "bad" if last.tally.errors else "doubtful"
        return kind, "Not locked down as documented", f"The last run found {count(total, 'finding')} to act on.{more}"
    if not last.run.workloads or not _applicable(last.run.outcomes):
        return "doubtful", "Nothing was audited", "In the last run no requirement applied to anything."
    if not last.run.is_complete:
        sentence = "The last run found nothing wrong, but did not decide everything; this is not an all-clear."
        more = f" {unseen}." if unseen else ""
        return "doubtful", "Incomplete", f"{sentence}{more}"
    return "good", "Locked down as documented", "The last run found nothing to act on."


def _applicable(outcomes: Mapping[Outcome, int]) -> int:
    return sum(number for outcome, number in outcomes.items() if outcome is not Outcome.NOT_APPLICABLE)


def _happened(events: Mapping[Event, int]) -> str:
    """Return what happened in a run as a sentence; "" where nothing did."""
    told = events_line(events)
    return f"In it: {told}." if told else ""
