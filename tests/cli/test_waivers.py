"""`auditor audit` with waivers and with a baseline: what is shown, what counts, and what is refused."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.program import CHECKOUT, Done, call, refused, save
from tests.cli.running import document
from tests.cli.test_audit import broken, partly_read
from tests.estates import Draft

CLEAN, FINDINGS, INPUT, INCOMPLETE = 0, 1, 2, 3
FUTURE, PAST = "2999-12-31", "2020-01-31"
CHECK = "missing-service-endpoint"


def twice_broken() -> Draft:
    """Return an estate with two defects of level error."""
    draft = broken()
    draft.ase["serviceEndpoints"] = [each for each in draft.ase["serviceEndpoints"] if "Sql" not in each["service"]]
    return draft


def waivers(folder: Path, *, until: str = FUTURE, name: str = "waivers.yaml", **what: str) -> str:
    """Write a file with one waiver, of the check of the broken estate unless told otherwise."""
    entry = {**(what or {"check": CHECK}), "reason": "no event hubs here", "owner": "net", "until": until}
    file = folder / name
    file.write_text(json.dumps({"waivers": [entry]}), encoding="utf-8")
    return str(file)


def report(done: Done) -> dict[str, Any]:
    """Return the JSON report a run has printed, which must be what its schema describes."""
    return document(done.out, "audit-report")


def baseline(folder: Path, draft: Draft, *arguments: str) -> str:
    """Write the report on an estate and return its path."""
    file = str(folder / "baseline.json")
    call("audit", save(folder, draft, "before.json"), "--format", "json", "-o", file, *arguments)
    return file


@pytest.mark.parametrize(
    ("estate", "until", "arguments", "code"),
    [
        (broken, FUTURE, (), CLEAN),
        (broken, FUTURE, ("--fail-on", "note"), CLEAN),
        (broken, PAST, (), FINDINGS),
        (Draft, PAST, (), CLEAN),
        (Draft, PAST, ("--fail-on", "warning"), FINDINGS),
        (Draft, FUTURE, ("--fail-on", "note"), CLEAN),
    ],
)
def test_exit_codes_with_a_waiver(
    estate: Callable[[], Draft], until: str, arguments: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    """A waived finding does not count; an expired waiver does, as the warning it is; one that fits nothing does not."""
    done = call("audit", save(tmp_path, estate()), "--waivers", waivers(tmp_path, until=until), *arguments)

    assert (done.code, done.err) == (code, "")


def test_what_is_waived_is_shown_and_counted(tmp_path: Path) -> None:
    """Console and JSON show the finding with reason, owner and last day, and the waiver with what it covers."""
    arguments = ("audit", save(tmp_path, broken()), "--waivers", waivers(tmp_path))
    text, found = call(*arguments).out, report(call(*arguments, "--format", "json"))

    (finding,) = found["findings"]
    assert finding["waiver"] == "no event hubs here (net, until 2999-12-31)"
    assert found["waivers"] == [
        {
            "finding": None,
            "level": None,
            "up_to": None,
            "check": [CHECK],
            "workload": [],
            "resource": [],
            "requirement": [],
            "reason": "no event hubs here",
            "owner": "net",
            "until": "2999-12-31",
            "state": "in-use",
            "findings": [finding["id"]],
        }
    ]
    assert found["summary"]["findings"] == {"error": 0, "warning": 0, "note": 0}
    assert (found["summary"]["waived"], found["summary"]["verdict"]) == (1, "clean")
    assert "waived     no event hubs here (net, until 2999-12-31)" in text
    assert f"- waives 1 finding: check {CHECK}: no event hubs here (net, until 2999-12-31)" in text
    assert "0 notes, 1 waived," in text
    assert "met as documented; 1 finding waived." in text


def test_a_waiver_that_fits_nothing_is_shown(tmp_path: Path) -> None:
    """Console and JSON name it; no finding changes."""
    arguments = ("audit", save(tmp_path, broken()), "--waivers", waivers(tmp_path, workload="ase-gone"))
    done, found = call(*arguments), report(call(*arguments, "--format", "json"))

    assert done.code == FINDINGS
    assert "- matches nothing: workload ase-gone: no event hubs here (net, until 2999-12-31)" in done.out
    assert "1 waiver matches nothing and can be deleted." in done.out
    assert [(each["state"], each["findings"]) for each in found["waivers"]] == [("unmatched", [])]
    assert [each["waiver"] for each in found["findings"]] == [None]


def test_an_expired_waiver_is_a_finding(tmp_path: Path) -> None:
    """What it covered counts again, and that it has expired is a finding of its own."""
    arguments = ("audit", save(tmp_path, broken()), "--waivers", waivers(tmp_path, until=PAST))
    found = report(call(*arguments, "--format", "json"))

    assert [(each["check"], each["waiver"]) for each in found["findings"]] == [(CHECK, None), ("expired-waiver", None)]
    assert [each["state"] for each in found["waivers"]] == ["expired"]
    assert "WARNING expired-waiver" in call(*arguments).out


def test_the_last_day_is_the_day_of_the_clock(tmp_path: Path) -> None:
    """A waiver that ends today still counts; one that ended yesterday does not."""
    file, before = save(tmp_path, broken()), datetime.now(UTC).date()
    codes = [
        call("audit", file, "--waivers", waivers(tmp_path, until=str(before + timedelta(days=days)))).code
        for days in (-1, 1)
    ]
    today = call("audit", file, "--waivers", waivers(tmp_path, until=str(before))).code

    assert codes == [FINDINGS, CLEAN]
    assert today == CLEAN or datetime.now(UTC).date() > before


def test_what_is_not_known_stays_so(tmp_path: Path) -> None:
    """Accepting that something could not be decided does not decide it: the audit is still incomplete."""
    arguments = ("audit", save(tmp_path, partly_read()), "--waivers", waivers(tmp_path, check="undetermined"))

    assert call(*arguments, "--fail-on", "warning").code == INCOMPLETE
    assert call(*arguments, "--fail-on", "warning", "--allow-unknown").code == CLEAN
    assert "INCOMPLETE:" in call(*arguments).out


def test_waivers_come_from_all_three_places(tmp_path: Path) -> None:
    """Those of auditor.yaml count together with those of its waivers-file, which --waivers takes the place of."""
    (tmp_path / "sub").mkdir()
    waivers(tmp_path, check="no-firewall", name="named.yaml")
    other = waivers(tmp_path / "sub", check="egress-bypass", name="other.yaml")
    config = tmp_path / "auditor.yaml"
    config.write_text(
        f"waivers-file: named.yaml\nwaivers: [{{check: {CHECK}, reason: a, owner: b, until: {FUTURE}}}]\n",
        encoding="utf-8",
    )
    arguments = ("audit", save(tmp_path, broken()), "--config", str(config), "--format", "json")

    def covered(*more: str) -> list[str]:
        return [each["check"][0] for each in report(call(*arguments, *more))["waivers"]]

    assert covered() == [CHECK, "no-firewall"]
    assert covered("--waivers", other) == ["egress-bypass", CHECK]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("waivers: [{check: no-firewall, reason: a, owner: b}]", "waivers[1]: the field until is missing; add it"),
        (
            "waivers: [{check: no-firewall, reason: a, owner: b, until: 2026-13-01}]",
            'waivers[1]: until: "2026-13-01" is not a date; write it as 2018-09-24',
        ),
    ],
)
def test_a_malformed_waiver_stops_the_audit(text: str, message: str, tmp_path: Path) -> None:
    """What may have been meant to waive, or not to, is not guessed at."""
    file = tmp_path / "waivers.yaml"
    file.write_text(text, encoding="utf-8")

    assert refused("audit", save(tmp_path, Draft()), "--waivers", str(file)) == f"{file}: {message}"


def test_a_file_of_waivers_that_is_missing_stops_the_audit(tmp_path: Path) -> None:
    """Named on the command line or in auditor.yaml, it must be there."""
    config = tmp_path / "auditor.yaml"
    config.write_text("waivers-file: gone.yaml\n", encoding="utf-8")
    estate, gone = save(tmp_path, Draft()), tmp_path / "gone.yaml"

    for arguments in (("--waivers", str(gone)), ("--config", str(config))):
        assert refused("audit", estate, *arguments) == f"{gone}: no such file; check the name"


@pytest.mark.parametrize(
    ("before", "after", "arguments", "code"),
    [
        (broken, broken, (), FINDINGS),
        (broken, broken, ("--fail-on", "new"), CLEAN),
        (broken, broken, ("--fail-on", "warning"), FINDINGS),
        (Draft, broken, ("--fail-on", "new"), FINDINGS),
        (broken, twice_broken, ("--fail-on", "new"), FINDINGS),
        (twice_broken, broken, ("--fail-on", "new"), CLEAN),
        (broken, Draft, (), CLEAN),
        (broken, Draft, ("--fail-on", "note"), CLEAN),
        (Draft, partly_read, ("--fail-on", "new"), INCOMPLETE),
        (Draft, partly_read, ("--fail-on", "new", "--allow-unknown"), CLEAN),
        (Draft, partly_read, ("--fail-on", "new", "--fail-on", "warning"), FINDINGS),
        (partly_read, partly_read, ("--fail-on", "warning", "--fail-on", "new", "--allow-unknown"), CLEAN),
    ],
)
def test_exit_codes_with_a_baseline(
    before: Callable[[], Draft], after: Callable[[], Draft], arguments: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    """What is absent never counts; with --fail-on new, what was there before does not either, at any level."""
    file = baseline(tmp_path, before())
    done = call("audit", save(tmp_path, after()), "--baseline", file, *arguments)

    assert (done.code, done.err) == (code, "")


PAGE = (CHECKOUT / "docs" / "waivers.md").read_text(encoding="utf-8")
TABLE = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.partition("## Exit codes")[2].splitlines()
    if re.match(r"\| [a-z].*\| \d \|", line)
]


def situation(name: str, folder: Path) -> tuple[str, ...]:
    """Return the arguments of an audit in the situation that a row of the page names."""
    bad = folder / "bad.yaml"
    bad.write_text("waivers: [{}]", encoding="utf-8")
    estates: dict[str, tuple[Draft, Draft, tuple[str, ...]]] = {
        "a new error": (Draft(), broken(), ()),
        "an unchanged error": (broken(), broken(), ()),
        "a new warning, such as a waiver that has expired": (
            *(Draft(), Draft()),
            ("--waivers", waivers(folder, until=PAST)),
        ),
        "nothing but waived or absent findings": (
            *(twice_broken(), broken()),
            ("--waivers", waivers(folder, name="in-force.yaml")),
        ),
        "a malformed waiver or baseline": (Draft(), Draft(), ("--waivers", str(bad))),
        "something unknown, and nothing that counts": (partly_read(), partly_read(), ()),
    }
    before, after, more = estates[name]
    return ("audit", save(folder, after), "--baseline", baseline(folder, before), *more)


@pytest.mark.parametrize("row", TABLE, ids=[row[0] for row in TABLE])
def test_the_table_of_exit_codes_is_true(row: list[str], tmp_path: Path) -> None:
    """Each cell of the table in docs/waivers.md is what the command ends with."""
    name, *codes = row
    arguments = situation(name, tmp_path)

    got = [call(*arguments, *more).code for more in ((), ("--fail-on", "warning"), ("--fail-on", "new"))]

    assert len(TABLE) == 6
    assert got == [int(each) for each in codes]


def test_the_level_of_new_findings_may_stand_in_the_configuration(tmp_path: Path) -> None:
    """`--fail-on new` leaves the level that auditor.yaml sets as it is."""
    config = tmp_path / "auditor.yaml"
    config.write_text(f"fail-on: warning\nlevels: {{{CHECK}: warning}}\n", encoding="utf-8")
    arguments = ("--config", str(config), "--baseline", baseline(tmp_path, Draft()), "--fail-on", "new")
    file = save(tmp_path, broken())

    assert call("audit", file, *arguments).code == FINDINGS
    assert call("audit", file, *arguments, "--fail-on", "error").code == CLEAN


def test_states_are_shown_and_counted(tmp_path: Path) -> None:
    """Console and JSON tell of each finding how it stands, absent ones last, and name the baseline."""
    draft = Draft()
    draft.ase["serviceEndpoints"] = [each for each in draft.ase["serviceEndpoints"] if "Sql" not in each["service"]]
    file = baseline(tmp_path, twice_broken())
    found = report(call("audit", save(tmp_path, draft), "--baseline", file, "--format", "json"))
    text = call("audit", save(tmp_path, draft), "--baseline", file).out

    assert [each["state"] for each in found["findings"]] == ["unchanged", "absent"]
    assert found["summary"]["states"] == {"new": 0, "unchanged": 1, "absent": 1}
    assert found["summary"]["findings"]["error"] == 1
    assert (found["baseline"]["kind"], found["baseline"]["location"]) == ("baseline", file)
    assert "Findings since the baseline: 0 new, 1 unchanged, 1 absent." in text
    assert [f"[{state}]" in text for state in ("new", "unchanged", "absent")] == [False, True, True]


def test_a_waived_finding_that_is_new_does_not_count(tmp_path: Path) -> None:
    """Waivers hold with a baseline, too; what is waived has a state like any other."""
    arguments = ("--baseline", baseline(tmp_path, Draft()), "--waivers", waivers(tmp_path), "--fail-on", "new")
    done = call("audit", save(tmp_path, broken()), *arguments, "--format", "json")

    assert done.code == CLEAN
    assert [(each["state"], each["waiver"] is None) for each in report(done)["findings"]] == [("new", False)]


def test_without_waivers_and_baseline_nothing_is_said_of_them(tmp_path: Path) -> None:
    """A report that compares nothing and accepts nothing has no word of either."""
    done = call("audit", save(tmp_path, broken()), "--format", "json")

    assert {"waivers", "baseline"} & report(done).keys() == set()
    assert report(done)["summary"]["states"] is None
    assert "Waivers" not in call("audit", save(tmp_path, broken())).out


def test_what_is_no_baseline_is_refused(tmp_path: Path) -> None:
    """Without a baseline nothing is new; a baseline is a report, and read before the sources are."""
    estate = save(tmp_path, Draft())

    assert refused("audit", estate, "--fail-on", "new") == (
        "--fail-on new: name with --baseline the report that tells what is not new"
    )
    assert refused("audit", estate, "--baseline", estate) == (
        f"{estate}: is not a report (audit-report/1); name a report that auditor audit --format json has written"
    )


def untagged(*, hidden: bool = False) -> Draft:
    """Return an estate whose firewall lacks the FQDN tag; hidden: of which the base policy may not be read."""
    draft = Draft()
    draft.rule("rcg-application", "ase-tags")["fqdnTags"] = ["WindowsUpdate"]
    if hidden:
        draft.drop("fwp-org")
    return draft


def test_what_may_no_longer_be_read_is_not_gone(tmp_path: Path) -> None:
    """A defect of the baseline that cannot be decided now is shown as it was, counts, and can be waived."""
    arguments = (save(tmp_path, untagged(hidden=True)), "--baseline", baseline(tmp_path, untagged()))
    done = call("audit", *arguments, "--format", "json")
    kept, unknown = report(done)["findings"]
    waiver = waivers(tmp_path, finding=kept["id"])

    assert (kept["check"], kept["level"], kept["state"]) == ("missing-fqdn-tag", "error", "unchanged")
    assert (unknown["check"], unknown["state"]) == ("undetermined", "new")
    assert done.code == FINDINGS
    assert call("audit", *arguments, "--fail-on", "new").code == INCOMPLETE
    assert call("audit", *arguments, "--waivers", waiver).code == INCOMPLETE
    assert "not decided in this audit, so that it stands as the baseline has it" in " ".join(
        call("audit", *arguments).out.split()
    )


def test_a_finding_that_has_outgrown_its_waiver_counts(tmp_path: Path) -> None:
    """A waiver by id of one requirement does not accept the outage that the same cause becomes."""
    few, many = Draft(), Draft()
    for draft, names in ((few, ("allow-probes",)), (many, ("allow-probes", "allow-management"))):
        rules = draft.of("nsg-ase")["securityRules"]
        draft.of("nsg-ase")["securityRules"] = [each for each in rules if not each["name"].startswith(names)]
    before = baseline(tmp_path, few)
    config = tmp_path / "auditor.yaml"
    config.write_text("", encoding="utf-8")
    (finding,) = json.loads(Path(before).read_bytes())["findings"]
    waive = ("--report", before, "--reason", "a", "--owner", "b", "--until", FUTURE, "--config", str(config))
    assert call("waive", finding["id"], *waive).code == CLEAN

    same = call("audit", save(tmp_path, few), "--config", str(config))
    worse = call("audit", save(tmp_path, many), "--config", str(config), "--format", "json")
    (told,) = report(worse)["findings"]

    assert same.code == CLEAN
    assert worse.code == FINDINGS
    assert (told["id"], told["waiver"]) == (finding["id"], None)
    assert told["evidence"][-1] == (
        f"worse than what was accepted, which was finding {finding['id']} (up to error, 1 requirement):"
        f" a (b, until {FUTURE})"
    )
    assert [each["state"] for each in report(worse)["waivers"]] == ["outgrown"]
    text = " ".join(call("audit", save(tmp_path, many), "--config", str(config)).out.split())
    assert "1 waiver accepts less than what there is now." in text


def test_a_finding_whose_waiver_is_gone_is_no_old_one(tmp_path: Path) -> None:
    """What the baseline has as waived, and nobody accepts any more, counts with --fail-on new."""
    before = baseline(tmp_path, broken(), "--waivers", waivers(tmp_path))
    arguments = ("audit", save(tmp_path, broken()), "--baseline", before, "--fail-on", "new")

    assert call(*arguments, "--waivers", waivers(tmp_path)).code == CLEAN
    for lapsed in ((), ("--waivers", waivers(tmp_path, until=PAST))):
        done = call(*arguments, *lapsed, "--format", "json")
        assert done.code == FINDINGS
        assert report(done)["findings"][0]["evidence"][-1].startswith(
            "the baseline has it as waived: no event hubs here"
        )
