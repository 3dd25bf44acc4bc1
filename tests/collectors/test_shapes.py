"""Every shape of JSON that holds resources is read, and told apart by content alone."""

from typing import Any

import pytest

from auditor.errors import SourceError
from auditor.findings import Gap
from tests.collectors.saved import GROUP, NETWORK, flat, names, read, route_table

ONE, OTHER = route_table("rt-one"), route_table("rt-other")
TAGS = {"name": "ActionGroup", "id": "ActionGroup", "properties": {"addressPrefixes": ["13.65.25.19/32"]}}


@pytest.mark.parametrize(
    "value",
    [
        [ONE, OTHER],
        {"value": [ONE, OTHER]},
        {"value": [ONE, OTHER], "nextLink": None},
        {"data": [ONE, OTHER], "count": 2, "totalRecords": 2, "resultTruncated": "false"},
        {"data": [ONE, OTHER], "count": 2, "total_records": 2, "skip_token": None},
        {"schema": "snapshot/1", "resources": [ONE, OTHER]},
        [flat(ONE), flat(OTHER)],
    ],
    ids=["list", "value", "value-last-page", "resource-graph", "az-graph", "snapshot", "az-list"],
)
def test_lists_of_every_shape_hold_the_same(value: object) -> None:
    """The same two resources come out of every shape that can list them, without a gap."""
    snapshot = read(value)

    assert names(snapshot) == ["rt-one", "rt-other"]
    assert [each["properties"]["routes"] for each in snapshot.resources] == [[], []]
    assert snapshot.gaps == ()


def test_single_resource() -> None:
    """A resource alone is read as it is."""
    assert read(ONE).resources == (ONE,)


@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "under-data"])
def test_resource_graph_table(wrapped: bool) -> None:  # noqa: FBT001 - a test parameter
    """The table form of Resource Graph is rows and columns of the same documents."""
    columns = [{"name": name, "type": "string"} for name in ("id", "name", "type", "properties")]
    rows = [[ONE["id"], ONE["name"], ONE["type"].lower(), ONE["properties"]]]
    table = {"columns": columns, "rows": rows}

    snapshot = read({"totalRecords": 1, "data": table} if wrapped else table)

    assert names(snapshot) == ["rt-one"]


def test_resource_graph_table_whose_rows_do_not_fit() -> None:
    """A row of another width is refused rather than read into the wrong columns."""
    with pytest.raises(SourceError, match=r"^stdin: is a Resource Graph table whose rows do not fit its columns; "):
        read({"columns": [{"name": "id"}], "rows": [["x", "y"]]})


@pytest.mark.parametrize("value", [[], {"value": []}, {"data": []}, {"schema": "snapshot/1", "resources": []}])
def test_empty_lists_are_read(value: object) -> None:
    """An empty list is an answer: there is nothing."""
    snapshot = read(value)

    assert (snapshot.resources, snapshot.gaps) == ((), ())


def test_types_not_needed_are_left_out() -> None:
    """A source in which nothing is of a needed type is read all the same."""
    machine = {"id": f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm", "name": "vm", "properties": {}}

    snapshot = read([machine, {**machine, "type": "Microsoft.Compute/virtualMachines"}])

    assert (snapshot.resources, snapshot.gaps) == ((), ())


def test_snapshot_keeps_its_gaps_tags_and_time() -> None:
    """A saved snapshot gives back everything the collector knew, what it could not read included."""
    gap = {"what": "Microsoft.Network/firewallPolicies", "scope": GROUP, "why": "access denied", "needs": "read"}
    tags = {"public": {"changeNumber": "104", "cloud": "Public", "values": [TAGS]}}

    snapshot = read(
        {
            "schema": "snapshot/1",
            "collected_at": "2026-01-31T12:00:00Z",
            "cloud": "AzureCloud",
            "resources": [ONE],
            "service_tags": tags,
            "gaps": [gap],
        }
    )

    assert snapshot.gaps == (Gap(**gap),)
    assert snapshot.service_tags == (tags["public"],)
    assert (snapshot.sources[0].kind, snapshot.sources[0].collected_at) == ("snapshot", "2026-01-31T12:00:00Z")


def test_snapshot_of_another_schema_is_refused() -> None:
    """A later schema may mean other things by the same words."""
    with pytest.raises(SourceError) as fault:
        read({"schema": "snapshot/2", "resources": []})

    assert str(fault.value) == (
        'stdin: is a snapshot of schema "snapshot/2"; this auditor reads "snapshot/1"; '
        "collect it again, or use the auditor of the version that wrote it"
    )


def test_snapshot_without_resources_is_refused() -> None:
    """A snapshot without its list is damaged, not empty."""
    with pytest.raises(SourceError, match=r'^stdin: is a snapshot without its list of "resources"; collect it again$'):
        read({"schema": "snapshot/1"})


@pytest.mark.parametrize("part", ["gaps", "service_tags"])
@pytest.mark.parametrize("value", [7, "x", ["x"], [[]]])
def test_snapshot_with_damaged_parts_is_refused(part: str, value: object) -> None:
    """What a snapshot could not read must not be lost with a damaged entry."""
    with pytest.raises(SourceError) as fault:
        read({"schema": "snapshot/1", "resources": [], part: value})

    assert str(fault.value) == f'stdin: is a snapshot the "{part}" of which are no objects; collect it again'


@pytest.mark.parametrize("form", [list, dict])
def test_snapshot_service_tags_in_every_form(form: type) -> None:
    """One list, several, or several by name."""
    tags = {"changeNumber": "104", "cloud": "Public", "values": [TAGS]}
    value: object = [tags] if form is list else tags

    assert read({"schema": "snapshot/1", "resources": [], "service_tags": value}).service_tags == (tags,)


@pytest.mark.parametrize(
    "value",
    [
        {"changeNumber": 401, "cloud": "AzureGovernment", "values": [TAGS]},
        {
            "name": "Public",
            "id": f"{GROUP}/providers/Microsoft.Network/serviceTags/Public",
            "type": "Microsoft.Network/serviceTags",
            "changeNumber": "104",
            "cloud": "Public",
            "nextLink": "",
            "values": [TAGS],
        },
    ],
    ids=["published-file", "answer-of-azure"],
)
def test_service_tag_lists(value: dict[str, Any]) -> None:
    """Service tag lists are kept beside the resources, alone or in a list with them."""
    assert read(value).service_tags == (value,)
    assert read([ONE, value, value]).service_tags == (value,)
    assert read([ONE, value]).resources == (ONE,)


TEMPLATE = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
LATER = "this comes with a later version: give it the deployed resources, as `az ... -o json` or REST returns them"
GIVE = "give it resources as `az ... -o json`, REST or Resource Graph returns them"
READ = "read it again with the right to, or leave the file out"
RECORDED = {"method": "GET", "url": "https://management.azure.com/", "status": 200, "body": None}


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ({"$schema": TEMPLATE, "resources": []}, f"is an ARM template, which is not read yet; {LATER}"),
        (
            {"$schema": TEMPLATE.replace("Template", "Parameters"), "parameters": {}},
            f"is the parameter file of an ARM template, which is not read yet; {LATER}",
        ),
        (
            {"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {}, "resource_changes": []},
            f"is a Terraform plan, which is not read yet; {LATER}",
        ),
        (
            {"version": 4, "terraform_version": "1.9.0", "lineage": "x", "resources": []},
            f"is a Terraform state, which is not read yet; {LATER}",
        ),
        (
            {"status": "Succeeded", "changes": [{"resourceId": ONE["id"], "changeType": "Create"}]},
            f"is the result of a what-if, which is not read yet; {LATER}",
        ),
        ([RECORDED], f"entry 1 of its list is a recording of requests, not their result; {GIVE}"),
        ({"about": "", "answers": [RECORDED]}, f"is a recording of requests, not their result; {GIVE}"),
        (
            {"parameters": {}, "responses": {"200": {"body": ONE}}},
            f"is an example of the REST API documentation, not a resource; {GIVE}",
        ),
        (
            {"value": [{"addressPrefix": ["10.0.0.0/16"], "nextHopType": "VnetLocal", "state": "Active"}]},
            f"entry 1 of its list is a record of effective routes, not of resources; {GIVE}",
        ),
        (
            {"schema": "audit-report/1"},
            "is a result of this auditor (audit-report/1), not a source; give it the source that was audited",
        ),
        (
            {"error": {"code": "ResourceGroupNotFound", "message": "Resource group 'x'\nis lost"}},
            f"is an error Azure answered, not a resource: ResourceGroupNotFound: Resource group 'x' is lost; {READ}",
        ),
        (
            {"Code": "NotFound", "Message": "no such site"},
            f"is an error Azure answered, not a resource: NotFound: no such site; {READ}",
        ),
        ({"name": "web", "version": "1.0.0"}, f"is JSON of no known shape (its keys: name, version); {GIVE}"),
        ({}, f"is an empty JSON object; {GIVE}"),
        (["a", "b"], f"is a list of texts, not of resources; {GIVE}"),
        ([[ONE]], f"is a list of lists, not of resources; {GIVE}"),
        ("text", "holds no resources, only JSON of texts; save the output of `az ... -o json`"),
        (None, "holds no resources, only JSON of nulls; save the output of `az ... -o json`"),
        (7, "holds no resources, only JSON of numbers; save the output of `az ... -o json`"),
        ({"value": {"id": "x"}}, f"is JSON of no known shape (its keys: value); {GIVE}"),
    ],
)
def test_what_holds_no_resources_is_named(value: object, line: str) -> None:
    """Everything else is refused in one line that says what it looks like and what to give instead."""
    with pytest.raises(SourceError) as fault:
        read(value)

    assert str(fault.value) == f"stdin: {line}"


def test_messages_are_printable() -> None:
    """Text of the input cannot steer a terminal or fill a log."""
    with pytest.raises(SourceError) as fault:
        read({"error": {"code": "\x1b[2J", "message": "x" * 10_000}})

    assert str(fault.value).isprintable()
    assert len(str(fault.value)) < 500


def test_needed_types_are_spelled_as_azure_spells_them() -> None:
    """Resource Graph writes types in lower case; documents come out alike whatever the source."""
    snapshot = read([{**ONE, "type": "microsoft.network/ROUTETABLES"}])

    assert snapshot.resources[0]["type"] == "Microsoft.Network/routeTables"
    assert snapshot.resources[0]["id"] == f"{NETWORK}/routeTables/rt-one"
