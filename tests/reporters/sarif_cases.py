"""What the tests of SARIF share: the cases, the schema and ways to look into a file."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import jsonschema

from auditor.checks import Check
from auditor.collectors.rules import read_checks
from auditor.findings import Location, Outcome, Report
from auditor.reporters.sarif import PROFILES, write
from auditor.reporters.written import Written
from auditor.shipped import shipped
from tests.reporters.samples import (
    FINDINGS,
    GAPS,
    NET,
    POLICY,
    REPORTS,
    TRACE_ASTRAY,
    TRACE_BLOCKED,
    VIOLATING,
    result,
)

LOCATIONS = (
    Location(resource=f"{NET}/routeTables/rt-ase".lower(), file="estate/route tables.json", line=12, column=5),
    Location(resource=POLICY.lower(), file="/elsewhere/policies.json", line=7, column=3),
)
TRACED = replace(
    VIOLATING,
    results=(
        result("fqdn:host-00.azure.com:443", Outcome.FAIL, "x", "x", check="x", trace=TRACE_BLOCKED),
        result("fqdn:host-01.azure.com:443", Outcome.FAIL, "x", "x", check="x", trace=TRACE_BLOCKED),
        result("fqdn:host-02.azure.com:443", Outcome.FAIL, "x", "x", check="x", trace=TRACE_ASTRAY),
    ),
    locations=LOCATIONS,
    gaps=GAPS,
)
BASELINE = replace(
    VIOLATING,
    findings=(
        replace(FINDINGS[0], state="new"),
        replace(FINDINGS[2], state="unchanged"),
        replace(FINDINGS[3], state="absent"),
    ),
)
BUILD = {
    "TF_BUILD": "True",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/contoso/",
    "SYSTEM_TEAMPROJECT": "Shop network",
    "SYSTEM_DEFINITIONID": "12",
    "BUILD_DEFINITIONNAME": "network/nightly",
    "SYSTEM_PHASEID": "3a3a2a60-14c7-570b-14a4-fa42ad92f52a",
    "SYSTEM_PHASENAME": "audit",
    "BUILD_SOURCEBRANCH": "refs/heads/main",
    "BUILD_BUILDID": "4711",
}
"""What the agent of Azure Pipelines sets."""
CASES: Mapping[str, Report] = {**REPORTS, "traced": TRACED, "baseline": BASELINE}


@cache
def checks_of(report: Report) -> dict[str, Check]:
    """Return the checks a golden file shows: those of the findings, and one more."""
    named = {each.check for each in report.findings} | {"no-firewall"}
    return {name: check for name, check in read_checks().items() if name in named}


@cache
def validator() -> jsonschema.Draft4Validator:
    """Return what holds a file against the official schema in reports/."""
    schema = json.loads((shipped("reports") / "sarif-schema-2.1.0.json").read_bytes())
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)


def written(report: Report, profile: str = "full") -> Written:
    """Return a report as SARIF with every check; it must be valid by the schema."""
    made = write(report, read_checks(), PROFILES[profile])
    validator().validate(json.loads(made.text))
    return made


def run_of(report: Report, profile: str = "full") -> dict[str, Any]:
    """Return the only run of a report as SARIF."""
    (run,) = json.loads(written(report, profile).text)["runs"]
    found: dict[str, Any] = run
    return found


def results_of(report: Report, profile: str = "full") -> list[dict[str, Any]]:
    """Return the results of a report as SARIF."""
    found: list[dict[str, Any]] = run_of(report, profile)["results"]
    return found


def notices(run: Mapping[str, Any]) -> list[str]:
    """Return what the run says of itself."""
    return [each["message"]["text"] for each in run["invocations"][0]["toolExecutionNotifications"]]
