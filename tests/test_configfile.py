"""auditor.yaml: what it means, what is refused and how, and that its JSON Schema says the same."""

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
from auditor.configtext import parse_day
from auditor.errors import ConfigError
from auditor.estate.addresses import address_set
from auditor.findings import Level
from auditor.settings import Applications, Basis, ClientRange, Dependency, Settings
from auditor.yamltext import load_yaml

SCHEMA: dict[str, Any] = json.loads((Path(__file__).parent.parent / "rules" / "config.schema.json").read_bytes())
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
CHECKS = tuple(read_checks())

WHOLE = """\
# yaml-language-server: $schema=rules/config.schema.json
packs:
  as-of: "2019-06-30"
  editions: {ase-v2: "2018-09-24", ase-management-addresses: 2019-04-03}
applications:
- workload: "ase-*"
  dependencies: ["API.contoso.com:443", "*.contoso.com:443", "10.20.0.0/24:8080/tcp", "ntp.contoso.com:123/udp"]
  client-ranges: ["203.0.113.0/24", "198.51.100.4-198.51.100.9", "2001:db8::/32"]
- dependencies: ["[2001:db8::1]:443"]
levels: {undetermined: error, missing-fqdn: note}
fail-on: warning
allow-unknown: true
requirements: live
"""

GOOD = [
    WHOLE,
    "",
    "# nothing yet\n",
    "{}",
    "packs: {}",
    "packs: {as-of: 2019-06-30}",
    "packs: {editions: {}}",
    "packs: {editions: {ase-v2: 2019-06-11.r1}}",
    "packs: {editions: {ours: 2099-01-01.r9999}}",
    "applications: []",
    "applications: [{}]",
    "applications: [{workload: ase-prod}]",
    "applications: [{dependencies: []}]",
    'applications: [{dependencies: ["gr-Prod-*.cloudapp.net:443", "a_b.example.com.:1"]}]',
    'applications: [{dependencies: ["0.0.0.0/0:65535/UDP", "10.0.0.4-10.0.0.9:80", "[2001:db8::/32]:53/udp"]}]',
    'applications: [{client-ranges: ["0.0.0.0/0", "203.0.113.7"]}]',
    "levels: {}",
    "levels: {egress-bypass: warning}",
    "fail-on: note",
    "allow-unknown: false",
    "requirements: documented",
    "waivers: []",
    "waivers-file: waivers.yaml",
]

BAD = [
    ("[]", "auditor.yaml: expected fields (name: value), not a list"),
    ("text", 'auditor.yaml: expected fields (name: value), not "text"'),
    (
        "fail_on: error",
        (
            'auditor.yaml: unknown field "fail_on"; known here: packs, applications, levels, fail-on, allow-unknown,'
            ' requirements, waivers, waivers-file; did you mean "fail-on"?'
        ),
    ),
    ("waivers-file:", "auditor.yaml: waivers-file: expected text, not nothing"),
    ("waivers-file: [a.yaml]", "auditor.yaml: waivers-file: expected text, not a list"),
    ("1: 2", "auditor.yaml: a name must be text, not the number 1; put it in quotes"),
    ("packs:", "auditor.yaml: packs: expected fields (name: value), not nothing"),
    ("packs: {asof: 2019-06-30}", 'auditor.yaml: packs: unknown field "asof"; known here: as-of, editions; did you'),
    ("packs: {as-of: 30.06.2019}", 'auditor.yaml: packs: as-of: "30.06.2019" is not a date; write it as 2018-09-24'),
    ("packs: {as-of: 2019-02-30}", 'auditor.yaml: packs: as-of: "2019-02-30" is not a date'),
    ("packs: {as-of: 20190630}", "auditor.yaml: packs: as-of: expected text, not the number 20190630"),
    ('packs: {as-of: "20190630"}', 'auditor.yaml: packs: as-of: "20190630" is not a date'),
    ("packs: {as-of: 2019-W26-7}", 'auditor.yaml: packs: as-of: "2019-W26-7" is not a date'),
    ("packs: {editions: {ase-v2: newest}}", 'auditor.yaml: packs: editions: ase-v2: "newest" is not an edition; write'),
    ("packs: {editions: {ase-v2: 2019-06-11.r0}}", '"2019-06-11.r0" is not an edition'),
    ("packs: {editions: {ase-v2: null}}", "editions: ase-v2: expected text, not nothing"),
    ("packs: {editions: {ASE v2: 2018-09-24}}", "editions: ASE v2: not the name of a pack; write it as ase-v2"),
    ("packs: {editions: [ase-v2]}", "auditor.yaml: packs: editions: expected fields (name: value), not a list"),
    ("applications: {workload: ase}", "auditor.yaml: applications: expected a list; write one entry per workload"),
    ("applications:", "auditor.yaml: applications: expected a list"),
    ("applications: [ase]", 'auditor.yaml: applications[1]: expected fields (name: value), not "ase"'),
    ("applications: [{}, {workloads: ase}]", 'applications[2]: unknown field "workloads"; known here: workload, '),
    ("applications: [{workload: 7}]", "applications[1]: workload: expected text, not the number 7"),
    ('applications: [{workload: " "}]', "applications[1]: workload: expected text"),
    ('applications: [{dependencies: "a.example.com:443"}]', "applications[1]: dependencies: expected a list, not"),
    ("applications: [{dependencies: }]", "applications[1]: dependencies: expected a list, not nothing"),
    ("applications: [{dependencies: [443]}]", "applications[1]: row 1 of dependencies: expected text, not the number"),
    (
        'applications: [{dependencies: ["a.example.com:443", "b.example.com"]}]',
        (
            'auditor.yaml: applications[1]: row 2 of dependencies: "b.example.com" has no port; write it as'
            " api.contoso.com:443 or ntp.contoso.com:123/udp"
        ),
    ),
    ('applications: [{dependencies: ["a.example.com:65536"]}]', '"65536" is not a port; write 1 to 65535'),
    ('applications: [{dependencies: ["a.example.com:0443"]}]', '"0443" is not a port'),
    ('applications: [{dependencies: ["a.example.com:443/sctp"]}]', '"sctp" is not a protocol'),
    ('applications: [{dependencies: ["10.0.0.4/icmp"]}]', "only TCP and UDP can be declared"),
    ('applications: [{dependencies: ["10.0.0.0/33:443"]}]', '"10.0.0.0/33" is not an address prefix'),
    ('applications: [{dependencies: ["10.0.0.256:443"]}]', '"10.0.0.256" is not an address prefix'),
    ('applications: [{dependencies: ["2001:db8::1:443"]}]', "put IPv6 in brackets"),
    ('applications: [{dependencies: ["*:443"]}]', "write 0.0.0.0/0 for every address"),
    ('applications: [{dependencies: ["api.*.example.com:443"]}]', "keep stars in the first part"),
    ('applications: [{dependencies: ["**.example.com:443"]}]', "keep stars in the first part"),
    ('applications: [{dependencies: ["https://example.com"]}]', "is a URL"),
    ('applications: [{dependencies: ["localhost:443"]}]', "is neither a full name nor an address"),
    ('applications: [{dependencies: [""]}]', "row 1 of dependencies: expected text, not nothing"),
    (f'applications: [{{dependencies: ["{"a." * 200}com:443"]}}]', "is too long, or cannot be printed"),
    ('applications: [{client-ranges: ["203.0.113.0/33"]}]', "row 1 of client-ranges: "),
    ('applications: [{client-ranges: ["AzureFrontDoor.Backend"]}]', '"AzureFrontDoor.Backend" is not an address'),
    ('applications: [{client-ranges: ["*"]}]', '"*" is not a client range; write 0.0.0.0/0 for every address'),
    ("levels: [undetermined]", "auditor.yaml: levels: expected fields (name: value), not a list"),
    ("levels: {undetermind: error}", 'levels: undetermind: there is no such check; did you mean "undetermined"?'),
    ("levels: {x: error}", "auditor.yaml: levels: x: there is no such check; `auditor explain` lists them"),
    ("levels: {undetermined: fatal}", 'levels: undetermined: "fatal" is not known; write one of error, warning, note'),
    ("fail-on: never", 'auditor.yaml: fail-on: "never" is not known; write one of error, warning, note'),
    ("fail-on:", "auditor.yaml: fail-on: expected text, not nothing"),
    ('allow-unknown: "yes"', 'auditor.yaml: allow-unknown: expected true or false, not "yes"'),
    ("requirements: azure", 'requirements: "azure" is not known; write one of documented, live'),
    ("requirements:", "auditor.yaml: requirements: expected text, not nothing"),
    ("allow-unknown:", "auditor.yaml: allow-unknown: expected true or false, not nothing"),
]


def parse(text: bytes | str) -> Settings:
    """Parse a text as auditor.yaml, with the checks there are."""
    return parse_config(text, "auditor.yaml", CHECKS)


def accepted(text: str) -> bool:
    """Tell whether the parser takes a text."""
    try:
        parse(text)
    except ConfigError:
        return False
    return True


def test_everything_is_read() -> None:
    """Every field arrives typed; names are normalised, texts are kept as written."""
    assert parse(WHOLE) == Settings(
        applications=(
            Applications(
                workload="ase-*",
                dependencies=(
                    Dependency(
                        text="API.contoso.com:443", name="api.contoso.com", addresses=None, port=443, protocol="tcp"
                    ),
                    Dependency(
                        text="*.contoso.com:443", name="*.contoso.com", addresses=None, port=443, protocol="tcp"
                    ),
                    Dependency(
                        text="10.20.0.0/24:8080/tcp",
                        name="",
                        addresses=address_set("10.20.0.0/24"),
                        port=8080,
                        protocol="tcp",
                    ),
                    Dependency(
                        text="ntp.contoso.com:123/udp",
                        name="ntp.contoso.com",
                        addresses=None,
                        port=123,
                        protocol="udp",
                    ),
                ),
                client_ranges=tuple(
                    ClientRange(text=text, addresses=address_set(text))
                    for text in ("203.0.113.0/24", "198.51.100.4-198.51.100.9", "2001:db8::/32")
                ),
            ),
            Applications(
                workload="*",
                dependencies=(
                    Dependency(
                        text="[2001:db8::1]:443",
                        name="",
                        addresses=address_set("2001:db8::1"),
                        port=443,
                        protocol="tcp",
                    ),
                ),
                client_ranges=(),
            ),
        ),
        editions={"ase-v2": "2018-09-24", "ase-management-addresses": "2019-04-03"},
        as_of=date(2019, 6, 30),
        levels={"undetermined": Level.ERROR, "missing-fqdn": Level.NOTE},
        fail_on=Level.WARNING,
        allow_unknown=True,
        requirements=Basis.LIVE,
    )


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}", b"\xef\xbb\xbf"])
def test_an_empty_file_asks_for_nothing(text: bytes | str) -> None:
    """The defaults stand: the newest editions, default levels, exit 1 from errors on, unknown is not clean."""
    assert parse(text) == Settings(fail_on=Level.ERROR, as_of=None, allow_unknown=False)


@pytest.mark.parametrize("text", GOOD)
def test_schema_and_parser_take_the_same(text: str) -> None:
    """What an editor accepts, the auditor does."""
    VALIDATOR.validate(load_yaml(text, "auditor.yaml", ConfigError))

    assert accepted(text)


@pytest.mark.parametrize(("text", "message"), BAD, ids=[text[:60] for text, _ in BAD])
def test_schema_and_parser_refuse_the_same(text: str, message: str) -> None:
    """What an editor underlines, the auditor refuses, in one line: where, what, and what to write."""
    with pytest.raises(ConfigError) as caught:
        parse(text)

    assert message in str(caught.value)
    assert str(caught.value).startswith("auditor.yaml: ")
    assert not VALIDATOR.is_valid(load_yaml(text, "auditor.yaml", ConfigError))


ROW = st.text(alphabet="a1*-_./:[]", min_size=1, max_size=14)


@given(ROW, st.sampled_from(["", ":443", ":0", ":65536", ":443/udp"]))
def test_schema_and_parser_agree_on_any_row(host: str, rest: str) -> None:
    """Rows nobody thought of: the parser never takes one that the schema refuses."""
    document = {"applications": [{"dependencies": [host + rest]}]}

    assert not accepted(json.dumps(document)) or VALIDATOR.is_valid(document)


def test_schema_names_every_check() -> None:
    """An editor offers the ids of the checks there are, in their order."""
    assert tuple(SCHEMA["properties"]["levels"]["propertyNames"]["enum"]) == CHECKS


def test_schema_is_strict_and_described() -> None:
    """The schema is one, every object in it is closed, and every field says what it is for."""
    Draft202012Validator.check_schema(SCHEMA)
    objects = [SCHEMA, SCHEMA["properties"]["packs"], SCHEMA["$defs"]["application"], SCHEMA["$defs"]["waiver"]]
    fields = [field for each in objects for field in each["properties"].values()]

    assert [each["additionalProperties"] for each in objects] == [False] * 4
    assert all(field["description"] for field in fields)
    assert "# yaml-language-server: $schema=" in SCHEMA["description"]


def test_checks_are_not_looked_up_without_a_list() -> None:
    """Who does not know the checks takes any id."""
    assert parse_config("levels: {x: note}", "auditor.yaml").levels == {"x": Level.NOTE}


@pytest.mark.parametrize(
    "text", [b"\xff", "a: [", "a: &x 1", "a: !!python/object 1", "[" * 100, "fail-on: error\nfail-on: note", "a\x00"]
)
def test_text_that_is_no_plain_yaml_is_one_line(text: bytes | str) -> None:
    """Broken, tagged, deeply nested and ambiguous YAML is refused with the file's name."""
    with pytest.raises(ConfigError, match=r"^auditor\.yaml:"):
        parse(text)


def test_hostile_text_cannot_act_through_a_message() -> None:
    """Messages repeat what was written only in printable form, and not at any length."""
    hostile = json.dumps("\x1b[2J" + "x" * 5000)
    for text in (
        f"{hostile}: 1",
        f"fail-on: {hostile}",
        f"levels: {{{hostile}: error}}",
        f"packs: {{editions: {{{hostile}: x}}}}",
        f"packs: {{as-of: {hostile}}}",
        f"applications: [{{dependencies: [{hostile}]}}]",
        f"applications: [{{client-ranges: [{hostile}]}}]",
    ):
        with pytest.raises(ConfigError) as caught:
            parse(text)

        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 300


def test_a_day_is_written_one_way() -> None:
    """Only YYYY-MM-DD is a day."""
    assert parse_day("2018-09-24") == date(2018, 9, 24)
    for text in ("2018-9-24", "20180924", "2018-W39-1", "2018-13-01", "٢٠١٨-09-24", ""):
        with pytest.raises(ValueError, match="is not a date; write it as 2018-09-24"):
            parse_day(text)
