"""`auditor waive`: one finding is accepted in the file, with nothing else changed, or nothing is written."""

import json
import re
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from yaml import YAMLError

from tests.cli.program import Done, call, refused, save
from tests.cli.running import document
from tests.cli.test_audit import broken

FUTURE = "2999-12-31"
CONFIG = """\
# Ours. Keep this line.
fail-on:   error   # not warnings

levels: { undetermined: note }
"""


@pytest.fixture
def report(tmp_path: Path) -> str:
    """Return the JSON report on an estate with one finding; work beside it."""
    file = tmp_path / "report.json"
    call("audit", save(tmp_path, broken()), "--format", "json", "-o", str(file))
    return str(file)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a configuration with comments, in a layout of its own."""
    file = tmp_path / "ours.yaml"
    file.write_text(CONFIG, encoding="utf-8")
    return file


def found(report: str) -> dict[str, Any]:
    """Return the one finding of a report."""
    (finding,) = json.loads(Path(report).read_bytes())["findings"]
    assert isinstance(finding, dict)
    return finding


def words(report: str, /, *more: str, **other: str) -> list[str]:
    """Return the arguments that waive the finding of a report; `other` replaces some, "" leaves one out."""
    options = {"report": report, "reason": "no event hubs", "owner": "net", "until": FUTURE, **other}
    finding = options.pop("finding", None) or found(report)["id"]
    return ["waive", finding, *(text for name, value in options.items() for text in (f"--{name}", value)), *more]


def test_a_finding_is_accepted_and_nothing_else_changes(report: str, config: Path) -> None:
    """The file is as it was with one entry more, and an audit that reads it ends well."""
    done = call(*words(report, "--config", str(config)))

    identity = found(report)["id"]
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{config}: waives {identity}, missing-service-endpoint on ase-shop, until {FUTURE}\n"
    assert config.read_text(encoding="utf-8") == (
        f"{CONFIG}waivers:\n"
        f'- finding: "{identity}" # missing-service-endpoint on ase-shop\n'
        '  level: "error"\n'
        "  up-to: 1\n"
        '  reason: "no event hubs"\n'
        '  owner: "net"\n'
        f'  until: "{FUTURE}"\n'
    )
    after = call("audit", str(config.parent / "estate.json"), "--config", str(config), "--format", "json")
    assert after.code == 0
    assert [each["findings"] for each in document(after.out, "audit-report")["waivers"]] == [[identity]]


def test_a_file_of_waivers_takes_it_too(report: str, tmp_path: Path) -> None:
    """With --waivers, the entry goes there."""
    file = tmp_path / "waivers.yaml"
    file.write_text("# ours\n", encoding="utf-8")

    assert call(*words(report, "--waivers", str(file))).code == 0
    assert file.read_text(encoding="utf-8").startswith("# ours\nwaivers:\n- finding:")
    assert call("audit", str(tmp_path / "estate.json"), "--waivers", str(file)).code == 0


def test_the_file_is_found_upward_or_made(report: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --config it is the auditor.yaml that an audit here would read; where there is none, a new one here."""
    deep = tmp_path / "deep"
    deep.mkdir()
    monkeypatch.chdir(deep)

    assert call(*words(report)).code == 0
    assert (deep / "auditor.yaml").read_text(encoding="utf-8").startswith("waivers:\n- finding:")

    (deep / "auditor.yaml").rename(tmp_path / "auditor.yaml")
    assert "is waived already" in refused(*words(report))
    assert list(deep.iterdir()) == []


def test_permissions_and_links_stay(report: str, config: Path, tmp_path: Path) -> None:
    """A file that only its owner may read stays so, and a link to it stays a link."""
    config.chmod(0o600)
    link = tmp_path / "link.yaml"
    link.symlink_to(config)

    assert call(*words(report, "--config", str(link))).code == 0
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert link.is_symlink()
    assert "waivers:" in config.read_text(encoding="utf-8")


def test_today_is_not_past(report: str, config: Path) -> None:
    """The last day may be today."""
    assert call(*words(report, "--config", str(config), until=str(datetime.now(UTC).date()))).code == 0


def refusal(config: Path, *arguments: str) -> str:
    """Return the line of a run that is refused, which must leave the file as it was."""
    before, beside = config.read_bytes(), sorted(config.parent.iterdir())
    line = refused(*arguments, "--config", str(config))
    assert (config.read_bytes(), sorted(config.parent.iterdir())) == (before, beside)

    return line


def test_what_cannot_be_meant_is_refused(report: str, config: Path) -> None:
    """An unknown finding, a day that is over or none, and words that say nothing."""
    identity = found(report)["id"]
    near = f"{identity[:-1]}{'0' if identity[-1] != '0' else '1'}"
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    for other, message in (
        ({"finding": near}, f'{report}: holds no finding "{near}"; did you mean "{identity}"?'),
        ({"finding": "xyz"}, f'{report}: holds no finding "xyz"'),
        ({"until": str(yesterday)}, f"--until: {yesterday} is over already; name a day from "),
        ({"until": "31.01.2999"}, '--until: "31.01.2999" is not a date; write it as 2018-09-24'),
        ({"reason": " "}, "--reason: write up to 1000 printable characters"),
        ({"reason": "a" * 1001}, "--reason: write up to 1000 printable characters"),
        ({"owner": "\x1b[31mred"}, "--owner: write up to 1000 printable characters"),
        ({"report": str(config)}, f"{config}: is not JSON"),
    ):
        assert refusal(config, *words(report, **{"finding": identity, **other})).startswith(message)


def test_what_is_waived_already_is_refused(report: str, config: Path, tmp_path: Path) -> None:
    """By the same id, even where that has expired, or by a pattern that still counts, in either file."""
    identity = found(report)["id"]
    own = tmp_path / "own.yaml"
    for text, until, what in (
        (f"waivers: [{{finding: '{identity}', UNTIL}}]\n", "2999-01-01", f"finding {identity}"),
        (f"waivers: [{{finding: '{identity}', UNTIL}}]\n", "2020-01-01", f"finding {identity}"),
        ("waivers: [{check: missing-service-endpoint, UNTIL}]\n", "2999-01-01", "check missing-service-endpoint"),
        ("waivers-file: own.yaml\n", "2999-01-01", "workload ase-*"),
    ):
        own.write_text(f"waivers: [{{workload: 'ase-*', reason: a, owner: b, until: {until}}}]", encoding="utf-8")
        config.write_text(text.replace("UNTIL", f"reason: a, owner: b, until: {until}"), encoding="utf-8")

        assert refusal(config, *words(report)) == (
            f"{config}: {identity} is waived already, until {until}, by {what}; change that"
        )

    config.write_text(
        "waivers: [{check: missing-service-endpoint, reason: a, owner: b, until: 2020-01-01}]\n", encoding="utf-8"
    )
    assert call(*words(report, "--config", str(config))).code == 0


def test_what_is_no_defect_of_today_is_refused(report: str, config: Path, tmp_path: Path) -> None:
    """An absent finding needs no waiver, and one on an expired waiver gets none."""
    whole = json.loads(Path(report).read_bytes())
    for change, message in (
        ({"state": "absent"}, "is absent there; nothing is to be waived"),
        ({"check": "expired-waiver"}, "is a waiver that has expired; renew or delete that waiver instead"),
    ):
        file = tmp_path / "changed.json"
        file.write_text(json.dumps({**whole, "findings": [{**found(report), **change}]}), encoding="utf-8")

        assert message in refusal(config, *words(str(file), finding=found(report)["id"]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"fail-on: never\n", 'fail-on: "never" is not known'),
        (b"waivers: [{}]\n", "waivers[1]: says nothing of what it waives"),
        (b"fail-on: \xff\n", "byte 10 is not UTF-8; save the file as UTF-8"),
    ],
)
def test_a_file_that_is_wrong_already_is_refused(text: bytes, message: str, report: str, config: Path) -> None:
    """What is not understood is not written into."""
    config.write_bytes(text)

    assert refusal(config, *words(report)).startswith(f"{config}: {message}")


def test_a_full_disk_leaves_the_file_whole(report: str, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry is written whole or not at all, and nothing is left beside the file."""

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", refuse)

    assert refusal(config, *words(report)) == (
        f"{config}: cannot be written (No space left on device); check the place and its space"
    )


def test_a_layout_without_a_safe_place_is_refused(report: str, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the text would come to mean anything else, it is not written."""
    monkeypatch.setattr("auditor.cli.waive.add_waiver", lambda text, *_: text.replace("error", "note"))
    assert "its layout leaves no safe place for a waiver; add finding" in refusal(config, *words(report))

    monkeypatch.setattr("auditor.cli.waive.add_waiver", lambda text, *_: f"{text}\n\t[")
    assert "its layout leaves no safe place for a waiver; add finding" in refusal(config, *words(report))

    def stumble(*_: object) -> None:
        raise YAMLError

    monkeypatch.setattr("auditor.cli.waive.add_waiver", stumble)
    assert "its layout leaves no safe place for a waiver; add finding" in refusal(config, *words(report))


def test_files_that_are_named_must_be_there(report: str, tmp_path: Path) -> None:
    """A mistyped name makes no new file; two names are one too many."""
    gone = str(tmp_path / "gone.yaml")

    assert refused(*words(report, "--config", gone)) == f"{gone}: no such file; check the name"
    assert refused(*words(report, "--waivers", gone)) == f"{gone}: no such file; check the name"
    assert refused(*words(report, "--config", gone, "--waivers", gone)).startswith(
        "name one file to write into: --config or --waivers; see "
    )


def test_hostile_names_cannot_act(report: str, config: Path, tmp_path: Path) -> None:
    """The name of a workload goes into a comment and onto the terminal: in one printable line."""
    whole, hostile = json.loads(Path(report).read_bytes()), "a\x1b[31m\n::error::b\r\nfail-on: note"
    file = tmp_path / "hostile.json"
    file.write_text(json.dumps({**whole, "findings": [{**found(report), "workload": hostile}]}), encoding="utf-8")

    done: Done = call(*words(str(file), "--config", str(config)))

    assert done.code == 0
    assert done.out.count("\n") == 1
    assert done.out.strip().isprintable()
    assert "::error::" not in done.out
    assert call("audit", str(tmp_path / "estate.json"), "--config", str(config)).code == 0
    assert len(config.read_text(encoding="utf-8").splitlines()) == len(CONFIG.splitlines()) + 7


def test_an_id_alone_will_do(report: str, config: Path) -> None:
    """Without a report the finding is accepted as it comes, whatever it takes down."""
    identity = found(report)["id"]
    options = ("--reason", "a", "--owner", "b", "--until", FUTURE)

    done = call("waive", identity, *options, "--config", str(config))

    assert (done.code, done.out) == (0, f"{config}: waives {identity}, until {FUTURE}\n")
    assert config.read_text(encoding="utf-8").endswith(
        f'waivers:\n- finding: "{identity}"\n  reason: "a"\n  owner: "b"\n  until: "{FUTURE}"\n'
    )
    assert "is waived already" in refusal(config, "waive", identity, *options)
    assert refusal(config, "waive", "missing-fqdn", *options) == (
        '"missing-fqdn" is not the id of a finding; a report shows it, 16 signs long'
    )


def test_what_auditor_yaml_waives_is_seen_from_a_file_of_waivers(
    report: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With --waivers, too: an audit from here reads both."""
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "own.yaml"
    own.write_text("", encoding="utf-8")
    assert call(*words(report)).code == 0

    assert "is waived already" in refused(*words(report, "--waivers", str(own)))
    assert own.read_text(encoding="utf-8") == ""


def test_words_of_any_script_may_be_written(report: str, config: Path) -> None:
    """Persian and emoji need signs that have no shape of their own; control characters stay out."""
    reason = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f468\u200d\U0001f4bb"

    assert call(*words(report, "--config", str(config), reason=reason)).code == 0
    assert reason in config.read_text(encoding="utf-8")


def test_several_at_once_lose_nothing(config: Path) -> None:
    """Runs that write into one file at the same time wait for each other."""
    ids = [f"{number:016x}" for number in range(8)]
    options = ("--reason", "a", "--owner", "b", "--until", FUTURE, "--config", str(config))
    runs = [
        subprocess.Popen([sys.executable, "-m", "auditor", "waive", each, *options], stdout=subprocess.DEVNULL)
        for each in ids
    ]

    assert [each.wait() for each in runs] == [0] * len(ids)
    assert sorted(re.findall(r'finding: "([0-9a-f]{16})"', config.read_text(encoding="utf-8"))) == ids
