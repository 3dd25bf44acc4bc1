"""Adding a waiver to a configuration: nothing else of the text changes, and the text means what it should."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.configfile import parse_config
from auditor.waivers import Waiver
from auditor.waiverwriting import add_waiver

WAIVER = Waiver(finding="00000000000000aa", reason='Agreed: "x" # y', owner="net, ops", until=date(2027, 1, 31))
ENTRY = """\
- finding: "00000000000000aa" # no-firewall on ase
  reason: "Agreed: \\"x\\" # y"
  owner: "net, ops"
  until: "2027-01-31"
"""
INDENTED = "".join(f"  {line}\n" for line in ENTRY.splitlines())
FLOW = '{finding: "00000000000000aa", reason: "Agreed: \\"x\\" # y", owner: "net, ops", until: "2027-01-31"}'
OTHER = "check: no-firewall\n  reason: a\n  owner: b\n  until: 2030-01-01"
STORY = """\
waivers:
  # mine
  - check:
      - no-firewall
    owner: b
    until: 2030-01-01
    reason: >-
      a long

      story
"""

CASES = [
    ("", "", f"waivers:\n{ENTRY}", ""),
    ("# nothing yet\n", "", f"waivers:\n{ENTRY}", ""),
    ("# nothing yet", "", f"\nwaivers:\n{ENTRY}", ""),
    ("---\n", "", f"waivers:\n{ENTRY}", ""),
    ("fail-on: note # strict\n# the end\n", "", f"waivers:\n{ENTRY}", ""),
    ("fail-on:   note", "", f"\nwaivers:\n{ENTRY}", ""),
    ("---\nfail-on: note\n...\n", "---\nfail-on: note\n", f"waivers:\n{ENTRY}", "...\n"),
    ("  fail-on: note\n", "", f"  waivers:\n{INDENTED}", ""),
    ("{}", "{", f"waivers: [{FLOW}]", "}"),
    ("{fail-on: note}\n", "{fail-on: note", f", waivers: [{FLOW}]", "}\n"),
    ("{fail-on: note,}\n", "{fail-on: note,", f"waivers: [{FLOW}]", "}\n"),
    ("waivers: []\nfail-on: note\n", "waivers: [", FLOW, "]\nfail-on: note\n"),
    (
        "waivers: [{check: no-firewall, reason: a, owner: b, until: 2030-01-01}] # mine\n",
        "waivers: [{check: no-firewall, reason: a, owner: b, until: 2030-01-01}",
        f", {FLOW}",
        "] # mine\n",
    ),
    (f"waivers:\n- {OTHER}\n", "", ENTRY, ""),
    (f"waivers:\n- {OTHER}", "", f"\n{ENTRY}", ""),
    (f"waivers:\n- {OTHER} # soon\n\n# how bad\nlevels: {{}}\n", f"waivers:\n- {OTHER} # soon\n", ENTRY, None),
    (f"waivers:\n- {OTHER}\n# - an old one\nlevels: {{}}\n", f"waivers:\n- {OTHER}\n", ENTRY, None),
    (
        f"{STORY}\n# next\nlevels: {{}}\n",
        STORY,
        INDENTED,
        "\n# next\nlevels: {}\n",
    ),
    (
        "waivers:\n- reason: a\n  owner: b\n  until: 2030-01-01\n  check: [no-firewall,\n    missing-fqdn] # two\n",
        "",
        ENTRY,
        "",
    ),
    ("\ufefffail-on: note\n", "", f"waivers:\n{ENTRY}", ""),
    ("waivers:\n", "", ENTRY, ""),
    ("waivers: # none left\nfail-on: note\n", "waivers: # none left\n", ENTRY, None),
    (
        f"waivers:\n- {OTHER}\n  # till the move\n# next\nlevels: {{}}\n",
        f"waivers:\n- {OTHER}\n  # till the move\n",
        ENTRY,
        None,
    ),
]


@pytest.mark.parametrize(("text", "before", "entry", "after"), CASES, ids=[repr(text[:50]) for text, *_ in CASES])
def test_an_entry_goes_where_a_person_would_write_it(text: str, before: str, entry: str, after: str | None) -> None:
    """At the end of the list, or of the file, indented as what is there; every other sign stays where it was.

    before: "" for the whole text; after: None for the rest of it.
    """
    before = before or text.removesuffix(after or "")
    after = text.removeprefix(before) if after is None else after

    assert before + after == text
    assert add_waiver(text, WAIVER, "no-firewall on ase") == before + entry + after


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("text", [text for text, *_ in CASES], ids=lambda text: repr(text[:50]))
def test_the_file_means_one_waiver_more(text: str, newline: str) -> None:
    """Whatever the layout, the configuration is the same with one waiver more; line ends are those of the file."""
    text = text.replace("\n", newline)
    before = parse_config(text.encode(), "auditor.yaml")

    once = add_waiver(text, WAIVER, "no-firewall on ase")
    twice = add_waiver(once, replace(WAIVER, finding="0" * 16), "")

    assert parse_config(once.encode(), "auditor.yaml") == replace(before, waivers=(*before.waivers, WAIVER))
    assert [each.finding for each in parse_config(twice.encode(), "auditor.yaml").waivers][-2:] == [
        WAIVER.finding,
        "0" * 16,
    ]
    assert newline not in text or "\n" not in once.replace(newline, "")


PRINTABLE = st.text(max_size=40).map(lambda text: " ".join("".join(filter(str.isprintable, text)).split()))


@given(PRINTABLE.filter(bool), PRINTABLE.filter(bool), PRINTABLE, st.sampled_from([text for text, *_ in CASES]))
def test_any_words_are_written_as_they_are(reason: str, owner: str, remark: str, text: str) -> None:
    """Whatever is said is read back: quotes, hashes, colons, other scripts."""
    waiver = replace(WAIVER, reason=reason, owner=owner)

    assert parse_config(add_waiver(text, waiver, remark).encode(), "auditor.yaml").waivers[-1] == waiver
