"""A history for people: its runs, one of them, and what differs between two."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from auditor.findings import Finding
from auditor.histories import Pruned, Run, RunDetail, RunDifference
from auditor.reporters.console import say_body, say_origin
from auditor.reporters.history_words import (
    below,
    counts_line,
    events_line,
    job_label,
    jobs_told,
    levels_of,
    minute,
    report_of,
    unknown_in,
    unseen_line,
)
from auditor.reporters.listing import table
from auditor.reporters.summary import by_urgency, stands
from auditor.reporters.terminal import LEVEL_STYLES, Sheet
from auditor.reporters.text import count, plain, resource_name, wrap

_BESIDE = 90
"""Cells of a table of runs beside the names of jobs, with what happened in a few words."""
_MOST = 10
"""Resources named of each kind of change; the rest are counted."""
_HEADERS = (
    "run",
    "audited (UTC)",
    "job",
    "work-\nloads",
    "errors",
    "warn-\nings",
    "notes",
    "un-\nknown",
    "com-\nplete",
    "what happened",
)


def render_runs(runs: Sequence[Run], *, more: bool, width: int) -> str:
    """Return a table of runs in their order. more: whether there are older ones that are not shown."""
    if not runs:
        return "No run is recorded.\n"
    room = width - _BESIDE
    text = table(_HEADERS, [_row(each, room) for each in runs], width, key=3, right={0, 3, 4, 5, 6, 7})
    remarks = jobs_told((each.job for each in runs), room)
    return below(text, [*remarks, "There are older runs; -n shows more of them."] if more else remarks, width)


def _row(run: Run, room: int) -> tuple[str, ...]:
    return (
        str(run.id),
        minute(run.at),
        job_label(run.job, room),
        f"{run.workloads:,}",
        *(f"{each:,}" for each in levels_of(run).values()),
        f"{unknown_in(run):,}",
        "yes" if run.is_complete else "no",
        ", ".join(filter(None, (events_line(run.events), f"{run.unseen:,} not seen" if run.unseen else ""))) or "-",
    )


def render_run(detail: RunDetail, *, width: int, colour: bool) -> str:
    """Return what a run said, as an audit says it."""
    sheet, run, report = Sheet(width, colour=colour), detail.run, report_of(detail)
    sheet.heading(f"Run {run.id} of job {run.job}", "=")
    sheet.field(
        "audited", f"{run.at} by auditor {run.tool_version}, in {run.seconds:,.1f} s, exit code {run.exit_code}"
    )
    say_origin(sheet, report)
    sheet.field("happened", events_line(run.events) or "nothing new")
    if not run.is_complete:
        unseen = f"; {unseen_line(run)}" if run.unseen else ""
        sheet.field("complete", f"no: what it did not find may still be there{unseen}")
    sheet.field("snapshot", run.snapshot or "not kept")
    say_body(sheet, report)
    return sheet.text()


def render_difference(
    difference: RunDifference, open_ids: AbstractSet[str], commands: Sequence[str], *, width: int, colour: bool
) -> str:
    """Return what differs between two runs.

    open_ids: of findings that are gone and were not resolved. commands: how to ask for the causes; none where that is
    not possible.
    """
    sheet, before, after = Sheet(width, colour=colour), difference.before, difference.after
    sheet.heading(_title(before, after), "=")
    for label, run in (("before", before), ("after", after)):
        sheet.field(label, f"run {run.id} of {run.at}, {'' if run.is_complete else 'in'}complete; {counts_line(run)}")
    _findings(sheet, difference, open_ids)
    _names(sheet, "Workloads", {"+": difference.workloads_added, "-": difference.workloads_removed})
    _resources(sheet, difference)
    sheet.gap()
    sheet.say(_verdict(difference, open_ids))
    if commands:
        sheet.gap()
        sheet.say("What caused it, change by change:")
        for each in commands:
            sheet.raw(f"  {plain(each)}")
    return sheet.text()


def _title(before: Run, after: Run) -> str:
    if before.job == after.job:
        return f"Job {before.job}: from run {before.id} to run {after.id}"
    return f"From run {before.id} of job {before.job} to run {after.id} of job {after.job}"


def _findings(sheet: Sheet, difference: RunDifference, open_ids: AbstractSet[str]) -> None:
    if difference.come:
        sheet.heading(f"Findings that came ({len(difference.come):,})")
        for finding in by_urgency(difference.come):
            _finding(sheet, "+", finding)
    if difference.gone:
        sheet.heading(f"Findings that are gone ({len(difference.gone):,})")
        for finding in by_urgency(difference.gone):
            _finding(sheet, "?" if finding.id in open_ids else "-", finding)
        if open_ids:
            it = f"run {difference.after.id}"
            sheet.gap()
            sheet.say(
                f"Those marked ? stay open: {it} did not look at them, or could not decide that they are no more."
            )
    if difference.altered:
        sheet.heading(f"Findings told otherwise ({len(difference.altered):,})")
        for earlier, later in difference.altered:
            _finding(sheet, "~", later)
            for line in told_otherwise(earlier, later):
                sheet.say(line, first="    ")


def _finding(sheet: Sheet, mark: str, finding: Finding) -> None:
    """Write a finding in short."""
    style = LEVEL_STYLES[finding.level] if stands(finding) else ""
    sheet.say(
        f"{finding.check} on {resource_name(finding.workload) or 'none'}: {finding.message} [{finding.id}]",
        first=f"{mark} ",
        rest="    ",
        lead=finding.level.upper(),
        style=style,
    )


def told_otherwise(before: Finding, after: Finding) -> tuple[str, ...]:
    """Say what of a finding is not as it was, one line each."""
    lines = []
    if before.level is not after.level:
        lines.append(f"level: {before.level} -> {after.level}")
    come, gone = set(after.requirements) - set(before.requirements), set(before.requirements) - set(after.requirements)
    if come or gone:
        sizes = f"{len(before.requirements):,} -> {len(after.requirements):,}"
        lines.append(f"requirements: {sizes} ({len(come):,} more, {len(gone):,} no more)")
    if before.waiver != after.waiver:
        lines.append(f"waiver: {before.waiver or 'none'} -> {after.waiver or 'none'}")
    if before.message != after.message:
        lines.append(f"cause: it was: {before.message}")
    return tuple(lines) or ("its evidence or fix is told otherwise",)


def _names(sheet: Sheet, title: str, groups: dict[str, tuple[str, ...]]) -> None:
    if not any(groups.values()):
        return
    sheet.heading(title)
    for mark, ids in groups.items():
        for each in ids[:_MOST]:
            sheet.say(each, first=f"{mark} ", rest="    ")
        if len(ids) > _MOST:
            sheet.say(f"and {len(ids) - _MOST:,} more", first=f"{mark} ")


def _resources(sheet: Sheet, difference: RunDifference) -> None:
    added, removed, changed = difference.resources_added, difference.resources_removed, difference.resources_changed
    if added is None or removed is None or changed is None:
        sheet.heading("Resources")
        missing = [f"run {each.id}" for each in (difference.before, difference.after) if each.snapshot is None]
        sheet.say(f"Not known: the snapshot of {' and of '.join(missing) or 'a run'} is not kept.")
        return
    _names(sheet, "Resources", {"+": added, "-": removed, "~": changed})


def _verdict(difference: RunDifference, open_ids: AbstractSet[str]) -> str:
    """Say how much differs."""
    altered = len(difference.altered)
    said = [f"{len(difference.come):,} came", f"{len(difference.gone):,} gone", f"{altered:,} told otherwise"]
    said[1] += f" ({len(open_ids):,} not resolved)" if open_ids else ""
    told = f"Findings: {', '.join(said)}." if difference.come or difference.gone or altered else "Findings: as before."
    changes = (difference.resources_added, difference.resources_removed, difference.resources_changed)
    if None in changes:
        return told
    resources = sum(len(each or ()) for each in changes)
    return (
        f"{told} {count(resources, 'resource')} added, removed or changed."
        if resources
        else f"{told} No resource changed."
    )


def render_pruned(pruned: Pruned, *, snapshots_only: bool, dry_run: bool, width: int) -> str:
    """Return what pruning took away or, in a dry run, would take away."""
    what = count(pruned.runs, "snapshot" if snapshots_only else "run")
    space = f", and {count(pruned.bytes, 'byte')} in {count(pruned.contents, 'content')} that nothing else needs"
    what += space if pruned.contents else "; all that is in them is needed elsewhere"
    if not pruned.runs:
        said = "Nothing is old enough to go."
    else:
        said = f"Would remove {what}. Nothing was removed." if dry_run else f"Removed {what}."
    return "\n".join([*wrap(said, width), ""])
