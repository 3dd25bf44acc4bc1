"""What two sources tell differently: exactly the edit, and nothing for noise."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from auditor.drifts import Change, Happened
from auditor.engine.changes import Side, swaps_between
from auditor.engine.matching_names import matched_by_name
from auditor.estate.estate import build_estate
from auditor.estate.snapshot import Snapshot
from auditor.findings import Gap, Source
from tests.audits import snapshot_of
from tests.builders import Document, network_id, route
from tests.drifted import EDITS, snapshot
from tests.engine.defects import Defect
from tests.estates import Draft
from tests.hubs import wan_documents

COMPLETE = (Source(kind="snapshot", location="s", digest="sha256:0"),)


def changes(before: Snapshot, after: Snapshot) -> list[Change]:
    """Return what changed."""
    return [each.change for each in swaps_between(Side(before), Side(after))]


def of(draft: Draft) -> Snapshot:
    """Return the snapshot of an estate."""
    return snapshot_of(draft.documents, tags=draft.tags)


@pytest.mark.parametrize("edit", EDITS, ids=lambda each: str(each.name))
def test_every_edit_is_a_change_and_undone_it_is_the_other_way_round(edit: Defect) -> None:
    """What is added one way is removed the other; nothing else is told."""
    before, after = snapshot(), snapshot([edit])
    turned = {Happened.ADDED: Happened.REMOVED, Happened.REMOVED: Happened.ADDED, Happened.CHANGED: Happened.CHANGED}

    there, back = changes(before, after), changes(after, before)

    assert there
    assert {each.id for each in there} == {each.id for each in back}
    assert [turned.get(each.happened, Happened.ADDED) for each in there] == [
        each.happened if one.happened is not Happened.UNREAD else Happened.ADDED
        for each, one in zip(back, there, strict=True)
    ]
    assert changes(before, before) == changes(after, after) == []


def test_a_route_in_words() -> None:
    """A change says what, where, and what it was."""
    draft = Draft()
    draft.drop_route("40.77.24.27/32")
    draft.routes.append(route("Extra", "198.51.100.0/24", "VirtualAppliance", "10.0.0.4"))
    draft.route("0.0.0.0/0")["nextHopIpAddress"] = "10.0.0.9"

    told = [(each.kind, each.name, str(each.happened), each.what) for each in changes(snapshot(), of(draft))]

    assert told == [
        ("route", "rt-ase/default", "changed", "0.0.0.0/0 VirtualAppliance 10.0.0.9"),
        ("route", "rt-ase/dependency-5", "removed", "40.77.24.27/32 Internet"),
        ("route", "rt-ase/Extra", "added", "198.51.100.0/24 VirtualAppliance 10.0.0.4"),
    ]


def _etags(document: Document) -> None:
    for children in (each for each in document["properties"].values() if isinstance(each, list)):
        for child in (each for each in children if isinstance(each, dict)):
            child["etag"] = 'W/"2"'
    document["etag"] = 'W/"1"'


def _updating(document: Document) -> None:
    document["properties"]["provisioningState"] = "Updating"


def _backwards(document: Document) -> None:
    for name in {"routes", "securityRules", "subnets", "ruleCollections"} & document["properties"].keys():
        document["properties"][name].reverse()


def _in_capitals(document: Document) -> None:
    document["id"] = document["id"].upper().replace("/SUBSCRIPTIONS/", "/subscriptions/")
    for each in document["properties"].get("routes", ()):
        each["properties"]["nextHopType"] = each["properties"]["nextHopType"].upper()


def _with_default_rules(document: Document) -> None:
    if "securityRules" in document["properties"]:
        document["properties"]["defaultSecurityRules"] = DEFAULT_RULES


def _plural(document: Document) -> None:
    for each in document["properties"].get("securityRules", ()):
        rule = each["properties"]
        for one in ("sourceAddressPrefix", "destinationAddressPrefix", "destinationPortRange"):
            if one in rule:
                rule[one + ("es" if one.endswith("Prefix") else "s")] = [rule.pop(one)]
    for each in document["properties"].get("subnets", ()):
        each["properties"]["addressPrefixes"] = [each["properties"].pop("addressPrefix")]


def _blanks(document: Document) -> None:
    for each in document["properties"].get("routes", ()):
        each["properties"]["addressPrefix"] = f" {each['properties']['addressPrefix']} "


NOISE = (_etags, _updating, _backwards, _in_capitals, _with_default_rules, _plural, _blanks)

DEFAULT_RULES = [
    {
        "name": "AllowVnetInBound",
        "properties": {
            "priority": 65000,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "*",
            "sourceAddressPrefix": "VirtualNetwork",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "VirtualNetwork",
            "destinationPortRange": "*",
        },
    }
]


@pytest.mark.parametrize("noise", NOISE)
def test_noise_is_no_change(noise: Callable[[Document], None]) -> None:
    """Azure's own noise, order and spelling are no drift, wherever they appear."""
    draft = Draft()
    for document in draft.documents:
        noise(document)
    draft.documents.reverse()

    assert draft.documents != Draft().documents
    assert changes(snapshot(), of(draft)) == []
    assert changes(of(draft), snapshot()) == []


def test_prefixes_written_in_other_ways_are_the_same() -> None:
    """An address is its own prefix; a range may be given whole or in halves."""
    one, other = Draft(), Draft()
    for draft, sources in ((one, ["10.1.1.0/24"]), (other, ["10.1.1.0/25", "10.1.1.128/25"])):
        draft.rule("rcg-network", "ntp")["sourceAddresses"] = sources
    other.route("40.77.24.27/32")["addressPrefix"] = "40.77.24.27"

    assert changes(of(one), of(other)) == []


def test_a_resource_that_comes_is_one_change() -> None:
    """A rule collection group with all its rules, and the policy that lists it, are one."""
    draft = Draft()
    draft.add_group("fwp-ase", "rcg-new", 900)

    (told,) = changes(snapshot(), of(draft))

    assert (told.kind, told.name, told.happened) == ("rule collection group", "fwp-ase/rcg-new", Happened.ADDED)


def test_what_is_not_in_the_later_source_may_still_be_there() -> None:
    """A table that a subnet names is not read; one that nothing names in a whole snapshot is removed."""
    unread, removed = Draft(), Draft()
    unread.drop("rt-ase")
    removed.drop("rt-ase")
    del removed.ase["routeTable"]
    whole = replace(snapshot(), sources=COMPLETE)
    refused = replace(of(removed), gaps=(Gap(what="*", scope="", why="refused", needs="Reader"),), sources=COMPLETE)

    def told(after: Snapshot) -> dict[str, Happened]:
        return {each.name: each.happened for each in changes(whole, replace(after, sources=COMPLETE))}

    assert told(of(unread)) == {"rt-ase": Happened.UNREAD}
    assert told(of(removed)) == {"rt-ase": Happened.REMOVED, "vnet-shop/ase": Happened.CHANGED}
    assert told(refused)["rt-ase"] is Happened.UNREAD


def test_gaps_and_sources_are_changes_too() -> None:
    """What may not be read any more is told, and so is that a source does not hold all there is."""
    gap = Gap(what="Microsoft.Network/ipGroups", scope="/subscriptions/s", why="403", needs="Reader")
    whole, files = replace(snapshot(), sources=COMPLETE), snapshot()

    (told,) = changes(whole, replace(whole, gaps=(gap,)))
    (source,) = changes(whole, files)

    assert (told.kind, told.happened, told.what) == ("gap", Happened.ADDED, "403")
    assert (source.kind, source.what) == ("sources", "it says nothing of what is not in it")


def test_service_tags_are_one_change() -> None:
    """However many tags Azure has changed."""
    draft = Draft()
    for value in draft.tags[0]["values"]:
        value["properties"]["addressPrefixes"] = [*value["properties"]["addressPrefixes"], "198.51.100.0/24"]

    (told,) = changes(snapshot(), of(draft))

    assert told.kind == "service tags"
    assert "AppServiceManagement" in told.name


def _moved(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        for old, new in names.items():
            value = value.replace(old, new)
        return value
    if isinstance(value, dict):
        return {key: _moved(each, names) for key, each in value.items()}
    return [_moved(each, names) for each in value] if isinstance(value, list) else value


def test_match_by_name_across_subscriptions() -> None:
    """The same estate in another subscription and resource group is the same by name, and another one by id."""
    subscription = network_id("routeTables", "x").split("/")[2]
    moved = [
        _moved(deepcopy(each), {subscription: "99999999-0000-0000-0000-000000000009", "rg-network": "rg-other"})
        for each in Draft().documents
    ]
    table = next(each for each in moved if each["name"] == "rt-ase")
    after = snapshot_of(moved, tags=Draft().tags)

    assert len(changes(snapshot(), after)) > 10
    assert changes(snapshot(), matched_by_name(snapshot(), after)) == []

    table["properties"]["routes"].pop(0)
    (told,) = changes(snapshot(), matched_by_name(snapshot(), snapshot_of(moved, tags=Draft().tags)))
    assert told.kind == "route"


def test_a_name_that_is_there_twice() -> None:
    """Which of two resources of one name is meant is told by their group, and by nothing where that is torn."""
    draft = Draft()
    twin = deepcopy(draft.resource("rt-ase"))
    twin["id"] = twin["id"].replace("rg-network", "rg-twin")
    draft.documents.append(twin)
    moved = [_moved(deepcopy(each), {"rg-network": "rg-other"}) for each in draft.documents]
    torn = [
        _moved(each, {"rg-other": f"rg-{place}"}) if each["name"] in {"rt-ase", "nsg-ase"} else each
        for place, each in enumerate(deepcopy(moved))
    ]

    def tables(later: list[Document]) -> int:
        after = matched_by_name(of(draft), snapshot_of(later, tags=draft.tags))
        return sum(each.kind == "route table" for each in changes(of(draft), after))

    assert tables(moved) == 0
    assert tables(torn) == 2


def _states(kind: str) -> list[Document]:
    """Return a virtual hub with what belongs to it, one kind of which is being updated."""
    documents = deepcopy(wan_documents())
    for each in documents:
        if each["type"].endswith(kind):
            each["properties"]["provisioningState"] = "Updating"
    return documents


@pytest.mark.parametrize("kind", ["virtualHubs", "hubVirtualNetworkConnections", "routingIntent", "hubRouteTables"])
def test_a_hub_that_is_being_updated_is_no_noise(kind: str) -> None:
    """Until it has settled the audit does not know how it routes: that is a change, and not Azure's noise."""
    told = changes(snapshot_of(wan_documents()), snapshot_of(_states(kind)))

    assert told
    assert {(each.happened, each.differences[0].field) for each in told} == {(Happened.CHANGED, "state")}


def test_a_service_endpoint_that_is_being_updated_is_no_noise() -> None:
    """Whether it works yet is not known; a firewall that is being updated still decides."""
    draft, busy = Draft(), Draft()
    draft.ase["serviceEndpoints"][0]["provisioningState"] = "Updating"
    busy.of("fw-hub")["provisioningState"] = "Updating"

    assert [each.name for each in changes(snapshot(), of(draft))] == ["vnet-shop/ase"]
    assert changes(snapshot(), of(busy)) == []


def test_an_address_space_in_other_prefixes_is_another_one() -> None:
    """Azure routes each prefix of a VNet by itself, so that halves of one decide other flows than the whole."""
    draft, far = Draft(), Draft()
    draft.of("vnet-shop")["addressSpace"]["addressPrefixes"] = ["10.1.0.0/17", "10.1.128.0/17"]
    peering = far.of("vnet-hub")["virtualNetworkPeerings"][0]["properties"]
    peering["remoteAddressSpace"] = {"addressPrefixes": ["10.1.0.0/17", "10.1.128.0/17"]}

    assert [each.name for each in changes(snapshot(), of(draft))] == ["vnet-shop"]
    assert [each.kind for each in changes(snapshot(), of(far))] == ["peering"]


def test_rules_that_share_a_name_or_have_none_are_told_apart() -> None:
    """No rule hides another one of its name: what becomes of each is told."""
    one, other = Draft(), Draft()
    for draft, names in ((one, ("twin", "TWIN", "", "")), (other, ("twin", "", ""))):
        rules = draft.of("rcg-network")["ruleCollections"][0]["rules"]
        rules += [{**deepcopy(rules[0]), "name": name} for name in names]
    other.of("rcg-network")["ruleCollections"][0]["rules"][-2]["destinationPorts"] = ["9"]

    told = [(str(each.happened), each.name.rpartition("/")[2]) for each in changes(of(one), of(other))]

    assert sorted(told) == [("changed", ""), ("removed", "TWIN")]


def test_what_lives_in_another_subnet_has_moved() -> None:
    """An address that Azure lists in one subnet and then in another is told, though nothing else says so."""
    one, other = Draft(), Draft()
    lives = [{"id": network_id("networkInterfaces", "vm") + "/ipConfigurations/ip"}]
    one.ase["ipConfigurations"] = lives
    other.subnet("vnet-shop", "gateway")["ipConfigurations"] = lives

    (told,) = changes(of(one), of(other))

    assert (told.happened, [each.field for each in told.differences]) == (Happened.CHANGED, ["place"])


def test_tags_in_another_order_and_spelling_are_the_same() -> None:
    """Capitals and blanks of a tag do not change where it stands among others."""
    one, other = Draft(), Draft()
    for draft, tags in ((one, ["Storage", "sql"]), (other, ["Sql", "storage"])):
        rule = draft.of("nsg-ase")["securityRules"][0]["properties"]
        rule.pop("sourceAddressPrefix", None)
        rule["sourceAddressPrefixes"] = tags

    assert changes(of(one), of(other)) == []


def test_what_could_not_be_read_elsewhere_is_not_read_here() -> None:
    """With `--match name` a gap over a whole subscription lies over what its resources are taken for."""
    old, new = network_id("routeTables", "x").split("/")[2], "99999999-0000-0000-0000-000000000009"
    moved = [_moved(deepcopy(each), {old: new}) for each in Draft().documents if each["name"] != "nsg-ase"]
    gap = Gap(what="Microsoft.Network/networkSecurityGroups", scope=f"/subscriptions/{new}", why="403", needs="Reader")
    after = replace(snapshot_of(moved, tags=Draft().tags, gaps=[gap]), sources=COMPLETE)
    before = replace(snapshot(), sources=COMPLETE)

    matched = matched_by_name(before, after)

    assert {each.scope for each in matched.gaps} == {f"/subscriptions/{new}", f"/subscriptions/{old}"}
    assert build_estate(matched).may_hide(["microsoft.network/networksecuritygroups"], f"/subscriptions/{old}")


def test_two_resources_never_become_one() -> None:
    """Where the group of a resource stands for one in which the same name is taken, it keeps its own id."""
    one, other = Draft(), Draft()
    for draft, groups in ((one, ("rg-network", "rg-c")), (other, ("rg-network", "rg-b"))):
        for group in groups:
            for name in ("rt-twin", f"rt-{'only' if group != 'rg-network' else 'here'}"):
                table = deepcopy(draft.resource("rt-ase"))
                table["name"] = name
                table["id"] = table["id"].replace("rg-network", group).replace("rt-ase", name)
                draft.documents.append(table)
    third = deepcopy(other.documents[-2])
    third["id"] = third["id"].replace("rg-b", "rg-c")
    other.documents.append(third)

    matched = matched_by_name(of(one), of(other))

    ids = [each["id"].lower() for each in matched.resources]
    assert len(ids) == len(set(ids)) == len(other.documents)
