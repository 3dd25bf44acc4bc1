"""The last words of a report, the same in every format for people: the counts, and the verdict in a sentence."""

from dataclasses import dataclass

from auditor.findings import Level, Outcome, Report
from auditor.reporters.accepted import only_lapses, remarks
from auditor.reporters.editions import remark
from auditor.reporters.summary import Standing, Summary, summarise
from auditor.reporters.text import count


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a report ends.

    counts: one sentence of numbers. remarks: sentences on waivers, the baseline and other editions.
    lead, text: the verdict, its first word or words apart.
    standing: the verdict. worst: the highest level of a finding that stands; NOTE where none does.
    """

    counts: str
    remarks: tuple[str, ...]
    lead: str
    text: str
    standing: Standing
    worst: Level


def close(report: Report) -> Closing:
    """Return the counts and the verdict of a report."""
    summary = summarise(report)
    waived = sum(finding.waiver is not None for finding in report.findings)
    counts = [count(summary.findings[level], level.value) for level in Level]
    counts += [f"{waived:,} waived"] if waived else []
    counts.append(f"{summary.outcomes[Outcome.UNKNOWN]:,} of {count(summary.applicable, 'requirement')} unknown")
    counts.append(count(len(report.gaps), "gap"))
    worst = next((level for level in Level if summary.findings[level]), Level.NOTE)
    lead, text = _verdict(summary, worst, waived=waived, gaps=bool(report.gaps))
    if only_lapses(report):
        text = "nothing but waivers that have passed their date; renew or delete them."
    return Closing(
        counts=f"{count(summary.workloads, 'workload')}: {', '.join(counts)}.",
        remarks=(*remarks(report), *remark(report)),
        lead=lead,
        text=text,
        standing=summary.verdict,
        worst=worst,
    )


def _verdict(summary: Summary, worst: Level, *, waived: int, gaps: bool) -> tuple[str, str]:
    """Return the verdict sentence: its first word or words, and the rest."""
    unknown = summary.outcomes[Outcome.UNKNOWN]
    undecided = f"{count(unknown, 'requirement')} could not be decided" if unknown else "something could not be decided"
    passing, applicable = summary.outcomes[Outcome.PASS], summary.applicable
    match summary.verdict:
        case Standing.FINDINGS:
            more = f" And the audit is incomplete: {undecided}." if unknown else ""
            start = f"start with the {count(summary.findings[worst], worst.value)}"
            return "FINDINGS:", f"not locked down as documented; {start}.{more}"
        case Standing.INCOMPLETE:
            found = (
                f"nothing wrong was found beside {count(waived, 'waived finding')}"
                if waived
                else "nothing wrong was found"
            )
            return "INCOMPLETE:", f"{found}, but {undecided}; this is not an all-clear."
        case Standing.NOTHING_AUDITED if summary.workloads:
            return "Nothing was audited:", "none of the packs applies to what the source holds."
        case Standing.NOTHING_AUDITED:
            but = ", as far as it could be read" if gaps else ""
            return "Nothing was audited:", f"no App Service Environment in the source{but}."
        case Standing.CLEAN:
            met = f"{passing:,} of {count(applicable, 'applicable requirement')} met as documented"
            notes = summary.findings[Level.NOTE]
            beside = [f"{count(waived, 'finding')} waived"] if waived else []
            beside += [f"{count(notes, 'note')} on the documents themselves"] if notes else []
            return "CLEAN:", f"{'; '.join([met, *beside])}."
