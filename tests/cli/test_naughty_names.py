"""Naughty names from the estate to every report: what Azure, or whoever writes to it, calls things stays a name."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.formats import FORMATS
from auditor.reporters.text import plain
from tests.azure_simulator.loading import load
from tests.cli.program import CHECKOUT, call
from tests.reporters.log_parser import azure_commands, github_commands
from tests.reporters.naughty import strings

RENAMED = ("no-http", "half-the-world", "rt-leaky", "nsg-closed", "deny-management-ports", "ase-denied")
"""Of the violating example: a firewall rule, a route, its table, a security group and its rule, an environment."""
SIGNS = ("<script>", "\u202e", "\u200b", "\x1b", "'", "`", "%", "$", "=", "|", "\u7530")
"""What makes a string one of those that are tried: the first with each that has no slash, which no ARM name has."""


def chosen() -> list[str]:
    """Return one string of the list for each sign."""
    fit = [each for each in strings() if "/" not in each and each.strip()]
    found = (next((each for each in fit if sign in each), None) for sign in SIGNS)
    return list(dict.fromkeys(each for each in found if each))


def renamed(name: str) -> dict[str, Any]:
    """Return the violating example with a name in place of some of its own, in names and ids alike."""
    text = json.dumps(load(str(CHECKOUT / "rules" / "examples" / "violating")))
    for number, old in enumerate(RENAMED):
        text = text.replace(old, json.dumps(f"{name}{number}")[1:-1])
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.mark.parametrize("name", chosen(), ids=[f"sign {number}" for number in range(len(chosen()))])
def test_a_name_from_the_estate_does_nothing_in_any_report(name: str, tmp_path: Path) -> None:
    """One audit, all formats: each shows the name, no line is unprintable, and no command is of its making."""
    estate = tmp_path / "estate.json"
    estate.write_text(json.dumps(renamed(name)), encoding="utf-8")
    files = {form: tmp_path / f"report-{number}" for number, form in enumerate(FORMATS)}
    reports = (part for form, file in files.items() for part in ("--report", f"{form}={file}"))

    done = call("audit", str(estate), *reports)
    texts = {form: file.read_bytes().decode().removeprefix("\ufeff") for form, file in files.items()}
    lines = [line for text in texts.values() for line in text.replace("\r\n", "\n").split("\n")]

    assert done.code == 1
    assert [line for line in lines if not line.isprintable()] == []
    assert f"{plain(name)}1" in texts["csv"].replace('""', '"')
    assert {each.name for each in github_commands(texts["github"])} <= {
        "error",
        "warning",
        "notice",
        "group",
        "endgroup",
    }
    assert {each.name for each in azure_commands(texts["azure-pipelines"])} == {"task.logissue"}
    for form in FORMATS.keys() - {"github", "azure-pipelines"}:
        assert github_commands(texts[form]) == azure_commands(texts[form]) == []
