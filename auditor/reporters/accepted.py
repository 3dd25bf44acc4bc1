"""What every report for people says of waivers and of a baseline."""

from auditor.findings import Report
from auditor.reporters.summary import EXPIRED, Standing, stands, summarise
from auditor.reporters.text import count
from auditor.waivers import WaiverState, WaiverUse


def became(use: WaiverUse) -> str:
    """Say what became of a waiver: "waives 2 findings", "matches nothing", "expired"."""
    match use.state:
        case WaiverState.IN_USE:
            return f"waives {count(len(use.findings), 'finding')}"
        case WaiverState.OUTGROWN:
            return "outgrown by its finding"
        case WaiverState.UNMATCHED:
            return "matches nothing"
        case WaiverState.EXPIRED:
            return "expired"


def remarks(report: Report) -> tuple[str, ...]:
    """Return sentences that go with the counts: how findings stand to the baseline, and which waivers are idle."""
    said = []
    states = summarise(report).states
    if states is not None:
        said.append(f"Findings since the baseline: {', '.join(f'{many:,} {each}' for each, many in states.items())}.")
    idle = sum(use.state is WaiverState.UNMATCHED for use in report.waivers)
    if idle:
        said.append(f"{count(idle, 'waiver')} {'matches' if idle == 1 else 'match'} nothing and can be deleted.")
    past = sum(use.state is WaiverState.OUTGROWN for use in report.waivers)
    if past:
        said.append(f"{count(past, 'waiver')} {'accepts' if past == 1 else 'accept'} less than what there is now.")
    return tuple(said)


def only_lapses(report: Report) -> bool:
    """Tell whether there is nothing to act on but waivers that have passed their date."""
    standing = {each.check for each in report.findings if stands(each)}
    return standing == {EXPIRED} and summarise(report).verdict is Standing.FINDINGS
