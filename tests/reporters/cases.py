"""The cases that every format is held to, whoever builds it: reports with what a reader, or an attacker, may put there.

`test_every_format.py` renders each in each format of `auditor.cli.formats` against a golden file. A test of one format
takes them all by the fixture `case`.
"""

import re
from dataclasses import replace

from auditor.checks import Check
from auditor.cli.formats import FORMATS, Rendering
from auditor.collectors.rules import read_checks
from auditor.findings import Finding, Gap, Level, Outcome, PackUse, Report, Result, Source
from auditor.traces import Path, Reason, Verdict
from tests.reporters.accepted_samples import ACCEPTED
from tests.reporters.editions_samples import EDITIONS
from tests.reporters.networks import BARE, SKETCH, UNREAD, hostile_sketch, hostile_trace
from tests.reporters.samples import (
    CLEAN,
    GAPS,
    HOSTILE,
    NET,
    PACK,
    REPORTS,
    SUBNET,
    TRACE_ASTRAY,
    TRACE_BLOCKED,
    TRACE_UNKNOWN,
    VIOLATING,
    WEB,
    finding,
    report,
    result,
    workload,
)

ENDINGS = {
    "console": "txt",
    "json": "json",
    "junit": "xml",
    "markdown": "md",
    "csv": "csv",
    "github": "github.txt",
    "azure-pipelines": "azure-pipelines.txt",
}
"""How the golden files of a format end; the name of the format where it is not here."""


def render(form: str, whole: Report, *, all_results: bool = False, strict: bool = False) -> str:
    """Return a report in a format, as the command writes it to a file."""
    how = Rendering(destination="report.out", all_results=all_results, strict=strict)
    return FORMATS[form].render(whole, how)


def without_style(text: str) -> str:
    """Return an HTML report without what is the same in all: style and script, which a browser is shown instead."""
    for element in ("style", "script"):
        text = re.sub(rf"(?s)(<{element}>).*?(</{element}>)", r"\1...\2", text)
    return re.sub(r"'sha256-[^']+'", "'sha256-...'", text)


def _of_check(number: int, check: Check) -> tuple[Finding, Result]:
    """Return a finding of a check, and its one requirement, the flow of which takes one of the ways of the samples."""
    found = finding(
        check.id,
        check.level,
        check.title,
        f"route r{number} in route table rt-ase is why {check.id} holds: 1 documented requirement fails",
        id=f"{number:016x}",
        requirements=(f"{PACK}/fqdn:host-{number:02}.azure.com:443",),
        evidence=(f"route r{number}: 10.{number}.0.0/16 -> VirtualAppliance 10.0.1.9 [R1]",),
        fix=check.fix,
        references=check.sources,
    )
    trace = _STOPPED[number % len(_STOPPED)]
    name = found.requirements[0].partition("/")[2]
    return found, result(name, Outcome.FAIL, trace.reason.code, trace.reason.text, check=check.id, trace=trace)


def every_check() -> Report:
    """Return a report with one finding of each check there is, on a network that is drawn."""
    checks = read_checks()
    both = [_of_check(number, each) for number, each in enumerate(checks.values())]
    order = tuple(Level)
    return report(
        replace(workload("ase-prod", 40, 2, len(checks), 0, 9), network=SKETCH),
        findings=tuple(sorted((found for found, _ in both), key=lambda each: order.index(each.level))),
        results=tuple(each for _, each in both),
    )


def _many(number: int, workloads: int) -> Report:
    findings = tuple(
        finding(
            "missing-fqdn",
            Level.ERROR if at % 3 else Level.WARNING,
            "A documented name is not allowed out",
            f"no rule allows host-{at:04}.azure.com",
            id=f"{at:016x}",
            workload=f"{WEB}/hostingEnvironments/ase-{at % workloads:03}",
            resource=f"{NET}/firewallPolicies/fw-{at:04}",
            requirements=(f"{PACK}/fqdn:host-{at:04}.azure.com:443",),
            evidence=(f"rule r{at:04} does not name it",),
            fix="Allow it.",
            references=(),
        )
        for at in range(number)
    )
    ordered = sorted(findings, key=lambda each: (each.level is not Level.ERROR, each.id))
    return report(*(workload(f"ase-{at:03}", 90, 0, 4, 0, 9) for at in range(workloads)), findings=tuple(ordered))


def many(number: int) -> Report:
    """Return a report of as many findings, each with a cause of its own, on up to 20 workloads."""
    return _many(number, min(20, number))


def named(name: str, number: int = 0) -> tuple[Finding, Result]:
    """Return a finding and a result with a trace, in which everything that others may name bears a name."""
    where = f"{WEB}/hostingEnvironments/{name}"
    requirement = f"{PACK}/fqdn:{name}:443"
    found = finding(
        "blocked-by-firewall-rule",
        Level.ERROR,
        "A firewall rule denies what another allows",
        f"rule {name} stops documented traffic",
        id=f"{number:016x}",
        workload=where,
        resource=f"{NET}/routeTables/{name}",
        requirements=(requirement,),
        evidence=(f"route {name}: 10.0.0.0/16 -> Internet", name),
        fix=f"Remove rule {name}.",
    )
    decided = Result(
        workload=where,
        requirement=requirement,
        check=found.check,
        outcome=Outcome.FAIL,
        verdict=Verdict.BLOCK,
        path=Path.FIREWALL,
        reason=Reason(code="firewall-network-deny", text=f"rule {name} denies it"),
        trace=hostile_trace(name),
    )
    return found, decided


def _hostile() -> Report:
    found, decided = named(HOSTILE)
    bad = replace(found, title=HOSTILE, message=HOSTILE, fix=HOSTILE, references=(HOSTILE,))
    gap = Gap(what=HOSTILE, scope=HOSTILE, why=HOSTILE, needs=HOSTILE)
    doubtful = replace(
        decided, requirement=f"{PACK}/{HOSTILE}", outcome=Outcome.UNKNOWN, verdict=Verdict.UNKNOWN, trace=TRACE_UNKNOWN
    )
    whole = report(
        replace(
            workload(HOSTILE, 1, 1, 1, 1, 1, kind=HOSTILE),
            location=HOSTILE,
            subnet=f"{SUBNET}{HOSTILE}",
            network=hostile_sketch(HOSTILE),
        ),
        results=(decided, doubtful),
        findings=(bad, replace(bad, id="waived", waiver=HOSTILE), replace(bad, id="elsewhere", workload=HOSTILE)),
        gaps=(gap,),
        packs=(PackUse(pack="ase-v2", edition=HOSTILE, revision=None, cloud=HOSTILE, digest="sha256:" + "a1" * 32),),
    )
    return replace(whole, sources=(Source(kind="files", location=HOSTILE, digest="sha256:" + "0f" * 32),))


def _drawn() -> Report:
    """Return the violating sample with what stands around each workload: known, hostile, not read, not there."""
    networks = (SKETCH, hostile_sketch(HOSTILE), UNREAD, BARE)
    both = zip(VIOLATING.workloads, networks, strict=True)
    return replace(VIOLATING, workloads=tuple(replace(each, network=network) for each, network in both))


_STOPPED = (TRACE_BLOCKED, TRACE_ASTRAY)
CASES: dict[str, Report] = {
    **REPORTS,
    "violating": _drawn(),
    "every-check": every_check(),
    "gaps": replace(CLEAN, gaps=GAPS),
    **ACCEPTED,
    **EDITIONS,
    "500": many(500),
    "hostile": _hostile(),
}
