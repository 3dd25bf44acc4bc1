"""What stands to the right of the routes in a drawing: a lane for each place they lead to, and what is near.

Every lane also says in words what it shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from auditor.findings import WorkloadSummary
from auditor.reporters.text import count
from auditor.sketches import Part, Parts, Presence, Sketch, Way
from auditor.traces import Verdict

_MOST = 8
"""Lanes of next hops, and of firewalls that no route leads to; what is worst has one of its own, the rest share one."""
_NEXT_HOPS = {
    "virtualnetworkgateway": ("gateway", "Gateway"),
    "bgp": ("gateway", "Gateway"),
    "vnetlocal": ("network", "Virtual network"),
    "none": ("stop", "Dropped"),
}
_APPLIANCES = {Verdict.ALLOW: "", Verdict.BLOCK: "takes nothing"}
_BEYOND = {Verdict.BLOCK: "goes no further", Verdict.PARTIAL: "not known", Verdict.UNKNOWN: "beyond: not known"}
_STATES = {Verdict.ALLOW: "there", Verdict.BLOCK: "stop", Verdict.PARTIAL: "doubt", Verdict.UNKNOWN: "doubt"}
_WORST = ("stop", "doubt", "there", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A lane to the right of the routes.

    at: name of its box. icon, kind, title, lines, state, tip: see `auditor.reporters.drawing.Box`. words: the same in
    sentences. joined: whether routes lead there. far: whether its box stands beyond the next hops. onward: state of the
    line from it to the Internet, "" without one. labels: of its line. resources: ids of what stands there, and of what
    belongs to it. routes: names of those that lead there.
    """

    at: str
    icon: str
    kind: str
    title: str
    lines: tuple[str, ...]
    state: str
    tip: str
    words: tuple[str, ...]
    joined: bool = True
    far: bool = False
    onward: str = ""
    labels: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()


def lanes_of(sketch: Sketch) -> list[Lane]:
    """Return the lanes from top to bottom: to the Internet, next hops, what may be there, and what is near."""
    firewalls = {each.id.lower(): each for each in sketch.firewalls.shown}
    ways = [_way(number, way, firewalls) for number, way in enumerate(sketch.ways)]
    led = {way.resource.lower() for way in sketch.ways if way.resource}
    idle = [each for each in sketch.firewalls.shown if each.id.lower() not in led]
    unled = [_idle_firewall(number, each, _doubt_of(sketch, each)) for number, each in enumerate(idle)]
    lanes = sorted(_bounded(ways, "morehops", "Next hop"), key=lambda each: (each.at != "internet", not each.onward))
    lanes += _bounded(unled, "morefirewalls", "Firewall")
    return [*lanes, *_perhaps(sketch), *_near(sketch)]


def _bounded(lanes: Sequence[Lane], at: str, noun: str) -> list[Lane]:
    """Return lanes, of many the first, which is the default route's, and the worst; the rest folded into one."""
    if len(lanes) <= _MOST:
        return [*lanes]
    worst = sorted(lanes[1:], key=lambda each: (not each.far, _WORST.index(each.state)))
    kept = [lanes[0], *worst[: _MOST - 2]]
    rest = [each for each in lanes if each not in kept]
    title = f"{len(rest):,} more"
    folded = replace(
        min(rest, key=lambda each: _WORST.index(each.state)),
        at=at,
        kind=f"{noun}s",
        title=title,
        lines=("named in words",),
        tip=f"{title}: {', '.join(each.title for each in rest)}",
        words=tuple(line for each in rest for line in each.words),
        onward="",
        labels=(),
        resources=tuple(one for each in rest for one in each.resources),
        routes=tuple(one for each in rest for one in each.routes),
    )
    return [*(each for each in lanes if each in kept), folded]


def _way(number: int, way: Way, firewalls: Mapping[str, Part]) -> Lane:
    more = [f"and {count(way.count - 1, 'more route')}"] if way.count > 1 else []
    labels = (*(each.partition(": ")[2] or each for each in way.routes[:1]), *more)
    listed = ", ".join(way.routes) + (
        f", and {way.count - len(way.routes)} more" if way.count > len(way.routes) else ""
    )
    firewall = firewalls.get(way.resource.lower())
    to, icon, kind, title, lines = f"{way.next_hop} {way.address}".strip(), "gateway", "Next hop", way.next_hop, ("",)
    at, onward = f"way{number}", ""
    if way.next_hop == "internet":
        at, icon, kind, title, to = "internet", "internet", "Beyond", "Internet", "the Internet directly"
    elif firewall is not None or way.next_hop == "hub-firewall":
        icon, kind = "firewall", "Azure Firewall"
        title = firewall.name if firewall else way.resource.rpartition("/")[2]
        lines, to = (_reached(way, firewall),), f"Azure Firewall {title}"
        onward = _onward(firewall) if way.verdict is Verdict.ALLOW else ""
    elif way.next_hop == "virtualappliance":
        icon, kind, title = "appliance", "Next hop", way.address
        unknown = "not Azure Firewall" if way.resource else "owner not known"
        lines = (_APPLIANCES.get(way.verdict, unknown),)
    elif way.next_hop in _NEXT_HOPS:
        icon, kind = _NEXT_HOPS[way.next_hop]
        title, lines = kind, ("" if way.verdict is Verdict.ALLOW else _BEYOND[way.verdict],)
    drops = ", which is not reached" if icon == "firewall" else ", which drops it"
    effect = {Verdict.BLOCK: drops, Verdict.ALLOW: ""}.get(way.verdict, "; what becomes of it is not known")
    return Lane(
        at=at,
        icon=icon,
        kind=kind,
        title=title,
        lines=lines,
        state=_STATES[way.verdict],
        tip=f"{way.why}. Routes: {listed}",
        words=(f"{count(way.count, 'route')} ({listed}) to {to}{effect}: {way.why}.",),
        far=way.next_hop == "internet",
        onward=onward,
        labels=labels,
        resources=(way.resource, *(firewall.holds if firewall else ())) if way.resource else (),
        routes=way.names or tuple(each.partition(": ")[0] for each in way.routes if way.next_hop != "internet"),
    )


def _reached(way: Way, firewall: Part | None) -> str:
    """Return the line of a firewall that routes lead to."""
    if way.verdict is Verdict.ALLOW:
        return " ".join(firewall.facts[:1]) if firewall else ""
    return "not reached" if way.verdict is Verdict.BLOCK else "reached: not known"


def _onward(firewall: Part | None) -> str:
    """Return the state of the line from a firewall to the Internet."""
    return {Verdict.ALLOW: "open", Verdict.BLOCK: "stop"}.get(firewall.verdict if firewall else Verdict.ALLOW, "doubt")


def _doubt_of(sketch: Sketch, firewall: Part) -> str:
    """Return why a route may lead to a firewall that none is known to lead to; "" where none certainly does."""
    named = (way.why for way in sketch.ways if way.verdict is Verdict.UNKNOWN and way.address in firewall.facts)
    return sketch.ways_doubt or next(named, "")


def _idle_firewall(number: int, firewall: Part, doubt: str) -> Lane:
    """Return the lane of a firewall that no known route leads to. doubt: why there may be other routes, or is none."""
    said = f"whether a route of the subnet leads to it is not known: {doubt}" if doubt else ""
    tip = said or "no route of the subnet leads to it"
    words = f"Azure Firewall {firewall.name}: {said}." if said else _UNLED.format(firewall.name)
    return Lane(
        at=f"idle{number}",
        icon="firewall",
        kind="Azure Firewall",
        title=firewall.name,
        lines=("routes: not known" if doubt else "no route leads here",),
        state="doubt" if doubt else "none",
        tip="; ".join([firewall.name, *firewall.facts, tip]),
        words=(words,),
        joined=False,
        resources=(firewall.id, *firewall.holds),
    )


_UNLED = "Azure Firewall {} was read as well, but no route of the subnet leads to it."


def _perhaps(sketch: Sketch) -> list[Lane]:
    """Return the lanes of routes and firewalls of which it is not known whether they are there, or that are not."""
    lanes = []
    if sketch.ways_doubt:
        kind = "Other routes" if sketch.ways else "Routes"
        lanes.append(_doubt("unread", "routes", kind, sketch.ways_doubt, joined=True))
    if sketch.firewalls.doubt:
        kind = "Other firewalls" if sketch.firewalls.count else "Azure Firewall"
        lanes.append(_doubt("nofirewall", "firewall", kind, sketch.firewalls.doubt))
    elif not sketch.firewalls.count:
        words = "There is no Azure Firewall in the virtual network, in one peered with it or in its hub."
        lanes.append(
            Lane(
                at="nofirewall", icon="firewall", kind="Azure Firewall", title="None", lines=("none nearby",),
                state="none", tip=words, words=(words,), joined=False,
            )
        )  # fmt: skip
    hidden = sketch.firewalls.count - len(sketch.firewalls.shown)
    if hidden > 0:
        title, words = f"{hidden:,} more", f"Firewalls read beside these, to which no known route leads: {hidden:,}."
        lanes.append(
            Lane(
                at="manyfirewalls", icon="firewall", kind="Firewalls", title=title, lines=("",), state="none",
                tip=words, words=(words,), joined=False, resources=sketch.firewalls.hidden,
            )
        )  # fmt: skip
    return lanes


def _doubt(  # noqa: PLR0913 - what a lane shows
    at: str, icon: str, kind: str, why: str, *, joined: bool = False, far: bool = False, resources: tuple[str, ...] = ()
) -> Lane:
    return Lane(
        at=at,
        icon=icon,
        kind=kind,
        title="Not known",
        lines=(),
        state="doubt",
        tip=f"not known: {why}",
        words=(f"{kind}: not known, since {why}.",),
        joined=joined,
        far=far,
        resources=resources,
    )


def _near(sketch: Sketch) -> list[Lane]:
    """Return the lanes of endpoints, networks and gateways; what certainly is not there takes no room."""
    lanes = []
    kinds = (
        ("services", "services", "Service endpoints", sketch.service_endpoints),
        ("private", "private", "Private endpoints", sketch.private_endpoints),
        ("beside", "network", "Subnets beside it", sketch.beside),
        ("peers", "network", "Peered networks", sketch.peerings),
        ("beyond", "network", "Networks beyond", sketch.beyond),
        ("gateway", "gateway", "Gateways", sketch.gateways),
    )
    for at, icon, kind, parts in kinds:
        if parts.count:
            lanes.append(_there(at, icon, kind, parts))
        elif parts.doubt:
            lanes.append(_doubt(at, icon, kind, parts.doubt, far=True, resources=parts.hidden))
    own = (sketch.vnet.id,) if sketch.vnet.id else ()
    return [replace(each, resources=(*each.resources, *own)) if each.at == "beside" else each for each in lanes]


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
        lines=(_fact(parts),),
        state=_state(parts),
        tip=f"{kind}: {listed}.{maybe}",
        words=(f"{kind}: {listed}.{maybe}",),
        joined=at not in {"beside", "beyond"},
        far=True,
        resources=tuple(one for each in parts.shown for one in (each.id, *each.holds) if one) + parts.hidden,
    )


def _fact(parts: Parts) -> str:
    """Return the line of several things: how many there are, and how many of them let nothing through."""
    if parts.count == 1:
        return parts.shown[0].facts[0] if parts.shown[0].facts else ""
    down = sum(each.verdict is Verdict.BLOCK for each in parts.shown)
    doubtful = sum(each.verdict is Verdict.UNKNOWN for each in parts.shown)
    broken = f"{down} down" if down else f"{doubtful} in doubt" if doubtful else ""
    return ", ".join([f"{parts.count:,} in all", *([broken] if broken else [])])


def _state(parts: Parts) -> str:
    """Return how several things are drawn: as the best of them, since any of them may be the one that counts."""
    verdicts = {each.verdict for each in parts.shown}
    if Verdict.ALLOW in verdicts or parts.count > len(parts.shown):
        return "there"
    return "stop" if verdicts == {Verdict.BLOCK} else "doubt"


def words_of(workload: WorkloadSummary, sketch: Sketch) -> list[str]:
    """Return what the left half of a drawing shows, in sentences."""
    said = [f"{workload.name} stands in subnet {_said(sketch.subnet)} of virtual network {_said(sketch.vnet)}."]
    if sketch.admin_rules.presence is not Presence.ABSENT:
        said.append(f"Security admin rules in force in it, which are asked first: {_said(sketch.admin_rules)}.")
    for kind, part, effect in (
        ("network security group", sketch.security_group, "none filters its traffic"),
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
