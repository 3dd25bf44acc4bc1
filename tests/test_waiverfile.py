"""Waivers as people write them, in auditor.yaml and in a file of their own: what they mean, and what is refused."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from auditor.collectors.rules import read_checks
from auditor.configfile import parse_config
from auditor.errors import ConfigError
from auditor.waiverfile import EXPIRED, parse_waivers
from auditor.waivers import Waiver
from auditor.yamltext import load_yaml

RULES = Path(__file__).parent.parent / "rules"
CHECKS = tuple(read_checks())
OWN: dict[str, Any] = json.loads((RULES / "waivers.schema.json").read_bytes())
CONFIG: dict[str, Any] = json.loads((RULES / "config.schema.json").read_bytes())
VALIDATORS = [Draft202012Validator(each, format_checker=Draft202012Validator.FORMAT_CHECKER) for each in (OWN, CONFIG)]

REST = "reason: because, owner: net, until: 2027-01-31"
REASONED: dict[str, Any] = {"reason": "because", "owner": "net", "until": date(2027, 1, 31)}

GOOD: list[tuple[str, Waiver]] = [
    (f'{{finding: "3e0f02298fa445e0", {REST}}}', Waiver(finding="3e0f02298fa445e0", **REASONED)),
    (f"{{check: missing-fqdn, {REST}}}", Waiver(checks=("missing-fqdn",), **REASONED)),
    (f'{{check: "missing-*", {REST}}}', Waiver(checks=("missing-*",), **REASONED)),
    (f'{{check: "[mn]o-???e-table", {REST}}}', Waiver(checks=("[mn]o-???e-table",), **REASONED)),
    (f"{{check: [no-firewall, missing-fqdn], {REST}}}", Waiver(checks=("missing-fqdn", "no-firewall"), **REASONED)),
    (f'{{workload: "ASE-*", {REST}}}', Waiver(workloads=("ASE-*",), **REASONED)),
    (f"{{resource: [b, a, b], {REST}}}", Waiver(resources=("a", "b"), **REASONED)),
    (f'{{requirement: "fqdn:*:80", {REST}}}', Waiver(requirements=("fqdn:*:80",), **REASONED)),
    (
        f'{{check: missing-fqdn, workload: "*", resource: rt, requirement: "ip:*", {REST}}}',
        Waiver(checks=("missing-fqdn",), workloads=("*",), resources=("rt",), requirements=("ip:*",), **REASONED),
    ),
    (
        "{finding: 3e0f02298fa445e0, level: warning, up-to: 12, reason: because, owner: net, until: 2027-01-31}",
        Waiver(finding="3e0f02298fa445e0", level="warning", up_to=12, **REASONED),
    ),
    (
        '{check: no-firewall, reason: " two\\n words ", owner: net, until: "2024-02-29"}',
        Waiver(checks=("no-firewall",), reason="two words", owner="net", until=date(2024, 2, 29)),
    ),
]

BAD = [
    ("waivers: {check: no-firewall}", "place: waivers: expected a list, not fields"),
    ("waivers: [no-firewall]", 'place: waivers[1]: expected fields (name: value), not "no-firewall"'),
    (
        f"waivers: [{{checks: no-firewall, {REST}}}]",
        (
            'place: waivers[1]: unknown field "checks"; known here: finding, level, up-to, check, workload, resource,'
            ' requirement, reason, owner, until; did you mean "check"?'
        ),
    ),
    (
        f"waivers: [{{{REST}}}]",
        (
            "place: waivers[1]: says nothing of what it waives; add finding, or one of check, workload, resource,"
            " requirement"
        ),
    ),
    *(
        (f"waivers: [{{check: no-firewall, {REST}}}, {{check: no-firewall, {rest}}}]", f"place: waivers[2]: {message}")
        for rest, message in (
            ("owner: a, until: 2027-01-31", "the field reason is missing; add it"),
            ("reason: a, until: 2027-01-31", "the field owner is missing; add it"),
            ("reason: a, owner: b", "the field until is missing; add it"),
            ("reason: ' ', owner: b, until: 2027-01-31", "reason: expected text"),
            ("reason: 1, owner: b, until: 2027-01-31", "reason: expected text, not the number 1; write it in quotes"),
            ("reason: a, owner: [b], until: 2027-01-31", "owner: expected text, not a list"),
            (f"reason: {'a' * 1001}, owner: b, until: 2027-01-31", "reason: "),
            ("reason: a, owner: b, until: 31.01.2027", 'until: "31.01.2027" is not a date; write it as 2018-09-24'),
            ("reason: a, owner: b, until: 2027-02-30", 'until: "2027-02-30" is not a date'),
            ("reason: a, owner: b, until: 2027-1-31", 'until: "2027-1-31" is not a date'),
            ("reason: a, owner: b, until: 2027-01-31T00:00:00Z", 'until: "2027-01-31T00:00:00Z" is not a date'),
            ("reason: a, owner: b, until: never", 'until: "never" is not a date'),
            ("reason: a, owner: b, until: 20270131", "until: expected text, not the number 20270131"),
            ("reason: a, owner: b, until: null", "until: expected text, not nothing"),
        )
    ),
    *(
        (f"waivers: [{{{selector}, {REST}}}]", f"place: waivers[1]: {message}")
        for selector, message in (
            ("finding: 3e0f02298fa445e", 'finding: "3e0f02298fa445e" is not the id of a finding; a report shows it'),
            ("finding: 1234567890123456", "finding: expected text, not the number 1234567890123456; write it in"),
            ("finding: 3E0F02298FA445E0", 'finding: "3E0F02298FA445E0" is not the id'),
            ("finding: [3e0f02298fa445e0]", "finding: expected text, not a list"),
            (
                "finding: 3e0f02298fa445e0, workload: a, resource: b",
                "finding: names one finding by itself; leave out w",
            ),
            ("check: no-firewal", 'check: there is no check "no-firewal"; did you mean "no-firewall"?'),
            ("check: xyzzy", 'check: there is no check "xyzzy"; `auditor explain` lists them'),
            (
                "check: [no-firewall, No-Firewall]",
                'check: there is no check "No-Firewall"; did you mean "no-firewall"?',
            ),
            ("check: expired-waiver", "check: expired-waiver cannot be waived; renew or delete the waiver that has"),
            ("check: []", "check: expected text or a list of texts, not an empty list; leave it out"),
            ("check: null", "check: expected text, not nothing"),
            (
                "finding: 3e0f02298fa445e0, level: fatal",
                'level: "fatal" is not known; write one of error, warning, note',
            ),
            ("finding: 3e0f02298fa445e0, up-to: 0", "up-to: expected a number of requirements, from 1 to 1000000"),
            ("finding: 3e0f02298fa445e0, up-to: many", "up-to: expected a number of requirements, from 1 to 1000000"),
            ("finding: 3e0f02298fa445e0, up-to: true", "up-to: expected a number of requirements, from 1 to 1000000"),
            (
                "check: no-firewall, level: error",
                "level: bounds one finding, named by its id; add finding or leave it out",
            ),
            ("check: no-firewall, up-to: 3", "up-to: bounds one finding, named by its id; add finding or leave it out"),
            ("workload: ''", "workload: expected text, not nothing"),
            ("workload: {a: b}", "workload: expected text, not fields"),
            ("resource: [a, 1]", "row 2 of resource: expected text, not the number 1"),
            ("requirement: [' ']", "row 1 of requirement: expected text"),
            (f"requirement: {'a' * 1001}", "requirement: "),
        )
    ),
]


@pytest.mark.parametrize(("text", "waiver"), GOOD, ids=[text for text, _ in GOOD])
def test_what_is_written_is_meant(text: str, waiver: Waiver) -> None:
    """Every field arrives, patterns as a sorted set, sentences in one line; in either file alike."""
    whole = f"waivers: [{text}]"

    assert parse_waivers(whole, "place", CHECKS) == (waiver,)
    assert parse_config(whole, "place", CHECKS).waivers == (waiver,)
    for each in VALIDATORS:
        each.validate(load_yaml(whole, "place", ConfigError))


@pytest.mark.parametrize(("text", "message"), BAD, ids=[f"{text[:80]}{len(text)}" for text, _ in BAD])
def test_what_is_wrong_is_one_line(text: str, message: str) -> None:
    """Parsers and schemas of both files refuse it; the line says where, what, and what to write."""
    for parse in (parse_waivers, parse_config):
        with pytest.raises(ConfigError) as caught:
            parse(text, "place", CHECKS)

        assert str(caught.value).startswith(message)
        assert len(str(caught.value)) < 300
    for each in VALIDATORS:
        assert not each.is_valid(load_yaml(text, "place", ConfigError))


@pytest.mark.parametrize("text", ["", "# none yet\n", "{}", "waivers: []", "waivers:", "waivers: # none left\n"])
def test_a_file_without_waivers_is_one(text: str) -> None:
    """An empty file of waivers holds none, and is valid."""
    assert parse_waivers(text, "waivers.yaml", CHECKS) == ()
    VALIDATORS[0].validate(load_yaml(text, "waivers.yaml", ConfigError))


def test_a_file_of_waivers_holds_nothing_else() -> None:
    """Settings do not stand in it; a list without its name is refused, too."""
    for text, message in (
        ("fail-on: note", 'waivers.yaml: unknown field "fail-on"; known here: waivers'),
        ("[]", "waivers.yaml: expected fields (name: value), not a list"),
    ):
        with pytest.raises(ConfigError) as caught:
            parse_waivers(text, "waivers.yaml", CHECKS)

        assert str(caught.value) == message
        assert not VALIDATORS[0].is_valid(load_yaml(text, "waivers.yaml", ConfigError))


def test_hostile_text_cannot_act_through_a_message() -> None:
    """Messages repeat what was written only in printable form, and not at any length."""
    hostile = json.dumps("\x1b[2J" + "x" * 5000)
    for text in (
        f"waivers: [{{{hostile}: 1}}]",
        f"waivers: [{{finding: {hostile}, {REST}}}]",
        f"waivers: [{{check: {hostile}, {REST}}}]",
        f"waivers: [{{workload: {hostile}, {REST}}}]",
        f"waivers: [{{check: no-firewall, reason: {hostile}, owner: a, until: 2027-01-31}}]",
        f"waivers: [{{check: no-firewall, reason: a, owner: b, until: {hostile}}}]",
    ):
        with pytest.raises(ConfigError) as caught:
            parse_waivers(text, "place", CHECKS)

        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 400


VALUES: st.SearchStrategy[object] = st.one_of(
    st.sampled_from(["", " ", "a*", "no-firewall", "expired-waiver", "2027-01-31", "2027-02-30", "3e0f02298fa445e0"]),
    st.sampled_from(["error", "note", 1, 0, -1, 10**6, 10**6 + 1]),
    st.sampled_from([None, True, 7, [], ["a"], ["no-firewall", "x*"], [""], {}]),
    st.text(alphabet="a-*?[0 ", max_size=6),
)
ENTRIES = st.dictionaries(
    st.sampled_from(
        ["finding", "level", "up-to", "check", "workload", "resource", "requirement", "reason", "owner", "until"]
    ),
    VALUES,
)
ENOUGH = st.fixed_dictionaries(
    {"reason": st.just("a"), "owner": st.just("b"), "until": st.just("2027-01-31")},
    optional=dict.fromkeys(("finding", "level", "up-to", "check", "workload", "resource", "requirement"), VALUES),
)


@given(st.one_of(ENTRIES, ENOUGH))
def test_schema_and_parser_agree_on_any_entry(entry: dict[str, Any]) -> None:
    """Entries nobody thought of: the parser takes exactly what the schema of either file does."""
    document = {"waivers": [entry]}
    try:
        parse_waivers(json.dumps(document), "place", CHECKS)
        accepted = True
    except ConfigError:
        accepted = False

    assert [each.is_valid(document) for each in VALIDATORS] == [accepted] * 2


def test_the_schemas_are_strict_described_and_the_same() -> None:
    """Both files have one kind of waiver; its fields are described, and an editor offers the checks there are."""
    Draft202012Validator.check_schema(OWN)

    for name, definition in OWN["$defs"].items():
        assert CONFIG["$defs"][name] == definition
    assert OWN["properties"]["waivers"] == CONFIG["properties"]["waivers"]
    assert OWN["additionalProperties"] is False
    assert OWN["$defs"]["waiver"]["additionalProperties"] is False
    assert all(each["description"] for each in OWN["$defs"]["waiver"]["properties"].values())
    assert OWN["$defs"]["check"]["anyOf"][0]["enum"] == [each for each in CHECKS if each != EXPIRED]
