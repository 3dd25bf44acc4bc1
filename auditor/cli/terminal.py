"""What the terminal is like."""

import shutil

_NARROWEST, _WIDEST = 40, 160
_ELSEWHERE = 100  # a file or a pipe


def terminal_width() -> int:
    """Return the cells per line to write for: COLUMNS, else the terminal's own; 100 where stdout is no terminal."""
    return min(max(shutil.get_terminal_size((_ELSEWHERE, 24)).columns, _NARROWEST), _WIDEST)
