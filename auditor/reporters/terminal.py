"""A sheet of terminal text: wraps to a width, makes every text plain, and paints sparingly."""

from auditor.reporters.text import cells, plain, wrap

_LABEL = 11
"""Cells of the label column of a field, the gap after it included."""
_STACKED = 60
"""Below this width a label stands above its text, not beside it."""

_CODES = {"strong": "1", "bad": "1;31", "doubtful": "33", "mild": "36", "good": "32", "": ""}

LEVEL_STYLES = {"error": "bad", "warning": "doubtful", "note": "mild"}
"""The style of each level of findings."""


class Sheet:
    """Lines of a report for people.

    Every text handed in is taken for other people's input: it is made plain here, so that no caller can forget to.
    width: cells per line, at least 20. Styles: "strong", "bad", "doubtful", "mild", "good", or "" for none.
    """

    def __init__(self, width: int, *, colour: bool) -> None:
        self.width = max(width, 20)
        self._colour = colour
        self._lines: list[str] = []

    @property
    def stacked(self) -> bool:
        """Whether the sheet is too narrow for two columns."""
        return self.width < _STACKED

    def painted(self, text: str, style: str) -> str:
        """Return `text`, which must be plain already, in a style."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self._colour and style and text else text

    def gap(self) -> None:
        """Leave one empty line, never two, and none at the top."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def heading(self, text: str, rule: str = "-") -> None:
        """Start a section."""
        self.gap()
        lines = wrap(plain(text), self.width)
        self._lines += [self.painted(line, "strong") for line in lines]
        self._lines.append(rule * max(map(cells, lines)))

    def say(  # noqa: PLR0913 - two styled openings, a hanging indent
        self, text: str, *, first: str = "", rest: str = "", lead: str = "", style: str = "", first_style: str = ""
    ) -> None:
        """Write a paragraph: `lead` in a style, then `text`. `first` and `rest` are put before its lines, as they are.

        Without `rest`, the other lines are indented as far as the first.
        """
        before = self.painted(first, first_style)
        lead = plain(lead)
        room = self.width - max(cells(first), cells(rest))
        for at, line in enumerate(wrap(plain(f"{lead} {text}"), room)):
            leads = at == 0 and lead and line.startswith(lead)
            shown = self.painted(lead, style) + line[len(lead) :] if leads else line
            self._lines.append((before + shown).rstrip())
            before = rest or " " * cells(first)

    def field(self, label: str, text: str, *, bullet: str = "") -> None:
        """Write `text` beside its label; below it where the sheet is narrow and the text is long.

        "" as label continues the field above.
        """
        if not self.stacked:
            self.say(text, first=f"  {label:<{_LABEL}}{bullet}", rest=" " * (2 + _LABEL + len(bullet)))
        elif label and not bullet and cells(line := f"  {label}: {plain(text)}") <= self.width:
            self.raw(line)
        else:
            if label:
                self.raw(f"  {label}:")
            self.say(text, first=f"    {bullet}")

    def fields(self, label: str, texts: list[str], *, bullet: str = "") -> None:
        """Write several texts under one label; nothing where there are none."""
        for text in texts:
            self.field(label, text, bullet=bullet)
            label = ""

    def raw(self, line: str) -> None:
        """Write a line that is plain, fitting and painted already."""
        self._lines.append(line.rstrip())

    def text(self) -> str:
        """Return the sheet, ending in one line break."""
        return "\n".join(self._lines).strip("\n") + "\n"
