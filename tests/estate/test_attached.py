"""What is attached to subnets, and security admin rules, read from ARM documents in every shape they come in."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.estate.addresses import EVERYTHING, NOTHING, address_set, union
from auditor.estate.attached import Interface, LoadBalancer, PrivateEndpoint, PublicAddress
from auditor.estate.estate import Estate
from auditor.estate.ports import ALL_PORTS, port_set
from auditor.estate.security_admin import AdminRule, configuration_of
from tests.attached import (
    CONFIGURATION,
    MANAGER,
    admin_rule,
    application_gateway,
    applied,
    configuration_id,
    load_balancer,
    machine,
    private_endpoint,
    public_address,
)
from tests.builders import Document, network_id, security_group, subnet, vnet
from tests.collectors.saved import read
from tests.estate.documents import estate_of

SUBNET = f"{network_id('virtualNetworks', 'spoke')}/subnets/two".lower()
TABLES = (
    *("interfaces", "public_addresses", "load_balancers", "private_endpoints", "application_gateways"),
    *("applied_admin", "admin_rules"),
)


def one_of_each() -> list[Document]:
    """Return a document of every type of this page, with all the fields that are read."""
    interface = machine("vm", "spoke", "two", "10.1.2.4", nsg="nsg", public="pip", groups=["web"])
    (configuration,) = interface["properties"]["ipConfigurations"]
    balancer = network_id("loadBalancers", "lb")
    configuration["properties"] |= {
        "loadBalancerBackendAddressPools": [{"id": f"{balancer}/backendAddressPools/pool"}],
        "privateLinkConnectionProperties": {"fqdns": ["a.contoso.com"]},
    }
    endpoint = private_endpoint("pe", "spoke", "two", "10.1.2.9", fqdn="b.contoso.com")
    endpoint["properties"]["applicationSecurityGroups"] = [{"id": network_id("applicationSecurityGroups", "web")}]
    return [
        vnet("spoke", "10.1.0.0/16", [subnet("spoke", "two", "10.1.2.0/24")]),
        security_group("nsg", []),
        interface,
        public_address("pip", "20.7.7.7"),
        load_balancer("lb", ["vm"], public="pip"),
        endpoint,
        application_gateway("agw", "spoke", "two"),
        applied("spoke"),
        admin_rule("rule", 10, "Deny", ports=["443"], sources=["10.1.0.0/16"], destinations=["Internet", "8.8.8.8"]),
    ]


def only(*documents: Document, table: str) -> Any:  # noqa: ANN401 - the one value of a table
    """Return the one resource of a table, which left no gap."""
    estate = estate_of(*documents)
    (found,) = getattr(estate, table).values()
    assert [each for each in estate.gaps if "cannot be read" in each.why] == []
    return found


def parts(estate: Estate) -> list[object]:
    """Return the tables of this page, and the gaps."""
    return [*(getattr(estate, each) for each in TABLES), estate.gaps]


def check_gap(document: Document, because: str) -> None:
    """Fail unless a document is a gap that says why, and stands in no table."""
    estate = estate_of(*(each for each in one_of_each() if each["id"] != document["id"]), document)
    (gap,) = [each for each in estate.gaps if each.scope == document["id"]]

    assert gap.what == document["type"]
    assert because in gap.why
    assert document["id"].lower() not in {each for table in TABLES[:-2] for each in getattr(estate, table)}


def inner(document: Document) -> Document:
    """Return the properties of the first IP configuration of an interface."""
    found: Document = document["properties"]["ipConfigurations"][0]["properties"]
    return found


# Everything.


def test_every_type_is_read() -> None:
    """Whole documents of every type leave no gap and nothing out."""
    estate = estate_of(*one_of_each())

    assert estate.gaps == ()
    assert [len(getattr(estate, each)) for each in TABLES] == [1] * len(TABLES)


def test_every_type_is_collected() -> None:
    """What is read here, the collectors keep, whatever way it was saved."""
    documents = one_of_each()

    assert parts(estate_of(*map(dict, read(documents).resources))) == parts(estate_of(*documents))
    assert parts(estate_of(*map(dict, read({"data": documents, "totalRecords": 9}).resources))) == parts(
        estate_of(*documents)
    )


def _flat(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, list):
        return [_flat(each) for each in value]
    if not isinstance(value, dict):
        return value
    flat = {name: _flat(each) for name, each in value.items() if name != "properties"}
    return flat | {name: _flat(each) for name, each in (value.get("properties") or {}).items()}


def test_flattened_documents_read_the_same() -> None:
    """Documents as `az` prints them, properties at the top level, give the same estate."""
    flat = [_flat(each) for each in one_of_each()]

    assert parts(estate_of(*map(dict, read(flat).resources))) == parts(estate_of(*one_of_each()))


_OTHER = {
    "privateIPAddress": "privateIpAddress",
    "publicIPAddress": "publicIpAddress",
    "enableIPForwarding": "enableIpForwarding",
    "frontendIPConfigurations": "frontendIpConfigurations",
    "frontendIPConfiguration": "frontendIpConfiguration",
    "backendIPConfigurations": "backendIpConfigurations",
    "backendIPConfiguration": "backendIpConfiguration",
    "gatewayIPConfigurations": "gatewayIpConfigurations",
}


def _respelled(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, list):
        return [_respelled(each) for each in value]
    return {_OTHER.get(k, k): _respelled(v) for k, v in value.items()} if isinstance(value, dict) else value


def test_both_spellings_read_the_same() -> None:
    """Older versions of `az` write Ip where REST writes IP."""
    assert parts(estate_of(*map(_respelled, one_of_each()))) == parts(estate_of(*one_of_each()))


def test_order_of_documents_and_lists_does_not_matter() -> None:
    """The same documents in any order give the same estate."""
    assert parts(estate_of(*one_of_each()[::-1])) == parts(estate_of(*one_of_each()))


# Interfaces.


def test_interface() -> None:
    """An interface with each of its fields."""
    found: Interface = only(*one_of_each(), table="interfaces")
    (own,) = found.configurations

    assert (found.name, found.forwarding, found.private_endpoint) == ("vm", False, "")
    assert found.nsg == network_id("networkSecurityGroups", "nsg").lower()
    assert (own.id, own.address, own.subnet) == (configuration_id("vm").lower(), "10.1.2.4", SUBNET)
    assert own.public_address == network_id("publicIPAddresses", "pip").lower()
    assert own.groups == {network_id("applicationSecurityGroups", "web").lower()}
    assert own.balancers == {network_id("loadBalancers", "lb").lower()}
    assert own.names == ("a.contoso.com",)


def test_interface_of_a_scale_set() -> None:
    """An interface of a scale set, as `az vmss nic list` prints it, is one like any other, with its NSG."""
    document = machine("vm", "spoke", "two", "10.1.2.4", nsg="nsg")
    group = document["id"].rpartition("/providers/")[0]
    member = f"{group}/providers/Microsoft.Compute/virtualMachineScaleSets/vmss/virtualMachines/0"
    document["id"] = f"{member}/networkInterfaces/nic"
    del document["type"]
    document["properties"]["ipConfigurations"][0]["id"] = f"{document['id']}/ipConfigurations/ip"
    estate = estate_of(*one_of_each()[:2], *map(dict, read([_flat(document)]).resources))
    (found,) = estate.interfaces.values()

    assert (found.id, found.nsg) == (document["id"], network_id("networkSecurityGroups", "nsg").lower())
    assert estate.gaps == ()


@pytest.mark.parametrize(("value", "nsg"), [(None, None), (..., None)], ids=["null", "absent"])
def test_interface_without_a_group(value: object, nsg: str | None) -> None:
    """An NSG that is null or absent is none."""
    document = machine("vm", "spoke", "two", "10.1.2.4")
    document["properties"] |= {} if value is ... else {"networkSecurityGroup": value}

    assert only(document, table="interfaces").nsg is nsg


def test_interface_without_its_configurations() -> None:
    """Absent is not empty (J3): without its configurations nobody knows where it stands."""
    document = machine("vm", "spoke", "two", "10.1.2.4")
    empty = deepcopy(document)
    empty["properties"]["ipConfigurations"] = []
    del document["properties"]["ipConfigurations"]

    check_gap(document, "it has no ipConfigurations")
    assert only(empty, table="interfaces").configurations == ()


def test_group_of_an_interface_that_is_not_in_the_source() -> None:
    """It is a gap, and says who refers to it."""
    (gap,) = estate_of(machine("vm", "spoke", "two", "10.1.2.4", nsg="nsg")).gaps

    assert gap.what == "Microsoft.Network/networkSecurityGroups"
    assert gap.why.startswith("network interface vm refers to")


@pytest.mark.parametrize(
    ("field", "value", "because"),
    [
        ("networkSecurityGroup", "nsg", "a reference is not of the form"),
        ("networkSecurityGroup", {"name": "nsg"}, "a reference is not of the form"),
        ("networkSecurityGroup", [], "a reference is not of the form"),
        ("privateEndpoint", ["x"], "a reference is not of the form"),
        ("ipConfigurations", {"name": "ip"}, "ipConfigurations: it is not a list of objects"),
        ("ipConfigurations", [None], "ipConfigurations: it is not a list of objects"),
    ],
)
def test_damaged_interface(field: str, value: object, because: str) -> None:
    """A value that could not have come from Azure makes the interface a gap."""
    document = machine("vm", "spoke", "two", "10.1.2.4")
    document["properties"][field] = value

    check_gap(document, because)


@pytest.mark.parametrize(
    ("field", "value", "because"),
    [
        ("privateIPAddress", "10.1.2", "is not an address prefix"),
        ("privateIPAddress", "10.1.2.0/24", "is not a single address"),
        ("privateIPAddress", "::/0", "is not a single address"),
        ("subnet", "two", "a reference is not of the form"),
        ("publicIPAddress", [{"id": "/x"}], "a reference is not of the form"),
        ("applicationSecurityGroups", "web", "applicationSecurityGroups: it is not a list of objects"),
        ("applicationSecurityGroups", [{}], "a reference is not of the form"),
        ("loadBalancerBackendAddressPools", {}, "loadBalancerBackendAddressPools: it is not a list of objects"),
        ("privateLinkConnectionProperties", ["a"], "privateLinkConnectionProperties: it is not an object"),
        ("privateLinkConnectionProperties", {"fqdns": [{}]}, "it is not a list of texts"),
    ],
)
def test_damaged_configuration_of_an_interface(field: str, value: object, because: str) -> None:
    """The same of a value in one of its configurations."""
    document = machine("vm", "spoke", "two", "10.1.2.4")
    inner(document)[field] = value

    check_gap(document, because)


@pytest.mark.parametrize("address", ["10.1.2.4/32", "10.1.2.4", "fd00::4"])
def test_addresses_of_an_interface(address: str) -> None:
    """An address may be of either family, and be written as the prefix that is it."""
    (own,) = only(machine("vm", "spoke", "two", address), table="interfaces").configurations

    assert own.address == address


# Public addresses.


def test_public_address() -> None:
    """A public address with its SKU in lower case; one without an address has none yet."""
    found: PublicAddress = only(public_address("pip", "20.7.7.7", "Standard"), table="public_addresses")

    assert (found.name, found.address, found.sku) == ("pip", "20.7.7.7", "standard")
    assert only(public_address("pip", ""), table="public_addresses").address == ""


@pytest.mark.parametrize("sku", [None, {}, [], "Standard", {"name": None}, {"name": ["Basic"]}])
def test_sku_that_does_not_tell(sku: object) -> None:
    """A SKU that is absent or damaged is none that is known: it is never taken for the open one."""
    document = public_address("pip", "20.7.7.7")
    document["sku"] = sku

    assert only(document, table="public_addresses").sku == ""


@pytest.mark.parametrize("address", ["20.7.7", "20.7.7.0/28", "x"])
def test_damaged_public_address(address: str) -> None:
    """What is no single address makes it a gap."""
    check_gap(public_address("pip", address), "is not a")


# Load balancers.


def test_load_balancer() -> None:
    """A load balancer with its frontends, rules and pools."""
    found: LoadBalancer = only(load_balancer("lb", ["vm"], public="pip", backend_port=8443), table="load_balancers")
    at = network_id("loadBalancers", "lb").lower()

    assert found.frontends[0].public_address == network_id("publicIPAddresses", "pip").lower()
    assert (found.rules[0].frontend, found.rules[0].pool) == (found.frontends[0].id, f"{at}/backendaddresspools/pool")
    assert (found.rules[0].protocol, found.rules[0].port, found.rules[0].backend_port) == ("tcp", 443, 8443)
    assert found.members == ((f"{at}/backendaddresspools/pool", (configuration_id("vm").lower(),)),)


def test_load_balancer_without_its_frontends() -> None:
    """Absent is not empty (J3)."""
    document = load_balancer("lb", [])
    del document["properties"]["frontendIPConfigurations"]

    check_gap(document, "it has no frontendIPConfigurations")


def test_pool_of_bare_addresses() -> None:
    """A pool that lists addresses alone has members nobody can name; an empty one has none."""
    document = load_balancer("lb", [])
    (pool,) = document["properties"]["backendAddressPools"]
    bare = {"loadBalancerBackendAddresses": [{"properties": {"ipAddress": "10.1.2.4"}}]}

    assert only(document, table="load_balancers").members[0][1] == ()
    pool["properties"] = bare
    assert only(document, table="load_balancers").members[0][1] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("frontendIPConfigurations", "x"),
        ("loadBalancingRules", {"a": 1}),
        ("inboundNatRules", [1]),
        ("backendAddressPools", ["x"]),
        ("frontendIPConfigurations", [{"properties": {"privateIPAddress": "10.1.2.0/24"}}]),
        ("inboundNatRules", [{"properties": {"backendIPConfiguration": "x"}}]),
    ],
)
def test_damaged_load_balancer(field: str, value: object) -> None:
    """A value that could not have come from Azure makes it a gap."""
    document = load_balancer("lb", ["vm"])
    document["properties"][field] = value

    check_gap(document, "lb cannot be read")


# Private endpoints.


def test_private_endpoint() -> None:
    """A private endpoint with each of its fields."""
    endpoint = private_endpoint("pe", "spoke", "two", "10.1.2.9", "10.1.2.8", fqdn="B.contoso.com.")
    found: PrivateEndpoint = only(endpoint, table="private_endpoints")

    assert (found.name, found.subnet, found.state) == ("pe", SUBNET, "approved")
    assert found.addresses == union(map(address_set, ("10.1.2.8", "10.1.2.9")))
    assert found.names == (("b.contoso.com", "10.1.2.9"),)
    assert found.interfaces == (network_id("networkInterfaces", "pe.nic").lower(),)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ([["Approved"], []], "approved"),
        ([[], ["Approved"]], "approved"),
        ([["Approved"], ["Pending"]], "pending"),
        ([["Approved", None], []], ""),
        ([[], []], ""),
        ([["Archived"], []], "archived"),
        ([[["Approved"]], []], ""),
    ],
    ids=str,
)
def test_state_of_the_connection(status: list[list[object]], state: str) -> None:
    """It is approved where all connections are, whether they were asked for by hand or not."""
    document = private_endpoint("pe", "spoke", "two")
    fields = ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections")
    for field, words in zip(fields, status, strict=True):
        document["properties"][field] = [
            {"properties": {"privateLinkServiceConnectionState": {"status": word}}} for word in words
        ]

    assert only(document, table="private_endpoints").state == state


def test_connections_that_are_not_told() -> None:
    """Where the connections are left out, their state is not known (J3)."""
    document = private_endpoint("pe", "spoke", "two")
    del document["properties"]["privateLinkServiceConnections"]

    assert only(document, table="private_endpoints").state == ""


def test_name_without_addresses() -> None:
    """A name stays known where its address does not."""
    document = private_endpoint("pe", "spoke", "two")
    document["properties"]["customDnsConfigs"] = [
        {"fqdn": "a.contoso.com"},
        {"fqdn": None, "ipAddresses": ["10.1.2.9"]},
    ]
    found = only(document, table="private_endpoints")

    assert (found.names, found.addresses) == ((("a.contoso.com", ""),), address_set("10.1.2.9"))


@pytest.mark.parametrize(
    ("field", "value", "because"),
    [
        ("subnet", None, "which subnet it is in"),
        ("subnet", ["x"], "a reference is not of the form"),
        ("customDnsConfigs", {"fqdn": "a"}, "customDnsConfigs: it is not a list of objects"),
        ("customDnsConfigs", [{"fqdn": "a", "ipAddresses": ["*"]}], "customDnsConfigs"),
        ("customDnsConfigs", [{"fqdn": "a", "ipAddresses": ["10.0.0.0/8"]}], "is not a single address"),
        ("customDnsConfigs", [{"fqdn": "a", "ipAddresses": ["10.0.0.4-10.0.0.9"]}], "customDnsConfigs"),
        ("customDnsConfigs", [{"fqdn": "a", "ipAddresses": [{}]}], "it is not a list of texts"),
        ("ipConfigurations", [{"properties": {"privateIPAddress": "::/0"}}], "is not a single address"),
        ("networkInterfaces", "x", "networkInterfaces: it is not a list of objects"),
        ("privateLinkServiceConnections", "x", "it is not a list of objects"),
        ("applicationSecurityGroups", ["x"], "it is not a list of objects"),
    ],
)
def test_damaged_private_endpoint(field: str, value: object, because: str) -> None:
    """A value that could not have come from Azure makes it a gap; a range would stand for very many routes."""
    document = private_endpoint("pe", "spoke", "two", "10.1.2.9")
    document["properties"][field] = value

    check_gap(document, because)


# Application gateways.


@pytest.mark.parametrize(
    ("tier", "version"), [("Standard_v2", 2), ("WAF_V2", 2), ("Standard", 1), ("WAF", 1), ("Basic", 0), ("", 0)]
)
def test_application_gateway(tier: str, version: int) -> None:
    """Its version follows from the tier; a tier that Azure may add is of no known version."""
    found = only(application_gateway("agw", "spoke", "two", tier), table="application_gateways")

    assert (found.version, found.subnets) == (version, (SUBNET,))


# Security admin rules.


def test_admin_rule() -> None:
    """A rule with each of its fields."""
    found: AdminRule = only(*one_of_each(), table="admin_rules")

    assert (found.name, found.priority, found.inbound, found.access) == ("rule", 10, False, "deny")
    assert (found.configuration, found.snapshot) == (CONFIGURATION.lower(), "1")
    assert (found.protocol, found.ports, found.source_ports) == ("*", port_set("443"), ALL_PORTS)
    assert (found.sources.addresses, found.destinations.tags) == (address_set("10.1.0.0/16"), ("Internet",))
    assert (found.destinations.addresses, found.any_source, found.any_destination) == (
        address_set("8.8.8.8"),
        False,
        False,
    )


@pytest.mark.parametrize("value", [[], None, ...], ids=str)
def test_sides_and_ports_that_are_left_out(value: object) -> None:
    """They are optional: a rule that leaves them out is for anything."""
    document = admin_rule("rule", 10, "Deny", ports=["443"], sources=["10.1.0.0/16"])
    for field in ("sources", "destinationPortRanges"):
        del document["properties"][field]
        document["properties"] |= {} if value is ... else {field: value}
    found = only(document, table="admin_rules")

    assert (found.sources.addresses, found.ports) == (EVERYTHING, ALL_PORTS)


def test_several_addresses_in_one_field() -> None:
    """Several addresses may stand in one field, with commas between them."""
    document = admin_rule("rule", 10, "Deny")
    document["properties"]["sources"] = [{"addressPrefix": "10.1.0.0/16, 10.2.0.0/16", "addressPrefixType": "IPPrefix"}]

    assert only(document, table="admin_rules").sources.addresses == union(
        map(address_set, ("10.1.0.0/16", "10.2.0.0/16"))
    )


@pytest.mark.parametrize("kind", ["NetworkGroup", "Galaxy"])
def test_sides_nobody_can_list(kind: str) -> None:
    """A network group, or a kind that Azure may add, may be any address, and adds none for certain."""
    document = admin_rule("rule", 10, "Deny")
    document["properties"]["destinations"] = [{"addressPrefix": MANAGER, "addressPrefixType": kind}]
    found = only(document, table="admin_rules")

    assert (found.any_destination, found.destinations.addresses, found.any_source) == (True, NOTHING, False)


@pytest.mark.parametrize(
    ("field", "value", "because"),
    [
        ("priority", None, "whole-number priority"),
        ("priority", [10], "whole-number priority"),
        ("priority", 10.5, "whole-number priority"),
        ("direction", "Both", "Inbound or Outbound"),
        ("direction", ["Inbound"], "Inbound or Outbound"),
        ("sources", {"addressPrefix": "*"}, "sources: it is not a list of objects"),
        ("sources", ["*"], "sources: it is not a list of objects"),
        ("destinations", [{"addressPrefix": "10.0.0.0/33", "addressPrefixType": "IPPrefix"}], "destinations"),
        ("destinations", [{"addressPrefix": "Internet", "addressPrefixType": "IPPrefix"}], "destinations"),
        ("destinations", [{"addressPrefixType": "IPPrefix"}], "without saying which"),
        ("destinations", [{"addressPrefix": ["*"], "addressPrefixType": "IPPrefix"}], "without saying which"),
        ("destinationPortRanges", ["99999"], "destinationPortRanges"),
        ("destinationPortRanges", {"a": 1}, "destinationPortRanges: it is not a list of texts"),
    ],
)
def test_damaged_admin_rule(field: str, value: object, because: str) -> None:
    """A value that could not have come from Azure makes the rule a gap."""
    document = admin_rule("rule", 10, "Deny")
    document["properties"][field] = value

    check_gap(document, because)


@pytest.mark.parametrize("tail", ["/ruleCollections/all/rules/rule", "/snapshots/1", ""])
def test_admin_rule_that_is_not_one_of_a_snapshot(tail: str) -> None:
    """The id tells which configuration a rule is of, and of which day: without that it is a gap."""
    document = admin_rule("rule", 10, "Deny")
    document["id"] = f"{CONFIGURATION}{tail}"

    check_gap(document, "its id is not one of a rule snapshot")


def test_configuration_of_an_id() -> None:
    """The configuration an id stands below, in comparing form."""
    assert configuration_of(admin_rule("rule", 10, "Deny")["id"]) == CONFIGURATION.lower()
    assert configuration_of(f"{CONFIGURATION}/snapshots/1") == CONFIGURATION.lower()
    assert configuration_of(MANAGER) == ""


def test_what_is_in_force() -> None:
    """The configurations in force on a VNet, each with its snapshot."""
    (found,) = estate_of(applied("spoke")).applied_admin.values()

    assert found.vnet == network_id("virtualNetworks", "spoke").lower()
    assert (found.configurations, found.state) == (((CONFIGURATION.lower(), "1"),), "")


def test_two_documents_on_one_vnet() -> None:
    """What either names is in force, in the worse of their states."""
    one, two = applied("spoke"), applied("spoke", f"{MANAGER}-two/securityAdminConfigurations/base")
    two["id"] = two["id"].replace("/default", "/second")
    two["properties"]["provisioningState"] = "Failed"
    (found,) = estate_of(one, two).applied_admin.values()

    assert [name.rpartition("/networkmanagers/")[2] for name, _ in found.configurations] == [
        "nm-two/securityadminconfigurations/base",
        "nm/securityadminconfigurations/base",
    ]
    assert found.state == "failed"
    assert estate_of(two, one).applied_admin == estate_of(one, two).applied_admin


@pytest.mark.parametrize(
    ("value", "because"),
    [
        (..., "it has no effectivesecurityadminconfigurations"),
        (None, "it has no effectivesecurityadminconfigurations"),
        ("x", "it is not a list of objects"),
        ([{"Id": CONFIGURATION}], "without its snapshot"),
        ([{"Id": None}], "without its snapshot"),
        ([{"Id": [CONFIGURATION]}], "without its snapshot"),
        ([{}], "without its snapshot"),
    ],
    ids=str,
)
def test_damaged_document_of_what_is_in_force(value: object, because: str) -> None:
    """Absent is not empty (J3): what does not say what is in force is a gap."""
    document = applied("spoke")
    document["properties"] = {"provisioningState": "Succeeded"}
    document["properties"] |= {} if value is ... else {"EffectiveSecurityAdminConfigurations": value}

    check_gap(document, because)


def test_nothing_in_force() -> None:
    """An empty list says that nothing is in force."""
    document = applied("spoke")
    document["properties"]["EffectiveSecurityAdminConfigurations"] = []
    (found,) = estate_of(document).applied_admin.values()

    assert found.configurations == ()


def test_what_is_in_force_on_nothing() -> None:
    """A document that does not stand below a VNet is a gap."""
    document = applied("spoke")
    document["id"] = network_id("effectiveSecurityAdminRules", "default")

    check_gap(document, "its id is not one below a VNet")


# Anything, anywhere.


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - any JSON value
    yield path
    if isinstance(value, dict | list):
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(each, (*path, name))


def _put(document: Document, path: tuple[Any, ...], value: object) -> None:
    holder: Any = document["properties"]
    for each in path[:-1]:
        holder = holder[each]
    holder[path[-1]] = value


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=2) | st.dictionaries(st.text(max_size=5), inside, max_size=2),
    max_leaves=4,
)


@given(data=st.data())
def test_hostile_values_are_gaps_and_never_exceptions(data: st.DataObject) -> None:
    """Whatever stands in whatever place, the document is read or is a gap, and no other document suffers."""
    documents = deepcopy(one_of_each())[2:]
    document = data.draw(st.sampled_from(documents))
    path = data.draw(st.sampled_from([each for each in _places(document["properties"]) if each]))
    _put(document, path, data.draw(HOSTILE))

    estate = estate_of(*one_of_each()[:2], *documents)
    whole = estate_of(*one_of_each())
    changed = [table for table in TABLES if getattr(estate, table) != getattr(whole, table)]

    assert len(changed) <= 1
    assert len(estate.gaps) <= 2
