"""The page of time in real Chromium: its looks, any two runs compared, links, keyboard, paper, and hostile names.

What is seen is kept as screenshots in out/screenshots. See `tests.reporters.browser` for machines without Chromium.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it has no types
from playwright.sync_api import Browser, expect

from auditor.histories import Chronicle, RunDifference
from auditor.reporters.history_page import FIRST_PAGE, file_of, site
from auditor.reporters.text import plain
from tests.reporters.browser import busy, chromium, opened, shoot
from tests.reporters.chronicles import NOW, chronicle, difference, large, wandering
from tests.reporters.networks import NAUGHTY
from tests.reporters.test_history_page import hostile, told
from tests.reporters.test_html_in_browser import CONTRAST, HIDDEN, UNSEEN


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this file."""
    with chromium() as found:
        yield found


def written(folder: Path, *whole: Chronicle) -> Path:
    """Write a site and return its first page."""
    for name, text in site(whole, number=len(whole), generated_at=NOW, tool_version="0.1.0"):
        (folder / name).write_text(text, encoding="utf-8")
    return folder / FIRST_PAGE


@pytest.fixture(scope="module")
def sample() -> Chronicle:
    """A job of eight runs in which everything differs somewhere."""
    return wandering()


@pytest.fixture(scope="module")
def page(sample: Chronicle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the job of eight runs."""
    return written(tmp_path_factory.mktemp("sample"), sample)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of sixty runs of twelve workloads."""
    return written(tmp_path_factory.mktemp("long"), wandering(60, 12))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a hundred runs of two hundred workloads."""
    return written(tmp_path_factory.mktemp("many"), large())


@pytest.mark.parametrize(("look", "width"), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)])
def test_it_looks_like_this(look: str, width: int, browser: Browser, long: Path, tmp_path: Path) -> None:
    """Each part in light, dark and narrow; no part is wider than the window. So is the list of jobs."""
    with opened(browser, long, scheme=look, width=width) as tab:
        for part in ("summary", "workloads", "age", "compare"):
            tab.evaluate(f"document.getElementById('{part}').scrollIntoView()")
            shoot(tab, f"history-{look}-{width}-{part}")
        shoot(tab, f"history-{look}-{width}-whole", whole=True)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    jobs = (wandering(), wandering(60, 3, job="test"), chronicle(told(), job="one"), chronicle(job="new"))
    with opened(browser, written(tmp_path, *jobs), scheme=look, width=width) as tab:
        shoot(tab, f"history-{look}-{width}-jobs", whole=True)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


READ = """() => {
    const ids = (kind) => {
        const list = document.querySelector(`[data-kind="${kind}"]`);
        return list ? [...list.children].map((each) => each.dataset.id).sort() : [];
    };
    const kinds = ["come", "gone", "altered", "workloads-added", "workloads-removed",
        "resources-added", "resources-removed", "resources-changed"];
    return {
        ...Object.fromEntries(kinds.map((kind) => [kind, ids(kind)])),
        open: [...document.querySelectorAll('[data-kind="gone"] > li')]
            .filter((each) => [...each.querySelectorAll(".standing")].some((one) => one.textContent === "not resolved"))
            .map((each) => each.dataset.id).sort(),
        unkept: document.querySelectorAll(".unkept").length,
        said: document.getElementById("said").textContent,
        hash: document.getElementById("c-link").getAttribute("href"),
    };
}"""
"""What a person reads between the two runs that are chosen."""
CHOOSE = """([from, to]) => {
    document.getElementById("c-from").value = from;
    document.getElementById("c-to").value = to;
    document.getElementById("c-to").dispatchEvent(new Event("input", { bubbles: true }));
}"""


def not_resolved(whole: Chronicle, one: int, other: int) -> list[str]:
    """Return the ids of what is gone between two steps, and stands open: its workload was not looked at since."""
    still_open: set[str] = set()
    for step in whole.steps[: other + 1]:
        audited = {each.id for each in step.detail.workloads}
        known = {life.finding.id: life.finding.workload for life in whole.lives}
        still_open = {each for each in still_open if known[each] not in audited}
        still_open |= {each.id for each in step.detail.findings}
    return sorted(each.id for each in difference(whole, one, other).gone if each.id in still_open)


def read_as(found: RunDifference) -> dict[str, Any]:
    """Return what the page should show of a difference, as `READ` reads it."""
    kept = found.resources_added is not None
    return {
        "come": sorted(each.id for each in found.come),
        "gone": sorted(each.id for each in found.gone),
        "altered": sorted(each.id for each, _ in found.altered),
        "workloads-added": sorted(found.workloads_added),
        "workloads-removed": sorted(found.workloads_removed),
        "resources-added": sorted(found.resources_added or ()),
        "resources-removed": sorted(found.resources_removed or ()),
        "resources-changed": sorted(found.resources_changed or ()),
        "unkept": 0 if kept else 1,
    }


def test_any_two_runs_are_compared_as_the_model_says(browser: Browser, page: Path, sample: Chronicle) -> None:
    """For every pair, either way round, the page shows exactly what differs, and the link that leads there."""
    with opened(browser, page) as tab:
        for one, other in combinations(range(len(sample.steps)), 2):
            ids = [sample.steps[each].detail.run.id for each in (one, other)]
            wanted = read_as(difference(sample, one, other))
            wanted["open"] = not_resolved(sample, one, other)
            for pair in (ids, ids[::-1]):
                tab.evaluate(CHOOSE, list(map(str, pair)))
                found = tab.evaluate(READ)
                assert {key: found[key] for key in wanted} == wanted, ids
                assert found["hash"] == f"#compare={ids[0]}..{ids[1]}"
                said = (f"{len(wanted[each])} {each}" for each in ("gone",) if wanted[each])
                assert all(each in found["said"] for each in said)


def test_what_a_finding_says_otherwise_is_shown(browser: Browser, page: Path, sample: Chronicle) -> None:
    """Of each finding in both runs, exactly the fields that differ, each with what it was and what it is."""
    fields = {"level": "Level", "message": "Message", "waiver": "Waiver", "evidence": "Evidence"}
    fields |= {"requirements": "Requirements", "fix": "How to fix it", "title": "Title"}
    with opened(browser, page) as tab:
        checked = 0
        for one, other in combinations(range(len(sample.steps)), 2):
            tab.evaluate(CHOOSE, [str(sample.steps[each].detail.run.id) for each in (one, other)])
            for before, after in difference(sample, one, other).altered:
                item = tab.locator(f'[data-kind="altered"] > [data-id="{before.id}"]')
                wanted = {label for name, label in fields.items() if getattr(before, name) != getattr(after, name)}
                assert set(item.locator("dt").all_text_contents()) == wanted
                if before.message != after.message:
                    message = item.locator("dt", has_text="Message").locator("+ dd")
                    assert message.locator("del").text_content() == f"before: {before.message}"
                    assert message.locator("ins").text_content() == f"now: {after.message}"
                checked += 1
        assert checked > 20


def test_the_two_newest_are_compared_first(browser: Browser, page: Path, sample: Chronicle) -> None:
    """Without a choice; and choosing one with the keyboard changes the address, for a link to send."""
    last = len(sample.steps) - 1
    with opened(browser, page) as tab:
        found = tab.evaluate(READ)
        wanted = read_as(difference(sample, last - 1, last))
        assert {key: found[key] for key in wanted} == wanted
        assert tab.evaluate("location.hash") == ""
        tab.locator("#c-from").focus()
        tab.keyboard.press("ArrowDown")
        expect(tab.locator("#said")).to_contain_text(f"From run {last - 1} of")
        assert tab.evaluate("location.hash") == f"#compare={last - 1}..{last + 1}"


def test_a_link_leads_to_a_comparison(browser: Browser, page: Path, sample: Chronicle) -> None:
    """The fragment chooses both runs, at once and later; runs that are not there are named, and nothing breaks."""
    wanted = read_as(difference(sample, 1, 4))
    with opened(browser, page, part="#compare=2..5") as tab:
        found = tab.evaluate(READ)
        assert {key: found[key] for key in wanted} == wanted
        expect(tab.locator("#h-compare")).to_be_in_viewport()
        tab.evaluate("location.hash = '#compare=5..3'")
        expect(tab.locator("#said")).to_contain_text("From run 3 of")
        tab.evaluate("location.hash = '#compare=3..900'")
        expect(tab.locator("#said")).to_contain_text("Run 900 is not on this page")
        expect(tab.locator("#difference")).to_be_empty()
        tab.evaluate("location.hash = '#compare=%'")
        tab.evaluate("location.hash = '#compare=4..4'")
        expect(tab.locator("#said")).to_have_text("Run 4 twice: nothing differs.")


def test_what_hinders_a_comparison_is_said(browser: Browser, page: Path) -> None:
    """A run that was incomplete, and a snapshot that is not kept: run 4 and run 3 of the sample."""
    with opened(browser, page, part="#compare=4..5") as tab:
        expect(tab.locator("#difference .caution")).to_contain_text("Incomplete: run 4 could not read")
        tab.evaluate("location.hash = '#compare=3..5'")
        expect(tab.locator("#difference .caution")).to_have_count(0)
        expect(tab.locator(".unkept")).to_have_text(
            "Resources cannot be compared: the snapshot of one of the two is not kept."
        )


def test_other_editions_are_said(browser: Browser, tmp_path: Path) -> None:
    """Where the documents changed between two runs, the page says so before anybody takes it for a change in Azure."""
    one, other = told(), told(number=2)
    newer = tuple(replace(each, edition="2026-01-01", revision=None) for each in other.detail.packs)
    whole = chronicle(one, replace(other, detail=replace(other.detail, packs=newer)))
    with opened(browser, written(tmp_path, whole)) as tab:
        caution = tab.locator("#difference .caution")
        expect(caution).to_contain_text(
            "Other editions of the documents: ase-management-addresses 2018-06-12.r2 (public)"
        )
        expect(caution).to_contain_text("ase-v2 2026-01-01 (public) after. What differs may come from them.")


def test_tables_are_filtered(browser: Browser, long: Path) -> None:
    """By part of a name; how many are shown is said, and clearing brings all back."""
    with opened(browser, long) as tab:
        form = tab.locator("form[data-filters=workloads]")
        rows = tab.locator("#t-workloads tbody tr:not([hidden])")
        form.get_by_role("searchbox").fill("ASE-00")
        expect(form.get_by_role("status")).to_have_text("10 of 12 shown")
        expect(rows).to_have_count(10)
        form.get_by_role("searchbox").fill("")
        expect(rows).to_have_count(12)
        ages = tab.locator("form[data-filters=ages]")
        ages.get_by_role("searchbox").fill("bypass")
        expect(ages.get_by_role("status")).to_contain_text("0 of ")
        ages.get_by_role("searchbox").fill("past the firewall")
        expect(ages.get_by_role("status")).not_to_contain_text("0 of ")


@pytest.mark.parametrize("look", ["light", "dark"])
def test_it_keeps_the_guidelines_for_accessibility(look: str, browser: Browser, page: Path, tmp_path: Path) -> None:
    """axe-core finds nothing against WCAG 2.2 A and AA, nor against good practice, on either kind of page."""
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    for file in (page, written(tmp_path, wandering(), wandering(3, 2, job="test"))):
        with opened(browser, file, scheme=look, foreign=True) as tab:
            tab.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
            found = Axe().run(tab, options=rules).response

            assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []
            assert len(found["passes"]) > 20


OVERLAPS = """() => {
    const found = [...document.querySelectorAll(".chart text")];
    const boxes = found.map((each) => [each.textContent, each.getBoundingClientRect()]);
    const meets = (from, to, start, end) => from < end - 2 && start < to - 2;
    const covers = (one, other) => meets(one.left, one.right, other.left, other.right)
        && meets(one.top, one.bottom, other.top, other.bottom);
    return boxes.flatMap(([text, box], at) => boxes.slice(at + 1)
        .filter(([, other]) => covers(box, other)).map(([other]) => [text, other]));
}"""
"""Labels of a chart of which one covers the other."""


@pytest.mark.parametrize("look", ["light", "dark"])
def test_labels_of_the_chart_can_be_read(look: str, browser: Browser, long: Path) -> None:
    """All text of the chart has at least 4.5:1 to the card below it, and no label covers another."""
    with opened(browser, long, scheme=look) as tab:
        found = tab.evaluate(CONTRAST, ".chart > text")

        assert len(found) > 15
        assert [each for each in found if each[1] < 4.5] == []
        assert tab.evaluate(OVERLAPS) == []


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_what_has_the_focus_is_never_covered(key: str, browser: Browser, page: Path) -> None:
    """Forth and back through the whole page, no bar that stays in place covers what has the focus."""
    with opened(browser, page) as tab:
        covered = []
        for _ in range(30):
            tab.keyboard.press(key)
            covered.append(tab.evaluate(HIDDEN))

        assert [each for each in covered if each] == []


def test_theme_can_be_chosen(browser: Browser, page: Path) -> None:
    """By the button that the report has, too."""
    with opened(browser, page) as tab:
        ground = "getComputedStyle(document.body).backgroundColor"
        light = tab.evaluate(ground)
        tab.get_by_role("button", name="Theme").click()

        assert tab.evaluate(ground) != light


def test_without_scripts_all_tables_are_there(browser: Browser, page: Path) -> None:
    """Trend, workloads, checks and ages can be read; for a comparison the command is named instead."""
    with opened(browser, page, scripts=False) as tab:
        expect(tab.locator(".chart")).to_be_visible()
        expect(tab.locator("#t-workloads tbody tr")).to_have_count(5)
        tab.locator("details.fold > summary").first.click()
        expect(tab.get_by_role("region", name="Table of runs").locator("tbody tr")).to_have_count(8)
        expect(tab.locator("#t-ages")).to_be_visible()
        expect(tab.locator("#choice")).to_be_hidden()
        expect(tab.locator(".unready code")).to_have_text("auditor history diff 7 8")


def test_on_paper(browser: Browser, page: Path) -> None:
    """Printed, everything is unfolded on white, nothing is wider than A4, and fields for choosing are left out."""
    with opened(browser, page, scheme="dark", width=688) as tab:
        tab.emulate_media(media="print")
        wide, sheet = tab.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        shoot(tab, "history-paper", whole=True)

        assert wide <= sheet
        assert tab.evaluate(UNSEEN) == []
        expect(tab.locator("#choice")).to_be_hidden()
        expect(tab.locator("#said")).to_be_visible()
        assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_from_the_list_of_jobs_to_a_job_and_back(browser: Browser, tmp_path: Path) -> None:
    """By links between files, without a server."""
    first = written(tmp_path, wandering(), wandering(3, 2, job="Prod West"))
    with opened(browser, first.with_name(file_of("Prod West"))) as tab:
        expect(tab.locator("h1")).to_contain_text("Prod West: ")
        expect(tab.get_by_role("link", name="All jobs")).to_have_attribute("href", FIRST_PAGE)
    with opened(browser, first) as tab:
        expect(tab.get_by_role("link", name="Prod West")).to_have_attribute("href", file_of("Prod West"))
        expect(tab.get_by_role("button", name="Theme")).to_be_visible()


@pytest.mark.parametrize("whole", [chronicle(), chronicle(told())], ids=["no run", "one run"])
def test_short_histories_open_without_complaint(whole: Chronicle, browser: Browser, tmp_path: Path) -> None:
    """A job without a run, and one with a single run."""
    with opened(browser, written(tmp_path, whole)) as tab:
        expect(tab.locator("h1")).to_be_visible()
        expect(tab.locator("#choice")).to_have_count(0)
        shoot(tab, f"history-of-{len(whole.steps)}", whole=True)


@pytest.mark.parametrize("start", range(0, len(NAUGHTY), 4))
def test_hostile_names_run_nothing(start: int, browser: Browser, tmp_path: Path) -> None:
    """Whatever the names: no dialog, no error, no violation, no request, and each is shown in the comparison."""
    names = [*NAUGHTY[start:], *NAUGHTY[:start]]
    with opened(browser, written(tmp_path, hostile(*names)), part="#compare=1..2", width=390) as tab:
        items = tab.locator('[data-kind="altered"] > li')
        expect(items).to_have_count(len(names))
        shown = {plain(each).encode("utf-8", "backslashreplace").decode() for each in names}
        assert set(items.locator("b").all_text_contents()) == shown
        assert {each.removeprefix("now: ") for each in items.locator("ins").all_text_contents()} >= shown
        expect(tab.locator('[data-kind="resources-changed"] > li')).to_have_count(len(names))
        assert tab.evaluate("document.querySelectorAll('img, iframe, base, link, object, embed').length") == 0
        assert tab.evaluate("document.querySelectorAll('script').length") == 2
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
        tab.locator("form[data-filters=ages] input").fill("<script>alert(1)")
        expect(tab.locator("#t-ages tbody tr:not([hidden])")).to_have_count(1)


def test_two_hundred_workloads_and_a_hundred_runs(browser: Browser, many: Path) -> None:
    """Opening the page, filtering and comparing the first run with the last keep a busy machine for seconds at most."""
    with opened(browser, many) as tab:
        with busy(tab) as loading:
            tab.reload()
        with busy(tab) as comparing:
            tab.evaluate(CHOOSE, ["1", "100"])
        with busy(tab) as filtering:
            tab.locator("form[data-filters=workloads] input").fill("ase-17")
            expect(tab.locator("#t-workloads tbody tr:not([hidden])")).to_have_count(10)
        shoot(tab, "history-large")
        more = tab.locator('[data-kind="come"] + button.more')
        if more.is_visible():
            more.click()

        assert max(loading[0], comparing[0], filtering[0]) < 5  # a guard for busy machines
        assert tab.locator('[data-kind="come"] > li').count() > 100


def test_a_long_list_grows_by_a_button(browser: Browser, tmp_path: Path) -> None:
    """Not everything is shown at once, how much there is is said, and all of it can be had."""
    whole = wandering(2, 300, rate=0.9)
    wanted = read_as(difference(whole, 0, 1))
    with opened(browser, written(tmp_path, whole)) as tab:
        items = tab.locator('[data-kind="gone"] > li')
        expect(items).to_have_count(200)
        more = tab.locator('[data-kind="gone"] + button.more')
        for _ in range(len(wanted["gone"]) // 200):
            more.click()
        expect(more).to_be_hidden()
        assert tab.evaluate(READ)["gone"] == wanted["gone"]
