"""The simulator started by hand."""

import http.client
import json
import os
import shlex
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.azure_simulator import Fault, Kind
from tests.azure_simulator.__main__ import fault_of, main
from tests.azure_simulator.loading import load
from tests.azure_simulator.sdk import Json, route_table, snapshot, token_of

ROOT = Path(__file__).parent.parent.parent
COMPLIANT = ROOT / "rules" / "examples" / "compliant"


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str], list[str]]]:
    """Start it; give the process, the variables it says to export and its comments."""
    command = [sys.executable, "-m", "tests.azure_simulator", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ}
    ) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline().strip()]
            while lines[-1] and "Ctrl-C" not in lines[-1]:
                lines.append(process.stdout.readline().strip())
            words = [shlex.split(line)[1].partition("=") for line in lines if line.startswith("export ")]
            yield process, {name: value for name, _, value in words}, [each for each in lines if each.startswith("#")]
        finally:
            process.kill()


def ask(environment: dict[str, str], path: str, headers: dict[str, str]) -> tuple[int, dict[str, object]]:
    """Return status and body of a GET."""
    context = ssl.create_default_context(cafile=environment["REQUESTS_CA_BUNDLE"])
    host = environment["AUDITOR_ARM_ENDPOINT"].removeprefix("https://")
    connection = http.client.HTTPSConnection(host, context=context, timeout=10)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, body


def test_it_serves_an_example_until_ctrl_c() -> None:
    """The lines it prints are all a client needs; Ctrl-C ends it with exit code 0 and a count of the requests."""
    fault = "throttled path=.*/routeTables nth=2 seconds=17"
    with started(str(COMPLIANT), "--page-size", "1", "--fault", fault) as (process, environment, comments):
        subscription = load(str(COMPLIANT))["resources"][0]["id"].split("/")[2]
        path = f"/subscriptions/{subscription}/providers/Microsoft.Network/routeTables?api-version=2024-01-01"
        authorization = {"Authorization": f"Bearer {token_of(environment)}"}
        status, body = ask(environment, path, authorization)
        again, _ = ask(environment, path, authorization)
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=20)
        assert process.stderr is not None
        ending = process.stderr.read()

    assert (status, again, code) == (200, 429, 0)
    assert [each["name"] for each in body["value"]] == ["rt-ase"]  # type: ignore[attr-defined]  # JSON
    assert comments[0] == "# fault: throttled 17 s, number 2 of: any method .*/routeTables"
    assert ending.strip() == "2 requests, 0 of them refused for the quota"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere: no such file or folder"),
        ([str(COMPLIANT), "--fault", "flood"], "'flood' is no kind of fault; those are: expired-token"),
        ([str(COMPLIANT), "--fault", "gone nth=x"], "nth=x is no setting of a fault"),
        ([str(COMPLIANT), "--page-size", "0"], "page_size is 0"),
        ([str(COMPLIANT), "--port", "70000"], "port must be 0-65535"),
    ],
)
def test_mistakes_are_one_line(arguments: Sequence[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be served or meant is told in one line, with exit code 2."""
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1


def test_faults_are_written_as_words() -> None:
    """A fault on the command line says everything a fault can say."""
    text = "throttled method=GET 'path=.*/a b' query=x nth=2 times=always seconds=1.5"
    meant = Fault(kind=Kind.THROTTLED, method="GET", path=".*/a b", query="x", nth=2, times=None, seconds=1.5)

    assert fault_of(text) == meant
    assert fault_of("forbidden subscription=S times=3") == Fault(kind=Kind.FORBIDDEN, subscription="S", times=3)


def test_snapshots_are_served_as_they_are_and_folders_as_the_auditor_reads_them(tmp_path: Path) -> None:
    """A snapshot keeps its gaps and service tags; a folder's service tags are those of every region it has."""
    file = tmp_path / "snapshot.json"
    tags: dict[str, Json] = {"westeurope": {"values": []}}
    estate = snapshot(route_table("rt-a"), closed=["S"], tags=tags)
    file.write_text(json.dumps(estate), encoding="utf-8")

    assert load(str(file)) == estate
    assert load(str(COMPLIANT))["service_tags"].keys() == {"westeurope"}
    assert len(load(str(COMPLIANT))["service_tags"]["westeurope"]["values"]) == 2
