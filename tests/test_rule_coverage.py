"""docs/rule-coverage.md: every rule of Azure's network is listed with what the auditor does, and the proofs exist."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = "docs/rule-coverage.md"
EXPLAINED = "docs/azure-rules.md"

NUMBERS = "R1-R45 R8a N1-N22 N11a N11b F1-F56 A1-A22 H1-H14 U1-U12 J1-J5 Q1-Q14"
"""Every number of the network semantics, the rules of collection among them."""

STATUSES = ("decided", "unknown", "caveat", "not modelled")

_ROW = re.compile(r"^\| (?P<rule>[A-Z]\d+[a-z]?) \|(?P<cells>.*)\|$", re.MULTILINE)
_RULE = re.compile(r"\b(?P<first>[RNFAHUJQ])(?P<from>\d{1,2})(?P<sub>[ab]?)(?: to (?P=first)(?P<until>\d{1,2}))?\b")
_TEST = re.compile(r"(?P<file>tests/[\w/]+\.py)::(?P<name>test_\w+)(?P<case>\[.+\])?")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A rule as the page lists it. why: behind the status; "" for none. module: "" for none."""

    rule: str
    words: str
    status: str
    why: str
    module: str
    tests: tuple[str, ...]


def _spread(numbers: str) -> Iterator[str]:
    """Yield every number of a list that may hold ranges such as R1-R45."""
    for each in numbers.split():
        first, _, last = each.partition("-")
        if last:
            yield from (f"{first[0]}{number}" for number in range(int(first[1:]), int(last[1:]) + 1))
        else:
            yield each


@cache
def rows() -> tuple[Row, ...]:
    """Return the rows of the page."""
    return tuple(map(_row, _ROW.finditer((ROOT / PAGE).read_text(encoding="utf-8"))))


def explained() -> set[str]:
    """Return the rules that the page for users explains."""
    return {found["rule"] for found in _ROW.finditer((ROOT / EXPLAINED).read_text(encoding="utf-8"))}


def _row(found: re.Match[str]) -> Row:
    words, status, module, tests = (each.strip() for each in found["cells"].split(" | "))
    word, _, why = status.partition(":")
    return Row(
        rule=found["rule"],
        words=words,
        status=word,
        why=why.strip(),
        module="" if module == "-" else module.strip("`"),
        tests=() if tests == "-" else tuple(each.strip("`") for each in tests.split("<br>")),
    )


def _mentioned(text: str) -> set[str]:
    """Return the rules that a text names, alone or as in "R1 to R13"."""
    found = set()
    for each in _RULE.finditer(text):
        found.add(f"{each['first']}{each['from']}{each['sub']}")
        found.update(f"{each['first']}{number}" for number in range(int(each["from"]), int(each["until"] or 0) + 1))
    return found


def _tests_in(file: str) -> set[str]:
    """Return the names of the tests of a file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}


@pytest.fixture(scope="module")
def collected() -> set[str]:
    """Return the ids of the cases of every test whose case the page names."""
    files = sorted({each.partition("::")[0] for row in rows() for each in row.tests if each.endswith("]")})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)

    return set(done.stdout.splitlines())


def test_every_rule_is_listed_once() -> None:
    """The page leaves no rule of the semantics out, and invents none."""
    assert sorted(each.rule for each in rows()) == sorted(_spread(NUMBERS))


def test_rows_are_in_order() -> None:
    """Whoever looks a number up finds it between its neighbours."""
    places = [(each.rule[0], int(re.sub(r"\D", "", each.rule)), each.rule) for each in rows()]
    letters = list(dict.fromkeys(letter for letter, _, _ in places))

    assert places == sorted(places, key=lambda each: (letters.index(each[0]), each[1:]))


def test_every_status_is_a_known_word() -> None:
    """What the auditor does is said in one of the words that the page explains."""
    page = (ROOT / PAGE).read_text(encoding="utf-8")

    assert {each.status for each in rows()} <= set(STATUSES)
    assert [each for each in STATUSES if f"\n| {each} |" not in page] == []
    assert [each.rule for each in rows() if not each.words] == []


def test_what_is_not_modelled_has_a_reason() -> None:
    """A rule that plays no part is left out for a reason, and no other row needs one."""
    assert [each.rule for each in rows() if (each.status == "not modelled") is not bool(each.why)] == []


def test_what_is_treated_names_module_and_tests() -> None:
    """Whoever says that a rule is decided, unknown or a caveat says where, and what shows it."""
    treated = [each for each in rows() if each.status in {"decided", "unknown", "caveat"}]

    assert [each.rule for each in treated if not each.module or not each.tests] == []


def test_modules_exist_and_know_their_rules() -> None:
    """A module that decides a rule names it, or the page for users explains it."""
    modules = {each.module for each in rows() if each.module}
    named = {each: _mentioned((ROOT / each).read_text(encoding="utf-8")) for each in modules}
    deciding = [each for each in rows() if each.status == "decided"]

    assert [each.rule for each in deciding if each.rule not in named[each.module] | explained()] == []


def test_rules_that_traces_name_are_treated() -> None:
    """A rule that is explained to users as what a decision rests on plays a part in one."""
    assert [each.rule for each in rows() if each.rule in explained() and each.status == "not modelled"] == []


def test_named_tests_exist(collected: set[str]) -> None:
    """Every proof the page names can be run by that name."""
    named = [(row.rule, each, _TEST.fullmatch(each)) for row in rows() for each in row.tests]
    functions = {file: _tests_in(file) for file in {found["file"] for _, _, found in named if found}}

    assert [
        (rule, each) for rule, each, found in named if not found or found["name"] not in functions[found["file"]]
    ] == []
    assert [(rule, each) for rule, each, found in named if found and found["case"] and each not in collected] == []


def test_the_pages_lead_to_each_other() -> None:
    """Whoever reads what a rule says finds what the auditor does with it, and back."""
    assert "(rule-coverage.md)" in (ROOT / EXPLAINED).read_text(encoding="utf-8")
    assert "(azure-rules.md)" in (ROOT / PAGE).read_text(encoding="utf-8")
