"""Whether the Internet gets to the machines of a subnet: public addresses and load balancers (N3)."""

from collections.abc import Sequence
from typing import Any

import pytest

from auditor.engine.public_entry import entry_hops
from auditor.traces import Hop, Verdict
from tests.attached import configuration_id, load_balancer, machine, private_endpoint, public_address
from tests.builders import Document, environment, network_id, security_group, security_rule
from tests.engine.scenes import ASE, Scene, flow, scene, to

ALLOW, BLOCK, PARTIAL, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN
CLIENT = "203.0.113.7"
OPEN = [security_rule("in", 100, "Allow")]


def vm(name: str = "vm", address: str = "10.1.1.4", **more: Any) -> Document:  # noqa: ANN401 - fields of an interface
    """Return a machine in `ase`."""
    return machine(name, "spoke", "ase", address, **more)


def place(*more: Document, **changes: Any) -> Scene:  # noqa: ANN401 - changes of a scene
    """Return F0 without a route table, so that replies return, with what a test adds."""
    return scene(table=False, more=more, **changes)


def entry(made: Scene, client: str = CLIENT, target: str = ASE, port: str = "443") -> tuple[Hop, ...]:
    """Return what stands between a sender and the machines of `ase`."""
    return entry_hops(made.network, flow(to(client), to(target), port), made.ase)


def check_entry(made: Scene, verdict: Verdict, code: str = "", **more: str) -> None:
    """Fail unless the entry comes to a verdict, for the reason `code`; nothing stands in the way of an ALLOW."""
    found = entry(made, **more)

    assert [(each.verdict, each.code) for each in found] == ([] if verdict is ALLOW else [(verdict, code)])


# The address of a machine.


@pytest.mark.parametrize(
    ("sku", "verdict", "code"),
    [
        ("Basic", ALLOW, ""),
        ("basic", ALLOW, ""),
        ("Standard", BLOCK, "public-address-closed"),
        ("StandardV2", BLOCK, "public-address-closed"),
        ("Premium", UNKNOWN, "public-address-unreadable"),
    ],
)
def test_address_without_a_group(sku: str, verdict: Verdict, code: str) -> None:
    """Without an NSG a Basic address is open, a Standard one closed, and of any other nobody knows (N3, J2)."""
    made = place(vm(public="pip"), public_address("pip", "20.7.7.7", sku))

    check_entry(made, verdict, code)
    assert made.inward(to(CLIENT), "443").verdict is verdict


def test_address_without_a_sku() -> None:
    """Azure always tells the SKU: where it does not stand, it was left out (J3)."""
    bare = public_address("pip", "20.7.7.7")
    del bare["sku"]

    check_entry(place(vm(public="pip"), bare), UNKNOWN, "public-address-unreadable")


def test_address_that_was_not_read() -> None:
    """An address nobody read may be open or closed."""
    check_entry(place(vm(public="pip")), UNKNOWN, "public-address-unreadable")


@pytest.mark.parametrize("level", ["subnet", "interface"])
@pytest.mark.parametrize("sku", ["Basic", "Standard", "Premium"])
def test_group_at_either_level_opens_it(level: str, sku: str) -> None:
    """With an NSG at the subnet or the interface its rules decide, whatever the SKU (N3)."""
    own = "nsg-vm" if level == "interface" else None
    more = [vm(public="pip", nsg=own), public_address("pip", "20.7.7.7", sku), security_group("nsg-vm", OPEN)]
    made = place(*more, nsg=OPEN if level == "subnet" else None)

    check_entry(made, ALLOW)
    assert made.inward(to(CLIENT), "443").verdict is ALLOW


@pytest.mark.parametrize("level", ["subnet", "interface"])
def test_group_that_denies(level: str) -> None:
    """The NSG that opens the address may still deny."""
    closed = [security_rule("in", 100, "Deny")]
    more = [
        vm(public="pip", nsg="nsg-vm" if level == "interface" else None),
        public_address("pip", "20.7.7.7"),
        security_group("nsg-vm", closed),
    ]

    assert place(*more, nsg=closed if level == "subnet" else None).inward(to(CLIENT), "443").verdict in {BLOCK, PARTIAL}


def test_no_public_address() -> None:
    """Nobody on the Internet reaches a machine without a public address."""
    check_entry(place(vm(), nsg=OPEN), BLOCK, "no-public-address")


def test_machines_with_and_without() -> None:
    """What has a public address is what is asked for; a closed one among open ones stops a part."""
    basic, standard = public_address("one", "20.7.7.7", "Basic"), public_address("two", "20.7.7.8")

    check_entry(place(vm(public="one"), vm("b", "10.1.1.5"), basic), ALLOW)
    check_entry(
        place(vm(public="one"), vm("b", "10.1.1.5", public="two"), basic, standard), PARTIAL, "public-address-closed"
    )
    check_entry(place(vm(public="one"), vm("b", "10.1.1.5"), basic), BLOCK, "no-public-address", target="10.1.1.5")


def test_machine_that_was_not_read() -> None:
    """One that Azure lists and nobody read may have a public address."""
    listed = {"ipConfigurations": [{"id": configuration_id(each)} for each in ("vm", "other")]}

    check_entry(place(vm(), ase=listed), UNKNOWN, "interface-unreadable")


# Who is asked at all.


def test_empty_subnet() -> None:
    """Where nothing tells that machines live there, nothing stands in the way."""
    check_entry(place(), ALLOW)


def test_subnet_of_an_environment() -> None:
    """An environment brings its own public address: nothing is asked."""
    check_entry(place(vm(), environment("shop", "spoke", "ase")), ALLOW)


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [("applicationGateways/agw/gatewayIPConfigurations", ALLOW), ("loadBalancers/lb/frontendIPConfigurations", BLOCK)],
)
def test_what_else_lives_there(kind: str, verdict: Verdict) -> None:
    """A gateway may bring a public address of its own; what a load balancer has in a subnet is private."""
    head, name, tail = kind.split("/")
    listed = [configuration_id("vm"), f"{network_id(head, name)}/{tail}/ip"]
    made = place(vm(), ase={"ipConfigurations": [{"id": each} for each in listed]})

    check_entry(made, verdict, "no-public-address")


def test_subnet_of_private_endpoints() -> None:
    """Interfaces of private endpoints are no machines."""
    endpoint = private_endpoint("pe", "spoke", "ase", "10.1.1.9")

    check_entry(place(endpoint, machine("pe.nic", "spoke", "ase", "10.1.1.9")), ALLOW)
    check_entry(place(machine("pe.nic", "spoke", "ase", "10.1.1.9", endpoint="gone")), ALLOW)


@pytest.mark.parametrize("client", ["10.50.0.5", "10.0.7.7", "168.63.129.16"])
def test_senders_that_are_not_on_the_internet(client: str) -> None:
    """On-premises networks, peers and Azure's probes need no public address."""
    check_entry(place(vm()), ALLOW, client=client)


def test_senders_some_of_which_are_on_the_internet() -> None:
    """Of those the ones on the Internet are stopped."""
    check_entry(place(vm()), PARTIAL, "no-public-address", client="10.50.0.5,203.0.113.7")


# Load balancers.


def balanced(members: Sequence[str] = ("vm",), sku: str = "Standard", **more: Any) -> list[Document]:  # noqa: ANN401 - fields of a load balancer
    """Return a public load balancer with its address."""
    return [load_balancer("lb", members, **{"public": "pip-lb", **more}), public_address("pip-lb", "20.8.8.8", sku)]


@pytest.mark.parametrize(
    ("sku", "guarded", "verdict", "code"),
    [
        ("Standard", True, ALLOW, ""),
        ("Standard", False, BLOCK, "public-address-closed"),
        ("Basic", False, ALLOW, ""),
    ],
)
def test_load_balancer_in_front(sku: str, guarded: bool, verdict: Verdict, code: str) -> None:  # noqa: FBT001 - a case
    """A machine behind a public load balancer is reached by its address, on the same terms (N3)."""
    check_entry(place(vm(), *balanced(sku=sku), nsg=OPEN if guarded else None), verdict, code)


@pytest.mark.parametrize(
    ("fields", "port", "verdict"),
    [
        ({}, "443", ALLOW),
        ({}, "80", BLOCK),
        ({"port": 80, "backend_port": 443}, "443", ALLOW),
        ({"port": 443, "backend_port": 8443}, "443", BLOCK),
        ({"port": 0, "backend_port": 0}, "22", ALLOW),
    ],
)
def test_load_balancer_carries_its_ports(fields: dict[str, Any], port: str, verdict: Verdict) -> None:
    """A load balancer brings in the ports of its rules only, which count where they arrive (N18)."""
    check_entry(place(vm(), *balanced(**fields), nsg=OPEN), verdict, "no-public-address", port=port)


@pytest.mark.parametrize(("word", "verdict"), [("Udp", BLOCK), ("All", ALLOW), ("TCP", ALLOW), (None, ALLOW)])
def test_load_balancer_carries_its_protocol(word: str | None, verdict: Verdict) -> None:
    """And the protocol of its rules; one that is not told may be any."""
    documents = balanced()
    documents[0]["properties"]["loadBalancingRules"][0]["properties"]["protocol"] = word

    check_entry(place(vm(), *documents, nsg=OPEN), verdict, "no-public-address")


def test_machine_in_no_pool() -> None:
    """A load balancer for others brings nobody in here."""
    check_entry(place(vm(), *balanced(["other"]), nsg=OPEN), BLOCK, "no-public-address")


def test_internal_load_balancer() -> None:
    """An internal load balancer has no public address."""
    inner = load_balancer("lb", ["vm"], address="10.1.1.100", vnet="spoke", subnet="ase")

    check_entry(place(vm(), inner, nsg=OPEN), BLOCK, "no-public-address")


def test_inbound_nat_rule() -> None:
    """An inbound NAT rule leads to one machine, on its port."""
    documents = balanced([], port=1, backend_port=1)
    front = documents[0]["properties"]["frontendIPConfigurations"][0]["id"]
    fields = {
        "frontendIPConfiguration": {"id": front},
        "backendIPConfiguration": {"id": configuration_id("vm")},
        "protocol": "Tcp",
        "frontendPort": 50001,
        "backendPort": 22,
    }
    documents[0]["properties"]["inboundNatRules"] = [{"name": "ssh", "properties": fields}]
    made = place(vm(), *documents, nsg=OPEN)

    check_entry(made, ALLOW, port="22")
    check_entry(made, BLOCK, "no-public-address", port="50001")


def test_load_balancer_that_was_not_read() -> None:
    """A machine that says it stands behind one nobody read may be reached by it."""
    own = vm()
    (configuration,) = own["properties"]["ipConfigurations"]
    pool = f"{network_id('loadBalancers', 'lb')}/backendAddressPools/pool"
    configuration["properties"]["loadBalancerBackendAddressPools"] = [{"id": pool}]

    check_entry(place(own, nsg=OPEN), UNKNOWN, "public-address-unreadable")
    check_entry(place(own, *balanced([]), nsg=OPEN), BLOCK, "no-public-address")


def test_load_balancer_whose_members_are_addresses() -> None:
    """A pool that lists bare addresses does not tell which machines it holds."""
    documents = balanced([])
    (pool,) = documents[0]["properties"]["backendAddressPools"]
    pool["properties"] = {"loadBalancerBackendAddresses": [{"name": "a", "properties": {"ipAddress": "10.1.1.4"}}]}

    check_entry(place(vm(), *documents, nsg=OPEN), UNKNOWN, "public-address-unreadable")


def test_order_of_documents_does_not_matter() -> None:
    """The same documents in any order give the same hop."""
    more = [vm(public="a"), vm("b", "10.1.1.5", public="b"), public_address("a", "20.7.7.7"), *balanced(["b"])]

    assert entry(place(*more)) == entry(place(*more[::-1]))
