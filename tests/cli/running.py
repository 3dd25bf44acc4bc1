"""Running a command in the test's own process."""

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from auditor.errors import AuditorError

_REPORTS = Path(__file__).parent.parent.parent / "reports"


def run(command: click.Command, *arguments: str, width: int = 100) -> str:
    """Return what a command prints; it must end well."""
    done = CliRunner().invoke(command, arguments, env={"COLUMNS": str(width)}, catch_exceptions=False)
    assert done.exit_code == 0, done.output

    return done.stdout


def fault(command: click.Command, *arguments: str) -> str:
    """Return the one line of the error that a command ends in."""
    with pytest.raises(AuditorError) as caught:
        CliRunner().invoke(command, arguments, catch_exceptions=False)

    return str(caught.value)


def document(text: str, name: str) -> dict[str, Any]:
    """Return the JSON document `text`, which must be what reports/NAME.schema.json describes."""
    schema = json.loads((_REPORTS / f"{name}.schema.json").read_bytes())
    found: dict[str, Any] = json.loads(text)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(found)

    return found
