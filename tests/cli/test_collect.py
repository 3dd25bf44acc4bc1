"""`auditor collect`: snapshots written whole or not at all, gone on with when interrupted, quiet, free of secrets."""

import gzip
import json
import os
import pty
import re
import signal
import subprocess
import tempfile
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from auditor.cli.live import CLOUDS
from tests.azure_simulator import AzureSimulator, Fault, Kind
from tests.azure_simulator.loading import load
from tests.cli.program import Done, call, refused, shell, start
from tests.cli.running import document
from tests.collectors.live.collecting import EXAMPLES, HOME, SUBSCRIPTIONS, tenant
from tests.estates import Draft
from tests.own_lists import inbound, outbound

SCOPE = tuple(word for each in SUBSCRIPTIONS for word in ("--subscription", each))
WORKLOAD = f"/subscriptions/{HOME}/resourceGroups/rg-apps/providers/Microsoft.Web/hostingEnvironments/ase-denied"


@pytest.fixture
def azure() -> Iterator[AzureSimulator]:
    """Azure with three subscriptions."""
    with AzureSimulator(tenant()) as simulator:
        yield simulator


def collect(azure: AzureSimulator, *arguments: str) -> Done:
    """Run `auditor collect` in this process."""
    return call("collect", *arguments, environment=azure.environment)


def settled(text: str) -> str:
    """Return a report without what the clock, the place and the way of reading put into it."""
    places = r'"sources": \[.*?\n  \],|\n  "locations": \[.*?\n  \],|"generated_at": "[^"]*"'
    return re.sub(places, "", text, flags=re.DOTALL)


def test_what_is_collected_is_a_snapshot(azure: AzureSimulator) -> None:
    """Standard output gets a snapshot as its schema describes it, of the scope that was asked for."""
    done = collect(azure, *SCOPE)

    found = document(done.out, "snapshot")
    assert (done.code, done.err) == (0, "")
    assert found["scope"] == [f"/subscriptions/{each}" for each in SUBSCRIPTIONS]
    assert found["cloud"] == "public"
    assert [each["id"] for each in found["resources"]] == [each["id"] for each in tenant()["resources"]]


@pytest.mark.parametrize("packed", [False, True])
def test_no_name_of_a_snapshot_acts(packed: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a case of the table
    """Names are in it as JSON escapes where they could act on a terminal or in a log: the value is what Azure gave."""
    name = "rt\x9b31m\u202e\u200b##vso[task.x]y::error::z \u7530"
    found = tenant()
    table = next(each for each in found["resources"] if each["type"].lower() == "microsoft.network/routetables")
    table["properties"]["routes"][0]["name"] = name
    file = tmp_path / "estate.json.gz"
    with AzureSimulator(found) as azure:
        done = collect(azure, *SCOPE, *(("-o", str(file)) if packed else ()))
    text = gzip.decompress(file.read_bytes()).decode() if packed else done.out
    (kept,) = [each for each in json.loads(text)["resources"] if each["id"] == table["id"]]

    assert done.code == 0
    assert kept["properties"]["routes"][0]["name"] == name
    assert "\u7530" in text
    assert all(line.isprintable() for line in text.split("\n"))
    assert not re.search("##|::e", text)


def test_the_report_is_that_of_the_file(azure: AzureSimulator, tmp_path: Path) -> None:
    """What was served, what was collected, and Azure itself give the same report, byte for byte."""
    served, collected = tmp_path / "served.json", tmp_path / "collected.json"
    served.write_text(json.dumps(tenant()), encoding="utf-8")
    assert collect(azure, *SCOPE, "-o", str(collected)).code == 0
    asked = ("--format", "json", "--all-results")

    reports = [call("audit", *asked, str(each)) for each in (served, collected)]
    reports.append(call("audit", *asked, *SCOPE, environment=azure.environment))

    assert {each.code for each in reports} == {1}
    assert len({settled(each.out) for each in reports}) == 1


def test_one_workload_is_audited_as_among_all(azure: AzureSimulator) -> None:
    """With --workload, that environment alone is audited, with the outcome it has among all others."""
    asked = ("--format", "json")
    alone = json.loads(call("audit", *asked, "--workload", WORKLOAD, environment=azure.environment).out)
    among = json.loads(call("audit", *asked, *SCOPE, environment=azure.environment).out)

    assert [each["id"] for each in alone["workloads"]] == [WORKLOAD]
    assert alone["workloads"] == [each for each in among["workloads"] if each["id"] == WORKLOAD]
    assert alone["gaps"] == []


def test_a_subscription_brings_what_decides_its_flows(azure: AzureSimulator) -> None:
    """The hub and the policies of two other subscriptions are followed, and audited as if they had been named."""
    asked = ("--format", "json")
    home = call("audit", *asked, "--subscription", HOME, environment=azure.environment)
    all_three = call("audit", *asked, *SCOPE, environment=azure.environment)

    assert settled(home.out) == settled(all_three.out)


@pytest.mark.parametrize(("more", "code"), [({}, 0), ({"new.contoso.com": [443]}, 3)])
def test_an_audit_against_what_azure_lists_now(more: dict[str, list[int]], code: int) -> None:
    """With --requirements live an environment is audited against the lists that Azure gives for it at that moment."""
    draft = Draft()
    found = json.loads(json.dumps(load(str(EXAMPLES / "compliant"))))
    draft.add(inbound(), outbound(more=more))
    found["resources"] = json.loads(json.dumps(draft.documents))
    asked = ("--subscription", HOME, "--requirements", "live", "--format", "json")
    with AzureSimulator(found) as azure:
        done = call("audit", *asked, environment=azure.environment)

    report = json.loads(done.out)
    assert done.code == code
    assert {"azure", "ase-v2"} <= {each["pack"] for each in report["packs"]}
    assert report["gaps"] == []


def test_a_trace_can_be_of_azure_itself(azure: AzureSimulator) -> None:
    """One flow can be followed in what is read live."""
    flow = ("--from", "vnet-denied/ase", "--to", "crl.microsoft.com:80", "--format", "json")

    done = call("trace", "--workload", WORKLOAD, *flow, environment=azure.environment)

    assert (done.code, json.loads(done.out)["reason"]["code"]) == (1, "firewall-network-deny")


def test_subscriptions_have_names_too(azure: AzureSimulator) -> None:
    """A subscription may be named as people call it; the snapshot has its id."""
    names = json.loads(collect(azure, *SCOPE).out)["scope"]
    shown = "subscription-name-of-nobody"

    assert "sees none called" in _refused(azure, "--subscription", shown)
    assert names == sorted(names)


def _refused(azure: AzureSimulator, *arguments: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in azure.environment.items():
            patch.setenv(name, value)
        return refused("collect", *arguments)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "name what to read"),
        (("--workload", WORKLOAD, "--subscription", HOME), "leave the other scopes away"),
        (("--subscription", HOME, "--resume"), "name the file with -o"),
        (("--subscription", "Nobody's"), "sees none called"),
        (("--workload", "ase-shop"), "is not the id"),
        (("--workload", WORKLOAD + "x"), "does not exist"),
        (("--management-group", "nobody"), None),
    ],
)
def test_bad_arguments(azure: AzureSimulator, arguments: tuple[str, ...], told: str | None) -> None:
    """What cannot be read as asked is told in one line; a management group that is closed is a gap."""
    if told is None:
        done = collect(azure, *arguments)
        assert done.code == 3
        assert "management group nobody" in json.loads(done.out)["gaps"][0]["why"]
    else:
        assert told in _refused(azure, *arguments)


def test_sources_and_azure_do_not_mix(azure: AzureSimulator) -> None:
    """A command reads files or Azure."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in azure.environment.items():
            patch.setenv(name, value)
        assert "not both" in refused("audit", "estate.json", "--subscription", HOME)


def test_no_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """An identity that lacks what it needs is told what that is, and nothing is asked of anybody."""
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)

    asked = ("collect", "--subscription", HOME)
    assert "AZURE_FEDERATED_TOKEN_FILE" in refused(*asked, "--auth", "workload-identity")
    assert "AZURE_CLIENT_ID" in refused(*asked, "--auth", "service-principal")
    monkeypatch.setenv("AUDITOR_ARM_ENDPOINT", "http://example.com")
    assert "AUDITOR_ARM_ENDPOINT" in refused(*asked)


def test_compressed_by_its_ending(azure: AzureSimulator, tmp_path: Path) -> None:
    """A file that ends in .gz is compressed, and audited all the same; nothing lies beside it."""
    file = tmp_path / "estate.json.gz"

    assert collect(azure, *SCOPE, "-o", str(file)).code == 0
    assert json.loads(gzip.decompress(file.read_bytes()))["schema"] == "snapshot/1"
    assert call("audit", str(file)).code == 1
    assert list(tmp_path.iterdir()) == [file]


def test_the_same_azure_gives_the_same_bytes(azure: AzureSimulator) -> None:
    """Two collections differ in nothing but the time."""
    once, again = (re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "", collect(azure, *SCOPE).out) for _ in range(2))

    assert once == again


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_cloud_can_be_read(azure: AzureSimulator, cloud: str) -> None:
    """Whichever cloud is named, its token is asked for, and the snapshot says which it is."""
    done = collect(azure, *SCOPE, "--cloud", cloud)

    assert (done.code, json.loads(done.out)["cloud"]) == (0, cloud)


def test_nothing_is_said_where_nobody_reads_it(azure: AzureSimulator) -> None:
    """Where stderr is piped, nothing is said unless it is asked for."""
    assert collect(azure, *SCOPE).err == ""


def test_the_log_holds_request_ids_and_no_token(azure: AzureSimulator) -> None:
    """-vv logs each request with the ids of Azure, as JSON where asked; no token gets into it."""
    done = collect(azure, *SCOPE, "-vv", "--log-format", "json")
    lines = [json.loads(each) for each in done.err.splitlines()]
    requests = [each for each in lines if each["message"].startswith(("GET ", "POST "))]

    assert len(requests) == len(azure.requests)
    assert all(each["x-ms-request-id"] and each["x-ms-correlation-request-id"] for each in requests)
    assert azure.tokens_issued
    assert "simulated." not in done.err + done.out  # as every token of the simulator starts
    assert azure.environment["IDENTITY_HEADER"] not in done.err + done.out
    assert "Bearer" not in done.err


def test_progress_is_shown_on_a_terminal(azure: AzureSimulator) -> None:
    """On a terminal stderr tells what is read, and what came of it; stdout stays clean."""
    main, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 100))
    program = subprocess.Popen(
        start("collect", *SCOPE, **azure.environment), stdout=subprocess.PIPE, stderr=terminal, text=True
    )
    os.close(terminal)
    out, _ = program.communicate(timeout=60)
    shown = _all_of(main)

    assert program.returncode == 0
    assert "reading resources" in shown
    assert re.search(r"read \d+ resources with \d+ requests in \d+ s; 0 gaps", shown)
    assert json.loads(out)["schema"] == "snapshot/1"


def _all_of(terminal: int) -> str:
    """Return what was written to a terminal, up to its end."""
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux says so at the end of a terminal
            break
        if not piece:
            break
        shown += piece
    os.close(terminal)
    return shown.decode()


def test_an_interrupted_collection_goes_on(tmp_path: Path) -> None:
    """Ctrl-C ends with one line and keeps what was read; --resume reads the rest and writes the same snapshot."""
    file, partial = tmp_path / "estate.json", tmp_path / "estate.json.partial"
    stalled = Fault(kind=Kind.THROTTLED, path=".*/serviceTags", times=None, seconds=600)
    with AzureSimulator(tenant(), faults=[stalled]) as azure:
        program = subprocess.Popen(
            start("collect", *SCOPE, "-o", str(file), **azure.environment), stderr=subprocess.PIPE, text=True
        )
        while not any("serviceTags" in each.path for each in azure.requests):
            assert program.poll() is None
            time.sleep(0.05)
        program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=30)

    assert (program.returncode, file.exists(), partial.exists()) == (2, False, True)
    assert said.startswith("auditor: error: interrupted; what was read is kept in ")
    assert said.count("\n") == 1
    with AzureSimulator(tenant()) as azure:
        assert "go on with --resume" in _refused(azure, *SCOPE, "-o", str(file))
        assert "was begun otherwise" in _refused(azure, "--subscription", HOME, "-o", str(file), "--resume")
        other = [word.replace("--subscription", "--management-group") for word in SCOPE]
        assert "was begun otherwise" in _refused(azure, *other, "-o", str(file), "--resume")
        asked_before = len(azure.requests)
        assert collect(azure, *SCOPE, "-o", str(file), "--resume").code == 0
        resumed = [each.path for each in azure.requests[asked_before:]]
        whole = collect(azure, *SCOPE).out

    assert (file.exists(), partial.exists()) == (True, False)
    assert not any("ResourceGraph" in each for each in resumed)
    assert json.loads(file.read_text(encoding="utf-8")) | {"collected_at": ""} == json.loads(whole) | {
        "collected_at": ""
    }


def test_an_interruption_waits_for_no_answer(tmp_path: Path) -> None:
    """Ctrl-C ends a run at once, also where Azure has stalled in the middle of an answer."""
    stalled = Fault(kind=Kind.STALLED, path=".*/azureFirewalls", times=None, seconds=300)
    with AzureSimulator(tenant(), faults=[stalled]) as azure:
        program = subprocess.Popen(
            start("collect", *SCOPE, "-o", str(tmp_path / "x.json"), **azure.environment), stderr=subprocess.PIPE
        )
        while not any(each.path.endswith("/azureFirewalls") for each in azure.requests):
            assert program.poll() is None
            time.sleep(0.05)
        program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=20)

    assert (program.returncode, said.count(b"\n")) == (2, 1)


def test_what_is_told_to_terminate_leaves_nothing_behind(tmp_path: Path) -> None:
    """An audit of Azure itself that is ended by its surroundings says so, and takes what it kept meanwhile away."""
    stalled = Fault(kind=Kind.THROTTLED, path=".*/serviceTags", times=None, seconds=600)
    with AzureSimulator(tenant(), faults=[stalled]) as azure:
        program = subprocess.Popen(
            start("audit", *SCOPE, TMPDIR=str(tmp_path), **azure.environment), stderr=subprocess.PIPE, text=True
        )
        while not any("serviceTags" in each.path for each in azure.requests):
            assert program.poll() is None
            time.sleep(0.05)
        assert len(list(tmp_path.iterdir())) == 1
        program.terminate()
        _, said = program.communicate(timeout=20)

    assert (program.returncode, said.strip()) == (2, "auditor: error: interrupted")
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_go_on_with(azure: AzureSimulator, tmp_path: Path) -> None:
    """--resume without an interrupted run, and a folder that is not there, are told in one line."""
    assert "nothing is there to go on with" in _refused(azure, *SCOPE, "-o", str(tmp_path / "x.json"), "--resume")
    assert "No such file or directory" in _refused(azure, *SCOPE, "-o", str(tmp_path / "no" / "x.json"))


def test_what_is_kept_meanwhile_is_for_one_user(tmp_path: Path) -> None:
    """What lies beside the snapshot of a run that was killed can be read by its user alone, whatever the umask."""
    file = tmp_path / "estate.json"
    stalled = Fault(kind=Kind.THROTTLED, path=".*/serviceTags", times=None, seconds=600)
    with AzureSimulator(tenant(), faults=[stalled]) as azure:
        program = subprocess.Popen(start("collect", *SCOPE, "--redact", "-o", str(file), **azure.environment))
        while not any("serviceTags" in each.path for each in azure.requests):
            assert program.poll() is None
            time.sleep(0.05)
        again = _refused(azure, *SCOPE, "-o", str(file), "--resume")
        program.kill()
        program.wait()

    assert "another run is writing it" in again
    assert Path(f"{file}.partial").stat().st_mode & 0o777 == 0o600


def test_a_place_that_cannot_be_written_is_told_before_azure_is_asked(azure: AzureSimulator, tmp_path: Path) -> None:
    """A folder, or no name at all, is refused at once, and nothing is left beside it."""
    folder = tmp_path / "folder"
    folder.mkdir()

    assert "Is a directory" in _refused(azure, *SCOPE, "-o", str(folder))
    assert "needs the name of a file" in _refused(azure, *SCOPE, "-o", "")
    assert (azure.requests, list(tmp_path.iterdir())) == ([], [folder])


def test_a_pipe_takes_a_snapshot(azure: AzureSimulator, tmp_path: Path) -> None:
    """A snapshot can be written to a pipe without a name, and nothing is left beside a device."""
    done = shell(
        f'"$@" -o >(cat > {tmp_path}/piped.json); wait $!; "$@" -o /dev/full; echo $?; ls {tmp_path}',
        "collect",
        *SCOPE,
        environment=azure.environment,
    )

    assert done.out == "2\npiped.json\n"
    assert json.loads((tmp_path / "piped.json").read_text(encoding="utf-8"))["schema"] == "snapshot/1"
    assert "/dev/full: cannot be written (No space left on device)" in done.err
    assert not Path("/dev/full.partial").exists()


def test_a_full_disk_is_told(azure: AzureSimulator, tmp_path: Path) -> None:
    """Where what is read cannot be kept, one line says where; what was kept can be gone on with."""
    file = tmp_path / "estate.json"
    done = shell('ulimit -f 8; "$@"', "collect", *SCOPE, "-o", str(file), environment=azure.environment)

    assert (done.code, done.err.count("\n")) == (2, 1)
    assert f"{file}.partial: what is read cannot be kept (File too large)" in done.err
    assert collect(azure, *SCOPE, "-o", str(file), "--resume").code == 0


def test_a_failed_collection_leaves_what_was_there(tmp_path: Path) -> None:
    """A snapshot of yesterday stays where today's cannot be had, and nothing is left beside it."""
    file = tmp_path / "estate.json"
    file.write_text("yesterday", encoding="utf-8")
    with AzureSimulator(tenant(), faults=[Fault(kind=Kind.TRUNCATED, times=None)]) as azure:
        assert "cut its answer" in _refused(azure, *SCOPE, "-o", str(file))

    assert [(each.name, each.read_text(encoding="utf-8")) for each in tmp_path.iterdir()] == [
        ("estate.json", "yesterday")
    ]


def test_a_redacted_snapshot_is_audited_alike(azure: AzureSimulator, tmp_path: Path) -> None:
    """With pseudonyms instead of names, every count of the audit is the same, and no name is left."""
    plain, hidden = tmp_path / "plain.json", tmp_path / "hidden.json"
    assert collect(azure, *SCOPE, "-o", str(plain)).code == 0
    assert collect(azure, *SCOPE, "--redact", "-o", str(hidden)).code == 0

    text = hidden.read_text(encoding="utf-8").lower()
    reports = [json.loads(call("audit", "--format", "json", str(each)).out) for each in (plain, hidden)]
    names = {each["name"].lower() for each in json.loads(plain.read_text(encoding="utf-8"))["resources"]}

    document(hidden.read_text(encoding="utf-8"), "snapshot")
    assert [each for each in names if each in text] == []
    assert not any(each in text for each in SUBSCRIPTIONS)
    counts = [sorted(tuple(sorted(each["summary"].items())) for each in report["workloads"]) for report in reports]
    checks = [sorted(each["check"] for each in report["findings"]) for report in reports]
    assert (counts[0], checks[0]) == (counts[1], checks[1])


@pytest.mark.parametrize("command", ["audit", "collect"])
def test_no_place_for_what_is_read_is_one_line(
    command: str, azure: AzureSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no folder for temporary files can be written to, the line says so, and what to set."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", list)
    done = call(command, *SCOPE, environment=azure.environment)

    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "no folder for temporary files can be written to; set TMPDIR" in done.err
