"""`auditor audit`: exit codes, reports, editions, sources, options and configuration."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.formats import FORMATS
from tests.builders import Document, application_rule, collection, environment, site, vnet
from tests.cli.program import Done, call, refused, save
from tests.cli.running import document
from tests.estates import Draft, compliant

CLEAN, FINDINGS, INPUT, INCOMPLETE = 0, 1, 2, 3


def broken() -> Draft:
    """Return the compliant estate without one service endpoint: one finding of level error."""
    draft = Draft()
    draft.ase["serviceEndpoints"] = [
        each for each in draft.ase["serviceEndpoints"] if each["service"] != "Microsoft.EventHub"
    ]
    return draft


def partly_read() -> Draft:
    """Return the compliant estate without its NSG, which the subnet names."""
    draft = Draft()
    draft.drop("nsg-ase")
    return draft


def v3() -> list[Document]:
    """Return an estate with nothing in it that the packs apply to."""
    return [vnet("vnet-shop", "10.1.0.0/16"), environment("ase-v3", "vnet-shop", "ase", kind="ASEV3")]


def report(done: Done) -> dict[str, Any]:
    """Return the JSON report a run has printed, which must be what its schema describes."""
    return document(done.out, "audit-report")


@pytest.mark.parametrize(
    ("estate", "arguments", "code"),
    [
        (Draft(), (), CLEAN),
        (Draft(), ("--fail-on", "note"), CLEAN),
        (Draft(), ("--allow-unknown",), CLEAN),
        (broken(), (), FINDINGS),
        (broken(), ("--allow-unknown",), FINDINGS),
        (broken(), ("--fail-on", "error"), FINDINGS),
        (partly_read(), (), INCOMPLETE),
        (partly_read(), ("--fail-on", "error"), INCOMPLETE),
        (partly_read(), ("--allow-unknown",), CLEAN),
        (partly_read(), ("--fail-on", "warning"), FINDINGS),
        (partly_read(), ("--fail-on", "warning", "--allow-unknown"), FINDINGS),
        (v3(), (), INCOMPLETE),
        (v3(), ("--allow-unknown",), INCOMPLETE),
        ([vnet("vnet-shop", "10.1.0.0/16")], (), INCOMPLETE),
        ([], (), INCOMPLETE),
        ([], ("--allow-unknown",), INCOMPLETE),
    ],
)
@pytest.mark.parametrize("form", ["console", "json"])
def test_exit_codes(
    estate: Draft | list[Document], arguments: tuple[str, ...], code: int, form: str, tmp_path: Path
) -> None:
    """0 nothing to act on, 1 findings, 3 incomplete; auditing nothing is never 0. The format changes nothing."""
    done = call("audit", save(tmp_path, estate), "--format", form, *arguments)

    assert (done.code, done.err) == (code, "")


def test_a_lower_level_is_below_the_threshold(tmp_path: Path) -> None:
    """What merely works another way than documented is a warning, which only --fail-on warning turns into 1."""
    config = tmp_path / "auditor.yaml"
    config.write_text("levels: {missing-service-endpoint: warning}\n", encoding="utf-8")
    file = save(tmp_path, broken())

    assert call("audit", file, "--config", str(config)).code == CLEAN
    assert call("audit", file, "--config", str(config), "--fail-on", "warning").code == FINDINGS
    assert call("audit", file, "--config", str(config), "--fail-on", "note").code == FINDINGS


def test_flags_win_over_the_configuration(tmp_path: Path) -> None:
    """fail-on, allow-unknown, as-of and editions come from auditor.yaml, and from the command line before it."""
    config = tmp_path / "auditor.yaml"
    config.write_text(
        'fail-on: warning\npacks: {as-of: "2019-06-30", editions: {ase-v2: "2018-09-24"}}\n', encoding="utf-8"
    )
    base = ("audit", save(tmp_path, Draft()), "--config", str(config), "--format", "json")

    assert editions(call(*base)) == {"ase-v2": "2018-09-24", "ase-management-addresses": "2018-05-29"}
    assert editions(call(*base, "--edition", "ase-v2=2023-11-20"))["ase-v2"] == "2023-11-20"
    assert editions(call(*base, "--as-of", "2020-01-20"))["ase-v2"] == "2020-01-14"
    assert call("audit", save(tmp_path, partly_read()), "--config", str(config)).code == FINDINGS


def editions(done: Done) -> dict[str, str]:
    """Return the label of the edition of every pack that a JSON report names."""
    packs = report(done)["packs"]
    return {each["pack"]: ".".join(filter(None, (each["edition"], each["revision"]))) for each in packs}


@pytest.mark.parametrize(
    ("arguments", "main", "companion"),
    [
        ((), "2023-11-20", "2022-10-24"),
        (("--as-of", "2030-01-01"), "2023-11-20", "2022-10-24"),
        (("--as-of", "2018-09-24"), "2018-09-24", "2018-05-29"),
        (("--as-of", "2019-06-30"), "2019-06-11.r2", "2019-04-03"),
        (("--edition", "ase-v2=2018-09-24"), "2018-09-24", "2018-05-29"),
        (("--edition", "ase-v2=2019-06-11"), "2019-06-11.r2", "2019-04-03"),
        (("--edition", "ase-v2=2019-06-11.r1"), "2019-06-11.r1", "2019-04-03"),
        (("--edition", "ase-management-addresses=2019-01-16"), "2023-11-20", "2019-01-16"),
        (("--as-of", "2019-06-30", "--edition", "ase-v2=2020-01-24"), "2020-01-24", "2019-11-13"),
    ],
)
def test_the_report_names_the_editions_chosen(
    arguments: tuple[str, ...], main: str, companion: str, tmp_path: Path
) -> None:
    """--as-of takes what was in force that day, --edition one by name; the management addresses follow by date."""
    file = save(tmp_path, Draft())
    done = call("audit", file, "--format", "json", *arguments)

    assert editions(done) == {"ase-v2": main, "ase-management-addresses": companion}
    assert {each["requirement"].partition("/")[0] for each in report(done)["results"]} <= {
        f"ase-v2@{main}",
        f"ase-management-addresses@{companion}",
    }
    for line in (f"ase-v2 {main} (public)", f"ase-management-addresses {companion} (public)"):
        assert line in call("audit", file, *arguments).out


def test_one_pack_alone(tmp_path: Path) -> None:
    """--pack leaves the others out; the pack of the service brings its management addresses along."""
    file = save(tmp_path, Draft())

    assert set(editions(call("audit", file, "--format", "json", "--pack", "ase-management-addresses"))) == {
        "ase-management-addresses"
    }
    assert set(editions(call("audit", file, "--format", "json", "--pack", "ase-v2"))) == {
        "ase-v2",
        "ase-management-addresses",
    }


def test_own_packs_join_those_that_ship(tmp_path: Path) -> None:
    """A newer edition in a folder of the user's own is the newest there is."""
    pack = tmp_path / "packs" / "ase-v2" / "2026-01-31.public.yaml"
    pack.parent.mkdir(parents=True)
    pack.write_text(
        'schema: requirement-pack/1\nservice: ase-v2\nedition: "2026-01-31"\ncloud: public\ntitle: Our own\n'
        'source: {url: "https://example.com/ours", confidence: verbatim, read: "2026-02-01"}\n'
        'fqdn: ["intranet.example.com:443"]\n',
        encoding="utf-8",
    )

    done = call("audit", save(tmp_path, Draft()), "--pack-dir", str(tmp_path / "packs"), "--format", "json")

    assert editions(done) == {"ase-v2": "2026-01-31"}
    assert [each["requirement"] for each in report(done)["results"]] == [
        "ase-v2@2026-01-31/fqdn:intranet.example.com:443"
    ]


def test_several_reports_at_once(tmp_path: Path) -> None:
    """--report writes files beside what is printed; all of them say the same."""
    file, first, second = save(tmp_path, broken()), tmp_path / "a.json", tmp_path / "b.txt"

    done = call("audit", file, "--report", f"json={first}", "--report", f"console={second}")
    found = document(first.read_text(encoding="utf-8"), "audit-report")

    assert done.code == FINDINGS
    assert second.read_text(encoding="utf-8") == done.out
    assert [each["check"] for each in found["findings"]] == ["missing-service-endpoint"]
    assert found["findings"][0]["id"] in done.out


def test_a_report_file_instead_of_stdout(tmp_path: Path) -> None:
    """-o takes the format of --format, and stdout stays empty."""
    file, target = save(tmp_path, broken()), tmp_path / "report.json"

    done = call("audit", file, "--format", "json", "-o", str(target))

    assert (done.code, done.out, done.err) == (FINDINGS, "", "")
    assert document(target.read_text(encoding="utf-8"), "audit-report")["findings"]


@pytest.mark.parametrize("text", ["json", "json=", "=report.json", "pdf=report.pdf", "", "JSON=a"])
def test_a_report_that_is_no_format_and_file(text: str, tmp_path: Path) -> None:
    """One line with the formats there are."""
    line = refused("audit", save(tmp_path, Draft()), "--report", text)

    assert line == f'--report: "{text}" is not FORMAT=FILE with a format out of {", ".join(FORMATS)}'


def test_all_results_adds_what_passes(tmp_path: Path) -> None:
    """Without it the results are those that need a look; the counts are the same."""
    file = save(tmp_path, broken())
    few = report(call("audit", file, "--format", "json"))
    every = report(call("audit", file, "--format", "json", "--all-results"))

    assert {each["outcome"] for each in few["results"]} == {"fail", "not-applicable"}
    assert {each["outcome"] for each in every["results"]} == {"pass", "fail", "not-applicable"}
    assert few["workloads"] == every["workloads"]
    assert few["findings"] == every["findings"]
    assert len(every["results"]) == sum(every["workloads"][0]["summary"].values())


def test_stdin_is_a_source() -> None:
    """`az ... | auditor audit -` needs no file."""
    draft = Draft()
    data = json.dumps([*draft.documents, *draft.tags]).encode()

    done = call("audit", "-", "--format", "json", stdin=data)

    assert done.code == CLEAN
    assert report(done)["sources"][0]["location"] == "stdin"


def test_a_folder_and_its_files_say_the_same(tmp_path: Path) -> None:
    """One folder, its files one by one, and stdin with the rest are the same estate."""
    folder = tmp_path / "estate"
    folder.mkdir()
    for name, documents in compliant().items():
        save(folder, documents, name)
    files = sorted(str(each) for each in folder.iterdir())

    whole = report(call("audit", str(folder), "--format", "json"))
    pieces = report(call("audit", *files, "--format", "json"))
    piped = report(call("audit", *files[1:], "-", "--format", "json", stdin=Path(files[0]).read_bytes()))

    assert len(pieces["sources"]) == len(files)
    assert pieces["workloads"] == whole["workloads"] == piped["workloads"]
    assert pieces["results"] == whole["results"] == piped["results"]
    assert whole["findings"] == []


def test_a_later_source_wins(tmp_path: Path) -> None:
    """On the same id the source named last counts: how one tries a change before making it."""
    before, after = save(tmp_path, broken()), save(tmp_path, [Draft().resource("vnet-shop")], "changed.json")

    assert call("audit", before).code == FINDINGS
    assert call("audit", before, after).code == CLEAN
    assert call("audit", after, before).code == FINDINGS


def test_the_same_input_gives_the_same_report(tmp_path: Path) -> None:
    """But for the clock, byte for byte."""
    file = save(tmp_path, broken())
    first, second = (report(call("audit", file, "--format", "json", "--all-results")) for _ in range(2))

    assert {**first, "generated_at": ""} == {**second, "generated_at": ""}


def test_applications_come_from_the_configuration(tmp_path: Path) -> None:
    """What auditor.yaml declares is decided too, and asked for by name."""
    config = tmp_path / "auditor.yaml"
    config.write_text('applications: [{dependencies: ["payments.contoso.com:443"]}]\n', encoding="utf-8")
    draft = Draft()
    draft.of("rcg-network")["ruleCollections"][0]["rules"].pop()  # AzureMonitor, which might hold that name
    checks = [each["check"] for each in json.loads(_declared(draft, config, tmp_path).out)["findings"]]

    assert "missing-application-dependency" in checks

    allowed = collection("allow", 90, "Allow", [application_rule("payments", ["payments.contoso.com"])])
    draft.add_group("fwp-ase", "rcg-payments", 400, allowed)
    checks = [each["check"] for each in json.loads(_declared(draft, config, tmp_path).out)["findings"]]

    assert "missing-application-dependency" not in checks


def _declared(draft: Draft, config: Path, folder: Path) -> Done:
    """Audit an estate as JSON, with a configuration."""
    return call("audit", save(folder, draft), "--config", str(config), "--format", "json")


def test_a_linux_app_brings_the_linux_requirements(tmp_path: Path) -> None:
    """Without one they are not applicable, and the report says why."""
    draft = Draft()
    without = report(call("audit", save(tmp_path, draft), "--format", "json"))["workloads"][0]["summary"]
    draft.add(site("jobs", "ase-shop", linux=True))
    with_linux = report(call("audit", save(tmp_path, draft), "--format", "json"))["workloads"][0]["summary"]

    assert without["not-applicable"] > 0
    assert with_linux["not-applicable"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--pack", "ase-v9"), 'there is no pack "ase-v9"; there are ase-management-addresses, ase-v2'),
        (("--as-of", "yesterday"), '--as-of: "yesterday" is not a date; write it as 2018-09-24'),
        (("--as-of", "2019-02-30"), '--as-of: "2019-02-30" is not a date; write it as 2018-09-24'),
        (("--as-of", "24.09.2018"), '--as-of: "24.09.2018" is not a date; write it as 2018-09-24'),
        (("--as-of", ""), '--as-of: "" is not a date; write it as 2018-09-24'),
        (
            ("--as-of", "2018-09-23"),
            "ase-v2 (public) has no edition in force on 2018-09-23; the earliest is 2018-09-24",
        ),
        (("--edition", "ase-v2"), '--edition: "ase-v2" is not SERVICE=EDITION; write it as ase-v2=2018-09-24'),
        (("--edition", "ase-v2="), '--edition: "ase-v2=" is not SERVICE=EDITION; write it as ase-v2=2018-09-24'),
        (("--edition", "ase-v2=2018-01-01"), 'ase-v2 (public) has no edition "2018-01-01"; it has 2018-09-24, '),
        (("--edition", "aks=2018-09-24"), 'there is no pack "aks"; there are ase-management-addresses, ase-v2'),
        (("--pack-dir", "no-such"), "no-such: no such folder; a pack folder holds SERVICE/EDITION.CLOUD.yaml files"),
        (("--config", "no-such.yaml"), "no-such.yaml: no such file; check the name"),
        (("--config", "."), ".: a folder, not a file; name the file in it"),
    ],
)
def test_an_option_that_names_nothing(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    """One line with what was asked for and what there is."""
    assert refused("audit", save(tmp_path, Draft()), *arguments).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("packs: [1\n", "line 2, column 1: "),
        ("pcks: {}\n", 'unknown field "pcks"; known here: packs, applications, levels, fail-on, allow-unknown'),
        ("fail-on: never\n", "fail-on: "),
        ("allow-unknown: perhaps\n", "allow-unknown: "),
        ("levels: {no-such-check: error}\n", "levels: no-such-check: there is no such check"),
        ('packs: {as-of: "2019"}\n', 'packs: as-of: "2019" is not a date; write it as 2018-09-24'),
        ('applications: [{dependencies: ["a.contoso.com"]}]\n', '"a.contoso.com" has no port; write it as '),
        ('applications: [{dependencies: ["a.contoso.com:99999"]}]\n', '"99999" is not a port; write 1 to 65535'),
        ('applications: [{client-ranges: ["10.0.0.0/33"]}]\n', '"10.0.0.0/33" is not an address prefix; write it as '),
        ("- a list\n", "expected fields (name: value), not a list"),
        ("a: &a [*a]\n", ""),
        ("\x00", ""),
    ],
)
def test_a_configuration_that_is_none(text: str, message: str, tmp_path: Path) -> None:
    """The file, the field and what to write instead, in one line."""
    config = tmp_path / "auditor.yaml"
    config.write_text(text, encoding="utf-8")

    line = refused("audit", save(tmp_path, Draft()), "--config", str(config))

    assert line.startswith(f"{config}: ")
    assert message in line
