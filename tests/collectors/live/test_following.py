"""What decides is followed however the reading went: the first time, confirmed, or gone on with."""

import json
from typing import Any

import msgspec
import pytest

from auditor.collectors.live.following import Following
from auditor.collectors.live.scope import Asked
from tests.attached import private_endpoint
from tests.azure_simulator import Fault, Kind
from tests.builders import GROUP, interface, peering, route, route_table, subnet, vnet
from tests.collectors.live.collecting import HOME, HUB, POLICIES, collected, simulated, tenant, wanted
from tests.collectors.live.test_going_on import begun, gone_on

Json = dict[str, Any]
WORKLOAD = f"/subscriptions/{HOME}/resourceGroups/rg-apps/providers/Microsoft.Web/hostingEnvironments/ase-denied"
SCOPES = (Asked(subscriptions=(HOME,)), Asked(workload=WORKLOAD))
LATE = Fault(kind=Kind.EXPIRED_TOKEN, path=".*/serviceTags", times=None)


def in_subscription(document: Json, subscription: str) -> Json:
    """Return a document with everything it names in another subscription."""
    moved: Json = json.loads(json.dumps(document).replace(HOME, subscription))
    return moved


def with_neighbour() -> Json:
    """Return the tenant with one more peer of the hub, which decides nothing for the environments."""
    found = tenant()
    (hub,) = [each for each in found["resources"] if each["name"] == "vnet-hub"]
    hub["properties"]["virtualNetworkPeerings"].append(
        in_subscription(peering("vnet-hub", "vnet-neighbour", "10.77.0.0/16"), HUB)
    )
    there = vnet("vnet-neighbour", "10.77.0.0/16", [subnet("vnet-neighbour", "vm", "10.77.1.0/24", table="rt-far")])
    found["resources"] += [in_subscription(each, HUB) for each in (there, route_table("rt-far", []))]
    return found


@pytest.mark.parametrize("asked", SCOPES, ids=str)
def test_confirming_does_not_widen_the_scope(asked: Asked) -> None:
    """With --confirm the same is read as without: a peer of the hub decides nothing the second time either."""
    found = with_neighbour()
    (hub,) = [each for each in found["resources"] if each["name"] == "vnet-hub"]
    earlier = {**hub, "properties": {**hub["properties"], "enableDdosProtection": True}}
    graph = {**found, "resources": [earlier if each is hub else each for each in found["resources"]]}
    with simulated(found, graph_snapshot=graph) as azure:
        data = [msgspec.json.decode(collected(azure, wanted(asked, confirmed=each))) for each in (False, True)]

    assert data[1]["skew"] == [hub["id"].lower()]
    assert [each["id"] for each in data[0]["resources"]] == [each["id"] for each in data[1]["resources"]]
    assert "vnet-neighbour" not in {each["name"] for each in data[1]["resources"]}


@pytest.mark.parametrize("asked", SCOPES, ids=str)
def test_going_on_reads_what_the_first_run_would_have(asked: Asked) -> None:
    """A run that goes on with another gives the snapshot of a run that was not interrupted."""
    found = with_neighbour()
    resumed = gone_on(begun(found, wanted(asked), LATE), found, wanted(asked))
    with simulated(found) as azure:
        whole = msgspec.json.decode(collected(azure, wanted(asked)))

    assert resumed == whole


def test_order_does_not_matter() -> None:
    """A VNet in a peer of a peer is followed for its next hop, whichever of the VNets was seen first."""
    spoke = vnet("spoke", "10.1.0.0/16", [], [peering("spoke", "hub", "10.0.0.0/16")])
    hub = vnet("hub", "10.0.0.0/16", [], [peering("hub", "far", "10.9.0.0/16")])
    table = route_table("rt", [route("default", "0.0.0.0/0", "VirtualAppliance", "10.9.1.4")])
    for order in ((spoke, hub), (hub, spoke)):
        following = Following(near={spoke["id"].lower()})
        steps = [step for each in (*order, table) for step in following.see(each)]
        steps += following.turned_out()

        assert {each.target.rpartition("/")[2] for each in steps} == {"hub", "far"}


@pytest.mark.parametrize("asked", SCOPES, ids=str)
@pytest.mark.parametrize("place", ["vnet-hub", "vnet-denied"])
def test_private_endpoints_of_other_subscriptions_are_followed(place: str, asked: Asked) -> None:
    """A private endpoint in the network of an environment, or in its hub, is read wherever it lies, or is a gap."""
    found = tenant()
    (network,) = [each for each in found["resources"] if each["name"] == place]
    endpoint = in_subscription(private_endpoint("pe-vault", place, "x", "10.0.0.9"), POLICIES)
    endpoint["properties"]["networkInterfaces"] = []
    network["properties"]["subnets"][0]["properties"]["privateEndpoints"] = [{"id": endpoint["id"]}]
    found["resources"].append(endpoint)
    with simulated(found) as azure:
        read = msgspec.json.decode(collected(azure, wanted(asked)))
    with simulated(found, Fault(kind=Kind.FORBIDDEN, subscription=POLICIES, times=None)) as azure:
        refused = msgspec.json.decode(collected(azure, wanted(asked)))

    assert "pe-vault" in {each["name"] for each in read["resources"]}
    assert ("Microsoft.Network/privateEndpoints", endpoint["id"].lower()) in {
        (each["what"], each["scope"]) for each in refused["gaps"]
    }


@pytest.mark.parametrize("asked", SCOPES, ids=str)
def test_interfaces_of_scale_sets_are_read(asked: Asked) -> None:
    """What lives beside an environment and belongs to a scale set is listed by the scale set, and kept."""
    found = tenant()
    (network,) = [each for each in found["resources"] if each["name"] == "vnet-denied"]
    kind = "Microsoft.Compute/virtualMachineScaleSets"
    owner = {"id": f"{GROUP}/providers/{kind}/set", "name": "set", "type": kind, "properties": {}}
    listed = interface("nic-of-set", "vnet-denied", "ase", "10.1.1.9", forwarding=True)
    listed |= {
        "id": f"{owner['id']}/virtualMachines/0/networkInterfaces/nic-of-set",
        "type": f"{kind}/networkInterfaces",
    }
    place = network["properties"]["subnets"][0]["properties"]
    place["ipConfigurations"] = [{"id": f"{listed['id']}/ipConfigurations/ipconfig"}]
    found["resources"] += [owner, listed]
    with simulated(found) as azure:
        read = msgspec.json.decode(collected(azure, wanted(asked)))

    (kept,) = [each for each in read["resources"] if each["name"] == "nic-of-set"]
    assert (kept["id"], kept["type"]) == (listed["id"], "Microsoft.Network/networkInterfaces")
    assert read["gaps"] == []
