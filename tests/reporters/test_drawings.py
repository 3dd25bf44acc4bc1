"""Drawings of what audits find tell the truth: where flows go, where they stop, and what is not known."""

from dataclasses import replace
from functools import cache

import pytest

from auditor.reporters.drawing import Drawing, draw
from auditor.reporters.places import Trail, with_badges
from auditor.sketches import Parts, Passing
from auditor.traces import Path
from tests.reporters.drawn import COUNTED, Drawn, drawn, expected_counts, misplaced, overstated, told_counts
from tests.reporters.networks import SKETCH, there
from tests.reporters.samples import workload
from tests.reporters.situations import DEFECTS, NAMES, drafted, situation

EVERYTHING = (*NAMES, *(each.name for each in DEFECTS))


@cache
def pictures(name: str) -> tuple[Drawn, ...]:
    """Return the drawings of a situation, an example or a defect, by name."""
    defects = {each.name: each for each in DEFECTS}
    return tuple(drawn(drafted(defects[name].put) if name in defects else situation(name)))


def picture(name: str) -> Drawn:
    """Return the one drawing of a situation or a defect."""
    (one,) = pictures(name)
    return one


def overlaps(drawing: Drawing) -> list[tuple[str, str]]:
    """Return the names of boxes that touch each other."""
    pairs = [(one, other) for one in drawing.boxes for other in drawing.boxes if one.at < other.at]
    return [
        (one.at, other.at)
        for one, other in pairs
        if one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    ]


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_flow_is_shown_where_its_trace_says(name: str) -> None:
    """Each hop is at the box of what it names, and no firewall is lit that the trace does not speak of."""
    wrong = [each for one in pictures(name) for result, trace in one.flows() for each in misplaced(one, result, trace)]

    assert list(dict.fromkeys(wrong)) == []


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_flow_is_counted_where_it_stops_or_gets_out(name: str) -> None:
    """The words count each flow once: where it is stopped, cannot be decided, passes, or passes another way."""
    for one in pictures(name):
        told, flows = told_counts(one), [each for each, _ in one.flows() if each.outcome in COUNTED]

        assert told == expected_counts(one)
        assert told.total() == len(flows)
        assert sum(int(each.text.split()[1].replace(",", "")) for each in one.drawing.badges) == len(flows)


@pytest.mark.parametrize("name", EVERYTHING)
def test_no_drawing_says_more_than_is_known(name: str) -> None:
    """What the sketch or a trace calls unknown is drawn and told as unknown; boxes stand apart."""
    for one in pictures(name):
        assert overstated(one) == []
        assert overlaps(one.drawing) == []


def trail_of(one: Drawn, requirement: str) -> Trail:
    """Return the trail of the first flow whose requirement holds a text."""
    result, trace = next(each for each in one.flows() if requirement in each[0].requirement)
    return one.places.trail(result.requirement, trace)


def words(one: Drawn) -> str:
    """Return all that a drawing says."""
    return "\n".join(one.drawing.words)


def test_the_firewall_that_flows_cross_is_credited() -> None:
    """Of two firewalls, the one that the longer routes lead to carries everything, and the other nothing."""
    one = picture("all by the second firewall")

    assert told_counts(one)["pass", "Azure Firewall fw-two"] == 102
    assert told_counts(one)["pass", "Azure Firewall fw-hub"] == 0


def test_a_reply_that_goes_astray_ends_at_the_firewall() -> None:
    """A request comes straight from the Internet; its reply is followed by the route table to where it is lost."""
    one = picture("a default route alone")
    trail = trail_of(one, "management-source:")

    assert (trail.start, trail.there, trail.end) == ("internet", ("nsg", "subnet"), "subnet")
    assert [one.box(each).name for each in trail.back] == ["Route table rt-ase", "Azure Firewall fw-hub"]


def test_a_neighbour_is_not_a_peer() -> None:
    """A subnet of the same network has a box of its own, and its hops are not those of the workload's routes."""
    (one,) = [each for each in pictures("violating") if each.workload.name == "ase-detour"]
    trail = trail_of(one, "applications/peer:")

    assert (trail.start, trail.there) == ("beside", ("beside",))
    assert [one.box(each).name for each in trail.back] == ["Azure Firewall fw-hub"]


def test_what_was_not_read_is_not_denied() -> None:
    """Without the route table nobody knows whether a route leads to the firewall, nor who owns an unread next hop."""
    table, owner = picture("a table that was not read"), picture("a firewall that was not read")

    assert "whether a route of the subnet leads to it is not known" in words(table)
    assert [each.lines for each in owner.drawing.boxes if each.title == "10.0.0.4"] == [("owner not known",)]


def test_security_admin_rules_are_drawn() -> None:
    """Where they deny, and no NSG is there, the flows stop at them."""
    one = picture("admin rules and no NSG")

    assert told_counts(one)["stop", "Admin rules base"] == 83
    assert "which are asked first: base (1 rule)" in words(one)


def test_an_unreachable_firewall_is_one_thing() -> None:
    """A route to a firewall behind a peering that is down leads to that firewall, which is not reached."""
    one = picture("a disconnected peering")

    assert [(each.title, each.state) for each in one.drawing.boxes if each.icon == "firewall"] == [("fw-hub", "stop")]
    assert told_counts(one)["stop", "Azure Firewall fw-hub"] == 79
    assert one.box("peers").state == "stop"


def test_flows_that_deviate_are_counted_apart() -> None:
    """What leaves past the firewall stands where it leaves, beside what passes as documented."""
    (one,) = [each for each in pictures("violating") if each.workload.name == "ase-no-table"]

    assert told_counts(one)["gets", "Internet"] == 174
    assert {each.kind for each in one.drawing.badges} == {"pass", "past"}


def test_what_a_route_drops_stops_where_it_leads() -> None:
    """A default route to nowhere stops flows at the box of what is dropped, not at the table."""
    assert told_counts(picture("a default route to nowhere"))["stop", "Dropped"] == 79


def test_many_next_hops_share_a_box() -> None:
    """A drawing does not grow with the routes: the worst stand by themselves, the rest are counted and told."""
    one = picture("many next hops and peerings")

    assert one.drawing.height < 1_300
    assert [each.title for each in one.drawing.boxes if each.kind == "Next hops"] == ["20 more"]
    assert all(f"10.0.5.{number}" in words(one) for number in range(25))


def test_words_have_whole_names() -> None:
    """The lines that count flows name what the drawing shortens, such as the long names of managed peerings."""
    name = "HV_hub-west-europe_0f6c1f0e-7a63-4d0c-9f7e-3c1c5d0f2c11"
    passing = (Passing(path=Path.PEERING, count=7),)
    sketch = replace(SKETCH, peerings=Parts(shown=(there(name),), count=1), passing=passing)
    drawing = with_badges(draw(workload("ase-prod", 0, 0, 0, 0, 0), sketch), sketch, ())

    assert f"7 documented flows pass here: Peered networks {name}." in drawing.words
    assert name not in {each.title for each in drawing.boxes}


@pytest.mark.parametrize(
    ("story", "requirement"),
    [
        ("ase-closed", "nsg-inbound:appservicemanagement:454,455"),
        ("ase-closed", "nsg-inbound:azureloadbalancer:16001"),
        ("ase-public", "applications/clients:any"),
    ],
)
def test_every_failed_flow_can_be_followed(story: str, requirement: str) -> None:
    """Rules asked of an NSG, and clients anywhere, are flows too: they come from outside, and stop somewhere."""
    (one,) = [each for each in pictures("violating") if each.workload.name == story]
    found = [(result, trace) for result, trace in one.flows() if requirement.lower() in result.requirement.lower()]

    for result, trace in found:
        assert one.places.trail(result.requirement, trace).start == "internet"
        assert trace.hops
    assert found
