"""What a file could not hold, and how that is said: in the file itself and to whoever wrote it."""

from dataclasses import dataclass

from auditor.reporters.text import count


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A report as text, and in sentences what is not in it."""

    text: str
    left_out: tuple[str, ...]


def left_out_line(number: int, noun: str, why: str) -> str:
    """Return the sentence on what is not in a file."""
    return f"{count(number, noun)} left out: {why}"
