"""Sketches: what stands around a workload, what is certainly not there, and what is not known."""

import pytest

from auditor.engine.audit import audit
from auditor.estate.estate import build_estate
from auditor.findings import Outcome
from auditor.sketches import Part, Parts, Presence, Sketch
from auditor.traces import Path, Verdict
from tests.attached import admin_rule, applied, private_endpoint
from tests.audits import PLAIN, audit_documents, every_check, packs_of, snapshot_of
from tests.builders import network_id, peering, subnet, vnet
from tests.estates import Draft
from tests.violating import violating


def sketch_of(draft: Draft) -> Sketch:
    """Return the sketch of the one workload of an estate."""
    (workload,) = audit_documents(draft.documents, tags=draft.tags).workloads
    assert workload.network is not None
    return workload.network


def stories() -> dict[str, Sketch]:
    """Return the sketches of the violating example, by story."""
    files = violating()
    tags = files.pop("service-tags.json")
    found = audit_documents((each for file in files.values() for each in file), tags=tags)
    return {each.name.removeprefix("ase-"): each.network for each in found.workloads if each.network}


def test_a_whole_estate_is_drawn_as_it_is() -> None:
    """Subnet, NSG, table, firewall, endpoints and peering are there by name, and nothing else is in doubt."""
    sketch = sketch_of(Draft())

    present = (sketch.vnet, sketch.subnet, sketch.security_group, sketch.route_table)
    assert [each.name for each in present] == ["vnet-shop", "ase", "nsg-ase", "rt-ase"]
    assert {each.presence for each in present} == {Presence.PRESENT}
    assert [(each.next_hop, each.verdict) for each in sketch.ways] == [
        ("virtualappliance", Verdict.ALLOW),
        ("internet", Verdict.ALLOW),
    ]
    assert sketch.ways[0].resource == network_id("azureFirewalls", "fw-hub")
    assert sketch.ways[0].routes == ("default: 0.0.0.0/0",)
    assert sketch.ways_doubt == ""
    assert [(each.name, each.facts[:2]) for each in sketch.firewalls.shown] == [
        ("fw-hub", ("10.0.0.4", "policy fwp-ase"))
    ]
    assert [each.name for each in sketch.peerings.shown] == ["vnet-hub"]
    assert sketch.service_endpoints.count == 4
    assert (sketch.gateways, sketch.firewalls.doubt, sketch.peerings.doubt) == (Parts(), "", "")


def test_what_subnets_do_not_have_is_absent() -> None:
    """No NSG and no table are facts, and so is a firewall that is certainly not there."""
    found = stories()

    assert found["no-table"].route_table == Part(presence=Presence.ABSENT)
    assert found["no-table"].security_group == Part(presence=Presence.ABSENT)
    assert [each.next_hop for each in found["no-table"].ways] == ["internet"]
    assert found["no-firewall"].firewalls == Parts()


def test_a_next_hop_that_nobody_owns_stops_traffic() -> None:
    """A dangling next hop is drawn as what it is, with its address."""
    way = stories()["stale-hop"].ways[0]

    assert (way.next_hop, way.address, way.verdict, way.resource) == ("virtualappliance", "10.0.0.5", "block", "")
    assert "nothing owns" in way.why


@pytest.mark.parametrize(
    ("name", "field"), [("nsg-ase", "security_group"), ("rt-ase", "route_table"), ("vnet-hub", "firewalls")]
)
def test_what_was_not_read_is_unknown_and_never_absent(name: str, field: str) -> None:
    """Whatever the subnet refers to and the source lacks is shown as unknown, with the reason."""
    draft = Draft()
    draft.documents = [each for each in draft.documents if each["name"] not in {name, "fw-hub"}]
    found = getattr(sketch_of(draft), field)

    if isinstance(found, Parts):
        assert found.doubt
    else:
        assert (found.presence, found.name) == (Presence.UNKNOWN, name)
        assert name in found.facts[0]


def test_without_its_table_no_way_is_told() -> None:
    """Routes that were not read lead nowhere known: there are no ways, and a reason."""
    sketch = stories()["hidden"]

    assert sketch.ways == ()
    assert "rt-hidden" in sketch.ways_doubt


def test_a_subnet_that_was_not_read_leaves_everything_unknown() -> None:
    """Not one part is said to be absent, and no kind of thing to be complete."""
    draft = Draft()
    draft.documents = [each for each in draft.documents if each["name"] != "vnet-shop"]
    sketch = sketch_of(draft)

    singles = (sketch.vnet, sketch.subnet, sketch.security_group, sketch.route_table)
    groups = (sketch.firewalls, sketch.service_endpoints, sketch.private_endpoints, sketch.peerings, sketch.gateways)
    assert {each.presence for each in singles} == {Presence.UNKNOWN}
    assert all(each.doubt for each in groups)
    assert sketch.ways_doubt
    assert sketch.passing == ()


def test_many_of_a_kind_are_counted() -> None:
    """A hub with many spokes names the first and counts the rest."""
    draft = Draft()
    peers = [f"vnet-{number:02}" for number in range(20)]
    draft.of("vnet-shop")["virtualNetworkPeerings"] += [
        peering("vnet-shop", name, f"10.{number + 50}.0.0/16") for number, name in enumerate(peers)
    ]
    found = sketch_of(draft).peerings

    assert found.count == 21
    assert len(found.shown) < 10


def test_private_endpoints_of_peers_are_near() -> None:
    """A private endpoint in a peered network is drawn with its address."""
    draft = Draft()
    hub = draft.of("vnet-hub")
    hub["subnets"].append(subnet("vnet-hub", "links", "10.0.9.0/24"))
    draft.add(private_endpoint("pe-vault", "vnet-hub", "links", "10.0.9.4"))
    found = sketch_of(draft).private_endpoints

    assert [(each.name, each.facts) for each in found.shown] == [("pe-vault", ("10.0.9.4",))]


def test_what_passes_is_counted_alike_for_workloads_that_share_decisions() -> None:
    """Deciding alike workloads once changes no number, and the numbers are those of the results that pass."""
    files = violating()
    tags = files.pop("service-tags.json")
    estate = build_estate(snapshot_of((each for file in files.values() for each in file), tags=tags))
    packs = {"public": packs_of()}
    shared = audit(estate, packs, PLAIN, every_check(), all_results=False)
    whole = audit(estate, packs, PLAIN, every_check(), all_results=True)

    assert [each.network for each in shared.workloads] == [each.network for each in whole.workloads]
    for workload in whole.workloads:
        assert workload.network is not None
        for path in Path:
            passing = [
                each
                for each in whole.results
                if (each.workload, each.outcome, each.path) == (workload.id, Outcome.PASS, path)
            ]
            told = [each.count for each in workload.network.passing if each.path is path]
            assert sum(told) == len(passing)


def test_nobody_pays_for_a_sketch_that_is_not_drawn() -> None:
    """A report without traces has no sketches either."""
    draft = Draft()
    estate = build_estate(snapshot_of(draft.documents, tags=draft.tags))

    assert [each.network for each in audit(estate, {}, PLAIN, every_check(), traces=False).workloads] == [None]


def test_order_of_the_source_changes_nothing() -> None:
    """The same estate the other way round is drawn alike."""
    draft, other = Draft(), Draft()
    spare = vnet("vnet-spare", "10.99.0.0/16", [subnet("vnet-spare", "x", "10.99.1.0/24")])
    draft.add(spare)
    other.documents = [spare, *other.documents][::-1]

    assert sketch_of(draft) == sketch_of(other)


def test_passing_flows_name_the_firewall_they_cross() -> None:
    """How many pass is told by firewall and by the subnet they come from, not by the way alone."""
    found = {(each.path, each.resource.rpartition("/")[2]): each.count for each in sketch_of(Draft()).passing}

    assert found[Path.FIREWALL, "fw-hub"] == 102
    assert found[Path.VNET, "gateway"] == 1


def test_security_admin_rules_in_force_are_part_of_it() -> None:
    """Rules of a network manager are there with their configuration; without any they are certainly absent."""
    draft = Draft()
    draft.add(admin_rule("no-web", 10, "Deny", ports=("443",)), applied("vnet-shop"))
    found = sketch_of(draft).admin_rules

    assert (found.presence, found.name, found.facts) == (Presence.PRESENT, "base", ("1 rule",))
    assert sketch_of(Draft()).admin_rules == Part(presence=Presence.ABSENT)


def test_a_way_to_a_firewall_that_is_not_reached_names_it() -> None:
    """Behind a peering that is down stands the firewall all the same; the peering is told to carry nothing."""
    draft = Draft()
    draft.of("vnet-shop")["virtualNetworkPeerings"][0]["properties"]["peeringState"] = "Disconnected"
    sketch = sketch_of(draft)

    assert (sketch.ways[0].verdict, sketch.ways[0].resource) == (Verdict.BLOCK, network_id("azureFirewalls", "fw-hub"))
    assert [each.verdict for each in sketch.peerings.shown] == [Verdict.BLOCK]
