"""Runs, lives and differences written by hand, for the reporters of the history."""

from dataclasses import replace

from auditor.findings import Level, Outcome
from auditor.histories import CheckCount, Event, Life, Pruned, Run, RunDetail, RunDifference, Turn
from tests.reporters.samples import CLEAN, FINDINGS, GAPS, LONG, NET, VIOLATING, WEB, WIDE

JOB = "prod"
DAYS = tuple(f"2026-01-{day:02}T06:00:00Z" for day in range(1, 32))


def run(number: int, at: str, *, job: str = JOB, **fields: object) -> Run:
    """Write a run without findings; every field can be given another value."""
    clean = Run(
        id=number,
        job=job,
        at=at,
        seconds=2.25,
        tool_version="0.1.0",
        exit_code=0,
        is_complete=True,
        workloads=1,
        counts=(),
        outcomes={Outcome.PASS: 192},
        gaps=0,
        events={},
        unseen=0,
        snapshot="sha256:" + "5a" * 32,
    )
    return replace(clean, **fields)  # type: ignore[arg-type]


BAD = run(
    12,
    DAYS[30],
    exit_code=1,
    is_complete=False,
    unseen=2,
    workloads=4,
    counts=(
        CheckCount(check="blocked-by-firewall-rule", level=Level.ERROR, findings=1, waived=0),
        CheckCount(check="dangling-next-hop", level=Level.ERROR, findings=1, waived=0),
        CheckCount(check="missing-service-endpoint", level=Level.WARNING, findings=2, waived=0),
        CheckCount(check="missing-management-route", level=Level.WARNING, findings=0, waived=1),
        CheckCount(check="broad-firewall-rule", level=Level.NOTE, findings=1, waived=0),
    ),
    outcomes={Outcome.PASS: 3012, Outcome.FAIL: 48, Outcome.UNKNOWN: 268},
    gaps=2,
    events={Event.NEW: 2, Event.REOPENED: 1, Event.GROWN: 1, Event.RESOLVED: 12},
)
GOOD = run(11, DAYS[29], events={Event.RESOLVED: 1})
OTHER = run(9, DAYS[1], job=f"test of {LONG}", snapshot=None)
RUNS = (BAD, GOOD, run(10, DAYS[28], job=WIDE), OTHER)

DETAIL = RunDetail(
    run=BAD,
    sources=VIOLATING.sources,
    packs=VIOLATING.packs,
    workloads=VIOLATING.workloads,
    findings=VIOLATING.findings,
    gaps=GAPS,
)
CALM = RunDetail(run=GOOD, sources=CLEAN.sources, packs=CLEAN.packs, workloads=CLEAN.workloads, findings=(), gaps=())
DETAILS = {"bad": DETAIL, "calm": CALM}

CHANGED = replace(
    FINDINGS[0], level=Level.WARNING, requirements=(*FINDINGS[0].requirements[:9], "a/b"), waiver="NET-1 (a) to 2027"
)
DIFFERENCE = RunDifference(
    before=GOOD,
    after=BAD,
    gone=FINDINGS[4:5],
    come=FINDINGS[1:3],
    altered=((FINDINGS[0], CHANGED), (FINDINGS[5], replace(FINDINGS[5], evidence=("other",)))),
    workloads_added=(f"{WEB}/hostingEnvironments/ase-2",),
    workloads_removed=(),
    resources_added=tuple(f"{NET}/routeTables/rt-{number}".lower() for number in range(13)),
    resources_removed=(),
    resources_changed=(f"{NET}/firewallPolicies/fw-policy".lower(),),
)
SAME = RunDifference(
    before=GOOD,
    after=replace(GOOD, id=12, at=DAYS[30]),
    gone=(),
    come=(),
    altered=(),
    workloads_added=(),
    workloads_removed=(),
    resources_added=(),
    resources_removed=(),
    resources_changed=(),
)
UNKEPT = replace(
    SAME, before=OTHER, resources_added=None, resources_removed=None, resources_changed=None
)  # of two jobs, too
DIFFERENCES = {"much": DIFFERENCE, "same": SAME, "unkept": UNKEPT}

PRUNED = {
    "none": Pruned(runs=0, contents=0, bytes=0),
    "shared": Pruned(runs=2, contents=0, bytes=0),
    "one": Pruned(runs=1, contents=1, bytes=1),
    "many": Pruned(runs=1200, contents=34567, bytes=12345678),
}


def turn(event: Event, number: int) -> Turn:
    """Write an event of the run of a day."""
    return Turn(event=event, run=number, at=DAYS[number - 1])


LIVES = (
    Life(
        job=JOB,
        finding=FINDINGS[0],
        first_seen=DAYS[0],
        last_seen=DAYS[30],
        resolved_at=None,
        reopened_at=DAYS[19],
        turns=(turn(Event.NEW, 1), turn(Event.GROWN, 3), turn(Event.RESOLVED, 5), turn(Event.REOPENED, 20)),
    ),
    Life(
        job=JOB,
        finding=FINDINGS[4],
        first_seen=DAYS[28],
        last_seen=DAYS[30],
        resolved_at=None,
        reopened_at=None,
        turns=(turn(Event.NEW, 29),),
    ),
    Life(
        job=JOB,
        finding=FINDINGS[2],
        first_seen=DAYS[30],
        last_seen=DAYS[30],
        resolved_at=None,
        reopened_at=None,
        turns=(turn(Event.NEW, 31),),
    ),
    Life(
        job=JOB,
        finding=FINDINGS[1],
        first_seen=DAYS[0],
        last_seen=DAYS[0],
        resolved_at=DAYS[1],
        reopened_at=None,
        turns=(turn(Event.NEW, 1), turn(Event.RESOLVED, 2)),
    ),
)
