"""The report as JUnit XML, in the dialect that Azure Pipelines, GitLab, Jenkins and GitHub's test reporters all read.

A suite for each workload, and one for the audit itself. In a suite, a case for each finding (one check, with the
requirements that share its cause) and one for each group of requirements. Names are unique, and stay the same from day
to day: they hold no count and no message. Valid by `reports/junit.xsd`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from junitparser.junitparser import FinalResult

from auditor.findings import Finding, Gap, Location, Outcome, Report, Result, WorkloadSummary
from auditor.reporters.naming import pack_label, requirements_line, shortened, workload_names
from auditor.reporters.summary import UNDETERMINED, Standing, stands, summarise, tells_of_documents
from auditor.reporters.text import count, plain, resource_label, resource_name, shorten

_ROOT = "egress"
_AUDIT = "audit"
_LONGEST_NAME = 240
"""Azure Pipelines takes 512 characters of class name and name together."""
_LONGEST_CLASS = 200
_LINES = 30
"""Requirements and lines of evidence written out in a failure; the rest are counted."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A case to be: its name, how it came out (None: passed), and what it says beside that."""

    name: str
    result: FinalResult | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class _Writer:
    """Makes suites, each name once. strict: whether what could not be decided is an error. places: by resource."""

    report: Report
    strict: bool
    places: Mapping[str, Location]
    used: set[tuple[str, str]] = field(default_factory=set)

    def undecided(self, message: str, text: str = "") -> FinalResult:
        """Return the result of a case that could not be decided."""
        return _result(Error if self.strict else Skipped, message, "unknown", text)

    def suite(
        self, name: str, class_name: str, cases: Iterator[_Case], properties: Sequence[tuple[str, str]]
    ) -> TestSuite:
        """Return a suite of cases with its counts."""
        suite = TestSuite(plain(name))
        suite.timestamp = plain(self.report.generated_at)
        for key, value in properties:
            suite.add_property(plain(key), plain(value))
        suite.add_testcases([self._case(shorten(plain(class_name), _LONGEST_CLASS), each) for each in cases])
        return suite

    def _case(self, class_name: str, wanted: _Case) -> TestCase:
        name, number = plain(wanted.name), 1
        while (class_name, name) in self.used:  # of two cases with one name GitLab counts the first alone
            number += 1
            name = f"{plain(wanted.name)} ({number})"
        self.used.add((class_name, name))
        case = TestCase(name, class_name, 0)
        if wanted.result is not None:
            case.append(wanted.result)
        if wanted.said:
            case.system_out = plain(wanted.said)
        return case


def render(report: Report, *, strict: bool = False) -> str:
    """Return the report as JUnit XML.

    strict: what could not be decided is an error, instead of skipped.
    """
    writer = _Writer(report, strict, {each.resource: each for each in report.locations})
    names = workload_names(report.workloads)
    findings: dict[str, list[Finding]] = {}
    for finding in report.findings:
        findings.setdefault(finding.workload if finding.workload in names else "", []).append(finding)
    results: dict[str, list[Result]] = {}
    for result in report.results:
        results.setdefault(result.workload, []).append(result)
    root = JUnitXml("Azure egress audit")
    root.append(_audit(writer, findings.get("", [])))
    for each in report.workloads:
        cases = _cases(writer, each, findings.get(each.id, []), results.get(each.id, []))
        root.append(writer.suite(names[each.id], _class_of(each), cases, _properties(report, each)))
    _total(root)
    return _text(root)


def _text(root: JUnitXml) -> str:
    """Return the document as text, the same whether or not lxml is there, which the library would write with."""
    tree = ET.fromstring(root.tostring())  # noqa: S314 - our own output
    ET.indent(tree)
    body = ET.tostring(tree, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _total(root: JUnitXml) -> None:
    """Write the counts of all suites; not with the library, whose attribute for skipped cases the schema lacks."""
    suites = list(root)
    root.tests = sum(each.tests or 0 for each in suites)
    root.failures = sum(each.failures or 0 for each in suites)
    root.errors = sum(each.errors or 0 for each in suites)
    root.time = 0


def _audit(writer: _Writer, findings: Sequence[Finding]) -> TestSuite:
    """Return the suite of the audit itself: whether there was anything to audit, what could not be read, the rest."""
    report = writer.report
    sources = [(f"source {number}", each.location) for number, each in enumerate(report.sources, 1)]

    def cases() -> Iterator[_Case]:
        nothing = summarise(report).verdict is Standing.NOTHING_AUDITED
        said = f"{count(len(report.workloads), 'workload')} audited"
        why = writer.undecided("nothing was audited: no requirement applied to anything") if nothing else None
        yield _Case("something was audited", why, "" if nothing else said)
        yield from (_gap(writer, each) for each in report.gaps)
        yield from (_finding(writer, each) for each in findings)

    return writer.suite(_AUDIT, f"{_ROOT}.{_AUDIT}", cases(), [*_versions(report), *sources])


def _gap(writer: _Writer, gap: Gap) -> _Case:
    what = "anything" if gap.what == "*" else gap.what
    scope = f" in {resource_label(gap.scope)}" if gap.scope else ""
    result = writer.undecided(f"not read: {gap.why}", f"Needed: {plain(gap.needs)}")
    return _Case(f"read {what} {shorten(plain(gap.scope), _LONGEST_NAME)}".rstrip(), result, f"not read: {what}{scope}")


def _versions(report: Report) -> list[tuple[str, str]]:
    """Return the version of the auditor and the editions, as properties."""
    return [("auditor", report.tool_version), *((f"edition of {each.pack}", pack_label(each)) for each in report.packs)]


def _properties(report: Report, workload: WorkloadSummary) -> list[tuple[str, str]]:
    outcomes = ((f"requirements {outcome.value}", str(number)) for outcome, number in workload.summary)
    return [
        *_versions(report),
        ("workload", workload.id),
        ("kind", workload.kind),
        ("location", workload.location),
        ("subnet", workload.subnet),
        *outcomes,
    ]


def _class_of(workload: WorkloadSummary) -> str:
    """Return what GitLab shows as suite and Jenkins as package: subscription, resource group, name."""
    parts = workload.id.split("/")
    place = [parts[2], parts[4]] if len(parts) > 8 else []  # noqa: PLR2004 - an ARM id in a resource group
    return ".".join([_ROOT, *(each.replace(".", "_") for each in (*place, workload.name))])


def _cases(
    writer: _Writer, workload: WorkloadSummary, findings: Sequence[Finding], results: Sequence[Result]
) -> Iterator[_Case]:
    """Yield the cases of a workload: its findings, then its requirements by group."""
    yield from (_finding(writer, each) for each in findings)
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(_group_of(result.requirement), []).append(result)
    for group in sorted(groups):
        yield _group(group, groups[group])
    rest = dict(workload.summary).get(Outcome.PASS, 0) - sum(each.outcome is Outcome.PASS for each in results)
    if rest > 0:
        yield _Case("requirements not listed one by one", said=f"{count(rest, 'requirement')} met as documented")


def _group_of(requirement: str) -> str:
    """Return the pack and kind of a requirement, without its edition: "ase-v2 fqdn"."""
    pack, _, rest = requirement.partition("/")
    return f"{pack.partition('@')[0]} {rest.partition(':')[0].partition('@')[0]}".strip()


def _group(group: str, results: Sequence[Result]) -> _Case:
    """Return the case of a group of requirements: passed if all that apply do; its findings tell of the others."""
    tally = Counter(each.outcome for each in results)
    counts = ", ".join(f"{tally[each]:,} {each.value}" for each in Outcome if tally[each])
    undone = sorted(
        {each.check or "" for each in results if each.outcome not in {Outcome.PASS, Outcome.NOT_APPLICABLE}}
    )
    if undone:
        return _Case(group, _result(Skipped, f"{counts}: see {', '.join(undone)}", "see-findings"))
    if not tally[Outcome.PASS]:
        why = "; ".join(sorted({each.reason.text for each in results}))
        return _Case(group, _result(Skipped, f"{counts}: {why}", Outcome.NOT_APPLICABLE.value))
    return _Case(group, said=counts)


def _finding(writer: _Writer, finding: Finding) -> _Case:
    name = f"{finding.check} {resource_name(finding.resource)}".rstrip()
    name = f"{shorten(plain(name), _LONGEST_NAME)} [{finding.id}]"
    if finding.waiver is not None:
        return _Case(name, _result(Skipped, f"waived: {finding.waiver}", "waived", _body(finding, writer.places)))
    if not stands(finding):
        return _Case(name, said=f"absent: in the baseline, and not there any more: {finding.message}")
    if finding.check == UNDETERMINED:
        return _Case(name, writer.undecided(finding.message, _body(finding, writer.places)))
    if tells_of_documents(finding):
        return _Case(name, _result(Skipped, finding.message, finding.level.value, _body(finding, writer.places)))
    return _Case(name, _result(Failure, finding.message, finding.level.value, _body(finding, writer.places)))


def _result(make: Callable[[str, str], FinalResult], message: str, kind: str, text: str = "") -> FinalResult:
    """Return a result whose message is one line."""
    result = make(plain(message), kind)
    if text:
        result.text = text
    return result


def _body(finding: Finding, places: Mapping[str, Location]) -> str:
    """Return what a person needs to act: cause, what decided, what it takes down, where, what to change."""
    lines = [f"{finding.level.value}: {finding.title}", "", f"Cause: {finding.message}"]
    if finding.workload:
        lines.append(f"Workload: {resource_label(finding.workload)}")
    if finding.state is not None:
        lines.append(f"Against the baseline: {finding.state}")
    if finding.evidence:
        lines += ["Evidence:", *(f"- {each}" for each in shortened(finding.evidence, _LINES))]
    if finding.requirements:
        lines.append(f"Affects {requirements_line(finding.requirements, _LINES)}")
    if finding.resource:
        lines.append(f"Resource: {resource_label(finding.resource)}")
    place = places.get((finding.resource or finding.workload).lower().rstrip("/"))
    if place is not None:
        lines.append(f"File: {place.file}:{place.line}:{place.column}")
    lines += ["", f"Fix: {finding.fix}", "", *(f"See: {each}" for each in finding.references)]
    lines.append(f"More: auditor explain {finding.check}")
    return "\n".join(map(plain, lines))
