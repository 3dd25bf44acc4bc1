"""What one side of a rule covers of an end whose addresses are not known (F25)."""

import pytest

from auditor.engine.coverage import Certainty, Coverage, hidden_certainty
from auditor.engine.flows import Endpoint
from auditor.estate.addresses import ALL_V4, EVERYTHING, NOTHING, PRIVATE, PUBLIC, AddressSet, address_set
from auditor.estate.tags import TagUse

YES, MAYBE, NO = Certainty.YES, Certainty.MAYBE, Certainty.NO
SITE = Endpoint(label="a.contoso.com", name="a.contoso.com")
BLOB = Endpoint(label="x", name="x.blob.core.windows.net")
MONITOR = Endpoint(label="AzureMonitor", tag="azuremonitor")


def _tag(name: str, *, sure: AddressSet = NOTHING, complete: bool = False) -> Coverage:
    return Coverage(NOTHING, (TagUse(name, sure, complete),))


@pytest.mark.parametrize("allows", [True, False], ids=["allow", "deny"])
@pytest.mark.parametrize(
    ("end", "coverage", "expected"),
    [
        (SITE, Coverage(EVERYTHING), YES),
        (SITE, Coverage(ALL_V4), YES),
        (SITE, Coverage(PUBLIC), YES),
        (SITE, Coverage(address_set("52.0.0.0/8")), MAYBE),
        (SITE, Coverage(PRIVATE), NO),
        (SITE, Coverage(NOTHING), NO),
        (SITE, Coverage(NOTHING, (), EVERYTHING, "?"), MAYBE),
        (SITE, Coverage(NOTHING, (), PRIVATE, "?"), NO),
        (SITE, _tag("sql"), NO),
        (SITE, _tag("azuremonitor"), MAYBE),
        (SITE, _tag("azuremonitor", complete=True), NO),
        (SITE, _tag("azuremonitor", sure=address_set("52.0.0.0/8"), complete=True), MAYBE),
        (BLOB, _tag("storage"), YES),
        (BLOB, _tag("storage.westeurope"), MAYBE),
        (MONITOR, _tag("azuremonitor"), YES),
        (MONITOR, _tag("storage"), MAYBE),
    ],
)
def test_hidden_end(end: Endpoint, coverage: Coverage, expected: Certainty, *, allows: bool) -> None:
    """Everything meets an unknown end, its own tag too; what is narrower may; what cannot hold it does not (F25)."""
    assert hidden_certainty(end, coverage, allows=allows)[0] is expected


@pytest.mark.parametrize(("allows", "expected"), [(True, NO), (False, MAYBE)], ids=["allow", "deny"])
def test_alias_of_a_service(expected: Certainty, *, allows: bool) -> None:
    """A name of somebody's own may be an alias of a storage account: that never lets it out, and may stop it."""
    assert hidden_certainty(SITE, _tag("storage"), allows=allows)[0] is expected


def test_listed_beside() -> None:
    """A name is not let out by addresses and tags that the document lists beside it; a denied tag may stop it."""
    beside = Endpoint(
        label="a.contoso.com",
        name="a.contoso.com",
        elsewhere=address_set("40.77.24.27"),
        elsewhere_tags=frozenset({"azuremonitor"}),
    )

    assert hidden_certainty(beside, Coverage(address_set("40.77.24.27")), allows=True)[0] is NO
    assert hidden_certainty(beside, _tag("azuremonitor"), allows=True)[0] is NO
    assert hidden_certainty(beside, _tag("azuremonitor"), allows=False)[0] is MAYBE
    assert hidden_certainty(beside, Coverage(PUBLIC - address_set("40.77.24.27")), allows=True)[0] is YES


def test_doubt_has_a_reason() -> None:
    """Every doubt says on what it hangs."""
    doubts = [
        Coverage(address_set("52.0.0.0/8")),
        _tag("azuremonitor"),
        Coverage(NOTHING, (), EVERYTHING, "it depends"),
    ]

    assert all(hidden_certainty(SITE, each, allows=True)[1] for each in doubts)
