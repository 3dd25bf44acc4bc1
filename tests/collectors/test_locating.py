"""Where resources stand: the file and the line of the object that describes each, whatever shape it came in."""

import gzip
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.collectors.files import read_sources
from auditor.collectors.locating import locate
from auditor.collectors.positions import Place, places_of
from auditor.errors import SourceError
from auditor.estate import arm
from tests.builders import Document
from tests.collectors.saved import GROUP, route_table, save
from tests.estates import Draft, compliant
from tests.places import corpus

VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet-a"
TABLE = f"{GROUP}/providers/Microsoft.Network/routeTables/rt-a"


def lines_of(text: str, *arm_ids: str) -> dict[str, tuple[int, int]]:
    """Return line and column of resources in a text, by the last part of their ids."""
    found = places_of(text.encode(), {arm.key(each) for each in arm_ids})
    return {name.rpartition("/")[2]: (place.line, place.column) for name, place in found.items()}


def subnet(name: str) -> Document:
    """Return a subnet with a reference to a route table."""
    return {"name": name, "id": f"{VNET}/subnets/{name}", "properties": {"routeTable": {"id": TABLE}}}


def test_nested_lists_and_several_resources_in_a_file() -> None:
    """A subnet stands where its own object is, inside its network."""
    vnet = {"id": VNET, "name": "vnet-a", "properties": {"subnets": [subnet("one"), subnet("two")]}}
    text = json.dumps({"value": [vnet, {"id": TABLE, "properties": {"routes": []}}]}, indent=1)
    lines = text.split("\n")

    found = lines_of(text, VNET, TABLE, f"{VNET}/subnets/two")

    assert {name: lines[line - 1][column - 1 :] for name, (line, column) in found.items()} == {
        "vnet-a": "{",
        "two": "{",
        "rt-a": "{",
    }
    assert lines[found["vnet-a"][0]] == f'   "id": "{VNET}",'
    assert lines[found["two"][0] + 1] == f'      "id": "{VNET}/subnets/two",'
    assert lines[found["rt-a"][0]] == f'   "id": "{TABLE}",'


def test_a_reference_is_no_description() -> None:
    """Neither a stub, nor what older versions of az print for one, nor an entry of `az resource list`."""
    stubs = [
        {"routeTable": {"id": TABLE}},
        {"routeTable": {"id": TABLE, "resourceGroup": "rg", "routes": None, "etag": None, "subnets": None}},
        {"virtualNetwork": {"id": TABLE, "name": "x", "type": "Microsoft.Network/virtualNetworks", "subnet": "ase"}},
        {"id": TABLE, "name": "rt-a", "location": "westeurope", "sku": None, "createdTime": "x", "tags": {}},
    ]

    assert lines_of(json.dumps(stubs, indent=1), TABLE) == {}


def test_what_az_flattens_is_a_description() -> None:
    """Without properties, any field of its own makes an object more than a reference."""
    text = json.dumps([{"id": VNET, "subnets": []}, {"disableBgpRoutePropagation": False, "id": TABLE}])

    assert lines_of(text, TABLE) == {"rt-a": (1, text.index('{"disable') + 1)}


def test_a_row_of_a_table_is_a_description() -> None:
    """Resource Graph can answer in columns and rows."""
    columns = [{"name": "name"}, {"name": "id"}, {"name": "properties"}]
    answer = {"data": {"columns": columns, "rows": [["x", "/x", {}], ["rt-a", TABLE, {"routes": []}], ["cut"]]}}
    text = json.dumps(answer)

    assert lines_of(text, TABLE) == {"rt-a": (1, text.index('["rt-a"') + 1)}


@pytest.mark.parametrize(
    "written",
    [
        json.dumps(TABLE),
        json.dumps(TABLE.upper()),
        json.dumps(TABLE + "/"),
        json.dumps(TABLE).replace("/", "\\/"),
        json.dumps(TABLE).replace("/", "\\u002F"),
        json.dumps(TABLE).replace("rt", "\\u0072t"),
    ],
)
def test_an_id_in_any_spelling(written: str) -> None:
    """JSON has many ways to write one text, and Azure several to write one id."""
    assert lines_of(f'[\n{{"id": {written}, "properties": {{}}}}]', TABLE) == {"rt-a": (2, 1)}


@pytest.mark.parametrize("start", ["resourceGroups/net", "subscriptions/s/resourceGroups/net"])
def test_an_id_without_its_first_slash(start: str) -> None:
    """Some tools leave it out, and the resource is read all the same."""
    arm_id = f"{start}/providers/Microsoft.Network/routeTables/rt-a"

    assert lines_of(json.dumps({"id": arm_id, "properties": {}}), arm_id) == {"rt-a": (1, 1)}


def test_text_that_looks_like_json_is_none() -> None:
    """A description, a name or a key that quotes an object does not move anything."""
    real = {"id": TABLE, "properties": {"routes": []}}
    quoted = json.dumps(real)
    text = json.dumps([{"id": "/x", quoted: [quoted], "note": f'"{TABLE}"', "list": [[], {}, "[]", quoted]}, real])

    assert lines_of(text, TABLE) == {"rt-a": (1, text.rindex('{"id"') + 1)}


@pytest.mark.parametrize(
    "text", ["", "[", "[" * 5_000 + f'"{TABLE}"' + "]" * 5_000, f'"{TABLE}"', f'{{"id": "{TABLE}"']
)
def test_what_cannot_be_read_has_no_places(text: str) -> None:
    """It had no resources either."""
    assert lines_of(text, TABLE) == {}


def test_columns_are_characters() -> None:
    """A wide character before it counts as one."""
    assert lines_of(f'\n[{{"東京": "🙂"}}, {{"id": "{TABLE}", "properties": {{}}}}]', TABLE) == {"rt-a": (2, 15)}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from([TABLE, VNET, "{}", '{"id":']),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "rows", "x", "properties", "{"]), inner)
    ),
    max_leaves=25,
)


@given(JSON, st.sampled_from([None, 1]))
def test_the_place_is_that_of_the_object(value: object, indent: int | None) -> None:
    """In any JSON: from the place on, the object can be read, and it has the id; one that is there is found."""
    text = json.dumps([value, {"columns": 1}], indent=indent, ensure_ascii=False)
    found = places_of(text.encode(), {arm.key(TABLE)})
    copies = [each for each, copied in described_in(value, "") if copied]
    described = [each for each, copied in described_in(value, "") if not copied] or copies

    assert bool(found) == bool(described)
    for place in found.values():
        rest = text.split("\n")[place.line - 1 :]
        first, _ = json.JSONDecoder().raw_decode("\n".join([rest[0][place.column - 1 :], *rest[1:]]))
        assert first == described[0]


def described_in(value: object, inside: str) -> list[tuple[object, bool]]:
    """Return every object that describes the table, in order of the text, and whether it stands in another resource."""
    if isinstance(value, list):
        return [each for item in value for each in described_in(item, inside)]
    if not isinstance(value, dict):
        return []
    described = value.get("id") == TABLE and any(value.get(key) is not None for key in value if key != "id")
    own = [(value, bool(inside))] if described else []
    named = value.get("id")
    inside = (arm.key(named) if isinstance(named, str) else "") or inside
    return own + [each for item in value.values() for each in described_in(item, inside)]


def test_the_file_in_a_folder_plain_or_packed(tmp_path: Path) -> None:
    """A folder names the file below it; of a packed one, the line of what is inside; standard input has none."""
    save(tmp_path, {"a.json": [route_table("one")], "deep/b.json": {"value": [route_table("two")]}})
    packed = "[\n" + json.dumps(route_table("three")) + "]"
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(packed.encode()))
    (tmp_path / "d.json").write_bytes("\ufeff[\n\n{}]".format(json.dumps(route_table("four"))).encode("utf-16-le"))
    ids = [route_table(name)["id"] for name in ("one", "two", "three", "four", "five")]

    found = locate([str(tmp_path), "-"], ids)

    assert {each.file.relative_to(tmp_path).as_posix(): each.place for each in found.values()} == {
        "a.json": Place(1, 2),
        "deep/b.json": Place(1, 12),
        "c.json.gz": Place(2, 1),
        "d.json": Place(3, 1),
    }


def test_of_several_copies_that_of_the_latest_source(tmp_path: Path) -> None:
    """A later SOURCE wins, as it does when they are read; in a folder, the first file."""
    save(tmp_path / "old", {"a.json": [route_table("one"), route_table("two")]})
    save(tmp_path / "new", {"x.json": [route_table("one")], "b.json": {"value": [route_table("one")]}})
    one, two = (route_table(name)["id"] for name in ("one", "two"))

    found = locate([str(tmp_path / "old"), str(tmp_path / "new")], [one, two])

    assert found[arm.key(one)].file == tmp_path / "new" / "b.json"
    assert found[arm.key(two)].file == tmp_path / "old" / "a.json"


def test_a_copy_in_another_resource_counts_where_there_is_nothing_else(tmp_path: Path) -> None:
    """`$expand=subnets` puts whole subnets into a security group, which is not where a subnet is changed."""
    group = {
        "id": f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/nsg",
        "properties": {"subnets": [subnet("ase")]},
    }
    network = {"id": VNET, "name": "vnet-a", "properties": {"subnets": [subnet("ase")]}}
    bare = {"id": VNET, "name": "vnet-a", "properties": {"addressSpace": {}}}
    save(tmp_path / "both", {"a.json": group, "b.json": network})
    save(tmp_path / "one", {"all.json": [group, network]})
    save(tmp_path / "bare", {"a.json": group, "b.json": bare})
    save(tmp_path / "copy", {"a.json": group})

    def place(folder: str) -> tuple[str, int]:
        (found,) = locate([str(tmp_path / folder)], [subnet("ase")["id"]]).values()
        return found.file.name, found.place.column

    whole = (tmp_path / "one" / "all.json").read_text(encoding="utf-8")
    assert place("both")[0] == "b.json"
    assert place("one") == ("all.json", whole.rindex('{"name": "ase"') + 1)
    assert place("bare") == ("b.json", 1)
    assert place("copy")[0] == "a.json"


def test_a_part_that_is_not_written_out_stands_where_the_whole_does(tmp_path: Path) -> None:
    """A subnet without an object of its own is in its network; a network that is nowhere has no place."""
    save(tmp_path, {"vnet.json": {"id": VNET, "name": "vnet-a", "properties": {}}})

    found = locate([str(tmp_path)], [f"{VNET}/subnets/ase/x/y", "", "/subscriptions/x", TABLE, "no id"])

    assert {name: each.place for name, each in found.items()} == {arm.key(f"{VNET}/subnets/ase/x/y"): Place(1, 1)}


def test_a_source_that_is_gone_has_no_places(tmp_path: Path) -> None:
    """The report is not lost because a file went away while it was made."""
    (tmp_path / "half.json").write_text('{"id":', encoding="utf-8")

    assert locate([str(tmp_path / "gone"), str(tmp_path)], [TABLE]) == {}


def test_everything_in_an_estate_is_found(tmp_path: Path) -> None:
    """Each resource of the compliant example has its place, in the file it was written to."""
    save(tmp_path, dict(compliant()))
    resources = Draft().documents

    found = locate([str(tmp_path)], [each["id"] for each in resources])

    assert len(found) == len(resources)
    for file, documents in compliant().items():
        if file != "service-tags.json":  # no resource
            assert {found[arm.key(each["id"])].file.name for each in documents} == {file}


def test_every_resource_of_real_inputs_is_found() -> None:
    """Whatever a file of the corpus gives has its place in it, on the object that has its id."""
    number = 0
    for file in sorted((corpus() / "arm-responses").rglob("*.json")):
        with suppress(SourceError):
            ids = {arm.key(each["id"]) for each in read_sources([str(file)], None).resources}
            found, text = locate([str(file)], ids), file.read_text(encoding="utf-8-sig")
            assert found.keys() == ids
            number += len(ids)
            for arm_id, each in found.items():
                lines = text.split("\n")[each.place.line - 1 :]
                rest = "\n".join([lines[0][each.place.column - 1 :], *lines[1:]])
                written = json.JSONDecoder().raw_decode(rest)[0]
                assert arm_id.startswith(arm.key(written.get("id") or written.get("ResourceId")))
    assert number > 150
