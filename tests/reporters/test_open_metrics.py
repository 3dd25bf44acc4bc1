"""OpenMetrics: whole when read back by the library of others and by Prometheus itself, and steady from run to run."""

import re
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from auditor.collectors.rules import read_checks
from auditor.findings import Level, Outcome, PackUse, Report, State
from auditor.measures import Course, Phase
from auditor.reporters.measured import attributes_of, measures_of
from auditor.reporters.open_metrics import last_success, render
from auditor.reporters.summary import is_complete, stands
from tests.promtool import promtool
from tests.reporters.samples import CLEAN, HOSTILE, UNKNOWN, VIOLATING, report
from tests.reporters.test_text import ANY_TEXT

COURSE = Course(
    at=1_800_000_000.0,
    ended=1_800_000_004.5,
    phases=(
        Phase(name="read", at=1_800_000_000.0, seconds=1.25),
        Phase(name="decide", at=1_800_000_001.25, seconds=3.0),
    ),
    exit_code=1,
    last_success=1_799_999_000.0,
)
CHECKS = read_checks()

Values = dict[tuple[str, ...], float]


def metrics(whole: Report, course: Course = COURSE) -> str:
    """Return the metrics of a report."""
    return render(measures_of(whole, CHECKS, course))


def values(text: str) -> dict[str, Values]:
    """Return the samples of each metric, by the values of their labels in the order of the names of these."""
    found: dict[str, Values] = {}
    for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]  # of the library
        for sample in family.samples:
            labels = tuple(sample.labels[name] for name in sorted(sample.labels))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_counts_are_those_of_the_report(case: Report) -> None:
    """Findings by check and level, waived ones apart, requirements by outcome, gaps and workloads."""
    found = values(metrics(case))
    standing = [(each.check, each.level.value) for each in case.findings if stands(each)]
    outcomes = [(outcome, number) for each in case.workloads for outcome, number in each.summary]

    assert {key: number for key, number in found["auditor_findings"].items() if number} == {
        key: standing.count(key) for key in standing
    }
    assert sum(found["auditor_findings_waived"].values()) == sum(
        each.waiver is not None and each.state != State.ABSENT for each in case.findings
    )
    assert found["auditor_requirements"] == {
        (outcome.value,): sum(number for each, number in outcomes if each is outcome) for outcome in Outcome
    }
    assert found["auditor_gaps"] == {(): len(case.gaps)}
    assert found["auditor_workloads"] == {(): len(case.workloads)}
    assert found["auditor_complete"] == {(): is_complete(case)}
    assert ("auditor_findings_compared" in found) is (case.baseline is not None)


def test_a_series_does_not_end_with_its_defect() -> None:
    """Every check has a sample for each level, zero included: an alert on it resolves, and a rate has a start."""
    clean, violating = values(metrics(CLEAN)), values(metrics(VIOLATING))

    for name in ("auditor_findings", "auditor_findings_waived"):
        assert clean[name].keys() == violating[name].keys() == {(check, level) for check in CHECKS for level in Level}
        assert set(clean[name].values()) == {0}
    assert clean.keys() == violating.keys()


def test_times_and_versions() -> None:
    """How long each part took, when it ended, what it ended with, by which auditor and editions."""
    found = values(metrics(VIOLATING))

    assert found["auditor_audit_duration_seconds"] == {("read",): 1.25, ("decide",): 3.0}
    assert found["auditor_last_run_timestamp_seconds"] == {(): COURSE.ended}
    assert found["auditor_last_success_timestamp_seconds"] == {(): COURSE.last_success}
    assert found["auditor_exit_code"] == {(): 1}
    assert found["auditor_build_info"] == {("0.1.0",): 1}
    assert found["auditor_pack_info"] == {
        ("public", "2018-06-12", "ase-management-addresses", "r2"): 1,
        ("public", "2018-09-24", "ase-v2", ""): 1,
    }


def test_no_resource_is_named(case: Report) -> None:
    """Neither metrics nor the trace hold what somebody has called something."""
    told = metrics(case) + str(attributes_of(case, COURSE))

    assert "/subscriptions/" not in told
    assert [each.name for each in case.workloads if each.name in told] == []


def test_all_are_gauges_with_meaning_and_unit(case: Report) -> None:
    """The textfile collector of the node exporter knows no newer types than Prometheus once had."""
    text = metrics(case)
    named = re.findall(r"^(\w+?)(?:\{.*\})? \S+$", text, re.MULTILINE)

    assert set(re.findall(r"^# TYPE \S+ (\S+)$", text, re.MULTILINE)) == {"gauge"}
    assert set(re.findall(r"^# HELP (\S+) \S.*\.$", text, re.MULTILINE)) == set(named)
    assert set(re.findall(r"^# UNIT (\S+) seconds$", text, re.MULTILINE)) == {
        each for each in named if each.endswith("_seconds")
    }
    assert text.endswith("\n# EOF\n")


def test_prometheus_is_content(case: Report) -> None:
    """Its own checker finds no fault with the text, and none with names and units."""
    assert promtool("check", "metrics", stdin=metrics(case)) == ""


def test_without_an_earlier_success_there_is_none() -> None:
    """What is not known is not there, so that an alert can tell."""
    assert "last_success" not in metrics(UNKNOWN, replace(COURSE, last_success=None))


def test_the_last_success_is_read_back() -> None:
    """It is what the file says, whether the audit was the one, or only kept it."""
    assert last_success(metrics(CLEAN)) == COURSE.ended
    assert last_success(metrics(UNKNOWN)) == COURSE.last_success
    assert last_success(metrics(UNKNOWN, replace(COURSE, last_success=None))) is None


@given(ANY_TEXT | st.text('# EOF\n{}="\\,_a1.+-e auditor_last_success_timestamp_seconds'))
@example("# TYPE a histogram\na_bucket 1\n# EOF\n")
@example('a{b="c" 1\n# EOF\n')
def test_any_other_file_says_nothing(text: str) -> None:
    """Whatever stands where the metrics are to go, it does not stop an audit."""
    assert last_success(text) is None


@given(ANY_TEXT)
@example(HOSTILE)
@example('"} 1\n# EOF\nauditor_findings 7')
def test_names_stay_values_of_labels(text: str) -> None:
    """The edition of somebody's own pack adds no line and no series."""
    pack = PackUse(pack="own", edition=text, revision=None, cloud="public", digest="sha256:" + "0" * 64)
    told = metrics(report(packs=(pack,)))

    assert len(told.splitlines()) == len(metrics(report(packs=(replace(pack, edition="1"),))).splitlines())
    assert len(values(told)["auditor_pack_info"]) == 1


def test_the_trace_tells_counts() -> None:
    """Of an audit that came to no report, its exit code alone."""
    found = attributes_of(UNKNOWN, COURSE)

    assert (found["auditor.verdict"], found["auditor.gaps"]) == ("incomplete", len(UNKNOWN.gaps))
    assert found["auditor.findings.error"] == 0
    assert attributes_of(None, replace(COURSE, exit_code=2)) == {"auditor.exit_code": 2}
