"""Bad input gets one line naming what, where and what to do; never a traceback."""

import gzip
import io
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.collectors.files import read_sources
from auditor.errors import SourceError
from tests.collectors.saved import names, read, read_bytes, route_table

GOOD = json.dumps([route_table()]).encode()
SAVE_AGAIN = "save the JSON again, whole and unchanged"
ONE_EACH = "keep one JSON document per file, or make them one list"
NOT_EMPTY = "run the command that wrote it again and look at its messages"


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + GOOD,
        b"\xff\xfe" + GOOD.decode().encode("utf-16-le"),
        b"\xfe\xff" + GOOD.decode().encode("utf-16-be"),
        gzip.compress(GOOD),
        gzip.compress(b"\xef\xbb\xbf" + GOOD),
        b"\n  " + GOOD + b"\n\n",
        GOOD.replace(b'"etag"', b'"etag": "first", "etag"'),
    ],
    ids=["bom", "utf-16-le", "utf-16-be", "gzip", "gzip-bom", "white-space", "duplicate-key"],
)
def test_tolerated(data: bytes) -> None:
    """Byte order marks, UTF-16 as PowerShell writes it, gzip, white space and repeated keys are read."""
    assert names(read_bytes(data)) == ["rt-ase"]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", f"is empty; {NOT_EMPTY}"),
        (b"\xef\xbb\xbf", f"is empty; {NOT_EMPTY}"),
        (gzip.compress(b""), f"is empty; {NOT_EMPTY}"),
        (b" \r\n\t", "holds only white space; run the command that wrote it again"),
        (b'{"a": 1,}', f"is not JSON: trailing comma in object at line 1, column 9; {SAVE_AGAIN}"),
        (b"[1,\n  2,\n\n   x]", f"is not JSON: invalid character at line 4, column 4; {SAVE_AGAIN}"),
        ('["é", x]'.encode(), f"is not JSON: invalid character at line 1, column 7; {SAVE_AGAIN}"),
        (b"\xef\xbb\xbf[x]", f"is not JSON: invalid character at line 1, column 2; {SAVE_AGAIN}"),
        (b"Name  Location\n", f"is not JSON: invalid character at line 1, column 1; {SAVE_AGAIN}"),
        (b"[NaN]", f"is not JSON: NaN at line 1, column 2; {SAVE_AGAIN}"),
        (b"[1, Infinity]", f"is not JSON: Infinity at line 1, column 5; {SAVE_AGAIN}"),
        (b'[\n{"a": [1, 2', f"the JSON ends unfinished at line 2, column 12; {SAVE_AGAIN}"),
        (
            b"[]\n[]",
            f"more follows the end of the JSON at line 2, column 1; {ONE_EACH}",
        ),
        (b'["a",\n "caf\xe9"]', "byte 0xe9 at line 2, column 6 is not UTF-8; save it as UTF-8"),
        (
            "[1]".encode("utf-16-le"),
            "holds zero bytes, as binary files and UTF-16 without byte order mark do; save it as UTF-8",
        ),
        (b"\xff\xfe[", "starts as UTF-16 but is not valid UTF-16; save it as UTF-8"),
        ("[1]".encode("utf-32"), "is encoded in UTF-32; save it as UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, f"is nested too deeply to be ARM JSON; {SAVE_AGAIN}"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, f"is nested too deeply to be ARM JSON; {SAVE_AGAIN}"),
        (b"[1e999]", f"is not JSON: Number out of range - at `$[0]`; {SAVE_AGAIN}"),
        (gzip.compress(GOOD)[:-9], "its gzip compression is damaged or cut off; compress it again"),
        (b"\x1f\x8b\x08garbage", "its gzip compression is damaged or cut off; compress it again"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bytes_that_are_no_json(data: bytes, line: str) -> None:
    """Every fault of encoding or syntax is named with its line and column, both counted from 1."""
    with pytest.raises(SourceError) as fault:
        read_bytes(data)

    assert str(fault.value) == f"stdin: {line}"


@pytest.mark.parametrize("size", [len(GOOD), 2 * 1024**2, 3 * 1024**2 + 1])
def test_a_compressed_file_is_read_up_to_the_bound(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In pieces, of which none is lost, and no further than one that would be too long."""
    text = GOOD + b" " * (size - len(GOOD))

    monkeypatch.setattr("auditor.collectors.decode._LONGEST_TEXT", size)
    assert names(read_bytes(gzip.compress(text))) == ["rt-ase"]

    monkeypatch.setattr("auditor.collectors.decode._LONGEST_TEXT", size - 1)
    with pytest.raises(SourceError, match="once decompressed; split it"):
        read_bytes(gzip.compress(text))


def test_deep_values_that_can_be_decoded_do_not_overflow() -> None:
    """Nesting just below the limit of the decoder, twice and different, is compared or given up, not a traceback."""
    deep: list[object] = []
    for _ in range(900):
        deep = [deep]
    other = json.dumps([route_table(routes=deep), route_table(routes=[deep])]).encode()

    assert len(read_bytes(other).gaps) == 1


KEYS = [
    *("id", "name", "type", "properties", "value", "data", "values", "error", "schema", "resources", "nextLink"),
    *("Id", "Properties", "columns", "rows", "totalRecords", "changeNumber", "gaps", "service_tags", "$schema", "url"),
]
TEXTS = ["", "x", "snapshot/1", route_table()["id"], route_table()["type"], "7" * 5000, "NaN", "\x1b[31m\n"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(TEXTS) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=20,
)


@given(value=ANYTHING)
def test_any_json_is_read_or_refused_in_one_line(value: object) -> None:
    """Whatever JSON holds under the very keys the shapes are told by, the answer is documents or one line."""
    refusal = None
    try:
        resources = read(value).resources
    except SourceError as fault:
        resources, refusal = (), str(fault)

    assert refusal is None or (refusal.startswith("stdin: ") and refusal.isprintable())
    assert all(each["id"] and each["name"] and each["type"] for each in resources)
    assert all(isinstance(each["properties"], dict) for each in resources)


@given(data=st.binary())
def test_any_bytes_are_read_or_refused_in_one_line(data: bytes) -> None:
    """Bytes of any kind, compressed or not, never end in a traceback."""
    for each in (data, b"\x1f\x8b" + data, b"\xff\xfe" + data, b"[" + data):
        assert _refusal(each).isprintable()


@pytest.mark.parametrize("part", ["id", "name", "type", "properties", "value", "schema", "nextLink", "values", "error"])
def test_nesting_at_the_limit_is_no_traceback(part: str) -> None:
    """Values nested as deeply as the decoder admits, under every key that is looked at, in a list and twice."""
    deepest = next(depth for depth in range(1000, 0, -1) if _decodes(depth))
    for depth in range(deepest - 40, deepest + 1):
        document = {**route_table(), part: "DEEP", "cloud": "x"}
        text = json.dumps([document, {**document, "etag": 2}]).replace('"DEEP"', "[" * depth + "]" * depth)
        assert _refusal(text.encode()).isprintable()


def _refusal(data: bytes) -> str:
    """Return the line with which `data` is refused; "" where it is read."""
    try:
        read_bytes(data)
    except SourceError as fault:
        return str(fault)
    return ""


def _decodes(depth: int) -> bool:
    """Tell whether lists nested this deep can be decoded."""
    try:
        msgspec.json.decode(b"[" * depth + b"]" * depth)
    except RecursionError:
        return False
    return True


def test_missing_file(tmp_path: Path) -> None:
    """A path that names nothing is said to."""
    missing = tmp_path / "no.json"

    with pytest.raises(SourceError) as fault:
        read_sources([str(missing)], None)

    assert str(fault.value) == f"{missing}: no such file or folder; check the path"


def test_empty_path() -> None:
    """An unset shell variable must not mean the current folder."""
    with pytest.raises(SourceError, match=r"^a SOURCE is empty text; name a file, a folder or - for standard input$"):
        read_sources([""], None)


def test_standard_input_is_read_once() -> None:
    """A second - would find nothing and read as an empty network."""
    with pytest.raises(SourceError, match=r"^stdin: can be read only once; name - once$"):
        read_sources(["-", "-"], io.BytesIO(GOOD))


def test_no_standard_input() -> None:
    """A closed standard input is said to be."""
    with pytest.raises(SourceError, match=r"^stdin: nothing is connected to it; pipe JSON"):
        read_sources(["-"], None)


def test_broken_file_in_a_folder_stops(tmp_path: Path) -> None:
    """A damaged file may have held anything, so the folder is not read as if it were absent."""
    (tmp_path / "good.json").write_bytes(GOOD)
    (tmp_path / "bad.json").write_bytes(b"[1,")

    with pytest.raises(SourceError) as fault:
        read_sources([str(tmp_path)], None)

    assert str(fault.value) == f"{tmp_path / 'bad.json'}: the JSON ends unfinished at line 1, column 4; {SAVE_AGAIN}"


def test_link_to_itself(tmp_path: Path) -> None:
    """A link that leads nowhere is a line, not a hang."""
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")

    with pytest.raises(SourceError, match=r"loop\.json: cannot be read \(.+\); check the path$"):
        read_sources([str(tmp_path)], None)


@pytest.fixture
def locked() -> Iterator[Path]:
    """A folder everyone may enter, in a process without the powers of root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "secret.json").write_bytes(GOOD)
        (folder / "secret.json").chmod(0)
        (folder / "closed").mkdir()
        (folder / "closed").chmod(0)
        was_root = os.geteuid() == 0
        if was_root:
            os.seteuid(65534)
        yield folder
        if was_root:
            os.seteuid(0)
        (folder / "closed").chmod(0o700)


@pytest.mark.parametrize("name", ["secret.json", "closed", "closed/inside.json", ""])
def test_no_permission(locked: Path, name: str) -> None:
    """A file or folder that may not be read is named, directly or inside a folder."""
    with pytest.raises(SourceError) as fault:
        read_sources([str(locked / name)], None)

    where, line = str(fault.value).split(": ")
    assert where in {str(locked / part) for part in ("secret.json", "closed", "closed/inside.json")}
    assert line == "not readable by you; change its permissions or run as its owner"
