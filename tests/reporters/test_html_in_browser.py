"""The HTML report in real Chromium: filters, folding, drawings, keyboard, paper, hostile names, and 5,000 findings.

What is seen is kept as screenshots in out/screenshots. See `tests.reporters.browser` for machines without Chromium.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it has no types
from playwright.sync_api import Browser, Locator, expect
from playwright.sync_api import Page as Tab

from auditor.reporters import html
from tests.cli.program import CHECKOUT, call
from tests.reporters.browser import SCREENSHOTS, busy, chromium, opened, shoot
from tests.reporters.cases import CASES
from tests.reporters.naughty import naughty, strings
from tests.reporters.networks import DRAWN, NAUGHTY, all_hostile
from tests.reporters.situations import situation

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this file."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on the violating example, as the command writes it."""
    file = tmp_path_factory.mktemp("html") / "example.html"
    done = call("audit", "rules/examples/violating", "--format", "html", "-o", str(file))
    assert (done.code, done.err) == (1, "")
    return file


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of 5,000 findings of copies of the violating example: see `rendered`."""
    return rendered(tmp_path_factory.mktemp("html") / "many.html", "large")


@pytest.fixture(scope="module")
def scattered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of 5,000 workloads with a finding each: see `rendered`."""
    return rendered(tmp_path_factory.mktemp("html") / "scattered.html", "spread")


def rendered(file: Path, kind: str) -> Path:
    """Return the file of a large report, rendered by a process of its own that says what it took.

    A shell stands between: on Linux the peak of a process is never less than that of the one that started it.
    """
    script = (
        "import resource, sys, time\n"
        "from auditor.reporters import html\n"
        "from tests.reporters import large\n"
        f"report = large.{kind}()\n"
        "start = time.process_time()\n"
        "text = html.render(report)\n"
        "print(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
        f"open({str(file)!r}, 'w', encoding='utf-8').write(text)\n"
    )
    command = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", script]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    file.with_suffix(".txt").write_text(done.stdout, encoding="utf-8")
    return file


def written(folder: Path, name: str, text: str) -> Path:
    """Write a page and return its file."""
    file = folder / f"{name}.html"
    file.write_text(text, encoding="utf-8")
    return file


def shown(tab: Tab) -> Locator:
    """Return the findings that are not filtered away."""
    return tab.locator("details.finding:not([hidden])")


@pytest.mark.parametrize(("ci", "what"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_a_machine_without_chromium_says_so(
    ci: str, what: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """There these tests are skipped with what to install; in CI they fail, so that nobody takes them for passed."""
    monkeypatch.setattr("tests.reporters.browser.CHROMIUM", None)
    monkeypatch.setenv("CI", ci)

    with pytest.raises(what, match="apt-get install chromium"), chromium():
        pass


@pytest.mark.parametrize(("look", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
def test_it_looks_like_this(look: str, width: int, browser: Browser, example: Path) -> None:
    """Summary, a finding and a network, in light, dark and narrow; no part is wider than the window."""
    name = f"{look}-{width}"
    with opened(browser, example, scheme=look, width=width) as tab:
        shoot(tab, f"{name}-summary")
        tab.locator("details.finding", has_text="ase-denied").first.locator("> summary").click()
        tab.locator("#findings").scroll_into_view_if_needed()
        tab.evaluate("document.querySelector('details.finding[open]').scrollIntoView()")
        shoot(tab, f"{name}-finding")
        tab.goto(f"{example.resolve().as_uri()}#network-0")
        tab.reload()
        shoot(tab, f"{name}-network")
        shoot(tab, f"{name}-whole", whole=True)

        assert tab.evaluate("document.documentElement.scrollWidth") <= width


EVERYTHING = """() => {
    for (const each of document.querySelectorAll("details.finding, details.place")) {
        each.open = true;
        each.dispatchEvent(new Event("toggle"));
    }
    for (const each of document.querySelectorAll(".flows button")) each.click();
}"""
"""Opens every finding and every network, and follows every flow."""


@pytest.mark.parametrize("name", CASES)
def test_shared_cases_open_without_complaint(name: str, browser: Browser, tmp_path: Path) -> None:
    """Every shared case is shown, all in it opened and followed, with nothing on the console and no request."""
    with opened(browser, written(tmp_path, name, html.render(CASES[name]))) as tab:
        expect(tab.locator("h1")).to_be_visible()
        shoot(tab, f"case-{name}", whole=True)
        tab.evaluate(EVERYTHING)


def test_filters(browser: Browser, example: Path) -> None:
    """By level, check, workload and text, together; how many are shown is said; clearing brings all back."""
    with opened(browser, example) as tab:
        total = shown(tab).count()
        status = tab.locator("#shown")
        tab.get_by_label("warning").uncheck()
        tab.get_by_label("note").uncheck()
        expect(status).to_have_text(f"21 of {total} findings shown")
        tab.locator("#f-check").select_option("blocked-by-nsg")
        expect(shown(tab)).to_have_count(1)
        tab.get_by_role("button", name="Clear").click()
        expect(shown(tab)).to_have_count(total)
        tab.locator("#f-workload").select_option(label="ase-denied")
        expect(shown(tab)).to_have_count(1)
        tab.get_by_role("button", name="Clear").click()
        tab.get_by_role("searchbox", name="Text").fill("fqdn:crl3.digicert.com:80")
        expect(shown(tab)).not_to_have_count(total)
        assert "crl3.digicert.com" in (shown(tab).first.text_content() or "")
        tab.get_by_role("searchbox", name="Text").fill("no finding says this")
        expect(status).to_have_text(f"0 of {total} findings shown")


def test_the_overview_leads_to_the_findings(browser: Browser, example: Path) -> None:
    """A check in the overview, and the number at a workload, show just those findings."""
    with opened(browser, example) as tab:
        tab.get_by_role("link", name="Documented FQDN tag not allowed for the whole subnet").first.click()
        expect(shown(tab)).to_have_count(3)
        tab.get_by_role("link", name="findings of ase-tunnel").click()
        assert {each.text_content() for each in shown(tab).locator("> summary .where").all()} == {"ase-tunnel"}


def test_a_failed_flow_is_followed_on_the_drawing(browser: Browser, example: Path) -> None:
    """Opening a finding shows its first flow; choosing another shows its hops, numbered alike in words and drawing."""
    with opened(browser, example) as tab:
        finding = tab.locator("details.finding", has_text="ase-denied").first
        finding.locator("> summary").click()
        drawing = finding.locator("svg.network")
        expect(drawing.locator(".mark")).to_have_count(3)
        flow = finding.locator(".flows button", has_text=":crl.microsoft.com")
        flow.click()

        expect(flow).to_have_attribute("aria-pressed", "true")
        expect(finding.locator(".told")).to_contain_text("denies crl.microsoft.com")
        expect(finding.locator(".hops .hop")).to_have_count(3)
        expect(drawing.locator(".mark text")).to_have_text(["1", "2", "3"])
        expect(drawing.locator(".box.hit-block .title")).to_have_text("fw-hub")
        assert drawing.locator(".trail path").count() == 2


def test_every_flow_that_does_not_pass_can_be_chosen(browser: Browser, example: Path) -> None:
    """For every workload, every requirement that is not met is listed; each with hops is drawn, and ends somewhere."""
    script = """() => {
        const data = JSON.parse(document.getElementById("data").textContent);
        const wrong = [];
        const settings = /[/](fqdn-tag|firewall|route|route-table|service-endpoint|rule)[:@]/;
        for (const place of document.querySelectorAll("details.place")) {
            place.open = true;
            place.dispatchEvent(new Event("toggle"));
            const own = (data.lists[data.workloads[Number(place.dataset.workload)]] || [])
                .map((at) => data.flows[at]);
            const buttons = [...place.querySelectorAll(".flows button")];
            if (buttons.length !== own.length) wrong.push(`${place.id}: ${buttons.length} of ${own.length} listed`);
            buttons.forEach((button, at) => {
                button.click();
                if (own[at].at(-1) < 0 && settings.test(data.words[own[at][0]])) return;
                const marks = place.querySelectorAll("svg .mark").length;
                const hops = place.querySelectorAll(".hop").length;
                if (!marks || marks !== hops) wrong.push(`${button.textContent}: ${marks} of ${hops} drawn`);
            });
        }
        return wrong;
    }"""
    with opened(browser, example) as tab:
        assert tab.evaluate(script) == []


def test_no_line_of_a_request_crosses_a_firewall(browser: Browser, tmp_path: Path) -> None:
    """A request that comes in straight is drawn past the firewall that only its reply goes to."""
    audited = situation("a default route alone")
    whole = replace(DRAWN, workloads=audited.workloads, results=audited.results, findings=audited.findings)
    script = """(svg) => {
        const line = svg.querySelector(".trail .forward");
        const box = svg.querySelector(".box.k-firewall rect").getBBox();
        const points = Array.from({ length: 400 }, (_, at) => line.getPointAtLength(line.getTotalLength() * at / 399));
        const inside = (p) => p.x > box.x && p.x < box.x + box.width && p.y > box.y && p.y < box.y + box.height;
        return points.some(inside);
    }"""
    with opened(browser, written(tmp_path, "astray", html.render(whole))) as tab:
        place = tab.locator("#network-0")
        place.locator(".flows button", has_text="management-source").first.click()

        assert place.locator("svg.network").evaluate(script) is False
        expect(place.locator(".box.hit-block .title")).to_have_text("fw-hub")


def test_a_narrow_window_shows_where_a_flow_stops(browser: Browser, example: Path) -> None:
    """On a phone the drawing scrolls by itself to the hop that stops the chosen flow."""
    with opened(browser, example, width=390) as tab:
        finding = tab.locator("details.finding", has_text="ase-denied").first
        finding.locator("> summary").click()
        finding.locator(".flows button", has_text=":crl.microsoft.com").click()

        expect(finding.locator(".box.hit-block")).to_be_in_viewport()
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_keyboard_alone(browser: Browser, example: Path) -> None:
    """Skip link, filter, finding and flow are reached and used without a pointer, and focus is always seen."""
    with opened(browser, example) as tab:
        tab.keyboard.press("Tab")
        expect(tab.get_by_role("link", name="Skip to the findings")).to_be_focused()
        tab.keyboard.press("Enter")
        tab.get_by_role("searchbox", name="Text").focus()
        tab.keyboard.type("ase-denied")
        expect(shown(tab)).to_have_count(1)
        shown(tab).locator("> summary").focus()
        tab.keyboard.press("Enter")
        flow = shown(tab).locator(".flows button").nth(1)
        flow.focus()
        tab.keyboard.press("Space")
        expect(flow).to_have_attribute("aria-pressed", "true")
        assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_screen_readers_hear_what_is_drawn(browser: Browser, example: Path) -> None:
    """Everything that takes input has a name, drawings say the same in words, and changes are announced."""
    with opened(browser, example, part="#network-0") as tab:
        unnamed = """() => [...document.querySelectorAll("button, input, select, a, summary, svg[role], [role=region]")]
            .filter((each) => !(each.textContent.trim() || each.getAttribute("aria-label") || each.labels?.length))
            .map((each) => each.outerHTML.slice(0, 80))"""
        place = tab.locator("#network-0")
        place.locator(".words > summary").click()

        assert tab.evaluate(unnamed) == []
        expect(place.locator(".words")).to_contain_text("Azure Firewall fw-hub")
        expect(place.locator("[aria-live]")).to_have_count(1)
        assert tab.locator("html").get_attribute("lang") == "en"
        assert [each.inner_text()[:1] for each in tab.locator("h1").all()] == ["N"]


@pytest.mark.parametrize(("case", "look"), [("example", "light"), ("drawn", "dark")])
def test_it_keeps_the_guidelines_for_accessibility(
    case: str, look: str, browser: Browser, example: Path, tmp_path: Path
) -> None:
    """axe-core finds nothing against WCAG 2.2 A and AA, nor against good practice, in light and dark, folded or not."""
    file = example if case == "example" else written(tmp_path, "drawn", html.render(DRAWN))
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    with opened(browser, file, scheme=look, foreign=True) as tab:
        tab.locator("details.finding > summary").first.click()
        for each in ("details.finding", "details.place"):
            tab.evaluate(
                f"[...document.querySelectorAll('{each}')].slice(0, 2).forEach((one) => {{ one.open = true; }})"
            )
        found = Axe().run(tab, options=rules).response

        assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []
        assert len(found["passes"]) > 30


def test_theme_can_be_chosen(browser: Browser, example: Path) -> None:
    """The button goes from the system's look to dark and light, whatever the system says."""
    with opened(browser, example) as tab:
        ground = "getComputedStyle(document.body).backgroundColor"
        light = tab.evaluate(ground)
        tab.get_by_role("button", name="Theme").click()
        dark = tab.evaluate(ground)
        tab.get_by_role("button", name="Theme: dark").click()

        assert dark != light == tab.evaluate(ground)


def test_a_link_to_a_finding_opens_it(browser: Browser, example: Path) -> None:
    """A fragment with the id of a finding leads to it, unfolded: so that a ticket can point there."""
    with opened(browser, example, part="#finding-3e0f02298fa445e0") as tab:
        expect(tab.locator("#finding-3e0f02298fa445e0")).to_have_attribute("open", "")
        expect(tab.locator("#finding-3e0f02298fa445e0 svg.network")).to_be_in_viewport()


def test_without_scripts_all_is_there(browser: Browser, example: Path) -> None:
    """Where scripts are not allowed, as on many build servers, findings, requirements and drawings can be read."""
    with opened(browser, example, scripts=False) as tab:
        finding = tab.locator("details.finding", has_text="ase-denied").first
        finding.locator("> summary").click()
        finding.locator(".requirements > summary").click()

        expect(finding.locator(".requirements .lines")).to_contain_text("fqdn:crl.microsoft.com:80")
        expect(tab.locator("#filters")).to_be_hidden()
        tab.locator("#network-2 > summary").click()
        expect(tab.locator("#network-2 svg.network")).to_be_visible()


UNSEEN = """() => [...document.querySelectorAll("dd, .lines, .same, figure, .words li, td")]
    .filter((each) => !each.closest("[hidden]") && !each.checkVisibility({ contentVisibilityAuto: true }))
    .map((each) => each.textContent.trim().slice(0, 40))"""
"""What is not to be seen of what a report tells, folded or not."""


def test_on_paper(browser: Browser, tmp_path: Path) -> None:
    """Printed, everything is unfolded on white, and what only works on a screen is left out."""
    with opened(browser, written(tmp_path, "drawn", html.render(DRAWN)), scheme="dark") as tab:
        assert len(tab.evaluate(UNSEEN)) > 10
        tab.emulate_media(media="print")

        assert tab.evaluate(UNSEEN) == []
        expect(tab.locator("#network-2 svg.network")).to_be_visible()
        expect(tab.locator("#filters")).to_be_hidden()
        expect(tab.locator(".flows").first).to_be_hidden()
        assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        shoot(tab, "paper", whole=True)
        assert tab.pdf(path=SCREENSHOTS / "paper.pdf", prefer_css_page_size=True).startswith(b"%PDF")
        assert tab.locator("details[open]").count() == 3  # the networks of a small report


CONTRAST = """(selector) => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    function light(...colours) {
        canvas.clearRect(0, 0, 1, 1);
        for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
            .map((each) => each / 255)
            .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    }
    function ratio(ground, ...over) {
        const [low, high] = [light(...ground), light(...ground, ...over)].sort((one, other) => one - other);
        return (high + 0.05) / (low + 0.05);
    }
    const faded = (colour, share) => `color-mix(in srgb, ${colour} ${100 * share}%, transparent)`;
    function opacity(element) {
        let share = 1;
        for (let at = element; at; at = at.parentElement) share *= Number(getComputedStyle(at).opacity);
        return share;
    }
    const card = getComputedStyle(document.querySelector(".card, .verdict")).backgroundColor;
    const below = (element) => {
        const rect = element.parentElement.querySelector("rect, circle");
        return rect ? [card, getComputedStyle(rect).fill] : [card];
    };
    return [...document.querySelectorAll(selector)].map((each) => {
        const style = getComputedStyle(each);
        const least = each instanceof SVGElement
            ? ratio(below(each), faded(style.fill, opacity(each)))
            : Math.min(ratio([card], style.borderTopColor), ratio([style.backgroundColor], style.borderTopColor));
        return [each.textContent.trim().slice(0, 40), Math.round(100 * least) / 100];
    });
}"""
"""The contrast of text in a drawing, or of the border of a field, with what is below it, as WCAG 2.2 counts it."""


@pytest.mark.parametrize("look", ["light", "dark"])
def test_what_a_flow_does_not_touch_can_still_be_read(look: str, browser: Browser, example: Path) -> None:
    """While a flow is shown on a drawing, the rest is dimmed, and all text has at least 4.5:1 to what is below it."""
    with opened(browser, example, scheme=look) as tab:
        for finding in tab.locator("details.finding").all()[:6]:
            finding.locator("> summary").click()
        found = tab.evaluate(CONTRAST, "details.finding svg.showing text")

        assert len(found) > 50
        assert [each for each in found if each[1] < 4.5] == []


@pytest.mark.parametrize("look", ["light", "dark"])
def test_fields_stand_out(look: str, browser: Browser, example: Path) -> None:
    """The border by which a field is known has at least 3:1 to both of its sides."""
    with opened(browser, example, scheme=look) as tab:
        found = tab.evaluate(CONTRAST, "#filters input[type=search], #filters select, #filters button")

        assert len(found) == 5
        assert [each for each in found if each[1] < 3] == []


HIDDEN = """() => {
    const focused = document.activeElement;
    const place = focused.getBoundingClientRect();
    const x = Math.min(innerWidth - 2, Math.max(1, place.left + Math.min(place.width / 2, 60)));
    const seen = [0.2, 0.5, 0.8].some((share) => {
        const there = document.elementFromPoint(x, place.top + place.height * share);
        return there && (focused.contains(there) || there.closest("label")?.contains(focused));
    });
    return seen ? "" : `${focused.tagName} ${focused.className} ${focused.textContent.trim().slice(0, 40)}`;
}"""
"""What has the focus and cannot be seen, or ""."""


@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_what_has_the_focus_is_never_covered(key: str, browser: Browser, example: Path) -> None:
    """Forth and back through the whole page, no bar that stays in place covers what has the focus (WCAG 2.4.11)."""
    with opened(browser, example) as tab:
        covered = []
        for _ in range(120):
            tab.keyboard.press(key)
            covered.append(tab.evaluate(HIDDEN))

        assert [each for each in covered if each] == []


def test_it_fits_on_paper(browser: Browser, example: Path) -> None:
    """In print, nothing is wider than a sheet of A4 between its margins, which Chromium would shrink everything for."""
    with opened(browser, example, width=688) as tab:
        tab.emulate_media(media="print")
        wide, sheet = tab.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")

        assert wide <= sheet


@pytest.mark.parametrize("part", ["#%", "#%E0%A4", "#nothing-there"])
def test_a_fragment_that_leads_nowhere_does_no_harm(part: str, browser: Browser, example: Path) -> None:
    """The page works on: its theme can be chosen, its findings filtered."""
    with opened(browser, example, part=part) as tab:
        expect(tab.get_by_role("button", name="Theme")).to_be_visible()
        tab.get_by_label("note").uncheck()
        expect(tab.locator("#shown")).to_contain_text(" of ")
        assert tab.locator("html.ready").count() == 1


def test_the_button_says_what_it_will_do(browser: Browser, example: Path) -> None:
    """It folds what is unfolded, and says so, whatever was filtered, cleared or folded by hand in between."""
    with opened(browser, example) as tab:
        button = tab.locator("#unfold")
        button.click()
        expect(button).to_have_text("Fold")
        tab.locator("#f-check").select_option("blocked-by-nsg")
        expect(button).to_have_text("Fold")
        button.click()
        expect(button).to_have_text("Unfold")
        tab.get_by_role("button", name="Clear").click()
        expect(button).to_have_text("Unfold")
        button.click()
        expect(button).to_have_text("Fold")
        shown(tab).first.locator("> summary").click()
        expect(button).to_have_text("Unfold")


def test_requirements_that_findings_share_are_found_in_each(browser: Browser, many: Path) -> None:
    """A list that is written once is searched for, and told, in every finding it belongs to."""
    with opened(browser, many) as tab:
        tab.locator("#f-text").fill("gr-prod-*.cloudapp.net")
        expect(tab.locator("#shown")).not_to_contain_text("5,000 of 5,000")
        same = shown(tab).locator(".same")
        assert same.count() > 500
        finding = tab.locator("details.finding:not([hidden])", has=tab.locator(".same")).first
        finding.locator("> summary").click()
        assert finding.locator(".flows button").count() > 12
        assert "gr-prod-*.cloudapp.net" in (finding.locator(".flows").text_content() or "")


@pytest.mark.parametrize("start", range(0, len(strings()), 128))
def test_naughty_strings_run_nothing(start: int, browser: Browser, tmp_path: Path) -> None:
    """The public list of naughty strings as names in findings, networks, hops and traces: nothing of it runs."""
    names = strings()[start : start + 128]
    with opened(browser, written(tmp_path, "naughty", html.render(naughty(*names)))) as tab:
        expect(tab.locator("details.finding")).to_have_count(len(names))
        tab.evaluate(EVERYTHING)

        expect(tab.locator("details.finding svg.network")).to_have_count(len(names))
        expect(tab.locator("details.finding ol.hops:not(.reply) .hop")).to_have_count(2 * len(names))
        assert tab.locator("details.finding svg .mark").count() >= 2 * len(names)
        tab.get_by_role("searchbox", name="Text").fill("<script>")


def test_hostile_names_run_nothing(browser: Browser, tmp_path: Path) -> None:
    """Whatever the names, all on one page: no dialog, no error, no violation, no request, and each is shown."""
    with opened(browser, written(tmp_path, "hostile", html.render(all_hostile()))) as tab:
        for each in ("details.finding", "details.place"):
            assert (
                tab.evaluate(f"document.querySelectorAll('{each}').forEach((each) => {{ each.open = true; }})") is None
            )
        expect(tab.locator(".place .flows button")).to_have_count(len(NAUGHTY))
        tab.evaluate("document.querySelectorAll('.flows button').forEach((each) => each.click())")
        search = tab.get_by_role("searchbox", name="Text")
        for name in ("<script>alert(1)", "__proto__", "{{ 7 * 7 }}"):
            search.fill(name)
            expect(shown(tab)).to_have_count(1)
            expect(shown(tab).locator("> summary b")).to_contain_text(name)
        assert tab.evaluate("document.querySelectorAll('img, iframe, base, link, object, embed').length") == 0
        assert tab.evaluate("document.querySelectorAll('script').length") == 2
        search.fill("<svg onload")
        shoot(tab, "hostile")


@pytest.mark.parametrize("kind", ["many", "scattered"])
def test_rendering_5000_findings_takes_little(kind: str, request: pytest.FixtureRequest) -> None:
    """Under 5 seconds of processor time, and 500 MB with the report itself, for 5,000 findings and 52 flows to each."""
    file: Path = request.getfixturevalue(kind)
    seconds, peak = file.with_suffix(".txt").read_text(encoding="utf-8").split()
    unit = 1 if sys.platform == "darwin" else 1024

    assert float(seconds) < 15  # a guard for busy machines; make bench holds the limit of 5
    assert int(peak) * unit < 500 * MEGABYTE


SETTLED = """async (change) => {
    change();
    await new Promise((resolve) => setTimeout(resolve, 150));
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
}"""
"""Makes a change, and waits until it can be seen; typing is waited for a little before anything happens."""
HELPERS = (
    "const byId = (id) => document.getElementById(id);"
    "const input = (each) => each.dispatchEvent(new Event('input', {bubbles: true}));"
)
CHANGES = {
    "text": "byId('f-text').value = 'login.live.com'; input(byId('f-text'))",
    "workload": "byId('f-workload').value = '17'; input(byId('f-workload'))",
    "check": "byId('f-check').value = 'egress-bypass'; input(byId('f-check'))",
    "level": "document.querySelector('[name=level]').click()",
    "clear": "byId('filters').reset()",
    "finding": "document.querySelector('details.finding summary').click()",
    "network": "document.querySelector('#network-100 summary').click()",
}
"""What a person does to a large report, as a script; `byId` finds an element, `input` tells that it was changed."""


def seconds_of(tab: Tab, change: str) -> float:
    """Return for how long a change keeps a tab busy, up to the next picture."""
    with busy(tab) as taken:
        tab.evaluate(f"({SETTLED})(() => {{{HELPERS}{change}}})")
    return taken[0]


def seconds_to_open(tab: Tab) -> float:
    """Return for how long a tab is busy with opening its file, once more."""
    with busy(tab) as taken:
        tab.reload()
        tab.evaluate(f"({SETTLED})(() => {{}})")
    return taken[0]


@pytest.mark.parametrize("kind", ["many", "scattered"])
def test_5000_findings_open_and_filter_without_freezing(
    kind: str, browser: Browser, request: pytest.FixtureRequest
) -> None:
    """The page is up in seconds, and no filter and no unfolding freezes it: they take a fraction of a second here.

    The limits are those of a freeze, far above what is written beside the screenshots: machines differ, and are busy.
    """
    with opened(browser, request.getfixturevalue(kind)) as tab:
        ready = seconds_to_open(tab)
        expect(shown(tab)).to_have_count(5_000)
        taken = {name: seconds_of(tab, change) for name, change in CHANGES.items()}
        memory = tab.evaluate("performance.memory.usedJSHeapSize")
        shoot(tab, kind)
    said = f"ready {ready:.1f} s, {taken}, {memory:,} bytes\n"
    SCREENSHOTS.joinpath(f"{kind}.txt").write_text(said, encoding="utf-8")

    assert ready < 20
    assert {name: seconds for name, seconds in taken.items() if seconds > 2} == {}
    assert memory < 500 * MEGABYTE


@pytest.mark.parametrize("style", [True, False])
def test_printing_5000_findings_builds_nothing(browser: Browser, many: Path, *, style: bool) -> None:
    """Paper shows all that can be unfolded, and nothing is built for it: no drawing again, no list of flows.

    Style alone unfolds. Where a browser has none for that, elements are unfolded, as long as opening takes a few times.
    """
    without = "CSS.supports = () => false"
    with opened(browser, many, before="" if style else without) as tab:
        ready = seconds_to_open(tab)
        number = "document.querySelectorAll('*').length"
        elements, folded = tab.evaluate(number), tab.locator("details.finding:not([open])").count()
        taken = seconds_of(tab, "window.dispatchEvent(new Event('beforeprint'))")
        built = tab.evaluate(number) - elements
        still = tab.locator("details.finding:not([open])").count()
        tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
        expect(tab.locator("details.finding:not([open])")).to_have_count(folded)

    assert built == 0
    assert (folded, still) == (5_000, 5_000 if style else 0)
    assert taken < (2 if style else 3 * ready)
