"""rules/check-guides.yaml: a guide for each check, whose examples and fixes are written as they must be.

tests/test_check_examples.py audits the examples, and tests/test_check_fixes.py holds the fixes against them.
"""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml
from jsonschema import Draft202012Validator

from auditor.collectors.rules import pack_names, read_checks, read_guides, read_pack
from auditor.errors import PackError
from auditor.guides import Guide, Way, parse_guides
from auditor.yamltext import load_yaml
from tests.az_reference import AZ

RULES = Path(__file__).parent.parent / "rules"
GUIDES = read_guides()
WITHOUT_A_FIX = {"documentation-drift": {Way.AZ}, "expired-waiver": set[Way]()}
"""Checks that no configuration of Azure mends, and the ways that are shown all the same."""

_API = re.compile(r"^resource (\w+) '(Microsoft\.\w+(?:/\w+)+)@(\d{4}-\d\d-\d\d)' (?:existing )?= \{$", re.MULTILINE)
_BICEP_TEXT = re.compile(r"'(?:[^'\\\n]|\\.)*'|//[^\n]*")
_PAIRS = {")": "(", "]": "[", "}": "{"}
API = {"Microsoft.Network": "2024-05-01", "Microsoft.Authorization": "2022-04-01"}

GUIDE = "schema: check-guides/1\nguides:\n  a-check: {fails: 'a: 1', passes: 'a: 2', instead: Ask.}\n"


def fixes(way: Way) -> list[Any]:
    """Return every fix of that way, as parameters named by their check."""
    return [pytest.param(each.fixes[way], id=each.check) for each in GUIDES.values() if way in each.fixes]


def test_every_check_has_a_guide() -> None:
    """Each check has one, in the same order, with all four ways but where no configuration mends it."""
    assert list(GUIDES) == list(read_checks())
    assert {each.check: set(each.fixes) for each in GUIDES.values() if len(each.fixes) < len(Way)} == WITHOUT_A_FIX


def test_file_keeps_its_schema() -> None:
    """The first line leads editors to the schema, and the file keeps it."""
    text = (RULES / "check-guides.yaml").read_text(encoding="utf-8")
    schema = json.loads((RULES / "check-guides.schema.json").read_text(encoding="utf-8"))

    assert text.splitlines()[0] == "# yaml-language-server: $schema=./check-guides.schema.json"
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(load_yaml(text, "check-guides.yaml", PackError))


@pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
def test_examples_are_yaml_and_differ(guide: Guide) -> None:
    """Both examples are mappings of configuration, short, and not the same."""
    fails, passes = yaml.safe_load(guide.fails), yaml.safe_load(guide.passes)

    assert isinstance(fails, dict)
    assert isinstance(passes, dict)
    assert fails != passes
    assert max(len(text.splitlines()) for text in (guide.fails, guide.passes)) <= 16


def test_lines_are_no_wider_than_a_page() -> None:
    """No example or fix has to be scrolled sideways."""
    texts = [text for each in GUIDES.values() for text in (each.fails, each.passes, *each.fixes.values())]
    code = [line for text in texts if "\n" in text for line in text.splitlines()]

    assert max(map(len, code)) <= 110


@pytest.mark.parametrize("text", fixes(Way.AZ))
def test_commands_of_the_azure_cli_are_commands(text: str) -> None:
    """Each line is a comment or a command there is, with options that it has and all that it requires."""
    lines = [line for line in text.replace("\\\n", "").splitlines() if line.strip() and not line.startswith("#")]
    parts = [shlex.split(line) for line in lines]

    assert parts
    for program, *words in parts:
        first = next(place for place, word in enumerate(words) if word.startswith("-"))
        options = {word for word in words if word.startswith("-")}
        required, optional = AZ[" ".join(words[:first])]

        assert program == "az"
        assert required <= options <= required | optional


@pytest.mark.parametrize("text", fixes(Way.BICEP))
def test_bicep_is_whole(text: str) -> None:
    """Brackets and quotes close, every resource has a type and a version, every parent is declared."""
    code = _BICEP_TEXT.sub("", text)
    open_ones: list[str] = []
    for sign in code:
        if sign in _PAIRS.values():
            open_ones.append(sign)
        elif sign in _PAIRS:
            assert open_ones.pop() == _PAIRS[sign]
    resources = _API.findall(text)
    used = set(re.findall(r"parent: (\w+)$", code, re.MULTILINE)) | set(
        re.findall(r"\bid: (\w+)\.id$", code, re.MULTILINE)
    )

    assert open_ones == []
    assert "'" not in code
    assert len(resources) == len(re.findall(r"^resource ", text, re.MULTILINE)) > 0
    assert all(API[kind.partition("/")[0]] == version for _, kind, version in resources)
    assert used <= {symbol for symbol, _, _ in resources}
    assert " existing = {" not in text.rpartition("\nresource ")[2].splitlines()[0], "nothing is changed"


@pytest.mark.parametrize("text", fixes(Way.TERRAFORM))
def test_terraform_parses(text: str) -> None:
    """A parser of HCL that is not ours reads each one, and finds resources of azurerm with arguments."""
    resources = hcl2.loads(text)["resource"]
    kinds = [kind.strip('"') for each in resources for kind in each]

    assert kinds
    assert all(kind.startswith("azurerm_") for kind in kinds)
    assert all(len(arguments) > 1 for each in resources for named in each.values() for arguments in named.values())


@pytest.mark.parametrize(
    ("check", "targets"),
    [
        ("missing-dependency-route", {"40.77.24.27"}),
        ("missing-fqdn", {"crl.microsoft.com"}),
        ("missing-linux-fqdn", {"13.74.252.37", "104.215.95.108"}),
        ("missing-service-endpoint", {"Microsoft.EventHub", "Microsoft.Sql", "Microsoft.Storage"}),
        ("missing-network-rule", {"AzureMonitor", "*"}),
    ],
)
def test_examples_are_of_what_is_documented(check: str, targets: set[str]) -> None:
    """What an example opens is what the newest edition asks for."""
    newest = next(name for name in reversed(pack_names()) if name.service == "ase-v2")
    documented = {one.target.removesuffix("/32") for one in read_pack(newest).requirements}
    guide = GUIDES[check]

    assert targets <= documented
    assert all(target in guide.passes for target in targets)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GUIDE.replace("guides/1", "guides/2"), 'schema: "check-guides/2" is not known; write one of check-guides/1'),
        (GUIDE.replace("passes: 'a: 2', ", ""), "guides: a-check: the field passes is missing; add it"),
        (
            GUIDE.replace("instead:", "otherwise:"),
            'guides: a-check: unknown field "otherwise"; known here: fails, passes, instead, fixes',
        ),
        (
            GUIDE.replace("instead: Ask.", "fixes: {az: az x, bicep: b}"),
            "guides: a-check: fixes: without portal, terraform; add that, or say under instead what to do",
        ),
        (
            GUIDE.replace("instead: Ask.", "fixes: {pulumi: p}"),
            'guides: a-check: fixes: unknown field "pulumi"; known here: portal, az, bicep, terraform',
        ),
    ],
)
def test_fault_in_the_guides_names_the_check(text: str, message: str) -> None:
    """A guide that lacks an example, or leaves a reader without a way, is refused."""
    with pytest.raises(PackError) as caught:
        parse_guides(text, "rules/check-guides.yaml")

    assert str(caught.value) == f"rules/check-guides.yaml: {message}"
