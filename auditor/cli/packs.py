"""`auditor packs`: list, show, compare and validate the requirement packs."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

import click

from auditor.cli.completing import editions, files, folders, packs
from auditor.cli.reading import read_small
from auditor.cli.terminal import terminal_width
from auditor.collectors.rules import pack_files, pack_names, read_pack
from auditor.configtext import parse_day
from auditor.errors import PackError
from auditor.nearest import nearest
from auditor.packs import PackName, edition_in_force
from auditor.reporters.text import count, plain
from auditor.shipped import shipped
from auditor.yamltext import shown

_HELP = {"help_option_names": ["-h", "--help"]}
_Command = TypeVar("_Command", bound=Callable[..., None])


def _pack_dir(command: _Command) -> _Command:
    """Add the option that every command here takes."""
    return click.option(
        "--pack-dir",
        metavar="FOLDER",
        shell_complete=folders,
        help="Also use the packs in this folder, laid out like rules/packs.",
    )(command)


@click.group(name="packs", context_settings=_HELP)
def command() -> None:
    """List, show, compare and validate the requirement packs.

    A pack holds the requirements that Microsoft documents for one service, as of one date (its edition), in one cloud.
    """


@command.command(name="list", short_help="List the packs there are.", context_settings=_HELP)
@click.option("--service", metavar="PACK", shell_complete=packs, help="Only the editions of this pack, such as ase-v2.")
@click.option("--cloud", metavar="CLOUD", help="Only this cloud: public, usgovernment or china.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (pack-list/1).")
@_pack_dir
def list_packs(*, service: str | None, cloud: str | None, as_json: bool, pack_dir: str | None) -> None:
    """List the packs there are, oldest edition first."""
    names = _chosen(_names(pack_dir), service, cloud)
    packs = [(read_pack(name), name.path) for name in names]
    if as_json:
        from auditor.reporters import pack_json

        click.echo(pack_json.render_list(packs), nl=False)
        return
    from auditor.reporters import pack_console

    click.echo(pack_console.render_list([pack for pack, _ in packs], width=terminal_width()), nl=False)


@command.command(name="show", short_help="Show one pack whole.", context_settings=_HELP)
@click.argument("pack", metavar="PACK[@EDITION]", shell_complete=editions)
@click.option("--cloud", metavar="CLOUD", default="public", show_default=True, help="public, usgovernment or china.")
@click.option("--as-of", metavar="DATE", help="The edition in force on that day (default: the newest).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (pack/1).")
@_pack_dir
def show_pack(*, pack: str, cloud: str, as_of: str | None, as_json: bool, pack_dir: str | None) -> None:
    """Show one pack whole: where it comes from, and everything it asks for."""
    if "@" in pack and as_of is not None:
        raise click.UsageError("name an edition after the @ or a day with --as-of, not both")
    try:
        day = None if as_of is None else parse_day(as_of)
    except ValueError as fault:
        raise PackError(f"--as-of: {fault}") from None
    name = _named(pack, _names(pack_dir), cloud, day)
    found = read_pack(name)
    if as_json:
        from auditor.reporters import pack_json

        click.echo(pack_json.render(found, file=name.path), nl=False)
        return
    from auditor.reporters import pack_console

    click.echo(pack_console.render(found, file=name.path, width=terminal_width()), nl=False)


@command.command(name="diff", short_help="Show what changed between two editions.", context_settings=_HELP)
@click.argument("before", metavar="PACK@EDITION", shell_complete=editions)
@click.argument("after", metavar="PACK[@EDITION]", shell_complete=editions)
@click.option(
    "--cloud", metavar="CLOUD", default="public", show_default=True, help="The cloud of an edition that names none."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON (pack-diff/1).")
@_pack_dir
def diff(*, before: str, after: str, cloud: str, as_json: bool, pack_dir: str | None) -> None:
    """Show what changed between two editions: requirements added, removed and changed, and the documents themselves.

    \b
    auditor packs diff ase-v2@2018-09-24 ase-v2@2023-11-20
    auditor packs diff ase-management-addresses@2022-10-24 ase-management-addresses@2022-10-24.usgovernment

    Without an edition, the newest. A cloud may stand behind the edition, as in the names of pack files.

    Exit codes: 0 whether they differ or not, 2 bad arguments.
    """  # noqa: D301 - \b is for click
    from auditor.packdiff import diff_packs

    names = _names(pack_dir)
    earlier, later = (_named(each, names, cloud) for each in (before, after))
    found = diff_packs(read_pack(earlier), read_pack(later))
    if as_json:
        from auditor.reporters import pack_diff_json

        click.echo(pack_diff_json.render(found, files=(earlier.path, later.path)), nl=False)
        return
    from auditor.reporters import pack_diff_console

    click.echo(pack_diff_console.render(found, width=terminal_width()), nl=False)


@command.command(name="validate", short_help="Check files of packs or checks.", context_settings=_HELP)
@click.argument("files", nargs=-1, metavar="[FILE]...", shell_complete=files)
@_pack_dir
def validate(*, files: tuple[str, ...], pack_dir: str | None) -> None:
    """Check FILEs that hold a pack or checks; without FILE, everything that ships and everything in --pack-dir.

    Every fault is listed; exit code 2 if there is one.
    """
    from auditor.cli.validating import examine

    total = faulty = 0
    for name, read in (*_files(files, pack_dir), *(() if files else _shipped())):
        verdict = examine(name, read)
        total, faulty = total + 1, faulty + bool(verdict.faults)
        for line in verdict.faults or (f"{name}: ok, {verdict.holds}",):
            click.echo(plain(line))
    if faulty:
        raise PackError(f"{faulty} of {count(total, 'file')} not valid; mend what is listed for each")


_CLOUD = re.compile(r"(?P<edition>.+)\.(?P<cloud>[a-z]+)")


def _named(text: str, names: tuple[PackName, ...], cloud: str, day: date | None = None) -> PackName:
    """Return the pack written as PACK[@EDITION[.CLOUD]]. Raises PackError, saying what there is.

    cloud: of an edition that names none. day: without an edition, the one in force on it; None for the newest.
    """
    service, at, edition = text.partition("@")
    if at and not edition:
        raise PackError(
            f'"{shown(text)}" names no edition after the @; write it as ase-v2@2018-09-24, or leave the @ out'
        )
    told = _CLOUD.fullmatch(edition)
    if told:
        edition, cloud = told["edition"], told["cloud"]
    return edition_in_force(names, service, cloud, day, edition or None)


def _names(pack_dir: str | None) -> tuple[PackName, ...]:
    return pack_names(Path(pack_dir) if pack_dir is not None else None)


def _chosen(names: tuple[PackName, ...], service: str | None, cloud: str | None) -> tuple[PackName, ...]:
    """Return the names of that service and that cloud, at least one. Raises PackError, saying what there is."""
    for word, what, known in (
        (service, "pack", sorted({name.service for name in names})),
        (cloud, "cloud", sorted({name.cloud for name in names if service in {None, name.service}})),
    ):
        if word is not None and word not in known:
            where = f" in {service}" if what == "cloud" and service is not None else ""
            hint = nearest(word, known)
            raise PackError(f'there is no {what} "{shown(word)}"{where}; there are {", ".join(known)}{hint}')
    return tuple(name for name in names if service in {None, name.service} and cloud in {None, name.cloud})


_Readable = tuple[str, Callable[[], bytes]]


def _files(files: tuple[str, ...], pack_dir: str | None) -> Iterator[_Readable]:
    """Yield the files to validate that are the user's own: what to call each, and how to read it."""
    paths = [Path(file) for file in files]
    if pack_dir is not None:
        paths += pack_files(Path(pack_dir))
    for path in paths:
        is_told = path.parent.name not in {"", ".."}
        name = str(path) if is_told else f"{path.absolute().parent.resolve().name}/{path.name}"
        yield name, partial(read_small, path, PackError)


def _shipped() -> Iterator[_Readable]:
    """Yield everything that ships: the packs, then the checks."""
    rules = shipped("rules")
    paths = [*(name.path for name in pack_names()), "rules/checks.yaml"]
    for path in paths:
        place = rules.joinpath(*path.split("/")[1:])
        yield path, place.read_bytes
