"""Checks for people: a table of them, and one of them explained."""

from collections.abc import Sequence

from auditor.checks import Check
from auditor.findings import Level
from auditor.reporters.listing import table
from auditor.reporters.terminal import Sheet
from auditor.reporters.text import plain

_HEADERS = ("check", "level", "title")
_LEVELS = {
    Level.ERROR: "a finding of this check gives exit code 1.",
    Level.WARNING: "a finding of this check gives exit code 1 only with --fail-on warning or note.",
    Level.NOTE: "a finding of this check gives exit code 1 only with --fail-on note.",
}


def render_list(checks: Sequence[Check], *, width: int) -> str:
    """Return a table of checks, one row each; there must be one."""
    return table(_HEADERS, [[each.id, each.level.value, each.title] for each in checks], width)


def render(check: Check, *, width: int) -> str:
    """Return what one check means, always under the same headings. Addresses of sources are never broken."""
    sheet = Sheet(width, colour=False)
    sheet.heading(f"{check.id}: {check.title}", "=")
    for heading, text in (
        ("What it means", check.means),
        ("Why it matters", check.why),
        ("How to fix it", check.fix),
        ("Level", f"{check.level}: {_LEVELS[check.level]} Another level is set under levels in auditor.yaml."),
    ):
        sheet.heading(heading)
        sheet.say(text)
    sheet.heading("Sources")
    for source in check.sources:
        sheet.raw(f"- {plain(source)}")
    return sheet.text()
