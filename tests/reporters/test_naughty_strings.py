"""Every string of a public list of naughty strings, as the name of a resource, a rule and a route, in every format.

Each format is read back by a parser that nobody here wrote, or, for logs, by the platforms' own way of reading; what is
read is the name as text, and nothing else has happened. What a browser makes of HTML is tested where HTML is.
"""

import csv
import io
import json
import re

import pytest
from junit2htmlreport.parser import Junit  # type: ignore[import-untyped] # ships no types
from lxml import etree

from auditor.cli.formats import FORMATS
from auditor.findings import Level
from auditor.reporters import markdown
from auditor.reporters.text import plain
from auditor.shipped import shipped
from tests.reporters.cases import render
from tests.reporters.log_parser import azure_commands, github_commands
from tests.reporters.naughty import all_naughty, naughty, strings
from tests.reporters.test_csv_report import formulas
from tests.reporters.test_every_format import LOG_FORMATS
from tests.reporters.test_markdown import page, strangers, words

ALL = all_naughty()
TEXT_FORMATS = tuple(form for form in FORMATS if form != "html")


def squeezed(text: str) -> str:
    """Return a text in its plain form, blanks as one."""
    return " ".join(plain(text).split())


def test_the_list_is_whole() -> None:
    """The list has what makes it worth reading: scripts, signs, direction marks, wide characters."""
    listed = "\n".join(strings())

    assert len(strings()) == len(set(strings())) == 511
    assert [each for each in ("<script>", "\u202a", "田中", "\u200b") if each not in listed] == []


@pytest.mark.parametrize("form", TEXT_FORMATS)
def test_no_terminal_escape_and_no_log_command(form: str) -> None:
    """All of them at once: every line is printable, and no log takes one for a command."""
    text = render(form, ALL, all_results=True).removeprefix("\ufeff").replace("\r\n", "\n")

    assert [line for line in text.split("\n") if not line.isprintable()] == []
    if form not in LOG_FORMATS:
        assert (github_commands(text), azure_commands(text)) == ([], [])


def test_json_reads_back_the_very_strings() -> None:
    """A program gets every name unchanged."""
    document = json.loads(render("json", ALL, all_results=True))

    assert [each["name"] for each in document["workloads"]] == list(strings())
    assert [each["evidence"][1] for each in document["findings"]] == list(strings())


def test_junit_reads_back_every_string() -> None:
    """Valid by the schema; another's parser finds each failure, with the name in message and body."""
    text = render("junit", ALL).encode()
    etree.XMLSchema(etree.fromstring((shipped("reports") / "junit.xsd").read_bytes())).assertValid(
        etree.fromstring(text)
    )
    failed = [each for suite in Junit(xmlstring=text).suites for each in suite.all() if each.outcome() == "failed"]

    assert [each.failure_msg for each in failed] == [plain(each.message) for each in ALL.findings]
    for each, name in zip(failed, strings(), strict=True):
        assert f"\n- {plain(name)}\n" in each.failure
    assert {each.get("name") for each in etree.fromstring(text).iter("testsuite")} >= {
        plain(each) for each in strings()
    }


def test_csv_reads_back_every_string() -> None:
    """A row each, the name in it, and no cell that a spreadsheet would run."""
    text = render("csv", ALL, all_results=True)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))

    assert formulas(text) == []
    assert len(rows) == 2 * len(strings())
    for row, name in zip(rows, strings(), strict=False):
        assert plain(name).replace("'", "") in row["message"].replace("'", "")


@pytest.mark.parametrize("start", range(0, len(strings()), 10))
def test_markdown_reads_back_every_string(start: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten at a time, as many as stand open: each name is text, and no element, link or mention is not ours."""
    monkeypatch.setattr(markdown, "MOST_BYTES", 1_000_000)
    monkeypatch.setattr(markdown, "_LONGEST", 10_000)
    names = strings()[start : start + 10]
    text = render("markdown", naughty(*names))
    shown = words(page(text))

    assert strangers(text) == []
    assert [name for name in names if squeezed(f"rule {name} stops") not in shown] == []
    assert [name for name in names if squeezed(f"Remove rule {name}.") not in shown] == []


@pytest.mark.parametrize("name", strings(), ids=[f"string {number}" for number in range(len(strings()))])
def test_logs_have_one_command_for_each_string(name: str) -> None:
    """One error, no other command, and its text is the name."""
    whole = naughty(name)
    (github,) = github_commands(render("github", whole))
    (azure,) = azure_commands(render("azure-pipelines", whole))
    shown = plain(name) if len(plain(name)) < 1_000 else ""

    assert (github.name, set(github.properties)) == ("error", {"title"})
    assert (azure.name, azure.properties) == (
        "task.logissue",
        {"type": Level.ERROR.value, "code": "blocked-by-firewall-rule"},
    )
    assert shown in github.data
    assert shown in azure.data


def test_the_console_shows_every_string() -> None:
    """Wrapped or not, each name can be read."""
    text = re.sub(r"\s+", "", render("console", ALL))

    assert [name for name in strings() if re.sub(r"\s+", "", plain(name)) not in text] == []
