"""Documents taken apart and put together again are what they were."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

import pytest

from auditor.estate.estate import build_estate
from auditor.estate.parts import chosen, put_together, take_apart
from tests.audits import snapshot_of
from tests.builders import Document
from tests.estates import compliant
from tests.examples import flattened
from tests.violating import violating


def documents(name: str) -> list[Document]:
    """Return the resources of an example estate."""
    estate = {"compliant": compliant, "violating": violating}[name]()
    return [deepcopy(each) for file, found in estate.items() for each in found if file != "service-tags.json"]


def estate_of(resources: Iterable[Mapping[str, Any]]) -> object:
    """Return the estate of some resources."""
    return build_estate(snapshot_of([dict(each) for each in resources]))


@pytest.mark.parametrize("name", ["compliant", "violating"])
def test_nothing_is_lost(name: str) -> None:
    """Whole estates come back, and the documents that were taken apart are as they were."""
    found = documents(name)
    before = deepcopy(found)

    again = list(put_together(take_apart(found)))

    assert found == before
    assert estate_of(again) == estate_of(found)


def test_a_part_may_be_there_or_not() -> None:
    """A route of the later source comes alone; a part whose place is not there stays away with it."""
    before, after = documents("compliant"), documents("compliant")
    table = next(each for each in after if each["name"] == "rt-ase")
    table["properties"]["routes"] = table["properties"]["routes"][:1]
    table["properties"]["disableBgpRoutePropagation"] = True
    one, other = take_apart(before), take_apart(after)
    gone = sorted(one.held.keys() - other.held.keys())

    fewer = put_together(chosen(one, other, gone[:2]))
    without = put_together(chosen(one, take_apart([]), [at for at in one.held if at.endswith("/routetables/rt-ase")]))

    (found,) = [each for each in fewer if each["name"] == "rt-ase"]
    (whole,) = [each for each in before if each["name"] == "rt-ase"]
    assert len(found["properties"]["routes"]) == len(whole["properties"]["routes"]) - 2
    assert (
        "disableBgpRoutePropagation" not in found["properties"] or not found["properties"]["disableBgpRoutePropagation"]
    )
    assert "rt-ase" not in {each["name"] for each in without}


def test_what_az_flattens_is_taken_apart_too() -> None:
    """A resource whose properties stand at its top level has the same parts."""
    (table,) = [each for each in documents("compliant") if each["name"] == "rt-ase"]
    flat = flattened(deepcopy(table))

    assert take_apart([table]).held.keys() == take_apart([flat]).held.keys()
    assert list(put_together(take_apart([flat]))) == [flat]


def test_a_name_given_twice_loses_nothing() -> None:
    """Two rules of one name, and entries that are no objects, stay what they are."""
    rule = {"name": "same", "ruleType": "NetworkRule"}
    group: Document = {
        "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/firewallPolicies/p/ruleCollectionGroups/r",
        "name": "r",
        "type": "Microsoft.Network/firewallPolicies/ruleCollectionGroups",
        "properties": {"priority": 1, "ruleCollections": [{"name": "c", "rules": [rule, {**rule, "x": 1}]}, "odd"]},
    }

    assert list(put_together(take_apart([group]))) == [group]
