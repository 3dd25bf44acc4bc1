"""Audits to be recorded, written in a line or two."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from auditor.estate.snapshot import Document, Snapshot
from auditor.findings import (
    Finding,
    Gap,
    Level,
    Outcome,
    PackUse,
    Report,
    Result,
    Source,
    WorkloadSummary,
    without_edition,
)
from auditor.histories import PackedSnapshot, Recording
from auditor.history.packing import pack_snapshot
from auditor.traces import Reason

SUBSCRIPTION = "/subscriptions/11111111-2222-3333-4444-555555555555"
ASE = f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Web/hostingEnvironments/ase-one"
OTHER = f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Web/hostingEnvironments/ase-two"
PACK = PackUse(pack="ase-v2", edition="2023-11-20", revision=None, cloud="public", digest="sha256:" + "a1" * 32)
SNAPSHOT = Source(kind="snapshot", location="estate.json", digest="sha256:" + "0f" * 32)
FILES = replace(SNAPSHOT, kind="files", location="estate")
NO_FIREWALL = Gap(what="*", scope=SUBSCRIPTION, why="access denied", needs="Reader")


def day(number: int) -> str:
    """Return a time on a day of one month."""
    return f"2026-01-{number:02}T12:00:00Z"


def requirement(name: str) -> str:
    """Return the full id of a requirement."""
    return f"ase-v2@2023-11-20/fqdn:{name}:443"


def finding(name: str, *, workload: str = ASE, also: Iterable[str] = (), **more: object) -> Finding:
    """Return a finding that takes down the requirement of its name. also: names of others that it takes down."""
    told = Finding(
        id=f"{name:0<16}",
        check="missing-fqdn",
        level=Level.ERROR,
        workload=workload,
        resource=f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Network/azureFirewalls/fw",
        title="A documented name is not allowed out",
        message=f"{name} is not allowed out",
        requirements=tuple(sorted(map(requirement, (name, *also)))),
        evidence=(f"no rule allows {name}",),
        fix="Allow it.",
        references=(),
    )
    return replace(told, **more)  # type: ignore[arg-type]  # fields by name


def report(  # noqa: PLR0913 - all that an audit may say
    at: str,
    *findings: Finding,
    workloads: Iterable[str] = (ASE,),
    unknown: Iterable[tuple[str, str]] = (),
    gaps: Iterable[Gap] = (),
    source: Source = SNAPSHOT,
    packs: tuple[PackUse, ...] = (PACK,),
    outcomes: Mapping[str, Outcome] | None = None,
) -> Report:
    """Return a report in which what the findings name fails.

    unknown: workloads and names of requirements that could not be decided. outcomes: other ones than fail, by name.
    """
    named = {(each.workload, text) for each in findings for text in each.requirements}
    decided = {at: (outcomes or {}).get(without_edition(at[1])[5:-4], Outcome.FAIL) for at in named}
    decided |= {(workload, requirement(name)): Outcome.UNKNOWN for workload, name in unknown}
    return Report(
        tool_version="0.1.0",
        generated_at=at,
        sources=(source,),
        packs=packs,
        workloads=tuple(_workload(each, decided) for each in workloads),
        results=tuple(_result(*each) for each in sorted(decided.items())),
        findings=findings,
        gaps=tuple(gaps),
    )


def _workload(name: str, decided: Mapping[tuple[str, str], Outcome]) -> WorkloadSummary:
    own = [outcome for (workload, _), outcome in decided.items() if workload == name]
    counts = {each: own.count(each) for each in Outcome} | {Outcome.PASS: 10}
    return WorkloadSummary(
        id=name,
        name=name.rpartition("/")[2],
        kind="ASEV2",
        location="westeurope",
        subnet="",
        summary=tuple(counts.items()),
    )


def _result(at: tuple[str, str], outcome: Outcome) -> Result:
    return Result(
        workload=at[0],
        requirement=at[1],
        check=None,
        outcome=outcome,
        verdict=None,
        path=None,
        reason=Reason(code="firewall-default-deny", text="no rule allows it"),
    )


def recording(
    told: Report,
    *,
    job: str = "nightly",
    documents: Iterable[Document] = (),
    snapshot: PackedSnapshot | None = None,
    exit_code: int = 1,
) -> Recording:
    """Return the recording of a report on some documents."""
    return Recording(
        job=job,
        report=told,
        seconds=1.5,
        exit_code=exit_code,
        is_complete=not told.gaps,
        snapshot=snapshot if snapshot is not None else packed(documents),
    )


def packed(documents: Iterable[Document], gaps: Iterable[Gap] = ()) -> PackedSnapshot:
    """Return documents as a snapshot, packed."""
    return pack_snapshot(Snapshot(resources=tuple(documents), service_tags=(), gaps=tuple(gaps), sources=(SNAPSHOT,)))


def document(name: str, **properties: object) -> Document:
    """Return a document of a route table."""
    return {
        "id": f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Network/routeTables/{name}",
        "name": name,
        "type": "Microsoft.Network/routeTables",
        "properties": properties,
    }
