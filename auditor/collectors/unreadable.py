"""JSON that is none of the shapes the auditor reads, explained to people."""

_LONGEST_QUOTE = 200


class Unreadable(Exception):  # noqa: N818 - a description of the input, which may become an error or a gap
    """A well-formed JSON value cannot be read as resources.

    reason: what it is, continuing a line that starts with the name of the file.
    advice: what to do instead.
    what, scope: what may be missing because it was not read, as in a Gap.
    hides: whether a resource may be missing because of it. False for JSON that never holds one, such as our own
        reports; None where only a look at all of the value tells.
    """

    def __init__(
        self, reason: str, advice: str, *, what: str = "*", scope: str = "", hides: bool | None = True
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice
        self.what = what
        self.scope = scope
        self.hides = hides


def quoted(value: object) -> str:
    """Return text of the input fit for a message: one line, printable, not long."""
    line = " ".join(str(value).split())
    printable = "".join(each if each.isprintable() else "?" for each in line)
    return printable if len(printable) <= _LONGEST_QUOTE else printable[: _LONGEST_QUOTE - 3] + "..."
