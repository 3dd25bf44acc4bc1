"""Names in network rules: they work only where the firewall resolves them as its clients do (F21, F22)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from auditor.engine.coverage import Certainty, Hidden, Part, Region, split
from auditor.engine.flows import Flow
from auditor.engine.matching import Line
from auditor.estate.firewall import NetworkRule
from auditor.estate.names import Relation, is_pattern, relation
from auditor.traces import Verdict


@dataclass(frozen=True, slots=True)
class FqdnUse:
    """Whether names in network rules are in force: None is not known, and then `why` says on what it hangs."""

    works: bool | None
    why: str = ""


def fqdn_destinations(line: Line, rule: NetworkRule, use: FqdnUse) -> Line:
    """Return `line` made to see the names of its rule beside its addresses."""
    names = tuple(each for each in rule.fqdns if not is_pattern(each))
    if not names or use.works is False:
        return line

    def destination(region: Region, flow: Flow) -> Iterator[Part]:
        for part in split(region, flow.destination, line.destinations, allows=line.verdict is Verdict.ALLOW):
            if part.certainty is Certainty.YES:
                yield part
            elif isinstance(part.region, Hidden):
                yield from _named(part, part.region, flow, names, use)
            elif flow.destination.tag:  # a service tag is asked for by its own name, not by that of a host
                yield part
            else:
                yield _resolved(part, flow)

    return replace(line, destination=destination)


def _named(part: Part, region: Hidden, flow: Flow, names: tuple[str, ...], use: FqdnUse) -> Iterator[Part]:
    asked = flow.destination.name
    if not asked:
        yield part
        return
    taken = region.taken
    left = [each for each in names if not any(relation(other, each) is Relation.COVERS for other in taken)]
    hits = [each for each in left if relation(each, asked) is not Relation.DISJOINT]
    if not hits:
        yield part
        return
    certainty = Certainty.YES if use.works else Certainty.MAYBE
    if any(relation(each, asked) is Relation.COVERS for each in hits):
        yield Part(region, certainty, use.why, "F22")
        return
    yield Part(Hidden((*region.taken, *hits)), certainty, use.why, "F22")
    yield replace(part, region=Hidden((*region.taken, *hits)))


def _resolved(part: Part, flow: Flow) -> Part:
    why = f"a network rule names hosts, and whether {flow.destination.label} is the address of one is not known"
    return Part(part.region, Certainty.MAYBE, why, "F21")
