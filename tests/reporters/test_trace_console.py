"""The drawing of a trace, compared whole, and against hostile names and narrow terminals."""

import re
from dataclasses import replace

import pytest

from auditor.reporters.text import cells
from auditor.reporters.trace_console import render
from auditor.traces import Verdict
from tests.conftest import Golden
from tests.reporters.samples import HOSTILE, TRACE_ALLOWED, TRACE_BLOCKED, TRACES


@pytest.mark.parametrize("name", TRACES)
def test_trace_looks_as_approved(name: str, golden: Golden) -> None:
    """Every sample, drawn with lines and ticks."""
    golden(f"trace-{name}.txt", render(TRACES[name], width=80, colour=False))


def test_ascii_trace_looks_as_approved(golden: Golden) -> None:
    """A terminal without Unicode gets the same drawing in ASCII."""
    text = render(TRACE_BLOCKED, width=80, colour=False, unicode=False)

    assert text.isascii()
    golden("trace-blocked-ascii.txt", text)


@pytest.mark.parametrize("unicode", [False, True])
@pytest.mark.parametrize("width", [40, 60, 100])
@pytest.mark.parametrize("name", TRACES)
def test_trace_fits_and_is_harmless(name: str, width: int, *, unicode: bool) -> None:
    """No line is wider than the terminal, and no name can act on it."""
    text = render(TRACES[name], width=width, colour=False, unicode=unicode)

    assert max(cells(line) for line in text.splitlines()) <= width
    assert all(line.isprintable() for line in text.split("\n"))
    assert "::error" not in text


def test_hostile_rule_names_cannot_act() -> None:
    """Rule, resource and place names are made plain as well."""
    hop = replace(TRACE_BLOCKED.hops[0], at=HOSTILE, resource=HOSTILE, decided_by=HOSTILE, why=HOSTILE, spec=HOSTILE)
    text = render(replace(TRACE_BLOCKED, hops=(hop,), caveats=(HOSTILE,)), width=80, colour=False)

    assert all(line.isprintable() for line in text.split("\n"))
    assert "::error" not in text


def test_colour_changes_only_escapes() -> None:
    """Without colour there is no ESC; with it, the text below is the same."""
    plain, coloured = (render(TRACE_ALLOWED, width=80, colour=colour) for colour in (False, True))

    assert "\x1b" not in plain
    assert coloured != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (Verdict.ALLOW, "▼ graph.windows.net\n"),
        (Verdict.BLOCK, "graph.windows.net is not reached\n"),
        (Verdict.PARTIAL, "graph.windows.net is reached only in part\n"),
        (Verdict.UNKNOWN, "graph.windows.net may or may not be reached\n"),
    ],
)
def test_a_trace_without_hops_still_says_how_it_ends(verdict: Verdict, said: str) -> None:
    """The end of the drawing follows the verdict."""
    text = render(replace(TRACE_ALLOWED, verdict=verdict, hops=(), reply=None), width=80, colour=False)

    assert said in text
