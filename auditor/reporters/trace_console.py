"""One flow as a person would draw it: from hop to hop, there and back."""

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.reporters.terminal import Sheet
from auditor.reporters.text import resource_name
from auditor.traces import Hop, Trace, Verdict

_WORST = (Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN, Verdict.ALLOW)
_STYLES = {Verdict.ALLOW: "good", Verdict.BLOCK: "bad", Verdict.PARTIAL: "doubtful", Verdict.UNKNOWN: "doubtful"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signs:
    """What a drawing is made of. All marks of a set take the same number of cells, and so does `line`."""

    marks: dict[Verdict, str]
    start: str
    line: str
    reached: str


_ASCII = _Signs(
    marks={Verdict.ALLOW: "[ok]", Verdict.BLOCK: "[x] ", Verdict.PARTIAL: "[~] ", Verdict.UNKNOWN: "[?] "},
    start=" o  ",
    line=" |  ",
    reached=" v  ",
)
_UNICODE = _Signs(
    marks={Verdict.ALLOW: "✓", Verdict.BLOCK: "✗", Verdict.PARTIAL: "~", Verdict.UNKNOWN: "?"},
    start="●",
    line="│",
    reached="▼",
)


def render(trace: Trace, *, width: int, colour: bool, unicode: bool = True) -> str:
    """Return the trace as text of at most `width` cells per line (at least 40).

    Without `unicode`, the drawing is ASCII; names are shown as they are.
    """
    sheet = Sheet(max(width, 40), colour=colour)
    signs = _UNICODE if unicode else _ASCII
    flow = trace.flow
    sheet.heading(f"{flow.source} to {flow.destination} on {flow.port}")
    sheet.gap()
    _way(sheet, signs, trace.hops, (flow.source, flow.destination), otherwise=trace.verdict)
    if trace.reply:
        sheet.gap()
        sheet.say("And the reply:")
        sheet.gap()
        _way(sheet, signs, trace.reply.hops, (flow.destination, flow.source), otherwise=trace.reply.verdict)
    sheet.gap()
    sheet.say(trace.reason.text, lead=f"{trace.verdict.upper()}:", style=_STYLES[trace.verdict])
    sheet.field("path", trace.path)
    if trace.reply:
        sheet.field("reply path", trace.reply.path)
    sheet.field("code", trace.reason.code)
    sheet.fields("but note", list(trace.caveats), bullet="- ")
    return sheet.text()


def _way(sheet: Sheet, signs: _Signs, hops: Sequence[Hop], ends: tuple[str, str], *, otherwise: Verdict) -> None:
    """Draw the way from the first of `ends` to the second. It ends as the last hop says; without hops, `otherwise`."""
    start, end = ends
    line = f"  {signs.line} "
    sheet.say(start, first=f"  {signs.start} ")
    for hop in hops:
        sheet.raw(line)
        _hop(sheet, signs, hop, last=hop is hops[-1])
    verdict = min((each.verdict for each in hops), key=_WORST.index, default=otherwise)
    if verdict is Verdict.ALLOW:
        sheet.raw(line)
        sheet.say(end, first=f"  {signs.reached} ")
        return
    sheet.gap()
    said = {
        Verdict.BLOCK: "is not reached",
        Verdict.PARTIAL: "is reached only in part",
        Verdict.UNKNOWN: "may or may not be reached",
    }
    indent = " " * (len(signs.line) + 3)
    sheet.say(f"{end} {said[verdict]}", first=indent)


def _hop(sheet: Sheet, signs: _Signs, hop: Hop, *, last: bool) -> None:
    """Draw one hop: its mark, where it is, which rule decided, and why."""
    goes_on = not last or hop.verdict is Verdict.ALLOW
    indent = " " * (len(signs.line) + 3)
    line = f"  {signs.line} " if goes_on else indent
    mark = f"  {signs.marks[hop.verdict]} "
    decided = ": ".join(part for part in (resource_name(hop.resource), hop.decided_by) if part)
    sheet.say(decided, first=mark, rest=line, lead=hop.at, style="strong", first_style=_STYLES[hop.verdict])
    sheet.say(f"{hop.why} [{hop.spec}]" if hop.spec else hop.why, first=line, rest=line)
