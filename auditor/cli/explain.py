"""`auditor explain`: what a check means, why it matters and how to fix it."""

from collections.abc import Mapping

import click

from auditor.checks import Check
from auditor.cli.completing import checks
from auditor.cli.terminal import terminal_width
from auditor.collectors.rules import read_checks
from auditor.errors import ConfigError
from auditor.nearest import nearest
from auditor.yamltext import shown


@click.command(name="explain", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("check", required=False, shell_complete=checks)
@click.option("--json", "as_json", is_flag=True, help="Print JSON (check-list/1).")
def command(*, check: str | None, as_json: bool) -> None:
    """Say what CHECK means, why it matters and how to fix it; without CHECK, list all checks."""
    every = read_checks()
    chosen = tuple(every.values()) if check is None else (_found(check, every),)
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


def _found(check: str, every: Mapping[str, Check]) -> Check:
    """Return the check of that id. Raises ConfigError, naming the nearest."""
    found = every.get(check.strip().lower())
    if found is None:
        hint = nearest(check, every) or "; `auditor explain` lists them"
        raise ConfigError(f'there is no check "{shown(check)}"{hint}')
    return found
