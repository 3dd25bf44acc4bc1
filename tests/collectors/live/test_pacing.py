"""Waits are as long as Azure says, for the requests of one quota and no others (Q9, Q11 to Q13)."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from azure.core.pipeline import PipelineContext, PipelineRequest, PipelineResponse
from azure.core.rest import HttpRequest

from auditor.collectors.live.pacing import Pacing
from tests.azure_simulator.clock import FakeClock

HOST = "https://management.azure.com"
GRAPH = f"{HOST}/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
ONE, OTHER = (f"{HOST}/subscriptions/{each}/providers/Microsoft.Network/azureFirewalls" for each in ("one", "other"))


def waited(asked: str, status: int, headers: dict[str, str], then: str) -> float:
    """Return how long a request waits after another was answered."""
    clock = FakeClock()
    pacing = Pacing(clock)

    def request(url: str) -> PipelineRequest[Any]:
        return PipelineRequest(HttpRequest("GET", url), PipelineContext(cast(Any, None)))

    answer = SimpleNamespace(status_code=status, headers=headers)
    pacing.on_response(request(asked), PipelineResponse(cast(Any, None), answer, PipelineContext(cast(Any, None))))
    before = clock.now()
    pacing.on_request(request(then))
    return clock.now() - before


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (200, {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "00:00:03"}, 3),
        (200, {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "00:01:00"}, 60),
        (200, {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "soon"}, 5),
        (200, {"x-ms-user-quota-remaining": "1", "x-ms-user-quota-resets-after": "00:00:03"}, 0),
        (429, {"Retry-After": "17", "x-ms-user-quota-resets-after": "00:00:03"}, 17),
        (429, {"x-ms-user-quota-resets-after": "00:00:04"}, 4),
        (429, {}, 5),
        (200, {}, 0),
    ],
)
def test_queries_wait_for_their_window(status: int, headers: dict[str, str], seconds: float) -> None:
    """Queries of Resource Graph wait until their window begins anew, or as long as a refusal says."""
    assert waited(GRAPH, status, headers, GRAPH) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("left", "waits"), [("11999", False), ("249", False), ("10", False), ("9", True), ("0", True), ("many", False)]
)
@pytest.mark.parametrize("scope", ["subscription", "tenant"])
def test_reads_wait_near_the_end_of_their_bucket(left: str, scope: str, *, waits: bool) -> None:
    """Whichever model the header counts by, thousands an hour or a bucket, reads wait only when few are left."""
    headers = {f"x-ms-ratelimit-remaining-{scope}-reads": left}

    assert (waited(ONE, 200, headers, ONE) > 0) is waits


def test_one_quota_does_not_hold_up_another() -> None:
    """What one subscription has used up neither holds up another nor Resource Graph."""
    headers = {"Retry-After": "17"}

    assert waited(ONE, 429, headers, OTHER) == 0
    assert waited(ONE, 429, headers, GRAPH) == 0
    assert waited(ONE, 429, headers, f"{ONE}/fw") == pytest.approx(17)
