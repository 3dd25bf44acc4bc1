"""A page of a longer list never reads as the whole."""

from pathlib import Path
from typing import Any

import pytest

from auditor.collectors.files import read_sources
from auditor.findings import Gap
from tests.collectors.saved import GROUP, NETWORK, names, read, route_table, save

HOST = "https://management.azure.com"
SUBSCRIPTION = GROUP.rpartition("/resourceGroups")[0]
TABLES = "Microsoft.Network/routeTables"
NEEDS = "all pages: `az ... list -o json` joins them; for Resource Graph put every page into one folder"


@pytest.mark.parametrize(
    ("listing", "what", "scope"),
    [
        ({"nextLink": f"{HOST}{SUBSCRIPTION}/providers/{TABLES}?$skiptoken=x"}, TABLES, SUBSCRIPTION),
        ({"nextLink": f"{HOST}{GROUP}/providers/{TABLES.lower()}/?api-version=1"}, TABLES, GROUP),
        ({"nextLink": f"{HOST}{NETWORK}/routeTables/rt/routes?x"}, f"{TABLES}/routes", f"{NETWORK}/routeTables/rt"),
        ({"nextLink": f"{HOST}{SUBSCRIPTION}/resources?$skiptoken=x"}, "*", ""),
        ({"nextLink": "opaque"}, TABLES, ""),
        ({"nextLink": 7}, TABLES, ""),
        ({"@odata.nextLink": "opaque"}, TABLES, ""),
        ({"odata.nextLink": "opaque"}, TABLES, ""),
        ({"next_link": "opaque"}, TABLES, ""),
        ({"nextlink": "opaque"}, TABLES, ""),
    ],
)
def test_next_link_is_a_gap(listing: dict[str, Any], what: str, scope: str) -> None:
    """The address of the next page says what is missing and where; where it does not, the rows do."""
    snapshot = read({"value": [route_table()], **listing})

    assert names(snapshot) == ["rt-ase"]
    assert snapshot.gaps == (Gap(what=what, scope=scope, why="stdin holds one page of a longer list", needs=NEEDS),)


@pytest.mark.parametrize(
    ("listing", "why"),
    [
        ({"$skipToken": "x"}, "stdin holds one page of a longer list"),
        ({"skip_token": "x"}, "stdin holds one page of a longer list"),
        ({"resultTruncated": "true"}, "stdin holds one page of a longer list"),
        ({"resultTruncated": True}, "stdin holds one page of a longer list"),
        ({"result_truncated": "True"}, "stdin holds one page of a longer list"),
        ({"count": 2}, "stdin holds one page of a longer list (1 of 2)"),
        ({"count": 1, "totalRecords": 1, "resultTruncated": "true"}, "stdin holds one page of a longer list (1 of 1)"),
        ({"totalRecords": 386}, "stdin holds one page of a longer list (1 of 386)"),
        ({"total_records": "386", "skip_token": None}, "stdin holds one page of a longer list (1 of 386)"),
    ],
)
def test_resource_graph_page_is_a_gap(listing: dict[str, Any], why: str) -> None:
    """The next rows of Resource Graph can be of any type, in any scope, whatever this page holds."""
    machine = {"id": f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm", "properties": {}}

    for row in (route_table(), machine):
        assert read({"data": [row], **listing}).gaps == (Gap(what="*", scope="", why=why, needs=NEEDS),)


@pytest.mark.parametrize(
    "listing", [{"nextLink": None}, {"nextLink": ""}, {"count": 1}, {"totalRecords": 1, "resultTruncated": "false"}]
)
def test_whole_list_is_no_gap(listing: dict[str, Any]) -> None:
    """A list that says it is all is all."""
    assert read({"data": [route_table()], **listing}).gaps == ()


def test_empty_page_is_a_gap() -> None:
    """Azure may answer with an empty page and a link to the next."""
    assert [gap.what for gap in read({"value": [], "nextLink": "opaque"}).gaps] == ["*"]


def test_page_of_what_is_not_needed_is_no_gap() -> None:
    """A list the address of which says it is of machines leaves nothing out that a decision needs."""
    link = f"{HOST}{SUBSCRIPTION}/providers/Microsoft.Compute/virtualMachines?$skiptoken=x"

    assert read({"value": [], "nextLink": link}).gaps == ()


def test_page_of_service_tags_is_a_gap() -> None:
    """A tag on another page is not an empty tag."""
    gaps = read({"changeNumber": "1", "cloud": "Public", "values": [], "nextLink": "opaque"}).gaps

    assert [gap.what for gap in gaps] == ["Microsoft.Network/serviceTags"]


def test_all_pages_of_a_numbered_list_are_the_whole(tmp_path: Path) -> None:
    """Pages whose rows add up to the total they give, ending in the last, are complete; without one they are not."""
    pages: dict[str, object] = {
        "1.json": {"data": [route_table("a"), route_table("b")], "totalRecords": 3, "$skipToken": "x"},
        "2.json": {"data": [route_table("c")], "totalRecords": 3},
    }
    whole = read_sources([save(tmp_path / "whole", pages)], None)
    part = read_sources([save(tmp_path / "part", {"1.json": pages["1.json"]})], None)
    end = read_sources([save(tmp_path / "end", {"2.json": pages["2.json"]})], None)

    assert (names(whole), whole.gaps) == (["a", "b", "c"], ())
    assert [gap.why for gap in part.gaps] == ["1.json holds one page of a longer list (2 of 3)"]
    assert [gap.why for gap in end.gaps] == ["2.json holds one page of a longer list (1 of 3)"]


def test_the_same_page_twice_is_not_the_whole(tmp_path: Path) -> None:
    """Rows are counted by id, not by file."""
    page = {"data": [route_table("a")], "totalRecords": 2}
    again = {**page, "$skipToken": "x"}

    assert len(read_sources([save(tmp_path, {"1.json": page, "2.json": again})], None).gaps) == 2
