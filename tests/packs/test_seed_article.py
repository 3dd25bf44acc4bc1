"""The pack of 2018-09-24 equals the article the product started from, row by row."""

import re
from datetime import date

import pytest

from auditor.collectors.rules import pack_names, read_pack
from auditor.packs import Kind, Pack, edition_in_force
from tests.packs.reference import ARTICLE, needs_article
from tests.packs.seed_article import HEADINGS, STEPS, TABLES


@pytest.fixture(scope="module")
def pack() -> Pack:
    """Return the shipped pack of the article's date."""
    return read_pack(edition_in_force(pack_names(), "ase-v2", "public", edition="2018-09-24"))


def rows_of(pack: Pack, section: str) -> tuple[str, ...]:
    """Return the documented rows the pack holds of one table, in its order."""
    return tuple(one.raw for one in pack.requirements if one.section == section)


def article_rows(heading: str) -> tuple[str, ...]:
    """Return the rows of the article's table under `heading`."""
    table = ARTICLE.read_text(encoding="utf-8").partition(f"#### {heading}")[2].partition("####")[0]
    cells = [line.strip().strip("|").strip() for line in table.splitlines() if line.startswith("|")]
    return tuple(cell.replace("\\*", "*") for cell in cells if cell != "Endpoint" and set(cell) != {"-"})


def test_tables_have_the_documented_number_of_rows() -> None:
    """3 service endpoints, 7 addresses, 51 names, 10 patterns and 9 Linux rows."""
    assert [len(rows) for rows in TABLES.values()] == [3, 7, 51, 10, 9]


@pytest.mark.parametrize(
    ("table", "section"),
    [
        ("service_endpoints", "service-endpoint-capable"),
        ("ip_addresses", "ip-address-dependencies"),
        ("fqdns", "fqdn-http-https"),
        ("wildcards", "wildcard-http-https"),
        ("linux", "linux-dependencies"),
    ],
)
def test_pack_holds_every_row_of_the_article(pack: Pack, table: str, section: str) -> None:
    """Each table of the pack is the article's, row by row and in its order."""
    assert rows_of(pack, section) == TABLES[table]


def test_pack_holds_the_seven_steps(pack: Pack) -> None:
    """Firewall, FQDN tag, management routes, routes of the addresses, default route, two endpoints, route table."""
    asked = {(one.kind, one.target) for one in pack.requirements if one.section == "steps"}

    assert asked == {
        (Kind.FIREWALL, ""),
        (Kind.FQDN_TAG, "AppServiceEnvironment"),
        (Kind.DEFAULT_ROUTE, "0.0.0.0/0"),
        (Kind.ROUTE_TABLE, ""),
    }
    assert (pack.companion, pack.management_routes) == ("ase-management-addresses", "addresses")
    assert {one.via for one in pack.requirements if one.kind is Kind.IP} == {"Internet"}
    assert pack.step_endpoints == ("Microsoft.Sql", "Microsoft.Storage")


def test_tag_covers_names_and_patterns_but_nothing_for_linux(pack: Pack) -> None:
    """In this edition the tag stands for the FQDN and wildcard tables only, and never for a bare address."""
    covered = {one.section for one in pack.requirements if one.tags == ("AppServiceEnvironment",)}
    uncovered = {one.section for one in pack.requirements if not one.tags}

    assert covered == {"fqdn-http-https", "wildcard-http-https"}
    assert uncovered == {"steps", "service-endpoint-capable", "ip-address-dependencies", "linux-dependencies"}


def test_linux_rows_are_conditional_and_no_others(pack: Pack) -> None:
    """Exactly the nine rows of the Linux table wait for a Linux app."""
    conditional = tuple(one.raw for one in pack.requirements if one.condition == "linux-apps")

    assert conditional == TABLES["linux"]
    assert {one.condition for one in pack.requirements} == {None, "linux-apps"}


def test_management_edition_of_the_day_has_33_addresses(pack: Pack) -> None:
    """On the article's date the list of 2018-05-29 was in force, before there was a service tag."""
    name = edition_in_force(
        pack_names(), pack.companion or "", "public", edition=None, as_of=date.fromisoformat(pack.edition)
    )
    management = read_pack(name)

    assert (name.label, len(management.requirements), management.management_tag) == ("2018-05-29", 33, None)
    assert {one.via for one in management.requirements} == {"Internet"}


@needs_article
@pytest.mark.parametrize("table", TABLES)
def test_rows_held_here_are_those_of_the_article(table: str) -> None:
    """The second copy of the rows is the article's own."""
    assert article_rows(HEADINGS[table]) == TABLES[table]


@needs_article
def test_steps_held_here_are_those_of_the_article() -> None:
    """The article has seven steps, and each says what we say it is about."""
    steps = dict(re.findall(r"^(\d)\. (.*)$", ARTICLE.read_text(encoding="utf-8"), flags=re.MULTILINE))

    assert list(map(int, steps)) == list(STEPS)
    assert [word for number, words in STEPS.items() for word in words if word not in steps[str(number)]] == []
