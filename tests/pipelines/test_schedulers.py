"""The examples for cron, systemd, Kubernetes and Prometheus: read by programs of others, with commands there are."""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from auditor.cli.audit import command as audit
from auditor.cli.live import live_options
from auditor.cli.watch import command as watch
from tests.cli.program import CHECKOUT, call
from tests.pipelines.steps import recorder
from tests.promtool import promtool

EXAMPLES = CHECKOUT / "pipelines" / "examples"
CRON, SERVICE, TIMER = (EXAMPLES / f"egress-audit.{ending}" for ending in ("cron", "service", "timer"))
CRONJOB, WATCH = EXAMPLES / "kubernetes-cronjob.yml", EXAMPLES / "kubernetes-watch.yml"
ALERTS = EXAMPLES / "prometheus-alerts.yml"
READERS = CHECKOUT / "out" / "consumers" / "venv" / "bin"
"""Where `make consumers` puts programs of others."""


def reader(name: str) -> str:
    """Return the path of a program of others; skip the test where it is not here, unless in CI."""
    if not (READERS / name).exists() and os.environ.get("CI"):
        pytest.fail(f"{name} is not in {READERS}: run make consumers")
    if not (READERS / name).exists():
        pytest.skip("another's program that reads these files is not here: make consumers fetches it")
    return str(READERS / name)


def run(*arguments: str, folder: Path = CHECKOUT) -> str:
    """Return what a program prints; it must end well."""
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def documents(file: Path) -> list[Any]:
    """Return every document of a file of YAML."""
    return list(yaml.safe_load_all(file.read_text(encoding="utf-8")))


def pod(file: Path) -> dict[str, Any]:
    """Return the template of the pod that an example for Kubernetes makes."""
    spec = documents(file)[-1]["spec"]
    found: dict[str, Any] = spec.get("jobTemplate", {"spec": spec})["spec"]["template"]
    return found


def asked(arguments: list[str]) -> dict[str, Any]:
    """Return what the command makes of arguments, as the example gives them; it must know them all, and read Azure."""
    name, *rest = arguments
    found: dict[str, Any] = {"audit": audit, "watch": watch}[name].make_context(name, list(rest)).params
    if name == "watch":
        found["audit"] = asked(["audit", *found["arguments"]])
    else:
        assert live_options.of(found).is_wanted
    return found


def cron_line() -> str:
    """Return the one line of the example for cron that is a job."""
    lines = CRON.read_text(encoding="utf-8").splitlines()
    (line,) = [each for each in lines if re.match(r"[\d*]", each)]
    return line


def test_the_moments_are_those_meant(tmp_path: Path) -> None:
    """Every day at 5:17, by cron as Debian has it, and by systemd."""
    schedules = [" ".join(cron_line().split()[:5]), documents(CRONJOB)[-1]["spec"]["schedule"]]
    code = (
        "import sys\nfrom datetime import datetime\nfrom cronsim import CronSim\n"
        "for each in sys.argv[1:]:\n"
        "    moments = CronSim(each, datetime(2027, 1, 30, 12))\n"
        "    print(next(moments), next(moments))\n"
    )
    program = tmp_path / "moments.py"
    program.write_text(code, encoding="utf-8")

    assert set(run(reader("python"), str(program), *schedules).splitlines()) == {
        "2027-01-31 05:17:00 2027-02-01 05:17:00"
    }


ENDED = "There is no report: the egress audit was ended, with exit code {}\n"


@pytest.mark.parametrize(
    ("ends", "mailed"),
    [
        ("exit 0", ""),
        ("exit 1", "the report\n"),
        ("exit 2", ""),
        ("exit 3", "the report\n"),
        ("exit 70", ""),
        ("kill -9 $$", ENDED.format(137)),  # as the system does where memory is short
        ("trap '' TERM; sleep 9", ENDED.format(137)),
        ("exec sleep 9", ENDED.format(124)),
    ],
)
def test_cron_mails_what_somebody_has_to_read(ends: str, mailed: str, tmp_path: Path) -> None:
    """The report where there is something to act on; where there is none, a line, of whoever can still say one."""
    command = cron_line().split(maxsplit=6)[6]
    assert "%" not in command  # cron would end the line there
    program = recorder(tmp_path / "bin" / "auditor")
    with program.open("a", encoding="utf-8") as file:
        file.write(f"echo the report > report.txt\n{ends}\n")
    command = command.replace("/var/lib/egress-audit", str(tmp_path))
    assert " timeout -k 1m 2h " in command
    command = command.replace(" -k 1m 2h ", " -k 1 2 " if "sleep" in ends else " -k 1m 2h ")

    done = subprocess.run(
        ["sh", "-c", command],  # noqa: S607 - whichever sh there is
        env={"PATH": f"{program.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    arguments = Path(f"{program}.arguments").read_text(encoding="utf-8").split("\0")[:-1]

    assert (done.stdout, done.stderr) == (mailed, "")
    assert asked(arguments)["metrics"].endswith(".prom")
    assert asked(arguments)["output"] == "report.txt"


def test_cron_makes_one_audit_at_a_time(tmp_path: Path) -> None:
    """While one runs, the next is left out: nothing is run, nothing mailed."""
    command = cron_line().split(maxsplit=6)[6].replace("/var/lib/egress-audit", str(tmp_path))
    program = recorder(tmp_path / "bin" / "auditor")
    (tmp_path / "report.txt").write_text("an old report\n", encoding="utf-8")
    path = f"{program.parent}:{os.environ['PATH']}"
    inside = shlex.quote(f"PATH={shlex.quote(path)}; {command}")

    assert run("flock", str(tmp_path / "lock"), "sh", "-c", f"sh -c {inside}") == ""
    assert not Path(f"{program}.arguments").exists()


def exec_start() -> list[str]:
    """Return what the unit for systemd starts."""
    (line,) = re.findall(r"^ExecStart=(.*)$", SERVICE.read_text(encoding="utf-8"), re.MULTILINE)
    return shlex.split(line)


def test_systemd_starts_a_command_there_is() -> None:
    """Its reports go to its state, its metrics to its cache."""
    program, *arguments = exec_start()
    found = asked(arguments)

    assert program == "/usr/local/bin/auditor"
    assert found["output"].startswith("%S/egress-audit/")
    assert found["metrics"] == "%C/egress-metrics/egress.prom"


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """Its own checker has nothing to say, and thinks well of how the service is shut in."""
    if shutil.which("systemd-analyze") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("systemd-analyze is not installed; .ci/run installs it")
        pytest.skip("systemd-analyze is not installed: apt-get install systemd")
    text = SERVICE.read_text(encoding="utf-8").replace(exec_start()[0], shutil.which("true") or "/bin/true")
    (tmp_path / SERVICE.name).write_text(text, encoding="utf-8")
    shutil.copy(TIMER, tmp_path)
    (moment,) = re.findall(r"^OnCalendar=(.*)$", TIMER.read_text(encoding="utf-8"), re.MULTILINE)

    assert run("systemd-analyze", "verify", f"./{TIMER.name}", f"./{SERVICE.name}", folder=tmp_path) == ""
    assert "Normalized form: *-*-* 05:17:00" in run("systemd-analyze", "calendar", moment)
    run("systemd-analyze", "security", "--offline=yes", "--threshold=40", f"./{SERVICE.name}", folder=tmp_path)


@pytest.mark.parametrize("file", [CRONJOB, WATCH], ids=lambda file: file.stem)
def test_kubernetes_knows_every_field(file: Path) -> None:
    """By its own schemas, in which no field is allowed that they do not have."""
    assert run(reader("kubernetes-validate"), "--strict", str(file)).count(" passed for resource ") == 2


@pytest.mark.parametrize("file", [CRONJOB, WATCH], ids=lambda file: file.stem)
def test_pods_may_no_more_than_they_must(file: Path) -> None:
    """No root, nothing of the image can be written, no rights; the token of a workload identity; a place for /tmp."""
    template = pod(file)
    spec = template["spec"]
    (container,) = spec["containers"]
    user = int(re.findall(r"^USER (\d+):", (CHECKOUT / "Dockerfile").read_text("utf-8"), re.MULTILINE)[0])

    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == spec["securityContext"]["runAsGroup"] == user
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert template["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    assert spec["serviceAccountName"] == documents(file)[0]["metadata"]["name"]
    assert "azure.workload.identity/client-id" in documents(file)[0]["metadata"]["annotations"]
    assert [each["mountPath"] for each in container["volumeMounts"]] == ["/tmp"]  # noqa: S108 - of a container


def test_the_job_of_kubernetes_runs_a_command_there_is() -> None:
    """Once, one at a time, and not for ever."""
    (container,) = pod(CRONJOB)["spec"]["containers"]
    found = asked(container["args"])
    spec = documents(CRONJOB)[-1]["spec"]

    assert (found["auth"], found["otlp"]) == ("workload-identity", True)
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] > 0


def test_the_watch_of_kubernetes_is_probed_by_its_own_file() -> None:
    """The probe reads what the watch writes; there is time for it to start, and for an audit to end."""
    (container,) = pod(WATCH)["spec"]["containers"]
    found = asked(container["args"])
    program, *probe = container["livenessProbe"]["exec"]["command"]

    assert (found["every"], found["timeout"], found["audit"]["otlp"]) == (900, 3600, True)
    assert (program, probe) == ("auditor", ["watch", "--probe", found["health"]])
    assert watch.make_context("watch", probe[1:]).params["probe"] == found["health"]
    assert documents(WATCH)[-1]["spec"]["strategy"] == {"type": "Recreate"}
    assert pod(WATCH)["spec"]["terminationGracePeriodSeconds"] > 10


def test_what_alerts_ask_for_is_measured(tmp_path: Path) -> None:
    """Every metric that an alert names is one that an audit writes."""
    file = tmp_path / "egress.prom"
    call("audit", str(CHECKOUT / "rules" / "examples" / "compliant"), "--metrics", str(file))
    written = set(re.findall(r"^(\w+)", file.read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"auditor_\w+", " ".join(map(str, documents(ALERTS)))))

    assert named
    assert named <= written


DAY = 24
CASES: list[dict[str, Any]] = [
    {  # three days of health, then the audit stops; a finding on the second day
        "interval": "1h",
        "input_series": [
            {"series": "auditor_last_run_timestamp_seconds", "values": f"0+3600x{3 * DAY} {3 * DAY * 3600}x{4 * DAY}"},
            {
                "series": "auditor_last_success_timestamp_seconds",
                "values": f"0+3600x{3 * DAY} {3 * DAY * 3600}x{4 * DAY}",
            },
            {"series": "auditor_complete", "values": f"1x{7 * DAY}"},
            {
                "series": 'auditor_findings{check="no-firewall",level="error"}',
                "values": f"0x{DAY} 2x{DAY} 0x{5 * DAY}",
            },
            {"series": 'auditor_findings{check="no-firewall",level="note"}', "values": f"1x{7 * DAY}"},
        ],
        "alert_rule_test": [
            {"eval_time": "12h", "alertname": "EgressFindings", "exp_alerts": []},
            {"eval_time": "60h", "alertname": "EgressFindings", "exp_alerts": []},
            {"eval_time": "60h", "alertname": "EgressAuditNotRunning", "exp_alerts": []},
            {"eval_time": "60h", "alertname": "EgressAuditIncomplete", "exp_alerts": []},
            {"eval_time": "60h", "alertname": "EgressAuditGone", "exp_alerts": []},
        ],
        "promql_expr_test": [
            {"expr": expression, "eval_time": at, "exp_samples": [{"labels": labels, "value": 1}]}
            for expression, at, labels in (
                ('count(ALERTS{alertname="EgressFindings",check="no-firewall",level="error"})', "36h", "{}"),
                ('count(ALERTS{alertname="EgressAuditNotRunning",severity="critical"})', "144h", "{}"),
            )
        ],
    },
    {  # no metrics at all
        "interval": "1h",
        "input_series": [],
        "promql_expr_test": [
            {
                "expr": 'count(ALERTS{alertname="EgressAuditGone",alertstate="firing"})',
                "eval_time": "3h",
                "exp_samples": [{"labels": "{}", "value": 1}],
            }
        ],
    },
    {  # complete for a day, then never again
        "interval": "1h",
        "input_series": [
            {"series": "auditor_last_run_timestamp_seconds", "values": f"0+3600x{7 * DAY}"},
            {"series": "auditor_last_success_timestamp_seconds", "values": f"0+3600x{DAY} {DAY * 3600}x{6 * DAY}"},
            {"series": "auditor_complete", "values": f"1x{DAY} 0x{6 * DAY}"},
        ],
        "alert_rule_test": [{"eval_time": "48h", "alertname": "EgressAuditIncomplete", "exp_alerts": []}],
        "promql_expr_test": [
            {
                "expr": 'count(ALERTS{alertname="EgressAuditIncomplete"})',
                "eval_time": "120h",
                "exp_samples": [{"labels": "{}", "value": 1}],
            }
        ],
    },
    {  # never complete
        "interval": "1h",
        "input_series": [
            {"series": "auditor_last_run_timestamp_seconds", "values": f"0+3600x{DAY}"},
            {"series": "auditor_complete", "values": f"0x{DAY}"},
        ],
        "promql_expr_test": [
            {
                "expr": 'count(ALERTS{alertname="EgressAuditIncomplete"})',
                "eval_time": "12h",
                "exp_samples": [{"labels": "{}", "value": 1}],
            }
        ],
    },
]


def test_alerts_come_when_they_should(tmp_path: Path) -> None:
    """Prometheus tries them: silence while all is well, and one for each thing that may go wrong."""
    shutil.copy(ALERTS, tmp_path)
    whole = {"rule_files": [ALERTS.name], "evaluation_interval": "1h", "tests": CASES}
    (tmp_path / "tests.yml").write_text(json.dumps(whole), encoding="utf-8")

    assert "SUCCESS: 4 rules found" in promtool("check", "rules", ALERTS.name, folder=tmp_path)
    assert "SUCCESS" in promtool("test", "rules", "tests.yml", folder=tmp_path)


def test_examples_that_ask_for_options_there_are_not_are_caught() -> None:
    """The check of the arguments above is one."""
    with pytest.raises(click.UsageError):
        asked(["audit", "--management-group", "contoso", "--frobnicate"])
    with pytest.raises(click.UsageError):
        asked(["watch", "--every=15m", "--management-group=contoso", "--frobnicate"])
