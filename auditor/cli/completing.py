"""What a shell offers to complete an argument or an option with; loads nothing that completing a name does not need.

Every option or argument that takes a file, a folder, a report or a pack names one of these functions.
"""

import os
from contextlib import suppress
from pathlib import Path

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001 - the interface of click
    """Let the shell offer files and folders."""
    return [CompletionItem(incomplete, type="file")]


def folders(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001 - see above
    """Let the shell offer folders."""
    return [CompletionItem(incomplete, type="dir")]


def reports(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001 - see above
    """Offer the FORMAT of FORMAT=FILE, then files: a shell by itself would look for one that is called like both."""
    form, equals, start = incomplete.partition("=")
    if equals:
        return [CompletionItem(f"{form}={each}", is_file=True) for each in _paths(start)]
    from auditor.cli.formats import FORMATS

    return [CompletionItem(f"{each}=") for each in FORMATS if each.startswith(form)]


def _paths(start: str) -> list[str]:
    """Return the files and folders whose path begins so, as a shell lists them: hidden ones only where one is begun."""
    folder, name = os.path.split(start)
    found = []
    with suppress(OSError), os.scandir(folder or ".") as entries:
        for entry in entries:
            hidden = entry.name.startswith(".") and not name.startswith(".")
            if entry.name.startswith(name) and entry.name.isprintable() and not hidden:
                found.append(os.path.join(folder, entry.name) + ("/" if entry.is_dir() else ""))  # noqa: PTH118 - as typed
    return sorted(found)


def packs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001 - see above
    """Offer the names of packs that ship."""
    from auditor.collectors.rules import pack_names

    names = sorted({each.service for each in pack_names()})
    return [CompletionItem(each) for each in names if each.startswith(incomplete)]


def editions(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001 - see above
    """Offer editions of packs as PACK@EDITION, with the cloud behind those of another one than --cloud says."""
    from auditor.collectors.rules import pack_names

    cloud, folder = ctx.params.get("cloud") or "public", ctx.params.get("pack_dir")
    names = pack_names(Path(folder) if folder else None)
    texts = [f"{each.service}@{each.label}{'' if each.cloud == cloud else f'.{each.cloud}'}" for each in names]
    return [CompletionItem(each) for each in texts if each.startswith(incomplete)]


def checks(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001 - see above
    """Offer the ids of checks."""
    from auditor.collectors.rules import read_checks

    return [
        CompletionItem(each.id, help=each.title) for each in read_checks().values() if each.id.startswith(incomplete)
    ]


_SIGNS = "=@"


class _Bash(BashComplete):
    """bash parts words at "=" and "@", and puts what is offered in place of the last part alone."""

    _before = ""
    """What comes before the last part of the word that is completed."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is completed, and that one, each whole."""
        args, incomplete = super().get_completion_args()
        *words, last = _joined([*args, incomplete])
        self._before = last[: max(map(last.rfind, _SIGNS)) + 1]
        return words, last

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Return what is offered; files are left to bash, which knows what it has of the word."""
        found = super().get_completions(args, incomplete)
        if self._before and any(each.is_file for each in found):
            return [CompletionItem("", type="file")]
        return found

    def format_completion(self, item: CompletionItem) -> str:
        """Return what bash puts in place of the last part."""
        item.value = item.value.removeprefix(self._before)
        return super().format_completion(item)


def _joined(parts: list[str]) -> list[str]:
    words: list[str] = []
    for part in parts:
        is_sign = part != "" and not part.strip(_SIGNS)
        if words and (is_sign or words[-1].endswith(tuple(_SIGNS))):
            words[-1] += part
        else:
            words.append(part)
    return words


def register() -> None:
    """Have bash completed our way; zsh and fish are as click does them."""
    add_completion_class(_Bash)
