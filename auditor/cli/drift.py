"""`auditor drift`: what changed between two sources, and what it did."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import click

from auditor import __version__
from auditor.cli.choosing import Applied, Asked, applied_to, asking_options, read_snapshot, settings_of
from auditor.cli.completing import files
from auditor.cli.live import Live, live_options
from auditor.cli.output import STDOUT, check_place, deliver, wants_colour
from auditor.cli.terminal import terminal_width
from auditor.collectors.rules import read_checks
from auditor.drifts import DriftReport, Happened, Turn, turn_of
from auditor.engine.audit import audit
from auditor.engine.changes import Side, swaps_between
from auditor.engine.effects import Replay, Standings, Workloads, effects_of, idle, standings_of
from auditor.engine.matching_names import matched_by_name
from auditor.estate.estate import Estate, build_estate
from auditor.estate.snapshot import Snapshot
from auditor.findings import PackUse
from auditor.settings import Settings

_CLEAN, _WORSE, _INCOMPLETE = 0, 1, 3
_READ_NOTHING = Live(
    subscriptions=(),
    management_groups=(),
    workload=None,
    cloud="public",
    auth=None,
    confirm=False,
    verbose=0,
    log_format="text",
)


@click.command(name="drift", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("before", shell_complete=files)
@click.argument("after", required=False, shell_complete=files)
@live_options
@click.option(
    "--match",
    type=click.Choice(("id", "name")),
    default="id",
    help="What tells that two resources are the same: their ARM id, or type and name in whatever subscription.",
)
@asking_options
@click.option("--format", "form", type=click.Choice(("console", "json")), default="console", help="What to print.")
@click.option(
    "-o", "--output", metavar="FILE", default=STDOUT, shell_complete=files, help="Write there instead of to stdout."
)
@click.option(
    "--fail-on",
    type=click.Choice(("worse", "change")),
    default="worse",
    help="What gives exit 1: a requirement that came out worse (default), or any change.",
)
@click.option("--allow-unknown", is_flag=True, help="Exit 0 although something is not known any more.")
def command(  # noqa: PLR0913 - one parameter for each option
    *,
    live: Live,
    asked: Asked,
    before: str,
    after: str | None,
    match: str,
    form: str,
    output: str,
    fail_on: str,
    allow_unknown: bool,
) -> int:
    """Say what changed between the sources BEFORE and AFTER, and which requirements it flipped.

    Each is a file or folder, as for audit; one of them may be - for standard input. Without AFTER, Azure is read.

    Exit codes: 0 no drift, or nothing came out worse; 1 a requirement came out worse, or --fail-on change and something
    changed; 2 bad arguments, configuration or input; 3 something is not known any more.
    """
    if after is None and not live.is_wanted:
        scopes = "--subscription, --management-group or --workload"
        raise click.UsageError(f"name AFTER, or what to read of Azure with {scopes}")
    if before == after == "-":
        raise click.UsageError("one of BEFORE and AFTER only can be standard input")
    live.check((after,) if after is not None else ())
    check_place(output)
    asked = replace(asked, writes=(output,))
    settings = settings_of(asked, [each for each in (before, after) if each is not None])
    one = read_snapshot((before,), _READ_NOTHING)
    other = read_snapshot((after,) if after is not None else (), live)
    report = _compare(one, matched_by_name(one, other) if match == "name" else other, settings, asked)
    deliver(_render(report, form, output), output)
    return _exit_code(report, fail_on, allow_unknown=allow_unknown)


def _compare(one: Snapshot, other: Snapshot, settings: Settings, asked: Asked) -> DriftReport:
    before, after = Side(one), Side(other)
    applied = applied_to([build_estate(one), build_estate(other)], settings, asked)
    swaps = swaps_between(before, after)
    effects = effects_of(Replay(before, after, swaps, partial(_audited, settings=settings, applied=applied)))
    return DriftReport(
        tool_version=__version__,
        generated_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        before=one.sources,
        after=other.sources,
        packs=tuple(
            PackUse(
                pack=each.service, edition=each.edition, revision=each.revision, cloud=each.cloud, digest=each.digest
            )
            for packs in applied.packs.values()
            for each in packs
        ),
        changes=tuple(each.change for each in swaps),
        effects=effects,
        idle=idle(effects, len(swaps)),
    )


def _audited(estate: Estate, only: Workloads | None, *, settings: Settings, applied: Applied) -> Standings:
    audited = audit(
        estate,
        applied.packs,
        settings,
        read_checks(),
        traces=True,
        tag_lists=applied.tag_lists,
        only=only,
    )
    return standings_of(audited.results)


def _render(report: DriftReport, form: str, output: str) -> str:
    if form == "json":
        from auditor.reporters import drift_json

        return drift_json.render(report)
    from auditor.reporters import drift_console

    return drift_console.render(report, width=terminal_width(), colour=wants_colour(output))


def _exit_code(report: DriftReport, fail_on: str, *, allow_unknown: bool) -> int:
    turns = {turn_of(each) for each in report.effects}
    if Turn.WORSE in turns or (fail_on == "change" and (report.changes or report.effects)):
        return _WORSE
    unread = {each.id for each in report.changes if each.happened is Happened.UNREAD}
    unknown = Turn.UNKNOWN in turns or any(each.workload in unread for each in report.effects)
    return _INCOMPLETE if unknown and not allow_unknown else _CLEAN
