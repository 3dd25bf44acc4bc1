"""Rules found by index decide as all of them asked in turn."""

from hypothesis import given
from hypothesis import strategies as st

from auditor.engine.application_rules import _by_name
from auditor.engine.coverage import Coverage
from auditor.engine.flows import Endpoint, Flow
from auditor.engine.line_index import LineIndex
from auditor.engine.matching import Decision, Line, first_match
from auditor.engine.name_index import NameIndex
from auditor.estate.addresses import EVERYTHING, NOTHING, AddressSet, address_set, union
from auditor.estate.names import Relation, relation
from auditor.estate.ports import PortSet, port_set
from auditor.estate.tags import TagUse
from auditor.traces import Verdict

SENDER = address_set("10.1.0.0/24")
SOURCES = (EVERYTHING, address_set("10.0.0.0/8"), SENDER, address_set("10.2.0.0/24"))
PLACES = ("*", "0.0.0.0/1", "20.0.0.0/8", "20.1.0.0/16", "20.1.2.3", "40.0.0.0/8", "192.168.0.0/16", "192.168.1.4")
TARGETS = ("*", "*.example.com", "*example.com", "a.example.com", "b.example.com", "*.com", "c.*.net", "x.c.net", "")
ASKED = ("a.example.com", "example.com", "*.example.com", "a.*.com", "q.net", "*.net", "x.*.net", "*.c.net")
PORTS = ("443", "80", "80-443")

verdicts = st.sampled_from((Verdict.ALLOW, Verdict.BLOCK, Verdict.UNKNOWN))
ports = st.sampled_from(PORTS).map(port_set)


@st.composite
def a_line(draw: st.DrawFn) -> Line:
    """Return a rule for addresses, a tag or names."""
    kind = draw(st.sampled_from(("addresses", "addresses", "tag", "names", "names")))
    places = draw(st.lists(st.sampled_from(PLACES), max_size=2)) if kind != "names" else []
    targets = tuple(draw(st.lists(st.sampled_from(TARGETS), max_size=2))) if kind == "names" else None
    return Line(
        name=str(draw(st.integers(0, 10**6))),
        resource="",
        verdict=draw(verdicts),
        code="",
        spec="",
        sources=Coverage(draw(st.sampled_from(SOURCES))),
        destinations=Coverage(
            union(map(address_set, places)), (TagUse("t", NOTHING, complete=False),) if kind == "tag" else ()
        ),
        ports=draw(ports),
        unsure=draw(st.sampled_from(("", "", "it may not be in force"))),
        destination=_by_name(targets) if targets is not None else None,
        names=targets,
    )


addresses = st.lists(st.sampled_from(PLACES), min_size=1, max_size=2).map(lambda texts: union(map(address_set, texts)))
ends = st.one_of(
    addresses.map(lambda found: Endpoint(label="addresses", addresses=found)),
    st.builds(
        lambda name, elsewhere: Endpoint(label=name, name=name, elsewhere=elsewhere),
        st.sampled_from(ASKED),
        st.sampled_from((NOTHING, address_set("20.1.0.0/16"), address_set("0.0.0.0/1"))),
    ),
    st.just(Endpoint(label="tag", tag="other")),
)


def _told(decisions: tuple[Decision, ...]) -> set[tuple[object, ...]]:
    """Return what decisions say, whichever parts they are on."""
    return {(each.verdict, each.line, each.why, each.otherwise) for each in decisions}


def _met(decisions: tuple[Decision, ...], verdict: Verdict) -> AddressSet:
    """Return the known destinations with a verdict."""
    regions = [each.piece.destinations for each in decisions if each.verdict is verdict]
    return union(each for each in regions if isinstance(each, AddressSet))


@given(st.lists(a_line(), max_size=8), ends, ports, st.booleans())
def test_lines_found_by_index_decide_as_all_of_them(
    lines: list[Line],
    end: Endpoint,
    wanted: PortSet,
    classed: bool,  # noqa: FBT001 - drawn
) -> None:
    """What the index leaves out changes no verdict, no deciding rule and no reason."""
    flow = Flow(source=Endpoint(label="s", addresses=SENDER), destination=end, protocol="tcp", ports=wanted)
    on_ports = [each for each in lines if each.ports & flow.ports]
    index = LineIndex(on_ports, flow.ports)
    found = first_match(flow, index.candidates(end, SENDER, 1 if classed else None), Verdict.BLOCK)
    asked = first_match(flow, on_ports, Verdict.BLOCK)
    assert _told(found) == _told(asked)
    assert all(_met(found, verdict) == _met(asked, verdict) for verdict in Verdict)


@given(st.lists(st.lists(st.sampled_from(TARGETS), max_size=3).map(tuple), max_size=6), st.sampled_from(ASKED))
def test_names_found_by_index_are_those_that_have_to_do_with_what_is_asked(
    rules: list[tuple[str, ...]], asked: str
) -> None:
    """No target that covers or overlaps a name is missed, and none is found that does not."""
    index = NameIndex([(targets, at) for at, targets in enumerate(rules)])
    related = {
        at
        for at, targets in enumerate(rules)
        if any(relation(each, asked) is not Relation.DISJOINT for each in targets)
    }
    assert index.named(asked) == related
