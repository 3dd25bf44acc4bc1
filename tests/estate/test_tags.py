"""Service tags: what is known of their addresses, and which names they may hold."""

import pytest

from auditor.estate.addresses import ALL_V4, EVERYTHING, NOTHING, PUBLIC, address_set, union
from auditor.estate.estate import Estate
from auditor.estate.read_owners import read_tag_list
from auditor.estate.tags import (
    Tags,
    TagUse,
    may_hold_name,
    normal_service_tag,
    possible,
    tag_of_service_endpoint,
)
from tests.estate.documents import estate_of

DOCUMENTED = address_set("13.64.115.203")
ANYTHING = PUBLIC | (EVERYTHING - ALL_V4)


def _listed(number: str = "1", **prefixes: list[str]) -> dict[str, object]:
    return {
        "changeNumber": number,
        "cloud": "Public",
        "values": [{"name": name, "properties": {"addressPrefixes": each}} for name, each in prefixes.items()],
    }


def _tags(estate: Estate) -> Tags:
    return Tags(estate.tags.get("public"), {"appservicemanagement": DOCUMENTED})


def test_listed_tag() -> None:
    """A tag in the list of the source is known whole, both families, whatever its spelling (N17)."""
    use = _tags(estate_of(tags=[_listed(Storage=["20.60.0.0/16", "2603:1000::/24"])])).use(" sto rage ")

    assert (use.complete, use.sure) == (True, union(map(address_set, ("20.60.0.0/16", "2603:1000::/24"))))
    assert [each.length for each in use.prefixes] == [16, 24]


def test_list_beats_document() -> None:
    """Where the source lists a tag, what a document says of it does not count."""
    use = _tags(estate_of(tags=[_listed(AppServiceManagement=["1.2.3.4/32"])])).use("AppServiceManagement")

    assert (use.complete, use.sure) == (True, address_set("1.2.3.4"))


def test_documented_tag() -> None:
    """A document's addresses are certainly in its tag, which may hold any other public address."""
    use = _tags(estate_of()).use("AppServiceManagement")

    assert (use.complete, use.sure, possible(use)) == (False, DOCUMENTED, ANYTHING)


def test_unknown_tag() -> None:
    """A tag nobody lists certainly holds nothing and possibly every public address."""
    use = _tags(estate_of()).use("Brandnew")

    assert (use.complete, use.sure, possible(use)) == (False, NOTHING, ANYTHING)


@pytest.mark.parametrize("damaged", [["20.60.0.0/99"], ["nonsense"]])
def test_damaged_entry(damaged: list[str]) -> None:
    """A tag whose entry in the list cannot be read is unknown, not empty."""
    use = _tags(estate_of(tags=[_listed(Storage=damaged)])).use("Storage")

    assert (use.complete, possible(use)) == (False, ANYTHING)


@pytest.mark.parametrize("entry", [{"name": "Storage"}, {"name": "Storage", "properties": {}}], ids=repr)
def test_entry_without_prefixes(entry: dict[str, object]) -> None:
    """A tag whose entry says nothing of its prefixes is unknown, not empty (J3)."""
    use = _tags(estate_of(tags=[{"changeNumber": "1", "cloud": "Public", "values": [entry]}])).use("Storage")

    assert use.complete is False


@pytest.mark.parametrize("order", [1, -1])
def test_newest_list_wins(order: int) -> None:
    """Of several lists the one of the highest change number counts, whatever their order."""
    lists = [_listed("99", Storage=["1.0.0.0/8"]), _listed("196", Storage=["2.0.0.0/8"])][::order]
    use = _tags(estate_of(tags=lists)).use("Storage")

    assert use.sure == address_set("2.0.0.0/8")


@pytest.mark.parametrize(
    ("tag", "name", "expected"),
    [
        ("storage", "acct.blob.core.windows.net", True),
        ("storage.westeurope", "acct.blob.core.windows.net", True),
        ("storage", "*.blob.core.windows.net", True),
        ("storage", "*.windows.net", True),
        ("storage", "*", True),
        ("storage", "login.microsoftonline.com", False),
        ("sql", "acct.blob.core.windows.net", False),
        ("azuremonitor", "anything.contoso.com", True),
        ("appservicemanagement", "login.microsoftonline.com", False),
    ],
)
def test_names_of_a_tag(tag: str, name: str, *, expected: bool) -> None:
    """A service answers under its own names only; of a tag that is not listed nothing is known."""
    assert may_hold_name(tag, name) is expected


def test_documented_private_addresses_of_a_tag() -> None:
    """What a document says a tag holds it may hold, also where that is no public address."""
    inside = address_set("10.0.0.0/8")

    assert possible(TagUse("odd", inside, complete=False)) == ANYTHING | inside


def test_spelling() -> None:
    """Tags compare without case and blanks; a service endpoint has the tag of its service (R31)."""
    assert normal_service_tag("Storage. West US") == "storage.westus"
    assert tag_of_service_endpoint("Microsoft.SQL") == "sql"
    assert tag_of_service_endpoint("Microsoft.Unheard") == ""


def test_a_regional_tag_is_bound_by_its_service() -> None:
    """A region the list leaves out holds no more than the whole service (R27)."""
    use = _tags(estate_of(tags=[_listed(Storage=["20.60.0.0/16"])])).use("Storage.WestUS")

    assert (use.complete, possible(use)) == (False, address_set("20.60.0.0/16"))


def test_a_region_of_the_whole_cloud_is_not_bound() -> None:
    """Some of what the clouds' regions hold lies outside AzureCloud, which is no bound."""
    use = _tags(estate_of(tags=[_listed(AzureCloud=["20.60.0.0/16"])])).use("AzureCloud.westus")

    assert possible(use) == ANYTHING


def test_documented_addresses_count_beside_a_shipped_list() -> None:
    """The list that comes with the auditor is of another day than the document: both count."""
    document = _listed(AppServiceManagement=["1.2.3.4/32"])
    use = Tags(read_tag_list(document, shipped=True), {"appservicemanagement": DOCUMENTED}).use("AppServiceManagement")

    assert use.sure == union([DOCUMENTED, address_set("1.2.3.4")])
    assert union(each.addresses for each in use.prefixes) == use.sure


def test_what_was_looked_up_is_a_caveat() -> None:
    """An answer that rests on tags says of which list and day; one that does not says nothing (U5)."""
    tags = Tags(read_tag_list({**_listed("7", Storage=["20.60.0.0/16"]), "date": "2025-11-09"}, shipped=True), {})

    assert not tags.caveat
    tags.use("Storage.WestUS")
    assert tags.caveat.startswith("service tags as of list 7 of 2025-11-09 that comes with the auditor: storage;")
