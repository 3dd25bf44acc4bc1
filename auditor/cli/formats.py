"""The formats a report can be written in, by name; each is loaded when it is used."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from auditor.cli.building import this_build
from auditor.cli.destinations import check_apart
from auditor.cli.output import check_place, deliver_all, wants_colour
from auditor.cli.telling import say
from auditor.cli.terminal import terminal_width
from auditor.errors import ConfigError
from auditor.findings import Outcome, Report

if TYPE_CHECKING:
    from auditor.reporters.written import Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """How a report is to be written.

    destination: file, or "-". all_results: whether to show what passes, too. strict: whether what could not be decided
    counts as an error where a format can say so. sarif_for: which reader SARIF is for.
    """

    destination: str
    all_results: bool
    strict: bool = False
    sarif_for: str = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format.

    traces: whether it shows them. passing: whether it always tells of requirements that pass. locations: whether it
    shows where in the sources resources stand.
    """

    render: Callable[[Report, Rendering], str]
    traces: bool = False
    passing: bool = False
    locations: bool = False


def _console(report: Report, how: Rendering) -> str:
    from auditor.reporters import console

    return console.render(
        report, width=terminal_width(), colour=wants_colour(how.destination), all_results=how.all_results
    )


def _json(report: Report, how: Rendering) -> str:
    from auditor.reporters import json_report

    return json_report.render(report, all_results=how.all_results)


def _junit(report: Report, how: Rendering) -> str:
    from auditor.reporters import junit

    return _said("junit", junit.write(report, strict=how.strict))


def _markdown(report: Report, _: Rendering) -> str:
    from auditor.reporters import markdown

    return markdown.render(report)


def _csv(report: Report, how: Rendering) -> str:
    from auditor.reporters import csv_report

    return csv_report.render(report, all_results=how.all_results)


def _github(report: Report, _: Rendering) -> str:
    from auditor.reporters import log_commands

    return log_commands.render_github(report)


def _azure_pipelines(report: Report, _: Rendering) -> str:
    from auditor.reporters import log_commands

    return log_commands.render_azure_pipelines(report)


def _sarif(report: Report, how: Rendering) -> str:
    from auditor.collectors.rules import read_checks
    from auditor.reporters import sarif

    return _said("sarif", sarif.write(report, read_checks(), sarif.PROFILES[how.sarif_for], this_build()))


def _said(form: str, written: "Written") -> str:
    """Return the text of a report, and say on stderr what is not in it."""
    for line in written.left_out:
        say(f"{form}: {line}")
    return written.text


SARIF_READERS = ("github", "azure-devops", "full")
"""Which readers SARIF is written for, without loading it."""


def _html(report: Report, how: Rendering) -> str:
    from auditor.reporters import html

    shown = tuple(each for each in report.results if how.all_results or each.outcome is not Outcome.PASS)
    return html.render(replace(report, results=shown))


FORMATS: Mapping[str, Format] = {
    "console": Format(render=_console),
    "json": Format(render=_json, traces=True, locations=True),
    "sarif": Format(render=_sarif, traces=True, locations=True),
    "junit": Format(render=_junit, passing=True, locations=True),
    "markdown": Format(render=_markdown),
    "csv": Format(render=_csv),
    "github": Format(render=_github, locations=True),
    "azure-pipelines": Format(render=_azure_pipelines, locations=True),
    "html": Format(render=_html, traces=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A format and where a report in it goes: a file, or "-"."""

    form: str
    destination: str


def targets(form: str, output: str, more: Sequence[str]) -> tuple[Target, ...]:
    """Return what to write: `--format` to `-o`, and each FORMAT=FILE of `--report`.

    Raises ConfigError, or OutputError where one of the places certainly cannot be written.
    """
    wanted = (Target(form=form, destination=output), *map(_target, more))
    for each in wanted:
        check_place(each.destination)
    check_apart(each.destination for each in wanted)
    return wanted


def _target(text: str) -> Target:
    form, equals, file = text.partition("=")
    if form not in FORMATS or not (equals and file):
        raise ConfigError(f'--report: "{text}" is not FORMAT=FILE with a format out of {", ".join(FORMATS)}')
    return Target(form=form, destination=file)


def write(
    report: Report, wanted: Sequence[Target], *, all_results: bool, strict: bool = False, sarif_for: str = "full"
) -> None:
    """Write a report to every target; to none where it cannot be rendered for one, or written to the file of one."""
    texts = [
        FORMATS[each.form].render(
            report,
            Rendering(destination=each.destination, all_results=all_results, strict=strict, sarif_for=sarif_for),
        )
        for each in wanted
    ]
    deliver_all([(text, each.destination) for text, each in zip(texts, wanted, strict=True)])
