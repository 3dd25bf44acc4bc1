"""The word that was probably meant, for messages about unknown words."""

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean "x"?` with the known word most like `word`, or "" if none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - slow to load, and only mistakes need it

    near = get_close_matches(word.lower(), list(known), n=1)
    return f'; did you mean "{near[0]}"?' if near else ""
