"""The report as JUnit XML, in the dialect that Azure Pipelines, GitLab, Jenkins and GitHub's test reporters all read.

A suite for each workload, and one for the audit itself. In a suite, a case for each finding (one check, with the
requirements that share its cause) and one for each group of requirements. Names are unique, and stay the same from day
to day: they hold no count, no message, and no capitals, since Azure spells one id in several ways. Valid by
`reports/junit.xsd`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from xml.etree import ElementTree as ET

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from junitparser.junitparser import FinalResult

from auditor.findings import Finding, Gap, Location, Outcome, Report, Result, WorkloadSummary
from auditor.reporters.naming import pack_label, requirements_line, shortened, workload_names
from auditor.reporters.summary import UNDETERMINED, Standing, by_urgency, stands, summarise, tells_of_documents
from auditor.reporters.text import count, fit, plain, resource_label, resource_name
from auditor.reporters.written import Written, left_out_line
from auditor.waivers import Waiver, WaiverState

_ROOT = "egress"
_AUDIT = "audit"
_LONGEST_NAME, _LONGEST_CLASS = 280, 200
"""Azure Pipelines takes 512 characters of class name and name together, of which a number may need some."""
LARGEST = 29_000_000
"""Bytes of a file. GitLab takes 30 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Extent:
    """How much is told. lines: requirements and lines of evidence written out in a failure; the rest are counted.

    line: characters of one, None for all. groups: whether requirements are told by group, or what is met only counted.
    findings: how many are told, the worst of them; None for all.
    """

    lines: int = 30
    line: int | None = None
    groups: bool = True
    findings: int | None = None

    def cut(self, text: str) -> str:
        """Return a line as long as one may be."""
        return text if self.line is None else fit(text, self.line)


_EXTENTS = (_Extent(), _Extent(lines=3, line=400), _Extent(lines=3, line=400, groups=False))
"""From all there is to the least that is told of a finding, each tried where the one before is too large."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A case to be: its name, how it came out (None: passed), and what it says beside that."""

    name: str
    result: FinalResult | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class _Writer:
    """Makes suites, each name once. strict: whether what could not be decided is an error. left_out: sentences."""

    report: Report
    strict: bool
    extent: _Extent
    left_out: Sequence[str]
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
        class_name = fit(plain(class_name).lower(), _LONGEST_CLASS)
        suite.add_testcases([self._case(class_name, each) for each in cases])
        return suite

    def _case(self, class_name: str, wanted: _Case) -> TestCase:
        first, number = fit(plain(wanted.name).lower(), _LONGEST_NAME), 1
        name = first
        while (class_name, name) in self.used:  # of two cases with one name GitLab counts the first alone
            number += 1
            name = f"{first} ({number})"
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
    return write(report, strict=strict).text


def write(report: Report, *, strict: bool = False, largest: int = LARGEST) -> Written:
    """Return the report as JUnit XML of at most as many bytes, and what is not in it.

    First texts are shortened, then groups of requirements left out, then the mildest findings.
    """
    for extent in _EXTENTS:
        written = _written(report, extent, strict=strict)
        size = len(written.text.encode())
        if size <= largest:
            return written
    kept = len(report.findings)
    while size > largest and kept:
        kept = min(kept - 1, kept * largest // size * 9 // 10)
        written = _written(report, replace(_EXTENTS[-1], findings=kept), strict=strict)
        size = len(written.text.encode())
    return written


def _written(report: Report, extent: _Extent, *, strict: bool) -> Written:
    left_out = tuple(_left_out(report, extent))
    if extent.findings is not None:
        worst = sorted(by_urgency(report.findings), key=lambda each: not stands(each))[: extent.findings]
        kept = set(map(id, worst))
        report = replace(report, findings=tuple(each for each in report.findings if id(each) in kept))
    writer = _Writer(report, strict, extent, left_out, {each.resource: each for each in report.locations})
    return Written(text=_document(writer), left_out=left_out)


def _left_out(report: Report, extent: _Extent) -> Iterator[str]:
    """Yield in sentences what is not told."""
    why = "GitLab takes no file of more than 30 MB"
    if extent.line is not None:
        yield f"texts of findings shortened: {why}"
    if not extent.groups:
        yield f"groups of requirements left out: {why}; findings tell of what is not met"
    if extent.findings is not None:
        yield left_out_line(len(report.findings) - extent.findings, "finding", f"{why}; the worst are here")


def _document(writer: _Writer) -> str:
    """Return the whole document."""
    report = writer.report
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
        decided = results.get(each.id, []) if writer.extent.groups else []
        cases = _cases(writer, each, findings.get(each.id, []), decided)
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
        yield from (_Case("all is in this file", _result(Skipped, each, "left-out")) for each in writer.left_out)
        yield from (_gap(writer, each) for each in report.gaps)
        yield from (_idle(each.waiver) for each in report.waivers if each.state is WaiverState.UNMATCHED)
        yield from (_finding(writer, each) for each in findings)

    return writer.suite(_AUDIT, f"{_ROOT}.{_AUDIT}", cases(), [*_versions(report), *sources])


def _gap(writer: _Writer, gap: Gap) -> _Case:
    what = "anything" if gap.what == "*" else gap.what
    scope = f" in {resource_label(gap.scope)}" if gap.scope else ""
    result = writer.undecided(f"not read: {gap.why}", f"Needed: {plain(gap.needs)}")
    return _Case(f"read {what} {gap.scope}".rstrip(), result, f"not read: {what}{scope}")


def _idle(waiver: Waiver) -> _Case:
    """Return the case of a waiver of which there is no finding: a message is all that Jenkins shows of a skip."""
    message = f"matches nothing and can be deleted: {waiver.text}"
    return _Case(f"waiver of {waiver.covers}", _result(Skipped, message, "idle-waiver"))


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
        yield _group(writer, group, groups[group])
    rest = dict(workload.summary).get(Outcome.PASS, 0) - sum(each.outcome is Outcome.PASS for each in results)
    if rest > 0:
        yield _Case("requirements not listed one by one", said=f"{count(rest, 'requirement')} met as documented")


def _group_of(requirement: str) -> str:
    """Return the pack and kind of a requirement, without its edition: "ase-v2 fqdn"."""
    pack, _, rest = requirement.partition("/")
    return f"{pack.partition('@')[0]} {rest.partition(':')[0].partition('@')[0]}".strip()


def _group(writer: _Writer, group: str, results: Sequence[Result]) -> _Case:
    """Return the case of a group of requirements: passed if all that apply do; its findings tell of the others."""
    tally = Counter(each.outcome for each in results)
    counts = ", ".join(f"{tally[each]:,} {each.value}" for each in Outcome if tally[each])
    undone = sorted(
        {each.check or "" for each in results if each.outcome not in {Outcome.PASS, Outcome.NOT_APPLICABLE}}
    )
    if undone:
        said = f"{counts}: see {', '.join(undone)}"
        unknown = tally[Outcome.UNKNOWN] > 0
        return _Case(group, writer.undecided(said) if unknown else _result(Skipped, said, "see-findings"))
    if not tally[Outcome.PASS]:
        why = "; ".join(sorted({each.reason.text for each in results}))
        return _Case(group, _result(Skipped, f"{counts}: {why}", Outcome.NOT_APPLICABLE.value))
    return _Case(group, said=counts)


def _finding(writer: _Writer, finding: Finding) -> _Case:
    name = " ".join(each for each in (finding.check, resource_name(finding.resource), f"[{finding.id}]") if each)
    message, body = writer.extent.cut(finding.message), _body(writer, finding)
    if finding.waiver is not None:
        return _Case(name, _result(Skipped, f"waived: {finding.waiver}", "waived", body))
    if not stands(finding):
        return _Case(name, said=f"absent: in the baseline, and not there any more: {message}")
    if finding.check == UNDETERMINED:
        return _Case(name, writer.undecided(message, body))
    make = Skipped if tells_of_documents(finding) else Failure
    return _Case(name, _result(make, message, finding.level.value, body))


def _result(make: Callable[[str, str], FinalResult], message: str, kind: str, text: str = "") -> FinalResult:
    """Return a result whose message is one line."""
    result = make(plain(message), kind)
    if text:
        result.text = text
    return result


def _body(writer: _Writer, finding: Finding) -> str:
    """Return what a person needs to act: cause, what decided, what it takes down, where, what to change."""
    extent = writer.extent
    lines = [f"{finding.level.value}: {finding.title}", "", f"Cause: {finding.message}"]
    if finding.workload:
        lines.append(f"Workload: {resource_label(finding.workload)}")
    if finding.state is not None:
        lines.append(f"Against the baseline: {finding.state}")
    if finding.evidence:
        lines += ["Evidence:", *(f"- {each}" for each in shortened(finding.evidence, extent.lines))]
    if finding.requirements:
        lines.append(f"Affects {requirements_line(finding.requirements, extent.lines)}")
    if finding.resource:
        lines.append(f"Resource: {resource_label(finding.resource)}")
    place = writer.places.get((finding.resource or finding.workload).lower().rstrip("/"))
    if place is not None:
        lines.append(f"File: {place.file}:{place.line}:{place.column}")
    lines += ["", f"Fix: {finding.fix}", "", *(f"See: {each}" for each in finding.references)]
    lines.append(f"More: auditor explain {finding.check}")
    return "\n".join(extent.cut(plain(each)) for each in lines)
