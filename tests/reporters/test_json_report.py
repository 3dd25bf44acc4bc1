"""The JSON documents: valid by their schemas, whole, and harmless on a terminal."""

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from auditor.findings import Location, Report
from auditor.reporters import json_report, trace_json
from auditor.reporters.summary import Standing, summarise
from auditor.shipped import shipped
from tests.conftest import Golden
from tests.reporters.accepted_samples import ACCEPTED, LAPSED, WAIVED, WAIVED_BASELINE
from tests.reporters.editions_samples import EDITIONS
from tests.reporters.samples import (
    CLEAN,
    EMPTY,
    FINDINGS,
    GAPS,
    HOSTILE,
    SOURCES,
    TRACES,
    UNKNOWN,
    V3,
    VIOLATING,
    report,
    workload,
)
from tests.reporters.samples import (
    REPORTS as SAMPLES,
)

REPORTS = SAMPLES | ACCEPTED | EDITIONS


def schema(name: str) -> dict[str, Any]:
    """Return one of the schemas in `reports/`."""
    document: dict[str, Any] = json.loads((shipped("reports") / f"{name}.schema.json").read_text(encoding="utf-8"))
    return document


def check(text: str, name: str) -> None:
    """Fail unless a JSON text is valid by a schema."""
    jsonschema.Draft202012Validator(schema(name)).validate(json.loads(text))


@pytest.mark.parametrize("name", ["audit-report", "flow-trace", "snapshot"])
def test_schemas_are_schemas_and_closed(name: str) -> None:
    """Every schema is valid and described, and admits no unknown key at the top."""
    document = schema(name)

    jsonschema.Draft202012Validator.check_schema(document)
    assert document["additionalProperties"] is False
    assert document["description"]
    assert document["$id"].endswith(document["properties"]["schema"]["const"])


def test_the_trace_of_a_report_is_a_flow_trace() -> None:
    """The report's schema repeats the trace's, so that each is whole; the two must not part."""
    whole, trace = schema("audit-report"), schema("flow-trace")

    for name, definition in trace["$defs"].items():
        assert whole["$defs"][name] == definition
    del trace["properties"]["schema"]
    assert whole["$defs"]["trace"]["properties"] == trace["properties"]
    assert whole["$defs"]["gap"] == schema("snapshot")["$defs"]["gap"]


@pytest.mark.parametrize("all_results", [False, True])
@pytest.mark.parametrize("name", REPORTS)
def test_reports_are_valid(name: str, *, all_results: bool) -> None:
    """Every sample is an audit-report/1."""
    text = json_report.render(REPORTS[name], all_results=all_results)

    check(text, "audit-report")
    assert json.loads(text)["schema"] == "audit-report/1"


@pytest.mark.parametrize("name", TRACES)
def test_traces_are_valid(name: str, golden: Golden) -> None:
    """Every sample is a flow-trace/1, and as approved."""
    text = trace_json.render(TRACES[name])

    check(text, "flow-trace")
    golden(f"trace-{name}.json", text)


@pytest.mark.parametrize("name", REPORTS)
def test_report_is_as_approved(name: str, golden: Golden) -> None:
    """Every sample, whole."""
    golden(f"report-{name}.json", json_report.render(REPORTS[name]))


def test_places_of_resources_are_told_where_there_are_any() -> None:
    """A report of files says where the resources it names stand, so that another format can be made of it."""
    named = VIOLATING.findings[0].resource.lower()
    places = [Location(resource=each, file="estate/a.json", line=3, column=5) for each in (named, "/subscriptions/s/x")]
    text = json_report.render(replace(VIOLATING, locations=tuple(places)))

    check(text, "audit-report")
    assert json.loads(text)["locations"] == [{"resource": named, "file": "estate/a.json", "line": 3, "column": 5}]
    assert "locations" not in json.loads(json_report.render(VIOLATING))


def test_keys_stand_in_the_order_of_the_contract() -> None:
    """A person who reads the file finds what was audited first and the summary last."""
    assert list(json.loads(json_report.render(VIOLATING))) == [
        "schema",
        "tool",
        "generated_at",
        "sources",
        "packs",
        "workloads",
        "results",
        "findings",
        "gaps",
        "summary",
    ]


def test_passing_results_only_on_request() -> None:
    """All other outcomes are always there."""
    few = json.loads(json_report.render(CLEAN))["results"]
    every = json.loads(json_report.render(CLEAN, all_results=True))["results"]

    assert [result["outcome"] for result in few] == ["not-applicable"] * 2
    assert len(every) == len(CLEAN.results)


@pytest.mark.parametrize(
    ("whole", "verdict"),
    [
        (CLEAN, Standing.CLEAN),
        (VIOLATING, Standing.FINDINGS),
        (UNKNOWN, Standing.INCOMPLETE),
        (EMPTY, Standing.NOTHING_AUDITED),
        (V3, Standing.NOTHING_AUDITED),
        (report(workload("ase", 1, 0, 0, 1, 0)), Standing.INCOMPLETE),
        (report(gaps=GAPS), Standing.NOTHING_AUDITED),
        (replace(CLEAN, findings=(replace(FINDINGS[0], waiver="accepted"),)), Standing.CLEAN),
        (replace(CLEAN, findings=(replace(FINDINGS[0], state="absent"),)), Standing.CLEAN),
    ],
)
def test_verdict(whole: Report, verdict: Standing) -> None:
    """Findings come before incompleteness, and nothing undecided or unaudited is clean."""
    assert summarise(whole).verdict is verdict
    assert json.loads(json_report.render(whole))["summary"]["verdict"] == verdict


def test_hostile_names_survive_and_cannot_act() -> None:
    """A program reads the very name; a terminal and a log see only printable text."""
    text = json_report.render(VIOLATING)

    assert json.loads(text)["workloads"][1]["name"] == HOSTILE
    assert all(line.isprintable() for line in text.split("\n"))
    assert "##vso" not in text


def test_a_file_name_that_is_not_unicode_is_written_out() -> None:
    """A byte that no encoding explains does not stop the report."""
    strange = replace(CLEAN, sources=(replace(SOURCES[0], location="estate-\udcff.json"),))

    text = json_report.render(strange)

    assert json.loads(text)["sources"][0]["location"] == "estate-\\udcff.json"
    assert json.loads(text)["findings"] == []


def test_documents_end_in_one_line_break_and_are_the_same_twice() -> None:
    """Same report, same bytes."""
    assert json_report.render(VIOLATING) == json_report.render(VIOLATING)
    assert json_report.render(VIOLATING).endswith("}\n")


def test_snapshot_schema_takes_a_snapshot_and_no_tags() -> None:
    """ARM documents pass as Azure returns them; tags, which may hold secrets, do not."""
    resource = {"id": "/subscriptions/s/x", "name": "x", "type": "Microsoft.Network/routeTables", "etag": "kept"}
    snapshot = {
        "schema": "snapshot/1",
        "collected_at": "2026-01-31T12:00:00Z",
        "collector": "azure-egress-auditor 0.1.0",
        "cloud": "public",
        "scope": ["/subscriptions/s"],
        "resources": [resource],
        "service_tags": {
            "westeurope": {"values": [{"name": "Storage", "properties": {"addressPrefixes": ["10.0.0.0/8"]}}]}
        },
        "gaps": [],
    }
    check(json.dumps(snapshot), "snapshot")

    resource["tags"] = "owner"
    with pytest.raises(jsonschema.ValidationError):
        check(json.dumps(snapshot), "snapshot")


def test_a_waiver_that_has_expired_says_nothing_against_the_network() -> None:
    """Alone it is something to act on; it makes neither an all-clear nor a finding of what was not audited or known."""
    lapse = LAPSED.findings

    assert summarise(LAPSED).verdict is Standing.FINDINGS
    assert summarise(replace(EMPTY, findings=lapse)).verdict is Standing.NOTHING_AUDITED
    assert summarise(replace(UNKNOWN, findings=(*UNKNOWN.findings, *lapse))).verdict is Standing.INCOMPLETE
    assert summarise(replace(LAPSED, findings=())).verdict is Standing.CLEAN


def test_waived_and_absent_findings_are_counted_apart() -> None:
    """The counts by level are of what stands; the waived and every state have counts of their own."""
    summary = summarise(WAIVED_BASELINE)

    assert summary.findings == {"error": 1, "warning": 2, "note": 1}
    assert summary.waived == 3
    assert summary.states == {"new": 1, "unchanged": 6, "absent": 0}
    assert summarise(WAIVED).states is None
