"""What a drawing must show of a flow, worked out from its trace and the sketch alone, without the code that draws."""

import re
from collections import Counter
from dataclasses import dataclass

from auditor.engine.audit import Audited
from auditor.findings import Outcome, Result, WorkloadSummary
from auditor.reporters.drawing import Box, Drawing, draw
from auditor.reporters.places import Places, with_badges
from auditor.sketches import Presence, Sketch
from auditor.traces import Hop, Path, Trace, Verdict

COUNTED = frozenset({Outcome.PASS, Outcome.DEVIATES, Outcome.FAIL, Outcome.UNKNOWN})
_NAMED = re.compile(r"firewall ([\w-]+)", re.IGNORECASE)
_SAID = re.compile(r"([\d,]+) documented flows? (passe?s? here|gets? out here|(?:is|are) stopped|cannot).*?: (.*)\.")
_BOXES = {
    Path.DIRECT: "Internet",
    Path.SERVICE_ENDPOINT: "Service endpoints",
    Path.PRIVATE_ENDPOINT: "Private endpoints",
}


@dataclass(frozen=True)
class Drawn:
    """A workload with its drawing and its decided flows."""

    workload: WorkloadSummary
    sketch: Sketch
    drawing: Drawing
    results: tuple[Result, ...]

    @property
    def places(self) -> Places:
        """Where hops are shown."""
        return Places(self.drawing, self.sketch)

    def flows(self) -> list[tuple[Result, Trace]]:
        """Return the results that have a trace."""
        return [(each, each.trace) for each in self.results if each.trace]

    def box(self, at: str) -> Box:
        """Return a box that must be there."""
        found = self.drawing.box(at)
        assert found is not None, f"no box {at!r}"
        return found


def drawn(audited: Audited) -> list[Drawn]:
    """Return the drawings of an audit."""
    found = []
    for each in audited.workloads:
        assert each.network is not None
        results = tuple(one for one in audited.results if one.workload == each.id)
        drawing = with_badges(draw(each, each.network), each.network, results)
        found.append(Drawn(each, each.network, drawing, results))
    return found


def firewall_reached(hop: Hop) -> str:
    """Return the name of the firewall a hop leads to; "" for any other hop."""
    leads = hop.at == "next-hop" and hop.verdict is Verdict.ALLOW
    return hop.resource.rpartition("/")[2] if leads and "/azurefirewalls/" in hop.resource.lower() else ""


def misplaced(one: Drawn, result: Result, trace: Trace) -> list[str]:
    """Return what a drawing shows of a flow at another place than the trace names."""
    trail = one.places.trail(result.requirement, trace)
    back = trace.reply.hops if trace.reply else ()
    wrong, inside = [], ""
    outbound = trail.start == "subnet"
    for hop, at in zip(trace.hops, trail.there, strict=True):
        inside = firewall_reached(hop) or inside
        wrong += _misplaced_hop(one, hop, one.box(at), inside, outbound=outbound)
    for hop, at in zip(back, trail.back, strict=True):
        wrong += _misplaced_reply(hop, one.box(at), outbound=outbound)
    lit = {*trail.there, *trail.back, trail.start, trail.end} - {""}
    return [*wrong, *_unnamed(one, trace, lit), *_misplaced_start(one, result, trail.start)]


def _misplaced_hop(one: Drawn, hop: Hop, box: Box, inside: str, *, outbound: bool) -> list[str]:
    own = {"subnet-nsg": one.sketch.security_group, "route-table": one.sketch.route_table}.get(hop.at)
    wanted = ""
    if hop.at in {"firewall", "firewall-egress"} or firewall_reached(hop):
        wanted = f"Azure Firewall {inside}" if inside else ""
    elif hop.at == "admin-rules":
        wanted = f"Admin rules {one.sketch.admin_rules.name or 'Not known'}"
    elif hop.at == "subnet-nsg" and own and own.id and own.id.lower() == hop.resource.lower():
        wanted = f"Security group {own.name}"
    elif hop.at == "route-table" and own and outbound and not inside:
        wanted = f"Route table {own.name or 'None'}" if hop.verdict is not Verdict.BLOCK else "Dropped"
    elif hop.at == "next-hop" and outbound and not inside:
        return [] if _leads(one, hop, box) else [f"{hop.why} is shown at {box.name}"]
    return [f"{hop.why} is shown at {box.name}, not at {wanted}"] if wanted and box.name != wanted else []


def _leads(one: Drawn, hop: Hop, box: Box) -> bool:
    """Tell whether a box is that of the next hop of a route."""
    ways = [each for each in one.sketch.ways if hop.decided_by in each.names]
    told = [way for way in ways if way.why in box.tip or (way.address and way.address in f"{box.title} {box.tip}")]
    return bool(told) and box.at not in {"subnet", "nsg", "routes"}


def _misplaced_reply(hop: Hop, box: Box, *, outbound: bool) -> list[str]:
    """Return whether a reply is shown at another place than at the firewall that takes it, or takes it not."""
    taken = re.search(r"(?:to|through|from) firewall ([\w-]+)(?: of the hub)?(?:,| to |$)", hop.why)
    if taken is None or (outbound and hop.code not in {"reply-firewall", "reply-misrouted"}):
        return []
    return [f"{hop.why} is shown at {box.name}"] if box.name != f"Azure Firewall {taken[1]}" else []


def _unnamed(one: Drawn, trace: Trace, lit: set[str]) -> list[str]:
    """Return firewalls that are lit although no hop speaks of them, and those that hops lead to and are not lit."""
    hops = (*trace.hops, *(trace.reply.hops if trace.reply else ()))
    spoken = {name for hop in hops for name in (*_NAMED.findall(hop.why), hop.resource.rpartition("/")[2])}
    shown = {one.box(at).name.removeprefix("Azure Firewall ") for at in lit if one.box(at).icon == "firewall"}
    reached = {firewall_reached(hop) for hop in hops} - {""}
    return [f"{each} is lit, and nothing names it" for each in shown - spoken] + [
        f"{each} is not lit" for each in reached - shown
    ]


def _misplaced_start(one: Drawn, result: Result, start: str) -> list[str]:
    """Return whether a flow from another subnet starts elsewhere than in that subnet or its network."""
    subnet = result.requirement.partition("applications/peer:")[2].split("/")
    if len(subnet) < 3:
        return []
    box = one.box(start)
    named = f" {subnet[-1]} " if subnet[-3].lower() == one.sketch.vnet.name.lower() else f" {subnet[-3]} "
    return [] if named in f" {box.tip} " else [f"{result.requirement} starts at {box.name}"]


def expected_counts(one: Drawn) -> Counter[tuple[str, str]]:
    """Return how many flows must be counted where, by the kind of badge and the name of the box."""
    found: Counter[tuple[str, str]] = Counter()
    for result, trace in one.flows():
        if result.outcome in COUNTED:
            found[_kind(result.outcome), _counted_at(one, result, trace)] += 1
    return found


def _kind(outcome: Outcome) -> str:
    return {Outcome.PASS: "pass", Outcome.DEVIATES: "gets", Outcome.FAIL: "stop", Outcome.UNKNOWN: "cannot"}[outcome]


def _counted_at(one: Drawn, result: Result, trace: Trace) -> str:
    trail = one.places.trail(result.requirement, trace)
    hops = [*zip(trace.hops, trail.there, strict=True)]
    hops += zip(trace.reply.hops, trail.back, strict=True) if trace.reply else ()
    stops = [(hop, at) for hop, at in hops if hop.verdict is not Verdict.ALLOW]
    grave = [at for hop, at in stops if (hop.verdict is Verdict.UNKNOWN) == (result.outcome is Outcome.UNKNOWN)]
    if stops and result.outcome is not Outcome.PASS:
        return one.box((grave or [stops[0][1]])[0]).name
    reached = next(filter(None, map(firewall_reached, trace.hops)), "")
    if reached:
        return f"Azure Firewall {reached}"
    if trace.path in _BOXES:
        ends = _BOXES[trace.path]
        return next(each.name for each in one.drawing.boxes if each.name.startswith(ends))
    return one.box(trail.start if trail.end == "subnet" else trail.end).name


def told_counts(one: Drawn) -> Counter[tuple[str, str]]:
    """Return how many flows the words of a drawing count where."""
    found: Counter[tuple[str, str]] = Counter()
    for each in one.drawing.words:
        said = _SAID.fullmatch(each)
        if said:
            kind = next(kind for kind in ("pass", "get", "stop", "cannot") if kind in said[2])
            found["gets" if kind == "get" else kind, said[3]] += int(said[1].replace(",", ""))
    return found


def overstated(one: Drawn) -> list[str]:
    """Return what a drawing says as if it were known although the sketch calls it unknown."""
    sketch, drawing = one.sketch, one.drawing
    texts = [*drawing.words, *(text for box in drawing.boxes for text in (*box.lines, box.tip))]
    said = "\n".join(texts)
    wrong = []
    if sketch.ways_doubt and ("no route of the subnet leads" in said or "no route leads here" in said):
        wrong.append("no route leads to a firewall, while routes are not known")
    led = {way.address for way in sketch.ways if way.address}
    idle = {box.title for box in drawing.boxes if "no route leads here" in box.lines}
    wrong += [
        f"{each.name} has no route, while one names its address"
        for each in sketch.firewalls.shown
        if each.name in idle and led & set(each.facts)
    ]
    if "everything passes" in said or "passes all" in said:
        wrong.append("everything passes, while other rules may filter")
    owners = {way.address for way in sketch.ways if way.verdict is Verdict.UNKNOWN and not way.resource}
    wrong += [
        f"{box.title} is not Azure Firewall, while its owner is not known"
        for box in drawing.boxes
        if box.title in owners and "not Azure Firewall" in box.lines
    ]
    parts = {"nsg": sketch.security_group, "routes": sketch.route_table, "admin": sketch.admin_rules}
    for at, part in parts.items():
        box = drawing.box(at)
        if part.presence is Presence.UNKNOWN and (box is None or box.state != "doubt"):
            wrong.append(f"{at} is drawn as known")
    groups = {"peers": sketch.peerings, "private": sketch.private_endpoints, "gateway": sketch.gateways}
    for at, group in groups.items():
        box = drawing.box(at)
        if not group.count and group.doubt and (box is None or box.state != "doubt"):
            wrong.append(f"{at} are left out, while they are not known")
        down = group.count and group.count == len(group.shown) and all(each.verdict == "block" for each in group.shown)
        if down and (box is None or box.state != "stop"):
            wrong.append(f"{at} are down, and drawn as if they carried something")
    return wrong
