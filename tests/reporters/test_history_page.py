"""The page of time: whole, self-contained, honest about what was not read, and harmless whatever names it shows."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from auditor.findings import Level, State
from auditor.histories import Chronicle
from auditor.reporters.history_page import FILES, FIRST_PAGE, file_of, site
from auditor.reporters.history_words import is_resolved
from auditor.reporters.run_table import run_table
from auditor.reporters.text import plain
from tests.conftest import Golden
from tests.reporters.cases import without_style
from tests.reporters.chronicles import NOW, at, chronicle, difference, large, step, wandering
from tests.reporters.networks import NAUGHTY
from tests.reporters.samples import finding, workload
from tests.reporters.test_html import Page

VERSION = "0.1.0"
ASE = workload("ase-prod", 40, 0, 4, 0, 9)
BLOCKED = finding("missing-fqdn", Level.ERROR, "Documented FQDN not allowed out", "No rule lets crl.microsoft.com out.")
BYPASS = finding("egress-bypass", Level.WARNING, "Traffic can leave past the firewall", "Route to-all leads past it.")
WAIVED = replace(BYPASS, id="feed", waiver="Goes with NET-1234, network team, until 2026-12-31")


def pages(*whole: Chronicle, now: str = NOW) -> dict[str, str]:
    """Return the files of a site."""
    return dict(site(whole, number=len(whole), generated_at=now, tool_version=VERSION))


def page_of(whole: Chronicle, now: str = NOW) -> Page:
    """Return the page of a single job."""
    return Page(pages(whole, now=now)[FIRST_PAGE])


def text_of(page: Page) -> str:
    """Return what a page says, without its style, script and data."""
    return " ".join(" ".join(text for at, text in page.texts if at not in {"style", "script"}).split())


def told(*levels: Level, number: int = 1, complete: bool = True) -> Any:  # noqa: ANN401 - a step
    """Return a run of one environment with findings of some levels."""
    found = [replace(BLOCKED, id=f"{at:016x}", level=each) for at, each in enumerate(levels)]
    return step(number, when=at(number), workloads=[ASE], findings=found, complete=complete)


def test_the_page_is_as_approved(golden: Golden) -> None:
    """A job of eight runs; what is the same in all, style and script, is left out."""
    golden("history-job.html", without_style(pages(wandering())[FIRST_PAGE]))


def test_the_list_of_jobs_is_as_approved(golden: Golden) -> None:
    """Three jobs, one of them without a run."""
    whole = (wandering(), wandering(3, 2, seed=2, job="test"), chronicle(job="new"))
    golden("history-jobs.html", without_style(pages(*whole)[FIRST_PAGE]))


@pytest.mark.parametrize(
    "whole", [chronicle(), chronicle(told()), wandering(), large()], ids=["empty", "one run", "eight", "large"]
)
def test_pages_are_well_formed_and_ask_for_nothing(whole: Chronicle) -> None:
    """Elements are closed in order, anchors are unique, links lead into the page, and nothing is loaded."""
    page = page_of(whole)
    anchors = [each["id"] for _, each in page.tags if "id" in each]
    loading = {"link", "img", "iframe", "object", "embed", "audio", "video", "source", "base", "image", "frame"}

    assert page.left == []
    assert len(anchors) == len(set(anchors))
    assert {each["href"] for _, each in page.tags if "href" in each} <= {f"#{each}" for each in anchors}
    assert not {tag for tag, _ in page.tags} & loading
    assert not [each for _, each in page.tags if {"src", "srcset", "srcdoc", "action", "style"} & set(each)]
    assert [each.get("type") for each in page.all("script")] == ["application/json", None]
    (policy,) = [each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy"]
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+'; base-uri 'none'; form-action 'none'",
        policy,
    )


def test_same_history_same_files() -> None:
    """Nothing in the files depends on when or how often they are written, but the time they are made at."""
    assert pages(wandering(), wandering(job="b")) == pages(wandering(), wandering(job="b"))


def test_links_between_pages_lead_to_files_of_the_site() -> None:
    """Several jobs have a page each, which the first one lists and which lead back to it."""
    whole = pages(wandering(), wandering(3, 2, job="Prod West <1>"), wandering(2, 1, job="b"))
    links = {each["href"] for each in Page(whole[FIRST_PAGE]).all("a")} - {"#jobs", "#about"}

    assert links == set(whole) - {FIRST_PAGE}
    assert len(links) == 3
    for name in links:
        assert FIRST_PAGE in {each["href"] for each in Page(whole[name]).all("a")}


@pytest.mark.parametrize(
    ("one", "other"), [("prod", "PROD"), ("a b", "a-b"), ("", "."), ("../x", "x"), ("x" * 300, "x" * 301), ("é", "e")]
)
def test_files_of_jobs_are_safe_and_apart(one: str, other: str) -> None:
    """No two jobs share a file, not even where case does not count, and no name leaves the folder or is too long."""
    files = [file_of(one), file_of(other)]

    assert files[0].lower() != files[1].lower()
    for each in (*files, *map(file_of, NAUGHTY)):
        assert FILES.fullmatch(each)
        assert len(each) < 80


def test_a_history_without_runs_is_a_page_too() -> None:
    """No jobs, a job without a run, and a job of one run each say so, and what to do."""
    assert "Nothing is recorded yet" in text_of(Page(pages()[FIRST_PAGE]))
    assert "Nothing is recorded" in text_of(page_of(chronicle()))
    alone = text_of(page_of(chronicle(told())))

    assert "One run is recorded so far. A trend needs two." in alone
    assert "There is nothing to compare it with yet." in alone
    assert "Locked down as documented" in alone


def test_a_drop_in_an_incomplete_run_is_no_improvement() -> None:
    """The headline does not say all is well, the chart marks the run, and the last complete one is told."""
    whole = chronicle(told(Level.ERROR), told(Level.ERROR, number=2), told(number=3, complete=False))
    page = page_of(whole)
    text = text_of(page)

    assert "prod: Incomplete" in text
    assert "this is not an all-clear" in text
    assert f"Last complete run: {at(2)[:10]} 06:00 UTC, with 1 workload: 1 error" in text
    bands = [each for each in page.all("rect") if not {"class", "y"} & set(each)]
    assert len(bands) == 3  # two panels of the chart, and the one that all small lines share


def test_a_workload_that_was_not_read_has_no_count() -> None:
    """Where a run did not have a workload its line is broken, and does not fall to nothing."""
    other = workload("ase-test", 44, 0, 0, 0, 9)
    first = step(1, when=at(1), workloads=[ASE, other], findings=[BLOCKED])
    second = step(2, when=at(2), workloads=[other], findings=[], complete=False)
    page = page_of(chronicle(first, second))
    lines = {each["aria-label"] for each in page.all("svg") if each.get("class") == "spark"}

    assert "ase-prod: from 1 to 1 findings, at most 1, and not in the last run" in lines
    assert "not in the last run" in page.text("span")


def test_open_findings_are_told_by_age() -> None:
    """Oldest first, with when they were first seen, reopened, or last decided; what is waived stands apart."""
    steps = (
        step(1, when=at(0), workloads=[ASE], findings=[BLOCKED, BYPASS, WAIVED]),
        step(2, when=at(20), workloads=[ASE], findings=[BYPASS, WAIVED]),
        step(3, when=at(40), workloads=[ASE], findings=[BLOCKED, BYPASS, WAIVED]),
        step(4, when=at(50), workloads=[], findings=[], complete=False),
    )
    page = page_of(chronicle(*steps), now=at(100))
    text = text_of(page)
    ages = text[text.index("Age of open findings") :]

    assert "Age of open findings (2)" in text
    assert ages.index("100 2026-01-01 06:00 warning") < ages.index("60 2026-01-01 06:00 error")
    assert "reopened 2026-02-10 06:00" in ages
    assert ages.count("not decided since 2026-02-10 06:00") == 3
    assert "1 open finding that is waived" in ages
    assert ages.index(BYPASS.message) < ages.index(WAIVED.waiver or "")
    assert "30 to 89 days 1 0 0 1 90 to 364 days 0 1 0 1" in ages


def test_what_only_a_baseline_had_is_not_there() -> None:
    """A finding that is absent in a run counts for nothing in its comparison and in its trend."""
    absent = replace(BLOCKED, state=State.ABSENT)
    there = replace(BLOCKED, state=State.NEW)
    whole = chronicle(
        step(1, when=at(1), workloads=[ASE], findings=[absent]),
        step(2, when=at(2), workloads=[ASE], findings=[there]),
        step(3, when=at(3), workloads=[ASE], findings=[BLOCKED]),
    )
    (row,) = run_table(whole, {})["findings"]

    assert [each[0] for each in row[1:]] == [[1, 2]]


@pytest.mark.parametrize("seed", range(20))
def test_spans_tell_what_each_run_had(seed: int) -> None:
    """From the table alone each run can be told again: its findings, workloads and resources."""
    whole = wandering(9, 4, seed=seed, rate=0.3)
    table = run_table(whole, {})
    words = table["words"]

    def has(spans: list[int], run: int) -> bool:
        return any(first <= run <= last for first, last in zip(spans[::2], spans[1::2], strict=True))

    for run, each in enumerate(whole.steps):
        found = {words[row[0]]: [one for one in row[1:] if has(one[0], run)] for row in table["findings"]}
        assert {key for key, some in found.items() if some} == {one.id for one in each.detail.findings}
        for one in each.detail.findings:
            ((_, level, check, title, message, _, _, waiver, *_),) = found[one.id]
            shown = (words[level], words[check], words[title], words[message])
            assert shown == (one.level, one.check, one.title, one.message)
            assert (words[waiver] if waiver >= 0 else None) == one.waiver
        workloads = {words[arm_id] for _, arm_id, spans in table["workloads"] if has(spans, run)}
        assert workloads == {one.id for one in each.detail.workloads}
        kept = table["runs"][run][3]
        assert (kept < 0) == (each.resources is None)
        if each.resources is not None:
            resources = {words[row[0]] for row in table["resources"] if any(has(one, kept) for one in row[1:])}
            assert resources == set(each.resources)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_not_found_and_not_resolved_is_told(seed: int) -> None:
    """For every run and finding as the commands of the history say it, also where runs were pruned since."""
    whole = wandering(12, 4, seed=seed, rate=0.3)
    whole = replace(whole, steps=tuple(each for at, each in enumerate(whole.steps) if at % 4 != seed % 4))
    table = run_table(whole, {})
    spans = {table["words"][key]: each for key, each in table["unresolved"]}
    seen: set[str] = set()
    for run, step_of in enumerate(whole.steps):
        now = {each.id for each in step_of.detail.findings}
        for life in whole.lives:
            key = life.finding.id
            own = spans.get(key, [])
            marked = any(first <= run <= last for first, last in zip(own[::2], own[1::2], strict=True))
            wanted = key in seen and key not in now and not is_resolved(life, step_of.detail.run.id)
            assert marked == wanted
        seen |= now
    assert spans


def test_the_sample_history_has_everything_that_can_differ() -> None:
    """So that the comparison in Chromium, which uses it, proves something."""
    whole = wandering()
    pairs = [(one, other) for other in range(len(whole.steps)) for one in range(other)]
    found = [difference(whole, *each) for each in pairs]

    for name in ("gone", "come", "altered", "workloads_added", "workloads_removed"):
        assert any(getattr(each, name) for each in found)
    for name in ("resources_added", "resources_removed", "resources_changed"):
        assert any(getattr(each, name) for each in found)
        assert any(getattr(each, name) is None for each in found)


def hostile(*names: str) -> Chronicle:
    """Return a history in which all that others may name has each of some names; the job has the first."""
    workloads = [replace(ASE, id=f"{ASE.id}/{each}", name=each) for each in names]
    found = [
        replace(
            BLOCKED,
            id=name,
            check=name,
            title=name,
            message=name,
            resource=name,
            fix=name,
            requirements=(name,),
            evidence=(name,),
            references=(name,),
            workload=one.id,
        )
        for name, one in zip(names, workloads, strict=True)
    ]
    other = [replace(each, message=f"{each.message}!", waiver=each.id) for each in found]
    first, second = (dict.fromkeys(names, digest) for digest in ("one", "other"))
    steps = (
        step(1, when=at(1), workloads=workloads, findings=found, resources=first, job=names[0]),
        step(2, when=at(2), workloads=workloads, findings=other, resources=second, job=names[0]),
        step(3, when=at(3), workloads=workloads, findings=found, job=names[0]),
    )
    return chronicle(*steps, job=names[0])


def shape_of(page: Page) -> list[tuple[str, list[str]]]:
    """Return the elements of a page in order, each with the names of its attributes."""
    return [(tag, sorted(each)) for tag, each in page.tags]


@pytest.mark.parametrize("name", NAUGHTY, ids=[f"name {number}" for number in range(len(NAUGHTY))])
def test_hostile_names_are_text(name: str) -> None:
    """A hostile name adds no element and no attribute, is shown as what it is, and closes no script."""
    page, other = page_of(hostile(name)), page_of(hostile("harmless"))
    harmless = plain(name).encode("utf-8", "backslashreplace").decode()
    data = json.loads("".join(text for text in page.text("script") if text.startswith('{"words"')))

    assert shape_of(page) == shape_of(other)
    assert harmless in page.text("b")
    assert harmless in data["words"]
    both = pages(hostile(name), wandering())[FIRST_PAGE]
    assert harmless in Page(both).text("a")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", both)


def test_long_histories_stay_small() -> None:
    """A hundred runs of two hundred workloads are less than two megabytes, all told."""
    text = pages(large())[FIRST_PAGE]

    assert len(text.encode()) < 2_000_000
    assert text.count('class="spark"') == 205
