"""`auditor explain`: what a check means, why it matters and how to fix it."""

from collections.abc import Mapping

import click

from auditor.checks import Check
from auditor.cli.completing import checks
from auditor.cli.terminal import terminal_width
from auditor.collectors.rules import read_checks, read_guides
from auditor.errors import ConfigError
from auditor.guides import Way
from auditor.nearest import nearest
from auditor.yamltext import shown


@click.command(name="explain", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("check", required=False, shell_complete=checks)
@click.option("--json", "as_json", is_flag=True, help="Print JSON (check-list/1).")
@click.option("--fix", "way", type=click.Choice(tuple(way.value for way in Way)), help="Print how to fix it that way.")
def command(*, check: str | None, as_json: bool, way: str | None) -> None:
    """Say what CHECK means, why it matters and how to fix it; without CHECK, list all checks."""
    every = read_checks()
    chosen = tuple(every.values()) if check is None else (_found(check, every),)
    if way is not None:
        if check is None or as_json:
            raise click.UsageError("--fix goes with a CHECK, and not with --json")
        click.echo(_fix(chosen[0].id, Way(way)))
        return
    if as_json:
        from auditor.reporters import check_json

        click.echo(check_json.render(chosen), nl=False)
        return
    from auditor.reporters import check_console

    width = terminal_width()
    text = (
        check_console.render_list(chosen, width=width) if check is None else check_console.render(*chosen, width=width)
    )
    click.echo(text, nl=False)


def _fix(check: str, way: Way) -> str:
    """Return the fix of a check as it is written, to be copied or piped. Raises ConfigError where there is none."""
    guide = read_guides()[check]
    if way not in guide.fixes:
        there = ", ".join(f"--fix {each}" for each in guide.fixes)
        hint = f"; there is {there}" if there else f"; `auditor explain {check}` says what to do instead"
        raise ConfigError(f"{check} has no fix by {way}{hint}")
    return guide.fixes[way]


def _found(check: str, every: Mapping[str, Check]) -> Check:
    """Return the check of that id. Raises ConfigError, naming the nearest."""
    found = every.get(check.strip().lower())
    if found is None:
        hint = nearest(check, every) or "; `auditor explain` lists them"
        raise ConfigError(f'there is no check "{shown(check)}"{hint}')
    return found
