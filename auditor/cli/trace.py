"""`auditor trace`: follow one flow, hop by hop, there and back."""

from dataclasses import replace

import click

from auditor.cli.choosing import Asked, asking_options, choose
from auditor.cli.completing import files
from auditor.cli.live import Live, live_options
from auditor.cli.output import STDOUT, can_draw, check_place, deliver, wants_colour
from auditor.cli.terminal import terminal_width
from auditor.engine.audit import known_tags
from auditor.engine.network import Network
from auditor.engine.tracing import trace_flow
from auditor.traces import Trace, Verdict

_EXITS = {Verdict.ALLOW: 0, Verdict.BLOCK: 1, Verdict.PARTIAL: 1, Verdict.UNKNOWN: 3}


@click.command(name="trace", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("sources", nargs=-1, metavar="[SOURCE]...", shell_complete=files)
@live_options
@click.option(
    "--from", "source", required=True, metavar="X", help="A subnet (VNET/SUBNET, its name or ARM id) or an address."
)
@click.option(
    "--to", "destination", required=True, metavar="Y", help="A name, address or subnet, with :PORT and /PROTOCOL."
)
@asking_options
@click.option("--format", "form", type=click.Choice(("console", "json")), default="console", help="What to print.")
@click.option(
    "-o", "--output", metavar="FILE", shell_complete=files, default=STDOUT, help="Write there instead of to stdout."
)
def command(  # noqa: PLR0913 - one parameter for each option
    *,
    live: Live,
    asked: Asked,
    sources: tuple[str, ...],
    source: str,
    destination: str,
    form: str,
    output: str,
) -> int:
    """Follow one flow in the network of the SOURCEs, hop by hop, and its reply.

    At least one end is a subnet of the source; the port is 443/tcp where --to says none.

    \b
    auditor trace estate/ --from vnet-shop/ase --to graph.microsoft.com:443
    auditor trace estate/ --from 13.66.140.0 --to vnet-shop/ase:454

    Exit codes: 0 the flow passes and its reply returns, 1 it does not or only in part, 2 bad arguments or input,
    3 it cannot be decided.
    """  # noqa: D301 - \b is for click
    check_place(output)
    asked = replace(asked, writes=(output,))
    chosen = choose(sources, asked, live)
    packs = next(iter(chosen.packs.values()), ())
    network = Network(chosen.estate, known_tags(chosen.estate, packs, chosen.tag_lists))
    trace = trace_flow(network, packs, chosen.settings, source, destination)
    deliver(_render(trace, form, output), output)
    return _EXITS[trace.verdict]


def _render(trace: Trace, form: str, output: str) -> str:
    if form == "json":
        from auditor.reporters import trace_json

        return trace_json.render(trace)
    from auditor.reporters import trace_console

    return trace_console.render(
        trace, width=terminal_width(), colour=wants_colour(output), unicode=output != STDOUT or can_draw()
    )
