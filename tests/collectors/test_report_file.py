"""Reading a saved report back: the very values it was written from, or one line that says what is wrong."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.formats import FORMATS
from auditor.collectors.report_file import read_report
from auditor.errors import SourceError
from auditor.findings import Location, Report
from auditor.reporters import json_report
from tests.reporters.cases import CASES, render
from tests.reporters.editions_samples import EDITIONS
from tests.reporters.networks import DRAWN
from tests.reporters.samples import VIOLATING

Change = Callable[[dict[str, Any]], object]


def saved(folder: Path, report: Report, *, all_results: bool = True) -> str:
    """Write a report as JSON and return its path."""
    file = folder / "report.json"
    file.write_text(json_report.render(report, all_results=all_results), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize("name", CASES)
def test_a_report_comes_back_whole(name: str, tmp_path: Path) -> None:
    """Written and read, it is the same value, hostile names included."""
    assert read_report(saved(tmp_path, CASES[name]), None) == CASES[name]


def test_locations_come_back_where_there_are_any(tmp_path: Path) -> None:
    """What a report may lack is read where it is there."""
    place = Location(resource=VIOLATING.findings[0].resource.lower(), file="a.json", line=1, column=2)
    placed = replace(VIOLATING, locations=(place,))
    more = replace(placed, locations=(replace(place, resource="/subscriptions/of/nothing/named"), place))

    assert read_report(saved(tmp_path, placed), None) == placed
    assert json_report.render(more) == json_report.render(placed)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", CASES)
def test_every_format_says_the_same_of_what_was_saved(name: str, form: str, tmp_path: Path) -> None:
    """No format knows more than the JSON holds."""
    again = read_report(saved(tmp_path, CASES[name]), None)

    assert render(form, again, all_results=True) == render(form, CASES[name], all_results=True)
    assert render(form, again) == render(form, CASES[name])


def _first(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document[name][0]
    return found


def _place(**changed: object) -> dict[str, object]:
    return {"resource": "/x", "file": "a.json", "line": 1, "column": 1, **changed}


CHANGES: dict[str, tuple[Change, str]] = {
    "another schema": (lambda d: d.update(schema="audit-report/2"), "is audit-report/2, not audit-report/1"),
    "a number as schema": (lambda d: d.update(schema=1), "is 1, not audit-report/1"),
    "no findings": (lambda d: d.pop("findings"), 'the report has no field "findings"'),
    "a field of others": (lambda d: d.update(more=1), 'the report has an unknown field "more"'),
    "another tool": (lambda d: d["tool"].update(name="x"), 'it was written by "x"'),
    "no version": (lambda d: d["tool"].pop("version"), 'tool has no field "version"'),
    "a list for a tool": (lambda d: d.update(tool=[]), "Expected `object`, got `array`"),
    "findings that are none": (lambda d: d.update(findings={}), "findings: Expected `array`"),
    "a finding that is none": (lambda d: d.update(findings=[1]), "findings: Expected `object`, got `int`"),
    "a level of its own": (lambda d: _first(d, "findings").update(level="bad"), "Invalid enum value 'bad'"),
    "a finding without id": (lambda d: _first(d, "findings").pop("id"), "missing required field `id`"),
    "a finding with more": (lambda d: _first(d, "findings").update(x=1), "findings[0]: has more fields, or fewer"),
    "a finding with less": (lambda d: _first(d, "findings").pop("state"), "findings[0]: has more fields, or fewer"),
    "a state of its own": (lambda d: _first(d, "findings").update(state="old"), 'findings[0]: its state is "old"'),
    "no check": (
        lambda d: _first(d, "findings").update(check=""),
        'findings[0]: its check is "", which no check is called',
    ),
    "a check with blanks": (lambda d: _first(d, "findings").update(check="a b"), 'findings[0]: its check is "a b"'),
    "a blank id": (lambda d: _first(d, "findings").update(id=" "), "findings[0]: its id is blank"),
    "a blank title": (lambda d: _first(d, "findings").update(title=" "), "findings[0]: its title is blank"),
    "a blank message": (lambda d: _first(d, "findings").update(message="\n"), "findings[0]: its message is blank"),
    "a line before the first": (lambda d: d.update(locations=[_place(line=0)]), "locations[0]: is no file with a line"),
    "a column before the first": (lambda d: d.update(locations=[_place(column=-4)]), "locations[0]: is no file with"),
    "a file without a name": (lambda d: d.update(locations=[_place(file=" ")]), "locations[0]: is no file with a line"),
    "a moment that is none": (lambda d: d.update(generated_at="now"), "generated_at is no moment"),
    "a moment of no calendar": (lambda d: d.update(generated_at="2026-99-99T99:99:99Z"), "generated_at is no moment"),
    "a day that no month has": (lambda d: d.update(generated_at="2026-02-30T09:00:00Z"), "generated_at is no moment"),
    "a moment that is a number": (lambda d: d.update(generated_at=1), "generated_at is no moment"),
    "a finding with an empty id": (lambda d: _first(d, "findings").update(id=""), "findings[0]: its id is blank"),
    "a finding of no check": (lambda d: _first(d, "findings").update(check=""), 'findings[0]: its check is ""'),
    "an outcome of its own": (lambda d: _first(d, "results").update(outcome="maybe"), "Invalid enum value 'maybe'"),
    "a hop with more": (
        lambda d: _first(d, "results")["trace"]["hops"][0].update(x=1),
        "results[0]: has more fields, or fewer",
    ),
    "a count that is none": (lambda d: _first(d, "workloads")["summary"].update({"pass": "1"}), "Expected `int`"),
    "a count too few": (
        lambda d: _first(d, "workloads")["summary"].pop("fail"),
        'summary of a workload has no field "fail"',
    ),
    "a count below zero": (
        lambda d: _first(d, "workloads")["summary"].update({"pass": -5}),
        "workloads[0].summary: has a count below 0 or beyond reason",
    ),
    "a count beyond reason": (
        lambda d: _first(d, "workloads")["summary"].update({"pass": 10**30}),
        "workloads[0].summary: has a count below 0 or beyond reason",
    ),
    "a workload with more": (lambda d: _first(d, "workloads").update(x=1), "workloads[0]: has more fields, or fewer"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_anything_that_is_no_report_is_one_clear_line(name: str, tmp_path: Path) -> None:
    """What is missing, unknown or of another kind is named, with the place and what to do."""
    change, said = CHANGES[name]
    document = json.loads(json_report.render(VIOLATING))
    change(document)
    file = tmp_path / "report.json"
    file.write_text(json.dumps(document), encoding="utf-8")

    with pytest.raises(SourceError) as caught:
        read_report(str(file), None)

    assert said in str(caught.value)
    assert str(caught.value).startswith(str(file))
    assert "auditor audit SOURCE --format json" in str(caught.value)


NETWORK_CHANGES: dict[str, tuple[Change, str]] = {
    "counted and not named": (lambda n: n["peerings"].update(shown=[]), "peerings: counts 1 and names 0"),
    "counted below zero": (lambda n: n["gateways"].update(count=-1), "gateways: counts -1 and names 0"),
    "counted too few": (lambda n: n["service_endpoints"].update(count=1), "service_endpoints: counts 1 and names 2"),
    "counted beyond reason": (lambda n: n["firewalls"].update(count=10**30), "firewalls: counts 1000000"),
    "a way without routes": (lambda n: n["ways"][0].update(routes=[]), "ways[0]: counts 1 and names 0"),
    "a way counted at none": (lambda n: n["ways"][0].update(count=0, routes=[]), "has a way without routes"),
    "no flows that pass": (lambda n: n["passing"][0].update(count=0), "has a way without routes or flows on it"),
}


def test_a_network_that_is_drawn_comes_back_whole(tmp_path: Path) -> None:
    """Networks of every kind are read as they were written."""
    assert read_report(saved(tmp_path, DRAWN), None) == DRAWN


@pytest.mark.parametrize("name", NETWORK_CHANGES)
def test_a_network_that_counts_what_it_does_not_name_is_refused(name: str, tmp_path: Path) -> None:
    """A drawing names the first of everything that it counts."""
    change, said = NETWORK_CHANGES[name]
    document = json.loads(json_report.render(DRAWN))
    change(document["workloads"][0]["network"])
    file = tmp_path / "report.json"
    file.write_text(json.dumps(document), encoding="utf-8")

    with pytest.raises(SourceError, match=r"is no whole audit-report/1: workloads\[0\]\.network") as caught:
        read_report(str(file), None)

    assert said in str(caught.value)


COMPARED: dict[str, tuple[Change, str]] = {
    "with more": (lambda d: d.update(x=1), "comparison: has more fields, or fewer"),
    "without what is gained": (lambda d: d.pop("gained"), "missing required field `gained`"),
    "of a requirement with more": (lambda d: _first(d, "added").update(x=1), "comparison: has more fields, or fewer"),
    "of an outcome of its own": (lambda d: _first(d, "added")["outcomes"].update(maybe=1), "Invalid enum value"),
    "of a finding without waiver": (lambda d: _first(d, "lost").pop("waiver"), "comparison: has more fields, or fewer"),
    "of a finding without a title": (lambda d: _first(d, "lost").update(title=" "), "lost[0]: its title is blank"),
    "of a finding with a state": (lambda d: _first(d, "gained").update(state="new"), 'is "new", not null'),
    "that is none": (lambda d: d.update(added=1), "Expected `array`, got `int`"),
}


@pytest.mark.parametrize("name", COMPARED)
def test_a_comparison_that_is_none_is_one_clear_line(name: str, tmp_path: Path) -> None:
    """What other editions would change is read as strictly as the rest."""
    change, said = COMPARED[name]
    document = json.loads(json_report.render(EDITIONS["editions"]))
    change(document["comparison"])
    file = tmp_path / "report.json"
    file.write_text(json.dumps(document), encoding="utf-8")

    with pytest.raises(SourceError) as caught:
        read_report(str(file), None)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"{", "ends unfinished"),
        (b"[]", "is no report of the auditor"),
        (b'{"value": []}', "is no report of the auditor"),
        (b"\xff", "is not UTF-8"),
        (b"<html>", "is not JSON"),
        (b'{"schema": "snapshot/1"}', "is snapshot/1, not audit-report/1"),
        (b'{"schema": "\\ud800"}', "save the JSON again"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_other_files_are_one_clear_line(content: bytes, said: str, tmp_path: Path) -> None:
    """Whatever is handed over, the line says what it is."""
    file = tmp_path / "other.json"
    file.write_bytes(content)

    with pytest.raises(SourceError, match=said):
        read_report(str(file), None)


@pytest.mark.parametrize(
    ("path", "said"),
    [("-", "nothing is connected"), ("nowhere.json", "no such file"), (".", "a folder"), ("a\0b", "not a file name")],
)
def test_what_cannot_be_read_is_one_clear_line(path: str, said: str) -> None:
    """The place is named, and what to do."""
    with pytest.raises(SourceError, match=said):
        read_report(path, None)
