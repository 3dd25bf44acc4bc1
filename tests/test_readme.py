"""README.md and docs/: commands that work, samples that are true, links that lead somewhere.

`make golden` writes the samples and the pages of the checks anew.
"""

import gzip
import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml

from auditor.cli.audit import command as audit
from auditor.cli.live import live_options
from auditor.cli.watch import command as watch
from auditor.collectors.needed import needed_spelling
from auditor.collectors.rules import read_checks
from auditor.configfile import parse_config
from auditor.waiverfile import parse_waivers
from tests.azure_simulator import AzureSimulator
from tests.azure_simulator.loading import load
from tests.check_pages import check_pages
from tests.cli.program import call

ROOT = Path(__file__).parent.parent
README = "README.md"
PAGES = (
    README,
    "CONTRIBUTING.md",
    *sorted(each.relative_to(ROOT).as_posix() for each in (ROOT / "docs").rglob("*.md")),
)
EXAMPLES = "rules/examples"
NOW = "2026-01-31T09:00:00Z"
DAY = "2027-01-31"
"""The last day of the waivers that the pages write by command: for a test, one that never comes."""
SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
ASE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-apps/providers/Microsoft.Web"

_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_SAMPLE = re.compile(
    r"(?P<open><!-- sample:(?P<name>[a-z-]+) -->\n)(?P<text>.*?)(?P<close><!-- /sample -->)", re.DOTALL
)
_LINK = re.compile(r"\[[^\]\n]*\]\((?P<target>[^)\s]+)\)")
_EXIT = re.compile(r"# exit code (?P<code>\d)$")


def page(name: str) -> str:
    """Return the text of a page."""
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """Return the blocks of a page that are in some language."""
    return [found["text"] for found in _BLOCK.finditer(page(name)) if found["language"] == language]


def commands(program: str) -> list[str]:
    """Return every line of a block of commands, on any page, that starts a program."""
    lines = [line for name in PAGES for text in blocks(name, "sh") for line in text.splitlines()]
    return [line for line in lines if line.startswith(f"{program} ")]


def quoted() -> list[str]:
    """Return every command of ours that stands in a sentence or a table."""
    spans = [span for name in PAGES for span in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", page(name))]
    return [span for span in spans if span.startswith(("make ", "auditor "))]


def parts_of(report: str) -> str:
    """Return the beginning of a report, one finding and the verdict."""
    sections = re.split(r"\n(?=[A-Z][^\n]*\n-+\n)", re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", NOW, report))
    head, workloads, *_, verdict = sections
    finding = next(each for each in report.split("\n\n") if each.startswith("ERROR blocked-by-firewall-rule"))
    return f"{head}\n{workloads}\n[...]\n\n{finding}\n\n[...]\n\n{verdict}"


def report_sample() -> str:
    """Return the parts of the report on the violating example that the README shows."""
    done = call("audit", f"{EXAMPLES}/violating")
    return f"```text\n$ auditor audit {EXAMPLES}/violating\n\n{parts_of(done.out)}```\n"


def trace_sample() -> str:
    """Return the trace that the README shows."""
    (line,) = [each for each in commands("auditor") if each.startswith(f"auditor trace {EXAMPLES}/violating")]
    _, *arguments = shlex.split(line, comments=True)
    return f"```text\n{call(*arguments).out}```\n"


SAMPLES: dict[str, Callable[[], str]] = {"report": report_sample, "trace": trace_sample}


@pytest.fixture
def anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with the examples and, as estate/, somebody's own saved configuration; without auditor.yaml."""
    (tmp_path / "rules").symlink_to(ROOT / "rules")
    (tmp_path / "estate").symlink_to(ROOT / EXAMPLES / "compliant")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("anywhere")
@pytest.mark.parametrize("name", PAGES)
def test_samples_are_true(name: str, request: pytest.FixtureRequest) -> None:
    """What a page shows of a report is what the command prints today, but for the clock."""
    text = page(name)
    true = _SAMPLE.sub(lambda found: found["open"] + SAMPLES[found["name"]]() + found["close"], text)
    if request.config.getoption("--update-golden"):
        (ROOT / name).write_text(true, encoding="utf-8")
        text = true

    assert text == true, f"{name} shows an old report; make golden writes it anew"
    assert name != README or {found["name"] for found in _SAMPLE.finditer(text)} == set(SAMPLES)


def test_check_pages_are_true(request: pytest.FixtureRequest) -> None:
    """docs/checks.md and docs/checks/ say what rules/checks.yaml and rules/check-guides.yaml say, and nothing else."""
    docs, pages = ROOT / "docs", check_pages()
    if request.config.getoption("--update-golden"):
        for old in docs.glob("checks/*"):
            old.unlink()
        (docs / "checks").mkdir(exist_ok=True)
        for name, text in pages.items():
            (docs / name).write_text(text, encoding="utf-8")
    found = {file.relative_to(docs).as_posix(): file for file in (docs / "checks.md", *docs.glob("checks/*"))}

    assert sorted(found) == sorted(pages)
    for name, text in pages.items():
        assert found[name].read_text(encoding="utf-8") == text, f"docs/{name} is old; make golden writes it anew"


def test_the_engine_knows_every_check() -> None:
    """Nobody waits for a finding that cannot come."""
    engine = "".join(each.read_text(encoding="utf-8") for each in sorted((ROOT / "auditor" / "engine").glob("*.py")))

    assert [each for each in read_checks() if f'"{each}"' not in engine] == []


def test_every_rule_of_azure_that_a_trace_names_is_explained() -> None:
    """Whoever reads [R16] in a trace finds it in docs/azure-rules.md."""
    sources = [each.read_text(encoding="utf-8") for each in sorted((ROOT / "auditor" / "engine").glob("*.py"))]
    named = {code for text in sources for code in re.findall(r'"([A-Z]\d{1,2}[a-z]?)"', text)}

    assert sorted(named - set(re.findall(r"^\| ([A-Z]\d+[a-z]?) \|", page("docs/azure-rules.md"), re.MULTILINE))) == []


@pytest.mark.parametrize("text", [text for name in PAGES for text in blocks(name, "sh")])
def test_blocks_of_commands_are_shell(text: str) -> None:
    """What is copied into a terminal is complete: quotes closed, loops ended."""
    done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True, check=False)  # noqa: S607 - any bash

    assert (done.returncode, done.stderr) == (0, "")


def test_make_targets_exist() -> None:
    """Whatever we tell people to make can be made."""
    targets = set(re.findall(r"^([a-z-]+):", page("Makefile"), re.MULTILINE))
    asked = {shlex.split(each)[1] for each in (*commands("make"), *quoted()) if each.startswith("make ")}

    assert {"audit", "test", "lint", "bench", "wheel", "golden"} <= asked <= targets


def test_help_of_make_names_every_target() -> None:
    """`make help` and the Makefile agree."""
    makefile = page("Makefile")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)) - {"help", "check-python"}

    assert set(re.findall(r'@echo "make ([a-z]+) ', makefile)) == targets


def test_the_two_commands_are_those_of_the_gate() -> None:
    """.ci/run calls make lint and make test just as the pages give them."""
    gate = page(".ci/run").splitlines()

    assert {"make audit", "make test"} <= set(blocks(README, "sh")[0].splitlines())
    assert {"make lint", "make test", "make audit"} <= set(gate)
    assert {"make lint", "make test"} <= set(quoted())


@pytest.fixture(scope="module")
def azure() -> Iterator[AzureSimulator]:
    """Azure with the compliant example in the subscription and the management group that the pages name."""
    with AzureSimulator(_example(), management_groups={"contoso": [SUBSCRIPTION]}) as simulator:
        yield simulator


def _example() -> dict[str, Any]:
    """Return the compliant example as a snapshot of the subscription that the pages name."""
    text = json.dumps(load(str(ROOT / EXAMPLES / "compliant")))
    found: dict[str, Any] = json.loads(text.replace("00000000-0000-0000-0000-000000000001", SUBSCRIPTION))
    return found


@cache
def _report() -> str:
    """Return the report on the violating example that the pages compare with and waive a finding of."""
    return call("audit", str(ROOT / EXAMPLES / "violating"), "--format", "json").out


@cache
def _history() -> bytes:
    """Return the history that the pages ask: two runs of the job prod."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "history.db"
        recorded = ("--record", "--history", str(file), "--job", "prod")
        for example in ("violating", "compliant"):
            call("audit", str(ROOT / EXAMPLES / example), *recorded, "-o", os.devnull)
        return file.read_bytes()


WATCHING = "auditor watch "
"""How a command begins that does not end by itself."""


@pytest.mark.parametrize("line", [each for each in commands("auditor") if not each.startswith(WATCHING)])
def test_commands_work(line: str, anywhere: Path, azure: AzureSimulator) -> None:
    """Every command shown runs, and ends with the exit code that stands beside it: 0 where none does."""
    said = _EXIT.search(line)
    for name in ("estate", "before", "after"):
        (anywhere / f"{name}.json.gz").write_bytes(gzip.compress(json.dumps(_example()).encode()))
    (anywhere / "report.json").write_text(_report(), encoding="utf-8")
    environment = {**azure.environment, "AUDITOR_HISTORY": str(anywhere / "history.db")}
    Path(environment["AUDITOR_HISTORY"]).write_bytes(_history())
    _, *arguments = shlex.split(line.replace("$ase", ASE).replace(DAY, "2999-12-31"), comments=True)
    if arguments[0] == "report":
        call("audit", f"{EXAMPLES}/compliant", "--format", "json", "--all-results", "-o", arguments[1])

    done = call(*arguments, environment=environment)

    assert done.code == (int(said["code"]) if said else 0)
    assert bool(done.err) == ("--record" in arguments)
    assert done.out or {"-o", "--snapshot"} & set(arguments)


@pytest.mark.parametrize("line", [each for each in commands("auditor") if each.startswith(WATCHING)])
def test_watches_could_be_made(line: str) -> None:
    """Every option shown is one of the watch or of its audits, which have something to read; or it is a probe."""
    found = watch.make_context("watch", shlex.split(line)[2:]).params
    audits = audit.make_context("audit", list(found["arguments"])).params

    assert found["probe"] or (found["every"] and live_options.of(audits).is_wanted)


AZ = """\
#!/bin/sh
# Stands in for the Azure CLI: answers from the files of an example, and writes down what it was asked.
echo "$*" >> "$ASKED"
case "$*" in
  "network firewall policy list --query"*) printf 'rg-network\\tfwp-ase\\nrg-network\\tfwp-org\\n' ;;
  "network firewall policy rule-collection-group list"*) cat "$EXAMPLE/rule-collection-groups.json" ;;
  "network firewall policy list") cat "$EXAMPLE/firewall-policies.json" ;;
  "network firewall list") cat "$EXAMPLE/firewalls.json" ;;
  "network vnet list") cat "$EXAMPLE/virtual-networks.json" ;;
  "network route-table list") cat "$EXAMPLE/route-tables.json" ;;
  "network nsg list") cat "$EXAMPLE/network-security-groups.json" ;;
  "network list-service-tags --location "*) cat "$EXAMPLE/service-tags.json" ;;
  "rest --method get --url /subscriptions/{subscriptionId}/"*/hostingEnvironments*) \
    cat "$EXAMPLE/app-service-environments.json" ;;
  "rest --method get --url /subscriptions/{subscriptionId}/"*/sites*) cat "$EXAMPLE/apps.json" ;;
  "resource list --resource-type Microsoft.Network/virtualHubs"*) printf 'hub\\t/subscriptions/0/hub\\n' ;;
  "vmss list --query"*) printf 'rg-apps\\tscale\\n' ;;
  "rest --method post --url https://management.azure.com/providers/Microsoft.ResourceGraph/"*) \
    echo '{"count": 0, "data": [], "facets": [], "resultTruncated": "false", "totalRecords": 0}' ;;
  "resource list"*) echo rg-network; echo rg-branch; echo rg-network ;;
  "extension add"*) ;;
  *) echo '[]' ;;
esac
"""


def test_the_lines_that_save_an_estate_save_all_of_it(tmp_path: Path) -> None:
    """Copied into a terminal, they leave a folder that audits as well as the estate they were run against."""
    (lines,) = [text for text in blocks(README, "sh") if "az network" in text]
    az, asked = tmp_path / "bin" / "az", tmp_path / "asked"
    az.parent.mkdir()
    az.write_text(AZ, encoding="utf-8")
    az.chmod(0o755)
    environment = {
        "PATH": f"{az.parent}{os.pathsep}{os.environ['PATH']}",
        "ASKED": str(asked),
        "EXAMPLE": str(ROOT / EXAMPLES / "compliant"),
    }

    subprocess.run(["bash", "-eu", "-c", lines], cwd=tmp_path, env=environment, check=True)  # noqa: S607 - any bash
    requests = asked.read_text(encoding="utf-8").splitlines()

    assert call("audit", str(tmp_path / "estate")).code == 0
    assert sum("rule-collection-group list" in each for each in requests) == 2
    assert sum("vnet-gateway list" in each for each in requests) == 2
    assert sum("rest --method get --url /subscriptions/0/hub" in each for each in requests) == 5
    assert "vmss nic list --resource-group rg-apps --vmss-name scale" in requests
    assert json.loads(_body(requests))["query"].startswith("networkresources | where type in~ (")


def _body(requests: list[str]) -> str:
    """Return the body of the request to Resource Graph."""
    (request,) = [each for each in requests if "Microsoft.ResourceGraph" in each]
    return request.partition(" --body ")[2]


def test_the_query_asks_for_the_types_that_are_read() -> None:
    """What the lines ask Resource Graph for are types that the collectors keep and the estate reads."""
    (lines,) = [text for text in blocks(README, "sh") if "az network" in text]
    (query,) = re.findall(r"--body '(.*)'", lines)
    asked = re.findall(r'"(microsoft\.[a-z/.]+)"', json.loads(query)["query"])

    assert len(asked) == 2
    assert [each for each in asked if needed_spelling(each) is None] == []


@pytest.mark.usefixtures("anywhere")
def test_piping_works() -> None:
    """One SOURCE may be standard input."""
    data = (ROOT / EXAMPLES / "compliant" / "virtual-networks.json").read_bytes()

    assert call("audit", "-", f"{ROOT / EXAMPLES / 'compliant'}", stdin=data).code == 0


def test_commands_in_sentences_exist() -> None:
    """A command or option named in a sentence is one there is."""
    names = ("audit", "watch", "report", "collect", "waive", "trace", "drift", "history", "packs", "explain")
    known = {name: call(name, "--help").out for name in names}
    of_history = ("list", "show", "diff", "finding", "report", "prune")
    known["history"] += "".join(call("history", each, "--help").out for each in of_history)
    options = {span for name in PAGES for span in re.findall(r"`(--[a-z-]+)", page(name))}
    named = [shlex.split(each) for each in quoted() if each.startswith("auditor ")]

    assert {each[1] for each in named} <= known.keys()
    assert [each for each in sorted(options) if not any(each in text for text in known.values())] == []
    assert [
        each[2] for each in named if each[1] == "explain" and each[2:] and each[2] not in {"CHECK", *read_checks()}
    ] == []


def test_the_configuration_shown_is_valid() -> None:
    """Whoever copies auditor.yaml from the page has one that works."""
    (text,) = [each for each in blocks(README, "yaml") if "config.schema.json" in each]
    settings = parse_config(text, "README.md", read_checks())

    assert settings.applications
    assert settings.editions
    assert settings.levels
    assert settings.waivers


def test_the_waivers_shown_are_valid() -> None:
    """Whoever copies the file of waivers from the page has one that works."""
    (text,) = blocks("docs/waivers.md", "yaml")

    assert len(parse_waivers(text, "docs/waivers.md", read_checks())) == 2


def test_the_workflow_shown_is_one() -> None:
    """The workflow for GitHub Actions asks for a token by OpenID Connect, signs in, and runs a command there is."""
    (text,) = [each for each in blocks(README, "yaml") if "runs-on" in each]
    workflow = yaml.safe_load(text)
    steps = workflow["jobs"]["audit"]["steps"]
    command = steps[-1]["run"]

    assert workflow["permissions"]["id-token"] == "write"
    assert steps[0]["uses"].startswith("azure/login@")
    assert [each for each in re.findall(r"--[a-z-]+", command) if each not in call("audit", "--help").out] == []
    assert [each for each in steps if "${{" in each.get("run", "")] == []
    assert steps[1]["run"] == 'pip install "git+https://github.com/ORGANISATION/azure-egress-auditor@COMMIT"'


def test_exit_codes_are_all_listed() -> None:
    """The table has each exit code once, in order."""
    _, _, table = page(README).partition("| exit code | means |\n|---|---|\n")

    assert re.findall(r"^\| (\d) \|", table, re.MULTILINE) == ["0", "1", "2", "3"]


def anchors(name: str) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _BLOCK.sub("", page(name)), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("name", [*PAGES, "CHANGELOG.md"])
def test_links_lead_somewhere(name: str) -> None:
    """Every link into the repository names a file or folder that is there, and every anchor a heading."""
    dead = []
    for target in (found["target"] for found in _LINK.finditer(_BLOCK.sub("", page(name)))):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        place = ((ROOT / name).parent / path).resolve() if path else ROOT / name
        inside = place.is_relative_to(ROOT) and place.exists()
        if not inside or (anchor and anchor not in anchors(str(place.relative_to(ROOT)))):
            dead.append(target)

    assert dead == []


@pytest.mark.parametrize("name", [*PAGES, "CHANGELOG.md"])
def test_pages_are_plain_text(name: str) -> None:
    """Lines end without blanks, and nothing names a machine."""
    lines = page(name).splitlines()

    assert [line for line in lines if line != line.rstrip()] == []
    assert [line for line in lines if re.search(r"/(?:home|tmp|work|Users)/", line)] == []
