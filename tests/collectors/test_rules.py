"""What ships with the auditor beside the packs: service tag lists."""

import json
import re

import pytest

from auditor.collectors.rules import read_tag_list_of, tag_list_source
from auditor.estate.addresses import address_set, prefix
from auditor.estate.tags import Tags
from auditor.shipped import shipped

CLOUDS = ("public", "usgovernment")


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_shipped_list_says_what_it_is(cloud: str) -> None:
    """A list is of its cloud, has a change number and a day, and says where it came from."""
    tags = read_tag_list_of(cloud)
    assert tags is not None
    assert (tags.cloud, tags.shipped) == (cloud, True)
    assert tags.change_number.isdigit()
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", tags.date)
    text = (shipped("rules") / "service-tags" / f"{cloud}.json").read_text(encoding="utf-8")
    assert json.loads(text)["source"]["read_from"].startswith("https://")
    source = tag_list_source(tags)
    assert (source.collected_at, tags.change_number in source.location) == (tags.date, True)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_prefix_of_a_shipped_list_is_one(cloud: str) -> None:
    """Every tag has prefixes, all of them well formed."""
    tags = read_tag_list_of(cloud)
    assert tags is not None
    assert len(tags.prefixes) >= 30
    assert all(prefix(each) for prefixes in tags.prefixes.values() for each in prefixes)
    assert all(tags.prefixes.values())


@pytest.mark.parametrize("cloud", CLOUDS)
def test_regions_lie_in_their_service(cloud: str) -> None:
    """What bounds a region that a list leaves out is true of every region that it holds (R27)."""
    listed = read_tag_list_of(cloud)
    assert listed is not None
    tags = Tags(listed, {})
    regional = [each for each in listed.prefixes if "." in each]
    assert len(regional) > 20
    for each in regional:
        assert tags.use(each).sure <= tags.use(each.partition(".")[0]).sure, each


def test_management_addresses_lie_in_their_tag() -> None:
    """A few of the documented management addresses, as a check that the list is the right one."""
    tags = Tags(read_tag_list_of("public"), {})

    assert address_set("13.66.140.0") <= tags.use("AppServiceManagement").sure
    assert not address_set("8.8.8.8") & tags.use("AppServiceManagement").sure


def test_a_cloud_without_a_list() -> None:
    """No list comes for the cloud of China: what a tag holds there is not known."""
    assert read_tag_list_of("china") is None
