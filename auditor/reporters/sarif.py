"""The report as SARIF 2.1.0, for what reads it: GitHub code scanning, Azure DevOps, or anything (`full`).

What a platform would refuse, or show wrongly, is left out for it, and the file says what: more results than it keeps,
and waived findings, which both platforms would show as open.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from auditor.checks import Check
from auditor.findings import Finding, Gap, Outcome, Report, State
from auditor.reporters.json_report import TOOL, encode
from auditor.reporters.sarif_build import Build, automation_details
from auditor.reporters.sarif_places import Places
from auditor.reporters.sarif_results import full_result_of, gap_place, result_of, traces_of
from auditor.reporters.sarif_rules import message_text, rules_of
from auditor.reporters.summary import Standing, by_urgency, stands, summarise
from auditor.reporters.text import count
from auditor.reporters.written import Written, left_out_line
from auditor.waivers import Waiver, WaiverState

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
VERSION = "2.1.0"

_GAP, _LEFT_OUT, _NOTHING, _UNDECIDED, _IDLE = range(5)
_NOTICES = (
    ("gap", "UnreadableInput", "Something that should have been read and was not; what hangs on it is undetermined."),
    ("left-out", "FindingsLeftOut", "Findings that are not in this file, and why."),
    ("nothing-audited", "NothingWasAudited", "No requirement applied to anything: no result is no all-clear."),
    ("undecided", "RequirementsUndecided", "Requirements that could not be decided; they are neither met nor missed."),
    ("idle-waiver", "WaiverMatchesNothing", "An accepted exception of which there is no finding; it can be deleted."),
)
_DESCRIBED = ("shortDescription", "fullDescription", "help")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a reader of SARIF takes. name: of the platform, "" for any reader.

    results, notices: how many it keeps, of notices of each kind. packed: how many bytes it takes, compressed by gzip.
    None is no limit. asks_for_build: whether it wants to know which build wrote the file.
    """

    name: str
    results: int | None = None
    notices: int | None = None
    packed: int | None = None
    asks_for_build: bool = False


PROFILES: Mapping[str, Profile] = {
    "github": Profile(name="GitHub", results=5_000, notices=500, packed=10_000_000),
    "azure-devops": Profile(name="Azure DevOps", results=5_000, notices=500, packed=10_000_000, asks_for_build=True),
    "full": Profile(name=""),
}


def render(report: Report, checks: Mapping[str, Check], profile: Profile = PROFILES["full"]) -> str:
    """Return the report as SARIF."""
    return write(report, checks, profile).text


def write(report: Report, checks: Mapping[str, Check], profile: Profile, build: Build | None = None) -> Written:
    """Return the report as SARIF for a reader, worst findings first, of a level new ones, within what the reader takes.

    checks: every check, by id; each is a rule, whether something was found under it or not. build: the one
    that audits, for a reader that asks for it; None where there is none.
    """
    findings = by_urgency(report.findings)
    notes: list[str] = []
    if profile.name:
        notes = _not_standing(findings, profile)
        findings = [each for each in findings if stands(each)]
    kept = len(findings) if profile.results is None else min(len(findings), profile.results)
    while True:
        cut = _cut(len(findings) - kept, profile)
        log = _log(report, checks, findings[:kept], [*notes, *cut], profile)
        if profile.asks_for_build and build is not None:
            log["runs"][0]["automationDetails"] = automation_details(build)
        text = encode(log)
        size = 0 if profile.packed is None else _packed(text, profile.packed)
        if profile.packed is None or size <= profile.packed or not kept:
            return Written(text=text, left_out=(*notes, *cut))
        kept = kept * profile.packed // size * 9 // 10


def _not_standing(findings: Sequence[Finding], profile: Profile) -> list[str]:
    """Return the sentences on findings that are none to act on, which a platform would show as open."""
    absent = sum(each.state == State.ABSENT for each in findings)
    waived = sum(not stands(each) for each in findings) - absent
    gone = f"they are in the baseline alone, and {profile.name} closes what is in a file no more"
    return [
        *(
            [left_out_line(waived, "waived finding", f"{profile.name} would show what is waived as open")]
            * bool(waived)
        ),
        *([left_out_line(absent, "absent finding", gone)] * bool(absent)),
    ]


def _cut(number: int, profile: Profile) -> list[str]:
    """Return the sentence on findings for which there is no room."""
    why = f"{profile.name} takes no more; the worst are here, and the profile full has them all"
    return [left_out_line(number, "finding", why)] if number else []


def _packed(text: str, limit: int) -> int:
    """Return the size of a file once compressed; of one that is small enough as it is, that size."""
    data = text.encode()
    return len(data) if len(data) <= limit else len(zlib.compress(data, 6))


def _log(
    report: Report, checks: Mapping[str, Check], findings: Sequence[Finding], notes: Sequence[str], profile: Profile
) -> dict[str, Any]:
    """Return the log: one run, since platforms refuse two of one tool."""
    rules = rules_of(checks, findings)
    index = {rule["id"]: place for place, rule in enumerate(rules)}
    places = Places(report.locations, outside=not profile.name)
    if profile.name:
        results = [result_of(each, index[each.check], places) for each in findings]
    else:
        traces = traces_of(report)
        results = [full_result_of(each, index[each.check], places, traces) for each in findings]
    run: dict[str, Any] = {
        "tool": {"driver": _driver(report, rules)},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report, notes, profile)],
        "results": results,
    }
    if not profile.name:
        run |= _of_all(report)
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def _driver(report: Report, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": TOOL,
        "fullName": f"Azure egress auditor {report.tool_version}",
        "version": report.tool_version,
        "semanticVersion": report.tool_version,
        "shortDescription": {
            "text": "Audits the locked-down egress of Azure services against what Microsoft documents."
        },
        "notifications": [
            {"id": name, "name": title, **{key: {"text": text} for key in _DESCRIBED}} for name, title, text in _NOTICES
        ],
        "rules": rules,
    }


def _invocation(report: Report, notes: Sequence[str], profile: Profile) -> dict[str, Any]:
    """Return how the audit went: what could not be decided or read, what is idle, and what this file leaves out.

    It is no success where what is in the file would pass for clean and is not.
    """
    told = [_notice(_LEFT_OUT, "warning", each) for each in notes]
    summary = summarise(report)
    complete = summary.verdict not in {Standing.NOTHING_AUDITED, Standing.INCOMPLETE}
    if summary.verdict is Standing.NOTHING_AUDITED:
        told.append(_notice(_NOTHING, "error", "Nothing was audited: no requirement applied to anything."))
    unknown = summary.outcomes[Outcome.UNKNOWN]
    if unknown:
        text = f"{count(unknown, 'requirement')} could not be decided; that nothing is found there is no all-clear."
        told.append(_notice(_UNDECIDED, "warning" if complete else "error", text))
    idle = [each.waiver for each in report.waivers if each.state is WaiverState.UNMATCHED]
    told += _cut_to(profile.notices, "idle waiver", [_idle(each) for each in idle])
    told += _cut_to(profile.notices, "gap", [_gap(each) for each in report.gaps])
    return {
        "executionSuccessful": complete,
        "endTimeUtc": report.generated_at,
        "toolExecutionNotifications": told,
    }


def _cut_to(most: int | None, noun: str, notices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return as many notices as a reader takes, and one that counts the others."""
    rest = 0 if most is None else len(notices) - most
    if rest <= 0:
        return notices
    return [*notices[:most], _notice(_LEFT_OUT, "warning", left_out_line(rest, noun, "too many"))]


def _idle(waiver: Waiver) -> dict[str, Any]:
    return _notice(_IDLE, "note", f"The waiver of {waiver.covers} matches nothing and can be deleted: {waiver.text}")


def _notice(kind: int, level: str, text: str) -> dict[str, Any]:
    descriptor = {"id": _NOTICES[kind][0], "index": kind}
    return {"level": level, "message": {"text": message_text(text)}, "descriptor": descriptor}


def _gap(gap: Gap) -> dict[str, Any]:
    return _notice(_GAP, "warning", f"{gap.what}: {gap.why}. To close it: {gap.needs}") | gap_place(gap.scope)


def _of_all(report: Report) -> dict[str, Any]:
    """Return what is told of the audit as a whole."""
    summary = summarise(report)
    return {
        "automationDetails": {"id": f"{TOOL}/{report.generated_at}"},
        "properties": {
            "verdict": str(summary.verdict),
            "outcomes": {str(outcome): number for outcome, number in summary.outcomes.items()},
            "packs": msgspec.to_builtins(report.packs),
            "sources": [
                {"kind": each.kind, "location": each.location, "digest": each.digest} for each in report.sources
            ],
        },
    }
