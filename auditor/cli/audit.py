"""`auditor audit`: decide every requirement of every workload in the sources."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import click

from auditor import __version__
from auditor.checks import Check
from auditor.cli.choosing import Asked, Chosen, Compare, Others, asking_options, check_named, choose, settings_of
from auditor.cli.completing import files, packs, reports
from auditor.cli.destinations import check_apart, check_spared
from auditor.cli.editions import compare_options
from auditor.cli.formats import FORMATS, SARIF_READERS, Target, targets, write
from auditor.cli.live import Live, live_options
from auditor.cli.measuring import Measuring, measure_options, measuring_options
from auditor.cli.output import STDOUT
from auditor.cli.recording import Record, record_options, recording
from auditor.collectors.baseline import read_baseline
from auditor.collectors.rules import read_checks, tag_list_source
from auditor.engine.audit import Audited, audit
from auditor.engine.comparing import compare, outcomes_of, undecided_since
from auditor.engine.editions import Side, compare_editions
from auditor.engine.waiving import waive
from auditor.errors import ConfigError
from auditor.findings import Baseline, Comparison, Level, Outcome, PackUse, Report, State, edition_label
from auditor.packs import Pack
from auditor.reporters.summary import stands
from auditor.settings import Basis, Settings
from auditor.waivers import WaiverUse

_LEVELS = tuple(Level)
Checks = Mapping[str, Check]
_CLEAN, _FINDINGS, _INCOMPLETE = 0, 1, 3


@click.command(name="audit", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("sources", nargs=-1, metavar="[SOURCE]...", shell_complete=files)
@live_options
@asking_options
@compare_options
@click.option(
    "--pack",
    "packs",
    multiple=True,
    metavar="PACK",
    shell_complete=packs,
    help="Apply this pack (default: all that fit).",
)
@click.option(
    "--requirements",
    type=click.Choice([each.value for each in Basis]),
    help="Audit against the documents, or against Azure's own lists of each environment (default: documented).",
)
@click.option(
    "--waivers",
    metavar="FILE",
    shell_complete=files,
    help="Accepted exceptions (default: the waivers-file of the configuration).",
)
@click.option(
    "--baseline",
    metavar="REPORT",
    shell_complete=files,
    help="Compare with an earlier JSON report: new, unchanged, absent.",
)
@click.option("--format", "form", type=click.Choice(tuple(FORMATS)), default="console", help="What to print.")
@click.option(
    "-o", "--output", metavar="FILE", shell_complete=files, default=STDOUT, help="Write there instead of to stdout."
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FORMAT=FILE",
    shell_complete=reports,
    help="Also write a report; may be repeated.",
)
@click.option(
    "--sarif-for", type=click.Choice(SARIF_READERS), default="full", help="Who reads the format sarif (default: full)."
)
@click.option("--all-results", is_flag=True, help="Include requirements that pass.")
@click.option(
    "--fail-on",
    type=click.Choice([*(each.value for each in Level), State.NEW.value]),
    multiple=True,
    help="Lowest level that gives exit 1; new: count only what the baseline lacks. Both may be given.",
)
@click.option("--strict", is_flag=True, help="In JUnit, what could not be decided is an error, not skipped.")
@click.option("--allow-unknown", is_flag=True, help="Exit 0 although something could not be decided.")
@record_options
@measure_options
def command(  # noqa: PLR0913 - one parameter for each option
    *,
    live: Live,
    asked: Asked,
    record: Record,
    measuring: Measuring,
    sources: tuple[str, ...],
    compare: Compare,
    packs: tuple[str, ...],
    requirements: str | None,
    waivers: str | None,
    baseline: str | None,
    form: str,
    output: str,
    reports: tuple[str, ...],
    sarif_for: str,
    all_results: bool,
    strict: bool,
    fail_on: tuple[str, ...],
    allow_unknown: bool,
) -> int:
    """Decide every documented requirement of every workload in the SOURCEs.

    A SOURCE is a file or folder of ARM JSON, as `az ... -o json` or the REST API print it, or - for standard input.

    Exit codes: 0 nothing at or above --fail-on; 1 findings at or above it; 2 bad arguments, configuration or input;
    3 incomplete: something could not be decided, or nothing was audited. Waived and absent findings do not count, and
    what other editions would change does not count either.
    """
    wanted = targets(form, output, reports)
    places = measuring.beside([each.destination for each in wanted])
    _check_baseline(baseline, places, fail_on)
    earlier = read_baseline(baseline) if baseline is not None else None
    asked = replace(
        asked,
        packs=packs,
        requirements=Basis(requirements) if requirements else None,
        waivers=waivers,
        writes=places,
        compare=compare,
    )
    with recording(record, sources, asked, live) as recorder:
        chosen = choose(sources, asked, live, recorder.look)
        measuring.passed("read")
        report = _report_for(wanted, chosen, sources, all_results=all_results, baseline=earlier)
        measuring.passed("decide")
        write(report, wanted, all_results=all_results, strict=strict, sarif_for=sarif_for)
        measuring.passed("write", report)
        code = _exit_code(report, chosen.settings, fail_on, allow_unknown=allow_unknown)
        recorder.record(report, code)
    return code


def check(options: Mapping[str, Any], beside: Sequence[str]) -> None:
    """Refuse what no audit can be made with, without reading a source. Raises as an audit does.

    options: of the command, by parameter. beside: files that are written while audits are made, as its reports are.
    """
    sources, live, record = options["sources"], live_options.of(options), record_options.of(options)
    check_named(sources, live)
    wanted = targets(options["form"], options["output"], options["reports"])
    places = [*measuring_options.of(options).beside([each.destination for each in wanted]), *beside]
    check_apart(places)
    _check_baseline(options["baseline"], places, options["fail_on"])
    asked = asking_options.of(options)
    settings_of(replace(asked, packs=options["packs"], waivers=options["waivers"], writes=places), sources)
    record.channels()
    if record.is_wanted:
        record.place(places)


def _check_baseline(path: str | None, places: Sequence[str], fail_on: Sequence[str]) -> None:
    """Refuse to count what is new without a baseline, and to have a report take its place."""
    if path is not None:
        check_spared(places, {path: "the baseline"})
    elif State.NEW in fail_on:
        raise ConfigError("--fail-on new: name with --baseline the report that tells what is not new")


def _report_for(
    wanted: Sequence[Target], chosen: Chosen, sources: Sequence[str], *, all_results: bool, baseline: Baseline | None
) -> Report:
    """Return the report with all that the wanted formats show."""
    traces = any(FORMATS[each.form].traces for each in wanted)
    passing = all_results or any(FORMATS[each.form].passing for each in wanted)
    report = make_report(chosen, all_results=passing, traces=traces, baseline=baseline)
    if any(FORMATS[each.form].locations for each in wanted):
        from auditor.cli.locating import locations_of

        report = replace(report, locations=locations_of(report, sources))
    return report


def make_report(chosen: Chosen, *, all_results: bool, traces: bool = True, baseline: Baseline | None = None) -> Report:
    """Return the report on what was read, as of now. traces: whether a reporter shows them."""
    now, checks, settings = datetime.now(UTC), read_checks(), chosen.settings
    audited = _audited(chosen, chosen.packs, checks, all_results=all_results or bool(chosen.others), traces=traces)
    used = _used(chosen.packs, audited)
    findings, waivers = audited.findings, tuple[WaiverUse, ...]()
    outcomes = outcomes_of(audited.results) if baseline is not None else {}
    if baseline is not None:
        names = [each.id for each in audited.workloads]
        findings = (*findings, *undecided_since(baseline, findings, outcomes, names, chosen.estate.gaps))
    if settings.waivers:
        findings, waivers = waive(findings, settings.waivers, now.date(), checks, settings.levels)
    if baseline is not None:
        findings = compare(findings, baseline, checks, outcomes, frozenset(map(edition_label, used)))
    return Report(
        tool_version=__version__,
        generated_at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        sources=(*chosen.sources, *map(tag_list_source, audited.tag_lists)),
        packs=used,
        workloads=audited.workloads,
        results=tuple(each for each in audited.results if all_results or each.outcome is not Outcome.PASS),
        findings=findings,
        gaps=chosen.estate.gaps,
        waivers=waivers,
        baseline=baseline.source if baseline is not None else None,
        comparison=_comparison(chosen, chosen.others, audited, checks, now.date()) if chosen.others else None,
    )


def _audited(
    chosen: Chosen, packs: Mapping[str, tuple[Pack, ...]], checks: Checks, *, all_results: bool, traces: bool
) -> Audited:
    return audit(
        chosen.estate,
        packs,
        chosen.settings,
        checks,
        all_results=all_results,
        traces=traces,
        tag_lists=chosen.tag_lists,
    )


def _used(chosen: Mapping[str, tuple[Pack, ...]], audited: Audited) -> tuple[PackUse, ...]:
    """Return what an audit was against, by name and cloud."""
    uses = [
        PackUse(pack=each.service, edition=each.edition, revision=each.revision, cloud=each.cloud, digest=each.digest)
        for packs in chosen.values()
        for each in packs
    ]
    return tuple(sorted((*uses, *audited.live), key=lambda each: (each.pack, each.cloud)))


def _comparison(chosen: Chosen, others: Others, audited: Audited, checks: Checks, today: date) -> Comparison:
    """Return what other editions would change. The estate is the one that was audited, and so are the waivers."""
    other = _audited(chosen, others.packs, checks, all_results=True, traces=False)
    waivers, levels = chosen.settings.waivers, chosen.settings.levels
    before, after = (
        Side(
            packs=_used(packs, each),
            results=each.results,
            findings=waive(each.findings, waivers, today, checks, levels)[0],
        )
        for packs, each in ((chosen.packs, audited), (others.packs, other))
    )
    return compare_editions(
        before,
        after,
        checks,
        as_of=others.as_of.isoformat() if others.as_of else None,
        sources=tuple(tag_list_source(each) for each in other.tag_lists if each not in audited.tag_lists),
    )


def _exit_code(report: Report, settings: Settings, fail_on: Sequence[str], *, allow_unknown: bool) -> int:
    """Return the exit code of a report: findings at or above the threshold before incompleteness.

    Waived and absent findings do not count; where only new ones are to, neither do those that the baseline has.
    """
    levels = [Level(each) for each in fail_on if each != State.NEW]
    worst = _LEVELS.index(levels[-1] if levels else settings.fail_on)
    only_new = State.NEW in fail_on
    counting = [each for each in report.findings if stands(each) and (each.state == State.NEW or not only_new)]
    if any(_LEVELS.index(each.level) <= worst for each in counting):
        return _FINDINGS
    counts = [dict(each.summary) for each in report.workloads]
    decided = sum(sum(each.values()) - each[Outcome.NOT_APPLICABLE] for each in counts)
    unknown = sum(each[Outcome.UNKNOWN] for each in counts)
    tolerated = allow_unknown or settings.allow_unknown
    return _INCOMPLETE if not decided or (unknown and not tolerated) else _CLEAN
