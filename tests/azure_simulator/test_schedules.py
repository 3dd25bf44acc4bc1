"""Schedules of faults drawn at random."""

from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from azure.core.exceptions import AzureError

from tests.azure_simulator import AzureSimulator, FakeClock, Kind, random_schedule
from tests.azure_simulator.loading import load
from tests.azure_simulator.schedules import DRAWN, MOST_FAULTS
from tests.azure_simulator.sdk import signed_in


def seeded(seed: int) -> Random:
    """Return what draws the same for the same seed."""
    return Random(seed)  # noqa: S311 - chance is all that is asked of it


def test_same_seed_draws_the_same_schedule() -> None:
    """A failing seed can be tried again, and its schedule told in words."""
    for seed in range(100):
        drawn = random_schedule(seeded(seed))

        assert drawn == random_schedule(seeded(seed))
        assert 1 <= len(drawn) <= MOST_FAULTS
        assert all(each.kind.value in str(each) for each in drawn)


def test_every_kind_is_drawn_and_both_passing_and_lasting_faults_are() -> None:
    """Within 500 schedules each kind but the lag of Resource Graph comes often, some for once and some for good."""
    faults = [each for seed in range(500) for each in random_schedule(seeded(seed))]
    kinds = Counter(each.kind for each in faults)
    lasting = sum(each.times is None for each in faults)

    assert kinds.keys() == set(DRAWN) == set(Kind) - {Kind.LAGGING}
    assert min(kinds.values()) > 20
    assert len(faults) * 0.1 < lasting < len(faults) * 0.5


def test_stalls_are_short() -> None:
    """A stall takes real time, so a drawn one is over before anybody notices."""
    faults = [each for seed in range(500) for each in random_schedule(seeded(seed), [Kind.STALLED])]

    assert {each.seconds for each in faults} == {0.01, 0.03}


@pytest.mark.parametrize("seed", range(25))
def test_no_schedule_breaks_the_simulator(seed: int) -> None:
    """A careless client may fail as it likes under a schedule; the simulator itself never does, and never hangs."""
    faults = random_schedule(seeded(seed), tuple(Kind))
    estate = load(str(Path(__file__).parent.parent.parent / "rules" / "examples" / "compliant"))
    with AzureSimulator(estate, faults=faults, page_size=2, clock=FakeClock()) as azure, signed_in(azure) as sdk:
        for table in ("resources", "networkresources", "resourcecontainers"):
            with suppress(AzureError):
                sdk.names(f"{table} | project id, name, etag, properties | order by id asc")
        for document in estate["resources"]:
            with suppress(AzureError):
                sdk.get(document["id"])
                sdk.get(document["id"].rpartition("/")[0])
        with suppress(AzureError):
            sdk.get("/subscriptions")

        hit = {each for request in azure.requests for each in request.faults}
        assert hit == {str(each) for each in azure.came_true}
