"""Options that every command on a source shares: reading it, and picking the packs that apply."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import click

from auditor import configtext
from auditor.cli.config import find_config, read_settings
from auditor.cli.live import Live, collected
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
    """What the options of a command ask for, as written."""

    config: str | None
    as_of: str | None
    editions: Sequence[str]
    pack_dir: str | None
    packs: Sequence[str] = ()
    requirements: Basis | None = None
    waivers: str | None = None
    compare: Compare = Compare()


def choose(sources: tuple[str, ...], asked: Asked, live: Live) -> Chosen:
    """Read the sources, or Azure, and pick the packs. Raises an AuditorError for what is not as it should be."""
    live.check(sources)
    if not sources and not live.is_wanted:
        files, scopes = "a file, a folder or - for standard input", "--subscription, --management-group or --workload"
        raise click.UsageError(f"name at least one SOURCE: {files}; or read Azure with {scopes}")
    settings = _settings(asked)
    names = pack_names(Path(asked.pack_dir) if asked.pack_dir else None)
    other = _other_settings(settings, asked.compare) if asked.compare.is_wanted else None
    for each in filter(None, (settings, other)):
        _check_services(names, (*asked.packs, *each.editions))
        _check_editions(names, each)
    snapshot = _read(sources, live)
    estate = build_estate(snapshot, use_up=True)
    clouds = {cloud_of(each.location) for each in estate.environments.values()} or {"public"}
    available = {each.cloud for each in names if each.service == SERVICE}
    places = sorted(clouds & available)
    chosen = {cloud: pick(names, cloud, settings, asked.packs) for cloud in places}
    others = {cloud: pick(names, cloud, other, asked.packs) for cloud in places} if other else {}
    # A list that was there and could not be read may say something else than the one that comes with the auditor.
    unlisted = set() if _TAGS in estate.gaps_by_kind else clouds - estate.tags.keys()
    lists = {cloud: found for cloud in unlisted if (found := read_tag_list_of(cloud))}
    return Chosen(
        sources=snapshot.sources,
        estate=estate,
        settings=settings,
        packs=chosen,
        tag_lists=lists,
        others=Others(packs=others, as_of=other.as_of if asked.compare.as_of else None) if other else None,
    )


def _read(sources: tuple[str, ...], live: Live) -> Snapshot:
    if sources:
        return read_sources(sources, sys.stdin.buffer if sys.stdin is not None else None)
    with collected(live) as place:
        snapshot = read_sources([str(place)], None)
    asked = ", ".join((*live.subscriptions, *live.management_groups, *([live.workload] if live.workload else [])))
    (source,) = snapshot.sources
    return replace(snapshot, sources=(replace(source, kind=LIVE, location=f"Azure ({live.cloud}): {asked}"),))


def _settings(asked: Asked) -> Settings:
    """Return the settings of the configuration file, with those of the command line over them."""
    settings = read_settings(Path(asked.config) if asked.config else find_config(working_folder()), asked.waivers)
    day = parse_day(asked.as_of)
    editions = dict(settings.editions) if day is None else {}
    return replace(
        settings,
        as_of=day or settings.as_of,
        editions={**editions, **parse_editions(asked.editions)},
        requirements=asked.requirements or settings.requirements,
    )


def _other_settings(settings: Settings, compare: Compare) -> Settings:
    """Return the settings with other editions; without a day, with those alone that are named."""
    day = parse_day(compare.as_of, "--compare-as-of")
    editions = parse_editions(compare.editions, "--compare-edition")
    kept = settings.editions if day is None else {}
    return replace(settings, as_of=day or settings.as_of, editions={**kept, **editions})


def working_folder() -> Path:
    """Return the working folder. Raises ConfigError where it is gone."""
    try:
        return Path.cwd()
    except OSError:
        raise ConfigError("the working folder does not exist any more; change to another one") from None


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
