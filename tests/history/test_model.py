"""Random audits of a job, against a plain model of what becomes of its findings."""

from dataclasses import dataclass, field
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.engine.lives import decide
from auditor.findings import Gap, Report
from auditor.histories import Event
from auditor.history.store import Store
from tests.history.audits import ASE, FILES, OTHER, SNAPSHOT, day, finding, recording, report

WHERE = {"a": ASE, "b": ASE, "c": OTHER, "d": OTHER}
"""Findings and their workloads."""
FOUND, GONE, HIDDEN = "found", "gone", "hidden"


@dataclass(frozen=True, slots=True)
class Day:
    """One audit: what of each finding, which workloads were audited, which lie under a gap, and out of what."""

    number: int
    states: dict[str, str]
    audited: frozenset[str]
    gaps: frozenset[str]
    complete: bool

    def report(self) -> Report:
        """Return what the audit says."""
        seen = {name: state for name, state in self.states.items() if WHERE[name] in self.audited}
        return report(
            day(self.number),
            *(finding(name, workload=WHERE[name]) for name, state in seen.items() if state == FOUND),
            workloads=sorted(self.audited),
            unknown=[(WHERE[name], name) for name, state in seen.items() if state == HIDDEN],
            gaps=[Gap(what="*", scope=each, why="denied", needs="Reader") for each in sorted(self.gaps)],
            source=SNAPSHOT if self.complete else FILES,
        )

    def shows(self, name: str) -> str:
        """Return what this audit shows of a finding."""
        workload = WHERE[name]
        if workload in self.audited:
            return self.states[name]
        return GONE if self.complete and self.audited and workload not in self.gaps else HIDDEN


DAYS = st.lists(
    st.builds(
        Day,
        number=st.integers(1, 28),
        states=st.fixed_dictionaries(dict.fromkeys(WHERE, st.sampled_from((FOUND, FOUND, GONE, GONE, HIDDEN)))),
        audited=st.frozensets(st.sampled_from((ASE, OTHER))),
        gaps=st.frozensets(st.sampled_from((ASE, OTHER)), max_size=1),
        complete=st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@dataclass(slots=True)
class Model:
    """What becomes of one finding, in the plainest words."""

    first: str = ""
    last: str = ""
    is_open: bool = False
    events: list[tuple[Event, str]] = field(default_factory=list)

    def see(self, what: str, now: str) -> None:
        """Take in what an audit shows."""
        if what == FOUND:
            if not self.is_open:
                self.events.append((Event.REOPENED if self.first else Event.NEW, now))
            self.first, self.last, self.is_open = self.first or now, now, True
        elif what == GONE and self.is_open:
            self.events.append((Event.RESOLVED, now))
            self.is_open = False


JOBS = count(1)


@settings(max_examples=settings().max_examples // 4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=DAYS)
def test_lives_are_what_a_plain_model_says(days: list[Day], store: Store) -> None:
    """Whatever audits come in whatever order, and whatever they could not see."""
    job, models, now = f"job-{next(JOBS)}", {name: Model() for name in WHERE}, ""
    for each in days:
        now = max(now, day(each.number))
        store.record(recording(each.report(), job=job), decide)
        for name, model in models.items():
            model.see(each.shows(name), now)
    lives = {each.finding.id[0]: each for each in store.lives(job)}

    assert lives.keys() == {name for name, model in models.items() if model.first}
    for name, life in lives.items():
        model = models[name]
        assert (life.first_seen, life.last_seen) == (model.first, model.last)
        assert [(each.event, each.at) for each in life.turns] == model.events
        assert (life.resolved_at is None) == model.is_open
