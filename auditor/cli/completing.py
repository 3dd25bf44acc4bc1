"""What a shell offers to complete an argument or an option with; loads nothing that completing a name does not need."""

import click
from click.shell_completion import CompletionItem


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001 - the interface of click
    """Let the shell offer files and folders."""
    return [CompletionItem(incomplete, type="file")]


def checks(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001 - see above
    """Offer the ids of checks."""
    from auditor.collectors.rules import read_checks

    return [
        CompletionItem(each.id, help=each.title) for each in read_checks().values() if each.id.startswith(incomplete)
    ]
