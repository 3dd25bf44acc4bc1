"""What an audit says: the words of `audit-report/1`.

A *result* is one requirement decided for one workload. A *finding* is what a person must act on: one check on one
workload with one cause, with every result that shares the cause. A *gap* is something that should have been read and
was not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor.sketches import Sketch
from auditor.traces import Path, Reason, Trace, Verdict
from auditor.waivers import WaiverUse


class Outcome(StrEnum):
    """What became of a requirement.

    pass: configured as documented, and the flow passes.
    deviates: the flow passes, but not the documented way.
    fail: the flow does not pass, or the documented thing is not there.
    unknown: something that decides it could not be read.
    not-applicable: its condition does not hold, such as Linux dependencies without a Linux app.
    """

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    DEVIATES = "deviates"
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


class State(StrEnum):
    """What a finding is against a baseline.

    new: not in it, or takes down more than it did there. unchanged: in both, or in it and not decided since. absent: in
    the baseline alone.
    """

    NEW = "new"
    UNCHANGED = "unchanged"
    ABSENT = "absent"


class Level(StrEnum):
    """How bad a finding is. The order of the members is from worst to mildest."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Gap:
    """Something we wanted and could not read.

    what: kind of thing, such as "Microsoft.Network/firewallPolicies"; "*" where anything may be missing.
    scope: ARM id or scope the thing lies under; "" where that is not known.
    why: one sentence: "referenced by route table rt-ase, not in the source".
    needs: what would close it: a permission, a file or a command.
    """

    what: str
    scope: str
    why: str
    needs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where facts came from. kind: "files", "snapshot", "live", "service tags"; "baseline" of an earlier report.

    digest: "sha256:...". collected_at: ISO 8601 or None. skew: comparing ids of resources of which Resource Graph told
    an older state than Azure Resource Manager, which was believed. scope: comparing ids of what a snapshot was asked
    for: subscriptions, management groups or a workload; () where that is not known. Reports do not show it.
    """

    kind: str
    location: str
    digest: str
    collected_at: str | None = None
    skew: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackUse:
    """A requirement pack the audit applied. digest: "sha256:..." of the pack file."""

    pack: str
    edition: str
    revision: str | None
    cloud: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A requirement decided for a workload.

    workload: ARM id of the workload. requirement: full id, such as "ase-v2@2018-09-24/fqdn:graph.windows.net:443".
    check: the check it would be filed under; None on pass and on not-applicable.
    verdict, path, trace: of the flow, where the requirement is one; None for requirements on configuration alone.
    reason: why it is not a pass; on a pass, by which rule it passes.
    """

    workload: str
    requirement: str
    check: str | None
    outcome: Outcome
    verdict: Verdict | None
    path: Path | None
    reason: Reason
    trace: Trace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check on one workload with one cause.

    id: fingerprint of check, workload and cause: the same defect has the same id tomorrow, on any machine.
    resource: ARM id of the resource to change. title: of the check. message: one sentence naming cause and effect.
    requirements: full ids of every requirement the cause takes down, sorted.
    evidence: the rules, routes and values that decided, one line each. fix: what to change, one or more sentences.
    state: "new", "unchanged" or "absent" against a baseline; None without one. waiver: of the waiver that covers it,
    reason, owner and last day in one line; None where none does.
    """

    id: str
    check: str
    level: Level
    workload: str
    resource: str
    title: str
    message: str
    requirements: tuple[str, ...]
    evidence: tuple[str, ...]
    fix: str
    references: tuple[str, ...]
    state: str | None = None
    waiver: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadSummary:
    """One audited thing and how its requirements came out.

    kind: as Azure spells it ("ASEV2"). subnet: ARM id, "" if not known. summary: every outcome, in order of Outcome.
    network: what stands around it; None where no reporter asked for it.
    """

    id: str
    name: str
    kind: str
    location: str
    subnet: str
    summary: tuple[tuple[Outcome, int], ...]
    network: Sketch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where a resource stands in a source. resource: its ARM id in comparing form.

    file: relative to the repository or working folder, with "/"; absolute where it lies outside. line, column: of the
    object that describes the resource, in characters and from 1; of the JSON inside where the file is compressed.
    """

    resource: str
    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OneSided:
    """A requirement that only one of two choices of editions has. requirement: full id.

    outcomes: how many workloads it comes out how on; outcomes that it has nowhere are left out.
    """

    requirement: str
    outcomes: Mapping[Outcome, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """How a requirement came out by one of two choices of editions.

    requirement: full id. check, reason: as a result has them.
    """

    requirement: str
    outcome: Outcome
    check: str | None
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A requirement of a workload that comes out otherwise by other editions.

    requirement: id without an edition. before, after: None where the editions on that side do not have it.
    """

    workload: str
    requirement: str
    before: Decided | None
    after: Decided | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Altered:
    """A finding that is there either way, but not alike: another level, other requirements, or waived on one side."""

    before: Finding
    after: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What other editions would make of the same estate: what they would add to a report, and take away.

    as_of: the day they are in force on, as ISO 8601; None where they were named. packs: the other editions.
    sources: service tag lists that only auditing against them looked into.
    added, removed: requirements that only the other editions have, or only those of the report. turned: what is decided
    otherwise on a workload; of what is added or removed only what does not, or did not, pass or not apply.
    gained, lost: findings by the other editions alone, and by those of the report alone; worst first.
    """

    as_of: str | None
    packs: tuple[PackUse, ...]
    sources: tuple[Source, ...]
    added: tuple[OneSided, ...]
    removed: tuple[OneSided, ...]
    turned: tuple[Turned, ...]
    gained: tuple[Finding, ...]
    lost: tuple[Finding, ...]
    altered: tuple[Altered, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything one audit found; what reporters render.

    generated_at: ISO 8601 in UTC; the only part that depends on the clock.
    workloads by id; results by workload and requirement; findings worst first, those that are absent last; gaps and
    waivers sorted. baseline: the earlier report that the findings were compared with; None where they were not.
    locations: by resource; of resources that findings name, where a format asks for them and the source is files.
    comparison: what other editions would change; None where none were asked for.
    """

    tool_version: str
    generated_at: str
    sources: tuple[Source, ...]
    packs: tuple[PackUse, ...]
    workloads: tuple[WorkloadSummary, ...]
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    waivers: tuple[WaiverUse, ...] = ()
    baseline: Source | None = None
    locations: tuple[Location, ...] = ()
    comparison: Comparison | None = None


def without_edition(requirement: str) -> str:
    """Return the id of a requirement as every edition has it: "fqdn:graph.windows.net:443"."""
    return requirement.partition("/")[2] or requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """An earlier report, as far as one is compared with it.

    source.collected_at: when it was made. outcomes: of what does not pass, by workload in lower case and requirement
    without its edition. editions: labels of what the audit was against.
    """

    source: Source
    findings: tuple[Finding, ...]
    outcomes: Mapping[tuple[str, str], Outcome]
    editions: frozenset[str]


def edition_label(use: PackUse) -> str:
    """Return what tells one edition of a pack in one cloud from all others."""
    return f"{use.pack}@{use.edition}.r{use.revision} ({use.cloud})"
