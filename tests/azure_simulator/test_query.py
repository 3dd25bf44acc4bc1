"""The interpreter of queries: the forms of the product, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.azure_simulator.answers import Refusal
from tests.azure_simulator.query import COLUMNS, TABLES, Query, parse, row

SPACES = st.sampled_from([" ", "  ", "\n", "\n  ", "\t"])
VALUES = st.lists(
    st.text("abcXYZ019/._- |,()", min_size=1, max_size=12).filter(lambda each: each.strip() == each),
    min_size=1,
    max_size=4,
)


@st.composite
def queries(draw: st.DrawFn) -> tuple[str, Query]:
    """Draw a query of one of the forms, and what it means."""
    table = draw(st.sampled_from(TABLES))
    columns = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, unique=True))
    limits = {each: draw(VALUES) for each in draw(st.lists(st.sampled_from(["type", "id"]), unique=True))}
    ordered = draw(st.booleans())
    parts = [table]
    for column, values in limits.items():
        quoted = ["(", *(part for value in values for part in (f'"{value}"', ",")), ")"]
        parts += ["|", "where", column, "in~", *quoted[:-2], ")"]
    parts += ["|", "project", *[part for column in columns for part in (column, ",")][:-1]]
    parts += ["|", "order", "by", "id", "asc"] if ordered else []
    text = "".join(f"{part}{draw(SPACES)}" for part in parts)
    meant = {column: frozenset(each.lower() for each in values) for column, values in limits.items()}
    types, ids = meant.get("type"), meant.get("id")
    return text, Query(table=table, types=types, ids=ids, columns=tuple(columns), ordered=ordered)


@given(queries())
def test_forms_of_the_product_are_understood(drawn: tuple[str, Query]) -> None:
    """Whatever the order of its limits and the spaces between its words, a query means what it says."""
    text, meant = drawn

    assert parse(text) == meant


@given(queries(), st.data())
def test_query_with_a_word_missing_is_refused(drawn: tuple[str, Query], data: st.DataObject) -> None:
    """A query of the product that has lost its table, its projection or a bar is refused, never guessed."""
    text, _ = drawn
    lost = data.draw(st.sampled_from([drawn[1].table, "project", "|"]))

    with pytest.raises(Refusal):
        parse(text.replace(lost, "", 1) if lost != "|" else text[: text.rindex("|")] + text[text.rindex("|") + 1 :])


@given(st.text(max_size=60))
def test_any_other_text_is_refused_and_breaks_nothing(text: str) -> None:
    """Text that is no query is refused with 400, whatever it holds."""
    with pytest.raises(Refusal) as found:
        parse(text)

    assert found.value.answer.status == 400


@pytest.mark.parametrize(
    "text",
    [
        "",
        "project id",
        "resources",
        "resources | project",
        "resources | project id,",
        "resources | project id, id",
        "resources | project id, nonsense",
        "resources | project id | order by name asc",
        "resources | project id | order by id desc",
        "resources | project id | order by id",
        "resources | project id | limit 10",
        "resources | project id | mv-expand properties.subnets",
        "resources | mv-expand properties.subnets | project id",
        "resources | extend x = 1 | project id",
        "resources | summarize count()",
        "resources | where type == 'a/b' | project id",
        'resources | where type == "a/b" | project id',
        'resources | where name in~ ("a") | project id',
        "resources | where type in~ () | project id",
        'resources | where type in~ ("") | project id',
        'resources | where type in~ ("a",) | project id',
        'resources | where type in~ ("a" "b") | project id',
        'resources | where type in ("a") | project id',
        'resources | where id =~ "/a" | project id',
        'resources | where type =~ "a" and id in~ ("/a") | project id',
        'resources | where type =~ "a" | where type =~ "b" | project id',
        'resources | where type =~ "a | project id',
        r'resources | where type =~ "a\"b" | project id',
        "resources | project id; resources | project id",
        "Resources | project id",
        "securityresources | project id",
        "resources | union networkresources | project id",
    ],
)
def test_other_forms_are_refused(text: str) -> None:
    """What Azure would answer in ways that lose rows, and what the product has no use for, is refused (V131)."""
    with pytest.raises(Refusal) as found:
        parse(text)

    assert found.value.answer.body["error"]["code"] == "BadRequest"
    assert found.value.answer.body["error"]["details"][0]["code"] == "InvalidQuery"


def test_row_shows_what_resource_graph_shows() -> None:
    """Types and resource groups are in lower case, ids as spelled, absent text is empty and absent objects are null."""
    shown = row(
        {"id": "/subscriptions/S/resourceGroups/Net/providers/A.B/c/D", "name": "D", "type": "A.B/c"},
        "S",
        ("id", "type", "resourceGroup", "subscriptionId", "kind", "location", "sku", "tags", "properties"),
    )

    assert shown == {
        "id": "/subscriptions/S/resourceGroups/Net/providers/A.B/c/D",
        "type": "a.b/c",
        "resourceGroup": "net",
        "subscriptionId": "S",
        "kind": "",
        "location": "",
        "sku": None,
        "tags": None,
        "properties": None,
    }
