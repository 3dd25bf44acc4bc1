"""Checks as JSON: `check-list/1`, described by `reports/check-list.schema.json`."""

from collections.abc import Sequence

from auditor.checks import Check
from auditor.reporters.json_report import encode

SCHEMA = "check-list/1"


def render(checks: Sequence[Check]) -> str:
    """Return checks as indented JSON."""
    return encode({"schema": SCHEMA, "checks": checks})
