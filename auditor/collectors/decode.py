"""Bytes to a JSON value: compression, encoding, syntax, each fault with its place."""

import gzip
import io
import re
import zlib

import msgspec

from auditor.errors import SourceError

_GZIP = b"\x1f\x8b"
_LONGEST_TEXT = 4 * 1024**3
_PIECE = 1024**2
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_UTF32_MARKS = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")
_SAVE_AS_UTF8 = "save it as UTF-8"
_SAVE_UNCHANGED = "save the JSON again, whole and unchanged"


def decode(data: bytes, where: str) -> object:
    """Return the JSON value in `data`: plain or gzip, UTF-8 or, with its byte order mark, UTF-16.

    where: what messages call the input. Raises SourceError with the line and column of the fault, both from 1.
    """
    text = plain_text(data, where)
    try:
        return msgspec.json.decode(text)
    except RecursionError:
        raise SourceError(f"{where}: is nested too deeply to be ARM JSON; {_SAVE_UNCHANGED}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise SourceError(f"{where}: {_explained(text, str(fault))}") from None


def plain_text(data: bytes, where: str) -> bytes:
    """Return the JSON text in `data` as UTF-8 without byte order mark, decompressed. Raises SourceError."""
    return _text(_plain(data, where), where)


def _plain(data: bytes, where: str) -> bytes:
    """Return `data` without gzip compression, if it has any."""
    if not data.startswith(_GZIP):
        return data
    plain = io.BytesIO()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            while piece := stream.read(_PIECE):  # as much as was asked for is taken from memory at once
                if plain.tell() + len(piece) > _LONGEST_TEXT:
                    raise SourceError(
                        f"{where}: is more than {_LONGEST_TEXT // 1024**3} GiB once decompressed; split it"
                    )
                plain.write(piece)
    except (OSError, EOFError, zlib.error):
        raise SourceError(f"{where}: its gzip compression is damaged or cut off; compress it again") from None
    return plain.getvalue()


def _text(data: bytes, where: str) -> bytes:
    """Return `data` as UTF-8 without byte order mark."""
    if data.startswith(_UTF32_MARKS):
        raise SourceError(f"{where}: is encoded in UTF-32; {_SAVE_AS_UTF8}")
    if data.startswith(_UTF16_MARKS):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeError:
            raise SourceError(f"{where}: starts as UTF-16 but is not valid UTF-16; {_SAVE_AS_UTF8}") from None
    text = data.removeprefix(_UTF8_MARK)
    if not text:
        raise SourceError(f"{where}: is empty; run the command that wrote it again and look at its messages")
    if text[:1].isspace() and text.isspace():
        raise SourceError(f"{where}: holds only white space; run the command that wrote it again")
    return text


def _explained(text: bytes, fault: str) -> str:
    """Return what is wrong with `text`, at which line and column, and what to do."""
    try:
        text.decode()
    except UnicodeDecodeError as wrong:
        place = _place(text, wrong.start)
        return f"byte 0x{text[wrong.start]:02x} at {place} is not UTF-8; {_SAVE_AS_UTF8}"
    if b"\0" in text[:64]:
        return f"holds zero bytes, as binary files and UTF-16 without byte order mark do; {_SAVE_AS_UTF8}"
    position = re.search(r" \(byte (\d+)\)$", fault)
    if position is None and "truncated" in fault:
        return f"the JSON ends unfinished at {_place(text, len(text.rstrip()))}; {_SAVE_UNCHANGED}"
    what = fault.removeprefix("JSON is malformed: ")
    if position is None:
        return f"is not JSON: {what}; {_SAVE_UNCHANGED}"
    offset = int(position[1])
    place = _place(text, offset)
    if "trailing characters" in fault:
        place = _place(text, offset - 1)  # here the decoder reports the byte after the one it stumbled on
        return f"more follows the end of the JSON at {place}; keep one JSON document per file, or make them one list"
    if word := re.match(rb"-?(NaN|Infinity)", text[offset:]):
        return f"is not JSON: {word[0].decode()} at {place}; {_SAVE_UNCHANGED}"
    return f"is not JSON: {what.removesuffix(position[0])} at {place}; {_SAVE_UNCHANGED}"


def _place(text: bytes, offset: int) -> str:
    """Return the line and column, in characters and from 1, of a byte of `text`."""
    start = text.rfind(b"\n", 0, offset) + 1
    line = text.count(b"\n", 0, offset) + 1
    return f"line {line}, column {len(text[start:offset].decode('utf-8', 'replace')) + 1}"
