"""The report as Markdown, for a comment on a pull request or the summary of a job.

Verdict and worst findings stand open, all else is folded, and the whole stays below what GitHub takes as a comment:
what does not fit is counted. Names of other people are written as character references, so that they are no markup, no
link and no mention, in Markdown and in HTML.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from auditor.findings import Comparison, Finding, Gap, Outcome, Report, WorkloadSummary
from auditor.reporters.closing import close
from auditor.reporters.naming import pack_label, requirements_line, shortened, workload_names, workload_of
from auditor.reporters.summary import stands
from auditor.reporters.text import count, plain, resource_label, shorten

MARKER = "<!-- azure-egress-auditor -->"
"""The first line: by it a pipeline finds its own comment again, to replace it."""
MOST_BYTES = 60_000
"""GitHub takes 65,536 characters as a comment."""

_OPEN = 10
"""Findings that stand open; the others are folded."""
_ROWS = 25
"""Workloads in the open table; a longer one is folded."""
_EVIDENCE = 6
_NAMES = 6
_LONGEST = 400
"""Characters of one text; a longer one loses its middle."""
_KEPT = 4_000
"""Bytes kept free for the end of the document."""

_CALL = r"[@#]|[!$%~&^](?=[\w\"'])|:(?=//|[\w+-]+:)|(?<=www)\."
_NAMED = r"(?<![^\W_])(?:G[HL]-(?=\d)|[0-9a-f]{7,40}(?![^\W_]))"
_MARKUP = r"[&<>\"'`*_\[\]{}!|~\\$^]"
_SIGN = re.compile(rf"(?P<call>{_CALL})|{_MARKUP}", re.IGNORECASE)
_PROSE_SIGN = re.compile(rf"(?P<call>{_CALL}|{_NAMED})|{_MARKUP}", re.IGNORECASE)
"""What may be markup; call: what calls somebody, names something, or makes a link or an emoji.

Named are issues and merge requests ("#12", "GH-1", "owner/repo#3", "!7"), and commits by their hash, whole or in part;
none of them within code. Markup becomes a character reference. References are undone before links and mentions are
looked for, elements are not: so what calls is taken apart by elements, a hash into parts too short to be one.
"""
_NO_MARKUP = "@#%:."
_PLAIN_URL = re.compile(r"https://[A-Za-z0-9./_?=#%-]+")


def render(report: Report) -> str:
    """Return the report as Markdown of at most `MOST_BYTES` bytes."""
    names = workload_names(report.workloads)
    page = _Page()
    closing = close(report)
    page.add(f"{MARKER}\n## Azure egress audit\n\n**{_text(closing.lead)}** {_text(closing.text)}\n")
    page.add(f"\n{_text(' '.join((closing.counts, *closing.remarks)))}\n")
    _workloads(page, report.workloads, names)
    _findings(page, report.findings, names)
    _gaps(page, report.gaps)
    _comparison(page, report.comparison, names)
    packs = ", ".join(map(pack_label, report.packs)) or "no pack"
    page.end(f"\n<sub>{_text(f'{packs}; {report.generated_at}, auditor {report.tool_version}')}</sub>\n")
    return page.text()


class _Page:
    """A text that does not outgrow its limit."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._room = MOST_BYTES - _KEPT

    def add(self, text: str) -> bool:
        """Add a text if there is room; tell whether there was."""
        size = len(text.encode())
        if size > self._room:
            return False
        self._parts.append(text)
        self._room -= size
        return True

    def end(self, text: str) -> None:
        """Add what closes something; room was kept for it."""
        self._parts.append(text)

    def folded(self, title: str, texts: Sequence[str], what: str) -> None:
        """Add texts under a title that unfolds them, and say how many there was no room for."""
        if not self.add(f"\n<details><summary>{title}</summary>\n\n"):
            self.end(f"\n{title}: left out for length; the other formats have them.\n")
            return
        for number, text in enumerate(texts):
            if not self.add(text):
                self.end(
                    f"\n{count(len(texts) - number, f'more {what}')} left out for length; other formats have them.\n"
                )
                break
        self.end("\n</details>\n")

    def text(self) -> str:
        """Return the whole."""
        return "".join(self._parts)


def _text(text: str, signs: re.Pattern[str] = _PROSE_SIGN) -> str:
    """Return a text of other people as Markdown that shows it and does nothing else."""
    return " ".join(signs.sub(_harmless, shorten(plain(text), _LONGEST)).split())


def _harmless(sign: re.Match[str]) -> str:
    if sign[0][0].isalnum():
        parts = re.findall(".{1,6}", sign[0])
        return "".join(f"<span>{each}</span>" for each in parts)
    shown = sign[0] if sign[0] in _NO_MARKUP else f"&#{ord(sign[0])};"
    return f"<span>{shown}</span>" if sign["call"] else shown


def _code(text: str) -> str:
    """Return a name of other people, set as code."""
    return f"<code>{_text(text, _SIGN)}</code>"


def _workloads(page: _Page, workloads: Sequence[WorkloadSummary], names: Mapping[str, str]) -> None:
    """Draw the table of workloads, folded where it is long."""
    if not workloads:
        return
    head = f"| workload | kind | location | {' | '.join(Outcome)} |\n|---|---|---|{'---:|' * len(Outcome)}\n"
    rows = [_row(each, names[each.id]) for each in workloads]
    if len(rows) > _ROWS:
        page.folded(f"{count(len(rows), 'workload')}", [head + rows[0], *rows[1:]], "workload")
    else:
        page.add("\n" + head + "".join(rows))


def _row(workload: WorkloadSummary, name: str) -> str:
    counts = dict(workload.summary)
    numbers = " | ".join(f"{counts.get(each, 0):,}" for each in Outcome)
    return f"| {_code(name)} | {_text(workload.kind)} | {_text(workload.location)} | {numbers} |\n"


def _findings(page: _Page, findings: Sequence[Finding], names: Mapping[str, str]) -> None:
    """List what to act on, worst first; then, folded, the rest, what is accepted and what is gone."""
    standing = [each for each in findings if stands(each)]
    others = [each for each in findings if not stands(each)]
    if not standing:
        page.add("\nNo findings.\n" if not others else "\nNo findings that stand.\n")
    else:
        page.add(f"\n### Findings ({len(standing):,})\n")
    shown = 0
    for finding in standing[:_OPEN]:
        if not page.add(_open(finding, names)):
            break
        shown += 1
    if standing[shown:]:
        rest = [f"- {_line(each, names)}\n" for each in standing[shown:]]
        page.folded(count(len(rest), "more finding"), rest, "finding")
    if others:
        lines = [f"- {_line(each, names)}\n" for each in others]
        page.folded(f"{count(len(lines), 'finding')} waived, or gone since the baseline", lines, "finding")


def _line(finding: Finding, names: Mapping[str, str]) -> str:
    """Return a finding in one line."""
    standing = f" [{_text(finding.state)}]" if finding.state else ""
    waived = f" (waived: {_text(finding.waiver)})" if finding.waiver is not None else ""
    what = f"<b>{finding.level.value}</b>{standing} {_code(finding.check)} on {_code(workload_of(finding, names))}"
    return f"{what}: {_text(finding.message)}{waived}"


def _open(finding: Finding, names: Mapping[str, str]) -> str:
    """Return a finding whose line stands open and whose details are folded."""
    return f"\n<details><summary>{_line(finding, names)}</summary>\n\n{''.join(_details(finding))}\n</details>\n"


def _details(finding: Finding) -> Iterator[str]:
    for each in shortened(finding.evidence, _EVIDENCE):
        yield f"- {_code(each)}\n"
    if finding.requirements:
        yield f"- affects {_text(requirements_line(finding.requirements, _NAMES))}\n"
    if finding.resource:
        yield f"- resource {_code(resource_label(finding.resource))}\n"
    yield f"- **fix** {_text(finding.fix)}\n"
    for each in finding.references:
        yield f"- see {f'<{each}>' if _PLAIN_URL.fullmatch(each) else _text(each)}\n"
    yield f"- id {_code(finding.id)}, more by {_code(f'auditor explain {finding.check}')}\n"


def _gaps(page: _Page, gaps: Sequence[Gap]) -> None:
    """List, folded, what could not be read."""
    if gaps:
        page.folded(f"{count(len(gaps), 'gap')}: could not be read", [_gap(each) for each in gaps], "gap")


def _comparison(page: _Page, found: Comparison | None, names: Mapping[str, str]) -> None:
    """List, folded, the findings that other editions would add and take away."""
    for word, findings in (("gained", found.gained), ("lost", found.lost)) if found is not None else ():
        if findings:
            lines = [f"- {_line(each, names)}\n" for each in findings]
            page.folded(f"{count(len(lines), 'finding')} {word} by other editions", lines, "finding")


def _gap(gap: Gap) -> str:
    what = "anything" if gap.what == "*" else gap.what
    scope = f" in {_code(resource_label(gap.scope))}" if gap.scope else ""
    return f"- {_code(what)}{scope}: {_text(gap.why)}; needs {_text(gap.needs)}\n"
