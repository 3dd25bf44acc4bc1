"""`auditor waive`: accept one finding of a report, in the configuration file."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import click
from yaml import YAMLError

from auditor.cli.choosing import working_folder
from auditor.cli.completing import files
from auditor.cli.config import CONFIG_NAME, find_config, read_settings, read_waivers
from auditor.cli.locking import alone_in
from auditor.cli.output import rewrite
from auditor.cli.reading import read_small
from auditor.collectors.baseline import read_baseline
from auditor.collectors.rules import read_checks
from auditor.configfile import parse_config
from auditor.configtext import parse_day
from auditor.engine.waiving import fits
from auditor.errors import ConfigError
from auditor.findings import Finding, State
from auditor.nearest import nearest
from auditor.reporters.text import plain, resource_name
from auditor.settings import Settings
from auditor.waiverfile import EXPIRED, FINDING, parse_waivers
from auditor.waivers import Waiver
from auditor.waiverwriting import add_waiver

_JOINERS = {0x200C: None, 0x200D: None}
"""Signs without a shape of their own that some scripts, and some emoji, need between letters."""


@click.command(name="waive", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("finding_id", metavar="FINDING_ID")
@click.option(
    "--report",
    "report",
    metavar="REPORT",
    shell_complete=files,
    help="The JSON report that holds the finding, to check and bound it.",
)
@click.option("--reason", metavar="TEXT", required=True, help="Why the finding is accepted.")
@click.option("--owner", metavar="TEXT", required=True, help="Who answers for it.")
@click.option("--until", metavar="DATE", required=True, help="The last day on which it is accepted, as 2027-01-31.")
@click.option(
    "--config",
    metavar="FILE",
    shell_complete=files,
    help="Write there (default: auditor.yaml, found upward from here, or new).",
)
@click.option("--waivers", metavar="FILE", shell_complete=files, help="Write into this file of waivers instead.")
def command(  # noqa: PLR0913 - one parameter for each option
    *, finding_id: str, report: str | None, reason: str, owner: str, until: str, config: str | None, waivers: str | None
) -> int:
    """Accept the finding FINDING_ID, and write so into the configuration file.

    The file keeps its comments and layout; it is written whole or not at all. An audit that reads it still shows the
    finding, and does not count it until the day is over (UTC). With --report, no more is accepted than what the finding
    is there: if its level rises, or it takes down more requirements, it counts again.

    Exit codes: 0 written; 2 nothing was: bad arguments, configuration or report, or the finding is waived already.
    """
    finding = _find(read_baseline(report).findings, finding_id, report) if report is not None else None
    waiver = Waiver(
        finding=finding_id,
        level=finding.level.value if finding else "",
        up_to=len(finding.requirements) if finding else 0,
        reason=_sentence("--reason", reason),
        owner=_sentence("--owner", owner),
        until=_day(until, datetime.now(UTC).date()),
    )
    if not FINDING.fullmatch(finding_id):
        raise ConfigError(f'"{finding_id}" is not the id of a finding; a report shows it, 16 signs long')
    target = _target(config, waivers)
    said = f"{finding.check} on {resource_name(finding.workload) or 'no workload'}" if finding else ""
    with alone_in(target.absolute().parent):
        text = _text(target, new_is_fine=config is None and waivers is None)
        before = _parse(text, target, own_file=waivers is not None)
        _refuse_waived(finding_id, finding, _all_waivers(before, target, own_file=waivers is not None), target)
        wanted = replace(before, waivers=(*before.waivers, waiver))
        after = _check(_added(text, waiver, plain(said)), target, wanted, own_file=waivers is not None)
        rewrite(after, str(target))
    click.echo(plain(f"{target}: waives {finding_id}{f', {said}' if said else ''}, until {waiver.until}"))
    return 0


def _sentence(option: str, text: str) -> str:
    """Return a text in one line. Raises ConfigError where it says nothing, or cannot be written as it is."""
    sentence = " ".join(text.split())
    if not sentence or len(text) > 1000 or not sentence.translate(_JOINERS).isprintable():  # noqa: PLR2004 - as in the schema
        raise ConfigError(f"{option}: write up to 1000 printable characters")
    return sentence


def _day(text: str, today: date) -> date:
    try:
        day = parse_day(text)
    except ValueError as fault:
        raise ConfigError(f"--until: {fault}") from None
    if day < today:
        raise ConfigError(f"--until: {day} is over already; name a day from {today} on")
    return day


def _find(findings: Iterable[Finding], finding_id: str, report: str) -> Finding:
    """Return the finding of that id. Raises ConfigError where it cannot be waived."""
    known = {each.id: each for each in findings}
    finding = known.get(finding_id)
    if finding is None:
        raise ConfigError(f'{report}: holds no finding "{finding_id}"{nearest(finding_id, known)}')
    if finding.state == State.ABSENT:
        raise ConfigError(f"{report}: finding {finding_id} is absent there; nothing is to be waived")
    if finding.check == EXPIRED:
        raise ConfigError(f"{report}: {finding_id} is a waiver that has expired; renew or delete that waiver instead")
    return finding


def _target(config: str | None, waivers: str | None) -> Path:
    if config is not None and waivers is not None:
        raise click.UsageError("name one file to write into: --config or --waivers")
    named = config if config is not None else waivers
    return Path(named) if named is not None else find_config(working_folder()) or working_folder() / CONFIG_NAME


def _text(target: Path, *, new_is_fine: bool) -> str:
    """Return the text of the file; none where it is to be made."""
    if new_is_fine and not target.exists():
        return ""
    try:
        return read_small(target, ConfigError).decode()
    except UnicodeDecodeError as fault:
        raise ConfigError(f"{target}: byte {fault.start + 1} is not UTF-8; save the file as UTF-8") from None


def _parse(text: str, target: Path, *, own_file: bool) -> Settings:
    """Return what a text means, as a file of waivers alone or as a configuration."""
    if own_file:
        return Settings(waivers=parse_waivers(text.encode(), str(target), read_checks()))
    return parse_config(text.encode(), str(target), read_checks())


def _all_waivers(before: Settings, target: Path, *, own_file: bool) -> tuple[Waiver, ...]:
    """Return the waivers that an audit reads with those of the file: of the file it names, or of auditor.yaml."""
    if own_file:
        return (*before.waivers, *read_settings(find_config(working_folder())).waivers)
    more = read_waivers(target.parent / before.waivers_file) if before.waivers_file else ()
    return (*before.waivers, *more)


def _refuse_waived(finding_id: str, finding: Finding | None, waivers: Iterable[Waiver], target: Path) -> None:
    """Raise ConfigError where a waiver speaks of the finding already, whether it has expired or not."""
    for each in waivers:
        by_pattern = finding is not None and fits(each, finding) and not each.expired(datetime.now(UTC).date())
        if each.finding == finding_id or by_pattern:
            raise ConfigError(
                f"{target}: {finding_id} is waived already, until {each.until}, by {each.covers}; change that"
            )


def _added(text: str, waiver: Waiver, remark: str) -> str | None:
    """Return the text with the waiver in it; None where no place is found for it."""
    try:
        return add_waiver(text, waiver, remark)
    except YAMLError:  # of the parser that knows places, which is stricter than the one that reads settings
        return None


def _check(text: str | None, target: Path, wanted: Settings, *, own_file: bool) -> str:
    """Return the text; raise ConfigError where it would not mean what is wanted: then nothing is written."""
    try:
        if text is not None and _parse(text, target, own_file=own_file) == wanted:
            return text
    except ConfigError:
        pass
    entry = wanted.waivers[-1]
    raise ConfigError(f"{target}: its layout leaves no safe place for a waiver; add finding {entry.finding} by hand")
