"""What changes do, and which of them do it: held against plain audits of the sources, and replayed."""

import os
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from auditor.drifts import Attribution, Effect, Turn, turn_of
from auditor.engine.effects import NOT_THERE, Replay, Standings, Workloads, effects_of, idle
from auditor.estate.estate import Estate
from auditor.findings import Outcome
from tests.audits import snapshot_of
from tests.bench_estates import estate
from tests.builders import Document, route, security_rule
from tests.drifted import EDITS, replay, snapshot, standings
from tests.engine.defects import Defect
from tests.estates import Draft

BUNDLES = 200 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 15


@pytest.mark.parametrize("edit", EDITS, ids=lambda each: str(each.name))
def test_an_edit_flips_exactly_what_two_audits_say(edit: Defect) -> None:
    """Every requirement that two audits decide otherwise is told, no other is, and the edit is the cause."""
    before, after = standings(snapshot()), standings(snapshot([edit]))
    flipped = {at for at in before.keys() | after.keys() if before.get(at, NOT_THERE) != after.get(at, NOT_THERE)}

    played = replay(snapshot(), snapshot([edit]))
    found = effects_of(played)

    assert {(each.workload, each.requirement) for each in found} == flipped
    assert flipped, "each of these edits breaks something"
    assert all(each.attribution is not Attribution.OPEN for each in found)
    for each in found:
        _confirm(played, each)


def _confirm(played: Replay, effect: Effect) -> None:
    """Replay the causes of an effect: they bring it about; of several needed together, none can be left out."""
    at = (effect.workload, effect.requirement)

    def comes_out(changes: frozenset[int]) -> bool:
        now = played.standings(changes).get(at, NOT_THERE)
        return (
            now.outcome == effect.after.outcome
            if effect.before.outcome != effect.after.outcome
            else now == effect.after
        )

    causes = frozenset(effect.causes)
    if effect.attribution is Attribution.ALONE:
        assert all(comes_out(frozenset({each})) for each in causes)
    else:
        assert comes_out(causes)
        assert not any(comes_out(causes - {each}) for each in causes)


@given(st.integers(0, 2**32), st.integers(2, 8))
@settings(max_examples=BUNDLES)
def test_bundles_of_edits_are_attributed_as_replaying_says(seed: int, number: int) -> None:
    """Of random bundles, every attribution is confirmed by replaying, and nothing that flips is left out."""
    edits = Random(seed).sample(EDITS, number)  # noqa: S311 - chance, not a secret
    try:
        after = snapshot(edits)
    except (KeyError, ValueError, StopIteration):
        reject()  # one takes away what the other changes

    played = replay(snapshot(), after)
    found = effects_of(played)

    was, now = standings(snapshot()), standings(after)
    flipped = {at for at in was.keys() | now.keys() if was.get(at, NOT_THERE) != now.get(at, NOT_THERE)}
    assert {(each.workload, each.requirement) for each in found} == flipped
    for each in found:
        assert each.attribution is not Attribution.OPEN
        _confirm(played, each)
    used = {cause for each in found for cause in each.causes}
    assert sorted(used | set(idle(found, len(played.swaps)))) == list(range(len(played.swaps)))


def test_two_changes_that_are_needed_together() -> None:
    """Two rules allow the same: only without both is management shut out, and the report says that both are needed."""
    edit = next(each for each in EDITS if each.name == "NSG does not allow management")

    found = effects_of(replay(snapshot(), snapshot([edit])))

    assert {(each.attribution, each.causes) for each in found} == {(Attribution.TOGETHER, (0, 1))}


def test_each_of_two_changes_would_do() -> None:
    """Where each of two changes breaks a requirement by itself, both are told."""
    edits = [each for each in EDITS if each.name in {"network rule ntp removed", "default route to nowhere"}]

    found = effects_of(replay(snapshot(), snapshot(edits)))

    (ntp,) = [each for each in found if each.requirement.endswith("any:*:123")]
    assert (ntp.attribution, ntp.causes) == (Attribution.ALONE, (0, 1))


def test_nothing_changed_does_nothing() -> None:
    """And nothing is audited in vain."""
    played = replay(snapshot(), snapshot())

    assert effects_of(played) == ()


def test_changes_back_turn_every_effect_round() -> None:
    """What an edit makes worse, its undoing makes better."""
    edit = next(each for each in EDITS if each.name == "dependency route removed")

    there, back = (
        effects_of(each) for each in (replay(snapshot(), snapshot([edit])), replay(snapshot([edit]), snapshot()))
    )

    assert [(each.requirement, turn_of(each)) for each in there] == [(each.requirement, Turn.WORSE) for each in back]
    assert {turn_of(each) for each in back} == {Turn.BETTER}


@pytest.mark.parametrize(("before", "after"), list(combinations((None, *Outcome), 2)))
def test_every_pair_of_outcomes_has_a_turn(before: Outcome | None, after: Outcome | None) -> None:
    """Worse one way is better the other; what becomes unknown is that, whatever it was."""
    one, other = ((NOT_THERE if each is None else NOT_THERE.__class__(outcome=each)) for each in (before, after))
    there = turn_of(_effect(one, other))
    back = turn_of(_effect(other, one))

    assert (there is Turn.UNKNOWN) == (after is Outcome.UNKNOWN)
    if Outcome.UNKNOWN not in {before, after}:
        assert {Turn.WORSE: Turn.BETTER, Turn.BETTER: Turn.WORSE, Turn.OTHER: Turn.OTHER}[there] is back


def _effect(before: object, after: object) -> Effect:
    return Effect(
        workload="w",
        requirement="r",
        before=before,  # type: ignore[arg-type]
        after=after,  # type: ignore[arg-type]
        attribution=Attribution.OPEN,
        causes=(),
    )


def test_what_is_said_of_a_workload_does_not_depend_on_which_are_asked_for() -> None:
    """Replaying looks at the workloads that are touched alone: each comes out as in an audit of all of them."""
    several = snapshot_of(list(estate(3)))
    whole = standings(several)
    workloads = {workload for workload, _ in whole}

    assert len(workloads) == 3
    for asked in workloads:
        assert standings(several, frozenset({asked})) == {at: whole[at] for at in whole if at[0] == asked}


def test_a_change_that_another_one_undoes_is_not_left_aside() -> None:
    """What breaks a requirement by itself is named, although another change mends that and a third breaks it again."""
    draft = Draft()
    draft.drop_route("40.77.24.27/32")
    draft.routes.append(route("a-wide", "40.77.24.0/24", "Internet"))
    nsg = draft.of("nsg-ase")["securityRules"]
    nsg.append(security_rule("no-more", 100, "Deny", direction="Outbound", destination="40.77.24.27/32"))

    played = replay(snapshot(), snapshot_of(draft.documents, tags=draft.tags))
    names = [each.change.name for each in played.swaps]
    found = effects_of(played)

    causes = {each.requirement.rpartition("/")[2]: sorted(names[at] for at in each.causes) for each in found}
    assert causes["ip:40.77.24.27:443"] == ["nsg-ase/no-more", "rt-ase/dependency-5"]


def test_workloads_that_changes_do_nothing_to_are_left_aside() -> None:
    """Each of many changes touches its own workload: none is audited with every change."""
    before = snapshot_of(list(estate(12)))
    after = snapshot_of(list(estate(12)))
    for each in after.resources:
        for part in each["properties"].get("subnets", ()):
            if part["name"] == "ase":
                part["properties"]["serviceEndpoints"].pop(0)
    played = replay(before, after)
    asked: list[int] = []

    def counted(found: Estate, only: Workloads | None) -> Standings:
        asked.append(12 if only is None else len(only))
        return audit(found, only)

    audit, played.audit = played.audit, counted
    found = effects_of(played)

    assert len(played.swaps) == 12
    assert {(each.attribution, len(each.causes)) for each in found} == {(Attribution.ALONE, 1)}
    assert sum(asked) < 12 * 12


def test_a_workload_that_was_not_read_comes_out_as_not_known() -> None:
    """What failed before and is not read now is no better."""
    draft = Draft()
    draft.drop_route("40.77.24.27/32")
    before = snapshot_of(draft.documents, tags=draft.tags)
    draft.drop("ase-shop")

    found = effects_of(replay(before, snapshot_of(draft.documents, tags=draft.tags)))

    assert Outcome.FAIL in {each.before.outcome for each in found}
    assert {(turn_of(each), each.attribution) for each in found} == {(Turn.UNKNOWN, Attribution.ALONE)}


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("fwp-ase", "ruleCollectionGroups", None),
        ("fwp-ase", "ruleCollectionGroups", []),
        ("vnet-shop", "subnets", None),
        ("vnet-shop", "virtualNetworkPeerings", None),
        ("vnet-hub", "virtualNetworkPeerings", None),
    ],
)
@pytest.mark.parametrize("back", [False, True])
def test_a_list_that_is_not_told_or_not_whole_is_a_cause(
    name: str, field: str, value: list[Document] | None, *, back: bool
) -> None:
    """What a resource does not say of what it holds decides as much as what it says, and so does saying it again."""
    draft = Draft()
    draft.of(name)[field] = value
    sides = [snapshot(), snapshot_of(draft.documents, tags=draft.tags)]
    before, after = sides[::-1] if back else sides

    played = replay(before, after)

    assert played.swaps
    assert Attribution.OPEN not in {each.attribution for each in effects_of(played)}
