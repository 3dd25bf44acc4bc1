"""Engine and simulator never disagree: random estates, flows as sets, packets at every boundary, many worlds."""

import ast
import os
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.traces import Verdict
from tests.simulator.agreement import Count, assert_agreement
from tests.simulator.estates import Drawing, drawings

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
ESTATES = 1_000 if NIGHTLY else 60
LEAST_PACKETS = 100_000 if NIGHTLY else 3_000
"""How many packets in a world each of the two tests must have held against a verdict of the engine."""

SIMULATOR = ("world", "plain", "peers", "tags", "groups", "routes", "owners", "walls", "journey")


@pytest.mark.parametrize("open_things", [False, True], ids=["everything-settled", "some-things-open"])
def test_every_packet_does_what_the_engine_says(*, open_things: bool) -> None:
    """An allow lets every packet pass in every world, a block none, a partial some; an unknown hangs on something."""
    count = Count()

    @settings(max_examples=ESTATES, suppress_health_check=list(HealthCheck))
    @given(drawings(open_things=open_things), st.integers(0, 2**32))
    def compare(drawing: Drawing, seed: int) -> None:
        assert_agreement(drawing, Random(seed), count, most=12)  # noqa: S311 - chooses packets, and is no secret

    compare()

    assert count.packets >= LEAST_PACKETS
    assert set(count.verdicts) == set(Verdict)


def test_simulator_shares_nothing_with_the_engine() -> None:
    """The simulator imports nothing of the product, so that one mistake is not made twice."""
    for name in SIMULATOR:
        text = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            found = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            found += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(each.partition(".")[0] == "auditor" for each in found), name
