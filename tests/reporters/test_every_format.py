"""Every format there is, on every shared case: as approved, the same twice, and harmless in a terminal and a log."""

import pytest

from auditor.cli.formats import FORMATS
from tests.conftest import Golden
from tests.reporters.cases import CASES, ENDINGS, render, without_style
from tests.reporters.log_parser import azure_commands, github_commands

LOG_FORMATS = ("github", "azure-pipelines")
"""Formats that are meant to hold commands."""


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write for the width of a ticket."""
    monkeypatch.setenv("COLUMNS", "100")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", CASES)
def test_report_is_as_approved(name: str, form: str, golden: Golden) -> None:
    """Every case, whole, in every format."""
    text = render(form, CASES[name])

    golden(f"report-{name}.{ENDINGS.get(form, form)}", without_style(text) if form == "html" else text)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", CASES)
def test_same_report_same_text(name: str, form: str) -> None:
    """Rendering has no memory and asks nothing but the report."""
    assert render(form, CASES[name], all_results=True) == render(form, CASES[name], all_results=True)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", CASES)
def test_no_terminal_escape_and_no_foreign_log_command(name: str, form: str) -> None:
    """Nothing but line breaks is unprintable, and a log takes nothing for a command that was not meant as one."""
    text = render(form, CASES[name], all_results=True, strict=True)
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")

    assert [line for line in lines if not line.isprintable()] == []
    if form not in LOG_FORMATS:
        assert github_commands(text) == []
        assert azure_commands(text) == []
