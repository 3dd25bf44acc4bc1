"""What a history says: the words of `history/1`.

A *job* is a series of audits that are compared with each other: the same estate, audited in the same way, again and
again. A *run* is one recorded audit of a job. A *life* is what became of one finding of a job: when it was first seen,
and when it was resolved and reopened.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor.findings import Finding, Gap, Level, Outcome, PackUse, Report, Source, WorkloadSummary


class Event(StrEnum):
    """What happened to a finding in a run.

    new: the job never had it. reopened: it had been resolved. grown: it was open and takes down more now, or its waiver
    is gone. resolved: it was open, and this run could tell that it is no more.
    """

    NEW = "new"
    REOPENED = "reopened"
    GROWN = "grown"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedSnapshot:
    """The documents of a source, ready to be kept: by content, so that what two runs share is kept once.

    digest: "sha256:..." of the list of chunks. chunks: compressed documents by their digest, in the order of the list.
    """

    digest: str
    chunks: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """An audit to be recorded.

    job: name of the series it belongs to. seconds: how long the audit took. exit_code: what it ended with.
    is_complete: whether all was read and decided. snapshot: None where it is not to be kept.
    """

    job: str
    report: Report
    seconds: float
    exit_code: int
    is_complete: bool
    snapshot: PackedSnapshot | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a job knows before a run is recorded.

    opened: findings that stand open, as they were last told. resolved: ids of those that were, and are no more.
    outcomes: of what did not pass when it was last decided, by workload in lower case and requirement without its
    edition. editions: labels of what the last run was against.
    """

    opened: tuple[Finding, ...]
    resolved: frozenset[str]
    outcomes: Mapping[tuple[str, str], Outcome]
    editions: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a run makes of the past of its job.

    findings: what the audit itself found, worst first. events: what happened, worst first; a finding that is open,
    not found and in no event stands as it was. outcomes: what the next run is compared with. unseen: how many findings
    that nobody accepted stand so, since the audit did not look at them or could not decide them.
    """

    findings: tuple[Finding, ...]
    events: tuple[tuple[Event, Finding], ...]
    outcomes: Mapping[tuple[str, str], Outcome]
    unseen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What pruning took away. runs: how many, or of how many the snapshots. bytes: of contents nothing refers to."""

    runs: int
    contents: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCount:
    """How many findings of a check a run had. findings: that stand. waived: that are accepted."""

    check: str
    level: Level
    findings: int
    waived: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A recorded audit, in short.

    id: number, growing in the order of recording; no two runs of a store share one. at: when the audit was made, as
    ISO 8601 in UTC. counts: by check, worst level first. outcomes: of all requirements of all workloads.
    gaps: how many things could not be read. events: how often each happened in this run. unseen: how many findings of
    the job are open, not accepted, and were not looked at or not decided in this run. is_complete: whether all was read
    and decided, and none is unseen.
    snapshot: digest of what it audited; None where it was not kept, or was pruned.
    """

    id: int
    job: str
    at: str
    seconds: float
    tool_version: str
    exit_code: int
    is_complete: bool
    workloads: int
    counts: tuple[CheckCount, ...]
    outcomes: Mapping[Outcome, int]
    gaps: int
    events: Mapping[Event, int]
    unseen: int
    snapshot: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Something that happened to a finding. run: id of the run that told it. at: when that audit was made."""

    event: Event
    run: int
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What became of one finding of a job.

    finding: as it was last seen. first_seen, last_seen: of the audits that found it. resolved_at: None where it is
    open. reopened_at: the last time; None where it never was. turns: all that happened to it, oldest first.
    """

    job: str
    finding: Finding
    first_seen: str
    last_seen: str
    resolved_at: str | None
    reopened_at: str | None
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDetail:
    """A recorded audit with all that it said of findings. findings: worst first; they include those that are waived."""

    run: Run
    sources: tuple[Source, ...]
    packs: tuple[PackUse, ...]
    workloads: tuple[WorkloadSummary, ...]
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """An event with its finding, as a run has just recorded it. id: of the event in the store."""

    id: int
    event: Event
    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What recording an audit came to. happenings: worst first; of findings that are waived there are none."""

    run: Run
    happenings: tuple[Happening, ...]


class Delivery(StrEnum):
    """How far it came to tell a channel of an event.

    sending: it is being sent, or was when the program was ended. sent: the channel took it. failed: it did not, and the
    next run tries again. unsure: nobody knows whether it did; it is not sent again. moot: it need not be sent, since
    what came after made it no news.
    """

    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNSURE = "unsure"
    MOOT = "moot"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a channel is told of one finding. finding: as it was when that happened. at: when that audit was made.

    first_seen: of the audit that first found it.
    """

    event: Event
    finding: Finding
    at: str
    first_seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDifference:
    """What differs between two runs, older first.

    gone, come: findings of one alone. altered: of both, told otherwise; before and after.
    resources_added, resources_removed, resources_changed: ARM ids in comparing form; None where a snapshot is not kept.
    workloads_added, workloads_removed: ARM ids.
    """

    before: Run
    after: Run
    gone: tuple[Finding, ...]
    come: tuple[Finding, ...]
    altered: tuple[tuple[Finding, Finding], ...]
    workloads_added: tuple[str, ...]
    workloads_removed: tuple[str, ...]
    resources_added: tuple[str, ...] | None
    resources_removed: tuple[str, ...] | None
    resources_changed: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One run of a chronicle. resources: digest of each document by ARM id in comparing form; None where not kept."""

    detail: RunDetail
    resources: Mapping[str, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chronicle:
    """The whole of a job, for the page of time. steps: oldest first. lives: open ones first, oldest first."""

    job: str
    steps: tuple[Step, ...]
    lives: tuple[Life, ...]
