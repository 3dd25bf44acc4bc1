"""Markdown: short enough for a comment, and without a way for a name to become markup, link or mention."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from lxml import etree, html
from markdown_it import MarkdownIt

from auditor.findings import Gap, Report
from auditor.reporters.closing import close
from auditor.reporters.markdown import MARKER, MOST_BYTES, render
from auditor.reporters.text import plain
from tests.reporters.cases import CASES, many, named
from tests.reporters.samples import CLEAN, FINDINGS, GAPS, VIOLATING, report, workload
from tests.reporters.test_text import ANY_TEXT

OURS = {"h2", "h3", "p", "strong", "b", "code", "span", "sub", "ul", "li", "details", "summary", "a"} | {
    *("table", "thead", "tbody", "tr", "th", "td", "div")
}
CALLS = re.compile(
    r"@\w|\w@|[#!$%~&^]\w|\w://(?!learn\.microsoft)|www\.\w|:[\w+-]+:"
    r"|(?<![^\W_])(?:G[HL]-\d|[0-9a-f]{7,40}(?![^\W_]))",
    re.IGNORECASE,
)
"""What GitHub, GitLab or Azure DevOps makes a mention, a link or an emoji of, where it stands in one text."""
READER = MarkdownIt("commonmark", {"html": True}).enable("table")


def page(text: str) -> etree._Element:
    """Return what another's reader makes of Markdown: elements."""
    found: etree._Element = html.fragment_fromstring(READER.render(text), create_parent="div")
    return found


def words(element: etree._Element) -> str:
    """Return the text of an element, blanks as one."""
    return " ".join(str(element.xpath("string()")).split())


def strangers(text: str) -> list[str]:
    """Return what is in a page that we did not put there: elements, attributes, links, mentions."""
    found = []
    for each in page(text).iter():
        if not isinstance(each.tag, str):
            found += [f"comment {each.text}"] if f"<!--{each.text}-->" != MARKER else []
            continue
        link = each.get("href", "") if each.tag == "a" else ""
        if each.tag not in OURS or (link and not link.startswith("https://learn.microsoft.com/")):
            found.append(f"{each.tag} {link}")
        attributes = {str(name) for name in each.attrib} - {"href" if each.tag == "a" else "", "style"}
        found += [f"{each.tag} {name}" for name in sorted(attributes)]
        around = any(above.tag == "code" for above in each.iterancestors())
        texts = [None if around or each.tag == "code" else each.text, None if around else each.tail]
        found += [part for part in texts if part and CALLS.search(part)]
    return found


def test_nothing_of_a_name_is_markup(case: Report) -> None:
    """Read by another's parser, every element, link and mention is one of ours."""
    assert strangers(render(case)) == []


def test_it_fits_into_a_comment(case: Report) -> None:
    """GitHub refuses more than 65,536 characters."""
    assert len(render(case).encode()) <= MOST_BYTES


@pytest.mark.parametrize(
    "whole", [many(5_000), replace(VIOLATING, gaps=GAPS * 2_000), report(*[workload("a" * 500, 1, 1, 1, 1, 1)] * 900)]
)
def test_what_does_not_fit_is_counted(whole: Report) -> None:
    """A report of any size stays short, closes what it opens, and says how much is missing."""
    text = render(whole)

    assert len(text.encode()) <= MOST_BYTES
    assert re.search(r"[\d,]+ more \w+ left out for length", text)
    assert text.count("<details>") == text.count("</details>")
    assert close(whole).text[:20] in words(page(text))


def test_the_worst_stand_open_and_the_rest_is_folded() -> None:
    """The first ten findings have their line outside; all are counted in the heading."""
    document = page(render(CASES["500"]))
    summaries = [words(each) for each in document.iter("summary")]

    assert sum("no rule allows" in each for each in summaries) == 10
    assert summaries[10] == "490 more findings"
    assert [words(each) for each in document.iter("h3")] == ["Findings (500)"]


def test_a_finding_says_why_and_what_to_do() -> None:
    """Cause, evidence, affected requirements, fix, document and id of the first finding are all there."""
    first = FINDINGS[0]
    text = words(page(render(VIOLATING)))

    for part in (first.message, first.evidence[0], first.fix, first.references[0], first.id, "46 requirements"):
        assert " ".join(part.split()) in text


def test_every_finding_that_is_shown_is_named_by_its_standing() -> None:
    """Waived and absent ones are told apart from those that stand."""
    text = words(page(render(CASES["baseline"])))

    assert "[new]" in text
    assert "[absent]" in text
    assert "waived: The rule goes with the migration" in words(page(render(CASES["waived"])))


def test_a_clean_report_says_so() -> None:
    """Verdict and counts are those of the console."""
    text = words(page(render(CLEAN)))

    assert "CLEAN: 2 of 2 applicable requirements met as documented." in text
    assert "No findings." in text


def test_a_pipeline_finds_its_own_comment_again() -> None:
    """The first line marks it."""
    assert render(CLEAN).startswith(f"{MARKER}\n")


CALLING = (
    "GH-1",
    "gl-17",
    "#12",
    "owner/repo#3",
    "owner/repo!3",
    "@name",
    "owner/repo@1a410efbd13591db07496601ebc7a059dd55cfe9",
    "1a410efbd13591db07496601ebc7a059dd55cfe9",
    "1A410EF",
    "!7 $5 %3 &4 ~bug",
    "someone@example.com",
    "https://attacker.invalid/x",
)


@pytest.mark.parametrize("name", CALLING)
def test_no_name_mentions_or_links(name: str) -> None:
    """What a platform would make a link or a mention of is shown as it is, and is none, wherever it may stand."""
    found, _ = named(name)
    everywhere = replace(found, title=name, message=f"see {name}.", fix=f"({name})")
    accepted = replace(everywhere, id="waived", waiver=name)
    text = render(
        report(
            replace(workload(name, 1, 0, 1, 0, 0, kind=name), location=name),
            findings=(everywhere, accepted),
            gaps=(Gap(what=name, scope=name, why=name, needs=name),),
        )
    )

    assert CALLS.search(name)
    assert strangers(text) == []
    assert f"see {name}." in words(page(text))
    assert f"({name})" in words(page(text))


@given(ANY_TEXT.filter(lambda text: len(plain(text)) < 300))
def test_any_name_is_shown_and_does_nothing(name: str) -> None:
    """Whatever a name is made of, it can be read, and it is text."""
    found, _ = named(name)
    text = render(report(workload(name, 1, 0, 1, 0, 0), findings=(found,), gaps=GAPS))

    assert strangers(text) == []
    assert " ".join(plain(found.message).split()) in words(page(text))
