"""What a shell offers to complete an argument or an option with; loads nothing that completing a name does not need."""

from pathlib import Path

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


def packs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001 - see above
    """Offer editions of packs as PACK@EDITION, with the cloud behind those of another one than --cloud says."""
    from auditor.collectors.rules import pack_names

    cloud, folder = ctx.params.get("cloud") or "public", ctx.params.get("pack_dir")
    names = pack_names(Path(folder) if folder else None)
    texts = [f"{each.service}@{each.label}{'' if each.cloud == cloud else f'.{each.cloud}'}" for each in names]
    return [CompletionItem(each) for each in texts if each.startswith(incomplete)]
