"""Names and patterns against every name there is, over an alphabet small enough to write them all down."""

from functools import cache
from itertools import product
from re import escape, fullmatch

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from auditor.estate.names import (
    Relation,
    contains,
    normal_fqdn_tag,
    normal_name,
    relation,
    supported_target,
)

LETTERS = "ab."
LONGEST = 7

_NAMES = tuple(
    name
    for length in range(1, LONGEST + 1)
    for name in map("".join, product(LETTERS, repeat=length))
    if name[0] != "." and name[-1] != "." and ".." not in name
)
"""Every name up to a length. A pattern of 4 characters and a target of 3 meet in one of these, or in none at all."""

asked_patterns = st.text(alphabet="ab.*", min_size=1, max_size=4)
targets = st.builds(lambda star, rest: star + rest, st.sampled_from(["*", ""]), st.text(alphabet=LETTERS, max_size=3))


@cache
def _language(pattern: str) -> frozenset[str]:
    form = ".*".join(map(escape, pattern.split("*")))
    return frozenset(name for name in _NAMES if fullmatch(form, name))


@given(targets, asked_patterns)
def test_relation_agrees_with_every_name(target: str, asked: str) -> None:
    """A target covers a pattern if it matches every name of it, and is disjoint from it if it matches none (F30)."""
    mine, wanted = _language(target), _language(asked)
    assume(wanted and mine and (target.startswith("*") or target in _NAMES))
    expected = Relation.COVERS if wanted <= mine else Relation.OVERLAPS if wanted & mine else Relation.DISJOINT

    assert relation(target, asked) is expected


@given(st.text(alphabet="ab.*", min_size=1, max_size=4), asked_patterns)
def test_covering_is_never_claimed_too_much(target: str, asked: str) -> None:
    """Whatever stands in a rule, it is said to cover only what it matches whole."""
    if relation(target, asked) is Relation.COVERS:
        assert _language(asked) <= _language(target)


@pytest.mark.parametrize(
    ("target", "asked", "expected"),
    [
        ("*.contoso.com", "a.contoso.com", Relation.COVERS),
        ("*.contoso.com", "b.a.contoso.com", Relation.COVERS),
        ("*.contoso.com", "contoso.com", Relation.DISJOINT),
        ("*.contoso.com", "acontoso.com", Relation.DISJOINT),
        ("*contoso.com", "contoso.com", Relation.COVERS),
        ("*contoso.com", "notcontoso.com", Relation.COVERS),
        ("*.microsoft.com", "*.update.microsoft.com", Relation.COVERS),
        ("*.update.microsoft.com", "*.microsoft.com", Relation.OVERLAPS),
        ("a.microsoft.com", "*.microsoft.com", Relation.OVERLAPS),
        ("*.servicebus.windows.net", "grmdsprod*mini*.servicebus.windows.net", Relation.COVERS),
        ("www.contoso.*", "www.contoso.com", Relation.DISJOINT),
        ("*.contoso.*", "www.contoso.com", Relation.DISJOINT),
        ("gr-prod-*.cloudapp.net", "gr-prod-*.cloudapp.net", Relation.DISJOINT),
        ("*", "*", Relation.COVERS),
        ("", "a.contoso.com", Relation.DISJOINT),
    ],
)
def test_documented_forms(target: str, asked: str, expected: Relation) -> None:
    """Every form the documentation speaks of is read as it says (F29, F30)."""
    assert relation(target, asked) is expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        *((each, True) for each in ("*", "*.contoso.com", "*contoso.com", "www.contoso.com")),
        *((each, False) for each in ("", "www.*", "*.contoso.*", "a-*.contoso.com", "**")),
    ],
)
def test_supported_target(target: str, *, expected: bool) -> None:
    """Azure Firewall takes a name, or one star at the far left (F29)."""
    assert supported_target(target) is expected


def test_normal_forms() -> None:
    """Names compare without case, blanks and trailing dot; FQDN tags also without a leading "Azure" (F38)."""
    assert normal_name(" Gr-Prod-*.CloudApp.net. ") == "gr-prod-*.cloudapp.net"
    assert normal_fqdn_tag("Azure HDInsight") == normal_fqdn_tag("hdinsight") == "hdinsight"
    assert normal_fqdn_tag("App Service Environment") == normal_fqdn_tag("AppServiceEnvironment")


@pytest.mark.parametrize(
    ("pattern", "asked", "holds"),
    [
        ("login.windows.net", "login.windows.net", True),
        ("login.windows.net", "*.windows.net", False),
        ("*.windows.net", "login.windows.net", True),
        ("*.windows.net", "a.b.windows.net", True),
        ("*.windows.net", "windows.net", False),
        ("*.windows.net", "*.login.windows.net", True),
        ("*.windows.net", "*.windows.net", True),
        ("*.login.windows.net", "*.windows.net", False),
        ("gr-prod-*.cloudapp.net", "gr-prod-ams.cloudapp.net", True),
        ("gr-prod-*.cloudapp.net", "gr-prod.cloudapp.net", False),
        ("a*a", "a", False),
        ("*a*b*", "xbxa", False),
        ("*a*b*", "xaxb", True),
    ],
)
def test_documented_pattern_holds(pattern: str, asked: str, *, holds: bool) -> None:
    """A documented pattern may have stars anywhere, each for any text; it holds a name or all of another pattern."""
    assert contains(pattern, asked) is holds


@given(st.text(alphabet="ab.*", max_size=8), st.text(alphabet="ab.", max_size=8))
def test_holding_a_name_is_what_the_stars_say(pattern: str, name: str) -> None:
    """A star stands for any text, also for none."""
    assert contains(pattern, name) is bool(fullmatch(".*".join(map(escape, pattern.split("*"))), name))
