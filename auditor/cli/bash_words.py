"""Completion in bash of words with an @ in them: bash cuts them there, and completes the last piece alone."""

from click.shell_completion import BashComplete, CompletionItem, add_completion_class

_SIGN = "@"


class _Bash(BashComplete):
    """Puts the pieces of a word together again, and gives back the piece that bash has asked for."""

    name = "bash"
    _before = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the whole words before the one to complete, and that one."""
        args, incomplete = super().get_completion_args()
        *words, last = _joined([*args, incomplete])
        self._before = last[: last.rfind(_SIGN) + 1]
        return words, last

    def format_completion(self, item: CompletionItem) -> str:
        """Return what bash puts in the place of the last piece."""
        item.value = item.value.removeprefix(self._before)
        return super().format_completion(item)


def _joined(pieces: list[str]) -> list[str]:
    words: list[str] = []
    for piece in pieces:
        if words and (piece == _SIGN or words[-1].endswith(_SIGN)):
            words[-1] += piece
        else:
            words.append(piece)
    return words


def register() -> None:
    """Have click complete for bash in this way."""
    add_completion_class(_Bash)
