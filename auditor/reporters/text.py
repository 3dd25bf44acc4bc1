"""Text made fit to show: names that cannot act on a terminal or a log, widths as a terminal counts them, wrapping.

Names of resources and rules are other people's input. This is the one place that makes them harmless.
"""

import re
import unicodedata

_LOG_COMMAND = re.compile(r":(?=:[A-Za-z-]*[G-Zg-z-])|#(?=#[A-Za-z]*\[)")
"""The first sign of `::error::` (GitHub) and of `##vso[` or `##[` (Azure Pipelines, TeamCity).

A `::` before letters that are all hexadecimal is left alone: it is part of an IPv6 address, and no command is so named.
"""

_NOT_ASCII = re.compile(r"[^\x20-\x7e\n]")

_ARM_ID = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)(?:/resourceGroups/(?P<group>[^/]+))?"
    r"(?:/providers/(?P<rest>[^/]+(?:/[^/]+/[^/]+)+))?",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    r"""Return `text` with everything that could act on a terminal or a CI log shown instead: ESC becomes `\x1b`.

    That is control characters (C0, C1, DEL), line breaks of every kind, invisible and bidirectional format characters,
    lone surrogates, and the first sign of a log command. The result is printable, has no line break, and is its own
    plain form.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _shown(char) for char in text)
    if "::" in text or "##" in text:
        text = _LOG_COMMAND.sub(lambda match: _shown(match[0]), text)
    return text


def _shown(char: str) -> str:
    """Return the escape a programmer would write for `char`."""
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    code = ord(char)
    if code <= 0xFF:  # noqa: PLR2004 - the range of \x escapes
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - the range of \u escapes


def plain_json(text: str) -> str:
    """Return the JSON document `text` with what `plain` would show as JSON escapes; its meaning is unchanged."""
    if not text.isascii() or "\x7f" in text:
        text = _NOT_ASCII.sub(lambda match: match[0] if match[0].isprintable() else _json_escape(match[0]), text)
    if "::" in text or "##" in text:
        text = _LOG_COMMAND.sub(lambda match: _json_escape(match[0]), text)
    return text


def _json_escape(char: str) -> str:
    """Return `char` as JSON escapes: UTF-16 code units, as JSON counts them."""
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def cells(text: str) -> int:
    """Return how many terminal cells `text` takes: two for wide characters, none for combining marks."""
    if text.isascii():
        return len(text)
    return sum(_cells(char) for char in text)


def _cells(char: str) -> int:
    """Return how many cells one character takes."""
    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def wrap(text: str, width: int) -> list[str]:
    """Break `text` into lines of at most `width` cells, between words where it can; at least one line, maybe empty.

    A word longer than a line is broken, after a "/", "," or "-" if one is near.
    """
    lines: list[str] = []
    line, used = "", 0
    for word in text.split():
        size = cells(word)
        if line and used + 1 + size <= width:
            line, used = f"{line} {word}", used + 1 + size
            continue
        if line:
            lines.append(line)
        rest = word
        while size > width:
            piece = _head(rest, width)
            lines.append(piece)
            rest = rest[len(piece) :]
            size = cells(rest)
        line, used = rest, size
    return [*lines, line] if line or not lines else lines


def _head(word: str, width: int) -> str:
    """Return the first part of a `word` that is wider than `width`: at least one character, at most `width` cells."""
    fits = max(_fitting(word, width), 1)
    cut = max(word.rfind(sign, 0, fits) for sign in "/,-") + 1
    return word[:cut] if cut > fits // 2 else word[:fits]


def _fitting(text: str, width: int) -> int:
    """Return how many of the first characters of `text` fit into `width` cells."""
    used = 0
    for at, char in enumerate(text):
        used += _cells(char)
        if used > width:
            return at
    return len(text)


def shorten(text: str, width: int) -> str:
    """Return `text` in at most `width` cells (at least 5), with "..." where its middle was."""
    if cells(text) <= width:
        return text
    head = _fitting(text, (width - 2) // 2)
    tail = _fitting(text[::-1], (width - 3) // 2)
    return f"{text[:head]}...{text[len(text) - tail :]}"


def fit(text: str, length: int) -> str:
    """Return `text` in at most `length` characters (at least 5), with "..." where its middle was.

    Counted as programs of .NET and Java do, in units of UTF-16: so do the platforms that set such a limit. Combining
    marks, which take no cell of a terminal, count too.
    """
    units = text.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * length:
        return text
    head, tail = (length - 2) // 2, (length - 3) // 2
    ends = (units[: 2 * head], units[len(units) - 2 * tail :])
    return "...".join(each.decode("utf-16-le", "ignore") for each in ends)  # without half of a character


def count(number: int, noun: str) -> str:
    """Return `number` with its noun: "1 error", "2,000 errors"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def resource_name(arm_id: str) -> str:
    """Return the short name of a resource, parents first: "vnet-hub/ase"; anything but an ARM id as it is."""
    match = _ARM_ID.fullmatch(arm_id.rstrip("/"))
    return "/".join(match["rest"].split("/")[2::2]) if match and match["rest"] else arm_id


def resource_label(arm_id: str) -> str:
    """Return an ARM id as people say it, and complete: name, type, resource group and subscription."""
    match = _ARM_ID.fullmatch(arm_id.rstrip("/"))
    if not match:
        return arm_id
    group = f"resource group {match['group']}, " if match["group"] else ""
    place = f"{group}subscription {match['subscription']}"
    if not match["rest"]:
        return place
    provider, *rest = match["rest"].split("/")
    return f"{'/'.join(rest[1::2])} ({'/'.join([provider, *rest[::2]])}) in {place}"
