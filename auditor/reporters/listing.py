"""Lists for people: a table that turns into blocks where it does not fit, and short texts in a grid."""

import re
from collections.abc import Collection, Sequence

from tabulate import tabulate

from auditor.reporters.terminal import Sheet
from auditor.reporters.text import cells, plain, wrap

_GAP = 2
_NARROWEST = 15
"""The last column of a table is wrapped down to this width; a narrower one breaks words."""
_STEP = 25
"""About the width of one field of a grid."""
_CELL = "\ue000"
"""What is in no plain text, and so can stand for it."""


def table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, key: int = 1, right: Collection[int] = ()
) -> str:
    """Return rows as a table whose last column is wrapped to the width; as blocks where even that does not fit.

    key: how many of the first columns head a block. right: columns aligned right, by number. There must be a row.
    A header of several lines is written as one in blocks.
    """
    safe = [[plain(cell) for cell in row] for row in rows]
    heads = [max(header.splitlines(), key=cells) for header in headers]
    taken = sum(max(cells(row[at]) for row in (heads, *safe)) + _GAP for at in range(len(headers) - 1))
    last = max(cells(row[-1]) for row in (heads, *safe))
    room = width - taken
    if room < min(last, _NARROWEST):
        return _blocks([header.replace("-\n", "") for header in headers], safe, width, key)
    wrapped = [[*row[:-1], "\n".join(wrap(row[-1], room))] for row in safe]
    align = ["right" if at in right else "left" for at in range(len(headers))]
    parts = ([line for cell in column for line in cell.splitlines()] for column in zip(headers, *wrapped, strict=True))
    rule = ["-" * max(map(cells, lines)) for lines in parts]
    shape = [[*map(_stand_in, row[:-1]), row[-1]] for row in wrapped]
    text = tabulate([headers, rule, *shape], tablefmt="plain", disable_numparse=True, colalign=align)
    wide = iter(cell for row in wrapped for cell in row[:-1] if not cell.isascii())
    text = re.sub(f"{_CELL}+", lambda _: next(wide), text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def _stand_in(cell: str) -> str:
    """Return what takes as many characters as a cell takes on a terminal: tabulate counts characters."""
    return cell if cell.isascii() else _CELL * max(cells(cell), 1)


def grid(sheet: Sheet, texts: Sequence[str]) -> None:
    """Write short texts side by side in their order, at stops that line up; a long one takes several fields."""
    width = sheet.width - _GAP
    stop = width // max(1, width // _STEP)
    line, used = "", 0
    for text in map(plain, texts):
        size = cells(text)
        start = -(-(used + _GAP) // stop) * stop if line else 0
        if line and start + size > width:
            _row(sheet, line)
            line, used, start = "", 0, 0
        line += " " * (start - used) + text
        used = start + size
    if line:
        _row(sheet, line)


def _row(sheet: Sheet, line: str) -> None:
    """Write one row of a grid; one text that is wider than the sheet is broken."""
    if cells(line) + _GAP <= sheet.width:
        sheet.raw(f"  {line}")
    else:
        sheet.say(line, first="  ")


def _blocks(headers: Sequence[str], rows: Sequence[Sequence[str]], width: int, key: int) -> str:
    sheet = Sheet(width, colour=False)
    for row in rows:
        sheet.say(" ".join(row[:key]))
        rest = zip(headers[key:], row[key:], strict=True)
        sheet.say(", ".join(f"{header}: {cell}" for header, cell in rest), first="  ")
    return sheet.text()
