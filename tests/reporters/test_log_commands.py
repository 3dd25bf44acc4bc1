"""Log commands: one for each finding a platform shows, no more than it shows, and none that a name has made."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given

from auditor.findings import Finding, Level, Location, Report, State
from auditor.reporters.closing import close
from auditor.reporters.log_commands import render_azure_pipelines, render_github
from auditor.reporters.summary import Standing, stands
from auditor.reporters.text import plain
from tests.reporters.cases import CASES, many, named
from tests.reporters.log_parser import Command, azure_commands, github_commands
from tests.reporters.samples import CLEAN, FINDINGS, GAPS, VIOLATING, finding, report, workload
from tests.reporters.test_text import ANY_TEXT

MOST = 10
GITHUB = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def shown(whole: Report, level: Level) -> int:
    """Return how many annotations a level comes to."""
    nothing = level is Level.ERROR and close(whole).standing is Standing.NOTHING_AUDITED
    return min(MOST, nothing + sum(stands(each) and each.level is level for each in whole.findings))


def test_github_gets_the_worst_findings_and_no_other_command(case: Report) -> None:
    """At most ten of a kind, and what folds the rest."""
    found = Counter(each.name for each in github_commands(render_github(case)))
    folded = found.pop("group", 0)

    assert found.pop("endgroup", 0) == folded
    assert found == {GITHUB[level]: shown(case, level) for level in Level if shown(case, level)}


def test_azure_gets_the_worst_findings_and_no_other_command(case: Report) -> None:
    """At most ten errors and ten warnings; it knows no notes."""
    found = azure_commands(render_azure_pipelines(case))

    assert {each.name for each in found} <= {"task.logissue"}
    assert Counter(each.properties["type"] for each in found) == {
        level.value: shown(case, level) for level in (Level.ERROR, Level.WARNING) if shown(case, level)
    }


@pytest.mark.parametrize("render", [render_github, render_azure_pipelines])
def test_every_finding_and_gap_is_in_the_log_once(render: object, case: Report) -> None:
    """What is no annotation is a line, with the id to find it by."""
    assert callable(render)
    text = render(case)

    for each in case.findings:
        assert text.count(f"id {each.id}\n") == sum(other.id == each.id for other in case.findings)
    assert text.count("; needs ") == len(case.gaps)


def test_a_command_says_what_where_and_what_to_do() -> None:
    """The title has check and workload, the message cause and fix, read back by what the platforms undo."""
    first = FINDINGS[0]
    (github,) = github_commands(render_github(report(workload("ase-prod", 1, 0, 1, 0, 0), findings=(first,))))
    (azure,) = azure_commands(render_azure_pipelines(report(workload("ase-prod", 1, 0, 1, 0, 0), findings=(first,))))

    assert github.properties == {"title": "blocked-by-firewall-rule on ase-prod"}
    assert github.data.split("\n")[:2] == [first.message, f"Fix: {first.fix}"]
    assert azure.properties == {"type": "error", "code": "blocked-by-firewall-rule"}
    assert azure.data.startswith(f"blocked-by-firewall-rule on ase-prod: {first.message}; Fix: {first.fix}")


def test_ten_are_shown_and_eleven_are_counted() -> None:
    """The tenth annotation is a finding where there are ten, and says how many more where there are more."""
    for number, last in ((10, "missing-fqdn on ase-009"), (11, "2 more errors")):
        findings = tuple(finding("missing-fqdn", Level.ERROR, "t", f"m{at}", id=f"{at}") for at in range(number))
        commands = github_commands(render_github(report(findings=findings)))
        assert len([each for each in commands if each.name == "error"]) == MOST
        assert commands[9].properties["title"].startswith(last.partition(" on ")[0])


def test_accepted_and_gone_findings_are_no_annotations() -> None:
    """They are in the log, and nobody is alarmed."""
    case = CASES["waived"]
    accepted = [each for each in case.findings if each.waiver]
    told = [each.properties["title"] for each in github_commands(render_github(case)) if "title" in each.properties]
    logged = azure_commands(render_azure_pipelines(case))

    standing = [each for each in case.findings if not each.waiver]
    assert len(told) == len(standing)
    assert len(logged) == sum(each.level is not Level.NOTE for each in standing)  # Azure Pipelines knows no notes
    assert not any(each.check in title for each in accepted for title in told)
    assert "The rule goes with the migration (Ada, until 2026-01-31)" in render_github(case)


def test_a_message_is_no_longer_than_github_takes() -> None:
    """It cuts at 4,096 characters; ours end by themselves, escapes included."""
    long = finding("c", Level.ERROR, "t" * 9_000, "%:," * 9_000, fix="f" * 9_000, workload="w" * 9_000)
    (line,) = [each for each in render_github(report(findings=(long,))).splitlines() if each.startswith("::error")]

    assert len(line.rpartition("::")[2]) <= 4_096
    assert len(github_commands(line)[0].properties["title"]) <= 255


@pytest.mark.parametrize("character", ["\u0301", "\U0001f512", "%"])
def test_limits_count_characters_and_not_cells(character: str) -> None:
    """A combining mark takes no cell of a terminal, and is a character to GitHub, which counts as .NET does."""
    texts = dict.fromkeys(("fix", "workload"), f"a{character * 9_000}")
    long = finding("c", Level.ERROR, "t", f"a{character * 9_000}", **texts)
    (command,) = github_commands(render_github(report(findings=(long,))))

    assert len(command.data.encode("utf-16-le")) <= 2 * 4_096
    assert len(command.properties["title"].encode("utf-16-le")) <= 2 * 255


@pytest.mark.parametrize(
    ("render", "read"), [(render_github, github_commands), (render_azure_pipelines, azure_commands)]
)
def test_new_findings_are_shown_first_and_called_so(
    render: Callable[[Report], str], read: Callable[[str], list[Command]]
) -> None:
    """With a baseline the few annotations there are go to what may fail the gate, and the rest says how many it has."""
    states = [State.UNCHANGED] * 12 + [State.NEW] * 3
    findings = [
        finding("missing-fqdn", Level.ERROR, "t", f"because {at}", id=f"{at}", state=state)
        for at, state in enumerate(states)
    ]
    few, many_new = findings, [*findings, *(replace(each, id=f"n{each.id}", state=State.NEW) for each in findings)]

    def titles(found: list[Finding]) -> list[str]:
        commands = [each for each in read(render(report(findings=tuple(found)))) if "group" not in each.name]
        return [each.properties.get("title") or each.data.partition(": because")[0] for each in commands]

    new, old = "new: missing-fqdn on ase-prod", "missing-fqdn on ase-prod"
    assert [each.partition(": The log")[0] for each in titles(few)] == [*[new] * 3, *[old] * 6, "6 more errors"]
    assert [each.partition(": The log")[0] for each in titles(many_new)] == [
        *[new] * 9,
        "21 more errors, 9 of them new",
    ]


def test_an_annotation_stands_where_the_resource_does() -> None:
    """File, line and column are those of the resource to change; a resource in no file has none."""
    first = FINDINGS[0]
    place = Location(resource=first.resource.lower(), file="estate,a:b];\n.json", line=12, column=3)
    whole = replace(VIOLATING, locations=(place,))
    github = github_commands(render_github(whole))
    azure = azure_commands(render_azure_pipelines(whole))

    assert github[0].properties == {
        "file": r"estate,a:b];\n.json",
        "line": "12",
        "col": "3",
        "title": "blocked-by-firewall-rule on ase-prod",
    }
    assert azure[0].properties == {
        "type": "error",
        "sourcepath": r"estate,a:b];\n.json",
        "linenumber": "12",
        "columnnumber": "3",
        "code": "blocked-by-firewall-rule",
    }
    assert "file" not in github[1].properties
    assert "sourcepath" not in azure[1].properties


@given(ANY_TEXT)
def test_any_name_stays_a_name(name: str) -> None:
    """Whatever a name is made of, there is one command, and it says the name."""
    found, _ = named(name)
    whole = report(findings=(found,), gaps=(*GAPS,))
    (github,) = [each for each in github_commands(render_github(whole)) if "group" not in each.name]
    (azure,) = azure_commands(render_azure_pipelines(whole))

    assert github.name == "error"
    assert github.data.split("\n")[0] == plain(found.message)
    assert azure.properties["type"] == "error"
    assert plain(found.fix) in azure.data


def test_an_audit_of_nothing_is_an_error() -> None:
    """The step fails without a finding that would say why: one command does."""
    (github,) = github_commands(render_github(report()))
    (azure,) = azure_commands(render_azure_pipelines(report()))

    assert (github.name, github.properties["title"]) == ("error", "Nothing was audited")
    assert github.data == "no App Service Environment in the source."
    assert azure.properties == {"type": "error"}
    assert azure.data.startswith("Nothing was audited: ")
    assert not github_commands(render_github(CLEAN))


def test_a_file_outside_the_repository_is_no_place() -> None:
    """A platform finds no file by an absolute path: the finding is told without one, as in SARIF."""
    first = FINDINGS[0]
    where = Location(resource=first.workload.lower(), file="/srv/estate/ase.json", line=3, column=1)
    elsewhere = replace(report(findings=(replace(first, resource=""),)), locations=(where,))

    assert "file" not in github_commands(render_github(elsewhere))[-1].properties
    assert "sourcepath" not in azure_commands(render_azure_pipelines(elsewhere))[-1].properties
    inside = replace(elsewhere, locations=(replace(where, file="estate/ase.json"),))
    assert github_commands(render_github(inside))[-1].properties["file"] == "estate/ase.json"


def test_a_clean_report_ends_in_the_verdict() -> None:
    """No command at all, and the sentence of the console."""
    assert render_github(CLEAN) == render_azure_pipelines(CLEAN)
    assert render_github(CLEAN).endswith("CLEAN: 2 of 2 applicable requirements met as documented.\n")


def test_many_findings_leave_a_short_list_of_annotations() -> None:
    """5,000 findings are ten errors and ten warnings, the last of each with the number of the others."""
    commands = [each for each in github_commands(render_github(many(5_000))) if "group" not in each.name]

    assert [each.properties["title"] for each in commands if "more" in each.properties["title"]] == [
        "3,324 more errors",
        "1,658 more warnings",
    ]
