"""`auditor audit --compare-as-of`: the report as of one day, and what the editions of another would change."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.formats import FORMATS
from tests.builders import environment, vnet
from tests.cli.program import CHECKOUT, Done, call, refused, save
from tests.cli.running import document
from tests.cli.test_audit import CLEAN, FINDINGS, INCOMPLETE, broken, partly_read
from tests.conftest import Golden
from tests.estates import Draft

EXAMPLES = CHECKOUT / "rules" / "examples"
VIOLATING = str(EXAMPLES / "violating")
SEED, NEWEST = "2018-09-24", "2023-11-20"
FORTH = ("--as-of", SEED, "--compare-as-of", "2024-01-01")
BACK = ("--compare-as-of", SEED)


def report(done: Done) -> dict[str, Any]:
    """Return the JSON report a run has printed, which must be what its schema describes."""
    found = document(done.out, "audit-report")
    return {**found, "generated_at": ""}


def compared(*arguments: str) -> dict[str, Any]:
    """Return the comparison of a run."""
    found: dict[str, Any] = report(call("audit", *arguments, "--format", "json"))["comparison"]
    return found


def labels(packs: list[dict[str, Any]]) -> dict[str, str]:
    """Return the label of the edition of each pack."""
    return {each["pack"]: ".".join(filter(None, (each["edition"], each["revision"]))) for each in packs}


@pytest.mark.parametrize("arguments", [FORTH, BACK], ids=["forth", "back"])
@pytest.mark.parametrize("example", ["violating", "compliant"])
def test_it_looks_as_approved(
    example: str, arguments: tuple[str, ...], golden: Golden, request: pytest.FixtureRequest
) -> None:
    """The part of the report that is there only when asked for, for both examples and both ways."""
    text = call("audit", str(EXAMPLES / example), *arguments).out
    _, _, part = text.partition("What other editions would change\n")

    golden(f"compare-{example}-{request.node.callspec.id.partition('-')[2]}.txt", part)


@pytest.mark.parametrize("arguments", [(), ("--all-results",)])
@pytest.mark.parametrize("form", ["console", "json"])
def test_beside_it_the_report_is_what_it_would_be(form: str, arguments: tuple[str, ...]) -> None:
    """Whatever other editions say, the audit as of the day asked for stays the same."""
    plain = call("audit", VIOLATING, "--as-of", SEED, "--format", form, *arguments)
    beside = call("audit", VIOLATING, *FORTH, "--format", form, *arguments)

    assert beside.code == plain.code
    if form == "json":
        found = report(beside)
        assert found.pop("comparison")
        assert found == report(plain)
        assert "comparison" not in report(plain)
    else:
        head, _, rest = beside.out.partition("What other editions would change\n")
        told = [line for line in rest.partition("Verdict\n")[2].splitlines() if not line.startswith("By the editions")]
        lines = [line for line in plain.out.splitlines() if "audited" not in line]
        assert [line for line in head.splitlines() if "audited" not in line] + ["Verdict", *told] == lines


def test_it_is_what_two_audits_say() -> None:
    """What is gained and lost are the findings that only one of two audits of their own has."""
    before = report(call("audit", VIOLATING, "--as-of", SEED, "--format", "json"))
    after = report(call("audit", VIOLATING, "--format", "json"))
    found = compared(VIOLATING, *FORTH)
    was, now = ({each["id"]: each for each in one["findings"]} for one in (before, after))

    assert labels(found["packs"]) == labels(after["packs"])
    assert found["gained"] == [each for ident, each in now.items() if ident not in was]
    assert found["lost"] == [each for ident, each in was.items() if ident not in now]
    assert all(was[each["before"]["id"]] == each["before"] for each in found["altered"])
    assert all(now[each["after"]["id"]] == each["after"] for each in found["altered"])
    assert found["gained"]
    assert found["lost"]
    assert found["altered"]


def test_the_exit_code_is_that_of_the_report(tmp_path: Path) -> None:
    """As of the first day nothing is wrong: what is gained later makes no failure, and what is lost mends none."""
    file = save(tmp_path, broken())  # without Microsoft.EventHub, which the first edition does not ask for

    assert call("audit", file, *FORTH).code == CLEAN
    assert [each["check"] for each in compared(file, *FORTH)["gained"]] == ["missing-service-endpoint"]
    assert call("audit", file, *BACK).code == FINDINGS
    assert [each["check"] for each in compared(file, *BACK)["lost"]] == ["missing-service-endpoint"]
    assert call("audit", save(tmp_path, partly_read()), *FORTH).code == INCOMPLETE


@pytest.mark.parametrize(
    ("arguments", "main", "companion", "day"),
    [
        (("--compare-as-of", "2019-06-30"), "2019-06-11.r2", "2019-04-03", "2019-06-30"),
        (("--compare-edition", "ase-v2=2019-06-11.r1"), "2019-06-11.r1", "2019-04-03", None),
        (("--compare-edition", "ase-management-addresses=2019-01-16"), NEWEST, "2019-01-16", None),
        (
            ("--as-of", "2018-10-01", "--compare-edition", "ase-management-addresses=2022-10-24"),
            SEED,
            "2022-10-24",
            None,
        ),
        (
            ("--edition", "ase-v2=2018-12-20", "--compare-as-of", "2020-01-20"),
            "2020-01-14",
            "2019-11-13",
            "2020-01-20",
        ),
        (
            ("--compare-as-of", "2019-06-30", "--compare-edition", "ase-v2=2020-01-24"),
            "2020-01-24",
            "2019-11-13",
            "2019-06-30",
        ),
    ],
)
def test_the_other_editions_are_chosen_like_those_of_the_report(
    arguments: tuple[str, ...], main: str, companion: str, day: str | None, tmp_path: Path
) -> None:
    """A day takes all that was in force on it; an edition alone leaves the rest as the report has it."""
    found = compared(save(tmp_path, Draft()), *arguments)

    assert labels(found["packs"]) == {"ase-v2": main, "ase-management-addresses": companion}
    assert found["as_of"] == day


def test_a_day_wins_over_editions_of_the_configuration(tmp_path: Path) -> None:
    """auditor.yaml pins what the report is against, and not what it is compared with."""
    config = tmp_path / "auditor.yaml"
    config.write_text(f'packs: {{editions: {{ase-v2: "{SEED}"}}}}\n', encoding="utf-8")
    file = save(tmp_path, Draft())
    found = report(call("audit", file, "--config", str(config), "--compare-as-of", "2024-01-01", "--format", "json"))

    assert labels(found["packs"])["ase-v2"] == SEED
    assert labels(found["comparison"]["packs"])["ase-v2"] == NEWEST


def test_one_pack_alone(tmp_path: Path) -> None:
    """--pack holds on both sides."""
    found = compared(save(tmp_path, Draft()), *FORTH, "--pack", "ase-management-addresses")

    assert set(labels(found["packs"])) == {"ase-management-addresses"}
    assert {each["requirement"].partition("@")[0] for each in found["added"]} == {"ase-management-addresses"}


@pytest.mark.parametrize("form", FORMATS)
def test_a_saved_report_says_the_same(form: str, tmp_path: Path) -> None:
    """In every format, from the comparison that was saved with the report."""
    file = tmp_path / "report.json"
    call("audit", VIOLATING, *FORTH, "--all-results", "--report", f"json={file}")
    saved = json.loads(file.read_text(encoding="utf-8"))
    again = call("report", str(file), "--format", form)

    assert again.code == 0
    if form == "json":
        assert report(again)["comparison"] == saved["comparison"]
    if form in {"console", "markdown", "github", "azure-pipelines"}:
        assert "findings gained, 29 lost" in again.out


def test_waivers_hold_on_both_sides(tmp_path: Path) -> None:
    """What is accepted is told as accepted, whether it is gained, lost or there either way."""
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text(
        "waivers: [{check: missing-service-endpoint, reason: agreed, owner: net, until: 2999-01-31}]\n",
        encoding="utf-8",
    )
    file = save(tmp_path, broken())
    (gained,) = compared(file, *FORTH, "--waivers", str(waivers))["gained"]
    (lost,) = compared(file, *BACK, "--waivers", str(waivers))["lost"]

    assert gained["waiver"] == lost["waiver"]
    assert gained["waiver"].startswith("agreed")
    assert "1 gained (1 waived)" in call("audit", file, *FORTH, "--waivers", str(waivers)).out


def test_a_baseline_changes_nothing_of_the_comparison(tmp_path: Path) -> None:
    """States are those of the report; what other editions change is told without them."""
    earlier, file = tmp_path / "earlier.json", save(tmp_path, broken())
    call("audit", save(tmp_path, Draft(), "before.json"), "--format", "json", "-o", str(earlier))
    found = report(call("audit", file, *BACK, "--baseline", str(earlier), "--format", "json"))

    assert [each["state"] for each in found["findings"]] == ["new"]
    assert found["comparison"] == compared(file, *BACK)


def test_azures_own_lists_stay_as_they_are() -> None:
    """Audited against Azure's own lists, what they ask for does not move with the documents."""
    found = compared(VIOLATING, *FORTH, "--requirements", "live")

    assert [each["requirement"] for each in found["added"] if each["requirement"].startswith("azure@live")] == []
    assert {each["edition"] for each in found["packs"]} >= {NEWEST}


def test_nothing_to_audit_is_nothing_to_compare(tmp_path: Path) -> None:
    """An environment that the packs do not speak of, and no environment at all, gain and lose nothing."""
    apart = [vnet("vnet-shop", "10.1.0.0/16"), environment("ase-v3", "vnet-shop", "ase", kind="ASEV3")]
    for documents in (apart, []):
        found = compared(save(tmp_path, documents), *FORTH)
        assert [found[each] for each in ("added", "removed", "turned", "gained", "lost", "altered")] == [[]] * 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--compare-as-of", "soon"), '--compare-as-of: "soon" is not a date; write it as 2018-09-24'),
        (("--compare-as-of", ""), '--compare-as-of: "" is not a date; write it as 2018-09-24'),
        (("--compare-as-of", "2018-09-23"), "ase-v2 (public) has no edition in force on 2018-09-23; the earliest is"),
        (("--compare-edition", "ase-v2"), '--compare-edition: "ase-v2" is not SERVICE=EDITION; write it as ase-v2='),
        (("--compare-edition", "ase-v2=2018"), 'ase-v2 (public) has no edition "2018"; it has 2018-09-24, '),
        (("--compare-edition", "aks=2018-09-24"), 'there is no pack "aks"; there are ase-management-addresses, ase-v2'),
    ],
)
def test_an_option_that_names_nothing(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    """One line with what was asked for and what there is; nothing is written."""
    target = tmp_path / "report.json"

    assert refused("audit", save(tmp_path, Draft()), *arguments, "-o", str(target)).startswith(message)
    assert not target.exists()


def test_the_help_says_whose_exit_code_it_is() -> None:
    """The comparison counts for nothing, and --help says so."""
    assert "what other editions would change does not count either" in " ".join(call("audit", "--help").out.split())
