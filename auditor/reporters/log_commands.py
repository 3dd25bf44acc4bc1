"""The report as commands in a log, which GitHub Actions and Azure Pipelines turn into annotations.

Both show no more than ten of a kind from one step. So the worst come as commands, those first that a baseline does not
have; the last of a kind says how many more there are, and all others follow as plain lines. No name can start a
command: names are made plain, and what has a meaning within a command is escaped the way each platform undoes it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from auditor.findings import Finding, Gap, Level, Location, Report, State
from auditor.reporters.closing import Closing, close
from auditor.reporters.naming import workload_names, workload_of
from auditor.reporters.summary import Standing, by_urgency, stands
from auditor.reporters.text import count, fit, plain, resource_label

_MOST = 10
"""Annotations of one kind that a step gets: _maxIssueCount of the runner of GitHub and the agent of Azure."""
_LONGEST_TITLE = 200
_LONGEST_TEXT = 1_200
"""Of the cause, and of the fix. GitHub cuts a message at 4,096 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Platform:
    """How one platform writes commands.

    kinds: what it calls a level; levels it has no annotation for are missing. command: kind, title, check, place (if
    there is one), lines of text. fold: the lines around plain lines that can be folded.
    """

    kinds: Mapping[Level, str]
    command: Callable[[str, str, str, Location | None, Sequence[str]], str]
    fold: tuple[str, str]


def render_github(report: Report) -> str:
    """Return the report as workflow commands of GitHub Actions."""
    return _render(report, _GITHUB)


def render_azure_pipelines(report: Report) -> str:
    """Return the report as logging commands of Azure Pipelines."""
    return _render(report, _AZURE)


def _github(kind: str, title: str, check: str, place: Location | None, lines: Sequence[str]) -> str:  # noqa: ARG001 - one shape
    at = f"file={_escaped(plain(place.file), ':,')},line={place.line},col={place.column}," if place else ""
    return f"::{kind} {at}title={_escaped(title, ':,')}::{_escaped(chr(10).join(lines))}"


def _azure(kind: str, title: str, check: str, place: Location | None, lines: Sequence[str]) -> str:
    at = ""
    if place:
        file = _escaped(plain(place.file), ";]", percent="%AZP25")
        at = f"sourcepath={file};linenumber={place.line};columnnumber={place.column};"
    code = f"code={_escaped(check, ';]', percent='%AZP25')};" if check else ""
    text = _escaped(f"{title}: {'; '.join(lines)}", percent="%AZP25")
    return f"##vso[task.logissue type={kind};{at}{code}]{text}"


def _escaped(text: str, signs: str = "", percent: str = "%25") -> str:
    """Return a text with what has a meaning in a command as the platform undoes it; the percent sign first."""
    text = text.replace("%", percent)
    for sign in f"\r\n{signs}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text


_GITHUB = _Platform(
    kinds={Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"},
    command=_github,
    fold=("::group::", "::endgroup::"),
)
_AZURE = _Platform(
    kinds={Level.ERROR: "error", Level.WARNING: "warning"},
    command=_azure,
    fold=("##[group]", "##[endgroup]"),
)


def _render(report: Report, platform: _Platform) -> str:
    names = workload_names(report.workloads)
    places = {each.resource: each for each in report.locations}
    standing: dict[Level, list[Finding]] = {level: [] for level in Level}
    for finding in report.findings:
        if stands(finding):
            standing[finding.level].append(finding)
    closing = close(report)
    lines = _nothing_audited(platform, closing)
    more: list[str] = []
    for level, unordered in standing.items():
        findings = by_urgency(unordered)
        shown = len(findings) if len(findings) <= _MOST else _MOST - 1
        if level not in platform.kinds:
            shown = 0
        lines += [_command(platform, each, places, names) for each in findings[:shown]]
        rest = findings[shown:]
        if rest and shown:
            new = sum(each.state == State.NEW for each in rest)
            title = count(len(rest), f"more {level.value}") + (f", {new:,} of them new" if new else "")
            said = ["The log of this step lists them; the other formats of the auditor have them whole."]
            lines.append(platform.command(platform.kinds[level], title, "", None, said))
        more += [_line(each, names) for each in rest]
    more += [_line(each, names) for each in report.findings if not stands(each)]
    lines += _folded(platform, "findings without annotation", more)
    lines += _folded(platform, "what could not be read", [_gap(each) for each in report.gaps])
    ending = (closing.counts, *closing.remarks, f"{closing.lead} {closing.text}")
    return "\n".join([*lines, *map(plain, ending)]) + "\n"


def _nothing_audited(platform: _Platform, closing: Closing) -> list[str]:
    """Return the command for an audit of nothing, which fails the step without any finding that would say why."""
    if closing.standing is not Standing.NOTHING_AUDITED:
        return []
    lead = closing.lead.removesuffix(":")
    return [platform.command(platform.kinds[Level.ERROR], lead, "", None, [plain(closing.text)])]


def _command(platform: _Platform, finding: Finding, places: Mapping[str, Location], names: Mapping[str, str]) -> str:
    """Return the command for a finding: its first line says what and where, the others what to do."""
    new = "new: " if finding.state == State.NEW else ""
    title = fit(plain(f"{new}{finding.check} on {workload_of(finding, names)}"), _LONGEST_TITLE)
    lines = [
        fit(plain(finding.message), _LONGEST_TEXT),
        f"Fix: {fit(plain(finding.fix), _LONGEST_TEXT)}",
        f"More: auditor explain {plain(finding.check)}; id {plain(finding.id)}",
    ]
    place = places.get((finding.resource or finding.workload).lower().rstrip("/"))
    if place is not None and PurePath(place.file).is_absolute():  # no file of the repository
        place = None
    return platform.command(platform.kinds[finding.level], title, plain(finding.check), place, lines)


def _line(finding: Finding, names: Mapping[str, str]) -> str:
    """Return a finding as a plain line of a log."""
    standing = f" [{finding.state}]" if finding.state else ""
    waived = f" (waived: {finding.waiver})" if finding.waiver is not None else ""
    where = f"{finding.check} on {workload_of(finding, names)}"
    return plain(f"{finding.level.value}{standing} {where}: {finding.message}{waived}; id {finding.id}")


def _gap(gap: Gap) -> str:
    what = "anything" if gap.what == "*" else gap.what
    scope = f" in {resource_label(gap.scope)}" if gap.scope else ""
    return plain(f"{what}{scope}: {gap.why}; needs {gap.needs}")


def _folded(platform: _Platform, title: str, lines: Sequence[str]) -> Iterator[str]:
    """Yield lines between those that fold them; nothing where there are none."""
    if lines:
        start, end = platform.fold
        yield f"{start}{title} ({len(lines):,})"
        yield from lines
        yield end
