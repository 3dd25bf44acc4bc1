"""YAML into plain values: what it means, what it never does, and what it says when it cannot."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import ConfigError
from auditor.yamltext import load_yaml

WORDS = st.text(
    alphabet=st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f", exclude_categories=["Cc"])
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_json_values_come_back_as_they_are(value: object) -> None:
    """Every JSON document is read as what it says, as PyYAML does; however it is written."""
    flow = json.dumps(value, ensure_ascii=False)
    block = yaml.safe_dump(value, allow_unicode=True)

    assert load_yaml(flow, "x", ConfigError) == value
    assert load_yaml(block, "x", ConfigError) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("1.10", "1.10"),
        ("2018-09-24", "2018-09-24"),
        ("40.77.24.27:443", "40.77.24.27:443"),
        ("12:30:45", "12:30:45"),
        ("007", "007"),
        ("0x1F", "0x1F"),
        ("'12'", "12"),
        ("-12", -12),
        ("~", None),
        ("True", "True"),
        ("", None),
        ("# nothing but a comment", None),
        ("---", None),
        ("<<: {a: 1}", {"<<": {"a": 1}}),
    ],
)
def test_text_stays_text(text: str, value: object) -> None:
    """Nothing but true, false, null and whole numbers is bent into another type."""
    assert load_yaml(text, "x", ConfigError) == value


PROPER = "put text that starts with * & ! % @ or holds ': ' in quotes"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", 'line 3, column 1: "a" is given twice; keep one of them'),
        ("- *.example.com", f"line 1, column 4: did not find expected alphabetic or numeric character; {PROPER}"),
        (
            "a: &x [1]\nb: *x",
            f"line 1, column 4: anchors (&) and aliases (*) are not supported; write the value out, or {PROPER}",
        ),
        ("a: *x", f"line 1, column 4: anchors (&) and aliases (*) are not supported; write the value out, or {PROPER}"),
        ("!!python/object:os.system {}", f"line 1, column 1: tags (!) are not supported; {PROPER}"),
        ("a: [1", f"line 2, column 1: did not find expected ',' or ']'; {PROPER}"),
        ("[a]: 1", "line 1, column 1: a list or mapping cannot be a name; write name: value"),
        ("--- a\n--- b", "line 2, column 1: a second document begins; keep one per file"),
        ("\x00", "not readable as YAML; remove control characters and save the file as UTF-8"),
        ("\ud800", "not readable as YAML; remove control characters and save the file as UTF-8"),
        (b"\xff", "byte 1 is not UTF-8; save the file as UTF-8"),
        ("[" * 100_000, "line 1, column 22: nested too deeply; 20 levels are enough"),
        ("- " * 100_000, "line 1, column 43: nested too deeply; 20 levels are enough"),
    ],
)
def test_fault_says_where_and_what_to_do(text: str | bytes, message: str) -> None:
    """One line with the place in the text and the remedy, as the error of the caller's choice."""
    with pytest.raises(ConfigError) as caught:
        load_yaml(text, "auditor.yaml", ConfigError)

    assert str(caught.value) == f"auditor.yaml: {message}"
