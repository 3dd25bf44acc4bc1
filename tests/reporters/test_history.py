"""A history for people and as JSON: runs, differences and lives, whole, in order, and harmless."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from auditor.findings import Finding
from auditor.histories import Life
from auditor.reporters import history_console, history_json, history_lives
from auditor.reporters.history_words import Standing, age_of, by_age, duration, standing_of
from auditor.reporters.text import cells
from tests.cli.running import document
from tests.conftest import Golden
from tests.reporters.history_samples import BAD, DETAIL, DETAILS, DIFFERENCE, DIFFERENCES, LIVES, PRUNED, RUNS
from tests.reporters.log_parser import azure_commands, github_commands
from tests.reporters.naughty import strings
from tests.reporters.samples import HOSTILE, WEB, WIDE

NOW = datetime(2026, 1, 31, 18, 30, tzinfo=UTC)
COMMANDS = ("auditor history show 11 --snapshot before.json.gz", "auditor drift before.json.gz after.json.gz")
OPEN = frozenset({DIFFERENCE.gone[0].id})


def texts(width: int) -> dict[str, str]:
    """Return everything people can be shown, at some width."""
    shown = {
        "list": history_console.render_runs(RUNS, more=True, width=width),
        "list-none": history_console.render_runs((), more=False, width=width),
        "findings": history_lives.render_lives(LIVES, NOW, everything=True, width=width),
        "findings-none": history_lives.render_lives((), NOW, everything=False, width=width),
    }
    for name, pruned in PRUNED.items():
        for dry_run in (False, True):
            shown[f"prune-{name}{'-dry' if dry_run else ''}"] = history_console.render_pruned(
                pruned, snapshots_only=name == "one", dry_run=dry_run, width=width
            )
    for name, detail in DETAILS.items():
        shown[f"show-{name}"] = history_console.render_run(detail, width=width, colour=False)
    for name, difference in DIFFERENCES.items():
        commands = COMMANDS if name == "much" else ()
        shown[f"diff-{name}"] = history_console.render_difference(
            difference, OPEN if name == "much" else frozenset(), commands, width=width, colour=False
        )
    for number, life in enumerate(LIVES):
        shown[f"finding-{number}"] = history_lives.render_life([life], NOW, width=width, colour=False)
    return shown


def documents() -> dict[str, str]:
    """Return everything programs can be given."""
    return {
        "list": history_json.render_runs(RUNS, more=True),
        "findings": history_json.render_lives(LIVES, NOW),
        "prune": history_json.render_pruned(PRUNED["many"], snapshots_only=False, dry_run=True),
        **{f"show-{name}": history_json.render_run(each) for name, each in DETAILS.items()},
        **{
            f"diff-{name}": history_json.render_difference(each, OPEN if each.gone else frozenset())
            for name, each in DIFFERENCES.items()
        },
    }


@pytest.mark.parametrize("name", texts(100))
def test_what_people_read(name: str, golden: Golden) -> None:
    """Each command, at its usual width."""
    golden(f"history-{name}.txt", texts(100)[name])


@pytest.mark.parametrize("name", documents())
def test_what_programs_read(name: str, golden: Golden) -> None:
    """Each document is what the schema describes."""
    text = documents()[name]

    document(text, "history")
    golden(f"history-{name}.json", text)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_line_is_too_wide(width: int) -> None:
    """Whatever the terminal; commands to copy alone are never broken."""
    lines = [line for text in texts(width).values() for line in text.splitlines() if "auditor " not in line]

    assert max(map(cells, lines)) <= width


def test_runs_and_findings_of_a_narrow_terminal_are_blocks(golden: Golden) -> None:
    """Where no table fits, each run and each finding has a block of its own."""
    golden("history-narrow.txt", texts(60)["list"] + "\n" + texts(60)["findings"])


def test_wide_names_do_not_disturb_the_columns() -> None:
    """A job in Japanese takes two cells for each sign, and what follows it still lines up."""
    *_, first, wide = history_console.render_runs(RUNS[1:3], more=False, width=100).splitlines()
    before = wide[: wide.index("yes")]

    assert WIDE in before
    assert "..." in history_console.render_runs(RUNS, more=False, width=100)
    assert cells(before) == first.index("yes")


def test_a_wide_terminal_shows_jobs_whole() -> None:
    """Where a name is shortened, it stands whole below the table."""
    narrow, wide = (history_console.render_runs(RUNS, more=False, width=each) for each in (100, 300))

    assert f"test of...-name- is {RUNS[3].job}" in " ".join(narrow.split()).replace("- name", "-name")
    assert RUNS[3].job in wide
    assert " is test of" not in wide


def test_colours_are_asked_for() -> None:
    """Levels and events are painted where the terminal takes it, and nowhere else."""
    painted = history_console.render_difference(DIFFERENCE, OPEN, (), width=100, colour=True)
    life = history_lives.render_life(LIVES[:1], NOW, width=100, colour=True)

    assert "\x1b[1;31mERROR\x1b[0m" in painted
    assert "\x1b[32mresolved\x1b[0m" in life
    assert "\x1b" not in "".join(texts(100).values())


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "0 minutes"), (1, "1 minute"), (119, "119 minutes"), (120, "2 hours"), (2879, "47 hours"), (2880, "2 days")],
)
def test_lengths_of_time(minutes: int, said: str) -> None:
    """In the largest unit of which there are two."""
    life = replace(LIVES[1], first_seen="2026-01-01T00:00:00Z")
    day, rest = divmod(minutes, 24 * 60)

    assert duration(age_of(life, datetime(2026, 1, 1 + day, rest // 60, rest % 60, tzinfo=UTC))) == said


def test_a_clock_that_runs_late_makes_no_negative_age() -> None:
    """A store may have been written by a machine whose clock is ahead."""
    assert duration(age_of(LIVES[2], datetime(2026, 1, 1, tzinfo=UTC))) == "0 minutes"


def test_what_is_open_longest_comes_first() -> None:
    """Then what is worst, and last of all what is resolved; what was reopened counts from then."""
    ids = [each.finding.check for each in by_age(LIVES[::-1])]

    assert ids == [
        "blocked-by-firewall-rule",
        "missing-management-route",
        "missing-service-endpoint",
        "dangling-next-hop",
    ]


def test_findings_of_a_difference_are_told_worst_first() -> None:
    """In whatever order the history has them."""
    difference = replace(DIFFERENCE, come=DIFFERENCE.come[::-1], gone=())
    text = history_console.render_difference(difference, OPEN, (), width=100, colour=False)
    found = document(history_json.render_difference(difference, frozenset()), "history")["findings"]["come"]

    assert text.index("+ ERROR") < text.index("+ WARNING")
    assert [each["level"] for each in found] == ["error", "warning"]


def test_how_findings_stand() -> None:
    """Resolved before waived, waived before open, and what came back says so."""
    assert [standing_of(each) for each in LIVES] == [
        Standing.REOPENED,
        Standing.WAIVED,
        Standing.OPEN,
        Standing.RESOLVED,
    ]


def test_a_finding_of_several_jobs_is_told_of_each() -> None:
    """Where two jobs have it, the table names the job, and the finding has a life in each."""
    lives = [LIVES[0], replace(LIVES[0], job=WIDE)]
    table = history_lives.render_lives(lives, NOW, everything=False, width=100)
    life = history_lives.render_life(lives, NOW, width=100, colour=False)

    assert WIDE in table
    assert f"of job {WIDE}" in life
    assert "of job prod" in life
    assert "job" not in history_lives.render_lives(LIVES, NOW, everything=False, width=100)


def renamed(finding: Finding, name: str) -> Finding:
    """Return a finding in which everything that others may name bears a name."""
    return replace(
        finding,
        id=name or "id",
        workload=f"{WEB}/hostingEnvironments/{name}",
        resource=f"{WEB}/sites/{name}",
        message=name or "cause",
        title=name or "title",
        evidence=(name,),
        requirements=(f"a/{name}",),
        fix=name,
        waiver=name,
    )


def hostile(name: str) -> tuple[list[str], list[str]]:
    """Return what people and programs are told where everything that others may name bears a name."""
    finding = renamed(LIVES[0].finding, name)
    bad = replace(BAD, job=name, tool_version=name)
    life: Life = replace(LIVES[0], job=name, finding=finding)
    detail = replace(
        DETAIL,
        run=bad,
        findings=(finding,),
        sources=(replace(DETAIL.sources[0], location=name),),
        workloads=tuple(replace(each, name=name, id=name or "id") for each in DETAIL.workloads[:1]),
        gaps=(replace(DETAIL.gaps[0], scope=name, why=name, needs=name),),
    )
    difference = replace(
        DIFFERENCE,
        before=bad,
        come=(finding,),
        altered=((finding, replace(finding, message="other", waiver=None)),),
        workloads_added=(name,),
        resources_changed=(name,),
    )
    people = [
        history_console.render_runs([bad], more=False, width=100),
        history_console.render_run(detail, width=100, colour=False),
        history_console.render_difference(difference, {name}, [f"auditor {name}"], width=100, colour=False),
        history_lives.render_lives([life, LIVES[1]], NOW, everything=False, width=100),
        history_lives.render_life([life], NOW, width=100, colour=False),
    ]
    programs = [
        history_json.render_runs([bad], more=False),
        history_json.render_run(detail),
        history_json.render_difference(difference, {name}),
        history_json.render_lives([life], NOW),
    ]
    return people, programs


@pytest.mark.parametrize("name", [HOSTILE, *strings()[::11]])
def test_hostile_names_cannot_act(name: str) -> None:
    """Nothing reaches the terminal but printable signs, no log command, and JSON stays JSON with the name in it."""
    people, programs = hostile(name)

    for text in (*people, *programs):
        assert all(line.isprintable() for line in text.split("\n"))
        assert github_commands(text) == azure_commands(text) == []
    told = name.encode("utf-8", "backslashreplace").decode()
    found = document(programs[-1], "history")["findings"][0]

    assert found["job"] == told
    assert found["finding"]["evidence"] == [told]
    assert document(programs[0], "history")["runs"][0]["job"] == told
