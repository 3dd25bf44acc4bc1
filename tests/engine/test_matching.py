"""First match over sets against one packet at a time, and the laws that three-valued answers keep."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.engine.coverage import Coverage
from auditor.engine.flows import TCP, Endpoint, Flow
from auditor.engine.matching import Decision, Line, either, first_match, together
from auditor.engine.ways import in_series
from auditor.estate.addresses import EVERYTHING, NOTHING, PUBLIC, AddressSet, address_set, union
from auditor.estate.intervals import IntervalSet
from auditor.estate.ports import ALL_PORTS, PortSet
from auditor.estate.tags import TagUse
from auditor.traces import Verdict

ALLOW, BLOCK, PARTIAL, UNKNOWN = Verdict.ALLOW, Verdict.BLOCK, Verdict.PARTIAL, Verdict.UNKNOWN

SENDERS = tuple(map(address_set, ("10.1.1.0", "10.1.1.1", "10.1.1.2")))
RECEIVERS = tuple(map(address_set, ("20.0.0.0", "20.0.0.1", "20.0.0.2", "20.0.0.3")))
PORTS = (80, 81, 443)

Packet = tuple[AddressSet, AddressSet, int]
PACKETS: tuple[Packet, ...] = tuple(product(SENDERS, RECEIVERS, PORTS))


def _flow(senders: Iterable[AddressSet], receivers: Iterable[AddressSet], ports: Iterable[int]) -> Flow:
    return Flow(
        source=Endpoint(label="senders", addresses=union(senders)),
        destination=Endpoint(label="receivers", addresses=union(receivers)),
        protocol=TCP,
        ports=IntervalSet.of((each, each) for each in ports),
    )


EVERY_PACKET = _flow(SENDERS, RECEIVERS, PORTS)
TO_HIDDEN = replace(EVERY_PACKET, destination=Endpoint(label="somewhere public"))


def _line(  # noqa: PLR0913, PLR0917 - the fields of a line
    verdict: Verdict, sources: Coverage, destinations: Coverage, ports: PortSet, unsure: str = "", name: str = "line"
) -> Line:
    return Line(
        name=name,
        resource="/rules",
        verdict=verdict,
        code="code",
        spec="N4",
        sources=sources,
        destinations=destinations,
        ports=ports,
        unsure=unsure,
    )


# One packet at a time: deliberately naive.


def _side(coverage: Coverage, address: AddressSet) -> set[bool]:
    """Return whether a side of a rule may meet an address, and whether it may not."""
    if address <= coverage.literal or any(address <= use.sure for use in coverage.tags):
        return {True}
    if address <= coverage.blur or any(not use.complete and address <= PUBLIC for use in coverage.tags):
        return {True, False}
    return {False}


def _meets(line: Line, packet: Packet) -> set[bool]:
    source, destination, port = packet
    if port not in line.ports:
        return {False}
    sides = product(_side(line.sources, source), _side(line.destinations, destination))
    met = {a and b for a, b in sides}
    return {True, False} if line.unsure and True in met else met


def _simulate(lines: Sequence[Line], packet: Packet, fallback: Verdict) -> Verdict:
    outcomes: set[Verdict] = set()
    for line in lines:
        met = _meets(line, packet)
        if True in met:
            outcomes.add(line.verdict)
        if False not in met:
            break
    else:
        outcomes.add(fallback)
    return outcomes.pop() if len(outcomes) == 1 else UNKNOWN


def _holds(decision: Decision, packet: Packet) -> bool:
    source, destination, port = packet
    sources, destinations = decision.piece.sources, decision.piece.destinations
    assert isinstance(sources, AddressSet)
    assert isinstance(destinations, AddressSet)
    return source <= sources and destination <= destinations and port in decision.piece.ports


def _verdicts(flow: Flow, lines: Sequence[Line], fallback: Verdict = BLOCK) -> dict[int, Verdict]:
    """Return the verdict on every packet, by its place, after checking that exactly one decision holds it."""
    decisions = first_match(flow, lines, fallback)
    found = {}
    for at, packet in enumerate(PACKETS):
        (decision,) = [each for each in decisions if _holds(each, packet)]
        found[at] = decision.verdict
    return found


# Rule lists.


def _some(addresses: tuple[AddressSet, ...]) -> st.SearchStrategy[AddressSet]:
    return st.lists(st.sampled_from(addresses), max_size=len(addresses)).map(union)


def _uses(addresses: tuple[AddressSet, ...]) -> st.SearchStrategy[tuple[TagUse, ...]]:
    use = st.builds(TagUse, st.sampled_from(["storage", "sql"]), _some(addresses), st.booleans())
    return st.lists(use, max_size=1).map(tuple)


def _coverages(addresses: tuple[AddressSet, ...]) -> st.SearchStrategy[Coverage]:
    narrow = st.builds(Coverage, _some(addresses), _uses(addresses), _some(addresses), st.just("it depends"))
    return st.one_of(st.just(Coverage(EVERYTHING)), narrow)


port_sets = st.one_of(
    st.just(ALL_PORTS), st.lists(st.sampled_from(PORTS)).map(lambda them: IntervalSet.of((each, each) for each in them))
)
lines = st.builds(
    _line,
    st.sampled_from([ALLOW, BLOCK, UNKNOWN]),
    _coverages(SENDERS),
    _coverages(RECEIVERS),
    port_sets,
    st.sampled_from(["", "", "it may not be in force"]),
)
rule_lists = st.lists(lines, max_size=6)


@given(rule_lists, st.sampled_from([ALLOW, BLOCK]))
def test_agrees_with_one_packet_at_a_time(rules: list[Line], fallback: Verdict) -> None:
    """Deciding sets gives every packet the verdict that looking at it alone gives, and decides each exactly once."""
    expected = {at: _simulate(rules, packet, fallback) for at, packet in enumerate(PACKETS)}

    assert _verdicts(EVERY_PACKET, rules, fallback) == expected


@given(rule_lists, st.sampled_from(PACKETS))
def test_larger_flow_says_the_same(rules: list[Line], packet: Packet) -> None:
    """A packet gets the same verdict alone and as a part of a larger flow."""
    source, destination, port = packet
    alone = first_match(_flow([source], [destination], [port]), rules, BLOCK)

    assert together(each.verdict for each in alone) is _verdicts(EVERY_PACKET, rules)[PACKETS.index(packet)]


@given(rule_lists, lines)
def test_deny_first_never_allows_more(rules: list[Line], line: Line) -> None:
    """A deny put before all others, sure or not, makes no packet allowed that was not."""
    before = _verdicts(EVERY_PACKET, rules)
    after = _verdicts(EVERY_PACKET, [replace(line, verdict=BLOCK), *rules])

    assert all(before[at] is ALLOW for at, verdict in after.items() if verdict is ALLOW)


@given(rule_lists, lines)
def test_allow_last_never_allows_less(rules: list[Line], line: Line) -> None:
    """An allow put behind all others stops no packet that was allowed."""
    before = _verdicts(EVERY_PACKET, rules)
    after = _verdicts(EVERY_PACKET, [*rules, replace(line, verdict=ALLOW)])

    assert all(after[at] is ALLOW for at, verdict in before.items() if verdict is ALLOW)


@given(rule_lists, st.data())
def test_order_of_like_rules_never_matters(rules: list[Line], data: st.DataObject) -> None:
    """Neighbours with the same action may change places."""
    places = [at for at in range(len(rules) - 1) if rules[at].verdict is rules[at + 1].verdict]
    if places:
        at = data.draw(st.sampled_from(places))
        swapped = [*rules[:at], rules[at + 1], rules[at], *rules[at + 2 :]]

        assert _verdicts(EVERY_PACKET, swapped) == _verdicts(EVERY_PACKET, rules)


@given(rule_lists, lines)
def test_rule_behind_its_equal_never_matters(rules: list[Line], line: Line) -> None:
    """A rule that stands twice decides once."""
    once = [line, *rules]

    assert _verdicts(EVERY_PACKET, [line, *once]) == _verdicts(EVERY_PACKET, once)


def test_last_doubt_is_the_one_named() -> None:
    """Of several rules that may have decided otherwise the one nearest to the decision is named."""
    doubts = [
        _line(BLOCK, Coverage(EVERYTHING), Coverage(EVERYTHING), ALL_PORTS, f"{each} doubt", each)
        for each in ("first", "last")
    ]
    allow = _line(ALLOW, Coverage(EVERYTHING), Coverage(EVERYTHING), ALL_PORTS, name="allow")
    (decision,) = first_match(EVERY_PACKET, [*doubts, allow], BLOCK)

    assert (decision.verdict, decision.line, decision.why, decision.otherwise) == (
        UNKNOWN,
        doubts[1],
        "last doubt",
        allow,
    )


# Knowing less.


def _forget_tag(coverage: Coverage) -> Coverage:
    """Return a side whose tags are no longer resolved."""
    return replace(coverage, tags=tuple(TagUse(each.name, NOTHING, complete=False) for each in coverage.tags))


def _forget_group(coverage: Coverage) -> Coverage:
    """Return a side whose literal addresses came from an IP group that can no longer be read."""
    return replace(coverage, literal=NOTHING, blur=EVERYTHING, why="the group is not readable")


def _forget_action(line: Line) -> Line:
    return replace(line, verdict=UNKNOWN)


LESS: Mapping[str, Callable[[Line], Line]] = {
    "destination tag": lambda line: replace(line, destinations=_forget_tag(line.destinations)),
    "source group": lambda line: replace(line, sources=_forget_group(line.sources)),
    "destination group": lambda line: replace(line, destinations=_forget_group(line.destinations)),
    "action": _forget_action,
    "whether it is in force": lambda line: replace(line, unsure="it may not be in force"),
}


@pytest.mark.parametrize("what", LESS)
@given(rules=st.lists(lines, min_size=1, max_size=5), data=st.data())
def test_knowing_less_never_allows(what: str, rules: list[Line], data: st.DataObject) -> None:
    """A rule of which less is known turns no verdict into an allow, and no allow into a block."""
    at = data.draw(st.integers(0, len(rules) - 1))
    before = _verdicts(EVERY_PACKET, rules)
    after = _verdicts(EVERY_PACKET, [*rules[:at], LESS[what](rules[at]), *rules[at + 1 :]])

    assert all(before[place] is ALLOW for place, verdict in after.items() if verdict is ALLOW)
    assert all(before[place] is BLOCK for place, verdict in after.items() if verdict is BLOCK)


# An end whose addresses are not known.


@given(rule_lists)
def test_hidden_end_is_no_better_than_the_addresses_it_may_have(rules: list[Line]) -> None:
    """A flow to an unknown public address is allowed only if it is to every one, and blocked only if to every one."""
    hidden = first_match(TO_HIDDEN, rules, BLOCK)
    overall = together(each.verdict for each in hidden)
    known = set(_verdicts(EVERY_PACKET, rules).values())

    assert overall is not ALLOW or known == {ALLOW}
    assert overall is not BLOCK or known == {BLOCK}


# Joining verdicts.

verdicts = st.lists(st.sampled_from(list(Verdict)), min_size=1, max_size=4)


@given(verdicts)
def test_together(seen: list[Verdict]) -> None:
    """Parts make an allow only if all are; one that is certainly stopped beside others makes it partial."""
    found = together(seen)

    assert (found is ALLOW) == (set(seen) == {ALLOW})
    assert (found is BLOCK) == (set(seen) == {BLOCK})
    assert found is not UNKNOWN or not {BLOCK, PARTIAL} & set(seen)


@given(verdicts)
def test_either(seen: list[Verdict]) -> None:
    """Where one of several ways is taken, the answer is theirs if they agree, and unknown if not."""
    assert either(seen) is (seen[0] if len(set(seen)) == 1 else UNKNOWN)


@given(verdicts)
def test_in_series(seen: list[Verdict]) -> None:
    """Hops one behind the other let through only what each does; one that blocks blocks all."""
    found = in_series(seen)

    assert (found is ALLOW) == (set(seen) == {ALLOW})
    assert (found is BLOCK) == (BLOCK in seen)


def test_nothing_decided_is_no_allow() -> None:
    """No part at all, as of a subnet without addresses, is not an allow."""
    assert together([]) is not ALLOW
    assert either([]) is not ALLOW
