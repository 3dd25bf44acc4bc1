"""Options that every command on a source shares: reading it, and picking the packs that apply."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import click

from auditor import configtext
from auditor.cli.completing import files, folders
from auditor.cli.config import find_config, read_settings, waivers_place
from auditor.cli.destinations import check_spared
from auditor.cli.live import Live, collected
from auditor.cli.options import Group
from auditor.collectors.files import read_sources
from auditor.collectors.rules import pack_names, read_pack, read_tag_list_of
from auditor.engine.workloads import cloud_of
from auditor.errors import ConfigError, PackError
from auditor.estate.estate import Estate, build_estate
from auditor.estate.network import TagList
from auditor.estate.snapshot import LIVE, Snapshot
from auditor.findings import Source
from auditor.packs import Pack, PackName, edition_in_force
from auditor.settings import Basis, Settings

_TAGS = "microsoft.network/servicetags"

SERVICE = "ase-v2"
"""The service whose packs are applied to App Service Environments; its companion comes along."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """Other editions that an audit is to be compared with: by cloud, as those that apply. as_of: the day asked for."""

    packs: dict[str, tuple[Pack, ...]]
    as_of: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A source read, with the settings, and by cloud the packs that apply to it and shipped service tag lists.

    sources: where it came from. Its documents are not kept: they take more room than anything made of them.
    others: None where no other editions were asked for.
    """

    sources: tuple[Source, ...]
    estate: Estate
    settings: Settings
    packs: dict[str, tuple[Pack, ...]]
    tag_lists: dict[str, TagList]
    others: Others | None = None


def parse_day(text: str | None, option: str = "--as-of") -> date | None:
    """Return the day of an option. Raises ConfigError, saying how to write one."""
    if text is None:
        return None
    try:
        return configtext.parse_day(text)
    except ValueError as fault:
        raise ConfigError(f"{option}: {fault}") from None


def parse_editions(texts: Sequence[str], option: str = "--edition") -> dict[str, str]:
    """Return edition labels by service, of an option such as `--edition ase-v2=2018-09-24`. Raises ConfigError."""
    editions = {}
    for text in texts:
        service, equals, label = text.partition("=")
        if not (service and equals and label):
            raise ConfigError(f'{option}: "{text}" is not SERVICE=EDITION; write it as ase-v2=2018-09-24')
        editions[service] = label
    return editions


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """Which other editions the options of a command ask for, as written."""

    as_of: str | None = None
    editions: Sequence[str] = ()

    @property
    def is_wanted(self) -> bool:
        """Whether any other editions were asked for."""
        return self.as_of is not None or bool(self.editions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options of a command ask for, as written. writes: where its reports are to go."""

    config: str | None
    as_of: str | None
    editions: Sequence[str]
    pack_dir: str | None
    packs: Sequence[str] = ()
    requirements: Basis | None = None
    waivers: str | None = None
    compare: Compare = Compare()
    writes: Sequence[str] = ()


asking_options = Group(
    "asked",
    Asked,
    (
        click.option("--as-of", metavar="DATE", help="Apply the editions in force on that day (default: the newest)."),
        click.option(
            "--edition", "editions", multiple=True, metavar="PACK=EDITION", help="Apply one edition of a pack."
        ),
        click.option(
            "--pack-dir",
            metavar="FOLDER",
            shell_complete=folders,
            help="A folder of packs of your own, laid out like rules/packs.",
        ),
        click.option(
            "--config",
            metavar="FILE",
            shell_complete=files,
            help="Configuration (default: auditor.yaml, found upward from here).",
        ),
    ),
)
"""Gives a command the options that choose packs and settings, as one parameter `asked`."""


def choose(
    sources: tuple[str, ...], asked: Asked, live: Live, look: Callable[[Snapshot], None] = lambda _: None
) -> Chosen:
    """Read the sources, or Azure, and pick the packs. Raises an AuditorError for what is not as it should be.

    look: is shown the documents before they are used up.
    """
    check_named(sources, live)
    settings = settings_of(asked, sources)
    other = _other_settings(settings, asked) if asked.compare.is_wanted else None
    snapshot = read_snapshot(sources, live)
    look(snapshot)
    estate = build_estate(snapshot, use_up=True)
    applied = applied_to([estate], settings, asked)
    return Chosen(
        sources=snapshot.sources,
        estate=estate,
        settings=settings,
        packs=applied.packs,
        tag_lists=applied.tag_lists,
        others=_others(estate, other, asked) if other else None,
    )


def check_named(sources: tuple[str, ...], live: Live) -> None:
    """Refuse a command that names nothing to read, or two things that do not go together."""
    live.check(sources)
    if not sources and not live.is_wanted:
        files, scopes = "a file, a folder or - for standard input", "--subscription, --management-group or --workload"
        raise click.UsageError(f"name at least one SOURCE: {files}; or read Azure with {scopes}")


def _others(estate: Estate, other: Settings, asked: Asked) -> Others:
    return Others(packs=_packs_for([estate], other, asked), as_of=other.as_of if asked.compare.as_of else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What is applied to estates, by cloud: packs, and shipped service tag lists where a source has none."""

    packs: dict[str, tuple[Pack, ...]]
    tag_lists: dict[str, TagList]


def applied_to(estates: Sequence[Estate], settings: Settings, asked: Asked) -> Applied:
    """Return the packs that apply to estates, and the lists that they lack. Raises PackError."""
    # A list that was there and could not be read may say something else than the one that comes with the auditor.
    unread = any(_TAGS in each.gaps_by_kind for each in estates)
    unlisted = set() if unread else {each for each in _clouds(estates) if not all(each in one.tags for one in estates)}
    return Applied(
        packs=_packs_for(estates, settings, asked),
        tag_lists={cloud: found for cloud in unlisted if (found := read_tag_list_of(cloud))},
    )


def _packs_for(estates: Sequence[Estate], settings: Settings, asked: Asked) -> dict[str, tuple[Pack, ...]]:
    names = pack_names(Path(asked.pack_dir) if asked.pack_dir else None)
    available = {each.cloud for each in names if each.service == SERVICE}
    return {cloud: pick(names, cloud, settings, asked.packs) for cloud in sorted(_clouds(estates) & available)}


def _clouds(estates: Sequence[Estate]) -> set[str]:
    return {cloud_of(each.location) for one in estates for each in one.environments.values()} or {"public"}


def read_snapshot(sources: Sequence[str], live: Live) -> Snapshot:
    """Return what is in the sources, or in Azure where none is named."""
    if sources:
        return read_sources(sources, sys.stdin.buffer if sys.stdin is not None else None)
    with collected(live) as place:
        snapshot = read_sources([str(place)], None)
    asked = ", ".join((*live.subscriptions, *live.management_groups, *([live.workload] if live.workload else [])))
    (source,) = snapshot.sources
    return replace(snapshot, sources=(replace(source, kind=LIVE, location=f"Azure ({live.cloud}): {asked}"),))


def settings_of(asked: Asked, sources: Sequence[str]) -> Settings:
    """Return the settings of the configuration file, with those of the command line over them.

    Raises OutputError where a report would take the place of one of the files that are read, and another AuditorError
    for what is not as it should be, such as a pack or an edition that there is not.
    """
    path = Path(asked.config) if asked.config else find_config(working_folder())
    settings = read_settings(path, asked.waivers)
    waivers = waivers_place(settings, path, asked.waivers)
    files = ((path, "the configuration"), (waivers, "the file of waivers"))
    named = {str(each): what for each, what in files if each is not None}
    check_spared(asked.writes, dict.fromkeys(sources, "a SOURCE") | named)
    day = parse_day(asked.as_of)
    editions = dict(settings.editions) if day is None else {}
    settings = replace(
        settings,
        as_of=day or settings.as_of,
        editions={**editions, **parse_editions(asked.editions)},
        requirements=asked.requirements or settings.requirements,
    )
    _check_packs(settings, asked)
    return settings


def _other_settings(settings: Settings, asked: Asked) -> Settings:
    """Return the settings with the editions to compare with; without a day, with those alone that are named.

    Raises ConfigError or PackError for what is not as it should be, such as an edition that there is not.
    """
    day = parse_day(asked.compare.as_of, "--compare-as-of")
    editions = parse_editions(asked.compare.editions, "--compare-edition")
    kept = settings.editions if day is None else {}
    other = replace(settings, as_of=day or settings.as_of, editions={**kept, **editions})
    _check_packs(other, asked)
    return other


def working_folder() -> Path:
    """Return the working folder. Raises ConfigError where it is gone."""
    try:
        return Path.cwd()
    except OSError:
        raise ConfigError("the working folder does not exist any more; change to another one") from None


def _check_packs(settings: Settings, asked: Asked) -> None:
    names = pack_names(Path(asked.pack_dir) if asked.pack_dir else None)
    _check_services(names, (*asked.packs, *settings.editions))
    _check_editions(names, settings)


def _check_services(names: tuple[PackName, ...], asked: Sequence[str]) -> None:
    services = sorted({each.service for each in names})
    for service in asked:
        if service not in services:
            raise PackError(f'there is no pack "{service}"; there are {", ".join(services)}')


def _check_editions(names: tuple[PackName, ...], settings: Settings) -> None:
    """Refuse an edition that no cloud has, whatever clouds the source turns out to speak of."""
    for service, label in settings.editions.items():
        known = [each for each in names if each.service == service]
        if not any(label in {each.label, each.edition} for each in known):
            edition_in_force(known, service, known[0].cloud, edition=label)


def pick(names: tuple[PackName, ...], cloud: str, settings: Settings, only: Sequence[str] = ()) -> tuple[Pack, ...]:
    """Return the pack of App Service Environments in force, and its companion of management addresses by date.

    only: the services asked for; a pack brings its companion along. None asked for means all.
    """
    editions = settings.editions
    main = edition_in_force(names, SERVICE, cloud, settings.as_of, editions.get(SERVICE))
    pack = read_pack(main)
    if pack.companion is None:
        return (pack,) if not only or SERVICE in only else ()
    day = main.day if SERVICE in editions else settings.as_of
    companion = read_pack(edition_in_force(names, pack.companion, cloud, day, editions.get(pack.companion)))
    if not only or SERVICE in only:
        return (pack, companion)
    return (companion,) if pack.companion in only else ()
