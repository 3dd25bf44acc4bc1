"""Names made harmless, widths, wrapping."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.reporters.text import cells, plain, plain_json, resource_label, resource_name, shorten, wrap
from tests.reporters.samples import NET, SUBNET, SUBSCRIPTION

ANY_TEXT = st.text(st.characters(exclude_categories=()))
"""Any text, lone surrogates included."""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rt-ase", "rt-ase"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("one\r\ntwo\tthree", r"one\r\ntwo\tthree"),
        ("\x9b31m\x7f\x00", r"\x9b31m\x7f\x00"),
        ("gnp\u202eexe", r"gnp\u202eexe"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("line\u2028para\u2029", r"line\u2028para\u2029"),
        ("\udc80", r"\udc80"),
        ("\U000e0041", r"\U000e0041"),
        ("::error::x", r"\x3a:error\x3a:x"),
        ("::set-output name=a::b", r"\x3a:set-output name=a::b"),
        ("##vso[task.complete]", r"\x23#vso[task.complete]"),
        ("##[error]", r"\x23#[error]"),
        ("::/0 and 2001:db8::ac, fd00::1", "::/0 and 2001:db8::ac, fd00::1"),
        ("東京 é", "東京 é"),
    ],
)
def test_plain_shows_what_could_act(text: str, shown: str) -> None:
    """Control, format and log-command characters are written out; names and addresses stay as they are."""
    assert plain(text) == shown


@given(ANY_TEXT)
def test_plain_text_is_printable_and_its_own_plain_form(text: str) -> None:
    """Whatever comes in, one line of printable text comes out, and doing it twice changes nothing."""
    once = plain(text)

    assert once.isprintable()
    assert plain(once) == once


@given(st.text())
def test_plain_json_keeps_the_meaning(text: str) -> None:
    """Escapes in JSON hide nothing from a program and act on no terminal."""
    shown = plain_json(json.dumps({"name": text, "more": ["::error::", "##[x]"]}, ensure_ascii=False))

    assert json.loads(shown)["name"] == text
    assert shown.isprintable()
    assert "::error" not in shown
    assert "##[" not in shown


@given(ANY_TEXT.map(plain), st.integers(2, 60))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    """Every line fits the width, and all but the blanks is still there, in order."""
    lines = wrap(text, width)

    assert all(cells(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_long_word_is_broken_after_a_slash() -> None:
    """An ARM id breaks between its parts, not within one."""
    assert wrap("see Microsoft.Network/firewallPolicies/read now", 36) == [
        "see",
        "Microsoft.Network/firewallPolicies/",
        "read now",
    ]


def test_wide_characters_take_two_cells_and_combining_ones_none() -> None:
    """Widths are as a terminal counts them."""
    assert cells("東京") == 4
    assert cells(unicodedata.normalize("NFD", "é")) == 1


@given(ANY_TEXT.map(plain), st.integers(5, 40))
def test_shortened_text_fits(text: str, width: int) -> None:
    """What does not fit loses its middle and says so; what fits is unchanged."""
    short = shorten(text, width)

    assert cells(short) <= width
    assert short == text or "..." in short


def test_resources_are_named_as_people_do() -> None:
    """The name has the parents; the label has all of the id; anything else stays as it is."""
    assert resource_name(SUBNET) == "vnet-ase/ase"
    assert resource_label(f"{NET}/routeTables/rt-ase") == (
        "rt-ase (Microsoft.Network/routeTables) in resource group rg-net, "
        "subscription 11111111-2222-3333-4444-555555555555"
    )
    assert resource_label(SUBSCRIPTION) == "subscription 11111111-2222-3333-4444-555555555555"
    assert resource_label("not/an/id") == resource_name("not/an/id") == "not/an/id"
