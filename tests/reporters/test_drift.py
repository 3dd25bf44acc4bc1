"""Drift for people and as JSON: the same changes and effects, whole, in order, and harmless."""

from dataclasses import replace

import pytest

from auditor.drifts import Attribution, Change, Difference, DriftReport, Effect, Happened, Standing
from auditor.findings import Outcome, Source
from auditor.reporters import drift_console, drift_json
from auditor.traces import Path
from tests.cli.running import document
from tests.conftest import Golden
from tests.reporters.naughty import strings
from tests.reporters.samples import CLEAN, HOSTILE, NET, PACK, WEB

ASE = f"{WEB}/hostingEnvironments/ase-prod".lower()
PASS, FAIL = Standing(outcome=Outcome.PASS, path=Path.FIREWALL), Standing(outcome=Outcome.FAIL, path=Path.DROPPED)
UNKNOWN = Standing(outcome=Outcome.UNKNOWN)


def effect(name: str, before: Standing, after: Standing, *causes: int, how: Attribution = Attribution.ALONE) -> Effect:
    """Return an effect on a requirement of that name."""
    return Effect(
        workload=ASE, requirement=f"{PACK}/{name}", before=before, after=after, attribution=how, causes=causes
    )


def source(name: str) -> Source:
    """Return a source."""
    return Source(kind="files", location=name, digest="sha256:" + "0f" * 32)


NONE = DriftReport(
    tool_version="0.1.0",
    generated_at="2026-01-31T12:00:00Z",
    before=(source("before"),),
    after=(source("after"),),
    packs=CLEAN.packs,
    changes=(),
    effects=(),
    idle=(),
)
CHANGES = (
    Change(
        id=f"{NET}/routeTables/rt/routes/mgmt-7".lower(),
        kind="route",
        name="rt/mgmt-7",
        happened=Happened.REMOVED,
        what="13.64.115.203/32 Internet",
    ),
    Change(
        id=f"{NET}/firewallPolicies/fwp".lower(),
        kind="firewall policy",
        name="fwp",
        happened=Happened.CHANGED,
        what="",
        differences=(Difference(field="threat intel", before="alert", after="deny"),),
    ),
    Change(id="", kind="gap", name="Microsoft.Network/ipGroups", happened=Happened.ADDED, what="403 on the group"),
    Change(id="x", kind="security rule", name="nsg/deny", happened=Happened.ADDED, what="90 inbound deny * to *:454"),
)
EVERYTHING = replace(
    NONE,
    changes=CHANGES,
    effects=(
        effect("management-source:13.64.115.203", PASS, FAIL, 0),
        *(effect(f"fqdn:host-{at}.azure.com:443", PASS, FAIL, 0, 3) for at in range(5)),
        effect("fqdn:a.azure.com:443", PASS, UNKNOWN, 2, 3, how=Attribution.TOGETHER),
        effect("fqdn:b.azure.com:443", FAIL, PASS, 3),
        effect("fqdn:c.azure.com:443", PASS, replace(PASS, path=Path.DIRECT), 3),
        effect("fqdn:d.azure.com:443", PASS, replace(PASS, by=("x",)), 3),
        effect("fqdn:e.azure.com:443", Standing(outcome=None), FAIL, 3),
        effect("fqdn:f.azure.com:443", PASS, FAIL, how=Attribution.OPEN),
    ),
    idle=(1,),
)
CASES = {
    "none": NONE,
    "everything": EVERYTHING,
    "idle": replace(NONE, changes=CHANGES[:2], idle=(0, 1)),
}


@pytest.mark.parametrize("name", CASES)
def test_what_people_read(name: str, golden: Golden) -> None:
    """Changes with what they did, what several did together, and the verdict."""
    golden(f"drift-{name}.txt", drift_console.render(CASES[name], width=100, colour=False))


@pytest.mark.parametrize("name", CASES)
def test_what_programs_read(name: str, golden: Golden) -> None:
    """The document is what its schema describes."""
    text = drift_json.render(CASES[name])

    document(text, "drift-report")
    golden(f"drift-{name}.json", text)


@pytest.mark.parametrize("width", [30, 60, 80, 200])
def test_no_line_is_too_wide(width: int) -> None:
    """Whatever the terminal."""
    lines = drift_console.render(EVERYTHING, width=width, colour=False).splitlines()

    assert max(map(len, lines)) <= width


def hostile(name: str) -> DriftReport:
    """Return a report in which everything that others may name bears a name."""
    change = Change(
        id=name,
        kind=name or "route",
        name=name,
        happened=Happened.CHANGED,
        what=name,
        differences=(Difference(field=name, before=name, after=name),),
    )
    told = Effect(
        workload=name or "w",
        requirement=f"{PACK}/{name}",
        before=PASS,
        after=replace(FAIL, by=(name,)),
        attribution=Attribution.ALONE,
        causes=(0,),
    )
    return replace(NONE, before=(source(name),), changes=(change,), effects=(told,))


@pytest.mark.parametrize("name", [HOSTILE, *strings()[::7]])
def test_hostile_names_cannot_act(name: str) -> None:
    """Nothing reaches the terminal but printable signs, no log command, and JSON stays JSON with the name in it."""
    text = drift_console.render(hostile(name), width=100, colour=False)
    found = document(drift_json.render(hostile(name)), "drift-report")

    assert all(line.isprintable() for line in text.split("\n"))
    assert "::error" not in text
    assert found["changes"][0]["name"] == name.encode("utf-8", "backslashreplace").decode()
