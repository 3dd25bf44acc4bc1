"""Which box of a drawing a hop belongs to, and how many flows pass and stop at each."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from auditor.findings import Outcome, Result
from auditor.reporters.drawing import Badge, Box, Drawing
from auditor.sketches import Sketch
from auditor.traces import Hop, Path, Trace, Verdict

ENDS = {
    Path.DIRECT: "internet",
    Path.FIREWALL: "internet",
    Path.SERVICE_ENDPOINT: "services",
    Path.PRIVATE_ENDPOINT: "private",
    Path.VNET: "peers",
    Path.PEERING: "peers",
    Path.GATEWAY: "gateway",
}
"""The box where flows end, by their way."""
_AT = {
    "workload": "subnet",
    "subnet": "subnet",
    "subnet-nsg": "nsg",
    "nic-nsg": "nsg",
    "admin-rules": "nsg",
    "route-table": "routes",
    "internet": "internet",
    "public-address": "internet",
    "service-endpoint": "services",
    "private-endpoint": "private",
    "peering": "peers",
    "application-gateway": "peers",
}
_AT_FIREWALL = frozenset({"firewall", "firewall-egress", "dns", "next-hop", "virtual-hub"})
_STOPS = {Outcome.FAIL: (Verdict.BLOCK, Verdict.PARTIAL), Outcome.UNKNOWN: (Verdict.UNKNOWN,)}
_KINDS = {Outcome.FAIL: "stop", Outcome.UNKNOWN: "doubt"}
_WORDS = {
    "pass": ("flow passes here", "flows pass here"),
    "stop": ("flow is stopped here", "flows are stopped here"),
    "doubt": ("flow cannot be decided here", "flows cannot be decided here"),
}
_SIGNS = {"pass": "\u2713", "stop": "\u2717", "doubt": "?"}


class Places:
    """The boxes of one drawing, by what a trace says of a hop."""

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self._drawn = frozenset(each.at for each in drawing.boxes)
        self._firewall = next((each.at for each in drawing.boxes if each.icon == "firewall"), "")

    def of(self, hop: Hop, path: Path) -> str:
        """Return the name of the box a hop belongs to; "" where none is drawn for it. path: of its flow, or reply."""
        if hop.at == "reply":
            found = self._of_reply(hop, path)
        elif hop.at in _AT:
            found = _AT[hop.at]
        else:
            found = self.resource(hop.resource) if hop.at in _AT_FIREWALL else ""
            if found in {"", "routes", "subnet"}:
                found = self._drawing.routes.get(hop.decided_by, "") if hop.at == "next-hop" else found
            if not found and hop.at in _AT_FIREWALL and path is Path.FIREWALL:
                found = self._firewall
        return found if found in self._drawn else ""

    def _of_reply(self, hop: Hop, path: Path) -> str:
        if hop.verdict is not Verdict.ALLOW:
            return self.resource(hop.resource) or "routes"
        return self._firewall if path is Path.FIREWALL else "routes"

    def resource(self, arm_id: str) -> str:
        """Return the box of a resource or of what it lies in; "" where none is drawn."""
        at = arm_id.lower()
        while at:
            if at in self._drawing.resources:
                return self._drawing.resources[at]
            at = at.rpartition("/")[0]
        return ""

    def ends(self, trace: Trace, subnet: str) -> tuple[str, str]:
        """Return the boxes where a flow starts and ends. subnet: name of the subnet of the workload."""
        there = ENDS.get(trace.path, "internet")
        inbound = not _is_subnet(trace.flow.source, subnet)
        if inbound and trace.flow.source.startswith("subnet "):
            there = "peers"
        far = there if there in self._drawn else "internet" if "internet" in self._drawn else ""
        return (far, "subnet") if inbound else ("subnet", far)


def _is_subnet(label: str, subnet: str) -> bool:
    return label in {f"subnet {subnet}", subnet} or label.endswith(f"/{subnet}")


def with_badges(drawing: Drawing, sketch: Sketch, results: Iterable[Result]) -> Drawing:
    """Return a drawing that says how many flows pass and stop where."""
    places = Places(drawing)
    numbers: Counter[tuple[str, str]] = Counter()
    for each in sketch.passing:
        at = ENDS.get(each.path, "")
        firewall = next((box.at for box in drawing.boxes if box.icon == "firewall" and box.state == "there"), "")
        numbers[firewall if each.path is Path.FIREWALL else at, "pass"] += each.count
    for result in results:
        stop = _stop(result)
        if stop and result.trace:
            numbers[places.of(*stop), _KINDS[result.outcome]] += 1
    boxes = {box.at: box for box in drawing.boxes}
    told: dict[str, dict[str, int]] = {}
    for (at, kind), number in numbers.items():
        told.setdefault(at, {})[kind] = number
    badges = [badge for at, kinds in told.items() if at in boxes for badge in _badges(boxes[at], kinds)]
    words = [f"{_told(number, kind)}: {_name(boxes[at])}." for (at, kind), number in numbers.items() if at in boxes]
    return replace(drawing, badges=tuple(badges), words=(*drawing.words, *words))


def _told(number: int, kind: str) -> str:
    return f"{number:,} documented {_WORDS[kind][number != 1]}"


def _name(box: Box) -> str:
    return f"{box.kind} {box.title}"


def _stop(result: Result) -> tuple[Hop, Path] | None:
    """Return the hop at which a flow stops, or is not known to pass, with the way it is on."""
    trace, verdicts = result.trace, _STOPS.get(result.outcome, ())
    if trace is None:
        return None
    ways = [(each, trace.path) for each in trace.hops]
    if trace.reply:
        ways += [(each, trace.reply.path) for each in trace.reply.hops]
    return next((each for each in ways if each[0].verdict in verdicts), None)


def _badges(box: Box, kinds: Mapping[str, int]) -> list[Badge]:
    """Return the badges on the lower edge of a box, from right to left."""
    badges, right = [], box.x + box.width - 8
    for kind in ("doubt", "stop", "pass"):
        if kind in kinds:
            text = f"{_SIGNS[kind]} {kinds[kind]:,}"
            width = 14 + 8 * len(text)
            y = box.y + box.height - 6
            badges.append(Badge(kind=kind, text=text, x=right - width, y=y, width=width, tip=_told(kinds[kind], kind)))
            right -= width + 4
    return badges
