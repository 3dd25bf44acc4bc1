"""Which box of a drawing a hop belongs to, and how many flows pass and stop at each.

A hop belongs to the box of the resource it names. Where it names none, or what several boxes hold, it belongs to where
the flow has come to: from the sender to the workload's routes, to a firewall, and on from there.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from auditor.findings import Outcome, Result
from auditor.reporters.drawing import Badge, Box, Drawing
from auditor.sketches import Passing, Sketch
from auditor.traces import Hop, Path, Trace, Verdict

_ENDS = {
    Path.DIRECT: "internet",
    Path.FIREWALL: "internet",
    Path.SERVICE_ENDPOINT: "services",
    Path.PRIVATE_ENDPOINT: "private",
    Path.VNET: "beside",
    Path.PEERING: "peers",
    Path.GATEWAY: "gateway",
}
"""The box where flows end, by their way, where no hop tells it better."""
_LEADS = {
    "route-internet": "internet",
    "firewall-egress": "internet",
    "route-service-endpoint": "services",
    "route-private-endpoint": "private",
    "route-peering": "peers",
    "route-hub-vnet": "",
    "hub-vnet": "",
}
"""The box to which a hop of this code leads; "" for a network that is not drawn."""
_KINDS_OF_PLACE = {
    "internet": "internet",
    "public-address": "internet",
    "service-endpoint": "services",
    "private-endpoint": "private",
    "peering": "peers",
}
"""Places of which there is one box, whatever resource decides there."""
_FILTERS = frozenset({"subnet-nsg", "nic-nsg", "admin-rules", "destination"})
"""What decides on a flow where it starts or ends."""
_OWN = frozenset({"subnet", "admin", "nsg", "routes"})
"""The boxes of the workload's own subnet."""
_STOPS = {
    Outcome.FAIL: (Verdict.BLOCK, Verdict.PARTIAL),
    Outcome.UNKNOWN: (Verdict.UNKNOWN,),
    Outcome.DEVIATES: (Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN),
}
_KINDS = {Outcome.FAIL: "stop", Outcome.UNKNOWN: "doubt", Outcome.DEVIATES: "past"}
_WORDS = {
    "pass": ("flow passes here", "flows pass here"),
    "past": ("flow gets out here, not the documented way", "flows get out here, not the documented way"),
    "stop": ("flow is stopped here", "flows are stopped here"),
    "doubt": ("flow cannot be decided here", "flows cannot be decided here"),
}
_SIGNS = {"pass": "\u2713", "past": "!", "stop": "\u2717", "doubt": "?"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """The boxes of a flow. start, end: where it starts and ends. there, back: of its hops and those of its reply.

    "" for what is not drawn.
    """

    start: str
    there: tuple[str, ...]
    end: str
    back: tuple[str, ...]


class Places:
    """The boxes of one drawing, by what a trace says of a hop."""

    def __init__(self, drawing: Drawing, sketch: Sketch) -> None:
        self._drawing = drawing
        self._drawn = frozenset(each.at for each in drawing.boxes)
        self._firewalls = frozenset(each.at for each in drawing.boxes if each.icon == "firewall")
        self._senders = {each.requirement: each.subnet for each in sketch.senders}
        self._own_vnet = sketch.vnet.id.lower()
        self._subnet = sketch.subnet.name
        self._known: dict[str, tuple[str, ...]] = {}

    def trail(self, requirement: str, trace: Trace) -> Trail:
        """Return the boxes of a flow that a requirement is about."""
        inbound = requirement in self._senders or not _is_subnet(trace.flow.source, self._subnet)
        start = self._start(requirement) if inbound else "subnet"
        end = "subnet" if inbound else self._end(trace)
        here, there, crossed = start, [], ""
        for hop in trace.hops:
            here = self._at(hop, here, end, ours=here in _OWN and not inbound)
            crossed = here if here in self._firewalls else crossed
            there.append(here)
        back, here = [], "subnet" if inbound else crossed or end or here
        for hop in trace.reply.hops if trace.reply else ():
            here = self._back(hop, here, start, ours=inbound and here in _OWN)
            back.append(here)
        return Trail(start=start, there=tuple(there), end=end, back=tuple(back))

    def _start(self, requirement: str) -> str:
        """Return the box of a sender that is not the workload."""
        subnet = self._senders.get(requirement)
        return self._drawn_or(self.resource(subnet) if subnet else "internet", "")

    def _end(self, trace: Trace) -> str:
        """Return the box where a flow of the workload ends: where the last hop that leads on leads to."""
        at, own = _ENDS.get(trace.path, ""), True
        for hop in trace.hops:
            own = own and hop.at != "next-hop"
            inside = hop.code in {"route-vnet", "route-peering"}
            at = "" if inside and not own else _LEADS.get(hop.code, at)
        return self._drawn_or(at, "")

    def _drawn_or(self, at: str, other: str) -> str:
        return at if at in self._drawn else other

    def _at(self, hop: Hop, here: str, end: str, *, ours: bool) -> str:
        """Return the box of a hop on the way there.

        here: where the flow has come to. ours: whether the workload's own subnet still decides.
        """
        if hop.at in _KINDS_OF_PLACE:
            return self._drawn_or(_KINDS_OF_PLACE[hop.at], here)
        if hop.at == "route-table":
            return self._routed(hop, here, ours=ours)
        held = self._held(hop.resource)
        if hop.at == "next-hop":
            led = self._drawing.routes.get(hop.decided_by, "") if ours else ""
            found = next((each for each in held if each not in _OWN), "")
            return (found or led or here) if hop.verdict is Verdict.ALLOW else (led or found or here)
        if hop.at == "admin-rules" and ("admin" in held or hop.resource.lower() == self._own_vnet):
            return self._drawn_or("admin", here)
        if hop.at == "destination":
            held = tuple(each for each in held if each not in _OWN)
        if here in held:
            return here
        fallback = (end or here) if hop.at in _FILTERS and ours else here
        return held[0] if held else fallback

    def _routed(self, hop: Hop, here: str, *, ours: bool) -> str:
        """Return the box of a hop where routes decide; of one that drops the flow, where its route leads."""
        if not ours:
            held = self._held(hop.resource)
            return here if here in held or not held else held[0]
        dropped = self._drawing.routes.get(hop.decided_by) if hop.verdict is Verdict.BLOCK else None
        return dropped or "routes"

    def _back(self, hop: Hop, here: str, start: str, *, ours: bool) -> str:
        """Return the box of a hop of a reply. ours: whether the workload's own subnet replies."""
        if hop.at in _KINDS_OF_PLACE:
            return self._drawn_or(_KINDS_OF_PLACE[hop.at], here)
        held = self._held(hop.resource)
        mine = not hop.resource or "routes" in held or not held
        if ours and hop.verdict is not Verdict.ALLOW and mine and hop.decided_by in self._drawing.routes:
            return self._drawing.routes[hop.decided_by]
        if ours and hop.at == "route-table":
            return "routes"
        if here in held:
            return here
        return held[0] if held else here if ours or hop.resource else start

    def _held(self, arm_id: str) -> tuple[str, ...]:
        """Return the boxes of a resource, or of what it lies in; looked for once."""
        found = self._known.get(arm_id)
        if found is None:
            at = arm_id.lower()
            while at and at not in self._drawing.resources:
                at = at.rpartition("/")[0]
            found = self._known[arm_id] = self._drawing.resources.get(at, ())
        return found

    def resource(self, arm_id: str) -> str:
        """Return the box of a resource or of what it lies in; "" where none is drawn."""
        return next(iter(self._held(arm_id)), "")

    def passing(self, passing: Passing) -> str:
        """Return the box where flows of one way are counted; "" where none is drawn."""
        return self._drawn_or(self.resource(passing.resource) or _ENDS.get(passing.path, ""), "")

    def counted(self, result: Result) -> str:
        """Return the box where a flow that is not as documented is counted: where it stops, or else gets out."""
        trace = result.trace
        if trace is None:
            return ""
        trail, verdicts = self.trail(result.requirement, trace), _STOPS[result.outcome]
        hops = [*zip(trace.hops, trail.there, strict=True)]
        hops += zip(trace.reply.hops, trail.back, strict=True) if trace.reply else ()
        stops = [(hop.verdict not in verdicts, at) for hop, at in hops if hop.verdict is not Verdict.ALLOW]
        if stops:
            return min(stops, key=lambda each: each[0])[1]
        crossed = next((at for at in trail.there if at in self._firewalls), "")
        return crossed or (trail.start if trail.end == "subnet" else trail.end or trail.there[-1])


def _is_subnet(label: str, subnet: str) -> bool:
    return label in {f"subnet {subnet}", subnet} or label.endswith(f"/{subnet}")


def with_badges(drawing: Drawing, sketch: Sketch, results: Iterable[Result]) -> Drawing:
    """Return a drawing that says how many flows pass and stop where."""
    places = Places(drawing, sketch)
    numbers: Counter[tuple[str, str]] = Counter()
    for each in sketch.passing:
        numbers[places.passing(each), "pass"] += each.count
    for result in results:
        if result.trace and result.outcome in _KINDS:
            numbers[places.counted(result), _KINDS[result.outcome]] += 1
    boxes = {box.at: box for box in drawing.boxes}
    told: dict[str, dict[str, int]] = {}
    for (at, kind), number in numbers.items():
        told.setdefault(at, {})[kind] = number
    badges = [badge for at, kinds in told.items() if at in boxes for badge in _badges(boxes[at], kinds)]
    words = [f"{_told(number, kind)}: {boxes[at].name}." for (at, kind), number in numbers.items() if at in boxes]
    return replace(drawing, badges=tuple(badges), words=(*drawing.words, *words))


def _told(number: int, kind: str) -> str:
    return f"{number:,} documented {_WORDS[kind][number != 1]}"


def _badges(box: Box, kinds: Mapping[str, int]) -> list[Badge]:
    """Return the badges on the lower edge of a box, from right to left."""
    badges, right = [], box.x + box.width - 8
    for kind in ("doubt", "stop", "past", "pass"):
        if kind in kinds:
            text = f"{_SIGNS[kind]} {kinds[kind]:,}"
            width = 14 + 8 * len(text)
            y = box.y + box.height - 6
            badges.append(Badge(kind=kind, text=text, x=right - width, y=y, width=width, tip=_told(kinds[kind], kind)))
            right -= width + 4
    return badges
