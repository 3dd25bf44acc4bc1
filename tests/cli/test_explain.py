"""`auditor explain`."""

from dataclasses import fields

import pytest
from click.testing import CliRunner

from auditor.checks import Check
from auditor.cli.explain import command
from auditor.collectors.rules import read_checks, read_guides
from auditor.guides import Way
from auditor.reporters.text import cells
from tests.cli.running import document, fault, run
from tests.conftest import Golden

HEADINGS = ["What it means", "Why it matters", "How to fix it", "Level", "Sources"]


@pytest.mark.parametrize("width", [60, 100])
def test_check_looks_as_approved(width: int, golden: Golden) -> None:
    """One check, at the width of a ticket and narrower."""
    golden(f"explain-no-firewall-{width}.txt", run(command, "no-firewall", width=width))


@pytest.mark.parametrize("width", [50, 80])
def test_list_looks_as_approved(width: int, golden: Golden) -> None:
    """All checks: a table, or a list where the terminal is too narrow for one."""
    golden(f"explain-{width}.txt", run(command, width=width))


@pytest.mark.parametrize("check", read_checks())
def test_every_check_has_the_same_headings(check: str) -> None:
    """Who has read one explanation finds the way in all; nothing but addresses is wider than the terminal."""
    lines = run(command, check, width=60).splitlines()

    assert [line for line in lines if line in HEADINGS] == HEADINGS
    assert max(cells(line) for line in lines if not line.startswith("- https://")) <= 60


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_list_keeps_to_the_width(width: int) -> None:
    """Every check stands in the list, whatever the width."""
    text = run(command, width=width)

    assert max(map(cells, text.splitlines())) <= width
    assert all(check in text for check in read_checks())


@pytest.mark.parametrize("arguments", [(), ("no-firewall",)])
def test_json_holds_everything(arguments: tuple[str, ...]) -> None:
    """As JSON, checks are a check-list/1 with every field, in the order of rules/checks.yaml."""
    found = document(run(command, *arguments, "--json"), "check-list")["checks"]

    assert [each["id"] for each in found] == list(arguments or read_checks())
    assert list(found[0]) == [field.name for field in fields(Check)]
    assert found[0]["means"] == read_checks()["no-firewall"].means


@pytest.mark.parametrize("way", Way)
def test_fix_is_printed_as_it_is_written(way: Way) -> None:
    """A fix alone, to be copied or piped: whatever the width of the terminal, nothing is broken."""
    assert run(command, "No-Firewall", "--fix", way.value, width=40) == read_guides()["no-firewall"].fixes[way] + "\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("documentation-drift", "--fix", "bicep"), "documentation-drift has no fix by bicep; there is --fix az"),
        (
            ("expired-waiver", "--fix", "az"),
            "expired-waiver has no fix by az; `auditor explain expired-waiver` says what to do instead",
        ),
        (("missing-fqdns", "--fix", "az"), 'there is no check "missing-fqdns"; did you mean "missing-fqdn"?'),
    ],
)
def test_fix_there_is_not(arguments: tuple[str, ...], message: str) -> None:
    """One line, with what there is instead."""
    assert fault(command, *arguments) == message


@pytest.mark.parametrize(
    "arguments", [("--fix", "az"), ("no-firewall", "--fix", "az", "--json"), ("x", "--fix", "arm")]
)
def test_fix_goes_with_one_check_and_a_way_there_is(arguments: tuple[str, ...]) -> None:
    """Anything else ends with exit code 2 before something is printed."""
    done = CliRunner().invoke(command, arguments)

    assert (done.exit_code, done.stdout) == (2, "")


def test_case_does_not_matter() -> None:
    """An id copied from a heading is found."""
    assert run(command, "No-Firewall") == run(command, "no-firewall")


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ("missing-fqdns", 'there is no check "missing-fqdns"; did you mean "missing-fqdn"?'),
        ("7", 'there is no check "7"; `auditor explain` lists them'),
        ("", 'there is no check ""; `auditor explain` lists them'),
        ("\x1b[2J", 'there is no check "?[2J"; `auditor explain` lists them'),
    ],
)
def test_unknown_check(check: str, message: str) -> None:
    """One line, with the nearest check or where to find them."""
    assert fault(command, check) == message


def test_help_says_what_it_does() -> None:
    """-h is --help."""
    assert "without CHECK, list all" in " ".join(CliRunner().invoke(command, ["-h"]).stdout.split())
