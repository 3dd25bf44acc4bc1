"""Programs that nobody here wrote read our SARIF: Microsoft's SARIF Multitool, from npm, and sarif-tools, from PyPI.

`make consumers` fetches them; where it was not run, these tests are skipped, but in CI they fail.
"""

import csv
import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.formats import SARIF_READERS
from auditor.findings import Level, Report
from tests.cli.program import CHECKOUT, call
from tests.reporters.sarif_cases import BUILD, CASES, written

CONSUMERS = CHECKOUT / "out" / "consumers"
EXPECTED = {
    "SARIF2005": "informationUri: the auditor has no page of its own",
    "GHAzDO1014": "automationDetails: names the build, which there is in Azure Pipelines alone",
}
"""What the validator asks for and does not get, and why."""


def program(pattern: str) -> str:
    """Return the path of a program; skip the test where there is none, unless in CI."""
    found = sorted(str(each) for each in CONSUMERS.glob(pattern))
    if not found and os.environ.get("CI"):
        pytest.fail(f"{pattern} is not in {CONSUMERS}: run make consumers")
    if not found:
        pytest.skip("another's program that reads SARIF is not here: make consumers fetches it")
    return found[0]


def run(*arguments: str) -> str:
    """Return what a program prints; it must end well."""
    environment = {**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def saved(text: str, folder: Path) -> str:
    """Return the path of a file with a text."""
    file = folder / "report.sarif"
    file.write_text(text, encoding="utf-8")
    return str(file)


def levels(results: list[dict[str, Any]]) -> Counter[str]:
    """Return how many results there are of each level."""
    return Counter(each["level"] for each in results)


def violating(profile: str) -> str:
    """Return the violating example as SARIF."""
    return call("audit", "rules/examples/violating", "--format", "sarif", "--sarif-for", profile).out


@pytest.mark.parametrize("profile", SARIF_READERS)
def test_microsofts_validator_has_nothing_to_say(profile: str, tmp_path: Path) -> None:
    """No error and no warning by its rules for SARIF, GitHub and Azure DevOps, but for two that are meant."""
    tool, log = program("node_modules/@microsoft/sarif-multitool-*/Sarif.Multitool"), tmp_path / "log.json"
    kinds = "Sarif;Ghas;Ado" if profile == "azure-devops" else "Sarif;Ghas"

    run(tool, "validate", saved(violating(profile), tmp_path), "--rule-kind", kinds, "-o", str(log), "-q")
    results = json.loads(log.read_text(encoding="utf-8"))["runs"][0]["results"]

    assert [each for each in results if each["ruleId"] not in EXPECTED] == []


def test_microsofts_validator_has_nothing_to_say_in_azure_pipelines(tmp_path: Path) -> None:
    """There the build is known, which Azure DevOps asks for."""
    tool, log = program("node_modules/@microsoft/sarif-multitool-*/Sarif.Multitool"), tmp_path / "log.json"
    arguments = ("--format", "sarif", "--sarif-for", "azure-devops")
    text = call("audit", "rules/examples/violating", *arguments, environment=BUILD).out

    run(tool, "validate", saved(text, tmp_path), "--rule-kind", "Sarif;Ghas;Ado", "-o", str(log), "-q")
    results = json.loads(log.read_text(encoding="utf-8"))["runs"][0]["results"]

    assert {each["ruleId"] for each in results} <= {"SARIF2005"}


@pytest.mark.parametrize("name", CASES)
def test_microsofts_validator_has_no_error_in_any_case(name: str, tmp_path: Path) -> None:
    """Hostile names, traces, waivers and baselines included."""
    tool, log = program("node_modules/@microsoft/sarif-multitool-*/Sarif.Multitool"), tmp_path / "log.json"

    run(tool, "validate", saved(written(CASES[name]).text, tmp_path), "-o", str(log), "-q", "--level", "Error")
    results = json.loads(log.read_text(encoding="utf-8"))["runs"][0]["results"]

    assert results == []


@pytest.mark.parametrize("profile", SARIF_READERS)
def test_microsofts_tool_counts_the_same(profile: str, tmp_path: Path) -> None:
    """As many results of each level as we wrote."""
    tool, text = program("node_modules/@microsoft/sarif-multitool-*/Sarif.Multitool"), violating(profile)
    file, ours = saved(text, tmp_path), levels(json.loads(text)["runs"][0]["results"])

    for level in Level:
        said = run(tool, "query", file, "--expression", f"Level == {level.value.capitalize()}")
        assert re.findall(r"Found (\d+) of (\d+) results", said) == [(str(ours[level]), str(ours.total()))]
    findings = json.loads(call("audit", "rules/examples/violating", "--format", "json").out)["findings"]
    assert ours.total() == len(findings)


@pytest.mark.parametrize("report", CASES.values(), ids=CASES)
def test_sarif_tools_counts_and_places_the_same(report: Report, tmp_path: Path) -> None:
    """Rule, level, file and line of every result, as its table has them."""
    tool, text, table = program("venv/bin/sarif"), written(report).text, tmp_path / "table.csv"

    run(tool, "csv", saved(text, tmp_path), "-o", str(table))
    with table.open(encoding="utf-8-sig", newline="") as file:
        theirs = Counter((row["Severity"], row["Code"], int(row["Line"])) for row in csv.DictReader(file))

    results = json.loads(text)["runs"][0]["results"]
    lines = [each["locations"][0]["physicalLocation"]["region"]["startLine"] for each in results]
    assert theirs == Counter((each["level"], each["ruleId"], line) for each, line in zip(results, lines, strict=True))
