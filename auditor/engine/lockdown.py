"""The lock-down itself: what the document does not name must not leave past the firewall."""

from collections.abc import Iterator

from auditor.engine.context import Context, bypass_cause, leads_past
from auditor.engine.judgement import Judgement
from auditor.engine.route import EffectiveRoute
from auditor.engine.structure import failed
from auditor.estate.addresses import PUBLIC, AddressSet, address_texts, union
from auditor.findings import Outcome
from auditor.packs import Kind, Requirement

_WIDE = 8
"""A route for a prefix this long, or longer, lets out part of the Internet; a shorter one most of what matters."""
_SHOWN = 4


def judge_lockdown(context: Context) -> Iterator[Judgement]:
    """Yield a judgement on every route of the user's that takes undocumented traffic past the firewall.

    Routes for single addresses are left aside, since those of one edition of a document are not those of another, and
    so are service tags that a document asks for. Where the default route does not lead to the firewall, that is told.
    """
    owner = context.default_owner
    if owner is None or owner.code != "next-hop-firewall" or context.routes is None or not _has_ways_out(context):
        return
    undocumented = PUBLIC - context.beside.addresses
    out = [each for each in context.routes.winner(undocumented) if leads_past(context, each)]
    for route in sorted(dict.fromkeys(out), key=lambda each: (each.text, each.name)):
        prefixes = [each.prefix.addresses for each in context.routes.candidates if each.route == route]
        yield _hole(route, union(prefixes) & undocumented)


def _has_ways_out(context: Context) -> bool:
    """Tell, without looking at addresses, whether the route table holds a route that may be a hole: few do."""
    candidates = context.routes.table.candidates if context.routes else ()
    ways = (each.route for each in candidates)
    wide = {each.tag: each for each in ways if each.next_hop == "internet" and not each.host}  # one speaks for its tag
    return any(leads_past(context, each) for each in wide.values())


def _hole(route: EffectiveRoute, addresses: AddressSet) -> Judgement:
    requirement = Requirement(
        id=f"lock-down/route:{route.text}",
        kind=Kind.DEFAULT_ROUTE,
        target=route.text,
        section="lock-down",
        raw=route.text,
    )
    cause = bypass_cause(route, f"undocumented destinations that leave by it: {address_texts(addresses, _SHOWN)} [R1]")
    wide = not route.tag and route.length < _WIDE
    return failed(requirement, cause, Outcome.FAIL if wide else Outcome.DEVIATES)
