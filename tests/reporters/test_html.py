"""The HTML report: whole, self-contained, as approved, and harmless whatever names it shows."""

import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest

from auditor.findings import Report
from auditor.reporters import html, json_report
from auditor.reporters.accepted import became
from auditor.reporters.drawing import WIDTH, draw
from auditor.reporters.places import Places
from auditor.reporters.text import plain
from tests.conftest import Golden
from tests.reporters.accepted_samples import WAIVED
from tests.reporters.cases import CASES, without_style
from tests.reporters.large import large, spread
from tests.reporters.naughty import strings
from tests.reporters.networks import BARE, DRAWN, NAUGHTY, SKETCH, UNREAD, hostile
from tests.reporters.samples import (
    EMPTY,
    FIREWALL_BLOCKS,
    HOSTILE,
    NET,
    ROUTE_TO_FIREWALL,
    TRACE_ASTRAY,
    TRACE_BLOCKED,
    VIOLATING,
    workload,
)
from tests.reporters.test_json_report import check

NAMES = (*NAUGHTY, *filter(None, strings()))
"""Hostile names of our own, and the public list of naughty strings; Azure has no name without a letter."""

VOID = frozenset({"meta", "input", "br", "path", "rect", "use"})


@dataclass
class Page(HTMLParser):
    """A page as a parser that is not ours reads it.

    tags: every start tag with its attributes. texts: what stands in elements, by tag. left: tags without an end.
    """

    markup: str
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read it."""
        super().__init__(convert_charrefs=True)
        self.feed(self.markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.left.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag that ends itself."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Close the element that must be open."""
        assert self.left.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep text with the element it stands in."""
        self.texts.append((self.left[-1] if self.left else "", data))

    def text(self, tag: str) -> list[str]:
        """Return the texts that stand in elements of one kind."""
        return [text for at, text in self.texts if at == tag]

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of all elements of one kind."""
        return [attributes for name, attributes in self.tags if name == tag]


def data_of(page: Page) -> dict[str, Any]:
    """Return the table that the script of a page reads."""
    found: dict[str, Any] = json.loads("".join(text for text in page.text("script") if text.startswith('{"words"')))
    return found


def test_report_is_as_approved(golden: Golden) -> None:
    """A report with drawings; what is the same in all, style and script, is left out."""
    golden("report-drawn.html", without_style(html.render(DRAWN)))


@pytest.mark.parametrize("whole", [*CASES.values(), DRAWN])
def test_report_is_well_formed(whole: Report) -> None:
    """Every element that is opened is closed, in order; anchors are unique and links within the page lead somewhere."""
    page = Page(html.render(whole))
    anchors = [each["id"] for _, each in page.tags if "id" in each]
    links = {each["href"] for _, each in page.tags if each.get("href", "").startswith("#")}

    assert page.left == []
    assert len(anchors) == len(set(anchors))
    assert links <= {f"#{each}" for each in anchors}


def test_only_our_own_style_and_script_may_run() -> None:
    """The policy names them by their fingerprints, allows nothing else, and no attribute holds style or script."""
    page = Page(html.render(DRAWN))
    (policy,) = [each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy"]
    style, script = page.text("style"), [each for each in page.text("script") if not each.startswith("{")]
    prints = [b64encode(sha256("".join(each).encode()).digest()).decode() for each in (style, script)]

    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{prints[0]}'",
        f"script-src 'sha256-{prints[1]}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert [each.get("type") for each in page.all("script")] == ["application/json", None]
    assert [name for _, each in page.tags for name in each if name == "style" or name.startswith("on")] == []


@pytest.mark.parametrize("whole", [DRAWN, VIOLATING, *map(hostile, NAUGHTY)])
def test_the_file_asks_for_nothing_else(whole: Report) -> None:
    """There is no element that loads anything; links lead into the page, or to a source where a person follows them."""
    page = Page(html.render(whole))
    loading = {"link", "img", "iframe", "object", "embed", "audio", "video", "source", "base", "image", "frame", "form"}

    assert {tag for tag, _ in page.tags} & loading <= {"form"}
    assert [
        each for _, each in page.tags if {"src", "srcset", "srcdoc", "action", "xlink:href", "background"} & set(each)
    ] == []
    assert all(each["href"].startswith("#") for tag, each in page.tags if "href" in each and tag != "a")
    assert all(each["href"].startswith(("#", "https://learn.microsoft.com/")) for each in page.all("a"))
    assert "url(" not in "".join(page.text("style"))
    assert "@import" not in "".join(page.text("style"))


@cache
def harmless() -> Page:
    """Return the page that differs from those of hostile names in the name alone."""
    return Page(html.render(hostile("harmless")))


def shape_of(page: Page) -> list[tuple[str, list[str]]]:
    """Return the elements of a page in order, each with the names of its attributes."""
    return [(tag, sorted(each)) for tag, each in page.tags]


@pytest.mark.parametrize("name", NAMES, ids=[f"name {number}" for number in range(len(NAMES))])
def test_hostile_names_are_text(name: str) -> None:
    """A hostile name adds no element and no attribute, and is shown as what it is, made visible where it is not."""
    page = Page(html.render(hostile(name)))

    assert shape_of(page) == shape_of(harmless())
    assert plain(name).encode("utf-8", "backslashreplace").decode() in page.text("b")
    assert data_of(page)["words"][0].endswith(plain(name))


def test_hostile_samples_reach_neither_reader_nor_terminal() -> None:
    """No control character, no bidirectional override and no line break of a name is in the file."""
    text = html.render(VIOLATING)

    assert HOSTILE not in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)


def test_same_report_same_file() -> None:
    """Nothing in the file depends on when or how often it is written."""
    assert html.render(DRAWN) == html.render(DRAWN)


def test_everything_the_report_says_is_in_the_file() -> None:
    """Every finding with its requirements, evidence, fix and id; every workload; every gap; nothing is shortened."""
    text = " ".join(each for _, each in Page(html.render(DRAWN)).texts)

    for each in DRAWN.findings:
        for part in (
            each.title,
            each.message,
            each.fix,
            each.id,
            *each.requirements,
            *each.evidence,
            each.waiver or "",
        ):
            assert plain(part) in text
    for gap in DRAWN.gaps:
        assert gap.needs in text


def test_networks_are_in_the_json_report_too() -> None:
    """What HTML draws is part of audit-report/1, where it was asked for, and only there."""
    text = json_report.render(DRAWN)
    check(text, "audit-report")

    assert [each["network"]["subnet"]["presence"] for each in json.loads(text)["workloads"]] == [
        "present",
        "unknown",
        "present",
    ]
    assert all("network" not in each for each in json.loads(json_report.render(VIOLATING))["workloads"])


def test_a_drawing_says_what_is_unknown_and_what_is_not_there() -> None:
    """What was not read is drawn as doubt, what is not there as none; neither looks like the other, or like a thing."""
    one = workload("ase-prod", 0, 0, 0, 0, 0)
    states = {
        name: {each.at: each.state for each in draw(one, sketch).boxes}
        for name, sketch in (("unread", UNREAD), ("bare", BARE))
    }

    assert set(states["unread"].values()) == {"there", "doubt"}
    assert [at for at, state in states["unread"].items() if state == "there"] == ["subnet"]
    assert (states["bare"]["nsg"], states["bare"]["routes"], states["bare"]["nofirewall"]) == ("none", "none", "none")
    assert "doubt" not in states["bare"].values()


def test_no_box_covers_another() -> None:
    """Boxes stand apart and inside the drawing."""
    for sketch in (SKETCH, UNREAD, BARE):
        drawing = draw(workload("ase-prod", 0, 0, 0, 0, 0), sketch)
        for one in drawing.boxes:
            assert 0 <= one.x < one.x + one.width <= WIDTH
            assert 0 <= one.y < one.y + one.height <= drawing.height
            for other in drawing.boxes:
                apart = one.x + one.width < other.x or other.x + other.width < one.x
                assert one is other or apart or one.y + one.height < other.y or other.y + other.height < one.y


def test_hops_find_their_boxes() -> None:
    """A hop is shown where it decides: by its resource, by the route that leads there, or by the kind of place."""
    drawing = draw(workload("ase-prod", 0, 0, 0, 0, 0), SKETCH)
    places = Places(drawing, SKETCH)
    old = f"{NET}/routeTables/rt-ase"

    blocked, astray = (places.trail("x", each) for each in (TRACE_BLOCKED, TRACE_ASTRAY))
    boxes = dict(zip(TRACE_BLOCKED.hops, blocked.there, strict=True))

    assert boxes[ROUTE_TO_FIREWALL] == "routes"
    assert drawing.box(boxes[FIREWALL_BLOCKS]) == drawing.box("way0")
    assert places.resource(f"{NET}/azureFirewalls/FW-HUB/rules/x") == "way0"
    assert places.resource("/subscriptions/elsewhere") == ""
    assert (blocked.start, blocked.end) == ("subnet", "internet")
    assert (astray.start, astray.end) == ("internet", "subnet")
    assert drawing.box(astray.back[-1]) == drawing.box("way0")
    assert drawing.routes["old"] == "way2"
    assert old.lower() in drawing.resources


def test_flows_are_told_where_they_stop() -> None:
    """The drawing counts what passes and what stops at each place."""
    text = html.render(DRAWN)

    assert "14 documented flows pass here" in text
    assert "30 documented flows pass here" in text
    assert "2 documented flows are stopped here" in text


def test_more_networks_than_can_be_looked_at() -> None:
    """Beyond 500 workloads only the worst are drawn, and the page says how many are not."""
    text = html.render(spread(510))

    assert text.count('<svg class="network"') == 500
    assert "10 workloads more are listed without a drawing" in text


def test_a_report_of_nothing_is_a_page_too() -> None:
    """A clean run says so; nobody is left to wonder whether the page is broken."""
    text = html.render(EMPTY)

    assert "Nothing was audited" in text
    assert "No findings." in text


def test_waivers_and_what_became_of_them_are_told() -> None:
    """Each waiver is in a table, those that match nothing too, which the summary counts as well."""
    page = Page(html.render(WAIVED))
    cells = page.text("td")

    for use in WAIVED.waivers:
        assert {plain(use.waiver.covers), plain(use.waiver.reason), plain(use.waiver.owner)} <= set(cells)
        assert became(use) in cells
    assert "matches nothing" in cells
    assert "1 waiver matches nothing and can be deleted." in page.text("p")
    assert "waivers" not in [each.get("id") for each in Page(html.render(VIOLATING)).all("section")]


def test_what_large_estates_repeat_is_written_once() -> None:
    """Twice the estate has hardly more flows, hops and trails; no finding loses one of its flows."""
    few, more = (data_of(Page(html.render(large(findings)))) for findings in (54, 108))

    assert len(more["cards"]) == 2 * len(few["cards"])
    assert len(more["workloads"]) == 2 * len(few["workloads"])
    for kind in ("words", "hops", "trails", "flows", "lists"):
        assert len(more[kind]) <= 1.1 * len(few[kind])
        assert len({json.dumps(each) for each in more[kind]}) == len(more[kind])


def test_every_flow_of_a_finding_is_told() -> None:
    """The table has, for each finding, all its requirements that were decided, each with its outcome."""
    whole = large(27)
    data = data_of(Page(html.render(whole)))
    decided = {(each.workload, each.requirement): each.outcome.value for each in whole.results}

    for finding, (_, number, _) in zip(whole.findings, data["cards"], strict=True):
        flows = [data["flows"][each] for each in data["lists"][number]] if number >= 0 else []
        wanted = [each for each in finding.requirements if (finding.workload, each) in decided]
        assert [data["words"][each[0]] for each in flows] == wanted
        assert [each[1] for each in flows] == [decided[finding.workload, each] for each in wanted]


def test_a_list_of_requirements_that_findings_share_is_written_once() -> None:
    """The first finding has it whole; the others say whose it is, and lead there."""
    page = Page(html.render(spread(3)))
    (first,) = [each for each in page.all("details") if each["class"] == "requirements paper"]

    assert [each["data-list"] for each in page.all("p") if "same" in each.get("class", "")] == [first["id"]] * 2
    assert [each["href"] for each in page.all("a") if each["href"] == f"#{first['id']}"] == [f"#{first['id']}"] * 2
    assert [text for text in page.text("p") if text.startswith("The same")] == [
        "The same 52 requirements as finding "
    ] * 2


@pytest.mark.parametrize("name", ["violating", "every-check", "hostile"])
def test_shared_cases_hold_what_is_drawn(name: str) -> None:
    """The cases that every test takes have networks, flows and hops: what is drawn and followed is tested with them."""
    text = html.render(CASES[name])
    data = data_of(Page(text))

    assert text.count('<svg class="network"') == len(CASES[name].workloads)
    assert data["trails"] != []
    assert any(box for trail in data["trails"] for _, box in trail[1])
