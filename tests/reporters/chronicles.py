"""Histories for the page of time: written by hand, wandering at random, and as large as those of real estates."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from auditor.findings import Finding, Gap, Level, Outcome, WorkloadSummary
from auditor.histories import CheckCount, Chronicle, Event, Life, Run, RunDetail, RunDifference, Step, Turn
from tests.reporters.samples import NET, PACK, PACKS, SOURCES, finding, workload

START = datetime(2026, 1, 1, 6, tzinfo=UTC)
NOW = "2026-03-01T12:00:00Z"
"""When the pages of the samples are made."""
DAY = timedelta(days=1)
_LEVELS = tuple(Level)
_ARTICLE = "https://learn.microsoft.com/azure/app-service/environment/firewall-integration"
_CHECKS = (
    (
        "blocked-by-firewall-rule",
        Level.ERROR,
        "A firewall rule denies a documented flow before the rule that allows it",
    ),
    ("missing-fqdn", Level.ERROR, "Documented FQDN not allowed out"),
    ("missing-dependency-route", Level.WARNING, "Documented address not routed to Internet"),
    ("egress-bypass", Level.WARNING, "Traffic can leave past the firewall"),
    ("documentation-drift", Level.NOTE, "Azure's own list differs from the document"),
)


def at(number: float) -> str:
    """Return the time of a day of the samples, counted from 0."""
    return f"{START + number * DAY:%Y-%m-%dT%H:%M:%SZ}"


def step(  # noqa: PLR0913 - what a run may have
    number: int,
    *,
    when: str,
    workloads: Sequence[WorkloadSummary],
    findings: Sequence[Finding],
    complete: bool = True,
    gaps: Sequence[Gap] = (),
    resources: Mapping[str, str] | None = None,
    events: Mapping[Event, int] | None = None,
    job: str = "prod",
) -> Step:
    """Write a run; what it counts follows from what it found."""
    counted = Counter((each.check, each.level, each.waiver is not None) for each in findings)
    kinds = sorted({key[:2] for key in counted}, key=lambda each: (_LEVELS.index(each[1]), each[0]))
    outcomes = Counter[Outcome]()
    for each in workloads:
        outcomes.update(dict(each.summary))
    run = Run(
        id=number,
        job=job,
        at=when,
        seconds=1.5,
        tool_version="0.1.0",
        exit_code=0 if complete else 3,
        is_complete=complete,
        workloads=len(workloads),
        counts=tuple(
            CheckCount(
                check=check, level=level, findings=counted[check, level, False], waived=counted[check, level, True]
            )
            for check, level in kinds
        ),
        outcomes={each: outcomes[each] for each in Outcome},
        gaps=len(gaps),
        events=events or {},
        unseen=0,
        snapshot=None if resources is None else f"sha256:{number:064x}",
    )
    detail = RunDetail(
        run=run,
        sources=SOURCES,
        packs=PACKS,
        workloads=tuple(workloads),
        findings=tuple(sorted(findings, key=lambda each: _LEVELS.index(each.level))),
        gaps=tuple(gaps),
    )
    return Step(detail=detail, resources=resources)


def lives_of(job: str, steps: Iterable[Step]) -> tuple[Life, ...]:
    """Return what became of the findings: one that a run does not have is resolved where its workload was looked at."""
    found: dict[str, Life] = {}
    for each in steps:
        run, seen = each.detail.run, {one.id: one for one in each.detail.findings}
        audited = {one.id for one in each.detail.workloads}
        for key, told in seen.items():
            life = found.get(key)
            event = Event.NEW if life is None else Event.REOPENED if life.resolved_at else None
            turns = life.turns if life else ()
            found[key] = Life(
                job=job,
                finding=told,
                first_seen=life.first_seen if life else run.at,
                last_seen=run.at,
                resolved_at=None,
                reopened_at=run.at if event is Event.REOPENED else life.reopened_at if life else None,
                turns=(*turns, Turn(event=event, run=run.id, at=run.at)) if event else turns,
            )
        for key, life in found.items():
            if key not in seen and life.resolved_at is None and life.finding.workload in audited:
                turn = Turn(event=Event.RESOLVED, run=run.id, at=run.at)
                found[key] = replace(life, resolved_at=run.at, turns=(*life.turns, turn))
    return tuple(sorted(found.values(), key=lambda each: (each.resolved_at is not None, each.first_seen)))


def chronicle(*steps: Step, job: str = "prod") -> Chronicle:
    """Return the steps as a history, with what became of their findings."""
    return Chronicle(job=job, steps=steps, lives=lives_of(job, steps))


class _Estate:
    """An estate that changes a little from day to day."""

    def __init__(self, chance: Random, workloads: int) -> None:
        self._chance = chance
        self._names = [f"ase-{number:03}" for number in range(workloads)]
        self._open: dict[str, Finding] = {}
        self._resources: dict[str, str] = {}
        for number, name in enumerate(self._names):
            for kind in ("routeTables/rt", "networkSecurityGroups/nsg", "virtualNetworks/vnet", "azureFirewalls/fw"):
                self._resources[f"{NET}/{kind}-{name}".lower()] = self._digest()
            for check in chance.sample(range(len(_CHECKS)), 2 + number % 2):
                self._find(number, check)

    def _digest(self) -> str:
        return f"sha256:{self._chance.getrandbits(256):064x}"

    def _find(self, number: int, check: int) -> None:
        name, (kind, level, title) = self._names[number], _CHECKS[check]
        some = self._chance.randint(1, 9)
        told = finding(
            kind,
            level,
            title,
            f"Rule deny-{check} of {name} stops documented traffic: {some} documented requirements fail.",
            id=f"{number:08x}{check:08x}",
            workload=workload(name, 0, 0, 0, 0, 0).id,
            resource=f"{NET}/routeTables/rt-{name}",
            requirements=tuple(f"{PACK}/fqdn:host-{each}.example.com:443" for each in range(some)),
            evidence=tuple(f"rule deny-{check} denies host-{each}.example.com" for each in range(some)),
            fix="Let the flow out before the rule that denies it.",
            references=(_ARTICLE,),
            waiver="Accepted by the network team until 2026-12-31" if self._chance.random() < 0.1 else None,
        )
        self._open[told.id] = told

    def live(self, rate: float) -> None:
        """Let a day pass. rate: how likely each part changes."""
        for number in range(len(self._names)):
            for check in range(len(_CHECKS)):
                key, dice = f"{number:08x}{check:08x}", self._chance.random()
                if key in self._open and dice < rate:
                    del self._open[key]
                elif dice < 0.6 * rate or (key in self._open and dice < 1.5 * rate):
                    self._find(number, check)
        for resource in list(self._resources):
            dice = self._chance.random()
            if dice < rate:
                self._resources[resource] = self._digest()
            elif dice < 1.1 * rate:
                del self._resources[resource]
        if self._chance.random() < 2 * rate:
            self._resources[f"{NET}/publicipaddresses/ip-{self._digest()[7:12]}"] = self._digest()

    def audited(self, number: int, *, unread: int, kept: bool) -> Step:
        """Return a run in which some workloads could not be read."""
        names = self._names[unread:]
        shown = [self._summary(name) for name in names]
        ids = {each.id for each in shown}
        return step(
            number + 1,
            when=at(number),
            workloads=shown,
            findings=[each for each in self._open.values() if each.workload in ids],
            complete=not unread,
            gaps=[Gap(what="Microsoft.Network/routeTables", scope=NET, why="forbidden", needs="Reader")] * bool(unread),
            resources=dict(self._resources) if kept else None,
        )

    def _summary(self, name: str) -> WorkloadSummary:
        own = workload(name, 0, 0, 0, 0, 0).id
        failed = sum(each.workload == own for each in self._open.values()) if len(self._names) < 50 else 1
        return workload(name, 44 - failed, 1, failed, self._chance.choice((0, 0, 0, 3)), 9)


def wandering(runs: int = 8, workloads: int = 5, *, seed: int = 6, rate: float = 0.15, job: str = "prod") -> Chronicle:
    """Return a history in which findings come, go, return and change; one run in five is not complete or not kept."""
    chance = Random(seed)  # noqa: S311 - a sample, the same each time
    estate, steps = _Estate(chance, workloads), []
    for number in range(runs):
        unread = 1 + workloads // 4 if number % 5 == 3 else 0
        steps.append(estate.audited(number, unread=unread, kept=number % 5 != 2))
        estate.live(rate)
    return chronicle(*steps, job=job)


def large() -> Chronicle:
    """Return a hundred days of two hundred workloads."""
    return wandering(100, 200, rate=0.01)


def difference(whole: Chronicle, one: int, other: int) -> RunDifference:
    """Return what differs between two steps, the older first: the model that the page is held against."""
    before, after = whole.steps[one], whole.steps[other]
    old = {each.id: each for each in before.detail.findings}
    new = {each.id: each for each in after.detail.findings}
    there, now = ({each.id for each in step.detail.workloads} for step in (before, after))
    was, is_now = before.resources, after.resources
    both = was is not None and is_now is not None
    was, is_now = was or {}, is_now or {}
    return RunDifference(
        before=before.detail.run,
        after=after.detail.run,
        gone=tuple(each for key, each in old.items() if key not in new),
        come=tuple(each for key, each in new.items() if key not in old),
        altered=tuple((each, new[key]) for key, each in old.items() if key in new and new[key] != each),
        workloads_added=tuple(sorted(now - there)),
        workloads_removed=tuple(sorted(there - now)),
        resources_added=tuple(sorted(is_now.keys() - was.keys())) if both else None,
        resources_removed=tuple(sorted(was.keys() - is_now.keys())) if both else None,
        resources_changed=tuple(sorted(each for each in was.keys() & is_now.keys() if was[each] != is_now[each]))
        if both
        else None,
    )
