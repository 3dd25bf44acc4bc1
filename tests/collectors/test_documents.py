"""One document in any of its spellings becomes the one the estate reads."""

import pytest

from auditor.collectors.needed import NEEDED_TYPES, needed_spelling, type_of_id
from auditor.errors import SourceError
from auditor.findings import Gap
from tests.collectors.saved import GROUP, NETWORK, flat, names, read, route_table

EXPORT_AGAIN = "export it again with `az ... show -o json` or `az ... list -o json`"


@pytest.mark.parametrize(
    ("arm_id", "kind"),
    [
        (f"{NETWORK}/virtualNetworks/v/subnets/s", "Microsoft.Network/virtualNetworks/subnets"),
        (
            "/SUBSCRIPTIONS/x/RESOURCEGROUPS/y/PROVIDERS/microsoft.network/routetables/r",
            "microsoft.network/routetables",
        ),
        ("resourceGroups/test/providers/Microsoft.Network/virtualNetworks/v", "Microsoft.Network/virtualNetworks"),
        (f"{NETWORK}/routeTables/r/providers/Microsoft.Authorization/locks/l", "Microsoft.Authorization/locks"),
        (GROUP, "Microsoft.Resources/resourceGroups"),
        (GROUP.rpartition("/resourceGroups")[0], "Microsoft.Resources/subscriptions"),
        (f"{NETWORK}/virtualNetworks/my-providers/subnets/s", "Microsoft.Network/virtualNetworks/subnets"),
        (f"{NETWORK}/routeTables", ""),
        (f"{NETWORK}/routeTables//routes/r", ""),
        ("5f0d7b1e-0000-0000-0000-000000000000", ""),
        ("", ""),
    ],
)
def test_type_of_id(arm_id: str, kind: str) -> None:
    """The type is read off the part of the id that names the resource, in any mix of case."""
    assert type_of_id(arm_id) == kind


def test_needed_types_are_found_in_any_case() -> None:
    """ARM types are equal whatever their case."""
    assert {needed_spelling(kind.upper()) for kind in NEEDED_TYPES} == NEEDED_TYPES
    assert needed_spelling("Microsoft.Compute/virtualMachines") is None
    below = "hostingEnvironments/configurations/networking"
    assert needed_spelling(f"microsoft.web/{below}") == f"Microsoft.Web/{below}"


def test_az_output_is_nested_again() -> None:
    """What `az` flattens to the top level is put back under properties; what ARM has there stays."""
    firewall = {
        "id": f"{NETWORK}/azureFirewalls/fw",
        "name": "fw",
        "type": "Microsoft.Network/azureFirewalls",
        "resourceGroup": "net",
        "zones": ["1"],
        "sku": {"name": "AZFW_VNet", "tier": "Standard"},
        "threatIntelMode": "Alert",
        "networkRuleCollections": [{"name": "c", "priority": 100, "rules": []}],
    }

    (document,) = read(firewall).resources

    assert document["properties"] == {
        "threatIntelMode": "Alert",
        "networkRuleCollections": [{"name": "c", "priority": 100, "rules": []}],
    }
    assert document["sku"] == {"name": "AZFW_VNet", "tier": "Standard"}
    assert set(document) == {"id", "name", "type", "resourceGroup", "zones", "sku", "properties"}


def test_name_and_type_are_completed_from_the_id() -> None:
    """Older answers leave out the type of subnets, and queries may leave out names."""
    subnet = {"id": f"{NETWORK}/virtualNetworks/v/subnets/ase/", "properties": {"addressPrefix": "10.0.0.0/24"}}

    (document,) = read([subnet]).resources

    assert (document["name"], document["type"]) == ("ase", "Microsoft.Network/virtualNetworks/subnets")


def test_named_only_is_a_gap() -> None:
    """`az resource list` names resources without their properties: they are not read, so they are not empty."""
    table = {key: value for key, value in flat(route_table()).items() if key in {"id", "name", "type", "location"}}
    listed = {**table, "provisioningState": "Succeeded", "createdTime": "2026-01-01", "properties": None, "tags": {}}

    snapshot = read([listed])

    assert snapshot.resources == ()
    assert snapshot.gaps == (
        Gap(
            what="Microsoft.Network/routeTables",
            scope=f"{NETWORK}/routeTables/rt-ase",
            why="stdin names it without its properties, as `az resource list` does",
            needs=(
                "the resource itself: `az resource show --ids ... -o json`, or properties in the Resource Graph query"
            ),
        ),
    )


def test_named_and_described_is_no_gap() -> None:
    """A list of names beside the resources themselves takes nothing away, in either order."""
    listed = {"id": route_table()["id"].upper(), "type": "microsoft.network/routetables"}

    for value in ([listed, route_table()], [route_table(), listed]):
        snapshot = read(value)
        assert (snapshot.resources, snapshot.gaps) == ((route_table(),), ())


def test_psrule_export() -> None:
    """An export of PSRule is folded, and its child resources become documents of their own, ids completed."""
    policy = f"{NETWORK}/firewallPolicies/p"
    export = {
        "ResourceId": policy,
        "Id": policy,
        "Name": "p",
        "Type": "Microsoft.Network/firewallPolicies",
        "Kind": None,
        "sku": {"name": "kept"},
        "Sku": None,
        "Properties": {"threatIntelMode": "Alert"},
        "Resources": [
            {
                "Name": "group",
                "Type": "Microsoft.Network/firewallPolicies/ruleCollectionGroups",
                "Properties": {"priority": 200},
            },
            {"Id": f"{policy}/extra/x", "Name": "x", "Type": "Microsoft.Network/unheardOf", "Properties": {}},
        ],
    }

    document, group = read([export]).resources

    assert (document["id"], document["properties"]) == (policy, {"threatIntelMode": "Alert"})
    assert (document["sku"], "resources" in document) == ({"name": "kept"}, False)
    assert group["id"] == f"{policy}/ruleCollectionGroups/group"
    assert group["properties"] == {"priority": 200}


def test_psrule_sku_is_folded() -> None:
    """The SKU of an export is spelled in capitals too."""
    address = {
        "Id": f"{NETWORK}/publicIPAddresses/ip",
        "Name": "ip",
        "Type": "Microsoft.Network/publicIPAddresses",
        "Sku": {"Name": "Standard"},
        "Properties": {"ipAddress": "203.0.113.7"},
    }

    assert read(address).resources[0]["sku"] == {"name": "Standard"}


def test_interfaces_of_scale_sets_are_interfaces() -> None:
    """A scale set's network interfaces own addresses as any other does; Azure gives them no type of their own."""
    machine = f"{GROUP}/providers/Microsoft.Compute/virtualMachineScaleSets/s/virtualMachines/0"

    (document,) = read([{"id": f"{machine}/networkInterfaces/nic", "properties": {"primary": True}}]).resources

    assert document["type"] == "Microsoft.Network/networkInterfaces"


def test_types_not_needed_may_be_incomplete() -> None:
    """What is not kept need not be understood."""
    assert read([{"name": "x", "type": "Microsoft.Foo/bars"}, route_table()]).gaps == ()


def test_numbers_as_text_are_kept() -> None:
    """Values are handed on as they are; the estate knows what they mean."""
    (document,) = read(route_table(routes=[{"name": "r", "priority": "100"}])).resources

    assert document["properties"]["routes"] == [{"name": "r", "priority": "100"}]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"id": None}, 'resource "rt-ase" has no id'),
        ({"id": ""}, 'resource "rt-ase" has no id'),
        ({"id": 5}, 'the id of resource "rt-ase" is not text'),
        ({"id": ["x"]}, 'the id of resource "rt-ase" is not text'),
        ({"id": "x", "type": None}, '"x" has no type, and its id is not that of an Azure resource'),
        ({"properties": ["x"]}, f'the properties of "{NETWORK}/routeTables/rt-ase" are no object'),
    ],
)
def test_documents_that_cannot_be_told_apart(change: dict[str, object], line: str) -> None:
    """A document that does not say which resource it is stops the reading with one line."""
    with pytest.raises(SourceError) as fault:
        read([{**route_table(), **change}])

    assert str(fault.value) == f"stdin: {line}; {EXPORT_AGAIN}"


def test_child_without_id_or_parent_of_its_type_is_refused() -> None:
    """Only a child of its parent's own type can have its id completed."""
    export = {
        "Id": f"{NETWORK}/routeTables/rt",
        "Name": "rt",
        "Type": "Microsoft.Network/routeTables",
        "Properties": {},
        "resources": [{"Name": "s", "Type": "Microsoft.Network/virtualNetworks/subnets", "Properties": {}}],
    }

    with pytest.raises(SourceError, match=r'^stdin: resource "s" has no id; '):
        read(export)


def test_azure_powershell_output_is_refused() -> None:
    """Get-AzVirtualNetwork spells and nests everything its own way; half understood is worse than refused."""
    with pytest.raises(SourceError) as fault:
        read({"Name": "v", "Id": f"{NETWORK}/virtualNetworks/v", "AddressSpace": {}, "SubnetsText": "[]"})

    assert str(fault.value) == (
        f'stdin: "{NETWORK}/virtualNetworks/v" is output of Azure PowerShell, which is not read; {EXPORT_AGAIN}'
    )


def test_names_of_every_document_are_text() -> None:
    """A name that is no text is replaced by the one in the id."""
    assert names(read({**route_table(), "name": 7})) == ["rt-ase"]
