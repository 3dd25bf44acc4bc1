"""What stands to the right of the routes in a drawing: a lane for each place they lead to, and what is near.

Every lane also says in words what it shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from auditor.findings import WorkloadSummary
from auditor.reporters.text import count
from auditor.sketches import Part, Parts, Presence, Sketch, Way
from auditor.traces import Verdict

_NEXT_HOPS = {
    "virtualnetworkgateway": ("gateway", "Gateway"),
    "bgp": ("gateway", "Gateway"),
    "vnetlocal": ("network", "Virtual network"),
    "none": ("stop", "Dropped"),
}
_APPLIANCES = {
    Verdict.ALLOW: "",
    Verdict.BLOCK: "takes nothing",
    Verdict.PARTIAL: "not known",
    Verdict.UNKNOWN: "not Azure Firewall",
}
_BEYOND = {Verdict.BLOCK: "goes no further", Verdict.PARTIAL: "not known", Verdict.UNKNOWN: "beyond: not known"}
_STATES = {Verdict.ALLOW: "there", Verdict.BLOCK: "stop", Verdict.PARTIAL: "doubt", Verdict.UNKNOWN: "doubt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A lane to the right of the routes.

    at: name of its box. icon, kind, title, lines, state, tip: see `auditor.reporters.drawing.Box`. words: the same in a
    sentence. joined: whether routes lead there. far: whether its box stands beyond the next hops. onward: whether it
    goes on to the Internet. labels: of its line. resource: ARM id of what stands there. routes: names of some that lead
    there.
    """

    at: str
    icon: str
    kind: str
    title: str
    lines: tuple[str, ...]
    state: str
    tip: str
    words: str
    joined: bool = True
    far: bool = False
    onward: bool = False
    labels: tuple[str, ...] = ()
    resource: str = ""
    routes: tuple[str, ...] = ()


def lanes_of(sketch: Sketch) -> list[Lane]:
    """Return the lanes from top to bottom: to the Internet, next hops, what may be there, and what is near."""
    ways = list(enumerate(sketch.ways))
    firewalls = {each.id.lower(): each for each in sketch.firewalls.shown}
    lanes = [_way(number, way, firewalls) for number, way in ways if way.next_hop == "internet"]
    lanes += sorted(
        (_way(number, way, firewalls) for number, way in ways if way.next_hop != "internet"),
        key=lambda each: not each.onward,
    )
    led = {way.resource.lower() for way in sketch.ways if way.resource}
    idle = [each for each in sketch.firewalls.shown if each.id.lower() not in led]
    lanes += [_idle_firewall(number, each) for number, each in enumerate(idle)]
    lanes += _perhaps(sketch)
    return [*lanes, *_near(sketch)]


def _way(number: int, way: Way, firewalls: Mapping[str, Part]) -> Lane:
    more = [f"and {count(way.count - 1, 'more route')}"] if way.count > 1 else []
    labels = (*(each.partition(": ")[2] or each for each in way.routes[:1]), *more)
    listed = ", ".join(way.routes) + (
        f", and {way.count - len(way.routes)} more" if way.count > len(way.routes) else ""
    )
    names = tuple(each.partition(": ")[0] for each in way.routes)
    firewall = firewalls.get(way.resource.lower())
    to, icon, kind, title, lines = f"{way.next_hop} {way.address}".strip(), "gateway", "Next hop", way.next_hop, ("",)
    at = f"way{number}"
    if way.next_hop == "internet":
        at, icon, kind, title, to = "internet", "internet", "Beyond", "Internet", "the Internet directly"
    elif firewall is not None or way.next_hop == "hub-firewall":
        icon, kind = "firewall", "Azure Firewall"
        title = firewall.name if firewall else way.resource.rpartition("/")[2]
        lines, to = (" ".join(firewall.facts[:1]) if firewall else "",), f"Azure Firewall {title}"
    elif way.next_hop == "virtualappliance":
        icon, kind, title = "appliance", "Next hop", way.address
        lines = (_APPLIANCES[way.verdict],)
    elif way.next_hop in _NEXT_HOPS:
        icon, kind = _NEXT_HOPS[way.next_hop]
        title, lines = kind, ("" if way.verdict is Verdict.ALLOW else _BEYOND[way.verdict],)
    effect = {Verdict.BLOCK: ", which drops it", Verdict.ALLOW: ""}.get(
        way.verdict, "; what becomes of it is not known"
    )
    return Lane(
        at=at,
        icon=icon,
        kind=kind,
        title=title,
        lines=lines,
        state=_STATES[way.verdict],
        tip=f"{way.why}. Routes: {listed}",
        words=f"{count(way.count, 'route')} ({listed}) to {to}{effect}: {way.why}.",
        far=way.next_hop == "internet",
        onward=icon == "firewall" and way.verdict is Verdict.ALLOW,
        labels=labels,
        resource=way.resource,
        routes=names,
    )


def _idle_firewall(number: int, firewall: Part) -> Lane:
    return Lane(
        at=f"idle{number}",
        icon="firewall",
        kind="Azure Firewall",
        title=firewall.name,
        lines=("no route leads here",),
        state="none",
        tip="; ".join([firewall.name, *firewall.facts, "no route of the subnet leads to it"]),
        words=f"Azure Firewall {firewall.name} stands nearby, but no route of the subnet leads to it.",
        joined=False,
        resource=firewall.id,
    )


def _perhaps(sketch: Sketch) -> list[Lane]:
    """Return the lanes of routes and firewalls of which it is not known whether they are there, or that are not."""
    lanes = []
    if sketch.ways_doubt:
        kind = "Other routes" if sketch.ways else "Routes"
        lanes.append(_doubt("unread", "routes", kind, sketch.ways_doubt, joined=True))
    if sketch.firewalls.doubt:
        lanes.append(_doubt("nofirewall", "firewall", "Azure Firewall", sketch.firewalls.doubt))
    elif not sketch.firewalls.count:
        words = "There is no Azure Firewall in the virtual network, in one peered with it or in its hub."
        lanes.append(
            Lane(
                at="nofirewall", icon="firewall", kind="Azure Firewall", title="None", lines=("none nearby",),
                state="none", tip=words, words=words, joined=False,
            )
        )  # fmt: skip
    return lanes


def _doubt(at: str, icon: str, kind: str, why: str, *, joined: bool = False, far: bool = False) -> Lane:  # noqa: PLR0913 - what a lane shows
    return Lane(
        at=at,
        icon=icon,
        kind=kind,
        title="Not known",
        lines=(),
        state="doubt",
        tip=f"not known: {why}",
        words=f"{kind}: not known, since {why}.",
        joined=joined,
        far=far,
    )


def _near(sketch: Sketch) -> list[Lane]:
    """Return the lanes of endpoints, peerings and gateways; what certainly is not there takes no room."""
    lanes = []
    kinds = (
        ("services", "services", "Service endpoints", sketch.service_endpoints),
        ("private", "private", "Private endpoints", sketch.private_endpoints),
        ("peers", "network", "Peered networks", sketch.peerings),
        ("gateway", "gateway", "Gateways", sketch.gateways),
    )
    for at, icon, kind, parts in kinds:
        if parts.count:
            lanes.append(_there(at, icon, kind, parts))
        elif parts.doubt:
            lanes.append(_doubt(at, icon, kind, parts.doubt, far=True))
    return lanes


def _there(at: str, icon: str, kind: str, parts: Parts) -> Lane:
    names = [each.name.removeprefix("Microsoft.") for each in parts.shown]
    hidden = parts.count - len(names)
    listed = ", ".join(f"{each.name} ({', '.join(each.facts)})" if each.facts else each.name for each in parts.shown)
    listed += f", and {hidden} more" if hidden else ""
    maybe = f" There may be more: {parts.doubt}." if parts.doubt else ""
    return Lane(
        at=at,
        icon=icon,
        kind=kind,
        title=f"{names[0]} +{parts.count - 1:,}" if parts.count > 1 else names[0],
        lines=(
            f"{parts.count:,} in all" if parts.count > 1 else parts.shown[0].facts[0] if parts.shown[0].facts else "",
        ),
        state="there",
        tip=f"{kind}: {listed}.{maybe}",
        words=f"{kind}: {listed}.{maybe}",
        far=True,
        resource=parts.shown[0].id if parts.count == 1 else "",
    )


def words_of(workload: WorkloadSummary, sketch: Sketch) -> list[str]:
    """Return what the left half of a drawing shows, in sentences."""
    said = [f"{workload.name} stands in subnet {_said(sketch.subnet)} of virtual network {_said(sketch.vnet)}."]
    for kind, part, effect in (
        ("network security group", sketch.security_group, "everything passes"),
        ("route table", sketch.route_table, "Azure's own routes apply"),
    ):
        if part.presence is Presence.ABSENT:
            said.append(f"The subnet has no {kind}: {effect}.")
        else:
            said.append(f"Its {kind} is {_said(part)}.")
    return said


def _said(part: Part) -> str:
    facts = ", ".join(part.facts)
    if part.presence is Presence.UNKNOWN:
        return f"{part.name}, which could not be read: {facts}" if part.name else f"not known: {facts}"
    return f"{part.name} ({facts})" if facts else part.name
