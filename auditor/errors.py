"""Everything that can go wrong in a way the user can mend.

AuditorError
├── SourceError      an input file, folder or stream cannot be read as any known shape
├── PackError        a requirement pack is missing, malformed or was asked for wrongly
├── ConfigError      auditor.yaml is malformed
├── FlowError        a flow written on the command line names nothing, or too much
├── LiveError        Azure cannot be read: no identity, no scope, or an answer that cannot be trusted
├── HistoryError     the history cannot be opened, read or written
└── OutputError      a report cannot be written

`auditor.cli` is the only place that turns one of these into a message and exit code 2. What could not be read but
leaves the rest worth auditing is not an error: it is a `auditor.findings.Gap`.
"""


class AuditorError(Exception):
    """A fault with one line for people: what is wrong, where, and what to do next.

    The line is the whole of `str(error)`; it never spans lines, so that it survives logs and terminals.
    """

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class SourceError(AuditorError):
    """An input cannot be read as any of the shapes the auditor knows."""


class PackError(AuditorError):
    """A requirement pack is missing, malformed, or was asked for by a name or date that fits none."""


class ConfigError(AuditorError):
    """The configuration file is not valid."""


class FlowError(AuditorError):
    """A flow asked for on the command line cannot be understood or names no single subnet."""


class LiveError(AuditorError):
    """Azure cannot be read at all, or what it answers cannot be trusted to be whole."""


class HistoryError(AuditorError):
    """The history cannot be opened, read or written; what was recorded before is untouched."""


class OutputError(AuditorError):
    """A report could not be written; what stood there before is untouched."""
