"""Reports with waivers and with a baseline, for every reporter to render: made by the engine from the other samples."""

from dataclasses import replace
from datetime import date

from auditor.collectors.rules import read_checks
from auditor.engine.comparing import compare, outcomes_of
from auditor.engine.waiving import waive
from auditor.findings import Baseline, Level, Report, Source
from auditor.waivers import Waiver
from tests.reporters.samples import CLEAN, FINDINGS, HOSTILE, VIOLATING, WIDE, finding

TODAY = date(2026, 1, 31)
CHECKS = read_checks()
_PLAIN = tuple(replace(each, state=None, waiver=None) for each in FINDINGS)

WAIVERS = (
    Waiver(
        checks=("missing-service-endpoint",),
        requirements=("*/service-endpoint:Microsoft.Sql",),
        reason="No environment uses Azure SQL (NET-1234)",
        owner="network team",
        until=date(2026, 6, 30),
    ),
    Waiver(finding=_PLAIN[0].id, reason="The rule goes with the migration", owner="Ada", until=TODAY),
    Waiver(
        checks=("dangling-*",),
        workloads=("ase*",),
        reason=f"Agreed with {HOSTILE}",
        owner=HOSTILE,
        until=date(2026, 1, 30),
    ),
    Waiver(workloads=(f"{WIDE}-2",), reason="Decommissioned soon", owner=WIDE, until=date(2027, 1, 31)),
)
"""Two in use, one of them on its last day; one expired the day before; one that matches nothing."""


def waived(report: Report, waivers: tuple[Waiver, ...]) -> Report:
    """Return a report with its waivers applied on the day of the samples."""
    findings, uses = waive(report.findings, waivers, TODAY, CHECKS, {})
    return replace(report, findings=findings, waivers=uses)


def compared(report: Report, earlier: Report) -> Report:
    """Return a report compared with an earlier one."""
    source = Source(
        kind="baseline", location="reports/main.json", digest="sha256:" + "ba" * 32, collected_at="2026-01-24T12:00:00Z"
    )
    outcomes = outcomes_of(report.results)
    baseline = Baseline(source=source, findings=earlier.findings, outcomes=outcomes, editions=frozenset())
    findings = compare(report.findings, baseline, CHECKS, outcomes, baseline.editions)
    return replace(report, findings=findings, baseline=source)


_GONE = finding(
    "no-route-table",
    Level.ERROR,
    "No route table is assigned to the subnet",
    f"{HOSTILE} has no route table, so nothing leads to the firewall.",
    id="00aa11bb22cc33dd",
    evidence=("vnet-ase/ase: no route table",),
)
PLAIN = replace(VIOLATING, findings=_PLAIN)
WAIVED = waived(PLAIN, WAIVERS)
LAPSED = waived(CLEAN, WAIVERS[2:3])
BASELINE = compared(PLAIN, replace(PLAIN, findings=(*_PLAIN[1:-1], _GONE)))
WAIVED_BASELINE = compared(WAIVED, PLAIN)
ACCEPTED = {"waived": WAIVED, "lapsed": LAPSED, "baseline": BASELINE, "waived-baseline": WAIVED_BASELINE}
